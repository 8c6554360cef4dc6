/* Diffstar: star formation rates and their derivatives, without and with the lag of the published form. Formulas: galua/diffstar.h. */
#include "galua/diffstar.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046

// clang-format off
#define STAR_ROWS(lgy, lgy_doc, lgy_lo, lgy_hi, k) \
    {"lgmcrit", "[log10 Msun] halo mass of the efficiency's turn", 12.0, 9, 13.5, 11.25, 4 / 4.5, -1, -1, 0, false}, \
    {"lgy_at_mcrit", lgy_doc, lgy, lgy_lo, lgy_hi, (lgy_lo + lgy_hi) / 2., k, -1, -1, 0, false}, \
    {"indx_lo", "slope of the efficiency at low mass", 1.0, 0, 5, 2.5, 0.8, -1, -1, 0, false}, \
    {"indx_hi", "slope of the efficiency at high mass", -1.0, -5, 0, -2.5, 0.8, -1, -1, 0, false}, \
    {"lg_qt", "[log10 Gyr] time of deepest quenching", 1.0, 0.1, 2, 1.05, 4 / 1.9, -1, -1, 0, false}, \
    {"qlglgdt", "log10 of the duration of quenching [dex]", -0.50725, -3, -0.01, -1.505, 4 / 2.99, -1, -1, 0, false}, \
    {"lg_drop", "log10 of the deepest fall", -1.01773, -3, 0, -1.5, 4 / 3., -1, -1, 0, false}, \
    {"lg_rejuv", "log10 of the level after rejuvenation", -0.212307, -3, 0, -1.5, 4 / 3., GAL_STAR_DROP, -1, 0, false}
// clang-format on

const gal_soft_param *gal_diffstar_params(void)
{
    static const gal_soft_param table[GAL_DIFFSTAR_N] = {
        STAR_ROWS(-10.0, "[log10 1/yr] efficiency at lgmcrit", -12, -8, 1.0)};
    return table;
}

const gal_soft_param *gal_diffstar_lagged_params(void)
{
    static const gal_soft_param table[GAL_DIFFSTAR_N + 1] = {
        STAR_ROWS(-1.0, "log10 of the efficiency at lgmcrit", -3, 0, 4 / 3.),
        {"tau_dep", "[Gyr] time over which gas is used", 2.0, 0.01, 20, 10.005, 4 / 19.99, -1, -1, 0, false},
    };
    return table;
}

gal_status gal_diffstar_check(const double *p)
{
    double u[GAL_DIFFSTAR_N];
    return gal_soft_unbounded("diffstar", gal_diffstar_params(), GAL_DIFFSTAR_N, p, u);
}

/* log10 Q at lt and its derivatives by the four parameters */
static double quench(const double *p, double lt, double d[4])
{
    double ih = 12 * pow(10, -p[GAL_STAR_QDT]), y = (lt - p[GAL_STAR_QT]) * ih;
    double drop = p[GAL_STAR_DROP], amp = y < 0 ? drop : p[GAL_STAR_REJUV] - drop, z = y < 0 ? y + 3 : y - 3;
    double F = gal_tw_cdf(z), dy = amp * gal_tw_pdf(z);
    if (d) {
        d[0] = -dy * ih;
        d[1] = -LN10 * dy * y;
        d[2] = y < 0 ? F : 1 - F;
        d[3] = y < 0 ? 0 : F;
    }
    return y < 0 ? amp * F : drop + amp * F;
}

void gal_diffstar_quench(const double *p, size_t nt, const double *t, double *logq, double *dq)
{
    for (size_t k = 0; k < nt; k++)
        logq[k] = quench(p, log10(t[k]), dq ? dq + 4 * k : NULL);
}

/* log10 efficiency at halo mass X; *dx its slope by X; d[4] by lgmcrit, lgy, lo, hi */
static double efficiency(const double *p, double X, double *dx, double d[4])
{
    double x = X - p[GAL_STAR_LGMCRIT], s = gal_logistic(9 * x), step = p[GAL_STAR_HI] - p[GAL_STAR_LO];
    double slope = p[GAL_STAR_LO] + step * s;
    *dx = slope + 9 * step * s * (1 - s) * x;
    d[0] = -*dx, d[1] = 1, d[2] = (1 - s) * x, d[3] = s * x;
    return p[GAL_STAR_LGY] + slope * x;
}

