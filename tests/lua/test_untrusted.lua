-- Results files of anybody: nothing of them is run unasked, damage is seen, sizes are not believed.
local test = require "galua.test"
local json = require "galua.json"
local table_of = ssp.synthetic()

local message = test.message
local says = test.says
local read = require("galua.core").read_file
local write = require("galua.core").write_file
local program = require("galua.core").realpath("/proc/self/exe")
local function stderr_of(code)
  local pipe = io.popen(("%s -e %s 2>&1 >/dev/null"):format(program, "'" .. code:gsub("'", "'\\''") .. "'"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local data = observation.new{ name = "mock", redshift = 0.1 }
for i, f in ipairs(filters "SDSS") do data:add(f, i, 0.1 * i) end
local function make(o)
  local options = { ssp = table_of, age = 4e9, sfh = o.sfh or sfh.delayed{}, redshift = 0.1, components = o.components }
  if o.attenuation then options.attenuation = o.attenuation end
  return fit{ data = data, model = galaxy(options), seed = 5, free = { age = prior.loguniform(1e8, 1e10) }, likelihood = o.likelihood,
    sampler = o.sampler or sampler.ensemble{ walkers = 8, steps = 40, thin = 1 } }
end
local plain = make{}:run{ progress = false }
local path = os.tmpname() .. ".h5"

-- the results file of a fit with another description
local function forge(change)
  local d = plain:description()
  change(d)
  plain.target:save(plain.engine, path, { model = json.encode(d) })
end

test.describe("untrusted results files", function()
  test.it("run no Lua function that they hold, unless trusted, and then to the same bits", function()
    local k, name = 2, "x"
    local function double(v) return k * v end -- an upvalue and a function of its own
    local custom = {
      ["sfh.custom"] = { sfh = sfh.custom{ params = { a = { 1, lo = 0, hi = 10 } }, function(t, p) return double(p.a) + math.exp(-t / 1e9) end } },
      ["hot.custom"] = { components = { component.custom{ name = "hot", params = { L = { 1e8, lo = 0 } }, function(l, p) return p.L / l end } } },
      ["attenuation.custom"] = { attenuation = attenuation.custom{ function(l) return (l / 5500) ^ -0.7 end } },
      likelihood = { likelihood = likelihood.custom(function(m, o) return -0.5 * ((m[1] - o.flux[1]) / o.err[1]) ^ 2 end) },
      moves = { sampler = sampler.ensemble{ walkers = 8, steps = 40, thin = 1, moves = move.custom(function(x, others, rng)
        local y = {}
        for i = 1, #x do y[i] = x[i] + 0.1 * rng:normal() end
        return y, 0 * #name
      end) } },
      sampler = { sampler = sampler.strategy(function(target)
        local e = ensemble(target, 8)
        e:run{ steps = 60 }
        return e:result()
      end) },
    }
    for what, options in pairs(custom) do
      local f = make(options):run{ progress = false, out = path }
      local sampled = options.sampler ~= nil -- reading needs no function of the sampler, going on does
      if sampled then
        local said = stderr_of(("f = load_fit(%q, { ssp = ssp.synthetic() })"):format(path))
        says(said, path, "holds Lua code (" .. what, "trust = true")
        test.eq(select(2, said:gsub("\n", "")), 1)
        local g = load_fit(path, { ssp = table_of })
        test.eq(g:samples().lnlike:sum(), f:samples().lnlike:sum())
        if what == "moves" then says(message(g.run, g, { more = 5, progress = false }), path, "holds Lua code") end
      else
        says(message(load_fit, path, { ssp = table_of }), path, "holds Lua code (" .. what, "trust = true")
      end
      local g = load_fit(path, { ssp = table_of, trust = true })
      local x = f:samples().x
      local _, a = f.target:lnprob(x)
      local _, b = g.target:lnprob(x)
      for i = 1, #a do test.eq(a[i], b[i]) end
      g:save(path) -- and once more, from the copy
      local _, c = load_fit(path, { ssp = table_of, trust = true }).target:lnprob(x)
      test.eq(c[2], a[2])
    end
  end)

  test.it("do nothing at all: neither text nor bytecode of theirs runs while they are refused", function()
    local mark = os.tmpname()
    os.remove(mark)
    local evil = ("os.execute('touch %s')"):format(mark)
    local code = string.dump(loadstring(evil)):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    local function at(shipped)
      return {
        function(d) d.model.sfh = { custom = { shipped = shipped, key = "k", params = {} }, options = {} } end,
        function(d) d.likelihood = { shipped = shipped, source = "", where = "x" } end,
        function(d) d.sampler.moves = { { kind = "custom", shipped = shipped, key = "k" } } end,
        function(d) d.model.components[#d.model.components + 1] = { kind = "custom", options = { shipped = shipped, key = "k", params = {}, group = "g", stage = "emit", doc = "", nown = 0 } } end,
      }
    end
    for _, shipped in ipairs{ evil, ("return{functions={{code=%q,up={}}},source='',names={},view={}}"):format(code) } do
      for _, change in ipairs(at(shipped)) do
        forge(change)
        pcall(load_fit, path, { ssp = table_of })
        test.ok(not io.open(mark), "code of the file ran")
      end
    end
    for _, change in ipairs(at(("return{functions={{code=%q,up={}}},source='',names={},view={}}"):format(code))) do
      forge(change) -- compiled code is not loaded even with trust
      local ok, e = pcall(load_fit, path, { ssp = table_of, trust = true })
      test.ok(ok or tostring(e):find("compiled code alone", 1, true), tostring(e))
      test.ok(not io.open(mark))
    end
    forge(at("\27LJ\2" .. evil)[2])
    says(message(load_fit, path, { ssp = table_of, trust = true }), "not readable text")
    test.ok(not io.open(mark))
  end)

  test.it("call no function of ours but the parts of a model, and need every part of a description", function()
    local folder = os.tmpname()
    os.remove(folder)
    local q = galua.queue.open(folder, 2, "x")
    forge(function(d) d.model.components[1] = { group = "queue", kind = "remove", options = folder } end)
    says(message(load_fit, path, { ssp = table_of }), "'queue.remove'")
    test.eq(q:count().jobs, 2) -- still there
    test.ok(io.open(folder .. "/claims"))
    galua.queue.remove(folder)
    forge(function(d) d.free[1].prior = { kind = "from", args = {} } end)
    says(message(load_fit, path, { ssp = table_of }), "no prior 'from'")
    for _, name in ipairs{ "model", "data", "theta", "free", "sampler", "seed" } do
      forge(function(d) d[name] = nil end)
      says(message(load_fit, path, { ssp = table_of }), "its description has no " .. name)
    end
    for _, name in ipairs{ "sfh", "ssp", "cosmology" } do
      forge(function(d) d.model[name] = 5 end)
      says(message(load_fit, path, { ssp = table_of }), "its description has no " .. name)
    end
    says(message(custom_component.history, {}), "its definition needs shipped")
    says(message(component.from, { params = 2147483647 }), "its definition needs shipped")
    says(message(custom_component.custom, { shipped = "", key = "", params = "x" }), "its definition needs params")
  end)

  test.it("as what tables.write_arrays and tables.write are given, are checked before memory is touched", function()
    local out = path .. ".x"
    local function var(o) return { vars = { { group = "g", name = "v", dims = o[1], values = o[2] } }, coords = o[3] } end
    for _, case in ipairs{
      { {}, "no variables" }, { { coords = {}, texts = { a = {} }, vars = {} }, "texts must be name = text" },
      { { coords = { a = "x" } }, "coords must be dimension = list" }, { { vars = { 5 } }, "variable 1 must be a table" },
      { { vars = { {} } }, "needs a text as its group" }, { var{ { "a", "b", "c" }, vec{ 1 } }, "3 dims" },
      { var{ { "a", "b" }, vec{ 1 } }, "must be a matrix" }, { var{ { "a" }, 5 }, "must be a vec or a list" },
      { var{ { "a" }, vec{ 1, 2 }, { a = { "x" } } }, "2 values along 'a', which has 1 labels" }, { var{ { 1 }, vec{ 1 } }, "must be a text" },
    } do says(message(tables.write_arrays, out, case[1]), case[2]) end
    for _, case in ipairs{
      { { { name = "a", values = { 1 } } }, { k = {} }, "must be name = text" }, { {}, nil, "0 columns" }, { { 1 }, nil, "column 1 must be a table" },
      { { { values = { 1 } } }, nil, "needs a text as its name" }, { { { name = "a", values = { "x", 1 } } }, nil, "value 2 must be a text" },
      { { { name = "a" } }, nil, "needs values" }, { { { name = "a", values = { 1 } }, { name = "b", values = { 1, 2 } } }, nil, "2 rows" },
    } do says(message(tables.write, out .. ".csv", case[1], case[2]), case[3]) end
    test.ok(not io.open(out) and not io.open(out .. ".csv"))
  end)

  test.it("are refused when a bit of them is not as written; without a checksum they open, and that is said", function()
    make{ sampler = sampler.ensemble{ walkers = 8, steps = 100, thin = 1 } }:run{ progress = false, out = path } -- compressed arrays
    local f = make{ sampler = sampler.ensemble{ walkers = 8, steps = 120, thin = 1 } }:run{ progress = false, out = path, resume = true }
    test.eq(stderr_of(("load_fit(%q, { ssp = ssp.synthetic() })"):format(path)), "")
    local sum = f:samples().lnlike:sum()
    local text = read(path)
    local damaged = path .. ".bad.h5"
    for i = 1, 40 do
      local at = math.floor(#text * (i - 0.5) / 40)
      write(damaged, text:sub(1, at - 1) .. string.char((text:byte(at) + 1) % 256) .. text:sub(at + 1))
      says(message(load_fit, damaged, { ssp = table_of }), damaged, "damaged")
    end
    write(damaged, text:sub(1, 1000) .. text:sub(1003)) -- two bytes fewer, the seal still at the end
    says(message(load_fit, damaged, { ssp = table_of }), "damaged")
    write(damaged, text:sub(1, -33)) -- as before there were checksums
    says(stderr_of(("print(load_fit(%q, { ssp = ssp.synthetic() }))"):format(damaged)), damaged .. ": has no checksum")
    test.eq(load_fit(damaged, { ssp = table_of }):samples().lnlike:sum(), sum)
    tables.write_arrays(damaged, { coords = { a = { "x", "y" } }, vars = { { group = "g", name = "v", dims = { "a" }, values = vec{ 3, 4 } } } })
    test.eq(read(damaged):sub(-32, -25), "GALUASUM") -- every HDF5 file that the program writes
    os.remove(damaged)
  end)
end)
os.remove(path)
