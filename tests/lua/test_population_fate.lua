-- What happens to galaxies of a population: errors of the spectra, satellites that merge and are quenched before, bulges and knots. Against limits, what is conserved, and
-- differences.
local galua = require "galua"
local test = galua.test
local vec, linspace = galua.vec, galua.linspace
local bands = galua.filters("LSST.g", "LSST.r", "LSST.i")
local N = 5

local function near(a, b, tol, what) test.ok(math.abs(a - b) <= tol, ("%s: %.12g, want %.12g"):format(what or "value", a, b)) end
local function fails(word, f, ...) test.says(test.message(f, ...), word) end
local function slope(f, h) return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h) end
local function with(more)
  local o = { logm0 = linspace(11.4, 13, N), lg_qt = linspace(0.9, 1.1, N) }
  for k, v in pairs(more or {}) do o[k] = v end
  return galua.population(o)
end
local function flux(m, b)
  local s = 0
  for i = 1, N do s = s + 10 ^ (-0.4 * m:row(b)[i]) end
  return s
end
local function weight(k, i) return math.sin(3 * k + i) end
local function loss(m)
  local s = 0
  for k = 1, m.rows do
    for i = 1, N do s = s + weight(k, i) * m:row(k)[i] end
  end
  return s
end
local g = {}
for k = 1, 3 do
  g[k] = {}
  for i = 1, N do g[k][i] = weight(k, i) end
end
local function flat(value)
  local e = {}
  for _, z in ipairs{ "z0p0", "z0p5", "z1p1" } do
    for _, c in ipairs{ "dr", "dfr", "dnr", "dur", "dgr", "dir" } do
      e[z .. "_" .. c .. "_ylo"], e[z .. "_" .. c .. "_yhi"] = c == "dr" and value or 0, c == "dr" and value or 0
    end
  end
  return e
end

test.describe("errors of the spectra", function()
  test.it("change all bands alike where they are the same everywhere", function()
    for _, z in ipairs{ 0, 0.4, 1.2 } do
      local bare, m = with():photometry(bands, z), with{ ssp_error = flat(0.37) }:photometry(bands, z)
      for b = 1, 3 do
        for i = 1, N do near(m:row(b)[i] - bare:row(b)[i], 0.37, 1e-10) end
      end
    end
  end)
  test.it("scatter by a seed", function()
    local e = flat(0)
    e.scatter, e.seed = 0.1, 7
    local a, b, bare = with{ ssp_error = e }:photometry(bands, 0.2), with{ ssp_error = e }:photometry(bands, 0.2), with():photometry(bands, 0.2)
    e.seed = 8
    local c, s = with{ ssp_error = e }:photometry(bands, 0.2), 0
    for i = 1, N do
      test.ok(a:row(2)[i] == b:row(2)[i] and a:row(2)[i] ~= c:row(2)[i])
      s = s + (a:row(2)[i] - bare:row(2)[i]) ^ 2
    end
    test.ok(s / N > 1e-4 and s / N < 0.09) -- between a third and three times its width
  end)
  test.it("have exact gradients by their parameters, masses and redshifts", function()
    for _, more in ipairs{ { ssp_error = true }, { ssp_error = { scatter = 0.05 }, z = linspace(0.2, 1.1, N), dust = { av = 0.4, delta = -0.2 } } } do
      local at = not more.z and 0.4 or nil
      local p = with(more)
      local by = p:gradient(bands, at, g)
      for _, name in ipairs{ "z0p5_dr_ylo", "z0p5_dgr_logsm0", "z0p0_dir_yhi", "z1p1_dur_yhi", "z0p0_dgr_ylo" } do
        local v = tonumber(({ z0p5_dr_ylo = -0.15, z0p5_dgr_logsm0 = 10.99, z0p0_dir_yhi = 0.27, z1p1_dur_yhi = 0.063, z0p0_dgr_ylo = -0.07 })[name])
        local want = slope(function(h) return loss(p:set{ ssp_error = { [name] = v + h } }:photometry(bands, at)) end, 1e-3)
        p:set{ ssp_error = { [name] = v } }
        near(by.ssp_error[name], want, 1e-7 * (1 + math.abs(want)), name)
      end
      local want = slope(function(h)
        local x = linspace(11.4, 13, N)
        x[3] = x[3] + h
        return loss(p:set{ logm0 = x }:photometry(bands, at))
      end, 1e-3)
      p:set{ logm0 = linspace(11.4, 13, N) }
      near(by.logm0[3], want, 1e-7 * (1 + math.abs(want)), "logm0")
      if more.z then
        want = slope(function(h)
          local z = linspace(0.2, 1.1, N)
          z[2] = z[2] + h
          return loss(with{ ssp_error = more.ssp_error, z = z, dust = more.dust }:photometry(bands))
        end, 1e-5)
        near(by.z[2], want, 1e-6 * (1 + math.abs(want)), "z")
      end
    end
  end)
  test.it("say what is wrong", function()
    fails("z0p0_dr_yl0", with, { ssp_error = { z0p0_dr_yl0 = 1 } })
    fails("must be finite", function() with{ ssp_error = { z0p0_dr_ylo = 0 / 0 } }:photometry(bands, 0.1) end)
  end)
end)

