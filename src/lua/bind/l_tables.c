/* Lua: tables of many sources: columns read from and written to FITS, ECSV, CSV, VOTable and ASCII files; rows as observations. */
#include "galua/obs.h"
#include "galua/result.h"
#include "io/h5.h"
#include "lua/bind/l_classes.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ handle */
typedef struct rows {
    gal_table *t;
    gal_obs_layout layout;
    char **keep; /* texts the layout points to */
    size_t nkeep;
    const char **band, **skip;
} rows;

static void rows_free(void *obj)
{
    rows *r = obj;
    gal_table_free(r->t);
    for (size_t i = 0; i < r->nkeep; i++)
        gal_free(r->keep[i]);
    gal_free(r->keep);
    gal_free(r->band);
    gal_free(r->skip);
    gal_free(r);
}

static const gal_lua_class rows_class;

static rows *self(lua_State *L)
{
    return gal_lua_check(L, 1, &rows_class);
}

static int rows_geti(lua_State *L, void *obj, int i)
{
    rows *r = obj;
    if (i < 1 || (size_t)i > r->t->nrow)
        return 0;
    gal_obs *o;
    gal_lua_checkstatus(L, gal_obs_from_row(&o, r->t, (size_t)i - 1, &r->layout));
    gal_lua_push(L, &gal_lua_obs, o);
    return 1;
}

static int rows_len(lua_State *L, void *obj)
{
    lua_pushnumber(L, (double)((rows *)obj)->t->nrow);
    return 1;
}

/* column(name) -> vec of numbers or list of texts */
static int column(lua_State *L)
{
    rows *r = self(L);
    const gal_column *c;
    char buf[GAL_CELL_TEXT];
    gal_lua_checkstatus(L, gal_table_need(r->t, gal_lua_checkstr(L, 2), &c));
    if (!c->text) {
        gal_lua_pushvec_copy(L, c->num, r->t->nrow);
        return 1;
    }
    GAL_LUA_TEXTS(L, i, r->t->nrow, gal_table_text(c, i, buf));
    return 1;
}

/* unit(name) */
static int unit(lua_State *L)
{
    rows *r = self(L);
    const gal_column *c;
    gal_lua_checkstatus(L, gal_table_need(r->t, gal_lua_checkstr(L, 2), &c));
    lua_pushstring(L, c->unit ? c->unit : "");
    return 1;
}

