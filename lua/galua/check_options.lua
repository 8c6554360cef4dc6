-- Checks that options of samplers share.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

-- whole numbers of at least the given minimum: least = { name = minimum }; absent options are left alone
function M.whole(fn, o, least)
  galua.expect("check_options.whole", 2, o, "table")
  galua.expect("check_options.whole", 3, least, "table")
  for name, lo in pairs(least) do
    local v = o[name]
    galua.expect("check_options.whole", ("3.%s"):format(tostring(name)), lo, "number")
    if v ~= nil and type(v) ~= "number" then galua.fail("%s: %s must be a number, got %s", tostring(fn), tostring(name), type(v)) end
    if v ~= nil and not (v >= lo and v <= 2 ^ 31 and v == math.floor(v)) then
      galua.fail("%s: %s must be a whole number, %d or more, got %.10g", fn, name, lo, v)
    end
  end
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
doc.text("check_options.whole", M.whole, [[check_options.whole(fn, options, least)
Raise in the name of `fn` unless each option named in `least` is a whole number of at least that, or absent.]])
doc.text("check_options.choice", M.choice, [[check_options.choice(fn, options, name, known)
Raise in the name of `fn` unless the option is one of the list `known`.]])
return M
