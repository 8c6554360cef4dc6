/* Lua: tables.write, tables.write_arrays and their writers. What may raise, the reading of arguments, comes before what must be freed. */
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

enum { MOST_COLUMNS = 1900 };

/* The columns listed at index 2 of the stack, read; what they point to stays there. Returns their number. */
static column *read_columns(lua_State *L, const char *fn, size_t *ncol)
{
    if (!lua_istable(L, 2))
        gal_lua_argerror(L, 2, "a list of columns { name =, unit =, values = }");
    *ncol = lua_objlen(L, 2);
    if (*ncol < 1 || *ncol > MOST_COLUMNS)
        gal_lua_error(L, GAL_EINVAL, "%s: %zu columns, expected 1 to %d", fn, *ncol, MOST_COLUMNS);
    column *c = lua_newuserdata(L, *ncol * sizeof *c);
    luaL_checkstack(L, (int)(4 * *ncol) + 20, fn);
    for (size_t i = 0; i < *ncol; i++)
        read_column(L, fn, (int)i + 1, &c[i]);
    return c;
}

static gal_status table_of(gal_table **out, const char *what, size_t ncol, const column *c)
{
    gal_status st = gal_table_create(out, c[0].n);
    for (size_t i = 0; i < ncol && st == GAL_OK; i++) {
        if (c[i].n != c[0].n)
            st = gal_fail(GAL_EINVAL, "%s: column '%s' has %zu rows, the first has %zu", what, c[i].name, c[i].n,
                          c[0].n);
        else
            st = c[i].words ? gal_table_add_text(*out, c[i].name, c[i].words)
                            : gal_table_add_num(*out, c[i].name, c[i].unit ? c[i].unit : "", c[i].numbers);
    }
    return st;
}

/* What is known of a table, at stack index `at`: nil, or name = text */
static void check_meta(lua_State *L, const char *fn, int at)
{
    lua_pushvalue(L, at);
    if (!lua_isnil(L, -1)) {
        need_table(L, fn, "what is known of the table");
        check_pairs(L, fn, "what is known of the table");
    }
    lua_pop(L, 1);
}

static gal_status add_meta(lua_State *L, gal_table *t, int at)
{
    gal_status st = GAL_OK;
    if (lua_istable(L, at))
        for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1))
            if (st == GAL_OK)
                st = gal_table_add_meta(t, lua_tostring(L, -2), lua_tostring(L, -1));
    return st;
}

static gal_status write_whole(const gal_table *t, const char *path)
{
    size_t width[MOST_COLUMNS] = {0};
    gal_table_writer *w;
    gal_table_widths(t, width);
    gal_status st = gal_table_writer_open(&w, path, t, t->nrow, width);
    if (st == GAL_OK && (st = gal_table_writer_rows(w, t)) != GAL_OK)
        gal_table_writer_abandon(w);
    return st == GAL_OK ? gal_table_writer_close(w) : st;
}

/* write(path, { {name =, unit =, values = vec or list of texts}, ... }[, { key = text }]) */
int gal_lua_tables_write(lua_State *L)
{
    static const char fn[] = "tables.write";
    const char *path = gal_lua_checkstr(L, 1);
    lua_settop(L, 3);
    check_meta(L, fn, 3);
    size_t ncol;
    const column *c = read_columns(L, fn, &ncol);
    gal_table *t = NULL;
    gal_status st = table_of(&t, path, ncol, c);
    if (st == GAL_OK)
        st = add_meta(L, t, 3);
    if (st == GAL_OK)
        st = write_whole(t, path);
    gal_table_free(t);
    gal_lua_checkstatus(L, st);
    return 0;
}

/* ------------------------------------------------------------------ the same, block by block */
typedef struct writer {
    gal_table *head;
    gal_table_writer *w;
} writer;

static void writer_free(void *p)
{
    writer *w = p;
    gal_table_writer_abandon(w->w);
    gal_table_free(w->head);
    gal_free(w);
}

extern const gal_lua_class gal_lua_table_writer;

static writer *open_writer(lua_State *L)
{
    writer *w = gal_lua_check(L, 1, &gal_lua_table_writer);
    if (!w->w)
        gal_lua_error(L, GAL_EINVAL, "tables.writer: the table is closed");
    return w;
}

