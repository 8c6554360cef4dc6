/* Nested sampling: the record of all points, its evidence, information, errors; merging; equally weighted draws.
 *
 * Points are sorted by likelihood; n_i = #{births < L_i} - i; ln X_i = ln X_{i-1} + ln t_i with t_i = n_i/(n_i + 1), or a draw of
 * Beta(n_i, 1) in a realisation. ln w_i = ln((L_i + L_{i-1})/2) + ln(X_{i-1} - X_i), L_0 = 0; Z = sum w_i;
 * H = sum dX_i (L_i ln L_i + L_{i-1} ln L_{i-1})/2 / Z - ln Z; the error of ln Z follows from the spread of the t_i: about
 * sqrt(H/n) for a static run (Skilling 2006), and right for live points added at the end, too. Thread-safe. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "galua/diag.h"
#include "nested_int.h"
#include "infer/target/purpose.h"

/* ------------------------------------------------------------------ memory */
static gal_status record_alloc(gal_nested_record *r, size_t n, size_t d, size_t nb)
{
    *r = (gal_nested_record){.n = n, .d = d, .nb = nb};
    double **one[] = {&r->lnprior, &r->lnl, &r->birth, &r->lnx, &r->lnw, &r->nlive};
    bool ok = (r->u = GAL_NEWN(double, n *d)) && (r->x = GAL_NEWN(double, n *d)) &&
              (r->blob = GAL_NEWN(double, n *nb)) && (r->strand = GAL_NEWN(int64_t, n)) &&
              (r->order = GAL_NEWN(int64_t, n));
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        ok = ok && (*one[i] = GAL_NEWN(double, n));
    if (!ok)
        gal_nested_record_free(r);
    return ok ? GAL_OK : GAL_ENOMEM;
}

void gal_nested_record_free(gal_nested_record *r)
{
    if (!r)
        return;
    void *all[] = {r->u, r->x, r->lnprior, r->lnl, r->birth, r->blob, r->lnx, r->lnw, r->nlive, r->strand, r->order};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    *r = (gal_nested_record){0};
}

/* ------------------------------------------------------------------ integration */
static double lnadd(double a, double b)
{
    double top = fmax(a, b);
    return top == -INFINITY ? top : top + log(exp(a - top) + exp(b - top));
}

/* ln of (exp a + exp b)/2 with forbidden values as 0 */
static double ln_mean(double a, double b)
{
    a = a > NESTED_FLOOR ? a : -INFINITY;
    b = b > NESTED_FLOOR ? b : -INFINITY;
    return lnadd(a, b) - M_LN2;
}

/* lnt NULL: expected shrinkage. Returns ln Z; lnx, lnw (not normalised) may be NULL. */
static double nested_weights(size_t n, const double *lnl, const double *nlive, const double *lnt, double *lnx,
                             double *lnw)
{
    double x = 0, lnz = -INFINITY, last = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double step = lnt ? lnt[i] : log(nlive[i] / (nlive[i] + 1)), w;
        w = x + log(-expm1(step)) + ln_mean(lnl[i], last);
        x += step;
        lnz = lnadd(lnz, w);
        if (lnx)
            lnx[i] = x;
        if (lnw)
            lnw[i] = w;
        last = lnl[i];
    }
    return lnz;
}

/* H = sum w (ln L - ln Z) over both ends of each trapezoid. Error of ln Z: the shrinkages are independent with Var(ln t_i) = 1/n_i^2,
 * and d ln Z/d ln t_i = (share of Z behind i) - n_i (share of i): what lies behind scales with t_i, the shell itself with 1 - t_i. */
static void information(gal_nested_record *r)
{
    double h = 0, var = 0, last = -INFINITY, before = 0, behind = 1;
    for (size_t i = 0; i < r->n; i++) {
        double lndx = before + log(-expm1(r->lnx[i] - before)) - M_LN2, p = exp(r->lnw[i] - r->lnz);
        if (r->lnl[i] > NESTED_FLOOR)
            h += exp(lndx + r->lnl[i] - r->lnz) * (r->lnl[i] - r->lnz);
        if (last > NESTED_FLOOR)
            h += exp(lndx + last - r->lnz) * (last - r->lnz);
        behind = fmax(0, behind - p);
        var += pow(behind / r->nlive[i] - p, 2);
        before = r->lnx[i];
        last = r->lnl[i];
    }
    r->information = h;
    r->lnz_err = sqrt(var);
}

