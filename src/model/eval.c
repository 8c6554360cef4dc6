/* Evaluation of the galaxy model: stages in the order of galua/galaxy.h, each recomputed only when its parameters changed. */
#include "csp/csp_kern.h"
#include "dust/dust_kern.h"
#include "galua/const.h"
#include "galua/num.h"
#include "model/model_internal.h"

#include <math.h>
#include <string.h>

#define NEGLIGIBLE 1e-14 /* of the stellar light */
#define FAINTEST   1e-9  /* Lsun: a history that has not begun */

static const char *const comp_names[GAL_COMPS] = {"stellar", "extinct", "MC", "DD", "total"};

const char *gal_comp_name(int comp)
{
    return comp >= 0 && comp < GAL_COMPS ? comp_names[comp] : "?";
}

gal_status gal_galaxy_ws_create(gal_galaxy_ws **out, const gal_galaxy *g)
{
    gal_status st = GAL_OK;
    size_t n = (g->grid->n + 7) & ~(size_t)7, m = (g->o.ssp->nwave + 7) & ~(size_t)7; /* 64-byte aligned slices */
    gal_galaxy_ws *w = GAL_NEW(gal_galaxy_ws);
    *out = NULL;
    if (!w)
        return GAL_ENOMEM;
    w->g = g;
    GAL_TRY(gal_csp_init(&w->csp, g->o.ssp, g->o.logu, g->sfh.ntable));
    if (!(w->block = GAL_NEWN(double, 2 * m + 12 * n)))
        GAL_TRY(GAL_ENOMEM);
    double *p = w->block;
    double **slice[] = {&w->s0,     &w->s1,     &w->curve_mc, &w->curve_dd, &w->att_mc, &w->abs_mc,
                        &w->att_dd, &w->abs_dd, &w->lum[1],   &w->lum[2],   &w->lum[3], &w->lum[4]};
    w->t0 = p;
    w->t1 = p + m;
    p += 2 * m;
    for (size_t i = 0; i < sizeof slice / sizeof *slice; i++, p += n)
        *slice[i] = p;
    w->lum[GAL_COMP_STELLAR] = w->s0;
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
    gal_csp_clear(&w->csp);
    gal_free(w->block);
    gal_free(w);
}

