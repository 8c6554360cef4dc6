-- fit{ tie = { [parameter] = function(p) ... end or name } }: parameters that follow from others, in every thread.
local galua = require "galua"
local core = require "galua.core"
local ship = require "galua.ship"
local M = {}

-- A function that fills a table with the rules: what a function has around it is shipped with it, tables of functions are not.
local function join(name, rule, rest)
  return function(t)
    t[name] = rule
    return rest and rest(t) or t
  end
end

-- { rules, names, text, key }
local function finish(rules, model)
  local names, all, f = {}, {}, nil
  for name in pairs(rules) do names[#names + 1] = name end
  if #names == 0 then return nil end
  table.sort(names)
  for i = #names, 1, -1 do f = join(names[i], rules[names[i]], f) end
  for i, p in ipairs(model:params()) do all[i] = p.name end
  return { rules = rules, names = names, text = ship.pack(f, "fit: tie", { names = all, tied = names }), key = ship.pack(f, "fit: tie", nil, true) }
end

-- the option, checked; nil without one
function M.resolve(given, model)
  if given == nil then return nil end
  if type(given) ~= "table" then galua.fail("fit: tie must be a table of parameter = function(p) or name, got a %s", type(given)) end
  local known, names, rules = {}, {}, {}
  for i, p in ipairs(model:params()) do known[p.name], names[i] = true, p.name end
  for name, rule in pairs(given) do
    if type(name) ~= "string" then galua.fail("fit: tie holds name = function(p) pairs, found a value without a name") end
    if not known[name] then galua.fail("fit: tie: this galaxy has no parameter '%s'%s", name, core.did_you_mean(name, names)) end
    if type(rule) == "string" then
      if not known[rule] then galua.fail("fit: tie: '%s' follows '%s', but this galaxy has no such parameter%s", name, rule,
        core.did_you_mean(rule, names)) end
    elseif type(rule) ~= "function" then
      galua.fail("fit: tie['%s'] must be a function(p) that returns the value, or the name of a parameter, got a %s", name, type(rule))
    end
    rules[name] = rule
  end
  return finish(rules, model)
end

-- plain data to make it again from, and back
function M.store(self)
  local out = {}
  for name, rule in pairs(self.rules) do
    out[name] = type(rule) == "string" and rule or { shipped = ship.pack(rule, "fit: tie"), source = ship.source(rule) }
  end
  return out
end

function M.from(d)
  if type(d) ~= "table" then galua.fail("fit: tie: expected what a results file holds, got a %s", type(d)) end
  local rules = {}
  for name, rule in pairs(d) do rules[name] = type(rule) == "table" and ship.unpack(rule.shipped) or rule end
  return rules
end

return M
