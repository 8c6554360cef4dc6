/* Derivatives of the likelihood of bands: see galua/like.h and like_joint.c for what is differentiated.
 *
 * Independent data: of each term with respect to residual, variance and share of outliers. Correlated Gaussian data: with K the covariance
 * and u = K^-1 r, d ln L = u.dm + sum W_ij dK_ij, W = (u u' - K^-1)/2. The rest by differences of ln L alone. Thread-safe; no allocation. */
#include <math.h>
#include <string.h>

#include "fit/like_int.h"
#include "galua/num.h"

enum { F_CAL, LN_SCALE, JITTER, F_OUT, N_OUT, GP_AMPLITUDE, GP_LENGTH }; /* of gal_noise_params */

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
static slopes datum_slopes(double r, double s2, bool limit, gal_limits limits, const gal_noise *z)
{
    double la, lb, f = z->f_out, n = z->n_out > 0 ? z->n_out : GAL_NOISE_NOUT;
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

/* What the variance of datum i depends on, times g */
static void variance_slopes(const gal_like *l, size_t i, double model, const gal_noise *z, double g, double *gmodel,
                            double *gnoise)
{
    double scale2 = exp(2 * z->lnscale);
    *gmodel += g * 2 * z->f_model * z->f_model * model;
    gnoise[F_CAL] += g * 2 * z->f_model * model * model;
    gnoise[LN_SCALE] += g * 2 * l->err[i] * l->err[i] * scale2;
    gnoise[JITTER] += g * 2 * z->jitter;
}

static double variance(const gal_like *l, size_t i, double model, const gal_noise *z)
{
    return like_variance(l->flux[i], l->err[i], model, z, l->floor ? l->floor[i] : z->floor, exp(2 * z->lnscale));
}

static void independent(const gal_like *l, const double *model, const gal_noise *z, double *gmodel, double *gnoise)
{
    for (size_t i = 0; i < l->n; i++) {
        bool limit = l->kind && l->kind[i] == GAL_DATUM_LIMIT;
        slopes s = datum_slopes(l->flux[i] - model[i], variance(l, i, model[i], z), limit, l->limits, z);
        gmodel[i] = -s.r;
        variance_slopes(l, i, model[i], z, s.s2, &gmodel[i], gnoise);
        gnoise[F_OUT] += s.f;
        gnoise[N_OUT] += s.n;
    }
}

/* Covariance of the correlated errors per model fluxes: of the kernel, and of the shared calibration */
static double kernel_part(const gal_like *l, const gal_noise *z, size_t i, size_t j)
{
    if (l->kernel == GAL_KERNEL_NONE || !(z->gp_amp > 0))
        return 0;
    return z->gp_amp * z->gp_amp * gal_kernel_value(l->kernel, (l->lnwave[i] - l->lnwave[j]) / z->gp_len);
}

static double shared_part(const gal_like *l, size_t i, size_t j)
{
    return l->offset && l->group[i] >= 0 && l->group[i] == l->group[j] ? l->offset[i] * l->offset[j] : 0;
}

static bool gaussian(const gal_like *l, const double *model, const gal_noise *z, double *work, double *gmodel,
                     double *gnoise)
{
    size_t n = l->n;
    double *K = work, *inverse = K + n * n, *u = inverse + n * n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            K[i * n + j] = (i == j ? variance(l, i, model[i], z) : 0) +
                           (kernel_part(l, z, i, j) + shared_part(l, i, j)) * model[i] * model[j];
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
        variance_slopes(l, i, model[i], z, wii, &gmodel[i], gnoise);
        for (size_t j = 0; j < n; j++) {
            double w = 0.5 * (u[i] * u[j] - inverse[i * n + j]), gp = kernel_part(l, z, i, j);
            gmodel[i] += 2 * w * (gp + shared_part(l, i, j)) * model[j];
            if (!(gp != 0) && !(z->gp_amp > 0))
                continue;
            double d = fabs(l->lnwave[i] - l->lnwave[j]) / z->gp_len, m = model[i] * model[j];
            gnoise[GP_AMPLITUDE] += w * 2 * gp / z->gp_amp * m;
            gnoise[GP_LENGTH] -= w * m * z->gp_amp * z->gp_amp * gal_kernel_slope(l->kernel, d) * d / z->gp_len;
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
    memcpy(m, model, l->n * sizeof *m);
    for (size_t i = 0; i < l->n; i++)
        gmodel[i] = difference(l, m, &y, work, &m[i], 1e-3 * sqrt(variance(l, i, model[i], z)));
    double *p[GAL_NOISE_NPAR] = {&y.f_model, &y.lnscale, &y.jitter, &y.f_out, &y.n_out, &y.gp_amp, &y.gp_len};
    for (int i = 0; i < GAL_NOISE_NPAR; i++) {
        double h = i == LN_SCALE ? 1e-3 : 1e-3 * fabs(*p[i]);
        gnoise[i] = h > 0 ? difference(l, m, &y, work, p[i], h) : 0;
    }
}

static bool correlated(const gal_like *l, const gal_noise *z)
{
    return (l->kernel != GAL_KERNEL_NONE && z->gp_amp > 0) || l->offset;
}

bool gal_like_exact(const gal_like *l, bool outliers)
{
    bool all = !outliers;
    for (size_t i = 0; l->kind && i < l->n; i++)
        all = all && (l->kind[i] != GAL_DATUM_LIMIT || l->limits == GAL_LIMITS_MEASURED);
    return all || (l->kernel == GAL_KERNEL_NONE && !l->offset);
}

double gal_like_gradient(const gal_like *l, const double *model, const gal_noise *z, double *work, double *gmodel,
                         double gnoise[GAL_NOISE_NPAR])
{
    double lnl = gal_like_eval(l, model, z, work);
    memset(gnoise, 0, GAL_NOISE_NPAR * sizeof *gnoise);
    memset(gmodel, 0, l->n * sizeof *gmodel);
    if (!isfinite(lnl))
        return lnl;
    if (!correlated(l, z))
        independent(l, model, z, gmodel, gnoise);
    else if (!gal_like_exact(l, z->f_out > 0) || !gaussian(l, model, z, work, gmodel, gnoise))
        by_differences(l, model, z, work, gmodel, gnoise);
    return lnl;
}

/* ------------------------------------------------------------------ Fisher information */
/* dK along column a of J and Z */
static void covariance_change(const gal_like *l, const double *model, const gal_noise *z, size_t d, const double *J,
                              const double *Z, size_t a, double *dK)
{
    size_t n = l->n;
    double scale2 = exp(2 * z->lnscale);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double gp = kernel_part(l, z, i, j), m = model[i] * model[j], x = gp + shared_part(l, i, j);
            double *to = &dK[i * n + j];
            *to = x * (J[i * d + a] * model[j] + model[i] * J[j * d + a]);
            if (z->gp_amp > 0 && l->kernel != GAL_KERNEL_NONE) {
                double apart = fabs(l->lnwave[i] - l->lnwave[j]) / z->gp_len;
                *to += m * (2 * gp / z->gp_amp * Z[GP_AMPLITUDE * d + a] -
                            z->gp_amp * z->gp_amp * gal_kernel_slope(l->kernel, apart) * apart / z->gp_len *
                                Z[GP_LENGTH * d + a]);
            }
            if (i == j)
                *to += 2 * z->f_model * model[i] * (z->f_model * J[i * d + a] + model[i] * Z[F_CAL * d + a]) +
                       2 * l->err[i] * l->err[i] * scale2 * Z[LN_SCALE * d + a] + 2 * z->jitter * Z[JITTER * d + a];
        }
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
    bool gaussian_data = !(z->f_out > 0);
    for (size_t i = 0; i < n; i++)
        gaussian_data &= !(l->kind && l->kind[i] == GAL_DATUM_LIMIT && l->limits != GAL_LIMITS_MEASURED);
    if (!gaussian_data)
        GAL_THROW(GAL_EUNSUP, "fisher: of Gaussian data only: there are outliers, or limits that are no measurements");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            K[i * n + j] = (i == j ? variance(l, i, model[i], z) : 0) +
                           (kernel_part(l, z, i, j) + shared_part(l, i, j)) * model[i] * model[j];
    GAL_TRY(gal_cholesky(K, n));
    for (size_t a = 0; a < d; a++) {
        double *Aa = A + a * n * n;
        covariance_change(l, model, z, d, J, Z, a, Aa);
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
