/* units.c - units as tables spell them: FITS, VOUnit, CDS, astropy, and the habits of survey files.
 *
 * A unit is an expression: a scale ("1e-17", "10^-17", "10**(-17)", CDS "10-17"), then names with powers ("cm-2", "cm**-2", "cm^-2",
 * "cm2", "cm^{-2}") joined by blanks, dots, stars and slashes; parentheses group. A slash divides by the next factor, as in
 * erg/s/cm2/A; where that gives nothing known, by the whole product behind it (astropy: "erg / s cm2 Hz"). Names are the rows of
 * NAMES, with SI prefixes where they are usual. What the product is (a length, a flux density) follows from its dimensions. Case
 * counts (mJy is not MJy) except for spelled-out names. Magnitudes are not units; gal_flux_unit_parse() knows them.
 * Sizes are in A, 1e-23 g, s, rad, K, so that the jansky is 1. Thread safe. */
#include "galua/const.h"
#include "galua/table.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LENGTH, MASS, TIME, ANGLE, TEMPERATURE, NDIM };
typedef struct unit {
    double size;
    int dim[NDIM];
} unit;

#define DEG  (3.14159265358979323846 / 180)
#define GRAM 1e23
#define JOULE                                                                                                          \
    {                                                                                                                  \
        2, 1, -2                                                                                                       \
    }
