-- catalogue:run{} and :merge{}: who works on what. Results depend on row and seed alone; here only the work is shared out: to processes
-- forked from this one, to any that open the same folder, to the jobs of a batch system's array, or to the ranks of MPI (galua/queue.h).
local galua = require "galua"
local core = require "galua.core"
local json = require "galua.json"
local family = require "galua.catalogue.family"
local differences = require "galua.fit.differences"

-- Processes that a launcher started on this machine.
local function beside()
  for _, name in ipairs{ "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS" } do
    local v = tonumber(os.getenv(name) or "")
    if v then return v end
  end
  return 1
end

-- "3/10" -> 3, 10
local function part_of(text)
  if text == nil then return nil end
  local i, n = tostring(text):match("^(%d+)/(%d+)$")
  i, n = tonumber(i), tonumber(n)
  if not i or i < 1 or i > n then galua.fail("catalogue: part must be I/N with 1 <= I <= N, like 3/10, got '%s'", tostring(text)) end
  return i, n
end

-- A line on stderr: how many are done, how fast, how long it takes.
local function progress(q)
  local begin, first, tty, said, last = os.time(), q:count().done, core.isatty(2), -1, 0
  return function()
    if os.time() == last then return end
    last = os.time()
    local c = q:count()
    local passed = os.time() - begin
    local rate = (c.done - first) / math.max(passed, 1)
    local text = ("%d of %d done, %d failed, %d running%s"):format(c.done, c.jobs, c.failed, c.running,
      rate > 0 and (", %.0f an hour, %.0f s left"):format(3600 * rate, (c.jobs - c.done) / rate) or "")
    if tty then io.stderr:write("\r\27[K" .. text)
    elseif math.floor(10 * c.done / c.jobs) > said then
      said = math.floor(10 * c.done / c.jobs)
      io.stderr:write(text .. "\n")
    end
  end, function() if tty then io.stderr:write("\r\27[K") end end
end

-- Takes jobs until there are none for this process, or the user stops it (then self.stopped: a sampler at work takes the interrupt for itself, and
-- core.interrupted() says no more of it). watch(): called now and then, or nil.
local function labour(self, q, watch)
  while not (core.interrupted() or core.terminated() or self.stopped) do
    local j, left = q:claim()
    if j then
      local ok, result = pcall(self.work, self, j, function()
        q:renew(j)
        if watch then watch() end
      end)
      if not ok and (core.interrupted() or core.terminated()) then ok, result = true, nil end
      if not ok then
        local row, v = self:job(j)
        q:done(j, json.encode{ row = row, variant = v.name, error = tostring(result) }, true)
      elseif result then
        q:done(j, result)
      else
        q:release(j)
        self.stopped = true
      end
      core.mem_lean()
    elseif left == 0 then
      break
    else
      q:wait() -- others are at work on the rest: theirs may come back
    end
    if watch then watch() end
  end
end

local function names_of(self, out, who, rows)
  if not out then galua.fail("%s: out = FILE.h5 is missing", who) end
  local stem = out:gsub("%.h5$", "")
  self.table_path = rows or stem .. ".fits"
  if not self.table_path:match("%.fits$") and not self.table_path:match("%.ecsv$") and not self.table_path:match("%.csv$") then
    galua.fail("%s: table = '%s' must end in .fits, .ecsv or .csv", who, self.table_path)
  end
  local input = core.class_name(self.data) == "sources" and core.realpath(self.data.path)
  for _, file in ipairs{ out, self.table_path } do
    if input and core.realpath(file) == input then
      galua.fail("%s: out = '%s' would overwrite the input %s: choose another name", who, out, self.data.path)
    end
  end
  return stem .. ".queue"
end

