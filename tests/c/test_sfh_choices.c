/* Bursts on top, periodic and custom histories, metallicity histories, refused choices, fingerprints. */
#include "histories.h"

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
        cmocka_unit_test(burst_on_top), cmocka_unit_test(periodic), cmocka_unit_test(rising), cmocka_unit_test(metals),
        cmocka_unit_test(custom),       cmocka_unit_test(errors),   cmocka_unit_test(hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
