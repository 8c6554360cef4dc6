/* Lua: results files of fits: written from a target and its sampler, read back into both. */
#include "galua/fit.h"
#include "galua/result.h"
#include "galua/spectrum.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/sampler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static gal_fit *target(lua_State *L, int idx)
{
    return gal_lua_check(L, idx, &gal_lua_target);
}

/* ------------------------------------------------------------------ results file */
static void map_values(void *ctx, const double *x, double *v)
{
    gal_fit_values(ctx, x, v);
}

static gal_status add_fingerprint(const gal_fit *f, gal_fingerprint *fp)
{
    const char *names[GAL_FIT_NFINGER];
    gal_hash h[GAL_FIT_NFINGER];
    gal_status st = GAL_OK;
    gal_fit_fingerprint(f, names, h);
    for (int i = 0; st == GAL_OK && i < GAL_FIT_NFINGER; i++)
        st = gal_fingerprint_add(fp, names[i], h[i], NULL);
    return st;
}

/* Data by band, and every transmission curve, so that the file stands alone. */
static gal_status put_data(gal_result *r, const gal_obs *o)
{
    gal_status st = GAL_OK;
    const char *dim[1] = {"band"};
    const char **names = GAL_NEWN(const char *, o->n + 1), **notes = GAL_NEWN(const char *, o->n + 1);
    double *pivot = GAL_NEWN(double, o->n + 1);
    int64_t *kind = GAL_NEWN(int64_t, o->n + 1);
    if (!names || !notes || !pivot || !kind)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < o->n; i++) {
        names[i] = o->filter[i]->name;
        notes[i] = o->note[i] ? o->note[i] : "";
        pivot[i] = o->filter[i]->pivot;
        kind[i] = o->kind[i];
    }
    GAL_TRY(gal_result_coord_text(r, "band", o->n, names));
    GAL_TRY(gal_result_put(r, "observed_data", "flux", GAL_VAR_F64, 1, dim, &o->n, o->flux, "mJy",
                           "flux density, or the limit"));
    GAL_TRY(gal_result_put(r, "constant_data", "err", GAL_VAR_F64, 1, dim, &o->n, o->err, "mJy", "one sigma"));
    GAL_TRY(gal_result_put(r, "constant_data", "pivot", GAL_VAR_F64, 1, dim, &o->n, pivot, "A", "pivot wavelength"));
    GAL_TRY(gal_result_put(r, "constant_data", "kind", GAL_VAR_I64, 1, dim, &o->n, kind, NULL,
                           "0 detection, 1 limit, 2 ignored"));
    GAL_TRY(gal_result_put(r, "constant_data", "note", GAL_VAR_TEXT, 1, dim, &o->n, notes, NULL, NULL));
    for (size_t i = 0; i < o->n; i++) {
        const gal_filter *f = o->filter[i];
        char name[200], d[200];
        const char *dims[1] = {d};
        bool again = false; /* measured more than once: one curve */
        for (size_t k = 0; k < i; k++)
            again |= strcmp(o->filter[k]->name, f->name) == 0;
        if (again)
            continue;
        snprintf(d, sizeof d, "node.%s", f->name);
        snprintf(name, sizeof name, "filter.%s.wave", f->name);
        GAL_TRY(gal_result_put(r, "galua", name, GAL_VAR_F64, 1, dims, &f->n, f->wave, "A", NULL));
        snprintf(name, sizeof name, "filter.%s.trans", f->name);
        GAL_TRY(gal_result_put(r, "galua", name, GAL_VAR_F64, 1, dims, &f->n, f->trans, NULL, "photon response"));
    }
out:
    gal_free(names);
    gal_free(notes);
    gal_free(pivot);
    gal_free(kind);
    return st;
}

/* Sampled coordinates x[n][ndim] and blobs of group posterior, sizes of chain and draw; *x NULL: another layout. */
static gal_status take_posterior(const gal_result *r, const gal_fit *f, const gal_target *t, size_t *size, double **x,
                                 double **blob)
{
    size_t d = t->ndim, nb = t->nblob;
    *x = *blob = NULL;
    for (size_t k = 0; k < d + nb; k++) {
        const gal_var *v = gal_result_var(r, "posterior", k < d ? t->names[k] : t->blob_names[k - d]);
        if (!v || v->rank != 2 || v->type != GAL_VAR_F64) {
            gal_free(*x);
            gal_free(*blob);
            *x = *blob = NULL;
            return GAL_OK;
        }
        size_t n = v->size[0] * v->size[1];
        if (k == 0) {
            size[0] = v->size[0];
            size[1] = v->size[1];
            *x = GAL_NEWN(double, n *d + 1);
            *blob = GAL_NEWN(double, n *nb + 1);
            if (!*x || !*blob)
                return GAL_ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
            double value = ((const double *)v->data)[i];
            if (k < d)
                (*x)[i * d + k] = gal_prior_x(gal_fit_prior(f, k), value);
            else
                (*blob)[i * nb + k - d] = value;
        }
    }
    return GAL_OK;
}

