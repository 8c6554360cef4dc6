/* Every spectrum of a chunk of galaxies: a matrix product (no include guard: pop_kern.c includes it once for each precision).
 *
 * L(lambda) = sum_z p_z sum_a A_a S[z][a][lambda] with A_a mass by age. A tile is TALL galaxies, each in TALL broadcasts, by POP_WIDE registers of
 * wavelengths: their sums over age stay in registers, p_z multiplies once per metallicity. A panel of the table (one metallicity, all ages,
 * POP_WIDE registers of wavelengths) stays in the first cache while all blocks of the chunk go over it; blocks skip metallicities that
 * they have no stars of. A spectrum is used where it is made: sums over bands and all wavelengths are kept, it itself only if wanted. */
#undef TALL
#define TALL (VB / 8)

/* columns times scale, metallicity weights and rows of block i of the chunk */
static void N(keep_columns)(const pop_plan *p, N(work) * w, const pop_job *job, int i)
{
    int z0 = job->dense ? 0 : w->z0, z1 = job->dense ? p->nz : w->z1;
    for (int a = 0; a < p->na; a++)
        w->A[i * p->na + a] = w->col[a] * w->scale;
    for (int z = z0; z < z1; z++)
        w->pz[i * p->nz + z] = z >= w->z0 && z < w->z1 ? w->p[z] : (V){0};
    w->zr[2 * i] = z0, w->zr[2 * i + 1] = z1;
}

/* C[TALL][POP_WIDE] += p_z sum_a A_a S_a, galaxies at lane `at` of A on */
INL void N(tile)(int na, const V *A, const V *pz, int at, const V *S, V *C)
{
    V acc[TALL][POP_WIDE] = {{{0}}};
    for (int a = 0; a < na; a++, S += POP_WIDE) {
        const R *x = (const R *)(A + a) + at;
        for (int g = 0; g < TALL; g++)
            for (int u = 0; u < POP_WIDE; u++)
                acc[g][u] += x[g] * S[u];
    }
    const R *f = (const R *)pz + at;
    for (int g = 0; g < TALL; g++)
        for (int u = 0; u < POP_WIDE; u++)
            C[g * POP_WIDE + u] += f[g] * acc[g][u];
}

/* sums of one panel's spectra of the chunk, and the spectra themselves where wanted */
static void N(use)(N(work) * w, const pop_job *job, int count, size_t panel)
{
    const pop_sed *s = job->sed;
    const size_t nb = s->nb + 1;
    const V *B = (const V *)s->weight + panel * nb * POP_WIDE;
    for (int i = 0; i < count; i++) {
        const V *C = w->C + i * POP_WIDE;
        V *o = w->band + (size_t)i * nb;
        for (size_t b = 0; b < nb; b++)
            for (int u = 0; u < POP_WIDE; u++)
                o[b] += C[u] * B[b * POP_WIDE + (size_t)u];
        if (!job->spectra)
            continue;
        size_t k0 = panel * POP_WIDE * L, n = s->nw - k0 < POP_WIDE * L ? s->nw - k0 : POP_WIDE * L;
        double *out = job->spectra + (size_t)w->order[i] * s->nw + k0;
        for (size_t k = 0; k < n; k++)
            out[k] = s->unit * (double)((const R *)C)[k];
    }
}

static void N(spectra)(const pop_plan *p, N(work) * w, const pop_job *job, int count)
{
    const pop_sed *s = job->sed;
    const size_t nb = s->nb + 1;
    const int blocks = (count + L - 1) / L;
    memset(w->band, 0, (size_t)count * nb * sizeof(V));
    for (size_t k = 0; k < s->npanel; k++) {
        memset(w->C, 0, (size_t)blocks * L * POP_WIDE * sizeof(V));
        for (int z = 0; z < p->nz; z++) {
            const V *S = (const V *)s->panel + (k * (size_t)p->nz + (size_t)z) * (size_t)p->na * POP_WIDE;
            for (int i = 0; i < blocks; i++) {
                if (z < w->zr[2 * i] || z >= w->zr[2 * i + 1])
                    continue;
                for (int at = 0; at < L; at += TALL)
                    N(tile)(p->na, w->A + i * p->na, w->pz + i * p->nz + z, at, S, w->C + (i * L + at) * POP_WIDE);
            }
        }
        N(use)(w, job, count, k);
    }
    for (int i = 0; i < count; i++)
        for (size_t b = 0; b < nb; b++) {
            double sum = 0;
            for (int j = 0; j < L; j++)
                sum += (double)w->band[(size_t)i * nb + b][j];
            if (b < s->nb && job->band)
                job->band[b * job->n + (size_t)w->order[i]] = s->unit * sum;
            else if (b == s->nb && job->sum)
                job->sum[w->order[i]] = s->unit * sum;
        }
}
