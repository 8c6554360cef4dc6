/* obs_read.c - observations from tables: long layout (a row per band) and wide catalogues (a row per source). What a cell means is settled
 * by galua/table.h, what a unit means by its gal_flux_unit. */
#include "galua/obs.h"
#include "fit/obs_int.h"
#include "galua/spectrum.h"
#include "io/table_int.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* One filter by name; a name that is a file beside the table is found there. */
static gal_status one_filter(const char *band, const char *table_path, gal_filter **out)
{
    gal_filter **list = NULL;
    size_t n = 0;
    char beside[1024];
    const char *slash = strrchr(table_path, '/');
    int dir = slash ? (int)(slash + 1 - table_path) : 0;
    snprintf(beside, sizeof beside, "%.*s%s", dir, table_path, band);
    bool local = dir && *band != '/' && *band && gal_file_exists(beside);
    gal_status st = gal_filters_find(local ? beside : band, &list, &n);
    if (st == GAL_OK && n != 1)
        st = gal_fail(GAL_EINVAL, "'%s' stands for %zu filters, a band is one: '%s', ...", band, n, list[0]->name);
    if (st == GAL_OK)
        *out = gal_filter_ref(list[0]);
    for (size_t i = 0; i < n; i++)
        gal_filter_unref(list[i]);
    gal_free(list);
    return st;
}

/* ------------------------------------------------------------------ the columns of a band */
typedef struct measure {
    const gal_column *flux, *err, *limit, *flag, *mask; /* all but the first two may be NULL */
    bool good;                                          /* of the mask: what is true is used */
    const char *unit, *err_name;
    gal_flux_unit u, eu, lu;
} measure;

static gal_status units(const gal_table *t, const char *fallback, measure *m)
{
    const char *file = *t->path ? t->path : "table";
    m->unit = *m->flux->unit ? m->flux->unit : fallback;
    if (!m->unit || !*m->unit)
        m->unit = gal_table_meta(t, "flux_unit");
    if (!m->unit || !*m->unit)
        return gal_fail(
            GAL_EFORMAT,
            "%s: column '%s' has no unit: name the column %s[mJy], or add the line '# flux_unit: mJy' (Jy, uJy, "
            "erg/s/cm2/Hz, erg/s/cm2/A, mag(AB) ...)",
            file, m->flux->name, m->flux->name);
    const gal_column *c = m->flux;
    gal_status st = gal_flux_unit_parse(&m->u, m->unit);
    if (st == GAL_OK) {
        c = m->err;
        st = gal_flux_unit_parse_error(&m->eu, &m->u, c->unit);
    }
    m->lu = m->u;
    if (st == GAL_OK && m->limit && *m->limit->unit) {
        c = m->limit;
        st = gal_flux_unit_parse(&m->lu, c->unit);
    }
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s: column '%s'", file, c->name);
}

static gal_status meta_number(const gal_table *t, const char *key, double *out)
{
    const char *s = gal_table_meta(t, key);
    *out = NAN;
    for (size_t i = 0; i < t->nmeta; i++)
        if (strcasecmp(t->meta_key[i], key) == 0 && strcmp(t->meta_value[i], s) != 0)
            return gal_fail(GAL_EFORMAT, "%s: %s is given twice, %s and %s", t->path, key, s, t->meta_value[i]);
    if (!s || !*s || gal_parse_double(s, out))
        return GAL_OK;
    return gal_fail(GAL_EFORMAT, "%s: %s '%s' is not a number", t->path, key, s);
}

/* distance_Mpc, or distance with its unit */
static gal_status meta_distance(const gal_table *t, double *mpc)
{
    gal_status st = meta_number(t, "distance_Mpc", mpc);
    const char *s = gal_table_meta(t, "distance");
    if (st != GAL_OK || !isnan(*mpc) || !s || !*s)
        return st;
    char *unit;
    double x = strtod(s, &unit), k = 1;
    unit += strspn(unit, " \t");
    if (unit == s || !*unit) {
        gal_say_once("observation", "%.200s: distance '%.40s' is not used, for it has no unit: write distance_Mpc: 20",
                     *t->path ? t->path : "table", s);
        return GAL_OK;
    }
    if ((st = gal_unit_factor(unit, "Mpc", &k)) != GAL_OK)
        return gal_fail_prefix(st, "%s: distance '%s'", t->path, s);
    *mpc = k * x;
    return GAL_OK;
}

