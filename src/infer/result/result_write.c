/* Writing results: one HDF5 group per group, coordinates as dimension scales, attributes of the ArviZ schema.
 *
 * netCDF-4 dimensions are per group, so each group gets the coordinate variables its variables use. */
#include <stdio.h>
#include <string.h>

#include "io/h5.h"
#include "result_int.h"

/* Arrays from here on are compressed (bytes shuffled): rejected steps repeat a sample, derived quantities have 24 bits. */
#define PACK_BYTES 4096

static const gal_h5_type H5TYPE[] = {GAL_H5_F64, GAL_H5_I64, GAL_H5_I8, GAL_H5_I8, GAL_H5_STR};

static gal_status write_data(gal_h5 *h, const char *path, const gal_var *v)
{
    gal_h5_opt opt = {.units = v->unit, .about = v->about};
    if (var_count(v) * var_width(v->type) >= PACK_BYTES)
        opt.gzip = 3;
    gal_status st;
    if (v->type == GAL_VAR_TEXT)
        return v->rank == 0 ? gal_h5_write_string(h, path, *(char **)v->data)
                            : gal_h5_write_strings(h, path, (const char *const *)v->data, v->size[0]);
    st = gal_h5_write(h, path, H5TYPE[v->type], v->rank, v->size, v->data, &opt);
    if (st == GAL_OK && v->type == GAL_VAR_BOOL)
        st = gal_h5_attr_set_string(h, path, "dtype", "bool");
    return st;
}

/* The coordinate variable of one dimension in one group; what is no coordinate is counted, bytes are not. */
static gal_status write_dim(const gal_result *r, gal_h5 *h, const char *path, const char *dim, size_t n, bool bytes)
{
    const gal_var *c = gal_result_coord(r, dim);
    gal_status st;
    if (gal_h5_has(h, path))
        return GAL_OK;
    if (bytes)
        return gal_h5_dim(h, path, n);
    if (c && c->size[0] == n) {
        st = write_data(h, path, c);
    } else {
        int64_t *count = GAL_NEWN(int64_t, n);
        if (!count)
            return GAL_ENOMEM;
        for (size_t i = 0; i < n; i++)
            count[i] = (int64_t)i;
        st = gal_h5_write(h, path, GAL_H5_I64, 1, &n, count,
                          &(gal_h5_opt){.gzip = n * sizeof *count >= PACK_BYTES ? 3 : 0});
        gal_free(count);
    }
    return st == GAL_OK ? gal_h5_make_scale(h, path) : st;
}

static gal_status write_var(const gal_result *r, gal_h5 *h, const gal_var *v)
{
    gal_status st = GAL_OK;
    char *path = gal_asprintf("%s/%s", v->group, v->name), *scale[GAL_VAR_MAXRANK] = {NULL};
    if (!path)
        return GAL_ENOMEM;
    for (int i = 0; i < v->rank; i++) {
        scale[i] = gal_asprintf("%s/%s", v->group, v->dim[i]);
        if (!scale[i]) {
            st = GAL_ENOMEM;
            goto out;
        }
        GAL_TRY(write_dim(r, h, scale[i], v->dim[i], v->size[i], v->type == GAL_VAR_BYTE));
    }
    GAL_TRY(write_data(h, path, v));
    if (v->rank > 0)
        GAL_TRY(gal_h5_set_dims(h, path, v->rank, (const char *const *)scale));
out:
    gal_free(path);
    for (int i = 0; i < v->rank; i++)
        gal_free(scale[i]);
    return st;
}

static gal_status write_attributes(gal_h5 *h, const char *group, const char *now)
{
    static const char *const A[][2] = {{"creation_library", "galua"},
                                       {"creation_library_version", GAL_VERSION},
                                       {"creation_library_language", "C"},
                                       {"inference_library", "galua"},
                                       {"inference_library_version", GAL_VERSION}};
    gal_status st = gal_h5_attr_set_string(h, group, "created_at", now);
    for (size_t i = 0; st == GAL_OK && i < sizeof A / sizeof *A; i++)
        st = gal_h5_attr_set_string(h, group, A[i][0], A[i][1]);
    return st;
}

static gal_status write_in_group(const gal_result *r, gal_h5 *h, const gal_var *v, const char *now)
{
    gal_status st = GAL_OK;
    if (!gal_h5_has(h, v->group)) {
        GAL_TRY(gal_h5_make_group(h, v->group));
        GAL_TRY(write_attributes(h, v->group, now));
    }
    GAL_TRY(write_var(r, h, v));
out:
    return st;
}

/* Burn-in and what follows it, each in its group. */
static gal_status write_parts(const gal_result *r, gal_h5 *h, const gal_var *v, size_t burn, const char *now)
{
    gal_status st = GAL_OK;
    gal_var *part = NULL;
    for (int k = 0; k < 2; k++) {
        GAL_TRY(result_part(&part, v, k ? burn : 0, k ? v->size[1] : burn, k == 0));
        GAL_TRY(write_in_group(r, h, part, now));
        var_free(part);
        part = NULL;
    }
out:
    if (part)
        var_free(part);
    return st;
}

