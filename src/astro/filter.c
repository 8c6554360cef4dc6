/* filter.c - transmission curves: creation, validation, derived numbers, analytic shapes, reference counting.
 *
 * A curve is stored as the PHOTON response T at strictly ascending nodes, linear in wavelength between them and zero outside.
 * An energy response R becomes T = R * lambda_peak / lambda at its nodes (lambda_peak = node of the largest R, so the peak keeps
 * its height). The derived numbers are exact for the piecewise-linear T:
 *     int T/l dl per piece [l0,l1]:  a ln(l1/l0) + b (l1 - l0),  T = a + b l
 *     int T l dl:                    Simpson's rule (exact up to cubics)
 * Thread safety: a finished filter is immutable; the reference count is atomic. */
#include "galua/filter.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIVOT_MIN      0.1  /* A */
#define PIVOT_MAX      1e11 /* A: 10 m */
#define NEGATIVE_NOISE 0.01 /* measured curves dip below zero by up to this fraction of the peak: set to zero */
#define STEP_NUDGE     1e-9

typedef struct node {
    double x, y;
} node;

/* Copy in ascending order: a descending list is reversed, so that the two values of a step keep their sides. One curve ascends or
 * descends throughout: wavelengths that turn are two bands in one file, a typing error, or columns that are not what they seem. */
static gal_status ascending(node *v, const char *name, const double *wave, const double *trans, size_t n)
{
    bool descending = wave[n - 1] < wave[0];
    for (size_t i = 1; i < n; i++)
        if (descending ? wave[i] > wave[i - 1] : wave[i] < wave[i - 1])
            return gal_fail(GAL_EINVAL,
                            "filter '%s': the wavelength turns at node %zu (%.8g after %.8g): a curve ascends or "
                            "descends throughout; two bands are two files",
                            name, i + 1, wave[i], wave[i - 1]);
    for (size_t i = 0; i < n; i++) {
        size_t j = descending ? n - 1 - i : i;
        v[i] = (node){wave[j], trans[j]};
    }
    return GAL_OK;
}

static gal_status check_curve(const char *name, const double *wave, const double *trans, size_t n)
{
    if (n < 2)
        return gal_fail(GAL_EINVAL, "filter '%s': %zu node%s, at least 2 are needed", name, n, n == 1 ? "" : "s");
    double peak = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(wave[i]) || wave[i] <= 0)
            return gal_fail(GAL_EINVAL, "filter '%s': wavelength %g at node %zu is not a positive number", name,
                            wave[i], i + 1);
        if (!isfinite(trans[i]))
            return gal_fail(GAL_EINVAL, "filter '%s': transmission %g at node %zu is not a number", name, trans[i],
                            i + 1);
        if (trans[i] > peak)
            peak = trans[i];
    }
    double lo = wave[0], hi = wave[0];
    for (size_t i = 1; i < n; i++) {
        lo = wave[i] < lo ? wave[i] : lo;
        hi = wave[i] > hi ? wave[i] : hi;
    }
    if (lo == hi)
        return gal_fail(GAL_EINVAL, "filter '%s': all %zu nodes lie at %g A, a curve needs different wavelengths", name,
                        n, lo);
    if (peak <= 0)
        return gal_fail(GAL_EINVAL, "filter '%s': no node has a positive transmission", name);
    for (size_t i = 0; i < n; i++)
        if (trans[i] < -NEGATIVE_NOISE * peak)
            return gal_fail(GAL_EINVAL, "filter '%s': transmission %g at node %zu (%g A) is negative", name, trans[i],
                            i + 1, wave[i]);
    return GAL_OK;
}

/* int T dl, int T l dl, int T/l dl over the whole curve */
static void moments(const double *l, const double *t, size_t n, double *m0, double *m1, double *mm1)
{
    double s0 = 0, s1 = 0, sm = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double h = l[i + 1] - l[i], b = (t[i + 1] - t[i]) / h, mid = 0.5 * (l[i] + l[i + 1]),
               tm = 0.5 * (t[i] + t[i + 1]);
        s0 += h * tm;
        s1 += h / 6 * (l[i] * t[i] + 4 * mid * tm + l[i + 1] * t[i + 1]);
        sm += (t[i] - b * l[i]) * log1p(h / l[i]) + b * h;
    }
    *m0 = s0;
    *m1 = s1;
    *mm1 = sm;
}

static gal_status derive(gal_filter *f)
{
    double m0, m1, mm1, peak = 0;
    moments(f->wave, f->trans, f->n, &m0, &m1, &mm1);
    for (size_t i = 0; i < f->n; i++)
        peak = fmax(peak, f->trans[i]);
    if (!(m0 > 0) || !(mm1 > 0))
        return gal_fail(GAL_EINVAL, "filter '%s': the curve encloses no area", f->name);
    f->pivot = sqrt(m1 / mm1);
    f->mean = m1 / m0;
    f->width = m0 / peak;
    f->norm = 1 / mm1;
    if (f->pivot < PIVOT_MIN || f->pivot > PIVOT_MAX)
        return gal_fail(
            GAL_EDOMAIN,
            "filter '%s': pivot wavelength %.6g A is outside 0.1 .. 1e11 A; wavelengths are in Angstrom (these "
            "look like %s)",
            f->name, f->pivot, f->pivot < PIVOT_MIN ? "metre or centimetre" : "Hz");
    return GAL_OK;
}

