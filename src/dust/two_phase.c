/* Two-phase dust as a component: molecular clouds (MC) around young stars and diffuse dust (DD) around all (Silva+98; GalaPy,
 * Ronconi+24). Both temperatures follow from the energy balance of grey bodies of known size.
 *
 *     A_MC(V) = 2.56e-4 norm_MC (Zgas/0.0134) f_MC Mgas / (N_MC R_MC^2),  A_DD(V) = 0.02 norm_DD (1 - f_MC) Mdust / Rdust^2
 *     A(lambda) = A_V (lambda/5500 A)^-d_low, slope d_upp beyond 100 micron
 *     L = N (1 - 10^(-0.4 A)) (B_lambda(T) - B_lambda(T_CMB)),  N = 16 pi^2/3 R^2 (x N_MC);  f_PAH of the diffuse power leaves as PAH features,
 * With kappa = "draine03" the optical depth is that of the dust mass in a uniform sphere, tau = 3 kappa M/(4 pi R^2), with the opacity of Draine (2003): in the thin limit
 * L = 4 pi kappa M B, the same dust absorbs and emits. f_warm of the clouds' as light of dust next to their stars (dust.c): one temperature leaves the mid infrared dark. */
#include "dust/dust.h"
#include "galua/component.h"
#include "galua/const.h"

#include <string.h>

#define NEGLIGIBLE 1e-14 /* of the stellar light */
#define FAINTEST   1e-9  /* Lsun: a history that has not begun */
#define THIN       1e-3  /* mag */
#define SUBLIMATED 2000. /* K */

enum {
    F_MC,
    NORM_MC,
    N_MC,
    R_MC,
    TAU_ESC,
    DMC_LOW,
    DMC_UPP,
    NORM_DD,
    R_DUST,
    DDD_LOW,
    DDD_UPP,
    F_PAH,  /* the last two: absent when another component re-emits */
    F_WARM, /* later than results files: 0 in those without it */
    COUNT
};

// clang-format off
static const gal_param par[COUNT] = {
    {"f_MC",      "",   "fraction of the ISM in molecular clouds",                      0.5,   0,     1,     0,    1,    false, true},
    {"norm_MC",   "",   "normalisation of the optical depth of clouds",                 100,   0,     1e6,   0.1,  1e4,  true,  false},
    {"N_MC",      "",   "number of molecular clouds",                                   1e3,   1e-3,  1e9,   1,    1e5,  true,  false},
    {"R_MC",      "pc", "radius of a cloud",                                            10,    1e-2,  1e5,   1,    100,  true,  true},
    {"tau_esc",   "yr", "time before stars start to leave their cloud",                 1e7,   1e3,   1e10,  1e5,  1e8,  true,  true},
    {"dMClow",    "",   "extinction slope of clouds below 100 micron",                  1.3,   0,     5,     0,    5,    false, false},
    {"dMCupp",    "",   "extinction slope of clouds above 100 micron",                  1.6,   0,     5,     0,    5,    false, false},
    {"norm_DD",   "",   "normalisation of the optical depth of diffuse dust",           1,     0,     1e6,   0.1,  1e4,  true,  false},
    {"Rdust",     "pc", "radius of the diffuse dust",                                   1e3,   1,     1e7,   100,  1e5,  true,  true},
    {"dDDlow",    "",   "extinction slope of diffuse dust below 100 micron",            0.7,   0,     5,     0,    5,    false, false},
    {"dDDupp",    "",   "extinction slope of diffuse dust above 100 micron",            2.0,   0,     5,     0,    5,    false, false},
    {"f_PAH",     "",   "fraction of the diffuse absorbed power re-emitted by PAH",     0.2,   0,     1,     0,    1,    false, true},
    {"f_warm",    "",   "fraction of the power absorbed in clouds re-emitted by warm dust", 0.3,  0,     1,     0,    0.5,  false, false}};
// clang-format on

static const char *const opacities[] = {"power_law", "draine03", NULL};
static const gal_option option[] = {
    {"pah_wave", "A", "wavelengths of a PAH template of your own", GAL_OPTION_VECTOR, NULL, 0, NULL},
    {"pah", "1/A", "its values, unit integral", GAL_OPTION_VECTOR, NULL, 0, NULL},
    GAL_CUT_OPTION,
    {"kappa", "",
     "opacity: power_law, as above, or draine03, that of the Milky Way (Draine 2003): A_MC(V) = 1.42 norm_MC/100 f_MC "
     "Mdust/(N_MC R_MC^2), A_DD(V) = 1.42 norm_DD (1 - f_MC) Mdust/Rdust^2, no slopes",
     GAL_OPTION_CHOICE, opacities, 0, NULL}};
