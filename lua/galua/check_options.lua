-- Checks that options of samplers share.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

-- A whole number in lo .. hi
local function whole(fn, name, v, lo, hi)
  if not (v >= lo and v == math.floor(v)) or v == math.huge then
    galua.fail("%s: %s must be a whole number, %.10g or more, got %.10g", fn, name, lo, v)
  elseif v > hi then
    galua.fail("%s: %s must be at most %.10g, got %.10g", fn, name, hi, v)
  end
end

-- A finite number in lo .. hi
local function real(fn, name, v, lo, hi)
  if not (v >= lo) or v == math.huge then
    galua.fail("%s: %s must be a number, %g or more, got %g", fn, name, lo, v)
  elseif v > hi then
    galua.fail("%s: %s must be at most %g, got %g", fn, name, hi, v)
  end
end

-- Whole numbers of at least the given minimum and at most `most` (2^31): least = { name = minimum }; absent options are left alone
function M.whole(fn, o, least, most)
  galua.expect("check_options.whole", 2, o, "table")
  galua.expect("check_options.whole", 3, least, "table")
  galua.expect("check_options.whole", 4, most or 0, "number")
  for name, lo in pairs(least) do
    local v = o[name]
    galua.expect("check_options.whole", ("3.%s"):format(tostring(name)), lo, "number")
    if v ~= nil and type(v) ~= "number" then galua.fail("%s: %s must be a number, got %s", tostring(fn), tostring(name), type(v)) end
    if v ~= nil then whole(tostring(fn), name, v, lo, most or 2 ^ 31) end
  end
end

M.DRAWS = 1e9 -- more effective draws than a run can keep: MOST_DRAWS of src/infer/sampler/fields.h

-- Numbers from the given minimum up to `most`, and finite: least = { name = minimum }; absent options are left alone
function M.real(fn, o, least, most)
  galua.expect("check_options.real", 2, o, "table")
  galua.expect("check_options.real", 3, least, "table")
  galua.expect("check_options.real", 4, most, "number")
  for name, lo in pairs(least) do
    local v = o[name]
    galua.expect("check_options.real", ("3.%s"):format(tostring(name)), lo, "number")
    if v ~= nil and type(v) ~= "number" then galua.fail("%s: %s must be a number, got %s", tostring(fn), tostring(name), type(v)) end
    if v ~= nil then real(tostring(fn), name, v, lo, most) end
  end
end

-- One row of an engine's fields: { name =, kind = "whole" | "real" | "choice" | ..., lo =, hi =, choice = }
function M.row(fn, o, r)
  galua.expect("check_options.row", 2, o, "table")
  galua.expect("check_options.row", 3, r, "table")
  if r.kind == "whole" or r.kind == "real" then
    for _, key in ipairs { "lo", "hi" } do galua.expect("check_options.row", "3." .. key, r[key], "number") end
    galua.expect(tostring(fn), tostring(r.name), o[r.name], "number")
  end
  if r.kind == "whole" then whole(tostring(fn), r.name, o[r.name], r.lo, r.hi) end
  if r.kind == "real" then real(tostring(fn), r.name, o[r.name], r.lo, r.hi) end
  if r.kind == "choice" then M.choice(fn, o, r.name, r.choice) end
end

function M.choice(fn, o, name, known)
  galua.expect("check_options.choice", 2, o, "table")
  galua.expect("check_options.choice", 4, known, "table")
  if name == nil then galua.expect("check_options.choice", 3, name, "string") end
  for i = 1, #known do
    galua.expect("check_options.choice", ("4[%d]"):format(i), known[i], "string")
    if known[i] == o[name] then return end
  end
  galua.fail("%s: unknown %s '%s'%s (known: %s)", fn, name, tostring(o[name]), core.did_you_mean(tostring(o[name]), known),
    table.concat(known, ", "))
end

doc.text("check_options", M, [[Checks that the options of samplers share.]])
doc.text("check_options.whole", M.whole, [[check_options.whole(fn, options, least[, most])
Raise in the name of `fn` unless each option named in `least` is a whole number of at least that and at most `most` (2^31), or absent.]])
doc.text("check_options.real", M.real, [[check_options.real(fn, options, least, most)
Raise in the name of `fn` unless each option named in `least` is a finite number of at least that and at most `most`, or absent.]])
doc.text("check_options.row", M.row, [[check_options.row(fn, options, row)
Raise in the name of `fn` unless the option is what the row of an engine's table of fields allows.]])
doc.text("check_options.choice", M.choice, [[check_options.choice(fn, options, name, known)
Raise in the name of `fn` unless the option is one of the list `known`.]])
return M
