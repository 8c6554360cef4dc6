/* Reading results back: every dataset of every group that is not a coordinate becomes a variable. */
#include <stdlib.h>
#include <string.h>

#include "io/h5.h"
#include "result_int.h"

static gal_status read_numbers(gal_h5 *h, const char *path, const gal_h5_info *info, gal_var *v)
{
    static const gal_h5_type H5TYPE[] = {GAL_H5_F64, GAL_H5_I64, GAL_H5_I8, GAL_H5_I8, GAL_H5_STR};
    size_t dims[GAL_H5_MAXRANK];
    void *data;
    memcpy(dims, info->dims, sizeof dims);
    if (var_count(v) == 0)
        return GAL_OK;
    gal_status st = gal_h5_read_alloc(h, path, H5TYPE[v->type], info->rank, dims, &data);
    if (st == GAL_OK) {
        gal_free(v->data);
        v->data = data;
    }
    return st;
}

static gal_status read_text(gal_h5 *h, const char *path, gal_var *v)
{
    gal_status st;
    if (v->rank == 0)
        return gal_h5_read_string(h, path, (char **)v->data);
    char **s;
    size_t n;
    if ((st = gal_h5_read_strings(h, path, &s, &n)) != GAL_OK)
        return st;
    if (n != v->size[0]) {
        gal_h5_free_strings(s, n);
        return gal_fail(GAL_EFORMAT, "%s: '%s' changed while it was read", gal_h5_path(h), path);
    }
    memcpy(v->data, s, n * sizeof *s);
    gal_free(s); /* the strings themselves now belong to v */
    return GAL_OK;
}

static gal_status attribute(gal_h5 *h, const char *path, const char *name, char **out)
{
    *out = NULL;
    return gal_h5_attr_has(h, path, name) ? gal_h5_attr_get_string(h, path, name, out) : GAL_OK;
}

/* One dataset; coordinates go to the list of coordinates unless they only count. */
static gal_status read_var(gal_result *r, gal_h5 *h, const char *group, const char *name)
{
    gal_status st = GAL_OK;
    gal_h5_info info;
    char *path = gal_asprintf("%s/%s", group, name), **dims = NULL, *unit = NULL, *about = NULL, *dtype = NULL;
    int rank = 0;
    gal_var *v = NULL;
    if (!path)
        return GAL_ENOMEM;
    GAL_TRY(gal_h5_describe(h, path, &info));
    if (info.type == GAL_H5_GROUP || info.type == GAL_H5_OTHER)
        goto out;
    bool scale = gal_h5_is_scale(h, path);
    gal_var_type type = info.type == GAL_H5_STR                              ? GAL_VAR_TEXT
                        : info.type == GAL_H5_F64 || info.type == GAL_H5_F32 ? GAL_VAR_F64
                        : info.type == GAL_H5_I8                             ? GAL_VAR_BYTE
                                                                             : GAL_VAR_I64;
    if (scale && (type == GAL_VAR_I64 || gal_h5_is_dim(h, path))) /* counts from 0, or a length alone */
        goto out;
    if (info.rank > (type == GAL_VAR_TEXT ? 1 : GAL_VAR_MAXRANK))
        GAL_THROW(GAL_EFORMAT, "%s: '%s' has %d dimensions, at most %d", gal_h5_path(h), path, info.rank,
                  GAL_VAR_MAXRANK);
    GAL_TRY(attribute(h, path, "units", &unit));
    GAL_TRY(attribute(h, path, "long_name", &about));
    GAL_TRY(attribute(h, path, "dtype", &dtype));
    if (type == GAL_VAR_BYTE && dtype && strcmp(dtype, "bool") == 0)
        type = GAL_VAR_BOOL;
    if (!scale) {
        GAL_TRY(gal_h5_get_dims(h, path, &dims, &rank));
        for (int i = 0; i < rank; i++)
            if (dims[i][0] == '\0')
                GAL_THROW(GAL_EFORMAT,
                          "%s: axis %d of '%s' has no dimension name; the file was changed by another program",
                          gal_h5_path(h), i + 1, path);
    }
    GAL_TRY(gal_h5_check_size(h, path));
    v = var_new(scale ? "" : group, name, type, info.rank, scale ? &name : (const char *const *)dims, info.dims, unit,
                about);
    if (!v) {
        st = GAL_ENOMEM;
        goto out;
    }
    GAL_TRY(type == GAL_VAR_TEXT ? read_text(h, path, v) : read_numbers(h, path, &info, v));
    st = scale ? result_take_coord(r, v) : result_take(r, v);
    v = NULL;
out:
    var_free(v);
    gal_h5_free_strings(dims, (size_t)rank);
    gal_free(path);
    gal_free(unit);
    gal_free(about);
    gal_free(dtype);
    return st;
}

static gal_status read_attributes(gal_result *r, gal_h5 *h, const char *group)
{
    static const char *const NAME[] = {"log_evidence", "log_evidence_err", "information"};
    gal_status st = GAL_OK;
    double v;
    for (size_t i = 0; st == GAL_OK && i < sizeof NAME / sizeof *NAME; i++)
        if (gal_h5_attr_has(h, group, NAME[i]) && (st = gal_h5_attr_get_f64(h, group, NAME[i], &v, 1)) == GAL_OK)
            st = gal_result_attr(r, group, NAME[i], v);
    return st;
}

static gal_status read_group(gal_result *r, gal_h5 *h, const char *group)
{
    char **names;
    size_t n;
    gal_status st = gal_h5_list(h, group, &names, &n);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        st = read_var(r, h, group, names[i]);
    gal_h5_free_strings(names, n);
    return st == GAL_OK ? read_attributes(r, h, group) : st;
}

bool gal_result_sealed(const gal_result *r)
{
    return r->sealed;
}

gal_status gal_result_read(gal_result **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    gal_result *r = NULL;
    char **groups = NULL;
    size_t n = 0;
    int64_t format;
    GAL_TRY(gal_h5_open(&h, path));
    if (!gal_h5_attr_has(h, "/", "galua_format"))
        GAL_THROW(GAL_EFORMAT, "%s: not a results file of this program (no attribute 'galua_format')", path);
    GAL_TRY(gal_h5_attr_get_i64(h, "/", "galua_format", &format, 1));
    if (format > RESULT_FORMAT)
        GAL_THROW(GAL_EFORMAT, "%s: results of format %lld, this program reads up to %d; update it", path,
                  (long long)format, RESULT_FORMAT);
    GAL_TRY(gal_result_create(&r));
    r->sealed = gal_h5_sealed(h);
    GAL_TRY(gal_h5_list(h, "/", &groups, &n));
    for (size_t i = 0; i < n; i++) {
        gal_h5_info info;
        GAL_TRY(gal_h5_describe(h, groups[i], &info));
        if (info.type == GAL_H5_GROUP)
            GAL_TRY(read_group(r, h, groups[i]));
    }
    GAL_TRY(result_join_warmup(r));
    *out = r;
    r = NULL;
out:
    gal_h5_free_strings(groups, n);
    gal_result_free(r);
    gal_h5_abandon(h);
    return st;
}
