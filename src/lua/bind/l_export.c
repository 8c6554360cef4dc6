/* Lua: samples and tables in files of other programs. lua/galua/fit/export.lua and lua/galua/summary_table.lua use them. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "galua/export.h"
#include "galua/table.h"
#include "lua/bind/l_classes.h"

/* string field of the table on top, or def */
static const char *field_str(lua_State *L, const char *key, const char *def)
{
    lua_getfield(L, -1, key);
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : def;
    lua_pop(L, 1); /* the table keeps it alive */
    return s;
}

static double field_num(lua_State *L, const char *key, double def)
{
    lua_getfield(L, -1, key);
    double v = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : def;
    lua_pop(L, 1);
    return v;
}

/* write_getdist(root, columns, lnp[, { weight =, nested =, walkers = }]) */
static int write_getdist(lua_State *L)
{
    const char *root = gal_lua_checkstr(L, 1);
    gal_lua_checktype(L, 2, LUA_TTABLE);
    size_t n, m, ncol = lua_objlen(L, 2), walkers = 1;
    const double *lnp = gal_lua_checkvec(L, 3, &n);
    gal_getdist g = {.n = n, .ncol = ncol, .lnp = lnp};
    gal_getdist_col *col = lua_newuserdata(L, (ncol + 1) * sizeof *col);
    luaL_checkstack(L, (int)ncol + 20, "too many columns");
    for (size_t k = 0; k < ncol; k++) {
        lua_rawgeti(L, 2, (int)k + 1);
        gal_lua_checktype(L, -1, LUA_TTABLE);
        col[k] = (gal_getdist_col){.name = field_str(L, "name", ""), .label = field_str(L, "label", NULL), .stride = 1};
        col[k].lo = field_num(L, "lo", -INFINITY);
        col[k].hi = field_num(L, "hi", INFINITY);
        lua_getfield(L, -1, "derived");
        col[k].derived = lua_toboolean(L, -1);
        lua_pop(L, 1);
        lua_getfield(L, -1, "x"); /* stays on the stack */
        col[k].x = gal_lua_checkvec(L, lua_gettop(L), &m);
        if (m != n)
            return gal_lua_error(L, GAL_EINVAL, "write_getdist: column '%s' has %d values, expected %d", col[k].name,
                                 (int)m, (int)n);
        lua_remove(L, -2);
    }
    g.col = col;
    if (lua_istable(L, 4)) {
        lua_pushvalue(L, 4);
        lua_getfield(L, -1, "nested");
        g.nested = lua_toboolean(L, -1);
        lua_pop(L, 1);
        walkers = (size_t)field_num(L, "walkers", 1);
        lua_getfield(L, -1, "weight");
        if (!lua_isnil(L, -1)) {
            g.weight = gal_lua_checkvec(L, lua_gettop(L), &m);
            if (m != n)
                return gal_lua_error(L, GAL_EINVAL, "write_getdist: %d weights for %d samples", (int)m, (int)n);
        }
    }
    if (walkers > 1 && n % walkers == 0) { /* one walker after another, as a chain program would write them */
        size_t *order = lua_newuserdata(L, n * sizeof *order), r = 0;
        for (size_t w = 0; w < walkers; w++)
            for (size_t i = 0; i < n / walkers; i++)
                order[r++] = i * walkers + w;
        g.order = order;
    }
    gal_lua_checkstatus(L, gal_getdist_write(&g, root));
    return 0;
}

static gal_status add_column(lua_State *L, gal_table *t, size_t nrow)
{
    const char *name = field_str(L, "name", ""), *unit = field_str(L, "unit", "");
    lua_getfield(L, -1, "values");
    int v = lua_gettop(L);
    gal_status st = GAL_OK;
    lua_rawgeti(L, v, 1);
    bool words = lua_istable(L, v) && lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    if (words) {
        const char **list = gal_alloc((nrow + 1) * sizeof *list);
        for (size_t i = 0; list && i < nrow; i++) {
            lua_rawgeti(L, v, (int)i + 1);
            list[i] = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
            lua_pop(L, 1);
        }
        st = list ? gal_table_add_text(t, name, list) : GAL_ENOMEM;
        gal_free(list);
    } else {
        double *x = gal_alloc((nrow + 1) * sizeof *x);
        for (size_t i = 0; x && i < nrow; i++) {
            lua_rawgeti(L, v, (int)i + 1);
            x[i] = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
            lua_pop(L, 1);
        }
        st = x ? gal_table_add_num(t, name, unit, x) : GAL_ENOMEM;
        gal_free(x);
    }
    lua_pop(L, 1);
    return st;
}

/* write_table(path, { { name =, unit =, values = }, ... }, nrow[, meta]) */
static int write_table(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1), *dot = strrchr(path, '.');
    gal_lua_checktype(L, 2, LUA_TTABLE);
    size_t ncol = lua_objlen(L, 2), nrow = (size_t)gal_lua_checkint(L, 3, 0, 1000000000);
    bool fits = dot && (strcmp(dot, ".fits") == 0 || strcmp(dot, ".fit") == 0), csv = dot && strcmp(dot, ".csv") == 0;
    if (!fits && !csv && !(dot && strcmp(dot, ".ecsv") == 0))
        return gal_lua_error(L, GAL_EINVAL, "%s: the name of a table must end in .fits, .ecsv or .csv", path);
    for (size_t k = 0; k < ncol; k++) {
        lua_rawgeti(L, 2, (int)k + 1);
        gal_lua_checktype(L, -1, LUA_TTABLE);
        lua_getfield(L, -1, "values");
        gal_lua_checktype(L, -1, LUA_TTABLE);
        lua_pop(L, 2);
    }
    gal_table *t = NULL;
    gal_status st = gal_table_create(&t, nrow);
    if (st == GAL_OK && lua_istable(L, 4)) {
        lua_pushnil(L);
        while (st == GAL_OK && lua_next(L, 4)) {
            if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING)
                st = gal_table_add_meta(t, lua_tostring(L, -2), lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    }
    for (size_t k = 0; st == GAL_OK && k < ncol; k++) {
        lua_rawgeti(L, 2, (int)k + 1);
        st = add_column(L, t, nrow);
        lua_pop(L, 1);
    }
    if (st == GAL_OK)
        st = fits ? gal_table_write_fits(t, path) : csv ? gal_table_write_csv(t, path) : gal_table_write_ecsv(t, path);
    gal_table_free(t);
    gal_lua_checkstatus(L, st);
    return 0;
}

void gal_luaopen_export(lua_State *L);
void gal_luaopen_export(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"write_getdist", write_getdist,
         "write_getdist(root, columns, lnp[, options])\nROOT.txt, .paramnames, .ranges, .properties.ini for GetDist. "
         "columns: a list of { name =,\nlabel =, x = vec, derived =, lo =, hi = }, parameters first.\n"
         "@param weight weights of the samples (equal)\n@param nested (false) samples of nested sampling\n"
         "@param walkers (1) samples of so many walkers follow one another: they are sorted by walker"},
        {"write_table", write_table,
         "write_table(path, columns, nrow[, meta])\nA table as .fits, .ecsv or .csv. columns: a list of { name =, unit "
         "=, "
         "values = list of\nnumbers or strings }; nil is empty. meta: strings by name."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, NULL, rows, NULL);
}
