/* Lua: emission laws of the user's own: a function of frequency and per-pixel parameters, shipped to every thread and compiled there. */
#include "lua/bind/l_sky.h"
#include "lua/kit/worker.h"
#include "sky/law.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct custom {
    gal_sky_law law;
    gal_sky_input par[GAL_SKY_MAXPAR];
    char *text; /* names, units, documentation */
    char *shipped;
    size_t nshipped;
} custom;

static void destroy(void *self)
{
    custom *c = self;
    gal_free(c->text);
    gal_free(c->shipped);
    gal_free(c);
}

static gal_status open_local(void **local, const void *self)
{
    const custom *c = self;
    gal_worker *w;
    gal_status st = gal_worker_open(&w, c->law.name, "emission", c->shipped, c->nshipped);
    *local = w;
    return st;
}

static void close_local(void *local)
{
    gal_worker_close(local);
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

static const char *keep(char **at, const char *text)
{
    char *p = *at;
    size_t n = strlen(text) + 1;
    memcpy(p, text, n);
    *at += n;
    return p;
}

static const char *field(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    const char *s = lua_tostring(L, -1);
    lua_pop(L, 1); /* the table keeps it alive */
    return s ? s : "";
}

static double field_num(lua_State *L, const char *name, double def)
{
    lua_getfield(L, -1, name);
    double v = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : def;
    lua_pop(L, 1);
    return v;
}

/* custom{ name =, I =, Q =, U =, par = { fields by name }, params = { { name, unit, lo, hi } }, shipped =, split = } -> part. Checked in Lua. */
static int create(lua_State *L)
{
    gal_lua_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "params");
    size_t np = lua_objlen(L, 2), text = 64;
    if (np > GAL_SKY_MAXPAR)
        return gal_lua_error(L, GAL_EINVAL, "sky.component: %zu parameters, at most %d are possible", np,
                             GAL_SKY_MAXPAR);
    for (size_t i = 1; i <= np; i++) {
        lua_rawgeti(L, 2, (int)i);
        text += strlen(field(L, "name")) + strlen(field(L, "unit")) + 3;
        lua_pop(L, 1);
    }
    gal_sky_part_args a = {NULL};
    for (int i = 0; i < 3; i++)
        a.amplitude[i] = gal_lua_sky_field(L, 1, (const char *[]){"I", "Q", "U"}[i]);
    lua_getfield(L, 1, "par");
    for (size_t i = 0; i < np; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        const char *name = field(L, "name");
        a.par[i] = gal_lua_sky_field(L, 3, name);
        lua_pop(L, 1);
    }
    lua_pushvalue(L, 1);
    const char *name = field(L, "name"), *shipped = field(L, "shipped");
    lua_getfield(L, 1, "split");
    bool split = lua_toboolean(L, -1);
    lua_pop(L, 1);
    custom *c = GAL_NEW(custom);
    if (!c || !(c->text = GAL_NEWN(char, text + strlen(name))) || !(c->shipped = gal_strdup(shipped))) {
        if (c)
            destroy(c);
        return gal_lua_fail(L);
    }
    char *at = c->text;
    c->nshipped = strlen(shipped);
    c->law = (gal_sky_law){.name = keep(&at, name),
                           .doc = "an emission law in Lua",
                           .par = c->par,
                           .npar = np,
                           .split = split,
                           .destroy = destroy,
                           .shape = shape,
                           .open = open_local,
                           .close = close_local};
    for (size_t i = 0; i < np; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        c->par[i] = (gal_sky_input){keep(&at, field(L, "name")),   keep(&at, field(L, "unit")), "", NAN,
                                    field_num(L, "lo", -INFINITY), field_num(L, "hi", INFINITY)};
        lua_pop(L, 1);
    }
    a.name = c->law.name;
    a.law = &c->law;
    void *local = NULL;
    gal_sky_part *p;
    if (open_local(&local, c) != GAL_OK) { /* a bad function is refused here, not in a sweep */
        destroy(c);
        return gal_lua_fail(L);
    }
    close_local(local);
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
