/* Plans of populations and the loop over their galaxies. The arithmetic is in pop_kern.c. */
#include "galua/population.h"
#include "galua/dsps.h"
#include "galua/num.h"
#include "pop/pop_kern.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct gal_pop {
    pop_plan plan;
};

void gal_pop_free(gal_pop *p)
{
    if (!p)
        return;
    gal_free(p->plan.seg);
    gal_free(p->plan.unit);
    gal_free(p->plan.d.hdt);
    gal_free(p->plan.f.hdt);
    gal_free(p);
}

/* ------------------------------------------------------------------ the plan */
typedef struct sizes {
    size_t nt, edge, met, P, Pt, all;
} sizes;

static sizes sizes_of(const pop_plan *p)
{
    sizes s = {.nt = (size_t)p->nt, .edge = (size_t)p->na + 1, .met = (size_t)p->nz + 1};
    size_t rows = (size_t)p->ng * (size_t)p->nz * POP_NB;
    s.P = rows * (size_t)p->na;
    s.Pt = rows * ((size_t)p->na + POP_PAD);
    s.all = 4 * s.nt + s.edge + s.met + s.P + s.Pt;
    return s;
}

/* pointers into one block, in the order of the fields */
#define PLACE(T, block, s)                                                                                             \
    do {                                                                                                               \
        (T)->hdt = (block);                                                                                            \
        (T)->t = (T)->hdt + (s).nt;                                                                                    \
        (T)->lt = (T)->t + (s).nt;                                                                                     \
        (T)->ck = (T)->lt + (s).nt;                                                                                    \
        (T)->v = (T)->ck + (s).nt;                                                                                     \
        (T)->ze = (T)->v + (s).edge;                                                                                   \
        (T)->P = (T)->ze + (s).met;                                                                                    \
        (T)->Pt = (T)->P + (s).P;                                                                                      \
    } while (0)

static gal_status check_spec(const gal_pop_spec *s)
{
    gal_status st = GAL_OK;
    if (s->nt < 3 || s->nt > 100000 || s->nb < 1 || s->nb > 10000)
        return gal_fail(GAL_EDOMAIN, "population: %zu times and %zu bands; 3 .. 100000 and 1 .. 10000 are possible",
                        s->nt, s->nb);
    GAL_TRY(gal_check_ascending("population: times", s->t, s->nt));
    GAL_TRY(gal_dsps_check_ages(s->lgage, s->na));
    GAL_TRY(gal_dsps_check_met(s->lgmet, s->nz));
    if (!(s->t[0] > GAL_DSPS_T_BIRTH))
        GAL_THROW(GAL_EDOMAIN, "population: the first time, %.6g Gyr, must be later than %g Gyr", s->t[0],
                  GAL_DSPS_T_BIRTH);
    if (!(s->tobs > s->t[0] && s->tobs <= s->t[s->nt - 1]))
        GAL_THROW(GAL_EDOMAIN, "population: t_obs = %.8g Gyr lies outside the times of the histories, %.6g .. %.6g Gyr",
                  s->tobs, s->t[0], s->t[s->nt - 1]);
    if (!isfinite(s->lt0) || !(s->fb > 0 && s->fb <= 1))
        GAL_THROW(GAL_EDOMAIN, "population: log10 t0 = %g must be finite and the baryon fraction %g in 0 .. 1", s->lt0,
                  s->fb);
    for (size_t i = 0; i < s->nb * s->nz * s->na; i++)
        if (!(s->cell[i] >= 0) || isinf(s->cell[i]))
            GAL_THROW(GAL_EDOMAIN, "population: flux %g of band %zu, metallicity %zu, age %zu must be finite and >= 0",
                      s->cell[i], i / (s->nz * s->na) + 1, i / s->na % s->nz + 1, i % s->na + 1);
out:
    return st;
}

static void fill_times(pop_plan *p, const gal_pop_spec *s)
{
    struct pop_f64 *T = &p->d;
    for (int k = 0; k < p->nt; k++) {
        T->hdt[k] = 0.5e9 * (s->t[k] - (k ? s->t[k - 1] : GAL_DSPS_T_BIRTH));
        T->t[k] = s->t[k];
        T->lt[k] = log10(s->t[k]);
        T->ck[k] = exp(-3.5 * T->lt[k]);
    }
    T->lt0 = s->lt0;
    T->lfb = log10(s->fb);
    p->K = 0;
    while (p->K < p->nt - 1 && s->t[p->K] < s->tobs)
        p->K++;
    const double *t = s->t + p->K;
    T->vobs = s->tobs >= t[0] ? 0 : log(t[0] / s->tobs) / log(t[0] / t[-1]);
}

