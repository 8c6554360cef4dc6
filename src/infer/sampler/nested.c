/* Nested sampling: the first points, one iteration, accessors. See galua/nested.h.
 *
 * An iteration is atomic: when the target fails or is interrupted, nothing has changed but the bound, and the repeated iteration
 * draws the same numbers. */
#include "galua/nested.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nested_int.h"
#include "grow.h"
#include "infer/target/purpose.h"

#define EXCESS     10 /* of ln L at a mean above all live points, that tells of a peak */
#define MOST_LOOKS 20
#define MAX_DRAWS  1000 /* batches of prior draws in search of points of finite likelihood */

/* ------------------------------------------------------------------ points */
gal_status points_room(points *p, size_t d, size_t nb, size_t more)
{
    gal_status st = GAL_OK;
    size_t n = p->n + more;
    if (n <= p->room)
        return GAL_OK;
    n = n > 2 * p->room ? n : 2 * p->room;
    GAL_TRY(GAL_GROW(p->u, n * d));
    GAL_TRY(GAL_GROW(p->x, n * d));
    GAL_TRY(GAL_GROW(p->lnprior, n));
    GAL_TRY(GAL_GROW(p->lnl, n));
    GAL_TRY(GAL_GROW(p->birth, n));
    GAL_TRY(GAL_GROW(p->blob, n * nb));
    GAL_TRY(GAL_GROW(p->strand, n));
    p->room = n;
out:
    return st;
}

static void points_free(points *p)
{
    void *all[] = {p->u, p->x, p->lnprior, p->lnl, p->birth, p->blob, p->strand};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
    *p = (points){0};
}

static void points_put(points *to, size_t i, size_t d, size_t nb, const double *u, const double *x, double lnprior,
                       double lnl, double birth, const double *blob, int64_t strand)
{
    memcpy(to->u + i * d, u, d * sizeof *u);
    memcpy(to->x + i * d, x, d * sizeof *x);
    if (nb > 0)
        memcpy(to->blob + i * nb, blob, nb * sizeof *blob);
    to->lnprior[i] = lnprior;
    to->lnl[i] = lnl;
    to->birth[i] = birth;
    to->strand[i] = strand;
}

void points_copy(points *to, size_t i, const points *from, size_t j, size_t d, size_t nb)
{
    points_put(to, i, d, nb, from->u + j * d, from->x + j * d, from->lnprior[j], from->lnl[j], from->birth[j],
               from->blob + j * nb, from->strand[j]);
}

gal_status nested_live_room(gal_nested *s, size_t n)
{
    if (n <= s->slots)
        return GAL_OK;
    gal_status st = points_room(&s->live, s->part.dim, s->part.next, n - s->live.n);
    size_t *o = st == GAL_OK ? gal_realloc(s->order, s->live.room * sizeof *o) : NULL;
    if (o)
        s->order = o;
    size_t *l = o ? gal_realloc(s->label, s->live.room * sizeof *l) : NULL;
    if (l)
        s->label = l;
    size_t *h = l ? gal_realloc(s->hole, s->live.room * sizeof *h) : NULL;
    if (h)
        s->hole = h;
    bool *g = h ? gal_realloc(s->gone, s->live.room * sizeof *g) : NULL;
    if (g)
        s->gone = g;
    if (g)
        s->slots = s->live.room;
    return g ? GAL_OK : GAL_ENOMEM;
}

gal_status nested_alloc(gal_nested *s)
{
    size_t n = s->nscratch, d = s->part.dim, nb = s->part.next;
    s->chains_ws = GAL_NEWN(chain, n);
    s->caxes = GAL_NEWN(size_t, n * d);
    s->bwho = GAL_NEWN(size_t, n);
    s->flabel = GAL_NEWN(size_t, n);
    s->shift = GAL_NEWN(double, d);
    s->tmp = GAL_NEWN(double, 2 * d);
    s->turn = GAL_NEWN(double, NESTED_TURNS *d *d);
    double **vec[] = {&s->cu, &s->cx, &s->cdir, &s->cu0, &s->bu, &s->bx, &s->fu, &s->fx, &s->pts};
    double **one[] = {&s->blp, &s->bll, &s->flp, &s->fll};
    bool ok = s->chains_ws && s->caxes && s->bwho && s->flabel && s->shift && s->tmp && s->turn;
    for (size_t i = 0; i < sizeof vec / sizeof *vec; i++)
        ok &= (*vec[i] = GAL_NEWN(double, n *d)) != NULL;
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        ok &= (*one[i] = GAL_NEWN(double, n)) != NULL;
    ok &= (s->bblob = GAL_NEWN(double, n *nb)) != NULL && (s->fblob = GAL_NEWN(double, n *nb)) != NULL;
    return ok ? nested_live_room(s, n) : GAL_ENOMEM;
}

