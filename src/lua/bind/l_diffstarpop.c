/* Lua: diffstarpop{...}, the distribution of Diffstar parameters in halos: draws for population{}, and the gradient by its 88 parameters. */
#include "galua/diffstarpop.h"
#include "lua/bind/l_diffstar.h"

#include <math.h>
#include <string.h>

typedef struct dspop {
    double p[GAL_DSPOP_N];
} dspop;

static const gal_lua_class diffstarpop_class;
static void dspop_free(void *obj)
{
    gal_free(obj);
}

static int get(lua_State *L, void *obj, const char *key)
{
    const dspop *d = obj;
    for (int i = 0; i < GAL_DSPOP_N; i++)
        if (strcmp(gal_diffstarpop_params()[i].name, key) == 0)
            return lua_pushnumber(L, d->p[i]), 1;
    return 0;
}

static void list(lua_State *L, void *obj)
{
    (void)obj;
    GAL_LUA_TEXTS(L, i, GAL_DSPOP_N, gal_diffstarpop_params()[i].name);
}

/* The call that makes it: those of the 88 parameters that are not as by default */
static void tostring(lua_State *L, void *obj)
{
    const dspop *d = obj;
    bool any = false;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "diffstarpop{");
    for (int i = 0; i < GAL_DSPOP_N; i++) {
        const gal_soft_param *q = &gal_diffstarpop_params()[i];
        if (d->p[i] == q->def)
            continue;
        luaL_addstring(&b, any ? ", " : " ");
        gal_lua_add_key(&b, q->name);
        gal_lua_add_number(&b, d->p[i]);
        any = true;
    }
    luaL_addstring(&b, any ? " }" : "}");
    luaL_pushresult(&b);
}

typedef struct halos {
    gal_dspop_halos h;
    const double *mah[GAL_DIFFMAH_N]; /* [n] */
    double *eps;
} halos;

/* option `name`: a number for all halos or one for each of n, on the stack */
static const double *column(gal_lua_opts *o, const char *name, double def, size_t n)
{
    size_t len = 1;
    const double *x = NULL;
    if (gal_lua_opt_push(o, name) && lua_type(o->L, -1) != LUA_TNUMBER) {
        lua_pop(o->L, 1);
        x = gal_lua_opt_vec(o, name, &len);
    }
    if (x && len != n)
        gal_lua_error(o->L, GAL_EINVAL, "diffstarpop: %s has %d values for %d halos", name, (int)len, (int)n);
    if (x)
        return x;
    double v = gal_lua_opt_num(o, name, def), *all = gal_lua_scratch(o->L, n);
    for (size_t i = 0; i < n; i++)
        all[i] = v;
    return all;
}

static void read(lua_State *L, int at, halos *r)
{
    gal_lua_opts o;
    size_t n = 1;
    luaL_checkstack(L, 60, "diffstarpop");
    gal_lua_opts_begin(L, &o, at, "diffstarpop.draw");
    if (gal_lua_opt_push(&o, "logm0") && lua_type(L, -1) != LUA_TNUMBER)
        gal_lua_checkvec(L, lua_gettop(L), &n);
    for (int i = 0; i < GAL_DIFFMAH_N; i++)
        r->mah[i] = column(&o, gal_diffmah_params()[i].name, gal_diffmah_params()[i].def, n);
    bool sat = gal_lua_opt_given(&o, "since");
    const double *since = sat ? column(&o, "since", -1, n) : NULL, *mu = sat ? column(&o, "lgmu", 0, n) : NULL,
                 *host = sat ? column(&o, "logmhost", 0, n) : NULL;
    double lt0 = log10(gal_lua_opt_range(&o, "t0", GAL_DIFFSTAR_T0, 0.1, 100)),
           seed = gal_lua_opt_range(&o, "seed", 1, 0, 9e15);
    gal_lua_opts_end(&o);
    double *m = gal_lua_scratch(L, n), t0 = pow(10, lt0);
    for (size_t i = 0; i < n; i++) {
        double p[GAL_DIFFMAH_N];
        for (int k = 0; k < GAL_DIFFMAH_N; k++)
            p[k] = r->mah[k][i];
        gal_diffmah(p, lt0, 1, &t0, m + i, NULL, NULL, NULL);
    }
    r->h = (gal_dspop_halos){
        .n = n, .logmp = m, .tpeak = r->mah[GAL_MAH_TPEAK], .lgmu = mu, .logmhost = host, .since = since};
    r->eps = gal_lua_scratch(L, GAL_DSPOP_EPS * n);
    gal_diffstarpop_normals((uint64_t)seed, n, r->eps);
}

