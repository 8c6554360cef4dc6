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

-- Options and files of a command: parse("fit", args, { kinds = { out = "text", lease = "number", fresh = "flag" }, file = "FILE.lua",
-- help = text }) -> { out = ..., file = ... }, or nil and the status to end with. `--threads N` is for every command. kinds may hold a
-- function(text) -> value or nil, and what it needs in `needs`; files = true: all that are given, in o.files.
function M.parse(what, args, spec)
  local o, i, hint = { files = {} }, 1, ("galua %s --help"):format(what:match("^%S+"))
  local kinds = setmetatable({ threads = "number", help = "flag" }, { __index = spec.kinds })
  local function refuse(...) return nil, M.usage(...) end
  while i <= #args do
    local a = args[i]
    local name = a:match("^%-%-(.+)$")
    local kind = name and kinds[name]
    if not name then
      if o.files[1] and not spec.files then
        return refuse("%s: one %s at a time, got '%s' and '%s'", what, spec.one or "file", o.files[1], a)
      end
      o.files[#o.files + 1] = a
    elseif not kind then
      local known = { "--help", "--threads" }
      for k in pairs(spec.kinds) do known[#known + 1] = "--" .. k end
      table.sort(known)
      return refuse("%s: unknown option '%s'%s (%s)", what, a, core.did_you_mean(a, known), hint)
    elseif kind == "flag" then
      o[name] = true
    else
      i = i + 1
      local needs = (spec.needs or {})[name]
      if not args[i] then return refuse("%s: %s needs %s", what, a, needs or kind == "number" and "a number" or "a value") end
      local v = args[i]
      if kind == "number" then v = tonumber(v) elseif type(kind) == "function" then v = kind(v) end
      if v == nil then
        if needs then return refuse("%s: %s must be %s, got '%s'", what, a, needs, args[i]) end
        return refuse("%s: %s needs a number, got '%s'", what, a, args[i])
      end
      o[name] = v
    end
    i = i + 1
  end
  if o.help then
    print(spec.help)
    return nil, 0
  end
  if o.threads then
    if not (o.threads >= 1 and o.threads <= 1024 and o.threads == math.floor(o.threads)) then
      return refuse("%s: --threads must be a whole number in 1 .. 1024, got '%g'", what, o.threads)
    end
    require("galua").threads(o.threads)
  end
  o.file = o.files[1]
  if spec.file and not o.file then return refuse("%s: no %s given (%s)", what, spec.file, hint) end
  return o
end

-- What the Lua file of a command returns; is(x) says whether it is a `what`{...}.
function M.load(what, file, is)
  local galua = require "galua"
  local f = io.open(file, "r")
  if not f then galua.fail("%s: %s: no such file", what, file) end
  f:close()
  local chunk, err = loadfile(file)
  if not chunk then galua.fail("%s", err) end
  local script = rawget(_G, "arg")
  if script then script[0] = file end
  local x = chunk()
  if not is(x) then galua.fail("%s: must end with `return %s{...}`", file, ({ validate = "validation", sky = "sky.channels", explore = "galaxy" })[what] or what) end
  return x
end

-- One line on stderr and status 2: for commands that reject their arguments
function M.usage(format, ...)
  io.stderr:write("galua: " .. format:format(...) .. "\n")
  return 2
end

return M
