/* Isochrones and initial mass functions: closed forms, conservation of number and mass, published surviving masses and
 * bolometric luminosities, sanity of 1e5 random stars, identity at any thread count. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "galua/rng.h"
#include "reference.h"
#include "stars/isochrone.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define near(x, want, rel)                                                                                             \
    do {                                                                                                               \
        double x_ = (x), w_ = (want);                                                                                  \
        if (!(fabs(x_ - w_) <= (rel)*fabs(w_)))                                                                        \
            fail_msg("%s = %.10g, expected %.10g within %g", #x, x_, w_, (double)(rel));                               \
    } while (0)

static const char *const names[4] = {"salpeter", "kroupa", "chabrier",
                                     "vandokkum"}; /* columns of the reference table */
static const double metals[] = {1e-4, 1e-3, 4e-3, 0.019, 0.02, 0.03, 0.05};
enum { NZ = 7, IZ_FSPS = 3, IZ_SOLAR = 4 };
static gal_tracks *tracks;
static gal_iso iso;

static gal_imf_table *table(const char *name, double mlo, double mhi)
{
    gal_imf imf;
    gal_imf_table *t;
    assert_int_equal(gal_imf_named(name, &imf), GAL_OK);
    imf.mlo = mlo;
    imf.mhi = mhi;
    if (gal_imf_table_create(&t, &imf) != GAL_OK)
        fail_msg("%s", gal_error_message());
    return t;
}

static double powint(double a, double b, double s) /* integral of m^s */
{
    return (pow(b, s + 1) - pow(a, s + 1)) / (s + 1);
}

static void test_imf(void **state)
{
    (void)state;
    double n, m, n2, m2;
    gal_imf_table *t = table("salpeter", 0.1, 100);
    gal_imf_integrate(t, 0.1, 100, &n, &m);
    near(m, 1.0, 1e-12);
    near(n, powint(0.1, 100, -2.35) / powint(0.1, 100, -1.35), 1e-10);
    gal_imf_integrate(t, 8, 100, &n, &m);
    near(n, powint(8, 100, -2.35) / powint(0.1, 100, -1.35), 1e-10); /* 0.0074 core collapses per Msun */
    gal_imf_integrate(t, 1, 1 + 1e-9, &n, &m);
    near(n, 1e-9 / powint(0.1, 100, -1.35), 1e-6);
    gal_imf_integrate(t, 0.3, 7, &n, &m);
    gal_imf_integrate(t, 0.3, 1.234, &n2, &m2);
    double n3, m3;
    gal_imf_integrate(t, 1.234, 7, &n3, &m3);
    near(n2 + n3, n, 1e-13);
    near(m2 + m3, m, 1e-13);
    gal_imf_table_free(t);

    t = table("kroupa", 0.1, 100); /* 2 m^-1.3 below, m^-2.3 above 0.5 Msun */
    double total = 2 * powint(0.1, 0.5, -0.3) + powint(0.5, 100, -1.3);
    gal_imf_integrate(t, 3, 8, &n, &m);
    near(n, powint(3, 8, -2.3) / total, 1e-6);
    /* Ia: 1.3e-3 per Msun between 40 Myr and 13.7 Gyr (Maoz & Graur 2017), integrated here in 20000 steps of ln t */
    double sum = 0, la = log(40e6), lb = log(13.7e9);
    for (int i = 0; i < 20000; i++) {
        double age = exp(la + (lb - la) * (i + 0.5) / 20000);
        sum += gal_ia_rate(age, t) * age * (lb - la) / 20000;
    }
    near(sum, 1.3e-3, 1e-4);
    assert_true(gal_ia_rate(39e6, t) == 0.0);
    gal_imf_table_free(t);
    for (int i = 0; i < 4; i++) { /* continuous at their breaks */
        gal_imf f;
        gal_imf_named(names[i], &f);
        const double breaks[] = {0.08, 0.5, 1.0, 2.0};
        for (int k = 0; k < 4; k++)
            near(f.phi(breaks[k] * (1 - 1e-9), NULL), f.phi(breaks[k] * (1 + 1e-9), NULL), 1e-3);
    }
}

static double hat(double m, void *ctx) /* a user's function that vanishes in places */
{
    (void)ctx;
    return m > 1.0 && m < 3.0 ? 1.0 : 0.0;
}

static double bad(double m, void *ctx)
{
    (void)ctx;
    return 10.0 - m;
}

