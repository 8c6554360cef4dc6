-- Methods of smc handles written in Lua.
return require("galua.part").methods("smc")
