/* Derivatives of single components along a direction: exact ones, or central differences in everything that the component reads. */
#include "model/tangent_int.h"

#include <stddef.h>
#include <string.h>

/* Numbers of a view that change, and the needs of what reads them. */
static const struct {
    size_t at;
    unsigned needs;
} number[] = {
    {offsetof(gal_view, age), GAL_NEED_AGE},
    {offsetof(gal_view, redshift), GAL_NEED_REDSHIFT},
    {offsetof(gal_view, sfr), GAL_NEED_HISTORY},
    {offsetof(gal_view, mgas), GAL_NEED_HISTORY},
    {offsetof(gal_view, mdust), GAL_NEED_HISTORY},
    {offsetof(gal_view, zgas), GAL_NEED_HISTORY},
    {offsetof(gal_view, zstar), GAL_NEED_HISTORY | GAL_NEED_STARS},
    {offsetof(gal_view, age_mass), GAL_NEED_HISTORY | GAL_NEED_STARS},
    {offsetof(gal_view, mstar), GAL_NEED_HISTORY | GAL_NEED_STARS},
    {offsetof(gal_view, bol), GAL_NEED_STARS},
    {offsetof(gal_view, qh), GAL_NEED_STARS},
    {offsetof(gal_view, qh_clouds), GAL_NEED_STARS},
    {offsetof(gal_view, qhei), GAL_NEED_STARS},
    {offsetof(gal_view, lyman), GAL_NEED_STARS},
    {offsetof(gal_view, sn_rate), GAL_NEED_SN},
    {offsetof(gal_view, av_mc), GAL_NEED_SCREEN},
    {offsetof(gal_view, av_dd), GAL_NEED_SCREEN},
    {offsetof(gal_view, tau_esc), GAL_NEED_SCREEN},
    {offsetof(gal_view, e_mc), GAL_NEED_ABSORBED},
    {offsetof(gal_view, e_dd), GAL_NEED_ABSORBED},
    {offsetof(gal_view, t_mc), GAL_NEED_DUST},
    {offsetof(gal_view, t_dd), GAL_NEED_DUST},
};
enum { NUMBERS = sizeof number / sizeof *number };
_Static_assert((int)NUMBERS == (int)TANGENT_NUMBERS, "of a view");

double *tangent_number(gal_view *v, size_t i, unsigned *needs)
{
    if (needs)
        *needs = number[i].needs;
    return (double *)(void *)((char *)v + number[i].at);
}

static double *at(gal_view *v, size_t i)
{
    return tangent_number(v, i, NULL);
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

gal_status tangent_stage_at(gal_tangent *t, size_t i, tangent_stage which, double **out, tangent_result *r)
{
    const gal_part *p = &t->g->part[i];
    gal_galaxy_ws *x = t->x;
    gal_screen screen;
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
    tangent_put_beside(t, w, theta, &t->g->part[i], TANGENT_STEP);
    GAL_TRY(tangent_stage_at(t, i, which, first, &a));
    up[0] = t->x->screen.av_mc;
    up[1] = t->x->screen.av_dd;
    tangent_put_beside(t, w, theta, &t->g->part[i], -TANGENT_STEP);
    GAL_TRY(tangent_stage_at(t, i, which, to, &b));
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

gal_status tangent_exact(const gal_tangent *t, const gal_galaxy_ws *w, size_t i, tangent_stage which,
                         const gal_stage *s, const gal_stage *d, gal_screen *screen, tangent_result *r)
{
    const gal_component_class *k = t->g->part[i].class;
    if (t->force)
        return GAL_EUNSUP;
    if (which == TANGENT_SOURCE && k->source_jvp)
        return k->source_jvp(s, d, &w->part[i].source, &r->source);
    if (which == TANGENT_SCREEN && k->screen_jvp)
        return k->screen_jvp(s, d, &w->screen, screen);
    if (which == TANGENT_REEMIT && k->reemit_jvp)
        return k->reemit_jvp(s, d, &w->emission, &r->emission);
    if (which == TANGENT_EMIT && k->emit_jvp)
        return k->emit_jvp(s, d);
    if (which == TANGENT_TRANSMIT && k->transmit_jvp)
        return k->transmit_jvp(s, d, d->lum[0]);
    return GAL_EUNSUP;
}

/* The stage of part i with its exact derivative, where there is one, or differences. */
gal_status tangent_run(gal_tangent *t, gal_galaxy_ws *w, size_t i, tangent_stage which, const double *theta,
                       double **to, size_t m, tangent_result *r)
{
    gal_galaxy_ws *d = t->d;
    gal_stage s = gal_stage_of(t->g, w, i, theta), ds = gal_stage_of(t->g, d, i, t->along);
    double av[2] = {0, 0};
    ds.lum = to;
    gal_status st = tangent_exact(t, w, i, which, &s, &ds, &d->screen, r);
    if (st == GAL_EUNSUP) {
        st = difference(t, w, i, which, theta, to, m, r, av);
        if (st == GAL_OK && which == TANGENT_SCREEN) {
            d->screen.av_mc = av[0];
            d->screen.av_dd = av[1];
        }
    }
    if (st == GAL_OK && which == TANGENT_SCREEN) {
        d->view.av_mc = d->screen.av_mc;
        d->view.av_dd = d->screen.av_dd;
    }
    return st;
}
