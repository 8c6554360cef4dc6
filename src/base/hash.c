/* Provenance hashes: XXH3, 128 bit. Not cryptographic: they detect change and mistake, not malice. */
#include "galua/base.h"

#include <stdio.h>
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
