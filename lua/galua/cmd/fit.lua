-- galua fit FILE.lua: a fit described by a Lua file, which returns fit{...}; and the template of such a file.
local galua = require "galua"
local core = require "galua.core"
local cmd = require "galua.cmd"

local usage = [[
usage: galua fit FILE.lua [--out FILE.h5] [--resume | --fresh] [--dry-run] [--figures PREFIX]
       galua fit --template [--sfh NAME] [--dustless] [--data FILE]   a commented fit file that runs as it is: every parameter with
                   unit, default, range; --catalogue: the same for many sources, for galua catalogue
FILE.lua ends with: return fit{ data = ..., model = ..., free = {...} }
  --out FILE      results file (default: FILE.h5); an existing one is refused unless --resume or --fresh
  --resume        go on where FILE stopped, bit for bit; refused when anything the posterior depends on has changed
  --dry-run       check everything, say what would be done, list parameters, priors and data, estimate the time; no sampling
  --figures P     write P.html (the report), P_sed.pdf, P_corner.pdf, P_sfh.pdf (default: beside the results file; --figures none)
  --threads N     threads to use]]

local function number(v)
  if v > 1e6 and v < 1e12 then v = math.floor(v / 1e6) * 1e6 end -- ages: never rounded up
  return ((("%.4g"):format(v)):gsub("e%+?(-?)0*(%d)", "e%1%2"))
end

-- Where the template departs from the model's usual ranges, and why. The ranges are those of galaxies of any size, of which bands can tell
-- something; what bands cannot tell apart is fixed, since a ridge without end costs a sampler its steps and the reader the medians.
local advice = {
  ["sfh.tau"] = { kinds = { delayed = true, exponential = true }, lo = 1e8, hi = 3e10,
    why = "shorter is a burst, longer than twice the age of the Universe a straight line" },
  ["sfh.Mdust"] = { lo = 1e5, hi = 1e9, why = "dwarfs to the most massive spirals (De Vis et al. 2019); 1e10 for submillimetre galaxies" },
  ["sfh.Z"] = { lo = 1e-3, hi = 0.05, why = "from the metallicity of a dwarf of 1e8 Msun on (Kirby et al. 2013)" },
  ["ism.f_MC"] = { fixed = true, why = "fixed: clouds are opaque, so that bands see it in (1 - f_MC) Mdust alone" },
  ["ism.R_MC"] = { fixed = true, why = "fixed: the temperature of clouds; free it with bands from 20 to 200 micron" },
  ["ism.tau_esc"] = { lo = 1e6, hi = 3e7, why = "clouds live for 10-30 Myr (Chevance et al. 2020); 1e8 for ultraluminous galaxies" },
  ["ism.Rdust"] = { lo = 1e3, hi = 3e4, why = "dust reaches beyond the stars of a disc (Casasola et al. 2017); 100 pc for compact starbursts" },
}

-- Lines of a parameter: its prior, as a comment unless `on`, then what it is
local function put_param(put, p, on, a)
  local text = p.prior and "prior." .. p.prior or ("prior.%s(%s, %s)"):format(p.log and "loguniform" or "uniform", number(p.plo), number(p.phi))
  if a.lo and not p.prior then text = ("prior.loguniform(%s, %s)"):format(number(a.lo), number(a.hi)) end
  put("    %s[%q] = %s,%s", on and "" or "-- ", p.name, text, a.why and "   -- " .. a.why or "")
  put("    --   %-9s default %-9s allowed %s .. %s   %s", p.unit == "" and "-" or p.unit, number(p.value), number(p.lo), number(p.hi), p.doc)
end

-- What a galaxy can have besides, and the parameters that come with it: all as comments
local besides = { { "nebular", "nebular.cloudy{}" }, { "synchrotron", "true" }, { "xrb", "true" }, { "agn", "agn.torus{}" }, { "igm", "igm.inoue14{}" },
  { "dla", "dla.lya{}" }, { "damping", "damping.neutral{}" } }
local function put_besides(put, kind)
  for _, c in ipairs(besides) do
    local value = c[2] == "true" or assert(loadstring("return " .. c[2]))()
    local g = galua.galaxy{ ssp = galua.ssp.synthetic(), sfh = galua.sfh[kind]{ mass = 1e10 }, redshift = 1, [c[1]] = value }
    put("    -- with %s = %s:", c[1], c[2])
    for _, p in ipairs(g:params()) do
      if p.name:match("^(.-)%.") == c[1] then put_param(put, p, false, {}) end
    end
  end
end

