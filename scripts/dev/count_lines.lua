-- count_lines.lua COMMIT [FOLDER ...]: lines of code of src and lua (or of the folders named) there and here: C after clang-format, Lua as it is,
-- without comments, blank lines and table files (*_table.h, *_lines.h); folders that are not there in COMMIT are listed apart, as are folders given
-- as -FOLDER. Run from the top folder: luajit scripts/dev/count_lines.lua 0931030
-- count_lines.lua each COMMIT ...: by how much each of these commits changed the number.
local commit = arg[1] or error "usage: luajit scripts/dev/count_lines.lua COMMIT [FOLDER | -FOLDER ...], or each COMMIT ..."
local each = commit == "each" and { unpack(arg, 2) }
if each then arg = {} end
local only, without = {}, {}
for i = 2, #arg do
  if arg[i]:sub(1, 1) == "-" then without[#without + 1] = arg[i]:sub(2) else only[#only + 1] = arg[i] end
end
if #only == 0 then only = { "src", "include", "lua" } end

local function read(command)
  local p = assert(io.popen(command))
  local text = p:read("*a")
  p:close()
  return text
end

local function code(path, text)
  if path:match("%.lua$") then
    text = text:gsub("%-%-%[(=*)%[.-%]%1%]", ""):gsub("%-%-[^\n]*", "")
  else
    text = text:gsub("/%*.-%*/", ""):gsub("//[^\n]*", "")
  end
  local n = 0
  for line in text:gmatch("[^\n]+") do if line:match("%S") then n = n + 1 end end
  return n
end

local function wanted(path)
  if not path:match("%.[ch]$") and not path:match("%.lua$") or path:match("_table%.h$") or path:match("_lines%.h$") then return false end
  for _, folder in ipairs(without) do if path:sub(1, #folder + 1) == folder .. "/" then return false end end
  for _, folder in ipairs(only) do if path:sub(1, #folder + 1) == folder .. "/" then return true end end
  return false
end

local function count(list, show)
  local by, total = {}, 0
  for path in list:gmatch("[^\n]+") do
    if wanted(path) then
      local text = read(show:format(path) .. (path:match("%.[ch]$") and " | clang-format --style=file --assume-filename=x.c" or ""))
      local n = code(path, text)
      local room = path:match("^(%w+/%w+)/") or path:match("^(%w+)/")
      by[room] = (by[room] or 0) + n
      total = total + n
    end
  end
  return by, total
end

if each then
  local sum = 0
  for _, c in ipairs(each) do
    local _, a = count(read(("git diff --no-renames --name-only --diff-filter=MD %s~1 %s"):format(c, c)), "git show " .. c .. "~1:%s")
    local _, b = count(read(("git diff --no-renames --name-only --diff-filter=MA %s~1 %s"):format(c, c)), "git show " .. c .. ":%s")
    sum = sum + b - a
    io.write(("%+7d  %s"):format(b - a, read("git log -1 --format='%h %s' " .. c)))
  end
  print(("%+7d  together"):format(sum))
  return
end

local before = count(read("git ls-tree -r --name-only " .. commit), "git show " .. commit .. ":%s")
local now = count(read("git ls-files"), "cat %s")
local rooms, fresh, was, is, new = {}, {}, 0, 0, 0
for room in pairs(before) do rooms[#rooms + 1] = room end
for room in pairs(now) do if not before[room] then fresh[#fresh + 1] = room end end
table.sort(rooms)
table.sort(fresh)
for _, room in ipairs(rooms) do
  local a, b = before[room], now[room] or 0
  was, is = was + a, is + b
  print(("%-20s %7d %7d %+7d"):format(room, a, b, b - a))
end
for _, room in ipairs(fresh) do
  new = new + now[room]
  print(("%-20s %7s %7d     new"):format(room, "", now[room]))
end
print(("%-20s %7d %7d %+7d, and %d in new folders"):format("together", was, is, is - was, new))
