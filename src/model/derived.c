/* Quantities derived from one evaluation of the galaxy model: all of them for every sample of a fit, so a few microseconds together.
 * Integrals over ranges of wavelength use weights made once per grid (grid.c); the times by which shares of the mass formed use the
 * breakpoints of the stellar sum. */
#include "csp/csp_kern.h"
#include "galua/const.h"
#include "model/model_int.h"

#include <math.h>

// clang-format off
static const gal_quantity info[GAL_NDERIVED] = {
    [GAL_D_MSTAR] =     {"Mstar",      "Msun",    "stellar mass, remnants included"},
    [GAL_D_MFORMED] =   {"Mformed",    "Msun",    "mass of all stars ever formed"},
    [GAL_D_SFR] =       {"SFR",        "Msun/yr", "star formation rate now"},
    [GAL_D_SFR10] =     {"SFR10",      "Msun/yr", "star formation rate averaged over the last 10 Myr: mass formed in them / 10 Myr"},
    [GAL_D_SFR100] =    {"SFR100",     "Msun/yr", "star formation rate averaged over the last 100 Myr: mass formed in them / 100 Myr"},
    [GAL_D_SSFR10] =    {"sSFR10",     "1/yr",    "SFR10 / Mstar"},
    [GAL_D_SSFR] =      {"sSFR",       "1/yr",    "SFR100 / Mstar"},
    [GAL_D_MGAS] =      {"Mgas",       "Msun",    "gas mass"},
    [GAL_D_MDUST] =     {"Mdust",      "Msun",    "dust mass"},
    [GAL_D_ZGAS] =      {"Zgas",       "",        "metallicity (mass fraction) of the gas"},
    [GAL_D_ZSTAR] =     {"Zstar",      "",        "mass-weighted metallicity (mass fraction) of the stars"},
    [GAL_D_ZSTAR_LW] =  {"Zstar_lw",   "",        "light-weighted metallicity of the stars (5000-6000 A, before dust)"},
    [GAL_D_AGE_MW] =    {"age_mw",     "yr",      "mass-weighted age of the stars"},
    [GAL_D_AGE_LW] =    {"age_lw",     "yr",      "light-weighted age of the stars (5000-6000 A, before dust)"},
    [GAL_D_T50] =       {"t50",        "yr",      "lookback time at which half of the stars had formed"},
    [GAL_D_T90] =       {"t90",        "yr",      "lookback time at which 90 % of the stars had formed"},
    [GAL_D_LBOL] =      {"Lbol",       "Lsun",    "bolometric luminosity: all that leaves the galaxy"},
    [GAL_D_LSTAR] =     {"Lstar",      "Lsun",    "luminosity of the stars before gas and dust"},
    [GAL_D_LDUST] =     {"Ldust",      "Lsun",    "power absorbed by dust, which re-emits it"},
    [GAL_D_LIR] =       {"LIR",        "Lsun",    "infrared luminosity of everything, 8-1000 micron"},
    [GAL_D_AV] =        {"A_V",        "mag",     "effective attenuation of the stars at 5500 A, at most 700"},
    [GAL_D_ANUV] =      {"A_NUV",      "mag",     "effective attenuation of the stars at 2300 A, at most 700"},
    [GAL_D_AFUV] =      {"A_FUV",      "mag",     "effective attenuation of the stars at 1500 A, at most 700"},
    [GAL_D_AV_MC] =     {"A_V_MC",     "mag",     "V-band extinction of one cloud"},
    [GAL_D_AV_DD] =     {"A_V_DD",     "mag",     "V-band extinction of the diffuse dust"},
    [GAL_D_T_MC] =      {"T_MC",       "K",       "temperature of the dust in clouds; 0 when it absorbs nothing"},
    [GAL_D_T_DD] =      {"T_DD",       "K",       "temperature of the diffuse dust; 0 when it absorbs nothing"},
    [GAL_D_T_DUST] =    {"T_dust",     "K",       "luminosity-weighted dust temperature"},
    [GAL_D_L_MC] =      {"L_MC",       "Lsun",    "power absorbed and re-emitted by clouds"},
    [GAL_D_L_DD] =      {"L_DD",       "Lsun",    "power absorbed and re-emitted by diffuse dust, PAH included"},
    [GAL_D_BETA] =      {"beta_UV",    "",        "ultraviolet slope L_lambda ~ lambda^beta, Calzetti+94 windows; 0 = no light there"},
    [GAL_D_BETA0] =     {"beta_UV0",   "",        "the same of the stars before dust"},
    [GAL_D_QH] =        {"Q_H",        "1/s",     "hydrogen-ionising photons emitted by the stars; NaN where the SSP table has none so short"},
    [GAL_D_XI_ION] =    {"xi_ion",     "Hz/erg",  "ionising efficiency: Q_H / L_nu of the stars at 1500 A, before dust"},
    [GAL_D_R_CCSN] =    {"R_CCSN",     "1/yr",    "rate of core-collapse supernovae"},
    [GAL_D_T_UNIVERSE]= {"t_universe", "yr",      "age of the Universe at the redshift"},
    [GAL_D_DISTANCE] =  {"D_L",        "Mpc",     "luminosity distance; 0 = none"},
};
const gal_quantity gal_derived_radio = {"L_1400MHz", "W/Hz", "luminosity at 1.4 GHz (rest frame) of everything"};
const gal_quantity gal_derived_xray =  {"L_X",       "Lsun", "2-10 keV luminosity (rest frame) of everything"};
// clang-format on

