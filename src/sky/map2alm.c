/* Analysis of maps: quadrature with Jacobi iterations, ring weights, and least squares by conjugate gradients (galua/alm.h).
 *
 * Y is synthesis, A = Y^T W analysis with W = 4 pi / npix (times ring weights). Jacobi: a = A m, then a += A (m - Y a), as healpy does.
 * Least squares: with uniform W, Y^T W Y a = Y^T W m minimises |Y a - m|; its matrix is close to 1 for l up to 2 nside, so that
 * conjugate gradients gain one to two digits a step. It stays well conditioned to 2.5 nside; at 3 nside - 1 nobody can invert it. */
#include "sky/sht.h"

#include <math.h>
#include <string.h>

typedef struct job {
    const sht_plan *p;
    const gal_skymap *m;
    int comp, spin, n;          /* n components of the map from comp on: 1 for spin 0, 2 for spin 2 */
    double *scratch[2];         /* [npix]: the map without bad pixels at first, then what is synthesised */
    double *r[2], *d[2], *q[2]; /* CG: residual, direction, product */
    double *sums;               /* [lmax + 1] */
} job;

static size_t alm_doubles(const job *j)
{
    return 2 * gal_alm_size(j->p->lmax);
}

static void axpy(const job *j, double f, double *const *x, double *const *y) /* y += f x */
{
    size_t n = alm_doubles(j);
    for (int k = 0; k < j->n; k++) {
        const double *a = x[k];
        double *b = y[k];
#pragma omp parallel for schedule(static) num_threads(gal_threads())
        for (size_t i = 0; i < n; i++)
            b[i] += f * a[i];
    }
}

static void xpby(const job *j, double *const *x, double f, double *const *y) /* y = x + f y */
{
    size_t n = alm_doubles(j);
    for (int k = 0; k < j->n; k++) {
        const double *a = x[k];
        double *b = y[k];
#pragma omp parallel for schedule(static) num_threads(gal_threads())
        for (size_t i = 0; i < n; i++)
            b[i] = a[i] + f * b[i];
    }
}

static double norm2(const job *j, double *const *a)
{
    return sht_dot(j->p->lmax, j->n, a, a, j->sums);
}

static inline double good(const gal_skymap *m, int comp, int64_t i)
{
    double x = gal_skymap_get(m, comp, i);
    return gal_skymap_bad(x) ? 0 : x;
}

/* scratch = map - Y a */
static void residual_map(const job *j, double *const *a)
{
    sht_synthesis(j->p, j->spin, a, j->scratch);
    for (int k = 0; k < j->n; k++) {
        double *s = j->scratch[k];
#pragma omp parallel for schedule(static) num_threads(gal_threads())
        for (int64_t i = 0; i < j->m->npix; i++)
            s[i] = good(j->m, j->comp + k, i) - s[i];
    }
}

/* Y^T W of the map itself */
static void analyse_map(const job *j, double *const *a)
{
    const double *map[2] = {NULL, NULL};
    for (int k = 0; k < j->n; k++) {
        double *s = j->scratch[k];
        map[k] = s ? s : j->m->data[j->comp + k];
#pragma omp parallel for schedule(static) num_threads(gal_threads())
        for (int64_t i = 0; i < (s ? j->m->npix : 0); i++)
            s[i] = good(j->m, j->comp + k, i);
    }
    sht_analysis(j->p, j->spin, map, a, false);
}

static gal_status jacobi(const job *j, double *const *a, int iterations, gal_map2alm_report *rep)
{
    analyse_map(j, a);
    for (int i = 0; i < iterations; i++) {
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "map2alm: interrupted");
        residual_map(j, a);
        if (i + 1 < iterations || !j->r[0])
            sht_analysis(j->p, j->spin, (const double *const *)j->scratch, a, true);
        else { /* the last correction is what the report speaks of */
            sht_analysis(j->p, j->spin, (const double *const *)j->scratch, j->r, false);
            axpy(j, 1, j->r, a);
            double n = norm2(j, a), e = sqrt(norm2(j, j->r) / (n > 0 ? n : 1));
            rep->residual = e > rep->residual ? e : rep->residual;
        }
    }
    rep->iterations = iterations;
    return GAL_OK;
}

/* What the tolerance is about: the residual, through the beam where there is one. */
static double measure(const job *j, double *const *a, const double *const *weight)
{
    return weight ? sht_weighted(j->p->lmax, j->n, a, weight, j->sums) : norm2(j, a);
}

