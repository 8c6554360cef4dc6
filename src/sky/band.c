/* band.c - bandpasses: trapezoid weights of intensities and of Rayleigh-Jeans temperatures, factors between units; see galua/band.h.
 *
 * w -> w / int w dnu = p; p nu^2 / int p nu^2 dnu = W. The factor between units and the emission use the same points. Thread safe. */
#include "galua/band.h"
#include "galua/num.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct gal_band {
    atomic_int refs;
    size_t n;
    char name[64];
    double *nu, *weight, *coef, *power; /* one block */
};

static gal_status check(const char *name, size_t n, const double *nu, const double *w)
{
    double total = 0;
    if (n < 1)
        return gal_fail(GAL_EINVAL, "band '%s': at least one frequency is needed", name);
    for (size_t i = 0; i < n; i++) {
        if (!(nu[i] > 0 && isfinite(nu[i])))
            return gal_fail(GAL_EDOMAIN, "band '%s': frequency %zu is %g GHz; it must be positive", name, i + 1, nu[i]);
        if (i && !(nu[i] > nu[i - 1]))
            return gal_fail(GAL_EINVAL, "band '%s': frequencies must ascend, %g GHz follows %g", name, nu[i],
                            nu[i - 1]);
        if (w && !(w[i] >= 0 && isfinite(w[i])))
            return gal_fail(GAL_EDOMAIN, "band '%s': weight %g at %g GHz; weights are finite and not negative", name,
                            w[i], nu[i]);
        total += w ? w[i] : 1;
    }
    if (!(total > 0))
        return gal_fail(GAL_EDOMAIN, "band '%s': all weights are zero", name);
    return GAL_OK;
}

gal_status gal_band_create(gal_band **out, const char *name, size_t n, const double *nu, const double *w,
                           gal_band_weights convention)
{
    gal_status st = check(name, n, nu, n > 1 ? w : NULL);
    *out = NULL;
    if (st != GAL_OK)
        return st;
    gal_band *b = GAL_NEW(gal_band);
    if (!b || !(b->nu = GAL_NEWN(double, 4 * n))) {
        gal_free(b);
        return GAL_ENOMEM;
    }
    atomic_init(&b->refs, 1);
    snprintf(b->name, sizeof b->name, "%s", name);
    b->n = n;
    b->weight = b->nu + n;
    b->coef = b->nu + 2 * n;
    b->power = b->nu + 3 * n;
    memcpy(b->nu, nu, n * sizeof *nu);
    if (n == 1) {
        b->weight[0] = b->coef[0] = b->power[0] = 1;
        *out = b;
        return GAL_OK;
    }
    double *step = b->coef, p = 0, t = 0, ref = nu[n - 1];
    gal_trapz_weights(nu, n, step);
    for (size_t i = 0; i < n; i++) {
        double x = nu[i] / ref, v = w ? w[i] : 1;
        b->weight[i] = convention == GAL_BAND_RJ ? v : v * x * x;
        b->power[i] = convention == GAL_BAND_RJ ? v / (x * x) : v;
        p += b->power[i] * step[i];
        t += b->weight[i] * step[i];
    }
    for (size_t i = 0; i < n; i++) {
        b->power[i] *= step[i] / p;
        b->weight[i] /= t;
        b->coef[i] = b->weight[i] * step[i];
    }
    *out = b;
    return GAL_OK;
}

gal_band *gal_band_ref(gal_band *b)
{
    if (b)
        atomic_fetch_add(&b->refs, 1);
    return b;
}

void gal_band_unref(gal_band *b)
{
    if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
        return;
    gal_free(b->nu);
    gal_free(b);
}

const char *gal_band_name(const gal_band *b)
{
    return b->name;
}

size_t gal_band_size(const gal_band *b)
{
    return b->n;
}

const double *gal_band_nu(const gal_band *b)
{
    return b->nu;
}

const double *gal_band_weight(const gal_band *b)
{
    return b->weight;
}

const double *gal_band_coef(const gal_band *b)
{
    return b->coef;
}

const double *gal_band_power(const gal_band *b)
{
    return b->power;
}

double gal_band_center(const gal_band *b)
{
    double s = 0;
    for (size_t i = 0; i < b->n; i++)
        s += b->power[i] * b->nu[i];
    return s;
}

double gal_band_width(const gal_band *b)
{
    double s = 0, c = gal_band_center(b);
    for (size_t i = 0; i < b->n; i++)
        s += b->power[i] * (b->nu[i] - c) * (b->nu[i] - c);
    return sqrt(s);
}

static double through(const gal_band *b, const gal_sky_unit *u) /* int w g dnu / int w dnu, g of one unit in Jy/sr */
{
    double s = 0;
    for (size_t i = 0; i < b->n; i++) {
        double g = u->quantity == GAL_SKY_K_RJ    ? gal_sky_g_rj(b->nu[i])
                   : u->quantity == GAL_SKY_K_CMB ? gal_sky_g_cmb(b->nu[i])
                                                  : 1;
        s += b->power[i] * g;
    }
    return s * u->scale;
}

gal_status gal_band_factor(const gal_band *b, const gal_sky_unit *from, const gal_sky_unit *to, double *factor)
{
    if (from->quantity == to->quantity || from->quantity == GAL_SKY_PLAIN || to->quantity == GAL_SKY_PLAIN)
        return gal_sky_unit_factor(from, to, b->nu[0], factor);
    *factor = through(b, from) / through(b, to);
    return GAL_OK;
}

gal_status gal_band_moved(gal_band **out, const gal_band *b, double shift, double stretch)
{
    double *x = GAL_NEWN(double, 2 * b->n);
    *out = NULL;
    if (!x)
        return GAL_ENOMEM;
    double *step = x + b->n;
    gal_trapz_weights(b->nu, b->n, step);
    for (size_t i = 0; i < b->n; i++) {
        x[i] = b->nu[i] * (1 + stretch) + shift;
        step[i] = b->n > 1 ? b->power[i] / step[i] : 1;
    }
    gal_status st = gal_band_create(out, b->name, b->n, x, step, GAL_BAND_POWER);
    gal_free(x);
    return st;
}

double gal_band_at(const gal_band *b, double nu)
{
    if (b->n == 1)
        return nu == b->nu[0] ? 1 : 0;
    return nu < b->nu[0] || nu > b->nu[b->n - 1] ? 0 : gal_interp(b->nu, b->weight, b->n, nu, GAL_ZERO);
}