const gal_quantity *gal_derived(void)
{
    return info;
}

/* Linear interpolation at a wavelength behind node i. */
static double at(const gal_galaxy *g, const double *lum, size_t i, double wave)
{
    double f = (wave - g->grid->wave[i]) / (g->grid->wave[i + 1] - g->grid->wave[i]);
    return lum[i] + f * (lum[i + 1] - lum[i]);
}

/* Light of the stars that is left at node k, without the cancellation of 1 - absorbed: behind a dense cloud. */
static double left_over(const gal_galaxy_ws *w, size_t k)
{
    const gal_screen *a = &w->screen;
    return (fmax(w->s0[k] - w->s1[k], 0) + w->s1[k] * a->att_mc[k]) * a->att_dd[k];
}

/* -2.5 log10(extinct/stellar), at most GAL_ATTENUATION_MAX, which stands for all that is more: the light that is left then falls
 * below the smallest number. 0 where there is no light. */
static double attenuation(const gal_galaxy *g, const gal_galaxy_ws *w, size_t i, double wave)
{
    double out = at(g, w->lum[GAL_COMP_EXTINCT], i, wave), in = at(g, w->s0, i, wave);
    if (in > 0 && out < 1e-10 * in) {
        const double left[2] = {left_over(w, i), left_over(w, i + 1)};
        double f = (wave - g->grid->wave[i]) / (g->grid->wave[i + 1] - g->grid->wave[i]);
        out = left[0] > 0 && left[1] > 0 ? left[0] * pow(left[1] / left[0], f) : 0; /* as steep as it is */
    }
    return in > 0 ? fmin(out > 0 ? -2.5 * log10(out / in) : INFINITY, GAL_ATTENUATION_MAX) : 0;
}

static double range_sum(const gal_range *r, const double *lum)
{
    return GAL_KERN_PICK(csp_kern)->dot(r->count, r->w, lum + r->first);
}

/* Slope of ln(mean L_lambda) over ln(lambda) of the windows, each counting the same. */
static double uv_slope(const gal_model_grid *g, const double *lum)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < NBETA; i++) {
        double mean = range_sum(&g->beta[i], lum), x = g->beta_lnwave[i], y;
        if (!(mean > 0))
            return 0;
        y = log(mean);
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    return (NBETA * sxy - sx * sy) / (NBETA * sxx - sx * sx);
}

/* int L dlambda over 2-10 keV, a power law between nodes. */
static double xray_luminosity(const gal_model_grid *g, const double *lum)
{
    const double lo = 1.23983984, hi = 6.19919922; /* hc/10 keV, hc/2 keV [A] */
    double sum = 0;
    for (size_t k = 0; k + 1 < g->n && g->wave[k] < hi; k++) {
        double x0 = g->wave[k], x1 = g->wave[k + 1], a = fmax(x0, lo), b = fmin(x1, hi);
        if (!(b > a) || !(lum[k] > 0 && lum[k + 1] > 0))
            continue;
        double s = log(lum[k + 1] / lum[k]) / log(x1 / x0) + 1, la = lum[k] * pow(a / x0, s - 1) * a;
        sum += fabs(s) < 1e-9 ? la * log(b / a) : la * expm1(s * log(b / a)) / s;
    }
    return sum;
}