/* segment and fraction of each age edge; T->v holds the edges' log10 ages on entry. The last segment ends at t_obs. */
static void fill_edges(pop_plan *p, const gal_pop_spec *s)
{
    double *v = p->d.v;
    for (int i = 0, k = p->K; i <= p->na; i++) {
        double age = pow(10, v[i]), tb = s->tobs - age;
        bool clipped = tb < GAL_DSPS_T_BIRTH;
        tb = clipped ? GAL_DSPS_T_BIRTH : tb;
        while (k > 0 && tb < s->t[k - 1])
            k--;
        double end = s->t[k] < s->tobs ? s->t[k] : s->tobs, d = s->tobs > s->t[k] ? tb - s->t[k] : -age;
        v[i] = 0;
        if (k > 0 && d < 0)
            v[i] = (clipped ? log(end / tb) : -log1p(d / end)) / log(end / s->t[k - 1]);
        if (p->nseg && p->seg[p->nseg - 1].k == k)
            p->seg[p->nseg - 1].i1 = i + 1;
        else
            p->seg[p->nseg++] = (pop_seg){k, i, i + 1};
    }
}

/* cells in units of the band's brightest: float32 must hold them */
static void fill_cells(pop_plan *p, const gal_pop_spec *s)
{
    for (int b = 0; b < p->nb; b++) {
        const double *cell = s->cell + (size_t)b * s->nz * s->na;
        double most = 0;
        for (size_t i = 0; i < s->nz * s->na; i++)
            most = cell[i] > most ? cell[i] : most;
        p->unit[b] = most > 0 ? most : 1;
        for (int z = 0; z < p->nz; z++)
            for (int a = 0; a < p->na; a++) {
                double x = cell[z * p->na + a] / p->unit[b];
                size_t row = (size_t)(b / POP_NB * p->nz + z);
                p->d.P[(row * s->na + (size_t)a) * POP_NB + (size_t)(b % POP_NB)] = x;
                p->d.Pt[(row * POP_NB + (size_t)(b % POP_NB)) * (s->na + POP_PAD) + (size_t)a] = x;
            }
    }
}

gal_status gal_pop_create(gal_pop **out, const gal_pop_spec *s)
{
    gal_status st = check_spec(s);
    *out = NULL;
    if (st != GAL_OK)
        return st;
    gal_pop *pop = GAL_NEW(gal_pop);
    if (!pop)
        return GAL_ENOMEM;
    pop_plan *p = &pop->plan;
    *p = (pop_plan){.nt = (int)s->nt, .na = (int)s->na, .nz = (int)s->nz, .nb = (int)s->nb, .single = s->single};
    p->ng = (p->nb + POP_NB - 1) / POP_NB;
    sizes n = sizes_of(p);
    double *d = GAL_NEWN(double, n.all);
    p->d.hdt = d;
    p->f.hdt = s->single ? GAL_NEWN(float, n.all) : NULL;
    p->seg = GAL_NEWN(pop_seg, n.edge);
    p->unit = GAL_NEWN(double, s->nb);
    if (!d || !p->seg || !p->unit || (s->single && !p->f.hdt)) {
        gal_pop_free(pop);
        return GAL_ENOMEM;
    }
    PLACE(&p->d, d, n);
    gal_dsps_age_edges(s->lgage, s->na, p->d.v);
    gal_dsps_met_edges(s->lgmet, s->nz, p->d.ze);
    fill_times(p, s);
    fill_edges(p, s);
    fill_cells(p, s);
    if (s->single) {
        float *f = p->f.hdt;
        PLACE(&p->f, f, n);
        for (size_t i = 0; i < n.all; i++)
            f[i] = (float)d[i];
        p->f.lt0 = (float)p->d.lt0, p->f.lfb = (float)p->d.lfb, p->f.vobs = (float)p->d.vobs;
    }
    *out = pop;
    return GAL_OK;
}

/* ------------------------------------------------------------------ galaxies */
/* NULL when galaxy i is right, else what is wrong with it, for one printf argument *v */
static const char *wrong(const struct pop_kern *kern, const pop_plan *p, const gal_pop_galaxies *g, size_t i, double *v)
{
    double s = g->scatter[i], x = g->lgmet[i];
    *v = s;
    if (!(s > 0))
        return "scatter = %g must be > 0";
    *v = x;
    if (!(x <= -0.5))
        return "lgmet = %g is no log10 of a mass fraction (log10 Z/Zsun? add log10 Zsun, about -1.87)";
    if (!(x - 3 * s > -10 && x + 3 * s < 10))
        return "lgmet = %g with 3 times its scatter reaches beyond -10 .. 10";
    if (g->sfr) {
        const double *row = g->sfr + i * (size_t)p->nt;
        int is = kern->rates(row, (size_t)p->nt);
        for (int k = 0; is == 1 && k < p->nt; k++) {
            *v = row[k];
            if (!(*v >= 0 && *v <= DBL_MAX))
                return "a star formation rate of %g Msun/yr must be finite and >= 0";
        }
        *v = 0;
        if (is == 2)
            return "no stars form: all rates are %g";
        return NULL;
    }
    for (size_t q = 0; q < POP_NPAR; q++) {
        *v = g->par[q * g->n + i];
        if (!isfinite(*v))
            return "a parameter of the history is %g";
    }
    *v = g->par[GAL_MAH_TPEAK * g->n + i];
    return *v > 0 ? NULL : "t_peak = %g must be > 0";
}

