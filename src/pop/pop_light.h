/* From columns of age to fluxes and back, for one precision (no include guard: pop_kern.c includes it once for each). A row is the cells of one
 * metallicity, redshift and place on the other axes of the table: weight pr of the lanes, place at. */

/* weights of the rows z0 .. z1 - 1 about x: they sum to 1, as the outer edges are far away */
INL void N(met_weights)(const pop_plan *p, N(work) * w, V x)
{
    const struct TABLES *T = TAB(p);
    V is = 1 / w->sg, Fl = N(set1)(1);
    for (int z = w->z0; z < w->z1; z++) {
        V Fh = N(set1)(0);
        if (z + 1 < w->z1)
            Fh = N(twF)(N(clip3)((x - T->ze[z + 1]) * is));
        w->p[z] = Fl - Fh;
        Fl = Fh;
    }
}

/* metallicity weights on the union of the lanes' supports, of young stars, too */
static void N(metallicity)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    N(gather)(&w->x, job->lgmet, w->id, 1);
    N(gather)(&w->sg, job->scatter, w->id, 1);
    w->xy = w->x;
    if (job->young)
        N(gather)(&w->xy, job->young, w->id, 1);
    R xlo = (R)1e9, xhi = (R)-1e9;
    for (int j = 0; j < L; j++) {
        R x = ((R *)&w->x)[j], y = ((R *)&w->xy)[j], s = 3 * ((R *)&w->sg)[j];
        xlo = (x < y ? x : y) - s < xlo ? (x < y ? x : y) - s : xlo;
        xhi = (x > y ? x : y) + s > xhi ? (x > y ? x : y) + s : xhi;
    }
    int a = 0, b = p->nz;
    while (a < p->nz - 1 && T->ze[a + 1] <= xlo)
        a++;
    while (b > a + 1 && T->ze[b - 1] >= xhi)
        b--;
    w->z0 = a, w->z1 = b;
    N(met_weights)(p, w, w->x);
}

/* The rows of a block lie scattered over its chunk: the next block's are asked for early, spread over the contraction, so that the queue of
 * misses never fills. */
INL void N(prefetch)(const N(work) * w, int a, int b)
{
    for (int j = a; j < b && j < w->nnext; j++)
        for (int k = 0; k <= w->K; k += 8)
            __builtin_prefetch(w->next[j] + k);
}

/* linear between nodes, which hold all values; slopes from the right at a node */
static void N(hats)(const R *node, const R *inv, int n, N(reach) * a)
{
    R lo = ((R *)&a->x)[0], hi = lo;
    for (int j = 1; j < L; j++) {
        R x = ((R *)&a->x)[j];
        lo = x < lo ? x : lo;
        hi = x > hi ? x : hi;
    }
    a->first = 0;
    while (a->first < n - 2 && node[a->first + 1] <= lo)
        a->first++;
    for (a->n = 2; a->first + a->n < n && node[a->first + a->n - 1] <= hi;)
        a->n++;
    for (int i = 0; i < a->n; i++) {
        int j = a->first + i;
        V up = j > 0 ? (a->x - node[j - 1]) * inv[j] : N(set1)(2);
        V down = j < n - 1 ? (node[j + 1] - a->x) * inv[j + 1] : N(set1)(2);
        const bool last = j == n - 1;
        VI rises = last ? (VI)(up == up) : (VI)(a->x < node[j]);
        V x = N(sel)(rises, up, down);
        VI in = j == n - 2 ? (VI)(x >= 0) : (VI)(x > 0) | (rises & (VI)(x >= 0));
        V slope = N(sel)(rises, N(set1)(j > 0 ? inv[j] : 0), N(set1)(last ? 0 : -inv[j + 1]));
        a->h[i] = N(sel)(in, x, (V){0});
        a->dh[i] = N(sel)(in, slope, (V){0});
    }
}

