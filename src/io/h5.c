/* HDF5 files, groups and errors. See h5.h. */
#define _GNU_SOURCE /* memfd_create */
#include "h5_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"
#include "seal.h"

/* ------------------------------------------------------------------ errors */
void h5_quiet(void)
{
    static bool once;
    if (!once)
        H5dont_atexit(); /* every file is closed by its owner; what could not be closed must not be tried again at exit */
    once = true;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT);
}

static herr_t take_innermost(unsigned n, const H5E_error2_t *e, void *buf)
{
    if (n == 0 && e->desc)
        snprintf(buf, 512, "%s", e->desc);
    return 0;
}

/* The system's part of a failed read or write is what matters of HDF5's long text about it. */
static void shorten(char *why)
{
    char *from = strstr(why, "error message = '"), *to;
    if (from && (to = strchr(from += strlen("error message = '"), '\''))) {
        *to = '\0';
        memmove(why, from, strlen(from) + 1);
    }
    for (char *p = why; *p; p++)
        if (*p == '\n')
            *p = ' ';
}

static gal_status fail_va(const gal_h5 *h, gal_status code, const char *name, const char *fmt, va_list ap)
{
    char why[512] = "", text[1024];
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, why);
    H5Eclear2(H5E_DEFAULT);
    shorten(why);
    vsnprintf(text, sizeof text, fmt, ap);
    return gal_fail(code, "%s: %s%s%s%s%s%s%s", h->path, name ? "dataset '" : "", name ? name : "", name ? "': " : "",
                    text, *why ? " (HDF5: " : "", why, *why ? ")" : "");
}

gal_status h5_fail(const gal_h5 *h, gal_status code, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    gal_status st = fail_va(h, code, name, fmt, ap);
    va_end(ap);
    return st;
}

/* A descriptor that takes everything: memory that goes away with it. Under a limit on the size of files that would be limited
 * too; /dev/null is not, but cannot be truncated, so that HDF5 then leaks the handle. */
static int bottomless(void)
{
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    int fd = limited ? -1 : memfd_create("galua", MFD_CLOEXEC);
    return fd >= 0 ? fd : open("/dev/null", O_RDWR | O_CLOEXEC);
}

gal_status h5_write_failed(gal_h5 *h, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    gal_status st = fail_va(h, GAL_EIO, name, fmt, ap);
    va_end(ap);
    unsigned mode = H5F_ACC_RDONLY;
    void *fd = NULL;
    if (h->broken || H5Fget_intent(h->file, &mode) < 0 || mode == H5F_ACC_RDONLY)
        return st;
    h->broken = true;
    int sink = bottomless();
    if (sink >= 0 && H5Fget_vfd_handle(h->file, H5P_DEFAULT, &fd) >= 0 && fd)
        dup2(sink, *(int *)fd);
    if (sink >= 0)
        close(sink);
    H5Eclear2(H5E_DEFAULT);
    return st;
}

gal_status h5_settle(gal_h5 *h, const char *name, hid_t dset)
{
    return H5Dflush(dset) < 0 ? h5_write_failed(h, name, "cannot write") : GAL_OK;
}

/* ------------------------------------------------------------------ open, create, close */
/* At 0, 512, 1024, 2048 ..: the format allows something else in front. Asked without the library. */
static bool has_signature(const char *path)
{
    static const char want[8] = {'\211', 'H', 'D', 'F', '\r', '\n', '\032', '\n'};
    char have[8];
    bool yes = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (off_t at = 0; fd >= 0 && !yes && pread(fd, have, 8, at) == 8; at = at ? 2 * at : 512)
        yes = memcmp(have, want, 8) == 0;
    if (fd >= 0)
        close(fd);
    return yes;
}

bool gal_h5_is(const char *path)
{
    struct stat sb;
    return stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && has_signature(path);
}

static void destroy(gal_h5 *h)
{
    gal_free(h->path);
    gal_replace_abandon(h->tmp);
    gal_free(h);
}

static gal_status handle(gal_h5 **out, const char *path)
{
    gal_h5 *h = GAL_NEW(gal_h5);
    *out = NULL;
    h5_quiet();
    if (!h)
        return GAL_ENOMEM;
    h->file = H5I_INVALID_HID;
    if (!(h->path = gal_strdup(path))) {
        destroy(h);
        return GAL_ENOMEM;
    }
    *out = h;
    return GAL_OK;
}

