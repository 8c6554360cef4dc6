-- What plot.sed draws of an observation, and of a galaxy in its bands.
local galua = require "galua"
local M = {}

-- data (bands; ignored ones, limits and negative fluxes included), spectrum, and with a galaxy model_phot: its fluxes in the bands.
function M.observation(o, g)
  local out, rows = {}, o:rows()
  if #rows > 0 then
    local d = { wave = {}, flux = {}, err = {}, limit = {}, ignored = {}, names = {} }
    local bands = {}
    for i, r in ipairs(rows) do
      d.wave[i], d.flux[i], d.err[i] = r.pivot, r.flux, r.err
      d.limit[i], d.ignored[i] = r.kind == "limit", r.kind == "ignored"
      bands[i], d.names[i] = r.filter, ("%s: %.4g ± %.2g mJy%s"):format(r.band, r.flux, r.err, r.kind ~= "detection" and ", " .. r.kind or "")
    end
    out.data = d
    if g then
      out.model_phot = {}
      for i, row in ipairs(g:photometry(bands)) do out.model_phot[i] = row.flux end
    end
  end
  local s = o:spectrum()
  if s then
    local used = {}
    for i = 1, #s.wave do used[i] = s.mask[i] == 0 end
    out.spectrum = { wave = s.wave, flux = s.flux, err = s.err, used = used }
  end
  if not (out.data or out.spectrum) then galua.fail("plot: the observation has neither bands nor a spectrum") end
  return out
end

return M
