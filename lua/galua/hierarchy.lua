-- hierarchy{ data =, quantities =, law =, free = }: the population that many sources were drawn from, given the draws of their own posteriors
-- (galua/hierarchy.h has the estimator). The hot sums are in C; a law is a table of Gaussians in sequence, or a function over vectors.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local sums = galua.hierarchy_core
local zero_points = require "galua.zero_points"

local hierarchy = {}
hierarchy.__index = hierarchy
local M = setmetatable({}, { __call = function(_, ...) return hierarchy.new(...) end })

-- "log10(Mstar)" -> "Mstar", log10 and ln of its derivative; "age" -> "age"
local function parse(text)
  local name = text:match("^log10%((.+)%)$")
  if name then return name, math.log10, function(x) return -math.log(x * math.log(10)) end end
  return text, function(x) return x end, function() return 0 end
end

-- ---------------------------------------------------------------- draws
-- data as a list: { quantity = list of numbers, ..., lnprior = list }
local function from_list(self, data)
  local start, y, lnpi = { 0 }, {}, {}
  for k in ipairs(self.quantities) do y[k] = {} end
  for i, source in ipairs(data) do
    if type(source) ~= "table" then galua.fail("hierarchy: data[%d] must be a table of quantity = draws, got a %s", i, type(source)) end
    local n
    for k, q in ipairs(self.quantities) do
      local v = source[q]
      if v == nil then galua.fail("hierarchy: data[%d] has no '%s'%s", i, q, core.did_you_mean(q, self.quantities)) end
      n = n or #v
      if n == 0 then galua.fail("hierarchy: data[%d] has no draws", i) end
      if #v ~= n then galua.fail("hierarchy: data[%d] has %d draws of '%s' and %d of '%s'", i, #v, q, n, self.quantities[1]) end
      for s = 1, n do y[k][#y[k] + 1] = v[s] end
    end
    local p = source.lnprior
    if p and #p ~= n then galua.fail("hierarchy: data[%d] has %d draws and %d values of lnprior", i, n, #p) end
    for s = 1, n do lnpi[#lnpi + 1] = p and p[s] or 0 end
    if self.zero then self.zero:from_list(i, n, source.bands) end
    start[#start + 1] = #lnpi
  end
  if #start < 2 then galua.fail("hierarchy: data is an empty list") end
  return start, y, lnpi
end

-- The density of the quantities under the prior of the catalogue's fits. Quantities that are parameters with priors of their own: those
-- priors; else a mixture fitted to draws of the prior, put through the model.
local function places(target)
  local at = {}
  for i, name in ipairs(target.names) do at[name] = i end
  return at
end

local function interim(self, c)
  if #c.variants > 1 then galua.fail("hierarchy: the catalogue has %d variants, each source would count as often: make one of each", #c.variants) end
  local f, v = c:example(1), c.variants[1]
  local at = places(f.target)
  local direct = true
  for _, q in ipairs(self.quantities) do
    local i = at[parse(q)]
    direct = direct and i ~= nil and core.class_name(f.target.priors[i]) == "prior"
  end
  if direct then
    local own = type(v.free) == "function"
    self.interim = "the priors of the parameters"
    return function(source, y, n)
      local target = own and c:fit(source).target or f.target
      local where, out = own and places(target) or at, galua.vec(n)
      for k, q in ipairs(self.quantities) do
        local name, _, slope = parse(q)
        local p = target.priors[where[name]]
        for s = 1, n do -- stored in single precision: at an edge a draw may lie beyond it by that
          local x = math.min(math.max(name ~= q and 10 ^ y[k][s] or y[k][s], p.lo), p.hi)
          out[s] = out[s] + p:logpdf(x) - slope(x)
        end
      end
      return out
    end
  end
  if type(v.free) == "function" or type(v.model) == "function" then
    galua.fail("hierarchy: priors or models differ from source to source and '%s' is derived: give interim = function(y) -> ln density",
      table.concat(self.quantities, "', '"))
  end
  local n, d = self.prior_draws, #self.quantities
  local u, r = galua.mat(1, f.target.ndim), galua.random.stream(self.seed)
  local points, g, have, tried = galua.mat(n, d), f.model:copy(), 0, 0
  while have < n do
    tried = tried + 1
    if tried > 20 * n then galua.fail("hierarchy: the prior has a model for fewer than 1 draw in 20: give interim = function(y) -> ln density") end
    for i = 1, f.target.ndim do u[1][i] = r:uniform() end
    local value = f.target:values(f.target:prior_transform(u)[1], g)
    local ok, derived = pcall(g.derived, g)
    if ok then
      local finite = true
      for k, q in ipairs(self.quantities) do
        local name, to = parse(q)
        local x = at[name] and value[at[name]] or derived[name]
        if x == nil then galua.fail("hierarchy: '%s' is neither a free parameter nor a derived quantity of the fits", name) end
        x = to(x)
        finite = finite and x == x and math.abs(x) < math.huge
        points[have + 1][k] = x
      end
      if finite then have = have + 1 end
    end
  end
  local m = sums.mixture(points, self.seed)
  self.interim = ("a mixture fitted to %d draws of the prior"):format(n)
  return function(_, y, count)
    local p = galua.mat(count, d)
    for s = 1, count do for k = 1, d do local x = y[k][s]; p[s][k] = math.abs(x) < math.huge and x or 0 end end
    return m:lnpdf(p)
  end
end

-- data as a file: the draws of a finished catalogue
local function from_file(self, path, c, given)
  local raw, to, n, m = {}, {}, nil, nil
  for k, q in ipairs(self.quantities) do
    local name, f = parse(q)
    raw[k], to[k] = galua.tables.read_array(path, "draws/" .. name), f
    n, m = #raw[k], #raw[k][1]
  end
  local accepted = galua.tables.read_array(path, "fits/accepted")[1]
  local density = given or interim(self, c)
  if self.zero then self.zero:open(path) end
  local start, y, lnpi, failed, refused = { 0 }, {}, {}, 0, 0
  for k in ipairs(self.quantities) do y[k] = {} end
  for i = 1, n do
    local own, list, count = {}, {}, 0
    for k in ipairs(to) do own[k] = {} end
    for s = 1, m do
      local numbers = 0
      for k in ipairs(to) do if raw[k][i][s] == raw[k][i][s] then numbers = numbers + 1 end end
      if numbers == #to then
        count = count + 1
        list[count] = s
        for k = 1, #to do own[k][count] = to[k](raw[k][i][s]) end
      elseif numbers > 0 then -- a quantity without a value there: the draws left would not be the posterior's
        count = 0
        break
      end
    end
    if accepted[i] ~= accepted[i] or count == 0 then
      failed = failed + 1
    elseif accepted[i] == 0 and not self.refused then
      refused = refused + 1
    else
      local p = given and given(own) or density(i, own, count)
      for s = 1, count do
        for k = 1, #own do y[k][#y[k] + 1] = own[k][s] end
        lnpi[#lnpi + 1] = p[s]
      end
      if self.zero then self.zero:from_file(i, list, c.data[i]) end
      start[#start + 1] = #lnpi
      self.source[#self.source + 1] = i
    end
  end
  self.failed, self.left_out = failed, refused
  if #start < 2 then galua.fail("hierarchy: %s has no source with draws: %d failed, %d not accepted", path, failed, refused) end
  return start, y, lnpi
end

-- ---------------------------------------------------------------- laws
local function number_of(self, what, x, default)
  if x == nil then x = default end
  if type(x) == "string" and self.index[x] then return self.index[x], nil end
  if type(x) == "string" then galua.fail("hierarchy: law: %s is '%s', which is not in free%s", what, x, core.did_you_mean(x, self.names)) end
  if type(x) ~= "number" then galua.fail("hierarchy: law: %s must be a number or the name of a hyperparameter, got a %s", what, type(x)) end
  return nil, x
end

-- A table of Gaussians: fills vectors from the hyperparameters.
local function gaussians(self, law)
  local nq, place = #self.quantities, {}
  for k, q in ipairs(self.quantities) do place[q] = k end
  for q in pairs(law) do
    if not place[q] then galua.fail("hierarchy: law: '%s' is not among the quantities%s", tostring(q), core.did_you_mean(tostring(q), self.quantities)) end
  end
  local mean, sd, pivot, slope = galua.vec(nq), galua.vec(nq), galua.vec(nq), galua.vec(nq * nq)
  local set = {}
  local function bind(v, i, what, x, default)
    local at, fixed = number_of(self, what, x, default)
    if at then
      set[#set + 1] = { v, i, at }
      self.used[self.names[at]] = true
    else
      v[i] = fixed
    end
  end
  for k, q in ipairs(self.quantities) do
    local l = law[q]
    if type(l) ~= "table" then galua.fail("hierarchy: law['%s'] is missing: { mean =, sd =, slope = { earlier quantity = }, pivot = { ... } }", q) end
    local o = galua.options("hierarchy: law['" .. q .. "']", l, { mean = ":any", sd = ":any", slope = ":table", pivot = ":table" })
    if o.mean == nil or o.sd == nil then galua.fail("hierarchy: law['%s'] needs mean and sd", q) end
    bind(mean, k, q .. " mean", o.mean)
    bind(sd, k, q .. " sd", o.sd)
    for other, b in pairs(o.slope or {}) do
      local j = place[other]
      if not j or j >= k then galua.fail("hierarchy: law['%s'] has a slope with '%s', which must be a quantity before it", q, tostring(other)) end
      bind(slope, (k - 1) * nq + j, q .. " slope", b)
    end
    for other, x in pairs(o.pivot or {}) do
      local j = place[other]
      if not j or not (o.slope or {})[other] then galua.fail("hierarchy: law['%s'] has a pivot in '%s' and no slope with it", q, tostring(other)) end
      if type(x) ~= "number" then galua.fail("hierarchy: law['%s']: a pivot must be a number", q) end
      pivot[j] = x
    end
  end
  return function(eta)
    for _, s in ipairs(set) do s[1][s[2]] = eta[s[3]] end
    for k = 1, nq do if not (sd[k] > 0) then return -math.huge, 0, 0, 1, 1, 0 end end
    return self.sums:normal(mean, sd, pivot, slope)
  end
end

-- A function(p, y) -> vec of ln density at all points
local function custom(self, law)
  local p = {}
  for _, name in ipairs(self.names) do self.used[name] = true end
  return function(eta)
    for i, name in ipairs(self.names) do p[name] = eta[i] end
    return self.sums:lnlike(law(p, self.columns))
  end
end

-- ---------------------------------------------------------------- the object
function hierarchy.new(given)
  local o = galua.options("hierarchy", given, { data = ":any", quantities = ":table", law = ":any", free = ":table", catalogue = ":any",
    interim = ":function", selection = ":table", zero_points = ":table", refused = false, prior_draws = 20000, seed = ":number" })
  for _, key in ipairs{ "data", "quantities", "law", "free" } do
    if o[key] == nil then galua.fail("hierarchy: '%s' is missing", key) end
  end
  if not (o.prior_draws >= 1000 and o.prior_draws <= 1e7) then galua.fail("hierarchy: prior_draws must be 1000 .. 10000000, got %g", o.prior_draws) end
  local self = setmetatable({ quantities = {}, names = {}, index = {}, log = {}, used = {}, source = {}, refused = o.refused, prior_draws = math.floor(o.prior_draws),
    seed = o.seed or galua.seed(), state = "not started" }, hierarchy)
  for i, q in ipairs(o.quantities) do
    if type(q) ~= "string" then galua.fail("hierarchy: quantities must be a list of names, such as \"log10(Mstar)\"") end
    self.quantities[i] = q
  end
  if #self.quantities == 0 then galua.fail("hierarchy: quantities is an empty list") end
  for name in pairs(o.free) do self.names[#self.names + 1] = name end
  table.sort(self.names)
  local priors = {}
  for i, name in ipairs(self.names) do
    self.index[name] = i
    priors[i] = o.free[name]
    self.log[i] = core.class_name(priors[i]) == "prior" and priors[i].log
    if core.class_name(priors[i]) ~= "prior" then galua.fail("hierarchy: free['%s'] must be a prior, got a %s", name, core.class_name(priors[i]) or type(priors[i])) end
  end
  if o.zero_points then self.zero = zero_points(o.zero_points, self.index, self.names, self.used) end
  local start, y, lnpi
  if type(o.data) == "string" then
    if self.zero and not galua.catalogue.is(o.catalogue) then
      galua.fail("hierarchy: zero_points of a file need catalogue = dofile(\"sources.lua\"): the data are there")
    end
    if not o.interim and not (galua.catalogue.is(o.catalogue)) then
      galua.fail("hierarchy: what prior the draws in %s were made with: catalogue = dofile(\"sources.lua\"), or interim = function(y) -> ln density", o.data)
    end
    start, y, lnpi = from_file(self, o.data, o.catalogue, o.interim)
  elseif type(o.data) == "table" then
    start, y, lnpi = from_list(self, o.data)
    for i = 1, #start - 1 do self.source[i] = i end
  else
    galua.fail("hierarchy: data must be a catalogue's results file or a list of draws, got a %s", type(o.data))
  end
  local flat = {}
  for k = 1, #y do for s = 1, #y[k] do flat[#flat + 1] = y[k][s] end end
  local mock, lnq, nmock = {}, {}, 0
  if o.selection then -- { mocks = { quantity = list }, lnq = list, drawn = number }
    local s = galua.options("hierarchy: selection", o.selection, { mocks = ":table", lnq = ":any", drawn = ":number" })
    if not s.mocks or not s.lnq or not s.drawn then galua.fail("hierarchy: selection needs mocks = { quantity = values of those found }, lnq =, drawn =") end
    nmock = s.drawn
    for i = 1, #s.lnq do lnq[i] = s.lnq[i] end
    for _, q in ipairs(self.quantities) do
      if not s.mocks[q] or #s.mocks[q] ~= #lnq then galua.fail("hierarchy: selection: mocks['%s'] must have as many values as lnq, %d", q, #lnq) end
      for i = 1, #lnq do mock[#mock + 1] = s.mocks[q][i] end
    end
    if #lnq == 0 then galua.fail("hierarchy: selection: none of the mocks was found") end
  end
  self.n, self.ndraw = #start - 1, #lnpi
  self.sums = sums.sums{ start = galua.vec(start), y = galua.vec(flat), lnpi = galua.vec(lnpi), mock = #mock > 0 and galua.vec(mock) or nil,
    lnq = #lnq > 0 and galua.vec(lnq) or nil, nmock = nmock }
  if type(o.law) == "function" then
    self.columns = {}
    for k, q in ipairs(self.quantities) do
      local all = galua.vec(#lnpi + #lnq)
      for s = 1, #lnpi do all[s] = y[k][s] end
      for s = 1, #lnq do all[#lnpi + s] = mock[(k - 1) * #lnq + s] end
      self.columns[q] = all
    end
    self.value = custom(self, o.law)
  elseif type(o.law) == "table" then
    self.value = gaussians(self, o.law)
  else
    galua.fail("hierarchy: law must be a table of Gaussians or function(p, y) -> vec of ln density, got a %s", type(o.law))
  end
  if self.zero then
    self.sums:terms(self.zero:matrix())
    local value, zero = self.value, self.zero
    self.value = function(eta)
      self.sums:tilt(zero:coefficients(eta))
      return value(eta)
    end
  end
  for _, name in ipairs(self.names) do
    if not self.used[name] then galua.fail("hierarchy: '%s' is free and not in the law", name) end
  end
  self.target = galua.target{ names = self.names, priors = priors, lnlike = function(eta) return (self.value(eta)) end }
  return self
end

-- ln L at named hyperparameters: value, its variance, fewest effective draws of a source, that source
function hierarchy:lnlike(p)
  local eta = {}
  if type(p) ~= "table" then galua.expect("hierarchy:lnlike", 2, p, "table") end
  for i, name in ipairs(self.names) do
    if type(p[name]) ~= "number" then galua.fail("hierarchy:lnlike: '%s' is missing", name) end
    eta[i] = p[name]
  end
  local lnl, variance, least, source, alpha = self.value(galua.vec(eta))
  return lnl, variance, least, self.source[source], alpha
end

-- Noise of ln L between two typical draws of the hyperparameters, as a variance, from which on results are not trusted: at 0.1 medians move
-- by a quarter of their errors (scripts/validation/hierarchy.lua).
local most_noise = 0.1

-- What the sums over draws are worth over the posterior of the hyperparameters: against its median
local function judge(self)
  local middle, x, n = galua.vec(#self.names), self.engine:result().x, 200
  local at = {}
  for k, r in ipairs(self.rows) do at[r.name] = r.median end
  for k, name in ipairs(self.names) do middle[k] = at[name] end
  self.value(middle)
  self.sums:mark()
  local mean, variance, least, source = 0, 0, math.huge, 1
  for i = 1, n do
    local eta, row = galua.vec(#self.names), x[1 + math.floor((i - 0.5) * #x / n)]
    for k = 1, #self.names do eta[k] = self.log[k] and 10 ^ row[k] or row[k] end
    local _, v, e, s, _, noise = self.value(eta)
    mean, variance = mean + noise / n, variance + v / n
    if e < least then least, source = e, s end
  end
  self.noise, self.variance, self.least, self.least_source = mean, variance, least, self.source[source]
end

-- what is tried in turn, and how far it goes
local ladder = require("galua.usual_samplers").kinds
local goals = { importance = function(o) return { ess = o.ess } end, nested = function() return {} end }

function hierarchy:run(given)
  local o = galua.options("hierarchy:run", given, { ess = 2000, sampler = ":string" })
  if not (o.ess >= 1 and o.ess <= 1e6) then galua.fail("hierarchy:run: ess must be 1 .. 1000000, got %g", o.ess) end
  if o.sampler and not goals[o.sampler] then
    galua.fail("hierarchy:run: sampler must be %s, got '%s'", table.concat(ladder, " or "), o.sampler)
  end
  for _, kind in ipairs(o.sampler and { o.sampler } or ladder) do
    self.engine = galua[kind](self.target, { seed = self.seed })
    self.engine:run(goals[kind](o))
    self.sampler = kind
    if self.engine.state ~= "limit" then break end
  end
  self.state = self.engine.state
  self.rows = self.engine:summary()
  judge(self)
  self.trusted = self.state == "converged" and self.noise <= most_noise
  return self
end

function hierarchy:describe()
  local lines = { ("hierarchy   %d sources, %d draws of %s; %d hyperparameters; %s"):format(self.n, self.ndraw, table.concat(self.quantities, ", "),
    #self.names, self.state) }
  local function add(...) lines[#lines + 1] = "  " .. (...):format(select(2, ...)) end
  if self.interim then add("interim prior taken out: %s", self.interim) end
  if (self.failed or 0) > 0 then add("left out: %d sources that failed, or with a quantity that is not a number in some draws", self.failed) end
  if (self.left_out or 0) > 0 then add("left out: %d sources whose fits were not accepted: the rest may not be a fair sample (refused = true takes them)", self.left_out) end
  if self.zero and self.zero.skipped > 0 then add("zero points: %d upper limits are not moved with them", self.zero.skipped) end
  if self.rows then
    for _, r in ipairs(self.rows) do add("%-20s %12.5g  %-+11.4g %-+11.4g%s", r.name, r.median, r.q16 - r.median, r.q84 - r.median, r.edge and r.edge ~= "" and "  at the " .. r.edge .. " edge of its prior" or "") end
    add("sums over draws: noise of ln L between typical hyperparameters %.2g (variance; up to %g is taken), of ln L itself %.2g; source %d has fewest effective draws, %.1f",
      self.noise, most_noise, self.variance, self.least_source, self.least)
    if self.noise > most_noise then
      add("NOT TO BE TRUSTED: ln L is too noisy. More draws per source (catalogue{ keep = }), or an interim prior that is wide where the population is.")
    elseif not self.trusted then
      add("NOT TO BE TRUSTED: the sampler has not converged (%s)", self.engine.state_text)
    end
  end
  return table.concat(lines, "\n")
end
hierarchy.__tostring = hierarchy.describe
hierarchy.__galua_show = hierarchy.describe

function M.is(x) return type(x) == "table" and getmetatable(x) == hierarchy end

doc.text("hierarchy", M, [[hierarchy{ data =, quantities =, law =, free =, ... } -> hierarchy
The population that many sources come from, given the draws of their own posteriors: each draw is weighed by the density of the population
over that of the prior it was made with. :run{} samples the hyperparameters; printing it says whether the sums over draws can carry it.
@param data results file of a finished catalogue, or a list of sources { quantity = draws, ..., lnprior = ln density of their prior (constant) }
@param quantities list of names: parameters, derived quantities, or their log10: { "log10(Mstar)", "log10(sSFR)" }
@param law Gaussians in sequence, quantity = { mean =, sd =, slope = { earlier quantity = }, pivot = { earlier quantity = number } }, numbers or names of `free`; or function(p, y) -> vec of ln density, p hyperparameters, y[quantity] vecs over all draws (then the mocks)
@param free name = prior of the hyperparameters
@param catalogue with a file: the catalogue{...} that made it, whose priors are taken out
@param interim with a file: function(y) -> ln densities of the prior at draws y[k][s] of quantity k, instead
@param selection { mocks = { quantity = values of mocks that were found }, lnq = ln density they were drawn from, drawn = how many, found or not }
@param zero_points band = name of a hyperparameter, or a number: magnitudes by which the calibration of a band is off, for all sources alike; of a list: data[i].bands[band] = { flux =, err =, model = draws of the model's flux }; of a file: a catalogue with derived = { "flux(BAND)", ... }
@param refused (false) take sources whose fits were not accepted
@param prior_draws (20000) draws of the prior for the density of derived quantities
@param seed (seed()) random numbers
@example h = hierarchy{ data = { { x = { 1.1, 0.9 } }, { x = { 2.0, 2.2 } } }, quantities = { "x" }, law = { x = { mean = "m", sd = "s" } }, free = { m = prior.uniform(0, 5), s = prior.uniform(0.1, 3) } }]])
doc.text("hierarchy:run", hierarchy.run, [[hierarchy:run{} -> hierarchy
Samples the hyperparameters: by importance sampling, by nested sampling where that does not converge. Then rows (median, quantiles ...), engine, noise, variance, least, trusted.
@param ess (2000) effective draws
@param sampler importance or nested: that one alone]])
doc.text("hierarchy:lnlike", hierarchy.lnlike, [[hierarchy:lnlike(p) -> ln L, its variance, fewest effective draws of a source, that source, share of the population that is found
At hyperparameters p[name].]])
doc.text("hierarchy:describe", hierarchy.describe, "hierarchy:describe() -> text\nWhat printing it shows.")
doc.text("hierarchy.is", M.is, "hierarchy.is(x) -> boolean\nWhether x is a hierarchy.")
require "galua.own_methods"("hierarchy", hierarchy)
return M