void gal_diffstar(const double *mah, const double *p, double lt0, double fb, size_t nt, const double *t, double *sfr,
                  double *d)
{
    for (size_t k = 0; k < nt; k++) {
        double X, dX[GAL_DIFFMAH_N], dx, de[4], dq[4];
        gal_diffmah(mah, lt0, 1, t + k, &X, NULL, dX, NULL);
        double eff = efficiency(p, X, &dx, de), q = quench(p, log10(t[k]), dq);
        double s = fb * pow(10, X + eff + q);
        bool live = s >= GAL_DIFFSTAR_FLOOR;
        sfr[k] = live ? s : GAL_DIFFSTAR_FLOOR;
        if (!d)
            continue;
        double *o = d + k * GAL_HISTORY_N, c = live ? LN10 * s : 0;
        for (int i = 0; i < GAL_DIFFMAH_N; i++)
            o[i] = c * (1 + dx) * dX[i];
        for (int i = 0; i < 4; i++) {
            o[GAL_DIFFMAH_N + i] = c * de[i];
            o[GAL_DIFFMAH_N + 4 + i] = c * dq[i];
        }
    }
}

/* Gas that becomes available at t [Msun/yr], the 50-point sum; dm[5] by the Diffmah parameters, *dtau by tau */
static double lagged_gas(const double *mah, double lt0, double fb, double t, double tau, double *dm, double *dtau)
{
    enum { N = 50 };
    double tmin = t - tau, dtmin = -1;
    if (tmin < 0.001)
        tmin = 0.001, dtmin = 0;
    double dt = (t - tmin) / (N - 1), ddt = -dtmin / (N - 1);
    double alpha = tau * tau / 40, dalpha = tau / 20, w = (tau - alpha) / 3, dw = (1 - dalpha) / 3;
    double za = 3, zb = -alpha / w, dzb = -dalpha / w + alpha / (w * w) * dw; /* (tau - alpha)/w = 3 */
    double area = gal_tw_cdf(za) - gal_tw_cdf(zb), darea = -gal_tw_pdf(zb) * dzb;
    if (area < 0.01)
        area = 0.01, darea = 0;
    double sum = 0;
    memset(dm, 0, GAL_DIFFMAH_N * sizeof *dm);
    *dtau = 0;
    for (int i = 0; i < N; i++) {
        double ta = i == N - 1 ? t : tmin + i * dt, dta = dtmin * (1 - (double)i / (N - 1));
        double rate, drate[GAL_DIFFMAH_N];
        gal_diffmah(mah, lt0, 1, &ta, NULL, &rate, NULL, drate);
        double z0 = (t - ta - alpha) / w, z1 = (t + dt - ta - alpha) / w;
        double dz0 = (-dta - dalpha - z0 * dw) / w, dz1 = (ddt - dta - dalpha - z1 * dw) / w;
        double kern = (gal_tw_cdf(z1) - gal_tw_cdf(z0)) / area;
        double dkern = (gal_tw_pdf(z1) * dz1 - gal_tw_pdf(z0) * dz0 - kern * darea) / area;
        sum += fb * rate * kern;
        for (int j = 0; j < GAL_DIFFMAH_N; j++)
            dm[j] += fb * kern * drate[j];
        *dtau += fb * (rate * dkern + kern * gal_diffmah_rate_slope(mah, lt0, ta) * dta);
    }
    return sum;
}

void gal_diffstar_lagged(const double *mah, const double *p, double lt0, double fb, size_t nt, const double *t,
                         double *sfr, double *d)
{
    for (size_t k = 0; k < nt; k++) {
        double X, dX[GAL_DIFFMAH_N], dx, de[4], dq[4], dg[GAL_DIFFMAH_N], dtau;
        gal_diffmah(mah, lt0, 1, t + k, &X, NULL, dX, NULL);
        double unit = pow(10, efficiency(p, X, &dx, de) + quench(p, log10(t[k]), dq));
        double gas = lagged_gas(mah, lt0, fb, t[k], p[GAL_DIFFSTAR_N], dg, &dtau), s = gas * unit;
        bool live = s >= GAL_DIFFSTAR_FLOOR;
        sfr[k] = live ? s : GAL_DIFFSTAR_FLOOR;
        if (!d)
            continue;
        double *o = d + k * GAL_LAG_N, c = live ? LN10 * s : 0;
        for (int i = 0; i < GAL_DIFFMAH_N; i++)
            o[i] = c * dx * dX[i] + (live ? unit * dg[i] : 0);
        for (int i = 0; i < 4; i++) {
            o[GAL_DIFFMAH_N + i] = c * de[i];
            o[GAL_DIFFMAH_N + 4 + i] = c * dq[i];
        }
        o[GAL_HISTORY_N] = live ? unit * dtau : 0;
    }
}
