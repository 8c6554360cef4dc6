-- A browser at the other end of WebDriver (chromedriver): enough of it to open pages, run their scripts, move the pointer, press keys, read the
-- console and take pictures.
local ffi = require "ffi"
local json = require "galua.json"
ffi.cdef[[
typedef struct { uint16_t family, port; uint32_t addr; char zero[8]; } galua_browser_address;
int socket(int, int, int); int connect(int, const void *, uint32_t); ssize_t send(int, const void *, size_t, int);
ssize_t recv(int, void *, size_t, int); int close(int); int usleep(unsigned); int kill(int, int);]]
local C = ffi.C
local M = {}

function M.sleep(seconds) C.usleep(seconds * 1e6) end

-- One request on a connection of its own: status, body.
function M.http(port, text)
  local a = ffi.new("galua_browser_address", { 2, bit.bor(bit.lshift(bit.band(port, 255), 8), bit.rshift(port, 8)), 0x0100007f })
  local fd = C.socket(2, 1, 0)
  if C.connect(fd, a, ffi.sizeof(a)) ~= 0 then
    C.close(fd)
    return nil
  end
  C.send(fd, text, #text, 0x4000)
  local buffer, parts, all = ffi.new("char[?]", 65536), {}, ""
  while true do
    local n = tonumber(C.recv(fd, buffer, 65536, 0))
    if n <= 0 then break end
    parts[#parts + 1] = ffi.string(buffer, n)
    if #parts % 64 == 1 or n < 65536 then
      all = table.concat(parts)
      parts = { all }
      local _, head = all:find("\r\n\r\n", 1, true)
      local length = tonumber(all:lower():match("content%-length:%s*(%d+)"))
      if head and length and #all >= head + length then break end
    end
  end
  C.close(fd)
  all = table.concat(parts)
  local _, head = all:find("\r\n\r\n", 1, true)
  return tonumber(all:match("^HTTP/1.1 (%d+)")), head and all:sub(head + 1) or ""
end

local function read(path)
  local f = io.open(path)
  local text = f and f:read("*a") or ""
  if f then f:close() end
  return text
end
M.read = read

-- A program in the background: { pid, log }. wait() until its log has a text; stop(signal) gives its exit status.
local process = {}
process.__index = process
function M.start(command, folder, name)
  local base = folder .. "/" .. name
  os.execute(("sh -c '%s >%s.log 2>&1 & echo $! >%s.pid; wait $!; echo $? >%s.rc' 2>/dev/null &"):format(command, base, base, base))
  for _ = 1, 200 do
    if tonumber(read(base .. ".pid")) then break end
    M.sleep(0.02)
  end
  local p = setmetatable({ pid = tonumber(read(base .. ".pid")), base = base }, process)
  M.started[#M.started + 1] = p
  return p
end
function process:wait(pattern)
  for _ = 1, 600 do
    local found = read(self.base .. ".log"):match(pattern)
    if found then return found end
    M.sleep(0.05)
  end
  error(self.base .. " says: " .. read(self.base .. ".log"))
end
function process:stop(signal)
  C.kill(self.pid, signal or 2)
  for _ = 1, 200 do
    local rc = tonumber(read(self.base .. ".rc"))
    if rc then return rc end
    M.sleep(0.05)
  end
  C.kill(self.pid, 9)
  return nil
end
function process:memory() return tonumber(read(("/proc/%d/status"):format(self.pid)):match("VmRSS:%s+(%d+)")) / 1024 end -- MB

local browser = {}
browser.__index = browser
local function call(port, method, path, body)
  local text = body and json.encode(body) or ""
  if method == "POST" and text == "" then text = "{}" end
  local status, answer = M.http(port, ("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"):format(method,
    path, port, #text, text))
  local t = answer and answer ~= "" and json.decode(answer) or {}
  if status ~= 200 then error(("%s %s: %s %s"):format(method, path, tostring(status), type(t.value) == "table" and tostring(t.value.message) or "")) end
  return t.value
end

function M.browser(port, binary, width, height)
  local value = call(port, "POST", "/session", { capabilities = { alwaysMatch = { browserName = "chrome", ["goog:loggingPrefs"] = { browser = "ALL" },
    ["goog:chromeOptions"] = { binary = binary, args = { "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      ("--window-size=%d,%d"):format(width, height) } } } } })
  local b = setmetatable({ port = port, id = value.sessionId }, browser)
  M.running[b] = true
  return b
end
function browser:call(method, path, body) return call(self.port, method, ("/session/%s/%s"):format(self.id, path), body) end
function browser:open(url) self:call("POST", "url", { url = url }) end
function browser:run(script, ...) return self:call("POST", "execute/sync", { script = script, args = { 0, ... } }) end
function browser:run_async(script, ...) return self:call("POST", "execute/async", { script = script, args = { 0, ... } }) end
function browser:cdp(cmd, params) return self:call("POST", "goog/cdp/execute", { cmd = cmd, params = params }) end
function browser:element(css)
  for _, id in pairs(self:call("POST", "element", { using = "css selector", value = css })) do return id end
end
function browser:click(css) self:call("POST", ("element/%s/click"):format(self:element(css))) end
function browser:keys(css, text) self:call("POST", ("element/%s/value"):format(self:element(css)), { text = text }) end
-- From the knob of a slider to a fraction of its track, in steps, the button held; `release` false leaves it held.
function browser:drag(css, from, to, release)
  local box = self:run("const e = document.querySelector(arguments[1]); e.scrollIntoView({ block: 'center' }); const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]", css)
  local function x(f) return math.floor(box[1] + 8 + f * (box[3] - 16) + 0.5) end
  local y = math.floor(box[2] + box[4] / 2 + 0.5)
  local list = { { type = "pointerMove", duration = 0, x = x(from), y = y }, { type = "pointerDown", button = 0 } }
  for i = 1, 10 do list[#list + 1] = { type = "pointerMove", duration = 30, x = x(from + (to - from) * i / 10), y = y } end
  if release ~= false then list[#list + 1] = { type = "pointerUp", button = 0 } end
  self:call("POST", "actions", { actions = { { type = "pointer", id = "mouse", parameters = { pointerType = "mouse" }, actions = list } } })
end
function browser:console()
  local lines = {}
  for _, l in ipairs(self:call("POST", "se/log", { type = "browser" })) do lines[#lines + 1] = l.level .. " " .. l.message end
  return lines
end
function browser:picture(path)
  local f = assert(io.popen(("base64 -d >%q"):format(path), "w"))
  f:write(self:call("GET", "screenshot"))
  f:close()
end
function browser:until_true(script, seconds)
  for _ = 1, (seconds or 20) * 20 do
    if self:run("return Boolean(" .. script .. ")") then return true end
    M.sleep(0.05)
  end
  error("not reached: " .. script)
end
function browser:quit()
  M.running[self] = nil
  call(self.port, "DELETE", "/session/" .. self.id)
end

-- Ends every browser and program that a failed test left.
M.running, M.started = {}, {}
function M.finish()
  for b in pairs(M.running) do pcall(b.quit, b) end
  for _, p in ipairs(M.started) do
    if not tonumber(read(p.base .. ".rc")) then p:stop(15) end
  end
end

return M
