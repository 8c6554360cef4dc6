/* The unconstrained space, gradients, L-BFGS, modes, Laplace's method, Pareto-smoothed importance sampling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "infer/sampler/optimum_int.h"
#include "galua/prior.h"
#include "galua/transform.h"
#include "infer_problems.h"

/* ------------------------------------------------------------------ space */
typedef struct {
    gal_prior *prior[6];
} priors;

static double priors_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double s = 0;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        s += sin(1.3 * x[k]) + 0.1 * x[k] * x[(k + 1) % d];
        if (grad)
            grad[k] = 1.3 * cos(1.3 * x[k]) + 0.1 * (x[(k + 1) % d] + x[(k + d - 1) % d]);
    }
    return s;
}

static gal_status pr_transform(const gal_target *t, size_t m, const double *u, double *x)
{
    const problem *p = t->self;
    const priors *q = p->ctx;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < t->ndim; k++)
            x[i * t->ndim + k] = gal_prior_quantile(q->prior[k], u[i * t->ndim + k]);
    return GAL_OK;
}

static gal_status pr_eval(const gal_target *t, size_t m, const double *x, double *lnprior, double *lnlike, double *blob)
{
    gal_status st = p_eval(t, m, x, lnprior, lnlike, blob);
    const priors *q = ((const problem *)t->self)->ctx;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < t->ndim; k++)
            lnprior[i] += gal_prior_logpdf(q->prior[k], x[i * t->ndim + k]);
    return st;
}

static gal_status pr_gradient(const gal_target *t, size_t m, const double *x, double *lnp, double *grad)
{
    const problem *p = t->self;
    const priors *q = p->ctx;
    size_t d = t->ndim;
    for (size_t i = 0; i < m; i++) {
        lnp[i] = priors_lnlike(d, x + i * d, grad + i * d, NULL);
        for (size_t k = 0; k < d; k++) {
            double h = 1e-5, v = x[i * d + k];
            lnp[i] += gal_prior_logpdf(q->prior[k], v);
            grad[i * d + k] += (gal_prior_logpdf(q->prior[k], v + h) - gal_prior_logpdf(q->prior[k], v - h)) / (2 * h);
        }
    }
    return GAL_OK;
}

/* Prior coordinates: N(0, I) whatever the prior; the analytic gradient, carried through the transform, equals differences. */
static void space_of_priors(void **state)
{
    (void)state;
    enum { D = 6 };
    priors q;
    ok(gal_prior_uniform(&q.prior[0], -3, 4));
    ok(gal_prior_normal(&q.prior[1], 1, 0.5));
    ok(gal_prior_beta(&q.prior[2], 2, 3, 0, 2));
    ok(gal_prior_student(&q.prior[3], 0, 1, 3, -INFINITY, INFINITY));
    ok(gal_prior_gamma(&q.prior[4], 3, 0.7));
    ok(gal_prior_loguniform(&q.prior[5], 0.01, 10));
    problem p = {.d = D, .f = priors_lnlike, .ctx = &q};
    gal_target t = p_target(&p, false);
    t.eval = pr_eval;
    t.prior_transform = pr_transform;
    t.gradient = pr_gradient;
    gal_space *a, *n;
    ok(gal_space_create(&a, &t, false));
    ok(gal_space_create(&n, &t, true));
    assert_true(gal_space_probit(a) && gal_space_analytic(a) && !gal_space_analytic(n));
    assert_non_null(strstr(gal_space_text(n), "numerical"));
    for (int i = 0; i < 100; i++) {
        double z[D], scale[D], fa, fn, ga[D], gn[D], f, lp, ll, th[D], back[D];
        ok(gal_space_start(a, 1, (size_t)i, 7, 0, z));
        ok(gal_space_eval(a, 1, z, &f, th, &lp, &ll, NULL));
        double norm = ll;
        for (int k = 0; k < D; k++)
            norm += -0.5 * z[k] * z[k] - 0.5 * log(2 * M_PI);
        near(f, norm, 1e-12);
        ok(gal_space_from_theta(a, th, back));
        for (int k = 0; k < D; k++)
            near(back[k], z[k], 1e-9);
        ok(gal_space_scale(n, 1, z, scale));
        ok(gal_space_gradient(a, 1, z, NULL, &fa, ga));
        ok(gal_space_gradient(n, 1, z, scale, &fn, gn));
        if (!(fabs(fa - f) < 1e-7) || !(fn == f))
            fail_msg("ln p %.15g, with the analytic gradient %.15g, numerical %.15g", f, fa, fn);
        for (int k = 0; k < D; k++)
            /* (5e-4 scale)^2/6 of the third derivative, largest where the curvature vanishes and the scale is that of the prior */
            if (!(fabs(ga[k] - gn[k]) < 3e-6 * fmax(1, fabs(ga[k]))))
                fail_msg("point %d, coordinate %d: analytic %.12g, differences %.12g", i, k, ga[k], gn[k]);
    }
    double far[2 * D], fl[2], gl[2 * D];
    for (int k = 0; k < 2 * D; k++)
        far[k] = k < D ? INFINITY : 1e200;
    ok(gal_space_eval(a, 2, far, fl, NULL, NULL, NULL, NULL));
    assert_true(fl[0] == -INFINITY && fl[1] == -INFINITY);
    ok(gal_space_gradient(a, 2, far, NULL, fl, gl));
    assert_true(fl[0] == -INFINITY && gl[0] == 0);
    for (int k = 0; k < D; k++)
        gal_prior_unref(q.prior[k]);
    gal_space_free(a);
    gal_space_free(n);
}