static const char *first_meta(const gal_table *t, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *v = gal_table_meta(t, keys[i]);
        if (v && *v)
            return v;
    }
    return "";
}

static gal_status take_limit_sigma(gal_obs *o, const gal_table *t, double given)
{
    double sigma = given;
    gal_status st = given > 0 ? GAL_OK : meta_number(t, "limit_sigma", &sigma);
    if (st != GAL_OK || isnan(sigma))
        return st;
    if (!(sigma > 0) || isinf(sigma))
        return gal_fail(GAL_EINVAL, "%s: limit_sigma %g must be positive", t->path, sigma);
    o->limit_sigma = sigma;
    return GAL_OK;
}

/* ------------------------------------------------------------------ flags */
static const struct {
    const char *word;
    gal_obs_kind kind;
} FLAGS[] = {
    {"", GAL_OBS_DETECTION},  {"detection", GAL_OBS_DETECTION}, {"ok", GAL_OBS_DETECTION},   {"limit", GAL_OBS_LIMIT},
    {"upper", GAL_OBS_LIMIT}, {"upper limit", GAL_OBS_LIMIT},   {"uplim", GAL_OBS_LIMIT},    {"ul", GAL_OBS_LIMIT},
    {"<", GAL_OBS_LIMIT},     {"ignored", GAL_OBS_IGNORED},     {"ignore", GAL_OBS_IGNORED}, {"skip", GAL_OBS_IGNORED},
    {"0", GAL_OBS_DETECTION}, {"false", GAL_OBS_DETECTION},     {"f", GAL_OBS_DETECTION}};

/* What a flag means: by the layout, else by the usual words; others as the layout says, noted, or an error. */
static gal_status flag_kind(const char *word, const gal_obs_layout *l, bool strict, gal_obs_kind *kind, char *note,
                            size_t size)
{
    for (size_t i = 0; i < l->nflag; i++)
        if (strcasecmp(l->flags[i].word, word) == 0) {
            *kind = l->flags[i].kind;
            return GAL_OK;
        }
    for (size_t i = 0; i < COUNT(FLAGS); i++)
        if (strcasecmp(FLAGS[i].word, word) == 0) {
            *kind = FLAGS[i].kind;
            return GAL_OK;
        }
    if (strict)
        return gal_fail(
            GAL_EINVAL,
            "flag '%s' is none of detection, limit, ignored: say what it means, flags = { ['%s'] = 'limit' }, or "
            "other_flag = 'ignored'",
            word, word);
    *kind = l->other_flag;
    snprintf(note, size, "flag '%s' of the catalogue", word);
    return GAL_OK;
}

/* ------------------------------------------------------------------ one measurement */
/* -99, -999.9, 99: nothing but nines from 90 on */
static bool nines(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", fabs(x));
    return fabs(x) >= 90 && strspn(text, "9.") == strlen(text);
}

/* Numbers that stand for "no value" in many catalogues and were not said to: an error where they cannot be data, a word where they can. */
static gal_status sentinel(const gal_table *t, const char *band, const measure *m, double s, double e, bool limit)
{
    if (m->u.magnitude && nines(s))
        return gal_fail(GAL_EINVAL, "band '%s': magnitude %g: if that means no value, say missing = %g", band, s, s);
    if (s < 0 && s == e)
        return gal_fail(GAL_EINVAL, "band '%s': flux and err are both %g: if that means no value, say missing = %g",
                        band, s, s);
    if (e < 0 && nines(e) && !limit)
        return gal_fail(GAL_EINVAL,
                        "band '%s': err %g is negative: if that means no value, say missing = %g; if it marks a limit, "
                        "negative_err_is_limit",
                        band, e, e);
    if (s < 0 && nines(s) && s < -5 * fabs(e))
        gal_say_once("observation",
                     "%.200s: fluxes of %g%s%s are taken as they are: if that means no value, say missing = %g",
                     *t->path ? t->path : "table", s, *m->unit ? " " : "", m->unit, s);
    return GAL_OK;
}

