/* dipole.c - the motion of the Sun in the microwave background, computed where it is read (Kamionkowski & Knox 2003, Planck 2020 NPIPE). */
#include "galua/skysim.h"

#include <math.h>

typedef struct dipole {
    int64_t nside;
    gal_dipole_kind kind;
    double v[3], beta, scale;
} dipole;

static gal_status read(void *ctx, size_t first, size_t n, double *out)
{
    const dipole *d = ctx;
    double gamma = 1 / sqrt(1 - d->beta * d->beta);
    for (size_t k = 0; k < n; k++) {
        double v[3];
        gal_healpix_pix2vec(d->nside, GAL_RING, (int64_t)(first + k), v);
        double x = d->beta * (v[0] * d->v[0] + v[1] * d->v[1] + v[2] * d->v[2]);
        double y = d->kind == GAL_DIPOLE_FULL ? 1 / (gamma * (1 - x)) - 1 : d->kind == GAL_DIPOLE_FIRST ? x : x * x;
        out[k] = d->scale * y;
    }
    return GAL_OK;
}

gal_status gal_field_dipole(gal_field **out, int64_t nside, gal_dipole_kind kind, double amplitude, double amplitude_k,
                            double T, double lon, double lat)
{
    gal_status st = gal_healpix_check(nside, GAL_RING);
    *out = NULL;
    if (st != GAL_OK)
        return st;
    if (!(T > 0 && amplitude_k >= 0 && amplitude_k < T && isfinite(amplitude) && fabs(lat) <= 90))
        return gal_fail(GAL_EDOMAIN, "dipole: amplitude %g K, T %g K, latitude %g deg", amplitude_k, T, lat);
    dipole *d = GAL_NEW(dipole);
    if (!d)
        return GAL_ENOMEM;
    double x = amplitude_k / T, l = lon * M_PI / 180, b = lat * M_PI / 180;
    d->nside = nside;
    d->kind = kind;
    d->beta = x * (x + 2) / (x * x + 2 * x + 2);
    d->scale = amplitude_k > 0 ? T * amplitude / amplitude_k : 0;
    d->v[0] = cos(b) * cos(l);
    d->v[1] = cos(b) * sin(l);
    d->v[2] = sin(b);
    st = gal_field_function(out, (size_t)gal_healpix_npix(nside), read, d, gal_free);
    if (st != GAL_OK)
        gal_free(d);
    return st;
}
