/* Shared by fits.c and fits_table.c. */
#ifndef GAL_IO_FITS_INT_H
#define GAL_IO_FITS_INT_H
#include <fitsio.h>

#include "fits.h"

struct gal_fits {
    fitsfile *ptr;
    char *path;
    gal_replace *tmp;     /* while creating: where the file is until gal_fits_close */
    char hdu[FLEN_VALUE]; /* name of the current HDU, for messages */
    bool open_table;      /* between gal_fits_begin_table and _end_table: no checksums yet */
};
/* Sets our error "PATH: HDU 'X': TEXT (FITS: reason)" and clears cfitsio's message stack; status 0: no reason. */
gal_status fits_fail(const gal_fits *f, gal_status code, int status, const char *fmt, ...) GAL_PRINTF(4, 5);
gal_status fits_seal(gal_fits *f); /* (re)computes the checksums of the current HDU */
int fits_number_type(gal_fits_type t);
/* gal_fits_open without the process that reads files first (probe.h); reads of a file all that is asked: what that process does. */
gal_status fits_open_here(gal_fits **out, const char *path);
void fits_read_all(const char *path);
#endif