static gal_status check_readable(const char *path)
{
    struct stat sb;
    if (stat(path, &sb) != 0)
        return gal_fail(errno == ENOENT ? GAL_ENOTFOUND : GAL_EIO, "%s: %s", path,
                        errno == ENOENT ? "no such file" : strerror(errno));
    if (S_ISDIR(sb.st_mode))
        return gal_fail(GAL_EIO, "%s: is a folder, not a file", path);
    if (!S_ISREG(sb.st_mode))
        return gal_fail(GAL_EIO, "%s: is a device or a pipe, not a file", path);
    if (access(path, R_OK) != 0)
        return gal_fail(GAL_EIO, "%s: %s", path, strerror(errno));
    if (sb.st_size == 0)
        return gal_fail(GAL_EFORMAT, "%s: is empty, not an HDF5 file", path);
    if (!has_signature(path))
        return gal_fail(GAL_EFORMAT, "%s: not an HDF5 file", path);
    return GAL_OK;
}

static uint64_t file_size(const char *path)
{
    struct stat sb;
    return stat(path, &sb) == 0 ? (uint64_t)sb.st_size : 0;
}

gal_status h5_believe(const gal_h5 *h, const char *name, uint64_t stored, uint64_t n, uint64_t width)
{
    enum { DEFLATE = 1032 }; /* no compressed byte gives more */
    uint64_t bytes, most = stored < h->size ? stored : h->size;
    if (most == 0)
        most = h->size; /* never written: fill values */
    if (__builtin_mul_overflow(n, width, &bytes) || bytes / DEFLATE > most)
        return h5_fail(h, GAL_EFORMAT, name, "says that it holds %llu values; the file of %llu bytes cannot",
                       (unsigned long long)n, (unsigned long long)h->size);
    return GAL_OK;
}

static gal_status open_mode(gal_h5 **out, const char *path, unsigned mode)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    bool sealed;
    *out = NULL;
    h5_quiet();
    GAL_TRY(check_readable(path));
    GAL_TRY(gal_seal_check(path, &sealed));
    if (sealed && mode != H5F_ACC_RDONLY)
        GAL_TRY(gal_seal_strip(path));
    GAL_TRY(handle(&h, path));
    h->sealed = sealed;
    h->size = file_size(path);
    if ((h->file = H5Fopen(path, mode, H5P_DEFAULT)) < 0) {
        st = h5_fail(h, GAL_EIO, NULL, "cannot open");
        destroy(h);
        return st;
    }
    *out = h;
out:
    H5Eclear2(H5E_DEFAULT);
    return st;
}

gal_status h5_open_here(gal_h5 **out, const char *path)
{
    return open_mode(out, path, H5F_ACC_RDONLY);
}

gal_status gal_h5_open(gal_h5 **out, const char *path)
{
    *out = NULL;
    gal_status st = check_readable(path);
    if (st == GAL_OK)
        st = io_probe(path, "the HDF5 library", h5_read_all);
    return st == GAL_OK ? h5_open_here(out, path) : st;
}

gal_status gal_h5_open_rw(gal_h5 **out, const char *path)
{
    return open_mode(out, path, H5F_ACC_RDWR);
}

bool gal_h5_sealed(const gal_h5 *h)
{
    return h->sealed;
}

static void track_order(hid_t plist)
{
    H5Pset_link_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_attr_creation_order(plist, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(plist, false);
}

gal_status gal_h5_create(gal_h5 **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    hid_t plist = H5I_INVALID_HID;
    int fd;
    *out = NULL;
    GAL_TRY(handle(&h, path));
    GAL_TRY(gal_replace_begin(&h->tmp, path, &fd));
    close(fd);
    plist = H5Pcreate(H5P_FILE_CREATE);
    track_order(plist);
    h->file = H5Fcreate(gal_replace_name(h->tmp), H5F_ACC_TRUNC, plist, H5P_DEFAULT);
    if (h->file < 0) {
        st = h5_fail(h, GAL_EIO, NULL, "cannot write");
        goto out;
    }
    *out = h;
    h = NULL;
out:
    if (plist >= 0)
        H5Pclose(plist);
    if (h)
        destroy(h);
    return st;
}

static gal_status sync_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int e = errno;
    if (fd >= 0)
        close(fd);
    return ok ? GAL_OK : gal_fail(GAL_EIO, "%s: cannot write: %s", path, strerror(e));
}

