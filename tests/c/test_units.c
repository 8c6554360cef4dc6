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

/* one unit, as FITS, VOUnit, CDS, astropy and surveys write it */
static void spellings(void **state)
{
    (void)state;
    static const char *const NU[] = {"erg s-1 cm-2 Hz-1",
                                     "erg.s-1.cm-2.Hz-1",
                                     "erg s^-1 cm^-2 Hz^-1",
                                     "erg*s**-1*cm**-2*Hz**-1",
                                     "erg/cm2/s/Hz",
                                     "ergs/s/cm2/Hz",
                                     "erg / (Hz s cm2)",
                                     "erg / s cm2 Hz",
                                     "erg/(s.cm**2.Hz)",
                                     "ERG/S/CM**2/HZ",
                                     "1e-7 J s-1 cm-2 Hz-1",
                                     "10-3W/m2/Hz",
                                     "g s-2",
                                     "erg\xc2\xb7s\xe2\x81\xbb\xc2\xb9\xc2\xb7"
                                     "cm\xe2\x81\xbb\xc2\xb2\xc2\xb7Hz\xe2\x81\xbb\xc2\xb9",
                                     "erg s^{-1} cm^{-2} Hz^{-1}",
                                     "erg.s**(-1).cm**(-2).Hz**(-1)"},
                             *const LAM[] = {"erg Angstrom-1 s-1 cm-2",
                                             "erg.Angstrom**-1.s**-1.cm**-2",
                                             "Angstrom-1 cm-2 erg s-1",
                                             "erg.s-1.cm-2.Angstrom-1",
                                             "ergs/s/cm^2/A",
                                             "erg/s/cm2/Ang",
                                             "10**(0)erg.cm**(-2).s**(-1).angstrom**(-1)",
                                             "erg cm-2 s-1 AA-1",
                                             "1e-3 W/m2/A",
                                             "10 W / m2 um",
                                             "10W.m-2.um-1",
                                             "0.01 W m-2 nm-1",
                                             "erg/s/cm**2/Angstrom",
                                             "1E-0*erg/cm^2/s/Ang"};
    for (size_t i = 0; i < sizeof NU / sizeof NU[0]; i++)
        factor(NU[i], "Jy", 1e23);
    for (size_t i = 0; i < sizeof LAM / sizeof LAM[0]; i++)
        factor(LAM[i], "erg/s/cm2/A", 1);
    factor("1e-6 Jy", "uJy", 1);
    factor("10nJy", "nJy", 10);
    factor("0.1nm", "A", 1);
    factor("10+3Jy", "kJy", 1);
    factor("1e-17 erg/s/cm2/A", "erg/s/cm2/A", 1e-17);
    factor("10^-17 erg/s/cm2/A", "erg/s/cm2/A", 1e-17);
    factor("10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", "erg/s/cm2/A", 1e-16);
    factor("1.5\xc3\x97"
           "10-3 Jy",
           "mJy", 1.5);
    factor("nanomaggy", "maggies", 1e-9);
    factor("nanomaggies", "Jy", 3630.7805477010137e-9); /* 10^(-48.6/2.5) erg/s/cm2/Hz */
    factor("nmgy", "nanomaggy", 1);
    factor("millijansky", "mJy", 1);
    factor("\xc3\x85", "Angstrom", 1);
    factor("Msun/yr", "g/s", 1.988409870698051e33 / 3.15576e7);
    factor("km.s-1", "m/s", 1e3);
    factor("a", "yr", 1);
    factor("mas", "arcsec", 1e-3);
}

