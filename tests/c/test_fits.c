/* The FITS layer: images and tables there and back, units, headers, damaged files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/fits.h"

#define SCRATCH "fits"
#include "scratch.h"

static void images_come_back(void **state)
{
    (void)state;
    gal_fits *f;
    float x[6] = {0, 1, 2, NAN, 4, -5};
    double y[6];
    OK(gal_fits_create(&f, at("img.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F32, 2, (const size_t[]){2, 3}, x, "Jy"));
    OK(gal_fits_set_f64(f, "CDELT1", 0.25, "step"));
    OK(gal_fits_set_i64(f, "NSIDE", 1 << 20, NULL));
    OK(gal_fits_set_string(
        f, "NOTE", "a text that is longer than the sixty-eight characters which fit on a single header card", ""));
    OK(gal_fits_write_image(f, "COUNTS", GAL_FITS_I64, 1, (const size_t[]){3}, (int64_t[]){1, INT64_MIN, INT64_MAX},
                            NULL));
    assert_false(gal_file_exists(at("img.fits"))); /* under its name only when whole */
    OK(gal_fits_close(f));
    OK(gal_fits_open(&f, at("img.fits")));
    OK(gal_fits_verify(f));
    OK(gal_fits_select(f, NULL));
    int rank;
    size_t dims[GAL_FITS_MAXRANK];
    OK(gal_fits_image_shape(f, &rank, dims));
    assert_true(rank == 2 && dims[0] == 2 && dims[1] == 3);
    OK(gal_fits_read_image(f, GAL_FITS_F64, 6, y));
    assert_true(y[2] == 2 && isnan(y[3]) && y[5] == -5);
    FAILS(gal_fits_read_image(f, GAL_FITS_F64, 5, y), GAL_EFORMAT,
          "img.fits: HDU 'PRIMARY': image has 6 pixels, expected 5");
    char text[200];
    OK(gal_fits_key_string(f, "BUNIT", text, sizeof text));
    assert_string_equal(text, "Jy");
    OK(gal_fits_key_string(f, "NOTE", text, sizeof text));
    assert_string_equal(text + 68, " single header card");
    FAILS(gal_fits_key_string(f, "NOTE", text, 10), GAL_EFORMAT,
          "img.fits: HDU 'PRIMARY': keyword NOTE is longer than 9 characters");
    int64_t k[3];
    double v;
    OK(gal_fits_key_i64(f, "NSIDE", k));
    OK(gal_fits_key_f64(f, "CDELT1", &v));
    assert_true(k[0] == 1 << 20 && v == 0.25);
    FAILS(gal_fits_key_f64(f, "CDELT2", &v), GAL_ENOTFOUND,
          "img.fits: HDU 'PRIMARY': no number keyword CDELT2 (FITS: keyword not found in header)");
    assert_true(gal_fits_has_key(f, "NSIDE") && !gal_fits_has_key(f, "ORDERING"));
    assert_true(gal_fits_has(f, "COUNTS") && !gal_fits_has(f, "RATES"));
    OK(gal_fits_select(f, "counts")); /* FITS names ignore case */
    OK(gal_fits_read_image(f, GAL_FITS_I64, 3, k));
    assert_true(k[1] == INT64_MIN && k[2] == INT64_MAX);
    FAILS(gal_fits_select(f, "RATES"), GAL_ENOTFOUND, "img.fits: no HDU named 'RATES'");
    assert_int_equal(gal_fits_select_number(f, 3), GAL_ENOTFOUND);
    OK(gal_fits_close(f));
    assert_int_equal(gal_mem_live(), 0);
}

