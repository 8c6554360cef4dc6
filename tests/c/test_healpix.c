/* Pixels of HEALPix: against healpy (tests/ref/healpix.txt) and against what must hold for every pixel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "galua/healpix.h"
#include "sky_ref.h"

static const char *named(const char *what, int64_t nside, int nest)
{
    static char name[80];
    snprintf(name, sizeof name, "%s_%lld_%d", what, (long long)nside, nest);
    return name;
}

static void angles_and_vectors(void **state)
{
    (void)state;
    const int64_t nsides[] = {1, 8, 64, 4096, 1 << 20};
    for (int q = 0; q < 5; q++)
        for (int nest = 0; nest < 2; nest++) {
            size_t n;
            const double *want = ref(named("ang2pix", nsides[q], nest), &n);
            assert_int_equal(n, 12);
            for (int k = 0; k < 12; k++) {
                double theta = acos(cos(1.7 * k + 0.1)), phi = fmod(2.3 * k, 2 * M_PI);
                int64_t pix = gal_healpix_ang2pix(nsides[q], nest, theta, phi);
                assert_int_equal(pix, (int64_t)want[k]);
                double t, p, v[3];
                gal_healpix_pix2ang(nsides[q], nest, pix, &t, &p);
                gal_healpix_pix2vec(nsides[q], nest, pix, v);
                NEAR(v[0], sin(t) * cos(p), 1e-15);
                assert_int_equal(gal_healpix_vec2pix(nsides[q], nest, v), pix);
                assert_int_equal(gal_healpix_ang2pix(nsides[q], nest, t, p), pix);
            }
        }
}

static void neighbours_of_healpy(void **state)
{
    (void)state;
    const int64_t nsides[] = {1, 2, 8, 64, 1 << 20};
    for (int q = 0; q < 5; q++)
        for (int nest = 0; nest < 2; nest++) {
            size_t n;
            const double *want = ref(named("neighbours", nsides[q], nest), &n);
            assert_true(n >= 9 && n % 9 == 0);
            double v[3];
            for (size_t i = 0; i < n; i += 9) {
                int64_t got[8];
                gal_healpix_neighbours(nsides[q], nest, (int64_t)want[i], got);
                for (int d = 0; d < 8; d++)
                    assert_int_equal(got[d], (int64_t)want[i + 1 + d]);
            }
            int64_t pix[64];
            size_t count = n / 9;
            for (size_t i = 0; i < count; i++)
                pix[i] = (int64_t)want[9 * i];
            want = ref(named("pix2vec", nsides[q], nest), &n);
            assert_int_equal(n, 3 * count);
            for (size_t i = 0; i < count; i++) {
                gal_healpix_pix2vec(nsides[q], nest, pix[i], v);
                for (int d = 0; d < 3; d++)
                    NEAR(v[d], want[3 * i + d], 1e-15);
            }
        }
}

/* Every pixel: faces there and back, rings, the other ordering, symmetric neighbours; also where nside is no power of two. */
static void every_pixel(void **state)
{
    (void)state;
    const int64_t nsides[] = {1, 2, 3, 5, 6, 8, 16};
    for (int q = 0; q < 7; q++)
        for (int order = 0; order < 2; order++) {
            int64_t nside = nsides[q], npix = gal_healpix_npix(nside);
            if (gal_healpix_check(nside, order) != GAL_OK)
                continue;
            int corners = 0;
            for (int64_t p = 0; p < npix; p++) {
                int64_t x, y, nb[8], back[8];
                int face;
                gal_healpix_pix2xyf(nside, order, p, &x, &y, &face);
                assert_true(x >= 0 && x < nside && y >= 0 && y < nside && face >= 0 && face < 12);
                assert_int_equal(gal_healpix_xyf2pix(nside, order, x, y, face), p);
                gal_healpix_neighbours(nside, order, p, nb);
                for (int d = 0; d < 8; d++) {
                    corners += nb[d] < 0;
                    if (nb[d] < 0)
                        continue;
                    gal_healpix_neighbours(nside, order, nb[d], back);
                    bool mutual = false;
                    for (int e = 0; e < 8; e++)
                        mutual = mutual || back[e] == p;
                    assert_true(mutual);
                }
                if (order == GAL_RING) {
                    gal_healpix_ring r;
                    double theta, phi;
                    gal_healpix_ring_info(nside, gal_healpix_ring_of(nside, p), &r);
                    gal_healpix_pix2ang(nside, order, p, &theta, &phi);
                    assert_true(p >= r.start && p < r.start + r.n);
                    NEAR(r.z, cos(theta), 1e-15);
                    NEAR(r.sin_theta, sin(theta), 2e-15);
                    NEAR(r.phi0 + (double)(p - r.start) * 2 * M_PI / (double)r.n, phi, 4e-15);
                    if ((nside & (nside - 1)) == 0)
                        assert_int_equal(gal_healpix_nest2ring(nside, gal_healpix_ring2nest(nside, p)), p);
                }
            }
            assert_int_equal(corners,
                             nside == 1 ? 24 : 24); /* 8 points where three faces meet, each missing for 3 pixels */
        }
}