void nested_close(void *obj)
{
    gal_nested *s = obj;
    gal_nested_record_free(&s->rec);
    gal_draws_clear(&s->whole);
    reduced_close(&s->part);
    points_free(&s->live);
    points_free(&s->dead);
    bound_free(&s->b);
    void *all[] = {s->wrap, s->order, s->label, s->chains_ws, s->caxes, s->bwho, s->flabel, s->shift, s->tmp,
                   s->cu,   s->cx,    s->cdir,  s->bu,        s->bx,    s->fu,   s->fx,     s->pts,   s->blp,
                   s->bll,  s->flp,   s->fll,   s->bblob,     s->fblob, s->hole, s->gone,   s->cu0,   s->turn};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gal_free(all[i]);
}

/* ------------------------------------------------------------------ evaluation */
gal_status nested_eval(gal_nested *s, size_t m, double *blob)
{
    gal_status st = m > 0 ? gal_sampler_tick(s) : GAL_OK;
    if (m == 0 || st != GAL_OK)
        return st;
    if ((st = s->part.work->prior_transform(s->part.work, m, s->bu, s->bx)) != GAL_OK ||
        (st = gal_target_eval(s->part.work, m, s->bx, s->blp, s->bll, blob)) != GAL_OK)
        return st;
    s->calls_now += blob && s->part.marginal && s->nb > 0 ? 2 * m : m;
    for (size_t i = 0; i < m; i++)
        if (!(s->bll[i] > NESTED_FLOOR))
            s->bll[i] = NESTED_FLOOR;
    return GAL_OK;
}

static _Thread_local const double *sort_key;

static int by_key(const void *a, const void *b)
{
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    double x = sort_key[i], y = sort_key[j];
    return x < y ? -1 : x > y ? 1 : (i > j) - (i < j);
}

void nested_sort(gal_nested *s)
{
    for (size_t i = 0; i < s->live.n; i++)
        s->order[i] = i;
    sort_key = s->live.lnl;
    qsort(s->order, s->live.n, sizeof *s->order, by_key);
}

/* ------------------------------------------------------------------ first points */
/* Draws of the prior until enough are finite. Forbidden ones die at once: N draws, F of them finite, leave X = (F+1)/(N+1). */
static gal_status first_points(gal_nested *s)
{
    gal_status st = GAL_OK;
    size_t n = s->o.live, d = s->part.dim, enough, finite = 0, total = 0;
    enough = n > 120 ? 100 : n > 20 ? n - 20 : 1;
    enough = enough < d + 1 ? d + 1 : enough;
    enough = enough > n ? n : enough;
    s->live.n = s->dead.n = 0;
    s->calls_now = 0;
    for (uint64_t attempt = 0; finite < enough; attempt++) {
        if (attempt == MAX_DRAWS)
            GAL_THROW(GAL_EMATH,
                      "nested: %zu of %zu draws of the prior have a finite likelihood, %zu are needed; check the data "
                      "against "
                      "the range of the model, or narrow the priors",
                      finite, total, enough);
        for (size_t i = 0; i < n; i++) {
            gal_rng r;
            gal_rng_init(&r, s->o.seed, RNG_NESTED_START, s->o.source, attempt, i);
            for (size_t k = 0; k < d; k++)
                s->bu[i * d + k] = gal_rng_uniform(&r);
        }
        GAL_TRY(nested_eval(s, n, s->bblob));
        GAL_TRY(points_room(&s->dead, d, s->part.next, n));
        GAL_TRY(nested_live_room(s, s->live.n + n));
        for (size_t i = 0; i < n; i++, total++) {
            bool good = s->bll[i] > NESTED_FLOOR;
            points *to = good ? &s->live : &s->dead;
            points_put(to, to->n++, d, s->part.next, s->bu + i * d, s->bx + i * d, s->blp[i], s->bll[i], -INFINITY,
                       s->bblob + i * s->part.next, (int64_t)total);
            finite += good;
        }
    }
    s->strands = (int64_t)total;
    s->plateau = s->dead.n > 0;
    s->lnx = log((double)(finite + 1) / (double)(total + 1));
    s->efficiency = (double)finite / (double)total;
    s->evaluations += s->calls_now;
    s->calls_now = 0;
    for (size_t i = 0; i < s->live.n; i++)
        s->label[i] = 0;
    nested_sort(s);
    s->phase = PHASE_RUN;
out:
    return st;
}

