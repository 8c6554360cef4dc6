/* HDF5 datasets of numbers: whole arrays and rows. See h5.h. */
#include "h5_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)

static hid_t memory_type(gal_h5_type t)
{
    switch (t) {
    case GAL_H5_F64:
        return H5T_NATIVE_DOUBLE;
    case GAL_H5_F32:
        return H5T_NATIVE_FLOAT;
    case GAL_H5_I64:
        return H5T_NATIVE_INT64;
    case GAL_H5_I8:
        return H5T_NATIVE_INT8;
    default:
        return H5I_INVALID_HID;
    }
}

static hid_t stored_type(gal_h5_type t)
{
    switch (t) {
    case GAL_H5_F64:
        return H5T_IEEE_F64LE;
    case GAL_H5_F32:
        return H5T_IEEE_F32LE;
    case GAL_H5_I64:
        return H5T_STD_I64LE;
    case GAL_H5_I8:
        return H5T_STD_I8LE;
    default:
        return H5I_INVALID_HID;
    }
}

static size_t type_size(gal_h5_type t)
{
    return t == GAL_H5_F32 ? 4 : t == GAL_H5_I8 ? 1 : 8;
}

static const char *type_name(gal_h5_type t)
{
    static const char *const names[] = {
        "float64", "float32", "int64", "int8", "string", "group", "a type Galua does not read"};
    return names[t];
}

static void shape_text(char *buf, size_t size, int rank, const size_t *dims, bool any)
{
    size_t used = 0;
    buf[0] = '\0';
    if (rank == 0)
        snprintf(buf, size, "a scalar");
    for (int i = 0; i < rank && used < size; i++)
        if (any && dims[i] == 0)
            used += (size_t)snprintf(buf + used, size - used, "%sN", i ? " x " : "");
        else
            used += (size_t)snprintf(buf + used, size - used, "%s%zu", i ? " x " : "", dims[i]);
}

/* ------------------------------------------------------------------ what is there */
static gal_h5_type type_of(hid_t dset)
{
    hid_t t = H5Dget_type(dset);
    H5T_class_t class = H5Tget_class(t);
    size_t size = H5Tget_size(t);
    H5Tclose(t);
    if (class == H5T_FLOAT)
        return size <= 4 ? GAL_H5_F32 : GAL_H5_F64;
    if (class == H5T_INTEGER)
        return size == 1 ? GAL_H5_I8 : GAL_H5_I64;
    return class == H5T_STRING ? GAL_H5_STR : GAL_H5_OTHER;
}

static gal_status info_of(const gal_h5 *h, const char *name, hid_t dset, gal_h5_info *out)
{
    hsize_t dims[H5S_MAX_RANK], max[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dset);
    int rank = H5Sget_simple_extent_ndims(space);
    memset(out, 0, sizeof *out);
    out->type = type_of(dset);
    out->rank = rank;
    if (rank >= 0 && rank <= GAL_H5_MAXRANK)
        H5Sget_simple_extent_dims(space, dims, max);
    H5Sclose(space);
    if (rank < 0 || rank > GAL_H5_MAXRANK)
        return h5_fail(h, GAL_EFORMAT, name, "has %d axes, more than %d", rank, GAL_H5_MAXRANK);
    for (int i = 0; i < rank; i++)
        out->dims[i] = dims[i];
    out->extendible = rank > 0 && max[0] == H5S_UNLIMITED;
    return GAL_OK;
}

gal_status gal_h5_describe(gal_h5 *h, const char *name, gal_h5_info *out)
{
    h5_quiet();
    memset(out, 0, sizeof *out);
    H5O_info_t info;
    if (gal_h5_has(h, name) && H5Oget_info_by_name2(h->file, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 &&
        info.type == H5O_TYPE_GROUP) {
        out->type = GAL_H5_GROUP;
        return GAL_OK;
    }
    hid_t dset;
    gal_status st = h5_dataset(h, name, &dset);
    if (st == GAL_OK) {
        st = info_of(h, name, dset, out);
        H5Dclose(dset);
    }
    return st;
}

static gal_status check_size(const gal_h5 *h, const char *name, hid_t dset, const gal_h5_info *info)
{
    uint64_t n = 1;
    size_t width = info->type == GAL_H5_STR ? 1 : info->type == GAL_H5_F32 ? 4 : info->type == GAL_H5_I8 ? 1 : 8;
    for (int i = 0; i < info->rank; i++)
        if (__builtin_mul_overflow(n, (uint64_t)info->dims[i], &n))
            n = UINT64_MAX;
    if (h->tmp || h->size == 0) /* being written by ourselves */
        return GAL_OK;
    return h5_believe(h, name, H5Dget_storage_size(dset), n, width);
}

gal_status gal_h5_check_size(gal_h5 *h, const char *name)
{
    hid_t dset;
    gal_h5_info info;
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st != GAL_OK)
        return st;
    st = info_of(h, name, dset, &info);
    if (st == GAL_OK)
        st = check_size(h, name, dset, &info);
    H5Dclose(dset);
    return st;
}

