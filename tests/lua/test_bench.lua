-- galua bench: what it reports and how it takes its arguments; never how long anything takes.
local test = require "galua.test"
local json = require "galua.json"
local program = require("galua.core").realpath("/proc/self/exe")

local function run(args)
  local out = os.tmpname()
  local status = os.execute(("'%s' --batch bench %s >%s 2>&1; exit $?"):format(program, args, out))
  local file = io.open(out)
  local text = file:read("*a")
  file:close()
  os.remove(out)
  return text, status
end

local function rows(args)
  local list = {}
  for line in run(args):gmatch("[^\n]+") do
    local row = json.decode(line)
    list[#list + 1] = row
    list[row.name] = row
  end
  return list
end

test.describe("benchmark.sed", function()
  test.it("counts what one spectrum needs", function()
    local r = galua.benchmark.sed{ wavelengths = 160, ages = 12, metallicities = 2 }
    test.eq(r.wavelengths, 160)
    test.eq(r.ages, 12)
    test.eq(r.metallicities, 2)
    test.eq(r.threads, 1)
    -- every multiply-add takes one number of four bytes; stars and clouds read the table at most twice
    test.eq(r.bytes, 4 * r.fmas)
    test.eq(r.fmas % 160, 0)
    test.ok(r.fmas >= 160 and r.fmas <= 2 * 160 * 12 * 2)
    test.close(r.rate * r.seconds, 1, 1e-12)
    for _, k in ipairs { "seconds", "plain_seconds", "read_seconds", "fma_seconds", "all_seconds", "all_ratio" } do
      test.ok(r[k] > 0 and r[k] < math.huge, k)
    end
  end)

  test.it("times the same sum in both forms", function()
    -- with two metallicities each age has one mean metallicity between them: the plain loop is the same sum
    local r = galua.benchmark.sed{ wavelengths = 160, ages = 12, metallicities = 2 }
    test.ok(r.plain_error < 1e-13, tostring(r.plain_error))
    -- with more the plain loop interpolates at the mean metallicity of an age, the model at that of each star
    r = galua.benchmark.sed{ wavelengths = 160, ages = 12, metallicities = 6 }
    test.ok(r.plain_error > 0 and r.plain_error < 0.05, tostring(r.plain_error))
  end)

  test.it("counts all threads in the rate", function()
    local r = galua.benchmark.sed{ wavelengths = 160, ages = 12, metallicities = 2, threads = 3 }
    test.eq(r.threads, 3)
    test.close(r.rate * r.seconds, 3, 1e-12)
  end)

  test.it("takes a table of the user's and leaves it as it was", function()
    local t = ssp.synthetic()
    local before = t.hash
    local r = galua.benchmark.sed{ ssp = t }
    test.eq(r.wavelengths, #t.wave)
    test.eq(r.ages, #t.age)
    test.eq(r.metallicities, #t.z)
    test.ok(r.plain_error < 1e-2, tostring(r.plain_error))
    test.eq(t.hash, before)
  end)

  test.it("refuses sizes without meaning", function()
    test.throws(function() galua.benchmark.sed{ ages = 2 } end, "~ages")
    test.throws(function() galua.benchmark.sed{ threads = 0 } end, "~threads")
    test.throws(function() galua.benchmark.sed{ wavelength = 200 } end, "~did you mean 'wavelengths'")
    test.throws(function() galua.benchmark.sed{ ssp = 3 } end, "~ssp")
  end)

  test.it("names the machine", function()
    local text, processors = galua.benchmark.machine()
    test.ok(#text > 0 and not text:find("\n", 1, true))
    test.ok(processors >= 1 and processors % 1 == 0)
  end)
end)

test.describe("galua bench", function()
  test.it("prints objects with value, unit, machine and what a ratio is against", function()
    local r = rows("sed --json --threads 2")
    test.eq(#r, 3)
    test.eq(r.sed.unit, "us")
    test.eq(r.sed.threads, 1)
    test.eq(r["sed.2threads"].unit, "1/s")
    test.eq(r["sed.2threads"].threads, 2)
    for _, row in ipairs(r) do
      test.ok(row.value > 0 and #row.machine > 0 and row.processors >= 1 and #row.baseline > 0)
      if row.name ~= "sed.all" then test.eq(row.size, "2050 wavelengths x 121 ages x 6 metallicities") end
    end
    test.eq(r["sed.all"].limit, 1.6)
    test.close(r["sed.all"].baseline_value, r.sed.value, 1e-12)
    test.close(r.sed.ratio, r.sed.baseline_value / r.sed.value, 1e-12)
    test.close(r["sed.2threads"].ratio, r["sed.2threads"].value / r["sed.2threads"].baseline_value, 1e-12)
  end)

  test.it("observes the spectrum that the usual convolution gives", function()
    local r = rows("spectrum --json")
    test.eq(#r, 4)
    test.ok(r.spectrum.difference > 0 and r.spectrum.difference < 1e-3, tostring(r.spectrum.difference)) -- midpoints of a grid of 27 km/s
    test.close(r["spectrum.polynomial"].baseline_value, r.spectrum.value, 1e-12)
    test.close(r["spectrum.gp"].baseline_value, r.spectrum.value, 1e-12)
    test.eq(r["spectrum.galaxy"].limit, 1000)
  end)

  test.it("looks for the peer's Python before it measures, and says what a script of it lacks", function()
    local text, status = run("population --peer /no/such/python")
    test.eq(text, "galua bench: --peer: there is no program '/no/such/python'; a Python that has the peers is needed\n")
    test.ok(status ~= 0)
    local peer, fake = require "galua.peer", os.tmpname()
    local function python(body) -- prints its arguments' number and a word of them as a peer's script would
      local file = io.open(fake, "w")
      file:write("#!/bin/sh\n" .. body .. "\n")
      file:close()
      os.execute("chmod +x '" .. fake .. "'")
    end
    python([[echo "a line before"; printf '{"rows": [{"name": "B", "us": 0.5}], "n": %d, "last": "%s"}\n' $# "$3"]])
    local r = peer(fake, "script.py", { "lib", "it's" }, "bench", "dsps")
    test.eq(r.n, 3)
    test.eq(r.last, "it's")
    test.eq(r.rows[1].us, 0.5)
    python([[echo "ModuleNotFoundError: No module named 'dsps'" >&2; exit 1]])
    test.throws(function() peer(fake, "script.py", {}, "bench population", "dsps and diffstar") end,
      "~bench population: " .. fake .. " script.py gave no result: ModuleNotFoundError: No module named 'dsps'; it needs dsps and diffstar")
    os.remove(fake)
  end)

  test.it("measures start and memory of the program itself", function()
    local r = rows("start --json")
    test.eq(r.start.unit, "ms")
    test.eq(r["memory.prompt"].unit, "MB")
    test.ok(r["memory.prompt"].value > 1, "a process with a table takes more than a megabyte")
  end)

  test.it("prints a table, and no parallel row for one thread", function()
    local text = run("sed --threads 1")
    test.ok(text:find("^benchmark +value unit"), text)
    test.ok(text:find("\nsed +[%d.]+ us"), text)
    test.ok(not text:find("sed.1threads", 1, true), text)
    test.ok(text:find("\n" .. (galua.benchmark.machine()) .. "\n", 1, true), text)
  end)

  test.it("refuses what it does not know", function()
    local text, status = run("sedd")
    test.ok(text:find("galua bench: unknown benchmark 'sedd', did you mean 'sed'?\n", 1, true), text)
    test.ok(status ~= 0)
    test.eq((run("--threads")), "galua bench: --threads needs a whole number in 1 .. 1024, got ''\n")
    test.eq((run("--threads 1.5")), "galua bench: --threads needs a whole number in 1 .. 1024, got '1.5'\n")
  end)
end)
