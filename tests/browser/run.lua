-- make test-browser: the explorer and a report in headless Chromium, driven as a person would. Pictures of what was seen stay in build/browser.
-- GALUA_MOVES: how many random moves (10000); GALUA_ONLY: a word of the groups to run.
local driver = dofile "tests/browser/driver.lua"
local test = require "galua.test"
local folder = "build/browser"
os.execute("rm -rf " .. folder .. " && mkdir -p " .. folder)
local exe = require("galua.core").realpath("/proc/self/exe")
local chromium = io.popen("command -v chromium chromium-browser google-chrome | head -n 1"):read("*l")
local bands16 = { "GALEX", "SDSS", "2MASS", "WISE", "Herschel.PACS.green", "Herschel.PACS.red" }

local daemon = driver.start("chromedriver --port=0", folder, "chromedriver")
local port = tonumber(daemon:wait("started successfully on port (%d+)"))
local a = driver.browser(port, chromium, 1366, 860)
local only = os.getenv "GALUA_ONLY" -- a word of the name of a group
local describe = test.describe
function test.describe(name, f)
  if not only or name:find(only, 1, true) then describe(name, f) end
end

local function explore(file, name)
  local p = driver.start(exe .. " --batch explore " .. file, folder, name)
  p.address = p:wait("open (http://%S+) ")
  return p
end
local function open(b, p)
  b:open(p.address)
  b:until_true("window.explorer && explorer.ready")
end
local function clean(b)
  test.eq(table.concat(b:console(), "\n"), "")
end
local SETTLED = "JSON.stringify(explorer.last.values) === JSON.stringify(explorer.values)"
local function same(b, g, bands)
  b:until_true(SETTLED)
  local seen = b:run("return { values: explorer.last.values, flux: explorer.last.flux, error: explorer.error }")
  test.eq(seen.error, nil)
  g:set(seen.values)
  for i, row in ipairs(g:photometry(bands)) do test.eq(seen.flux[i], row.flux, row.band) end
  return seen
end