typedef enum prefixed { NO, SI, LONG } prefixed; /* SI: m, k ...; LONG: milli, kilo ... too */
// clang-format off
static const struct {
    const char *name;
    double size;
    int dim[NDIM];
    prefixed prefix;
} NAMES[] = {
    {"A", 1, {1}, NO}, {"Angstrom", 1, {1}, NO}, {"Angstroms", 1, {1}, NO}, {"Ang", 1, {1}, NO}, {"AA", 1, {1}, NO}, {"\xc3\x85", 1, {1}, NO},
    {"\xe2\x84\xab", 1, {1}, NO}, {"angstroem", 1, {1}, NO},
    {"m", 1e10, {1}, SI}, {"meter", 1e10, {1}, LONG}, {"metre", 1e10, {1}, LONG}, {"micron", 1e4, {1}, NO}, {"microns", 1e4, {1}, NO},
    {"pc", GAL_PC_CM * 1e8, {1}, SI}, {"AU", 1.495978707e21, {1}, NO}, {"au", 1.495978707e21, {1}, NO},
    {"g", GRAM, {0, 1}, SI}, {"Msun", GAL_MSUN * GRAM, {0, 1}, NO}, {"solMass", GAL_MSUN * GRAM, {0, 1}, NO}, {"M_sun", GAL_MSUN * GRAM, {0, 1}, NO},
    {"s", 1, {0, 0, 1}, SI}, {"sec", 1, {0, 0, 1}, NO}, {"second", 1, {0, 0, 1}, NO}, {"S", 1, {0, 0, 1}, NO}, {"SEC", 1, {0, 0, 1}, NO},
    {"min", 60, {0, 0, 1}, NO}, {"h", 3600, {0, 0, 1}, NO}, {"d", 86400, {0, 0, 1}, NO},
    {"yr", GAL_YR_S, {0, 0, 1}, SI}, {"a", GAL_YR_S, {0, 0, 1}, SI}, {"year", GAL_YR_S, {0, 0, 1}, NO}, {"years", GAL_YR_S, {0, 0, 1}, NO},
    {"Hz", 1, {0, 0, -1}, SI}, {"hertz", 1, {0, 0, -1}, LONG}, {"HZ", 1, {0, 0, -1}, NO},
    {"erg", 1e16 * GRAM, JOULE, NO}, {"ergs", 1e16 * GRAM, JOULE, NO}, {"ERG", 1e16 * GRAM, JOULE, NO}, {"ERGS", 1e16 * GRAM, JOULE, NO},
    {"J", 1e23 * GRAM, JOULE, SI}, {"eV", GAL_EV_ERG * 1e16 * GRAM, JOULE, SI}, {"W", 1e23 * GRAM, {2, 1, -3}, SI}, {"CM", 1e8, {1}, NO}, {"ANG", 1, {1}, NO},
    {"Lsun", GAL_LSUN * 1e16 * GRAM, {2, 1, -3}, NO}, {"solLum", GAL_LSUN * 1e16 * GRAM, {2, 1, -3}, NO}, {"L_sun", GAL_LSUN * 1e16 * GRAM, {2, 1, -3}, NO},
    {"Jy", 1, {0, 1, -2}, SI}, {"jansky", 1, {0, 1, -2}, LONG}, {"janskys", 1, {0, 1, -2}, LONG}, {"Jansky", 1, {0, 1, -2}, LONG},
    {"maggy", GAL_AB_JY, {0, 1, -2}, LONG}, {"maggies", GAL_AB_JY, {0, 1, -2}, LONG}, {"mgy", GAL_AB_JY, {0, 1, -2}, SI},
    {"rad", 1, {0, 0, 0, 1}, SI}, {"deg", DEG, {0, 0, 0, 1}, NO}, {"degree", DEG, {0, 0, 0, 1}, NO}, {"arcmin", DEG / 60, {0, 0, 0, 1}, NO},
    {"arcsec", DEG / 3600, {0, 0, 0, 1}, SI}, {"as", DEG / 3600, {0, 0, 0, 1}, SI}, {"sr", 1, {0, 0, 0, 2}, NO},
    {"K", 1, {0, 0, 0, 0, 1}, SI}, {"%", 0.01, {0}, NO}, {"none", 1, {0}, NO}, {"dimensionless", 1, {0}, NO},
};
static const struct {
    const char *name;
    int dim[NDIM];
} KINDS[] = {
    {"dimensionless", {0}}, {"length", {1}}, {"mass", {0, 1}}, {"time", {0, 0, 1}}, {"frequency", {0, 0, -1}}, {"angle", {0, 0, 0, 1}},
    {"temperature", {0, 0, 0, 0, 1}}, {"flux density", {0, 1, -2}}, {"flux density per wavelength", {-1, 1, -3}}, {"flux", {0, 1, -3}},
    {"luminosity", {2, 1, -3}}, {"energy", {2, 1, -2}}, {"velocity", {1, 0, -1}},
    {"surface brightness", {0, 1, -2, -2}}, {"solid angle", {0, 0, 0, 2}}, {"area", {2}}, {"star formation rate", {0, 1, -1}},
};
static const struct { const char *name; int power; } PREFIX[] = { /* "da" is left out: nobody writes it */
    {"m", -3}, {"u", -6}, {"\xc2\xb5", -6}, {"\xce\xbc", -6}, {"n", -9}, {"p", -12}, {"f", -15}, {"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15},
    {"c", -2}, {"d", -1}, {"h", 2}, {"milli", -3}, {"micro", -6}, {"nano", -9}, {"kilo", 3}, {"mega", 6}, {"giga", 9}, {"centi", -2},
};
static const char *const USUAL[] = { /* what "did you mean" offers */
    "mJy", "uJy", "nJy", "kJy", "MJy", "Angstrom", "angstrom", "micron", "nm", "um", "mm", "cm", "km", "kpc", "Mpc", "Gpc", "pc", "W/m2/Hz",
    "erg/s/cm2/Hz", "erg/s/cm2/A", "W/m2/um", "nanomaggy", "maggy", "mag(AB)", "yr", "kyr", "Myr", "Gyr", "kg", "Msun", "solMass", "erg/s", "Lsun",
    "solLum", "rad", "deg", "arcmin", "arcsec", "mas", "Hz", "kHz", "MHz", "GHz", "THz", "Jy"};
// clang-format on
#define COUNT(x) (sizeof(x) / sizeof(x)[0])

/* ------------------------------------------------------------------ names */
static bool same_word(const char *name, const char *s, size_t n)
{
    if (strlen(name) != n)
        return false;
    /* spelled-out names of any case; none of them differs from another by case alone */
    return strncmp(name, s, n) == 0 || (n >= 5 && strncasecmp(name, s, n) == 0);
}

static bool row_of(const char *s, size_t n, prefixed at_least, unit *out)
{
    for (size_t i = 0; i < COUNT(NAMES); i++)
        if (NAMES[i].prefix >= at_least && same_word(NAMES[i].name, s, n)) {
            out->size = NAMES[i].size;
            memcpy(out->dim, NAMES[i].dim, sizeof out->dim);
            return true;
        }
    return false;
}

static bool name_of(const char *s, size_t n, unit *out)
{
    if (row_of(s, n, NO, out))
        return true;
    for (size_t i = 0; i < COUNT(PREFIX); i++) {
        size_t k = strlen(PREFIX[i].name);
        bool word = k > 2;
        if (k >= n || (word ? strncasecmp(PREFIX[i].name, s, k) : strncmp(PREFIX[i].name, s, k)) != 0 ||
            !row_of(s + k, n - k, word ? LONG : SI, out))
            continue;
        char power[8];
        snprintf(power, sizeof power, "1e%d", PREFIX[i].power);
        out->size *= strtod(power, NULL);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ expressions */
typedef struct parser {
    const char *p;
    bool tight; /* a slash divides by the whole product behind it */
    int depth;
    char bad[40]; /* the name that is unknown, "" when something else is wrong */
} parser;

static double whole_power(double x, int n)
{
    double y = 1;
    for (int i = 0; i < abs(n); i++)
        y *= x;
    return n < 0 ? 1 / y : y;
}

static bool multiply(unit *a, const unit *b, int power)
{
    if (abs(power) > 12)
        return false;
    a->size *= whole_power(b->size, power);
    for (int i = 0; i < NDIM; i++)
        if (abs(a->dim[i] += power * b->dim[i]) > 100)
            return false;
    return a->size > 0 && isfinite(a->size);
}

static void blanks(parser *s)
{
    while (isspace((unsigned char)*s->p))
        s->p++;
}

/* "2", "-1", "+2", "**-1", "**(-1)", "^-1", "^{-1}", the superscripts of UTF-8; 1 when there is none */
static bool power(parser *s, int *out)
{
    static const char *const SUPER[] = {"\xc2\xb9", "\xc2\xb2", "\xc2\xb3"};
    const char *p = s->p;
    *out = 1;
    bool sign = strncmp(p, "\xe2\x81\xbb", 3) == 0;
    for (int k = 0; k < 3; k++)
        if (strncmp(p + 3 * sign, SUPER[k], 2) == 0) {
            *out = sign ? -k - 1 : k + 1;
            s->p = p + 3 * sign + 2;
            return true;
        }
    bool marked = true;
    if (p[0] == '*' && p[1] == '*')
        p += 2;
    else if (*p == '^')
        p++;
    else
        marked = false;
    char close = marked && *p == '(' ? ')' : marked && *p == '{' ? '}' : 0;
    p += close != 0;
    while (marked && *p == ' ')
        p++;
    const char *digit = p + (*p == '+' || *p == '-');
    if (!isdigit((unsigned char)*digit))
        return !marked;
    char *end;
    long n = strtol(p, &end, 10);
    if (n < -12 || n > 12 || (*end == '.' && isdigit((unsigned char)end[1])))
        return false; /* "m0.5" */
    while (close && *end == ' ')
        end++;
    if (close && *end != close)
        return false;
    s->p = end + (close != 0);
    *out = (int)n;
    return true;
}

/* "1e-17", "10^-17", "10**(-17)", "10-17", "10+3", "1.5x10-3" */
static bool number(parser *s, double *out)
{
    char text[16];
    char *end;
    const char *p = s->p;
    size_t n = strspn(p, "0123456789.");
    bool ten = n == 2 && strncmp(p, "10", 2) == 0;
    if (ten && (p[2] == '^' || (p[2] == '*' && p[3] == '*') ||
                ((p[2] == '-' || p[2] == '+') && isdigit((unsigned char)p[3])))) {
        p += p[2] == '^' ? 3 : p[2] == '*' ? 4 : 2;
        char close = *p == '(' ? ')' : *p == '{' ? '}' : 0;
        p += close != 0;
        long e = strtol(p, &end, 10);
        if (end == p || labs(e) > 99 || (close && *end != close))
            return false;
        snprintf(text, sizeof text, "1e%ld", e);
        *out = strtod(text, NULL);
        s->p = end + (close != 0);
        return true;
    }
    if (n == 0)
        return false;
    size_t sign = p[n] && (p[n + 1] == '-' || p[n + 1] == '+');
    if ((p[n] == 'e' || p[n] == 'E') && isdigit((unsigned char)p[n + 1 + sign]))
        n += 1 + sign + strspn(p + n + 1 + sign, "0123456789");
    char copy[48];
    if (n >= sizeof copy)
        return false;
    memcpy(copy, p, n);
    copy[n] = 0;
    *out = strtod(copy, &end);
    s->p = p + n;
    return *end == 0 && *out > 0 && isfinite(*out);
}

static bool product(parser *s, unit *out);

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (isalpha((unsigned char)p[n]) || p[n] == '_' || p[n] == '%' || ((unsigned char)p[n] & 0x80)) {
        if (strncmp(p + n, "\xc2\xb2", 2) == 0 || strncmp(p + n, "\xc2\xb3", 2) == 0 ||
            strncmp(p + n, "\xc2\xb9", 2) == 0 || strncmp(p + n, "\xe2\x81\xbb", 3) == 0 ||
            strncmp(p + n, "\xc2\xb7", 2) == 0 || strncmp(p + n, "\xc3\x97", 2) == 0)
            break;
        n++;
    }
    return n;
}

/* a number, a name with its power, or a group in parentheses; `way` is +1 or -1 */
static bool factor(parser *s, unit *out, int way)
{
    unit u = {1, {0}};
    int n = 1;
    if (isdigit((unsigned char)*s->p) || *s->p == '.') {
        if (!number(s, &u.size))
            return false;
        return multiply(out, &u, way);
    }
    if (*s->p == '(') {
        if (++s->depth > 8)
            return false;
        s->p++;
        if (!product(s, &u) || *s->p != ')')
            return false;
        s->p++;
        s->depth--;
    } else {
        size_t len = word_length(s->p);
        if (len == 0)
            return false;
        if (!name_of(s->p, len, &u)) {
            snprintf(s->bad, sizeof s->bad, "%.*s", (int)len, s->p);
            return false;
        }
        s->p += len;
    }
    return power(s, &n) && multiply(out, &u, way * n);
}

/* factors up to the end or a ')' */
static bool product(parser *s, unit *out)
{
    int way = 1;
    bool first = true;
    blanks(s);
    for (; *s->p && *s->p != ')'; blanks(s)) {
        bool slash = *s->p == '/';
        if (slash || (*s->p == '*' && s->p[1] != '*') || (*s->p == '.' && !isdigit((unsigned char)s->p[1]))) {
            if (first && !slash)
                return false;
            s->p++;
        } else if (strncmp(s->p, "\xc2\xb7", 2) == 0 || strncmp(s->p, "\xc3\x97", 2) == 0)
            s->p += 2;
        blanks(s);
        way = slash ? -1 : s->tight ? way : 1;
        if (!factor(s, out, way))
            return false;
        first = false;
    }
    return !first;
}

static const char *kind_name(const unit *u)
{
    for (size_t i = 0; i < COUNT(KINDS); i++)
        if (memcmp(KINDS[i].dim, u->dim, sizeof u->dim) == 0)
            return KINDS[i].name;
    return NULL;
}

static gal_status unknown(const char *name, const char *bad)
{
    char hint[128], part[64] = "";
    gal_did_you_mean(hint, sizeof hint, name, USUAL, COUNT(USUAL));
    if (!*hint && *bad && strcmp(bad, name) != 0) {
        gal_did_you_mean(hint, sizeof hint, bad, USUAL, COUNT(USUAL));
        snprintf(part, sizeof part, ": '%s' is not known", bad);
    }
    if (strncasecmp(name, "mag", 3) == 0 || strcasecmp(name, "ABmag") == 0)
        snprintf(hint, sizeof hint, " (magnitudes are converted before: S = 3630.78 Jy * 10^(-0.4 m_AB))");
    if (strncasecmp(name, "log", 3) == 0 || *name == '[')
        snprintf(hint, sizeof hint, " (logarithms are not converted)");
    return gal_fail(GAL_EINVAL, "unknown unit '%.80s'%s%s", name, part, hint);
}

static gal_status parse(const char *name, unit *out)
{
    unit first = {1, {0}};
    for (int tight = 0; tight < 2; tight++) {
        parser s = {.p = name, .tight = tight};
        unit u = {1, {0}};
        blanks(&s);
        if (*s.p && (!product(&s, &u) || *s.p))
            return unknown(name, s.bad);
        *out = u;
        if (kind_name(&u))
            return GAL_OK;
        if (!tight)
            first = u;
    }
    *out = first;
    return GAL_OK;
}

/* the decimal number that a product of powers of ten stands for: 1e26, not 1.0000000000000001e26 */
static double tidy(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", x);
    return strtod(text, NULL);
}

gal_status gal_unit_factor(const char *from, const char *to, double *out)
{
    unit a, b;
    gal_status st = parse(from, &a);
    if (st == GAL_OK)
        st = parse(to, &b);
    if (st != GAL_OK)
        return st;
    if (memcmp(a.dim, b.dim, sizeof a.dim) != 0) {
        const char *ka = kind_name(&a), *kb = kind_name(&b);
        return gal_fail(GAL_EINVAL, "unit '%.80s' (%s) does not convert to '%.80s' (%s)", from,
                        ka ? ka : "no quantity of photometry", to, kb ? kb : "no quantity of photometry");
    }
    *out = a.size == b.size ? 1 : tidy(a.size / b.size);
    return GAL_OK;
}

/* ------------------------------------------------------------------ flux densities and magnitudes */
/* Letters of a magnitude's name: mag(AB), ABmag, "AB mag", mag_AB, m_AB; 'A' AB, 'S' ST, 'm' only "mag", 0 no magnitude */
static char magnitude(const char *text)
{
    char s[16];
    size_t n = 0;
    for (; *text && n + 1 < sizeof s; text++)
        if (isalpha((unsigned char)*text))
            s[n++] = (char)tolower((unsigned char)*text);
        else if (!strchr(" ()_-", *text))
            return 0;
    s[n] = 0;
    static const char *const AB[] = {"magab", "abmag", "ab", "mab", "abmags", "magsab"},
                             *const ST[] = {"magst", "stmag", "st"},
                             *const PLAIN[] = {"mag", "mags", "magnitude", "magnitudes"};
    for (size_t i = 0; !*text && i < COUNT(AB); i++)
        if (strcmp(s, AB[i]) == 0)
            return 'A';
    for (size_t i = 0; !*text && i < COUNT(ST); i++)
        if (strcmp(s, ST[i]) == 0)
            return 'S';
    for (size_t i = 0; !*text && i < COUNT(PLAIN); i++)
        if (strcmp(s, PLAIN[i]) == 0)
            return 'm';
    return 0;
}

gal_status gal_flux_unit_parse(gal_flux_unit *out, const char *text)
{
    double f;
    char kind = magnitude(text);
    *out = (gal_flux_unit){0};
    if (kind == 'm')
        return gal_fail(GAL_EINVAL,
                        "unit '%s' does not say its zero point: write mag(AB) (Vega magnitudes are converted before)",
                        text);
    if (kind) {
        out->magnitude = true;
        out->per_wavelength = kind == 'S';
        /* ST: 10^(-0.4 (m + 21.10)) erg/s/cm2/A; A2 Hz at c gives erg/s/cm2/Hz, 1e26 mJy each */
        out->mjy = kind == 'A' ? GAL_AB_JY * 1e3 : pow(10, -0.4 * 21.10) / GAL_C_AA * 1e26;
        return GAL_OK;
    }
    gal_status st = gal_unit_factor(text, "mJy", &out->mjy);
    if (st == GAL_OK)
        return st;
    char first[400];
    snprintf(first, sizeof first, "%s", gal_error_message());
    if (gal_unit_factor(text, "erg/s/cm2/A", &f) != GAL_OK) {
        bool none = strncmp(first, "unknown unit", 12) == 0 && !strchr(first, ',') && !strchr(first, '(');
        return gal_fail(st, "%s%s", first,
                        none ? " (known: mJy, Jy, uJy, nanomaggy, erg/s/cm2/Hz, erg/s/cm2/A, W/m2/um, mag(AB) ...)"
                             : "");
    }
    out->per_wavelength = true;
    out->mjy = f / GAL_C_AA * 1e26;
    return GAL_OK;
}

gal_status gal_flux_unit_parse_error(gal_flux_unit *out, const gal_flux_unit *flux, const char *text)
{
    if (!text || !*text || (flux->magnitude && magnitude(text))) {
        *out = *flux;
        return GAL_OK;
    }
    gal_status st = gal_flux_unit_parse(out, text);
    if (st == GAL_OK && (flux->magnitude || out->magnitude))
        return gal_fail(GAL_EINVAL, "errors in '%s' of fluxes that are %smagnitudes", text,
                        flux->magnitude ? "" : "no ");
    return st;
}

double gal_flux_mjy(const gal_flux_unit *u, double x, double wave2)
{
    double k = u->per_wavelength ? u->mjy * wave2 : u->mjy;
    return u->magnitude ? k * pow(10, -0.4 * x) : k * x;
}

double gal_flux_error_mjy(const gal_flux_unit *u, double err, double mjy, double wave2)
{
    if (u->magnitude)
        return 0.4 * 2.302585092994046 * mjy * err;
    return (u->per_wavelength ? u->mjy * wave2 : u->mjy) * err;
}
