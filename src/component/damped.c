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
#include <string.h>

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

/* slope: with a and x, or NULL. Near the centre the polynomial in p = x^2 is a small difference: there its series. */
static double voigt(double a, double x, double slope[2])
{
    double p = x * x, h0 = p < 700 ? exp(-p) : 0, c = a / sqrt(M_PI), by_p;
    bool centre = p < 1e-6;
    double q = centre ? 0 : 1.5 / p, poly = 4 * p * p + 7 * p + 4 + q;
    double h = centre ? h0 - 2 * c : h0 - c / p * (h0 * h0 * (4 * p * p + 7 * p + 4 + q) - q - 1);
    if (!slope)
        return h;
    if (p < 0.3) { /* of [e^-2p (4p^2 + 7p + 4 + 1.5/p) - 1.5/p - 1]/p = sum g_n p^(n-1) */
        double e[4] = {1, -2, 2, -4. / 3}, power = 1; /* (-2)^k/k!, k = n - 2 .. n + 1 from n = 2 on */
        by_p = 0;
        for (int n = 2; n < 20; n++, power *= p) {
            by_p += (n - 1) * (4 * e[0] + 7 * e[1] + 4 * e[2] + 1.5 * e[3]) * power;
            e[0] = e[1];
            e[1] = e[2];
            e[2] = e[3];
            e[3] *= -2. / (n + 2);
        }
    } else {
        double g = h0 * h0 * poly - q - 1, dq = -q / p, dg = h0 * h0 * (8 * p + 7 + dq - 2 * poly) - dq;
        by_p = (dg - g / p) / p;
    }
    slope[0] = a > 0 ? (h - h0) / a : 0;
    slope[1] = -2 * x * (h0 + c * by_p);
    return h;
}

/* Optical depth, and its derivatives with the parameters, or NULL */
static double dla_depth(const double *p, double wave, double slope[NDLA])
{
    double b = p[B] * 1e5, a = GAMMA * LYA * 1e-8 / (4 * M_PI * b), line = LYA * (1 + p[DV] * 1e5 / GAL_C_CGS), by[2];
    double tau0 = 1.4974e-2 * pow(10, p[LOGN]) * OSC * LYA * 1e-8 / b;
    double x = (line / wave - 1) * GAL_C_CGS / b, wing = tau0 * a / (sqrt(M_PI) * x * x);
    if (slope)
        memset(slope, 0, NDLA * sizeof *slope);
    if (fabs(x) > 50 && wing < 1e-9)
        return 0;
    double h = voigt(a, x, slope ? by : NULL), depth = tau0 * h;
    if (slope) {
        slope[LOGN] = M_LN10 * depth;
        slope[B] = -tau0 * (h + by[0] * a + by[1] * x) / p[B];
        slope[DV] = tau0 * by[1] * LYA / wave / p[B];
    }
    return depth;
}

static gal_status dla(const gal_stage *s, double *t)
{
    const gal_wavegrid *g = s->view->grid;
    for (size_t k = 0; k < g->n; k++)
        t[k] = exp(-dla_depth(s->p, g->wave[k], NULL));
    return GAL_OK;
}

static gal_status dla_jvp(const gal_stage *s, const gal_stage *d, double *change)
{
    const gal_wavegrid *g = s->view->grid;
    for (size_t k = 0; k < g->n; k++) {
        double by[NDLA], t = exp(-dla_depth(s->p, g->wave[k], by));
        change[k] = -t * (by[LOGN] * d->p[LOGN] + by[B] * d->p[B] + by[DV] * d->p[DV]);
    }
    return GAL_OK;
}

static gal_status dla_vjp(const gal_stage *s, const double *t, const double *gt, double *gp, gal_view *gv)
{
    const gal_wavegrid *g = s->view->grid;
    (void)gv;
    for (size_t k = 0; k < g->n; k++) {
        double by[NDLA];
        if (gt[k] == 0 || t[k] == 0)
            continue;
        dla_depth(s->p, g->wave[k], by);
        for (int i = 0; i < NDLA; i++)
            gp[i] -= gt[k] * t[k] * by[i];
    }
    return GAL_OK;
}

/* int_0^x y^4.5/(1 - y)^2 dy: in closed form, of which little is left at small x; there x^5.5 sum (k + 1)/(k + 5.5) x^k */
static double wing_integral(double x)
{
    double r = sqrt(x);
    if (x < 0.05) {
        double sum = 0;
        for (int k = 12; k >= 0; k--)
            sum = sum * x + (k + 1) / (k + 5.5);
        return sum * pow(x, 5.5);
    }
    return pow(x, 4.5) / (1 - x) + 9. / 7 * pow(x, 3.5) + 9. / 5 * pow(x, 2.5) + 3 * pow(x, 1.5) + 9 * r -
           4.5 * log((1 + r) / (1 - r));
}