static bool numbers_fit(gal_h5_type stored, gal_h5_type wanted)
{
    bool stored_float = stored == GAL_H5_F64 || stored == GAL_H5_F32;
    bool stored_int = stored == GAL_H5_I64 || stored == GAL_H5_I8;
    bool wanted_float = wanted == GAL_H5_F64 || wanted == GAL_H5_F32;
    return stored_int || (stored_float && wanted_float);
}

static gal_status check_type(const gal_h5 *h, const char *name, const gal_h5_info *info, gal_h5_type wanted)
{
    if (memory_type(wanted) < 0)
        return h5_fail(h, GAL_EINVAL, name, "numbers cannot be asked as %s", type_name(wanted));
    if (!numbers_fit(info->type, wanted))
        return h5_fail(h, GAL_EFORMAT, name, "holds %s, expected %s", type_name(info->type), type_name(wanted));
    return GAL_OK;
}

static gal_status check_shape(const gal_h5 *h, const char *name, const gal_h5_info *info, int rank, const size_t *dims,
                              bool any)
{
    char want[200], have[200];
    bool same = rank == info->rank;
    for (int i = 0; same && i < rank; i++)
        same = (any && dims[i] == 0) || dims[i] == info->dims[i];
    if (same)
        return GAL_OK;
    shape_text(want, sizeof want, rank, dims, any);
    shape_text(have, sizeof have, info->rank, info->dims, false);
    return h5_fail(h, GAL_EFORMAT, name, "shape is %s, expected %s", have, want);
}

/* ------------------------------------------------------------------ whole arrays */
static void choose_chunk(hsize_t *chunk, int rank, const size_t *dims, size_t item, bool extendible)
{
    size_t bytes = item;
    for (int i = rank - 1; i >= 0; i--) {
        size_t room = CHUNK_BYTES / bytes, len = dims[i];
        if (room < 1)
            room = 1;
        if (i == 0 && extendible && len < room)
            len = room < 1024 ? room : 1024;
        if (len < 1)
            len = 1;
        chunk[i] = len < room ? len : room;
        bytes *= chunk[i];
    }
}

static gal_status create_dataset(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims,
                                 const gal_h5_opt *opt, hid_t *out)
{
    hsize_t now[GAL_H5_MAXRANK], max[GAL_H5_MAXRANK], chunk[GAL_H5_MAXRANK];
    bool chunked = rank > 0 && (opt->gzip || opt->chunk || opt->extendible);
    for (int i = 0; i < rank; i++) {
        now[i] = max[i] = dims[i];
        if (!opt->extendible && dims[i] == 0)
            chunked = false;
    }
    if (opt->extendible && rank == 0)
        return h5_fail(h, GAL_EINVAL, name, "a scalar cannot be extendible");
    if (rank > 0 && opt->extendible)
        max[0] = H5S_UNLIMITED;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plist, false);
    H5Pset_attr_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    if (chunked) {
        choose_chunk(chunk, rank, dims, type_size(type), opt->extendible);
        for (int i = 0; opt->chunk && i < rank; i++)
            chunk[i] = opt->chunk[i] ? opt->chunk[i] : 1;
        H5Pset_chunk(plist, rank, chunk);
        if (opt->gzip) {
            H5Pset_shuffle(plist);
            H5Pset_deflate(plist, (unsigned)opt->gzip);
        }
        H5Pset_fletcher32(plist);
    }
    hid_t space = rank ? H5Screate_simple(rank, now, max) : H5Screate(H5S_SCALAR);
    *out = H5Dcreate2(h->file, name, stored_type(type), space, H5P_DEFAULT, plist, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(plist);
    return *out >= 0 ? GAL_OK : h5_write_failed(h, name, "cannot create");
}

