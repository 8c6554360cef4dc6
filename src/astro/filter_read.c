/* filter_read.c - transmission curves from files: text tables (two columns, ECSV, SVO VOTable) and DSPS HDF5.
 *
 * Wavelengths are in the unit the file names (wave[nm], wave_nm), else in Angstrom, with a warning below the Lyman limit; a column of
 * frequencies (nu_GHz, freq[Hz]) becomes c/nu. The response is per photon unless the file says otherwise: a comment line "# energy",
 * "# Energy counter", "# type: energy", metadata of these names, or the SVO parameter DetectorType = 0. */
#include "galua/const.h"
#include "galua/filter.h"
#include "galua/table.h"
#include "io/h5.h"
#include "io/table_int.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SOFT_XRAY 50.0 /* A: shorter pivots without a unit in the file are more often micron than X rays */

/* file name without folders, suffix and the "_transmission" of DSPS */
static void stem(const char *path, char *buf, size_t n)
{
    const char *slash = strrchr(path, '/');
    snprintf(buf, n, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(buf, '.');
    if (dot && dot > buf)
        *dot = 0;
    size_t len = strlen(buf), tail = strlen("_transmission");
    if (len > tail && strcmp(buf + len - tail, "_transmission") == 0)
        buf[len - tail] = 0;
}

static gal_status finish(gal_filter **out, const char *path, const char *name, const char *unit, double *wave,
                         const double *trans, size_t n, bool energy)
{
    double factor = 1;
    if (unit && *unit) {
        gal_status st = gal_unit_factor(unit, "A", &factor);
        if (st != GAL_OK)
            return gal_fail_prefix(st, "%s: wavelength column", path);
    }
    for (size_t i = 0; i < n; i++)
        wave[i] *= factor;
    gal_status st = gal_filter_create(out, name, wave, trans, n, energy, path);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "%s", path);
    double pivot = (*out)->pivot;
    if (!(unit && *unit) && pivot < GAL_LYMAN_AA)
        gal_log(GAL_LOG_WARN, "filter",
                "%s: no wavelength unit, taken as Angstrom (pivot %.4g A%s); if it is %s, name the column "
                "wavelength[%s], or "
                "say wavelength[A]",
                path, pivot, pivot < SOFT_XRAY ? "" : ", below the Lyman limit", pivot < SOFT_XRAY ? "micron" : "nm",
                pivot < SOFT_XRAY ? "um" : "nm");
    return GAL_OK;
}

static gal_status read_dsps(gal_filter **out, const char *path, const char *name)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    void *wave = NULL, *trans = NULL;
    char *unit = NULL;
    size_t nw = 0, nt = 0;
    GAL_TRY(gal_h5_open(&h, path));
    if (!gal_h5_has(h, "wave") || !gal_h5_has(h, "transmission"))
        GAL_THROW(GAL_EFORMAT, "%s: a filter in HDF5 needs the datasets 'wave' and 'transmission'", path);
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &nw, &wave));
    GAL_TRY(gal_h5_read_alloc(h, "transmission", GAL_H5_F64, 1, &nt, &trans));
    if (nw != nt)
        GAL_THROW(GAL_EFORMAT, "%s: 'wave' has %zu values, 'transmission' %zu", path, nw, nt);
    static const char *const KEY[] = {"unit", "units"};
    for (size_t i = 0; i < 2 && !unit; i++)
        if (gal_h5_attr_has(h, "wave", KEY[i]))
            GAL_TRY(gal_h5_attr_get_string(h, "wave", KEY[i], &unit));
    GAL_TRY(finish(out, path, name, unit, wave, trans, nw, false));
out:
    gal_h5_close(h);
    gal_free(wave);
    gal_free(trans);
    gal_free(unit);
    return st;
}

/* ------------------------------------------------------------------ columns */
static const char *const WAVE[] = {"wavelength", "wavelengths", "wave", "lambda", "lam", "wl", NULL},
                         *const FREQUENCY[] = {"frequency", "freq", "nu", NULL},
                         *const TRANS[] = {
                             "transmission", "trans", "transmittance", "response", "throughput", "rsr", "t", NULL};

