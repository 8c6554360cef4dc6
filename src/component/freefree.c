/* Free-free emission of ionised gas from the ionising photons of the stars (Draine 2011, chapter 10; T_e and the use of it: Bressan et
 * al. 2002; Ronconi et al. 2024):
 *     T_e = 10^(3.89 - 0.4802 z - 0.0205 z^2) K,  z = log10(Zgas/0.02)
 *     g = ln{ exp[5.96 - (sqrt 3/pi) ln(Zi nu9 T4^-1.5)] + e }
 *     L_lambda = 2.64e-27 Q_H T4^0.3 g exp(-h nu/kT_e) nu/lambda erg/s/A
 * 4 pi 5.44e-41/2.59e-13: emission coefficient over that of recombination to all levels but the first, at 1e4 K. The reference code
 * has 1.8e-27 (choice freefree_norm), which is a third too faint beside the hydrogen lines. Light is
 * dimmed as the stars are on average, by L_attenuated/L_stars. No lines and no recombination continuum: nebular.hii has both. The
 * Lyman continuum of the stars is left as it is. In the default mode T_e is kept within 3000 .. 25000 K (the fit diverges for metal
 * free gas). */
#include "component/component_kern.h"
#include "galua/component.h"
#include "galua/const.h"

#include <math.h>

/* What depends on wavelength alone. */
typedef struct nodes {
    double *power; /* nu9^(-sqrt 3/pi) */
    double *hnuk;  /* h nu/k [K] */
    double *slope; /* nu/lambda */
} nodes;

static void teardown(void *table)
{
    nodes *t = table;
    gal_free(t->power);
    gal_free(t);
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    (void)self;
    bool old = g->compat.old_constants;
    double h = old ? 6.626196e-27 : GAL_H_CGS, kb = old ? 1.380622e-16 : GAL_KB_CGS;
    nodes *t = GAL_NEW(nodes);
    if (!t || !(t->power = GAL_NEWN(double, 3 * g->n))) {
        gal_free(t);
        return GAL_ENOMEM;
    }
    t->hnuk = t->power + g->n;
    t->slope = t->hnuk + g->n;
    for (size_t k = 0; k < g->n; k++) {
        double nu = GAL_C_AA / g->wave[k];
        t->power[k] = pow(nu * 1e-9, -sqrt(3) / M_PI);
        t->hnuk[k] = h * nu / kb;
        t->slope[k] = nu / g->wave[k];
    }
    *table = t;
    return GAL_OK;
}

/* T_e, and its change with that of the metallicity: none where it is kept within its range */
static double electron_temperature(const gal_view *v, double dzgas, double *change)
{
    double z = log10((v->zgas > 1e-10 ? v->zgas : 1e-10) / 0.02), te = pow(10, 3.89 - 0.4802 * z - 0.0205 * z * z);
    *change = v->zgas > 1e-10 ? te * (-0.4802 - 2 * 0.0205 * z) * dzgas / v->zgas : 0;
    if (!v->grid->compat.old_constants && !(te < 25000 && te > 3000)) {
        te = te > 25000 ? 25000 : 3000;
        *change = 0;
    }
    return te;
}

/* d ln L = d ln Q_H + 0.3 d ln T + d ln g + x d ln T + d ln(seen share); with norm 0 the first term alone */
static gal_status emit_jvp(const gal_stage *s, const gal_stage *d)
{
    const gal_view *v = s->view, *dv = d->view;
    const nodes *t = s->table;
    double dte, te = electron_temperature(v, dv->zgas, &dte), dlnt = dte / te;
    double per_photon = v->grid->compat.freefree_norm ? 1.8e-27 : 2.64e-27;
    double unit = per_photon * pow(te / 1e4, 0.3) / GAL_LSUN, a = sqrt(3) / M_PI;
    double c = exp(5.96) * pow(s->p[0] * pow(te / 1e4, -1.5), -a), dlnc = -a * (d->p[0] / s->p[0] - 1.5 * dlnt);
    for (size_t k = 0; k < v->grid->n; k++) {
        double x = t->hnuk[k] / te, h = c * t->power[k], g = log(h + M_E), star = v->stars[k] > 0 ? v->stars[k] : 1;
        double seen = v->stars[k] > 0 ? v->attenuated[k] / star : 1;
        double dseen = v->stars[k] > 0 ? (dv->attenuated[k] - seen * dv->stars[k]) / star : 0;
        double f = x < 700 ? unit * exp(-x) * t->slope[k] : 0;
        d->lum[0][k] =
            f * (seen * (g * (dv->qh + v->qh * (0.3 + x) * dlnt) + v->qh * h / (h + M_E) * dlnc) + v->qh * g * dseen);
    }
    return GAL_OK;
}

