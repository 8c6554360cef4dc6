/* Bulges, discs and knots of a population's galaxies, and their reverse. Light is linear in the stars, so three runs give all of it: the galaxy, its bulge
 * (a history of rates, without the burst), and its burst alone; the rest is a difference, as masses are. */
#include "galua/merging.h"
#include "galua/num.h"
#include "pop/pop_int.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#define LN10 2.302585092994046

typedef struct runs {
    size_t n, nb, nt;
    gal_pop_galaxies whole, bulge, burst;
    double *rates, *sfr, *lgf; /* [n][nt] of the galaxy and of its bulge; [3][n] bursts of all mass */
    double *F, *M;             /* fluxes [3][nb][n]: whole, bulge, burst; masses [2][n] */
    bool owned;                /* rates */
} runs;

static void close_runs(runs *r)
{
    if (r->owned)
        gal_free(r->rates);
    gal_free(r->sfr);
    gal_free(r->lgf);
    gal_free(r->F);
}

/* rates of all galaxies, and of their bulges */
static gal_status histories(runs *r, const gal_pop *p, const double *split)
{
    const pop_plan *plan = &p->plan;
    const gal_pop_galaxies *g = &r->whole;
    const size_t n = r->n, nt = r->nt;
    size_t bad = n;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t i = 0; i < n; i++) {
        if (!g->sfr) {
            double q[GAL_HISTORY_N];
            for (size_t k = 0; k < GAL_HISTORY_N; k++)
                q[k] = g->par[k * n + i];
            gal_diffstar(q, q + GAL_DIFFMAH_N, plan->d.lt0, pow(10, plan->d.lfb), nt, plan->d.t, r->rates + i * nt,
                         NULL);
        }
        if (gal_bulge(nt, plan->d.t, r->rates + i * nt, split[i], split[n + i], split[2 * n + i], r->sfr + i * nt,
                      NULL) != GAL_OK) {
#pragma omp critical(gal_pop_bulge)
            bad = i < bad ? i : bad;
        }
    }
    return bad < n ? gal_fail(GAL_EDOMAIN,
                              "population: galaxy %zu: its history has no bulge: all stars form at one time", bad + 1)
                   : GAL_OK;
}

static gal_status check(const gal_pop *p, const gal_pop_galaxies *g, const double *split)
{
    gal_status st = gal_pop_check_given(&p->plan, g);
    if (st != GAL_OK)
        return st;
    if (g->error || g->emission)
        return gal_fail(GAL_EINVAL,
                        "population: parts of galaxies have no error model of the spectra and no emission of dust");
    for (size_t i = 0; i < g->n; i++) {
        double e = split[g->n + i], l = split[2 * g->n + i], k = split[3 * g->n + i];
        if (!isfinite(split[i]) || !(e >= 0 && e <= 1) || !(l >= 0 && l <= 1) || !(k >= 0 && k < 1))
            return gal_fail(
                GAL_EDOMAIN,
                "population: galaxy %zu: bulge with tcrit = %g Gyr, early = %g, late = %g, knots = %g: finite, two "
                "shares in 0 .. 1 and one in 0 .. 1 but not 1 are needed",
                i + 1, split[i], e, l, k);
        if (e == 0 && l == 0)
            return gal_fail(GAL_EDOMAIN,
                            "population: galaxy %zu: no bulge, as early = late = 0: a small share is needed", i + 1);
    }
    return GAL_OK;
}

/* checks, allocates, and runs forward */
static gal_status open_runs(runs *r, const gal_pop *p, const gal_pop_galaxies *g, const double *split)
{
    const size_t n = g->n, nt = (size_t)p->plan.nt, nb = (size_t)p->plan.nb;
    *r = (runs){.n = n, .nb = nb, .nt = nt, .whole = *g};
    r->whole.merging = NULL;
    gal_status st = check(p, g, split);
    if (st != GAL_OK)
        return st;
    r->owned = !g->sfr;
    r->rates = g->sfr ? (double *)g->sfr : gal_alloc(n * nt * sizeof *r->rates);
    r->sfr = gal_alloc(n * nt * sizeof *r->sfr);
    r->F = gal_alloc((3 * nb + 2) * n * sizeof *r->F);
    r->lgf = g->burst ? gal_alloc(3 * n * sizeof *r->lgf) : NULL;
    if (!r->rates || !r->sfr || !r->F || (g->burst && !r->lgf))
        return GAL_ENOMEM;
    r->M = r->F + 3 * nb * n;
    GAL_TRY(gal_pop_flux(p, &r->whole, r->F, r->M)); /* names a galaxy that is wrong */
    GAL_TRY(histories(r, p, split));
    r->bulge = r->burst = r->whole;
    r->bulge.sfr = r->sfr, r->bulge.par = NULL, r->bulge.burst = NULL;
    r->bulge.bymass = r->bulge.bytime = r->burst.bymass = r->burst.bytime = NULL;
    GAL_TRY(gal_pop_flux(p, &r->bulge, r->F + nb * n, r->M + n));
    if (!g->burst)
        return GAL_OK;
    memcpy(r->lgf, g->burst, 3 * n * sizeof *r->lgf);
    memset(r->lgf, 0, n * sizeof *r->lgf); /* all of the mass */
    r->burst.burst = r->lgf;
    GAL_TRY(gal_pop_flux(p, &r->burst, r->F + 2 * nb * n, NULL));
out:
    return st;
}