/* shares of a triweight distribution in cells with lower edges, the outer cells without end */
static void N(shares)(const R *edge, R inv, int n, N(reach) * a)
{
    V F = N(set1)(1), f = {0};
    a->first = 0, a->n = n;
    for (int i = 0; i < n; i++) {
        V Fh = {0}, fh = {0};
        if (i + 1 < n) {
            V z = N(clip3)((a->x - edge[i + 1]) * inv);
            Fh = N(twF)(z), fh = N(twf)(z) * inv;
        }
        a->h[i] = F - Fh;
        a->dh[i] = f - fh;
        F = Fh, f = fh;
    }
}

/* what the lanes reach of every axis; the rows and their weights */
static void N(rows)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    N(reach) *a = w->axis;
    a[0].x = w->z;
    for (int i = 0; i < POP_AXES; i++) {
        a[i].first = 0, a[i].n = 1;
        a[i].h[0] = N(set1)(1), a[i].dh[0] = a[i].g = (V){0};
        if (i && p->n[i] > 1)
            N(gather)(&a[i].x, job->axis + (size_t)(i - 1) * job->n, w->id, 1);
        if (p->n[i] > 1 && p->soft[i])
            N(shares)(T->axis[i].x, T->axis[i].ix[0], p->n[i], a + i);
        else if (p->n[i] > 1)
            N(hats)(T->axis[i].x, T->axis[i].ix, p->n[i], a + i);
    }
    w->nr = 0;
    for (int i = 0; i < a[0].n; i++)
        for (int j = 0; j < a[1].n; j++)
            for (int k = 0; k < a[2].n; k++) {
                V h = a[0].h[i] * a[1].h[j] * a[2].h[k];
                w->hb[w->nr / (w->z1 - w->z0)] = h;
                int block = ((a[0].first + i) * p->n[1] + a[1].first + j) * p->n[2] + a[2].first + k;
                for (int z = w->z0; z < w->z1; z++) {
                    w->pr[w->nr] = h * w->p[z];
                    w->at[w->nr++] = block * p->ng * p->nz + z;
                }
            }
}

/* ------------------------------------------------------------------ dust */
/* curve without slope and bump at x micron, and its slope */
INL void N(law)(const pop_plan *p, V x, V *k, V *kx)
{
    V y = 1 / x;
    if (p->curve == GAL_DUST_TRIWEIGHT) {
        V lx = N(vlog)(x) * (R)(1 / LN10), z = N(clip3)((lx - (R).5) * 2), s = (R)-.65 - (R)1.3 * N(twF)(z);
        V ds = (R)-2.6 * N(twf)(z);
        *k = N(vexp)((R)LN10 * ((R)1.15 + s * (lx + 1)));
        *kx = *k * (s + ds * (lx + 1)) * y;
        return;
    }
    V red = (R)2.659 * ((R)-1.857 + (R)1.040 * y) + (R)4.05, redx = (R)(-2.659 * 1.040) * y * y;
    V blue = (R)2.659 * ((R)-2.156 + y * ((R)1.509 + y * ((R)-.198 + y * (R).011))) + (R)4.05;
    V bluex = (R)-2.659 * ((R)1.509 - (R).396 * y + (R).033 * y * y) * y * y;
    V far = (R)5.472 + y * ((R).671 + y * ((R)-9.218e-3 + y * (R)2.620e-3));
    V farx = -((R).671 + y * ((R)-.018436 + y * (R).00786)) * y * y;
    VI near = (VI)(x < (R).63), uv = p->curve == GAL_DUST_LEITHERER02  ? (VI)(x < 1e9f)
                                     : p->curve == GAL_DUST_CALZETTI00 ? (VI)(x < 0)
                                                                       : (VI)(x <= (R).15);
    *k = N(sel)(uv, far, N(sel)(near, blue, red));
    *kx = N(sel)(uv, farx, N(sel)(near, bluex, redx));
}