enum { CUT = 2, KAPPA };

typedef struct template
{
    const double *wave, *pah; /* borrowed from the options */
    size_t n;
    double opaque; /* A_V of 1 Msun of dust in a sphere of 1 pc; 0: power laws */
}
template;

static gal_status create(void **self, const gal_option_value *v)
{
    if (v[0].nvec != v[1].nvec || v[0].nvec == 1)
        return gal_fail(GAL_EINVAL,
                        "ism.two_phase: pah_wave and pah must have the same length of at least 2 (got %zu and %zu)",
                        v[0].nvec, v[1].nvec);
    for (size_t i = 0; i + 1 < v[0].nvec; i++)
        if (!(v[0].vec[i + 1] >= v[0].vec[i]))
            return gal_fail(GAL_EINVAL, "ism.two_phase: pah_wave must ascend, it does not at row %zu", i + 2);
    template *t = GAL_NEW(template);
    if (!t)
        return GAL_ENOMEM;
    *t = (template){v[0].vec, v[1].vec, v[0].nvec, v[KAPPA].number == 1 ? gal_dust_draine03_av() : 0};
    *self = t;
    return GAL_OK;
}

static gal_status setup(void **table, const void *self, const gal_wavegrid *w)
{
    const template *t = self;
    gal_dust_grid *g = GAL_NEW(gal_dust_grid);
    if (!g)
        return GAL_ENOMEM;
    double wave[GAL_PAH_GALAPY_N], pah[GAL_PAH_GALAPY_N];
    template p = *t;
    if (!p.n && w->compat.pah_template) {
        gal_pah_galapy(wave, pah);
        p = (template){wave, pah, GAL_PAH_GALAPY_N, 0};
    }
    gal_status st = gal_dust_grid_on(g, w, w->compat.old_constants ? gal_dust_galapy : gal_dust_modern,
                                     p.n ? p.wave : NULL, p.pah, p.n);
    if (st != GAL_OK)
        gal_free(g);
    else
        *table = g;
    return st;
}

static void teardown(void *table)
{
    gal_dust_grid_clear(table);
    gal_free(table);
}

static gal_status check(const void *self, const double *p)
{
    static const int slope[] = {DMC_LOW, DMC_UPP, DDD_LOW, DDD_UPP};
    for (size_t i = 0; ((const template *)self)->opaque > 0 && i < sizeof slope / sizeof *slope; i++)
        if (p[slope[i]] != par[slope[i]].value)
            return gal_fail(GAL_EDOMAIN, "ism.two_phase: kappa = \"draine03\" has no slopes: leave %s at %g (got %g)",
                            par[slope[i]].name, par[slope[i]].value, p[slope[i]]);
    return GAL_OK;
}

/* A_MC(V) = unit norm_MC z f_MC gas over N_MC R_MC^2, A_DD(V) is `diffuse` times that of gal_dust_av_dd. */
typedef struct depth {
    double unit, z, gas, diffuse;
} depth;

static depth depth_of(const gal_stage *s)
{
    const template *t = s->self;
    const gal_view *v = s->view;
    const double *p = s->p;
    if (t->opaque > 0)
        return (depth){t->opaque / 100 / (p[N_MC] * p[R_MC] * p[R_MC]), 1, v->mdust,
                       t->opaque / gal_dust_av_dd(1, 0, 1, 1)};
    bool any = v->mgas > 0 && p[F_MC] > 0;
    return (depth){any ? gal_dust_av_mc(1, 1, 1, 1, p[N_MC], p[R_MC], v->grid->compat.old_constants) : 0, v->zgas,
                   v->mgas, 1};
}

/* scratch: slopes of the curves kept (4, and a flag), then the two curves */
enum { KEPT = 8 };
static size_t scratch(const void *self, const gal_wavegrid *w)
{
    (void)self;
    return KEPT + 2 * w->n;
}

