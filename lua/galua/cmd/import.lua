-- galua import galapy FILE: a parameter file of another program as a fit file, on standard output. The file is read as text: nothing of it is run.
local galua = require "galua"
local cmd = require "galua.cmd"

local usage = [[
usage: galua import galapy FILE.py      the fit of a parameter file of GalaPy, for `galua fit`, on standard output
  --data FILE     the photometry is read from FILE instead of being written into the fit
What has no counterpart is a comment in the output and a line on standard error; the file is read as text, nothing of it is run.]]

-- The programs whose files can be read: name -> function(path, options) -> text, list of remarks
local programs = { galapy = function(...) return require("galua.import.galapy")(...) end }

return {
  summary = "a parameter file of another program as a fit: galua import galapy FILE",
  main = function(args)
    local o, status = cmd.parse("import", args, { file = "program", files = true, help = usage, kinds = { data = "text" }, needs = { data = "a file name" } })
    if not o then return status end
    local program, path = o.files[1], o.files[2]
    if not programs[program] then return cmd.usage("import: unknown program '%s' (known: galapy)", program) end
    if not path or o.files[3] then return cmd.usage("import %s: one file at a time (galua import --help)", program) end
    local text, remarks = programs[program](path, o)
    io.stdout:write(text)
    for _, line in ipairs(remarks) do io.stderr:write(("%s: %s\n"):format(path, require("galua.core").printable(line))) end
    return 0
  end,
}
