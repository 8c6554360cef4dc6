/* The unconstrained space: coordinates and densities. Gradients are in gradient.c. See galua/transform.h. */
#include "transform_int.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/rng.h"
#include "purpose.h"

#define MAX_DRAWS 1000
#define U_MIN     1e-300
#define U_MAX     (1 - 0x1p-53)

double *space_work(gal_space *s, int which, size_t n)
{
    if (n > s->room[which]) {
        size_t room = n > 2 * s->room[which] ? n : 2 * s->room[which];
        double *p = gal_realloc(s->work[which], room * sizeof *p);
        if (!p)
            return NULL;
        s->work[which] = p;
        s->room[which] = room;
    }
    return s->work[which];
}

/* u = Phi(z), inside (0, 1) */
static void space_unit(size_t n, const double *z, double *u)
{
    for (size_t i = 0; i < n; i++)
        u[i] = fmin(fmax(0.5 * erfc(-z[i] * M_SQRT1_2), U_MIN), U_MAX);
}

/* Does theta_k depend on u_k alone? Tried at one point, coordinate by coordinate. */
static gal_status test_separable(gal_space *s)
{
    size_t d = s->d;
    double *u = space_work(s, W_Z, (d + 1) * d), *x = space_work(s, W_THETA, (d + 1) * d);
    if (!u || !x)
        return GAL_ENOMEM;
    for (size_t i = 0; i <= d; i++)
        for (size_t k = 0; k < d; k++)
            u[i * d + k] = 0.4 + 0.2 * (double)k / (double)d + (i == k + 1 ? 0.05 : 0);
    gal_status st = s->t->prior_transform(s->t, d + 1, u, x);
    s->separable = true;
    for (size_t i = 1; st == GAL_OK && i <= d; i++)
        for (size_t k = 0; k < d; k++)
            if (k + 1 != i && x[i * d + k] != x[k])
                s->separable = false;
    return st;
}

gal_status gal_space_create(gal_space **out, const gal_target *t, bool numerical)
{
    gal_status st = GAL_OK;
    gal_space *s = NULL;
    if (t->ndim == 0)
        return gal_fail(GAL_EINVAL, "the target has no free parameters");
    if (!(s = GAL_NEW(gal_space)))
        return GAL_ENOMEM;
    s->t = t;
    s->d = t->ndim;
    s->probit = t->prior_transform != NULL;
    s->separable = true;
    if (s->probit)
        GAL_TRY(test_separable(s));
    s->analytic = t->gradient && s->separable && !numerical;
    snprintf(s->text, sizeof s->text, "%s; %s", s->probit ? "standard normal prior coordinates" : "sampled coordinates",
             s->analytic                    ? "analytic gradients"
             : t->gradient && !s->separable ? "numerical gradients (the prior transform mixes parameters)"
                                            : "numerical gradients (central differences)");
    *out = s;
    s = NULL;
out:
    gal_space_free(s);
    return st;
}

void gal_space_free(gal_space *s)
{
    if (!s)
        return;
    for (int i = 0; i < W_N; i++)
        gal_free(s->work[i]);
    gal_free(s->index);
    gal_free(s);
}

const gal_target *gal_space_target(const gal_space *s)
{
    return s->t;
}
size_t gal_space_ndim(const gal_space *s)
{
    return s->d;
}
bool gal_space_probit(const gal_space *s)
{
    return s->probit;
}
bool gal_space_analytic(const gal_space *s)
{
    return s->analytic;
}
const char *gal_space_text(const gal_space *s)
{
    return s->text;
}
size_t gal_space_evaluations(const gal_space *s)
{
    return s->evaluations;
}

gal_status gal_space_theta(gal_space *s, size_t m, const double *z, double *theta)
{
    size_t n = m * s->d;
    if (!s->probit) {
        memcpy(theta, z, n * sizeof *z);
        return GAL_OK;
    }
    double *u = space_work(s, W_U, n);
    if (!u)
        return GAL_ENOMEM;
    space_unit(n, z, u);
    return s->t->prior_transform(s->t, m, u, theta);
}

gal_status gal_space_from_theta(gal_space *s, const double *theta, double *z)
{
    size_t d = s->d;
    if (!s->probit) {
        memcpy(z, theta, d * sizeof *z);
        return GAL_OK;
    }
    if (!s->separable)
        return gal_fail(GAL_EUNSUP, "the prior transform mixes parameters: points cannot be transformed back");
    double *lo = space_work(s, W_BACK, 4 * d), *hi, *mid, *x;
    if (!lo)
        return GAL_ENOMEM;
    hi = lo + d;
    mid = hi + d;
    x = mid + d;
    for (size_t k = 0; k < d; k++) {
        lo[k] = -37;
        hi[k] = 8.2;
    }
    for (int i = 0; i < 60; i++) {
        for (size_t k = 0; k < d; k++)
            mid[k] = 0.5 * (lo[k] + hi[k]);
        gal_status st = gal_space_theta(s, 1, mid, x);
        if (st != GAL_OK)
            return st;
        for (size_t k = 0; k < d; k++)
            *(x[k] < theta[k] ? &lo[k] : &hi[k]) = mid[k];
    }
    for (size_t k = 0; k < d; k++) {
        z[k] = 0.5 * (lo[k] + hi[k]);
        if (!(z[k] > -36.9 && z[k] < 8.19))
            return gal_fail(GAL_EDOMAIN, "%s = %g is outside its prior", s->t->names ? s->t->names[k] : "a parameter",
                            theta[k]);
    }
    return GAL_OK;
}

