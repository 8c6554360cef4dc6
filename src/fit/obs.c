/* obs.c - photometry of one source: construction, validation, hashing, writing. See galua/obs.h.
 * Thread safety: an object belongs to one thread while it is built; reading it from several is fine. */
#include "galua/obs.h"
#include "galua/data.h"
#include "galua/measure.h"
#include "galua/spectrum.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

gal_status gal_obs_create(gal_obs **out, const char *name, double redshift)
{
    *out = NULL;
    gal_obs *o = GAL_NEW(gal_obs);
    if (o) {
        o->name = gal_strdup(name ? name : "");
        o->citation = gal_strdup("");
        o->path = gal_strdup("");
        o->distance_mpc = NAN;
        o->limit_sigma = 3;
    }
    if (!o || !o->name || !o->citation || !o->path) {
        gal_obs_free(o);
        return gal_fail(GAL_ENOMEM, "observation: out of memory");
    }
    gal_status st = gal_obs_set_redshift(o, redshift);
    if (st == GAL_OK)
        *out = o;
    else
        gal_obs_free(o);
    return st;
}

void gal_obs_free(gal_obs *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n; i++) {
        gal_filter_unref(o->filter[i]);
        gal_free(o->note[i]);
    }
    gal_free(o->filter);
    gal_free(o->flux);
    gal_free(o->err);
    gal_free(o->kind);
    gal_free(o->note);
    for (size_t i = 0; i < o->nspectrum; i++)
        gal_spectrum_free(o->spectrum[i]);
    gal_free(o->spectrum);
    for (size_t i = 0; i < o->ndata; i++) {
        gal_free(o->data[i].name);
        gal_options_free(o->data[i].option, o->data[i].class->noption);
    }
    gal_free(o->data);
    for (size_t i = 0; i < o->nindex; i++)
        gal_free(o->index[i].name);
    for (size_t i = 0; i < o->nline; i++)
        gal_free(o->line[i].name);
    for (size_t i = 0; i < o->nmeasure; i++) {
        gal_free(o->measure[i].name);
        gal_options_free(o->measure[i].option, o->measure[i].class->noption);
    }
    gal_free(o->index);
    gal_free(o->line);
    gal_free(o->measure);
    gal_free(o->name);
    gal_free(o->citation);
    gal_free(o->path);
    gal_free(o);
}

static bool same_curve(const gal_filter *a, const gal_filter *b)
{
    return a == b || (a->n == b->n && memcmp(a->wave, b->wave, a->n * sizeof *a->wave) == 0 &&
                      memcmp(a->trans, b->trans, a->n * sizeof *a->trans) == 0);
}

/* A band may be measured more than once; not with another curve of its name, and not by the same numbers: a row copied by mistake. */
static gal_status check_again(const gal_obs *o, const gal_filter *f, double mjy, double err_mjy)
{
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->filter[i]->name, f->name) != 0)
            continue;
        if (!same_curve(o->filter[i], f))
            return gal_fail(GAL_EINVAL, "band '%s' appears twice, with different curves: give one of them another name",
                            f->name);
        if (o->flux[i] == mjy && o->err[i] == err_mjy)
            return gal_fail(GAL_EINVAL, "band '%s' appears twice with the same flux and err: leave one out", f->name);
    }
    return GAL_OK;
}

/* Numbers as the user has them, in `unit`; magnitudes may have any sign. */
static gal_status check(const gal_filter *f, double flux, double err, gal_obs_kind kind, bool magnitude,
                        const char *unit)
{
    const char *blank = *unit ? " " : "";
    if (kind == GAL_OBS_IGNORED)
        return GAL_OK;
    if (kind == GAL_OBS_LIMIT) {
        if (!(flux > 0 || (magnitude && isfinite(flux))) || isinf(flux))
            return gal_fail(GAL_EINVAL, "band '%s': limit %g%s%s must be a positive number", f->name, flux, blank,
                            unit);
        if (!isnan(err) && (!(err > 0) || isinf(err)))
            return gal_fail(GAL_EINVAL, "band '%s': err %g%s%s of the limit must be positive", f->name, err, blank,
                            unit);
        return GAL_OK;
    }
    if (!isfinite(flux))
        return gal_fail(GAL_EINVAL, "band '%s': flux is %s; give a number, a limit, or flag the band 'ignored'",
                        f->name, isnan(flux) ? "missing (NaN)" : "infinite");
    if (isnan(err))
        return gal_fail(GAL_EINVAL, "band '%s': err is missing (NaN); a detection needs its 1-sigma error", f->name);
    if (!(err > 0) || isinf(err))
        return gal_fail(GAL_EINVAL,
                        "band '%s': err %g%s%s must be positive; give the measured error, or flag the band 'ignored'",
                        f->name, err, blank, unit);
    return GAL_OK;
}

