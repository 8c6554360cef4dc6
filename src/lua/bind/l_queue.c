/* Lua: job queues shared by processes, and pools of worker processes. Catalogues (lua/galua/catalogue.lua) are made of them. */
#include "galua/queue.h"
#include "lua/kit/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void queue_free(void *q)
{
    gal_queue_close(q);
}

static const gal_lua_class queue_class;

static gal_queue *self(lua_State *L)
{
    return gal_lua_check(L, 1, &queue_class);
}

static size_t job_at(lua_State *L, int idx)
{
    return (size_t)gal_lua_checkint(L, idx, 1, 2000000000) - 1;
}

static int q_claim(lua_State *L)
{
    size_t job, left;
    gal_lua_checkstatus(L, gal_queue_claim(self(L), &job, &left));
    if (job == SIZE_MAX)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (double)job + 1);
    lua_pushnumber(L, (double)left);
    return 2;
}

static int q_renew(lua_State *L)
{
    gal_lua_checkstatus(L, gal_queue_renew(self(L), job_at(L, 2)));
    return 0;
}

static int q_release(lua_State *L)
{
    gal_lua_checkstatus(L, gal_queue_release(self(L), job_at(L, 2)));
    return 0;
}

static int q_done(lua_State *L)
{
    gal_queue *q = self(L);
    size_t job = job_at(L, 2);
    size_t n;
    const char *data = gal_lua_checkbytes(L, 3, &n);
    gal_lua_checkstatus(L, gal_queue_done(q, job, data, n, lua_toboolean(L, 4)));
    return 0;
}

static int q_count(lua_State *L)
{
    gal_queue_counts c;
    gal_lua_checkstatus(L, gal_queue_count(self(L), &c));
    const struct {
        const char *name;
        size_t v;
    } f[] = {{"jobs", c.jobs}, {"done", c.done}, {"failed", c.failed}, {"running", c.running}};
    lua_newtable(L);
    for (int i = 0; i < 4; i++)
        gal_lua_set_num(L, f[i].name, (double)f[i].v);
    return 1;
}

typedef struct caller {
    lua_State *L;
    bool stop;
} caller;

static gal_status call_record(void *ctx, size_t job, bool failed, const unsigned char *data, size_t n)
{
    caller *c = ctx;
    lua_State *L = c->L;
    if (c->stop)
        return GAL_OK;
    lua_pushvalue(L, 2);
    lua_pushnumber(L, (double)job + 1);
    lua_pushboolean(L, failed);
    lua_pushlstring(L, (const char *)data, n);
    gal_status st = gal_lua_call(L, 3, 1, "");
    if (st != GAL_OK)
        return st;
    c->stop = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    lua_pop(L, 1);
    return GAL_OK;
}

static int q_each(lua_State *L)
{
    gal_queue *q = self(L);
    caller c = {L, false};
    gal_lua_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    luaL_checkstack(L, 8, "each");
    gal_lua_checkstatus(L, gal_queue_each(q, call_record, &c));
    return 0;
}

static int q_lead(lua_State *L)
{
    bool got;
    gal_lua_checkstatus(L, gal_queue_lead(self(L), &got));
    lua_pushboolean(L, got);
    return 1;
}

static int q_died(lua_State *L)
{
    gal_lua_checkstatus(L, gal_queue_died(self(L), (int64_t)gal_lua_checknum(L, 2)));
    return 0;
}

static int q_forked(lua_State *L)
{
    size_t i = (size_t)gal_lua_checkint(L, 2, 1, 1024), n = (size_t)gal_lua_checkint(L, 3, (int)i, 1024);
    gal_lua_checkstatus(L, gal_queue_forked(self(L), i - 1, n));
    return 0;
}

static int q_wait(lua_State *L)
{
    gal_lua_checkstatus(L, gal_queue_wait(self(L)));
    return 0;
}

static const gal_lua_row methods[] = {
    {"claim", q_claim, "claim() -> job or nil, left\nA job nobody works on; `left` counts those that are not done."},
    {"wait", q_wait, "wait()\nUntil there may be news, at most 0.2 s."},
    {"renew", q_renew,
     "renew(job)\nTells the others that this process still works on it; cheap, as often as is convenient."},
    {"release", q_release, "release(job)\nGives a job back unfinished."},
    {"done", q_done, "done(job, data[, failed])\nRecords the result, a string, on disk."},
    {"count", q_count, "count() -> table\njobs, done, failed (among those done), running."},
    {"each", q_each,
     "each(fn)\nCalls fn(job, failed, data) for every finished job in ascending order; fn may return false to stop."},
    {"lead", q_lead, "lead() -> boolean\nWhen all is done: true in one of the processes only."},
    {"died", q_died,
     "died(pid)\nA worker of this process died by a signal: what it worked on is free again, or failed after five."},
    {"forked", q_forked, "forked(i, n)\nCalled first in worker process i of n."},
    {NULL, NULL, NULL},
};

static const gal_lua_class queue_class = {
    .name = "queue",
    .doc = "Jobs shared by processes through a folder.",
    .methods = methods,
    .free = queue_free,
};

static size_t count_option(lua_State *L, int idx, const char *name)
{
    lua_getfield(L, idx, name);
    size_t n = lua_isnil(L, -1) ? 0 : (size_t)gal_lua_checkint(L, -1, 1, 2000000000);
    lua_pop(L, 1);
    return n;
}

