-- The prompt: what happens to a line. The loop that reads lines is src/repl/repl.c.
--
-- Order of trials for an entry: a command (":quit", "?name"), an expression, a statement; a syntax error at <eof> asks for
-- more lines. Values are printed by galua.pp and kept in _ ; a trailing ";" mutes. Locals of an entry end with it: what functions of the
-- entry take from them stays theirs, and globals of the same names are made for the entries that follow, with a note the first time.
local core = require "galua.core"
local session = require "galua.session"
local galua = core.galua

local M = {}
local pending = {}      -- lines of an entry not yet complete
local last_trace        -- text for :trace
local local_noted = false

local function state_file(name)
  local base = os.getenv("XDG_STATE_HOME")
  if not base or base == "" then
    local home = os.getenv("HOME")
    if not home or home == "" then return nil end
    base = home .. "/.local/state"
  end
  if not core.mkdirs(base .. "/galua") then return nil end
  return base .. "/galua/" .. name
end

local function config_file()
  local base = os.getenv("XDG_CONFIG_HOME")
  if not base or base == "" then
    local home = os.getenv("HOME")
    if not home or home == "" then return nil end
    base = home .. "/.config"
  end
  return base .. "/galua/init.lua"
end

local function message(err)
  if type(err) == "table" or type(err) == "userdata" then
    local mt = getmetatable(err)
    if type(mt) == "table" and mt.__tostring then return tostring(err) end
    return ("the code raised a %s value"):format(type(err))
  end
  return tostring(err)
end

