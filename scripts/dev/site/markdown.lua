-- Markdown as docs/ uses it, to HTML: headings, paragraphs, lists, tables, fenced and indented code, quotes; inline code, links, images, bold,
-- italics. What it does not know is a warning, not a guess: raw HTML, spans and fences without an end, rows of another length than their head.
--
--   markdown.html(text, { path = "docs/x.md", link = function(target) -> href, code = function(span) -> href or nil, highlight = function(code, language) })
--     -> { html =, title =, headings = { { level =, text =, id = } }, sections = { { title =, id =, text = } }, warnings = { ... } }
local M = {}

function M.escape(s) return (s:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end
local escape = M.escape

-- the anchor of a heading, as GitHub makes it
function M.slug(text)
  return (text:gsub("`", ""):lower():gsub("[^%w%s_%-\128-\255]", ""):gsub("%s", "-"))
end

-- ---- inline
local function emphasised(s)
  s = s:gsub("%*%*(%S.-)%*%*", "<strong>%1</strong>")
  return (s:gsub("%f[%*%w]%*(%S[^%*]-%S)%*%f[^%*%w]", "<em>%1</em>"):gsub("%f[%*%w]%*(%S)%*%f[^%*%w]", "<em>%1</em>"))
end

-- Where the next code span, image or link of s begins at or after `from`: kind, first, last, and its parts
local function next_span(s, from)
  local i = from
  while i <= #s do
    local c = s:sub(i, i)
    if c == "\\" then
      i = i + 1
    elseif c == "`" then
      local ticks = s:match("^`+", i)
      local first, last = s:find(ticks .. "%f[^`]", i + #ticks)
      if not first then return "open", i end
      return "code", i, last, (s:sub(i + #ticks, first - 1):gsub("^ (.*`.*) $", "%1"))
    elseif c == "[" or s:sub(i, i + 1) == "![" then
      local image = c == "!"
      local label, target, last = s:match("^(%b[])(%b())()", image and i + 1 or i)
      if label then return image and "image" or "link", i, last - 1, label:sub(2, -2), target:sub(2, -2) end
    end
    i = i + 1
  end
end

-- Spans are taken out first and put back last, so that emphasis may go around them
local function inline(s, ctx)
  local kept, out, at = {}, {}, 1
  local function keep(html)
    kept[#kept + 1] = html
    return ("\1%d\2"):format(#kept)
  end
  while at <= #s do
    local kind, first, last, a, b = next_span(s, at)
    if not kind then break end
    out[#out + 1] = s:sub(at, first - 1)
    if kind == "open" then
      ctx.warn("a code span without an end: " .. s:sub(first, first + 40))
      out[#out + 1], last = keep("`"), first
    elseif kind == "code" then
      local href = ctx.code(a)
      out[#out + 1] = keep(href and ('<a class="name" href="%s"><code>%s</code></a>'):format(href, escape(a)) or "<code>" .. escape(a) .. "</code>")
    elseif kind == "image" then
      out[#out + 1] = keep(('<img src="%s" alt="%s" loading="lazy">'):format(escape(ctx.link(b)), escape(a)))
      if a == "" then ctx.warn("an image without a description: " .. b) end
    else
      local words = inline(a, { warn = ctx.warn, link = function() end, code = function() end })
      out[#out + 1] = keep(('<a href="%s">%s</a>'):format(escape(ctx.link(b)), words))
    end
    at = last + 1
  end
  out[#out + 1] = s:sub(at)
  local text = table.concat(out):gsub("\\([%p])", function(c) return keep(escape(c)) end)
  if text:find("</?%a[^>\n]*>") then ctx.warn("raw HTML: " .. text:match("</?%a[^>\n]*>")) end
  text = emphasised(escape(text))
  text = text:gsub("%f[%w]docs/([%w_/]+%.md)", function(page) -- a page mentioned by its path
    local href = ctx.link("docs/" .. page, true)
    return href and ('<a href="%s">%s</a>'):format(href, page:gsub("%.md$", ""):gsub("_", " ")) or nil
  end)
  while text:find("\1") do text = text:gsub("\1(%d+)\2", function(n) return kept[tonumber(n)] end) end
  return text
end

-- A line of Markdown as words: for searches and titles
function M.words(s)
  return (s:gsub("!%[(.-)%]%b()", "%1"):gsub("%[(.-)%]%b()", "%1"):gsub("`", ""):gsub("%*%*", ""):gsub("\\([%p])", "%1"))
end

-- ---- blocks. Each takes lines, the number of its first line and the context, writes HTML, and returns the number of the line after it.
local blocks

local function cells_of(line)
  local cells, cell, code = {}, {}, false
  for c, bar in line:gsub("^%s*|", ""):gsub("|%s*$", ""):gsub("\\|", "\1"):gmatch("([^|`]*)([|`]?)") do
    cell[#cell + 1] = c
    if bar == "`" then code = not code end
    if bar == "|" and not code then
      cells[#cells + 1], cell = table.concat(cell), {}
    else
      cell[#cell + 1] = bar
    end
  end
  cells[#cells + 1] = table.concat(cell)
  for i, c in ipairs(cells) do cells[i] = c:gsub("\1", "|"):match("^%s*(.-)%s*$") end
  return cells
end

local function is_rule(line) return line ~= nil and line:find("%-%-") ~= nil and line:find("^%s*|?[%s|:%-]+$") ~= nil end

local function table_block(lines, i, ctx)
  local head = cells_of(lines[i])
  local put = ctx.put
  put('<div class="wide"><table>')
  local named = false
  for _, c in ipairs(head) do named = named or c ~= "" end
  if named then
    put("<thead><tr>")
    for _, c in ipairs(head) do put("<th>" .. inline(c, ctx) .. "</th>") end
    put("</tr></thead>")
  end
  put("<tbody>")
  i = i + 2
  while lines[i] and lines[i]:find("^%s*|") do
    local row = cells_of(lines[i])
    if #row ~= #head then ctx.warn(("a row of %d cells under a head of %d: %s"):format(#row, #head, lines[i]:sub(1, 60))) end
    put("<tr>")
    for _, c in ipairs(row) do put("<td>" .. inline(c, ctx) .. "</td>") end
    put("</tr>")
    ctx.say(table.concat(row, " "))
    i = i + 1
  end
  put("</tbody></table></div>")
  return i
end

local function fence_block(lines, i, ctx)
  local indent, mark, language = lines[i]:match("^(%s*)(```+)%s*(%S*)")
  local code, first = {}, i
  i = i + 1
  while lines[i] and not lines[i]:find("^%s*" .. mark .. "%s*$") do
    code[#code + 1] = lines[i]:gsub("^" .. indent, "")
    i = i + 1
  end
  if not lines[i] then ctx.warn("a fence without an end: " .. lines[first]) end
  local text = table.concat(code, "\n")
  ctx.put(('<pre><code class="%s">%s</code></pre>'):format(language, ctx.highlight(text, language)))
  ctx.say(text)
  return i + 1
end

local function indented_block(lines, i, ctx)
  local code = {}
  while lines[i] and (lines[i]:find("^    ") or lines[i]:find("^%s*$") and lines[i + 1] and lines[i + 1]:find("^    ")) do
    code[#code + 1] = lines[i]:sub(5)
    i = i + 1
  end
  ctx.put("<pre><code>" .. escape(table.concat(code, "\n")) .. "</code></pre>")
  ctx.say(table.concat(code, " "))
  return i
end

local function item_of(line)
  local indent, mark, rest = line:match("^(%s*)([%-%*])%s+(.*)$")
  if not mark then indent, mark, rest = line:match("^(%s*)(%d+)%.%s+(.*)$") end
  return indent, mark, rest
end

local function list_block(lines, i, ctx)
  local indent, mark = item_of(lines[i])
  local kind, depth = mark:find("%d") and "ol" or "ul", #indent
  ctx.put("<" .. kind .. ">")
  while lines[i] do
    local own, this, rest = item_of(lines[i])
    if not own or #own ~= depth or (this:find("%d") and "ol" or "ul") ~= kind then break end
    local inner = { rest }
    local loose = false
    i = i + 1
    while lines[i] do
      local pad = #lines[i]:match("^%s*")
      if lines[i]:find("^%s*$") then
        if not (lines[i + 1] and #lines[i + 1]:match("^%s*") > depth and lines[i + 1]:find("%S")) then break end
        loose = true
        inner[#inner + 1] = ""
      elseif pad > depth then
        inner[#inner + 1] = lines[i]:sub(math.min(pad, depth + 2) + 1)
      elseif item_of(lines[i]) or lines[i]:find("^#") or lines[i]:find("^```") or lines[i]:find("^|") then
        break
      else
        inner[#inner + 1] = lines[i] -- a paragraph goes on without its indent
      end
      i = i + 1
    end
    ctx.put("<li>")
    blocks(inner, ctx, not loose)
    ctx.put("</li>")
    if lines[i] and lines[i]:find("^%s*$") and lines[i + 1] and item_of(lines[i + 1]) and #item_of(lines[i + 1]) == depth then i = i + 1 end
  end
  ctx.put("</" .. kind .. ">")
  return i
end

local function heading_block(lines, i, ctx)
  local marks, text = lines[i]:match("^(#+)%s+(.-)%s*#*$")
  local id = M.slug(M.words(text))
  ctx.ids[id] = (ctx.ids[id] or -1) + 1
  if ctx.ids[id] > 0 then id = id .. "-" .. ctx.ids[id] end
  ctx.heading(#marks, M.words(text), id)
  ctx.put(('<h%d id="%s">%s%s</h%d>'):format(#marks, id, inline(text, ctx), #marks > 1 and (' <a class="anchor" href="#%s">#</a>'):format(id) or "", #marks))
  return i + 1
end

local function quote_block(lines, i, ctx)
  local inner = {}
  while lines[i] and lines[i]:find("^>") do
    inner[#inner + 1] = lines[i]:gsub("^>%s?", "")
    i = i + 1
  end
  ctx.put("<blockquote>")
  blocks(inner, ctx)
  ctx.put("</blockquote>")
  return i
end

local function starts_block(lines, i)
  local line = lines[i]
  return line:find("^%s*```") or line:find("^#+%s") or item_of(line) ~= nil or line:find("^>") or line:find("^%s*|") and is_rule(lines[i + 1])
end

local function paragraph_block(lines, i, ctx, tight)
  local text = {}
  while lines[i] and lines[i]:find("%S") and (#text == 0 or not starts_block(lines, i)) do
    text[#text + 1] = lines[i]:match("^%s*(.-)%s*$")
    i = i + 1
  end
  local whole = table.concat(text, "\n")
  local html = inline(whole, ctx)
  ctx.say(M.words(whole))
  ctx.put(tight and html or "<p>" .. html .. "</p>")
  return i
end

function blocks(lines, ctx, tight)
  local i = 1
  while i <= #lines do
    local line = lines[i]
    if line:find("^%s*$") then i = i + 1
    elseif line:find("^%s*```") then i = fence_block(lines, i, ctx)
    elseif line:find("^#+%s") then i = heading_block(lines, i, ctx)
    elseif item_of(line) then i = list_block(lines, i, ctx)
    elseif line:find("^%s*|") and is_rule(lines[i + 1]) then i = table_block(lines, i, ctx)
    elseif line:find("^    ") then i = indented_block(lines, i, ctx)
    elseif line:find("^>") then i = quote_block(lines, i, ctx)
    else i = paragraph_block(lines, i, ctx, tight) end
  end
end

function M.html(text, options)
  local out, lines, page = {}, {}, { headings = {}, sections = {}, warnings = {} }
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do lines[#lines + 1] = line end
  local ctx = { ids = {}, link = options.link, code = options.code, highlight = options.highlight }
  function ctx.put(s) out[#out + 1] = s end
  function ctx.warn(what) page.warnings[#page.warnings + 1] = ("%s: %s"):format(options.path, what) end
  function ctx.say(words) -- what a search finds
    local s = page.sections[#page.sections]
    if s then s.text[#s.text + 1] = words end
  end
  function ctx.heading(level, title, id)
    page.headings[#page.headings + 1] = { level = level, text = title, id = id }
    page.sections[#page.sections + 1] = { title = title, id = id, text = {} }
    page.title = page.title or title
  end
  blocks(lines, ctx)
  for _, s in ipairs(page.sections) do s.text = table.concat(s.text, " ") end
  if not page.title then ctx.warn("no heading") end
  page.html = table.concat(out, "\n")
  return page
end

return M
