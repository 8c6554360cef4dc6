/* table_columns.c - columns of a table by name: look-up, what was passed over, metadata, places for messages, vectors. */
#include "table_int.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------ look-up */
const gal_column *gal_table_column(const gal_table *t, const char *name)
{
    for (size_t i = 0; i < t->ncol; i++)
        if (t->col[i].name && strcmp(t->col[i].name, name) == 0)
            return &t->col[i];
    return NULL;
}

/* whatever the case, where that is one column only and the name more than a letter */
static const gal_column *any_case(const gal_table *t, const char *name)
{
    const gal_column *c = NULL;
    for (size_t i = 0; name[0] && name[1] && i < t->ncol; i++)
        if (t->col[i].name && strcasecmp(t->col[i].name, name) == 0) {
            if (c)
                return NULL;
            c = &t->col[i];
        }
    return c;
}

static gal_status passed(const gal_table *t, const char *name)
{
    for (size_t i = 0; i < t->npassed; i++)
        if (strcasecmp(t->passed[i].name, name) == 0 && (name[1] || strcmp(t->passed[i].name, name) == 0))
            return gal_fail(GAL_EUNSUP, "%s: column '%s' %s", *t->path ? t->path : "table", t->passed[i].name,
                            t->passed[i].why);
    return GAL_OK;
}

gal_status gal_table_find(const gal_table *t, const char *name, const gal_column **out)
{
    *out = gal_table_column(t, name);
    if (!*out)
        *out = any_case(t, name);
    return *out ? GAL_OK : passed(t, name);
}

gal_status gal_table_find_any(const gal_table *t, const char *const *names, size_t n, const gal_column **out)
{
    gal_status st = GAL_OK;
    *out = NULL;
    for (size_t i = 0; st == GAL_OK && !*out && i < n; i++)
        st = gal_table_find(t, names[i], out);
    return st;
}

gal_status gal_table_need(const gal_table *t, const char *name, const gal_column **out)
{
    gal_status st = gal_table_find(t, name, out);
    if (*out || st != GAL_OK)
        return st;
    char hint[160];
    const char **names = GAL_NEWN(const char *, t->ncol + 1);
    if (!names)
        return GAL_ENOMEM;
    for (size_t i = 0; i < t->ncol; i++)
        names[i] = t->col[i].name;
    gal_did_you_mean(hint, sizeof hint, name, names, t->ncol);
    size_t used = 0;
    for (size_t i = 0; !gal_nearest(name, names, t->ncol) && i < t->ncol && used + 48 < sizeof hint; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s%.40s", i ? ", " : "; the columns are ", names[i]);
    gal_free(names);
    return gal_fail(GAL_ENOTFOUND, "%s: no column '%s'%s", *t->path ? t->path : "table", name, hint);
}

gal_status gal_table_need_num(const gal_table *t, const char *name, const gal_column **out)
{
    gal_status st = gal_table_need(t, name, out);
    if (st != GAL_OK || !(*out)->is_text)
        return st;
    for (size_t i = 0; i < t->nrow && st == GAL_OK; i++)
        st = gal_table_number(t, *out, i, NULL, NULL);
    return st != GAL_OK
               ? st
               : gal_fail(GAL_EFORMAT, "%s: column '%s' is declared as text, numbers are expected", t->path, name);
}

gal_status gal_table_need_text(const gal_table *t, const char *name, const gal_column **out)
{
    gal_status st = gal_table_need(t, name, out);
    if (st == GAL_OK && !(*out)->is_text)
        return gal_fail(GAL_EFORMAT, "%s: column '%s' holds numbers, text is expected", *t->path ? t->path : "table",
                        name);
    return st;
}

const char *gal_table_meta(const gal_table *t, const char *key)
{
    for (size_t i = 0; i < t->nmeta; i++)
        if (strcasecmp(t->meta_key[i], key) == 0)
            return t->meta_value[i];
    return NULL;
}

void gal_table_place(const gal_table *t, size_t row, char *buf, size_t n)
{
    if (t->line && t->path && *t->path)
        snprintf(buf, n, "%s, line %zu", t->path, t->line[row]);
    else
        snprintf(buf, n, "%s%srow %zu", t->path ? t->path : "", t->path && *t->path ? ", " : "", row + 1);
}

/* ------------------------------------------------------------------ passed over */
gal_status gal_table_pass_over(gal_table *t, const char *name, const char *why)
{
    gal_passed *p = gal_realloc(t->passed, (t->npassed + 1) * sizeof *p);
    if (!p)
        return GAL_ENOMEM;
    t->passed = p;
    p += t->npassed;
    *p = (gal_passed){gal_strdup(name), gal_strdup(why)};
    t->npassed++; /* freed with the table, whatever happened */
    return p->name && p->why ? GAL_OK : GAL_ENOMEM;
}

void gal_say_once(const char *module, const char *fmt, ...)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static gal_hash said[64];
    static size_t nsaid;
    char text[900];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    gal_hash h = gal_hash_bytes(text, strlen(text));
    bool known = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < 64 && i < nsaid; i++)
        known |= said[i].lo == h.lo && said[i].hi == h.hi;
    if (!known)
        said[nsaid++ % 64] = h;
    pthread_mutex_unlock(&lock);
    if (!known)
        gal_log(GAL_LOG_WARN, module, "%s", text);
}

