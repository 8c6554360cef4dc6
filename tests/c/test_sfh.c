/* Star formation histories: golden values of the reference code (9 printed digits), closed-form masses against quadrature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/num.h"
#include "history.h"

static gal_sfh make(const char *name, double *p)
{
    gal_sfh s;
    assert_int_equal(take(&s, of(name)), GAL_OK);
    for (size_t i = 0; i < s.npar; i++)
        p[i] = s.par[i].value;
    return s;
}

static gal_status table(gal_sfh *s, const double *t, const double *psi, size_t n)
{
    return take(s, with_list(with_list(of("table"), "t", t, n), "psi", psi, n));
}

static gal_history at_age(const gal_sfh *s, const double *p, double age)
{
    gal_history h;
    assert_int_equal(gal_history_init(&h, s), GAL_OK);
    assert_int_equal(gal_history_set(&h, p, age), GAL_OK);
    return h;
}

static double rate_in(const gal_history *h, double t)
{
    double psi;
    gal_history_rate(h, &t, 1, &psi);
    return psi;
}

static double mass_in(const gal_history *h, double t)
{
    double m;
    gal_history_mass(h, &t, 1, &m);
    return m;
}

/* of models whose rate does not depend on the age */
static double rate(const gal_sfh *s, const double *p, double t)
{
    gal_history h = at_age(s, p, 1e10);
    return rate_in(&h, t);
}

static double mass(const gal_sfh *s, const double *p, double t)
{
    gal_history h = at_age(s, p, 1e10);
    return mass_in(&h, t);
}

static void content(const gal_sfh *s, const double *p, double t, double exponent, gal_sfh_content *c)
{
    gal_history h = at_age(s, p, t);
    gal_history_content(&h, exponent, c);
}

static double mstar(const gal_sfh *s, const double *p, double age, size_t n)
{
    gal_history h = at_age(s, p, age);
    return gal_history_mstar_galapy(&h, n);
}

/* t, psi, M_star(n=100), M_gas, M_dust, Z_gas, Z_star of the in-situ model at its defaults */
static void insitu_golden(void **state)
{
    (void)state;
    static const double ref[8][7] = {
        {1e6, 0.32252989, 156903.074, 96758967, 239.111186, 6.66307321e-5, 4.44163814e-5},
        {1e7, 3.14720666, 14274858.7, 944161997, 172187.087, 6.63073275e-4, 4.41643944e-4},
        {3e7, 8.94337364, 1.17111412e8, 2.68301209e9, 2655732.33, 1.96766399e-3, 1.30824993e-3},
        {1e8, 24.7265168, 1.069473e9, 7.41795504e9, 31548887.3, 6.30794613e-3, 4.17058326e-3},
        {3e8, 44.4969616, 6.39776619e9, 1.33490885e10, 1.65221897e8, 1.68155208e-2, 1.1000869e-2},
        {1e9, 31.622433, 2.47565283e10, 9.4867299e9, 2.56791236e8, 3.57591018e-2, 2.3774377e-2},
        {3e9, 3.56718122, 3.68302031e10, 1.07015437e9, 33487321.2, 4.12027696e-2, 3.01546832e-2},
        {1e10, 1.49453385e-3, 3.33419941e10, 448360.156, 14038.6163, 4.12272275e-2, 3.06848493e-2},
    };
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make("insitu", p);
    for (int i = 0; i < 8; i++) {
        gal_sfh_content c;
        content(&s, p, ref[i][0], -0.85, &c);
        CLOSE(c.sfr, ref[i][1], 5e-9);
        CLOSE(mstar(&s, p, ref[i][0], 100), ref[i][2], 5e-9);
        CLOSE(c.mgas, ref[i][3], 1e-8); /* printed with 8 digits */
        CLOSE(c.mdust, ref[i][4], 5e-9);
        CLOSE(c.zgas, ref[i][5], 5e-9);
        CLOSE(c.zstar, ref[i][6], i < 2 ? 1e-7 : 5e-9); /* the reference loses digits to cancellation at early times */
    }
    static const double ref2[3][6] = {{1e8, 1.52858885, 6.29042798e7, 1436356.18, 1.94268731e-3, 1.29192558e-3},
                                      {1e9, 5.88254107, 2.84796188e9, 6.12880231e7, 1.45301557e-2, 9.70583177e-3},
                                      {5e9, 1.88840869, 1.09972173e10, 3.21989791e7, 2.32159407e-2, 1.83815329e-2}};
    p[0] = 10;
    p[1] = 1e9;
    for (int i = 0; i < 3; i++) {
        gal_sfh_content c;
        content(&s, p, ref2[i][0], -0.85, &c);
        CLOSE(c.sfr, ref2[i][1], 5e-9);
        CLOSE(mstar(&s, p, ref2[i][0], 100), ref2[i][2], 5e-9);
        CLOSE(c.mdust, ref2[i][3], 5e-9);
        CLOSE(c.zgas, ref2[i][4], 5e-9);
        CLOSE(c.zstar, ref2[i][5], 5e-9);
    }
}