test.describe("merging", function()
  local host = { 5, 5, 0, 3, 0 }
  test.it("conserves light and mass", function()
    local bare, mb = with():photometry(bands, 0.1)
    local m, mm = with{ merging = { host = host, p = { 0.3, 1, 0, 0.6, 0 } } }:photometry(bands, 0.1)
    for b = 1, 3 do near(flux(m, b), flux(bare, b), 1e-12 * flux(bare, b)) end
    local a, c = 0, 0
    for i = 1, N do a, c = a + mb[i], c + mm[i] end
    near(a, c, 1e-12 * a)
    test.ok(m:row(2)[2] == math.huge and mm[2] == 0) -- it has gone
    near(mm[4], 0.4 * mb[4], 1e-12 * mb[4])
    local lost = with{ merging = { host = host, p = { 0.3, 1, 0, 0.6, 0 }, weights = 0 } }:photometry(bands, 0.1)
    near(lost:row(1)[5], bare:row(1)[5], 1e-12)
    local lines = galua.ssp.synthesise{ nebular = true, z = { 0.004, 0.008, 0.02 }, nage = 40 }
    local one, all = with{ ssp = lines }:lines({ "H alpha" }, 0.1), with{ ssp = lines, merging = { host = host, p = 0.5 } }:lines({ "H alpha" }, 0.1)
    near(all:row(1)[1], one:row(1)[1] / 2, 1e-12 * one:row(1)[1])
  end)
  test.it("takes the young stars of satellites that are about to", function()
    local merging = { host = host, p = { 0.3, 0.02, 0, 0.6, 0 }, rapid_quenching = true, weights = 0 }
    local m, bare = with{ merging = merging, lgfburst = -2 }:photometry(bands, 0.1), with{ lgfburst = -2 }:photometry(bands, 0.1)
    local function colour(x, i) return x:row(1)[i] - x:row(2)[i] end
    test.ok(colour(m, 1) > colour(bare, 1) + 0.01 and colour(m, 4) > colour(bare, 4) + 0.01) -- redder
    near(colour(m, 2), colour(bare, 2), 1e-5)                                               -- the step at 0.2 has a width of 0.01
    near(colour(m, 3), colour(bare, 3), 1e-7)
  end)
  test.it("has exact gradients by probabilities, infall and everything else", function()
    local fell = { host = host, t_infall = { 4, 6, 0, 7, 0 }, logm_infall = { 12.4, 11.5, 12, 11.8, 13 }, loghost_infall = { 13, 14, 12, 12.2, 13 }, p_max = 0.6, k_max = 0.3,
      rapid_quenching = true }
    for _, z in ipairs{ false, linspace(0.2, 0.8, N) } do
      local o = { merging = fell, lgfburst = -2.2, lgmet = -2.1, z = z or nil }
      local p, at = with(o), not z and 0.3 or nil
      local by = p:gradient(bands, at, g)
      for name, v in pairs{ p_max = 0.6, k_max = 0.3, t_delay_min = 12.018, t_delay_max = 2.884, host_crit = 12.286, k_k = 1.496 } do
        local want = slope(function(h) return loss(p:set{ merging = { [name] = v + h } }:photometry(bands, at)) end, 1e-4)
        p:set{ merging = { [name] = v } }
        near(by.merging[name], want, 1e-6 * (1 + math.abs(want)), name)
      end
      for _, name in ipairs{ "lgfburst", "lgmet" } do
        local v = name == "lgmet" and -2.1 or -2.2
        local want = slope(function(h) return loss(p:set{ [name] = v + h }:photometry(bands, at)) end, 1e-3)
        p:set{ [name] = v }
        local s = 0
        for i = 1, N do s = s + by[name][i] end
        near(s, want, 1e-7 * (1 + math.abs(want)), name)
      end
    end
    local function given(h, i)
      local x = { 0.3, 0.55, 0, 0.21, 0 }
      x[i] = x[i] + h
      return with{ merging = { host = host, p = x, rapid_quenching = true } }
    end
    local by = given(0, 1):gradient(bands, 0.3, g)
    for _, i in ipairs{ 1, 2, 4 } do
      near(by.p_merge[i], slope(function(h) return loss(given(h, i):photometry(bands, 0.3)) end, 1e-5), 1e-6 * (1 + math.abs(by.p_merge[i])), "p of " .. i)
    end
    local spec = { { band = 2, edges = linspace(14, 22, 9), width = 0.4 }, cuts = { { band = 1, minus = 2, at = 0.4, width = 0.3 } } }
    local gc = vec{ 1, -1, 2, 0.5, -0.3, 1, 1, -2 }
    by = given(0, 1):counts_gradient(bands, 0.3, spec, gc)
    for _, i in ipairs{ 1, 2, 4 } do
      local want = slope(function(h)
        local s, c = 0, given(h, i):counts(bands, 0.3, spec)
        for k = 1, #c do s = s + c[k] * gc[k] end
        return s
      end, 1e-5)
      near(by.p_merge[i], want, 1e-6 * (1 + math.abs(want)), "counts by p of " .. i)
    end
  end)
  test.it("says what is wrong", function()
    fails("host, the number of its host", with, { merging = { host = { 0, 1 }, p = 0.1 } })
    fails("host 9 of galaxy 2", with, { merging = { host = { 0, 9, 0, 0, 0 }, p = 0.1 } })
    fails("logm_infall", with, { merging = { host = host, t_infall = 3 } })
    fails("leave one of them out", with, { merging = { host = host, t_infall = 3, logm_infall = 11, loghost_infall = 13, p = 0.1 } })
    fails("probability 1.5", function() with{ merging = { host = host, p = 1.5 } }:photometry(bands, 0) end)
    fails("without a host", function() with{ merging = { host = { 4, 5, 0, 3, 0 }, p = 0.5 } }:photometry(bands, 0) end)
    fails("a chunk at a time", function() galua.population{ merging = { host = { 0 }, p = 0 } }:stream("a.h5", "b.h5", bands, 0.1) end)
  end)
end)

