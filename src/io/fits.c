/* FITS files: opening, errors, headers and images. See fits.h; tables are in fits_table.c. */
#include "fits_int.h"

#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gal_status fits_fail(const gal_fits *f, gal_status code, int status, const char *fmt, ...)
{
    char why[FLEN_STATUS] = "", text[600], hdu[FLEN_VALUE + 12] = "";
    fits_clear_errmsg();
    if (status)
        fits_get_errstatus(status, why);
    if (*f->hdu)
        snprintf(hdu, sizeof hdu, "HDU '%.60s': ", f->hdu);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return gal_fail(code, "%s: %s%s%s%s%s", f->path, hdu, text, *why ? " (FITS: " : "", why, *why ? ")" : "");
}

bool gal_fits_is(const char *path)
{
    char head[9] = "";
    struct stat sb;
    FILE *file = stat(path, &sb) == 0 && S_ISREG(sb.st_mode) ? fopen(path, "rb") : NULL;
    if (!file)
        return false;
    size_t n = fread(head, 1, sizeof head, file);
    fclose(file);
    return n == sizeof head && memcmp(head, "SIMPLE  =", 9) == 0;
}

static void destroy(gal_fits *f)
{
    gal_free(f->path);
    gal_replace_abandon(f->tmp);
    gal_free(f);
}

static gal_status handle(gal_fits **out, const char *path)
{
    gal_fits *f = GAL_NEW(gal_fits);
    if (f && !(f->path = gal_strdup(path))) {
        destroy(f);
        f = NULL;
    }
    *out = f;
    return f ? GAL_OK : GAL_ENOMEM;
}

gal_status gal_fits_open(gal_fits **out, const char *path)
{
    *out = NULL;
    gal_status st = io_probe(path, "the FITS library", fits_read_all);
    return st == GAL_OK ? fits_open_here(out, path) : st;
}

gal_status fits_open_here(gal_fits **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    struct stat sb;
    int status = 0;
    *out = NULL;
    if (stat(path, &sb) != 0)
        return gal_fail(errno == ENOENT ? GAL_ENOTFOUND : GAL_EIO, "%s: %s", path,
                        errno == ENOENT ? "no such file" : strerror(errno));
    if (S_ISDIR(sb.st_mode))
        return gal_fail(GAL_EIO, "%s: is a folder, not a file", path);
    if (!S_ISREG(sb.st_mode))
        return gal_fail(GAL_EIO, "%s: is a device or a pipe, not a file: copy its data to a file", path);
    if (access(path, R_OK) != 0)
        return gal_fail(GAL_EIO, "%s: %s", path, strerror(errno));
    GAL_TRY(handle(&f, path));
    if (fits_open_diskfile(&f->ptr, path, READONLY, &status)) {
        st = fits_fail(f, GAL_EFORMAT, status, "not a readable FITS file");
        destroy(f);
        return st;
    }
    *out = f;
out:
    return st;
}

gal_status gal_fits_create(gal_fits **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    int status = 0, fd;
    *out = NULL;
    GAL_TRY(handle(&f, path));
    GAL_TRY(gal_replace_begin(&f->tmp, path, &fd));
    close(fd);
    unlink(gal_replace_name(f->tmp)); /* cfitsio makes its own; nobody can guess the name */
    if (fits_create_diskfile(&f->ptr, gal_replace_name(f->tmp), &status)) {
        st = fits_fail(f, GAL_EIO, status, "cannot write");
        goto out;
    }
    *out = f;
    f = NULL;
out:
    if (f)
        destroy(f);
    return st;
}

gal_status gal_fits_close(gal_fits *f)
{
    gal_status st = GAL_OK;
    int status = 0;
    if (!f)
        return GAL_OK;
    f->hdu[0] = '\0';
    if (fits_close_file(f->ptr, &status))
        st = fits_fail(f, GAL_EIO, status, f->tmp ? "cannot write" : "cannot close");
    if (f->tmp && st == GAL_OK) {
        st = gal_replace_commit(f->tmp);
        f->tmp = NULL;
    }
    destroy(f);
    return st;
}

void gal_fits_abandon(gal_fits *f)
{
    int status = 0;
    if (!f)
        return;
    fits_close_file(f->ptr, &status);
    fits_clear_errmsg();
    destroy(f);
}

gal_status gal_fits_verify(gal_fits *f)
{
    gal_status st = GAL_OK;
    int n = 0, status = 0;
    struct stat sb;
    if (gal_fits_is(f->path) && stat(f->path, &sb) == 0 && sb.st_size % 2880) /* compressed files have any length */
        return gal_fail(GAL_EFORMAT,
                        "%s: %lld bytes are not whole FITS blocks of 2880: truncated, or followed by something",
                        f->path, (long long)sb.st_size);
    fits_get_num_hdus(f->ptr, &n, &status);
    for (int k = 1; k <= n && st == GAL_OK && !status; k++) {
        int dataok = 0, hduok = 0;
        GAL_TRY(gal_fits_select_number(f, k));
        if (fits_verify_chksum(f->ptr, &dataok, &hduok, &status) == 0 && (dataok < 0 || hduok < 0))
            st = fits_fail(f, GAL_EFORMAT, 0, "checksum does not match: the file is damaged");
    }
    if (st == GAL_OK && status)
        st = fits_fail(f, GAL_EFORMAT, status, "truncated or damaged");
out:
    return st;
}

