-- The program from outside: options, scripts, commands, exit status, messages; plain input at the prompt.
local t = require "galua.test"
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local tmp = os.tmpname()
os.remove(tmp)
core.mkdirs(tmp)

-- Runs `galua ARGS`: stdout, stderr, status
local function run(args, input)
  local err_file = tmp .. "/err"
  local source = ""
  if input then
    core.write_file(tmp .. "/in", input)
    source = " < " .. tmp .. "/in"
  else
    source = " < /dev/null"
  end
  local pipe = io.popen(("HOME=%s XDG_CONFIG_HOME=%s XDG_STATE_HOME=%s %s %s 2>%s%s; echo \"status $?\""):format(tmp, tmp, tmp, exe, args,
    err_file, source))
  local text = pipe:read("*a")
  pipe:close()
  local out, status = text:match("^(.*)status (%d+)\n$")
  local err = io.open(err_file)
  local message = err:read("*a")
  err:close()
  return out, message, tonumber(status)
end

local function script(text)
  core.write_file(tmp .. "/s.lua", text)
  return tmp .. "/s.lua"
end

t.describe("arithmetic", function()
  t.it("of a script is the same, compiled or not", function()
    local function square(x) return x ^ 2 end
    local function root(x) return x ^ 0.5 end
    local function ten(x) return 10 ^ x end
    for _, f in ipairs{ square, root, ten } do
      local plain = {}
      jit.off(f)
      for i = 1, 20000 do plain[i] = f(i * 0.000737 + 1e-3) end
      jit.on(f)
      local other = 0
      for i = 1, 20000 do
        local x = i * 0.000737 + 1e-3
        if f(x) ~= plain[i] or f == square and plain[i] ~= x * x then other = other + 1 end
      end
      t.eq(other, 0)
    end
  end)
end)
t.describe("a name of Galua's", function()
  t.it("that a script or the prompt assigns is said to be hidden, once", function()
    local _, err = run([[-e 'noise = noise.calibration{} noise = nil x = 1']])
    t.eq(err, "galua: 'noise' now hides Galua's own; that is still there as galua.noise\n")
    _, err = run([[-e 'plot = require "galua.plot" local noise = 3']])
    t.eq(err, "")
  end)
end)
t.describe("options", function()
  t.it("--version and --help", function()
    t.eq(run("--version"), "Galua " .. version .. "\n")
    local out, err, status = run("--help")
    t.ok(out:find("usage: galua [options]", 1, true) == 1)
    t.ok(out:find("\n  check  ", 1, true), "lists the commands")
    t.eq(err, "")
    t.eq(status, 0)
  end)
  t.it("-e runs code, repeatedly", function()
    t.eq(run([[-e 'x = 2' -e 'print(x + 1, version)']]), "3\t" .. version .. "\n")
  end)
  t.it("--threads and --seed, in both spellings", function()
    t.eq(run([[--threads 2 --seed=99 -e 'print(threads(), seed())']]), "2\t99\n")
    local _, err, status = run("--threads 0 -e 'print(1)'")
    t.eq(err, "galua: --threads must be a whole number in 1 .. 1024, got '0'\n")
    t.eq(status, 2)
    _, err, status = run("--seed")
    t.eq(err, "galua: option '--seed' needs a value (galua --help lists the options)\n")
    t.eq(status, 2)
  end)
  t.it("a wrong option is a usage error with the nearest name", function()
    local out, err, status = run("--bacth")
    t.eq(out, "")
    t.eq(err, "galua: unknown option '--bacth', did you mean '--batch'? (galua --help lists the options)\n")
    t.eq(status, 2)
  end)
  t.it("-i goes on at the prompt with the script's globals", function()
    local out, _, status = run("-i " .. script("y = 41"), "y + 1\n")
    t.eq(out, "42\n")
    t.eq(status, 0)
  end)
end)

