/* Where the bytes of a column lie, so that blocks of it can be read without cfitsio and from several threads. See fits.h. */
#include "fits_int.h"

#include <stdio.h>
#include <string.h>

gal_status gal_fits_raw_column(gal_fits *f, size_t i, gal_fits_raw *out)
{
    int status = 0, type = 0, ncols = 0, kind = 0;
    long row = 0;
    LONGLONG rows = 0, head = 0, data = 0, end = 0, repeat = 0, width = 0;
    double scale = 1, zero = 0;
    char key[FLEN_KEYWORD];
    size_t at = 0;
    memset(out, 0, sizeof *out);
    FILE *file = fopen(f->path, "rb"); /* cfitsio inflates without a word: the bytes must be those of the file */
    char magic[9] = "";
    bool plain = file && fread(magic, 1, 8, file) == 8 && strcmp(magic, "SIMPLE  ") == 0;
    if (file)
        fclose(file);
    if (!plain)
        return fits_fail(f, GAL_EUNSUP, 0, "is not a plain file");
    fits_get_hdu_type(f->ptr, &kind, &status);
    fits_get_num_cols(f->ptr, &ncols, &status);
    if (status || kind != BINARY_TBL || (int)i >= ncols)
        return fits_fail(f, GAL_EUNSUP, status, "has no column %zu in a binary table", i + 1);
    fits_get_num_rowsll(f->ptr, &rows, &status);
    fits_get_hduaddrll(f->ptr, &head, &data, &end, &status);
    fits_read_key(f->ptr, TLONG, "NAXIS1", &row, NULL, &status);
    for (size_t c = 0; c <= i && !status; c++) {
        fits_get_coltypell(f->ptr, (int)c + 1, &type, &repeat, &width, &status);
        if (c < i)
            at += type < 0          ? 16
                  : type == TSTRING ? (size_t)repeat
                  : type == TBIT    ? ((size_t)repeat + 7) / 8
                                    : (size_t)(repeat * width);
    }
    if (status)
        return fits_fail(f, GAL_EFORMAT, status, "damaged table header");
    fits_write_errmark();
    for (int k = 0; k < 2; k++) {
        int absent = 0;
        snprintf(key, sizeof key, "%s%zu", k ? "TZERO" : "TSCAL", i + 1);
        fits_read_key(f->ptr, TDOUBLE, key, k ? &zero : &scale, NULL, &absent);
    }
    fits_clear_errmark();
    if ((type != TFLOAT && type != TDOUBLE) || scale != 1 || zero != 0 || repeat < 1 ||
        at + (size_t)(repeat * width) > (size_t)row)
        return fits_fail(f, GAL_EUNSUP, 0, "column %zu is not of plain floats", i + 1);
    out->start = data;
    out->nrows = (size_t)rows;
    out->row = (size_t)row;
    out->at = at;
    out->repeat = (size_t)repeat;
    out->bytes = type == TFLOAT ? 4 : 8;
    return GAL_OK;
}

gal_status gal_fits_read_real(gal_fits *f, size_t i, size_t n, double *data)
{
    int status = 0, type = 0;
    LONGLONG repeat = 0, width = 0;
    fits_get_coltypell(f->ptr, (int)i + 1, &type, &repeat, &width, &status);
    if (status || (type != TCOMPLEX && type != TDBLCOMPLEX))
        return gal_fits_read_column(f, i, GAL_FITS_F64, n, data);
    double *z = GAL_NEWN(double, 2 * n);
    if (!z)
        return GAL_ENOMEM;
    fits_read_col(f->ptr, TDBLCOMPLEX, (int)i + 1, 1, 1, (LONGLONG)n, NULL, z, NULL, &status);
    for (size_t k = 0; k < n && !status; k++)
        data[k] = z[2 * k];
    gal_free(z);
    return status ? fits_fail(f, GAL_EIO, status, "column %zu cannot be read", i + 1) : GAL_OK;
}
