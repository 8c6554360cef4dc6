/* Maps through a beam, into other coordinates and resolutions: one analysis, one synthesis (galua/alm.h). */
#include "galua/alm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int default_lmax(int64_t nside, int64_t nside_out)
{
    int64_t n = nside_out == nside ? 5 * nside / 2 : nside_out > nside ? 5 * nside / 2 : 3 * nside_out / 2;
    return n > GAL_ALM_LMAX ? GAL_ALM_LMAX : (int)n;
}

/* Whole sky, RING; NULL in *out when m is that already. */
static gal_status whole_ring(const gal_skymap *m, gal_skymap **out)
{
    gal_status st = GAL_OK;
    gal_skymap *full = NULL;
    *out = NULL;
    if (m->pixels)
        GAL_TRY(gal_skymap_full(&full, m));
    if (m->order != GAL_RING)
        GAL_TRY(gal_skymap_reorder(out, full ? full : m, GAL_RING));
    else {
        *out = full;
        full = NULL;
    }
out:
    gal_skymap_free(full);
    return st;
}

static gal_status beam(gal_alm *a, const gal_smooth_opts *o)
{
    const double *b[GAL_SKYMAP_MAX] = {NULL};
    if (o->beam) {
        gal_alm_filter(a, o->beam);
        return GAL_OK;
    }
    if (o->fwhm == 0)
        return GAL_OK;
    double *t = GAL_NEWN(double, 2 * ((size_t)a->lmax + 1));
    if (!t)
        return GAL_ENOMEM;
    double *p = t + a->lmax + 1;
    gal_beam_gaussian(o->fwhm, 0, a->lmax, t);
    gal_beam_gaussian(o->fwhm, 2, a->lmax, p);
    for (int k = 0; k < a->ncomp; k++)
        b[k] = a->teb && k > 0 ? p : t;
    gal_alm_filter(a, b);
    gal_free(t);
    return GAL_OK;
}

gal_status gal_skymap_smooth(gal_skymap **out, const gal_skymap *m, const gal_smooth_opts *o,
                             gal_map2alm_report *report)
{
    gal_status st = GAL_OK;
    gal_skymap *ring = NULL, *new = NULL;
    gal_alm *a = NULL;
    int64_t nside = o->nside_out > 0 ? o->nside_out : m->nside;
    double turn[9];
    *out = NULL;
    if (!(o->fwhm >= 0) || !isfinite(o->fwhm))
        GAL_THROW(GAL_EINVAL, "smooth: fwhm = %g: expected a width from 0 [rad]", o->fwhm);
    GAL_TRY(gal_healpix_check(nside, GAL_RING));
    if (o->coord != GAL_COORD_NONE && !o->rotation)
        GAL_TRY(gal_coord_matrix(m->coord, o->coord, turn));
    GAL_TRY(whole_ring(m, &ring));
    const gal_skymap *in = ring ? ring : m;
    GAL_TRY(gal_alm_create(&a, o->lmax >= 0 ? o->lmax : default_lmax(m->nside, nside), m->ncomp));
    a->teb = m->iqu;
    GAL_TRY(gal_map2alm(in, a, &o->analysis, report));
    gal_skymap_free(ring);
    ring = NULL;
    GAL_TRY(beam(a, o));
    if (o->rotation)
        GAL_TRY(gal_alm_rotate(a, o->rotation));
    else if (o->coord != GAL_COORD_NONE && o->coord != m->coord)
        GAL_TRY(gal_alm_rotate(a, turn));
    a->coord = o->coord != GAL_COORD_NONE ? o->coord : o->rotation ? GAL_COORD_NONE : m->coord;
    GAL_TRY(gal_skymap_create(&new, nside, GAL_RING, m->ncomp, m->single, NULL, 0));
    new->iqu = m->iqu;
    memcpy(new->unit, m->unit, sizeof m->unit);
    memcpy(new->name, m->name, sizeof m->name);
    GAL_TRY(gal_alm2map(a, new));
    *out = new;
    new = NULL;
out:
    gal_skymap_free(ring);
    gal_skymap_free(new);
    gal_alm_free(a);
    return st;
}
