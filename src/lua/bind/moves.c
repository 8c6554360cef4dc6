/* Lua: moves of ensembles: tables made by lua/galua/move.lua, and Lua functions that propose, shipped to every thread. */
#include "galua/ensemble.h"
#include "lua/bind/l_ensemble.h"
#include "lua/kit/util.h"
#include "lua/kit/worker.h"

#include <lauxlib.h>
#include <string.h>

/* ------------------------------------------------------------------ custom moves
 * The function runs in a Lua state of each thread (worker.h). The handle keeps the shipped text and this. */
typedef struct {
    const char *shipped;
    size_t n;
} custom_move;

static gal_status open_worker(void **local, void *ctx)
{
    const custom_move *m = ctx;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, "move.custom", "move", m->shipped, m->n);
    *local = w;
    return st;
}

static void close_worker(void *local)
{
    gal_worker_close(local);
}

static gal_status propose(void *ctx, void *local, size_t step, gal_rng *rng, size_t d, const double *x, size_t nc,
                          const double *others, double *y, double *q)
{
    static const struct {
        double (*uniform)(gal_rng *), (*normal)(gal_rng *);
        uint64_t (*below)(gal_rng *, uint64_t);
    } numbers = {gal_rng_uniform, gal_rng_normal, gal_rng_below};
    const double size[3] = {(double)d, (double)nc, (double)step + 1};
    const void *ptr[7] = {x, others, size, y, q, rng, &numbers};
    (void)ctx;
    return gal_worker_run(local, ptr, 7, 1);
}

/* { "custom", shipped = text, key = text } at idx; table `home` keeps what it needs */
static void read_custom(lua_State *L, int idx, gal_move *m, int home, int k)
{
    lua_getfield(L, idx, "shipped");
    lua_getfield(L, idx, "key");
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
        gal_lua_error(L, GAL_EINVAL,
                      "move custom: moves of your own are made by move.custom(function(x, others, rng, "
                      "step) ... end)");
    const char *key = lua_tostring(L, -1);
    custom_move *c = lua_newuserdata(L, sizeof *c);
    c->shipped = lua_tolstring(L, -3, &c->n);
    m->custom = (gal_move_custom){.propose = propose,
                                  .open = open_worker,
                                  .close = close_worker,
                                  .ctx = c,
                                  .key = gal_hash_bytes(key, strlen(key))};
    lua_rawseti(L, home, 2 * k);
    lua_pop(L, 1);
    lua_rawseti(L, home, 2 * k + 1);
}

/* ------------------------------------------------------------------ all moves */
/* { "gaussian", cov = , mode = , ... } at idx; the numbers of cov stay on the stack */
static void read_matrix(lua_State *L, int idx, gal_move *m)
{
    static const char *const MODE[] = {"vector", "random", "sequential"};
    lua_getfield(L, idx, "cov");
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double *v = gal_lua_scratch(L, 1);
        v[0] = lua_tonumber(L, -2);
        m->cov = v;
        m->ncov = 1;
    } else if (gal_lua_tomat(L, -1)) {
        size_t rows, cols;
        m->cov = gal_lua_checkmat(L, -1, &rows, &cols);
        m->ncov = rows * cols;
    } else if (!lua_isnil(L, -1)) {
        m->cov = gal_lua_checkvec(L, lua_gettop(L), &m->ncov);
    }
    lua_getfield(L, idx, "mode");
    if (!lua_isnil(L, -1)) {
        const char *want = gal_lua_checkstr(L, lua_gettop(L));
        int k = 0;
        while (k < 3 && strcmp(MODE[k], want) != 0)
            k++;
        if (k == 3)
            gal_lua_error(L, GAL_EINVAL, "move gaussian: mode '%s' is not one of vector, random, sequential", want);
        m->mode = (gal_move_mode)k;
    }
}

