/* FITS tables. See fits.h. */
#include "fits_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

gal_status gal_fits_table_shape(gal_fits *f, size_t *nrows, size_t *ncols)
{
    int status = 0, kind = 0, n = 0;
    LONGLONG rows = 0;
    *nrows = *ncols = 0;
    fits_get_hdu_type(f->ptr, &kind, &status);
    if (!status && kind == IMAGE_HDU)
        return fits_fail(f, GAL_EFORMAT, 0, "is an image, expected a table");
    fits_get_num_rowsll(f->ptr, &rows, &status);
    if (fits_get_num_cols(f->ptr, &n, &status))
        return fits_fail(f, GAL_EFORMAT, status, "damaged table header");
    *nrows = (size_t)rows;
    *ncols = (size_t)n;
    return GAL_OK;
}

static void key_of_column(gal_fits *f, const char *key, size_t i, char *out, size_t n)
{
    char name[FLEN_KEYWORD], value[FLEN_VALUE] = "";
    int status = 0;
    snprintf(name, sizeof name, "%s%zu", key, i + 1);
    fits_write_errmark();
    if (fits_read_key(f->ptr, TSTRING, name, value, NULL, &status))
        value[0] = '\0';
    fits_clear_errmark();
    snprintf(out, n, "%.*s", (int)n - 1, value);
}

gal_status gal_fits_column_info(gal_fits *f, size_t i, gal_fits_column *out)
{
    int status = 0, type = 0;
    LONGLONG repeat = 0, width = 0;
    memset(out, 0, sizeof *out);
    if (fits_get_eqcoltypell(f->ptr, (int)i + 1, &type, &repeat, &width, &status))
        return fits_fail(f, GAL_ENOTFOUND, status, "no column %zu", i + 1);
    key_of_column(f, "TTYPE", i, out->name, sizeof out->name);
    key_of_column(f, "TUNIT", i, out->unit, sizeof out->unit);
    out->repeat = (size_t)repeat;
    switch (type) {
    case TSTRING:
        out->type = GAL_FITS_STR;
        break;
    case TFLOAT:
        out->type = GAL_FITS_F32;
        break;
    case TDOUBLE:
        out->type = GAL_FITS_F64;
        break;
    case TBIT:
    case TBYTE:
    case TSBYTE:
    case TLOGICAL:
    case TSHORT:
    case TUSHORT:
    case TINT:
    case TUINT:
    case TLONG:
    case TULONG:
    case TLONGLONG:
    case TULONGLONG:
        out->type = GAL_FITS_I64;
        break;
    default: /* complex numbers; negative types are arrays of variable length */
        return fits_fail(f, GAL_EUNSUP, 0, "column '%s' holds %s, which Galua does not read", out->name,
                         type < 0 ? "arrays of variable length" : "complex numbers");
    }
    return GAL_OK;
}

gal_status gal_fits_find_column(gal_fits *f, const char *name, size_t *i)
{
    int status = 0, col = 0;
    fits_write_errmark();
    fits_get_colnum(f->ptr, CASEINSEN, (char *)(uintptr_t)name, &col, &status);
    fits_clear_errmark();
    if (!status) {
        *i = (size_t)col - 1;
        return GAL_OK;
    }
    char hint[200] = "";
    size_t nrows, ncols;
    gal_status st = gal_fits_table_shape(f, &nrows, &ncols);
    if (st != GAL_OK)
        return st;
    if (ncols > 0 && ncols < 1000) {
        char(*text)[72] = gal_calloc(ncols, sizeof *text);
        const char **names = GAL_NEWN(const char *, ncols);
        for (size_t k = 0; text && names && k < ncols; k++) {
            key_of_column(f, "TTYPE", k, text[k], sizeof text[k]);
            names[k] = text[k];
        }
        if (text && names)
            gal_did_you_mean(hint, sizeof hint, name, names, ncols);
        gal_free(names);
        gal_free(text);
    }
    return fits_fail(f, GAL_ENOTFOUND, 0, "no column '%s'%s", name, hint);
}

