/* filter_read.c - transmission curves from files: text tables (two columns, ECSV, SVO VOTable) and DSPS HDF5.
 *
 * Wavelengths are in the unit the file names, else in Angstrom. The response is per photon unless the file says otherwise: a
 * comment line "# energy", metadata (convention, response or detector = energy) or the SVO parameter DetectorType = 0. */
#include "galua/filter.h"
#include "galua/table.h"
#include "io/h5.h"
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
    if (!(unit && *unit) && (*out)->pivot < SOFT_XRAY)
        gal_log(GAL_LOG_WARN, "filter",
                "%s: no wavelength unit, taken as Angstrom (pivot %.4g A); if it is micron, name the "
                "column wavelength[um]",
                path, (*out)->pivot);
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

static const gal_column *named(const gal_table *t, const char *const *names, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < t->ncol; i++)
            if (strcasecmp(t->col[i].name, names[k]) == 0)
                return &t->col[i];
    return NULL;
}

/* +1 energy, -1 photon, 0 something else */
static int convention(const char *s)
{
    char word[16];
    int n = 0;
    if (sscanf(s, " %15[A-Za-z]%n", word, &n) != 1)
        return 0;
    s += n;
    s += strspn(s, " \t\r");
    if (*s && strncasecmp(s, "count", 5) != 0 && strncasecmp(s, "response", 8) != 0)
        return 0;
    return strcasecmp(word, "energy") == 0 ? 1 : strncasecmp(word, "photon", 6) == 0 ? -1 : 0;
}

static gal_status energy_response(const gal_table *t, bool *energy)
{
    static const char *const KEY[] = {"convention", "response", "detector", "DetectorType"};
    *energy = false;
    for (size_t i = 0; i < 4; i++) {
        const char *v = gal_table_meta(t, KEY[i]);
        if (!v)
            continue;
        int c = i == 3 ? (*v == '0') - (*v == '1') : convention(v);
        if (c == 0)
            return gal_fail(GAL_EFORMAT, "%s: %s is '%s', it must be %s", t->path, KEY[i], v,
                            i == 3 ? "0 (energy) or 1 (photon)" : "energy or photon");
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
    return GAL_OK;
}

static gal_status read_table(gal_filter **out, const char *path, const char *name)
{
    static const char *const WAVE[] = {"wavelength", "wave", "lambda", "lam", "wl"}, *const TRANS[] = {
                                                                                         "transmission", "trans",
                                                                                         "response", "throughput",
                                                                                         "rsr"};
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    bool energy;
    GAL_TRY(gal_table_read(&t, path));
    if (t->ncol < 2)
        GAL_THROW(GAL_EFORMAT, "%s: one column, a filter needs two: wavelength and transmission", path);
    const gal_column *w = named(t, WAVE, 5), *r = named(t, TRANS, 5);
    if (!w || !r) {
        w = &t->col[0];
        r = &t->col[1];
    }
    GAL_TRY(gal_table_need_num(t, w->name, &w));
    GAL_TRY(gal_table_need_num(t, r->name, &r));
    GAL_TRY(energy_response(t, &energy));
    const char *label = gal_table_meta(t, "name");
    GAL_TRY(finish(out, path, label && *label ? label : name, w->unit, w->num, r->num, t->nrow, energy));
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
