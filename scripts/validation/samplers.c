/* Samplers on targets of known answer: what a call is worth, and whether their errors and verdicts are true. One line of CSV per target.
 *
 *   samplers SAMPLER TARGET SEEDS [OPTION=NUMBER ...]      seeds 1 .. SEEDS; TARGET all: every one (gauss30 with a quarter of the seeds)
 *   columns: sampler, target, runs, accepted (called converged, approximations: accepted), right (of the accepted: |ln Z - exact| < 3 errors
 *   where there is an evidence, and every median within 0.3 sigma: its CDF within 0.118 of one half), calls, seconds (own), ess (claimed), true_ess,
 *   bias, scatter, quoted (median error), z_rms: of the accepted runs, or of all where fewer than 10 were
 *   true_ess: mean over parameters and the 5, 25, 50, 75, 95 % quantiles q of q(1-q)/variance over runs of the posterior's CDF at the exact quantile
 *   samplers --exact TARGET SEEDS: the same for 1000 exact draws, instead of a sampler
 * Built by scripts/validation/samplers.sh; with -DTAMIS=file a prototype of the importance sampler is compiled in, as sampler `tamis`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "galua/ensemble.h"
#include "galua/pathfinder.h"
#include "galua/sampler.h"
#include "sampler_targets.h"

enum { NQ = 5, MEDIAN = 2, EXACT = 400000 };
static const double Q[NQ] = {0.05, 0.25, 0.5, 0.75, 0.95};
#define OFF 0.118 /* Phi(0.3) - 1/2 */

static double seconds_like;
static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static gal_status eval(const gal_target *t, size_t m, const double *x, double *lnprior, double *lnlike, double *blob)
{
    const truth *p = t->self;
    double t0 = cpu();
    (void)blob;
    for (size_t i = 0; i < m; i++) {
        lnprior[i] = -(double)p->d * log(p->hi - p->lo);
        for (size_t k = 0; k < p->d; k++)
            lnprior[i] = x[i * p->d + k] < p->lo || x[i * p->d + k] > p->hi ? -INFINITY : lnprior[i];
        lnlike[i] = p->lnlike(p, x + i * p->d);
    }
    seconds_like += cpu() - t0;
    return GAL_OK;
}
static gal_status transform(const gal_target *t, size_t m, const double *u, double *x)
{
    const truth *p = t->self;
    for (size_t i = 0; i < m * p->d; i++)
        x[i] = p->lo + (p->hi - p->lo) * u[i];
    return GAL_OK;
}

/* What one run gave */
typedef struct run {
    double lnz, err, calls, seconds, ess, *cdf; /* cdf[d][NQ] */
    bool any, accepted, evidence;               /* any: it has draws */
} run;

static void set_cdf(run *r, size_t n, size_t d, const double *x, const double *lnw, const double *quantile)
{
    double sum = 0;
    memset(r->cdf, 0, d * NQ * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double w = lnw ? exp(lnw[i]) : 1;
        sum += w;
        for (size_t k = 0; k < d * NQ; k++)
            r->cdf[k] += x[i * d + k / NQ] < quantile[k] ? w : 0;
    }
    for (size_t k = 0; k < d * NQ; k++)
        r->cdf[k] /= sum;
}

#ifdef TAMIS
#include TAMIS
static void one_tamis(const gal_target *t, uint64_t seed, const double *quantile, run *r)
{
    enum { ROOM = 100000 };
    topt o = {.seed = seed, .ess_want = 1000, .verbose = getenv("VERBOSE") != NULL};
    double out[16], *x = calloc(ROOM * t->ndim, sizeof *x), *lnw = calloc(ROOM, sizeof *lnw);
    long n = tamis_run(t, &o, out, x, lnw, ROOM);
    r->lnz = out[0];
    r->err = out[1] * (out[3] > 0.5 ? 2 : 1);
    r->calls = out[4];
    r->seconds = out[8] - out[9];
    r->ess = out[2];
    r->accepted = n > 0 && out[3] <= 0.7 && out[2] >= 100;
    r->any = n > 0;
    r->evidence = true;
    if (n > 0)
        set_cdf(r, (size_t)n, t->ndim, x, lnw, quantile);
    free(x);
    free(lnw);
}
#endif

static void set_option(const gal_sampler_class *c, char *opt, const char *word)
{
    char name[64];
    double v;
    if (sscanf(word, "%63[^=]=%lf", name, &v) != 2) {
        fprintf(stderr, "samplers: '%s' is no OPTION=NUMBER\n", word);
        exit(2);
    }
    const gal_field *f = gal_sampler_field(c, name, GAL_OPTION);
    if (!f) {
        fprintf(stderr, "samplers: %s has no option '%s'\n", c->name, name);
        exit(2);
    }
    char *at = opt + (f->at - c->opt_at);
    if (f->type == GAL_F_REAL)
        *(double *)(void *)at = v;
    else if (f->type == GAL_F_SIZE || f->type == GAL_F_COUNT || f->type == GAL_F_U64)
        *(uint64_t *)(void *)at = (uint64_t)v;
    else if (f->type == GAL_F_FLAG)
        *(bool *)(void *)at = v != 0;
    else if (f->type == GAL_F_UNLESS)
        *(bool *)(void *)at = v == 0;
    else
        *(int *)(void *)at = (int)v;
}