/* writer(path, { {name =, unit =, width =}, ... }, n[, { key = text }]) */
int gal_lua_tables_writer(lua_State *L)
{
    static const char fn[] = "tables.writer";
    const char *path = gal_lua_checkstr(L, 1);
    lua_settop(L, 4);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of columns { name =, unit =, width = }");
    size_t ncol = lua_objlen(L, 2), width[MOST_COLUMNS] = {0};
    size_t n = (size_t)gal_lua_checkint(L, 3, 0, 2000000000);
    if (ncol < 1 || ncol > MOST_COLUMNS)
        return gal_lua_error(L, GAL_EINVAL, "%s: %zu columns, expected 1 to %d", fn, ncol, MOST_COLUMNS);
    check_meta(L, fn, 4);
    writer *w = GAL_NEW(writer);
    if (!w)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_table_writer, w);
    gal_lua_checkstatus(L, gal_table_create(&w->head, 0));
    for (size_t i = 0; i < ncol; i++) {
        char what[40];
        snprintf(what, sizeof what, "column %zu", i + 1);
        lua_rawgeti(L, 2, (int)i + 1);
        need_table(L, fn, what);
        int t = lua_gettop(L);
        const char *name = text_of(L, t, fn, what, "name", true), *u = text_of(L, t, fn, what, "unit", false);
        lua_getfield(L, t, "width");
        if (lua_isnil(L, -1)) {
            gal_lua_checkstatus(L, gal_table_add_num(w->head, name, u ? u : "", (const double[1]){0}));
        } else {
            width[i] = (size_t)gal_lua_checkint(L, -1, 0, 1000000);
            gal_lua_checkstatus(L, gal_table_add_text(w->head, name, (const char *const[1]){""}));
        }
        lua_settop(L, t - 1);
    }
    gal_lua_checkstatus(L, add_meta(L, w->head, 4));
    gal_lua_checkstatus(L, gal_table_writer_open(&w->w, path, w->head, n, width));
    return 1;
}

/* rows{ {name =, values =}, ... } */
static int writer_rows(lua_State *L)
{
    writer *w = open_writer(L);
    lua_settop(L, 2);
    size_t ncol;
    const column *c = read_columns(L, "rows", &ncol);
    gal_table *t = NULL;
    gal_status st = table_of(&t, "rows", ncol, c);
    if (st == GAL_OK)
        st = gal_table_writer_rows(w->w, t);
    gal_table_free(t);
    gal_lua_checkstatus(L, st);
    return 0;
}

static int writer_close(lua_State *L)
{
    writer *w = open_writer(L);
    gal_table_writer *file = w->w;
    w->w = NULL;
    gal_lua_checkstatus(L, gal_table_writer_close(file));
    return 0;
}

static const gal_lua_row writer_methods[] = {
    {"rows", writer_rows, "rows(columns)\nThe next rows: { name =, values = } of every column, in their order."},
    {"close", writer_close, "close()\nPuts the file in place; an error when rows are missing."},
    {NULL, NULL, NULL},
};
const gal_lua_class gal_lua_table_writer = {
    .name = "table_writer",
    .doc = "A table that is written one block of rows after another (tables.writer).",
    .methods = writer_methods,
    .free = writer_free,
};

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

/* Reads { texts = { name = text }, coords = { dim = list of labels }, vars = { { group =, name =, dims = { ... }, values = matrix or
 * vec, unit =, doc = }, ... } } at index 2, the last argument, into *out. */
static int result_of(lua_State *L, const char *fn, gal_result **out)
{
    enum { MOST = 900 };
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
    gal_status st = gal_result_create(out);
    r = *out;
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
    if (st != GAL_OK) {
        gal_result_free(r);
        *out = NULL;
        return gal_lua_fail(L);
    }
    return 0;
}

/* write_arrays(path, { texts =, coords =, vars = }) */
int gal_lua_tables_write_arrays(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    gal_result *r = NULL;
    result_of(L, "tables.write_arrays", &r);
    gal_status st = gal_result_write(r, path);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    return 0;
}

/* ------------------------------------------------------------------ matrices that come row by row */
typedef struct later {
    gal_result_writer *w;
    size_t n, *width; /* [n] */
} later;

static void later_free(void *p)
{
    later *w = p;
    gal_result_writer_abandon(w->w);
    gal_free(w->width);
    gal_free(w);
}

extern const gal_lua_class gal_lua_array_writer;

static later *open_later(lua_State *L)
{
    later *w = gal_lua_check(L, 1, &gal_lua_array_writer);
    if (!w->w)
        gal_lua_error(L, GAL_EINVAL, "tables.array_writer: the file is closed");
    return w;
}

