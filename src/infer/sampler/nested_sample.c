/* Nested sampling: new points above a threshold.
 *
 * While the whole cube is efficient, points are drawn from it; then from the bound (unif) or by chains. A chain starts at a random
 * survivor and is a Markov kernel that leaves the uniform distribution above the threshold unchanged:
 *   rwalk   y = x + s A z, z uniform in the unit ball, A the axes of an ellipsoid drawn by volume (anew for each step); or
 *           y = x + s (x_a - x_b), a and b live points. Outside the cube or below the threshold: the chain stays.
 *   slice   slice sampling (Neal 2003) along the axes of one ellipsoid in random order. Stepping out by the length of the direction,
 *           at most MAX_STEPS times, shared at random between the two ends.
 *   rslice  along random directions; the interval is WIDTH times as long as the direction and lies at random around the chain,
 *           without stepping out (Neal 2003, section 4.1, m = 1): half as many evaluations. Directions are the axes of an
 *           ellipsoid, turned by a random rotation (all of them before the next rotation: a sweep forgets its start where as many
 *           independent directions forget 1 - 1/e of it), or differences of live points, which know curved and separate regions;
 *           `mix` takes sweeps and differences in turn.
 * Periodic coordinates go round; reflective ones are folded, with a random sign of their step, which keeps the kernel symmetric.
 * s is adapted between iterations. Ellipsoids live in coordinates whose periodic ones start in the largest gap of the points. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nested_int.h"
#include "infer/target/purpose.h"

#define MAX_STEPS   64
#define MAX_CUTS    200
#define WIDTH       2.0
#define MEMORY      0.5 /* of their starts that chains may have */
#define LONGEST     4   /* times the usual length of a chain */
#define OTHER       0.1 /* share of live-point differences between any two points, not of one cluster */
#define MAX_OUTSIDE 30  /* draws of the bound outside the cube for one inside */
#define MAX_CHUNK   512
#define MIN_CHUNK   16
#define STALL       200000 /* uniform draws for one iteration after which the user is told */

/* ------------------------------------------------------------------ the cube */
static bool nested_wrap(const gal_nested *s, double *u)
{
    for (size_t i = 0; i < s->part.dim; i++) {
        double v = u[i];
        if (v >= 0 && v <= 1)
            continue;
        if (!s->wrap || s->wrap[i] == GAL_WRAP_NONE)
            return false;
        if (s->wrap[i] == GAL_WRAP_PERIODIC) {
            v -= floor(v);
        } else {
            v = fmod(fabs(v), 2);
            v = v > 1 ? 2 - v : v;
        }
        u[i] = fmin(fmax(v, 0), 1);
    }
    return true;
}

/* Steps of reflective coordinates get a random sign. */
static void symmetrise(const gal_nested *s, gal_rng *r, double *step)
{
    for (size_t i = 0; s->wrap && i < s->part.dim; i++)
        if (s->wrap[i] == GAL_WRAP_REFLECTIVE && gal_rng_u64(r) & 1)
            step[i] = -step[i];
}

/* ------------------------------------------------------------------ bound */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Origin of each periodic coordinate: the middle of the largest gap between the points. */
static void find_shift(gal_nested *s, const points *from, const size_t *list, size_t n)
{
    double *v = s->pts;
    for (size_t i = 0; i < s->part.dim; i++) {
        s->shift[i] = 0;
        if (!s->wrap || s->wrap[i] != GAL_WRAP_PERIODIC)
            continue;
        for (size_t k = 0; k < n; k++)
            v[k] = from->u[list[k] * s->part.dim + i];
        qsort(v, n, sizeof *v, by_value);
        double gap = v[0] + 1 - v[n - 1];
        s->shift[i] = v[n - 1] + 0.5 * gap;
        for (size_t k = 1; k < n; k++)
            if (v[k] - v[k - 1] > gap) {
                gap = v[k] - v[k - 1];
                s->shift[i] = v[k - 1] + 0.5 * gap;
            }
        s->shift[i] -= floor(s->shift[i]);
    }
}

