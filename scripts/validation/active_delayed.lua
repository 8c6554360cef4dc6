-- Validation recipe, see recipes.lua: galua validate scripts/validation/active_delayed.lua
return dofile(((arg and arg[0] or ""):match("^(.*/)[^/]*$") or "") .. "recipes.lua").recipe("active", "delayed")