static int draw(lua_State *L)
{
    halos r;
    lua_settop(L, 2);
    const dspop *d = gal_lua_check(L, 1, &diffstarpop_class);
    read(L, 2, &r);
    size_t n = r.h.n;
    double *x = gal_lua_scratch(L, 2 * GAL_DIFFSTAR_N * n), *f = gal_lua_scratch(L, n);
    gal_lua_checkstatus(L, gal_diffstarpop_draw(d->p, &r.h, r.eps, x, x + GAL_DIFFSTAR_N * n, f));
    lua_newtable(L);
    int out = lua_gettop(L);
    for (int k = 0; k < GAL_HISTORY_N; k++) {
        double *v = gal_lua_pushvec(L, 2 * n);
        const double *a = k < GAL_DIFFMAH_N ? r.mah[k] : x + (size_t)(k - GAL_DIFFMAH_N) * n;
        memcpy(v, a, n * sizeof *v);
        memcpy(v + n, k < GAL_DIFFMAH_N ? a : a + GAL_DIFFSTAR_N * n, n * sizeof *v);
        lua_setfield(L, out,
                     k < GAL_DIFFMAH_N ? gal_diffmah_params()[k].name : gal_diffstar_params()[k - GAL_DIFFMAH_N].name);
    }
    double *w = gal_lua_pushvec(L, 2 * n);
    for (size_t i = 0; i < n; i++) {
        w[i] = 1 - f[i];
        w[n + i] = f[i];
    }
    return 2;
}

/* field `name` of the table at place 3, 2n numbers on the stack; NULL: not there, no part in the loss */
static const double *field(lua_State *L, const char *name, size_t n)
{
    size_t len;
    lua_getfield(L, 3, name);
    if (lua_isnil(L, -1))
        return NULL;
    const double *x = gal_lua_checkvec(L, lua_gettop(L), &len);
    if (len != n)
        gal_lua_error(L, GAL_EINVAL, "diffstarpop: the gradient by %s has %d values for %d galaxies, two of each halo",
                      name, (int)len, (int)n);
    return x;
}

static int draw_gradient(lua_State *L)
{
    halos r;
    lua_settop(L, 3);
    const dspop *d = gal_lua_check(L, 1, &diffstarpop_class);
    gal_lua_checktype(L, 3, LUA_TTABLE);
    read(L, 2, &r);
    size_t n = r.h.n, half = GAL_DIFFSTAR_N * n;
    double *g = gal_lua_scratch(L, 2 * half + n), *gf = g + 2 * half, gp[GAL_DSPOP_N];
    memset(g, 0, (2 * half + n) * sizeof *g);
    for (size_t k = 0; k < GAL_DIFFSTAR_N; k++) {
        const double *x = field(L, gal_diffstar_params()[k].name, 2 * n);
        if (x) {
            memcpy(g + k * n, x, n * sizeof *g);
            memcpy(g + half + k * n, x + n, n * sizeof *g);
        }
    }
    const double *w = field(L, "weights", 2 * n);
    for (size_t i = 0; w && i < n; i++)
        gf[i] = w[n + i] - w[i];
    gal_lua_checkstatus(L, gal_diffstarpop_draw_vjp(d->p, &r.h, r.eps, g, g + half, gf, gp));
    lua_newtable(L);
    for (int i = 0; i < GAL_DSPOP_N; i++)
        gal_lua_set_num(L, gal_diffstarpop_params()[i].name, gp[i]);
    return 1;
}

