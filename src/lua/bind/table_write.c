/* Lua: tables.write, tables.write_arrays. What may raise, the reading of arguments, comes before what must be freed. */
#include "galua/result.h"
#include "galua/table.h"
#include "lua/bind/l_classes.h"

#include <stdio.h>
#include <string.h>

/* Text of field `name` of the table at t, which keeps it alive; NULL where there is none and none is needed. */
static const char *text_of(lua_State *L, int t, const char *fn, const char *what, const char *name, bool needed)
{
    lua_getfield(L, t, name);
    if (lua_isnil(L, -1) ? needed : lua_type(L, -1) != LUA_TSTRING)
        gal_lua_error(L, GAL_EINVAL, "%s: %s needs a text as its %s, got %s", fn, what, name, luaL_typename(L, -1));
    const char *s = lua_tostring(L, -1);
    lua_pop(L, 1);
    return s;
}

/* Is the value on top a list of texts? They are pushed as an array of pointers, which the list keeps alive. */
static const char **texts_of(lua_State *L, const char *fn, const char *what, size_t *n)
{
    int at = lua_gettop(L);
    *n = lua_istable(L, at) ? lua_objlen(L, at) : 0;
    const char **words = lua_newuserdata(L, (*n + 1) * sizeof *words);
    for (size_t k = 0; k < *n; k++) {
        lua_rawgeti(L, at, (int)k + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            gal_lua_error(L, GAL_EINVAL, "%s: %s: value %zu must be a text as the first is, got %s", fn, what, k + 1,
                          luaL_typename(L, -1));
        words[k] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    return words;
}

static bool starts_with_text(lua_State *L)
{
    if (!lua_istable(L, -1))
        return false;
    lua_rawgeti(L, -1, 1);
    bool text = lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    return text;
}

static void need_table(lua_State *L, const char *fn, const char *what)
{
    if (!lua_istable(L, -1))
        gal_lua_error(L, GAL_EINVAL, "%s: %s must be a table, got %s", fn, what, luaL_typename(L, -1));
}

/* Every pair of the table on top must be text = text. */
static void check_pairs(lua_State *L, const char *fn, const char *what)
{
    int t = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            gal_lua_error(L, GAL_EINVAL, "%s: %s must be name = text, got %s = %s", fn, what, luaL_typename(L, -2),
                          luaL_typename(L, -1));
}

/* ------------------------------------------------------------------ tables of columns */
typedef struct column {
    const char *name, *unit, **words;
    const double *numbers;
    size_t n;
} column;

/* Column i of the list at index 2; what it points to stays on the stack or in that list. */
static void read_column(lua_State *L, const char *fn, int i, column *c)
{
    char what[120];
    snprintf(what, sizeof what, "column %d", i);
    lua_rawgeti(L, 2, i);
    need_table(L, fn, what);
    int t = lua_gettop(L);
    *c = (column){.name = text_of(L, t, fn, what, "name", true), .unit = text_of(L, t, fn, what, "unit", false)};
    snprintf(what, sizeof what, "column '%.80s'", c->name);
    lua_getfield(L, t, "values");
    if (starts_with_text(L))
        c->words = texts_of(L, fn, what, &c->n);
    else if (lua_istable(L, -1) || gal_lua_isvec(L, -1))
        c->numbers = gal_lua_checkvec(L, lua_gettop(L), &c->n);
    else
        gal_lua_error(L, GAL_EINVAL, "%s: %s needs values, a vec or a list, got %s", fn, what, luaL_typename(L, -1));
}

static gal_status write_as(const gal_table *t, const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && (strcmp(dot, ".fits") == 0 || strcmp(dot, ".fit") == 0))
        return gal_table_write_fits(t, path);
    if (dot && strcmp(dot, ".csv") == 0)
        return gal_table_write_csv(t, path);
    if (dot && strcmp(dot, ".ecsv") == 0)
        return gal_table_write_ecsv(t, path);
    return gal_fail(GAL_EINVAL, "%s: a table is written as .fits, .ecsv or .csv", path);
}

/* write(path, { {name =, unit =, values = vec or list of texts}, ... }[, { key = text }]) */
int gal_lua_tables_write(lua_State *L)
{
    static const char fn[] = "tables.write";
    enum { MOST = 1900 };
    const char *path = gal_lua_checkstr(L, 1);
    lua_settop(L, 3);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of columns { name =, unit =, values = }");
    size_t ncol = lua_objlen(L, 2);
    if (ncol < 1 || ncol > MOST)
        return gal_lua_error(L, GAL_EINVAL, "%s: %zu columns, expected 1 to %d", fn, ncol, MOST);
    if (!lua_isnil(L, 3)) {
        need_table(L, fn, "argument 3, what is known of the table,");
        check_pairs(L, fn, "argument 3, what is known of the table,");
    }
    column *c = lua_newuserdata(L, ncol * sizeof *c);
    luaL_checkstack(L, (int)(4 * ncol) + 20, fn);
    for (size_t i = 0; i < ncol; i++)
        read_column(L, fn, (int)i + 1, &c[i]);
    gal_table *t = NULL;
    gal_status st = gal_table_create(&t, c[0].n);
    for (size_t i = 0; i < ncol && st == GAL_OK; i++) {
        if (c[i].n != c[0].n)
            st = gal_fail(GAL_EINVAL, "%s: column '%s' has %zu rows, the first has %zu", path, c[i].name, c[i].n,
                          c[0].n);
        else
            st = c[i].words ? gal_table_add_text(t, c[i].name, c[i].words)
                            : gal_table_add_num(t, c[i].name, c[i].unit ? c[i].unit : "", c[i].numbers);
    }
    if (st == GAL_OK && lua_istable(L, 3))
        for (lua_pushnil(L); st == GAL_OK && lua_next(L, 3); lua_pop(L, 1))
            st = gal_table_add_meta(t, lua_tostring(L, -2), lua_tostring(L, -1));
    if (st == GAL_OK)
        st = write_as(t, path);
    gal_table_free(t);
    gal_lua_checkstatus(L, st);
    return 0;
}

/* ------------------------------------------------------------------ arrays with dimensions */
typedef struct array {
    const char *group, *name, *unit, *doc, *dims[2];
    const double *values;
    size_t size[2];
    int rank;
} array;

static void read_array(lua_State *L, const char *fn, int i, array *a)
{
    char what[120];
    snprintf(what, sizeof what, "variable %d", i);
    need_table(L, fn, what);
    int t = lua_gettop(L);
    *a = (array){.group = text_of(L, t, fn, what, "group", true),
                 .name = text_of(L, t, fn, what, "name", true),
                 .unit = text_of(L, t, fn, what, "unit", false),
                 .doc = text_of(L, t, fn, what, "doc", false)};
    snprintf(what, sizeof what, "variable '%.80s'", a->name);
    lua_getfield(L, t, "dims");
    need_table(L, fn, "dims of each variable");
    size_t rank = lua_objlen(L, -1);
    if (rank < 1 || rank > 2)
        gal_lua_error(L, GAL_EINVAL, "%s: %s has %zu dims, one (values: a vec) or two (a matrix) are possible", fn,
                      what, rank);
    a->rank = (int)rank;
    size_t n = 0;
    const char **dims = texts_of(L, fn, what, &n);
    for (int k = 0; k < a->rank; k++)
        a->dims[k] = dims[k]; /* the list of dims is alive in the variable */
    lua_getfield(L, t, "values");
    int at = lua_gettop(L);
    if (a->rank == 2 && !gal_lua_tomat(L, at) && !lua_istable(L, at))
        gal_lua_error(L, GAL_EINVAL, "%s: %s has two dims: its values must be a matrix, got %s", fn, what,
                      gal_lua_isvec(L, at) ? "a vec" : luaL_typename(L, at));
    if (a->rank == 1 && !gal_lua_isvec(L, at) && !lua_istable(L, at))
        gal_lua_error(L, GAL_EINVAL, "%s: %s has one dim: its values must be a vec or a list, got %s", fn, what,
                      gal_lua_tomat(L, at) ? "a matrix" : luaL_typename(L, at));
    if (a->rank == 2)
        a->values = gal_lua_checkmat(L, at, &a->size[0], &a->size[1]);
    else
        a->values = gal_lua_checkvec(L, at, &a->size[0]);
}

typedef struct labels {
    const char *dim, **label;
    size_t n;
} labels;

/* Field `name` of the table at index 2 on the stack, an empty table where there is none; returns its number of pairs */
static size_t part_of(lua_State *L, const char *fn, const char *name)
{
    size_t n = 0;
    lua_getfield(L, 2, name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    need_table(L, fn, name);
    int t = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1))
        n++;
    return n;
}

