/* run.c - a plan at work: blocks of pixels over threads; in a block, parts, and inside them frequencies or band integrals of all channels.
 *
 * A block's templates are read once for all channels. Sums are over parts in their order and frequencies in theirs: the same bits at any
 * number of threads. Blocks are independent. */
#include "sky/part.h"
#include "sky/sky_kern.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { CHUNK = 16, FIELDS = 3 + GAL_SKY_MAXPAR }; /* blocks that a thread takes at once; fields of a part */
enum { BLOCK = 128 }; /* a multiple of LAW_BLOCK; what a few channels need stays in the first cache */

typedef struct room { /* of one thread */
    double *block;
    double *a[3], *par[GAL_SKY_MAXPAR], *unit[2], *norm, *f, *tmp, *sum[2], *acc;
    int *segment; /* of the first working variable that is a map, when knots are shared */
    bool found;
    void **local;   /* [nparts] */
    double **ahead; /* [nparts][FIELDS]: a chunk of fields that are not in memory, read at once */
    size_t *from;   /* [nparts][FIELDS]: its first pixel + 1; 0: nothing */
    size_t bad;     /* values that are UNSEEN, of all outputs */
} room;

typedef struct job {
    const gal_sky_plan *p;
    const gal_sky_run_args *a;
    const struct sky_kern *k;
    bool *channel, *basis; /* wanted; [nch], [nbasis] needed */
    bool intensity, polarisation;
} job;

static gal_status open_room(const job *j, room *r)
{
    const gal_sky_plan *p = j->p;
    size_t nb = p->nbasis;
    bool sums = false;
    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < p->nparts; i++)
        sums = sums || p->part[i].exact;
    size_t n = 3 + GAL_SKY_MAXPAR + 2 + 4 + (sums ? 2 * nb : 0) + 3 * nb;
    r->block = gal_alloc(n * BLOCK * sizeof(double));
    r->local = GAL_NEWN(void *, p->nparts ? p->nparts : 1);
    r->ahead = GAL_NEWN(double *, p->nparts *FIELDS + 1);
    r->from = GAL_NEWN(size_t, p->nparts * FIELDS + 1);
    if (!r->block || !r->local || !r->ahead || !r->from)
        return GAL_ENOMEM;
    double *at = r->block;
#define TAKE(x) ((x) = at, at += BLOCK)
    for (int i = 0; i < 3; i++)
        TAKE(r->a[i]);
    for (int i = 0; i < GAL_SKY_MAXPAR; i++)
        TAKE(r->par[i]);
    TAKE(r->unit[0]);
    TAKE(r->unit[1]);
    TAKE(r->norm);
    TAKE(r->f);
    TAKE(r->tmp);
    r->segment = (int *)at;
    at += BLOCK;
#undef TAKE
    for (int w = 0; w < 2 && sums; w++) {
        r->sum[w] = at;
        at += nb * BLOCK;
    }
    r->acc = at;
    for (size_t i = 0; i < p->nparts; i++) {
        const gal_sky_part *s = p->part[i].part;
        if (s->law && s->law->open && p->part[i].active) {
            gal_status st = s->law->open(&r->local[i], s->self);
            if (st != GAL_OK)
                return st;
        }
    }
    return GAL_OK;
}

static void close_room(const job *j, room *r)
{
    for (size_t i = 0; r->local && i < j->p->nparts; i++)
        if (r->local[i])
            j->p->part[i].part->law->close(r->local[i]);
    for (size_t i = 0; r->ahead && i < j->p->nparts * FIELDS; i++)
        gal_free(r->ahead[i]);
    gal_free(r->ahead);
    gal_free(r->from);
    gal_free(r->local);
    gal_free(r->block);
}

/* n values of field `which` of a part from pixel `first`; files are read a chunk of blocks ahead */
static gal_status fetch(const job *j, room *r, size_t ipart, int which, size_t first, size_t n, double *out)
{
    const gal_sky_part *s = j->p->part[ipart].part;
    const gal_field *f = which < 3 ? s->amplitude[which] : s->par[which - 3];
    size_t k = ipart * FIELDS + (size_t)which, most = CHUNK * BLOCK;
    if (gal_field_memory(f) > 0 || gal_field_size(f) == 0)
        return gal_field_read(f, first, n, out);
    if (!r->ahead[k] && !(r->ahead[k] = GAL_NEWN(double, most)))
        return GAL_ENOMEM;
    if (r->from[k] == 0 || first < r->from[k] - 1 || first + n > r->from[k] - 1 + most) {
        size_t end = j->a->first + j->a->n, m = end - first < most ? end - first : most;
        r->from[k] = 0;
        gal_status st = gal_field_read(f, first, m, r->ahead[k]);
        if (st != GAL_OK)
            return st;
        r->from[k] = first + 1;
    }
    memcpy(out, r->ahead[k] + (first - (r->from[k] - 1)), n * sizeof *out);
    return GAL_OK;
}