gal_status nested_update_bound(gal_nested *s, const points *from, const size_t *list, size_t n, size_t *label)
{
    gal_status st = GAL_OK;
    double f = 1;
    bool multi = s->o.bound == GAL_BOUND_MULTI;
    find_shift(s, from, list, n);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s->part.dim; i++) {
            double v = from->u[list[k] * s->part.dim + i] - s->shift[i];
            s->pts[k * s->part.dim + i] = v < 0 ? v + 1 : v;
        }
    size_t *got = s->bwho; /* as long as the batch */
    GAL_TRY(bound_build(&s->b, s->pts, n, s->part.dim, multi, got));
    if (s->o.bootstrap > 0)
        GAL_TRY(bound_bootstrap(s->pts, n, s->part.dim, multi, s->o.bootstrap, s->o.seed, s->o.source, s->updates, &f));
    else
        f = pow(s->o.enlarge, 1 / (double)s->part.dim);
    if (s->o.bootstrap > 0 && s->b.n > 1) { /* several small ellipsoids may have to grow beyond a single one */
        double several = s->b.lntotal + (double)s->part.dim * log(f), g = 1;
        GAL_TRY(bound_bootstrap(s->pts, n, s->part.dim, false, s->o.bootstrap, s->o.seed, s->o.source, s->updates, &g));
        GAL_TRY(bound_build(&s->b, s->pts, n, s->part.dim, false, got));
        if (s->b.lntotal + (double)s->part.dim * log(g) < several)
            f = g;
        else
            GAL_TRY(bound_build(&s->b, s->pts, n, s->part.dim, multi, got));
    }
    bound_inflate(&s->b, f);
    for (size_t k = 0; k < n; k++)
        label[list[k]] = got[k];
    s->bounded = true;
    s->updates++;
    s->update_calls = s->evaluations;
out:
    return st;
}

/* ------------------------------------------------------------------ uniform draws */
static void warn_stall(gal_nested *s, uint64_t tries, size_t got, double lstar)
{
    if (!s->warned)
        gal_log(
            GAL_LOG_WARN, "nested",
            "iteration %llu stalls: %zu of %llu uniform draws above ln L = %.6g; the bound is too wide or the region "
            "too thin for sample = 'unif': use 'rslice' or 'rwalk'",
            (unsigned long long)s->iterations, got, (unsigned long long)tries, lstar);
    s->warned = true;
}

static void accept_point(gal_nested *s, size_t to, size_t i, size_t label)
{
    memcpy(s->fu + to * s->part.dim, s->bu + i * s->part.dim, s->part.dim * sizeof *s->fu);
    memcpy(s->fx + to * s->part.dim, s->bx + i * s->part.dim, s->part.dim * sizeof *s->fx);
    s->flp[to] = s->blp[i];
    s->fll[to] = s->bll[i];
    s->flabel[to] = label;
}

/* Under `auto` *give_up says that chains cost less: about 4 evaluations a slice. */
static gal_status draw_uniform(gal_nested *s, double lstar, size_t need, bool *give_up)
{
    bool may = s->o.sample == GAL_SAMPLE_UNIF && s->auto_sample && !s->in_cube;
    double limit = 0.25 / (double)s->o.slices;
    size_t got = 0, d = s->part.dim;
    uint64_t tries = 0, outside = 0;
    gal_status st;
    for (uint64_t chunk = 0; got < need; chunk++) {
        gal_rng r;
        double guess = (double)(need - got) / fmax(s->efficiency, 1e-3) + 1;
        size_t m = guess < MIN_CHUNK ? MIN_CHUNK : guess > MAX_CHUNK ? MAX_CHUNK : (size_t)guess, used = 0;
        if (m > s->nscratch)
            m = s->nscratch;
        gal_rng_init(&r, s->o.seed, RNG_NESTED_UNIF, s->o.source, s->iterations, chunk);
        for (size_t i = 0; i < m; i++) {
            double *u = s->bu + i * d;
            do {
                if (s->in_cube || s->b.n == 0) {
                    for (size_t k = 0; k < d; k++)
                        u[k] = gal_rng_uniform(&r);
                    break;
                }
                bound_draw(&s->b, &r, u, s->tmp);
                bool inside = true;
                for (size_t k = 0; k < d && inside; k++) {
                    inside = u[k] >= 0 && u[k] <= 1;
                    u[k] += s->shift[k];
                    u[k] = u[k] > 1 ? u[k] - 1 : u[k];
                }
                if (inside)
                    break;
                outside++;
            } while (!gal_interrupted() && !(may && outside > MAX_OUTSIDE * (tries + m)));
        }
        if (may && outside > MAX_OUTSIDE * (tries + m)) { /* the bound sticks out of the cube in many directions */
            *give_up = true;
            return GAL_OK;
        }
        if ((st = nested_eval(s, m, NULL)) != GAL_OK)
            return st;
        for (size_t i = 0; i < m && got < need; i++, used++)
            if (s->bll[i] > lstar)
                accept_point(s, got++, i, 0);
        tries += used;
        if (may && (double)tries > 4 * (double)need / limit && (double)got < limit * (double)tries) {
            *give_up = true;
            return GAL_OK;
        }
        if (tries > STALL)
            warn_stall(s, tries, got, lstar);
    }
    s->efficiency_next = 0.5 * s->efficiency + 0.5 * (double)need / (double)tries;
    return GAL_OK;
}

