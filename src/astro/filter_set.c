/* filter_set.c - the embedded filters (data/filters.h5) and names that stand for several of them.
 *
 * The file packs all curves: wave, trans (as published), offset (start of each curve), energy (flag), name, source; names are
 * sorted. It is read once, on first use, and kept. Thread safety: a mutex guards the first read (HDF5 itself is single threaded). */
#include "galua/filter.h"
#include "io/h5.h"
#include <ctype.h>
#include <glob.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct {
    gal_filter **f;
    const char **name; /* [n] sorted; then the groups */
    size_t n, ngroup;
} set;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int by_name(const void *a, const void *b)
{
    return strcasecmp((*(gal_filter *const *)a)->name, (*(gal_filter *const *)b)->name);
}

static void set_clear(void)
{
    for (size_t i = 0; set.f && i < set.n; i++)
        gal_filter_unref(set.f[i]);
    for (size_t i = 0; set.name && i < set.ngroup; i++)
        gal_free((char *)(uintptr_t)set.name[set.n + i]);
    gal_free(set.f);
    gal_free(set.name);
    memset(&set, 0, sizeof set);
}

/* Every prefix of a name that ends before a dot, once. */
static gal_status collect_groups(void)
{
    size_t room = 0;
    for (size_t i = 0; i < set.n; i++)
        for (const char *p = strchr(set.f[i]->name, '.'); p; p = strchr(p + 1, '.'))
            room++;
    if (!(set.name = GAL_NEWN(const char *, set.n + room)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < set.n; i++)
        set.name[i] = set.f[i]->name;
    for (size_t i = 0; i < set.n; i++)
        for (const char *p = strchr(set.f[i]->name, '.'); p; p = strchr(p + 1, '.')) {
            size_t len = (size_t)(p - set.f[i]->name), g = 0;
            while (g < set.ngroup &&
                   (strncmp(set.name[set.n + g], set.f[i]->name, len) != 0 || set.name[set.n + g][len]))
                g++;
            if (g < set.ngroup)
                continue;
            char *group = gal_strdup(set.f[i]->name);
            if (!group)
                return GAL_ENOMEM;
            group[len] = 0;
            set.name[set.n + set.ngroup++] = group;
        }
    return GAL_OK;
}

static gal_status load(const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    void *wave = NULL, *trans = NULL, *offset = NULL, *energy = NULL;
    char **name = NULL, **source = NULL;
    size_t n = 0, ns = 0, noff = 0, nw = 0, nt = 0, ne = 0;
    GAL_TRY(gal_h5_open(&h, path));
    GAL_TRY(gal_h5_read_strings(h, "name", &name, &n));
    GAL_TRY(gal_h5_read_strings(h, "source", &source, &ns));
    GAL_TRY(gal_h5_read_alloc(h, "offset", GAL_H5_I64, 1, &noff, &offset));
    GAL_TRY(gal_h5_read_alloc(h, "energy", GAL_H5_I64, 1, &ne, &energy));
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &nw, &wave));
    GAL_TRY(gal_h5_read_alloc(h, "trans", GAL_H5_F64, 1, &nt, &trans));
    const int64_t *start = offset, *flag = energy;
    bool sane = n > 0 && ns == n && ne == n && noff == n + 1 && nt == nw && start[0] == 0 && start[n] == (int64_t)nw;
    for (size_t i = 0; sane && i < n; i++)
        sane = start[i + 1] > start[i];
    if (!sane)
        GAL_THROW(GAL_EFORMAT, "%s: its arrays do not belong together: the file is damaged", path);
    if (!(set.f = GAL_NEWN(gal_filter *, n)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++, set.n++) {
        const double *w = (const double *)wave + start[i], *t = (const double *)trans + start[i];
        GAL_TRY(
            gal_filter_create(&set.f[i], name[i], w, t, (size_t)(start[i + 1] - start[i]), flag[i] != 0, source[i]));
    }
    qsort(set.f, n, sizeof *set.f, by_name);
    GAL_TRY(collect_groups());
out:
    gal_h5_close(h);
    gal_h5_free_strings(name, n);
    gal_h5_free_strings(source, ns);
    gal_free(wave);
    gal_free(trans);
    gal_free(offset);
    gal_free(energy);
    if (st != GAL_OK)
        set_clear();
    return st;
}

static gal_status ready(void)
{
    char path[1024];
    gal_status st = GAL_OK;
    pthread_mutex_lock(&lock);
    if (!set.f && (st = gal_data_path("filters.h5", path, sizeof path)) == GAL_OK)
        st = load(path);
    pthread_mutex_unlock(&lock);
    return st;
}

