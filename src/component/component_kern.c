/* Hot loops of the components; formulas in component_kern.h. Sums run in eight fixed lanes: the same order whatever the width of
 * the registers. */
#include "component/component_kern.h"
#include "num/dot.h"
#include "num/vexp.h"

enum { LANES = 8 };

/* ln x for normal x > 0: x = 2^e m, m in [sqrt 1/2, sqrt 2), ln m = 2 artanh[(m - 1)/(m + 1)]; relative error < 1e-15 away from x = 1,
 * absolute 3e-16 there. */
static inline double vlog(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t e = (bits - 0x3fe6a09e667f3bcd) >> 52; /* bits of sqrt(1/2): 0 for m in [sqrt 1/2, sqrt 2) */
    bits -= (int64_t)((uint64_t)e << 52);
    double m;
    memcpy(&m, &bits, sizeof m);
    double s = (m - 1) / (m + 1), q = s * s, p = 1. / 21;
    p = p * q + 1. / 19;
    p = p * q + 1. / 17;
    p = p * q + 1. / 15;
    p = p * q + 1. / 13;
    p = p * q + 1. / 11;
    p = p * q + 1. / 9;
    p = p * q + 1. / 7;
    p = p * q + 1. / 5;
    p = p * q + 1. / 3;
    p = p * q + 1;
    return (double)e * 0.693147180559945309 + 2 * s * p;
}

static void decay(size_t n, double factor, const double *restrict tau, double *restrict out)
{
    for (size_t k = 0; k < n; k++) {
        double x = factor * tau[k], e = gal_vexp(-x);
        out[k] = x < 700 ? e : 0;
    }
}

static void freefree(size_t n, double norm, double c, double inv_t, const double *restrict power,
                     const double *restrict hnuk, const double *restrict slope, const double *restrict stars,
                     const double *restrict attenuated, double *restrict lum)
{
    for (size_t k = 0; k < n; k++) {
        double x = hnuk[k] * inv_t, g = vlog(c * power[k] + 2.718281828459045235);
        double star = stars[k] > 0 ? stars[k] : 1, seen = stars[k] > 0 ? attenuated[k] : 1;
        double l = norm * g * gal_vexp(-x) * slope[k] * (seen / star);
        lum[k] = x < 700 ? l : 0;
    }
}

static void nucleus(size_t n, const double p[4], const double *restrict tw, const double *restrict disc,
                    const double *restrict torus, const double *restrict polar, const double *restrict sil,
                    const double *restrict black, double *restrict direct, double *restrict warm, double lost[3])
{
    double tau = p[0], ebv = p[1], hidden = p[2], depth = p[3];
    double a[LANES] = {0}, b[LANES] = {0}, c[LANES] = {0};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++) {
            double light = disc[k + l], t = gal_vexp(-tau * torus[k + l]), s = gal_vexp(-ebv * polar[k + l]);
            double w = black[k + l] * gal_vexp(depth * sil[k + l]);
            direct[k + l] = light * (hidden * t + (1 - hidden) * s);
            warm[k + l] = w;
            a[l] += tw[k + l] * light * (1 - t);
            b[l] += tw[k + l] * light * (1 - s);
            c[l] += tw[k + l] * w;
        }
    for (int l = 0; k < n; k++, l++) {
        double light = disc[k], t = gal_vexp(-tau * torus[k]), s = gal_vexp(-ebv * polar[k]);
        double w = black[k] * gal_vexp(depth * sil[k]);
        direct[k] = light * (hidden * t + (1 - hidden) * s);
        warm[k] = w;
        a[l] += tw[k] * light * (1 - t);
        b[l] += tw[k] * light * (1 - s);
        c[l] += tw[k] * w;
    }
    lost[0] = num_lane_sum(a);
    lost[1] = num_lane_sum(b);
    lost[2] = num_lane_sum(c);
}

static inline void nucleus_at(double to[AGN_SUMS][LANES], int l, const double p[4], double g, double tw, double light,
                              double torus, double polar, double sil, double black, double body, double last)
{
    double t = gal_vexp(-p[0] * torus), s = gal_vexp(-p[1] * polar), e = gal_vexp(p[3] * sil), w = black * e;
    last *= e;
    to[AGN_TAKEN_T][l] += tw * light * torus * t;
    to[AGN_TAKEN_S][l] += tw * light * polar * s;
    to[AGN_WARM][l] += tw * w * sil;
    to[AGN_LAST][l] += tw * last;
    to[AGN_G_T][l] += g * light * torus * t;
    to[AGN_G_S][l] += g * light * polar * s;
    to[AGN_G_OPEN][l] += g * light * (t - s);
    to[AGN_G_DIRECT][l] += g * light * (p[2] * t + (1 - p[2]) * s);
    to[AGN_G_W][l] += g * w;
    to[AGN_G_WARM][l] += g * w * sil;
    to[AGN_G_LAST][l] += g * last;
    to[AGN_G_BODY][l] += g * body;
}

static void nucleus_sums(size_t n, const double p[4], const double *restrict g, const double *restrict tw,
                         const double *restrict disc, const double *restrict torus, const double *restrict polar,
                         const double *restrict sil, const double *restrict black, const double *restrict body,
                         const double *restrict last, double *restrict sum)
{
    double to[AGN_SUMS][LANES] = {{0}};
    size_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int l = 0; l < LANES; l++)
            nucleus_at(to, l, p, g ? g[k + l] : 0, tw[k + l], disc[k + l], torus[k + l], polar[k + l], sil[k + l],
                       black[k + l], body[k + l], last ? last[k + l] : 0);
    for (int l = 0; k < n; k++, l++)
        nucleus_at(to, l, p, g ? g[k] : 0, tw[k], disc[k], torus[k], polar[k], sil[k], black[k], body[k],
                   last ? last[k] : 0);
    for (int i = 0; i < AGN_SUMS; i++)
        sum[i] = num_lane_sum(to[i]);
}

const struct component_kern GAL_KERN(component_kern) = {decay, freefree, nucleus, nucleus_sums};