static int open_queue(lua_State *L)
{
    gal_queue *q;
    gal_queue_options o = {0};
    const char *folder = gal_lua_checkstr(L, 1), *why;
    int n = gal_lua_checkint(L, 2, 1, 2000000000);
    const char *what = gal_lua_checkstr(L, 3);
    if (!lua_isnoneornil(L, 4)) {
        gal_lua_checktype(L, 4, LUA_TTABLE);
        o.part = count_option(L, 4, "part");
        o.parts = count_option(L, 4, "parts");
        lua_getfield(L, 4, "lease");
        o.lease = lua_isnil(L, -1) ? 0 : gal_lua_checknum(L, -1);
        lua_getfield(L, 4, "ranks");
        if (lua_toboolean(L, -1))
            gal_lua_checkstatus(L, gal_ranks_open(&o.ranks, &why));
    }
    gal_lua_checkstatus(L, gal_queue_open(&q, folder, (size_t)n, gal_hash_bytes(what, strlen(what)), &o));
    gal_lua_push(L, &queue_class, q);
    return 1;
}

/* ranks() -> rank, how many; or nil, why or nil */
static int ranks(lua_State *L)
{
    gal_ranks *r;
    const char *why;
    gal_lua_checkstatus(L, gal_ranks_open(&r, &why));
    if (r)
        lua_pushnumber(L, gal_ranks_me(r));
    else
        lua_pushnil(L);
    if (r)
        lua_pushnumber(L, gal_ranks_count(r));
    else if (why)
        lua_pushstring(L, why);
    else
        lua_pushnil(L);
    return 2;
}

static int remove_queue(lua_State *L)
{
    gal_lua_checkstatus(L, gal_queue_remove(gal_lua_checkstr(L, 1)));
    return 0;
}

/* ------------------------------------------------------------------ pools: work at stack index 2, watch at 3, died at 4 */
static int pool_work(void *ctx, int i)
{
    lua_State *L = ctx;
    lua_pushvalue(L, 2);
    lua_pushnumber(L, i + 1);
    if (lua_pcall(L, 1, 0, 0) == 0 || gal_interrupted() || gal_terminated()) /* who was asked to end has not failed */
        return 0;
    lua_getglobal(L, "tostring");
    lua_insert(L, -2);
    const char *m = lua_pcall(L, 1, 1, 0) == 0 ? lua_tostring(L, -1) : NULL;
    fprintf(stderr, "galua: worker %d: %s\n", i + 1, m ? m : "failed");
    return 1;
}

static void pool_watch(void *ctx, int running)
{
    lua_State *L = ctx;
    if (!lua_isfunction(L, 3))
        return;
    lua_pushvalue(L, 3);
    lua_pushnumber(L, running);
    if (lua_pcall(L, 1, 0, 0) != 0)
        lua_pop(L, 1); /* a progress line is not worth losing workers for */
}

static bool pool_died(void *ctx, int64_t pid)
{
    lua_State *L = ctx;
    if (!lua_isfunction(L, 4))
        return true;
    lua_pushvalue(L, 4);
    lua_pushnumber(L, (double)pid);
    if (lua_pcall(L, 1, 0, 0) == 0)
        return true;
    lua_pop(L, 1); /* the queue cannot be reached: another worker could not either */
    return false;
}

/* pool(n, work[, watch[, died]]) -> number of workers that failed */
static int pool(lua_State *L)
{
    int n = gal_lua_checkint(L, 1, 1, 1024), bad;
    gal_lua_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 4);
    gal_lua_checkstatus(L, gal_pool_run(n, pool_work, pool_watch, pool_died, L, &bad));
    lua_pushnumber(L, bad);
    return 1;
}

static int shell(lua_State *L)
{
    int code;
    gal_lua_checkstatus(L, gal_shell(gal_lua_checkstr(L, 1), &code));
    lua_pushnumber(L, code);
    return 1;
}

void gal_luaopen_queue(lua_State *L);
void gal_luaopen_queue(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"open", open_queue,
         "open(folder, jobs, what[, options]) -> queue\nJobs 1 .. n shared by all processes that open the same folder; "
         "`what` is a text that\n"
         "tells queues apart. Options: lease [s] (600): how long a silent worker keeps its job; part, parts: every "
         "parts-th job\n"
         "from the part-th on; ranks = true: shared out by messages to the ranks of MPI."},
        {"ranks", ranks,
         "ranks() -> rank, count\nOf this process under an MPI launcher, when the plugin is there; else nil and, when "
         "a launcher is there, why not."},
        {"remove", remove_queue, "remove(folder)\nDeletes a queue."},
        {"pool", pool,
         "pool(n, work[, watch[, died]]) -> number\nRuns work(i) in n processes forked from this one and waits for "
         "them; "
         "watch(running) is called\n"
         "now and then, died(pid) when one dies by a signal: it is replaced. Returns how many failed."},
        {"shell", shell,
         "shell(command) -> exit status\nRuns a line of the shell and waits; Ctrl-C, SIGTERM and SIGHUP end it with "
         "all that it started."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &queue_class);
    gal_lua_module(L, "queue", rows, "Jobs shared by processes.");
}
