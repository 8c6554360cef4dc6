/* Derivatives of every built-in component, stage by stage, in galaxies drawn at random: along a random direction in all that the stage reads
 * (parameters, numbers of the view, spectra) against central differences of that stage alone, and its transpose against it by the scalar
 * product. Walks over the registry: a class that has no derivative fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "close.h"
#include "galua/rng.h"
#include "model/tangent_int.h"

enum { DRAWS = 100 };
static gal_ssp *ssp;
static gal_cosmo *cosmo;

static int setup(void **state)
{
    (void)state;
    return gal_ssp_synthetic(&ssp) || gal_cosmo_named(&cosmo, "Planck18");
}

static int teardown(void **state)
{
    (void)state;
    gal_ssp_unref(ssp);
    gal_cosmo_unref(cosmo);
    return 0;
}

typedef struct problem {
    gal_galaxy *g;
    gal_galaxy_ws *w;
    gal_tangent *t;
    size_t part;
    double theta[128];
    double worst, turned; /* against differences, backward against forward */
    int kinks, n;
} problem;

static void draw(problem *q, gal_rng *r)
{
    for (size_t i = 0; i < q->g->npar; i++) {
        const gal_param *p = &q->g->par[i];
        double u = gal_rng_uniform(r), v = p->log ? p->plo * pow(p->phi / p->plo, u) : p->plo + u * (p->phi - p->plo);
        double width = 0.01 * (p->hi - p->lo);
        bool own = i >= q->g->part[q->part].par && i < q->g->part[q->part].par + q->g->part[q->part].npar;
        if (!own) /* the rest of the galaxy near its defaults: everything shines */
            v = p->value * (p->log ? exp(0.6 * (u - 0.5)) : 1) + (p->log ? 0 : 0.2 * (u - 0.5) * (p->phi - p->plo));
        if (!p->log) /* off the ends of ranges, where functions have kinks */
            v = fmin(fmax(v, p->lo + fmin(width, 0.02 * (p->phi - p->plo))), p->hi - width);
        q->theta[i] = fmin(fmax(v, p->lo), p->hi);
    }
    q->theta[P_AGE] = 2e9 * exp(gal_rng_uniform(r));
    q->theta[P_REDSHIFT] = 0.05 + 6.5 * gal_rng_uniform(r) * gal_rng_uniform(r);
    q->theta[P_DISTANCE] = 1000;
}

/* A direction in everything that a stage may read, in sizes of what is there */
static void direct(problem *q, gal_rng *r)
{
    const gal_galaxy *g = q->g;
    gal_galaxy_ws *d = q->t->d, *w = q->w;
    size_t n = g->grid->n;
    adjoint_clear(q->t);
    for (size_t i = 0; i < g->npar; i++)
        q->t->along[i] = 0.3 * tangent_size(&g->par[i], q->theta[i]) * gal_rng_normal(r);
    for (size_t i = 0; i < TANGENT_NUMBERS; i++)
        *tangent_number(&d->view, i, NULL) = 0.3 * *tangent_number(&w->view, i, NULL) * gal_rng_normal(r);
    double *to[] = {
        d->s0, d->s1, d->screen.att_mc, d->screen.abs_mc, d->screen.att_dd, d->screen.abs_dd, d->lum[GAL_COMP_EXTINCT]};
    const double *from[] = {
        w->s0, w->s1, w->screen.att_mc, w->screen.abs_mc, w->screen.att_dd, w->screen.abs_dd, w->lum[GAL_COMP_EXTINCT]};
    for (size_t a = 0; a < sizeof to / sizeof *to; a++) {
        double slow = gal_rng_normal(r), fast = gal_rng_normal(r);
        for (size_t k = 0; k < n; k++)
            to[a][k] = 0.3 * from[a][k] * (slow + fast * sin((double)k));
    }
}