/* ------------------------------------------------------------------ chains */
typedef struct {
    gal_nested *s;
    const points *from;
    const size_t *list, *label;
    size_t n;
    double lstar;
} source;

/* x_a - x_b of two live points, in dir. */
static void live_difference(const source *q, gal_rng *r, double *dir)
{
    const gal_nested *s = q->s;
    size_t d = s->part.dim, a = q->list[gal_rng_below(r, q->n)], b = a;
    bool any = gal_rng_uniform(r) < OTHER || s->b.n <= 1;
    for (int tries = 0; tries < 1000 && b == a; tries++) {
        size_t c = q->list[gal_rng_below(r, q->n)];
        if (any || tries > 100 || q->label[c] == q->label[a])
            b = c;
    }
    for (size_t i = 0; i < d; i++) {
        dir[i] = q->from->u[a * d + i] - q->from->u[b * d + i];
        if (s->wrap && s->wrap[i] == GAL_WRAP_PERIODIC)
            dir[i] -= rint(dir[i]);
    }
}

/* A z with z uniform in the unit ball, for an ellipsoid drawn by volume */
static void bound_step(const gal_nested *s, gal_rng *r, double *step)
{
    size_t d = s->part.dim, e = s->b.n > 0 ? bound_pick(&s->b, r) : 0;
    double *z = s->tmp;
    ball_draw(r, d, z);
    memset(step, 0, d * sizeof *step);
    if (s->b.n == 0) {
        memcpy(step, z, d * sizeof *step);
        return;
    }
    const double *a = s->b.axis + e * d * d;
    for (size_t j = 0; j < d; j++, a += d)
        for (size_t i = 0; i < d; i++)
            step[i] += z[j] * a[i];
}

static bool steps_out(const gal_nested *s)
{
    return s->o.sample == GAL_SAMPLE_SLICE || s->o.bound == GAL_BOUND_NONE;
}

static void begin_chain(const source *q, chain *c, size_t id)
{
    gal_nested *s = q->s;
    size_t d = s->part.dim;
    gal_rng_init(&c->rng, s->o.seed, RNG_NESTED_CHAIN, s->o.source, s->iterations, id);
    size_t at = q->list[gal_rng_below(&c->rng, q->n)];
    c->u = s->cu + id * d;
    c->x = s->cx + id * d;
    c->dir = s->cdir + id * d;
    c->u0 = s->cu0 + id * d;
    c->axes = s->caxes + id * d;
    memcpy(c->u, q->from->u + at * d, d * sizeof *c->u);
    memcpy(c->u0, c->u, d * sizeof *c->u);
    memcpy(c->x, q->from->x + at * d, d * sizeof *c->x);
    c->lnprior = q->from->lnprior[at];
    c->lnl = q->from->lnl[at];
    c->label = q->label[at];
    c->tries = c->taken = c->grown = c->shrunk = 0;
    c->stage = SLICE_NEW;
    c->left = nested_length(s, s->o.sample == GAL_SAMPLE_RWALK    ? s->o.walks
                               : s->o.sample == GAL_SAMPLE_RSLICE ? s->o.slices
                                                                  : s->o.slices * d);
}

static bool walk_next(const source *q, chain *c, double *u)
{
    gal_nested *s = q->s;
    while (c->left > 0) {
        double f = s->scale;
        c->left--;
        c->tries++;
        if (s->o.dirs == GAL_DIRS_LIVE)
            live_difference(q, &c->rng, c->dir);
        else
            bound_step(s, &c->rng, c->dir);
        symmetrise(s, &c->rng, c->dir);
        for (size_t i = 0; i < s->part.dim; i++)
            u[i] = c->u[i] + f * c->dir[i];
        if (nested_wrap(s, u))
            return true;
    }
    return false;
}

