-- docs/parity.md lists where the parity mode differs from the default: every choice there is, and what needs no choice.
local test = require "galua.test"

local read = require("galua.core").read_file

test.describe("the list of differences", function()
  local rows = {}
  for line in read("docs/parity.md"):gmatch("[^\n]+") do
    local last = line:match("^|.*|([^|]*)|%s*$")
    if last then rows[#rows + 1] = { line, last } end
  end

  test.it("has every choice that the parity modes take", function()
    local known = {}
    for _, mode in ipairs{ "galapy", "galapy-0.6.0" } do
      for name in pairs(galaxy{ compat = mode, ssp = ssp.synthetic() }:describe().compat) do known[name] = true end
    end
    local n = 0
    for name in pairs(known) do
      n = n + 1
      local found = false
      for _, row in ipairs(rows) do found = found or row[2]:find("`" .. name .. "`", 1, true) ~= nil end
      test.ok(found, name .. " is not in the last column of docs/parity.md")
    end
    test.ok(n >= 20, n)
  end)

  test.it("names no choice that there is not", function()
    local known = 0
    for _, row in ipairs(rows) do
      for name in row[2]:gmatch("`([%l_]+)`") do
        local ok, e = pcall(galaxy, { compat = { [name] = true }, ssp = ssp.synthetic() })
        test.ok(ok, tostring(e))
        known = known + 1
      end
    end
    test.ok(known >= 20, known)
    test.throws(function() galaxy{ compat = { csp_step = true } } end, "~did you mean 'csp_steps'")
  end)

  test.it("says that radio light is never negative, also where the reference's rate of supernovae is", function()
    for _, mode in ipairs{ false, "galapy" } do
      local g = galaxy{ compat = mode or nil, sfh = sfh.insitu{}, synchrotron = true, redshift = 0.1 }
      for _, age in ipairs{ 1e7, 1e8, 1e9, 5e9, 1.2e10 } do
        for _, quench in ipairs{ 1e6, 1e7, 1e9 } do
          g.age, g.sfh.tau_quench = age, quench
          test.ok(g:lum("synchrotron"):min() >= 0, ("age %g, quenched at %g"):format(age, quench))
          test.ok(g:derived_values().R_CCSN >= 0)
        end
      end
    end
  end)

  test.it("says that limits do not underflow: ln Phi, however far above them the model is", function()
    local g = galaxy{ ssp = ssp.synthetic(), sfh = sfh.constant{ psi = 1 }, ism = false, age = 1e9, redshift = 0.1 }
    local y = g:band_flux(filters "SDSS.r")[1]
    for _, x in ipairs{ 5, 40, 1000 } do
      local o = observation{ redshift = 0.1, photometry = { { "SDSS.r", y / (x + 1), y / (x + 1), "limit" } } } -- x sigma below the model
      local f = fit{ data = o, model = g, free = { ["sfh.psi"] = prior.uniform(0.5, 1.5) }, plan = false, seed = 1 }
      local _, ll = f.target:lnprob(mat{ { 1 } })
      -- Abramowitz & Stegun 26.2.12, four terms
      local want = -x * x / 2 - math.log(x * math.sqrt(2 * math.pi)) + math.log(1 - 1 / x ^ 2 + 3 / x ^ 4 - 15 / x ^ 6 + 105 / x ^ 8)
      test.close(ll[1], want, 1e-5)
    end
  end)
end)
