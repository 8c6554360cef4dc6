-- Text of figures: a small markup, its layout into runs, its width, and its plain Unicode form for terminals.
--
-- Markup:  a^{2}  a_{MC}  a^-1  a_max   super- and subscripts (without braces: the run of letters and digits that follows)
--          \lambda \Msun \AA \times \odot ...   Greek and astronomical symbols
--          \i{italic} \b{bold}   \_ \^ \\ \{ \}   the characters themselves
-- Widths are the advances of DejaVu Sans in 1/1000 em, so that every back end lays a figure out alike.
local M = {}

local advance = {}
local blocks = {
  { 0x20, { 318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787,
    695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838 } },
  { 0xA0, { 318, 401, 636, 636, 636, 636, 337, 500, 500, 1000, 471, 612, 838, 361, 1000, 500, 500, 838, 401, 401, 500, 636, 636, 318,
    500, 401, 471, 612, 969, 969, 969, 531, 684, 684, 684, 684, 684, 684, 974, 698, 632, 632, 632, 632, 295, 295, 295, 295, 775, 748,
    787, 787, 787, 787, 787, 838, 787, 732, 732, 732, 732, 611, 605, 630, 613, 613, 613, 613, 613, 613, 982, 550, 615, 615, 615, 615,
    278, 278, 278, 278, 612, 634, 612, 612, 612, 612, 612, 838, 612, 634, 634, 634, 634, 592, 635, 592 } },
  { 0x391, { 684, 686, 557, 684, 632, 685, 752, 787, 295, 656, 684, 863, 748, 632, 787, 752, 603, 600, 632, 611, 611, 787, 685, 787,
    764, 295, 611, 659, 541, 634, 338, 579, 659, 638, 592, 612, 541, 544, 634, 612, 338, 589, 592, 636, 559, 558, 612, 602, 635, 587,
    634, 602, 579, 660, 578, 660, 837 } },
}
for _, b in ipairs(blocks) do
  for i, w in ipairs(b[2]) do advance[b[1] + i - 1] = w end
end
for cp, w in pairs {
  [0x2212] = 838, [0x2609] = 896, [0x2013] = 500, [0x2014] = 1000, [0x2032] = 227, [0x221E] = 833, [0x2264] = 838, [0x2265] = 838,
  [0x2248] = 838, [0x221D] = 714, [0x2192] = 838, [0x2191] = 838, [0x2193] = 838, [0x2211] = 674, [0x221A] = 637, [0x222B] = 521,
  [0x2299] = 838, [0x2113] = 413, [0x22C5] = 318, [0x2026] = 1000, [0x27E8] = 390, [0x27E9] = 390, [0x2295] = 838, [0x2202] = 517,
  [0x2207] = 669, [0x3D5] = 660,
} do advance[cp] = w end

local symbols = {
  alpha = "α", beta = "β", gamma = "γ", delta = "δ", epsilon = "ε", zeta = "ζ", eta = "η", theta = "θ", iota = "ι", kappa = "κ",
  lambda = "λ", mu = "μ", nu = "ν", xi = "ξ", pi = "π", rho = "ρ", sigma = "σ", tau = "τ", upsilon = "υ", phi = "φ", chi = "χ",
  psi = "ψ", omega = "ω", Gamma = "Γ", Delta = "Δ", Theta = "Θ", Lambda = "Λ", Xi = "Ξ", Pi = "Π", Sigma = "Σ", Phi = "Φ",
  Psi = "Ψ", Omega = "Ω", AA = "Å", Angstrom = "Å", um = "μm", odot = "☉", sun = "☉", times = "×", pm = "±", cdot = "·",
  approx = "≈", propto = "∝", infty = "∞", le = "≤", ge = "≥", deg = "°", to = "→", langle = "⟨", rangle = "⟩", ell = "ℓ",
  sqrt = "√", sum = "∑", int = "∫", partial = "∂", minus = "−", ldots = "…",
}
local macros = { Msun = "M_{☉}", Lsun = "L_{☉}", Zsun = "Z_{☉}", Rsun = "R_{☉}", Mstar = "M_{*}" }

