/* obs_read.c - observations from tables: long layout (a row per band) and wide catalogues (a row per source). */
#include "galua/obs.h"
#include "galua/spectrum.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* Factor to mJy of a column; `fallback` when the column names no unit. */
static gal_status to_mjy(const gal_table *t, const gal_column *c, const char *fallback, double *factor)
{
    const char *unit = *c->unit ? c->unit : fallback;
    if (!unit || !*unit)
        unit = gal_table_meta(t, "flux_unit");
    if (!unit || !*unit)
        return gal_fail(
            GAL_EFORMAT,
            "%s: column '%s' has no unit: name the column %s[mJy], or add the line '# flux_unit: mJy' (Jy, uJy, "
            "erg/s/cm2/Hz ...)",
            *t->path ? t->path : "table", c->name, c->name);
    gal_status st = gal_unit_factor(unit, "mJy", factor);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s: column '%s'", *t->path ? t->path : "table", c->name);
}

static gal_status meta_number(const gal_table *t, const char *key, double *out)
{
    const char *s = gal_table_meta(t, key);
    *out = NAN;
    if (!s || !*s || gal_parse_double(s, out))
        return GAL_OK;
    return gal_fail(GAL_EFORMAT, "%s: %s '%s' is not a number", t->path, key, s);
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

static const struct {
    const char *word;
    gal_obs_kind kind;
} FLAGS[] = {
    {"", GAL_OBS_DETECTION},  {"detection", GAL_OBS_DETECTION}, {"ok", GAL_OBS_DETECTION},   {"limit", GAL_OBS_LIMIT},
    {"upper", GAL_OBS_LIMIT}, {"upper limit", GAL_OBS_LIMIT},   {"uplim", GAL_OBS_LIMIT},    {"ul", GAL_OBS_LIMIT},
    {"<", GAL_OBS_LIMIT},     {"ignored", GAL_OBS_IGNORED},     {"ignore", GAL_OBS_IGNORED}, {"skip", GAL_OBS_IGNORED}};
enum { NFLAG = sizeof FLAGS / sizeof FLAGS[0] };

static bool known_flag(const char *s, gal_obs_kind *kind)
{
    for (int i = 0; i < NFLAG; i++)
        if (strcasecmp(FLAGS[i].word, s) == 0) {
            *kind = FLAGS[i].kind;
            return true;
        }
    return false;
}

/* Word of a flag column, "" when there is none. A column of empty cells reads as numbers. */
static gal_status flag_word(const gal_column *c, size_t row, const char **word)
{
    *word = "";
    if (c && c->is_text)
        *word = c->text[row];
    else if (c && !isnan(c->num[row]))
        return gal_fail(GAL_EINVAL, "column '%s': flag %g is a number; the words are detection, limit, ignored",
                        c->name, c->num[row]);
    return GAL_OK;
}

/* ------------------------------------------------------------------ long layout */
typedef struct columns {
    const gal_column *band, *flux, *err, *limit, *flag, *note;
    double flux_mjy, err_mjy, limit_mjy;
} columns;

static gal_status find_columns(const gal_table *t, columns *c)
{
    gal_status st = GAL_OK;
    GAL_TRY(gal_table_need_text(t, "band", &c->band));
    GAL_TRY(gal_table_need_num(t, "flux", &c->flux));
    GAL_TRY(gal_table_need_num(t, "err", &c->err));
    if (gal_table_column(t, "limit"))
        GAL_TRY(gal_table_need_num(t, "limit", &c->limit));
    c->flag = gal_table_column(t, "flag");
    c->note = gal_table_column(t, "note");
    if (c->note && !c->note->is_text)
        c->note = NULL;
    GAL_TRY(to_mjy(t, c->flux, NULL, &c->flux_mjy));
    GAL_TRY(to_mjy(t, c->err, c->flux->unit, &c->err_mjy));
    if (c->limit)
        GAL_TRY(to_mjy(t, c->limit, c->flux->unit, &c->limit_mjy));
out:
    return st;
}

static gal_status add_row(gal_obs *o, const gal_table *t, const columns *c, size_t i)
{
    gal_status st = GAL_OK;
    gal_filter *f = NULL;
    gal_obs_kind kind = GAL_OBS_DETECTION;
    const char *band = c->band->text[i], *flag;
    double flux = c->flux->num[i] * c->flux_mjy, err = c->err->num[i] * c->err_mjy;
    double limit = c->limit ? c->limit->num[i] * c->limit_mjy : NAN;
    if (!*band)
        GAL_THROW(GAL_EINVAL, "the band has no name");
    GAL_TRY(one_filter(band, t->path, &f));
    GAL_TRY(flag_word(c->flag, i, &flag));
    if (!known_flag(flag, &kind))
        GAL_THROW(GAL_EINVAL, "band '%s': flag '%s' is none of detection, limit, ignored", band, flag);
    if (!isnan(limit) && kind != GAL_OBS_IGNORED) {
        if (!isnan(flux) && kind == GAL_OBS_DETECTION)
            GAL_THROW(GAL_EINVAL, "band '%s': flux and limit are both given; leave one empty or set the flag", band);
        kind = GAL_OBS_LIMIT;
        flux = limit;
    }
    GAL_TRY(gal_obs_add(o, f, flux, err, kind, c->note ? c->note->text[i] : ""));
out:
    gal_filter_unref(f);
    return st;
}

gal_status gal_obs_from_table(gal_obs **out, const gal_table *t)
{
    static const char *const NAME[] = {"name", "object", "source"}, *const CITE[] = {"citation", "reference"};
    gal_status st = GAL_OK;
    gal_obs *o = NULL;
    columns c = {0};
    double redshift, distance, sigma;
    char place[512];
    *out = NULL;
    bool spectrum = gal_spectrum_is(t);
    if (!spectrum)
        GAL_TRY(find_columns(t, &c));
    GAL_TRY(meta_number(t, "redshift", &redshift));
    if (isnan(redshift))
        GAL_TRY(meta_number(t, "z", &redshift));
    GAL_TRY(meta_number(t, "distance_Mpc", &distance));
    GAL_TRY(meta_number(t, "limit_sigma", &sigma));
    if ((st = gal_obs_create(&o, first_meta(t, NAME, 3), redshift)) != GAL_OK ||
        (st = gal_obs_set_distance(o, distance)) != GAL_OK) {
        gal_fail_prefix(st, "%s", t->path);
        goto out;
    }
    if (!isnan(sigma)) {
        if (!(sigma > 0) || isinf(sigma))
            GAL_THROW(GAL_EINVAL, "%s: limit_sigma %g must be positive", t->path, sigma);
        o->limit_sigma = sigma;
    }
    GAL_TRY(gal_obs_set_citation(o, first_meta(t, CITE, 2)));
    if (spectrum) {
        gal_spectrum *s;
        GAL_TRY(gal_spectrum_from_table(&s, t, 0, -1, NULL));
        gal_obs_set_spectrum(o, s);
    }
    for (size_t i = 0; i < t->nrow && !spectrum; i++)
        if ((st = add_row(o, t, &c, i)) != GAL_OK) {
            gal_table_place(t, i, place, sizeof place);
            gal_fail_prefix(st, "%s", place);
            goto out;
        }
    if (o->n == 0 && !spectrum)
        GAL_THROW(GAL_EINVAL, "%s: no rows: one band a row is expected", t->path);
    if (!spectrum && o->n == gal_obs_count(o, GAL_OBS_IGNORED))
        GAL_THROW(GAL_EINVAL, "%s: no band is left: all are ignored", t->path);
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
    st = gal_obs_from_table(out, t);
    gal_table_free(t);
    return st;
}

/* ------------------------------------------------------------------ wide layout */
void gal_obs_layout_defaults(gal_obs_layout *l)
{
    *l = (gal_obs_layout){.err = "_err", .flag = "_flag", .limit = "_limit", .other_flag = GAL_OBS_IGNORED};
}

static const gal_column *companion(const gal_table *t, const char *band, const char *suffix)
{
    char name[256];
    snprintf(name, sizeof name, "%s%s", band, suffix);
    return gal_table_column(t, name);
}

/* the column the user named, or the first of the usual ones; NULL when absent */
static gal_status head_column(const gal_table *t, const char *wanted, const char *const *usual, size_t n, bool text,
                              const gal_column **out)
{
    *out = NULL;
    gal_status st = wanted ? gal_table_need(t, wanted, out) : gal_table_find_any(t, usual, n, out);
    return st == GAL_OK && *out && !text ? gal_table_need_num(t, (*out)->name, out) : st;
}

static gal_status add_cell(gal_obs *o, const gal_table *t, size_t row, const gal_obs_layout *l, const char *band)
{
    gal_status st = GAL_OK;
    gal_filter *f = NULL;
    const gal_column *flux, *err, *flag = companion(t, band, l->flag), *limit = companion(t, band, l->limit);
    char err_name[256], note[128] = "";
    double cf, ce, cl = 1;
    gal_obs_kind kind = GAL_OBS_DETECTION;
    snprintf(err_name, sizeof err_name, "%s%s", band, l->err);
    GAL_TRY(gal_table_need_num(t, band, &flux));
    GAL_TRY(gal_table_need_num(t, err_name, &err));
    GAL_TRY(to_mjy(t, flux, l->unit, &cf));
    GAL_TRY(to_mjy(t, err, *flux->unit ? flux->unit : l->unit, &ce));
    if (limit)
        GAL_TRY(to_mjy(t, limit, *flux->unit ? flux->unit : l->unit, &cl));
    double s = flux->num[row] * cf, e = err->num[row] * ce, u = limit && limit->num ? limit->num[row] * cl : NAN;
    const char *word;
    GAL_TRY(flag_word(flag, row, &word));
    if (!known_flag(word, &kind)) {
        kind = l->other_flag;
        snprintf(note, sizeof note, "flag '%s' of the catalogue", word);
    }
    if (isnan(u) && isnan(s))
        goto out; /* not observed */
    if (!isnan(u) && kind != GAL_OBS_IGNORED && (isnan(s) || kind == GAL_OBS_LIMIT)) {
        kind = GAL_OBS_LIMIT;
        s = u;
    }
    if (e < 0 && kind != GAL_OBS_IGNORED) {
        if (!l->negative_err_is_limit)
            GAL_THROW(GAL_EINVAL, "band '%s': err %g is negative; if that marks limits here, say negative_err_is_limit",
                      band, e / ce);
        kind = GAL_OBS_LIMIT;
        e = -e;
    }
    GAL_TRY(one_filter(band, t->path, &f));
    GAL_TRY(gal_obs_add(o, f, s, e, kind, note));
out:
    gal_filter_unref(f);
    return st;
}

static bool listed(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

gal_status gal_obs_from_row(gal_obs **out, const gal_table *t, size_t row, const gal_obs_layout *layout)
{
    static const char *const ID[] = {"name", "id", "source"}, *const Z[] = {"redshift", "z"},
                             *const D[] = {"distance_Mpc"};
    gal_status st = GAL_OK;
    gal_obs_layout l;
    gal_obs *o = NULL;
    const gal_column *id, *z, *d;
    char place[768], name[256] = "", cell[GAL_CELL_TEXT];
    const char *band = NULL;
    *out = NULL;
    gal_obs_layout_defaults(&l);
    if (layout)
        l = *layout;
    if (row >= t->nrow)
        GAL_THROW(GAL_EINVAL, "%s: row %zu asked for, the table has %zu", t->path, row + 1, t->nrow);
    GAL_TRY(head_column(t, l.id, ID, 3, true, &id));
    GAL_TRY(head_column(t, l.redshift, Z, 2, false, &z));
    GAL_TRY(head_column(t, l.distance, D, 1, false, &d));
    if (id)
        snprintf(name, sizeof name, "%s", gal_table_text(id, row, cell));
    gal_table_place(t, row, place, sizeof place);
    if (*name)
        snprintf(place + strlen(place), sizeof place - strlen(place), ", source '%.200s'", name);
    if ((st = gal_obs_create(&o, name, z ? z->num[row] : NAN)) != GAL_OK ||
        (st = gal_obs_set_distance(o, d ? d->num[row] : NAN)) != GAL_OK)
        goto named;
    for (size_t j = 0; j < (l.bands ? l.nband : t->ncol); j++) {
        band = l.bands ? l.bands[j] : t->col[j].name;
        const gal_column *c = l.bands ? NULL : &t->col[j];
        if (c && (!companion(t, band, l.err) || c == id || c == z || c == d || listed(band, l.skip, l.nskip)))
            continue;
        if ((st = add_cell(o, t, row, &l, band)) != GAL_OK)
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
