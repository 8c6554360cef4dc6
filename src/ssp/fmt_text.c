/* SSP spectra in the text layouts of their authors, one metallicity per file:
 *   BC03 .ised_ASCII   Bruzual & Charlot 2003, MNRAS 344, 1000 (and the 2016 release): n ages [yr]; header lines; n
 *                      wavelengths [A]; per age n fluxes [Lsun/A per Msun formed, Lsun = 3.826e33 erg/s], then m line
 *                      indices; then lists of n values that are not read. Z from "Z=" in the header, else the file name.
 *   BPASS spectra-*    Eldridge, Stanway et al. 2017, PASA 34, e058; Stanway & Eldridge 2018, MNRAS 479, 75: column 1 wavelength
 *                      [A], then [Lsun/A] of 1e6 Msun at log10(age/yr) = 6.0, 6.1, ..: 51 ages (41 in release 1). Z by name.
 *   Maraston .rhb/.bhb Maraston 2005, MNRAS 362, 799: age [Gyr], [Z/H], wavelength [A], [erg/s/A] per Msun formed.
 * Luminosities become multiples of the IAU 2015 nominal 3.828e33 erg/s; BPASS, which states no value, is taken as it is. */
#include "ssp_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"

#define BC03_LSUN 3.826e33
enum {
    HEADER_LINES = 50
}; /* published files have five or six before the wavelengths: the search must not look through all of a file */

/* ------------------------------------------------------------------ numbers in text */
typedef struct scan {
    const char *path, *text, *p, *end;
} scan;

static size_t line_of(const scan *s, const char *p)
{
    size_t n = 1;
    for (const char *q = s->text; q < p; q++)
        n += *q == '\n';
    return n;
}

static void skip_space(scan *s)
{
    while (s->p < s->end && isspace((unsigned char)*s->p))
        s->p++;
}

/* A number as C or Fortran write it: 1.5E-30, 1.5D-30 and 1.5-130 (three-digit exponents lose their letter). */
static bool parse(const char *p, const char **end, double *x)
{
    char *q;
    *x = strtod(p, &q);
    *end = q;
    if (q == p || !(*q == '-' || *q == '+' || *q == 'D' || *q == 'd'))
        return q != p;
    const char *exponent = isalpha((unsigned char)*q) ? q + 1 : q;
    char *r;
    long e = strtol(exponent, &r, 10);
    *end = r;
    *x *= pow(10, (double)e);
    return r > exponent;
}

static gal_status number(scan *s, const char *what, double *x)
{
    const char *q;
    skip_space(s);
    if (s->p == s->end)
        return gal_fail(GAL_EFORMAT, "%s: truncated: ends at line %zu, inside the %s", s->path, line_of(s, s->p), what);
    if (!parse(s->p, &q, x) || (*q && !isspace((unsigned char)*q)))
        return gal_fail(GAL_EFORMAT, "%s: line %zu: '%.*s' among the %s is not a number", s->path, line_of(s, s->p),
                        (int)(strcspn(s->p, " \t\r\n") < 30 ? strcspn(s->p, " \t\r\n") : 30), s->p, what);
    s->p = q;
    return GAL_OK;
}

/* Numbers that the rest of the text has room for, a digit and a blank each */
static double room(const scan *s)
{
    return 0.5 * (double)(s->end - s->p) + 1;
}

static gal_status count(scan *s, const char *what, size_t *n)
{
    double x;
    gal_status st = number(s, what, &x);
    if (st == GAL_OK && !(x >= 0 && x <= 1e7 && x == floor(x)))
        st = gal_fail(GAL_EFORMAT, "%s: line %zu: %g is not a number of %s", s->path, line_of(s, s->p), x, what);
    if (st == GAL_OK && x > room(s))
        st = gal_fail(GAL_EFORMAT, "%s: truncated: line %zu promises %g %s, more than the rest of the file holds",
                      s->path, line_of(s, s->p), x, what);
    *n = st == GAL_OK ? (size_t)x : 0;
    return st;
}

