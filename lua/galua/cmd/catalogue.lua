-- galua catalogue FILE.lua: many sources, described by a Lua file that returns catalogue{...}.
local galua = require "galua"
local cmd = require "galua.cmd"

local usage = [[
usage: galua catalogue FILE.lua [options]      FILE.lua ends with `return catalogue{ ... }`
  --out FILE.h5   results (default: FILE.h5); a table goes beside it as FILE.fits
  --table FILE    that table, by its suffix: .fits, .ecsv or .csv
  --fresh         start again instead of going on with what is there
  --dry-run       say what would be done: sources, bands, the first fit
  --lease S       seconds after which the source of a silent worker is given to another (600)
  --threads N     worker processes
  --part I/N      only every N-th source from the I-th on: one job of a batch system's array
  --merge         the results of what the parts have done
Under mpirun -n M the ranks share the work by messages; started again on another machine with the
same folder, by file locks. Stopped or killed, the same command goes on.
  galua fit --template --catalogue     prints a file to start from]]

local SHOWN = 5 -- rows that cannot be read, of more

-- what cannot be read is counted and the first few are told: the run makes each of them a row with its reason
local function dry_run(c)
  print(c)
  local total, read, bands, wrong = 0, 0, {}, {}
  for i = 1, c.n do
    local ok, obs = pcall(function() return c.data[i] end)
    if ok then read = read + 1 else wrong[#wrong + 1] = tostring(obs) end
    for _, r in ipairs(ok and obs:rows() or {}) do
      if r.kind ~= "ignored" then bands[r.band], total = (bands[r.band] or 0) + 1, total + 1 end
    end
  end
  local names = {}
  for name in pairs(bands) do names[#names + 1] = name end
  table.sort(names)
  print(("  %.1f bands per source; %d bands in all:"):format(total / math.max(read, 1), #names))
  for _, name in ipairs(names) do print(("    %-24s %6d sources"):format(name, bands[name])) end
  if #wrong > 0 then
    print(("  %d of %d sources cannot be read:"):format(#wrong, c.n))
    for i = 1, math.min(#wrong, SHOWN) do print("    " .. wrong[i]) end
    if #wrong > SHOWN then print(("    and %d more"):format(#wrong - SHOWN)) end
  end
  print(c:example(1))
end

return {
  summary = "fit many sources: galua catalogue FILE.lua, --dry-run, --fresh, --part; works under mpirun",
  main = function(args)
    local o, status = cmd.parse("catalogue", args, { file = "FILE.lua", help = usage, kinds = { out = "text", table = "text", fresh = "flag",
      part = "text", merge = "flag", ["dry-run"] = "flag", lease = function(text) return tonumber(text) and tonumber(text) > 0 and tonumber(text) or nil end },
      needs = { lease = "a number of seconds" } })
    if not o then return status end
    local c = cmd.load("catalogue", o.file, galua.catalogue.is)
    if o["dry-run"] then
      dry_run(c)
      return 0
    end
    local out = o.out or o.file:gsub("%.lua$", "") .. ".h5"
    if (galua.queue.ranks() or 0) == 0 then print(c) end
    if o.merge then c:merge{ out = out, table = o.table } else c:run{ out = out, table = o.table, fresh = o.fresh or false, lease = o.lease, part = o.part } end
    if c.state == "part" or c.state == "rank" then return 0 end
    if c.state ~= "done" then return 1 end
    if c.fits then print(("%d of %d fits accepted by their sampler, %d failed"):format(c.accepted, c.fits, c.count.failed)) end
    for _, r in ipairs(c.rungs or {}) do
      print(("  %s%s: %d tried, %d accepted (%.1f %%)"):format(r.variant ~= "" and r.variant .. ", " or "", r.sampler, r.tried, r.accepted,
        100 * r.accepted / math.max(1, r.tried)))
    end
    local t = c.spent
    local all = t and t.sampling + t.derived + t.summary or 0
    if all > 0 then
      print(("%.3g s of processor time a fit: sampling %.0f %%, derived quantities %.0f %%, summary %.0f %%"):format(all / c.fits, 100 * t.sampling / all,
        100 * t.derived / all, 100 * t.summary / all))
    end
    if c.path then print(("results: %s, %s"):format(out, c.table_path)) end
    return c.count.failed > 0 and 1 or 0
  end,
}
