/* Pathfinder: Gaussians exactly (T-34), mixtures, trust, reproducibility, as a start of NUTS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <stdio.h>

#include "galua/diag.h"
#include "infer/sampler/nuts_int.h"
#include "infer/sampler/pathfinder_int.h"
#include "infer_problems.h"

/* prior N(0, 1) on every coordinate: theta = z, the posterior is Gaussian in z */
static gal_status normal_transform(const gal_target *t, size_t m, const double *u, double *x)
{
    for (size_t i = 0; i < m * t->ndim; i++)
        x[i] = u[i] < 0.5 ? gsl_cdf_ugaussian_Pinv(u[i]) : gsl_cdf_ugaussian_Qinv(1 - u[i]);
    return GAL_OK;
}

static gal_status normal_eval(const gal_target *t, size_t m, const double *x, double *lnprior, double *lnlike,
                              double *blob)
{
    gal_status st = p_eval(t, m, x, lnprior, lnlike, blob);
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < t->ndim; k++)
            lnprior[i] -= 0.5 * x[i * t->ndim + k] * x[i * t->ndim + k] + 0.5 * log(2 * M_PI);
    return st;
}

/* Posterior of N(0, I) prior and Gaussian likelihood: mean, covariance, ln evidence */
static double posterior(const gauss *g, double *mean, double *cov)
{
    size_t d = g->d;
    double l[PMAX * PMAX], rhs[PMAX], q = 0, lndet = 0;
    memcpy(l, g->prec, d * d * sizeof *l);
    for (size_t k = 0; k < d; k++)
        l[k * d + k] += 1;
    ok(gal_cholesky(l, d));
    for (size_t j = 0; j < d; j++) {
        mean[j] = 0;
        for (size_t k = 0; k < d; k++) {
            rhs[k] = k == j;
            mean[j] += g->prec[j * d + k] * g->mean[k];
        }
        gal_chol_solve(l, d, rhs);
        memcpy(cov + j * d, rhs, d * sizeof *rhs);
    }
    gal_chol_solve(l, d, mean);
    /* ln N(mean; 0, cov + I) */
    memcpy(l, g->cov, d * d * sizeof *l);
    for (size_t k = 0; k < d; k++)
        l[k * d + k] += 1;
    ok(gal_cholesky(l, d));
    memcpy(rhs, g->mean, d * sizeof *rhs);
    gal_chol_solve(l, d, rhs);
    for (size_t k = 0; k < d; k++) {
        q += rhs[k] * g->mean[k];
        lndet += 2 * log(l[k * d + k]);
    }
    return -0.5 * (q + lndet + (double)d * log(2 * M_PI));
}

static gal_pathfinder *run(const gal_target *t, gal_pathfinder_opt o)
{
    gal_pathfinder *p;
    ok(gal_sampler_create((gal_sampler **)&p, &gal_pathfinder_class, t, &o));
    ok(gal_sampler_run(p, NULL));
    return p;
}

/* T-34; with the Hessian at the end of the path exactly, from the L-BFGS history alone usable */
static void gaussian(void **state)
{
    (void)state;
    static const size_t D[] = {1, 3, 8, 20};
    static gauss g;
    static double cov[20 * 20];
    for (size_t i = 0; i < 4; i++)
        for (int plain = 0; plain < 2; plain++) {
            double var[20], at[20], mean[20], want;
            size_t d = D[i];
            for (size_t k = 0; k < d; k++) {
                var[k] = pow(10, -2 + 2. * (double)k / (double)d);
                at[k] = 0.2 * (double)k - 0.3;
            }
            gauss_init(&g, d, var, at, 40 + i);
            want = posterior(&g, mean, cov);
            problem p = {.d = d, .f = gauss_lnlike, .ctx = &g};
            gal_target t = p_target(&p, false);
            t.eval = normal_eval;
            t.prior_transform = normal_transform;
            gal_pathfinder *f =
                run(&t, (gal_pathfinder_opt){.paths = 4, .draws = 2000, .no_laplace = plain, .history = 10, .seed = 1});
            const gal_importance *imp = &f->imp;
            if (plain) { /* history of 10 steps: the shape is approximate beyond a few dimensions */
                printf("d = %zu from the history alone: k %.2f, ESS %.0f of 2000, ln Z off by %.4f +- %.4f\n", d,
                       imp->khat, imp->ess, imp->lnz - want, imp->lnz_err);
                if (!(imp->khat < (d < 10 ? 0.7 : 2) &&
                      fabs(imp->lnz - want) < 5 * imp->lnz_err + (d < 10 ? 1e-3 : 0.5)))
                    fail_msg("d = %zu, history alone: k %.2f, ln Z %.4f +- %.4f, want %.4f", d, imp->khat, imp->lnz,
                             imp->lnz_err, want);
                gal_sampler_free(f);
                continue;
            }
            const gal_path *b = &f->path[0];
            for (size_t k = 0; k < d; k++) {
                near(b->mean[k], mean[k], 0.01 * sqrt(cov[k * d + k]));
                for (size_t j = 0; j < d; j++)
                    near(b->cov[k * d + j], cov[k * d + j], 0.01 * sqrt(cov[k * d + k] * cov[j * d + j]));
            }
            near(b->elbo, want, 1e-3); /* p/q is constant */
            near(imp->lnz, want, 1e-3);
            assert_true(imp->khat < 0.5 && imp->ess > 1990);
            assert_int_equal(f->end, GAL_RUN_APPROXIMATE);
            gal_sampler_free(f);
        }
}