static void tables_come_back(void **state)
{
    (void)state;
    gal_fits *f;
    const char *names[3] = {"NGC 3898", "", "M 31"};
    double pair[6] = {1, 2, 3, 4, 5, NAN};
    float flux[3] = {0.5f, 1.5f, 2.5f};
    int64_t id[3] = {7, 8, 9};
    gal_fits_column c[4] = {{.name = "NAME", .type = GAL_FITS_STR, .repeat = 8, .data = names},
                            {.name = "PAIR", .unit = "deg", .type = GAL_FITS_F64, .repeat = 2, .data = pair},
                            {.name = "FLUX", .unit = "mJy", .type = GAL_FITS_F32, .repeat = 1, .data = flux},
                            {.name = "ID", .type = GAL_FITS_I64, .repeat = 1, .data = id}};
    OK(gal_fits_create(&f, at("tab.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F32, 0, NULL, NULL, NULL));
    OK(gal_fits_write_table(f, "SOURCES", 3, 4, c));
    OK(gal_fits_close(f));
    OK(gal_fits_open(&f, at("tab.fits")));
    OK(gal_fits_verify(f));
    OK(gal_fits_select_number(f, 2));
    size_t nrows, ncols, i;
    OK(gal_fits_table_shape(f, &nrows, &ncols));
    assert_true(nrows == 3 && ncols == 4);
    for (i = 0; i < 4; i++) {
        gal_fits_column info;
        OK(gal_fits_column_info(f, i, &info));
        assert_string_equal(info.name, c[i].name);
        assert_string_equal(info.unit, c[i].unit);
        assert_true(info.type == c[i].type && info.repeat == c[i].repeat);
    }
    char *got[3];
    OK(gal_fits_find_column(f, "name", &i));
    OK(gal_fits_read_strings(f, i, 3, got));
    for (size_t r = 0; r < 3; r++) {
        assert_string_equal(got[r], names[r]);
        gal_free(got[r]);
    }
    double x[6];
    OK(gal_fits_find_column(f, "PAIR", &i));
    OK(gal_fits_read_column(f, i, GAL_FITS_F64, 6, x));
    assert_true(x[4] == 5 && isnan(x[5]));
    FAILS(gal_fits_read_column(f, i, GAL_FITS_F64, 3, x), GAL_EFORMAT,
          "tab.fits: HDU 'SOURCES': column 'PAIR' has 3 x 2 values, expected 3");
    FAILS(gal_fits_read_column(f, i, GAL_FITS_I64, 6, x), GAL_EFORMAT,
          "tab.fits: HDU 'SOURCES': column 'PAIR' holds floating-point numbers, expected integers");
    OK(gal_fits_find_column(f, "ID", &i));
    OK(gal_fits_read_column(f, i, GAL_FITS_F64, 3, x));
    assert_true(x[2] == 9);
    FAILS(gal_fits_read_column(f, 0, GAL_FITS_F64, 3, x), GAL_EFORMAT,
          "tab.fits: HDU 'SOURCES': column 'NAME' holds text, expected numbers");
    FAILS(gal_fits_find_column(f, "FLUXX", &i), GAL_ENOTFOUND,
          "tab.fits: HDU 'SOURCES': no column 'FLUXX', did you mean 'FLUX'?");
    int rank;
    size_t dims[GAL_FITS_MAXRANK];
    FAILS(gal_fits_image_shape(f, &rank, dims), GAL_EFORMAT, "tab.fits: HDU 'SOURCES': is a table, expected an image");
    OK(gal_fits_select(f, NULL));
    FAILS(gal_fits_table_shape(f, &nrows, &ncols), GAL_EFORMAT,
          "tab.fits: HDU 'PRIMARY': is an image, expected a table");
    OK(gal_fits_close(f));
    assert_int_equal(gal_mem_live(), 0);
}

static void damaged_files(void **state)
{
    (void)state;
    gal_fits *f;
    char want[300], *bytes;
    size_t n;
    FAILS(gal_fits_open(&f, at("none.fits")), GAL_ENOTFOUND, "none.fits: no such file");
    snprintf(want, sizeof want, "%s: is a folder, not a file", dir);
    assert_int_equal(gal_fits_open(&f, dir), GAL_EIO);
    assert_string_equal(gal_error_message(), want);
    OK(gal_write_file(at("empty.fits"), "", 0));
    assert_int_equal(gal_fits_open(&f, at("empty.fits")), GAL_EFORMAT);
    OK(gal_write_file(at("text.fits"), "SIMPLE words\n", 13));
    assert_int_equal(gal_fits_open(&f, at("text.fits")), GAL_EFORMAT);
    assert_non_null(strstr(gal_error_message(), "text.fits: not a readable FITS file (FITS: "));
    assert_false(gal_fits_is(at("text.fits")));
    double x[1000];
    for (int i = 0; i < 1000; i++)
        x[i] = i;
    OK(gal_fits_create(&f, at("ok.fits")));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, 1, (const size_t[]){1000}, x, NULL));
    OK(gal_fits_close(f));
    assert_true(gal_fits_is(at("ok.fits")));
    OK(gal_read_file(at("ok.fits"), &bytes, &n));
    assert_int_equal(n, 4 * 2880);
    OK(gal_write_file(at("cut.fits"), bytes, n - 2880));
    OK(gal_fits_open(&f, at("cut.fits")));
    assert_int_equal(gal_fits_verify(f), GAL_EFORMAT);
    gal_fits_abandon(f);
    OK(gal_write_file(at("cut.fits"), bytes, n - 5));
    OK(gal_fits_open(&f, at("cut.fits")));
    FAILS(gal_fits_verify(f), GAL_EFORMAT,
          "cut.fits: 11515 bytes are not whole FITS blocks of 2880: truncated, or followed by something");
    gal_fits_abandon(f);
    bytes[2880 + 100] ^= 4;
    OK(gal_write_file(at("flip.fits"), bytes, n));
    OK(gal_fits_open(&f, at("flip.fits")));
    FAILS(gal_fits_verify(f), GAL_EFORMAT, "flip.fits: HDU 'PRIMARY': checksum does not match: the file is damaged");
    gal_fits_abandon(f);
    gal_free(bytes);
    OK(gal_fits_create(&f, at("ok.fits"))); /* given up: the old one stays */
    gal_fits_abandon(f);
    OK(gal_fits_open(&f, at("ok.fits")));
    OK(gal_fits_verify(f));
    OK(gal_fits_close(f));
    assert_int_equal(gal_mem_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_come_back),
        cmocka_unit_test(tables_come_back),
        cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