/* L_nu at 1.4 GHz [W/Hz], a power law between nodes. */
static double radio_luminosity(const gal_model_grid *g, const double *lum)
{
    size_t i = g->i_radio;
    double wave = GAL_C_AA / 1.4e9, x0 = g->wave[i], x1 = g->wave[i + 1];
    if (!(lum[i] > 0 && lum[i + 1] > 0) || x0 > wave || x1 < wave)
        return 0;
    double l = lum[i] * exp(log(lum[i + 1] / lum[i]) * log(wave / x0) / log(x1 / x0));
    return l * wave * wave / GAL_C_AA * GAL_LSUN * 1e-7;
}

/* Mass formed in the last `span` years over `span`, whatever the age: a galaxy younger than that formed nothing before. now = mass
 * formed. */
static double mean_rate(const gal_history *h, double now, double span)
{
    double t = fmin(fmax(h->age - span, 0), h->quench), m;
    gal_history_mass(h, &t, 1, &m);
    return (now - m) / span;
}

double gal_galaxy_mstar(const gal_galaxy *g, const gal_galaxy_ws *w)
{
    const gal_csp *csp = &w->csp;
    if (g->o.compat.mstar_formula)
        return gal_history_mstar_galapy(&w->history, 100);
    return g->o.ssp->mass ? gal_csp_table_sum(csp, g->o.ssp->mass) : csp->formed - csp->returned;
}

/* Masses, rates, ages, metallicities. */
static void fill_stars(const gal_galaxy *g, const gal_galaxy_ws *w, double *d)
{
    const gal_sfh_content *c = &w->content;
    const gal_csp *csp = &w->csp;
    const gal_history *h = &w->history;
    const gal_model_grid *grid = g->grid;
    double mstar = w->view.mstar, end = fmin(h->age, h->quench), now;
    gal_history_mass(h, &end, 1, &now);
    d[GAL_D_MSTAR] = mstar;
    d[GAL_D_MFORMED] = csp->formed;
    d[GAL_D_SFR] = c->sfr;
    d[GAL_D_SFR10] = mean_rate(h, now, 1e7);
    d[GAL_D_SFR100] = mean_rate(h, now, 1e8);
    d[GAL_D_SSFR10] = mstar > 0 ? d[GAL_D_SFR10] / mstar : 0;
    d[GAL_D_SSFR] = mstar > 0 ? d[GAL_D_SFR100] / mstar : 0;
    d[GAL_D_MGAS] = c->mgas;
    d[GAL_D_MDUST] = c->mdust;
    d[GAL_D_ZGAS] = c->zgas;
    d[GAL_D_ZSTAR] = w->view.zstar;
    d[GAL_D_AGE_MW] = csp->formed > 0 ? csp->age_mass / csp->formed : 0;
    d[GAL_D_T50] = gal_csp_age_of_share(csp, h, 0.5);
    d[GAL_D_T90] = gal_csp_age_of_share(csp, h, 0.9);
    double light = 0, light_age = 0, light_z = 0;
    for (size_t u = 0; u < (csp->frac_u > 0 ? 2 : 1); u++) {
        size_t m = g->o.ssp->nz * g->o.ssp->nage * (csp->iu + u);
        double f = u ? csp->frac_u : 1 - csp->frac_u;
        light += f * gal_csp_table_sum(csp, grid->light + m);
        light_age += f * gal_csp_table_sum(csp, grid->light_age + m);
        light_z += f * gal_csp_table_sum(csp, grid->light_z + m);
    }
    d[GAL_D_AGE_LW] = light > 0 ? light_age / light : 0;
    d[GAL_D_ZSTAR_LW] = light > 0 ? light_z / light : 0;
}

