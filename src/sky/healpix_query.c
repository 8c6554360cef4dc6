/* Sets of pixels, and interpolation between them (galua/healpix.h). Everything goes ring by ring. */
#include "galua/healpix.h"

#include <math.h>
#include <stdlib.h>

typedef struct list {
    int64_t *pix;
    size_t n, room;
} list;

static gal_status append(list *l, int64_t first, int64_t n)
{
    if (l->n + (size_t)n > l->room) {
        size_t room = l->room ? 2 * l->room : 256;
        if (room < l->n + (size_t)n)
            room = l->n + (size_t)n;
        int64_t *p = gal_realloc(l->pix, room * sizeof *p);
        if (!p)
            return GAL_ENOMEM;
        l->pix = p;
        l->room = room;
    }
    for (int64_t i = 0; i < n; i++)
        l->pix[l->n++] = first + i;
    return GAL_OK;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static gal_status finish(gal_status st, list *l, int64_t nside, gal_ordering order, int64_t **out, size_t *n)
{
    *out = NULL;
    *n = 0;
    if (st == GAL_OK && !l->pix && !(l->pix = gal_alloc(sizeof *l->pix)))
        st = GAL_ENOMEM;
    if (st != GAL_OK) {
        gal_free(l->pix);
        return st;
    }
    if (order == GAL_NESTED) {
        for (size_t i = 0; i < l->n; i++)
            l->pix[i] = gal_healpix_ring2nest(nside, l->pix[i]);
        qsort(l->pix, l->n, sizeof *l->pix, ascending);
    }
    *out = l->pix;
    *n = l->n;
    return GAL_OK;
}

/* The pixels of a ring with centres within dphi of longitude phi. */
static gal_status append_arc(list *l, const gal_healpix_ring *r, double phi, double dphi)
{
    double step = 2 * M_PI / (double)r->n;
    if (dphi >= M_PI)
        return append(l, r->start, r->n);
    int64_t lo = (int64_t)ceil((phi - dphi - r->phi0) / step), hi = (int64_t)floor((phi + dphi - r->phi0) / step);
    if (hi < lo)
        return GAL_OK;
    if (hi - lo + 1 >= r->n)
        return append(l, r->start, r->n);
    lo = (lo % r->n + r->n) % r->n;
    hi = (hi % r->n + r->n) % r->n;
    if (lo <= hi)
        return append(l, r->start + lo, hi - lo + 1);
    gal_status st = append(l, r->start, hi + 1);
    return st == GAL_OK ? append(l, r->start + lo, r->n - lo) : st;
}

/* Ring whose colatitude is the largest not above that of z; 0 north of the first. */
static int64_t ring_above(int64_t nside, double z)
{
    double n = (double)nside, az = fabs(z);
    if (az <= 2. / 3)
        return (int64_t)(n * (2 - 1.5 * z));
    int64_t i = (int64_t)(n * sqrt(3 * (1 - az)));
    return z > 0 ? i : 4 * nside - i - 1;
}

gal_status gal_healpix_query_disc(int64_t nside, gal_ordering order, const double vec[3], double radius, bool inclusive,
                                  int64_t **out, size_t *n)
{
    list l = {0};
    gal_status st = GAL_OK;
    double len = sqrt(vec[0] * vec[0] + vec[1] * vec[1] + vec[2] * vec[2]);
    *out = NULL;
    *n = 0;
    GAL_TRY(gal_healpix_check(nside, order));
    if (!(len > 0) || !isfinite(len))
        GAL_THROW(GAL_EINVAL, "query_disc: the vector (%g, %g, %g) has no direction", vec[0], vec[1], vec[2]);
    if (!(radius >= 0))
        GAL_THROW(GAL_EINVAL, "query_disc: radius %g: expected a number from 0 [rad]", radius);
    if (inclusive)
        radius += gal_healpix_max_radius(nside);
    double s0 = hypot(vec[0], vec[1]) / len, z0 = vec[2] / len;
    double theta = atan2(s0, z0), phi = atan2(vec[1], vec[0]), sr = sin(radius / 2);
    int64_t first = theta > radius ? ring_above(nside, cos(theta - radius)) - 1 : 1; /* a ring more on both sides */
    int64_t last = theta + radius < M_PI ? ring_above(nside, cos(theta + radius)) + 2 : 4 * nside - 1;
    first = first < 1 ? 1 : first;
    last = last < 4 * nside ? last : 4 * nside - 1;
    for (int64_t i = first; i <= last && st == GAL_OK; i++) {
        gal_healpix_ring r;
        gal_healpix_ring_info(nside, i, &r);
        double t = atan2(r.sin_theta, r.z), d = sin((t - theta) / 2), s = s0 * r.sin_theta;
        if (radius >= M_PI)
            st = append(&l, r.start, r.n);
        else if (fabs(t - theta) <= radius) { /* sin^2(radius/2) = sin^2(dtheta/2) + s sin^2(dphi/2) */
            double x = s > 0 ? (sr - d) * (sr + d) / s : 2;
            st = append_arc(&l, &r, phi, x >= 1 ? M_PI : x > 0 ? 2 * asin(sqrt(x)) : 0);
        } else if (t + theta <= radius || 2 * M_PI - t - theta <= radius) /* the disc holds a pole */
            st = append(&l, r.start, r.n);
    }
out:
    return finish(st, &l, nside, order, out, n);
}

gal_status gal_healpix_query_strip(int64_t nside, gal_ordering order, double theta1, double theta2, int64_t **out,
                                   size_t *n)
{
    list l = {0};
    gal_status st = gal_healpix_check(nside, order);
    for (int64_t i = 1; i < 4 * nside && st == GAL_OK; i++) {
        gal_healpix_ring r;
        gal_healpix_ring_info(nside, i, &r);
        double t = atan2(r.sin_theta, r.z);
        if (theta1 <= theta2 ? t >= theta1 && t <= theta2 : t >= theta1 || t <= theta2)
            st = append(&l, r.start, r.n);
    }
    return finish(st, &l, nside, order, out, n);
}

/* ------------------------------------------------------------------ interpolation */
static void on_ring(const gal_healpix_ring *r, double phi, int64_t pix[2], double w[2])
{
    double t = (phi - r->phi0) / (2 * M_PI) * (double)r->n, f = floor(t);
    int64_t i = (int64_t)f;
    i = (i % r->n + r->n) % r->n;
    w[1] = t - f;
    w[0] = 1 - w[1];
    pix[0] = r->start + i;
    pix[1] = r->start + (i + 1) % r->n;
}

void gal_healpix_interpolation(int64_t nside, gal_ordering order, double theta, double phi, int64_t pix[4], double w[4])
{
    gal_healpix_ring a, b;
    int64_t i = ring_above(nside, cos(theta)), last = 4 * nside - 1;
    double ta = 0, tb = 0;
    if (i > 0) {
        gal_healpix_ring_info(nside, i, &a);
        ta = atan2(a.sin_theta, a.z);
        on_ring(&a, phi, pix, w);
    }
    if (i < last) {
        gal_healpix_ring_info(nside, i + 1, &b);
        tb = atan2(b.sin_theta, b.z);
        on_ring(&b, phi, pix + 2, w + 2);
    }
    if (i == 0) { /* around the pole: the opposite pixels of the first ring share what is not the ring's own */
        double f = theta / tb, g = 0.25 * (1 - f);
        w[2] = w[2] * f + g;
        w[3] = w[3] * f + g;
        w[0] = w[1] = g;
        pix[0] = (pix[2] + 2) & 3;
        pix[1] = (pix[3] + 2) & 3;
    } else if (i == last) {
        int64_t first = gal_healpix_npix(nside) - 4;
        double f = (M_PI - theta) / (M_PI - ta), g = 0.25 * (1 - f);
        w[0] = w[0] * f + g;
        w[1] = w[1] * f + g;
        w[2] = w[3] = g;
        pix[2] = ((pix[0] - first + 2) & 3) + first;
        pix[3] = ((pix[1] - first + 2) & 3) + first;
    } else {
        double f = (theta - ta) / (tb - ta);
        w[0] *= 1 - f;
        w[1] *= 1 - f;
        w[2] *= f;
        w[3] *= f;
    }
    if (order == GAL_NESTED)
        for (int k = 0; k < 4; k++)
            pix[k] = gal_healpix_ring2nest(nside, pix[k]);
}