/* Columns of term[n][all] that `used` has, packed, with no more digits than the stored fluxes carry; packs well. */
static size_t keep_columns(double *term, size_t n, size_t all, const unsigned char *used)
{
    size_t kept = 0;
    for (size_t b = 0; b < all; b++)
        kept += used[b] != 0;
    double *to = term;
    for (size_t i = 0; i < n; i++)
        for (size_t b = 0; b < all; b++)
            if (used[b])
                *to++ = (float)term[i * all + b];
    return kept;
}

/* ln p(band given the other bands) of every sample in group posterior: log_likelihood/flux (chain, draw, fitted_band). Ignored bands
 * are no observations: ArviZ's loo would make NaN of them. */
static gal_status put_bands(gal_result *r, const gal_fit *f, const gal_obs *o, const double *x, const double *blob,
                            const size_t *posterior)
{
    gal_status st = GAL_OK;
    size_t n = posterior[0] * posterior[1], size[3] = {posterior[0], posterior[1], o->n};
    const char *dim[3] = {"chain", "draw", "fitted_band"};
    const char **label = GAL_NEWN(const char *, o->n + 1);
    double *term = GAL_NEWN(double, n * o->n + 1);
    unsigned char *used = GAL_NEWN(unsigned char, o->n + 1);
    if (!label || !term || !used)
        GAL_TRY(GAL_ENOMEM);
    for (size_t b = 0, k = 0; b < o->n; b++)
        if ((used[b] = o->kind[b] != GAL_OBS_IGNORED))
            label[k++] = o->filter[b]->name;
    GAL_TRY(gal_fit_pointwise(f, n, x, blob, term, NULL));
    size[2] = keep_columns(term, n, o->n, used);
    GAL_TRY(gal_result_coord_text(r, "fitted_band", size[2], label));
    GAL_TRY(gal_result_put(r, "log_likelihood", "flux", GAL_VAR_F64, 3, dim, size, term, NULL,
                           "ln p(band given the other bands)"));
out:
    gal_free(label);
    gal_free(term);
    gal_free(used);
    return st;
}

/* The same of the pixels in use, on request: log_likelihood/spectrum (chain, draw, fitted_pixel); of several spectra spectrum_NAME. Evaluates the model once a sample. */
static gal_status put_pixels(gal_result *r, const gal_fit *f, const gal_obs *o, size_t which, const double *x,
                             const size_t *posterior)
{
    enum { MOST = 4000000 };
    gal_status st = GAL_OK;
    const gal_spectrum *s = o->spectrum[which];
    size_t n = posterior[0] * posterior[1], size[3] = {posterior[0], posterior[1], 0};
    char variable[64], coordinate[64];
    snprintf(variable, sizeof variable, "spectrum%s%s", *s->name ? "_" : "", s->name);
    snprintf(coordinate, sizeof coordinate, "fitted_pixel%s%s", *s->name ? "_" : "", s->name);
    const char *dim[3] = {"chain", "draw", coordinate};
    if (!gal_fit_pixels_have(f, which).density)
        return gal_fail(GAL_EINVAL, "save: pixels: a profiled polynomial is no density of the pixels: marginalise it");
    if (n * s->nused > MOST)
        return gal_fail(GAL_EINVAL,
                        "save: pixels: %zu samples x %zu pixels are more than %d numbers: leave pixels out; fit:loo() "
                        "needs none of them",
                        n, s->nused, MOST);
    double *term = GAL_NEWN(double, n * s->n + 1), *wave = GAL_NEWN(double, s->nused);
    if (!term || !wave)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fit_pixels(f, which, n, x, term, NULL));
    size[2] = keep_columns(term, n, s->n, s->used);
    for (size_t i = 0, k = 0; i < s->n; i++)
        if (s->used[i])
            wave[k++] = gal_spec_wave(s->spec)[i];
    GAL_TRY(gal_result_coord_f64(r, coordinate, size[2], wave, "A"));
    GAL_TRY(gal_result_put(r, "log_likelihood", variable, GAL_VAR_F64, 3, dim, size, term, NULL,
                           "ln p(pixel given the other pixels)"));
