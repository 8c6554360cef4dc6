/* Maps through a beam, into other coordinates and resolutions: one analysis, one synthesis (galua/alm.h). */
#include "galua/alm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FAINT 1e-7 /* of a beam: what lies beyond is not looked for */

static int default_lmax(int64_t nside, int64_t nside_out)
{
    int64_t n = nside_out >= nside ? 5 * nside / 2 : 3 * nside_out / 2;
    return n > GAL_ALM_LMAX ? GAL_ALM_LMAX : (int)n;
}

/* Tables [ncomp][lmax + 1] of the beam: those given, or Gaussians in *own. */
static gal_status beams(const gal_skymap *m, const gal_smooth_opts *o, int lmax, const double **table, double **own)
{
    *own = NULL;
    for (int k = 0; o->beam && k < m->ncomp; k++)
        table[k] = o->beam[k];
    if (o->beam || o->fwhm == 0)
        return GAL_OK;
    if (!(*own = GAL_NEWN(double, 2 * ((size_t)lmax + 1))))
        return GAL_ENOMEM;
    double *spin2 = *own + lmax + 1;
    gal_beam_gaussian(o->fwhm, 0, lmax, *own);
    gal_beam_gaussian(o->fwhm, 2, lmax, spin2);
    for (int k = 0; k < m->ncomp; k++)
        table[k] = m->iqu && k > 0 ? spin2 : *own;
    return GAL_OK;
}

/* The highest l at which some beam is not faint; a component without one needs all. */
static int reach(const double *const *table, int ncomp, int lmax)
{
    int top = 0;
    for (int k = 0; k < ncomp; k++) {
        double most = 0;
        for (int l = 0; table[k] && l <= lmax; l++)
            most = fmax(most, fabs(table[k][l]));
        for (int l = lmax; l > top; l--)
            if (!table[k] || fabs(table[k][l]) > FAINT * most)
                top = l;
    }
    return top;
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

gal_status gal_skymap_smooth(gal_skymap **out, const gal_skymap *m, const gal_smooth_opts *o,
                             gal_map2alm_report *report)
{
    gal_status st = GAL_OK;
    gal_skymap *ring = NULL, *new = NULL;
    gal_alm *a = NULL;
    int64_t nside = o->nside_out > 0 ? o->nside_out : m->nside;
    double turn[9], *own = NULL;
    const double *table[GAL_SKYMAP_MAX] = {NULL};
    gal_map2alm_opts analysis = o->analysis;
    *out = NULL;
    if (!(o->fwhm >= 0) || !isfinite(o->fwhm))
        GAL_THROW(GAL_EINVAL, "smooth: fwhm = %g: expected a width from 0 [rad]", o->fwhm);
    GAL_TRY(gal_healpix_check(nside, GAL_RING));
    if (o->coord != GAL_COORD_NONE && !o->rotation)
        GAL_TRY(gal_coord_matrix(m->coord, o->coord, turn));
    GAL_TRY(whole_ring(m, &ring));
    const gal_skymap *in = ring ? ring : m;
    bool any = o->beam || o->fwhm > 0, each = true;
    int lmax = o->lmax >= 0 ? o->lmax : default_lmax(m->nside, nside);
    if (lmax > GAL_ALM_LMAX)
        GAL_THROW(GAL_EINVAL, "smooth: lmax = %d: expected 0 to %d", lmax, GAL_ALM_LMAX);
    GAL_TRY(beams(m, o, lmax, table, &own));
    for (int k = 0; k < m->ncomp; k++)
        each = each && table[k];
    if (any && o->lmax < 0)
        lmax = reach(table, m->ncomp, lmax);
    if (each && !analysis.weight)
        analysis.weight = table;
    if (!(analysis.tolerance > 0))
        analysis.tolerance = any ? 1e-7 : 1e-8;
    GAL_TRY(gal_alm_create(&a, lmax, m->ncomp));
    a->teb = m->iqu;
    GAL_TRY(gal_map2alm(in, a, &analysis, report));
    gal_skymap_free(ring);
    ring = NULL;
    if (any)
        gal_alm_filter(a, table);
    if (o->rotation)
        GAL_TRY(gal_alm_rotate(a, o->rotation));
    else if (o->coord != GAL_COORD_NONE && o->coord != m->coord)
        GAL_TRY(gal_alm_rotate(a, turn));
    a->coord = o->coord != GAL_COORD_NONE ? o->coord : o->rotation ? GAL_COORD_NONE : m->coord;
    GAL_TRY(gal_skymap_create(&new, nside, GAL_RING, m->ncomp, m->single, NULL, 0));
    new->iqu = m->iqu;
    new->synthetic = m->synthetic;
    memcpy(new->unit, m->unit, sizeof m->unit);
    memcpy(new->name, m->name, sizeof m->name);
    GAL_TRY(gal_alm2map(a, new));
    *out = new;
    new = NULL;
out:
    gal_skymap_free(ring);
    gal_skymap_free(new);
    gal_alm_free(a);
    gal_free(own);
    return st;
}