test.describe("parts of galaxies", function()
  local names = { "bulge", "disc", "knots" }
  local function all(x, k)
    local s = 0
    for j, name in ipairs(names) do
      for b = 1, 3 do
        for i = 1, N do s = s + weight(b + (k or 0) * j, i) * x[name]:row(b)[i] end
      end
    end
    for j = 1, 3 do
      for i = 1, N do s = s + weight(j, 2 * i) * math.log10(x.mass:row(j)[i]) end
    end
    return s
  end
  test.it("make up the whole, and bulges are redder", function()
    local p = with{ parts = { tcrit = linspace(4, 9, N), late = 0.05, knots = 0.15 }, lgfburst = -2 }
    local x, m, formed = p:parts(bands, 0.3), p:photometry(bands, 0.3)
    for i = 1, N do
      for b = 1, 3 do
        local s = 0
        for _, name in ipairs(names) do s = s + 10 ^ (-0.4 * x[name]:row(b)[i]) end
        near(-2.5 * math.log10(s), m:row(b)[i], 1e-10)
      end
      near(x.mass:row(1)[i] + x.mass:row(2)[i] + x.mass:row(3)[i], formed[i], 1e-9 * formed[i])
      near(x.mass:row(3)[i], 0.15 * (formed[i] - x.mass:row(1)[i]), 1e-9 * formed[i])
      test.ok(x.bulge:row(1)[i] - x.bulge:row(2)[i] > x.disc:row(1)[i] - x.disc:row(2)[i])
      test.ok(x.knots:row(1)[i] - x.knots:row(2)[i] < x.disc:row(1)[i] - x.disc:row(2)[i])
    end
  end)
  test.it("have exact gradients", function()
    for _, z in ipairs{ false, linspace(0.2, 0.8, N) } do
      local p, at = with{ parts = { tcrit = 7, early = 0.6, late = 0.1, knots = 0.12 }, z = z or nil, lgfburst = -2.4, metallicity = "mzr" }, not z and 0.3 or nil
      local gl = { mass = {} }
      for j, name in ipairs(names) do
        gl[name], gl.mass[j] = {}, {}
        for b = 1, 3 do
          gl[name][b] = {}
          for i = 1, N do gl[name][b][i] = weight(b + j, i) end
        end
        local m = p:parts(bands, at).mass:row(j)
        for i = 1, N do gl.mass[j][i] = weight(j, 2 * i) / (m[i] * math.log(10)) end
      end
      local by = p:parts_gradient(bands, at, gl)
      local function sum(v)
        local s = 0
        for i = 1, #v do s = s + v[i] end
        return s
      end
      for name, v in pairs{ tcrit = 7, early = 0.6, late = 0.1, knots = 0.12 } do
        local want = slope(function(h) return all(p:set{ parts = { [name] = v + h } }:parts(bands, at), 1) end, 1e-4)
        p:set{ parts = { [name] = v } }
        near(sum(by[name]), want, 1e-6 * (1 + math.abs(want)), name)
      end
      for name, v in pairs{ lgfburst = -2.4, lg_drop = -1.01773, indx_lo = 1 } do
        local want = slope(function(h) return all(p:set{ [name] = v + h }:parts(bands, at), 1) end, 1e-5) -- times of 10 and 90 % bend at nodes
        p:set{ [name] = v }
        near(sum(by[name]), want, 3e-6 * (1 + math.abs(want)), name)
      end
    end
  end)
  test.it("say what is wrong", function()
    fails("0 .. 1", function() with{ parts = { early = 1.2 } }:parts(bands, 0.1) end)
    fails("no error model", function() with{ ssp_error = true }:parts(bands, 0.1) end)
    fails("needs a derivative", function() with():parts_gradient(bands, 0.1, { bulge = { { 1 } } }) end)
  end)
end)