/* One galaxy: masses and what light of the knots is of, F_k = a F_disc + b F_burst, where F_burst = fb F of the run */
typedef struct split_of {
    double fb, Mt, Mb, Mddk, Mk, Mburst, Ms, a, b;
    bool burst, holds; /* there is one; the knots hold all of it */
} split_of;

static split_of split_one(const runs *r, const double *split, size_t i)
{
    split_of s = {.Mt = r->M[i], .Mb = r->M[r->n + i], .burst = r->lgf != NULL};
    const double share = split[GAL_POP_KNOT_SHARE * r->n + i];
    s.fb = s.burst ? pow(10, r->whole.burst[i]) : 0;
    s.Mddk = s.Mt - s.Mb, s.Mk = share * s.Mddk, s.Mburst = s.fb * s.Mt, s.Ms = s.Mddk - s.Mburst;
    s.holds = s.Mburst <= s.Mk && s.Ms > 0;
    if (!s.burst)
        s.a = share;
    else if (s.holds)
        s.a = (s.Mk - s.Mburst) / s.Ms, s.b = 1 - s.a;
    else
        s.b = s.Mk / s.Mburst;
    return s;
}

gal_status gal_pop_parts(const gal_pop *p, const gal_pop_galaxies *g, const double *split, double *flux, double *mass)
{
    runs r;
    gal_status st = open_runs(&r, p, g, split);
    const size_t n = g->n, all = r.nb * n;
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        split_of s = split_one(&r, split, i);
        for (size_t b = 0; b < r.nb; b++) {
            const double *F = r.F + b * n + i;
            double disc = F[0] - F[all], knots = s.a * disc + (s.burst ? s.b * s.fb * F[2 * all] : 0);
            flux[b * n + i] = F[all];
            flux[all + b * n + i] = disc - knots;
            flux[2 * all + b * n + i] = knots;
        }
        if (mass)
            mass[i] = s.Mb, mass[n + i] = s.Mddk - s.Mk, mass[2 * n + i] = s.Mk;
    }
    close_runs(&r);
    return st;
}

/* ------------------------------------------------------------------ back */
/* adjoints of the parts -> of the three runs: gF as F, gM as M; of the knots' share and of lgfburst */
static void back_one(const runs *r, const double *split, const double *gflux, const double *gmass, size_t i, double *gF,
                     double *gM, double *gshare, double *glgf)
{
    const size_t n = r->n, all = r->nb * n;
    split_of s = split_one(r, split, i);
    double ga = 0, gb = 0, gburst = 0, gMddk = 0, gMk = 0, gMburst = 0, share = split[GAL_POP_KNOT_SHARE * n + i];
    for (size_t b = 0; b < r->nb; b++) {
        const size_t at = b * n + i;
        const double *F = r->F + at;
        double gB = gflux[at], gD = gflux[all + at], gK = gflux[2 * all + at] - gD, disc = F[0] - F[all];
        double gdisc = gD + gK * s.a;
        ga += gK * disc;
        gF[at] = gdisc;
        gF[all + at] = gB - gdisc;
        if (s.burst) {
            gb += gK * s.fb * F[2 * all];
            gburst += gK * s.b * F[2 * all];
            gF[2 * all + at] = gK * s.b * s.fb;
        }
    }
    if (gmass)
        gMddk = gmass[n + i], gMk = gmass[2 * n + i] - gmass[n + i];
    *gshare = 0;
    if (!s.burst) {
        *gshare = ga;
    } else if (s.holds) {
        ga -= gb; /* b = 1 - a */
        gMk += ga / s.Ms;
        gMburst = -ga / s.Ms + ga * s.a / s.Ms;
        gMddk -= ga * s.a / s.Ms;
    } else {
        gMk += gb / s.Mburst;
        gMburst = -gb * s.b / s.Mburst;
    }
    *gshare += gMk * s.Mddk;
    gMddk += gMk * share;
    gM[i] = gMddk + gMburst * s.fb;
    gM[n + i] = (gmass ? gmass[i] : 0) - gMddk;
    *glgf = LN10 * s.fb * (gburst + gMburst * s.Mt);
}

