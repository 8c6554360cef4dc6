/* Burn-in in results files, where ArviZ looks for it: draws 0 .. galua/burn_in - 1 of the sample groups are written as groups
 * warmup_posterior, warmup_sample_stats, ..., the others as posterior, sample_stats, ...; reading puts them together again, so that a
 * run can go on. In memory a result always holds whole chains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/result/result_int.h"

static const char *const GROUP[] = {"posterior", "sample_stats", "log_prior", "log_likelihood"};
enum { NGROUP = sizeof GROUP / sizeof *GROUP };

static bool is_chain(const gal_var *v)
{
    return v->rank >= 2 && strcmp(v->dim[0], "chain") == 0 && strcmp(v->dim[1], "draw") == 0;
}

bool result_has_warmup(const gal_var *v, size_t burn)
{
    bool in = false;
    for (int i = 0; i < NGROUP; i++)
        in |= strcmp(v->group, GROUP[i]) == 0;
    return in && burn > 0 && is_chain(v) && v->size[1] > burn;
}

size_t result_burn_in(const gal_result *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->var[i]->group, "galua") == 0 && strcmp(r->var[i]->name, "burn_in") == 0 &&
            r->var[i]->type == GAL_VAR_TEXT && r->var[i]->rank == 0)
            return (size_t)strtoul(((char *const *)r->var[i]->data)[0], NULL, 10);
    return 0;
}

/* Bytes of one draw of one chain. */
static size_t draw_bytes(const gal_var *v)
{
    size_t n = var_width(v->type);
    for (int i = 2; i < v->rank; i++)
        n *= v->size[i];
    return n;
}

gal_status result_part(gal_var **out, const gal_var *v, size_t first, size_t last, bool warmup)
{
    char group[80];
    size_t size[GAL_VAR_MAXRANK];
    snprintf(group, sizeof group, "%s%s", warmup ? "warmup_" : "", v->group);
    memcpy(size, v->size, sizeof size);
    size[1] = last - first;
    *out = var_new(group, v->name, v->type, v->rank, (const char *const *)v->dim, size, v->unit, v->about);
    if (!*out)
        return GAL_ENOMEM;
    size_t one = draw_bytes(v);
    for (size_t c = 0; c < v->size[0]; c++)
        memcpy((char *)(*out)->data + c * size[1] * one, (const char *)v->data + (c * v->size[1] + first) * one,
               size[1] * one);
    return GAL_OK;
}

static gal_var *find(const gal_result *r, const char *group, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->var[i]->group, group) == 0 && strcmp(r->var[i]->name, name) == 0)
            return r->var[i];
    return NULL;
}

/* before: the burn-in of v; both [chain][draw]... */
static gal_status join(gal_var *v, const gal_var *before)
{
    bool same = is_chain(v) && is_chain(before) && v->rank == before->rank && v->type == before->type &&
                v->size[0] == before->size[0];
    for (int i = 2; same && i < v->rank; i++)
        same = v->size[i] == before->size[i];
    if (!same)
        return gal_fail(GAL_EFORMAT, "result: %s/%s and its burn-in have other shapes", v->group, v->name);
    size_t one = draw_bytes(v), a = before->size[1], b = v->size[1], C = v->size[0];
    char *data = gal_alloc(C * (a + b) * one + 1);
    if (!data)
        return GAL_ENOMEM;
    for (size_t c = 0; c < C; c++) {
        memcpy(data + c * (a + b) * one, (const char *)before->data + c * a * one, a * one);
        memcpy(data + (c * (a + b) + a) * one, (const char *)v->data + c * b * one, b * one);
    }
    gal_free(v->data);
    v->data = data;
    v->size[1] = a + b;
    return GAL_OK;
}

gal_status result_join_warmup(gal_result *r)
{
    for (size_t i = 0; i < r->n; i++) {
        gal_var *before = r->var[i];
        if (strncmp(before->group, "warmup_", 7) != 0)
            continue;
        gal_var *v = find(r, before->group + 7, before->name);
        if (!v)
            continue;
        gal_status st = join(v, before);
        if (st != GAL_OK)
            return st;
    }
    for (int i = 0; i < NGROUP; i++) {
        char group[80];
        snprintf(group, sizeof group, "warmup_%s", GROUP[i]);
        result_drop_group(r, group);
    }
    return GAL_OK;
}