static void discs(void **state)
{
    (void)state;
    static const double vec[4][3] = {{0, 0, 1}, {1, 0.2, -0.4}, {0, 0.1, -1}, {-1, -1, 0.3}};
    static const double radius[4] = {0.2, 0.1, 0.5, 3.0};
    for (int i = 0; i < 4; i++)
        for (int nest = 0; nest < 2; nest++) {
            int64_t *list, *wide;
            size_t n, k, nwide;
            char name[40];
            snprintf(name, sizeof name, "disc_%d_%d", i, nest);
            const double *want = ref(name, &k);
            OK(gal_healpix_query_disc(32, nest, vec[i], radius[i], false, &list, &n));
            assert_int_equal(n, (size_t)want[0]);
            size_t step = n / 10 > 1 ? n / 10 : 1;
            for (size_t j = 0; j * step < n; j++)
                assert_int_equal(list[j * step], (int64_t)want[1 + j]);
            /* inclusive: nothing that a point of the disc lies in is left out */
            OK(gal_healpix_query_disc(32, nest, vec[i], radius[i], true, &wide, &nwide));
            double len = sqrt(vec[i][0] * vec[i][0] + vec[i][1] * vec[i][1] + vec[i][2] * vec[i][2]);
            double theta = acos(vec[i][2] / len), phi = atan2(vec[i][1], vec[i][0]);
            for (int s = 0; s < 200; s++) { /* points on the edge of the disc */
                double r = radius[i] * (1 - 1e-9), b = 0.0314159 * s;
                double x = sin(r) * cos(b), y = sin(r) * sin(b), z = cos(r), xx = x * cos(theta) + z * sin(theta);
                double p[3] = {xx * cos(phi) - y * sin(phi), xx * sin(phi) + y * cos(phi),
                               z * cos(theta) - x * sin(theta)};
                int64_t pix = gal_healpix_vec2pix(32, nest, p);
                bool in = false;
                for (size_t j = 0; j < nwide && !in; j++)
                    in = wide[j] == pix;
                assert_true(in);
            }
            gal_free(list);
            gal_free(wide);
        }
    int64_t *list;
    size_t n;
    OK(gal_healpix_query_disc(4, GAL_RING, vec[0], 4, false, &list, &n)); /* more than the sky */
    assert_int_equal(n, 192);
    gal_free(list);
    OK(gal_healpix_query_disc(4, GAL_RING, vec[1], 0, false, &list, &n));
    assert_int_equal(n, 0);
    gal_free(list);
    OK(gal_healpix_query_strip(4, GAL_RING, M_PI / 2 - 0.01, M_PI / 2 + 0.01, &list, &n));
    assert_int_equal(n, 16);
    assert_int_equal(list[0], 88);
    gal_free(list);
    /* at the finest resolution: the pixels around a direction, found without a walk over two thousand million rings */
    int64_t nside = GAL_HEALPIX_NSIDE_MAX, at = gal_healpix_vec2pix(nside, GAL_NESTED, vec[1]);
    double centre[3], res = sqrt(4 * M_PI / (double)gal_healpix_npix(nside));
    gal_healpix_pix2vec(nside, GAL_NESTED, at, centre);
    OK(gal_healpix_query_disc(nside, GAL_NESTED, centre, 0.5 * res, false, &list, &n));
    assert_int_equal(n, 1);
    assert_int_equal(list[0], at);
    gal_free(list);
    OK(gal_healpix_query_disc(nside, GAL_NESTED, centre, 3 * res, false, &list, &n));
    assert_true(n > 20 && n < 37); /* area 9 pi */
    gal_free(list);
    double none[3] = {0, 0, 0};
    FAILS(gal_healpix_query_disc(4, GAL_RING, none, 1, false, &list, &n), GAL_EINVAL, "has no direction");
    FAILS(gal_healpix_query_disc(4, GAL_RING, vec[0], NAN, false, &list, &n), GAL_EINVAL, "radius");
    FAILS(gal_healpix_query_disc(6, GAL_NESTED, vec[0], 1, false, &list, &n), GAL_EINVAL, "power of two");
}

