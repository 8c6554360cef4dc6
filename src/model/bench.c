/* Time of one SED, the plain loop it replaces, and the limits of the machine. */
#include "galua/bench.h"
#include "csp/csp.h"
#include "galua/galaxy.h"
#include "galua/num.h"
#include "model/model_int.h"
#include "num/limits_kern.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 9, CALLS = 400 };

/* The closed-form library resampled to the size asked: spectra of the right shape and dynamic range. */
static gal_status make_table(gal_ssp **out, size_t nwave, size_t nage, size_t nz)
{
    gal_status st = GAL_OK;
    gal_ssp *syn = NULL, *s = NULL;
    GAL_TRY(gal_ssp_synthetic(&syn));
    GAL_TRY(gal_ssp_create(&s, 1, nz, nage, nwave));
    gal_logspace(1, 1e10, nwave, s->wave);
    s->age[0] = 0;
    gal_logspace(1e5, 1.4e10, nage - 1, s->age + 1);
    for (size_t iz = 0; iz < nz; iz++)
        s->z[iz] = 1e-4 * pow(400, (double)iz / (double)(nz - 1));
    for (size_t iz = 0; iz < nz; iz++)
        for (size_t ia = 0; ia < nage; ia++) {
            const float *from = gal_ssp_spec(syn, 0, iz % syn->nz, ia * (syn->nage - 1) / (nage - 1));
            float *to = s->lum + (iz * nage + ia) * nwave;
            for (size_t k = 0; k < nwave; k++)
                to[k] = from[k * (syn->nwave - 1) / (nwave - 1)];
        }
    GAL_TRY(gal_ssp_finish(s));
    *out = s;
    s = NULL;
out:
    gal_ssp_unref(syn);
    gal_ssp_unref(s);
    return st;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *t, size_t n)
{
    qsort(t, n, sizeof *t, ascending);
    return t[n / 2];
}

/* Seconds per SED of each of `ng` models, [REPEATS] each: runs of the models take turns, so that their ratio means something on a
 * machine with other work. */
static gal_status time_models(gal_galaxy *const *g, size_t ng, int threads, double (*t)[REPEATS])
{
    gal_status st[1024] = {GAL_OK};
    for (int r = 0; r < REPEATS; r++)
        for (size_t m = 0; m < ng; m++) {
            double start = 0;
#pragma omp parallel num_threads(threads)
            {
                int id = omp_get_thread_num();
                gal_galaxy_ws *w;
                double theta[MAXPAR];
                for (size_t i = 0; i < gal_galaxy_npar(g[m]); i++)
                    theta[i] = gal_galaxy_par(g[m], i)->value;
                theta[P_REDSHIFT] = 0.1;
                st[id] = gal_galaxy_ws_create(&w, g[m]);
                if (st[id] == GAL_OK)
                    st[id] = gal_galaxy_eval(g[m], w, theta); /* first touch */
#pragma omp barrier
#pragma omp master
                start = gal_clock();
#pragma omp barrier
                for (int i = 0; st[id] == GAL_OK && i < CALLS; i++) {
                    theta[P_AGE] = 1e9 * (1 + 1e-3 * (i + 1));
                    st[id] = gal_galaxy_eval(g[m], w, theta);
                }
#pragma omp barrier
#pragma omp master
                t[m][r] = (gal_clock() - start) / CALLS;
                gal_galaxy_ws_free(w);
            }
            for (int i = 0; i < threads; i++)
                if (st[i] != GAL_OK)
                    return st[i];
        }
    return GAL_OK;
}

