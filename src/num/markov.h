/* The Matern 3/2 process g as a Markov process in (g, g'/lambda), lambda = sqrt(3)/length (Hartikainen & Sarkka 2010): stationary
 * covariance var I, transition over a distance d, t = lambda d,
 *     F = exp(-t) [[1+t, t], [-t, 1-t]],    P -> F (P - var I) F' + var I.
 * Data see h g: h is the model flux where the noise is a fraction of it. Used by the likelihoods of bands (fit/like_joint.c) and of
 * pixels (spec/pixel_noise.c). */
#ifndef GAL_NUM_MARKOV_H
#define GAL_NUM_MARKOV_H
#include <math.h>

typedef struct { /* mean and covariance of the state */
    double m[2], p[3];
} markov;

typedef struct { /* F; the fourth element is -f01 */
    double f00, f01, f11;
} markov_move;

static inline markov_move markov_over(double t)
{
    double e = exp(-t);
    return (markov_move){e * (1 + t), e * t, e * (1 - t)};
}

static inline void markov_predict(const markov_move *f, double var, double *p)
{
    double a = p[0] - var, b = p[1], c = p[2] - var, f10 = -f->f01; /* P - var I */
    double x0 = f->f00 * a + f->f01 * b, x1 = f->f00 * b + f->f01 * c, y0 = f10 * a + f->f11 * b,
           y1 = f10 * b + f->f11 * c;
    p[0] = var + x0 * f->f00 + x1 * f->f01;
    p[1] = x0 * f10 + x1 * f->f11;
    p[2] = var + y0 * f10 + y1 * f->f11;
}

static inline void markov_step(markov *s, double t, double var)
{
    markov_move f = markov_over(t);
    double m0 = f.f00 * s->m[0] + f.f01 * s->m[1], m1 = -f.f01 * s->m[0] + f.f11 * s->m[1];
    markov_predict(&f, var, s->p);
    s->m[0] = m0;
    s->m[1] = m1;
}

/* the moments of h * (first component) became (mu, v), v0 before: any datum */
static inline void markov_update(markov *s, double h, double mu, double v)
{
    double v0 = s->p[0];
    if (!(v0 > 0) || h == 0)
        return;
    double c = s->p[1] / v0, dm = mu / h - s->m[0], dv = v / (h * h) - v0;
    s->m[0] += dm;
    s->m[1] += c * dm;
    s->p[0] += dv;
    s->p[1] += c * dv;
    s->p[2] += c * c * dv;
}

/* A Gaussian datum of variance s2: returns the variance S of its prediction, the gain in g[2] (mean += g (y - h m0)), and conditions
 * the covariance p. */
static inline double markov_gain(double *p, double h, double s2, double *g)
{
    double S = h * h * p[0] + s2, keep = s2 / S;
    g[0] = p[0] * h / S;
    g[1] = p[1] * h / S;
    p[2] -= g[1] * h * p[1];
    p[0] *= keep;
    p[1] *= keep;
    return S;
}
#endif
