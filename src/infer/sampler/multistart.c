/* L-BFGS from many starts: one batch of gradients per round; see multistart.h. One thread; the target's batches are threaded. */
#include "multistart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_STEP 2. /* largest change of z_k in one iteration: two standard deviations of the prior */

gal_status multistart_alloc(multistart *m, gal_space *s, size_t n)
{
    size_t d = gal_space_ndim(s);
    *m = (multistart){.space = s, .d = d, .n = n};
    m->run = GAL_NEWN(lbfgs, n);
    m->who = GAL_NEWN(size_t, n);
    m->scale = GAL_NEWN(double, n *(5 * d + 1));
    if (!m->run || !m->who || !m->scale)
        return GAL_ENOMEM;
    m->limit = m->scale + n * d;
    m->z = m->limit + n * d;
    m->g = m->z + n * d;
    m->sc = m->g + n * d;
    m->lnp = m->sc + n * d;
    return GAL_OK;
}

gal_status multistart_begin(multistart *m, size_t i, const lbfgs_opt *opt, const double *z, double f, const double *gz)
{
    size_t d = m->d;
    double *w = m->z + i * d, *g = m->g + i * d;
    for (size_t k = 0; k < d; k++) {
        double sc = m->scale[i * d + k];
        w[k] = z[k] / sc;
        g[k] = gz[k] * sc;
        m->limit[i * d + k] = gal_space_probit(m->space) ? MAX_STEP / sc : INFINITY;
    }
    return lbfgs_init(&m->run[i], d, opt, w, f, g, m->limit + i * d);
}

gal_status multistart_init(multistart *m, gal_space *s, size_t n, const double *z, const lbfgs_opt *opt,
                           multistart_hook hook, void *ctx)
{
    size_t d = gal_space_ndim(s);
    gal_status st = multistart_alloc(m, s, n);
    GAL_TRY(st);
    GAL_TRY(gal_space_scale(s, n, z, m->scale));
    GAL_TRY(gal_space_gradient(s, n, z, m->scale, m->lnp, m->g));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < d; k++)
            m->g[i * d + k] *= -1;
        GAL_TRY(multistart_begin(m, i, opt, z + i * d, -m->lnp[i], m->g + i * d));
        if (hook)
            GAL_TRY(hook(ctx, i, m->run[i].x, m->run[i].f, m->run[i].g));
    }
out:
    if (st != GAL_OK)
        multistart_free(m);
    return st;
}

void multistart_free(multistart *m)
{
    for (size_t i = 0; m->run && i < m->n; i++)
        lbfgs_free(&m->run[i]);
    gal_free(m->run);
    gal_free(m->who);
    gal_free(m->scale);
    *m = (multistart){0};
}

void multistart_point(const multistart *m, size_t i, double *z)
{
    for (size_t k = 0; k < m->d; k++)
        z[k] = m->run[i].x[k] * m->scale[i * m->d + k];
}

gal_status multistart_run(multistart *m, multistart_hook hook, void *ctx, gal_progress_fn progress, void *pctx)
{
    size_t d = m->d;
    gal_status st;
    double told = gal_clock();
    for (;;) {
        size_t active = 0;
        for (size_t i = 0; i < m->n; i++) {
            if (m->run[i].end != LBFGS_RUNNING)
                continue;
            for (size_t k = 0; k < d; k++) {
                m->sc[active * d + k] = m->scale[i * d + k];
                m->z[active * d + k] = m->run[i].trial[k] * m->scale[i * d + k];
            }
            m->who[active++] = i;
        }
        if (active == 0)
            return GAL_OK;
        if (gal_interrupted())
            return gal_fail(GAL_EINTR, "interrupted");
        if ((st = gal_space_gradient(m->space, active, m->z, m->sc, m->lnp, m->g)) != GAL_OK)
            return st;
        for (size_t j = 0; j < active; j++) {
            lbfgs *b = &m->run[m->who[j]];
            for (size_t k = 0; k < d; k++)
                m->g[j * d + k] *= -m->sc[j * d + k];
            lbfgs_tell(b, -m->lnp[j], m->g + j * d);
            if (hook && b->accepted && (st = hook(ctx, m->who[j], b->x, b->f, b->g)) != GAL_OK)
                return st;
        }
        if (progress && gal_clock() - told >= 1) {
            char text[120];
            double best = INFINITY;
            for (size_t i = 0; i < m->n; i++)
                best = fmin(best, m->run[i].f);
            snprintf(text, sizeof text, "%zu of %zu starts ended  best ln p %.2f", m->n - active, m->n, -best);
            told = gal_clock();
            if (progress(pctx, (double)(m->n - active) / (double)m->n, text))
                return gal_fail(GAL_EINTR, "interrupted");
        }
    }
}
