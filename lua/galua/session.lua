-- What the prompt knows beyond one entry: the locals of a block, the entries typed so far as a script, the time and the profile of an entry.
local core = require "galua.core"
local galua = core.galua
local M = {}

-- ---------------------------------------------------------------- locals of a block
-- Does the text begin a string or comment at i? Then where it ends.
local function skip(text, i)
  local level = text:match("^%-%-%[(=*)%[", i) or text:match("^%[(=*)%[", i)
  if level then
    local _, last = text:find("]" .. level .. "]", i, true)
    return last or #text
  end
  if text:find("^%-%-", i) then return (text:find("\n", i, true) or #text + 1) - 1 end
  local quote = text:match("^[\"']", i)
  if not quote then return nil end
  local k = i + 1
  while k <= #text and text:sub(k, k) ~= quote do k = k + (text:sub(k, k) == "\\" and 2 or 1) end
  return k
end

local opens, closes = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }, { ["end"] = true, ["until"] = true }

-- Names of the locals that stand outside of any block of the text, in their order
function M.locals(text)
  local names, seen, depth, i = {}, {}, 0, 1
  local function add(name)
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  while i <= #text do
    local past = skip(text, i)
    if past then
      i = past + 1
    else
      local word = text:match("^[%a_][%w_]*", i)
      if not word then
        i = i + 1
      else
        local after = i + #word
        if word == "local" and depth == 0 then
          local f = text:match("^%s+function%s+([%a_][%w_]*)", after)
          if f then
            add(f)
          else
            local list = text:match("^%s+([%a_][%w_,%s]*)", after) or ""
            for part in (list .. ","):gmatch("(.-),") do -- the last may run on into the next statement: its first word counts
              local name = part:match("^%s*([%a_][%w_]*)")
              if name then add(name) end
              if part:match("^%s*[%a_][%w_]*%s+%S") then break end
            end
          end
        elseif opens[word] then
          depth = depth + 1
        elseif closes[word] then
          depth = depth - 1
        end
        i = after
      end
    end
  end
  return names
end

-- The text with a last line that makes its locals globals of the session: functions of the block keep them, later entries see them. nil: it has none,
-- or ends in a way that nothing can follow.
function M.with_globals(text)
  local names = M.locals(text)
  if #names == 0 then return nil end
  for i, name in ipairs(names) do names[i] = ("_G.%s = %s"):format(name, name) end
  local whole = text .. "\n" .. table.concat(names, " ")
  return loadstring(whole, "=stdin") and whole or nil
end

-- ---------------------------------------------------------------- the session as a script
local entries, seed_at_start = {}, nil

function M.start() seed_at_start = galua.seed() end

-- kind: "value", "muted" or "statement"; failed ones are kept as comments
function M.note(text, kind, ok) entries[#entries + 1] = { text = text, kind = kind, ok = ok } end

function M.script()
  local out = { ("-- A session of Galua %s. Runs with:  galua THIS.lua"):format(galua.version), ("seed(%.0f)"):format(seed_at_start or galua.seed()) }
  for _, e in ipairs(entries) do
    if not e.ok then
      out[#out + 1] = "-- an error: " .. e.text:gsub("\n", "\n-- ")
    elseif e.kind == "statement" then
      out[#out + 1] = e.text
    else
      out[#out + 1] = "_ = " .. e.text:gsub(";%s*$", "")
      if e.kind == "value" then out[#out + 1] = "if _ ~= nil then pp(_) end" end
    end
  end
  return table.concat(out, "\n") .. "\n"
end

function M.save(path)
  if path == "" then galua.fail(":save needs a file name, such as :save session.lua") end
  local f = io.open(path)
  if f then
    local first = f:read("*l")
    f:close()
    if not (first and first:find("^%-%- A session of Galua")) then galua.fail(":save: %s exists and is not a session: choose another name", path) end
  end
  core.write_file(path, M.script())
  local good = 0
  for _, e in ipairs(entries) do good = good + (e.ok and 1 or 0) end
  print(("%s: %d entries%s"):format(path, good, good < #entries and (", %d with errors as comments"):format(#entries - good) or ""))
end

-- ---------------------------------------------------------------- time and profile of an entry
local function compile(text, what)
  if text == "" then galua.fail(":%s needs code, such as :%s g:sed()", what, what) end
  local f = loadstring("return " .. text, "=stdin")
  if f then return f, true end
  local why
  f, why = loadstring(text, "=stdin")
  if not f then galua.fail("%s", (why:gsub("^stdin:1: ", ""))) end
  return f, false
end

-- An expression is called until the clock can tell; a statement, which may change something, once
function M.time(text)
  local f, value = compile(text, "time")
  if value then return galua.time(f) end
  local t0, c0 = galua.clock(), os.clock()
  f()
  print(("%s, %s of processor time"):format(galua.time.human(galua.clock() - t0), galua.time.human(os.clock() - c0)))
end

local states = { N = "compiled", I = "interpreted", C = "in C", G = "collecting garbage", J = "compiling" }

-- Where the time goes: samples a millisecond apart, for half a second of an expression, once of a statement
function M.profile(text)
  local f, value = compile(text, "profile")
  local profile = require "jit.profile"
  local where, doing, all = {}, {}, 0
  profile.start("fi1", function(thread, samples, state)
    local at = profile.dumpstack(thread, "pl", 1):gsub("%[builtin:", "["):gsub("^%s+", "")
    if at == "" then at = "?" end
    where[at], doing[state], all = (where[at] or 0) + samples, (doing[state] or 0) + samples, all + samples
  end)
  local ok, why = pcall(function()
    local t0 = galua.clock()
    repeat f() until not value or galua.clock() - t0 > 0.5
  end)
  profile.stop()
  if not ok then error(why, 0) end
  if all == 0 then return print("too short to tell: put it into a loop") end
  local function list(t, name, most)
    local rows = {}
    for key, n in pairs(t) do rows[#rows + 1] = { key = name and name[key] or key, n = n } end
    table.sort(rows, function(a, b) return a.n > b.n or a.n == b.n and a.key < b.key end)
    for i = 1, math.min(#rows, most) do print(("%5.1f %%  %s"):format(100 * rows[i].n / all, rows[i].key)) end
  end
  list(doing, states, 5)
  print("at")
  list(where, nil, 12)
end

return M