/* Templates and working variables of a block; pixels without a parameter get a good one and an amplitude that is NaN */
static gal_status load(const job *j, room *r, size_t ipart, size_t first, size_t n, size_t m)
{
    gal_status st = GAL_OK;
    const gal_sky_part *s = j->p->part[ipart].part;
    for (int i = 0; i < 3; i++) {
        if (!s->amplitude[i] || !(i ? j->polarisation : j->intensity))
            continue;
        GAL_TRY(fetch(j, r, ipart, i, first, n, r->a[i]));
        for (size_t k = n; k < m; k++)
            r->a[i][k] = 0;
    }
    for (size_t i = 0; i < s->law->npar; i++) {
        double *x = r->par[i], good = NAN;
        if (s->nmap == 0 || gal_field_is_number(s->par[i], &good)) {
            for (size_t k = 0; k < m && s->nmap; k++)
                x[k] = good;
            continue;
        }
        GAL_TRY(fetch(j, r, ipart, 3 + (int)i, first, n, x));
        if (j->k->any_nan(n, x)) {
            double hi;
            GAL_TRY(gal_field_range(s->par[i], &good, &hi));
            for (size_t k = 0; k < n; k++)
                if (isnan(x[k])) {
                    x[k] = good;
                    for (int t = 0; t < 3; t++)
                        r->a[t][k] = NAN;
                }
        }
        for (size_t k = n; k < m; k++)
            x[k] = x[n - 1];
    }
    if (s->law->work && s->nmap)
        s->law->work(s->self, m, r->par);
out:
    return st;
}

static void apply(const job *j, room *r, const part_plan *q, const functional *f, size_t m, double *out)
{
    const double *x = r->par[q->part->map[0]];
    if (f->kind == F_PIECES) {
        if (!r->found || !q->shared)
            j->k->find(m, f->pieces, x, r->segment);
        r->found = true;
        j->k->pieces(m, f->pieces, r->segment, x, out);
    } else if (f->kind == F_POLY) {
        j->k->poly(m, f->poly.rows, f->poly.deg, f->poly.c, r->unit[0], r->unit[1], out);
    }
}

static void normalise(const job *j, room *r, const part_plan *q, size_t m)
{
    const gal_sky_part *s = q->part;
    const double *const w[GAL_SKY_MAXPAR] = {r->par[0], r->par[1], r->par[2], r->par[3]};
    for (int which = 0; which < 2; which++) {
        const functional *f = &q->norm[which];
        int from = which ? 1 : 0, to = which ? 3 : 1;
        if (!s->amplitude[from] || !(which ? j->polarisation : j->intensity))
            continue;
        if (f->kind == F_SCALAR) {
            for (int i = from; i < to && f->value != 1; i++)
                for (size_t k = 0; k < m; k++)
                    r->a[i][k] *= f->value;
            continue;
        }
        if (f->kind == F_EXACT)
            s->law->norm(s->self, which, m, w, r->norm);
        else
            apply(j, r, q, f, m, r->norm);
        for (int i = from; i < to; i++)
            (f->inverse ? j->k->divide : j->k->mul)(m, r->norm, r->a[i]);
    }
}

/* acc of basis channel b += amplitude times f */
static void accumulate(const job *j, room *r, const gal_sky_part *s, const functional *f, const double *v, size_t b,
                       int from, int to, size_t m)
{
    for (int i = from; i < to; i++) {
        double *acc = r->acc + (3 * b + (size_t)i) * BLOCK;
        if (!s->amplitude[i] || !(i ? j->polarisation : j->intensity))
            continue;
        if (f->kind == F_SCALAR)
            j->k->axpy(m, f->value, r->a[i], acc);
        else
            j->k->muladd(m, r->a[i], v, acc);
    }
}