static gal_status mixing_transform(const gal_target *t, size_t m, const double *u, double *x)
{
    for (size_t i = 0; i < m; i++) { /* x2 in 0 .. x1 */
        x[2 * i] = u[2 * i];
        x[2 * i + 1] = u[2 * i] * u[2 * i + 1];
    }
    (void)t;
    return GAL_OK;
}

static void space_that_mixes(void **state)
{
    (void)state;
    gauss g;
    gauss_init(&g, 2, (double[]){1, 1}, NULL, 1);
    problem p = {.d = 2, .f = gauss_lnlike, .ctx = &g};
    gal_target t = p_target(&p, true);
    gal_space *s;
    double z[2], x[2] = {0.5, 0.2};
    t.prior_transform = mixing_transform;
    ok(gal_space_create(&s, &t, false));
    assert_false(gal_space_analytic(s));
    assert_non_null(strstr(gal_space_text(s), "mixes parameters"));
    assert_int_equal(gal_space_from_theta(s, x, z), GAL_EUNSUP);
    gal_space_free(s);
}

/* Error of the central differences on a function with third derivatives, over 12 decades of width. */
static double narrow_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    const double *w = ctx;
    double s = 0;
    for (size_t k = 0; k < d; k++) {
        double v = x[k] / w[k];
        s += -0.5 * v * v - 0.3 * v * v * v + 1e3 / (double)d;
        if (grad)
            grad[k] = (-v - 0.9 * v * v) / w[k];
    }
    return s;
}

static void difference_error(void **state)
{
    (void)state;
    static const double w[5] = {1e-6, 1e-3, 1, 30, 1e6};
    problem p = {.d = 5, .f = narrow_lnlike, .ctx = w};
    gal_target t = p_target(&p, false);
    gal_space *s;
    double z[5], scale[5], f, g[5], want[5];
    ok(gal_space_create(&s, &t, false));
    for (size_t k = 0; k < 5; k++)
        z[k] = 0.2 * w[k];
    ok(gal_space_scale(s, 1, z, scale));
    ok(gal_space_gradient(s, 1, z, scale, &f, g));
    narrow_lnlike(5, z, want, w);
    for (size_t k = 0; k < 5; k++)
        if (!(fabs(g[k] - want[k]) * w[k] < 2e-6))
            fail_msg("width %g (found %g): gradient %.10g, want %.10g", w[k], scale[k], g[k], want[k]);
    gal_space_free(s);
}