out:
    gal_free(term);
    gal_free(wave);
    return st;
}

static gal_status put_pointwise(gal_result *r, const gal_fit *f, const gal_target *t, const gal_obs *o, bool pixels)
{
    gal_status st = GAL_OK;
    size_t size[2] = {0, 0};
    double *x = NULL, *blob = NULL;
    GAL_TRY(take_posterior(r, f, t, size, &x, &blob));
    if (x)
        GAL_TRY(put_bands(r, f, o, x, blob, size));
    if (x && pixels && o->nspectrum == 0)
        GAL_THROW(GAL_EINVAL, "save: pixels: observation '%s' has no spectrum", o->name);
    for (size_t i = 0; x && pixels && i < o->nspectrum; i++)
        GAL_TRY(put_pixels(r, f, o, i, x, size));
out:
    gal_free(x);
    gal_free(blob);
    return st;
}

void gal_lua_result_map(lua_State *L, int idx, gal_result_map *map)
{
    gal_fit *f = target(L, idx);
    const gal_target *t = gal_fit_target(f);
    size_t d = t->ndim, nb = t->nblob;
    const char **units = lua_newuserdata(L, (d + nb) * sizeof *units);
    for (size_t i = 0; i < d; i++)
        units[i] = gal_fit_unit(f, i);
    for (size_t i = 0; i < nb; i++)
        units[d + i] = gal_fit_blob_unit(f, i);
    *map = (gal_result_map){
        .nvalue = d, .names = t->names, .units = units, .values = map_values, .ctx = f, .blob_units = units + d};
}

/* target:save(engine, path, { model =, script =, ... }, snapshots, pixels): the strings of the table go to group galua, the k-th snapshot
 * to the groups stage<k>_...; pixels: ln p of every pixel too */
int gal_lua_target_save(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const gal_sampler *e = gal_lua_check_sampler(L, 2);
    const char *path = gal_lua_checkstr(L, 3);
    const gal_target *t = gal_fit_target(f);
    gal_result_map map;
    char prefix[40];
    lua_settop(L, 6);
    gal_lua_result_map(L, 1, &map);
    gal_result *r = NULL;
    gal_fingerprint *fp = NULL;
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_create(&r));
    GAL_TRY(gal_sampler_put(r, e, &map));
    gal_lua_kept(L, 1, "data");
    GAL_TRY(put_data(r, gal_lua_test(L, -1, &gal_lua_obs)));
    GAL_TRY(put_pointwise(r, f, t, gal_lua_test(L, -1, &gal_lua_obs), lua_toboolean(L, 6)));
    GAL_TRY(gal_fingerprint_create(&fp));
    GAL_TRY(add_fingerprint(f, fp));
    GAL_TRY(gal_result_put_fingerprint(r, fp));
    if (lua_istable(L, 4)) {
        lua_pushnil(L);
        while (lua_next(L, 4)) {
            if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING)
                GAL_TRY(gal_result_put_text(r, "galua", lua_tostring(L, -2), lua_tostring(L, -1)));
            lua_pop(L, 1);
        }
    }
    for (int k = 1; lua_istable(L, 5) && k <= (int)lua_objlen(L, 5); k++) {
        lua_rawgeti(L, 5, k);
        gal_result *stage = gal_lua_test(L, -1, &gal_lua_snapshot);
        snprintf(prefix, sizeof prefix, "stage%d_", k);
        if (stage)
            GAL_TRY(gal_result_copy(r, stage, prefix, ""));
        lua_pop(L, 1);
    }
    GAL_TRY(gal_result_write(r, path));
out:
    gal_fingerprint_free(fp);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    lua_settop(L, 1);
    return 1;
}

