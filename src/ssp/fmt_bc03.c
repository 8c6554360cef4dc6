/* SSP spectra of GALAXEV, Bruzual & Charlot 2003 (MNRAS 344, 1000) and the releases of 2007 .. 2016, one metallicity per file:
 *   .ised_ASCII   n ages [yr]; header lines; n wavelengths [A]; per age n fluxes [Lsun/A per Msun formed, Lsun = 3.826e33 erg/s], then m line
 *                 indices; then ten lists of n values, among them mass of stars (2), star formation rate (3), mass of remnants (10)
 *   .ised         the same as Fortran writes it: records of 4-byte words between their lengths, of either byte order
 * Z from "Z=" in the header, else from the file name. Masses from these lists, else from the .4color file beside it. A rate that is not zero, or
 * words of a history in the header, mean a composite population: refused. The wavelengths are those of the file: of MILES and STELIB spectra in
 * air from 2000 A on, made vacuum. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"

#define BC03_LSUN 3.826e33
enum {
    HEADER_LINES =
        50, /* published files have five or six before the wavelengths: the search must not look through all of a file */
    STARS = 1,
    RATE = 2,
    REMNANTS = 9,
    LISTS = 16
};

/* The lists behind the spectra: at most LISTS are kept, [list][age]. */
typedef struct bc03_lists {
    double *value;
    size_t n;
} bc03_lists;

/* ------------------------------------------------------------------ header */
static gal_status metallicity(const char *path, const char *header, const char *end, double *z)
{
    static const struct {
        const char *code;
        double z;
    } codes[] = {{"m22", 1e-4},   {"m32", 4e-4},   {"m42", 0.004}, {"m52", 0.008}, {"m62", 0.02},
                 {"m72", 0.05},   {"m82", 0.1},    {"m122", 4e-4}, {"m132", 1e-3}, {"m142", 0.004},
                 {"m152", 0.008}, {"m162", 0.019}, {"m172", 0.03}};
    for (const char *p = header; p + 2 < end; p++)
        if (p[0] == 'Z' && p[1] == '=' && (p == header || !isalpha((unsigned char)p[-1]))) {
            const char *q;
            if (ssp_parse(p + 2, &q, z) && *z > 0 && *z < 1)
                return GAL_OK;
        }
    const char *name = ssp_base_name(path);
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
                    path);
}

static bool has_word(const char *p, const char *end, const char *word)
{
    size_t len = strlen(word);
    for (; p + len <= end; p++) {
        size_t i = 0;
        while (i < len && tolower((unsigned char)p[i]) == word[i])
            i++;
        if (i == len)
            return true;
    }
    return false;
}

static gal_status check_single(const char *path, const char *header, const char *end, const bc03_lists *l, size_t nage,
                               const double *age)
{
    static const char *const words[] = {"exponential", "tau model", "tau =", "constant sfr", "sfr ="};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(header, end, words[i]))
            return gal_fail(GAL_EFORMAT,
                            "%s: a composite population ('%s' in its header): take the file of single populations",
                            path, words[i]);
    bool grows = l->n > RATE && !(l->value[STARS * nage] > 0.9); /* the stars of a single one are all there at first */
    for (size_t i = 0; grows && i < nage; i++)
        if (age[i] > 0 && l->value[RATE * nage + i] > 0)
            return gal_fail(GAL_EFORMAT,
                            "%s: a composite population (star formation rate %g at %g yr): take the file of single "
                            "populations",
                            path, l->value[RATE * nage + i], age[i]);
    return GAL_OK;
}