double space_lnprior(const gal_space *s, const double *z)
{
    double sum = 0;
    for (size_t k = 0; k < s->d; k++)
        sum += z[k] * z[k];
    return -0.5 * sum - (double)s->d * LN_SQRT_2PI;
}

/* The finite ones of m points, packed; s->index says where they came from. */
static size_t pack_finite(gal_space *s, size_t m, const double *z, double *to)
{
    size_t n = 0, d = s->d;
    for (size_t i = 0; i < m; i++) {
        bool ok = true;
        for (size_t k = 0; k < d; k++)
            ok &= fabs(z[i * d + k]) < 1e100;
        if (!ok)
            continue;
        memcpy(to + n * d, z + i * d, d * sizeof *z);
        s->index[n++] = i;
    }
    return n;
}

gal_status gal_space_eval(gal_space *s, size_t m, const double *z, double *lnp, double *theta, double *lnprior,
                          double *lnlike, double *blob)
{
    size_t d = s->d, nb = blob ? s->t->nblob : 0, n;
    if (m == 0)
        return GAL_OK;
    if (m > s->nindex) {
        size_t *p = gal_realloc(s->index, 2 * m * sizeof *p);
        if (!p)
            return GAL_ENOMEM;
        s->index = p;
        s->nindex = 2 * m;
    }
    double *zz = space_work(s, W_Z, m * d), *x = space_work(s, W_THETA, m * d), *pl = space_work(s, W_LN, 2 * m),
           *b = nb ? space_work(s, W_BLOB, m * nb) : NULL;
    if (!zz || !x || !pl || (nb && !b))
        return GAL_ENOMEM;
    n = pack_finite(s, m, z, zz);
    gal_status st = gal_space_theta(s, n, zz, x);
    if (st == GAL_OK)
        st = gal_target_eval(s->t, n, x, pl, pl + m, b);
    if (st != GAL_OK)
        return st;
    s->evaluations += gal_target_evaluated(n, pl);
    for (size_t i = 0, j = 0; i < m; i++) {
        bool there = j < n && s->index[j] == i;
        double lp = there ? pl[j] : -INFINITY, ll = there ? pl[m + j] : -INFINITY;
        lnp[i] = !there || lp == -INFINITY ? -INFINITY : s->probit ? ll + space_lnprior(s, z + i * d) : lp + ll;
        if (lnprior)
            lnprior[i] = lp;
        if (lnlike)
            lnlike[i] = ll;
        for (size_t k = 0; theta && k < d; k++)
            theta[i * d + k] = there ? x[j * d + k] : NAN;
        for (size_t k = 0; k < nb; k++)
            blob[i * nb + k] = there ? b[j * nb + k] : NAN;
        j += there;
    }
    return GAL_OK;
}

gal_status gal_space_start(gal_space *s, size_t m, size_t first, uint64_t seed, uint64_t source, double *z)
{
    size_t d = s->d, left = m;
    gal_status st = GAL_OK;
    if (!s->probit)
        return gal_fail(GAL_EUNSUP, "start: the target cannot draw from its prior; give start positions");
    double *y = GAL_NEWN(double, m *d), *lnp = GAL_NEWN(double, m);
    size_t *who = GAL_NEWN(size_t, m);
    if (!y || !lnp || !who)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < m; i++)
        who[i] = i;
    for (uint64_t attempt = 0; left > 0; attempt++) {
        size_t keep = 0;
        if (attempt == MAX_DRAWS)
            GAL_THROW(GAL_EMATH,
                      "start: %zu of %zu start points found no finite probability in %d draws of the prior; check the "
                      "data against the range of the model",
                      left, m, MAX_DRAWS);
        if (gal_interrupted())
            GAL_THROW(GAL_EINTR, "start: interrupted");
        for (size_t i = 0; i < left; i++) {
            gal_rng r;
            gal_rng_init(&r, seed, RNG_SPACE_START, source, attempt, first + who[i]);
            for (size_t k = 0; k < d; k++)
                y[i * d + k] = gsl_cdf_ugaussian_Pinv(gal_rng_uniform(&r));
        }
        GAL_TRY(gal_space_eval(s, left, y, lnp, NULL, NULL, NULL, NULL));
        for (size_t i = 0; i < left; i++) {
            if (lnp[i] > -INFINITY)
                memcpy(z + who[i] * d, y + i * d, d * sizeof *z);
            else
                who[keep++] = who[i];
        }
        left = keep;
    }
out:
    gal_free(y);
    gal_free(lnp);
    gal_free(who);
    return st;
}
