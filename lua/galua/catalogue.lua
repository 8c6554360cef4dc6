-- catalogue{ data =, model =, free =, ... }: the same fit for every source of a table, in worker processes on one machine or many.
-- What a source gives depends on its row and the seed alone: the same bits whoever works on it (with one instruction set, docs/catalogues.md), and after any restart. Finished
-- sources are on disk at once (galua/queue.h); the results are an HDF5 file of draws and a FITS table with a row per fit.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local json = require "galua.json"
local running = require "galua.catalogue.run"
local results = require "galua.catalogue.results"
local rest_frame = require "galua.fit.rest"
local usual_samplers = require "galua.usual_samplers"
local plans = require "galua.fit.plan"
local later = require "galua.fit.later"
local family = require "galua.catalogue.family"
local ffi = require "ffi"

local catalogue = {}
catalogue.__index = catalogue
local M = setmetatable({}, { __call = function(_, ...) return catalogue.new(...) end })

local usual = { "Mstar", "SFR", "SFR100", "sSFR", "Mdust", "LIR", "A_V", "T_dust", "age_mw", "Zstar" }
local SOME = 300 -- draws of a source, at least, that derived quantities are evaluated at: their 16th and 84th percentiles to 9 % of the width
-- what a result must have under the default ladder of samplers, where its sampler knows: effective draws, error of ln Z (models are compared by
-- differences of a few tenths)
local ACCEPT = { ess = 300, lnz_err = 0.1 }
local LOOK = 100 -- sources, at most, of which one must make a fit
local NAMED = 1000 -- sources, at most, whose data are told apart in what is said of another run
local per_variant = { "model", "free", "noise", "limits", "sampler", "amplitude", "likelihood", "spec", "plan" }

-- ---------------------------------------------------------------- building
local function sources_of(data)
  if core.class_name(data) == "sources" then return #data end
  if type(data) == "table" then
    for i, o in ipairs(data) do
      if core.class_name(o) ~= "observation" then
        galua.fail("catalogue: data[%d] must be an observation, got a %s", i, core.class_name(o) or type(o))
      end
    end
    if #data > 0 then return #data end
  end
  galua.fail("catalogue: data must be observation.catalogue(file) or a list of observations, got %s",
    type(data) == "table" and "an empty list" or core.class_name(data) or type(data))
end

local rest_known