static void test_imf_errors(void **state)
{
    (void)state;
    gal_imf f;
    gal_imf_table *t;
    assert_int_equal(gal_imf_named("kruopa", &f), GAL_ENOTFOUND);
    assert_non_null(strstr(gal_error_message(), "did you mean 'kroupa'"));
    assert_int_equal(gal_imf_named("kroupa", &f), GAL_OK);
    f.mhi = 300;
    assert_int_equal(gal_imf_table_create(&t, &f), GAL_EDOMAIN);
    assert_null(t);
    assert_non_null(strstr(gal_error_message(), "300"));
    f = (gal_imf){.name = "mine", .phi = bad, .mlo = 0.1, .mhi = 100};
    assert_int_equal(gal_imf_table_create(&t, &f), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "mine"));
    f = (gal_imf){.name = "hat", .phi = hat, .mlo = 0.1, .mhi = 100};
    assert_int_equal(gal_imf_table_create(&t, &f), GAL_OK);
    double n, m;
    gal_imf_integrate(t, 0.1, 100, &n, &m);
    near(m, 1.0, 1e-12);
    near(n, 0.5, 2e-3); /* mean mass 2 Msun; the edges are smeared over one cell */
    gal_isochrone(&iso, tracks, IZ_SOLAR, 1e6, t, false);
    near(iso.mass, 1.0, 1e-6);
    gal_imf_table_free(t);
    gal_tracks *none;
    const double rich = 0.2;
    assert_int_equal(gal_tracks_create(&none, &rich, 1), GAL_EDOMAIN);
    assert_non_null(strstr(gal_error_message(), "0.2"));
}

/* Every star of the IMF is in exactly one bin; nothing is created or lost at any age, metallicity and IMF. */
static void test_conservation(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        gal_imf_table *t = table(names[k], k & 1 ? 0.08 : 0.1, 100);
        double n, m;
        gal_imf_integrate(t, 0.08, 100, &n, &m);
        for (int iz = 0; iz < NZ; iz++)
            for (double la = 4.0; la <= 10.25; la += 0.05) {
                gal_isochrone(&iso, tracks, (size_t)iz, pow(10, la), t, la > 9);
                double number = 0, mass = 0, l = 0, living = 0, remnants = 0, returned = 0;
                assert_true(iso.n > 100 && iso.n <= GAL_ISO_MAX);
                for (size_t i = 0; i < iso.n; i++) {
                    const gal_iso_star *s = iso.star + i;
                    number += s->w;
                    mass += s->w * s->mini;
                    assert_true(s->w > 0 && s->mnow >= 0 && s->mnow <= s->mini);
                    *(s->phase >= GAL_SSE_WD ? &remnants : &living) += s->w * s->mnow;
                    returned += s->w * (s->mini - s->mnow);
                    if (s->phase == GAL_SSE_NSBH)
                        continue;
                    l += s->w * pow(10, s->logl);
                    if (!(s->logl > -8 && s->logl < 7 && s->logteff > 2.5 && s->logteff < 6.5 && s->logg > -3 &&
                          s->logg < 12))
                        fail_msg("Z %g age 1e%g: %s of %g Msun has log L %g, log Teff %g, log g %g", metals[iz], la,
                                 gal_sse_phase_name(s->phase), s->mini, s->logl, s->logteff, s->logg);
                }
                if (fabs(number / n - 1) > 1e-9 || fabs(mass - 1) > 1e-9)
                    fail_msg("%s Z %g age 1e%g: %.12g of %.12g stars, %.12g of 1 Msun", names[k], metals[iz], la,
                             number, n, mass);
                if (fabs(living + remnants + returned - 1) > 1e-6) /* what was formed */
                    fail_msg("Z %g age 1e%g: living %g + remnants %g + returned %g = %.9g", metals[iz], la, living,
                             remnants, returned, living + remnants + returned);
                near(iso.mass, living + remnants, 1e-12);
                near(iso.mass_remnants + 1e-30, remnants + 1e-30, 1e-12);
                near(iso.lbol, l, 1e-12);
                assert_true(iso.mass < 1.0 && iso.mass > 0.4);
            }
        gal_imf_table_free(t);
    }
}

