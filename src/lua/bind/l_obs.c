/* Lua: observations, the photometry of one source. */
#include "galua/obs.h"
#include "galua/data.h"
#include "galua/spectrum.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void obs_free(void *obj)
{
    gal_obs_free(obj);
}

static gal_obs *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_obs);
}

static const char *kind_name(gal_obs_kind k)
{
    return k == GAL_OBS_DETECTION ? "detection" : k == GAL_OBS_LIMIT ? "limit" : "ignored";
}

static int number_or_nil(lua_State *L, double v)
{
    if (isnan(v))
        lua_pushnil(L);
    else
        lua_pushnumber(L, v);
    return 1;
}

static int get(lua_State *L, void *obj, const char *key)
{
    gal_obs *o = obj;
    if (strcmp(key, "name") == 0)
        return lua_pushstring(L, o->name), 1;
    if (strcmp(key, "redshift") == 0)
        return number_or_nil(L, o->redshift);
    if (strcmp(key, "distance") == 0)
        return number_or_nil(L, o->distance_mpc);
    if (strcmp(key, "blank_redshift") == 0)
        return lua_pushboolean(L, o->blank_redshift), 1;
    if (strcmp(key, "citation") == 0)
        return lua_pushstring(L, o->citation), 1;
    if (strcmp(key, "path") == 0)
        return lua_pushstring(L, o->path), 1;
    if (strcmp(key, "flux") == 0)
        return gal_lua_pushvec_copy(L, o->flux, o->n), 1;
    if (strcmp(key, "err") == 0)
        return gal_lua_pushvec_copy(L, o->err, o->n), 1;
    return 0;
}

static const gal_lua_field fields[] = {
    {"name", "name of the source"},
    {"redshift", "redshift, or nil"},
    {"blank_redshift", "true where the table has a column of redshifts and nothing in it for this source"},
    {"distance", "[Mpc] luminosity distance to use instead of the redshift's, or nil"},
    {"citation", "where the numbers come from"},
    {"path", "the file"},
    {"flux", "[mJy] flux densities (limits: the limit), by ascending pivot wavelength"},
    {"err", "[mJy] errors"},
    {NULL, NULL},
};