static double wing_slope(double x)
{
    return pow(x, 4.5) / ((1 - x) * (1 - x));
}

/* slope: with the parameters and the redshift, or NULL */
static double wing_depth(const double *p, double z, double d, double slope[NWING + 1])
{
    double near = (1 + z) * (1 - p[BUBBLE] * 1e5 / GAL_C_CGS), far = 1 + p[Z_END];
    double gp = 2.09e4 * pow(1 + z, 1.5), r = GAMMA * LYA * 1e-8 / (4 * M_PI * GAL_C_CGS), tau_gp = gp * p[X_HI];
    double x2 = near / ((1 + z) * d), x1 = far / ((1 + z) * d);
    if (slope)
        memset(slope, 0, (NWING + 1) * sizeof *slope);
    if (!(near > far) || x1 >= 1)
        return 0; /* nothing neutral, or already beyond it when it meets resonance */
    if (x2 >= 1) {
        if (slope) {
            slope[X_HI] = gp;
            slope[NWING] = 1.5 * tau_gp / (1 + z);
        }
        return tau_gp;
    }
    double shape = wing_integral(x2) - wing_integral(x1), depth = tau_gp * r / M_PI * pow(d, 1.5) * shape;
    if (slope && shape > 0) {
        double scale = gp * r / M_PI * pow(d, 1.5), by1 = wing_slope(x1), by2 = wing_slope(x2);
        slope[X_HI] = scale * shape;
        scale *= p[X_HI];
        slope[BUBBLE] = -scale * by2 * 1e5 / (GAL_C_CGS * d);
        slope[Z_END] = -scale * by1 * x1 / far;
        slope[NWING] = (1.5 * depth + scale * by1 * x1) / (1 + z); /* x2 stays */
    }
    return fmax(0, depth);
}

static gal_status wing(const gal_stage *s, double *t)
{
    const gal_wavegrid *g = s->view->grid;
    for (size_t k = 0; k < g->n; k++)
        t[k] = exp(-wing_depth(s->p, s->view->redshift, g->wave[k] / LYA, NULL));
    return GAL_OK;
}

static gal_status wing_jvp(const gal_stage *s, const gal_stage *d, double *change)
{
    const gal_wavegrid *g = s->view->grid;
    for (size_t k = 0; k < g->n; k++) {
        double by[NWING + 1], t = exp(-wing_depth(s->p, s->view->redshift, g->wave[k] / LYA, by));
        double sum = by[NWING] * d->view->redshift;
        for (int i = 0; i < NWING; i++)
            sum += by[i] * d->p[i];
        change[k] = -t * sum;
    }
    return GAL_OK;
}

static gal_status wing_vjp(const gal_stage *s, const double *t, const double *gt, double *gp, gal_view *gv)
{
    const gal_wavegrid *g = s->view->grid;
    for (size_t k = 0; k < g->n; k++) {
        double by[NWING + 1];
        if (gt[k] == 0 || t[k] == 0)
            continue;
        wing_depth(s->p, s->view->redshift, g->wave[k] / LYA, by);
        for (int i = 0; i < NWING; i++)
            gp[i] -= gt[k] * t[k] * by[i];
        gv->redshift -= gt[k] * t[k] * by[NWING];
    }
    return GAL_OK;
}

const gal_component_class gal_dla_lya = {
    .group = "dla",
    .kind = "lya",
    .about = "A damped Lyman alpha absorber in front of the galaxy.",
    .doc =
        "A damped Lyman alpha absorber in front of the galaxy (Voigt profile of Tepper-Garcia 2006): a transmission.",
    .par = dla_par,
    .npar = NDLA,
    .on_nodes = GAL_NODES_ANYWHERE,
    .transmit = dla,
    .transmit_jvp = dla_jvp,
    .transmit_vjp = dla_vjp,
};

const gal_component_class gal_damping_neutral = {
    .group = "damping",
    .kind = "neutral",
    .about = "The damping wing of a neutral medium around the galaxy.",
    .doc =
        "Damping wing of a neutral intergalactic medium outside the galaxy's ionised bubble (Miralda-Escude 1998): a "
        "transmission.",
    .par = wing_par,
    .npar = NWING,
    .needs = GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .transmit = wing,
    .transmit_jvp = wing_jvp,
    .transmit_vjp = wing_vjp,
};
