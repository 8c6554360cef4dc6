/* Plans over redshifts: the band fluxes of the whole grid at any redshift of the range, derivatives with respect to it, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galua/plan.h"
#include "galua/rng.h"

#include "parts.h"

enum { NB = 5, NPAR = 256 };

typedef struct setting {
    gal_galaxy *g;
    gal_filter *f[NB];
    double lo[NPAR], hi[NPAR];
    size_t npar;
} setting;

/* A galaxy on the made-up table with the parts named, all parameters that are free by default over their usual priors. */
static void open_setting(setting *s, double z0, double z1, const char *const (*part)[2], size_t n)
{
    static const double edge[NB][2] = {{1400, 1700}, {3500, 4200}, {6000, 7500}, {2e4, 2.4e4}, {2e5, 2.8e5}};
    s->g = galaxy_of_parts(part, n, n > 0);
    for (int b = 0; b < NB; b++) /* the third has soft edges */
        assert_int_equal(b == 2 ? gal_filter_gaussian(&s->f[b], "band", 6700, 900)
                                : gal_filter_tophat(&s->f[b], "band", edge[b][0], edge[b][1]),
                         GAL_OK);
    s->npar = usual_ranges(s->g, s->lo, s->hi);
    s->lo[GAL_P_REDSHIFT] = z0;
    s->hi[GAL_P_REDSHIFT] = z1;
}

static void close_setting(setting *s)
{
    gal_galaxy_unref(s->g);
    for (int b = 0; b < NB; b++)
        gal_filter_unref(s->f[b]);
}

static gal_status make(gal_plan **p, setting *s, double tolerance)
{
    gal_plan_opts o = {.filter = s->f,
                       .nfilter = NB,
                       .lo = s->lo,
                       .hi = s->hi,
                       .tolerance = tolerance,
                       .ntrain = 250,
                       .ncheck = 600,
                       .seed = 5};
    return gal_plan_create(p, s->g, &o);
}

/* Point k, with random numbers of another kind than the plan's, that the model accepts. */
static void point(const setting *s, uint64_t k, double *theta)
{
    gal_rng r;
    gal_rng_init(&r, 99, k, 0, 0, 0);
    do
        for (size_t i = 0; i < s->npar; i++) {
            double u = gal_rng_uniform(&r), lo = s->lo[i], hi = s->hi[i];
            bool log = gal_galaxy_par(s->g, i)->log && lo > 0;
            theta[i] = !(lo < hi) ? lo : log ? fmin(lo * pow(hi / lo, u), hi) : lo + u * (hi - lo);
        }
    while (gal_galaxy_check(s->g, theta) != GAL_OK);
}

/* Largest error relative to max(F, 1e-3 F of the stars without dust) */
static double worst(setting *s, gal_plan *p, uint64_t points)
{
    gal_galaxy_ws *w;
    gal_plan_ws *pw;
    gal_phot *phot;
    double theta[NPAR], exact[NB], flux[NB], bare[NB], top = 0, factor;
    assert_int_equal(gal_galaxy_ws_create(&w, s->g), GAL_OK);
    assert_int_equal(gal_plan_ws_create(&pw, p), GAL_OK);
    assert_int_equal(gal_phot_create(&phot, s->f, NB, gal_galaxy_wave(s->g), gal_galaxy_nwave(s->g)), GAL_OK);
    for (uint64_t k = 0; k < points; k++) {
        point(s, k, theta);
        assert_true(gal_plan_covers(p, theta));
        if (gal_galaxy_photometry(s->g, w, phot, theta, exact) != GAL_OK)
            continue;
        assert_int_equal(gal_galaxy_flux_factor(s->g, theta, &factor), GAL_OK);
        gal_phot_apply(phot, gal_galaxy_lum(w, GAL_COMP_STELLAR), factor, bare);
        assert_int_equal(gal_plan_photometry(p, pw, theta, flux), GAL_OK);
        for (int b = 0; b < NB; b++) {
            double scale = fmax(exact[b], 1e-3 * bare[b]);
            if (scale > 0)
                top = fmax(top, fabs(flux[b] - exact[b]) / scale);
        }
    }
    gal_galaxy_ws_free(w);
    gal_plan_ws_free(pw);
    gal_phot_free(phot);
    return top;
}

