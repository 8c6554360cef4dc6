/* Lua: plans of a sky, and running them into maps. */
#include "galua/alm.h"
#include "lua/bind/l_sky.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct plan {
    gal_sky_plan *p;
    size_t npix, nch;
} plan;

static void plan_free(void *obj)
{
    plan *q = obj;
    gal_sky_plan_free(q->p);
    gal_free(q);
}

typedef struct reporter {
    lua_State *L;
    int fn;
    bool failed;
} reporter;

/* Called by the thread that runs Lua */
static int report(void *ctx, double fraction, const char *text)
{
    reporter *r = ctx;
    (void)text;
    lua_pushvalue(r->L, r->fn);
    lua_pushnumber(r->L, fraction);
    r->failed = gal_lua_call(r->L, 1, 0, "progress") != GAL_OK;
    return r->failed;
}

static const gal_lua_class plan_class;

/* plan:run{ maps = { map or false, ... }, basis =, threads =, progress =, first =, n = } */
static int run(lua_State *L)
{
    const plan *q = gal_lua_check(L, 1, &plan_class);
    gal_lua_opts o;
    reporter r = {L, 0, false};
    gal_sky_run_args a = {.n = q->npix};
    gal_lua_checktype(L, 2, LUA_TTABLE);
    gal_lua_opts_begin(L, &o, 2, "plan:run");
    a.only_basis = gal_lua_opt_bool(&o, "basis", false);
    a.threads = gal_lua_opt_int(&o, "threads", 0, 0, 1024);
    size_t n = a.only_basis ? gal_sky_plan_basis(q->p) : q->nch;
    if (gal_lua_opt_push(&o, "progress")) {
        r.fn = lua_gettop(L);
        a.progress = report;
        a.progress_ctx = &r;
    }
    if (!gal_lua_opt_push(&o, "maps") || !lua_istable(L, -1))
        return gal_lua_error(L, GAL_EINVAL, "plan:run: maps must be a list");
    int maps = lua_gettop(L);
    gal_lua_opts_end(&o);
    gal_sky_output *out = lua_newuserdata(L, n * sizeof *out);
    memset(out, 0, n * sizeof *out);
    for (size_t c = 0; c < n; c++) {
        lua_rawgeti(L, maps, (int)c + 1);
        if (lua_toboolean(L, -1)) {
            gal_skymap *m = gal_lua_check(L, -1, &gal_lua_skymap);
            if (m->pixels || m->order != GAL_RING || (size_t)m->npix != q->npix)
                return gal_lua_error(L, GAL_EINVAL, "plan:run: map %zu must be a whole sky of %zu pixels in RING order",
                                     c + 1, q->npix);
            out[c].f32 = m->single;
            for (int i = 0; i < 3 && i < m->ncomp; i++)
                out[c].x[i] = m->data[i];
        }
        lua_pop(L, 1);
    }
    a.out = out;
    size_t unseen = 0;
    a.unseen = &unseen;
    gal_status st = gal_sky_plan_run(q->p, &a);
    gal_lua_checkstatus(L, st);
    if (unseen)
        gal_log(GAL_LOG_WARN, "sky", "%zu values of the maps are UNSEEN: templates have none there", unseen);
    return 0;
}

/* plan:coefficients() -> matrix [channels][basis], list of the channels that are the basis (from 1) */
static int coefficients(lua_State *L)
{
    const plan *q = gal_lua_check(L, 1, &plan_class);
    size_t nb = gal_sky_plan_basis(q->p), which = 0;
    double *x = gal_lua_pushmat(L, q->nch, nb);
    lua_newtable(L);
    for (size_t k = 0; k < nb; k++) {
        for (size_t c = 0; c < q->nch; c++)
            x[c * nb + k] = gal_sky_plan_coefficient(q->p, c, k, &which);
        lua_pushnumber(L, (double)which + 1);
        lua_rawseti(L, -2, (int)k + 1);
    }
    return 2;
}

static int get(lua_State *L, void *obj, const char *key)
{
    const plan *q = obj;
    if (strcmp(key, "error") == 0)
        lua_pushnumber(L, gal_sky_plan_error(q->p));
    else if (strcmp(key, "basis") == 0)
        lua_pushnumber(L, (double)gal_sky_plan_basis(q->p));
    else if (strcmp(key, "channels") == 0)
        lua_pushnumber(L, (double)q->nch);
    else
        return 0;
    return 1;
}

static void show(lua_State *L, void *obj)
{
    char *t = gal_sky_plan_describe(((plan *)obj)->p);
    lua_pushstring(L, t ? t : "");
    gal_free(t);
}

static void tostring(lua_State *L, void *obj)
{
    const plan *q = obj;
    char text[120];
    snprintf(text, sizeof text, "sky plan   %zu channels   %zu maps   error of band integrals %.1e", q->nch,
             gal_sky_plan_basis(q->p), gal_sky_plan_error(q->p));
    lua_pushstring(L, text);
}

