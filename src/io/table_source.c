/* table_source.c - regular files and gzip for the readers of tables. See table_source.h. Thread safe. */
#include "table_source.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define UNPACKED_FREE  ((size_t)256 << 20) /* every file may unpack to this much, */
#define UNPACKED_RATIO 250                 /* large ones to so many times their size: deflate reaches 1032 on zeros */

static gal_status unpack(source *s)
{
    gal_status st = GAL_OK;
    unsigned char in[65536];
    size_t most = UNPACKED_FREE + UNPACKED_RATIO * s->size, at = 0, cap = 0, len = 0;
    char *out = NULL;
    z_stream z = {0};
    int rc = Z_OK;
    if (inflateInit2(&z, 15 + 16) != Z_OK) /* gzip only */
        return gal_fail(GAL_ENOMEM, "%s: out of memory for unpacking", s->path);
    do {
        if (z.avail_in == 0 && at < s->size) {
            size_t n = s->size - at < sizeof in ? s->size - at : sizeof in;
            GAL_TRY(gal_source_read(s, at, n, in));
            at += n;
            z.next_in = in;
            z.avail_in = (unsigned)n;
        }
        if (rc == Z_STREAM_END) { /* another member follows, or the file ends */
            if (z.avail_in == 0 || *z.next_in != 0x1f)
                break;
            inflateReset(&z);
        }
        if (cap - len < 65536) {
            if (len > most)
                GAL_THROW(GAL_EFORMAT, "%s: unpacks to more than %zu MB: unpack it with gunzip if that is right",
                          s->path, most >> 20);
            char *bigger = gal_realloc(out, (cap = 2 * cap + 262144) + 1);
            if (!bigger)
                GAL_TRY(GAL_ENOMEM);
            out = bigger;
        }
        size_t room = cap - len < 1u << 30 ? cap - len : 1u << 30;
        z.next_out = (unsigned char *)out + len;
        z.avail_out = (unsigned)room;
        rc = inflate(&z, Z_NO_FLUSH);
        len += room - z.avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END)
            GAL_THROW(GAL_EFORMAT, "%s: damaged or cut short: gzip data end after %zu bytes", s->path, len);
    } while (rc == Z_OK || at < s->size || z.avail_in > 0);
    out[len] = 0;
    s->mem = out;
    out = NULL;
    s->size = len;
out:
    inflateEnd(&z);
    gal_free(out);
    return st;
}

gal_status gal_source_open(source *s, const char *path)
{
    gal_status st = GAL_OK;
    struct stat sb;
    unsigned char head[2];
    *s = (source){.path = path,
                  .fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)}; /* a pipe would wait for its writer */
    if (s->fd < 0)
        return gal_fail(errno == ENOENT ? GAL_ENOTFOUND : GAL_EIO, "%s: %s", path,
                        errno == ENOENT ? "no such file" : strerror(errno));
    if (fstat(s->fd, &sb) != 0)
        GAL_THROW(GAL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(sb.st_mode))
        GAL_THROW(GAL_EIO, "%s: is a folder, not a file", path);
    if (!S_ISREG(sb.st_mode))
        GAL_THROW(GAL_EIO, "%s: is a device or a pipe, not a file: copy its data to a file", path);
    s->size = (size_t)sb.st_size;
    if (s->size >= 18 && gal_source_read(s, 0, 2, head) == GAL_OK && head[0] == 0x1f && head[1] == 0x8b) {
        GAL_TRY(unpack(s));
        close(s->fd);
        s->fd = -1;
    }
out:
    if (st != GAL_OK)
        gal_source_close(s);
    return st;
}

void gal_source_close(source *s)
{
    if (s->fd >= 0)
        close(s->fd);
    gal_free(s->mem);
    s->fd = -1;
    s->mem = NULL;
}

gal_status gal_source_read(const source *s, size_t at, size_t n, void *out)
{
    if (at > s->size || n > s->size - at)
        return gal_fail(GAL_EFORMAT, "%s: cut short: %zu bytes at %zu are wanted, the file has %zu", s->path, n, at,
                        s->size);
    if (s->mem) {
        memcpy(out, s->mem + at, n);
        return GAL_OK;
    }
    for (char *p = out; n > 0;) {
        ssize_t got = pread(s->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return gal_fail(GAL_EIO, "%s: %s", s->path, got < 0 ? strerror(errno) : "became shorter while it was read");
        p += got;
        at += (size_t)got;
        n -= (size_t)got;
    }
    return GAL_OK;
}

gal_status gal_source_all(source *s, char **text)
{
    *text = s->mem;
    s->mem = NULL;
    if (*text)
        return GAL_OK;
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && bytes > 0 && s->size / (size_t)bytes > (size_t)pages / 2)
        return gal_fail(GAL_EIO, "%s: %zu MB are more than half of this machine's memory: cut the table into parts",
                        s->path, s->size >> 20);
    if (!(*text = gal_alloc(s->size + 1)))
        return gal_fail(GAL_ENOMEM, "%s: out of memory for %zu bytes", s->path, s->size);
    gal_status st = gal_source_read(s, 0, s->size, *text);
    (*text)[s->size] = 0;
    if (st != GAL_OK) {
        gal_free(*text);
        *text = NULL;
    }
    return st;
}
