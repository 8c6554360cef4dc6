-- The explorer's page at work: sliders, requests, undo, tables. One request is on its way at a time; what is moved meanwhile goes with the next, so
-- that a slow model is drawn as often as it can be and never falls behind. `explorer` is what tests read.
return [==["use strict";
const $ = (id) => document.getElementById(id);
const num = (v) => (typeof v === "number" ? v : NaN);
const list = (v) => (Array.isArray(v) ? v : []);
const C = 2.99792458e14, MPC = 3.0856775814913673e24, LSUN = 3.828e33; // micron/s, cm, erg/s
const COLORS = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#8c6d1f", "#0072b2", "#d55e00", "#7f7f7f", "#882255", "#44aa99", "#aa4499"];
const DASHES = [[6, 4], [9, 3, 2, 3], [2, 3], [12, 4], [9, 3, 2, 3, 2, 3]]; // eleven colours, five dashes: 55 kinds of line
// of 1 mJy at an observed wavelength [micron], as lua/galua/plot/quantity.lua has them
const QUANTITIES = {
  S_nu: { name: "S\u03bd [mJy]", label: "S_{\u03bd} [mJy]", of: () => 1 },
  nuF_nu: { name: "\u03bdF\u03bd [erg/s/cm\u00b2]", label: "\u03bdF_{\u03bd} [erg s^{\u22121} cm^{\u22122}]", of: (w) => 1e-26 * C / w },
  F_lambda: { name: "F\u03bb [erg/s/cm\u00b2/\u00c5]", label: "F_{\u03bb} [erg s^{\u22121} cm^{\u22122} \u00c5^{\u22121}]", of: (w) => 1e-30 * C / (w * w) },
  nuL_nu: { name: "\u03bdL\u03bd [Lsun]", label: "\u03bdL_{\u03bd} [L_{\u2609}]", of: (w, d) => 1e-26 * C / w * 4 * Math.PI * (d * MPC) * (d * MPC) / LSUN },
  mag: { name: "AB magnitude", label: "AB magnitude", magnitude: true, of: () => 1 },
};
const RANGES = { auto: "data and dust", optical: "UV to near-infrared", infrared: "infrared", all: "everything" };

const explorer = { model: null, values: {}, last: null, frames: 0, requests: 0, error: null };
window.explorer = explorer;
let wave = null, hidden = {}, dirty = false, running = null, limits = null, undo = [], redo = [], committed = null, panels = [], rows = {}, told = 0, drawn = 0;

function short(v, digits) {
  if (!(Math.abs(v) < Infinity)) return v !== v ? "\u2013" : String(v);
  if (v === 0) return "0";
  const a = Math.abs(v);
  const p = Number(v.toPrecision(digits || 5));
  return a >= 1e5 || a < 1e-3 ? p.toExponential().replace("e+", "e") : String(p);
}

function say(text, failed) {
  $("status").textContent = text;
  $("status").className = failed ? "failed" : "";
}

// ---- talking to the program
async function ask(path, body) {
  const o = body === undefined ? { method: "GET" } : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const r = await fetch(path, o);
  if (!r.ok) throw new Error(await r.text());
  return r;
}

function frameOf(buffer) {
  const n = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, n)));
  let at = 4 + n;
  const arrays = {};
  list(head.arrays).forEach((a) => {
    arrays[a.name] = new Float32Array(buffer, at, a.n);
    at += 4 * a.n;
  });
  head.arrays = arrays;
  return head;
}

// The model at what the sliders say now, or what went wrong
async function frame() {
  dirty = false;
  const values = { ...explorer.values };
  const late = setTimeout(() => say("the program is busy; the page goes on when it answers"), 1500);
  try {
    explorer.requests++;
    const f = frameOf(await (await ask("eval", { values })).arrayBuffer());
    f.values = values;
    return f;
  } catch (e) {
    return { error: "the program does not answer: " + e.message };
  } finally {
    clearTimeout(late);
  }
}