/* times 1e8, 5e8, 1e9: rates and n = 1000 surviving masses of every model */
static void other_golden(void **state)
{
    (void)state;
    static const double t[3] = {1e8, 5e8, 1e9};
    double p[GAL_SFH_MAXPAR];
    gal_sfh s = make("insitu", p);
    static const double is[3] = {24.7265168, 45.98734055, 31.62243299},
                        im[3] = {1.07447685e9, 1.26514050e10, 2.48126196e10};
    static const double cm[3] = {7.72508827e7, 3.46442577e8, 6.58331879e8};
    static const double ds[3] = {14.6455443, 0.370102136, 2.86454191e-3},
                        dm[3] = {1.53352833e9, 2.38418724e9, 2.25012831e9};
    static const double ls[3] = {17.15373359, 19.30697868, 16.6413516},
                        lm[3] = {9.40024773e8, 6.26222440e9, 1.18235699e10};
    static const double tm[3] = {2.19912626e9, 1.29713719e10, 1.76265524e10};
    for (int i = 0; i < 3; i++) {
        CLOSE(rate(&s, p, t[i]), is[i], 5e-9);
        CLOSE(mstar(&s, p, t[i], 1000), im[i], 5e-9);
    }
    s = make("constant", p);
    for (int i = 0; i < 3; i++)
        CLOSE(mstar(&s, p, t[i], 1000), cm[i], 5e-9);
    gal_sfh_content c;
    p[2] = 1e7;
    p[3] = 0.01;
    content(&s, p, 1e9, 0.85, &c); /* the sign of the parity mode, D12 */
    CLOSE(c.mgas, 7.797599431e8, 1e-9);
    s = make("delayed", p);
    double tau = 1e8, k = 0.2; /* the reference writes psi_norm t^k with t in yr */
    p[0] = pow(tau, k);
    p[1] = tau;
    p[2] = k;
    for (int i = 0; i < 3; i++) {
        CLOSE(rate(&s, p, t[i]), ds[i], 5e-9);
        CLOSE(mstar(&s, p, t[i], 1000), dm[i], 5e-9);
    }
    s = make("lognormal", p);
    for (int i = 0; i < 3; i++) {
        CLOSE(rate(&s, p, t[i]), ls[i], 5e-9);
        CLOSE(mstar(&s, p, t[i], 1000), lm[i], 5e-9);
    }
    /* The reference extrapolates its table linearly to t < 1e7; two more nodes on that line make ours the same. */
    static const double tt[5] = {0, 1e7, 1e8, 5e8, 1e9}, pp[5] = {10 - 40. / 9, 10, 50, 30, 5};
    gal_sfh_clear(&s);
    assert_int_equal(table(&s, tt, pp, 5), GAL_OK);
    double q[GAL_SFH_MAXPAR];
    for (size_t i = 0; i < s.npar; i++)
        q[i] = s.par[i].value;
    for (int i = 0; i < 3; i++)
        CLOSE(mstar(&s, q, t[i], 1000), tm[i], 5e-9);
    gal_sfh_clear(&s);
}

