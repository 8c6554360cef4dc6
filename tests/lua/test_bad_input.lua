-- What bad input gets: one line that names the thing, the place and the fix. Every row is an input and its exact message;
-- TMP stands for the folder of the test's own files.
local histories = "insitu, constant, delayed, lognormal, dpl, exponential, periodic, burst, continuity, flexible, psb, dirichlet, stochastic, diffstar"
local test = require "galua.test"
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local tmp = os.tmpname()
os.remove(tmp)
core.mkdirs(tmp)

-- ---------------------------------------------------------------- what the inputs use
local env = setmetatable({ tmp = tmp }, { __index = _G })

function env.file(name, text)
  core.write_file(tmp .. "/" .. name, text)
  return tmp .. "/" .. name
end

function env.csv(text) return observation.read(env.file("o.csv", text)) end

function env.ecsv(rows)
  return observation.read(env.file("o.ecsv", [[
# %ECSV 1.0
# ---
# datatype:
# - {name: band, datatype: string}
# - {name: flux, datatype: float64, unit: mJy}
# - {name: err, datatype: float64, unit: mJy}
]] .. rows))
end

function env.votable(band, flux, err)
  return observation.read(env.file("o.xml", ([[
<VOTABLE><RESOURCE><TABLE>
<FIELD name='band' datatype='char' arraysize='*'/>
<FIELD name='flux' datatype='double' unit='mJy'/>
<FIELD name='err' datatype='double' unit='mJy'/>
<DATA><TABLEDATA>
<TR><TD>%s</TD><TD>%s</TD><TD>%s</TD></TR>
</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>
]]):format(band, flux, err)))
end

env.table = ssp.synthetic() -- hides Lua's library `table` in the inputs
env.g = galaxy{ ssp = env.table, redshift = 0.1 }
env.source = observation.new{ name = "a", redshift = 0.1 }
env.source:add("SDSS.g", 1, 0.1)
env.source:add("SDSS.r", 1, 0.1)
env.free = { age = prior.uniform(1e8, 1e9) }

local function without_tmp(text) return (text:gsub(tmp:gsub("%p", "%%%0"), "TMP")) end

