/* Reading and writing SSP tables of any format: recognition by content, several one-metallicity files in one table. */
#include "ssp_int.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/table_source.h"

double ssp_round12(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.11e", x);
    return strtod(text, NULL);
}

double ssp_vacuum(double air)
{
    if (air < 2000)
        return air;
    double s = 1e8 / (air * air);
    return air * (1 + 0.05792105 / (238.0185 - s) + 0.00167917 / (57.362 - s));
}

void ssp_warn_left_out(const gal_ssp *s, const char *path, const char *layout, bool lines_too)
{
    char list[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < SSP_NOPTIONAL; i++)
        if (*ssp_optional_of(s, i))
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", ssp_optionals[i].name);
    if (lines_too && s->nline)
        used += (size_t)snprintf(list + used, sizeof list - used, "%semission lines", used ? ", " : "");
    if (used)
        gal_log(GAL_LOG_WARN, "ssp", "%s: the %s layout has no place for %s: left out", path, layout, list);
}

void ssp_warn_no_mass(const char *path, const char *where)
{
    gal_log(GAL_LOG_WARN, "ssp", "%s: no surviving masses%s%s%s: a return of 0.05 ln(1 + age/0.4 Myr) is taken", path,
            where ? " (they would be in " : "", where ? where : "", where ? ")" : "");
}

/* ------------------------------------------------------------------ recognition */
enum { HEAD = 16384 };

/* NULL when the content is none of ours. */
static gal_status recognise(const char *path, const ssp_reader **out)
{
    gal_status st = GAL_OK;
    source s = {.fd = -1};
    char *head = GAL_NEWN(char, HEAD + 1), known[400] = "";
    size_t n = 0, used = 0;
    *out = NULL;
    if (!head)
        return GAL_ENOMEM;
    GAL_TRY(gal_source_open(&s, path));
    n = s.size < HEAD ? s.size : HEAD;
    GAL_TRY(gal_source_read(&s, 0, n, head));
    if (n == 0)
        GAL_THROW(GAL_EFORMAT, "%s: is empty", path);
    const ssp_head h = {path, head, n, !memchr(head, '\0', n)};
    for (const ssp_reader *r = ssp_readers; r->name; r++) {
        if (r->is(&h)) {
            *out = r;
            goto out;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", r->name);
    }
    st = gal_fail(GAL_EFORMAT, "%s: not an SSP table Galua knows (%s)", path, known);
out:
    gal_source_close(&s);
    gal_free(head);
    return st;
}

/* ------------------------------------------------------------------ one Z per file */
static gal_status same_axis(const char *what, const char *unit, const char *pa, const double *a, size_t na,
                            const char *pb, const double *b, size_t nb)
{
    if (na != nb)
        return gal_fail(GAL_EFORMAT, "%s: has %zu %ss, but %s has %zu", pb, nb, what, pa, na);
    for (size_t i = 0; i < na; i++)
        if (a[i] != b[i])
            return gal_fail(GAL_EFORMAT, "%s: %s %zu is %g %s, but in %s it is %g", pb, what, i + 1, b[i], unit, pa,
                            a[i]);
    return GAL_OK;
}

typedef struct slice {
    gal_ssp *table;
    const char *path;
} slice;

static int by_z(const void *a, const void *b)
{
    double za = ((const slice *)a)->table->z[0], zb = ((const slice *)b)->table->z[0];
    return (za > zb) - (za < zb);
}

static gal_status check_slices(const slice *s, size_t n)
{
    gal_status st = GAL_OK;
    for (size_t i = 1; i < n; i++) {
        const gal_ssp *a = s[0].table, *b = s[i].table;
        if (b->z[0] == s[i - 1].table->z[0])
            return gal_fail(GAL_EFORMAT, "%s and %s: both have Z = %g: name one set of files", s[i - 1].path, s[i].path,
                            b->z[0]);
        GAL_TRY(same_axis("wavelength", "A", s[0].path, a->wave, a->nwave, s[i].path, b->wave, b->nwave));
        GAL_TRY(same_axis("age", "yr", s[0].path, a->age, a->nage, s[i].path, b->age, b->nage));
        if (strcmp(a->imf, b->imf) != 0 || strcmp(a->provenance, b->provenance) != 0)
            GAL_THROW(GAL_EFORMAT, "%s is of IMF '%s' (%s), %s of '%s' (%s): name one set of files", s[i].path, b->imf,
                      b->provenance, s[0].path, a->imf, a->provenance);
    }
out:
    return st;
}

/* What all of the slices have besides spectra; what only some have is left out, and said. */
static gal_status merge_optionals(gal_ssp *t, const slice *s, size_t n)
{
    for (size_t k = 0; k < SSP_NOPTIONAL; k++) {
        size_t have = 0, len = ssp_optional_len(s[0].table, k), lacks = 0;
        for (size_t i = 0; i < n; i++)
            if (*ssp_optional_of(s[i].table, k))
                have++;
            else
                lacks = i;
        if (have > 0 && have < n)
            gal_log(GAL_LOG_WARN, "ssp", "%s: has no %s, as other files of its set have: left out", s[lacks].path,
                    ssp_optionals[k].name);
        if (have < n)
            continue;
        float *x = GAL_NEWN(float, ssp_optional_len(t, k));
        if (!x)
            return GAL_ENOMEM;
        *ssp_optional_of(t, k) = x;
        for (size_t i = 0; i < (ssp_optionals[k].per_wave ? 1 : n); i++)
            memcpy(x + i * len, *ssp_optional_of(s[i].table, k), len * sizeof *x);
    }
    return GAL_OK;
}

static gal_status merge(gal_ssp **out, slice *s, size_t n)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    *out = NULL;
    qsort(s, n, sizeof *s, by_z);
    GAL_TRY(check_slices(s, n));
    const gal_ssp *a = s[0].table;
    size_t block = a->nage * a->nwave;
    GAL_TRY(gal_ssp_create(&t, 1, n, a->nage, a->nwave));
    memcpy(t->wave, a->wave, a->nwave * sizeof(double));
    memcpy(t->age, a->age, a->nage * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        t->z[i] = s[i].table->z[0];
        memcpy(t->lum + i * block, s[i].table->lum, block * sizeof(float));
    }
    GAL_TRY(merge_optionals(t, s, n));
    GAL_TRY(gal_ssp_set_text(t, NULL, a->imf, a->provenance));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    return st;
}

