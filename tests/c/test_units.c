/* Units: conversions between the spellings photometry files use, and the messages for the rest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "galua/table.h"

static void factor(const char *from, const char *to, double want)
{
    double f;
    if (gal_unit_factor(from, to, &f) != GAL_OK)
        fail_msg("%s", gal_error_message());
    if (!(fabs(f / want - 1) < 1e-14))
        fail_msg("%s -> %s: %.17g instead of %.17g", from, to, f, want);
}

static void conversions(void **state)
{
    (void)state;
    factor("um", "A", 1e4);
    factor("micron", "Angstrom", 1e4);
    factor("\xce\xbcm", "nm", 1e3);
    factor("MICRON", "A", 1e4);
    factor("m", "um", 1e6);
    factor("Jy", "mJy", 1e3);
    factor("MJy", "mJy", 1e9);
    factor("uJy", "mJy", 1e-3);
    factor("nJy", "mJy", 1e-6);
    factor("W/m2/Hz", "Jy", 1e26);
    factor("W m-2 Hz-1", "mJy", 1e29);
    factor("erg/s/cm2/Hz", "mJy", 1e26);
    factor("erg / (s cm2 Hz)", "Jy", 1e23);
    factor("erg s**-1 cm**-2 Hz**-1", "Jy", 1e23);
    factor("Gyr", "yr", 1e9);
    factor("yr", "s", 3.15576e7);
    factor("Lsun", "erg/s", 3.828e33);
    factor("solLum", "W", 3.828e26);
    factor("kg", "g", 1e3);
    factor("deg", "arcsec", 3600);
    factor("rad", "deg", 180 / M_PI);
    factor("Mpc", "pc", 1e6);
    factor("pc", "cm", 3.0856775814913673e18);
    factor("GHz", "Hz", 1e9);
    factor("", "", 1);
    factor("%", "", 0.01);
}

static void refused(const char *from, const char *to, const char *message)
{
    double f = 7;
    assert_int_equal(gal_unit_factor(from, to, &f), GAL_EINVAL);
    assert_string_equal(gal_error_message(), message);
    assert_true(f == 7);
}

static void messages(void **state)
{
    (void)state;
    refused("mJyy", "Jy", "unknown unit 'mJyy', did you mean 'mJy'?");
    refused("Jy", "mJansky", "unknown unit 'mJansky'");
    refused("Angstrem", "A", "unknown unit 'Angstrem', did you mean 'Angstrom'?");
    refused("mag", "mJy", "unknown unit 'mag' (magnitudes are converted before: S = 3630.78 Jy * 10^(-0.4 m_AB))");
    refused("Jy", "A", "unit 'Jy' (flux density) does not convert to 'A' (length)");
    refused("um", "Hz", "unit 'um' (length) does not convert to 'Hz' (frequency)");
    refused("", "mJy", "unit '' (dimensionless) does not convert to 'mJy' (flux density)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conversions), cmocka_unit_test(messages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