-- The queue of this catalogue. Beside its jobs stands `about`, what it is, so that a catalogue that is another is told what differs.
local function open(self, folder, options)
  local path = folder .. "/about"
  local ok, q = pcall(galua.queue.open, folder, self.n * #self.variants, self:identity(), options)
  if ok then
    if not core.realpath(path) then core.write_file(path, json.encode(self:about())) end
    return q
  end
  local text = type(q) == "table" and q.msg
  local file = type(text) == "string" and text:find("belongs to another run: content", 1, true) and io.open(path, "rb")
  if not file then error(q, 0) end
  local read, there = pcall(json.decode, file:read("*a"))
  file:close()
  local words = read and type(there) == "table" and differences.between(there, self:about()) or ""
  if words == "" then error(q, 0) end
  core.fail(q.code, ("%s belongs to another run: %s; choose another output, or start afresh"):format(folder, words))
end

local function interrupted(self) return core.interrupted() or core.terminated() ~= nil or self.stopped end

local function unfinished(self, c, bad)
  self.state = interrupted(self) and "interrupted" or "incomplete"
  io.stderr:write(("%d of %d done%s; the same command goes on with the rest\n"):format(c.done, c.jobs,
    bad > 0 and (", %d workers failed"):format(bad) or ""))
  return self
end

-- Writes the results when every record is there.
local function finish(self, q, folder, out)
  local have, jobs = self:write(q, out), q:count().jobs
  if have < jobs then -- a log was damaged since the queue was opened
    self.state = "incomplete"
    io.stderr:write(("%s: %d of %d records are there: the same command does the rest again\n"):format(folder, have, jobs))
    return self
  end
  self.state = "done"
  return self
end

local function run(self, given)
  local o = galua.options("catalogue:run", given, { out = ":string", threads = ":number", fresh = false, lease = 600, progress = true,
    part = ":string", table = ":string" })
  local folder = names_of(self, o.out, "catalogue:run", o.table)
  local part, parts = part_of(o.part)
  local me, ranks = galua.queue.ranks()
  local alone = me == nil and ranks -- a launcher is there, its MPI is not: why
  if part and me then galua.fail("catalogue: part = '%s' is for jobs of a batch system, not for the ranks of one", o.part) end
  if alone and not part then
    io.stderr:write(("galua: %s: the processes share the work through %s\n"):format(alone, folder))
  end
  if o.fresh then
    if me or alone or part then galua.fail("catalogue: fresh = true with several processes would delete the others' work: remove %s first", folder) end
    galua.queue.remove(folder)
  end
  local jobs = self.n * #self.variants
  local q = open(self, folder, { lease = o.lease, part = part, parts = parts, ranks = me ~= nil })
  local first, bad = q:count().done, 0
  local watch, clear = progress(q)
  if not o.progress or (me or 0) > 0 then watch = nil end
  if me then
    galua.threads(o.threads or 1)
    family.prepare(self)
    core.mem_lean() -- making or reading a plan leaves more free memory than it keeps
    labour(self, q, watch)
  elseif first < jobs then
    local n = math.min(o.threads or math.max(1, math.floor(galua.threads() / beside())), jobs)
    family.prepare(self)
    core.mem_lean()
    bad = galua.queue.pool(n, function(i)
      q:forked(i, n)
      labour(self, q)
    end, watch, function(pid) q:died(pid) end)
  end
  if watch then clear() end
  local c = q:count()
  self.count = c
  if part and not interrupted(self) then
    q:forked(1, 1) -- what the logs say now: a worker may have ended before its work did
    local rest = q:claim()
    if rest then
      q:release(rest)
      return unfinished(self, c, bad)
    end
    self.state = "part"
    io.stderr:write(("part %d of %d is done, %d of %d sources; when all parts are: galua catalogue FILE.lua --merge\n"):format(part, parts,
      math.ceil((jobs - part + 1) / parts), jobs))
    return self
  end
  if me and me > 0 and not interrupted(self) then
    q:lead() -- the log is closed
    self.state = "rank"
    return self
  end
  if c.done < jobs then return (me or 0) > 0 and self or unfinished(self, c, bad) end
  self.state = "done"
  if q:lead() then return finish(self, q, folder, o.out) end
  return self
end

-- The results of what parts have done.
local function merge(self, given)
  local o = galua.options("catalogue:merge", given, { out = ":string", table = ":string" })
  local folder = names_of(self, o.out, "catalogue:merge", o.table)
  if not core.realpath(folder) then galua.fail("catalogue: there is no %s: run the parts first (part = 'I/N')", folder) end
  local q = open(self, folder, { part = 1, parts = 1 })
  self.count = q:count()
  if self.count.done < self.count.jobs then
    self.state = "incomplete"
    io.stderr:write(("%d of %d done: start the parts again, they go on with the rest\n"):format(self.count.done, self.count.jobs))
    return self
  end
  return finish(self, q, folder, o.out)
end

local doc = require "galua.doc"
doc.text("catalogue:run", run, [[catalogue:run{ out = } -> catalogue
Fits what is not done yet, and writes FILE.h5 and FILE.fits when all is. Field state: done, interrupted, incomplete; part; rank (of MPI, not 0).
@param out FILE.h5; the queue is FILE.queue beside it
@param table (FILE.fits) the row per fit: .fits, .ecsv or .csv
@param threads worker processes (threads); of a rank of MPI: its threads (1)
@param part "I/N": every N-th source from the I-th on, one job of a batch system's array
@param fresh (false) forget what is done
@param lease [s] (600) how long a silent worker keeps its source
@param progress (true) a line on standard error
@example c:run{ out = "sources.h5", part = "3/10" }]])
doc.text("catalogue:merge", merge, [[catalogue:merge{ out = } -> catalogue
Writes the results of what parts have done; state is incomplete when some are missing.
@param out FILE.h5 as given to the parts
@param table (FILE.fits) the row per fit: .fits, .ecsv or .csv]])
return { run = run, merge = merge }
