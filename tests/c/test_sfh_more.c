/* Binned, bursting, periodic and custom histories: numbers worked by hand, mass closure, limits, priors, metallicity histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "galua/rng.h"
#include "history.h"

static gal_sfh make(choice c, double *p)
{
    gal_sfh s;
    gal_status st = take(&s, c);
    if (st != GAL_OK)
        printf("%s\n", gal_error_message());
    assert_int_equal(st, GAL_OK);
    for (size_t i = 0; i < s.npar; i++)
        p[i] = s.par[i].value;
    return s;
}

static gal_history at_age(const gal_sfh *s, const double *p, double age)
{
    gal_history h;
    assert_int_equal(gal_history_init(&h, s), GAL_OK);
    assert_int_equal(gal_history_set(&h, p, age), GAL_OK);
    return h;
}

static double rate(const gal_history *h, double t)
{
    double psi;
    gal_history_rate(h, &t, 1, &psi);
    return psi;
}

static double mass(const gal_history *h, double t)
{
    double m;
    gal_history_mass(h, &t, 1, &m);
    return m;
}

static void draw(const gal_sfh *s, gal_rng *r, double *p)
{
    for (size_t i = 0; i < s->npar; i++) {
        const gal_param *q = &s->par[i];
        double u = gal_rng_uniform(r);
        p[i] = !q->free ? q->value : q->log ? q->plo * pow(q->phi / q->plo, u) : q->plo + u * (q->phi - q->plo);
    }
}

/* mass 1e10 in bins 0-100 Myr, 0.1-1 Gyr, 1-2 Gyr with rates 1 : 10^-0.3 : 10^-0.1 */
static void continuity_by_hand(void **state)
{
    (void)state;
    static const double edge[2] = {1e8, 1e9};
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make(with_list(of("continuity"), "edges", edge, 2), p);
    assert_string_equal(s.par[2].name, "r2");
    p[0] = 1e10;
    p[1] = 0.3;
    p[2] = -0.2;
    gal_history h = at_age(&s, p, 2e9);
    double psi0 = 1e10 / (1e8 + 9e8 * 0.50118723362727 + 1e9 * 0.79432823472428);
    CLOSE(rate(&h, 1.95e9), psi0, 1e-13);
    CLOSE(rate(&h, 1.5e9), psi0 * 0.50118723362727, 1e-13);
    CLOSE(rate(&h, 0.5e9), psi0 * 0.79432823472428, 1e-13);
    CLOSE(mass(&h, 1e9), psi0 * 0.79432823472428 * 1e9, 1e-13);
    CLOSE(mass(&h, 1.2e9), psi0 * (0.79432823472428 * 1e9 + 0.50118723362727 * 2e8), 1e-13);
    CLOSE(mass(&h, 2e9), 1e10, 1e-14);
    assert_true(rate(&h, 0) == 0 && mass(&h, -1) == 0);
    h = at_age(&s, p, 5e8); /* the oldest bin has no width: two bins of 0.1 and 0.4 Gyr */
    CLOSE(rate(&h, 4.5e8), 1e10 / (1e8 + 4e8 * 0.50118723362727), 1e-13);
    CLOSE(mass(&h, 5e8), 1e10, 1e-14);
    gal_sfh_clear(&s);
}

/* Leja+19: 0, 30, 100 Myr, log-spaced to 0.85 age, age */
static void default_edges(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make(of("continuity"), p);
    gal_history h = at_age(&s, p, 1e10);
    assert_int_equal(h.nbin, 7);
    static const double look[8] = {0,           3e7,        1e8,   303637027.7,
                                   921954445.7, 2799395075, 8.5e9, 1e10}; /* x 85^(1/4) = 3.0363703 */
    for (int i = 0; i < 8; i++)
        assert_true(fabs(1e10 - h.t[7 - i] - look[i]) <= 1e-9 * look[i] + 1e-5);
    for (double age = 1e5; age < 2e10; age *= 3)
        for (size_t n = 2; n <= GAL_SFH_MAXBIN; n += 5) {
            gal_sfh_clear(&s);
            s = make(with(of("continuity"), "n", (double)n), p);
            h = at_age(&s, p, age);
            for (size_t k = 0; k < n; k++)
                assert_true(h.t[k + 1] > h.t[k]);
            assert_true(h.t[0] == 0 && h.t[n] == age);
        }
    gal_sfh_clear(&s);
}

