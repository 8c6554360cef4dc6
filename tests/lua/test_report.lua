-- fit:report: one page that stands alone, with what the fit says.
local test = require "galua.test"
local disc = dofile("tests/lua/disc.lua")("SDSS.griz", "2MASS")
local bands, truth, data = disc.bands, disc.truth, disc.data(nil, "mock <1> & co")
local function make(s) return disc.fit{ data = data, sampler = s } end
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
    test.ok(page:find(disc.table.hash, 1, true))
    test.ok(page:find("chain shorter than 50 tau", 1, true)) -- flags are shown
    test.ok(#page < 2e6, #page)
    -- says what it says of itself, and what a pointer is told and can hide
    for _, line in ipairs(f:verdict()) do
      test.ok(page:find(("<tr><td>%s</td>"):format(line.question), 1, true), line.question)
      test.ok(page:find(line.answer:gsub("[<>&]", { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;" }), 1, true), line.answer)
    end
    local r = f:residuals()[3]
    local told = ("<title>%s: %.4g ± %.2g mJy, model %.4g mJy, pull %.2fσ</title>"):format(r.band, r.flux, r.sigma, r.model, r.pull)
    test.ok(page:find(told, 1, true), told)
    for _, label in ipairs{ "data", "model", "model in bands", "stars, attenuated", "68%" } do
      test.ok(page:find(('<g data-label="%s">'):format(label), 1, true), label)
    end
    -- scripts of the page alone may run, and nothing be loaded
    local nonce = page:match("default%-src 'none'; style%-src 'unsafe%-inline'; img%-src data:; script%-src 'nonce%-(%x+)'")
    test.eq(count(page, '<script nonce="' .. nonce .. '">'), 1)
    test.eq(count(page, "<script"), 1)
    -- quantities that the data say nothing of are not among the results
    local results = page:match("<summary>Derived quantities</summary>(.-)</details>")
    local t = require("galua.fit.ties").of(f)
    test.ok(next(t.derived))
    for name in pairs(t.derived) do test.ok(not results:find(("<td>%s</td>"):format(name), 1, true), name) end
    test.ok(results:find("<td>Mstar</td>", 1, true))
    test.ok(page:find("\\begin{tabular}", 1, true))
    test.ok(page:find("@article{BruzualCharlot2003", 1, true) or page:find("BibTeX", 1, true))
  end)

  test.it("of a fit that is right says yes, of one that is wrong says where", function()
    local good = make(sampler.importance{}):run{ progress = false }
    local answers = {}
    for _, line in ipairs(good:verdict()) do answers[line.question] = line end
    test.eq(answers["Converged?"].good, true)
    test.eq(answers["Which band is farthest off?"].good, true)
    test.ok(answers["Which band is farthest off?"].answer:find("^none by more than 3 sigma; "))
    test.eq(answers["Does the model describe the data?"].good, true)
    test.ok(answers["Does the model describe the data?"].answer:find("^yes: a share of 0%.9")) -- data without noise: hardly any replica is closer
    local off = disc.data(function(band, f) return f * (band == bands[5].name and 2 or 1) end, "off")
    local bad = fit{ data = off, model = truth(), seed = 11, sampler = sampler.importance{}, free = { age = prior.loguniform(1e9, 1.2e10),
      ["sfh.norm"] = prior.loguniform(1, 25) } }:run{ progress = false }
    answers = {}
    for _, line in ipairs(bad:verdict()) do answers[line.question] = line end
    test.eq(answers["Does the model describe the data?"].good, false)
    test.ok(answers["Does the model describe the data?"].answer:find("the model and the data disagree", 1, true))
    test.eq(answers["Which band is farthest off?"].good, false)
    test.ok(answers["Which band is farthest off?"].answer:find(bands[5].name .. " by", 1, true))
    test.eq(answers["Do the priors decide?"].good, bad:summary():get("sfh.norm").edge == "")
  end)

  test.it("has a table for a paper", function()
    local f = make(sampler.importance{}):run{ progress = false }
    local text, s = f:latex(), f:summary()
    local r = s:get("sfh.norm")
    test.ok(text:find("sfh.norm & $", 1, true))
    local m, lo, hi = text:match("sfh%.norm & %$([%d.]+)_{%-([%d.]+)}^{%+([%d.]+)}%$ & %$M_\\odot\\,\\mathrm{yr}^{%-1}%$")
    test.close(tonumber(m), r.median, 1e-2)
    test.close(tonumber(lo), r.minus, 6e-2) -- two digits
    test.close(tonumber(hi), r.plus, 6e-2)
    local a, b, c, e = text:match("age & %$%(([%d.]+)_{%-([%d.]+)}^{%+([%d.]+)}%) \\times 10^{(%d+)}%$")
    local age = s:get("age")
    test.close(tonumber(a) * 10 ^ tonumber(e), age.median, 1e-2)
    test.close(tonumber(b) * 10 ^ tonumber(e), age.minus, 6e-2)
    test.close(tonumber(c) * 10 ^ tonumber(e), age.plus, 6e-2)
    test.eq(select(2, f:latex{ derived = { "Mstar" } }:gsub("Mstar &", "")), 1)
    test.eq(select(2, f:latex{ derived = { "Mstar" } }:gsub("SFR &", "")), 0)
    test.throws(function() f:latex{ derived = { "Mstr" } } end, "the summary has no 'Mstr'")
  end)

  test.it("of nested sampling says ln Z and has no traces", function()
    local f = make(sampler.nested{ live = 30, dlogz = 1 }):run{ progress = false }
    f:report(path, { title = "evidence", draws = 10 })
    local page = read(path)
    test.ok(page:find(("<p>ln Z = %.3f ± %.3f</p>"):format(f.engine.lnz, f.engine.lnz_err), 1, true))
    test.eq(count(page, "<svg"), 3)
    test.ok(page:find("<title>evidence</title>", 1, true))
  end)

  test.it("of a catalogue is a table to be sorted, with links", function()
    local table_file = os.tmpname() .. ".fits"
    galua.write_table(table_file, { { name = "id", unit = "", values = { "NGC <1>", "b", "c" } }, { name = "redshift", unit = "", values = { 0.01, 0.03, 0.02 } },
      { name = "state", unit = "", values = { "converged", "not accepted", "converged" } }, { name = "flags", unit = "", values = { "", "age at the lower edge", "" } },
      { name = "Mstar_q16", unit = "solMass", values = { 1e10, 2e9, 0 / 0 } }, { name = "Mstar_q50", unit = "solMass", values = { 1.5e10, 3e9, 0 / 0 } },
      { name = "Mstar_q84", unit = "solMass", values = { 2.5e10, 5e9, 0 / 0 } } }, 3, {})
    galua.catalogue.report(table_file, path, { title = "three <sources>", link = "reports/%s.html" })
    local page = read(path)
    test.ok(page:find("<h1>three &lt;sources&gt;</h1>", 1, true))
    test.ok(page:find('<a href="reports/NGC__1_.html">NGC &lt;1&gt;</a>', 1, true))
    test.ok(page:find("Mstar [solMass]</th>", 1, true))
    test.ok(page:find('data-v="1.5e+10">1.5e+10 <small>−5e+09 +1e+10</small></td>', 1, true))
    test.ok(page:find('<td class="flag text">age at the lower edge</td>', 1, true))
    test.eq(count(page, "<tr>"), 4)
    test.eq(count(page, "data%-sort"), 5 + 2) -- five columns, the script and the style
    test.throws(function() galua.catalogue.report(table_file, "x.pdf") end, "~argument 2 must be a file name ending in .html")
    test.throws(function() galua.catalogue.report(table_file, path, { link = "https://x/%s" }) end, "~link must be a file name with one %%s")
    os.remove(table_file)
    galua.write_table(table_file, { { name = "x", unit = "", values = { 1 } } }, 1, {})
    test.throws(function() galua.catalogue.report(table_file, path) end, "~not the table of a catalogue")
    os.remove(table_file)
  end)

  test.it("refuses other names and fits without samples", function()
    local ok, e = pcall(function() make(sampler.ensemble{}):report("x.pdf") end)
    test.eq(tostring(e), "fit:report: argument 1 must be a file name ending in .html, got 'x.pdf'")
    ok, e = pcall(function() make(sampler.ensemble{}):report(path) end)
    test.ok(not ok and tostring(e):find("no samples yet", 1, true))
  end)
end)
