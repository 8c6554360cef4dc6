/* Derivatives of every history and metallicity of the lists: forward against central differences, backward against forward, of the history
 * itself and of the weights of its stars. A part without derivatives is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../extend/history_linexp.c"
#include "close.h"
#include "csp/csp.h"
#include "galua/rng.h"
#include "history.h"

static gal_ssp *ssp;
enum { DRAWS = 100, TIMES = 24 };

static int setup(void **state)
{
    (void)state;
    return gal_ssp_synthetic(&ssp);
}

static int teardown(void **state)
{
    (void)state;
    gal_ssp_unref(ssp);
    return 0;
}

/* Choice number i of a class: options, metallicity, burst, mass as a parameter */
static void choose(gal_sfh *s, const gal_sfh_class *k, int i)
{
    static const double tt[5] = {0, 4e8, 1.1e9, 3e9, 2e10}, ty[5] = {1, 7, 3, 9, 2}, edge[3] = {6e7, 7e8, 2.2e9};
    choice c = {.o.class = k};
    if (k == &linexp)
        c.o.metals = gal_metals_classes()[i / 2 % 6];
    else
        c = with_metals(of(k->name), gal_metals_classes()[i / 2 % 6]->name);
    c = with(with(with(c, "rising", i % 2), "shape", i % 3), "of", i % 2);
    c = with(c, "sigma_dyn", i % 3 ? 0.03 : 0);
    if (strcmp(k->name, "table") == 0)
        c = with_list(with_list(c, "t", tt, 5), "psi", ty, 5);
    else if (i % 5 == 4 && is_binned(k) && strcmp(k->name, "flexible") != 0 && strcmp(k->name, "psb") != 0)
        c = with_list(c, "edges", edge, 3);
    gal_sfh_opts other = {.metals = NULL, .burst = GAL_BURST_EXPONENTIAL};
    assert_int_equal(gal_sfh_find("constant", &other.class), GAL_OK);
    choice third = of("burst");
    gal_sfh_part part[3] = {{"a", &(gal_sfh_opts){.by_mass = i % 2}}, {"b", &other}, {"c", &third.o}};
    if (k->is & GAL_SFH_COMPOSED) {
        c.o.part = part;
        c.o.npart = 3;
    } else {
        c.o.burst = k->is & GAL_SFH_AT_ONCE ? GAL_BURST_NONE : (gal_sfh_burst)(i / 10 % GAL_BURSTS);
        c.o.by_mass = i / 3 % 2;
    }
    assert_int_equal(take(s, c), GAL_OK);
}

/* Random parameters inside the usual ranges, and a direction of the size of the parameters */
static double draw(const gal_sfh *s, gal_rng *r, double *p, double *dp)
{
    double age = 3e8 * pow(40, gal_rng_uniform(r));
    for (size_t i = 0; i < s->npar; i++) {
        const gal_param *q = &s->par[i];
        double u = 0.02 + 0.96 * gal_rng_uniform(r);
        p[i] = !q->free ? q->value : q->log ? q->plo * pow(q->phi / q->plo, u) : q->plo + u * (q->phi - q->plo);
        if (strstr(q->name, "quench") && gal_rng_uniform(r) < 0.4)
            p[i] = age * (0.3 + 0.6 * gal_rng_uniform(r));
        if (strcmp(q->name, "tau_star") == 0 || strcmp(q->name, "period") == 0)
            p[i] = age * pow(10, gal_rng_uniform(r) - 0.8); /* what happens within the age */
        if (strstr(q->name, "Z_start"))
            p[i] = 3e-4 * pow(10, u); /* its default is at the end of the table, where weights have a kink */
        if (strcmp(q->name, "alpha") == 0 || strcmp(q->name, "beta") == 0)
            p[i] = 0.3 * pow(30, u);
        dp[i] =
            gal_rng_normal(r) * (fabs(p[i]) > 0.1 * (q->phi - q->plo) || q->log ? fabs(p[i]) : 0.1 * (q->phi - q->plo));
    }
    return age;
}

/* ------------------------------------------------------------------ sums with random coefficients: one number to differentiate */
typedef struct problem {
    gal_sfh s;
    gal_history h;
    gal_csp c;
    double tau; /* of birth clouds */
    double cpsi[TIMES], cmass[TIMES], cz[TIMES], x[TIMES], *cw0, *cw1, cf[3];
} problem;

static double of_history(problem *q, const double *p, double age, double tau)
{
    (void)tau;
    assert_int_equal(gal_history_set(&q->h, p, age), GAL_OK);
    double sum = 0;
    for (int i = 0; i < TIMES; i++) {
        double t = q->x[i] * age, y;
        gal_history_rate(&q->h, &t, 1, &y);
        sum += q->cpsi[i] * y;
        gal_history_mass(&q->h, &t, 1, &y);
        sum += q->cmass[i] * y;
        gal_history_zgas(&q->h, &t, 1, &y);
        sum += q->cz[i] * y;
    }
    return sum;
}