/* ratios of 1 are a constant rate in every binned model; so are equal shares of the rate */
static void flat(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    for (const gal_sfh_class *const *k = gal_sfh_classes(); *k; k++) {
        if (!is_binned(*k))
            continue;
        gal_sfh s = make(with(with(of((*k)->name), "n", 9), "of", 1), p);
        for (double age = 1e7; age < 2e10; age *= 10) {
            gal_history h = at_age(&s, p, age);
            for (double x = 0.01; x < 1; x += 0.09)
                CLOSE(rate(&h, x * age), 1e10 / age, 1e-12);
        }
        gal_sfh_clear(&s);
    }
}

/* flexible bins form equal masses, whatever the ratios, and neighbours have the ratio asked for */
static void flexible_bins(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    for (int trial = 0; trial < 50; trial++) {
        gal_rng r;
        gal_rng_init(&r, 3, 5, (uint64_t)trial, 0, 0);
        bool psb = trial % 2;
        gal_sfh s = make(with(of(psb ? "psb" : "flexible"), "n", 8), p);
        draw(&s, &r, p);
        double age = 1e9 * pow(13, gal_rng_uniform(&r));
        gal_history h = at_age(&s, p, age);
        size_t nold = psb ? 3 : 1, n = 8, first = psb ? 2 : 1;
        for (size_t k = nold; k + 2 < n; k++) /* galaxy time: old bins first */
            CLOSE(h.cum[k + 1] - h.cum[k], h.cum[nold + 1] - h.cum[nold], 1e-11);
        for (size_t i = 0; i + 1 < n; i++)
            CLOSE(log10(h.psi[n - 1 - i] / h.psi[n - 2 - i]), p[first + i], 1e-9);
        CLOSE(h.cum[n], p[0], 1e-13);
        double t2 = psb ? fmin(2e9, 0.6 * age) : 0.85 * age, t1 = psb ? fmin(p[1], 0.9 * t2) : 3e7;
        CLOSE(age - h.t[n - 1], t1, 1e-6);
        CLOSE(age - h.t[nold], t2, 1e-12);
        if (psb)
            CLOSE(h.t[2] - h.t[1], (age - t2) / 3, 1e-9);
        gal_sfh_clear(&s);
    }
}

/* shares by stick breaking: z = 0.5, 0.4, 0.25 leave 0.5, 0.2, 0.075, 0.225 */
static void dirichlet(void **state)
{
    (void)state;
    static const double edge[3] = {1e8, 3e8, 1e9}, want[4] = {0.5, 0.2, 0.075, 0.225}, width[4] = {1e8, 2e8, 7e8, 1e9};
    double p[GAL_SFH_MAXPAR];
    char text[80];
    for (int of_rate = 0; of_rate < 2; of_rate++) {
        gal_sfh s = make(with(with(with_list(of("dirichlet"), "edges", edge, 3), "of", of_rate), "alpha", 0.7), p);
        CLOSE(p[1], 0.25, 1e-15); /* equal shares */
        CLOSE(p[3], 0.5, 1e-15);
        p[1] = 0.5;
        p[2] = 0.4;
        p[3] = 0.25;
        gal_history h = at_age(&s, p, 2e9);
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += want[i] * (of_rate ? width[i] : 1);
        for (int i = 0; i < 4; i++)
            CLOSE(h.cum[4 - i] - h.cum[3 - i], 1e10 * want[i] * (of_rate ? width[i] : 1) / sum, 1e-13);
        assert_string_equal(gal_sfh_prior(&s, 0, text, sizeof text), "");
        assert_string_equal(gal_sfh_prior(&s, 1, text, sizeof text), "beta(0.7, 2.1, 0, 1)");
        assert_string_equal(gal_sfh_prior(&s, 3, text, sizeof text), "beta(0.7, 0.7, 0, 1)");
        assert_string_equal(gal_sfh_prior(&s, 4, text, sizeof text), ""); /* tau_quench */
        p[1] = 1;                                                         /* everything in the youngest bin */
        h = at_age(&s, p, 2e9);
        CLOSE(mass(&h, 2e9) - mass(&h, 1.9e9), 1e10, 1e-12);
        gal_sfh_clear(&s);
    }
}