async function work() {
  let next = dirty ? frame() : null;
  while (next) {
    const f = await next;
    next = dirty ? frame() : null; // on its way while this one is drawn
    explorer.error = f.error || null;
    if (document.body.classList.contains("failed-view") !== !!f.error) document.body.classList.toggle("failed-view", !!f.error);
    if (f.error) say(f.error, true);
    else {
      explorer.last = f;
      if ($("status").className === "failed" || $("status").textContent.startsWith("the program is busy")) say("");
      await new Promise((done) => requestAnimationFrame(() => { draw(); done(); }));
    }
    if (!next && dirty) next = frame();
  }
  if (explorer.last) { drawHistory(explorer.last); numbers(explorer.last); }
}

// a promise that is kept when what is seen is what the sliders say
function update() {
  dirty = true;
  if (!running) running = work().finally(() => { running = null; });
  return running;
}

// ---- figures
function shown() {
  const q = QUANTITIES[$("quantity").value], f = explorer.last, z = $("frame").value === "rest" ? 1 + f.redshift : 1;
  return { q, z, x: (w) => w * 1e-4 / z, y: (w, s) => (q.magnitude ? (s > 0 ? -2.5 * Math.log10(s / 3.6307805477010137e6) : NaN) : s * q.of(w * 1e-4, f.distance)) };
}

// What all spectra share while quantity, frame, redshift and distance are the same: wavelengths as drawn, and a factor on fluxes
let grid = null;
function gridOf(s) {
  const f = explorer.last, key = [$("quantity").value, $("frame").value, f.redshift, f.distance].join(" ");
  if (grid && grid.key === key) return grid;
  const n = wave.length, k = 1 + f.redshift, sp = explorer.model.spectrum;
  grid = { key, x: new Float64Array(n), factor: new Float64Array(n), map: s.q.magnitude ? (v) => s.y(0, v) : null,
    data: sp ? [sp.wave.map(s.x), sp.wave.map((w, i) => (sp.used[i] ? s.y(w, sp.flux[i]) : NaN))] : null };
  for (let i = 0; i < n; i++) {
    const w = wave[i] * k;
    grid.x[i] = s.x(w);
    grid.factor[i] = s.q.magnitude ? 1 : s.q.of(w * 1e-4, f.distance);
  }
  return grid;
}

function xRange(s) {
  const bands = list(explorer.model.bands), k = 1 + explorer.last.redshift;
  const kind = $("range").value;
  if (kind === "optical") return [s.x(900 * k), s.x(5e4 * k)];
  if (kind === "infrared") return [s.x(2e4 * k), s.x(2e7 * k)];
  if (kind === "all") return [s.x(wave[0] * k), s.x(wave[wave.length - 1] * k)];
  const sp = explorer.model.spectrum;
  let lo = sp ? sp.wave[0] : Infinity, hi = sp ? sp.wave[sp.wave.length - 1] : 0;
  bands.forEach((b) => { lo = Math.min(lo, b.pivot); hi = Math.max(hi, b.pivot); });
  if (!explorer.model.data) { lo = Math.min(lo, 1000 * k); hi = Math.max(hi, 1e7 * k); }
  return [s.x(lo) / 1.6, s.x(hi) * 1.6];
}

function yRange(s, x, total, points) {
  let lo = Infinity, hi = 0, lowest = Infinity;
  const see = (v) => { if (v > 0 && v < Infinity) { lo = Math.min(lo, v); hi = Math.max(hi, v); } };
  points.forEach((p) => { if (p.x >= x[0] && p.x <= x[1] && p.kind !== "ignored") see(p.y); });
  const any = hi > 0;
  if (any) { lo /= 5; hi *= 2.5; }
  for (let i = 0; i < total.length; i++) {
    const v = total[i] * grid.factor[i];
    if (grid.x[i] < x[0] || grid.x[i] > x[1] || !(v > 0) || v === Infinity) continue;
    hi = Math.max(hi, v * 1.6);
    lowest = Math.min(lowest, v);
  }
  if (!(hi > 0)) return [0.1, 1];
  if (!any) lo = lowest / 1.6;
  return [Math.max(lo, hi * 1e-6), hi];
}

function magnitudeRange(x, total, points) {
  let lo = Infinity, hi = -Infinity;
  const see = (px, v) => { if (px >= x[0] && px <= x[1] && v > -Infinity && v < Infinity) { lo = Math.min(lo, v); hi = Math.max(hi, v); } };
  points.forEach((p) => see(p.x, p.y));
  for (let i = 0; i < total.length; i++) see(grid.x[i], grid.map(total[i]));
  return lo < hi ? [lo - 0.7, Math.min(hi, lo + 15) + 0.7] : [15, 30];
}

