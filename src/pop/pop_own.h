/* Age weights of a block whose galaxies have their own t_obs, and their reverse (no include guard: pop_kern.c includes it once for each
 * precision). With lambda_k = ln(m_k/m_{k-1})/ln(t_k/t_{k-1}) the slope of log mass in segment k, te = min(t_k, t_obs) its end, m(te) the mass by
 * then: D_i = base_k + m(te) (1 - exp(lambda_k ln(tb/te))), base_k what forms between te and t_obs. Lanes of galaxies ordered by redshift
 * nearly always share the segment of an edge: the loop goes over the one or two that they span. They end in segments Kl .. K. */

/* the range of t_obs of the block: w->K is the first node that none of them lies after */
static void N(span)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const R *t = TAB(p)->t;
    N(gather)(&w->to, job->tobs, w->id, 1);
    N(gather)(&w->z, job->z, w->id, 1);
    w->tlo = w->thi = ((R *)&w->to)[0];
    for (int j = 1; j < L; j++) {
        R x = ((R *)&w->to)[j];
        w->tlo = x < w->tlo ? x : w->tlo;
        w->thi = x > w->thi ? x : w->thi;
    }
    w->K = 1;
    while (w->K < p->nt - 1 && t[w->K] < w->thi)
        w->K++;
    w->Kl = w->K;
    while (w->Kl > 1 && t[w->Kl - 1] > w->tlo)
        w->Kl--;
}

INL V N(slope)(const pop_plan *p, N(work) * w, int k)
{
    if (!w->have[k]) {
        w->have[k] = 1;
        w->lam[k] = N(vlogr)(w->m[k - 1], w->dm[k]) * TAB(p)->idl[k];
    }
    return w->lam[k];
}

/* ln(t_obs/t_{k-1}), 0 where t_obs is earlier */
INL V N(since)(const pop_plan *p, const N(work) * w, int k)
{
    const R t = TAB(p)->t[k - 1];
    return N(vlogr)(N(set1)(t), N(vmax)(w->to - t, (V){0}));
}

/* segments *ka .. *kb, downwards, of an edge of this age in the lanes; both go down with age */
INL void N(segments)(const pop_plan *p, const N(work) * w, R age, int *ka, int *kb)
{
    const R *t = TAB(p)->t;
    R lo = w->tlo - age, hi = w->thi - age;
    while (*ka > 0 && hi < t[*ka - 1])
        --*ka;
    *kb = *kb > *ka ? *ka : *kb;
    while (*kb > 0 && lo < t[*kb - 1])
        --*kb;
}

/* rates -> masses of the nodes, what forms in each segment until t_obs, M_obs */
static void N(own_masses)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    const R least = (R)1e-14;
    const int K = w->K, Kl = w->Kl;
    V pr = N(set1)(least), m = {0};
    for (int k = 0; k <= K; k++) {
        V s = N(vmax)(w->s[k], N(set1)(least)), d = T->hdt[k] * (s + pr);
        w->dm[k] = d;
        w->m[k] = m = m + d;
        pr = s;
    }
    memset(w->have, 0, (size_t)K + 1);
    V sum = w->m[Kl - 1], b = {0};
    for (int k = Kl; k <= K; k++) {
        V lam = N(slope)(p, w, k), h = w->m[k - 1] * N(vexpm1)(lam * N(since)(p, w, k));
        w->lobs = N(sel)((VI)(w->to >= T->t[k - 1]), lam, w->lobs);
        w->dt[k] = N(sel)((VI)(w->to < T->t[k]), h, w->dm[k]);
        w->mt[k] = sum = sum + w->dt[k];
    }
    w->mobs = sum;
    for (int k = K; k >= 0; k--) {
        w->base[k] = b;
        b += k >= Kl ? w->dt[k] : w->dm[k];
    }
}

