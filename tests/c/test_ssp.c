/* SSP tables: creation and validation, the closed-form library, every file format, malformed input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/num.h"
#include "galua/ssp.h"

/* ------------------------------------------------------------------ the table itself */
static void synthetic_follows_its_formula(void **state)
{
    (void)state;
    gal_ssp *s;
    assert_int_equal(gal_ssp_synthetic(&s), GAL_OK);
    assert_int_equal(s->nwave, 1001);
    assert_int_equal(s->nage, 146);
    assert_int_equal(s->nz, 7);
    assert_true(s->age[0] == 0 && s->age[1] == 1e5 && s->wave[0] == 1 && s->wave[1000] == 1e10);
    assert_true(fabs(s->age[145] / pow(10, 10.15) - 1) < 1e-14);
    /* The blackbody integrates to L_bol: 1000 Lsun at age 0 and Z = 0.02. Trapezoid on 100 nodes/decade is good to
     * ~(ln 10/100)^2/12 * a few = 2e-4. */
    double *y = GAL_NEWN(double, s->nwave);
    for (size_t ia = 0; ia < s->nage; ia += 29) {
        const float *l = gal_ssp_spec(s, 0, 5, ia);
        for (size_t i = 0; i < s->nwave; i++)
            y[i] = l[i];
        double want = 1e3 * pow(1 + s->age[ia] / 3e6, -0.8), got = gal_trapz(s->wave, y, s->nwave);
        assert_true(fabs(got / want - 1) < 5e-4);
    }
    /* Wien: the peak lies at 2.8977719e7 A K / T, within a grid step of 2.3% */
    const float *young = gal_ssp_spec(s, 0, 0, 0);
    size_t peak = 0;
    for (size_t i = 0; i < s->nwave; i++)
        if (young[i] > young[peak])
            peak = i;
    assert_true(fabs(s->wave[peak] / (2.8977719e7 / 3e4) - 1) < 0.024);
    /* metallicity enters as (Z/0.02)^-0.1 */
    assert_true(fabs(young[peak] / gal_ssp_spec(s, 0, 5, 0)[peak] / pow(1e-4 / 0.02, -0.1) - 1) < 2e-7);
    gal_free(y);
    gal_ssp_unref(s);
    assert_int_equal(gal_mem_live(), 0);
}

static gal_ssp *small_table(void)
{
    gal_ssp *s;
    assert_int_equal(gal_ssp_create(&s, 1, 2, 3, 4), GAL_OK);
    for (size_t i = 0; i < 4; i++)
        s->wave[i] = 1000. * (double)(i + 1);
    for (size_t i = 0; i < 3; i++)
        s->age[i] = 1e6 * (double)i;
    s->z[0] = 0.004;
    s->z[1] = 0.02;
    for (size_t i = 0; i < 24; i++)
        s->lum[i] = 1.f / (float)(i + 1);
    assert_int_equal(gal_ssp_set_text(s, "small", "kroupa", "test"), GAL_OK);
    return s;
}

static void hash_is_of_the_values(void **state)
{
    (void)state;
    gal_ssp *a = small_table(), *b = small_table();
    assert_int_equal(gal_ssp_finish(a), GAL_OK);
    assert_int_equal(gal_ssp_set_text(b, "other name", "", "other text"), GAL_OK);
    assert_int_equal(gal_ssp_finish(b), GAL_OK);
    assert_true(a->hash.lo == b->hash.lo && a->hash.hi == b->hash.hi);
    gal_ssp *c = small_table();
    c->lum[23] = nextafterf(c->lum[23], 1);
    assert_int_equal(gal_ssp_finish(c), GAL_OK);
    assert_true(a->hash.lo != c->hash.lo);
    gal_ssp *d = small_table();
    d->mass = GAL_NEWN(float, 6);
    assert_int_equal(gal_ssp_finish(d), GAL_OK);
    assert_true(a->hash.lo != d->hash.lo);
    assert_ptr_equal(gal_ssp_ref(a), a);
    gal_ssp_unref(a);
    assert_true(a->wave[3] == 4000); /* still alive */
    gal_ssp_unref(a);
    gal_ssp_unref(b);
    gal_ssp_unref(c);
    gal_ssp_unref(d);
    gal_ssp_unref(NULL);
    assert_int_equal(gal_mem_live(), 0);
}

