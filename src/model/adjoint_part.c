/* Transposes of single components: their own, or derivatives along each number that they read and each of their parameters, exact where the
 * class has them (`*_jvp`), else central differences of that component alone. */
#include "model/tangent_int.h"

#include <math.h>
#include <string.h>

/* Of stage functions that read numbers alone, every derivative can be had one by one. */
static bool numbers_alone(const gal_component_class *k, bool reemit)
{
    return k->on_nodes == GAL_NODES_PICKED || k->on_nodes == GAL_NODES_TABLED ||
           (k->on_nodes == GAL_NODES_ANYWHERE && !reemit);
}

bool adjoint_able(const gal_part *p)
{
    const gal_component_class *k = p->class;
    return (!k->source || k->source_vjp || numbers_alone(k, false)) &&
           (!k->screen || k->screen_vjp || numbers_alone(k, false)) &&
           (!p->reemit || k->reemit_vjp || numbers_alone(k, true)) &&
           (!k->emit || k->emit_vjp || numbers_alone(k, false)) &&
           (!k->transmit || k->transmit_vjp || numbers_alone(k, false));
}

double tangent_size(const gal_param *p, double v)
{
    double range = p->phi - p->plo;
    return fabs(v) > 0 && (p->log || !(0.1 * range > fabs(v))) ? fabs(v)
           : isfinite(range) && range > 0                      ? 0.1 * range
                                                               : 1;
}

bool adjoint_wants(const gal_tangent *t, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        if (t->wanted[i])
            return true;
    return false;
}

/* Derivatives of a function with respect to what a stage makes. */
typedef struct outputs {
    tangent_stage which;
    double *const *array; /* [m][n] */
    size_t m, n;
    const gal_source *source; /* or NULL */
    const double *line;       /* [nline] of a source's lines */
    size_t nline;
    const gal_screen *screen;   /* or NULL */
    const double *temperatures; /* [2], or NULL */
} outputs;

static double weigh(const outputs *o, double *const *change, const double *line, const tangent_result *r,
                    const double av[2])
{
    double sum = 0;
    for (size_t c = 0; c < o->m; c++)
        for (size_t k = 0; k < o->n; k++)
            sum += o->array[c][k] * change[c][k];
    for (size_t l = 0; l < o->nline; l++)
        sum += o->line[l] * line[l];
    if (o->source)
        sum += o->source->in_clouds * r->source.in_clouds + o->source->dust_ratio * r->source.dust_ratio +
               o->source->lyc_left * r->source.lyc_left + o->source->lyc_dust * r->source.lyc_dust;
    if (o->screen)
        sum += o->screen->av_mc * av[0] + o->screen->av_dd * av[1];
    if (o->temperatures)
        sum += o->temperatures[0] * r->emission.t_mc + o->temperatures[1] * r->emission.t_dd;
    return sum;
}

/* What the function is at a point beside: own parameter or number `which` moved by step. */
static gal_status sum_beside(gal_tangent *t, const gal_galaxy_ws *w, size_t i, const outputs *o, const double *theta,
                             size_t which, double step, double **room, double *sum)
{
    const gal_part *p = &t->g->part[i];
    tangent_result r = {0};
    for (size_t j = 0; j < TANGENT_NUMBERS; j++)
        *tangent_number(&t->x->view, j, NULL) = *tangent_number((gal_view *)(uintptr_t)&w->view, j, NULL);
    memcpy(t->theta + p->par, theta + p->par, p->npar * sizeof *theta);
    if (which < p->npar)
        t->theta[p->par + which] += step;
    else
        *tangent_number(&t->x->view, which - p->npar, NULL) += step;
    for (size_t c = 0; c < o->m; c++)
        memset(room[c], 0, o->n * sizeof *room[c]);
    gal_status st = tangent_stage_at(t, i, o->which, room, &r);
    const double av[2] = {t->x->screen.av_mc, t->x->screen.av_dd};
    if (st == GAL_OK)
        *sum = weigh(o, room, t->x->line + p->line, &r, av);
    return st;
}

/* The derivative along one of them, by `size` */
static gal_status along_one(gal_tangent *t, gal_galaxy_ws *w, size_t i, const outputs *o, const double *theta,
                            size_t which, double size, double **room, double *slope)
{
    const gal_part *p = &t->g->part[i];
    gal_stage s = gal_stage_of(t->g, w, i, theta), d = gal_stage_of(t->g, t->d, i, t->along);
    gal_screen screen = {.att_mc = room[0], .abs_mc = room[1], .att_dd = room[2], .abs_dd = room[3]};
    gal_view change = {.grid = s.view->grid};
    tangent_result r = {0};
    double up, down;
    memset(t->along + p->par, 0, p->npar * sizeof *t->along);
    if (which < p->npar)
        t->along[p->par + which] = size;
    else
        *tangent_number(&change, which - p->npar, NULL) = size;
    d.view = &change;
    d.lum = room;
    d.line = t->x->line + p->line; /* t->d->line has derivatives */
    for (size_t c = 0; c < o->m; c++)
        memset(room[c], 0, o->n * sizeof *room[c]);
    gal_status st = tangent_exact(t, w, i, o->which, &s, &d, &screen, &r);
    if (st == GAL_OK) {
        const double av[2] = {screen.av_mc, screen.av_dd};
        *slope = weigh(o, room, d.line, &r, av) / size;
        return GAL_OK;
    }
    if (st != GAL_EUNSUP)
        return st;
    double h = TANGENT_STEP * size;
    if ((st = sum_beside(t, w, i, o, theta, which, h, room, &up)) != GAL_OK ||
        (st = sum_beside(t, w, i, o, theta, which, -h, room, &down)) != GAL_OK)
        return st;
    *slope = (up - down) / (2 * h);
    return GAL_OK;
}