/* F_nu = F_lambda lambda^2 / c, and the zero points of AB and ST magnitudes */
static void fluxes(void **state)
{
    (void)state;
    gal_flux_unit u, e;
    const double w2 = 5000.0 * 5000.0;
    assert_int_equal(gal_flux_unit_parse(&u, "1e-17 erg/s/cm2/A"), GAL_OK);
    assert_true(u.per_wavelength && !u.magnitude);
    double want = 1e-17 * w2 / 2.99792458e18 * 1e26; /* erg/s/cm2/Hz is 1e26 mJy */
    assert_true(fabs(gal_flux_mjy(&u, 1, w2) / want - 1) < 1e-14);
    assert_true(fabs(gal_flux_error_mjy(&u, 0.1, 7, w2) / (0.1 * want) - 1) < 1e-14);
    assert_int_equal(gal_flux_unit_parse(&u, "nanomaggy"), GAL_OK);
    assert_true(fabs(gal_flux_mjy(&u, 100, w2) / 3.6307805477010137e-1 - 1) < 1e-14); /* m = 22.5 - 2.5 lg 100 */
    static const char *const AB[] = {"mag(AB)", "ABmag", "AB mag", "mag_AB", "AB", "mag (AB)"};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(gal_flux_unit_parse(&u, AB[i]), GAL_OK);
        assert_true(u.magnitude && !u.per_wavelength);
        assert_true(fabs(gal_flux_mjy(&u, 23.9, w2) / 3.6307805477010137e6 * pow(10, 9.56) - 1) < 1e-13);
    }
    double s = gal_flux_mjy(&u, 23.9, w2); /* d S = 0.4 ln 10 S d m */
    assert_true(fabs(gal_flux_error_mjy(&u, 1e-6, s, w2) / (s - gal_flux_mjy(&u, 23.9 + 1e-6, w2)) - 1) < 1e-5);
    assert_int_equal(gal_flux_unit_parse_error(&e, &u, "mag"), GAL_OK);
    assert_true(e.magnitude);
    assert_int_equal(gal_flux_unit_parse_error(&e, &u, ""), GAL_OK);
    assert_int_equal(gal_flux_unit_parse_error(&e, &u, "uJy"), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "errors in 'uJy' of fluxes that are magnitudes");
    assert_int_equal(gal_flux_unit_parse(&u, "STmag"), GAL_OK); /* the systems agree near 5479 A */
    assert_true(fabs(gal_flux_mjy(&u, 20, 5479.0 * 5479.0) / 3.6307805477010137e6 * 1e8 - 1) < 5e-3);
    assert_int_equal(gal_flux_unit_parse(&u, "mag"), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "unit 'mag' does not say its zero point: write mag(AB) (Vega magnitudes are converted before)");
    assert_int_equal(gal_flux_unit_parse(&u, "um"), GAL_EINVAL);
    assert_string_equal(gal_error_message(), "unit 'um' (length) does not convert to 'mJy' (flux density)");
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
    refused("Jy", "furlong", "unknown unit 'furlong'");
    refused("Angstrem", "A", "unknown unit 'Angstrem', did you mean 'Angstrom'?");
    refused("mag", "mJy", "unknown unit 'mag' (magnitudes are converted before: S = 3630.78 Jy * 10^(-0.4 m_AB))");
    refused("Jy", "A", "unit 'Jy' (flux density) does not convert to 'A' (length)");
    refused("um", "Hz", "unit 'um' (length) does not convert to 'Hz' (frequency)");
    refused("MJy/sr", "mJy", "unit 'MJy/sr' (surface brightness) does not convert to 'mJy' (flux density)");
    refused("Jy/beam", "mJy", "unknown unit 'Jy/beam': 'beam' is not known");
    refused("m0.5", "m", "unknown unit 'm0.5'");
    refused("erg/", "J", "unknown unit 'erg/', did you mean 'erg/s'?");
    refused("(((((((((m)))))))))", "m", "unknown unit '(((((((((m)))))))))'");
    refused("m999999999999", "m", "unknown unit 'm999999999999'");
    refused("mjy", "mJy", "unknown unit 'mjy', did you mean 'mJy'?"); /* or MJy */
    refused("[Jy]", "Jy", "unknown unit '[Jy]' (logarithms are not converted)");
    refused("", "mJy", "unit '' (dimensionless) does not convert to 'mJy' (flux density)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(conversions), cmocka_unit_test(spellings),
                                       cmocka_unit_test(fluxes), cmocka_unit_test(messages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
