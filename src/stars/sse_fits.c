/* sse_fits.c - the fitted quantities of HPT00 (Hurley, Pols & Tout 2000), one function each, with the paper's equation number.
 * m [Msun] is the mass that sets the fit, luminosities in Lsun, radii in Rsun, times in Myr. Pure functions: thread safe. */
#include "stars/sse.h"
#include <math.h>

/* ------------------------------------------------------------------ zero-age main sequence: Tout et al. 1996 eqs. 1, 2 */
double gal_sse_lzams(const gal_sse_coef *c, double m)
{
    const double *k = c->zams;
    double h = sqrt(m), m2 = m * m, m3 = m2 * m, m5 = m3 * m2, m8 = m5 * m3;
    return (k[0] * m5 * h + k[1] * m8 * m3) / (k[2] + m3 + k[3] * m5 + k[4] * m5 * m2 + k[5] * m8 + k[6] * m8 * m * h);
}

double gal_sse_rzams(const gal_sse_coef *c, double m)
{
    const double *k = c->zams + 7;
    double h = sqrt(m), m2 = m * m, m6 = m2 * m2 * m2, m8 = m6 * m2, m11 = m8 * m2 * m, m18 = m8 * m8 * m2;
    double num = (k[0] * m2 + k[1] * m6) * h + k[2] * m11 + (k[3] + k[4] * h) * m18 * m;
    double den = k[5] + k[6] * m2 + (k[7] * m8 + m18 + k[8] * m18 * m) * h;
    return num / den;
}

/* ------------------------------------------------------------------ main sequence */
double gal_sse_tbgb(const gal_sse_coef *c, double m) /* eq. 4 */
{
    const double *a = c->a;
    double m2 = m * m, m4 = m2 * m2, m7 = m4 * m2 * m;
    return (a[1] + a[2] * m4 + a[3] * m4 * m * sqrt(m) + m7) / (a[4] * m2 + a[5] * m7);
}

double gal_sse_thook_frac(const gal_sse_coef *c, double m) /* eq. 7 */
{
    const double *a = c->a;
    return fmax(0.5, 1.0 - 0.01 * fmax(a[6] / pow(m, a[7]), a[8] + a[9] / pow(m, a[10])));
}

double gal_sse_ltms(const gal_sse_coef *c, double m) /* eq. 8 */
{
    const double *a = c->a;
    double m3 = m * m * m, p = pow(m, a[16]);
    return (a[11] * m3 + a[12] * m3 * m + a[13] * p * pow(m, 1.8)) / (a[14] + a[15] * m3 * m * m + p);
}

static double rtms_low(const double *a, double m)
{
    return (a[18] + a[19] * pow(m, a[21])) / (a[20] + pow(m, a[22]));
}

static double rtms_high(const gal_sse_coef *c, double m)
{
    const double *a = c->a;
    double m3 = m * m * m, p = pow(m, a[26]);
    return (c->c_rtms * m3 + a[23] * p + a[24] * p * m * sqrt(m)) / (a[25] + m3 * m * m);
}

double gal_sse_rtms(const gal_sse_coef *c, double m) /* eq. 9; never below 1.5 R_ZAMS where it is extrapolated */
{
    const double *a = c->a;
    double m0 = a[17], m1 = m0 + 0.1;
    if (m <= m0)
        return fmax(1.5 * gal_sse_rzams(c, m), rtms_low(a, m));
    if (m >= m1)
        return rtms_high(c, m);
    double lo = rtms_low(a, m0), hi = rtms_high(c, m1);
    return lo + (hi - lo) * (m - m0) / 0.1;
}

/* Value at x of the broken line through n points. */
static double broken_line(const double *px, const double *py, int n, double x)
{
    int i = 0;
    while (i < n - 2 && x > px[i + 1])
        i++;
    return py[i] + (py[i + 1] - py[i]) * (x - px[i]) / (px[i + 1] - px[i]);
}

