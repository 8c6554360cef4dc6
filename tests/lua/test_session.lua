-- Commands of the prompt that outlive an entry: locals of blocks, :save, :time, :profile.
local test = require "galua.test"
local core = require "galua.core"
local session = require "galua.session"
local exe = core.realpath("/proc/self/exe")
local folder = os.tmpname()
os.remove(folder)
core.mkdirs(folder)

local function prompt(input)
  core.write_file(folder .. "/in", input)
  local p = io.popen(("cd %q && HOME=%q XDG_CONFIG_HOME=%q XDG_STATE_HOME=%q %q < in 2>err; echo status $?"):format(folder, folder, folder, folder, exe))
  local out = p:read("*a")
  p:close()
  local f = io.open(folder .. "/err")
  local err = f:read("*a")
  f:close()
  return out:gsub("status %d+\n$", ""), err, tonumber(out:match("status (%d+)\n$"))
end

test.describe("locals of an entry", function()
  test.it("are found where they stand outside of blocks", function()
    for text, want in pairs{ ["local a = 1"] = "a", ["local a, b = f()"] = "a b", ["local function f() local x end"] = "f", ["x = 1"] = "",
      ["do local a = 1 end"] = "", ["if x then local a end local b"] = "b", ["for i = 1, 2 do local c end"] = "", ["repeat local c until c"] = "",
      ["local a\nlocal b = 2"] = "a b", ["local s = 'local t'"] = "s", ["-- local u\nlocal v"] = "v", ["--[[ local u ]] local v"] = "v",
      ["local s = [[ local t ]] local w = 1"] = "s w", ["f(function() local a end)"] = "", ["local a\nprint(a)"] = "a", ["local t = { function() local q end }"] = "t",
      ["while x do local y end local z = 'it\\'s' "] = "z", ["local a, b\nc = 3"] = "a b" } do
      test.eq(table.concat(session.locals(text), " "), want, text)
    end
  end)
  test.it("are globals afterwards, and stay with the functions of their entry", function()
    local out, err = prompt("local n = 3\nfunction f()\nreturn n\nend\nf()\ndo\nlocal k = 5\nfunction g() return k end\nend\ng()\n")
    test.eq(out, "3\n5\n")
    test.eq(err, "note: a local ends with its entry; the entries that follow see a global of that name\n")
    local whole = session.with_globals("local k = 2\nfunction h() return k end")
    test.eq(whole, "local k = 2\nfunction h() return k end\n_G.k = k")
    assert(loadstring(whole))()
    k = 7
    test.eq(h(), 2)
    k, h = nil, nil
    test.eq(session.with_globals("local k = 2 return k"), nil)
  end)
end)

test.describe(":save", function()
  test.it("writes a script that says the same again", function()
    local typed = "a = vec{ 1, 2, 3 }\na:sum()\na * 2\nb = 7;\nb;\nerror('no')\nlocal c = a:median()\nc + b\nfor i = 1, 2 do\nprint(i)\nend\n"
    local out = prompt(typed .. ":save s.lua\n")
    test.ok(out:find("s.lua: 8 entries, 1 with errors as comments\n$"), out)
    local f = io.open(folder .. "/s.lua")
    local text = f:read("*a")
    f:close()
    test.ok(text:find("seed(", 1, true) and text:find("-- an error: error('no')", 1, true), text)
    local p = io.popen(("cd %q && %q --batch s.lua 2>&1"):format(folder, exe))
    local again = p:read("*a")
    p:close()
    test.eq(again, (out:gsub("s.lua: [^\n]*\n", "")))
  end)
  test.it("replaces sessions and nothing else", function()
    core.write_file(folder .. "/mine.lua", "x = 1\n")
    local out, err = prompt("1\n:save mine.lua\n:save\n:save s.lua\n")
    test.ok(err:find("mine.lua exists and is not a session", 1, true) and err:find(":save needs a file name", 1, true), err)
    test.ok(out:find("s.lua: 1 entries", 1, true))
  end)
end)