gal_status gal_h5_close(gal_h5 *h)
{
    gal_status st = GAL_OK;
    if (!h)
        return GAL_OK;
    h5_quiet();
    unsigned mode = H5F_ACC_RDONLY;
    H5Fget_intent(h->file, &mode);
    if (h->broken)
        st = h5_fail(h, GAL_EIO, NULL, "not written: an earlier write failed");
    else if (mode != H5F_ACC_RDONLY && H5Fflush(h->file, H5F_SCOPE_GLOBAL) < 0)
        st = h5_write_failed(h, NULL, "cannot write");
    if (H5Fclose(h->file) < 0 && st == GAL_OK)
        st = h5_fail(h, GAL_EIO, NULL, "cannot close");
    H5Eclear2(H5E_DEFAULT);
    if (st == GAL_OK && mode != H5F_ACC_RDONLY && (h->tmp || h->sealed))
        st = gal_seal_put(h->tmp ? gal_replace_name(h->tmp) : h->path);
    if (st == GAL_OK && h->tmp) {
        st = gal_replace_commit(h->tmp);
        h->tmp = NULL;
    }
    destroy(h);
    return st;
}

void gal_h5_abandon(gal_h5 *h)
{
    if (!h)
        return;
    h5_quiet();
    H5Fclose(h->file);
    H5Eclear2(H5E_DEFAULT);
    destroy(h);
}

gal_status gal_h5_flush(gal_h5 *h)
{
    h5_quiet();
    if (h->broken)
        return h5_fail(h, GAL_EIO, NULL, "not written: an earlier write failed");
    if (H5Fflush(h->file, H5F_SCOPE_GLOBAL) < 0)
        return h5_write_failed(h, NULL, "cannot write");
    return sync_file(h->tmp ? gal_replace_name(h->tmp) : h->path);
}

const char *gal_h5_path(const gal_h5 *h)
{
    return h->path;
}

/* ------------------------------------------------------------------ groups */
static bool exists(const gal_h5 *h, const char *name)
{
    char part[1024];
    size_t n = strlen(name);
    if (n >= sizeof part)
        return false;
    if (strspn(name, "/") == n) /* the root */
        return true;
    for (size_t i = 1; i <= n; i++) /* H5Lexists wants every group on the way to exist */
        if ((name[i] == '/' || name[i] == '\0') && name[i - 1] != '/') {
            memcpy(part, name, i);
            part[i] = '\0';
            if (H5Lexists(h->file, part, H5P_DEFAULT) <= 0)
                return false;
        }
    return true;
}

bool gal_h5_has(const gal_h5 *h, const char *name)
{
    h5_quiet();
    bool yes = exists(h, name) && H5Oexists_by_name(h->file, name, H5P_DEFAULT) > 0;
    H5Eclear2(H5E_DEFAULT);
    return yes;
}

static gal_status one_group(gal_h5 *h, const char *name)
{
    if (exists(h, name)) {
        H5O_info_t info;
        if (H5Oget_info_by_name2(h->file, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 && info.type == H5O_TYPE_GROUP)
            return GAL_OK;
        return h5_fail(h, GAL_EFORMAT, NULL, "'%s' is a dataset, not a group", name);
    }
    hid_t plist = H5Pcreate(H5P_GROUP_CREATE);
    track_order(plist);
    hid_t g = H5Gcreate2(h->file, name, H5P_DEFAULT, plist, H5P_DEFAULT);
    H5Pclose(plist);
    if (g < 0)
        return h5_write_failed(h, NULL, "cannot make group '%s'", name);
    H5Gclose(g);
    return GAL_OK;
}

gal_status h5_parents(gal_h5 *h, const char *name)
{
    gal_status st = GAL_OK;
    char part[1024];
    if (strlen(name) >= sizeof part)
        return h5_fail(h, GAL_EINVAL, NULL, "name '%.60s...' is too long", name);
    for (const char *p = strchr(name + 1, '/'); p && *name && st == GAL_OK; p = strchr(p + 1, '/')) {
        memcpy(part, name, (size_t)(p - name));
        part[p - name] = '\0';
        st = one_group(h, part);
    }
    return st;
}

gal_status gal_h5_make_group(gal_h5 *h, const char *name)
{
    h5_quiet();
    if (!*name)
        return h5_fail(h, GAL_EINVAL, NULL, "empty group name");
    gal_status st = h5_parents(h, name);
    return st == GAL_OK ? one_group(h, name) : st;
}

gal_status gal_h5_remove(gal_h5 *h, const char *name)
{
    h5_quiet();
    if (!exists(h, name))
        return h5_fail(h, GAL_ENOTFOUND, NULL, "no '%s' to remove", name);
    if (H5Ldelete(h->file, name, H5P_DEFAULT) < 0)
        return h5_write_failed(h, NULL, "cannot remove '%s'", name);
    return GAL_OK;
}

void gal_h5_free_strings(char **strings, size_t n)
{
    for (size_t i = 0; strings && i < n; i++)
        gal_free(strings[i]);
    gal_free(strings);
}

/* The library's own sorted iteration crashes over damaged groups (1.10.8): names come in the order of storage, we sort. */
typedef struct entry {
    int64_t order; /* of creation; 0 where the file does not track it */
    char *name;
} entry;

typedef struct listing {
    entry *items;
    size_t n, cap;
} listing;

static herr_t list_one(hid_t group, const char *name, const H5L_info_t *info, void *ctx)
{
    (void)group;
    listing *l = ctx;
    if (l->n == l->cap || !(l->items[l->n].name = gal_strdup(name)))
        return -1;
    l->items[l->n++].order = info->corder_valid ? info->corder : 0;
    return 0;
}

static int by_creation(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order) : strcmp(x->name, y->name);
}

