/* Lua: targets that are not fits: a log-density written in Lua, and the problems of known evidence. Samplers take them like the
 * target of a fit. Lua functions are called one point at a time on the main state. */
#include "galua/prior.h"
#include "galua/problem.h"
#include "lua/bind/engine.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <string.h>

typedef struct density {
    gal_target t;        /* of a Lua function */
    gal_target *problem; /* or a problem, owned */
    double lnz;          /* of a problem */
    lua_State *L;
    gal_prior **prior; /* [ndim] */
    char **names;
    int depth; /* evaluations at work, one in another */
} density;
enum { DEPTH = 10 };
static const gal_lua_class density_class;
static const char DENSITIES[] = "galua.densities", MAIN_STATE[] = "galua.main_state";

static const gal_target *target_of(const density *d)
{
    return d->problem ? d->problem : &d->t;
}

/* ------------------------------------------------------------------ what samplers see */
const gal_target *gal_lua_check_target(lua_State *L, int idx, gal_fit **fit)
{
    const density *d = gal_lua_test(L, idx, &density_class);
    if (fit)
        *fit = NULL;
    if (d)
        return target_of(d);
    gal_fit *f = gal_lua_check(L, idx, &gal_lua_target);
    if (fit)
        *fit = f;
    return gal_fit_target(f);
}

int gal_lua_push_target_summary(lua_State *L, int idx, gal_draws_kind kind, size_t n, size_t C, const double *x,
                                const double *blobs, const double *w, size_t thin)
{
    gal_fit *f;
    const gal_target *t = gal_lua_check_target(L, idx, &f);
    if (f)
        return gal_lua_push_summary(L, f, kind, n, C, x, blobs, w, thin);
    const density *den = gal_lua_test(L, idx, &density_class);
    size_t d = t->ndim;
    double *value = gal_lua_scratch(L, n * C * d + 1);
    for (size_t i = 0; i < n * C * d; i++)
        value[i] = den->prior ? gal_prior_value(den->prior[i % d], x[i]) : x[i];
    gal_summary_in *in = lua_newuserdata(L, d * sizeof *in);
    for (size_t k = 0; k < d; k++) {
        in[k] = (gal_summary_in){.name = t->names[k], .thin = thin, .weight = w};
        in[k].values = gal_chains_column(value, n, C, d, k, 0);
        if (den->prior) {
            in[k].coord = gal_chains_column(x, n, C, d, k, 0);
            gal_prior_bounds(den->prior[k], &in[k].lo, &in[k].hi);
        }
    }
    return gal_lua_push_rows(L, kind, in, d, 0);
}

/* ------------------------------------------------------------------ a Lua function */
/* ln L and, with slope[ndim], its derivatives by the values, of the function number `which`: 1 lnlike, 2 gradient */
static gal_status called(const density *d, int which, lua_State *L, const double *value, double *lnl, double *slope)
{
    static const char *const names[3] = {"", "lnlike", "gradient"};
    lua_getfield(L, LUA_REGISTRYINDEX, DENSITIES);
    lua_pushlightuserdata(L, (void *)d);
    lua_rawget(L, -2);
    lua_rawgeti(L, -1, which);
    gal_lua_pushvec_copy(L, value, d->t.ndim);
    if (d->depth >= DEPTH)
        return gal_fail(GAL_EINVAL, "%s: it calls its own target, %d times one in another", names[which], DEPTH);
    ((density *)(uintptr_t)d)->depth++;
    gal_status st = gal_lua_call(L, 1, which, names[which]);
    ((density *)(uintptr_t)d)->depth--;
    if (st != GAL_OK)
        return st;
    if (lua_type(L, -which) != LUA_TNUMBER)
        return gal_fail(GAL_EINVAL, "%s: the function must return ln L, a number, got %s", names[which],
                        luaL_typename(L, -which));
    *lnl = lua_tonumber(L, -which);
    for (size_t k = 0; slope && k < d->t.ndim; k++) {
        const gal_vec *v = gal_lua_tovec(L, -1);
        if (v ? (size_t)v->n != d->t.ndim : !lua_istable(L, -1) || lua_objlen(L, -1) != d->t.ndim)
            return gal_fail(GAL_EINVAL,
                            "gradient: the second value must be the %zu derivatives of ln L by the parameters",
                            d->t.ndim);
        if (v) {
            slope[k] = v->data[k * (size_t)v->stride];
        } else {
            lua_rawgeti(L, -1, (int)k + 1);
            slope[k] = lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
        if (!isfinite(slope[k]))
            return gal_fail(GAL_EMATH, "gradient: derivative %zu of ln L is %g", k + 1, slope[k]);
    }
    return GAL_OK;
}

static gal_status call_lua(const density *d, int which, const double *value, double *lnl, double *slope)
{
    lua_State *L = d->L;
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 12))
        return gal_fail(GAL_ENOMEM, "target: the Lua stack is full");
    gal_status st = called(d, which, L, value, lnl, slope);
    lua_settop(L, top);
    return st;
}

