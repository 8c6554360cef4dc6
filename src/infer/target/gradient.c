/* Gradients, axis scales and Hessians in the unconstrained space. See galua/transform.h.
 *
 * Step of the central differences: with f of width s along an axis, (f(z+h) - f(z-h))/2h errs by about (h/s)^2/6 of the gradient and
 * by eps|f|/h; h = 5e-4 s keeps the first at 4e-8 and the second at 4e-9/s for |f| = 1e4, and tolerates s wrong by a factor of 30
 * either way. */
#include <math.h>
#include <string.h>

#include "transform_int.h"

#define STEP         5e-4
#define STEP_HESSIAN 1e-2 /* of gradients that are differences; errs by its square over 6 */
#define STEP_EXACT   1e-3 /* of the model's own */
#define STEP_JAC     1e-2

static double central(double lo, double mid, double hi, double h, bool ok_lo, bool ok_hi)
{
    if (ok_lo && ok_hi)
        return (hi - lo) / (2 * h);
    if (ok_hi)
        return (hi - mid) / h;
    return ok_lo ? (mid - lo) / h : 0;
}

static gal_status numerical(gal_space *s, size_t m, const double *z, const double *scale, double *lnp, double *grad)
{
    size_t d = s->d, per = 2 * d + 1;
    double *y = space_work(s, W_STENCIL, m * per * d), *f = space_work(s, W_VALUE, m * per);
    if (!y || !f)
        return GAL_ENOMEM;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < per; j++) {
            double *row = y + (i * per + j) * d;
            memcpy(row, z + i * d, d * sizeof *z);
            if (j > 0) {
                size_t k = (j - 1) / 2;
                double h = STEP * (scale ? scale[i * d + k] : 1);
                row[k] += j % 2 ? -h : h;
            }
        }
    gal_status st = gal_space_eval(s, m * per, y, f, NULL, NULL, NULL, NULL);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < m; i++) {
        const double *fi = f + i * per;
        lnp[i] = fi[0];
        for (size_t k = 0; k < d; k++) {
            const double *row = y + (i * per + 1 + 2 * k) * d;
            double h = 0.5 * (row[d + k] - row[k]); /* the step that was made, to the last bit */
            grad[i * d + k] = fi[0] > -INFINITY ? central(fi[1 + 2 * k], fi[0], fi[2 + 2 * k], h,
                                                          fi[1 + 2 * k] > -INFINITY, fi[2 + 2 * k] > -INFINITY)
                                                : 0;
        }
    }
    return GAL_OK;
}

/* theta(z), J = d theta/dz, d ln J/dz of a transform of single coordinates, five-point differences. All d coordinates move
 * together: the transform sees five points per point. */
static gal_status jacobian(gal_space *s, size_t m, const double *z, double *theta, double *jac, double *dlnj)
{
    size_t n = m * s->d;
    static const double SHIFT[] = {-2, -1, 1, 2};
    double *y = space_work(s, W_STENCIL, n), *x = space_work(s, W_VALUE, 4 * n);
    if (!y || !x)
        return GAL_ENOMEM;
    gal_status st = gal_space_theta(s, m, z, theta);
    for (int j = 0; st == GAL_OK && j < 4; j++) {
        for (size_t i = 0; i < n; i++)
            y[i] = z[i] + SHIFT[j] * STEP_JAC;
        st = gal_space_theta(s, m, y, x + (size_t)j * n);
    }
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        double a = x[i], b = x[n + i], c = x[2 * n + i], e = x[3 * n + i], h = STEP_JAC;
        double second = (-a + 16 * b - 30 * theta[i] + 16 * c - e) / (12 * h * h);
        jac[i] = (a - 8 * b + 8 * c - e) / (12 * h);
        dlnj[i] = jac[i] > 0 ? second / jac[i] : 0;
    }
    return st;
}

