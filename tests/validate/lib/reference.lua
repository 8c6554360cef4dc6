-- Where a reference lies: a short list or cut in tests/ref, else the whole in ../shared/data; nil where neither is there.
--   local find = dofile "tests/validate/lib/reference.lua"
--   find("dust/DL07_MW3.1_00.dat") -> path or nil
return function(name)
  for _, folder in ipairs { "tests/ref/", "../shared/data/" } do
    local f = io.open(folder .. name)
    if f then
      f:close()
      return folder .. name
    end
  end
end
