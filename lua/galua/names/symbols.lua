-- Parameters and quantities as figures set them: "sfh.tau_star" as tau with an index, "Msun/yr" as a product of powers.
local escape = require("galua.plot.text").escape
local M = {}

-- What the rules below would not set as papers do
local known = { Mstar = "M_{*}", Mformed = "M_{formed}", SFR = "SFR", SFR10 = "SFR_{10}", SFR100 = "SFR_{100}", sSFR = "sSFR", sSFR10 = "sSFR_{10}",
  Mdust = "M_{dust}", Mdust_em = "M_{dust,em}", Mgas = "M_{gas}", Zgas = "Z_{gas}", Zstar = "Z_{*}", Zstar_lw = "Z_{*,lw}", Rdust = "R_{dust}", Lbol = "L_{bol}",
  Lstar = "L_{*}", Ldust = "L_{dust}", LIR = "L_{IR}", L_1400MHz = "L_{1.4 GHz}", L_Halpha = "L_{H\\alpha}", L_Hbeta = "L_{H\\beta}", L_Lyalpha = "L_{Ly\\alpha}", L_Paalpha = "L_{Pa\\alpha}", beta_UV0 = "\\beta_{UV,0}",
  age_mw = "age_{mw}", age_lw = "age_{lw}", QH = "Q_{H}", xi_ion = "\\xi_{ion}",
  T_dust = "T_{dust}", t50 = "t_{50}", t90 = "t_{90}", age_fraction = "age/t_{U}", z_onset = "z_{onset}", t_universe = "t_{U}", redshift = "z", distance = "D_{L}",
  D_L = "D_{L}", logU = "log U", ln_scale = "ln scale", mass = "M_{formed}", norm = "norm", beta0 = "\\beta_{0}", mu = "\\mu" }
local greek = {}
for name in ("alpha beta gamma delta epsilon eta theta kappa lambda nu xi rho sigma tau phi chi psi omega"):gmatch("%a+") do greek[name] = "\\" .. name end
local starred = { star = "*" }

-- markup of a parameter's or quantity's name, without its group
function M.name(name)
  local last = tostring(name):match("[^.]+$") or tostring(name)
  if known[last] then return known[last] end
  if greek[last] then return greek[last] end
  local base, index = last:match("^(%a+)_([%w_]+)$")
  if not base then base, index = last:match("^([rxz])(%d+)$") end
  if base and (#base == 1 or greek[base]) then -- A_V, f_MC, tau_star, r1; words with underscores stay words
    index = index:gsub("_", ","):gsub("^(%u%l?[IV]+)(%d%d%d+)$", "%1 %2") -- NII6584
    return (greek[base] or base) .. "_{" .. (starred[index] or index) .. "}"
  end
  return escape(last)
end

-- ... with the group before it where two of `names` share the rest
function M.names(names)
  local seen, out = {}, {}
  for i, name in ipairs(names) do
    out[i] = M.name(name)
    seen[out[i]] = (seen[out[i]] or 0) + 1
  end
  for i, name in ipairs(names) do
    local group = name:match("^(.+)%.[^.]+$")
    if seen[out[i]] > 1 and group then out[i] = escape(group) .. " " .. out[i] end
  end
  return out
end

local words = { Msun = "M_{\\odot}", Lsun = "L_{\\odot}", Zsun = "Z_{\\odot}", A = "\\AA", Angstrom = "\\AA", micron = "\\um", um = "\\um", deg = "\\deg", solMass = "M_{\\odot}", solLum = "L_{\\odot}" }

-- markup of a unit, "Msun/yr" or "erg/s/cm^2": a product of powers; nil of none
function M.unit(text)
  if not text or text == "" then return nil end
  local out, below = {}, false
  for sign, word in text:gmatch("([/ %*]?)%s*([^/ %*]+)") do
    if sign == "/" then below = true end
    local name, power = word:match("^(%a+)%^?([%+%-]?%d*)$")
    if not name and word ~= "1" then return escape(text) end -- not of that form: as it is
    if word ~= "1" then
      local e = tonumber(power ~= "" and power or 1)
      if below then e = -e end
      out[#out + 1] = (words[name] or name) .. (e ~= 1 and ("^{%d}"):format(e):gsub("%-", "−") or "")
    end
  end
  return #out > 0 and table.concat(out, " ") or nil
end

-- "name [unit]"
function M.label(name, unit)
  unit = M.unit(unit)
  return M.name(name) .. (unit and " [" .. unit .. "]" or "")
end

return M
