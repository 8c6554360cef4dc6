-- What the sources of a catalogue have in common: their bands, and their redshifts where these are fixed. One plan (galua.fit.plan) then does for
-- all of them, whatever bands a source lacks; it is made once, before the work is shared out.
local galua = require "galua"
local plans = require "galua.fit.plan"
local pick = require "galua.pick"
local M = {}

local LOOK = 20000 -- sources that are looked at, of more; one with a band that none of these has makes a plan of its own
local ROOM = 0.02 -- beyond the redshifts that were met, of 1 + z

-- bands that are used, in the order met, and the least and largest redshift that a model may have: 99 for one that is not known is of no source
-- that is fitted
local function common(data, n, model)
  local least, most
  for _, p in ipairs(model:params()) do
    if p.name == "redshift" then least, most = p.lo, p.hi end
  end
  local bands, seen, lo, hi = {}, {}, math.huge, -math.huge
  for _, i in ipairs(pick(n, LOOK)) do
    local read, obs = pcall(function() return data[i] end) -- what is wrong with it the source says when its turn comes
    for _, r in ipairs(read and obs:rows() or {}) do
      if not seen[r.band] and r.kind ~= "ignored" then seen[r.band], bands[#bands + 1] = true, r.filter end
    end
    local z = read and not obs.blank_redshift and obs.redshift
    if z and z >= least and z <= most then lo, hi = math.min(lo, z), math.max(hi, z) end
  end
  return bands, lo, hi
end

-- { n = sources, bands =, redshift = { lo, hi } } of a variant, or nil: each of its sources is on its own
function M.of(self, v)
  if v.family ~= nil then return v.family or nil end
  v.family = false
  if type(v.model) == "function" or type(v.free) == "function" or v.plan == false or self.n < 2 then return nil end
  if not self.common then self.common = { common(self.data, self.n, v.model) } end
  local bands, lo, hi = unpack(self.common)
  if #bands == 0 then return nil end
  local z = { 0, 0 }
  if not v.free.redshift and lo < hi then z = { math.max(0, lo - ROOM * (1 + lo)), hi + ROOM * (1 + hi) } end
  v.family = { n = self.n, bands = bands, redshift = z }
  return v.family
end

-- Makes the plans of all variants, for processes that are forked from this one.
function M.prepare(self)
  for k, v in ipairs(self.variants) do
    if M.of(self, v) then
      local ok, f = pcall(self.example, self, k)
      if ok then pcall(plans.compile, f, true) end -- what is wrong the source says when its turn comes
    end
  end
end

-- Text for the identity of the catalogue: results depend on it.
function M.text(self)
  local words = {}
  for k, v in ipairs(self.variants) do
    local f = M.of(self, v)
    words[k] = f and ("bands %d, redshift %.17g %.17g"):format(#f.bands, f.redshift[1], f.redshift[2]) or "each its own"
  end
  return "plan: " .. table.concat(words, "; ")
end

return M