/* One more slot in every array. */
static gal_status grow(gal_obs *o)
{
    size_t n = o->n + 1;
    void **array[] = {(void **)&o->filter, (void **)&o->flux, (void **)&o->err, (void **)&o->kind, (void **)&o->note};
    const size_t size[] = {sizeof *o->filter, sizeof *o->flux, sizeof *o->err, sizeof *o->kind, sizeof *o->note};
    for (size_t k = 0; k < 5; k++) {
        void *p = gal_realloc(*array[k], n * size[k]);
        if (!p)
            return GAL_ENOMEM;
        *array[k] = p;
    }
    return GAL_OK;
}

static gal_status insert(gal_obs *o, gal_filter *f, double flux, double err, gal_obs_kind kind, const char *note)
{
    gal_status st = check_again(o, f, flux, err);
    if (st != GAL_OK || (st = grow(o)) != GAL_OK)
        return st;
    char *copy = gal_strdup(note ? note : "");
    if (!copy)
        return GAL_ENOMEM;
    size_t at = o->n;
    while (at > 0 && o->filter[at - 1]->pivot > f->pivot)
        at--;
    for (size_t i = o->n; i > at; i--) {
        o->filter[i] = o->filter[i - 1];
        o->flux[i] = o->flux[i - 1];
        o->err[i] = o->err[i - 1];
        o->kind[i] = o->kind[i - 1];
        o->note[i] = o->note[i - 1];
    }
    o->filter[at] = gal_filter_ref(f);
    o->flux[at] = flux;
    o->err[at] = err;
    o->kind[at] = kind;
    o->note[at] = copy;
    o->n++;
    return GAL_OK;
}

gal_status gal_obs_add_as(gal_obs *o, gal_filter *f, double flux, double err, gal_obs_kind kind, const char *note,
                          const gal_flux_unit *u, const gal_flux_unit *eu, const char *unit)
{
    gal_status st = check(f, flux, err, kind, u->magnitude, unit);
    if (st != GAL_OK)
        return st;
    double wave2 = f->pivot * f->pivot, s = gal_flux_mjy(u, flux, wave2), e = gal_flux_error_mjy(eu, err, s, wave2);
    return insert(o, f, s, kind == GAL_OBS_LIMIT && isnan(e) ? s / o->limit_sigma : e, kind, note);
}

gal_status gal_obs_add(gal_obs *o, gal_filter *f, double flux, double err, gal_obs_kind kind, const char *note)
{
    static const gal_flux_unit mjy = {.mjy = 1};
    return gal_obs_add_as(o, f, flux, err, kind, note, &mjy, &mjy, "mJy");
}

gal_status gal_obs_set_spectrum(gal_obs *o, struct gal_spectrum *s)
{
    bool unnamed = !*s->name;
    for (size_t i = 0; i < o->nspectrum; i++) {
        unnamed |= !*o->spectrum[i]->name;
        if (strcmp(o->spectrum[i]->name, s->name) == 0) {
            gal_spectrum_free(o->spectrum[i]);
            o->spectrum[i] = s;
            return GAL_OK;
        }
    }
    gal_spectrum **d = unnamed && o->nspectrum ? NULL : gal_realloc(o->spectrum, (o->nspectrum + 1) * sizeof *d);
    if (!d) {
        gal_spectrum_free(s);
        return o->nspectrum && unnamed
                   ? gal_fail(GAL_EINVAL,
                              "observation%s%s: of several spectra each needs a name: spectrum{ name = 'blue', ... }",
                              *o->name ? " " : "", o->name)
                   : GAL_ENOMEM;
    }
    o->spectrum = d;
    d[o->nspectrum++] = s;
    return GAL_OK;
}