/* write_arrays(path, { texts = { name = text }, coords = { dim = list of labels },
 *   vars = { { group =, name =, dims = { ... }, values = matrix or vec, unit =, doc = }, ... } }) */
int gal_lua_tables_write_arrays(lua_State *L)
{
    static const char fn[] = "tables.write_arrays";
    enum { MOST = 900 };
    const char *path = gal_lua_checkstr(L, 1);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a table { vars =, coords =, texts = }");
    lua_settop(L, 2);
    part_of(L, fn, "texts"); /* 3 */
    check_pairs(L, fn, "texts");
    size_t ncoord = part_of(L, fn, "coords"); /* 4 */
    part_of(L, fn, "vars");                   /* 5 */
    size_t nvar = lua_objlen(L, 5), k = 0;
    if (ncoord + nvar == 0)
        return gal_lua_error(L, GAL_EINVAL, "%s: no variables to write", fn);
    if (ncoord > MOST || nvar > MOST)
        return gal_lua_error(L, GAL_EINVAL, "%s: more than %d variables or coordinates", fn, MOST);
    labels *c = lua_newuserdata(L, (ncoord + 1) * sizeof *c);
    array *v = lua_newuserdata(L, (nvar + 1) * sizeof *v);
    luaL_checkstack(L, (int)(4 * (ncoord + 2 * nvar)) + 20, fn);
    for (lua_pushnil(L); lua_next(L, 4);) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1))
            return gal_lua_error(L, GAL_EINVAL, "%s: coords must be dimension = list of labels, got %s = %s", fn,
                                 luaL_typename(L, -2), luaL_typename(L, -1));
        c[k].dim = lua_tostring(L, -2);
        c[k].label = texts_of(L, fn, c[k].dim, &c[k].n);
        k++;
        lua_insert(L, -3); /* the pointers stay below; the list is alive in its table */
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < nvar; i++) {
        lua_rawgeti(L, 5, (int)i + 1);
        read_array(L, fn, (int)i + 1, &v[i]);
    }
    gal_result *r = NULL;
    gal_status st = gal_result_create(&r);
    for (size_t i = 0; i < ncoord && st == GAL_OK; i++)
        st = gal_result_coord_text(r, c[i].dim, c[i].n, c[i].label);
    for (lua_pushnil(L); st == GAL_OK && lua_next(L, 3); lua_pop(L, 1))
        st = gal_result_put_text(r, "galua", lua_tostring(L, -2), lua_tostring(L, -1));
    for (size_t i = 0; i < nvar && st == GAL_OK; i++) {
        for (int d = 0; d < v[i].rank && st == GAL_OK; d++) {
            const gal_var *dim = gal_result_coord(r, v[i].dims[d]);
            if (dim && dim->size[0] != v[i].size[d])
                st = gal_fail(GAL_EINVAL, "%s: '%s' has %zu values along '%s', which has %zu labels", fn, v[i].name,
                              v[i].size[d], v[i].dims[d], dim->size[0]);
        }
        if (st == GAL_OK)
            st = gal_result_put(r, v[i].group, v[i].name, GAL_VAR_F64, v[i].rank, v[i].dims, v[i].size, v[i].values,
                                v[i].unit, v[i].doc);
    }
    if (st == GAL_OK)
        st = gal_result_write(r, path);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    return 0;
}
