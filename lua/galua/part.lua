-- What samplers at work have in common in scripts, whatever their class: result().
local galua = require "galua"
local core = require "galua.core"
local M = {}

-- A result: the part, what is left out, and on demand n, x, lnprior, lnlike, blobs (equally weighted draws), parameters, derived.
local result = {}
function result.__index(r, key)
  if key == "x" or key == "lnprior" or key == "lnlike" or key == "blobs" or key == "n" then
    r.x, r.lnprior, r.lnlike, r.blobs = r.sampler:draws(r.part)
    r.n = #r.lnprior
  elseif key == "parameters" or key == "derived" then
    r.parameters, r.derived = r.sampler:summary(r.part)
  elseif type(key) == "string" then
    galua.fail("a result has no '%s'%s", key, core.did_you_mean(key, { "x", "lnprior", "lnlike", "blobs", "n", "parameters", "derived", "part" }))
  end
  return rawget(r, key)
end
function result.__tostring(r)
  local lines = { ("%s: %d draws; %s"):format(r.kind, r.n, r.part.state_text) }
  for _, p in ipairs(r.parameters) do
    lines[#lines + 1] = ("  %-16s %12.5g -%.3g +%.3g %s"):format(p.name, p.median, p.median - p.q16, p.q84 - p.median, p.unit or "")
  end
  for _, line in ipairs(r.sampler.notes and r.sampler:notes(r.part) or {}) do lines[#lines + 1] = "  " .. line end
  return table.concat(lines, "\n")
end
result.__galua_show = result.__tostring

function M.is_result(x) return type(x) == "table" and getmetatable(x) == result end

local classes
-- classes of the library by name, as engines.list() describes them
function M.classes()
  if not classes then
    classes = {}
    for _, c in ipairs(galua.engines.list()) do classes[c.name] = c end
  end
  return classes
end

-- kind of a sampler at work, or nil
function M.kind(x)
  local name = core.class_name(x)
  return name and M.classes()[name] and name or nil
end

-- the sampler.KIND{} that reads a part's draws
function M.reader(kind, discard)
  return galua.sampler[kind](galua.sampler.takes(kind, "discard") and { discard = discard or 0 } or {})
end

-- engine:result{ discard = }
function M.result(self, given)
  local kind = M.kind(self)
  local o = galua.options(kind .. ":result", given, galua.sampler.takes(kind, "discard") and { discard = 0 } or {})
  local s = M.reader(kind, o.discard)
  if not s:ready(self) then galua.fail("%s:result: there are no draws yet: run it", kind) end
  return setmetatable({ part = self, kind = kind, discard = o.discard, sampler = s }, result)
end

return M
