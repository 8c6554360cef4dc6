-- Tests in Lua. A file tests/lua/test_<topic>.lua says
--
--   local test = require "galua.test"
--   test.describe("interp", function()
--     test.it("is exact on straight lines", function() test.close(f(2), 4, 1e-14) end)
--   end)
--
-- and tests/run.lua runs it: one line per failure, then "N passed, N failed". Assertions raise; a failed one ends its `it`.
local core = require "galua.core"
local doc = require "galua.doc"
local M = { passed = 0, failed = 0, skipped = 0 }
local where, depth = {}, 0 -- names of the enclosing describes
local SKIP = {}

local function text_of(err)
  if type(err) == "string" then return err end
  local mt = getmetatable(err)
  if type(mt) == "table" and mt.__tostring then return tostring(err) end
  return ("a %s value"):format(type(err))
end

local function show(x)
  if type(x) == "number" then return ("%.17g"):format(x) end
  if type(x) == "string" then return ("%q"):format(x) end
  return tostring(x)
end

local function fail(level, format, ...)
  error(format:format(...), level + 1)
end

function M.describe(name, f)
  depth = depth + 1
  where[depth] = name
  local ok, err = pcall(f)
  if not ok then
    if err == SKIP then
      M.skipped = M.skipped + 1
    else
      M.failed = M.failed + 1
      print(("FAILED %s: %s"):format(table.concat(where, ": ", 1, depth), text_of(err)))
    end
  end
  depth = depth - 1
end

function M.it(name, f)
  local full = table.concat(where, ": ", 1, depth) .. (depth > 0 and ": " or "") .. name
  local ok, err = xpcall(f, function(e)
    if e == SKIP or type(e) == "string" then return e end
    local at = type(e) == "table" and rawget(e, "at")
    return (at and at .. ": " or "") .. text_of(e)
  end)
  if ok then
    M.passed = M.passed + 1
  elseif err == SKIP then
    M.skipped = M.skipped + 1
    print(("SKIPPED %s: %s"):format(full, SKIP.reason))
  else
    M.failed = M.failed + 1
    print(("FAILED %s: %s"):format(full, err))
  end
end

function M.skip(reason)
  SKIP.reason = reason or "no reason given"
  error(SKIP, 0)
end

function M.ok(value, what)
  if not value then fail(2, "%s: expected a true value, got %s", what or "assertion", tostring(value)) end
  return value
end

function M.eq(got, want, what)
  if got ~= want then fail(2, "%sexpected %s, got %s", what and what .. ": " or "", show(want), show(got)) end
end

local function numbers(x)
  if type(x) == "table" then return #x, x end
  if core.vec_is and core.vec_is(x) then return #x, x end
end

function M.close(got, want, rel, abs)
  rel, abs = rel or 1e-12, abs or 0
  local n, list = numbers(want)
  if n then
    local m = numbers(got)
    if m ~= n then fail(2, "expected %d numbers, got %s", n, tostring(m or type(got))) end
    for i = 1, n do
      local a, b = got[i], list[i]
      if not (a == b or math.abs(a - b) <= math.max(abs, rel * math.abs(b))) then
        fail(2, "element %d: expected %.17g, got %.17g (difference %.3g)", i, b, a, a - b)
      end
    end
    return
  end
  if type(got) ~= "number" or not (got == want or math.abs(got - want) <= math.max(abs, rel * math.abs(want))) then
    fail(2, "expected %s within %.3g, got %s", show(want), math.max(abs, rel * math.abs(want)), show(got))
  end
end

-- f must raise; `message` is the exact text, or a Lua pattern when it starts with "~"
function M.throws(f, message)
  local ok, err = pcall(f)
  if ok then fail(2, "expected an error, got none") end
  local text = text_of(err)
  if message and message:sub(1, 1) == "~" then
    if not text:find(message:sub(2)) then fail(2, "expected an error like %s, got %s", show(message:sub(2)), show(text)) end
  elseif message and text ~= message then
    fail(2, "expected the error %s, got %s", show(message), show(text))
  end
  return err
end

-- What f(...) raises: a text of one line
function M.message(f, ...)
  local ok, err = pcall(f, ...)
  if ok then fail(2, "expected an error, got none") end
  local text = text_of(err)
  if text:find("\n", 1, true) then fail(2, "expected an error of one line, got %s", show(text)) end
  return text
end

-- Each of the words, as they are, stands in the text
function M.says(text, ...)
  for _, word in ipairs{ ... } do
    if not tostring(text):find(word, 1, true) then fail(2, "expected %s in %s", show(word), show(text)) end
  end
end

-- Counts so far as the closing line; true when nothing failed
function M.report()
  print(("%d passed, %d failed%s"):format(M.passed, M.failed, M.skipped > 0 and (", %d skipped"):format(M.skipped) or ""))
  return M.failed == 0
end

local texts = {
  describe = "describe(name, f)\nA group of tests.",
  it = "it(name, f)\nOne test: f raises when it fails.",
  skip = "skip(reason)\nLeaves the running test as skipped, with the reason.",
  ok = "ok(value[, what]) -> value\nFails unless value is true.",
  eq = "eq(got, want[, what])\nFails unless got == want.",
  close = "close(got, want[, rel[, abs]])\nNumbers, tables or vecs: |got - want| <= max(abs, rel |want|) for each; rel is 1e-12, abs 0.",
  throws = "throws(f, message) -> error\nFails unless f raises exactly this message; \"~pattern\" matches a Lua pattern.",
  message = "message(f, ...) -> text\nWhat f(...) raises: one line. Fails when it raises nothing, or several lines.",
  says = "says(text, word, ...)\nFails unless each word, as it is, stands in the text.",
  report = "report() -> boolean\nPrints the closing line.",
}
for name, text in pairs(texts) do doc { "test." .. name, M[name], "test." .. text } end
doc.text("test", M, "test\nTests in Lua: describe, it, ok, eq, close, throws, message, says, skip; see tests/run.lua.")
return M
