/* One block of the population kernel for one precision (no include guard: pop_kern.c includes it once for each). */

/* one band of the dust: curve and bump at the lanes' wavelengths x, slopes by x, ln(x/0.55), and what follows for the lanes */
typedef struct N(screen) {
    V base, basex, drude, drudex, lnx, ix;
    V T, F, bare; /* transmission of one screen, of what meets dust; flux before it */
    V gk;         /* adjoint by the wavelength */
} N(screen);

/* one band of the error model: factor, its slope by redshift, shares of its nodes, flux before it */
typedef struct N(factor) {
    V E, byz, bare, W[GAL_SSP_ERROR_NODES];
} N(factor);

/* the nodes of an axis that the lanes reach, first .. first + n - 1: shares h, their slopes dh by the value x; adjoint of x */
typedef struct N(reach) {
    int first, n;
    V *h, *dh, x, g;
} N(reach);

/* scratch of one thread: [row] of V */
typedef struct N(work) {
    V *s, *m, *dm, *tg, *gs;           /* [nt] rates, masses, masses by interval; adjoints */
    V *X, *s1, *s2, *y;                /* [nt] Diffstar, kept for the reverse */
    V *base, *lam, *mt, *dt, *gl, *ga; /* [nt] own t_obs: pop_own.h */
    unsigned char *have;               /* [nt] */
    V *Lk;                             /* [nseg] ln of the growth in a segment */
    V *q, *ln, *col, *gcol;            /* [na + 1 + POP_PAD] */
    V *p, *gz;                         /* [nz] metallicity weights, adjoints */
    V *pr, *F, *fx, *g, *cf;           /* [rows], [ng rows POP_NB], [ng POP_NB] twice, [ng rows POP_NB] */
    V *Tab, *cab;                      /* [na][ng POP_NB] dust by age: transmission of what meets dust, flux per mass */
    V *hb;                             /* [blocks] product of the shares of the axes */
    V *smooth, *bg;                    /* [na] mass by age without the burst; the burst's kernel */
    int *at;                           /* [rows] cells of a row */
    N(screen) * dust;                  /* [ng POP_NB] */
    N(factor) * err;                   /* [ng POP_NB] */
    V *young;                          /* [na] rapid quenching: share of the stars of an age that is left */
    const R **row;                     /* [ng rows POP_NB] */
    double *mag, *gmag;                /* [nb][POP_LANES] */
    double *rows;                      /* [L][nt + POP_LANES] adjoints of the rates as they are stored */
    V *A, *pz, *C, *band;              /* spectra of a chunk: pop_sed.h */
    int *zr;
    V par[POP_NPAR], gp[POP_NPAR], du[GAL_POP_DUST_N], gdu[GAL_POP_DUST_N], bu[3], gbu[3];
    V eF[GAL_SSP_ERROR_NODES], em[GAL_SSP_ERROR_NODES], ez[GAL_SSP_ERROR_NODES], gn[GAL_SSP_ERROR_NODES], gerr;
    V left, gcut; /* rapid quenching: what is left of the mass by age; adjoint of the age */
    N(reach) axis[POP_AXES];
    V S, mobs, mK, scale, x, xy, gxy, sg, Dp, sp, Xp, gx, gsg, z, to, lobs, gto, burst;
    int K, Kl, nr, z0, z1, id[L], order[POP_CHUNK];
    R tlo, thi;
    const double *next[L]; /* rows of the next block, nnext of them */
    int nnext;
} N(work);