/* tau_quench = 8e8 (the factor 1/2 at t = tau_quench included) */
static void quenching_golden(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    gal_sfh_content c;
    gal_sfh s = make("insitu", p);
    p[gal_sfh_quench_index(&s)] = 8e8;
    static const double t[4] = {1e6, 21544346.900318843, 464158883.36127728, 1e10},
                        sfr[4] = {0.32252989, 6.57127224, 46.399231, 0};
    for (int i = 0; i < 4; i++) {
        content(&s, p, t[i], -0.85, &c);
        CLOSE(c.sfr, sfr[i], 2e-8);
    }
    CLOSE(mstar(&s, p, 8e8, 100), 20636907970.400078, 1e-12);
    CLOSE(mstar(&s, p, 1e9, 100), 20007556280.022045, 1e-12);
    content(&s, p, 8e8, -0.85, &c);
    CLOSE(c.mdust, 140171330.69560972, 1e-9);
    CLOSE(c.mgas, 5702802608.720548, 1e-12);
    content(&s, p, 1e9, -0.85, &c);
    assert_true(c.mdust == 0 && c.mgas == 0);
    CLOSE(c.zstar, 0.023774376958, 1e-10);
    CLOSE(c.zgas, 0.0357591018376, 1e-10);
    static const double m8[3] = {533477627.10444653, 2289503120.923047, 9715180681.910202},
                        m9[3] = {518451556.77913874, 2241072414.999002, 9433134636.553719};
    static const char *const kinds[3] = {"constant", "delayed", "lognormal"};
    for (int i = 0; i < 3; i++) {
        s = make(kinds[i], p);
        if (i == 1) {
            p[0] = pow(1e8, 0.2);
            p[1] = 1e8;
            p[2] = 0.2;
        }
        p[gal_sfh_quench_index(&s)] = 8e8;
        CLOSE(mstar(&s, p, 8e8, 100), m8[i], 1e-12);
        CLOSE(mstar(&s, p, 1e9, 100), m9[i], 1e-12);
    }
}

struct at {
    const gal_sfh *s;
    const double *p;
};

static double psi_log(double x, void *ctx)
{
    const struct at *a = ctx;
    return exp(x) * rate(a->s, a->p, exp(x));
}

/* Cumulative mass = integral of the rate, for many parameters, from very early to very late times. */
static void masses_match_quadrature(void **state)
{
    (void)state;
    double p[GAL_SFH_MAXPAR];
    enum { INSITU, DELAYED, LOGNORMAL, EXPONENTIAL, DPL, CONSTANT, KINDS };
    static const char *const names[KINDS] = {"insitu", "delayed", "lognormal", "exponential", "dpl", "constant"};
    for (int kind = 0; kind < KINDS; kind++) {
        gal_sfh s = make(names[kind], p);
        for (int trial = 0; trial < 40; trial++) {
            double u = trial / 39., v = fmod(0.618 * trial, 1), w = fmod(0.414 * trial, 1);
            switch (kind) {
            case INSITU:
                p[0] = pow(10, -2 + 6 * u);
                p[1] = pow(10, 6 + 5 * v);
                break;
            case DELAYED:
                p[1] = pow(10, 7 + 4 * v);
                p[2] = trial % 3 == 0 ? 1 : 5 * w;
                break;
            case LOGNORMAL:
                p[1] = pow(10, 7 + 4 * v);
                p[2] = 0.1 + 4 * w;
                break;
            case EXPONENTIAL:
                p[1] = pow(10, 6 + 6 * v);
                break;
            case DPL:
                p[1] = pow(10, 8 + 2.1 * v);
                p[2] = pow(10, -1 + 3 * u);
                p[3] = pow(10, -1 + 3 * w);
                break;
            default:
                break;
            }
            for (double t = 1e5; t < 2e10; t *= 20) {
                struct at a = {&s, p};
                double want, from = fmax(log(t) - 45, -20);
                if (gal_integrate(psi_log, &a, from, log(t), 1e-12, &want) != GAL_OK || want < 1e-100)
                    continue; /* rates that underflow */
                CLOSE(mass(&s, p, t), want, 1e-9);
            }
        }
        gal_sfh_clear(&s);
    }
}