static gal_status open_to_overwrite(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims,
                                    hid_t *out)
{
    gal_h5_info info;
    gal_status st = h5_dataset(h, name, out);
    if (st != GAL_OK)
        return st;
    GAL_TRY(info_of(h, name, *out, &info));
    if (info.type != type) {
        st = h5_fail(h, GAL_EFORMAT, name, "exists and holds %s, not %s", type_name(info.type), type_name(type));
        goto out;
    }
    GAL_TRY(check_shape(h, name, &info, rank, dims, false));
out:
    if (st != GAL_OK) {
        H5Dclose(*out);
        *out = H5I_INVALID_HID;
    }
    return st;
}

gal_status gal_h5_write(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims, const void *data,
                        const gal_h5_opt *opt)
{
    static const gal_h5_opt plain = {0};
    gal_status st = GAL_OK;
    hid_t dset = H5I_INVALID_HID;
    size_t n = 1;
    h5_quiet();
    if (!opt)
        opt = &plain;
    if (memory_type(type) < 0 || rank < 0 || rank > GAL_H5_MAXRANK || opt->gzip < 0 || opt->gzip > 9)
        return h5_fail(h, GAL_EINVAL, name, "cannot write %s of rank %d with gzip %d", type_name(type), rank,
                       opt->gzip);
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    if (gal_h5_has(h, name))
        GAL_TRY(open_to_overwrite(h, name, type, rank, dims, &dset));
    else {
        GAL_TRY(h5_parents(h, name));
        GAL_TRY(create_dataset(h, name, type, rank, dims, opt, &dset));
    }
    if (n > 0 && H5Dwrite(dset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        st = h5_write_failed(h, name, "cannot write");
        goto out;
    }
    GAL_TRY(h5_settle(h, name, dset));
    if (opt->units)
        GAL_TRY(gal_h5_attr_set_string(h, name, "units", opt->units));
    if (opt->about)
        GAL_TRY(gal_h5_attr_set_string(h, name, "long_name", opt->about));
out:
    if (dset >= 0)
        H5Dclose(dset);
    return st;
}

static gal_status read_checked(gal_h5 *h, const char *name, gal_h5_type type, hid_t dset, size_t n, void *data)
{
    if (n > 0 && H5Dread(dset, memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        return h5_fail(h, GAL_EIO, name, "cannot read");
    return GAL_OK;
}

gal_status gal_h5_read(gal_h5 *h, const char *name, gal_h5_type type, int rank, const size_t *dims, void *data)
{
    hid_t dset;
    gal_h5_info info;
    size_t n = 1;
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st != GAL_OK)
        return st;
    GAL_TRY(info_of(h, name, dset, &info));
    GAL_TRY(check_type(h, name, &info, type));
    GAL_TRY(check_shape(h, name, &info, rank, dims, false));
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    GAL_TRY(read_checked(h, name, type, dset, n, data));
out:
    H5Dclose(dset);
    return st;
}

gal_status gal_h5_read_alloc(gal_h5 *h, const char *name, gal_h5_type type, int rank, size_t *dims, void **data)
{
    hid_t dset;
    gal_h5_info info;
    size_t n = 1;
    void *p = NULL;
    *data = NULL;
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st != GAL_OK)
        return st;
    GAL_TRY(info_of(h, name, dset, &info));
    GAL_TRY(check_type(h, name, &info, type));
    GAL_TRY(check_shape(h, name, &info, rank, dims, true));
    GAL_TRY(check_size(h, name, dset, &info));
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, info.dims[i], &n))
            n = SIZE_MAX;
    if (n > SIZE_MAX / 16 || !(p = gal_alloc(n * type_size(type)))) {
        char have[200];
        shape_text(have, sizeof have, info.rank, info.dims, false);
        st = h5_fail(h, GAL_ENOMEM, name, "out of memory for %s numbers", have);
        goto out;
    }
    GAL_TRY(read_checked(h, name, type, dset, n, p));
    for (int i = 0; i < rank; i++)
        dims[i] = info.dims[i];
    *data = p;
    p = NULL;
out:
    gal_free(p);
    H5Dclose(dset);
    return st;
}

/* ------------------------------------------------------------------ rows */
typedef enum row_action { ROWS_READ, ROWS_WRITE, ROWS_APPEND } row_action;