static void finish_flushes_denormals(void **state)
{
    (void)state;
    gal_ssp *s = small_table();
    s->lum[0] = 1.17e-38f;
    s->lum[1] = 1.18e-38f;
    s->lum[2] = -0.f;
    s->qh = GAL_NEWN(float, 6);
    s->qh[3] = -INFINITY;
    assert_int_equal(gal_ssp_finish(s), GAL_OK);
    assert_true(s->lum[0] == 0 && s->lum[1] == 1.18e-38f && !signbit(s->lum[2]) && s->qh[3] == -99);
    gal_ssp_unref(s);
}

#define REFUSED(change, text)                                                                                          \
    do {                                                                                                               \
        gal_ssp *s = small_table();                                                                                    \
        change;                                                                                                        \
        assert_int_equal(gal_ssp_finish(s), GAL_EFORMAT);                                                              \
        assert_string_equal(gal_error_message(), "SSP table small: " text);                                            \
        gal_ssp_unref(s);                                                                                              \
    } while (0)

static void finish_refuses(void **state)
{
    (void)state;
    REFUSED(s->wave[2] = 2000, "wavelength axis: must ascend, but value 3 (2000) is not above value 2 (2000)");
    REFUSED(s->wave[0] = 0, "wavelength axis: value 1 is 0 A, outside 0 .. 1e+12");
    REFUSED(s->wave[1] = NAN, "wavelength axis: value 2 is NaN");
    REFUSED(s->age[0] = -1, "age axis: value 1 is -1 yr, outside 0 .. 1e+12");
    REFUSED(s->age[2] = 1e13, "age axis: value 3 is 1e+13 yr, outside 0 .. 1e+12");
    REFUSED(s->z[1] = 1.5, "metallicity axis: value 2 is 1.5, outside 0 .. 1");
    REFUSED(s->lum[4] = NAN, "luminosity at Z 0.004, age 1e+06 yr, wavelength 1000 A is NaN");
    REFUSED(s->lum[14] = -1e-30f, "luminosity at Z 0.02, age 0 yr, wavelength 3000 A is negative");
    REFUSED(s->lum[23] = INFINITY, "luminosity at Z 0.02, age 2e+06 yr, wavelength 4000 A is infinite");
    REFUSED((s->mass = GAL_NEWN(float, 6), s->mass[1] = 2), "mass at Z 0.004, age 1e+06 yr is 2: more than was formed");
    REFUSED((s->rate_cc = GAL_NEWN(float, 6), s->rate_cc[5] = -1), "rate_cc at Z 0.02, age 2e+06 yr is negative (-1)");
    REFUSED((s->qh = GAL_NEWN(float, 6), s->qh[5] = NAN), "qh at Z 0.02, age 2e+06 yr is NaN");
    gal_ssp *s = NULL;
    assert_int_equal(gal_ssp_create(&s, 1, 1, 1, 5), GAL_EINVAL);
    assert_string_equal(gal_error_message(),
                        "SSP table of 1 logU x 1 Z x 1 ages x 5 wavelengths: needs at least 1 x 1 x 2 x 2");
    assert_int_equal(gal_ssp_create(&s, 1, (size_t)1 << 40, 1000, (size_t)1 << 30), GAL_EINVAL);
    assert_null(s);
    assert_int_equal(gal_mem_live(), 0);
}

static gal_status make_and_drop(void)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    GAL_TRY(gal_ssp_create(&s, 2, 2, 3, 4));
    for (size_t i = 0; i < 4; i++)
        s->wave[i] = (double)(i + 1);
    for (size_t i = 0; i < 3; i++)
        s->age[i] = (double)i;
    s->z[1] = 0.02;
    s->logu[1] = 1;
    GAL_TRY(gal_ssp_add_lines(s, 2));
    for (size_t i = 0; i < 2; i++) {
        s->line_wave[i] = 6562.8;
        if (!(s->line_name[i] = gal_strdup("Ha")))
            GAL_TRY(GAL_ENOMEM);
    }
    GAL_TRY(gal_ssp_set_text(s, "x", "y", "z"));
    GAL_TRY(gal_ssp_finish(s));
out:
    gal_ssp_unref(s);
    return st;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    long n = 0;
    gal_status st = GAL_ENOMEM;
    for (; st != GAL_OK && n < 100; n++) {
        gal_mem_fail_after(n);
        st = make_and_drop();
        gal_mem_fail_after(-1);
        assert_true(st == GAL_OK || st == GAL_ENOMEM);
        assert_int_equal(gal_mem_live(), 0);
    }
    assert_int_equal(n, 15); /* 14 allocations fail in turn, then all goes well */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthetic_follows_its_formula),    cmocka_unit_test(hash_is_of_the_values),
        cmocka_unit_test(finish_flushes_denormals),         cmocka_unit_test(finish_refuses),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
