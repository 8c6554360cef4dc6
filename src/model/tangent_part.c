/* Derivatives of single components along a direction: exact ones, or central differences in everything that the component reads. */
#include "model/tangent_internal.h"

#include <stddef.h>
#include <string.h>

/* Numbers of a view that change. */
static const size_t number[] = {
    offsetof(gal_view, age),   offsetof(gal_view, redshift), offsetof(gal_view, sfr),     offsetof(gal_view, mgas),
    offsetof(gal_view, mdust), offsetof(gal_view, zgas),     offsetof(gal_view, zstar),   offsetof(gal_view, age_mass),
    offsetof(gal_view, mstar), offsetof(gal_view, bol),      offsetof(gal_view, qh),      offsetof(gal_view, qh_clouds),
    offsetof(gal_view, qhei),  offsetof(gal_view, lyman),    offsetof(gal_view, sn_rate), offsetof(gal_view, av_mc),
    offsetof(gal_view, av_dd), offsetof(gal_view, tau_esc),  offsetof(gal_view, e_mc),    offsetof(gal_view, e_dd),
    offsetof(gal_view, t_mc),  offsetof(gal_view, t_dd)};
enum { NUMBERS = sizeof number / sizeof *number };

static double *at(gal_view *v, size_t i)
{
    return (double *)(void *)((char *)v + number[i]);
}

void tangent_view_zero(gal_view *v)
{
    for (size_t i = 0; i < NUMBERS; i++)
        *at(v, i) = 0;
}

bool tangent_has_jvp(const gal_part *p)
{
    const gal_component_class *k = p->class;
    return (!k->source || k->source_jvp) && (!k->screen || k->screen_jvp) && (!p->reemit || k->reemit_jvp) &&
           (!k->emit || k->emit_jvp) && (!k->transmit || k->transmit_jvp);
}

/* The value of what the stage of a part reads, a step beside the point, in x; its spectra from 0. */
void tangent_put_beside(gal_tangent *t, const gal_galaxy_ws *w, const double *theta, const gal_part *p, double step)
{
    gal_galaxy_ws *x = t->x, *d = t->d;
    size_t n = t->g->grid->n;
    for (size_t i = 0; i < NUMBERS; i++)
        *at(&x->view, i) = *at((gal_view *)(uintptr_t)&w->view, i) + step * *at(&d->view, i);
    for (size_t i = p->par; i < p->par + p->npar; i++)
        t->theta[i] = theta[i] + step * t->along[i];
    double *to[] = {
        x->s0, x->s1, x->screen.att_mc, x->screen.abs_mc, x->screen.att_dd, x->screen.abs_dd, x->lum[GAL_COMP_EXTINCT]};
    const double *from[] = {
        w->s0, w->s1, w->screen.att_mc, w->screen.abs_mc, w->screen.att_dd, w->screen.abs_dd, w->lum[GAL_COMP_EXTINCT]};
    const double *by[] = {
        d->s0, d->s1, d->screen.att_mc, d->screen.abs_mc, d->screen.att_dd, d->screen.abs_dd, d->lum[GAL_COMP_EXTINCT]};
    for (size_t a = 0; a < sizeof to / sizeof *to; a++)
        for (size_t k = 0; k < n; k++)
            to[a][k] = from[a][k] + step * by[a][k];
    for (size_t c = 0; c < p->nlum; c++)
        memset(x->lum[p->lum + c], 0, n * sizeof *x->lum[0]);
}

/* One stage of part i beside the point: its arrays are out[m][n]. */
static gal_status beside(gal_tangent *t, const gal_galaxy_ws *w, size_t i, tangent_stage which, const double *theta,
                         double step, double **out, tangent_result *r)
{
    const gal_part *p = &t->g->part[i];
    gal_galaxy_ws *x = t->x;
    gal_screen screen;
    tangent_put_beside(t, w, theta, p, step);
    gal_stage s = gal_stage_of(t->g, x, i, t->theta);
    switch (which) {
    case TANGENT_SOURCE:
        s.lum = out;
        r->source = (gal_source){.dust_ratio = 1, .lyc_left = 1};
        return p->class->source(&s, &r->source);
    case TANGENT_SCREEN:
        screen = (gal_screen){.att_mc = out[0], .abs_mc = out[1], .att_dd = out[2], .abs_dd = out[3]};
        gal_status st = p->class->screen(&s, &screen);
        x->screen.av_mc = screen.av_mc;
        x->screen.av_dd = screen.av_dd;
        return st;
    case TANGENT_REEMIT:
        s.lum = out;
        r->emission = (gal_emission){0};
        return p->class->reemit(&s, &r->emission);
    case TANGENT_EMIT:
        s.lum = out; /* 0 at first: what a source adds to its attenuated light */
        return p->class->emit(&s);
    default:
        return p->class->transmit(&s, out[0]);
    }
}