/* Stage 1 + 2: masses per node, then S0, S1 on the model grid. */
static void stars(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    const double *p = theta + P_SFH;
    double tau_esc = g->o.dust ? theta[g->ism + I_TAU_ESC] : 0;
    if (g->o.compat.csp_steps)
        gal_csp_weights_galapy(&w->csp, &g->sfh, p, theta[P_AGE], tau_esc, NULL);
    else
        gal_csp_weights(&w->csp, &g->sfh, p, theta[P_AGE], tau_esc, g->o.compat.stars_at_zstar);
    w->n_weights++;
    if (g->grid->same) {
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
    w->bol = 0;
    for (size_t k = 0; k < g->grid->n; k++)
        w->bol += g->grid->tw[k] * w->s0[k];
}

/* Temperature of one phase that absorbs e [Lsun]; 0 and no emission when that is nothing, or below the rounding of the
 * stellar light itself (galaxies that have used up their dust: no temperature would be meaningful). */
static gal_status temperature(const gal_galaxy *g, double bol, double surface, const double *absorbed, double av,
                              double low, double upp, double e, double *t)
{
    *t = 0;
    if (!(e > NEGLIGIBLE * bol && e > FAINTEST))
        return GAL_OK;
    if (g->o.compat.coarse_temperature) {
        *t = gal_dust_temperature_galapy(g->grid->dust.k, surface, av, low, upp, e * GAL_LSUN);
        return GAL_OK;
    }
    return gal_dust_temperature(&g->grid->dust, surface, absorbed, e * GAL_LSUN, t);
}

/* Stage 3 + 4: attenuation, absorbed power, temperatures, emission. */
static gal_status dust(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    gal_status st = GAL_OK;
    const struct dust_kern *kern = GAL_KERN_PICK(dust_kern);
    const double *p = theta + g->ism;
    const gal_compat *c = &g->o.compat;
    const size_t n = g->grid->n;
    if (!w->have_curves || w->slopes[0] != p[I_DMC_LOW] || w->slopes[1] != p[I_DMC_UPP])
        gal_dust_curve(&g->grid->dust, p[I_DMC_LOW], p[I_DMC_UPP], w->curve_mc);
    if (!w->have_curves || w->slopes[2] != p[I_DDD_LOW] || w->slopes[3] != p[I_DDD_UPP])
        gal_dust_curve(&g->grid->dust, p[I_DDD_LOW], p[I_DDD_UPP], w->curve_dd);
    w->have_curves = true;
    w->slopes[0] = p[I_DMC_LOW];
    w->slopes[1] = p[I_DMC_UPP];
    w->slopes[2] = p[I_DDD_LOW];
    w->slopes[3] = p[I_DDD_UPP];
    const gal_sfh_content *s = &w->content;
    w->av_mc = gal_dust_av_mc(p[I_NORM_MC], s->zgas, p[I_F_MC], s->mgas, p[I_N_MC], p[I_R_MC], c->old_constants);
    w->av_dd = gal_dust_av_dd(p[I_NORM_DD], p[I_F_MC], s->mdust, p[I_R_DUST]);
    gal_dust_attenuation(&g->grid->dust, w->av_mc, w->curve_mc, w->att_mc, w->abs_mc);
    gal_dust_attenuation(&g->grid->dust, w->av_dd, w->curve_dd, w->att_dd, w->abs_dd);
    double *extinct = w->lum[GAL_COMP_EXTINCT], *mc = w->lum[GAL_COMP_MC], *dd = w->lum[GAL_COMP_DD];
    kern->two_phase(n, w->s0, w->s1, w->abs_mc, w->att_dd, w->abs_dd, g->grid->tw, extinct, &w->e_mc, &w->e_dd);
    double f_pah = p[I_F_PAH], n_mc = gal_dust_surface(p[I_R_MC], p[I_N_MC]), n_dd = gal_dust_surface(p[I_R_DUST], 1);
    GAL_TRY(temperature(g, w->bol, n_mc, w->abs_mc, w->av_mc, p[I_DMC_LOW], p[I_DMC_UPP], w->e_mc, &w->t_mc));
    GAL_TRY(
        temperature(g, w->bol, n_dd, w->abs_dd, w->av_dd, p[I_DDD_LOW], p[I_DDD_UPP], (1 - f_pah) * w->e_dd, &w->t_dd));
    memset(mc, 0, n * sizeof *mc);
    for (size_t k = 0; k < n; k++)
        dd[k] = f_pah * w->e_dd * g->grid->dust.pah[k];
    if (w->t_mc > 0)
        gal_dust_greybody(&g->grid->dust, n_mc, w->abs_mc, w->t_mc, mc);
    if (w->t_dd > 0)
        gal_dust_greybody(&g->grid->dust, n_dd, w->abs_dd, w->t_dd, dd);
    w->n_dust++;
out:
    return st;
}

gal_status gal_galaxy_eval(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    gal_status st = GAL_OK;
    bool new_stars = !w->valid, new_dust = !w->valid;
    for (size_t i = 0; w->valid && i < g->npar; i++)
        if (theta[i] != w->last[i] && i != P_REDSHIFT && i != P_DISTANCE) {
            new_dust = true;
            new_stars |= i < g->ism || i == g->ism + I_TAU_ESC;
        }
    if (!new_stars && !new_dust)
        goto out;
    w->valid = false; /* until everything below has succeeded */
    if (new_stars) {
        stars(g, w, theta);
        gal_sfh_content_at(&g->sfh, theta + P_SFH, theta[P_AGE], g->o.compat.dust_gas_sign ? 0.85 : -0.85, &w->content);
    }
    double *total = w->lum[GAL_COMP_TOTAL];
    if (g->o.dust) {
        GAL_TRY(dust(g, w, theta));
        const double *a = w->lum[GAL_COMP_EXTINCT], *b = w->lum[GAL_COMP_MC], *c = w->lum[GAL_COMP_DD];
        for (size_t k = 0; k < g->grid->n; k++)
            total[k] = a[k] + b[k] + c[k];
    } else {
        memcpy(w->lum[GAL_COMP_EXTINCT], w->s0, g->grid->n * sizeof *total);
        memcpy(total, w->s0, g->grid->n * sizeof *total);
    }
    gal_galaxy_fill_derived(g, w, theta);
    if (!isfinite(w->derived[GAL_D_LBOL]) || !isfinite(w->derived[GAL_D_LIR]))
        GAL_THROW(GAL_EMATH, "galaxy: the spectrum is not finite (L_bol = %g, L_IR = %g Lsun)", w->derived[GAL_D_LBOL],
                  w->derived[GAL_D_LIR]);
    memcpy(w->last, theta, g->npar * sizeof *theta);
    w->valid = true;
out:
    return st;
}

const double *gal_galaxy_lum(const gal_galaxy_ws *w, int comp)
{
    return comp >= 0 && comp < GAL_COMPS ? w->lum[comp] : NULL;
}

const double *gal_galaxy_derived(const gal_galaxy_ws *w)
{
    return w->derived;
}

double gal_galaxy_absorbed(const gal_galaxy_ws *w, int comp)
{
    return comp == GAL_COMP_MC ? w->e_mc : comp == GAL_COMP_DD ? w->e_dd : 0;
}

void gal_galaxy_counts(const gal_galaxy_ws *w, size_t *weights, size_t *sums, size_t *dusts)
{
    *weights = w->n_weights;
    *sums = w->n_sums;
    *dusts = w->n_dust;
}

gal_status gal_galaxy_photometry(const gal_galaxy *g, gal_galaxy_ws *w, gal_phot *p, const double *theta, double *flux)
{
    gal_status st = GAL_OK;
    double factor, z = theta[P_REDSHIFT];
    GAL_TRY(gal_galaxy_flux_factor(g, theta, &factor));
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    GAL_TRY(
        gal_phot_weights(p, z, g->o.compat.band_rule ? GAL_PHOT_GALAPY : GAL_PHOT_EXACT)); /* remembers its redshift */
    gal_phot_apply(p, w->lum[GAL_COMP_TOTAL], factor, flux);
out:
    return st;
}
