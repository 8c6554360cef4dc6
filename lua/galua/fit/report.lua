-- fit:report(path): a fit on one page. HTML with its figures inside, so that one file can be kept, sent and opened anywhere.
local galua = require "galua"
local doc = require "galua.doc"
local core = require "galua.core"
local part = require "galua.part"
local html = require "galua.fit.html"

-- Legend entries become buttons that hide what they name; the mark under the pointer, or focused, is told below the figure. Without scripts
-- the page shows the same figures.
local script = [[
document.querySelectorAll("figure").forEach(function (figure) {
  var marks = figure.querySelectorAll(".tip"), groups = figure.querySelectorAll("g[data-label]"), box = document.createElement("p"), names = [];
  if (groups.length > 2) {
    box.className = "toggles";
    groups.forEach(function (g) { if (names.indexOf(g.dataset.label) < 0) names.push(g.dataset.label); });
    names.forEach(function (name) {
      var b = document.createElement("button");
      b.textContent = name;
      b.setAttribute("aria-pressed", "true");
      b.addEventListener("click", function () {
        var on = b.getAttribute("aria-pressed") !== "true";
        b.setAttribute("aria-pressed", String(on));
        groups.forEach(function (g) { if (g.dataset.label === name) g.classList.toggle("off", !on); });
      });
      box.appendChild(b);
    });
    figure.appendChild(box);
  }
  if (marks.length) {
    var told = document.createElement("p");
    told.className = "told";
    told.setAttribute("aria-live", "polite");
    figure.appendChild(told);
    marks.forEach(function (m) {
      ["pointerenter", "focus"].forEach(function (kind) { m.addEventListener(kind, function () { told.textContent = m.querySelector("title").textContent; }); });
    });
  }
});]]

local escape, number = html.escape, html.number

