-- T-41: runs of every sampler killed (kill -9) at random moments and gone on with. After each kill the results file is whole or absent;
-- what comes out in the end has the bits of a run that was never stopped. Used by tests/lua/test_kills.lua and tests/validate/kills.lua.
local M = {}
local core = require "galua.core"
local program = core.realpath("/proc/self/exe")

local function read(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local text = f:read("*a")
  f:close()
  return text
end

-- Processor time of process `pid` so far [s], its threads together; nil when it is gone. Moments are counted in it: on a busy machine a run
-- takes several times longer by the clock, and would be killed again and again before it came to anything new.
local function used(pid)
  local text = read(("/proc/%s/stat"):format(pid))
  if not text then return nil end
  local after = {} -- fields behind the name, which may hold anything: state is the first
  for word in text:match("^.*%)%s+(.*)$"):gmatch("%S+") do after[#after + 1] = word end
  return (tonumber(after[12]) + tonumber(after[13])) / 100, after[1]
end

-- Run a command, killed (-9) when it has used `seconds` of processor time (nil: never). -> exit status, 137 when it was killed; seconds used
local function run(command, seconds)
  local p = io.popen(("{ %s & echo $!; wait $!; echo $?; } 2>/dev/null"):format(command))
  local pid, most = p:read("*l"), 0
  while seconds do
    local now, state = used(pid)
    most = math.max(most, now or 0)
    if not now or state == "Z" then break end
    if now >= seconds then
      os.execute("kill -9 " .. pid)
      break
    end
    core.sleep(0.01)
  end
  local status = tonumber(p:read("*l"))
  p:close()
  return status, most
end

function M.kinds()
  local p = io.popen(("%s tests/kills/child.lua"):format(program))
  local list = {}
  for name in p:read("*a"):gmatch("%S+") do list[#list + 1] = name end
  p:close()
  return list
end

-- Where the digests `a` and `b` differ first, in one line
local function difference(a, b)
  local i = 1
  while a:byte(i) == b:byte(i) do i = i + 1 end
  local line = select(2, a:sub(1, i - 1):gsub("\n", "\n")) + 1
  local function at(text)
    local n = 0
    for l in text:gmatch("([^\n]*)\n") do
      n = n + 1
      if n == line then return l end
    end
    return "(nothing)"
  end
  return ("line %d: %s for %s"):format(line, at(b), at(a))
end

-- -> { kills =, finished =, unreadable =, different =, messages = {...} } for one kind of sampler. draw() gives numbers in 0 .. 1.
function M.series(kind, moments, draw, threads)
  local base = os.tmpname()
  local out, digest, log = base .. ".h5", base .. ".txt", base .. ".log"
  local function child(seconds, n)
    return run(("OMP_WAIT_POLICY=passive %s --threads %d tests/kills/child.lua %s %s %s > %s 2>&1"):format(program, n or 1, kind, out, digest,
      log), seconds)
  end
  local result = { kills = 0, finished = 0, unreadable = 0, different = 0, lost = 0, messages = {} }
  local function complain(field, text)
    result[field] = result[field] + 1
    result.messages[#result.messages + 1] = text
  end
  local whole, seconds
  local existed, after = false, {} -- kills of the run that goes on: seconds of processor time
  local function compare()
    local now = read(digest)
    if now == whole then return end
    complain("different", ("other bits than the uninterrupted run of %.2f s, killed after %s s: %s"):format(seconds, table.concat(after, ", "),
      now and difference(whole, now) or "nothing was written"))
  end
  local function clean()
    existed, after = false, {}
    for _, path in ipairs { out, digest } do os.remove(path) end
  end
  local status
  status, seconds = child(600)
  whole = read(digest)
  if status ~= 0 or not whole then
    complain("unreadable", "the uninterrupted run ended with " .. status .. ": " .. (read(log) or ""))
    return result
  end
  clean()
  while result.kills < moments do
    local moment = math.max(0.01, seconds * (0.05 + 0.9 * draw()))
    status = child(moment, threads and threads(draw))
    if status == 137 then
      after[#after + 1] = ("%.2f"):format(moment)
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
      compare()
      clean()
    else
      complain("unreadable", ("ended with %d: %s"):format(status, read(log) or ""))
      clean()
      result.kills = result.kills + 1
    end
  end
  status = child(600)
  if status == 0 then
    result.finished = result.finished + 1
    compare()
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
