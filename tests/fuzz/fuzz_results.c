/* Results loaders. results_h5: any file. results: stored results of every sampler whose variables are changed by the input - other sizes,
 * types, values, none - and whose state gets a right checksum again, as a hostile writer would do; then restored and summarised. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/export.h"
#include "galua/sampler.h"
#include "infer/result/result_int.h"

static void look(const gal_result *r)
{
    gal_summary s = {0};
    if (gal_result_summary(r, 0, &s) == GAL_OK)
        gal_summary_free(&s);
    gal_fingerprint *f = NULL;
    if (gal_result_get_fingerprint(r, &f) == GAL_OK)
        gal_fingerprint_free(f);
}

static void results_h5(const char *path, const uint8_t *data, size_t n)
{
    gal_result *r = NULL;
    (void)data, (void)n;
    if (gal_result_read(&r, path) == GAL_OK) {
        look(r);
        gal_result_free(r);
    }
    gal_emcee e = {0};
    if (gal_emcee_read(&e, path, NULL) == GAL_OK)
        gal_emcee_free(&e);
}

/* ------------------------------------------------------------------ changed variables */
enum { NKIND = 6 };
static const char *const kinds[NKIND] = {"ensemble", "nested", "nuts", "optimum", "pathfinder", "smc"};
static gal_result *stored[NKIND];
static gal_target targets[NKIND];
static const char *names[NKIND][64], *blobs[NKIND][256];

static gal_status no_eval(const gal_target *t, size_t m, const double *x, double *p, double *l, double *b)
{
    (void)x;
    for (size_t i = 0; i < m; i++)
        p[i] = l[i] = -1;
    for (size_t i = 0; b && i < m * t->nblob; i++)
        b[i] = 1;
    return GAL_OK;
}

static void load(int k)
{
    char path[200];
    snprintf(path, sizeof path, "tests/ref/stored_%s.h5", kinds[k]);
    if (gal_result_read(&stored[k], path) != GAL_OK) {
        fprintf(stderr, "%s\n", gal_error_message());
        exit(2);
    }
    const gal_var *c = gal_result_coord(stored[k], "coordinate");
    gal_target *t = &targets[k];
    *t = (gal_target){.names = names[k], .blob_names = blobs[k], .eval = no_eval};
    for (size_t i = 0; c && i < c->size[0] && i < 64; i++)
        names[k][t->ndim++] = ((char **)c->data)[i];
    for (size_t i = 0; i < stored[k]->n; i++) {
        const gal_var *v = stored[k]->var[i];
        bool own = strcmp(v->group, "posterior") == 0 && t->nblob < 256;
        for (size_t d = 0; own && d < t->ndim; d++)
            own = strcmp(v->name, names[k][d]) != 0;
        if (own)
            blobs[k][t->nblob++] = v->name;
    }
}

/* v with rank and sizes of its own; its values are repeated */
static void reshape(gal_result *r, size_t at, int rank, const size_t *size, gal_var_type type)
{
    static const char *const dims[GAL_VAR_MAXRANK] = {"a_", "b_", "c_", "d_"};
    gal_var *v = r->var[at];
    if (type == GAL_VAR_TEXT && rank > 1)
        return;
    gal_var *w = var_new(v->group, v->name, type, rank, dims, size, NULL, NULL);
    if (!w)
        return;
    size_t n = var_count(w) * var_width(type), have = v->type == GAL_VAR_TEXT ? 0 : var_count(v) * var_width(v->type);
    if (type == GAL_VAR_TEXT)
        for (size_t i = 0; i < var_count(w); i++)
            ((char **)w->data)[i] = gal_strdup("x");
    else
        for (size_t i = 0; i < n && have; i++)
            ((char *)w->data)[i] = ((char *)v->data)[i % have];
    var_free(v);
    r->var[at] = w;
}

/* One record of the input: variable, what, and up to 12 bytes. */
static void change(gal_result *r, const uint8_t *p)
{
    size_t at = (p[0] | (size_t)p[1] << 8) % r->n;
    gal_var *v = r->var[at];
    size_t bytes = v->type == GAL_VAR_TEXT ? 0 : var_count(v) * var_width(v->type), size[GAL_VAR_MAXRANK];
    for (size_t i = 0; (p[2] & 64) && i < r->n; i++) /* the state, most often */
        if (strcmp(r->var[i]->name, "state") == 0)
            v = r->var[at = i], bytes = var_count(v) * var_width(v->type);
    switch (p[2] % 4) {
    case 0: /* bytes, a word most often */
        if (bytes >= 8)
            memcpy((char *)v->data + (((size_t)p[3] | (size_t)p[4] << 8) % (bytes / 8)) * 8, p + 8, 8);
        break;
    case 1:
        for (int i = 0; i < GAL_VAR_MAXRANK; i++)
            size[i] = i < v->rank ? v->size[i] : 1 + p[5 + i] % 4;
        if (v->rank > 0)
            size[p[3] % v->rank] = p[4] % 9 == 8 ? (size_t)p[5] * 7 : p[4] % 9;
        reshape(r, at, v->rank, size, v->type);
        break;
    case 2:
        for (int i = 0; i < GAL_VAR_MAXRANK; i++)
            size[i] = p[8 + i] % 8;
        reshape(r, at, p[3] % (GAL_VAR_MAXRANK + 1), size, (gal_var_type)(p[4] % 5));
        break;
    default:
        var_free(v);
        r->var[at] = r->var[--r->n];
    }
}

static void seal_state(gal_result *r)
{
    for (size_t i = 0; i < r->n; i++) {
        gal_var *v = r->var[i];
        size_t n = v->type == GAL_VAR_BYTE ? var_count(v) : 0;
        if (strcmp(v->name, "state") != 0 || n < 16)
            continue;
        gal_hash h = gal_hash_bytes(v->data, n - 16);
        memcpy((char *)v->data + n - 16, &h, 16);
    }
}

static void restore(int k, const gal_result *r)
{
    gal_sampler *e = NULL;
    if (gal_sampler_get(&e, r, &targets[k]) == GAL_OK)
        gal_sampler_free(e);
}

static void results(const char *path, const uint8_t *data, size_t n)
{
    gal_result *r = NULL;
    (void)path;
    if (n < 17)
        return;
    int k = data[0] % NKIND;
    if (!stored[k])
        load(k);
    if (gal_result_create(&r) != GAL_OK || gal_result_copy(r, stored[k], "", "") != GAL_OK)
        abort();
    for (size_t at = 1; at + 16 <= n && at < 1 + 16 * 12 && r->n > 0; at += 16)
        change(r, data + at);
    seal_state(r);
    look(r);
    restore(k, r);
    gal_result_free(r);
}

FUZZ_TARGET(results, NULL, results)
FUZZ_TARGET(results_h5, "r.h5", results_h5)
