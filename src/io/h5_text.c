/* HDF5 strings, attributes and dimension scales. See h5.h. */
#include "h5_int.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ strings, of datasets and attributes alike */
typedef struct holder {
    hid_t id;
    bool attr;
} holder;

static herr_t read_raw(holder o, hid_t type, void *buf)
{
    return o.attr ? H5Aread(o.id, type, buf) : H5Dread(o.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buf);
}

static gal_status copy_strings(char **out, size_t n, char *const *pointers, const char *block, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        const char *s = pointers ? pointers[i] : block + i * width;
        size_t len = !s ? 0 : pointers ? strlen(s) : strnlen(s, width);
        if (!(out[i] = gal_alloc(len + 1)))
            return GAL_ENOMEM;
        if (len)
            memcpy(out[i], s, len);
        out[i][len] = '\0';
    }
    return GAL_OK;
}

static void strip_blanks(char **strings, size_t n) /* Fortran-style padding */
{
    for (size_t i = 0; i < n; i++)
        for (size_t len = strlen(strings[i]); len && strings[i][len - 1] == ' '; len--)
            strings[i][len - 1] = '\0';
}

/* All strings of a dataset or attribute, whatever its shape. `what` is "" or "attribute 'x' " for the message. */
static gal_status take_strings(const gal_h5 *h, const char *name, const char *what, holder o, char ***out, size_t *n)
{
    gal_status st = GAL_OK;
    char **strings = NULL, **pointers = NULL, *block = NULL;
    hid_t space = o.attr ? H5Aget_space(o.id) : H5Dget_space(o.id),
          type = o.attr ? H5Aget_type(o.id) : H5Dget_type(o.id);
    hid_t mem = H5I_INVALID_HID;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    size_t width = H5Tget_size(type);
    *out = NULL;
    *n = 0;
    if (H5Tget_class(type) != H5T_STRING || count < 0) {
        st = h5_fail(h, GAL_EFORMAT, name, "%sholds numbers, expected strings", what);
        goto out;
    }
    bool variable = H5Tis_variable_str(type) > 0;
    if (!h->tmp && h->size > 0)
        GAL_TRY(h5_believe(h, name, o.attr ? h->size : H5Dget_storage_size(o.id), (uint64_t)count,
                           variable ? sizeof(char *)
                           : width  ? width
                                    : 1));
    mem = H5Tcopy(type); /* same character set and padding: only the length matters to us */
    *n = (size_t)count;
    strings = GAL_NEWN(char *, *n ? *n : 1);
    pointers = variable ? GAL_NEWN(char *, *n ? *n : 1) : NULL;
    block = variable ? NULL : gal_calloc(*n ? *n : 1, width ? width : 1);
    if (!strings || (variable ? !pointers : !block))
        GAL_TRY(GAL_ENOMEM);
    if (*n && read_raw(o, mem, variable ? (void *)pointers : (void *)block) < 0) {
        st = h5_fail(h, GAL_EIO, name, "%scannot be read", what);
        goto out;
    }
    st = copy_strings(strings, *n, pointers, block, width);
    if (variable && *n)
        H5Dvlen_reclaim(mem, space, H5P_DEFAULT, pointers);
    if (st == GAL_OK && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
        strip_blanks(strings, *n);
    if (st == GAL_OK) {
        *out = strings;
        strings = NULL;
    }
out:
    gal_h5_free_strings(strings, *n);
    gal_free(pointers);
    gal_free(block);
    if (mem >= 0)
        H5Tclose(mem);
    H5Tclose(type);
    H5Sclose(space);
    return st;
}

gal_status gal_h5_read_strings(gal_h5 *h, const char *name, char ***strings, size_t *n)
{
    hid_t dset;
    *strings = NULL;
    *n = 0;
    h5_quiet();
    gal_status st = h5_dataset(h, name, &dset);
    if (st == GAL_OK) {
        st = take_strings(h, name, "", (holder){dset, false}, strings, n);
        H5Dclose(dset);
    }
    return st;
}

static gal_status only_one(const gal_h5 *h, const char *name, const char *what, char **strings, size_t n, char **text)
{
    gal_status st = GAL_OK;
    *text = NULL;
    if (n != 1)
        st = h5_fail(h, GAL_EFORMAT, name, "%sholds %zu strings, expected one", what, n);
    else {
        *text = strings[0];
        strings[0] = NULL;
    }
    gal_h5_free_strings(strings, n);
    return st;
}

gal_status gal_h5_read_string(gal_h5 *h, const char *name, char **text)
{
    char **strings;
    size_t n;
    *text = NULL;
    gal_status st = gal_h5_read_strings(h, name, &strings, &n);
    return st == GAL_OK ? only_one(h, name, "", strings, n, text) : st;
}

static gal_status put_strings(gal_h5 *h, const char *name, const char *const *strings, size_t n, bool scalar)
{
    gal_status st = GAL_OK;
    hsize_t dim = n;
    h5_quiet();
    hid_t type = h5_string_type(), space = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dim, NULL), dset = -1;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plist, false);
    if (gal_h5_has(h, name)) { /* strings of another length take new space anyway */
        gal_h5_info info;
        GAL_TRY(gal_h5_describe(h, name, &info));
        if (info.type != GAL_H5_STR) {
            st = h5_fail(h, GAL_EFORMAT, name, "exists and does not hold strings");
            goto out;
        }
        GAL_TRY(gal_h5_remove(h, name));
    }
    GAL_TRY(h5_parents(h, name));
    if ((dset = H5Dcreate2(h->file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT)) < 0 ||
        (n && H5Dwrite(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, strings) < 0))
        st = h5_write_failed(h, name, "cannot write");