/* ------------------------------------------------------------------ headers */
gal_status gal_fits_select_number(gal_fits *f, int number)
{
    int status = 0;
    f->hdu[0] = '\0';
    if (fits_movabs_hdu(f->ptr, number, NULL, &status)) {
        if (status == END_OF_FILE || status == BAD_HDU_NUM)
            return fits_fail(f, GAL_ENOTFOUND, 0, "no HDU number %d", number);
        if (status == BAD_ROW_WIDTH)
            return fits_fail(f, GAL_EFORMAT, 0, "HDU %d: its columns (TFORM) do not fill its rows (NAXIS1)", number);
        return fits_fail(f, GAL_EFORMAT, status, "HDU %d has a damaged header", number);
    }
    fits_write_errmark();
    if (fits_read_key(f->ptr, TSTRING, "EXTNAME", f->hdu, NULL, &status)) {
        fits_clear_errmark();
        if (number == 1)
            strcpy(f->hdu, "PRIMARY");
        else
            snprintf(f->hdu, sizeof f->hdu, "%d", number);
    }
    return GAL_OK;
}

gal_status gal_fits_select(gal_fits *f, const char *extname)
{
    int status = 0;
    if (!extname)
        return gal_fits_select_number(f, 1);
    f->hdu[0] = '\0';
    if (fits_movnam_hdu(f->ptr, ANY_HDU, (char *)(uintptr_t)extname, 0, &status))
        return fits_fail(f, GAL_ENOTFOUND, 0, "no HDU named '%s'", extname);
    snprintf(f->hdu, sizeof f->hdu, "%s", extname);
    return GAL_OK;
}

bool gal_fits_has(gal_fits *f, const char *extname)
{
    int status = 0, now = 0;
    fits_get_hdu_num(f->ptr, &now);
    fits_write_errmark();
    bool yes = fits_movnam_hdu(f->ptr, ANY_HDU, (char *)(uintptr_t)extname, 0, &status) == 0;
    status = 0;
    fits_movabs_hdu(f->ptr, now, NULL, &status);
    fits_clear_errmark();
    return yes;
}

bool gal_fits_has_key(gal_fits *f, const char *key)
{
    char card[FLEN_CARD];
    int status = 0;
    fits_write_errmark();
    bool yes = fits_read_card(f->ptr, key, card, &status) == 0;
    fits_clear_errmark();
    return yes;
}

gal_status gal_fits_key_string(gal_fits *f, const char *key, char *buf, size_t n)
{
    int status = 0;
    char *text = NULL;
    buf[0] = '\0';
    if (fits_read_key_longstr(f->ptr, key, &text, NULL, &status))
        return fits_fail(f, GAL_ENOTFOUND, status, "no text keyword %s", key);
    bool fits = (size_t)snprintf(buf, n, "%s", text) < n;
    fits_free_memory(text, &status);
    return fits ? GAL_OK : fits_fail(f, GAL_EFORMAT, 0, "keyword %s is longer than %zu characters", key, n - 1);
}

gal_status gal_fits_key_f64(gal_fits *f, const char *key, double *x)
{
    int status = 0;
    if (fits_read_key(f->ptr, TDOUBLE, key, x, NULL, &status))
        return fits_fail(f, GAL_ENOTFOUND, status, "no number keyword %s", key);
    return GAL_OK;
}

gal_status gal_fits_key_i64(gal_fits *f, const char *key, int64_t *x)
{
    int status = 0;
    LONGLONG v = 0;
    if (fits_read_key(f->ptr, TLONGLONG, key, &v, NULL, &status))
        return fits_fail(f, GAL_ENOTFOUND, status, "no integer keyword %s", key);
    *x = v;
    return GAL_OK;
}

static gal_status set_key(gal_fits *f, int status, const char *key)
{
    return status ? fits_fail(f, GAL_EIO, status, "cannot write keyword %s", key) : fits_seal(f);
}

gal_status gal_fits_set_string(gal_fits *f, const char *key, const char *text, const char *comment)
{
    int status = 0;
    fits_update_key_longstr(f->ptr, key, text, comment, &status);
    return set_key(f, status, key);
}

gal_status gal_fits_set_f64(gal_fits *f, const char *key, double x, const char *comment)
{
    int status = 0;
    fits_update_key(f->ptr, TDOUBLE, key, &x, comment, &status);
    return set_key(f, status, key);
}

