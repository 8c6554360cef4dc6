-- A newcomer's first hour at the prompt, in a real terminal (tmux, 110 x 40): sixty entries as they are typed, keys and completion included, and what
-- must stand on the screen after each. Numbers that physics gives are computed here by the same library, in another process; words are the words.
local test = require "galua.test"
local core = require "galua.core"
local exe = core.realpath("/proc/self/exe")
local top = core.realpath(".")
local WIDTH, HEIGHT = 110, 40
local PATIENCE = 120 -- s, of a step on a machine that does other things

local function read(command)
  local p = io.popen(command .. " 2>/dev/null")
  local text = p:read("*a")
  p:close()
  return text
end

-- ---------------------------------------------------------------- the terminal
local folder, socket
local function tmux(args) return read(("tmux -u -L %s %s"):format(socket, args)) end
local function quoted(s) return "'" .. s:gsub("'", "'\\''") .. "'" end
local function screen() return (tmux("capture-pane -p -J -t s"):gsub("[ \t]+\n", "\n"):gsub("\n+$", "")) end

local function wait(what, good)
  local t0, seen = galua.clock(), nil
  repeat
    seen = screen()
    if good(seen) then return seen end
    os.execute("sleep 0.01")
  until galua.clock() - t0 > PATIENCE
  error(("%s: the terminal shows\n%s"):format(what, seen), 0)
end

local function start()
  folder = os.tmpname()
  os.remove(folder)
  core.mkdirs(folder)
  socket = "galua" .. folder:match("[^/_]+$")
  os.execute(("ln -s %s/data %s/data"):format(quoted(top), folder))
  local command = ("cd %s && env HOME=%s XDG_STATE_HOME=%s XDG_CONFIG_HOME=%s LC_ALL=C.UTF-8 COLORTERM= GAL_LOG=error %s --threads 1"):format(folder, folder,
    folder, folder, quoted(exe))
  tmux(("-f /dev/null new-session -d -s s -x %d -y %d %s"):format(WIDTH, HEIGHT, quoted(command)))
  return wait("start", function(s) return s:find("\n>$") end)
end

local function stop()
  tmux("kill-server")
  os.execute("rm -rf " .. folder)
end

-- Clears the screen: a key that comes while no line is being read is echoed instead, so it is sent until it works
local function clear()
  local t0 = galua.clock()
  repeat
    tmux("send-keys -t s C-l")
    for _ = 1, 30 do
      if screen() == ">" then return end
      os.execute("sleep 0.01")
    end
  until galua.clock() - t0 > PATIENCE
  error("an empty screen: the terminal shows\n" .. screen(), 0)
end

