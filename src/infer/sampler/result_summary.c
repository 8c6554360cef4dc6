/* Summaries of results. */
#include <math.h>
#include <string.h>

#include "galua/sampler.h"
#include "infer/result/result_int.h"

/* Sampled coordinate and bounds of the parameter called like it. */
static void find_bounds(const gal_result *r, const gal_var *v, size_t burn, gal_summary_in *in)
{
    const gal_var *x = gal_result_var(r, "galua", "x"), *lo = gal_result_var(r, "galua", "lower"),
                  *hi = gal_result_var(r, "galua", "upper"), *label = gal_result_coord(r, "coordinate");
    bool ok = x && lo && hi && label && x->type == GAL_VAR_F64 && x->rank == 3 && x->size[0] == v->size[0] &&
              x->size[1] == v->size[1] && label->type == GAL_VAR_TEXT && label->size[0] == x->size[2];
    ok = ok && lo->type == GAL_VAR_F64 && hi->type == GAL_VAR_F64 && lo->rank == 1 && hi->rank == 1 &&
         lo->size[0] == x->size[2] && hi->size[0] == x->size[2];
    for (size_t k = 0; ok && k < x->size[2]; k++) {
        size_t n = x->size[1], d = x->size[2];
        if (strcmp(((char **)label->data)[k], v->name) != 0)
            continue;
        in->coord = (gal_chains){(double *)x->data + burn * d + k, n - burn, x->size[0], d, n * d};
        in->lo = ((double *)lo->data)[k];
        in->hi = ((double *)hi->data)[k];
    }
}

/* The draws are resampled points: what counts is the effective number of these. */
static void judge_weighted(const gal_result *r, gal_summary *s)
{
    double ess = NAN;
    if (gal_result_var(r, "galua", "ess"))
        gal_result_get_f64(r, "galua", "ess", &ess);
    for (size_t i = 0; i < s->n; i++) {
        s->row[i].ess = ess;
        s->row[i].mcse_mean = s->row[i].sd / sqrt(ess);
        s->row[i].trusted = ess >= 100;
    }
}

gal_status gal_result_summary(const gal_result *r, size_t burn, gal_summary *out)
{
    const char *sampler = "";
    const gal_sampler_class *c = NULL;
    const gal_var *w = gal_result_var(r, "galua", "weight");
    int64_t thin = 1;
    size_t n = 0;
    gal_status st;
    gal_summary_in *in = GAL_NEWN(gal_summary_in, r->n);
    if (!in)
        return GAL_ENOMEM;
    if (gal_result_var(r, "galua", "sampler"))
        gal_result_get_text(r, "galua", "sampler", &sampler);
    if (gal_sampler_find(&c, sampler) != GAL_OK)
        gal_error_clear();
    if (gal_result_var(r, "galua", "thin"))
        gal_result_get_i64(r, "galua", "thin", &thin);
    if (w && (w->type != GAL_VAR_F64 || w->rank != 1))
        w = NULL;
    bool weighted =
        c && c->kind == GAL_DRAWS_WEIGHTED; /* the draws in the file are equally weighted ones made of them */
    gal_draws_kind kind = w ? GAL_DRAWS_WEIGHTED : c && !weighted ? c->kind : GAL_DRAWS_CHAINS;
    for (size_t i = 0; i < r->n; i++) {
        const gal_var *v = r->var[i];
        if (strcmp(v->group, "posterior") != 0 || v->type != GAL_VAR_F64 || v->rank != 2 || v->size[1] <= burn)
            continue;
        in[n] = (gal_summary_in){.name = v->name,
                                 .unit = v->unit,
                                 .values = {(double *)v->data + burn, v->size[1] - burn, v->size[0], 1, v->size[1]},
                                 .weight = w ? (double *)w->data + burn : NULL,
                                 .thin = (size_t)thin};
        find_bounds(r, v, burn, &in[n++]);
    }
    st = n > 0 ? gal_summary_make(out, kind, in, n)
               : gal_fail(GAL_EINVAL, "result: no samples after the first %zu draws", burn);
    if (st == GAL_OK && weighted)
        judge_weighted(r, out);
    gal_free(in);
    return st;
}
