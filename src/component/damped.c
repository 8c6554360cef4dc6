/* Neutral hydrogen in front of a galaxy, seen in Lyman alpha: transmissions at the observer, beside that of the intergalactic medium.
 *
 * dla.lya          a cloud of column N_HI at the galaxy's redshift or moving against it: tau = tau_0 H(a, x), tau_0 = sqrt(pi) e^2/(m_e c) N f lambda/b,
 *                  f = 0.4164, a = Gamma lambda/(4 pi b), Gamma = 6.265e8/s, H the Voigt function in the form of Tepper-Garcia (2006, MNRAS 369, 2025),
 *                  right to 1e-4 for a < 1e-3.
 * damping.neutral  a neutral medium of share x_HI between the edge of the ionised bubble around the galaxy and the end of reionisation, z_end
 *                  (Miralda-Escude 1998, ApJ 501, 15, eqs 11, 12): tau = tau_GP R/pi (1+d)^1.5 [I(x_2) - I(x_1)], R = Gamma lambda/(4 pi c),
 *                  x_i = (1+z_i)/((1+z)(1+d)) at a wavelength (1+d) times that of Lyman alpha; tau_GP = 2.09e4 (1+z)^1.5 x_HI for a baryon density
 *                  of 0.0224 and matter density of 0.142 (over h^2), helium 24.5 %. Light that meets resonance inside is gone. */
#include "galua/component.h"
#include "galua/const.h"

#include <math.h>

#define LYA   1215.67
#define GAMMA 6.265e8
#define OSC   0.4164

enum { LOGN, B, DV, NDLA };
enum { X_HI, BUBBLE, Z_END, NWING };

// clang-format off
static const gal_param dla_par[NDLA] = {
    {"logN", "cm-2, log10", "column of neutral hydrogen",                     20.3, 12, 24,   19,  23,   false, true},
    {"b",    "km/s",        "Doppler parameter",                              30,   1,  1000, 10,  100,  true,  false},
    {"dv",   "km/s",        "velocity of the cloud, positive away from us",   0,  -1e4, 1e4, -500, 500,  false, false}};
static const gal_param wing_par[NWING] = {
    {"x_HI",   "",     "share of the medium that is neutral",                           1,   0,   1,    0,   1,    false, true},
    {"bubble", "km/s", "radius of the ionised bubble, as a velocity of expansion",      500, 1,   3e4,  100, 5000, true,  true},
    {"z_end",  "",     "redshift at which reionisation has ended",                      5.3, 0,   30,   5,   7,    false, false}};
// clang-format on

static double voigt(double a, double x)
{
    double p = x * x, h0 = p < 700 ? exp(-p) : 0, c = a / sqrt(M_PI);
    if (p < 1e-6)
        return h0 - 2 * c;
    double q = 1.5 / p;
    return h0 - c / p * (h0 * h0 * (4 * p * p + 7 * p + 4 + q) - q - 1);
}

static gal_status dla(const gal_stage *s, double *t)
{
    const gal_wavegrid *g = s->view->grid;
    const double *p = s->p;
    double b = p[B] * 1e5, a = GAMMA * LYA * 1e-8 / (4 * M_PI * b), line = LYA * (1 + p[DV] * 1e5 / GAL_C_CGS);
    double tau0 = 1.4974e-2 * pow(10, p[LOGN]) * OSC * LYA * 1e-8 / b;
    for (size_t k = 0; k < g->n; k++) {
        double x = (line / g->wave[k] - 1) * GAL_C_CGS / b, wing = tau0 * a / (sqrt(M_PI) * x * x);
        t[k] = fabs(x) > 50 && wing < 1e-9 ? 1 : exp(-tau0 * voigt(a, x));
    }
    return GAL_OK;
}

static double wing_integral(double x)
{
    double r = sqrt(x);
    return pow(x, 4.5) / (1 - x) + 9. / 7 * pow(x, 3.5) + 9. / 5 * pow(x, 2.5) + 3 * pow(x, 1.5) + 9 * r -
           4.5 * log((1 + r) / (1 - r));
}

static gal_status wing(const gal_stage *s, double *t)
{
    const gal_wavegrid *g = s->view->grid;
    const double *p = s->p;
    double z = s->view->redshift, near = (1 + z) * (1 - p[BUBBLE] * 1e5 / GAL_C_CGS), far = 1 + p[Z_END];
    double tau_gp = 2.09e4 * pow(1 + z, 1.5) * p[X_HI], r = GAMMA * LYA * 1e-8 / (4 * M_PI * GAL_C_CGS);
    for (size_t k = 0; k < g->n; k++) {
        double d = g->wave[k] / LYA, x2 = near / ((1 + z) * d), x1 = far / ((1 + z) * d);
        if (!(near > far) || x1 >= 1)
            t[k] = 1; /* nothing neutral, or already beyond it when it meets resonance */
        else if (x2 >= 1)
            t[k] = tau_gp > 0 ? exp(-tau_gp) : 1;
        else
            t[k] = exp(-fmax(0, tau_gp * r / M_PI * pow(d, 1.5) * (wing_integral(x2) - wing_integral(x1))));
    }
    return GAL_OK;
}

const gal_component_class gal_dla_lya = {
    .group = "dla",
    .kind = "lya",
    .doc =
        "A damped Lyman alpha absorber in front of the galaxy (Voigt profile of Tepper-Garcia 2006): a transmission.",
    .par = dla_par,
    .npar = NDLA,
    .on_nodes = GAL_NODES_ANYWHERE,
    .transmit = dla,
};

const gal_component_class gal_damping_neutral = {
    .group = "damping",
    .kind = "neutral",
    .doc =
        "Damping wing of a neutral intergalactic medium outside the galaxy's ionised bubble (Miralda-Escude 1998): a "
        "transmission.",
    .par = wing_par,
    .npar = NWING,
    .needs = GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .transmit = wing,
};
