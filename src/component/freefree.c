/* Free-free emission of ionised gas from the ionising photons of the stars (Bressan et al. 2002; Draine 2011; Ronconi et al. 2024):
 *     T_e = 10^(3.89 - 0.4802 z - 0.0205 z^2) K,  z = log10(Zgas/0.02)
 *     g = ln{ exp[5.96 - (sqrt 3/pi) ln(Zi nu9 T4^-1.5)] + e }
 *     L_lambda = 1.8e-27 Q_H T4^0.3 g exp(-h nu/kT_e) nu/lambda erg/s/A
 * dimmed as the stars are on average, by L_attenuated/L_stars. No lines and no recombination continuum: nebular.hii has both. The
 * Lyman continuum of the stars is left as it is. In the default mode T_e is kept within 3000 .. 25000 K (the fit diverges for metal
 * free gas). */
#include "galua/component.h"
#include "galua/const.h"

#include <math.h>

static gal_status emit(const gal_stage *s)
{
    const gal_view *v = s->view;
    const gal_wavegrid *g = v->grid;
    bool old = g->compat.old_constants;
    double h = old ? 6.626196e-27 : GAL_H_CGS, kb = old ? 1.380622e-16 : GAL_KB_CGS, *lum = s->lum[0];
    double z = log10((v->zgas > 1e-10 ? v->zgas : 1e-10) / 0.02), te = pow(10, 3.89 - 0.4802 * z - 0.0205 * z * z);
    if (!old)
        te = te > 25000 ? 25000 : te < 3000 ? 3000 : te;
    double t4 = te / 1e4, norm = 1.8e-27 * v->qh * pow(t4, 0.3) / GAL_LSUN, zi = s->p[0];
    double c = exp(5.96) * pow(zi * pow(t4, -1.5), -sqrt(3) / M_PI); /* exp[..] = c nu9^(-sqrt 3/pi) */
    for (size_t k = 0; k < g->n; k++) {
        double nu = GAL_C_AA / g->wave[k], x = h * nu / (kb * te);
        if (!(x < 700) || !(norm > 0)) {
            lum[k] = 0;
            continue;
        }
        double gff = log(c * pow(nu * 1e-9, -sqrt(3) / M_PI) + M_E);
        double seen = v->stars[k] > 0 ? v->attenuated[k] / v->stars[k] : 1;
        lum[k] = seen * norm * gff * exp(-x) * nu / g->wave[k];
    }
    s->derived[0] = te;
    return GAL_OK;
}

static const gal_param par[] = {{"Zi", "", "mean charge of the ions", 1, 0.1, 10, 0.5, 2, false, false}};
static const char *const spectra[] = {"nebular"};
static const gal_quantity derived[] = {{"T_e", "K", "electron temperature of the ionised gas"}};

const gal_component_class gal_nebular_freefree = {
    .group = "nebular",
    .kind = "freefree",
    .doc = "Free-free continuum alone, from the stars' ionising photons: T_e from the gas metallicity (Bressan et al. "
           "2002; Draine "
           "2011);\nfor lines and the recombination continuum use nebular.hii.",
    .par = par,
    .npar = 1,
    .spectra = spectra,
    .nspectra = 1,
    .derived = derived,
    .nderived = 1,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_ABSORBED,
    .emit = emit,
};