/* The covariance of the ratios is that of the extended regulator: by hand for two bins, L L^T for many. */
static void stochastic(void **state)
{
    (void)state;
    static const double edge[1] = {1e9};
    double p[GAL_SFH_MAXPAR], l[12][12] = {{0}}, c[13];
    gal_sfh s = make(with_list(of("stochastic"), "edges", edge, 1), p);
    p[1] = 1; /* sd of r: sqrt(2 [C(0) - C(1 Gyr)]) = sqrt(2 (0.0909 - 0.064172267)) */
    gal_history h = at_age(&s, p, 2e9);
    CLOSE(log10(rate(&h, 1.5e9) / rate(&h, 0.5e9)), 0.2312043812, 1e-7);
    gal_sfh_clear(&s);
    const double sr = 0.4, te = 2e9, ti = 3e8, sd = 0.1, td = 5e7, age = 1e10;
    choice c13 = with(with(with(of("stochastic"), "n", 13), "sigma_reg", sr), "tau_eq", te);
    s = make(with(with(with(c13, "tau_in", ti), "sigma_dyn", sd), "tau_dyn", td), p);
    for (int k = 0; k < 12; k++) { /* column k of L */
        for (int i = 0; i < 12; i++)
            p[1 + i] = i == k;
        h = at_age(&s, p, age);
        for (int i = 0; i < 12; i++)
            l[i][k] = log10(h.psi[12 - i] / h.psi[11 - i]);
    }
    for (int i = 0; i < 13; i++)
        c[i] = age - 0.5 * (h.t[13 - i] + h.t[12 - i]);
#define COV(a, b)                                                                                                      \
    (sr * sr * (te * exp(-fabs(c[a] - c[b]) / te) - ti * exp(-fabs(c[a] - c[b]) / ti)) / (te - ti) +                   \
     sd * sd * exp(-fabs(c[a] - c[b]) / td))
    for (int i = 0; i < 12; i++)
        for (int j = 0; j <= i; j++) {
            double got = 0, want = COV(i, j) - COV(i, j + 1) - COV(i + 1, j) + COV(i + 1, j + 1);
            for (int k = 0; k < 12; k++)
                got += l[i][k] * l[j][k];
            assert_true(fabs(got - want) < 1e-9 * sr * sr);
        }
    char text[80];
    assert_string_equal(gal_sfh_prior(&s, 1, text, sizeof text), "normal(0, 1)");
    gal_sfh_clear(&s);
    s = make(with(with(with(of("stochastic"), "tau_eq", 1e9), "tau_in", 1e9), "sigma_dyn", 0), p); /* equal times */
    p[1] = 1;
    h = at_age(&s, p, age);
    double lag = 0.5 * (3e7 + 7e7) / 1e9;
    CLOSE(log10(h.psi[6] / h.psi[5]), 0.3 * sqrt(2 * (1 - (1 + lag) * exp(-lag))), 1e-6);
    gal_sfh_clear(&s);
}

/* All models, usual and extreme parameters, all ages: the mass is closed, rates are finite and not negative, and the mass between
 * kinks is the integral of the rate. */
