/* Targets whose evidence and posterior are known exactly, for scripts/validation/samplers.c: ln L, a box prior, exact draws. */
#ifndef SAMPLER_TARGETS_H
#define SAMPLER_TARGETS_H
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "galua/rng.h"
#include "galua/target.h"

typedef struct truth {
    const char *name;
    size_t d;
    double lo, hi; /* of the uniform prior */
    double (*lnlike)(const struct truth *t, const double *x);
    void (*draw)(const struct truth *t, gal_rng *r, double *x); /* of the posterior */
    double lnz;                                                 /* NaN: lnz_of() */
    bool hard;                                                  /* right or refused is enough */
} truth;

static inline double lngauss(double x, double m, double s)
{
    return -0.5 * (x - m) * (x - m) / (s * s) - log(s) - 0.91893853320467274178;
}
static inline double lnsum(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}
/* exact draws stay in the box: what lies outside is below 1e-9 */

/* ------------------------------------------------------------------ Gaussian, all correlations RHO, unit variances, box +-8 */
#define RHO 0.9
static double gauss_lnlike(const truth *t, const double *x)
{
    double s = 0, s2 = 0, d = (double)t->d, a = 1 - RHO, lndet = (d - 1) * log(a) + log(a + d * RHO);
    for (size_t k = 0; k < t->d; k++) {
        s += x[k];
        s2 += x[k] * x[k];
    }
    return -0.5 * ((s2 - RHO / (a + d * RHO) * s * s) / a + lndet + d * log(2 * M_PI));
}
static void gauss_draw(const truth *t, gal_rng *r, double *x)
{
    double c = sqrt(RHO) * gal_rng_normal(r);
    for (size_t k = 0; k < t->d; k++)
        x[k] = c + sqrt(1 - RHO) * gal_rng_normal(r);
}

/* ------------------------------------------------------------------ exponentials that pile up at the lower ends of the box */
static double edge_scale(size_t k)
{
    return 0.01 * pow(2, (double)(k % 4));
}
static double edge_lnlike(const truth *t, const double *x)
{
    double s = 0;
    for (size_t k = 0; k < t->d; k++)
        s -= x[k] / edge_scale(k) + log(edge_scale(k));
    return s;
}
static void edge_draw(const truth *t, gal_rng *r, double *x)
{
    for (size_t k = 0; k < t->d; k++)
        x[k] = -edge_scale(k) * log1p(-gal_rng_uniform(r) * (1 - exp(-1 / edge_scale(k))));
}

/* ------------------------------------------------------------------ banana x2 ~ N(x1^2 - 1, .1) (x1 ~ N(0, 1)), four edges, four Gaussians; box 0 .. 1 */
static double banana_lnlike(const truth *t, const double *u)
{
    double a = 10 * u[0] - 5, b = 24 * u[1] - 3, f = lngauss(a, 0, 1) + lngauss(b, a * a - 1, 0.1) + log(240);
    for (size_t k = 2; k < t->d; k++)
        f += k < 6 ? -u[k] / edge_scale(k) - log(edge_scale(k)) : lngauss(u[k], 0.5, 0.03);
    return f;
}
static void banana_draw(const truth *t, gal_rng *r, double *u)
{
    double a;
    do {
        a = gal_rng_normal(r);
    } while (fabs(a) > 4.99);
    u[0] = (a + 5) / 10;
    u[1] = (a * a - 1 + 0.1 * gal_rng_normal(r) + 3) / 24;
    for (size_t k = 2; k < t->d; k++)
        u[k] = k < 6 ? -edge_scale(k) * log1p(-gal_rng_uniform(r) * (1 - exp(-1 / edge_scale(k))))
                     : 0.5 + 0.03 * gal_rng_normal(r);
}