static gal_status one_by_one(gal_tangent *t, gal_galaxy_ws *w, size_t i, const outputs *o, const double *theta,
                             double *gtheta)
{
    const gal_part *p = &t->g->part[i];
    double *room[MAXLUM];
    for (size_t c = 0; c < MAXLUM; c++)
        room[c] = t->keep + c * o->n;
    for (size_t j = 0; j < p->npar + TANGENT_NUMBERS; j++) {
        unsigned needs = 0;
        bool own = j < p->npar;
        double v = own ? theta[p->par + j] : *tangent_number(&w->view, j - p->npar, &needs), slope;
        if (own ? !t->wanted[p->par + j] : !(needs & p->class->needs & t->live))
            continue;
        double size = own ? tangent_size(&t->g->par[p->par + j], v) : v != 0 ? fabs(v) : 1;
        gal_status st = along_one(t, w, i, o, theta, j, size, room, &slope);
        if (st != GAL_OK)
            return st;
        *(own ? &gtheta[p->par + j] : tangent_number(&t->d->view, j - p->npar, NULL)) += slope;
    }
    return GAL_OK;
}

/* Of a part on the whole grid of a plan's galaxy: derivatives with respect to the nodes, there. */
static double *spread(gal_tangent *t, size_t i, size_t c, double *g)
{
    const gal_model_grid *grid = t->g->grid;
    if (!t->g->part[i].picked)
        return g;
    double *to = t->d->part[i].whole[c];
    memset(to, 0, grid->whole->n * sizeof *to);
    for (size_t k = 0; k < grid->n; k++)
        to[grid->at[k]] += g[k];
    return to;
}

static size_t nodes_of(const gal_tangent *t, size_t i)
{
    return t->g->part[i].picked ? t->g->grid->whole->n : t->g->grid->n;
}

gal_status adjoint_emission(gal_tangent *t, gal_galaxy_ws *w, size_t i, bool dust, const double *theta, double *glum,
                            double *gtheta)
{
    const gal_part *p = &t->g->part[i];
    const gal_component_class *k = p->class;
    gal_galaxy_ws *d = t->d;
    gal_stage s = gal_stage_of(t->g, w, i, theta);
    double *all = spread(t, i, 0, glum), *same[MAXLUM] = {all, all, all, all};
    if (dust && k->reemit_vjp)
        return k->reemit_vjp(&s, &w->emission, same, gtheta + p->par, &d->view, &d->screen);
    if (!dust && k->emit_vjp)
        return k->emit_vjp(&s, same, gtheta + p->par, &d->view, d->s0, d->lum[GAL_COMP_EXTINCT]);
    const double t2[2] = {d->view.t_mc, d->view.t_dd};
    return one_by_one(t, w, i,
                      &(outputs){.which = dust ? TANGENT_REEMIT : TANGENT_EMIT,
                                 .array = same,
                                 .m = p->nlum,
                                 .n = nodes_of(t, i),
                                 .temperatures = dust ? t2 : NULL},
                      theta, gtheta);
}

gal_status adjoint_source(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, const gal_source *g,
                          double *gtheta)
{
    const gal_part *p = &t->g->part[i];
    gal_stage s = gal_stage_of(t->g, w, i, theta);
    double *raw[MAXLUM];
    for (size_t c = 0; c < p->nlum; c++)
        raw[c] = spread(t, i, c, t->d->part[i].raw[c]);
    const double *line = t->d->line + p->line;
    if (p->class->source_vjp)
        return p->class->source_vjp(&s, &w->part[i].source, raw, g, line, gtheta + p->par, &t->d->view);
    return one_by_one(t, w, i,
                      &(outputs){.which = TANGENT_SOURCE,
                                 .array = raw,
                                 .m = p->nlum,
                                 .n = nodes_of(t, i),
                                 .source = g,
                                 .line = line,
                                 .nline = p->class->nlines},
                      theta, gtheta);
}

gal_status adjoint_screen(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, double *gtheta)
{
    const gal_part *p = &t->g->part[i];
    gal_galaxy_ws *d = t->d;
    gal_screen *g = &d->screen;
    gal_stage s = gal_stage_of(t->g, w, i, theta);
    g->av_mc = d->view.av_mc;
    g->av_dd = d->view.av_dd;
    if (p->class->screen_vjp)
        return p->class->screen_vjp(&s, &w->screen, g, gtheta + p->par, &d->view);
    double *const array[4] = {g->att_mc, g->abs_mc, g->att_dd, g->abs_dd};
    return one_by_one(t, w, i,
                      &(outputs){.which = TANGENT_SCREEN, .array = array, .m = 4, .n = t->g->grid->n, .screen = g},
                      theta, gtheta);
}

gal_status adjoint_transmit(gal_tangent *t, gal_galaxy_ws *w, size_t i, const double *theta, const double *value,
                            double *gt, double *gtheta)
{
    const gal_part *p = &t->g->part[i];
    gal_stage s = gal_stage_of(t->g, w, i, theta);
    if (p->class->transmit_vjp)
        return p->class->transmit_vjp(&s, value, gt, gtheta + p->par, &t->d->view);
    return one_by_one(t, w, i, &(outputs){.which = TANGENT_TRANSMIT, .array = &gt, .m = 1, .n = t->g->grid->n}, theta,
                      gtheta);
}
