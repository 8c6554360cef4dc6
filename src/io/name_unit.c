/* name_unit.c - units that stand at the end of a column's name: wave_nm, lambda_um, nu_GHz, wavelength_vac. */
#include "table_int.h"
#include <string.h>
#include <strings.h>

/* Ends of names that are units, and ends that say something else of a wavelength. */
static const struct {
    const char *end, *unit;
} SUFFIX[] = {{"a", "A"},   {"aa", "A"},    {"ang", "A"},     {"angstrom", "A"}, {"angstroms", "A"}, {"nm", "nm"},
              {"um", "um"}, {"mu", "um"},   {"micron", "um"}, {"microns", "um"}, {"mm", "mm"},       {"cm", "cm"},
              {"m", "m"},   {"hz", "Hz"},   {"khz", "kHz"},   {"mhz", "MHz"},    {"ghz", "GHz"},     {"thz", "THz"},
              {"vac", ""},  {"vacuum", ""}, {"air", ""},      {"obs", ""},       {"rest", ""},       {"eff", ""}};

bool gal_name_is(const char *name, const char *stem, const char **unit)
{
    size_t n = strlen(stem);
    *unit = "";
    if (strncasecmp(name, stem, n) != 0)
        return false;
    if (!name[n])
        return true;
    if (name[n] != '_' || !name[n + 1])
        return false;
    *unit = NULL;
    for (size_t k = 0; k < sizeof SUFFIX / sizeof *SUFFIX; k++)
        if (strcasecmp(SUFFIX[k].end, name + n + 1) == 0)
            *unit = SUFFIX[k].unit;
    return true;
}
