-- Moves of ensembles: move.stretch{}, move.de{}, ..., move.custom(f), mix{ ... }: tables as ensemble(), its run{ move = } and
-- sampler.ensemble{ moves = } take them.
local galua = require "galua"
local ship = require "galua.ship"
local call = require "galua.call"
local doc = require "galua.doc"
local define = require "galua.define"
local M = {}

for _, move in ipairs(galua.engines.moves()) do
  local kind, spec = move.name, { weight = ":number" }
  for name in move.help:gmatch "@param ([%w_]+)" do spec[name] = ":any" end
  M[kind] = function(given)
    local m = galua.options("move." .. kind, given, spec)
    m[1] = kind
    return m
  end
  doc.text("move." .. kind, M[kind], ("move.%s{ ... } -> move\n%s\n@param weight (1) relative frequency in a mix"):format(kind, move.help))
end

function M.custom(f, options)
  local o = galua.options("move.custom", options, { weight = ":number" })
  if type(f) ~= "function" then
    galua.fail("move.custom: expected a function(x, others, rng, step) that returns a position, got %s", type(f))
  end
  local info = debug.getinfo(f, "S")
  return { "custom", weight = o.weight, shipped = ship.pack(f, "move.custom"), key = ship.pack(f, "move.custom", nil, true),
    source = ship.source(f), where = ("%s:%d"):format(info.short_src, info.linedefined) }
end

-- move.define{ name =, params =, propose =, doc = }
function M.define(given)
  local o = define.options("move", given, { name = ":string", params = {}, propose = ":function", doc = "" }, { propose = "function" }, "jump")
  local defaults, help, names = define.settings("move.define", o.params, { number = true })
  local spec, fn = { weight = ":number" }, "move." .. o.name
  for k, v in pairs(defaults) do spec[k] = v end
  if defaults.weight then galua.fail("move.define: 'weight' is the relative frequency in a mix: call the setting otherwise") end
  local function make(values)
    local p = galua.options(fn, values, spec)
    local weight = p.weight
    p.weight = nil
    local m = M.custom(define.bound(o.propose, "x, others, rng, step", p), { weight = weight })
    m.source, m.where = ship.source(o.propose), define.text(fn, p, defaults, names)
    return m
  end
  rawset(M, o.name, make)
  doc.text(fn, make, ("%s{ ... } -> move\n%s%s\n@param weight (1) relative frequency in a mix"):format(fn, o.doc, help))
  return make
end