static gal_status sum_exact(const job *j, room *r, const part_plan *q, size_t ipart, size_t m)
{
    const gal_sky_plan *p = j->p;
    const gal_sky_part *s = q->part;
    const double *const w[GAL_SKY_MAXPAR] = {r->par[0], r->par[1], r->par[2], r->par[3]};
    for (int which = 0; which < (q->same ? 1 : 2); which++) {
        memset(r->sum[which], 0, p->nbasis * BLOCK * sizeof(double));
        if (!q->same && !(which ? j->polarisation && s->amplitude[1] : j->intensity && s->amplitude[0]))
            continue;
        for (size_t i = 0; i < p->nnu; i++) {
            bool made = false;
            for (size_t b = 0; b < p->nbasis; b++) {
                double c = q->coef[which][p->basis[b] * p->nnu + i];
                if (c == 0 || !j->basis[b])
                    continue;
                if (!made) {
                    gal_status st = s->law->shape(s->self, r->local[ipart], which, p->nu[i], m, w, r->tmp);
                    if (st != GAL_OK)
                        return gal_fail_prefix(st, "%s", s->name);
                    made = true;
                }
                j->k->axpy(m, c, r->tmp, r->sum[which] + b * BLOCK);
            }
        }
    }
    return GAL_OK;
}

static gal_status add_part(const job *j, room *r, size_t ipart, size_t first, size_t n, size_t m)
{
    gal_status st = GAL_OK;
    const gal_sky_plan *p = j->p;
    const part_plan *q = &p->part[ipart];
    const gal_sky_part *s = q->part;
    if (!q->active)
        return GAL_OK;
    if (!s->law) {
        for (size_t b = 0; b < p->nbasis; b++) {
            double *acc[3] = {r->acc + 3 * b * BLOCK, r->acc + (3 * b + 1) * BLOCK, r->acc + (3 * b + 2) * BLOCK};
            if (j->basis[b])
                gal_sources_add(s, q, p->basis[b], first, n, acc);
        }
        return GAL_OK;
    }
    bool used = false;
    for (size_t b = 0; b < p->nbasis; b++)
        for (int w = 0; w < 2; w++)
            used = used || (j->basis[b] && q->f[w][p->basis[b]].kind != F_ZERO);
    if (!used)
        return GAL_OK;
    r->found = false;
    GAL_TRY(load(j, r, ipart, first, n, m));
    for (int d = 0; d < s->nmap && d < 2; d++) {
        int i = s->map[d];
        j->k->unit(m, 0.5 * (s->lo[i] + s->hi[i]), 2 / (s->hi[i] - s->lo[i]), r->par[i], r->unit[d]);
    }
    normalise(j, r, q, m);
    if (q->exact)
        GAL_TRY(sum_exact(j, r, q, ipart, m));
    for (size_t b = 0; b < p->nbasis; b++) {
        size_t c = p->basis[b];
        for (int w = 0; w < (q->same ? 1 : 2) && j->basis[b]; w++) {
            const functional *f = &q->f[w][c];
            const double *v = f->kind == F_EXACT ? r->sum[w] + b * BLOCK : r->f;
            if (f->kind == F_ZERO || (!q->same && !s->amplitude[w]))
                continue;
            apply(j, r, q, f, m, r->f);
            accumulate(j, r, s, f, v, b, w ? 1 : 0, q->same || w ? 3 : 1, m);
        }
    }
out:
    return st;
}

static void store(const job *j, room *r, const gal_sky_output *o, double factor, const double *const x[3], size_t at,
                  size_t n)
{
    for (int i = 0; i < 3; i++) {
        if (!o->x[i])
            continue;
        if (o->f32)
            r->bad += j->k->store32(n, factor, x[i], (float *)o->x[i] + at);
        else
            r->bad += j->k->store64(n, factor, x[i], (double *)o->x[i] + at);
    }
}

static void put(const job *j, room *r, size_t at, size_t n)
{
    const gal_sky_plan *p = j->p;
    if (j->a->only_basis) {
        for (size_t b = 0; b < p->nbasis; b++) {
            const double *x[3] = {r->acc + 3 * b * BLOCK, r->acc + (3 * b + 1) * BLOCK, r->acc + (3 * b + 2) * BLOCK};
            store(j, r, &j->a->out[b], p->factor[p->basis[b]], x, at, n);
        }
        return;
    }
    for (size_t c = 0; c < p->nch; c++) {
        const double *x[3];
        if (!j->channel[c])
            continue;
        for (int i = 0; i < 3; i++) {
            x[i] = r->acc + (3 * c + (size_t)i) * BLOCK;
            if (!p->combination)
                continue;
            double *sum = r->a[i]; /* free by now */
            memset(sum, 0, BLOCK * sizeof *sum);
            for (size_t b = 0; b < p->nbasis && j->a->out[c].x[i]; b++)
                if (p->combination[c * p->nbasis + b] != 0)
                    j->k->axpy(BLOCK, p->combination[c * p->nbasis + b], r->acc + (3 * b + (size_t)i) * BLOCK, sum);
            x[i] = sum;
        }
        store(j, r, &j->a->out[c], p->factor[c], x, at, n);
    }
}