static void N(screens)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    const R x0 = (R).2175, g = (R).035;
    for (int i = 0; i < (job->aged ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); i++)
        N(gather)(w->du + i, job->dust + (size_t)i * job->n, w->id, 1);
    for (int b = 0; b < p->nb; b++) {
        N(screen) *d = w->dust + b;
        V x = p->rest ? N(set1)(T->wave[b]) : T->wave[b] / (1 + w->z), e = x * x - x0 * x0, u = x * x * (g * g),
          in = 1 / (e * e + u);
        N(law)(p, x, &d->base, &d->basex);
        d->drude = u * in;
        d->drudex = 2 * in * in * (x * (g * g) * (e * e + u) - u * (2 * x * e + x * (g * g)));
        d->lnx = N(vlog)(x * (R)(1 / .55));
        d->ix = 1 / x;
    }
}

/* k with slope delta, bump E; kd, ke, kx: its derivatives by both and the wavelength */
INL V N(curve)(const pop_plan *p, const N(screen) * d, V delta, V E, V *kd, V *ke, V *kx)
{
    *kd = *ke = (V){0};
    *kx = d->basex;
    V k = d->base;
    if (p->curve == GAL_DUST_SALIM18) {
        V P = N(vexp)(delta * d->lnx), a = d->base * P;
        k = a + E * d->drude;
        *kd = a * d->lnx;
        *ke = d->drude;
        *kx = d->basex * P + a * delta * d->ix + E * d->drudex;
    } else if (p->curve == GAL_DUST_NOLL09) {
        V P = N(vexp)(delta * d->lnx);
        k = (d->base + E * d->drude) * P;
        *kd = k * d->lnx;
        *ke = d->drude * P;
        *kx = (d->basex + E * d->drudex) * P + k * delta * d->ix;
    }
    VI out = (VI)(k < 0);
    *kd = N(sel)(out, (V){0}, *kd), *ke = N(sel)(out, (V){0}, *ke), *kx = N(sel)(out, (V){0}, *kx);
    return N(vmax)(k, (V){0});
}

#define DIM (R)(-0.4 * LN10 / 4.05)
/* transmission of one screen for all ages */
static void N(transmit)(const pop_plan *p, N(work) * w)
{
    V kd, ke, kx, fu = w->du[GAL_POP_FUNO];
    for (int b = 0; b < p->nb; b++) {
        V k = N(curve)(p, w->dust + b, w->du[GAL_POP_DELTA], w->du[GAL_POP_BUMP], &kd, &ke, &kx);
        w->dust[b].F = N(vexp)(DIM * w->du[GAL_POP_AV] * k);
        w->dust[b].T = fu + (1 - fu) * w->dust[b].F;
    }
}

/* Adjoint gT of a transmission, F of which has met dust -> of dust and wavelength. f: share of young of av and delta, negative: not by age */
INL void N(reverse_dust)(const pop_plan *p, N(work) * w, N(screen) * d, V av, V delta, V gT, V F, R f)
{
    V kd, ke, kx, fu = w->du[GAL_POP_FUNO], k = N(curve)(p, d, delta, w->du[GAL_POP_BUMP], &kd, &ke, &kx);
    V gA = gT * (1 - fu) * F * DIM, gav = gA * k, gk = gA * av, gde = gk * kd;
    w->gdu[GAL_POP_FUNO] += gT * (1 - F);
    w->gdu[GAL_POP_BUMP] += gk * ke;
    d->gk += gk * kx;
    if (f < 0) {
        w->gdu[GAL_POP_AV] += gav;
        w->gdu[GAL_POP_DELTA] += gde;
    } else {
        w->gdu[GAL_POP_AV] += gav * (1 - f);
        w->gdu[GAL_POP_DELTA] += gde * (1 - f);
        w->gdu[GAL_POP_AV_YOUNG] += gav * f;
        w->gdu[GAL_POP_DELTA_YOUNG] += gde * f;
    }
}

