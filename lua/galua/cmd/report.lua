-- galua report FILE: the report of a stored fit, or the table of a catalogue as a page.
local galua = require "galua"
local cmd = require "galua.cmd"

local usage = [[
usage: galua report FILE.h5 [options]       the report of a fit (fit:report), on one page
       galua report TABLE.fits [options]    the table of a catalogue (catalogue.report), on one page
  --out PAGE.html   (default: FILE.html)
  --title TEXT      instead of the name
  --draws N         samples behind the bands of the figures of a fit (default 200)
  --link PATTERN    of a catalogue: where the report of each source is, such as "reports/%s.html"]]

return {
  summary = "a stored fit, or a catalogue's table, on one HTML page: galua report FILE.h5",
  main = function(args)
    local o, status = cmd.parse("report", args, { file = "FILE", help = usage, kinds = { out = "text", title = "text", draws = "number", link = "text" } })
    if not o then return status end
    local out = o.out or (o.file:gsub("%.%w+$", "")) .. ".html"
    if o.file:match("%.h5$") then galua.load_fit(o.file):report(out, { title = o.title, draws = o.draws })
    else galua.catalogue.report(o.file, out, { title = o.title, link = o.link }) end
    print("report: " .. out)
    return 0
  end,
}
