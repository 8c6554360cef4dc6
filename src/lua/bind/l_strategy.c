/* Lua: samplers at work kept as they are, so that a strategy (lua/galua/sampler/strategy.lua) can be gone through again without running
 * its finished stages: snapshots of engines, engines set back to them, snapshots in results files. */
#include "galua/fit.h"
#include "galua/result.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/sampler.h"

#include <stdio.h>
#include <string.h>

static void snapshot_free(void *obj)
{
    gal_result_free(obj);
}

const gal_lua_class gal_lua_snapshot = {.name = "snapshot",
                                        .doc = "A sampler at work as it was at the end of a stage of a strategy.",
                                        .free = snapshot_free};

static gal_status snapshot(gal_result **out, const gal_sampler *s, const gal_result_map *map)
{
    gal_status st = gal_result_create(out);
    if (st == GAL_OK && (st = gal_sampler_put(*out, s, map)) != GAL_OK)
        gal_result_free(*out);
    return st;
}

/* take(target, engine) -> snapshot */
static int take(lua_State *L)
{
    gal_result_map map;
    gal_result *r;
    lua_settop(L, 2);
    const gal_sampler *s = gal_lua_check_sampler(L, 2);
    gal_lua_result_map(L, 1, &map);
    gal_lua_checkstatus(L, snapshot(&r, s, &map));
    gal_lua_push(L, &gal_lua_snapshot, r);
    return 1;
}

/* give_back(target, engine, snapshot or another engine) -> engine: it is then as that was */
static int give_back(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    gal_sampler *s = gal_lua_check_sampler(L, 2), *now = NULL;
    gal_result_map map;
    gal_result *made = NULL, *r = gal_lua_test(L, 3, &gal_lua_snapshot);
    gal_status st = GAL_OK;
    if (!r) {
        const gal_sampler *other = gal_lua_check_sampler(L, 3);
        gal_lua_result_map(L, 1, &map);
        GAL_TRY(snapshot(&made, other, &map));
        r = made;
    }
    GAL_TRY(gal_sampler_get(&now, r, gal_fit_target(f)));
    if (now->cls != s->cls)
        GAL_THROW(GAL_EINVAL, "a snapshot of %s is not one of %s", now->cls->title, s->cls->title);
    if (s->cls->adopt)
        GAL_TRY(s->cls->adopt(now, s));
    gal_lua_replace_sampler(L, 2, now);
    now = NULL;
out:
    gal_result_free(made);
    gal_sampler_free(now);
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
    gal_lua_module(L, "engines", rows, NULL);
}
