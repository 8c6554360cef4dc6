-- Likelihoods written in Lua: functions shipped to a Lua state of each thread (ship.lua, worker.lua).
local galua = require "galua"
local ship = require "galua.ship"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}
local mt = { __tostring = function(l) return "likelihood.custom (" .. l.where .. ")" end }
mt.__index = mt

-- whether x is a likelihood
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

-- what the target needs: the function with the observation as plain data
function mt:shipped(data)
  local obs = { name = data.name, redshift = data.redshift, distance = data.distance, rows = {} }
  for i, r in ipairs(data:rows()) do
    obs.rows[i] = { band = r.band, pivot = r.pivot, flux = r.flux, err = r.err, kind = r.kind, note = r.note }
  end
  return ship.pack(self.f, "likelihood.custom", { obs = obs })
end

-- plain data to make it again from
function mt:store() return { shipped = self.text, key = self.key, source = self.source, where = self.where } end

function M.custom(f)
  if type(f) ~= "function" then
    galua.fail("likelihood.custom: expected a function of (model_flux, obs) that returns ln L, got %s", type(f))
  end
  local info = debug.getinfo(f, "S")
  local text = ship.pack(f, "likelihood.custom")
  return setmetatable({ f = f, text = text, key = ship.pack(f, "likelihood.custom", nil, true), source = ship.source(f),
    where = ("%s:%d"):format(info.short_src, info.linedefined) }, mt)
end

-- from l:store()
function M.from(d)
  if type(d) ~= "table" or type(d.shipped) ~= "string" then
    galua.fail("likelihood.from: expected what a results file holds, got a %s", core.class_name(d) or type(d))
  end
  local f = ship.unpack(d.shipped)
  return setmetatable({ f = f, text = d.shipped, key = d.key or ship.pack(f, "likelihood.custom", nil, true), source = d.source, where = d.where },
    mt)
end

doc.text("likelihood", M, "Likelihoods of your own for fit{ likelihood = ... }: likelihood.custom(function(model_flux, obs) ... end).")
doc.text("likelihood.is", M.is, "likelihood.is(x) -> boolean\nWhether x is a likelihood.")
doc.text("likelihood.from", M.from, "likelihood.from(table) -> likelihood\nThe likelihood that a results file holds.")
doc.text("likelihood.custom", M.custom, [[likelihood.custom(function(model_flux, obs) ... end) -> likelihood
ln L of your own: model_flux is a list of fluxes [mJy] in the order of obs:rows(), ignored bands included; return a number, or -math.huge
where the model is impossible. obs has flux, err, rows() (band, pivot, flux, err, kind, note), name, redshift, distance. It runs in
every thread, in a Lua state without your globals: what it uses must be local (numbers, strings, vectors, tables and functions
are taken along). Code and values are part of the fit's fingerprint and are kept in the results file.]])
return M
