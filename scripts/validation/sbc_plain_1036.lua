-- Validation recipe, see sbc.lua: the plain case with 500 other mocks. galua validate scripts/validation/sbc_plain_1036.lua
return dofile(((arg and arg[0] or ""):match("^(.*/)[^/]*$") or "") .. "sbc.lua").recipe("plain", 1036)
