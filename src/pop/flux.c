/* Fluxes of a population and their reverse: the run over the galaxies, what their dust emits, and what satellites give to their hosts after it. */
#include "galua/merging.h"
#include "galua/num.h"
#include "pop/pop_int.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1024 };

/* rows [rows][n] of fluxes or masses -> those after merging */
static gal_status merge_rows(const gal_pop_galaxies *g, size_t rows, double *x)
{
    const gal_pop_merging *m = g->merging;
    gal_status st = GAL_OK;
    if (!m || !x)
        return GAL_OK;
    double *out = gal_alloc(g->n * sizeof *out);
    if (!out)
        return GAL_ENOMEM;
    for (size_t b = 0; b < rows && st == GAL_OK; b++) {
        st = gal_merge(g->n, x + b * g->n, m->p, m->host, m->share, out);
        if (st == GAL_OK)
            memcpy(x + b * g->n, out, g->n * sizeof *out);
    }
    gal_free(out);
    return st;
}

/* ------------------------------------------------------------------ emission of dust */
/* flux of band b for 1 Lsun at redshift z, and its slope */
static double emitted(const pop_plan *p, const double *band, size_t b, double z, double *slope)
{
    const size_t nb = (size_t)p->nb, n = (size_t)p->n[0];
    const double *x = p->d.axis[0].x;
    *slope = 0;
    if (n < 2)
        return band[b];
    size_t k = gal_search(x, n, z);
    *slope = (band[(k + 1) * nb + b] - band[k * nb + b]) / (x[k + 1] - x[k]);
    return band[k * nb + b] + (z - x[k]) * *slope;
}

/* galaxies of the plan of bins, behind their dust or without it */
static gal_pop_galaxies in_bins(const gal_pop_galaxies *g, bool dusty)
{
    gal_pop_galaxies q = *g;
    q.merging = NULL, q.emission = NULL, q.error = q.offset = NULL;
    if (!dusty)
        q.dust = NULL, q.aged = false;
    return q;
}

/* A[n], what the dust of each galaxy absorbs [Lsun]: a difference, of which rounding is no power */
static gal_status absorbed(const gal_pop_galaxies *g, double *A)
{
    const gal_pop *power = g->emission->power;
    const size_t n = g->n, nb = (size_t)power->plan.nb;
    gal_status st = GAL_OK;
    const double least = power->plan.single ? 3e-6 : 1e-13;
    double *x = gal_alloc((nb + 1) * n * sizeof *x), *all = x ? x + nb * n : NULL;
    if (!x)
        return GAL_ENOMEM;
    for (int dusty = 0; dusty < 2 && st == GAL_OK; dusty++) {
        gal_pop_galaxies q = in_bins(g, dusty);
        st = gal_pop_flux(power, &q, x, NULL);
        for (size_t i = 0; i < n && st == GAL_OK; i++) {
            double sum = 0;
            for (size_t k = 0; k < nb; k++)
                sum += x[k * n + i];
            if (!dusty)
                all[i] = sum;
            else
                A[i] = all[i] - sum > least * all[i] ? all[i] - sum : 0;
        }
    }
    gal_free(x);
    return st;
}

static gal_status add_emission(const pop_plan *p, const gal_pop_galaxies *g, double *flux)
{
    double slope, *A = flux && g->emission ? gal_alloc(g->n * sizeof *A) : NULL;
    if (!flux || !g->emission)
        return GAL_OK;
    gal_status st = A ? absorbed(g, A) : GAL_ENOMEM;
    for (size_t b = 0; b < (size_t)p->nb && st == GAL_OK; b++)
        for (size_t i = 0; i < g->n; i++)
            flux[b * g->n + i] += A[i] * emitted(p, g->emission->band, b, g->z[i], &slope);
    gal_free(A);
    return st;
}