out:
    if (dset >= 0)
        H5Dclose(dset);
    H5Pclose(plist);
    H5Sclose(space);
    H5Tclose(type);
    return st;
}

gal_status gal_h5_write_string(gal_h5 *h, const char *name, const char *text)
{
    return put_strings(h, name, &text, 1, true);
}

gal_status gal_h5_write_strings(gal_h5 *h, const char *name, const char *const *strings, size_t n)
{
    return put_strings(h, name, strings, n, false);
}

gal_status gal_h5_write_fixed_strings(gal_h5 *h, const char *name, const char *const *strings, size_t n)
{
    gal_status st = GAL_OK;
    hsize_t dim = n;
    size_t width = 1;
    h5_quiet();
    for (size_t i = 0; i < n; i++)
        if (strlen(strings[i]) > width)
            width = strlen(strings[i]);
    char *block = gal_calloc(n ? n : 1, width);
    if (!block)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(block + i * width, strings[i], strlen(strings[i]));
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &dim, NULL), dset = H5I_INVALID_HID;
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(plist, false);
    GAL_TRY(h5_parents(h, name));
    if ((dset = H5Dcreate2(h->file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT)) < 0 ||
        (n && H5Dwrite(dset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) < 0))
        st = h5_write_failed(h, name, "cannot write");
out:
    if (dset >= 0)
        H5Dclose(dset);
    H5Pclose(plist);
    H5Sclose(space);
    H5Tclose(type);
    gal_free(block);
    return st;
}

/* ------------------------------------------------------------------ attributes */
bool gal_h5_attr_has(const gal_h5 *h, const char *object, const char *attr)
{
    h5_quiet();
    bool yes = gal_h5_has(h, object) && H5Aexists_by_name(h->file, object, attr, H5P_DEFAULT) > 0;
    H5Eclear2(H5E_DEFAULT);
    return yes;
}

static gal_status set_attr(gal_h5 *h, const char *object, const char *attr, hid_t stored, hid_t mem, size_t n,
                           bool scalar, const void *data)
{
    gal_status st = GAL_OK;
    hsize_t dim = n;
    h5_quiet();
    if (!gal_h5_has(h, object))
        return h5_fail(h, GAL_ENOTFOUND, NULL, "no '%s' to hold attribute '%s'", object, attr);
    if (H5Aexists_by_name(h->file, object, attr, H5P_DEFAULT) > 0)
        H5Adelete_by_name(h->file, object, attr, H5P_DEFAULT);
    hid_t space = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dim, NULL);
    hid_t a = H5Acreate_by_name(h->file, object, attr, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (a < 0 || (n && H5Awrite(a, mem, data) < 0))
        st = h5_write_failed(h, object, "cannot write attribute '%s'", attr);
    if (a >= 0)
        H5Aclose(a);
    H5Sclose(space);
    return st;
}

gal_status gal_h5_attr_set_f64(gal_h5 *h, const char *object, const char *attr, const double *x, size_t n)
{
    return set_attr(h, object, attr, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, n, n == 1, x);
}

gal_status gal_h5_attr_set_i64(gal_h5 *h, const char *object, const char *attr, const int64_t *x, size_t n)
{
    return set_attr(h, object, attr, H5T_STD_I64LE, H5T_NATIVE_INT64, n, n == 1, x);
}

static gal_status set_strings(gal_h5 *h, const char *object, const char *attr, const char *const *strings, size_t n,
                              bool scalar)
{
    hid_t t = h5_string_type();
    gal_status st = set_attr(h, object, attr, t, t, n, scalar, strings);
    H5Tclose(t);
    return st;
}

gal_status gal_h5_attr_set_strings(gal_h5 *h, const char *object, const char *attr, const char *const *strings,
                                   size_t n)
{
    return set_strings(h, object, attr, strings, n, false);
}