/* The band's cells of a row into the observation. absent: an empty flux is a band not observed (wide layout). */
static gal_status add_measure(gal_obs *o, const gal_table *t, size_t row, const measure *m, const char *band,
                              const gal_obs_layout *l, bool absent, const char *note)
{
    gal_status st = GAL_OK;
    gal_filter *f = NULL;
    gal_obs_kind kind = GAL_OBS_DETECTION;
    gal_cell what;
    char buf[GAL_CELL_TEXT], said[128] = "";
    double s, e, u = NAN, mask = 0;
    GAL_TRY(gal_table_number(t, m->flux, row, &s, &what));
    GAL_TRY(gal_table_number(t, m->err, row, &e, NULL));
    if (m->limit)
        GAL_TRY(gal_table_number(t, m->limit, row, &u, NULL));
    if (m->flag && (st = flag_kind(gal_table_text(m->flag, row, buf), l, !absent && !l->other_flag_given, &kind, said,
                                   sizeof said)) != GAL_OK) {
        gal_fail_prefix(st, "band '%s'", band);
        goto out;
    }
    if (m->mask)
        GAL_TRY(gal_table_truth(t, m->mask, row, &mask));
    if (m->mask && kind == GAL_OBS_DETECTION && !isnan(mask) && (mask != 0) != m->good) {
        kind = GAL_OBS_IGNORED;
        snprintf(said, sizeof said, "masked in the file");
    }
    if (absent && isnan(u) && isnan(s))
        goto out;
    bool gone = what == GAL_CELL_MASKED || (l->missing_ignored && isnan(s));
    if (!absent && gone && isnan(u) && kind == GAL_OBS_DETECTION) {
        kind = GAL_OBS_IGNORED;
        snprintf(said, sizeof said, what == GAL_CELL_MASKED ? "masked in the file" : "no value in the file");
    }
    gal_flux_unit unit = m->u;
    if (!isnan(u) && kind != GAL_OBS_IGNORED && (!absent || isnan(s) || kind == GAL_OBS_LIMIT)) {
        if (!isnan(s) && kind == GAL_OBS_DETECTION)
            GAL_THROW(GAL_EINVAL, "band '%s': flux and limit are both given; leave one empty or set the flag", band);
        kind = GAL_OBS_LIMIT;
        s = u;
        unit = m->lu;
    }
    if (kind != GAL_OBS_IGNORED)
        GAL_TRY(sentinel(t, band, m, s, e, l->negative_err_is_limit));
    if (e < 0 && kind != GAL_OBS_IGNORED && (absent || l->negative_err_is_limit)) {
        if (!l->negative_err_is_limit)
            GAL_THROW(GAL_EINVAL, "band '%s': err %g is negative; if that marks limits here, say negative_err_is_limit",
                      band, e);
        kind = GAL_OBS_LIMIT;
        e = -e;
    }
    GAL_TRY(one_filter(band, t->path, &f));
    GAL_TRY(gal_obs_add_as(o, f, s, e, kind, *said ? said : note, &unit, &m->eu, m->unit));
out:
    gal_filter_unref(f);
    return st;
}

/* ------------------------------------------------------------------ long layout */
typedef struct columns {
    const gal_column *band, *note;
    measure m;
} columns;

static gal_status first_of(const gal_table *t, const char *const *names, size_t n, const gal_column **out)
{
    gal_status st = gal_table_find_any(t, names, n, out);
    return st == GAL_OK && !*out ? gal_table_need(t, names[0], out) : st;
}