static void mass_closure(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR], brk[400], worst = 0;
    const double *w, *x = gal_gauss_nodes(8, &w);
    for (int kind = 5; gal_sfh_classes()[kind]; kind++) /* the first ones in test_sfh.c, against adaptive quadrature */
        for (int trial = 0; trial < 120; trial++) {
            const gal_sfh_class *k = gal_sfh_classes()[kind];
            bool single = k->is & GAL_SFH_AT_ONCE, binned = is_binned(k), psb = strcmp(k->name, "psb") == 0;
            if (k->is & (GAL_SFH_GIVEN | GAL_SFH_COMPOSED) || strcmp(k->name, "table") == 0)
                continue;
            gal_rng r;
            gal_rng_init(&r, 1, 9, (uint64_t)kind, (uint64_t)trial, 0);
            choice c = with(with(of(k->name), "rising", trial % 2), "shape", trial % 3);
            c = with(with_burst(c, single ? GAL_BURST_NONE : (gal_sfh_burst)(trial % 4)), "n",
                     binned && trial % 7 ? 6 + trial % 20 : 0);
            gal_sfh s = make(c, p);
            draw(&s, &r, p);
            if (trial % 10 == 0) /* the ends of the allowed ranges */
                for (size_t i = psb ? 2 : 1; binned && i < s.nown; i++)
                    p[i] = gal_rng_uniform(&r) < 0.5 ? s.par[i].lo : s.par[i].hi;
            double age = 1e6 * pow(1.3e4, gal_rng_uniform(&r));
            gal_history h = at_age(&s, p, age);
            double total = h.formed;
            if (binned)
                CLOSE(total, p[0] / (s.o.burst ? 1 - p[s.nown] : 1), 1e-12);
            assert_true(isfinite(total) && total >= 0);
            size_t n = gal_history_breaks(&h, brk);
            assert_true(n <= gal_sfh_max_breaks(&s));
            brk[n++] = 0;
            for (int j = 0; j <= 60; j++)
                brk[n++] = age * pow(10, -j / 20.);
            for (size_t i = 1; i < n; i++) /* sort */
                for (size_t j = i; j > 0 && brk[j - 1] > brk[j]; j--) {
                    double t = brk[j];
                    brk[j] = brk[j - 1];
                    brk[j - 1] = t;
                }
            double sum = 0;
            for (size_t i = 0; i + 1 < n; i++) {
                double a = fmax(brk[i], 0), b = fmin(brk[i + 1], age), part = 0;
                for (int q = 0; q < 8 && b > a; q++) {
                    double psi = rate(&h, 0.5 * (a + b) + 0.5 * (b - a) * x[q]);
                    assert_true(psi >= 0 && isfinite(psi));
                    part += 0.5 * (b - a) * w[q] * psi;
                }
                sum += part;
                assert_true(b <= a || mass(&h, b) >= mass(&h, a) * (1 - 1e-15));
            }
            if (single) { /* no rate: all of it at the onset */
                assert_true(sum == 0 && total == p[0] && mass(&h, 1) == total && mass(&h, age) == total);
                gal_sfh_clear(&s);
                continue;
            }
            if (strcmp(k->name, "periodic") != 0 && total > 0) /* its older bursts have no breaks */
                worst = fmax(worst, fabs(sum / total - 1));
            gal_sfh_clear(&s);
        }
    printf("integral of the rate against the mass: %.2g\n", worst);
    assert_true(worst < 1e-6); /* the quadrature: bursts that decay within an interval */
}

/* Ends and insides of the allowed ranges of every parameter: rates, masses and metallicities are finite and not negative, masses
 * grow. */