/* The first column with one of the names, or one of the names with a unit behind it; *unit: what the name says, "" when nothing. */
static gal_status named(const gal_table *t, const char *const *names, const gal_column **out, const char **unit)
{
    *out = NULL;
    *unit = "";
    for (const char *const *n = names; *n && !*out; n++)
        for (size_t i = 0; i < t->ncol && !*out; i++)
            if (strcasecmp(t->col[i].name, *n) == 0)
                *out = &t->col[i];
    for (size_t i = 0; i < t->ncol && !*out; i++)
        for (const char *const *n = names; *n && !*out; n++)
            if (gal_name_is(t->col[i].name, *n, unit))
                *out = &t->col[i];
    if (*out && !*unit && names != TRANS && !*(*out)->unit) {
        const char *bar = strrchr((*out)->name, '_');
        return gal_fail(GAL_EFORMAT,
                        "%s: column '%s': '%s' is no unit of a wavelength: name it %.*s[nm] (A, um, GHz ...)", t->path,
                        (*out)->name, bar + 1, (int)(bar - (*out)->name), (*out)->name);
    }
    *unit = *unit ? *unit : "";
    return GAL_OK;
}

/* 1, 2, 3 ... in a first column: the numbers of the nodes (EAZY, some LePhare files) */
static bool is_index(const gal_table *t, const gal_column *c)
{
    if (c->is_text || t->nrow < 3)
        return false;
    for (size_t i = 0; i < t->nrow; i++)
        if (c->num[i] != c->num[0] + (double)i || (c->num[0] != 0 && c->num[0] != 1))
            return false;
    return true;
}

/* The columns of wavelength and transmission, and the unit of the first ("" when none). */
static gal_status choose(const gal_table *t, const gal_column **w, const gal_column **r, const char **unit)
{
    const char *said, *none;
    gal_status st = GAL_OK;
    GAL_TRY(named(t, WAVE, w, &said));
    if (!*w)
        GAL_TRY(named(t, FREQUENCY, w, &said));
    GAL_TRY(named(t, TRANS, r, &none));
    if (*w && !*r && t->ncol == 2)
        *r = &t->col[*w == &t->col[0]];
    if (!*w || !*r) {
        size_t first = t->ncol > 2 && is_index(t, &t->col[0]);
        *w = &t->col[first];
        *r = &t->col[first + 1];
        if (t->ncol > 2)
            gal_log(
                GAL_LOG_WARN, "filter",
                "%s: %zu columns: column %zu is taken as the wavelength, column %zu as the transmission%s; name them "
                "wavelength and transmission to say otherwise",
                t->path, t->ncol, first + 1, first + 2, first ? ", the first being a running number" : "");
    }
    GAL_TRY(gal_table_need_num(t, (*w)->name, w));
    GAL_TRY(gal_table_need_num(t, (*r)->name, r));
    *unit = *(*w)->unit ? (*w)->unit : said;
out:
    return st;
}

/* Frequencies to wavelengths [A]; leaves wavelengths alone. */
static gal_status from_frequency(const gal_table *t, const gal_column *w, const char **unit)
{
    double k;
    bool frequency = false;
    for (const char *const *n = FREQUENCY; *n; n++)
        frequency |= strncasecmp(w->name, *n, strlen(*n)) == 0 && (!w->name[strlen(*n)] || w->name[strlen(*n)] == '_');
    if (!frequency)
        return GAL_OK;
    if (!**unit)
        return gal_fail(GAL_EFORMAT, "%s: column '%s' has no unit: name it %s[GHz]", t->path, w->name, w->name);
    gal_status st = gal_unit_factor(*unit, "Hz", &k);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "%s: column '%s'", t->path, w->name);
    for (size_t i = 0; i < t->nrow; i++)
        w->num[i] = GAL_C_AA / (w->num[i] * k);
    *unit = "A";
    return GAL_OK;
}

