-- Methods of pathfinder handles written in Lua.
return require("galua.part").methods("pathfinder")
