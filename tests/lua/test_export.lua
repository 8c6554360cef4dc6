-- Fits in other programs' files: names, rows, refusals. What emcee, GetDist and astropy read in them: scripts/peers/check_*.py.
local test = require "galua.test"

local t = ssp.synthetic()
local function make(options)
  local g = galaxy{ ssp = t, sfh = sfh.delayed{ norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1 }
  local bands = filters("SDSS.griz", "2MASS")
  local o, flux = observation.new{ name = "mock", redshift = 0.1 }, g:band_flux(bands)
  for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
  local spec = { data = o, model = g, seed = 4, sampler = sampler.ensemble{ walkers = 16, steps = 60, thin = 1 },
    free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.uniform(1, 300) } }
  for k, v in pairs(options or {}) do spec[k] = v end
  return fit(spec)
end
local message = test.message
local function lines(path)
  local out = {}
  for line in io.lines(path) do out[#out + 1] = line end
  return out
end

test.describe("export", function()
  local root = os.tmpname()
  local f = make():run{ progress = false }

  test.it("writes GetDist's files: coordinates, values, derived quantities, one walker after another", function()
    f:export(root)
    local names, rows = lines(root .. ".paramnames"), lines(root .. ".txt")
    test.eq(names[1], "log10_age \\log_{10}\\,\\mathrm{age}\\,[\\mathrm{yr}]")
    test.eq(names[2]:match("^%S+"), "sfh.norm")
    test.eq(names[3]:match("^%S+"), "age*")
    local s = f:samples()
    test.eq(#rows, s.n)
    local second = {}
    for v in rows[2]:gmatch("%S+") do second[#second + 1] = tonumber(v) end
    test.eq(second[1], 1)
    test.eq(second[3], s.x:row(17)[1]) -- the second sample of the first of 16 walkers
    test.eq(-second[2], s.lnprior[17] + s.lnlike[17])
    test.eq(lines(root .. ".ranges")[1]:match("^log10_age 9 10%.07918"), "log10_age 9 10.07918")
    for _, ext in ipairs { ".paramnames", ".txt", ".ranges", ".properties.ini" } do os.remove(root .. ext) end
  end)

  test.it("goes through emcee's file and on", function()
    local path = root .. ".h5"
    f:export(path)
    local g = make():import(path)
    local x = f.engine:samples{ discard = 59 }
    g:run{ more = 1, progress = false }
    test.eq(g.engine.steps, 1)
    test.eq(g.engine.stored, 1)
    local h = make{ sampler = sampler.ensemble{ walkers = 20, steps = 10 } }
    test.ok(message(h.import, h, path):find("16 walkers in 2 parameters, this ensemble has 20 in 2", 1, true))
    local other = make{ free = { age = prior.loguniform(1e9, 1.3e10), ["sfh.norm"] = prior.uniform(1, 300) } }
    test.ok(message(other.import, other, path):find("belongs to another problem", 1, true))
    test.eq(#x, 16)
    os.remove(path)
  end)

  test.it("writes one row per source", function()
    local path = root .. ".csv"
    local second = summary_table.row(f, "other")
    second.quantities[#second.quantities + 1] = { name = "extra", unit = "K", q025 = 1, q16 = 2, median = 3, q84 = 4, q975 = 5 }
    second.lnz, second.lnz_err = -12.5, 0.25
    summary_table.write(path, { f, second })
    local rows = lines(path)
    test.eq(#rows, 3)
    local function cells(line)
      local out = {}
      for v in (line .. ","):gmatch("([^,]*),") do out[#out + 1] = v end
      return out
    end
    local head, one, two = cells(rows[1]), cells(rows[2]), cells(rows[3])
    local at = {}
    for i, name in ipairs(head) do at[name:match("^[^%[ ]+")] = i end
    test.eq(one[at.id], "mock")
    test.eq(two[at.id], "other")
    test.eq(tonumber(one[at.n_bands]), 7)
    test.close(tonumber(one[at.age_q50]), f:summary():get("age").median, 1e-12)
    test.close(tonumber(one[at.Mstar_q975]), f:summary():get("Mstar").q975, 1e-12)
    test.eq(tonumber(two[at.extra_q84]), 4)
    test.ok(one[at.extra_q84] == "" or one[at.extra_q84] == "nan")
    test.eq(tonumber(two[at.lnz]), -12.5)
    test.ok(one[at.flags]:find("not_converged", 1, true)) -- 60 steps
    os.remove(path)
    local n = make{ sampler = sampler.nested{ live = 60, dlogz = 1 }, free = { age = prior.loguniform(1e9, 1.2e10) } }
    n:run{ progress = false }
    local row = summary_table.row(n)
    test.eq(row.lnz, n.engine.lnz)
    test.ok(row.lnz_err > 0 and row.lnz_err < 1)
    test.eq(summary_table.row(f).lnz, nil)
    test.eq(message(summary_table.write, "x.txt", { f }), "x.txt: the name of a table must end in .fits, .ecsv or .csv")
    test.eq(message(f.export, f, root, "gtdist"), "fit:export: unknown format 'gtdist', did you mean 'getdist'? (known: getdist, emcee, table)")
    os.remove(root)
  end)
end)