/* ------------------------------------------------------------------ fluxes */
/* the bands that a hook reads, where they are few: by the other order of the table, eight sums a pass */
static void N(few)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    enum { PASS = 8 };
    const struct TABLES *T = TAB(p);
    const size_t stride = (size_t)p->na + POP_PAD;
    const int many = w->nr * job->nactive;
    int at = 0;
    for (int b = 0; b < p->nb; b++) {
        w->fx[b] = (V){0};
        for (int r = 0; job->active[b] && r < w->nr; r++, at++)
            w->row[at] = T->Pt + ((size_t)(w->at[r] + b / POP_NB * p->nz) * POP_NB + (size_t)(b % POP_NB)) * stride;
    }
    for (int u = 0; u < PASS; u++) /* fills up the last pass */
        w->row[many + u] = w->row[0];
    for (int i = 0; i < many; i += PASS) {
        V a[PASS] = {0};
        N(prefetch)(w, i * L / many, (i + PASS) * L / many);
        for (int c = 0; c < p->na; c++)
            for (int u = 0; u < PASS; u++)
                a[u] += w->col[c] * w->row[i + u][c];
        for (int u = 0; u < PASS && i + u < many; u++)
            w->cf[i + u] = a[u];
    }
    at = 0;
    for (int b = 0; b < p->nb; b++) {
        for (int r = 0; job->active[b] && r < w->nr; r++, at++) {
            w->F[(b / POP_NB * w->nr + r) * POP_NB + b % POP_NB] = w->cf[at];
            w->fx[b] += w->pr[r] * w->cf[at];
        }
        w->fx[b] *= w->scale;
    }
}

static void N(all_bands)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    for (int q = 0; q < p->ng; q++) {
        V fx[POP_NB] = {0};
        for (int r = 0; r < w->nr; r++) {
            const R *P = T->P + (size_t)(w->at[r] + q * p->nz) * (size_t)p->na * POP_NB;
            if (q == 0)
                N(prefetch)(w, r * (L / 4 + 1), (r + 1) * (L / 4 + 1));
            V a[POP_NB] = {0};
            for (int c = 0; c < p->na; c++) {
                V x = w->col[c];
                for (int b = 0; b < POP_NB; b++)
                    a[b] += x * P[c * POP_NB + b];
            }
            for (int b = 0; b < POP_NB; b++) {
                w->F[(q * w->nr + r) * POP_NB + b] = a[b];
                fx[b] += w->pr[r] * a[b];
            }
        }
        for (int b = 0; b < POP_NB; b++)
            w->fx[q * POP_NB + b] = fx[b] * w->scale;
    }
}

static void N(photometry)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    if (job->nactive && 2 * job->nactive <= POP_NB)
        N(few)(p, w, job);
    else
        N(all_bands)(p, w);
}

/* where metallicity goes over from young to old: the weights of the rows at age c; share of young there */
INL R N(rows_at)(const pop_plan *p, N(work) * w, int c)
{
    const R f = TAB(p)->fy[c];
    const int nz = w->z1 - w->z0;
    N(met_weights)(p, w, w->x + (w->xy - w->x) * f);
    for (int r = 0; r < w->nr; r++)
        w->pr[r] = w->hb[r / nz] * w->p[w->z0 + r % nz];
    return f;
}

/* the same where dust or metallicity depends on age: metallicity and redshift first */
static void N(aged_photometry)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    const int nb = p->ng * POP_NB;
    V kd, ke, kx, fu = w->du[GAL_POP_FUNO];
    for (int b = 0; b < nb; b++)
        w->fx[b] = (V){0};
    for (int c = 0; c < p->na; c++) {
        const R f = T->fy[c];
        V av = w->du[GAL_POP_AV] + (w->du[GAL_POP_AV_YOUNG] - w->du[GAL_POP_AV]) * f;
        V de = w->du[GAL_POP_DELTA] + (w->du[GAL_POP_DELTA_YOUNG] - w->du[GAL_POP_DELTA]) * f;
        if (job->young)
            N(rows_at)(p, w, c);
        for (int q = 0; q < p->ng; q++) {
            V a[POP_NB] = {0};
            for (int r = 0; r < w->nr; r++) {
                const R *P = T->P + ((size_t)(w->at[r] + q * p->nz) * (size_t)p->na + (size_t)c) * POP_NB;
                V x = w->pr[r];
                for (int b = 0; b < POP_NB; b++)
                    a[b] += x * P[b];
            }
            for (int b = 0; b < POP_NB; b++)
                w->cab[c * nb + q * POP_NB + b] = a[b];
        }
        for (int b = 0; b < p->nb; b++) {
            if (!job->aged) {
                w->fx[b] += w->col[c] * w->cab[c * nb + b];
                continue;
            }
            V k = N(curve)(p, w->dust + b, de, w->du[GAL_POP_BUMP], &kd, &ke, &kx);
            V F = N(vexp)(DIM * av * k);
            w->Tab[c * nb + b] = F;
            w->fx[b] += w->col[c] * (fu + (1 - fu) * F) * w->cab[c * nb + b];
        }
        N(prefetch)(w, c * L / p->na, (c + 1) * L / p->na);
    }
    for (int b = 0; b < p->nb; b++)
        w->fx[b] *= w->scale;
}

