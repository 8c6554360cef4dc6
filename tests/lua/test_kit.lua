-- Lua side of the kit: options, errors, documentation, help, completion, printing, the test functions themselves.
local t = require "galua.test"
local core = require "galua.core"
local registry = require "galua.registry"
local doc = require "galua.doc"
local complete = require "galua.complete"
local pp = require "galua.pp"

t.describe("options", function()
  local spec = { n = 10, name = ":string", log = false, any = ":any" }
  t.it("fills defaults and keeps what is given", function()
    local o = options("f", { name = "x", log = true, any = 5 }, spec)
    t.eq(o.n, 10)
    t.eq(o.name, "x")
    t.eq(o.log, true)
    t.eq(o.any, 5)
    t.eq(options("f", nil, spec).n, 10)
  end)
  t.it("rejects unknown names, wrong types, positions", function()
    t.throws(function() options("f", { nam = 1 }, spec) end, "f: unknown option 'nam', did you mean 'name'?")
    t.throws(function() options("f", { n = "1" }, spec) end, "f: n must be a number, got string")
    t.throws(function() options("f", { name = 1 }, spec) end, "f: name must be a string, got number")
    t.throws(function() options("f", { 3 }, spec) end, "f: options are given by name, found a value without one at position 1")
    t.throws(function() options("f", 3, spec) end, "f: expected a table of options {name = value}, got number")
  end)
end)

t.describe("errors", function()
  t.it("are objects with code, place of origin and user's line", function()
    local e = t.throws(function() fail("band '%s' is unknown", "g") end, "band 'g' is unknown")
    t.eq(e.code, "GAL_EINVAL")
    t.ok(e.where:match("^src/lua/kit/core.c:%d+$"), e.where)
    t.ok(e.at:match("test_kit.lua:%d+$"), e.at)
    t.eq("oops: " .. e, "oops: band 'g' is unknown")
  end)
  t.it("name the nearest field", function()
    t.throws(function() return galua.linspce end, "galua has no 'linspce', did you mean 'linspace'?")
    t.throws(function() return galua.pp.fromat end, "pp has no 'fromat', did you mean 'format'?")
    t.throws(function() return sfh.insit end, "sfh has no 'insit', did you mean 'insitu'?")
  end)
  t.it("of test.throws catch wrong messages", function()
    t.throws(function() t.throws(function() error("a", 0) end, "b") end, "~expected the error \"b\", got \"a\"")
    t.throws(function() t.throws(function() end, "b") end, "~expected an error, got none")
    t.throws(function() t.close(1, 1 + 1e-9, 1e-12) end, "~expected 1.00000000")
    t.throws(function() t.close(0 / 0, 1) end, "~expected 1 within")
    t.throws(function() t.close({ 1, 2 }, { 1 }) end, "~expected 1 numbers, got 2")
    t.throws(function() t.eq(1, 2) end, "~expected 2, got 1")
  end)
end)

t.describe("session", function()
  t.it("seed and threads", function()
    local s, n = seed(), threads()
    t.eq(seed(12), 12)
    t.eq(seed(), 12)
    seed(s)
    t.eq(threads(1), 1)
    threads(n)
    t.throws(function() seed(-1) end, "seed: must be a whole number in 0 .. 2^53, got -1")
    t.throws(function() seed("a") end, "seed: argument 1 must be a number, got string")
    t.throws(function() threads(0) end, "threads: argument 1 must be a whole number in 1 .. 1024, got 0")
  end)
end)

