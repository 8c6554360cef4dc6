-- Parts of a sky that go separate ways to a map: those that are turned and those that stay, those whose maps hold a beam already. Each group is
-- summed by a plan of its own, seen through what its beam lacks, and added to the others.
local galua = require "galua"
local M = {}

-- { items =, beam = [arcmin], turned = }, at least one; apart: are extragalactic parts left where they are?
function M.groups(s, apart)
  local list, have = {}, {}
  for _, item in ipairs(s.items) do
    local turned = not (apart and item.far)
    local key = ("%s %.17g"):format(tostring(turned), item.beam)
    if not have[key] then
      have[key] = { items = {}, beam = item.beam, turned = turned }
      list[#list + 1] = have[key]
    end
    have[key].items[item] = true
  end
  return list
end

-- Map of each group -> the map of a channel: o = { fwhm, beam, nside, lmax, coord, method, iterations, tolerance }
function M.finish(groups, maps, o)
  local sum
  for k, g in ipairs(groups) do
    local m, had = maps[k], (o.fwhm or o.beam) and g.beam or 0
    local way = { fwhm = o.fwhm, beam = o.beam, nside = o.nside, lmax = o.lmax, coord = g.turned and o.coord or nil, method = o.method,
      iterations = o.iterations, tolerance = o.tolerance, had = had > 0 and had or nil }
    if had > 0 and not o.beam and o.fwhm == had then way.fwhm, way.had = nil, nil end -- its beam is the one asked for
    if way.fwhm or way.beam or way.coord or way.nside and way.nside ~= m.nside then m = m:smooth(way) end
    sum = sum and sum + m or m
  end
  return sum
end

-- What was not asked to be seen through a beam holds one all the same: said once a sky
function M.remark(s, o)
  if o.fwhm or o.beam then return end
  for _, item in ipairs(s.items) do
    if item.beam > 0 and not item.remarked and item.row.make ~= "catalogue" then
      item.remarked = true
      io.stderr:write(("galua: sky: the maps of %s hold a beam of %g arcmin; emission(band, unit, { fwhm = }) takes it into account\n"):format(item.name, item.beam))
    end
  end
end

return M