/* A table that is neither photometry in rows nor a spectrum: what it has, and what is needed. */
static gal_status not_photometry(const gal_table *t)
{
    char list[300] = "";
    bool wave = gal_spectrum_has_wave(t), wide = false;
    for (size_t i = 0; i < t->ncol; i++) {
        char error[300];
        gal_obs_companion(error, sizeof error, t->col[i].name, "_err");
        wide |= gal_table_column(t, error) != NULL;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%.40s", n ? ", " : "", t->col[i].name);
    }
    if (wave)
        return gal_fail(GAL_ENOTFOUND,
                        "%s: has wavelengths but no flux (columns: %s); a spectrum needs wave, flux and "
                        "err or ivar, photometry needs band, flux and err",
                        t->path, list);
    if (wide)
        return gal_fail(GAL_ENOTFOUND,
                        "%s: no column 'band', but columns with _err beside them (%s): a row per source is "
                        "read by observation.catalogue(path)",
                        t->path, list);
    return GAL_OK; /* as any column that is not there */
}

/* A mask of bands: of other names, such as quality, nobody knows which way they point. */
static gal_status find_mask(const gal_table *t, measure *m)
{
    static const char *const BAD[] = {"mask", "masked", "bad"}, *const GOOD[] = {"good", "valid", "use", "used"};
    gal_status st = gal_table_find_any(t, BAD, COUNT(BAD), &m->mask);
    if (st == GAL_OK && !m->mask) {
        st = gal_table_find_any(t, GOOD, COUNT(GOOD), &m->mask);
        m->good = m->mask != NULL;
    }
    return st;
}

static gal_status find_columns(const gal_table *t, const gal_obs_layout *l, columns *c)
{
    static const char *const FLAG[] = {"flag", "flags"};
    static const char *const BAND[] = {"band", "filter"}, *const FLUX[] = {"flux", "flux_density", "mag"},
                             *const ERR[] = {"err",      "error",   "flux_err", "flux_error", "fluxerr",     "e_flux",
                                             "err_flux", "mag_err", "e_mag",    "unc",        "uncertainty", "sigma"};
    gal_status st = GAL_OK;
    GAL_TRY(gal_table_find_any(t, BAND, COUNT(BAND), &c->band));
    if (!c->band)
        GAL_TRY(not_photometry(t));
    GAL_TRY(first_of(t, BAND, COUNT(BAND), &c->band));
    GAL_TRY(gal_table_need_text(t, c->band->name, &c->band));
    GAL_TRY(first_of(t, FLUX, COUNT(FLUX), &c->m.flux));
    GAL_TRY(first_of(t, ERR, COUNT(ERR), &c->m.err));
    GAL_TRY(gal_table_find(t, "limit", &c->m.limit));
    GAL_TRY(gal_table_find_any(t, FLAG, COUNT(FLAG), &c->m.flag));
    GAL_TRY(find_mask(t, &c->m));
    GAL_TRY(gal_table_find(t, "note", &c->note));
    const gal_column *const used[] = {c->m.flux, c->m.err, c->m.limit, c->m.flag, c->m.mask, c->note, c->band};
    obs_say_flags(t, used, COUNT(used), NULL, 0);
    GAL_TRY(units(t, l->unit, &c->m));
out:
    return st;
}

static gal_status add_rows(gal_obs *o, const gal_table *t, const columns *c, const gal_obs_layout *l)
{
    char band[GAL_CELL_TEXT], note[GAL_CELL_TEXT], place[512];
    for (size_t i = 0; i < t->nrow; i++) {
        const char *name = gal_table_text(c->band, i, band);
        for (size_t k = 0; k < l->nname; k++)
            if (strcmp(name, l->names[2 * k]) == 0) {
                name = l->names[2 * k + 1];
                break;
            }
        gal_status st =
            *name ? add_measure(o, t, i, &c->m, name, l, false, c->note ? gal_table_text(c->note, i, note) : "")
                  : gal_fail(GAL_EINVAL, "the band has no name");
        if (st == GAL_OK)
            continue;
        gal_table_place(t, i, place, sizeof place);
        return strncmp(gal_error_message(), place, strlen(place)) == 0 ? st : gal_fail_prefix(st, "%s", place);
    }
    if (o->n == 0)
        return gal_fail(GAL_EINVAL, "%s: no rows: one band a row is expected", t->path);
    if (o->n == gal_obs_count(o, GAL_OBS_IGNORED))
        return gal_fail(GAL_EINVAL, "%s: no band is left: all are ignored", t->path);
    return GAL_OK;
}