/* ------------------------------------------------------------------ L-BFGS */
static void rosenbrock(void **state)
{
    (void)state;
    static const size_t D[] = {2, 3, 5, 10, 20};
    for (int gradient = 0; gradient < 2; gradient++)
        for (size_t i = 0; i < sizeof D / sizeof *D; i++) {
            problem p = {.d = D[i], .f = rosenbrock_lnlike, .lo = -3, .hi = 3};
            gal_target t = p_target(&p, gradient);
            gal_optimum *o;
            gal_optimum_opt opt = {.starts = 8, .seed = 5, .draws = 100};
            t.prior_transform = NULL; /* the valley itself, not bent by the transform */
            p.lo = p.hi = 0;
            double start[8 * 20];
            for (size_t k = 0; k < 8 * D[i]; k++)
                start[k] = k % 2 ? 1 : -1.2 + 0.1 * (double)(k / D[i]);
            opt.start = start;
            opt.nstart = 8;
            ok(gal_sampler_create((gal_sampler **)&o, &gal_optimum_class, &t, &opt));
            ok(gal_sampler_run(o, NULL));
            const gal_mode *m = &o->mode[0];
            assert_int_equal(o->end, GAL_RUN_APPROXIMATE);
            for (size_t k = 0; k < D[i]; k++)
                if (!(fabs(m->theta[k] - 1) < 2e-5))
                    fail_msg("d = %zu, %s gradient: x%zu = %.9f, want 1 (%s)", D[i],
                             gradient ? "analytic" : "numerical", k + 1, m->theta[k], m->why);
            assert_true(m->lnp > -1e-9);
            gal_sampler_free(o);
        }
}

/* Gaussian likelihood and box prior far outside: mode, covariance and evidence are exact. */
static void laplace_exact(void **state)
{
    (void)state;
    static const size_t D[] = {1, 2, 6, 12};
    for (size_t i = 0; i < sizeof D / sizeof *D; i++) {
        gauss g;
        double var[12], mean[12];
        for (size_t k = 0; k < D[i]; k++) {
            var[k] = pow(10, -2. + 2. * (double)k / (double)D[i]);
            mean[k] = 0.3 * (double)k - 1;
        }
        gauss_init(&g, D[i], var, mean, 11);
        problem p = {.d = D[i], .f = gauss_lnlike, .ctx = &g};
        gal_target t = p_target(&p, false);
        double start[12] = {0};
        gal_optimum *o;
        gal_optimum_opt opt = {.starts = 1, .start = start, .nstart = 1, .seed = 3};
        ok(gal_sampler_create((gal_sampler **)&o, &gal_optimum_class, &t, &opt));
        ok(gal_sampler_run(o, NULL));
        const gal_mode *m = &o->mode[0];
        assert_int_equal(o->nmodes, 1);
        assert_int_equal(m->repaired, 0);
        for (size_t k = 0; k < D[i]; k++) {
            near(m->theta[k], mean[k], 3e-4 * sqrt(g.cov[k * D[i] + k]));
            for (size_t j = 0; j < D[i]; j++)
                near(m->cov[k * D[i] + j], g.cov[k * D[i] + j], 1e-5 * sqrt(g.cov[k * D[i] + k] * g.cov[j * D[i] + j]));
        }
        near(m->lnz, 0, 1e-5); /* density 1 x normalised likelihood */
        const gal_importance *imp = &o->imp;
        near(imp->lnz, 0, 1e-4);
        assert_true(imp->ess > 999.99);
        gal_sampler_free(o);
    }
}

/* Two Gaussians in a box: both modes, their masses, and the sum of the evidence; prior transform in play. */
static double two_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    double a = 0, b = 0;
    (void)grad;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        a += pow((x[k] - 2) / 0.3, 2);
        b += pow((x[k] + 2) / 0.3, 2);
    }
    double n = (double)d * log(0.3 * sqrt(2 * M_PI));
    return log(0.25 * exp(-0.5 * a - n) + 0.75 * exp(-0.5 * b - n) + 1e-300);
}

