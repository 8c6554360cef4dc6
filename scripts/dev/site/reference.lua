-- The reference: a page for each public name, made from the registry that help() reads, with its options, fields, methods and examples; a table of
-- every option and parameter; the commands of the program as they describe themselves.
local core = require "galua.core"
local registry = require "galua.registry"
local doc = require "galua.doc"
local help = require "galua.help"
local markdown = require "markdown"
local highlight = require "highlight"
local escape = markdown.escape
local M = {}

local function anchor(name) return (name:gsub(":", ".")) end

-- Entries that help() shows, by the name at their head: { sfh = { "sfh", "sfh.insitu", ... }, ... }, and the sorted list of heads
function M.collect()
  local homes, heads = {}, {}
  for _, name in ipairs(help.public()) do
    local head = name:match("^[^%.:]+")
    if not homes[head] then
      homes[head] = {}
      heads[#heads + 1] = head
    end
    table.insert(homes[head], name)
  end
  table.sort(heads)
  return homes, heads
end

-- "sfh.insitu{...}" or "g:sed()" -> the address of its entry under reference/, or nil
local short = { g = "galaxy", f = "fit", o = "observation", obs = "observation", m = "skymap", fig = "figure", ax = "axes" }
function M.finder(homes)
  local known = {}
  for head, names in pairs(homes) do
    for _, name in ipairs(names) do known[anchor(name)] = ("reference/%s.html#%s"):format(head, anchor(name)) end
  end
  return function(span)
    local name = span:match("^([%a_][%w_%.:]*)%b()$") or span:match("^([%a_][%w_%.:]*)%s*%b{}$") or span:match("^[%a_][%w_%.:]*$")
    if not name or #name < 3 then return nil end
    name = anchor(name)
    local head, rest = name:match("^([^%.]+)%.(.+)$")
    return known[name] or head and short[head] and known[short[head] .. "." .. rest] or nil
  end
end

-- Lines of an entry's body: a paragraph where its author broke it by hand, lines of their own where they begin with a blank
local function body_html(lines, link)
  local out, par, kept = {}, {}, {}
  local function flush()
    if #par > 0 then
      local text = escape(table.concat(par, " "))
      out[#out + 1] = "<p>" .. text:gsub("%f[%w_][%a_]+[%.:][%w_]+%f[^%w_]", function(word)
        local href = link(word)
        return href and ('<a href="../%s"><code>%s</code></a>'):format(href, word) or nil
      end) .. "</p>"
      par = {}
    end
    if #kept > 0 then
      out[#out + 1] = "<pre>" .. escape(table.concat(kept, "\n")) .. "</pre>"
      kept = {}
    end
  end
  for i = 2, #lines do
    if lines[i]:find("^%s+%S") then
      if #par > 0 then flush() end
      kept[#kept + 1] = lines[i]
    elseif lines[i] == "" then
      flush()
    else
      if #kept > 0 then flush() end
      par[#par + 1] = lines[i]
    end
  end
  flush()
  return table.concat(out, "\n")
end

local function options_html(text)
  local list = doc.params(text)
  if #list == 0 then return "" end
  local out = { '<div class="wide"><table class="options"><thead><tr><th>option</th><th>unit</th><th>default</th><th>meaning; range</th></tr></thead><tbody>' }
  for _, p in ipairs(list) do
    out[#out + 1] = ("<tr><td><code>%s</code></td><td>%s</td><td>%s</td><td>%s</td></tr>"):format(escape(p.name), escape(p.unit or ""), escape(p.default or ""),
      escape(p.text))
  end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out, "\n")
end

local function fields_html(class)
  local names = {}
  for field in pairs(class and class.fields or {}) do names[#names + 1] = field end
  if #names == 0 then return "" end
  table.sort(names)
  local out = { '<div class="wide"><table><thead><tr><th>field</th><th>what it is</th></tr></thead><tbody>' }
  for _, f in ipairs(names) do out[#out + 1] = ("<tr><td><code>%s</code></td><td>%s</td></tr>"):format(escape(f), escape(class.fields[f])) end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out, "\n")
end

-- One page: the entry of the head, then its members
function M.page(head, names, link)
  local out, sections = { ("<h1>%s</h1>"):format(escape(head)) }, {}
  for _, name in ipairs(names) do
    local text = registry.docs[name] or (registry.classes[name] and registry.classes[name].doc) or ""
    local body, _, examples = doc.parts(text)
    local signature = body[1] or name
    local own = name:sub(#head + 2)
    if name ~= head and signature:sub(1, #head) ~= head and signature:sub(1, #own) == own then signature = name:sub(1, #head + 1) .. signature end
    out[#out + 1] = ('<h2 id="%s"><code>%s</code> <a class="anchor" href="#%s">#</a></h2>'):format(anchor(name), escape(signature), anchor(name))
    out[#out + 1] = body_html(body, link)
    out[#out + 1] = options_html(text)
    if #examples > 0 then out[#out + 1] = '<pre><code class="lua">' .. highlight(table.concat(examples, "\n"), "lua") .. "</code></pre>" end
    if registry.classes and registry.classes[name] then out[#out + 1] = fields_html(registry.classes[name]) end
    sections[#sections + 1] = { title = name, id = anchor(name), text = table.concat(body, " "):sub(1, 600) }
  end
  return { html = table.concat(out, "\n"), title = head, sections = sections }
end

-- The first sentence of an entry
local function sentence(name)
  local body = doc.parts(registry.docs[name] or (registry.classes[name] and registry.classes[name].doc) or "")
  local text = table.concat(body, " ", body[2] and 2 or 1)
  return text:match("^(.-[^%d]%.)%s+%u") or text
end

function M.index(homes, heads)
  local out = { "<h1>Reference</h1>", "<p>Every public name, as <code>help()</code> has it at the prompt. Options and parameters of all of them: " ..
    '<a href="parameters.html">one table</a>; the <a href="commands.html">commands</a> of the program.</p>',
    '<div class="wide"><table><thead><tr><th>name</th><th>what it is</th><th>entries</th></tr></thead><tbody>' }
  for _, head in ipairs(heads) do
    local first = homes[head][1]
    out[#out + 1] = ('<tr><td><a href="%s.html"><code>%s</code></a></td><td>%s</td><td>%d</td></tr>'):format(head, escape(head), escape(sentence(first)),
      #homes[head])
  end
  out[#out + 1] = "</tbody></table></div>"
  return { html = table.concat(out, "\n"), title = "Reference", sections = { { title = "Reference", id = "", text = "every public name" } } }
end

function M.parameters(homes, heads)
  local out = { "<h1>Options and parameters</h1>",
    "<p>Name, unit, default, meaning and range of everything that is given by name. Type to narrow the table.</p>",
    '<input id="narrow" type="search" placeholder="A_V, yr, nested ..." aria-label="narrow the table">',
    '<div class="wide"><table id="all"><thead><tr><th>name</th><th>of</th><th>unit</th><th>default</th><th>meaning; range</th></tr></thead><tbody>' }
  local n = 0
  for _, head in ipairs(heads) do
    for _, name in ipairs(homes[head]) do
      for _, p in ipairs(doc.params(registry.docs[name] or "")) do
        n = n + 1
        out[#out + 1] = ('<tr><td><code>%s</code></td><td><a href="%s.html#%s">%s</a></td><td>%s</td><td>%s</td><td>%s</td></tr>'):format(escape(p.name), head,
          anchor(name), escape(name), escape(p.unit or ""), escape(p.default or ""), escape(p.text))
      end
    end
  end
  out[#out + 1] = "</tbody></table></div>"
  return { html = table.concat(out, "\n"), title = "Options and parameters", count = n,
    sections = { { title = "Options and parameters", id = "", text = "every option with unit, default and range" } } }
end

-- What `galua --help` and `galua NAME --help` print
function M.commands(exe)
  local function said(args)
    local p = io.popen(("%s %s 2>&1 < /dev/null"):format(exe, args))
    local text = p:read("*a")
    p:close()
    return text
  end
  local whole = said("--help")
  local out, sections = { "<h1>Commands</h1>", '<pre id="galua">' .. escape(whole) .. "</pre>" }, { { title = "galua", id = "galua", text = whole } }
  for _, module in ipairs(core.modules()) do
    local name = module:match("^galua%.cmd%.([%w_]+)$")
    if name and name ~= "init" then
      local text = said(name .. " --help")
      out[#out + 1] = ('<h2 id="%s">galua %s</h2>\n<pre>%s</pre>'):format(name, name, escape(text))
      sections[#sections + 1] = { title = "galua " .. name, id = name, text = text }
    end
  end
  return { html = table.concat(out, "\n"), title = "Commands", sections = sections }
end

return M
