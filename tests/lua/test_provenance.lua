-- How the built-in stellar populations were made goes with them: into every file of a table, and into every results file.
local test = require "galua.test"
local cache = "build/test_synth.cache" -- the star spectra of tests/c/test_synth.c

-- what the text of a table must say: version, IMF, axes, sources, every correction of the tracks, sources of rates and spectra
local facts = { "Galua " .. galua.version, "Z 0.02 to 0.02 (1), ages 1e+07 to 1e+09 yr (2)", "no nebular emission", "no post-AGB stars",
  "Hurley, Pols & Tout 2000", "Tout et al. 1996", "mass loss of cool supergiants (log L > 5.5) x 30", "superwind of massive AGB stars advanced",
  "red supergiants not cooler than 3800 K", "burning blue", "shorter by (M/50)^-0.19", "hotter by 0.05 log(M/20) (Z/0.02)^0.5 dex",
  "AGB boom spread", "Z > 0.03 extrapolated", "Belczynski, Kalogera & Bulik 2002", "Maoz & Graur 2017", "statistical line blanketing",
  "Castelli & Kurucz 2004" }

local function says(text, what)
  for _, fact in ipairs(what) do
    if not text:find(fact, 1, true) then error(("'%s' is missing in: %s"):format(fact, text)) end
  end
end

test.describe("provenance", function()
  test.it("says how a table was made, in each of its files", function()
    for _, case in ipairs { { {}, "IMF: kroupa, 0.1 to 100 Msun" }, { { imf = "salpeter", mlo = 0.08 }, "IMF: salpeter, 0.08 to 100 Msun" },
      { { imf = function(m) return m ^ -2 end }, "IMF: user function, 0.1 to 100 Msun" } } do
      local o = case[1]
      o.z, o.age, o.cache = { 0.02 }, { 1e7, 1e9 }, cache
      local t = ssp.synthesise(o)
      says(t.provenance, facts)
      says(t.provenance, { case[2] })
      local path = os.tmpname()
      for _, suffix in ipairs { ".h5", ".fits" } do
        t:write(path .. suffix)
        test.eq(ssp.read(path .. suffix).provenance, t.provenance)
        os.remove(path .. suffix)
      end
      os.remove(path)
    end
    local gas = ssp.synthesise { z = { 0.02 }, age = { 1e6, 1e7 }, nebular = true, logu = -2.5, fesc = 0.1, postagb = true, cache = cache }
    says(gas.provenance, { "log U -2.5, fesc 0.1, fdust 0; post-AGB stars" })
  end)

  test.it("is in a results file, and a fit loaded from it has it", function()
    local table_of = ssp.synthesise{}
    says(table_of.provenance, { "Galua " .. galua.version, "IMF: kroupa, 0.1 to 100 Msun", "hotter by 0.05 log(M/20)" })
    local model = galaxy { ssp = table_of, sfh = sfh.delayed { norm = 20, tau = 1e9 }, age = 4e9, redshift = 0.1 }
    test.eq(model.ssp.hash, table_of.hash)
    local bands, o = filters "SDSS.griz", observation.new { name = "mock", redshift = 0.1 }
    local flux = model:band_flux(bands)
    for i = 1, #bands do o:add(bands[i], flux[i], 0.05 * flux[i]) end
    local path = os.tmpname() .. ".h5"
    fit { data = o, model = model, seed = 3, sampler = sampler.ensemble { walkers = 8, steps = 4, thin = 1 },
      free = { age = prior.loguniform(1e9, 1.2e10), ["sfh.norm"] = prior.loguniform(1, 300) } }:run { out = path, progress = false }
    test.eq(galua.result_texts(path).ssp_provenance, table_of.provenance)
    local again = load_fit(path)
    test.eq(again.model.ssp.provenance, table_of.provenance)
    test.eq(again.model.ssp.hash, table_of.hash)
    os.remove(path)
  end)
end)
