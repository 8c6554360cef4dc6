-- The explorer's figures: JavaScript that draws panels with linear or logarithmic axes on a canvas. It knows no galaxy.
--
--   drawFigure(canvas, { x: { lo, hi, log, label }, panels: [{ share, y: { lo, hi, log, label, reverse }, items: [...] }] })
--   items: { line: [x, y], color, dash, bold }   { curve: { x, factor, map }, y, color, dash, bold }   { points: [{ x, y, lo, hi, kind }], color }   { squares: [{ x, y }], color }
--          { span: [y1, y2], color }   { rule: y, color }
-- kind of a point: "detection", "limit" (an arrow), "ignored" (hollow), "below" (a triangle: a flux that a logarithm cannot show).
-- Lines are reduced to the highest and lowest value of each pixel column, so that a spectrum of thousands of wavelengths costs hundreds of strokes.
-- A curve is map(y factor) (map: rising or falling, or null) over an ascending x that many curves and frames share: where its values lie is worked out once, and
-- logarithms are taken of the extremes alone.
return [==["use strict";
const FONT = 'system-ui, "DejaVu Sans", sans-serif';

function scaleOf(axis, from, to) {
  const f = axis.log ? Math.log10 : (v) => v;
  const a = f(axis.lo), b = f(axis.hi), k = (to - from) / (b - a);
  return (v) => from + (f(v) - a) * k;
}

function power(e) {
  return "10^{" + String(e).replace("-", "\u2212") + "}";
}

function plainNumber(v) {
  const a = Math.abs(v);
  if (v === 0) return "0";
  if (a >= 1e-3 && a < 1e5) return String(Number(v.toPrecision(6))).replace("-", "\u2212");
  const [m, e] = v.toExponential(5).split("e");
  const mantissa = String(Number(m));
  return (mantissa === "1" ? "" : mantissa + "\u00d7") + power(Number(e));
}

// major: [{ v, text }], minor: [v]
function ticksOf(axis, room) {
  const major = [], minor = [];
  const lo = Math.min(axis.lo, axis.hi), hi = Math.max(axis.lo, axis.hi);
  if (!(hi > lo)) return { major, minor };
  if (axis.log && hi / lo > 4) {
    const first = Math.ceil(Math.log10(lo) - 1e-9), last = Math.floor(Math.log10(hi) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(2, room)));
    const few = last - first < 2;
    const plain = first >= -3 && last <= 4;
    for (let e = first - 1; e <= last; e++) {
      for (let m = 1; m < 10; m++) {
        const v = m * Math.pow(10, e);
        if (v < lo * (1 - 1e-9) || v > hi * (1 + 1e-9)) continue;
        if (m === 1 && e % step === 0) major.push({ v, text: plain ? plainNumber(v) : power(e) });
        else if (few && (m === 2 || m === 5)) major.push({ v, text: plainNumber(v) });
        else if (step === 1 || m === 1) minor.push(v);
      }
    }
    return { major, minor };
  }
  const raw = (hi - lo) / Math.max(2, room);
  const unit = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= raw * 0.999);
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + 1e-9 * step; k++) major.push({ v: k * step, text: plainNumber(Number((k * step).toPrecision(9))) });
  const fine = step / 5;
  for (let k = Math.ceil(lo / fine - 1e-9); k * fine <= hi; k++) minor.push(k * fine);
  return { major, minor };
}

// Text with _{sub} and ^{super}
function richText(c, x, y, text, size, align, color) {
  const runs = [];
  if (!/[_^]/.test(text)) {
    c.font = size + "px " + FONT;
    c.fillStyle = color || "#1a1f26";
    c.textAlign = align;
    c.textBaseline = "middle";
    c.fillText(text, x, y);
    return;
  }
  text.split(/([_^]\{[^}]*\})/).forEach((part) => {
    if (!part) return;
    const m = /^([_^])\{([^}]*)\}$/.exec(part);
    runs.push(m ? { s: m[2], size: size * 0.75, dy: m[1] === "_" ? size * 0.22 : -size * 0.38 } : { s: part, size, dy: 0 });
  });
  let wide = 0;
  runs.forEach((r) => {
    c.font = r.size + "px " + FONT;
    r.w = c.measureText(r.s).width;
    wide += r.w;
  });
  let at = x - (align === "center" ? wide / 2 : align === "right" ? wide : 0);
  c.fillStyle = color || "#1a1f26";
  c.textAlign = "left";
  c.textBaseline = "middle";
  runs.forEach((r) => {
    c.font = r.size + "px " + FONT;
    c.fillText(r.s, at, y + r.dy);
    at += r.w;
  });
}

// A path through pixel columns, from the highest to the lowest place of each.
class Columns {
  constructor() { this.path = new Path2D(); this.pen = false; this.last = 0; }
  put(column, top, bottom) {
    const up = bottom - this.last < this.last - top; // the end nearer to where the line comes from is drawn first
    const first = bottom - top > 1.5 ? (up ? bottom : top) : (top + bottom) / 2;
    if (!this.pen) this.path.moveTo(column, first); else this.path.lineTo(column, first);
    this.last = first;
    if (bottom - top > 1.5) {
      this.last = up ? top : bottom;
      this.path.lineTo(column, this.last);
    }
    this.pen = true;
  }
}