static void table_mass_is_exact(void **state)
{
    (void)state;
    gal_sfh s;
    static const double t[4] = {1e7, 1e8, 5e8, 1e9}, psi[4] = {10, 50, 30, 5};
    assert_int_equal(table(&s, t, psi, 4), GAL_OK);
    double p[GAL_SFH_MAXPAR] = {2, 1e20, 1e8, 0.01};
    CLOSE(mass(&s, p, 1e9), 2 * (0.5 * 60 * 9e7 + 0.5 * 80 * 4e8 + 0.5 * 35 * 5e8), 1e-15);
    CLOSE(mass(&s, p, 2e10), mass(&s, p, 1e9), 1e-15);
    CLOSE(mass(&s, p, 3e8), 2 * (0.5 * 60 * 9e7 + 0.5 * (50 + 40) * 2e8), 1e-14);
    CLOSE(mass(&s, p, 1e8), 2 * 0.5 * 60 * 9e7, 1e-15); /* at a node */
    CLOSE(mass(&s, p, 5e8), 2 * (0.5 * 60 * 9e7 + 0.5 * 80 * 4e8), 1e-15);
    assert_true(mass(&s, p, 1e7) == 0 && rate(&s, p, 5e6) == 0);
    gal_sfh_clear(&s);
}

/* Z grows with the mass formed from Z_start to Z; its mass-weighted mean is half-way. */
static void evolving_metallicity(void **state)
{
    (void)state;
    gal_sfh s;
    assert_int_equal(take(&s, with_metals(of("constant"), "evolving")), GAL_OK);
    double p[GAL_SFH_MAXPAR] = {3, 1e20, 1e8, 0.02, 0.001}, t[3] = {0, 5e8, 1e9}, z[3];
    gal_history h = at_age(&s, p, 1e9);
    gal_history_zgas(&h, t, 3, z);
    CLOSE(z[0], 0.001, 1e-14);
    CLOSE(z[1], 0.0105, 1e-14);
    CLOSE(z[2], 0.02, 1e-14);
    gal_history_zstar(&h, t + 2, 1, z);
    CLOSE(z[0], 0.0105, 1e-14);
}

static void errors(void **state)
{
    (void)state;
    gal_sfh s;
    const gal_sfh_class *k;
    static const double t[3] = {1e8, 1e7, 1e9}, up[3] = {1e7, 1e8, 1e9}, psi[3] = {1, -2, 1};
    assert_int_equal(gal_sfh_find("delayd", &k), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(),
                        "unknown star formation history 'delayd', did you mean 'delayed'? (known: insitu "
                        "constant delayed lognormal dpl exponential periodic burst continuity flexible psb dirichlet "
                        "stochastic table custom sum diffstar)");
    assert_int_equal(table(&s, t, up, 3), GAL_EFORMAT);
    assert_string_equal(gal_error_message(),
                        "sfh.table: time: must ascend, but value 2 (1e+07) is not above value 1 (1e+08)");
    assert_int_equal(table(&s, up, psi, 3), GAL_EDOMAIN);
    assert_string_equal(gal_error_message(), "sfh.table: rate -2 in row 2 must be finite and >= 0");
    assert_int_equal(table(&s, up, up, 1), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "sfh.table: 1 rows, at least 2 are needed");
    const gal_metals_class *m;
    assert_int_equal(gal_metals_find("linear", &m), GAL_OK);
    choice c = of("insitu");
    c.o.metals = m;
    assert_int_equal(take(&s, c), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "sfh.insitu: has its own metal evolution, leave 'metallicity' out");
    assert_int_equal(gal_metals_find("liner", &m), GAL_ENOTFOUND);
    assert_string_equal(gal_error_message(), "unknown metallicity history 'liner', did you mean 'linear'?");
    assert_int_equal(take(&s, with_list(of("table"), "t", up, 3)), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "sfh.table: needs t [yr] and psi [Msun/yr] of the same length (got 3 and 0)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(insitu_golden),
        cmocka_unit_test(other_golden),
        cmocka_unit_test(quenching_golden),
        cmocka_unit_test(masses_match_quadrature),
        cmocka_unit_test(table_mass_is_exact),
        cmocka_unit_test(evolving_metallicity),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
