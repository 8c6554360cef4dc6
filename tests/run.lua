-- galua tests/run.lua [FILE ...]: runs test files (default: all of tests/lua); status 1 when a test fails.
local core = require "galua.core"
local test = require "galua.test"
local files = { ... }
if #files == 0 then
  for _, entry in ipairs(core.listdir("tests/lua") or {}) do
    if entry.name:match("^test_.*%.lua$") then files[#files + 1] = "tests/lua/" .. entry.name end
  end
end
for _, path in ipairs(files) do
  local before = test.passed + test.failed + test.skipped
  test.describe(path:match("([^/]+)%.lua$") or path, function()
    assert(loadfile(path))()
  end)
  if test.passed + test.failed + test.skipped == before then
    test.failed = test.failed + 1
    print("FAILED " .. path .. ": holds no test")
  end
end
if not test.report() then os.exit(1, true) end
