/* A folder for what can be made again: where it is, how it stays small. Losing it costs time alone; nothing in it is trusted (who reads a
 * file of it checks it), and whether it is there changes no result. */
#define _GNU_SOURCE /* dl_iterate_phdr, utimensat */
#include "galua/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gal_status gal_mkdirs(const char *path)
{
    char at[PATH_MAX];
    if (!*path || (size_t)snprintf(at, sizeof at, "%s", path) >= sizeof at)
        return gal_fail(GAL_EINVAL, "name of a folder is %s", *path ? "too long" : "empty");
    for (char *p = at + 1;; p++)
        if (*p == '/' || *p == '\0') {
            char c = *p;
            *p = '\0';
            if (mkdir(at, 0777) != 0 && errno != EEXIST)
                return gal_fail(GAL_EIO, "%s: %s", at, strerror(errno));
            if (!c)
                return GAL_OK;
            *p = c;
        }
}

gal_status gal_cache_dir(const char *kind, char *buf, size_t n)
{
    const char *own = getenv("GALUA_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int used;
    if (own && strcmp(own, "off") == 0)
        return gal_fail(GAL_ENOTFOUND, "GALUA_CACHE is off");
    if (own && *own)
        used = snprintf(buf, n, "%s/%s", own, kind);
    else if (xdg && *xdg == '/') /* a relative one is to be ignored, says its specification */
        used = snprintf(buf, n, "%s/galua/%s", xdg, kind);
    else if (home && *home)
        used = snprintf(buf, n, "%s/.cache/galua/%s", home, kind);
    else
        return gal_fail(GAL_ENOTFOUND, "none of GALUA_CACHE, XDG_CACHE_HOME, HOME says where to keep things");
    return (size_t)used < n ? GAL_OK : gal_fail(GAL_EINVAL, "the name of the cache's folder is too long");
}

void gal_cache_used(const char *path)
{
    utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

typedef struct kept {
    char name[NAME_MAX + 1];
    uint64_t bytes;
    struct timespec when;
} kept;

static int oldest_first(const void *a, const void *b)
{
    const kept *x = a, *y = b;
    if (x->when.tv_sec != y->when.tv_sec)
        return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
    if (x->when.tv_nsec != y->when.tv_nsec)
        return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* 32 hexadecimal digits and the suffix: a file of ours */
static bool ours(const char *name, const char *suffix)
{
    return strspn(name, "0123456789abcdef") == 32 && strcmp(name + 32, suffix) == 0;
}

void gal_cache_trim(const char *folder, const char *suffix, uint64_t most)
{
    kept *list = NULL;
    size_t n = 0, cap = 0;
    uint64_t total = 0;
    struct stat sb;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (!ours(e->d_name, suffix) || fstatat(dirfd(d), e->d_name, &sb, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(sb.st_mode))
            continue;
        if (n == cap) {
            kept *more = gal_realloc(list, (cap = 2 * cap + 64) * sizeof *more);
            if (!more)
                break;
            list = more;
        }
        list[n].bytes = (uint64_t)sb.st_size;
        list[n].when = sb.st_mtim;
        snprintf(list[n].name, sizeof list[n].name, "%s", e->d_name);
        total += list[n++].bytes;
    }
    if (n > 1)
        qsort(list, n, sizeof *list, oldest_first);
    for (size_t i = 0; i < n && total > most; i++)
        if (unlinkat(dirfd(d), list[i].name, 0) == 0 || errno == ENOENT)
            total -= list[i].bytes;
    gal_free(list);
    if (d)
        closedir(d);
}

/* ------------------------------------------------------------------ which code runs */
typedef struct place {
    const char *name; /* NULL: not found yet; "" is the program */
} place;

static int find_code(struct dl_phdr_info *info, size_t size, void *ctx)
{
    place *p = ctx;
    uintptr_t here = (uintptr_t)&gal_code_hash;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= from && here - from < info->dlpi_phdr[i].p_memsz)
            p->name = info->dlpi_name ? info->dlpi_name : "";
    }
    return p->name != NULL;
}

static gal_hash code;
static gal_status code_status;

static void hash_code(void)
{
    place p = {NULL};
    dl_iterate_phdr(find_code, &p);
    code_status = gal_hash_file(p.name && *p.name ? p.name : "/proc/self/exe", &code);
}

gal_status gal_code_hash(gal_hash *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, hash_code);
    *out = code;
    return code_status == GAL_OK ? GAL_OK : gal_fail(code_status, "the running program cannot be read");
}
