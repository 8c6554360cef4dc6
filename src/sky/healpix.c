/* Pixels of HEALPix: numbers, directions, faces, rings, neighbours (galua/healpix.h).
 *
 * Directions and the two orderings are those of chealpix. What it lacks follows Gorski et al. 2005: a base face f = 4 frow + k has
 * F1 = frow + 2, F2 = 2 k - (frow mod 2) + 1; its pixel (x, y) lies on ring i = F1 nside - x - y - 1 at j = (F2 n_r + x - y + s) / 2,
 * n_r a quarter of the pixels of the ring and s = 1 where the ring's first pixel does not lie on the meridian's half step. */
#include "galua/healpix.h"

#include <chealpix.h>
#include <math.h>
#include <strings.h>

gal_status gal_healpix_check(int64_t nside, gal_ordering order)
{
    if (nside < 1 || nside > GAL_HEALPIX_NSIDE_MAX)
        return gal_fail(GAL_EINVAL, "nside %lld: expected 1 to 2^29", (long long)nside);
    if (order == GAL_NESTED && (nside & (nside - 1)))
        return gal_fail(GAL_EINVAL, "nside %lld: NESTED ordering needs a power of two", (long long)nside);
    return GAL_OK;
}

int64_t gal_healpix_nside(int64_t npix)
{
    if (npix < 12 || npix % 12 || npix / 12 > GAL_HEALPIX_NSIDE_MAX * GAL_HEALPIX_NSIDE_MAX)
        return -1;
    int64_t n = (int64_t)floor(sqrt((double)(npix / 12)) + 0.5);
    return 12 * n * n == npix ? n : -1;
}

gal_status gal_ordering_parse(gal_ordering *out, const char *name)
{
    static const char *const names[] = {"RING", "NESTED", "NEST"};
    for (int i = 0; i < 3; i++)
        if (strcasecmp(name, names[i]) == 0) {
            *out = i ? GAL_NESTED : GAL_RING;
            return GAL_OK;
        }
    return gal_fail(GAL_EINVAL, "ordering '%.40s': expected RING or NESTED", name);
}

double gal_healpix_max_radius(int64_t nside)
{
    /* the farthest corner belongs to the pixels at the corner z = 2/3 of a polar face */
    double va[3] = {sqrt(5.) / 3 * cos(M_PI / (4 * (double)nside)), sqrt(5.) / 3 * sin(M_PI / (4 * (double)nside)),
                    2. / 3};
    double t = 1 - 1 / (double)nside, z = 1 - t * t / 3, s = t * sqrt((2 - t * t / 3) / 3);
    double c = va[1] * z, d = va[0] * z - va[2] * s, e = va[1] * s; /* va x (s, 0, z), with vb on the meridian */
    return atan2(sqrt(c * c + d * d + e * e), va[0] * s + va[2] * z);
}

/* ------------------------------------------------------------------ directions */
int64_t gal_healpix_ang2pix(int64_t nside, gal_ordering order, double theta, double phi)
{
    int64_t pix;
    if (order == GAL_NESTED)
        ang2pix_nest64(nside, theta, phi, &pix);
    else
        ang2pix_ring64(nside, theta, phi, &pix);
    return pix;
}

void gal_healpix_pix2ang(int64_t nside, gal_ordering order, int64_t pix, double *theta, double *phi)
{
    if (order == GAL_NESTED)
        pix2ang_nest64(nside, pix, theta, phi);
    else
        pix2ang_ring64(nside, pix, theta, phi);
}

int64_t gal_healpix_vec2pix(int64_t nside, gal_ordering order, const double vec[3])
{
    int64_t pix;
    if (order == GAL_NESTED)
        vec2pix_nest64(nside, vec, &pix);
    else
        vec2pix_ring64(nside, vec, &pix);
    return pix;
}

void gal_healpix_pix2vec(int64_t nside, gal_ordering order, int64_t pix, double vec[3])
{
    if (order == GAL_NESTED)
        pix2vec_nest64(nside, pix, vec);
    else
        pix2vec_ring64(nside, pix, vec);
}