/* Central difference of one stage: its arrays to[m], its numbers *r and av[2] of a screen. */
static gal_status difference(gal_tangent *t, const gal_galaxy_ws *w, size_t i, tangent_stage which, const double *theta,
                             double **to, size_t m, tangent_result *r, double av[2])
{
    gal_status st = GAL_OK;
    size_t n = t->g->grid->n;
    double *first[MAXLUM], up[2];
    tangent_result a = {0}, b = {0};
    for (size_t c = 0; c < m; c++) {
        first[c] = t->keep + c * n;
        memset(first[c], 0, n * sizeof *first[c]);
        memset(to[c], 0, n * sizeof *to[c]);
    }
    GAL_TRY(beside(t, w, i, which, theta, TANGENT_STEP, first, &a));
    up[0] = t->x->screen.av_mc;
    up[1] = t->x->screen.av_dd;
    GAL_TRY(beside(t, w, i, which, theta, -TANGENT_STEP, to, &b));
    for (size_t c = 0; c < m; c++)
        for (size_t k = 0; k < n; k++)
            to[c][k] = (first[c][k] - to[c][k]) / (2 * TANGENT_STEP);
    if (which == TANGENT_SCREEN) {
        av[0] = (up[0] - t->x->screen.av_mc) / (2 * TANGENT_STEP);
        av[1] = (up[1] - t->x->screen.av_dd) / (2 * TANGENT_STEP);
    } else if (which == TANGENT_SOURCE) {
        r->source.in_clouds = (a.source.in_clouds - b.source.in_clouds) / (2 * TANGENT_STEP);
        r->source.dust_ratio = (a.source.dust_ratio - b.source.dust_ratio) / (2 * TANGENT_STEP);
        r->source.lyc_left = (a.source.lyc_left - b.source.lyc_left) / (2 * TANGENT_STEP);
        r->source.lyc_dust = (a.source.lyc_dust - b.source.lyc_dust) / (2 * TANGENT_STEP);
    } else if (which == TANGENT_REEMIT) {
        r->emission.t_mc = (a.emission.t_mc - b.emission.t_mc) / (2 * TANGENT_STEP);
        r->emission.t_dd = (a.emission.t_dd - b.emission.t_dd) / (2 * TANGENT_STEP);
        r->emission.other = (a.emission.other - b.emission.other) / (2 * TANGENT_STEP);
    }
out:
    return st;
}

/* Do the parameters of the part or what it reads change? */
bool tangent_touched(const gal_tangent *t, const gal_part *p, unsigned changed)
{
    bool own = false;
    for (size_t i = p->par; i < p->par + p->npar; i++)
        own = own || t->along[i] != 0;
    return own || p->class->needs & changed;
}

void tangent_zero(double **to, size_t m, size_t n)
{
    for (size_t c = 0; c < m; c++)
        memset(to[c], 0, n * sizeof *to[c]);
}

/* The stage of part i with its exact derivative, where there is one, or differences. */
gal_status tangent_run(gal_tangent *t, gal_galaxy_ws *w, size_t i, tangent_stage which, const double *theta,
                       double **to, size_t m, tangent_result *r)
{
    const gal_part *p = &t->g->part[i];
    const gal_component_class *k = p->class;
    gal_galaxy_ws *d = t->d;
    gal_stage s = gal_stage_of(t->g, w, i, theta), ds = gal_stage_of(t->g, d, i, t->along);
    double av[2];
    ds.lum = to;
    if (!t->force && which == TANGENT_SOURCE && k->source_jvp)
        return k->source_jvp(&s, &ds, &w->part[i].source, &r->source);
    if (!t->force && which == TANGENT_SCREEN && k->screen_jvp) {
        gal_status st = k->screen_jvp(&s, &ds, &w->screen, &d->screen);
        d->view.av_mc = d->screen.av_mc;
        d->view.av_dd = d->screen.av_dd;
        return st;
    }
    if (!t->force && which == TANGENT_REEMIT && k->reemit_jvp)
        return k->reemit_jvp(&s, &ds, &w->emission, &r->emission);
    if (!t->force && which == TANGENT_EMIT && k->emit_jvp)
        return k->emit_jvp(&s, &ds);
    if (!t->force && which == TANGENT_TRANSMIT && k->transmit_jvp)
        return k->transmit_jvp(&s, &ds, to[0]);
    gal_status st = difference(t, w, i, which, theta, to, m, r, av);
    if (st == GAL_OK && which == TANGENT_SCREEN) {
        d->view.av_mc = d->screen.av_mc = av[0];
        d->view.av_dd = d->screen.av_dd = av[1];
    }
    return st;
}
