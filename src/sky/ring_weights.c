/* Quadrature weights of the rings of HEALPix. Of all weights 1 + v (north and south alike) that integrate the Legendre polynomials up to
 * degree L exactly on the rings, those with the least sum of (n v)^2, n the pixels of a ring and its mirror image: the tables that
 * HEALPix publishes are these, to 1e-13, with an L of its own for each nside.
 *
 * With u = n v and G = sqrt(2l+1) P_l(z_r), l even: G u = -c, c = G n but for the integral of 1; u = G^T x with G G^T x = -c, by
 * conjugate gradients. Every product with G goes through the recursion of the polynomials: nothing of size rings x degrees. */
#include "galua/alm.h"
#include "num/dot.h"

#include <math.h>
#include <string.h>

enum { LANES = 64 };

typedef struct rings {
    int64_t n;      /* rings 1 .. n: the northern half and the equator */
    int degrees;    /* l = 0, 2 .. 2 (degrees - 1) */
    double *z, *np; /* [n] cos(theta), pixels with the mirror image */
    double *part;   /* [blocks][degrees] */
} rings;

static int exact_to(int64_t nside) /* L of the published tables; 3 nside elsewhere */
{
    static const struct {
        int nside, l;
    } published[] = {{2, 2}, {4, 8}, {32, 100}, {64, 226}, {128, 454}, {512, 1700}, {1024, 3500}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (published[i].nside == nside)
            return published[i].l;
    return (int)(nside == 1 ? 2 : 3 * nside) & ~1;
}

static int64_t blocks(const rings *g)
{
    return (g->n + LANES - 1) / LANES;
}

/* One block of rings: u += G^T x where x is given, else part += G u. */
static void product(const rings *g, int64_t block, const double *x, double *u, double *part)
{
    double z[LANES] = {0}, p[LANES], q[LANES], s[LANES] = {0}, v[LANES] = {0};
    int64_t first = block * LANES, n = g->n - first < LANES ? g->n - first : LANES;
    for (int64_t i = 0; i < n; i++) {
        z[i] = g->z[first + i];
        v[i] = x ? 0 : u[first + i];
    }
    for (int i = 0; i < LANES; i++) {
        q[i] = 0; /* P_(l-1) */
        p[i] = 1; /* P_l */
    }
    for (int k = 0; k < g->degrees; k++) {
        int l = 2 * k;
        double norm = sqrt(2. * l + 1), sum = 0;
        if (x)
            for (int i = 0; i < LANES; i++)
                s[i] += x[k] * norm * p[i];
        else {
            for (int i = 0; i < LANES; i++)
                sum += v[i] * p[i];
            part[k] = sum * norm;
        }
        double a = (2. * l + 1) / (l + 1), b = (double)l / (l + 1), c = (2. * l + 3) / (l + 2), d = (l + 1.) / (l + 2);
        for (int i = 0; i < LANES; i++) { /* two steps: l + 1, l + 2 */
            q[i] = a * z[i] * p[i] - b * q[i];
            p[i] = c * z[i] * q[i] - d * p[i];
        }
    }
    for (int64_t i = 0; x && i < n; i++)
        u[first + i] = s[i];
}

static void transpose_times(const rings *g, const double *x, double *u) /* u = G^T x */
{
    int64_t n = blocks(g);
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t b = 0; b < n; b++)
        product(g, b, x, u, NULL);
}

static void times(const rings *g, double *u, double *y) /* y = G u */
{
    int64_t n = blocks(g);
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t b = 0; b < n; b++)
        product(g, b, NULL, u, g->part + b * g->degrees);
    memset(y, 0, (size_t)g->degrees * sizeof *y);
    for (int64_t b = 0; b < n; b++)
        for (int k = 0; k < g->degrees; k++)
            y[k] += g->part[b * g->degrees + k];
}

/* G G^T x = y; work: x, r, p, q of degrees values each, u of n. */
static gal_status solve(const rings *g, const double *y, double *const work[4], double *u)
{
    double *x = work[0], *r = work[1], *p = work[2], *q = work[3];
    int n = g->degrees;
    memset(x, 0, (size_t)n * sizeof *x);
    memcpy(r, y, (size_t)n * sizeof *r);
    memcpy(p, y, (size_t)n * sizeof *p);
    double rr = num_dot_short(r, r, n), goal = rr * 1e-30;
    for (int step = 0; rr > goal; step++) {
        if (step == 10000)
            return gal_fail(GAL_EMATH, "ring weights: no convergence after %d steps", step);
        transpose_times(g, p, u);
        times(g, u, q);
        double alpha = rr / num_dot_short(p, q, n), next;
        for (int i = 0; i < n; i++) {
            x[i] += alpha * p[i];
            r[i] -= alpha * q[i];
        }
        next = num_dot_short(r, r, n);
        for (int i = 0; i < n; i++)
            p[i] = r[i] + next / rr * p[i];
        rr = next;
    }
    return GAL_OK;
}

gal_status gal_healpix_ring_weights(int64_t nside, double *w)
{
    gal_status st = GAL_OK;
    rings g = {.n = 2 * nside, .degrees = exact_to(nside) / 2 + 1};
    double *work[4] = {NULL}, *y = NULL, *u = NULL;
    if (nside < 1 || nside > 16384)
        GAL_THROW(GAL_EINVAL, "ring weights of nside %lld: expected 1 to 16384", (long long)nside);
    for (int i = 0; i < 4; i++)
        if (!(work[i] = GAL_NEWN(double, (size_t)g.degrees)))
            GAL_TRY(GAL_ENOMEM);
    if (!(y = GAL_NEWN(double, (size_t)g.degrees)) || !(u = GAL_NEWN(double, (size_t)g.n)) ||
        !(g.z = GAL_NEWN(double, (size_t)g.n)) || !(g.np = GAL_NEWN(double, (size_t)g.n)) ||
        !(g.part = GAL_NEWN(double, (size_t)blocks(&g) * (size_t)g.degrees)))
        GAL_TRY(GAL_ENOMEM);
    for (int64_t i = 0; i < g.n; i++) {
        gal_healpix_ring r;
        gal_healpix_ring_info(nside, i + 1, &r);
        g.z[i] = r.z;
        g.np[i] = (double)(i + 1 < g.n ? 2 * r.n : r.n);
    }
    times(&g, g.np, y);
    for (int k = 0; k < g.degrees; k++)
        y[k] = k ? -y[k] : (double)gal_healpix_npix(nside) - y[k];
    GAL_TRY(solve(&g, y, work, u));
    transpose_times(&g, work[0], u);
    for (int64_t i = 0; i < g.n; i++)
        w[i] = 1 + u[i] / g.np[i];
out:
    for (int i = 0; i < 4; i++)
        gal_free(work[i]);
    gal_free(y);
    gal_free(u);
    gal_free(g.z);
    gal_free(g.np);
    gal_free(g.part);
    return st;
}
