/* Soft counts of a population by magnitudes and colours, and their reverse: a functional of the magnitudes of each block of the kernel. */
#include "galua/num.h"
#include "pop/pop_int.h"
#include "pop/soft_nd.h"

#include <math.h>
#include <string.h>

enum { PIECES = 64 };

typedef struct counter {
    const gal_pop_count_spec *s;
    size_t nb;
    int *band; /* [nuse] bands with a part */
    size_t nuse;
    gal_soft_grid *grid; /* [PIECES] */
    double *count;       /* [PIECES][size] */
    const double *gcount;
    double *gweight, *gdim;
} counter;

static double combine(const counter *c, const double *coef, const double *mag, double dim)
{
    double x = 0;
    for (size_t k = 0; k < c->nuse; k++) {
        int b = c->band[k];
        x += coef[b] * (mag[b * POP_LANES] + dim);
    }
    return x;
}

/* the product of the cuts; of cut k: df[k] = d product/dx */
static double cuts_of(const counter *c, const double *mag, double dim, double *df)
{
    const gal_pop_count_spec *s = c->s;
    double product = 1, F[GAL_SOFT_MAXAXIS];
    for (size_t k = 0; k < s->ncut; k++) {
        const gal_pop_cut *cut = s->cut + k;
        double z = (combine(c, cut->coef, mag, dim) - cut->at) / cut->width;
        product *= F[k] = gal_tw_cdf(cut->below ? -z : z);
        if (df)
            df[k] = (cut->below ? -1 : 1) * gal_tw_pdf(z) / cut->width;
    }
    for (size_t k = 0; df && k < s->ncut; k++)
        for (size_t j = 0; j < s->ncut; j++)
            df[k] *= j == k ? 1 : F[j];
    return product;
}

static void forward(void *self, int piece, int n, const int *id, const double *mag, double *gmag)
{
    counter *c = self;
    gal_soft_grid *g = c->grid + piece;
    double x[GAL_SOFT_MAXAXIS];
    (void)gmag;
    for (int j = 0; j < n; j++) {
        double dim = c->s->dim ? c->s->dim[id[j]] : 0, w = cuts_of(c, mag + j, dim, NULL);
        w *= c->s->weight ? c->s->weight[id[j]] : 1;
        for (size_t d = 0; d < c->s->naxis; d++)
            x[d] = combine(c, c->s->axis[d].coef, mag + j, dim);
        if (w != 0 && gal_soft_grid_set(g, x, false))
            gal_soft_grid_add(g, w, c->count + (size_t)piece * g->size);
    }
}

static void backward(void *self, int piece, int n, const int *id, const double *mag, double *gmag)
{
    counter *c = self;
    const gal_pop_count_spec *s = c->s;
    gal_soft_grid *g = c->grid + piece;
    for (int j = 0; j < n; j++) {
        double x[GAL_SOFT_MAXAXIS], dx[GAL_SOFT_MAXAXIS] = {0}, df[GAL_SOFT_MAXAXIS], sum = 0,
                                    w = s->weight ? s->weight[id[j]] : 1;
        double dim = s->dim ? s->dim[id[j]] : 0, cuts = cuts_of(c, mag + j, dim, df);
        for (size_t d = 0; d < s->naxis; d++)
            x[d] = combine(c, s->axis[d].coef, mag + j, dim);
        if (gal_soft_grid_set(g, x, true))
            sum = gal_soft_grid_back(g, c->gcount, dx, NULL);
        double all = 0;
        for (size_t k = 0; k < c->nuse; k++) {
            int b = c->band[k];
            double gm = 0;
            for (size_t d = 0; d < s->naxis; d++)
                gm += w * cuts * dx[d] * s->axis[d].coef[b];
            for (size_t i = 0; i < s->ncut; i++)
                gm += sum * w * df[i] * s->cut[i].coef[b];
            gmag[b * POP_LANES + j] = gm;
            all += gm;
        }
        if (c->gdim)
            c->gdim[id[j]] = all;
        if (c->gweight)
            c->gweight[id[j]] = sum * cuts;
    }
}

