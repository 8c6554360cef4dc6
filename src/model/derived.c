/* Quantities derived from one evaluation of the galaxy model. */
#include "galua/const.h"
#include "galua/num.h"
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

static double mean_rate(const gal_galaxy *g, const double *theta, double span)
{
    double age = theta[P_AGE], tq = theta[P_SFH + gal_sfh_quench_index(&g->sfh)];
    double t[2] = {fmin(age, tq), fmin(fmax(age - span, 0), tq)}, m[2];
    gal_sfh_mass(&g->sfh, theta + P_SFH, t, 2, m);
    return (m[0] - m[1]) / fmin(span, age);
}

void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    double *d = w->derived;
    const gal_sfh_content *c = &w->content;
    const gal_csp *csp = &w->csp;
    const double *p = theta + P_SFH;
    if (g->o.compat.mstar_formula) {
        d[GAL_D_MSTAR] = gal_sfh_mstar_galapy(&g->sfh, p, theta[P_AGE], 100);
        d[GAL_D_ZSTAR] = c->zstar;
    } else {
        d[GAL_D_MSTAR] = g->o.ssp->mass ? gal_csp_table_sum(csp, g->o.ssp->mass) : csp->formed - csp->returned;
        d[GAL_D_ZSTAR] = csp->formed > 0 ? csp->z_mass / csp->formed : 0;
    }
    d[GAL_D_MFORMED] = csp->formed;
    d[GAL_D_SFR] = c->sfr;
    d[GAL_D_SFR10] = mean_rate(g, theta, 1e7);
    d[GAL_D_SFR100] = mean_rate(g, theta, 1e8);
    d[GAL_D_SSFR] = d[GAL_D_MSTAR] > 0 ? d[GAL_D_SFR100] / d[GAL_D_MSTAR] : 0;
    d[GAL_D_MGAS] = c->mgas;
    d[GAL_D_MDUST] = c->mdust;
    d[GAL_D_ZGAS] = c->zgas;
    d[GAL_D_AGE_MW] = csp->formed > 0 ? csp->age_mass / csp->formed : 0;
    double photons = 0;
    for (size_t k = 0; k < g->grid->i_lyman;
         k++) /* int L lambda/(h c) d lambda up to the Lyman limit, last piece cut below */
        photons += 0.5 * (w->s0[k] * g->grid->wave[k] + w->s0[k + 1] * g->grid->wave[k + 1]) *
                   (g->grid->wave[k + 1] - g->grid->wave[k]);
    d[GAL_D_LBOL] = w->bol;
    d[GAL_D_QH] = photons * GAL_LSUN * 1e-8 / (GAL_H_CGS * GAL_C_CGS);
    bool dusty = g->o.dust;
    double pah = dusty ? theta[g->ism + I_F_PAH] : 0, e_mc = dusty ? w->e_mc : 0, e_dd = dusty ? w->e_dd : 0;
    double grey = e_mc + (1 - pah) * e_dd;
    d[GAL_D_LIR] = e_mc + e_dd;
    d[GAL_D_L_MC] = e_mc;
    d[GAL_D_L_DD] = e_dd;
    d[GAL_D_AV] = dusty ? attenuation(g, w, g->grid->i_v, 5500) : 0;
    d[GAL_D_AFUV] = dusty ? attenuation(g, w, g->grid->i_fuv, 1500) : 0;
    d[GAL_D_AV_MC] = dusty ? w->av_mc : 0;
    d[GAL_D_AV_DD] = dusty ? w->av_dd : 0;
    d[GAL_D_T_MC] = dusty ? w->t_mc : 0;
    d[GAL_D_T_DD] = dusty ? w->t_dd : 0;
    d[GAL_D_T_DUST] = grey > 0 ? (e_mc * w->t_mc + (1 - pah) * e_dd * w->t_dd) / grey : 0;
}