static double of_weights(problem *q, const double *p, double age, double tau)
{
    assert_int_equal(gal_history_set(&q->h, p, age), GAL_OK);
    gal_csp_weights(&q->c, &q->h, tau, false);
    double sum = q->cf[0] * q->c.formed + q->cf[1] * q->c.age_mass + q->cf[2] * q->c.z_mass;
    for (size_t i = 0; i < ssp->nz * ssp->nage; i++)
        sum += q->cw0[i] * q->c.w0[i] + q->cw1[i] * q->c.w1[i];
    return sum;
}

typedef double (*function)(problem *q, const double *p, double age, double tau);

static double central(function f, problem *q, const double *p, double age, const double *dp, double dage, double dtau,
                      double h)
{
    double up[GAL_SFH_MAXPAR], down[GAL_SFH_MAXPAR];
    for (size_t i = 0; i < q->s.npar; i++) {
        up[i] = p[i] + h * dp[i];
        down[i] = p[i] - h * dp[i];
    }
    return (f(q, up, age + h * dage, q->tau + h * dtau) - f(q, down, age - h * dage, q->tau - h * dtau)) / (2 * h);
}

static void open_problem(problem *q, const gal_sfh_class *k, int i, gal_rng *r)
{
    *q = (problem){0};
    choose(&q->s, k, i);
    assert_int_equal(gal_history_init(&q->h, &q->s), GAL_OK);
    assert_int_equal(gal_csp_init(&q->c, ssp, -2, gal_sfh_max_breaks(&q->s)), GAL_OK);
    size_t n = ssp->nz * ssp->nage;
    q->cw0 = GAL_NEWN(double, 2 * n);
    q->cw1 = q->cw0 + n;
    for (size_t j = 0; j < 2 * n; j++)
        q->cw0[j] = gal_rng_uniform(r);
    for (int j = 0; j < TIMES; j++) {
        q->x[j] = gal_rng_uniform(r);
        q->cpsi[j] = gal_rng_uniform(r);
        q->cmass[j] = 1e-9 * gal_rng_uniform(r);
        q->cz[j] = 100 * gal_rng_uniform(r);
    }
    q->cf[0] = gal_rng_uniform(r);
    q->cf[1] = 1e-9 * gal_rng_uniform(r);
    q->cf[2] = 50 * gal_rng_uniform(r);
    q->tau = 1e6 * pow(50, gal_rng_uniform(r));
}

static void close_problem(problem *q)
{
    gal_history_clear(&q->h);
    gal_csp_clear(&q->c);
    gal_sfh_clear(&q->s);
    gal_free(q->cw0);
}

static const gal_sfh_class *class_at(int k)
{
    int n = 0;
    while (gal_sfh_classes()[n])
        n++;
    return k < n ? gal_sfh_classes()[k] : k == n ? &linexp : NULL;
}

/* 1 when they agree, 0 when they do not, -1 when the function has a kink within the step: differences of two steps disagree then */
static int agrees(function f, problem *q, const double *p, double age, const double *dp, double dage, double dtau,
                  double got, double size)
{
    double a = central(f, q, p, age, dp, dage, dtau, 2e-6), b = central(f, q, p, age, dp, dage, dtau, 1e-6);
    double allowed = 1e-6 * (fabs(a) > size ? fabs(a) : size);
    if (fabs(got - b) <= allowed)
        return 1;
    if (fabs(a - b) > 0.1 * allowed)
        return -1;
    printf("%s: derivative %.12g, differences %.12g, %.12g (size %.3g)\n", q->s.class->name, got, b, a, size);
    return 0;
}

/* Times of 1e10 yr carry 1e-16 of themselves: of the length of a burst of 1e4 yr 1e-10 are unknown. */
static double allowance(const gal_history *h)
{
    return h->burst_mass > 0 ? fmax(1, 1e-4 * h->age / h->burst_span) : 1;
}

