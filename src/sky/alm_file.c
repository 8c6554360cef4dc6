/* Files of coefficients as healpy, PySM and the HEALPix tools write them: one binary table per component with the columns
 * INDEX = l^2 + l + m + 1 (m >= 0), REAL, IMAG. See galua/alm.h. */
#include "galua/alm.h"
#include "io/fits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 65536

/* l and m of an index; false when it belongs to none with 0 <= m <= l. */
static bool split(int64_t index, int *l, int *m)
{
    if (index < 1 || index > (int64_t)(GAL_ALM_LMAX + 1) * (GAL_ALM_LMAX + 1))
        return false;
    int64_t k = (int64_t)sqrt((double)(index - 1));
    while (k * k > index - 1)
        k--;
    while ((k + 1) * (k + 1) <= index - 1)
        k++;
    *l = (int)k;
    *m = (int)(index - 1 - k * k - k);
    return *m >= 0;
}

static gal_status read_index(gal_fits *f, const char *path, size_t first, size_t n, int64_t *index)
{
    gal_status st = gal_fits_read_elements(f, 0, GAL_FITS_I64, first, n, index);
    int l, m;
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        if (!split(index[i], &l, &m))
            return gal_fail(GAL_EFORMAT, "%s: row %zu: index %lld is not l^2 + l + m + 1 with 0 <= m <= l <= %d", path,
                            first + i + 1, (long long)index[i], GAL_ALM_LMAX);
    return st;
}

static gal_status open_table(gal_fits *f, const char *path, int hdu, size_t *rows)
{
    gal_status st = GAL_OK;
    size_t columns;
    GAL_TRY(gal_fits_select_number(f, hdu));
    GAL_TRY(gal_fits_table_shape(f, rows, &columns));
    GAL_TRY(gal_fits_check_size(f));
    if (columns < 3)
        GAL_THROW(GAL_EFORMAT, "%s: HDU %d has %zu columns, expected INDEX, REAL, IMAG", path, hdu, columns);
    for (size_t k = 0; k < 3; k++) {
        gal_fits_column c;
        GAL_TRY(gal_fits_column_info(f, k, &c));
        if (c.repeat != 1)
            GAL_THROW(GAL_EFORMAT, "%s: HDU %d: column %zu has %zu values a row, expected 1", path, hdu, k + 1,
                      c.repeat);
    }
out:
    return st;
}

static gal_status highest(gal_fits *f, const char *path, size_t rows, int64_t *index, int *lmax)
{
    int l, m;
    for (size_t i = 0; i < rows; i += BLOCK) {
        size_t n = rows - i < BLOCK ? rows - i : BLOCK;
        gal_status st = read_index(f, path, i, n, index);
        if (st != GAL_OK)
            return st;
        for (size_t k = 0; k < n; k++)
            if (split(index[k], &l, &m) && l > *lmax)
                *lmax = l;
    }
    return GAL_OK;
}

static gal_status fill(gal_fits *f, const char *path, size_t rows, int64_t *index, double *x, gal_alm *a, int comp)
{
    int l, m;
    for (size_t i = 0; i < rows; i += BLOCK) {
        size_t n = rows - i < BLOCK ? rows - i : BLOCK;
        gal_status st = read_index(f, path, i, n, index);
        for (int part = 0; st == GAL_OK && part < 2; part++) {
            st = gal_fits_read_elements(f, 1 + (size_t)part, GAL_FITS_F64, i, n, x);
            for (size_t k = 0; st == GAL_OK && k < n; k++) {
                if (!isfinite(x[k]))
                    return gal_fail(GAL_EFORMAT, "%s: row %zu: %g is not a coefficient", path, i + k + 1, x[k]);
                if (split(index[k], &l, &m) && l <= a->lmax)
                    a->a[comp][2 * gal_alm_index(a->lmax, l, m) + (size_t)part] = x[k];
            }
        }
        if (st != GAL_OK)
            return st;
    }
    return GAL_OK;
}