static void widest_ranges(void **state)
{
    (void)state;
    static const double tt[3] = {0, 1e9, 1.4e10}, ty[3] = {1, 0, 5};
    double p[GAL_SFH_MAXPAR], t[40], y[40];
    for (int kind = 0; gal_sfh_classes()[kind]; kind++)
        for (int trial = 0; trial < 300; trial++) {
            const gal_sfh_class *k = gal_sfh_classes()[kind];
            if (k->is & GAL_SFH_GIVEN)
                continue;
            gal_rng r;
            gal_rng_init(&r, 8, 9, (uint64_t)kind, (uint64_t)trial, 0);
            choice pick = with(with(of(k->name), "rising", trial % 2), "shape", trial % 3);
            pick = with_metals(pick, gal_metals_classes()[trial / 4 % 6]->name);
            pick = with_burst(pick, may_burst(k) ? (gal_sfh_burst)(trial % 4) : GAL_BURST_NONE);
            if (strcmp(k->name, "table") == 0)
                pick = with_list(with_list(pick, "t", tt, 3), "psi", ty, 3);
            gal_sfh s = make(pick, p);
            for (size_t i = 0; i < s.npar; i++) {
                const gal_param *q = &s.par[i];
                double u = gal_rng_uniform(&r), v = gal_rng_uniform(&r);
                p[i] = u < 0.2   ? q->lo
                       : u > 0.8 ? q->hi
                       : q->log  ? fmax(q->lo, q->hi * 1e-30) * pow(q->hi / fmax(q->lo, q->hi * 1e-30), v)
                                 : q->lo + v * (q->hi - q->lo);
            }
            double age = 1e5 * pow(2e5, gal_rng_uniform(&r));
            gal_history h = at_age(&s, p, age);
            for (int i = 0; i < 40; i++)
                t[i] = age * pow(10, (i - 39) / 5.);
            gal_history_rate(&h, t, 40, y);
            for (int i = 0; i < 40; i++)
                assert_true(y[i] >= 0 && isfinite(y[i]));
            gal_history_mass(&h, t, 40, y);
            for (int i = 0; i < 40; i++)
                assert_true(isfinite(y[i]) && y[i] >= (i ? y[i - 1] * (1 - 1e-12) : 0));
            gal_history_zgas(&h, t, 40, y);
            for (int i = 0; i < 40; i++)
                assert_true(y[i] >= 0 && y[i] <= 1);
            gal_history_zstar(&h, t, 40, y);
            for (int i = 0; i < 40; i++)
                assert_true(y[i] >= 0 && y[i] <= 1);
            gal_sfh_content c;
            gal_history_content(&h, -0.85, &c);
            assert_true(c.sfr >= 0 && c.mgas >= 0 && c.mdust >= 0 && isfinite(c.sfr + c.mgas + c.mdust));
            gal_history_clear(&h);
            gal_sfh_clear(&s);
        }
}

/* a burst of share f: total M/(1-f); nothing of it before its start; all of it at the age */
static void burst_on_top(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    for (int b = GAL_BURST_DELTA; b <= GAL_BURST_EXPONENTIAL; b++) {
        gal_sfh s = make(with_burst(of("constant"), (gal_sfh_burst)b), p);
        assert_string_equal(s.par[1].name, "f_burst");
        assert_string_equal(s.par[gal_sfh_quench_index(&s)].name, "tau_quench");
        p[0] = 2;
        p[1] = 0.25;
        p[2] = 3e8;
        if (b != GAL_BURST_DELTA)
            p[3] = 1e8;
        gal_history h = at_age(&s, p, 1e9);
        CLOSE(h.formed, 2e9 / 0.75, 1e-14);
        CLOSE(mass(&h, 7e8), 1.4e9, 1e-14);
        CLOSE(rate(&h, 6.9e8), 2, 1e-15);
        double at = 7e8 + (b == GAL_BURST_DELTA ? 1e4 : 1e8), made = 2e9 / 3;
        double until = b == GAL_BURST_EXPONENTIAL ? made * (1 - exp(-1.)) / (1 - exp(-3.)) : made;
        CLOSE(mass(&h, at) - 2 * at, until, 1e-9);
        CLOSE(rate(&h, 7e8 + 5e3) - 2,
              b == GAL_BURST_DELTA       ? made / 1e4
              : b == GAL_BURST_RECTANGLE ? made / 1e8
                                         : made / 1e8 / (1 - exp(-3.)) * exp(-5e-5),
              1e-12);
        p[gal_sfh_quench_index(&s)] = 5e8; /* quenched before: only what came before counts */
        h = at_age(&s, p, 1e9);
        CLOSE(h.formed, 1e9, 1e-14);
        p[gal_sfh_quench_index(&s)] = 1e20;
        p[2] = 2e10; /* older than the galaxy: at the onset */
        h = at_age(&s, p, 1e9);
        CLOSE(h.formed, 2e9 / 0.75, 1e-12);
        p[1] = 0;
        h = at_age(&s, p, 1e9);
        CLOSE(h.formed, 2e9, 1e-15);
    }
    gal_sfh s = make(with_burst(of("insitu"), GAL_BURST_EXPONENTIAL), p), bare;
    double q[GAL_SFH_MAXPAR];
    bare = make(of("insitu"), q);
    gal_history h = at_age(&s, p, 1e9), g = at_age(&bare, q, 1e9);
    gal_sfh_content a, c;
    gal_history_content(&h, -0.85, &a);
    gal_history_content(&g, -0.85, &c);
    assert_true(a.sfr > c.sfr);
    assert_true(a.mgas == c.mgas && a.mdust == c.mdust && a.zgas == c.zgas); /* its gas is the analytic solution's */
}

