/* Everything that can be asked of an HDF5 file, asked once: what the child process of probe.h does. */
#include "h5_int.h"

#include <stdio.h>

enum { DEPTH = 12 };

static herr_t read_attribute(hid_t object, const char *attr, const H5A_info_t *info, void *ctx)
{
    (void)info;
    gal_h5 *h = ctx;
    char name[1024], **strings = NULL;
    size_t n = 0;
    double x;
    int64_t i;
    if (H5Iget_name(object, name, sizeof name) <= 0)
        return 0;
    if (gal_h5_attr_get_strings(h, name, attr, &strings, &n) == GAL_OK)
        gal_h5_free_strings(strings, n);
    gal_h5_attr_get_f64(h, name, attr, &x, 1);
    gal_h5_attr_get_i64(h, name, attr, &i, 1);
    return 0;
}

static void attributes(gal_h5 *h, const char *name)
{
    hsize_t at = 0;
    h5_quiet();
    hid_t o = H5Oopen(h->file, name, H5P_DEFAULT);
    if (o < 0)
        return;
    H5Aiterate2(o, H5_INDEX_NAME, H5_ITER_NATIVE, &at, read_attribute, h);
    H5Oclose(o);
}

static void dataset(gal_h5 *h, const char *name, const gal_h5_info *info)
{
    char **names = NULL;
    size_t n = 0, dims[GAL_H5_MAXRANK] = {0};
    int rank = 0;
    void *data = NULL;
    gal_h5_is_scale(h, name);
    if (gal_h5_get_dims(h, name, &names, &rank) == GAL_OK)
        gal_h5_free_strings(names, (size_t)rank);
    if (info->type == GAL_H5_STR) {
        if (gal_h5_read_strings(h, name, &names, &n) == GAL_OK)
            gal_h5_free_strings(names, n);
    } else if (gal_h5_read_alloc(h, name, info->type, info->rank, dims, &data) == GAL_OK) {
        gal_free(data);
    }
}

static void walk(gal_h5 *h, const char *group, int depth)
{
    char **names = NULL, path[1024];
    size_t n = 0;
    gal_h5_info info;
    attributes(h, group);
    if (depth > DEPTH || gal_h5_list(h, group, &names, &n) != GAL_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s%s%s", group, group[1] ? "/" : "", names[i]);
        if (gal_h5_describe(h, path, &info) != GAL_OK)
            continue;
        if (info.type == GAL_H5_GROUP) {
            walk(h, path, depth + 1);
        } else {
            attributes(h, path);
            dataset(h, path, &info);
        }
    }
    gal_h5_free_strings(names, n);
}

void h5_read_all(const char *path)
{
    gal_h5 *h = NULL;
    if (h5_open_here(&h, path) != GAL_OK)
        return;
    walk(h, "/", 0);
    gal_h5_abandon(h);
}
