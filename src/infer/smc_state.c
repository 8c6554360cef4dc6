/* SMC as bytes: settings, pool, levels, the moves in progress. */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "smc_int.h"

#define MAGIC 0x31434d535f4c4147ull /* "GAL_SMC1" */

static void walk_head(bytes *s, gal_smc *m)
{
    bytes_size(s, &m->d);
    bytes_size(s, &m->nb);
    bytes_size(s, &m->opt.particles);
    bytes_size(s, &m->opt.active);
    bytes_f64(s, &m->opt.ess);
    bytes_size(s, &m->opt.max_steps);
    bytes_f64(s, &m->opt.accept);
    bytes_size(s, &m->opt.max_evaluations);
    bytes_u64(s, &m->opt.seed);
    bytes_u64(s, &m->opt.source);
}

static void walk_level(bytes *s, gal_smc_level *v)
{
    double *num[] = {&v->beta, &v->lnz, &v->ess, &v->acceptance, &v->sigma, &v->nu};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        bytes_f64(s, num[i]);
    bytes_size(s, &v->n);
    bytes_size(s, &v->steps);
}

static void walk(bytes *s, void *obj)
{
    gal_smc *m = obj;
    uint64_t end = m->end, phase = m->phase;
    size_t n = m->n, levels = m->nlevel, a = m->opt.active, d = m->d;
    double *num[] = {&m->want,     &m->sigma,    &m->accepted, &m->next_beta,
                     &m->next_lnz, &m->next_ess, &m->seconds,  &m->kernel.nu};
    walk_head(s, m);
    bytes_size(s, &n);
    bytes_size(s, &levels);
    if (s->reading) {
        if (n > s->size || levels > s->size)
            return;
        if ((s->no_memory = smc_make_room(m, n, levels) != GAL_OK))
            return;
        m->n = n;
        m->nlevel = levels;
    }
    bytes_words(s, m->z, n * d);
    bytes_words(s, m->theta, n * d);
    bytes_words(s, m->lnprior, n);
    bytes_words(s, m->lnlike, n);
    bytes_words(s, m->lns, n);
    bytes_words(s, m->blob, n * m->nb);
    bytes_words(s, m->family, n);
    for (size_t i = 0; i < levels; i++) {
        walk_level(s, &m->level[i]);
        bytes_size(s, &m->first[i]);
    }
    bytes_size(s, &m->total);
    bytes_size(s, &m->drawn);
    bytes_u64(s, &phase);
    bytes_size(s, &m->step);
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        bytes_f64(s, num[i]);
    bytes_words(s, m->kernel.mean, d);
    bytes_words(s, m->kernel.chol, d * d);
    bytes_words(s, m->cz, a * d);
    bytes_words(s, m->ctheta, a * d);
    bytes_words(s, m->cblob, a * m->nb);
    double *per[] = {m->clnprior, m->clnlike, m->clnn, m->cdist, m->cl0};
    for (size_t i = 0; i < sizeof per / sizeof *per; i++)
        bytes_words(s, per[i], a);
    bytes_words(s, m->cfamily, a);
    bytes_size(s, &m->evaluations);
    bytes_u64(s, &end);
    m->end = (gal_run_end)end;
    m->phase = (smc_phase)phase;
}

gal_status gal_smc_state(const gal_smc *m, unsigned char **out, size_t *n)
{
    return bytes_write(MAGIC, walk, (void *)m, out, n);
}

gal_status gal_smc_restore(gal_smc **out, const gal_target *t, const unsigned char *in, size_t n)
{
    gal_status st = GAL_OK;
    gal_smc head = {0}, *m = NULL;
    bytes s;
    GAL_TRY(bytes_open(&s, MAGIC, "smc", in, n));
    walk_head(&s, &head);
    if (head.d != t->ndim || head.nb != t->nblob)
        GAL_THROW(GAL_EFORMAT,
                  "state of smc: it has %zu parameters and %zu derived quantities, this model %zu and %zu; it belongs "
                  "to another "
                  "fit",
                  head.d, head.nb, t->ndim, t->nblob);
    GAL_TRY(gal_smc_create(&m, t, &head.opt));
    GAL_TRY(bytes_open(&s, MAGIC, "smc", in, n));
    walk(&s, m);
    GAL_TRY(bytes_close(&s, "smc"));
    GAL_TRY(smc_finish(m));
    snprintf(m->why, sizeof m->why, "restored at beta = %.3g after %zu levels (%s)", gal_smc_beta(m), m->nlevel,
             gal_run_end_name(m->end));
    *out = m;
    m = NULL;
out:
    gal_smc_free(m);
    return st;
}