/* Central differences of the stage over three halved steps, extrapolated, into b; rough: how much the last two differ */
static void differ(problem *q, tangent_stage which, size_t m, double *b, double *rough)
{
    size_t n = q->g->grid->n, count = m * n;
    double *y[3], *to[MAXLUM];
    tangent_result r;
    for (int j = 0; j < 3; j++) {
        y[j] = GAL_NEWN(double, 2 * count);
        for (int side = 0; side < 2; side++) {
            double step = (side ? -1 : 1) * 2e-4 * pow(2, -j);
            for (size_t c = 0; c < m; c++)
                to[c] = y[j] + (size_t)side * count + c * n;
            tangent_put_beside(q->t, q->w, q->theta, &q->g->part[q->part], step);
            assert_int_equal(tangent_stage_at(q->t, q->part, which, to, &r), GAL_OK);
        }
        for (size_t k = 0; k < count; k++)
            y[j][k] = (y[j][k] - y[j][count + k]) / (4e-4 * pow(2, -j));
    }
    for (size_t k = 0; k < count; k++) {
        double first = (4 * y[1][k] - y[0][k]) / 3, second = (4 * y[2][k] - y[1][k]) / 3;
        b[k] = second;
        rough[k] = fabs(second - first);
    }
    for (int j = 0; j < 3; j++)
        gal_free(y[j]);
}

/* Sum of the transposed derivatives times what they belong to, and of the moduli */
static double scalar(problem *q, double *const *by, double *const *along, size_t m, const double *gp,
                     const gal_view *gv, unsigned needs, double *size)
{
    const gal_part *p = &q->g->part[q->part];
    double sum = 0;
    for (size_t c = 0; c < m; c++)
        for (size_t k = 0; k < q->g->grid->n; k++) {
            sum += by[c][k] * along[c][k];
            *size += fabs(by[c][k] * along[c][k]);
        }
    for (size_t i = 0; gp && i < p->npar; i++) {
        sum += gp[i] * q->t->along[p->par + i];
        *size += fabs(gp[i] * q->t->along[p->par + i]);
    }
    for (size_t i = 0; gv && i < TANGENT_NUMBERS; i++) {
        unsigned need;
        double a = *tangent_number((gal_view *)(uintptr_t)gv, i, &need), b = *tangent_number(&q->t->d->view, i, NULL);
        if (!(need & needs)) {
            assert_true(a == 0); /* what it does not read */
            continue;
        }
        sum += a * b;
        *size += fabs(a * b);
    }
    return sum;
}

