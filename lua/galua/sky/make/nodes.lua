-- Maps at several frequencies, brightness temperature linear in frequency between them; maps that no band needs are not read.
local galua = require "galua"
local templates = require "galua.sky.templates"

-- Correction of the WebSky CIB to what the South Pole Telescope measures (PySM)
local function spt(nu) return math.sqrt(1 + 0.84 / (1 + math.exp((nu - 227) / 75))) end

-- A folder's maps: names that are frequencies
local function list(folder)
  local nu, file = {}, {}
  local p = io.popen(("ls -1 '%s' 2>/dev/null"):format((folder:gsub("'", "'\\''"))))
  for name in p:lines() do
    local x = tonumber(name:match("^([%d%.]+)%.fits$"))
    if x then nu[#nu + 1], file[x] = x, folder .. "/" .. name end
  end
  p:close()
  table.sort(nu)
  if #nu == 0 then galua.fail("sky: no maps named by their frequency, such as 100.0.fits, in %s", folder) end
  return nu, file
end

return function(s, row, add)
  local nu, file = row.nu, row.maps
  if row.folder then nu, file = list(row.folder) end
  if not nu then galua.fail("sky: %s: maps between frequencies need a folder, or nu with maps or template", row.name) end
  if not row.template and (not file or not row.folder and #file ~= #nu) then
    galua.fail("sky: %s: %d frequencies need as many maps, or a template of file names; got %d", row.name, #nu, file and #file or 0)
  end
  for i, x in ipairs(nu) do
    local ref = file and (file[x] or file[i]) or row.template:format(x)
    if type(ref) == "string" then ref = templates.name(row, ref, s.nside) end
    local before, after = nu[i - 1] or x, nu[i + 1] or x
    add{ law = row.law, lazy = { x, before, after }, I = row.columns ~= 3 and ref or nil, IQU = row.columns == 3 and ref or nil, unit = row.unit,
      unit_at = x, factor = row.spt and spt(x) or nil, opt = { before = before, at = x, after = after, first = nu[1], last = nu[#nu] } }
  end
end
