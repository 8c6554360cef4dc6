-- Results of a catalogue: FILE.h5 (draws of every source) and a table with a row per fit, from the records of its queue. They are read
-- twice: what the files look like, then the rows, a block at a time: a million sources need no more memory than a few.
local galua = require "galua"
local json = require "galua.json"
local ffi = require "ffi"

local M = { levels = { 0.025, 0.16, 0.5, 0.84, 0.975 } } -- of the quantiles in a record
local tags = { "q025", "q16", "q50", "q84", "q975" }
local BLOCK = 512 -- rows
local nan = 0 / 0
local in_table = { "chi2", "best_lnlike", "lnz", "lnz_err", "ess", "seconds", "evaluations", "plan_nodes" }
local in_arrays = { "lnz", "lnz_err", "chi2", "best_lnlike", "ess", "seconds", "evaluations", "plan_nodes", "redshift", "nbands" }

-- data of the queue -> record; record.values: its draws [quantity][draw]
local function unpack_record(data, failed)
  local cut = data:find("\0", 1, true)
  local ok, record = pcall(json.decode, cut and data:sub(1, cut - 1) or data)
  if not ok then record = { error = data } end
  if failed and not record.error then record.error = "failed" end
  if cut and record.draws then
    local n = #record.names * record.draws
    if #data - cut < 4 * n then galua.fail("catalogue: a record of %d draws has the bytes of %d", n, math.floor((#data - cut) / 4)) end
    record.values = ffi.new("float[?]", math.max(1, n))
    ffi.copy(record.values, data:sub(cut + 1), 4 * n)
  end
  return record
end

-- fn(record) for every finished job, in order; records know their row, variant and id.
function M.each(self, q, fn)
  q:each(function(job, failed, data)
    local record = unpack_record(data, failed)
    local row, v = self:job(job)
    record.row, record.variant = row, v.name
    if not record.id then
      local read, obs = pcall(function() return self.data[row] end) -- else its name is in what is wrong with it
      record.id = read and obs.name or tostring(record.error):match("source '(.-)'") or ""
    end
    fn(record)
  end)
end

-- units as the FITS standard spells them
local function fits_unit(u)
  return (u:gsub("Msun", "solMass"):gsub("Lsun", "solLum"):gsub("^1/(%a+)$", "%1-1"):gsub("micron", "um"):gsub("^A$", "Angstrom"):gsub("^%%$", ""))
end

local function state_of(r) return r.error and "failed" or r.accepted == false and "not accepted" or r.state or "" end
local function flags_of(r) return r.error or table.concat(r.flags or {}, "; ") end