static gal_status one_block(const job *j, room *r, size_t at, size_t n)
{
    gal_status st = GAL_OK;
    size_t m = (n + LAW_BLOCK - 1) / LAW_BLOCK * LAW_BLOCK;
    memset(r->acc, 0, 3 * j->p->nbasis * BLOCK * sizeof(double));
    for (size_t i = 0; i < j->p->nparts; i++)
        GAL_TRY(add_part(j, r, i, j->a->first + at, n, m));
    put(j, r, at, n);
out:
    return st;
}

static gal_status wanted(job *j)
{
    const gal_sky_plan *p = j->p;
    bool basis_only = j->a->only_basis;
    j->channel = GAL_NEWN(bool, p->nch);
    j->basis = GAL_NEWN(bool, p->nbasis);
    if (!j->channel || !j->basis)
        return GAL_ENOMEM;
    for (size_t c = 0; c < (basis_only ? p->nbasis : p->nch); c++) {
        const gal_sky_output *o = &j->a->out[c];
        bool any = o->x[0] || o->x[1] || o->x[2];
        j->intensity = j->intensity || o->x[0];
        j->polarisation = j->polarisation || o->x[1] || o->x[2];
        if (basis_only) {
            j->basis[c] = any;
            continue;
        }
        j->channel[c] = any;
        for (size_t b = 0; b < p->nbasis && any; b++)
            j->basis[b] = j->basis[b] || (p->combination ? p->combination[c * p->nbasis + b] != 0 : b == c);
    }
    return GAL_OK;
}

typedef struct failure {
    gal_status st;
    long block;
    char text[400];
} failure;

/* The failure of the first block that failed is the one that is told, whatever the threads */
static void note(failure *f, gal_status st, long block)
{
#pragma omp critical(gal_sky_run)
    if (f->st == GAL_OK || block < f->block) {
        f->st = st;
        f->block = block;
        size_t n = strlen(gal_error_message());
        n = n < sizeof f->text ? n : sizeof f->text - 1;
        memcpy(f->text, gal_error_message(), n);
        f->text[n] = '\0';
    }
}

gal_status gal_sky_plan_run(const gal_sky_plan *p, const gal_sky_run_args *a)
{
    gal_status st = GAL_OK;
    job j = {.p = p, .a = a, .k = GAL_KERN_PICK(sky_kern)};
    failure bad = {GAL_OK, 0, ""};
    long blocks = (long)((a->n + BLOCK - 1) / BLOCK), done = 0;
    int threads = a->threads > 0 ? a->threads : gal_threads();
    double last = gal_clock();
    bool stop = false;
    size_t unseen = 0;
    if (a->first > p->npix || a->n > p->npix - a->first)
        return gal_fail(GAL_EINVAL, "sky: pixels %zu .. %zu of %zu", a->first, a->first + a->n, p->npix);
    GAL_TRY(wanted(&j));
#pragma omp parallel num_threads(threads)
    {
        room r;
        gal_status mine = open_room(&j, &r);
        if (mine != GAL_OK)
            note(&bad, mine, -1);
#pragma omp for schedule(dynamic, CHUNK)
        for (long b = 0; b < blocks; b++) {
            size_t at = (size_t)b * BLOCK, n = a->n - at < BLOCK ? a->n - at : BLOCK;
            bool skip;
#pragma omp atomic read
            skip = stop;
            if (mine != GAL_OK || skip)
                continue;
            if ((mine = one_block(&j, &r, at, n)) != GAL_OK)
                note(&bad, mine, b);
#pragma omp atomic
            done++;
            bool enough = mine != GAL_OK || gal_interrupted();
            if (a->progress && omp_get_thread_num() == 0 && gal_clock() - last > 0.5) {
                long now;
#pragma omp atomic read
                now = done;
                last = gal_clock();
                enough = a->progress(a->progress_ctx, (double)now / (double)blocks, "pixels") != 0 || enough;
            }
            if (enough) {
#pragma omp atomic write
                stop = true;
            }
        }
#pragma omp atomic
        unseen += r.bad;
        close_room(&j, &r);
    }
    if (bad.st != GAL_OK)
        GAL_THROW(bad.st, "%s", bad.text);
    if (done < blocks)
        GAL_THROW(GAL_EINTR, "sky: stopped");
    if (a->unseen)
        *a->unseen = unseen;
out:
    gal_free(j.channel);
    gal_free(j.basis);
    return st;
}
