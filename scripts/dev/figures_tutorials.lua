-- The figures of the tutorials: every block of docs/tutorial_*.md runs as printed in a private folder, and the PNG files it saves go to docs/figures.
-- usage, from the top folder: galua scripts/dev/figures_tutorials.lua [WORD of the page]
local core = require "galua.core"
local word = arg and arg[1] or ""
local exe = core.realpath("/proc/self/exe")
for _, e in ipairs(core.listdir("docs")) do
  if e.name:find("^tutorial_.*%.md$") and e.name:find(word, 1, true) then
    local folder, text, code = os.tmpname(), {}, false
    os.remove(folder)
    core.mkdirs(folder)
    for line in io.lines("docs/" .. e.name) do
      if line:find("^```lua") then code = true elseif line:find("^```") then code = false elseif code then text[#text + 1] = line end
    end
    core.write_file(folder .. "/page.lua", table.concat(text, "\n"))
    local t0 = os.time()
    local status = os.execute(("cd %q && GAL_LOG=error %q --batch page.lua > said 2>&1 < /dev/null"):format(folder, exe))
    local n = 0
    for _, f in ipairs(core.listdir(folder)) do
      if f.name:find("%.png$") then
        n = n + 1
        os.execute(("cp %q/%s docs/figures/%s"):format(folder, f.name, f.name))
      end
    end
    print(("%-32s %d figures, %d s, status %s"):format(e.name, n, os.time() - t0, tostring(status)))
    if status ~= 0 then os.execute(("tail -n 20 %q/said"):format(folder)) end
    os.execute(("rm -rf %q"):format(folder))
  end
end