/* rates of bulges gsfr -> of the galaxies' histories and the split; work [threads][nt][GAL_HISTORY_N + 2] */
static void bulge_back(const runs *r, const gal_pop *p, const double *split, const double *gsfr,
                       const gal_pop_adjoint *out, double *gsplit, double *work)
{
    const pop_plan *plan = &p->plan;
    const size_t n = r->n, nt = r->nt;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t i = 0; i < n; i++) {
        double *gs = work + (size_t)omp_get_thread_num() * nt * (GAL_HISTORY_N + 2), *s = gs + nt, *d = s + nt,
               g[3] = {0};
        memset(gs, 0, nt * sizeof *gs);
        gal_bulge_vjp(nt, plan->d.t, r->rates + i * nt, split[i], split[n + i], split[2 * n + i], gsfr + i * nt, gs,
                      g); /* histories have passed gal_bulge */
        for (size_t k = 0; k < 3 && gsplit; k++)
            gsplit[k * n + i] = g[k];
        for (size_t k = 0; k < nt && out->sfr; k++)
            out->sfr[i * nt + k] += gs[k];
        if (!out->par)
            continue;
        double q[GAL_HISTORY_N];
        for (size_t k = 0; k < GAL_HISTORY_N; k++)
            q[k] = r->whole.par[k * n + i];
        gal_diffstar(q, q + GAL_DIFFMAH_N, plan->d.lt0, pow(10, plan->d.lfb), nt, plan->d.t, s, d);
        for (size_t k = 0; k < nt; k++)
            for (size_t j = 0; j < GAL_HISTORY_N; j++)
                out->par[j * n + i] += gs[k] * d[k * GAL_HISTORY_N + j];
    }
}

static void clear(double *x, size_t n)
{
    if (x)
        memset(x, 0, n * sizeof *x);
}

static void clear_all(const gal_pop_adjoint *o, size_t n, size_t nt)
{
    clear(o->sfr, n * nt);
    clear(o->par, GAL_HISTORY_N * n);
    clear(o->lgmet, n);
    clear(o->scatter, n);
    clear(o->z, n);
    clear(o->tobs, n);
    clear(o->dust, GAL_POP_DUST_N * n);
    clear(o->axis, GAL_POP_AXES * n);
    clear(o->burst, 3 * n);
    clear(o->young, n);
    clear(o->quench, n);
}

gal_status gal_pop_parts_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *split, const double *gflux,
                             const double *gmass, const gal_pop_adjoint *out, double *gsplit)
{
    enum { SPACE = POP_ADD_SPACE };
    runs r;
    gal_status st = open_runs(&r, p, g, split);
    const size_t n = g->n, nt = r.nt, all = r.nb * n, threads = (size_t)gal_threads();
    double *x = NULL;
    if (st == GAL_OK && (out->node || out->merge))
        st = gal_fail(GAL_EINVAL, "population: parts of galaxies have neither an error model nor merging");
    if (st == GAL_OK)
        st = gal_pop_check_adjoint(&p->plan, &r.whole, out);
    if (st != GAL_OK)
        goto out;
    x = GAL_NEWN(double, 3 * all + (2 + 2 + 3 + SPACE) * n + 2 * n * nt + threads * nt * (GAL_HISTORY_N + 2));
    if (!x)
        GAL_TRY(GAL_ENOMEM);
    double *gM = x + 3 * all, *gshare = gM + 2 * n, *glgf = gshare + n, *lg = glgf + n, *space = lg + 3 * n,
           *gsfr = space + (SPACE + nt) * n, *work = gsfr + n * nt;
    for (size_t i = 0; i < n; i++)
        back_one(&r, split, gflux, gmass, i, x, gM, gshare + i, glgf + i);
    clear_all(out, n, nt);
    if (g->burst) {
        GAL_TRY(gal_pop_vjp_add(p, &r.burst, x + 2 * all, NULL, out, NULL, space, lg + 2 * n));
        clear(out->burst, n); /* all of the mass is in that run's burst */
    }
    GAL_TRY(gal_pop_vjp_add(p, &r.bulge, x + all, gM + n, out, gsfr, space, lg + n));
    for (size_t i = 0; i < n; i++) { /* metallicities follow the whole galaxy */
        double more = lg[n + i] + lg[2 * n + i];
        if (g->bymass)
            gM[i] += more * g->bymass[i] / r.M[i];
        if (g->bytime && out->tobs)
            out->tobs[i] += more * g->bytime[i];
    }
    GAL_TRY(gal_pop_vjp_add(p, &r.whole, x, gM, out, NULL, space, lg));
    bulge_back(&r, p, split, gsfr, out, gsplit, work);
    for (size_t i = 0; i < n; i++) {
        if (out->lgmet)
            out->lgmet[i] = lg[i] + lg[n + i] + lg[2 * n + i];
        if (out->burst)
            out->burst[i] += glgf[i];
        if (gsplit)
            gsplit[GAL_POP_KNOT_SHARE * n + i] = gshare[i];
    }
out:
    gal_free(x);
    close_runs(&r);
    return st;
}