static gal_status write_all(const gal_result *r, gal_h5 *h, const char *now)
{
    gal_status st = GAL_OK;
    int64_t format = RESULT_FORMAT;
    GAL_TRY(gal_h5_attr_set_i64(h, "/", "galua_format", &format, 1));
    GAL_TRY(write_attributes(h, "/", now));
    size_t burn = result_burn_in(r);
    for (size_t i = 0; i < r->n; i++)
        GAL_TRY(result_has_warmup(r->var[i], burn) ? write_parts(r, h, r->var[i], burn, now)
                                                   : write_in_group(r, h, r->var[i], now));
    for (size_t i = 0; i < r->nattr; i++)
        if (gal_h5_has(h, r->attr[i].group))
            GAL_TRY(gal_h5_attr_set_f64(h, r->attr[i].group, r->attr[i].name, &r->attr[i].value, 1));
out:
    return st;
}

/* ------------------------------------------------------------------ matrices that come row by row */
struct gal_result_writer {
    gal_h5 *h;
    size_t rows; /* of each that comes later */
    char **later;
    size_t nlater;
};

void gal_result_writer_abandon(gal_result_writer *w)
{
    if (!w)
        return;
    gal_h5_abandon(w->h);
    for (size_t i = 0; i < w->nlater; i++)
        gal_free(w->later[i]);
    gal_free(w->later);
    gal_free(w);
}

/* A matrix without rows, with the coordinates it will have. Chunks of at most 256 kB and a power of two rows: whole ones in any larger block. */
static gal_status write_later(const gal_result *r, gal_h5 *h, const gal_result_later *v, size_t nrow, const char *now,
                              char **path)
{
    gal_status st = GAL_OK;
    size_t tall = 1;
    while (2 * tall * v->width * sizeof(double) <= 1 << 18)
        tall *= 2;
    const size_t dims[2] = {0, v->width}, chunk[2] = {tall, v->width};
    const gal_h5_opt opt = {.gzip = 3, .chunk = chunk, .extendible = true, .units = v->unit};
    char *scale[2] = {gal_asprintf("%s/%s", v->group, v->dims[0]), gal_asprintf("%s/%s", v->group, v->dims[1])};
    *path = gal_asprintf("%s/%s", v->group, v->name);
    if (!*path || !scale[0] || !scale[1])
        GAL_TRY(GAL_ENOMEM);
    if (!gal_h5_has(h, v->group)) {
        GAL_TRY(gal_h5_make_group(h, v->group));
        GAL_TRY(write_attributes(h, v->group, now));
    }
    GAL_TRY(write_dim(r, h, scale[0], v->dims[0], nrow, false));
    GAL_TRY(write_dim(r, h, scale[1], v->dims[1], v->width, false));
    GAL_TRY(gal_h5_write(h, *path, GAL_H5_F64, 2, dims, NULL, &opt));
    GAL_TRY(gal_h5_set_dims(h, *path, 2, (const char *const *)scale));
out:
    gal_free(scale[0]);
    gal_free(scale[1]);
    return st;
}

gal_status gal_result_writer_open(gal_result_writer **out, const gal_result *r, const char *path, size_t nrow,
                                  size_t nlater, const gal_result_later *later)
{
    gal_status st = GAL_OK;
    char now[40];
    gal_result_writer *w = GAL_NEW(gal_result_writer);
    *out = NULL;
    if (!w || !(w->later = GAL_NEWN(char *, nlater + 1)))
        GAL_TRY(GAL_ENOMEM);
    w->rows = nrow;
    w->nlater = nlater;
    GAL_TRY(gal_h5_create(&w->h, path));
    gal_timestamp(now, sizeof now);
    GAL_TRY(write_all(r, w->h, now));
    for (size_t i = 0; i < nlater; i++)
        GAL_TRY(write_later(r, w->h, &later[i], nrow, now, &w->later[i]));
    *out = w;
    w = NULL;
out:
    gal_result_writer_abandon(w);
    return st;
}

gal_status gal_result_writer_rows(gal_result_writer *w, size_t which, size_t n, const double *data)
{
    if (which >= w->nlater)
        return gal_fail(GAL_EINVAL, "%s: matrix %zu of %zu", gal_h5_path(w->h), which + 1, w->nlater);
    return gal_h5_append(w->h, w->later[which], GAL_H5_F64, n, data);
}

gal_status gal_result_writer_close(gal_result_writer *w)
{
    gal_status st = GAL_OK;
    for (size_t i = 0; i < w->nlater; i++) {
        gal_h5_info info;
        GAL_TRY(gal_h5_describe(w->h, w->later[i], &info));
        if (info.dims[0] != w->rows)
            GAL_THROW(GAL_EINVAL, "%s: %s has %zu rows of %zu", gal_h5_path(w->h), w->later[i], info.dims[0], w->rows);
    }
    gal_h5 *h = w->h;
    w->h = NULL;
    GAL_TRY(gal_h5_close(h));
out:
    gal_result_writer_abandon(w);
    return st;
}

gal_status gal_result_write(const gal_result *r, const char *path)
{
    gal_result_writer *w;
    gal_status st = gal_result_writer_open(&w, r, path, 0, 0, NULL);
    return st == GAL_OK ? gal_result_writer_close(w) : st;
}
