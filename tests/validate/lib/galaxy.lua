-- The galaxy's physics on random draws: what tests/validate/galaxy.lua (whole) and tests/lua/test_physics.lua (a part) share.
--
--   local P = dofile "tests/validate/lib/galaxy.lua"
--   P.closure(case, n, seed)   -> largest |emitted / absorbed - 1| of n draws from the usual ranges of all parameters
--   P.finite(case, n, seed)    -> numbers of draws that gave a spectrum, that were refused; an error where one is wrong
local galua = require "galua"
local P = { folder = "../shared/data/dust", fritz = "../shared/data/galapy_database/AGN_templates" }

local function there(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end
P.have_templates = there(P.folder .. "/DL07_MW3.1_00.dat")
P.have_fritz = there(P.fritz .. "/ct40al0.0be-0.50ta6.0rm60ia0.001")

P.laws = { "power_law", "calzetti", "salim18", "cardelli", "smc", "lmc", "gordon16" }
P.emissions = { "casey12", "greybody" }
if P.have_templates then P.emissions = { "casey12", "greybody", "dl07", "themis" } end

local function emission(kind)
  return galua.dust[kind]((kind == "dl07" or kind == "themis") and { path = P.folder } or {})
end

-- Histories to go through in turn; a table has none of its own parameters but the scale.
function P.histories()
  local list = { galua.sfh.insitu{}, galua.sfh.constant{}, galua.sfh.delayed{}, galua.sfh.lognormal{}, galua.sfh.dpl{},
    galua.sfh.table{ t = { 0, 1e8, 3e9, 1.4e10 }, psi = { 0, 20, 5, 0.1 } } }
  for _, kind in ipairs{ "exponential", "periodic", "continuity", "flexible", "psb", "dirichlet", "stochastic" } do
    if galua.sfh[kind] then list[#list + 1] = galua.sfh[kind]{} end
  end
  return list
end

-- Cases: a name and what to give to galaxy{} besides history and table. `none` takes the dust out of the way of the sources.
function P.cases()
  local list = { { name = "ism.two_phase", with = {}, none = { ["ism.norm_MC"] = 0, ["ism.norm_DD"] = 0 } } }
  local function add(name, with, none) list[#list + 1] = { name = name, with = with, none = none } end
  local screen = { ["attenuation.A_V"] = 0, ["attenuation.A_V_birth"] = 0 }
  for _, law in ipairs(P.laws) do
    for _, kind in ipairs(P.emissions) do
      add(law .. " + " .. kind, { attenuation = galua.attenuation[law]{}, dust = emission(kind) }, screen)
    end
  end
  local phases = list[1].none
  add("two_phase + greybody", { ism = galua.ism.two_phase{}, dust = galua.dust.greybody{} }, phases)
  add("two_phase + hii", { nebular = galua.nebular.hii{} }, phases)
  add("salim18 + casey12 + hii", { attenuation = galua.attenuation.salim18{}, nebular = galua.nebular.hii{} }, screen)
  add("two_phase + embedded", { agn = galua.agn.embedded{} }, phases)
  add("calzetti + casey12 + embedded", { attenuation = galua.attenuation.calzetti{}, agn = galua.agn.embedded{} }, screen)
  add("two_phase + hii + embedded", { nebular = galua.nebular.hii{}, agn = galua.agn.embedded{} }, phases)
  return list
end

-- Each component alone, then together.
function P.alone()
  local list = { { name = "stars alone", with = { ism = false } } }
  local function add(name, with) list[#list + 1] = { name = name, with = with } end
  add("ism.two_phase", {})
  for _, law in ipairs(P.laws) do add("attenuation." .. law, { attenuation = galua.attenuation[law]{} }) end
  for _, kind in ipairs(P.emissions) do add("dust." .. kind, { attenuation = galua.attenuation.calzetti{}, dust = emission(kind) }) end
  add("nebular.hii", { ism = false, nebular = galua.nebular.hii{} })
  add("nebular.freefree", { ism = false, nebular = galua.nebular.freefree{} })
  add("synchrotron.supernova", { ism = false, synchrotron = galua.synchrotron.supernova{} })
  add("xrb.fragos13", { ism = false, xrb = galua.xrb.fragos13{} })
  add("agn.torus", { agn = galua.agn.torus{} })
  add("agn.embedded", { agn = galua.agn.embedded{} })
  if P.have_fritz then add("agn.fritz", { agn = galua.agn.fritz{ path = P.fritz } }) end
  add("igm.inoue14", { ism = false, igm = galua.igm.inoue14{} })
  add("all, torus", { nebular = galua.nebular.hii{}, synchrotron = true, xrb = true, agn = galua.agn.torus{}, igm = true })
  add("all, embedded", { attenuation = galua.attenuation.salim18{}, nebular = galua.nebular.hii{}, synchrotron = true, xrb = true,
    agn = galua.agn.embedded{}, igm = true })
  return list
end

-- ---------------------------------------------------------------- draws
local random, exp, log, min, max = math.random, math.exp, math.log, math.min, math.max

-- One value: of the usual range, or of the widest allowed one, its ends included.
local function value(p, wide)
  local lo, hi = p.plo, p.phi
  if wide then lo, hi = p.lo, p.hi end
  if not (hi > lo) then return p.value end
  local u = random()
  if wide and random() < 0.1 then return random() < 0.5 and lo or hi end
  if p.log or (wide and lo > 0 and hi / lo > 1e3) then
    local from = lo > 0 and lo or hi * 1e-9
    return min(max(from * exp(u * log(hi / from)), lo), hi)
  end
  return lo + u * (hi - lo)
end

local ageof = {}
function P.draw(g, wide)
  local values, z = {}, wide and 12 * random() ^ 2 or 8 * random()
  z = max(z, 1e-4)
  local key = math.floor(z * 50) -- the age of the Universe, on the safe side
  ageof[key] = ageof[key] or g.cosmology:age((key + 1) / 50)
  for _, p in ipairs(g:params()) do
    if p.name ~= "distance" and p.name ~= "sfh.tau_quench" then values[p.name] = value(p, wide) end
  end
  values.redshift = z
  values.age = min(exp(log(1e5) + random() * log(ageof[key] / 1e5)), ageof[key])
  if random() < 0.2 then values["sfh.tau_quench"] = 10 ^ (5 + 5.5 * random()) else values["sfh.tau_quench"] = 1e20 end
  local a, b = values["nebular.f_esc"], values["nebular.f_dust"]
  if a and b and a + b > 1 then values["nebular.f_esc"], values["nebular.f_dust"] = a / (a + b) * 0.999, b / (a + b) * 0.999 end
  return values
end

local function make(case, sfh, ssp)
  local o = { sfh = sfh, ssp = ssp, clamp = true }
  for k, v in pairs(case.with) do o[k] = v end
  return galua.galaxy(o)
end

local weights = {}
function P.weights(g)
  local w = g:wave()
  local t = weights[#w]
  if not t then
    t = galua.vec(#w)
    for k = 1, #w do t[k] = 0.5 * ((w[k + 1 <= #w and k + 1 or k]) - w[k > 1 and k - 1 or 1]) end
    weights[#w] = t
  end
  return t
end

local function describe(values)
  local out = {}
  for k, v in pairs(values) do out[#out + 1] = ("[%q]=%.17g"):format(k, v) end
  table.sort(out)
  return table.concat(out, ",")
end

-- spectra that are light from the dust itself
local from_dust = { MC = true, DD = true, warm = true, dust = true }

-- Power taken from stars, gas and nucleus by dust against the power that dust emits. What the sources emit before dust is that of the
-- same galaxy without optical depth.
function P.closure(case, n, seed, ssp)
  math.randomseed(seed)
  local histories, worst, count, refused = P.histories(), 0, 0, 0
  for i, sfh in ipairs(histories) do
    local g = make(case, sfh, ssp)
    local sources = {}
    for _, name in ipairs(g:spectra()) do
      if name == "nebular" or (name == "AGN" and case.name:find("embedded")) then sources[#sources + 1] = name end
    end
    local bare = #sources > 0 and g:copy() or nil
    local tw = P.weights(g)
    for _ = 1, math.ceil(n / #histories) do
      local values = P.draw(g)
      local ok, err = pcall(function()
        g:set(values)
        local stars, lost, emitted = tw:dot(g:lum("stellar")), 0, 0
        local scale = stars
        for _, name in ipairs(g:spectra()) do
          if from_dust[name] then emitted = emitted + tw:dot(g:lum(name)) end
        end
        if bare then
          bare:set(values)
          bare:set(case.none)
          lost = bare:derived_values().Ldust + tw:dot(bare:lum("extinct")) - tw:dot(g:lum("extinct"))
          for _, name in ipairs(sources) do
            local before = tw:dot(bare:lum(name))
            lost = lost + before - tw:dot(g:lum(name))
            scale = scale + before
          end
        else
          lost = stars - tw:dot(g:lum("extinct"))
        end
        local off = math.abs(emitted - lost)
        -- differences of totals that are nearly equal are rounding; so are galaxies that have not begun to shine
        if lost > 1e-6 * scale + 1e-2 then worst = max(worst, off / lost) end
        if not (off <= 1e-12 * scale + 1e-8 + 1e-6 * math.abs(lost)) then
          galua.fail("%s: absorbed %.9g, emitted %.9g Lsun at {%s}", case.name, lost, emitted, describe(values))
        end
        local formed = g:derived_values().Mformed
        if not (formed >= 0) then galua.fail("%s: Mformed = %g", case.name, formed) end
      end)
      count = count + 1
      if not ok then
        if not tostring(err):find("no dust temperature") then error(err, 0) end
        refused = refused + 1
      end
    end
  end
  return worst, count, refused
end

-- Every spectrum finite and not negative, every quantity a number, from the widest ranges.
function P.finite(case, n, seed, ssp)
  math.randomseed(seed)
  local histories, count, refused = P.histories(), 0, 0
  for _, sfh in ipairs(histories) do
    local g = make(case, sfh, ssp)
    local spectra, info = g:spectra(), g:derived_info()
    for _ = 1, math.ceil(n / #histories) do
      local values = P.draw(g, true)
      local ok, err = pcall(function()
        g:set(values)
        for _, name in ipairs(spectra) do
          local l = g:lum(name)
          if not (l:min() >= 0 and l:max() < math.huge and l:sum() == l:sum()) then
            galua.fail("%s: spectrum '%s' has values %g .. %g (sum %g) at {%s}", case.name, name, l:min(), l:max(), l:sum(),
              describe(values))
          end
        end
        local f = g:flux()
        if not (f:min() >= 0 and f:sum() < math.huge) then galua.fail("%s: flux %g, sum %g at {%s}", case.name, f:min(), f:sum(), describe(values)) end
        local d = g:derived_values()
        for _, q in ipairs(info) do
          local v = d[q.name]
          if v ~= v or v == -math.huge then galua.fail("%s: %s = %g at {%s}", case.name, q.name, v, describe(values)) end
        end
      end)
      count = count + 1
      if not ok then
        if not tostring(err):find("no dust temperature") then error(err, 0) end
        refused = refused + 1
      end
    end
  end
  return count, refused
end

return P