-- The trace without the frames of the prompt itself
local function on_error(err)
  local where = type(err) == "table" and rawget(err, "where")
  local at = type(err) == "table" and rawget(err, "at")
  local lines = { (at and at ~= "" and at .. ": " or "") .. message(err) }
  if where and where ~= "" then lines[#lines + 1] = "  raised in " .. where end
  for line in debug.traceback("", 2):gmatch("[^\n]+") do
    if line:find("galua/repl.lua", 1, true) then break end
    if not line:find("^stack traceback") and not line:find("[C]: in function 'xpcall'", 1, true) then
      lines[#lines + 1] = "  " .. line:gsub("^%s+", "")
    end
  end
  last_trace = table.concat(lines, "\n")
  return err
end

local function report(err)
  io.stdout:flush()
  -- the entry is on the screen: its position adds nothing
  io.stderr:write((message(err):gsub("^stdin:1: ", "")), "\n")
end

local function show(n, ...)
  if n == 0 then return end
  local pp = require "galua.pp"
  for i = 1, n do io.stdout:write(pp.format((select(i, ...))), "\n") end -- clean already; print would take the colours of figures
end

-- Run a compiled entry. True when it succeeded.
local function run(chunk, mute, is_expression)
  local function finish(ok, ...)
    if not ok then
      report((...))
      return false
    end
    local n = select("#", ...)
    if n > 0 and is_expression then
      rawset(_G, "_", (...))
      if not mute and not (n == 1 and (...) == nil) then show(n, ...) end
    end
    return true
  end
  return finish(xpcall(chunk, on_error))
end

local commands = {}
local function command_names()
  local names = {}
  for name in pairs(commands) do names[#names + 1] = name end
  table.sort(names)
  return names
end
galua.complete_hooks[":"] = command_names
commands.quit = { "leave the prompt (also Ctrl-D)", function() return "quit" end }
commands.trace = { "the full trace of the last error", function()
  print(last_trace or "no error so far")
end }
commands.who = { "the globals of this session", function()
  local rows, pp = {}, require "galua.pp"
  for name, value in pairs(_G) do
    if M.baseline and not M.baseline[name] and name ~= "_" and type(name) == "string" then
      rows[#rows + 1] = ("%-16s %s"):format(name, pp.summary(value))
    end
  end
  table.sort(rows)
  print(#rows > 0 and table.concat(rows, "\n") or "nothing yet")
end }
commands.save = { ":save FILE.lua writes the session as a script", session.save }
commands.time = { ":time CODE tells how long it takes", session.time }
commands.profile = { ":profile CODE tells where the time goes", session.profile }
commands.help = { "this list; :help NAME is help(NAME)", function(rest)
  if rest ~= "" then return galua.help(rest) end
  for _, name in ipairs(command_names()) do print((":%-8s %s"):format(name, commands[name][1])) end
  print("?name, name?   the manual entry of a name;  help() for an overview")
end }

local function run_command(name, rest)
  local command = commands[name]
  if not command then
    report((":%s is no command%s"):format(name, core.did_you_mean(name, command_names())))
    return false
  end
  local ok, result = xpcall(function() return command[2](rest) end, on_error)
  if not ok then report(result) end
  return ok, result
end

local function help_on(text)
  local ok, err = xpcall(function() galua.help(text) end, on_error)
  if not ok then report(err) end
  return ok
end

-- Compile an entry: chunk, is_expression; or nil, message, incomplete
local function compile(text)
  local chunk = loadstring("return " .. text, "=stdin")
  if chunk then return chunk, true end
  local err
  chunk, err = loadstring(" " .. text, "=stdin") -- the blank: Lua skips a first line that starts with #
  if chunk then return chunk, false end
  return nil, err, err:find("'?<eof>'?$") ~= nil or err:find("unfinished", 1, true) ~= nil and err:find("<eof>", 1, true) ~= nil
end

local CONTINUE = ">> "

-- One line of input. Returns the next prompt (nil: leave), the entry for the history (or nil), whether all went well.
function M.step(line)
  if #pending == 0 then
    local bare = line:match("^%s*(.-)%s*$")
    if bare == "" then return "> ", nil, true end
    local name, rest = bare:match("^:(%a+)%s*(.-)$")
    if name then
      local ok, result = run_command(name, rest)
      return result ~= "quit" and "> " or nil, line, ok
    end
    local topic = bare:match("^%?%s*(.+)$") or bare:match("^([%a_][%w_%.:]*)%?$")
    if topic then return "> ", line, help_on(topic) end
    if bare == "?" then return "> ", line, help_on("") end
    local leave = bare:match("^(%a+)%s*;?$") or bare:match("^(%a+)%s*%(%s*%)%s*;?$") -- as other prompts have it
    if (leave == "quit" or leave == "exit") and rawget(_G, leave) == nil then return nil, line, true end
  end
  pending[#pending + 1] = line
  local text = table.concat(pending, "\n")
  -- an expression is muted by a trailing semicolon; `return f();` is no Lua, so it is cut off first
  local cut, mute = text:gsub(";%s*$", "")
  local chunk, is_expression, incomplete = compile(text)
  if not chunk and mute > 0 then
    local c = loadstring("return " .. cut, "=stdin")
    if c then chunk, is_expression = c, true end
  elseif chunk and not is_expression and mute > 0 then
    local c = loadstring("return " .. cut, "=stdin") -- f(x); is a statement, but sets _ like an expression
    if c then chunk, is_expression = c, true end
  end
  if not chunk then
    if incomplete then return CONTINUE, nil, true end
    pending = {}
    report(is_expression)
    return "> ", text, false
  end
  pending = {}
  local whole = not is_expression and session.with_globals(text)
  if whole then
    chunk = loadstring(whole, "=stdin")
    if not local_noted then
      io.stderr:write("note: a local ends with its entry; the entries that follow see a global of that name\n")
      local_noted = true
    end
  end
  require("galua.ship").remember(text)
  local ok = run(chunk, mute > 0, is_expression)
  session.note(whole or text, is_expression and (mute > 0 and "muted" or "value") or "statement", ok)
  return "> ", text, ok
end

-- Ctrl-C at the prompt
function M.cancel() pending = {} end

-- End of input: an unfinished entry is an error
function M.finish()
  if #pending == 0 then return true end
  local _, err = loadstring(table.concat(pending, "\n"), "=stdin")
  pending = {}
  report(err or "unfinished entry")
  return false
end

function M.banner()
  local threads = galua.threads()
  local parts = { "Galua " .. galua.version, (core.versions().luajit:gsub("^(LuaJIT %d+%.%d+).*", "%1")),
    ("%d thread%s"):format(threads, threads == 1 and "" or "s") }
  local ssp = core.default_ssp()
  local program = table.concat(parts, "  ")
  local rest = (ssp and ("SSP %s"):format(ssp) or "no built-in SSP: reinstall") .. "    help() for help"
  return program .. (#program + 2 + #rest < core.term_size() and "  " or "\n") .. rest -- no word is broken at the edge
end

function M.complete(line, word)
  local text = #pending > 0 and table.concat(pending, "\n") .. "\n" .. line or line
  return require("galua.complete").complete(text, word)
end

-- Called once; returns the history file
function M.start(terminal, init)
  rawset(_G, "_", nil)
  require("galua.strict").declared["_"] = true
  session.start()
  M.baseline = {}
  for name in pairs(_G) do M.baseline[name] = true end
  if terminal then print(M.banner()) end
  if init then
    local path = config_file()
    local file = path and io.open(path, "r")
    if file then
      file:close()
      local chunk, err = loadfile(path)
      if not chunk then report(err) else run(chunk, true, false) end
    end
  end
  return terminal and state_file("history") or nil
end

return M
