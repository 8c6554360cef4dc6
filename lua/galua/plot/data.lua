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
  out.spectrum = M.joined(o:spectra())
  if not (out.data or out.spectrum) then galua.fail("plot: the observation has neither bands nor a spectrum") end
  return out
end

-- Several spectra as one that plot.sed draws: no line from one to the next. List of wave, flux, err, mask and, of fits, fitted.
function M.joined(list)
  if #list == 0 then return nil end
  local out = { wave = {}, flux = {}, err = {}, used = {}, model = list[1].fitted and {} or nil }
  local n, nan = 0, 0 / 0
  local function put(wave, flux, err, used, model)
    n = n + 1
    out.wave[n], out.flux[n], out.err[n], out.used[n] = wave, flux, err, used
    if out.model then out.model[n] = model end
  end
  for k, s in ipairs(list) do
    if k > 1 then put(s.wave[1], nan, nan, false, nan) end
    for i = 1, #s.wave do put(s.wave[i], s.flux[i], s.err[i], s.mask[i] == 0, s.fitted and s.fitted[i]) end
  end
  return out
end

return M