/* From ln posterior and its gradient in theta to those in z, exactly: ln L and -z.z/2. The prior's part of both is taken away again. */
static gal_status by_density(gal_space *s, size_t m, const double *z, const double *x, double *lnp, double *grad)
{
    size_t d = s->d, n = m * d;
    double *density = space_work(s, W_VALUE, 2 * n);
    if (!density)
        return GAL_ENOMEM;
    double *slope = density + n;
    gal_status st = s->t->prior_density(s->t, m, x, density, slope);
    for (size_t i = 0; st == GAL_OK && i < m; i++) {
        for (size_t k = 0; k < d && lnp[i] > -INFINITY; k++) {
            size_t j = i * d + k;
            double stretch = exp(-0.5 * z[j] * z[j] - LN_SQRT_2PI - density[j]);
            grad[j] = stretch > 0 ? (grad[j] - slope[j]) * stretch - z[j] : -z[j];
            lnp[i] -= density[j];
        }
        lnp[i] += space_lnprior(s, z + i * d);
    }
    return st;
}

static gal_status analytic(gal_space *s, size_t m, const double *z, double *lnp, double *grad)
{
    size_t d = s->d, n = m * d;
    bool density = s->probit && s->t->prior_density;
    double *zz = space_work(s, W_JAC, 4 * n);
    gal_status st;
    if (!zz)
        return GAL_ENOMEM;
    double *x = zz + n, *jac = x + n, *dlnj = jac + n;
    for (size_t i = 0; i < m; i++) { /* a diverging trajectory: evaluate anywhere, discard below */
        bool ok = true;
        for (size_t k = 0; k < d; k++)
            ok &= fabs(z[i * d + k]) < 1e100;
        for (size_t k = 0; k < d; k++)
            zz[i * d + k] = ok ? z[i * d + k] : 0;
    }
    if (!s->probit)
        memcpy(x, zz, n * sizeof *x);
    else if ((st = density ? gal_space_theta(s, m, zz, x) : jacobian(s, m, zz, x, jac, dlnj)) != GAL_OK)
        return st;
    if ((st = s->t->gradient(s->t, m, x, lnp, grad)) != GAL_OK)
        return st;
    if (density && (st = by_density(s, m, zz, x, lnp, grad)) != GAL_OK)
        return st;
    s->evaluations += m;
    for (size_t i = 0; i < m; i++) {
        char at[600];
        bool ok = lnp[i] > -INFINITY;
        if (isnan(lnp[i]) || lnp[i] == INFINITY) {
            gal_target_point_text(s->t, x + i * d, at, sizeof at);
            return gal_fail(GAL_EMATH, "ln posterior is %s at %s", isnan(lnp[i]) ? "NaN" : "+inf", at);
        }
        for (size_t k = 0; k < d; k++) {
            double *g = &grad[i * d + k];
            ok &= fabs(z[i * d + k]) < 1e100;
            if (ok && isnan(*g)) {
                gal_target_point_text(s->t, x + i * d, at, sizeof at);
                return gal_fail(GAL_EMATH, "the derivative of ln posterior by %s is NaN at %s",
                                s->t->names ? s->t->names[k] : "a parameter", at);
            }
            if (s->probit && !density) {
                *g = *g * jac[i * d + k] + dlnj[i * d + k];
                lnp[i] += jac[i * d + k] > 0 ? log(jac[i * d + k]) : 0;
            }
        }
        if (!ok) {
            lnp[i] = -INFINITY;
            memset(grad + i * d, 0, d * sizeof *grad);
        }
    }
    return GAL_OK;
}

gal_status gal_space_gradient(gal_space *s, size_t m, const double *z, const double *scale, double *lnp, double *grad)
{
    if (m == 0)
        return GAL_OK;
    return s->analytic ? analytic(s, m, z, lnp, grad) : numerical(s, m, z, scale, lnp, grad);
}

bool gal_space_informed(const gal_space *s)
{
    return s->analytic && s->probit && s->t->prior_density && s->t->information;
}