static void two_modes(void **state)
{
    (void)state;
    problem p = {.d = 3, .f = two_lnlike, .lo = -5, .hi = 5, .nblob = 1};
    gal_target t = p_target(&p, false);
    gal_optimum *o, *o2, *o3;
    gal_optimum_opt opt = {.starts = 24, .seed = 2, .draws = 4000};
    double want = -3 * log(10.);
    ok(gal_sampler_create((gal_sampler **)&o, &gal_optimum_class, &t, &opt));
    ok(gal_sampler_run(o, NULL));
    if (o->nmodes != 2)
        fail_msg("%zu modes, want 2: %s", o->nmodes, o->why);
    const gal_mode *a = &o->mode[0], *b = &o->mode[1];
    assert_int_equal(a->starts + b->starts, 24);
    near(a->theta[0], -2, 0.05);
    near(b->theta[0], 2, 0.05);
    near(exp(a->lnz - o->lnz), 0.75, 0.02);
    near(o->lnz, want, 0.05);
    const gal_importance *imp = &o->imp;
    if (!(fabs(imp->lnz - want) < 4 * imp->lnz_err && imp->khat < 0.5 && imp->ess > 3000))
        fail_msg("importance sampling: ln Z %.4f +- %.4f, want %.4f; k %.2f, ESS %.0f", imp->lnz, imp->lnz_err, want,
                 imp->khat, imp->ess);
    /* weighted draws: share of the mode at -2, blob = x1^2 */
    const gal_draws *w = &o->draws;
    double share = 0;
    for (size_t i = 0; i < w->n; i++) {
        share += w->theta[3 * i] < 0 ? exp(w->lnw[i]) : 0;
        near(w->blob[i], w->theta[3 * i] * w->theta[3 * i], 1e-12);
    }
    near(share, 0.75, 4 * sqrt(0.75 * 0.25 / imp->ess));
    /* same bits again, with threads, and from the stored state */
    ok(gal_threads_set(3));
    p.threaded = true;
    ok(gal_sampler_create((gal_sampler **)&o2, &gal_optimum_class, &t, &opt));
    ok(gal_sampler_run(o2, NULL));
    ok(gal_threads_set(1));
    assert_memory_equal(o2->draws.theta, w->theta, w->n * 3 * sizeof(double));
    assert_memory_equal(o2->draws.lnw, w->lnw, w->n * sizeof(double));
    unsigned char *bytes;
    size_t n;
    ok(gal_sampler_state(o, &bytes, &n));
    ok(gal_sampler_restore((gal_sampler **)&o3, &gal_optimum_class, &t, bytes, n, NULL));
    assert_int_equal(o3->nmodes, 2);
    assert_memory_equal(o3->draws.lnw, w->lnw, w->n * sizeof(double));
    assert_string_equal(o3->mode[1].why, b->why);
    assert_string_equal(o3->why, o->why);
    gal_sampler_free(o3);
    bytes[n / 2] ^= 1;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&o3, &gal_optimum_class, &t, bytes, n, NULL), GAL_EFORMAT);
    gal_free(bytes);
    gal_sampler_free(o);
    gal_sampler_free(o2);
}

static void optimum_interrupted(void **state)
{
    (void)state;
    problem p = {.d = 10, .f = rosenbrock_lnlike, .lo = -3, .hi = 3, .stop_at = 12};
    gal_target t = p_target(&p, false);
    gal_optimum *o;
    ok(gal_sampler_create((gal_sampler **)&o, &gal_optimum_class, &t, &(gal_optimum_opt){.starts = 4, .seed = 1}));
    gal_status st = gal_sampler_run(o, NULL);
    gal_interrupt_set(0);
    assert_int_equal(st, GAL_EINTR);
    assert_int_equal(o->end, GAL_RUN_INTERRUPTED);
    assert_int_equal(o->nmodes, 4);
    assert_false(o->mode[0].converged);
    assert_true(isfinite(o->mode[0].lnp));
    gal_sampler_free(o);
}

/* A saddle and a flat direction: repaired, and said so. */
static double saddle_lnlike(size_t d, const double *x, double *grad, const void *ctx)
{
    (void)d;
    (void)grad;
    (void)ctx;
    return -x[0] * x[0] + 0.25 * x[1] * x[1];
}

static void repaired(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = saddle_lnlike};
    gal_target t = p_target(&p, false);
    gal_space *s;
    double z[2] = {0, 0}, scale[2] = {1, 1}, cov[4], lnz;
    size_t n;
    ok(gal_space_create(&s, &t, false));
    ok(gal_laplace(s, z, scale, 0, cov, &lnz, &n));
    assert_int_equal(n, 1);
    near(cov[0], 0.5, 1e-6);
    near(cov[3], 2, 1e-5);
    gal_space_free(s);
}

