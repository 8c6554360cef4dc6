/* The ensemble as a program: the same bits for any threads and after a resume, interrupts, errors, convergence, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ensemble_problem.h"
#include "galua/result.h"

static void same_bits(const gal_ensemble *a, const gal_ensemble *b)
{
    size_t n = a->nstored, W = a->W, d = a->t->ndim;
    assert_int_equal(n, b->nstored);
    assert_int_equal(a->step, b->step);
    assert_memory_equal(a->c_x, b->c_x, n * W * d * sizeof(double));
    assert_memory_equal(a->c_lnprior, b->c_lnprior, n * W * sizeof(double));
    assert_memory_equal(a->c_lnlike, b->c_lnlike, n * W * sizeof(double));
    assert_memory_equal(gal_ensemble_accepted(a), gal_ensemble_accepted(b), n * W * sizeof(double));
    if (a->c_blob)
        assert_memory_equal(a->c_blob, b->c_blob, n * W * a->t->nblob * sizeof(double));
    assert_memory_equal(a->x, b->x, W * d * sizeof(double));
}

static void bit_identical_for_any_threads(void **state)
{
    (void)state;
    static const int T[] = {1, 2, 4};
    int before = gal_threads();
    double cov[DMAX][DMAX];
    problem p = gaussian(4, cov);
    p.threaded = true;
    gal_target t = target(&p);
    t.nblob = 2;
    gal_ensemble *e[3];
    for (int i = 0; i < 3; i++) {
        ok(gal_threads_set(T[i]));
        e[i] = make(&t, "mix", 17, 3); /* odd: unequal halves */
        ok(gal_ensemble_start_prior(e[i]));
        run(e[i], 150);
    }
    ok(gal_threads_set(before));
    same_bits(e[0], e[1]);
    same_bits(e[0], e[2]);
    const double *c = e[0]->c_x, *b = e[0]->c_blob, *l = e[0]->c_lnlike;
    for (size_t i = 0; i < 150 * 17; i++) { /* blobs belong to their samples, to 24 bits */
        assert_true(b[2 * i] == (float)(c[4 * i] * c[4 * i]) && b[2 * i + 1] == (float)l[i]);
        assert_true(i < 17 || l[i] != (float)l[i]); /* which ln L itself is not cut to */
    }
    gal_ensemble *other = make(&t, "mix", 17, 4);
    ok(gal_ensemble_start_prior(other));
    assert_memory_not_equal(other->x, c, 17 * 4 * sizeof(double));
    gal_sampler_free(other);
    for (int i = 0; i < 3; i++)
        gal_sampler_free(e[i]);
}

