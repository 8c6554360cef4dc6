-- The explorer's page: HTML and style. It loads nothing from elsewhere and works at any width from 390 pixels on.
local M = {}

M.html = [==[<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Galua explorer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="draw.js" defer></script>
<script src="app.js" defer></script>
</head>
<body>
<header>
  <h1 id="title">Galua</h1>
  <p id="model-text"></p>
  <div id="actions" role="toolbar" aria-label="Actions">
    <button id="undo" title="Ctrl+Z" disabled>Undo</button>
    <button id="redo" title="Ctrl+Shift+Z" disabled>Redo</button>
    <button id="reset">Reset</button>
    <button id="copy">Copy as Lua</button>
    <button id="take">To the prompt</button>
    <button id="fit" hidden>Fit from here</button>
    <button id="stop" hidden>Stop the fit</button>
    <button id="done">Done</button>
  </div>
  <p id="status" role="status" aria-live="polite"></p>
</header>
<main>
  <section id="view" aria-label="Figures">
    <div id="choices">
      <label>Show <select id="quantity"></select></label>
      <label>Frame <select id="frame"><option value="observed">observed</option><option value="rest">rest</option></select></label>
      <label>Range <select id="range"></select></label>
    </div>
    <canvas id="sed" role="img" aria-label="Spectral energy distribution"></canvas>
    <p id="readout" aria-hidden="true">&nbsp;</p>
    <div id="legend" role="group" aria-label="Components shown"></div>
    <p id="numbers"></p>
    <canvas id="sfh" role="img" aria-label="Star formation history"></canvas>
  </section>
  <section id="sliders" aria-label="Parameters"></section>
  <section id="tables">
    <details open><summary>Bands</summary><div class="wide"><table id="bands"></table></div></details>
    <details open><summary>Derived quantities</summary><p id="untied" class="muted" hidden></p><div class="wide"><table id="derived"></table></div></details>
    <details id="result" hidden open><summary>The fit</summary><pre id="summary"></pre></details>
  </section>
</main>
<dialog id="script"><form method="dialog"><h2>This state as Lua</h2><textarea id="lua" readonly rows="18" aria-label="Lua script"></textarea>
<p id="copied"></p><button>Close</button></form></dialog>
</body>
</html>
]==]

M.css = [==[
:root { --ink: #1a1f26; --dim: #5b6570; --line: #cfd5db; --soft: #f3f5f7; --blue: #1f3a5f; --red: #b00d25; }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.4 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: #fff; }
header { padding: .5rem 1rem .4rem; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; }
h1 { font-size: 1.15rem; margin: 0; } h2 { font-size: 1rem; margin: 0 0 .5rem; }
#model-text { margin: 0; color: var(--dim); flex: 1 1 20rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#actions { display: flex; flex-wrap: wrap; gap: .3rem; }
button, select, input[type=number] { font: inherit; color: inherit; border: 1px solid #9aa5b1; border-radius: 4px; background: #fff; padding: .15rem .55rem; }
button:hover:enabled { background: var(--soft); } button:disabled { color: #8a949e; border-color: var(--line); }
:focus-visible { outline: 2px solid #0b67c2; outline-offset: 1px; }
#status { flex-basis: 100%; margin: 0; min-height: 1.4em; color: var(--dim); }
#status.failed { color: var(--red); font-weight: 600; }
main { display: grid; grid-template-columns: minmax(0, 1fr) 23rem; grid-template-areas: "view sliders" "tables sliders"; grid-template-rows: auto 1fr; gap: 0 1rem; padding: .5rem 1rem 2rem; }
#view { grid-area: view; } #sliders { grid-area: sliders; contain: layout; } #tables { grid-area: tables; contain: layout paint; } #numbers { contain: layout paint; min-height: 1.4em; } #numbers:empty { min-height: 0; margin: 0; }
#sliders { max-height: calc(100vh - 6rem); overflow-y: auto; position: sticky; top: .5rem; padding-right: .3rem; }
canvas { display: block; width: 100%; } #sed { height: min(54vh, 34rem); } #sfh { height: 11rem; }
.failed-view #sed, .failed-view #sfh { opacity: .35; }
#choices { display: flex; flex-wrap: wrap; gap: .3rem 1rem; } #readout { margin: 0; color: var(--dim); min-height: 1.4em; font-variant-numeric: tabular-nums; }
#numbers { margin: .3rem 0; font-variant-numeric: tabular-nums; }
#legend { display: flex; flex-wrap: wrap; gap: .2rem .5rem; }
#legend button { display: flex; align-items: center; gap: .35rem; border-color: var(--line); padding: .05rem .45rem; }
#legend button[aria-pressed=false] { color: #8a949e; text-decoration: line-through; }
#legend svg { width: 24px; height: 8px; }
fieldset { border: 0; border-top: 1px solid var(--line); margin: 0 0 .4rem; padding: .35rem 0 0; } legend { font-weight: 600; padding: 0 .4rem 0 0; }
.par { contain: layout; display: grid; grid-template-columns: minmax(0, 1fr) 7.2rem; gap: 0 .5rem; align-items: center; padding: .15rem 0 .3rem; }
.par label { overflow-wrap: anywhere; } .unit, .ends, .muted { color: var(--dim); } .par .free { color: var(--blue); font-weight: 600; }
.par input[type=number] { width: 100%; text-align: right; padding: .05rem .3rem; } .par input[type=range] { grid-column: 1 / 3; width: 100%; margin: .1rem 0 0; accent-color: var(--blue); }
.ends { grid-column: 1 / 3; display: flex; justify-content: space-between; font-size: 11.5px; line-height: 1.1; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: right; padding: .1rem .8rem .1rem 0; white-space: nowrap; } th { border-bottom: 1px solid var(--line); font-weight: 600; }
th:first-child, td:first-child, .text { text-align: left; } td.far { color: var(--red); font-weight: 600; } .text { white-space: normal; color: var(--dim); }
summary { font-weight: 600; cursor: pointer; margin: .6rem 0 .2rem; } pre { background: var(--soft); padding: .6rem; overflow-x: auto; font-size: 12.5px; }
dialog { width: min(46rem, 94vw); border: 1px solid #9aa5b1; border-radius: 6px; } textarea { width: 100%; font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 60rem) {
  main { display: block; padding: .3rem .6rem 2rem; }
  header { padding: .4rem .6rem; } #model-text { flex-basis: 100%; }
  #view { display: contents; } #sed { position: sticky; top: 0; z-index: 1; height: 38vh; border-bottom: 1px solid var(--line); } #sfh { height: 7rem; }
  #sliders { max-height: none; position: static; margin-top: .5rem; }
}
@media (max-width: 30rem) { #sed { height: 36vh; } #readout { display: none; } #legend button { font-size: 12px; } }
]==]

return M
