-- One row per source: what a catalogue keeps of each fit.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local M = {}

local quantiles = { "q025", "q16", "median", "q84", "q975" }
local suffix = { q025 = "q025", q16 = "q16", median = "q50", q84 = "q84", q975 = "q975" }

-- Plain data of one fit: { id, n_bands, chi2, ess, rhat, lnz, lnz_err, state, flags, quantities = { { name, unit, q025 ... } } }.
function M.row(f, id)
  if type(f) ~= "table" or type(f.summary) ~= "function" then galua.fail("summary_table.row: argument 1 must be a fit, got %s", type(f)) end
  local s = f:summary()
  local function evidence(key) -- samplers that have one
    local ok, v = pcall(function() return f.engine[key] end)
    return ok and v or nil
  end
  local row = { id = id or f.name, n_bands = s.nbands, chi2 = s.chi2, lnlike = s.best_lnlike, lnz = evidence "lnz",
    lnz_err = evidence "lnz_err", state = f.engine.state, quantities = {} }
  local edges, trusted = {}, true
  for part, list in ipairs { s.parameters, s.derived } do
    for _, r in ipairs(list) do
      row.quantities[#row.quantities + 1] = { name = r.name, unit = r.unit, q025 = r.q025, q16 = r.q16, median = r.median, q84 = r.q84,
        q975 = r.q975 }
      if part == 1 then
        if r.ess == r.ess then row.ess = math.min(row.ess or math.huge, r.ess) end
        if r.rhat and r.rhat == r.rhat then row.rhat = math.max(row.rhat or 0, r.rhat) end
        trusted = trusted and r.trusted
        if r.edge ~= "" then edges[#edges + 1] = r.name .. ":" .. r.edge end
      end
    end
  end
  local flags = {}
  if not trusted then flags[1] = "not_converged" end
  if #edges > 0 then flags[#flags + 1] = "edge(" .. table.concat(edges, ",") .. ")" end
  row.flags = table.concat(flags, " ")
  return row
end

-- as the FITS standard writes them
local function fits_unit(unit)
  local u = unit:gsub("Msun", "solMass"):gsub("Lsun", "solLum"):gsub("^1/([%a]+)$", "%1-1")
  return u == "A" and "Angstrom" or u
end

local fixed = { { "id" }, { "n_bands" }, { "chi2" }, { "lnlike" }, { "ess" }, { "rhat" }, { "lnz" }, { "lnz_err" }, { "state" }, { "flags" } }

-- rows: fits, or what M.row made of them
function M.write(path, rows)
  if type(path) ~= "string" then galua.fail("summary_table.write: argument 1 must be a file name, got %s", type(path)) end
  if type(rows) ~= "table" or #rows == 0 then galua.fail("summary_table.write: argument 2 must be a list of fits, at least one") end
  local columns, at, n = {}, {}, #rows
  local text = { id = true, state = true, flags = true }
  for _, c in ipairs(fixed) do
    columns[#columns + 1] = { name = c[1], unit = "", values = {} }
    at[c[1]] = columns[#columns]
  end
  for i = 1, n do
    local r = rows[i]
    if type(r) ~= "table" then galua.fail("summary_table.write: row %d is a %s, expected a fit", i, type(r)) end
    if rawget(r, "quantities") == nil then r = M.row(r) end
    for _, c in ipairs(fixed) do at[c[1]].values[i] = r[c[1]] or (text[c[1]] and "" or nil) end
    for _, q in ipairs(r.quantities) do
      for _, key in ipairs(quantiles) do
        local name = q.name .. "_" .. suffix[key]
        if not at[name] then
          at[name] = { name = name, unit = q.unit or "", values = {} }
          columns[#columns + 1] = at[name]
        end
        at[name].values[i] = q[key]
      end
    end
  end
  local fits = path:match("%.fits?$")
  for _, c in ipairs(columns) do -- nil would end a list: NaN is an empty number
    for i = 1, n do if c.values[i] == nil then c.values[i] = 0 / 0 end end
    if fits then c.unit = fits_unit(c.unit) end
  end
  galua.write_table(path, columns, n, { creator = "galua " .. galua.version })
end

doc.text("summary_table", M, "Tables with one row per source: summary_table.write(path, fits).")
doc.text("summary_table.row", M.row, [[summary_table.row(fit[, id]) -> table
What the table keeps of one fit, as plain data: quantiles of every parameter and derived quantity, n_bands, chi2 (of the detections at the
best sample), lnlike (best), ess (smallest of the parameters), rhat (largest, where there are chains), lnz, lnz_err, state, flags.]])
doc.text("summary_table.write", M.write, [[summary_table.write(path, rows)
Writes .fits, .ecsv or .csv: one row per fit (or per table of summary_table.row), columns id, n_bands, chi2, lnlike, ess, rhat, lnz, lnz_err,
state, flags ("not_converged", "edge(NAME:upper)"), then NAME_q025, _q16, _q50, _q84, _q975 with units. A quantity that a
source does not have is empty.]])
return M
