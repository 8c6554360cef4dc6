/* The stages of an evaluation: stars, light that meets dust, dust, what is added after it, what reaches the observer. */
#include "csp/csp_kern.h"
#include "dust/dust_kern.h"
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_int.h"

#include <math.h>
#include <string.h>

/* Masses per node, then S0, S1 on the model grid, and what the stars themselves determine. */
void gal_stage_stars(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    const gal_part *screen = g->screen;
    double tau_esc = screen && screen->class->tau_esc ? theta[screen->par + (size_t)screen->class->tau_esc - 1] : 0;
    if (g->o.compat.csp_steps)
        gal_csp_weights_galapy(&w->csp, &w->history, tau_esc, NULL);
    else if (g->grid->whole)
        gal_csp_weights_smooth(&w->csp, &w->history, tau_esc);
    else
        gal_csp_weights(&w->csp, &w->history, tau_esc, g->o.compat.stars_at_zstar);
    w->n_weights++;
    if (g->grid->whole) {
        const double *t0 = w->t0, *t1 = w->t1;
        gal_csp_sum_few(&w->csp, w->t0, w->t1);
        if (g->grid->common) {
            t0 += g->o.ssp->nwave;
            t1 += g->o.ssp->nwave;
            gal_csp_sum_few_of(&w->csp, g->grid->common, g->grid->common_stride, w->t0 + g->o.ssp->nwave,
                               w->t1 + g->o.ssp->nwave);
        }
        for (size_t j = 0; j < g->grid->ncol; j++) {
            size_t k = g->grid->gj[j];
            w->s0[k] = t0[j];
            w->s1[k] = t1[j];
        }
        if (g->grid->mix)
            gal_mix_stars(g->grid->mix, theta[P_REDSHIFT], w->t0, w->t1, w->s0, w->s1);
    } else if (g->grid->same) {
        gal_csp_sum(&w->csp, w->s0, w->s1);
    } else {
        gal_csp_sum(&w->csp, w->t0, w->t1);
        for (size_t k = 0; k < g->grid->n; k++) {
            size_t j = g->grid->gj[k];
            w->s0[k] = g->grid->ga[k] * w->t0[j] + g->grid->gb[k] * w->t0[j + 1];
            w->s1[k] = g->grid->ga[k] * w->t1[j] + g->grid->gb[k] * w->t1[j + 1];
        }
    }
    w->n_sums++;
    gal_view *v = &w->view;
    const struct csp_kern *kern = GAL_KERN_PICK(csp_kern);
    const gal_model_grid *grid = g->grid;
    v->tau_esc = tau_esc;
    v->sfr = w->content.sfr;
    v->mgas = w->content.mgas;
    v->mdust = w->content.mdust;
    v->zgas = w->content.zgas;
    bool lean = grid->whole && !g->shines; /* a plan, and nobody who reads these numbers */
    v->mstar = lean ? 0 : gal_galaxy_mstar(g, w);
    v->zstar = g->o.compat.mstar_formula ? w->content.zstar : w->csp.formed > 0 ? w->csp.z_mass / w->csp.formed : 0;
    v->age_mass = w->csp.formed > 0 ? w->csp.age_mass / w->csp.formed : w->view.age;
    if (grid->whole) {
        v->bol = gal_csp_table_sum(&w->csp, grid->cell_bol);
        if (lean)
            return;
        v->qh = GAL_CELL_PHOTONS * gal_csp_table_sum(&w->csp, grid->cell_qh);
        v->qhei = GAL_CELL_PHOTONS * gal_csp_table_sum(&w->csp, grid->cell_qhei);
        v->qh_clouds = GAL_CELL_PHOTONS * gal_csp_cloud_sum(&w->csp, grid->cell_qh);
        v->lyman = gal_csp_table_sum(&w->csp, grid->cell_lyman);
    } else {
        v->bol = kern->dot(grid->n, grid->tw, w->s0);
        v->qh = kern->dot(grid->n_photons, grid->photons, w->s0);
        v->qhei = kern->dot(grid->n_photons_he, grid->photons_he, w->s0);
        v->qh_clouds = tau_esc > 0 ? kern->dot(grid->n_photons, grid->photons, w->s1) : 0;
        v->lyman = kern->dot(grid->n_lyman, grid->tw, w->s0);
    }
    v->sn_rate = gal_csp_table_sum(&w->csp, grid->sn);
}

/* Has the component's result to be made again? */
static bool dirty(const gal_part *p, const gal_galaxy_ws *w, const double *theta, unsigned changed, bool all)
{
    return all || (p->class->needs & changed) || memcmp(theta + p->par, w->last + p->par, p->npar * sizeof *theta) != 0;
}

