-- What a sampler of the library is in fit{} unless its file lua/galua/sampler/NAME.lua says otherwise: options, goals and help from the table of
-- its class, draws and summary from the sampler at work. A new sampler in C needs no line of Lua.
local galua = require "galua"
local check = require "galua.check_options"
local M = {}

-- the definition of sampler.NAME{} (the list is at the head of init.lua) from class c of galua.engines.list()
function M.definition(c)
  local def = { name = c.name, counts_steps = c.counts ~= nil, goals = {}, options = {} }
  local rows, changed = {}, {}
  for _, r in ipairs(c.options) do
    if r.name ~= "seed" and r.name ~= "source" then rows[#rows + 1], def.options[r.name] = r, r.default end
  end
  for _, r in ipairs(c.goals) do
    if def.options[r.name] == nil and r.name ~= "more" and r.name ~= "until" then rows[#rows + 1], changed[r.name] = r, true end
  end
  for _, r in ipairs(rows) do
    def.options[r.name] = r.default
    if changed[r.name] then def.goals[#def.goals + 1] = r.name end
  end
  function def.check(o)
    for _, r in ipairs(rows) do check.row("sampler." .. c.name, o, r) end
  end
  function def.start(s, fit)
    local o = { seed = fit.seed }
    for _, r in ipairs(c.options) do
      if s.options[r.name] ~= nil then o[r.name] = s.options[r.name] end
    end
    return galua[c.name](fit.target, o)
  end
  function def.run(s, engine, how)
    local goal = { progress = how.progress, checkpoint = how.checkpoint, checkpoint_every = how.checkpoint_every, more = how.more,
      ["until"] = how["until"] }
    for _, r in ipairs((how.more or how["until"]) and {} or c.goals) do
      local v = s.options[r.name]
      if changed[r.name] and v ~= r.default then goal[r.name] = v end
    end
    return engine:run(goal)
  end
  function def.ready(_, engine) return engine.stored >= 8 end
  function def.draws(_, engine) return engine:samples() end
  function def.summary(_, engine) return engine:summary() end
  if c.evidence then
    function def.evidence(_, engine) return engine.lnz, engine.lnz_err end
  end
  -- weighted draws: Pareto's k where there is one, and enough of them; chains: what the run says of itself
  function def.acceptable(_, engine)
    if engine.state ~= "converged" and engine.state ~= "approximate" and (c.weighted or engine.state ~= "done") then
      return false, engine.state_text
    end
    if c.weighted then
      local k, ess = c.khat and engine.khat or 0, engine.ess
      -- an approximation has nothing else to show for itself
      if not (k <= (engine.state == "approximate" and 0.5 or 0.7)) then return false, ("Pareto k %.2f"):format(k) end
      if ess < 100 then return false, ("%.0f effective draws"):format(ess) end
    end
    return true
  end
  def.distrust = c.weighted and "fewer than 100 effective draws" or "R-hat above 1.01 or fewer than 100 effective draws a chain"
  function def.cost() return nil, "how many it takes is not known before" end
  local help = {}
  for i, r in ipairs(rows) do help[i] = ("@param %s %s"):format(r.name, r.doc) end
  def.params = table.concat(help, "\n")
  def.doc = ("sampler.%s{ ... } -> sampler\n%s\n%s"):format(c.name, c.make, def.params)
  return def
end

return M
