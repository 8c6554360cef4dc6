/* Lua: moves of ensembles: tables made by lua/galua/move.lua, and Lua functions that propose, shipped to every thread. */
#include "galua/ensemble.h"
#include "lua/bind/l_ensemble.h"
#include "lua/bind/own.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ custom moves
 * The function runs in a Lua state of each thread (worker.h). The handle keeps the shipped text and this. */
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

/* What { "custom", shipped = text, key = text } says; table `home` keeps what it needs */
static void read_custom(gal_lua_opts *o, gal_move *m, int home, int k)
{
    lua_State *L = o->L;
    const char *shipped = gal_lua_opt_str(o, "shipped", NULL), *key = gal_lua_opt_str(o, "key", NULL);
    gal_lua_opt_str(o, "source", NULL);
    gal_lua_opt_str(o, "where", NULL);
    if (!shipped || !key)
        return (void)gal_lua_error(L, GAL_EINVAL,
                                   "move custom: moves of your own are made by move.custom(function(x, others, rng, "
                                   "step) ... end)");
    gal_lua_shipped *c = lua_newuserdata(L, sizeof *c);
    *c = (gal_lua_shipped){.what = "move.custom", .adapter = "move"};
    lua_rawseti(L, home, 2 * k);
    gal_lua_opt_push(o, "shipped");
    c->text = lua_tolstring(L, -1, &c->n);
    lua_rawseti(L, home, 2 * k + 1);
    m->custom = (gal_move_custom){.propose = propose,
                                  .open = gal_lua_shipped_open,
                                  .close = gal_lua_shipped_close,
                                  .ctx = c,
                                  .key = gal_hash_bytes(key, strlen(key))};
}

/* ------------------------------------------------------------------ all moves */
/* the numbers of a variance, variances or a matrix stay on the stack */
static void read_matrix(gal_lua_opts *o, const char *name, gal_move *m)
{
    lua_State *L = o->L;
    if (!gal_lua_opt_push(o, name))
        return;
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double *v = gal_lua_scratch(L, 1);
        v[0] = lua_tonumber(L, -2);
        m->cov = v;
        m->ncov = 1;
    } else if (gal_lua_tomat(L, -1)) {
        size_t rows, cols;
        m->cov = gal_lua_checkmat(L, -1, &rows, &cols);
        m->ncov = rows * cols;
    } else {
        m->cov = gal_lua_checkvec(L, lua_gettop(L), &m->ncov);
    }
}

static void read_par(gal_lua_opts *o, const gal_move_par *p, gal_move *m)
{
    char *at = (char *)m + p->at;
    size_t n = 0;
    switch (p->type) {
    case GAL_MOVE_NUMBER:
        *(double *)at = gal_lua_opt_num(o, p->name, *(double *)at);
        break;
    case GAL_MOVE_COUNT:
        *(size_t *)at = (size_t)gal_lua_opt_int(o, p->name, (int)*(size_t *)at, 1, 1000000);
        break;
    case GAL_MOVE_FLAG:
        *(bool *)at = gal_lua_opt_bool(o, p->name, *(bool *)at);
        break;
    case GAL_MOVE_CHOICE:
        while (p->choice[n])
            n++;
        *(int *)at = gal_lua_opt_choice(o, p->name, p->choice, n, *(int *)at);
        break;
    case GAL_MOVE_MATRIX:
        read_matrix(o, p->name, m);
    }
}

/* one move: a name, or { "de", gamma = , weight = }; what it points to stays on the stack */
static gal_move read_move(lua_State *L, int idx, int home, int at)
{
    gal_move m = {0};
    char fn[48];
    gal_lua_opts o = {.L = L, .fn = fn, .idx = lua_istable(L, idx) ? idx : 0};
    luaL_checkstack(L, 24, "too many moves");
    if (!o.idx)
        lua_pushvalue(L, idx);
    else if (!gal_lua_opt_pushpos(&o, 1))
        lua_pushnil(L);
    if (gal_move_named(&m, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?") != GAL_OK)
        gal_lua_fail(L);
    snprintf(fn, sizeof fn, "move %s", m.cls->name);
    m.weight = gal_lua_opt_num(&o, "weight", m.weight);
    for (const gal_move_par *p = m.cls->par; p && p->name; p++)
        read_par(&o, p, &m);
    if (!m.cls->par) /* a function instead of numbers */
        read_custom(&o, &m, home, at);
    gal_lua_opts_end(&o);
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
        luaL_pushresult(&b);
        lua_setfield(L, -2, "help");
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}
