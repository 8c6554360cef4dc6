/* obs_unused.c - what looks like data in a table of photometry and is passed over is said, once for each table: columns named like filters
 * without errors, like masks, flags or limits, like a redshift or a distance; rows without redshift; sources that share a name. */
#include "fit/obs_int.h"
#include "io/table_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

typedef struct names { /* a few, for a message */
    char text[300];
    size_t len, n;
} names;

static void add(names *l, const char *name)
{
    if (l->n++ < 5)
        l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, "%s%.40s", l->n > 1 ? ", " : "", name);
}

static const char *file_of(const gal_table *t)
{
    return *t->path ? t->path : "table";
}

static bool contains(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return false;
}

/* ------------------------------------------------------------------ masks, flags, limits */
void obs_say_flags(const gal_table *t, const gal_column *const *used, size_t nused, const char *const *bands, size_t n)
{
    static const char *const WORDS[] = {"mask", "flag", "qual", "limit", "uplim", "upper", "badpix"};
    names list = {0};
    for (size_t j = 0; j < t->ncol; j++) {
        const gal_column *c = &t->col[j];
        bool is_used = false, like = false, of_band = n == 0;
        for (size_t k = 0; k < nused; k++)
            is_used |= used[k] == c;
        for (size_t k = 0; k < COUNT(WORDS); k++)
            like |= contains(c->name, WORDS[k]);
        for (size_t k = 0; k < n; k++)
            of_band |= contains(c->name, bands[k]);
        if (!is_used && like && of_band)
            add(&list, c->name);
    }
    if (list.n > 0)
        gal_say_once("observation", "%.200s: not used: %s%s: named like masks, flags or limits; %s", file_of(t),
                     list.text, list.n > 5 ? " ..." : "",
                     n == 0 ? "the columns that are read are flag, limit, mask and good"
                            : "the columns that are read are named by the options flag and limit");
}

/* those of a wide table: the companions that are read are used */
static void say_flags(const gal_table *t, const gal_obs_layout *l, const obs_head *h)
{
    const gal_column **used = gal_calloc(4 * t->ncol + 3, sizeof *used);
    const char **band = gal_calloc(t->ncol + 1, sizeof *band);
    size_t n = 0, m = 0;
    for (size_t j = 0; used && band && j < t->ncol; j++) {
        bool yes = false;
        if (l->bands ? !obs_listed(t->col[j].name, l->bands, l->nband)
                     : obs_is_band(t, j, l, h, &yes) != GAL_OK || !yes)
            continue;
        const char *const pattern[] = {l->err, l->flag, l->limit};
        band[n++] = t->col[j].name;
        used[m++] = &t->col[j];
        for (size_t k = 0; k < 3; k++)
            if (obs_companion(t, t->col[j].name, pattern[k], &used[m]) == GAL_OK && used[m])
                m++;
    }
    if (n > 0)
        obs_say_flags(t, used, m, band, n);
    gal_free(used);
    gal_free(band);
}

/* ------------------------------------------------------------------ filters */
/* Does the name of a column stand for one filter of the built-in set? */
static bool names_a_filter(const char *name)
{
    const char *const *list;
    size_t n;
    if (gal_filters_names(&list, &n) != GAL_OK)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(list[i], name) == 0)
            return true;
    return false;
}

static void say_filters(const gal_table *t, const gal_obs_layout *l, const obs_head *h)
{
    names list = {0};
    char pattern[128];
    for (size_t j = 0; j < t->ncol && !l->bands; j++) {
        const gal_column *c = &t->col[j];
        bool used;
        if (obs_is_band(t, j, l, h, &used) == GAL_OK && !used && !obs_listed(c->name, l->skip, l->nskip) &&
            names_a_filter(c->name))
            add(&list, c->name);
    }
    gal_obs_companion(pattern, sizeof pattern, "NAME", l->err);
    if (list.n > 0)
        gal_say_once(
            "observation",
            "%.200s: not used: %s%s: named like filters, but without errors (columns %s; err = '...' names others)",
            file_of(t), list.text, list.n > 5 ? " ..." : "", pattern);
}

