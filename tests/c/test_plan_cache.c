/* Plans on disk: one that is read has the bits of one that is made; a file that is damaged, foreign, or holds other numbers is not taken;
 * what is kept stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "galua/plan.h"
#include "io/seal.h"

enum { NB = 3 };

static char folder[PATH_MAX / 2];
static gal_galaxy *g;
static gal_filter *band[NB];
static double lo[256], hi[256];

static int begin(void **unused)
{
    static const double edge[NB][2] = {{3500, 4200}, {5000, 6000}, {2e6, 3e6}};
    gal_galaxy_opts o;
    const gal_component_class *k;
    gal_component *c;
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/galua-plans-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    gal_galaxy_defaults(&o);
    if (gal_ssp_synthetic(&o.ssp) != GAL_OK || gal_cosmo_named(&o.cosmo, "Planck18") != GAL_OK ||
        gal_component_find(&k, "attenuation", "calzetti") != GAL_OK || gal_component_create(&c, k, NULL) != GAL_OK)
        return -1;
    o.component = &c;
    o.ncomponent = 1;
    if (gal_galaxy_create(&g, &o) != GAL_OK)
        return -1;
    gal_component_unref(c);
    gal_ssp_unref(o.ssp);
    gal_cosmo_unref(o.cosmo);
    for (int b = 0; b < NB; b++)
        if (gal_filter_tophat(&band[b], "band", edge[b][0], edge[b][1]) != GAL_OK)
            return -1;
    for (size_t i = 0; i < gal_galaxy_npar(g); i++) {
        const gal_param *p = gal_galaxy_par(g, i);
        lo[i] = p->free ? p->plo : p->value;
        hi[i] = p->free ? p->phi : p->value;
    }
    lo[1] = hi[1] = 0.1;
    gal_log_set_level(GAL_LOG_OFF);
    return 0;
}

static int end(void **unused)
{
    char command[PATH_MAX];
    (void)unused;
    for (int b = 0; b < NB; b++)
        gal_filter_unref(band[b]);
    gal_galaxy_unref(g);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 || gal_mem_live() != 0;
}

static gal_plan *make(bool cache, bool *cached)
{
    gal_plan *p;
    gal_plan_opts o = {.filter = band,
                       .nfilter = NB,
                       .lo = lo,
                       .hi = hi,
                       .tolerance = 1e-4,
                       .ntrain = 60,
                       .ncheck = 100,
                       .cache = cache ? folder : NULL};
    assert_int_equal(gal_plan_create(&p, g, &o), GAL_OK);
    *cached = gal_plan_describe(p).cached;
    return p;
}

/* Fluxes at points between the corners of the box */
static void fluxes(const gal_plan *p, double out[20][NB])
{
    gal_plan_ws *w;
    double theta[256];
    assert_int_equal(gal_plan_ws_create(&w, p), GAL_OK);
    for (size_t i = 0; i < 20; i++) {
        for (size_t k = 0; k < gal_galaxy_npar(g); k++)
            theta[k] = lo[k] + (hi[k] - lo[k]) * (0.05 + 0.04 * (double)((i * 7 + k * 3) % 20));
        if (gal_galaxy_check(g, theta) != GAL_OK)
            memset(out[i], 0, sizeof out[i]);
        else
            assert_int_equal(gal_plan_photometry(p, w, theta, out[i]), GAL_OK);
    }
    gal_plan_ws_free(w);
}

/* The one file of the folder */
static const char *file(void)
{
    static char path[PATH_MAX];
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%.200s", folder, e->d_name);
            n++;
        }
    closedir(d);
    assert_int_equal(n, 1);
    return path;
}

