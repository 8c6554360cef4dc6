-- Peers in the same run: a script of scripts/peers in a Python of the user's, whose last output is one JSON object.
local galua = require "galua"
local json = require "galua.json"

local function quote(s) return "'" .. tostring(s):gsub("'", "'\\''") .. "'" end

local function peer(python, script, args, what, needs)
  galua.expect("peer", 1, python, "string")
  galua.expect("peer", 2, script, "string")
  galua.expect("peer", 3, args, "table")
  galua.expect("peer", 4, what, "string")
  galua.expect("peer", 5, needs, "string")
  local words, errors = { "NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1", quote(python), quote(script) }, os.tmpname()
  for _, a in ipairs(args) do words[#words + 1] = quote(a) end
  local pipe = io.popen(table.concat(words, " ") .. " 2>" .. quote(errors))
  local line = pipe:read("*a"):match("{.*}")
  pipe:close()
  local last
  for l in io.lines(errors) do last = l:find("%S") and l or last end
  os.remove(errors)
  if not line then
    galua.fail(("%s: %s %s gave no result: %s; it needs %s, and to be run from the top folder"):format(what, python, script,
      last or "it ended without a word, as a process that is killed does", needs))
  end
  return json.decode(line)
end

require("galua.doc").text("peer", peer, [[peer(python, script, { argument, ... }, what, needs) -> table
Run a peer's script in that Python and decode the JSON object that it prints last. Without one the error is the peer's own last line, with
`what` in front and `needs`, what the Python must have.]])
return peer