gal_status gal_h5_list(gal_h5 *h, const char *group, char ***names, size_t *n)
{
    gal_status st = GAL_OK;
    listing l = {0};
    H5G_info_t info;
    *names = NULL;
    *n = 0;
    h5_quiet();
    hid_t g = exists(h, group) ? H5Gopen2(h->file, group, H5P_DEFAULT) : H5I_INVALID_HID;
    if (g < 0)
        return h5_fail(h, GAL_ENOTFOUND, NULL, "no group '%s'", group);
    if (H5Gget_info(g, &info) < 0 || info.nlinks > 100000000) {
        st = h5_fail(h, GAL_EFORMAT, NULL, "group '%s' is damaged", group);
        goto out;
    }
    l.cap = info.nlinks;
    if (!(l.items = GAL_NEWN(entry, l.cap ? l.cap : 1)) || !(*names = GAL_NEWN(char *, l.cap ? l.cap : 1)))
        GAL_TRY(GAL_ENOMEM);
    gal_error_clear();
    if (H5Literate(g, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, list_one, &l) < 0) {
        st =
            gal_error_code() == GAL_ENOMEM ? GAL_ENOMEM : h5_fail(h, GAL_EFORMAT, NULL, "group '%s' is damaged", group);
        goto out;
    }
    qsort(l.items, l.n, sizeof *l.items, by_creation);
    for (size_t i = 0; i < l.n; i++) {
        (*names)[i] = l.items[i].name;
        l.items[i].name = NULL;
    }
    *n = l.n;
out:
    for (size_t i = 0; i < l.n; i++)
        gal_free(l.items[i].name);
    gal_free(l.items);
    if (st != GAL_OK) {
        gal_free(*names);
        *names = NULL;
    }
    H5Gclose(g);
    H5Eclear2(H5E_DEFAULT);
    return st;
}

gal_status h5_dataset(const gal_h5 *h, const char *name, hid_t *out)
{
    *out = H5I_INVALID_HID;
    if (!exists(h, name)) {
        char group[1024], hint[200] = "";
        const char *slash = strrchr(name, '/'), *leaf = slash ? slash + 1 : name;
        snprintf(group, sizeof group, "%.*s", slash && slash != name ? (int)(slash - name) : 1,
                 slash && slash != name ? name : "/");
        char **names = NULL;
        size_t n = 0;
        if (gal_h5_list((gal_h5 *)(uintptr_t)h, group, &names, &n) == GAL_OK)
            gal_did_you_mean(hint, sizeof hint, leaf, (const char *const *)names, n);
        gal_h5_free_strings(names, n);
        return h5_fail(h, GAL_ENOTFOUND, NULL, "no dataset '%s'%s", name, hint);
    }
    if ((*out = H5Dopen2(h->file, name, H5P_DEFAULT)) < 0)
        return h5_fail(h, GAL_EFORMAT, NULL, "'%s' is not a readable dataset", name);
    return GAL_OK;
}

hid_t h5_string_type(void)
{
    hid_t t = H5Tcopy(H5T_C_S1);
    H5Tset_size(t, H5T_VARIABLE);
    H5Tset_cset(t, H5T_CSET_UTF8);
    return t;
}
