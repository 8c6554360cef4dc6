/* GetDist's text chains. See galua/export.h. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "galua/export.h"

typedef struct {
    char *p;
    size_t n, room;
    bool failed;
} text;

static void put(text *t, const char *fmt, ...) GAL_PRINTF(2, 3);
static void put(text *t, const char *fmt, ...)
{
    char line[400];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (len < 0 || t->failed)
        return;
    size_t m = (size_t)len < sizeof line ? (size_t)len : sizeof line - 1;
    if (t->n + m + 1 > t->room) {
        size_t room = 2 * t->room + m + 4096;
        char *p = gal_realloc(t->p, room);
        if (!p) {
            t->failed = true;
            return;
        }
        t->p = p;
        t->room = room;
    }
    memcpy(t->p + t->n, line, m);
    t->n += m;
}

static gal_status save(text *t, const char *root, const char *ext)
{
    gal_status st = GAL_ENOMEM;
    char *path = t->failed ? NULL : gal_asprintf("%s%s", root, ext);
    if (path)
        st = gal_write_file(path, t->n > 0 ? t->p : "", t->n);
    gal_free(path);
    gal_free(t->p);
    *t = (text){0};
    return st;
}

static void put_bound(text *t, double v, char after)
{
    if (isfinite(v))
        put(t, "%.10g%c", v, after);
    else
        put(t, "N%c", after);
}

static gal_status check(const gal_getdist *g, bool *use)
{
    bool derived = false;
    if (g->n == 0)
        return gal_fail(GAL_EINVAL, "GetDist: no samples");
    for (size_t k = 0; k < g->ncol; k++) {
        const gal_getdist_col *c = &g->col[k];
        if (!*c->name || strpbrk(c->name, " \t\n*"))
            return gal_fail(GAL_EINVAL, "GetDist: column name '%s' must not be empty nor hold spaces or '*'", c->name);
        if (derived && !c->derived)
            return gal_fail(GAL_EINVAL, "GetDist: parameter '%s' comes after derived quantities", c->name);
        derived |= c->derived;
        use[k] = true;
        for (size_t i = 0; use[k] && i < g->n; i++)
            use[k] = isfinite(c->x[i * c->stride]);
        if (!use[k] && !c->derived)
            return gal_fail(GAL_EMATH, "GetDist: parameter '%s' is not finite in some sample", c->name);
    }
    return GAL_OK;
}

gal_status gal_getdist_write(const gal_getdist *g, const char *root)
{
    gal_status st = GAL_OK;
    text t = {0};
    double top = 0;
    bool *use = GAL_NEWN(bool, g->ncol + 1);
    if (!use)
        return GAL_ENOMEM;
    GAL_TRY(check(g, use));
    for (size_t i = 0; g->weight && i < g->n; i++)
        top = fmax(top, g->weight[i]);
    if (g->weight && !(top > 0))
        GAL_THROW(GAL_EINVAL, "GetDist: all weights are 0");
    for (size_t r = 0; r < g->n; r++) {
        size_t i = g->order ? g->order[r] : r;
        double w = g->weight ? g->weight[i] / top : 1;
        if (!(w >= 1e-12))
            continue;
        put(&t, "%.17g %.17g", w, -g->lnp[i]);
        for (size_t k = 0; k < g->ncol; k++)
            if (use[k])
                put(&t, " %.17g", g->col[k].x[i * g->col[k].stride]);
        put(&t, "\n");
    }
    GAL_TRY(save(&t, root, ".txt"));
    for (size_t k = 0; k < g->ncol; k++)
        if (use[k])
            put(&t, "%s%s %s\n", g->col[k].name, g->col[k].derived ? "*" : "",
                g->col[k].label ? g->col[k].label : g->col[k].name);
    GAL_TRY(save(&t, root, ".paramnames"));
    for (size_t k = 0; k < g->ncol; k++)
        if (use[k] && (isfinite(g->col[k].lo) || isfinite(g->col[k].hi))) {
            put(&t, "%s ", g->col[k].name);
            put_bound(&t, g->col[k].lo, ' ');
            put_bound(&t, g->col[k].hi, '\n');
        }
    GAL_TRY(save(&t, root, ".ranges"));
    put(&t, "burn_removed=T\nsampler=%s\n", g->nested ? "nested" : "mcmc");
    GAL_TRY(save(&t, root, ".properties.ini"));
out:
    gal_free(t.p);
    gal_free(use);
    return st;
}