/* ------------------------------------------------------------------ masses */
/* Columns of .4color: log age, ... ; those of M*_liv and M_remnants by the names in its header. */
static gal_status masses_of_4color(const char *path, gal_ssp *t, size_t *found)
{
    gal_status st = GAL_OK;
    char *text = NULL;
    size_t size, stars = 0, remnants = 0;
    *found = 0;
    GAL_TRY(ssp_read_all(path, &text, &size));
    for (char *line = text, *next; *line; line = next) {
        char *end = strchr(line, '\n'), *word, *rest;
        double x[40];
        size_t n = 0;
        next = end ? end + 1 : line + strlen(line);
        if (end)
            *end = '\0';
        if (*line == '#') {
            for (word = strtok_r(line + 1, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest), n++) {
                if (strcmp(word, "M*_liv") == 0)
                    stars = n;
                if (strcmp(word, "M_remnants") == 0)
                    remnants = n;
            }
            continue;
        }
        for (char *p = line, *q; n < 40; p = q, n++) {
            x[n] = strtod(p, &q);
            if (q == p)
                break;
        }
        for (size_t i = 0; stars && n > stars && n > remnants && i < t->nage; i++)
            if (t->age[i] > 0 && fabs(x[0] - log10(t->age[i])) < 2e-4 && t->mass[i] == 0) {
                t->mass[i] = (float)(x[stars] + (remnants ? x[remnants] : 0));
                *found += t->mass[i] > 0;
            }
    }
out:
    gal_free(text);
    return st;
}

/* From the lists of the file where they can be masses (at most 1 in all, nearly 1 at first), else from .4color, else none. */
static gal_status take_masses(const char *path, const char *suffix, const bc03_lists *l, gal_ssp *t)
{
    gal_status st = GAL_OK;
    char beside[4096];
    size_t found = 0;
    bool good = l->n > REMNANTS;
    if (!(t->mass = GAL_NEWN(float, t->nage)))
        return GAL_ENOMEM;
    for (size_t i = 0; good && i < t->nage; i++) {
        double m = l->value[STARS * t->nage + i] + l->value[REMNANTS * t->nage + i];
        good = m > 0 && m <= 1.001 && (i > 0 || m > 0.9);
        t->mass[i] = (float)fmin(m, 1);
    }
    if (!good) {
        memset(t->mass, 0, t->nage * sizeof *t->mass);
        if (ssp_companion(path, suffix, ".4color", beside, sizeof beside))
            GAL_TRY(masses_of_4color(beside, t, &found));
        if (t->age[0] == 0 && found + 1 == t->nage) { /* no logarithm of age 0 there */
            t->mass[0] = 1;
            found++;
        }
        good = found == t->nage;
    }
    if (!good) {
        gal_free(t->mass);
        t->mass = NULL;
        ssp_warn_no_mass(path, "the .4color file beside it");
    }
out:
    return st;
}

static gal_status complete(gal_ssp *t, const char *path, const char *suffix, const char *header, const char *end,
                           const bc03_lists *l)
{
    gal_status st = GAL_OK;
    GAL_TRY(check_single(path, header, end, l, t->nage, t->age));
    GAL_TRY(ssp_refuse_composite(t, path));
    GAL_TRY(metallicity(path, header, end, &t->z[0]));
    GAL_TRY(take_masses(path, suffix, l, t));
    GAL_TRY(gal_ssp_set_text(t, NULL, ssp_imf_in_name(ssp_base_name(path)), "Bruzual & Charlot 2003 (GALAXEV)"));
out:
    return st;
}

/* ------------------------------------------------------------------ ASCII */
/* Is there at p a list "n x1 .. xn" of ascending positive numbers with the same n after it? Then it is the wavelengths. */
static bool wavelengths_at(const char *p, const char **list, size_t *n)
{
    const char *q;
    double x, before = 0, again;
    if (!ssp_parse(p, &q, &x) || !(x >= 2 && x <= 1e7 && x == floor(x)))
        return false;
    *n = (size_t)x;
    *list = q;
    for (size_t i = 0; i < *n; i++, before = x)
        if (!ssp_parse(q, &q, &x) || !(x > before))
            return false;
    return ssp_parse(q, &q, &again) && again == (double)*n;
}