-- rows of cells; a cell is a text, a number, or { text, class }
local function grid(head, rows)
  local out = { '<div class="wide"><table><tr>' }
  for i, h in ipairs(head) do -- aligned as its column is
    local first = rows[1] and rows[1][i]
    out[#out + 1] = ("<th%s>%s</th>"):format(type(first) == "table" and first[2] == "text" and ' class="text"' or "", escape(h))
  end
  out[#out + 1] = "</tr>\n"
  for _, row in ipairs(rows) do
    out[#out + 1] = "<tr>"
    for i = 1, #head do
      local cell = row[i]
      local class = type(cell) == "table" and (' class="%s"'):format(cell[2]) or ""
      out[#out + 1] = ("<td%s>%s</td>"):format(class, escape(number(type(cell) == "table" and cell[1] or cell)))
    end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = "</table></div>\n"
  return table.concat(out)
end

-- names of an SVG are those of the whole page: each figure gets its own
local function inline(figure, k)
  local svg = figure:svg():gsub("^<%?xml.-%?>%s*", "")
  svg = svg:gsub('id="([%w_]+)"', ('id="f%d%%1"'):format(k)):gsub("url%(#([%w_]+)%)", ("url(#f%d%%1)"):format(k))
  return svg
end

-- chains of the sampled coordinates, at most 12 chains of 1000 steps; nil for samplers without chains
local function trace(self)
  local engine = self.engine
  local class = part.classes()[core.class_name(engine)]
  if class.weighted then return nil end
  local x, C = engine:samples(), engine.chains
  local n = math.floor(x.rows / C)
  if n < 2 then return nil end
  local every, chains, names = math.ceil(n / 1000), {}, {}
  for c = 1, math.min(C, 12) do
    chains[c] = {}
    for p = 1, x.cols do
      local column = {}
      for i = 1, n, every do column[#column + 1] = x:row((i - 1) * C + c)[p] end
      chains[c][p] = column
    end
  end
  local plot, symbols = require "galua.plot", require "galua.names.symbols"
  for i, p in ipairs(self.free) do names[i] = p[1] end
  names = symbols.names(names)
  for i, p in ipairs(self.free) do names[i] = (p[2].log and "log " or "") .. names[i] end
  return plot.trace{ chains = chains, names = names },
    ("Stored steps of %d of %d %s, burn-in included%s."):format(#chains, C, class.chains,
      every > 1 and (", every %d"):format(every) or "")
end

local function summary_rows(list, distrust)
  local rows = {}
  for i, r in ipairs(list) do
    local flags = {}
    if r.edge and r.edge ~= "" then flags[1] = "at the " .. r.edge .. " edge of its prior" end
    if r.trusted == false then flags[#flags + 1] = distrust end
    rows[i] = { r.name, r.median, r.median - r.q16, r.q84 - r.median, { r.unit or "", "text" }, ("%.0f"):format(r.ess or 0),
      { table.concat(flags, "; "), "flag text" } }
  end
  return rows
end

local function data_section(self, put)
  put("<h2>Data</h2>\n<p>%d bands enter the likelihood; upper limits: %s. Model and pull at the best sample.</p>\n", self.target.nbands,
    escape(self.limits))
  local rows = {}
  for i, r in ipairs(self:residuals()) do
    rows[i] = { r.band, r.pivot, r.flux, r.err, r.model, { r.pull, math.abs(r.pull) > 3 and r.kind == "detection" and "flag" or "" },
      r.p_out, { r.kind .. (r.note and r.note ~= "" and ": " .. r.note or ""), "text" } }
  end
  put("%s", grid({ "band", "pivot [Å]", "flux [mJy]", "error [mJy]", "model [mJy]", "pull [σ]", "p(outlier)", "kind" }, rows))
  if self.data.citation and self.data.citation ~= "" then put('<p class="muted">%s</p>\n', escape(self.data.citation)) end
end

local function prior_section(self, put)
  local rows = {}
  for i, p in ipairs(self.free) do rows[i] = { p[1], { self.target.units[i], "text" }, { tostring(p[2]), "text" } } end
  put("<h2>Model and priors</h2>\n%s", grid({ "free parameter", "unit", "prior" }, rows))
  put("<details open><summary>The model, at its fixed values</summary>\n<pre>%s</pre></details>\n", escape(self.model:__galua_show()))
  if next(self.noise) then put("<p>%s</p>\n", escape(tostring(self.noise))) end
  local spec = {}
  local function list(from, name)
    for k, v in pairs(from) do
      if type(v) == "table" then list(v, name .. k .. ".") else spec[#spec + 1] = ("%s%s = %s"):format(name, k, tostring(v)) end
    end
  end
  list(self:fixed_spec() or {}, "spec.")
  table.sort(spec)
  if #spec > 0 then put("<p>%s</p>\n", escape(table.concat(spec, ", "))) end
  if self.amplitude then put("<p>Amplitude marginalised, %s.</p>\n", escape(tostring(self.amplitude))) end
  if self.likelihood then
    put("<p>Likelihood: %s</p>\n<pre>%s</pre>\n", escape(tostring(self.likelihood)), escape(self.likelihood.source or ""))
  end
end

local function provenance_section(self, put)
  local e, ssp = self.engine, self.model.ssp
  put("<h2>Provenance</h2>\n")
  local rows = { { "galua", galua.version }, { "written", os.date("!%Y-%m-%d %H:%M:%S UTC") }, { "sampler", tostring(self.sampler) },
    { "seed", ("%.0f"):format(self.seed) }, { "likelihoods evaluated", ("%.0f"):format(e.evaluations or 0) },
    { "time", ("%.1f s"):format(e.seconds or 0) }, { "stellar populations", ssp.name .. ", hash " .. ssp.hash } }
  for _, p in ipairs(self.target:fingerprint()) do rows[#rows + 1] = { "hash of " .. p.name, p.hash } end
  for _, row in ipairs(rows) do row[2] = { row[2], "text" } end
  put("%s", grid({ "", "" }, rows))
  local function block(title, text)
    if type(text) == "string" and text ~= "" then
      put("<details><summary>%s</summary>\n<pre>%s</pre></details>\n", escape(title), escape(text))
    end
  end
  block("Source of sampler." .. self.sampler.kind, self.sampler.options.source)
  local moves = self.sampler.options.moves
  for _, m in ipairs(type(moves) == "table" and moves or {}) do
    if type(m) == "table" then block("Source of the move at " .. tostring(m.where), m.source) end
  end
  block("Provenance of the stellar populations", ssp.provenance)
  block("Script", self:script())
end

-- what the fit says of itself
local function verdict_section(self, put)
  put('<h2>Verdict</h2>\n<table class="verdict">\n')
  for _, line in ipairs(self:verdict()) do
    put('<tr><td>%s</td><td class="%s">%s</td></tr>\n', escape(line.question), line.good == nil and "" or line.good and "good" or "bad", escape(line.answer))
  end
  put("</table>\n")
end

-- what goes into a paper: the table, what to cite
local function paper_section(self, put)
  put("<h2>For a paper</h2>\n<details><summary>LaTeX table</summary>\n<pre>%s</pre></details>\n", escape(self:latex()))
  local ok, text = pcall(self.cite, self)
  put("<details><summary>What to cite (BibTeX)</summary>\n<pre>%s</pre></details>\n", escape(text))
  if not ok then put('<p class="flag">%s</p>\n', escape(text)) end
end

local function report(self, path, given)
  if type(path) ~= "string" or not path:lower():match("%.html?$") then
    galua.fail("fit:report: argument 1 must be a file name ending in .html, got %s", type(path) == "string" and "'" .. path .. "'" or type(path))
  end
  local o = galua.options("fit:report", given, { title = ":string", draws = 200 })
  local s = self:summary()
  local out, nfig = {}, 0
  local function put(...) out[#out + 1] = select("#", ...) > 1 and (...):format(select(2, ...)) or (...) end
  local function figure(title, make)
    local ok, fig, caption = pcall(make)
    if ok and not fig then return end
    nfig = nfig + 1
    put("<h2>%s</h2>\n", title)
    if not ok then put('<p class="flag">No figure: %s</p>\n', escape(fig)) return end
    put("<figure>\n%s\n%s</figure>\n", inline(fig, nfig), caption and ('<figcaption class="muted">%s</figcaption>\n'):format(escape(caption)) or "")
  end
  local title = o.title or (self.name ~= "" and self.name) or "A fit"
  local head, nonce = html.head(title)
  put("%s", head)
  put("<h1>%s</h1>\n<p>%s</p>\n", escape(title), escape(s.state))
  verdict_section(self, put)
  local n, flags = self.model:copy(), 0
  for _, list in ipairs { s.parameters } do
    for _, r in ipairs(list) do if (r.edge and r.edge ~= "") or r.trusted == false then flags = flags + 1 end end
  end
  local z = n.redshift
  for _, p in ipairs(self.free) do if p[1] == "redshift" then z = nil end end -- free: in the table
  put("<p>Best ln L %s; %s%s%d draws of %d free parameters%s.</p>\n", number(s.best_lnlike),
    s.nbands > 0 and ("χ² of the best sample %.2f for %d bands; "):format(s.chi2, s.nbands) or "", z and ("redshift %s; "):format(number(z)) or "", s.n,
    self.target.ndim, flags > 0 and ('; <span class="flag">%d parameters have a flag below</span>'):format(flags) or "")
  figure("Spectral energy distribution", function() return self:plot_sed{ draws = o.draws } end)
  put("<h2>Posterior</h2>\n%s", grid({ "parameter", "median", "−1σ", "+1σ", "unit", "ESS", "" }, summary_rows(s.parameters, s.distrust)))
  local derived = {}
  for _, r in ipairs(s.derived) do if not r.name:match("^flux%.") then derived[#derived + 1] = r end end
  put("<details open><summary>Derived quantities</summary>\n%s</details>\n",
    grid({ "quantity", "median", "−1σ", "+1σ", "unit", "ESS", "" }, summary_rows(derived, s.distrust)))
  put("<h2>Evidence and diagnostics</h2>\n")
  local lnz, err
  if self.sampler.evidence then lnz, err = self.sampler:evidence(self.engine) end
  if lnz then put("<p>ln Z = %.3f ± %.3f</p>\n", lnz, err) else put("<p>This sampler gives no evidence.</p>\n") end
  for _, line in ipairs(s.notes) do put("<p>%s</p>\n", escape(line)) end
  figure("Star formation history", function() return self:plot_sfh{ draws = o.draws } end)
  figure("Corner plot", function() return self:corner() end)
  figure("Traces", function() return trace(self) end)
  data_section(self, put)
  prior_section(self, put)
  paper_section(self, put)
  provenance_section(self, put)
  put("%s", html.foot(script, nonce))
  core.write_file(path, table.concat(out))
  return self
end

return function(fit)
  fit.report = report
  doc.text("fit:report", report, [[fit:report(path[, { title =, draws = }]) -> fit
The fit on one self-contained HTML page: verdict in plain words, SED with residuals (bands are named under the pointer, components can be
hidden), posterior of parameters and derived quantities, evidence and
diagnostics, star formation history, corner plot, traces, data with pulls, model and priors, provenance (versions, hashes, seed, sources
of functions, the script), a LaTeX table and what to cite. The figures are inside the file; nothing is loaded from elsewhere.
@param title (the source's name) above the page
@param draws (200) samples behind the bands of the figures]])
end