static gal_status conjugate(const job *j, double *const *a, int most, double tolerance, const double *const *weight,
                            gal_map2alm_report *rep)
{
    int step = 0;
    size_t bytes = alm_doubles(j) * sizeof(double);
    analyse_map(j, j->r); /* right-hand side */
    for (int k = 0; k < j->n; k++) {
        memcpy(j->d[k], j->r[k], bytes);
        memset(a[k], 0, bytes);
    }
    double rr = norm2(j, j->r), all = measure(j, j->r, weight), left = all, goal = all * tolerance * tolerance;
    for (; step < most && left > goal && rr > 0; step++) {
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "map2alm: interrupted");
        sht_synthesis(j->p, j->spin, j->d, j->scratch);
        sht_analysis(j->p, j->spin, (const double *const *)j->scratch, j->q, false);
        double alpha = rr / sht_dot(j->p->lmax, j->n, j->d, j->q, j->sums);
        axpy(j, alpha, j->d, a);
        axpy(j, -alpha, j->q, j->r);
        double next = norm2(j, j->r);
        xpby(j, j->r, next / rr, j->d);
        rr = next;
        left = weight ? measure(j, j->r, weight) : rr;
    }
    double residual = all > 0 ? sqrt(left / all) : 0;
    rep->iterations = step > rep->iterations ? step : rep->iterations;
    rep->residual = residual > rep->residual ? residual : rep->residual;
    rep->converged = rep->converged && left <= goal;
    return GAL_OK;
}

static int64_t count_bad(const gal_skymap *m, int comp)
{
    int64_t n = 0;
#pragma omp parallel for schedule(static) num_threads(gal_threads()) reduction(+ : n)
    for (int64_t i = 0; i < m->npix; i++)
        n += gal_skymap_bad(gal_skymap_get(m, comp, i));
    return n;
}

static gal_status one(job *j, gal_alm *a, const gal_map2alm_opts *o, int method, gal_map2alm_report *rep)
{
    gal_status st = GAL_OK;
    size_t map_bytes = (size_t)j->m->npix * sizeof(double), alm_bytes = alm_doubles(j) * sizeof(double);
    int iterations = o->iterations >= 0             ? o->iterations
                     : method == GAL_MAP2ALM_JACOBI ? 3
                     : method == GAL_MAP2ALM_CG     ? 20
                                                    : 0;
    bool cg = method == GAL_MAP2ALM_CG, again = cg || iterations > 0;
    for (int k = 0; k < j->n; k++) {
        int64_t bad = count_bad(j->m, j->comp + k);
        rep->bad += bad;
        if (((again || j->m->single || bad) && !(j->scratch[k] = gal_alloc(map_bytes))) ||
            (again && !(j->r[k] = gal_alloc(alm_bytes))) ||
            (cg && (!(j->d[k] = gal_alloc(alm_bytes)) || !(j->q[k] = gal_alloc(alm_bytes)))))
            GAL_TRY(GAL_ENOMEM);
    }
    st = cg ? conjugate(j, a->a + j->comp, iterations, o->tolerance > 0 ? o->tolerance : 1e-12,
                        o->weight ? o->weight + j->comp : NULL, rep)
            : jacobi(j, a->a + j->comp, iterations, rep);
out:
    for (int k = 0; k < 2; k++) {
        gal_free(j->scratch[k]);
        gal_free(j->r[k]);
        gal_free(j->d[k]);
        gal_free(j->q[k]);
    }
    return st;
}

gal_status gal_map2alm(const gal_skymap *m, gal_alm *a, const gal_map2alm_opts *opts, gal_map2alm_report *report)
{
    static const gal_map2alm_opts defaults = {.iterations = -1};
    gal_status st = GAL_OK;
    sht_plan p = {0};
    double *weights = NULL, *sums = NULL;
    gal_map2alm_report rep = {.converged = true};
    const gal_map2alm_opts *o = opts ? opts : &defaults;
    int method = o->method;
    GAL_TRY(sht_check_pair(a, m, "map2alm"));
    if (method < GAL_MAP2ALM_AUTO || method > GAL_MAP2ALM_CG)
        GAL_THROW(GAL_EINVAL, "map2alm: method %d: expected 0 to %d", method, GAL_MAP2ALM_CG);
    if (method == GAL_MAP2ALM_AUTO)
        method = 2 * (int64_t)a->lmax <= 5 * m->nside ? GAL_MAP2ALM_CG : GAL_MAP2ALM_JACOBI;
    if (!(sums = GAL_NEWN(double, (size_t)a->lmax + 1)))
        GAL_TRY(GAL_ENOMEM);
    if (method == GAL_MAP2ALM_RING) {
        if (!(weights = GAL_NEWN(double, (size_t)(2 * m->nside))))
            GAL_TRY(GAL_ENOMEM);
        GAL_TRY(gal_healpix_ring_weights(m->nside, weights));
    }
    GAL_TRY(sht_plan_make(&p, m->nside, a->lmax, weights));
    for (int k = 0; k < a->ncomp;) {
        int spin = a->teb && k == 1 ? 2 : 0;
        job j = {.p = &p, .m = m, .comp = k, .spin = spin, .n = spin ? 2 : 1, .sums = sums};
        GAL_TRY(one(&j, a, o, method, &rep));
        k += j.n;
    }
    a->coord = m->coord;
    if (report)
        *report = rep;
out:
    sht_plan_free(&p);
    gal_free(weights);
    gal_free(sums);
    return st;
}