static void resumed_run_is_identical(void **state)
{
    (void)state;
    double truth[DMAX][DMAX];
    problem p = gaussian(3, truth);
    gal_target t = target(&p);
    t.nblob = 2;
    gal_move m[GAL_MOVES_MAX];
    gal_ensemble_opt o = {.nwalkers = 12, .moves = m, .seed = 11, .source = 5, .thin = 3};
    ok(gal_moves_preset("mix", m, &o.nmoves));
    m[2] = move_of("walk");
    m[2].subset = 4;
    static const double cov[9] = {1, 0.5, 0, 0.5, 2, 0.1, 0, 0.1, 3};
    m[3] = move_of("gaussian");
    m[3].cov = cov;
    m[3].ncov = 9;
    m[4] = move_of("slice");
    m[5] = move_of("kde");
    m[6] = move_of("mixture");
    m[6].models = 3000;
    o.nmoves = 7;
    gal_ensemble *whole, *part, *again;
    ok(gal_sampler_create((gal_sampler **)&whole, &gal_ensemble_class, &t, &o));
    ok(gal_sampler_create((gal_sampler **)&part, &gal_ensemble_class, &t, &o));
    ok(gal_ensemble_start_prior(whole));
    ok(gal_ensemble_start_prior(part));
    run(whole, 400);
    run(part, 137); /* between two stored samples */
    unsigned char *bytes;
    size_t n;
    gal_result *r;
    ok(gal_sampler_state(part, &bytes, &n));
    ok(gal_result_create(&r));
    static const char *const BLOBS[] = {"square", "lnl"};
    t.blob_names = BLOBS;
    ok(gal_sampler_put(r, part, NULL));
    ok(gal_sampler_get((gal_sampler **)&again, r, &t));
    gal_result_free(r);
    assert_int_equal(again->W, 12);
    assert_int_equal(again->nstored, 45);
    gal_sampler_free(part);
    ok(gal_sampler_run(again, &(gal_ensemble_goal){.until = 400}));
    same_bits(whole, again);
    double fa[12], fb[12];
    gal_ensemble_acceptance(whole, fa);
    gal_ensemble_acceptance(again, fb);
    assert_memory_equal(fa, fb, sizeof fa);
    for (size_t i = 0; i < 7; i++)
        assert_true(gal_ensemble_move_acceptance(whole, i) == gal_ensemble_move_acceptance(again, i));
    assert_true(gal_ensemble_move_acceptance(whole, 6) > 0.2 && whole->evaluations == again->evaluations);
    ok(gal_sampler_run(again, &(gal_ensemble_goal){.until = 400})); /* reached: nothing happens */
    assert_int_equal(again->step, 400);
    double mu, nu;
    assert_int_equal(gal_ensemble_tuned(whole, 4, &mu), gal_ensemble_tuned(again, 4, &nu));
    assert_true(mu == nu && mu != 1 && gal_ensemble_tuned(again, 0, &nu) == 0 && isnan(nu));
    gal_sampler_free(again);
    gal_sampler_free(whole);
    bytes[200] ^= 1;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&again, &gal_ensemble_class, &t, bytes, n, NULL), GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "state of the ensemble: its checksum does not match; the file is damaged");
    bytes[200] ^= 1;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&again, &gal_ensemble_class, &t, bytes, 20, NULL),
                     GAL_EFORMAT);
    assert_string_equal(gal_error_message(), "state of the ensemble: 20 bytes are too few; the file is truncated");
    t.nblob = 0;
    assert_int_equal(gal_sampler_restore((gal_sampler **)&again, &gal_ensemble_class, &t, bytes, n, NULL), GAL_EFORMAT);
    assert_string_equal(gal_error_message(),
                        "state of the ensemble: it has 3 parameters and 2 derived quantities, this model 3 and "
                        "0; it belongs to another fit");
    gal_free(bytes);
}

static int stop_now(void *ctx, double fraction, const char *text)
{
    (void)fraction;
    (void)text;
    (*(int *)ctx)++;
    return 1;
}

static void interrupt_keeps_everything(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov), q = p;
    gal_target t = target(&p), tq = target(&q);
    gal_ensemble *a = make(&t, "stretch", 8, 1), *b = make(&tq, "stretch", 8, 1);
    ok(gal_ensemble_start_prior(a));
    ok(gal_ensemble_start_prior(b));
    run(a, 60);
    /* b is stopped during the first half of a step, then during the second, then goes on */
    for (int i = 0; i < 2; i++) {
        q.stop_at = q.calls + 21 + i;
        assert_int_equal(gal_sampler_run(b, &(gal_ensemble_goal){.until = 60}), GAL_EINTR);
        assert_int_equal(b->end, GAL_RUN_INTERRUPTED);
        gal_interrupt_set(0);
        if (i == 0) {
            assert_int_equal(b->step, 10);
            assert_int_equal(b->nstored, 10);
            assert_string_equal(b->why, "interrupted after 10 steps");
        }
    }
    assert_int_equal(b->step, 21);
    ok(gal_sampler_run(b, &(gal_ensemble_goal){.until = 60}));
    assert_int_equal(b->end, GAL_RUN_DONE);
    same_bits(a, b);
    gal_sampler_free(a);
    gal_sampler_free(b);
}

/* a slice step has many batches: stopped in any of them, the repeated step is the same */
static void interrupt_inside_a_slice(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov), q = p;
    gal_target t = target(&p), tq = target(&q);
    gal_ensemble *a = make(&t, "slice", 8, 1), *b = make(&tq, "slice", 8, 1);
    ok(gal_ensemble_start_prior(a));
    ok(gal_ensemble_start_prior(b));
    run(a, 30);
    int stops = 0;
    for (long i = 3; b->step < 30; i += 5) {
        q.stop_at = q.calls + i;
        gal_status st = gal_sampler_run(b, &(gal_ensemble_goal){.until = 30});
        stops += st == GAL_EINTR;
        assert_true(st == GAL_OK || st == GAL_EINTR);
        gal_interrupt_set(0);
    }
    assert_true(stops > 5);
    same_bits(a, b);
    gal_sampler_free(a);
    gal_sampler_free(b);
}