static gal_status read_lists(ssp_scan *s, size_t nage, bc03_lists *l)
{
    gal_status st = GAL_OK;
    size_t n;
    double x;
    if (!(l->value = GAL_NEWN(double, LISTS *nage)))
        return GAL_ENOMEM;
    for (ssp_skip_space(s); s->p < s->end; ssp_skip_space(s)) { /* complete lists, or the file is cut */
        GAL_TRY(ssp_count(s, "lists after the spectra", &n));
        for (size_t i = 0; i < n; i++) {
            GAL_TRY(ssp_number(s, "lists after the spectra", &x));
            if (l->n < LISTS && n == nage)
                l->value[l->n * nage + i] = x;
        }
        l->n += l->n < LISTS && n == nage;
    }
out:
    return st;
}

static gal_status read_spectra(ssp_scan *s, gal_ssp *t)
{
    gal_status st = GAL_OK;
    size_t n;
    double x;
    char what[64];
    for (size_t ia = 0; ia < t->nage; ia++) {
        snprintf(what, sizeof what, "fluxes of age %zu of %zu", ia + 1, t->nage);
        GAL_TRY(ssp_count(s, what, &n));
        if (n != t->nwave)
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: %zu fluxes of age %zu, expected %zu", s->path, ssp_line_of(s, s->p),
                      n, ia + 1, t->nwave);
        for (size_t i = 0; i < n; i++) {
            GAL_TRY(ssp_number(s, what, &x));
            t->lum[ia * n + i] = (float)(x * (BC03_LSUN / GAL_LSUN));
        }
        snprintf(what, sizeof what, "indices of age %zu of %zu", ia + 1, t->nage);
        GAL_TRY(ssp_count(s, what, &n));
        for (size_t i = 0; i < n; i++)
            GAL_TRY(ssp_number(s, what, &x));
    }
out:
    return st;
}

gal_status ssp_read_bc03(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    ssp_scan s;
    char *text = NULL;
    double *age = NULL;
    size_t nage, nwave = 0;
    const char *list = NULL;
    bc03_lists lists = {0};
    *out = NULL;
    GAL_TRY(ssp_scan_open(&s, path, &text));
    GAL_TRY(ssp_count(&s, "ages", &nage));
    if (nage < 2)
        GAL_THROW(GAL_EFORMAT, "%s: line 1: %zu ages, expected at least 2", path, nage);
    if (!(age = GAL_NEWN(double, nage)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < nage; i++)
        GAL_TRY(ssp_number(&s, "ages", &age[i]));
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
    if ((double)nage * (double)nwave > ssp_room(&s))
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu ages x %zu wavelengths are more than the file holds", path, nage,
                  nwave);
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    memcpy(t->age, age, nage * sizeof *age);
    s.p = list;
    for (size_t i = 0; i < nwave; i++) {
        GAL_TRY(ssp_number(&s, "wavelengths", &t->wave[i]));
        t->wave[i] = ssp_vacuum(t->wave[i]);
    }
    GAL_TRY(read_spectra(&s, t));
    GAL_TRY(read_lists(&s, nage, &lists));
    GAL_TRY(complete(t, path, ".ised_ASCII", header, p, &lists));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(lists.value);
    gal_free(age);
    gal_free(text);
    return st;
}

/* ------------------------------------------------------------------ binary */
typedef struct records {
    const char *path, *data;
    size_t size, at, number;
    bool swap;
} records;

static uint32_t word(const records *r, const char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return r->swap ? __builtin_bswap32(v) : v;
}

static double real(const records *r, const char *p)
{
    uint32_t v = word(r, p);
    float x;
    memcpy(&x, &v, 4);
    return (double)x;
}

/* Do the bytes begin with a record of a few hundred ages, its length at both ends where it is all there? Sets the byte order. */
static bool first_record(records *r)
{
    for (int swap = 0; r->size >= 16 && swap < 2; swap++) {
        r->swap = swap;
        uint32_t len = word(r, r->data), n = word(r, r->data + 4);
        if (n >= 2 && n < 5000 && len >= 4 + 4 * n && len < 100000 &&
            ((size_t)len + 8 > r->size || word(r, r->data + 4 + len) == len))
            return true;
    }
    return false;
}

