/* States of samplers as bytes: 8-byte words (integers, or doubles by their bits) behind a magic number, closed by the hash of all before.
 * One function walks an object for counting, writing and reading alike. Byte order is the machine's; the magic number tells a
 * foreign one. */
#ifndef GAL_INFER_BYTES_H
#define GAL_INFER_BYTES_H
#include "galua/base.h"

typedef struct bytes {
    unsigned char *p; /* NULL: only counts */
    size_t at, size;
    bool reading;
    gal_status st; /* set by a walk that cannot go on: what it reads has no room, or is not for this target */
} bytes;
/* n words between v and the stream; reading past the end gives zeros */
void bytes_words(bytes *s, void *v, size_t n);
void bytes_u64(bytes *s, uint64_t *v);
void bytes_size(bytes *s, size_t *v);
void bytes_int(bytes *s, int *v);
void bytes_f64(bytes *s, double *v);
void bytes_flag(bytes *s, bool *v);
/* Runs walk(stream, obj) twice: counts, then writes; magic in front, hash behind. */
gal_status bytes_write(uint64_t magic, void (*walk)(bytes *s, void *obj), void *obj, unsigned char **out, size_t *n);
/* Checks magic and hash ("state of the ensemble: ..."); *s then reads what walk wrote. */
gal_status bytes_open(bytes *s, uint64_t magic, const char *what, const unsigned char *in, size_t n);
/* The walk's own error; GAL_EFORMAT unless exactly everything was read. */
gal_status bytes_close(const bytes *s, const char *what);
#endif
