/* units.c - the few units that photometry files use, by name.
 *
 * A unit is a row of the table: name, kind, size in the base unit of its kind. Spellings of other tools (astropy, VOUnit, FITS)
 * are rows too; blanks and the signs * and ** are ignored, so "erg / (s cm2 Hz)" and "erg s-1 cm-2 Hz-1" both work. Case counts
 * (mJy is not MJy) except for spelled-out lengths. Thread safe. */
#include "galua/const.h"
#include "galua/table.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef enum kind { NONE, LENGTH, FLUX, TIME, MASS, LUMINOSITY, ANGLE, FREQUENCY, TEMPERATURE, FLAMBDA } kind;
static const char *const KIND_NAME[] = {
    "dimensionless", "length", "flux density", "time",        "mass",
    "luminosity",    "angle",  "frequency",    "temperature", "flux density per wavelength"};

typedef struct unit {
    const char *name;
    kind kind;
    double size;
} unit;

#define DEG (3.14159265358979323846 / 180)
// clang-format off
static const unit UNITS[] = {
    {"", NONE, 1}, {"1", NONE, 1}, {"none", NONE, 1}, {"dimensionless", NONE, 1}, {"%", NONE, 0.01},
    {"A", LENGTH, 1}, {"Angstrom", LENGTH, 1}, {"angstrom", LENGTH, 1}, {"Angstroms", LENGTH, 1}, {"AA", LENGTH, 1},
    {"\xc3\x85", LENGTH, 1}, {"0.1nm", LENGTH, 1},
    {"nm", LENGTH, 1e1}, {"um", LENGTH, 1e4}, {"micron", LENGTH, 1e4}, {"microns", LENGTH, 1e4}, {"\xc2\xb5m", LENGTH, 1e4},
    {"\xce\xbcm", LENGTH, 1e4}, {"mm", LENGTH, 1e7}, {"cm", LENGTH, 1e8}, {"m", LENGTH, 1e10}, {"km", LENGTH, 1e13},
    {"pc", LENGTH, GAL_PC_CM * 1e8}, {"kpc", LENGTH, GAL_PC_CM * 1e11}, {"Mpc", LENGTH, GAL_PC_CM * 1e14},
    {"Gpc", LENGTH, GAL_PC_CM * 1e17},
    {"Jy", FLUX, 1}, {"mJy", FLUX, 1e-3}, {"uJy", FLUX, 1e-6}, {"\xc2\xb5Jy", FLUX, 1e-6}, {"\xce\xbcJy", FLUX, 1e-6},
    {"nJy", FLUX, 1e-9}, {"kJy", FLUX, 1e3}, {"MJy", FLUX, 1e6},
    {"W/m2/Hz", FLUX, 1e26}, {"Wm-2Hz-1", FLUX, 1e26}, {"W/(m2Hz)", FLUX, 1e26}, {"W/(Hzm2)", FLUX, 1e26},
    {"erg/s/cm2/Hz", FLUX, 1e23}, {"ergs-1cm-2Hz-1", FLUX, 1e23}, {"erg/(scm2Hz)", FLUX, 1e23}, {"erg/(Hzscm2)", FLUX, 1e23},
    {"s", TIME, 1}, {"yr", TIME, GAL_YR_S}, {"a", TIME, GAL_YR_S}, {"kyr", TIME, 1e3 * GAL_YR_S}, {"Myr", TIME, 1e6 * GAL_YR_S},
    {"Gyr", TIME, 1e9 * GAL_YR_S},
    {"g", MASS, 1}, {"kg", MASS, 1e3}, {"Msun", MASS, GAL_MSUN}, {"solMass", MASS, GAL_MSUN}, {"M_sun", MASS, GAL_MSUN},
    {"erg/s", LUMINOSITY, 1}, {"ergs-1", LUMINOSITY, 1}, {"W", LUMINOSITY, 1e7}, {"Lsun", LUMINOSITY, GAL_LSUN},
    {"solLum", LUMINOSITY, GAL_LSUN}, {"L_sun", LUMINOSITY, GAL_LSUN},
    {"rad", ANGLE, 1}, {"deg", ANGLE, DEG}, {"arcmin", ANGLE, DEG / 60}, {"arcsec", ANGLE, DEG / 3600}, {"mas", ANGLE, DEG / 3.6e6},
    {"Hz", FREQUENCY, 1}, {"kHz", FREQUENCY, 1e3}, {"MHz", FREQUENCY, 1e6}, {"GHz", FREQUENCY, 1e9}, {"THz", FREQUENCY, 1e12},
    {"K", TEMPERATURE, 1},
    {"erg/s/cm2/A", FLAMBDA, 1}, {"erg/s/cm2/Angstrom", FLAMBDA, 1}, {"erg/cm2/s/A", FLAMBDA, 1}, {"erg/cm2/s/Angstrom", FLAMBDA, 1},
    {"erg/cm2/s/Ang", FLAMBDA, 1}, {"erg/s/cm2/Ang", FLAMBDA, 1},
    {"ergs-1cm-2A-1", FLAMBDA, 1}, {"ergs-1cm-2Angstrom-1", FLAMBDA, 1}, {"ergA-1cm-2s-1", FLAMBDA, 1},
    {"ergAngstrom-1s-1cm-2", FLAMBDA, 1}, {"ergAngstrom-1cm-2s-1", FLAMBDA, 1}, {"erg/(Angstromscm2)", FLAMBDA, 1},
    {"erg/(scm2Angstrom)", FLAMBDA, 1}, {"erg/(scm2A)", FLAMBDA, 1}, {"erg/(Ascm2)", FLAMBDA, 1}, {"W/m2/um", FLAMBDA, 0.1},
    {"Wm-2um-1", FLAMBDA, 0.1}, {"W/(m2um)", FLAMBDA, 0.1}, {"W/(umm2)", FLAMBDA, 0.1}, {"W/m2/nm", FLAMBDA, 100},
};
// clang-format on
enum { NUNIT = sizeof UNITS / sizeof UNITS[0] };