/* `folder`: files that are no SSP tables are passed over. */
static gal_status read_many(gal_ssp **out, char *const *paths, size_t n, const char *asked, bool folder, bool *one_z)
{
    gal_status st = GAL_OK;
    size_t have = 0;
    const ssp_reader *format = NULL;
    struct stat sb;
    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (ssp_is_miles(paths[i])) {
            *one_z = true;
            return ssp_read_miles(out, paths, n);
        }
    slice *s = GAL_NEWN(slice, n ? n : 1);
    if (!s)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const ssp_reader *r;
        if (stat(paths[i], &sb) != 0 || !S_ISREG(sb.st_mode) || ssp_is_beside(paths[i]))
            continue;
        st = recognise(paths[i], &r);
        if (st == GAL_EFORMAT && folder) {
            st = GAL_OK;
            continue;
        }
        GAL_TRY(st);
        if (have && (r != format || !r->one_z))
            GAL_THROW(GAL_EFORMAT, "%s: %s and %s are tables of their own: name one of them", asked, s[0].path,
                      paths[i]);
        format = r;
        s[have].path = paths[i];
        GAL_TRY(r->read(&s[have].table, paths[i]));
        have++;
    }
    *one_z = format && format->foreign;
    if (have == 0)
        GAL_THROW(GAL_ENOTFOUND, "%s: no SSP table %s", asked, folder ? "in this folder" : "matches");
    if (have == 1) {
        *out = s[0].table;
        s[0].table = NULL;
    } else
        GAL_TRY(merge(out, s, have));
out:
    for (size_t i = 0; i < n; i++)
        gal_ssp_unref(s[i].table);
    gal_free(s);
    return st;
}

/* The table's short name: file name without folder and suffix, or of a pattern the folder it is in. */
static void name_of(const char *path, char *buf, size_t n)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
        copy[len - 1] = '\0';
    char *slash = strrchr(copy, '/');
    if (strpbrk(slash ? slash : copy, "*?[") && slash) {
        *slash = '\0';
        slash = strrchr(copy, '/');
    }
    snprintf(buf, n, "%.*s", (int)n - 1, slash ? slash + 1 : copy);
    static const char *const suffix[] = {".dsps.h5", ".h5",  ".hdf5",     ".fits", ".galapy",    ".ised_ASCII", ".ised",
                                         ".dat",     ".rhb", ".out.spec", ".spec", ".spectrum1", ".npz"};
    size_t packed = strlen(buf);
    if (packed > 3 && strcmp(buf + packed - 3, ".gz") == 0)
        buf[packed - 3] = '\0';
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        size_t len = strlen(buf), k = strlen(suffix[i]);
        if (len > k && strcmp(buf + len - k, suffix[i]) == 0) {
            buf[len - k] = '\0';
            break;
        }
    }
}