/* Mass only falls with age; light fades without spikes; all stars above 8..9 Msun explode and nothing else. */
static void test_history(void **state)
{
    (void)state;
    gal_imf_table *t = table("kroupa", 0.1, 100);
    for (int iz = 0; iz < NZ; iz++) {
        double mass = 1, lum = 0, exploded = 0;
        for (double la = 5.0; la <= 10.2; la += 0.01) {
            double age = pow(10, la);
            gal_isochrone(&iso, tracks, (size_t)iz, age, t, false);
            assert_true(iso.mass <= mass * (1 + 2e-4));
            if (la > 5.0 && fabs(log10(iso.lbol) - lum) > 0.09)
                fail_msg("Z %g: log L jumps from %.3f to %.3f at age 1e%.2f", metals[iz], lum, log10(iso.lbol), la);
            mass = iso.mass;
            lum = log10(iso.lbol);
            assert_true(iso.rate_cc >= 0 && (age > 3e6 || iso.rate_cc == 0) && (age < 80e6 || iso.rate_cc == 0));
            exploded += iso.rate_cc * age * 0.01 * M_LN10;
        }
        double lo, hi, m;
        gal_imf_integrate(t, 6, 100, &hi, &m);
        gal_imf_integrate(t, 9.5, 100, &lo, &m);
        if (!(exploded > lo && exploded < hi))
            fail_msg("Z %g: %g core collapses per Msun, expected %g .. %g", metals[iz], exploded, lo, hi);
    }
    gal_imf_table_free(t);
}

static void test_random_stars(void **state)
{
    (void)state;
    gal_rng r;
    gal_rng_init(&r, 11, 2, 0, 0, 0);
    for (int i = 0; i < 100000; i++) {
        size_t iz = gal_rng_below(&r, NZ);
        double m = 0.08 * pow(1250.0, gal_rng_uniform(&r)), age = pow(10, 3.0 + 7.2 * gal_rng_uniform(&r));
        gal_iso_star s;
        gal_track_star(&s, tracks, iz, m, age, i & 1);
        bool ok = s.mnow >= 0 && s.mnow <= m && s.phase >= 0 && s.phase < GAL_SSE_NPHASE;
        if (s.phase != GAL_SSE_NSBH)
            ok = ok && s.logl > -8 && s.logl < 7 && s.logteff > 2.5 && s.logteff < 6.5 && isfinite(s.logg);
        if (!ok)
            fail_msg("Z %g, %g Msun, %g yr: %s, M %g, log L %g, log Teff %g, log g %g", metals[iz], m, age,
                     gal_sse_phase_name(s.phase), s.mnow, s.logl, s.logteff, s.logg);
    }
    gal_iso_star sun; /* HPT00's models meet the Sun to 5 % (Z = 0.02) */
    gal_track_star(&sun, tracks, IZ_SOLAR, 1.0, 4.57e9, false);
    near(pow(10, sun.logl), 1.0, 0.05);
    near(pow(10, sun.logteff), 5772.0, 0.012);
    near(sun.logg, 4.438, 0.01);
}

/* The interpolation in the track grid reproduces a star that is not on it. */
static void test_interpolation(void **state)
{
    (void)state;
    static const double m[] = {0.437, 0.913, 1.237, 1.41, 2.51, 3.33, 5.2, 7.3, 17.7};
    gal_sse_track tr = {0};
    gal_sse_coef c;
    gal_sse_coef_init(&c, 0.02);
    int n = 0, off = 0;
    for (size_t i = 0; i < sizeof m / sizeof *m; i++) {
        assert_int_equal(gal_sse_evolve(&tr, &c, m[i], 13e3), GAL_OK);
        for (size_t j = 0; j < tr.n; j++) {
            const gal_sse_point *p = tr.pt + j;
            if (p->t > 15e3 || p->t < 1e-3 || p->phase == GAL_SSE_TPAGB ||
                (p->phase >= GAL_SSE_CHEB && m[i] > 7)) /* corrected on purpose */
                continue;
            gal_iso_star s;
            gal_track_star(&s, tracks, IZ_SOLAR, m[i], 1e6 * p->t, false);
            if (s.phase != p->phase) /* within 0.1 % of a border in time the neighbour phase is allowed */
                continue;
            n++;
            if (fabs(s.logl - p->logl) > 0.03 || fabs(s.logteff - p->logte) > 0.01)
                off++;
        }
    }
    printf("test_isochrone: %d of %d interpolated stars off by more than 0.03 in log L or 0.01 in log Teff\n", off, n);
    assert_true(n > 2500 && off < n / 100); /* the first steps of core He burning are that fast */
    gal_free(tr.pt);
}

