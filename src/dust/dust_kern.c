/* Hot loops of the dust model; formulas in dust_kern.h. Sums run in eight fixed lanes: vector code without reassociation flags,
 * and the same order whatever the width of the registers. */
#include "dust/dust_kern.h"
#include "num/dot.h"
#include "num/vexp.h"

enum { LANES = 8 };
typedef double wide __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));
#define AT(x, k) (*(const wide *)((x) + (k)))

static void power_law(size_t n, double slope, const double *restrict lnx, double *restrict curve)
{
    for (size_t k = 0; k < n; k++)
        curve[k] = gal_vexp(-slope * lnx[k]);
}

static void screen(size_t n, double tau, const double *restrict curve, double *restrict att, double *restrict absorbed)
{
    for (size_t k = 0; k < n; k++) {
        double x = tau * curve[k];
        x = x > 690 ? 690 : x;
        double e = gal_vexp(-x);
        double s = x * (1 - x * (0.5 - x * (1. / 6 - x * (1. / 24 - x * (1. / 120 - x * (1. / 720))))));
        att[k] = x >= 690 ? 0 : e;
        absorbed[k] = x < 1e-2 ? s : 1 - e;
    }
}

static void planck_sum(size_t n, double inv_t, const double *restrict tw, const double *restrict b5,
                       const double *restrict hck, const double *restrict absorbed, double *sum, double *slope)
{
    double s[LANES] = {0}, d[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++) {
            double x = hck[k + l] * inv_t, g = gal_vone_minus_exp(x), f = tw[k + l] * b5[k + l] * absorbed[k + l];
            f *= gal_vexp(-x) / g;
            s[l] += f;
            d[l] += f * x / g;
        }
    for (int l = 0; k < n; k++, l++) {
        double x = hck[k] * inv_t, g = gal_vone_minus_exp(x), f = tw[k] * b5[k] * absorbed[k] * gal_vexp(-x) / g;
        s[l] += f;
        d[l] += f * x / g;
    }
    *sum = num_lane_sum(s);
    *slope = num_lane_sum(d);
}

static double weigh(size_t n, const float *restrict planck, const double *restrict absorbed)
{
    double s[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            s[l] += (double)planck[k + l] * absorbed[k + l];
    for (int l = 0; k < n; k++, l++)
        s[l] += (double)planck[k] * absorbed[k];
    return num_lane_sum(s);
}

static void planck_add(size_t n, double inv_t, double scale, const double *restrict b5, const double *restrict hck,
                       const double *restrict absorbed, double *restrict lum)
{
    for (size_t k = 0; k < n; k++) {
        double x = hck[k] * inv_t;
        lum[k] += scale * b5[k] * absorbed[k] * (gal_vexp(-x) / gal_vone_minus_exp(x));
    }
}

static void planck_over(size_t n, double inv_t, double inv_t0, double scale, const double *restrict b5,
                        const double *restrict hck, const double *restrict absorbed, double *restrict lum)
{
    double between = inv_t0 - inv_t;
    for (size_t k = 0; k < n; k++) {
        double x = hck[k] * inv_t, share = gal_vone_minus_exp(hck[k] * between) / gal_vone_minus_exp(hck[k] * inv_t0);
        lum[k] += scale * b5[k] * absorbed[k] * share * (gal_vexp(-x) / gal_vone_minus_exp(x));
    }
}

static void two_phase(size_t n, const double *restrict s0, const double *restrict s1,
                      const double *restrict absorbed_mc, const double *restrict att_dd,
                      const double *restrict absorbed_dd, const double *restrict tw, double *restrict extinct,
                      double *e_mc, double *e_dd)
{
    double m[LANES] = {0}, d[LANES] = {0};
    wide vm = {0}, vd = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        wide w = AT(tw, k), cloud = AT(absorbed_mc, k) * AT(s1, k), left = AT(s0, k) - cloud;
        *(wide *)(extinct + k) = AT(att_dd, k) * left;
        vm += w * cloud;
        vd += w * AT(absorbed_dd, k) * left;
    }
    for (int l = 0; l < LANES; l++) {
        m[l] = vm[l];
        d[l] = vd[l];
    }
    for (int l = 0; k < n; k++, l++) {
        double cloud = absorbed_mc[k] * s1[k], left = s0[k] - cloud;
        extinct[k] = att_dd[k] * left;
        m[l] += tw[k] * cloud;
        d[l] += tw[k] * absorbed_dd[k] * left;
    }
    *e_mc = num_lane_sum(m);
    *e_dd = num_lane_sum(d);
}

/* Optical depth from transmission and absorbed fraction: by series where the first has no digits of it. */
static inline double depth(double att, double absorbed)
{
    double s =
        absorbed *
        (1 + absorbed *
                 (1. / 2 +
                  absorbed *
                      (1. / 3 +
                       absorbed *
                           (1. / 4 + absorbed * (1. / 5 + absorbed * (1. / 6 + absorbed * (1. / 7 + absorbed / 8)))))));
    double l = -gal_vlog(att);
    return absorbed < 1e-2 ? s : l;
}

static void source(size_t n, const double *restrict raw, double in_clouds, double ratio,
                   const double *restrict absorbed_mc, const double *restrict att_dd,
                   const double *restrict absorbed_dd, const double *restrict tw, double *restrict out, double *e_mc,
                   double *e_dd)
{
    double m[LANES] = {0}, d[LANES] = {0};
    size_t k = 0;
    if (ratio == 1) {
        for (; k + LANES <= n; k += LANES)
            for (int l = 0; l < LANES; l++) {
                double cloud = in_clouds * raw[k + l] * absorbed_mc[k + l], left = raw[k + l] - cloud;
                out[k + l] = left * att_dd[k + l];
                m[l] += tw[k + l] * cloud;
                d[l] += tw[k + l] * left * absorbed_dd[k + l];
            }
        for (int l = 0; k < n; k++, l++) {
            double cloud = in_clouds * raw[k] * absorbed_mc[k], left = raw[k] - cloud;
            out[k] = left * att_dd[k];
            m[l] += tw[k] * cloud;
            d[l] += tw[k] * left * absorbed_dd[k];
        }
    } else {
        for (; k + LANES <= n; k += LANES)
            for (int l = 0; l < LANES; l++) {
                double cloud = in_clouds * raw[k + l] * absorbed_mc[k + l], left = raw[k + l] - cloud;
                double tau = ratio * depth(att_dd[k + l], absorbed_dd[k + l]);
                out[k + l] = left * gal_vexp(-tau);
                m[l] += tw[k + l] * cloud;
                d[l] += tw[k + l] * left * gal_vone_minus_exp(tau);
            }
        for (int l = 0; k < n; k++, l++) {
            double cloud = in_clouds * raw[k] * absorbed_mc[k], left = raw[k] - cloud;
            double tau = ratio * depth(att_dd[k], absorbed_dd[k]);
            out[k] = left * gal_vexp(-tau);
            m[l] += tw[k] * cloud;
            d[l] += tw[k] * left * gal_vone_minus_exp(tau);
        }
    }
    *e_mc = num_lane_sum(m);
    *e_dd = num_lane_sum(d);
}

const struct dust_kern GAL_KERN(dust_kern) = {power_law,  screen,      planck_sum, weigh,
                                              planck_add, planck_over, two_phase,  source};
