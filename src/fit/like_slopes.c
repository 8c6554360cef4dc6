/* Derivatives of the likelihood of bands: see galua/like.h and like_joint.c for what is differentiated.
 *
 * Independent data: of each term with respect to residual, variance and share of outliers. Correlated Gaussian data: with K the covariance
 * and u = K^-1 r, d ln L = u.dm + sum W_ij dK_ij, W = (u u' - K^-1)/2. The rest by differences of ln L alone. Thread-safe; no allocation. */
#include <math.h>
#include <string.h>

#include "fit/like_int.h"
#include "galua/num.h"

typedef struct slopes {
    double r, s2, f, n; /* with respect to residual, variance, share and width of outliers */
} slopes;

/* Of one component, with variance v; ln p in *l */
static slopes component(double r, double v, bool censored, double *l)
{
    *l = like_component(r, 0, v, censored, NULL);
    if (!censored)
        return (slopes){.r = -r / v, .s2 = 0.5 * (r * r / v - 1) / v};
    double sd = sqrt(v), t = r / sd, lambda = gal_dlnphi(t);
    return (slopes){.r = lambda / sd, .s2 = -0.5 * lambda * t / v};
}

/* Of ln p of a datum as like_predict has it without correlations */
static slopes datum_slopes(double r, double s2, bool limit, gal_limits limits, const gal_noise_terms *z)
{
    double la, lb, f = z->share, n = z->width;
    if (limit && limits == GAL_LIMITS_ONESIDED)
        return r < 0 ? (slopes){.r = -r / s2, .s2 = 0.5 * r * r / (s2 * s2)} : (slopes){0};
    if (limit && limits == GAL_LIMITS_CUT)
        return (slopes){0};
    bool censored = limit && limits == GAL_LIMITS_CENSORED;
    slopes a = component(r, s2, censored, &la), b = component(r, s2 * n * n, censored, &lb);
    if (!(f > 0)) {
        a.f = exp(fmin(lb - la, 700)) - 1;
        return a;
    }
    double q = 1 / (1 + (1 - f) / f * exp(fmin(la - lb, 700))), p = 1 - q; /* probability of an outlier */
    return (slopes){.r = p * a.r + q * b.r,
                    .s2 = p * a.s2 + q * n * n * b.s2,
                    .f = q / f - p / (1 - f),
                    .n = 2 * n * s2 * q * b.s2};
}

static void independent(const gal_like *l, const double *model, const gal_noise_terms *z, double *gmodel,
                        double *gnoise)
{
    for (size_t i = 0; i < l->n; i++) {
        bool limit = l->kind && l->kind[i] == GAL_DATUM_LIMIT;
        double s2 = gal_noise_variance(z, &l->data, i, model[i]);
        slopes s = datum_slopes(l->flux[i] - model[i], s2, limit, l->limits, z);
        gmodel[i] = -s.r;
        gal_noise_variance_slopes(z, &l->data, i, model[i], s.s2, &gmodel[i], gnoise);
        if (z->share_at < GAL_NOISE_NPAR) {
            gnoise[z->share_at] += s.f;
            gnoise[z->width_at] += s.n;
        }
    }
}

static void covariance(const gal_like *l, const double *model, const gal_noise_terms *z, double *K)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t j = 0; j < l->n; j++)
            K[i * l->n + j] = (i == j ? gal_noise_variance(z, &l->data, i, model[i]) : 0) +
                              gal_noise_covariance(z, i, j, 1, 1) * model[i] * model[j];
}

static bool gaussian(const gal_like *l, const double *model, const gal_noise_terms *z, double *work, double *gmodel,
                     double *gnoise)
{
    size_t n = l->n;
    double *K = work, *inverse = K + n * n, *u = inverse + n * n;
    covariance(l, model, z, K);
    if (gal_cholesky(K, n) != GAL_OK)
        return false;
    for (size_t i = 0; i < n; i++)
        u[i] = l->flux[i] - model[i];
    gal_chol_solve(K, n, u);
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t i = 0; i < n; i++) {
        inverse[i * n + i] = 1;
        gal_chol_solve(K, n, inverse + i * n);
    }
    for (size_t i = 0; i < n; i++) {
        double wii = 0.5 * (u[i] * u[i] - inverse[i * n + i]);
        gmodel[i] = u[i];
        gal_noise_variance_slopes(z, &l->data, i, model[i], wii, &gmodel[i], gnoise);
        for (size_t j = 0; j < n; j++) {
            double w = 0.5 * (u[i] * u[j] - inverse[i * n + j]);
            gmodel[i] += 2 * w * gal_noise_covariance(z, i, j, 1, 1) * model[j];
            gal_noise_covariance_slopes(z, i, j, w * model[i] * model[j], gnoise);
        }
    }
    return true;
}

/* Central difference over five points of the function at x; *x is put back. */
static double difference(const gal_like *l, const double *model, const gal_noise *z, double *work, double *x, double h)
{
    double at = *x, f[4];
    static const double step[4] = {-2, -1, 1, 2};
    for (int i = 0; i < 4; i++) {
        *x = at + step[i] * h;
        f[i] = gal_like_eval(l, model, z, work);
    }
    *x = at;
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
}

static void by_differences(const gal_like *l, const double *model, const gal_noise *z, double *work, double *gmodel,
                           double *gnoise)
{
    double *m = work + l->n * l->n + 3 * l->n; /* behind what gal_like_eval uses */
    gal_noise y = *z;
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    memcpy(m, model, l->n * sizeof *m);
    for (size_t i = 0; i < l->n; i++)
        gmodel[i] = difference(l, m, &y, work, &m[i], 1e-3 * sqrt(gal_noise_variance(&t, &l->data, i, model[i])));
    for (size_t i = 0; i < GAL_NOISE_NPAR; i++) {
        double h = i == t.scale_at ? 1e-3 : 1e-3 * fabs(y.par[i]);
        gnoise[i] = h > 0 ? difference(l, m, &y, work, &y.par[i], h) : 0;
    }
}

