/* Spectra of Starburst99 (Leitherer et al. 1999, ApJS 123, 3), NAME.spectrum1, one metallicity per file: header lines, then rows of time [yr],
 * wavelength [A], log10 of total, stellar and nebular luminosity [erg/s/A]. The stellar one is read: gas is the business of nebular components.
 * The mass formed, IMF and metallicity stand in NAME.output1 (or .input1) beside it, which is needed; continuous star formation is refused.
 * Surviving masses are nowhere in its files. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"

bool ssp_is_starburst99(const char *text)
{
    return strstr(text, "WAVELENGTH") && strstr(text, "TIME") && strstr(text, "STELLAR");
}

/* The numbers that belong to a label: behind its colon and [NAME], on that line or the next. */
static bool labelled(const char *text, const char *label, double *x, size_t want)
{
    const char *p = strstr(text, label), *end;
    if (!p || !(p = strchr(p, ':')))
        return false;
    p++;
    p += strspn(p, " \t");
    if (*p == '[' && !(p = strchr(p, ']')))
        return false;
    p += *p == ']';
    for (size_t i = 0; i < want; i++) {
        p += strspn(p, " \t\r\n,");
        if (!ssp_parse(p, &end, &x[i]))
            return false;
        p = end;
    }
    return true;
}

/* Codes of the tracks, tens for the set, ones for the metallicity. */
static double metals_of(long iz)
{
    static const double z[6][5] = {{0.001, 0.004, 0.008, 0.020, 0.040},  /* Geneva, standard mass loss */
                                   {0.001, 0.004, 0.008, 0.020, 0.040},  /* Geneva, high */
                                   {0.0004, 0.004, 0.008, 0.020, 0.050}, /* Padova */
                                   {0.0004, 0.004, 0.008, 0.020, 0.050}, /* Padova with AGB */
                                   {0.001, 0.002, 0.008, 0.014, 0.040},  /* Geneva 2012, without rotation */
                                   {0.001, 0.002, 0.008, 0.014, 0.040}}; /* and with it */
    return iz >= 11 && iz <= 65 && iz % 10 >= 1 && iz % 10 <= 5 ? z[iz / 10 - 1][iz % 10 - 1] : 0;
}

/* What was asked of the program, in the words of its own file. */
static gal_status conditions(const char *path, double *z, double *mass, char *imf, size_t n)
{
    gal_status st = GAL_OK;
    char beside[4096], *text = NULL;
    size_t size;
    double isf, total, iz = 0, segments = 1, slope[2] = {0};
    if (!ssp_companion(path, ".spectrum", ".output", beside, sizeof beside) &&
        !ssp_companion(path, ".spectrum", ".input", beside, sizeof beside))
        return gal_fail(GAL_EFORMAT,
                        "%s: the mass formed and the metallicity stand in its .output1: it must be beside it", path);
    GAL_TRY(ssp_read_all(beside, &text, &size));
    if (!labelled(text, "CONTINUOUS STAR FORMATION", &isf, 1) || !labelled(text, "TOTAL STELLAR MASS", &total, 1) ||
        !(total > 0))
        GAL_THROW(GAL_EFORMAT, "%s: no 'CONTINUOUS STAR FORMATION' and 'TOTAL STELLAR MASS' in it", beside);
    if (isf > 0)
        GAL_THROW(GAL_EFORMAT, "%s: continuous star formation, a composite population: a run of fixed mass is needed",
                  path);
    labelled(text, "METALLICITY + TRACKS", &iz, 1);
    for (const char *p = strstr(text, "METALLICITY + TRACKS"); p && iz == 0; p = strchr(p, '\n')) {
        char *end; /* behind lines that list the codes, 11=0.001; 12=... */
        long k = strtol(++p, &end, 10);
        if (end > p && isspace((unsigned char)*end))
            iz = (double)k;
    }
    *z = metals_of((long)iz);
    if (!(*z > 0))
        GAL_THROW(GAL_EFORMAT, "%s: no code of tracks and metallicity (11 .. 65) behind 'METALLICITY + TRACKS'",
                  beside);
    *mass = total * 1e6;
    labelled(text, "NUMBER OF INTERVALS FOR THE IMF", &segments, 1);
    if (segments == 2 && labelled(text, "IMF EXPONENTS", slope, 2) && slope[0] == 1.3 && slope[1] == 2.3)
        snprintf(imf, n, "kroupa");
    else if (segments == 1 && labelled(text, "IMF EXPONENT", slope, 1) && slope[0] == 2.35)
        snprintf(imf, n, "salpeter");
out:
    gal_free(text);
    return st;
}

/* Rows of the first time give the number of wavelengths. */
static gal_status shape(const ssp_scan *from, size_t *nage, size_t *nwave)
{
    gal_status st = GAL_OK;
    ssp_scan s = *from;
    double x, first = 0;
    size_t rows = 0, n = 0;
    for (ssp_skip_space(&s); s.p < s.end; ssp_skip_space(&s), rows++) {
        size_t columns = ssp_numbers_in_line(s.p, s.end);
        if (columns != 5)
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: has %zu columns, expected 5", s.path, ssp_line_of(&s, s.p), columns);
        for (size_t i = 0; i < 5; i++) {
            GAL_TRY(ssp_number(&s, "columns", &x));
            if (i == 0 && rows == 0)
                first = x;
            n += i == 0 && x == first;
        }
    }
    if (n < 2 || rows % n)
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu rows, not a multiple of the %zu wavelengths of the first time",
                  s.path, rows, n);
    *nwave = n;
    *nage = rows / n;
out:
    return st;
}

gal_status ssp_read_starburst99(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    ssp_scan s;
    char *text = NULL, imf[40] = "";
    size_t nage = 0, nwave = 0;
    double x[5], z = 0, mass = 1e6;
    *out = NULL;
    GAL_TRY(conditions(path, &z, &mass, imf, sizeof imf));
    GAL_TRY(ssp_scan_open(&s, path, &text));
    const char *data = strstr(text, "WAVELENGTH");
    for (const char *p = data; p; p = strstr(p + 1, "WAVELENGTH")) /* the last line of the header has it */
        data = p;
    s.p = data ? data + strcspn(data, "\n") : s.end;
    GAL_TRY(shape(&s, &nage, &nwave));
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    t->z[0] = z;
    for (size_t ia = 0; ia < nage; ia++)
        for (size_t i = 0; i < nwave; i++) {
            for (size_t k = 0; k < 5; k++)
                GAL_TRY(ssp_number(&s, "columns", &x[k]));
            if (i == 0)
                t->age[ia] = ssp_round12(x[0]);
            if (ia == 0)
                t->wave[i] = x[1];
            if (x[1] != t->wave[i] || ssp_round12(x[0]) != t->age[ia])
                GAL_THROW(GAL_EFORMAT, "%s: line %zu: time %g yr, wavelength %g A, expected %g yr, %g A", path,
                          ssp_line_of(&s, s.p), x[0], x[1], t->age[ia], t->wave[i]);
            t->lum[ia * nwave + i] = (float)(pow(10, x[3]) / (GAL_LSUN * mass));
        }
    GAL_TRY(ssp_refuse_composite(t, path));
    ssp_warn_no_mass(path, NULL);
    GAL_TRY(gal_ssp_set_text(t, NULL, imf, "Starburst99, stellar light (Leitherer et al. 1999, ApJS 123, 3)"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}
