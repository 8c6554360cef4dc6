-- Derived quantities of some of a fit's draws, made when the draws are there. Each takes a model on the whole grid, which is ten likelihoods by
-- a plan: a fit that is one of many (catalogues) would spend most of its time on draws that nobody looks at.
local galua = require "galua"
local pick = require "galua.pick"
local M = {}

-- Puts the derived quantities of a fit's draws into its samples: NaN but for the draws of samples.some (indices), which are spread evenly over
-- all, and the best one, whose fluxes the residuals need. With every draw a column for each of some fifty quantities is most of the memory that
-- a fit of a catalogue takes: samples.derived[name] and samples.blobs are made when they are first asked for there, few (a row a draw) is kept.
function M.derive(self, samples)
  local x, list, names = samples.x, pick(samples.n, self._some), self.target.blob_names
  local best, rows, there = (samples.lnprior + samples.lnlike):argmax(), {}, false
  for j, i in ipairs(list) do rows[j], there = i, there or i == best end
  if not there then rows[#rows + 1] = best end
  local at, at_name = galua.mat(#rows, x.cols), {}
  for j, i in ipairs(rows) do
    for k = 1, x.cols do at:set(j, k, x:get(i, k)) end
  end
  for k, name in ipairs(names) do at_name[name] = k end
  local _, _, few = self.target:derive(at)
  samples.some, samples.few, samples.few_at = list, few, rows
  setmetatable(samples.derived, { __index = function(derived, name)
    local k = at_name[name]
    if not k then return nil end
    local v = galua.vec(samples.n) * (0 / 0)
    for j, i in ipairs(rows) do v[i] = few:get(j, k) end
    derived[name] = v
    return v
  end })
  if not rawget(self, "_quiet") then -- for all who walk through them
    for _, name in ipairs(names) do local _ = samples.derived[name] end
  end
  return setmetatable(samples, { __index = function(_, key)
    if key ~= "blobs" then return nil end
    local blobs = galua.mat(samples.n, #names):map(function() return 0 / 0 end)
    for j, i in ipairs(rows) do
      for k = 1, #names do blobs:set(i, k, few:get(j, k)) end
    end
    samples.blobs = blobs
    return blobs
  end })
end

-- matrix of the derived quantities of the draws of the list
function M.rows_of(samples, list)
  local few, place = rawget(samples, "few"), {}
  for j, i in ipairs(few and samples.few_at or {}) do place[i] = j end
  local out = {}
  for j, i in ipairs(list) do out[j] = (place[i] and few:row(place[i]) or samples.blobs:row(i)):totable() end
  return galua.mat(out)
end

-- a derived quantity at the draws of samples.some: the k-th
function M.of_some(samples, k)
  local v = galua.vec(#samples.some)
  for j = 1, #v do v[j] = samples.few:get(j, k) end
  return v
end

-- rows of the summary, as samplers make them of all draws
function M.rows(self)
  local s, units, out = self:samples(), self.target.blob_units, {}
  for k, name in ipairs(self.target.blob_names) do
    local v, nonfinite = M.of_some(s, k), 0
    for j = 1, #v do
      if not (math.abs(v[j]) < math.huge) then nonfinite = nonfinite + 1 end
    end
    local r = { name = name, unit = units[k], edge = "", nonfinite = nonfinite, ess = #v, trusted = true }
    local q = nonfinite == 0 and v:quantile{ 0.025, 0.16, 0.5, 0.84, 0.975 } or { 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0 }
    r.q025, r.q16, r.median, r.q84, r.q975 = q[1], q[2], q[3], q[4], q[5]
    r.mean, r.sd = v:mean(), v:std()
    out[k] = r
  end
  return out
end

return M
