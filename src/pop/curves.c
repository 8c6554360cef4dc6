/* Dust curves of DSPS: Calzetti et al. 2000 (ApJ 533, 682), Leitherer et al. 2002 (ApJS 140, 303), Noll et al. 2009 (A&A 499, 69), Salim et
 * al. 2018 (ApJ 859, 11), with their derivatives. x in micron. Unlike the curves of galaxy{} (astro/laws.h) these keep the published
 * forms outside their ranges and are not renormalised. */
#include "galua/dsps.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046
#define RV   4.05

static double calzetti(double x, double *d)
{
    double y = 1 / x;
    if (x < 0.63) {
        *d = -2.659 * (1.509 - 0.396 * y + 0.033 * y * y) * y * y;
        return 2.659 * (-2.156 + y * (1.509 + y * (-0.198 + y * 0.011))) + RV;
    }
    *d = -2.659 * 1.040 * y * y;
    return 2.659 * (-1.857 + 1.040 * y) + RV;
}

static double leitherer(double x, double *d)
{
    double y = 1 / x;
    *d = -(0.671 + y * (-0.018436 + y * 0.00786)) * y * y;
    return 5.472 + y * (0.671 + y * (-9.218e-3 + y * 2.620e-3));
}

/* Drude profile of amplitude p->bump; d[3] = by x, x0, width */
static double drude(const gal_dust_par *p, double x, double d[3])
{
    double q = x * x - p->x0 * p->x0, g = p->width, w = x * x * g * g, n = q * q + w, D = p->bump * w / n;
    double c = 2 * p->bump / (n * n);
    d[0] = c * (x * g * g * n - w * (2 * x * q + x * g * g));
    d[1] = c * w * 2 * q * p->x0;
    d[2] = c * x * x * g * q * q;
    return D;
}

static double modified(gal_dust_curve c, const gal_dust_par *p, double x, double base, double dbase, double *d)
{
    double dd[3], P = pow(x / 0.55, p->delta), D = drude(p, x, dd), ln = log(x / 0.55);
    bool noll = c == GAL_DUST_NOLL09;
    double bump = noll ? P : 1, k = base * P + bump * D; /* k = base P + bump D */
    if (!(k >= 0))
        return 0;
    double scaled = noll ? base + D : base;
    d[GAL_DUST_DELTA] = scaled * P * ln;
    d[GAL_DUST_BUMP] = p->bump != 0 ? bump * D / p->bump : 0;
    if (p->bump == 0) {
        gal_dust_par one = *p;
        double unused[3];
        one.bump = 1;
        d[GAL_DUST_BUMP] = bump * drude(&one, x, unused);
    }
    d[GAL_DUST_BUMP_X0] = bump * dd[1];
    d[GAL_DUST_BUMP_WIDTH] = bump * dd[2];
    d[GAL_DUST_X] = dbase * P + bump * dd[0] + scaled * P * p->delta / x;
    return k;
}

double gal_dust_k(gal_dust_curve c, const gal_dust_par *p, double x, double *d)
{
    double own[GAL_DUST_N], db = 0, k = 0;
    if (!d)
        d = own;
    memset(d, 0, GAL_DUST_N * sizeof *d);
    if (c == GAL_DUST_TRIWEIGHT) {
        double s[7];
        k = pow(10, gal_tw_sigslope(log10(x), -1.0, 1.15, 0.5, 0.5, -0.65, -1.95, s));
        d[GAL_DUST_X] = k * s[0] / x;
        return k;
    }
    bool blue = c == GAL_DUST_LEITHERER02 || (c != GAL_DUST_CALZETTI00 && x <= 0.15);
    k = blue ? leitherer(x, &db) : calzetti(x, &db);
    d[GAL_DUST_X] = db;
    if (c == GAL_DUST_NOLL09 || c == GAL_DUST_SALIM18) {
        d[GAL_DUST_X] = 0;
        k = modified(c, p, x, k, db, d);
    }
    return k;
}

double gal_dust_transmission(gal_dust_curve c, const gal_dust_par *p, double x, double *d)
{
    double dk[GAL_DUST_N], k = gal_dust_k(c, p, x, dk), A = p->av * k / RV;
    double F = A > 0 ? pow(10, -0.4 * A) : 1;
    if (d) {
        double q = A >= 0 ? 0.4 * LN10 * (1 - p->funo) * F / RV : 0;
        for (int i = 0; i < GAL_DUST_N; i++)
            d[i] = -q * p->av * dk[i];
        d[GAL_DUST_AV] = -q * k;
        d[GAL_DUST_FUNO] = 1 - F;
    }
    return p->funo + (1 - p->funo) * F;
}

double gal_dust_bump_of_slope(double delta)
{
    return 0.85 - 1.9 * delta;
}

#define H_PLANCK 6.62607015e-34
#define K_BOLTZ  1.380649e-23
#define C_LIGHT  299792458.0
#define W_LSUN   3.828e26

double gal_blackbody_nu(double nu, double T)
{
    return 2 * H_PLANCK * nu / C_LIGHT * (nu / C_LIGHT) * nu / expm1(H_PLANCK * nu / (K_BOLTZ * T)) / W_LSUN;
}

double gal_blackbody_wave(double wave, double T)
{
    double x = 1e-10 * wave, power = 2 * H_PLANCK * C_LIGHT * C_LIGHT / (x * x * x * x * x);
    return 1e-10 * power / expm1(H_PLANCK * C_LIGHT / (x * K_BOLTZ * T)) / W_LSUN;
}
