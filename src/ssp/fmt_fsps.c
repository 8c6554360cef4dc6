/* Single populations of FSPS (Conroy, Gunn & White 2009, ApJ 699, 486; Conroy & Gunn 2010, ApJ 712, 833), NAME.out.spec, one metallicity per
 * file: header lines that begin with #, number of ages and wavelengths, wavelengths [A, vacuum], then for each age log10(age/yr), log10 of the
 * surviving mass, of L_bol, of the rate, and L_nu [Lsun/Hz per Msun formed, Lsun = 3.839e33 erg/s]. log10(Z/Zsun) stands in the header, Zsun
 * only where the name says which isochrones: MIST 0.0142, Padova 0.019, BaSTI 0.02, PARSEC 0.01524, Geneva 0.02. A rate above zero is a
 * composite population: refused. */
#include "ssp_int.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/const.h"

#define FSPS_LSUN 3.839e33

/* The word that stands behind `key` in the header, NULL when it is not there. */
static const char *after(const char *text, const char *end, const char *key)
{
    const char *p = strstr(text, key);
    return p && p < end ? p + strlen(key) : NULL;
}

static double zsun_of(const char *name, bool *said)
{
    static const struct {
        const char *word;
        double zsun;
    } known[] = {{"mist", 0.0142},    {"padova", 0.019}, {"basti", 0.02},
                 {"parsec", 0.01524}, {"prsc", 0.01524}, {"geneva", 0.02}};
    char low[256];
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof low; n++)
        low[n] = (char)tolower((unsigned char)name[n]);
    low[n] = '\0';
    *said = true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(low, known[i].word))
            return known[i].zsun;
    *said = false;
    return known[0].zsun;
}

static gal_status metallicity(const char *path, const char *header, const char *end, double *z)
{
    const char *name = ssp_base_name(path), *p = strstr(name, "_Z"), *q;
    if (p && ssp_parse(p + 2, &q, z) && *z > 0 && *z < 0.2) /* SSP_MIST_MILES_Kroupa_Z0.0142.out.spec */
        return GAL_OK;
    double log_z;
    bool said, found = (p = after(header, end, "Log(Z/Zsol):")) && ssp_parse(p, &q, &log_z) && fabs(log_z) < 5;
    if (!found)
        return gal_fail(GAL_EFORMAT,
                        "%s: metallicity unknown: no 'Log(Z/Zsol):' in the header, no _Z0.0142 in the name", path);
    double zsun = zsun_of(name, &said);
    *z = ssp_round12(zsun * pow(10, log_z));
    if (!said)
        gal_log(GAL_LOG_WARN, "ssp",
                "%s: the header has Z/Zsun and not Zsun: 0.0142 (MIST) is taken; a name with Padova, BaSTI, PARSEC, "
                "Geneva or _Z0.0190 says another",
                path);
    return GAL_OK;
}

static const char *imf(const char *header, const char *end)
{
    static const char *const number[] = {"salpeter", "chabrier", "kroupa", "vandokkum", "dave", "tabulated"};
    const char *p = after(header, end, "IMF:");
    long k = p ? strtol(p, NULL, 10) : -1;
    return k >= 0 && k < 6 ? number[k] : "";
}

static gal_status read_ages(ssp_scan *s, gal_ssp *t)
{
    gal_status st = GAL_OK;
    char what[64];
    for (size_t ia = 0; ia < t->nage; ia++) {
        double head[4], x;
        snprintf(what, sizeof what, "age %zu of %zu", ia + 1, t->nage);
        for (size_t i = 0; i < 4; i++)
            GAL_TRY(ssp_number(s, what, &head[i]));
        if (!(head[0] > 3 && head[0] < 12))
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: log age %g, log10(age/yr) is expected", s->path, ssp_line_of(s, s->p),
                      head[0]);
        if (head[3] > -30)
            GAL_THROW(GAL_EFORMAT,
                      "%s: a composite population (star formation rate %.3g at 10^%g yr): write single ones, sfh = 0",
                      s->path, pow(10, head[3]), head[0]);
        if (!(head[1] <= 0.001)) /* 1 Msun formed */
            GAL_THROW(GAL_EFORMAT, "%s: line %zu: log mass %g: populations of 1 Msun formed are expected", s->path,
                      ssp_line_of(s, s->p), head[1]);
        t->age[ia] = ssp_round12(pow(10, head[0]));
        t->mass[ia] = (float)fmin(1, pow(10, head[1]));
        for (size_t i = 0; i < t->nwave; i++) {
            GAL_TRY(ssp_number(s, what, &x));
            t->lum[ia * t->nwave + i] = (float)(x * (GAL_C_AA / (t->wave[i] * t->wave[i])) * (FSPS_LSUN / GAL_LSUN));
        }
    }
    ssp_skip_space(s);
    if (s->p < s->end)
        GAL_THROW(GAL_EFORMAT, "%s: line %zu: more numbers than %zu ages x %zu wavelengths", s->path,
                  ssp_line_of(s, s->p), t->nage, t->nwave);
out:
    return st;
}

bool ssp_is_fsps(const char *text)
{
    return *text == '#' && (strstr(text, "Log(Z/Zsol)") || strstr(text, "log(age) log(mass)"));
}

gal_status ssp_read_fsps(gal_ssp **out, const char *path)
{
    gal_status st = GAL_OK;
    gal_ssp *t = NULL;
    ssp_scan s;
    char *text = NULL;
    size_t nage, nwave;
    double z = 0;
    *out = NULL;
    GAL_TRY(ssp_scan_open(&s, path, &text));
    ssp_skip_comments(&s);
    const char *header = text, *end = s.p;
    if (after(header, end, "SFH:"))
        GAL_THROW(GAL_EFORMAT, "%s: a composite population ('SFH:' in its header): write single ones, sfh = 0", path);
    GAL_TRY(ssp_count(&s, "ages", &nage));
    GAL_TRY(ssp_count(&s, "wavelengths", &nwave));
    if (nage < 2 || nwave < 2)
        GAL_THROW(GAL_EFORMAT, "%s: %zu ages x %zu wavelengths: a file of all ages is needed (tage = 0)", path, nage,
                  nwave);
    if ((double)nage * (double)nwave > ssp_room(&s))
        GAL_THROW(GAL_EFORMAT, "%s: truncated: %zu ages x %zu wavelengths are more than the file holds", path, nage,
                  nwave);
    GAL_TRY(metallicity(path, header, end, &z));
    GAL_TRY(ssp_create_one(&t, path, nage, nwave));
    t->z[0] = z;
    if (!(t->mass = GAL_NEWN(float, nage)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < nwave; i++)
        GAL_TRY(ssp_number(&s, "wavelengths", &t->wave[i]));
    if (!(t->wave[0] > 1))
        GAL_THROW(GAL_EFORMAT, "%s: wavelengths begin at %g: A are expected", path, t->wave[0]);
    GAL_TRY(read_ages(&s, t));
    GAL_TRY(ssp_refuse_composite(t, path));
    GAL_TRY(gal_ssp_set_text(t, NULL, imf(header, end),
                             "FSPS (Conroy, Gunn & White 2009, ApJ 699, 486; Conroy & Gunn 2010, ApJ 712, 833)"));
    *out = t;
    t = NULL;
out:
    gal_ssp_unref(t);
    gal_free(text);
    return st;
}