/* Backward: the same factors */
static gal_status emit_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated)
{
    const gal_view *v = s->view;
    const nodes *t = s->table;
    double per_zgas, te = electron_temperature(v, 1, &per_zgas), glnt = 0, glnc = 0;
    double per_photon = v->grid->compat.freefree_norm ? 1.8e-27 : 2.64e-27;
    double unit = per_photon * pow(te / 1e4, 0.3) / GAL_LSUN, a = sqrt(3) / M_PI;
    double c = exp(5.96) * pow(s->p[0] * pow(te / 1e4, -1.5), -a);
    for (size_t k = 0; k < v->grid->n; k++) {
        double x = t->hnuk[k] / te, h = c * t->power[k], g = log(h + M_E), star = v->stars[k] > 0 ? v->stars[k] : 1;
        double seen = v->stars[k] > 0 ? v->attenuated[k] / star : 1;
        double f = x < 700 ? glum[0][k] * unit * exp(-x) * t->slope[k] : 0;
        gv->qh += f * seen * g;
        glnt += f * seen * g * v->qh * (0.3 + x);
        glnc += f * seen * v->qh * h / (h + M_E);
        if (v->stars[k] > 0) {
            gattenuated[k] += f * v->qh * g / star;
            gstars[k] -= f * v->qh * g * seen / star;
        }
    }
    glnt += 1.5 * a * glnc; /* c ~ (Zi T^-1.5)^-a */
    gp[0] -= a * glnc / s->p[0];
    gv->zgas += glnt * per_zgas / te;
    return GAL_OK;
}

static gal_status emit(const gal_stage *s)
{
    const struct component_kern *kern = GAL_KERN_PICK(component_kern);
    const gal_view *v = s->view;
    const nodes *t = s->table;
    double none, te = electron_temperature(v, 0, &none);
    double per_photon = v->grid->compat.freefree_norm ? 1.8e-27 : 2.64e-27;
    double t4 = te / 1e4, norm = per_photon * v->qh * pow(t4, 0.3) / GAL_LSUN;
    double c = exp(5.96) * pow(s->p[0] * pow(t4, -1.5), -sqrt(3) / M_PI); /* exp[..] = c nu9^(-sqrt 3/pi) */
    kern->freefree(v->grid->n, norm > 0 ? norm : 0, c, 1 / te, t->power, t->hnuk, t->slope, v->stars, v->attenuated,
                   s->lum[0]);
    s->derived[0] = te;
    return GAL_OK;
}

static const gal_param par[] = {{"Zi", "", "mean charge of the ions", 1, 0.1, 10, 0.5, 2, false, false}};
static const char *const spectra[] = {"nebular"};
static const gal_quantity derived[] = {{"T_e", "K", "electron temperature of the ionised gas"}};

const gal_component_class gal_nebular_freefree = {
    .group = "nebular",
    .kind = "freefree",
    .shines = GAL_SHINES_RADIO,
    .doc = "Free-free continuum alone, from the stars' ionising photons: T_e from the gas metallicity (Bressan et al. "
           "2002; Draine "
           "2011);\nfor lines and the recombination continuum use nebular.hii.",
    .par = par,
    .npar = 1,
    .spectra = spectra,
    .nspectra = 1,
    .derived = derived,
    .nderived = 1,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_ABSORBED | GAL_NEED_IONISING,
    .setup = setup,
    .teardown = teardown,
    .emit = emit,
    .emit_jvp = emit_jvp,
    .emit_vjp = emit_vjp,
};
