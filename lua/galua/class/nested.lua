-- Methods of nested handles written in Lua.
return require("galua.part").methods("nested")