-- ---------------------------------------------------------------- inputs at the prompt
local inputs = {
  -- SSP tables
  { [[ssp.read("none.h5")]], "none.h5: no such file" },
  { [[ssp.read(file("a.h5", "not hdf5"))]],
    "TMP/a.h5: not an SSP table Galua knows (Galua, DSPS or a script's HDF5, FITS, FSPS .out.spec, Starburst99 .spectrum1, BPASS spectra, BC03 .ised_ASCII, Maraston .rhb, pPXF .npz, BC03 .ised, GalaPy binary)" },
  { [[ssp.read(file("a.h5", "\137HDF\r\n\26\n" .. ("\0"):rep(100)))]],
    "TMP/a.h5: cannot open (HDF5: bad byte number in an address)" },
  { [[ssp.read(file("b.ised_ASCII", "3 0 1e5 1e6\n"))]],
    "TMP/b.ised_ASCII: truncated or not BC03: no list of wavelengths and fluxes after the 3 ages" },
  { [[ssp.read(file("b.ised_ASCII", ""))]], "TMP/b.ised_ASCII: is empty" },
  { [[ssp.read(file("b.ised_ASCII", "hello world\n"))]],
    "TMP/b.ised_ASCII: not an SSP table Galua knows (Galua, DSPS or a script's HDF5, FITS, FSPS .out.spec, Starburst99 .spectrum1, BPASS spectra, BC03 .ised_ASCII, Maraston .rhb, pPXF .npz, BC03 .ised, GalaPy binary)" },
  { [[ssp.read(file("c.fits", "SIMPLE  =                    T"))]],
    "TMP/c.fits: not a readable FITS file (FITS: error reading from FITS file)" },
  { [[ssp.read(file("kroupa.rhb", "1 2\n"))]], "TMP/kroupa.rhb: line 1: 1 ages, expected at least 2" },
  { "ssp.read(3)", "ssp.read: argument 1 must be a string, got number" },
  { [[ssp.reed("x")]], "ssp has no 'reed', did you mean 'read'?" },
  { [[table:write("/nonexistent/x.h5")]], "/nonexistent/x.h5: cannot write: No such file or directory" },
  { [[table:write(tmp .. "/x.foo")]],
    "TMP/x.foo: no SSP format has this suffix: .h5 (Galua), .dsps.h5 (DSPS), .dat or .galapy (GalaPy), .fits" },
  { [[table:write(tmp .. "/x.h5", "bc03")]], "ssp:write: unknown format 'bc03' (known: galua dsps galapy fits)" },
  { "table:spectrum(1e12, 0.02)", "ssp 'synthetic': age 1e+12 yr is not in 0 .. 1.41254e+10" },
  { "table:spectrum(1e9, 2)", "ssp 'synthetic': metallicity 2 is not in 0.0001 .. 0.04" },
  { [[ssp.synthesise{ imf = "krupa" }]],
    "unknown initial mass function 'krupa', did you mean 'kroupa'? (known: kroupa, chabrier, salpeter, vandokkum)" },
  { "ssp.synthesise{ imf = function() return -1 end }", "imf: phi(0.1) is -1: the function must return dN/dm >= 0" },
  { "ssp.synthesise{ mlo = 200 }", "ssp.synthesise: mlo = 200 lies outside 0.08 .. 10" },
  -- filters
  { [[filters("SDSS.x")]], "unknown filter 'SDSS.x': SDSS has g i r u z" },
  { [[filters("Hershel")]], "unknown filter 'Hershel', did you mean 'Herschel'? (a file is named with its folder or suffix)" },
  { [[filters("none.dat")]], "none.dat: no such filter file" },
  { "filters()", "filter.find: argument 1 must be the name of a band or of a set, got nothing" },
  { [[filters(file("f.dat", ""))]], "TMP/f.dat: is empty" },
  { [[filters(file("f.dat", "1 2\n"))]], "TMP/f.dat: filter 'f': 1 node, at least 2 are needed" },
  { [[filters(file("f.dat", "1 2\n2 x\n"))]], "TMP/f.dat, line 2: column 'col2': 'x' is not a number" },
  { [[filters(file("f.dat", "1000 0.1\n900 0.2\n800 nan\n"))]],
    "TMP/f.dat: filter 'f': transmission nan at node 3 is not a number" },
  { [[filters(file("f.dat", "1000 0.1\n1000 0.2\n1000 0.2\n"))]],
    "TMP/f.dat: filter 'f': all 3 nodes lie at 1000 A, a curve needs different wavelengths" },
  { [[filters(file("f.dat", "1000 -1\n2000 -1\n3000 -2\n"))]], "TMP/f.dat: filter 'f': no node has a positive transmission" },
  { [[filters(file("f.dat", "# wavelength[parsec] transmission\n1 1\n2 1\n"))]],
    "TMP/f.dat: wavelength column: unknown unit 'parsec', did you mean 'arcsec'?" },
  { [[filters(file("f.dat", "1000\n2000\n"))]], "TMP/f.dat: one column, a filter needs two: wavelength and transmission" },
  { [[filters(file("f.xml", "<VOTABLE><"))]], "TMP/f.xml: VOTable without a TABLEDATA element" },
  { [[filters(file("f.h5", "\137HDF\r\n\26\n" .. ("\0"):rep(100)))]],
    "TMP/f.h5: cannot open (HDF5: bad byte number in an address)" },
  -- observations
  { [[observation.read("none.ecsv")]], "none.ecsv: no such file" },
  { "observation.read(tmp)", "TMP: is a folder, not a file" },
  { [[csv("")]], "TMP/o.csv: is empty" },
  { [[csv("\0\1\2\3")]], "TMP/o.csv: holds binary data, not a text table" },
  { [[csv("band,flux,err\nSDSS.g,1,0.1\n")]],
    "TMP/o.csv: column 'flux' has no unit: name the column flux[mJy], or add the line '# flux_unit: mJy' (Jy, uJy, erg/s/cm2/Hz, erg/s/cm2/A, mag(AB) ...)" },
  { [[csv("band,flux[Jy],err[s]\nSDSS.g,1,0.1\n")]],
    "TMP/o.csv: column 'err': unit 's' (time) does not convert to 'mJy' (flux density)" },
  { [[csv("band,flux[mJky],err[mJy]\nSDSS.g,1,0.1\n")]], "TMP/o.csv: column 'flux': unknown unit 'mJky', did you mean 'mJy'?" },
  { [[csv("passband,flux[mJy],err[mJy]\nSDSS.g,1,0.1\n")]], "TMP/o.csv: no column 'band'; the columns are passband, flux, err" },
  { [[csv("band,flx[mJy],err[mJy]\nSDSS.g,1,0.1\n")]], "TMP/o.csv: no column 'flux', did you mean 'flx'?" },
  { [[csv("band,flux[mJy],err[mJy],flag\nSDSS.g,1,0.1,blah\n")]],
    "TMP/o.csv, line 2: band 'SDSS.g': flag 'blah' is none of detection, limit, ignored: say what it means, "
      .. "flags = { ['blah'] = 'limit' }, or other_flag = 'ignored'" },
  { [[csv("band,flux[mJy],err[mJy],limit[mJy]\nSDSS.g,1,0.1,3\n")]],
    "TMP/o.csv, line 2: band 'SDSS.g': flux and limit are both given; leave one empty or set the flag" },
  { [[csv("band,flux[mJy],err[mJy]\nSDSS.g,1,0.1,7\n")]], "TMP/o.csv, line 2: 4 cells, but 3 columns are expected" },
  { [[csv("band,flux[mJy],err[mJy]\n\"SDSS.g,1,0.1\n")]], "TMP/o.csv, line 2: a quote is opened but never closed" },
  { [[csv("# redshift = -3\nband,flux[mJy],err[mJy]\nSDSS.g,1,0.1\n")]],
    "TMP/o.csv: observation: redshift -3 is not a redshift (-0.01 .. 1e4)" },
  { [[csv("# redshift = abc\nband,flux[mJy],err[mJy]\nSDSS.g,1,0.1\n")]], "TMP/o.csv: redshift 'abc' is not a number" },
  { [[ecsv("band flux\n")]], "TMP/o.ecsv, line 7: 2 column names, but the ECSV header declares 3" },
  { [[ecsv("band flux err\n")]], "TMP/o.ecsv: no rows: one band a row is expected" },
  { [[ecsv("band flux err\nSDSS.g 1 0.1\nSDSS.q 1 0.1\n")]], "TMP/o.ecsv, line 9: unknown filter 'SDSS.q': SDSS has g i r u z" },
  { [[ecsv("band flux err\nSDSS.g nan 0.1\n")]],
    "TMP/o.ecsv, line 8: band 'SDSS.g': flux is missing (NaN); give a number, a limit, or flag the band 'ignored'" },
  { [[ecsv("band flux err\nSDSS.g 1 0\n")]], "TMP/o.ecsv, line 8: band 'SDSS.g': err 0 mJy must be positive; give the measured error, or flag the band 'ignored'" },
  { [[ecsv("band flux err\nSDSS.g 1\n")]], "TMP/o.ecsv, line 8: 2 cells, but 3 columns are expected" },
  { [[ecsv("band flux err\nSDSS.g one 0.1\n")]], "TMP/o.ecsv, line 8: column 'flux': 'one' is not a number" },
  { [[ecsv("band flux err\nSDSS.g 1 0.1\nSDSS.g 1 0.1\n")]],
    "TMP/o.ecsv, line 9: band 'SDSS.g' appears twice with the same flux and err: leave one out" },
  { [[ecsv("band flux err\nSDSS 1 0.1\n")]], "TMP/o.ecsv, line 8: 'SDSS' stands for 5 filters, a band is one: 'SDSS.u', ..." },
  { [[votable("SDSS.g", "x", "1")]], "TMP/o.xml, line 6: column 'flux': 'x' is not a number" },
  { [[votable("SDSS.q", "1", "1")]], "TMP/o.xml, line 6: unknown filter 'SDSS.q': SDSS has g i r u z" },
  { [[observation.read(file("x.xml", "<?xml version='1.0'?><VOTABLE>"))]], "TMP/x.xml: VOTable without a TABLEDATA element" },
  { [[observation.read(file("x.fits", "SIMPLE  =                    T"))]],
    "TMP/x.fits: cut short: the FITS header at byte 0 has no END" },
  { [[observation.new{ name = "a", redshift = -2 }]], "observation a: redshift -2 is not a redshift (-0.01 .. 1e4)" },
  { [[observation.new{ nam = "a" }]], "observation.new: unknown option 'nam', did you mean 'name'?" },
  { "observation.new{ distance = -1 }", "distance -1 Mpc must be positive" },
  { [[source:add("SDSS.g", 1, 0.1)]], "band 'SDSS.g' appears twice with the same flux and err: leave one out" },
  { [[source:add("SDSS.u", 1, 1, "lim")]], "observation:add: 'lim' is not one of detection, limit, ignored" },
  { [[source:add("SDSS.u", "x", 1)]], "observation:add: argument 2 must be a number, got string" },
  { [[source:write("/nonexistent/o.ecsv")]], "/nonexistent/o.ecsv: cannot write: No such file or directory" },
  -- galaxies
  { "galaxy{ ssp = table, redshft = 1 }", "galaxy: unknown option 'redshft', did you mean 'redshift'?" },
  { [[galaxy{ ssp = table, redshift = "1" }]], "galaxy: redshift must be a number, got string" },
  { "galaxy{ ssp = table, redshift = -1 }", "redshift = -1 is not in -0.01 .. 30" },
  { [[galaxy{ ssp = "none.h5" }]], "none.h5: no such file" },
  { "galaxy{ ssp = 3 }", "galaxy: ssp must be an ssp table or a file name, got number" },
  { [[galaxy{ ssp = table, sfh = "delayed" }]], "galaxy: sfh must be a component, got string" },
  { "galaxy{ ssp = table, ism = 3 }", "galaxy: ism must be a component such as ism.two_phase{}, or false, got number" },
  { "galaxy{ ssp = table, age = 0/0 }", "age = nan is not in 100000 .. 2e+10 yr" },
  { "galaxy{ ssp = table, redshift = 3, age = 1.3e10 }:sed()",
    "age = 1.3e+10 yr is above the age of the Universe, 2.14375e+09 yr, at redshift 3 (Planck18)" },
  { "galaxy{ ssp = table }:sed()", "redshift = 0 has no distance: set 'redshift' > 0 or 'distance' [Mpc]" },
  { "galaxy{ ssp = table, distance = -1 }", "distance = -1 is not in 0 .. 1e+06 Mpc" },
  { [[galaxy{ ssp = table, cosmology = "Planck19" }]],
    "unknown cosmology 'Planck19', did you mean 'Planck18'? (known: Planck18, Planck15, WMAP9, WMAP7)" },
  { [[galaxy{ ssp = table, compat = "foo" }]], "galaxy: compat = 'foo' is not one of exact, galapy, galapy-0.6.0" },
  { "galaxy{ 1 }", "galaxy: options are given by name, found a value without one at position 1" },
  { "galaxy(3)", "galaxy: expected a table of options {name = value}, got number" },
  { [[g.age = "x"]], "age must be a number, got string" },
  { "g.age = -1", "age = -1 is not in 100000 .. 2e+10 yr" },
  { "g.agee = 1", "galaxy has no field or method 'agee', did you mean 'age'?" },
  { "g.ssp = 3", "galaxy.ssp is read-only" },
  { "g.ism.f_MC = 2", "ism.f_MC = 2 is not in 0 .. 1" },
  { "g.ism.fMC = 0.2", "ism.two_phase has no field or method 'fMC', did you mean 'f_MC'?" },
  { "g.sfh.tau = 1", "sfh.insitu has no field or method 'tau'" },
  { "g:set{ agee = 1e9 }", "this galaxy has no parameter 'agee', did you mean 'age'?" },
  { "g:set(3)", "galaxy:set: argument 1 must be the name of a parameter or a table of name = value, got number" },
  { [[g:photometry("SDSS.q")]], "unknown filter 'SDSS.q': SDSS has g i r u z" },
  { "g:photometry(3)", [[galaxy:photometry: expected filters, such as filters("SDSS"), or a band's name, got number]] },
  { [[g:sed("foo")]], "this galaxy has no spectrum 'foo' (known: stellar extinct total MC DD warm)" },
  -- parts
  { "sfh.delayd{}", "sfh has no 'delayd', did you mean 'delayed'?" },
  { "sfh.delayed{ tau = -1 }", "sfh.delayed: tau = -1 is not in 100000 .. 1e+12 yr" },
  { [[sfh.delayed{ tau = "1" }]], "sfh.delayed: tau must be a number, got string" },
  { "sfh.delayed{ taau = 1 }", "sfh.delayed: unknown option 'taau', did you mean 'tau'?" },
  { [[sfh.insitu{ metallicity = "solar" }]], "sfh.insitu: unknown option 'metallicity' (known: mass, burst, f_burst, age_burst, tau_burst, psi_max, tau_star, tau_quench)" },
  { "sfh.continuity{ n = 1 }", "sfh.continuity: 1 bins, 2 .. 32 are possible" },
  { "sfh.continuity{ n = 2.5 }", "sfh.continuity: n = 2.5 must be a whole number of bins" },
  { "sfh.flexible{ edges = { 1e8 } }", "sfh.flexible: unknown option 'edges' (known: n, metallicity, Z, Z_start, t_step, yield, mzr_y0, mzr_x0, mzr_k, mzr_slope_lo, mzr_slope_hi, mzr_c0_y, mzr_c1_y, mzr_c0_s, mzr_c1_s, mzr_tlook_c, mass, burst, f_burst, age_burst, tau_burst, r1, r2, r3, r4, r5, r6, tau_quench, Mdust)" },
  { "sfh.dirichlet{ n = 5, edges = { 1e8, 1e9 } }", "sfh.dirichlet: n = 5, but 2 inner edges make 3 bins" },
  { "sfh.dirichlet{ z1 = 2 }", "sfh.dirichlet: z1 = 2 is not in 0 .. 1" },
  { "sfh.stochastic{ tau_eq = -1 }", "sfh.stochastic: tau_eq = -1 must be a number above 0" },
  { [[sfh.delayed{ burst = "big" }]], "sfh.delayed: burst = 'big' is not one of none, delta, rectangle, exponential" },
  { "sfh.delayed{ f_burst = 0.1 }", "sfh.delayed: f_burst needs burst = 'delta', 'rectangle' or 'exponential'" },
  { "sfh.custom{ function(t) return 1 end, tau = 3 }", "sfh.custom: unknown option 'tau' (known: params mass burst tau_quench Mdust Z metallicity Z_start ..., and the function)" },
  { "sfh.custom{ params = { Z = 1 }, function(t) return 1 end }", "sfh.custom: the parameter 'Z' is there already" },
  { "sfh.table{}", "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got 0 and 0)" },
  { "sfh.table{ t = { 0, 1e9 }, psi = { 1 } }", "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got 2 and 1)" },
  { "sfh.table{ t = { 1e9, 0 }, psi = { 1, 1 } }", "sfh.table: time: must ascend, but value 2 (0) is not above value 1 (1e+09)" },
  { "sfh.table{ t = { 0, 1e9 }, psi = { 1, -1 } }", "sfh.table: rate -1 in row 2 must be finite and >= 0" },
  { [[sfh.table{ t = { 0, "x" }, psi = { 1, 1 } }]], "sfh.table: t: element 2 must be a number, got string" },
  { "ism.two_phase{ f_MC = 2 }", "ism.two_phase: f_MC = 2 is not in 0 .. 1" },
  { "ism.two_phase{ fMC = 0.2 }", "ism.two_phase: unknown option 'fMC', did you mean 'f_MC'?" },
  { [[cosmology("Planck19")]],
    "unknown cosmology 'Planck19', did you mean 'Planck18'? (known: Planck18, Planck15, WMAP9, WMAP7)" },
  { "cosmology{ H0 = -70, Om0 = 0.3 }", "cosmology: H0 = -70 is not in 1 .. 1000" },
  { "cosmology{ H0 = 70, Om = 0.3 }", "cosmology: unknown option 'Om', did you mean 'Om0'?" },
  { "cosmology{ H0 = 70 }", "cosmology: Om0 is required" },
  { [[cosmology("Planck18"):age(-2)]], "cosmology: redshift -2 must be >= 0" },
  -- priors
  { "prior.unifrom(0, 1)", "prior has no 'unifrom', did you mean 'uniform'?" },
  { "prior.uniform(1, 0)", "prior uniform(1, 0): the lower bound exceeds the upper one; swap them" },
  { "prior.uniform(1)", "prior uniform: 1 arguments given, expected uniform(lower, upper)" },
  { "prior.uniform(0, 1/0)", "prior uniform(0, inf): bounds must be finite" },
  { "prior.loguniform(0, 1)",
    "prior loguniform(0, 1): the lower bound must be positive; use uniform for a range that includes 0" },
  { "prior.normal(0, -1)", "prior normal(0, -1): the standard deviation must be positive and finite" },
  { "prior.beta(-1, 2)", "prior beta(-1, 2, 0, 1): a and b must be positive and finite" },
  { "prior.table({ 0, 1 }, { 0 })", "prior.table: 2 positions but 1 densities" },
  { "prior.table({ 1, 0 }, { 0, 0 })", "prior table: x[2] = 0 does not exceed x[1] = 1; sort the nodes" },
  { "prior.uniform(0, 1):quantile(2)", "prior:quantile: 2 is not in 0 .. 1" },
  -- fits
  { "fit{}", "fit: 'data' is missing: an observation, such as observation.read(file)" },
  { "fit{ data = source }", "fit: 'model' is missing: a galaxy, such as galaxy{}" },
  { "fit{ data = source, model = g }",
    "fit: 'free' is missing: a table of parameter = prior, such as { age = prior.loguniform(1e8, 1.3e10) }" },
  { "fit{ data = 3, model = g, free = free }", "fit: data must be an observation, such as observation.read(file), got number" },
  { "fit{ data = source, model = source, free = free }", "fit: model must be a galaxy, such as galaxy{}, got observation" },
  { [[fit{ data = observation.new{ name = "e" }, model = g, free = free }]], "fit: observation 'e' has no band to fit" },
  { "fit{ data = source, model = g, fre = free }", "fit: unknown option 'fre', did you mean 'free'?" },
  { "fit{ data = source, model = g, free = { agee = prior.uniform(1e8, 1e9) } }",
    "fit: free: this galaxy has no parameter 'agee', did you mean 'age'?" },
  { "fit{ data = source, model = g, free = { age = 3 } }",
    "fit: free.age must be a prior (prior.uniform(lo, hi), ...) or a function, got number" },
  { "fit{ data = source, model = g, free = { prior.uniform(1e8, 1e9) } }",
    "fit: free holds name = prior pairs, found a value without a name" },
  { "fit{ data = source, model = g, free = { age = function() return 0/0 end } }",
    "fit: prior function of 'age' gives nan at 8: it must return ln p, a number or -inf" },
  { [[local o = observation.new{ redshift = 0.1 }
      o:add(filters(file("far.csv", "wavelength[A],transmission\n0.4,1\n0.6,1\n"))[1], 1, 0.1)
      fit{ data = o, model = g, free = free }]],
    "fit: at redshift 0.1 band 'far', 0.363636 .. 0.545455 A at rest, is outside the model's wavelengths, 1 .. 1e+10 A: flag it 'ignored'" },
  { "fit{ data = source, model = galaxy{ ssp = table, redshift = 5 }, free = { age = prior.uniform(2e9, 1e10) } }",
    "fit: the model refuses 256 points spread over the priors; in their middle: age = 6e+09 yr is above the age of the Universe, 1.17071e+09 yr, at redshift 5 (Planck18)" },
  { "fit{ data = source, model = galaxy{ ssp = table, sfh = sfh.delayed{ Z = 0.09 } }, free = free }",
    "fit: the model refuses 256 points spread over the priors; in their middle: sfh.Z = 0.09 is outside SSP table 'synthetic', "
      .. "0.0001 .. 0.04 (clamp = true uses the nearest)" },
  { [[fit{ data = source, model = g, free = free, limits = "censord" }]],
    "unknown limits 'censord', did you mean 'censored'? (known: measured, censored, onesided, cut)" },
  { "fit{ data = source, model = g, free = free, noise = { flor = 3 } }",
    "fit: noise must be a noise model, such as noise.calibration{ floor = 0.05 }, got a table" },
  { [[fit{ data = source, model = g, free = free, sampler = "nuts" }]],
    "fit: sampler must be a sampler, such as sampler.nested{}, got a string" },
  { "fit{ data = source, model = g, free = free, seed = -1 }", "fit: seed must be a whole number in 0 .. 2^53, got -1" },
  { "fit{ data = source, model = g, free = free }:summary()", "this fit has no samples yet: call fit:run{}" },
  { [[fit{ data = source, model = g, free = free }:save("x.h5")]], "this fit has not been run: call fit:run{}" },
  { "fit{ data = source, model = g, free = free }:run{ steps = 3 }",
    "fit:run: unknown option 'steps' (known: checkpoint_every, fresh, more, out, progress, resume, until)" },
  { "fit{ data = source, model = g, free = free }:run{ resume = true }", "fit:run: resume = true needs out = FILE" },
  { "fit{ data = source, model = g, free = free, sampler = sampler.ensemble{ walkers = 3, steps = 10 } }:run{ progress = false }",
    "ensemble: move de needs 4 walkers, 3 given" },
  { "sampler.ensembl{}", "sampler has no 'ensembl', did you mean 'ensemble'?" },
  { "sampler.ensemble{ walkers = -3 }", "sampler.ensemble: walkers must be a whole number, 0 or more, got -3" },
  { [[sampler.ensemble{ steps = "3" }]], "sampler.ensemble: steps must be a number, got string" },
  { "sampler.ensemble{ stpes = 3 }", "sampler.ensemble: unknown option 'stpes', did you mean 'steps'?" },
  { [[sampler.ensemble{ moves = "strech" }]],
    "sampler.ensemble: unknown moves 'strech', did you mean 'stretch'? (known: mix, stretch, de, snooker, walk, kde, gaussian, slice, slice_gaussian, mixture)" },
  { "sampler.ensemble{ moves = {} }", "sampler.ensemble: moves must be a name or a list of moves, got an empty table" },
  { "sampler.ensemble{ until_tau = -3 }",
    "sampler.ensemble: until_tau must be a number of autocorrelation times, 0 or more, got -3" },
  { "noise.calibration{ floor = -1 }", "noise.calibration: floor = -1 must lie in 0 .. 10: fraction of the observed flux, added in quadrature to each error" },
  { "noise.calibration{ flor = 0.1 }", "noise.calibration: unknown option 'flor', did you mean 'floor'?" },
  { [[noise.calibration{ f_cal = "x" }]], "noise.calibration: f_cal must be a number or a prior, got string" },
  { "local n = noise.calibration{ floor = 1 } + noise.calibration{ floor = 2 }", "noise: 'floor' is given twice" },
  { "local n = noise.calibration{ floor = 1 } + 3", "noise: only noise models add to one another, got a number" },
  { [[load_fit("none.h5")]], "none.h5: no such file" },
  { [[load_fit(file("bad.h5", "x"))]], "TMP/bad.h5: not an HDF5 file" },
  { "load_fit()", "load_fit: argument 1 must be a file name, got nil" },
  -- the rest of the prompt
  { [[vec("x")]], "vec: expected a table of numbers, a length or a vec, got string" },
  { [[vec{ 1, "a" }]], "vec: element 2 must be a number, got string" },
  { "local v = vec{ 1, 2 } + vec{ 1, 2, 3 }", "vec: 2 elements + 3 elements: lengths differ" },
  { "local v = vec{ 1, 2 }[3]", "vec: index 3 outside 1 .. 2" },
  { "linspace(1, 2, 0)", "linspace: needs at least 2 points, got 0" },
  { "logspace(-1, 2, 3)", "logspace: both ends must be positive, got -1 and 2" },
  { "threads(0)", "threads: argument 1 must be a whole number in 1 .. 1024, got 0" },
  { "seed(-1)", "seed: must be a whole number in 0 .. 2^53, got -1" },
  { "apropos(3)", "apropos: argument 1 must be a string of words, got number" },
  { [[json.decode("{")]], "json: a name expected at character 2" },
  { "json.decode(3)", "json.decode: argument 1 must be a string, got number" },
}

test.describe("bad input", function()
  test.it("is refused with one line", function()
    for _, row in ipairs(inputs) do
      local input = setfenv(assert(loadstring(row[1])), env)
      local ok, e = pcall(input)
      test.ok(not ok, row[1] .. " raises")
      test.eq(without_tmp(tostring(e)), row[2], row[1])
      test.ok(not row[2]:find("\n"), row[1] .. " is one line")
    end
  end)
  test.it("leaves no C memory behind", function()
    collectgarbage()
    collectgarbage()
    local before = core.versions().live_mb
    for _ = 1, 3 do
      for _, row in ipairs(inputs) do pcall(setfenv(loadstring(row[1]), env)) end
    end
    collectgarbage()
    collectgarbage()
    test.ok(core.versions().live_mb - before < 0.01, ("%.3f MB more"):format(core.versions().live_mb - before))
  end)
end)

-- ---------------------------------------------------------------- arguments of the program: exit status, message
env.file("number.lua", "return 3")
env.file("syntax.lua", "return fit{")
env.file("raise.lua", "error('x')")

local arguments = {
  { 2, "-e", "option '-e' needs a value (galua --help lists the options)" },
  { 1, "-e 'x='", "-e:1: unexpected symbol near '<eof>'" },
  { 2, "--thread 3", "unknown option '--thread', did you mean '--threads'? (galua --help lists the options)" },
  { 2, "--threads x", "--threads must be a whole number in 1 .. 1024, got 'x'" },
  { 2, "--seed 1.5", "--seed must be a whole number in 0 .. 9007199254740992, got '1.5'" },
  { 2, "nocommand", "no command or script 'nocommand' (galua --help lists the commands)" },
  { 1, "none.lua", "none.lua: No such file or directory" },
  { 2, "ssp", "ssp: expected info, convert or make (galua ssp --help)" },
  { 2, "ssp inf", "ssp: no action 'inf', did you mean 'info'?" },
  { 2, "ssp info", "ssp info: no FILE given (galua ssp --help)" },
  { 1, "ssp info none.h5", "none.h5: no such file" },
  { 2, "ssp convert a", "ssp convert: expected FROM and TO, got 1 file name (galua ssp --help)" },
  { 2, "ssp convert a b --tp fits", "ssp convert: unknown option '--tp', did you mean '--to'? (galua ssp --help)" },
  { 1, "ssp convert none.h5 b.h5", "none.h5: no such file" },
  { 2, "ssp make", "ssp make: no OUT given (galua ssp --help)" },
  { 2, "ssp make --nzz 3 x.h5", "ssp make: unknown option '--nzz', did you mean '--nz'? (galua ssp --help)" },
  { 2, "ssp make --nz x x.h5", "ssp make: --nz needs a number, got 'x'" },
  { 1, "ssp make --imf krupa x.h5",
    "unknown initial mass function 'krupa', did you mean 'kroupa'? (known: kroupa, chabrier, salpeter, vandokkum)" },
  { 2, "fit", "fit: no FILE.lua given (galua fit --help)" },
  { 1, "fit none.lua", "fit: none.lua: no such file" },
  { 2, "fit --resum x.lua", "fit: unknown option '--resum', did you mean '--resume'? (galua fit --help)" },
  { 2, "fit a.lua b.lua", "fit: one file at a time, got 'a.lua' and 'b.lua'" },
  { 2, "fit --out", "fit: --out needs a value" },
  { 2, "fit --template --sfh foo", "fit --template: unknown history 'foo' (known: " .. histories .. ")" },
  { 2, "fit --template --sfh", "fit --template: --sfh needs a name: " .. histories },
  { 1, "fit {number}", "TMP/number.lua: must end with `return fit{...}`" },
  { 1, "fit {syntax}", "TMP/syntax.lua:1: unexpected symbol near '<eof>'" },
  { 1, "fit {raise}", "TMP/raise.lua:1: x" },
  { 2, "data", "data: expected list, path, places, get or check (galua data --help)" },
  { 2, "data lst", "data: no action 'lst', did you mean 'list'?" },
  { 2, "data path", "data path: expected the name of a data file, as 'galua data list' shows it" },
  { 2, "check --qiet", "check: unknown option '--qiet', did you mean '--quiet'?" },
}

test.describe("bad arguments", function()
  test.it("are refused with one line and the exit status", function()
    for _, row in ipairs(arguments) do
      local args = row[2]:gsub("{(%w+)}", tmp .. "/%1.lua")
      local pipe = io.popen(("cd %s && HOME=%s XDG_CACHE_HOME=%s %s %s 2>&1 </dev/null; echo \"status $?\""):format(tmp, tmp, tmp, exe, args))
      local text = pipe:read("*a")
      pipe:close()
      test.eq(without_tmp(text), ("galua: %s\nstatus %d\n"):format(row[3], row[1]), "galua " .. row[2])
    end
  end)
end)

os.execute("rm -rf " .. tmp)
