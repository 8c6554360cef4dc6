-- The rooms of the house (docs/developer.md, "The house"): what check_layers.lua and check_links.lua hold the sources against.
local M = {}

-- From the ground up, one floor a line. A room may use itself and what lies on lower floors, never a neighbour: so there is no circle.
M.floors = {
  { "base" },
  { "num", "serve" },
  { "io" },
  { "astro", "ssp", "sfh", "noise" },
  { "stars" },
  { "csp", "component", "spec", "sky", "pop" },
  { "dust" },
  { "model", "infer/prior", "infer/diag", "infer/target" },
  { "infer/result" },
  { "infer/sampler" },
  { "fit" },
  { "run" },
  { "lua/kit" },
  { "lua/bind" },
  { "repl" },
}
-- Rooms that may use less than all below: the inference engine knows no galaxy.
local only = {
  ["serve"] = { "base" },
  ["infer/prior"] = { "base", "num" }, ["infer/diag"] = { "base", "num" }, ["infer/target"] = { "base", "num" },
  ["infer/result"] = { "base", "num", "io", "infer/diag", "infer/target" },
  ["infer/sampler"] = { "base", "num", "io", "infer/prior", "infer/diag", "infer/target", "infer/result" },
}
-- Public headers (include/galua) by the room that implements them.
local headers = {
  base = "base rng param option",
  num = "num gp const soft",
  io = "table",
  serve = "serve",
  astro = "filter cosmo",
  ssp = "ssp",
  sfh = "sfh diffmah diffstar mzr",
  noise = "noise",
  stars = "stars",
  component = "component compat",
  spec = "spec",
  pop = "diffstarpop historyfit dsps population merging ssp_error",
  sky = "healpix skymap alm band sky skysim skyproject",
  model = "galaxy bench plan tangent",
  ["infer/prior"] = "prior",
  ["infer/target"] = "target transform problem hierarchy",
  ["infer/diag"] = "diag draws",
  ["infer/result"] = "result",
  ["infer/sampler"] = "sampler ensemble importance nested nuts smc optimum pathfinder export",
  fit = "obs like fit spectrum measure data",
  run = "queue ranks",
  ["lua/kit"] = "ffi",
}

M.floor, M.header = {}, {}
local may = {}
for i, row in ipairs(M.floors) do
  for _, room in ipairs(row) do M.floor[room] = i end
end
for room, names in pairs(headers) do
  for name in names:gmatch("%S+") do M.header[name] = room end
end
for room, list in pairs(only) do
  may[room] = {}
  for _, name in ipairs(list) do may[room][name] = true end
end

-- the room of a file of src/, named from there: the longest known folder that it lies in
function M.of(path)
  local at, room = 0, nil
  while true do
    at = path:find("/", at + 1, true)
    if not at then return room end
    if M.floor[path:sub(1, at - 1)] then room = path:sub(1, at - 1) end
  end
end

-- why room `mine` may not use room `theirs`; nil: it may
function M.why_not(mine, theirs)
  if theirs == mine then return nil end
  if M.floor[theirs] >= M.floor[mine] then
    return ("room %s (floor %d) uses room %s (floor %d): arrows point down"):format(mine, M.floor[mine], theirs, M.floor[theirs])
  elseif may[mine] and not may[mine][theirs] then
    return ("room %s may not use room %s"):format(mine, theirs)
  end
end
-- the same of two files of src/
function M.refuse(path, other)
  local mine, theirs = M.of(path), M.of(other)
  return mine and theirs and M.why_not(mine, theirs)
end

return M
