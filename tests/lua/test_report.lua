-- fit:report: one page that stands alone, with what the fit says.
local test = require "galua.test"
local table_of = ssp.synthetic()
local bands = filters("SDSS.griz", "2MASS")
local function truth()
  return galaxy{ ssp = table_of, sfh = sfh.delayed{ norm = 20, tau = 1e9, Mdust = 3e7 }, age = 4e9, redshift = 0.1 }
end
local data = observation.new{ name = "mock <1> & co", redshift = 0.1 }
local flux = truth():band_flux(bands)
for i = 1, #bands do data:add(bands[i], flux[i], 0.05 * flux[i], "detection") end
local function make(s)
  return fit{ data = data, model = truth(), seed = 11, sampler = s,
    free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }
end
local function read(path)
  local f = assert(io.open(path))
  local text = f:read("*a")
  f:close()
  os.remove(path)
  return text
end
local function count(text, word)
  local _, n = text:gsub(word, "")
  return n
end

test.describe("a report", function()
  local path = os.tmpname() .. ".html"
  test.it("is one page with figures, numbers and provenance, that loads nothing", function()
    local slide = move.custom(function(x, others, rng) return { others[1][1] + 0.01 * rng:normal(), x[2] } end)
    local f = make(sampler.ensemble{ walkers = 24, steps = 60, moves = mix{ move.de(), 0.9, slide, 0.1 } }):run{ progress = false }
    f:report(path, { draws = 20 })
    local page = read(path)
    test.ok(page:find("<h1>mock &lt;1&gt; &amp; co</h1>", 1, true))
    test.eq(count(page, "<svg"), 4) -- SED, history, corner, traces
    test.eq(count(page, "No figure"), 0)
    test.eq(count(page, "src="), 0)
    test.eq(count(page, "href="), 0)
    local ids, twice = {}, 0
    for id in page:gmatch('id="([^"]+)"') do
      if ids[id] then twice = twice + 1 end
      ids[id] = true
    end
    test.eq(twice, 0)
    for id in page:gmatch("url%(#([^)]+)%)") do test.ok(ids[id], id) end
    for _, r in ipairs(f:residuals()) do
      test.ok(page:find(("<td>%s</td><td>%.5g</td>"):format(r.band, r.pivot), 1, true), r.band)
    end
    local age = f:summary():get("age")
    test.ok(page:find(("<td>age</td><td>%.4g</td>"):format(age.median), 1, true))
    test.ok(page:find("prior.loguniform(1, 300)", 1, true))
    test.ok(page:find("others[1][1] + 0.01", 1, true)) -- the source of the move
    for _, p in ipairs(f.target:fingerprint()) do test.ok(page:find(p.hash, 1, true), p.name) end
    test.ok(page:find(table_of.hash, 1, true))
    test.ok(page:find("chain shorter than 50 tau", 1, true)) -- flags are shown
  end)

  test.it("of nested sampling says ln Z and has no traces", function()
    local f = make(sampler.nested{ live = 30, dlogz = 1 }):run{ progress = false }
    f:report(path, { title = "evidence", draws = 10 })
    local page = read(path)
    test.ok(page:find(("<p>ln Z = %.3f ± %.3f</p>"):format(f.engine.lnz, f.engine.lnz_err), 1, true))
    test.eq(count(page, "<svg"), 3)
    test.ok(page:find("<title>evidence</title>", 1, true))
  end)

  test.it("refuses other names and fits without samples", function()
    local ok, e = pcall(function() make(sampler.ensemble{}):report("x.pdf") end)
    test.eq(tostring(e), "fit:report: argument 1 must be a file name ending in .html, got 'x.pdf'")
    ok, e = pcall(function() make(sampler.ensemble{}):report(path) end)
    test.ok(not ok and tostring(e):find("no samples yet", 1, true))
  end)
end)