/* Protected: (path, table, gal_result **) */
static int read_result(lua_State *L)
{
    gal_result **out = lua_touserdata(L, 3);
    lua_settop(L, 2);
    return result_of(L, "tables.array_writer", out);
}

/* array_writer(path, { texts =, coords =, vars =, later = { { group =, name =, dims = { a, b }, unit =, width = }, ... }, rows = n }) */
int gal_lua_tables_array_writer(lua_State *L)
{
    static const char fn[] = "tables.array_writer";
    enum { MOST = 900 };
    const char *path = gal_lua_checkstr(L, 1);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a table { vars =, coords =, texts =, later =, rows = }");
    lua_settop(L, 2);
    lua_getfield(L, 2, "rows");
    size_t nrow = (size_t)gal_lua_checkint(L, -1, 0, 2000000000);
    lua_getfield(L, 2, "later");
    need_table(L, fn, "later");
    int list = lua_gettop(L);
    size_t n = lua_objlen(L, list);
    if (n > MOST)
        return gal_lua_error(L, GAL_EINVAL, "%s: more than %d matrices", fn, MOST);
    gal_result_later *v = lua_newuserdata(L, (n + 1) * sizeof *v);
    later *w = GAL_NEW(later);
    if (!w)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_array_writer, w);
    int handle = lua_gettop(L);
    if (!(w->width = GAL_NEWN(size_t, n + 1)))
        return gal_lua_fail(L);
    w->n = n;
    luaL_checkstack(L, (int)(8 * n) + 20, fn);
    for (size_t i = 0; i < n; i++) {
        char what[40];
        snprintf(what, sizeof what, "matrix %zu", i + 1);
        lua_rawgeti(L, list, (int)i + 1);
        need_table(L, fn, what);
        int t = lua_gettop(L);
        v[i] = (gal_result_later){.group = text_of(L, t, fn, what, "group", true),
                                  .name = text_of(L, t, fn, what, "name", true),
                                  .unit = text_of(L, t, fn, what, "unit", false)};
        lua_getfield(L, t, "width");
        w->width[i] = v[i].width = (size_t)gal_lua_checkint(L, -1, 1, 1000000);
        lua_getfield(L, t, "dims");
        size_t nd = 0;
        const char **dims = texts_of(L, fn, what, &nd);
        if (nd != 2)
            return gal_lua_error(L, GAL_EINVAL, "%s: %s needs two dims", fn, what);
        v[i].dims[0] = dims[0]; /* alive in the list, which the argument holds */
        v[i].dims[1] = dims[1];
        lua_settop(L, t);
    }
    int top = lua_gettop(L);
    lua_pushcfunction(L, read_result);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    gal_result *r = NULL;
    lua_pushlightuserdata(L, &r);
    if (gal_lua_call(L, 3, 0, NULL) != GAL_OK)
        return gal_lua_fail(L);
    lua_settop(L, top);
    gal_status st = gal_result_writer_open(&w->w, r, path, nrow, n, v);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    lua_pushvalue(L, handle);
    return 1;
}

/* rows(which, matrix) */
static int later_rows(lua_State *L)
{
    later *w = open_later(L);
    size_t which = (size_t)gal_lua_checkint(L, 2, 1, (int)w->n) - 1, size[2];
    const double *v = gal_lua_checkmat(L, 3, &size[0], &size[1]);
    if (size[1] != w->width[which])
        return gal_lua_error(L, GAL_EINVAL, "rows: matrix %zu has rows of %zu, got %zu", which + 1, w->width[which],
                             size[1]);
    gal_lua_checkstatus(L, gal_result_writer_rows(w->w, which, size[0], v));
    return 0;
}

static int later_close(lua_State *L)
{
    later *w = open_later(L);
    gal_result_writer *file = w->w;
    w->w = NULL;
    gal_lua_checkstatus(L, gal_result_writer_close(file));
    return 0;
}

static const gal_lua_row later_methods[] = {
    {"rows", later_rows, "rows(which, matrix)\nThe next rows of matrix `which` of `later`."},
    {"close", later_close, "close()\nPuts the file in place; an error when rows are missing."},
    {NULL, NULL, NULL},
};
const gal_lua_class gal_lua_array_writer = {
    .name = "array_writer",
    .doc = "An HDF5 file whose matrices come one block of rows after another (tables.array_writer).",
    .methods = later_methods,
    .free = later_free,
};
