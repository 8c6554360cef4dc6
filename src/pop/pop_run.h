/* The loop over the blocks of one chunk of galaxies (no include guard: pop_kern.c includes it once for each precision). */

INL void N(scatter)(double *o, V x, const int *id, int n, double unit)
{
    for (int j = 0; j < n; j++)
        o[id[j]] = unit * (double)x[j];
}

/* orders id[n] by metallicity: counting sort into 64 cells */
static void N(by_metallicity)(const double *lgmet, int n, int *id)
{
    int c[65] = {0}, sorted[POP_CHUNK] = {0};
    unsigned char key[POP_CHUNK];
    double lo = lgmet[id[0]], hi = lo;
    for (int i = 0; i < n; i++) {
        double x = lgmet[id[i]];
        lo = x < lo ? x : lo;
        hi = x > hi ? x : hi;
    }
    double f = hi > lo ? 63.99 / (hi - lo) : 0;
    for (int i = 0; i < n; i++)
        c[(key[i] = (unsigned char)((lgmet[id[i]] - lo) * f)) + 1]++;
    for (int j = 0; j < 64; j++)
        c[j + 1] += c[j];
    for (int i = 0; i < n; i++)
        sorted[c[key[i]]++] = id[i];
    memcpy(id, sorted, (size_t)n * sizeof *id);
}

/* Galaxies of a chunk by metallicity, so that a block needs few rows. Where they have their own redshifts, which they come ordered by, only as far
 * as their t_obs are so close that a block rarely lies across a node of the histories. */
static void N(order)(const pop_plan *p, const pop_job *job, size_t i0, size_t i1, int *id)
{
    int n = (int)(i1 - i0);
    for (int i = 0; i < n; i++)
        id[i] = job->order ? job->order[i0 + (size_t)i] : (int)i0 + i;
    if (!job->lgmet)
        return;
    if (!p->own) {
        N(by_metallicity)(job->lgmet, n, id);
        return;
    }
    for (int a = 0, b; a < n; a = b) {
        double lo = job->tobs[id[a]], hi = lo;
        for (b = a + 1; b < n; b++) {
            double x = job->tobs[id[b]];
            double l = x < lo ? x : lo, h = x > hi ? x : hi;
            if (b % L == 0 && h - l > p->runs) /* whole blocks */
                break;
            lo = l, hi = h;
        }
        N(by_metallicity)(job->lgmet, b - a, id + a);
    }
}

/* the functional of the magnitudes sets the adjoints of the fluxes */
static void N(call_hook)(const pop_plan *p, N(work) * w, const pop_job *job, int piece, int n)
{
    const R least = DOUBLE ? (R)1e-290 : (R)1e-36;
    for (int b = 0; b < p->nb; b++) {
        if (!job->active[b])
            continue;
        V m = N(vlog)(N(vmax)(w->fx[b], N(set1)(least))) * (R)(-2.5 / LN10);
        double unit = p->zero[b];
        for (int j = 0; j < L; j++)
            w->mag[b * POP_LANES + j] = (double)m[j] + unit;
    }
    job->hook(job->self, piece, n, w->id, w->mag, w->gmag);
    for (int b = 0; job->reverse && b < p->nb; b++)
        if (job->active[b])
            for (int j = 0; j < L; j++)
                ((R *)(w->g + b))[j] = (R)(j < n ? w->gmag[b * POP_LANES + j] * (-2.5 / LN10) : 0) / w->fx[b][j];
}

/* Adjoints of the rates -> rows of the user's table, turned in registers, then a row at a time past the caches: what is written here is the most
 * memory that a gradient moves, and is not read again. */
static void N(store_table)(const pop_plan *p, N(work) * w, double *sfr, int n)
{
    typedef double wide __attribute__((vector_size(L * sizeof(double)), aligned(8), may_alias));
    const size_t stride = (size_t)p->nt + POP_LANES;
    for (int k = 0; k <= w->K; k += L) { /* nodes beyond K are overwritten below */
        V r[L];
        for (int j = 0; j < L; j++)
            r[j] = k + j <= w->K ? w->gs[k + j] : (V){0};
        N(turn)(r);
        for (int j = 0; j < n; j++)
            *(wide *)(w->rows + (size_t)j * stride + k) = __builtin_convertvector(r[j], wide);
    }
    for (int j = 0; j < n; j++) {
        double *x = w->rows + (size_t)j * stride;
        for (int k = w->K + 1; k < p->nt; k++)
            x[k] = 0;
        stream_row(sfr + (size_t)w->id[j] * (size_t)p->nt, x, p->nt);
    }
}

static void N(store_history)(const pop_plan *p, N(work) * w, const pop_job *job, V gF, V gM, int n)
{
    const gal_pop_adjoint *g = &job->g;
    if (p->own)
        N(reverse_own)(p, w, gF, gM, g->tobs);
    else
        N(reverse_ages)(p, w, gF, gM);
    if (g->tobs && job->bytime) {
        V slope = {0};
        N(gather)(&slope, job->bytime, w->id, 1);
        w->gto += w->gx * slope;
    }
    if (g->tobs)
        N(scatter)(g->tobs, w->gto, w->id, n, 1);
    if (g->sfr)
        N(store_table)(p, w, g->sfr, n);
    if (g->par) {
        N(reverse_diffstar)(p, w);
        for (int i = 0; i < POP_NPAR; i++)
            N(scatter)(g->par + (size_t)i * job->n, w->gp[i], w->id, n, 1);
    }
}

