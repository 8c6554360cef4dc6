-- Colours of code: comments, strings, numbers, keywords of Lua, C and Python; prompts and comments of shells. Everything else is escaped text.
local escape = require("markdown").escape

local function set(words)
  local t = {}
  for w in words:gmatch("%S+") do t[w] = true end
  return t
end
local keywords = {
  lua = set "and break do else elseif end false for function if in local nil not or repeat return then true until while",
  c = set "char const double else for if int long return size_t sizeof static struct void while uint64_t bool #include",
  python = set "and as def else for from if import in not or return True False None with",
}
local comment = { lua = "^%-%-[^\n]*", c = "^//[^\n]*", python = "^#[^\n]*" }

local function span(class, text) return ('<span class="%s">%s</span>'):format(class, escape(text)) end

local function code(text, language)
  local words, out, i = keywords[language], {}, 1
  while i <= #text do
    local s = text:match(comment[language], i) or language == "c" and text:match("^/%*.-%*/", i) or nil
    local class = s and "c"
    if not s then
      local q = text:match("^[\"']", i)
      if q then s, class = text:match("^" .. q .. "[^" .. q .. "\n]*" .. q, i) or q, "s" end
    end
    if not s and language == "lua" then
      s = text:match("^%[%[.-%]%]", i)
      class = s and "s"
    end
    if not s then
      s = text:match("^#?[%a_][%w_]*", i)
      class = s and words[s] and "k" or nil
    end
    if not s then
      s = text:match("^%d[%d%.]*[eE]?[%+%-]?%d*", i)
      class = s and "n"
    end
    s = s or text:sub(i, i)
    out[#out + 1] = class and span(class, s) or escape(s)
    i = i + #s
  end
  return table.concat(out)
end

-- a session: lines of the prompt are code, what the program says is text
local function session(text)
  local out = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local prompt, rest = line:match("^(>>? )(.*)$")
    if prompt then
      out[#out + 1] = span("p", prompt) .. code(rest, "lua")
    else
      local shell, said = line:match("^(%$ .-)(%s%s+#.*)$")
      out[#out + 1] = shell and escape(shell) .. span("c", said) or escape(line)
    end
  end
  return table.concat(out, "\n")
end

return function(text, language)
  if keywords[language] then return code(text, language) end
  if text:find("^%$ ") or text:find("\n> ") or text:find("^> ") then return session(text) end
  return (escape(text):gsub("(%s%s#[^\n]*)", '<span class="c">%1</span>'))
end