function dataPoints(s) {
  return list(explorer.model.bands).filter((b) => typeof b.flux === "number").map((b) => {
    const below = !(b.flux > 0), f = below ? b.flux + 2 * b.err : b.flux;
    const y = s.y(b.pivot, f), a = s.y(b.pivot, f - b.err), c = s.y(b.pivot, f + b.err);
    return { x: s.x(b.pivot), y, lo: Math.min(a, c), hi: Math.max(a, c), kind: b.kind === "limit" || b.kind === "ignored" ? b.kind : below ? "below" : "detection" };
  });
}

function sedItems(s, points) {
  const f = explorer.last, items = [], curve = gridOf(s);
  explorer.model.spectra.forEach((c, i) => {
    if (c.name === "total" || hidden[c.name]) return;
    items.push({ curve, y: f.arrays[c.name], color: COLORS[i % 11], dash: DASHES[i % 5] });
  });
  const total = f.arrays.total;
  if (curve.data) items.push({ line: curve.data, color: "#6b6b6b" });
  if (!hidden.total) items.push({ curve, y: total, color: "#1f3a5f", bold: true });
  const model = list(explorer.model.bands).map((b, i) => ({ x: s.x(b.pivot), y: s.y(b.pivot, f.flux[i]) }));
  items.push({ squares: model, color: "#1f3a5f" });
  if (points.length) items.push({ points, color: "#c8102e" });
  return { items, total, model };
}

function residualPanel(s) {
  const f = explorer.last;
  let top = 3;
  const r = list(explorer.model.bands).map((b, i) => ({ x: s.x(b.pivot), y: num(list(f.pull)[i]), kind: b.kind })).filter((p) => p.kind === "detection");
  r.forEach((p) => { top = Math.max(top, Math.min(12, Math.abs(p.y) * 1.2)); });
  const points = r.map((p) => (Math.abs(p.y) > top ? { x: p.x, y: Math.sign(p.y) * top * 0.86, kind: p.y > 0 ? "up" : "down" }
    : { x: p.x, y: p.y, lo: p.y - 1, hi: p.y + 1, kind: p.kind }));
  return { share: 0.3, small: true, y: { lo: -top, hi: top, label: "Residual [\u03c3]" },
    items: [{ span: [-1, 1], color: "rgba(86,180,233,.25)" }, { rule: 0, color: "#1f3a5f" }, { points, color: "#c8102e" }] };
}

function draw() {
  const f = explorer.last;
  if (!f) return;
  const s = shown(), points = dataPoints(s), made = sedItems(s, points);
  const key = $("quantity").value + $("frame").value + $("range").value;
  const x = xRange(s), wanted = s.q.magnitude ? magnitudeRange(x, made.total, points.concat(made.model)) : yRange(s, x, made.total, points);
  // while a slider moves the axis stands still, unless what is drawn leaves it
  if (!limits || limits.key !== key || limits.free || (!s.q.magnitude && (wanted[1] > limits.y[1] * 1.05 || wanted[1] < limits.y[1] / 30)))
    limits = { key, y: wanted, free: false };
  const spec = { x: { lo: x[0], hi: x[1], log: true, label: "Wavelength [\u00b5m, " + ($("frame").value === "rest" ? "rest" : "observed") + "]" },
    panels: [{ share: 1, y: { lo: limits.y[0], hi: limits.y[1], log: !s.q.magnitude, reverse: s.q.magnitude, label: s.q.label }, items: made.items }] };
  if (list(f.pull).length) spec.panels.push(residualPanel(s));
  panels = drawFigure($("sed"), spec);
  summary(f);
  const now = performance.now(); // while a slider moves the history follows some fifteen times a second, and tables, which cost more than figures, a few times
  if (now - drawn > 60) drawHistory(f);
  if (now - told > 150) numbers(f);
  explorer.frames++;
}

function drawHistory(f) {
  drawn = performance.now();
  const t = f.arrays.lookback, sfr = f.arrays.sfr;
  let top = 0;
  for (let i = 0; i < sfr.length; i++) if (sfr[i] < Infinity) top = Math.max(top, sfr[i]);
  drawFigure($("sfh"), { x: { lo: 0, hi: t[t.length - 1], label: "Lookback time [Gyr]" },
    panels: [{ y: { lo: 0, hi: top > 0 ? top * 1.1 : 1, label: "SFR [M_{\u2609}/yr]" }, items: [{ line: [t, sfr], color: "#1f3a5f", bold: true }] }] });
}