gal_status gal_fits_read_column(gal_fits *f, size_t i, gal_fits_type type, size_t n, void *data)
{
    gal_fits_column c;
    size_t nrows, ncols;
    int status = 0, any = 0;
    double nan64 = NAN;
    float nan32 = NAN;
    gal_status st = GAL_OK;
    GAL_TRY(gal_fits_table_shape(f, &nrows, &ncols));
    GAL_TRY(gal_fits_column_info(f, i, &c));
    if (c.type == GAL_FITS_STR || type == GAL_FITS_STR)
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' holds text, expected numbers", c.name);
    if (nrows * c.repeat != n)
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' has %zu x %zu values, expected %zu", c.name, nrows, c.repeat,
                         n);
    if (type == GAL_FITS_I64 && c.type != GAL_FITS_I64)
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' holds floating-point numbers, expected integers", c.name);
    void *null = type == GAL_FITS_F64 ? (void *)&nan64 : type == GAL_FITS_F32 ? (void *)&nan32 : NULL;
    if (n && fits_read_col(f->ptr, fits_number_type(type), (int)i + 1, 1, 1, (LONGLONG)n, null, data, &any, &status))
        return fits_fail(f, GAL_EIO, status, "cannot read column '%s'", c.name);
out:
    return st;
}

gal_status gal_fits_read_strings(gal_fits *f, size_t i, size_t nrows, char **strings)
{
    gal_fits_column c;
    int status = 0, any = 0;
    gal_status st = GAL_OK;
    size_t have, ncols;
    memset(strings, 0, nrows * sizeof *strings);
    GAL_TRY(gal_fits_table_shape(f, &have, &ncols));
    GAL_TRY(gal_fits_column_info(f, i, &c));
    if (c.type != GAL_FITS_STR)
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' holds numbers, expected text", c.name);
    if (have != nrows)
        return fits_fail(f, GAL_EFORMAT, 0, "table has %zu rows, expected %zu", have, nrows);
    for (size_t r = 0; r < nrows; r++) {
        if (!(strings[r] = gal_calloc(1, c.repeat + 1)))
            GAL_TRY(GAL_ENOMEM);
        if (fits_read_col_str(f->ptr, (int)i + 1, (LONGLONG)r + 1, 1, 1, (char *)(uintptr_t) "", &strings[r], &any,
                              &status)) {
            st = fits_fail(f, GAL_EIO, status, "cannot read column '%s'", c.name);
            goto out;
        }
        for (size_t len = strlen(strings[r]); len && strings[r][len - 1] == ' '; len--) /* padding, and " " for "" */
            strings[r][len - 1] = '\0';
    }
out:
    for (size_t r = 0; st != GAL_OK && r < nrows; r++) {
        gal_free(strings[r]);
        strings[r] = NULL;
    }
    return st;
}

#define MAXCOL 999

gal_status gal_fits_begin_table(gal_fits *f, const char *extname, size_t nrows, size_t ncols,
                                const gal_fits_column *columns)
{
    gal_status st = GAL_OK;
    int status = 0;
    char **names = NULL, **units = NULL, **forms = NULL, (*form)[24] = NULL;
    snprintf(f->hdu, sizeof f->hdu, "%s", extname);
    if (ncols < 1 || ncols > MAXCOL)
        return fits_fail(f, GAL_EINVAL, 0, "%zu columns (1 to %d)", ncols, MAXCOL);
    names = GAL_NEWN(char *, ncols);
    units = GAL_NEWN(char *, ncols);
    forms = GAL_NEWN(char *, ncols);
    form = gal_calloc(ncols, sizeof *form);
    if (!names || !units || !forms || !form)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < ncols; i++) {
        const gal_fits_column *c = &columns[i];
        snprintf(form[i], sizeof form[i], "%zu%c", c->repeat ? c->repeat : 1,
                 c->type == GAL_FITS_F64   ? 'D'
                 : c->type == GAL_FITS_F32 ? 'E'
                 : c->type == GAL_FITS_I64 ? 'K'
                                           : 'A');
        names[i] = (char *)(uintptr_t)c->name;
        units[i] = (char *)(uintptr_t)c->unit;
        forms[i] = form[i];
    }
    fits_create_tbl(f->ptr, BINARY_TBL, (LONGLONG)nrows, (int)ncols, names, forms, units, extname, &status);
    if (status)
        st = fits_fail(f, GAL_EIO, status, "cannot write the table");
    f->open_table = st == GAL_OK;
out:
    gal_free(names);
    gal_free(units);
    gal_free(forms);
    gal_free(form);
    return st;
}

gal_status gal_fits_end_table(gal_fits *f)
{
    f->open_table = false;
    return fits_seal(f);
}