static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    density *d = t->self;
    size_t n = t->ndim;
    gal_status st = GAL_OK;
    double *value = GAL_NEWN(double, n);
    (void)blob;
    if (!value)
        return GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < m; i++) {
        const double *x = theta + i * n;
        lnprior[i] = 0;
        lnlike[i] = -INFINITY;
        for (size_t k = 0; k < n; k++) {
            lnprior[i] += gal_prior_logpdf(d->prior[k], x[k]);
            value[k] = gal_prior_value(d->prior[k], x[k]);
        }
        if (lnprior[i] > -INFINITY)
            st = call_lua(d, 1, value, &lnlike[i], NULL);
    }
    gal_free(value);
    return st;
}

/* of ln prior + ln L in sampled coordinates; 0 where lnp = -inf */
static gal_status gradient(const gal_target *t, size_t m, const double *theta, double *lnp, double *grad)
{
    density *d = t->self;
    size_t n = t->ndim;
    gal_status st = GAL_OK;
    double *value = GAL_NEWN(double, n);
    if (!value)
        return GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < m; i++) {
        const double *x = theta + i * n;
        double *g = grad + i * n, lnl = 0;
        lnp[i] = 0;
        for (size_t k = 0; k < n; k++) {
            lnp[i] += gal_prior_logpdf(d->prior[k], x[k]);
            value[k] = gal_prior_value(d->prior[k], x[k]);
            g[k] = 0;
        }
        if (!(lnp[i] > -INFINITY))
            continue;
        st = call_lua(d, 2, value, &lnl, g);
        lnp[i] += lnl;
        for (size_t k = 0; k < n; k++) {
            double by = gal_prior_coord(d->prior[k]) == GAL_COORD_LOG10 ? 2.302585092994046 * value[k] : 1;
            g[k] = lnp[i] > -INFINITY ? g[k] * by + gal_prior_slope(d->prior[k], x[k]) : 0;
        }
    }
    gal_free(value);
    return st;
}

static gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    const density *d = t->self;
    for (size_t k = 0; k < t->ndim; k++)
        gal_prior_transform(d->prior[k], m, u + k, theta + k, t->ndim);
    return GAL_OK;
}

static void density_free(void *obj)
{
    density *d = obj;
    for (size_t k = 0; d->prior && k < d->t.ndim; k++) {
        gal_prior_unref(d->prior[k]);
        if (d->names)
            gal_free(d->names[k]);
    }
    gal_free(d->prior);
    gal_free(d->names);
    gal_problem_free(d->problem);
    gal_free(d);
}

/* ------------------------------------------------------------------ methods */
static int d_lnprob(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    size_t m;
    const double *x = gal_lua_checkpoints(L, 2, "target", t->ndim, &m);
    double *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m);
    gal_lua_checkstatus(L, gal_target_eval(t, m, x, lp, ll, NULL));
    return 2;
}

static int d_transform(lua_State *L)
{
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    size_t m;
    const double *u = gal_lua_checkpoints(L, 2, "target", t->ndim, &m);
    gal_lua_checkstatus(L, t->prior_transform(t, m, u, gal_lua_pushmat(L, m, t->ndim)));
    return 1;
}

static int d_get(lua_State *L, void *obj, const char *key)
{
    const density *d = obj;
    const gal_target *t = target_of(d);
    if (strcmp(key, "ndim") == 0)
        return lua_pushinteger(L, (int)t->ndim), 1;
    if (strcmp(key, "nblob") == 0)
        return lua_pushinteger(L, 0), 1;
    if (strcmp(key, "lnz") == 0 && d->problem)
        return lua_pushnumber(L, d->lnz), 1;
    if (strcmp(key, "names") == 0) {
        GAL_LUA_TEXTS(L, i, t->ndim, t->names[i]);
        return 1;
    }
    return 0;
}

static const gal_lua_field d_fields[] = {
    {"ndim", "number of parameters"},
    {"names", "their names"},
    {"nblob", "0"},
    {"lnz", "ln of the evidence, for the problems of benchmark.problem"},
    {NULL, NULL},
};
static const gal_lua_row d_methods[] = {
    {"lnprob", d_lnprob,
     "lnprob(x) -> vec, vec\nln prior and ln likelihood at points in sampled coordinates: a matrix of rows, or one "
     "vector."},
    {"prior_transform", d_transform, "prior_transform(u) -> matrix\nUnit cube to sampled coordinates."},
    {NULL, NULL, NULL},
};
static const gal_lua_class density_class = {
    .name = "density",
    .doc = "A log-density of your own, or a problem of known evidence; samplers take it like the target of a fit.",
    .methods = d_methods,
    .fields = d_fields,
    .free = density_free,
    .get = d_get,
};