-- Names of derived quantities that were asked for: one that no variant's model has is refused; a model made by a function is not known before.
local function check_derived(names, variants)
  local known, list = {}, {}
  for _, v in ipairs(variants) do
    if core.class_name(v.model) ~= "galaxy" then return end
    for _, d in ipairs(v.model:derived_info()) do
      if not known[d.name] then list[#list + 1] = d.name end
      known[d.name] = true
    end
  end
  for _, name in ipairs(names) do
    if type(name) ~= "string" then galua.fail("catalogue: derived must be a list of names, holds a %s", type(name)) end
    if not known[name] and name ~= "amplitude" and not name:find("^flux%.") and not rest_known(name) then
      galua.fail("catalogue: derived: no quantity '%s' of this model%s", name, core.did_you_mean(name, list))
    end
  end
end

-- option accept, seen to be right
local function accepted_with(accept)
  local o = galua.options("catalogue: accept", accept, { ess = ":number", lnz_err = ":number" })
  for name, v in pairs(o) do
    if not (v > 0) then galua.fail("catalogue: accept.%s must be above 0, got %g", name, v) end
  end
  return o
end

function catalogue.new(given)
  local o = galua.options("catalogue", given, { data = ":any", model = ":any", free = ":any", variants = ":table", noise = ":any",
    limits = "censored", sampler = ":any", escalate = ":table", seed = ":number", keep = 100, derived = ":table", name = ":string",
    amplitude = ":any", likelihood = ":any", spec = ":table", plan = ":any", accept = ":table" })
  if o.data == nil then galua.fail("catalogue: 'data' is missing: observation.catalogue(file), or a list of observations") end
  local self = { data = o.data, n = sources_of(o.data), seed = o.seed or galua.seed(), keep = math.floor(o.keep),
    derived = o.derived or usual, name = o.name or (core.class_name(o.data) == "sources" and o.data.path) or "", variants = {} }
  if not (o.keep >= 2 and o.keep <= 1e5) then galua.fail("catalogue: keep must be 2 .. 100000 draws per source, got %g", o.keep) end
  if o.escalate and o.sampler then galua.fail("catalogue: give sampler or escalate, not both") end
  self.accept = accepted_with(o.accept or not (o.sampler or o.escalate) and ACCEPT or {})
  local samplers = o.escalate or o.sampler and { o.sampler } or usual_samplers.rungs()
  for i, s in ipairs(samplers) do
    if not galua.sampler.is(s) then galua.fail("catalogue: escalate[%d] must be a sampler, got a %s", i, type(s)) end
  end
  if #samplers > 1 and samplers[#samplers].approximate then
    galua.fail("catalogue: escalate ends with sampler.%s, whose results are approximate; put %s last",
      samplers[#samplers].kind, usual_samplers.text " or ")
  end
  local function variant(name, v)
    local out = { name = name, samplers = samplers }
    for _, key in ipairs(per_variant) do
      if v[key] ~= nil then out[key] = v[key] else out[key] = o[key] end
    end
    for key in pairs(v) do
      local known = false
      for _, k in ipairs(per_variant) do known = known or k == key end
      if not known then
        galua.fail("catalogue: variant '%s' has an unknown option '%s'%s", name, tostring(key), core.did_you_mean(tostring(key), per_variant))
      end
    end
    if v.sampler then out.samplers = { v.sampler } end
    if out.model == nil then galua.fail("catalogue: 'model' is missing: a galaxy, or a function(observation, row) that makes one") end
    if out.free == nil then galua.fail("catalogue: 'free' is missing: a table of parameter = prior, or a function(observation, row)") end
    self.variants[#self.variants + 1] = out
  end
  if o.variants then
    local names = {}
    for name in pairs(o.variants) do
      if type(name) ~= "string" then galua.fail("catalogue: variants holds name = { model =, ... } pairs") end
      names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do variant(name, o.variants[name]) end
  else
    variant("", {})
  end
  if o.derived then check_derived(o.derived, self.variants) end
  return setmetatable(self, catalogue)
end

-- the job's row and variant
function catalogue:job(j)
  local k = #self.variants
  return math.floor((j - 1) / k) + 1, self.variants[(j - 1) % k + 1]
end

-- The fit of one job.
function catalogue:fit(j)
  local row, v = self:job(j)
  local obs = self.data[row]
  local g = v.model
  if type(g) == "function" then g = g(obs, row) end
  if core.class_name(g) ~= "galaxy" then galua.fail("catalogue: model must be, or return, a galaxy, got a %s", core.class_name(g) or type(g)) end
  local free = v.free
  if type(free) == "function" then free = free(obs, row) end
  g = g:copy()
  local own = type(v.model) == "function" and g.redshift > 0
  if obs.blank_redshift and not free.redshift and not own then
    galua.fail("row %d%s: no redshift: free it, or give one with model = function(observation, row) ... end", row,
      obs.name ~= "" and ", source '" .. obs.name .. "'" or "")
  end
  if obs.redshift and obs.redshift == obs.redshift and not free.redshift and not own then g.redshift = obs.redshift end
  if obs.distance and obs.distance == obs.distance and not free.distance and obs.distance > 0 then g.distance = obs.distance end
  -- the seed of a row does not depend on the others: 2^53 / 1000003 > 9e9 rows
  local seed = (self.seed * 1000003 + row) % 2 ^ 53
  return galua.fit({ data = obs, model = g, free = free, noise = v.noise, limits = v.limits, amplitude = v.amplitude,
    likelihood = v.likelihood, spec = v.spec, plan = v.plan, sampler = v.samplers[1], seed = seed }, true, setmetatable({ some = math.max(self.keep, SOME) }, { __index = family.of(self, v) })), obs, row, v
end

-- The fit of variant k of the first source that has one: what is wrong with a source costs that source alone. Where none has, of those that are
-- looked at, what is wrong with the first.
function catalogue:example(k)
  local why
  for row = 1, math.min(self.n, LOOK) do
    local ok, f = pcall(self.fit, self, (row - 1) * #self.variants + k)
    if ok then return f end
    why = why or f
    if core.interrupted() then break end
  end
  error(why, 0)
end

-- ---------------------------------------------------------------- one source
local known = {}
local function known_rest(name) -- of a rest-frame colour or magnitude: what it is made of, looked up once
  if known[name] == nil then known[name] = rest_frame.parse(name) or false end
  return known[name] or nil
end
rest_known = known_rest

-- of the draws that are numbers or infinite; NaN when there are none
local function quantiles(v)
  local numbers, out = {}, {}
  for i = 1, #v do if v[i] == v[i] then numbers[#numbers + 1] = v[i] end end
  local n = #numbers
  if n == 0 then return { 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0 } end
  local s = n == #v and v:sort() or galua.vec(numbers):sort()
  for i, q in ipairs(results.levels) do
    local x = q * (n - 1) + 1
    local k = math.min(math.max(math.floor(x), 1), n - 1)
    local a, b = s[k], n > 1 and s[k + 1] or s[k]
    out[i] = math.abs(b - a) < math.huge and a + (x - k) * (b - a) or (x - k < 0.5 and a or b) -- nothing lies half-way to infinity
  end
  return out
end

local function finite(x) return x == x and math.abs(x) < math.huge and x or nil end

-- elements i of a vec, i in the list
local function some_of(v, list)
  local out = galua.vec(#list)
  for j, i in ipairs(list) do out[j] = v[i] end
  return out
end

-- which of n draws is the i-th of those that are kept
local function kept_place(i, n, keep) return 1 + math.floor((i - 0.5) * n / math.min(n, keep)) end

local function pack_draws(list, n, keep)
  local m = math.min(n, keep)
  local a = ffi.new("float[?]", math.max(1, #list * m))
  for c, v in ipairs(list) do
    for i = 1, m do a[(c - 1) * m + i - 1] = v[kept_place(i, #v, keep)] end
  end
  return m, ffi.string(a, 4 * #list * m)
end

-- Why a result that its sampler takes is not good enough for the catalogue, or nil
local function short_of(accept, s, engine)
  local ess = type(engine.ess) == "number" and engine.ess
  if accept.ess and ess and not (ess >= accept.ess) then return ("%.0f effective draws, %g are asked for"):format(ess, accept.ess) end
  local ok, lnz, err = pcall(function() return s:evidence(engine) end)
  if accept.lnz_err and ok and lnz and not (err <= accept.lnz_err) then
    return ("ln Z to %.2g, %g is asked for"):format(err, accept.lnz_err)
  end
end

-- Up the ladder of samplers until a result is acceptable. Returns nil when the user stopped it.
local function climb(f, v, accept, record, beat)
  for i, s in ipairs(v.samplers) do
    f.sampler = s
    rawset(f, "_strategy", nil)
    rawset(f, "_ladder", nil)
    rawset(f, "_quiet", true) -- what a sampler chose is not said for every source
    f.engine = nil
    if i > 1 then collectgarbage() end -- megabytes of draws that the collector does not see
    plans.again(f, v.plan)
    local state, engine = f:_advance{ fit = f, progress = beat }
    if state == "interrupted" then return nil end
    f.engine = engine or f.engine
    record.evaluations = record.evaluations + (f.engine.evaluations or 0)
    f._samples, f._summary = nil, nil
    record.sampler, record.state = s.kind, f.engine.state
    local good, why = true
    if s.acceptable then good, why = s:acceptable(f.engine) end
    if good then
      why = short_of(accept, s, f.engine)
      good = why == nil
    end
    if good or i == #v.samplers then
      record.accepted, record.refused, record.rung = good, not good and (why or "refused") or nil, i
      return f
    end
    record.escalated, engine = why, nil
  end
end

-- Runs the job; returns the record, or nil when the user stopped it. beat() is called now and then.
function catalogue:work(j, beat)
  local begin = os.clock() -- processor time: the worker has one thread
  local f, obs, row, v = self:fit(j)
  local record = { id = obs.name, row = row, variant = v.name, nbands = f.target.nbands, redshift = finite(f.model.redshift), seed = f.seed,
    evaluations = 0 }
  if not climb(f, v, self.accept, record, beat) then return nil end
  local sampled = os.clock()
  local ok, samples = pcall(f.samples, f)
  if not ok then -- a plan is compared with the whole grid where quantities are derived
    local plan = f.target.plan
    if not (plan and plan.failed) then error(samples, 0) end
    plans.leave(f)
    if not climb(f, v, self.accept, record, beat) then return nil end
    sampled = os.clock()
    samples = f:samples()
  end
  local derived = os.clock()
  local p = f.target.plan
  record.plan_nodes = p and p.used and p.nodes or 0 -- wavelengths that bands came from; 0: all
  local summary, e = f:summary(), f.engine
  record.chi2, record.best_lnlike = finite(summary.chi2), finite(summary.best_lnlike)
  local okz, lnz, err = pcall(function() return f.sampler:evidence(e) end)
  if okz and lnz then record.lnz, record.lnz_err = finite(lnz), finite(err) end
  local names, units, columns, q, flags, ess = {}, {}, {}, {}, {}, math.huge
  if f.target.note ~= "" then flags[1] = f.target.note end
  if record.refused then flags[#flags + 1] = "not accepted: " .. record.refused end
  -- quantiles from `values`, draws from `drawn`, which has those of samples.some
  local function put(r, values, drawn)
    local i = #names + 1
    names[i], units[i], columns[i], q[i] = r.name, r.unit, drawn, quantiles(values)
    if r.edge and r.edge ~= "" then flags[#flags + 1] = r.name .. " at the " .. r.edge .. " edge" end
    if r.as_prior then flags[#flags + 1] = r.name .. " as its prior" end
    if (r.nonfinite or 0) > 0 then -- costs this quantity alone
      flags[#flags + 1] = r.name .. " not finite in " .. r.nonfinite .. " draws"
    elseif r.trusted == false then
      flags[#flags + 1] = r.name .. " not trusted"
    end
  end
  for _, r in ipairs(summary.parameters) do
    put(r, samples.values[r.name], some_of(samples.values[r.name], samples.some))
    if (r.nonfinite or 0) == 0 then ess = math.min(ess, r.ess or math.huge) end
  end
  record.nfree = #names
  local rest, kept, column = {}, {}, {}
  for k, name in ipairs(f.target.blob_names) do column[name] = k end
  for _, name in ipairs(self.derived) do rest[#rest + 1] = known_rest(name) end
  for i = 1, math.min(#samples.some, self.keep) do kept[i] = samples.some[kept_place(i, #samples.some, self.keep)] end
  for k, values in ipairs(#rest > 0 and rest_frame.of_samples(f, rest, kept) or {}) do -- a model a draw that is kept
    put({ name = rest[k].name, unit = rest[k].unit }, galua.vec(values), galua.vec(values))
  end
  for _, name in ipairs(self.derived) do
    for _, r in ipairs(summary.all) do -- asked for by name: also what is no result, flagged
      if r.name == name then
        local drawn = later.of_some(samples, column[name])
        put(r, drawn, drawn)
      end
    end
    for _, other in ipairs(summary.untied) do
      if other == name then flags[#flags + 1] = name .. " depends on no datum" end
    end
  end
  record.names, record.units, record.quantiles, record.flags, record.ess = names, units, q, flags, finite(ess)
  record.seconds = os.clock() - begin
  record.spent = { sampling = sampled - begin, derived = derived - sampled, summary = begin + record.seconds - derived }
  local bytes
  record.draws, bytes = pack_draws(columns, #samples.some, self.keep)
  return json.encode(record) .. "\0" .. bytes
end

-- Text that tells catalogues apart: the first fit's description and all of the data (of a file, a hash of what it says and how it is read).
function catalogue:identity()
  local lines = { ("%d sources, seed %.0f, keep %d, derived at %d"):format(self.n, self.seed, self.keep, math.max(self.keep, SOME)),
    table.concat(self.derived, " "), family.text(self), ("accept %g %g"):format(self.accept.ess or 0, self.accept.lnz_err or 0) }
  for k, v in ipairs(self.variants) do
    local d = self:example(k):description()
    d.data, d.seed, d.sampler, d.theta = nil, nil, nil, nil
    lines[#lines + 1] = v.name .. " " .. json.encode(d)
    for _, s in ipairs(v.samplers) do lines[#lines + 1] = json.encode(s:store()) end
  end
  if core.class_name(self.data) == "sources" then
    lines[#lines + 1] = self.data:hash()
    return table.concat(lines, "\n")
  end
  for i = 1, self.n do
    lines[#lines + 1] = self.data[i].name .. " " .. self.data[i]:hash()
  end
  return table.concat(lines, "\n")
end

-- The same as a table, for words about what differs.
function catalogue:about()
  local about = { sources = self.n, seed = self.seed, keep = self.keep, derived = self.derived, accept = self.accept,
    plan = family.text(self), variant = {} }
  for k, v in ipairs(self.variants) do
    local f = self:example(k)
    local d = f:description()
    d.data, d.seed, d.sampler, d.theta = nil, nil, nil, nil
    d.free, d.samplers = {}, {}
    for _, p in ipairs(f.free) do d.free[p[1]] = tostring(p[2]) end
    for i, s in ipairs(v.samplers) do d.samplers[i] = s:store() end
    if #self.variants == 1 then
      for name, value in pairs(d) do about[name] = value end
    else
      about.variant[v.name] = d
    end
  end
  if core.class_name(self.data) == "sources" then
    about.table = self.data:hash()
    return about
  end
  local all = {}
  for i = 1, self.n do
    local hash = self.data[i]:hash()
    all[i] = hash
    if self.n <= NAMED then about["data of source " .. i .. (" (%s)"):format(self.data[i].name)] = hash end
  end
  if self.n > NAMED then about.data = core.hash(table.concat(all)) end
  return about
end

catalogue.run, catalogue.merge = running.run, running.merge

-- Every finished job as a table, in order: only for catalogues that fit into memory.
function catalogue:records(q)
  local list = {}
  results.each(self, q, function(record) list[#list + 1] = record end)
  return list
end

function catalogue:write(q, path) return results.write(self, q, path) end

function catalogue:describe()
  local lines = { ("catalogue   %s   %d sources   %d variant%s   seed %.0f"):format(self.name ~= "" and self.name or "?", self.n,
    #self.variants, #self.variants == 1 and "" or "s", self.seed) }
  for _, v in ipairs(self.variants) do
    for i, s in ipairs(v.samplers) do
      lines[#lines + 1] = ("  %-12s %s%s"):format(v.name, i > 1 and "then " or "", tostring(s))
    end
  end
  return table.concat(lines, "\n")
end
catalogue.__tostring = catalogue.describe
catalogue.__galua_show = catalogue.describe

function M.is(x) return type(x) == "table" and getmetatable(x) == catalogue end

doc.text("catalogue", M, [[catalogue{ data =, model =, free =, ... } -> catalogue
The same fit for every source of a table; :run{ out = "x.h5" } works in processes on all cores, and on many machines when the same
command is started there or under mpirun; :run{ out =, part = "3/10" } does a tenth of them, :merge{ out = } joins the parts. Results: x.h5 (draws of every source) and x.fits (a row per fit).
@param data observation.catalogue(file), or a list of observations
@param model a galaxy, or function(observation, row) -> galaxy; redshift and distance are those of the source unless free
@param free parameter = prior pairs, or function(observation, row) that returns them
@param variants { name = { model =, free =, ... }, ... }: every source is fitted with each; dlnZ compares their evidences
@param noise as in fit{}
@param limits (censored) as in fit{}
@param amplitude as in fit{}
@param spec as in fit{}
@param plan ("auto") as in fit{}: decided for each sampler of `escalate`
@param likelihood as in fit{}
@param sampler a single one instead of those of `escalate`
@param escalate ({ sampler.importance{}, sampler.nested{} }) the next one is used when the result of one is not acceptable
@param accept ({ ess = 300, lnz_err = 0.1 }; {} with sampler or escalate of your own) what a result must have besides its sampler's word, where that
  gives it: effective draws at least, error of ln Z at most; the next sampler is used when it has not, and after the last the table says "not accepted"
@param keep (100) draws of each source in the results file
@param derived derived quantities to keep besides the free parameters; "SDSS.g-SDSS.r" is a rest-frame colour, "M(SDSS.r)" a magnitude, "flux(SDSS.r)" the model's flux as observed
@param seed (seed()) the numbers of a row depend on this and the row
@param name title
@example c = catalogue{ data = observation.catalogue("sources.fits"), model = galaxy{}, free = { age = prior.loguniform(1e8, 1e10) } }
@example c:run{ out = "sources.h5", threads = 8 }]])
doc.text("catalogue.is", M.is, "catalogue.is(x) -> boolean\nWhether x is a catalogue.")
require "galua.own_methods"("catalogue", catalogue)
require "galua.catalogue.report"(M)
return M
