/* The proposal of SMC: a multivariate Student t fitted to weighted points. Thread-safe. */
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "gmix.h"
#include "smc_int.h"

#define NU_MIN 1.
#define NU_MAX 1e4
#define MAX_EM 60

double student_distance(const student *t, const double *z, double *work)
{
    return gauss_distance(t->d, z, t->mean, t->chol, work);
}

/* Weighted mean and scale matrix, factor included; u[n]: latent precisions, sum of w u for the mean, of w for the scale. */
static gal_status moments(student *t, size_t n, const double *z, const double *w, const double *u)
{
    size_t d = t->d;
    double sum = 0, trace = 0, all = 0;
    memset(t->mean, 0, d * sizeof(double));
    memset(t->chol, 0, d * d * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double c = w[i] * (u ? u[i] : 1);
        sum += c;
        all += w[i];
        for (size_t k = 0; k < d; k++)
            t->mean[k] += c * z[i * d + k];
    }
    for (size_t k = 0; k < d; k++)
        t->mean[k] /= sum;
    for (size_t i = 0; i < n; i++) {
        double c = w[i] * (u ? u[i] : 1) / all;
        for (size_t k = 0; k < d; k++) {
            double v = c * (z[i * d + k] - t->mean[k]);
            for (size_t j = 0; j <= k; j++)
                t->chol[k * d + j] += v * (z[i * d + j] - t->mean[j]);
        }
    }
    for (size_t k = 0; k < d; k++)
        trace += t->chol[k * d + k] / (double)d;
    for (size_t k = 0; k < d; k++) {
        t->chol[k * d + k] += 1e-12 * trace;
        for (size_t j = 0; j < k; j++)
            t->chol[j * d + k] = t->chol[k * d + j];
    }
    return gal_cholesky(t->chol, d);
}

/* Root in nu of -psi(nu/2) + ln(nu/2) + 1 + mean(ln u - u) + psi((nu0 + d)/2) - ln((nu0 + d)/2), which falls with nu. */
static double solve_nu(double mean, double nu0, double d)
{
    double c = 1 + mean + gsl_sf_psi((nu0 + d) / 2) - log((nu0 + d) / 2), lo = log(NU_MIN), hi = log(NU_MAX);
    for (int i = 0; i < 60; i++) {
        double mid = 0.5 * (lo + hi), h = exp(mid) / 2;
        if (-gsl_sf_psi(h) + log(h) + c > 0)
            lo = mid;
        else
            hi = mid;
    }
    return exp(0.5 * (lo + hi));
}

gal_status student_fit(student *t, size_t n, const double *z, const double *w)
{
    size_t d = t->d;
    double *u = GAL_NEWN(double, n + d);
    gal_status st = GAL_OK;
    if (!u)
        return GAL_ENOMEM;
    t->nu = 10;
    st = moments(t, n, z, w, NULL);
    for (int it = 0; st == GAL_OK && it < MAX_EM; it++) {
        double mean = 0, was = t->nu;
        for (size_t i = 0; i < n; i++) {
            u[i] = (t->nu + (double)d) / (t->nu + student_distance(t, z + i * d, u + n));
            mean += w[i] * (log(u[i]) - u[i]);
        }
        st = moments(t, n, z, w, u);
        t->nu = solve_nu(mean, t->nu, (double)d);
        if (fabs(log(t->nu / was)) < 0.003 && it > 2)
            break;
    }
    gal_free(u);
    return st == GAL_OK ? st
                        : gal_fail(GAL_EMATH, "smc: the particles do not span the %zu parameters; raise particles", d);
}
