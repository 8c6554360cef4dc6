/* Lua: derivatives of a fit target: gradient, second derivatives, Fisher information, and what in them is differenced. */
#include "galua/fit.h"
#include "lua/bind/l_classes.h"

#include <lauxlib.h>

/* gradient(x[, { step = , numerical = }]) -> lnp, gradient */
int gal_lua_target_gradient(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    const gal_target *t = gal_fit_target(f);
    size_t m = 1, n, d = t->ndim;
    const double *x = gal_lua_tomat(L, 2) ? gal_lua_checkmat(L, 2, &m, &n) : gal_lua_checkvec(L, 2, &n);
    if (n != d)
        return gal_lua_error(L, GAL_EINVAL, "target: points have %d coordinates, expected %d", (int)n, (int)d);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 3, "target:gradient");
    double step = gal_lua_opt_range(&o, "step", 1e-4, 1e-12, 0.1);
    bool numerical = gal_lua_opt_bool(&o, "numerical", false);
    gal_lua_opts_end(&o);
    double *h = gal_lua_scratch(L, d);
    for (size_t k = 0; k < d; k++)
        h[k] = step * (gal_prior_quantile(gal_fit_prior(f, k), 0.84) - gal_prior_quantile(gal_fit_prior(f, k), 0.16));
    double *lnp = gal_lua_pushvec(L, m), *grad = gal_lua_pushmat(L, m, d);
    gal_lua_checkstatus(L, gal_target_gradient(t, m, x, h, numerical, lnp, grad));
    return 2;
}

static const double *one_point(lua_State *L, int i, size_t d)
{
    size_t n;
    const double *x = gal_lua_checkvec(L, i, &n);
    if (n != d)
        gal_lua_error(L, GAL_EINVAL, "target: the point has %d coordinates, expected %d", (int)n, (int)d);
    return x;
}

/* x -> Fisher information of the bands */
int gal_lua_target_fisher(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    size_t d = gal_fit_target(f)->ndim;
    const double *x = one_point(L, 2, d);
    gal_lua_checkstatus(L, gal_fit_fisher(f, x, gal_lua_pushmat(L, d, d)));
    return 1;
}

/* x, v -> H v, H the second derivatives of ln posterior */
int gal_lua_target_hessian_vector(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    const gal_target *t = gal_fit_target(f);
    const double *x = one_point(L, 2, t->ndim), *v = one_point(L, 3, t->ndim);
    double h = lua_isnoneornil(L, 4) ? 1e-3 : gal_lua_checknum(L, 4);
    if (!(h > 0))
        return gal_lua_argerror(L, 4, "a positive step");
    gal_lua_checkstatus(L, gal_target_hessian_vector(t, x, v, h, gal_lua_pushvec(L, t->ndim)));
    return 1;
}

/* -> list of what gradients take by differences */
int gal_lua_target_differences(lua_State *L)
{
    gal_fit_slopes *s = lua_newuserdata(L, sizeof *s);
    gal_lua_checkstatus(L, gal_fit_slopes_of(gal_lua_check(L, 1, &gal_lua_target), s));
    GAL_LUA_TEXTS(L, i, s->n, s->what[i]);
    return 1;
}
