-- The documentation: every public name says what it is, every parameter has its unit and meaning, the site builds without a warning or a dead link, and
-- what makes it is right about Markdown and links.
local test = require "galua.test"
local core = require "galua.core"
local registry = require "galua.registry"
local doc = require "galua.doc"
local help = require "galua.help"
local exe = core.realpath("/proc/self/exe")
local top = core.realpath(".")

local function module(name) return assert(loadfile("scripts/dev/site/" .. name .. ".lua")) end
package.path = top .. "/scripts/dev/site/?.lua;" .. package.path

test.describe("every public name", function()
  test.it("is documented: a signature or a title, and a sentence", function()
    local list, bad = help.public(), {}
    test.ok(#list > 500, #list)
    for _, name in ipairs(list) do
      local text = registry.docs[name] or registry.classes[name].doc or ""
      local body = doc.parts(text)
      local last = name:match("[^%.:]+$")
      local signed = body[1] and (body[1]:find(last, 1, true) or body[1]:find("^%u") or #body == 1)
      if not signed then bad[#bad + 1] = name .. ": the first line names it not: " .. tostring(body[1]) end
      if #table.concat(body, " ") < (name:find("[%.:]") and 20 or 10) then bad[#bad + 1] = name .. ": too short to say anything" end
      if not body[2] and body[1] and body[1]:find("%-> %S+$") then bad[#bad + 1] = name .. ": a signature without a sentence" end
    end
    test.eq(table.concat(bad, "\n"), "")
  end)
  test.it("has options that say what they are", function()
    local bad, n = {}, 0
    for _, name in ipairs(help.public()) do
      for _, p in ipairs(doc.params(registry.docs[name] or "")) do
        n = n + 1
        if #p.text < 4 then bad[#bad + 1] = name .. ": " .. p.name end
      end
    end
    test.ok(n > 600, n)
    test.eq(table.concat(bad, ", "), "")
  end)
  test.it("of a parameter of any model has meaning and a range, and help finds it", function()
    local bad, seen = {}, {}
    local function look(g)
      for _, p in ipairs(g:params()) do
        local last = p.name:match("[^%.]+$")
        if not seen[p.name] then
          seen[p.name] = true
          if not p.doc or #p.doc < 4 or not (p.lo < p.hi) or p.unit == nil then bad[#bad + 1] = p.name end
          if not help.text(last) then bad[#bad + 1] = p.name .. " (help)" end
        end
      end
    end
    local t = ssp.synthetic()
    for _, kind in ipairs(galua.custom_component.histories()) do
      if kind ~= "custom" and kind ~= "sum" and kind ~= "table" then look(galaxy{ ssp = t, sfh = sfh[kind]{ mass = 1e10 }, redshift = 0.1 }) end
    end
    for _, kind in ipairs{ "calzetti", "salim18", "gordon16" } do look(galaxy{ ssp = t, attenuation = attenuation[kind]{}, redshift = 0.1 }) end
    look(galaxy{ ssp = t, nebular = true, synchrotron = true, xrb = true, agn = true, igm = true, redshift = 0.1 })
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    test.ok(n > 60, n)
    test.eq(table.concat(bad, ", "), "")
  end)
end)

test.describe("Markdown of the site", function()
  local markdown = module "markdown"()
  local function html(text)
    local page = markdown.html(text, { path = "x.md", link = function(t) return t:gsub("%.md", ".html") end, highlight = markdown.escape,
      code = function(s) return s == "known" and "ref.html" or nil end })
    return page.html, page
  end
  test.it("is turned into HTML", function()
    for text, want in pairs{
      ["# A `b` <c>"] = '<h1 id="a-b-c">A <code>b</code> &lt;c&gt;</h1>',
      ["a **b** *c* 2 * 3 * 4 and a_b_c"] = "<p>a <strong>b</strong> <em>c</em> 2 * 3 * 4 and a_b_c</p>",
      ["`a*b*` and `known`"] = '<p><code>a*b*</code> and <a class="name" href="ref.html"><code>known</code></a></p>',
      ["[a](b.md#c) ![d](e.png)"] = '<p><a href="b.html#c">a</a> <img src="e.png" alt="d" loading="lazy"></p>',
      ["- a\n- b\n  c\n\n1. d"] = "<ul>\n<li>\na\n</li>\n<li>\nb\nc\n</li>\n</ul>\n<ol>\n<li>\nd\n</li>\n</ol>",
      ["```lua\nx < y\n```"] = '<pre><code class="lua">x &lt; y</code></pre>',
      ["a\n\n    x\n    y"] = "<p>a</p>\n<pre><code>x\ny</code></pre>",
      ["| a | b |\n|---|---|\n| `x\\|y` | 2 |"] = '<div class="wide"><table>\n<thead><tr>\n<th>a</th>\n<th>b</th>\n</tr></thead>\n<tbody>\n<tr>\n<td><code>x|y</code></td>\n<td>2</td>\n</tr>\n</tbody></table></div>',
    } do test.eq((html("# t\n\n" .. text):gsub("^<h1 id=\"t\">t</h1>\n", "")), text:sub(1, 2) == "# " and want or want, text) end
  end)
  test.it("that is not known is a warning", function()
    for _, text in ipairs{ "a <b>c</b>", "`a", "```\na", "| a | b |\n|---|---|\n| 1 |", "![](x.png)" } do
      local _, page = html("# t\n\n" .. text)
      test.eq(#page.warnings, 1, text)
    end
    test.eq(#select(2, html("# t\n\na < b and c > d, `<e>`")).warnings, 0)
  end)
  test.it("has anchors that are told apart", function()
    local _, page = html("# t\n\n## A, b (c)\n\n## A, b (c)")
    test.eq(page.headings[2].id, "a-b-c")
    test.eq(page.headings[3].id, "a-b-c-1")
  end)
end)

test.describe("links of the site", function()
  test.it("that point nowhere are found", function()
    local check = module "links"()
    local out = check{ ["a.html"] = '<p id="x"><a href="b/c.html#y">1</a><a href="#x">2</a><a href="#z">3</a><a href="https://e.org">4</a><img src="f.png">',
      ["b/c.html"] = '<p id="y"><a href="../a.html#x">1</a><a href="../d.html">2</a><a href="../a.html#q">', }
    test.eq(table.concat(out.dead, "\n"), "a.html: #z: no such anchor\na.html: f.png\nb/c.html: ../a.html#q: no such anchor\nb/c.html: ../d.html")
    test.eq(out.elsewhere, 1)
  end)
end)

test.describe("the site", function()
  test.it("is built without a warning, a dead link, or a name that is lacking", function()
    local folder = os.tmpname()
    os.remove(folder)
    local p = io.popen(("%q --batch scripts/dev/site/build.lua %q 2>&1; echo status $?"):format(exe, folder))
    local said = p:read("*a")
    p:close()
    local names, options, dead, warnings = said:match("(%d+) names, (%d+) options, .* (%d+) dead, (%d+) warnings")
    test.ok(said:find("status 0\n$"), said)
    test.ok(tonumber(names) == #help.public() and tonumber(options) > 600 and dead == "0" and warnings == "0", said)
    for _, file in ipairs{ "index.html", "tutorial_photometry.html", "migration.html", "reference/galaxy.html", "reference/parameters.html", "reference/commands.html",
      "search.js", "style.css", "figures/ngc3898_sed.png" } do
      local f = io.open(folder .. "/" .. file)
      test.ok(f, file)
      f:close()
    end
    local f = io.open(folder .. "/reference/galaxy.html")
    local text = f:read("*a")
    f:close()
    test.ok(text:find('id="galaxy.photometry"', 1, true))
    for line in text:gmatch('[^\n]*https?://[^\n]*') do test.ok(not line:find("<script", 1, true) and not line:find("stylesheet", 1, true), line) end -- nothing is fetched
    os.execute("rm -rf " .. folder)
  end)
end)
