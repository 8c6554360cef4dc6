/* The object map: creation, copies, other orderings, resolutions and cuts. See galua/skymap.h; files are in skymap_read.c, skymap_write.c.
 * Loops over pixels are threaded; every output value comes from one thread and a fixed order, so the bits do not depend on threads. */
#include "galua/skymap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gal_skymap_free(gal_skymap *m)
{
    if (!m)
        return;
    for (int k = 0; k < GAL_SKYMAP_MAX; k++)
        gal_free(m->data[k]);
    gal_free(m->pixels);
    gal_free(m);
}

static gal_status check_pixels(int64_t nside, const int64_t *pixels, int64_t npix)
{
    int64_t all = gal_healpix_npix(nside);
    if (npix < 1)
        return gal_fail(GAL_EINVAL, "map: a cut sky needs at least one pixel");
    for (int64_t i = 0; i < npix; i++)
        if (pixels[i] < 0 || pixels[i] >= all || (i && pixels[i] <= pixels[i - 1]))
            return gal_fail(GAL_EINVAL, "map: pixel number %lld at place %lld: expected ascending numbers 0 to %lld",
                            (long long)pixels[i], (long long)i + 1, (long long)all - 1);
    return GAL_OK;
}

gal_status gal_skymap_create(gal_skymap **out, int64_t nside, gal_ordering order, int ncomp, bool single,
                             const int64_t *pixels, int64_t npix)
{
    gal_status st = GAL_OK;
    gal_skymap *m = NULL;
    *out = NULL;
    GAL_TRY(gal_healpix_check(nside, order));
    if (ncomp < 1 || ncomp > GAL_SKYMAP_MAX)
        GAL_THROW(GAL_EINVAL, "map: %d components: expected 1 to %d", ncomp, GAL_SKYMAP_MAX);
    if (pixels)
        GAL_TRY(check_pixels(nside, pixels, npix));
    if (!(m = GAL_NEW(gal_skymap)))
        GAL_TRY(GAL_ENOMEM);
    *m = (gal_skymap){.nside = nside,
                      .npix = pixels ? npix : gal_healpix_npix(nside),
                      .order = order,
                      .ncomp = ncomp,
                      .iqu = ncomp == 3,
                      .single = single};
    if (pixels) {
        if (!(m->pixels = gal_alloc((size_t)npix * sizeof *pixels)))
            GAL_TRY(GAL_ENOMEM);
        memcpy(m->pixels, pixels, (size_t)npix * sizeof *pixels);
    }
    for (int k = 0; k < ncomp; k++)
        if (!(m->data[k] = gal_calloc((size_t)m->npix, single ? sizeof(float) : sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    *out = m;
    m = NULL;
out:
    gal_skymap_free(m);
    return st;
}

gal_status gal_skymap_set_unit(gal_skymap *m, const char *unit)
{
    if (strlen(unit) >= sizeof m->unit[0])
        return gal_fail(GAL_EINVAL, "map: the unit '%.40s...' is longer than %zu characters", unit,
                        sizeof m->unit[0] - 1);
    for (int k = 0; k < m->ncomp; k++)
        snprintf(m->unit[k], sizeof m->unit[k], "%s", unit);
    return GAL_OK;
}

/* An empty map like m (names, units, coordinates) on another grid. */
static gal_status alike(gal_skymap **out, const gal_skymap *m, int64_t nside, gal_ordering order, bool single,
                        const int64_t *pixels, int64_t npix)
{
    gal_status st = gal_skymap_create(out, nside, order, m->ncomp, single, pixels, npix);
    if (st != GAL_OK)
        return st;
    (*out)->iqu = m->iqu;
    (*out)->coord = m->coord;
    (*out)->synthetic = m->synthetic;
    memcpy((*out)->unit, m->unit, sizeof m->unit);
    memcpy((*out)->name, m->name, sizeof m->name);
    return GAL_OK;
}

gal_status gal_skymap_copy(gal_skymap **out, const gal_skymap *m, bool single)
{
    gal_status st = alike(out, m, m->nside, m->order, single, m->pixels, m->npix);
    for (int k = 0; st == GAL_OK && k < m->ncomp; k++) {
        if (single == m->single)
            memcpy((*out)->data[k], m->data[k], (size_t)m->npix * (single ? sizeof(float) : sizeof(double)));
        else {
            gal_skymap *o = *out;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
            for (int64_t i = 0; i < m->npix; i++)
                gal_skymap_set(o, k, i, gal_skymap_get(m, k, i));
        }
    }
    return st;
}

int64_t gal_skymap_index(const gal_skymap *m, int64_t pix)
{
    if (!m->pixels)
        return pix >= 0 && pix < m->npix ? pix : -1;
    int64_t lo = 0, hi = m->npix;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (m->pixels[mid] < pix)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->npix && m->pixels[lo] == pix ? lo : -1;
}

static int64_t renumber(int64_t nside, int64_t pix, gal_ordering from, gal_ordering to)
{
    if (from == to)
        return pix;
    return to == GAL_NESTED ? gal_healpix_ring2nest(nside, pix) : gal_healpix_nest2ring(nside, pix);
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* ------------------------------------------------------------------ ordering and cuts */
gal_status gal_skymap_reorder(gal_skymap **out, const gal_skymap *m, gal_ordering order)
{
    gal_status st = GAL_OK;
    int64_t *list = NULL;
    *out = NULL;
    if (order == m->order)
        return gal_skymap_copy(out, m, m->single);
    GAL_TRY(gal_healpix_check(m->nside, GAL_NESTED));
    if (m->pixels) {
        if (!(list = gal_alloc((size_t)m->npix * sizeof *list)))
            GAL_TRY(GAL_ENOMEM);
        for (int64_t i = 0; i < m->npix; i++)
            list[i] = renumber(m->nside, m->pixels[i], m->order, order);
        qsort(list, (size_t)m->npix, sizeof *list, ascending);
    }
    GAL_TRY(alike(out, m, m->nside, order, m->single, list, m->npix));
    gal_skymap *o = *out;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t i = 0; i < o->npix; i++) {
        int64_t from = renumber(m->nside, list ? list[i] : i, order, m->order), at = gal_skymap_index(m, from);
        for (int k = 0; k < m->ncomp; k++)
            gal_skymap_set(o, k, i, gal_skymap_get(m, k, at));
    }
out:
    gal_free(list);
    return st;
}

gal_status gal_skymap_cut(gal_skymap **out, const gal_skymap *m, const int64_t *pixels, int64_t npix)
{
    gal_status st = alike(out, m, m->nside, m->order, m->single, pixels, npix);
    if (st != GAL_OK)
        return st;
    gal_skymap *o = *out;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t i = 0; i < o->npix; i++) {
        int64_t at = gal_skymap_index(m, o->pixels ? o->pixels[i] : i);
        for (int k = 0; k < m->ncomp; k++)
            gal_skymap_set(o, k, i, at < 0 ? GAL_UNSEEN : gal_skymap_get(m, k, at));
    }
    return GAL_OK;
}

gal_status gal_skymap_full(gal_skymap **out, const gal_skymap *m)
{
    return gal_skymap_cut(out, m, NULL, 0);
}

/* ------------------------------------------------------------------ resolution */
/* Pixel of `pix` at nside_out = nside * ratio (its first corner) or nside / -ratio. */
static int64_t parent(int64_t nside, gal_ordering order, int64_t pix, int64_t ratio)
{
    int64_t x, y;
    int face;
    gal_healpix_pix2xyf(nside, order, pix, &x, &y, &face);
    return gal_healpix_xyf2pix(nside / ratio, order, x / ratio, y / ratio, face);
}

static double mean_of_children(const gal_skymap *m, int comp, int64_t x, int64_t y, int face, int64_t ratio)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t j = 0; j < ratio; j++)
        for (int64_t i = 0; i < ratio; i++) {
            int64_t pix = gal_healpix_xyf2pix(m->nside, m->order, x * ratio + i, y * ratio + j, face);
            int64_t at = gal_skymap_index(m, pix);
            double v = at < 0 ? GAL_UNSEEN : gal_skymap_get(m, comp, at);
            if (!gal_skymap_bad(v)) {
                sum += v;
                n++;
            }
        }
    return n ? sum / (double)n : GAL_UNSEEN;
}