static gal_status check_measure(const char *what, const char *name, double value, double err)
{
    if (!isfinite(value) || !(err > 0) || isinf(err))
        return gal_fail(GAL_EINVAL, "%s '%s': value %g and err %g: both must be numbers, err above 0", what, name,
                        value, err);
    return GAL_OK;
}

gal_status gal_obs_add_index(gal_obs *o, const gal_index *index, double value, double err, bool lick)
{
    gal_status st = check_measure("index", index->name, value, err);
    if (st == GAL_OK)
        st = gal_index_check(index);
    for (size_t k = 0; st == GAL_OK && k < o->nindex; k++)
        if (strcmp(o->index[k].name, index->name) == 0)
            st = gal_fail(GAL_EINVAL, "index '%s' appears twice", index->name);
    if (st != GAL_OK)
        return st;
    gal_index_datum *d = gal_realloc(o->index, (o->nindex + 1) * sizeof *d);
    if (!d)
        return GAL_ENOMEM;
    o->index = d;
    d += o->nindex;
    *d = (gal_index_datum){gal_strdup(index->name), *index, value, err, lick};
    if (!d->name)
        return GAL_ENOMEM;
    d->index.name = d->name;
    o->nindex++;
    return GAL_OK;
}

gal_status gal_obs_add_line(gal_obs *o, const char *name, double value, double err, bool limit)
{
    gal_status st = check_measure("line", name, value, err);
    for (size_t k = 0; st == GAL_OK && k < o->nline; k++)
        if (strcmp(o->line[k].name, name) == 0)
            st = gal_fail(GAL_EINVAL, "line '%s' appears twice", name);
    if (st == GAL_OK && limit && !(value > 0))
        st = gal_fail(GAL_EINVAL, "line '%s': upper limit %g is not positive", name, value);
    if (st != GAL_OK)
        return st;
    gal_line_datum *d = gal_realloc(o->line, (o->nline + 1) * sizeof *d);
    if (!d)
        return GAL_ENOMEM;
    o->line = d;
    d += o->nline;
    *d = (gal_line_datum){gal_strdup(name), value, err, limit};
    if (!d->name)
        return GAL_ENOMEM;
    o->nline++;
    return GAL_OK;
}

size_t gal_obs_nmeasured(const gal_obs *o)
{
    return o->nindex + o->nline + o->nmeasure;
}

gal_status gal_obs_add_measure(gal_obs *o, const gal_measure *m)
{
    const gal_measure_class *c = m->class;
    char name[128];
    size_t at = (size_t)snprintf(name, sizeof name, "%s", m->name && *m->name ? m->name : c->name);
    for (size_t k = 0; k < c->noption && !(m->name && *m->name) && at < sizeof name; k++)
        if (c->option[k].type == GAL_OPTION_STRING && m->option[k].given && m->option[k].text)
            at += (size_t)snprintf(name + at, sizeof name - at, " %s", m->option[k].text);
    gal_status st = check_measure(c->name, name, m->value, m->err);
    for (size_t k = 0; st == GAL_OK && k < o->nmeasure; k++)
        if (strcmp(o->measure[k].name, name) == 0)
            st = gal_fail(GAL_EINVAL, "%s '%s' appears twice: give one of them another name", c->name, name);
    if (st == GAL_OK && m->limit && !(m->value > 0))
        st = gal_fail(GAL_EINVAL, "%s '%s': upper limit %g is not positive", c->name, name, m->value);
    gal_measure copy = {c, NULL, m->value, m->err, m->limit, NULL, NULL};
    if (st == GAL_OK)
        st = gal_options_copy(&copy.option, c->option, m->option, c->noption);
    if (st == GAL_OK && c->check)
        st = c->check(&copy);
    gal_measure *d = st == GAL_OK ? gal_realloc(o->measure, (o->nmeasure + 1) * sizeof *d) : NULL;
    if (d)
        o->measure = d;
    if (!d || !(copy.name = gal_strdup(name))) {
        gal_options_free(copy.option, c->noption);
        return st == GAL_OK ? GAL_ENOMEM : st;
    }
    d[o->nmeasure++] = copy;
    return GAL_OK;
}

