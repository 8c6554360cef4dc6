/* Likelihood of independent data: Gaussian or outlier mixture, four treatments of upper limits, always normalised (formulas in
 * like.h). Thread-safe.
 *
 * ln Phi(t) for t < -12: ln phi(t) - ln|t| + ln(1 - 1/t^2 + 3/t^4 - 15/t^6 + ...) (Abramowitz & Stegun 26.2.12); ten terms are good
 * to 2e-13 at -12. */
#include "galua/like.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/like_int.h"

static const char *const NAME[GAL_LIMITS_N] = {"measured", "censored", "onesided", "cut"};

const char *gal_limits_name(gal_limits mode)
{
    return mode >= 0 && mode < GAL_LIMITS_N ? NAME[mode] : "?";
}

gal_status gal_limits_parse(gal_limits *out, const char *name)
{
    char hint[96];
    for (int i = 0; i < GAL_LIMITS_N; i++)
        if (strcmp(name, NAME[i]) == 0) {
            *out = (gal_limits)i;
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, NAME, GAL_LIMITS_N);
    return gal_fail(GAL_ENOTFOUND, "unknown limits '%s'%s (known: measured, censored, onesided, cut)", name, hint);
}

bool gal_limits_normalised(gal_limits mode)
{
    return mode != GAL_LIMITS_ONESIDED;
}

gal_status gal_like_check(size_t n, const char *const *names, const double *flux, const double *err,
                          const unsigned char *kind, gal_limits limits)
{
    for (size_t i = 0; i < n; i++) {
        char label[32];
        const char *what = names ? names[i] : label;
        if (!names)
            snprintf(label, sizeof label, "datum %zu", i + 1);
        if (!isfinite(flux[i]))
            return gal_fail(GAL_EINVAL, "%s: flux is %g; remove the row or give a limit", what, flux[i]);
        if (!(isfinite(err[i]) && err[i] > 0))
            return gal_fail(GAL_EINVAL, "%s: error is %g, it must be positive and finite", what, err[i]);
        if (kind && kind[i] == GAL_DATUM_LIMIT && limits != GAL_LIMITS_MEASURED && !(flux[i] > 0))
            return gal_fail(
                GAL_EINVAL,
                "%s: upper limit %g is not positive; give the limit (e.g. 3 sigma) or use limits = 'measured'", what,
                flux[i]);
    }
    return GAL_OK;
}

/* Phi(t) sqrt(2 pi) |t| e^{t^2/2} for t < -12 */
static double tail_series(double t)
{
    double u = 1 / (t * t), term = 1, sum = 1;
    for (int k = 1; k <= 10; k++) {
        term *= -(2 * k - 1) * u;
        sum += term;
    }
    return sum;
}

double gal_lnphi(double t)
{
    if (t > 0)
        return log1p(-0.5 * erfc(t * M_SQRT1_2));
    if (t >= -12 || isnan(t))
        return log(0.5 * erfc(-t * M_SQRT1_2));
    return -0.5 * t * t - LN_SQRT_2PI - log(-t) + log(tail_series(t));
}

double gal_dlnphi(double t)
{
    if (t >= -12 || isnan(t))
        return exp(-0.5 * t * t - LN_SQRT_2PI) / (0.5 * erfc(-t * M_SQRT1_2));
    return -t / tail_series(t);
}

static const gal_noise NO_NOISE;

void gal_like_sigma(size_t n, const double *flux, const double *err, const double *model, const gal_noise *noise,
                    double *s)
{
    const gal_noise_data d = {.n = n, .flux = flux, .err = err};
    gal_noise_terms t;
    gal_noise_begin(&t, &d, noise ? noise : &NO_NOISE);
    for (size_t i = 0; i < n; i++)
        s[i] = sqrt(gal_noise_variance(&t, &d, i, model[i]));
}

double gal_like_gaussian(size_t n, const double *flux, const double *err, const unsigned char *kind,
                         const double *model, const gal_noise *noise, gal_limits limits, double *terms)
{
    const gal_like l = {.n = n, .flux = flux, .err = err, .kind = kind, .limits = limits};
    gal_noise_terms t;
    gal_noise_begin(&t, &l.data, noise ? noise : &NO_NOISE);
    return like_independent(&l, model, &t, terms, NULL);
}
