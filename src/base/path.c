/* Files and the data locator. */
#define _GNU_SOURCE /* dladdr */
#include "galua/base.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool gal_file_exists(const char *path)
{
    struct stat sb;
    return stat(path, &sb) == 0;
}

bool gal_env_file(const char *var, const char *folder, const char *path, char *buf, size_t n)
{
    const char *at = getenv(var);
    if (!at || !*at || !*path || path[0] == '/' || gal_file_exists(path))
        return false;
    int len = snprintf(buf, n, "%s%s%s/%s", at, folder ? "/" : "", folder ? folder : "", path);
    return len > 0 && (size_t)len < n && gal_file_exists(buf);
}

gal_status gal_exe_dir(char *buf, size_t n)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return gal_fail(GAL_EIO, "cannot find the running program: %s", strerror(errno));
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash && slash != path)
        *slash = '\0';
    if ((size_t)snprintf(buf, n, "%s", path) >= n)
        return gal_fail(GAL_EINVAL, "path of the running program is longer than %zu characters", n);
    return GAL_OK;
}

/* Places relative to the program: build/galua, an installed bin/galua, build/tests/x, build/asan/galua, build/asan/tests/x.
 * Data made at build time lives in build/data whichever build asks. */
static const char *const near_program[] = {
    "../data",          "data",          "../share/galua/data", "../../data", "../../../data",
    "../../build/data", "../build/data", "../../../build/data"};

gal_status gal_lib_dir(char *buf, size_t n)
{
    Dl_info info;
    char path[PATH_MAX];
    if (!dladdr((const void *)near_program, &info) || !info.dli_fname || !realpath(info.dli_fname, path))
        return gal_fail(GAL_EIO, "cannot find the file of the library");
    char *slash = strrchr(path, '/');
    if (slash && slash != path)
        *slash = '\0';
    if ((size_t)snprintf(buf, n, "%s", path) >= n)
        return gal_fail(GAL_EINVAL, "path of the library is longer than %zu characters", n);
    return GAL_OK;
}

/* A library brings its data along, whichever program uses it: PREFIX/lib/../share/galua/data, and that of the tree it was built in */
static const char *const near_library[] = {"../share/galua/data", "../data", "data"};

gal_status gal_data_dir(int i, char *buf, size_t n)
{
    const char *env = getenv("GALUA_DATA");
    while (env && *env) {
        size_t len = strcspn(env, ":");
        if (len && i-- == 0) {
            snprintf(buf, n, "%.*s", (int)len, env);
            return GAL_OK;
        }
        env += len + (env[len] == ':');
    }
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    bool has_xdg = xdg && *xdg;
    if ((has_xdg || (home && *home)) && i-- == 0) {
        snprintf(buf, n, "%s%s", has_xdg ? xdg : home, has_xdg ? "/galua" : "/.local/share/galua");
        return GAL_OK;
    }
    char exe[PATH_MAX];
    for (size_t k = 0; k < sizeof near_program / sizeof *near_program; k++)
        if (i-- == 0) {
            gal_status st = gal_exe_dir(exe, sizeof exe);
            snprintf(buf, n, "%.3000s/%s", exe, near_program[k]);
            return st;
        }
    for (size_t k = 0; k < sizeof near_library / sizeof *near_library && gal_lib_dir(exe, sizeof exe) == GAL_OK; k++)
        if (i-- == 0) {
            snprintf(buf, n, "%.3000s/%s", exe, near_library[k]);
            return GAL_OK;
        }
    if (i == 0) {
        snprintf(buf, n, "%s/share/galua/data", GAL_PREFIX);
        return GAL_OK;
    }
    return GAL_ENOTFOUND;
}

gal_status gal_data_path(const char *name, char *buf, size_t n)
{
    char dir[PATH_MAX], where[600] = "";
    for (int i = 0; gal_data_dir(i, dir, sizeof dir) == GAL_OK; i++) {
        if ((size_t)snprintf(buf, n, "%s/%s", dir, name) < n && gal_file_exists(buf))
            return GAL_OK;
        size_t used = strlen(where);
        if (i < 4)
            snprintf(where + used, sizeof where - used, "%s%.200s", used ? ", " : "", dir);
    }
    return gal_fail(GAL_ENOTFOUND, "data file '%s' not found in %s: run 'make', or set GALUA_DATA to its folder", name,
                    where);
}

gal_status gal_read_file(const char *path, char **text, size_t *n)
{
    gal_status st = GAL_OK;
    char *buf = NULL;
    size_t len = 0, size;
    *text = NULL;
    *n = 0;
    struct stat sb;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would wait for its writer */
    if (fd < 0)
        return gal_fail(errno == ENOENT ? GAL_ENOTFOUND : GAL_EIO, "%s: %s", path,
                        errno == ENOENT ? "no such file" : strerror(errno));
    if (fstat(fd, &sb) != 0)
        GAL_THROW(GAL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(sb.st_mode))
        GAL_THROW(GAL_EIO, "%s: is a folder, not a file", path);
    if (!S_ISREG(sb.st_mode)) /* may be endless */
        GAL_THROW(GAL_EIO, "%s: is a device or a pipe, not a file: copy its data to a file", path);
    size = (size_t)sb.st_size;
    if (!(buf = gal_alloc(size + 1)))
        GAL_TRY(GAL_ENOMEM);
    while (len < size) {
        ssize_t got = read(fd, buf + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            GAL_THROW(GAL_EIO, "%s: %s", path, strerror(errno));
        if (got == 0)
            break;
        len += (size_t)got;
    }
    buf[len] = '\0';
    *text = buf;
    *n = len;
    buf = NULL;
out:
    gal_free(buf);
    close(fd);
    return st;
}
