/* Derivatives of band fluxes along every parameter: galaxies of all components against central differences of the whole model, and every exact
 * derivative of a component against differences of that component. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/rng.h"
#include "galua/tangent.h"

static gal_ssp *ssp;
static gal_cosmo *cosmo;
enum { BANDS = 7, DRAWS = 12 };
static gal_filter *filter[BANDS];

static int setup(void **state)
{
    (void)state;
    static const double pivot[BANDS] = {3.5, 1600, 3500, 22000, 80000, 1.6e6, 1e9}; /* A, Gaussians */
    for (int i = 0; i < BANDS; i++) {
        char name[20];
        snprintf(name, sizeof name, "box%d", i);
        if (gal_filter_gaussian(&filter[i], name, pivot[i], 0.08 * pivot[i]) != GAL_OK)
            return -1;
    }
    return gal_ssp_synthetic(&ssp) || gal_cosmo_named(&cosmo, "Planck18");
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < BANDS; i++)
        gal_filter_unref(filter[i]);
    gal_ssp_unref(ssp);
    gal_cosmo_unref(cosmo);
    return 0;
}

static gal_component *part(const char *group, const char *kind)
{
    const gal_component_class *k;
    gal_component *c;
    assert_int_equal(gal_component_find(&k, group, kind), GAL_OK);
    assert_int_equal(gal_component_create(&c, k, NULL), GAL_OK);
    return c;
}

typedef struct problem {
    gal_galaxy *g;
    gal_galaxy_ws *w;
    gal_tangent *t;
    gal_phot *p;
    double theta[128], near[128];
} problem;

static void open_problem(problem *q, const char *history, gal_component *const *c, size_t n)
{
    gal_galaxy_opts o;
    gal_galaxy_defaults(&o);
    o.ssp = ssp;
    o.cosmo = cosmo;
    o.clamp = true;
    o.component = c;
    o.ncomponent = n;
    assert_int_equal(gal_sfh_find(history, &o.sfh.class), GAL_OK);
    assert_int_equal(gal_galaxy_create(&q->g, &o), GAL_OK);
    assert_int_equal(gal_galaxy_ws_create(&q->w, q->g), GAL_OK);
    assert_int_equal(gal_tangent_create(&q->t, q->g), GAL_OK);
    assert_int_equal(gal_phot_create(&q->p, filter, BANDS, gal_galaxy_wave(q->g), gal_galaxy_nwave(q->g)), GAL_OK);
    assert_true(gal_galaxy_npar(q->g) < 128);
    for (size_t i = 0; i < n; i++)
        gal_component_unref(c[i]);
}

static void close_problem(problem *q)
{
    gal_phot_free(q->p);
    gal_tangent_free(q->t);
    gal_galaxy_ws_free(q->w);
    gal_galaxy_unref(q->g);
}

/* Parameters inside their ranges, near their defaults: everything shines */
static void draw(problem *q, gal_rng *r)
{
    for (size_t i = 0; i < gal_galaxy_npar(q->g); i++) {
        const gal_param *p = gal_galaxy_par(q->g, i);
        double u = gal_rng_uniform(r) - 0.5, v = p->value;
        if (p->log)
            v *= exp(0.6 * u);
        else if (p->phi > p->plo)
            v += 0.2 * u * (p->phi - p->plo);
        double width = 0.01 * (p->hi - p->lo);
        if (!p->log && v < p->lo + width) /* off the ends of ranges, where functions have kinks */
            v = p->lo + fmin(0.05 * (p->phi - p->plo), width);
        q->theta[i] = fmin(fmax(v, p->lo), p->hi);
    }
    q->theta[0] = 2e9 * exp(gal_rng_uniform(r));
    q->theta[1] = 0.3 + 0.5 * gal_rng_uniform(r);
    q->theta[2] = 0;
}

static double scale_of(const problem *q, size_t i)
{
    const gal_param *p = gal_galaxy_par(q->g, i);
    double v = fabs(q->theta[i]), range = isfinite(p->phi - p->plo) ? p->phi - p->plo : 1;
    return p->log ? v : fmax(v, 0.1 * range);
}

/* Central difference of the whole model, two steps extrapolated; rough: how much they differ, much at a kink */
static void whole(problem *q, size_t i, double *out, double *rough)
{
    double a[2][BANDS], b[2][BANDS], h = 4e-5 * scale_of(q, i);
    memcpy(q->near, q->theta, sizeof q->near);
    for (int k = 0; k < 2; k++) {
        double step = k ? 0.5 * h : h;
        q->near[i] = q->theta[i] + step;
        assert_int_equal(gal_galaxy_photometry(q->g, q->w, q->p, q->near, a[k]), GAL_OK);
        q->near[i] = q->theta[i] - step;
        assert_int_equal(gal_galaxy_photometry(q->g, q->w, q->p, q->near, b[k]), GAL_OK);
        for (int m = 0; m < BANDS; m++)
            a[k][m] = (a[k][m] - b[k][m]) / (2 * step);
    }
    for (int m = 0; m < BANDS; m++) {
        out[m] = (4 * a[1][m] - a[0][m]) / 3;
        rough[m] = fabs(a[1][m] - a[0][m]);
    }
}

