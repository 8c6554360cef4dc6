-- Likelihoods that no sampler can like: no number, infinite, flat, forbidden everywhere or nearly everywhere. Each sampler ends, with one line, and
-- calls nothing converged that is not.
local test = require "galua.test"

local function likelihood(kind)
  return ({ ["no number"] = function() return 0 / 0 end, infinite = function() return math.huge end, flat = function() return 3 end,
    never = function() return -math.huge end, rare = function(v) return v[1] < 1e-3 and -0.5 * v[2] ^ 2 or -math.huge end })[kind]
end
local samplers = { importance = {}, nested = {}, smc = {}, pathfinder = {}, optimum = {}, nuts = { ["until"] = 50 }, ensemble = { steps = 100 } }

-- the sampler after its run, or nil and the error
local function run(kind, name)
  local t = target{ names = { "x", "y" }, priors = { prior.uniform(0, 1), prior.uniform(0, 1) }, lnlike = likelihood(kind) }
  local s = _G[name](t, name == "ensemble" and { seed = 1, walkers = 16 } or { seed = 1 })
  local ok, e = pcall(function()
    if name == "nuts" then s:start() end
    s:run(samplers[name])
  end)
  local text = ok and s.state_text or tostring(e)
  test.ok(not text:find("\n", 1, true), name .. ": " .. text)
  return ok and s or nil, text
end

test.describe("hostile likelihoods", function()
  for kind, words in pairs { ["no number"] = "ln likelihood is NaN at x = 0%.", infinite = "ln likelihood is %+inf at x = 0%.",
    never = "draws of the prior" } do
    test.it("say that a likelihood is " .. kind, function()
      for name in pairs(samplers) do
        local s, text = run(kind, name)
        test.ok(not s and text:find(words), name .. ": " .. text)
      end
    end)
  end

  test.it("find that a flat likelihood leaves the prior", function()
    for _, name in ipairs { "importance", "nested", "smc" } do
      local s, text = run("flat", name)
      test.eq(s.state, "converged", text)
      test.ok(math.abs(s.lnz - 3) <= 4 * s.lnz_err + 1e-9, ("%s: ln Z %.4f +- %.4f"):format(name, s.lnz, s.lnz_err))
    end
    for _, name in ipairs { "pathfinder", "optimum", "nuts", "ensemble" } do test.ok(run("flat", name), name) end
  end)

  test.it("are right or refused where 99.9 % of the prior are forbidden", function()
    local exact = math.log(1e-3 * 0.855624391892149) -- sqrt(pi/2) erf(1/sqrt 2)
    for name in pairs(samplers) do
      local s, text = run("rare", name)
      if s and s.state == "converged" then
        test.ok(math.abs(s.lnz - exact) < 4 * s.lnz_err, ("%s: ln Z %.3f +- %.3f, exact %.3f"):format(name, s.lnz, s.lnz_err, exact))
      elseif not s then
        test.ok(text:find("finite probability", 1, true), name .. ": " .. text)
      end
    end
  end)
end)
