/* realise.c - Gaussian coefficients with upstream's bit streams, and realisations of small scales by the logarithm of the polarisation tensor
 * with modulation: X = modulation * small + large, then exp (Planck Collaboration 2020 XI; the recipe of PySM 3 models d11, s6). */
#include "galua/skysim.h"
#include "sky/legacy_random.h"

#include <math.h>
#include <string.h>

/* Lower Cholesky factor of the covariance at one l; a field without power is 0 */
static void factor(int n, const double *const cl[4][4], int l, double c[4][4])
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double s = cl[i][j] ? cl[i][j][l] : 0;
            for (int k = 0; k < j; k++)
                s -= c[i][k] * c[j][k];
            c[i][j] = i == j ? sqrt(s > 0 ? s : 0) : c[j][j] > 0 ? s / c[j][j] : 0;
        }
}

gal_status gal_legacy_alm(gal_legacy_random *r, int nfield, int lmax, int keep, const double *const cl[4][4],
                          double *const *a)
{
    double root = sqrt(0.5);
    keep = keep < lmax ? keep : lmax;
    double(*chol)[4][4] = gal_calloc((size_t)keep + 1, sizeof *chol);
    if (!chol)
        return GAL_ENOMEM;
    for (int f = 0; f < nfield; f++) /* all real parts of a field, then all imaginary ones, m by m */
        for (int part = 0; part < 2; part++)
            for (int m = 0; m <= lmax; m++)
                for (int l = m; l <= lmax; l++) {
                    double x = gal_legacy_normal(r);
                    if (l <= keep)
                        a[f][2 * gal_alm_index(keep, l, m) + (size_t)part] = m ? root * x : part ? 0 : x;
                }
    for (int l = 0; l <= keep; l++)
        factor(nfield, cl, l, chol[l]);
    for (int m = 0; m <= keep; m++)
        for (int l = m; l <= keep; l++) {
            size_t at = 2 * gal_alm_index(keep, l, m);
            for (int part = 0; part < 2; part++)
                for (int i = nfield - 1; i >= 0; i--) {
                    double s = 0;
                    for (int j = 0; j <= i; j++)
                        s += chol[l][i][j] * a[j][at + (size_t)part];
                    a[i][at + (size_t)part] = s;
                }
        }
    gal_free(chol);
    return GAL_OK;
}

gal_status gal_logpoltens(size_t n, double *i, double *q, double *u)
{
    for (size_t k = 0; k < n; k++) {
        double p = sqrt(q[k] * q[k] + u[k] * u[k]), t = i[k];
        if (!(t > p))
            return gal_fail(GAL_EDOMAIN, "log-pol-tens: pixel %zu has I = %g and P = %g; I must be larger", k, t, p);
        double f = p > 0 ? atanh(p / t) / p : 1 / t;
        i[k] = 0.5 * log((t - p) * (t + p));
        q[k] *= f;
        u[k] *= f;
    }
    return GAL_OK;
}

void gal_logpoltens_inverse(size_t n, double *i, double *q, double *u)
{
    for (size_t k = 0; k < n; k++) {
        double p = sqrt(q[k] * q[k] + u[k] * u[k]), e = exp(i[k]), f = p > 0 ? sinh(p) / p : 1;
        i[k] = e * cosh(p);
        q[k] *= e * f;
        u[k] *= e * f;
    }
}

/* out += scale of the map */
static gal_status synthesise(const gal_alm *a, int64_t nside, double *const *out, bool add)
{
    gal_skymap *m = NULL;
    gal_status st = gal_skymap_create(&m, nside, GAL_RING, a->ncomp, false, NULL, 0);
    if (st == GAL_OK)
        st = gal_alm2map(a, m);
    for (int c = 0; st == GAL_OK && c < a->ncomp; c++) {
        const double *x = m->data[c];
        for (int64_t k = 0; k < m->npix; k++)
            out[c][k] = add ? out[c][k] + x[k] : x[k];
    }
    gal_skymap_free(m);
    return st;
}

static double *padded(int n, const double *cl, int lmax)
{
    double *x = cl ? GAL_NEWN(double, (size_t)lmax + 1) : NULL;
    if (x)
        memcpy(x, cl, (size_t)(n < lmax + 1 ? n : lmax + 1) * sizeof *x);
    return x;
}

gal_status gal_realise(const gal_realise_args *a, double *const *out)
{
    gal_status st = GAL_OK;
    int nf = a->ee ? 3 : 1, cut = a->cut < a->lmax ? a->cut : a->lmax;
    size_t npix = (size_t)gal_healpix_npix(a->nside);
    gal_legacy_random *r = NULL;
    gal_alm *alm = NULL;
    double *cl[4] = {padded(a->ncl, a->tt, a->lmax), padded(a->ncl, a->ee, a->lmax), padded(a->ncl, a->bb, a->lmax),
                     padded(a->ncl, a->te, a->lmax)};
    const double *const spectra[4][4] = {{cl[0]}, {cl[3], cl[1]}, {NULL, NULL, cl[2]}};
    if (!cl[0] || (nf == 3 && (!cl[1] || !cl[2] || !cl[3])))
        GAL_THROW(GAL_EINVAL, "realisation: spectra are missing");
    if (a->large && a->large->ncomp != nf)
        GAL_THROW(GAL_EINVAL, "realisation: large scales of %d components, small scales of %d", a->large->ncomp, nf);
    GAL_TRY(gal_legacy_random_create(&r, a->seed));
    GAL_TRY(gal_alm_create(&alm, cut, nf));
    GAL_TRY(gal_legacy_alm(r, nf, a->lmax, cut, spectra, alm->a));
    GAL_TRY(synthesise(alm, a->nside, out, false));
    gal_alm_free(alm);
    alm = NULL;
    for (int c = 0; c < nf; c++) {
        const double *m = a->modulation[c > 0];
        for (size_t k = 0; m && k < npix; k++)
            out[c][k] *= m[k];
    }
    if (a->large)
        GAL_TRY(synthesise(a->large, a->nside, out, true));
    if (nf == 3)
        gal_logpoltens_inverse(npix, out[0], out[1], out[2]);
out:
    gal_legacy_random_free(r);
    gal_alm_free(alm);
    for (int i = 0; i < 4; i++)
        gal_free(cl[i]);
    return st;
}

gal_status gal_radiation_field(size_t n, uint32_t seed, const double *t_mean, const double *t_std,
                               const double *beta_mean, const double *beta_std, double *u)
{
    gal_legacy_random *r;
    gal_status st = gal_legacy_random_create(&r, seed);
    double mean = 0, *t = st == GAL_OK ? GAL_NEWN(double, n) : NULL;
    if (!t) {
        if (st == GAL_OK)
            gal_legacy_random_free(r);
        return st == GAL_OK ? GAL_ENOMEM : st;
    }
    for (size_t k = 0; k < n; k++) {
        t[k] = t_mean[k] + gal_legacy_normal(r) * t_std[k];
        mean += t[k] / (double)n;
    }
    for (size_t k = 0; k < n; k++) {
        double x = (4 + beta_mean[k] + gal_legacy_normal(r) * beta_std[k]) * log10(t[k] / mean);
        u[k] = x < -3 ? -3 : x > 5 ? 5 : x;
    }
    gal_legacy_random_free(r);
    gal_free(t);
    return GAL_OK;
}
