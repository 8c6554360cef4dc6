-- Methods of ensemble handles written in Lua.
return require("galua.part").methods("ensemble")
