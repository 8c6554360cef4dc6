/* Pathfinder as bytes, and what it holds. */
#include <string.h>

#include "bytes.h"
#include "pathfinder_int.h"

#define MAGIC 0x314854505f4c4147ull /* "GAL_PTH1" */

const gal_target *gal_pathfinder_target(const gal_pathfinder *p)
{
    return p->t;
}
gal_run_end gal_pathfinder_end(const gal_pathfinder *p)
{
    return p->end;
}
const char *gal_pathfinder_end_text(const gal_pathfinder *p)
{
    return p->why;
}
const char *gal_pathfinder_space_text(const gal_pathfinder *p)
{
    return gal_space_text(p->space);
}
size_t gal_pathfinder_npaths(const gal_pathfinder *p)
{
    return p->opt.paths;
}
const gal_path *gal_pathfinder_path(const gal_pathfinder *p, size_t i)
{
    return i < p->opt.paths ? &p->path[i] : NULL;
}
const gal_importance *gal_pathfinder_importance(const gal_pathfinder *p)
{
    return &p->imp;
}
const gal_draws *gal_pathfinder_draws(const gal_pathfinder *p)
{
    return &p->draws;
}
uint64_t gal_pathfinder_seed(const gal_pathfinder *p)
{
    return p->opt.seed;
}
double gal_pathfinder_seconds(const gal_pathfinder *p)
{
    return p->seconds;
}
size_t gal_pathfinder_evaluations(const gal_pathfinder *p)
{
    return p->evaluations;
}

static void walk_settings(bytes *s, gal_pathfinder *p)
{
    bytes_size(s, &p->d);
    bytes_size(s, &p->nb);
    bytes_size(s, &p->opt.paths);
    bytes_size(s, &p->opt.draws);
    bytes_size(s, &p->opt.elbo_draws);
    bytes_size(s, &p->opt.history);
    bytes_size(s, &p->opt.max_iterations);
    bytes_flag(s, &p->opt.no_laplace);
    bytes_flag(s, &p->opt.numerical);
    bytes_u64(s, &p->opt.seed);
    bytes_u64(s, &p->opt.source);
}

static void walk(bytes *s, void *obj)
{
    gal_pathfinder *p = obj;
    uint64_t end = p->end;
    size_t n = p->draws.n;
    walk_settings(s, p);
    for (size_t i = 0; i < p->opt.paths; i++) {
        gal_path *q = &p->path[i];
        bytes_words(s, q->mean, p->d + p->d * p->d);
        bytes_f64(s, &q->elbo);
        bytes_f64(s, &q->lnp);
        bytes_f64(s, &q->weight);
        bytes_size(s, &q->iterations);
        bytes_size(s, &q->chosen);
        bytes_flag(s, &q->usable);
    }
    bytes_size(s, &n);
    if (s->reading && n > 0 && n <= p->opt.draws)
        s->no_memory |= gal_draws_alloc(&p->draws, n, p->d, p->nb) != GAL_OK;
    if (p->draws.n != n)
        return;
    bytes_words(s, p->draws.theta, n * (p->d + p->nb + 3));
    bytes_words(s, &p->imp, 4);
    bytes_f64(s, &p->seconds);
    bytes_size(s, &p->evaluations);
    bytes_u64(s, &end);
    bytes_words(s, p->why, sizeof p->why / 8);
    p->end = (gal_run_end)end;
}

gal_status gal_pathfinder_state(const gal_pathfinder *p, unsigned char **out, size_t *n)
{
    return bytes_write(MAGIC, walk, (void *)p, out, n);
}

gal_status gal_pathfinder_restore(gal_pathfinder **out, const gal_target *t, const unsigned char *in, size_t n)
{
    gal_status st = GAL_OK;
    gal_pathfinder head = {0}, *p = NULL;
    bytes s;
    GAL_TRY(bytes_open(&s, MAGIC, "the pathfinder", in, n));
    walk_settings(&s, &head);
    if (head.d != t->ndim || head.nb != t->nblob)
        GAL_THROW(
            GAL_EFORMAT,
            "state of the pathfinder: it has %zu parameters and %zu derived quantities, this model %zu and %zu; it "
            "belongs to another fit",
            head.d, head.nb, t->ndim, t->nblob);
    GAL_TRY(gal_pathfinder_create(&p, t, &head.opt));
    GAL_TRY(bytes_open(&s, MAGIC, "the pathfinder", in, n));
    walk(&s, p);
    GAL_TRY(bytes_close(&s, "the pathfinder"));
    *out = p;
    p = NULL;
out:
    gal_pathfinder_free(p);
    return st;
}
