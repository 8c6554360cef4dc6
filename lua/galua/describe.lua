-- A galaxy model as data, and back: what results files keep so that load_fit can build the same model.
local galua = require "galua"
local M = {}

local function history_from(d)
  if d.custom then return galua.custom_component.history(d.custom, d.options) end
  if not d.parts then return galua.sfh[d.kind](d.options) end
  local options = {}
  for k, v in pairs(d.options) do options[k] = v end
  for name, part in pairs(d.parts) do options[name] = history_from(part) end
  return galua.sfh[d.kind](options)
end

-- The table a description names, where Galua has or makes it: what was the default before Bruzual & Charlot is ssp.synthesise{}, by its name.
local function table_named(name)
  if name == "synthetic" then return galua.ssp.synthetic() end
  if name:match("^builtin%-") then return galua.ssp.synthesise{} end
  return galua.ssp.default()
end

-- description of galaxy:describe(); ssp: a table or file to use instead of the built-in one
function M.galaxy_from(d, ssp)
  local table_of = ssp
  if type(ssp) == "string" then table_of = galua.ssp.read(ssp) end
  if not table_of then table_of = table_named(d.ssp.name) end
  if table_of.hash ~= d.ssp.hash then
    galua.fail("the fit used SSP table '%s' (hash %s), this is '%s' (hash %s): name its file, load_fit(path, { ssp = FILE })",
      d.ssp.name, d.ssp.hash:sub(1, 12), table_of.name, table_of.hash:sub(1, 12))
  end
  local options = { ssp = table_of, clamp = d.clamp, compat = d.compat, logU = d.logU, ism = false, dust = false, components = {},
    cosmology = d.cosmology.user and galua.cosmology{ H0 = d.cosmology.H0, Om0 = d.cosmology.Om0, OL0 = d.cosmology.OL0,
      Tcmb = d.cosmology.Tcmb, Neff = d.cosmology.Neff, m_nu = d.cosmology.m_nu, name = d.cosmology.name } or d.cosmology.name }
  options.sfh = history_from(d.sfh)
  if d.cosmology_free == true then options.cosmology_free = true end
  if d.onset then options[d.onset] = 0.5 end -- the parameter that stands for the age; its value comes with the others
  for i, c in ipairs(d.components) do
    options.components[i] = c.kind == "custom" and galua.component.from(c.options) or galua[c.group][c.kind](c.options)
  end
  return galua.galaxy(options)
end

local function expect(v, kind, what, path)
  if type(v) ~= kind then galua.fail("%s: its description has no %s (a %s is there)", path, what, type(v)) end
end

-- d, decoded from the results file `path`, names parts that exist and nothing else: a file calls no other function of ours.
function M.check_description(d, path)
  for name, kind in pairs{ data = "table", model = "table", theta = "table", free = "table", sampler = "table", limits = "string", seed = "number" } do
    expect(d[name], kind, name, path)
  end
  local m = d.model
  for name, kind in pairs{ ssp = "table", sfh = "table", components = "table", cosmology = "table" } do expect(m[name], kind, name, path) end
  expect(m.ssp.hash, "string", "hash of the SSP table", path)
  expect(m.ssp.name, "string", "name of the SSP table", path)
  if m.onset ~= nil and m.onset ~= "age_fraction" and m.onset ~= "z_onset" then
    galua.fail("%s: its model gives the age by '%s', which this version does not have", path, tostring(m.onset))
  end
  local function known(group, kind)
    expect(kind, "string", "kind of " .. tostring(group), path)
    if kind ~= "custom" and not galua.custom_component.known(group, kind) then
      galua.fail("%s: its model has '%s.%s', which this version does not have", path, tostring(group), kind)
    end
  end
  local function history(d, depth)
    expect(d, "table", "history", path)
    expect(d.options, "table", "options of its history", path)
    if d.custom ~= nil then return expect(d.custom, "table", "definition of its custom history", path) end
    known("sfh", d.kind)
    if d.parts == nil then return end
    expect(d.parts, "table", "parts of its history", path)
    if depth > 0 then galua.fail("%s: its history is a sum of sums", path) end
    for _, part in pairs(d.parts) do history(part, depth + 1) end
  end
  history(m.sfh, 0)
  for _, c in ipairs(m.components) do
    expect(c, "table", "list of components", path)
    if c.kind ~= "custom" then known(c.group, c.kind) end
    expect(c.options, "table", "options of " .. tostring(c.group), path)
  end
  for _, p in ipairs(d.free) do
    expect(p, "table", "list of priors", path)
    expect(p.name, "string", "name of a free parameter", path)
    expect(p.prior, "table", "prior of " .. p.name, path)
  end
end

return M
