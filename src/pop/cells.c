/* Fluxes of the cells of an SSP table in bands at one redshift, dust of one screen included: what a population's plan contracts with. */
#include "galua/population.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

#define C_A 2.99792458e18 /* [A/s] */

gal_status gal_pop_axes(const gal_ssp *s, double *lgage, double *lgmet)
{
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
static gal_status exact(const gal_pop_light *l, gal_phot *phot, const double *wave, size_t nwave, size_t b, double *w)
{
    size_t start, count;
    const double *q = gal_phot_window(phot, b, &start, &count);
    memset(w, 0, nwave * sizeof *w);
    const double *fw = l->filters[b]->wave;
    if ((l->nemit || l->beyond) && fw[0] > wave[nwave - 1] * (1 + l->z))
        return GAL_OK; /* of dust alone */
    if (!gal_phot_covered(phot)[b] || !q)
        return gal_fail(GAL_EDOMAIN, "population: band %s at z = %.6g lies outside the SSP table %s, %.5g .. %.5g A",
                        l->filters[b]->name, l->z, l->ssp->name, wave[0], wave[nwave - 1]);
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
    if (st == GAL_OK && !(sum > 0) && !l->nemit && !l->beyond)
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

/* cell[nz][nage] (+)= sum of w over the spectra, of the wavelengths where w is not 0 */
static void contract(const gal_pop_light *l, const double *w, double *cell)
{
    const gal_ssp *s = l->ssp;
    size_t k0 = 0, k1 = s->nwave;
    while (k0 < k1 && w[k0] == 0)
        k0++;
    while (k1 > k0 && w[k1 - 1] == 0)
        k1--;
    for (size_t i = 0; i < s->nz * s->nage; i++)
        cell[i] = sum_of(w + k0, s->lum + (l->iu * s->nz * s->nage + i) * s->nwave + k0, k1 - k0);
}

static gal_status check_light(const gal_pop_light *l)
{
    if (!(l->z >= 0))
        return gal_fail(GAL_EDOMAIN, "population: redshift %g must be >= 0", l->z);
    if (l->iu >= l->ssp->nu)
        return gal_fail(GAL_EDOMAIN, "population: log U node %zu of a table with %zu", l->iu + 1, l->ssp->nu);
    if (l->dust && (!(l->dust->av >= 0) || !(l->dust->funo >= 0 && l->dust->funo <= 1) || !(l->dust->width > 0)))
        return gal_fail(
            GAL_EDOMAIN,
            "population: dust with av = %g, funo = %g, width = %g: av >= 0, funo in 0 .. 1 and width > 0 are needed",
            l->dust->av, l->dust->funo, l->dust->width);
    if (l->nemit && !l->dust)
        return gal_fail(GAL_EINVAL, "population: emission of dust needs dust that is one screen for all galaxies");
    return GAL_OK;
}

static void transmission(const gal_pop_light *l, double *T)
{
    for (size_t k = 0; k < l->ssp->nwave; k++)
        T[k] = l->dust ? gal_dust_transmission(l->curve, l->dust, 1e-4 * l->ssp->wave[k], NULL) : 1;
}

gal_status gal_pop_emission_bands(const gal_pop_light *l, double *band)
{
    gal_phot *phot = NULL;
    gal_status st = GAL_OK;
    GAL_TRY(gal_phot_create(&phot, l->filters, l->nb, l->ewave, l->nemit));
    GAL_TRY(gal_phot_weights(phot, l->z, GAL_PHOT_EXACT));
    for (size_t b = 0; b < l->nb; b++) {
        size_t start, count;
        const double *q = gal_phot_window(phot, b, &start, &count);
        const gal_filter *f = l->filters[b];
        band[b] = 0;
        if (!gal_phot_covered(phot)[b] || !q) {
            if (f->wave[f->n - 1] <= l->ewave[0] * (1 + l->z)) /* dust does not shine there */
                continue;
            GAL_THROW(GAL_EDOMAIN, "population: band %s at z = %.6g lies outside the emission of dust, %.5g .. %.5g A",
                      f->name, l->z, l->ewave[0], l->ewave[l->nemit - 1]);
        }
        for (size_t k = 0; k < count; k++)
            band[b] += q[k] * l->emit[start + k];
        band[b] /= C_A * GAL_DSPS_AB0;
    }
out:
    gal_phot_free(phot);
    return st;
}

gal_status gal_pop_power_bins(const gal_pop_light *l, double *wave, double *cell)
{
    const gal_ssp *s = l->ssp;
    const size_t cells = s->nz * s->nage;
    const double lo = s->wave[0], step = log(3e4 / lo) / GAL_POP_POWER_BINS;
    gal_status st = check_light(l);
    if (st != GAL_OK)
        return st;
    double *all = gal_alloc(2 * s->nwave * sizeof *all);
    if (!all)
        return GAL_ENOMEM;
    double *w = all + s->nwave;
    gal_trapz_weights(s->wave, s->nwave, all);
    for (size_t k = 0; k < GAL_POP_POWER_BINS; k++) {
        double x0 = lo * exp(step * (double)k), x1 = x0 * exp(step), sum = 0, first = 0;
        for (size_t i = 0; i < s->nwave; i++)
            w[i] = s->wave[i] >= x0 && s->wave[i] < x1 ? all[i] : 0;
        contract(l, w, cell + k * cells);
        for (size_t i = 0; i < s->nwave; i++)
            for (size_t c = 0; c < cells && w[i] > 0; c++) {
                double x = w[i] * (double)s->lum[(l->iu * cells + c) * s->nwave + i];
                sum += x, first += x * s->wave[i];
            }
        wave[k] = 1e-4 * (sum > 0 ? first / sum : sqrt(x0 * x1));
    }
    gal_free(all);
    return GAL_OK;
}

/* what dust absorbs in each cell, times its emission in the bands */
static gal_status reemitted(const gal_pop_light *l, const double *T, double *cell)
{
    const gal_ssp *s = l->ssp;
    const size_t cells = s->nz * s->nage;
    gal_status st = GAL_OK;
    double *w = gal_alloc((s->nwave + cells + l->nb) * sizeof *w);
    if (!w)
        return GAL_ENOMEM;
    double *power = w + s->nwave, *band = power + cells;
    gal_trapz_weights(s->wave, s->nwave, w);
    for (size_t k = 0; k < s->nwave; k++)
        w[k] *= 1 - T[k];
    contract(l, w, power);
    GAL_TRY(gal_pop_emission_bands(l, band));
    for (size_t b = 0; b < l->nb; b++)
        for (size_t i = 0; i < cells; i++)
            cell[b * cells + i] += power[i] * band[b];
out:
    gal_free(w);
    return st;
}

gal_status gal_pop_cells(const gal_pop_light *l, double *cell)
{
    const gal_ssp *s = l->ssp;
    gal_status st = check_light(l);
    gal_phot *phot = NULL;
    if (st != GAL_OK)
        return st;
    double *w = gal_alloc(2 * s->nwave * sizeof *w);
    if (!w)
        return GAL_ENOMEM;
    double *T = w + s->nwave;
    transmission(l, T);
    if (!l->dsps) {
        GAL_TRY(gal_phot_create(&phot, l->filters, l->nb, s->wave, s->nwave));
        GAL_TRY(gal_phot_weights(phot, l->z, GAL_PHOT_EXACT));
    }
    for (size_t b = 0; b < l->nb; b++) {
        GAL_TRY(l->dsps ? trapezoid(l, b, w) : exact(l, phot, s->wave, s->nwave, b, w));
        for (size_t k = 0; k < s->nwave; k++)
            w[k] *= T[k] * (l->through ? l->through[k] : 1);
        contract(l, w, cell + b * s->nz * s->nage);
    }
    if (l->nemit)
        GAL_TRY(reemitted(l, T, cell));
out:
    gal_phot_free(phot);
    gal_free(w);
    return st;
}

/* ------------------------------------------------------------------ lines */
gal_status gal_pop_line_cells(const gal_pop_light *l, size_t nl, const size_t *line, double *cell)
{
    const gal_ssp *s = l->ssp;
    const size_t cells = s->nz * s->nage;
    gal_status st = check_light(l);
    for (size_t k = 0; st == GAL_OK && k < nl; k++) {
        if (line[k] >= s->nline)
            return gal_fail(GAL_EDOMAIN, "population: line %zu of the SSP table %s, which has %zu", line[k] + 1,
                            s->name, s->nline);
        double T = l->dust ? gal_dust_transmission(l->curve, l->dust, 1e-4 * s->line_wave[line[k]], NULL) : 1;
        for (size_t i = 0; i < cells; i++)
            cell[k * cells + i] = T * (double)s->line_lum[(l->iu * cells + i) * s->nline + line[k]];
    }
    return st;
}

gal_status gal_pop_ew_cells(const gal_pop_light *l, size_t nw, const gal_ew_windows *win, double *cell)
{
    const gal_ssp *s = l->ssp;
    const size_t cells = s->nz * s->nage;
    gal_status st = check_light(l);
    if (st != GAL_OK)
        return st;
    double *w = gal_alloc(3 * s->nwave * sizeof *w);
    if (!w)
        return GAL_ENOMEM;
    double *T = w + 2 * s->nwave;
    transmission(l, T);
    for (size_t j = 0; j < nw; j++) {
        GAL_TRY(gal_dsps_ew_weights(win + j, s->nwave, s->wave, w, w + s->nwave));
        for (size_t k = 0; k < 2 * s->nwave; k++)
            w[k] *= T[k % s->nwave];
        contract(l, w, cell + 2 * j * cells);
        contract(l, w + s->nwave, cell + (2 * j + 1) * cells);
    }
out:
    gal_free(w);
    return st;
}