/* target:restore(path[, sampler]) -> engine; refused when the file belongs to another fit or another sampler */
int gal_lua_target_restore(lua_State *L)
{
    gal_fit *f = target(L, 1);
    const char *path = gal_lua_checkstr(L, 2), *want = lua_isnoneornil(L, 3) ? NULL : gal_lua_checkstr(L, 3), *name;
    const gal_sampler_class *kind;
    gal_result *r = NULL;
    gal_fingerprint *fp = NULL;
    gal_sampler *e = NULL;
    gal_status st = GAL_OK;
    GAL_TRY(gal_result_read(&r, path));
    GAL_TRY(gal_fingerprint_create(&fp));
    GAL_TRY(add_fingerprint(f, fp));
    GAL_TRY(gal_result_check_fingerprint(r, path, fp));
    GAL_TRY(gal_result_get_text(r, "galua", "sampler", &name));
    if (gal_sampler_find(&kind, name) != GAL_OK)
        GAL_THROW(GAL_EFORMAT, "%s: made by sampler '%s', which this version does not have", path, name);
    if (want && strcmp(want, name) != 0)
        GAL_THROW(GAL_EINVAL,
                  "%s holds a run of sampler.%s, this fit has sampler.%s; choose another file, or start afresh", path,
                  name, want);
    GAL_TRY(gal_sampler_get(&e, r, gal_fit_target(f)));
out:
    gal_fingerprint_free(fp);
    gal_result_free(r);
    gal_lua_checkstatus(L, st);
    gal_lua_push_sampler(L, e, 1);
    return 1;
}

/* Variable of n values: whatever wrote the file, its arrays are as long as they are said to be. */
static gal_status list_of(const gal_result *r, const char *path, const char *group, const char *name, gal_var_type type,
                          size_t n, const gal_var **out)
{
    gal_status st = gal_result_get(r, group, name, type, 1, out);
    if (st == GAL_OK && (*out)->size[0] != n)
        st = gal_fail(GAL_EFORMAT, "%s: %s/%s has %zu values, %zu expected; the file is damaged", path, group, name,
                      (*out)->size[0], n);
    return st;
}

/* result_texts(path) -> table of the texts in group galua, observation with the stored curves, has it a checksum? */
static int result_texts(lua_State *L)
{
    const char *path = gal_lua_checkstr(L, 1);
    gal_result *r;
    gal_lua_checkstatus(L, gal_result_read(&r, path));
    bool sealed = gal_result_sealed(r);
    lua_newtable(L);
    for (size_t i = 0; i < gal_result_nvars(r); i++) {
        const gal_var *v = gal_result_var_at(r, i);
        if (strcmp(v->group, "galua") == 0 && v->type == GAL_VAR_TEXT && v->rank == 0)
            gal_lua_set_text(L, v->name, *(char **)v->data);
    }
    gal_obs *o = NULL;
    gal_filter *fl = NULL;
    gal_status st = GAL_OK;
    const gal_var *band = gal_result_coord(r, "band"), *flux, *err, *kind, *note, *w, *t;
    if (!band || band->type != GAL_VAR_TEXT)
        GAL_THROW(GAL_EFORMAT, "%s: holds no photometry (no names of bands, coordinate 'band'): not a file of fit:save",
                  path);
    size_t n = band->size[0];
    GAL_TRY(list_of(r, path, "observed_data", "flux", GAL_VAR_F64, n, &flux));
    GAL_TRY(list_of(r, path, "constant_data", "err", GAL_VAR_F64, n, &err));
    GAL_TRY(list_of(r, path, "constant_data", "kind", GAL_VAR_I64, n, &kind));
    GAL_TRY(list_of(r, path, "constant_data", "note", GAL_VAR_TEXT, n, &note));
    GAL_TRY(gal_obs_create(&o, "", NAN));
    for (size_t i = 0; i < n; i++) {
        const char *b = ((char **)band->data)[i];
        char name[200];
        snprintf(name, sizeof name, "filter.%s.wave", b);
        GAL_TRY(gal_result_get(r, "galua", name, GAL_VAR_F64, 1, &w));
        snprintf(name, sizeof name, "filter.%s.trans", b);
        GAL_TRY(list_of(r, path, "galua", name, GAL_VAR_F64, w->size[0], &t));
        GAL_TRY(gal_filter_create(&fl, b, w->data, t->data, w->size[0], false, path));
        GAL_TRY(gal_obs_add(o, fl, ((double *)flux->data)[i], ((double *)err->data)[i],
                            (gal_obs_kind)((int64_t *)kind->data)[i], ((char **)note->data)[i]));
        gal_filter_unref(fl);
        fl = NULL;
    }
out:
    gal_filter_unref(fl);
    gal_result_free(r);
    if (st != GAL_OK)
        gal_obs_free(o);
    gal_lua_checkstatus(L, st);
    gal_lua_push(L, &gal_lua_obs, o);
    lua_pushboolean(L, sealed);
    return 3;
}
void gal_luaopen_result(lua_State *L);
void gal_luaopen_result(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"result_texts", result_texts,
         "result_texts(path) -> table, observation, boolean\nThe texts of a results file, the photometry it holds, and "
         "whether it has a checksum; see load_fit."},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, NULL, rows, NULL);
}
