-- Validation recipe, see recipes.lua: galua validate scripts/validation/active_insitu.lua
return dofile(((arg and arg[0] or ""):match("^(.*/)[^/]*$") or "") .. "recipes.lua").recipe("active", "insitu")
