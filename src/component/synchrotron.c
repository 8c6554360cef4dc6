/* Synchrotron emission of electrons from supernova remnants, driven by the rate of core-collapse supernovae R, which is that of the
 * SSP table or of src/csp/ccsn.c:
 *     L_nu = norm 1.44e30 (R yr) S(nu)/S(1.49 GHz) (1 - e^-tau)/tau erg/s/Hz,
 *     S = nu9^-alpha [1 + sqrt(nu9/20)]^-1,  tau = (nu9/nu_self)^-(alpha + 2.5),  nu9 in GHz.
 * The normalisation is the Galaxy's: 6.1e21 W/Hz at 408 MHz (Berkhuijsen 1984) for 0.015 supernovae a year, with nu^-0.8 to 1.49 GHz
 * (Condon & Yin 1990; Condon 1992, eq. 18; Bressan, Silva & Granato 2002). Galaxies whose young stars are all behind dust then have
 * q_TIR = log[L_IR/3.75e12 Hz L_1.4GHz] = 2.8; observed are 2.64 +- 0.26 (Bell 2003). Not attenuated.
 *
 * The reference code has 1e30 R S(nu), and less for faint galaxies, L_nu/[1 + (3e28/L_nu)^2], calibrated with rates five times too high
 * (D2): with the right rate that is 3 times too faint for starbursts, 30 times for galaxies like our own. Choice radio_norm. */
#include "galua/component.h"
#include "galua/const.h"

#include <math.h>
#include <string.h>

enum { ALPHA, NU_SELF, NORM };

static double form(double nu9, double alpha)
{
    return pow(nu9, -alpha) / (1 + sqrt(nu9 / 20));
}

static double escape(double tau)
{
    return tau > 1e-300 ? -expm1(-tau) / tau : 1;
}

/* scratch: what depends on frequency alone, for the parameters kept in its last three */
static size_t scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return g->n + 3;
}

static gal_status emit(const gal_stage *s)
{
    const gal_wavegrid *g = s->view->grid;
    double *unit = s->scratch, *kept = unit + g->n, *lum = s->lum[0], alpha = s->p[ALPHA];
    double rate = s->view->sn_rate * s->p[NORM];
    bool old = g->compat.radio_norm;
    if (kept[2] == 0 || kept[0] != alpha || kept[1] != s->p[NU_SELF]) {
        double norm = old ? 1e30 : 1.44e30 / form(1.49, alpha);
        for (size_t k = 0; k < g->n; k++) {
            double nu9 = GAL_C_AA / g->wave[k] * 1e-9;
            unit[k] = norm * form(nu9, alpha) * escape(pow(nu9 / s->p[NU_SELF], -(alpha + 2.5)));
            if (!old)
                unit[k] *= GAL_C_AA / (g->wave[k] * g->wave[k] * GAL_LSUN);
        }
        memcpy(kept, (double[3]){alpha, s->p[NU_SELF], 1}, 3 * sizeof *kept);
    }
    for (size_t k = 0; !old && k < g->n; k++)
        lum[k] = rate * unit[k];
    for (size_t k = 0; old && k < g->n; k++) {
        double l = rate * unit[k], faint = 3e28 / l;
        lum[k] = l > 1e-100 ? l / (1 + faint * faint) * GAL_C_AA / (g->wave[k] * g->wave[k] * GAL_LSUN) : 0;
    }
    return GAL_OK;
}

/* At a node with d ln(unit) = dalpha (ln 1.49 - ln nu9) + [tau/(e^tau - 1) - 1] dln tau, ln tau = -(alpha + 2.5) ln(nu9/nu_self): the
 * derivatives of L with the rate, alpha and nu_self. */
static void slopes(const gal_stage *s, size_t k, double rate, double by[3])
{
    const gal_wavegrid *g = s->view->grid;
    const double *p = s->p, unit = s->scratch[k], index = p[ALPHA] + 2.5;
    double nu9 = GAL_C_AA / g->wave[k] * 1e-9, ln = log(nu9 / p[NU_SELF]), tau = exp(-index * ln);
    double self = tau > 1e-300 ? (tau < 700 ? tau / expm1(tau) : 0) - 1 : 0, scale = 1;
    bool old = g->compat.radio_norm;
    if (old) { /* L = l/(1 + (F/l)^2) */
        double l = rate * unit, faint = 3e28 / l, part = 1 / (1 + faint * faint);
        scale = l > 1e-100 ? part * (3 - 2 * part) * GAL_C_AA / (g->wave[k] * g->wave[k] * GAL_LSUN) : 0;
    }
    by[0] = scale * unit;
    by[1] = scale * unit * rate * ((old ? -log(nu9) : log(1.49 / nu9)) - self * ln);
    by[2] = scale * unit * rate * self * index / p[NU_SELF];
}

static gal_status emit_jvp(const gal_stage *s, const gal_stage *d)
{
    double rate = s->view->sn_rate * s->p[NORM], by[3];
    double drate = d->view->sn_rate * s->p[NORM] + s->view->sn_rate * d->p[NORM];
    for (size_t k = 0; k < s->view->grid->n; k++) {
        slopes(s, k, rate, by);
        d->lum[0][k] = drate * by[0] + d->p[ALPHA] * by[1] + d->p[NU_SELF] * by[2];
    }
    return GAL_OK;
}

static gal_status emit_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated)
{
    double rate = s->view->sn_rate * s->p[NORM], by[3], grate = 0;
    (void)gstars;
    (void)gattenuated;
    for (size_t k = 0; k < s->view->grid->n; k++) {
        if (glum[0][k] == 0)
            continue;
        slopes(s, k, rate, by);
        grate += glum[0][k] * by[0];
        gp[ALPHA] += glum[0][k] * by[1];
        gp[NU_SELF] += glum[0][k] * by[2];
    }
    gp[NORM] += grate * s->view->sn_rate;
    gv->sn_rate += grate * s->p[NORM];
    return GAL_OK;
}

static const gal_param par[] = {
    {"alpha", "", "spectral index: L_nu ~ nu^-alpha", 0.75, 0, 5, 0.5, 1, false, false},
    {"nu_self", "GHz", "frequency of self-absorption", 0.2, 1e-3, 100, 0.01, 1, false, false},
    {"norm", "", "luminosity per supernova relative to the Galaxy's", 1, 0, 1e3, 0.1, 10, true, false}};
static const char *const spectra[] = {"synchrotron"};

const gal_component_class gal_synchrotron_supernova = {
    .group = "synchrotron",
    .kind = "supernova",
    .about = "Radio emission of supernova remnants.",
    .shines = GAL_SHINES_RADIO,
    .doc =
        "Electrons from supernova remnants: L_nu = norm 1.44e30 R S(nu)/S(1.49 GHz) (1 - e^-tau)/tau erg/s/Hz, S = "
        "nu9^-alpha/(1 + sqrt(nu9/20)),\ntau = (nu9/nu_self)^-(alpha + 2.5), R the supernovae per year; calibrated on "
        "the Galaxy (Condon 1992; Bressan et al. 2002).",
    .par = par,
    .npar = 3,
    .spectra = spectra,
    .nspectra = 1,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN,
    .on_nodes = GAL_NODES_ANYWHERE,
    .scratch = scratch,
    .emit = emit,
    .emit_jvp = emit_jvp,
    .emit_vjp = emit_vjp,
};