static void new_slice(const source *q, chain *c)
{
    gal_nested *s = q->s;
    size_t d = s->part.dim;
    double norm = 0, cap = 0.5 * sqrt((double)d);
    if (s->o.sample == GAL_SAMPLE_SLICE) {
        size_t k = c->left % d; /* from d slices of a pass the first: shuffle */
        if (k == 0) {
            c->ellipsoid = s->b.n > 0 ? bound_pick(&s->b, &c->rng) : 0;
            for (size_t i = 0; i < d; i++)
                c->axes[i] = i;
            gal_rng_shuffle(&c->rng, c->axes, d);
        }
        size_t j = c->axes[k];
        for (size_t i = 0; i < d; i++)
            c->dir[i] = s->b.n > 0 ? s->b.axis[(c->ellipsoid * d + j) * d + i] : i == j;
    } else if (s->o.dirs == GAL_DIRS_LIVE || (s->o.dirs == GAL_DIRS_MIX && (c->left - 1) / d % 3 == 1)) {
        live_difference(q, &c->rng, c->dir);
    } else if (s->o.dirs == GAL_DIRS_MIX && (c->left - 1) / d % 3 == 2) {
        nested_cube_step(s, &c->rng, (c->left - 1) % d, c->dir);
    } else {
        nested_sweep_step(s, &c->rng, (c->left - 1) / d, (c->left - 1) % d, c->dir);
    }
    symmetrise(s, &c->rng, c->dir);
    bool out = steps_out(s);
    for (size_t i = 0; i < d; i++) {
        c->dir[i] *= out ? s->scale : WIDTH;
        norm += c->dir[i] * c->dir[i];
    }
    norm = sqrt(norm);
    for (size_t i = 0; norm > cap && i < d; i++)
        c->dir[i] *= cap / norm;
    c->lo = -gal_rng_uniform(&c->rng);
    c->hi = c->lo + 1;
    c->room_left = (size_t)gal_rng_below(&c->rng, MAX_STEPS);
    c->room_right = MAX_STEPS - 1 - c->room_left;
    c->cuts = 0;
    c->stage = !(norm > 0) ? SLICE_NEW : out ? SLICE_LEFT : SLICE_IN;
    if (!(norm > 0)) /* two equal points: nothing to do along a null direction */
        c->left--;
}

/* What the value of the point at t means; lnl above the threshold or not. */
static void slice_feed(chain *c, bool above)
{
    switch (c->stage) {
    case SLICE_LEFT:
        if (above && c->room_left > 0) {
            c->room_left--;
            c->lo -= 1;
            c->grown++;
        } else {
            c->stage = SLICE_RIGHT;
        }
        break;
    case SLICE_RIGHT:
        if (above && c->room_right > 0) {
            c->room_right--;
            c->hi += 1;
            c->grown++;
        } else {
            c->stage = SLICE_IN;
        }
        break;
    case SLICE_IN:
        if (above || ++c->cuts > MAX_CUTS) {
            c->left--;
            c->stage = SLICE_NEW;
            break;
        }
        c->shrunk++;
        if (c->t < 0)
            c->lo = c->t;
        else
            c->hi = c->t;
        break;
    default:
        break;
    }
}

static bool slice_next(const source *q, chain *c, double *u)
{
    gal_nested *s = q->s;
    for (;;) {
        while (c->stage == SLICE_NEW) {
            if (c->left == 0)
                return false;
            new_slice(q, c);
        }
        c->t = c->stage == SLICE_LEFT    ? c->lo
               : c->stage == SLICE_RIGHT ? c->hi
                                         : c->lo + gal_rng_uniform(&c->rng) * (c->hi - c->lo);
        for (size_t i = 0; i < s->part.dim; i++)
            u[i] = c->u[i] + c->t * c->dir[i];
        if (nested_wrap(s, u))
            return true;
        slice_feed(c, false);
    }
}

static void feed(const source *q, chain *c, size_t i)
{
    gal_nested *s = q->s;
    bool above = s->bll[i] > q->lstar, move;
    if (s->o.sample == GAL_SAMPLE_RWALK) {
        move = above;
        c->taken += above;
    } else {
        move = above && c->stage == SLICE_IN;
        slice_feed(c, above);
    }
    if (!move)
        return;
    memcpy(c->u, s->bu + i * s->part.dim, s->part.dim * sizeof *c->u);
    memcpy(c->x, s->bx + i * s->part.dim, s->part.dim * sizeof *c->x);
    c->lnprior = s->blp[i];
    c->lnl = s->bll[i];
}