test.describe("explorer in a browser", function()
  local p = explore("tests/browser/model.lua", "model")
  local g, bands = dofile("tests/browser/model.lua"), filters(unpack(bands16))
  test.eq(#bands, 16)
  open(a, p)
  test.it("drags, and what is read back are the numbers of g:photometry", function()
    for _, s in ipairs{ { "age", 0.5, 0.7 }, { "sfh-tau", 0.5, 0.2 }, { "ism-f_MC", 0.5, 0.9 } } do
      a:drag("#p-" .. s[1], s[2], s[3])
      local seen = same(a, g, bands)
      local name = s[1]:gsub("%-", ".")
      local written = tonumber(a:run("return document.querySelector(arguments[1]).parentNode.querySelector('input[type=number]').value", "#p-" .. s[1]))
      test.close(written, seen.values[name], 1e-4)
    end
    a:picture(folder .. "/explorer.png")
    clean(a)
  end)

  test.it("goes back and forth, by keys too, and hides components", function()
    local before = a:run("return JSON.stringify(explorer.values)")
    a:drag("#p-age", 0.7, 0.3)
    local after = a:run("return JSON.stringify(explorer.values)")
    test.ok(before ~= after)
    a:click("#undo")
    test.eq(a:run("return JSON.stringify(explorer.values)"), before)
    a:click("#redo")
    test.eq(a:run("return JSON.stringify(explorer.values)"), after)
    local at = tonumber(a:run("return document.querySelector('#p-age').value"))
    a:keys("#p-age", "\238\128\148\238\128\148") -- arrow to the right, twice
    test.eq(tonumber(a:run("return document.querySelector('#p-age').value")), at + 2)
    same(a, g, bands)
    a:run("document.querySelector('#legend button').click()")
    test.eq(a:run("return document.querySelector('#legend button').getAttribute('aria-pressed')"), "false")
    for _, q in ipairs{ "nuF_nu", "F_lambda", "nuL_nu", "mag", "S_nu" } do
      a:run("const s = document.querySelector('#quantity'); s.value = arguments[1]; s.dispatchEvent(new Event('change'))", q)
      a:picture(("%s/explorer_%s.png"):format(folder, q))
    end
    a:click("#copy")
    a:until_true("document.querySelector('#lua').value.includes('g:set{')")
    local env = setmetatable({}, { __index = _G })
    setfenv(assert(loadstring(a:run("return document.querySelector('#lua').value"))), env)()
    local want = a:run("return explorer.last.flux")
    for i, row in ipairs(env.g:photometry(bands)) do test.eq(row.flux, want[i]) end
    a:run("document.querySelector('#script').close()")
    clean(a)
  end)

  test.it("draws thirty frames a second with every component and 16 bands", function()
    local n = a:run_async([[
      const done = arguments[arguments.length - 1], s = document.querySelector("#p-age"), old = window.draw, times = [];
      window.draw = () => { old(); times.push(performance.now()); };
      let k = 0;
      const t0 = performance.now();
      (function move() {
        s.value = 200 + 600 * Math.abs(((k++ % 120) / 60) - 1);
        s.dispatchEvent(new Event("input"));
        if (performance.now() - t0 < 5000) { setTimeout(move, 4); return; }
        window.draw = old;
        const gaps = times.slice(1).map((t, i) => t - times[i]).sort((x, y) => x - y);
        done([times.length / 5, gaps[Math.floor(gaps.length / 10)] ]);
      })();]])
    print(("frames a second: %.1f; the fastest tenth of them %.1f ms one after the other"):format(n[1], n[2]))
    test.ok(n[1] >= 30 or n[2] < 1000 / 30, n[1]) -- where other work shares the machine, its moments of quiet count
    same(a, g, bands)
    clean(a)
  end)

  test.it("shows two pages at once, each at its own place", function()
    local b = driver.browser(port, chromium, 1000, 800)
    open(b, p)
    b:drag("#p-sfh-norm", 0.5, 0.3)
    a:drag("#p-age", 0.5, 0.8)
    local seen = { same(a, g, bands), same(b, g, bands) }
    test.ok(seen[1].values.age ~= seen[2].values.age)
    clean(a)
    clean(b)
    b:quit()
  end)

  test.it("fits a telephone", function()
    a:cdp("Emulation.setDeviceMetricsOverride", { width = 390, height = 844, deviceScaleFactor = 2, mobile = true })
    open(a, p)
    test.ok(a:run("return document.documentElement.scrollWidth <= 390"), a:run("return document.documentElement.scrollWidth"))
    a:picture(folder .. "/explorer_390.png")
    a:cdp("Emulation.clearDeviceMetricsOverride", { x = 0 })
    clean(a)
  end)

  test.it("lives through ten thousand random moves", function()
    open(a, p)
    local count = tonumber(os.getenv "GALUA_MOVES") or 10000
    local function moves(n)
      return a:run_async([[
        const done = arguments[arguments.length - 1], names = Object.keys(explorer.values), n = arguments[1];
        (async function () {
          let failed = 0;
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < 3; j++) {
              const s = document.querySelector("#p-" + names[Math.floor(Math.random() * names.length)].replace(/\W/g, "-"));
              s.value = Math.random() * 1000;
              s.dispatchEvent(new Event("input"));
            }
            await update();
            if (explorer.error) failed++;
            if (i % 20 === 19) commit();
          }
          done([explorer.requests, failed]);
        })();]], n)
    end
    a:call("POST", "timeouts", { script = 590000 })
    moves(math.min(500, count / 10))
    local before, done = p:memory(), 0
    while done < count do
      moves(math.min(1000, count - done))
      done = done + math.min(1000, count - done)
    end
    local after = p:memory()
    print(("random moves: %d, the program's memory %.1f MB before, %.1f MB after"):format(count, before, after))
    test.ok(after < before + 20)
    a:click("#reset")
    same(a, g, bands)
    clean(a)
  end)

  test.it("keeps others out", function()
    local host, path = p.address:match("^http://([^/]+)/(%x+)/$")
    local number = tonumber(host:match(":(%d+)"))
    local function status(target, origin)
      return (driver.http(number, ("POST /%s/eval HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Length: 13\r\n\r\n{\"values\":{}}"):format(target, host, origin)))
    end
    test.eq(status(path, "http://" .. host), 200)
    test.eq(status(("0"):rep(32), "http://" .. host), 403)
    test.eq(status(path, "http://example.org"), 403)
    test.eq((driver.http(number, ("GET / HTTP/1.1\r\nHost: %s\r\n\r\n"):format(host))), 403)
    -- a page of another origin that knows the address reads nothing
    a:open("data:text/html,<title>other</title>")
    test.eq(a:run_async([[const done = arguments[arguments.length - 1];
      fetch(arguments[1] + "eval", { method: "POST", body: "{}" }).then(() => done("read"), () => done("refused"))]], p.address), "refused")
    a:console()
  end)

  test.it("ends with Ctrl-C, and a page says so", function()
    open(a, p)
    test.eq(p:stop(2), 0)
    a:drag("#p-age", 0.5, 0.6)
    a:until_true("document.querySelector('#status').textContent.includes('does not answer')")
    a:console()
  end)
end)

