/* Histories in bins and all of them at random: numbers worked by hand, mass closure, limits, priors. */
#include "histories.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(continuity_by_hand), cmocka_unit_test(default_edges), cmocka_unit_test(flat),
        cmocka_unit_test(flexible_bins),      cmocka_unit_test(dirichlet),     cmocka_unit_test(stochastic),
        cmocka_unit_test(mass_closure),       cmocka_unit_test(widest_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
