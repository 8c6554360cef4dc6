/* L-BFGS (Nocedal & Wright 2006, algorithms 7.4, 7.5) with a line search for the strong Wolfe conditions (algorithms 3.5, 3.6,
 * cubic interpolation), c1 = 1e-4, c2 = 0.9, by reverse communication. Not thread-safe per object; no globals. */
#include "lbfgs.h"
#include "num/dot.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define C1           1e-4
#define C2           0.9
#define MAX_TRIES    20
#define MAX_RESTARTS 10
#define MIN_STEP     1e-12

lbfgs_opt lbfgs_default(void)
{
    return (lbfgs_opt){.history = 10,
                       .max_iterations = 2000,
                       .tol_x = 1e-8,
                       .tol_f = 1e-12,
                       .tol_rel_f = 1e4 * DBL_EPSILON,
                       .tol_g = 1e-8,
                       .tol_rel_g = 1e7 * DBL_EPSILON};
}

const char *lbfgs_end_text(lbfgs_end end)
{
    static const char *const TEXT[] = {"running",
                                       "gradient small",
                                       "value no longer changes",
                                       "point no longer changes",
                                       "no further descent",
                                       "limit of iterations"};
    return TEXT[end];
}

/* dir = -H g, two loops over the history */
static void direction(lbfgs *b)
{
    size_t d = b->d;
    double *alpha = b->work;
    for (size_t k = 0; k < d; k++)
        b->dir[k] = -b->g[k];
    for (size_t i = 0; i < b->n; i++) {
        size_t j = (b->last + b->J - i) % b->J;
        alpha[j] = b->rho[j] * num_dot_short(b->S + j * d, b->dir, d);
        for (size_t k = 0; k < d; k++)
            b->dir[k] -= alpha[j] * b->Y[j * d + k];
    }
    if (b->n > 0) {
        const double *y = b->Y + b->last * d;
        double gamma = 1 / (b->rho[b->last] * num_dot_short(y, y, d));
        for (size_t k = 0; k < d; k++)
            b->dir[k] *= gamma;
    }
    for (size_t i = b->n; i-- > 0;) {
        size_t j = (b->last + b->J - i) % b->J;
        double beta = b->rho[j] * num_dot_short(b->Y + j * d, b->dir, d);
        for (size_t k = 0; k < d; k++)
            b->dir[k] += (alpha[j] - beta) * b->S[j * d + k];
    }
}

static void place(lbfgs *b, double a)
{
    b->a = a;
    for (size_t k = 0; k < b->d; k++)
        b->trial[k] = b->x[k] + a * b->dir[k];
}

/* A search along a new direction; false when the gradient gives none. */
static bool search(lbfgs *b)
{
    direction(b);
    b->slope = num_dot_short(b->g, b->dir, b->d);
    if (!(b->slope < 0) && b->n > 0) { /* history has gone bad */
        b->n = 0;
        direction(b);
        b->slope = num_dot_short(b->g, b->dir, b->d);
    }
    if (!(b->slope < 0) || !isfinite(b->slope))
        return false;
    b->amax = 1e10;
    for (size_t k = 0; b->limit && k < b->d; k++)
        if (b->dir[k] != 0)
            b->amax = fmin(b->amax, b->limit[k] / fabs(b->dir[k]));
    double len = sqrt(num_dot_short(b->dir, b->dir, b->d));
    b->a_prev = 0;
    b->f_prev = b->f;
    b->s_prev = b->slope;
    b->zoom = false;
    b->tries = 0;
    place(b, fmin(b->amax, b->n > 0 ? 1 : fmin(1, 1 / len)));
    return true;
}

/* Minimum of the cubic through (a, fa, sa) and (b, fb, sb); falls back to bisection, kept off the ends. */
static double cubic(double a, double fa, double sa, double b, double fb, double sb)
{
    double w = b - a, at = a + 0.5 * w;
    if (isfinite(fb) && isfinite(sb)) {
        double d1 = sa + sb - 3 * (fb - fa) / w, r = d1 * d1 - sa * sb;
        if (r >= 0) {
            double d2 = copysign(sqrt(r), w), t = b - w * (sb + d2 - d1) / (sb - sa + 2 * d2);
            if (isfinite(t))
                at = t;
        }
    }
    double lo = fmin(a + 0.1 * w, a + 0.9 * w), hi = fmax(a + 0.1 * w, a + 0.9 * w);
    return fmin(fmax(at, lo), hi);
}

static void stop_or_search(lbfgs *b)
{
    if (!search(b))
        b->end = LBFGS_STALLED;
}