static void degrade(gal_skymap *o, const gal_skymap *m, int64_t ratio, double factor)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t i = 0; i < o->npix; i++) {
        int64_t x, y;
        int face;
        gal_healpix_pix2xyf(o->nside, o->order, o->pixels ? o->pixels[i] : i, &x, &y, &face);
        for (int k = 0; k < m->ncomp; k++) {
            double v = mean_of_children(m, k, x, y, face, ratio);
            gal_skymap_set(o, k, i, gal_skymap_bad(v) ? v : v * factor);
        }
    }
}

static void upgrade(gal_skymap *o, const gal_skymap *m, int64_t ratio, double factor)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int64_t i = 0; i < o->npix; i++) {
        int64_t at = gal_skymap_index(m, parent(o->nside, o->order, o->pixels ? o->pixels[i] : i, ratio));
        for (int k = 0; k < m->ncomp; k++) {
            double v = gal_skymap_get(m, k, at);
            gal_skymap_set(o, k, i, gal_skymap_bad(v) ? GAL_UNSEEN : v * factor);
        }
    }
}

/* Ascending pixels at nside_out that the pixels of a cut sky lie in, or are made of. */
static gal_status cut_at(const gal_skymap *m, int64_t nside_out, int64_t **list, int64_t *n)
{
    int64_t up = nside_out > m->nside ? nside_out / m->nside : 1, each = up * up;
    if (!(*list = gal_calloc((size_t)m->npix, (size_t)each * sizeof **list)))
        return GAL_ENOMEM;
    *n = 0;
    for (int64_t i = 0; i < m->npix; i++) {
        int64_t x, y;
        int face;
        if (up == 1)
            (*list)[(*n)++] = parent(m->nside, m->order, m->pixels[i], m->nside / nside_out);
        else {
            gal_healpix_pix2xyf(m->nside, m->order, m->pixels[i], &x, &y, &face);
            for (int64_t j = 0; j < each; j++)
                (*list)[(*n)++] = gal_healpix_xyf2pix(nside_out, m->order, x * up + j % up, y * up + j / up, face);
        }
    }
    qsort(*list, (size_t)*n, sizeof **list, ascending);
    int64_t kept = 0;
    for (int64_t i = 0; i < *n; i++)
        if (!i || (*list)[i] != (*list)[i - 1])
            (*list)[kept++] = (*list)[i];
    *n = kept;
    return GAL_OK;
}

gal_status gal_skymap_ud_grade(gal_skymap **out, const gal_skymap *m, int64_t nside, double power)
{
    gal_status st = GAL_OK;
    int64_t *list = NULL, n = 0;
    *out = NULL;
    GAL_TRY(gal_healpix_check(nside, m->order));
    if (nside > m->nside ? nside % m->nside : m->nside % nside)
        GAL_THROW(GAL_EINVAL, "ud_grade from nside %lld to %lld: one must be a multiple of the other",
                  (long long)m->nside, (long long)nside);
    if (m->pixels)
        GAL_TRY(cut_at(m, nside, &list, &n));
    GAL_TRY(alike(out, m, nside, m->order, m->single, list, n));
    double factor = power == 0 ? 1 : pow((double)nside / (double)m->nside, power);
    if (nside > m->nside)
        upgrade(*out, m, nside / m->nside, factor);
    else
        degrade(*out, m, m->nside / nside, factor);
out:
    gal_free(list);
    return st;
}
