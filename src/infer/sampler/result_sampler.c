/* Samplers in results: draws in the ArviZ groups, weighted ones also as they are (group `weighted`), values and state in group galua, and
 * back; see galua/sampler.h. */
#include <string.h>

#include "galua/sampler.h"
#include "infer/result/result_int.h"

static gal_status put_weighted(gal_result *r, const gal_sampler *s, const gal_draw_set *w, const gal_result_map *map)
{
    static const char *const DIM[] = {"sample", "coordinate"};
    const struct {
        const char *name, *about;
        const double *data;
    } one[] = {
        {"log_weight", "normalised", w->lnw}, {"log_prior", NULL, w->lnprior}, {"log_likelihood", NULL, w->lnlike}};
    gal_status st = GAL_OK;
    gal_draws e = {0};
    size_t size[] = {w->n, s->d};
    GAL_TRY(gal_sampler_equal(s, &e));
    GAL_TRY(result_put_samples(r, s->t, 1, e.n, e.theta, e.lnprior, e.lnlike, e.blob, map));
    if (s->cls->pick) /* it keeps its points in a group of its own */
        goto out;
    GAL_TRY(gal_result_put(r, "weighted", "x", GAL_VAR_F64, 2, DIM, size, w->theta, NULL, "sampled coordinates"));
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        GAL_TRY(
            gal_result_put(r, "weighted", one[i].name, GAL_VAR_F64, 1, DIM, &w->n, one[i].data, NULL, one[i].about));
out:
    gal_draws_clear(&e);
    return st;
}

static gal_status put_field(gal_result *r, const gal_sampler *s, const gal_field *f)
{
    const char *name = f->file ? f->file : f->name;
    double v = gal_sampler_value(s, f);
    if (f->type == GAL_F_TEXT)
        return gal_result_put_text(r, "galua", name, f->text(s));
    if (f->type == GAL_F_CHARS)
        return gal_result_put_text(r, "galua", name, (const char *)s + f->at);
    if (f->type == GAL_F_CHOICE)
        return gal_result_put_text(r, "galua", name, f->choice[(int)v]);
    if (f->type == GAL_F_REAL)
        return gal_result_put_f64(r, "galua", name, v, NULL);
    return gal_result_put_i64(r, "galua", name, (int64_t)v);
}

/* Column c of the list's rows as numbers */
static gal_status put_column(gal_result *r, const gal_item_list *l, const gal_item *c, const char *row, size_t n,
                             size_t d)
{
    const char *dim[] = {l->dim, "coordinate", "coordinate_2"};
    size_t size[] = {n, d, d}, rank = c->type == GAL_C_MATRIX ? 3 : c->type == GAL_C_VECTOR ? 2 : 1;
    size_t width = rank == 3 ? d * d : rank == 2 ? d : 1;
    double *v = GAL_NEWN(double, n *width + 1);
    if (!v)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++, row += l->row) {
        const char *at = row + c->at;
        if (rank > 1)
            memcpy(v + i * width, *(double *const *)at, width * sizeof *v);
        else
            v[i] = c->type == GAL_C_REAL   ? *(const double *)at
                   : c->type == GAL_C_SIZE ? (double)*(const size_t *)at
                                           : *(const bool *)at;
    }
    gal_status st = gal_result_put(r, l->group, c->file, GAL_VAR_F64, (int)rank, dim, size, v, NULL, c->about);
    gal_free(v);
    return st;
}

static gal_status put_list(gal_result *r, const gal_sampler *s, const gal_item_list *l)
{
    size_t n;
    const char *row = l->rows(s, &n);
    gal_status st = GAL_OK;
    result_drop_group(r, l->group);
    for (const gal_item *c = l->column; st == GAL_OK && c->type != GAL_C_END; c++)
        if (c->file)
            st = put_column(r, l, c, row, n, s->d);
    return st;
}

gal_status gal_sampler_put(gal_result *r, const void *obj, const gal_result_map *map)
{
    const gal_sampler *s = obj;
    const gal_sampler_class *c = s->cls;
    gal_status st = GAL_OK;
    unsigned char *state = NULL;
    gal_draw_set w;
    size_t n;
    result_drop_group(r, "weighted");
    GAL_TRY(gal_sampler_draws(s, &w));
    if (w.lnw)
        GAL_TRY(put_weighted(r, s, &w, map));
    else
        GAL_TRY(result_put_samples(r, s->t, w.chains, w.n, w.theta, w.lnprior, w.lnlike, w.blob, map));
    GAL_TRY(result_put_run(r, c->name,
                           *(const uint64_t *)((const char *)s + gal_sampler_field(c, "seed", GAL_OPTION)->at),
                           s->evaluations, s->seconds, s->end, s->why));
    for (const gal_field *f = c->field; f->type != GAL_F_END; f++)
        if (f->use & GAL_FILE)
            GAL_TRY(put_field(r, s, f));
    if (c->list)
        GAL_TRY(put_list(r, s, c->list));
    if (c->put)
        GAL_TRY(c->put(r, s, map));
    GAL_TRY(gal_sampler_state(s, &state, &n));
    GAL_TRY(result_put_state(r, state, n));
out:
    gal_free(state);
    return st;
}

gal_status gal_sampler_get(gal_sampler **out, const gal_result *r, const gal_target *t)
{
    const gal_sampler_class *c;
    const gal_var *v;
    const char *name;
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_get_text(r, "galua", "sampler", &name));
    GAL_TRY(gal_sampler_find(&c, name));
    GAL_TRY(gal_result_get(r, "galua", "state", GAL_VAR_BYTE, 1, &v));
    GAL_TRY(gal_sampler_restore(out, c, t, v->data, v->size[0], r));
out:
    return st;
}