static int rows(lua_State *L)
{
    gal_obs *o = self(L);
    lua_createtable(L, (int)o->n, 0);
    for (size_t i = 0; i < o->n; i++) {
        lua_createtable(L, 0, 7);
        gal_lua_push(L, &gal_lua_filter, gal_filter_ref(o->filter[i]));
        lua_setfield(L, -2, "filter");
        gal_lua_set_text(L, "band", o->filter[i]->name);
        gal_lua_set_num(L, "pivot", o->filter[i]->pivot);
        gal_lua_set_num(L, "flux", o->flux[i]);
        gal_lua_set_num(L, "err", o->err[i]);
        gal_lua_set_text(L, "kind", kind_name(o->kind[i]));
        gal_lua_set_text(L, "note", o->note[i] ? o->note[i] : "");
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static int write_obs(lua_State *L)
{
    gal_obs *o = self(L);
    gal_lua_checkstatus(L, gal_obs_write(o, gal_lua_checkstr(L, 2)));
    lua_settop(L, 1);
    return 1;
}

static int hash(lua_State *L)
{
    char hex[33];
    gal_hash_hex(gal_obs_hash(self(L)), hex);
    lua_pushstring(L, hex);
    return 1;
}

/* o:add(filter or band name, flux, err[, "limit"|"ignored"[, note]]) */
static int add(lua_State *L)
{
    gal_obs *o = self(L);
    gal_filter *f = gal_lua_test(L, 2, &gal_lua_filter);
    double flux = gal_lua_checknum(L, 3), err = lua_isnoneornil(L, 4) ? NAN : gal_lua_checknum(L, 4);
    const char *kind = lua_isnoneornil(L, 5) ? "detection" : gal_lua_checkstr(L, 5);
    const char *note = lua_isnoneornil(L, 6) ? "" : gal_lua_checkstr(L, 6);
    gal_obs_kind k = GAL_OBS_DETECTION;
    while (k <= GAL_OBS_IGNORED && strcmp(kind, kind_name(k)) != 0)
        k++;
    if (k > GAL_OBS_IGNORED)
        return gal_lua_error(L, GAL_EINVAL, "observation:add: '%s' is not one of detection, limit, ignored", kind);
    gal_filter **list = NULL;
    size_t n = 0;
    if (!f) {
        gal_lua_checkstatus(L, gal_filters_find(gal_lua_checkstr(L, 2), &list, &n));
        f = n == 1 ? list[0] : NULL;
    }
    gal_status st =
        f ? gal_obs_add(o, f, flux, err, k, note)
          : gal_fail(GAL_EINVAL, "observation:add: '%s' is a set of %zu bands, name one", lua_tostring(L, 2), n);
    for (size_t i = 0; i < n; i++)
        gal_filter_unref(list[i]);
    gal_free(list);
    gal_lua_checkstatus(L, st);
    lua_settop(L, 1);
    return 1;
}

static const gal_lua_row methods[] = {
    {"rows", rows, "rows() -> list\nOne table per band: filter, band, pivot [A], flux [mJy], err [mJy], kind, note."},
    {"add", add,
     "add(band, flux, err[, kind[, note]]) -> observation\nAdds a band [mJy]; kind 'detection', 'limit' or 'ignored'."},
    {"hash", hash,
     "hash() -> string\nOf the name, redshift, distance and all data with the curves of their bands: the same digits, "
     "the same data."},
    {"write", write_obs, "write(path) -> observation\nWrites ECSV."},
    {NULL, NULL, NULL},
};

static void tostring(lua_State *L, void *obj)
{
    gal_obs *o = obj;
    lua_pushfstring(L, "observation %s   %d bands (%d detections, %d limits, %d ignored)", *o->name ? o->name : "?",
                    (int)o->n, (int)gal_obs_count(o, GAL_OBS_DETECTION), (int)gal_obs_count(o, GAL_OBS_LIMIT),
                    (int)gal_obs_count(o, GAL_OBS_IGNORED));
    int more = lua_gettop(L);
    for (size_t i = 0; i < o->nspectrum; i++)
        lua_pushfstring(L, "   %s%s%d pixels (%d used)", o->spectrum[i]->name, *o->spectrum[i]->name ? " " : "",
                        (int)o->spectrum[i]->n, (int)o->spectrum[i]->nused);
    if (o->nindex)
        lua_pushfstring(L, "   %d %s", (int)o->nindex, o->nindex == 1 ? "index" : "indices");
    if (o->nline)
        lua_pushfstring(L, "   %d line%s", (int)o->nline, o->nline == 1 ? "" : "s");
    if (o->nmeasure)
        lua_pushfstring(L, "   %d other number%s", (int)o->nmeasure, o->nmeasure == 1 ? "" : "s");
    for (size_t i = 0; i < o->ndata; i++)
        lua_pushfstring(L, "   %s", o->data[i].name);
    lua_concat(L, lua_gettop(L) - more + 1);
}

const gal_lua_class gal_lua_obs = {
    .name = "observation",
    .doc = "The photometry of one source.",
    .methods = methods,
    .fields = fields,
    .free = obs_free,
    .get = get,
    .tostring = tostring,
};

/* ------------------------------------------------------------------ how files are read */
/* how a spectrum is read: R, air, unit, bits = { 0, 4 } or 0 */
gal_spectrum_opts gal_lua_spectrum_opts(gal_lua_opts *o)
{
    gal_spectrum_opts s = gal_spectrum_defaults();
    size_t n = 0;
    s.R = gal_lua_opt_num(o, "R", 0);
    s.air = gal_lua_opt_given(o, "air") ? gal_lua_opt_bool(o, "air", false) : -1;
    s.unit = gal_lua_opt_str(o, "unit", NULL);
    double one;
    const double *bit = NULL;
    if (gal_lua_opt_push(o, "bits")) {
        bool number = lua_type(o->L, -1) == LUA_TNUMBER;
        one = number ? lua_tonumber(o->L, -1) : 0;
        lua_pop(o->L, 1);
        n = 1;
        bit = number ? &one : gal_lua_opt_vec(o, "bits", &n);
    }
    s.some_bits = bit != NULL;
    for (size_t i = 0; bit && i < n; i++) {
        if (!(bit[i] >= 0 && bit[i] <= 63 && bit[i] == floor(bit[i])))
            gal_lua_error(o->L, GAL_EINVAL, "%s: bits: %f is no number of a bit, 0 .. 63", o->fn, bit[i]);
        s.bits |= (uint64_t)1 << (int)bit[i];
    }
    return s;
}

void gal_lua_obs_reading(gal_lua_opts *o, gal_obs_layout *l)
{
    static const char *const kinds[] = {"detection", "limit", "ignored"};
    lua_State *L = o->L;
    l->other_flag_given = gal_lua_opt_given(o, "other_flag");
    l->other_flag = (gal_obs_kind)gal_lua_opt_choice(o, "other_flag", kinds, 3, GAL_OBS_IGNORED);
    l->negative_err_is_limit = gal_lua_opt_bool(o, "negative_err_is_limit", false);
    l->limit_sigma = gal_lua_opt_num(o, "limit_sigma", 0);
    if (gal_lua_opt_given(o, "limit_sigma") && !(l->limit_sigma > 0 && l->limit_sigma < 1e6))
        gal_lua_error(L, GAL_EINVAL, "%s: limit_sigma = %f must be positive", o->fn, l->limit_sigma);
    if (!gal_lua_opt_push(o, "flags"))
        return;
    if (!lua_istable(L, -1))
        gal_lua_opt_typeerror(o, "flags", "a table of flag = kind, such as { [1] = 'limit' }", -1);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        int k = 0;
        const char *kind = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        lua_pushvalue(L, -2); /* a copy: lua_next does not like keys turned into texts */
        const char *word = lua_tostring(L, -1);
        while (k < 3 && strcmp(kinds[k], kind) != 0)
            k++;
        if (k == 3 || !word || strlen(word) >= sizeof l->flags[0].word || l->nflag == GAL_OBS_FLAGS)
            gal_lua_error(
                L, GAL_EINVAL,
                "%s: flags: '%s' = '%s': a flag of at most 31 letters means detection, limit or ignored (at most %d)",
                o->fn, word ? word : "?", kind, GAL_OBS_FLAGS);
        else {
            strcpy(l->flags[l->nflag].word, word);
            l->flags[l->nflag++].kind = (gal_obs_kind)k;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

size_t gal_lua_opt_missing(gal_lua_opts *o, double v[GAL_LUA_MISSING])
{
    lua_State *L = o->L;
    size_t n = 0;
    if (!gal_lua_opt_push(o, "missing"))
        return 0;
    bool list = lua_istable(L, -1);
    size_t count = list ? lua_objlen(L, -1) : 1;
    if (count > GAL_LUA_MISSING)
        gal_lua_error(L, GAL_EINVAL, "%s: missing: %d values, at most %d", o->fn, (int)count, GAL_LUA_MISSING);
    for (; n < count; n++) {
        if (list)
            lua_rawgeti(L, -1, (int)n + 1);
        if (lua_type(L, -1) != LUA_TNUMBER)
            gal_lua_opt_typeerror(o, "missing", "a number such as -99, or a list of numbers", -1);
        v[n] = lua_tonumber(L, -1);
        if (list)
            lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return n;
}

const char *gal_lua_opt_extension(gal_lua_opts *o, char *buf, size_t n)
{
    if (!gal_lua_opt_push(o, "extension"))
        return NULL;
    if (lua_type(o->L, -1) == LUA_TNUMBER)
        snprintf(buf, n, "%.17g", lua_tonumber(o->L, -1));
    else if (lua_type(o->L, -1) == LUA_TSTRING)
        snprintf(buf, n, "%s", lua_tostring(o->L, -1));
    else
        gal_lua_opt_typeerror(o, "extension", "the number or the name of an extension", -1);
    lua_pop(o->L, 1);
    return buf;
}

/* names = { name in the file = filter } into list[2 * MOST]; the user's table holds the texts */
static size_t band_names(gal_lua_opts *o, const char **list, size_t most)
{
    lua_State *L = o->L;
    size_t n = 0;
    if (!gal_lua_opt_push(o, "names"))
        return 0;
    if (!lua_istable(L, -1))
        gal_lua_opt_typeerror(o, "names", "a table of name in the file = filter", -1);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING || n == most)
            gal_lua_error(L, GAL_EINVAL, "%s: names: a table of name in the file = name of the filter, at most %d",
                          o->fn, (int)most);
        list[2 * n] = lua_tostring(L, -2);
        list[2 * n++ + 1] = lua_tostring(L, -1);
    }
    lua_pop(L, 1);
    return n;
}

/* What is said with the call goes before what the file says. */
static gal_status set_head(gal_obs *o, const char *name, double redshift, double distance, const char *citation)
{
    gal_status st = GAL_OK;
    if (name)
        GAL_TRY(gal_obs_set_name(o, name));
    if (!isnan(redshift))
        GAL_TRY(gal_obs_set_redshift(o, redshift));
    if (!isnan(distance))
        GAL_TRY(gal_obs_set_distance(o, distance));
    if (citation)
        GAL_TRY(gal_obs_set_citation(o, citation));
out:
    return st;
}

/* read(path[, { ... }]) */
static int read_obs(lua_State *L)
{
    enum { NAMES = 64 };
    const char *names[2 * NAMES], *name, *citation, *extension;
    char number[80];
    gal_obs *obs = NULL;
    gal_table *t = NULL;
    gal_lua_opts o;
    const char *path = gal_lua_checkstr(L, 1);
    double missing[GAL_LUA_MISSING];
    gal_lua_opts_begin(L, &o, 2, "observation.read");
    gal_obs_layout l;
    gal_obs_layout_defaults(&l);
    gal_lua_obs_reading(&o, &l);
    l.unit = gal_lua_opt_str(&o, "unit", NULL);
    size_t n = gal_lua_opt_missing(&o, missing);
    gal_spectrum_opts s = gal_lua_spectrum_opts(&o);
    s.mask = gal_lua_opt_str(&o, "mask", NULL);
    s.missing = missing;
    s.nmissing = n;
    l.nname = band_names(&o, names, NAMES);
    l.names = names;
    l.missing_ignored = n > 0;
    name = gal_lua_opt_str(&o, "name", NULL);
    citation = gal_lua_opt_str(&o, "citation", NULL);
    double redshift = gal_lua_opt_num(&o, "redshift", NAN), distance = gal_lua_opt_num(&o, "distance", NAN);
    extension = gal_lua_opt_extension(&o, number, sizeof number);
    gal_lua_opts_end(&o);
    gal_status st = gal_table_read_extension(&t, path, extension);
    if (st == GAL_OK && n > 0)
        st = gal_table_missing(t, n, missing);
    if (st == GAL_OK)
        st = gal_obs_from_table(&obs, t, &l, &s);
    gal_table_free(t);
    if (st == GAL_OK && (st = set_head(obs, name, redshift, distance, citation)) != GAL_OK)
        gal_obs_free(obs);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_obs, obs);
    return 1;
}

static int new_obs(lua_State *L)
{
    gal_lua_opts o;
    gal_obs *obs;
    gal_lua_opts_begin(L, &o, 1, "observation.new");
    const char *name = gal_lua_opt_str(&o, "name", "");
    double z = gal_lua_opt_given(&o, "redshift") ? gal_lua_req_num(&o, "redshift") : NAN;
    double d = gal_lua_opt_given(&o, "distance") ? gal_lua_req_num(&o, "distance") : NAN;
    const char *citation = gal_lua_opt_str(&o, "citation", "");
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_obs_create(&obs, name, z));
    gal_lua_push(L, &gal_lua_obs, obs);
    if (!isnan(d))
        gal_lua_checkstatus(L, gal_obs_set_distance(obs, d));
    gal_lua_checkstatus(L, gal_obs_set_citation(obs, citation));
    return 1;
}

void gal_luaopen_obs(lua_State *L);
void gal_luaopen_obs(lua_State *L)
{
    static const gal_lua_row module[] = {
        {"read", read_obs,
         "observation.read(path[, { ... }]) -> observation\n"
         "A table (ECSV, CSV, ASCII, VOTable, FITS) with a row per band: columns band, flux, err and optionally limit, "
         "flag, note; or a "
         "spectrum:\n"
         "columns wave, flux, err, mask ... (observation:spectrum). Units are required: flux[mJy] in CSV and ASCII, or "
         "the line '# "
         "flux_unit: mJy'.\n"
         "Metadata: name, redshift, distance_Mpc, citation, limit_sigma.\n"
         "@param unit unit of a flux column that has none: mJy, uJy, nanomaggy, erg/s/cm2/A, mag(AB) ...\n"
         "@param missing a number, or a list of numbers, that means no value: -99, { -99, -9999 }\n"
         "@param flags what flags mean: { [1] = \"limit\", n = \"ignored\" }\n"
         "@param other_flag (an error) what every other flag means: detection, limit, ignored\n"
         "@param negative_err_is_limit (false) a negative error marks a limit\n"
         "@param limit_sigma (metadata, else 3) how many sigma a limit without err stands for\n"
         "@param names bands not named like filters: { HSC_g = \"Subaru.HSC.g\" }\n"
         "@param extension (first table) of a FITS file: number (1 is behind the primary) or EXTNAME of the table\n"
         "@param name name of the source, instead of the file's\n@param redshift instead of the file's\n"
         "@param distance [Mpc] instead of the file's\n@param citation instead of the file's\n"
         "@param mask of a spectrum: column that masks\n"
         "@param bits of a spectrum: numbers of the bits of an integer mask that count\n"
         "@param R of a spectrum: resolving power instead of the file's\n"
         "@param air of a spectrum: wavelengths are air, instead of what the file says"},
        {"new", new_obs,
         "observation.new{ name =, redshift =, distance =, citation = } -> observation\nAn empty one; fill it with "
         "o:add(...).\n"
         "@param name name of the source\n@param redshift redshift\n@param distance [Mpc] luminosity distance\n"
         "@param citation where the numbers come from"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_obs);
    gal_lua_module(L, "observation", module, "Photometry of one source.");
}