test.describe(":time and :profile", function()
  test.it("say how long and where", function()
    local out, err = prompt(":time math.sqrt(2)\n:time for i = 1, 10 do end\nfunction work()\nlocal s = 0\nfor i = 1, 2e6 do s = s + math.sin(i) end\nreturn s\nend\n:profile work()\n:time\n:time x = = 1\n:profile error('off')\n")
    test.ok(out:find("per call, %d+ thread"), out)
    test.ok(out:find("of processor time", 1, true), out)
    test.ok(out:find("%%  compiled") or out:find("%%  in C") or out:find("%%  interpreted"), out)
    test.ok(out:find("\nat\n", 1, true) and out:find("stdin", 1, true), out)
    test.ok(err:find(":time needs code, such as :time g:sed()", 1, true) and err:find("unexpected symbol near '='", 1, true) and err:find("off", 1, true), err)
  end)
end)


test.describe("what a newcomer types", function()
  test.it("help alone is the overview, quit and exit leave, a name without its home is found", function()
    for _, word in ipairs{ "quit", "exit", "quit()", "exit();" } do
      local out, err, status = prompt("1 + 1\n" .. word .. "\n2 + 2\n")
      test.eq(out, "2\n")
      test.eq(err .. tostring(status), "0")
    end
    local out, err = prompt("quit = 3\nquit\nhelp\napropos('dust mass')\nvec\n")
    test.eq(err, "")
    test.ok(out:find("^3\n") and out:find("Galua: models of the light of galaxies", 1, true) and out:find("guides:", 1, true))
    test.ok(out:find("\n  dust%.dl07 +%u"), out) -- names with what they are, one a line
    test.eq(select(2, prompt "g = galaxy{ sfh = delayed{} }\n"), "undefined name 'delayed', did you mean 'sfh.delayed'?\n")
    test.ok(prompt "help('plans')\n":find('help("fitting plans")', 1, true)) -- a heading of a guide
    test.ok(prompt "help('one posterior two programs')\n" == "")
    test.eq(select(2, prompt "mock{}\n"), "mock: 'model' is missing: a galaxy, such as galaxy{ redshift = 0.5 }\n")
  end)

  test.it("a fit tells its state, its residuals and its verdict in tables, and a redshift that is not that of the data", function()
    local out, err = prompt [[
g = galaxy{ ssp = ssp.synthetic(), redshift = 0.1, age = 3e9, sfh = sfh.delayed{} }
o = observation.new{ name = "it", redshift = 0.3 }
for i, b in ipairs(filters("SDSS.ugriz")) do y = g:band_flux{ b }[1]; o:add(b, y, 0.05 * y) end
f = fit{ data = o, model = g, seed = 1, free = { age = prior.loguniform(1e9, 1e10), ["sfh.norm"] = prior.loguniform(.1, 100) }, sampler = sampler.ensemble{ steps = 40, walkers = 16 } }
f:run{ progress = false }
f:residuals()
"after the table"
f:verdict()
f:save()
g:sed():plot()
]]
    test.ok(err:find("the model is at redshift 0.1, the data say 0.3: galaxy{ redshift = obs.redshift }", 1, true), err)
    test.ok(err:find("fit:save: argument 1 must be a file name", 1, true), err)
    test.ok(out:find("\n  run: done: 40 steps\n", 1, true))
    test.ok(out:find("\nSDSS%.z[^\n]+\n[^\n]*after the table"), out) -- one value: nothing between
    test.ok(out:find("\nSDSS%.r +[%d.e-]+ +[%d.e-]+ +[%d.e-]+ +[%d.e-]+ +[+-][%d.]+\n"), out)
    test.ok(out:find("\n[ !] Converged%? +%a"))
    test.ok(out:find("S_ν [mJy]", 1, true))
  end)
end)

os.execute(("rm -rf %q"):format(folder))
