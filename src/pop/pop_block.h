/* One block of the population kernel for one precision (no include guard: pop_kern.c includes it once for each). */

/* scratch of one thread: [row] of V */
typedef struct N(work) {
    V *s, *m, *dm, *tg, *gs; /* [nt] rates, masses, masses by interval; adjoints */
    V *X, *s1, *s2, *y;      /* [nt] Diffstar, kept for the reverse */
    V *Lk;                   /* [nseg] ln of the growth in a segment */
    V *q, *col, *gcol;       /* [na + POP_PAD] */
    V *p, *F, *fx, *g, *cf;  /* [nz], [ng nz POP_NB], [ng POP_NB] twice, [ng nz POP_NB] */
    const R **row;           /* [ng nz POP_NB] */
    V par[POP_NPAR], gp[POP_NPAR];
    V S, mobs, mK, scale, x, sg, Dp, sp, Xp, gx, gsg;
    int z0, z1, id[L], order[POP_CHUNK];
    const double *next[L]; /* rows of the next block, nnext of them */
    int nnext;
} N(work);

static size_t N(carve)(const pop_plan *p, char *base)
{
    N(work) *w = (N(work) *)(void *)base;
    size_t used = (sizeof *w + 63) & ~(size_t)63, nt = (size_t)p->nt, na = (size_t)p->na + 1 + POP_PAD;
    size_t nz = (size_t)p->nz, bands = (size_t)p->ng * POP_NB, rows = bands * nz;
#define TAKE(field, n)                                                                                                 \
    do {                                                                                                               \
        if (base)                                                                                                      \
            w->field = (void *)(base + used);                                                                          \
        used += ((n) * sizeof(*w->field) + 63) & ~(size_t)63;                                                          \
    } while (0)
    // cppcheck-suppress nullPointer ; base NULL: sizes alone are looked at
    TAKE(s, nt);
    TAKE(m, nt);
    TAKE(dm, nt);
    TAKE(tg, nt);
    TAKE(gs, nt);
    TAKE(X, nt);
    TAKE(s1, nt);
    TAKE(s2, nt);
    TAKE(y, nt);
    TAKE(Lk, (size_t)p->nseg);
    TAKE(q, na);
    TAKE(col, na);
    TAKE(gcol, na);
    TAKE(p, nz);
    TAKE(F, rows);
    TAKE(fx, bands);
    TAKE(g, bands);
    TAKE(cf, rows);
    TAKE(row, rows);
#undef TAKE
    return used;
}

static size_t N(bytes)(const pop_plan *p)
{
    return N(carve)(p, NULL);
}

INL void N(gather)(V *o, const double *x, const int *id, double unit)
{
    for (int j = 0; j < L; j++)
        ((R *)o)[j] = (R)(unit * x[id[j]]);
}

/* lane j of the result is lane m[j] of a and b, one after the other */
INL V N(pick)(V a, V b, VI m)
{
#ifdef __clang__ /* has no __builtin_shuffle; its optimiser makes one of this */
    V r = a;
    for (int j = 0; j < L; j++)
        r[j] = m[j] < L ? a[m[j]] : b[m[j] - L];
    return r;
#else
    return __builtin_shuffle(a, b, m);
#endif
}

/* L x L transpose in registers: log2 L rounds of two-source permutes. h is a literal at every call, so that the masks fold to constants. */
INL void N(swap)(V *r, const int h)
{
    VI lane = {0}, up, m0, m1;
    for (int j = 0; j < L; j++)
        lane[j] = j;
    up = (lane & (IT)h) != 0;
    m0 = lane + (up & (IT)(L - h));
    m1 = lane + (IT)h + (up & (IT)(L - h));
    for (int i = 0; i < L; i++)
        if (!(i & h)) {
            V a = r[i], b = r[i + h];
            r[i] = N(pick)(a, b, m0);
            r[i + h] = N(pick)(a, b, m1);
        }
}