double gal_sse_lalpha(const gal_sse_coef *c, double m) /* eq. 19 */
{
    const double *a = c->a;
    if (m >= 2.0)
        return (a[45] + a[46] * pow(m, a[48])) / (pow(m, 0.4) + a[47] * pow(m, 1.9));
    if (m <= 0.5)
        return a[49];
    double at2 = (a[45] + a[46] * pow(2.0, a[48])) / (pow(2.0, 0.4) + a[47] * pow(2.0, 1.9));
    const double x[5] = {0.5, 0.7, a[52], a[53], 2.0}, y[5] = {a[49], 0.3, a[50], a[51], at2};
    return broken_line(x, y, 5, m);
}

double gal_sse_lbeta(const gal_sse_coef *c, double m) /* eq. 20 */
{
    const double *a = c->a;
    double beta = fmax(0.0, a[54] - a[55] * pow(m, a[56]));
    if (m > a[57] && beta > 0.0) {
        double at = a[54] - a[55] * pow(a[57], a[56]);
        beta = fmax(0.0, at * (1.0 - 10.0 * (m - a[57])));
    }
    return beta;
}

double gal_sse_leta(const gal_sse_coef *c, double m) /* eq. 18 */
{
    return c->z > 0.0009 ? 10.0 : fmin(20.0, fmax(10.0, 10.0 + 100.0 * (m - 1.0)));
}

double gal_sse_lhook(const gal_sse_coef *c, double m) /* eq. 16 */
{
    const double *a = c->a;
    if (m <= c->m_hook)
        return 0.0;
    double x = fmax(m, a[33]);
    double full = fmin(a[34] / pow(x, a[35]), a[36] / pow(x, a[37]));
    return m >= a[33] ? full : full * pow((m - c->m_hook) / (a[33] - c->m_hook), 0.4);
}

static double ralpha_fit(const double *a, double m)
{
    return a[58] * pow(m, a[60]) / (a[59] + pow(m, a[61]));
}

double gal_sse_ralpha(const gal_sse_coef *c, double m) /* eq. 21 */
{
    const double *a = c->a;
    if (m <= 0.5)
        return a[62];
    if (m > a[67])
        return ralpha_fit(a, a[67]) + a[65] * (m - a[67]);
    if (m > a[66])
        return ralpha_fit(a, m);
    if (m <= 0.65)
        return a[62] + (a[63] - a[62]) * (m - 0.5) / 0.15;
    if (m <= a[68])
        return a[63] + (a[64] - a[63]) * (m - 0.65) / (a[68] - 0.65);
    return a[64] + (ralpha_fit(a, a[66]) - a[64]) * (m - a[68]) / (a[66] - a[68]);
}

static double rbeta_fit(const double *a, double m)
{
    return a[69] * m * m * m * sqrt(m) / (a[70] + pow(m, a[71]));
}

double gal_sse_rbeta(const gal_sse_coef *c, double m) /* eq. 22: beta' - 1 */
{
    const double *a = c->a;
    double b;
    if (m <= 1.0)
        b = 1.06;
    else if (m <= a[74])
        b = 1.06 + (a[72] - 1.06) * (m - 1.0) / (a[74] - 1.0);
    else if (m <= 2.0)
        b = a[72] + (rbeta_fit(a, 2.0) - a[72]) * (m - a[74]) / (2.0 - a[74]);
    else if (m <= 16.0)
        b = rbeta_fit(a, m);
    else
        b = rbeta_fit(a, 16.0) + a[73] * (m - 16.0);
    return b - 1.0;
}

double gal_sse_rgamma(const gal_sse_coef *c, double m) /* eq. 23 */
{
    const double *a = c->a;
    if (m > a[75] + 0.1)
        return 0.0;
    double g, at1 = fmax(0.0, a[76] + a[77] * pow(fabs(1.0 - a[78]), a[79]));
    if (m <= 1.0)
        g = a[76] + a[77] * pow(fabs(m - a[78]), a[79]);
    else if (m <= a[75])
        g = at1 + (a[80] - at1) * pow((m - 1.0) / (a[75] - 1.0), a[81]);
    else
        g = (a[75] > 1.0 ? a[80] : at1) * (1.0 - 10.0 * (m - a[75]));
    return fmax(0.0, g);
}

