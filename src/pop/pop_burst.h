/* Rapid quenching of a history and stars of a burst on top of it: masses by age, and the reverse (no include guard: pop_kern.c includes it once for each
 * precision). Of the mass S by age, fb = 10^lgfburst is shared out as the triweight pdf of log10 age/yr about lgyr_peak that ends at lgyr_max,
 * taken at the nodes (gal_burst_weights). */

/* Rapid quenching: of stars younger than 10^quench yr 1e-4 is left, and the others have their mass (gal_quench_weights). Before the burst. */
#define LEFT (R)1e-4
static void N(quench)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    V cut, left = {0};
    N(gather)(&cut, job->quench, w->id, 1);
    for (int c = 0; c < p->na; c++) {
        w->young[c] = LEFT + (1 - LEFT) / (1 + N(vexp)(100 * (cut - TAB(p)->lgyr[c])));
        w->col[c] *= w->young[c];
        left += w->col[c];
    }
    w->left = left / w->S;
    for (int c = 0; c < p->na; c++)
        w->col[c] /= w->left;
}

static void N(reverse_quench)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    const V *col = job->burst ? w->smooth : w->col;
    V dot = {0}, cut = {0};
    for (int c = 0; c < p->na; c++)
        dot += w->gcol[c] * col[c];
    dot /= w->S;
    for (int c = 0; c < p->na; c++) {
        V f = w->young[c], s = (f - LEFT) * (1 / (1 - LEFT)), g = w->gcol[c] - dot;
        cut -= g * col[c] / f * (100 * (1 - LEFT)) * s * (1 - s);
        w->gcol[c] = g * f / w->left + dot;
    }
    w->gcut = cut;
}
#undef LEFT

INL V N(burst_place)(const pop_plan *p, const N(work) * w, int c, V inv)
{
    return N(clip3)((TAB(p)->lgyr[c] - w->bu[1]) * inv);
}

static void N(burst)(const pop_plan *p, N(work) * w, const pop_job *job)
{
    for (int i = 0; i < 3; i++)
        N(gather)(w->bu + i, job->burst + (size_t)i * job->n, w->id, 1);
    V inv = 3 / (w->bu[2] - w->bu[1]), fb = N(vexp)(w->bu[0] * (R)LN10), sum = {0};
    for (int c = 0; c < p->na; c++) {
        w->bg[c] = N(twf)(N(burst_place)(p, w, c, inv));
        sum += w->bg[c];
    }
    V is = N(sel)((VI)(sum > 0), 1 / N(vmax)(sum, N(set1)(FLT_MIN)), (V){0});
    w->burst = is;
    for (int c = 0; c < p->na; c++) {
        w->smooth[c] = w->col[c];
        w->col[c] = (1 - fb) * w->col[c] + fb * w->S * (w->bg[c] * is);
    }
}

/* adjoints gcol of the masses with the burst -> of those without, and of the burst's parameters */
static void N(reverse_burst)(const pop_plan *p, N(work) * w)
{
    V inv = 3 / (w->bu[2] - w->bu[1]), fb = N(vexp)(w->bu[0] * (R)LN10), dot = {0}, more = {0}, peak = {0}, end = {0};
    for (int c = 0; c < p->na; c++) {
        V b = w->bg[c] * w->burst;
        dot += w->gcol[c] * b;
        more += w->gcol[c] * (w->S * b - w->smooth[c]);
    }
    for (int c = 0; c < p->na; c++) {
        V z = N(burst_place)(p, w, c, inv), u = 1 - z * z * (R)(1 / 9.);
        V g = fb * w->S * (w->gcol[c] - dot) * w->burst * z * u * u * (R)(-35 / 144.) * inv;
        peak += g * (z * (R)(1 / 3.) - 1);
        end -= g * z * (R)(1 / 3.);
        w->gcol[c] = (1 - fb) * w->gcol[c] + fb * dot;
    }
    w->gbu[0] = (R)LN10 * fb * more;
    w->gbu[1] = peak;
    w->gbu[2] = end;
}