static void interpolation(void **state)
{
    (void)state;
    const double theta[7] = {0.001, 0.4, 0.8411, 1.2, 1.5707, 2.4, 3.1414},
                 phi[7] = {0.3, 6.2, 1.57, 4.0, 0.0, 3.3, 5.0};
    for (int i = 0; i < 7; i++) {
        int64_t pix[4];
        double w[4], sum = 0;
        size_t n;
        char name[40];
        gal_healpix_interpolation(16, GAL_RING, theta[i], phi[i], pix, w);
        for (int a = 0; a < 4; a++)
            for (int b = a + 1; b < 4; b++)
                if (pix[b] < pix[a]) {
                    int64_t p = pix[a];
                    double x = w[a];
                    pix[a] = pix[b], w[a] = w[b];
                    pix[b] = p, w[b] = x;
                }
        snprintf(name, sizeof name, "interp_%d", i);
        const double *want = ref(name, &n);
        for (int k = 0; k < 4; k++)
            assert_int_equal(pix[k], (int64_t)want[k]);
        snprintf(name, sizeof name, "interp_w_%d", i);
        want = ref(name, &n);
        for (int k = 0; k < 4; k++) {
            NEAR(w[k], want[k], 1e-13);
            sum += w[k];
        }
        NEAR(sum, 1, 1e-15);
    }
    size_t n;
    const double *want = ref("max_radius", &n);
    const int64_t nsides[4] = {1, 2, 8, 64};
    for (int i = 0; i < 4; i++)
        NEAR(gal_healpix_max_radius(nsides[i]), want[i], 1e-14);
}

static void refusals(void **state)
{
    (void)state;
    gal_ordering o;
    FAILS(gal_healpix_check(0, GAL_RING), GAL_EINVAL, "nside 0");
    FAILS(gal_healpix_check(INT64_C(1) << 30, GAL_RING), GAL_EINVAL, "expected 1 to 2^29");
    OK(gal_healpix_check(3, GAL_RING));
    assert_int_equal(gal_healpix_nside(12 * 49), 7);
    assert_int_equal(gal_healpix_nside(13), -1);
    assert_int_equal(gal_healpix_nside(24), -1);
    OK(gal_ordering_parse(&o, "nested"));
    assert_int_equal(o, GAL_NESTED);
    FAILS(gal_ordering_parse(&o, "SPIRAL"), GAL_EINVAL, "expected RING or NESTED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_and_vectors), cmocka_unit_test(neighbours_of_healpy),
        cmocka_unit_test(every_pixel),        cmocka_unit_test(discs),
        cmocka_unit_test(interpolation),      cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
