-- Derived quantities of some of a fit's draws, made when the draws are there. Each takes a model on the whole grid, which is ten likelihoods by
-- a plan: a fit that is one of many (catalogues) would spend most of its time on draws that nobody looks at.
local galua = require "galua"
local pick = require "galua.pick"
local M = {}

-- Draws x, ln prior, ln likelihood of the fit -> matrix of derived quantities, NaN but for the draws of the list (indices), which are spread
-- evenly over all, and the best one, whose fluxes the residuals need.
function M.derive(self, x, lp, ll)
  local list, names = pick(#lp, self._some), self.target.blob_names
  local best, rows, there = (lp + ll):argmax(), {}, false
  for j, i in ipairs(list) do rows[j], there = i, there or i == best end
  if not there then rows[#rows + 1] = best end
  local at, blobs = galua.mat(#rows, x.cols), galua.mat(#lp, #names):map(function() return 0 / 0 end)
  for j, i in ipairs(rows) do
    for k = 1, x.cols do at:set(j, k, x:get(i, k)) end
  end
  local _, _, b = self.target:derive(at)
  for j, i in ipairs(rows) do
    for k = 1, #names do blobs:set(i, k, b:get(j, k)) end
  end
  return blobs, list
end

-- rows of the summary, as samplers make them of all draws
function M.rows(self)
  local s, units, out = self:samples(), self.target.blob_units, {}
  for k, name in ipairs(self.target.blob_names) do
    local all, v, nonfinite = s.derived[name], {}, 0
    for j, i in ipairs(s.some) do
      v[j] = all[i]
      if not (math.abs(v[j]) < math.huge) then nonfinite = nonfinite + 1 end
    end
    local r = { name = name, unit = units[k], edge = "", nonfinite = nonfinite, ess = #v, trusted = true }
    v = galua.vec(v)
    local q = nonfinite == 0 and v:quantile{ 0.025, 0.16, 0.5, 0.84, 0.975 } or { 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0 }
    r.q025, r.q16, r.median, r.q84, r.q975 = q[1], q[2], q[3], q[4], q[5]
    r.mean, r.sd = v:mean(), v:std()
    out[k] = r
  end
  return out
end

return M
