/* Attenuation curves against published numbers and against an independent implementation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "astro/laws.h"

#define CLOSE(a, b, rel) assert_true(fabs((a) / (b)-1) < (rel))

/* tests/ref/dust_laws.txt, made by scripts/peers/dust_laws.py */
static void against_dust_extinction(void **state)
{
    (void)state;
    FILE *f = fopen("tests/ref/dust_laws.txt", "r");
    assert_non_null(f);
    char line[200];
    size_t n = 0;
    while (fgets(line, sizeof line, f)) {
        double x, v[5], a, b;
        if (sscanf(line, "%lf %lf %lf %lf %lf %lf", &x, v, v + 1, v + 2, v + 3, v + 4) != 6)
            continue;
        double wave = 1e4 / x;
        gal_law_cardelli_ab(wave, &a, &b);
        CLOSE(a + b / 3.1, v[3], 1e-6);
        CLOSE(a + b / 5, v[4], 1e-6);
        for (int c = 0; c < 3; c++) /* the optical points are joined by lines here, by a spline there */
            CLOSE(gal_law_gordon03((gal_law_cloud)c, wave), v[c], x > 3.9 ? 1e-6 : c == 0 ? 0.06 : 0.13);
        n++;
    }
    fclose(f);
    assert_int_equal(n, 16);
}

/* Calzetti+00: k(V) = R_V = 4.05, k(B) - k(V) = 1, k(2.2 micron) = 0.369 (eq. 4 by hand); continuous where the forms meet. */
static void calzetti(void **state)
{
    (void)state;
    CLOSE(gal_law_calzetti_k(5500), 4.05, 2e-3);
    CLOSE(gal_law_calzetti_k(4400) - gal_law_calzetti_k(5500), 1, 0.02); /* broad bands in the paper */
    CLOSE(gal_law_calzetti_k(22000), 0.369219, 1e-5);
    CLOSE(gal_law_calzetti_k(1600),
          2.659 * (-2.156 + 1.509 / .16 - 0.198 / (.16 * .16) + 0.011 / (.16 * .16 * .16)) + 4.05, 1e-12);
    static const double joint[] = {970, 1500, 22000};
    for (int i = 0; i < 3; i++)
        CLOSE(gal_law_calzetti_k(joint[i] * (1 - 1e-9)), gal_law_calzetti_k(joint[i] * (1 + 1e-9)), 1e-7);
    CLOSE(gal_law_calzetti_k(6300 * (1 - 1e-9)), gal_law_calzetti_k(6300 * (1 + 1e-9)), 0.01); /* as published */
}

/* Every curve is finite, positive and falls towards the infrared over the whole range of a model. */
static void everywhere(void **state)
{
    (void)state;
    double last[5] = {0};
    for (double w = 1; w <= 1e10; w *= 1.01) {
        double a, b;
        gal_law_cardelli_ab(w, &a, &b);
        double c[5] = {gal_law_calzetti_k(w), a + b / 3.1, gal_law_gordon03(GAL_LAW_SMC_BAR, w),
                       gal_law_gordon03(GAL_LAW_LMC, w), gal_law_gordon03(GAL_LAW_LMC2, w)};
        for (int i = 0; i < 5; i++) {
            assert_true(isfinite(c[i]) && c[i] > 0);
            if (w > 2500) /* beyond the bump */
                assert_true(c[i] < last[i] * (1 + 1e-3));
            last[i] = c[i];
        }
        assert_true(gal_law_bump(w) >= 0 && gal_law_bump(w) <= 1);
    }
    CLOSE(gal_law_bump(2175), 1, 1e-15);
    /* half of the peak at the half width: lambda^2 W^2 = (lambda^2 - lambda0^2)^2 */
    double half = 175 + sqrt(175. * 175 + 2175. * 2175);
    CLOSE(gal_law_bump(half), 0.5, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_dust_extinction), cmocka_unit_test(calzetti),
                                       cmocka_unit_test(everywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