// Lines one pixel wide cost a tenth of wider ones where no graphics processor draws them, so a bold line is the same one twice, half a pixel apart.
function strokePath(c, item, path) {
  c.strokeStyle = item.color;
  c.lineWidth = 1;
  c.setLineDash(item.dash || []);
  c.stroke(path);
  if (item.bold) {
    c.translate(0.5, 0.5);
    c.stroke(path);
    c.translate(-0.5, -0.5);
  }
  c.setLineDash([]);
}

// The pixel column of each x, from the first to the last that can be seen
function columnsOf(curve, fx, box, axis) {
  const key = [box.x, box.w, axis.lo, axis.hi, axis.log].join(" ");
  if (curve.columns && curve.columns.key === key) return curve.columns;
  const n = curve.x.length, at = new Int32Array(n);
  let first = n, last = -1;
  for (let i = 0; i < n; i++) {
    const px = fx(curve.x[i]);
    if (!(px >= box.x - 40 && px <= box.x + box.w + 40)) continue;
    at[i] = Math.round(px);
    first = Math.min(first, i);
    last = i;
  }
  curve.columns = { key, at, first, last };
  return curve.columns;
}

function strokeCurve(c, item, fx, fy, box, axis) {
  const { at, first, last } = columnsOf(item.curve, fx, box, axis), factor = item.curve.factor, map = item.curve.map, y = item.y;
  const path = new Columns(), low = box.y + box.h + 50;
  const place = (v) => {
    const py = v > 0 || !axis.logY ? fy(map ? map(v) : v) : low;
    return Math.max(box.y - 50, Math.min(low, py === py ? py : low));
  };
  let column = NaN, lo = 0, hi = 0;
  const flush = () => {
    if (column !== column) return;
    const a = place(lo), b = hi === lo ? a : place(hi);
    path.put(column, Math.min(a, b), Math.max(a, b));
    column = NaN;
  };
  for (let i = first; i <= last; i++) {
    const v = y[i] * factor[i], p = at[i];
    if (v !== v) { flush(); path.pen = false; continue; }
    if (p === column) {
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    } else {
      flush();
      column = p;
      lo = hi = v;
    }
  }
  flush();
  strokePath(c, item, path.path);
}

function strokeLine(c, item, fx, fy, box) {
  const xs = item.line[0], ys = item.line[1], n = xs.length;
  const low = box.y + box.h + 50;
  const path = new Columns();
  let column = NaN, top = 0, bottom = 0;
  const flush = () => {
    if (column !== column) return;
    path.put(column, top, bottom);
    column = NaN;
  };
  for (let i = 0; i < n; i++) {
    const px = fx(xs[i]);
    if (px < box.x - 40 || px > box.x + box.w + 40) continue;
    let py = fy(ys[i]);
    if (!(py > -1e6)) {
      if (ys[i] !== ys[i]) { flush(); path.pen = false; continue; }
      py = ys[i] <= 0 ? low : box.y - 50;
    }
    py = Math.max(box.y - 50, Math.min(low, py));
    const p = Math.round(px);
    if (p === column) {
      if (py < top) top = py;
      if (py > bottom) bottom = py;
    } else {
      flush();
      column = p;
      top = bottom = py;
    }
  }
  flush();
  strokePath(c, item, path.path);
}

function drawPoints(c, item, fx, fy, box) {
  item.points.forEach((d) => {
    const x = fx(d.x), y = fy(d.y), color = d.kind === "ignored" ? "#8c8c8c" : item.color;
    if (!(x >= box.x - 1 && x <= box.x + box.w + 1) || !(y > box.y - 8 && y < box.y + box.h + 8)) return;
    c.strokeStyle = color;
    c.fillStyle = color;
    c.lineWidth = 1.2;
    c.beginPath();
    if (d.kind === "limit") {
      c.moveTo(x - 4, y); c.lineTo(x + 4, y); c.moveTo(x, y); c.lineTo(x, y + 13);
      c.stroke();
      c.beginPath();
      c.moveTo(x - 3.5, y + 11); c.lineTo(x + 3.5, y + 11); c.lineTo(x, y + 17);
      c.fill();
      return;
    }
    if (d.kind === "below" || d.kind === "up" || d.kind === "down") {
      const s = d.kind === "up" ? -1 : 1;
      c.moveTo(x - 4.5, y - 4 * s); c.lineTo(x + 4.5, y - 4 * s); c.lineTo(x, y + 4.5 * s); c.closePath();
      if (d.kind === "below") { c.fillStyle = "#fff"; c.fill(); c.stroke(); } else c.fill();
      return;
    }
    if (d.hi > d.lo || d.hi > d.y) {
      const y1 = Math.max(box.y, fy(d.hi)), y2 = fy(d.lo);
      const end = y2 === y2 && y2 < box.y + box.h ? y2 : box.y + box.h;
      c.moveTo(x, y1); c.lineTo(x, end); c.moveTo(x - 2, y1); c.lineTo(x + 2, y1);
      c.stroke();
      c.beginPath();
    }
    c.arc(x, y, 3.4, 0, 6.2832);
    if (d.kind === "ignored") { c.fillStyle = "#fff"; c.fill(); c.stroke(); } else c.fill();
  });
}