static gal_status transfer_rows(gal_h5 *h, const char *name, gal_h5_type type, size_t first, size_t n, void *data,
                                row_action what)
{
    hid_t dset, space = H5I_INVALID_HID, mem = H5I_INVALID_HID;
    gal_h5_info info;
    hsize_t start[GAL_H5_MAXRANK] = {0}, count[GAL_H5_MAXRANK] = {0};
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st != GAL_OK)
        return st;
    GAL_TRY(info_of(h, name, dset, &info));
    GAL_TRY(check_type(h, name, &info, type));
    if (info.rank < 1) {
        st = h5_fail(h, GAL_EFORMAT, name, "is a scalar: it has no rows");
        goto out;
    }
    for (int i = 1; i < info.rank; i++)
        count[i] = info.dims[i];
    count[0] = n;
    if (what == ROWS_APPEND) {
        first = info.dims[0];
        hsize_t now[GAL_H5_MAXRANK];
        memcpy(now, count, sizeof now);
        now[0] = first + n;
        if (!info.extendible || H5Dset_extent(dset, now) < 0) {
            st = h5_fail(h, GAL_EIO, name, "cannot grow from %zu to %zu rows", first, first + n);
            goto out;
        }
    } else if (first > info.dims[0] || n > info.dims[0] - first) {
        st = h5_fail(h, GAL_EINVAL, name, "rows %zu to %zu asked of %zu", first + 1, first + n, info.dims[0]);
        goto out;
    }
    if (n == 0)
        goto out;
    start[0] = first;
    space = H5Dget_space(dset);
    mem = H5Screate_simple(info.rank, count, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    herr_t e = what == ROWS_READ ? H5Dread(dset, memory_type(type), mem, space, H5P_DEFAULT, data)
                                 : H5Dwrite(dset, memory_type(type), mem, space, H5P_DEFAULT, data);
    if (e < 0 && what == ROWS_READ)
        st = h5_fail(h, GAL_EIO, name, "cannot read rows %zu to %zu", first + 1, first + n);
    else if (e < 0)
        st = h5_write_failed(h, name, "cannot write rows %zu to %zu", first + 1, first + n);
    else if (what != ROWS_READ)
        st = h5_settle(h, name, dset);
out:
    if (space >= 0)
        H5Sclose(space);
    if (mem >= 0)
        H5Sclose(mem);
    H5Dclose(dset);
    return st;
}

gal_status gal_h5_append(gal_h5 *h, const char *name, gal_h5_type type, size_t n, const void *data)
{
    return transfer_rows(h, name, type, 0, n, (void *)(uintptr_t)data, ROWS_APPEND);
}

gal_status gal_h5_write_rows(gal_h5 *h, const char *name, gal_h5_type type, size_t first, size_t n, const void *data)
{
    return transfer_rows(h, name, type, first, n, (void *)(uintptr_t)data, ROWS_WRITE);
}

gal_status gal_h5_read_rows(gal_h5 *h, const char *name, gal_h5_type type, size_t first, size_t n, void *data)
{
    return transfer_rows(h, name, type, first, n, data, ROWS_READ);
}

gal_status gal_h5_truncate(gal_h5 *h, const char *name, size_t nrows)
{
    hid_t dset;
    gal_h5_info info;
    hsize_t now[GAL_H5_MAXRANK] = {0};
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st != GAL_OK)
        return st;
    GAL_TRY(info_of(h, name, dset, &info));
    for (int i = 1; i < info.rank; i++)
        now[i] = info.dims[i];
    now[0] = nrows;
    if (!info.extendible || H5Dset_extent(dset, now) < 0)
        st = h5_fail(h, GAL_EIO, name, "cannot change from %zu to %zu rows", info.dims[0], nrows);
out:
    H5Dclose(dset);
    return st;
}

gal_status gal_h5_check_finite(gal_h5 *h, const char *name, const double *x, size_t n)
{
    size_t bad = 0;
    while (bad < n && isfinite(x[bad]))
        bad++;
    if (bad == n)
        return GAL_OK;
    gal_h5_info info;
    char where[200] = "";
    if (gal_h5_describe(h, name, &info) == GAL_OK && info.rank > 1) { /* 1-based indices along each axis */
        size_t rest = bad, index[GAL_H5_MAXRANK], used = 0;
        for (int i = info.rank - 1; i >= 0; i--) {
            index[i] = info.dims[i] ? rest % info.dims[i] + 1 : 0;
            rest /= info.dims[i] ? info.dims[i] : 1;
        }
        for (int i = 0; i < info.rank && used < sizeof where; i++)
            used += (size_t)snprintf(where + used, sizeof where - used, "%s%zu", i ? ", " : " (", index[i]);
        if (used + 1 < sizeof where)
            strcat(where, ")");
    }
    H5Eclear2(H5E_DEFAULT);
    return h5_fail(h, GAL_EFORMAT, name, "value %zu%s is %s", bad + 1, where, isnan(x[bad]) ? "NaN" : "infinite");
}
