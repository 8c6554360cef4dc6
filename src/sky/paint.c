/* paint.c - point sources onto pixels: the pixel that holds them, or a Gaussian beam on pixel centres, normalised on the pixels it hit so that
 * every flux is conserved. */
#include "galua/skysim.h"
#include "sky/legacy_random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    size_t pixel;
    uint32_t source;
    double share;
} entry;

static int by_pixel(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return x->pixel != y->pixel ? (x->pixel > y->pixel) - (x->pixel < y->pixel)
                                : (x->source > y->source) - (x->source < y->source);
}

static gal_status grow(entry **list, size_t *room, size_t need)
{
    if (need <= *room)
        return GAL_OK;
    size_t r = *room * 2 > need ? *room * 2 : need;
    entry *e = gal_realloc(*list, r * sizeof *e);
    if (!e)
        return GAL_ENOMEM;
    *list = e;
    *room = r;
    return GAL_OK;
}

static gal_status paint_one(int64_t nside, uint32_t source, double theta, double phi, double sigma, entry **list,
                            size_t *n, size_t *room)
{
    gal_status st = GAL_OK;
    double v[3] = {sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)}, sum = 0;
    int64_t *disc = NULL;
    size_t m = 0, first = *n;
    if (sigma > 0)
        GAL_TRY(gal_healpix_query_disc(nside, GAL_RING, v, fmin(5 * sigma, M_PI), false, &disc, &m));
    GAL_TRY(grow(list, room, *n + m + 1));
    for (size_t k = 0; k < m; k++) {
        double p[3];
        gal_healpix_pix2vec(nside, GAL_RING, disc[k], p);
        double x = p[1] * v[2] - p[2] * v[1], y = p[2] * v[0] - p[0] * v[2], z = p[0] * v[1] - p[1] * v[0];
        double d = atan2(sqrt(x * x + y * y + z * z), p[0] * v[0] + p[1] * v[1] + p[2] * v[2]) / sigma;
        (*list)[(*n)++] = (entry){(size_t)disc[k], source, exp(-0.5 * d * d)};
        sum += (*list)[*n - 1].share;
    }
    if (!(sum > 0)) { /* no beam, or one smaller than a pixel */
        *n = first;
        (*list)[(*n)++] = (entry){(size_t)gal_healpix_ang2pix(nside, GAL_RING, theta, phi), source, 1};
        sum = 1;
    }
    for (size_t k = first; k < *n; k++)
        (*list)[k].share /= sum;
out:
    gal_free(disc);
    return st;
}

gal_status gal_sources_paint(int64_t nside, size_t n, const double *theta, const double *phi, double fwhm,
                             size_t *nentry, size_t **pixel, uint32_t **source, double **share)
{
    gal_status st = GAL_OK;
    entry *list = NULL;
    size_t m = 0, room = 0;
    *pixel = NULL;
    *source = NULL;
    *share = NULL;
    *nentry = 0;
    GAL_TRY(gal_healpix_check(nside, GAL_RING));
    if (n > UINT32_MAX)
        GAL_THROW(GAL_EINVAL, "sources: %zu are too many", n);
    for (size_t i = 0; i < n; i++) {
        if (!(theta[i] >= 0 && theta[i] <= M_PI && isfinite(phi[i])))
            GAL_THROW(GAL_EDOMAIN, "sources: direction %zu has theta = %g, phi = %g rad", i + 1, theta[i], phi[i]);
        GAL_TRY(paint_one(nside, (uint32_t)i, theta[i], phi[i], fwhm / sqrt(8 * log(2)), &list, &m, &room));
    }
    qsort(list, m, sizeof *list, by_pixel);
    *pixel = GAL_NEWN(size_t, m ? m : 1);
    *source = GAL_NEWN(uint32_t, m ? m : 1);
    *share = GAL_NEWN(double, m ? m : 1);
    if (!*pixel || !*source || !*share)
        GAL_THROW(GAL_ENOMEM, "sources: no memory");
    for (size_t k = 0; k < m; k++) {
        (*pixel)[k] = list[k].pixel;
        (*source)[k] = list[k].source;
        (*share)[k] = list[k].share;
    }
    *nentry = m;
out:
    gal_free(list);
    if (st != GAL_OK) {
        gal_free(*pixel);
        gal_free(*source);
        gal_free(*share);
        *pixel = NULL;
        *source = NULL;
        *share = NULL;
    }
    return st;
}

gal_status gal_sources_angles(size_t n, double *angle)
{
    gal_legacy_random *r;
    gal_status st = gal_legacy_random_create(&r, 56567);
    for (size_t i = 0; i < n && st == GAL_OK; i++)
        angle[i] = -M_PI / 2 + M_PI * gal_legacy_uniform(r);
    if (st == GAL_OK)
        gal_legacy_random_free(r);
    return st;
}