t.describe("documentation", function()
  local help = require "galua.help"
  help.load_all()
  t.it("exists for every public function and method", function()
    local missing = {}
    local function look(home, separator, tbl)
      for name, value in next, tbl do
        if type(value) == "function" and type(name) == "string" and name:match("^%a") and not doc.name_of(value) and
          not registry.docs[home .. separator .. name] then
          missing[#missing + 1] = home .. separator .. name
        end
      end
    end
    local hidden = { doc = true, complete_hooks = true }
    for name, value in next, galua do
      if type(value) == "function" then
        if not doc.name_of(value) and not registry.docs[name] then missing[#missing + 1] = name end
      elseif type(value) == "table" and not hidden[name] then
        look(name, ".", value)
      end
    end
    for name, class in pairs(registry.classes or {}) do
      for method, f in pairs(class.methods) do
        if method ~= "close" and not doc.name_of(f) then missing[#missing + 1] = name .. ":" .. method end
      end
    end
    for name, f in pairs(vec.methods) do t.eq(doc.name_of(f), "vec:" .. name) end
    for name, f in pairs(mat.methods) do t.ok(registry.docs["mat:" .. name]) end
    table.sort(missing)
    t.eq(table.concat(missing, ", "), "")
  end)
  t.it("fits 100 columns", function()
    local wide = {}
    for name in pairs(registry.docs) do
      for line in (help.text(name) .. "\n"):gmatch("(.-)\n") do
        if #line > 100 and line:match("^%S+ .* ") then wide[#wide + 1] = name .. ": " .. line end
      end
    end
    t.eq(table.concat(wide, "\n"), "")
  end)
  t.it("is found by value, by name and by words", function()
    local text = help.text(linspace)
    t.eq(text, "linspace(a, b, n) -> vec\nn equally spaced values from a to b, both exact.")
    t.eq(help.text("linspace"), text)
    t.eq(help.text("galua.linspace"), text)
    t.ok(help.text("slice elements"):find("vec:slice", 1, true))
    t.ok(help.text("vec"):find("vec:cumsum", 1, true), "methods are listed")
    t.ok(help.text("vec:slice"):find("vec:slice(from[, to[, step]]) -> vec", 1, true))
    t.throws(function() help("zzzqqq") end, "help: nothing about 'zzzqqq'")
    t.throws(function() help(nil) end, "help: the value is nil")
  end)
  t.it("finds a method by dot or colon, a parameter by its name, a guide and its sections", function()
    t.eq(help.text("galaxy:sed"), help.text("galaxy.sed"))
    t.eq(help.text("fit.summary"), help.text("fit:summary"))
    local text = help.text("f_MC")
    t.ok(text:find("(0.5) fraction of the ISM in molecular clouds; 0 .. 1", 1, true), text)
    t.ok(text:find("of ism.two_phase", 1, true))
    t.eq(help.text("ism.f_MC"), text)
    local page = help.text("fitting")
    t.ok(page:find("\n  Priors\n", 1, true) and page:find("docs/fitting.md", 1, true), page)
    t.ok(help.text("fitting priors"):find("^Priors\n\n"))
    t.eq(help.text("fitting priors"):find("`", 1, true), nil)
    t.ok(help.text():find("guides: ", 1, true))
  end)
  t.it("keeps what makes the program work out of lists and searches", function()
    t.eq(help.text():find("\n  check_options ", 1, true), nil)
    for _, name in ipairs(help.apropos("value of a path")) do t.eq(name:find("^complete"), nil) end
    t.ok(help.text("complete.resolve")) -- there for who asks
  end)
  t.it("goes on with an option's text on the next line, and joins lines that were broken by hand", function()
    doc { "kit_long", function() end, [[kit_long{...}
A first sentence that is long enough to have been broken by its author at the end of
the line, and its end.
A second one.
@param a what it is, and
more of that
@param b another
@example kit_long{}]] }
    t.eq(help.text("kit_long"), [[kit_long{...}
A first sentence that is long enough to have been broken by its author at the end of the line, and
its end.
A second one.
options
  a         what it is, and more of that
  b         another
example
  kit_long{}]])
    require("galua.registry").docs.kit_long = nil
  end)
  t.it("prints the options of a constructor as a table", function()
    doc { "kit_demo", function() end, [[kit_demo{...} -> thing
Makes a thing.
@param width [A] (10) how wide
@param name (none) what it is called
@example kit_demo{ width = 3 }]] }
    t.eq(help.text("kit_demo"), [[kit_demo{...} -> thing
Makes a thing.
options
  width  10    A  how wide
  name   none     what it is called
example
  kit_demo{ width = 3 }]])
  end)
end)

local function words(text, word) return table.concat(complete.complete(text, word), " ") end

t.describe("completion", function()
  t.it("of globals, galua's fields and keywords", function()
    t.eq(words("linsp", "linsp"), "linspace")
    t.eq(words("x = whi", "whi"), "while")
    t.eq(words("galua.linsp", "galua.linsp"), "galua.linspace")
    t.eq(words("string.form", "string.form"), "string.format")
    t.eq(words("nothing.at", "nothing.at"), "")
    t.eq(words("-- linsp", "linsp"), "")
  end)
  t.it("of fields and methods, without running __index", function()
    kit_value = setmetatable({ alpha = 1, beta = function() end }, { __index = function() error("called") end })
    t.eq(words("kit_value.a", "kit_value.a"), "kit_value.alpha")
    t.eq(words("kit_value:", "kit_value:"), "kit_value:beta")
    t.eq(words("kit_value.x.y", "kit_value.x.y"), "")
    kit_vec = vec { 1 }
    t.eq(words("print(kit_vec:cu", "kit_vec:cu"), "kit_vec:cumsum")
    kit_value, kit_vec = nil, nil
  end)
  t.it("of namespaces", function()
    t.eq(words("sfh.ins", "sfh.ins"), "sfh.insitu")
    t.eq(words("galaxy{ sfh = sfh.dela", "sfh.dela"), "sfh.delayed")
  end)
  t.it("of option names inside braces, not twice", function()
    t.eq(words("sfh.insitu{ ps", "ps"), "psi_max = ")
    t.eq(words("sfh.insitu{ psi_max = 3, ", ""),
      "age_burst =  burst =  f_burst =  mass =  tau_burst =  tau_quench =  tau_star = ")
    t.eq(words("x = sfh.insitu{\n  psi_max = ma", "ma"), words("ma", "ma"))
    t.eq(words("sfh.insitu{}; ps", "ps"), words("ps", "ps"))
    kit_sfh = sfh.insitu {}
    t.eq(words("kit_sfh.psi", "kit_sfh.psi"), "kit_sfh.psi_max")
    kit_sfh = nil
  end)
  t.it("of names and paths inside quotes", function()
    t.eq(words('io.open("lua/galua/in', "lua/galua/in"), "lua/galua/init.lua")
    t.eq(words('f("lua/gal', "lua/gal"), "lua/galua/")
    complete_hooks["linspace"] = function() return { "one.a", "one.b", "two" } end
    t.eq(words("linspace('one.", "one."), "one.a one.b")
    t.eq(words("linspace{ 'tw", "tw"), "two")
    complete_hooks["linspace"] = nil
    t.eq(words('filters("SDSS.', "SDSS."), "SDSS.g SDSS.i SDSS.r SDSS.u SDSS.z")
    t.eq(words('filters("sdss.', "sdss."), "SDSS.g SDSS.i SDSS.r SDSS.u SDSS.z")
  end)
end)

t.describe("printing", function()
  t.it("numbers", function()
    t.eq(pp.number(3), "3")
    t.eq(pp.number(0.1 + 0.2), "0.3")
    t.eq(pp.number(1e9), "1e+09")
    t.eq(pp.number(-0.5), "-0.5")
    t.eq(pp.number(0 / 0), "nan")
    t.eq(pp.number(1 / 0), "inf")
  end)
  t.it("tables: sorted keys, nesting, cycles, cuts", function()
    t.eq(pp.format({}), "{}")
    t.eq(pp.format({ 1, 2, 3 }), "{ 1, 2, 3 }")
    t.eq(pp.format({ a = 1, b = { c = "x" } }), "{\n  a = 1\n  b = { c = \"x\" }\n}")
    local loop = { n = 1 }
    loop.self = loop
    t.eq(pp.format(loop), "{\n  n = 1\n  self = {shown above}\n}")
    t.eq(pp.format({ { { { { 1 } } } } }), "{\n  {\n    {\n      {...}\n    }\n  }\n}")
    local long = {}
    for i = 1, 100 do long[i] = {} end
    t.eq(select(2, pp.format(long):gsub("\n", "")), 42)
    t.ok(pp.format(long):find("... 60 more", 1, true))
  end)
  t.it("values that describe themselves", function()
    t.eq(pp.format(setmetatable({}, { __galua_show = function() return "shown\nfully" end })), "shown\nfully")
    t.eq(pp.format(setmetatable({}, { __tostring = function() return "text" end })), "text")
    t.eq(pp.format({ setmetatable({}, { __tostring = function() return "text" end }) }), "{ text }")
    t.eq(pp.format(linspace), "function linspace(a, b, n) -> vec")
    t.eq(pp.format(mat { { 1, 2 } }), "mat(1 x 2)\n           1          2")
  end)
end)

t.describe("records at the prompt", function()
  t.it("are a table of rows, names first", function()
    t.eq(pp.format({ { flux = 1.5, band = "g", used = true }, { flux = 20, band = "longer", used = false } }),
      "  band    flux  used\n  g        1.5  true\n  longer    20  false")
  end)
  t.it("tell what is not shown", function()
    local list = {}
    for i = 1, 50 do
      list[i] = {}
      for k = 1, 30 do list[i]["column" .. k] = i * k end
    end
    local text = pp.format(list)
    t.ok(text:find("... 10 more of 50", 1, true))
    t.ok(text:find("fields not shown: ", 1, true))
    for line in text:gmatch("[^\n]+") do t.ok(#line <= 101 or line:find("not shown"), line) end
  end)
  t.it("are only what is alike", function()
    t.eq(pp.format({ { 1, 2 }, { 3, 4 } }):sub(1, 1), "{")
    t.eq(pp.format({ { a = {} }, { a = {} } }):sub(1, 1), "{")
  end)
end)