/* 2: the tolerance holds on 600 check points; the largest error at 400 others is rarely above */
static void test_fluxes(void **unused)
{
    static const char *const two_phase[][2] = {{"ism", "two_phase"}};
    static const char *const bump[][2] = {{"attenuation", "salim18"}, {"igm", "inoue14"}};
    static const char *const gas[][2] = {{"ism", "two_phase"}, {"nebular", "hii"}};
    static const struct {
        double z0, z1, tolerance;
        const char *const (*part)[2];
        size_t n;
    } kind[] = {{0.05, 0.16, 1e-6, two_phase, 1},
                {2.5, 2.62, 1e-5, bump, 2},
                {0.1, 0.13, 1e-5, gas, 2},
                {0.5, 0.6, 1e-6, NULL, 0}}; /* the last has no dust */
    (void)unused;
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        setting s;
        gal_plan *p;
        open_setting(&s, kind[i].z0, kind[i].z1, kind[i].part, kind[i].n);
        if (make(&p, &s, kind[i].tolerance) != GAL_OK)
            fail_msg("kind %zu: %s", i, gal_error_message());
        gal_plan_info info = gal_plan_describe(p);
        assert_true(info.error > 0 && info.error <= kind[i].tolerance && info.checked == 600);
        double e = worst(&s, p, 400);
        if (!(e < 2 * kind[i].tolerance))
            fail_msg("kind %zu: largest error %g", i, e);
        gal_plan_unref(p);
        close_setting(&s);
    }
}

/* Derivatives are those of the plan's own fluxes, the redshift's too, in the middle of panels and next to their edges; slopes do not jump
 * from knot to knot: the change of the slope over a step is in proportion to the step. */
static void test_slopes(void **unused)
{
    static const char *const part[][2] = {{"ism", "two_phase"}, {"igm", "inoue14"}};
    setting s;
    gal_plan *p;
    gal_plan_ws *w;
    double theta[NPAR], up[NB], down[NB], g[NPAR], gflux[NB];
    bool wanted[NPAR];
    (void)unused;
    open_setting(&s, 2.0, 2.08, part, 2);
    assert_int_equal(make(&p, &s, 1e-5), GAL_OK);
    assert_int_equal(gal_plan_ws_create(&w, p), GAL_OK);
    for (uint64_t k = 0; k < 12; k++) {
        point(&s, 1000 + k, theta);
        assert_int_equal(gal_plan_photometry(p, w, theta, up), GAL_OK);
        for (int b = 0; b < NB; b++)
            gflux[b] = up[b] > 0 ? (1 + b % 3) / up[b] : 0;
        for (size_t i = 0; i < s.npar; i++)
            wanted[i] = s.hi[i] > s.lo[i];
        assert_int_equal(gal_plan_gradient(p, w, theta, wanted, gflux, g), GAL_OK);
        for (size_t i = 0; i < s.npar; i++) {
            if (!wanted[i])
                continue;
            double x = theta[i], h = i == 1 ? 1e-4 : 1e-4 * fmax(fabs(x), 1e-3 * (s.hi[i] - s.lo[i])), d[2];
            for (int n = 0; n < 2; n++) { /* two steps: extrapolated */
                double step = h * (n + 1), y = 0;
                theta[i] = x + step;
                gal_status a = gal_plan_photometry(p, w, theta, up);
                theta[i] = x - step;
                gal_status c = gal_plan_photometry(p, w, theta, down);
                for (int b = 0; b < NB; b++)
                    y += a == GAL_OK && c == GAL_OK ? gflux[b] * (up[b] - down[b]) : NAN;
                d[n] = y / (2 * step);
            }
            theta[i] = x;
            double want = (4 * d[0] - d[1]) / 3, size = fabs(want) + 1e-3 / fmax(fabs(x), 1e-3);
            /* 2e-3: kinks of the weights within a step; 2e-6: sums of a plan are of single precision */
            if (isfinite(want) && !(fabs(g[i] - want) < 2e-3 * size + 2e-6 / h))
                fail_msg("point %d, %s: %g instead of %g", (int)k, gal_galaxy_par(s.g, i)->name, g[i], want);
        }
    }
    point(&s, 5000, theta);
    for (size_t i = 0; i < s.npar; i++)
        wanted[i] = i == 1;
    memset(gflux, 0, sizeof gflux);
    double z = theta[1] = 2.021, before, after, most[2] = {0, 0};
    for (int b = 1; b < NB; b++) {
        assert_int_equal(gal_plan_photometry(p, w, theta, up), GAL_OK);
        gflux[b] = 1 / up[b];
    }
    for (int n = 0; n < 2; n++) {
        double step = n == 0 ? 2e-5 : 2e-6;
        for (int i = 0; i < 400; i++) {
            theta[1] = z + 1e-5 * i;
            assert_int_equal(gal_plan_gradient(p, w, theta, wanted, gflux, g), GAL_OK);
            before = g[1];
            theta[1] += step;
            assert_int_equal(gal_plan_gradient(p, w, theta, wanted, gflux, g), GAL_OK);
            after = g[1];
            most[n] = fmax(most[n], fabs(after - before));
        }
    }
    if (!(most[1] < 0.2 * most[0]))
        fail_msg("slopes change by %g over 2e-5 and by %g over 2e-6", most[0], most[1]);
    gal_plan_ws_free(w);
    gal_plan_unref(p);
    close_setting(&s);
}

