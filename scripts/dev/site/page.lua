-- The frame of every page: navigation at the left, search at its top, the page, what lies before and after it. Style and script are files of the
-- site's own; nothing is fetched from anywhere.
local escape = require("markdown").escape
local M = {}

M.css = [[
:root{--fg:#1c2430;--soft:#5a6675;--bg:#fff;--side:#f5f7f9;--line:#d9dfe5;--link:#0b62a8;--code:#f3f5f7;--c:#6b7785;--s:#0a7a3d;--k:#8a2fa0;--n:#b5501b}
@media(prefers-color-scheme:dark){:root{--fg:#e3e8ee;--soft:#9aa7b5;--bg:#12171d;--side:#171d25;--line:#2b3440;--link:#6cb6f5;--code:#1b222b;--c:#8b98a6;--s:#7fd49a;--k:#d59be6;--n:#efa374}
main img{background:#fff}}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;color:var(--fg);background:var(--bg);font:16px/1.55 system-ui,"DejaVu Sans",sans-serif;display:flex;min-height:100vh}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
nav{width:17rem;flex:none;background:var(--side);border-right:1px solid var(--line);padding:1rem;height:100vh;position:sticky;top:0;overflow-y:auto;font-size:.92rem}
nav h2{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:1.1rem 0 .2rem}
nav ul{list-style:none;margin:0;padding:0}nav li{margin:.1rem 0}nav li.here>a{font-weight:700;color:var(--fg)}nav ul ul{padding-left:.9rem;font-size:.88rem}
nav .home{font-weight:700;font-size:1.15rem;color:var(--fg)}
main{flex:1;min-width:0;max-width:60rem;padding:1.2rem 2.4rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.4rem 0 1rem}h2{margin:2rem 0 .6rem;font-size:1.35rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
h3{margin:1.5rem 0 .4rem;font-size:1.1rem}h2 code{font-size:.95em}.anchor{opacity:0;font-weight:400}h2:hover .anchor,h3:hover .anchor,.anchor:focus{opacity:.6}
code,pre{font-family:"DejaVu Sans Mono",ui-monospace,monospace;font-size:.86em}code{background:var(--code);border-radius:3px;padding:.06em .25em}
pre{background:var(--code);border:1px solid var(--line);border-radius:5px;padding:.7rem .9rem;overflow-x:auto;line-height:1.42}pre code{background:none;padding:0;font-size:1em}
.c{color:var(--c)}.s{color:var(--s)}.k{color:var(--k)}.n{color:var(--n)}.p{color:var(--soft);user-select:none}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem;margin:.6rem 0}th,td{border-bottom:1px solid var(--line);padding:.3rem .7rem .3rem 0;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600}td code{white-space:nowrap}img{max-width:100%;height:auto}blockquote{border-left:3px solid var(--line);margin:1rem 0;padding:0 1rem;color:var(--soft)}
input[type=search]{width:100%;padding:.45rem .6rem;margin:.7rem 0 .2rem;border:1px solid var(--line);border-radius:5px;background:var(--bg);color:var(--fg);font:inherit}
#found{list-style:none;margin:0 0 1rem;padding:0}#found li{padding:.35rem 0;border-bottom:1px solid var(--line)}#found small{color:var(--soft);display:block}#found a:focus{outline:2px solid var(--link)}
.next{display:flex;justify-content:space-between;gap:1rem;margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem}#menu{display:none}
@media(max-width:56rem){body{display:block}nav{width:auto;height:auto;position:static;border-right:0;border-bottom:1px solid var(--line);padding:.7rem 1rem}nav .tree{display:none}nav.open .tree{display:block}
#menu{display:inline-block;float:right;font:inherit;padding:.3rem .7rem;border:1px solid var(--line);border-radius:5px;background:var(--bg);color:var(--fg)}main{padding:1rem}}
]]

-- Search: every word must occur in a section; titles count more than text. Slash goes to the field, arrows walk through what was found.
M.script = [[
(function(){
  var nav=document.querySelector("nav"),field=document.getElementById("search"),found=document.getElementById("found"),top=document.documentElement.dataset.top;
  document.getElementById("menu").onclick=function(){nav.classList.toggle("open")};
  function esc(s){return s.replace(/[&<>"]/g,function(c){return{"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;"}[c]})}
  function look(){
    var words=field.value.toLowerCase().split(/\s+/).filter(Boolean),hits=[];
    if(words.length)searchIndex.forEach(function(e){
      var title=e.t.toLowerCase(),page=e.p.toLowerCase(),text=e.s.toLowerCase(),score=0;
      for(var i=0;i<words.length;i++){var w=words[i],in_=title.indexOf(w);
        if(in_>=0)score+=title===w?40:in_===0?20:12;else if(page.indexOf(w)>=0)score+=6;else if(text.indexOf(w)>=0)score+=1;else return}
      hits.push([score,e])});
    hits.sort(function(a,b){return b[0]-a[0]});
    found.innerHTML=hits.slice(0,25).map(function(h){var e=h[1],at=Math.max(0,e.s.toLowerCase().indexOf(words[0])-30);
      return'<li><a href="'+top+e.u+'">'+esc(e.t)+'</a><small>'+esc(e.p)+' &middot; '+esc(e.s.slice(at,at+110))+'</small></li>'}).join("")||(words.length?"<li>nothing found</li>":"")}
  field.oninput=look;
  document.addEventListener("keydown",function(e){
    if(e.key==="/"&&!/INPUT|TEXTAREA/.test(document.activeElement.tagName)){e.preventDefault();nav.classList.add("open");field.focus()}
    if(e.key==="Escape"&&document.activeElement===field){field.value="";look()}
    if(e.key==="ArrowDown"||e.key==="ArrowUp"){var l=[field].concat([].slice.call(found.querySelectorAll("a"))),i=l.indexOf(document.activeElement);
      if(i>=0&&l.length>1){e.preventDefault();l[Math.min(l.length-1,Math.max(0,i+(e.key==="ArrowDown"?1:-1)))].focus()}}});
  var narrow=document.getElementById("narrow");
  if(narrow)narrow.oninput=function(){var w=narrow.value.toLowerCase().split(/\s+/);
    [].forEach.call(document.querySelectorAll("#all tbody tr"),function(r){var t=r.textContent.toLowerCase();r.hidden=!w.every(function(x){return t.indexOf(x)>=0})})};
})();
]]

-- page: { path = "guide/x.html", title =, html =, headings = }, groups: { { title, { page, ... } }, ... }; before, after: pages or nil
function M.html(page, groups, before, after)
  local top = page.path:find("/") and ("../"):rep(select(2, page.path:gsub("/", ""))) or ""
  local out = {}
  local function put(...) out[#out + 1] = (...):format(select(2, ...)) end
  put('<!DOCTYPE html>\n<html lang="en" data-top="%s">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">', top)
  put('<title>%s - Galua</title>\n<link rel="stylesheet" href="%sstyle.css">\n</head>\n<body>', escape(page.title), top)
  put('<nav aria-label="pages"><button id="menu" aria-label="pages">menu</button><a class="home" href="%sindex.html">Galua</a>', top)
  put('<input id="search" type="search" placeholder="Search ( / )" aria-label="search"><ul id="found" aria-live="polite"></ul><div class="tree">')
  for _, group in ipairs(groups) do
    put("<h2>%s</h2><ul>", escape(group[1]))
    for _, p in ipairs(group[2]) do
      put('<li%s><a href="%s%s">%s</a>', p == page and ' class="here"' or "", top, p.path, escape(p.short or p.title))
      if p == page and page.headings then
        put("<ul>")
        for _, h in ipairs(page.headings) do
          if h.level == 2 then put('<li><a href="#%s">%s</a></li>', h.id, escape(h.text)) end
        end
        put("</ul>")
      end
      put("</li>")
    end
    put("</ul>")
  end
  put("</div></nav>\n<main>\n%s", "")
  out[#out + 1] = page.html
  put('<div class="next"><span>%s</span><span>%s</span></div>', before and ('<a href="%s%s">&larr; %s</a>'):format(top, before.path, escape(before.title)) or "",
    after and ('<a href="%s%s">%s &rarr;</a>'):format(top, after.path, escape(after.title)) or "")
  put('</main>\n<script src="%ssearch.js"></script>\n<script src="%spage.js"></script>\n</body>\n</html>', top, top)
  return table.concat(out, "\n")
end

return M
