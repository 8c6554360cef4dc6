/* Hydrogen lines: series n = 1 (Lyman) to 5 (Pfund), up to 24 upper levels each.
 *
 * Oscillator strengths: Kramers' formula with a Gaunt factor per kind of line. Profile: quasi-static linear Stark effect,
 * S(alpha) = 1.5 max(alpha, alpha0)^-2.5 with alpha = dlambda/(F0 K), normalised (alpha0 = 5^(2/3)); F0 = 1.25e-9 n_e^(2/3)
 * is the normal field, K = 5.5e-5 (n m)^4/(m^2 - n^2) A per unit field; a Doppler core (2 km/s of turbulence) where it is
 * wider. Levels near the last one (Inglis & Teller) dissolve by 1/(1 + (m/n_max)^12). Thread-safe. */
#include "galua/const.h"
#include "stars/opacity.h"

#include <math.h>

static const double rydberg = 1.09678e-3;       /* 1/A, hydrogen, vacuum */
static const double alpha0 = 2.924017738212866; /* 5^(2/3) */

double gal_hlines_last_level(double ne)
{
    return pow(10.0, (23.26 - log10(ne)) / 7.5);
}

static double kramers_f(int n, int m)
{
    double d = 1.0 / (n * n) - 1.0 / (m * m), gaunt = m > n + 1 ? 0.88 : n == 1 ? 0.72 : 0.76;
    return 32 / (3 * sqrt(3.0) * M_PI) / (pow(n, 5) * pow(m, 3) * d * d * d) * gaunt;
}

void gal_hlines_list(gal_opgrid *g)
{
    g->nline = 0;
    for (int n = 1; n <= 5; n++)
        for (int m = n + 1; m < n + (n > 1 ? 25 : 12); m++) {
            double l0 = 1 / (rydberg * (1.0 / (n * n) - 1.0 / (m * m)));
            if (l0 < g->wave[0] || l0 > g->wave[g->n - 1])
                continue;
            gal_hline *h = &g->line[g->nline++];
            *h = (gal_hline){.n = n, .m = m, .wave = l0, .f = kramers_f(n, m), .hi = g->n};
            double n4 = (double)n * n * n * n, m4 = (double)m * m * m * m;
            h->stark = 5.5e-5 * n4 * m4 / (double)(m * m - n * n);
            while (h->lo < g->n && g->wave[h->lo] < 0.88 * l0)
                h->lo++;
            while (h->hi > h->lo && g->wave[h->hi - 1] > 1.12 * l0)
                h->hi--;
        }
}

void gal_hlines_state(const gal_opgrid *g, const gal_gas *gas, double unit, gal_opstate *o)
{
    double ex = 13.598 / (GAL_KB_EV * gas->t), f0 = 1.25e-9 * cbrt(gas->ne * gas->ne);
    double nmax = gal_hlines_last_level(gas->ne);
    double v = sqrt(2 * GAL_KB_CGS * gas->t / GAL_MP_CGS + 4e10) / GAL_C_CGS;
    double pop[6];
    for (int n = 1; n <= 5; n++)
        pop[n] = gas->h1 * n * n * exp(-ex * (1 - 1.0 / (n * n))) / unit;
    for (size_t k = 0; k < g->nline; k++) {
        const gal_hline *h = &g->line[k];
        double r = h->m / nmax, r2 = r * r, r4 = r2 * r2, cm = h->wave * 1e-8;
        /* pi e^2/(m_e c) f, times lambda^2/c: cross-section times A */
        double sigma = 8.8528e-13 * h->f * cm * cm * 1e8;
        double stark = f0 * h->stark, doppler = h->wave * v;
        double s = pop[h->n] * sigma / (1 + r4 * r4 * r4);
        bool wide = stark * alpha0 > doppler;
        /* peak of the profile below 1e-5 of the unit extinction: the line is not there */
        o->line[k].strength = s / (wide ? stark * 10 : doppler * 2) > 1e-5 ? (float)s : 0;
        o->line[k].wave = (float)h->wave;
        o->line[k].stark_unit = (float)stark;
        o->line[k].doppler = wide ? 0 : (float)doppler;
    }
}