/* The class's transpose from random derivatives with respect to its results, against its change along the direction */
static double turn(problem *q, tangent_stage which, double **change, size_t m, const tangent_result *dr, gal_rng *r)
{
    const gal_part *p = &q->g->part[q->part];
    const gal_component_class *k = p->class;
    size_t n = q->g->grid->n;
    gal_stage s = gal_stage_of(q->g, q->w, q->part, q->theta);
    double *glum[MAXLUM], *back[6], gp[64] = {0}, gline[256] = {0}, size = 0, forward, sum;
    gal_view gv = {.grid = s.view->grid};
    gal_source gs = {0};
    gal_screen gscreen = {0};
    for (int i = 0; i < 6; i++)
        back[i] = GAL_NEWN(double, n);
    for (size_t c = 0; c < MAXLUM; c++) {
        glum[c] = GAL_NEWN(double, n);
        double tilt = gal_rng_normal(r), top = 0;
        for (size_t i = 0; c < m && i < n; i++)
            top = fmax(top, fabs(change[c][i]));
        for (size_t i = 0; c < m && top > 0 && i < n; i++)
            glum[c][i] = (tilt + sin(0.1 * (double)i)) / top;
    }
    if (which == TANGENT_REEMIT || which == TANGENT_EMIT) /* they are added up: the same for all */
        for (size_t c = 1; c < m; c++)
            memcpy(glum[c], glum[0], n * sizeof **glum);
    forward = scalar(q, glum, change, m, NULL, NULL, 0, &size);
    gal_status st = GAL_EUNSUP;
    if (which == TANGENT_SOURCE && k->source_vjp) {
        gs = (gal_source){gal_rng_normal(r), gal_rng_normal(r), gal_rng_normal(r), gal_rng_normal(r)};
        for (size_t i = 0; i < k->nlines; i++) {
            gline[i] = gal_rng_normal(r) / (fabs(q->t->d->line[p->line + i]) + 1);
            forward += gline[i] * q->t->d->line[p->line + i];
        }
        forward += gs.in_clouds * dr->source.in_clouds + gs.dust_ratio * dr->source.dust_ratio +
                   gs.lyc_left * dr->source.lyc_left + gs.lyc_dust * dr->source.lyc_dust;
        st = k->source_vjp(&s, &q->w->part[q->part].source, glum, &gs, gline, gp, &gv);
    } else if (which == TANGENT_SCREEN && k->screen_vjp) {
        gscreen = (gal_screen){glum[0], glum[1], glum[2], glum[3], gal_rng_normal(r), gal_rng_normal(r)};
        forward += gscreen.av_mc * q->t->d->screen.av_mc + gscreen.av_dd * q->t->d->screen.av_dd;
        st = k->screen_vjp(&s, &q->w->screen, &gscreen, gp, &gv);
    } else if (which == TANGENT_REEMIT && k->reemit_vjp) {
        gscreen = (gal_screen){back[0], back[1], back[2], back[3], 0, 0};
        gv.t_mc = gal_rng_normal(r);
        gv.t_dd = gal_rng_normal(r);
        forward += gv.t_mc * dr->emission.t_mc + gv.t_dd * dr->emission.t_dd;
        st = k->reemit_vjp(&s, &q->w->emission, glum, gp, &gv, &gscreen);
        gv.t_mc = gv.t_dd = 0; /* results of this stage, not what it reads */
    } else if (which == TANGENT_EMIT && k->emit_vjp) {
        st = k->emit_vjp(&s, glum, gp, &gv, back[4], back[5]);
    } else if (which == TANGENT_TRANSMIT && k->transmit_vjp) {
        st = k->transmit_vjp(&s, q->w->trans, glum[0], gp, &gv);
    }
    if (st == GAL_EUNSUP)
        fail_msg("%s.%s has no transpose of stage %d", k->group, k->kind, which);
    assert_int_equal(st, GAL_OK);
    gal_galaxy_ws *d = q->t->d;
    double *const along[6] = {d->screen.att_mc,        d->screen.abs_mc, d->screen.att_dd, d->screen.abs_dd, d->s0,
                              d->lum[GAL_COMP_EXTINCT]};
    sum = scalar(q, back, along, 6, gp, &gv, k->needs, &size);
    for (int i = 0; i < 6; i++)
        gal_free(back[i]);
    for (size_t c = 0; c < MAXLUM; c++)
        gal_free(glum[c]);
    return fabs(sum - forward) / size;
}

static void one_stage(problem *q, tangent_stage which, size_t m, gal_rng *r)
{
    size_t n = q->g->grid->n;
    double *got[MAXLUM], *want = GAL_NEWN(double, MAXLUM *n), *rough = GAL_NEWN(double, MAXLUM *n);
    tangent_result dr = {0};
    gal_screen *a = &q->t->d->screen;
    double *screen[4] = {a->att_mc, a->abs_mc, a->att_dd, a->abs_dd};
    direct(q, r);
    for (size_t c = 0; c < MAXLUM; c++)
        got[c] = GAL_NEWN(double, n);
    differ(q, which, m, want, rough);
    assert_int_equal(tangent_run(q->t, q->w, q->part, which, q->theta, which == TANGENT_SCREEN ? screen : got, m, &dr),
                     GAL_OK);
    for (size_t c = 0; which == TANGENT_SCREEN && c < 4; c++)
        memcpy(got[c], screen[c], n * sizeof **got);
    bool kink = false;
    for (size_t c = 0; c < m; c++) {
        double top = 0, worst = 0;
        for (size_t k = 0; k < n; k++)
            top = fmax(top, fabs(got[c][k]));
        for (size_t k = 0; k < n; k++) {
            double e = fabs(got[c][k] - want[c * n + k]);
            if (e > 1e-6 * top && rough[c * n + k] > 0.1 * e)
                kink = true; /* a break of the function within the step */
            else
                worst = fmax(worst, e);
        }
        if (worst > 1e-6 * top) {
            printf("  stage %d, array %zu: off by %.1e of %.1e\n", which, c, worst, top);
            for (size_t i = 0; i < q->g->part[q->part].npar; i++)
                printf("    %s = %g\n", q->g->par[q->g->part[q->part].par + i].name,
                       q->theta[q->g->part[q->part].par + i]);
        }
        q->worst = fmax(q->worst, top > 0 ? worst / top : 0);
    }
    q->kinks += kink;
    q->n++;
    q->turned = fmax(q->turned, turn(q, which, got, m, &dr, r));
    for (size_t c = 0; c < MAXLUM; c++)
        gal_free(got[c]);
    gal_free(want);
    gal_free(rough);
}