/* The galaxy with every component on. */
static gal_status make_whole(gal_galaxy **out, const gal_galaxy_opts *o)
{
    static const char *const name[][2] = {{"ism", "two_phase"}, {"nebular", "hii"}, {"synchrotron", "supernova"},
                                          {"xrb", "fragos13"},  {"agn", "torus"},   {"igm", "inoue14"}};
    enum { N = sizeof name / sizeof *name };
    gal_status st = GAL_OK;
    gal_component *c[N] = {NULL};
    gal_galaxy_opts all = *o;
    *out = NULL;
    for (int i = 0; i < N; i++) {
        const gal_component_class *k;
        GAL_TRY(gal_component_find(&k, name[i][0], name[i][1]));
        GAL_TRY(gal_component_create(&c[i], k, NULL));
    }
    all.component = c;
    all.ncomponent = N;
    GAL_TRY(gal_galaxy_create(out, &all));
out:
    for (int i = 0; i < N; i++)
        gal_component_unref(c[i]);
    return st;
}

/* One pass in the textbook form: for every wavelength and age interpolate in metallicity, multiply with the mass and with both
 * attenuation factors. ages' masses are those of the folded weights. */
static void plain_sum(const gal_ssp *s, const double *mass, const double *zmean, const double *eta,
                      const double *att_mc, const double *att_dd, double *sums)
{
    for (size_t k = 0; k < s->nwave; k++) {
        double un = 0, mc = 0, tot = 0;
        for (size_t i = 0; i < s->nage; i++) {
            size_t iz = gal_search(s->z, s->nz, zmean[i]);
            double lo = (double)gal_ssp_spec(s, 0, iz, i)[k], hi = (double)gal_ssp_spec(s, 0, iz + 1, i)[k];
            double l = mass[i] * (lo + (hi - lo) * (zmean[i] - s->z[iz]) / (s->z[iz + 1] - s->z[iz]));
            double f = 1 - eta[i] * (1 - att_mc[k]);
            un += l;
            mc += f * l;
            tot += f * att_dd[k] * l;
        }
        sums[3 * k] = un;
        sums[3 * k + 1] = mc;
        sums[3 * k + 2] = tot;
    }
}

static gal_status time_plain(const gal_galaxy *g, gal_bench_sed_result *out)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = g->o.ssp;
    gal_galaxy_ws *w = NULL;
    double theta[MAXPAR], t[REPEATS], *a = GAL_NEWN(double, 3 * s->nage + 7 * s->nwave);
    if (!a)
        return GAL_ENOMEM;
    double *mass = a, *zmean = a + s->nage, *eta = zmean + s->nage, *sums = eta + s->nage, *s0 = sums + 3 * s->nwave;
    double *att_mc = s0 + 2 * s->nwave, *att_dd = att_mc + s->nwave;
    for (size_t i = 0; i < gal_galaxy_npar(g); i++)
        theta[i] = gal_galaxy_par(g, i)->value;
    GAL_TRY(gal_galaxy_ws_create(&w, g));
    GAL_TRY(gal_galaxy_eval(g, w, theta));
    const gal_csp *c = &w->csp;
    for (size_t k = 0, j = 0; k < s->nwave; k++) { /* every wavelength of the table is one of the model's */
        while (j + 1 < g->grid->n && g->grid->wave[j] < s->wave[k])
            j++;
        att_mc[k] = w->screen.att_mc[j];
        att_dd[k] = w->screen.att_dd[j];
    }
    size_t used = 0;
    for (size_t i = 0; i < s->nage; i++) {
        double m = 0, mz = 0, me = 0;
        for (size_t iz = 0; iz < s->nz; iz++) {
            double m0 = c->w0[iz * s->nage + i], m1 = c->w1[iz * s->nage + i];
            m += m0;
            mz += m0 * s->z[iz];
            me += m1;
            used += (m1 != 0) + (m0 != m1);
        }
        mass[i] = m;
        zmean[i] = m > 0 ? mz / m : s->z[0];
        eta[i] = m > 0 ? me / m : 0;
    }
    out->bytes = (double)(used * s->nwave * sizeof(float));
    out->fmas = (double)(used * s->nwave);
    for (int r = 0; r < REPEATS; r++) {
        double start = gal_clock();
        for (int i = 0; i < 8; i++)
            plain_sum(s, mass, zmean, eta, att_mc, att_dd, sums);
        t[r] = (gal_clock() - start) / 8;
    }
    out->plain_seconds = median(t, REPEATS);
    /* where each age uses two neighbouring metallicities the two forms are the same sum */
    gal_csp_sum(&w->csp, s0, s0 + s->nwave);
    double worst = 0;
    for (size_t k = 0; k < s->nwave; k++)
        if (s0[k] > 0)
            worst = fmax(worst, fabs(sums[3 * k] / s0[k] - 1));
    out->plain_error = worst;