gal_stage gal_stage_of(const gal_galaxy *g, gal_galaxy_ws *w, size_t i, const double *theta)
{
    const gal_part *p = &g->part[i];
    gal_part_ws *s = &w->part[i];
    gal_stage stage = {.self = gal_component_self(p->c),
                       .table = p->table->table,
                       .local = s->local,
                       .scratch = s->scratch,
                       .p = theta + p->par,
                       .view = &w->view,
                       .lum = w->lum + p->lum,
                       .derived = w->derived + p->derived,
                       .line = w->line + p->line};
    if (p->picked) { /* on the whole grid, where nothing but its own spectra is made */
        w->whole_view = w->view;
        w->whole_view.grid = &g->grid->whole->view;
        w->whole_view.stars = w->whole_view.clouds = w->whole_view.attenuated = NULL;
        w->whole_view.att_mc = w->whole_view.abs_mc = w->whole_view.att_dd = w->whole_view.abs_dd = NULL;
        stage.view = &w->whole_view;
        stage.lum = s->whole;
    }
    return stage;
}

/* Spectra of a part that were made on the whole grid, at a plan's nodes. */
static void pick(const gal_galaxy *g, gal_galaxy_ws *w, size_t i, double *const *to, bool add)
{
    const uint32_t *at = g->grid->at;
    for (size_t c = 0; g->part[i].picked && c < g->part[i].nlum; c++) {
        const double *from = w->part[i].whole[c];
        for (size_t k = 0; k < g->grid->n; k++)
            to[c][k] = from[at[k]] + (add ? to[c][k] : 0);
    }
}

/* Stars through clouds and diffuse dust. Where gas takes Lyman continuum the ionising nodes are a sum of their own: `left` of the
 * light goes on, `to_dust` heats the dust of the ionised gas (in clouds and outside as the light is). */
static void attenuate_stars(const gal_galaxy *g, gal_galaxy_ws *w, double left, double to_dust)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    const gal_screen *a = &w->screen;
    const double *tw = g->grid->tw_stars;
    double *out = w->lum[GAL_COMP_EXTINCT];
    size_t n = g->grid->n, m = left < 1 ? g->grid->n_lyman : 0;
    double e_mc = 0, e_dd = 0;
    kern->two_phase(n - m, w->s0 + m, w->s1 + m, a->abs_mc + m, a->att_dd + m, a->abs_dd + m, tw + m, out + m, &e_mc,
                    &e_dd);
    if (m > 0) {
        double c, d, all = 0, cloud = 0;
        kern->two_phase(m, w->s0, w->s1, a->abs_mc, a->att_dd, a->abs_dd, tw, out, &c, &d);
        for (size_t k = 0; k < m; k++) {
            out[k] *= left;
            all += tw[k] * w->s0[k];
            cloud += tw[k] * w->s1[k];
        }
        e_mc += left * c + to_dust * cloud;
        e_dd += left * d + to_dust * (all - cloud);
    }
    w->view.e_mc = e_mc;
    w->view.e_dd = e_dd;
}

/* Light of a source through the same dust: `in_clouds` of it starts in clouds. */
static void attenuate_source(const gal_galaxy *g, gal_galaxy_ws *w, size_t i)
{
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    const gal_source *s = &w->part[i].source;
    const gal_screen *a = &w->screen;
    const gal_part *p = &g->part[i];
    double eta = s->in_clouds, r = s->dust_ratio, e_mc, e_dd;
    for (size_t c = 0; c < p->nlum; c++) {
        kern->source(g->grid->n, w->part[i].raw[c], eta, r, a->abs_mc, a->att_dd, a->abs_dd, g->grid->tw_sources,
                     w->lum[p->lum + c], &e_mc, &e_dd);
        w->view.e_mc += e_mc;
        w->view.e_dd += e_dd;
    }
    for (size_t l = p->line; !g->grid->whole && l < p->line + p->class->nlines; l++) {
        size_t k = g->line_at[l].k;
        double f = g->line_at[l].f;
        double abs_mc = a->abs_mc[k] + f * (a->abs_mc[k + 1] - a->abs_mc[k]);
        double att = a->att_dd[k] + f * (a->att_dd[k + 1] - a->att_dd[k]);
        w->seen[l] = w->line[l] * (1 - eta * abs_mc) * (r == 1 ? att : pow(att, r));
    }
}

static void add_up(const gal_galaxy *g, gal_galaxy_ws *w)
{
    size_t n = g->grid->n;
    double *total = w->lum[GAL_COMP_TOTAL];
    const double *extinct = w->lum[GAL_COMP_EXTINCT];
    if (g->nlum == GAL_COMPS + 2 && !g->grid->whole) { /* the usual two dust phases: one pass */
        const double *a = w->lum[GAL_COMPS], *b = w->lum[GAL_COMPS + 1];
        for (size_t k = 0; k < n; k++)
            total[k] = extinct[k] + a[k] + b[k];
        return;
    }
    if (g->grid->whole) /* the stars' nodes are their own: `total` is what is added to their light */
        memset(total, 0, n * sizeof *total);
    else
        memcpy(total, extinct, n * sizeof *total);
    for (size_t i = GAL_COMPS; i < g->nlum; i++) {
        const double *x = w->lum[i];
        for (size_t k = 0; k < n; k++)
            total[k] += x[k];
    }
}