-- mix{ move, weight, move, weight, ... } or mix{ move, move, ... }
function M.mix(list)
  if type(list) ~= "table" or type(list[1]) ~= "table" then
    galua.fail("mix: expected moves, each with its weight after it: mix{ move.de(), 0.8, move.snooker(), 0.2 }")
  end
  local out, n, i = {}, #list, 1
  while i <= n do
    local given = list[i]
    if type(given) ~= "table" or type(given[1]) ~= "string" then
      galua.fail("mix: item %d must be a move, such as move.de(), got %s", i, type(given))
    end
    local m = {}
    for k, v in pairs(given) do m[k] = v end
    if type(list[i + 1]) == "number" then
      i = i + 1
      m.weight = list[i]
      if not (m.weight > 0 and m.weight < math.huge) then galua.fail("mix: the weight of move %s must be positive, got %g", m[1], m.weight) end
    end
    out[#out + 1] = m
    i = i + 1
  end
  return out
end

-- Plain data to make the same moves again from.
local function numbers(v, depth)
  if type(v) ~= "userdata" and type(v) ~= "cdata" and type(v) ~= "table" then return v end
  local out, known = {}, type(v) == "table" or pcall(function() return #v end)
  if not known then galua.fail("move: an option of a move is a number, a word, a list or a matrix of numbers, got %s", type(v)) end
  if depth > 4 then galua.fail("move: an option of a move is a number, a list or a matrix of them, not lists in lists in lists") end
  for i = 1, type(v) == "table" and #v or v.rows or #v do
    local x = type(v) ~= "table" and v.rows and v:row(i) or v[i]
    out[i] = numbers(x, depth + 1)
  end
  return out
end
function M.store(moves)
  if type(moves) ~= "table" then return moves end
  if type(moves[1]) == "string" and moves[2] == nil then moves = { moves } end
  local out = {}
  for i, m in ipairs(moves) do
    local t = {}
    for k, v in pairs(type(m) == "table" and m or { m }) do t[type(k) == "number" and "kind" or k] = numbers(v, 1) end
    out[i] = t
  end
  return out
end
function M.from(stored)
  if type(stored) ~= "table" then return stored end
  local out = {}
  for i, t in ipairs(stored) do
    galua.expect("move.from", ("1[%d]"):format(i), t, "table")
    local m = {}
    for k, v in pairs(t) do m[k == "kind" and 1 or k] = v end
    out[i] = m
  end
  return out
end

-- "0.8 de + 0.2 custom (fit.lua:12)"
function M.text(moves)
  if type(moves) == "string" then return moves end
  galua.expect("move.text", 1, moves, "table")
  local words = {}
  for i, m in ipairs(M.store(moves)) do
    words[i] = ("%s%s%s"):format(m.weight and ("%g "):format(m.weight) or "", m.kind, m.where and (" (%s)"):format(m.where) or "")
  end
  return table.concat(words, " + ")
end

-- the call that makes them: mix{ move.de(), 0.8, move.snooker(), 0.2 }
function M.call(moves)
  if type(moves) == "string" then return call.literal(moves) end
  galua.expect("move.call", 1, moves, "table")
  local words = {}
  for i, m in ipairs(M.store(moves)) do
    local o = {}
    galua.expect("move.call", ("1[%d][1]"):format(i), m.kind, "string")
    for k, v in pairs(m) do if k ~= "kind" then o[k] = v end end
    words[i] = m.shipped and ("move.custom(function%s)"):format(m.weight and (", { weight = %s }"):format(call.literal(m.weight)) or "")
      or call.text("move." .. m.kind, o)
  end
  return "{ " .. table.concat(words, ", ") .. " }"
end

doc.text("move", M, "Moves of ensembles: stretch, de, snooker, walk, kde, gaussian, slice, slice_gaussian, mixture, and move.custom(f), move.define{} for your own; "
  .. "mix{ move.de(), 0.8, move.snooker(), 0.2 } combines them.")
doc.text("move.mix", M.mix, [[mix{ move, weight, move, weight, ... } -> moves
Several moves: each step of the ensemble takes one of them, chosen with these weights (1 where none is given).
@example sampler.ensemble{ moves = mix{ move.de(), 0.8, move.snooker(), 0.2 } }]])
doc.text("move.store", M.store, "move.store(moves) -> table\nMoves as plain data.")
doc.text("move.from", M.from, "move.from(table) -> moves\nThe moves that move.store made plain data of.")
doc.text("move.text", M.text, "move.text(moves) -> string\nMoves in one line.")
doc.text("move.define", M.define, [[move.define{ name =, params =, propose = } -> function
A kind of move of your own: move.NAME{ settings } with help, in mixes, fits and their results files, which hold its function: to read them the
definition is not needed. It is move.custom with a name and settings: see there what the function may use.
@param name what it is called: move.jump
@param params ({}) settings and their defaults, numbers: scale = 1, or scale = { 1, doc = "of the jump" }
@param propose function(x, others, rng, step, p) -> y[, lnq], p.scale the value of a setting
@param doc help text
@example move.define{ name = "jump", params = { scale = 0.5 }, doc = "Along a difference.", propose = function(x, others, rng, step, p)
@example   local a, b, y = others[rng:integer(#others)], others[rng:integer(#others)], {}
@example   for k = 1, #x do y[k] = x[k] + p.scale * rng:normal() * (a[k] - b[k]) end
@example   return y
@example end }]])
doc.text("move.call", M.call, "move.call(moves) -> string\nThe call that makes them.")
doc.text("move.custom", M.custom, [[move.custom(function(x, others, rng, step) ... return y, lnq end[, { weight = }]) -> move
A move of your own: y, a list of coordinates, is proposed for the walker at x from the positions `others` of the half of the ensemble that
stands still, and accepted with probability min(1, q p(y)/p(x)). lnq = ln q keeps the posterior as it is: the ratio of the densities to
propose x from y and y from x; 0 when left out (symmetric moves). x[1] .. x[#x] are sampled coordinates (log10 where the prior is one of
logarithms), others[j][k] the same of #others walkers; rng:uniform(), rng:normal(), rng:integer(n) are the walker's own random
numbers; step counts from 1. It runs in every thread, in a Lua state without your globals: what it uses must be local (numbers,
strings, vectors, tables and functions are taken along), and what it gives may depend on its arguments alone. Code and values are kept
in results files.
@example slide = move.custom(function(x, others, rng)
@example   local a, y, g = others[rng:integer(#others)], {}, rng:normal()
@example   local b = others[rng:integer(#others)]
@example   for k = 1, #x do y[k] = x[k] + g * (a[k] - b[k]) end
@example   return y
@example end)
@example e = ensemble(f.target, 64);  e:run{ move = mix{ move.de(), 0.5, slide, 0.5 }, steps = 1000 }]])
return M