-- Clears the screen and types the text
local function type_in(text)
  clear()
  if text == "" then return end
  tmux("send-keys -t s -l " .. quoted((text:gsub(";$", "\\;")))) -- tmux takes a last semicolon for its own
  local typed = text:match("[^\n]*$")
  wait(text, function(s) return s:sub(-#typed) == typed end)
end

-- An entry: its screen when the prompt is back
local function enter(text)
  type_in(text)
  tmux("send-keys -t s Enter")
  return wait(text, function(s) return s:find("\n>$") or s == ">" end)
end

-- A text and keys, without Enter: waits for what must be on the screen, and gives the line up
local function keys(text, list, want)
  type_in(text)
  tmux("send-keys -t s " .. list)
  wait(text .. " " .. list, function(s) return s:find(want, 1, true) end)
  tmux("send-keys -t s C-c")
end

-- ---------------------------------------------------------------- what is typed, and what must be seen
local function g4(x) return ("%.4g"):format(x) end
local function reference()
  local g = galaxy{ sfh = sfh.delayed{ tau = 2e9, norm = 10 }, redshift = 0.1 }
  g.ism.f_MC = 0.3
  local r = { g = g, d = g:derived_values(), sdss = g:photometry(filters("SDSS.ugriz")) }
  return r
end

-- { entry, what must be there ... } ; "!text": must not be there
local function steps(r)
  local d = r.d
  local function band(i) return ("%-26s %14.6g %14.6g %9.3f"):format(r.sdss[i].band, r.sdss[i].pivot, r.sdss[i].flux, r.sdss[i].mag) end
  return {
    { "1 + 1", "\n2\n" },
    { "help()", "guides: ", '?name shows an entry, help("words") searches' },
    { "?galaxy", "galaxy:sfr                Star formation rate at galaxy times t [yr]." },
    { 'help("f_MC")', "fraction of the ISM in molecular clouds", "of ism.two_phase" },
    { 'help("fitting priors")', "prior.uniform(lo, hi)" },
    { "g = galaxy{ sfh = sfh.delayed{ tau = 2e9, norm = 10 }, redshift = 0.1 }", "!nil" },
    { "g", "galaxy   z = 0.1", "sfh.delayed", "ism.two_phase", "f_MC", "0 .. 1" },
    { "g.ism.f_MC = 0.3", "!did you mean" },
    { "g.ism.f_MC", "\n0.3\n" },
    { "g.ism.f_mc = 0.3", "did you mean 'f_MC'?" },
    { "g.ism.f_MC = 3", "f_MC", "0 .. 1" },
    { "galaxy{ sfh = sfh.delayd{} }", "did you mean 'delayed'?" },
    { 'g:photometry(filters("SDSS.ugriz"))', band(1), band(2), band(3), band(4), band(5) },
    { "_[3].mag", ("%.6g"):format(r.sdss[3].mag) },
    { 'filters("SDSS.x")', "SDSS." },
    { 'filter.names("ALMA")', "ALMA.", "!SDSS" },
    { "g:derived()", ("%12.5g Msun/yr  star formation rate now"):format(d.SFR), ("%12.5g Lsun"):format(d.LIR), "infrared luminosity of everything, 8-1000 micron" },
    { "g.sed()", "galaxy:sed: the object before the colon must be a galaxy, got nothing: call it with a colon" },
    { "s = g:sed()" },
    { "s", "spectrum   total   z = 0.1" },
    { "s.wave", "vec(" },
    { "s.flux:max()", ("%.6g"):format(r.g:sed().flux:max()) },
    { "s:at(5500)", ("%.6g"):format(r.g:sed():at(5500)) },
    { "plot(s)", "Observed wavelength", "⠉" },
    { "g:plot_components()", "stars", "dust" },
    { "g:plot_sfh()", "Myr" },
    { 'plot(s):save("sed.pdf")' },
    { 'plot(s):save("sed.xyz")', ".pdf", ".svg", ".png" },
    { "g:colour(\"SDSS.g\", \"SDSS.r\")", ("%.6g"):format(r.g:colour("SDSS.g", "SDSS.r")) },
    { "g:uvj()", "U_V = " .. ("%.6g"):format(r.g:uvj().U_V) },
    { "linspace(0, 1, 5)", "vec(5)  {0, 0.25, 0.5, 0.75, 1}" },
    { "linspace(0, 1, 5):median()", "\n0.5\n" },
    { "lispace(0, 1, 5)", "undefined name 'lispace', did you mean 'linspace'?" },
    { ":trace", "lispace" },
    { "for i = 1, 2 do print(i * 21) end", "\n21\n42\n" },
    { "function double(x)\nreturn 2 * x\nend" },
    { "double(21)", "\n42\n" },
    { "local width = 3", "the entries that follow see a global of that name" },
    { "width", "\n3\n" },
    { "noise = 3", "'noise' now hides Galua's own; that is still there as galua.noise" },
    { "noise = galua.noise" },
    { "b = sfh.custom{ params = { t0 = { 1e9, unit = 'yr' } }, function(t, p) return math.exp(-t / p.t0) end }" },
    { "h = galaxy{ sfh = b, redshift = 0.1, age = 3e9 }" },
    { "h:derived().SFR > 0", "\ntrue\n" },
    { 'o = observation.read("data/photometry/ngc4351.ecsv")' },
    { "o", "NGC 4351", "GALEX.FUV", "2.6873", "DustPedia, Clark et al. 2018" },
    { "plot(o)", "NGC 4351" },
    { 'observation.read("data/photometry/ngc4531.ecsv")', "ngc4531.ecsv", "!stack" },
    { "m = galaxy{ sfh = sfh.delayed{ mass = 1e9 }, attenuation = attenuation.calzetti{}, redshift = o.redshift, distance = 16.5, age = 1e10 }" },
    { "m:plot{ data = o }", "Residual" },
    { "free = { ['sfh.mass'] = prior.loguniform(1e8, 1e11), ['sfh.tau'] = prior.loguniform(1e8, 1e10) }" },
    { "f = fit{ data = o, model = m, free = free, seed = 1, sampler = sampler.optimum{ starts = 2, draws = 100 } }" },
    { "f", "fit   NGC 4351   11 bands   2 free parameters", "loguniform" },
    { "f:summary()", "this fit has no samples yet: call fit:run{}" },
    { "f:run{ progress = false };" },
    { "f:summary()", "sfh.mass", "sfh.tau", "Mstar", "best ln L" },
    { "f:summary():get('Mstar').median > 1e8 and f:summary():get('Mstar').median < 3e10", "\ntrue\n" },
    { "f:plot_sed()", "Residual" },
    { ":time math.sqrt(2)", "per call, 1 thread" },
    { ":save session.lua", "session.lua: ", "with errors as comments" },
    { ":quti", ":quti is no command, did you mean 'quit'?" },
  }
end

local function check(text, seen, list)
  for i = 2, #list do
    local want = list[i]
    if want:sub(1, 1) == "!" then
      if seen:find(want:sub(2), 1, true) then error(("%s\n  must not show: %s\n%s"):format(text, want:sub(2), seen), 0) end
    elseif not (seen .. "\n"):find(want, 1, true) then
      error(("%s\n  must show: %s\n%s"):format(text, want, seen), 0)
    end
  end
  if seen:find("?[", 1, true) or seen:find("[0m", 1, true) then error(text .. "\n  shows control codes\n" .. seen, 0) end
  for line in seen:gmatch("[^\n]+") do -- no line of Lua's own, no trace
    if line:find("attempt to ", 1, true) or line:find("stack traceback", 1, true) then error(("%s\n%s"):format(text, seen), 0) end
  end
end

test.describe("a session in a terminal", function()
  local there = read("command -v tmux") ~= ""
  local function need()
    if not there then test.skip("tmux is not installed (make test-deps installs it)") end
  end
  test.it("of sixty entries shows what it should", function()
    need()
    local list = steps(reference())
    test.ok(#list >= 60, #list)
    local banner = start()
    local ok, why = pcall(function()
      for _, what in ipairs{ "Galua " .. version, "LuaJIT 2.1", "1 thread", "help() for help" } do test.ok(banner:find(what, 1, true), banner) end
      local bad = {} -- all that is wrong, not the first of it
      for _, s in ipairs(list) do
        local fine, what = pcall(check, s[1], enter(s[1]), s)
        if not fine then bad[#bad + 1] = what end
      end
      if #bad > 0 then error(table.concat(bad, "\n"), 0) end
      -- keys: completion of a name, of an option, of a filter; the entry before; an entry that is given up; history search
      keys("linsp", "Tab", "> linspace")
      keys("sfh.insitu{ ps", "Tab", "sfh.insitu{ psi_max =")
      keys('filters("GALEX.F', "Tab", 'filters("GALEX.FUV')
      keys("", "Up", "> :quti")
      keys("", "C-r double Escape", "double(21)")
      -- a block that is pasted is one entry: its locals belong to its functions
      core.write_file(folder .. "/paste.lua", "local scale = 2e4\nhot = component.custom{ name = 'hot', params = { L = { 1e9 } }, function(l, p) return p.L / scale * math.exp(-l / scale) end }\nprint(scale * 2)")
      clear()
      tmux(("load-buffer %s/paste.lua"):format(folder))
      tmux("paste-buffer -p -t s")
      wait("a pasted block", function(s) return s:find("print(scale * 2)", 1, true) end)
      tmux("send-keys -t s Enter")
      check("paste", wait("paste", function(s) return s:find("\n>$") end), { "", "\n40000\n" })
      check("hot", enter("galaxy{ components = { hot }, redshift = 0.1 }:lum('hot'):max() > 0"), { "", "\ntrue\n" })
      -- Ctrl-C stops what runs, and the session goes on
      clear()
      tmux("send-keys -t s -l 'while true do end'")
      wait("a loop", function(s) return s:find("do end", 1, true) end)
      tmux("send-keys -t s Enter")
      os.execute("sleep 0.2")
      tmux("send-keys -t s C-c")
      wait("Ctrl-C", function(s) return s:find("interrupted\n>$") end)
      -- what was saved runs, and says the same
      local said = read(("cd %s && HOME=%s GAL_LOG=error %s --batch --threads 1 session.lua"):format(folder, folder, quoted(exe)))
      for _, what in ipairs{ "SDSS.r", "NGC 4351", "best ln L" } do test.ok(said:find(what, 1, true), said) end
      tmux("send-keys -t s C-d")
    end)
    stop()
    if not ok then error(why, 0) end
  end)
  test.it("plots have whole labels at any width", function()
    need()
    start()
    local ok, why = pcall(function()
      for _, width in ipairs{ 60, 80, 110, 200 } do
        tmux(("resize-window -t s -x %d -y 40"):format(width))
        os.execute("sleep 0.05")
        local seen = enter("plot({ 1, 2, 3 }, { 1.5, 2, 1.75 }, { ylim = { 1.5, 2 }, xlabel = 'age [Gyr]' })")
        for _, label in ipairs{ "1.5", "2.0", "age [Gyr]" } do test.ok(seen:find(label, 1, true), ("%d columns, %s:\n%s"):format(width, label, seen)) end
        for line in seen:gmatch("[^\n]+") do test.ok(core.width == nil or #line:gsub("[\128-\191]", "") <= width + 70, line) end
      end
    end)
    stop()
    if not ok then error(why, 0) end
  end)
end)