/* Four modes of unequal mass in a box */
static double four_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    static const double c[4][2] = {{2, 2}, {-2, 2}, {-2, -2}, {2, -2}}, w[4] = {0.1, 0.2, 0.3, 0.4};
    double s = 1e-300;
    (void)d;
    (void)grad;
    (void)ctx;
    for (int i = 0; i < 4; i++)
        s += w[i] * exp(-0.5 * (pow((x[0] - c[i][0]) / 0.3, 2) + pow((x[1] - c[i][1]) / 0.2, 2))) / (2 * M_PI * 0.06);
    return log(s);
}

static void several_modes(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = four_lnlike, .lo = -5, .hi = 5, .nblob = 1};
    gal_target t = p_target(&p, false);
    gal_pathfinder_opt o = {.paths = 24, .draws = 4000, .seed = 3};
    gal_pathfinder *f = run(&t, o), *g, *h;
    const gal_importance *imp = &f->imp;
    const gal_draws *w = &f->draws;
    double share[4] = {0};
    for (size_t i = 0; i < w->n; i++)
        share[w->theta[2 * i] > 0 ? (w->theta[2 * i + 1] > 0 ? 0 : 3) : (w->theta[2 * i + 1] > 0 ? 1 : 2)] +=
            exp(w->lnw[i]);
    for (int i = 0; i < 4; i++)
        near(share[i], 0.1 * (i + 1), 4 * sqrt(0.1 * (i + 1) / imp->ess) + 0.01);
    near(imp->lnz, -2 * log(10.), 4 * imp->lnz_err);
    assert_true(imp->khat < 0.7);
    /* same bits with threads, and from the state */
    ok(gal_threads_set(4));
    p.threaded = true;
    g = run(&t, o);
    ok(gal_threads_set(1));
    assert_memory_equal(g->draws.theta, w->theta, w->n * 6 * sizeof(double));
    unsigned char *bytes;
    size_t n;
    ok(gal_sampler_state(f, &bytes, &n));
    ok(gal_sampler_restore((gal_sampler **)&h, &gal_pathfinder_class, &t, bytes, n, NULL));
    assert_memory_equal(h->draws.theta, w->theta, w->n * 6 * sizeof(double));
    assert_true(h->path[5].elbo == f->path[5].elbo);
    assert_string_equal(h->why, f->why);
    gal_sampler_free(h);
    bytes[n - 40] ^= 1;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&h, &gal_pathfinder_class, &t, bytes, n, NULL), GAL_EFORMAT);
    gal_free(bytes);
    gal_sampler_free(f);
    gal_sampler_free(g);
}

/* Heavy tails: a Gaussian cannot cover them, and khat says so. */
static double cauchy_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double s = 0;
    (void)grad;
    (void)ctx;
    for (size_t k = 0; k < d; k++)
        s -= log1p(x[k] * x[k] * 400);
    return s;
}

static void untrusted(void **state)
{
    (void)state;
    problem p = {.d = 6, .f = cauchy_lnlike, .lo = -5, .hi = 5};
    gal_target t = p_target(&p, false);
    gal_pathfinder *f = run(&t, (gal_pathfinder_opt){.seed = 3});
    if (f->end != GAL_RUN_LIMIT || !(f->imp.khat > 0.7))
        fail_msg("k = %.2f: %s", f->imp.khat, f->why);
    assert_non_null(strstr(f->why, "cannot be trusted"));
    /* NUTS then starts with a unit metric */
    gal_nuts *n;
    double m[36];
    ok(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t,
                          &(gal_nuts_opt){.metric = GAL_METRIC_DENSE, .warmup = 20}));
    ok(gal_nuts_start_pathfinder(n, f));
    gal_nuts_inverse_metric(n, 0, m);
    assert_true(m[0] == 1 && m[1] == 0 && m[7] == 1);
    gal_sampler_free(n);
    gal_sampler_free(f);
}

/* A posterior against a forbidden region: the bound is that of the truncated Gaussian. */
static double wall_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    static const double c[3] = {0.02, 1, -1};
    double s = 0;
    (void)grad;
    (void)ctx;
    for (size_t k = 0; k < d; k++)
        s -= 0.5 * pow((x[k] - c[k]) / 0.1, 2);
    return x[0] > 0.1 ? -INFINITY : s;
}

