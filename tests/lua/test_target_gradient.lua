-- A density of one's own that gives its gradient: the derivatives in sampled coordinates, what is refused, and sampling with it.
local galua = require "galua"
local test = galua.test
local calls = 0
local function density(gradient)
  return galua.target{ names = { "a", "b" }, priors = { galua.prior.normal(0, 3), galua.prior.loguniform(0.1, 10) },
    lnlike = function(v) return -0.5 * (v[1] - 1) ^ 2 - 2 * (v[2] - 2) ^ 2 end, gradient = gradient }
end
local function own(v)
  calls = calls + 1
  return -0.5 * (v[1] - 1) ^ 2 - 2 * (v[2] - 2) ^ 2, { 1 - v[1], -4 * (v[2] - 2) }
end

test.describe("the gradient of a density of one's own", function()
  test.it("samples as differences do, with fewer calls", function()
    calls = 0
    local s = galua.nuts(density(own), { chains = 2, seed = 3, warmup = 100 })
    s:start()
    s:run{ more = 300 }
    test.ok(calls > 500)
    local rows = s:summary()
    test.ok(math.abs(rows[1].mean - 0.9) < 0.25 and math.abs(rows[1].sd - math.sqrt(0.9)) < 0.2) -- the prior N(0, 3) pulls 1 to 0.9
    test.ok(math.abs(rows[2].median - 2) < 0.25)
  end)
  test.it("refuses what is no gradient", function()
    for _, g in ipairs{ function() return 1 end, function() return "x", { 1, 2 } end, function() return 1, { 1, 0 / 0 } end } do
      local ok, err = pcall(function() galua.nuts(density(g), { chains = 1, warmup = 10 }):start():run{ more = 10 } end)
      test.ok(not ok and tostring(err):find "gradient" and not tostring(err):find "\n", tostring(err))
    end
    local ok, err = pcall(density, 3)
    test.ok(not ok and tostring(err):find "gradient must be a function")
  end)
end)
