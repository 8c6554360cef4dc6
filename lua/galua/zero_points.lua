-- Zero points of bands that all sources of a hierarchy share: data d +- e of a band whose calibration is off by z mag measure 10^(-0.4 z) F of
-- the model's flux F. The weight of a draw gets the factor N(d; 10^(-0.4 z) F, e)/N(d; F, e), of two terms (galua/hierarchy.h).
local galua = require "galua"
local core = require "galua.core"

local zero = {}
zero.__index = zero

-- n draws of a source in band k: model(s) is the flux of the model at draw s; nil: not measured
function zero:put(k, n, flux, err, model)
  local a, b = self.terms[2 * k - 1], self.terms[2 * k]
  for s = 1, n do
    local F = model and model(s) or 0
    a[#a + 1], b[#b + 1] = model and flux * F / err ^ 2 or 0, model and F * F / (2 * err ^ 2) or 0
  end
end
-- a source of a list: source.bands[band] = { flux =, err =, model = draws }
function zero:from_list(i, n, bands)
  for k, band in ipairs(self.bands) do
    local b = bands and bands[band]
    if b then
      if type(b.flux) ~= "number" or type(b.err) ~= "number" or not (b.err > 0) or not b.model or #b.model ~= n then
        galua.fail("hierarchy: data[%d].bands['%s'] must be { flux =, err = (positive), model = %d draws of the model's flux }", i, band, n)
      end
    end
    self:put(k, n, b and b.flux, b and b.err, b and function(s) return b.model[s] end)
  end
end
-- fluxes of the model that a catalogue kept: flux[k] is draws/flux(BAND)
function zero:open(path)
  self.flux = {}
  for k, band in ipairs(self.bands) do
    local ok, m = pcall(galua.tables.read_array, path, "draws/flux(" .. band .. ")")
    if not ok then
      galua.fail("hierarchy: %s has no fluxes of the model in %s: catalogue{ derived = { \"flux(%s)\", ... } } keeps them", path, band, band)
    end
    self.flux[k] = m
  end
end
-- row i of the results, observation o, of the draws in `list`
function zero:from_file(i, list, o)
  for k, band in ipairs(self.bands) do
    local row
    for _, r in ipairs(o:rows()) do
      if r.band == band then
        if r.kind == "detection" then row = r elseif r.kind == "limit" then self.skipped = self.skipped + 1 end
      end
    end
    local m = self.flux[k][i]
    self:put(k, #list, row and row.flux, row and row.err, row and function(s) return m[list[s]] end)
  end
end
function zero:matrix()
  local n = #self.terms[1]
  local m = galua.mat(#self.terms, n)
  for k, t in ipairs(self.terms) do
    local row = m[k]
    for s = 1, n do row[s] = t[s] end
  end
  return m
end
-- coefficients of the terms at the hyperparameters
function zero:coefficients(eta)
  local c = galua.vec(#self.terms)
  for k in ipairs(self.bands) do
    local q = 10 ^ (-0.4 * (self.at[k] and eta[self.at[k]] or self.fixed[k]))
    c[2 * k - 1], c[2 * k] = q - 1, 1 - q * q
  end
  return c
end

-- given: band = number or name of a hyperparameter; index, names: of the hyperparameters; used[name] is set
local function zero_points(given, index, names, used)
  for i, v in ipairs{ given or false, index or false, names or false, used or false } do galua.expect("zero_points", i, v, "table") end
  local self = setmetatable({ bands = {}, at = {}, fixed = {}, terms = {}, skipped = 0 }, zero)
  for band in pairs(given) do
    if type(band) ~= "string" then galua.fail("hierarchy: zero_points must be band = name of a hyperparameter, or a number of magnitudes") end
    self.bands[#self.bands + 1] = band
  end
  table.sort(self.bands)
  if #self.bands == 0 then galua.fail("hierarchy: zero_points is empty") end
  for k, band in ipairs(self.bands) do
    local x = given[band]
    if type(x) == "string" then
      if not index[x] then galua.fail("hierarchy: zero_points['%s'] is '%s', which is not in free%s", band, x, core.did_you_mean(x, names)) end
      self.at[k], used[x] = index[x], true
    elseif type(x) == "number" then
      self.fixed[k] = x
    else
      galua.fail("hierarchy: zero_points['%s'] must be the name of a hyperparameter, or magnitudes, got a %s", band, type(x))
    end
    self.terms[2 * k - 1], self.terms[2 * k] = {}, {}
  end
  return self
end

return require("galua.doc"){ "zero_points", zero_points, [[zero_points(given, index, names, used) -> table
Internal: the option zero_points of hierarchy{}.]] }