static gal_status screen(const gal_stage *s, gal_screen *out)
{
    const gal_dust_grid *g = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double *kept = s->scratch, *mc = kept + KEPT, *dd = mc + g->n;
    bool draine = ((const template *)s->self)->opaque > 0;
    if (kept[4] == 0 && draine) {
        gal_dust_draine03(g, mc);
        memcpy(dd, mc, g->n * sizeof *dd);
        memcpy(kept, (double[4]){p[DMC_LOW], p[DMC_UPP], p[DDD_LOW], p[DDD_UPP]}, 4 * sizeof *kept);
        kept[4] = 1;
    }
    if (kept[4] == 0 || kept[0] != p[DMC_LOW] || kept[1] != p[DMC_UPP])
        gal_dust_curve(g, p[DMC_LOW], p[DMC_UPP], mc);
    if (kept[4] == 0 || kept[2] != p[DDD_LOW] || kept[3] != p[DDD_UPP])
        gal_dust_curve(g, p[DDD_LOW], p[DDD_UPP], dd);
    memcpy(kept, (double[5]){p[DMC_LOW], p[DMC_UPP], p[DDD_LOW], p[DDD_UPP], 1}, 5 * sizeof *kept);
    out->av_mc = gal_dust_av_mc(p[NORM_MC], v->zgas, p[F_MC], v->mgas, p[N_MC], p[R_MC], v->grid->compat.old_constants);
    out->av_dd = gal_dust_av_dd(p[NORM_DD], p[F_MC], v->mdust, p[R_DUST]);
    if (draine) {
        depth o = depth_of(s);
        out->av_mc = o.unit * p[NORM_MC] * p[F_MC] * o.gas;
        out->av_dd *= o.diffuse;
    }
    gal_dust_attenuation(g, out->av_mc, mc, out->att_mc, out->abs_mc);
    gal_dust_attenuation(g, out->av_dd, dd, out->att_dd, out->abs_dd);
    return GAL_OK;
}

static gal_status screen_jvp(const gal_stage *s, const gal_stage *d, const gal_screen *out, gal_screen *change)
{
    const gal_dust_grid *g = s->table;
    const gal_view *v = s->view, *dv = d->view;
    const double *p = s->p, *dp = d->p, *mc = s->scratch + KEPT, *dd = mc + g->n;
    double *dcurve = d->scratch + KEPT;
    depth o = depth_of(s);
    bool draine = ((const template *)s->self)->opaque > 0;
    double norm = p[NORM_MC], f = p[F_MC], dz = draine ? 0 : dv->zgas, dgas = draine ? dv->mdust : dv->mgas;
    change->av_mc =
        o.unit * (dp[NORM_MC] * o.z * f * o.gas + norm * (dz * f * o.gas + o.z * (dp[F_MC] * o.gas + f * dgas))) -
        out->av_mc * (dp[N_MC] / p[N_MC] + 2 * dp[R_MC] / p[R_MC]);
    change->av_dd = o.diffuse * (gal_dust_av_dd(dp[NORM_DD], f, v->mdust, p[R_DUST]) +
                                 gal_dust_av_dd(p[NORM_DD], f, dv->mdust, p[R_DUST]) -
                                 gal_dust_av_dd(p[NORM_DD], 0, v->mdust, p[R_DUST]) * dp[F_MC]) -
                    2 * out->av_dd * dp[R_DUST] / p[R_DUST];
    gal_dust_curve_jvp(g, mc, dp[DMC_LOW], dp[DMC_UPP], dcurve);
    gal_dust_screen_jvp(g->n, out->av_mc, change->av_mc, mc, dcurve, out->att_mc, change->att_mc, change->abs_mc);
    gal_dust_curve_jvp(g, dd, dp[DDD_LOW], dp[DDD_UPP], dcurve);
    gal_dust_screen_jvp(g->n, out->av_dd, change->av_dd, dd, dcurve, out->att_dd, change->att_dd, change->abs_dd);
    return GAL_OK;
}