static size_t first_wrong(const struct pop_kern *kern, const pop_plan *p, const gal_pop_galaxies *g, size_t i0,
                          size_t i1)
{
    double v;
    for (size_t i = i0; i < i1; i++)
        if (wrong(kern, p, g, i, &v))
            return i;
    return g->n;
}

static gal_status tell(const pop_plan *p, const gal_pop_galaxies *g, size_t i)
{
    double v;
    char text[160];
    const char *fmt = wrong(GAL_KERN_PICK(pop_kern), p, g, i, &v);
    char *at = strstr(fmt, "%g"); /* the texts above hold exactly one */
    snprintf(text, sizeof text, "%.*s%g%s", (int)(at - fmt), fmt, v, at + 2);
    return gal_fail(GAL_EDOMAIN, "population: galaxy %zu: %s", i + 1, text);
}

static gal_status run(const pop_plan *p, const gal_pop_galaxies *g, const pop_job *job)
{
    const struct pop_kern *kern = GAL_KERN_PICK(pop_kern);
    long chunks = (long)((g->n + POP_CHUNK - 1) / POP_CHUNK);
    size_t bad = g->n, need = kern->bytes(p);
    int threads = gal_threads() < chunks ? gal_threads() : (int)chunks;
    bool memory = true, stopped = false;
#pragma omp parallel num_threads(threads < 1 ? 1 : threads)
    {
        void *scratch = gal_alloc(need);
        if (!scratch) {
#pragma omp atomic write
            memory = false;
        }
#pragma omp for schedule(dynamic)
        for (long c = 0; c < chunks; c++) {
            size_t i0 = (size_t)c * POP_CHUNK, i1 = i0 + POP_CHUNK < g->n ? i0 + POP_CHUNK : g->n;
            if (!scratch)
                continue;
            if (gal_interrupted()) {
#pragma omp atomic write
                stopped = true;
                continue;
            }
            size_t w = first_wrong(kern, p, g, i0, i1);
            if (w < g->n) {
#pragma omp critical(gal_pop_bad)
                bad = w < bad ? w : bad;
                continue;
            }
            kern->run(p, job, i0, i1, scratch);
        }
        gal_free(scratch);
    }
    if (!memory)
        return gal_fail(GAL_ENOMEM, "population: no memory for %zu bytes a thread", need);
    if (stopped)
        return gal_fail(GAL_EINTR, "population: interrupted");
    return bad < g->n ? tell(p, g, bad) : GAL_OK;
}

static gal_status check_given(const gal_pop_galaxies *g)
{
    if (!g->n || g->n > 1u << 30)
        return gal_fail(GAL_EDOMAIN, "population: %zu galaxies, 1 .. %u are possible", g->n, 1u << 30);
    if ((!g->sfr && !g->par) || !g->lgmet || !g->scatter)
        return gal_fail(GAL_EINVAL, "population: histories, lgmet and scatter of the galaxies are needed");
    return GAL_OK;
}

gal_status gal_pop_flux(const gal_pop *pop, const gal_pop_galaxies *g, double *flux, double *mass)
{
    gal_status st = check_given(g);
    if (st != GAL_OK)
        return st;
    pop_job job = {
        .n = g->n, .sfr = g->sfr, .par = g->par, .lgmet = g->lgmet, .scatter = g->scatter, .flux = flux, .mass = mass};
    return run(&pop->plan, g, &job);
}

gal_status gal_pop_vjp(const gal_pop *pop, const gal_pop_galaxies *g, const double *gflux, double *flux, double *gsfr,
                       double *gpar, double *glgmet, double *gscatter)
{
    const pop_plan *p = &pop->plan;
    gal_status st = check_given(g);
    if (st != GAL_OK)
        return st;
    if ((gsfr && !g->sfr) || (gpar && g->sfr))
        return gal_fail(GAL_EINVAL,
                        "population: the gradient of a history is by what it was given as, rates or parameters");
    unsigned char *active = GAL_NEWN(unsigned char, (size_t)p->nb);
    if (!active)
        return GAL_ENOMEM;
    for (size_t b = 0; b < (size_t)p->nb; b++)
        for (size_t i = 0; i < g->n && !active[b]; i++)
            active[b] = gflux[b * g->n + i] != 0;
    pop_job job = {.n = g->n,
                   .sfr = g->sfr,
                   .par = g->par,
                   .lgmet = g->lgmet,
                   .scatter = g->scatter,
                   .flux = flux,
                   .gflux = gflux,
                   .active = active,
                   .gsfr = gsfr,
                   .gpar = gpar,
                   .glgmet = glgmet,
                   .gscatter = gscatter};
    st = run(p, g, &job);
    gal_free(active);
    return st;
}
