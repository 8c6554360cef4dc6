-- Methods of optimum handles written in Lua.
return require("galua.part").methods("optimum")
