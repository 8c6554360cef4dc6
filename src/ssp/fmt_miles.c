/* Spectra of the MILES group (Vazdekis et al. 2010, 2015, 2016), one FITS image per age and metallicity in a folder: MILES, MIUSCAT, E-MILES. All that
 * is known of a spectrum stands in its name:
 *     Eun1.30Zm0.40T00.0631_iPp0.00_baseFe_linear_FWHM_variable.fits
 *     library, IMF and slope, [M/H], age [Gyr], isochrones (P Padova 2000, T BaSTI) and [alpha/Fe]
 * Lsun/A per Msun formed with Lsun = 3.826e33 erg/s, in air, linear steps (CRVAL1, CDELT1). Z = 0.019 (Padova) or 0.0198 (BaSTI) 10^[M/H].
 * Line spread of E-MILES: FWHM 3 A to 3061 A, 5 A to 3541 A, 2.51 A to 8950 A, then sigma = 60 km/s (Vazdekis et al. 2016, table 1); MILES 2.51 A.
 * Surviving masses from a file *ssp_mass* of the same authors beside the spectra: IMF, slope, [M/H], age [Gyr], total, stars with remnants. */
#include "ssp_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"
#include "io/fits.h"

#define MILES_LSUN 3.826e33

typedef struct miles_name {
    char library, imf[3], isochrone;
    double slope, mh, age, alpha; /* Gyr */
} miles_name;

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "m0.40" -> -0.4; moves p behind it */
static bool signed_number(const char **p, double *x)
{
    char sign = **p, *end;
    if ((sign != 'm' && sign != 'p') || !isdigit((unsigned char)(*p)[1]))
        return false;
    *x = strtod(*p + 1, &end) * (sign == 'm' ? -1 : 1);
    *p = end;
    return true;
}

static bool parse_name(const char *path, miles_name *m)
{
    const char *p = base_name(path);
    char *end;
    if (!strchr("EMNCR", p[0]) || !p[0] || !islower((unsigned char)p[1]) || !islower((unsigned char)p[2]) ||
        !isdigit((unsigned char)p[3]))
        return false;
    *m = (miles_name){.library = p[0], .imf = {p[1], p[2], '\0'}, .isochrone = 'P'};
    m->slope = strtod(p + 3, &end);
    p = end;
    if (*p++ != 'Z' || !signed_number(&p, &m->mh) || *p++ != 'T' || !isdigit((unsigned char)*p))
        return false;
    m->age = strtod(p, &end);
    p = end;
    if (p[0] == '_' && p[1] == 'i' && (p[2] == 'P' || p[2] == 'T')) {
        m->isochrone = p[2];
        p += 3;
        signed_number(&p, &m->alpha);
    }
    return strstr(p, ".fits") && m->age > 0 && m->age < 30 && fabs(m->mh) < 5;
}

bool ssp_is_miles(const char *path)
{
    miles_name m;
    return parse_name(path, &m) && gal_fits_is(path);
}

typedef struct member {
    miles_name name;
    const char *path;
} member;

static int by_place(const void *a, const void *b)
{
    const miles_name *x = &((const member *)a)->name, *y = &((const member *)b)->name;
    return x->mh != y->mh ? (x->mh > y->mh) - (x->mh < y->mh) : (x->age > y->age) - (x->age < y->age);
}

/* Sorted; all of one kind; every metallicity with the same ages. */
static gal_status check_members(member *m, size_t n, size_t *nz, size_t *nage)
{
    qsort(m, n, sizeof *m, by_place);
    size_t ages = 1;
    while (ages < n && m[ages].name.mh == m[0].name.mh)
        ages++;
    for (size_t i = 0; i < n; i++) {
        const miles_name *a = &m[0].name, *b = &m[i].name;
        if (a->library != b->library || strcmp(a->imf, b->imf) != 0 || a->slope != b->slope ||
            a->isochrone != b->isochrone || a->alpha != b->alpha)
            return gal_fail(GAL_EFORMAT,
                            "%s and %s: library, IMF, isochrones or [alpha/Fe] differ: name the files of one set",
                            m[0].path, base_name(m[i].path));
        if (m[i].name.age != m[i % ages].name.age || m[i].name.mh != m[i - i % ages].name.mh)
            return gal_fail(GAL_EFORMAT, "%s: the ages of [M/H] = %g are not those of [M/H] = %g (%zu of them)",
                            m[i].path, b->mh, a->mh, ages);
    }
    if (n % ages)
        return gal_fail(GAL_EFORMAT, "%s: %zu spectra are not %zu ages of each metallicity", m[0].path, n, ages);
    *nage = ages;
    *nz = n / ages;
    return GAL_OK;
}

static gal_status read_one(const char *path, double *start, double *step, float **lum, size_t *n)
{
    gal_status st = GAL_OK;
    gal_fits *f = NULL;
    int rank;
    size_t dims[GAL_FITS_MAXRANK];
    *lum = NULL;
    GAL_TRY(gal_fits_open(&f, path));
    GAL_TRY(gal_fits_check_size(f));
    GAL_TRY(gal_fits_image_shape(f, &rank, dims));
    if (rank != 1 || dims[0] < 10)
        GAL_THROW(GAL_EFORMAT, "%s: not a spectrum of one dimension", path);
    GAL_TRY(gal_fits_key_f64(f, "CRVAL1", start));
    GAL_TRY(gal_fits_key_f64(f, gal_fits_has_key(f, "CDELT1") ? "CDELT1" : "CD1_1", step));
    if (!(*start > 100 && *start < 1e6 && *step > 0 && *step < 1000))
        GAL_THROW(GAL_EFORMAT, "%s: CRVAL1 = %g, CDELT1 = %g: wavelengths in A, linear, are expected", path, *start,
                  *step);
    *n = dims[0];
    if (!(*lum = GAL_NEWN(float, *n)))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_fits_read_image(f, GAL_FITS_F32, *n, *lum));