/* as ages() for one t_obs */
static void N(own_ages)(const pop_plan *p, N(work) * w)
{
    const struct TABLES *T = TAB(p);
    N(own_masses)(p, w);
    V last = {0}, first = {0}, to = w->to;
    int ka = w->K, kb = ka;
    for (int i = 0; i <= p->na; i++) {
        const R age = T->age[i];
        V D = {0}, q = {0}, ln = {0};
        N(segments)(p, w, age, &ka, &kb);
        for (int k = ka; k >= kb; k--) {
            V y = w->base[k], e = {0}, x = {0};
            if (k > 0) {
                V te = k < w->Kl ? N(set1)(T->t[k]) : N(vmin)(to, N(set1)(T->t[k])), m = k < w->Kl ? w->m[k] : w->mt[k];
                V d = N(vmin)(N(vmax)((to - te) - age, T->t[k - 1] - te), (V){0});
                x = N(vlogr)(te, d);
                e = -N(vexpm1)(N(slope)(p, w, k) * x);
                y += m * e;
            }
            if (k == ka) {
                D = y, q = e, ln = x;
            } else {
                VI in = (VI)(to - age < T->t[k]);
                D = N(sel)(in, y, D), q = N(sel)(in, e, q), ln = N(sel)(in, x, ln);
            }
        }
        w->q[i] = q;
        w->ln[i] = ln;
        if (i)
            w->col[i - 1] = D - last;
        else
            first = D;
        last = D;
    }
    w->S = last - first;
    w->scale = w->mobs / w->S;
}

/* adjoints of the columns and M_obs -> of base (tg), m(te) (ga), lambda (gl); with `when`, those of t_obs */
INL void N(own_edges)(const pop_plan *p, N(work) * w, V gF, V gM, const bool when)
{
    const struct TABLES *T = TAB(p);
    V gS = gF / w->S, to = w->to, sum = gM / w->mobs, gto = {0};
    int ka = w->K, kb = ka;
    for (int k = 0; k <= w->K; k++)
        w->tg[k] = w->ga[k] = w->gl[k] = (V){0};
    for (int i = 0; i <= p->na; i++) {
        const R age = T->age[i];
        V all = (i ? w->gcol[i - 1] : gS) - (i < p->na ? w->gcol[i] : gS), q = w->q[i], E = 1 - q, x = w->ln[i];
        sum += all;
        N(segments)(p, w, age, &ka, &kb);
        for (int k = ka; k >= kb; k--) {
            V gD = all;
            if (k < ka)
                gD = N(sel)((VI)(to - age < T->t[k]), gD, (V){0});
            if (k > kb)
                gD = N(sel)((VI)(to - age < T->t[k - 1]), (V){0}, gD);
            w->tg[k] += gD;
            if (k == 0)
                continue;
            w->ga[k] += gD * q;
            w->gl[k] -= gD * E * x;
            if (when)
                gto -= gD * E * (k < w->Kl ? w->m[k] : w->mt[k]) * w->lam[k] / (to - age);
        }
    }
    if (when)
        w->gto = gto + sum * w->mobs * w->lobs / to;
}

/* as reverse_ages */
static void N(reverse_own)(const pop_plan *p, N(work) * w, V gF, V gM, bool when)
{
    const struct TABLES *T = TAB(p);
    const int K = w->K, Kl = w->Kl;
    V *gs = w->gs, *tg = w->tg, *ga = w->ga, *gl = w->gl;
    if (when)
        N(own_edges)(p, w, gF, gM, true);
    else
        N(own_edges)(p, w, gF, gM, false);
    V P = {0}, A = gM / w->mobs, G = {0}, next = {0};
    for (int k = 0; k <= K; k++) { /* base_k holds what forms in all later segments */
        V x = tg[k];
        gs[k] = k < Kl ? ga[k] : (V){0};
        gl[k] *= k < Kl ? w->m[k] : w->mt[k];
        tg[k] = P;
        P += x;
    }
    for (int k = K; k >= Kl; k--) {
        VI ends = (VI)(w->to < T->t[k]);
        A += ga[k];
        V g = A + tg[k], ge = N(sel)(ends, g, (V){0});
        gs[k - 1] += ge * w->dt[k] / w->m[k - 1];
        gl[k] += ge * (w->m[k - 1] + w->dt[k]) * N(since)(p, w, k);
        tg[k] = g - ge;
    }
    gs[Kl - 1] += A;
    for (int k = K; k >= 1; k--)
        if (w->have[k]) {
            V x = gl[k] * T->idl[k];
            gs[k] += x / w->m[k];
            gs[k - 1] -= x / w->m[k - 1];
        }
    for (int k = K; k >= 0; k--) {
        G += gs[k];
        V h = T->hdt[k] * (G + tg[k]);
        gs[k] = N(sel)((VI)(w->s[k] < (R)1e-14), (V){0}, h + next);
        next = h;
    }
}