static void wall(void **state)
{
    (void)state;
    problem p = {.d = 3, .f = wall_lnlike, .lo = -5, .hi = 5};
    gal_target t = p_target(&p, false);
    gal_pathfinder *f = run(&t, (gal_pathfinder_opt){.seed = 3, .draws = 4000});
    const gal_importance *imp = &f->imp;
    double want = 3 * log(0.1 * sqrt(2 * M_PI) / 10) + log(0.5 * erfc(-0.8 / M_SQRT2));
    near(imp->lnz, want, 4 * imp->lnz_err);
    assert_true(imp->ess > 1000);
    gal_sampler_free(f);
}

static void start_of_nuts(void **state)
{
    (void)state;
    static gauss g;
    double var[6] = {1e-4, 1e-3, 1e-2, 0.1, 0.5, 1}, mean[6], cov[36], x[4 * 6];
    gauss_init(&g, 6, var, NULL, 2);
    posterior(&g, mean, cov);
    problem p = {.d = 6, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, false);
    t.eval = normal_eval;
    t.prior_transform = normal_transform;
    gal_pathfinder *f = run(&t, (gal_pathfinder_opt){.seed = 3});
    gal_nuts *n;
    ok(gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t,
                          &(gal_nuts_opt){.metric = GAL_METRIC_DENSE, .warmup = 100, .seed = 9}));
    ok(gal_nuts_start_pathfinder(n, f));
    ok(gal_sampler_run(n, &(gal_nuts_goal){.until = 500}));
    gal_nuts_report r;
    ok(gal_nuts_diagnose(n, &r));
    if (!(r.rhat < 1.01 && r.leapfrogs < 10 && r.divergent == 0))
        fail_msg("R-hat %.4f, %.1f leapfrog steps", r.rhat, r.leapfrogs);
    for (size_t k = 0; k < 6; k++) {
        double se, *v = GAL_NEWN(double, 2000);
        for (size_t i = 0; i < 2000; i++)
            v[i] = n->theta[i * 6 + k];
        ok(gal_mcse_mean((gal_chains){v, 500, 4, 4, 1}, &se));
        near(gal_mean(v, NULL, 2000), mean[k], 4 * se);
        gal_free(v);
    }
    (void)x;
    gal_sampler_free(n);
    gal_sampler_free(f);
}

static void errors(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = four_lnlike};
    gal_target t = p_target(&p, false);
    gal_pathfinder *f;
    assert_int_equal(gal_sampler_create((gal_sampler **)&f, &gal_pathfinder_class, &t, NULL), GAL_EUNSUP);
    p = (problem){.d = 2, .f = four_lnlike, .lo = -5, .hi = 5, .stop_at = 9};
    gal_target t2 = p_target(&p, false);
    ok(gal_sampler_create((gal_sampler **)&f, &gal_pathfinder_class, &t2, NULL));
    gal_status st = gal_sampler_run(f, NULL);
    gal_interrupt_set(0);
    assert_int_equal(st, GAL_EINTR);
    assert_int_equal(f->end, GAL_RUN_INTERRUPTED);
    assert_int_equal(f->draws.n, 0);
    ok(gal_sampler_run(f, NULL));
    assert_int_equal(f->draws.n, 1000);
    gal_sampler_free(f);
}

static void no_memory(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = four_lnlike, .lo = -5, .hi = 5, .nblob = 1};
    gal_target t = p_target(&p, false);
    size_t before = gal_mem_live(), done = 0;
    for (long i = 1; i < 400 && done < 3; i += 1 + i / 20) {
        gal_pathfinder *f = NULL, *g = NULL;
        gal_nuts *n = NULL;
        unsigned char *bytes = NULL;
        size_t size;
        gal_mem_fail_after(i);
        gal_status st = gal_sampler_create((gal_sampler **)&f, &gal_pathfinder_class, &t,
                                           &(gal_pathfinder_opt){.paths = 2, .draws = 50});
        if (st == GAL_OK && (st = gal_sampler_run(f, NULL)) == GAL_OK &&
            (st = gal_sampler_state(f, &bytes, &size)) == GAL_OK &&
            (st = gal_sampler_restore((gal_sampler **)&g, &gal_pathfinder_class, &t, bytes, size, NULL)) == GAL_OK &&
            (st = gal_sampler_create((gal_sampler **)&n, &gal_nuts_class, &t, &(gal_nuts_opt){.warmup = 2})) == GAL_OK)
            st = gal_nuts_start_pathfinder(n, g);
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        done += st == GAL_OK;
        gal_free(bytes);
        gal_sampler_free(n);
        gal_sampler_free(g);
        gal_sampler_free(f);
        assert_int_equal(gal_mem_live(), before);
    }
    assert_true(done > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian),  cmocka_unit_test(several_modes), cmocka_unit_test(untrusted),
        cmocka_unit_test(wall),      cmocka_unit_test(start_of_nuts), cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
