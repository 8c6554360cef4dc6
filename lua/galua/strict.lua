-- Globals of scripts and of the prompt: fields of `galua` are visible as globals, and reading a name that was never assigned
-- is an error that names the nearest one. Assigning a global declares it (also when nil is assigned).
local core = require "galua.core"
local declared = {}
-- probed by portable libraries
for _, name in ipairs { "_ENV", "_PROMPT", "_TEST", "bit32", "utf8", "warn", "ngx", "setfenv", "unpack", "lfs", "lpeg" } do
  declared[name] = true
end

local M = { declared = declared }

function M.install(env)
  local find = core.find
  -- names may come from anybody's file: print shows control codes as '?' (io.write writes bytes)
  rawset(env, "print", function(...)
    local out = {}
    for i = 1, select("#", ...) do
      local v = (select(i, ...))
      local mt = type(v) == "table" and getmetatable(v)
      local own = type(mt) == "table" and rawget(mt, "__galua_clean") -- figures, whose colours are control codes
      out[i] = own and tostring(v) or core.printable(tostring(v))
    end
    io.stdout:write(table.concat(out, "\t"), "\n")
  end)
  local function index(t, name)
    local value = find(name)
    if value ~= nil or declared[name] or type(name) ~= "string" then return value end
    local near = core.all_names()
    for k in pairs(t) do if type(k) == "string" then near[#near + 1] = k end end
    local inside = {} -- sfh.delayed, where 'delayed' was written
    for entry in pairs(require("galua.registry").docs) do
      if entry:match("^%w+%.([%w_]+)$") == name then inside[#inside + 1] = "'" .. entry .. "'" end
    end
    table.sort(inside)
    core.fail("GAL_ENOTFOUND", ("undefined name '%s'%s"):format(name, #inside > 0 and #inside <= 3 and
      (", did you mean %s?"):format(table.concat(inside, ", ")) or core.did_you_mean(name, near)))
  end
  local own = {}
  for _, name in ipairs(core.all_names()) do own[name] = true end
  setmetatable(env, { __index = index, __newindex = function(t, name, value)
    if own[name] and not declared[name] and value ~= find(name) then
      io.stderr:write(("galua: '%s' now hides Galua's own; that is still there as galua.%s\n"):format(name, name))
    end
    declared[name] = true
    rawset(t, name, value)
  end })
end

return M
