/* Fluxes of the cells of an SSP table in bands at one redshift, dust of one screen included: what a population's plan contracts with. */
#include "galua/population.h"

#include <math.h>
#include <string.h>

#define C_A 2.99792458e18 /* [A/s] */

gal_status gal_pop_axes(const gal_ssp *s, double *lgage, double *lgmet)
{
    if (s->nu > 1)
        return gal_fail(GAL_EDOMAIN,
                        "population: the SSP table %s has a log U axis of %zu nodes; a table without one is needed",
                        s->name, s->nu);
    if (!(s->age[0] > 0) || !(s->z[0] > 0))
        return gal_fail(GAL_EDOMAIN, "population: the SSP table %s begins at age %g yr and Z = %g; both must be > 0",
                        s->name, s->age[0], s->z[0]);
    for (size_t a = 0; a < s->nage; a++)
        lgage[a] = log10(s->age[a]) - 9;
    for (size_t z = 0; z < s->nz; z++)
        lgmet[z] = log10(s->z[z]);
    return GAL_OK;
}

/* weights on L_lambda [Lsun/A] of band b: flux in units of AB zero */
static gal_status exact(const gal_pop_light *l, gal_phot *phot, size_t b, double *w)
{
    size_t start, count;
    const double *q = gal_phot_window(phot, b, &start, &count);
    if (!gal_phot_covered(phot)[b] || !q)
        return gal_fail(GAL_EDOMAIN, "population: band %s at z = %.6g lies outside the SSP table %s, %.5g .. %.5g A",
                        l->filters[b]->name, l->z, l->ssp->name, l->ssp->wave[0], l->ssp->wave[l->ssp->nwave - 1]);
    memset(w, 0, l->ssp->nwave * sizeof *w);
    for (size_t k = 0; k < count; k++)
        w[start + k] = q[k] / (C_A * GAL_DSPS_AB0);
    return GAL_OK;
}

static gal_status trapezoid(const gal_pop_light *l, size_t b, double *w)
{
    const gal_filter *f = l->filters[b];
    gal_status st = gal_dsps_band(f->n, f->wave, f->trans, l->z, l->ssp->nwave, l->ssp->wave, w, NULL);
    double sum = 0;
    for (size_t k = 0; st == GAL_OK && k < l->ssp->nwave; k++) {
        w[k] *= l->ssp->wave[k] * l->ssp->wave[k] / C_A;
        sum += w[k];
    }
    if (st == GAL_OK && !(sum > 0))
        return gal_fail(GAL_EDOMAIN, "population: band %s at z = %.6g lies outside the SSP table %s", f->name, l->z,
                        l->ssp->name);
    return st;
}

static double sum_of(const double *w, const float *lum, size_t n)
{
    double s[4] = {0};
    for (size_t k = 0; k < n; k++)
        s[k % 4] += w[k] * (double)lum[k];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

gal_status gal_pop_cells(const gal_pop_light *l, double *cell)
{
    const gal_ssp *s = l->ssp;
    gal_status st = GAL_OK;
    gal_phot *phot = NULL;
    double *w = NULL;
    if (!(l->z >= 0))
        return gal_fail(GAL_EDOMAIN, "population: redshift %g must be >= 0", l->z);
    if (l->dust && (!(l->dust->av >= 0) || !(l->dust->funo >= 0 && l->dust->funo <= 1) || !(l->dust->width > 0)))
        return gal_fail(
            GAL_EDOMAIN,
            "population: dust with av = %g, funo = %g, width = %g: av >= 0, funo in 0 .. 1 and width > 0 are needed",
            l->dust->av, l->dust->funo, l->dust->width);
    w = gal_alloc(2 * s->nwave * sizeof *w);
    if (!w)
        return GAL_ENOMEM;
    double *T = w + s->nwave;
    for (size_t k = 0; k < s->nwave; k++)
        T[k] = l->dust ? gal_dust_transmission(l->curve, l->dust, 1e-4 * s->wave[k], NULL) : 1;
    if (!l->dsps) {
        GAL_TRY(gal_phot_create(&phot, l->filters, l->nb, s->wave, s->nwave));
        GAL_TRY(gal_phot_weights(phot, l->z, GAL_PHOT_EXACT));
    }
    for (size_t b = 0; b < l->nb; b++) {
        GAL_TRY(l->dsps ? trapezoid(l, b, w) : exact(l, phot, b, w));
        size_t k0 = 0, k1 = s->nwave; /* the band's light */
        while (k0 < k1 && w[k0] == 0)
            k0++;
        while (k1 > k0 && w[k1 - 1] == 0)
            k1--;
        for (size_t k = k0; k < k1; k++)
            w[k] *= T[k];
        for (size_t i = 0; i < s->nz * s->nage; i++)
            cell[b * s->nz * s->nage + i] = sum_of(w + k0, s->lum + i * s->nwave + k0, k1 - k0);
    }
out:
    gal_phot_free(phot);
    gal_free(w);
    return st;
}