/* All derivatives at once against those along a random direction at a fixed redshift: the same sums in another order. */
static double gradient(problem *q, gal_rng *r)
{
    double gflux[BANDS], flux[BANDS], along[128] = {0}, grad[128], change[BANDS], forward = 0, back = 0, size = 0;
    assert_int_equal(gal_galaxy_photometry(q->g, q->w, q->p, q->theta, flux), GAL_OK);
    for (int b = 0; b < BANDS; b++)
        gflux[b] = flux[b] > 0 ? gal_rng_normal(r) / flux[b] : 0;
    for (size_t i = 0; i < gal_galaxy_npar(q->g); i++)
        along[i] = i == 1 || i == 2 ? 0 : scale_of(q, i) * gal_rng_normal(r);
    gal_tangent_force(q->t, false);
    assert_int_equal(gal_tangent_gradient(q->t, q->w, q->p, q->theta, gflux, grad), GAL_OK);
    assert_int_equal(gal_tangent_photometry(q->t, q->w, q->p, q->theta, along, change), GAL_OK);
    for (int b = 0; b < BANDS; b++)
        forward += gflux[b] * change[b];
    for (size_t i = 0; i < gal_galaxy_npar(q->g); i++) {
        back += grad[i] * along[i];
        size += fabs(grad[i] * along[i]);
    }
    for (int b = 0; b < BANDS; b++)
        size += fabs(gflux[b] * change[b]);
    return fabs(back - forward) / size;
}

static void check(problem *q, uint64_t seed, double allowed, double transposed)
{
    double worst = 0, among = 0, turned = 0;
    int kinks = 0, n = 0, bad = 0;
    for (int trial = 0; trial < DRAWS; trial++) {
        gal_rng r;
        gal_rng_init(&r, 9, 3, seed, (uint64_t)trial, 0);
        draw(q, &r);
        double flux[BANDS];
        turned = fmax(turned, gradient(q, &r));
        for (size_t i = 0; i < gal_galaxy_npar(q->g); i++) {
            double along[128] = {0}, got[BANDS], apart[BANDS], want[BANDS], rough[BANDS], s = scale_of(q, i);
            if (i == 2)
                continue; /* distance 0: from the redshift */
            along[i] = s;
            assert_int_equal(gal_galaxy_photometry(q->g, q->w, q->p, q->theta, flux), GAL_OK);
            gal_tangent_force(q->t, false);
            assert_int_equal(gal_tangent_photometry(q->t, q->w, q->p, q->theta, along, got), GAL_OK);
            gal_tangent_force(q->t, true);
            assert_int_equal(gal_tangent_photometry(q->t, q->w, q->p, q->theta, along, apart), GAL_OK);
            whole(q, i, want, rough);
            bool kink = false;
            n++;
            for (int m = 0; m < BANDS; m++) {
                double e = fabs(got[m] - s * want[m]) / (fabs(flux[m]) + fabs(s * want[m]));
                double f = fabs(got[m] - apart[m]) / (fabs(flux[m]) + fabs(got[m]));
                if (e > allowed && s * rough[m] > 0.1 * allowed * fabs(flux[m])) {
                    kink = true;
                    continue;
                }
                if (e > allowed || f > allowed) {
                    bad++;
                    printf("%s, band %d: %.10g, differences of parts %.10g, of the whole %.10g (flux %.3g)\n",
                           gal_galaxy_par(q->g, i)->name, m, got[m], apart[m], s * want[m], flux[m]);
                }
                worst = fmax(worst, e);
                among = fmax(among, f);
            }
            kinks += kink;
        }
    }
    printf("against differences of the whole %.1e, of the parts %.1e; %d of %d beside a kink\n", worst, among, kinks,
           n);
    printf("backward against forward %.1e%s\n", turned, gal_tangent_backward(q->t) ? "" : " (one by one)");
    assert_int_equal(bad, 0);
    assert_true(turned < transposed);
    assert_true(kinks <= n / 100);
}

static void dusty(void **state)
{
    (void)state;
    static const char *const history[] = {"insitu", "delayed", "continuity"};
    for (int i = 0; i < 3; i++) {
        problem q;
        open_problem(&q, history[i], NULL, 0);
        assert_int_equal(gal_tangent_differences(q.t), 0);
        check(&q, (uint64_t)i, 1e-6, 1e-12);
        close_problem(&q);
    }
}

static void everything(void **state)
{
    (void)state;
    gal_component *c[] = {part("nebular", "hii"), part("synchrotron", "supernova"), part("xrb", "fragos13"),
                          part("agn", "torus"), part("igm", "inoue14")};
    problem q;
    open_problem(&q, "delayed", c, sizeof c / sizeof *c);
    for (size_t i = 0; i < gal_tangent_differences(q.t); i++)
        printf("%s by differences\n", gal_tangent_difference(q.t, i));
    check(&q, 7, 1e-6, 1e-12);
    close_problem(&q);
}

static void radio(void **state)
{
    (void)state;
    gal_component *c[] = {part("nebular", "freefree"), part("synchrotron", "supernova"), part("xrb", "fragos13")};
    problem q;
    open_problem(&q, "insitu", c, sizeof c / sizeof *c);
    assert_int_equal(gal_tangent_differences(q.t), 0);
    check(&q, 8, 1e-6, 1e-11); /* X-rays and radio are small numbers beside those they are made of */
    close_problem(&q);
}

static void laws(void **state)
{
    (void)state;
    int n = 0;
    for (const gal_component_class *const *k = gal_component_classes(); *k; k++) {
        if (strcmp((*k)->group, "attenuation") != 0)
            continue;
        gal_component *c[] = {part("attenuation", (*k)->kind), part("dust", n++ % 2 ? "greybody" : "casey12")};
        problem q;
        printf("%s: ", (*k)->kind);
        open_problem(&q, "constant", c, 2);
        assert_int_equal(gal_tangent_differences(q.t), 0);
        check(&q, 20, 1e-6, 1e-12);
        close_problem(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dusty), cmocka_unit_test(everything), cmocka_unit_test(radio),
                                       cmocka_unit_test(laws)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
