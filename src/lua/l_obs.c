/* Lua: observations, the photometry of one source. */
#include "galua/obs.h"
#include "lua/l_classes.h"

#include <math.h>
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
    {"write", write_obs, "write(path) -> observation\nWrites ECSV."},
    {NULL, NULL, NULL},
};

static void tostring(lua_State *L, void *obj)
{
    gal_obs *o = obj;
    lua_pushfstring(L, "observation %s   %d bands (%d detections, %d limits, %d ignored)", *o->name ? o->name : "?",
                    (int)o->n, (int)gal_obs_count(o, GAL_OBS_DETECTION), (int)gal_obs_count(o, GAL_OBS_LIMIT),
                    (int)gal_obs_count(o, GAL_OBS_IGNORED));
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

static int read_obs(lua_State *L)
{
    gal_obs *o;
    gal_lua_checkstatus(L, gal_obs_read(&o, gal_lua_checkstr(L, 1)));
    gal_lua_push(L, &gal_lua_obs, o);
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
         "observation.read(path) -> observation\n"
         "ECSV, CSV, ASCII or VOTable with columns band, flux, err and optionally limit, flag, note; units are "
         "required.\n"
         "Metadata: name, redshift, distance_Mpc, citation."},
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
