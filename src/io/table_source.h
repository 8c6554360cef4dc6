/* table_source.h - the bytes of a table's file: a regular file read piece by piece, or unpacked (gzip) in memory; and FITS headers
 * read from them without a library, every size compared with the file before it is believed. Internal. */
#ifndef GAL_IO_TABLE_SOURCE_H
#define GAL_IO_TABLE_SOURCE_H
#include "galua/base.h"

typedef struct source {
    const char *path; /* borrowed */
    int fd;           /* -1: all is in mem */
    char *mem;        /* unpacked content, NUL-terminated */
    size_t size;
} source;

/* Regular files only; gzip is unpacked, at most 256 MB + 250 times the packed size. GAL_EIO, GAL_EFORMAT, GAL_ENOTFOUND. */
gal_status gal_source_open(source *s, const char *path);
void gal_source_close(source *s);
/* n bytes from `at`; GAL_EFORMAT where the file has fewer */
gal_status gal_source_read(const source *s, size_t at, size_t n, void *out);
/* The whole, NUL-terminated; gal_free. The source keeps nothing of it. */
gal_status gal_source_all(source *s, char **text);

/* ---- FITS headers: cards of 80 bytes */
typedef struct cards {
    char *v; /* [n][80] */
    size_t n;
    size_t data; /* offset of the data behind the header */
} cards80;
gal_status gal_cards_read(const source *s, size_t at, cards80 *out); /* gal_free(out->v) */
const char *gal_card(const cards80 *c, const char *key);             /* the card, NULL when absent */
/* Values; false when absent or of another kind. Texts are cut at size - 1; CONTINUE is followed. */
bool gal_card_int(const cards80 *c, const char *key, int64_t *x);
bool gal_card_real(const cards80 *c, const char *key, double *x);
bool gal_card_true(const cards80 *c, const char *key);
bool gal_card_text(const cards80 *c, const char *key, char *buf, size_t size);
/* Card i as key and value, as text; false for comments and cards without a value (HIERARCH of one word is understood). */
bool gal_card_pair(const cards80 *c, size_t i, char key[80], char *value, size_t size);
/* Bytes of data behind the header, without padding: GAL_EFORMAT when the file has not as many. */
gal_status gal_cards_data(const source *s, const cards80 *c, size_t *bytes);
#endif
