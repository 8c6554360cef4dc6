/* Every component that adds light, alone, over its whole parameter space and a wide range of galaxies: finite and not negative, and what
 * is kept between calls never shows: the same bits as from a new workspace. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "galua/component.h"
#include "galua/const.h"
#include "galua/num.h"
#include "galua/rng.h"

enum { N = 300, DRAWS = 4000 };

static double wave[N], tw[N], stars[N], attenuated[N], first[N], again[N], line[128], derived[16];
static gal_rng rng;

static double between(double lo, double hi)
{
    return lo + (hi - lo) * gal_rng_uniform(&rng);
}

static double decades(double lo, double hi)
{
    return pow(10, between(lo, hi));
}

/* A galaxy: often with an exact zero where one may occur. */
static void draw_view(gal_view *v, const gal_wavegrid *g)
{
    memset(v, 0, sizeof *v);
    v->grid = g;
    v->stars = stars;
    v->attenuated = attenuated;
    v->age = decades(5, 10.3);
    v->age_mass = v->age * between(0.01, 1);
    v->redshift = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-3, 1.3);
    v->sfr = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-6, 5);
    v->mstar = decades(0, 13);
    v->mgas = decades(0, 13);
    v->mdust = decades(0, 11);
    v->zgas = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-8, -0.7);
    v->zstar = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-8, -0.7);
    v->qh = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(30, 58);
    v->qh_clouds = v->qh * gal_rng_uniform(&rng);
    v->qhei = v->qh * gal_rng_uniform(&rng);
    v->lyman = v->qh * decades(-12, -10) / GAL_LSUN;
    v->sn_rate = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-12, 4);
    v->e_mc = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-10, 14);
    v->e_dd = gal_rng_uniform(&rng) < 0.1 ? 0 : decades(-10, 14);
    for (int k = 0; k < N; k++) {
        stars[k] = gal_rng_uniform(&rng) < 0.05 ? 0 : decades(-20, 12);
        attenuated[k] = stars[k] * gal_rng_uniform(&rng);
    }
}

static void draw_parameters(const gal_component_class *c, double *p)
{
    for (size_t i = 0; i < c->npar; i++) {
        const gal_param *q = &c->par[i];
        double u = gal_rng_uniform(&rng);
        p[i] = u < 0.05 ? q->lo : u > 0.95 ? q->hi : q->lo + (q->hi - q->lo) * gal_rng_uniform(&rng);
        if (u < 0.5 && q->lo >= 0 && u > 0.05) /* small values too */
            p[i] = q->lo + (q->hi - q->lo) * decades(-6, 0);
    }
}

static gal_status run(const gal_component_class *c, gal_stage *s, double *out)
{
    double *lum[1] = {out};
    gal_source from = {.dust_ratio = 1, .lyc_left = 1};
    gal_status st = GAL_OK;
    s->lum = lum;
    if (c->transmit)
        return c->transmit(s, out);
    if (c->source)
        st = c->source(s, &from);
    if (st == GAL_OK && c->emit)
        st = c->emit(s);
    assert_true(from.in_clouds >= 0 && from.in_clouds <= 1 && from.lyc_left >= 0 && from.lyc_left <= 1);
    return st;
}

static void one(const gal_component_class *c, const gal_option_value *v, bool parity)
{
    gal_component *component;
    gal_view view;
    void *table = NULL;
    gal_wavegrid g = {.n = N, .wave = wave, .tw = tw};
    if (parity)
        g.compat = gal_compat_galapy();
    assert_int_equal(gal_component_create(&component, c, v), GAL_OK);
    if (c->setup)
        assert_int_equal(c->setup(&table, gal_component_self(component), &g), GAL_OK);
    size_t m = c->scratch ? c->scratch(gal_component_self(component), &g) : 0;
    double *kept = GAL_NEWN(double, m + 1), *fresh = GAL_NEWN(double, m + 1), p[16] = {0};
    assert_non_null(kept);
    assert_non_null(fresh);
    for (int i = 0; i < DRAWS; i++) {
        if (i % 3 == 0)
            draw_view(&view, &g);
        if (i % 3 != 1)
            draw_parameters(c, p);
        if (c->check && c->check(gal_component_self(component), p) != GAL_OK)
            continue;
        gal_stage s = {.self = gal_component_self(component),
                       .table = table,
                       .scratch = kept,
                       .p = p,
                       .view = &view,
                       .derived = derived,
                       .line = line};
        assert_int_equal(run(c, &s, first), GAL_OK);
        for (int k = 0; k < N; k++)
            if (!(first[k] >= 0 && isfinite(first[k])) || (c->transmit && first[k] > 1))
                fail_msg("%s.%s: %g at %g A, draw %d", c->group, c->kind, first[k], wave[k], i);
        for (size_t k = 0; k < c->nderived; k++)
            assert_true(derived[k] >= 0 && isfinite(derived[k]));
        for (size_t k = 0; k < c->nlines; k++)
            assert_true(line[k] >= 0 && isfinite(line[k]));
        memset(fresh, 0, (m + 1) * sizeof *fresh);
        s.scratch = fresh;
        assert_int_equal(run(c, &s, again), GAL_OK);
        assert_memory_equal(first, again, sizeof first);
    }
    if (c->teardown)
        c->teardown(table);
    gal_component_unref(component);
    gal_free(kept);
    gal_free(fresh);
}

static void positive(void **state)
{
    (void)state;
    int ran = 0;
    for (const gal_component_class *const *c = gal_component_classes(); *c; c++) {
        if ((*c)->screen || (*c)->reemit || strcmp((*c)->kind, "fritz") == 0)
            continue; /* dust: test_dust.c */
        for (int parity = 0; parity < 2; parity++)
            one(*c, NULL, parity);
        ran++;
    }
    assert_true(ran >= 9);
}

/* A folder with one template of the library's layout: the library's own where it is, else a spectrum of two power laws and a bump of
 * warm dust, with the exponent letters of its last column left out as there. */
static const char *fritz_folder(void)
{
    static const char *const name = "ct40al0.0be-0.50ta6.0rm60ia0.001";
    const char *folder = "../shared/data/galapy_database/AGN_templates";
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (gal_file_exists(path))
        return folder;
    folder = "build/fritz_like";
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 178; i++) {
        double um = 1e-3 * pow(10, 6 * i / 177.0), disc = 1e44 * pow(um, -1.3) * exp(-um / 30),
               dust = 3e44 * exp(-pow(log(um / 12), 2));
        fprintf(f, "%12.5E %12.5E %12.5E %12.5E 1.00000-%d\n", um, disc + dust, dust, 0.0, 100 + i);
    }
    fclose(f);
    return folder;
}

static void positive_fritz(void **state)
{
    (void)state;
    const char *folder = fritz_folder();
    const gal_component_class *k;
    assert_int_equal(gal_component_find(&k, "agn", "fritz"), GAL_OK);
    gal_option_value v[8] = {{.given = true, .text = folder}};
    for (size_t i = 1; i < k->noption; i++)
        v[i].number = k->option[i].number;
    for (int parity = 0; parity < 2; parity++)
        one(k, v, parity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(positive), cmocka_unit_test(positive_fritz)};
    gal_rng_init(&rng, 1, 0, 0, 0, 0);
    gal_logspace(1, 1e10, N, wave);
    gal_trapz_weights(wave, N, tw);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