int64_t gal_healpix_ring2nest(int64_t nside, int64_t pix)
{
    int64_t out;
    ring2nest64(nside, pix, &out);
    return out;
}

int64_t gal_healpix_nest2ring(int64_t nside, int64_t pix)
{
    int64_t out;
    nest2ring64(nside, pix, &out);
    return out;
}

/* ------------------------------------------------------------------ rings */
static int64_t isqrt(int64_t v)
{
    int64_t r = (int64_t)sqrt((double)v);
    while (r * r > v)
        r--;
    while ((r + 1) * (r + 1) <= v)
        r++;
    return r;
}

void gal_healpix_ring_info(int64_t nside, int64_t ring, gal_healpix_ring *out)
{
    int64_t north = ring > 2 * nside ? 4 * nside - ring : ring, npix = gal_healpix_npix(nside);
    double n = (double)nside;
    if (north < nside) { /* polar cap: 1 - z = i^2 / (3 nside^2), kept apart for an exact sine */
        double t = (double)north * (double)north / (3 * n * n);
        out->z = 1 - t;
        out->sin_theta = sqrt(t * (2 - t));
        out->n = 4 * north;
        out->phi0 = M_PI / (4 * (double)north);
        out->start = 2 * north * (north - 1);
    } else {
        out->z = (2. * n - (double)north) * 2 / (3 * n);
        out->sin_theta = sqrt((1 - out->z) * (1 + out->z));
        out->n = 4 * nside;
        out->phi0 = (north - nside) % 2 == 0 ? M_PI / (4 * n) : 0;
        out->start = 2 * nside * (nside - 1) + (north - nside) * 4 * nside;
    }
    if (ring > 2 * nside) {
        out->z = -out->z;
        out->start = npix - out->start - out->n;
    }
}

int64_t gal_healpix_ring_of(int64_t nside, int64_t pix)
{
    int64_t cap = 2 * nside * (nside - 1), npix = gal_healpix_npix(nside);
    if (pix < cap)
        return (1 + isqrt(1 + 2 * pix)) / 2;
    if (pix < npix - cap)
        return nside + (pix - cap) / (4 * nside);
    return 4 * nside - (1 + isqrt(2 * (npix - pix) - 1)) / 2;
}

/* ------------------------------------------------------------------ base faces */
static uint64_t spread(uint64_t v) /* bit i to bit 2i */
{
    v = (v | v << 16) & 0x0000ffff0000ffffULL;
    v = (v | v << 8) & 0x00ff00ff00ff00ffULL;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v << 2) & 0x3333333333333333ULL;
    return (v | v << 1) & 0x5555555555555555ULL;
}

static uint64_t gather(uint64_t v) /* bit 2i to bit i */
{
    v &= 0x5555555555555555ULL;
    v = (v | v >> 1) & 0x3333333333333333ULL;
    v = (v | v >> 2) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v >> 4) & 0x00ff00ff00ff00ffULL;
    v = (v | v >> 8) & 0x0000ffff0000ffffULL;
    return (v | v >> 16) & 0x00000000ffffffffULL;
}

static int f1(int face)
{
    return face / 4 + 2;
}

static int f2(int face)
{
    return 2 * (face % 4) - (face / 4) % 2 + 1;
}

int64_t gal_healpix_xyf2pix(int64_t nside, gal_ordering order, int64_t x, int64_t y, int face)
{
    if (order == GAL_NESTED)
        return face * nside * nside + (int64_t)(spread((uint64_t)x) | spread((uint64_t)y) << 1);
    gal_healpix_ring r;
    int64_t i = f1(face) * nside - x - y - 1;
    gal_healpix_ring_info(nside, i, &r);
    int64_t nr = r.n / 4, s = r.phi0 > 0 ? 1 : 2; /* j = 1 is the ring's first pixel */
    int64_t j = (f2(face) * nr + x - y + s) / 2;
    j = j < 1 ? j + r.n : j > r.n ? j - r.n : j;
    return r.start + j - 1;
}

