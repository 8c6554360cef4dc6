-- Fits in the files of other programs. Added to the class of fits.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"

local function latex(name, unit)
  local text = name:gsub("_", "\\_")
  return ("\\mathrm{%s}%s"):format(text, unit ~= "" and ("\\,[\\mathrm{%s}]"):format((unit:gsub("_", "\\_"))) or "")
end

-- sampled coordinates (log10 of the value where it is sampled so), then the values of those and every derived quantity
local function getdist(self, root)
  local s = self:samples()
  local columns = {}
  for i, p in ipairs(self.free) do
    local lo, hi = p[2].lo, p[2].hi
    if p[2].log then lo, hi = math.log10(lo), math.log10(hi) end
    columns[i] = { name = (p[2].log and "log10_" or "") .. p[1], x = s.x:col(i):copy(), lo = lo, hi = hi,
      label = (p[2].log and "\\log_{10}\\," or "") .. latex(p[1], self.target.units[i]) }
  end
  for i, p in ipairs(self.free) do
    if p[2].log then
      columns[#columns + 1] = { name = p[1], x = s.values[p[1]], derived = true, label = latex(p[1], self.target.units[i]) }
    end
  end
  for i, name in ipairs(self.target.blob_names) do
    columns[#columns + 1] = { name = name, x = s.derived[name], derived = true, label = latex(name, self.target.blob_units[i]) }
  end
  local class = require("galua.part").classes()[core.class_name(self.engine)]
  galua.write_getdist(root, columns, s.lnprior + s.lnlike,
    { nested = class.weighted, walkers = class.weighted and 1 or self.engine.chains })
end

local formats = { "getdist", "emcee", "table" }

local function export(self, path, format)
  if type(path) ~= "string" then galua.fail("fit:export: argument 1 must be a file name, got %s", type(path)) end
  local ext = path:match("%.([%w]+)$")
  format = format or (ext == "h5" or ext == "hdf5") and "emcee" or (ext == "fits" or ext == "ecsv" or ext == "csv") and "table" or "getdist"
  self:need_samples()
  if format == "getdist" then getdist(self, path)
  elseif format == "emcee" then
    if not require("galua.registry").classes[core.class_name(self.engine)].methods.write_emcee then
      galua.fail("fit:export: emcee's file holds walkers; this fit has sampler.%s: export for getdist, or save the results file", self.sampler.kind)
    end
    self.engine:write_emcee(path)
  elseif format == "table" then galua.summary_table.write(path, { self })
  else
    galua.fail("fit:export: unknown format '%s'%s (known: getdist, emcee, table)", tostring(format), core.did_you_mean(tostring(format), formats))
  end
  return self
end

local function import(self, path)
  if not self.sampler.import then
    galua.fail("fit:import: the walkers of a file of emcee need sampler.ensemble{}; this fit has sampler.%s", self.sampler.kind)
  end
  self.engine = self.sampler:import(self, path)
  self._samples, self._summary = nil, nil
  return self
end

return function(fit)
  fit.export, fit.import = export, import
  doc.text("fit:export", export, [[fit:export(path[, format]) -> fit
Writes the samples for another program; the format follows from the name unless given.
  getdist   PATH.txt, .paramnames, .ranges, .properties.ini (any name without one of the endings below): burn-in left out; sampled
            coordinates (log10_NAME) as parameters, their values and the derived quantities as derived ones
  emcee     .h5: emcee's HDF5 backend (group mcmc), every stored sample: emcee can go on from it
  table     .fits, .ecsv, .csv: one row, as summary_table.write()]])
  doc.text("fit:import", import, [[fit:import(path) -> fit
Starts the walkers of sampler.ensemble{} where a file of emcee ends; refused when this fit's ln p there is not the stored one.
The samples before are not taken over. f:run{} goes on.]])
end