/* ------------------------------------------------------------------ one iteration */
/* Puts a slot into order[0..n-1], sorted by (lnl, slot). Its rank there, ties at random: ranks taken one after the other are
 * independent. */
static void insert(gal_nested *s, size_t slot, size_t n, gal_rng *r)
{
    size_t lo = 0, hi = n, ties = 0;
    double v = s->live.lnl[slot];
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (s->live.lnl[s->order[mid]] < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (lo + ties < n && s->live.lnl[s->order[lo + ties]] == v)
        ties++;
    size_t rank = lo + (ties > 0 ? (size_t)gal_rng_below(r, ties + 1) : 0);
    s->rank_sum += ((double)rank + 0.5) / (double)(n + 1) - 0.5;
    s->ranked++;
    s->plateau |= ties > 0;
    for (size_t end = lo + ties; lo < end && s->order[lo] < slot;)
        lo++;
    memmove(s->order + lo + 1, s->order + lo, (n - lo) * sizeof *s->order);
    s->order[lo] = slot;
}

/* Running evidence: the trapezoid rule of one death among m live points. */
static void count_death(gal_nested *s, double lnl, size_t m)
{
    double lndx = s->lnx - log((double)(m + 1)), top = fmax(s->last, lnl);
    double lnw = lndx + top + log(0.5 * (exp(s->last - top) + exp(lnl - top)));
    if (top > NESTED_FLOOR) {
        double both = fmax(s->lnz, lnw);
        double now = both + log(exp(s->lnz - both) + exp(lnw - both)), share = exp(lnw - now);
        s->mean = s->mean * (1 - share) + lnl * share;
        s->lnz = now;
    }
    s->lnx += log((double)m / (double)(m + 1));
    s->last = lnl;
}

/* How many die: the k worst and all that tie with the last of them; 0 when all are equal. */
static size_t doomed(const gal_nested *s)
{
    size_t m = s->live.n, k = s->o.replace < m / 2 ? s->o.replace : m / 2 > 0 ? m / 2 : 1;
    const double *l = s->live.lnl;
    const size_t *o = s->order;
    while (k < m && l[o[k]] == l[o[k - 1]])
        k++;
    if (k < m)
        return k;
    while (k > 0 && l[o[k - 1]] == l[o[m - 1]])
        k--;
    return k;
}

/* The points in holes (slots that nothing replaced) are filled from the end. */
static void close_holes(gal_nested *s, size_t *hole, size_t n)
{
    bool *gone = s->gone;
    for (size_t i = 0; i < s->live.n; i++)
        gone[i] = false;
    for (size_t i = 0; i < n; i++)
        gone[hole[i]] = true;
    size_t to = 0;
    for (size_t i = 0; i < s->live.n; i++) {
        if (gone[i])
            continue;
        if (to != i) {
            points_copy(&s->live, to, &s->live, i, s->part.dim, s->part.next);
            s->label[to] = s->label[i];
        }
        to++;
    }
    s->live.n = to;
    nested_sort(s);
}

static gal_status iterate(gal_nested *s)
{
    gal_status st = GAL_OK;
    size_t m = s->live.n, d = s->part.dim, kill = m < s->want ? 0 : doomed(s);
    bool top_up = kill == 0;
    double lstar = kill > 0 ? s->live.lnl[s->order[kill - 1]] : fmax(NESTED_FLOOR, s->range[0]);
    size_t left = m - kill, need = s->want > left ? s->want - left : 0, *hole = s->hole;
    gal_rng r;
    GAL_TRY(points_room(&s->dead, d, s->part.next, kill));
    GAL_TRY(nested_live_room(s, left + need > m ? left + need : m));
    hole = s->hole;
    if (need > 0)
        GAL_TRY(nested_draw(s, lstar, need, &s->live, s->order + kill, left, s->label));
    /* nothing fails from here on */
    for (size_t i = 0; i < kill; i++) {
        hole[i] = s->order[i];
        points_copy(&s->dead, s->dead.n++, &s->live, hole[i], d, s->part.next);
        count_death(s, s->live.lnl[hole[i]], m - i);
    }
    memmove(s->order, s->order + kill, left * sizeof *s->order);
    gal_rng_init(&r, s->o.seed, RNG_NESTED_RANK, s->o.source, s->iterations, 0);
    for (size_t j = 0; j < need; j++) {
        size_t slot = j < kill ? hole[j] : m + j - kill;
        int64_t strand = j < kill                                           ? s->live.strand[slot]
                         : top_up && j < s->dead.n && s->phase == PHASE_RUN ? s->dead.strand[j]
                                                                            : s->strands++;
        points_put(&s->live, slot, d, s->part.next, s->fu + j * d, s->fx + j * d, s->flp[j], s->fll[j], lstar,
                   s->fblob + j * s->part.next, strand);
        s->label[slot] = s->flabel[j];
        insert(s, slot, left + j, &r);
    }
    if (need < kill)
        close_holes(s, hole + need, kill - need);
    else
        s->live.n = left + need;
    s->evaluations += s->calls_now;
    s->calls_now = 0;
    s->iterations++;
out:
    return st;
}

/* ------------------------------------------------------------------ running */
/* ln(1 + L_max X/Z): how much the live points, or a peak seen between them, could still add. */
static double nested_remaining(const gal_nested *s)
{
    double z = s->phase == PHASE_BATCH ? s->lnz_total : s->lnz, top = s->live.lnl[s->order[s->live.n - 1]];
    double more = (s->phase == PHASE_RUN ? fmax(top, s->peak) : top) + s->lnx - z;
    return z == -INFINITY ? INFINITY : more < 0 ? log1p(exp(more)) : more + log1p(exp(-more));
}

double nested_report(void *obj, const void *goal, char *text, size_t size)
{
    const gal_nested *s = obj;
    (void)goal;
    if (s->phase == PHASE_START || s->phase == PHASE_BETWEEN) {
        snprintf(text, size, "first points");
        return s->phase == PHASE_START ? 0 : -1;
    }
    double rest = nested_remaining(s), lnz = s->phase == PHASE_BATCH ? s->lnz_total : s->lnz, fraction = -1;
    double h = fmax(0, s->mean - s->lnz), n = (double)s->want;
    int at = snprintf(text, size, "iteration %llu  calls %zu", (unsigned long long)s->iterations,
                      s->evaluations + s->calls_now);
    if (s->phase == PHASE_BATCH)
        at += snprintf(text + at, size - (size_t)at, "  batch %llu", (unsigned long long)s->batches);
    at += snprintf(text + at, size - (size_t)at, "  ln Z %.2f +- %.2f", lnz, sqrt(h / n));
    if (s->phase == PHASE_RUN && isfinite(rest)) {
        /* while L_max stands still, the rest falls with the volume */
        double more = fmax(0, log(expm1(rest)) - log(expm1(s->o.dlogz)));
        fraction = -s->lnx / (-s->lnx + more);
        at += snprintf(text + at, size - (size_t)at, "  rest %.3g", rest);
        if (fraction > 0)
            snprintf(text + at, size - (size_t)at, "  ETA %.0f s",
                     (s->seconds + gal_clock() - s->t0) * (1 / fraction - 1));
    }
    return fraction;
}

static bool all_equal(const gal_nested *s)
{
    return s->live.lnl[s->order[0]] == s->live.lnl[s->order[s->live.n - 1]];
}

/* Is this run, or this batch, at its end? */
static bool finished(gal_nested *s)
{
    double rest, worst = s->live.lnl[s->order[0]];
    if (s->live.n < s->want)
        return false;
    if (all_equal(s)) {
        snprintf(s->why, sizeof s->why, "converged: all live points have the same likelihood");
        return true;
    }
    rest = nested_remaining(s);
    if (s->phase == PHASE_BATCH)
        return worst > s->range[1] || rest < 0.01;
    if (rest >= s->o.dlogz)
        return false;
    snprintf(s->why, sizeof s->why, "converged: the live points can add %.3g to ln Z after %llu iterations", rest,
             (unsigned long long)s->iterations);
    return true;
}

static bool at_limit(gal_nested *s, const gal_nested_goal *g)
{
    double worst = s->live.n > 0 ? s->live.lnl[s->order[0]] : -INFINITY;
    const char *what = g->max_calls > 0 && s->evaluations >= g->max_calls            ? "max_calls"
                       : g->max_iterations > 0 && s->iterations >= g->max_iterations ? "max_iterations"
                       : g->max_lnl != 0 && s->live.n > 0 && worst > g->max_lnl      ? "max_lnl"
                                                                                     : NULL;
    if (!what)
        return false;
    double rest = s->live.n == 0 ? INFINITY : nested_remaining(s);
    snprintf(s->why, sizeof s->why, "stopped by %s after %zu calls: the live points can still add %.3g to ln Z%s", what,
             s->evaluations, rest, rest > 10 * s->o.dlogz ? ", far from converged" : "");
    return true;
}

/* Before the end: the likelihood at the mean of the live points, of all and of each ellipsoid. Means lie deeper inside than any of many parameters' points:
 * a likelihood there that is far above all of them belongs to a peak that they have not met, such as a spike on a slab, and the run goes on. */
static gal_status look_inside(gal_nested *s)
{
    size_t d = s->part.dim, rows = 1 + (s->b.n + 1 < s->nscratch ? s->b.n : 0), m = 0;
    double *sum = GAL_NEWN(double, rows *(d + 1)), top = s->live.lnl[s->order[s->live.n - 1]];
    gal_status st = sum ? GAL_OK : GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < s->live.n; i++)
        for (int own = 0; own < 2; own++) {
            size_t r = own ? 1 + s->label[i] : 0;
            for (size_t k = 0; k < d && r < rows; k++)
                sum[r * (d + 1) + k] += s->live.u[i * d + k];
            if (r < rows)
                sum[r * (d + 1) + d]++;
        }
    for (size_t r = 0; st == GAL_OK && r < rows; r++)
        if (sum[r * (d + 1) + d] > 0) {
            for (size_t k = 0; k < d; k++)
                s->bu[m * d + k] = sum[r * (d + 1) + k] / sum[r * (d + 1) + d];
            m++;
        }
    gal_free(sum);
    s->calls_now = 0;
    if (st == GAL_OK && (st = nested_eval(s, m, NULL)) == GAL_OK) {
        for (size_t i = 0; i < m; i++)
            s->peak = s->bll[i] > top + EXCESS && isfinite(s->bll[i]) ? fmax(s->peak, s->bll[i]) : s->peak;
        s->looks++;
        s->evaluations += s->calls_now;
        s->calls_now = 0;
    }
    return st;
}