/* ------------------------------------------------------------------ log-gamma mixture, four modes (Beaujean & Caldwell 2013), unit box */
static double lngamma1(double x, double l)
{
    double z = 30 * (x - l);
    return z - exp(z) + log(30);
}
static double loggamma_lnlike(const truth *t, const double *x)
{
    double f = lnsum(lngamma1(x[0], 1. / 3), lngamma1(x[0], 2. / 3)) +
               lnsum(lngauss(x[1], 1. / 3, 1. / 30), lngauss(x[1], 2. / 3, 1. / 30)) - 2 * log(2);
    for (size_t k = 2; k < t->d; k++)
        f += k < (t->d + 2) / 2 ? lngamma1(x[k], 2. / 3) : lngauss(x[k], 2. / 3, 1. / 30);
    return f;
}
static double loggamma1(gal_rng *r, double l)
{
    double x;
    do
        x = l + log(-log(gal_rng_uniform(r))) / 30; /* ln of an exponential */
    while (x < 0 || x > 1);
    return x;
}
static void loggamma_draw(const truth *t, gal_rng *r, double *x)
{
    x[0] = loggamma1(r, gal_rng_uniform(r) < 0.5 ? 1. / 3 : 2. / 3);
    x[1] = (gal_rng_uniform(r) < 0.5 ? 1. / 3 : 2. / 3) + gal_rng_normal(r) / 30;
    for (size_t k = 2; k < t->d; k++)
        x[k] = k < (t->d + 2) / 2 ? loggamma1(r, 2. / 3) : 2. / 3 + gal_rng_normal(r) / 30;
}

/* ------------------------------------------------------------------ two modes of weights 100 : 1, sd .02, at .3 and .7 of every axis */
static double modes_lnlike(const truth *t, const double *x)
{
    double a = log(100. / 101), b = log(1. / 101);
    for (size_t k = 0; k < t->d; k++) {
        a += lngauss(x[k], 0.3, 0.02);
        b += lngauss(x[k], 0.7, 0.02);
    }
    return lnsum(a, b);
}
static void modes_draw(const truth *t, gal_rng *r, double *x)
{
    double m = gal_rng_uniform(r) < 100. / 101 ? 0.3 : 0.7;
    for (size_t k = 0; k < t->d; k++)
        x[k] = m + 0.02 * gal_rng_normal(r);
}

/* ------------------------------------------------------------------ two shells, radius 2, width .1, at +-3.5 of the first axis, box +-6 */
static double shells_lnlike(const truth *t, const double *x)
{
    double a = 0, b = 0;
    for (size_t k = 0; k < t->d; k++) {
        double c = k == 0 ? 3.5 : 0;
        a += (x[k] - c) * (x[k] - c);
        b += (x[k] + c) * (x[k] + c);
    }
    return lnsum(lngauss(sqrt(a), 2, 0.1), lngauss(sqrt(b), 2, 0.1));
}
static void shells_draw(const truth *t, gal_rng *r, double *x)
{
    double rad, s = 0, top = pow(2.6, (double)t->d - 1);
    do
        rad = 2 + 0.1 * gal_rng_normal(r); /* density N(r; 2, .1) r^(d-1): accepted by r^(d-1) */
    while (rad <= 0 || rad > 2.6 || gal_rng_uniform(r) * top > pow(rad, (double)t->d - 1));
    for (size_t k = 0; k < t->d; k++) {
        x[k] = gal_rng_normal(r);
        s += x[k] * x[k];
    }
    for (size_t k = 0; k < t->d; k++)
        x[k] *= rad / sqrt(s);
    x[0] += gal_rng_uniform(r) < 0.5 ? 3.5 : -3.5;
}

