/* Chains in the files of emcee and GetDist: the same bits back, rows made ahead ignored, columns and messages. What the programs
 * themselves make of the files: scripts/peers/check_emcee.py, check_getdist.py and their output in tests/ref. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galua/export.h"
#include "infer/sampler/ensemble_int.h"
#include "io/h5.h"

static void ok(gal_status st)
{
    if (st != GAL_OK)
        fail_msg("%s", gal_error_message());
}

static double shift;

static gal_status eval(const gal_target *t, size_t m, const double *x, double *lnprior, double *lnlike, double *blob)
{
    (void)t;
    for (size_t i = 0; i < m; i++) {
        lnprior[i] = -1.5;
        lnlike[i] = shift - 0.5 * (x[2 * i] * x[2 * i] + 0.1 * x[2 * i + 1] * x[2 * i + 1]);
        blob[3 * i] = x[2 * i] + x[2 * i + 1];
        blob[3 * i + 1] = 7;
        blob[3 * i + 2] = NAN;
    }
    return GAL_OK;
}

static gal_status transform(const gal_target *t, size_t m, const double *u, double *x)
{
    (void)t;
    for (size_t i = 0; i < 2 * m; i++)
        x[i] = 6 * u[i] - 3;
    return GAL_OK;
}

static const char *const NAMES[] = {"age", "sfh.tau"}, *const BLOBS[] = {"sum", "seven", "none"};
static const gal_target TARGET = {
    .ndim = 2, .nblob = 3, .names = NAMES, .blob_names = BLOBS, .eval = eval, .prior_transform = transform};
enum { W = 8, N = 30 };

static gal_ensemble *made(size_t walkers, size_t steps)
{
    gal_ensemble *e;
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &TARGET,
                          &(gal_ensemble_opt){.nwalkers = walkers, .seed = 3}));
    if (steps) {
        ok(gal_ensemble_start_prior(e));
        ok(gal_sampler_run(e, &(gal_ensemble_goal){.more = steps}));
    }
    return e;
}

static char folder[] = "/tmp/galua_export_XXXXXX", path[100];

static void emcee_round_trip(void **state)
{
    (void)state;
    gal_ensemble *e = made(W, N), *f = made(W, 0);
    gal_emcee g;
    snprintf(path, sizeof path, "%s/e.h5", folder);
    assert_int_equal(gal_emcee_write(f, path, NULL), GAL_EINVAL); /* nothing stored */
    ok(gal_emcee_write(e, path, NULL));
    ok(gal_emcee_read(&g, path, NULL));
    assert_int_equal(g.n, N);
    assert_int_equal(g.nwalkers, W);
    assert_int_equal(g.ndim, 2);
    assert_memory_equal(g.chain, e->c_x, N * W * 2 * sizeof(double));
    double acc[W];
    gal_ensemble_acceptance(e, acc);
    for (size_t i = 0; i < N * W; i++)
        assert_true(g.log_prob[i] == e->c_lnprior[i] + e->c_lnlike[i]);
    for (size_t w = 0; w < W; w++)
        assert_true(g.accepted[w] == acc[w] * N);
    ok(gal_emcee_start(f, &g, path));
    assert_memory_equal(f->x, e->x, W * 2 * sizeof(double));
    assert_memory_equal(f->lnlike, e->lnlike, W * sizeof(double));
    assert_int_equal(f->step, 0);
    shift = 1e-3; /* another problem */
    assert_int_equal(gal_emcee_start(f, &g, path), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "the file belongs to another problem"));
    shift = 0;
    gal_sampler_free(f);
    f = made(W + 2, 0);
    assert_int_equal(gal_emcee_start(f, &g, path), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "8 walkers in 2 parameters, this ensemble has 10 in 2"));
    gal_emcee_free(&g);
    gal_sampler_free(f);
    gal_sampler_free(e);
}