gal_status gal_obs_from_table(gal_obs **out, const gal_table *t, const gal_obs_layout *layout,
                              const gal_spectrum_opts *spectrum)
{
    static const char *const NAME[] = {"name", "object", "source"}, *const CITE[] = {"citation", "reference"};
    gal_status st = GAL_OK;
    gal_obs *o = NULL;
    columns c = {0};
    gal_obs_layout l;
    double redshift, distance;
    *out = NULL;
    gal_obs_layout_defaults(&l);
    if (layout)
        l = *layout;
    bool is_spectrum = gal_spectrum_is(t);
    if (!is_spectrum)
        GAL_TRY(find_columns(t, &l, &c));
    GAL_TRY(meta_number(t, "redshift", &redshift));
    if (isnan(redshift))
        GAL_TRY(meta_number(t, "z", &redshift));
    GAL_TRY(meta_distance(t, &distance));
    if ((st = gal_obs_create(&o, first_meta(t, NAME, 3), redshift)) != GAL_OK ||
        (st = gal_obs_set_distance(o, distance)) != GAL_OK) {
        gal_fail_prefix(st, "%s", t->path);
        goto out;
    }
    GAL_TRY(take_limit_sigma(o, t, l.limit_sigma));
    GAL_TRY(gal_obs_set_citation(o, first_meta(t, CITE, 2)));
    if (is_spectrum) {
        gal_spectrum *s;
        GAL_TRY(gal_spectrum_from_table(&s, t, spectrum));
        GAL_TRY(gal_obs_set_spectrum(o, s));
    } else {
        GAL_TRY(add_rows(o, t, &c, &l));
    }
    gal_free(o->path);
    if (!(o->path = gal_strdup(t->path)))
        GAL_TRY(GAL_ENOMEM);
out:
    if (st != GAL_OK) {
        gal_obs_free(o);
        return st;
    }
    *out = o;
    return GAL_OK;
}

gal_status gal_obs_read(gal_obs **out, const char *path)
{
    gal_table *t;
    *out = NULL;
    gal_status st = gal_table_read(&t, path);
    if (st != GAL_OK)
        return st;
    st = gal_obs_from_table(out, t, NULL, NULL);
    gal_table_free(t);
    return st;
}

/* ------------------------------------------------------------------ wide layout */
void gal_obs_layout_defaults(gal_obs_layout *l)
{
    *l = (gal_obs_layout){.err = "_err", .flag = "_flag", .limit = "_limit", .other_flag = GAL_OBS_IGNORED};
}

/* "_err": the band's name and that; "e_*": the band's name for the star */
void gal_obs_companion(char *buf, size_t n, const char *band, const char *pattern)
{
    const char *star = strchr(pattern, '*');
    if (star)
        snprintf(buf, n, "%.*s%s%s", (int)(star - pattern), pattern, band, star + 1);
    else
        snprintf(buf, n, "%s%s", band, pattern);
}

gal_status obs_companion(const gal_table *t, const char *band, const char *pattern, const gal_column **out)
{
    char name[256];
    gal_obs_companion(name, sizeof name, band, pattern);
    return gal_table_find(t, name, out);
}

/* the column the user named, or the first of the usual ones; NULL when absent */
static gal_status head_column(const gal_table *t, const char *wanted, const char *const *usual, size_t n,
                              const gal_column **out)
{
    *out = NULL;
    return wanted ? gal_table_need(t, wanted, out) : gal_table_find_any(t, usual, n, out);
}

static gal_status add_cell(gal_obs *o, const gal_table *t, size_t row, const gal_obs_layout *l, const char *band)
{
    gal_status st = GAL_OK;
    measure m = {0};
    char name[256];
    gal_obs_companion(name, sizeof name, band, l->err);
    GAL_TRY(gal_table_need(t, band, &m.flux));
    GAL_TRY(gal_table_need(t, name, &m.err));
    GAL_TRY(obs_companion(t, band, l->flag, &m.flag));
    GAL_TRY(obs_companion(t, band, l->limit, &m.limit));
    GAL_TRY(units(t, l->unit, &m));
    GAL_TRY(add_measure(o, t, row, &m, band, l, true, ""));
out:
    return st;
}