static void adapt(gal_nested *s, size_t need)
{
    double tries = 0, taken = 0, grown = 0, shrunk = 0;
    for (size_t i = 0; i < need; i++) {
        const chain *c = &s->chains_ws[i];
        tries += (double)c->tries;
        taken += (double)c->taken;
        grown += (double)c->grown;
        shrunk += (double)c->shrunk;
    }
    if (s->o.sample == GAL_SAMPLE_RWALK) {
        double f = taken / tries, want = s->o.accept;
        s->scale *= exp(fmax(-1, (f - want) / ((double)s->part.dim * want)));
        s->scale = fmin(s->scale, 1e3);
    } else if (steps_out(s)) {
        grown = fmax(grown, 1);
        s->scale *= fmin(2, fmax(0.5, 2 * grown / (grown + shrunk)));
        s->scale = fmin(fmax(s->scale, 1e-6), 1e6);
    }
}

size_t nested_length(const gal_nested *s, size_t base)
{
    return s->stretch > 1 ? (size_t)(s->stretch * (double)base + 0.5) : base;
}

static double difference(const gal_nested *s, size_t k, double a, double b)
{
    double v = a - b;
    return s->wrap && s->wrap[k] == GAL_WRAP_PERIODIC ? v - rint(v) : v;
}

/* two[nl][d]: mean square of differences of neighbours in the list, which is in order of likelihood, within each ellipsoid: twice the variance there */
static void spreads(const source *q, size_t nl, double *two, double *pairs)
{
    gal_nested *s = q->s;
    size_t d = s->part.dim, *last = s->bwho;
    memset(two, 0, nl * d * sizeof *two);
    for (size_t l = 0; l < nl; l++) {
        last[l] = SIZE_MAX;
        pairs[l] = 0;
    }
    for (size_t i = 0; i < q->n; i++) {
        size_t at = q->list[i], l = q->label[at] < nl ? q->label[at] : 0;
        for (size_t k = 0; k < d && last[l] != SIZE_MAX; k++) {
            double v = difference(s, k, q->from->u[at * d + k], q->from->u[last[l] * d + k]);
            two[l * d + k] += v * v;
        }
        pairs[l] += last[l] != SIZE_MAX;
        last[l] = at;
    }
    for (size_t l = 0; l < nl; l++)
        for (size_t k = 0; k < d && pairs[l] > 0; k++)
            two[l * d + k] /= pairs[l];
}

/* What chains have forgotten of their starts: (end - start)^2/(2 s^2), s^2 the variance of the live points of the ellipsoid where a chain began, so that
 * chains that stay in one of several modes are not blamed. Where they remember more than MEMORY, they become longer. */
static void count_jumps(const source *q, size_t need)
{
    gal_nested *s = q->s;
    size_t d = s->part.dim, nl = s->b.n > 0 && s->b.n * (d + 1) <= s->nscratch * d ? s->b.n : 1;
    double all = 0, *two = s->pts, *pairs = two + nl * d;
    spreads(q, nl, two, pairs);
    for (size_t i = 0; i < need; i++) {
        const chain *c = &s->chains_ws[i];
        size_t l = c->label < nl ? c->label : 0, used = 0;
        double sum = 0;
        for (size_t k = 0; k < d; k++) {
            double v = difference(s, k, c->u[k], c->u0[k]);
            sum += two[l * d + k] > 0 ? v * v / two[l * d + k] : 0;
            used += two[l * d + k] > 0;
        }
        all += used > 0 ? sum / (double)used : 1;
    }
    s->jumps += all;
    double part = fmin(1, (double)need / (double)s->o.live);
    s->recent += part * (1 - all / (double)need - s->recent);
    if (s->stretch > 0)
        s->stretch = fmin(fmax(s->stretch * exp(2 * part * (s->recent - MEMORY)), 1), LONGEST);
}