static void emcee_rows_made_ahead(void **state)
{
    (void)state;
    gal_ensemble *e = made(W, N);
    gal_emcee g;
    gal_h5 *h;
    int64_t n = N - 4;
    snprintf(path, sizeof path, "%s/ahead.h5", folder);
    ok(gal_emcee_write(e, path, "other"));
    ok(gal_h5_open_rw(&h, path));
    ok(gal_h5_attr_set_i64(h, "other", "iteration", &n, 1));
    ok(gal_h5_close(h));
    assert_int_equal(gal_emcee_read(&g, path, NULL), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "not a file of emcee: no group 'mcmc'"));
    ok(gal_emcee_read(&g, path, "other"));
    assert_int_equal(g.n, N - 4);
    assert_memory_equal(g.chain, e->c_x, (N - 4) * W * 2 * sizeof(double));
    gal_emcee_free(&g);
    n = N + 1;
    ok(gal_h5_open_rw(&h, path));
    ok(gal_h5_attr_set_i64(h, "other", "iteration", &n, 1));
    ok(gal_h5_close(h));
    assert_int_equal(gal_emcee_read(&g, path, "other"), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "does not hold 31 samples of 8 walkers and 2 parameters"));
    gal_sampler_free(e);
}

static char *content(const char *ext)
{
    static char text[4000];
    char name[120];
    snprintf(name, sizeof name, "%s/root%s", folder, ext);
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void getdist_files(void **state)
{
    (void)state;
    static const double a[] = {1, 2, 3, 4}, b[] = {0.1, -9, 0.2, -9, 0.3, -9, 0.4, -9}, c[] = {1, NAN, 1, 1},
                        z[] = {5, 6, 7, 8}, w[] = {2, 1e-14, 1, 4}, lnp[] = {-1, -2, -3, 4};
    static const size_t order[] = {3, 2, 1, 0};
    gal_getdist_col col[4] = {{.name = "age", .label = "t", .lo = 0, .hi = 10, .x = a, .stride = 1},
                              {.name = "sfh.tau", .lo = -INFINITY, .hi = 3, .x = b, .stride = 2},
                              {.name = "gone", .derived = true, .lo = -INFINITY, .hi = INFINITY, .x = c, .stride = 1},
                              {.name = "Mstar", .derived = true, .lo = -INFINITY, .hi = INFINITY, .x = z, .stride = 1}};
    gal_getdist g = {.n = 4, .ncol = 4, .col = col, .weight = w, .lnp = lnp, .order = order, .nested = true};
    char root[120];
    snprintf(root, sizeof root, "%s/root", folder);
    ok(gal_getdist_write(&g, root));
    assert_string_equal(content(".txt"), "1 -4 4 0.40000000000000002 8\n0.25 3 3 0.29999999999999999 7\n"
                                         "0.5 1 1 0.10000000000000001 5\n");
    assert_string_equal(content(".paramnames"), "age t\nsfh.tau sfh.tau\nMstar* Mstar\n");
    assert_string_equal(content(".ranges"), "age 0 10\nsfh.tau N 3\n");
    assert_string_equal(content(".properties.ini"), "burn_removed=T\nsampler=nested\n");
    col[1].name = "a b";
    assert_int_equal(gal_getdist_write(&g, root), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "GetDist: column name 'a b' must not be empty nor hold spaces or '*'");
    col[1].name = "b";
    col[1].x = c;
    col[1].stride = 1;
    assert_int_equal(gal_getdist_write(&g, root), GAL_EMATH);
    assert_string_equal(gal_error_message(), "GetDist: parameter 'b' is not finite in some sample");
    col[0].derived = true;
    assert_int_equal(gal_getdist_write(&g, root), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "GetDist: parameter 'b' comes after derived quantities");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"e.h5",        "ahead.h5",           "root.txt", "root.paramnames",
                                        "root.ranges", "root.properties.ini"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emcee_round_trip),
        cmocka_unit_test(emcee_rows_made_ahead),
        cmocka_unit_test(getdist_files),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
