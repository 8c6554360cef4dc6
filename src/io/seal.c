/* Checksums of whole files. See seal.h. */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct seal {
    char magic[8];
    uint64_t length;
    gal_hash sum;
} seal;
_Static_assert(sizeof(seal) == GAL_SEAL_BYTES, "a trailer of 32 bytes");
static const char MAGIC[8] = {'G', 'A', 'L', 'U', 'A', 'S', 'U', 'M'};

static gal_status failed(const char *path, const char *what)
{
    return gal_fail(GAL_EIO, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* The seal of a file of `size` bytes; false when it ends otherwise. */
static bool seal_of(int fd, off_t size, seal *s)
{
    return size >= (off_t)sizeof *s && pread(fd, s, sizeof *s, size - (off_t)sizeof *s) == (ssize_t)sizeof *s &&
           memcmp(s->magic, MAGIC, sizeof MAGIC) == 0;
}

gal_status gal_seal_put(const char *path)
{
    gal_status st = GAL_OK;
    struct stat sb;
    seal s;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &sb) != 0) {
        st = failed(path, "open");
        goto out;
    }
    memcpy(s.magic, MAGIC, sizeof MAGIC);
    s.length = (uint64_t)sb.st_size;
    GAL_TRY(gal_hash_descriptor(fd, path, s.length, &s.sum));
    if (pwrite(fd, &s, sizeof s, sb.st_size) != (ssize_t)sizeof s)
        st = failed(path, "write");
out:
    if (fd >= 0 && close(fd) != 0 && st == GAL_OK)
        st = failed(path, "write");
    return st;
}

gal_status gal_seal_check(const char *path, bool *sealed)
{
    gal_status st = GAL_OK;
    struct stat sb;
    seal s;
    gal_hash now;
    *sealed = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &sb) != 0) {
        st = failed(path, "open");
        goto out;
    }
    if (!seal_of(fd, sb.st_size, &s))
        goto out;
    *sealed = true;
    if (s.length != (uint64_t)sb.st_size - sizeof s)
        GAL_THROW(GAL_EFORMAT, "%s: is damaged: %llu bytes where %llu were written", path,
                  (unsigned long long)sb.st_size - sizeof s, (unsigned long long)s.length);
    GAL_TRY(gal_hash_descriptor(fd, path, s.length, &now));
    if (memcmp(&now, &s.sum, sizeof now) != 0)
        GAL_THROW(GAL_EFORMAT, "%s: is damaged: its checksum does not match; take another copy of it", path);
out:
    if (fd >= 0)
        close(fd);
    return st;
}

gal_status gal_seal_strip(const char *path)
{
    gal_status st = GAL_OK;
    struct stat sb;
    seal s;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &sb) != 0)
        st = failed(path, "open");
    else if (seal_of(fd, sb.st_size, &s) && ftruncate(fd, sb.st_size - (off_t)sizeof s) != 0)
        st = failed(path, "write");
    if (fd >= 0)
        close(fd);
    return st;
}