// ---- numbers
function summary(f) {
  const words = [];
  if (typeof f.chi2 === "number") words.push("\u03c7\u00b2 = " + short(f.chi2) + " of " + f.n + " detections (errors as given)");
  if (typeof f.lnlike === "number") words.push("ln L = " + short(f.lnlike, 6) + ", ln prior = " + short(num(f.lnprior), 6));
  put($("numbers"), words.join("   \u00b7   "));
}

function put(cell, text) {
  if (cell.textContent !== text) cell.textContent = text;
}

function numbers(f) {
  told = performance.now();
  list(explorer.model.bands).forEach((b, i) => {
    const cell = rows.bands[i], pull = num(list(f.pull)[i]), detected = b.kind === "detection";
    put(cell.model, short(f.flux[i]));
    if (cell.mag) put(cell.mag, f.flux[i] > 0 ? (-2.5 * Math.log10(f.flux[i] / 3.6307805477010137e6)).toFixed(3) : "");
    if (cell.pull) {
      put(cell.pull, detected ? pull.toFixed(2) : b.kind);
      cell.pull.className = detected && Math.abs(pull) > 3 ? "far" : "";
    }
  });
  explorer.model.derived.forEach((d, i) => { put(rows.derived[i], short(num(f.derived[d.name]))); });
}

function tableRow(table, cells, head) {
  const tr = table.insertRow();
  return cells.map((t) => {
    const td = document.createElement(head ? "th" : "td");
    if (head) td.scope = "col";
    td.textContent = t;
    tr.appendChild(td);
    return td;
  });
}

function makeTables() {
  const m = explorer.model, data = list(m.bands).some((b) => typeof b.flux === "number");
  tableRow($("bands"), data ? ["band", "pivot [\u00c5]", "data [mJy]", "error [mJy]", "model [mJy]", "pull [\u03c3]"] : ["band", "pivot [\u00c5]", "model [mJy]", "AB mag"], true);
  rows.bands = list(m.bands).map((b) => {
    const c = tableRow($("bands"), data ? [b.name, short(b.pivot, 6), short(b.flux), short(b.err), "", ""] : [b.name, short(b.pivot, 6), "", ""]);
    return data ? { model: c[4], pull: c[5] } : { model: c[2], mag: c[3] };
  });
  if (m.left_out) say("not covered by the model: " + m.left_out.join(", "));
  tableRow($("derived"), ["quantity", "value", "unit", ""], true);
  rows.derived = m.derived.map((d) => {
    const c = tableRow($("derived"), [d.name, "", d.unit, d.doc]);
    c[3].className = "text";
    return c[1];
  });
  const why = [];
  if (m.untied) why.push("no datum of this fit depends on " + m.untied.join(", "));
  if (m.fixed) why.push("no free parameter changes " + m.fixed.join(", "));
  $("untied").hidden = why.length === 0;
  $("untied").textContent = "Not shown, as they are no results: " + why.join("; ") + ".";
}

// ---- sliders
const STEPS = 1000;
const at = (p, k) => (k <= 0 ? p.lo : k >= STEPS ? p.hi : p.log ? Math.pow(10, Math.log10(p.lo) + (Math.log10(p.hi) - Math.log10(p.lo)) * k / STEPS) : p.lo + (p.hi - p.lo) * k / STEPS);
function placeOf(p, v) {
  const f = p.log ? (Math.log10(v) - Math.log10(p.lo)) / (Math.log10(p.hi) - Math.log10(p.lo)) : (v - p.lo) / (p.hi - p.lo);
  return Math.round(STEPS * Math.max(0, Math.min(1, f === f ? f : 0)));
}

function show(name) {
  const p = rows.par[name], v = explorer.values[name];
  p.range.value = placeOf(p, v);
  p.range.setAttribute("aria-valuetext", short(v) + " " + p.unit);
  if (document.activeElement !== p.number) p.number.value = short(v);
}

function commit() {
  const now = JSON.stringify(explorer.values);
  if (now === committed) return;
  undo.push(committed);
  if (undo.length > 500) undo.shift();
  redo = [];
  committed = now;
  buttons();
}

