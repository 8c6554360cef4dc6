-- Methods of nuts handles written in Lua.
return require("galua.part").methods("nuts")
