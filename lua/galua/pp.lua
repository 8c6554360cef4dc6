-- Printing for people: what the prompt shows for a value. Tables to depth 3, cut to the terminal; vectors and matrices by shape,
-- range and ends; handles by their own description (metamethod __galua_show, a function(value) -> text of any lines).
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

local DEPTH, ROWS = 3, 40

local function number(x)
  if type(x) ~= "number" then core.fail("GAL_EINVAL", "pp.number: argument 1 must be a number, got " .. type(x)) end
  if x ~= x then return "nan" end
  if x == math.huge then return "inf" end
  if x == -math.huge then return "-inf" end
  if x == math.floor(x) and math.abs(x) < 1e15 then
    return math.abs(x) < 1e7 and ("%d"):format(x) or ("%.6g"):format(x)
  end
  return ("%.6g"):format(x)
end
M.number = number

local function vec_text(v)
  local n = #v
  if n == 0 then return "vec(0)" end
  local shown = {}
  for i = 1, n do
    if n <= 8 or i <= 4 or i > n - 2 then shown[#shown + 1] = number(v[i]) end
    if n > 8 and i == 5 then shown[#shown + 1] = "..." end
  end
  local body = "{" .. table.concat(shown, ", ") .. "}"
  if n <= 8 then return ("vec(%d)  %s"):format(n, body) end
  return ("vec(%d)  %s .. %s  %s"):format(n, number(v:min()), number(v:max()), body)
end

local function mat_text(m)
  local rows, cols = m:shape()
  local lines = { ("mat(%d x %d)"):format(rows, cols) }
  if rows * cols == 0 then return lines[1] end
  for i = 1, rows do
    if rows <= 8 or i <= 4 or i > rows - 2 then
      local cells = {}
      for j = 1, cols do
        if cols <= 8 or j <= 4 or j > cols - 2 then cells[#cells + 1] = ("%10s"):format(number(m:get(i, j))) end
        if cols > 8 and j == 5 then cells[#cells + 1] = "..." end
      end
      lines[#lines + 1] = "  " .. table.concat(cells, " ")
    elseif i == 5 then
      lines[#lines + 1] = "  ..."
    end
  end
  return table.concat(lines, "\n")
end

local function is_vec(x) return core.vec_is and core.vec_is(x) end
local function is_mat(x) return core.mat_is and core.mat_is(x) end
local function is_bands(x) return core.band_fluxes and require("galua.band_fluxes").is(x) end

local function function_text(f)
  local name = doc.name_of(f)
  if name then
    return "function " .. (doc.of_name(name) or name):match("^[^\n]*")
  end
  local info = debug.getinfo(f, "S")
  if info.what == "C" then return "function (built in)" end
  return ("function (%s:%d)"):format(info.short_src, info.linedefined)
end

-- Metamethod of a table or userdata, never through __index
local function meta(value, name)
  local mt = getmetatable(value)
  return type(mt) == "table" and rawget(mt, name) or nil
end

local function short(value)
  local kind = type(value)
  if kind == "number" then return number(value) end
  if kind == "string" then
    local text = ("%q"):format(value):gsub("\\\n", "\\n")
    return #text <= 60 and text or text:sub(1, 56) .. '..."'
  end
  if kind == "function" then return function_text(value) end
  if is_vec(value) then return vec_text(value) end
  if is_mat(value) then return ("mat(%d x %d)"):format(value:shape()) end
  if is_bands(value) then return ("photometry, %d band%s"):format(#value, #value == 1 and "" or "s") end
  if kind == "table" and meta(value, "__tostring") or kind == "userdata" then
    local text = tostring(value) -- what a user's __tostring gives may be anything
    return type(text) == "string" and text:match("^[^\n]*") or kind
  end
  return tostring(value)
end

local function key_text(k)
  if type(k) == "string" then return k:match("^[%a_][%w_]*$") or ("[%q]"):format(k) end
  return "[" .. short(k) .. "]"
end

local function order(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "number" or ta == "string" then return a < b end
  return tostring(a) < tostring(b)
end

local function is_plain(value)
  return type(value) == "table" and not meta(value, "__tostring") and not meta(value, "__galua_show")
end

-- `used`: lines printed before these
local function table_lines(t, used, indent, depth, seen)
  local lines = {}
  seen[t] = true
  local n, keys = #t, {}
  for k in next, t do
    if not (type(k) == "number" and k >= 1 and k <= n and k == math.floor(k)) then keys[#keys + 1] = k end
  end
  table.sort(keys, order)
  local pad, skipped = ("  "):rep(indent), 0
  local function row(label, value)
    if used + #lines >= ROWS then
      skipped = skipped + 1
    elseif is_plain(value) and next(value) ~= nil and not seen[value] and depth < DEPTH then
      local head = pad .. label .. "{"
      local body = table_lines(value, used + #lines + 1, indent + 1, depth + 1, seen)
      if #body == 1 and #head + #body[1] < 90 and not body[1]:find("{", 1, true) then
        lines[#lines + 1] = head .. " " .. body[1]:match("^%s*(.*)$") .. " }"
      else
        lines[#lines + 1] = head
        for _, line in ipairs(body) do lines[#lines + 1] = line end
        lines[#lines + 1] = pad .. "}"
      end
    elseif is_plain(value) then
      lines[#lines + 1] = pad .. label .. (next(value) == nil and "{}" or seen[value] and "{shown above}" or "{...}")
    else
      lines[#lines + 1] = pad .. label .. short(value)
    end
  end
  local scalars = n > 0 -- a list of numbers and short strings goes on one line
  for i = 1, n do scalars = scalars and (type(t[i]) == "number" or type(t[i]) == "string" and #t[i] < 24) end
  if scalars then
    local cells, width = {}, 0
    for i = 1, n do
      local cell = short(t[i])
      width = width + #cell + 2
      if width > 88 - #pad then
        cells[#cells + 1] = ("... (%d in all)"):format(n)
        break
      end
      cells[#cells + 1] = cell
    end
    lines[#lines + 1] = pad .. table.concat(cells, ", ")
  else
    for i = 1, n do row(n > 1 and ("[%d] = "):format(i) or "", t[i]) end
  end
  for _, k in ipairs(keys) do row(key_text(k) .. " = ", rawget(t, k)) end
  if skipped > 0 then lines[#lines + 1] = pad .. ("... %d more"):format(skipped) end
  seen[t] = nil
  return lines
end

-- Records: a list of two or more tables of scalars that share their fields is shown as a table of rows. Names first, then what fits.
local first = { "name", "band", "id", "value", "unit" }
local function columns_of(t)
  local n = #t
  if n < 2 then return nil end
  local keys = {}
  for i = 1, n do
    if not is_plain(t[i]) or #t[i] > 0 then return nil end
    for k, v in next, t[i] do
      local kind = type(v)
      if type(k) ~= "string" or kind ~= "number" and kind ~= "string" and kind ~= "boolean" then return nil end
      keys[k] = (keys[k] or 0) + 1
    end
  end
  local list, rank = {}, {}
  for i, k in ipairs(first) do rank[k] = i end
  rank.doc = 100
  for k, count in pairs(keys) do
    if count * 2 < n then return nil end
    list[#list + 1] = k
  end
  for k in next, t do if type(k) ~= "number" then return nil end end
  table.sort(list, function(a, b)
    local x, y = rank[a] or 99, rank[b] or 99
    return x < y or x == y and a < b
  end)
  return #list > 1 and list or nil
end

local function records(t, list)
  for i, v in ipairs{ t or false, list or false } do
    if type(v) ~= "table" then core.fail("GAL_EINVAL", ("pp.columns: argument %d must be a table, got %s"):format(i, type(v))) end
  end
  for i = 1, math.min(#t, ROWS) do
    if type(t[i]) ~= "table" then core.fail("GAL_EINVAL", ("pp.columns: element %d of the list must be a table, got %s"):format(i, type(t[i]))) end
  end
  local cells, widths, numbers = { {} }, {}, {}
  for c, k in ipairs(list) do
    if type(k) ~= "string" then core.fail("GAL_EINVAL", ("pp.columns: name %d must be a text, got %s"):format(c, type(k))) end
    cells[1][c], widths[c], numbers[c] = k, #k, true
    for i = 1, math.min(#t, ROWS) do
      local v = t[i][k]
      numbers[c] = numbers[c] and (v == nil or type(v) == "number")
      local text = v == nil and "" or type(v) == "number" and number(v) or tostring(v):match("^[^\n]*")
      if #text > 36 then text = text:sub(1, 33) .. "..." end
      cells[i + 1] = cells[i + 1] or {}
      cells[i + 1][c] = text
      widths[c] = math.max(widths[c], #text)
    end
  end
  local total, shown = 0, 0
  while shown < #list and total + widths[shown + 1] + 2 <= 100 do
    shown = shown + 1
    total = total + widths[shown] + 2
  end
  local lines = {}
  for i, row in ipairs(cells) do
    local out = {}
    for c = 1, shown do out[c] = ("%" .. (numbers[c] and "" or "-") .. widths[c] .. "s"):format(row[c]) end
    lines[i] = "  " .. (table.concat(out, "  "):gsub("%s+$", ""))
  end
  local rest = {}
  for c = shown + 1, #list do rest[#rest + 1] = list[c] end
  if #t > ROWS then lines[#lines + 1] = ("  ... %d more of %d"):format(#t - ROWS, #t) end
  if #rest > 0 then lines[#lines + 1] = "  fields not shown: " .. table.concat(rest, ", ") end
  return table.concat(lines, "\n")
end

M.columns = records
doc.text("pp.columns", records, [[pp.columns(list, names) -> string
A list of tables as rows under the given names: what fits 100 columns; the rest is named.]])

-- Full text, of any number of lines
local function format(value)
  local kind = type(value)
  if kind == "table" or kind == "userdata" then
    if type(value) == "userdata" then -- a class may bring its own in lua/galua/class
      local ok, own = pcall(function() return value.__galua_show end)
      if ok and type(own) == "function" then return own(value) end
    end
    local shower = meta(value, "__galua_show")
    if shower then return shower(value) end
    if kind == "userdata" or meta(value, "__tostring") then return tostring(value) end
    local name = doc.name_of(value)
    if next(value) == nil then return "{}" end
    local list = kind == "table" and columns_of(value)
    if list then return records(value, list) end
    local lines = table_lines(value, 0, 1, 1, {})
    if #lines == 1 and not name then return "{ " .. lines[1]:match("^%s*(.*)$") .. " }" end
    return (name and name .. " {\n" or "{\n") .. table.concat(lines, "\n") .. "\n}"
  end
  if is_mat(value) then return mat_text(value) end
  if is_bands(value) then return tostring(value) end
  if kind == "string" then return value end
  return short(value)
end

-- names may come from anybody's file: what reaches a terminal holds no control codes
function M.format(value)
  local text = format(value)
  return type(value) == "table" and meta(value, "__galua_clean") and text or core.printable(text) -- figures have colours
end
doc.text("pp.format", M.format, [[pp.format(value) -> string
The text the prompt prints for a value.]])

-- One line
function M.summary(value)
  if is_plain(value) then
    local n = 0
    for _ in next, value do n = n + 1 end
    return ("table, %d field%s"):format(n, n == 1 and "" or "s")
  end
  return (short(value):match("^[^\n]*"))
end
doc.text("pp.summary", M.summary, [[pp.summary(value) -> string
One line about a value.]])
doc.text("pp.number", number, [[pp.number(x) -> string
Six significant digits; whole numbers in full.]])

doc.text("pp", M, [[pp(value, ...)
Prints values as the prompt does: tables indented to depth 3, vectors by shape, range and ends.]])

return setmetatable(M, { __call = function(_, ...)
  for i = 1, select("#", ...) do io.stdout:write(M.format((select(i, ...))), "\n") end
end })
