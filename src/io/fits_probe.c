/* Everything that is asked of a FITS file, asked once: what the child process of probe.h does. */
#include "fits_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HDUS = 200, COLUMNS = 2000, SAMPLE = 1 << 20 }; /* elements of a column or an image, from its start */

static void image(gal_fits *f, uint64_t size)
{
    int rank;
    size_t dims[GAL_FITS_MAXRANK];
    if (gal_fits_image_shape(f, &rank, dims) != GAL_OK || rank == 0)
        return;
    uint64_t n = 1;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, (uint64_t)dims[i], &n))
            return;
    double *x = n <= 1000 * size && n < ((uint64_t)1 << 27) ? gal_alloc(n * sizeof *x) : NULL;
    if (x)
        gal_fits_read_image(f, GAL_FITS_F64, n, x);
    gal_free(x);
}

static void column(gal_fits *f, size_t i, size_t nrows)
{
    gal_fits_column c;
    if (gal_fits_column_info(f, i, &c) != GAL_OK || nrows == 0)
        return;
    if (c.type == GAL_FITS_STR) {
        size_t n = nrows < SAMPLE / 16 ? nrows : SAMPLE / 16;
        char **s = GAL_NEWN(char *, n);
        if (s && gal_fits_read_strings(f, i, n, s) == GAL_OK)
            for (size_t k = 0; k < n; k++)
                gal_free(s[k]);
        gal_free(s);
        return;
    }
    size_t n;
    if (__builtin_mul_overflow(nrows, c.repeat, &n) || n > SAMPLE)
        n = SAMPLE;
    double *x = GAL_NEWN(double, n + 1);
    if (x)
        gal_fits_read_elements(f, i, c.type == GAL_FITS_I64 ? GAL_FITS_I64 : GAL_FITS_F64, 0, n, x);
    gal_free(x);
}

void fits_read_all(const char *path)
{
    gal_fits *f = NULL;
    struct stat sb;
    char text[80];
    if (stat(path, &sb) != 0 || fits_open_here(&f, path) != GAL_OK)
        return;
    gal_fits_verify(f);
    for (int k = 1; k <= HDUS && gal_fits_select_number(f, k) == GAL_OK; k++) {
        size_t nrows = 0, ncols = 0;
        int n = 0, status = 0;
        char card[FLEN_CARD];
        for (fits_get_hdrspace(f->ptr, &n, NULL, &status); n > 0 && !fits_read_record(f->ptr, n, card, &status); n--)
            ;
        gal_fits_key_string(f, "EXTNAME", text, sizeof text);
        image(f, (uint64_t)sb.st_size);
        if (gal_fits_table_shape(f, &nrows, &ncols) == GAL_OK)
            for (size_t i = 0; i < ncols && i < COLUMNS; i++)
                column(f, i, nrows);
    }
    gal_fits_abandon(f);
}
