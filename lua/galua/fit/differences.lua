-- What the fit of a results file has otherwise than the one that is to go on with it: in words, by name.
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local call = require "galua.call"
local M = {}

local MOST = 6 -- that are named

local function literal(v)
  if v == nil then return "nothing" end
  if type(v) == "table" and v.shipped then return "a function" end
  local text = type(v) == "table" and json.encode(v) or call.literal(v)
  return #text <= 60 and text or "another of " .. #text .. " letters"
end

local function list(words)
  local n = #words
  if n <= MOST then return table.concat(words, ", ") end
  return table.concat(words, ", ", 1, MOST) .. (", and %d more"):format(n - MOST)
end

-- leaves that differ in two trees, "name.name is A there, B here", in the order of their names
local function compare(there, here, name, words)
  local code = type(there) == "table" and there.shipped and type(here) == "table" and here.shipped
  if code and here.shipped ~= there.shipped then words[#words + 1] = name .. " is another function" end
  if code then return end
  if type(there) == "table" and there.shipped or type(here) == "table" and here.shipped or type(there) ~= "table" or type(here) ~= "table" then
    if there ~= here and not (there ~= there and here ~= here) then
      words[#words + 1] = ("%s is %s there, %s here"):format(name, literal(there), literal(here))
    end
    return
  end
  local keys, seen = {}, {}
  for _, t in ipairs { there, here } do
    for k in pairs(t) do
      if not seen[k] then keys[#keys + 1] = k end
      seen[k] = true
    end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, k in ipairs(keys) do
    compare(there[k], here[k], type(k) == "number" and ("%s[%d]"):format(name, k) or name == "" and k or name .. "." .. k, words)
  end
end

-- Priors that are not those here.
function M.priors(self, path, stored)
  if type(stored) ~= "table" or type(stored.free) ~= "table" then return end
  local there, words = {}, {}
  for _, p in ipairs(stored.free) do there[p.name] = p.prior end
  local function text(description)
    local ok, p = pcall(galua.prior.from, description)
    return ok and tostring(p) or json.encode(description)
  end
  for _, p in ipairs(self.free) do
    local old = there[p[1]]
    if old == nil then words[#words + 1] = ("%s is free here only"):format(p[1])
    elseif json.encode(old) ~= json.encode(json.decode(json.encode(p[2]:describe()))) then
      words[#words + 1] = ("%s has %s there, %s here"):format(p[1], text(old), tostring(p[2]))
    end
    there[p[1]] = nil
  end
  for name in pairs(there) do words[#words + 1] = name .. " is free there only" end
  table.sort(words)
  if #words > 0 then
    galua.fail("%s: belongs to another fit (priors: %s); choose another file, or start afresh", path, table.concat(words, ", "))
  end
end

-- What differs in two trees of plain data, in words: "seed is 1 there, 2 here, ..."; "" where nothing does.
function M.between(there, here)
  local words = {}
  compare(there, json.decode(json.encode(here)), "", words)
  return list(words)
end

local parts = {}

parts["fixed values"] = function(self, stored, _, words)
  local moving = {}
  for _, p in ipairs(self.free) do moving[p[1]] = true end
  for _, name in ipairs(self.tie and self.tie.names or {}) do moving[name] = true end
  for _, p in ipairs(self.model:params()) do
    if not moving[p.name] and stored.theta[p.name] ~= nil then compare(stored.theta[p.name], p.value, p.name, words) end
  end
end

parts.model = function(_, stored, here, words) compare(stored.model, here.model, "", words) end

parts.likelihood = function(_, stored, here, words)
  for _, name in ipairs { "limits", "noise", "amplitude", "likelihood", "spec", "plan" } do compare(stored[name], here[name], name, words) end
  compare(stored.tie or {}, here.tie or {}, "tie", words)
end

-- by band, in the order of the data; then spectra and what goes with them
parts.data = function(self, stored, here, words, rows)
  local mine = self.data:rows()
  for i = 1, math.max(#rows, #mine) do
    local a, b = rows[i], mine[i]
    if not a or not b or a.band ~= b.band then
      words[#words + 1] = ("row %d is %s there, %s here"):format(i, a and a.band or "nothing", b and b.band or "nothing")
    else
      for _, field in ipairs { "flux", "err", "kind" } do compare(a[field], b[field], ("%s of %s"):format(field, a.band), words) end
    end
  end
  for _, name in ipairs { "redshift", "distance" } do compare(stored.data[name], here.data[name], name, words) end
  if type(stored.data.spectral) == "table" or here.data.spectral then compare(stored.data.spectral, here.data.spectral, "spectrum", words) end
end

-- The message of a file that was refused, with names and values in place of hashes where the description of the stored fit tells them.
function M.explain(self, text, stored, observation)
  if type(stored) ~= "table" or type(text) ~= "string" then return text end
  local here = json.decode(json.encode(self:description()))
  return (text:gsub("(%l[%l ]*): content %x+ there, %x+ here", function(part)
    local words = {}
    local ok = parts[part] and pcall(parts[part], self, stored, here, words, observation and observation:rows() or {})
    if ok and #words > 0 then return ("%s: %s"):format(part, list(words)) end
  end))
end

-- f(...) whose error, of a file of another fit, is told in names
function M.told(self, stored, observation, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  local text = type(result) == "table" and result.msg
  if type(text) == "string" and text:find("belongs to another fit", 1, true) then
    core.fail(result.code, M.explain(self, text, stored, observation))
  end
  error(result, 0)
end

return M