void gal_healpix_pix2xyf(int64_t nside, gal_ordering order, int64_t pix, int64_t *x, int64_t *y, int *face)
{
    if (order == GAL_NESTED) {
        int64_t in = pix % (nside * nside);
        *face = (int)(pix / (nside * nside));
        *x = (int64_t)gather((uint64_t)in);
        *y = (int64_t)gather((uint64_t)in >> 1);
        return;
    }
    gal_healpix_ring r;
    int64_t i = gal_healpix_ring_of(nside, pix);
    gal_healpix_ring_info(nside, i, &r);
    int64_t j = pix - r.start + 1, nr = r.n / 4, s = r.phi0 > 0 ? 1 : 2;
    int k = (int)((j - 1) / nr);
    const int candidate[4] = {k, 4 + k, 4 + (k + 1) % 4, 8 + k};
    for (int c = 0; c < 4; c++) { /* of the faces under a quarter of a ring, the one whose square holds the pixel */
        int f = candidate[c];
        int64_t h = 2 * j - f2(f) * nr - s, v = f1(f) * nside - i - 1;
        if (h >= 4 * nr)
            h -= 8 * nr;
        int64_t px = (v + h) / 2, py = (v - h) / 2;
        if (v >= 0 && v + h >= 0 && v - h >= 0 && px < nside && py < nside) {
            *x = px;
            *y = py;
            *face = f;
            return;
        }
    }
}

/* Position (x, y), outside of `face` by at most one face, in the face that it lies in; false in the corners where only three faces meet. */
static bool fold(int64_t n, int64_t *x, int64_t *y, int *face)
{
    int64_t u = *x, v = *y;
    int a = u < 0 ? -1 : u >= n, b = v < 0 ? -1 : v >= n, row = *face / 4, k = *face % 4;
    int left = (k + 3) % 4, right = (k + 1) % 4, over = (k + 2) % 4;
    if (!a && !b)
        return true;
    if (row == 1) { /* equatorial: four straight neighbours, and the next ones in the east and the west */
        if (a == b)
            return false;
        if (a && b)
            *face = 4 + (a > 0 ? right : left);
        else if (a)
            *face = a > 0 ? k : 8 + left;
        else
            *face = b > 0 ? left : 8 + k;
        *x = u - a * n;
        *y = v - b * n;
        return true;
    }
    if (a * b < 0)
        return false;
    int pole = row == 0 ? 1 : -1; /* the direction of the pole: x, y = n (north) or -1 (south) */
    if (a == -pole || b == -pole) {
        if (a && b)
            *face = row == 0 ? 8 + k : k;
        else if (row == 0)
            *face = a ? 4 + k : 4 + right;
        else
            *face = a ? 4 + right : 4 + k;
        *x = u - a * n;
        *y = v - b * n;
        return true;
    }
    int64_t edge =
        pole > 0 ? 2 * n - 1 : -1; /* reflected there: the faces around a pole are turned by 90 degrees each */
    if (a && b) {
        *face = 4 * row + over;
        *x = edge - u;
        *y = edge - v;
    } else if (a) {
        *face = 4 * row + (pole > 0 ? right : left);
        *x = v;
        *y = edge - u;
    } else {
        *face = 4 * row + (pole > 0 ? left : right);
        *x = edge - v;
        *y = u;
    }
    return true;
}

void gal_healpix_neighbours(int64_t nside, gal_ordering order, int64_t pix, int64_t out[8])
{
    static const int dx[8] = {-1, -1, 0, 1, 1, 1, 0, -1}, dy[8] = {0, 1, 1, 1, 0, -1, -1, -1};
    int64_t x0, y0;
    int f0;
    gal_healpix_pix2xyf(nside, order, pix, &x0, &y0, &f0);
    for (int d = 0; d < 8; d++) {
        int64_t x = x0 + dx[d], y = y0 + dy[d];
        int f = f0;
        out[d] = fold(nside, &x, &y, &f) ? gal_healpix_xyf2pix(nside, order, x, y, f) : -1;
    }
}
