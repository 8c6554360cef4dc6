-- build.lua [FOLDER]: the documentation as a static site, by galua itself: README, docs/*.md, the reports of docs/validation, the figures, and the
-- reference from the registry that help() reads. Opens from a disk as from a server; search needs no network. Run from the top folder.
-- Ends with status 1 after a warning, a dead link, a page without a place in the navigation, or a public name without an entry.
local core = require "galua.core"
local json = require "galua.json"
local markdown = require "markdown"
local highlight = require "highlight"
local reference = require "reference"
local frame = require "page"
local check_links = require "links"

local target = arg and arg[1] or "build/site"
local warnings, pages, order = {}, {}, {}
local function warn(...) warnings[#warnings + 1] = (...):format(select(2, ...)) end

-- Where every page stands. "..." takes what is left of a folder.
local places = {
  { "Start", "README.md", "docs/tutorial_first_sed.md", "docs/tutorial_photometry.md", "docs/tutorial_own_physics.md", "docs/tutorial_spectra.md",
    "docs/tutorial_libraries.md", "docs/tutorial_catalogue.md", "docs/migration.md" },
  { "Guide", "docs/model.md", "docs/fitting.md", "docs/samplers.md", "docs/spectra.md", "docs/catalogues.md", "docs/populations.md", "docs/sky.md", "docs/plotting.md",
    "docs/explorer.md", "docs/session.md" },
  { "Data", "docs/libraries.md", "docs/stellar_populations.md", "docs/filters.md", "docs/formats.md" },
  { "Evidence", "docs/validation.md", "docs/performance.md", "docs/parity.md", "docs/validation/..." },
  { "Developers", "docs/c_library.md", "docs/developer.md", "docs/bindings.md", "CONTRIBUTING.md", "CHANGELOG.md" },
}

local function read(path)
  local f = io.open(path)
  if not f then return nil end
  local text = f:read("*a")
  f:close()
  return text
end

local function markdown_files()
  local list = { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }
  for _, folder in ipairs{ "docs", "docs/validation" } do
    for _, e in ipairs(core.listdir(folder) or {}) do
      if e.name:find("%.md$") then list[#list + 1] = folder .. "/" .. e.name end
    end
  end
  return list
end

-- docs/x.md -> x.html, README.md -> index.html
local function address(path)
  if path == "README.md" then return "index.html" end
  return (path:gsub("^docs/", ""):gsub("%.md$", ".html"):lower())
end

-- A link as a page of the sources has it -> as the site has it
local function relink(from, sources, files)
  local folder = from:match("^(.*/)") or ""
  local here = address(from)
  local up = ("../"):rep(select(2, here:gsub("/", "")))
  return function(link, optional)
    if link:find("^%a+:") or link:find("^#") then return link end
    local file, rest = link:match("^([^#]*)(.*)$")
    local full = optional and file or folder .. file
    while full:find("[^/]+/%.%./") do full = full:gsub("[^/]+/%.%./", "", 1) end
    if sources[full] then return up .. address(full) .. rest end
    if optional then return nil end
    if not read(full) then
      warn("%s: links to %s, which is not there", from, link)
      return link
    end
    local to = full:gsub("^docs/", "")
    files[to] = full
    return up .. to .. rest
  end
end

local function from_sources(find)
  local files, sources = {}, {}
  for _, path in ipairs(markdown_files()) do sources[path] = true end
  for path in pairs(sources) do
    local here = address(path)
    local up = ("../"):rep(select(2, here:gsub("/", "")))
    local page = markdown.html(read(path), { path = path, link = relink(path, sources, files), highlight = highlight, code = function(span)
      local href = find(span)
      return href and up .. href
    end })
    for _, w in ipairs(page.warnings) do warn("%s", w) end
    page.path, page.source = here, path
    pages[here] = page
  end
  return files, sources
end

