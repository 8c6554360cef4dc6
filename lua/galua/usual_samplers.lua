-- The samplers that are meant where none is named. Here alone: a better one is put in one place.
local galua = require "galua"
local M = {}

-- tried in turn: a fast one that knows where it fails, and one that finds what it missed
M.kinds = { "importance", "nested" }
function M.rungs()
  local list = {}
  for i, kind in ipairs(M.kinds) do list[i] = galua.sampler[kind]{} end
  return list
end

-- of one fit; of the many fits of a validation, whose posteriors have one peak
function M.fit() return galua.sampler.ladder(M.rungs()) end
function M.validation() return galua.sampler.ensemble{} end

-- as a script writes them: "sampler.importance{}, sampler.nested{}"
function M.text(between)
  local list = {}
  for i, kind in ipairs(M.kinds) do list[i] = ("sampler.%s{}"):format(kind) end
  return table.concat(list, between)
end

return M
