/* What readers of SSP files in text share. See text.h. */
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/table_source.h"

gal_status ssp_read_all(const char *path, char **data, size_t *n)
{
    source s;
    *data = NULL;
    gal_status st = gal_source_open(&s, path);
    if (st != GAL_OK)
        return st;
    *n = s.size;
    st = gal_source_all(&s, data);
    gal_source_close(&s);
    return st;
}

gal_status ssp_scan_open(ssp_scan *s, const char *path, char **text)
{
    size_t n = 0;
    gal_status st = ssp_read_all(path, text, &n);
    *s = (ssp_scan){path, *text, *text, *text + (st == GAL_OK ? n : 0)};
    if (st == GAL_OK && memchr(*text, '\0', n))
        st = gal_fail(GAL_EFORMAT, "%s: line %zu: binary data in a text file", path,
                      ssp_line_of(s, *text + strlen(*text)));
    return st;
}

size_t ssp_line_of(const ssp_scan *s, const char *p)
{
    size_t n = 1;
    for (const char *q = s->text; q < p; q++)
        n += *q == '\n';
    return n;
}

void ssp_skip_space(ssp_scan *s)
{
    while (s->p < s->end && isspace((unsigned char)*s->p))
        s->p++;
}

void ssp_skip_comments(ssp_scan *s)
{
    for (ssp_skip_space(s); s->p < s->end && *s->p == '#'; ssp_skip_space(s))
        while (s->p < s->end && *s->p != '\n')
            s->p++;
}

bool ssp_parse(const char *p, const char **end, double *x)
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

gal_status ssp_number(ssp_scan *s, const char *what, double *x)
{
    const char *q;
    ssp_skip_space(s);
    if (s->p == s->end)
        return gal_fail(GAL_EFORMAT, "%s: truncated: ends at line %zu, inside the %s", s->path, ssp_line_of(s, s->p),
                        what);
    if (!ssp_parse(s->p, &q, x) || (*q && !isspace((unsigned char)*q)))
        return gal_fail(GAL_EFORMAT, "%s: line %zu: '%.*s' among the %s is not a number", s->path, ssp_line_of(s, s->p),
                        (int)(strcspn(s->p, " \t\r\n") < 30 ? strcspn(s->p, " \t\r\n") : 30), s->p, what);
    s->p = q;
    return GAL_OK;
}

double ssp_room(const ssp_scan *s)
{
    return 0.5 * (double)(s->end - s->p) + 1;
}

gal_status ssp_count(ssp_scan *s, const char *what, size_t *n)
{
    double x;
    gal_status st = ssp_number(s, what, &x);
    if (st == GAL_OK && !(x >= 0 && x <= 1e7 && x == floor(x)))
        st = gal_fail(GAL_EFORMAT, "%s: line %zu: %g is not a number of %s", s->path, ssp_line_of(s, s->p), x, what);
    if (st == GAL_OK && x > ssp_room(s))
        st = gal_fail(GAL_EFORMAT, "%s: truncated: line %zu promises %g %s, more than the rest of the file holds",
                      s->path, ssp_line_of(s, s->p), x, what);
    *n = st == GAL_OK ? (size_t)x : 0;
    return st;
}

/* Form feeds part numbers too: p moves on in every turn. */
size_t ssp_numbers_in_line(const char *p, const char *end)
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

const char *ssp_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *ssp_imf_in_name(const char *name)
{
    static const char *const imf[][2] = {{"chab", "chabrier"}, {"Chab", "chabrier"}, {"kroup", "kroupa"},
                                         {"Kroup", "kroupa"},  {"salp", "salpeter"}, {"Salp", "salpeter"},
                                         {"krz", "kroupa"},    {".kr", "kroupa"},    {".ss", "salpeter"}};
    for (size_t i = 0; i < sizeof imf / sizeof *imf; i++)
        if (strstr(name, imf[i][0]))
            return imf[i][1];
    return "";
}

gal_status ssp_create_one(gal_ssp **out, const char *path, size_t nage, size_t nwave)
{
    gal_status st = gal_ssp_create(out, 1, 1, nage, nwave);
    return st == GAL_OK ? st : gal_fail_prefix(st, "%s", path);
}

bool ssp_companion(const char *path, const char *from, const char *to, char *out, size_t n)
{
    const char *name = ssp_base_name(path), *at = NULL;
    for (const char *p = strstr(name, from); p; p = strstr(p + 1, from))
        at = p;
    if (!at)
        return false;
    for (int packed = 0; packed < 2; packed++) {
        int len = snprintf(out, n, "%.*s%s%s", (int)(at - path), path, to, at + strlen(from));
        if (len < 0 || (size_t)len + 4 > n)
            return false;
        char *gz = len > 3 && strcmp(out + len - 3, ".gz") == 0 ? out + len - 3 : NULL;
        if (gz)
            *gz = '\0';
        if (packed)
            strcat(out, ".gz");
        if (gal_file_exists(out))
            return true;
    }
    return false;
}

gal_status ssp_refuse_composite(const gal_ssp *s, const char *path)
{
    double *light = GAL_NEWN(double, s->nage);
    gal_status st = light ? GAL_OK : GAL_ENOMEM;
    for (size_t k = 0; st == GAL_OK && k < s->nz * s->nage; k++) {
        const float *l = s->lum + k * s->nwave;
        size_t ia = k % s->nage, before = 0;
        light[ia] = 0;
        for (size_t i = 1; i < s->nwave; i++)
            light[ia] += 0.5 * ((double)l[i] + (double)l[i - 1]) * (s->wave[i] - s->wave[i - 1]);
        while (before < ia && !(s->age[before] >= 2e7 && s->age[before] * 10 >= s->age[ia] * (1 - 1e-9)))
            before++;
        if (before < ia && s->age[before] * 5 < s->age[ia] && light[ia] > light[before])
            st = gal_fail(GAL_EFORMAT,
                          "%s: a composite population: its light grows from %.3g to %.3g yr, a single population "
                          "fades: take the file of single populations (ssp)",
                          path, s->age[before], s->age[ia]);
    }
    gal_free(light);
    return st;
}