/* rows of the user's table -> lanes; the last nodes one by one, so that nothing beyond a row is read */
static void N(load_table)(const pop_plan *p, N(work) * w, const double *sfr)
{
    typedef double wide __attribute__((vector_size(L * sizeof(double)), aligned(8), may_alias));
    const double *row[L];
    int k = 0;
    for (int j = 0; j < L; j++)
        row[j] = sfr + (size_t)w->id[j] * (size_t)p->nt;
    for (; k + L <= p->nt && k <= p->K; k += L) {
        V r[L];
        for (int j = 0; j < L; j++)
            r[j] = __builtin_convertvector(*(const wide *)(row[j] + k), V);
        N(swap)(r, 1);
        if (L > 2)
            N(swap)(r, 2);
        if (L > 4)
            N(swap)(r, 4);
        if (L > 8)
            N(swap)(r, 8);
        for (int j = 0; j < L && k + j <= p->K; j++)
            w->s[k + j] = r[j];
    }
    for (; k <= p->K; k++)
        for (int j = 0; j < L; j++)
            ((R *)(w->s + k))[j] = (R)row[j][k];
}

/* Diffmah and Diffstar at the nodes 0 .. K: two exponentials and two divisions a node. The first sigmoid needs none of its own:
 * exp(-3.5 (lt - logtc)) = ck exp(3.5 logtc); 10^X 10^eff 10^Q is one. */
INL void N(diffstar_)(const pop_plan *p, N(work) * w, const pop_job *job, const bool keep)
{
    const struct TABLES *T = TAB(p);
    for (int i = 0; i < POP_NPAR; i++)
        N(gather)(w->par + i, job->par + (size_t)i * job->n, w->id, 1);
    V m0 = w->par[0], tc = w->par[1], ea = w->par[2], la = w->par[3], tp = w->par[4], mc = w->par[5], ly = w->par[6];
    V lo = w->par[7], hi = w->par[8], qt = w->par[9], qd = w->par[10], dr = w->par[11], re = w->par[12];
    V A1 = N(vexp)((R)3.5 * tc), lp = N(vlog)(tp) * (R)(1 / LN10), ih = 12 * N(vexp)(qd * (R)(-LN10));
    V sp = 1 / (1 + N(vexp)((R)-3.5 * lp) * A1), Dp = lp - T->lt0, Xp = (ea + (la - ea) * sp) * Dp + m0;
    w->sp = sp, w->Dp = Dp;
    for (int k = 0; k <= p->K; k++) {
        V s1 = 1 / (1 + T->ck[k] * A1);
        V X = N(sel)((VI)(T->t[k] < tp), (ea + (la - ea) * s1) * (T->lt[k] - T->lt0) + m0, Xp), dx = X - mc;
        V s2 = 1 / (1 + N(vexp)((R)-9 * dx)), y = (T->lt[k] - qt) * ih;
        VI neg = (VI)(y < 0);
        V F = N(twF)(N(clip3)(y + N(sel)(neg, N(set1)(3), N(set1)(-3)))), Q = N(sel)(neg, dr * F, dr - (dr - re) * F);
        w->s[k] = N(vexp)((R)LN10 * (X + ly + (lo + (hi - lo) * s2) * dx + Q + T->lfb));
        if (keep)
            w->X[k] = X, w->s1[k] = s1, w->s2[k] = s2, w->y[k] = y;
    }
}

static void N(diffstar)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    if (job->gflux)
        N(diffstar_)(p, w, job, true);
    else
        N(diffstar_)(p, w, job, false);
}

/* rates -> columns of the contraction, S = D_n - D_0, M_obs */
static void N(ages)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    const R least = (R)1e-14;
    const int K = p->K;
    V pr = N(set1)(least), m = {0};
    for (int k = 0; k <= K; k++) {
        V s = N(vmax)(w->s[k], N(set1)(least)), d = T->hdt[k] * (s + pr);
        w->dm[k] = d;
        w->m[k] = m = m + d;
        pr = s;
    }
    V a = w->m[K - 1], l = (1 - T->vobs) * N(vlogr)(a, w->dm[K]), h = a * N(vexpm1)(l); /* the history ends at t_obs */
    w->mK = w->m[K];
    w->dm[K] = h;
    w->mobs = w->m[K] = a + h;
    w->Lk[0] = l;
    for (int g = p->seg[0].k == K; g < p->nseg; g++)
        if (p->seg[g].k > 0)
            w->Lk[g] = N(vlogr)(w->m[p->seg[g].k - 1], w->dm[p->seg[g].k]);
    V base = {0}, last = {0}, first = {0};
    int k = K;
    for (int g = 0; g < p->nseg; g++) {
        pop_seg sg = p->seg[g];
        while (k > sg.k)
            base += w->dm[k--];
        V mk = w->m[k], Lk = k ? w->Lk[g] : (V){0};
        for (int i = sg.i0; i < sg.i1; i++) {
            V q = k ? -N(vexpm1)(-T->v[i] * Lk) : (V){0}, D = base + mk * q;
            w->q[i] = q;
            if (i)
                w->col[i - 1] = D - last;
            else
                first = D;
            last = D;
        }
    }
    w->S = last - first;
    w->scale = w->mobs / w->S;
}

