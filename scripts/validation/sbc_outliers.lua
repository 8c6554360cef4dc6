-- Validation recipe, see sbc.lua: galua validate scripts/validation/sbc_outliers.lua
return dofile(((arg and arg[0] or ""):match("^(.*/)[^/]*$") or "") .. "sbc.lua").recipe("outliers")