/* Runs it as fit{} does */
static gal_status perform(gal_sampler *s, const gal_sampler_class *c, const gal_target *t, uint64_t seed)
{
    if (strcmp(c->name, "ensemble") == 0) {
        gal_ensemble_goal g = {.tau = 50, .dtau = 0.05, .max_steps = 20000};
        gal_move moves[GAL_MOVES_MAX];
        size_t n;
        gal_status st = gal_moves_preset("mix", moves, &n);
        st = st == GAL_OK ? gal_ensemble_set_moves((gal_ensemble *)s, moves, n) : st;
        st = st == GAL_OK ? gal_ensemble_start_prior((gal_ensemble *)s) : st;
        return st == GAL_OK ? gal_sampler_run(s, &g) : st;
    }
    if (strcmp(c->name, "nuts") != 0)
        return gal_sampler_run(s, NULL);
    gal_sampler *p = NULL;
    gal_pathfinder_opt o = {.seed = seed};
    gal_nuts_goal g = {.until = 1000};
    gal_status st = gal_sampler_create(&p, &gal_pathfinder_class, t, &o);
    st = st == GAL_OK ? gal_sampler_run(p, NULL) : st;
    st = st == GAL_OK ? gal_nuts_start_pathfinder((gal_nuts *)s, (gal_pathfinder *)p) : st;
    s->evaluations += p ? p->evaluations : 0;
    gal_sampler_free(p);
    return st == GAL_OK ? gal_sampler_run(s, &g) : st;
}

static void one(const gal_sampler_class *c, const gal_target *t, uint64_t seed, int nword, char **word,
                const double *quantile, run *r)
{
    gal_sampler *s = NULL;
    gal_draw_set w = {0};
    char *opt = calloc(1, c->opt_size), text[32];
    for (const gal_field *f = c->field; f->type != GAL_F_END; f++) /* defaults that are not 0 */
        if (f->use & GAL_OPTION && f->def != 0 && strcmp(f->name, "seed") != 0) {
            snprintf(text, sizeof text, "%s=%.17g", f->name, f->def);
            set_option(c, opt, text);
        }
    snprintf(text, sizeof text, "seed=%llu", (unsigned long long)seed);
    set_option(c, opt, text);
    if (c->kind == GAL_DRAWS_ENSEMBLE)
        set_option(c, opt, "thin=20");
    for (int i = 0; i < nword; i++)
        set_option(c, opt, word[i]);
    double t0 = cpu();
    seconds_like = 0;
    gal_status st = gal_sampler_create(&s, c, t, opt);
    st = st == GAL_OK ? perform(s, c, t, seed) : st;
    r->seconds = cpu() - t0 - seconds_like;
    if (st == GAL_OK)
        st = gal_sampler_draws(s, &w);
    r->lnz = r->err = NAN;
    r->accepted = false;
    if (st == GAL_OK && w.n > 0) {
        size_t burn = c->kind == GAL_DRAWS_ENSEMBLE ? w.n / 4 * w.chains : 0, d = t->ndim;
        r->evidence = gal_sampler_field(c, "lnz", GAL_SHOWN) != NULL;
        r->lnz = gal_sampler_number(s, "lnz");
        r->err = gal_sampler_number(s, "lnz_err");
        r->accepted = s->end == GAL_RUN_CONVERGED ||
                      (s->end == GAL_RUN_APPROXIMATE && gal_sampler_number(s, "khat") <= 0.5 && w.ess >= 100);
        r->ess = w.lnw ? w.ess : NAN;
        r->any = true;
        set_cdf(r, w.n * w.chains - burn, d, w.theta + burn * d, w.lnw, quantile);
    }
    if (s) {
        r->calls = (double)s->evaluations;
        if (getenv("VERBOSE"))
            fprintf(stderr, "%llu: %s | lnz %.4f +- %.4f\n", (unsigned long long)seed, s->why, r->lnz, r->err);
    } else {
        fprintf(stderr, "%s\n", gal_error_message());
    }
    gal_sampler_free(s);
    free(opt);
}

