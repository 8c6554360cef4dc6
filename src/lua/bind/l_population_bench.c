/* Lua: benchmark.population, the measurement behind `galua bench population`: a synthetic SSP table of 12 Z x 107 ages, histories of 100 times of
 * which t_obs = 9 Gyr reads 70, six bands, galaxies drawn with a fixed seed. Times are processor seconds of the calling process. */
#include "galua/dsps.h"
#include "galua/num.h"
#include "galua/population.h"
#include "galua/rng.h"
#include "lua/kit/util.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { NT = 100, NA = 107, NZ = 12, NB = 6, PLAIN = 300 };
#define TOBS 9.0

typedef struct sample {
    size_t n;
    double *sfr, *par, *lgmet, *scatter, *flux, *gflux, *gsfr, *gpar, *glgmet, *gscatter;
    double t[NT], lgage[NA], lgmet_grid[NZ], *cell;
} sample;

static double cpu(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void draw(sample *s)
{
    static const double width[GAL_HISTORY_N] = {0.6, 0.1, 0.3, 0.05, 2.5, 0.3, 0.3, 0.3, 0.3, 0.2, 0.15, 0.3, 0.1};
    gal_rng r;
    gal_rng_init(&r, 1, 0, 0, 0, 0);
    gal_linspace(0.05, 13.0, NT, s->t);
    gal_linspace(-3.5, 1.175, NA, s->lgage);
    gal_linspace(-4.5, -1.35, NZ, s->lgmet_grid);
    for (int b = 0; b < NB; b++)
        for (int z = 0; z < NZ; z++)
            for (int a = 0; a < NA; a++)
                s->cell[(b * NZ + z) * NA + a] = (1 + 0.1 * sin(17. * a + b + z)) *
                                                 pow(10, -0.8 * (s->lgage[a] + 3.5)) * exp(-0.3 * s->lgmet_grid[z]);
    for (size_t i = 0; i < s->n; i++) {
        double p[GAL_HISTORY_N];
        for (int q = 0; q < GAL_HISTORY_N; q++) {
            double def = q < GAL_DIFFMAH_N ? gal_diffmah_params()[q].def : gal_diffstar_params()[q - GAL_DIFFMAH_N].def;
            s->par[(size_t)q * s->n + i] = p[q] = def + width[q] * gal_rng_normal(&r) * (q == GAL_MAH_TPEAK ? 0.5 : 1);
        }
        s->lgmet[i] = fmin(-2 + 0.3 * gal_rng_normal(&r), -0.8);
        s->scatter[i] = 0.2;
        if (s->sfr)
            gal_diffstar(p, p + GAL_DIFFMAH_N, log10(GAL_DIFFSTAR_T0), GAL_DIFFSTAR_FB, NT, s->t, s->sfr + i * NT,
                         NULL);
    }
}

/* seconds a galaxy, the least of three rounds after a first */
static gal_status time_of(const gal_pop *p, const sample *s, bool tables, bool reverse, double *best)
{
    gal_pop_galaxies g = {
        .n = s->n, .sfr = tables ? s->sfr : NULL, .par = s->par, .lgmet = s->lgmet, .scatter = s->scatter};
    gal_status st = GAL_OK;
    *best = INFINITY;
    for (int i = 0; i < 4 && st == GAL_OK; i++) {
        double start = cpu();
        gal_pop_adjoint by = {
            .sfr = tables ? s->gsfr : NULL, .par = tables ? NULL : s->gpar, .lgmet = s->glgmet, .scatter = s->gscatter};
        st = reverse ? gal_pop_vjp(p, &g, s->gflux, NULL, s->flux, &by) : gal_pop_flux(p, &g, s->flux, NULL);
        double d = (cpu() - start) / (double)s->n;
        *best = i && d < *best ? d : *best;
    }
    return st;
}

/* the functions of galua/dsps.h, galaxy by galaxy: rates -> fluxes */
static gal_status plain(const sample *s, double *seconds)
{
    double w[NA], p[NZ], mass, start = cpu(), sum = 0;
    for (size_t i = 0; i < PLAIN; i++) {
        gal_status st = gal_dsps_age_weights(NT, s->t, s->sfr + i * NT, NA, s->lgage, TOBS, w, &mass);
        if (st == GAL_OK)
            st = gal_dsps_met_weights(s->lgmet[i], s->scatter[i], NZ, s->lgmet_grid, p, NULL, NULL);
        if (st != GAL_OK)
            return st;
        for (int b = 0; b < NB; b++)
            for (int z = 0; z < NZ; z++)
                for (int a = 0; a < NA; a++)
                    sum += mass * p[z] * w[a] * s->cell[(b * NZ + z) * NA + a];
    }
    *seconds = (cpu() - start) / PLAIN;
    return isfinite(sum) ? GAL_OK : gal_fail(GAL_EMATH, "benchmark.population: the plain sum is not finite");
}

static double wall_of(const gal_pop *p, const sample *s)
{
    gal_pop_galaxies g = {.n = s->n, .par = s->par, .lgmet = s->lgmet, .scatter = s->scatter};
    double best = INFINITY;
    for (int i = 0; i < 3; i++) {
        double start = gal_clock();
        if (gal_pop_flux(p, &g, s->flux, NULL) != GAL_OK)
            return NAN;
        best = fmin(best, gal_clock() - start);
    }
    return best;
}

/* resident megabytes of this process now */
static double resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static gal_pop_spec spec_of(const sample *s, bool single)
{
    return (gal_pop_spec){.nt = NT,
                          .na = NA,
                          .nz = NZ,
                          .nb = NB,
                          .t = s->t,
                          .lgage = s->lgage,
                          .lgmet = s->lgmet_grid,
                          .cell = s->cell,
                          .tobs = TOBS,
                          .lt0 = log10(GAL_DIFFSTAR_T0),
                          .fb = GAL_DIFFSTAR_FB,
                          .single = single};
}

/* What a gradient takes besides its arrays, which have been written before: the growth of the process [MB] */
static gal_status scale(lua_State *L, sample *s)
{
    gal_pop *p = NULL;
    double v = 0, all = resident();
    gal_pop_spec spec = spec_of(s, false);
    gal_status st = gal_pop_create(&p, &spec);
    if (st == GAL_OK && (st = time_of(p, s, false, false, &v)) == GAL_OK)
        gal_lua_set_num(L, "parameters64", v);
    if (st == GAL_OK && (st = time_of(p, s, false, true, &v)) == GAL_OK)
        gal_lua_set_num(L, "parameters64_gradient", v);
    gal_lua_set_num(L, "memory", resident() - all);
    gal_pop_free(p);
    return st;
}

static gal_status measure(lua_State *L, sample *s, int threads)
{
    static const char *const names[2][4] = {{"tables64", "parameters64", "tables64_gradient", "parameters64_gradient"},
                                            {"tables32", "parameters32", "tables32_gradient", "parameters32_gradient"}};
    gal_status st = GAL_OK;
    double v;
    for (int single = 0; single < 2 && st == GAL_OK; single++) {
        gal_pop *p = NULL;
        gal_pop_spec spec = spec_of(s, single);
        st = gal_pop_create(&p, &spec);
        for (int k = 0; k < 4 && st == GAL_OK; k++) {
            if ((st = time_of(p, s, k % 2 == 0, k >= 2, &v)) == GAL_OK)
                gal_lua_set_num(L, names[single][k], v);
            for (size_t i = 0; k == 1 && i < NB * s->n; i++)
                s->gflux[i] = 1 / s->flux[i];
        }
        if (st == GAL_OK && !single && threads > 1) {
            double one = wall_of(p, s);
            st = gal_threads_set(threads);
            gal_lua_set_num(L, "threads_ratio", one / wall_of(p, s));
            gal_threads_set(1);
        }
        gal_pop_free(p);
    }
    if (st == GAL_OK && (st = plain(s, &v)) == GAL_OK)
        gal_lua_set_num(L, "plain", v);
    return st;
}

static int population(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "benchmark.population");
    int n = gal_lua_opt_int(&o, "galaxies", 100000, 1000, 10000000),
        threads = gal_lua_opt_int(&o, "threads", 1, 1, 1024);
    bool tables = gal_lua_opt_bool(&o, "tables", true);
    gal_lua_opts_end(&o);
    sample s = {.n = (size_t)n};
    s.cell = gal_lua_scratch(L, NB * NZ * NA);
    if (tables)
        s.sfr = gal_lua_scratch(L, NT * s.n), s.gsfr = gal_lua_scratch(L, NT * s.n);
    s.par = gal_lua_scratch(L, GAL_HISTORY_N * s.n), s.gpar = gal_lua_scratch(L, GAL_HISTORY_N * s.n);
    s.flux = gal_lua_scratch(L, NB * s.n), s.gflux = gal_lua_scratch(L, NB * s.n);
    s.lgmet = gal_lua_scratch(L, s.n), s.scatter = gal_lua_scratch(L, s.n);
    s.glgmet = gal_lua_scratch(L, s.n), s.gscatter = gal_lua_scratch(L, s.n);
    for (size_t i = 0; i < NB * s.n; i++)
        s.gflux[i] = 1, s.flux[i] = 0;
    for (size_t i = 0; i < GAL_HISTORY_N * s.n; i++)
        s.gpar[i] = s.glgmet[i % s.n] = s.gscatter[i % s.n] = 0;
    int before = gal_threads();
    gal_lua_checkstatus(L, gal_threads_set(1));
    draw(&s);
    lua_newtable(L);
    gal_status st = tables ? measure(L, &s, threads) : scale(L, &s);
    gal_threads_set(before);
    if (st != GAL_OK)
        return gal_lua_fail(L);
    return 1;
}

void gal_luaopen_population_bench(lua_State *L);
void gal_luaopen_population_bench(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"population", population,
         "benchmark.population{ galaxies =, threads = } -> table\nProcessor seconds a galaxy of population photometry "
         "in six bands, from tables of rates and from parameters, "
         "with and\nwithout the gradient, float64 and float32, on one thread; plain: the same by one function a "
         "galaxy; threads_ratio: of wall\nclock times.\n"
         "@param galaxies (100000) drawn\n@param tables (true) false: from parameters in float64 alone, and memory, "
         "the megabytes that a gradient takes besides "
         "its arrays\n@param threads (1) of threads_ratio"},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, "benchmark", rows, NULL);
}
