/* From columns of age to fluxes and back, for one precision (no include guard: pop_kern.c includes it once for each). A row is the cells of one
 * redshift and one metallicity of the table: weight pr of the lanes, place at. */

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
INL void N(prefetch)(const N(work) * w, int a, int b)
{
    for (int j = a; j < b && j < w->nnext; j++)
        for (int k = 0; k <= w->K; k += 8)
            __builtin_prefetch(w->next[j] + k);
}

/* shares h of the redshifts of the cells and their slopes (from the right at a node); the rows and their weights */
static void N(rows)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    w->j0 = 0, w->nj = 1;
    if (p->nred > 1) {
        R lo = ((R *)&w->z)[0], hi = lo;
        for (int j = 1; j < L; j++) {
            R x = ((R *)&w->z)[j];
            lo = x < lo ? x : lo;
            hi = x > hi ? x : hi;
        }
        while (w->j0 < p->nred - 2 && T->red[w->j0 + 1] <= lo)
            w->j0++;
        for (w->nj = 2; w->j0 + w->nj < p->nred && T->red[w->j0 + w->nj - 1] <= hi;)
            w->nj++;
    }
    w->nr = 0;
    for (int i = 0; i < w->nj; i++) {
        int j = w->j0 + i;
        V h = N(set1)(1), dh = {0};
        if (p->nred > 1) {
            V up = j > 0 ? (w->z - T->red[j - 1]) * T->ired[j] : N(set1)(2);
            V down = j < p->nred - 1 ? (T->red[j + 1] - w->z) * T->ired[j + 1] : N(set1)(2);
            const bool last = j == p->nred - 1;
            VI rises = last ? (VI)(up == up) : (VI)(w->z < T->red[j]);
            V x = N(sel)(rises, up, down);
            VI in = j == p->nred - 2 ? (VI)(x >= 0) : (VI)(x > 0) | (rises & (VI)(x >= 0));
            h = N(sel)(in, x, (V){0});
            dh = N(sel)(rises, N(set1)(j > 0 ? T->ired[j] : 0), N(set1)(last ? 0 : -T->ired[j + 1]));
            dh = N(sel)(in, dh, (V){0});
        }
        w->h[i] = h, w->dh[i] = dh;
        for (int z = w->z0; z < w->z1; z++) {
            w->pr[w->nr] = p->nred > 1 ? h * w->p[z] : w->p[z];
            w->at[w->nr++] = j * p->ng * p->nz + z;
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
        V x = T->wave[b] / (1 + w->z), e = x * x - x0 * x0, u = x * x * (g * g), in = 1 / (e * e + u);
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
static void N(photometry)(const pop_plan *p, N(work) * w, const pop_job *job)
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
    for (int b = 0; job->dust && b < p->nb; b++) {
        w->dust[b].bare = w->fx[b];
        w->fx[b] *= w->dust[b].T;
    }
}

/* the same where dust depends on age: metallicity and redshift first */
static void N(aged_photometry)(const pop_plan *p, N(work) * w)
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

/* ------------------------------------------------------------------ back */
/* adjoints of the rows' weights, gp(r) -> of metallicity, scatter, redshift */
INL void N(row_weight)(const pop_plan *p, N(work) * w, int r, V gp)
{
    int i = r / (w->z1 - w->z0), z = w->z0 + r % (w->z1 - w->z0);
    if (p->nred > 1) {
        w->gzr += gp * w->p[z] * w->dh[i];
        gp *= w->h[i];
    }
    w->gz[z] += gp;
}

static void N(reverse_metallicity)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    V is = 1 / w->sg;
    for (int z = w->z0 + 1; z < w->z1; z++) { /* p_z = F_l - F_h: chain edge by edge */
        V ze = (w->x - T->ze[z]) * is, f = N(twf)(N(clip3)(ze)) * (w->gz[z] - w->gz[z - 1]) * is;
        w->gx += f;
        w->gsg -= f * ze;
    }
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

/* the same with dust by age; g of the fluxes times scale */
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
            V g = w->g[b], F = w->Tab[c * nb + b], Tr = fu + (1 - fu) * F, cab = w->cab[c * nb + b];
            gc += g * Tr * cab;
            w->Tab[c * nb + b] = g * w->col[c] * Tr; /* adjoint of cab from here on */
            N(reverse_dust)(p, w, w->dust + b, av, de, g * w->col[c] * cab, F, f);
        }
        w->gcol[c] = gc;
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
    w->gx = w->gsg = w->gzr = (V){0};
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
    if (job->aged)
        N(reverse_aged)(p, w, job);
    else
        N(reverse_rows)(p, w, job);
    N(reverse_metallicity)(p, w);
    for (int b = 0; job->dust && b < p->nb; b++) /* x = wave/(1 + z) */
        w->gzr -= w->dust[b].gk / (w->dust[b].ix * (1 + w->z));
    return gM;
}
