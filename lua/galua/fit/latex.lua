-- The results of a fit as a table for a paper: median, errors with two digits that count, units set as units.
local galua = require "galua"
local doc = require "galua.doc"

local special = { ["\\"] = "\\textbackslash{}", ["_"] = "\\_", ["%"] = "\\%", ["&"] = "\\&", ["#"] = "\\#", ["$"] = "\\$", ["{"] = "\\{", ["}"] = "\\}",
  ["^"] = "\\textasciicircum{}", ["~"] = "\\textasciitilde{}" }
local function escape(text) return (tostring(text):gsub("[\\_%%&#$%{%}%^~]", special)) end

local units = { Msun = "M_\\odot", Lsun = "L_\\odot", A = "\\mathrm{\\AA}", micron = "\\mu\\mathrm{m}", yr = "\\mathrm{yr}" }

-- "Msun/yr" as $M_\odot\,\mathrm{yr}^{-1}$
local function unit_of(text)
  if not text or text == "" then return "" end
  local out, below = {}, false
  for sign, word in text:gmatch("([/ %*]?)%s*([^/ %*]+)") do
    if sign == "/" then below = true end
    local name, power = word:match("^(%a+)%^?([%+%-]?%d*)$")
    if word ~= "1" then
      local base = units[name or word] or "\\mathrm{" .. escape(name or word) .. "}"
      local e = tonumber(power ~= "" and power or 1) or 1
      if below then e = -e end
      out[#out + 1] = base .. (e ~= 1 and ("^{%d}"):format(e) or "")
    end
  end
  return "$" .. table.concat(out, "\\,") .. "$"
end

-- decimals that show two digits of the smaller error, at a common power of ten
local function value(r)
  local m, lo, hi = r.median, r.minus, r.plus
  for _, v in ipairs{ m, lo, hi } do if v ~= v or math.abs(v) == math.huge then return "\\ldots" end end
  local top = math.max(math.abs(m), lo, hi)
  local e = top > 0 and math.floor(math.log10(top)) or 0
  if e >= -2 and e < 4 then e = 0 end
  local scale, small = 10 ^ e, math.min(lo > 0 and lo or hi, hi > 0 and hi or lo)
  local digits = small > 0 and math.max(0, math.min(8, 1 - math.floor(math.log10(small / scale)))) or 3
  local function text(v) return ("%." .. digits .. "f"):format(v / scale) end
  local body = ("%s_{-%s}^{+%s}"):format(text(m), text(lo), text(hi))
  return e == 0 and "$" .. body .. "$" or ("$%s \\times 10^{%d}$"):format("(" .. body .. ")", e):gsub("%(%(", "(")
end

local function latex(self, given)
  local o = galua.options("fit:latex", given, { derived = ":table", caption = ":string" })
  local s = self:summary()
  local wanted = {}
  for _, name in ipairs(o.derived or { "age", "age_fraction", "z_onset", "Mstar", "SFR", "SFR100", "sSFR", "Mdust", "T_dust", "A_V", "LIR", "Lbol", "age_mw", "t50", "Zstar" }) do wanted[name] = true end
  local lines = { "\\begin{table}", "\\centering", ("\\caption{%s}"):format(escape(o.caption or ("Posterior of %s: medians, 16th and 84th percentiles."):format(
    self.name ~= "" and self.name or "the fit"))), "\\begin{tabular}{lll}", "\\hline", "quantity & value & unit \\\\", "\\hline" }
  local function put(r)
    lines[#lines + 1] = ("%s & %s & %s \\\\"):format(escape(r.name), value(r), unit_of(r.unit))
  end
  for _, r in ipairs(s.parameters) do put(r) end
  lines[#lines + 1] = "\\hline"
  local there = {}
  for _, r in ipairs(s.derived) do
    if wanted[r.name] then put(r) there[r.name] = true end
  end
  for _, name in ipairs(o.derived or {}) do -- asked for by name: an error that says why there is none
    if not there[name] then put(s:get(name)) end
  end
  for _, line in ipairs{ "\\hline", "\\end{tabular}", "\\end{table}" } do lines[#lines + 1] = line end
  return table.concat(lines, "\n") .. "\n"
end

return function(fit)
  fit.latex = latex
  doc.text("fit:latex", latex, [[fit:latex{ derived =, caption = } -> text
A LaTeX table of the results: median with 16-84 % errors to two digits, and unit, of every free parameter and of derived quantities. What no
datum depends on is not among them.
@param derived (masses, rates, dust, ages) names of derived quantities
@param caption text of the caption]])
end