gal_status gal_h5_attr_set_string(gal_h5 *h, const char *object, const char *attr, const char *text)
{
    return set_strings(h, object, attr, &text, 1, true);
}

static gal_status open_attr(gal_h5 *h, const char *object, const char *attr, hid_t *out)
{
    h5_quiet();
    *out = H5I_INVALID_HID;
    if (!gal_h5_has(h, object))
        return h5_fail(h, GAL_ENOTFOUND, NULL, "no '%s'", object);
    if (H5Aexists_by_name(h->file, object, attr, H5P_DEFAULT) <= 0)
        return h5_fail(h, GAL_ENOTFOUND, NULL, "'%s' has no attribute '%s'", object, attr);
    *out = H5Aopen_by_name(h->file, object, attr, H5P_DEFAULT, H5P_DEFAULT);
    return *out >= 0 ? GAL_OK : h5_fail(h, GAL_EFORMAT, NULL, "attribute '%s' of '%s' cannot be read", attr, object);
}

static gal_status get_numbers(gal_h5 *h, const char *object, const char *attr, hid_t mem, bool integer, void *x,
                              size_t n)
{
    hid_t a;
    gal_status st = open_attr(h, object, attr, &a);
    if (st != GAL_OK)
        return st;
    hid_t type = H5Aget_type(a), space = H5Aget_space(a);
    H5T_class_t class = H5Tget_class(type);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (class != H5T_INTEGER && (class != H5T_FLOAT || integer))
        st = h5_fail(h, GAL_EFORMAT, NULL, "attribute '%s' of '%s' is not %s", attr, object,
                     integer ? "an integer" : "a number");
    else if (count < 0 || (size_t)count != n)
        st = h5_fail(h, GAL_EFORMAT, NULL, "attribute '%s' of '%s' has %lld values, expected %zu", attr, object,
                     (long long)count, n);
    else if (n && H5Aread(a, mem, x) < 0)
        st = h5_fail(h, GAL_EIO, NULL, "attribute '%s' of '%s' cannot be read", attr, object);
    H5Tclose(type);
    H5Sclose(space);
    H5Aclose(a);
    return st;
}

gal_status gal_h5_attr_get_f64(gal_h5 *h, const char *object, const char *attr, double *x, size_t n)
{
    return get_numbers(h, object, attr, H5T_NATIVE_DOUBLE, false, x, n);
}

gal_status gal_h5_attr_get_i64(gal_h5 *h, const char *object, const char *attr, int64_t *x, size_t n)
{
    return get_numbers(h, object, attr, H5T_NATIVE_INT64, true, x, n);
}

gal_status gal_h5_attr_get_strings(gal_h5 *h, const char *object, const char *attr, char ***strings, size_t *n)
{
    hid_t a;
    char what[200];
    *strings = NULL;
    *n = 0;
    gal_status st = open_attr(h, object, attr, &a);
    if (st != GAL_OK)
        return st;
    snprintf(what, sizeof what, "attribute '%s' ", attr);
    st = take_strings(h, object, what, (holder){a, true}, strings, n);
    H5Aclose(a);
    return st;
}

gal_status gal_h5_attr_get_string(gal_h5 *h, const char *object, const char *attr, char **text)
{
    char **strings, what[200];
    size_t n;
    *text = NULL;
    gal_status st = gal_h5_attr_get_strings(h, object, attr, &strings, &n);
    snprintf(what, sizeof what, "attribute '%s' ", attr);
    return st == GAL_OK ? only_one(h, object, what, strings, n, text) : st;
}

/* ------------------------------------------------------------------ dimension scales */
static const char *leaf_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

/* The marker that netCDF-4 looks for, behind it the length in ten places */
#define BARE "This is a netCDF dimension but not a netCDF variable."

bool gal_h5_is_dim(gal_h5 *h, const char *name)
{
    char *text = NULL;
    bool bare = gal_h5_attr_has(h, name, "NAME") && gal_h5_attr_get_string(h, name, "NAME", &text) == GAL_OK &&
                strncmp(text, BARE, sizeof BARE - 1) == 0;
    gal_free(text);
    return bare;
}