/* ------------------------------------------------------------------ PSIS */
static void psis_reference(void **state)
{
    (void)state;
    FILE *f = fopen("tests/ref/psis.txt", "r");
    char line[400], name[40];
    size_t n, cases = 0;
    double shape, reff, khat, ess, wmax, wsum2;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        assert_int_equal(
            sscanf(line, "%39s %zu %lf %lf %lf %lf %lf %lf", name, &n, &shape, &reff, &khat, &ess, &wmax, &wsum2), 8);
        double *lw = GAL_NEWN(double, n), k, s2 = 0, top = -INFINITY, ws = 0;
        uint64_t lcg = 12345 + n;
        for (size_t i = 0; i < n; i++) { /* ln of a Pareto variable, or a bounded weight when shape = 0 */
            lcg = lcg * 6364136223846793005ull + 1442695040888963407ull;
            double u = ((double)(lcg >> 12) + 0.5) * 0x1p-52;
            lw[i] = shape > 0 ? -shape * log(u) : u * u;
        }
        ok(gal_psis(lw, n, reff, &k));
        for (size_t i = 0; i < n; i++) {
            s2 += exp(2 * lw[i]);
            top = fmax(top, lw[i]);
            ws += (double)(i % 7) * exp(lw[i]);
        }
        if (isinf(khat))
            assert_true(isinf(k));
        else if (!(fabs(k - khat) < 1e-10))
            fail_msg("%s: k %.15g, ArviZ %.15g", name, k, khat);
        if (!(fabs(1 / s2 - ess) < 1e-8 * ess) || !(fabs(top - wmax) < 1e-9) || !(fabs(ws - wsum2) < 1e-8 * wsum2))
            fail_msg("%s: ESS %.12g, want %.12g; ln w max %.12g, want %.12g; sum %.12g, want %.12g", name, 1 / s2, ess,
                     top, wmax, ws, wsum2);
        gal_free(lw);
        cases++;
    }
    fclose(f);
    assert_true(cases >= 8);
}

static void psis_errors(void **state)
{
    (void)state;
    double k, none[3] = {-INFINITY, -INFINITY, -INFINITY}, bad[2] = {0, NAN}, some[6] = {-INFINITY, 0, 0, 0, 0, 0};
    assert_int_equal(gal_psis(none, 3, 1, &k), GAL_EMATH);
    assert_int_equal(gal_psis(bad, 2, 1, &k), GAL_EMATH);
    ok(gal_psis(some, 6, 1, &k));
    assert_true(some[0] == -INFINITY && isinf(k));
    near(some[3], -log(5), 1e-14);
    size_t row[4];
    gal_draws w;
    ok(gal_draws_alloc(&w, 4, 1, 0));
    for (int i = 0; i < 4; i++)
        w.lnw[i] = log((double[]){0.5, 0, 0.25, 0.25}[i]);
    gal_draws_pick(&w, 0.5, 4, row);
    assert_true(row[0] == 0 && row[1] == 0 && row[2] == 2 && row[3] == 3);
    gal_draws_clear(&w);
}

static void no_memory(void **state)
{
    (void)state;
    problem p = {.d = 2, .f = two_lnlike, .lo = -5, .hi = 5, .nblob = 1};
    gal_target t = p_target(&p, false);
    size_t before = gal_mem_live(), done = 0;
    for (long i = 1; i < 400 && done < 3; i += 1 + i / 20) {
        gal_optimum *o = NULL, *q = NULL;
        unsigned char *bytes = NULL;
        size_t n;
        gal_mem_fail_after(i);
        gal_status st = gal_sampler_create((gal_sampler **)&o, &gal_optimum_class, &t,
                                           &(gal_optimum_opt){.starts = 3, .draws = 50});
        if (st == GAL_OK && (st = gal_sampler_run(o, NULL)) == GAL_OK &&
            (st = gal_sampler_state(o, &bytes, &n)) == GAL_OK)
            st = gal_sampler_restore((gal_sampler **)&q, &gal_optimum_class, &t, bytes, n, NULL);
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        done += st == GAL_OK;
        gal_free(bytes);
        gal_sampler_free(q);
        gal_sampler_free(o);
        assert_int_equal(gal_mem_live(), before);
    }
    assert_true(done > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_of_priors),     cmocka_unit_test(space_that_mixes), cmocka_unit_test(difference_error),
        cmocka_unit_test(rosenbrock),          cmocka_unit_test(laplace_exact),    cmocka_unit_test(two_modes),
        cmocka_unit_test(optimum_interrupted), cmocka_unit_test(repaired),         cmocka_unit_test(psis_reference),
        cmocka_unit_test(psis_errors),         cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
