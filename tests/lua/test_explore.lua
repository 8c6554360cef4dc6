-- The explorer without a browser: its server is asked through a socket by this same process, turn by turn.
local test = require "galua.test"
local ffi = require "ffi"
local json = require "galua.json"

ffi.cdef[[
typedef struct { uint16_t family, port; uint32_t addr; char zero[8]; } galua_test_address;
int socket(int, int, int); int connect(int, const void *, uint32_t); ssize_t send(int, const void *, size_t, int);
ssize_t recv(int, void *, size_t, int); int close(int);]]
local C = ffi.C
local buffer = ffi.new("char[?]", 65536)

local function dial(port)
  local a = ffi.new("galua_test_address", { 2, bit.bor(bit.lshift(bit.band(port, 255), 8), bit.rshift(port, 8)), 0x0100007f })
  local fd = C.socket(2, 1, 0)
  test.eq(C.connect(fd, a, ffi.sizeof(a)), 0)
  return fd
end

-- a page: one connection that is kept
local page = {}
page.__index = page
local function open_page(e)
  local port, token = e.address:match("^http://127%.0%.0%.1:(%d+)/(%x+)/$")
  return setmetatable({ e = e, fd = dial(tonumber(port)), port = port, token = token }, page)
end

function page:send(method, path, body)
  local text = ("%s /%s/%s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nOrigin: http://127.0.0.1:%s\r\n%s\r\n%s"):format(method, self.token, path, self.port, self.port,
    body and ("Content-Length: %d\r\n"):format(#body) or "", body or "")
  test.eq(tonumber(C.send(self.fd, text, #text, 0x4000)), #text)
end

-- status, body of the next answer; the explorer takes turns meanwhile
function page:receive()
  local text = self.ahead or ""
  for _ = 1, 100000 do
    local head, length = text:find("\r\n\r\n", 1, true), tonumber(text:match("Content%-Length: (%d+)"))
    if head and #text >= head + 3 + length then
      self.ahead = text:sub(head + 4 + length)
      return tonumber(text:match("^HTTP/1.1 (%d+)")), text:sub(head + 4, head + 3 + length)
    end
    local n = tonumber(C.recv(self.fd, buffer, 65536, 0x40))
    if n > 0 then text = text .. ffi.string(buffer, n) elseif n == 0 then break else self.e:serve(0) end
  end
  error("no answer: " .. text:sub(1, 200))
end

function page:ask(method, path, body)
  self:send(method, path, body)
  return self:receive()
end

local function numbers_of(text)
  local n = ffi.cast("const uint32_t *", text)[0]
  local t, at = json.decode(text:sub(5, 4 + n)), 4 + n
  local floats = {}
  for _, a in ipairs(t.arrays or {}) do
    floats[a.name] = { n = a.n, first = ffi.cast("const float *", ffi.cast("const char *", text) + at) }
    at = at + 4 * a.n
  end
  test.eq(at, #text)
  return t, floats
end

function page:eval(values)
  local status, text = self:ask("POST", "eval", json.encode{ values = values })
  test.eq(status, 200)
  local t, floats = numbers_of(text)
  return t, floats, text -- the arrays lie in the text
end

local stars = ssp.synthetic()
local function galaxy_of()
  return galaxy{ ssp = stars, sfh = sfh.delayed{ tau = 2e9, norm = 10 }, ism = ism.two_phase{}, age = 5e9, redshift = 0.1 }
end
local function opened(x, o)
  o = o or {}
  o.wait, o.say = false, false
  return explore(x, o)
end
local function mock()
  local o, bands = observation.new{ name = "mock", redshift = 0.1 }, filters("SDSS", "2MASS")
  local flux = galaxy_of():band_flux(bands)
  for i, f in ipairs(bands) do o:add(f, flux[i] * (1 + 0.05 * (-1) ^ i), 0.05 * flux[i], i == 8 and "ignored" or "detection") end
  return o
end
local function free() return { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1e-1, 1e3), ["ism.f_MC"] = prior.uniform(0, 1) } end

test.describe("explorer", function()
  test.it("shows the numbers of the galaxy at any place of the sliders, and leaves it alone until it is to take them", function()
    local g = galaxy_of()
    local e = opened(g)
    local p = open_page(e)
    local status, text = p:ask("GET", "model")
    test.eq(status, 200)
    local m = json.decode(text)
    test.eq(#m.bands, 16)
    local rng, h = random.stream(3), galaxy_of()
    for k = 1, 20 do
      local values = {}
      for _, s in ipairs(m.parameters) do
        if s.name ~= "age" and s.name ~= "redshift" and s.name ~= "distance" then
          local u = rng:uniform()
          values[s.name] = s.log and 10 ^ (math.log10(s.lo) + u * (math.log10(s.hi) - math.log10(s.lo))) or s.lo + u * (s.hi - s.lo)
        end
      end
      values.age = 1e9 + 1e10 * rng:uniform()
      local t, floats, held = p:eval(values)
      test.eq(t.error, nil)
      h:set(values)
      local want = h:photometry(filters("GALEX", "SDSS", "2MASS", "WISE", "Herschel.PACS.green", "Herschel.PACS.red"))
      for i, row in ipairs(want) do
        test.eq(m.bands[i].name, row.band)
        test.eq(t.flux[i], row.flux) -- every bit
      end
      local flux = h:flux("DD")
      test.eq(floats.DD.n, #flux)
      for i = 1, #flux, 97 do test.close(floats.DD.first[i - 1], flux[i], 1e-6, 1e-38) end -- float32
      test.eq(t.derived.Mstar, h:derived_values().Mstar)
      test.ok(held)
    end
    test.eq(g.age, 5e9)
    test.eq((p:ask("POST", "take", json.encode{ values = { age = 7e9, ["ism.f_MC"] = 0.25 } })), 200)
    test.eq(g.age, 7e9)
    test.eq(g.ism.f_MC, 0.25)
    test.eq(g.sfh.tau, 2e9)
  end)

  test.it("says the line of a model that fails, and goes on", function()
    local e = opened(galaxy_of())
    local p = open_page(e)
    test.eq((p:eval{ age = 1e12 }).error, "age = 1e+12 is not in 100000 .. 2e+10 yr")
    test.eq((p:eval{ age = 1e9 }).error, nil)
    local mine = galaxy{ ssp = stars, redshift = 0.1, age = 1e9, sfh = sfh.custom{ params = { w = { 1, lo = 0, hi = 10 } },
      function(t, q) if q.w > 5 then error("w is too large") end return q.w end } }
    e = opened(mine)
    p = open_page(e)
    test.ok(p:eval{ ["sfh.w"] = 7 }.error:find("w is too large", 1, true))
    local t = p:eval{ ["sfh.w"] = 2 }
    test.eq(t.error, nil)
    mine:set("sfh.w", 2)
    test.eq(t.flux[5], mine:band_flux(filters("SDSS.r"))[1])
    local status, text = p:ask("POST", "eval", "not json")
    test.eq(status, 400)
    test.ok(text:find("expected JSON", 1, true))
    test.eq((p:ask("POST", "eval", '{"values": {"age": "x"}}')), 400)
    test.eq((p:ask("POST", "eval", '{"values": ' .. ("["):rep(100))), 400)
    test.eq((p:ask("POST", "nothing", '{"values": {}}')), 404)
    test.eq((p:ask("GET", "../../etc/passwd")), 404)
  end)

  test.it("serves its page, and nothing without token or to foreign origins", function()
    local e = opened(galaxy_of())
    local p = open_page(e)
    for path, word in pairs{ [""] = "<canvas id=\"sed\"", ["app.js"] = "requestAnimationFrame", ["draw.js"] = "drawFigure", ["style.css"] = "canvas" } do
      local status, text = p:ask("GET", path)
      test.eq(status, 200)
      test.ok(text:find(word, 1, true), path)
      -- loads nothing from elsewhere
      for url in text:gmatch("[a-z]+://[%w%.]+") do error(path .. " names " .. url) end
    end
    local function refused(head)
      local fd, text = dial(tonumber(p.port)), ""
      C.send(fd, head, #head, 0x4000)
      e:serve(0) e:serve(0)
      local n = tonumber(C.recv(fd, buffer, 65536, 0x40))
      C.close(fd)
      return tonumber(ffi.string(buffer, math.max(n, 0)):match("^HTTP/1.1 (%d+)"))
    end
    local body = '{"values": {}}'
    local function post(token, origin)
      return refused(("POST /%s/take HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nOrigin: %s\r\nContent-Length: %d\r\n\r\n%s"):format(token, p.port, origin, #body, body))
    end
    test.eq(post(p.token, "http://127.0.0.1:" .. p.port), 200)
    test.eq(post(p.token, "http://example.org"), 403)
    test.eq(post(("0"):rep(32), "http://127.0.0.1:" .. p.port), 403)
    test.eq(refused(("GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n\r\n"):format(p.port)), 403)
  end)

  test.it("answers two pages, each at its own place", function()
    local e = opened(galaxy_of())
    local a, b, g = open_page(e), open_page(e), galaxy_of()
    local r = filters("SDSS.r")
    for k = 1, 20 do
      a:send("POST", "eval", json.encode{ values = { age = 1e9 + 1e8 * k } })
      b:send("POST", "eval", json.encode{ values = { age = 9e9 - 1e8 * k } })
      local _, text = b:receive()
      g.age = 9e9 - 1e8 * k
      test.eq(numbers_of(text).flux[5], g:band_flux(r)[1])
      _, text = a:receive()
      g.age = 1e9 + 1e8 * k
      test.eq(numbers_of(text).flux[5], g:band_flux(r)[1])
    end
    e:close()
    test.eq(tostring(e), "explorer   closed")
    test.throws(function() e:serve(0) end, "server: it is closed")
  end)

  test.it("of many random moves leaves nothing behind", function()
    local e = opened(galaxy_of(), { data = mock() })
    local p, rng = open_page(e), random.stream(8)
    local m = json.decode((select(2, p:ask("GET", "model"))))
    local core = require "galua.core"
    local function moves(n)
      for _ = 1, n do
        local values = {}
        for _, s in ipairs(m.parameters) do
          local u = 1.1 * rng:uniform() - 0.05 -- now and then outside
          values[s.name] = s.log and 10 ^ (math.log10(s.lo) + u * (math.log10(s.hi) - math.log10(s.lo))) or s.lo + u * (s.hi - s.lo)
        end
        local t = p:eval(values)
        test.ok(t.error or #t.flux == 8)
      end
      collectgarbage() collectgarbage()
    end
    moves(100)
    local before, lua = core.rss(), collectgarbage("count")
    moves(300)
    test.ok(collectgarbage("count") < lua + 200, collectgarbage("count") - lua) -- [kB]; a frame that stayed is 100
    test.ok(core.rss() < before + 2e7, core.rss() - before)
    test.eq(e.server.connections, 1)
  end)

  test.it("compares with data: pulls, chi^2, and of a fit ln L and ln prior", function()
    local f = fit{ data = mock(), model = galaxy_of(), free = free(), noise = galua.noise.calibration{ floor = 0.02 }, seed = 2 }
    local e = opened(f)
    local p = open_page(e)
    local m = json.decode((select(2, p:ask("GET", "model"))))
    local sliders = {}
    for _, s in ipairs(m.parameters) do sliders[s.name] = s end
    test.eq(sliders.age.free, true)
    test.close(sliders.age.lo, 1e9, 1e-12)
    test.close(sliders.age.hi, 1.2e10, 1e-12)
    test.eq(sliders.age.log, true)
    test.eq(sliders["ism.f_MC"].prior, "prior.uniform(0, 1)")
    local values = { age = 4e9, ["sfh.norm"] = 12, ["ism.f_MC"] = 0.4 }
    local t = p:eval(values)
    local lp, ll = f.target:lnprob(vec{ math.log10(4e9), math.log10(12), 0.4 })
    test.eq(t.lnprior, lp[1])
    test.eq(t.lnlike, ll[1])
    local chi2, n = 0, 0
    for i, r in ipairs(f.data:rows()) do
      local pull = (r.flux - t.flux[i]) / r.err
      test.close(t.pull[i], pull, 1e-14)
      if r.kind == "detection" then chi2, n = chi2 + pull ^ 2, n + 1 end
    end
    test.close(t.chi2, chi2, 1e-14)
    test.eq(t.n, n)
    test.eq(n, 7)
    local infos = {}
    for _, d in ipairs(m.derived) do infos[d.name] = true end
    for name in pairs(require("galua.fit.ties").of(f).derived) do test.ok(not infos[name], name) end -- no datum depends on them
  end)

  test.it("writes what is seen as a script that gives the same numbers", function()
    local bands = filters("SDSS", "WISE")
    for _, g in ipairs{ galaxy_of(), galaxy{ ssp = stars, sfh = sfh.continuity{}, redshift = 0.5, age = 5e9, attenuation = attenuation.calzetti{}, nebular = nebular.hii{} },
      galaxy{ ssp = stars, sfh = sfh.constant{}, ism = false, cosmology = "WMAP9", age = 1e9, redshift = 0.02 } } do
      local e = opened(g)
      local p = open_page(e)
      local text = json.decode((select(2, p:ask("POST", "lua", json.encode{ values = { age = 1.23456789e9 } })))).text
      test.ok(text:find("g = galaxy{", 1, true), text)
      local env = setmetatable({}, { __index = _G })
      setfenv(assert(loadstring(text)), env)()
      local want = g:copy()
      want.age = 1.23456789e9
      test.eq(tostring(env.g), tostring(want))
      local a, b = env.g:band_flux(bands), want:band_flux(bands)
      for i = 1, #bands do test.eq(a[i], b[i]) end
    end
    local f = fit{ data = mock(), model = galaxy_of(), free = free() }
    local e = opened(f)
    test.ok(json.decode((select(2, open_page(e):ask("POST", "lua", '{"values": {}}')))).text:find("age +=", 1))
  end)

  test.it("starts a fit where the sliders stand and shows how far it is", function()
    local f = fit{ data = mock(), model = galaxy_of(), free = free(), seed = 2, sampler = sampler.ensemble{ walkers = 16, steps = 30 } }
    local e = opened(f)
    local a, b = open_page(e), open_page(e)
    b:send("GET", "status")
    test.eq(json.decode((select(2, b:receive()))).running, false)
    local far = json.decode((select(2, a:ask("POST", "fit", json.encode{ values = { age = 1e9, ["sfh.norm"] = 1e-30, ["ism.f_MC"] = 0.5 } }))))
    test.ok(far.error:find("where the sliders stand", 1, true), far.error)
    a:send("POST", "fit", json.encode{ values = { age = 5e9, ["sfh.norm"] = 10, ["ism.f_MC"] = 0.5 } })
    b:send("GET", "status") -- answered before or while it runs
    e:serve(0)
    local status = json.decode((select(2, b:receive())))
    test.ok(type(status.running) == "boolean")
    test.eq(json.decode((select(2, a:receive()))).text, "walkers start where the sliders stand")
    local done = json.decode((select(2, a:ask("GET", "status"))))
    test.eq(done.running, false)
    test.eq(done.error, nil)
    test.ok(done.result.summary:find("sfh.norm", 1, true))
    test.eq(e.fit, f)
    test.close(done.result.best.age, (f:best()).age, 1e-15)
    test.ok(f:summary().n > 100)
    test.eq(rawget(f, "_start"), nil)
    -- stopped by the page
    e = opened(galaxy_of(), { data = mock() })
    local p = open_page(e)
    p:send("POST", "fit", '{"values": {}}')
    p:send("POST", "stop", "{}")
    e:serve(0)
    test.eq((p:receive()), 200)
    test.eq((p:receive()), 200)
    test.eq(json.decode((select(2, p:ask("GET", "status")))).running, false)
  end)

  test.it("shows a galaxy beside a spectrum without bands", function()
    local o = observation.new{ name = "pixels", redshift = 0.1 }
    local wave, flux, err = {}, {}, {}
    for i = 1, 50 do wave[i], flux[i], err[i] = 5000 + 10 * i, 1, 0.1 end
    o:spectrum{ wave = wave, flux = flux, err = err, R = 1000 }
    local e = opened(galaxy_of(), { data = o })
    local p = open_page(e)
    local m = json.decode((select(2, p:ask("GET", "model"))))
    test.eq(#m.spectrum.wave, 50)
    test.eq(#m.bands, 16)
    test.eq(m.bands[1].flux, nil)
    local t = p:eval{}
    test.eq(t.chi2, nil)
    test.eq(#t.flux, 16)
  end)

  test.it("is a command that says what is wrong", function()
    local exe = require("galua.core").realpath("/proc/self/exe")
    local function run(args)
      local pipe = io.popen(("%s --batch %s 2>&1; echo status $?"):format(exe, args))
      local text = pipe:read("*a")
      pipe:close()
      return tonumber(text:match("status (%d+)%s*$")), text
    end
    local status, text = run("explore")
    test.eq(status, 2)
    test.ok(text:find("no FILE given", 1, true), text)
    status, text = run("explore nothing.lua")
    test.eq(status, 1)
    test.ok(text:find("nothing.lua: no such file", 1, true), text)
    test.eq((run("explore x.lua --port 99999")), 2)
    test.eq((run("explore --help")), 0)
    test.eq((run("report")), 2)
    status, text = run("report nothing.h5")
    test.eq(status, 1)
    test.ok(text:find("nothing.h5", 1, true), text)
  end)

  test.it("refuses what it cannot show", function()
    test.throws(function() explore(5) end, "explore: argument 1 must be a galaxy or a fit, got number")
    test.throws(function() explore(galaxy_of(), { data = 5, wait = false }) end, "~data must be an observation")
    test.throws(function() explore(galaxy_of(), { bands = {}, wait = false }) end, "~bands must be filters")
    test.throws(function() explore(galaxy_of(), { port = 70000, wait = false }) end, "~port must be a whole number in 0 .. 65535")
    test.throws(function() explore(galaxy_of(), { prot = 1 }) end, "~did you mean 'port'")
  end)
end)
