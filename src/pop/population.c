/* Plans of populations and the loop over their galaxies. The arithmetic is in pop_kern.c. */
#include "galua/population.h"
#include "galua/dsps.h"
#include "galua/num.h"
#include "pop/pop_int.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void gal_pop_free(gal_pop *p)
{
    if (!p)
        return;
    gal_free(p->plan.seg);
    gal_free(p->plan.unit);
    gal_free(p->plan.zero);
    gal_free(p->plan.d.hdt);
    gal_free(p->plan.f.hdt);
    gal_free(p);
}

/* ------------------------------------------------------------------ the plan */
typedef struct sizes {
    size_t nt, edge, met, nb, axis[POP_AXES], P, Pt, all;
} sizes;

static sizes sizes_of(const pop_plan *p)
{
    sizes s = {.nt = (size_t)p->nt, .edge = (size_t)p->na + 1, .met = (size_t)p->nz + 1};
    size_t rows = (size_t)p->blocks * (size_t)p->ng * (size_t)p->nz * POP_NB;
    s.nb = (size_t)p->nb;
    s.P = rows * (size_t)p->na;
    s.Pt = rows * ((size_t)p->na + POP_PAD);
    s.all = 5 * s.nt + 4 * s.edge + s.met + s.nb + s.P + s.Pt;
    for (int i = 0; i < POP_AXES; i++)
        s.all += 2 * (s.axis[i] = (size_t)p->n[i]);
    return s;
}

/* pointers into one block, in the order of the fields */
#define PLACE(T, block, s)                                                                                             \
    do {                                                                                                               \
        (T)->hdt = (block);                                                                                            \
        (T)->t = (T)->hdt + (s).nt;                                                                                    \
        (T)->lt = (T)->t + (s).nt;                                                                                     \
        (T)->ck = (T)->lt + (s).nt;                                                                                    \
        (T)->idl = (T)->ck + (s).nt;                                                                                   \
        (T)->v = (T)->idl + (s).nt;                                                                                    \
        (T)->age = (T)->v + (s).edge;                                                                                  \
        (T)->fy = (T)->age + (s).edge;                                                                                 \
        (T)->ze = (T)->fy + (s).edge;                                                                                  \
        (T)->lgyr = (T)->ze + (s).met;                                                                                 \
        (T)->wave = (T)->lgyr + (s).edge;                                                                              \
        (T)->P = (T)->wave + (s).nb;                                                                                   \
        (T)->Pt = (T)->P + (s).P;                                                                                      \
        for (int i_ = 0; i_ < POP_AXES; i_++) {                                                                        \
            (T)->axis[i_].x = i_ ? (T)->axis[i_ - 1].ix + (s).axis[i_ - 1] : (T)->Pt + (s).Pt;                         \
            (T)->axis[i_].ix = (T)->axis[i_].x + (s).axis[i_];                                                         \
        }                                                                                                              \
    } while (0)

static gal_status check_axes(const gal_pop_spec *s)
{
    size_t blocks = s->nred ? s->nred : 1;
    for (size_t i = 0; i < GAL_POP_AXES; i++) {
        const gal_pop_table_axis *a = s->axis + i;
        if (!a->n)
            continue;
        if (a->n < (a->width > 0 ? 3 : 2) || a->n > 1000 || !(a->width >= 0) || isinf(a->width))
            return gal_fail(
                GAL_EDOMAIN,
                "population: axis %zu of the cells has %zu nodes and width %g; 2 nodes, with a width 3, are needed",
                i + 1, a->n, a->width);
        gal_status st = gal_check_ascending("population: axis of the cells", a->node, a->n);
        if (st != GAL_OK)
            return st;
        blocks *= a->n;
    }
    if (blocks > 1000000)
        return gal_fail(GAL_EDOMAIN, "population: %zu redshifts and places on the axes; at most 1000000 are possible",
                        blocks);
    return GAL_OK;
}

