/* What the tests of filters share: closeness, statuses, small files of their own. */
#ifndef GAL_TEST_FILTER_H
#define GAL_TEST_FILTER_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "galua/filter.h"

static inline void near_rel(double a, double b, double rel)
{
    if (!(fabs(a - b) <= rel * fabs(b)))
        fail_msg("%.16g differs from %.16g by %.3g relative (allowed %.1g)", a, b, a / b - 1, rel);
}
#define OK(e)                                                                                                          \
    do {                                                                                                               \
        if ((e) != GAL_OK)                                                                                             \
            fail_msg("%s: %s", #e, gal_error_message());                                                               \
    } while (0)
#define FAILS(e, code, text)                                                                                           \
    do {                                                                                                               \
        assert_int_equal((e), (code));                                                                                 \
        assert_string_equal(gal_error_message(), (text));                                                              \
    } while (0)

static inline void band_fluxes(gal_filter *f, const double *wave, const double *lum, size_t n, double z,
                               gal_phot_rule rule, double *flux)
{
    gal_phot *p;
    OK(gal_phot_create(&p, &f, 1, wave, n));
    OK(gal_phot_weights(p, z, rule));
    gal_phot_apply(p, lum, 1, flux);
    assert_true(gal_phot_covered(p)[0]);
    gal_phot_free(p);
}

static inline char *scratch(const char *name, const char *text)
{
    static char path[256];
    snprintf(path, sizeof path, "build/%s", name);
    OK(gal_write_file(path, text, strlen(text)));
    return path;
}

static inline gal_filter *reads(const char *name, const char *text)
{
    gal_filter *f;
    char *path = scratch(name, text);
    gal_status st = gal_filter_read(&f, path);
    remove(path);
    OK(st);
    return f;
}
#endif