typedef struct {
    double lnl;
    int64_t order;
    size_t at;
} key;

static int by_lnl(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->lnl != y->lnl)
        return x->lnl < y->lnl ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static gal_status permute(void **data, size_t width, const key *k, size_t n)
{
    unsigned char *to = gal_alloc(n * width + 1), *from = *data;
    if (!to)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * width, from + k[i].at * width, width);
    gal_free(*data);
    *data = to;
    return GAL_OK;
}

static gal_status sort_record(gal_nested_record *r)
{
    gal_status st = GAL_OK;
    size_t n = r->n, w = sizeof(double);
    key *k = GAL_NEWN(key, n);
    if (!k)
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        k[i] = (key){r->lnl[i], r->order[i], i};
    qsort(k, n, sizeof *k, by_lnl);
    struct {
        void **p;
        size_t width;
    } all[] = {{(void **)&r->u, r->d * w}, {(void **)&r->x, r->d * w}, {(void **)&r->blob, r->nb * w},
               {(void **)&r->lnprior, w},  {(void **)&r->lnl, w},      {(void **)&r->birth, w},
               {(void **)&r->strand, w},   {(void **)&r->order, w}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        GAL_TRY(permute(all[i].p, all[i].width, k, n));
out:
    gal_free(k);
    return st;
}

/* nlive from sorted lnl and births (sorted in place) */
static void count_live(size_t n, const double *lnl, double *births, double *nlive)
{
    size_t born = 0;
    qsort(births, n, sizeof *births, by_value);
    for (size_t i = 0; i < n; i++) {
        while (born < n && births[born] < lnl[i])
            born++;
        nlive[i] = born > i ? (double)(born - i) : 1;
    }
}

/* Points of one line of descent (strand) share its luck in volume and place: a run of n live points is n runs of one (Higson et al. 2018), and
 * the variance of a posterior mean is the sum over strands of the square of what each adds. w[n]: weights. The least of all parameters. */
static gal_status strand_size(const gal_nested_record *r, const double *w, double *out)
{
    size_t d = r->d, n = r->n;
    int64_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = r->strand[i] > most ? r->strand[i] : most;
    double *sum = GAL_NEWN(double, (size_t)most + 1);
    if (!sum)
        return GAL_ENOMEM;
    *out = gal_ess_kish(w, n);
    for (size_t k = 0; k < d; k++) {
        double all = 0, m = 0, v = 0, s = 0;
        for (size_t i = 0; i < n; i++) {
            all += w[i];
            m += w[i] * r->x[i * d + k];
        }
        m /= all;
        memset(sum, 0, ((size_t)most + 1) * sizeof *sum);
        for (size_t i = 0; i < n; i++) {
            double c = w[i] / all * (r->x[i * d + k] - m);
            v += c * (r->x[i * d + k] - m);
            sum[r->strand[i]] += c;
        }
        for (int64_t i = 0; i <= most; i++)
            s += sum[i] * sum[i];
        if (s > 0 && v / s < *out)
            *out = v / s;
    }
    gal_free(sum);
    return GAL_OK;
}

/* sorts and fills lnx .. ess from lnl and birth */
static gal_status record_integrate(gal_nested_record *r)
{
    gal_status st = sort_record(r);
    double *births = st == GAL_OK ? GAL_NEWN(double, r->n) : NULL;
    if (!births)
        return st == GAL_OK ? GAL_ENOMEM : st;
    memcpy(births, r->birth, r->n * sizeof *births);
    count_live(r->n, r->lnl, births, r->nlive);
    r->lnz = nested_weights(r->n, r->lnl, r->nlive, NULL, r->lnx, r->lnw);
    information(r);
    for (size_t i = 0; i < r->n; i++) {
        r->lnw[i] -= r->lnz;
        births[i] = exp(r->lnw[i]);
    }
    r->ess = gal_ess_kish(births, r->n);
    st = strand_size(r, births, &r->worth);
    gal_free(births);
    return st;
}

static void copy_points(gal_nested_record *r, size_t at, const points *p, const size_t *which, size_t n)
{
    for (size_t i = 0; i < n; i++, at++) {
        size_t j = which ? which[i] : i;
        memcpy(r->u + at * r->d, p->u + j * r->d, r->d * sizeof *r->u);
        memcpy(r->x + at * r->d, p->x + j * r->d, r->d * sizeof *r->x);
        if (r->nb > 0)
            memcpy(r->blob + at * r->nb, p->blob + j * r->nb, r->nb * sizeof *r->blob);
        r->lnprior[at] = p->lnprior[j];
        r->lnl[at] = p->lnl[j];
        r->birth[at] = p->birth[j];
        r->strand[at] = p->strand[j];
        r->order[at] = (int64_t)at;
    }
}

gal_status record_make(const gal_nested *s, gal_nested_record *r)
{
    size_t n = s->dead.n + s->live.n;
    if (s->phase == PHASE_START)
        return gal_fail(GAL_EINVAL, "nested: no points yet: run it first");
    gal_status st = record_alloc(r, n, s->part.dim, s->part.next);
    if (st != GAL_OK)
        return st;
    copy_points(r, 0, &s->dead, NULL, s->dead.n);
    copy_points(r, s->dead.n, &s->live, NULL, s->live.n);
    r->nlast = s->live.n;
    st = record_integrate(r);
    if (st != GAL_OK)
        gal_nested_record_free(r);
    return st;
}

gal_status gal_nested_record_merge(gal_nested_record *out, const gal_nested_record *const *runs, size_t nruns)
{
    size_t n = 0;
    if (nruns == 0)
        return gal_fail(GAL_EINVAL, "nested: nothing to merge");
    for (size_t k = 0; k < nruns; k++) {
        n += runs[k]->n;
        if (runs[k]->d != runs[0]->d || runs[k]->nb != runs[0]->nb)
            return gal_fail(GAL_EINVAL,
                            "nested: run %zu has %zu parameters and %zu derived quantities, run 1 has %zu and %zu",
                            k + 1, runs[k]->d, runs[k]->nb, runs[0]->d, runs[0]->nb);
    }
    gal_status st = record_alloc(out, n, runs[0]->d, runs[0]->nb);
    size_t at = 0;
    int64_t strands = 0;
    for (size_t k = 0; st == GAL_OK && k < nruns; k++) {
        const gal_nested_record *r = runs[k];
        points p = {r->n, r->n, r->u, r->x, r->lnprior, r->lnl, r->birth, r->blob, r->strand};
        int64_t top = -1;
        copy_points(out, at, &p, NULL, r->n);
        for (size_t i = 0; i < r->n; i++) {
            top = r->strand[i] > top ? r->strand[i] : top;
            out->strand[at + i] += strands;
        }
        strands += top + 1;
        at += r->n;
    }
    if (st == GAL_OK && (st = record_integrate(out)) != GAL_OK)
        gal_nested_record_free(out);
    return st;
}

/* ------------------------------------------------------------------ errors */
typedef struct {
    size_t n;
    const gal_nested_record *r;
    size_t *first, *next; /* [strands], [n]: points of each strand in a list; n = end */
    bool *prior;          /* [strands] starts from the whole prior */
    size_t strands;
} strand_list;

static gal_status list_strands(strand_list *l, const gal_nested_record *r)
{
    int64_t top = -1;
    for (size_t i = 0; i < r->n; i++)
        top = r->strand[i] > top ? r->strand[i] : top;
    *l = (strand_list){.n = r->n, .r = r, .strands = (size_t)(top + 1)};
    l->first = GAL_NEWN(size_t, l->strands);
    l->next = GAL_NEWN(size_t, r->n);
    l->prior = GAL_NEWN(bool, l->strands);
    if (!l->first || !l->next || !l->prior)
        return GAL_ENOMEM;
    for (size_t k = 0; k < l->strands; k++)
        l->first[k] = r->n;
    for (size_t i = r->n; i-- > 0;) {
        size_t k = (size_t)r->strand[i];
        l->next[i] = l->first[k];
        l->first[k] = i;
        l->prior[k] |= r->birth[i] == -INFINITY;
    }
    return GAL_OK;
}

/* copies[i]: how often point i is in a resampling of the strands of each kind */
static void resample_strands(const strand_list *l, gal_rng *r, size_t *copies, size_t *pick)
{
    memset(copies, 0, l->n * sizeof *copies);
    for (int kind = 0; kind < 2; kind++) {
        size_t m = 0;
        for (size_t k = 0; k < l->strands; k++)
            if (l->prior[k] == kind && l->first[k] < l->n)
                pick[m++] = k;
        for (size_t j = 0; j < m; j++)
            for (size_t i = l->first[pick[gal_rng_below(r, m)]]; i < l->n; i = l->next[i])
                copies[i]++;
    }
}

gal_status gal_nested_realisations(const gal_nested_record *r, unsigned how, uint64_t seed, size_t n, double *lnz)
{
    gal_status st = GAL_OK;
    strand_list l = {0};
    size_t most = how & GAL_NESTED_BOOTSTRAP ? 4 * r->n + 1000 : r->n, *copies = NULL, *pick = NULL;
    double *lnl = GAL_NEWN(double, most), *birth = GAL_NEWN(double, most), *nlive = GAL_NEWN(double, most),
           *lnt = GAL_NEWN(double, most);
    if (!lnl || !birth || !nlive || !lnt) {
        st = GAL_ENOMEM;
        goto out;
    }
    if (how & GAL_NESTED_BOOTSTRAP) {
        GAL_TRY(list_strands(&l, r));
        copies = GAL_NEWN(size_t, r->n);
        pick = GAL_NEWN(size_t, l.strands);
        if (!copies || !pick) {
            st = GAL_ENOMEM;
            goto out;
        }
    }
    for (size_t k = 0; k < n; k++) {
        gal_rng g;
        size_t m = 0;
        gal_rng_init(&g, seed, RNG_NESTED_ERRORS, k, 0, 0);
        if (how & GAL_NESTED_BOOTSTRAP)
            resample_strands(&l, &g, copies, pick);
        for (size_t i = 0; i < r->n; i++)
            for (size_t c = copies ? copies[i] : 1; c > 0 && m < most; c--, m++) {
                lnl[m] = r->lnl[i];
                birth[m] = r->birth[i];
            }
        count_live(m, lnl, birth, nlive);
        for (size_t i = 0; i < m; i++)
            lnt[i] = how & GAL_NESTED_JITTER ? log(gal_rng_uniform(&g)) / nlive[i] : log(nlive[i] / (nlive[i] + 1));
        lnz[k] = nested_weights(m, lnl, nlive, lnt, NULL, NULL);
    }
out:
    gal_free(lnl);
    gal_free(birth);
    gal_free(nlive);
    gal_free(lnt);
    gal_free(copies);
    gal_free(pick);
    gal_free(l.first);
    gal_free(l.next);
    gal_free(l.prior);
    return st;
}

/* ------------------------------------------------------------------ equally weighted draws */
gal_status gal_nested_resample(const gal_nested_record *r, uint64_t seed, size_t *m, size_t **index)
{
    size_t n = *m > 0 ? *m : r->ess > 1000 ? (size_t)r->ess : 1000, j = 0;
    gal_rng g;
    if (*m == 0 && n > r->n)
        n = r->n;
    size_t *out = GAL_NEWN(size_t, n);
    if (!out)
        return GAL_ENOMEM;
    gal_rng_init(&g, seed, RNG_NESTED_DRAWS, 0, 0, 0);
    double u = gal_rng_uniform(&g), sum = exp(r->lnw[0]), top = 0;
    for (size_t i = 0; i < r->n; i++)
        top += exp(r->lnw[i]);
    for (size_t k = 0; k < n; k++) {
        double at = (u + (double)k) / (double)n * top;
        while (sum < at && j + 1 < r->n)
            sum += exp(r->lnw[++j]);
        out[k] = j;
    }
    gal_rng_shuffle(&g, out, n);
    *m = n;
    *index = out;
    return GAL_OK;
}