gal_status gal_fits_write_elements(gal_fits *f, size_t i, gal_fits_type type, size_t first, size_t n, const void *data)
{
    int status = 0;
    LONGLONG repeat = 0, width = 0;
    fits_get_coltypell(f->ptr, (int)i + 1, NULL, &repeat, &width, &status);
    LONGLONG per = type == GAL_FITS_STR || repeat < 1 ? 1 : repeat;
    if (!status && n)
        fits_write_col(f->ptr, type == GAL_FITS_STR ? TSTRING : fits_number_type(type), (int)i + 1,
                       (LONGLONG)first / per + 1, (LONGLONG)first % per + 1, (LONGLONG)n, (void *)(uintptr_t)data,
                       &status);
    return status ? fits_fail(f, GAL_EIO, status, "cannot write the table") : GAL_OK;
}

gal_status gal_fits_write_table(gal_fits *f, const char *extname, size_t nrows, size_t ncols,
                                const gal_fits_column *columns)
{
    gal_status st = gal_fits_begin_table(f, extname, nrows, ncols, columns);
    for (size_t i = 0; i < ncols && st == GAL_OK; i++) {
        const gal_fits_column *c = &columns[i];
        st = gal_fits_write_elements(f, i, c->type, 0, nrows * (c->type == GAL_FITS_STR || !c->repeat ? 1 : c->repeat),
                                     c->data);
    }
    return st == GAL_OK ? gal_fits_end_table(f) : st;
}

gal_status gal_fits_read_elements(gal_fits *f, size_t i, gal_fits_type type, size_t first, size_t n, void *data)
{
    gal_fits_column c;
    int status = 0, any = 0;
    double nan64 = NAN;
    float nan32 = NAN;
    LONGLONG none = -1;
    size_t nrows, ncols;
    gal_status st = GAL_OK;
    GAL_TRY(gal_fits_table_shape(f, &nrows, &ncols));
    GAL_TRY(gal_fits_column_info(f, i, &c));
    if (c.type == GAL_FITS_STR || type == GAL_FITS_STR || (type == GAL_FITS_I64 && c.type != GAL_FITS_I64))
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' holds %s, expected %s", c.name,
                         c.type == GAL_FITS_STR ? "text" : "floating-point numbers",
                         type == GAL_FITS_I64 ? "integers" : "numbers");
    size_t total;
    if (__builtin_mul_overflow(nrows, c.repeat, &total) || n > total || first > total - n)
        return fits_fail(f, GAL_EFORMAT, 0, "column '%s' has %zu x %zu values, asked for %zu to %zu", c.name, nrows,
                         c.repeat, first + 1, first + n);
    void *null = type == GAL_FITS_F64 ? (void *)&nan64 : type == GAL_FITS_F32 ? (void *)&nan32 : (void *)&none;
    if (n && fits_read_col(f->ptr, fits_number_type(type), (int)i + 1, (LONGLONG)(first / c.repeat) + 1,
                           (LONGLONG)(first % c.repeat) + 1, (LONGLONG)n, null, data, &any, &status))
        return fits_fail(f, GAL_EIO, status, "cannot read column '%s'", c.name);
out:
    return st;
}

gal_status gal_fits_check_size(gal_fits *f)
{
    int status = 0, kind = 0, ncols = 0;
    LONGLONG head = 0, data = 0, end = 0, filled = 0;
    long width = 0;
    struct stat sb;
    fits_get_hduaddrll(f->ptr, &head, &data, &end, &status);
    fits_get_hdu_type(f->ptr, &kind, &status);
    if (!status && kind == BINARY_TBL) {
        fits_get_num_cols(f->ptr, &ncols, &status);
        fits_read_key(f->ptr, TLONG, "NAXIS1", &width, NULL, &status);
        for (int i = 1; i <= ncols && !status; i++) {
            int type = 0;
            LONGLONG repeat = 0, each = 0;
            fits_get_coltypell(f->ptr, i, &type, &repeat, &each, &status);
            if (type < 0) /* variable length: a descriptor of 8 or 16 bytes */
                kind = ANY_HDU;
            else
                filled += type == TSTRING ? repeat : type == TBIT ? (repeat + 7) / 8 : repeat * each;
        }
    }
    if (status)
        return fits_fail(f, GAL_EFORMAT, status, "damaged header");
    if (kind == BINARY_TBL && filled != width)
        return fits_fail(f, GAL_EFORMAT, 0, "the columns (TFORM) take %lld bytes a row, NAXIS1 says %ld",
                         (long long)filled, width);
    if (gal_fits_is(f->path) && stat(f->path, &sb) == 0 && end > sb.st_size)
        return fits_fail(f, GAL_EFORMAT, 0, "truncated: %lld bytes, the header promises %lld", (long long)sb.st_size,
                         (long long)end);
    return GAL_OK;
}