static size_t N(carve)(const pop_plan *p, const pop_job *job, char *base)
{
    N(work) *w = (N(work) *)(void *)base;
    size_t used = (sizeof *w + 63) & ~(size_t)63, nt = (size_t)p->nt, na = (size_t)p->na + 1 + POP_PAD;
    size_t nz = (size_t)p->nz, bands = (size_t)p->ng * POP_NB, rows = (size_t)p->blocks * nz;
    size_t own = p->own ? nt : 0, aged = job->aged || job->young ? na * bands : 0,
           mags = job->hook ? (size_t)p->nb * POP_LANES : 0;
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
    TAKE(base, own);
    TAKE(lam, own);
    TAKE(mt, own);
    TAKE(dt, own);
    TAKE(gl, own);
    TAKE(ga, own);
    TAKE(have, own);
    TAKE(Lk, (size_t)p->nseg);
    TAKE(q, na);
    TAKE(ln, p->own ? na : 0);
    TAKE(col, na);
    TAKE(gcol, na);
    TAKE(p, nz);
    TAKE(gz, nz);
    TAKE(pr, rows);
    TAKE(F, rows * bands);
    TAKE(fx, bands);
    TAKE(g, bands);
    TAKE(cf, rows * bands);
    TAKE(Tab, aged);
    TAKE(cab, aged);
    TAKE(hb, (size_t)p->blocks);
    TAKE(smooth, job->burst ? na : 0);
    TAKE(bg, job->burst ? na : 0);
    for (int i = 0; i < POP_AXES; i++) {
        TAKE(axis[i].h, (size_t)p->n[i]);
        TAKE(axis[i].dh, (size_t)p->n[i]);
    }
    TAKE(at, rows);
    TAKE(dust, job->dust ? bands : 0);
    TAKE(err, job->error ? bands : 0);
    TAKE(young, job->quench ? na : 0);
    TAKE(row, rows * bands + POP_PAD);
    TAKE(mag, mags);
    TAKE(gmag, mags);
    TAKE(rows, job->g.sfr ? (size_t)L * (nt + POP_LANES) : 0);
    const size_t blocks = job->sed ? (POP_CHUNK + L - 1) / L : 0;
    TAKE(A, blocks * (size_t)p->na);
    TAKE(pz, blocks * nz);
    TAKE(C, job->sed ? POP_CHUNK * POP_WIDE : 0);
    TAKE(band, job->sed ? POP_CHUNK * (job->sed->nb + 1) : 0);
    TAKE(zr, 2 * blocks);
#undef TAKE
    return used;
}

static size_t N(bytes)(const pop_plan *p, const pop_job *job)
{
    return N(carve)(p, job, NULL);
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

/* r[L], rows of a square, -> its columns */
INL void N(turn)(V *r)
{
    N(swap)(r, 1);
    if (L > 2)
        N(swap)(r, 2);
    if (L > 4)
        N(swap)(r, 4);
    if (L > 8)
        N(swap)(r, 8);
}

/* rows of the user's table -> lanes; the last nodes one by one, so that nothing beyond a row is read */
static void N(load_table)(const pop_plan *p, N(work) * w, const double *sfr)
{
    typedef double wide __attribute__((vector_size(L * sizeof(double)), aligned(8), may_alias));
    const double *row[L];
    int k = 0;
    for (int j = 0; j < L; j++)
        row[j] = sfr + (size_t)w->id[j] * (size_t)p->nt;
    for (; k + L <= p->nt && k <= w->K; k += L) {
        V r[L];
        for (int j = 0; j < L; j++)
            r[j] = __builtin_convertvector(*(const wide *)(row[j] + k), V);
        N(turn)(r);
        for (int j = 0; j < L && k + j <= w->K; j++)
            w->s[k + j] = r[j];
    }
    for (; k <= w->K; k++)
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
    for (int k = 0; k <= w->K; k++) {
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
    if (job->reverse)
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

/* adjoints of the columns, sum gF of flux times its adjoint, which S divides, and of M_obs (gM = adjoint times M_obs) -> of the rates gs[0 .. K] */
static void N(reverse_ages)(const pop_plan *p, N(work) * w, V gF, V gM)
{
    const struct TABLES *T = TAB(p);
    const int K = p->K;
    V *gs = w->gs, *tg = w->tg, gS = gF / w->S, mobs = w->m[K];
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
    for (int k = 0; k <= w->K; k++) {
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