static gal_status screen_vjp(const gal_stage *s, const gal_screen *out, const gal_screen *g, double *gp, gal_view *gv)
{
    const gal_dust_grid *t = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double *mc = s->scratch + KEPT, *dd = mc + t->n, *gcurve = g->att_mc; /* written after it has been read */
    bool draine = ((const template *)s->self)->opaque > 0;                /* no slopes */
    double gmc = g->av_mc + gal_dust_screen_vjp(t->n, out->av_mc, mc, out->att_mc, g->att_mc, g->abs_mc, gcurve);
    if (!draine)
        gal_dust_curve_vjp(t, mc, gcurve, &gp[DMC_LOW], &gp[DMC_UPP]);
    double gdd = g->av_dd + gal_dust_screen_vjp(t->n, out->av_dd, dd, out->att_dd, g->att_dd, g->abs_dd, gcurve);
    if (!draine)
        gal_dust_curve_vjp(t, dd, gcurve, &gp[DDD_LOW], &gp[DDD_UPP]);
    depth o = depth_of(s);
    double norm = p[NORM_MC], f = p[F_MC], gd = gdd * o.diffuse;
    gp[NORM_MC] += gmc * o.unit * o.z * f * o.gas;
    gv->zgas += draine ? 0 : gmc * o.unit * norm * f * o.gas;
    gp[F_MC] += gmc * o.unit * norm * o.z * o.gas - gd * gal_dust_av_dd(p[NORM_DD], 0, v->mdust, p[R_DUST]);
    *(draine ? &gv->mdust : &gv->mgas) += gmc * o.unit * norm * o.z * f;
    gp[N_MC] -= gmc * out->av_mc / p[N_MC];
    gp[R_MC] -= 2 * gmc * out->av_mc / p[R_MC];
    gp[NORM_DD] += gd * gal_dust_av_dd(1, f, v->mdust, p[R_DUST]);
    gv->mdust += gd * gal_dust_av_dd(p[NORM_DD], f, 1, p[R_DUST]);
    gp[R_DUST] -= 2 * gdd * out->av_dd / p[R_DUST];
    return GAL_OK;
}

/* Parity: none. */
static double warm_share(const gal_view *v, const double *p)
{
    return v->grid->compat.cold_clouds ? 0 : p[F_WARM];
}

/* Temperature of one phase that absorbs e [Lsun]; 0 and no emission when that is nothing, or below the rounding of the
 * light itself (galaxies that have used up their dust: no temperature would be meaningful). Dust inside ionised gas may absorb where
 * the phase has next to no optical depth to radiate with: the power then leaves as PAH features, *small. */
static gal_status temperature(const gal_dust_grid *g, const gal_view *v, double surface, const double *absorbed,
                              double av, double low, double upp, double e, double *t, double *small)
{
    double t0 = gal_dust_background(v);
    *t = *small = 0;
    if (!(e > NEGLIGIBLE * v->bol && e > FAINTEST))
        return GAL_OK;
    if (av < THIN && !v->grid->compat.coarse_temperature) {
        bool none = !(av > 0) || gal_dust_temperature(g, surface, absorbed, e * GAL_LSUN, t0, t) != GAL_OK;
        if (none || *t > SUBLIMATED) {
            *small = e;
            *t = 0;
        }
        return GAL_OK;
    }
    if (v->grid->compat.coarse_temperature) {
        *t = gal_dust_temperature_galapy(g->k, surface, av, low, upp, e * GAL_LSUN);
        return GAL_OK;
    }
    return gal_dust_temperature(g, surface, absorbed, e * GAL_LSUN, t0, t);
}

/* lum += the grey body that radiates e [Lsun] */
static void grey(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0, double e,
                 double *lum)
{
    surface *= gal_dust_dimmed(g, surface, absorbed, t, t0, e * GAL_LSUN);
    gal_dust_greybody(g, surface, absorbed, t, t0, lum);
}

static gal_status reemit(const gal_stage *s, gal_emission *out)
{
    gal_status st = GAL_OK;
    const gal_dust_grid *g = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double *mc = s->lum[0], *dd = s->lum[1];
    double n_mc = gal_dust_surface(p[R_MC], p[N_MC]), n_dd = gal_dust_surface(p[R_DUST], 1), f_pah = p[F_PAH];
    double t0 = gal_dust_background(v), pah_mc, pah_dd, f_warm = warm_share(v, p), warm = f_warm * v->e_mc;
    GAL_TRY(temperature(g, v, n_mc, v->abs_mc, v->av_mc, p[DMC_LOW], p[DMC_UPP], (1 - f_warm) * v->e_mc, &out->t_mc,
                        &pah_mc));
    GAL_TRY(temperature(g, v, n_dd, v->abs_dd, v->av_dd, p[DDD_LOW], p[DDD_UPP], (1 - f_pah) * v->e_dd, &out->t_dd,
                        &pah_dd));
    out->other = f_pah;
    pah_dd += f_pah * v->e_dd;
    for (size_t k = 0; k < g->n; k++)
        dd[k] = pah_dd * g->pah[k];
    for (size_t k = 0; k < g->n; k++) {
        mc[k] = pah_mc * g->pah[k];
        s->lum[2][k] = warm * g->warm[k]; /* a spectrum of its own: plans integrate grey bodies */
    }
    if (out->t_mc > 0)
        grey(g, n_mc, v->abs_mc, out->t_mc, t0, (1 - f_warm) * v->e_mc, mc);
    if (out->t_dd > 0)
        grey(g, n_dd, v->abs_dd, out->t_dd, t0, (1 - f_pah) * v->e_dd, dd);
out:
    return st;
}

