-- catalogue{ data =, model =, free =, ... }: the same fit for every source of a table, in worker processes on one machine or many.
-- What a source gives depends on its row and the seed alone: the same bits whoever works on it (with one instruction set, docs/catalogues.md), and after any restart. Finished
-- sources are on disk at once (galua/queue.h); the results are an HDF5 file of draws and a FITS table with a row per fit.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local json = require "galua.json"
local running = require "galua.catalogue_run"
local rest_frame = require "galua.fit.rest"
local plans = require "galua.fit.plan"
local ffi = require "ffi"

local catalogue = {}
catalogue.__index = catalogue
local M = setmetatable({}, { __call = function(_, ...) return catalogue.new(...) end })

local usual = { "Mstar", "SFR", "SFR100", "sSFR", "Mdust", "LIR", "A_V", "T_dust", "age_mw", "Zstar" }
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

function catalogue.new(given)
  local o = galua.options("catalogue", given, { data = ":any", model = ":any", free = ":any", variants = ":table", noise = ":any",
    limits = "censored", sampler = ":any", escalate = ":table", seed = ":number", keep = 100, derived = ":table", name = ":string",
    amplitude = ":any", likelihood = ":any", spec = ":table", plan = ":any" })
  if o.data == nil then galua.fail("catalogue: 'data' is missing: observation.catalogue(file), or a list of observations") end
  local self = { data = o.data, n = sources_of(o.data), seed = o.seed or galua.seed(), keep = math.floor(o.keep),
    derived = o.derived or usual, name = o.name or (core.class_name(o.data) == "sources" and o.data.path) or "", variants = {} }
  if not (o.keep >= 2 and o.keep <= 1e5) then galua.fail("catalogue: keep must be 2 .. 100000 draws per source, got %g", o.keep) end
  if o.escalate and o.sampler then galua.fail("catalogue: give sampler or escalate, not both") end
  local samplers = o.escalate or o.sampler and { o.sampler } or { galua.sampler.importance{}, galua.sampler.nested{} }
  for i, s in ipairs(samplers) do
    if not galua.sampler.is(s) then galua.fail("catalogue: escalate[%d] must be a sampler, got a %s", i, type(s)) end
  end
  if #samplers > 1 and samplers[#samplers].approximate then
    galua.fail("catalogue: escalate ends with sampler.%s, whose results are approximate; put sampler.importance{} or sampler.nested{} last",
      samplers[#samplers].kind)
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
    likelihood = v.likelihood, spec = v.spec, plan = v.plan, sampler = v.samplers[1], seed = seed }, true), obs, row, v
end

-- ---------------------------------------------------------------- one source
local known = {}
local function known_rest(name) -- of a rest-frame colour or magnitude: what it is made of, looked up once
  if known[name] == nil then known[name] = rest_frame.parse(name) or false end
  return known[name] or nil
end
local levels = { 0.025, 0.16, 0.5, 0.84, 0.975 }

-- of the draws that are numbers or infinite; NaN when there are none
local function quantiles(v)
  local numbers, out = {}, {}
  for i = 1, #v do if v[i] == v[i] then numbers[#numbers + 1] = v[i] end end
  local n = #numbers
  if n == 0 then return { 0 / 0, 0 / 0, 0 / 0, 0 / 0, 0 / 0 } end
  local s = n == #v and v:sort() or galua.vec(numbers):sort()
  for i, q in ipairs(levels) do
    local x = q * (n - 1) + 1
    local k = math.min(math.max(math.floor(x), 1), n - 1)
    local a, b = s[k], n > 1 and s[k + 1] or s[k]
    out[i] = math.abs(b - a) < math.huge and a + (x - k) * (b - a) or (x - k < 0.5 and a or b) -- nothing lies half-way to infinity
  end
  return out
end

local function finite(x) return x == x and math.abs(x) < math.huge and x or nil end