static gal_status check(const gal_pop_count_spec *s, size_t n)
{
    if (s->naxis < 1 || s->naxis > GAL_SOFT_MAXAXIS || s->ncut > GAL_SOFT_MAXAXIS)
        return gal_fail(GAL_EINVAL, "population: counts with %zu axes and %zu cuts; 1 .. %d and 0 .. %d are possible",
                        s->naxis, s->ncut, GAL_SOFT_MAXAXIS, GAL_SOFT_MAXAXIS);
    for (size_t k = 0; k < s->ncut; k++)
        if (!(s->cut[k].width > 0) || !isfinite(s->cut[k].at))
            return gal_fail(GAL_EINVAL, "population: cut %zu at %g of width %g: width > 0 is needed", k + 1,
                            s->cut[k].at, s->cut[k].width);
    for (size_t i = 0; s->weight && i < n; i++)
        if (!isfinite(s->weight[i]))
            return gal_fail(GAL_EDOMAIN, "population: galaxy %zu: weight %g must be finite", i + 1, s->weight[i]);
    return GAL_OK;
}

static gal_status open_counter(counter *c, const gal_pop *p, const gal_pop_galaxies *g, const gal_pop_count_spec *s,
                               unsigned char *active)
{
    gal_soft_axis axis[GAL_SOFT_MAXAXIS];
    *c = (counter){.s = s, .nb = (size_t)p->plan.nb};
    gal_status st = gal_pop_check_given(&p->plan, g);
    if (st == GAL_OK && p->plan.sums)
        st = gal_fail(GAL_EINVAL, "population: sums of either sign have no magnitudes to count by");
    if (st == GAL_OK)
        st = check(s, g->n);
    if (st != GAL_OK)
        return st;
    c->band = GAL_NEWN(int, c->nb);
    c->grid = GAL_NEWN(gal_soft_grid, PIECES);
    if (!c->band || !c->grid)
        return GAL_ENOMEM;
    for (size_t b = 0; b < c->nb; b++) {
        bool on = false;
        for (size_t d = 0; d < s->naxis; d++)
            on = on || s->axis[d].coef[b] != 0;
        for (size_t k = 0; k < s->ncut; k++)
            on = on || s->cut[k].coef[b] != 0;
        if ((active[b] = on))
            c->band[c->nuse++] = (int)b;
    }
    for (size_t d = 0; d < s->naxis; d++)
        axis[d] = s->axis[d].bins;
    for (int k = 0; k < PIECES && st == GAL_OK; k++)
        st = gal_soft_grid_open(c->grid + k, s->naxis, axis);
    return st;
}

static void close_counter(counter *c)
{
    for (int k = 0; c->grid && k < PIECES; k++)
        gal_soft_grid_close(c->grid + k);
    gal_free(c->grid);
    gal_free(c->band);
    gal_free(c->count);
}

/* Galaxies that merge or whose dust emits: all fluxes first, then a piece of neighbours after the other in blocks as the kernel makes them. gflux NULL, or set where bands are
 * active: the reverse. */
