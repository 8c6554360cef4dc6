-- f:gradient_check(): gradients of a fit's ln posterior against differences of it, and what is differenced inside. f:fisher(): what the data can
-- say about the parameters. Added to the class of fits.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"

-- Points drawn from the priors that have a model
local function points(f, n, seed)
  local found, tries = {}, 0
  local d, state = #f.free, seed * 7919 % 2147483646 + 1
  while #found < n and tries < 100 * n do
    local u = {}
    for i = 1, n do
      u[i] = {}
      for k = 1, d do
        state = (state * 16807) % 2147483647
        u[i][k] = state / 2147483647
      end
    end
    tries = tries + n
    local x = f.target:prior_transform(galua.mat(u))
    local lp, ll = f.target:lnprob(x)
    for i = 1, n do
      if lp[i] + ll[i] > -math.huge and #found < n then found[#found + 1] = x:row(i):totable() end
    end
  end
  if #found == 0 then galua.fail("fit:gradient_check: no point of %d drawn from the priors has a model", tries) end
  return found
end

-- Central differences over six halved steps along each coordinate, extrapolated (Ridders 1982): the best of the tableau and its own error.
-- width[k]: of the first step.
local STEPS = 7
local function extrapolated(f, x, width)
  local d, rows = #x, {}
  for k = 1, d do
    for j = 0, STEPS - 1 do
      for side = -1, 1, 2 do
        local y = {}
        for i = 1, d do y[i] = x[i] end
        y[k] = x[k] + side * width[k] / 2 ^ j
        rows[#rows + 1] = y
      end
    end
  end
  local lp, ll = f.target:lnprob(galua.mat(rows))
  local out, err = {}, {}
  for k = 1, d do
    local t, best, least = {}, 0 / 0, math.huge
    for j = 0, STEPS - 1 do
      local at = ((k - 1) * STEPS + j) * 2
      t[j] = { [0] = (lp[at + 2] + ll[at + 2] - lp[at + 1] - ll[at + 1]) / (rows[at + 2][k] - rows[at + 1][k]) }
      local power = 4
      for m = 1, j do
        t[j][m] = t[j][m - 1] + (t[j][m - 1] - t[j - 1][m - 1]) / (power - 1)
        local e = math.max(math.abs(t[j][m] - t[j][m - 1]), math.abs(t[j][m] - t[j - 1][m - 1]))
        if e < least then best, least = t[j][m], e end
        power = 4 * power
      end
    end
    out[k], err[k] = best, math.max(least, math.abs(best - t[STEPS - 1][1])) -- the shortest steps know of kinks inside the others
  end
  return out, err
end

local mt = {}
function mt.__tostring(r)
  local lines = { ("gradient of ln posterior at %d points of the priors: %s"):format(r.points, r.exact and "from the model" or "differences") }
  if #r.differences > 0 then lines[2] = "  by differences of that alone: " .. table.concat(r.differences, ", ") end
  for _, p in ipairs(r.parameters) do
    lines[#lines + 1] = ("  %-24s largest error %8.1e of the gradient's size%s"):format(p.name, p.error, p.kinks > 0 and
      ("; %d points beside a kink"):format(p.kinks) or "")
  end
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------- Fisher's information
local function coordinate(p, v) return p.log and math.log10(v) or v end

-- Sampled coordinates of the point asked for: the best sample, else the model as it stands, medians of the priors of what it has not; then `at`.
local function place(self, at)
  local x, index, names = {}, {}, {}
  for k, p in ipairs(self.free) do index[p[1]], names[k] = k, p[1] end
  if rawget(self, "engine") and self.sampler:ready(self.engine) then
    local _, i = self:best()
    x = self:samples().x:row(i):totable()
  else
    local half, value = {}, {}
    for k = 1, #names do half[k] = 0.5 end
    x = self.target:prior_transform(galua.vec(half)):row(1):totable()
    for _, p in ipairs(self.model:params()) do value[p.name] = p.value end
    for k, p in ipairs(self.free) do
      local v = value[p[1]]
      if v and p[2]:logpdf(v) > -math.huge then x[k] = coordinate(p[2], v) end
    end
  end
  for name, v in pairs(at or {}) do
    local k = index[name]
    if not k then galua.fail("fit:fisher: at: '%s' is not free in this fit%s", tostring(name), core.did_you_mean(tostring(name), names)) end
    if type(v) ~= "number" or not (self.free[k][2]:logpdf(v) > -math.huge) then
      galua.fail("fit:fisher: at.%s = %s is outside its prior, %s", name, tostring(v), tostring(self.free[k][2]))
    end
    x[k] = coordinate(self.free[k][2], v)
  end
  return x, names
end

-- Diagonal of the inverse of a symmetric positive matrix of scaled rows, or nil
local function inverse_diagonal(F, scale)
  local d, L = #scale, {}
  for i = 1, d do
    L[i] = {}
    for j = 1, i do
      local s = F[i][j] / (scale[i] * scale[j])
      for k = 1, j - 1 do s = s - L[i][k] * L[j][k] end
      if i == j then
        if not (s > 1e-13) then return nil end -- what rounding leaves of 0
        L[i][i] = math.sqrt(s)
      else L[i][j] = s / L[j][j] end
    end
  end
  local out = {}
  for c = 1, d do -- of the columns of L^-1
    local y, sum = {}, 0
    for i = c, d do
      local s = i == c and 1 or 0
      for k = c, i - 1 do s = s - L[i][k] * y[k] end
      y[i] = s / L[i][i]
      sum = sum + y[i] ^ 2
    end
    out[c] = sum / scale[c] ^ 2
  end
  return out
end

local fmt = {}
function fmt.__tostring(r)
  local lines = { ("%-24s %12s %12s %12s"):format("parameter", "at", "error alone", "with others") }
  for _, p in ipairs(r.parameters) do
    lines[#lines + 1] = ("%-24s %12.5g %12.3g %12s"):format(p.name .. (p.log and " (log10)" or ""), p.x, p.alone,
      p.error and ("%.3g"):format(p.error) or "not bound")
  end
  return table.concat(lines, "\n")
end

return function(fit)
  function fit:fisher(o)
    o = galua.options("fit:fisher", o, { at = ":table" })
    local x, names = place(self, o.at)
    local F = self.target:fisher(galua.vec(x))
    local rows, scale, bound = {}, {}, true
    for k = 1, #names do
      rows[k] = F:row(k):totable()
      scale[k] = math.sqrt(rows[k][k])
      bound = bound and scale[k] > 0
    end
    local variance = bound and inverse_diagonal(rows, scale) or nil
    local out = { names = names, x = galua.vec(x), matrix = F, parameters = {} }
    for k, name in ipairs(names) do
      out.parameters[k] = { name = name, x = x[k], log = self.free[k][2].log, alone = 1 / scale[k], error = variance and math.sqrt(variance[k]) }
    end
    return setmetatable(out, fmt)
  end

  doc.text("fit:fisher", fit.fisher, [[fit:fisher{ at = } -> table
Fisher's information: what data with these errors can say about the free parameters at one point, the prior left out, before anything is sampled.
.matrix is that of ln L in sampled coordinates (log10 of a parameter where its prior says so), .names and .x the parameters and the point, .parameters
has for each the error if the others were known (.alone) and with all of them free (.error; nil where the data leave some combination open).
Bands with Gaussian errors, of galaxies with derivatives.
@param at { name = value } (the best sample, before a run the model as it stands): the point, what is not named as by default]])

  function fit:gradient_check(o)
    o = galua.options("fit:gradient_check", o, { points = 20, seed = 1 })
    for _, name in ipairs{ "points", "seed" } do
      if not (o[name] >= 1 and o[name] <= 1e6 and o[name] % 1 == 0) then galua.fail("fit:gradient_check: %s must be a whole number, 1 or more, got %g", name, o[name]) end
    end
    local d, out = #self.free, { points = 0, exact = self.target.exact, differences = self.target:differences(), parameters = {}, error = 0 }
    for k = 1, d do out.parameters[k] = { name = self.free[k][1], error = 0, kinks = 0 } end
    local list = points(self, o.points, o.seed)
    local function at(u) -- quantiles of all priors, in sampled coordinates
      local all = {}
      for k = 1, d do all[k] = u end
      return self.target:prior_transform(galua.vec(all)):row(1):totable()
    end
    local low, high, first, last = at(0.16), at(0.84), at(0), at(1)
    local _, grad = self.target:gradient(galua.mat(list))
    for i, x in ipairs(list) do
      local width = {}
      for k = 1, d do
        width[k] = math.min(2e-3 * (high[k] - low[k]), 0.9 * (x[k] - first[k]), 0.9 * (last[k] - x[k])) -- stay inside
      end
      local want, err = extrapolated(self, x, width)
      local size = 0
      for k = 1, d do size = math.max(size, math.abs(want[k] * width[k])) end
      for k = 1, d do
        local row, s = out.parameters[k], math.abs(want[k]) + 1e-3 * size / width[k] + 1 / (500 * width[k])
        local e = math.abs(grad:row(i)[k] - want[k]) / s
        if not (err[k] <= 3e-7 * s) then row.kinks = row.kinks + 1
        else row.error = math.max(row.error, e) end
      end
      out.points = i
    end
    for _, row in ipairs(out.parameters) do out.error = math.max(out.error, row.error) end
    return setmetatable(out, mt)
  end

  doc.text("fit:gradient_check", fit.gradient_check, [[fit:gradient_check{ points =, seed = } -> table
The gradient of ln posterior that samplers use against differences of it over many steps, extrapolated, at points drawn from the priors:
.exact says whether it comes from the model, .differences lists what in it is taken by differences (of that alone), .parameters has for each
the largest error, in units of the gradient's size, and the points beside a kink, which are not compared; .error is the largest.
@param points (20) how many
@param seed (1) which]])
end