-- ---------------------------------------------------------------- first reading
-- Of all records: how many, their quantities in the order met, labels, the best evidence of each source, numbers that are one a fit,
-- how far up the ladder sources went and how many were accepted there.
local function survey(self, q)
  local jobs = q:count().jobs
  local s = { n = 0, names = {}, units = {}, index = {}, labels = {}, best = {}, numbers = {}, accepted = 0, rungs = {},
    spent = { sampling = 0, derived = 0, summary = 0 } }
  for _, key in ipairs(in_arrays) do s.numbers[key] = galua.vec(jobs) end
  s.numbers.accepted = galua.vec(jobs)
  local rung = {}
  for _, v in ipairs(self.variants) do
    rung[v.name] = {}
    for i, sampler in ipairs(v.samplers) do
      rung[v.name][i] = { variant = v.name, sampler = sampler.kind, tried = 0, accepted = 0 }
      s.rungs[#s.rungs + 1] = rung[v.name][i]
    end
  end
  local width, seen = { id = 1, variant = 1, state = 1, sampler = 1, flags = 1 }, {}
  local function wide(key, text) width[key] = math.max(width[key], #text) end
  M.each(self, q, function(r)
    s.n = s.n + 1
    for i, name in ipairs(r.names or {}) do
      if not s.index[name] then s.index[name], s.names[#s.names + 1], s.units[#s.units + 1] = #s.names + 1, name, r.units[i] end
    end
    if r.lnz and r.lnz > (s.best[r.row] or -math.huge) then s.best[r.row] = r.lnz end
    for _, key in ipairs(in_arrays) do s.numbers[key][s.n] = r[key] or nan end
    s.numbers.accepted[s.n] = r.error and nan or r.accepted == false and 0 or 1
    for key in pairs(s.spent) do s.spent[key] = s.spent[key] + (r.spent and r.spent[key] or 0) end
    local good = not r.error and r.accepted ~= false
    if good then s.accepted = s.accepted + 1 end
    for i, one in ipairs(r.rung and rung[r.variant] or {}) do
      if i <= r.rung then one.tried = one.tried + 1 end
      if i == r.rung and good then one.accepted = one.accepted + 1 end
    end
    local label = (r.id ~= "" and r.id or "row " .. r.row) .. (r.variant ~= "" and "/" .. r.variant or "")
    s.labels[s.n] = seen[label] and label .. "#" .. r.row or label
    seen[label] = true
    wide("id", r.id)
    wide("variant", r.variant)
    wide("state", state_of(r))
    wide("sampler", r.sampler or "")
    wide("flags", flags_of(r))
  end)
  s.width = width
  return s
end

-- ---------------------------------------------------------------- second reading
-- The columns of the table: { name =, unit =, width = of texts, of = function(record, where) -> value }
local function columns_of(self, s)
  local columns = {}
  local function add(name, unit, of, width) columns[#columns + 1] = { name = name, unit = unit, width = width, of = of } end
  local function number(key) return function(r) return r[key] or nan end end
  add("id", "", function(r) return r.id end, s.width.id)
  add("row", "", number("row"))
  if #self.variants > 1 then
    add("variant", "", function(r) return r.variant end, s.width.variant)
    add("dlnZ", "", function(r) return r.lnz and r.lnz - s.best[r.row] or nan end)
  end
  add("redshift", "", number("redshift"))
  add("nbands", "", number("nbands"))
  add("state", "", state_of, s.width.state)
  add("sampler", "", function(r) return r.sampler or "" end, s.width.sampler)
  for _, key in ipairs(in_table) do add(key, key == "seconds" and "s" or "", number(key)) end
  add("flags", "", flags_of, s.width.flags)
  for k, name in ipairs(s.names) do
    for l, tag in ipairs(tags) do
      add((name:gsub("%.", "_")) .. "_" .. tag, fits_unit(s.units[k]), function(r, where)
        local at = where[name]
        return at and tonumber(r.quantiles[at][l]) or nan -- of a text too: JSON has no inf
      end)
    end
  end
  return columns
end

-- Opens FILE.h5 with all but the draws.
local function open_arrays(self, s, path)
  local vars, later = {}, {}
  for _, key in ipairs(in_arrays) do vars[#vars + 1] = { group = "fits", name = key, dims = { "source" }, values = s.numbers[key], doc = key } end
  vars[#vars + 1] = { group = "fits", name = "accepted", dims = { "source" }, values = s.numbers.accepted, doc = "1 accepted by its sampler, 0 not, NaN failed" }
  for k, name in ipairs(s.names) do later[k] = { group = "draws", name = name, dims = { "source", "draw" }, unit = s.units[k], width = math.max(1, self.keep) } end
  local description = { galua = galua.version, name = self.name, seed = self.seed, sources = self.n }
  return galua.tables.array_writer(path, { vars = vars, coords = { source = s.labels }, rows = s.n, later = later,
    texts = { catalogue = json.encode(description), model = json.encode(self:example(1):description()) } })
end

local function draws_of(block, name, m)
  local draws = galua.mat(#block, m)
  for i, r in ipairs(block) do
    local at, row = r.where[name], draws[i]
    for d = 1, m do row[d] = at and d <= r.draws and r.values[(at - 1) * r.draws + d - 1] or nan end
  end
  return draws
end

-- Writes both files when every record is there. Returns how many there are; sets self.fits, accepted, rungs, spent (seconds of processor time), path.
function M.write(self, q, path)
  local s = survey(self, q)
  if s.n < q:count().jobs then return s.n end
  local columns = columns_of(self, s)
  local rows = galua.tables.writer(self.table_path, columns, s.n, { GALUA = galua.version, SEED = ("%.0f"):format(self.seed) })
  local arrays = open_arrays(self, s, path)
  local block = {}
  local function flush()
    if #block == 0 then return end
    for _, c in ipairs(columns) do
      local values = {}
      for i, r in ipairs(block) do values[i] = c.of(r, r.where) end
      c.values = values
    end
    rows:rows(columns)
    for k, name in ipairs(s.names) do arrays:rows(k, draws_of(block, name, math.max(1, self.keep))) end
    block = {}
  end
  M.each(self, q, function(r)
    r.where = {}
    for k, name in ipairs(r.names or {}) do r.where[name] = k end
    block[#block + 1] = r
    if #block == BLOCK then
      flush()
      collectgarbage()
    end
  end)
  flush()
  arrays:close()
  rows:close()
  self.path, self.accepted, self.fits, self.rungs, self.spent = path, s.accepted, s.n, s.rungs, s.spent
  return s.n
end

return M
