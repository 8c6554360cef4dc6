-- One plan for the sources of a catalogue: whatever bands they lack, wherever their redshifts are; made once, and never wrong.
local galua = require "galua"
local core = require "galua.core"
local test = galua.test
local family = require "galua.catalogue.family"

local T = galua.ssp.synthetic()
local bands = galua.filters("SDSS.ugriz", "2MASS.JHKs")
local g = galua.galaxy{ ssp = T, sfh = galua.sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = galua.attenuation.calzetti{ A_V = 0.6 }, age = 3e9 }

-- sources at redshifts 0.1 .. 0.4, one of three bands missing in each; further: a band that no other has
local function sources(n, further)
  local list = {}
  for i = 1, n do
    g.redshift = 0.1 + 0.3 * (i - 1) / (n - 1)
    local o = galua.observation.new{ name = "s" .. i, redshift = g.redshift }
    for k, p in ipairs(g:photometry(bands)) do
      if (i + k) % 3 ~= 0 then o:add(p.band, p.flux * (1 + 0.03 * math.sin(7 * i + k)), 0.05 * p.flux) end
    end
    list[i] = o
  end
  if further then list[further]:add("GALEX.NUV", 1e-3, 1e-3) end
  return list
end
local free = { age = galua.prior.loguniform(1e9, 5e9), ["sfh.norm"] = galua.prior.loguniform(1, 100), ["attenuation.A_V"] = galua.prior.uniform(0, 2) }
local function make(list, more)
  local o = { data = list, model = g, free = free, plan = true, seed = 2, sampler = galua.sampler.importance{ ess = 200 } }
  for k, v in pairs(more or {}) do o[k] = v end
  return galua.catalogue(o)
end

-- 40 points of the prior and the ln likelihoods of two fits there
local function compare(a, b)
  local u = galua.mat(40, a.target.ndim)
  local r = galua.random.stream(4)
  for i = 1, u.rows do
    for k = 1, u.cols do u:set(i, k, r:uniform()) end
  end
  local x = a.target:prior_transform(u)
  return x, select(2, a.target:lnprob(x)), select(2, b.target:lnprob(x))
end