/* Temperatures follow from integrals of the grey bodies alone: where most of the power leaves as features, theirs are the whole spectrum's
 * to no digit. */
static void integrand(const gal_stage *s, const gal_emission *e, double *const *out)
{
    const gal_dust_grid *g = s->table;
    const double *p = s->p;
    double t0 = gal_dust_background(s->view);
    if (e->t_mc > 0)
        gal_dust_greybody(g, gal_dust_surface(p[R_MC], p[N_MC]), s->view->abs_mc, e->t_mc, t0, out[0]);
    if (e->t_dd > 0)
        gal_dust_greybody(g, gal_dust_surface(p[R_DUST], 1), s->view->abs_dd, e->t_dd, t0, out[1]);
}

/* One phase: the change of its grey body to dlum, of its temperature to *dt; returns that of what leaves as features instead. */
static double phase_jvp(const gal_dust_grid *g, double surface, double dsurface, const double *absorbed,
                        const double *dabsorbed, double e, double de, double t, double t0, double dlnt0, double *dt,
                        double *dlum)
{
    *dt = 0;
    if (!(t > 0))
        return e > FAINTEST ? de : 0;
    double dimmed = gal_dust_dimmed(g, surface, absorbed, t, t0, e * GAL_LSUN);
    if (dimmed != 1) { /* e times a shape */
        double change = 0;
        surface *= dimmed;
        gal_dust_greybody_jvp(g, surface, absorbed, t, t0, 0, dabsorbed, dlnt0, dlnt0, dlum);
        for (size_t k = 0; k < g->n; k++)
            change += g->tw[k] * dlum[k];
        gal_dust_greybody(g, surface * (de - change) / e, absorbed, t, t0, dlum);
        *dt = t * dlnt0;
        return 0;
    }
    double dlnt = gal_dust_temperature_jvp(g, surface, absorbed, t, t0, dsurface, dabsorbed, de / e, dlnt0);
    gal_dust_greybody_jvp(g, surface, absorbed, t, t0, dsurface, dabsorbed, dlnt, dlnt0, dlum);
    *dt = t * dlnt;
    return 0;
}

static gal_status reemit_jvp(const gal_stage *s, const gal_stage *d, const gal_emission *out, gal_emission *change)
{
    const gal_dust_grid *g = s->table;
    const gal_view *v = s->view, *dv = d->view;
    const double *p = s->p, *dp = d->p;
    double *mc = d->lum[0], *dd = d->lum[1], f = p[F_PAH];
    double e_dd = (1 - f) * v->e_dd, de_dd = (1 - f) * dv->e_dd - dp[F_PAH] * v->e_dd;
    double w = warm_share(v, p), dw = v->grid->compat.cold_clouds ? 0 : dp[F_WARM];
    double e_mc = (1 - w) * v->e_mc, de_mc = (1 - w) * dv->e_mc - dw * v->e_mc;
    double warm = dw * v->e_mc + w * dv->e_mc, t0 = gal_dust_background(v), dlnt0 = dv->redshift / (1 + v->redshift);
    memset(mc, 0, g->n * sizeof *mc);
    memset(dd, 0, g->n * sizeof *dd);
    double mc_small = phase_jvp(g, gal_dust_surface(p[R_MC], p[N_MC]), 2 * dp[R_MC] / p[R_MC] + dp[N_MC] / p[N_MC],
                                v->abs_mc, dv->abs_mc, e_mc, de_mc, out->t_mc, t0, dlnt0, &change->t_mc, mc);
    double dd_small = phase_jvp(g, gal_dust_surface(p[R_DUST], 1), 2 * dp[R_DUST] / p[R_DUST], v->abs_dd, dv->abs_dd,
                                e_dd, de_dd, out->t_dd, t0, dlnt0, &change->t_dd, dd);
    /* a phase that absorbs next to nothing emits nothing at all, one that is too thin to radiate emits features */
    if (out->t_mc > 0 || !(e_mc > NEGLIGIBLE * v->bol))
        mc_small = 0;
    if (out->t_dd > 0 || !(e_dd > NEGLIGIBLE * v->bol))
        dd_small = 0;
    dd_small += dp[F_PAH] * v->e_dd + f * dv->e_dd;
    for (size_t k = 0; k < g->n; k++) {
        mc[k] += mc_small * g->pah[k];
        d->lum[2][k] = warm * g->warm[k];
        dd[k] += dd_small * g->pah[k];
    }
    change->other = dp[F_PAH];
    return GAL_OK;
}