gal_status gal_obs_add_data(gal_obs *o, const gal_data *given)
{
    const gal_data_class *c = given->class;
    gal_data copy = {.class = c, .name = gal_strdup(given->name && *given->name ? given->name : c->name)};
    gal_status st = copy.name ? gal_options_copy(&copy.option, c->option, given->option, c->noption) : GAL_ENOMEM;
    for (size_t k = 0; st == GAL_OK && k < o->ndata; k++)
        if (o->data[k].class == c && strcmp(o->data[k].name, copy.name) == 0)
            st = gal_fail(GAL_EINVAL, "%s '%s' appears twice: give one of them another name", c->name, copy.name);
    if (st == GAL_OK && c->check)
        st = c->check(&copy);
    gal_data *d = st == GAL_OK ? gal_realloc(o->data, (o->ndata + 1) * sizeof *d) : NULL;
    if (!d) {
        gal_free(copy.name);
        gal_options_free(copy.option, c->noption);
        return st == GAL_OK ? GAL_ENOMEM : st;
    }
    o->data = d;
    d[o->ndata++] = copy;
    return GAL_OK;
}

static gal_hash hash_options(gal_hash h, const gal_option_value *option, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const gal_option_value *v = &option[k];
        h = gal_hash_combine(h, gal_hash_bytes(&v->number, sizeof v->number));
        if (v->text)
            h = gal_hash_combine(h, gal_hash_bytes(v->text, strlen(v->text)));
        if (v->nvec)
            h = gal_hash_combine(h, gal_hash_bytes(v->vec, v->nvec * sizeof *v->vec));
    }
    return h;
}

/* Everything said of one */
static gal_hash hash_measure(const gal_measure *m)
{
    const double row[3] = {m->value, m->err, m->limit};
    gal_hash h =
        gal_hash_combine(gal_hash_bytes(m->class->name, strlen(m->class->name)), gal_hash_bytes(row, sizeof row));
    return hash_options(h, m->option, m->class->noption);
}

gal_status gal_obs_set_distance(gal_obs *o, double mpc)
{
    if (!isnan(mpc) && (!(mpc > 0) || isinf(mpc)))
        return gal_fail(GAL_EINVAL, "distance %g Mpc must be positive", mpc);
    o->distance_mpc = mpc;
    return GAL_OK;
}

gal_status gal_obs_set_redshift(gal_obs *o, double redshift)
{
    if (!isnan(redshift) && !(redshift > -0.01 && redshift < 1e4))
        return gal_fail(GAL_EINVAL, "observation%s%s: redshift %g is not a redshift (-0.01 .. 1e4)",
                        *o->name ? " " : "", o->name, redshift);
    o->redshift = redshift;
    return GAL_OK;
}

gal_status gal_obs_set_name(gal_obs *o, const char *name)
{
    char *copy = gal_strdup(name);
    if (!copy)
        return GAL_ENOMEM;
    gal_free(o->name);
    o->name = copy;
    return GAL_OK;
}

gal_status gal_obs_set_citation(gal_obs *o, const char *text)
{
    char *copy = gal_strdup(text ? text : "");
    if (!copy)
        return GAL_ENOMEM;
    gal_free(o->citation);
    o->citation = copy;
    return GAL_OK;
}

size_t gal_obs_count(const gal_obs *o, gal_obs_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++)
        n += o->kind[i] == kind;
    return n;
}