/* NaN for what needs starlight of wavelengths that the table does not have */
static void drop_unknown(const gal_galaxy *g, double *d)
{
    static const struct {
        int q;
        double wave;
    } NEEDS[] = {{GAL_D_AV, 5500},   {GAL_D_ANUV, 2300},  {GAL_D_AFUV, 1500},
                 {GAL_D_BETA, 1268}, {GAL_D_BETA0, 1268}, {GAL_D_XI_ION, 1500}};
    const gal_ssp *s = g->o.ssp;
    for (size_t i = g->screen ? 0 : 3; i < sizeof NEEDS / sizeof *NEEDS; i++) /* no dust: no attenuation, known */
        if (NEEDS[i].wave < s->wave[0] || NEEDS[i].wave > s->wave[s->nwave - 1])
            d[NEEDS[i].q] = NAN;
    if (!gal_galaxy_ionising(g))
        d[GAL_D_QH] = d[GAL_D_XI_ION] = NAN;
}

double gal_galaxy_lbol(const gal_galaxy *g, const gal_galaxy_ws *w)
{
    return GAL_KERN_PICK(csp_kern)->dot(g->grid->n, g->grid->tw, w->lum[GAL_COMP_TOTAL]);
}

void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta)
{
    double *d = w->derived;
    const gal_view *v = &w->view;
    const gal_emission *e = &w->emission;
    const gal_model_grid *grid = g->grid;
    const double *total = w->lum[GAL_COMP_TOTAL];
    bool dusty = g->screen != NULL;
    double grey = v->e_mc + (1 - e->other) * v->e_dd, z = theta[P_REDSHIFT], uv;
    fill_stars(g, w, d);
    d[GAL_D_LBOL] = gal_galaxy_lbol(g, w);
    d[GAL_D_LSTAR] = v->bol;
    d[GAL_D_LDUST] = v->e_mc + v->e_dd;
    d[GAL_D_LIR] = range_sum(&grid->ir, total);
    d[GAL_D_L_MC] = v->e_mc;
    d[GAL_D_L_DD] = v->e_dd;
    d[GAL_D_AV] = dusty ? attenuation(g, w, grid->i_v, 5500) : 0;
    d[GAL_D_ANUV] = dusty ? attenuation(g, w, grid->i_nuv, 2300) : 0;
    d[GAL_D_AFUV] = dusty ? attenuation(g, w, grid->i_fuv, 1500) : 0;
    d[GAL_D_AV_MC] = v->av_mc;
    d[GAL_D_AV_DD] = v->av_dd;
    d[GAL_D_T_MC] = v->t_mc;
    d[GAL_D_T_DD] = v->t_dd;
    d[GAL_D_T_DUST] = grey > 0 ? (v->e_mc * v->t_mc + (1 - e->other) * v->e_dd * v->t_dd) / grey : 0;
    d[GAL_D_BETA] = uv_slope(grid, total);
    d[GAL_D_BETA0] = uv_slope(grid, w->s0);
    d[GAL_D_QH] = v->qh;
    uv = at(g, w->s0, grid->i_fuv, 1500) * 1500 * 1500 / GAL_C_AA * GAL_LSUN; /* erg/s/Hz */
    d[GAL_D_XI_ION] = uv > 0 ? v->qh / uv : 0;
    d[GAL_D_R_CCSN] = v->sn_rate;
    d[GAL_D_T_UNIVERSE] = gal_model_universe(g, theta, fmax(z, 0));
    gal_cosmo_point there = {.distance = theta[P_DISTANCE]};
    if (!(there.distance > 0) && g->ncosmo)
        gal_model_cosmo(g, theta, z, &there);
    d[GAL_D_DISTANCE] = there.distance > 0 ? there.distance : gal_cosmo_luminosity_distance(g->o.cosmo, z);
    for (size_t k = GAL_ONSET_AGE, q = g->onset_quantity; q && k < GAL_ONSETS; k++)
        if (k != (size_t)g->o.onset)
            d[q++] = gal_galaxy_onset(g, theta, (gal_onset)k);
    if (g->radio_quantity)
        d[g->radio_quantity] = radio_luminosity(grid, total);
    if (g->xray_quantity)
        d[g->xray_quantity] = xray_luminosity(grid, total);
    drop_unknown(g, d);
    size_t q = g->line_quantity;
    for (size_t i = 0; i < g->nlines; i++)
        if (g->lines[i]->report)
            d[q++] = w->seen[i];
}