bool obs_listed(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

gal_status obs_find_head(const gal_table *t, const gal_obs_layout *l, obs_head *h)
{
    static const char *const ID[] = {"name", "id", "source"}, *const Z[] = {"redshift", "z"},
                             *const D[] = {"distance_Mpc"};
    gal_status st = GAL_OK;
    GAL_TRY(head_column(t, l->id, ID, COUNT(ID), &h->id));
    GAL_TRY(head_column(t, l->redshift, Z, COUNT(Z), &h->z));
    GAL_TRY(head_column(t, l->distance, D, COUNT(D), &h->d));
    h->mpc = 1;
    if (h->d && *h->d->unit && (st = gal_unit_factor(h->d->unit, "Mpc", &h->mpc)) != GAL_OK)
        gal_fail_prefix(st, "%s: column '%s'", *t->path ? t->path : "table", h->d->name);
out:
    return st;
}

/* Is column j a band to be read? */
gal_status obs_is_band(const gal_table *t, size_t j, const gal_obs_layout *l, const obs_head *h, bool *out)
{
    const gal_column *c = &t->col[j], *err;
    gal_status st = obs_companion(t, c->name, l->err, &err);
    *out = st == GAL_OK && err && c != h->id && c != h->z && c != h->d && !obs_listed(c->name, l->skip, l->nskip);
    return st;
}

gal_status gal_obs_from_row(gal_obs **out, const gal_table *t, size_t row, const gal_obs_layout *layout)
{
    gal_status st = GAL_OK;
    gal_obs_layout l;
    gal_obs *o = NULL;
    obs_head h;
    char place[768], name[256] = "", cell[GAL_CELL_TEXT];
    double z = NAN, d = NAN;
    *out = NULL;
    gal_obs_layout_defaults(&l);
    if (layout)
        l = *layout;
    if (row >= t->nrow)
        GAL_THROW(GAL_EINVAL, "%s: row %zu asked for, the table has %zu", t->path, row + 1, t->nrow);
    GAL_TRY(obs_find_head(t, &l, &h));
    if (h.id)
        snprintf(name, sizeof name, "%s", gal_table_text(h.id, row, cell));
    gal_table_place(t, row, place, sizeof place);
    if (*name)
        snprintf(place + strlen(place), sizeof place - strlen(place), ", source '%.200s'", name);
    if (h.z)
        GAL_TRY(gal_table_number(t, h.z, row, &z, NULL));
    if (h.d)
        GAL_TRY(gal_table_number(t, h.d, row, &d, NULL));
    d *= h.mpc;
    if ((st = gal_obs_create(&o, name, z)) != GAL_OK || (st = gal_obs_set_distance(o, d)) != GAL_OK ||
        (st = take_limit_sigma(o, t, l.limit_sigma)) != GAL_OK)
        goto named;
    o->blank_redshift = h.z && isnan(z);
    for (size_t j = 0; j < (l.bands ? l.nband : t->ncol); j++) {
        bool wanted = true;
        if (!l.bands && (st = obs_is_band(t, j, &l, &h, &wanted)) != GAL_OK)
            goto named;
        if (wanted && (st = add_cell(o, t, row, &l, l.bands ? l.bands[j] : t->col[j].name)) != GAL_OK)
            goto named;
    }
    if (o->n == gal_obs_count(o, GAL_OBS_IGNORED)) {
        st = gal_fail(GAL_EINVAL, "no usable band");
        goto named;
    }
    gal_free(o->path);
    if (!(o->path = gal_strdup(t->path)))
        GAL_TRY(GAL_ENOMEM);
    goto out;
named:
    if (!*t->path || strncmp(gal_error_message(), t->path, strlen(t->path)) != 0)
        gal_fail_prefix(st, "%s", place);
out:
    if (st != GAL_OK) {
        gal_obs_free(o);
        return st;
    }
    *out = o;
    return GAL_OK;
}