gal_status gal_alm_read(gal_alm **out, const char *path, int lmax)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    gal_alm *a = NULL;
    size_t rows[GAL_SKYMAP_MAX];
    int64_t *index = gal_alloc(BLOCK * sizeof *index);
    double *x = gal_alloc(BLOCK * sizeof *x);
    int n = 0, most = 0;
    *out = NULL;
    if (!index || !x)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_open(&f, path));
    for (; n < GAL_SKYMAP_MAX; n++) {
        if ((st = gal_fits_select_number(f, n + 2)) == GAL_ENOTFOUND)
            break;
        GAL_TRY(st);
        GAL_TRY(open_table(f, path, n + 2, &rows[n]));
        if (lmax < 0)
            GAL_TRY(highest(f, path, rows[n], index, &most));
    }
    gal_error_clear();
    st = GAL_OK;
    if (!n)
        GAL_THROW(GAL_EFORMAT, "%s: holds no table of coefficients", path);
    if (lmax < 0 && gal_alm_size(most) > 1000000 + 100 * rows[0])
        GAL_THROW(GAL_EFORMAT, "%s: l = %d in a table of %zu rows, which are far from all up to it: say lmax", path,
                  most, rows[0]);
    GAL_TRY(gal_alm_create(&a, lmax < 0 ? most : lmax, n));
    for (int k = 0; k < n; k++) {
        GAL_TRY(gal_fits_select_number(f, k + 2));
        GAL_TRY(fill(f, path, rows[k], index, x, a, k));
    }
    *out = a;
    a = NULL;
out:
    gal_fits_abandon(f);
    gal_alm_free(a);
    gal_free(index);
    gal_free(x);
    return st;
}

static gal_status write_component(gal_fits *f, const gal_alm *a, int comp, int64_t *index, double *const part[2])
{
    static const char *const names[3] = {"T", "E", "B"};
    gal_status st = GAL_OK;
    gal_fits_column c[3] = {{.name = "INDEX", .type = GAL_FITS_I64, .repeat = 1},
                            {.name = "REAL", .type = GAL_FITS_F64, .repeat = 1},
                            {.name = "IMAG", .type = GAL_FITS_F64, .repeat = 1}};
    char name[24];
    if (a->teb)
        snprintf(name, sizeof name, "%s", names[comp]);
    else
        snprintf(name, sizeof name, "ALM%d", comp + 1);
    GAL_TRY(gal_fits_begin_table(f, name, gal_alm_size(a->lmax), 3, c));
    GAL_TRY(gal_fits_set_i64(f, "MAX-LPOL", a->lmax, "highest l"));
    GAL_TRY(gal_fits_set_i64(f, "MAX-MPOL", a->lmax, "highest m"));
    size_t at = 0, n = 0;
    for (int l = 0; l <= a->lmax; l++)
        for (int m = 0; m <= l; m++) {
            const double *x = a->a[comp] + 2 * gal_alm_index(a->lmax, l, m);
            index[n] = (int64_t)l * l + l + m + 1;
            part[0][n] = x[0];
            part[1][n++] = x[1];
            if (n < BLOCK && l + m < 2 * a->lmax)
                continue;
            GAL_TRY(gal_fits_write_elements(f, 0, GAL_FITS_I64, at, n, index));
            for (size_t k = 0; k < 2; k++)
                GAL_TRY(gal_fits_write_elements(f, 1 + k, GAL_FITS_F64, at, n, part[k]));
            at += n;
            n = 0;
        }
    st = gal_fits_end_table(f);
out:
    return st;
}

gal_status gal_alm_write(const gal_alm *a, const char *path)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    int64_t *index = gal_alloc(BLOCK * sizeof *index);
    double *x = gal_alloc(2 * BLOCK * sizeof *x);
    if (!index || !x)
        GAL_TRY(GAL_ENOMEM);
    double *const part[2] = {x, x + BLOCK};
    GAL_TRY(gal_fits_create(&f, path));
    for (int k = 0; k < a->ncomp; k++)
        GAL_TRY(write_component(f, a, k, index, part));
    st = gal_fits_close(f);
    f = NULL;
out:
    gal_fits_abandon(f);
    gal_free(index);
    gal_free(x);
    return st;
}
