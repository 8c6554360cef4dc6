/* Cosmology against the reference values of the four named cosmologies (relative 1e-8: nine printed digits), limits and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "close.h"
#include "reference.h"

#include "galua/cosmo.h"
#include "galua/num.h"

static const double zs[] = {0.1, 1, 3, 6};
static const struct {
    const char *name;
    double dl[4], age[4];
} ref[] = {
    {"Planck15",
     {475.336937, 6791.81062, 26039.2216, 59046.5001},
     {1.24537933e10, 5.86254926e9, 2.1486054e9, 9.31519315e8}},
    {"Planck18",
     {475.822268, 6791.26894, 26016.0553, 58976.0946},
     {1.24416872e10, 5.8513433e9, 2.14378992e9, 9.29393195e8}},
    {"WMAP7",
     {458.641493, 6682.36141, 26006.3025, 59306.4913},
     {1.24570635e10, 5.96586216e9, 2.20021423e9, 9.54594436e8}},
    {"WMAP9",
     {465.280591, 6726.14124, 26015.6478, 59188.5707},
     {1.2453542e10, 5.92222843e9, 2.17831738e9, 9.44758924e8}},
};

/* The reference was read by linear interpolation of a table with 2 % steps in z: curvature costs it up to 0.02^2/8 |f'' z^2/f|,
 * 1.5e-4 for the age at z = 6. The exact integrals are compared with adaptive quadrature to 1e-10, and with
 * those of astropy to 1e-8, below. */
static void reference_values(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        gal_cosmo *c;
        assert_int_equal(gal_cosmo_named(&c, ref[i].name), GAL_OK);
        for (int k = 0; k < 4; k++) {
            CLOSE(gal_cosmo_luminosity_distance(c, zs[k]), ref[i].dl[k], 2e-4);
            CLOSE(gal_cosmo_age(c, zs[k]), ref[i].age[k], 2e-4);
        }
        gal_cosmo_unref(c);
    }
}

/* Without radiation (Tcmb = 0: no neutrinos either, whatever m_nu says): closed forms of a flat universe of matter and Lambda. */
static void no_radiation(void **state)
{
    (void)state;
    gal_cosmo *c;
    const gal_cosmo_params p = {.h0 = 70, .om0 = 0.3, .ol0 = NAN, .tcmb = 0, .neff = 3.046, .mnu = {0, 0, 0.06}};
    assert_int_equal(gal_cosmo_create(&c, "bare", &p), GAL_OK);
    double hubble = 3.0856775814913673e19 / 70 / 31557600; /* yr */
    for (int k = 0; k < 4; k++) {
        double m = 0.3 * pow(1 + zs[k], 3);
        CLOSE(gal_cosmo_efunc(c, zs[k]), sqrt(m + 0.7), 1e-14);
        /* the age is tabulated from z = 1e4 on, whose own is of matter alone there */
        CLOSE(gal_cosmo_age(c, zs[k]), hubble * 2 / (3 * sqrt(0.7)) * asinh(sqrt(0.7 / m)), 1e-5);
    }
    gal_cosmo_unref(c);
}

/* The four cosmologies by astropy (scripts/peers/filters_galapy.py; D_L [Mpc], age [yr]), z = 1e-5 to 1000. */
static void table_nodes(void **state)
{
    (void)state;
    FILE *f = reference_open("cosmology.csv");
    assert_non_null(f);
    char name[20];
    double z, dl, age;
    int n = 0;
    assert_int_equal(fscanf(f, "%*[^\n]"), 0);
    for (; fscanf(f, " %19[^,],%lf,%lf,%lf", name, &z, &dl, &age) == 4; n++) {
        gal_cosmo *c;
        assert_int_equal(gal_cosmo_named(&c, name), GAL_OK);
        CLOSE(gal_cosmo_luminosity_distance(c, z), dl, 1e-8);
        if (z < 60) /* above, astropy's own quadrature is noisy: up to 7e-5 */
            CLOSE(gal_cosmo_age(c, z), age, 1e-8);
        gal_cosmo_unref(c);
    }
    assert_int_equal(n, 4 * 33);
    fclose(f);
}