/* metallicity weights on the union of the lanes' supports; they sum to 1 as the outer edges are far away */
static void N(metallicity)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    N(gather)(&w->x, job->lgmet, w->id, 1);
    N(gather)(&w->sg, job->scatter, w->id, 1);
    R xlo = (R)1e9, xhi = (R)-1e9;
    for (int j = 0; j < L; j++) {
        R x = ((R *)&w->x)[j], s = 3 * ((R *)&w->sg)[j];
        xlo = x - s < xlo ? x - s : xlo;
        xhi = x + s > xhi ? x + s : xhi;
    }
    int a = 0, b = p->nz;
    while (a < p->nz - 1 && T->ze[a + 1] <= xlo)
        a++;
    while (b > a + 1 && T->ze[b - 1] >= xhi)
        b--;
    w->z0 = a, w->z1 = b;
    V is = 1 / w->sg, Fl = N(set1)(1);
    for (int z = a; z < b; z++) {
        V Fh = N(set1)(0);
        if (z + 1 < b)
            Fh = N(twF)(N(clip3)((w->x - T->ze[z + 1]) * is));
        w->p[z] = Fl - Fh;
        Fl = Fh;
    }
}

/* The rows of a block lie scattered over its chunk: the next block's are asked for early, spread over the contraction, so that the queue of
 * misses never fills. */
INL void N(prefetch)(const pop_plan *p, const N(work) * w, int a, int b)
{
    for (int j = a; j < b && j < w->nnext; j++)
        for (int k = 0; k <= p->K; k += 8)
            __builtin_prefetch(w->next[j] + k);
}

static void N(photometry)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    for (int q = 0; q < p->ng; q++) {
        V fx[POP_NB] = {0};
        for (int z = w->z0; z < w->z1; z++) {
            const R *P = T->P + (size_t)(q * p->nz + z) * (size_t)p->na * POP_NB;
            if (q == 0)
                N(prefetch)(p, w, (z - w->z0) * (L / 4 + 1), (z - w->z0 + 1) * (L / 4 + 1));
            V a[POP_NB] = {0};
            for (int c = 0; c < p->na; c++) {
                V x = w->col[c];
                for (int b = 0; b < POP_NB; b++)
                    a[b] += x * P[c * POP_NB + b];
            }
            for (int b = 0; b < POP_NB; b++) {
                w->F[(q * p->nz + z) * POP_NB + b] = a[b];
                fx[b] += w->p[z] * a[b];
            }
        }
        for (int b = 0; b < POP_NB; b++)
            w->fx[q * POP_NB + b] = fx[b] * w->scale;
    }
}

/* adjoints of the fluxes g (times scale) -> adjoints of metallicity, scatter, and of the columns; returns sum g flux */
static V N(reverse_phot)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    const size_t stride = (size_t)p->na + POP_PAD;
    V gM = {0}, left = {0}, is = 1 / w->sg;
    int nr = 0;
    w->gx = w->gsg = (V){0};
    for (int b = 0; b < p->nb; b++)
        if (job->active[b]) {
            N(gather)(w->g + b, job->gflux + (size_t)b * job->n, w->id, p->unit[b]);
            gM += w->g[b] * w->fx[b];
            w->g[b] *= w->scale;
        }
    for (int z = w->z0; z < w->z1; z++) {
        V gp = {0};
        for (int b = 0; b < p->nb; b++) {
            if (!job->active[b])
                continue;
            int at = (b / POP_NB * p->nz + z) * POP_NB + b % POP_NB;
            gp += w->g[b] * w->F[at];
            w->cf[nr] = w->g[b] * w->p[z];
            w->row[nr++] = T->Pt + (size_t)at * stride;
        }
        if (z > w->z0) { /* p_z = F_l - F_h: chain edge by edge */
            V ze = (w->x - T->ze[z]) * is, f = N(twf)(N(clip3)(ze)) * (gp - left) * is;
            w->gx += f;
            w->gsg -= f * ze;
        }
        left = gp;
    }
    for (int c = 0; c < p->na; c += 6) { /* six columns a pass; rows are padded */
        V a[6] = {0};
        for (int r = 0; r < nr; r++) {
            V x = w->cf[r];
            const R *q = w->row[r] + c;
            for (int u = 0; u < 6; u++)
                a[u] += x * q[u];
        }
        for (int u = 0; u < 6; u++)
            w->gcol[c + u] = a[u];
    }
    return gM;
}