function buttons() {
  $("undo").disabled = undo.length === 0;
  $("redo").disabled = redo.length === 0;
}

function restore(text) {
  explorer.values = JSON.parse(text);
  committed = text;
  Object.keys(rows.par).forEach(show);
  buttons();
  settle();
}

// a move has ended: axes may follow
function settle() {
  if (limits) limits.free = true;
  update();
}

function step(from, to) {
  if (!from.length) return;
  to.push(committed);
  restore(from.pop());
}

function makeSlider(p, box) {
  const div = document.createElement("div"), id = "p-" + p.name.replace(/\W/g, "-");
  div.className = "par";
  const label = document.createElement("label"), unit = document.createElement("span"), number = document.createElement("input"), range = document.createElement("input"), ends = document.createElement("span");
  label.htmlFor = id;
  label.title = p.doc + (p.prior ? "\nprior: " + p.prior : "");
  label.textContent = p.name.replace(/^.*\./, "") + " ";
  if (p.free) label.classList.add("free");
  unit.className = "unit";
  unit.textContent = p.unit ? "[" + p.unit + "]" : "";
  label.appendChild(unit);
  number.type = "number"; number.step = "any"; number.setAttribute("aria-label", p.name + ", value" + (p.unit ? " in " + p.unit : ""));
  range.type = "range"; range.id = id; range.min = 0; range.max = STEPS; range.step = 1; range.dataset.name = p.name;
  ends.className = "ends";
  [short(p.lo), (p.prior ? "prior" : "range") + (p.log ? ", logarithmic" : ""), short(p.hi)].forEach((t) => { const s = document.createElement("span"); s.textContent = t; ends.appendChild(s); });
  div.append(label, number, range, ends);
  box.appendChild(div);
  rows.par[p.name] = { ...p, range, number };
  range.addEventListener("input", () => { explorer.values[p.name] = at(p, Number(range.value)); show(p.name); update(); });
  range.addEventListener("change", () => { commit(); settle(); });
  number.addEventListener("change", () => {
    const v = Number(number.value);
    if (number.value === "" || v !== v) { number.value = short(explorer.values[p.name]); return; }
    explorer.values[p.name] = v;
    show(p.name); commit(); settle();
  });
}

function makeSliders() {
  rows.par = {};
  const groups = new Map(), free = explorer.model.fit;
  explorer.model.parameters.forEach((p) => {
    const where = free && !p.free ? "fixed in the fit" : p.group || "galaxy";
    if (!groups.has(where)) groups.set(where, []);
    groups.get(where).push(p);
  });
  const order = [...groups.keys()].filter((g) => g !== "fixed in the fit").concat(groups.has("fixed in the fit") ? ["fixed in the fit"] : []);
  order.forEach((name) => {
    const fixed = name === "fixed in the fit", outer = document.createElement(fixed ? "details" : "fieldset"), head = document.createElement(fixed ? "summary" : "legend");
    head.textContent = name;
    outer.appendChild(head);
    groups.get(name).forEach((p) => { makeSlider(p, outer); explorer.values[p.name] = p.value; });
    $("sliders").appendChild(outer);
  });
  Object.keys(rows.par).forEach(show);
  committed = JSON.stringify(explorer.values);
  explorer.start = committed;
}

function makeLegend() {
  explorer.model.spectra.forEach((c, i) => {
    const b = document.createElement("button");
    const total = c.name === "total";
    b.setAttribute("aria-pressed", "true");
    b.innerHTML = '<svg viewBox="0 0 24 8"><line x1="0" y1="4" x2="24" y2="4" stroke="' + (total ? "#1f3a5f" : COLORS[i % 11]) + '" stroke-width="' + (total ? 2 : 1.6)
      + '" stroke-dasharray="' + (total ? "" : DASHES[i % 5].join(" ")) + '"/></svg>';
    b.append(c.label);
    b.addEventListener("click", () => {
      hidden[c.name] = !hidden[c.name];
      b.setAttribute("aria-pressed", String(!hidden[c.name]));
      draw();
    });
    $("legend").appendChild(b);
  });
}

