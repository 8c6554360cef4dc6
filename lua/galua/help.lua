-- help(): the manual at the prompt. Everything comes from one registry (doc.lua, src/lua/kit/util.c); nothing is written twice.
--
--   help()                 overview            help("dust")          entries that mention dust
--   help(sfh.insitu)       a function          help("sfh.insitu")    the same by name
--   help(g)                a handle's class    help("galaxy:sed")    a method (a dot will do)
--   help("f_MC")           a parameter         help("fitting")       a guide (docs/)
local core = require "galua.core"
local registry = require "galua.registry"
local doc = require "galua.doc"
local galua = core.galua
local M = {}
local WIDTH = 100

-- Break text at blanks; lines that start with a blank keep their shape
local function wrap(text, indent, first)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local pad = first or indent
    first = nil
    if line:match("^%s") or #line + #pad <= WIDTH then
      lines[#lines + 1] = (pad .. line):match("^(.-)%s*$")
    else
      local row = pad
      for word in line:gmatch("%S+") do
        if #row + #word + 1 > WIDTH and row:match("%S") then
          lines[#lines + 1] = row:match("^(.-)%s*$")
          row = indent .. word
        else
          row = row .. (row:match("%S$") and " " or "") .. word
        end
      end
      lines[#lines + 1] = row
    end
  end
  return table.concat(lines, "\n")
end

-- Lines of a text that its author broke are one paragraph: what follows a long line belongs to it, the signature apart.
local function unbroken(lines)
  local out = { lines[1] }
  for i = 2, #lines do
    local before = lines[i - 1]
    if i > 2 and #before >= 75 and not before:match("^%s") and not lines[i]:match("^%s") and lines[i] ~= "" then
      out[#out] = out[#out] .. " " .. lines[i]
    else
      out[#out + 1] = lines[i]
    end
  end
  return table.concat(out, "\n")
end

-- Every module of the library, so that searches see all of it. Modules that cannot be loaded here are passed over.
local function load_all()
  for _, name in ipairs(core.modules()) do
    local short = name:match("^galua%.([%w_]+)$")
    if short and not ({ init = true, repl = true, brings = true, strict = true })[short] then pcall(core.find, short) end
    if name:match("^galua%.class%.") then pcall(require, name) end
  end
  for name in pairs(registry.docs) do -- the Lua part of C namespaces
    local space = rawget(galua, name)
    if type(space) == "table" then pcall(function() return space["\0"] end) end
  end
end
M.load_all = doc { "help.load_all", load_all, [[help.load_all()
Loads every module, so that the registry of entries is complete.]] }

-- What makes the program work, and is not for its users: not in lists and searches, there when asked for by name.
local machinery = {}
for name in ("check_options complete custom_component derived_info doc engines expect fail noise_params options queue result_texts " ..
  "server sky_core summary_table write_getdist write_table"):gmatch("%S+") do machinery[name] = true end
local function hidden(name)
  return machinery[name:match("^[^%.:]+")] or (registry.docs[name] or ""):find("Internal:", 1, true) ~= nil
end

local function sorted(list)
  table.sort(list)
  return list
end

M.public = doc { "help.public", function()
  load_all()
  local names = {}
  for name in pairs(registry.docs) do if not hidden(name) then names[#names + 1] = name end end
  for name in pairs(registry.classes or {}) do if not registry.docs[name] and not hidden(name) then names[#names + 1] = name end end
  return sorted(names)
end, [[help.public() -> list
The names of all entries that lists and searches show.]] }

local function headline(name)
  local text = unbroken((doc.parts(registry.docs[name])))
  local first, second = text:match("^([^\n]*)\n?([^\n]*)")
  return first, second or ""
end

-- First sentence for lists of entries
local function one_line(name, width)
  local first, second = headline(name)
  local rest = second ~= "" and second or first
  rest = rest:match("^(.-[^%d]%.)%s+%u") or rest -- "et al. 2000" does not end a sentence
  if #rest > width then rest = rest:sub(1, width - 3) .. "..." end
  return rest
end

local function entry_list(names, indent)
  local lines, widest = {}, 0
  for _, name in ipairs(names) do widest = math.max(widest, #name) end
  widest = math.min(widest, 34)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("%s%-" .. widest .. "s  %s"):format(indent, name, one_line(name, WIDTH - #indent - widest - 2))
  end
  return table.concat(lines, "\n")
end

-- Names under a namespace "sfh" -> {"sfh.insitu", ...}; methods of a class "galaxy" -> {"galaxy:sed", ...}
local function members(name, separator)
  local list, prefix = {}, name .. separator
  for other in pairs(registry.docs) do
    if other:sub(1, #prefix) == prefix and not hidden(other) then list[#list + 1] = other end
  end
  return sorted(list)
end

local function fields_text(class)
  local names = {}
  for field in pairs(class.fields or {}) do names[#names + 1] = field end
  if #names == 0 then return nil end
  local lines = { "fields" }
  for _, field in ipairs(sorted(names)) do
    lines[#lines + 1] = wrap(class.fields[field], (" "):rep(20), ("  %-16s  "):format(field))
  end
  return table.concat(lines, "\n")
end

local function params_text(text)
  local params = doc.params(text)
  if #params == 0 then return nil end
  local wide, unit, default = 4, 0, 0
  for _, p in ipairs(params) do
    wide = math.max(wide, #p.name)
    unit = math.max(unit, #(p.unit or ""))
    default = math.max(default, math.min(#(p.default or ""), 24))
  end
  local lines = { "options" }
  for _, p in ipairs(params) do
    local head = ("  %-" .. wide .. "s  %-" .. default .. "s  %-" .. unit .. "s  "):format(p.name, p.default or "", p.unit or "")
    lines[#lines + 1] = wrap(p.text, (" "):rep(math.min(#head, 44)), head)
  end
  return table.concat(lines, "\n")
end

-- Manual text of a documented name, or nil
local function entry(name)
  local text = registry.docs[name]
  local class = registry.classes and registry.classes[name]
  if not text and not class then return nil end
  local parts = {}
  local body, _, examples = doc.parts(text or name)
  local home = name:match("^(.+)[%.:][^%.:]+$")
  -- the signature of a member is shown with its home: galaxy:sed() -> spectrum
  local signature = body[1] or name
  if home and signature:sub(1, #home) ~= home then
    local short = name:sub(#home + 2)
    if signature:sub(1, #short) == short then signature = name:sub(1, #home + 1) .. signature end
  end
  body[1] = signature
  parts[1] = wrap(unbroken(body), "")
  parts[#parts + 1] = params_text(text)
  if #examples > 0 then parts[#parts + 1] = "example\n  " .. table.concat(examples, "\n  ") end
  if class then parts[#parts + 1] = fields_text(class) end
  for _, separator in ipairs { ".", ":" } do
    local list = members(name, separator)
    if #list > 0 then parts[#parts + 1] = (separator == "." and "functions\n" or "methods\n") .. entry_list(list, "  ") end
  end
  return table.concat(parts, "\n")
end

local function overview()
  load_all()
  local names, topics = {}, {}
  for _, name in ipairs(core.all_names()) do
    if registry.docs[name] and not hidden(name) then names[#names + 1] = name end
  end
  for name, text in pairs(registry.docs) do
    if not rawget(galua, name) and not name:find("[%.:]") and not text:match("^[%w_]+[%(%{]") and
      not (registry.classes and registry.classes[name]) then
      topics[#topics + 1] = name
    end
  end
  local parts = { "Galua: models of the light of galaxies, and inference of their parameters.", "", entry_list(names, "  ") }
  if #topics > 0 then
    parts[#parts + 1] = "\ntopics: " .. wrap(table.concat(sorted(topics), ", "), "  ", "")
  end
  local guides = require("galua.guides").names()
  if #guides > 0 then
    parts[#parts + 1] = "\nguides: " .. wrap(table.concat(guides, ", "), "  ", "") .. '\n  help("fitting") lists the sections of one, help("fitting priors") shows that section'
  end
  parts[#parts + 1] = '\nhelp(name) or ?name shows an entry, help("words") searches, <Tab> completes, :help lists the commands.'
  return table.concat(parts, "\n")
end

-- Names of entries that contain every word of the query, best first: in the name, in the first line, anywhere
local function search(query)
  load_all()
  local found = {}
  for name, text in pairs(registry.docs) do
    local rank, lname, ltext = 0, name:lower(), text:lower()
    local head = ltext:match("^[^\n]*")
    local all = true
    for word in query:lower():gmatch("%S+") do
      if lname:find(word, 1, true) then
        rank = rank + 3
      elseif head:find(word, 1, true) then
        rank = rank + 2
      elseif ltext:find(word, 1, true) then
        rank = rank + 1
      else
        all = false
      end
    end
    if all and rank > 0 and not hidden(name) then found[#found + 1] = { name = name, rank = rank } end
  end
  table.sort(found, function(a, b) return a.rank > b.rank or a.rank == b.rank and a.name < b.name end)
  local names = {}
  for i, f in ipairs(found) do names[i] = f.name end
  return names
end

M.apropos = doc { "apropos", function(words)
  if type(words) ~= "string" then core.fail("GAL_EINVAL", ("apropos: argument 1 must be a string of words, got %s"):format(type(words))) end
  local names = search(words)
  return setmetatable(names, { __galua_show = function() return #names > 0 and entry_list(names, "  ") or "nothing mentions all of that" end })
end, [[apropos(words) -> table
Names of the entries that mention all the words, best first.]] }

-- Where a word is the name of an option or parameter: a line for each, or nil
local parameter
function parameter(name)
  local last = name:match("[^%.:]+$")
  local group = name ~= last and name:match("^(.*)[%.:]")
  local rows, places = {}, {}
  for home, text in pairs(registry.docs) do
    local kind = home:match("^[^%.:]+")
    if not hidden(home) and (not group or kind == group or home == group) then
      for _, p in ipairs(doc.params(text)) do
        if p.name == last then
          local what = (p.unit and "[" .. p.unit .. "] " or "") .. (p.default and "(" .. p.default .. ") " or "") .. p.text
          if not rows[what] then
            rows[what] = {}
            places[#places + 1] = what
          end
          rows[what][#rows[what] + 1] = home
        end
      end
    end
  end
  if #places == 0 then -- r7 is as r1, which is described
    local first = name:match("^(.*%a)%d+$")
    return first and not name:match("%D1$") and parameter(first .. "1") or nil
  end
  for _, what in ipairs(places) do table.sort(rows[what]) end
  table.sort(places, function(a, b) return #rows[a] > #rows[b] or #rows[a] == #rows[b] and rows[a][1] < rows[b][1] end)
  local lines = { ("'%s' is [unit] (default) what it means; range"):format(last) }
  for i = 1, math.min(#places, 12) do
    lines[#lines + 1] = wrap(places[i], "    ", "  ")
    lines[#lines + 1] = wrap("of " .. table.concat(rows[places[i]], ", "), "      ", "    ")
  end
  if #places > 12 then lines[#lines + 1] = ("  ... %d more"):format(#places - 12) end
  return table.concat(lines, "\n")
end

local function of_string(text)
  local name = text:match("^%s*(.-)%s*$"):gsub("%(%s*%)$", "")
  if name == "" then return overview() end
  local space = rawget(galua, name) -- the Lua part of a C namespace
  if type(space) == "table" then pcall(function() return space["\0"] end) end
  local found = entry(name)
  if not found then -- a variable of the session: g.photometry
    local value, known = require("galua.complete").resolve(name)
    if known and value ~= nil and type(value) ~= "string" then found = M.text(value, true) end
  end
  if not found then
    load_all()
    found = entry(name)
  end
  if not found and name:find("[%.:]") then -- galaxy:sed and galaxy.sed are one
    local other = name:gsub("([%.:])([^%.:]+)$", function(c, last) return (c == "." and ":" or ".") .. last end)
    found = entry(other)
  end
  if not found then found = require("galua.guides").text(name) end
  if not found then found = parameter(name) end
  if found then return found end
  local names, sections = search(name), require("galua.guides").mention(name)
  local also = ""
  if #sections > 0 then also = "sections of guides\n  help(\"" .. table.concat(sections, "\"), help(\"") .. "\")" end
  if #names == 0 and also ~= "" then return also end
  if #names > 0 then
    local shown = {}
    for i = 1, math.min(#names, 25) do shown[i] = names[i] end
    return ("entries that mention '%s'\n%s%s"):format(name, entry_list(shown, "  "),
      (#names > 25 and ("\n  ... %d more"):format(#names - 25) or "") .. (also ~= "" and "\n" .. also or ""))
  end
  local all = {}
  for k in pairs(registry.docs) do all[#all + 1] = k end
  return nil, ("help: nothing about '%s'%s"):format(name, core.did_you_mean(name, all))
end

-- Manual text of a value or a name; nil and a message when there is none
function M.text(x, nested)
  if x == nil then return overview() end
  if type(x) == "string" then return of_string(x) end
  if core.vec_is and core.vec_is(x) then return entry("vec") end
  if core.mat_is and core.mat_is(x) then return entry("mat") end
  local name = doc.name_of(x)
  if not name and type(x) == "table" then -- a callable module
    local mt = getmetatable(x)
    name = type(mt) == "table" and type(rawget(mt, "__call")) == "function" and doc.name_of(rawget(mt, "__call")) or nil
    if not name and type(mt) == "table" and rawget(mt, "__name") then name = rawget(mt, "__name") end
  end
  local text = name and entry(name)
  if text or nested then return text end
  return nil, ("help: nothing is written about this %s"):format(type(x))
end
doc.text("help.text", M.text, [[help.text(x) -> string
The text that help(x) prints.]])

doc.text("help", M, [[help([x])
The manual entry of a function, a namespace, a handle or a name; any other text is searched for.
At the prompt: ?x or x? do the same.]])

return setmetatable(M, { __galua_show = overview, __call = function(_, ...)
  if select("#", ...) > 0 and (...) == nil then core.fail("GAL_EINVAL", "help: the value is nil") end
  local text, err = M.text((...))
  if not text then core.fail("GAL_ENOTFOUND", err) end
  print(text)
end })
