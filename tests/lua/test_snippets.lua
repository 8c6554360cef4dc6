-- The Lua in README.md and docs/*.md. Every block compiles as printed, at the prompt too, where each piece is a chunk of its own. And it
-- runs as printed: the blocks of a page in their order in one process of the program, in a private folder with the files they name; what a
-- block takes from the reader ("x", "m", a file of theirs) is given first, in `given` below. What is not run stands in `not_run` with the reason.
local test = require "galua.test"
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local cache = core.realpath("build") .. "/test_synth.cache" -- of tests/c/test_synth.c

-- "page:n" (n-th block of the page) -> why it does not run. All run at present: a fit or a catalogue is made, and checked, by what it
-- returns; only `galua fit FILE.lua` would start it.
local not_run = {}

-- What the reader brings: Lua run before the n-th block of a page.
local given = {
  ["docs/catalogues.md:1"] = [[
    local n, columns = 3, { { name = "id", unit = "", values = { "a", "b", "c" } }, { name = "z", unit = "", values = { 0.01, 0.02, 0.03 } } }
    for _, band in ipairs{ "GALEX.FUV", "GALEX.NUV", "SDSS.u", "SDSS.g", "SDSS.r", "SDSS.i", "SDSS.z", "WISE.W1", "WISE.W2" } do
      columns[#columns + 1] = { name = band, unit = "", values = { 1, 2, 3 } }
      columns[#columns + 1] = { name = band .. "_err", unit = "", values = { 0.1, 0.2, 0.3 } }
    end
    galua.write_table("sources.fits", columns, n, {})]],
  ["docs/plotting.md:1"] = [[
    x, y = linspace(1, 10, 20), linspace(2, 5, 20)
    fig = galua.plot(x, y)]],
  ["docs/plotting.md:2"] = [[
    e, values, data, model, err, flags = y * 0.1, y, y, y * 1.01, y * 0.1, {}
    for i = 1, #x do flags[i] = i == 2 and "upper" end
    y1, y2 = y, y * 2]],
  ["docs/plotting.md:3"] = [[
    s = { wave = linspace(1e3, 1e4, 20), flux = y }
    f1, f2, lo, hi, lo2, hi2, w, f, fm = y * 0.7, y * 0.3, y * 0.9, y * 1.1, y * 0.8, y * 1.2, { 2e3, 4e3 }, { 2, 3 }, { 2.1, 2.9 }
    e, flags = { 0.2, 0.3 }, { false, "upper" }
    local r = {}
    local ones = {}
    for i = 1, 1000 do r[i], ones[i] = math.sin(i * i), 1 end
    col1, p = vec(r) + 2, vec(ones)
    col2 = col1 * 1e10
    chain1, chain2 = { col1, col2 }, { col1, col2 }
    t, m = linspace(0, 1e10, 20), y]],
  ["docs/plotting.md:4"] = [[
    m, ex, ey, lo, hi, a, b = nil, y * 0.1, y * 0.1, y * 0.9, y * 1.1, 1, 2
    limit, flags, edges = nil, {}, linspace(0, 10, 21)
    for i = 1, #x do flags[i] = i == 2 and "upper" end
    x1, x2, y1, y2, colours = 0, 1, 0, 1, { "#000000", "#ffffff" }
    bytes = {}
    for i = 1, 8000 do bytes[i] = i % 2 end]],
  ["docs/sky.md:4"] = [[
    i = vec(12 * 64 ^ 2) + 1
    q, u = i * 0.1, i * 0.05
    n = healpix.map{ nside = 64, values = { i, q, u }, unit = "uK_CMB", coord = "G" }
    n:write("map.fits")]],
  ["docs/sky.md:5"] = [[
    m = healpix.read("map.fits")
    local b = {}
    for l = 0, 191 do b[l + 1] = math.exp(-l * (l + 1) * 1e-5) end
    bt, be = vec(b), vec(b)]],
  ["docs/spectra.md:2"] = [[
    wave, flux, err, mask = s.wave, s:flambda() * 1e17, s:flambda() * 1e15, {}
    for k = 1, #wave do mask[k] = false end]],
  -- the spectra of stars, which take 14 s of one processor, from the file that the tests share; else as printed
  ["docs/stellar_populations.md:1"] = ([[
    local synthesise, star = ssp.synthesise, ssp.star
    function ssp.synthesise(o) o.cache = %q return synthesise(o) end
    function ssp.star(o) o.cache = %q return star(o) end]]):gsub("%%q", function() return ("%q"):format(cache) end),
}

local function blocks()
  local files, out = { "README.md" }, {}
  for _, e in ipairs(core.listdir("docs")) do
    if e.name:match("%.md$") then files[#files + 1] = "docs/" .. e.name end
  end
  table.sort(files)
  for _, path in ipairs(files) do
    local line, inside, text, first, n = 0, false, nil, 0, 0
    for l in io.lines(path) do
      line = line + 1
      if l:match("^```lua") then inside, text, first, n = true, {}, line + 1, n + 1
      elseif inside and l:match("^```") then
        inside = false
        out[#out + 1] = { path = path, line = first, n = n, text = table.concat(text, "\n") }
      elseif inside then text[#text + 1] = l end
    end
  end
  return out
end

-- One process a page. Writes what it runs to page.lua, so that a failure names the block's page and line.
local function run_page(page, list)
  local folder, text = os.tmpname(), {}
  os.remove(folder)
  core.mkdirs(folder)
  os.execute(("ln -s %q/data %q/data"):format(core.realpath("."), folder))
  local function chunk(name, code)
    local file = name:gsub("[^%w]+", "_") .. ".lua" -- a file, so that functions are kept with their source
    core.write_file(folder .. "/" .. file, code)
    text[#text + 1] = ("assert(loadfile(%q))()"):format(file)
  end
  for _, b in ipairs(list) do
    local key = page .. ":" .. b.n
    if not not_run[key] then
      if given[key] then chunk("given before " .. key, given[key]) end
      chunk(("%s:%d"):format(b.path, b.line), b.text)
    end
  end
  text[#text + 1] = 'print("ran to the end")'
  core.write_file(folder .. "/page.lua", table.concat(text, "\n"))
  local pipe = io.popen(("cd %q && HOME=%q %q --batch page.lua 2>&1 < /dev/null"):format(folder, folder, exe))
  local said = pipe:read("*a")
  pipe:close()
  os.execute(("rm -rf %q"):format(folder))
  return said
end

test.describe("snippets of the documents", function()
  test.it("compile as printed", function()
    local list, bad = blocks(), {}
    test.ok(#list > 10, #list)
    for _, b in ipairs(list) do
      local f, err = loadstring(b.text, ("=%s:%d"):format(b.path, b.line))
      if not f then bad[#bad + 1] = err end
    end
    test.eq(table.concat(bad, "\n"), "")
  end)
  local pages, order = {}, {}
  for _, b in ipairs(blocks()) do
    if not pages[b.path] then
      pages[b.path] = {}
      order[#order + 1] = b.path
    end
    table.insert(pages[b.path], b)
  end
  for _, page in ipairs(order) do
    test.it("run as printed: " .. page, function()
      local said = run_page(page, pages[page])
      test.ok(said:find("ran to the end\n$"), "\n" .. said:sub(-1500))
    end)
  end
  test.it("what is given or not run belongs to a block", function()
    for _, list in ipairs{ given, not_run } do
      for key in pairs(list) do
        local page, n = key:match("^(.*):(%d+)$")
        test.ok(pages[page] and pages[page][tonumber(n)], key)
      end
    end
  end)
  test.it("a component of one's own, as printed", function()
    local found
    for _, b in ipairs(blocks()) do if b.path == "docs/model.md" and b.text:find("component.custom", 1, true) then found = b.text end end
    test.ok(found)
    local env = setmetatable({}, { __index = _G })
    local f = assert(loadstring(found))
    setfenv(f, env)()
    test.ok(env.g:lum("hot"):max() > 0 and env.steep ~= nil)
    -- pasted at the prompt, where what is not inside a block is global: no name of the snippet may be needed by the function shipped
    test.ok(not found:match("\nlocal ") and not found:match("^local "), found)
  end)
end)
