/* SSP spectra of Maraston 2005 (MNRAS 362, 799), .rhb and .bhb, one metallicity per file: age [Gyr], [Z/H], wavelength [A], [erg/s/A] per Msun
 * formed. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"

static const struct {
    const char *code;
    double zh, z;
} m05[] = {{"10m4", -2.25, 1e-4}, {"0001", -1.35, 0.001}, {"001", -0.33, 0.01},
           {"002", 0.00, 0.02},   {"004", 0.35, 0.04},    {"007", 0.67, 0.07}};
#define NM05 (sizeof m05 / sizeof *m05)

/* The [Z/H] column names the metallicity; a file name that says another is refused. */
static gal_status m05_z(const char *path, double zh, double *z)
{
    const char *p = strstr(ssp_base_name(path), "z");
    size_t k = NM05;
    for (size_t i = 0; i < NM05; i++)
        if (fabs(zh - m05[i].zh) < 0.006)
            k = i;
    if (k == NM05)
        return gal_fail(GAL_EFORMAT, "%s: [Z/H] = %g is none of -2.25 -1.35 -0.33 0 0.35 0.67", path, zh);
    for (; p; p = strchr(p + 1, 'z'))
        for (size_t i = 0; i < NM05; i++) {
            size_t len = strlen(m05[i].code);
            if (i != k && strncmp(p + 1, m05[i].code, len) == 0 && !isdigit((unsigned char)p[1 + len]))
                return gal_fail(GAL_EFORMAT, "%s: the file name says Z = %g, the [Z/H] column %g says %g", path,
                                m05[i].z, zh, m05[k].z);
        }
    *z = m05[k].z;
    return GAL_OK;
}

/* Rows of the first age give the number of wavelengths. */
static gal_status m05_shape(const ssp_scan *from, size_t *nage, size_t *nwave)
{
    gal_status st = GAL_OK;
    ssp_scan s = *from;
    double x[4], first = 0;
    size_t rows = 0, n = 0;
    for (ssp_skip_comments(&s); s.p < s.end; ssp_skip_space(&s), rows++) {
        for (size_t i = 0; i < 4; i++)
            GAL_TRY(ssp_number(&s, "columns age, [Z/H], wavelength, luminosity", &x[i]));
        if (rows == 0)
            first = x[0];
        n += x[0] == first;
    }
    if (n == 0 || rows % n)
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu rows, not a multiple of the %zu wavelengths of the first age",
                  s.path, rows, n);
    *nwave = n;
    *nage = rows / n;
out:
    return st;
}

gal_status ssp_read_maraston(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    ssp_scan s;
    char *text = NULL;
    size_t nage = 0, nwave = 0;
    double x[4], zh = 0;
    *out = NULL;
    GAL_TRY(ssp_scan_open(&s, path, &text));
    GAL_TRY(m05_shape(&s, &nage, &nwave));
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    ssp_skip_comments(&s);
    for (size_t ia = 0; ia < nage; ia++)
        for (size_t i = 0; i < nwave; i++) {
            for (size_t k = 0; k < 4; k++)
                GAL_TRY(ssp_number(&s, "columns", &x[k]));
            double age = ssp_round12(x[0] * 1e9);
            if (ia == 0)
                t->wave[i] = x[2];
            if (i == 0)
                t->age[ia] = age;
            if (ia == 0 && i == 0)
                zh = x[1];
            if (x[2] != t->wave[i] || age != t->age[ia] || x[1] != zh)
                GAL_THROW(GAL_EFORMAT, "%s: line %zu: age %g Gyr, [Z/H] %g, wavelength %g A, expected %g Gyr, %g, %g A",
                          path, ssp_line_of(&s, s.p), x[0], x[1], x[2], t->age[ia] / 1e9, zh, t->wave[i]);
            t->lum[ia * nwave + i] = (float)(x[3] / GAL_LSUN);
        }
    GAL_TRY(m05_z(path, zh, &t->z[0]));
    GAL_TRY(gal_ssp_set_text(t, NULL, ssp_imf_in_name(ssp_base_name(path)), "Maraston 2005, MNRAS 362, 799"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}