gal_status gal_fits_set_i64(gal_fits *f, const char *key, int64_t x, const char *comment)
{
    int status = 0;
    LONGLONG v = x;
    fits_update_key(f->ptr, TLONGLONG, key, &v, comment, &status);
    return set_key(f, status, key);
}

gal_status gal_fits_add_history(gal_fits *f, const char *text)
{
    int status = 0;
    while (*text && !status) {
        size_t n = strcspn(text, "\n");
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
        fits_write_history(f->ptr, line, &status);
        text += n + (text[n] == '\n');
    }
    return set_key(f, status, "HISTORY");
}

gal_status fits_seal(gal_fits *f)
{
    int status = 0;
    if (f->open_table)
        return GAL_OK;
    if (fits_write_chksum(f->ptr, &status))
        return fits_fail(f, GAL_EIO, status, "cannot write");
    return GAL_OK;
}

/* ------------------------------------------------------------------ images */
int fits_number_type(gal_fits_type t)
{
    return t == GAL_FITS_F64 ? TDOUBLE : t == GAL_FITS_F32 ? TFLOAT : TLONGLONG;
}

gal_status gal_fits_image_shape(gal_fits *f, int *rank, size_t dims[GAL_FITS_MAXRANK])
{
    int status = 0, naxis = 0, kind = 0;
    long naxes[GAL_FITS_MAXRANK];
    *rank = 0;
    fits_get_hdu_type(f->ptr, &kind, &status);
    if (!status && kind != IMAGE_HDU)
        return fits_fail(f, GAL_EFORMAT, 0, "is a table, expected an image");
    fits_get_img_dim(f->ptr, &naxis, &status);
    if (!status && naxis > GAL_FITS_MAXRANK)
        return fits_fail(f, GAL_EFORMAT, 0, "has %d axes, more than %d", naxis, GAL_FITS_MAXRANK);
    if (fits_get_img_size(f->ptr, GAL_FITS_MAXRANK, naxes, &status))
        return fits_fail(f, GAL_EFORMAT, status, "damaged image header");
    *rank = naxis;
    for (int i = 0; i < naxis; i++)
        dims[i] = (size_t)naxes[naxis - 1 - i];
    return GAL_OK;
}

gal_status gal_fits_read_image(gal_fits *f, gal_fits_type type, size_t n, void *data)
{
    int status = 0, any = 0, rank;
    size_t dims[GAL_FITS_MAXRANK], total = 1;
    double nan64 = __builtin_nan("");
    float nan32 = __builtin_nanf("");
    gal_status st = gal_fits_image_shape(f, &rank, dims);
    if (st != GAL_OK)
        return st;
    for (int i = 0; i < rank; i++)
        total *= dims[i];
    if (rank == 0 || total != n)
        return fits_fail(f, GAL_EFORMAT, 0, "image has %zu pixels, expected %zu", rank ? total : 0, n);
    void *null = type == GAL_FITS_F64 ? (void *)&nan64 : type == GAL_FITS_F32 ? (void *)&nan32 : NULL;
    if (fits_read_img(f->ptr, fits_number_type(type), 1, (LONGLONG)n, null, data, &any, &status))
        return fits_fail(f, GAL_EIO, status, "cannot read the image");
    return GAL_OK;
}

gal_status gal_fits_write_image(gal_fits *f, const char *extname, gal_fits_type type, int rank, const size_t *dims,
                                const void *data, const char *unit)
{
    int status = 0;
    long naxes[GAL_FITS_MAXRANK];
    size_t n = 1;
    snprintf(f->hdu, sizeof f->hdu, "%s", extname ? extname : "PRIMARY");
    if (rank < 0 || rank > GAL_FITS_MAXRANK || type == GAL_FITS_STR)
        return fits_fail(f, GAL_EINVAL, 0, "cannot write an image of %d axes", rank);
    for (int i = 0; i < rank; i++) {
        naxes[rank - 1 - i] = (long)dims[i];
        n *= dims[i];
    }
    fits_create_img(f->ptr,
                    type == GAL_FITS_F64   ? DOUBLE_IMG
                    : type == GAL_FITS_F32 ? FLOAT_IMG
                                           : LONGLONG_IMG,
                    rank, naxes, &status);
    if (extname)
        fits_write_key(f->ptr, TSTRING, "EXTNAME", (char *)(uintptr_t)extname, NULL, &status);
    if (unit)
        fits_write_key(f->ptr, TSTRING, "BUNIT", (char *)(uintptr_t)unit, NULL, &status);
    if (rank > 0)
        fits_write_img(f->ptr, fits_number_type(type), 1, (LONGLONG)n, (void *)(uintptr_t)data, &status);
    return status ? fits_fail(f, GAL_EIO, status, "cannot write the image") : fits_seal(f);
}