local function pack_draws(list, n, keep)
  local m = math.min(n, keep)
  local a = ffi.new("float[?]", math.max(1, #list * m))
  for c, v in ipairs(list) do
    for i = 0, m - 1 do a[(c - 1) * m + i] = v[1 + math.floor((i + 0.5) * #v / m)] end
  end
  return m, ffi.string(a, 4 * #list * m)
end

-- Runs the job; returns the record, or nil when the user stopped it. beat() is called now and then.
function catalogue:work(j, beat)
  local f, obs, row, v = self:fit(j)
  local record = { id = obs.name, row = row, variant = v.name, nbands = f.target.nbands, redshift = finite(f.model.redshift), seed = f.seed }
  local clock, evaluations = os.clock, 0 -- processor time: the worker has one thread
  local begin = clock()
  for i, s in ipairs(v.samplers) do
    f.sampler = s
    rawset(f, "_strategy", nil)
    rawset(f, "_quiet", true) -- what a sampler chose is not said for every source
    f.engine = nil
    plans.again(f, v.plan)
    local state, engine = f:_advance{ fit = f, progress = beat }
    if state == "interrupted" then return nil end
    f.engine = engine or f.engine
    evaluations = evaluations + (f.engine.evaluations or 0)
    f._samples, f._summary = nil, nil
    record.sampler, record.state = s.kind, f.engine.state
    local good, why = true
    if s.acceptable then good, why = s:acceptable(f.engine) end
    if good or i == #v.samplers then
      record.accepted, record.refused, record.rung = good, not good and (why or "refused") or nil, i
      break
    end
    record.escalated = why
  end
  record.seconds, record.evaluations = clock() - begin, evaluations
  local p = f.target.plan
  record.plan_nodes = p and p.used and p.nodes or 0 -- wavelengths that bands came from; 0: all
  local summary = f:summary()
  local samples = f:samples()
  local e = f.engine
  record.chi2, record.best_lnlike = finite(summary.chi2), finite(summary.best_lnlike)
  local okz, lnz, err = pcall(function() return f.sampler:evidence(e) end)
  if okz and lnz then record.lnz, record.lnz_err = finite(lnz), finite(err) end
  local names, units, kinds, columns, q, flags, ess, khat = {}, {}, {}, {}, {}, {}, math.huge
  if f.target.note ~= "" then flags[1] = f.target.note end
  if record.refused then flags[#flags + 1] = "not accepted: " .. record.refused end
  local function put(r, values)
    local i = #names + 1
    names[i], units[i], columns[i], q[i] = r.name, r.unit, values, quantiles(values)
    if r.edge and r.edge ~= "" then flags[#flags + 1] = r.name .. " at the " .. r.edge .. " edge" end
    if r.as_prior then flags[#flags + 1] = r.name .. " as its prior" end
    if (r.nonfinite or 0) > 0 then -- costs this quantity alone
      flags[#flags + 1] = r.name .. " not finite in " .. r.nonfinite .. " draws"
    else
      ess = math.min(ess, r.ess or math.huge)
      if r.trusted == false then flags[#flags + 1] = r.name .. " not trusted" end
    end
  end
  for _, r in ipairs(summary.parameters) do put(r, samples.values[r.name]) end
  record.nfree = #names
  local rest = {}
  for _, name in ipairs(self.derived) do rest[#rest + 1] = known_rest(name) end
  local kept = {}
  for i = 1, math.min(samples.n, self.keep) do kept[i] = 1 + math.floor((i - 0.5) * samples.n / math.min(samples.n, self.keep)) end
  for k, values in ipairs(#rest > 0 and rest_frame.of_samples(f, rest, kept) or {}) do -- a model a draw that is kept
    put({ name = rest[k].name, unit = "mag" }, galua.vec(values))
  end
  for _, name in ipairs(self.derived) do
    for _, r in ipairs(summary.all) do -- asked for by name: also what is no result, flagged
      if r.name == name then put(r, samples.derived[name]) end
    end
    for _, other in ipairs(summary.untied) do
      if other == name then flags[#flags + 1] = name .. " depends on no datum" end
    end
  end
  record.names, record.units, record.quantiles, record.flags, record.ess = names, units, q, flags, finite(ess)
  local bytes
  record.draws, bytes = pack_draws(columns, samples.n, self.keep)
  return json.encode(record) .. "\0" .. bytes
end

-- Text that tells catalogues apart: the first fit's description and every number of the data.
function catalogue:identity()
  local lines = { ("%d sources, seed %.0f, keep %d"):format(self.n, self.seed, self.keep), table.concat(self.derived, " ") }
  for k, v in ipairs(self.variants) do
    local f = self:fit(k)
    local d = f:description()
    d.data, d.seed, d.sampler, d.theta = nil, nil, nil, nil
    lines[#lines + 1] = v.name .. " " .. json.encode(d)
    for _, s in ipairs(v.samplers) do lines[#lines + 1] = json.encode(s:store()) end
  end
  for i = 1, self.n do
    local o = self.data[i]
    local text = { o.name, tostring(o.redshift), tostring(o.distance) }
    for _, r in ipairs(o:rows()) do text[#text + 1] = ("%s %.17g %.17g %s"):format(r.band, r.flux, r.err, r.kind) end
    lines[#lines + 1] = table.concat(text, " ")
  end
  return table.concat(lines, "\n")
end

catalogue.run, catalogue.merge = running.run, running.merge

-- ---------------------------------------------------------------- results
local function unpack_record(r)
  local cut = r.data:find("\0", 1, true)
  local ok, record = pcall(json.decode, cut and r.data:sub(1, cut - 1) or r.data)
  if not ok then record = { error = r.data } end
  if r.failed and not record.error then record.error = "failed" end
  if cut and record.draws then
    record.values = ffi.new("float[?]", math.max(1, #record.names * record.draws))
    ffi.copy(record.values, r.data:sub(cut + 1), 4 * #record.names * record.draws)
  end
  return record
end

-- Every finished job as a table, in order.
function catalogue:records(q)
  local list = {}
  for _, r in ipairs(q:records()) do
    local row, v = self:job(r.job)
    local record = unpack_record(r)
    record.row, record.variant = row, v.name
    record.id = record.id or self.data[row].name
    list[#list + 1] = record
  end
  return list
end

-- units as the FITS standard spells them
local function fits_unit(u)
  return (u:gsub("Msun", "solMass"):gsub("Lsun", "solLum"):gsub("^1/(%a+)$", "%1-1"):gsub("micron", "um"):gsub("^A$", "Angstrom"):gsub("^%%$", ""))
end

function catalogue:write(q, path)
  local list = self:records(q)
  local nan = 0 / 0
  -- every quantity that any fit has, in the order met
  local names, units, index = {}, {}, {}
  for _, r in ipairs(list) do
    for i, name in ipairs(r.names or {}) do
      if not index[name] then
        index[name], names[#names + 1], units[#units + 1] = #names + 1, name, r.units[i]
      end
    end
  end
  -- evidence: best variant of each source
  local best = {}
  for _, r in ipairs(list) do
    if r.lnz and r.lnz > (best[r.row] or -math.huge) then best[r.row] = r.lnz end
  end
  local columns = {}
  local function add(name, unit, f)
    local values = {}
    for i, r in ipairs(list) do values[i] = f(r) end
    columns[#columns + 1] = { name = name, unit = unit, values = values }
  end
  local function number(key) return function(r) return r[key] or nan end end
  add("id", "", function(r) return r.id or "" end)
  add("row", "", number("row"))
  if #self.variants > 1 then
    add("variant", "", function(r) return r.variant end)
    add("dlnZ", "", function(r) return r.lnz and r.lnz - best[r.row] or nan end)
  end
  add("redshift", "", number("redshift"))
  add("nbands", "", number("nbands"))
  add("state", "", function(r) return r.error and "failed" or r.accepted == false and "not accepted" or r.state or "" end)
  add("sampler", "", function(r) return r.sampler or "" end)
  for _, key in ipairs{ "chi2", "best_lnlike", "lnz", "lnz_err", "ess", "seconds", "evaluations", "plan_nodes" } do
    add(key, key == "seconds" and "s" or "", number(key))
  end
  add("flags", "", function(r) return r.error or table.concat(r.flags or {}, "; ") end)
  local where = {}
  for i, r in ipairs(list) do
    where[i] = {}
    for k, name in ipairs(r.names or {}) do where[i][name] = k end
  end
  local tag = { "q025", "q16", "q50", "q84", "q975" }
  local vars = {}
  local m = math.max(1, self.keep)
  for k, name in ipairs(names) do
    for l = 1, #levels do
      local values = {}
      for i, r in ipairs(list) do
        local at = where[i][name]
        values[i] = at and tonumber(r.quantiles[at][l]) or nan -- of a text too: JSON has no inf
      end
      columns[#columns + 1] = { name = (name:gsub("%.", "_")) .. "_" .. tag[l], unit = fits_unit(units[k]), values = values }
    end
    local draws = galua.mat(#list, m)
    for i, r in ipairs(list) do
      local at = where[i][name]
      for d = 1, m do draws[i][d] = at and d <= r.draws and r.values[(at - 1) * r.draws + d - 1] or nan end
    end
    vars[k] = { group = "draws", name = name, dims = { "source", "draw" }, values = draws, unit = units[k] }
  end
  for _, key in ipairs{ "lnz", "lnz_err", "chi2", "best_lnlike", "ess", "seconds", "evaluations", "plan_nodes", "redshift", "nbands" } do
    local values = {}
    for i, r in ipairs(list) do values[i] = r[key] or nan end
    vars[#vars + 1] = { group = "fits", name = key, dims = { "source" }, values = values, doc = key }
  end
  local accepted = {}
  for i, r in ipairs(list) do accepted[i] = r.error and nan or r.accepted == false and 0 or 1 end
  vars[#vars + 1] = { group = "fits", name = "accepted", dims = { "source" }, values = accepted, doc = "1 accepted by its sampler, 0 not, NaN failed" }
  local labels, seen = {}, {}
  for i, r in ipairs(list) do
    local label = (r.id ~= "" and r.id or "row " .. r.row) .. (r.variant ~= "" and "/" .. r.variant or "")
    labels[i] = seen[label] and label .. "#" .. r.row or label
    seen[label] = true
  end
  local description = { galua = galua.version, name = self.name, seed = self.seed, sources = self.n }
  galua.tables.write_arrays(path, { vars = vars, coords = { source = labels },
    texts = { catalogue = json.encode(description), model = json.encode(self:fit(1):description()) } })
  galua.tables.write(self.table_path, columns, { GALUA = galua.version, SEED = ("%.0f"):format(self.seed) })
  self.path, self.accepted, self.fits = path, 0, #list
  for _, r in ipairs(list) do
    if not r.error and r.accepted ~= false then self.accepted = self.accepted + 1 end
  end
  self.rungs = {} -- how far up the ladder sources went, and how many were accepted there
  for _, v in ipairs(self.variants) do
    for i, sampler in ipairs(v.samplers) do
      local rung = { variant = v.name, sampler = sampler.kind, tried = 0, accepted = 0 }
      for _, r in ipairs(list) do
        if r.variant == v.name and r.rung and r.rung >= i then
          rung.tried = rung.tried + 1
          if r.rung == i and r.accepted ~= false then rung.accepted = rung.accepted + 1 end
        end
      end
      self.rungs[#self.rungs + 1] = rung
    end
  end
  return self
end

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
@param sampler (sampler.ensemble{}) as in fit{}
@param escalate ({ sampler.importance{}, sampler.nested{} }) the next one is used when the result of one is not acceptable
@param keep (100) draws of each source in the results file
@param derived derived quantities to keep besides the free parameters; "SDSS.g-SDSS.r" is a rest-frame colour, "M(SDSS.r)" a magnitude
@param seed (seed()) the numbers of a row depend on this and the row
@param name title
@example c = catalogue{ data = observation.catalogue("sources.fits"), model = galaxy{}, free = { age = prior.loguniform(1e8, 1e10) } }
@example c:run{ out = "sources.h5", threads = 8 }]])
doc.text("catalogue.is", M.is, "catalogue.is(x) -> boolean\nWhether x is a catalogue.")
require "galua.own_methods"("catalogue", catalogue)
require "galua.catalogue.report"(M)
return M