-- Iterates over the code points of a UTF-8 string; a byte that is not UTF-8 counts as one character.
local function codes(s)
  return s:gmatch("[%z\1-\127\192-\247]?[\128-\191]*")
end
M.codes = codes

local function codepoint(ch)
  local a, b, c, d = ch:byte(1, 4)
  if not a then return nil end
  if a < 0x80 then return a end
  if a < 0xE0 then return b and (a - 0xC0) * 64 + b - 0x80 or a end
  if a < 0xF0 then return c and ((a - 0xE0) * 64 + b - 0x80) * 64 + c - 0x80 or a end
  return d and (((a - 0xF0) * 64 + b - 0x80) * 64 + c - 0x80) * 64 + d - 0x80 or a
end

-- Number of characters (terminal columns: every character used in figures is one column wide).
function M.len(s)
  local n = 0
  for ch in codes(s) do if ch ~= "" then n = n + 1 end end
  return n
end

local function raw_width(s, bold)
  local w = 0
  for ch in codes(s) do
    if ch ~= "" then w = w + (advance[codepoint(ch)] or 700) end
  end
  return w / 1000 * (bold and 1.09 or 1)
end

-- Characters that the markup gives a meaning get a backslash.
function M.escape(s)
  if type(s) ~= "string" and type(s) ~= "number" then galua.expect("plot.escape", 1, s, "string|number") end
  return (tostring(s):gsub("[\\_^{}]", "\\%0"))
end

