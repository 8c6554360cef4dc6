/* lensing.c - the lensed microwave background, made on the fly: Gaussian T, E, B and potential; displacement by its gradient; the unlensed maps
 * at displaced positions by a Taylor series of order 3 about the nearest pixel centre (Naess & Louis 2013). Derivatives by repeated analysis
 * (ring weights, no iterations) and synthesis of first derivatives. */
#include "galua/skysim.h"
#include "sky/legacy_random.h"

#include <math.h>
#include <string.h>

enum { ORDER = 3 };

typedef struct shifts { /* of every pixel: nearest centre, offsets from it, angle of the displaced axes */
    int64_t *pixel;
    double *dt, *dp, *cos2, *sin2; /* dp times sin(theta) of the centre */
} shifts;

/* d/dtheta and d/dphi/sin(theta) of a scalar map */
static gal_status derive(int64_t nside, const double *map, gal_alm *alm, double *dt, double *dp)
{
    const gal_map2alm_opts how = {.method = GAL_MAP2ALM_RING, .iterations = 0};
    gal_skymap m = {
        .nside = nside, .npix = gal_healpix_npix(nside), .order = GAL_RING, .ncomp = 1, .data = {(void *)map}};
    double *const out[2] = {dt, dp};
    gal_status st = gal_map2alm(&m, alm, &how, NULL);
    return st == GAL_OK ? gal_alm2map_der1(alm, 0, nside, out) : st;
}

static void add(const shifts *s, int64_t npix, const double *map, int a, int b, double *out) /* dt^a dp^b/(a! b!) */
{
    static const double factorial[] = {1, 1, 2, 6};
    double f = 1 / (factorial[a] * factorial[b]);
#pragma omp parallel for schedule(static)
    for (int64_t k = 0; k < npix; k++) {
        double t = f;
        for (int i = 0; i < a; i++)
            t *= s->dt[k];
        for (int i = 0; i < b; i++)
            t *= s->dp[k];
        out[k] += t * map[s->pixel[k]];
    }
}

/* One map at the displaced positions. Mixed second derivatives: theta first, then phi. */
static gal_status taylor(int64_t nside, const shifts *s, const double *map, double *work, double *out)
{
    gal_status st = GAL_OK;
    int64_t n = gal_healpix_npix(nside);
    gal_alm *alm = NULL;
    double *t = work, *p = work + n, *x = work + 2 * n, *y = work + 3 * n;
    memset(out, 0, (size_t)n * sizeof *out);
    add(s, n, map, 0, 0, out);
    GAL_TRY(gal_alm_create(&alm, (int)(3 * nside), 1));
    GAL_TRY(derive(nside, map, alm, t, p));
    add(s, n, t, 1, 0, out);
    add(s, n, p, 0, 1, out);
    GAL_TRY(derive(nside, t, alm, x, y)); /* tt, tp */
    add(s, n, x, 2, 0, out);
    add(s, n, y, 1, 1, out);
    GAL_TRY(derive(nside, x, alm, t, y)); /* ttt, ttp */
    add(s, n, t, 3, 0, out);
    add(s, n, y, 2, 1, out);
    GAL_TRY(derive(nside, p, alm, t, x)); /* pt, pp */
    add(s, n, x, 0, 2, out);
    GAL_TRY(derive(nside, x, alm, t, y)); /* ppt, ppp */
    add(s, n, t, 1, 2, out);
    add(s, n, y, 0, 3, out);
out:
    gal_alm_free(alm);
    return st;
}

