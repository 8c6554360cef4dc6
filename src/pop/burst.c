/* Bursts on top of smooth age weights, and the mass that survives (fits of DSPS to FSPS tables). Formulas: galua/dsps.h. */
#include "galua/dsps.h"

#include <math.h>

#define LN10 2.302585092994046

const gal_soft_param *gal_burst_params(void)
{
    static const gal_soft_param table[3] = {
        {"lgfburst", "log10 of the mass fraction in the burst", -3.0, -8, -1, -2, 0.1, -1, -1, 0, false},
        {"lgyr_peak", "[log10 yr] age of most of it", 5.5, 5, 8, 6.5, 0.1, -1, -1, 0, false},
        {"lgyr_max", "[log10 yr] its oldest age", 7.0, 6, 9, 7.5, 0.1, 1, -1, 1, true},
    };
    return table;
}

static gal_status check_burst(const double q[3], size_t na, const double *lgage, double *width, double *sum)
{
    gal_status st = gal_dsps_check_ages(lgage, na);
    if (st != GAL_OK)
        return st;
    if (!(q[0] <= 0) || !(q[2] > q[1]))
        return gal_fail(GAL_EDOMAIN, "burst: lgfburst = %g must be <= 0 and lgyr_max = %g later than lgyr_peak = %g",
                        q[0], q[2], q[1]);
    *width = (q[2] - q[1]) / 3;
    *sum = 0;
    for (size_t j = 0; j < na; j++)
        *sum += gal_tw_pdf((lgage[j] + 9 - q[1]) / *width);
    return GAL_OK;
}

gal_status gal_burst_weights(const double q[3], size_t na, const double *lgage, const double *smooth, double *w)
{
    double h, sum, fb = pow(10, q[0]);
    gal_status st = check_burst(q, na, lgage, &h, &sum);
    for (size_t j = 0; st == GAL_OK && j < na; j++) {
        double b = sum > 0 ? gal_tw_pdf((lgage[j] + 9 - q[1]) / h) / sum : 0;
        w[j] = fb * b + (1 - fb) * smooth[j];
    }
    return st;
}

gal_status gal_burst_weights_vjp(const double q[3], size_t na, const double *lgage, const double *smooth,
                                 const double *gw, double gq[3], double *gsmooth)
{
    double h, sum, fb = pow(10, q[0]), dot = 0, frac = 0, dpeak = 0, dmax = 0, speak = 0, smax = 0;
    gal_status st = check_burst(q, na, lgage, &h, &sum);
    if (st != GAL_OK)
        return st;
    for (size_t j = 0; j < na; j++) {
        double z = (lgage[j] + 9 - q[1]) / h, b = sum > 0 ? gal_tw_pdf(z) / sum : 0,
               s = sum > 0 ? gal_tw_slope(z) / sum : 0;
        double a = s * (z / 3 - 1) / h, m = -s * z / (3 * h);
        frac += gw[j] * (b - smooth[j]);
        dot += gw[j] * b;
        dpeak += gw[j] * a, dmax += gw[j] * m;
        speak += a, smax += m;
        if (gsmooth)
            gsmooth[j] = (1 - fb) * gw[j];
    }
    gq[0] = LN10 * fb * frac;
    gq[1] = fb * (dpeak - dot * speak);
    gq[2] = fb * (dmax - dot * smax);
    return st;
}

double gal_surviving(double lgyr, gal_survival_imf imf, double *d)
{
    static const double a[] = {0.13, 0.225, 0.211, 0.238}, late[] = {0.055, 0.145, 0.13, 0.156};
    const double b = 8, k1 = 0.31622776601683794, e = 0.08, f = 6.5, k2 = 5.011872336272722,
                 h = 0.005; /* 10^-0.5, 10^0.7 */
    double dz[7], ds[5];
    double lost = gal_sigslope(lgyr, b, a[imf], b, k1, late[imf], e, dz);
    double r = gal_sigmoid(lgyr, f, k2, h, lost, ds);
    if (d)
        *d = -(ds[0] + ds[4] * dz[0]);
    return 1 - r;
}

double gal_remnants(double lgyr, gal_survival_imf imf, double *d)
{
    static const double a[] = {-1.67, -1.42, -1.45, -1.4};
    double dz[7], r = pow(10, gal_sigslope(lgyr, 7, a[imf], 7, 10, 1.3, 0.2, dz));
    if (d)
        *d = LN10 * r * dz[0];
    return r;
}