static const unit *find(const char *name)
{
    char s[64];
    size_t n = 0;
    for (const char *p = name; *p && n + 1 < sizeof s; p++)
        if (!isspace((unsigned char)*p) && *p != '*' && *p != '^' && *p != '.')
            s[n++] = *p;
        else if (*p == '.' && p > name && isdigit((unsigned char)p[-1]))
            s[n++] = *p;
    s[n] = 0;
    for (int i = 0; i < NUNIT; i++)
        if (strcmp(UNITS[i].name, s) == 0)
            return &UNITS[i];
    if (n >= 5)
        for (int i = 0; i < NUNIT; i++)
            if (UNITS[i].kind == LENGTH && strcasecmp(UNITS[i].name, s) == 0)
                return &UNITS[i];
    return NULL;
}

static gal_status unknown(const char *name)
{
    const char *names[NUNIT];
    size_t n = 0;
    for (int i = 0; i < NUNIT; i++)
        if (strlen(UNITS[i].name) > 1)
            names[n++] = UNITS[i].name;
    char hint[128];
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    if (strncasecmp(name, "mag", 3) == 0 || strcasecmp(name, "ABmag") == 0)
        snprintf(hint, sizeof hint, " (magnitudes are converted before: S = 3630.78 Jy * 10^(-0.4 m_AB))");
    return gal_fail(GAL_EINVAL, "unknown unit '%s'%s", name, hint);
}

gal_status gal_unit_factor(const char *from, const char *to, double *factor)
{
    const unit *a = find(from), *b = find(to);
    if (!a || !b)
        return unknown(a ? to : from);
    if (a->kind != b->kind)
        return gal_fail(GAL_EINVAL, "unit '%s' (%s) does not convert to '%s' (%s)", from, KIND_NAME[a->kind], to,
                        KIND_NAME[b->kind]);
    *factor = a == b ? 1 : a->size / b->size;
    return GAL_OK;
}