/* Redshifts at which a band is not covered are left to the whole grid; the same plan twice has the same bits. */
static void test_coverage(void **unused)
{
    static const char *const part[][2] = {{"attenuation", "calzetti"}};
    setting s;
    gal_plan *p[2];
    gal_plan_ws *w[2];
    double theta[NPAR], a[NB], b[NB];
    (void)unused;
    open_setting(&s, 0.3, 0.4, part, 1);
    gal_filter_unref(s.f[0]);
    assert_int_equal(gal_filter_tophat(&s.f[0], "band", 1.36, 2), GAL_OK); /* the grid begins at 1 A */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(make(&p[i], &s, 1e-5), GAL_OK);
        assert_int_equal(gal_plan_ws_create(&w[i], p[i]), GAL_OK);
    }
    size_t covered = 0, other = 0;
    for (uint64_t k = 0; k < 200; k++) {
        point(&s, k, theta);
        if (!gal_plan_covers(p[0], theta)) {
            other++;
            assert_int_equal(gal_plan_photometry(p[0], w[0], theta, a), GAL_EDOMAIN);
            continue;
        }
        covered++;
        assert_true(1.36 / (1 + theta[1]) > gal_galaxy_wave(s.g)[0]);
        assert_int_equal(gal_plan_photometry(p[0], w[0], theta, a), GAL_OK);
        assert_int_equal(gal_plan_photometry(p[1], w[1], theta, b), GAL_OK);
        assert_memory_equal(a, b, sizeof a);
    }
    assert_true(covered > 20 && other > 20);
    for (int i = 0; i < 2; i++) {
        gal_plan_ws_free(w[i]);
        gal_plan_unref(p[i]);
    }
    close_setting(&s);
}

/* Flip a byte in the middle of the only file there. */
static void damage(const char *folder)
{
    char path[600];
    DIR *d = opendir(folder);
    assert_non_null(d);
    path[0] = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (strstr(e->d_name, ".plan"))
            snprintf(path, sizeof path, "%.200s/%.300s", folder, e->d_name);
    closedir(d);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long at = ftell(f) / 2;
    assert_true(at > 10000);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    fputc(c ^ 0x40, f);
    fclose(f);
}

/* One that is read has the bits of one that is made, one that the process has is that one, a damaged file is not taken. */
static void test_kept(void **unused)
{
    static const char *const part[][2] = {{"ism", "two_phase"}};
    char folder[] = "/tmp/galua-plans-XXXXXX", command[80];
    setting s;
    gal_plan *p[4];
    double theta[NPAR], a[NB], b[NB];
    (void)unused;
    assert_non_null(mkdtemp(folder));
    gal_log_set_level(GAL_LOG_OFF);
    open_setting(&s, 0.2, 0.23, part, 1);
    gal_plan_opts o = {.filter = s.f,
                       .nfilter = NB,
                       .lo = s.lo,
                       .hi = s.hi,
                       .tolerance = 1e-4,
                       .ntrain = 60,
                       .ncheck = 100,
                       .cache = folder};
    assert_int_equal(gal_plan_create(&p[0], s.g, &o), GAL_OK);
    assert_int_equal(gal_plan_create(&p[1], s.g, &o), GAL_OK);
    assert_ptr_equal(p[0], p[1]);
    gal_plan_forget();
    assert_int_equal(gal_plan_create(&p[2], s.g, &o), GAL_OK);
    gal_plan_forget();
    damage(folder);
    assert_int_equal(gal_plan_create(&p[3], s.g, &o), GAL_OK);
    gal_plan_forget();
    gal_plan_info made = gal_plan_describe(p[0]), read = gal_plan_describe(p[2]), again = gal_plan_describe(p[3]);
    assert_true(!made.cached && read.cached && !again.cached);
    assert_true(made.error == read.error && made.nodes == read.nodes && made.bytes == read.bytes);
    assert_memory_equal(gal_plan_error(p[0]), gal_plan_error(p[2]), NB * sizeof(double));
    for (int i = 2; i < 4; i++) {
        gal_plan_ws *w[2];
        assert_int_equal(gal_plan_ws_create(&w[0], p[0]), GAL_OK);
        assert_int_equal(gal_plan_ws_create(&w[1], p[i]), GAL_OK);
        for (uint64_t k = 0; k < 30; k++) {
            point(&s, k, theta);
            assert_int_equal(gal_plan_photometry(p[0], w[0], theta, a), GAL_OK);
            assert_int_equal(gal_plan_photometry(p[i], w[1], theta, b), GAL_OK);
            assert_memory_equal(a, b, sizeof a);
        }
        gal_plan_ws_free(w[0]);
        gal_plan_ws_free(w[1]);
    }
    for (int i = 0; i < 4; i++)
        gal_plan_unref(p[i]);
    close_setting(&s);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static int no_leak(void **unused)
{
    (void)unused;
    return gal_mem_live() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fluxes), cmocka_unit_test(test_slopes),
                                       cmocka_unit_test(test_coverage), cmocka_unit_test(test_kept)};
    return cmocka_run_group_tests(tests, NULL, no_leak);
}
