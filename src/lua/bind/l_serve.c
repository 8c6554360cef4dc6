/* Lua: the server of pages for a browser on this machine (galua/serve.h). What is answered is decided by a Lua function; lua/galua/explore uses
 * it. At the prompt a server can work while the prompt waits for a line (lua/kit/idle.h). */
#include "galua/serve.h"
#include "lua/kit/idle.h"
#include "lua/kit/util.h"

#include <stdio.h>
#include <string.h>

typedef struct server {
    gal_serve *s; /* NULL: closed */
    lua_State *L;
    int handler;        /* in the registry, while it is served beside the prompt */
    bool stop, printed; /* what a handler asked for, what it said */
    int depth;          /* serve() in the work that a request began */
    gal_lua_idle idle;
} server;

static const gal_lua_class server_class;

static void shut(server *w)
{
    gal_lua_idle_remove(&w->idle);
    gal_serve_free(w->s);
    w->s = NULL;
    if (w->L)
        luaL_unref(w->L, LUA_REGISTRYINDEX, w->handler);
    w->handler = LUA_NOREF;
}

static void server_free(void *obj)
{
    server *w = obj;
    gal_lua_idle_remove(&w->idle);
    gal_serve_free(w->s);
    gal_free(w);
}

static server *check(lua_State *L)
{
    server *w = gal_lua_check(L, 1, &server_class);
    if (!w->s)
        gal_lua_error(L, GAL_EINVAL, "server: it is closed");
    return w;
}

/* Calls handler(method, path, body) -> status, type, text[, function to call after the answer], and answers. An error of the handler is
 * answered by its line. */
static gal_status dispatch(lua_State *L, server *w, int handler, const gal_serve_request *r)
{
    int top = lua_gettop(L);
    lua_pushvalue(L, handler);
    lua_pushstring(L, r->method);
    lua_pushstring(L, r->path);
    lua_pushlstring(L, r->body, r->nbody);
    gal_status st = gal_lua_call(L, 3, 4, "");
    if (st == GAL_EINTR || gal_interrupted()) {
        lua_settop(L, top);
        return gal_fail(GAL_EINTR, "server: interrupted");
    }
    if (!w->s) { /* it closed the server */
        lua_settop(L, top);
        return GAL_OK;
    }
    if (st != GAL_OK) {
        const char *line = gal_error_message();
        gal_serve_reply(w->s, 500, "text/plain; charset=utf-8", line, strlen(line));
        lua_settop(L, top);
        return GAL_OK;
    }
    size_t n = 0;
    const char *type = lua_tostring(L, top + 2), *text = lua_tolstring(L, top + 3, &n);
    st = gal_serve_reply(w->s, (int)lua_tonumber(L, top + 1), type ? type : "text/plain", text ? text : "", n);
    if (st == GAL_ENOMEM) /* the client is told nothing, and closed */
        st = GAL_OK;
    lua_settop(L, top + 4);
    if (st == GAL_OK && lua_isfunction(L, -1) && (st = gal_lua_call(L, 0, 0, "")) != GAL_OK)
        st = gal_interrupted() ? GAL_EINTR : st;
    lua_settop(L, top);
    return st;
}

/* server:serve(handler[, seconds]) */
static int serve(lua_State *L)
{
    server *w = check(L);
    gal_lua_checktype(L, 2, LUA_TFUNCTION);
    double seconds = lua_isnoneornil(L, 3) ? -1 : gal_lua_checknum(L, 3), end = gal_clock() + seconds;
    const gal_serve_request *r = NULL;
    gal_status st = GAL_OK;
    if (w->depth++ == 0)
        w->stop = false;
    while (st == GAL_OK && !w->stop && w->s) {
        double left = seconds > 0 ? end - gal_clock() : seconds;
        if (seconds > 0 && left <= 0)
            break;
        st = gal_serve_next(w->s, left, &r);
        if (st == GAL_OK && !r)
            break;
        if (st == GAL_OK)
            st = dispatch(L, w, 2, r);
    }
    w->depth--;
    if (st != GAL_OK && st != GAL_EINTR)
        return gal_lua_fail(L);
    if (st == GAL_EINTR)
        gal_lua_guard_taken(L); /* it was meant for this loop */
    lua_pushstring(L, st == GAL_EINTR ? "interrupted" : w->stop ? "stopped" : "waited");
    return 1;
}

/* ------------------------------------------------------------------ beside the prompt */
static size_t descriptors(void *ctx, int *fd, bool *writes, size_t most)
{
    return gal_serve_descriptors(((server *)ctx)->s, fd, writes, most);
}

static double deadline(void *ctx)
{
    return gal_serve_deadline(((server *)ctx)->s);
}

static bool ready(void *ctx)
{
    server *w = ctx;
    lua_State *L = w->L;
    int top = lua_gettop(L);
    const gal_serve_request *r;
    gal_status st = GAL_OK;
    luaL_checkstack(L, 16, "server");
    lua_rawgeti(L, LUA_REGISTRYINDEX, w->handler);
    w->printed = w->stop = false;
    w->depth++;
    while (st == GAL_OK && w->s && (st = gal_serve_next(w->s, 0, &r)) == GAL_OK && r)
        st = dispatch(L, w, top + 1, r);
    w->depth--;
    lua_settop(L, top);
    if (st != GAL_OK && st != GAL_EINTR) {
        fprintf(stderr, "\r\033[K%s\n", gal_error_message());
        w->printed = true;
    }
    if (w->stop && w->s)
        shut(w);
    return w->printed;
}