static void one_exact(const truth *t, uint64_t seed, const double *quantile, run *r)
{
    enum { N = 1000 };
    double *x = malloc(N * t->d * sizeof *x);
    gal_rng g;
    gal_rng_init(&g, seed, 1, 0, 0, 0);
    for (size_t i = 0; i < N; i++)
        t->draw(t, &g, x + i * t->d);
    set_cdf(r, N, t->d, x, NULL, quantile);
    r->any = r->accepted = true;
    r->ess = N;
    r->lnz = r->err = NAN;
    free(x);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* exact quantiles [d][NQ] of the marginals, by draws */
static void quantiles(const truth *t, double *out)
{
    double *x = malloc(EXACT * sizeof *x), *y = malloc(t->d * EXACT * sizeof *y);
    gal_rng r;
    gal_rng_init(&r, 20260101, 1, 2, 3, 4);
    size_t n = t->draw == rosenbrock_draw ? EXACT / 20 : EXACT;
    for (size_t i = 0; i < n; i++)
        t->draw(t, &r, y + i * t->d);
    for (size_t k = 0; k < t->d; k++) {
        for (size_t i = 0; i < n; i++)
            x[i] = y[i * t->d + k];
        qsort(x, n, sizeof *x, ascending);
        for (int q = 0; q < NQ; q++)
            out[k * NQ + (size_t)q] = x[(size_t)(Q[q] * (double)n)];
    }
    free(x);
    free(y);
}

static bool is_right(const run *r, size_t d, double exact)
{
    bool good = !r->evidence || fabs(r->lnz - exact) < 3 * r->err;
    for (size_t k = 0; k < d; k++)
        good &= fabs(r->cdf[k * NQ + MEDIAN] - 0.5) < OFF;
    return good;
}

static void report(const char *sampler, const truth *t, double exact, size_t n, const run *r)
{
    size_t accepted = 0, right = 0, used = 0, d = t->d;
    for (size_t i = 0; i < n; i++) {
        accepted += r[i].accepted;
        right += r[i].accepted && is_right(&r[i], d, exact);
    }
    bool all = accepted < 10;
    double calls = 0, sec = 0, ess = 0, bias = 0, sd = 0, z2 = 0, te = 0, *err = calloc(n + 1, sizeof *err);
    for (size_t i = 0; i < n; i++) {
        if (!(all || r[i].accepted) || !r[i].any)
            continue;
        err[used++] = r[i].err;
        calls += r[i].calls;
        sec += r[i].seconds;
        ess += r[i].ess;
        bias += r[i].lnz - exact;
        sd += (r[i].lnz - exact) * (r[i].lnz - exact);
        z2 += pow((r[i].lnz - exact) / r[i].err, 2);
    }
    double m = used > 0 ? (double)used : NAN;
    bias /= m;
    sd = sqrt(fmax(0, sd / m - bias * bias) * m / (m - 1));
    qsort(err, used, sizeof *err, ascending);
    for (size_t k = 0; k < d * NQ; k++) {
        double s = 0, s2 = 0, q = Q[k % NQ];
        for (size_t i = 0; i < n; i++)
            if ((all || r[i].accepted) && r[i].any) {
                s += r[i].cdf[k] / m;
                s2 += (r[i].cdf[k] - q) * (r[i].cdf[k] - q) / m;
            }
        te += q * (1 - q) / s2 / (double)(d * NQ);
    }
    printf("%s,%s,%zu,%zu,%zu,%.0f,%.3f,%.0f,%.0f,%.4f,%.4f,%.4f,%.2f\n", sampler, t->name, n, accepted, right,
           calls / m, sec / m, ess / m, te, bias, sd, used > 0 ? err[used / 2] : NAN, sqrt(z2 / m));
    fflush(stdout);
    free(err);
}

int main(int argc, char **argv)
{
    const gal_sampler_class *c = NULL;
    if (argc < 4) {
        fprintf(stderr, "usage: samplers SAMPLER TARGET SEEDS [OPTION=NUMBER ...]\n");
        return 2;
    }
    gal_threads_set(1);
    bool exact = strcmp(argv[1], "--exact") == 0;
    if (!exact && strcmp(argv[1], "tamis") != 0 && gal_sampler_find(&c, argv[1]) != GAL_OK) {
        fprintf(stderr, "%s\n", gal_error_message());
        return 2;
    }
    for (size_t i = 0; i < NTRUTH; i++) {
        truth t = TRUTH[i];
        size_t n = (size_t)atol(argv[3]);
        bool every = strcmp(argv[2], "all") == 0;
        if (!every && strcmp(argv[2], t.name) != 0)
            continue;
        n = every && t.d >= 30 ? (n + 3) / 4 : n;
        double lnz = !isnan(t.lnz) ? t.lnz : ros_prepare(&t);
        gal_target target = {.ndim = t.d, .eval = eval, .prior_transform = transform, .self = &t};
        double *quantile = calloc(t.d * NQ, sizeof *quantile);
        run *r = calloc(n, sizeof *r);
        quantiles(&t, quantile);
        for (size_t k = 0; k < n; k++) {
            r[k].cdf = calloc(t.d * NQ, sizeof(double));
            if (exact)
                one_exact(&t, k + 1, quantile, &r[k]);
#ifdef TAMIS
            if (!c && !exact)
                one_tamis(&target, k + 1, quantile, &r[k]);
#endif
            if (c)
                one(c, &target, k + 1, argc - 4, argv + 4, quantile, &r[k]);
        }
        report(argv[1], &t, lnz, n, r);
        for (size_t k = 0; k < n; k++)
            free(r[k].cdf);
        free(r);
        free(quantile);
    }
    return 0;
}
