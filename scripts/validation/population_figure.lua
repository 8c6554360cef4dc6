-- Draws what population_inference.lua prints: for every mock and parameter the posterior beside the truth, in units of the Fisher forecast.
-- usage: galua scripts/validation/population_figure.lua OUTPUT_OF_IT ... FIGURE.png
local plot = require "galua.plot"
local names, rows = {}, {}
for i = 1, #arg - 1 do
  for line in io.lines(arg[i]) do
    local mock, name, truth, mean, sd, quantile, ratio = line:match "^(%d+) (%S+) truth (%S+) mean (%S+) sd (%S+) quantile (%S+) width/Fisher (%S+)"
    if mock then
      if not rows[name] then names[#names + 1], rows[name] = name, {} end
      table.insert(rows[name], { mock = tonumber(mock), truth = tonumber(truth), mean = tonumber(mean), sd = tonumber(sd), q = tonumber(quantile), ratio = tonumber(ratio) })
    end
  end
end
local fig = plot.figure{ rows = #names, cols = 1, width = 6.4, height = 1.35 * #names + 0.4, sharex = true, hspace = 8 }
for k, name in ipairs(names) do
  local ax = fig:axes(k, 1)
  local x, y, e, inside, most = {}, {}, {}, 0, 0
  for _, r in ipairs(rows[name]) do
    local fisher = r.sd / r.ratio
    x[#x + 1], y[#y + 1], e[#e + 1] = r.mock, (r.mean - r.truth) / fisher, r.sd / fisher
    inside = inside + (r.q > 0.025 and r.q < 0.975 and 1 or 0)
    most = math.max(most, r.ratio)
  end
  ax:line({ 0.3, #x + 0.7 }, { 0, 0 }, { color = "#9A9A9A", width = 0.8 })
  ax:points(x, y, { yerr = e, color = "#0072B2", marker = "o", size = 3 })
  ax:set{ ylim = { -4, 4 }, xlim = { 0.3, #x + 0.7 }, ylabel = plot.escape(name:gsub("mean_u", ""):gsub("_mseq_ytp", ", ms"):gsub("_ytp", "")),
    title = ("%d of %d truths within the central 95 %%; width over Fisher's up to %.2f"):format(inside, #x, most), xlabel = k == #names and "Mock" or nil }
end
fig:save(arg[#arg], { dpi = 110 })
print(arg[#arg])
