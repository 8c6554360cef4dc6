/* Photometry by the rule of DSPS: trapezoid over the filter's nodes, the spectrum (L_nu) linear in wavelength between its own and 0 outside.
 *   N(z) = trapz T L(lambda/(1+z))/lambda = sum_k b_k L_k AB0-normalised; exact derivative by z from the segments' slopes. */
#include "galua/dsps.h"
#include "galua/num.h"
#include "num/dot.h"

#include <math.h>
#include <string.h>

gal_status gal_dsps_band(size_t nf, const double *fwave, const double *trans, double z, size_t nwave,
                         const double *wave, double *b, double *db)
{
    gal_status st = GAL_OK;
    if (nf < 2 || nwave < 2)
        return gal_fail(GAL_EDOMAIN, "band: a filter of %zu nodes on a spectrum of %zu, at least 2 each are needed", nf,
                        nwave);
    if (!(z > -1))
        return gal_fail(GAL_EDOMAIN, "band: redshift %g must be above -1", z);
    st = gal_check_ascending("filter wavelengths", fwave, nf);
    if (st == GAL_OK)
        st = gal_check_ascending("spectrum wavelengths", wave, nwave);
    if (st != GAL_OK)
        return st;
    memset(b, 0, nwave * sizeof *b);
    if (db)
        memset(db, 0, nwave * sizeof *db);
    double norm = 0;
    for (size_t j = 0; j < nf; j++) {
        double left = j ? fwave[j] - fwave[j - 1] : 0, right = j + 1 < nf ? fwave[j + 1] - fwave[j] : 0;
        double q = 0.5 * (left + right) * trans[j] / fwave[j], x = fwave[j] / (1 + z);
        norm += q * GAL_DSPS_AB0;
        if (x < wave[0] || x > wave[nwave - 1])
            continue;
        size_t k = gal_search(wave, nwave, x);
        double h = wave[k + 1] - wave[k], u = (x - wave[k]) / h;
        b[k] += q * (1 - u);
        b[k + 1] += q * u;
        if (db) {
            double du = -q * x / ((1 + z) * h);
            db[k] -= du;
            db[k + 1] += du;
        }
    }
    if (!(norm > 0))
        return gal_fail(GAL_EDOMAIN, "band: the filter has no response");
    for (size_t k = 0; k < nwave; k++) {
        b[k] /= norm;
        if (db)
            db[k] /= norm;
    }
    return GAL_OK;
}

gal_status gal_dsps_resample(size_t nf, const double *fwave, const double *trans, size_t n, double *wave, double *out)
{
    if (nf < 2 || n < 2)
        return gal_fail(GAL_EDOMAIN, "filter: %zu nodes on %zu, at least 2 each are needed", nf, n);
    gal_status st = gal_check_ascending("filter wavelengths", fwave, nf);
    if (st != GAL_OK)
        return st;
    gal_linspace(fwave[0], fwave[nf - 1], n, wave);
    for (size_t i = 0; i < n; i++) {
        size_t k = gal_search(fwave, nf, wave[i]);
        out[i] = trans[k] + (trans[k + 1] - trans[k]) * (wave[i] - fwave[k]) / (fwave[k + 1] - fwave[k]);
    }
    return GAL_OK;
}

double gal_dsps_effective_wave(size_t nf, const double *fwave, const double *trans, double z)
{
    double up = 0, down = 0;
    for (size_t j = 0; j + 1 < nf; j++) {
        double h = fwave[j + 1] - fwave[j];
        up += h * (trans[j] * fwave[j] + trans[j + 1] * fwave[j + 1]);
        down += h * (trans[j] + trans[j + 1]);
    }
    return up / down / (1 + z);
}

void gal_dsps_cell_flux(size_t ncell, size_t nwave, const double *ssp, const double *b, double *flux)
{
    for (size_t i = 0; i < ncell; i++)
        flux[i] = num_dot(ssp + i * nwave, b, nwave);
}

/* ------------------------------------------------------------------ equivalent widths */
typedef struct quadratic {
    double G[9]; /* normal equations of the quadratic, then their Cholesky factor */
    size_t count;
} quadratic;

static void powers(const gal_ew_windows *w, double wave, double v[3])
{
    v[0] = 1;
    v[1] = (wave - w->mid) / (w->hi2 - w->mid);
    v[2] = v[1] * v[1];
}

static bool in_continuum(const gal_ew_windows *w, double x)
{
    return (x >= w->lo1 && x <= w->hi1) || (x >= w->lo2 && x <= w->hi2);
}

static gal_status factor(const gal_ew_windows *w, size_t n, const double *wave, quadratic *q)
{
    gal_status st = gal_check_ascending("equivalent width: wavelengths", wave, n);
    if (st != GAL_OK)
        return st;
    if (!(w->lo1 <= w->hi1 && w->lo2 <= w->hi2 && w->lo <= w->hi && w->hi2 > w->mid))
        return gal_fail(
            GAL_EDOMAIN,
            "equivalent width: windows %g .. %g, %g .. %g (continuum) and %g .. %g (line at %g) must ascend", w->lo1,
            w->hi1, w->lo2, w->hi2, w->lo, w->hi, w->mid);
    *q = (quadratic){.count = 0};
    for (size_t i = 0; i < n; i++) {
        if (!in_continuum(w, wave[i]))
            continue;
        double v[3];
        powers(w, wave[i], v);
        for (int a = 0; a < 9; a++)
            q->G[a] += v[a / 3] * v[a % 3];
        q->count++;
    }
    if (q->count < 3 || gal_cholesky(q->G, 3) != GAL_OK)
        return gal_fail(GAL_EDOMAIN,
                        "equivalent width: %zu wavelengths in the continuum windows, at least 3 are needed", q->count);
    return GAL_OK;
}

gal_status gal_dsps_ew_weights(const gal_ew_windows *w, size_t n, const double *wave, double *line, double *cont)
{
    quadratic q;
    gal_status st = factor(w, n, wave, &q);
    if (st != GAL_OK)
        return st;
    double sum[3] = {0}, at_mid[3] = {1, 0, 0}, v[3];
    for (size_t i = 0; i < n; i++) { /* trapezoid over the whole grid of what the mask leaves */
        double tw = ((i + 1 < n ? wave[i + 1] : wave[i]) - (i ? wave[i - 1] : wave[i])) / 2;
        line[i] = wave[i] >= w->lo && wave[i] <= w->hi ? tw : 0;
        powers(w, wave[i], v);
        for (int a = 0; a < 3; a++)
            sum[a] += line[i] * v[a];
    }
    gal_chol_solve(q.G, 3, sum);
    gal_chol_solve(q.G, 3, at_mid);
    for (size_t i = 0; i < n; i++) {
        cont[i] = 0;
        if (!in_continuum(w, wave[i]))
            continue;
        powers(w, wave[i], v);
        cont[i] = at_mid[0] * v[0] + at_mid[1] * v[1] + at_mid[2] * v[2];
        line[i] -= sum[0] * v[0] + sum[1] * v[1] + sum[2] * v[2];
    }
    return GAL_OK;
}