static void test_same_bits(void **unused)
{
    bool cached;
    double a[20][NB], b[20][NB];
    (void)unused;
    gal_plan *none = make(false, &cached);
    assert_false(cached);
    gal_plan *first = make(true, &cached);
    assert_false(cached);
    gal_plan *second = make(true, &cached);
    assert_true(cached);
    fluxes(none, a);
    fluxes(first, b);
    assert_memory_equal(a, b, sizeof a);
    fluxes(second, b);
    assert_memory_equal(a, b, sizeof a);
    assert_true(a[0][0] > 0);
    gal_plan_info i = gal_plan_describe(none), j = gal_plan_describe(second);
    assert_true(i.nodes == j.nodes && i.star_nodes == j.star_nodes && i.bytes == j.bytes && i.error == j.error &&
                i.checked == j.checked);
    assert_memory_equal(gal_plan_error(none), gal_plan_error(second), NB * sizeof(double));
    gal_plan_unref(none);
    gal_plan_unref(first);
    gal_plan_unref(second);
    /* another box is another plan */
    double keep = lo[0];
    lo[0] *= 1.5;
    gal_plan_unref(make(true, &cached));
    assert_false(cached);
    lo[0] = keep;
    gal_plan_unref(make(true, &cached));
    assert_true(cached);
}

static void empty_folder(void)
{
    char command[PATH_MAX];
    bool cached;
    snprintf(command, sizeof command, "rm -rf '%s'/*", folder);
    assert_int_equal(system(command), 0);
    gal_plan_unref(make(true, &cached));
    assert_false(cached);
}

/* Is what lies there now refused, and replaced by a good one? */
static void refused(const char *what)
{
    bool cached;
    gal_plan_unref(make(true, &cached));
    if (cached)
        fail_msg("taken: %s", what);
    gal_plan_unref(make(true, &cached));
    if (!cached)
        fail_msg("not replaced: %s", what);
}

static void test_damage(void **unused)
{
    static const double at[] = {0, 0.001, 0.01, 0.3, 0.7, 0.99, 1};
    char *good, *bad;
    size_t n;
    (void)unused;
    empty_folder();
    const char *path = file();
    assert_int_equal(gal_read_file(path, &good, &n), GAL_OK);
    assert_non_null(bad = gal_alloc(n));
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        memcpy(bad, good, n);
        bad[(size_t)(at[i] * (double)(n - 1))] ^= 4;
        assert_int_equal(gal_write_file(path, bad, n), GAL_OK);
        refused("one bit changed");
    }
    assert_int_equal(gal_write_file(path, good, n / 2), GAL_OK);
    refused("half of it");
    assert_int_equal(gal_write_file(path, good, 0), GAL_OK);
    refused("nothing");
    assert_int_equal(gal_write_file(path, good, n - GAL_SEAL_BYTES), GAL_OK);
    refused("no seal");
    assert_int_equal(gal_seal_put(path), GAL_OK); /* the right content, a seal too many */
    assert_int_equal(gal_write_file(path, good, n - GAL_SEAL_BYTES - 4), GAL_OK);
    assert_int_equal(gal_seal_put(path), GAL_OK);
    refused("cut and sealed");
    /* sealed numbers of somebody else: in every part of the file */
    for (size_t i = 1; i < sizeof at / sizeof *at - 1; i++) {
        memcpy(bad, good, n);
        memset(bad + (size_t)(at[i] * (double)(n - GAL_SEAL_BYTES - 64)), 0xff, 64);
        assert_int_equal(gal_write_file(path, bad, n - GAL_SEAL_BYTES), GAL_OK);
        assert_int_equal(gal_seal_put(path), GAL_OK);
        refused("64 bytes of ones, sealed");
    }
    /* believable numbers that are wrong: the light of every cell 1 % more */
    memcpy(bad, good, n);
    size_t cells = gal_galaxy_ssp(g)->nz * gal_galaxy_ssp(g)->nage, bytes = 0;
    bool cached;
    gal_plan *p = make(true, &cached);
    assert_true(cached);
    bytes = cells * ((gal_plan_describe(p).star_nodes + 16) & ~(size_t)15) * sizeof(float);
    gal_plan_unref(p);
    for (size_t i = 0; i < bytes; i += sizeof(float)) {
        float x;
        memcpy(&x, bad + n - GAL_SEAL_BYTES - bytes + i, sizeof x);
        x *= 1.01f;
        memcpy(bad + n - GAL_SEAL_BYTES - bytes + i, &x, sizeof x);
    }
    assert_int_equal(gal_write_file(path, bad, n - GAL_SEAL_BYTES), GAL_OK);
    assert_int_equal(gal_seal_put(path), GAL_OK);
    refused("a table that is 1 % too bright");
    gal_free(good);
    gal_free(bad);
}

