/* Quantities derived from one evaluation of the galaxy model. */
#include "model/model_internal.h"

#include <math.h>

static const gal_quantity info[GAL_NDERIVED] = {
    [GAL_D_MSTAR] = {"Mstar", "Msun", "stellar mass, remnants included"},
    [GAL_D_MFORMED] = {"Mformed", "Msun", "mass of all stars ever formed"},
    [GAL_D_SFR] = {"SFR", "Msun/yr", "star formation rate now"},
    [GAL_D_SFR10] = {"SFR10", "Msun/yr", "star formation rate averaged over the last 10 Myr"},
    [GAL_D_SFR100] = {"SFR100", "Msun/yr", "star formation rate averaged over the last 100 Myr"},
    [GAL_D_SSFR] = {"sSFR", "1/yr", "SFR100 / Mstar"},
    [GAL_D_MGAS] = {"Mgas", "Msun", "gas mass"},
    [GAL_D_MDUST] = {"Mdust", "Msun", "dust mass"},
    [GAL_D_ZGAS] = {"Zgas", "", "metallicity (mass fraction) of the gas"},
    [GAL_D_ZSTAR] = {"Zstar", "", "mass-weighted metallicity (mass fraction) of the stars"},
    [GAL_D_LBOL] = {"Lbol", "Lsun", "luminosity of the stars before dust"},
    [GAL_D_LIR] = {"LIR", "Lsun", "luminosity re-emitted by dust"},
    [GAL_D_AV] = {"A_V", "mag", "effective attenuation at 5500 A"},
    [GAL_D_AFUV] = {"A_FUV", "mag", "effective attenuation at 1500 A"},
    [GAL_D_AV_MC] = {"A_V_MC", "mag", "V-band extinction of one cloud"},
    [GAL_D_AV_DD] = {"A_V_DD", "mag", "V-band extinction of the diffuse dust"},
    [GAL_D_T_MC] = {"T_MC", "K", "temperature of the dust in clouds; 0 when it absorbs nothing"},
    [GAL_D_T_DD] = {"T_DD", "K", "temperature of the diffuse dust; 0 when it absorbs nothing"},
    [GAL_D_T_DUST] = {"T_dust", "K", "luminosity-weighted dust temperature"},
    [GAL_D_L_MC] = {"L_MC", "Lsun", "luminosity absorbed and re-emitted by clouds"},
    [GAL_D_L_DD] = {"L_DD", "Lsun", "luminosity absorbed and re-emitted by diffuse dust, PAH included"},
    [GAL_D_AGE_MW] = {"age_mw", "yr", "mass-weighted stellar age"},
    [GAL_D_QH] = {"Q_H", "1/s", "hydrogen-ionising photons emitted by the stars"},
};

const gal_quantity *gal_derived(void)
{
    return info;
}

/* Linear interpolation of -2.5 log10(extinct/stellar) at a wavelength behind node i; 0 where there is no light. */
static double attenuation(const gal_galaxy *g, const gal_galaxy_ws *w, size_t i, double wave)
{
    double f = (wave - g->grid->wave[i]) / (g->grid->wave[i + 1] - g->grid->wave[i]);
    const double *e = w->lum[GAL_COMP_EXTINCT], *s = w->s0;
    double out = e[i] + f * (e[i + 1] - e[i]), in = s[i] + f * (s[i + 1] - s[i]);
    return in > 0 && out > 0 ? -2.5 * log10(out / in) : in > 0 ? INFINITY : 0;
}

static double mean_rate(const gal_history *h, double span)
{
    double age = h->age, t[2] = {fmin(age, h->quench), fmin(fmax(age - span, 0), h->quench)}, m[2];
    gal_history_mass(h, t, 2, m);
    return (m[0] - m[1]) / fmin(span, age);
}

double gal_galaxy_mstar(const gal_galaxy *g, const gal_galaxy_ws *w)
{
    const gal_csp *csp = &w->csp;
    if (g->o.compat.mstar_formula)
        return gal_history_mstar_galapy(&w->history, 100);
    return g->o.ssp->mass ? gal_csp_table_sum(csp, g->o.ssp->mass) : csp->formed - csp->returned;
}

void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w)
{
    double *d = w->derived;
    const gal_sfh_content *c = &w->content;
    const gal_csp *csp = &w->csp;
    const gal_view *v = &w->view;
    const gal_emission *e = &w->emission;
    d[GAL_D_MSTAR] = v->mstar;
    d[GAL_D_ZSTAR] = v->zstar;
    d[GAL_D_MFORMED] = csp->formed;
    d[GAL_D_SFR] = c->sfr;
    d[GAL_D_SFR10] = mean_rate(&w->history, 1e7);
    d[GAL_D_SFR100] = mean_rate(&w->history, 1e8);
    d[GAL_D_SSFR] = d[GAL_D_MSTAR] > 0 ? d[GAL_D_SFR100] / d[GAL_D_MSTAR] : 0;
    d[GAL_D_MGAS] = c->mgas;
    d[GAL_D_MDUST] = c->mdust;
    d[GAL_D_ZGAS] = c->zgas;
    d[GAL_D_AGE_MW] = csp->formed > 0 ? csp->age_mass / csp->formed : 0;
    d[GAL_D_LBOL] = v->bol;
    d[GAL_D_QH] = v->qh;
    bool dusty = g->screen != NULL;
    double grey = v->e_mc + (1 - e->other) * v->e_dd;
    d[GAL_D_LIR] = v->e_mc + v->e_dd;
    d[GAL_D_L_MC] = v->e_mc;
    d[GAL_D_L_DD] = v->e_dd;
    d[GAL_D_AV] = dusty ? attenuation(g, w, g->grid->i_v, 5500) : 0;
    d[GAL_D_AFUV] = dusty ? attenuation(g, w, g->grid->i_fuv, 1500) : 0;
    d[GAL_D_AV_MC] = v->av_mc;
    d[GAL_D_AV_DD] = v->av_dd;
    d[GAL_D_T_MC] = v->t_mc;
    d[GAL_D_T_DD] = v->t_dd;
    d[GAL_D_T_DUST] = grey > 0 ? (v->e_mc * v->t_mc + (1 - e->other) * v->e_dd * v->t_dd) / grey : 0;
    size_t q = g->line_quantity;
    for (size_t i = 0; i < g->nlines; i++)
        if (g->lines[i]->report)
            d[q++] = w->seen[i];
}