static gal_status expand(glob_t *g, const char *path, bool folder)
{
    char pattern[4096];
    if ((size_t)snprintf(pattern, sizeof pattern, "%s%s", path, folder ? "/*" : "") >= sizeof pattern)
        return gal_fail(GAL_EINVAL, "%.80s...: path too long", path);
    int e = glob(pattern, 0, NULL, g);
    if (e == GLOB_NOSPACE)
        return gal_fail(GAL_ENOMEM, "out of memory for the files of %s", path);
    if (e == GLOB_NOMATCH && folder)
        return gal_fail(GAL_ENOTFOUND, "%s: no SSP table in this folder", path);
    return e ? gal_fail(GAL_ENOTFOUND, "%s: no such file", path) : GAL_OK;
}

gal_status gal_ssp_read(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    char name[256], there_path[4096];
    struct stat sb;
    *out = NULL;
    if (gal_env_file("DSPS_DRN", NULL, path, there_path, sizeof there_path)) /* where users of DSPS keep their tables */
        path = there_path;
    bool there = stat(path, &sb) == 0, folder = there && S_ISDIR(sb.st_mode), from_text = false;
    if (folder || (!there && strpbrk(path, "*?["))) {
        glob_t g = {0};
        st = expand(&g, path, folder);
        if (st == GAL_OK)
            st = read_many(&s, g.gl_pathv, g.gl_pathc, path, folder, &from_text);
        globfree(&g);
        GAL_TRY(st);
    } else {
        const ssp_reader *r;
        if (there && ssp_is_miles(path))
            GAL_THROW(GAL_EFORMAT, "%s: one age and metallicity of many: name the folder, or a pattern", path);
        GAL_TRY(recognise(path, &r));
        GAL_TRY(r->read(&s, path));
        from_text = r->foreign;
    }
    if ((st = gal_ssp_finish(s)) != GAL_OK) {
        gal_fail_prefix(st, "%s", path);
        goto out;
    }
    if (from_text && *s->provenance) { /* other formats carry their own provenance */
        char *from = gal_asprintf("%s, read from %s", s->provenance, path);
        if (!from)
            GAL_TRY(GAL_ENOMEM);
        gal_free(s->provenance);
        s->provenance = from;
    }
    name_of(path, name, sizeof name);
    GAL_TRY(gal_ssp_set_text(s, *s->name ? NULL : name, NULL, *s->provenance ? NULL : path));
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(s);
    return st;
}

gal_status gal_ssp_default(gal_ssp **out)
{
    char path[4096];
    gal_status st = gal_data_path(GAL_SSP_DEFAULT, path, sizeof path);
    *out = NULL;
    if (st == GAL_ENOTFOUND)
        return gal_fail_prefix(st, "the default SSP table is missing, reinstall Galua or set GALUA_DATA");
    return st == GAL_OK ? gal_ssp_read(out, path) : st;
}

/* ------------------------------------------------------------------ writing */
gal_status gal_ssp_format_of(const char *path, gal_ssp_format *out)
{
    static const struct {
        const char *suffix;
        gal_ssp_format format;
    } known[] = {{".dsps.h5", GAL_SSP_DSPS}, {".dsps.hdf5", GAL_SSP_DSPS}, {".h5", GAL_SSP_GALUA},
                 {".hdf5", GAL_SSP_GALUA},   {".dat", GAL_SSP_GALAPY},     {".galapy", GAL_SSP_GALAPY},
                 {".fits", GAL_SSP_FITS},    {".fit", GAL_SSP_FITS}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t k = strlen(known[i].suffix);
        if (n > k && strcmp(path + n - k, known[i].suffix) == 0) {
            *out = known[i].format;
            return GAL_OK;
        }
    }
    return gal_fail(GAL_EINVAL,
                    "%s: no SSP format has this suffix: .h5 (Galua), .dsps.h5 (DSPS), .dat or .galapy (GalaPy), .fits",
                    path);
}

gal_status gal_ssp_write(const gal_ssp *s, const char *path, gal_ssp_format format)
{
    switch (format) {
    case GAL_SSP_GALUA:
        return ssp_write_galua(s, path);
    case GAL_SSP_DSPS:
        return ssp_write_dsps(s, path);
    case GAL_SSP_GALAPY:
        return ssp_write_galapy(s, path);
    case GAL_SSP_FITS:
        return ssp_write_fits(s, path);
    }
    return gal_fail(GAL_EINVAL, "%s: no SSP format number %d", path, (int)format);
}