static gal_status sources(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned *changed, bool all)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i < g->npart && st == GAL_OK; i++) {
        const gal_part *p = &g->part[i];
        if (!p->class->source || !dirty(p, w, theta, *changed, all))
            continue;
        gal_stage s = gal_stage_of(g, w, i, theta);
        s.lum = p->picked ? w->part[i].whole : w->part[i].raw;
        w->part[i].source = (gal_source){.dust_ratio = 1, .lyc_left = 1};
        st = p->class->source(&s, &w->part[i].source);
        pick(g, w, i, w->part[i].raw, false);
        w->part[i].count[0]++;
        *changed |= GAL_NEED_GAS;
    }
    return st;
}

static gal_status screens(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned *changed, bool all)
{
    gal_status st = GAL_OK;
    const gal_part *p = g->screen;
    if (!p || !dirty(p, w, theta, *changed, all))
        return GAL_OK;
    size_t i = (size_t)(p - g->part);
    gal_stage s = gal_stage_of(g, w, i, theta);
    st = p->class->screen(&s, &w->screen);
    w->view.av_mc = w->screen.av_mc;
    w->view.av_dd = w->screen.av_dd;
    w->part[i].count[1]++;
    *changed |= GAL_NEED_SCREEN;
    return st;
}

static gal_status emissions(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned *changed, bool all)
{
    gal_status st = GAL_OK;
    for (int dust = 1; dust >= 0; dust--) /* first the dust, then what may depend on it */
        for (size_t i = 0; i < g->npart && st == GAL_OK; i++) {
            const gal_part *p = &g->part[i];
            if (!(dust ? p->reemit : p->class->emit != NULL) || !dirty(p, w, theta, *changed, all))
                continue;
            gal_stage s = gal_stage_of(g, w, i, theta);
            if (dust) {
                w->emission = (gal_emission){0};
                st = p->class->reemit(&s, &w->emission);
                w->view.t_mc = w->emission.t_mc;
                w->view.t_dd = w->emission.t_dd;
                *changed |= GAL_NEED_DUST;
            } else {
                for (size_t c = 0; p->picked && p->class->source && c < p->nlum; c++)
                    memset(s.lum[c], 0, g->grid->whole->n * sizeof(double)); /* it adds */
                st = p->class->emit(&s);
            }
            pick(g, w, i, w->lum + p->lum, p->class->source != NULL);
            w->part[i].count[2]++;
        }
    return st;
}

static gal_status transmissions(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned changed, bool all)
{
    gal_status st = GAL_OK;
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < g->npart; i++)
        any |= g->part[i].class->transmit && dirty(&g->part[i], w, theta, changed, all);
    for (size_t i = 0; any && i < g->npart && st == GAL_OK; i++) {
        const gal_part *p = &g->part[i];
        if (!p->class->transmit)
            continue;
        gal_stage s = gal_stage_of(g, w, i, theta);
        st = p->class->transmit(&s, count ? w->flux : w->trans);
        for (size_t k = 0; count && k < g->grid->n; k++)
            w->trans[k] *= w->flux[k];
        w->part[i].count[3]++;
        count++;
    }
    return st;
}

gal_status gal_stage_components(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned changed)
{
    gal_status st = GAL_OK;
    bool all = changed == ~0u;
    changed = all ? GAL_NEED_REDSHIFT | GAL_NEED_AGE | GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN : changed;
    GAL_TRY(sources(g, w, theta, &changed, all));
    GAL_TRY(screens(g, w, theta, &changed, all));
    if (changed & (GAL_NEED_STARS | GAL_NEED_GAS | GAL_NEED_SCREEN)) {
        double left = 1, to_dust = 0;
        for (size_t i = 0; i < g->npart; i++)
            if (g->part[i].class->source) {
                left *= w->part[i].source.lyc_left;
                to_dust += w->part[i].source.lyc_dust;
            }
        attenuate_stars(g, w, left, to_dust);
        for (size_t i = 0; i < g->npart; i++)
            if (g->part[i].class->source)
                attenuate_source(g, w, i);
        w->n_att++;
        changed |= GAL_NEED_ABSORBED;
    }
    GAL_TRY(emissions(g, w, theta, &changed, all));
    add_up(g, w);
    GAL_TRY(transmissions(g, w, theta, changed, all));
out:
    return st;
}