gal_status gal_h5_dim(gal_h5 *h, const char *name, size_t n)
{
    gal_status st = GAL_OK;
    char label[sizeof BARE + 24];
    snprintf(label, sizeof label, BARE "%10zu", n);
    h5_quiet();
    hid_t dset = H5I_INVALID_HID;
    if (gal_h5_has(h, name)) {
        hsize_t now = n;
        GAL_TRY(h5_dataset(h, name, &dset));
        if (H5Dset_extent(dset, &now) < 0) {
            st = h5_fail(h, GAL_EFORMAT, name, "exists and is not a dimension");
            goto out;
        }
        if (H5LTset_attribute_string(h->file, name, "NAME", label) < 0) /* fixed length, as H5DS wants it */
            st = h5_write_failed(h, name, "cannot rename the dimension");
        goto out;
    }
    GAL_TRY(h5_parents(h, name));
    hsize_t now = n, max = H5S_UNLIMITED, chunk = 1024;
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &now, &max);
    H5Pset_obj_track_times(plist, false);
    H5Pset_attr_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_chunk(plist, 1, &chunk); /* no chunk is ever written: it takes no space */
    dset = H5Dcreate2(h->file, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(plist);
    if (dset < 0 || H5DSset_scale(dset, label) < 0)
        st = h5_write_failed(h, name, "cannot make a dimension");
out:
    if (dset >= 0)
        H5Dclose(dset);
    return st;
}

gal_status gal_h5_make_scale(gal_h5 *h, const char *dataset)
{
    hid_t dset;
    h5_quiet();
    gal_status st = h5_dataset(h, dataset, &dset);
    if (st != GAL_OK)
        return st;
    if (H5DSset_scale(dset, leaf_of(dataset)) < 0)
        st = h5_write_failed(h, dataset, "cannot become a dimension scale");
    H5Dclose(dset);
    return st;
}

static gal_status attach(gal_h5 *h, const char *dataset, hid_t dset, const char *scale, unsigned axis)
{
    hid_t s;
    gal_status st = h5_dataset(h, scale, &s);
    if (st != GAL_OK)
        return st;
    if (H5DSis_scale(s) <= 0)
        st = h5_fail(h, GAL_EINVAL, dataset, "axis %u: '%s' is not a dimension scale", axis + 1, scale);
    else if (H5DSattach_scale(dset, s, axis) < 0)
        st = h5_write_failed(h, dataset, "axis %u: cannot attach '%s'", axis + 1, scale);
    H5Dclose(s);
    return st;
}

gal_status gal_h5_set_dims(gal_h5 *h, const char *dataset, int rank, const char *const *scales)
{
    hid_t dset;
    gal_h5_info info;
    h5_quiet();
    gal_status st = gal_h5_describe(h, dataset, &info);
    if (st == GAL_OK)
        st = h5_dataset(h, dataset, &dset);
    if (st != GAL_OK)
        return st;
    if (info.rank != rank)
        st = h5_fail(h, GAL_EINVAL, dataset, "has %d axes, %d dimension scales given", info.rank, rank);
    for (int i = 0; st == GAL_OK && i < rank; i++)
        if (scales[i])
            st = attach(h, dataset, dset, scales[i], (unsigned)i);
    H5Dclose(dset);
    return st;
}

static herr_t scale_name(hid_t dset, unsigned axis, hid_t scale, void *out)
{
    char path[1024];
    (void)dset;
    (void)axis;
    ssize_t n = H5Iget_name(scale, path, sizeof path);
    if (n > 0 && (size_t)n < sizeof path) {
        const char *slash = strrchr(path, '/');
        *(char **)out = gal_strdup(slash ? slash + 1 : path);
    }
    return 1; /* the first scale of an axis is its name */
}

gal_status gal_h5_get_dims(gal_h5 *h, const char *dataset, char ***names, int *rank)
{
    hid_t dset;
    gal_h5_info info;
    h5_quiet();
    gal_status st = gal_h5_describe(h, dataset, &info);
    if (st == GAL_OK)
        st = h5_dataset(h, dataset, &dset);
    if (st != GAL_OK)
        return st;
    char **s = GAL_NEWN(char *, (size_t)info.rank + 1);
    st = s ? GAL_OK : GAL_ENOMEM;
    for (int i = 0; st == GAL_OK && i < info.rank; i++) {
        bool scaled = H5DSget_num_scales(dset, (unsigned)i) > 0;
        if (scaled)
            H5DSiterate_scales(dset, (unsigned)i, NULL, scale_name, &s[i]);
        if (!s[i] && (scaled || !(s[i] = gal_strdup(""))))
            st = gal_error_code() == GAL_ENOMEM
                     ? GAL_ENOMEM
                     : gal_fail(GAL_EFORMAT, "%s: axis %d of '%s' has a scale without a name", gal_h5_path(h), i + 1,
                                dataset);
    }
    H5Dclose(dset);
    if (st != GAL_OK) {
        gal_h5_free_strings(s, (size_t)info.rank);
        return st;
    }
    *names = s;
    *rank = info.rank;
    return GAL_OK;
}

bool gal_h5_is_scale(gal_h5 *h, const char *dataset)
{
    hid_t dset;
    h5_quiet();
    if (!gal_h5_has(h, dataset) || h5_dataset(h, dataset, &dset) != GAL_OK)
        return false;
    bool is = H5DSis_scale(dset) > 0;
    H5Dclose(dset);
    return is;
}
