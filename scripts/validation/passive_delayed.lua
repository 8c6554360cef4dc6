-- Validation recipe, see recipes.lua: galua validate scripts/validation/passive_delayed.lua
return dofile(((arg and arg[0] or ""):match("^(.*/)[^/]*$") or "") .. "recipes.lua").recipe("passive", "delayed")
