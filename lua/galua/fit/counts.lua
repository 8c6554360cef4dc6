-- What a fit is judged by, at the sample of highest posterior: how many data of each kind, and their chi^2. Detections alone count among bands.
--   counts(fit, residuals) -> { bands =, chi2 =, pixels =, chi2_pixels =, measures =, chi2_measures = }
local M = {}

function M.of(f, residuals)
  local out = { bands = f.target.nbands, chi2 = 0, pixels = 0, chi2_pixels = 0, measures = 0, chi2_measures = 0 }
  for _, r in ipairs(residuals) do if r.kind == "detection" then out.chi2 = out.chi2 + r.pull ^ 2 end end
  for _, s in ipairs(#f.data:spectra() > 0 and f:spectra() or {}) do
    for i = 1, #s.pull do
      if s.mask[i] == 0 then out.pixels, out.chi2_pixels = out.pixels + 1, out.chi2_pixels + s.pull[i] ^ 2 end
    end
  end
  if #f.data:indices() + #f.data:lines() + #f.data:measures() > 0 then
    for _, r in ipairs(f:measures()) do
      if not r.limit then out.measures, out.chi2_measures = out.measures + 1, out.chi2_measures + r.pull ^ 2 end
    end
  end
  return out
end

-- "chi^2 per band of the best point 0.80; per pixel 1.02 (598)"
function M.text(c)
  local parts = {}
  local function put(kind, n, chi2, all)
    if n > 0 then
      parts[#parts + 1] = ("%sper %s%s %.2f%s"):format(#parts == 0 and "chi^2 " or "", kind, #parts == 0 and " of the best point" or "", chi2 / n,
        all and (" (%d)"):format(n) or "")
    end
  end
  put("band", c.bands, c.chi2, c.pixels + c.measures > 0)
  put("pixel", c.pixels, c.chi2_pixels, true)
  put("measured quantity", c.measures, c.chi2_measures, true)
  return table.concat(parts, ", ") .. (#parts > 0 and "; " or "")
end

return M