double gal_sse_rhook(const gal_sse_coef *c, double m) /* eq. 17 */
{
    const double *a = c->a;
    if (m <= c->m_hook)
        return 0.0;
    if (m <= a[42])
        return a[43] * sqrt((m - c->m_hook) / (a[42] - c->m_hook));
    double x = fmax(m, 2.0), x3 = x * x * x;
    double full = (a[38] + a[39] * x3 * sqrt(x)) / (a[40] * x3 + pow(x, a[41])) - 1.0;
    return m >= 2.0 ? full : a[43] + (full - a[43]) * pow((m - a[42]) / (2.0 - a[42]), a[44]);
}

/* ------------------------------------------------------------------ giants */
double gal_sse_lbgb(const gal_sse_coef *c, double m) /* eq. 10 */
{
    const double *a = c->a;
    return (a[27] * pow(m, a[31]) + a[28] * pow(m, c->c2_bgb)) / (a[29] + a[30] * pow(m, c->c3_bgb) + pow(m, a[32]));
}

double gal_sse_rgb(const gal_sse_coef *c, double m, double lum) /* eq. 46 */
{
    const double *b = c->b;
    double amp = fmin(b[4] / pow(m, b[5]), b[6] / pow(m, b[7]));
    return amp * (pow(lum, b[1]) + b[2] * pow(lum, b[3]));
}

double gal_sse_ragb(const gal_sse_coef *c, double m, double lum) /* eq. 74 */
{
    const double *b = c->b;
    double m0 = c->m_hef - 0.2, amp, e;
    if (m >= c->m_hef) {
        e = b[55];
        amp = fmin(b[51] / pow(m, b[52]), b[53] / pow(m, b[54]));
    } else if (m <= m0) {
        e = 1.0;
        amp = b[56] + b[57] * m;
    } else {
        double lo = b[56] + b[57] * m0;
        double hi = fmin(b[51] / pow(c->m_hef, b[52]), b[53] / pow(c->m_hef, b[54]));
        double f = (m - m0) / 0.2;
        e = 1.0 + (b[55] - 1.0) * f;
        amp = lo + (hi - lo) * f;
    }
    return amp * (pow(lum, b[1]) + b[2] * pow(lum, b[3] * e));
}

double gal_sse_lhei(const gal_sse_coef *c, double m) /* eq. 49 */
{
    const double *b = c->b;
    if (m < c->m_hef)
        return b[9] * pow(m, b[10]) / (1.0 + c->alpha1 * exp(15.0 * (m - c->m_hef)));
    return (b[11] + b[12] * pow(m, 3.8)) / (b[13] + m * m);
}

double gal_sse_lhemin_ratio(const gal_sse_coef *c, double m) /* eq. 51; b[17] holds the constant called c there */
{
    const double *b = c->b;
    return (b[14] + b[17] * pow(m, b[15] + 0.1)) / (b[16] + pow(m, b[15]));
}

double gal_sse_lzahb(const gal_sse_coef *c, double m, double mc) /* eq. 53 */
{
    const double *b = c->b;
    double lzhe = gal_sse_lzhe(mc);
    double alpha2 = (b[18] + lzhe - c->lhe_hef) / (c->lhe_hef - lzhe);
    double mu = fmax(1e-12, (m - mc) / (c->m_hef - mc));
    return lzhe + (1.0 + b[20]) / (1.0 + b[20] * pow(mu, b[8])) * b[18] * pow(mu, b[19]) /
                      (1.0 + alpha2 * exp(15.0 * (m - c->m_hef)));
}

