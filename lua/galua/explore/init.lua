-- explore(g), explore(fit): a page of this machine on which sliders move a model. The server is src/serve, what is shown comes from
-- galua.explore.model, the page itself is page.lua (HTML, CSS), draw.lua and app.lua (JavaScript). The page asks, this answers:
--
--   GET ""  style.css  draw.js  app.js      the page
--   GET model                               what does not change (JSON)
--   GET wave                                rest-frame wavelengths [A], float32
--   POST eval {values}                      a frame: uint32 length, JSON of that length, float32 arrays of the spectra and the history
--   POST lua {values}  POST take {values}   the state as a script; the galaxy at the prompt takes it
--   POST fit {values}  POST stop  GET status      a fit from there, its progress
--   POST done                               ends explore()
--
-- Nothing is kept of a page between its requests: any number of them can look at one model.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local json = require "galua.json"
local ffi = require "ffi"
local model = require "galua.explore.model"
local fitting = require "galua.explore.fitting"
local page = require "galua.explore.page"

local explorer = {}
explorer.__index = function(_, key)
  local v = rawget(explorer, key)
  if v == nil then galua.fail("an explorer has no '%s' (fields: address, fit; methods: serve, close)", tostring(key)) end
  return v
end

local JSON, TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"

local files = {
  [""] = { "text/html; charset=utf-8", page.html },
  ["style.css"] = { "text/css; charset=utf-8", page.css },
  ["draw.js"] = { "text/javascript; charset=utf-8", require "galua.explore.draw" },
  ["app.js"] = { "text/javascript; charset=utf-8", require "galua.explore.app" },
}

-- the line of an error, whatever was raised
local function line_of(err)
  local text = type(err) == "table" and tostring(err) or tostring(err)
  return (text:gsub("%s+", " "))
end

-- { values = { name = number } } of a body; nil and a line
local function values_of(body)
  local ok, t = pcall(json.decode, body)
  if not ok or type(t) ~= "table" or type(t.values) ~= "table" then return nil, 'expected JSON such as {"values": {"age": 1e9}}' end
  for name, v in pairs(t.values) do
    if type(name) ~= "string" or type(v) ~= "number" or v ~= v then return nil, ("%s must be a number"):format(tostring(name)) end
  end
  return t.values
end

local length = ffi.typeof "uint32_t[1]"

