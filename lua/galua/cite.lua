-- What to cite: BibTeX of everything a galaxy or a fit is made of - libraries, components, history, filters, sampler, cosmology.
--   cite.of_galaxy(galaxy, filters)  cite.of_fit(fit)     -> text
-- One record a paper, one line a use; what has no entry here is named in a comment, never passed over.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

-- key = { authors, title, journal, volume, pages, year }
local paper = {
  BruzualCharlot2003 = { "Bruzual, G. and Charlot, S.", "Stellar population synthesis at the resolution of 2003", "MNRAS", 344, "1000", 2003 },
  SanchezBlazquez2006 = { "S{\\'a}nchez-Bl{\\'a}zquez, P. and others", "Medium-resolution Isaac Newton Telescope library of empirical spectra", "MNRAS", 371, "703", 2006 },
  Carnall2018 = { "Carnall, A. C. and McLure, R. J. and Dunlop, J. S. and Dav{\\'e}, R.", "Inferring the star formation histories of massive quiescent galaxies with BAGPIPES", "MNRAS",
    480, "4379", 2018 },
  Vazdekis2016 = { "Vazdekis, A. and Koleva, M. and Ricciardelli, E. and R{\\\"o}ck, B. and Falc{\\'o}n-Barroso, J.", "UV-extended E-MILES stellar population models", "MNRAS", 463, "3409", 2016 },
  Maraston2005 = { "Maraston, C.", "Evolutionary population synthesis: models, analysis of the ingredients and application to high-z galaxies", "MNRAS", 362, "799", 2005 },
  Hurley2000 = { "Hurley, J. R. and Pols, O. R. and Tout, C. A.", "Comprehensive analytic formulae for stellar evolution as a function of mass and metallicity", "MNRAS", 315, "543", 2000 },
  Tout1996 = { "Tout, C. A. and Pols, O. R. and Eggleton, P. P. and Han, Z.", "Zero-age main-sequence radii and luminosities as analytic functions of mass and metallicity", "MNRAS", 281,
    "257", 1996 },
  Kroupa2001 = { "Kroupa, P.", "On the variation of the initial mass function", "MNRAS", 322, "231", 2001 },
  Ferland2017 = { "Ferland, G. J. and others", "The 2017 release of Cloudy", "RMxAA", 53, "385", 2017 },
  Byler2017 = { "Byler, N. and Dalcanton, J. J. and Conroy, C. and Johnson, B. D.", "Nebular continuum and line emission in stellar population synthesis models", "ApJ", 840, "44", 2017 },
  StoreyHummer1995 = { "Storey, P. J. and Hummer, D. G.", "Recombination line intensities for hydrogenic ions - IV", "MNRAS", 272, "41", 1995 },
  Draine2011 = { "Draine, B. T.", "Physics of the Interstellar and Intergalactic Medium", "Princeton University Press", nil, nil, 2011 },
  DraineLi2007 = { "Draine, B. T. and Li, A.", "Infrared emission from interstellar dust. IV. The silicate-graphite-PAH model in the post-Spitzer era", "ApJ", 657, "810", 2007 },
  Jones2017 = { "Jones, A. P. and K{\\\"o}hler, M. and Ysard, N. and Bocchio, M. and Verstraete, L.", "The global dust modelling framework THEMIS", "A\\&A", 602, "A46", 2017 },
  Dale2014 = { "Dale, D. A. and others", "A two-parameter model for the infrared/submillimeter/radio spectral energy distributions of galaxies and active galactic nuclei", "ApJ", 784, "83", 2014 },
  Casey2012 = { "Casey, C. M.", "Far-infrared spectral energy distribution fitting for galaxies near and far", "MNRAS", 425, "3094", 2012 },
  Silva1998 = { "Silva, L. and Granato, G. L. and Bressan, A. and Danese, L.", "Modeling the effects of dust on galactic spectral energy distributions from the ultraviolet to the millimeter band",
    "ApJ", 509, "103", 1998 },
  Ronconi2024 = { "Ronconi, T. and others", "GalaPy, the highly optimised C++/Python spectral modelling tool for galaxies", "A\\&A", 685, "A161", 2024 },
  CharlotFall2000 = { "Charlot, S. and Fall, S. M.", "A simple model for the absorption of starlight by dust in galaxies", "ApJ", 539, "718", 2000 },
  Nicholls2017 = { "Nicholls, D. C. and Sutherland, R. S. and Dopita, M. A. and Kewley, L. J. and Groves, B. A.", "Abundance scaling in stars, nebulae and galaxies", "MNRAS", 466, "4403", 2017 },
  Calzetti2000 = { "Calzetti, D. and others", "The dust content and opacity of actively star-forming galaxies", "ApJ", 533, "682", 2000 },
  Salim2018 = { "Salim, S. and Boquien, M. and Lee, J. C.", "Dust attenuation curves in the local universe: demographics and new laws", "ApJ", 859, "11", 2018 },
  Cardelli1989 = { "Cardelli, J. A. and Clayton, G. C. and Mathis, J. S.", "The relationship between infrared, optical, and ultraviolet extinction", "ApJ", 345, "245", 1989 },
  Gordon2003 = { "Gordon, K. D. and Clayton, G. C. and Misselt, K. A. and Landolt, A. U. and Wolff, M. J.", "A quantitative comparison of the SMC, LMC, and Milky Way extinction curves", "ApJ",
    594, "279", 2003 },
  Gordon2016 = { "Gordon, K. D. and others", "The panchromatic Hubble Andromeda Treasury. XV. The BEAST", "ApJ", 826, "104", 2016 },
  Bressan2002 = { "Bressan, A. and Silva, L. and Granato, G. L.", "Far infrared and radio emission in dusty starburst galaxies", "A\\&A", 392, "377", 2002 },
  Fragos2013 = { "Fragos, T. and others", "X-ray binary evolution across cosmic time", "ApJ", 764, "41", 2013 },
  Fritz2006 = { "Fritz, J. and Franceschini, A. and Hatziminaoglou, E.", "Revisiting the infrared spectra of active galactic nuclei with a new torus emission model", "MNRAS", 366, "767", 2006 },
  Inoue2014 = { "Inoue, A. K. and Shimizu, I. and Iwata, I. and Tanaka, M.", "An updated analytic model for attenuation by the intergalactic medium", "MNRAS", 442, "1805", 2014 },
  Madau1995 = { "Madau, P.", "Radiative transfer in a clumpy universe: the colors of high-redshift galaxies", "ApJ", 441, "18", 1995 },
  Meiksin2006 = { "Meiksin, A.", "Colour corrections for high-redshift objects due to intergalactic attenuation", "MNRAS", 365, "807", 2006 },
  TepperGarcia2006 = { "Tepper-Garc{\\'i}a, T.", "Voigt profile fitting to quasar absorption lines: an analytic approximation to the Voigt-Hjerting function", "MNRAS", 369, "2025", 2006 },
  MiraldaEscude1998 = { "Miralda-Escud{\\'e}, J.", "Reionization of the intergalactic medium and the damping wing of the Gunn-Peterson trough", "ApJ", 501, "15", 1998 },
  Planck2020 = { "{Planck Collaboration}", "Planck 2018 results. VI. Cosmological parameters", "A\\&A", 641, "A6", 2020 },
  Planck2016 = { "{Planck Collaboration}", "Planck 2015 results. XIII. Cosmological parameters", "A\\&A", 594, "A13", 2016 },
  Hinshaw2013 = { "Hinshaw, G. and others", "Nine-year WMAP observations: cosmological parameter results", "ApJS", 208, "19", 2013 },
  Komatsu2011 = { "Komatsu, E. and others", "Seven-year WMAP observations: cosmological interpretation", "ApJS", 192, "18", 2011 },
  Skilling2006 = { "Skilling, J.", "Nested sampling for general Bayesian computation", "Bayesian Analysis", 1, "833", 2006 },
  GoodmanWeare2010 = { "Goodman, J. and Weare, J.", "Ensemble samplers with affine invariance", "CAMCoS", 5, "65", 2010 },
  HoffmanGelman2014 = { "Hoffman, M. D. and Gelman, A.", "The No-U-Turn sampler", "JMLR", 15, "1593", 2014 },
  DelMoral2006 = { "Del Moral, P. and Doucet, A. and Jasra, A.", "Sequential Monte Carlo samplers", "JRSSB", 68, "411", 2006 },
  Zhang2022 = { "Zhang, L. and Carpenter, B. and Gelman, A. and Vehtari, A.", "Pathfinder: parallel quasi-Newton variational inference", "JMLR", 23, "1", 2022 },
  LiuNocedal1989 = { "Liu, D. C. and Nocedal, J.", "On the limited memory BFGS method for large scale optimization", "Mathematical Programming", 45, "503", 1989 },
  Cappe2008 = { "Capp{\\'e}, O. and Douc, R. and Guillin, A. and Marin, J.-M. and Robert, C. P.", "Adaptive importance sampling in general mixture classes", "Statistics and Computing", 18,
    "447", 2008 },
  Leja2019 = { "Leja, J. and Carnall, A. C. and Johnson, B. D. and Conroy, C. and Speagle, J. S.", "How to measure galaxy star formation histories. II. Nonparametric models", "ApJ", 876, "3",
    2019 },
}

