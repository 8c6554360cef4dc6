-- galua report FILE.h5 [PAGE.html]: the report of a stored fit.
local galua = require "galua"
local cmd = require "galua.cmd"

local usage = [[
usage: galua report FILE.h5 [--out PAGE.html] [--title TEXT] [--draws N]     the report of a fit (fit:report), on one page
  --out PAGE.html   (default: FILE.html)
  --draws N         samples behind the bands of the figures (default 200)]]

return {
  summary = "a stored fit on one HTML page: galua report FILE.h5",
  main = function(args)
    local o, status = cmd.parse("report", args, { file = "FILE.h5", help = usage, kinds = { out = "text", title = "text", draws = "number" } })
    if not o then return status end
    local out = o.out or (o.file:gsub("%.h5$", "")) .. ".html"
    galua.load_fit(o.file):report(out, { title = o.title, draws = o.draws })
    print("report: " .. out)
    return 0
  end,
}