t.describe("scripts", function()
  t.it("get arg and ...", function()
    t.eq(run(script("print(arg[1], arg[2], #arg, select('#', ...), (...))") .. " a 'b c'"), "a\tb c\t2\t2\ta\n")
  end)
  t.it("find modules beside them", function()
    core.write_file(tmp .. "/beside.lua", "return { n = 17 }")
    t.eq(run(script("print(require('beside').n)")), "17\n")
  end)
  t.it("come from standard input as -", function()
    t.eq(run("-", "print(6 * 7)"), "42\n")
  end)
  t.it("an error is one line with the place, status 1", function()
    local path = script("local v = vec{1, 2}\n\nreturn v[3]")
    local out, err, status = run(path)
    t.eq(out, "")
    t.eq(err, ("galua: %s:3: vec: index 3 outside 1 .. 2\n"):format(path))
    t.eq(status, 1)
    _, err, status = run(script("error('plain text', 0)"))
    t.eq(err, "galua: plain text\n")
    _, err, status = run(script("x = = 1"))
    t.eq(err, ("galua: %s:1: unexpected symbol near '='\n"):format(path))
    t.eq(status, 1)
    _, err, status = run(tmp .. "/none.lua")
    t.eq(err, ("galua: %s/none.lua: No such file or directory\n"):format(tmp))
    t.eq(status, 1)
    _, err = run(script("error({})"))
    t.eq(err, "galua: the script raised a table value\n")
  end)
  t.it("reading an undeclared global is an error with the nearest name", function()
    local path = script("local a = linspace(0, 1, 3)\nprint(lispace)")
    local _, err, status = run(path)
    t.eq(err, ("galua: %s:2: undefined name 'lispace', did you mean 'linspace'?\n"):format(path))
    t.eq(status, 1)
    t.eq(run(script("x = nil; print(x); y = 3; print(y, rawget(_G, 'z'))")), "nil\n3\tnil\n")
  end)
  t.it("os.exit gives its status", function()
    local _, _, status = run(script("os.exit(7)"))
    t.eq(status, 7)
  end)
  t.it("refuses bytecode", function()
    local f = io.open(tmp .. "/b.lua", "wb")
    f:write(string.dump(function() return 1 end))
    f:close()
    local _, err, status = run(tmp .. "/b.lua")
    t.eq(status, 1)
    t.ok(err:find("attempt to load chunk with wrong mode", 1, true))
  end)
end)

t.describe("commands", function()
  t.it("an unknown one names the nearest, status 2", function()
    local _, err, status = run("chekc")
    t.eq(err, "galua: no command or script 'chekc', did you mean 'check'? (galua --help lists the commands)\n")
    t.eq(status, 2)
  end)
  t.it("check reports the libraries", function()
    local out = run("check")
    for _, name in ipairs { "LuaJIT", "GSL", "HDF5", "cfitsio", "readline", "vectors", "threads" } do
      t.ok(out:find("ok      " .. name, 1, true), name)
    end
    local _, err, status = run("check --qiet")
    t.eq(err, "galua: check: unknown option '--qiet', did you mean '--quiet'?\n")
    t.eq(status, 2)
  end)
  t.it("data path finds a file, or says where it looked", function()
    core.mkdirs(tmp .. "/d")
    core.write_file(tmp .. "/d/mine.dat", "x")
    local out = io.popen(("GALUA_DATA=%s/d %s data path mine.dat"):format(tmp, exe)):read("*a")
    t.eq(out, core.realpath(tmp .. "/d/mine.dat") .. "\n")
    local _, err, status = run("data path none.dat")
    t.ok(err:find("^galua: data file 'none.dat' not found in "))
    t.eq(status, 1)
  end)
  t.it("GALUA_LUA and the embedded library run the same code", function()
    local pipe = io.popen(("GALUA_LUA=%s %s -e 'print(vec{1,2}:sum())'"):format(core.library(), exe))
    t.eq(pipe:read("*a"), "3\n")
    pipe:close()
    -- a copy of the program away from the tree has only what is compiled in
    core.mkdirs(tmp .. "/far/bin")
    os.execute(("cp -L %s %s/far/bin/galua; cp -L %s/libgalua.so %s/far/bin/libgalua.so.0"):format(exe, tmp, exe:match("^(.*)/"), tmp))
    pipe = io.popen(("%s/far/bin/galua -e 'print(require(\"galua.core\").library() == \"\", vec{1,2}:sum())'"):format(tmp))
    t.eq(pipe:read("*a"), "true\t3\n")
    pipe:close()
  end)
end)