gal_status gal_filters_names(const char *const **names, size_t *n)
{
    gal_status st = ready();
    *names = set.name;
    *n = set.n;
    return st;
}

/* ------------------------------------------------------------------ look-up */
static bool is_file(const char *name)
{
    static const char *const SUFFIX[] = {".dat", ".txt",  ".ecsv",   ".csv", ".tsv",  ".xml", ".vot", ".votable",
                                         ".h5",  ".hdf5", ".filter", ".par", ".fits", ".res", ".gz"};
    size_t len = strlen(name);
    if (strchr(name, '/'))
        return true;
    for (size_t i = 0; i < sizeof SUFFIX / sizeof SUFFIX[0]; i++) {
        size_t m = strlen(SUFFIX[i]);
        if (len > m && strcasecmp(name + len - m, SUFFIX[i]) == 0)
            return true;
    }
    return false;
}

typedef struct found {
    gal_filter **f; /* references held */
    size_t n;
} found;

static gal_status add(found *r, gal_filter *f)
{
    gal_filter **v = gal_realloc(r->f, (r->n + 1) * sizeof *v);
    if (!v)
        return GAL_ENOMEM;
    r->f = v;
    r->f[r->n++] = gal_filter_ref(f);
    return GAL_OK;
}

static int by_pivot(const void *a, const void *b)
{
    double p = (*(gal_filter *const *)a)->pivot, q = (*(gal_filter *const *)b)->pivot;
    return (p > q) - (p < q);
}

/* "GALEX.*", "JWST.*.F444W": * any letters, ? one; case does not matter */
static bool matches(const char *pattern, const char *name)
{
    for (; *pattern && *pattern != '*'; pattern++, name++)
        if (!*name || (*pattern != '?' && tolower((unsigned char)*pattern) != tolower((unsigned char)*name)))
            return false;
    if (!*pattern)
        return !*name;
    while (*pattern == '*')
        pattern++;
    for (;; name++) {
        if (matches(pattern, name))
            return true;
        if (!*name)
            return false;
    }
}

static gal_status find_pattern(const char *pattern, found *r)
{
    for (size_t i = 0; i < set.n; i++)
        if (matches(pattern, set.f[i]->name)) {
            gal_status st = add(r, set.f[i]);
            if (st != GAL_OK)
                return st;
        }
    if (r->n)
        qsort(r->f, r->n, sizeof *r->f, by_pivot);
    return GAL_OK;
}

static gal_status find_group(const char *name, found *r)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < set.n; i++)
        if (strncasecmp(set.f[i]->name, name, len) == 0 && set.f[i]->name[len] == '.') {
            gal_status st = add(r, set.f[i]);
            if (st != GAL_OK)
                return st;
        }
    if (r->n)
        qsort(r->f, r->n, sizeof *r->f, by_pivot);
    return GAL_OK;
}

/* Longest band of the group whose name begins `text`; exact case wins. */
static gal_filter *band_at(const char *group, size_t len, const char *text, size_t *used)
{
    gal_filter *best = NULL;
    size_t best_score = 0;
    for (size_t i = 0; i < set.n; i++) {
        const char *full = set.f[i]->name, *band = full + len + 1;
        if (strncasecmp(full, group, len) != 0 || full[len] != '.')
            continue;
        size_t m = strlen(band);
        if (strncasecmp(band, text, m) != 0)
            continue;
        size_t score = 2 * m + (strncmp(band, text, m) == 0);
        if (score > best_score) {
            best_score = score;
            best = set.f[i];
            *used = m;
        }
    }
    return best;
}

/* "SDSS.ugriz", "VISTA.ZYJHKs": the last part is cut into bands of the group */
static gal_status find_letters(const char *name, found *r)
{
    const char *dot = strrchr(name, '.');
    size_t used = 0;
    gal_status st = GAL_OK;
    for (const char *p = dot ? dot + 1 : ""; *p && st == GAL_OK; p += used) {
        gal_filter *f = band_at(name, (size_t)(dot - name), p, &used);
        for (size_t i = 0; f && i < r->n; i++)
            if (r->f[i] == f) /* a letter twice is a typing error */
                f = NULL;
        if (!f) {
            while (r->n)
                gal_filter_unref(r->f[--r->n]);
            return GAL_OK;
        }
        st = add(r, f);
    }
    return st;
}

