/* Libraries of dust templates from their files: wavelengths and spectra in columns (Draine & Li 2007, THEMIS as FSPS has them; Dale et al. 2014), or
 * what data/dust holds of them. See template.c. */
#include "dust/template.h"
#include "galua/num.h"
#include "io/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gal_template_library_free(void *library)
{
    gal_template_library *l = library;
    if (l) {
        gal_free(l->wave);
        gal_free(l->lum);
    }
    gal_free(l);
}

/* Numbers of one file, row by row; *ncol is 0 at first and then the same for every row. Caller frees. */
static gal_status read_numbers(const char *path, double **out, size_t *nrow, size_t *ncol)
{
    gal_status st = GAL_OK;
    char *text = NULL;
    size_t size, n = 0, room = 0, line = 0;
    double *x = NULL;
    *nrow = 0;
    GAL_TRY(gal_read_file(path, &text, &size));
    for (char *p = text, *next; *p; p = next) {
        char *end = strchr(p, '\n');
        next = end ? end + 1 : p + strlen(p);
        if (end)
            *end = '\0';
        line++;
        size_t count = 0;
        if (*p == '#')
            continue;
        for (char *stop;; p = stop) {
            double v = strtod(p, &stop);
            if (stop == p)
                break;
            if (n == room) {
                double *grown = GAL_NEWN(double, room = room ? 2 * room : 65536);
                if (!grown)
                    GAL_TRY(GAL_ENOMEM);
                if (n)
                    memcpy(grown, x, n * sizeof *x);
                gal_free(x);
                x = grown;
            }
            x[n++] = v;
            count++;
        }
        if (count <= 1) { /* a blank line, or the wavelength count of a header */
            n -= count;
            continue;
        }
        if (*ncol == 0)
            *ncol = count;
        if (count != *ncol)
            GAL_THROW(GAL_EFORMAT, "%s, line %zu: %zu numbers, %zu expected", path, line, count, *ncol);
        (*nrow)++;
    }
    if (*nrow < 2)
        GAL_THROW(GAL_EFORMAT, "%s: not a table of dust spectra", path);
    *out = x;
    x = NULL;
out:
    gal_free(text);
    gal_free(x);
    return st;
}

static gal_status start_library(gal_template_library **out, size_t nq, size_t nu, size_t npair, size_t nwave)
{
    gal_template_library *l = GAL_NEW(gal_template_library);
    *out = l;
    if (!l)
        return GAL_ENOMEM;
    *l = (gal_template_library){.nq = nq, .nu = nu, .npair = npair, .nwave = nwave};
    l->wave = GAL_NEWN(double, nwave);
    l->lum = GAL_NEWN(double, nq *nu *npair *nwave);
    return l->wave && l->lum ? GAL_OK : GAL_ENOMEM;
}

/* A row's wavelength must be that of the first file, ascending; a spectrum's values must not be negative. */
static gal_status check_row(const gal_template_library *l, const char *path, size_t row, double micron, bool first)
{
    double w = micron * 1e4;
    if (first && !(w > 0 && (row == 0 || w > l->wave[row - 1])))
        return gal_fail(GAL_EFORMAT, "%s: wavelength %g micron of row %zu does not ascend", path, micron, row + 1);
    if (!first && !(fabs(w / l->wave[row] - 1) < 1e-4))
        return gal_fail(GAL_EFORMAT, "%s: wavelength %g micron of row %zu differs from the other files'", path, micron,
                        row + 1);
    return GAL_OK;
}

static gal_status read_builtin(gal_template_library **out, const gal_template_layout *y)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    gal_template_library *l = NULL;
    double *wave = NULL, *lum = NULL;
    char name[40], path[4096];
    size_t nwave = 0, dims[4] = {y->nq, y->nu, 2, 0};
    snprintf(name, sizeof name, "dust/%s.h5", y->name);
    GAL_TRY(gal_data_path(name, path, sizeof path));
    GAL_TRY(gal_h5_open(&h, path));
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &nwave, (void **)&wave));
    dims[3] = nwave;
    GAL_TRY(gal_h5_read_alloc(h, "lum", GAL_H5_F64, 4, dims, (void **)&lum));
    GAL_TRY(gal_check_ascending("wavelengths of dust templates", wave, nwave));
    if (!(l = GAL_NEW(gal_template_library)))
        GAL_TRY(GAL_ENOMEM);
    *l = (gal_template_library){.nq = y->nq, .nu = y->nu, .npair = 2, .nwave = nwave, .wave = wave, .lum = lum};
    wave = lum = NULL;
    memcpy(l->q, y->q, y->nq * sizeof *y->q);
    memcpy(l->p0, y->p0, y->nq * sizeof *y->p0);
    for (size_t u = 0; u < y->nu; u++)
        l->lnu[u] = log(y->u[u]);
    *out = l;
    l = NULL;
