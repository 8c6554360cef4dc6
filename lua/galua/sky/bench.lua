-- galua bench sky [--nside N] [--peer PYTHON]: three channels of 10-point top-hats through d1 + s1 + f1 + a1 on the synthetic sky; with a Python that
-- has pysm3 the same maps by PySM 3 in the same run (scripts/peers/sky_bench.py). Processor time, smallest of several.
local galua = require "galua"
local core = require "galua.core"

local models = { "d1", "s1", "f1", "a1" }
local edges, beams = { { 90, 110 }, { 140, 160 }, { 30, 40 } }, { 30, 20, 60 }
local bands = {}
for i, e in ipairs(edges) do bands[i] = galua.band.tophat(e[1], e[2]) end

local function best(n, f, clock)
  local b = math.huge
  for _ = 1, n do
    local t = clock()
    f()
    b = math.min(b, clock() - t)
  end
  return b
end

-- Templates as files under upstream's names
local function write_templates(folder, nside)
  local sc = galua.sky_core
  os.execute(("mkdir -p '%s/pysm_2'"):format(folder))
  local function put(name, m) m:write(("%s/pysm_2/%s.fits"):format(folder, name)) end
  for _, t in ipairs{ { "dust_%s_new", "dust_IQU" }, { "synch_%s_new", "synch_IQU" } } do
    local m = sc.synthetic(t[2], nside, 1)
    for i, c in ipairs{ "t", "q", "u" } do put(t[1]:format(c), m:component(i)) end
  end
  for name, recipe in pairs{ dust_beta = "dust_beta", dust_temp = "dust_T", synch_beta = "synch_beta", ff_t_new = "freefree_I", ame_t_new = "ame_I",
    ame2_t_new = "ame2_I", ame_nu_peak_0 = "ame_peak" } do
    put(name, sc.synthetic(recipe, nside, 1))
  end
  os.execute(("cp '%s' '%s/pysm_2/'"):format(galua.data.path("sky/emissivity.txt"), folder))
end

local function rms_difference(a, b)
  local worst = 0
  for i = 1, #a do
    for c = 1, 3 do
      local d = (a[i]:component(c) - b[i]:component(c)):stats().rms
      worst = math.max(worst, d / a[i]:stats(c).rms)
    end
  end
  return worst
end

-- Peak memory [MB] of a process that reads the templates in blocks and makes the three maps
local function peak(program, folder, nside, beam)
  local script = ([[galua.threads(1) local s = sky{ nside = %d, models = { "d1", "s1", "f1", "a1" }, templates = "%s", stream = true }
    local b = {} for i, e in ipairs{ {90, 110}, {140, 160}, {30, 40} } do b[i] = band.tophat(e[1], e[2]) end
    if %s then for i = 1, 3 do s:emission(b[i], "uK_CMB"):smooth{ fwhm = ({ 30, 20, 60 })[i] } collectgarbage() end else s:emission(b, "uK_CMB") end
    for l in io.lines("/proc/self/status") do local k = l:match("VmHWM:%%s+(%%d+)") if k then print(k / 1024) end end]]):format(nside, folder, tostring(beam))
  local file = os.tmpname()
  local f = io.open(file, "w")
  f:write(script)
  f:close()
  local pipe = io.popen(("'%s' --batch '%s'"):format(program, file))
  local mb = tonumber(pipe:read("*l") or "")
  pipe:close()
  os.remove(file)
  return mb
end

local function detectors()
  local list, r = {}, galua.random.stream(3)
  for d = 1, 100 do
    local nu, w = {}, {}
    for i = 1, 10 do
      nu[i] = 90 + 20 * (i - 1) / 9
      w[i] = 1 + 0.1 * r:normal()
    end
    list[d] = galua.band.table(nu, w)
  end
  return list
end

-- Bytes a second of copying float arrays much larger than the caches, n threads
local function bandwidth(s, maps, n)
  local plan = galua.sky{ nside = s.nside, models = { { law = "power_law", IQU = maps[1], unit = "uK_RJ", opt = { nu_I = 100 }, par = { beta = 0 } } } }:plan({ 100 }, "uK_RJ")
  local out = { maps[2] }
  plan:run{ maps = out, threads = n }
  return 12 * s.nside ^ 2 * 3 * 12 / best(5, function() plan:run{ maps = out, threads = n } end, galua.clock) -- read 4, write 4, fetched before 4
end