/* skipped() -> { { name =, why = }, ... } */
static int skipped(lua_State *L)
{
    rows *r = self(L);
    lua_newtable(L);
    for (size_t i = 0; i < r->t->npassed; i++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, r->t->passed[i].name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, r->t->passed[i].why);
        lua_setfield(L, -2, "why");
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int columns(lua_State *L)
{
    rows *r = self(L);
    GAL_LUA_TEXTS(L, i, r->t->ncol, r->t->col[i].name);
    return 1;
}

static int rows_get(lua_State *L, void *obj, const char *key)
{
    rows *r = obj;
    if (strcmp(key, "path") != 0)
        return 0;
    lua_pushstring(L, r->t->path ? r->t->path : "");
    return 1;
}

static void rows_tostring(lua_State *L, void *obj)
{
    rows *r = obj;
    lua_pushfstring(L, "sources   %s   %d rows   %d columns", r->t->path ? r->t->path : "?", (int)r->t->nrow,
                    (int)r->t->ncol);
}

static gal_hash add_name(gal_hash h, const char *text)
{
    return gal_hash_combine(h, text ? gal_hash_bytes(text, strlen(text)) : gal_hash_bytes("", 1));
}

/* hash() -> 32 hexadecimal digits */
static int hash(lua_State *L)
{
    rows *r = self(L);
    const gal_obs_layout *l = &r->layout;
    const char *const text[] = {l->id, l->redshift, l->distance, l->err, l->flag, l->limit, l->unit};
    const double more[] = {l->other_flag_given, l->other_flag, l->negative_err_is_limit, l->missing_ignored,
                           l->limit_sigma};
    gal_hash h = gal_hash_combine(gal_table_hash(r->t), gal_hash_bytes(more, sizeof more));
    char hex[33];
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        h = add_name(h, text[i]);
    for (size_t i = 0; i < l->nband; i++)
        h = add_name(h, l->bands[i]);
    h = add_name(h, "skip");
    for (size_t i = 0; i < l->nskip; i++)
        h = add_name(h, l->skip[i]);
    for (size_t i = 0; i < l->nflag; i++) {
        const double kind = l->flags[i].kind;
        h = gal_hash_combine(add_name(h, l->flags[i].word), gal_hash_bytes(&kind, sizeof kind));
    }
    gal_hash_hex(h, hex);
    lua_pushstring(L, hex);
    return 1;
}

static const gal_lua_row methods[] = {
    {"hash", hash,
     "hash() -> string\nOf all that the table says and how it is read: the same digits, the same sources."},
    {"column", column,
     "column(name) -> vec or list\nThe numbers of a column (nan where it is empty or masked), or its texts. Integers "
     "beyond 2^53 and "
     "with leading\nzeros (identifiers) are texts, as written."},
    {"columns", columns, "columns() -> list\nNames of the columns."},
    {"unit", unit, "unit(name) -> string\nUnit of a column as the file writes it, or an empty text."},
    {"skipped", skipped,
     "skipped() -> list of { name =, why = }\nColumns of the file that were passed over: arrays of variable length, "
     "complex "
     "numbers ..."},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {{"path", "the file"}, {NULL, NULL}};

static const gal_lua_class rows_class = {
    .name = "sources",
    .doc = "A table of many sources: sources[i] is the observation of row i, #sources their number.",
    .methods = methods,
    .fields = fields,
    .free = rows_free,
    .get = rows_get,
    .geti = rows_geti,
    .len = rows_len,
    .tostring = rows_tostring,
};

/* ------------------------------------------------------------------ reading */
static const char *own(lua_State *L, rows *r, const char *text)
{
    char **grown = GAL_NEWN(char *, r->nkeep + 1);
    if (!grown)
        gal_lua_fail(L);
    if (r->nkeep)
        memcpy(grown, r->keep, r->nkeep * sizeof *grown);
    gal_free(r->keep);
    r->keep = grown;
    if (!(r->keep[r->nkeep] = gal_strdup(text)))
        gal_lua_fail(L);
    return r->keep[r->nkeep++];
}

/* band columns that match the patterns of the list at the top of the stack (popped) */
static const char **matching(lua_State *L, rows *r, const char *what, const char *err, size_t *n)
{
    const char **out = GAL_NEWN(const char *, r->t->ncol + 1);
    *n = 0;
    if (!out)
        gal_lua_fail(L);
    for (int i = 1; i <= (int)lua_objlen(L, -1); i++) {
        lua_rawgeti(L, -1, i);
        const char *pattern = lua_tostring(L, -1);
        size_t before = *n;
        for (size_t c = 0; pattern && c < r->t->ncol; c++) {
            char companion[300];
            gal_obs_companion(companion, sizeof companion, r->t->col[c].name, err);
            bool there = false;
            for (size_t k = 0; k < *n; k++)
                there |= strcmp(out[k], r->t->col[c].name) == 0;
            bool band = strpbrk(pattern, "*?[") == NULL || gal_table_column(r->t, companion) != NULL;
            if (!there && band && fnmatch(pattern, r->t->col[c].name, 0) == 0)
                out[(*n)++] = r->t->col[c].name;
        }
        if (*n == before && strcmp(what, "bands") == 0) {
            gal_free(out);
            gal_lua_error(L, GAL_ENOTFOUND, "observation.catalogue: %s has no band column '%s'", r->t->path,
                          pattern ? pattern : "?");
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return out;
}

/* names = { column = filter }: rename the column and its companions */
static void rename_columns(lua_State *L, rows *r)
{
    const char *suffix[4] = {"", r->layout.err, r->layout.flag, r->layout.limit};
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        const char *from = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL, *to = lua_tostring(L, -1);
        bool found = false;
        for (int k = 0; from && to && k < 4; k++) {
            char a[300], b[300];
            gal_obs_companion(a, sizeof a, from, suffix[k]);
            gal_obs_companion(b, sizeof b, to, suffix[k]);
            for (size_t c = 0; c < r->t->ncol; c++)
                if (strcmp(r->t->col[c].name, a) == 0) {
                    char *copy = gal_strdup(b);
                    if (!copy)
                        gal_lua_fail(L);
                    gal_free(r->t->col[c].name);
                    r->t->col[c].name = copy;
                    found |= k == 0;
                }
        }
        if (!found)
            gal_lua_error(L, GAL_ENOTFOUND, "observation.catalogue: names: %s has no column '%s'", r->t->path,
                          from ? from : "?");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The table at a path, argument 1, pushed as a handle, whose index is returned; options, argument 2: extension =, missing = and what the caller takes. */
static int open_rows(lua_State *L, gal_lua_opts *o, const char *fn, rows **out)
{
    const char *path = gal_lua_checkstr(L, 1);
    gal_lua_opts_begin(L, o, 2, fn);
    rows *r = *out = GAL_NEW(rows);
    if (!r)
        return gal_lua_fail(L);
    gal_lua_push(L, &rows_class, r);
    int handle = lua_gettop(L);
    gal_obs_layout_defaults(&r->layout);
    char number[80];
    const char *extension = gal_lua_opt_extension(o, number, sizeof number);
    gal_lua_checkstatus(L, gal_table_read_extension(&r->t, path, extension));
    double missing[GAL_LUA_MISSING];
    size_t nmissing = gal_lua_opt_missing(o, missing);
    gal_lua_checkstatus(L, gal_table_missing(r->t, nmissing, missing));
    return handle;
}

static int catalogue(lua_State *L)
{
    gal_lua_opts o;
    rows *r;
    int handle = open_rows(L, &o, "observation.catalogue", &r);
    gal_obs_layout *l = &r->layout;
    const struct {
        const char *name;
        const char **field;
    } text[] = {{"id", &l->id},     {"redshift", &l->redshift}, {"distance", &l->distance}, {"err", &l->err},
                {"flag", &l->flag}, {"limit", &l->limit},       {"unit", &l->unit}};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (gal_lua_opt_given(&o, text[i].name))
            *text[i].field = own(L, r, gal_lua_req_str(&o, text[i].name));
    gal_lua_obs_reading(&o, l);
    if (gal_lua_opt_push(&o, "names")) {
        if (!lua_istable(L, -1))
            return gal_lua_opt_typeerror(&o, "names", "a table of column = filter", -1);
        rename_columns(L, r);
    }
    if (gal_lua_opt_push(&o, "bands")) {
        if (!lua_istable(L, -1))
            return gal_lua_opt_typeerror(&o, "bands", "a list of columns or patterns such as 'SDSS.*'", -1);
        l->bands = r->band = matching(L, r, "bands", l->err, &l->nband);
    }
    if (gal_lua_opt_push(&o, "skip")) {
        if (!lua_istable(L, -1))
            return gal_lua_opt_typeerror(&o, "skip", "a list of columns or patterns", -1);
        l->skip = r->skip = matching(L, r, "skip", l->err, &l->nskip);
    }
    gal_lua_opts_end(&o);
    gal_obs_say_unused(r->t, l);
    lua_pushvalue(L, handle);
    return 1;
}

/* read_array(path, dataset) -> mat [rows][cols] (a vector is one row) */
static int array(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1), *name = gal_lua_checkstr(L, 2);
    gal_h5 *f = NULL;
    gal_h5_info info = {0};
    gal_status st = gal_h5_open(&f, path);
    if (st != GAL_OK)
        return gal_lua_fail(L);
    st = gal_h5_describe(f, name, &info);
    int rank = info.rank;
    while (rank > 2 && info.dims[rank - 1] == 1)
        rank--;
    if (st == GAL_OK && (rank < 1 || rank > 2))
        st = gal_fail(GAL_EFORMAT, "%s: %s has %d dimensions; one or two are expected", path, name, info.rank);
    double *x = NULL;
    if (st == GAL_OK) {
        size_t dims[GAL_H5_MAXRANK];
        memcpy(dims, info.dims, sizeof dims);
        st = gal_h5_read_alloc(f, name, GAL_H5_F64, info.rank, dims, (void **)&x);
    }
    gal_h5_close(f);
    gal_lua_checkstatus(L, st);
    size_t height = rank == 2 ? info.dims[0] : 1, width = info.dims[rank - 1];
    gal_lua_pushmatview(L, x, height, width, width, gal_free, x);
    return 1;
}

/* read(path[, { extension =, missing = }]) -> sources: the columns alone, whatever they are */
static int read_any(lua_State *L)
{
    gal_lua_opts o;
    rows *r;
    int handle = open_rows(L, &o, "tables.read", &r);
    gal_lua_opts_end(&o);
    lua_pushvalue(L, handle);
    return 1;
}

void gal_luaopen_tables(lua_State *L);
void gal_luaopen_tables(lua_State *L)
{
    static const gal_lua_row obs[] = {
        {"catalogue", catalogue,
         "observation.catalogue(path[, { ... }]) -> sources\n"
         "A table with one row per source (FITS, ECSV, CSV, VOTable, IPAC, machine-readable, ASCII; .gz): a column per "
         "band, named like its filter, "
         "with companions\n"
         "BAND_err, BAND_flag, BAND_limit. sources[i] is the observation of row i; an empty flux is a band not "
         "observed.\n"
         "@param bands (all with an _err companion) list of columns, or patterns such as \"SDSS.*\"\n"
         "@param skip columns or patterns that are no bands\n@param names columns not named like filters: { g_mag_ap = "
         "\"SDSS.g\" }\n"
         "@param extension (first table) of a FITS file: number (1 is behind the primary) or EXTNAME of the table\n"
         "@param id (name, id or source) column of names\n@param redshift (redshift or z) column\n"
         "@param distance (distance_Mpc) column, in its unit or Mpc\n@param unit unit of columns that have none: mJy, "
         "nanomaggy, "
         "mag(AB) ...\n"
         "@param err (_err) suffix of errors, or their name with a * for the band: \"e_*\"\n@param flag (_flag) the "
         "same of flags\n@param "
         "limit (_limit) the same of limits\n"
         "@param flags what flags mean: { [1] = \"limit\", n = \"ignored\" }\n"
         "@param other_flag (ignored) what every other flag means\n"
         "@param negative_err_is_limit (false) a negative error marks a limit\n"
         "@param limit_sigma (metadata, else 3) how many sigma a limit without err stands for\n"
         "@param missing a number, or a list of numbers, that means no value in every column: -99, { -99, -9999 }\n"
         "@example list = observation.catalogue(\"dustpedia.dat\", { unit = \"Jy\", bands = { \"GALEX.*\", \"SDSS.*\" "
         "} })"},
        {NULL, NULL, NULL},
    };
    static const gal_lua_row table[] = {
        {"read", read_any,
         "tables.read(path[, { extension =, missing = }]) -> sources\nThe columns of any table that is read elsewhere: "
         ":column(name), :columns(). data.read_table() is the same as a Lua table.\n"
         "@param extension (first table) of a FITS file: number or EXTNAME\n"
         "@param missing a number, or a list of numbers, that means no value in every column"},
        {"write", gal_lua_tables_write,
         "tables.write(path, columns[, meta])\nA FITS, ECSV or CSV table by its suffix. columns: list of { name =, "
         "unit =, values = }."},
        {"read_array", array,
         "tables.read_array(path, dataset) -> mat\nNumbers of an HDF5 file: one or two dimensions, a vector is one "
         "row.\n"
         "@example tables.read_array(\"sources.h5\", \"draws/age\")"},
        {"write_arrays", gal_lua_tables_write_arrays,
         "tables.write_arrays(path, { vars =, coords =, texts = })\nNamed arrays with dimensions as an HDF5 file that "
         "ArviZ and xarray "
         "read."},
        {"writer", gal_lua_tables_writer,
         "tables.writer(path, columns, n[, meta]) -> table_writer\nA table of n rows that is written one block after "
         "another: "
         "columns { name =, unit = }, of\ntexts with width = bytes of the longest; then w:rows{ { name =, values = }, "
         "... } and w:close()."},
        {"array_writer", gal_lua_tables_array_writer,
         "tables.array_writer(path, { vars =, coords =, texts =, rows =, later = }) -> array_writer\nAs write_arrays, "
         "with matrices "
         "of `rows` rows that come later: { group =, name =, dims = { a, b }, unit =,\nwidth = }; then "
         "w:rows(which, matrix) and w:close()."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &rows_class);
    gal_lua_class_register(L, &gal_lua_table_writer);
    gal_lua_class_register(L, &gal_lua_array_writer);
    gal_lua_module(L, "observation", obs, NULL);
    gal_lua_module(L, "tables", table, "Tables of columns, as files.");
}
