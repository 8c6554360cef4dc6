/* The error model of the spectra on fluxes, and its reverse (no include guard: pop_kern.c includes it once for each precision): galua/ssp_error.h in
 * lanes, by the mass and redshift of each galaxy, at the bands' wavelengths in the rest frame. */

#define KM (R)5 /* steps in mass and redshift */

INL V N(logistic)(V x)
{
    return 1 / (1 + N(vexp)(-x));
}

/* triweight step of x about x0, and its slope */
INL V N(tw_step)(V x, R x0, R h, V *slope)
{
    V z = N(clip3)((x - x0) * (1 / h));
    *slope = N(twf)(z) * (1 / h);
    return N(twF)(z);
}

/* shares of the nodes at x micron, slopes by it */
static void N(error_shares)(V x, V *W, V *dW)
{
    static const R node[GAL_SSP_ERROR_NODES] = {(R).15, (R).25, (R).3831, (R).4777, (R).6289, (R).7684};
    V d, dd, e, de;
    d = N(tw_step)(x, node[2], (node[3] - node[1]) / 3, &dd);
    e = N(tw_step)(x, (node[4] + node[5]) / 2, (node[5] - node[4]) / 3, &de);
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++)
        W[k] = dW[k] = (V){0};
    for (int half = 0; half < 2; half++) {
        const R *u = node + 2 * half;
        V da, db, dc, a = N(tw_step)(x, (u[0] + u[1]) / 2, (u[1] - u[0]) / 3, &da);
        V b = N(tw_step)(x, (u[1] + u[2]) / 2, (u[2] - u[1]) / 3, &db);
        V c = N(tw_step)(x, u[1], (u[2] - u[0]) / 6, &dc);
        V s[3] = {(1 - c) * (1 - a), (1 - c) * a + c * (1 - b), c * b};
        V ds[3] = {-dc * (1 - a) - (1 - c) * da, (1 - c) * da - dc * a + dc * (1 - b) - c * db, dc * b + c * db};
        V f = half ? d : 1 - d, df = half ? dd : -dd;
        for (int k = 0; k < 3; k++) {
            W[2 * half + k] += f * s[k];
            dW[2 * half + k] += df * s[k] + f * ds[k];
        }
    }
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++) {
        const bool last = k == GAL_SSP_ERROR_NODES - 1;
        dW[k] = (1 - e) * dW[k] - de * W[k];
        W[k] = (1 - e) * W[k];
        if (last)
            W[k] += e, dW[k] += de;
    }
}

/* factors 10^(-0.4 dm) of the nodes, slopes of dm by log10 mass and redshift */
static void N(error_nodes)(N(work) * w, const pop_job *job)
{
    enum { CONTROLS = 3 };
    static const int node_of[GAL_SSP_ERROR_NODES] = {4, 0, 1, 2, 3, 5}; /* of each step of the table: r, then colours */
    V x = N(vlog)(w->mobs) * (R)(1 / LN10), z = w->z;
    V s0 = N(logistic)(KM * (z - (R).5)), s1 = N(logistic)(KM * (z - 1)), s2 = N(logistic)(KM * (z - (R)1.5));
    V d0 = KM * s0 * (1 - s0), d1 = KM * s1 * (1 - s1), d2 = KM * s2 * (1 - s2);
    V Z[CONTROLS] = {(1 - s1) * (1 - s0), (1 - s1) * s0 + s1 * (1 - s2), s1 * s2};
    V dZ[CONTROLS] = {-d1 * (1 - s0) - (1 - s1) * d0, (1 - s1) * d0 - d1 * s0 + d1 * (1 - s2) - s1 * d2,
                      d1 * s2 + s1 * d2};
    V m[GAL_SSP_ERROR_NODES] = {0}, mm[GAL_SSP_ERROR_NODES] = {0}, mz[GAL_SSP_ERROR_NODES] = {0};
    const double *q = job->error;
    for (int j = 0; j < CONTROLS; j++)
        for (int b = 0; b < GAL_SSP_ERROR_NODES; b++, q += 3) {
            V s = N(logistic)(KM * (x - (R)q[0])), y = (R)q[1] + (R)(q[2] - q[1]) * s;
            m[b] += Z[j] * y;
            mm[b] += Z[j] * s * (1 - s) * (KM * (R)(q[2] - q[1]));
            mz[b] += dZ[j] * y;
        }
    for (int b = 0; b < GAL_SSP_ERROR_NODES; b++) {
        const int k = node_of[b];
        V dm = m[b] + (b ? m[0] : (V){0}), more = {0};
        w->em[k] = mm[b] + (b ? mm[0] : (V){0});
        w->ez[k] = mz[b] + (b ? mz[0] : (V){0});
        if (job->offset)
            N(gather)(&more, job->offset + (size_t)k * job->n, w->id, 1);
        w->eF[k] = N(vexp)((dm + more) * (R)(-0.4 * LN10));
    }
}

/* fluxes times the factors of the bands, before which they stay */
static void N(errors)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    N(error_nodes)(w, job);
    for (int b = 0; b < p->nb; b++) {
        N(factor) *f = w->err + b;
        V dW[GAL_SSP_ERROR_NODES], x = TAB(p)->wave[b] / (1 + w->z);
        if (job->hook && !job->active[b])
            continue;
        N(error_shares)(x, f->W, dW);
        f->bare = w->fx[b], f->E = f->byz = (V){0};
        for (int k = 0; k < GAL_SSP_ERROR_NODES; k++) {
            f->E += f->W[k] * w->eF[k];
            f->byz -= dW[k] * w->eF[k] * x / (1 + w->z);
        }
        w->fx[b] *= f->E;
    }
}

/* Adjoints g of the fluxes -> of those before the factors, which are put back; of dm at the nodes, ln mass and redshift */
static void N(reverse_errors)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    V *gn = w->gn, gz = {0};
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++)
        gn[k] = (V){0};
    for (int b = 0; b < p->nb; b++) {
        const N(factor) *f = w->err + b;
        if (!job->active[b])
            continue;
        V g = w->g[b] * f->bare;
        gz += g * f->byz;
        for (int k = 0; k < GAL_SSP_ERROR_NODES; k++)
            gn[k] += g * f->W[k];
        w->fx[b] = f->bare;
        w->g[b] *= f->E;
    }
    w->gerr = (V){0};
    for (int k = 0; k < GAL_SSP_ERROR_NODES; k++) {
        gn[k] *= w->eF[k] * (R)(-0.4 * LN10);
        w->gerr += gn[k] * w->em[k] * (R)(1 / LN10);
        gz += gn[k] * w->ez[k];
    }
    w->axis[0].g += gz;
}
#undef KM