static void check_class(const gal_sfh_class *k, int number)
{
    int kinks = 0, bad = 0;
    double worst = 0;
    for (int i = 0; i < DRAWS; i++) {
        gal_rng r;
        problem q;
        gal_csp_diff d;
        double p[GAL_SFH_MAXPAR], dp[GAL_SFH_MAXPAR], age, dage, dtau, sum = 0, back = 0;
        gal_rng_init(&r, 5, 14, (uint64_t)number, (uint64_t)i, 0);
        open_problem(&q, k, i, &r);
        age = draw(&q.s, &r, p, dp);
        dage = age * gal_rng_normal(&r);
        dtau = q.tau * gal_rng_normal(&r);
        assert_int_equal(gal_csp_diff_init(&d, &q.c), GAL_OK);
        if (!(k->is & GAL_SFH_COMPOSED)) { /* the parts of others one by one, in the weights */
            gal_history_diff x, g;
            double t[TIMES], dt[TIMES], dpsi[TIMES], dmass[TIMES], dz[TIMES], gt[TIMES] = {0}, gp[GAL_SFH_MAXPAR] = {0},
                                                                              gage = 0;
            assert_int_equal(gal_history_set(&q.h, p, age), GAL_OK);
            double size = fabs(of_history(&q, p, age, 0));
            gal_history_jvp_begin(&x, &q.h, dp, dage);
            for (int j = 0; j < TIMES; j++) {
                t[j] = q.x[j] * age;
                dt[j] = q.x[j] * dage;
            }
            gal_history_jvp(&x, t, dt, TIMES, dpsi, dmass);
            gal_history_jvp_zgas(&x, t, dt, TIMES, dz);
            double scale = 0;
            for (int j = 0; j < TIMES; j++) {
                sum += q.cpsi[j] * dpsi[j] + q.cmass[j] * dmass[j] + q.cz[j] * dz[j];
                scale += fabs(q.cpsi[j] * dpsi[j]) + fabs(q.cmass[j] * dmass[j]) + fabs(q.cz[j] * dz[j]);
            }
            gal_history_vjp_begin(&g, &q.h);
            gal_history_vjp(&g, t, TIMES, q.cpsi, q.cmass, gt);
            gal_history_vjp_zgas(&g, t, TIMES, q.cz, gt);
            gal_history_vjp_end(&g, gp, &gage);
            scale += fabs(gage * dage);
            back = gage * dage;
            for (int j = 0; j < TIMES; j++) {
                back += gt[j] * dt[j];
                scale += fabs(gt[j] * dt[j]);
            }
            for (size_t j = 0; j < q.s.npar; j++) {
                back += gp[j] * dp[j];
                scale += fabs(gp[j] * dp[j]);
            }
            worst = fmax(worst, fabs(back - sum) / fmax(scale, 1e-300) / allowance(&q.h));
            int ok = agrees(of_history, &q, p, age, dp, dage, 0, sum, size);
            kinks += ok < 0;
            bad += ok == 0;
        }
        double size = fabs(of_weights(&q, p, age, q.tau)), gp[GAL_SFH_MAXPAR] = {0}, gage = 0, gtau = 0;
        assert_int_equal(gal_csp_weights_jvp(&q.c, &q.h, q.tau, dp, dage, dtau, &d), GAL_OK);
        double scale = fabs(q.cf[1] * d.age_mass);
        sum = q.cf[0] * d.formed + q.cf[1] * d.age_mass + q.cf[2] * d.z_mass;
        for (size_t j = 0; j < ssp->nz * ssp->nage; j++) {
            sum += q.cw0[j] * d.w0[j] + q.cw1[j] * d.w1[j];
            scale += fabs(q.cw0[j] * d.w0[j]) + fabs(q.cw1[j] * d.w1[j]);
            d.w0[j] = q.cw0[j];
            d.w1[j] = q.cw1[j];
        }
        d.formed = q.cf[0];
        d.age_mass = q.cf[1];
        d.z_mass = q.cf[2];
        assert_int_equal(gal_csp_weights_vjp(&q.c, &q.h, q.tau, &d, gp, &gage, &gtau), GAL_OK);
        scale += fabs(gage * dage) + fabs(gtau * dtau);
        back = gage * dage + gtau * dtau;
        for (size_t j = 0; j < q.s.npar; j++) {
            back += gp[j] * dp[j];
            scale += fabs(gp[j] * dp[j]);
        }
        worst = fmax(worst, fabs(back - sum) / fmax(scale, 1e-300) / allowance(&q.h));
        int ok = agrees(of_weights, &q, p, age, dp, dage, dtau, sum, size);
        kinks += ok < 0;
        bad += ok == 0;
        gal_csp_diff_clear(&d);
        close_problem(&q);
    }
    printf("%-12s backward against forward %.1e; %d of %d with a kink within the step\n", k->name, worst, kinks,
           2 * DRAWS);
    assert_int_equal(bad, 0);
    assert_true(kinks <= 6);
    assert_true(worst < 1e-12);
}

static void every_history(void **state)
{
    (void)state;
    int without = 0;
    for (int k = 0; class_at(k); k++) {
        const gal_sfh_class *c = class_at(k);
        gal_sfh s;
        char name[80];
        if (c->is & GAL_SFH_GIVEN)
            continue;
        choose(&s, c, 0);
        const char *lacks = gal_sfh_lacks_slopes(&s, name, sizeof name);
        gal_sfh_clear(&s);
        if (lacks) {
            printf("%s has no derivatives\n", lacks);
            without++;
        } else {
            check_class(c, k);
        }
    }
    assert_int_equal(without, 0); /* of the built-in ones, none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_history)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
