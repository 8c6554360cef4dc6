-- What the data of a fit say nothing about: free parameters that enter only as one product, parameters and derived quantities that no
-- datum depends on. Found by trying (target:ties), once for fits of the same model, priors and bands.
local json = require "galua.json"
local M = {}
local known, order, MOST = {}, {}, 64 -- those of the last models: the sources of a catalogue have some sets of bands between them

local function key(f)
  local words = { json.encode(f.model:describe()), f.model.distance > 0 and "d" or "", tostring(rawget(f, "spec")) }
  for _, p in ipairs(f.free) do words[#words + 1] = p[1] .. tostring(p[2]) end
  for _, p in ipairs(f.model:params()) do words[#words + 1] = p.name == "redshift" and "" or ("%.17g"):format(p.value) end
  for _, r in ipairs(f.data:rows()) do words[#words + 1] = r.kind .. r.filter.name end
  return table.concat(words, "|")
end

function M.of(f)
  local k = key(f)
  if not known[k] then
    known[k], order[#order + 1] = f.target:ties(), k
    if #order > MOST then known[table.remove(order, 1)] = nil end
  end
  return known[k]
end

local function power(name, p)
  local n = math.floor(p + 0.5)
  if math.abs(p - n) < 1e-3 then p = n end
  return p == 1 and name or ("%s^%.4g"):format(name, p)
end

-- Lines for who describes the fit: products, and parameters whose posterior is their prior
function M.warnings(t)
  local lines = {}
  for _, p in ipairs(t.products) do
    local a, b, r = p[1], p[2], p[3]
    if math.abs(r) < 1 - 1e-3 then a, b, r = b, a, 1 / r end
    lines[#lines + 1] = ("%s and %s enter only as %s * %s: no data tell them apart, fix one of them"):format(p[1], p[2], a, power(b, r))
  end
  local free = {}
  for name, tied in pairs(t.parameters) do if not tied then free[#free + 1] = name end end
  table.sort(free)
  if #free > 0 then lines[#lines + 1] = ("no datum depends on %s: the posterior is the prior"):format(table.concat(free, ", ")) end
  return lines
end

-- Splits rows of derived quantities: results, and a line on those that are none
function M.split(t, rows)
  local results, none, fixed = {}, {}, {}
  for _, r in ipairs(rows) do
    local why = t.derived[r.name]
    if why == nil then results[#results + 1] = r
    elseif why == "fixed" then fixed[#fixed + 1] = r.name
    else none[#none + 1] = r.name end
  end
  local line
  if #none > 0 then line = ("no results, as no datum depends on them: %s"):format(table.concat(none, ", ")) end
  return results, line, none, fixed
end

return M