static gal_status not_found(const char *name)
{
    if (strpbrk(name, "*?"))
        return gal_fail(GAL_ENOTFOUND, "no built-in filter matches '%s': filter.names() lists them", name);
    char hint[256] = "", bands[512] = "";
    const char **pool = GAL_NEWN(const char *, set.n + set.ngroup);
    size_t n = set.n + set.ngroup, len = 0;
    if (!pool)
        return GAL_ENOMEM;
    memcpy(pool, set.name, n * sizeof *pool);
    for (int k = 0; k < 3; k++) {
        const char *best = gal_nearest(name, pool, n);
        if (!best)
            break;
        len += (size_t)snprintf(hint + len, sizeof hint - len, "%s'%s'", k ? ", " : ", did you mean ", best);
        for (size_t i = 0; i < n; i++)
            if (pool[i] == best)
                pool[i] = pool[--n];
    }
    gal_free(pool);
    const char *dot = strrchr(name, '.');
    size_t group = dot ? (size_t)(dot - name) : 0;
    for (size_t i = 0, m = 0; group && i < set.n; i++)
        if (strncasecmp(set.f[i]->name, name, group) == 0 && set.f[i]->name[group] == '.' && m + 40 < sizeof bands)
            m += (size_t)snprintf(bands + m, sizeof bands - m, " %s", set.f[i]->name + group + 1);
    if (*bands)
        return gal_fail(GAL_ENOTFOUND, "unknown filter '%s': %.*s has%s", name, (int)group, name, bands);
    return gal_fail(GAL_ENOTFOUND, "unknown filter '%s'%s%s (a file is named with its folder or suffix)", name, hint,
                    *hint ? "?" : "");
}

/* The files of curves that users of DSPS keep in $DSPS_DRN/filters: NAME_transmission.h5, or all that a pattern is of */
static gal_status find_folder(const char *name, found *r)
{
    const char *folder = getenv("DSPS_DRN");
    char path[4096];
    glob_t g = {0};
    gal_status st = GAL_OK;
    if (!folder || !*folder || strchr(name, '/') ||
        (size_t)snprintf(path, sizeof path, "%s/filters/%s_transmission.h5", folder, name) >= sizeof path)
        return GAL_OK;
    if (glob(path, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc && st == GAL_OK; i++) {
            gal_filter *f;
            st = gal_filter_read(&f, g.gl_pathv[i]);
            if (st == GAL_OK) {
                st = add(r, f);
                gal_filter_unref(f);
            }
        }
    globfree(&g);
    if (r->n)
        qsort(r->f, r->n, sizeof *r->f, by_pivot);
    return st;
}

gal_status gal_filters_find(const char *name, gal_filter ***list, size_t *n)
{
    found r = {0};
    gal_status st = GAL_OK;
    if (!name || !*name)
        return gal_fail(GAL_EINVAL, "filter name is empty");
    char there[4096];
    if (is_file(name) && !strpbrk(name, "*?")) {
        gal_filter *f;
        bool far = gal_env_file("DSPS_DRN", "filters", name, there, sizeof there) ||
                   gal_env_file("DSPS_DRN", NULL, name, there, sizeof there);
        GAL_TRY(gal_filter_read(&f, far ? there : name));
        st = add(&r, f);
        gal_filter_unref(f);
        GAL_TRY(st);
    } else {
        GAL_TRY(ready());
        for (size_t i = 0; i < set.n && r.n == 0; i++)
            if (strcmp(set.f[i]->name, name) == 0)
                GAL_TRY(add(&r, set.f[i]));
        for (size_t i = 0; i < set.n && r.n == 0; i++)
            if (strcasecmp(set.f[i]->name, name) == 0)
                GAL_TRY(add(&r, set.f[i]));
        if (strpbrk(name, "*?"))
            GAL_TRY(find_pattern(name, &r));
        if (r.n == 0)
            GAL_TRY(find_group(name, &r));
        if (r.n == 0)
            GAL_TRY(find_letters(name, &r));
        if (r.n == 0)
            GAL_TRY(find_folder(name, &r));
        if (r.n == 0)
            GAL_TRY(not_found(name));
    }
    gal_filter **v = gal_realloc(*list, (*n + r.n) * sizeof *v);
    if (!v)
        GAL_TRY(GAL_ENOMEM);
    memcpy(v + *n, r.f, r.n * sizeof *v);
    *list = v;
    *n += r.n;
    r.n = 0; /* the references are the caller's now */
out:
    for (size_t i = 0; i < r.n; i++)
        gal_filter_unref(r.f[i]);
    gal_free(r.f);
    return st;
}