static void test_fsps_mass(void **state)
{
    (void)state;
    static const int column[] = {1, 5, 3, 7}; /* of names in the table; the next one without remnants */
    FILE *f = reference_open("dsps/surviving.txt");
    assert_non_null(f);
    gal_imf_table *t[4];
    double worst[4] = {0}, bare[4] = {0};
    char line[512];
    for (int k = 0; k < 4; k++)
        t[k] = table(names[k], 0.08, 100);
    int n = 0;
    while (fgets(line, sizeof line, f)) {
        double v[9];
        char *p = line;
        for (int i = 0; i < 9; i++)
            v[i] = strtod(p, &p);
        if (v[0] < 6.47)
            continue;
        n++;
        for (int k = 0; k < 4; k++) {
            gal_isochrone(&iso, tracks, IZ_FSPS, pow(10, v[0]), t[k], false);
            worst[k] = fmax(worst[k], fabs(iso.mass - v[column[k]]));
            bare[k] = fmax(bare[k], fabs(iso.mass - iso.mass_remnants - v[column[k] + 1]));
        }
    }
    fclose(f);
    for (int k = 0; k < 4; k++) {
        printf("test_isochrone: surviving mass, %s: within %.4f of FSPS, without remnants %.4f\n", names[k], worst[k],
               bare[k]);
        assert_true(worst[k] <= 0.02);
        assert_true(bare[k] <= 0.03);
        gal_imf_table_free(t[k]);
    }
    assert_true(n > 20);
}

static void test_fsps_lbol(void **state)
{
    (void)state;
    FILE *f = reference_open("ssp_reference/fsps_solar_kroupa_mass_lbol.csv");
    assert_non_null(f);
    gal_imf_table *t = table("kroupa", 0.08, 100);
    char line[512];
    double sum = 0, worst = 0, at = 0;
    int n = 0;
    assert_non_null(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        double la, lm, ll;
        assert_int_equal(sscanf(line, "%lf,%lf,%lf", &la, &lm, &ll), 3);
        if (la < 6.47 || la > 10.12)
            continue;
        gal_isochrone(&iso, tracks, IZ_FSPS, pow(10, la), t, false);
        double d = log10(iso.lbol) - ll;
        sum += d * d;
        n++;
        if (fabs(d) > worst) {
            worst = fabs(d);
            at = la;
        }
    }
    fclose(f);
    gal_imf_table_free(t);
    printf("test_isochrone: log L_bol against FSPS: rms %.3f, worst %.3f at log age %.2f\n", sqrt(sum / n), worst, at);
    assert_true(n > 20 && sqrt(sum / n) <= 0.06);
    assert_true(worst <= 0.10);
}

static void test_threads(void **state)
{
    (void)state;
    int usual = gal_threads();
    const double z[] = {0.004, 0.04};
    gal_tracks *one = NULL;
    for (int n = 1; n <= 4; n *= 2) {
        gal_tracks *t;
        assert_int_equal(gal_threads_set(n), GAL_OK);
        assert_int_equal(gal_tracks_create(&t, z, 2), GAL_OK);
        if (!one) {
            one = t;
            continue;
        }
        for (int i = 0; i < 2; i++) {
            const gal_track_grid *a = one->grid + i, *b = t->grid + i;
            assert_memory_equal(a->start, b->start, GAL_SSE_NPHASE * t->nm * sizeof(double));
            assert_memory_equal(a->m_rem, b->m_rem, t->nm * sizeof(double));
            for (size_t k = 0; k < (GAL_SSE_HEGB + 1) * t->nm; k++) {
                assert_true(!a->node[k] == !b->node[k]);
                if (a->node[k])
                    assert_memory_equal(a->node[k], b->node[k], GAL_TRACK_NTAU * sizeof(gal_track_node));
            }
        }
        gal_tracks_free(t);
    }
    gal_tracks_free(one);
    gal_threads_set(usual);
}

static void test_memory(void **state)
{
    (void)state;
    const double z = 0.05;
    size_t live = gal_mem_live();
    for (long n = 1; n < 200000; n = n < 12 ? n + 1 : 6 * n) { /* the n-th allocation fails */
        gal_tracks *t = NULL;
        gal_threads_set(1);
        gal_mem_fail_after(n);
        gal_status st = gal_tracks_create(&t, &z, 1);
        gal_mem_fail_after(-1);
        if (st == GAL_OK) {
            gal_tracks_free(t);
            break;
        }
        assert_int_equal(st, GAL_ENOMEM);
        assert_null(t);
        assert_int_equal(gal_mem_live(), live);
    }
}

int main(void)
{
    if (gal_tracks_create(&tracks, metals, NZ) != GAL_OK) {
        fprintf(stderr, "%s\n", gal_error_message());
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imf),       cmocka_unit_test(test_imf_errors),   cmocka_unit_test(test_conservation),
        cmocka_unit_test(test_history),   cmocka_unit_test(test_random_stars), cmocka_unit_test(test_interpolation),
        cmocka_unit_test(test_fsps_mass), cmocka_unit_test(test_fsps_lbol),    cmocka_unit_test(test_threads),
        cmocka_unit_test(test_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gal_tracks_free(tracks);
    return failed;
}
