/* X-ray binaries: high-mass ones follow the star formation rate and the metallicity, low-mass ones the stellar mass and the age
 * (Fragos et al. 2013, ApJ 776, L31, as used by Ronconi et al. 2024); 2-10 keV luminosities in erg/s:
 *     log L_HMXB = log SFR + 40.28 - 62.12 Z + 569.44 Z^2 - 1833.80 Z^3 + 1968.33 Z^4
 *     log L_LMXB = log(Mstar/1e10 Msun) + 40.276 - 1.503 t - 0.423 t^2 + 0.425 t^3 + 0.136 t^4,  t = log(age/Gyr),
 * age the mean age of the stars by mass; below 10 Myr, where the fit diverges (no such stars are in its models), its value there;
 * with photon indices 2.0 and 1.6 and a cut-off at 100 keV. The reference code has -1883.80 (choice hmxb_cubic, D13) and the age of
 * the galaxy in place of the stars' (choice lmxb_galaxy_age). */
#include "component/xray.h"
#include "galua/const.h"
#include "num/dot.h"

#include <math.h>

typedef struct shapes {
    double *hmxb, *lmxb;
} shapes;

static void teardown(void *table)
{
    shapes *t = table;
    gal_free(t->hmxb);
    gal_free(t);
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    (void)self;
    shapes *t = GAL_NEW(shapes);
    if (!t || !(t->hmxb = GAL_NEWN(double, 2 * g->n))) {
        gal_free(t);
        return GAL_ENOMEM;
    }
    t->lmxb = t->hmxb + g->n;
    gal_xray_shape(g, 2.0, 100, t->hmxb);
    gal_xray_shape(g, 1.6, 100, t->lmxb);
    *table = t;
    return GAL_OK;
}

static gal_status emit(const gal_stage *s)
{
    const gal_view *v = s->view;
    const shapes *t = s->table;
    double z = v->zstar, cubic = v->grid->compat.hmxb_cubic ? -1883.80 : -1833.80;
    double th = v->grid->compat.lmxb_galaxy_age ? log10(v->age / 1e9) : fmax(log10(v->age_mass / 1e9), -2);
    double high = v->sfr > 0 ? v->sfr * pow(10, 40.28 + z * (-62.12 + z * (569.44 + z * (cubic + z * 1968.33)))) : 0;
    double low = v->mstar > 0
                     ? v->mstar / 1e10 * pow(10, 40.276 + th * (-1.503 + th * (-0.423 + th * (0.425 + th * 0.136))))
                     : 0;
    high *= s->p[0] / GAL_LSUN;
    low *= s->p[1] / GAL_LSUN;
    for (size_t k = 0; k < v->grid->n; k++)
        s->lum[0][k] = high * t->hmxb[k] + low * t->lmxb[k];
    s->derived[0] = high;
    s->derived[1] = low;
    return GAL_OK;
}

/* Derivatives of high and low with their own factor, rate or mass, and metallicity or age */
static void slopes(const gal_stage *s, double high[3], double low[3])
{
    const gal_view *v = s->view;
    bool galaxy = v->grid->compat.lmxb_galaxy_age;
    double z = v->zstar, cubic = v->grid->compat.hmxb_cubic ? -1883.80 : -1833.80, age = galaxy ? v->age : v->age_mass;
    double th = log10(age / 1e9), dth = 1 / (age * M_LN10);
    if (!galaxy && !(th > -2)) {
        th = -2;
        dth = 0;
    }
    double per_sfr = pow(10, 40.28 + z * (-62.12 + z * (569.44 + z * (cubic + z * 1968.33)))) / GAL_LSUN;
    double dz = M_LN10 * (-62.12 + z * (2 * 569.44 + z * (3 * cubic + z * 4 * 1968.33)));
    double per_mass = pow(10, 40.276 + th * (-1.503 + th * (-0.423 + th * (0.425 + th * 0.136)))) / (1e10 * GAL_LSUN);
    double da = M_LN10 * (-1.503 + th * (-2 * 0.423 + th * (3 * 0.425 + th * 4 * 0.136))) * dth;
    high[0] = per_sfr * v->sfr;
    high[1] = per_sfr * s->p[0];
    high[2] = high[1] * v->sfr * dz;
    low[0] = per_mass * v->mstar;
    low[1] = per_mass * s->p[1];
    low[2] = low[1] * v->mstar * da;
}

static gal_status emit_jvp(const gal_stage *s, const gal_stage *d)
{
    const gal_view *dv = d->view;
    const shapes *t = s->table;
    double by_high[3], by_low[3], dage = s->view->grid->compat.lmxb_galaxy_age ? dv->age : dv->age_mass;
    slopes(s, by_high, by_low);
    double high = by_high[0] * d->p[0] + by_high[1] * dv->sfr + by_high[2] * dv->zstar;
    double low = by_low[0] * d->p[1] + by_low[1] * dv->mstar + by_low[2] * dage;
    for (size_t k = 0; k < s->view->grid->n; k++)
        d->lum[0][k] = high * t->hmxb[k] + low * t->lmxb[k];
    return GAL_OK;
}

static gal_status emit_vjp(const gal_stage *s, double *const *glum, double *gp, gal_view *gv, double *gstars,
                           double *gattenuated)
{
    const shapes *t = s->table;
    size_t n = s->view->grid->n;
    double by_high[3], by_low[3], high = num_dot(glum[0], t->hmxb, n), low = num_dot(glum[0], t->lmxb, n);
    (void)gstars;
    (void)gattenuated;
    slopes(s, by_high, by_low);
    gp[0] += high * by_high[0];
    gp[1] += low * by_low[0];
    gv->sfr += high * by_high[1];
    gv->zstar += high * by_high[2];
    gv->mstar += low * by_low[1];
    *(s->view->grid->compat.lmxb_galaxy_age ? &gv->age : &gv->age_mass) += low * by_low[2];
    return GAL_OK;
}

static const gal_param par[] = {
    {"f_HMXB", "", "factor on the luminosity of high-mass binaries", 1, 0, 1e3, 0.1, 10, true, false},
    {"f_LMXB", "", "factor on the luminosity of low-mass binaries", 1, 0, 1e3, 0.1, 10, true, false}};
static const char *const spectra[] = {"XRB"};
static const gal_quantity derived[] = {{"L_HMXB", "Lsun", "2-10 keV luminosity of high-mass X-ray binaries"},
                                       {"L_LMXB", "Lsun", "2-10 keV luminosity of low-mass X-ray binaries"}};

const gal_component_class gal_xrb_fragos13 = {
    .group = "xrb",
    .kind = "fragos13",
    .about = "X-ray binaries.",
    .shines = GAL_SHINES_XRAY,
    .doc = "High- and low-mass X-ray binaries (Fragos et al. 2013, ApJ 776, L31): from the star formation rate and "
           "metallicity,\n"
           "and from stellar mass and mean age; power laws with photon indices 2.0 and 1.6, cut off at 100 keV; not "
           "absorbed.",
    .par = par,
    .npar = 2,
    .spectra = spectra,
    .nspectra = 1,
    .derived = derived,
    .nderived = 2,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_AGE,
    .on_nodes = GAL_NODES_ANYWHERE,
    .setup = setup,
    .teardown = teardown,
    .emit = emit,
    .emit_jvp = emit_jvp,
    .emit_vjp = emit_vjp,
};
