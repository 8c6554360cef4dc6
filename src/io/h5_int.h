/* Shared by the h5*.c files: the handle and how HDF5's failures become ours. */
#ifndef GAL_IO_H5_INT_H
#define GAL_IO_H5_INT_H
#define H5_USE_110_API /* the same calls with every newer library */
#include <hdf5.h>

#include "h5.h"

struct gal_h5 {
    hid_t file;
    char *path;
    uint64_t size;    /* read: of the file [bytes] */
    gal_replace *tmp; /* while creating: where the file is until gal_h5_close */
    bool sealed;      /* read: it ended with a seal (seal.h), which holds */
    bool broken;      /* a write failed: gal_h5_close will say so and keep the old file */
};
/* Sets our error to "PATH: [dataset 'NAME': ]TEXT (HDF5: innermost reason)"; name may be NULL. Clears HDF5's stack. */
gal_status h5_fail(const gal_h5 *h, gal_status code, const char *name, const char *fmt, ...) GAL_PRINTF(4, 5);
/* The same after a write failed (disk full): from here on the file's descriptor leads nowhere, because HDF5 1.10 crashes over
 * a file whose pending blocks it cannot write. */
gal_status h5_write_failed(gal_h5 *h, const char *name, const char *fmt, ...) GAL_PRINTF(3, 4);
/* Writes the blocks of a dataset that HDF5 holds back, so that a full disk is noticed here. */
gal_status h5_settle(gal_h5 *h, const char *name, hid_t dset);
/* HDF5 prints its own errors by default: switched off. Called by every entry point (the setting is per thread). */
void h5_quiet(void);
/* Makes the groups above the last component of `name`. */
gal_status h5_parents(gal_h5 *h, const char *name);
gal_status h5_dataset(const gal_h5 *h, const char *name, hid_t *out); /* opens; near names in the message */
hid_t h5_string_type(void);                                           /* variable length, UTF-8; close it */
/* gal_h5_open without the process that reads files first (probe.h); reads all of a file: what that process does. */
gal_status h5_open_here(gal_h5 **out, const char *path);
void h5_read_all(const char *path);
/* GAL_EFORMAT unless `stored` bytes of this file can hold n items of `width` bytes; h->size is what the file has. */
gal_status h5_believe(const gal_h5 *h, const char *name, uint64_t stored, uint64_t n, uint64_t width);
#endif