/* one move: a name, or { "de", gamma = , weight = }; what it points to stays on the stack */
static gal_move read_move(lua_State *L, int idx, int home, int at)
{
    const char *want = NULL;
    gal_move m = {0};
    luaL_checkstack(L, 24, "too many moves");
    if (lua_istable(L, idx)) {
        lua_rawgeti(L, idx, 1);
        want = lua_tostring(L, -1);
    } else {
        want = lua_tostring(L, idx);
    }
    if (gal_move_named(&m, want ? want : "?") != GAL_OK)
        gal_lua_fail(L);
    if (lua_istable(L, idx)) {
        const struct {
            const char *key;
            double *v;
        } num[] = {{"weight", &m.weight}, {"a", &m.a},       {"gamma", &m.gamma},
                   {"sigma", &m.sigma},   {"jump", &m.jump}, {"bandwidth", &m.bandwidth},
                   {"factor", &m.factor}, {"mu", &m.mu},     {"models", &m.models}};
        const char *known[18] = {"subset", "tune", "cov", "mode", "shipped", "key", "source", "where"};
        size_t nk = 8;
        for (size_t i = 0; i < sizeof num / sizeof *num; i++) {
            known[nk++] = num[i].key;
            lua_getfield(L, idx, num[i].key);
            if (!lua_isnil(L, -1))
                *num[i].v = gal_lua_checknum(L, lua_gettop(L));
            lua_pop(L, 1);
        }
        lua_pushnil(L);
        while (lua_next(L, idx)) {
            lua_pop(L, 1);
            size_t i = 0;
            while (lua_type(L, -1) == LUA_TSTRING && i < nk && strcmp(known[i], lua_tostring(L, -1)) != 0)
                i++;
            if (i == nk) {
                char hint[60];
                gal_did_you_mean(hint, sizeof hint, lua_tostring(L, -1), known, nk);
                gal_lua_error(L, GAL_EINVAL, "move %s: unknown option '%s'%s", want, lua_tostring(L, -1), hint);
            }
        }
        lua_getfield(L, idx, "subset");
        if (!lua_isnil(L, -1))
            m.subset = (size_t)gal_lua_checkint(L, lua_gettop(L), 1, 1000000);
        lua_getfield(L, idx, "tune");
        if (!lua_isnil(L, -1))
            m.tune = lua_toboolean(L, -1);
        read_matrix(L, idx, &m);
        if (!m.cls->par) /* a function instead of numbers */
            read_custom(L, idx, &m, home, at);
    }
    return m;
}

size_t gal_lua_read_moves(lua_State *L, int idx, gal_move moves[GAL_MOVES_MAX])
{
    size_t n = 0;
    int home;
    luaL_checkstack(L, 4 + 4 * GAL_MOVES_MAX, "too many moves");
    lua_createtable(L, 0, 0);
    home = lua_gettop(L);
    bool preset = lua_type(L, idx) == LUA_TSTRING, one = false;
    if (preset) {
        if (gal_moves_preset(lua_tostring(L, idx), moves, &n) != GAL_OK)
            gal_lua_fail(L);
    } else if (lua_istable(L, idx)) {
        lua_rawgeti(L, idx, 1);
        lua_rawgeti(L, idx, 2);
        one = lua_type(L, -2) == LUA_TSTRING &&
              lua_isnil(L, -1); /* { "de", gamma = 1 }, or a list of one name: the same */
        lua_pop(L, 2);
        n = one ? 1 : lua_objlen(L, idx);
        if (n < 1 || n > GAL_MOVES_MAX)
            gal_lua_error(L, GAL_EINVAL, "ensemble: moves must be a list of 1..%d moves, got %d", GAL_MOVES_MAX,
                          (int)n);
        for (size_t i = 0; i < n; i++) {
            if (one)
                lua_pushvalue(L, idx);
            else
                lua_rawgeti(L, idx, (int)i + 1);
            moves[i] = read_move(L, lua_gettop(L), home, (int)i + 1);
        }
    } else {
        gal_lua_error(L, GAL_EINVAL, "ensemble: moves must be a name, a move or a list of moves, got %s",
                      luaL_typename(L, idx));
    }
    lua_pushvalue(L, home); /* what must be kept is on top */
    return n;
}

int gal_lua_moves_list(lua_State *L)
{
    int n = 0;
    lua_newtable(L);
    for (const gal_move_class *const *c = gal_move_classes(); *c; c++) {
        if (!(*c)->par)
            continue;
        luaL_Buffer b;
        lua_newtable(L);
        gal_lua_set_text(L, "name", (*c)->name);
        luaL_buffinit(L, &b);
        luaL_addstring(&b, (*c)->doc);
        for (const gal_move_par *p = (*c)->par; p->name; p++) {
            lua_pushfstring(L, "\n@param %s %s", p->name, p->doc);
            luaL_addvalue(&b);
        }
        if ((*c)->more) {
            luaL_addstring(&b, "\n");
            luaL_addstring(&b, (*c)->more);
        }
        luaL_pushresult(&b);
        lua_setfield(L, -2, "help");
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}