/* the one screen of each galaxy, before which the fluxes stay */
static void N(dim_bands)(const pop_plan *p, N(work) * w)
{
    for (int b = 0; b < p->nb; b++) {
        w->dust[b].bare = w->fx[b];
        w->fx[b] *= w->dust[b].T;
    }
}

/* ------------------------------------------------------------------ back */
/* adjoint gp of the weight of row r -> of metallicity and the places on the axes */
INL void N(row_weight)(const pop_plan *p, N(work) * w, int r, V gp)
{
    const int nz = w->z1 - w->z0, z = w->z0 + r % nz;
    if (p->blocks > 1) {
        N(reach) *a = w->axis;
        int b = r / nz, k = b % a[2].n, j = b / a[2].n % a[1].n, i = b / (a[2].n * a[1].n);
        V hi = a[0].h[i], hj = a[1].h[j], hk = a[2].h[k], g = gp * w->p[z];
        a[0].g += g * a[0].dh[i] * hj * hk;
        a[1].g += g * a[1].dh[j] * hi * hk;
        a[2].g += g * a[2].dh[k] * hi * hj;
        gp *= hi * hj * hk;
    }
    w->gz[z] += gp;
}

/* adjoints gz of the weights about x -> of x, which is returned, and of the scatter */
INL V N(reverse_metallicity)(const pop_plan *p, N(work) * w, V x)
{
    const struct TABLES *T = TAB(p);
    V is = 1 / w->sg, gx = {0};
    for (int z = w->z0 + 1; z < w->z1; z++) { /* p_z = F_l - F_h: chain edge by edge */
        V ze = (x - T->ze[z]) * is, f = N(twf)(N(clip3)(ze)) * (w->gz[z] - w->gz[z - 1]) * is;
        gx += f;
        w->gsg -= f * ze;
    }
    return gx;
}

/* adjoints g of the fluxes, bare of dust and times scale -> of the rows and the columns */
static void N(reverse_rows)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    const size_t stride = (size_t)p->na + POP_PAD;
    int nr = 0;
    for (int r = 0; r < w->nr; r++) {
        V gp = {0};
        for (int b = 0; b < p->nb; b++) {
            if (!job->active[b])
                continue;
            gp += w->g[b] * w->F[(b / POP_NB * w->nr + r) * POP_NB + b % POP_NB];
            w->cf[nr] = w->g[b] * w->pr[r];
            w->row[nr++] = T->Pt + ((size_t)(w->at[r] + b / POP_NB * p->nz) * POP_NB + (size_t)(b % POP_NB)) * stride;
        }
        N(row_weight)(p, w, r, gp);
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
}

/* where metallicity goes over with age: adjoints Tab of light by age -> of both metallicities, scatter, axes */
static void N(reverse_young)(const pop_plan *p, N(work) * w)
{
    const int nb = p->ng * POP_NB;
    for (int c = 0; c < p->na; c++) {
        const R f = N(rows_at)(p, w, c);
        for (int z = w->z0; z < w->z1; z++)
            w->gz[z] = (V){0};
        for (int r = 0; r < w->nr; r++) {
            V gp = {0};
            for (int q = 0; q < p->ng; q++) {
                const R *P = TAB(p)->P + ((size_t)(w->at[r] + q * p->nz) * (size_t)p->na + (size_t)c) * POP_NB;
                for (int b = 0; b < POP_NB; b++)
                    gp += w->Tab[c * nb + q * POP_NB + b] * P[b];
            }
            N(row_weight)(p, w, r, gp);
        }
        V gx = N(reverse_metallicity)(p, w, w->x + (w->xy - w->x) * f);
        w->gx += gx * (1 - f);
        w->gxy += gx * f;
    }
}

