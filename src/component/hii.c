/* Gas ionised by the stars: hydrogen and helium continuum, two-photon decay, about 100 lines from the ultraviolet to the infrared, by
 * the model of src/stars/nebular.c (case B hydrogen lines of Storey & Hummer 1995; ratios of the others fitted to the models of Byler
 * et al. 2017). Of the stars' ionising photons the share f_esc leaves the galaxy, f_dust is absorbed by dust inside the ionised gas and
 * heats it, the rest ionises gas at ionisation parameter logU and the gas's metallicity (or log Z of its own). The Lyman continuum used
 * is taken from the stars, and of its energy the gas emits .5 to 1: the lines that cool it are scaled to that. The light starts where the ionising photons come from, inside the birth clouds as far as the ionising stars
 * are, and passes the same dust as theirs; dust_ratio scales the diffuse part (1/0.44 for the extra attenuation of lines that Calzetti
 * et al. 2000 find). It belongs to SSP tables of stars alone: a table with nebular emission in it would count the gas twice. */
#include "galua/component.h"
#include "stars/nebular.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LOGU, F_ESC, F_DUST, DUST_RATIO, LOGZ, NPAR };
enum { NLINE = 102, NAME = 24 };

// clang-format off
static const gal_param par[NPAR] = {
    {"logU",       "",    "ionisation parameter",                                                -2.5, -4, -1, -4, -1, false, true},
    {"f_esc",      "",    "share of the ionising photons that leave the galaxy",                  0,   0,  1,  0,  1,  false, false},
    {"f_dust",     "",    "share of the ionising photons absorbed by dust in the ionised gas",    0,   0,  1,  0,  1,  false, false},
    {"dust_ratio", "",    "attenuation by diffuse dust relative to that of the stars",            1,   0,  10, 0.5, 3, false, false},
    {"dlogZ",      "dex", "metallicity of the ionised gas relative to that of the gas as a whole", 0,  -3, 3,  -1, 1,  false, false}};
// clang-format on

static const gal_option option[] = {
    {"sigma", "km/s", "velocity dispersion of the lines", GAL_OPTION_NUMBER, NULL, 100, NULL}};
static const char *const reported[] = {"Ly-alpha1215", "Halpha",    "Hbeta",       "[OII]3726", "[OII]3729",
                                       "[OIII]5007",   "[NII]6584", "[NII]6585",   "[SII]6716", "[SII]6717",
                                       "[SII]6731",    "Paalpha",   "Paschenalpha"};

static gal_line lines[NLINE];
static char names[NLINE][NAME];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Names without blanks: "[O III] 5007" -> "[OIII]5007". */
static void name_lines(void)
{
    gal_nebular_line all[NLINE];
    gal_nebular_lines(1, 1, 0.1, 0.019, -2.5, all);
    for (int i = 0; i < NLINE; i++) {
        size_t n = 0;
        for (const char *p = all[i].name; *p && n < NAME - 1; p++)
            if (*p != ' ')
                names[i][n++] = *p;
        lines[i] = (gal_line){.name = names[i], .wave = all[i].wave};
        for (size_t k = 0; k < sizeof reported / sizeof *reported; k++)
            lines[i].report |= strcmp(names[i], reported[k]) == 0;
    }
}

static gal_status create(void **self, const gal_option_value *v)
{
    if (!(v[0].number >= 0 && v[0].number <= 1e4))
        return gal_fail(GAL_EDOMAIN, "nebular.hii: sigma = %g is not in 0 .. 10000 km/s", v[0].number);
    if (gal_nebular_nline() != NLINE)
        return gal_fail(GAL_EINVAL, "nebular.hii: %zu lines, %d expected", gal_nebular_nline(), NLINE);
    pthread_once(&once, name_lines);
    double *sigma = GAL_NEW(double);
    if (!sigma)
        return GAL_ENOMEM;
    *sigma = v[0].number;
    *self = sigma;
    return GAL_OK;
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    gal_nebular_grid *t;
    double sigma = *(const double *)self;
    gal_status st = gal_nebular_grid_create(&t, g->wave, g->n, sigma > 1 ? sigma : 1);
    *table = t;
    return st;
}

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    gal_nebular_grid *t;
    (void)self;
    gal_status st = gal_nebular_grid_pick(&t, whole, nodes->at, nodes->n);
    *table = t;
    return st;
}

static void teardown(void *table)
{
    gal_nebular_grid_free(table);
}

static gal_status check(const void *self, const double *p)
{
    (void)self;
    return p[F_ESC] + p[F_DUST] <= 1
               ? GAL_OK
               : gal_fail(GAL_EDOMAIN, "nebular: f_esc + f_dust = %g + %g is above 1", p[F_ESC], p[F_DUST]);
}