static void progress_can_stop(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    int calls = 0;
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble_opt o = {.nwalkers = 8, .thin = 1000};
    gal_ensemble *e;
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &o));
    ok(gal_ensemble_start_prior(e));
    gal_ensemble_goal g = {.more = 1000000000, .progress = stop_now, .progress_ctx = &calls};
    assert_int_equal(gal_sampler_run(e, &g), GAL_EINTR);
    assert_int_equal(calls, 1);
    assert_true(e->step > 0);
    gal_sampler_free(e);
}

static void nan_is_an_error_with_its_point(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble *e = make(&t, "stretch", 16, 1);
    ok(gal_ensemble_start_prior(e));
    p.nan_above = 1e-3 + 0.9;
    /* walkers above it stay legal until they are proposed there */
    assert_int_equal(gal_sampler_run(e, &(gal_ensemble_goal){.more = 500}), GAL_EMATH);
    assert_non_null(strstr(gal_error_message(), "ln likelihood is NaN at age = "));
    assert_non_null(strstr(gal_error_message(), ", sfh.tau = "));
    assert_int_equal(e->end, GAL_RUN_FAILED);
    assert_non_null(strstr(e->why, "steps: ln likelihood is NaN at age = "));
    size_t n = e->step;
    p.nan_above = 0;
    run(e, 10); /* the run can go on */
    assert_int_equal(e->step, n + 10);
    gal_sampler_free(e);
}

static void bad_starts(void **state)
{
    (void)state;
    double cov[DMAX][DMAX], x[8 * 2];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    gal_ensemble *e;
    gal_move m = move_of("stretch");
    assert_int_equal(
        gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.nwalkers = 3}),
        GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: 3 walkers are too few for 2 parameters, use at least 4");
    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t,
                          &(gal_ensemble_opt){.nwalkers = 3, .force = true}));
    gal_sampler_free(e);
    m.a = 1;
    assert_int_equal(
        gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.moves = &m, .nmoves = 1}),
        GAL_EINVAL);
    assert_string_equal(gal_error_message(), "move stretch: a = 1 must exceed 1 (usual: 2)");
    m = move_of("snooker");
    assert_int_equal(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t,
                                        &(gal_ensemble_opt){.nwalkers = 5, .moves = &m, .nmoves = 1}),
                     GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: move snooker needs 6 walkers, 5 given");
    static const double bad[4] = {1, 2, 2, 1};
    m = move_of("gaussian");
    m.cov = bad;
    m.ncov = 3;
    assert_int_equal(
        gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.moves = &m, .nmoves = 1}),
        GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "move gaussian: cov has 3 numbers, expected 1, 2 variances or a 2 x 2 matrix");
    m.ncov = 4;
    assert_int_equal(
        gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.moves = &m, .nmoves = 1}),
        GAL_EMATH);
    assert_string_equal(gal_error_message(), "move gaussian: cov: matrix is not positive definite (row 2)");
    m.mode = GAL_MODE_RANDOM;
    assert_int_equal(
        gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.moves = &m, .nmoves = 1}),
        GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "move gaussian: a full matrix moves all coordinates at once: mode must be 'vector'");
    m = move_of("kde");
    assert_int_equal(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t,
                                        &(gal_ensemble_opt){.nwalkers = 6, .moves = &m, .nmoves = 1}),
                     GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: move kde needs 8 walkers, 6 given");
    size_t nm;
    gal_move list[GAL_MOVES_MAX];
    assert_int_equal(gal_moves_preset("strech", list, &nm), GAL_ENOTFOUND);
    assert_string_equal(
        gal_error_message(),
        "unknown move 'strech', did you mean 'stretch'? (known: stretch, de, snooker, walk, kde, gaussian, "
        "slice, slice_gaussian, mixture, mix)");

    ok(gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t, &(gal_ensemble_opt){.nwalkers = 8}));
    assert_int_equal(gal_sampler_run(e, &(gal_ensemble_goal){.more = 1}), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "ensemble: no start positions; start it from the prior or from given points");
    for (size_t w = 0; w < 8; w++) {
        x[2 * w] = (double)w;
        x[2 * w + 1] = 3;
    }
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "start: sfh.tau is 3 for all walkers; spread them, or fix the parameter");
    for (size_t w = 0; w < 8; w++)
        x[2 * w + 1] = 2 * (double)w - 1 + (w == 3 ? 1e-9 : 0);
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_non_null(strstr(gal_error_message(), "start: the walkers do not span all parameters (condition number "));
    x[1] = NAN;
    assert_int_equal(gal_ensemble_start(e, x), GAL_EMATH);
    assert_string_equal(gal_error_message(),
                        "start: the sampler proposed a point that is not finite: age = 0, sfh.tau = nan");
    for (size_t w = 0; w < 8; w++)
        x[2 * w + 1] = (double)(w * w);
    x[0] = -1;
    p.positive = true;
    assert_int_equal(gal_ensemble_start(e, x), GAL_EINVAL);
    assert_string_equal(
        gal_error_message(),
        "start: 1 of 8 points have probability 0 (ln prior = -inf), the first is age = -1, sfh.tau = 0");
    x[0] = 0;
    ok(gal_ensemble_start(e, x));
    assert_int_equal(gal_sampler_run(e, &(gal_ensemble_goal){.more = 1, .tau = 50}), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "ensemble: two goals at once; give exactly one of more, until, tau");
    t.prior_transform = NULL;
    assert_int_equal(gal_ensemble_start_prior(e), GAL_EUNSUP);
    assert_string_equal(gal_error_message(), "start: the target cannot draw from its prior; give start positions");
    gal_sampler_free(e);
}

