-- T-41: runs of every sampler killed (kill -9) at random moments and gone on with. After each kill the results file is whole or absent;
-- what comes out in the end has the bits of a run that was never stopped. Used by tests/lua/test_kills.lua and tests/validate/kills.lua.
local M = {}
local program = require("galua.core").realpath("/proc/self/exe")

local function read(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local text = f:read("*a")
  f:close()
  return text
end

-- status of a command: 0, or 137 when it was killed
local function run(command)
  local a, _, c = os.execute(command)
  local status = type(a) == "number" and a or a and 0 or c
  return status > 255 and math.floor(status / 256) or status
end

function M.kinds()
  local p = io.popen(("%s tests/kills/child.lua"):format(program))
  local list = {}
  for name in p:read("*a"):gmatch("%S+") do list[#list + 1] = name end
  p:close()
  return list
end

-- -> { kills =, finished =, unreadable =, different =, messages = {...} } for one kind of sampler. draw() gives numbers in 0 .. 1.
function M.series(kind, moments, draw, threads)
  local base = os.tmpname()
  local out, digest, log = base .. ".h5", base .. ".txt", base .. ".log"
  local clock = galua.clock or os.clock
  local function child(seconds, n)
    return run(("OMP_WAIT_POLICY=passive timeout -s KILL %.3f %s --threads %d tests/kills/child.lua %s %s %s > %s 2>&1"):format(seconds, program,
      n or 1, kind, out, digest, log))
  end
  local result = { kills = 0, finished = 0, unreadable = 0, different = 0, lost = 0, messages = {} }
  local function complain(field, text)
    result[field] = result[field] + 1
    result.messages[#result.messages + 1] = text
  end
  local function clean() for _, path in ipairs { out, digest } do os.remove(path) end end
  local begin = clock()
  local status = child(600)
  local seconds = clock() - begin
  local whole = read(digest)
  if status ~= 0 or not whole then
    complain("unreadable", "the uninterrupted run ended with " .. status .. ": " .. (read(log) or ""))
    return result
  end
  clean()
  local existed = false
  while result.kills < moments do
    status = child(seconds * (0.05 + 0.9 * draw()), threads and threads(draw))
    if status == 137 then
      result.kills = result.kills + 1
      local there = read(out) ~= nil
      if existed and not there then complain("lost", "the results file is gone") end
      existed = there
      if there then
        local ok, texts = pcall(galua.result_texts, out)
        if not ok or not texts.model then complain("unreadable", tostring(texts)) end
      end
    elseif status == 0 then
      result.finished = result.finished + 1
      if read(digest) ~= whole then complain("different", "other bits than the uninterrupted run") end
      clean()
      existed = false
    else
      complain("unreadable", ("ended with %d: %s"):format(status, read(log) or ""))
      clean()
      existed = false
      result.kills = result.kills + 1
    end
  end
  status = child(600)
  if status == 0 then
    result.finished = result.finished + 1
    if read(digest) ~= whole then complain("different", "other bits than the uninterrupted run") end
  else
    complain("unreadable", ("ended with %d: %s"):format(status, read(log) or ""))
  end
  clean()
  os.remove(log)
  os.remove(base)
  os.execute(("rm -f %s.*"):format(base)) -- what was being written when the kill came
  return result
end

return M