function drawItem(c, item, fx, fy, box, axis) {
  if (item.curve) strokeCurve(c, item, fx, fy, box, axis);
  else if (item.line) strokeLine(c, item, fx, fy, box);
  else if (item.points) drawPoints(c, item, fx, fy, box);
  else if (item.squares) {
    c.strokeStyle = item.color;
    c.lineWidth = 1.2;
    item.squares.forEach((d) => {
      const x = fx(d.x), y = fy(d.y);
      if (x >= box.x && x <= box.x + box.w && y > box.y - 4 && y < box.y + box.h + 4) c.strokeRect(x - 3.5, y - 3.5, 7, 7);
    });
  } else if (item.span) {
    c.fillStyle = item.color;
    const a = fy(item.span[0]), b = fy(item.span[1]);
    c.fillRect(box.x, Math.min(a, b), box.w, Math.abs(a - b));
  } else if ("rule" in item) {
    c.strokeStyle = item.color;
    c.lineWidth = 1;
    c.beginPath(); c.moveTo(box.x, fy(item.rule)); c.lineTo(box.x + box.w, fy(item.rule)); c.stroke();
  }
}

function drawPanel(c, spec, panel, box, size, bottom) {
  const fx = scaleOf(spec.x, box.x, box.x + box.w);
  const y = panel.y;
  const fy = y.reverse ? scaleOf(y, box.y, box.y + box.h) : scaleOf(y, box.y + box.h, box.y);
  c.save();
  c.beginPath(); c.rect(box.x, box.y, box.w, box.h); c.clip();
  const axis = { lo: spec.x.lo, hi: spec.x.hi, log: spec.x.log, logY: y.log };
  panel.items.forEach((item) => drawItem(c, item, fx, fy, box, axis));
  c.restore();
  const xt = ticksOf(spec.x, box.w / 75), yt = ticksOf(y, box.h / (panel.small ? 22 : 34));
  c.strokeStyle = "#1a1f26";
  c.lineWidth = 1;
  c.beginPath();
  c.rect(box.x, box.y, box.w, box.h);
  const tick = (v, n) => {
    const px = fx(v);
    c.moveTo(px, box.y + box.h); c.lineTo(px, box.y + box.h - n); c.moveTo(px, box.y); c.lineTo(px, box.y + n);
  };
  const ytick = (v, n) => {
    const py = fy(v);
    c.moveTo(box.x, py); c.lineTo(box.x + n, py); c.moveTo(box.x + box.w, py); c.lineTo(box.x + box.w - n, py);
  };
  xt.major.forEach((t) => tick(t.v, 6)); xt.minor.forEach((v) => tick(v, 3));
  yt.major.forEach((t) => ytick(t.v, 6)); yt.minor.forEach((v) => ytick(v, 3));
  c.stroke();
  yt.major.forEach((t) => richText(c, box.x - 6, fy(t.v), t.text, size, "right"));
  if (bottom) {
    xt.major.forEach((t) => richText(c, fx(t.v), box.y + box.h + size, t.text, size, "center"));
    richText(c, box.x + box.w / 2, box.y + box.h + size * 2.5, spec.x.label, size * 1.08, "center");
  }
  c.save();
  c.translate(size * 0.9, box.y + box.h / 2);
  c.rotate(-Math.PI / 2);
  richText(c, 0, 0, y.label, size * (panel.small ? 0.95 : 1.08), "center");
  c.restore();
  return { fx, fy, box };
}

// Draws; returns the mappings of the panels (for pointers).
function drawFigure(canvas, spec) {
  const ratio = window.devicePixelRatio || 1, W = canvas.clientWidth, H = canvas.clientHeight;
  if (!(W > 60 && H > 60)) return [];
  if (canvas.width !== Math.round(W * ratio) || canvas.height !== Math.round(H * ratio)) {
    canvas.width = Math.round(W * ratio);
    canvas.height = Math.round(H * ratio);
  }
  const c = canvas.getContext("2d", { alpha: false }), size = W < 480 ? 11 : 12;
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.fillStyle = "#fff";
  c.fillRect(0, 0, W, H);
  const left = W < 480 ? 54 : 64, gap = 8, foot = size * 3.4, top = 8;
  const total = spec.panels.reduce((sum, p) => sum + (p.share || 1), 0);
  const room = H - top - foot - gap * (spec.panels.length - 1);
  let at = top;
  return spec.panels.map((panel, i) => {
    const h = room * (panel.share || 1) / total;
    const made = drawPanel(c, spec, panel, { x: left, y: at, w: W - left - 10, h }, size, i === spec.panels.length - 1);
    at += h + gap;
    return made;
  });
}
]==]
