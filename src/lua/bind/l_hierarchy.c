/* Lua: sums over the draws of many posteriors, and mixtures as densities, as lua/galua/hierarchy.lua uses them (module hierarchy_core);
 * users see hierarchy{...}. */
#include "galua/hierarchy.h"
#include "infer/sampler/gmix.h"
#include "lua/kit/util.h"

#include <math.h>

static void sums_free(void *obj)
{
    gal_hierarchy_free(obj);
}
static const gal_lua_class sums_class, mixture_class;

static int push_value(lua_State *L, const gal_hierarchy_value *v)
{
    lua_pushnumber(L, v->lnl);
    lua_pushnumber(L, v->variance);
    lua_pushnumber(L, v->least);
    lua_pushnumber(L, (double)v->source + 1);
    lua_pushnumber(L, v->alpha);
    lua_pushnumber(L, v->noise);
    return 6;
}

static int mark(lua_State *L)
{
    gal_hierarchy_mark(gal_lua_check(L, 1, &sums_class));
    return 0;
}

/* sums:normal(mean, sd, pivot, slope): vectors of nq, slope of nq^2 */
static int normal(lua_State *L)
{
    gal_hierarchy *h = gal_lua_check(L, 1, &sums_class);
    size_t n[4];
    gal_hierarchy_law law = {.mean = gal_lua_checkvec(L, 2, &n[0]),
                             .sd = gal_lua_checkvec(L, 3, &n[1]),
                             .pivot = gal_lua_checkvec(L, 4, &n[2]),
                             .slope = gal_lua_checkvec(L, 5, &n[3])};
    size_t nq = gal_hierarchy_quantities(h);
    if (n[0] != nq || n[1] != nq || n[2] != nq || n[3] != nq * nq)
        return gal_lua_error(L, GAL_EINVAL, "hierarchy: a law of %zu quantities", nq);
    gal_hierarchy_value v;
    gal_lua_checkstatus(L, gal_hierarchy_normal(h, &law, &v));
    return push_value(L, &v);
}

static int lnlike(lua_State *L)
{
    gal_hierarchy *h = gal_lua_check(L, 1, &sums_class);
    size_t n;
    const double *lnp = gal_lua_checkvec(L, 2, &n);
    if (n != gal_hierarchy_points(h))
        return gal_lua_error(L, GAL_EINVAL,
                             "hierarchy: %zu values of ln p, %zu are wanted, one per draw (and detected mock)", n,
                             gal_hierarchy_points(h));
    gal_hierarchy_value v;
    gal_lua_checkstatus(L, gal_hierarchy_lnlike(h, lnp, &v));
    return push_value(L, &v);
}

/* terms(matrix [nterm][ndraw]) */
static int terms(lua_State *L)
{
    gal_hierarchy *h = gal_lua_check(L, 1, &sums_class);
    size_t n, m;
    const double *x = gal_lua_checkmat(L, 2, &n, &m);
    if (m != gal_hierarchy_draws(h))
        return gal_lua_error(L, GAL_EINVAL, "hierarchy: terms of %zu draws, there are %zu", m, gal_hierarchy_draws(h));
    gal_lua_checkstatus(L, gal_hierarchy_terms(h, n, x));
    return 0;
}

static int tilt(lua_State *L)
{
    gal_hierarchy *h = gal_lua_check(L, 1, &sums_class);
    size_t n;
    const double *c = gal_lua_checkvec(L, 2, &n);
    if (n != gal_hierarchy_term_count(h))
        return gal_lua_error(L, GAL_EINVAL, "hierarchy: %zu coefficients of %zu terms", n, gal_hierarchy_term_count(h));
    gal_hierarchy_tilt(h, c);
    return 0;
}

