-- The guides of docs/ at the prompt: help("fitting") lists its sections, help("fitting priors") shows one.
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

local pages -- name -> path, once looked for

-- docs of the checkout that the program was built in, or share/galua/doc beside an installed one
local function find()
  if pages then return pages end
  pages = {}
  local exe = core.realpath("/proc/self/exe") or ""
  local home = exe:match("^(.*)/[^/]*$") or "."
  for _, place in ipairs{ "/../docs", "/../share/galua/doc", "/../../docs" } do
    local folder = core.realpath(home .. place)
    local list = folder and core.realpath(folder .. "/fitting.md") and core.listdir(folder)
    for _, file in ipairs(list or {}) do
      local name = file.name:match("^(%l[%w_]*)%.md$")
      if name then pages[name] = folder .. "/" .. file.name end
    end
    if list then break end
  end
  return pages
end

function M.names()
  local out = {}
  for name in pairs(find()) do out[#out + 1] = name end
  table.sort(out)
  return out
end

-- Sections of a page: { { title =, level =, text = }, ... }; the first is what stands before any heading but the title's
local function sections(path)
  local f = io.open(path)
  if not f then return {} end
  local out, code = {}, false
  for line in f:lines() do
    if line:match("^%s*```") then code = not code end
    local level, title = line:match("^(#+)%s+(.*)$")
    if title and not code then
      out[#out + 1] = { title = title, level = #level, lines = {} }
    elseif #out > 0 then
      local lines = out[#out].lines
      lines[#lines + 1] = line
    end
  end
  f:close()
  return out
end

-- Markdown as a terminal shows it
local function plain(lines)
  local text, code = {}, false
  for _, line in ipairs(lines) do
    if line:match("^%s*```") then
      code = not code
    elseif code then
      text[#text + 1] = "    " .. line
    else
      line = line:gsub("!%[(.-)%]%b()", "[figure: %1]"):gsub("%[(.-)%]%(([^%)]*)%)", "%1"):gsub("%*%*(.-)%*%*", "%1"):gsub("`", "")
      text[#text + 1] = line
    end
  end
  return (table.concat(text, "\n"):gsub("^\n+", ""):gsub("\n+$", ""))
end

-- The text of "PAGE" or "PAGE words of a heading"; nil when there is no such page or section
function M.text(query)
  require("galua").expect("guides.text", 1, query, "string")
  local name, words = query:match("^(%S+)%s*(.-)$")
  local path = name and find()[name:lower()]
  if not path then return nil end
  local list = sections(path)
  if #list == 0 then return nil end
  if words == "" then
    local out = { list[1].title, "", plain(list[1].lines), "" }
    for i = 2, #list do out[#out + 1] = ("  "):rep(list[i].level - 1) .. list[i].title end
    out[#out + 1] = ('\nhelp("%s %s") shows a section; the page is %s'):format(name, list[2] and list[2].title:lower():match("^[%w%- ]+") or "...", path)
    return table.concat(out, "\n")
  end
  for i, s in ipairs(list) do
    if s.title:lower():find(words:lower(), 1, true) then
      local out = { s.title, "", plain(s.lines) }
      for j = i + 1, #list do
        if list[j].level <= s.level then break end
        out[#out + 1] = "\n" .. list[j].title .. "\n\n" .. plain(list[j].lines)
      end
      return table.concat(out, "\n")
    end
  end
end

-- Queries of the sections whose heading has the words, as help() takes them: "fitting plans"
function M.mention(words)
  require("galua").expect("guides.mention", 1, words, "string")
  local out = {}
  for _, name in ipairs(M.names()) do
    for i, s in ipairs(sections(find()[name])) do
      if i > 1 and s.title:lower():find(words:lower(), 1, true) then
        out[#out + 1] = name .. " " .. words:lower()
        break
      end
    end
  end
  return out
end

doc.text("guides.mention", M.mention, "guides.mention(words) -> list\nInternal: queries for the sections of guides whose heading has the words.")
doc.text("guides.names", M.names, "guides.names() -> list\nInternal: the pages of docs/.")
doc.text("guides.text", M.text, "guides.text(query) -> string or nil\nInternal: a page, or the section of it that is named.")
return M
