-- The explorer's button "Fit": a fit that starts where the sliders stand, run while the page asks how far it is.
--
-- An ensemble starts its walkers in a small ball there. Other samplers begin with the prior, as they always do, and the page says so. A galaxy with
-- data gets its usual priors. The run is done in the one thread that answers pages: its progress function answers what waits, so that pages go
-- on, slower, while it runs.
local galua = require "galua"
local M = {}

local BALL = 0.02 -- of the central 68 % of each prior

-- Walkers around the coordinates x, where the model and the priors allow; the same each time.
local function ball(fit, x, n)
  local d, rows = fit.target.ndim, {}
  local u = galua.mat(2, d)
  for k = 1, d do u[1][k], u[2][k] = 0.16, 0.84 end
  local at, rng = fit.target:prior_transform(u), galua.random.stream(fit.seed)
  for _ = 1, 200 do
    local batch = galua.mat(n, d)
    for i = 1, n do
      for k = 1, d do batch[i][k] = x[k] + BALL * math.abs(at[2][k] - at[1][k]) * rng:normal() end
    end
    local lp, ll = fit.target:lnprob(batch)
    for i = 1, n do
      if #rows < n and lp[i] + ll[i] > -math.huge then rows[#rows + 1] = batch:row(i):totable() end
    end
    if #rows == n then return galua.mat(rows) end
  end
  galua.fail("no fit can start here: the data or the priors refuse the model where the sliders stand")
end

local function fit_of(self, values)
  if self.model.fit then return self.model.fit end
  if not self.model.data then galua.fail("a fit needs data: explore(g, { data = observation.read(file) })") end
  local g = self.model:at(values):copy()
  return galua.fit({ data = self.model.data, model = g, free = g:priors(), name = self.model.name }, true)
end

-- the coordinates of the sliders, for a fit that the explorer made of a galaxy, too
local function coordinates(self, fit, values)
  if self.model.fit then return self.model:coordinates(values) end
  local x = {}
  for i, p in ipairs(fit.free) do
    local v = self.model.galaxy:get(p[1])
    x[i] = p[2].log and math.log10(v) or v
  end
  return galua.vec(x)
end

local function result(fit)
  local values, best = {}, fit:best()
  for _, p in ipairs(best:params()) do values[p.name] = p.value end
  return { summary = tostring(fit:summary()), best = values }
end

local function run(self, fit, start)
  local job = self.job
  local ok, err = pcall(function()
    fit.engine = nil
    rawset(fit, "_start", start)
    fit:run{ progress = function(fraction, text)
      job.fraction, job.text = fraction, text
      self:serve(0)
      return job.stop
    end }
    rawset(fit, "_start", nil)
    job.result = result(fit)
    self.fit = fit
  end)
  job.running, job.error = false, not ok and (tostring(err):gsub("%s+", " ")) or nil
  self:tell(ok and ("fit from the page: %s"):format(tostring(fit.engine.state_text)) or "fit from the page: " .. job.error)
end

-- true, what is said, a function to call after that; false and a line where no fit can start
function M.start(self, values)
  if self.job.running then return false, "a fit is running" end
  local ok, fit, start = pcall(function()
    local f = fit_of(self, values)
    return f, f.sampler.takes_start and ball(f, coordinates(self, f, values),
      f.sampler.walkers > 0 and f.sampler.walkers or math.max(32, 4 * f.target.ndim)) or nil
  end)
  if not ok then return false, fit end
  self.job = { running = true, fraction = 0, text = start and "walkers start where the sliders stand"
    or ("%s starts from the priors, not from the sliders"):format(tostring(fit.sampler)) }
  return true, self.job.text, function() run(self, fit, start) end
end

function M.status(self)
  local j = self.job
  return { running = j.running or false, fraction = j.fraction, text = j.text, error = j.error, result = j.result }
end

return M
