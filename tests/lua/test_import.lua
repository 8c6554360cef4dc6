-- galua import galapy: a parameter file of GalaPy as a fit, read as text.
local test = require "galua.test"
local core = require "galua.core"
local literals = require "galua.import.literals"
local convert = require "galua.import.galapy"
local exe = core.realpath("/proc/self/exe")
local base = os.tmpname()

local function parse(text) return literals.read(text) end

local parameters = [[
import numpy as np
##### a comment
bands = ('SDSS.g', 'SDSS.r',
         'WISE.W4', 'Nowhere.X')
fluxes = ( 1.0, 2.5e0, +3., 1 )            # mJy
errors = [ 0.1, 0.2, 1.e0, .5, ]
uplims = [False, False, True, False]
method_uplims = 'S12'
cosmo = 'Planck15'
sfh_model = 'delayedexp'
ssp_lib = 'parsec22.NT'
do_Radio = True
do_Xray = False
do_AGN = False
lstep = None
noise_model = 'calibration_error'
galaxy_parameters = {
    'age' : ( [6., 11.], True ),
    'redshift' : 0.1,
    'sfh.tau_quench' : ( [6., 11.], True ),
    'sfh.psi_norm' : ( [-2., 4.], True ), 'sfh.k_shape' : 0.2, 'sfh.tau_star' : 1.e+8,
    'sfh.Mdust' : ( [6., 9.], True ), 'sfh.Zgxy' : ( [0., 1.], False ),
    'ism.f_MC' : ( [0., 1.], False ), 'ism.norm_MC' : 100., 'ism.R_MC' : ( [0., 5.], True ),
    'syn.alpha_syn' : 0.75, 'nff.Zgas' : 0.02,
    'agn.fAGN' : ( [-3., 3.], True ),
}
noise_parameters = { 'f_cal' : ( [-10., 1.], True ) }
sampler = 'emcee'
nwalkers = 2 * 16
output_directory = ''
run_id = 'ngc1'
secret = open('/etc/passwd').read()
]]

test.describe("literals of Python", function()
  test.it("are read", function()
    local v = parse("a = -1.5e-3\nb = 'x' # c\nc = [1, (2, 3), 'it\\'s']\nd = {'k': [True, None], 2: \"v\"}\ne = 1, 2\nf = np.array([1., 2.])\ng = 10**-2 * 3 + 1\nh = (4)\n" ..
      "i = '''two\nlines'''\nj = [\n  1, # one\n  2\n]\nk = (5,)\nl = 1_000\n")
    test.eq(v.a, -1.5e-3)
    test.eq(v.b, "x")
    test.eq(v.c[3], "it's")
    test.eq(v.c[2].n, 2)
    test.eq(v.d.map.k[1], true)
    test.eq(v.d.map.k[2], literals.none)
    test.eq(v.d.map[2], "v")
    test.eq(v.e[2], 2)
    test.eq(v.f[2], 2)
    test.close(v.g, 1.03, 1e-15)
    test.eq(v.h, 4)
    test.eq(v.i, "two\nlines")
    test.eq(v.j.n, 2)
    test.eq(v.k.n, 1)
    test.eq(v.l, 1000)
  end)
  test.it("and nothing else: what is no literal is left out and told", function()
    for _, text in ipairs{ "a = open('x')", "a = [1, f(2)]", "a = 'x", "a = [1, 2", "a = {1: }", "a = 1 2", "a = -'x'", "a = __import__('os').system('true')",
      "a = " .. ("["):rep(300), "for x in y:", "a = {[1]: 2}" } do
      local v, remarks = parse(text .. "\nb = 3\n")
      test.eq(v.a, nil, text)
      test.ok(#remarks >= 1, text)
    end
    local v, remarks = parse("import os\nfrom a import b\nx = 1\n")
    test.eq(v.x, 1)
    test.eq(#remarks, 0)
  end)
  test.it("survive any bytes", function()
    local r = random.uniform(20000, 7)
    local letters = "ab'\"[](){}=:,.\n\\#1e-+*/ nparryTF"
    local k = 0
    for _ = 1, 400 do
      local s = {}
      for i = 1, 50 do
        k = k + 1
        local at = 1 + math.floor(r[k] * #letters)
        s[i] = letters:sub(at, at)
      end
      local ok, why = pcall(literals.read, table.concat(s))
      test.ok(ok, tostring(why) .. table.concat(s))
    end
  end)
end)

test.describe("a parameter file of GalaPy", function()
  core.write_file(base .. ".py", parameters)
  test.it("becomes the fit that it describes", function()
    local text, remarks = convert(base .. ".py", {})
    local f = assert(loadstring(text))()
    local prior = {}
    for _, p in ipairs(f:params()) do prior[p.name] = p.prior and tostring(p.prior) end
    test.eq(f.data.name, "ngc1")
    local rows = f.data:rows()
    test.eq(#rows, 3)
    test.eq(rows[3].kind, "limit")
    test.close(rows[2].flux, 2.5, 1e-12)
    test.eq(f.limits, "censored")
    test.eq(f.model.redshift, 0.1)
    test.eq(f.model.ism.norm_MC, 100)
    test.eq(f.model.synchrotron.alpha, 0.75)
    test.eq(f.model.sfh.tau, 1e8)
    test.ok(prior.age:find("loguniform", 1, true) and prior["ism.f_MC"]:find("uniform(0, 1)", 1, true), prior.age)
    local tau_k = (1e8) ^ 0.2 -- norm = psi_norm tau^k
    test.close(f.model:params()[1] and tonumber(text:match('%["sfh.norm"%] = prior.loguniform%(([%d%.e%-]+),')), 0.01 * tau_k, 1e-6)
    test.ok(prior["noise.f_cal"], "calibration error")
    test.eq(f.sampler.walkers, 32)
    test.eq(prior["agn.fAGN"], nil)
    local said = table.concat(remarks, "\n")
    for _, what in ipairs{ "line 32: secret is left out", "band 'Nowhere.X'", "nff.Zgas = 0.02 has no counterpart", "agn.fAGN is free, but its component is off", "ssp_lib 'parsec22.NT'",
      "sfh.Z" } do test.ok(said:find(what, 1, true), what .. " in\n" .. said) end
  end)
  test.it("goes through the command, and is checked by --dry-run", function()
    local function run(args)
      local p = io.popen(("%q %s; echo status $?"):format(exe, args))
      local out = p:read("*a")
      p:close()
      return out, tonumber(out:match("status (%d+)\n$"))
    end
    local out, status = run(("import galapy %s.py 2>/dev/null > %s.lua"):format(base, base))
    test.eq(status, 0)
    out, status = run(("--threads 1 fit %s.lua --dry-run 2>&1"):format(base))
    test.ok(status == 0 and out:find("ngc1", 1, true), out)
    test.eq(select(2, run("import galaxy x.py 2>/dev/null")), 2)
    test.eq(select(2, run("import galapy 2>/dev/null")), 2)
    test.eq(test.message(convert, "tests"), "tests: is a folder, not a file")
    test.eq(test.message(convert, base .. ".none"), base .. ".none: no such file")
    test.eq(select(2, run("import galapy /no/such.py 2>/dev/null")), 1)
    core.write_file(base .. "_none.py", "x = 1\n")
    test.eq(select(2, run(("import galapy %s_none.py 2>/dev/null"):format(base))), 1)
  end)
  os.execute("rm -f " .. base .. "*")
end)