local function template(args)
  local known = galua.custom_component.histories()
  local list = table.concat(known, ", ")
  local o, status = cmd.parse("fit --template", args, { help = usage, kinds = { sfh = "text", dustless = "flag", catalogue = "flag", data = "text" },
    needs = { sfh = "a name: " .. list, data = "a file name" } })
  if not o then return status end
  local kind, dust, many, source = o.sfh or "delayed", not o.dustless, o.catalogue, o.data
  local found = false
  for _, name in ipairs(known) do found = found or name == kind end
  if not found then
    return cmd.usage("fit --template: unknown history '%s'%s (known: %s)", kind, core.did_you_mean(kind, known), list)
  end
  local g = galua.galaxy{ ssp = galua.ssp.synthetic(), sfh = galua.sfh[kind]{ mass = 1e10 }, ism = dust }
  local known, obs = pcall(galua.observation.read, source or galua.data.path("photometry/ngc3898.ecsv"))
  if known and not many and obs.redshift > 0 then g.redshift = obs.redshift end -- bounds the ages; a file may also be written later
  local free = g:priors()
  local out = {}
  local function put(...) out[#out + 1] = (...):format(select(2, ...)) end
  if many then
    put("-- Many sources for `galua catalogue THIS.lua`. Lines starting with -- are comments: uncomment and edit what you need.")
    if source then
      put("local list = observation.catalogue(%q)   -- a row per source; a column per band named like its filter, BAND_err", source)
    else
      put('local list = { observation.read(data.path("photometry/ngc3898.ecsv")) }   -- a galaxy that comes along; your own sources:')
      put('-- local list = observation.catalogue("SOURCES.fits", { unit = "mJy" })   -- a column per band named like its filter, BAND_err')
    end
  else
    put("-- A fit for `galua fit THIS.lua`. Lines starting with -- are comments: uncomment and edit what you need.")
    if source then
      put("local obs = observation.read(%q)   -- bands, flux densities, errors; units are required", source)
    else
      put('local obs = observation.read(data.path("photometry/ngc3898.ecsv"))   -- a galaxy that comes along; your own source:')
      put('-- local obs = observation.read("SOURCE.ecsv")   -- bands, flux densities, errors; units are required')
    end
  end
  put("")
  put("local model = galaxy{")
  put("  sfh = sfh.%s{ mass = 1e10 },%s-- the mass formed is a parameter, in place of a rate: the data know it best", kind, (" "):rep(math.max(1, 19 - #kind)))
  put("  ism = %s,", dust and "ism.two_phase{}" or "false")
  if not many then -- redshift and distance are those of each source
    put("  redshift = obs.redshift,")
    put("  distance = obs.distance,                     -- [Mpc] luminosity distance; nil or 0: from the redshift")
  end
  put("  -- age_fraction = 0.8,                         -- a share of the Universe's age at the redshift (or z_onset = 5) is the parameter then, not years")
  put("  -- nebular = nebular.cloudy{},                  -- ionised gas; also synchrotron = true, xrb = true, agn = agn.torus{}, igm = igm.inoue14{},")
  put("  --                                              -- dla = dla.lya{}, damping = damping.neutral{}; their parameters are below")
  put('  -- ssp = "TABLE.h5",                         -- default: the built-in table')
  put('  -- cosmology = "Planck18",                   -- Planck15, WMAP9, WMAP7, or cosmology{ H0 =, Om0 = }')
  put("}")
  put("")
  put("return %s{", many and "catalogue" or "fit")
  put("  data = %s,", many and "list" or "obs")
  put("  model = model,")
  put("  free = {")
  put("    -- %-18s %-9s %-11s %-24s %s", "parameter", "unit", "default", "allowed range", "meaning")
  for _, p in ipairs(g:params()) do
    local a = advice[p.name] or {}
    if a.kinds and not a.kinds[kind] then a = {} end
    put_param(put, p, free[p.name] and not a.fixed, a)
  end
  put_besides(put, kind)
  for _, p in ipairs(galua.noise_params()) do put_param(put, p, false, {}) end
  put("  },")
  put("  noise = noise.calibration{ floor = 0.05 },   -- fraction of each flux added to its error in quadrature")
  put('  limits = "censored",                         -- measured, censored, onesided, cut')
  if many then
    put("  escalate = { sampler.importance{}, sampler.nested{} },   -- the second where the first cannot be trusted")
    put("  keep = 100,                                  -- draws of each source in the results file")
    put('  derived = { "Mstar", "SFR" },                -- quantities in the table besides the free parameters')
  else
    put("  plan = { tolerance = 1e-4 },                 -- bands from the wavelengths that matter: six times cheaper, to 1e-4 of a flux")
    put("  -- until 50 autocorrelation times, at most 20000 steps, the first 1000 to find a start; a slice costs about six models, and every")
    put("  -- second step jumps by a mixture learnt from 200000 models before the first")
    put("  sampler = sampler.ensemble{ moves = mix{ move.slice(), 0.5, move.mixture(), 0.5 }, walkers = 64, warm = 1000 },")
    put("  -- sampler = sampler.nested{},               -- evidence too; or nuts{}, smc{}, optimum{}, pathfinder{}, slice{}")
    put("  -- plan = false,                             -- bands from every wavelength of the model, each time")
  end
  put("  seed = 42,")
  put("}")
  print(table.concat(out, "\n"))
  return 0
end

local function exists(path)
  local f, why, code = io.open(path, "r")
  if f then f:close() end
  if not f and code ~= 2 then galua.fail("fit: %s", why) end -- 2: there is none; anything else is not "no such file"
  return f ~= nil
end

-- what `galua fit` would do with the results file
local function plan(f, out, o)
  if exists(out) then
    if o.resume then
      f:restore(out, true) -- raises when it belongs to another fit
      return ("would go on with %s: %s"):format(out, f.engine.state_text)
    elseif o.fresh then return ("would replace %s"):format(out) end
    return ("%s exists: without --resume or --fresh the fit would be refused"):format(out)
  end
  core.check_writable(out)
  if o.resume then galua.fail("%s: nothing to resume: no such file", out) end
  return ("would write %s"):format(out)
end

local function dry_run(f, out, o)
  local will = plan(f, out, o) -- first: what is there decides what a run that goes on takes
  f:compile{}
  print(f)
  print(f.data:__galua_show())
  local t = f.target
  local m = 64
  local u = {}
  for i = 1, m do
    u[i] = {}
    for k = 1, t.ndim do u[i][k] = (((i * 0.7548776662 + k * 0.5698402910) * (k + 1)) % 1) * 0.98 + 0.01 end
  end
  local x = t:prior_transform(galua.mat(u))
  local _, lnl = t:lnprob(x)
  local possible, best = 0, -math.huge
  for i = 1, m do
    if lnl[i] > -math.huge then possible = possible + 1 end
    best = math.max(best, lnl[i])
  end
  local clock = galua.clock or os.clock
  local start, n = clock(), 0
  while clock() - start < 0.5 do
    t:lnprob(x)
    n = n + m
  end
  local each = (clock() - start) / n
  local evaluations, words = f.sampler:cost(t)
  print(("%d of %d points spread over the priors are possible models; the best of them has ln L = %.4g"):format(possible, m, best))
  if possible == 0 then galua.fail("fit: the model refuses all %d points spread over the priors: change the priors or the fixed values", m) end
  local threads = ("%d thread%s"):format(galua.threads(), galua.threads() == 1 and "" or "s")
  if evaluations then
    print(("about %.3g us per model with %s; %s take about %.3g s"):format(each * 1e6, threads, words, each * evaluations))
  else
    print(("about %.3g us per model with %s; %s"):format(each * 1e6, threads, words))
  end
  print(will)
end

local function run(args)
  local o, status = cmd.parse("fit", args, { file = "FILE.lua", help = usage, kinds = { out = "text", figures = "text", resume = "flag",
    fresh = "flag", ["dry-run"] = "flag", template = "flag" } })
  if not o then return status end
  local file, out, figures = o.file, o.out, o.figures
  local f = cmd.load("fit", file, function(x) return type(x) == "table" and rawget(x, "target") end)
  out = out or file:gsub("%.lua$", "") .. ".h5"
  if o["dry-run"] then
    dry_run(f, out, o)
    return 0
  end
  if exists(out) and not o.resume and not o.fresh then
    galua.fail("%s exists: --resume goes on with it, --fresh replaces it, --out names another", out)
  end
  if o.resume and not exists(out) then galua.fail("%s: nothing to resume: no such file", out) end
  if not o.resume then f:compile{ progress = true } end
  print(f)
  f:run{ out = out, resume = o.resume or false }
  print()
  print(f:summary())
  print(("results: %s"):format(out))
  if figures ~= "none" then
    local prefix = figures or (out:gsub("%.h5$", ""))
    local ok, e = pcall(function()
      f:plot_sed():save(prefix .. "_sed.pdf")
      f:corner():save(prefix .. "_corner.pdf")
      f:plot_sfh():save(prefix .. "_sfh.pdf")
      f:report(prefix .. ".html")
    end)
    if not ok then galua.fail("figures: %s", tostring(e)) end
    print(("figures: %s_sed.pdf %s_corner.pdf %s_sfh.pdf; report: %s.html"):format(prefix, prefix, prefix, prefix))
  end
  return f.engine.state == "interrupted" and 1 or 0
end

return {
  summary = "fit a source: galua fit FILE.lua, --template, --dry-run, --resume",
  main = function(args)
    if args[1] == "--template" then return template({ unpack(args, 2) }) end
    return run(args)
  end,
}