/* adjoints of the columns and of M_obs (gM = adjoint times M_obs) -> adjoints of the rates gs[0 .. K] */
static void N(reverse_ages)(const pop_plan *p, N(work) * w, V gM)
{
    const struct TABLES *T = TAB(p);
    const int K = p->K;
    V *gs = w->gs, *tg = w->tg, gS = gM / w->S, mobs = w->m[K];
    for (int k = 0; k <= K; k++)
        gs[k] = tg[k] = (V){0};
    gs[K] = gM / mobs;
    for (int g = 0; g < p->nseg; g++) {
        pop_seg sg = p->seg[g];
        int k = sg.k;
        V a1 = {0}, a2 = {0}, a3 = {0};
        for (int i = sg.i0; i < sg.i1; i++) {
            V gD = (i ? w->gcol[i - 1] : gS) - (i < p->na ? w->gcol[i] : gS);
            V q = w->q[i], E = (1 - q) * T->v[i];
            a1 += gD * (q + E);
            a2 -= gD * E;
            a3 += gD;
        }
        tg[k] += a3;
        if (k) {
            gs[k] += a1;
            gs[k - 1] += a2 * w->m[k] / w->m[k - 1];
        }
    }
    /* dm_j holds the D of all older edges (running sum T over later nodes) and the masses m_k, k >= j (running sum G) */
    V sum = {0}, G = {0}, next = {0};
    for (int k = 0; k <= K; k++) {
        V t = tg[k];
        tg[k] = sum;
        sum += t;
    }
    V gO = (gs[K] + tg[K]) * mobs; /* M_obs = m_{K-1}^v m_K^(1-v) */
    gs[K - 1] += gO * T->vobs / w->m[K - 1] - tg[K];
    gs[K] = gO * (1 - T->vobs) / w->mK;
    tg[K] = (V){0};
    for (int k = K; k >= 0; k--) {
        G += gs[k];
        V h = T->hdt[k] * (G + tg[k]);
        gs[k] = N(sel)((VI)(w->s[k] < (R)1e-14), (V){0}, h + next);
        next = h;
    }
}

/* adjoints of the rates -> of the 13 parameters, by the logarithmic derivatives of Diffmah and Diffstar */
static void N(reverse_diffstar)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    V ea = w->par[2], la = w->par[3], tp = w->par[4], mc = w->par[5], lo = w->par[7], hi = w->par[8];
    V dr = w->par[11], re = w->par[12], ih = 12 * N(vexp)(w->par[10] * (R)(-LN10)), o[POP_NPAR] = {0}, fz = {0};
    for (int k = 0; k <= p->K; k++) {
        V c = w->gs[k] * w->s[k] * (R)LN10, s1 = w->s1[k], s2 = w->s2[k], y = w->y[k], dx = w->X[k] - mc;
        V sl = lo + (hi - lo) * s2, G1 = sl + 9 * (hi - lo) * s2 * (1 - s2) * dx, cX = c * (1 + G1),
          D = N(set1)(T->lt[k] - T->lt0);
        VI neg = (VI)(y < 0), live = (VI)(T->t[k] < tp);
        o[6] += c;
        o[5] -= c * G1;
        o[7] += c * (1 - s2) * dx;
        o[8] += c * s2 * dx;
        o[0] += cX;
        fz += N(sel)(live, (V){0}, cX);
        cX = N(sel)(live, cX, (V){0});
        o[2] += cX * (1 - s1) * D;
        o[3] += cX * s1 * D;
        o[1] += cX * s1 * (1 - s1) * D;
        V z = N(clip3)(y + N(sel)(neg, N(set1)(3), N(set1)(-3))), F = N(twF)(z),
          h = c * N(sel)(neg, dr, re - dr) * N(twf)(z);
        o[11] += c * N(sel)(neg, F, 1 - F);
        o[12] += N(sel)(neg, (V){0}, c * F);
        o[9] -= h * ih;
        o[10] -= h * y * (R)LN10;
    }
    V s = w->sp, D = w->Dp, step = la - ea; /* nodes frozen at t_peak */
    o[2] += fz * (1 - s) * D;
    o[3] += fz * s * D;
    o[1] += fz * s * (1 - s) * D;
    o[1] *= (R)-3.5 * step;
    o[4] = fz * (ea + step * s + (R)3.5 * step * s * (1 - s) * D) / (tp * (R)LN10);
    for (int i = 0; i < POP_NPAR; i++)
        w->gp[i] = o[i];
}