/* period 1e9, tau 1e8, at t = 2.5e9: bursts of ages 0.5, 1.5, 2.5 Gyr */
static void periodic(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make(of("periodic"), p);
    p[0] = 10;
    p[1] = 1e9;
    p[2] = 1e8;
    gal_history h = at_age(&s, p, 5e9);
    CLOSE(rate(&h, 2.5e9), 10 * (exp(-5.) + exp(-15.) + exp(-25.)), 1e-13);
    CLOSE(mass(&h, 2.5e9), 1e9 * (3 - exp(-5.) - exp(-15.) - exp(-25.)), 1e-13);
    CLOSE(rate(&h, 2e9 + 1), 10, 1e-4);
    gal_sfh_clear(&s);
    s = make(with(of("periodic"), "shape", 2), p);
    p[0] = 10;
    p[1] = 1e9;
    p[2] = 1e8;
    h = at_age(&s, p, 5e9);
    assert_true(rate(&h, 2.05e9) == 10 && rate(&h, 2.5e9) == 0);
    CLOSE(mass(&h, 2.05e9), 10 * 2.5e8, 1e-14);
    p[2] = 1.5e9; /* longer than the period: they overlap */
    h = at_age(&s, p, 5e9);
    assert_true(rate(&h, 2.2e9) == 20 && rate(&h, 2.7e9) == 10);
    gal_sfh_clear(&s);
    s = make(with(of("periodic"), "shape", 1), p);
    p[0] = 10;
    p[1] = 1e9;
    p[2] = 1e7;
    h = at_age(&s, p, 5e9);
    CLOSE(rate(&h, 3e9 + 1e7), 10, 1e-13); /* norm is the highest rate */
    CLOSE(mass(&h, 4e9 * (1 - 1e-15)), 4 * 10 * M_E * 1e7, 1e-12);
    CLOSE(mass(&h, 1e5), 10 * M_E * 1e7 * (1 - 1.01 * exp(-0.01)), 1e-11); /* series at small times */
    gal_sfh_clear(&s);
}

static void rising(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make(with(of("exponential"), "rising", 1), p);
    p[0] = 7;
    p[1] = 1e9;
    gal_history h = at_age(&s, p, 3e9);
    CLOSE(rate(&h, 3e9), 7, 1e-15);
    CLOSE(rate(&h, 2e9), 7 / M_E, 1e-15);
    CLOSE(h.formed, 7e9 * (1 - exp(-3.)), 1e-14);
    p[1] = 1e5; /* no overflow however fast */
    h = at_age(&s, p, 1e10);
    CLOSE(h.formed, 7e5, 1e-12);
    gal_sfh_clear(&s);
}