/* the same with dust or metallicity by age; g of the fluxes times scale */
static void N(reverse_aged)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const struct TABLES *T = TAB(p);
    const int nb = p->ng * POP_NB;
    V fu = w->du[GAL_POP_FUNO];
    for (int c = 0; c < p->na; c++) {
        const R f = T->fy[c];
        V av = w->du[GAL_POP_AV] + (w->du[GAL_POP_AV_YOUNG] - w->du[GAL_POP_AV]) * f;
        V de = w->du[GAL_POP_DELTA] + (w->du[GAL_POP_DELTA_YOUNG] - w->du[GAL_POP_DELTA]) * f, gc = {0};
        for (int b = 0; b < nb; b++) {
            if (b >= p->nb || !job->active[b]) {
                w->Tab[c * nb + b] = (V){0};
                continue;
            }
            V g = w->g[b], cab = w->cab[c * nb + b];
            if (!job->aged) {
                gc += g * cab;
                w->Tab[c * nb + b] = g * w->col[c];
                continue;
            }
            V F = w->Tab[c * nb + b], Tr = fu + (1 - fu) * F;
            gc += g * Tr * cab;
            w->Tab[c * nb + b] = g * w->col[c] * Tr; /* adjoint of cab from here on */
            N(reverse_dust)(p, w, w->dust + b, av, de, g * w->col[c] * cab, F, f);
        }
        w->gcol[c] = gc;
    }
    if (job->young) {
        N(reverse_young)(p, w);
        return;
    }
    for (int r = 0; r < w->nr; r++) {
        V a[POP_NB] = {0}, gp = {0};
        for (int q = 0; q < p->ng; q++) {
            const R *P = T->P + (size_t)(w->at[r] + q * p->nz) * (size_t)p->na * POP_NB;
            for (int c = 0; c < p->na; c++)
                for (int b = 0; b < POP_NB; b++)
                    a[b] += w->Tab[c * nb + q * POP_NB + b] * P[c * POP_NB + b];
        }
        for (int b = 0; b < POP_NB; b++)
            gp += a[b];
        N(row_weight)(p, w, r, gp);
    }
}

/* adjoints g of the fluxes -> of metallicity, scatter, redshift, dust, and of the columns; returns sum g flux */
static V N(reverse_phot)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    V gM = {0};
    if (job->error)
        N(reverse_errors)(p, w, job);
    w->gx = w->gxy = w->gsg = (V){0};
    for (int z = w->z0; z < w->z1; z++)
        w->gz[z] = (V){0};
    for (int i = 0; i < GAL_POP_DUST_N; i++)
        w->gdu[i] = (V){0};
    for (int b = 0; b < p->nb; b++) {
        if (job->dust)
            w->dust[b].gk = (V){0};
        if (!job->active[b])
            continue;
        gM += w->g[b] * w->fx[b];
        if (job->dust && !job->aged) {
            N(reverse_dust)
            (p, w, w->dust + b, w->du[GAL_POP_AV], w->du[GAL_POP_DELTA], w->g[b] * w->dust[b].bare, w->dust[b].F, -1);
            w->g[b] *= w->dust[b].T;
        }
        w->g[b] *= w->scale;
    }
    if (job->aged || job->young)
        N(reverse_aged)(p, w, job);
    else
        N(reverse_rows)(p, w, job);
    if (!job->young)
        w->gx = N(reverse_metallicity)(p, w, w->x);
    for (int b = 0; job->dust && !p->rest && b < p->nb; b++) /* x = wave/(1 + z) */
        w->axis[0].g -= w->dust[b].gk / (w->dust[b].ix * (1 + w->z));
    return gM;
}