local function measure(put, many, o, folder)
  local nside, program = o.nside or 512, core.realpath("/proc/self/exe")
  write_templates(folder, nside)
  galua.threads(1)
  local s = galua.sky{ nside = nside, models = models, templates = folder, stream = false }
  local size = ("nside %d, 3 channels of 10 points, d1 s1 f1 a1, 1 thread, processor time"):format(nside)
  local exact, poly = s:plan(bands, "uK_CMB", { exact = true }), s:plan(bands, "uK_CMB")
  local a, b = s:emission(bands, "uK_CMB", { exact = true }), s:emission(bands, "uK_CMB")
  local n = nside > 1024 and 2 or 5
  local te = best(n, function() exact:run{ maps = a, threads = 1 } end, os.clock)
  local tp = best(4 * n, function() poly:run{ maps = b, threads = 1 } end, os.clock)
  local difference = rms_difference(a, b)

  local peer
  if o.peer then
    local script = o.script or "scripts/peers/sky_bench.py"
    peer = require "galua.peer"(o.peer, script, { folder, nside, nside > 512 and 1 or 2, nside > 1024 and 0 or 1, "-" }, "bench sky", "pysm3 and h5py")
  end
  local function against(seconds, what)
    return peer and peer[what] and { baseline = "PySM " .. peer.pysm .. ", same run (s)", baseline_value = peer[what], ratio = peer[what] / seconds, size = size } or { size = size }
  end
  put("sky.exact", te, "s", against(te, "integration"))
  local row = against(tp, "integration")
  row.difference, row.certified = difference, poly.error
  put("sky.polynomials", tp, "s", row)
  put("sky.difference", difference, "rms", { baseline = "limit", baseline_value = 1e-7, ratio = 1e-7 / difference, size = "largest rms difference of a map over its rms" })
  if nside <= 1024 then
    local t = best(2, function()
      for i, m in ipairs(s:emission(bands, "uK_CMB", { threads = 1 })) do m:smooth{ fwhm = beams[i] } end
    end, os.clock)
    put("sky.with_beams", t, "s", against(t, "with_beams"))
    local quick = best(2, function()
      for i, m in ipairs(s:emission(bands, "uK_CMB", { threads = 1 })) do m:smooth{ fwhm = beams[i], method = "jacobi", iterations = 1 } end
    end, os.clock)
    local row = against(quick, "with_beams")
    row.size = size .. ", one correction instead of least squares (rms 5e-6)"
    put("sky.with_beams.one_correction", quick, "s", row)
  end
  local function against_memory(mb, what)
    return peer and peer[what] and { baseline = "PySM (MB)", baseline_value = peer[what], ratio = peer[what] / mb, size = size } or { size = size }
  end
  local memory = peak(program, folder, nside, false)
  put("sky.memory", memory, "MB", against_memory(memory, "memory"))
  if nside <= 1024 then
    local mb = peak(program, folder, nside, true)
    put("sky.memory_beams", mb, "MB", against_memory(mb, "memory_beams"))
  end
  -- one detector and a hundred of the same kind
  local dets = detectors()
  for _, mode in ipairs{ "exact", "polynomials" } do
    local one, set = s:plan({ dets[1] }, "uK_CMB", { exact = mode == "exact" }), s:plan(dets, "uK_CMB", { exact = mode == "exact", rank = 1e-7 })
    local maps = {}
    for k = 1, set.basis do maps[k] = galua.sky_core.new_map(nside, 3, true, "uK_CMB") end
    local t1 = best(n, function() one:run{ maps = { a[1] }, threads = 1 } end, os.clock)
    set:run{ maps = maps, basis = true, threads = 1 }
    local t100 = best(n, function() set:run{ maps = maps, basis = true, threads = 1 } end, os.clock)
    put("sky.detectors." .. mode, t100, "s", { baseline = "one detector (s)", baseline_value = t1, ratio = t1 / t100, times_one = t100 / t1,
      maps = set.basis, error = set.error, size = "100 detectors as sums of a few maps, plan not counted" })
  end
  if many > 1 then
    for _, p in ipairs{ { "exact", exact, a }, { "polynomials", poly, b } } do
      local t1 = best(n, function() p[2]:run{ maps = p[3], threads = 1 } end, galua.clock)
      local t2 = best(n, function() p[2]:run{ maps = p[3], threads = many } end, galua.clock)
      put(("sky.%s.%dthreads"):format(p[1], many), t2, "s", { baseline = "1 thread (s)", baseline_value = t1, ratio = t1 / t2, threads = many,
        -- 13 float templates read, 9 double maps written and, as by the copy, fetched before
        bytes_per_second = 12 * nside ^ 2 * (13 * 4 + 3 * 3 * 16) / t2, bandwidth = bandwidth(s, a, many) })
    end
  end
end

return function(put, many, o)
  local folder, before = os.tmpname(), galua.threads()
  os.remove(folder)
  local ok, e = pcall(measure, put, many, o, folder)
  galua.threads(before)
  os.execute(("rm -rf '%s'"):format(folder)) -- hundreds of megabytes: also when it failed or was stopped
  if not ok then error(e, 0) end
end