double gal_sse_rzahb(const gal_sse_coef *c, double m, double mc) /* eq. 54 */
{
    const double *b = c->b;
    double mu = fmax(1e-12, (m - mc) / (c->m_hef - mc));
    double f = (1.0 + b[22]) * pow(mu, b[21]) / (1.0 + b[22] * pow(mu, b[23]));
    return (1.0 - f) * gal_sse_rzhe(mc) + f * gal_sse_rgb(c, m, gal_sse_lzahb(c, m, mc));
}

double gal_sse_rmin(const gal_sse_coef *c, double m) /* eq. 55 */
{
    const double *b = c->b;
    double p = pow(m, b[28]);
    return (b[24] * m + pow(b[25] * m, b[26]) * p) / (b[27] + p);
}

double gal_sse_lbagb(const gal_sse_coef *c, double m) /* eq. 56 */
{
    const double *b = c->b;
    if (m < c->m_hef)
        return b[29] * pow(m, b[30]) / (1.0 + c->alpha3 * exp(15.0 * (m - c->m_hef)));
    double p = pow(m, b[33]);
    return (b[31] + b[32] * p * pow(m, 1.8)) / (b[34] + p);
}

double gal_sse_mcbagb(const gal_sse_coef *c, double m) /* eq. 66 */
{
    return pow(c->b[36] * pow(m, c->b[37]) + c->b[38], 0.25);
}

double gal_sse_mchei(const gal_sse_coef *c, double m, double c4) /* eq. 44 */
{
    return fmin(0.95 * gal_sse_mcbagb(c, m), pow(fmax(0.0, c4 + c->c1_mc * pow(m, c->c2_mc)), 0.25));
}

double gal_sse_the(const gal_sse_coef *c, double m, double mc) /* eq. 57 */
{
    const double *b = c->b;
    if (m <= c->m_hef) {
        double mu = fmax(1e-12, (c->m_hef - m) / (c->m_hef - mc));
        return (b[39] + (gal_sse_themsf(mc) - b[39]) * pow(mu, b[40])) * (1.0 + c->alpha4 * exp(15.0 * (m - c->m_hef)));
    }
    double m5 = m * m * m * m * m;
    return gal_sse_tbgb(c, m) * (b[41] * pow(m, b[44]) + b[42] * m5) / (b[43] + m5);
}

double gal_sse_tbl(const gal_sse_coef *c, double m) /* eq. 58 */
{
    const double *b = c->b;
    double f;
    if (m <= c->m_hef)
        return 1.0;
    if (m <= c->m_fgb) {
        double mu = fmax(1e-12, log10(m / c->m_fgb) / log10(c->m_hef / c->m_fgb));
        f = b[45] * pow(m / c->m_fgb, c->bl_pow) + c->bl_alpha * pow(mu, b[46]);
    } else {
        double r = fmax(1e-12, 1.0 - gal_sse_rmin(c, m) / gal_sse_ragb(c, m, gal_sse_lhei(c, m)));
        f = c->bl_f * pow(m, b[48]) * pow(r, b[49]);
    }
    f = fmin(1.0, fmax(0.0, f));
    return f < 1e-10 ? 0.0 : f;
}

/* ------------------------------------------------------------------ naked helium stars: eqs. 77, 78, 79 */
double gal_sse_lzhe(double m)
{
    double h = m * sqrt(m), m3 = m * m * m, m6 = m3 * m3;
    return 15262.0 * m6 * m3 * m * sqrt(sqrt(m)) / (0.0469 + m6 * (31.18 + h * (29.54 + h)));
}

double gal_sse_rzhe(double m)
{
    return 0.2391 * pow(m, 4.6) / (0.0065 + (0.162 + m) * m * m * m);
}

double gal_sse_themsf(double m)
{
    double m2 = m * m, m4 = m2 * m2, m6 = m4 * m2;
    return (0.4129 + 18.81 * m4 + 1.853 * m6) / (m6 * sqrt(m));
}
