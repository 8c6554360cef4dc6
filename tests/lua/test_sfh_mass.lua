-- sfh.NAME{ mass = }: the mass formed as a parameter of any history; sfh.burst: a simple stellar population.
local test = require "galua.test"
local table_of = ssp.synthetic()

local function near(a, b, tolerance, what)
  if not (math.abs(a - b) <= tolerance * math.abs(b)) then error(("%s: %.15g, expected %.15g"):format(what or "value", a, b), 2) end
end

local function make(h, more)
  local o = { ssp = table_of, sfh = h, age = 3e9, redshift = 0.1 }
  for k, v in pairs(more or {}) do o[k] = v end
  return galaxy(o)
end

local function histories(more)
  local list = {}
  for name, o in pairs{ insitu = {}, constant = {}, delayed = {}, lognormal = {}, dpl = {}, exponential = {}, periodic = {},
    table = { t = { 0, 1e9, 2e10 }, psi = { 1, 3, 2 } } } do
    o.mass = 3e10
    for k, v in pairs(more or {}) do o[k] = v end
    list[#list + 1] = sfh[name](o)
  end
  local o = { params = { t0 = { 1e9 } }, function(t, p) return math.exp(-t / p.t0) end, mass = 3e10 }
  for k, v in pairs(more or {}) do o[k] = v end
  list[#list + 1] = sfh.custom(o)
  return list
end

test.describe("the mass formed as a parameter", function()
  test.it("is what any history forms, at any age, quenched or not, with a burst on top or not", function()
    for _, more in ipairs{ {}, { tau_quench = 7e8 }, { burst = "exponential", f_burst = 0.3 } } do
      for _, h in ipairs(histories(more)) do
        local g = make(h)
        for _, age in ipairs{ 2e8, 3e9, 1.2e10 } do
          g.age = age
          for _, mass in ipairs{ 1e7, 3e10, 5e12 } do
            g.sfh.mass = mass
            near(g:derived().Mformed, mass, 1e-12, tostring(h))
          end
        end
      end
    end
  end)

  test.it("gives the history of the normalisation that forms it", function()
    local g = make(sfh.insitu{ psi_max = 80, tau_star = 5e8 })
    local same = make(sfh.insitu{ mass = g:derived().Mformed, tau_star = 5e8 })
    for name, v in pairs(g:derived()) do
      if type(v) == "number" and v ~= 0 then near(same:derived()[name], v, 1e-10, name) end
    end
    g = make(sfh.delayed{ norm = 8, tau = 5e8, k = 2 })
    same = make(sfh.delayed{ mass = g:derived().Mformed, tau = 5e8, k = 2 })
    near(same:derived().SFR, g:derived().SFR, 1e-12)
    near(same:lum("stellar")[400], g:lum("stellar")[400], 1e-12)
    same.sfh.mass = 0
    test.eq(same:derived().Lstar, 0)
  end)

  test.it("has the distribution of its prior", function()
    local g = make(sfh.dpl{ mass = 1e10 })
    local o = observation.new{ name = "x", redshift = 0.1 }
    o:add(filters("SDSS.r")[1], 1, 0.1)
    local f = fit{ data = o, model = g, free = { ["sfh.mass"] = prior.loguniform(1e8, 1e12), ["sfh.tau"] = prior.loguniform(1e8, 1e10),
      age = prior.loguniform(1e8, 1.2e10), ["sfh.alpha"] = prior.loguniform(0.1, 100) } }
    local state, x, n = 7, {}, 400
    for i = 1, n do
      local u = {}
      for k = 1, #f.free do
        state = (state * 16807) % 2147483647
        u[k] = state / 2147483647
      end
      f.target:values(f.target:prior_transform(mat{ u }):row(1), g)
      x[i] = (math.log10(g:derived().Mformed) - 8) / 4
    end
    table.sort(x)
    local d = 0
    for i = 1, n do d = math.max(d, math.abs(x[i] - (i - 0.5) / n)) end
    if d * math.sqrt(n) > 1.63 then error("Kolmogorov-Smirnov distance " .. d) end -- 1 per cent
  end)

  test.it("comes back from a description, and is not asked for beside a normalisation", function()
    local g = make(sfh.constant{ mass = 5e9 })
    local again = galua.galaxy_from(g:describe(), table_of)
    test.eq(again.sfh.mass ~= nil, true)
    local ok, why = pcall(sfh.constant, { mass = 1e9, psi = 3 })
    test.eq(ok, false)
    if not tostring(why):find("psi") then error(why) end
    ok, why = pcall(sfh.custom, { params = { mass = { 1 } }, mass = 1e9, function() return 1 end })
    test.eq(ok, false)
  end)
end)

test.describe("a single burst", function()
  test.it("is its simple stellar population", function()
    for i, age in ipairs(table_of.age:totable()) do
      if i % 9 == 0 and age >= 1e6 and age < 1.2e10 then
        local z = table_of.z[3]
        local g = make(sfh.burst{ mass = 2e9, Z = z }, { dust = false, age = age })
        local s, w = table_of:spectrum(age, z), table_of.wave
        local wave, lum = g:wave():totable(), g:lum("stellar"):totable()
        local at = {}
        for k = 1, #wave do at[wave[k]] = lum[k] end
        local seen = 0
        for k = 1, #w do
          if at[w[k]] and s[k] > 0 and w[k] < 2.4e4 then
            near(at[w[k]], 2e9 * s[k], 1e-10, "L at " .. w[k])
            seen = seen + 1
          end
        end
        if seen < 100 then error("only " .. seen .. " wavelengths compared") end
        local d = g:derived()
        near(d.Mformed, 2e9, 1e-13)
        near(d.age_mw, age, 1e-12)
        near(d.t50, age, 1e-12)
        test.eq(d.SFR, 0)
      end
    end
  end)

  test.it("between two ages of the table is linear in ln(age)", function()
    local a, b = table_of.age[60], table_of.age[61]
    local function v(age) return make(sfh.burst{ mass = 1 }, { dust = false, age = age }):lum("stellar")[500] end
    near(v(math.sqrt(a * b)), 0.5 * (v(a) + v(b)), 1e-10)
  end)
end)