/* ------------------------------------------------------------------ redshifts, distances, names */
/* z_best, ZSPEC, photo_z, redshift_1; not zp, zeropoint */
static bool like_redshift(const char *name)
{
    static const char *const WORDS[] = {"redshift", "zspec", "zphot",  "zbest",   "z_spec", "z_phot", "z_best",
                                        "z_peak",   "z_map", "photoz", "photo_z", "specz",  "spec_z"};
    for (size_t k = 0; k < COUNT(WORDS); k++)
        if (contains(name, WORDS[k]))
            return !contains(name, "err") && !contains(name, "flag");
    return false;
}

static void say_head(const gal_table *t, const obs_head *h)
{
    size_t blank = 0;
    for (size_t i = 0; h->z && i < t->nrow; i++)
        blank += gal_table_cell(h->z, i, NULL) == GAL_CELL_MISSING || gal_table_cell(h->z, i, NULL) == GAL_CELL_MASKED;
    if (blank > 0)
        gal_say_once("observation", "%.200s: %zu of %zu rows have no redshift in column '%s'", file_of(t), blank,
                     t->nrow, h->z->name);
    names z = {0}, d = {0};
    for (size_t j = 0; j < t->ncol; j++) {
        if (!h->z && like_redshift(t->col[j].name))
            add(&z, t->col[j].name);
        if (!h->d && (strcasecmp(t->col[j].name, "distance") == 0 || strcasecmp(t->col[j].name, "dist") == 0))
            add(&d, t->col[j].name);
    }
    if (z.n > 0)
        gal_say_once("observation", "%.200s: no column redshift or z; not used: %s%s (redshift = 'NAME' takes one)",
                     file_of(t), z.text, z.n > 5 ? " ..." : "");
    if (d.n > 0)
        gal_say_once("observation",
                     "%.200s: not used: %s (distance = 'NAME' takes it, in the unit of the column or Mpc)", file_of(t),
                     d.text);
}

typedef struct keyed {
    uint64_t key;
    size_t row;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void say_names(const gal_table *t, const obs_head *h)
{
    char a[GAL_CELL_TEXT], b[GAL_CELL_TEXT];
    keyed *list = h->id ? GAL_NEWN(keyed, t->nrow) : NULL;
    size_t n = 0, more = 0, first = 0;
    for (size_t i = 0; list && i < t->nrow; i++) {
        const char *s = gal_table_text(h->id, i, a);
        if (*s)
            list[n++] = (keyed){gal_hash_bytes(s, strlen(s)).lo, i};
    }
    if (n > 1)
        qsort(list, n, sizeof *list, by_key);
    for (size_t i = 1; i < n; i++)
        if (list[i].key == list[i - 1].key &&
            strcmp(gal_table_text(h->id, list[i - 1].row, a), gal_table_text(h->id, list[i].row, b)) == 0 && !more++)
            first = i;
    if (more > 0)
        gal_say_once("observation",
                     "%.200s: %zu %s the name of another in column '%s': rows %zu and %zu are both '%.60s'", file_of(t),
                     more, more == 1 ? "row has" : "rows have", h->id->name, list[first - 1].row + 1,
                     list[first].row + 1, gal_table_text(h->id, list[first].row, a));
    gal_free(list);
}

void gal_obs_say_unused(const gal_table *t, const gal_obs_layout *layout)
{
    gal_obs_layout l;
    obs_head h;
    gal_obs_layout_defaults(&l);
    if (layout)
        l = *layout;
    if (obs_find_head(t, &l, &h) != GAL_OK)
        return;
    say_filters(t, &l, &h);
    say_flags(t, &l, &h);
    say_head(t, &h);
    say_names(t, &h);
}
