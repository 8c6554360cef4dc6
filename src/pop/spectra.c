/* Spectra of every galaxy of a population: the table in panels for the matrix product of pop_sed.h. */
#include "galua/num.h"
#include "pop/pop_int.h"

#include <math.h>
#include <string.h>

struct gal_pop_sed {
    const gal_pop *pop;
    pop_sed s;
};

void gal_pop_sed_free(gal_pop_sed *s)
{
    if (!s)
        return;
    gal_free(s->s.panel);
    gal_free(s->s.weight);
    gal_free(s);
}

static void put(const pop_plan *p, void *to, size_t i, double x)
{
    if (p->single)
        ((float *)to)[i] = (float)x;
    else
        ((double *)to)[i] = x;
}

gal_status gal_pop_sed_create(gal_pop_sed **out, const gal_pop *pop, size_t nw, const float *lum, size_t nb,
                              const double *weight)
{
    const pop_plan *p = &pop->plan;
    const size_t rows = (size_t)p->nz * (size_t)p->na, real = p->single ? sizeof(float) : sizeof(double);
    *out = NULL;
    if (nw < 1 || nw > 100000000)
        return gal_fail(GAL_EDOMAIN, "population: spectra of %zu wavelengths; 1 .. 100000000 are possible", nw);
    double most = 0;
    for (size_t i = 0; i < rows * nw; i++) {
        if (!(lum[i] >= 0) || isinf(lum[i]))
            return gal_fail(GAL_EDOMAIN,
                            "population: light %g of metallicity %zu, age %zu, wavelength %zu must be finite and >= 0",
                            (double)lum[i], i / nw / (size_t)p->na + 1, i / nw % (size_t)p->na + 1, i % nw + 1);
        most = lum[i] > most ? lum[i] : most;
    }
    gal_pop_sed *sed = GAL_NEW(gal_pop_sed);
    if (!sed)
        return GAL_ENOMEM;
    const size_t wide = POP_WIDE * (size_t)GAL_KERN_PICK(pop_kern)->lanes(p->single);
    pop_sed *s = &sed->s;
    *s = (pop_sed){.nw = nw, .npanel = (nw + wide - 1) / wide, .nb = nb, .unit = most > 0 ? most : 1};
    sed->pop = pop;
    s->panel = gal_alloc(s->npanel * rows * wide * real);
    s->weight = gal_alloc(s->npanel * (nb + 1) * wide * real);
    if (!s->panel || !s->weight) {
        gal_pop_sed_free(sed);
        return GAL_ENOMEM;
    }
    for (size_t k = 0; k < s->npanel * wide; k++) {
        size_t panel = k / wide, u = k % wide;
        for (size_t r = 0; r < rows; r++)
            put(p, s->panel, (panel * rows + r) * wide + u, k < nw ? lum[r * nw + k] / s->unit : 0);
        for (size_t b = 0; b <= nb; b++)
            put(p, s->weight, (panel * (nb + 1) + b) * wide + u, k >= nw ? 0 : b < nb ? weight[b * nw + k] : 1);
    }
    *out = sed;
    return GAL_OK;
}

gal_status gal_pop_spectra(const gal_pop_sed *sed, const gal_pop_galaxies *g, bool dense, double *spectra, double *band,
                           double *sum)
{
    gal_status st = gal_pop_check_given(&sed->pop->plan, g);
    if (st != GAL_OK)
        return st;
    if (g->young)
        return gal_fail(GAL_EINVAL, "population: spectra have one distribution of metallicities for all ages");
    if (g->error || g->merging || g->emission)
        return gal_fail(GAL_EINVAL, "population: spectra have no error model, no emission of dust, and do not merge");
    if (g->dust)
        return gal_fail(GAL_EINVAL, "population: dust of galaxies acts on bands; spectra have none");
    pop_job job = {.sed = &sed->s, .dense = dense, .spectra = spectra, .band = band, .sum = sum};
    return gal_pop_run(&sed->pop->plan, g, &job, 0);
}