static gal_status displace(int64_t nside, const double *g1, const double *g2, shifts *s)
{
    int64_t n = gal_healpix_npix(nside);
    s->pixel = GAL_NEWN(int64_t, (size_t)n);
    s->dt = GAL_NEWN(double, 4 * (size_t)n);
    if (!s->pixel || !s->dt)
        return GAL_ENOMEM;
    s->dp = s->dt + n;
    s->cos2 = s->dt + 2 * n;
    s->sin2 = s->dt + 3 * n;
#pragma omp parallel for schedule(static)
    for (int64_t k = 0; k < n; k++) {
        double theta, phi, theta0, phi0, d = sqrt(g1[k] * g1[k] + g2[k] * g2[k]), a = d > 0 ? g1[k] / d : 0,
                                         b = d > 0 ? g2[k] / d : 0;
        gal_healpix_pix2ang(nside, GAL_RING, k, &theta, &phi);
        double c = cos(d) * cos(theta) - sin(d) * sin(theta) * a;
        c = c > 1 ? 1 : c < -1 ? -1 : c;
        double sn = sqrt(1 - c * c), q = sn > 0 ? sin(d) * b / sn : 0;
        double theta1 = acos(c), phi1 = phi + asin(q > 1 ? 1 : q < -1 ? -1 : q);
        s->pixel[k] = gal_healpix_ang2pix(nside, GAL_RING, theta1, phi1);
        gal_healpix_pix2ang(nside, GAL_RING, s->pixel[k], &theta0, &phi0);
        double dp = phi1 - phi0;
        s->dt[k] = theta1 - theta0;
        s->dp[k] = (dp - 2 * M_PI * floor((dp + M_PI) / (2 * M_PI))) * sin(theta0);
        double A = b / (sin(d) / tan(theta) + a * cos(d)), w = a + b * A;
        s->cos2[k] = d > 0 ? 2 * w * w / (1 + A * A) - 1 : 1;
        s->sin2[k] = d > 0 ? 2 * w * (b - a * A) / (1 + A * A) : 0;
    }
    return GAL_OK;
}

static gal_status unlensed(const gal_lensing_args *a, int lmax, gal_alm *field[2])
{
    gal_status st = GAL_OK;
    gal_legacy_random *r = NULL;
    const double *const cl[4][4] = {{a->tt}, {a->te, a->ee}, {NULL, NULL, a->bb}, {a->pt, a->pe, NULL, a->pp}};
    GAL_TRY(gal_legacy_random_create(&r, a->seed));
    GAL_TRY(gal_alm_create(&field[0], lmax, 3));
    GAL_TRY(gal_alm_create(&field[1], lmax, 1));
    double *const all[4] = {field[0]->a[0], field[0]->a[1], field[0]->a[2], field[1]->a[0]};
    GAL_TRY(gal_legacy_alm(r, 4, lmax, lmax, cl, all));
    for (int m = 0; m <= lmax; m++) /* the potential keeps all, the maps what the pixels hold */
        for (int l = m; l <= lmax; l++)
            for (int c = 0; c < 3 && l >= 3 * a->nside; c++)
                memset(field[0]->a[c] + 2 * gal_alm_index(lmax, l, m), 0, 2 * sizeof(double));
out:
    gal_legacy_random_free(r);
    return st;
}

gal_status gal_lensed_cmb(const gal_lensing_args *a, double *const out[3])
{
    gal_status st = GAL_OK;
    int64_t n = gal_healpix_npix(a->nside);
    int lmax = 8 * a->nside < a->lmax ? (int)(8 * a->nside) : a->lmax;
    gal_alm *field[2] = {NULL, NULL};
    gal_skymap *m = NULL;
    shifts s = {0};
    double *work = NULL;
    GAL_TRY(gal_healpix_check(a->nside, GAL_RING));
    if (!(work = GAL_NEWN(double, 4 * (size_t)n)))
        GAL_THROW(GAL_ENOMEM, "lensed background: no memory for nside %lld", (long long)a->nside);
    GAL_TRY(unlensed(a, lmax, field));
    GAL_TRY(gal_alm2map_der1(field[1], 0, a->nside, (double *const[2]){work, work + n}));
    GAL_TRY(displace(a->nside, work, work + n, &s));
    GAL_TRY(gal_skymap_create(&m, a->nside, GAL_RING, 3, false, NULL, 0));
    GAL_TRY(gal_alm2map(field[0], m));
    for (int c = 0; c < 3; c++)
        GAL_TRY(taylor(a->nside, &s, m->data[c], work, out[c]));
    for (int64_t k = 0; a->rotate && k < n; k++) {
        double q = out[1][k], u = out[2][k];
        out[1][k] = s.cos2[k] * q - s.sin2[k] * u;
        out[2][k] = s.sin2[k] * q + s.cos2[k] * u;
    }
out:
    gal_free(work);
    gal_free(s.pixel);
    gal_free(s.dt);
    gal_skymap_free(m);
    gal_alm_free(field[0]);
    gal_alm_free(field[1]);
    return st;
}