gal_hash gal_obs_hash(const gal_obs *o)
{
    const double head[3] = {o->redshift, o->distance_mpc, o->limit_sigma};
    gal_hash h = gal_hash_combine(gal_hash_bytes(o->name, strlen(o->name)), gal_hash_bytes(head, sizeof head));
    for (size_t i = 0; i < o->n; i++) {
        const gal_filter *f = o->filter[i];
        const double row[3] = {o->flux[i], o->err[i], (double)o->kind[i]};
        h = gal_hash_combine(h, gal_hash_bytes(f->name, strlen(f->name)));
        h = gal_hash_combine(h, gal_hash_bytes(f->wave, f->n * sizeof *f->wave));
        h = gal_hash_combine(h, gal_hash_bytes(f->trans, f->n * sizeof *f->trans));
        h = gal_hash_combine(h, gal_hash_bytes(row, sizeof row));
    }
    for (size_t i = 0; i < o->nindex; i++) {
        const gal_index_datum *d = &o->index[i];
        const gal_index *x = &d->index;
        const double row[11] = {d->value,   d->err,     d->lick,    x->kind,   x->air,   x->band[0],
                                x->band[1], x->blue[0], x->blue[1], x->red[0], x->red[1]};
        h = gal_hash_combine(h, gal_hash_bytes(d->name, strlen(d->name)));
        h = gal_hash_combine(h, gal_hash_bytes(row, sizeof row));
    }
    for (size_t i = 0; i < o->nline; i++) {
        const gal_line_datum *d = &o->line[i];
        const double row[3] = {d->value, d->err, d->limit};
        h = gal_hash_combine(h, gal_hash_bytes(d->name, strlen(d->name)));
        h = gal_hash_combine(h, gal_hash_bytes(row, sizeof row));
    }
    for (size_t i = 0; i < o->nmeasure; i++)
        h = gal_hash_combine(h, hash_measure(&o->measure[i]));
    for (size_t i = 0; i < o->nspectrum; i++)
        h = gal_hash_combine(h, gal_spectrum_hash(o->spectrum[i]));
    for (size_t i = 0; i < o->ndata; i++) {
        const gal_data *d = &o->data[i];
        h = gal_hash_combine(h, gal_hash_bytes(d->class->name, strlen(d->class->name)));
        h = gal_hash_combine(h, gal_hash_bytes(d->name, strlen(d->name)));
        h = hash_options(h, d->option, d->class->noption);
    }
    return h;
}

gal_status gal_obs_write(const gal_obs *o, const char *path)
{
    static const char *const FLAG[] = {"", "limit", "ignored"};
    gal_status st = GAL_OK;
    gal_table *t = NULL;
    const char **band = GAL_NEWN(const char *, o->n + 1), **flag = GAL_NEWN(const char *, o->n + 1);
    char number[32];
    if (!band || !flag)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < o->n; i++) {
        band[i] = o->filter[i]->name;
        flag[i] = FLAG[o->kind[i]];
    }
    GAL_TRY(gal_table_create(&t, o->n));
    if (*o->name)
        GAL_TRY(gal_table_add_meta(t, "name", o->name));
    const double value[3] = {o->redshift, o->distance_mpc, o->limit_sigma};
    const char *const key[3] = {"redshift", "distance_Mpc", "limit_sigma"};
    for (size_t k = 0; k < 3; k++) {
        snprintf(number, sizeof number, "%.17g", value[k]);
        if (!isnan(value[k]) && (k < 2 || gal_obs_count(o, GAL_OBS_LIMIT) > 0))
            GAL_TRY(gal_table_add_meta(t, key[k], number));
    }
    if (*o->citation)
        GAL_TRY(gal_table_add_meta(t, "citation", o->citation));
    GAL_TRY(gal_table_add_text(t, "band", band));
    GAL_TRY(gal_table_add_num(t, "flux", "mJy", o->flux));
    GAL_TRY(gal_table_add_num(t, "err", "mJy", o->err));
    GAL_TRY(gal_table_add_text(t, "flag", flag));
    GAL_TRY(gal_table_add_text(t, "note", (const char *const *)o->note));
    GAL_TRY(gal_table_write_ecsv(t, path));
out:
    gal_table_free(t);
    gal_free(band);
    gal_free(flag);
    return st;
}