out:
    gal_free(wave);
    gal_free(lum);
    gal_template_library_free(l);
    gal_h5_abandon(h);
    return st;
}

gal_status gal_template_read_pairs(gal_template_library **out, const char *folder, const gal_template_layout *y)
{
    gal_status st = GAL_OK;
    gal_template_library *l = NULL;
    double *x = NULL;
    if (!folder)
        return read_builtin(out, y);
    for (size_t iq = 0; iq < y->nq; iq++) {
        char path[1200];
        size_t nrow, ncol = 0;
        snprintf(path, sizeof path, "%s/%s%02d.dat", folder, y->stem, y->file[iq]);
        GAL_TRY(read_numbers(path, &x, &nrow, &ncol));
        if (ncol != 1 + 2 * y->nu)
            GAL_THROW(GAL_EFORMAT, "%s: %zu columns, %zu expected (wavelength and two for each of %zu U_min)", path,
                      ncol, 1 + 2 * y->nu, y->nu);
        if (iq == 0)
            GAL_TRY(start_library(&l, y->nq, y->nu, 2, nrow));
        if (nrow != l->nwave)
            GAL_THROW(GAL_EFORMAT, "%s: %zu wavelengths, the other files have %zu", path, nrow, l->nwave);
        for (size_t k = 0; k < nrow; k++) {
            const double *row = x + k * ncol;
            GAL_TRY(check_row(l, path, k, row[0], iq == 0));
            if (iq == 0)
                l->wave[k] = row[0] * 1e4;
            for (size_t c = 0; c < 2 * y->nu; c++) {
                if (!(row[1 + c] >= 0 && isfinite(row[1 + c])))
                    GAL_THROW(GAL_EFORMAT, "%s: value %g in row %zu, column %zu", path, row[1 + c], k + 1, c + 2);
                l->lum[(iq * 2 * y->nu + c) * nrow + k] = row[1 + c] / (l->wave[k] * l->wave[k]);
            }
        }
        gal_free(x);
        x = NULL;
        l->q[iq] = y->q[iq];
        l->p0[iq] = y->p0[iq];
    }
    for (size_t u = 0; u < y->nu; u++)
        l->lnu[u] = log(y->u[u]);
    *out = l;
    l = NULL;
out:
    gal_free(x);
    gal_template_library_free(l);
    return st;
}

/* One file: log10 nu L_nu, so L_lambda ~ 10^v / lambda. */
gal_status gal_template_read_dale14(gal_template_library **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_template_library *l = NULL;
    double *x = NULL;
    size_t nrow, ncol = 0;
    if (!path)
        return gal_fail(GAL_EINVAL,
                        "dust.dale14: needs path =, the file of templates (wavelength, 64 columns of log nu L_nu)");
    GAL_TRY(read_numbers(path, &x, &nrow, &ncol));
    if (ncol != 65)
        GAL_THROW(GAL_EFORMAT, "%s: %zu columns, 65 expected (wavelength and 64 values of alpha)", path, ncol);
    GAL_TRY(start_library(&l, 1, 64, 1, nrow));
    for (size_t k = 0; k < nrow; k++) {
        GAL_TRY(check_row(l, path, k, x[k * ncol], true));
        l->wave[k] = x[k * ncol] * 1e4;
        for (size_t u = 0; u < 64; u++)
            l->lum[u * nrow + k] = pow(10, x[k * ncol + 1 + u]) / l->wave[k];
    }
    for (size_t u = 0; u < 64; u++)
        l->lnu[u] = 0.0625 * (double)(u + 1);
    *out = l;
    l = NULL;
out:
    gal_free(x);
    gal_template_library_free(l);
    return st;
}
