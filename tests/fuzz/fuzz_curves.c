/* Readers of filters and spectra; units. */
#include "fuzz.h"

#include <string.h>

#include "galua/filter.h"
#include "galua/spectrum.h"
#include "galua/table.h"

static void filter(const char *path, const uint8_t *data, size_t n)
{
    gal_filter *f = NULL;
    (void)data, (void)n;
    if (gal_filter_read(&f, path) == GAL_OK)
        gal_filter_unref(f);
}

static void spectrum(const char *path, const uint8_t *data, size_t n)
{
    gal_spectrum *s = NULL;
    (void)data, (void)n;
    if (gal_spectrum_read(&s, path, NULL) == GAL_OK)
        gal_spectrum_free(s);
}

static void unit(const char *path, const uint8_t *data, size_t n)
{
    char text[200];
    double f;
    (void)path;
    if (n >= sizeof text || memchr(data, 0, n))
        return;
    memcpy(text, data, n);
    text[n] = '\0';
    static const char *const to[] = {"mJy", "A", "erg/s", "yr", "Mpc", ""};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++)
        gal_unit_factor(text, to[i], &f);
    gal_spectrum_unit(text, 3000, 9000, &f);
}

FUZZ_TARGET(filter, "f.dat", filter)
FUZZ_TARGET(spectrum, "s.dat", spectrum)
FUZZ_TARGET(unit, NULL, unit)