-- what is used -> keys; {}: nothing but Galua itself
local used = {
  ["ssp bc03-miles"] = { "BruzualCharlot2003", "SanchezBlazquez2006", "Carnall2018" }, ["ssp bc03-miles-full"] = { "BruzualCharlot2003", "SanchezBlazquez2006", "Carnall2018" },
  ["ssp builtin"] = { "Hurley2000", "Tout1996", "SanchezBlazquez2006" }, ["ssp emiles"] = { "Vazdekis2016" }, ["ssp synthetic"] = {},
  ["ism two_phase"] = { "Silva1998", "Ronconi2024" }, ["attenuation power_law"] = { "CharlotFall2000" }, ["attenuation calzetti"] = { "Calzetti2000" },
  ["attenuation salim18"] = { "Salim2018" }, ["attenuation cardelli"] = { "Cardelli1989" }, ["attenuation smc"] = { "Gordon2003" }, ["attenuation lmc"] = { "Gordon2003" },
  ["attenuation gordon16"] = { "Gordon2016" }, ["dust casey12"] = { "Casey2012" }, ["dust greybody"] = {}, ["dust dl07"] = { "DraineLi2007" }, ["dust themis"] = { "Jones2017" },
  ["dust dale14"] = { "Dale2014" }, ["nebular hii"] = { "Byler2017", "StoreyHummer1995" }, ["nebular cloudy"] = { "Ferland2017", "Carnall2018", "Nicholls2017" },
  ["nebular freefree"] = { "Draine2011" }, ["synchrotron supernova"] = { "Bressan2002" }, ["xrb fragos13"] = { "Fragos2013" }, ["agn fritz"] = { "Fritz2006" },
  ["agn torus"] = {}, ["agn embedded"] = {}, ["igm inoue14"] = { "Inoue2014" }, ["igm madau95"] = { "Madau1995" }, ["igm meiksin06"] = { "Meiksin2006" }, ["dla lya"] = { "TepperGarcia2006" }, ["damping neutral"] = { "MiraldaEscude1998" },
  ["sfh insitu"] = { "Ronconi2024" }, ["sfh continuity"] = { "Leja2019" },
  ["cosmology Planck18"] = { "Planck2020" }, ["cosmology Planck15"] = { "Planck2016" }, ["cosmology WMAP9"] = { "Hinshaw2013" }, ["cosmology WMAP7"] = { "Komatsu2011" },
  ["sampler nested"] = { "Skilling2006" }, ["sampler ensemble"] = { "GoodmanWeare2010" }, ["sampler nuts"] = { "HoffmanGelman2014" }, ["sampler smc"] = { "DelMoral2006" },
  ["sampler pathfinder"] = { "Zhang2022" }, ["sampler optimum"] = { "LiuNocedal1989" }, ["sampler importance"] = { "Cappe2008" }, ["sampler ladder"] = {},
}

