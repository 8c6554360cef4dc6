-- What pages of reports share: style, head, text and numbers as HTML. A page loads nothing, and its policy says so to the browser: scripts of its
-- own alone may run, told by a number that no text of the data can know.
local galua = require "galua"
local core = require "galua.core"
local M = {}

local style = [[
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0.2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
th, td { padding: 0.15rem 0.7rem 0.15rem 0; text-align: right; white-space: nowrap; } th { border-bottom: 1px solid #999; font-weight: 600; }
th:first-child, td:first-child, .text { text-align: left; } .flag { color: #a00000; } .muted { color: #666; }
pre { background: #f5f5f5; padding: 0.7rem; overflow-x: auto; font-size: 12.5px; } svg { max-width: 100%; height: auto; } figure { margin: 0; }
.verdict td { white-space: normal; vertical-align: top; text-align: left; } .verdict td:first-child { white-space: nowrap; font-weight: 600; }
.good::before { content: "\2713\a0"; color: #1a6b2f; } .bad::before { content: "\2717\a0"; color: #a00000; } .bad { color: #a00000; }
.toggles button { font: inherit; font-size: 13px; border: 1px solid #bbb; border-radius: 4px; background: #fff; margin: 0 0.3rem 0.3rem 0; }
.toggles button[aria-pressed=false] { color: #888; text-decoration: line-through; } .tip:hover, .tip:focus { outline: none; filter: drop-shadow(0 0 2px #000); }
.told { min-height: 1.5em; color: #444; margin: 0.2rem 0; font-variant-numeric: tabular-nums; } g.off { display: none; }
th[data-sort] { cursor: pointer; } th[aria-sort=ascending]::after { content: "\a0\25b2"; } th[aria-sort=descending]::after { content: "\a0\25bc"; }
@media print { .toggles, .told { display: none; } body { max-width: none; } h2 { break-after: avoid; } }]]

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
function M.escape(s) return (tostring(s):gsub('[&<>"]', entities)) end

function M.number(v)
  if type(v) ~= "number" then return v == nil and "" or tostring(v) end
  if v ~= v then return "–" end
  if v == 0 then return "0" end
  local a = math.abs(v)
  return (a >= 1e5 or a < 1e-3) and ("%.4g"):format(v) or ("%.5g"):format(v)
end

-- From the first line to the body; and the number that the page's script is told by.
function M.head(title)
  local nonce = core.hash(("%s %.17g %s"):format(title, galua.clock(), tostring({})))
  return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
    .. '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'; img-src data:; script-src \'nonce-%s\'">\n'
    .. "<title>%s</title>\n<style>%s</style></head><body>\n"):format(nonce, M.escape(title), style), nonce
end

-- The script, and the end of the page.
function M.foot(script, nonce) return ('<script nonce="%s">\n%s\n</script>\n</body></html>\n'):format(nonce, script) end

return M
