/* Shared by the tests of the sky: reference numbers of tests/ref/healpix.txt ("name value ..." lines), and the closed formulas of
 * scripts/peers/healpix_ref.py. */
#ifndef GAL_TESTS_SKY_REF_H
#define GAL_TESTS_SKY_REF_H
#include "galua/alm.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        if ((expr) != GAL_OK)                                                                                          \
            fail_msg("%s", gal_error_message());                                                                       \
    } while (0)
#define FAILS(expr, code, text)                                                                                        \
    do {                                                                                                               \
        assert_int_equal((expr), (code));                                                                              \
        assert_null(strchr(gal_error_message(), '\n'));                                                                \
        if (!strstr(gal_error_message(), (text)))                                                                      \
            fail_msg("\"%s\" does not speak of \"%s\"", gal_error_message(), (text));                                  \
    } while (0)
#define NEAR(a, b, tol)                                                                                                \
    do {                                                                                                               \
        double a_ = (a), b_ = (b);                                                                                     \
        if (!(fabs(a_ - b_) <= (tol)))                                                                                 \
            fail_msg("%.17g, expected %.17g, off by %.3g > %.3g", a_, b_, fabs(a_ - b_), (double)(tol));               \
    } while (0)

/* Numbers of a line; the count in *n. The array is valid until the next call. */
static inline const double *ref(const char *name, size_t *n)
{
    static char *text;
    static double value[8192];
    size_t size;
    if (!text && gal_read_file("tests/ref/healpix.txt", &text, &size) != GAL_OK)
        return NULL;
    size_t len = strlen(name);
    *n = 0;
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, len) != 0 || line[len] != ' ')
            continue;
        char *end = line + len;
        while (*end != '\n' && *n < sizeof value / sizeof *value) {
            value[(*n)++] = strtod(end, &end);
            end += *end == ' ';
        }
        return value;
    }
    return NULL;
}

static inline double formula_sky(int64_t p, int comp)
{
    double x = (double)p;
    return cos(0.37 * x + comp) + 0.5 * sin(1e-3 * x * x * (comp + 1));
}

static inline void formula_map(gal_skymap *m)
{
    for (int k = 0; k < m->ncomp; k++)
        for (int64_t i = 0; i < m->npix; i++)
            gal_skymap_set(m, k, i, formula_sky(i, k));
}

static inline void formula_alm(gal_alm *a)
{
    for (int k = 0; k < a->ncomp; k++)
        for (int m = 0; m <= a->lmax; m++)
            for (int l = m; l <= a->lmax; l++) {
                double *x = a->a[k] + 2 * gal_alm_index(a->lmax, l, m), f = 1 / pow(l + 1., 1.5);
                x[0] = k && l < 2 ? 0 : cos(1.1 * l + 0.3 * m + k) * f;
                x[1] = (k && l < 2) || m == 0 ? 0 : sin(0.7 * l - 1.3 * m + k) * f;
            }
}
#endif
