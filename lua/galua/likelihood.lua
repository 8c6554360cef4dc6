-- Likelihoods written in Lua.
local galua = require "galua"
local doc = require "galua.doc"
local M = {}
local mt = { __tostring = function(l) return "likelihood.custom (" .. l.where .. ")" end }

-- whether x is a likelihood
function M.is(x) return type(x) == "table" and getmetatable(x) == mt end

local function source(f)
  local i = debug.getinfo(f, "S")
  local where = ("%s:%d"):format(i.short_src, i.linedefined)
  local name, text = i.source:match("^@(.*)$"), nil
  local lines, n = {}, 0
  local file = name and io.open(name, "r")
  if file then
    for line in file:lines() do
      n = n + 1
      if n >= i.linedefined and n <= i.lastlinedefined then lines[#lines + 1] = line end
    end
    file:close()
  elseif not name then
    for line in (i.source .. "\n"):gmatch("(.-)\n") do
      n = n + 1
      if n >= i.linedefined and n <= i.lastlinedefined then lines[#lines + 1] = line end
    end
  end
  text = table.concat(lines, "\n")
  return text, where
end

function M.custom(f)
  if type(f) ~= "function" then
    galua.fail("likelihood.custom: expected a function of (model_flux, obs) that returns ln L, got %s", type(f))
  end
  local text, where = source(f)
  return setmetatable({ f = f, source = text, where = where }, mt)
end

doc.text("likelihood", M, "Likelihoods of your own for fit{ likelihood = ... }: likelihood.custom(function(model_flux, obs) ... end).")
doc.text("likelihood.is", M.is, "likelihood.is(x) -> boolean\nWhether x is a likelihood.")
doc.text("likelihood.custom", M.custom, [[likelihood.custom(function(model_flux, obs) ... end) -> likelihood
ln L of your own: model_flux is a vec [mJy] in the order of obs:rows(), ignored bands included; return a number, or -math.huge where
the model is impossible. The models are computed on all threads, the function is then called for one point after the other on
one. Its source text is part of the fit's fingerprint and is kept in the results file; what it reads from outside is not.]])
return M