gal_status gal_space_information(gal_space *s, size_t m, const double *z, double *h)
{
    size_t d = s->d, n = m * d;
    double *x = space_work(s, W_JAC, 3 * n);
    gal_status st;
    if (!x)
        return GAL_ENOMEM;
    double *density = x + n, *stretch = density + n;
    if (m == 0)
        return GAL_OK;
    if ((st = gal_space_theta(s, m, z, x)) != GAL_OK ||
        (st = s->t->prior_density(s->t, m, x, density, stretch)) != GAL_OK ||
        (st = s->t->information(s->t, m, x, h)) != GAL_OK)
        return st;
    s->evaluations += m * (d + 1);
    for (size_t i = 0; i < n; i++)
        stretch[i] = exp(-0.5 * z[i] * z[i] - LN_SQRT_2PI - density[i]); /* d theta/dz */
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < d; j++)
            for (size_t k = 0; k < d; k++)
                h[(i * d + j) * d + k] = h[(i * d + j) * d + k] * stretch[i * d + j] * stretch[i * d + k] + (j == k);
    return GAL_OK;
}

gal_status gal_space_scale(gal_space *s, size_t m, const double *z, double *scale)
{
    size_t d = s->d, per = 2 * d + 1, n = m * d;
    gal_status st = GAL_OK;
    double *h = GAL_NEWN(double, n), *y = GAL_NEWN(double, n *per), *f = GAL_NEWN(double, m *per);
    if (!h || !y || !f)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        h[i] = 1e-2 * (s->probit ? 1 : fmax(1, fabs(z[i])));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < per; j++) {
                double *row = y + (i * per + j) * d;
                memcpy(row, z + i * d, d * sizeof *z);
                if (j > 0)
                    row[(j - 1) / 2] += (j % 2 ? -1 : 1) * h[i * d + (j - 1) / 2];
            }
        GAL_TRY(gal_space_eval(s, m * per, y, f, NULL, NULL, NULL, NULL));
        for (size_t i = 0; i < m; i++)
            for (size_t k = 0; k < d; k++) {
                const double *fi = f + i * per;
                double *hk = &h[i * d + k], top = s->probit ? 1 : 100 * fmax(1, fabs(z[i * d + k]));
                double curve = (fi[1 + 2 * k] - 2 * fi[0] + fi[2 + 2 * k]) / (*hk * *hk);
                if (!isfinite(curve)) {
                    *hk *= 0.1;
                    scale[i * d + k] = 10 * *hk;
                    continue;
                }
                double w = fabs(curve) > 0 ? 1 / sqrt(fabs(curve)) : top;
                scale[i * d + k] = fmin(fmax(w, 1e-8 * fmax(1, fabs(z[i * d + k]))), top);
                *hk = 0.1 * scale[i * d + k];
            }
    }
out:
    gal_free(h);
    gal_free(y);
    gal_free(f);
    return st;
}

gal_status gal_space_hessian(gal_space *s, const double *z, const double *scale, double *h)
{
    size_t d = s->d;
    gal_status st = GAL_OK;
    double *y = GAL_NEWN(double, 2 * d * d), *sc = GAL_NEWN(double, 2 * d * d), *g = GAL_NEWN(double, 2 * d * d),
           *f = GAL_NEWN(double, 2 * d);
    if (!y || !sc || !g || !f)
        GAL_TRY(GAL_ENOMEM);
    double part = s->analytic ? STEP_EXACT : STEP_HESSIAN;
    for (size_t j = 0; j < 2 * d; j++) {
        memcpy(y + j * d, z, d * sizeof *z);
        memcpy(sc + j * d, scale, d * sizeof *scale);
        y[j * d + j / 2] += (j % 2 ? 1 : -1) * part * scale[j / 2];
    }
    GAL_TRY(gal_space_gradient(s, 2 * d, y, sc, f, g));
    for (size_t j = 0; j < d; j++) {
        if (!(f[2 * j] > -INFINITY && f[2 * j + 1] > -INFINITY))
            GAL_THROW(GAL_EDOMAIN, "second derivatives: %s next to the optimum is forbidden",
                      s->t->names ? s->t->names[j] : "a parameter");
        double step = y[(2 * j + 1) * d + j] - y[2 * j * d + j];
        for (size_t k = 0; k < d; k++)
            h[j * d + k] = (g[(2 * j + 1) * d + k] - g[2 * j * d + k]) / step;
    }
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < j; k++)
            h[j * d + k] = h[k * d + j] = 0.5 * (h[j * d + k] + h[k * d + j]);
out:
    gal_free(y);
    gal_free(sc);
    gal_free(g);
    gal_free(f);
    return st;
}