static gal_status open_text(scan *s, const char *path, char **text)
{
    size_t n;
    gal_status st = gal_read_file(path, text, &n);
    *s = (scan){path, *text, *text, *text + (st == GAL_OK ? n : 0)};
    if (st == GAL_OK && memchr(*text, '\0', n))
        st = gal_fail(GAL_EFORMAT, "%s: line %zu: binary data in a text file", path, line_of(s, *text + strlen(*text)));
    return st;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static gal_status create_one(gal_ssp **out, const char *path, size_t nage, size_t nwave)
{
    gal_status st = gal_ssp_create(out, 1, 1, nage, nwave);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s", path);
}

static const char *imf_in_name(const char *name)
{
    static const char *const imf[][2] = {{"chab", "chabrier"}, {"kroup", "kroupa"}, {"salp", "salpeter"},
                                         {"krz", "kroupa"},    {".kr", "kroupa"},   {".ss", "salpeter"}};
    for (size_t i = 0; i < sizeof imf / sizeof *imf; i++)
        if (strstr(name, imf[i][0]))
            return imf[i][1];
    return "";
}

/* ------------------------------------------------------------------ BC03 */
static gal_status bc03_z(const scan *s, const char *header, const char *header_end, double *z)
{
    static const struct {
        const char *code;
        double z;
    } codes[] = {{"m22", 1e-4},   {"m32", 4e-4},   {"m42", 0.004}, {"m52", 0.008}, {"m62", 0.02},
                 {"m72", 0.05},   {"m82", 0.1},    {"m122", 4e-4}, {"m132", 1e-3}, {"m142", 0.004},
                 {"m152", 0.008}, {"m162", 0.019}, {"m172", 0.03}};
    for (const char *p = header; p + 2 < header_end; p++)
        if (p[0] == 'Z' && p[1] == '=' && (p == header || !isalpha((unsigned char)p[-1]))) {
            const char *q;
            if (parse(p + 2, &q, z) && *z > 0 && *z < 1)
                return GAL_OK;
        }
    const char *name = base_name(s->path);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        size_t len = strlen(codes[i].code);
        for (const char *p = strstr(name, codes[i].code); p; p = strstr(p + 1, codes[i].code))
            if (!isalnum((unsigned char)p[len]) && (p == name || !isalnum((unsigned char)p[-1]))) {
                *z = codes[i].z;
                return GAL_OK;
            }
    }
    return gal_fail(GAL_EFORMAT,
                    "%s: metallicity unknown: no 'Z=' in the header, and no code m22 .. m82, m122 .. m172 in the name",
                    s->path);
}

/* Is there at p a list "n x1 .. xn" of ascending positive numbers with the same n after it? Then it is the wavelengths. */
static bool wavelengths_at(const char *p, const char **list, size_t *n)
{
    const char *q;
    double x, before = 0, again;
    if (!parse(p, &q, &x) || !(x >= 2 && x <= 1e7 && x == floor(x)))
        return false;
    *n = (size_t)x;
    *list = q;
    for (size_t i = 0; i < *n; i++, before = x)
        if (!parse(q, &q, &x) || !(x > before))
            return false;
    return parse(q, &q, &again) && again == (double)*n;
}

static gal_status bc03_spectra(scan *s, gal_ssp *t)
{
    gal_status st = GAL_OK;
    size_t n;
    double x;
    char what[64];
    for (size_t ia = 0; ia < t->nage; ia++) {
        snprintf(what, sizeof what, "fluxes of age %zu of %zu", ia + 1, t->nage);
        GAL_TRY(count(s, what, &n));
        if (n != t->nwave)
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: %zu fluxes of age %zu, expected %zu", s->path, line_of(s, s->p), n,
                      ia + 1, t->nwave);
        for (size_t i = 0; i < n; i++) {
            GAL_TRY(number(s, what, &x));
            t->lum[ia * n + i] = (float)(x * (BC03_LSUN / GAL_LSUN));
        }
        snprintf(what, sizeof what, "indices of age %zu of %zu", ia + 1, t->nage);
        GAL_TRY(count(s, what, &n));
        for (size_t i = 0; i < n; i++)
            GAL_TRY(number(s, what, &x));
    }
    for (skip_space(s); s->p < s->end;
         skip_space(s)) { /* mass, supernova rate, ... : complete lists, or the file is cut */
        GAL_TRY(count(s, "lists after the spectra", &n));
        for (size_t i = 0; i < n; i++)
            GAL_TRY(number(s, "lists after the spectra", &x));
    }