static void N(store)(const pop_plan *p, N(work) * w, const pop_job *job, int piece, int n)
{
    const gal_pop_adjoint *g = &job->g;
    if (job->flux)
        for (int b = 0; b < p->nb; b++)
            N(scatter)(job->flux + (size_t)b * job->n, w->fx[b], w->id, n, p->unit[b]);
    if (job->mass)
        N(scatter)(job->mass, w->mobs, w->id, n, 1);
    if (job->hook)
        N(call_hook)(p, w, job, piece, n);
    if (!job->reverse)
        return;
    for (int b = 0; !job->hook && b < p->nb; b++)
        if (job->active[b])
            N(gather)(w->g + b, job->gflux + (size_t)b * job->n, w->id, p->unit[b]);
    V gF = N(reverse_phot)(p, w, job), gM = gF, x = {0};
    if (job->burst)
        N(reverse_burst)(p, w);
    if (job->quench)
        N(reverse_quench)(p, w, job);
    if (job->error)
        gM += w->gerr;
    if (job->gmass) {
        N(gather)(&x, job->gmass, w->id, 1);
        gM += x * w->mobs;
    }
    if (job->bymass) {
        N(gather)(&x, job->bymass, w->id, 1);
        gM += x * w->gx;
    }
    if (g->lgmet)
        N(scatter)(g->lgmet, w->gx, w->id, n, 1);
    if (g->young)
        N(scatter)(g->young, w->gxy, w->id, n, 1);
    if (g->scatter)
        N(scatter)(g->scatter, w->gsg, w->id, n, 1);
    if (g->z)
        N(scatter)(g->z, w->axis[0].g, w->id, n, 1);
    for (int i = 1; g->axis && i < POP_AXES; i++)
        if (p->n[i] > 1)
            N(scatter)(g->axis + (size_t)(i - 1) * job->n, w->axis[i].g, w->id, n, 1);
    if (g->quench)
        N(scatter)(g->quench, w->gcut, w->id, n, 1);
    for (int k = 0; g->node && k < GAL_SSP_ERROR_NODES; k++)
        N(scatter)(g->node + (size_t)k * job->n, w->gn[k], w->id, n, 1);
    for (int i = 0; g->burst && i < 3; i++)
        N(scatter)(g->burst + (size_t)i * job->n, w->gbu[i], w->id, n, 1);
    for (int i = 0; g->dust && i < GAL_POP_DUST_N; i++)
        N(scatter)(g->dust + (size_t)i * job->n, w->gdu[i], w->id, n, 1);
    if (g->sfr || g->par || g->tobs)
        N(store_history)(p, w, job, gF, gM, n);
}

static void N(run)(const pop_plan *p, const pop_job *job, int piece, size_t i0, size_t i1, void *scratch)
{
    N(work) *w = scratch;
    N(carve)(p, job, scratch);
    N(order)(p, job, i0, i1, w->order);
    int count = (int)(i1 - i0);
    w->K = p->K;
    w->z = N(set1)((R)p->z);
    for (int i = 0; i < count; i += L) {
        int n = count - i < L ? count - i : L;
        for (int j = 0; j < L; j++) /* the last block is filled up with its last galaxy */
            w->id[j] = w->order[i + (j < n ? j : n - 1)];
        w->nnext = 0;
        for (int j = i + L; job->sfr && j < i + 2 * L && j < count; j++)
            w->next[w->nnext++] = job->sfr + (size_t)w->order[j] * (size_t)p->nt;
        if (p->own)
            N(span)(p, w, job);
        if (job->sfr)
            N(load_table)(p, w, job->sfr);
        else
            N(diffstar)(p, w, job);
        if (p->own)
            N(own_ages)(p, w);
        else
            N(ages)(p, w);
        if (!job->lgmet) { /* masses alone */
            N(scatter)(job->mass, w->mobs, w->id, n, 1);
            continue;
        }
        if (job->quench)
            N(quench)(p, w, job);
        if (job->burst)
            N(burst)(p, w, job);
        N(metallicity)(p, w, job);
        if (job->sed) {
            N(keep_columns)(p, w, job, i / L);
            continue;
        }
        N(rows)(p, w, job);
        if (job->dust)
            N(screens)(p, w, job);
        if (job->dust && !job->aged)
            N(transmit)(p, w);
        if (job->aged || job->young)
            N(aged_photometry)(p, w, job);
        else
            N(photometry)(p, w, job);
        if (job->dust && !job->aged)
            N(dim_bands)(p, w);
        if (job->error)
            N(errors)(p, w, job);
        N(store)(p, w, job, piece, n);
    }
    if (job->sed)
        N(spectra)(p, w, job, count);
    if (job->g.sfr)
        FENCE();
}
#undef DIM
#undef N
#undef V
#undef VI
#undef VU
#undef L