static gal_status draw_chains(const source *q, size_t need)
{
    gal_nested *s = q->s;
    size_t d = s->part.dim;
    gal_status st;
    if (s->o.sample == GAL_SAMPLE_RSLICE && s->o.dirs != GAL_DIRS_LIVE)
        nested_turns(s);
    for (size_t i = 0; i < need; i++)
        begin_chain(q, &s->chains_ws[i], i);
    for (size_t active = need; active > 0;) {
        size_t m = 0;
        for (size_t i = 0; i < need; i++) {
            chain *c = &s->chains_ws[i];
            bool walk = s->o.sample == GAL_SAMPLE_RWALK;
            if (walk ? walk_next(q, c, s->bu + m * d) : slice_next(q, c, s->bu + m * d))
                s->bwho[m++] = i;
        }
        active = m;
        if ((st = nested_eval(s, m, NULL)) != GAL_OK)
            return st;
        for (size_t i = 0; i < m; i++)
            feed(q, &s->chains_ws[s->bwho[i]], i);
    }
    for (size_t i = 0; i < need; i++) {
        const chain *c = &s->chains_ws[i];
        memcpy(s->fu + i * d, c->u, d * sizeof *s->fu);
        memcpy(s->fx + i * d, c->x, d * sizeof *s->fx);
        s->flp[i] = c->lnprior;
        s->fll[i] = c->lnl;
        s->flabel[i] = c->label;
    }
    return GAL_OK;
}

/* ------------------------------------------------------------------ all together */
/* Uniform draws from the cube are given up when a bound or a chain costs less. */
static double cube_limit(const gal_nested *s)
{
    switch (s->o.sample) {
    case GAL_SAMPLE_UNIF:
        return s->o.bound == GAL_BOUND_NONE ? 0 : 0.1;
    case GAL_SAMPLE_RWALK:
        return fmin(0.1, 1 / (double)s->o.walks);
    case GAL_SAMPLE_RSLICE:
        return fmin(0.1, 0.25 / (double)s->o.slices);
    default:
        return fmin(0.1, 0.25 / (double)(s->o.slices * s->part.dim));
    }
}

/* Evaluations between bounds: for uniform draws at least a fifth of the live points are replaced meanwhile, else making bounds costs more than draws. */
static uint64_t update_gap(const gal_nested *s)
{
    size_t per = s->o.sample == GAL_SAMPLE_UNIF     ? 1
                 : s->o.sample == GAL_SAMPLE_RWALK  ? s->o.walks
                 : s->o.sample == GAL_SAMPLE_RSLICE ? s->o.slices
                                                    : s->o.slices * s->part.dim;
    double wide = s->o.sample == GAL_SAMPLE_UNIF ? fmin(fmax(1, 0.2 / s->efficiency), 100) : 1;
    return (uint64_t)(wide * (double)(per * s->o.live));
}

gal_status nested_draw(gal_nested *s, double lstar, size_t need, const points *from, const size_t *list, size_t nlist,
                       const size_t *label)
{
    gal_status st = GAL_OK;
    source q = {s, from, list, label, nlist, lstar};
    s->calls_now = 0;
    s->efficiency_next = s->efficiency;
    if (s->in_cube && s->evaluations >= 2 * s->o.live && s->efficiency < cube_limit(s))
        s->in_cube = false;
    bool first = !s->bounded, ready = nlist > s->part.dim + 1;
    if (!s->in_cube && s->o.bound != GAL_BOUND_NONE && ready &&
        (first || s->evaluations >= s->update_calls + update_gap(s)))
        GAL_TRY(nested_update_bound(s, from, list, nlist, (size_t *)label));
    if (s->auto_sample && s->o.sample == GAL_SAMPLE_UNIF && s->bounded && fabs(nested_insertion_z(s)) > 3)
        nested_to_chains(s, "the insertion order told that the bound missed something (|z| > 3)");
    bool uniform = s->in_cube || s->o.sample == GAL_SAMPLE_UNIF, give_up = false;
    if (uniform)
        GAL_TRY(draw_uniform(s, lstar, need, &give_up));
    if (give_up) {
        nested_to_chains(s, "the bound was inefficient");
        uniform = false;
    }
    if (!uniform)
        GAL_TRY(draw_chains(&q, need));
    if (s->part.next > 0) { /* derived quantities only of the points that are kept */
        memcpy(s->bu, s->fu, need * s->part.dim * sizeof *s->bu);
        GAL_TRY(nested_eval(s, need, s->fblob));
    }
    s->efficiency = s->efficiency_next; /* from here on nothing can fail */
    if (!uniform) {
        adapt(s, need);
        count_jumps(&q, need);
        for (size_t i = 0; i < need; i++)
            s->chains_stuck += s->o.sample == GAL_SAMPLE_RWALK && s->chains_ws[i].taken == 0;
        s->chains += need;
    }
out:
    return st;
}
