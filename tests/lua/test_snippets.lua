-- The Lua in README.md and docs/*.md: every block compiles as printed, at the prompt too, where each piece is a chunk of its own; those that
-- need no files of the reader's run as printed.
local test = require "galua.test"
local core = require "galua.core"

local function blocks()
  local files, out = { "README.md" }, {}
  for _, e in ipairs(core.listdir("docs")) do
    if e.name:match("%.md$") then files[#files + 1] = "docs/" .. e.name end
  end
  table.sort(files)
  for _, path in ipairs(files) do
    local line, inside, text, first = 0, false, nil, 0
    for l in io.lines(path) do
      line = line + 1
      if l:match("^```lua") then inside, text, first = true, {}, line + 1
      elseif inside and l:match("^```") then
        inside = false
        out[#out + 1] = { path = path, line = first, text = table.concat(text, "\n") }
      elseif inside then text[#text + 1] = l end
    end
  end
  return out
end

test.describe("snippets of the documents", function()
  test.it("compile as printed", function()
    local list, bad = blocks(), {}
    test.ok(#list > 10, #list)
    for _, b in ipairs(list) do
      local f, err = loadstring(b.text, ("=%s:%d"):format(b.path, b.line))
      if not f then bad[#bad + 1] = err end
    end
    test.eq(table.concat(bad, "\n"), "")
  end)
  test.it("run as printed where they bring what they need: a component of one's own", function()
    local found
    for _, b in ipairs(blocks()) do if b.path == "docs/model.md" and b.text:find("component.custom", 1, true) then found = b.text end end
    test.ok(found)
    local env = setmetatable({}, { __index = _G })
    local f = assert(loadstring(found))
    setfenv(f, env)()
    test.ok(env.g:lum("hot"):max() > 0 and env.steep ~= nil)
    -- pasted at the prompt, where what is not inside a block is global: no name of the snippet may be needed by the function shipped
    test.ok(not found:match("\nlocal ") and not found:match("^local "), found)
  end)
end)