/* adjoints gx[nb][n] of fluxes with what dust emits: adds to those of everything that its power depends on, and of redshift */
static gal_status reverse_emission(const pop_plan *p, const gal_pop_galaxies *g, const double *gx,
                                   const gal_pop_adjoint *out)
{
    const gal_pop *power = g->emission->power;
    const size_t n = g->n, nb = (size_t)power->plan.nb;
    gal_status st = GAL_OK;
    double *A = gal_alloc((2 + nb + POP_ADD_SPACE + (out->sfr ? (size_t)p->nt : 0)) * n * sizeof *A);
    if (!A)
        return GAL_ENOMEM;
    double *lg = A + n, *gF = lg + n, *space = gF + nb * n;
    GAL_TRY(absorbed(g, A));
    for (size_t i = 0; i < n; i++) {
        double gA = 0, gz = 0, slope;
        for (size_t b = 0; b < (size_t)p->nb; b++) {
            gA += gx[b * n + i] * emitted(p, g->emission->band, b, g->z[i], &slope);
            gz += gx[b * n + i] * A[i] * slope;
        }
        gF[i] = gA;
        if (out->z)
            out->z[i] += gz;
    }
    for (size_t k = 1; k < nb; k++)
        memcpy(gF + k * n, gF, n * sizeof *gF);
    for (int dusty = 0; dusty < 2; dusty++) {
        gal_pop_galaxies q = in_bins(g, dusty);
        gal_pop_adjoint o = *out;
        if (!dusty)
            o.dust = NULL;
        for (size_t k = 0; dusty && k < nb * n; k++)
            gF[k] = -gF[k];
        GAL_TRY(gal_pop_vjp_add(power, &q, gF, NULL, &o, NULL, space, lg));
        for (size_t i = 0; i < n && out->lgmet; i++)
            out->lgmet[i] += lg[i];
    }
out:
    gal_free(A);
    return st;
}

gal_status gal_pop_flux(const gal_pop *pop, const gal_pop_galaxies *g, double *flux, double *mass)
{
    gal_pop_galaxies dark = *g;
    double none = 0;
    if (!flux) {
        if (!mass)
            return GAL_OK;
        dark.dust = dark.axis = dark.burst = dark.error = dark.offset = NULL, dark.emission = NULL;
        dark.lgmet = dark.scatter = dark.axis = &none; /* for the check alone */
    }
    gal_status st = gal_pop_check_given(&pop->plan, &dark);
    if (st != GAL_OK)
        return st;
    if (!flux)
        dark.lgmet = dark.scatter = dark.axis = NULL;
    pop_job job = {.flux = flux, .mass = mass};
    st = gal_pop_run(&pop->plan, &dark, &job, 0);
    if (st == GAL_OK)
        st = add_emission(&pop->plan, g, flux);
    if (st == GAL_OK)
        st = merge_rows(g, (size_t)pop->plan.nb, flux);
    return st == GAL_OK ? merge_rows(g, 1, mass) : st;
}

gal_status gal_pop_own_masses(const gal_pop *p, const gal_pop_galaxies *g, double **mass)
{
    gal_pop_galaxies alone = *g;
    alone.merging = NULL;
    if (!(*mass = gal_alloc((g->n + 1) * sizeof **mass)))
        return GAL_ENOMEM;
    return gal_pop_flux(p, &alone, NULL, *mass);
}

/* the run: gflux, gmass are those of galaxies before they merge */
static gal_status reverse(const pop_plan *p, const gal_pop_galaxies *g, const double *gflux, const double *gmass,
                          double *flux, double *mass, const gal_pop_adjoint *out)
{
    unsigned char *active = GAL_NEWN(unsigned char, (size_t)p->nb);
    if (!active)
        return GAL_ENOMEM;
    for (size_t b = 0; b < (size_t)p->nb; b++)
        for (size_t i = 0; i < g->n && !active[b]; i++)
            active[b] = gflux[b * g->n + i] != 0;
    pop_job job = {
        .flux = flux, .mass = mass, .reverse = true, .gflux = gflux, .gmass = gmass, .active = active, .g = *out};
    gal_status st = gal_pop_run(p, g, &job, 0);
    gal_free(active);
    return st;
}

static gal_status reverse_merged(const pop_plan *p, const gal_pop_galaxies *g, const double *gflux, const double *gmass,
                                 double *flux, const gal_pop_adjoint *out)
{
    const gal_pop_merging *m = g->merging;
    const size_t n = g->n, nb = (size_t)p->nb;
    gal_status st = GAL_OK;
    double *x = gal_alloc((2 * nb + 3) * n * sizeof *x); /* fluxes, mass, their adjoints, one adjoint of p */
    if (!x)
        return GAL_ENOMEM;
    double *gx = x + (nb + 1) * n, *gp = gx + (nb + 1) * n;
    for (size_t b = 0; b <= nb; b++) {
        const double *of = b < nb ? gflux + b * n : gmass;
        if (of)
            GAL_TRY(gal_merge_vjp(n, x, m->p, m->host, m->share, of, gx + b * n, NULL, NULL));
    }
    GAL_TRY(reverse(p, g, gx, gmass ? gx + nb * n : NULL, x, x + nb * n, out));
    if (g->emission) {
        GAL_TRY(add_emission(p, g, x));
        GAL_TRY(reverse_emission(p, g, gx, out));
    }
    if (out->merge)
        memset(out->merge, 0, n * sizeof *out->merge);
    for (size_t b = 0; b <= nb && out->merge; b++) {
        const double *of = b < nb ? gflux + b * n : gmass;
        if (!of)
            continue;
        GAL_TRY(gal_merge_vjp(n, x + b * n, m->p, m->host, m->share, of, NULL, gp, NULL));
        for (size_t i = 0; i < n; i++)
            out->merge[i] += gp[i];
    }
    if (flux) {
        memcpy(flux, x, nb * n * sizeof *x);
        st = merge_rows(g, nb, flux);
    }
out:
    gal_free(x);
    return st;
}

