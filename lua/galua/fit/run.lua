-- Sampling a fit: start, go on, checkpoints, what happens when a plan was wrong. Added to the class of fits.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local plans = require "galua.fit.plan"

local function progress_line()
  local tty = core.isatty(2)
  local last = -1
  return function(fraction, text)
    if tty then
      io.stderr:write(("\r\27[K%3.0f %%  %s"):format(100 * math.max(fraction, 0), text))
    elseif fraction - last >= 0.1 then
      last = fraction
      io.stderr:write(("%3.0f %%  %s\n"):format(100 * math.max(fraction, 0), text))
    end
  end, function() if tty then io.stderr:write("\r\27[K") end end
end

-- Start, or go on.
local function advance(self, how)
  if not self.engine then self.engine = self.sampler:start(self) end
  return self.sampler:run(self.engine, how)
end

-- The same, for pcall: a run that is asked to end gives back what it has.
local function held(self, how)
  core.hold(true)
  local ok, state, engine = pcall(advance, self, how)
  core.hold(false)
  return ok, state, engine
end

return function(fit)
  -- The plan, where there is to be one, and the sampler. A plan that was found wrong at a sample is left, and the run starts again from its
  -- seed: no result mixes two likelihoods.
  function fit:_advance(how)
    plans.compile(self, self._quiet)
    local ok, state, engine = held(self, how)
    if ok then return state, engine end
    local plan = self.target.plan
    if not (plan and plan.failed) then error(state, 0) end
    plans.leave(self)
    self.engine = nil
    ok, state, engine = held(self, how)
    if not ok then error(state, 0) end
    return state, engine
  end

  function fit:compile(given)
    local o = galua.options("fit:compile", given, { progress = false })
    plans.compile(self, not o.progress)
    return self
  end

  function fit:run(given)
    local o = galua.options("fit:run", given, { out = ":string", progress = ":any", more = ":number", ["until"] = ":number",
      resume = false, fresh = false, checkpoint_every = 20 })
    if not (o.checkpoint_every >= 0 and o.checkpoint_every < math.huge) then
      galua.fail("fit:run: checkpoint_every must be a number of seconds, got %g", o.checkpoint_every)
    end
    for _, name in ipairs { "more", "until" } do
      local v = o[name]
      if v and not (v >= 1 and v <= 1e9 and v == math.floor(v)) then
        galua.fail("fit:run: %s must be a whole number of steps, 1 or more, got %.10g", name, v)
      end
    end
    if o.more and o["until"] then galua.fail("fit:run: give either more (steps from here) or until (steps in all)") end
    if o["until"] and not self.sampler.counts_steps then
      galua.fail("fit:run: until = N is for samplers that count steps, this is sampler.%s", self.sampler.kind)
    end
    if o.resume then
      if not o.out then galua.fail("fit:run: resume = true needs out = FILE") end
      self:restore(o.out, true)
    end
    if o.progress == nil then o.progress = true end
    local how, finish = { fit = self, more = o.more, ["until"] = o["until"] }
    if type(o.progress) == "function" then how.progress = o.progress
    elseif type(o.progress) ~= "boolean" then galua.fail("fit:run: progress must be true, false or a function, got a %s", type(o.progress))
    elseif o.progress then how.progress, finish = progress_line() end
    self._quiet = o.progress ~= true
    if o.out then
      how.checkpoint = function()
        self._samples, self._summary = nil, nil
        self:save(o.out)
      end
      how.checkpoint_every = o.checkpoint_every
    end
    local state, engine = self:_advance(how)
    self.engine = engine or self.engine
    if finish then finish() end
    self._samples, self._summary = nil, nil
    if o.out then self:save(o.out) end
    if self.target.uncovered then io.stderr:write("fit: ", self.target.uncovered, "\n") end
    if state == "interrupted" then io.stderr:write("interrupted: " .. self.engine.state_text .. "; what there is can be used\n") end
    if core.terminated() then -- not Ctrl-C: whoever sends these wants the program to end
      core.hold()
      core.fail("GAL_EINTR", ("ended by %s%s"):format(core.terminated(), o.out and "; " .. o.out .. " holds what there is" or ""))
    end
    return self
  end

  doc.text("fit:compile", fit.compile, [[fit:compile{ progress = false } -> fit
Decides whether bands come from a plan, and makes it, as fit:run{} does when it first runs: then f.target is what will be sampled.
@param progress (false) say in one line what was made and how long it took]])
  doc.text("fit:run", fit.run, [[fit:run{ out =, more = | until =, resume = } -> fit
Samples the posterior; Ctrl-C stops at the next batch and keeps what there is. Called again it goes on.
@param out results file, written now and then and at the end
@param more this many more steps
@param until this many steps in all: reached already, nothing happens (more and until: otherwise until the sampler's own goal)
@param resume (false) go on from `out`
@param fresh (false) start over though `out` exists
@param checkpoint_every [s] (20) how often `out` is written during the run
@param progress (true) show it; or a function(fraction, text), which ends the run by a true result]])
end
