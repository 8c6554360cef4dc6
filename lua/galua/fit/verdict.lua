-- What a fit says of itself in plain words: has it converged, do the priors decide, does the model describe the data, which band pulls.
-- Every line comes from numbers that the program has elsewhere (summary, predictive checks, leave-one-out); none is a new criterion.
local galua = require "galua"
local doc = require "galua.doc"

local function names(list) return table.concat(list, ", ") end

local function picked(rows, of)
  local out = {}
  for _, r in ipairs(rows) do
    local word = of(r)
    if word then out[#out + 1] = word end
  end
  return out
end

-- Each line: { question, answer, good }; good is true, false, or nil where there is nothing to judge.
local function verdict(self, given)
  local o = galua.options("fit:verdict", given, { draws = 1000 })
  local s = self:summary()
  local lines, shown = {}, {}
  function shown.__tostring(list)
    local text = {}
    for i, l in ipairs(list) do text[i] = ("%s %-36s %s"):format(l.good == false and "!" or " ", l.question, l.answer) end
    return table.concat(text, "\n")
  end
  shown.__galua_show = shown.__tostring
  local function put(question, answer, good) lines[#lines + 1] = { question = question, answer = answer, good = good } end

  local weak = picked(s.parameters, function(r) return r.trusted == false and r.name end)
  if #weak > 0 then put("Converged?", ("no: %s of %s (%s); %s"):format(s.distrust, names(weak), #weak == 1 and "one parameter" or #weak .. " parameters", s.state), false)
  else put("Converged?", "yes: " .. s.state, true) end

  local edges = picked(s.parameters, function(r) return r.edge ~= "" and ("%s at the %s edge"):format(r.name, r.edge) end)
  local same = picked(s.parameters, function(r) return r.as_prior and r.name end)
  local words = {}
  if #edges > 0 then words[1] = names(edges) .. " of the prior: what lies beyond was not asked" end
  if #same > 0 then words[#words + 1] = ("posterior as the prior, the data say nothing: %s"):format(names(same)) end
  put("Do the priors decide?", #words > 0 and table.concat(words, "; ") or "no parameter is at an edge of its prior or distributed as its prior", #words == 0)

  local residuals, worst, far = self:residuals(), nil, {}
  for _, r in ipairs(residuals) do
    if r.kind == "detection" then
      if not worst or math.abs(r.pull) > math.abs(worst.pull) then worst = r end
      if math.abs(r.pull) > 3 then far[#far + 1] = ("%s by %.1f sigma"):format(r.band, r.pull) end
    end
  end
  if not self.likelihood then
    local ok, p = pcall(self.predictive, self, { draws = o.draws })
    local test = ok and (#p.bands > 0 and p.chi2 or p.spectrum and p.spectrum.chi2)
    if not ok then put("Does the model describe the data?", "not checked: " .. tostring(p), nil)
    elseif test then
      local bad = test.p < 0.01 or test.p > 0.99
      put("Does the model describe the data?", ("%s: a share of %.3f of replicated data has a larger chi^2"):format(
        bad and (test.p < 0.01 and "no, the model and the data disagree" or "too well, the errors may be too large") or "yes", test.p), not bad)
    end
  end
  if worst then
    put("Which band is farthest off?", #far > 0 and names(far) or ("none by more than 3 sigma; %s by %.1f"):format(worst.band, worst.pull), #far == 0)
  end
  if #residuals > 1 and not self.likelihood then
    local ok, loo = pcall(self.loo, self, { draws = o.draws })
    local decides = ok and picked(loo.bands, function(r) return r.khat and r.khat > 0.7 and r.band end) or {}
    local odd = ok and picked(loo.bands, function(r) return r.pit and (r.khat or 1) <= 0.7 and (r.pit < 0.005 or r.pit > 0.995) and r.band end) or {}
    if not ok then put("Which band pulls?", "not checked: " .. tostring(loo), nil)
    else
      words = {}
      local used = picked(loo.bands, function(r) return r.khat and r.band end)
      if #decides > #used / 2 then words[1] = ("most: %d of %d cannot be left out without another posterior (Pareto k above 0.7)"):format(#decides, #used)
      elseif #decides > 0 then words[1] = ("without %s the posterior would be another (Pareto k above 0.7)"):format(names(decides)) end
      if #odd > 0 then words[#words + 1] = ("%s: not what the other bands predict"):format(names(odd)) end
      put("Which band pulls?", #words > 0 and table.concat(words, "; ") or "none: leaving any one out changes little", #words == 0)
    end
  end
  local untied = s.untied
  if #untied > 0 then put("What is not measured?", ("no datum depends on %s: these are no results"):format(names(untied)), nil) end
  return setmetatable(lines, shown)
end

return function(fit)
  fit.verdict = verdict
  doc.text("fit:verdict", verdict, [[fit:verdict{ draws = } -> list
What the fit says of itself: lines { question =, answer =, good = } on convergence, priors, agreement with the data, the band farthest off,
the bands that decide, and what is not measured; good is true, false, or nil where there is nothing to judge. In reports, too.
@param draws (1000) samples for the predictive check and for leaving out bands]])
end