bool ssp_is_ised(const char *data, size_t n)
{
    records r = {.data = data, .size = n};
    return first_record(&r);
}

/* The next record, of 4-byte words; *n of them. Its first word counts what follows. */
static gal_status next_record(records *r, const char *what, const char **p, size_t *n)
{
    r->number++;
    if (r->size - r->at < 8)
        return gal_fail(GAL_EFORMAT, "%s: truncated: ends before record %zu, the %s", r->path, r->number, what);
    size_t len = word(r, r->data + r->at);
    if (len > r->size - r->at - 8)
        return gal_fail(GAL_EFORMAT, "%s: truncated inside record %zu, the %s", r->path, r->number, what);
    if (len % 4 || len < 4 || word(r, r->data + r->at + 4 + len) != len)
        return gal_fail(GAL_EFORMAT, "%s: record %zu, the %s, is damaged: its lengths before and behind differ",
                        r->path, r->number, what);
    *p = r->data + r->at + 4;
    *n = len / 4;
    r->at += len + 8;
    return GAL_OK;
}

static gal_status list_record(records *r, const char *what, size_t want, const char **p, size_t *n)
{
    size_t words;
    gal_status st = next_record(r, what, p, &words);
    if (st != GAL_OK)
        return st;
    *n = word(r, *p);
    if (*n + 1 > words || (want && *n != want))
        return gal_fail(GAL_EFORMAT, "%s: record %zu has %zu %s, %zu expected", r->path, r->number, *n, what,
                        want ? want : words - 1);
    *p += 4;
    return GAL_OK;
}

static gal_status ised_lists(records *r, size_t nage, bc03_lists *l)
{
    gal_status st = GAL_OK;
    if (!(l->value = GAL_NEWN(double, LISTS *nage)))
        return GAL_ENOMEM;
    while (r->at < r->size && l->n < LISTS) {
        const char *p;
        size_t n;
        GAL_TRY(list_record(r, "values per age", 0, &p, &n));
        if (n != nage)
            continue;
        for (size_t i = 0; i < nage; i++)
            l->value[l->n * nage + i] = real(r, p + 4 * i);
        l->n++;
    }
out:
    return st;
}

gal_status ssp_read_ised(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    char *data = NULL;
    const char *p, *head;
    size_t size, words, nage, nwave, n;
    bc03_lists lists = {0};
    *out = NULL;
    GAL_TRY(ssp_read_all(path, &data, &size));
    records r = {.path = path, .data = data, .size = size};
    first_record(&r);
    GAL_TRY(next_record(&r, "ages", &head, &words));
    nage = word(&r, head);
    GAL_TRY(list_record(&r, "wavelengths", 0, &p, &nwave));
    if (nwave < 2 || (double)nwave * (double)nage * 4 > (double)size)
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu ages x %zu wavelengths are more than the file holds", path, nage,
                  nwave);
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    for (size_t i = 0; i < nage; i++) /* single precision: 12 digits would be noise */
        t->age[i] = real(&r, head + 4 + 4 * i);
    for (size_t i = 0; i < nwave; i++)
        t->wave[i] = ssp_vacuum(real(&r, p + 4 * i));
    for (size_t ia = 0; ia < nage; ia++) {
        GAL_TRY(list_record(&r, "fluxes", nwave, &p, &n));
        for (size_t i = 0; i < nwave; i++)
            t->lum[ia * nwave + i] = (float)(real(&r, p + 4 * i) * (BC03_LSUN / GAL_LSUN));
    }
    GAL_TRY(ised_lists(&r, nage, &lists));
    GAL_TRY(complete(t, path, ".ised", head + 4 * (1 + nage), head + 4 * words, &lists));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(lists.value);
    gal_free(data);
    return st;
}
