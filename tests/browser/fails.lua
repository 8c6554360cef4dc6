-- A history that refuses a part of its range.
return galaxy{ redshift = 0.1, age = 1e9, sfh = sfh.custom{ params = { w = { 1, lo = 0, hi = 10 } },
  function(t, p)
    if p.w > 5 then error("w is too large") end
    return p.w
  end } }
