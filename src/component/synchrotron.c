/* Synchrotron emission of supernova remnants (Bressan, Silva & Granato 2002; as used by Ronconi et al. 2024), driven by the rate of
 * core-collapse supernovae R:
 *     L_nu = 1e30 (R yr) nu9^-alpha [1 + sqrt(nu9/20)]^-1 (1 - e^-tau)/tau erg/s/Hz,  tau = (nu9/nu_self)^-(alpha + 2.5),
 * nu9 in GHz, and weaker than linear for faint galaxies (Bell 2003): L_nu / [1 + (3e28/L_nu)^2]. Not attenuated. The rate is that of
 * the SSP table, or of src/csp/ccsn.c. */
#include "galua/component.h"
#include "galua/const.h"

#include <math.h>
#include <string.h>

enum { ALPHA, NU_SELF };

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
    double *unit = s->scratch, *kept = unit + g->n, *lum = s->lum[0], alpha = s->p[ALPHA], rate = s->view->sn_rate;
    if (kept[2] == 0 || kept[0] != alpha || kept[1] != s->p[NU_SELF]) {
        for (size_t k = 0; k < g->n; k++) {
            double nu9 = GAL_C_AA / g->wave[k] * 1e-9;
            unit[k] = 1e30 * pow(nu9, -alpha) / (1 + sqrt(nu9 / 20)) * escape(pow(nu9 / s->p[NU_SELF], -(alpha + 2.5)));
        }
        memcpy(kept, (double[3]){alpha, s->p[NU_SELF], 1}, 3 * sizeof *kept);
    }
    for (size_t k = 0; k < g->n; k++) {
        double l = rate * unit[k], faint = 3e28 / l;
        lum[k] = l > 1e-100 ? l / (1 + faint * faint) * GAL_C_AA / (g->wave[k] * g->wave[k] * GAL_LSUN) : 0;
    }
    s->derived[0] = rate;
    return GAL_OK;
}

static const gal_param par[] = {
    {"alpha", "", "spectral index: L_nu ~ nu^-alpha", 0.75, 0, 5, 0.5, 1, false, false},
    {"nu_self", "GHz", "frequency of self-absorption", 0.2, 1e-3, 100, 0.01, 1, false, false}};
static const char *const spectra[] = {"synchrotron"};
static const gal_quantity derived[] = {{"R_CCSN", "1/yr", "rate of core-collapse supernovae"}};

const gal_component_class gal_synchrotron_supernova = {
    .group = "synchrotron",
    .kind = "supernova",
    .doc = "Supernova remnants: L_nu = 1e30 R nu9^-alpha / (1 + sqrt(nu9/20)) (1 - e^-tau)/tau erg/s/Hz, tau = "
           "(nu9/nu_self)^-(alpha + 2.5),\nless for faint galaxies: / [1 + (3e28/L_nu)^2] (Bressan et al. 2002; Bell "
           "2003).",
    .par = par,
    .npar = 2,
    .spectra = spectra,
    .nspectra = 1,
    .derived = derived,
    .nderived = 1,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_SN,
    .scratch = scratch,
    .emit = emit,
};