gal_status gal_filter_create(gal_filter **out, const char *name, const double *wave, const double *trans, size_t n,
                             bool energy, const char *source)
{
    gal_status st = GAL_OK;
    gal_filter *f = NULL;
    node *v = NULL;
    *out = NULL;
    if (!name || !*name)
        GAL_THROW(GAL_EINVAL, "filter without a name");
    GAL_TRY(check_curve(name, wave, trans, n));
    f = GAL_NEW(gal_filter);
    v = GAL_NEWN(node, n);
    if (!f || !v)
        GAL_THROW(GAL_ENOMEM, "filter '%s': out of memory for %zu nodes", name, n);
    f->refs = 1;
    f->name = gal_strdup(name);
    f->source = gal_strdup(source ? source : "");
    f->wave = GAL_NEWN(double, n);
    f->trans = GAL_NEWN(double, n);
    if (!f->name || !f->source || !f->wave || !f->trans)
        GAL_THROW(GAL_ENOMEM, "filter '%s': out of memory for %zu nodes", name, n);
    f->energy = energy;
    GAL_TRY(ascending(v, name, wave, trans, n));
    size_t m = 0;
    double peak = 0, ref = v[0].x;
    for (size_t i = 0; i < n; i++) {
        double x = v[i].x, y = v[i].y > 0 ? v[i].y : 0;
        if (y > peak) {
            peak = y;
            ref = x;
        }
        if (i > 0 && v[i].x == v[i - 1].x && v[i].y == v[i - 1].y)
            continue; /* the same point twice */
        if (m > 0 && x <= f->wave[m - 1])
            x = f->wave[m - 1] * (1 + STEP_NUDGE);
        f->wave[m] = x;
        f->trans[m++] = y;
    }
    if (m < 2)
        GAL_THROW(GAL_EINVAL, "filter '%s': %zu different node%s, at least 2 are needed", name, m, m == 1 ? "" : "s");
    f->n = m;
    if (energy)
        for (size_t i = 0; i < m; i++)
            f->trans[i] *= ref / f->wave[i];
    GAL_TRY(derive(f));
out:
    gal_free(v);
    if (st != GAL_OK) {
        gal_filter_unref(f);
        return st;
    }
    *out = f;
    return GAL_OK;
}

gal_filter *gal_filter_ref(gal_filter *f)
{
    if (f)
        __atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
    return f;
}

void gal_filter_unref(gal_filter *f)
{
    if (!f || __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    gal_free(f->name);
    gal_free(f->source);
    gal_free(f->wave);
    gal_free(f->trans);
    gal_free(f);
}

gal_status gal_filter_tophat(gal_filter **out, const char *name, double lo, double hi)
{
    *out = NULL;
    if (!isfinite(lo) || !isfinite(hi) || lo <= 0 || hi <= lo)
        return gal_fail(GAL_EINVAL, "top-hat filter%s%s: edges %g .. %g A must be positive and ascending",
                        name ? " " : "", name ? name : "", lo, hi);
    char label[64];
    snprintf(label, sizeof label, "tophat(%.10g,%.10g)", lo, hi);
    const double wave[2] = {lo, hi}, trans[2] = {1, 1};
    return gal_filter_create(out, name && *name ? name : label, wave, trans, 2, false, "top-hat");
}

gal_status gal_filter_gaussian(gal_filter **out, const char *name, double centre, double fwhm)
{
    enum { STEPS = 160 }; /* a step of sigma/40: linear interpolation within 8e-5 of the peak */
    *out = NULL;
    if (!isfinite(centre) || !isfinite(fwhm) || centre <= 0 || fwhm <= 0)
        return gal_fail(GAL_EINVAL, "Gaussian filter%s%s: centre %g and fwhm %g A must be positive", name ? " " : "",
                        name ? name : "", centre, fwhm);
    double sigma = fwhm / (2 * sqrt(2 * log(2.0)));
    if (4 * sigma >= centre)
        return gal_fail(GAL_EINVAL,
                        "Gaussian filter%s%s: fwhm %g A is too wide for centre %g A (4 sigma must stay above 0)",
                        name ? " " : "", name ? name : "", fwhm, centre);
    char label[64];
    snprintf(label, sizeof label, "gaussian(%.10g,%.10g)", centre, fwhm);
    double wave[2 * STEPS + 1], trans[2 * STEPS + 1];
    for (int i = -STEPS; i <= STEPS; i++) {
        double u = 4.0 * i / STEPS;
        wave[i + STEPS] = centre + u * sigma;
        trans[i + STEPS] = exp(-0.5 * u * u);
    }
    return gal_filter_create(out, name && *name ? name : label, wave, trans, 2 * STEPS + 1, false, "Gaussian");
}