test.describe("dust of each galaxy that emits", function()
  local ir = galua.filters("LSST.g", "LSST.i", "Herschel.SPIRE.PSW")
  local grey = galua.dust.greybody{ T = 30, f_PAH = 0 }
  local function each(av, more)
    local o = { dust = { av = av, delta = -0.2 }, emission = grey, lgmet = -2.1 }
    for k, v in pairs(more or {}) do o[k] = v end
    return with(o)
  end
  test.it("is that of a screen where all have the same", function()
    local screen, own = each(0.6):photometry(ir, 0.1), each{ 0.6, 0.6, 0.6, 0.6, 0.6 }:photometry(ir, 0.1)
    for i = 1, N do
      near(own:row(3)[i], screen:row(3)[i], 0.01) -- bins of wavelength instead of the spectrum
      near(own:row(1)[i], screen:row(1)[i], 0.05)
    end
    local m = each{ 0, 0.1, 0.3, 1, 3 }:photometry(ir, 0.1)
    near(m:row(3)[1], with{ lgmet = -2.1 }:photometry(ir, 0.1):row(3)[1], 1e-10) -- nothing is absorbed, stars alone shine
    test.ok(m:row(3)[5] < m:row(3)[4] and m:row(3)[4] < m:row(3)[1] - 5)
    local aged = each(0.1, { dust = { av = 0.1, av_young = 2, delta = -0.2 } }):photometry(ir, 0.1)
    local thin = each{ 0.1, 0.1, 0.1, 0.1, 0.1 }:photometry(ir, 0.1)
    for i = 1, N do test.ok(aged:row(3)[i] < thin:row(3)[i]) end -- dust about young stars absorbs more
  end)
  test.it("has exact gradients", function()
    for _, z in ipairs{ false, linspace(0.2, 0.8, N) } do
      local av, at = { 0.2, 0.5, 0.9, 0.4, 1.4 }, not z and 0.3 or nil
      local o = { z = z or nil, merging = z and { host = { 5, 0, 0, 3, 0 }, p = 0.3 } or nil, lgfburst = -2.5 }
      local p = each(av, o)
      local by = p:gradient(ir, at, g)
      for name, v in pairs{ lgmet = -2.1, lgfburst = -2.5, delta = -0.2, lg_drop = -1.01773, logtc = 0.05 } do
        local want, s = slope(function(h) return loss(p:set{ [name] = v + h }:photometry(ir, at)) end, 1e-3), 0
        p:set{ [name] = v }
        for i = 1, N do s = s + by[name][i] end
        near(s, want, 1e-6 * (1 + math.abs(want)), name)
      end
      local want = slope(function(h)
        local x = { 0.2, 0.5, 0.9 + h, 0.4, 1.4 }
        return loss(p:set{ av = x }:photometry(ir, at))
      end, 1e-3)
      p:set{ av = av }
      near(by.av[3], want, 1e-6 * (1 + math.abs(want)), "av")
      if z then
        want = slope(function(h)
          local x = linspace(0.2, 0.8, N)
          x[2] = x[2] + h
          o.z = x
          return loss(each(av, o):photometry(ir))
        end, 1e-5)
        near(by.z[2], want, 1e-6 * (1 + math.abs(want)), "z")
      end
    end
    local p = each{ 0.2, 0.5, 0.9, 0.4, 1.4 }
    local spec = { { band = 3, edges = linspace(8, 20, 7), width = 0.6 } }
    local c, m = p:counts(ir, 0.3, spec), p:photometry(ir, 0.3)
    local want = galua.soft_histogram and galua.soft_histogram{ x = m:row(3), edges = spec[1].edges, width = 0.6 }
    for k = 1, #c do near(c[k], want[k], 1e-9) end
  end)
end)
