/* Lua: the spectral part of fits. What the C side offers to lua/galua/spectrum/fit.lua. */
#include "galua/fit.h"
#include "galua/spectrum.h"
#include "lua/bind/l_classes.h"

static int params(lua_State *L)
{
    size_t n;
    const gal_param *p = gal_spectral_params(&n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        gal_lua_push_param(L, "spec.", &p[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* points x of the target at stack index 1, in its coordinates */
static const double *points(lua_State *L, const gal_fit *f, size_t *m)
{
    size_t nd;
    const double *x = gal_lua_checkmat(L, 2, m, &nd);
    if (nd != gal_fit_target((gal_fit *)f)->ndim)
        gal_lua_error(L, GAL_EINVAL, "target: the points have %d coordinates, expected %d", (int)nd,
                      (int)gal_fit_target((gal_fit *)f)->ndim);
    return x;
}

static const gal_obs *data_of(lua_State *L)
{
    gal_lua_kept(L, 1, "data");
    const gal_obs *obs = gal_lua_check(L, -1, &gal_lua_obs);
    lua_pop(L, 1);
    return obs;
}

/* number of a spectrum at stack index idx, the first where none is given; *s NULL: there is none */
static size_t which_spectrum(lua_State *L, int idx, const gal_obs *obs, const gal_spectrum **s)
{
    size_t which = lua_isnoneornil(L, idx) ? 0 : (size_t)gal_lua_checknum(L, idx) - 1;
    *s = which < obs->nspectrum ? obs->spectrum[which] : NULL;
    return which;
}

/* of_fit(target, x[, seed[, number]]) -> { model, fitted, coef, amp, sigma, measure, line, gp, p_out | y, measured }: a row per point */
static int of_fit(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    size_t m;
    const double *x = points(L, f, &m);
    bool draw = !lua_isnoneornil(L, 3);
    uint64_t seed = draw ? (uint64_t)gal_lua_checknum(L, 3) : 0;
    const gal_obs *obs = data_of(L);
    const gal_spectrum *s;
    size_t which = which_spectrum(L, 4, obs, &s);
    const gal_fit_pixel_terms has = gal_fit_pixels_have(f, which);
    size_t np = s ? s->n : 0, nc = s && s->calib.mode != GAL_CALIB_NONE ? (size_t)s->calib.order + 1 : 0;
    const struct {
        const char *name;
        size_t cols;
        bool wanted;
    } part[] = {{"model", np, true},
                {"fitted", np, true},
                {"coef", nc, true},
                {"amp", s ? s->nline : 0, true},
                {"sigma", np, true},
                {"measure", gal_obs_nmeasured(obs), true},
                {"line", gal_galaxy_nlines(gal_fit_galaxy(f)), true},
                {"gp", np, !draw && has.gp},
                {"p_out", np, !draw && has.outliers},
                {"y", np, draw},
                {"measured", gal_obs_nmeasured(obs), draw}};
    enum { NPART = sizeof part / sizeof *part };
    double *row[NPART];
    lua_createtable(L, 0, NPART);
    for (int i = 0; i < NPART; i++) {
        row[i] = part[i].wanted ? gal_lua_pushmat(L, m, part[i].cols) : NULL;
        if (row[i])
            lua_setfield(L, -2, part[i].name);
    }
    const gal_fit_view view = {.model = row[0],
                               .fitted = row[1],
                               .coef = row[2],
                               .amp = row[3],
                               .sigma = row[4],
                               .measure = row[5],
                               .line = row[6],
                               .gp = row[7],
                               .p_out = row[8],
                               .y = row[9],
                               .measured = row[10]};
    gal_lua_checkstatus(L, gal_fit_spectrum(f, which, m, x, draw, seed, &view));
    return 1;
}

/* pixels(target, x[, number]) -> term, cdf: a row per point */
static int pixels(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    size_t m;
    const double *x = points(L, f, &m);
    const gal_spectrum *s;
    size_t which = which_spectrum(L, 3, data_of(L), &s);
    double *term = gal_lua_pushmat(L, m, s ? s->n : 0), *cdf = gal_lua_pushmat(L, m, s ? s->n : 0);
    gal_lua_checkstatus(L, gal_fit_pixels(f, which, m, x, term, cdf));
    return 2;
}

/* loo(target, x, reff[, number]) -> elpd, khat, pit; nil when the pixels' likelihood is no density of each pixel */
static int loo(lua_State *L)
{
    gal_fit *f = gal_lua_check(L, 1, &gal_lua_target);
    size_t m;
    const double *x = points(L, f, &m);
    double reff = gal_lua_checknum(L, 3);
    const gal_spectrum *s;
    size_t which = which_spectrum(L, 4, data_of(L), &s);
    if (s && !gal_fit_pixels_have(f, which).density)
        return 0;
    size_t n = s ? s->n : 0;
    double *elpd = gal_lua_pushvec(L, n), *khat = gal_lua_pushvec(L, n), *pit = gal_lua_pushvec(L, n);
    gal_lua_checkstatus(L, gal_fit_loo_pixels(f, which, m, x, reff, elpd, khat, pit));
    return 3;
}

void gal_luaopen_spectrum_fit(lua_State *L);
void gal_luaopen_spectrum_fit(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"params", params,
         "params() -> list\nThe parameters of a spectrum that a fit can vary: name, unit, value, range."},
        {"of_fit", of_fit,
         "of_fit(target, x[, seed[, number]]) -> table\nA spectrum (the first) and the measured numbers at points x, a "
         "row each: model, fitted (with "
         "calibration and free lines), sigma [mJy], coef, amp, measure (indices, then lines), line (fluxes of the "
         "model's lines [erg/s/cm2]), and where the fit has such noise gp (mean of the correlated noise), p_out. With "
         "a "
         "seed: coef and amp drawn, and replicated data: y, measured."},
        {"pixels", pixels,
         "pixels(target, x[, number]) -> matrix, matrix\nPer point and pixel ln p(pixel | the other pixels) and the "
         "probability "
         "that they give to a smaller flux; nan where masked."},
        {"loo", loo,
         "loo(target, x, reff[, number]) -> vec, vec, vec\nPer pixel elpd, Pareto k and PIT over draws x of the "
         "posterior, as "
         "fit:loo() has them; nothing where a profiled polynomial is no density."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "spectrum", rows, NULL);
}