out:
    gal_fits_abandon(f);
    return st;
}

static double spread(const miles_name *m, double air)
{
    if (m->library != 'E')
        return 2.51;
    return air < 3061 ? 3 : air < 3541.4 ? 5 : air < 8950.4 ? 2.51 : 2.3548 * 60 / 299792.458 * air;
}

/* Surviving masses out of the authors' text; those it does not have stay 0. Returns how many were found. */
static gal_status read_masses(const char *path, const member *m, gal_ssp *s, size_t *found)
{
    gal_status st = GAL_OK;
    char *text = NULL, imf[3];
    size_t size;
    *found = 0;
    GAL_TRY(gal_read_file(path, &text, &size));
    for (char *line = text, *next; *line; line = next) {
        char *end = strchr(line, '\n');
        double slope, mh, age, total, kept;
        next = end ? end + 1 : line + strlen(line);
        if (end)
            *end = '\0';
        if (sscanf(line, " %2[A-Za-z] %lf %lf %lf %lf %lf", imf, &slope, &mh, &age, &total, &kept) != 6 ||
            tolower((unsigned char)imf[0]) != m->name.imf[0] || tolower((unsigned char)imf[1]) != m->name.imf[1] ||
            slope != m->name.slope || !(total > 0))
            continue;
        for (size_t k = 0; k < s->nz * s->nage; k++)
            if (fabs(m[k].name.mh - mh) < 0.006 && fabs(m[k].name.age / age - 1) < 1e-3) {
                *found += s->mass[k] == 0;
                s->mass[k] = (float)(kept / total);
            }
    }
out:
    gal_free(text);
    return st;
}

static gal_status add_masses(gal_ssp *s, const member *m, char *const *paths, size_t n)
{
    gal_status st = GAL_OK;
    size_t found = 0, want = s->nz * s->nage;
    if (!(s->mass = GAL_NEWN(float, want)))
        return GAL_ENOMEM;
    for (size_t i = 0; i < n && found < want; i++)
        if (strstr(base_name(paths[i]), "ssp_mass"))
            GAL_TRY(read_masses(paths[i], m, s, &found));
    if (found < want) { /* the model then returns mass as it does for any table that says nothing */
        gal_free(s->mass);
        s->mass = NULL;
        ssp_warn_no_mass(m[0].path, "a file *ssp_mass* of its authors beside the spectra");
    }
out:
    return st;
}

/* The spectra among n paths (files that are none are passed over) as one table. */
gal_status ssp_read_miles(gal_ssp **out, char *const *paths, size_t n)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    member *m = GAL_NEWN(member, n + 1);
    float *lum = NULL;
    double start = 0, step = 0;
    size_t have = 0, nz = 0, nage = 0, nwave = 0;
    *out = NULL;
    if (!m)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (parse_name(paths[i], &m[have].name) && gal_fits_is(paths[i]))
            m[have++].path = paths[i];
    GAL_TRY(check_members(m, have, &nz, &nage));
    if (nage < 2)
        GAL_THROW(GAL_EFORMAT, "%s: one age: name the folder with all of them", m[0].path);
    for (size_t k = 0; k < have; k++) {
        double x0, dx;
        size_t count = 0;
        gal_free(lum);
        GAL_TRY(read_one(m[k].path, &x0, &dx, &lum, &count));
        if (!s) {
            GAL_TRY(gal_ssp_create(&s, 1, nz, nage, nwave = count));
            start = x0;
            step = dx;
            if (!(s->fwhm = GAL_NEWN(float, nwave)))
                GAL_TRY(GAL_ENOMEM);
            for (size_t i = 0; i < nwave; i++) {
                double air = start + step * (double)i;
                s->wave[i] = ssp_vacuum(air);
                s->fwhm[i] = (float)spread(&m[0].name, air);
            }
        } else if (count != nwave || x0 != start || dx != step)
            GAL_THROW(GAL_EFORMAT, "%s: %zu pixels from %g A in steps of %g A, %s has %zu from %g A in steps of %g A",
                      m[k].path, count, x0, dx, base_name(m[0].path), nwave, start, step);
        for (size_t i = 0; i < nwave; i++)
            s->lum[k * nwave + i] = lum[i] * (float)(MILES_LSUN / GAL_LSUN);
    }
    for (size_t i = 0; i < nage; i++)
        s->age[i] = ssp_round12(m[i].name.age * 1e9);
    for (size_t i = 0; i < nz; i++)
        s->z[i] = ssp_round12((m[0].name.isochrone == 'T' ? 0.0198 : 0.019) * pow(10, m[i * nage].name.mh));
    GAL_TRY(add_masses(s, m, paths, n));
    char imf[40], text[200];
    snprintf(imf, sizeof imf, "%s %.2f", m[0].name.imf, m[0].name.slope);
    snprintf(text, sizeof text, "%s, MILES group (Vazdekis et al. 2010, 2015, 2016), %s isochrones, [alpha/Fe] = %g",
             m[0].name.library == 'E' ? "E-MILES" : "MILES", m[0].name.isochrone == 'T' ? "BaSTI" : "Padova 2000",
             m[0].name.alpha);
    GAL_TRY(gal_ssp_set_text(s, m[0].name.library == 'E' ? "emiles" : "miles", imf, text));
    *out = s;
    s = NULL;
out:
    gal_free(lum);
    gal_free(m);
    gal_ssp_unref(s);
    return st;
}
