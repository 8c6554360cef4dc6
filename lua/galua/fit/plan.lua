-- Option `plan` of a fit: bands from few wavelengths (galua/plan.h). Left to itself a fit uses a plan where that pays; the plan is made when
-- the fit first runs, not with the fit. The choice depends on the sampler's own options and the number of parameters alone, never on the
-- clock, the machine or what is kept on disk: the same fit has the same bits with and without a cache, and a run that goes on keeps what it began with.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local M = {}

-- A plan costs as much as some 10 000 evaluations of the whole grid, one over redshifts up to 50 000, and those after it next to nothing.
M.pays, M.pays_span = 20000, 80000

-- Is the plan one over redshifts? free: list of { name, prior }; one_of: see galua.fit, or nil
function M.span(free, one_of)
  for _, p in ipairs(free) do
    if p[1] == "redshift" then return true end
  end
  local z = one_of and one_of.bands and one_of.redshift
  return z ~= nil and z[1] < z[2]
end
local function span_of(self) return M.span(self.free, rawget(self, "_family")) end

local function tolerance(span) return span and 1e-4 or 1e-6 end

-- two filters of one name may differ
local function same_curve(a, b)
  local same = #a.wave == #b.wave
  for i = 1, same and #a.wave or 0 do same = same and a.wave[i] == b.wave[i] and a.trans[i] == b.trans[i] end
  return same
end

-- What a fit shares its plan with, as data: bands of its own by name, the others as curves.
function M.store_family(self)
  local family, own = rawget(self, "_family"), {}
  if not family then return nil end
  for _, r in ipairs(self.data:rows()) do own[r.band] = r.filter end
  local bands = {}
  for i, f in ipairs(family.bands) do
    bands[i] = own[f.name] and same_curve(own[f.name], f) and { name = f.name } or { name = f.name, wave = f.wave:totable(), trans = f.trans:totable() }
  end
  return { n = family.n, redshift = { family.redshift[1], family.redshift[2] }, bands = bands }
end

-- and back, for a fit of these data
function M.family_from(d, data, path)
  local own, bands = {}, {}
  for _, r in ipairs(data:rows()) do own[r.band] = r.filter end
  local z = type(d) == "table" and type(d.bands) == "table" and d.redshift
  local good = type(z) == "table" and type(z[1]) == "number" and type(z[2]) == "number" and z[1] >= 0 and z[1] <= z[2] and type(d.n) == "number" and d.n >= 1
  for i, b in ipairs(good and d.bands or {}) do
    good = good and type(b) == "table" and type(b.name) == "string"
    bands[i] = good and (b.wave and galua.filter.curve(b.name, galua.vec(b.wave), galua.vec(b.trans)) or own[b.name])
    good = good and bands[i] ~= nil
    if not good then break end
  end
  if not good or #bands == 0 then galua.fail("%s: what its fit shares a plan with is damaged", path) end
  return { n = d.n, redshift = { z[1], z[2] }, bands = bands }
end

-- nil, "auto", true, false, { tolerance =, cache = } -> "auto", false or { tolerance =, cache = }
function M.option(plan, span)
  if plan == nil or plan == "auto" then return "auto" end
  if plan == false then return false end
  if plan == true then plan = {} end
  if type(plan) ~= "table" then
    galua.fail('fit: plan must be "auto", true, false or a table such as { tolerance = 1e-6 }, got %s', type(plan) == "string" and "'" .. plan .. "'" or "a " .. type(plan))
  end
  local o = galua.options("fit: plan", plan, { tolerance = tolerance(span), cache = true })
  if o.tolerance == 0 then return false end
  return o
end

-- what target{} takes of it; "auto" is the whole grid until it is decided
function M.set(options, plan)
  local made = type(plan) == "table"
  options.plan, options.plan_cache = made and plan.tolerance or 0, not made or plan.cache ~= false
  return options
end

-- The fit with that plan; why: in words, where it is the whole grid
local function take(self, plan, why)
  local before = self._options.plan
  self.plan, self._plan_why = plan, why
  M.set(self._options, plan)
  if self._options.plan == before then return end
  self.target = galua.target(self._options)
  self._samples, self._summary = nil, nil
end

local function decide(self)
  if rawget(self, "_plan_none") then return take(self, false, self._plan_why) end
  local family, span = rawget(self, "_family"), span_of(self)
  local n, pays = self.sampler:cost(self.target), span and M.pays_span or M.pays
  if n and n * (family and family.n or 1) < pays then
    local digit = 10 ^ math.max(0, math.floor(math.log10(math.max(n, 1))) - 1)
    take(self, false, ("about %d evaluations, a plan pays from %d on"):format(math.floor(n / digit + 0.5) * digit, pays))
  else
    take(self, { tolerance = tolerance(span) })
  end
end

-- As if it had not run: for another sampler.
function M.again(self, plan)
  if rawget(self, "_plan_none") then return end
  plan = M.option(plan, span_of(self))
  if plan == "auto" then self.plan = plan else take(self, plan) end
end

-- What a results file says was used; old files say nothing where it was the whole grid.
function M.restore(self, texts)
  local said = texts.plan and json.decode(texts.plan)
  self._plan_said = said
  if said and said.used then
    if self.plan == "auto" then take(self, { tolerance = said.tolerance }) end
  elseif self.plan == "auto" or self.plan and said and said.tolerance then -- asked for, and there could be none
    take(self, false, said and said.why or "the stored run has the whole grid")
  end
end

-- The record for a results file, or nil: what was used, and of several runs of one file how often it was compared and the worst of that.
function M.record(self)
  local said, now = rawget(self, "_plan_said"), self.target.plan
  if now and now.pending then now = said end
  if now and now.used and said and said.used and now ~= said then
    now.checks, now.worst = now.checks + said.checks, math.max(now.worst, said.worst)
  end
  if not now and self.plan == false and rawget(self, "_plan_why") then now = { used = false, why = self._plan_why } end
  return now
end

-- one line of the description
function M.line(self)
  local p = self.target.plan
  if p and p.pending then return "  bands from a plan, made when it first runs" end
  if p and p.used then return ("  bands from a plan of %d wavelengths, error at most %.1e"):format(p.nodes, p.tolerance) end
  if self.plan == "auto" then return nil end
  local why = rawget(self, "_plan_why") or p and p.why
  return why and "  bands from the whole grid: " .. why
end

-- after a sample showed that it errs
function M.leave(self)
  local p = self.target.plan
  io.stderr:write(("fit: the plan errs by %.1e at a sample, %.1e was promised: the run starts again on the whole grid\n"):format(p.worst, p.tolerance))
  self._plan_said, self._plan_none = nil, true
  take(self, false, ("a plan erred by %.1e at a sample"):format(p.worst))
end

function M.compile(self, quiet)
  if self.plan == "auto" then decide(self) end
  local p = self.target.plan
  if not (p and p.pending) then return end
  local tty = not quiet and core.isatty(2)
  if tty then io.stderr:write("making a plan for the bands: a few seconds, once") end
  local ok, why = pcall(self.target.compile, self.target)
  if tty then io.stderr:write("\r\27[K") end
  if not ok then error(why, 0) end
  p = self.target.plan
  if not p.used then
    self.plan, self._plan_why, self._plan_none = false, p.why, true
  end
  if quiet then return end
  if p.used then
    io.stderr:write(("fit: bands from a plan of %d wavelengths, %s in %.1f s\n"):format(p.nodes, p.cached and "read" or "made", p.seconds))
  else
    io.stderr:write(("fit: bands from the whole grid: %s\n"):format(p.why))
  end
end

return M