test.describe("the sources of a catalogue", function()
  local list = sources(6)
  local c, whole = make(list), make(list, { plan = false })
  test.it("have their bands and redshifts in common", function()
    local f = family.of(c, c.variants[1])
    test.eq(#f.bands, 8)
    test.eq(f.n, 6)
    test.ok(f.redshift[1] < 0.1 and f.redshift[1] > 0 and f.redshift[2] > 0.4 and f.redshift[2] < 0.5)
    test.eq(family.of(whole, whole.variants[1]), nil, "without a plan there is nothing to have in common")
    local own = make(list, { model = function() return g end })
    test.eq(family.of(own, own.variants[1]), nil, "nor with a model of each")
  end)

  test.it("share a plan, which is right for each", function()
    local nodes
    for i = 1, 6 do
      local f = c:fit(i)
      f:compile()
      local p = f.target.plan
      test.ok(p.used and p.panels > 1, "a plan over redshifts")
      nodes = nodes or p.nodes
      test.eq(p.nodes, nodes)
      local x, a, b = compare(f, whole:fit(i))
      for k = 1, #a do -- |d ln L| <= sum of |pull| error/sigma; 1e-4 of fluxes, errors of 5 %
        if b[k] > -1e4 then test.ok(math.abs(a[k] - b[k]) < 2e-3 * (1 + math.sqrt(math.abs(b[k])) * 8), ("%g %g"):format(a[k], b[k])) end
      end
      local _, exact = f.target:gradient(x)
      local _, without = whole:fit(i).target:gradient(x)
      for k = 1, 5 do
        for d = 1, f.target.ndim do
          local s = without:get(k, d)
          test.ok(math.abs(exact:get(k, d) - s) <= 1e-4 * math.abs(s) + 0.05, ("slope %g %g"):format(exact:get(k, d), s))
        end
      end
    end
  end)

  test.it("share it when they are stored and read again, too", function()
    local path = os.tmpname() .. ".h5"
    local f = c:fit(2)
    f:compile()
    f:run{ progress = false }
    f:save(path)
    local again = galua.load_fit(path, { ssp = T })
    again:compile()
    local p, q = f.target.plan, again.target.plan
    test.ok(q.used and q.panels == p.panels and q.nodes == p.nodes and q.panels > 1, "the same plan, over redshifts")
    local x, a, b = compare(f, again)
    for k = 1, #a do test.eq(a[k], b[k]) end
    local s, t = f:samples(), again:samples()
    test.eq(s.n, t.n)
    test.eq(x.cols, t.x.cols)
    test.eq(#t.derived.Mstar, t.n)
    os.remove(path)
  end)

  test.it("may have a band that none of the others has", function()
    local f = c:fit(1)
    local odd = galua.fit({ data = sources(6, 3)[3], model = c:fit(3).model, free = free, plan = true, sampler = galua.sampler.importance{ ess = 200 }, seed = 1 },
      true, { some = 20, n = 6, bands = bands, redshift = { 0.05, 0.5 } })
    odd:compile()
    test.ok(odd.target.plan.used, "a plan of its own")
    test.eq(odd.target.plan.panels, nil)
    test.ok(odd.target.plan.nodes ~= f.target.plan.nodes)
  end)

  test.it("decide together whether a plan pays", function()
    -- some 6000 evaluations a source: less than a plan takes for one, more for many
    local auto = make(list, { plan = "auto" })
    local f = auto:fit(1)
    f:compile()
    test.ok(not (f.target.plan and f.target.plan.used), "six sources")
    local many = galua.fit({ data = list[1], model = f.model, free = free, sampler = f.sampler, seed = 1 }, true,
      { some = 20, n = 100, bands = bands, redshift = { 0.05, 0.5 } })
    many:compile()
    test.ok(many.target.plan.used, "a hundred")
  end)
end)

test.describe("a catalogue with a plan", function()
  test.it("makes it once for all its processes", function()
    local dir = os.tmpname()
    os.remove(dir)
    os.execute("mkdir -p " .. dir)
    local f = assert(io.open(dir .. "/c.lua", "w"))
    f:write([[
local T = ssp.synthetic()
local g = galaxy{ ssp = T, sfh = sfh.delayed{ norm = 10, tau = 1e9 }, attenuation = attenuation.calzetti{ A_V = 0.6 }, age = 3e9 }
local list = {}
for i = 1, 4 do
  g.redshift = 0.1 * i
  list[i] = observation.new{ name = "s" .. i, redshift = g.redshift }
  for k, p in ipairs(g:photometry(filters("SDSS.ugriz"))) do
    if k ~= i then list[i]:add(p.band, p.flux, 0.05 * p.flux) end
  end
end
return catalogue{ data = list, model = g, free = { age = prior.loguniform(1e9, 5e9), ["sfh.norm"] = prior.loguniform(1, 100) }, plan = true, seed = 2,
  keep = 20, sampler = sampler.importance{ ess = 200 } }]])
    f:close()
    local exe, text = core.realpath("/proc/self/exe"), {}
    for _, threads in ipairs{ 1, 3 } do
      test.eq(os.execute(("GALUA_CACHE=%s/cache%d %s --threads %d catalogue %s/c.lua --out %s/out%d.h5 > %s/log 2>&1"):format(dir, threads, exe, threads,
        dir, dir, threads, dir)), 0)
      local pipe = io.popen(("ls %s/cache%d/plans"):format(dir, threads))
      local files = 0
      for _ in pipe:lines() do files = files + 1 end
      pipe:close()
      test.eq(files, 1)
      local t = galua.observation.catalogue(("%s/out%d.fits"):format(dir, threads))
      text[#text + 1] = table.concat(t:column("age_q50"):totable(), " ") .. table.concat(t:column("lnz"):totable(), " ")
      for i = 1, 4 do test.ok(t:column("plan_nodes")[i] > 0) end
    end
    test.eq(text[1], text[2])
    os.execute("rm -rf " .. dir)
  end)
end)

test.describe("what is wrong with a source", function()
  -- states and ids of a catalogue's table
  local function states(data, more)
    local path = os.tmpname()
    os.remove(path)
    local o = { plan = false, keep = 10 }
    for k, v in pairs(more or {}) do o[k] = v end
    local c = make(data, o)
    c:run{ out = path .. ".h5", progress = false, threads = 1 }
    local t = galua.observation.catalogue(path .. ".fits")
    local state, id = table.concat(t:column("state"), " "), table.concat(t:column("id"), " ")
    os.execute("rm -rf " .. path .. "*")
    return state, id, c
  end
  local function nothing(name) return galua.observation.new{ name = name, redshift = 0.1 } end

  test.it("costs that source alone, the first one too", function()
    local list = sources(3)
    for _, at in ipairs{ 1, 3 } do
      local some = { unpack(list) }
      some[at] = nothing("empty")
      local state, id = states(some)
      test.eq(state, at == 1 and "failed converged converged" or "converged converged failed")
      test.eq(id, at == 1 and "empty s2 s3" or "s1 s2 empty")
    end
    local state = states(list, { free = function(_, row) return row == 1 and error("no free parameters") or free end })
    test.eq(state, "failed converged converged")
    local ok, why = pcall(states, { nothing("empty"), nothing("void") })
    test.ok(not ok and tostring(why):find("observation 'empty' has no band to fit", 1, true), "nothing can be done: said at once")
  end)

  test.it("widens no plan: a redshift that no model has", function()
    local list = sources(3)
    local z = family.of(make(list), make(list).variants[1]).redshift
    list[4] = galua.observation.new{ name = "unknown", redshift = 99 }
    list[4]:add("SDSS.r", 1, 0.1)
    local c = make(list)
    local f = family.of(c, c.variants[1])
    test.eq(f.redshift[1], z[1])
    test.eq(f.redshift[2], z[2])
    test.eq(#f.bands, 8)
  end)

  test.it("costs no other row of a file, and no plan", function()
    local path = os.tmpname() .. ".csv"
    for _, bad in ipairs{ 1, 3 } do
      local f = assert(io.open(path, "w"))
      f:write("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.r[mJy],SDSS.r_err[mJy]\n")
      for i = 1, 3 do f:write(("s%d,0.1,%g,0.1,2,%g\n"):format(i, i, i == bad and -3 or 0.1)) end
      f:close()
      local state, id, c = states(galua.observation.catalogue(path), { plan = "auto" })
      test.eq(state, bad == 1 and "failed converged converged" or "converged converged failed")
      test.eq(id, "s1 s2 s3")
      test.eq(#family.of(c, c.variants[1]).bands, 2)
    end
    local f = assert(io.open(path, "w"))
    f:write("id,redshift,SDSS.g[mJy],SDSS.g_err[mJy],SDSS.r[mJy],SDSS.r_err[mJy]\n")
    for i = 1, 9 do f:write(("s%d,0.1,%g,0.1,2,%g\n"):format(i, i, i % 4 == 0 and 0.1 or -3)) end
    f:close()
    local script = path .. ".lua"
    f = assert(io.open(script, "w"))
    f:write(("return catalogue{ data = observation.catalogue(%q), model = galaxy{ ssp = ssp.synthetic() }, free = { age = prior.uniform(1e9, 2e9) } }"):format(path))
    f:close()
    local pipe = io.popen(("%s catalogue %s --dry-run 2>&1"):format(core.realpath("/proc/self/exe"), script))
    local text = pipe:read("*a")
    pipe:close()
    test.ok(text:find("7 of 9 sources cannot be read:", 1, true), text)
    test.ok(text:find("and 2 more", 1, true) and text:find("SDSS.g                        2 sources", 1, true), text)
    test.eq(select(2, text:gsub("source 's%d'", "")), 5)
    os.remove(script)
    os.remove(path)
  end)
end)
