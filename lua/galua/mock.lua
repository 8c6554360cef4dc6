-- mock{ model =, free =, bands =, depth =, ... }: a catalogue of sources as a survey would list them, with the truth beside what was measured: to see
-- what a fit recovers, to plan a survey, to try a selection. Source i depends on the seed and i alone.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"

local mock = {}
mock.__index = mock
local M = setmetatable({}, { __call = function(_, given) return mock.new(given) end })

local AB = 3.6307805477010137e6 -- mJy of magnitude 0
local TRIES = 10000             -- draws in a row that the model or the selection may refuse

-- The number of a band in a table of band or instrument = number, `default` for the rest; a number is for all
local function of_band(what, value, band)
  if value == nil or type(value) == "number" then return value end
  local name = band
  repeat
    if value[name] ~= nil then break end
    name = name:match("^(.*)%.[^.]*$")
  until not name
  local v = value[name or "default"]
  if v ~= nil and type(v) ~= "number" then galua.fail("mock: %s of %s must be a number, got %s", what, band, type(v)) end
  return v
end

-- Every key of such a table must name a band, or what stands before a dot of one
local function check_keys(what, value, bands)
  if type(value) ~= "table" then
    if value ~= nil and type(value) ~= "number" then galua.fail("mock: %s must be a number or a table of band = number, got %s", what, type(value)) end
    return
  end
  local known = { default = true }
  for _, f in ipairs(bands) do
    local name = f.name
    repeat
      known[name] = true
      name = name:match("^(.*)%.[^.]*$")
    until not name
  end
  local list = {}
  for k in pairs(known) do list[#list + 1] = k end
  for k in pairs(value) do
    if not known[k] then galua.fail("mock: %s: no band belongs to '%s'%s", what, tostring(k), core.did_you_mean(tostring(k), list)) end
  end
end

function mock.new(given)
  local o = galua.options("mock", given, { model = ":any", free = ":table", tie = ":table", bands = ":any", n = 100, depth = ":any", sigma = ":any",
    errors = ":any", limits = 0, select = ":function", derived = ":table", seed = ":number", name = "mock" })
  if o.model == nil then galua.fail("mock: 'model' is missing: a galaxy, such as galaxy{ redshift = 0.5 }") end
  galua.expect("mock", "model", o.model, "galaxy")
  if not o.free then galua.fail("mock: 'free' is missing: a table of parameter = prior, what the sources are drawn from") end
  if not o.bands then galua.fail("mock: 'bands' is missing: filters(\"SDSS\", ...)") end
  local bands = type(o.bands) == "string" and galua.filters(o.bands) or o.bands
  if not (o.n >= 1 and o.n <= 1e7 and o.n == math.floor(o.n)) then galua.fail("mock: n must be a whole number in 1 .. 1e7, got %g", o.n) end
  if not (o.limits >= 0 and o.limits < 100) then galua.fail("mock: limits must be 0 .. 100 sigma, got %g", o.limits) end
  check_keys("depth", o.depth, bands)
  check_keys("sigma", o.sigma, bands)
  check_keys("errors", o.errors, bands)
  local sky, share, obs = {}, {}, galua.observation.new{ name = "mock" }
  for i, f in ipairs(bands) do
    local depth, sigma = of_band("depth", o.depth, f.name), of_band("sigma", o.sigma, f.name)
    if depth and sigma then galua.fail("mock: %s has both depth and sigma: give one", f.name) end
    sky[i], share[i] = sigma or depth and AB * 10 ^ (-0.4 * depth) / 5 or 0, of_band("errors", o.errors, f.name) or 0
    if not (sky[i] >= 0 and share[i] >= 0 and sky[i] + share[i] > 0) then
      galua.fail("mock: %s has no noise: give its depth (AB magnitude of 5 sigma), sigma [mJy] or errors (share of the flux)", f.name)
    end
    obs:add(f, 1, 1)
  end
  local self = { model = o.model:copy(), bands = bands, n = o.n, sky = sky, share = share, limits = o.limits, select = o.select,
    derived = o.derived or { "Mstar", "SFR100" }, seed = o.seed or galua.seed(), name = o.name }
  -- what knows the priors, ties, and which points the model allows
  self.target = galua.fit({ data = obs, model = self.model, free = o.free, tie = o.tie, seed = self.seed }, true).target
  local known = self.model:derived_values()
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  for _, name in ipairs(self.derived) do
    if known[name] == nil then galua.fail("mock: no derived quantity '%s'%s", tostring(name), core.did_you_mean(tostring(name), names)) end
  end
  return setmetatable(self, mock)
end

-- One draw: { id, redshift, distance, flux, err, limit, truth, true_flux }, lists and tables by band name, or nil when the model forbids it
local function draw(self, i, try)
  local t = self.target
  local g, key = self.model, i * (TRIES + 1) + try
  local x = t:prior_transform(galua.random.uniform(t.ndim, self.seed, key, 1))
  local _, lnl = t:lnprob(x)
  if not (lnl[1] > -math.huge) then return nil end
  local values = t:values(x:row(1), g)
  local s = { id = ("%s%d"):format(self.name, i), redshift = g.redshift, distance = g.distance, truth = {}, flux = {}, err = {}, mag = {}, snr = {},
    true_flux = {}, limit = {} }
  for k, name in ipairs(t.names) do s.truth[name] = values[k] end
  local derived = g:derived_values()
  for _, name in ipairs(self.derived) do s.truth[name] = derived[name] end
  local flux, e = g:band_flux(self.bands), galua.random.normal(#self.bands, self.seed, key, 2)
  for k, f in ipairs(self.bands) do
    local sigma = math.sqrt(self.sky[k] ^ 2 + (self.share[k] * flux[k]) ^ 2)
    local y = flux[k] + sigma * e[k]
    s.true_flux[f.name], s.flux[f.name], s.err[f.name], s.snr[f.name] = flux[k], y, sigma, y / sigma
    s.mag[f.name] = y > 0 and -2.5 * math.log10(y / AB) or math.huge
    s.limit[f.name] = y < self.limits * sigma
  end
  return s
end

-- Source i, and how many were drawn for it
function mock:source(i)
  galua.expect("mock:source", 1, i, "number")
  for try = 1, TRIES do
    local s = draw(self, i, try)
    if s and (not self.select or self.select(s)) then return s, try end
  end
  galua.fail("mock: source %d: %d draws in a row were forbidden by the model or not selected: look at the priors and at select", i, TRIES)
end

-- As data of a fit
function mock:observation(i)
  local s = self:source(i)
  local obs = galua.observation.new{ name = s.id, redshift = s.redshift, distance = s.distance > 0 and s.distance or nil }
  for _, f in ipairs(self.bands) do
    if s.limit[f.name] then
      obs:add(f, self.limits * s.err[f.name], s.err[f.name], "limit")
    else
      obs:add(f, s.flux[f.name], s.err[f.name])
    end
  end
  return obs, s.truth
end

-- Draws all and writes the table; fields drawn and selected say how many it took
function mock:run(given)
  local o = galua.options("mock:run", given, { out = ":string" })
  if not o.out then galua.fail("mock:run: 'out' is missing: a file to write, .fits, .ecsv or .csv") end
  core.check_writable(o.out)
  local seen, truth, at = {}, {}, {} -- columns of what was measured, of what is true
  local function put(list, name, unit, i, value)
    if not at[name] then
      at[name] = { name = name, unit = unit, values = {} }
      list[#list + 1] = at[name]
    end
    at[name].values[i] = value
  end
  local units, names = {}, {}
  for k, name in ipairs(self.target.names) do units[name], names[k] = self.target.units[k], name end
  for _, d in ipairs(self.model:derived_info()) do units[d.name] = d.unit end
  for _, name in ipairs(self.derived) do names[#names + 1] = name end
  local fits = o.out:match("%.fits?$")
  local function unit(name)
    local u = units[name] or ""
    return fits and u:gsub("Msun", "solMass"):gsub("Lsun", "solLum"):gsub("^1/(%a+)$", "%1-1"):gsub("^A$", "Angstrom") or u
  end
  self.drawn = 0
  for i = 1, self.n do
    local s, tries = self:source(i)
    self.drawn = self.drawn + tries
    put(seen, "id", "", i, s.id)
    put(seen, "redshift", "", i, s.redshift)
    if s.distance > 0 then put(seen, "distance", "Mpc", i, s.distance) end
    for _, f in ipairs(self.bands) do
      put(seen, f.name, "mJy", i, s.limit[f.name] and self.limits * s.err[f.name] or s.flux[f.name])
      put(seen, f.name .. "_err", "mJy", i, s.err[f.name])
      if self.limits > 0 then put(seen, f.name .. "_flag", "", i, s.limit[f.name] and "limit" or "ok") end
      put(truth, "true_flux_" .. f.name, "mJy", i, s.true_flux[f.name])
    end
    for _, name in ipairs(names) do put(truth, "true_" .. name, unit(name), i, s.truth[name]) end
  end
  local columns = seen
  for _, c in ipairs(truth) do columns[#columns + 1] = c end
  galua.tables.write(o.out, columns, { GALUA = galua.version, SEED = ("%.0f"):format(self.seed) })
  self.path = o.out
  return self
end

function mock:describe()
  local lines = { ("mock   %s   %d sources   %d bands   %d parameters drawn   seed %.0f"):format(self.name, self.n, #self.bands, self.target.ndim, self.seed),
    ("  %-24s %14s %10s"):format("band", "sigma [mJy]", "share") }
  for k, f in ipairs(self.bands) do lines[#lines + 1] = ("  %-24s %14.5g %10.4g"):format(f.name, self.sky[k], self.share[k]) end
  if self.drawn then
    lines[#lines + 1] = ("  %s: %d of %d draws (%.3g %%)"):format(self.path, self.n, self.drawn, 100 * self.n / self.drawn)
  end
  return table.concat(lines, "\n")
end
mock.__tostring = mock.describe
mock.__galua_show = mock.describe

function M.is(x) return type(x) == "table" and getmetatable(x) == mock end

doc.text("mock", M, [[mock{ model =, free =, bands =, depth =, ... } -> mock
A catalogue of sources drawn from priors, observed with noise, selected; :run{ out = "mocks.fits" } writes a table that observation.catalogue
reads, with the truth in columns true_NAME and true_flux_BAND. galua mock FILE.lua does the same from the shell.
@param model galaxy: its values are those of the parameters that are not free
@param free table of parameter = prior: what the sources are drawn from; redshift too
@param tie parameters that follow from others, as in fit{}: relations of a population
@param bands filters(...), or a name
@param n (100) how many sources, after the selection
@param depth AB magnitude of a 5 sigma detection: a number, or a table of band or instrument = number, `default` for the rest
@param sigma [mJy] the same as a standard deviation
@param errors (0) share of the flux added to it in quadrature: a number or a table
@param limits (0) what lies below so many sigma is listed as an upper limit of that many
@param select function(source) that says whether the survey has it; source.flux, err, mag, snr, true_flux by band name, truth by parameter and
       derived name, redshift
@param derived ({ "Mstar", "SFR100" }) derived quantities among the truths
@param seed (seed()) a source depends on this and its number alone
@param name (mock) what the sources are called
@example m = mock{ model = galaxy{ sfh = sfh.delayed{} }, free = { redshift = prior.uniform(0.2, 1) }, bands = filters("SDSS"), depth = 24 }]])
doc.text("mock.is", M.is, "mock.is(x) -> boolean\nWhether x is a mock.")
doc.text("mock:source", mock.source, [[mock:source(i) -> table, number
Source i: flux, err, mag, snr, limit, true_flux by band name; truth by name; id, redshift; and how many draws it took.]])
doc.text("mock:observation", mock.observation, [[mock:observation(i) -> observation, table
Source i as data of a fit, and its truth by name.]])
doc.text("mock:run", mock.run, [[mock:run{ out = "mocks.fits" } -> mock
Draws all sources and writes them (.fits, .ecsv, .csv); m.drawn says how many draws the selection took.]])
doc.text("mock:describe", mock.describe, "mock:describe() -> text\nBands with their noise, and what was drawn.")
require "galua.own_methods"("mock", mock)
return M
