/* src/io/seal.h - checksums of whole files: a trailer of 32 bytes behind the content.
 *
 * "GALUASUM", length of the content [8 bytes, little end first], its XXH3 hash of 128 bits. HDF5 ignores what lies behind the end of
 * its own data, and writes over it when the file is changed: other programs read and change sealed files as any other, and one
 * that was changed has no seal. The hash detects damage, not malice. Any thread. */
#ifndef GAL_IO_SEAL_H
#define GAL_IO_SEAL_H
#include "galua/base.h"

enum { GAL_SEAL_BYTES = 32 };
/* Appends the seal to a file that has none; does not sync it. GAL_EIO. */
GAL_API gal_status gal_seal_put(const char *path);
/* *sealed: is there one? GAL_EFORMAT when there is and the content is not what was sealed; reads the whole file then. */
GAL_API gal_status gal_seal_check(const char *path, bool *sealed);
/* Cuts the seal off, before a change in place; fine without. */
GAL_API gal_status gal_seal_strip(const char *path);
#endif