static const gal_lua_row methods[] = {
    {"draw", draw,
     "draw{ logm0 =, ..., seed = } -> table, vec\nGalaxies of halos: two of each, on the main sequence (the first "
     "half) and quenched, as options of "
     "population{}, and the weights of both,\nthe probabilities of either kind.\n"
     "@param logm0, logtc, early_index, late_index, t_peak of the halos, as in diffmah: one number, or one for each "
     "halo of logm0\n"
     "@param since [Gyr] (none) since the halo fell into a host, below 0 for centrals\n@param lgmu (0) log10 of its "
     "mass over the host's at infall\n"
     "@param logmhost [log10 Msun] (0) mass of the host at infall\n@param t0 [Gyr] (13.8) age of the Universe that "
     "logm0 refers to\n"
     "@param seed (1) of the scatter\n@example options, weights = diffstarpop{}:draw{ logm0 = linspace(11, 14, 10) }; "
     "print(weights)"},
    {"draw_gradient", draw_gradient,
     "draw_gradient({ logm0 =, ..., seed = }, g) -> table\nDerivatives of a loss by the 88 parameters. The options are "
     "those of draw; g holds the "
     "derivatives by what draw gave, as gradient and\ncounts_gradient of population give them: lgmcrit, ..., lg_rejuv, "
     "weights; what is left out has "
     "no part."},
    {NULL, NULL, NULL},
};

static const gal_lua_class diffstarpop_class = {
    .name = "diffstarpop",
    .doc = "Diffstar parameters of the galaxies of halos. Its 88 parameters are fields.",
    .methods = methods,
    .free = dspop_free,
    .get = get,
    .list = list,
    .tostring = tostring,
};

static int create(lua_State *L)
{
    gal_lua_opts o;
    dspop d = {{0}};
    double u[GAL_DSPOP_N];
    gal_lua_opts_begin(L, &o, 1, "diffstarpop");
    int fit = gal_lua_opt_choice(&o, "calibration", gal_diffstarpop_fit_names(), GAL_DSPOP_FITS, 0);
    gal_lua_checkstatus(L, gal_diffstarpop_fit(gal_diffstarpop_fit_names()[fit], d.p));
    for (int i = 0; i < GAL_DSPOP_N; i++)
        d.p[i] = gal_lua_opt_num(&o, gal_diffstarpop_params()[i].name, d.p[i]);
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_soft_unbounded("diffstarpop", gal_diffstarpop_params(), GAL_DSPOP_N, d.p, u));
    dspop *own = GAL_NEW(dspop);
    if (!own)
        return gal_lua_fail(L);
    *own = d;
    gal_lua_push(L, &diffstarpop_class, own);
    return 1;
}

void gal_luaopen_diffstarpop(lua_State *L);
void gal_luaopen_diffstarpop(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"diffstarpop", create,
         "diffstarpop{...} -> diffstarpop\nWhich galaxies form in a halo: the distribution of Diffstar parameters on "
         "the main sequence and quenched, "
         "and the fraction of either, with\nhalo mass, t_peak and time since infall (DiffstarPop; defaults calibrated "
         "to SMDPL). Options are "
         "its 88 parameters, by name.\n"
         "@param calibration (smdpl_dr1_nomerging) a published set of them, which the others change: "
         "smdpl_dr1_nomerging, "
         "smdpl_dr1, tng, galacticus_in_situ,\ngalacticus_in_plus_ex_situ (of diffstar 1.0.3)\n"
         "@example print(diffstarpop{ frac_quench_cen_k = 2.5 })"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &diffstarpop_class);
    gal_lua_module(L, NULL, rows, NULL);
}