out:
    return st;
}

gal_status ssp_read_bc03(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    scan s;
    char *text = NULL;
    double *age = NULL;
    size_t nage, nwave = 0;
    const char *list = NULL;
    *out = NULL;
    GAL_TRY(open_text(&s, path, &text));
    GAL_TRY(count(&s, "ages", &nage));
    if (nage < 2)
        GAL_THROW(GAL_EFORMAT, "%s: line 1: %zu ages, expected at least 2", path, nage);
    if (!(age = GAL_NEWN(double, nage)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < nage; i++)
        GAL_TRY(number(&s, "ages", &age[i]));
    const char *header = s.p, *p = s.p;
    bool found = false;
    for (int line = 0; line < HEADER_LINES && p < s.end; line++) {
        if ((found = wavelengths_at(p, &list, &nwave)))
            break;
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    if (!found)
        GAL_THROW(GAL_EFORMAT, "%s: truncated or not BC03: no list of wavelengths and fluxes after the %zu ages", path,
                  nage);
    if ((double)nage * (double)nwave > room(&s))
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu ages x %zu wavelengths are more than the file holds", path, nage,
                  nwave);
    GAL_TRY(create_one(&t, path, nage, nwave));
    memcpy(t->age, age, nage * sizeof *age);
    s.p = list;
    for (size_t i = 0; i < nwave; i++)
        GAL_TRY(number(&s, "wavelengths", &t->wave[i]));
    GAL_TRY(bc03_z(&s, header, p, &t->z[0]));
    GAL_TRY(bc03_spectra(&s, t));
    GAL_TRY(gal_ssp_set_text(t, NULL, imf_in_name(base_name(path)), "Bruzual & Charlot 2003 (.ised_ASCII)"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(age);
    gal_free(text);
    return st;
}

/* ------------------------------------------------------------------ BPASS */
static gal_status bpass_z(const char *path, double *z)
{
    const char *name = base_name(path);
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

/* Any white space parts numbers, form feeds too: p moves on in every turn. */
static size_t numbers_in_line(const char *p, const char *end)
{
    size_t n = 0;
    while (p < end && *p != '\n') {
        while (p < end && *p != '\n' && isspace((unsigned char)*p))
            p++;
        n += p < end && *p != '\n';
        while (p < end && !isspace((unsigned char)*p))
            p++;
    }
    return n;
}

static void skip_comments(scan *s)
{
    for (skip_space(s); s->p < s->end && *s->p == '#'; skip_space(s))
        while (s->p < s->end && *s->p != '\n')
            s->p++;
}

gal_status ssp_read_bpass(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    scan s;
    char *text = NULL;
    size_t nwave = 0;
    double z = 0, x;
    *out = NULL;
    GAL_TRY(bpass_z(path, &z));
    GAL_TRY(open_text(&s, path, &text));
    skip_comments(&s);
    size_t ncol = numbers_in_line(s.p, s.end);
    for (const char *p = s.p; p < s.end;) { /* count the lines that hold something */
        size_t here = numbers_in_line(p, s.end);
        if (here && here != ncol)
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: has %zu columns, expected %zu", path, line_of(&s, p), here, ncol);
        nwave += here > 0;
        const char *nl = memchr(p, '\n', (size_t)(s.end - p));
        p = nl ? nl + 1 : s.end;
    }
    if (ncol != 52 && ncol != 42)
        GAL_THROW(GAL_EFORMAT, "%s: line %zu: has %zu columns, expected 52 (or 42, release 1)", path, line_of(&s, s.p),
                  ncol);
    size_t nage = ncol - 1;
    GAL_TRY(create_one(&t, path, nage, nwave));
    t->z[0] = z;
    for (size_t i = 0; i < nage; i++)
        t->age[i] = ssp_round12(pow(10, 6 + 0.1 * (double)i));
    for (size_t i = 0; i < nwave; i++) {
        GAL_TRY(number(&s, "wavelengths", &t->wave[i]));
        for (size_t ia = 0; ia < nage; ia++) {
            GAL_TRY(number(&s, "luminosities", &x));
            t->lum[ia * nwave + i] = (float)(x * 1e-6);
        }
    }
    if (t->wave[nwave - 1] != 1e5)
        gal_log(GAL_LOG_WARN, "ssp", "%s: ends at %g A, published BPASS spectra at 100000 A: is the file complete?",
                path, t->wave[nwave - 1]);
    char imf[40] = ""; /* as the file name has it: imf135_300, imf_chab100, .. */
    const char *tag = strstr(base_name(path), "imf");
    if (tag)
        snprintf(imf, sizeof imf, "%.*s", (int)strcspn(tag, "."), tag);
    GAL_TRY(gal_ssp_set_text(t, NULL, imf, "BPASS spectra (Eldridge, Stanway et al.)"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}

/* ------------------------------------------------------------------ Maraston 2005 */
static const struct {
    const char *code;
    double zh, z;
} m05[] = {{"10m4", -2.25, 1e-4}, {"0001", -1.35, 0.001}, {"001", -0.33, 0.01},
           {"002", 0.00, 0.02},   {"004", 0.35, 0.04},    {"007", 0.67, 0.07}};
#define NM05 (sizeof m05 / sizeof *m05)

/* The [Z/H] column names the metallicity; a file name that says another is refused. */
static gal_status m05_z(const char *path, double zh, double *z)
{
    const char *p = strstr(base_name(path), "z");
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
static gal_status m05_shape(const scan *from, size_t *nage, size_t *nwave)
{
    gal_status st = GAL_OK;
    scan s = *from;
    double x[4], first = 0;
    size_t rows = 0, n = 0;
    for (skip_comments(&s); s.p < s.end; skip_space(&s), rows++) {
        for (size_t i = 0; i < 4; i++)
            GAL_TRY(number(&s, "columns age, [Z/H], wavelength, luminosity", &x[i]));
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
    scan s;
    char *text = NULL;
    size_t nage = 0, nwave = 0;
    double x[4], zh = 0;
    *out = NULL;
    GAL_TRY(open_text(&s, path, &text));
    GAL_TRY(m05_shape(&s, &nage, &nwave));
    GAL_TRY(create_one(&t, path, nage, nwave));
    skip_comments(&s);
    for (size_t ia = 0; ia < nage; ia++)
        for (size_t i = 0; i < nwave; i++) {
            for (size_t k = 0; k < 4; k++)
                GAL_TRY(number(&s, "columns", &x[k]));
            double age = ssp_round12(x[0] * 1e9);
            if (ia == 0)
                t->wave[i] = x[2];
            if (i == 0)
                t->age[ia] = age;
            if (ia == 0 && i == 0)
                zh = x[1];
            if (x[2] != t->wave[i] || age != t->age[ia] || x[1] != zh)
                GAL_THROW(GAL_EFORMAT, "%s: line %zu: age %g Gyr, [Z/H] %g, wavelength %g A, expected %g Gyr, %g, %g A",
                          path, line_of(&s, s.p), x[0], x[1], x[2], t->age[ia] / 1e9, zh, t->wave[i]);
            t->lum[ia * nwave + i] = (float)(x[3] / GAL_LSUN);
        }
    GAL_TRY(m05_z(path, zh, &t->z[0]));
    GAL_TRY(gal_ssp_set_text(t, NULL, imf_in_name(base_name(path)), "Maraston 2005, MNRAS 362, 799"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}