void gal_table_say_passed(const gal_table *t)
{
    char list[700] = "";
    size_t used = 0, i;
    for (i = 0; i < t->npassed && used + 160 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.60s (%.80s)", i ? ", " : "", t->passed[i].name,
                                 t->passed[i].why);
    if (i < t->npassed)
        snprintf(list + used, sizeof list - used, ", and %zu more", t->npassed - i);
    if (t->npassed)
        gal_say_once("table", "%.200s: passed over: %s", *t->path ? t->path : "table", list);
}

/* ------------------------------------------------------------------ vectors */
gal_status gal_table_add_vector(gal_table *t, const char *name, const char *unit, size_t width, const double *v)
{
    gal_vector *p = gal_realloc(t->vec, (t->nvec + 1) * sizeof *p);
    if (!p)
        return GAL_ENOMEM;
    t->vec = p;
    p += t->nvec++;
    *p = (gal_vector){.name = gal_strdup(name),
                      .unit = gal_strdup(unit ? unit : ""),
                      .comment = gal_strdup(""),
                      .width = width,
                      .num = gal_alloc((t->nrow * width + 1) * sizeof(double))};
    if (!p->name || !p->unit || !p->comment || !p->num)
        return GAL_ENOMEM;
    size_t n = t->nrow * width;
    if (v && n > 0)
        memcpy(p->num, v, n * sizeof *v);
    return GAL_OK;
}

/* the length that most vectors have, the longer of two that as many have; 0 when no two agree */
static size_t common_width(const gal_table *t)
{
    size_t best = 0, votes = 1;
    for (size_t i = 0; i < t->nvec; i++) {
        size_t n = 0;
        for (size_t k = 0; k < t->nvec; k++)
            n += t->vec[k].width == t->vec[i].width;
        if (t->vec[i].width > 1 && (n > votes || (n == votes && best && t->vec[i].width > best))) {
            best = t->vec[i].width;
            votes = n;
        }
    }
    return best;
}

/* is the column NAME_k an element of a vector? */
static bool of_vector(const gal_table *t, const char *name)
{
    for (size_t i = 0; i < t->nvec; i++) {
        size_t n = strlen(t->vec[i].name);
        if (strncmp(t->vec[i].name, name, n) == 0 && name[n] == '_' && name[n + 1] &&
            strspn(name + n + 1, "0123456789") == strlen(name + n + 1))
            return true;
    }
    return false;
}

gal_status gal_table_unroll(gal_table **out, const gal_table *t)
{
    gal_status st = GAL_OK;
    gal_table *u = NULL;
    char buf[GAL_CELL_TEXT], why[96];
    size_t n = common_width(t);
    *out = NULL;
    if (t->nrow != 1 || n == 0)
        return gal_fail(GAL_EINVAL, "%s: %zu rows and %zu vectors: not a spectrum in one row", t->path, t->nrow,
                        t->nvec);
    GAL_TRY(gal_table_create(&u, n));
    gal_free(u->path);
    if (!(u->path = gal_strdup(t->path)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < t->nvec; i++) {
        if (t->vec[i].width == n) {
            GAL_TRY(gal_table_add_num(u, t->vec[i].name, t->vec[i].unit, t->vec[i].num));
            continue;
        }
        snprintf(why, sizeof why, "has %zu elements, the others have %zu", t->vec[i].width, n);
        GAL_TRY(gal_table_pass_over(u, t->vec[i].name, why));
    }
    for (size_t i = 0; i < t->npassed; i++)
        GAL_TRY(gal_table_pass_over(u, t->passed[i].name, t->passed[i].why));
    for (size_t j = 0; j < t->ncol; j++)
        if (!of_vector(t, t->col[j].name))
            GAL_TRY(gal_table_add_meta(u, t->col[j].name, gal_table_text(&t->col[j], 0, buf)));
    for (size_t i = 0; i < t->nmeta; i++)
        GAL_TRY(gal_table_add_meta(u, t->meta_key[i], t->meta_value[i]));
out:
    if (st != GAL_OK) {
        gal_table_free(u);
        return st;
    }
    *out = u;
    return GAL_OK;
}

static gal_hash add_text(gal_hash h, const char *s)
{
    return gal_hash_combine(h, gal_hash_bytes(s, strlen(s)));
}

gal_hash gal_table_hash(const gal_table *t)
{
    const uint64_t shape[3] = {t->ncol, t->nrow, t->nmeta};
    gal_hash h = gal_hash_bytes(shape, sizeof shape);
    for (size_t j = 0; j < t->ncol; j++) {
        const gal_column *c = &t->col[j];
        h = add_text(add_text(h, c->name), c->unit);
        if (c->num)
            h = gal_hash_combine(h, gal_hash_bytes(c->num, t->nrow * sizeof *c->num));
        for (size_t i = 0; c->text && i < t->nrow; i++)
            h = add_text(h, c->text[i]);
        if (c->mark)
            h = gal_hash_combine(h, gal_hash_bytes(c->mark, t->nrow));
    }
    for (size_t i = 0; i < t->nmeta; i++)
        h = add_text(add_text(h, t->meta_key[i]), t->meta_value[i]);
    return h;
}