static const gal_lua_row methods[] = {
    {"run", run,
     "run{ maps = } \nSweep the pixels once and fill the maps, one a channel; false: not wanted.\n"
     "@param maps list of maps\n@param basis (false) only the channels that others are sums of\n"
     "@param threads (all) threads\n@param progress function(fraction)"},
    {"coefficients", coefficients,
     "coefficients() -> mat, list\nChannels as sums of those computed, and which those are."},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {{"error", "largest certified relative error of a band integral; 0: exact"},
                                       {"basis", "channels that are computed"},
                                       {"channels", "channels"},
                                       {NULL, NULL}};
static const gal_lua_class plan_class = {
    .name = "sky plan",
    .doc = "A sky bound to bands: how every part is integrated over every band.",
    .methods = methods,
    .fields = fields,
    .free = plan_free,
    .get = get,
    .show = show,
    .tostring = tostring,
};

/* plan{ npix =, parts = {}, bands = {}, units = {}, tolerance =, rank = } */
static int create(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_checktype(L, 1, LUA_TTABLE);
    gal_lua_opts_begin(L, &o, 1, "plan");
    gal_sky_plan_args a = {.npix = (size_t)gal_lua_req_num(&o, "npix"),
                           .tolerance = gal_lua_opt_num(&o, "tolerance", 0),
                           .rank_tolerance = gal_lua_opt_num(&o, "rank", 0)};
    static const char *const lists[] = {"parts", "bands", "units"};
    for (int i = 0; i < 3; i++)
        if (!gal_lua_opt_push(&o, lists[i]) || !lua_istable(L, -1))
            return gal_lua_error(L, GAL_EINVAL, "plan: %s must be a list", lists[i]);
    gal_lua_opts_end(&o);
    int parts = lua_gettop(L) - 2;
    a.nparts = lua_objlen(L, parts);
    a.nchannels = lua_objlen(L, parts + 1);
    gal_sky_part **list = lua_newuserdata(L, (a.nparts + 1) * sizeof(void *));
    gal_sky_channel *channel = lua_newuserdata(L, (a.nchannels + 1) * sizeof *channel);
    for (size_t i = 0; i < a.nparts; i++) {
        lua_rawgeti(L, parts, (int)i + 1);
        list[i] = gal_lua_check(L, -1, &gal_lua_part_class);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < a.nchannels; i++) {
        lua_rawgeti(L, parts + 1, (int)i + 1);
        channel[i].band = gal_lua_check(L, -1, &gal_lua_band);
        lua_rawgeti(L, parts + 2, (int)i + 1);
        gal_lua_checkstatus(L, gal_sky_unit_parse(&channel[i].unit, gal_lua_checkstr(L, lua_gettop(L))));
        lua_pop(L, 2);
    }
    a.parts = list;
    a.channels = channel;
    plan *q = GAL_NEW(plan);
    if (!q)
        return gal_lua_fail(L);
    q->npix = a.npix;
    q->nch = a.nchannels;
    gal_status st = gal_sky_plan_create(&q->p, &a);
    if (st != GAL_OK) {
        gal_free(q);
        return gal_lua_fail(L);
    }
    gal_lua_push(L, &plan_class, q);
    gal_lua_keep(L, -1, parts, "parts");
    return 1;
}

/* combine(out, { maps }, { coefficients }): out = sum of c m, component by component */
static int combine(lua_State *L)
{
    gal_skymap *out = gal_lua_check(L, 1, &gal_lua_skymap);
    size_t n, nc;
    const double *c = gal_lua_checkvec(L, 3, &nc);
    gal_lua_checktype(L, 2, LUA_TTABLE);
    n = lua_objlen(L, 2);
    if (n != nc)
        return gal_lua_error(L, GAL_EINVAL, "combine: %zu maps and %zu coefficients", n, nc);
    gal_skymap **m = lua_newuserdata(L, (n + 1) * sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        m[i] = gal_lua_check(L, -1, &gal_lua_skymap);
        if (m[i]->npix != out->npix || m[i]->ncomp != out->ncomp || m[i]->single != m[0]->single)
            return gal_lua_error(L, GAL_EINVAL, "combine: maps differ in shape");
        lua_pop(L, 1);
    }
    for (int k = 0; k < out->ncomp; k++) {
#pragma omp parallel for schedule(static)
        for (int64_t p = 0; p < out->npix; p++) {
            double s = 0;
            bool bad = false;
            for (size_t i = 0; i < n; i++) {
                double x = gal_skymap_get(m[i], k, p);
                bad = bad || gal_skymap_bad(x);
                s += c[i] * x;
            }
            gal_skymap_set(out, k, p, bad ? GAL_UNSEEN : s);
        }
    }
    return 0;
}

void gal_lua_sky_open_plan(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"plan", create, "plan(definition) -> plan\nInternal: parts bound to bands."},
        {"combine", combine, "combine(out, maps, coefficients)\nInternal: a map as a sum of maps."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &plan_class);
    gal_lua_module(L, "sky_core", rows, NULL);
}
