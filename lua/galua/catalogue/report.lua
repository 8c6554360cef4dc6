-- A catalogue on one page: a row per fit, sorted by a click on a column, with links to what lies beside it.
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local html = require "galua.fit.html"

local script = [[
document.querySelectorAll("th[data-sort]").forEach(function (th) {
  function sort() {
    var up = th.getAttribute("aria-sort") !== "ascending", k = Array.prototype.indexOf.call(th.parentNode.children, th), body = th.closest("table").tBodies[0];
    th.parentNode.querySelectorAll("th").forEach(function (t) { t.removeAttribute("aria-sort"); });
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    function key(row) { var c = row.children[k]; return c.dataset.v === undefined ? c.textContent : Number(c.dataset.v); }
    Array.prototype.slice.call(body.rows).sort(function (a, b) {
      var x = key(a), y = key(b);
      if (x !== x || y !== y) return x !== x ? (y !== y ? 0 : 1) : -1; /* what is empty comes last */
      return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
    }).forEach(function (row) { body.appendChild(row); });
  }
  th.addEventListener("click", sort);
  th.addEventListener("keydown", function (e) { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(); } });
});
var find = document.getElementById("find");
find.addEventListener("input", function () {
  var word = find.value.toLowerCase(), n = 0;
  document.querySelectorAll("tbody tr").forEach(function (row) {
    var on = row.textContent.toLowerCase().indexOf(word) >= 0;
    row.hidden = !on;
    n += on;
  });
  document.getElementById("found").textContent = word ? n + " rows" : "";
});]]

local plain = { { "id" }, { "variant" }, { "redshift" }, { "nbands" }, { "chi2" }, { "dlnZ" }, { "lnz" }, { "ess" }, { "sampler" }, { "state" } }

-- quantities of the table: those with columns NAME_q16, NAME_q50, NAME_q84
local function quantities(names)
  local out = {}
  for _, name in ipairs(names) do
    local q = name:match("^(.*)_q50$")
    if q then out[#out + 1] = q end
  end
  return out
end

-- columns of the page: { title, unit, text(i), value(i) or nil, class }
local function columns_of(file, names, o)
  local there, columns = {}, {}
  for _, name in ipairs(names) do there[name] = true end
  for _, p in ipairs(plain) do
    local name = p[1]
    if there[name] then
      local v = file:column(name)
      local numeric = type(v) ~= "table"
      columns[#columns + 1] = { name, file:unit(name), function(i)
        if name == "id" and o.link then
          local target = o.link:format((v[i]:gsub("[^%w%.%-_]", "_")))
          return ('<a href="%s">%s</a>'):format(html.escape(target), html.escape(v[i]))
        end
        return html.escape(html.number(v[i]))
      end, numeric and function(i) return v[i] end or nil, numeric and "" or "text" }
    end
  end
  for _, q in ipairs(quantities(names)) do
    local m, lo, hi = file:column(q .. "_q50"), file:column(q .. "_q16"), file:column(q .. "_q84")
    columns[#columns + 1] = { q, file:unit(q .. "_q50"), function(i)
      if m[i] ~= m[i] then return "–" end
      return ("%s <small>−%s +%s</small>"):format(html.number(m[i]), html.number(m[i] - lo[i]), html.number(hi[i] - m[i]))
    end, function(i) return m[i] end, "" }
  end
  if there.flags then
    local v = file:column("flags")
    columns[#columns + 1] = { "flags", "", function(i) return html.escape(v[i]) end, nil, "flag text" }
  end
  return columns
end

local function report(path, page, given)
  galua.expect("catalogue.report", 1, path, "string")
  if type(page) ~= "string" or not page:lower():match("%.html?$") then
    galua.fail("catalogue.report: argument 2 must be a file name ending in .html, got %s", type(page) == "string" and "'" .. page .. "'" or type(page))
  end
  local o = galua.options("catalogue.report", given, { title = ":string", link = ":string" })
  if o.link and (select(2, o.link:gsub("%%s", "")) ~= 1 or o.link:gsub("%%s", ""):find("%", 1, true) or o.link:find("^%a[%w+.-]*:")) then
    galua.fail('catalogue.report: link must be a file name with one %%s for the source, such as "reports/%%s.html", got \'%s\'', o.link)
  end
  local file = galua.tables.read(path)
  local names, n = file:columns(), #file
  local columns = columns_of(file, names, o)
  if #quantities(names) == 0 then galua.fail("%s: no columns NAME_q16, NAME_q50, NAME_q84: not the table of a catalogue", path) end
  local title = o.title or path:match("[^/]*$")
  local head, nonce = html.head(title)
  local out = { head, ("<h1>%s</h1>\n<p>%d fits; medians with 16th and 84th percentiles. A click on a column sorts by it.</p>\n"):format(html.escape(title), n),
    '<p><label>Find <input id="find" type="search"></label> <span id="found" role="status"></span></p>\n<div class="wide"><table><thead><tr>' }
  for _, c in ipairs(columns) do
    out[#out + 1] = ('<th%s data-sort tabindex="0">%s%s</th>'):format(c[5]:find("text") and ' class="text"' or "", html.escape(c[1]),
      c[2] ~= "" and " [" .. html.escape(c[2]) .. "]" or "")
  end
  out[#out + 1] = "</tr></thead>\n<tbody>\n"
  for i = 1, n do
    out[#out + 1] = "<tr>"
    for _, c in ipairs(columns) do
      local v = c[4] and c[4](i)
      out[#out + 1] = ("<td%s%s>%s</td>"):format(c[5] ~= "" and (' class="%s"'):format(c[5]) or "", v and (' data-v="%.9g"'):format(v) or "", c[3](i))
    end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = ('</tbody></table></div>\n<p class="muted">Galua %s, from %s</p>\n'):format(galua.version, html.escape(path))
  out[#out + 1] = html.foot(script, nonce)
  core.write_file(page, table.concat(out))
end

return function(M)
  M.report = report
  doc.text("catalogue.report", report, [[catalogue.report(table, page[, { title =, link = }])
The table that a catalogue wrote (x.fits) on one self-contained HTML page: a row per fit with medians and 16-84 % errors, units, states and
flags, sorted by a click on a column, searched by a word. Nothing is loaded from elsewhere.
@param title (name of the table) above the page
@param link file name with %s for the source, relative to the page: where its report is, such as "reports/%s.html"
@example catalogue.report("sources.fits", "sources.html", { link = "reports/%s.html" })]])
end