gal_status gal_pop_vjp(const gal_pop *pop, const gal_pop_galaxies *g, const double *gflux, const double *gmass,
                       double *flux, const gal_pop_adjoint *out)
{
    const pop_plan *p = &pop->plan;
    gal_status st = gal_pop_check_given(p, g);
    if (st == GAL_OK)
        st = gal_pop_check_adjoint(p, g, out);
    if (st != GAL_OK)
        return st;
    if (g->merging)
        return reverse_merged(p, g, gflux, gmass, flux, out);
    st = reverse(p, g, gflux, gmass, flux, NULL, out);
    if (st == GAL_OK && g->emission)
        st = add_emission(p, g, flux);
    return st == GAL_OK && g->emission ? reverse_emission(p, g, gflux, out) : st;
}

/* what one run gives, added to what others gave */
typedef struct adder {
    double *to[10], *of[10];
    size_t len[10], n;
} adder;

static void add(adder *a, double *to, double **of, double **next, size_t len)
{
    if (!to)
        return;
    *of = *next;
    a->to[a->n] = to, a->of[a->n] = *of, a->len[a->n++] = len;
    *next += len;
}

gal_status gal_pop_vjp_add(const gal_pop *p, const gal_pop_galaxies *g, const double *gF, const double *gM,
                           const gal_pop_adjoint *out, double *rates, double *space, double *lgmet)
{
    const size_t n = g->n;
    gal_pop_adjoint by = {.sfr = rates};
    adder a = {.n = 0};
    add(&a, out->scatter, &by.scatter, &space, n);
    add(&a, out->z, &by.z, &space, n);
    add(&a, out->tobs, &by.tobs, &space, n);
    add(&a, out->dust, &by.dust, &space, GAL_POP_DUST_N * n);
    add(&a, out->axis, &by.axis, &space, GAL_POP_AXES * n);
    add(&a, out->young, &by.young, &space, n);
    add(&a, out->quench, &by.quench, &space, n);
    add(&a, g->burst ? out->burst : NULL, &by.burst, &space, 3 * n);
    if (!by.sfr) {
        add(&a, out->par, &by.par, &space, GAL_HISTORY_N * n);
        add(&a, out->sfr, &by.sfr, &space, n * (size_t)p->plan.nt);
    }
    by.lgmet = lgmet;
    gal_status st = gal_pop_vjp(p, g, gF, gM, NULL, &by);
    for (size_t k = 0; k < a.n && st == GAL_OK; k++)
        for (size_t i = 0; i < a.len[k]; i++)
            a.to[k][i] += a.of[k][i];
    return st;
}

gal_status gal_pop_error_vjp(const gal_pop *p, const gal_pop_galaxies *g, const double *node, double *gp)
{
    const size_t pieces = (g->n + PIECE - 1) / PIECE;
    double *mass = NULL, *sum = NULL;
    gal_status st = GAL_OK;
    if (!g->error)
        return gal_fail(GAL_EINVAL, "population: no gradient by the error model, which the galaxies were not given");
    GAL_TRY(gal_pop_own_masses(p, g, &mass));
    if (!(sum = GAL_NEWN(double, pieces *GAL_SSP_ERROR_N + 1)))
        GAL_TRY(GAL_ENOMEM);
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t c = 0; c < pieces; c++)
        for (size_t i = c * PIECE; i < g->n && i < (c + 1) * PIECE; i++) {
            double gn[GAL_SSP_ERROR_NODES], z = p->plan.own ? g->z[i] : p->plan.z;
            for (size_t k = 0; k < GAL_SSP_ERROR_NODES; k++)
                gn[k] = node[k * g->n + i];
            gal_ssp_error_vjp(g->error, log10(mass[i]), z, gn, sum + c * GAL_SSP_ERROR_N);
        }
    memset(gp, 0, GAL_SSP_ERROR_N * sizeof *gp);
    for (size_t c = 0; c < pieces; c++)
        for (size_t k = 0; k < GAL_SSP_ERROR_N; k++)
            gp[k] += sum[c * GAL_SSP_ERROR_N + k];
out:
    gal_free(sum);
    gal_free(mass);
    return st;
}
