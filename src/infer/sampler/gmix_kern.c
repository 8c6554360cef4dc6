/* Hot loops of mixtures of Gaussians. Sums over the points of a block go through eight fixed lanes. */
#include "gmix_kern.h"

#include "num/vexp.h"

enum { B = GMIX_BLOCK, LANES = 8 };

static inline double total(const double *s)
{
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static void distance(size_t d, const double *restrict z, const double *restrict mean, const double *restrict chol,
                     const double *restrict inv, double *restrict y, double *restrict q)
{
    for (int l = 0; l < B; l++)
        q[l] = 0;
    for (size_t k = 0; k < d; k++) {
        double v[B];
        const double *row = chol + k * d;
        for (int l = 0; l < B; l++)
            v[l] = z[k * B + (size_t)l] - mean[k];
        for (size_t j = 0; j < k; j++) {
            double a = row[j];
            const double *yj = y + j * B;
            for (int l = 0; l < B; l++)
                v[l] -= a * yj[l];
        }
        double *yk = y + k * B;
        for (int l = 0; l < B; l++) {
            double u = v[l] * inv[k];
            yk[l] = u;
            q[l] += u * u;
        }
    }
}

static void shape(const double *restrict q, double c, double nu, double half, double scale, double *restrict f)
{
    double s = nu > 0 ? 1 / (nu * scale) : -0.5 / scale;
    if (nu > 0)
        for (int l = 0; l < B; l++)
            f[l] = c - half * gal_vlog(1 + q[l] * s);
    else
        for (int l = 0; l < B; l++)
            f[l] = c + q[l] * s;
}

static void softmax(size_t n, double *restrict f, double *restrict out)
{
    double top[B], sum[B];
    for (int l = 0; l < B; l++) {
        top[l] = f[l];
        sum[l] = 0;
    }
    for (size_t i = 1; i < n; i++)
        for (int l = 0; l < B; l++)
            top[l] = top[l] > f[i * B + (size_t)l] ? top[l] : f[i * B + (size_t)l];
    for (size_t i = 0; i < n; i++)
        for (int l = 0; l < B; l++) {
            double e = gal_vexp(f[i * B + (size_t)l] - top[l]);
            f[i * B + (size_t)l] = e;
            sum[l] += e;
        }
    for (int l = 0; l < B; l++) {
        out[l] = top[l] + gal_vlog(sum[l]);
        sum[l] = 1 / sum[l];
    }
    for (size_t i = 0; i < n; i++)
        for (int l = 0; l < B; l++)
            f[i * B + (size_t)l] *= sum[l];
}

static double first(size_t d, const double *restrict z, const double *restrict r, double *restrict sum)
{
    double t[LANES] = {0};
    for (int l = 0; l < B; l += LANES)
        for (int j = 0; j < LANES; j++)
            t[j] += r[l + j];
    for (size_t k = 0; k < d; k++) {
        double s[LANES] = {0};
        const double *zk = z + k * B;
        for (int l = 0; l < B; l += LANES)
            for (int j = 0; j < LANES; j++)
                s[j] += r[l + j] * zk[l + j];
        sum[k] += total(s);
    }
    return total(t);
}

static void second(size_t d, const double *restrict z, const double *restrict r, const double *restrict mean,
                   double *restrict c, double *restrict cov)
{
    double *rc = c + d * B;
    for (size_t k = 0; k < d; k++)
        for (int l = 0; l < B; l++) {
            double v = z[k * B + (size_t)l] - mean[k];
            c[k * B + (size_t)l] = v;
            rc[k * B + (size_t)l] = r[l] * v;
        }
    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b <= a; b++) {
            double s[LANES] = {0};
            const double *x = rc + a * B, *y = c + b * B;
            for (int l = 0; l < B; l += LANES)
                for (int j = 0; j < LANES; j++)
                    s[j] += x[l + j] * y[l + j];
            cov[a * d + b] += total(s);
        }
}

const struct gmix_kern GAL_KERN(gmix_kern) = {distance, shape, softmax, first, second};
