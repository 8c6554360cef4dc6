-- check_sizes.lua: no file of C or Lua above 600 lines, no function above 100 but in tests (docs/developer.md). Run from the top folder with luajit or
-- galua, or name another one. Tables of numbers (*_table.h, *_lines.h) count as data.
local top = arg and arg[1] and arg[1] .. "/" or ""
local FILE, FUNCTION = 600, 100
local bad = 0
local p = io.popen(("cd %s && find src include lua scripts tests -name '*.[ch]' -o -name '*.lua' | sort"):format(top == "" and "." or top))
for path in p:lines() do
  local n, start, c, name = 0, nil, path:match("%.[ch]$") ~= nil, nil
  local data = path:match("_table%.h$") or path:match("_lines%.h$")
  for line in io.lines(top .. path) do
    n = n + 1
    if c and line:match("^{") or not c and (line:match("^local function ") or line:match("^function ")) and not line:match("%f[%w]end%f[%W]*$") then
      start, name = n, line
    elseif start and (c and line:match("^}") or not c and line:match("^end")) then
      if n - start > FUNCTION and not path:match("^tests/") then
        io.stderr:write(("%s:%d: a function of %d lines, at most %d\n"):format(path, start, n - start, FUNCTION))
        bad = bad + 1
      end
      start = nil
    end
  end
  if n > FILE and not data then
    io.stderr:write(("%s: %d lines, at most %d\n"):format(path, n, FILE))
    bad = bad + 1
  end
end
p:close()
if bad > 0 then os.exit(1) end