t.describe("plain input", function()
  t.it("echoes expressions, mutes, keeps _", function()
    local out, err, status = run("", "1 + 1\n_ * 10\n5;\n_\nx = 3\nx\n'text'\nnil\n")
    t.eq(out, "2\n20\n5\n3\ntext\n")
    t.eq(err, "")
    t.eq(status, 0)
  end)
  t.it("takes blocks of several lines", function()
    t.eq(run("", "for i = 1, 2 do\n  print(i)\nend\nfunction f(x)\nreturn {\nx, 2 * x\n}\nend\nf(4)\n"), "1\n2\n{ 4, 8 }\n")
  end)
  t.it("shows vectors by shape, range and ends", function()
    t.eq(run("", "vec{1, 2.5}\nlinspace(0, 1, 101)\n"), "vec(2)  {1, 2.5}\nvec(101)  0 .. 1  {0, 0.01, 0.02, 0.03, ..., 0.99, 1}\n")
  end)
  t.it("one line for an error, :trace for the rest, status 1", function()
    local out, err, status = run("", "function f() local x = vec{1}[2] return x end\nf()\n:trace\n")
    t.eq(err, "vec: index 2 outside 1 .. 1\n")
    t.ok(out:find("^stdin:1: vec: index 2 outside 1 .. 1\n  raised in "), out)
    t.ok(out:find("in function <stdin:1>", 1, true), out)
    t.eq(status, 1)
    _, err = run("", "x = = 2\nfor\n")
    t.ok(err:find("unexpected symbol near '='", 1, true))
    _, err, status = run("", "for i = 1, 2 do\n")
    t.ok(err:find("'end' expected", 1, true))
    t.eq(status, 1)
  end)
  t.it("keeps a local of the prompt as a global and says so once", function()
    local out, err = run("", "local a = 5\nlocal b = 6\na + b\n")
    t.eq(out, "11\n")
    t.eq(err, "note: a local ends with its entry; the entries that follow see a global of that name\n")
  end)
  t.it("? shows the manual, :quit leaves", function()
    local out = run("", "?linspace\nlinspace?\n:quit\nprint('not reached')\n")
    local entry = "linspace(a, b, n) -> vec\nn equally spaced values from a to b, both exact.\n"
    t.eq(out, entry .. entry)
    local _, err = run("", ":quti\n")
    t.eq(err, ":quti is no command, did you mean 'quit'?\n")
  end)
  t.it("a fit names the indices that look at finer features than the stars have", function()
    core.write_file(tmp .. "/coarse.lua", [[
      local o = observation{ redshift = 0.05, photometry = { { "SDSS.g", 1, 0.1 } }, indices = { Dn4000 = { 1.3, 0.02 }, Ca4227 = { 1, 0.1 }, Hbeta = { 2, 0.1 } } }
      local g = galaxy{ redshift = 0.05, sfh = sfh.constant{}, ssp = ssp.synthesise{} }
      fit{ data = o, model = g, free = { ["sfh.psi"] = prior.loguniform(.1, 100) } }]])
    local pipe = io.popen(("GAL_LOG=warn HOME=%s %s %s/coarse.lua 2>&1"):format(tmp, exe, tmp)) -- the tests themselves hear errors only
    local err = pipe:read("*a")
    pipe:close()
    t.ok(err:find("too coarse for Ca4227: their features are real from 10 A (FWHM) on at 4222 A", 1, true), err)
  end)
  t.it("a fit says once for each library that pixels are finer than its spectra, and nothing where they are not", function()
    core.write_file(tmp .. "/pixels.lua", [[
      local w, f, e = {}, {}, {}
      for i = 1, 200 do w[i], f[i], e[i] = 5000 + 0.3 * i, 1, 0.1 end
      for _, R in ipairs{ 20000, 200 } do
        local o = observation{ redshift = 0.05 }
        o:spectrum{ wave = w, flux = f, err = e, R = R }
        for _, t in ipairs{ ssp.synthesise{}, ssp.bc03{} } do
          fit{ data = o, model = galaxy{ redshift = 0.05, sfh = sfh.constant{}, ssp = t }, free = { ["sfh.psi"] = prior.loguniform(.1, 100) } }
        end
      end]])
    local pipe = io.popen(("GAL_LOG=warn HOME=%s %s %s/pixels.lua 2>&1"):format(tmp, exe, tmp))
    local err = pipe:read("*a")
    pipe:close()
    local _, n = err:gsub("the instrument resolves more than the model spectra do %(100 %% of the pixels%)", "")
    t.eq(n, 2)
    t.eq(select(2, err:gsub("\n", "")), 2)
  end)
  t.it("runs the user's init.lua, unless told not to", function()
    core.mkdirs(tmp .. "/galua")
    core.write_file(tmp .. "/galua/init.lua", "greeting = 'hello'")
    t.eq(run("", "greeting\n"), "hello\n")
    local _, err = run("--no-init", "greeting\n")
    t.eq(err, "undefined name 'greeting'\n")
    os.remove(tmp .. "/galua/init.lua")
  end)
end)

os.execute("rm -rf " .. tmp)
