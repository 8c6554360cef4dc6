/* Provenance hashes: XXH3, 128 bit. Not cryptographic: they detect change and mistake, not malice. */
#include "galua/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

gal_hash gal_hash_bytes(const void *data, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(data, n);
    return (gal_hash){h.low64, h.high64};
}

gal_hash gal_hash_combine(gal_hash a, gal_hash b)
{
    gal_hash both[2] = {a, b};
    return gal_hash_bytes(both, sizeof both);
}

void gal_hash_hex(gal_hash h, char out[33])
{
    snprintf(out, 33, "%016llx%016llx", (unsigned long long)h.hi, (unsigned long long)h.lo);
}

gal_status gal_hash_descriptor(int fd, const char *path, uint64_t n, gal_hash *out)
{
    enum { BLOCK = 1 << 18 };
    gal_status st = GAL_OK;
    XXH3_state_t *x = XXH3_createState();
    unsigned char *buf = gal_alloc(BLOCK);
    if (!x || !buf)
        GAL_TRY(gal_fail(GAL_ENOMEM, "%s: no memory to hash it", path));
    XXH3_128bits_reset(x);
    for (uint64_t at = 0; at < n;) {
        ssize_t got = pread(fd, buf, n - at < BLOCK ? (size_t)(n - at) : BLOCK, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            GAL_THROW(GAL_EIO, "%s: cannot read: %s", path, got ? strerror(errno) : "it ends too early");
        XXH3_128bits_update(x, buf, (size_t)got);
        at += (uint64_t)got;
    }
    XXH128_hash_t h = XXH3_128bits_digest(x);
    *out = (gal_hash){h.low64, h.high64};
out:
    XXH3_freeState(x);
    gal_free(buf);
    return st;
}

gal_status gal_hash_file(const char *path, gal_hash *out)
{
    char *text;
    size_t n;
    gal_status st = gal_read_file(path, &text, &n);
    if (st == GAL_OK) {
        *out = gal_hash_bytes(text, n);
        gal_free(text);
    }
    return st;
}
