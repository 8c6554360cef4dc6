/* Streams of 8-byte words with a checksum; see bytes.h. */
#include "bytes.h"

#include <string.h>

void bytes_words(bytes *s, void *v, size_t n)
{
    size_t len = 8 * n;
    if (n == 0)
        return; /* v may be NULL then */
    bool fits = len <= s->size && s->at <= s->size - len;
    if (s->p && fits) {
        if (s->reading)
            memcpy(v, s->p + s->at, len);
        else
            memcpy(s->p + s->at, v, len);
    } else if (s->reading) {
        memset(v, 0, len);
    }
    s->at += len;
}

void bytes_u64(bytes *s, uint64_t *v)
{
    bytes_words(s, v, 1);
}

void bytes_size(bytes *s, size_t *v)
{
    uint64_t w = *v;
    bytes_words(s, &w, 1);
    *v = (size_t)w;
}

void bytes_int(bytes *s, int *v)
{
    uint64_t w = (uint64_t)*v;
    bytes_words(s, &w, 1);
    *v = (int)w;
}

void bytes_f64(bytes *s, double *v)
{
    bytes_words(s, v, 1);
}

void bytes_flag(bytes *s, bool *v)
{
    uint64_t w = *v;
    bytes_words(s, &w, 1);
    *v = w != 0;
}

gal_status bytes_write(uint64_t magic, void (*walk)(bytes *s, void *obj), void *obj, unsigned char **out, size_t *n)
{
    bytes s = {0};
    bytes_u64(&s, &magic);
    walk(&s, obj);
    size_t size = s.at + sizeof(gal_hash);
    unsigned char *p = gal_alloc(size);
    if (!p)
        return GAL_ENOMEM;
    s = (bytes){.p = p, .size = size - sizeof(gal_hash)};
    bytes_u64(&s, &magic);
    walk(&s, obj);
    gal_hash sum = gal_hash_bytes(p, s.at);
    memcpy(p + s.at, &sum, sizeof sum);
    *out = p;
    *n = size;
    return GAL_OK;
}

gal_status bytes_open(bytes *s, uint64_t magic, const char *what, const unsigned char *in, size_t n)
{
    uint64_t m;
    gal_hash sum, kept;
    if (n < sizeof m + sizeof sum)
        return gal_fail(GAL_EFORMAT, "state of %s: %zu bytes are too few; the file is truncated", what, n);
    *s = (bytes){.p = (unsigned char *)in, .size = n - sizeof sum, .reading = true};
    bytes_u64(s, &m);
    if (m != magic)
        return gal_fail(GAL_EFORMAT, "state of %s: not written by this sampler on this kind of machine", what);
    sum = gal_hash_bytes(in, n - sizeof sum);
    memcpy(&kept, in + n - sizeof kept, sizeof kept);
    if (sum.lo != kept.lo || sum.hi != kept.hi)
        return gal_fail(GAL_EFORMAT, "state of %s: its checksum does not match; the file is damaged", what);
    return GAL_OK;
}

gal_status bytes_close(const bytes *s, const char *what)
{
    if (s->st != GAL_OK)
        return s->st;
    if (s->at != s->size)
        return gal_fail(GAL_EFORMAT, "state of %s: %zu bytes of content, expected %zu", what, s->size, s->at);
    return GAL_OK;
}
