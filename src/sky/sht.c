/* Spherical harmonic transforms through libsharp (Reinecke & Seljebotn 2013, A&A 554, A112). libsharp ends the program when it gets
 * arguments or memory it cannot work with, so what it is given is checked before. */
#include "sky/sht.h"

#include <libsharp/sharp_almhelpers.h>
#include <libsharp/sharp_geomhelpers.h>
#include <omp.h>

#define NSIDE_MAX 16384 /* pixel offsets of rings fit, as do 4 nside points of a ring */

gal_status sht_plan_make(sht_plan *p, int64_t nside, int lmax, const double *weights)
{
    *p = (sht_plan){.nside = nside, .lmax = lmax};
    if (nside < 1 || nside > NSIDE_MAX)
        return gal_fail(GAL_EINVAL, "transform at nside %lld: expected 1 to %d", (long long)nside, NSIDE_MAX);
    if (lmax < 0 || lmax > GAL_ALM_LMAX)
        return gal_fail(GAL_EINVAL, "transform to lmax = %d: expected 0 to %d", lmax, GAL_ALM_LMAX);
    sharp_make_weighted_healpix_geom_info((int)nside, 1, weights, &p->geom);
    sharp_make_triangular_alm_info(lmax, lmax, 1, &p->alm);
    return GAL_OK;
}

void sht_plan_free(sht_plan *p)
{
    if (p->geom)
        sharp_destroy_geom_info(p->geom);
    if (p->alm)
        sharp_destroy_alm_info(p->alm);
    p->geom = NULL;
    p->alm = NULL;
}

static void run(const sht_plan *p, sharp_jobtype job, int spin, double *const *a, double *const *map, int flags)
{
    void *pa[2] = {a[0], spin && job != SHARP_ALM2MAP_DERIV1 ? a[1] : NULL};
    void *pm[2] = {map[0], spin ? map[1] : NULL};
    int most = omp_get_max_threads(); /* libsharp takes what OpenMP offers */
    omp_set_num_threads(gal_threads());
    sharp_execute(job, spin, pa, pm, p->geom, p->alm, SHARP_DP | flags, NULL, NULL);
    omp_set_num_threads(most);
}

void sht_synthesis(const sht_plan *p, int spin, double *const *a, double *const *map)
{
    run(p, SHARP_ALM2MAP, spin, a, map, 0);
}

void sht_analysis(const sht_plan *p, int spin, const double *const *map, double *const *a, bool add)
{
    double *m[2] = {(double *)(uintptr_t)map[0], spin ? (double *)(uintptr_t)map[1] : NULL};
    run(p, SHARP_MAP2ALM, spin, a, m, add ? SHARP_ADD : 0);
}

static void sht_gradient(const sht_plan *p, double *a, double *const map[2])
{
    run(p, SHARP_ALM2MAP_DERIV1, 1, &a, map, 0);
}

double sht_dot(int lmax, int n, double *const *a, double *const *b, double *scratch)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int m = 0; m <= lmax; m++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
            const double *x = a[k] + 2 * gal_alm_index(lmax, m, m), *y = b[k] + 2 * gal_alm_index(lmax, m, m);
            for (int i = 0; i < 2 * (lmax - m + 1); i++)
                sum += x[i] * y[i];
        }
        scratch[m] = (m ? 2 : 1) * sum;
    }
    double total = 0;
    for (int m = 0; m <= lmax; m++)
        total += scratch[m];
    return total;
}

double sht_weighted(int lmax, int n, double *const *a, const double *const *w, double *scratch)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int m = 0; m <= lmax; m++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
            const double *x = a[k] + 2 * gal_alm_index(lmax, m, m);
            for (int l = m; l <= lmax; l++, x += 2)
                sum += w[k][l] * w[k][l] * (x[0] * x[0] + x[1] * x[1]);
        }
        scratch[m] = (m ? 2 : 1) * sum;
    }
    double total = 0;
    for (int m = 0; m <= lmax; m++)
        total += scratch[m];
    return total;
}

/* ------------------------------------------------------------------ synthesis into maps */
gal_status sht_check_pair(const gal_alm *a, const gal_skymap *m, const char *what)
{
    if (m->pixels)
        return gal_fail(GAL_EINVAL, "%s: the map is a cut sky of %lld pixels: make it whole first", what,
                        (long long)m->npix);
    if (m->order != GAL_RING)
        return gal_fail(GAL_EINVAL, "%s: the map is NESTED: reorder it to RING first", what);
    if (a->ncomp != m->ncomp || a->teb != m->iqu)
        return gal_fail(GAL_EINVAL, "%s: coefficients of %d %s, map of %d %s", what, a->ncomp,
                        a->teb ? "components T, E, B" : "scalars", m->ncomp, m->iqu ? "components I, Q, U" : "scalars");
    return GAL_OK;
}

static void store(gal_skymap *m, int comp, const double *x)
{
    float *y = m->data[comp];
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t i = 0; i < m->npix; i++)
        y[i] = (float)x[i];
}

gal_status gal_alm2map(const gal_alm *a, gal_skymap *m)
{
    gal_status st = GAL_OK;
    sht_plan p = {0};
    double *scratch[2] = {NULL, NULL};
    GAL_TRY(sht_check_pair(a, m, "alm2map"));
    GAL_TRY(sht_plan_make(&p, m->nside, a->lmax, NULL));
    for (int k = 0; m->single && k < (a->teb ? 2 : 1); k++)
        if (!(scratch[k] = gal_alloc((size_t)m->npix * sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    for (int k = 0; k < a->ncomp;) {
        int spin = a->teb && k == 1 ? 2 : 0, n = spin ? 2 : 1;
        double *map[2] = {m->single ? scratch[0] : m->data[k], m->single ? scratch[1] : spin ? m->data[k + 1] : NULL};
        sht_synthesis(&p, spin, a->a + k, map);
        for (int i = 0; m->single && i < n; i++)
            store(m, k + i, scratch[i]);
        k += n;
    }
    m->coord = a->coord;
out:
    sht_plan_free(&p);
    gal_free(scratch[0]);
    gal_free(scratch[1]);
    return st;
}

gal_status gal_alm2map_der1(const gal_alm *a, int comp, int64_t nside, double *const out[2])
{
    sht_plan p;
    if (comp < 0 || comp >= a->ncomp)
        return gal_fail(GAL_EINVAL, "derivatives of component %d: the coefficients have %d", comp + 1, a->ncomp);
    gal_status st = sht_plan_make(&p, nside, a->lmax, NULL);
    if (st == GAL_OK)
        sht_gradient(&p, a->a[comp], out);
    sht_plan_free(&p);
    return st;
}