/* ------------------------------------------------------------------ making one */
static gal_status take_names(density *d, lua_State *L, int names, int priors, size_t n)
{
    d->prior = GAL_NEWN(gal_prior *, n);
    d->names = GAL_NEWN(char *, n);
    if (!d->prior || !d->names)
        return GAL_ENOMEM;
    for (size_t k = 0; k < n; k++) {
        lua_rawgeti(L, names, (int)k + 1);
        lua_rawgeti(L, priors, (int)k + 1);
        gal_prior *p = gal_lua_test(L, -1, &gal_lua_prior);
        const char *name = lua_tostring(L, -2);
        if (!p || !name)
            return gal_fail(GAL_EINVAL,
                            "target: names[%d] must be a text and priors[%d] a prior, such as prior.uniform(0, 1)",
                            (int)k + 1, (int)k + 1);
        d->prior[k] = gal_prior_ref(p);
        if (!(d->names[k] = gal_strdup(name)))
            return GAL_ENOMEM;
        lua_pop(L, 2);
    }
    return GAL_OK;
}

int gal_lua_density_create(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "target");
    if (!gal_lua_opt_push(&o, "lnlike") || !lua_isfunction(L, -1))
        return gal_lua_error(L, GAL_EINVAL, "target: lnlike must be a function of the parameter values");
    int f = lua_gettop(L), slopes = 0;
    if (gal_lua_opt_push(&o, "gradient")) {
        slopes = lua_gettop(L);
        if (!lua_isfunction(L, slopes))
            return gal_lua_error(
                L, GAL_EINVAL,
                "target: gradient must be a function of the parameter values that returns ln L and its derivatives");
    }
    if (!gal_lua_opt_push(&o, "names") || !lua_istable(L, -1))
        return gal_lua_error(L, GAL_EINVAL, "target: 'names' is missing: a list of parameter names");
    int names = lua_gettop(L);
    if (!gal_lua_opt_push(&o, "priors") || !lua_istable(L, -1))
        return gal_lua_error(L, GAL_EINVAL, "target: 'priors' is missing: a list of priors");
    int priors = lua_gettop(L);
    gal_lua_opts_end(&o);
    size_t n = lua_objlen(L, names);
    if (n == 0 || lua_objlen(L, priors) != n)
        return gal_lua_error(L, GAL_EINVAL, "target: %d names but %d priors", (int)n, (int)lua_objlen(L, priors));
    density *d = GAL_NEW(density);
    if (!d)
        return gal_lua_fail(L);
    d->t = (gal_target){.ndim = n, .eval = eval, .prior_transform = transform, .self = d};
    gal_status st = take_names(d, L, names, priors, n);
    if (st != GAL_OK) {
        density_free(d);
        return gal_lua_fail(L);
    }
    d->t.names = (const char *const *)d->names;
    d->t.gradient = slopes ? gradient : NULL;
    lua_getfield(L, LUA_REGISTRYINDEX, MAIN_STATE);
    d->L = lua_touserdata(L, -1);
    gal_lua_push(L, &density_class, d);
    int handle = lua_gettop(L);
    lua_createtable(L, 1, 0); /* in the weak table, and kept by the handle */
    lua_pushvalue(L, f);
    lua_rawseti(L, -2, 1);
    if (slopes) {
        lua_pushvalue(L, slopes);
        lua_rawseti(L, -2, 2);
    }
    gal_lua_keep(L, handle, -1, "lnlike");
    lua_getfield(L, LUA_REGISTRYINDEX, DENSITIES);
    lua_pushlightuserdata(L, d);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_settop(L, handle);
    return 1;
}

/* problem(name, d) -> density */
static int problem(lua_State *L)
{
    const char *name = gal_lua_checkstr(L, 1);
    int n = gal_lua_checkint(L, 2, 1, 1000);
    density *d = GAL_NEW(density);
    if (!d)
        return gal_lua_fail(L);
    gal_status st = gal_problem_create(&d->problem, name, (size_t)n, &d->lnz);
    if (st != GAL_OK) {
        gal_free(d);
        return gal_lua_fail(L);
    }
    gal_lua_push(L, &density_class, d);
    return 1;
}

void gal_luaopen_density(lua_State *L);
void gal_luaopen_density(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"problem", problem,
         "benchmark.problem(name, ndim) -> density\nA target of known evidence, field lnz: gauss, correlated, scales, "
         "eggbox, shells, rosenbrock, rosenbrock10,\nloggamma, funnel, spike, half, vonmises, cake (galua/problem.h)."},
        {NULL, NULL, NULL},
    };
    lua_newtable(L);
    lua_newtable(L);
    gal_lua_set_text(L, "__mode", "v");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, DENSITIES);
    gal_lua_class_register(L, &density_class);
    gal_lua_module(L, "benchmark", rows, "Measurements; galua bench prints them.");
}
