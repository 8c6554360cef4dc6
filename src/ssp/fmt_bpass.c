/* SSP spectra of BPASS (Eldridge, Stanway et al. 2017, PASA 34, e058; Stanway & Eldridge 2018, MNRAS 479, 75), spectra-*.dat, one metallicity per
 * file, told by its name: column 1 wavelength [A, vacuum], then [Lsun/A] of 1e6 Msun at log10(age/yr) = 6.0, 6.1, ..: 51 ages (41 in release 1).
 * BPASS states no value of Lsun: taken as it is. Masses and ionising photons from starmass-* and ionizing-* beside. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gal_status bpass_z(const char *path, double *z)
{
    const char *name = ssp_base_name(path);
    for (const char *p = strstr(name, ".z"); p; p = strstr(p + 1, ".z")) {
        char *q;
        if (strncmp(p + 2, "em", 2) == 0 && isdigit((unsigned char)p[4])) { /* zem4 = 1e-4 */
            *z = strtod((p[4] == '4' ? "1e-4" : p[4] == '5' ? "1e-5" : p[4] == '6' ? "1e-6" : "nan"), NULL);
            if (*z > 0)
                return GAL_OK;
        } else if (isdigit((unsigned char)p[2])) { /* z020 = 0.020 */
            char digits[16] = "0.";
            long v = strtol(p + 2, &q, 10);
            if (v > 0 && q - (p + 2) == 3) {
                memcpy(digits + 2, p + 2, 3);
                *z = strtod(digits, NULL);
                return GAL_OK;
            }
        }
    }
    return gal_fail(GAL_EFORMAT, "%s: metallicity unknown: the file name has no .z001 .. .z040, .zem4 or .zem5", path);
}

/* Columns of a table of numbers beside the spectra, row by row: log10(age/yr), then *second and, where there are three, *third. */
static gal_status beside(const char *path, size_t nage, double *second, double *third)
{
    gal_status st = GAL_OK;
    ssp_scan s;
    char *text = NULL;
    double x;
    GAL_TRY(ssp_scan_open(&s, path, &text));
    ssp_skip_comments(&s);
    for (size_t i = 0; i < nage; i++) {
        size_t n = ssp_numbers_in_line(s.p, s.end);
        if (n < 2)
            GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu rows of the %zu ages", path, i, nage);
        for (size_t c = 0; c < n; c++) {
            GAL_TRY(ssp_number(&s, "columns", &x));
            if (c == 0 && fabs(x - (6 + 0.1 * (double)i)) > 1e-6)
                GAL_THROW(GAL_EFORMAT, "%s: line %zu: log age %g, expected %g", path, ssp_line_of(&s, s.p), x,
                          6 + 0.1 * (double)i);
            if (c == 1)
                second[i] = x;
            if (c == 2 && third)
                third[i] = x;
        }
        ssp_skip_comments(&s);
    }
out:
    gal_free(text);
    return st;
}

/* starmass-*: mass of stars and, in the third column, of remnants [Msun of 1e6]; ionizing-*: log10 of ionising photons [1/s of 1e6 Msun]. */
static gal_status take_companions(const char *path, gal_ssp *t)
{
    gal_status st = GAL_OK;
    char name[4096];
    double *a = GAL_NEWN(double, 2 * t->nage), *b = a ? a + t->nage : NULL;
    if (!a)
        return GAL_ENOMEM;
    if (ssp_companion(path, "spectra-", "starmass-", name, sizeof name)) {
        GAL_TRY(beside(name, t->nage, a, b));
        if (!(t->mass = GAL_NEWN(float, t->nage)))
            GAL_TRY(GAL_ENOMEM);
        for (size_t i = 0; i < t->nage; i++) {
            double m = (a[i] + b[i]) * 1e-6;
            if (!(m > 0 && m <= 1.01)) /* the ages have 0.1 dex: the first may round up */
                GAL_THROW(GAL_EFORMAT, "%s: %g Msun of 1e6 at age %g yr: masses of 1e6 Msun are expected", name,
                          a[i] + b[i], t->age[i]);
            t->mass[i] = (float)fmin(m, 1);
        }
    } else
        ssp_warn_no_mass(path, "the starmass-* file beside it");
    if (ssp_companion(path, "spectra-", "ionizing-", name, sizeof name)) {
        GAL_TRY(beside(name, t->nage, a, NULL));
        if (!(t->qh = GAL_NEWN(float, t->nage)))
            GAL_TRY(GAL_ENOMEM);
        for (size_t i = 0; i < t->nage; i++)
            t->qh[i] = (float)(a[i] - 6);
    }
out:
    gal_free(a);
    return st;
}

gal_status ssp_read_bpass(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    ssp_scan s;
    char *text = NULL;
    size_t nwave = 0;
    double z = 0, x;
    *out = NULL;
    GAL_TRY(bpass_z(path, &z));
    GAL_TRY(ssp_scan_open(&s, path, &text));
    ssp_skip_comments(&s);
    size_t ncol = ssp_numbers_in_line(s.p, s.end);
    for (const char *p = s.p; p < s.end;) { /* count the lines that hold something */
        size_t here = ssp_numbers_in_line(p, s.end);
        if (here && here != ncol)
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: has %zu columns, expected %zu", path, ssp_line_of(&s, p), here, ncol);
        nwave += here > 0;
        const char *nl = memchr(p, '\n', (size_t)(s.end - p));
        p = nl ? nl + 1 : s.end;
    }
    if (ncol != 52 && ncol != 42)
        GAL_THROW(GAL_EFORMAT, "%s: line %zu: has %zu columns, expected 52 (or 42, release 1)", path,
                  ssp_line_of(&s, s.p), ncol);
    size_t nage = ncol - 1;
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    t->z[0] = z;
    for (size_t i = 0; i < nage; i++)
        t->age[i] = ssp_round12(pow(10, 6 + 0.1 * (double)i));
    for (size_t i = 0; i < nwave; i++) {
        GAL_TRY(ssp_number(&s, "wavelengths", &t->wave[i]));
        for (size_t ia = 0; ia < nage; ia++) {
            GAL_TRY(ssp_number(&s, "luminosities", &x));
            t->lum[ia * nwave + i] = (float)(x * 1e-6);
        }
    }
    if (t->wave[nwave - 1] != 1e5)
        gal_log(GAL_LOG_WARN, "ssp", "%s: ends at %g A, published BPASS spectra at 100000 A: is the file complete?",
                path, t->wave[nwave - 1]);
    GAL_TRY(take_companions(path, t));
    char imf[40] = ""; /* as the file name has it: imf135_300, imf_chab100, .. */
    const char *tag = strstr(ssp_base_name(path), "imf");
    if (tag)
        snprintf(imf, sizeof imf, "%.*s", (int)strcspn(tag, "."), tag);
    char from[80] = "BPASS spectra (Eldridge, Stanway et al.)";
    const char *alpha = strstr(ssp_base_name(path), ".a+"); /* release 2.3: .a+02 is [alpha/Fe] = 0.2, .a-02 -0.2 */
    if (!alpha)
        alpha = strstr(ssp_base_name(path), ".a-");
    if (alpha && isdigit((unsigned char)alpha[3]))
        snprintf(from, sizeof from, "BPASS spectra (Eldridge, Stanway et al.), [alpha/Fe] = %.1f",
                 strtod(alpha + 2, NULL) / 10);
    GAL_TRY(gal_ssp_set_text(t, NULL, imf, from));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}