/* Z from 0.001 to 0.021 in 1 Gyr of constant rate: linear: mean half-way; step at 0.75 Gyr: a quarter of the stars are rich */
static void metals(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR], t[3] = {0, 2.5e8, 1e9}, z[3];
    gal_sfh s = make(with_metals(of("constant"), "linear"), p);
    assert_string_equal(s.par[4].name, "Z_start");
    p[3] = 0.021;
    p[4] = 0.001;
    gal_history h = at_age(&s, p, 1e9);
    gal_history_zgas(&h, t, 3, z);
    CLOSE(z[0], 0.001, 1e-14);
    CLOSE(z[1], 0.006, 1e-14);
    CLOSE(z[2], 0.021, 1e-14);
    gal_history_zstar(&h, t, 3, z);
    CLOSE(z[1], 0.0035, 1e-13);
    CLOSE(z[2], 0.011, 1e-13);
    gal_sfh_clear(&s);
    s = make(with_metals(of("exponential"), "linear"), p);
    p[1] = 5e8; /* mean time of formation until 1 Gyr: tau [1 - 3 e^-2]/(1 - e^-2) */
    p[4] = 0.021;
    p[5] = 0.001;
    h = at_age(&s, p, 1e9);
    gal_history_zstar(&h, t + 2, 1, z);
    CLOSE(z[0], 0.001 + 0.02 * 0.5 * (1 - 3 * exp(-2.)) / (1 - exp(-2.)), 1e-9);
    gal_sfh_clear(&s);
    s = make(with_metals(of("constant"), "step"), p);
    assert_string_equal(s.par[5].name, "t_step");
    p[3] = 0.021;
    p[4] = 0.001;
    p[5] = 7.5e8;
    h = at_age(&s, p, 1e9);
    gal_history_zgas(&h, t, 3, z);
    assert_true(z[1] == 0.001 && z[2] == 0.021);
    gal_history_zstar(&h, t, 3, z);
    CLOSE(z[1], 0.001, 1e-14);
    CLOSE(z[2], 0.006, 1e-13);
    gal_sfh_content c;
    gal_history_content(&h, -0.85, &c);
    assert_true(c.zgas == 0.021);
    gal_sfh_clear(&s);
    s = make(with_metals(of("constant"), "closed_box"),
             p); /* the gas fraction falls linearly with time to e^(-dZ/yield) */
    assert_string_equal(s.par[5].name, "yield");
    p[3] = 0.021;
    p[4] = 0.001;
    p[5] = 0.01;
    h = at_age(&s, p, 1e9);
    gal_history_zgas(&h, t, 3, z);
    CLOSE(z[0], 0.001, 1e-14);
    CLOSE(z[1], 0.001 - 0.01 * log(0.75 + 0.25 * exp(-2.)), 1e-13);
    CLOSE(z[2], 0.021, 1e-13);
    gal_history_zstar(&h, t + 2, 1,
                      z); /* mean over the gas fraction g from e^-2 to 1 of -y ln g: y [1 - g + g ln g]/(1 - g) */
    CLOSE(z[0], 0.001 + 0.01 * (1 - 3 * exp(-2.)) / (1 - exp(-2.)), 1e-13);
    p[5] = 0.2; /* little gas is used: in proportion to the mass formed */
    p[3] = 0.0010001;
    h = at_age(&s, p, 1e9);
    gal_history_zgas(&h, t + 1, 1, z);
    CLOSE(z[0] - 0.001, 0.25e-7, 1e-6);
    gal_sfh_clear(&s);
}

/* ------------------------------------------------------------------ custom */
static int owners, opened;
static void own(void *self)
{
    (void)self;
    owners++;
}
static void disown(void *self)
{
    (void)self;
    owners--;
}
static gal_status open_one(void **local, const void *self)
{
    (void)self;
    *local = &opened;
    opened++;
    return GAL_OK;
}
static void close_one(void *local)
{
    (void)local;
    opened--;
}
static gal_status bell(void *local, const double *p, const double *t, size_t n, double *psi)
{
    (void)local;
    for (size_t i = 0; i < n; i++)
        psi[i] = p[0] * exp(-0.5 * pow((t[i] - p[1]) / 5e8, 2)) - (p[1] > 5e9 ? 1 : 0);
    return GAL_OK;
}