/* sums{ start =, y =, lnpi =, mock =, lnq =, nmock = } */
static int sums(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "hierarchy_core.sums");
    size_t ns = 0, ny = 0, npi = 0, nm = 0, nlq = 0;
    const double *s = gal_lua_opt_vec(&o, "start", &ns), *y = gal_lua_opt_vec(&o, "y", &ny);
    const double *lnpi = gal_lua_opt_vec(&o, "lnpi", &npi), *mock = gal_lua_opt_vec(&o, "mock", &nm),
                 *lnq = gal_lua_opt_vec(&o, "lnq", &nlq);
    double nmock = gal_lua_opt_range(&o, "nmock", 0, 0, 1e15);
    gal_lua_opts_end(&o);
    if (!s || !y || !lnpi || ns < 2 || npi == 0 || ny % npi != 0 || (nlq > 0 && nm != ny / npi * nlq))
        return gal_lua_error(L, GAL_EINVAL, "hierarchy: start, y and lnpi do not belong together");
    size_t *start = (size_t *)(void *)gal_lua_scratch(L, ns);
    for (size_t i = 0; i < ns; i++) {
        if (!(s[i] >= 0 && s[i] <= (double)npi))
            return gal_lua_error(L, GAL_EINVAL, "hierarchy: source %zu starts at draw %g of %zu", i + 1, s[i], npi);
        start[i] = (size_t)s[i];
    }
    if (start[0] != 0 || start[ns - 1] != npi)
        return gal_lua_error(L, GAL_EINVAL, "hierarchy: the sources have %zu of %zu draws", start[ns - 1], npi);
    gal_hierarchy_data d = {.nsource = ns - 1,
                            .nquantity = ny / npi,
                            .start = start,
                            .y = y,
                            .lnpi = lnpi,
                            .ndetected = nlq,
                            .nmock = nmock,
                            .y_mock = mock,
                            .lnq = lnq};
    gal_hierarchy *h;
    gal_lua_checkstatus(L, gal_hierarchy_create(&h, &d));
    gal_lua_push(L, &sums_class, h);
    return 1;
}

static const gal_lua_row sums_methods[] = {
    {"normal", normal,
     "normal(mean, sd, pivot, slope) -> ln L, variance, least effective draws, source, alpha, noise\nGaussians in "
     "sequence."},
    {"lnlike", lnlike,
     "lnlike(ln p) -> ln L, variance, least effective draws, source, alpha, noise\nOf a population that was "
     "evaluated."},
    {"terms", terms, "terms(matrix)\nWhat is added to the ln weight of each draw, times the coefficients of tilt()."},
    {"tilt", tilt, "tilt(coefficients)\nOf the terms, from here on."},
    {"mark", mark, "mark()\nThe last call becomes the reference that noise counts from."},
    {NULL, NULL, NULL},
};
static const gal_lua_class sums_class = {
    .name = "hierarchy_sums", .doc = "Internal: draws of many posteriors.", .methods = sums_methods, .free = sums_free};

/* ------------------------------------------------------------------ mixtures */
static void mixture_free(void *obj)
{
    gmix_clear(obj);
    gal_free(obj);
}

static int mixture_lnpdf(lua_State *L)
{
    const gmix *g = gal_lua_check(L, 1, &mixture_class);
    size_t n, d;
    const double *x = gal_lua_checkmat(L, 2, &n, &d);
    if (d != g->d)
        return gal_lua_error(L, GAL_EINVAL, "mixture: points of %zu coordinates, not %zu", d, g->d);
    double *out = gal_lua_pushvec(L, n);
    gal_lua_checkstatus(L, gmix_lnpdfs(g, n, x, out));
    return 1;
}

/* mixture(points, seed): at most 24 components, as many as half of the points want for the other half */
static int mixture(lua_State *L)
{
    size_t n, d;
    const double *x = gal_lua_checkmat(L, 1, &n, &d);
    uint64_t seed = (uint64_t)gal_lua_checknum(L, 2);
    if (n < 100 * d)
        return gal_lua_error(L, GAL_EINVAL, "mixture: %zu points in %zu dimensions are too few", n, d);
    double *w = gal_lua_scratch(L, n);
    for (size_t i = 0; i < n; i++)
        w[i] = 1 / (double)n;
    gmix *g = GAL_NEW(gmix);
    if (!g)
        return gal_lua_error(L, GAL_ENOMEM, "mixture: out of memory");
    gmix_fit_opt o = {.k = 24, .ess = (double)n, .iterations = 200, .seed = seed};
    gmix_tails tails = {0};
    gal_status st = gmix_fit_best(g, d, n, x, w, &o, &tails);
    if (st != GAL_OK)
        gal_free(g);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &mixture_class, g);
    return 1;
}

static const gal_lua_row mixture_methods[] = {
    {"lnpdf", mixture_lnpdf, "lnpdf(points) -> vec\nln density of the rows of a matrix."},
    {NULL, NULL, NULL},
};
static const gal_lua_class mixture_class = {.name = "hierarchy_mixture",
                                            .doc = "Internal: a mixture of Gaussians.",
                                            .methods = mixture_methods,
                                            .free = mixture_free};

void gal_luaopen_hierarchy(lua_State *L);
void gal_luaopen_hierarchy(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"sums", sums,
         "sums{ start =, y =, lnpi =, mock =, lnq =, nmock = } -> sums\nInternal: draws of many posteriors."},
        {"mixture", mixture, "mixture(points, seed) -> mixture\nInternal: Gaussians fitted to the rows of a matrix."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &sums_class);
    gal_lua_class_register(L, &mixture_class);
    gal_lua_module(L, "hierarchy_core", rows, "What hierarchy{...} is made of: see hierarchy.");
}
