/* Evaluation of the galaxy model: workspaces, what has changed, fluxes. The stages themselves are in stages.c. */
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_int.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ workspaces */
static gal_status open_parts(const gal_galaxy *g, gal_galaxy_ws *w)
{
    for (size_t i = 0; i < g->npart; i++) {
        const gal_component_class *k = g->part[i].class;
        const void *self = gal_component_self(g->part[i].c);
        const gal_model_grid *grid = g->part[i].picked ? g->grid->whole : g->grid;
        size_t m = k->scratch ? k->scratch(self, &grid->view) : 0;
        if (m && !(w->part[i].scratch = GAL_NEWN(double, m)))
            return GAL_ENOMEM;
        for (size_t c = 0; g->part[i].picked && c < g->part[i].nlum; c++)
            if (!(w->part[i].whole[c] = GAL_NEWN(double, grid->n)))
                return GAL_ENOMEM;
        gal_status st = k->open ? k->open(&w->part[i].local, self) : GAL_OK;
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

gal_status gal_galaxy_ws_create(gal_galaxy_ws **out, const gal_galaxy *g)
{
    gal_status st = GAL_OK;
    size_t n = (g->grid->n + 7) & ~(size_t)7,
           m = (g->o.ssp->nwave + g->grid->common_stride + 7) & ~(size_t)7; /* 64-byte aligned slices */
    size_t nraw = 0, transmits = 0;
    gal_galaxy_ws *w = GAL_NEW(gal_galaxy_ws);
    *out = NULL;
    if (!w)
        return GAL_ENOMEM;
    w->g = g;
    for (size_t i = 0; i < g->npart; i++) {
        nraw += g->part[i].class->source ? g->part[i].nlum : 0;
        transmits |= g->part[i].class->transmit != NULL;
    }
    GAL_TRY(gal_history_init(&w->history, &g->sfh));
    GAL_TRY(gal_csp_init(&w->csp, g->o.ssp, g->o.logu, gal_sfh_max_breaks(&g->sfh)));
    if (g->screen && g->screen->class->cut)
        w->csp.sharp = gal_component_options(g->screen->c)[g->screen->class->cut - 1].number == 1;
    w->block = GAL_NEWN(double, 2 * m + (6 + g->nlum - 1 + nraw + 2 * transmits) * n);
    w->lum = GAL_NEWN(double *, g->nlum);
    w->derived = GAL_NEWN(double, g->nderived);
    w->line = GAL_NEWN(double, 2 * g->nlines + 1);
    w->last = GAL_NEWN(double, g->npar);
    if (!w->block || !w->lum || !w->derived || !w->line || !w->last)
        GAL_TRY(GAL_ENOMEM);
    w->seen = w->line + g->nlines;
    double *p = w->block;
    w->t0 = p;
    w->t1 = p + m;
    p += 2 * m;
    double **slice[] = {&w->s0, &w->s1, &w->screen.att_mc, &w->screen.abs_mc, &w->screen.att_dd, &w->screen.abs_dd};
    for (size_t i = 0; i < sizeof slice / sizeof *slice; i++, p += n)
        *slice[i] = p;
    w->lum[GAL_COMP_STELLAR] = w->s0;
    for (size_t i = 1; i < g->nlum; i++, p += n)
        w->lum[i] = p;
    for (size_t i = 0; i < g->npart; i++)
        for (size_t k = 0; g->part[i].class->source && k < g->part[i].nlum; k++, p += n)
            w->part[i].raw[k] = p;
    if (transmits) {
        w->trans = p;
        w->flux = p + n;
    }
    for (size_t k = 0; k < g->grid->n; k++)
        w->screen.att_mc[k] = w->screen.att_dd[k] = 1;
    w->view = (gal_view){.grid = &g->grid->view,
                         .stars = w->s0,
                         .clouds = w->s1,
                         .att_mc = w->screen.att_mc,
                         .abs_mc = w->screen.abs_mc,
                         .att_dd = w->screen.att_dd,
                         .abs_dd = w->screen.abs_dd,
                         .attenuated = w->lum[GAL_COMP_EXTINCT]};
    GAL_TRY(open_parts(g, w));
    *out = w;
    w = NULL;
out:
    gal_galaxy_ws_free(w);
    return st;
}

void gal_galaxy_ws_free(gal_galaxy_ws *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->g->npart; i++) {
        const gal_component_class *k = w->g->part[i].class;
        if (k->close && w->part[i].local)
            k->close(w->part[i].local);
        gal_free(w->part[i].scratch);
        for (size_t c = 0; c < MAXLUM; c++)
            gal_free(w->part[i].whole[c]);
    }
    gal_csp_clear(&w->csp);
    gal_history_clear(&w->history);
    gal_free(w->block);
    gal_free(w->lum);
    gal_free(w->derived);
    gal_free(w->line);
    gal_free(w->last);
    gal_free(w);
}

/* ------------------------------------------------------------------ evaluation */
/* Bits of what the change of global and history parameters makes new. */
static unsigned global_changes(const gal_galaxy *g, const gal_galaxy_ws *w, const double *theta)
{
    if (!w->valid)
        return ~0u;
    unsigned bits = 0;
    if (theta[P_REDSHIFT] != w->last[P_REDSHIFT])
        bits |= GAL_NEED_REDSHIFT | (g->grid->mix ? GAL_NEED_STARS : 0);
    if (theta[P_AGE] != w->last[P_AGE] ||
        (g->o.onset != GAL_ONSET_AGE &&
         (theta[P_REDSHIFT] != w->last[P_REDSHIFT] ||
          memcmp(theta + g->cosmo_par, w->last + g->cosmo_par, g->ncosmo * sizeof *theta) != 0)))
        bits |= GAL_NEED_AGE | GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN;
    if (memcmp(theta + P_SFH, w->last + P_SFH, g->sfh.npar * sizeof *theta) != 0)
        bits |= GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN;
    const gal_part *s = g->screen;
    if (s && s->class->tau_esc) {
        size_t i = s->par + (size_t)s->class->tau_esc - 1;
        if (theta[i] != w->last[i])
            bits |= GAL_NEED_STARS;
    }
    return bits;
}

gal_status gal_galaxy_eval(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    gal_status st = GAL_OK;
    unsigned changed = global_changes(g, w, theta);
    if (w->valid && !changed && memcmp(theta, w->last, g->npar * sizeof *theta) == 0)
        return GAL_OK;
    bool was = w->valid;
    w->filled = false;
    w->valid = false; /* until everything below has succeeded */
    w->view.age = gal_galaxy_age(g, theta);
    w->view.redshift = theta[P_REDSHIFT];
    if (changed & GAL_NEED_HISTORY) {
        GAL_TRY(gal_history_set(&w->history, theta + P_SFH, w->view.age));
        gal_history_content(&w->history, g->o.compat.dust_gas_sign ? 0.85 : -0.85, &w->content);
    }
    if (changed & GAL_NEED_STARS)
        gal_stage_stars(g, w, theta);
    GAL_TRY(gal_stage_components(g, w, theta, was ? changed : ~0u));
    double lbol = g->grid->whole ? w->view.bol : gal_galaxy_lbol(g, w), ldust = w->view.e_mc + w->view.e_dd;
    if (!isfinite(lbol) || !isfinite(ldust))
        GAL_THROW(GAL_EMATH, "galaxy: the spectrum is not finite (Lbol = %g, Ldust = %g Lsun)", lbol, ldust);
    memcpy(w->last, theta, g->npar * sizeof *theta);
    w->valid = true;
out:
    return st;
}

gal_phot_rule gal_galaxy_phot_rule(const gal_galaxy *g)
{
    const gal_compat *c = &g->o.compat;
    return c->band_loglog ? GAL_PHOT_LOGLOG : c->band_rule ? GAL_PHOT_GALAPY : GAL_PHOT_EXACT;
}

gal_status gal_galaxy_photometry(const gal_galaxy *g, gal_galaxy_ws *w, gal_phot *p, const double *theta, double *flux)
{
    gal_status st = GAL_OK;
    double factor, z = theta[P_REDSHIFT];
    GAL_TRY(gal_galaxy_flux_factor(g, theta, &factor));
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    GAL_TRY(gal_phot_weights(p, z, gal_galaxy_phot_rule(g))); /* remembers its redshift */
    const double *lum = w->lum[GAL_COMP_TOTAL];
    if (w->trans) {
        for (size_t k = 0; k < g->grid->n; k++)
            w->flux[k] = lum[k] * w->trans[k];
        lum = w->flux;
    }
    gal_phot_apply(p, lum, factor, flux);
out:
    return st;
}

/* ------------------------------------------------------------------ results */
const double *gal_galaxy_lum(const gal_galaxy_ws *w, size_t i)
{
    return i < w->g->nlum ? w->lum[i] : NULL;
}

const double *gal_galaxy_derived(gal_galaxy_ws *w)
{
    if (w->valid && !w->filled) {
        gal_galaxy_fill_derived(w->g, w, w->last);
        w->filled = true;
    }
    return w->derived;
}

const double *gal_galaxy_line_lum(const gal_galaxy_ws *w)
{
    return w->line;
}

const double *gal_galaxy_line_seen(const gal_galaxy_ws *w)
{
    return w->seen;
}

const double *gal_galaxy_transmission(const gal_galaxy_ws *w)
{
    return w->trans;
}

const gal_view *gal_galaxy_view(const gal_galaxy_ws *w)
{
    return &w->view;
}

void gal_galaxy_counts(const gal_galaxy_ws *w, size_t *weights, size_t *sums, size_t *attenuation)
{
    *weights = w->n_weights;
    *sums = w->n_sums;
    *attenuation = w->n_att;
}

void gal_galaxy_component_counts(const gal_galaxy_ws *w, size_t i, size_t counts[4])
{
    memcpy(counts, w->part[i].count, sizeof w->part[i].count);
}