function readout(e) {
  const p = panels[0], f = explorer.last;
  if (!p || !f) return;
  const s = shown(), r = $("sed").getBoundingClientRect(), px = e.clientX - r.left;
  let best = null, near = 30;
  list(explorer.model.bands).forEach((b, i) => {
    const d = Math.abs(p.fx(s.x(b.pivot)) - px);
    if (d < near) { near = d; best = i; }
  });
  if (best === null) { $("readout").innerHTML = "&nbsp;"; return; }
  const b = explorer.model.bands[best], pull = num(list(f.pull)[best]);
  $("readout").textContent = b.name + "   " + short(b.pivot * 1e-4) + " \u00b5m   model " + short(f.flux[best]) + " mJy"
    + (typeof b.flux === "number" ? "   data " + short(b.flux) + " \u00b1 " + short(b.err) + " mJy" + (b.kind === "detection" ? "   pull " + pull.toFixed(2) + "\u03c3" : "   " + b.kind) : "");
}

// ---- the fit
async function follow() {
  for (;;) {
    const j = await (await ask("status")).json();
    if (j.error) say("fit: " + j.error, true);
    else if (j.running) say("fit: " + (j.fraction > 0 ? Math.round(100 * j.fraction) + " %  " : "") + (j.text || ""));
    if (!j.running) {
      $("fit").hidden = false; $("stop").hidden = true;
      if (j.result) {
        $("result").hidden = false;
        $("summary").textContent = j.result.summary;
        Object.keys(j.result.best).forEach((k) => { if (k in explorer.values) explorer.values[k] = j.result.best[k]; });
        Object.keys(rows.par).forEach(show);
        commit(); settle();
        say("the fit has ended: the sliders stand at its best sample");
      }
      return;
    }
    await new Promise((done) => setTimeout(done, 400));
  }
}

async function act(path, done) {
  try {
    const j = await (await ask(path, { values: explorer.values })).json();
    if (j.error) say(j.error, true); else done(j.text);
  } catch (e) { say("the program does not answer: " + e.message, true); }
}

function makeActions() {
  $("undo").onclick = () => step(undo, redo);
  $("redo").onclick = () => step(redo, undo);
  $("reset").onclick = () => { explorer.values = JSON.parse(explorer.start); Object.keys(rows.par).forEach(show); commit(); settle(); };
  $("copy").onclick = () => act("lua", async (text) => {
    $("lua").value = text;
    $("copied").textContent = "";
    $("script").showModal();
    try { await navigator.clipboard.writeText(text); $("copied").textContent = "It is on the clipboard."; } catch (e) { $("lua").select(); $("copied").textContent = "Copy it with Ctrl+C."; }
  });
  $("take").onclick = () => act("take", () => say(explorer.model.fit ? "the fit's model has these values now" : "the galaxy at the prompt has these values now"));
  $("fit").hidden = !(explorer.model.fit || explorer.model.data);
  $("fit").onclick = () => act("fit", (text) => { say("fit: " + text); $("fit").hidden = true; $("stop").hidden = false; follow().catch((e) => say(e.message, true)); });
  $("stop").onclick = () => act("stop", (text) => say("fit: " + text));
  $("done").onclick = () => act("done", () => say("Done. The program goes on; this page can be closed."));
  document.addEventListener("keydown", (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "z" || e.target.type === "number") return;
    e.preventDefault();
    if (e.shiftKey) step(redo, undo); else step(undo, redo);
  });
  ["quantity", "frame", "range"].forEach((id) => $(id).addEventListener("change", () => { limits = null; draw(); }));
  $("sed").addEventListener("pointermove", readout);
  window.addEventListener("resize", () => { draw(); if (explorer.last) drawHistory(explorer.last); });
}

async function start() {
  Object.entries(QUANTITIES).forEach(([k, q]) => $("quantity").add(new Option(q.name, k)));
  Object.entries(RANGES).forEach(([k, t]) => $("range").add(new Option(t, k)));
  explorer.model = await (await ask("model")).json();
  wave = new Float32Array(await (await ask("wave")).arrayBuffer());
  $("title").textContent = explorer.model.title;
  document.title = explorer.model.title + " \u2013 Galua explorer";
  $("model-text").textContent = $("model-text").title = explorer.model.text;
  makeSliders(); makeLegend(); makeTables(); makeActions();
  await update();
  explorer.ready = true;
}
start().catch((e) => say("the program does not answer: " + e.message, true));
]==]