test.describe("a model that fails", function()
  test.it("shows its line while the slider moves, and goes on where it works", function()
    local p = explore("tests/browser/fails.lua", "fails")
    open(a, p)
    a:drag("#p-sfh-w", 0.1, 0.9)
    a:until_true("document.querySelector('#status').className === 'failed'")
    test.ok(a:run("return document.querySelector('#status').textContent"):find("w is too large", 1, true))
    a:picture(folder .. "/explorer_fails.png")
    a:drag("#p-sfh-w", 0.9, 0.2)
    a:until_true("document.querySelector('#status').className !== 'failed' && !explorer.error")
    same(a, dofile("tests/browser/fails.lua"), filters(unpack(bands16)))
    clean(a)
    a:click("#done")
    driver.sleep(0.3)
    test.eq(p:stop(0), 0) -- it has ended by itself
  end)
end)

test.describe("a fit in a browser", function()
  local f = dofile("tests/browser/source.lua")
  test.it("is started from the sliders and ends at its best sample", function()
    local p = explore("tests/browser/source.lua", "source")
    open(a, p)
    a:drag("#p-age", 0.6, 0.5)
    a:picture(folder .. "/explorer_fit.png")
    local r = f.data:rows()
    local seen = a:run("return { flux: explorer.last.flux, pull: explorer.last.pull, lnlike: explorer.last.lnlike }")
    for i, row in ipairs(r) do test.close(seen.pull[i], (row.flux - seen.flux[i]) / row.err, 1e-12) end
    a:click("#fit")
    a:until_true("!document.querySelector('#result').hidden", 300)
    local better = a:run("return explorer.last.lnlike")
    a:until_true(SETTLED)
    test.ok(a:run("return explorer.last.lnlike") >= seen.lnlike, better)
    test.ok(a:run("return document.querySelector('#summary').textContent"):find("sfh.norm", 1, true))
    a:picture(folder .. "/explorer_fitted.png")
    clean(a)
    test.eq(p:stop(2), 0)
  end)

  test.it("has a report whose numbers are the fit's", function()
    f:run{ progress = false }
    f:report(folder .. "/report.html")
    a:open("file://" .. require("galua.core").realpath(folder) .. "/report.html")
    a:until_true("document.querySelectorAll('figure .toggles button').length > 3")
    local text = a:run("return document.body.innerText")
    for _, r in ipairs(f:residuals()) do test.ok(text:find(("%.4g"):format(r.flux), 1, true) or text:find(("%.5g"):format(r.flux), 1, true), r.band) end
    -- a mark under the pointer names its band; a component is hidden
    local told = a:run("const m = document.querySelector('figure .tip'); m.dispatchEvent(new Event('pointerenter')); return m.closest('figure').querySelector('.told').textContent")
    test.ok(told:find("mJy", 1, true), told)
    local hidden = a:run("const b = document.querySelectorAll('.toggles button')[1]; b.click(); return document.querySelectorAll('g.off').length")
    test.ok(hidden > 0)
    a:picture(folder .. "/report.png")
    a:run("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    for i, y in ipairs{ 900, 1800, 2700, 3600 } do
      a:run("window.scrollTo(0, arguments[1])", y)
      a:picture(("%s/report_%d.png"):format(folder, i))
    end
    clean(a)
    local file = io.open(folder .. "/report.html")
    test.ok(file:seek("end") < 2e6)
    file:close()
  end)
end)

test.describe("a catalogue's page in a browser", function()
  test.it("is sorted by a click, and searched", function()
    local nan = 0 / 0
    galua.write_table(folder .. "/many.fits", { { name = "id", unit = "", values = { "a", "b", "c" } }, { name = "Mstar_q16", unit = "solMass", values = { 1e10, nan, 2e9 } },
      { name = "Mstar_q50", unit = "solMass", values = { 1.5e10, nan, 3e9 } }, { name = "Mstar_q84", unit = "solMass", values = { 2e10, nan, 4e9 } } }, 3, {})
    galua.catalogue.report(folder .. "/many.fits", folder .. "/many.html", { link = "reports/%s.html" })
    a:open("file://" .. require("galua.core").realpath(folder) .. "/many.html")
    local function order() return a:run("return [...document.querySelectorAll('tbody tr')].filter((r) => !r.hidden).map((r) => r.children[0].textContent).join('')") end
    test.eq(order(), "abc")
    a:click("th:nth-child(2)")
    test.eq(order(), "cab") -- what is empty comes last
    a:click("th:nth-child(2)")
    test.eq(order(), "acb")
    a:keys("#find", "reports")
    test.eq(order(), "")
    a:run("const f = document.querySelector('#find'); f.value = 'c'; f.dispatchEvent(new Event('input'))")
    test.eq(order(), "c")
    a:picture(folder .. "/catalogue.png")
    clean(a)
  end)
end)

driver.finish()
if not test.report() then os.exit(1, true) end
