/* votable.h - what the two halves of the VOTable reader share. Internal. */
#ifndef GAL_IO_VOTABLE_H
#define GAL_IO_VOTABLE_H
#include "table_int.h"

typedef struct votable_field {
    char type[16]; /* datatype */
    size_t count;  /* elements, where it is fixed */
    bool variable; /* arraysize ends in a star */
} votable_field;

/* Cells of a base64 stream, which is overwritten; they point into *keep (gal_free). `nulls`: BINARY2. */
gal_status gal_votable_stream(gal_table *t, const votable_field *f, size_t nfield, bool nulls, char *stream,
                              size_t size, cells *c, char **keep);
#endif
