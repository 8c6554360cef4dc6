/* What the stellar table does not cover. The model's grid goes from 1 A to 1e10 A, but stars are known only where the table has them:
 * below its first wavelength there is no light of theirs, beyond its last one the Rayleigh-Jeans law is right from 2.4 micron on. Bands,
 * ionising photons, indices and lines that need stars elsewhere are errors that name the table's range. */
#include "galua/const.h"
#include "model/model_int.h"

#include <math.h>
#include <stdio.h>

#define DARK       100.  /* A: stars shine no shorter than this */
#define RAYLEIGH   2.4e4 /* A: and as lambda^-4 beyond */
#define FEW_HARDER 300.  /* A: 3 % of the ionising photons of a young population are harder */

void gal_galaxy_gaps(const gal_galaxy *g, double gap[4])
{
    const gal_ssp *s = g->o.ssp;
    double first = s->wave[0], last = s->wave[s->nwave - 1];
    bool other = false; /* something shines where stars do not */
    for (size_t i = 0; i < g->npart; i++)
        other |= g->part[i].class->emit != NULL || g->part[i].class->source != NULL;
    gap[0] = other ? DARK : 0;
    gap[1] = first;
    gap[2] = last;
    gap[3] = RAYLEIGH;
}

static gal_status outside(const gal_galaxy *g, const char *what, double lo, double hi)
{
    const gal_ssp *s = g->o.ssp;
    return gal_fail(GAL_EDOMAIN, "%s, %.6g .. %.6g A at rest, is outside SSP table '%s', %.6g .. %.6g A", what, lo, hi,
                    s->name ? s->name : "", s->wave[0], s->wave[s->nwave - 1]);
}

gal_status gal_galaxy_covers(const gal_galaxy *g, const char *what, double lo, double hi)
{
    double gap[4];
    gal_galaxy_gaps(g, gap);
    for (int i = 0; i < 4; i += 2)
        if (fmax(lo, gap[i]) < fmin(hi, gap[i + 1]))
            return outside(g, what, lo, hi);
    return GAL_OK;
}

bool gal_galaxy_ionising(const gal_galaxy *g)
{
    const gal_ssp *s = g->o.ssp;
    return s->wave[0] <= FEW_HARDER && s->wave[s->nwave - 1] >= GAL_LYMAN_AA;
}

gal_status gal_galaxy_check_ionising(const gal_galaxy *g, const char *what)
{
    return gal_galaxy_ionising(g) ? GAL_OK : outside(g, what, FEW_HARDER, GAL_LYMAN_AA);
}

gal_status gal_galaxy_phot_create(gal_phot **out, const gal_galaxy *g, gal_filter *const *filters, size_t nb)
{
    double gap[4];
    gal_status st = gal_phot_create(out, filters, nb, gal_galaxy_wave(g), gal_galaxy_nwave(g));
    gal_galaxy_gaps(g, gap);
    if (st == GAL_OK)
        gal_phot_gaps(*out, gap);
    return st;
}

gal_status gal_galaxy_check_band(const gal_galaxy *g, const gal_phot *p, size_t i, double z)
{
    const gal_filter *f = gal_phot_filter(p, i);
    char what[120];
    if (gal_phot_covered(p)[i])
        return GAL_OK;
    snprintf(what, sizeof what, "band '%s'", f->name);
    double lo = f->wave[0] / (1 + z), hi = f->wave[f->n - 1] / (1 + z);
    const double *wave = gal_galaxy_wave(g);
    if (lo < wave[0] || hi > wave[gal_galaxy_nwave(g) - 1])
        return gal_fail(GAL_EDOMAIN, "%s, %.6g .. %.6g A at rest, is outside the model's wavelengths, %.6g .. %.6g A",
                        what, lo, hi, wave[0], wave[gal_galaxy_nwave(g) - 1]);
    return outside(g, what, lo, hi);
}