-- Parses markup into a tree: { "text", {kind = "^"|"_"|"i"|"b", tree}, ... }.
local function parse(s, pos, depth)
  local tree, buf = {}, {}
  local function flush()
    if #buf > 0 then
      tree[#tree + 1] = table.concat(buf)
      buf = {}
    end
  end
  local function group(at)
    local sub, nxt = parse(s, at + 1, depth + 1)
    return sub, nxt
  end
  while pos <= #s do
    local ch = s:sub(pos, pos)
    if ch == "}" and depth > 0 then
      flush()
      return tree, pos + 1
    elseif ch == "{" then
      flush()
      local sub, nxt = group(pos)
      for _, v in ipairs(sub) do tree[#tree + 1] = v end
      pos = nxt
    elseif ch == "\\" then
      local name = s:match("^%a+", pos + 1)
      if not name then
        buf[#buf + 1] = s:sub(pos + 1, pos + 1)
        pos = pos + 2
      else
        local after = pos + 1 + #name
        if (name == "i" or name == "b") and s:sub(after, after) == "{" then
          flush()
          local sub, nxt = group(after)
          tree[#tree + 1] = { kind = name, sub }
          pos = nxt
        elseif macros[name] then
          flush()
          for _, v in ipairs((parse(macros[name], 1, 0))) do tree[#tree + 1] = v end
          pos = after
        else
          buf[#buf + 1] = symbols[name] or ("\\" .. name)
          pos = after
        end
      end
    elseif (ch == "^" or ch == "_") and pos < #s then
      flush()
      local sub, nxt
      if s:sub(pos + 1, pos + 1) == "{" then
        sub, nxt = group(pos + 1)
      elseif s:sub(pos + 1, pos + 1) == "\\" then
        local name = s:match("^\\%a+", pos + 1) or s:sub(pos + 1, pos + 2)
        sub, nxt = parse(name, 1, 0), pos + 1 + #name
      else
        local run = s:match(ch == "^" and "^[+-]?[%w%.]*" or "^%w*", pos + 1)
        if #run == 0 then run = s:match("^[%z\1-\127\192-\247][\128-\191]*", pos + 1) or "" end
        sub, nxt = { run }, pos + 1 + #run
      end
      tree[#tree + 1] = { kind = ch, sub }
      pos = nxt
    else
      local run = s:match("^[^\\_^{}]+", pos) or ch
      buf[#buf + 1] = run
      pos = pos + #run
    end
  end
  flush()
  return tree, pos
end

local cache, cached = {}, 0

-- Lays markup out. Returns runs and the total width, all in em of the base size:
-- run = { s = text, x = left end, dy = rise of the base line, scale = relative size, italic, bold, jump = x is not where the last ended }
function M.layout(s, bold)
  s = tostring(s)
  local key = (bold and "b" or "r") .. s
  local hit = cache[key]
  if hit then return hit, hit.width end
  local runs, x = {}, 0
  local function put(tree, st)
    local stack_x, stack_end                     -- where the script just set began and ended
    for _, node in ipairs(tree) do
      if type(node) == "string" then
        local w = raw_width(node, st.bold) * st.scale
        runs[#runs + 1] = { s = node, x = x, dy = st.dy, scale = st.scale, italic = st.italic, bold = st.bold, w = w }
        x = x + w
        stack_x = nil
      elseif node.kind == "i" or node.kind == "b" then
        put(node[1], { scale = st.scale, dy = st.dy, italic = st.italic or node.kind == "i", bold = st.bold or node.kind == "b" })
        stack_x = nil
      else
        local from, other = x, stack_x and stack_x.kind ~= node.kind and stack_x
        if other then x, from = other.x, other.x end
        local up = node.kind == "^"
        put(node[1], { scale = st.scale * 0.7, dy = st.dy + (up and 0.42 or -0.2) * st.scale, italic = st.italic, bold = st.bold })
        if other then
          x = math.max(x, stack_end)
          stack_x = nil
        else
          stack_x, stack_end = { x = from, kind = node.kind }, x
        end
      end
    end
  end
  put((parse(s, 1, 0)), { scale = 1, dy = 0, bold = bold })
  local last = 0
  for _, r in ipairs(runs) do
    r.jump = math.abs(r.x - last) > 1e-9
    last = r.x + r.w
  end
  runs.width = x
  if cached > 500 then cache, cached = {}, 0 end
  cache[key], cached = runs, cached + 1
  return runs, x
end

-- Width of markup set at `size` points.
function M.width(s, size, bold)
  local _, w = M.layout(s, bold)
  return w * size
end

local sup = { ["0"] = "⁰", ["1"] = "¹", ["2"] = "²", ["3"] = "³", ["4"] = "⁴", ["5"] = "⁵", ["6"] = "⁶", ["7"] = "⁷", ["8"] = "⁸",
  ["9"] = "⁹", ["+"] = "⁺", ["-"] = "⁻", ["−"] = "⁻", n = "ⁿ", i = "ⁱ" }
local sub = { ["0"] = "₀", ["1"] = "₁", ["2"] = "₂", ["3"] = "₃", ["4"] = "₄", ["5"] = "₅", ["6"] = "₆", ["7"] = "₇", ["8"] = "₈",
  ["9"] = "₉", ["+"] = "₊", ["-"] = "₋", ["−"] = "₋", ["☉"] = "☉", ["*"] = "*" }

-- Markup as plain Unicode: scripts become small digits where all of their characters have one, else ^x and _x.
local function flat(tree)
  local out = {}
  for k, node in ipairs(tree) do
    if type(node) == "string" then
      out[k] = node
    else
      local inner = flat(node[1])
      if node.kind == "^" or node.kind == "_" then
        local map, small, whole = node.kind == "^" and sup or sub, {}, true
        for ch in codes(inner) do
          if ch ~= "" then
            small[#small + 1] = map[ch]
            whole = whole and map[ch] ~= nil
          end
        end
        inner = whole and table.concat(small) or node.kind .. inner
      end
      out[k] = inner
    end
  end
  return table.concat(out)
end

function M.plain(s)
  return flat((parse(tostring(s), 1, 0)))
end

return M