local function record(key)
  local p = paper[key]
  local book = p[4] == nil
  local lines = { ("@%s{%s,"):format(book and "book" or "article", key), ("  author = {%s},"):format(p[1]), ("  title = {{%s}},"):format(p[2]),
    ("  %s = {%s},"):format(book and "publisher" or "journal", p[3]) }
  if not book then lines[#lines + 1] = ("  volume = {%s}, pages = {%s},"):format(p[4], p[5]) end
  lines[#lines + 1] = ("  year = {%d}\n}"):format(p[6])
  return table.concat(lines, "\n")
end

-- Collects uses; `text` gives them back as BibTeX.
local function collector()
  local uses, keys, seen = {}, {}, {}
  local c = {}
  function c.add(what, note)
    local list = used[what]
    uses[#uses + 1] = ("%% %s: %s"):format(what, list and (#list > 0 and table.concat(list, ", ") or "Galua itself") or note or "no paper is known here: cite its authors")
    for _, k in ipairs(list or {}) do
      if not seen[k] then seen[k], keys[#keys + 1] = true, k end
    end
  end
  function c.text()
    local out = { ("%% Galua %s, and the papers of what was used"):format(galua.version), table.concat(uses, "\n") }
    for _, k in ipairs(keys) do out[#out + 1] = record(k) end
    return table.concat(out, "\n") .. "\n"
  end
  return c
end

local function add_model(c, g)
  local d = g:describe()
  local name = d.ssp.name:match "^builtin" and "builtin" or d.ssp.name
  c.add("ssp " .. name, ("%s"):format((g.ssp.provenance:gsub("\n", "; "))))
  c.add("sfh " .. tostring(d.sfh.kind or "custom"), "a history of this form needs none")
  for _, k in ipairs(d.components) do c.add(k.group .. " " .. k.kind) end
  c.add("cosmology " .. d.cosmology.name, "parameters of your own")
end

local function add_filters(c, list)
  local source, order = {}, {}
  for _, f in ipairs(list) do
    if not source[f.source] then source[f.source], order[#order + 1] = {}, f.source end
    table.insert(source[f.source], f.name)
  end
  for _, s in ipairs(order) do c.add("filters " .. table.concat(source[s], ", "), s) end
end

function M.of_galaxy(g, list)
  galua.expect("cite.of_galaxy", 1, g, "galaxy")
  galua.expect("cite.of_galaxy", 2, list, "nil|table")
  for i, f in ipairs(list or {}) do galua.expect("cite.of_galaxy", ("2[%d]"):format(i), f, "filter") end
  local c = collector()
  add_model(c, g)
  if list then add_filters(c, list) end
  return c.text()
end

function M.of_fit(f)
  if type(f) ~= "table" or not rawget(f, "sampler") then galua.fail("cite.of_fit: argument 1 must be a fit, got %s", type(f)) end
  local c, list = collector(), {}
  add_model(c, f.model)
  local kind, at_work = tostring(f.sampler:store().kind), rawget(f, "engine") and core.class_name(f.engine)
  c.add("sampler " .. kind)
  if at_work and at_work ~= kind and used["sampler " .. at_work] then c.add("sampler " .. at_work) end
  for _, r in ipairs(f.data:rows()) do list[#list + 1] = r.filter end
  add_filters(c, list)
  if f.data.citation and f.data.citation ~= "" then c.add("data " .. f.data.name, f.data.citation) end
  return c.text()
end

-- Every component, sampler and cosmology with no entry: the tests want none.
function M.known(what) return used[what] ~= nil end

doc.text("cite", M, [[What to cite: g:cite(), fit:cite().]])
doc.text("cite.of_galaxy", M.of_galaxy, [[cite.of_galaxy(galaxy[, filters]) -> text
BibTeX of the table of stars, the components, the cosmology and the filters.]])
doc.text("cite.of_fit", M.of_fit, [[cite.of_fit(fit) -> text
The same of a fit's model, its bands, its data and its sampler.]])
doc.text("cite.known", M.known, [[cite.known(what) -> boolean
Is there an entry for "dust dl07", "sampler nuts", ...?]])
return M