INL void N(scatter)(double *o, V x, const int *id, int n, double unit)
{
    for (int j = 0; j < n; j++)
        o[id[j]] = unit * (double)x[j];
}

/* order of galaxies i0 .. i1 - 1 by metallicity: counting sort into 64 cells */
static void N(order)(const double *lgmet, size_t i0, size_t i1, int *order)
{
    int n = (int)(i1 - i0), c[65] = {0};
    unsigned char key[POP_CHUNK];
    double lo = lgmet[i0], hi = lo;
    for (size_t i = i0; i < i1; i++) {
        lo = lgmet[i] < lo ? lgmet[i] : lo;
        hi = lgmet[i] > hi ? lgmet[i] : hi;
    }
    double f = hi > lo ? 63.99 / (hi - lo) : 0;
    for (int i = 0; i < n; i++)
        c[(key[i] = (unsigned char)((lgmet[i0 + (size_t)i] - lo) * f)) + 1]++;
    for (int j = 0; j < 64; j++)
        c[j + 1] += c[j];
    for (int i = 0; i < n; i++)
        order[c[key[i]]++] = (int)i0 + i;
}

static void N(store)(const pop_plan *p, N(work) * w, const pop_job *job, int n)
{
    if (job->flux)
        for (int b = 0; b < p->nb; b++)
            N(scatter)(job->flux + (size_t)b * job->n, w->fx[b], w->id, n, p->unit[b]);
    if (job->mass)
        N(scatter)(job->mass, w->mobs, w->id, n, 1);
    if (!job->gflux)
        return;
    V gM = N(reverse_phot)(p, w, job);
    if (job->glgmet)
        N(scatter)(job->glgmet, w->gx, w->id, n, 1);
    if (job->gscatter)
        N(scatter)(job->gscatter, w->gsg, w->id, n, 1);
    if (!job->gsfr && !job->gpar)
        return;
    N(reverse_ages)(p, w, gM);
    if (job->gsfr)
        for (int j = 0; j < n; j++) {
            double *o = job->gsfr + (size_t)w->id[j] * (size_t)p->nt;
            for (int k = 0; k < p->nt; k++)
                o[k] = k <= p->K ? (double)((R *)(w->gs + k))[j] : 0;
        }
    if (job->gpar) {
        N(reverse_diffstar)(p, w);
        for (int i = 0; i < POP_NPAR; i++)
            N(scatter)(job->gpar + (size_t)i * job->n, w->gp[i], w->id, n, 1);
    }
}

static void N(run)(const pop_plan *p, const pop_job *job, size_t i0, size_t i1, void *scratch)
{
    N(work) *w = scratch;
    N(carve)(p, scratch);
    N(order)(job->lgmet, i0, i1, w->order);
    int count = (int)(i1 - i0);
    for (int i = 0; i < count; i += L) {
        int n = count - i < L ? count - i : L;
        for (int j = 0; j < L; j++) /* the last block is filled up with its last galaxy */
            w->id[j] = w->order[i + (j < n ? j : n - 1)];
        w->nnext = 0;
        for (int j = i + L; job->sfr && j < i + 2 * L && j < count; j++)
            w->next[w->nnext++] = job->sfr + (size_t)w->order[j] * (size_t)p->nt;
        if (job->sfr)
            N(load_table)(p, w, job->sfr);
        else
            N(diffstar)(p, w, job);
        N(ages)(p, w);
        N(metallicity)(p, w, job);
        N(photometry)(p, w);
        N(store)(p, w, job, n);
    }
}
#undef N
#undef V
#undef VI
#undef VU
#undef L
