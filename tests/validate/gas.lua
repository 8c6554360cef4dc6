-- Lines of nebular.cloudy: Halpha per ionising photon of each table of stars, Halpha per star formation rate beside Kennicutt & Evans (2012), and the
-- [NII]-BPT diagram: below the line of Kewley et al. (2001) at every ionisation parameter, and on the sequence of star-forming galaxies along two
-- observed relations of log U and metallicity.
-- usage: galua tests/validate/gas.lua [--figure FILE.png]
local G = dofile "tests/validate/lib/gas.lua"
local bad = 0
local function row(what, value, limit, ok, more)
  if not ok then bad = bad + 1 end
  print(("  %-46s %s  allowed %s  %s%s"):format(what, value, limit, ok and "ok" or "EXCEEDED", more and "  (" .. more .. ")" or ""))
end

print "Halpha per ionising photon over 1.37e-12 erg; Halpha per star formation rate, 100 Myr of constant rate [erg/s per Msun/yr]"
for _, name in ipairs { "bc03", "synthesised" } do
  for _, Z in ipairs { 0.004, 0.008, 0.014, 0.02 } do
    local worst, d = 0, nil
    for u = -3.5, -2, 0.5 do
      d = G.model(name, Z, u):derived()
      worst = math.max(worst, math.abs(d.L_Halpha * 3.828e33 / (d.Q_H * 1.37e-12) - 1))
    end
    row(("%s, Z %g"):format(name, Z), ("%.1e"):format(worst), "5e-02", worst <= 0.05,
      ("Halpha/SFR %.2e; 1.86e41 in Kennicutt & Evans 2012"):format(d.L_Halpha * 3.828e33 / d.SFR))
  end
end

print "[NII]/Halpha and [OIII]/Hbeta"
local least, at = math.huge, nil
for _, Z in ipairs(G.metals) do
  for u = -3.5, -2, 0.125 do
    local x, y = G.bpt("bc03", Z, u)
    local margin = x < 0.47 and G.kewley01(x) - y or -1
    if margin < least then least, at = margin, ("Z %g, log U %g"):format(Z, u) end
  end
end
row("below Kewley et al. 2001 by at least", ("%.2f dex"):format(least), "0", least > 0, at)
for _, relation in ipairs(G.relations) do
  local most, grid, at = 0, 0, nil
  for _, Z in ipairs(G.metals) do
    local u = G.logU(Z, relation)
    local x, y = G.bpt("bc03", Z, u)
    if G.distance(x, y) > most then most, at = G.distance(x, y), ("Z %g, log U %.2f: %.2f, %.2f"):format(Z, u, x, y) end
    grid = math.max(grid, G.distance(G.bpt("bc03", Z, u, "grid")))
  end
  row("from the sequence, log U of " .. relation, ("%.2f dex"):format(most), "0.20", most <= 0.2, at .. ("; %.2f with the N/O of the models"):format(grid))
end

if arg[1] == "--figure" then
  local fig = require("galua.plot").figure { width = 4.6, height = 4.2 }
  local ax = fig:axes(1, 1)
  local function curve(f, a, b)
    local x, y = {}, {}
    for i = 0, 100 do x[#x + 1] = a + (b - a) * i / 100 y[#y + 1] = f(x[#x]) end
    return x, y
  end
  for _, Z in ipairs { 0.004, 0.008, 0.012, 0.02 } do
    local x, y = {}, {}
    for u = -3.5, -2, 0.125 do x[#x + 1], y[#y + 1] = G.bpt("bc03", Z, u) end
    ax:line(x, y, { color = "#999999", width = 0.8 })
  end
  for k, relation in ipairs(G.relations) do
    local x, y = {}, {}
    for i = 0, 40 do x[#x + 1], y[#y + 1] = G.bpt("bc03", 0.004 * 5 ^ (i / 40), G.logU(0.004 * 5 ^ (i / 40), relation)) end
    ax:line(x, y, { color = k == 1 and "#1f5fa8" or "#3a9d5d", width = 2, label = "log U of " .. relation })
  end
  local x, y = curve(G.sequence, -1.8, -0.35)
  ax:line(x, y, { color = "#d97b18", width = 1.6, label = "star-forming galaxies" })
  x, y = curve(G.kewley01, -1.8, 0.2)
  ax:line(x, y, { color = "#333333", width = 1, label = "Kewley et al. 2001" })
  ax:set { xlim = { -1.8, 0.3 }, ylim = { -1.2, 1.2 }, xlabel = "log [NII]/H\\alpha", ylabel = "log [OIII]/H\\beta", legend = "lower left" }
  fig:save(arg[2])
end
os.exit(bad == 0 and 0 or 1)