static void custom(void **state)
{
    (void)state;
    static const gal_param par[2] = {{"top", "Msun/yr", "", 10, 0, 1e4, 1, 100, true, true},
                                     {"when", "yr", "", 2e9, 0, 1e11, 1e8, 1e10, true, true}};
    gal_sfh_custom c = {.self = &owners,
                        .par = par,
                        .npar = 2,
                        .ref = own,
                        .unref = disown,
                        .open = open_one,
                        .close = close_one,
                        .rate = bell};
    double p[GAL_SFH_MAXPAR];
    choice given = of("custom");
    given.o.custom = &c;
    gal_sfh s = make(given, p);
    assert_int_equal(owners, 1);
    assert_int_equal(gal_sfh_quench_index(&s), 2);
    gal_history h = at_age(&s, p, 8e9);
    assert_int_equal(opened, 1);
    double want = 10 * 5e8 * sqrt(M_PI / 2) * (erf(6e9 / (5e8 * M_SQRT2)) + erf(2e9 / (5e8 * M_SQRT2)));
    CLOSE(h.formed, want, 1e-3);
    CLOSE(rate(&h, 2e9), 10, 5e-3); /* between nodes 4 % apart */
    double sum = 0;                 /* the mass is that of the table, exactly */
    for (size_t i = 0; i + 1 < h.ntab; i++)
        sum += 0.5 * (h.tab_psi[i] + h.tab_psi[i + 1]) * (h.tab_t[i + 1] - h.tab_t[i]);
    CLOSE(h.formed, sum, 1e-13);
    assert_int_equal(gal_check_ascending("t", h.tab_t, h.ntab), GAL_OK);
    p[1] = 6e9;
    assert_int_equal(gal_history_set(&h, p, 8e9), GAL_EDOMAIN);
    assert_string_equal(gal_error_message(),
                        "sfh.custom: the rate at t = 0 yr (age 8e+09 yr) is -1: it must be finite and >= 0");
    gal_history_clear(&h);
    gal_sfh_clear(&s);
    assert_true(owners == 0 && opened == 0);
}

static void refused(choice c, const char *message)
{
    gal_sfh s;
    assert_true(take(&s, c) != GAL_OK);
    assert_string_equal(gal_error_message(), message);
}

static void errors(void **state)
{
    (void)state;
    static const double edge[2] = {1e9, 1e8}, zero[2] = {0, 1e8};
    refused(with(of("continuity"), "n", 1), "sfh.continuity: 1 bins, 2 .. 32 are possible");
    refused(with(of("psb"), "n", 33), "sfh.psb: 33 bins, 5 .. 32 are possible");
    refused(with(of("psb"), "n_old", 0.5), "sfh.psb: n_old = 0.5 must be a whole number of bins above 0");
    refused(with(of("flexible"), "n", 2.5), "sfh.flexible: n = 2.5 must be a whole number of bins");
    refused(with_list(with(of("dirichlet"), "n", 5), "edges", zero, 2),
            "sfh.dirichlet: n = 5, but 2 inner edges make 3 bins");
    refused(with_list(of("dirichlet"), "edges", edge, 2),
            "sfh: edges: must ascend, but value 2 (1e+08) is not above value 1 (1e+09)");
    refused(with_list(of("dirichlet"), "edges", zero, 2),
            "sfh.dirichlet: the first inner edge is 0 yr: the youngest bin starts at 0 without it");
    refused(with(of("dirichlet"), "alpha", -1), "sfh.dirichlet: alpha = -1 must be a number above 0");
    refused(with(of("stochastic"), "tau_eq", -1), "sfh.stochastic: tau_eq = -1 must be a number above 0");
}

/* choices that matter are in the hash */
static void hashes(void **state)
{
    (void)state;
    const choice o[] = {of("continuity"),
                        with(of("continuity"), "n", 8),
                        with_burst(of("continuity"), GAL_BURST_DELTA),
                        with_metals(of("continuity"), "step"),
                        of("stochastic"),
                        with(of("stochastic"), "tau_in", 1e8),
                        of("dirichlet"),
                        with(of("dirichlet"), "alpha", 0.5)};
    char hex[8][33];
    for (int i = 0; i < 8; i++) {
        gal_sfh s;
        assert_int_equal(take(&s, o[i]), GAL_OK);
        gal_hash_hex(gal_sfh_hash(&s), hex[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(hex[k], hex[i]);
        gal_sfh_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continuity_by_hand),
        cmocka_unit_test(default_edges),
        cmocka_unit_test(flat),
        cmocka_unit_test(flexible_bins),
        cmocka_unit_test(dirichlet),
        cmocka_unit_test(stochastic),
        cmocka_unit_test(mass_closure),
        cmocka_unit_test(widest_ranges),
        cmocka_unit_test(burst_on_top),
        cmocka_unit_test(periodic),
        cmocka_unit_test(rising),
        cmocka_unit_test(metals),
        cmocka_unit_test(custom),
        cmocka_unit_test(errors),
        cmocka_unit_test(hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