local function navigation(sources)
  local groups, placed = {}, {}
  for _, place in ipairs(places) do
    local list = {}
    local function add(path)
      local page = pages[address(path)]
      if not page then return warn("the navigation names %s, which is not there", path) end
      placed[path] = true
      page.short = path:find("^docs/validation/") and path:match("([^/]+)%.md$"):gsub("_", " ") or path == "README.md" and "Overview" or
        page.title:match("^Tutorial: (.*)$") or page.title:match("^[^:]*")
      list[#list + 1] = page
    end
    for i = 2, #place do
      local folder = place[i]:match("^(.*/)%.%.%.$")
      if folder then
        local more = {}
        for path in pairs(sources) do if path:sub(1, #folder) == folder then more[#more + 1] = path end end
        table.sort(more)
        for _, path in ipairs(more) do add(path) end
      else
        add(place[i])
      end
    end
    groups[#groups + 1] = { place[1], list }
  end
  for path in pairs(sources) do if not placed[path] then warn("%s has no place in the navigation (scripts/dev/site/build.lua)", path) end end
  return groups
end

local function add_reference(homes, heads, find, groups)
  local list = {}
  local function add(path, page)
    page.path = path
    pages[path] = page
    return page
  end
  list[1] = add("reference/index.html", reference.index(homes, heads))
  list[2] = add("reference/parameters.html", reference.parameters(homes, heads))
  list[3] = add("reference/commands.html", reference.commands(core.realpath("/proc/self/exe")))
  groups[#groups + 1] = { "Reference", list }
  for _, head in ipairs(heads) do add(("reference/%s.html"):format(head), reference.page(head, homes[head], find)) end
  return list[2].count
end

local function write_all(groups, files)
  local index, site = {}, { ["style.css"] = true, ["search.js"] = true, ["page.js"] = true }
  for _, group in ipairs(groups) do for _, page in ipairs(group[2]) do order[#order + 1] = page end end
  local before, after = {}, {}
  for i, page in ipairs(order) do before[page], after[page] = order[i - 1], order[i + 1] end
  local paths = {}
  for path in pairs(pages) do paths[#paths + 1] = path end
  table.sort(paths)
  for _, path in ipairs(paths) do
    local page = pages[path]
    site[path] = frame.html(page, groups, before[page], after[page])
    for _, s in ipairs(page.sections) do
      index[#index + 1] = { t = s.title, p = page.title, u = path .. (s.id ~= "" and "#" .. s.id or ""), s = s.text:gsub("%s+", " "):sub(1, 1500) }
    end
  end
  for _, to in ipairs{ "", "reference", "validation", "figures" } do core.mkdirs(target .. "/" .. to) end
  for path, html in pairs(site) do if html ~= true then core.write_file(target .. "/" .. path, html) end end
  for to, from in pairs(files) do
    site[to] = true
    core.mkdirs((target .. "/" .. to):match("^(.*)/"))
    core.write_file(target .. "/" .. to, read(from))
  end
  core.write_file(target .. "/style.css", frame.css)
  core.write_file(target .. "/page.js", frame.script)
  core.write_file(target .. "/search.js", "var searchIndex=" .. json.encode(index) .. ";\n")
  return site, #index
end

local homes, heads = reference.collect()
local find = reference.finder(homes)
local files, sources = from_sources(find)
local groups = navigation(sources)
local options = add_reference(homes, heads, find, groups)
local site, found = write_all(groups, files)
local links = check_links(site)
local names = 0
for _, head in ipairs(heads) do
  for _, name in ipairs(homes[head]) do
    names = names + 1
    if not site[("reference/%s.html"):format(head)]:find(('id="%s"'):format(name:gsub(":", ".")), 1, true) then warn("no entry of %s", name) end
  end
end
for _, line in ipairs(links.dead) do warn("dead link: %s", line) end
table.sort(warnings)
for _, line in ipairs(warnings) do io.stderr:write("docs: ", line, "\n") end
local n = 0
for _ in pairs(pages) do n = n + 1 end
print(("%s/index.html: %d pages, %d names, %d options, %d sections to search, %d links inside, %d elsewhere, %d dead, %d warnings"):format(target, n, names, options,
  found, links.inside, links.elsewhere, #links.dead, #warnings))
if #warnings > 0 then os.exit(1, true) end
