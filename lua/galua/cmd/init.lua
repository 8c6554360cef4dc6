-- Sub-commands: `galua NAME args` runs function main(args) of lua/galua/cmd/NAME.lua and exits with the status it returns
-- (nothing: 0). The module's field `summary` is its line in the list.
local core = require "galua.core"
local M = {}

local function names()
  local list = {}
  for _, module in ipairs(core.modules()) do
    list[#list + 1] = module:match("^galua%.cmd%.([%w_%-]+)$")
  end
  return list
end
M.names = names

function M.list()
  print("commands:")
  for _, name in ipairs(names()) do
    local ok, command = pcall(require, "galua.cmd." .. name)
    print(("  %-14s %s"):format(name, ok and type(command) == "table" and command.summary or ""))
  end
end

function M.run(name, args)
  if not core.has_module("galua.cmd." .. name) or not name:match("^[%w_%-]+$") then
    io.stderr:write(("galua: no command or script '%s'%s (galua --help lists the commands)\n"):format(name,
      core.did_you_mean(name, names())))
    return 2
  end
  local command = require("galua.cmd." .. name)
  local status = command.main(args)
  if status == nil or status == true then return 0 end
  return status == false and 1 or status
end

-- One line on stderr and status 2: for commands that reject their arguments
function M.usage(format, ...)
  io.stderr:write("galua: " .. format:format(...) .. "\n")
  return 2
end

return M
