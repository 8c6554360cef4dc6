/* A run that is killed goes on from its last checkpoint. Wherever that was, the evidence of it ends as it would have: same draws, same number
 * of likelihoods, same verdict. From up to forty checkpoints of each sampler, the last ten among them; Pathfinder and the optimum come to none here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "galua/ensemble.h"
#include "galua/nuts.h"
#include "galua/result.h"
#include "galua/sampler.h"
#include "infer_problems.h"

#define MOST 4096

typedef struct checkpoints {
    gal_result *file[MOST];
    size_t n, steps, every;
} checkpoints;

static gal_status keep(void *ctx, const gal_sampler *s)
{
    checkpoints *c = ctx;
    if (c->steps++ % c->every > 0)
        return GAL_OK;
    if (c->n == MOST)
        return gal_fail(GAL_EINVAL, "more than %d checkpoints", MOST);
    gal_status st = gal_result_create(&c->file[c->n]);
    return st == GAL_OK ? gal_sampler_put(c->file[c->n++], s, NULL) : st;
}

static double bowl(size_t d, const double *x, double *grad, const void *ctx)
{
    double s = 0;
    (void)ctx;
    for (size_t k = 0; k < d; k++) {
        s -= 0.5 * x[k] * x[k];
        if (grad)
            grad[k] = -x[k];
    }
    return s;
}

static void same(const gal_sampler *a, const gal_sampler *b, size_t checkpoint)
{
    gal_draw_set p, q;
    ok(gal_sampler_draws(a, &p));
    ok(gal_sampler_draws(b, &q));
    if (a->evaluations != b->evaluations || a->end != b->end || strcmp(a->why, b->why) != 0)
        fail_msg("%s from checkpoint %zu: %zu likelihoods, %s; never stopped: %zu, %s", a->cls->name, checkpoint,
                 b->evaluations, b->why, a->evaluations, a->why);
    assert_int_equal(p.n * p.chains, q.n * q.chains);
    assert_memory_equal(p.theta, q.theta, p.n * p.chains * a->d * sizeof(double));
    assert_memory_equal(p.lnlike, q.lnlike, p.n * p.chains * sizeof(double));
}

/* One class: the whole run, then one from each of its checkpoints (at most 40 of them, the last ten among them) */
static size_t series(const gal_sampler_class *cls)
{
    problem p = {.d = 2, .f = bowl, .lo = -6, .hi = 6};
    gal_target t = p_target(&p, true);
    static checkpoints c;
    union {
        gal_goal any;
        gal_ensemble_goal ensemble;
        gal_nuts_goal nuts;
        double room[64];
    } goal = {.any = {0}};
    gal_sampler *whole, *again;
    c.n = c.steps = 0;
    c.every = 1;
    ok(gal_sampler_create(&whole, cls, &t, NULL));
    if (cls == &gal_ensemble_class) {
        ok(gal_ensemble_start_prior((gal_ensemble *)whole));
        goal.ensemble.tau = 20;
        c.every = 97;
    } else if (cls == &gal_nuts_class) {
        ok(gal_nuts_start_prior((gal_nuts *)whole));
        goal.nuts.ess = 50;
        c.every = 61;
    }
    goal.any.hook = keep;
    goal.any.hook_ctx = &c;
    ok(gal_sampler_run(whole, &goal));
    goal.any.hook = NULL;
    for (size_t i = 0; i < c.n; i++) {
        if (i + 10 >= c.n || i % (c.n / 30 + 1) == 0) {
            ok(gal_sampler_get(&again, c.file[i], &t));
            ok(gal_sampler_run(again, &goal));
            same(whole, again, i + 1);
            gal_sampler_free(again);
        }
        gal_result_free(c.file[i]);
    }
    gal_sampler_free(whole);
    return c.n;
}

static void every_checkpoint(void **state)
{
    (void)state;
    size_t classes = 0;
    ok(gal_threads_set(1));
    for (const gal_sampler_class *const *c = gal_sampler_classes(); *c; c++) {
        size_t n = series(*c);
        printf("%-12s %4zu checkpoints\n", (*c)->name, n);
        classes += n > 0;
    }
    assert_true(classes >= 5); /* Pathfinder and the optimum may be there in one step */
    ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_checkpoint)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