out:
    gal_galaxy_ws_free(w);
    gal_free(a);
    return st;
}

static void time_limits(const gal_ssp *s, gal_bench_sed_result *out)
{
    const struct limits_kern *kern = GAL_KERN_PICK(limits_kern);
    double t[REPEATS], f[REPEATS];
    volatile double sink = 0;
    size_t floats = (size_t)(out->bytes / sizeof(float)), cap = s->nz * s->nage * s->nwave;
    floats = floats < cap ? floats : cap;
    for (int r = 0; r < REPEATS; r++) {
        double start = gal_clock();
        for (int i = 0; i < 50; i++)
            sink = sink + kern->read(s->lum, floats);
        t[r] = (gal_clock() - start) / 50;
        start = gal_clock();
        for (int i = 0; i < 50; i++)
            sink = sink + kern->fma((size_t)out->fmas);
        f[r] = (gal_clock() - start) / 50;
    }
    out->read_seconds = median(t, REPEATS);
    out->fma_seconds = median(f, REPEATS);
}

static gal_status bench_on(gal_ssp *s, bool ssp_grid, int threads, gal_bench_sed_result *out)
{
    gal_status st = GAL_OK;
    gal_cosmo *c = NULL;
    gal_galaxy *g[2] = {NULL, NULL};
    gal_galaxy_opts o;
    double t[2][REPEATS], ratio[REPEATS];
    *out = (gal_bench_sed_result){.nwave = s->nwave, .nage = s->nage, .nz = s->nz, .threads = (size_t)threads};
    GAL_TRY(gal_cosmo_named(&c, "Planck18"));
    gal_galaxy_defaults(&o);
    o.ssp = s;
    o.cosmo = c;
    o.compat.ssp_grid = ssp_grid;
    GAL_TRY(gal_galaxy_create(&g[0], &o));
    GAL_TRY(make_whole(&g[1], &o));
    GAL_TRY(time_models(g, 2, threads, t));
    for (int r = 0; r < REPEATS; r++)
        ratio[r] = t[1][r] / t[0][r];
    out->seconds = median(t[0], REPEATS);
    out->all_seconds = median(t[1], REPEATS);
    out->all_ratio = median(ratio, REPEATS);
    out->rate = threads / out->seconds;
    GAL_TRY(time_plain(g[0], out));
    time_limits(s, out);
out:
    gal_galaxy_unref(g[0]);
    gal_galaxy_unref(g[1]);
    gal_cosmo_unref(c);
    return st;
}

gal_status gal_bench_table(gal_ssp *s, int threads, gal_bench_sed_result *out)
{
    if (threads < 1 || threads > 1024 || s->nage < 3 || s->nz < 2)
        return gal_fail(GAL_EINVAL, "bench: needs 1..1024 threads and a table of at least 3 ages x 2 metallicities");
    return bench_on(s, false, threads, out);
}

gal_status gal_bench_sed(size_t nwave, size_t nage, size_t nz, int threads, gal_bench_sed_result *out)
{
    gal_status st = GAL_OK;
    gal_ssp *s = NULL;
    if (threads < 1 || threads > 1024 || nwave < 100 || nage < 3 || nz < 2)
        return gal_fail(GAL_EINVAL,
                        "bench sed: needs 1..1024 threads and at least 100 wavelengths x 3 ages x 2 metallicities");
    GAL_TRY(make_table(&s, nwave, nage, nz));
    GAL_TRY(bench_on(s, true, threads, out)); /* the table covers 1 .. 1e10 A: its own wavelengths are the model's */
out:
    gal_ssp_unref(s);
    return st;
}