/* ------------------------------------------------------------------ Rosenbrock's chain: densities of x_i given x_(i-1) on a grid */
enum { RG = 2001 };
static double ros_back[32][RG]; /* ln of the integral over all that follows x_i */
static double ros_x(int i, double lo, double hi)
{
    return lo + (hi - lo) * i / (RG - 1);
}
static double ros_step(double a, double b)
{
    return -100 * (b - a * a) * (b - a * a) - (1 - a) * (1 - a);
}
/* sum over the grid is exact to 1e-9 for steps of .005 and a width of .07 */
static double ros_prepare(const truth *t)
{
    double h = (t->hi - t->lo) / (RG - 1), z = -INFINITY;
    for (int i = 0; i < RG; i++)
        ros_back[t->d - 1][i] = 0;
    for (size_t k = t->d - 1; k-- > 0;)
        for (int i = 0; i < RG; i++) {
            double a = ros_x(i, t->lo, t->hi), s = 0, top = -INFINITY;
            for (int pass = 0; pass < 2; pass++)
                for (int j = 0; j < RG; j++) {
                    double b = ros_x(j, t->lo, t->hi);
                    if (fabs(b - a * a) > 0.8 && a * a < t->hi)
                        continue;
                    double f = ros_step(a, b) + ros_back[k + 1][j];
                    if (pass)
                        s += (j == 0 || j == RG - 1 ? 0.5 : 1) * exp(f - top);
                    else
                        top = fmax(top, f);
                }
            ros_back[k][i] = top + log(s * h);
        }
    for (int i = 0; i < RG; i++)
        z = lnsum(z, ros_back[0][i] + log(i == 0 || i == RG - 1 ? 0.5 * h : h));
    return z - (double)t->d * log(t->hi - t->lo);
}
static double rosenbrock_lnlike(const truth *t, const double *x)
{
    double s = 0;
    for (size_t k = 0; k + 1 < t->d; k++)
        s += ros_step(x[k], x[k + 1]);
    return s;
}
static void rosenbrock_draw(const truth *t, gal_rng *r, double *x)
{
    for (size_t k = 0; k < t->d; k++) {
        double c[RG], top = -INFINITY, sum = 0;
        for (int j = 0; j < RG; j++) {
            c[j] = ros_back[k][j] + (k > 0 ? ros_step(x[k - 1], ros_x(j, t->lo, t->hi)) : 0);
            top = fmax(top, c[j]);
        }
        for (int j = 0; j < RG; j++)
            sum += c[j] = exp(c[j] - top);
        double u = sum * gal_rng_uniform(r);
        int j = 0;
        while (j < RG - 1 && (u -= c[j]) > 0)
            j++;
        x[k] = fmin(fmax(ros_x(j, t->lo, t->hi) + (gal_rng_uniform(r) - 0.5) * (t->hi - t->lo) / (RG - 1), t->lo), t->hi);
    }
}

/* ------------------------------------------------------------------ Neal's funnel; y in +-10 of the first axis, the others +-100 */
static double funnel_lnlike(const truth *t, const double *u)
{
    double y = 10 * u[0], s = lngauss(y, 0, 3);
    for (size_t k = 1; k < t->d; k++)
        s += lngauss(100 * u[k], 0, exp(0.5 * y));
    return s;
}
static void funnel_draw(const truth *t, gal_rng *r, double *u)
{
    for (bool in = false; !in;) {
        u[0] = 0.3 * gal_rng_normal(r);
        in = fabs(u[0]) < 1;
        for (size_t k = 1; k < t->d; k++) {
            u[k] = 0.01 * exp(5 * u[0]) * gal_rng_normal(r);
            in &= fabs(u[k]) < 1;
        }
    }
}

/* ------------------------------------------------------------------ spike on a slab: 100 N(0, .01) + N(0, .1) in each of 20 dimensions, box +-1/2 */
static double spike_lnlike(const truth *t, const double *x)
{
    double a = log(100), b = 0;
    for (size_t k = 0; k < t->d; k++) {
        a += lngauss(x[k], 0, 0.01);
        b += lngauss(x[k], 0, 0.1);
    }
    return lnsum(a, b);
}
static void spike_draw(const truth *t, gal_rng *r, double *x)
{
    double s = gal_rng_uniform(r) < 100. / 101 ? 0.01 : 0.1;
    for (size_t k = 0; k < t->d; k++)
        x[k] = s * gal_rng_normal(r);
}

static const truth TRUTH[] = {
    {"gauss8", 8, -8, 8, gauss_lnlike, gauss_draw, -8 * 2.77258872223978114, false},
    {"gauss16", 16, -8, 8, gauss_lnlike, gauss_draw, -16 * 2.77258872223978114, false},
    {"gauss30", 30, -8, 8, gauss_lnlike, gauss_draw, -30 * 2.77258872223978114, false},
    {"edge8", 8, 0, 1, edge_lnlike, edge_draw, -7.4533e-6, false}, /* 2 ln(1 - e^-12.5) */
    {"banana10", 10, 0, 1, banana_lnlike, banana_draw, -4.3e-6, false},
    {"loggamma6", 6, 0, 1, loggamma_lnlike, loggamma_draw, -2.27e-5, false},
    {"modes6", 6, 0, 1, modes_lnlike, modes_draw, 0, false},
    {"shells10", 10, -6, 6, shells_lnlike, shells_draw, -14.590491, false},
    {"rosenbrock6", 6, -5, 5, rosenbrock_lnlike, rosenbrock_draw, NAN, true},
    {"funnel10", 10, -1, 1, funnel_lnlike, funnel_draw, -50.685103, true},
    {"spike20", 20, -0.5, 0.5, spike_lnlike, spike_draw, 4.615120, true},
};
enum { NTRUTH = sizeof TRUTH / sizeof *TRUTH };
#endif
