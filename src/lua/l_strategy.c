/* Lua: samplers at work kept as they are, so that a strategy (lua/galua/sampler/strategy.lua) can be gone through again without running
 * its finished stages: snapshots of engines, engines set back to them, snapshots in results files. */
#include "galua/fit.h"
#include "galua/result.h"
#include "lua/l_classes.h"

#include <stdio.h>
#include <string.h>

static void snapshot_free(void *obj)
{
    gal_result_free(obj);
}

const gal_lua_class gal_lua_snapshot = {.name = "snapshot",
                                        .doc = "A sampler at work as it was at the end of a stage of a strategy.",
                                        .free = snapshot_free};

/* take(target, engine) -> snapshot */
static int take(lua_State *L)
{
    void *e;
    gal_result_map map;
    gal_result *r = NULL;
    lua_settop(L, 2);
    const gal_lua_engine *kind = gal_lua_engine_at(L, 2, &e);
    gal_lua_result_map(L, 1, &map);
    gal_status st = gal_result_create(&r);
    if (st == GAL_OK)
        st = kind->put(r, e, &map);
    if (st != GAL_OK) {
        gal_result_free(r);
        return gal_lua_fail(L);
    }
    gal_lua_push(L, &gal_lua_snapshot, r);
    return 1;
}

/* Custom moves are not in saved states: those of `from` that do the same serve again. */
static gal_status hand_over_moves(gal_ensemble *to, const gal_ensemble *from)
{
    const gal_move *a, *b;
    gal_move moves[GAL_MOVES_MAX];
    size_t n = gal_ensemble_nmoves(to, &a), m = gal_ensemble_nmoves(from, &b);
    bool any = false;
    memcpy(moves, a, n * sizeof *a);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m && moves[i].kind == GAL_MOVE_CUSTOM; k++)
            if (b[k].custom.propose && memcmp(&b[k].custom.key, &moves[i].custom.key, sizeof b[k].custom.key) == 0) {
                moves[i].custom = b[k].custom;
                any = true;
            }
    return any ? gal_ensemble_set_moves(to, moves, n) : GAL_OK;
}

/* give_back(target, engine, snapshot or another engine) -> engine: it is then as that was */
static int give_back(lua_State *L)
{
    void *e, *now = NULL;
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    const gal_lua_engine *kind = gal_lua_engine_at(L, 2, &e);
    gal_result_map map;
    gal_result *made = NULL, *r = gal_lua_test(L, 3, &gal_lua_snapshot);
    gal_status st = GAL_OK;
    if (!r) {
        void *other;
        const gal_lua_engine *same = gal_lua_engine_at(L, 3, &other);
        gal_lua_result_map(L, 1, &map);
        GAL_TRY(gal_result_create(&made));
        GAL_TRY(same->put(made, other, &map));
        r = made;
    }
    GAL_TRY(kind->restore(&now, r, gal_fit_target(f)));
    if (kind == &gal_lua_engine_ensemble)
        GAL_TRY(hand_over_moves(now, e));
    gal_lua_replace(L, 2, kind->cls, now);
    now = NULL;
out:
    gal_result_free(made);
    if (now)
        kind->cls->free(now);
    gal_lua_checkstatus(L, st);
    lua_settop(L, 2);
    return 1;
}

/* read(path, n) -> list of the n snapshots in a results file */
static int read_file(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    int n = gal_lua_checkint(L, 2, 0, 100000);
    gal_result *all, *r;
    gal_lua_checkstatus(L, gal_result_read(&all, path));
    gal_lua_push(L, &gal_lua_snapshot, all); /* freed whatever happens */
    lua_createtable(L, n, 0);
    for (int k = 1; k <= n; k++) {
        char prefix[40];
        snprintf(prefix, sizeof prefix, "stage%d_", k);
        gal_lua_checkstatus(L, gal_result_create(&r));
        gal_lua_push(L, &gal_lua_snapshot, r);
        gal_lua_checkstatus(L, gal_result_copy(r, all, "", prefix));
        if (!gal_result_var(r, "galua", "state"))
            return gal_lua_error(L, GAL_EFORMAT, "%s: stage %d of its strategy is missing", path, k);
        lua_rawseti(L, -2, k);
    }
    return 1;
}

void gal_luaopen_strategy(lua_State *L);
void gal_luaopen_strategy(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"take", take, "take(target, engine) -> snapshot\nInternal: the engine as it is."},
        {"give_back", give_back, "give_back(target, engine, snapshot) -> engine\nInternal: set the engine back."},
        {"read", read_file, "read(path, n) -> list\nInternal: the snapshots in a results file."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_snapshot);
    gal_lua_module(L, "snapshots", rows, "Samplers at work kept as they are: see sampler.strategy.");
}