-- A frame; where the model refuses the values, its line alone.
local function frame(self, values)
  local ok, numbers, list = pcall(self.model.evaluate, self.model, values)
  local parts = {}
  if not ok then numbers, list = { error = line_of(numbers) }, {} end
  local head = json.encode(numbers)
  head = head .. (" "):rep(-#head % 4)
  parts[1], parts[2] = ffi.string(length(#head), 4), head
  for i, a in ipairs(list) do parts[i + 2] = model.binary(a[2]) end
  return 200, "application/octet-stream", table.concat(parts)
end

local post = {}
post.eval = frame

-- What a page asks for and does not get is said by the answer, not by its status: a browser reports those as errors of the page.
local function said(ok, text, after)
  return 200, JSON, json.encode(ok and { text = text } or { error = line_of(text) }), after
end

function post.lua(self, values) return said(pcall(self.model.lua, self.model, values)) end

function post.take(self, values)
  local ok, err = pcall(self.model.take, self.model, values)
  if ok then self:tell(("taken from the page: %s"):format(tostring(self.model.target))) end
  return said(ok, ok and "taken" or err)
end

function post.fit(self, values)
  local ok, text, run = fitting.start(self, values)
  return said(ok, text, run)
end

local function respond(self, method, path, body)
  local file = files[path]
  if method == "GET" then
    if file then return 200, file[1], file[2] end
    if path == "model" then return 200, JSON, self.description end
    if path == "wave" then return 200, "application/octet-stream", model.binary(self.model.galaxy:wave()) end
    if path == "status" then return 200, JSON, json.encode(fitting.status(self)) end
    return 404, TEXT, "no such page\n"
  end
  if path == "stop" then
    self.job.stop = true
    return said(true, "it stops at its next batch")
  elseif path == "done" then
    self.job.stop = true
    self.server:stop()
    return said(true, "the program goes on")
  elseif post[path] then
    local values, why = values_of(body)
    if not values then return 400, TEXT, why .. "\n" end
    return post[path](self, values)
  end
  return 404, TEXT, "no such page\n"
end

-- Answer requests until Ctrl-C, the page's button or `seconds` (0: what is there). Why it ended.
function explorer:serve(seconds)
  if seconds ~= nil then galua.expect("explorer:serve", 1, seconds, "number") end
  return self.server:serve(self.handler, seconds)
end

-- a line for the terminal
function explorer:tell(text)
  if self.talks then self.server:say(text) end
end

function explorer:close()
  self.server:close()
end

function explorer:__tostring()
  return self.server.open and "explorer   " .. self.address or "explorer   closed"
end
explorer.__galua_show = explorer.__tostring

local function explore(x, given)
  local o = galua.options("explore", given, { data = ":any", bands = ":any", port = ":number", wait = ":boolean", say = true })
  if type(o.bands) == "string" then o.bands = galua.filters(o.bands) end
  if o.bands ~= nil and (type(o.bands) ~= "table" or core.class_name(o.bands[1]) ~= "filter") then
    galua.fail("explore: bands must be filters, such as filters(\"SDSS\", \"2MASS\"), got %s", type(o.bands))
  end
  if o.port and not (o.port >= 0 and o.port <= 65535 and o.port == math.floor(o.port)) then
    galua.fail("explore: port must be a whole number in 0 .. 65535, got %.10g", o.port)
  end
  local self = setmetatable({ model = model.new(x, o), job = {}, fit = false, talks = o.say }, explorer)
  self.description = json.encode(self.model:describe())
  self.server = galua.server{ port = o.port or 0 }
  self.address = self.server.address
  self.handler = function(...) return respond(self, ...) end
  local beside = o.wait == nil and self.server:beside(self.handler)
  if o.say then
    print(("explore: open %s in a browser on this machine; %s"):format(self.address,
      beside and "close() of what this returns ends it" or "Ctrl-C, or Done in the page, ends it"))
    io.stdout:flush()
  end
  if not beside and o.wait ~= false then
    if self:serve() == "interrupted" and o.say then print() end -- after ^C
    self:close()
  end
  return self
end

require "galua.own_methods"("explorer", explorer)
doc.text("explorer:serve", explorer.serve, [[serve([seconds]) -> string
Answers the page until Ctrl-C ("interrupted"), the page's button Done ("stopped") or so many seconds later ("waited"); 0: what is there now.]])
doc.text("explorer:tell", explorer.tell, "tell(text)\nInternal: a line for the terminal, above the prompt.")
doc.text("explorer:close", explorer.close, [[close()
Ends it: the page says that the program has gone.]])
doc.text("explore", explore, [[explore(galaxy or fit[, { data =, bands =, port =, wait =, say = }]) -> explorer
A page in the browser of this machine with a slider for every parameter: the spectrum, its components, bands, data with residuals, history,
chi^2 and derived quantities follow while a slider moves. Undo; the state as a Lua script; the galaxy, or the model of the fit, takes it; a fit
from there with its progress (field fit afterwards). It prints the address. At the prompt it works while the prompt waits; in a script it stays
until Ctrl-C. Only this machine can open the page, with the token in its address.
@param data observation to compare a galaxy with; a fit has its own
@param bands (16 from GALEX to Herschel) filters to show where there are no data
@param port (any) of 127.0.0.1
@param say (true) print the address, and what the page does
@param wait (false at the prompt) true: stay until Ctrl-C; false: return, and answer when serve() is called
@example explore(galaxy{ sfh = sfh.delayed{}, redshift = 0.1 })]])

return setmetatable({ class = explorer }, { __call = function(_, ...) return explore(...) end })
