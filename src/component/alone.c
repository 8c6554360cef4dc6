/* One component without a galaxy around it: what the medium lets through, and the emission of dust given a unit of power. For sums over many
 * galaxies that share it. */
#include "galua/component.h"
#include "galua/num.h"

#include <stdint.h>
#include <string.h>

typedef struct alone {
    gal_wavegrid grid;
    gal_view view;
    gal_stage s;
    double *tw, *lum;
    double **spectra;
} alone;

static void shut(alone *a, const gal_component_class *k)
{
    if (a->s.local && k->close)
        k->close(a->s.local);
    if (a->s.table && k->teardown)
        k->teardown((void *)(uintptr_t)a->s.table);
    gal_free(a->s.scratch);
    gal_free(a->s.derived);
    gal_free(a->lum);
    gal_free(a->spectra);
    gal_free(a->tw);
}

static gal_status start(alone *a, const gal_component *c, const double *par, size_t n, const double *wave)
{
    const gal_component_class *k = gal_component_class_of(c);
    gal_status st = GAL_OK;
    void *table = NULL;
    *a = (alone){.tw = gal_alloc(n * sizeof(double))};
    if (!a->tw)
        return GAL_ENOMEM;
    gal_trapz_weights(wave, n, a->tw);
    a->grid = (gal_wavegrid){.n = n, .wave = wave, .tw = a->tw, .compat = gal_compat_default()};
    a->view = (gal_view){.grid = &a->grid, .age = 1e10};
    a->s = (gal_stage){.self = gal_component_self(c), .p = par, .view = &a->view};
    if (k->setup)
        GAL_TRY(k->setup(&table, a->s.self, &a->grid));
    a->s.table = table;
    if (k->open)
        GAL_TRY(k->open(&a->s.local, a->s.self));
    if (k->check)
        GAL_TRY(k->check(a->s.self, par));
    size_t scratch = k->scratch ? k->scratch(a->s.self, &a->grid) : 0;
    a->s.scratch = GAL_NEWN(double, scratch + 1);
    a->s.derived = GAL_NEWN(double, k->nderived + 1);
    a->lum = GAL_NEWN(double, k->nspectra *n + 1);
    a->spectra = GAL_NEWN(double *, k->nspectra + 1);
    if (!a->s.scratch || !a->s.derived || !a->lum || !a->spectra)
        return GAL_ENOMEM;
    for (size_t i = 0; i < k->nspectra; i++)
        a->spectra[i] = a->lum + i * n;
    a->s.lum = a->spectra;
out:
    return st;
}

gal_status gal_component_transmission(const gal_component *c, const double *par, double z, size_t n, const double *wave,
                                      double *t)
{
    const gal_component_class *k = gal_component_class_of(c);
    alone a;
    if (!k->transmit || (k->needs & ~(unsigned)GAL_NEED_REDSHIFT))
        return gal_fail(GAL_EINVAL, "%s.%s is no medium that the redshift alone tells how much light it lets through",
                        k->group, k->kind);
    gal_status st = start(&a, c, par, n, wave);
    a.view.redshift = z;
    if (st == GAL_OK)
        st = k->transmit(&a.s, t);
    shut(&a, k);
    return st;
}

gal_status gal_component_emission(const gal_component *c, const double *par, size_t n, const double *wave, double *lum)
{
    const gal_component_class *k = gal_component_class_of(c);
    alone a;
    if (!k->reemit || k->screen)
        return gal_fail(GAL_EINVAL,
                        "%s.%s does not emit by absorbed power alone: dust.greybody, casey12, dl07, dale14, themis do",
                        k->group, k->kind);
    gal_status st = start(&a, c, par, n, wave);
    a.view.e_dd = 1;
    gal_emission e;
    if (st == GAL_OK)
        st = k->reemit(&a.s, &e);
    memset(lum, 0, n * sizeof *lum);
    for (size_t i = 0; st == GAL_OK && i < k->nspectra; i++)
        for (size_t j = 0; j < n; j++)
            lum[j] += a.spectra[i][j];
    shut(&a, k);
    return st;
}
