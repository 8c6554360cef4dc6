-- The curves of scripts/dev/figures_populations.lua, what the paper of DSPS shows of gradients: each exact derivative is that of its curve.
local galua = require "galua"
local test = galua.test

local old, curves = arg
arg = { "data" }
curves = dofile "scripts/dev/figures_populations.lua"
arg = old

test.describe("gradients that the paper shows", function()
  test.it("are those of the curves", function()
    local checked = {}
    for _, c in ipairs(curves) do
      local n, most = #c.x, 0
      if c.dy then
        for i = 1, n do most = math.max(most, math.abs(c.dy[i])) end
        -- along the curve, of 41 points: the trapezoid of the derivative gives the value; its error is that of a step of the grid where light is
        -- linear between nodes of the table and the derivative jumps
        local sum = c.y[1]
        for i = 2, n do
          sum = sum + (c.x[i] - c.x[i - 1]) * (c.dy[i] + c.dy[i - 1]) / 2
          local tolerance = (c.panel == 7 and 0.3 or 0.02) * most * (c.x[2] - c.x[1])
          test.ok(math.abs(sum - c.y[i]) <= 2 * tolerance, ("panel %d, %s: %.8g at %g, its derivative sums to %.8g"):format(c.panel, c.label, c.y[i], c.x[i], sum))
        end
        test.ok(most > 0)
        checked[c.panel] = true
      elseif c.fd then
        for i = 1, n do test.ok(math.abs(c.y[i] - c.fd[i]) < 1e-6 + 1e-4 * math.abs(c.fd[i]), ("panel 3, %s at %g"):format(c.label, c.x[i])) end
        checked[c.panel] = true
      end
    end
    for panel = 3, 9 do test.ok(checked[panel], "panel " .. panel) end
  end)
  test.it("say what the paper says", function()
    local by = {}
    for _, c in ipairs(curves) do by[c.panel .. c.label] = c end
    for i = 1, 41 do
      test.ok(by["4r − i"].dy[i] > 0) -- metals redden
      test.ok(by["7linear"].dy[i] > 0) -- harder fields excite oxygen
      test.ok(by["8i − z at z = 0.5"].dy[i] < 0) -- steeper curves redden more
      test.ok(by["9A_{V}, young"].dy[i] > 0)
    end
    local late = by["3g − r"].y
    test.ok(late:min() < -0.1) -- deeper quenching reddens while it lasts
  end)
end)