static gal_status make(problem *q, const gal_component_class *k)
{
    gal_component *c[2], *lights;
    const gal_component_class *gas;
    gal_galaxy_opts o;
    gal_status st = gal_component_create(&c[0], k, NULL);
    if (st != GAL_OK) /* a library that is not here */
        return st;
    gal_galaxy_defaults(&o);
    o.ssp = ssp;
    o.cosmo = cosmo;
    o.clamp = true;
    o.component = c;
    o.ncomponent = 1;
    if (k->reemit && !k->screen) { /* needs something that absorbs */
        assert_int_equal(gal_component_find(&gas, "attenuation", "calzetti"), GAL_OK);
        assert_int_equal(gal_component_create(&lights, gas, NULL), GAL_OK);
        c[o.ncomponent++] = lights;
    }
    assert_int_equal(gal_sfh_find("delayed", &o.sfh.class), GAL_OK);
    assert_int_equal(gal_galaxy_create(&q->g, &o), GAL_OK);
    for (size_t i = 0; i < o.ncomponent; i++)
        gal_component_unref(c[i]);
    assert_int_equal(gal_galaxy_ws_create(&q->w, q->g), GAL_OK);
    assert_int_equal(gal_tangent_create(&q->t, q->g), GAL_OK);
    for (q->part = 0; q->g->part[q->part].class != k; q->part++)
        ;
    assert_true(q->g->npar < 128 && k->npar < 64 && k->nlines < 256);
    return GAL_OK;
}

static void every_class(void **state)
{
    (void)state;
    int bad = 0, made = 0;
    for (const gal_component_class *const *k = gal_component_classes(); *k; k++) {
        problem q = {.worst = 0};
        if (make(&q, *k) != GAL_OK) {
            printf("%s.%s: not made, %s\n", (*k)->group, (*k)->kind, gal_error_message());
            continue;
        }
        made++;
        const gal_part *p = &q.g->part[q.part];
        if (!tangent_has_jvp(p))
            fail_msg("%s.%s has no derivative", (*k)->group, (*k)->kind);
        for (uint64_t trial = 0; trial < DRAWS; trial++) {
            gal_rng r;
            gal_rng_init(&r, 21, (uint32_t)made, trial, 0, 0);
            do
                draw(&q, &r);
            while ((*k)->check && (*k)->check(gal_component_self(p->c), q.theta + p->par) != GAL_OK);
            assert_int_equal(gal_galaxy_eval(q.g, q.w, q.theta), GAL_OK);
            if ((*k)->source)
                one_stage(&q, TANGENT_SOURCE, p->nlum, &r);
            if ((*k)->screen)
                one_stage(&q, TANGENT_SCREEN, 4, &r);
            if (p->reemit)
                one_stage(&q, TANGENT_REEMIT, p->nlum, &r);
            if ((*k)->emit)
                one_stage(&q, TANGENT_EMIT, p->nlum, &r);
            if ((*k)->transmit)
                one_stage(&q, TANGENT_TRANSMIT, 1, &r);
        }
        printf("%-12s %-10s differences %.1e, transposed %.1e, %d of %d beside a kink\n", (*k)->group, (*k)->kind,
               q.worst, q.turned, q.kinks, q.n);
        bad += !(q.worst < 1e-6) || !(q.turned < 1e-12) || q.kinks > q.n / 5;
        gal_tangent_free(q.t);
        gal_galaxy_ws_free(q.w);
        gal_galaxy_unref(q.g);
    }
    assert_int_equal(bad, 0);
    assert_true(made >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_class)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
