/* Lua: maps from files and from memory, and to files (healpix.read, inspect, map; skymap:write). */
#include "lua/bind/l_sky_maps.h"

#include <string.h>

int gal_lua_skymap_write(lua_State *L) /* m:write(path[, { polcconv =, history =, keys = { KEY = value } }]) */
{
    static const char *const conv[] = {"COSMO", "IAU"};
    const gal_skymap *m = gal_lua_check(L, 1, &gal_lua_skymap);
    const char *path = gal_lua_checkstr(L, 2);
    gal_skymap_key keys[64];
    size_t n = 0;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "skymap:write");
    gal_polcconv p = (gal_polcconv)gal_lua_opt_choice(&o, "polcconv", conv, 2, GAL_COSMO);
    const char *history = gal_lua_opt_str(&o, "history", NULL);
    if (gal_lua_opt_push(&o, "keys")) {
        if (!lua_istable(L, -1))
            return gal_lua_opt_typeerror(&o, "keys", "a table { KEY = value }", -1);
        int t = lua_gettop(L);
        for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1), n++) {
            int type = lua_type(L, -1);
            if (n == 64 || lua_type(L, -2) != LUA_TSTRING || (type != LUA_TSTRING && type != LUA_TNUMBER))
                return gal_lua_error(L, GAL_EINVAL, "skymap:write: keys holds up to 64 names with numbers or texts");
            keys[n] = (gal_skymap_key){lua_tostring(L, -2), type == LUA_TSTRING ? lua_tostring(L, -1) : NULL,
                                       type == LUA_TNUMBER ? lua_tonumber(L, -1) : 0, NULL};
        }
    }
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_skymap_write(m, path, p, n, keys, history));
    lua_settop(L, 1);
    return 1;
}

int gal_lua_skymap_read(lua_State *L) /* healpix.read(path[, options]) */
{
    static const char *const orders[] = {"file", "RING", "NESTED"};
    const char *path = gal_lua_checkstr(L, 1);
    gal_skymap_read_opts r = GAL_SKYMAP_READ_DEFAULTS;
    int fields[GAL_SKYMAP_MAX];
    size_t n;
    gal_skymap *m;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "healpix.read");
    const double *f = gal_lua_opt_vec(&o, "fields", &n);
    if (f && (n < 1 || n > GAL_SKYMAP_MAX))
        return gal_lua_error(L, GAL_EINVAL, "healpix.read: fields lists 1 to %d columns, got %d", GAL_SKYMAP_MAX,
                             (int)n);
    for (size_t i = 0; f && i < n; i++)
        fields[i] = f[i] >= 1 && f[i] < 10000 ? (int)f[i] - 1 : -1;
    r.fields = f ? fields : NULL;
    r.nfield = f ? (int)n : 0;
    r.precision = gal_lua_opt_given(&o, "precision") ? gal_lua_opt_int(&o, "precision", 64, 32, 64) : 0;
    r.iqu = gal_lua_opt_given(&o, "iqu") ? gal_lua_opt_bool(&o, "iqu", false) : -1;
    r.hdu = gal_lua_opt_int(&o, "hdu", 0, 0, 10000);
    r.order = gal_lua_opt_choice(&o, "order", orders, 3, 0);
    r.unit = gal_lua_opt_str(&o, "unit", NULL);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_skymap_read(&m, path, &r));
    gal_lua_push(L, &gal_lua_skymap, m);
    return 1;
}

int gal_lua_skymap_inspect(lua_State *L)
{
    gal_skymap_info i;
    gal_lua_checkstatus(L, gal_skymap_inspect(&i, gal_lua_checkstr(L, 1)));
    lua_newtable(L);
    GAL_LUA_SET(L, {"nside", (double)i.nside}, {"npix", (double)i.npix}, {"nfield", i.nfield},
                {"precision", i.single ? 32 : 64});
    gal_lua_set_text(L, "order", i.order == GAL_NESTED ? "NESTED" : "RING");
    gal_lua_set_text(L, "coord", gal_lua_coord_name(i.coord));
    gal_lua_set_text(L, "polcconv", !i.polcconv_given ? "" : i.polcconv == GAL_IAU ? "IAU" : "COSMO");
    gal_lua_set_flag(L, "partial", i.partial);
    gal_lua_set_flag(L, "iqu", i.iqu);
    for (int what = 0; what < 2; what++) {
        GAL_LUA_TEXTS(L, k, i.nfield, what ? i.name[k] : i.unit[k]);
        lua_setfield(L, -2, what ? "names" : "units");
    }
    return 1;
}

int gal_lua_skymap_create(lua_State *L) /* healpix.map{ nside =, values =, ... } */
{
    static const char *const orders[] = {"RING", "NESTED"};
    gal_skymap *m;
    int64_t *list = NULL;
    size_t npix = 0;
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "healpix.map");
    int64_t nside = gal_lua_opt_int(&o, "nside", 0, 0, 1 << 29);
    int ncomp = gal_lua_opt_int(&o, "ncomp", 0, 0, GAL_SKYMAP_MAX);
    gal_ordering order = (gal_ordering)gal_lua_opt_choice(&o, "order", orders, 2, GAL_RING);
    int bits = gal_lua_opt_int(&o, "precision", 64, 32, 64);
    int iqu = gal_lua_opt_given(&o, "iqu") ? gal_lua_opt_bool(&o, "iqu", true) : -1;
    const char *unit = gal_lua_opt_str(&o, "unit", ""), *coord = gal_lua_opt_str(&o, "coord", NULL);
    gal_coordsys c = coord ? gal_lua_coord(L, coord) : GAL_COORD_NONE;
    if (gal_lua_opt_push(&o, "pixels"))
        list = gal_lua_checkpixels(L, lua_gettop(L), &npix);
    int values = gal_lua_opt_push(&o, "values") ? lua_gettop(L) : 0, several = 0;
    if (values && lua_istable(L, values) && !gal_lua_isvec(L, values)) {
        lua_rawgeti(L, values, 1);
        if (lua_type(L, -1) != LUA_TNUMBER)
            several = (int)lua_objlen(L, values);
        lua_pop(L, 1);
    }
    gal_lua_opts_end(&o);
    int n = several ? several : ncomp ? ncomp : 1;
    if (ncomp && n != ncomp)
        return gal_lua_error(L, GAL_EINVAL, "healpix.map: ncomp = %d, but values for %d", ncomp, n);
    gal_lua_checkstatus(L, gal_skymap_create(&m, nside, order, n, bits == 32, list, (int64_t)npix));
    gal_lua_push(L, &gal_lua_skymap, m);
    m->coord = c;
    if (iqu >= 0) {
        if (iqu && n != 3)
            return gal_lua_error(L, GAL_EINVAL, "healpix.map: iqu needs 3 components, got %d", n);
        m->iqu = iqu;
    }
    gal_lua_checkstatus(L, gal_skymap_set_unit(m, unit));
    for (int k = 0; values && k < n; k++) {
        if (several)
            lua_rawgeti(L, values, k + 1);
        gal_lua_skymap_fill(L, m, k, several ? lua_gettop(L) : values);
        if (several)
            lua_pop(L, 1);
    }
    return 1;
}