static gal_status reemit_vjp(const gal_stage *s, const gal_emission *out, double *const *glum, double *gp, gal_view *gv,
                             gal_screen *gscreen)
{
    const gal_dust_grid *g = s->table;
    const gal_view *v = s->view;
    const double *p = s->p;
    double f = p[F_PAH], e_dd = (1 - f) * v->e_dd, gmc = 0, gdd = 0, gwarm = 0, ge_mc = 0, ge_dd = 0, ge;
    double w = warm_share(v, p), e_mc = (1 - w) * v->e_mc, t0 = gal_dust_background(v), glnt0 = 0;
    for (size_t k = 0; k < g->n; k++) {
        gmc += glum[0][k] * g->pah[k];
        gdd += glum[1][k] * g->pah[k];
        gwarm += glum[2][k] * g->warm[k];
    }
    if (out->t_mc > 0) {
        double gs = gal_dust_balance_vjp(g, gal_dust_surface(p[R_MC], p[N_MC]), v->abs_mc, out->t_mc, t0,
                                         e_mc * GAL_LSUN, glum[0], gv->t_mc, gscreen->abs_mc, &ge, &glnt0);
        gp[R_MC] += 2 * gs / p[R_MC];
        gp[N_MC] += gs / p[N_MC];
        ge_mc += ge / e_mc;
    } else if (e_mc > NEGLIGIBLE * v->bol && e_mc > FAINTEST) {
        ge_mc += gmc;
    }
    if (out->t_dd > 0) {
        double gs = gal_dust_balance_vjp(g, gal_dust_surface(p[R_DUST], 1), v->abs_dd, out->t_dd, t0, e_dd * GAL_LSUN,
                                         glum[1], gv->t_dd, gscreen->abs_dd, &ge, &glnt0);
        gp[R_DUST] += 2 * gs / p[R_DUST];
        ge_dd += ge / e_dd;
    } else if (e_dd > NEGLIGIBLE * v->bol && e_dd > FAINTEST) {
        ge_dd += gdd;
    }
    gv->redshift += t0 > 0 ? glnt0 / (1 + v->redshift) : 0;
    gv->e_mc += (1 - w) * ge_mc + w * gwarm;
    gv->e_dd += (1 - f) * ge_dd + f * gdd;
    gp[F_PAH] += v->e_dd * (gdd - ge_dd);
    if (!v->grid->compat.cold_clouds)
        gp[F_WARM] += v->e_mc * (gwarm - ge_mc);
    return GAL_OK;
}

static const char *const spectra[] = {"MC", "DD", "warm"};

const gal_component_class gal_ism_two_phase = {
    .group = "ism",
    .kind = "two_phase",
    .about = "Dust: clouds and diffuse.",
    .standard = true,
    .doc =
        "Molecular clouds around young stars and diffuse dust around all, with energy balance.\n"
        "A_MC(V) = 2.56e-4 norm_MC (Zgas/0.0134) f_MC Mgas / (N_MC R_MC^2); A_DD(V) = 0.02 norm_DD (1 - f_MC) Mdust / "
        "Rdust^2;\n"
        "power laws in wavelength; grey bodies whose temperatures follow from the absorbed power (Silva+98; "
        "Ronconi+24);\n"
        "f_warm of what clouds absorb leaves as light of dust next to their stars (U = 1e2 .. 1e6, dM/dU ~ U^-2).",
    .par = par,
    .npar = COUNT,
    .option = option,
    .noption = sizeof option / sizeof *option,
    .nlater = 2,
    .spectra = spectra,
    .nspectra = 3,
    .needs = GAL_NEED_HISTORY | GAL_NEED_SCREEN | GAL_NEED_ABSORBED | GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .nintegrand = 2,
    .integrand = integrand,
    .nemission = 2,
    .nparlater = 1,
    .tau_esc = 1 + TAU_ESC,
    .cut = 1 + CUT,
    .create = create,
    .destroy = gal_free,
    .setup = setup,
    .teardown = teardown,
    .scratch = scratch,
    .check = check,
    .screen = screen,
    .reemit = reemit,
    .screen_jvp = screen_jvp,
    .reemit_jvp = reemit_jvp,
    .screen_vjp = screen_vjp,
    .reemit_vjp = reemit_vjp,
};