static double inv_e(double z, void *c)
{
    return 1 / gal_cosmo_efunc(c, z);
}

static double inv_ae(double x, void *c) /* x = ln(1+z) */
{
    return 1 / gal_cosmo_efunc(c, expm1(x));
}

static void against_quadrature(void **state)
{
    (void)state;
    gal_cosmo *c;
    assert_int_equal(gal_cosmo_named(&c, "Planck18"), GAL_OK);
    for (double z = 1e-4; z < 1500; z *= 1.7) {
        double d, t;
        assert_int_equal(gal_integrate(inv_e, c, 0, z, 1e-13, &d), GAL_OK);
        CLOSE(gal_cosmo_comoving_distance(c, z), d * 299792.458 / 67.66,
              5e-10); /* cubic Hermite, step 0.0022 in ln(1+z) */
        assert_int_equal(gal_integrate(inv_ae, c, log1p(z), 18, 1e-13, &t), GAL_OK);
        t += 0.5 / gal_cosmo_efunc(c, expm1(18));
        CLOSE(gal_cosmo_age(c, z), t * 3.0856775814913673e19 / 67.66 / 3.15576e7, 1e-7);
    }
    CLOSE(gal_cosmo_age(c, 0), 1.3786883925e10, 1e-6);
    assert_true(isnan(gal_cosmo_age(c, -0.1)));
    gal_cosmo_unref(c);
}

/* Einstein-de Sitter without radiation: D_L = 2 c/H0 (1+z)(1 - 1/sqrt(1+z)), t = 2/(3 H0) (1+z)^-1.5. */
static void closed_forms(void **state)
{
    (void)state;
    gal_cosmo *c;
    gal_cosmo_params eds = {70, 1, NAN, 0, 0, {0, 0, 0}}, milne = {70, 0, 0, 0, 0, {0, 0, 0}};
    assert_int_equal(gal_cosmo_create(&c, "EdS", &eds), GAL_OK);
    double dh = 299792.458 / 70, th = 3.0856775814913673e19 / 70 / 3.15576e7;
    for (double z = 0.01; z < 100; z *= 3) {
        CLOSE(gal_cosmo_luminosity_distance(c, z), 2 * dh * (1 + z) * (1 - 1 / sqrt(1 + z)), 1e-10);
        CLOSE(gal_cosmo_age(c, z), 2. / 3 * th * pow(1 + z, -1.5), 1e-6);
    }
    gal_cosmo_unref(c);
    assert_int_equal(gal_cosmo_create(&c, "Milne", &milne), GAL_OK); /* empty: D_L = c/H0 (1+z) sinh(ln(1+z)) */
    CLOSE(gal_cosmo_luminosity_distance(c, 2), dh * 3 * sinh(log(3)), 1e-10);
    gal_cosmo_unref(c);
}

/* The redshift of an age, and the slope of the age */
static void ages_back(void **state)
{
    (void)state;
    gal_cosmo *c;
    assert_int_equal(gal_cosmo_named(&c, "Planck18"), GAL_OK);
    for (double z = 1e-5; z < 1e8; z *= 1.6) {
        double age = gal_cosmo_age(c, z), h = 1e-4 * (1 + z), want;
        double back = gal_cosmo_redshift_at(c, age);
        CLOSE(1 + back, 1 + z, 1e-13);
        if (z < 1e-3 || z > 1000)
            continue;
        want = (gal_cosmo_age(c, z - fmin(2 * h, z)) - gal_cosmo_age(c, z)) / -fmin(2 * h, z);
        assert_true(gal_cosmo_age_slope(c, z) < 0 && fabs(gal_cosmo_age_slope(c, z) / want - 1) < 3e-4);
        want = (gal_cosmo_age(c, z - h * 0.1) - gal_cosmo_age(c, z + h * 0.1)) / (-0.2 * h);
        if (z > h)
            CLOSE(gal_cosmo_age_slope(c, z), want, 1e-7);
    }
    double now = gal_cosmo_age(c, 0);
    assert_true(gal_cosmo_redshift_at(c, now) == 0);
    assert_true(isnan(gal_cosmo_redshift_at(c, 1.001 * now)) && isnan(gal_cosmo_redshift_at(c, NAN)));
    assert_true(isinf(gal_cosmo_redshift_at(c, 0)) && isinf(gal_cosmo_redshift_at(c, -1)));
    assert_true(isnan(gal_cosmo_age_slope(c, -0.1)));
    gal_cosmo_unref(c);
}