bool gal_like_exact(const gal_like *l, bool outliers)
{
    bool all = !outliers;
    for (size_t i = 0; l->kind && i < l->n; i++)
        all = all && (l->kind[i] != GAL_DATUM_LIMIT || l->limits == GAL_LIMITS_MEASURED);
    bool markov;
    return all || !gal_noise_correlated(&l->data, &markov);
}

double gal_like_gradient(const gal_like *l, const double *model, const gal_noise *z, double *work, double *gmodel,
                         double gnoise[GAL_NOISE_NPAR])
{
    double lnl = gal_like_eval(l, model, z, work);
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    memset(gnoise, 0, GAL_NOISE_NPAR * sizeof *gnoise);
    memset(gmodel, 0, l->n * sizeof *gmodel);
    if (!isfinite(lnl))
        return lnl;
    if (!t.ncov)
        independent(l, model, &t, gmodel, gnoise);
    else if (!gal_like_exact(l, t.share > 0) || !gaussian(l, model, &t, work, gmodel, gnoise))
        by_differences(l, model, z, work, gmodel, gnoise);
    return lnl;
}

/* ------------------------------------------------------------------ Fisher information */
/* What derivatives by the parameters are worth along column a of Z */
static double along(const double *gnoise, const double *Z, size_t d, size_t a)
{
    double sum = 0;
    for (size_t k = 0; k < GAL_NOISE_NPAR; k++)
        sum += gnoise[k] != 0 ? gnoise[k] * Z[k * d + a] : 0;
    return sum;
}

/* dK along column a of J and Z */
static void covariance_change(const gal_like *l, const double *model, const gal_noise_terms *z, size_t d,
                              const double *J, const double *Z, size_t a, double *dK)
{
    size_t n = l->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double g[GAL_NOISE_NPAR] = {0}, gm = 0;
            gal_noise_covariance_slopes(z, i, j, model[i] * model[j], g);
            if (i == j)
                gal_noise_variance_slopes(z, &l->data, i, model[i], 1, &gm, g);
            dK[i * n + j] = gal_noise_covariance(z, i, j, 1, 1) * (J[i * d + a] * model[j] + model[i] * J[j * d + a]) +
                            gm * J[i * d + a] + along(g, Z, d, a);
        }
}

/* Of independent data K is diagonal. U[d]: room */
static gal_status independent_fisher(const gal_like *l, const double *model, const gal_noise_terms *t, size_t d,
                                     const double *J, const double *Z, double *F, double *U)
{
    memset(F, 0, d * d * sizeof *F);
    for (size_t i = 0; i < l->n; i++) {
        double v = gal_noise_variance(t, &l->data, i, model[i]), g[GAL_NOISE_NPAR] = {0}, gm = 0;
        const double *row = J + i * d;
        if (!(v > 0))
            return gal_fail(GAL_EMATH, "fisher: the variance of datum %zu is %g", i + 1, v);
        gal_noise_variance_slopes(t, &l->data, i, model[i], 1, &gm, g);
        for (size_t a = 0; a < d; a++)
            U[a] = (gm * row[a] + along(g, Z, d, a)) / v;
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b <= a; b++)
                F[a * d + b] += row[a] * row[b] / v + 0.5 * U[a] * U[b];
    }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < a; b++)
            F[b * d + a] = F[a * d + b];
    return GAL_OK;
}

gal_status gal_like_fisher(const gal_like *l, const double *model, const gal_noise *z, size_t d, const double *J,
                           const double *Z, double *F)
{
    gal_status st = GAL_OK;
    size_t n = l->n;
    double *K = GAL_NEWN(double, (1 + d) * n * n + n * d + n + 1);
    if (!K)
        return GAL_ENOMEM;
    double *A = K + n * n, *U = A + d * n * n, *column = U + n * d; /* K^-1 dK_a; K^-1 J */
    gal_noise_terms t;
    gal_noise_begin(&t, &l->data, z);
    bool gaussian_data = !(t.share > 0);
    for (size_t i = 0; i < n; i++)
        gaussian_data &= !(l->kind && l->kind[i] == GAL_DATUM_LIMIT && l->limits != GAL_LIMITS_MEASURED);
    if (!gaussian_data)
        GAL_THROW(GAL_EUNSUP, "fisher: of Gaussian data only: there are outliers, or limits that are no measurements");
    if (!t.ncov) {
        st = independent_fisher(l, model, &t, d, J, Z, F, A);
        goto out;
    }
    covariance(l, model, &t, K);
    GAL_TRY(gal_cholesky(K, n));
    for (size_t a = 0; a < d; a++) {
        double *Aa = A + a * n * n;
        covariance_change(l, model, &t, d, J, Z, a, Aa);
        for (size_t j = 0; j < n; j++) { /* dK is symmetric: its rows are its columns, and become those of K^-1 dK */
            gal_chol_solve(K, n, Aa + j * n);
            column[j] = J[j * d + a];
        }
        gal_chol_solve(K, n, column);
        for (size_t j = 0; j < n; j++)
            U[j * d + a] = column[j];
    }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b <= a; b++) {
            const double *Aa = A + a * n * n, *Ab = A + b * n * n;
            double sum = 0, trace = 0;
            for (size_t i = 0; i < n; i++)
                sum += J[i * d + a] * U[i * d + b];
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    trace += Aa[i * n + j] * Ab[j * n + i];
            F[a * d + b] = F[b * d + a] = sum + 0.5 * trace;
        }
out:
    gal_free(K);
    return st;
}