static size_t blocks_of(const gal_pop_spec *s)
{
    size_t n = s->nred ? s->nred : 1;
    for (size_t i = 0; i < GAL_POP_AXES; i++)
        n *= s->axis[i].n ? s->axis[i].n : 1;
    return n;
}

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
    for (size_t i = 0; i < s->nred; i++)
        if (!(s->red[i] >= 0) || isinf(s->red[i]) || (i && !(s->red[i] > s->red[i - 1])))
            GAL_THROW(GAL_EDOMAIN,
                      "population: redshift %zu of the cells, %g, must be finite, >= 0 and above the one before", i + 1,
                      s->red[i]);
    for (size_t b = 0; s->wave && b < s->nb; b++)
        if (!(s->wave[b] > 0) || isinf(s->wave[b]))
            GAL_THROW(GAL_EDOMAIN, "population: wavelength of band %zu, %g micron, must be > 0", b + 1, s->wave[b]);
    if (!s->nred && s->wave && (!(s->z >= 0) || isinf(s->z)))
        GAL_THROW(GAL_EDOMAIN, "population: redshift %g must be finite and >= 0", s->z);
    if (!s->nred && !(s->tobs > s->t[0] && s->tobs <= s->t[s->nt - 1]))
        GAL_THROW(GAL_EDOMAIN, "population: t_obs = %.8g Gyr lies outside the times of the histories, %.6g .. %.6g Gyr",
                  s->tobs, s->t[0], s->t[s->nt - 1]);
    if (!isfinite(s->lt0) || !(s->fb > 0 && s->fb <= 1))
        GAL_THROW(GAL_EDOMAIN, "population: log10 t0 = %g must be finite and the baryon fraction %g in 0 .. 1", s->lt0,
                  s->fb);
    GAL_TRY(check_axes(s));
    for (size_t i = 0; i < blocks_of(s) * s->nb * s->nz * s->na; i++)
        if (!(s->cell[i] >= (s->sums ? -DBL_MAX : 0)) || isinf(s->cell[i]))
            GAL_THROW(GAL_EDOMAIN, "population: flux %g of band %zu, metallicity %zu, age %zu must be finite%s",
                      s->cell[i], i / (s->nz * s->na) % s->nb + 1, i / s->na % s->nz + 1, i % s->na + 1,
                      s->sums ? "" : " and >= 0");
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
        T->idl[k] = k ? 1 / log(s->t[k] / s->t[k - 1]) : 0;
    }
    p->runs = 0.1 * (s->t[s->nt - 1] - s->t[0]) / (double)(s->nt - 1);
    T->lt0 = s->lt0;
    T->lfb = log10(s->fb);
    p->K = 0;
    if (p->own)
        return;
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

static void fill_axes(pop_plan *p, const gal_pop_spec *s)
{
    struct pop_f64 *T = &p->d;
    for (size_t i = 0; i <= s->na; i++) {
        T->age[i] = pow(10, T->v[i]);
        if (i < s->na)
            T->lgyr[i] = s->lgage[i] + 9;
        if (i < s->na)
            T->fy[i] = 1 - gal_tw_cdf(s->lgage[i] + 9 - 8); /* gal_dsps_by_age */
    }
    for (int k = 0; k < POP_AXES; k++) {
        const double *x = k ? s->axis[k - 1].node : s->red;
        size_t n = k ? s->axis[k - 1].n : s->nred;
        if (k && s->axis[k - 1].width > 0) {
            double edge[1001];
            gal_dsps_age_edges(x, n, edge);
            memcpy(T->axis[k].x, edge, n * sizeof *edge);
            T->axis[k].ix[0] = 1 / s->axis[k - 1].width;
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            T->axis[k].x[i] = x[i];
            T->axis[k].ix[i] = i ? 1 / (x[i] - x[i - 1]) : 0;
        }
    }
    for (size_t b = 0; s->wave && b < s->nb; b++)
        T->wave[b] = s->wave[b];
}

