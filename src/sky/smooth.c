/* Maps through a beam, into other coordinates and resolutions: one analysis, one synthesis (galua/alm.h). */
#include "galua/alm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FAINT 1e-7 /* of a beam: what lies beyond is not looked for */
#define STEEP 1e3  /* most that a coefficient is multiplied with when the map's own beam is narrowed */

static int default_lmax(int64_t nside, int64_t nside_out)
{
    int64_t n = nside_out >= nside ? 5 * nside / 2 : 3 * nside_out / 2;
    return n > GAL_ALM_LMAX ? GAL_ALM_LMAX : (int)n;
}

/* Tables [ncomp][lmax + 1] of what the coefficients are multiplied with: the beam asked for over the one that the map has. In *own where
 * they are not those given. */
static gal_status beams(const gal_skymap *m, const gal_smooth_opts *o, int lmax, const double **table, double **own)
{
    size_t n = (size_t)lmax + 1;
    *own = NULL;
    for (int k = 0; o->beam && k < m->ncomp; k++)
        table[k] = o->beam[k];
    if (o->had == 0 && (o->beam || o->fwhm == 0))
        return GAL_OK;
    if (!(*own = GAL_NEWN(double, (size_t)(m->ncomp + 1) * n)))
        return GAL_ENOMEM;
    double *had = *own + (size_t)m->ncomp * n;
    for (int k = 0; k < m->ncomp; k++) {
        double *b = *own + (size_t)k * n;
        int spin = m->iqu && k > 0 ? 2 : 0;
        if (table[k])
            memcpy(b, table[k], n * sizeof *b);
        else
            gal_beam_gaussian(o->beam ? 0 : o->fwhm, spin, lmax, b);
        gal_beam_gaussian(o->had, spin, lmax, had);
        for (int l = 0; l <= lmax; l++) {
            b[l] /= had[l];
            if (!(fabs(b[l]) <= STEEP))
                return gal_fail(
                    GAL_EINVAL,
                    "smooth: taking the beam of %g arcmin out of the map multiplies l = %d by more than %g; "
                    "ask for a wider beam than that, or a lower lmax",
                    o->had * 180 * 60 / M_PI, l, STEEP);
        }
        table[k] = b;
    }
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
    if (!(o->had >= 0) || !isfinite(o->had))
        GAL_THROW(GAL_EINVAL, "smooth: beam that the map has = %g: expected a width from 0 [rad]", o->had);
    GAL_TRY(gal_healpix_check(nside, GAL_RING));
    if (o->coord != GAL_COORD_NONE && !o->rotation)
        GAL_TRY(gal_coord_matrix(m->coord, o->coord, turn));
    GAL_TRY(whole_ring(m, &ring));
    const gal_skymap *in = ring ? ring : m;
    bool any = o->beam || o->fwhm > 0 || o->had > 0, each = true;
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