/* Blocks of rows with a comment or an empty line between them and a valley there are curves of their own: a library, not a filter. */
static gal_status one_block(const gal_table *t, const double *trans)
{
    double before = 0, peak = 0;
    for (size_t i = 0; i < t->nrow; i++)
        peak = trans[i] > peak ? trans[i] : peak;
    for (size_t i = 1; t->line && i < t->nrow; i++) {
        before = trans[i - 1] > before ? trans[i - 1] : before;
        double edge = trans[i - 1] > trans[i] ? trans[i - 1] : trans[i], after = 0;
        if (t->line[i] == t->line[i - 1] + 1 || before < 2 * edge || before < 0.1 * peak)
            continue;
        for (size_t j = i; j < t->nrow; j++)
            after = trans[j] > after ? trans[j] : after;
        if (after > 2 * edge && after > 0.1 * peak)
            return gal_fail(
                GAL_EFORMAT,
                "%s: a second curve begins at line %zu, after a comment or an empty line: a filter is one curve; "
                "write each band to a file of its own",
                t->path, t->line[i]);
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ convention */
/* +1 energy, -1 photon, 0 something else. All words of the text must be of such a statement: "energy", "Photon counter",
 * "type: energy", "Detector type = 0 (energy counter)". */
static int convention(const char *s)
{
    static const char *const OTHER[] = {"counter",  "counters", "counting",     "count",    "counts",
                                        "detector", "type",     "detectortype", "response", "convention",
                                        "0",        "1",        "per",          "unit",     NULL};
    int found = 0;
    char word[24];
    while (*s) {
        size_t n = 0;
        while (*s && !isalnum((unsigned char)*s))
            s++;
        for (; isalnum((unsigned char)*s); s++)
            if (n + 1 < sizeof word)
                word[n++] = *s;
        word[n] = 0;
        if (n == 0)
            break;
        int one = strcasecmp(word, "energy") == 0 ? 1 : strncasecmp(word, "photon", 6) == 0 && n <= 7 ? -1 : 0;
        bool known = one != 0;
        for (const char *const *o = OTHER; *o && !known; o++)
            known = strcasecmp(*o, word) == 0;
        if (!known || (one && found && one != found))
            return 0;
        found = one ? one : found;
    }
    return found;
}

static gal_status energy_response(const gal_table *t, bool *energy)
{
    static const char *const KEY[] = {"convention",    "response", "detector", "DetectorType",
                                      "detector_type", "type",     "counter"};
    enum { STRICT = 5, NKEY = 7 }; /* `type` and `counter` may speak of other things */
    *energy = false;
    for (size_t i = 0; i < NKEY; i++) {
        const char *v = gal_table_meta(t, KEY[i]);
        if (!v)
            continue;
        bool number = (*v == '0' || *v == '1') && !v[1];
        int c = number && i >= 2 ? (*v == '0') - (*v == '1') : convention(v);
        if (c == 0 && i < STRICT)
            return gal_fail(GAL_EFORMAT, "%s: %s is '%s', it must be %s", t->path, KEY[i], v,
                            i >= 3 ? "0 (energy) or 1 (photon)" : "energy or photon");
        if (c == 0)
            continue;
        *energy = c > 0;
        return GAL_OK;
    }
    for (const char *p = t->comments; *p;) {
        size_t len = strcspn(p, "\n");
        char line[64];
        snprintf(line, sizeof line, "%.*s", (int)len, p);
        int c = len < sizeof line ? convention(line) : 0;
        if (c) {
            *energy = c > 0;
            return GAL_OK;
        }
        p += len + (p[len] == '\n');
    }
    if (t->ncol == 2 && strncasecmp(t->col[1].name, "count", 5) ==
                            0) { /* "# Energy counter" over two columns is taken for their names */
        const char *first = t->col[0].name;
        *energy = strcasecmp(first, "energy") == 0;
    }
    return GAL_OK;
}

static gal_status read_table(gal_filter **out, const char *path, const char *name)
{
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    const gal_column *w, *r;
    const char *unit;
    bool energy;
    GAL_TRY(gal_table_read(&t, path));
    if (t->ncol < 2)
        GAL_THROW(GAL_EFORMAT, "%s: one column, a filter needs two: wavelength and transmission", path);
    GAL_TRY(choose(t, &w, &r, &unit));
    GAL_TRY(one_block(t, r->num));
    GAL_TRY(from_frequency(t, w, &unit));
    GAL_TRY(energy_response(t, &energy));
    const char *label = gal_table_meta(t, "name");
    GAL_TRY(finish(out, path, label && *label ? label : name, unit, w->num, r->num, t->nrow, energy));
out:
    gal_table_free(t);
    return st;
}

gal_status gal_filter_read(gal_filter **out, const char *path)
{
    char name[256];
    *out = NULL;
    if (!gal_file_exists(path))
        return gal_fail(GAL_ENOTFOUND, "%s: no such filter file", path);
    stem(path, name, sizeof name);
    return gal_h5_is(path) ? read_dsps(out, path, name) : read_table(out, path, name);
}