/* Things that are no files are neither read nor replaced; a folder that cannot be made costs time alone. */
static void test_no_file(void **unused)
{
    char path[PATH_MAX], command[2 * PATH_MAX];
    bool cached;
    (void)unused;
    empty_folder();
    snprintf(path, sizeof path, "%s", file());
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    for (int i = 0; i < 2; i++) {
        gal_plan_unref(make(true, &cached));
        assert_false(cached);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    gal_plan_unref(make(true, &cached));
    assert_false(cached);
    assert_int_equal(rmdir(path), 0);
    snprintf(command, sizeof command, "rm -rf '%s' && touch '%s'", folder, folder);
    assert_int_equal(system(command), 0);
    gal_plan_unref(make(true, &cached));
    assert_false(cached);
    assert_int_equal(unlink(folder), 0);
    gal_plan_unref(make(true, &cached)); /* the folder is made */
    gal_plan_unref(make(true, &cached));
    assert_true(cached);
}

static void test_trim(void **unused)
{
    char path[PATH_MAX];
    struct stat sb;
    (void)unused;
    assert_int_equal(gal_mkdirs(folder), GAL_OK);
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "%s/%032x.cut", folder, i);
        assert_int_equal(gal_write_file(path, "0123456789", 10), GAL_OK);
        struct timespec t[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
    }
    snprintf(path, sizeof path, "%s/mine.cut", folder);
    assert_int_equal(gal_write_file(path, "not theirs", 10), GAL_OK);
    snprintf(path, sizeof path, "%s/%032x.cut", folder, 0);
    gal_cache_used(path); /* the oldest is the newest now */
    gal_cache_trim(folder, ".cut", 45);
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof path, "%s/%032x.cut", folder, i);
        assert_int_equal(stat(path, &sb) == 0, i == 0 || i > 6);
    }
    snprintf(path, sizeof path, "%s/mine.cut", folder);
    assert_int_equal(stat(path, &sb), 0);
}

static void test_where(void **unused)
{
    const char *names[] = {"GALUA_CACHE", "XDG_CACHE_HOME", "HOME"};
    char *before[3], buf[PATH_MAX];
    (void)unused;
    for (int i = 0; i < 3; i++)
        before[i] = getenv(names[i]) ? strdup(getenv(names[i])) : NULL;
    setenv("HOME", "/home/somebody", 1);
    setenv("XDG_CACHE_HOME", "/var/cache/x", 1);
    setenv("GALUA_CACHE", "/scratch/y", 1);
    assert_int_equal(gal_cache_dir("plans", buf, sizeof buf), GAL_OK);
    assert_string_equal(buf, "/scratch/y/plans");
    setenv("GALUA_CACHE", "off", 1);
    assert_int_equal(gal_cache_dir("plans", buf, sizeof buf), GAL_ENOTFOUND);
    unsetenv("GALUA_CACHE");
    assert_int_equal(gal_cache_dir("plans", buf, sizeof buf), GAL_OK);
    assert_string_equal(buf, "/var/cache/x/galua/plans");
    setenv("XDG_CACHE_HOME", "relative", 1);
    assert_int_equal(gal_cache_dir("plans", buf, sizeof buf), GAL_OK);
    assert_string_equal(buf, "/home/somebody/.cache/galua/plans");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(gal_cache_dir("plans", buf, sizeof buf), GAL_ENOTFOUND);
    for (int i = 0; i < 3; i++) {
        if (before[i])
            setenv(names[i], before[i], 1);
        else
            unsetenv(names[i]);
        free(before[i]);
    }
    gal_hash a, b;
    assert_int_equal(gal_code_hash(&a), GAL_OK);
    assert_int_equal(gal_code_hash(&b), GAL_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a.lo != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bits), cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_no_file), cmocka_unit_test(test_trim),
                                       cmocka_unit_test(test_where)};
    return cmocka_run_group_tests(tests, begin, end);
}
