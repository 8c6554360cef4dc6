/* The state of NUTS as bytes: settings, chains, adaptation. Stored draws are not in it; they are in the results file anyway. */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "nuts_int.h"

#define MAGIC 0x3155544e5f4c4147ull /* "GAL_NTU1" */

static void walk_head(bytes *s, gal_nuts *n)
{
    uint64_t metric = n->opt.metric;
    bytes_size(s, &n->d);
    bytes_size(s, &n->nb);
    bytes_size(s, &n->C);
    bytes_size(s, &n->ndraws);
    bytes_size(s, &n->warmup);
    bytes_u64(s, &metric);
    bytes_f64(s, &n->opt.target);
    bytes_f64(s, &n->opt.step);
    bytes_size(s, &n->opt.max_depth);
    bytes_u64(s, &n->opt.seed);
    bytes_u64(s, &n->opt.source);
    bytes_flag(s, &n->opt.numerical);
    n->opt.metric = (gal_metric)metric;
}

static void walk_chain(bytes *s, gal_nuts *n, chain *c)
{
    size_t d = n->d, mm = nuts_dense(n) ? d * d : d;
    double *num[] = {&c->lnp, &c->step, &c->mu, &c->s_bar, &c->x_bar, &c->count, &c->wn};
    double *arr[] = {c->z, c->g, c->scale, c->wmean}, *mat[] = {c->wm2, c->minv, c->lower};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        bytes_f64(s, num[i]);
    for (size_t i = 0; i < sizeof arr / sizeof *arr; i++)
        bytes_words(s, arr[i], d);
    for (size_t i = 0; i < sizeof mat / sizeof *mat; i++)
        bytes_words(s, mat[i], mm);
}

static void walk(bytes *s, void *obj)
{
    gal_nuts *n = obj;
    uint64_t end = n->end;
    walk_head(s, n);
    bytes_size(s, &n->iteration);
    bytes_size(s, &n->checked);
    bytes_size(s, &n->evaluations);
    bytes_flag(s, &n->started);
    bytes_flag(s, &n->search);
    bytes_u64(s, &end);
    bytes_f64(s, &n->seconds);
    for (size_t i = 0; i < n->C; i++)
        walk_chain(s, n, &n->chain[i]);
    n->end = (gal_run_end)end;
}

gal_status gal_nuts_state(const gal_nuts *n, unsigned char **out, size_t *size)
{
    return bytes_write(MAGIC, walk, (void *)n, out, size);
}

gal_status gal_nuts_state_draws(const unsigned char *in, size_t size, size_t *chains, size_t *draws)
{
    gal_nuts head = {0};
    bytes s;
    gal_status st = bytes_open(&s, MAGIC, "nuts", in, size);
    if (st == GAL_OK) {
        walk_head(&s, &head);
        *chains = head.C;
        *draws = head.ndraws;
    }
    return st;
}

gal_status gal_nuts_restore(gal_nuts **out, const gal_target *t, const unsigned char *in, size_t size,
                            const double *theta, const double *lnprior, const double *lnlike, const double *blobs,
                            const double *stats)
{
    gal_status st = GAL_OK;
    gal_nuts head = {0}, *n = NULL;
    bytes s;
    GAL_TRY(bytes_open(&s, MAGIC, "nuts", in, size));
    walk_head(&s, &head);
    if (head.d != t->ndim || head.nb != t->nblob)
        GAL_THROW(
            GAL_EFORMAT,
            "state of nuts: it has %zu parameters and %zu derived quantities, this model %zu and %zu; it belongs to "
            "another fit",
            head.d, head.nb, t->ndim, t->nblob);
    if (theta && !(lnprior && lnlike && stats && (blobs || t->nblob == 0)))
        GAL_THROW(GAL_EINVAL, "nuts: draws to restore need theta, lnprior, lnlike, blobs and statistics together");
    head.opt.chains = head.C;
    head.opt.warmup = head.warmup ? head.warmup : SIZE_MAX;
    GAL_TRY(gal_nuts_create(&n, t, &head.opt));
    GAL_TRY(bytes_open(&s, MAGIC, "nuts", in, size));
    walk(&s, n);
    GAL_TRY(bytes_close(&s, "nuts"));
    size_t draws = n->ndraws, rows = draws * n->C;
    n->ndraws = 0;
    if (theta && draws > 0) {
        GAL_TRY(nuts_make_room(n, draws));
        memcpy(n->theta, theta, rows * n->d * sizeof *theta);
        memcpy(n->lnprior, lnprior, rows * sizeof *theta);
        memcpy(n->lnlike, lnlike, rows * sizeof *theta);
        memcpy(n->stat, stats, rows * GAL_NUTS_NSTATS * sizeof *theta);
        if (n->nb > 0)
            memcpy(n->blob, blobs, rows * n->nb * sizeof *theta);
        n->ndraws = draws;
    }
    snprintf(n->why, sizeof n->why, "restored after %zu iterations (%s)", n->iteration, gal_run_end_name(n->end));
    *out = n;
    n = NULL;
out:
    gal_nuts_free(n);
    return st;
}