/* Without a table: the same numbers, and derivatives of them along every parameter */
static void parameters_that_vary(void **state)
{
    (void)state;
    static const gal_cosmo_params kind[] = {{67.66, 0.30966, NAN, 2.7255, 3.046, {0, 0, 0.06}},
                                            {70, 0.3, 0.5, 2.7255, 3.046, {0, 0.05, 0.06}},
                                            {72, 0.4, 0.9, 2.725, 3.04, {0, 0, 0}}};
    for (int m = 0; m < 3; m++) {
        gal_cosmo *c;
        assert_int_equal(gal_cosmo_create(&c, "", &kind[m]), GAL_OK);
        for (double z = 0.01; z < 1500; z *= 4) {
            gal_cosmo_point at, up, down;
            gal_cosmo_at(&kind[m], z, &at);
            CLOSE(at.distance, gal_cosmo_luminosity_distance(c, z), 1e-10); /* the table's cubic, near 0 */
            CLOSE(at.age, gal_cosmo_age(c, z), 1e-11);
            CLOSE(at.distance_z, gal_cosmo_luminosity_slope(c, z), 1e-11);
            CLOSE(at.age_z, gal_cosmo_age_slope(c, z), 1e-12);
            double h = 1e-4 * z;
            gal_cosmo_at(&kind[m], z + h, &up);
            gal_cosmo_at(&kind[m], z - h, &down);
            CLOSE(at.distance_z, (up.distance - down.distance) / (2 * h), 1e-7);
            for (int j = 0; j < (isnan(kind[m].ol0) ? 2 : 3); j++) {
                gal_cosmo_params p = kind[m], q = kind[m];
                double *a = j == 0 ? &p.h0 : j == 1 ? &p.om0 : &p.ol0, *b = j == 0 ? &q.h0 : j == 1 ? &q.om0 : &q.ol0;
                double step = 1e-4 * *a;
                *a += step;
                *b -= step;
                gal_cosmo_at(&p, z, &up);
                gal_cosmo_at(&q, z, &down);
                double d = (up.distance - down.distance) / (2 * step), t = (up.age - down.age) / (2 * step);
                assert_true(fabs(at.distance_by[j] - d) * step < 1e-10 * at.distance);
                assert_true(fabs(at.age_by[j] - t) * step < 1e-10 * at.age);
            }
        }
        gal_cosmo_unref(c);
    }
    gal_cosmo_point at;
    gal_cosmo_at(&(gal_cosmo_params){70, 0.05, 3, 2.7, 3, {0, 0, 0}}, 5, &at); /* bounces: no big bang */
    assert_true(isnan(at.distance) && isnan(at.age));
}

static void errors(void **state)
{
    (void)state;
    gal_cosmo *c;
    assert_int_equal(gal_cosmo_named(&c, "Plank18"), GAL_ENOTFOUND);
    assert_string_equal(
        gal_error_message(),
        "unknown cosmology 'Plank18', did you mean 'Planck18'? (known: Planck18, Planck15, WMAP9, WMAP7)");
    gal_cosmo_params bad = {-70, 0.3, NAN, 2.7, 3, {0, 0, 0}};
    assert_int_equal(gal_cosmo_create(&c, "mine", &bad), GAL_EDOMAIN);
    assert_string_equal(gal_error_message(), "cosmology: H0 = -70 is not in 1 .. 1000");
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_radiation),         cmocka_unit_test(reference_values), cmocka_unit_test(table_nodes),
        cmocka_unit_test(against_quadrature),   cmocka_unit_test(closed_forms),     cmocka_unit_test(ages_back),
        cmocka_unit_test(parameters_that_vary), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