/* The trial point becomes the new iterate. */
static void accept(lbfgs *b, double f, const double *g)
{
    size_t d = b->d;
    double dx = 0, gn = 0, was = b->f, sy = 0;
    size_t at = (b->last + 1) % b->J;
    double *s = b->S + at * d, *y = b->Y + at * d;
    for (size_t k = 0; k < d; k++) {
        s[k] = b->trial[k] - b->x[k];
        y[k] = g[k] - b->g[k];
        dx += s[k] * s[k];
        gn += g[k] * g[k];
        sy += s[k] * y[k];
    }
    if (sy > 0 && num_dot_short(y, y, d) < 1e14 * sy) {
        b->rho[at] = 1 / sy;
        b->last = at;
        b->n = b->n < b->J ? b->n + 1 : b->J;
    } else if (b->n == b->J) { /* the oldest pair was overwritten */
        b->n--;
    }
    memcpy(b->x, b->trial, d * sizeof *b->x);
    memcpy(b->g, g, d * sizeof *b->g);
    b->f = f;
    b->iterations++;
    b->accepted = true;
    const lbfgs_opt *o = &b->opt;
    double big = fmax(fabs(f), fmax(fabs(was), 1));
    if (sqrt(gn) < o->tol_g)
        b->end = LBFGS_GRADIENT;
    else if (fabs(was - f) < o->tol_f || fabs(was - f) / big < o->tol_rel_f)
        b->end = LBFGS_VALUE;
    else if (sqrt(dx) < o->tol_x)
        b->end = LBFGS_STEP;
    else if (b->iterations >= o->max_iterations)
        b->end = LBFGS_LIMIT;
    if (b->end != LBFGS_RUNNING)
        return;
    direction(b);
    double decrement = -num_dot_short(b->g, b->dir, d); /* g H g, twice the expected decrease */
    if (b->n > 0 && decrement >= 0 && decrement / fmax(fabs(f), 1) < o->tol_rel_g)
        b->end = LBFGS_GRADIENT;
    else
        stop_or_search(b);
}

/* Too many tries, or the step has vanished. */
static void give_up(lbfgs *b)
{
    if (b->n > 0 && b->restarts++ < MAX_RESTARTS) {
        b->n = 0;
        stop_or_search(b);
    } else {
        b->end = LBFGS_STALLED;
    }
}

static void next_zoom(lbfgs *b)
{
    if (fabs(b->a_hi - b->a_lo) * sqrt(num_dot_short(b->dir, b->dir, b->d)) < MIN_STEP)
        give_up(b);
    else
        place(b, cubic(b->a_lo, b->f_lo, b->s_lo, b->a_hi, b->f_hi, b->s_hi));
}

static void bracket(lbfgs *b, double a0, double f0, double s0, double a1, double f1, double s1)
{
    b->zoom = true;
    b->a_lo = a0;
    b->f_lo = f0;
    b->s_lo = s0;
    b->a_hi = a1;
    b->f_hi = f1;
    b->s_hi = s1;
    next_zoom(b);
}

void lbfgs_tell(lbfgs *b, double f, const double *g)
{
    b->accepted = false;
    if (b->end != LBFGS_RUNNING)
        return;
    bool ok = isfinite(f);
    double s = ok ? num_dot_short(g, b->dir, b->d) : NAN, a = b->a;
    if (!ok)
        f = INFINITY;
    bool enough = f <= b->f + C1 * a * b->slope, flat = ok && fabs(s) <= -C2 * b->slope;
    if (enough && (flat || (!b->zoom && a >= b->amax && s < 0))) { /* at the largest step allowed: take it */
        accept(b, f, g);
        return;
    }
    if (++b->tries > MAX_TRIES) {
        if (enough && f < b->f)
            accept(b, f, g);
        else
            give_up(b);
        return;
    }
    if (!b->zoom) {
        if (!enough || (b->tries > 1 && f >= b->f_prev)) {
            bracket(b, b->a_prev, b->f_prev, b->s_prev, a, f, s);
        } else if (s >= 0) {
            bracket(b, a, f, s, b->a_prev, b->f_prev, b->s_prev);
        } else {
            b->a_prev = a;
            b->f_prev = f;
            b->s_prev = s;
            place(b, fmin(b->amax, 4 * a));
        }
        return;
    }
    if (!enough || f >= b->f_lo) {
        b->a_hi = a;
        b->f_hi = f;
        b->s_hi = s;
    } else {
        if (s * (b->a_hi - b->a_lo) >= 0) {
            b->a_hi = b->a_lo;
            b->f_hi = b->f_lo;
            b->s_hi = b->s_lo;
        }
        b->a_lo = a;
        b->f_lo = f;
        b->s_lo = s;
    }
    next_zoom(b);
}

gal_status lbfgs_init(lbfgs *b, size_t d, const lbfgs_opt *opt, const double *x, double f, const double *g,
                      const double *limit)
{
    *b = (lbfgs){.d = d, .opt = *opt, .J = opt->history ? opt->history : 10, .f = f, .limit = limit};
    b->mem = GAL_NEWN(double, 4 * d + 2 * b->J * d + 2 * b->J);
    if (!b->mem)
        return GAL_ENOMEM;
    b->x = b->mem;
    b->g = b->x + d;
    b->trial = b->g + d;
    b->dir = b->trial + d;
    b->S = b->dir + d;
    b->Y = b->S + b->J * d;
    b->rho = b->Y + b->J * d;
    b->work = b->rho + b->J;
    memcpy(b->x, x, d * sizeof *x);
    memcpy(b->g, g, d * sizeof *g);
    if (sqrt(num_dot_short(g, g, d)) < opt->tol_g)
        b->end = LBFGS_GRADIENT;
    else
        stop_or_search(b);
    return GAL_OK;
}

void lbfgs_free(lbfgs *b)
{
    gal_free(b->mem);
    *b = (lbfgs){0};
}
