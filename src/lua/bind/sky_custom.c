/* Lua: emission laws of the user's own: a function of frequency and per-pixel parameters, shipped to every thread and compiled there. */
#include "lua/bind/l_sky.h"
#include "lua/bind/own.h"
#include "sky/law.h"

#include <math.h>

typedef struct custom {
    gal_lua_own own;
    gal_sky_law law;
    gal_sky_input par[GAL_SKY_MAXPAR];
} custom;

static void destroy(void *self)
{
    custom *c = self;
    gal_lua_own_clear(&c->own);
    gal_free(c);
}

/* out[k] = f(nu, p, polarised) */
static gal_status shape(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                        double *out)
{
    const custom *c = self;
    double head[2] = {nu, which};
    const void *ptr[2 + GAL_SKY_MAXPAR] = {head, out, par[0], par[1], par[2], par[3]};
    gal_status st = gal_worker_run(local, ptr, 2 + (int)c->law.npar, n);
    for (size_t k = 0; st == GAL_OK && k < n; k++)
        if (!isfinite(out[k]))
            st = gal_fail(GAL_EMATH, "the emission law returned %g at %g GHz", out[k], nu);
    return st;
}

/* custom{ name =, I =, Q =, U =, par = { fields by name }, params = { { name, unit, lo, hi } }, shipped =, split = } -> part. Checked in Lua. */
static int create(lua_State *L)
{
    gal_lua_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    gal_lua_own_want(L, 1, "sky.component", "name", LUA_TSTRING, "a text");
    gal_lua_own_want(L, 1, "sky.component", "shipped", LUA_TSTRING, "the text of its function");
    gal_lua_own_want(L, 1, "sky.component", "params", LUA_TTABLE, "a list of parameters");
    gal_lua_own_want(L, 1, "sky.component", "par", LUA_TTABLE, "their values by name");
    lua_getfield(L, 1, "params");
    size_t np = lua_objlen(L, 2);
    if (np > GAL_SKY_MAXPAR)
        return gal_lua_error(L, GAL_EINVAL, "sky.component: %zu parameters, at most %d are possible", np,
                             GAL_SKY_MAXPAR);
    gal_sky_part_args a = {NULL};
    for (int i = 0; i < 3; i++)
        a.amplitude[i] = gal_lua_sky_field(L, 1, (const char *[]){"I", "Q", "U"}[i]);
    lua_getfield(L, 1, "par");
    for (size_t i = 0; i < np; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        gal_lua_own_want(L, 4, "sky.component", "name", LUA_TSTRING, "a text of each parameter");
        lua_getfield(L, 4, "name");
        a.par[i] = gal_lua_sky_field(L, 3, lua_tostring(L, 5));
        lua_settop(L, 3);
    }
    lua_getfield(L, 1, "split");
    lua_getfield(L, 1, "name");
    custom *c = GAL_NEW(custom);
    gal_sky_part *p;
    if (!c || gal_lua_own_read(L, 1, &c->own, lua_tostring(L, 5), "emission") != GAL_OK) {
        if (c)
            destroy(c);
        return gal_lua_fail(L);
    }
    c->law = (gal_sky_law){.name = c->own.name,
                           .doc = "an emission law in Lua",
                           .par = c->par,
                           .npar = np,
                           .split = lua_toboolean(L, 4),
                           .destroy = destroy,
                           .shape = shape,
                           .open = gal_lua_shipped_open,
                           .close = gal_lua_shipped_close};
    for (size_t i = 0; i < np; i++) {
        const gal_param *q = &c->own.par[i];
        c->par[i] = (gal_sky_input){q->name, q->unit, "", NAN, q->lo, q->hi};
    }
    a.name = c->law.name;
    a.law = &c->law;
    gal_lua_checkstatus(L, gal_sky_part_adopt(&p, &a, c)); /* owns c */
    gal_lua_sky_push_part(L, p, 1);
    return 1;
}

void gal_lua_sky_open_custom(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"custom", create, "custom(definition) -> part\nInternal: an emission law in Lua."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "sky_core", rows, NULL);
}