/* The live points of a finished run, or batch, die. */
static gal_status retire(gal_nested *s)
{
    gal_status st = points_room(&s->dead, s->part.dim, s->part.next, s->live.n);
    if (st != GAL_OK)
        return st;
    for (size_t i = 0; i < s->live.n; i++)
        points_copy(&s->dead, s->dead.n++, &s->live, s->order[i], s->part.dim, s->part.next);
    s->live.n = 0;
    s->phase = PHASE_BETWEEN;
    return GAL_OK;
}

static gal_status advance(gal_nested *s)
{
    gal_status st;
    bool more;
    switch (s->phase) {
    case PHASE_START:
        return first_points(s);
    case PHASE_BETWEEN:
        st = nested_next_batch(s, &more);
        if (st == GAL_OK && !more)
            s->phase = PHASE_DONE;
        return st;
    default:
        if (!finished(s))
            return iterate(s);
        if (s->phase == PHASE_RUN && s->looks < MOST_LOOKS && !all_equal(s)) {
            double before = s->peak;
            if ((st = look_inside(s)) != GAL_OK || s->peak > before)
                return st;
        }
        if (s->o.dynamic)
            return retire(s);
        s->phase = PHASE_DONE;
        return GAL_OK;
    }
}

gal_status nested_step(void *obj, const void *goal, bool *done)
{
    gal_nested *s = obj;
    s->have = false;
    if (s->phase == PHASE_DONE) {
        s->end = GAL_RUN_CONVERGED;
        *done = true;
    } else if (at_limit(s, goal)) {
        s->end = GAL_RUN_LIMIT;
        *done = true;
    }
    return *done ? GAL_OK : advance(s);
}