/* server:beside(handler): serve while the prompt waits; false where there is none */
static int beside(lua_State *L)
{
    server *w = check(L);
    gal_lua_checktype(L, 2, LUA_TFUNCTION);
    if (gal_lua_idle_here()) {
        luaL_unref(L, LUA_REGISTRYINDEX, w->handler);
        lua_pushvalue(L, 2);
        w->handler = luaL_ref(L, LUA_REGISTRYINDEX);
        w->idle = (gal_lua_idle){descriptors, deadline, ready, w, NULL};
        gal_lua_idle_add(&w->idle);
    }
    lua_pushboolean(L, gal_lua_idle_here());
    return 1;
}

/* server:say(text): a line for the terminal, where the prompt may stand */
static int say(lua_State *L)
{
    server *w = gal_lua_check(L, 1, &server_class);
    bool prompt = w->handler != LUA_NOREF;
    printf("%s%s\n", prompt ? "\r\033[K" : "", gal_lua_checkstr(L, 2));
    fflush(stdout);
    w->printed = true;
    return 0;
}

static int stop(lua_State *L)
{
    ((server *)gal_lua_check(L, 1, &server_class))->stop = true;
    return 0;
}

static int close_server(lua_State *L)
{
    shut(gal_lua_check(L, 1, &server_class));
    return 0;
}

/* ------------------------------------------------------------------ the class */
static int get(lua_State *L, void *obj, const char *key)
{
    const server *w = obj;
    if (strcmp(key, "open") == 0)
        return lua_pushboolean(L, w->s != NULL), 1;
    if (!w->s)
        return 0;
    if (strcmp(key, "port") == 0)
        return lua_pushinteger(L, gal_serve_port(w->s)), 1;
    if (strcmp(key, "address") == 0)
        return lua_pushstring(L, gal_serve_address(w->s)), 1;
    if (strcmp(key, "connections") == 0)
        return lua_pushinteger(L, (lua_Integer)gal_serve_connections(w->s)), 1;
    return 0;
}

static int create(lua_State *L)
{
    gal_lua_opts o;
    gal_serve_opts s = gal_serve_defaults();
    gal_lua_opts_begin(L, &o, 1, "server");
    s.port = gal_lua_opt_int(&o, "port", 0, 0, 65535);
    s.clients = (size_t)gal_lua_opt_int(&o, "clients", (int)s.clients, 1, 256);
    s.head = (size_t)gal_lua_opt_int(&o, "head", (int)s.head, 256, 1 << 20);
    s.body = (size_t)gal_lua_opt_int(&o, "body", (int)s.body, 0, 1 << 26);
    s.request_s = gal_lua_opt_range(&o, "request_s", s.request_s, 1e-3, 1e6);
    s.idle_s = gal_lua_opt_range(&o, "idle_s", s.idle_s, 1e-3, 1e6);
    gal_lua_opts_end(&o);
    server *w = GAL_NEW(server);
    if (!w)
        return gal_lua_fail(L);
    gal_status st = gal_serve_create(&w->s, &s);
    if (st != GAL_OK) {
        gal_free(w);
        return gal_lua_fail(L);
    }
    w->L = L;
    w->handler = LUA_NOREF;
    gal_lua_push(L, &server_class, w);
    return 1;
}

static const gal_lua_row methods[] = {
    {"serve", serve,
     "serve(handler[, seconds]) -> string\nInternal: answers requests by handler(method, path, body) -> status, type, "
     "text[, function to call after the answer] until stop() (\"stopped\"), Ctrl-C (\"interrupted\") or the time is "
     "over (\"waited\"; 0: "
     "what is there)."},
    {"beside", beside,
     "beside(handler) -> boolean\nInternal: answers while the prompt waits for a line; false without a prompt."},
    {"say", say, "say(text)\nInternal: a line in the terminal, above the prompt."},
    {"stop", stop, "stop()\nInternal: ends serve() after this answer."},
    {"close", close_server, "close()\nInternal: closes all connections."},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {{"open", "false after close()"},
                                       {"port", "where it listens"},
                                       {"address", "of its page, with the token"},
                                       {"connections", "open now"},
                                       {NULL, NULL}};
static const gal_lua_class server_class = {.name = "server",
                                           .doc = "Internal: pages for a browser on this machine.",
                                           .methods = methods,
                                           .fields = fields,
                                           .get = get,
                                           .free = server_free};

void gal_luaopen_serve(lua_State *L);
void gal_luaopen_serve(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"server", create,
         "server{ port =, ... } -> server\nInternal: HTTP on 127.0.0.1 with a token in the address; explore() uses "
         "it.\n@param port (any) number\n@param clients (32) connections at most\n@param head (8192) bytes of a "
         "request's headers at most\n@param body (65536) bytes of its body at most\n@param request_s [s] (10) time for "
         "a request that has begun\n@param idle_s [s] (120) time without one"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &server_class);
    gal_lua_module(L, NULL, rows, NULL);
}