static gal_status source(const gal_stage *s, gal_source *out)
{
    const gal_view *v = s->view;
    const double *p = s->p;
    double share = fmax(0, 1 - p[F_ESC] - p[F_DUST]), te;
    gal_nebular_grid_eval(s->table, share * v->qh, v->qh, v->qhei, share * v->lyman, v->zgas * pow(10, p[LOGZ]),
                          p[LOGU], s->lum[0], s->line, &te);
    s->derived[0] = te;
    out->in_clouds = v->qh > 0 ? v->qh_clouds / v->qh : 0;
    out->dust_ratio = p[DUST_RATIO];
    out->lyc_left = p[F_ESC];
    out->lyc_dust = p[F_DUST];
    return GAL_OK;
}

static gal_status source_jvp(const gal_stage *s, const gal_stage *d, const gal_source *out, gal_source *change)
{
    const gal_view *v = s->view, *dv = d->view;
    const double *p = s->p, *dp = d->p;
    double share = fmax(0, 1 - p[F_ESC] - p[F_DUST]), dshare = -dp[F_ESC] - dp[F_DUST], z = v->zgas * pow(10, p[LOGZ]),
           dt;
    const double arg[6] = {share * v->qh, v->qh, v->qhei, share * v->lyman, z, p[LOGU]};
    const double move[6] = {share * dv->qh + dshare * v->qh,
                            dv->qh,
                            dv->qhei,
                            share * dv->lyman + dshare * v->lyman,
                            dv->zgas * pow(10, p[LOGZ]) + z * M_LN10 * dp[LOGZ],
                            dp[LOGU]};
    gal_nebular_grid_jvp(s->table, arg, move, d->lum[0], d->line, &dt);
    change->in_clouds = v->qh > 0 ? (dv->qh_clouds - out->in_clouds * dv->qh) / v->qh : 0;
    change->dust_ratio = dp[DUST_RATIO];
    change->lyc_left = dp[F_ESC];
    change->lyc_dust = dp[F_DUST];
    return GAL_OK;
}

static gal_status source_vjp(const gal_stage *s, const gal_source *out, double *const *glum, const gal_source *gs,
                             const double *gline, double *gp, gal_view *gv)
{
    const gal_view *v = s->view;
    const double *p = s->p;
    double share = fmax(0, 1 - p[F_ESC] - p[F_DUST]), z = v->zgas * pow(10, p[LOGZ]), g[6];
    const double arg[6] = {share * v->qh, v->qh, v->qhei, share * v->lyman, z, p[LOGU]};
    gal_nebular_grid_vjp(s->table, arg, glum[0], gline, g);
    double gshare = g[0] * v->qh + g[3] * v->lyman;
    gv->qh += share * g[0] + g[1] - (v->qh > 0 ? gs->in_clouds * out->in_clouds / v->qh : 0);
    gv->qh_clouds += v->qh > 0 ? gs->in_clouds / v->qh : 0;
    gv->qhei += g[2];
    gv->lyman += share * g[3];
    gv->zgas += g[4] * pow(10, p[LOGZ]);
    gp[LOGU] += g[5];
    gp[F_ESC] += gs->lyc_left - gshare;
    gp[F_DUST] += gs->lyc_dust - gshare;
    gp[DUST_RATIO] += gs->dust_ratio;
    gp[LOGZ] += g[4] * z * M_LN10;
    return GAL_OK;
}

static const char *const spectra[] = {"nebular"};
static const gal_quantity derived[] = {{"T_e", "K", "electron temperature of the ionised gas"}};

const gal_component_class gal_nebular_hii = {
    .group = "nebular",
    .kind = "hii",
    .about = "Ionised gas.",
    .shines = GAL_SHINES_RADIO,
    .line_sigma = 1,
    .doc = "Gas ionised by the stars: continuum and about 100 lines (Storey & Hummer 1995; ratios fitted to Byler et "
           "al. 2017), seen\n"
           "through the dust that the ionising stars are in, and heating it. g:lines() lists them. For SSP tables of "
           "stars alone.",
    .par = par,
    .npar = NPAR,
    .option = option,
    .noption = 1,
    .spectra = spectra,
    .nspectra = 1,
    .derived = derived,
    .nderived = 1,
    .line = lines,
    .nlines = NLINE,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_IONISING,
    .on_nodes = GAL_NODES_TABLED,
    .create = create,
    .destroy = gal_free,
    .setup = setup,
    .pick = pick,
    .teardown = teardown,
    .check = check,
    .source = source,
    .source_jvp = source_jvp,
    .source_vjp = source_vjp,
};