static gal_status count_hook(void *ctx, const gal_sampler *s)
{
    assert_true(((const gal_ensemble *)s)->step > 0);
    (*(int *)ctx)++;
    return GAL_OK;
}

static void stops_when_converged(void **state)
{
    (void)state;
    double cov[DMAX][DMAX], tau[2];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    bool enough;
    int hooks = 0;
    gal_ensemble *e = make(&t, "de", 16, 8), *f = make(&t, "de", 16, 8);
    ok(gal_ensemble_start_prior(e));
    ok(gal_ensemble_start_prior(f));
    ok(gal_sampler_run(e, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 50000}));
    assert_int_equal(e->end, GAL_RUN_CONVERGED);
    ok(gal_ensemble_tau(e, tau, &enough));
    assert_true(enough && 0.75 * (double)e->step > 50 * fmax(tau[0], tau[1]));
    assert_non_null(strstr(e->why, "converged: "));
    /* in pieces it stops at the same step */
    ok(gal_sampler_run(
        f, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 150, .hook = count_hook, .hook_ctx = &hooks}));
    assert_int_equal(f->end, GAL_RUN_LIMIT);
    assert_int_equal(hooks, 150);
    ok(gal_sampler_run(f, &(gal_ensemble_goal){.tau = 50, .dtau = 0.03, .max_steps = 50000}));
    same_bits(e, f);
    gal_sampler_free(e);
    gal_sampler_free(f);
}

static void no_memory(void **state)
{
    (void)state;
    double cov[DMAX][DMAX];
    problem p = gaussian(2, cov);
    gal_target t = target(&p);
    size_t before = gal_mem_live();
    static const double unit[4] = {1, 0, 0, 1};
    gal_move m[2] = {move_of("gaussian"), move_of("slice")};
    m[0].cov = unit;
    m[0].ncov = 4;
    for (long i = 1; i < 40; i++) {
        gal_ensemble *e = NULL;
        gal_mem_fail_after(i);
        gal_status st = gal_sampler_create((gal_sampler **)&e, &gal_ensemble_class, &t,
                                           &(gal_ensemble_opt){.moves = m, .nmoves = 2});
        if (st == GAL_OK && (st = gal_ensemble_start_prior(e)) == GAL_OK)
            st = gal_sampler_run(e, &(gal_ensemble_goal){.more = 70});
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        gal_sampler_free(e);
        assert_int_equal(gal_mem_live(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bit_identical_for_any_threads),
        cmocka_unit_test(resumed_run_is_identical),
        cmocka_unit_test(interrupt_keeps_everything),
        cmocka_unit_test(interrupt_inside_a_slice),
        cmocka_unit_test(progress_can_stop),
        cmocka_unit_test(nan_is_an_error_with_its_point),
        cmocka_unit_test(bad_starts),
        cmocka_unit_test(stops_when_converged),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