static gal_status over_fluxes(counter *c, const gal_pop *p, const gal_pop_galaxies *g, double *gflux)
{
    const size_t n = g->n, nb = c->nb;
    double *flux = gal_alloc(nb * n * sizeof *flux);
    gal_status st = flux ? gal_pop_flux(p, g, flux, NULL) : GAL_ENOMEM;
    double *mag = gal_alloc(2 * PIECES * nb * POP_LANES * sizeof *mag);
    if (st == GAL_OK && !mag)
        st = GAL_ENOMEM;
#pragma omp parallel for schedule(dynamic) num_threads(gal_threads())
    for (int k = 0; k < (st == GAL_OK ? PIECES : 0); k++) {
        double *m = mag + (size_t)(2 * k) * nb * POP_LANES, *gm = m + nb * POP_LANES;
        size_t i1 = n * (size_t)(k + 1) / PIECES;
        for (size_t i = n * (size_t)k / PIECES; i < i1; i += POP_LANES) {
            int id[POP_LANES], lanes = i1 - i < POP_LANES ? (int)(i1 - i) : POP_LANES;
            for (int j = 0; j < lanes; j++) {
                id[j] = (int)i + j;
                for (size_t u = 0; u < c->nuse; u++) { /* a satellite that has gone is fainter than any bin */
                    size_t b = (size_t)c->band[u];
                    m[b * POP_LANES + (size_t)j] = -2.5 * log10(fmax(flux[b * n + i + (size_t)j], 1e-290));
                }
            }
            if (!gflux) {
                forward(c, k, lanes, id, m, NULL);
                continue;
            }
            backward(c, k, lanes, id, m, gm);
            for (size_t u = 0; u < c->nuse; u++)
                for (size_t b = (size_t)c->band[u], j = 0; j < (size_t)lanes; j++) {
                    double f = flux[b * n + i + j];
                    gflux[b * n + i + j] = f > 0 ? gm[b * POP_LANES + j] * (-2.5 / 2.302585092994046) / f : 0;
                }
        }
    }
    gal_free(mag);
    gal_free(flux);
    return st;
}

gal_status gal_pop_count(const gal_pop *p, const gal_pop_galaxies *g, const gal_pop_count_spec *s, double *count)
{
    counter c;
    unsigned char *active = GAL_NEWN(unsigned char, (size_t)p->plan.nb);
    if (!active)
        return GAL_ENOMEM;
    gal_status st = open_counter(&c, p, g, s, active);
    if (st != GAL_OK)
        goto out;
    size_t size = c.grid->size;
    if (!(c.count = GAL_NEWN(double, PIECES *size))) {
        st = GAL_ENOMEM;
        goto out;
    }
    pop_job job = {.hook = forward, .self = &c, .active = active, .nactive = (int)c.nuse};
    st = g->merging || g->emission ? over_fluxes(&c, p, g, NULL) : gal_pop_run(&p->plan, g, &job, PIECES);
    if (st != GAL_OK)
        goto out;
    memset(count, 0, size * sizeof *count);
    for (size_t k = 0; k < PIECES; k++)
        for (size_t i = 0; i < size; i++)
            count[i] += c.count[k * size + i];
out:
    close_counter(&c);
    gal_free(active);
    return st;
}

gal_status gal_pop_count_vjp(const gal_pop *p, const gal_pop_galaxies *g, const gal_pop_count_spec *s,
                             const double *gcount, const gal_pop_adjoint *out, double *gweight, double *gdim)
{
    counter c;
    unsigned char *active = GAL_NEWN(unsigned char, (size_t)p->plan.nb);
    if (!active)
        return GAL_ENOMEM;
    gal_status st = open_counter(&c, p, g, s, active);
    if (st == GAL_OK)
        st = gal_pop_check_adjoint(&p->plan, g, out);
    c.gcount = gcount, c.gweight = gweight, c.gdim = gdim;
    pop_job job = {.hook = backward, .self = &c, .active = active, .nactive = (int)c.nuse, .reverse = true, .g = *out};
    if (st == GAL_OK && (g->merging || g->emission)) {
        double *gflux = GAL_NEWN(double, c.nb * g->n);
        st = gflux ? over_fluxes(&c, p, g, gflux) : GAL_ENOMEM;
        if (st == GAL_OK)
            st = gal_pop_vjp(p, g, gflux, NULL, NULL, out);
        gal_free(gflux);
    } else if (st == GAL_OK) {
        st = gal_pop_run(&p->plan, g, &job, PIECES);
    }
    close_counter(&c);
    gal_free(active);
    return st;
}