/* cells in units of the band's brightest: float32 must hold them */
static void fill_cells(pop_plan *p, const gal_pop_spec *s)
{
    const size_t na = s->na, nz = s->nz, cells = nz * na, ng = (size_t)p->ng;
    for (size_t b = 0; b < s->nb; b++) {
        double most = 0;
        for (size_t j = 0; j < (size_t)p->blocks; j++)
            for (size_t i = 0; i < cells; i++) {
                double x = fabs(s->cell[(j * s->nb + b) * cells + i]);
                most = x > most ? x : most;
            }
        p->unit[b] = most > 0 ? most : 1;
        p->zero[b] = -2.5 * log10(p->unit[b]);
        for (size_t j = 0; j < (size_t)p->blocks; j++)
            for (size_t i = 0; i < cells; i++) {
                double x = s->cell[(j * s->nb + b) * cells + i] / p->unit[b];
                size_t row = (j * ng + b / POP_NB) * nz + i / na, a = i % na;
                p->d.P[(row * na + a) * POP_NB + b % POP_NB] = x;
                p->d.Pt[(row * POP_NB + b % POP_NB) * (na + POP_PAD) + a] = x;
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
    *p = (pop_plan){.nt = (int)s->nt,
                    .na = (int)s->na,
                    .nz = (int)s->nz,
                    .nb = (int)s->nb,
                    .single = s->single,
                    .own = s->nred > 0,
                    .waves = s->wave != NULL,
                    .z = s->nred ? 0 : s->z,
                    .tobs = s->tobs,
                    .rest = s->rest,
                    .sums = s->sums,
                    .blocks = (int)blocks_of(s),
                    .n = {s->nred ? (int)s->nred : 1},
                    .curve = s->curve};
    p->ng = (p->nb + POP_NB - 1) / POP_NB;
    for (int i = 1; i < POP_AXES; i++) {
        p->n[i] = s->axis[i - 1].n ? (int)s->axis[i - 1].n : 1;
        p->soft[i] = s->axis[i - 1].width > 0;
    }
    sizes n = sizes_of(p);
    double *d = GAL_NEWN(double, n.all);
    p->d.hdt = d;
    p->f.hdt = s->single ? GAL_NEWN(float, n.all) : NULL;
    p->seg = GAL_NEWN(pop_seg, n.edge);
    p->unit = GAL_NEWN(double, s->nb);
    p->zero = GAL_NEWN(double, s->nb);
    if (!d || !p->seg || !p->unit || !p->zero || (s->single && !p->f.hdt)) {
        gal_pop_free(pop);
        return GAL_ENOMEM;
    }
    PLACE(&p->d, d, n);
    gal_dsps_age_edges(s->lgage, s->na, p->d.v);
    gal_dsps_met_edges(s->lgmet, s->nz, p->d.ze);
    fill_times(p, s);
    fill_axes(p, s);
    if (!p->own)
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
/* does a linear axis hold x? */
static bool within(const pop_plan *p, int axis, double x)
{
    const double *node = p->d.axis[axis].x;
    return p->soft[axis] || p->n[axis] < 2 || (x >= node[0] && x <= node[p->n[axis] - 1]);
}

/* of what light needs beside the history */
static const char *wrong_light(const pop_plan *p, const gal_pop_galaxies *g, size_t i, double *v)
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
    *v = g->young ? g->young[i] : x;
    if (!(*v <= -0.5 && *v - 3 * s > -10))
        return "lgmet = %g of young stars is no log10 of a mass fraction between -10 and -0.5";
    for (int q = 0; g->dust && q < (g->aged ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); q++) {
        *v = g->dust[(size_t)q * g->n + i];
        if (!isfinite(*v))
            return "a parameter of the dust is %g";
        if ((q == GAL_POP_AV || q == GAL_POP_AV_YOUNG) && *v < 0)
            return "attenuation of %g mag must be >= 0";
        if (q == GAL_POP_FUNO && !(*v >= 0 && *v <= 1))
            return "funo = %g must lie between 0 and 1";
    }
    for (int k = 1; k < POP_AXES; k++) {
        *v = p->n[k] > 1 ? g->axis[(size_t)(k - 1) * g->n + i] : 0;
        if (!isfinite(*v) || (p->n[k] > 1 && !within(p, k, *v)))
            return "%g lies outside an axis of the table";
    }
    *v = g->quench ? g->quench[i] : 0;
    if (!isfinite(*v))
        return "the age of rapid quenching is %g";
    for (size_t k = 0; g->offset && k < GAL_SSP_ERROR_NODES; k++) {
        *v = g->offset[k * g->n + i];
        if (!isfinite(*v))
            return "an offset of the error model is %g mag";
    }
    if (!g->burst)
        return NULL;
    *v = g->burst[i];
    if (!(*v <= 0))
        return "lgfburst = %g must be <= 0";
    *v = g->burst[2 * g->n + i];
    if (!(isfinite(*v) && *v > g->burst[g->n + i]))
        return "lgyr_max = %g must be later than lgyr_peak";
    return NULL;
}

/* NULL when galaxy i is right, else what is wrong with it, for one printf argument *v */
static const char *wrong(const struct pop_kern *kern, const pop_plan *p, const gal_pop_galaxies *g, size_t i, double *v)
{
    if (g->lgmet) {
        const char *what = wrong_light(p, g, i, v);
        if (what)
            return what;
    }
    if (p->own) {
        *v = g->z[i];
        if (!(*v >= 0 && *v <= DBL_MAX) || !within(p, 0, *v))
            return "redshift %g lies outside those of the cells";
        *v = g->tobs[i];
        if (!(*v > p->d.t[0] && *v <= p->d.t[p->nt - 1]))
            return "t_obs = %g Gyr lies outside the times of the histories";
    }
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

/* the first wrong of galaxies order[i0 .. i1 - 1] (NULL: i0 .. i1 - 1 themselves), or n */
static size_t first_wrong(const struct pop_kern *kern, const pop_plan *p, const gal_pop_galaxies *g, const int *order,
                          size_t i0, size_t i1)
{
    double v;
    size_t bad = g->n;
    for (size_t i = i0; i < i1; i++) {
        size_t id = order ? (size_t)order[i] : i;
        if (id < bad && wrong(kern, p, g, id, &v))
            bad = id;
    }
    return bad;
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

/* galaxies by redshift: counting sort into 2^16 cells, those of one cell as they come */
static gal_status by_redshift(const gal_pop_galaxies *g, int **out)
{
    enum { CELLS = 1 << 16 };
    gal_status st = GAL_OK;
    double lo = 0, hi = 0;
    int *order = gal_alloc(g->n * sizeof *order), *count = GAL_NEWN(int, CELLS + 1);
    if (!order || !count) {
        st = GAL_ENOMEM;
        goto out;
    }
    for (size_t i = 0; i < g->n; i++) { /* before they are checked: wrong ones go to the first cell */
        double z = g->z[i] >= 0 && g->z[i] < 1e6 ? g->z[i] : 0;
        lo = z < lo || i == 0 ? z : lo;
        hi = z > hi ? z : hi;
    }
    double f = hi > lo ? (CELLS - 0.001) / (hi - lo) : 0;
#define CELL(i) (g->z[i] >= lo && g->z[i] <= hi ? (int)((g->z[i] - lo) * f) : 0)
    for (size_t i = 0; i < g->n; i++)
        count[CELL(i) + 1]++;
    for (int k = 0; k < CELLS; k++)
        count[k + 1] += count[k];
    for (size_t i = 0; i < g->n; i++)
        order[count[CELL(i)]++] = (int)i;
#undef CELL
out:
    gal_free(count);
    if (st == GAL_OK)
        *out = order;
    else
        gal_free(order);
    return st;
}

gal_status gal_pop_run(const pop_plan *p, const gal_pop_galaxies *g, pop_job *job, int pieces)
{
    const struct pop_kern *kern = GAL_KERN_PICK(pop_kern);
    size_t chunks = (g->n + POP_CHUNK - 1) / POP_CHUNK, bad = g->n, need;
    bool memory = true, stopped = false;
    int *order = NULL;
    gal_status st = p->own ? by_redshift(g, &order) : GAL_OK;
    if (st != GAL_OK)
        return st;
    job->n = g->n, job->sfr = g->sfr, job->par = g->par, job->lgmet = g->lgmet, job->scatter = g->scatter;
    job->z = g->z, job->tobs = g->tobs, job->dust = g->dust, job->aged = g->dust && g->aged, job->order = order;
    job->axis = g->axis, job->burst = g->burst, job->young = g->lgmet ? g->young : NULL, job->bymass = g->bymass,
    job->bytime = g->bytime;
    job->quench = g->lgmet ? g->quench : NULL, job->error = g->lgmet ? g->error : NULL, job->offset = g->offset;
    need = kern->bytes(p, job);
    if (pieces == 0 || (size_t)pieces > chunks)
        pieces = (int)chunks;
    int threads = gal_threads() < pieces ? gal_threads() : pieces;
#pragma omp parallel num_threads(threads < 1 ? 1 : threads)
    {
        void *scratch = gal_alloc(need);
        if (!scratch) {
#pragma omp atomic write
            memory = false;
        }
#pragma omp for schedule(dynamic)
        for (int k = 0; k < pieces; k++) {
            size_t c0 = chunks * (size_t)k / (size_t)pieces, c1 = chunks * (size_t)(k + 1) / (size_t)pieces;
            for (size_t c = c0; c < c1 && scratch; c++) {
                if (gal_interrupted()) {
#pragma omp atomic write
                    stopped = true;
                    break;
                }
                size_t i0 = c * POP_CHUNK, i1 = i0 + POP_CHUNK < g->n ? i0 + POP_CHUNK : g->n;
                size_t w = first_wrong(kern, p, g, order, i0, i1);
                if (w < g->n) {
#pragma omp critical(gal_pop_bad)
                    bad = w < bad ? w : bad;
                } else {
                    kern->run(p, job, k, i0, i1, scratch);
                }
            }
        }
        gal_free(scratch);
    }
    gal_free(order);
    if (!memory)
        return gal_fail(GAL_ENOMEM, "population: no memory for %zu bytes a thread", need);
    if (stopped)
        return gal_fail(GAL_EINTR, "population: interrupted");
    return bad < g->n ? tell(p, g, bad) : GAL_OK;
}

gal_status gal_pop_check_given(const pop_plan *p, const gal_pop_galaxies *g)
{
    if (!g->n || g->n > 1u << 30)
        return gal_fail(GAL_EDOMAIN, "population: %zu galaxies, 1 .. %u are possible", g->n, 1u << 30);
    if ((!g->sfr && !g->par) || !g->lgmet || !g->scatter)
        return gal_fail(GAL_EINVAL, "population: histories, lgmet and scatter of the galaxies are needed");
    if (!g->axis && p->n[1] * p->n[2] > 1)
        return gal_fail(GAL_EINVAL, "population: the table has axes, on which the galaxies need places");
    if (p->own && (!g->z || !g->tobs))
        return gal_fail(GAL_EINVAL, "population: redshifts and times of observation of the galaxies are needed");
    if (g->dust && !(p->waves && p->own))
        return gal_fail(GAL_EINVAL,
                        "population: dust of galaxies needs a plan with redshifts and wavelengths of the bands");
    if (g->emission && !g->dust)
        return gal_fail(GAL_EINVAL, "population: emission needs dust of the galaxies");
    if ((g->error || g->offset) && (!p->waves || p->rest || p->sums || !g->error))
        return gal_fail(
            GAL_EINVAL,
            "population: the error model needs a plan with wavelengths of the bands; lines and sums have none");
    for (size_t i = 0; g->error && i < GAL_SSP_ERROR_N; i++)
        if (!isfinite(g->error[i]))
            return gal_fail(GAL_EDOMAIN, "population: %s = %g of the error model must be finite",
                            gal_ssp_error_params()[i].name, g->error[i]);
    return GAL_OK;
}

gal_status gal_pop_check_adjoint(const pop_plan *p, const gal_pop_galaxies *g, const gal_pop_adjoint *a)
{
    if ((a->sfr && !g->sfr) || (a->par && g->sfr))
        return gal_fail(GAL_EINVAL,
                        "population: the gradient of a history is by what it was given as, rates or parameters");
    if (((a->z || a->tobs) && !p->own) || (a->dust && !g->dust))
        return gal_fail(GAL_EINVAL, "population: no gradient by %s, which the galaxies were not given",
                        a->dust && !g->dust ? "dust" : "redshift");
    if (a->young && !g->young)
        return gal_fail(GAL_EINVAL, "population: no gradient by metallicities of young stars, which were not given");
    if ((a->node && !g->error) || (a->quench && !g->quench) || (a->merge && !g->merging))
        return gal_fail(GAL_EINVAL, "population: no gradient by %s, which the galaxies were not given",
                        a->node && !g->error      ? "the error model"
                        : a->quench && !g->quench ? "rapid quenching"
                                                  : "merging");
    if ((a->axis && p->n[1] * p->n[2] == 1) || (a->burst && !g->burst))
        return gal_fail(GAL_EINVAL, "population: no gradient by %s, which the galaxies were not given",
                        a->burst && !g->burst ? "bursts" : "places on axes");
    return GAL_OK;
}
