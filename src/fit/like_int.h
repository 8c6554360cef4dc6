/* One datum of a likelihood, given what is known of its correlated error: shared by like.c (independent data) and like_joint.c.
 *
 * r = y - m, its correlated error g ~ N(mu, v) before the datum is seen, s2 the variance of its own error. Good data have r - g ~
 * N(0, s2), outliers N(0, (n s)^2); the predictive densities add v. When `after` is given it receives the moments of g given the
 * datum: exact for a Gaussian, moments of the mixture or of the truncated normal otherwise. */
#ifndef GAL_LIKE_INT_H
#define GAL_LIKE_INT_H
#include "galua/like.h"
#include "num/gauss.h"

#include <math.h>

typedef struct {
    double mu, v; /* in: moments of g; out: after the datum */
    double q;     /* out: probability that the datum is an outlier */
} like_moments;

/* ln p(r) of one component with noise variance s2; moments of g given r into *g */
static inline double like_component(double r, double v, double s2, bool censored, like_moments *g)
{
    double mu = g ? g->mu : 0, S = v + s2, l;
    if (!censored) {
        double d = r - mu;
        l = -0.5 * d * d / S - 0.5 * log(S) - LN_SQRT_2PI;
        if (g) {
            double k = v / S;
            g->mu = mu + k * d;
            g->v = v * (s2 / S);
        }
    } else { /* g + e < r */
        double sd = sqrt(S), t = (r - mu) / sd;
        l = gal_lnphi(t);
        if (g) {
            double k = v / S, lam = gal_dlnphi(t), shrink = lam * (t + lam); /* var(g + e) = S (1 - shrink) */
            g->mu = mu - k * sd * lam;
            g->v = fmax(v - k * v * fmin(shrink, 1), 0);
        }
    }
    return l;
}

/* ln p of a datum. `after` NULL: independent (v = 0). */
static inline double like_predict(double r, double v, double s2, double model, bool limit, gal_limits limits,
                                  const gal_noise_terms *z, like_moments *after)
{
    if (after)
        after->q = 0;
    if (isnan(model))
        return model;
    if (limit && limits == GAL_LIMITS_ONESIDED)
        return r < 0 ? -0.5 * r * r / s2 : 0;
    if (limit && limits == GAL_LIMITS_CUT)
        return r < 0 ? -INFINITY : 0;
    bool censored = limit && limits == GAL_LIMITS_CENSORED;
    if (isinf(model))
        return censored && model < 0 ? 0 : -INFINITY;
    double f = z->share;
    if (!(f > 0)) /* the Gaussian, to the bit */
        return like_component(r, v, s2, censored, after);
    double n = z->width;
    like_moments good, bad;
    if (after)
        good = bad = *after;
    double a = like_component(r, v, s2, censored, after ? &good : NULL) + log1p(-f);
    double b = like_component(r, v, s2 * n * n, censored, after ? &bad : NULL) + log(f);
    double top = fmax(a, b), l = top > -INFINITY ? top + log1p(exp(-fabs(a - b))) : top;
    if (after) {
        double q = top > -INFINITY ? exp(b - l) : f, p = 1 - q, d;
        after->q = q;
        after->mu = p * good.mu + q * bad.mu;
        d = good.mu - bad.mu;
        after->v = p * good.v + q * bad.v + p * q * d * d;
    }
    return l;
}

/* like_joint.c: sum over independent data; term[n] and p_out[n], or NULL */
double like_independent(const gal_like *l, const double *model, const gal_noise_terms *z, double *term, double *p_out);
#endif
