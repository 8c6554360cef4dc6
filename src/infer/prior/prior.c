/* Priors of single parameters, whatever their kind: construction, text, coordinates, the public densities. Immutable after
 * construction: safe to share between threads. */
#include "prior_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LN10 2.30258509299404568402

/* ------------------------------------------------------------------ text */
static void prior_make_text(gal_prior *p, char *buf, size_t size)
{
    size_t at = (size_t)snprintf(buf, size, "%s(", p->cls->name);
    for (size_t i = 0; i < p->narg && at < size; i++) {
        char num[48];
        gal_shortest_text(num, sizeof num, p->arg[i]);
        at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", num);
    }
    if (p->cls == &gal_table_prior && at < size) {
        char a[48], b[48];
        gal_shortest_text(a, sizeof a, p->lo);
        gal_shortest_text(b, sizeof b, p->hi);
        at += (size_t)snprintf(buf + at, size - at, "%zu nodes, %s %s .. %s", p->table.n,
                               p->coord == GAL_COORD_LOG10 ? "log10" : "linear", a, b);
    }
    if (at < size)
        snprintf(buf + at, size - at, ")");
}

/* ------------------------------------------------------------------ construction */
static void destroy(gal_prior *p)
{
    prior_table_free(&p->table);
    gal_free(p->text);
    gal_free(p);
}

static gal_prior *begin(const gal_prior_class *cls, gal_coord coord)
{
    gal_prior *p = GAL_NEW(gal_prior);
    if (!p)
        return NULL;
    atomic_init(&p->refs, 1);
    p->cls = cls;
    p->coord = coord;
    p->scale = 1;
    p->lo = -INFINITY;
    p->hi = INFINITY;
    return p;
}

static gal_status finish(gal_prior *p, gal_prior **out)
{
    char buf[400];
    prior_make_text(p, buf, sizeof buf);
    p->text = gal_strdup(buf);
    if (!p->text) {
        destroy(p);
        return GAL_ENOMEM;
    }
    *out = p;
    return GAL_OK;
}

const char *prior_check_range(double lo, double hi)
{
    if (isnan(lo) || isnan(hi))
        return "a bound is NaN";
    if (!(lo < hi))
        return lo > hi ? "the lower bound exceeds the upper one; swap them"
                       : "the bounds are equal; fix the parameter instead";
    return NULL;
}

const char *prior_truncate(gal_prior *p, double (*tail_p)(double, double), double (*tail_q)(double, double), double par)
{
    double a = (p->lo - p->loc) / p->scale, b = (p->hi - p->loc) / p->scale;
    p->upper = a > 0;
    p->tail_lo = p->upper ? tail_q(a, par) : tail_p(a, par);
    p->tail_hi = p->upper ? tail_q(b, par) : tail_p(b, par);
    double mass = fabs(p->tail_hi - p->tail_lo);
    if (!(mass > 1e-290))
        return "its range holds no probability (too many standard deviations from the centre); widen the range or the "
               "scale";
    p->lnnorm -= log(mass);
    return NULL;
}

const char *prior_check_scale(double loc, double scale, const char *loc_text, const char *scale_text)
{
    if (!isfinite(loc))
        return loc_text;
    return isfinite(scale) && scale > 0 ? NULL : scale_text;
}

gal_status gal_prior_table(gal_prior **out, gal_coord coord, const double *x, const double *lnp, size_t n)
{
    gal_prior *p = begin(&gal_table_prior, coord);
    if (!p)
        return GAL_ENOMEM;
    gal_status st = prior_table_build(&p->table, x, lnp, n);
    if (st != GAL_OK) {
        destroy(p);
        return gal_fail_prefix(st, "prior table");
    }
    p->lo = x[0];
    p->hi = x[n - 1];
    return finish(p, out);
}

static gal_status find(const gal_prior_class **out, const char *kind)
{
    const char *names[64];
    size_t n = 0;
    char hint[96];
    for (const gal_prior_class *const *c = gal_prior_classes(); *c; c++) {
        if (strcmp((*c)->name, kind) == 0) {
            *out = *c;
            return GAL_OK;
        }
        if (n < sizeof names / sizeof *names)
            names[n++] = (*c)->name;
    }
    gal_did_you_mean(hint, sizeof hint, kind, names, n);
    return gal_fail(GAL_ENOTFOUND, "prior '%s' is unknown%s", kind, hint);
}

gal_status gal_prior_make(gal_prior **out, const char *kind, const double *a, size_t n)
{
    const gal_prior_class *c = NULL;
    gal_status st = find(&c, kind);
    return st == GAL_OK ? gal_prior_make_of(out, c, a, n) : st;
}

gal_status gal_prior_make_of(gal_prior **out, const gal_prior_class *c, const double *a, size_t n)
{
    const char *kind = c->name;
    if (!c->make)
        return gal_fail(GAL_EINVAL, "prior %s: needs arrays of x and lnp, not %zu numbers", kind, n);
    if (n > 5 || !(c->counts >> n & 1))
        return gal_fail(GAL_EINVAL, "prior %s: %zu arguments given, expected %s(%s)", kind, n, kind, c->args);
    gal_prior *p = begin(c, c->coord);
    if (!p)
        return GAL_ENOMEM;
    memcpy(p->arg, a, n * sizeof *a);
    p->narg = n;
    const char *why = c->make(p);
    if (!why)
        return finish(p, out);
    char buf[400];
    prior_make_text(p, buf, sizeof buf);
    destroy(p);
    return gal_fail(GAL_EINVAL, "prior %s: %s", buf, why);
}

gal_prior *gal_prior_ref(const gal_prior *p)
{
    gal_prior *q = (gal_prior *)p;
    atomic_fetch_add(&q->refs, 1);
    return q;
}

void gal_prior_unref(const gal_prior *p)
{
    gal_prior *q = (gal_prior *)p;
    if (q && atomic_fetch_sub(&q->refs, 1) == 1)
        destroy(q);
}

/* ------------------------------------------------------------------ what it is */
const gal_prior_class *gal_prior_class_of(const gal_prior *p)
{
    return p->cls;
}
gal_coord gal_prior_coord(const gal_prior *p)
{
    return p->coord;
}
const char *gal_prior_text(const gal_prior *p)
{
    return p->text;
}

gal_hash gal_prior_hash(const gal_prior *p)
{
    gal_hash h =
        gal_hash_combine(gal_hash_bytes(p->text, strlen(p->text)), gal_hash_bytes(p->arg, p->narg * sizeof *p->arg));
    if (p->cls == &gal_table_prior) {
        h = gal_hash_combine(h, gal_hash_bytes(p->table.x, p->table.n * sizeof(double)));
        h = gal_hash_combine(h, gal_hash_bytes(p->table.given, p->table.n * sizeof(double)));
    }
    return h;
}

void gal_prior_bounds(const gal_prior *p, double *lo, double *hi)
{
    *lo = p->lo;
    *hi = p->hi;
}

void gal_prior_value_bounds(const gal_prior *p, double *lo, double *hi)
{
    bool flat = p->cls->make && p->coord == GAL_COORD_LOG10 && isfinite(p->lo); /* exactly as given */
    *lo = flat ? p->arg[0] : gal_prior_value(p, p->lo);
    *hi = flat ? p->arg[1] : gal_prior_value(p, p->hi);
}

double gal_prior_value(const gal_prior *p, double x)
{
    return p->coord == GAL_COORD_LOG10 ? pow(10, x) : x;
}

double gal_prior_value_slope(const gal_prior *p, double x)
{
    return p->coord == GAL_COORD_LOG10 ? LN10 * pow(10, x) : 1;
}

double gal_prior_x(const gal_prior *p, double value)
{
    return p->coord == GAL_COORD_LOG10 ? log10(value) : value;
}

size_t gal_prior_args(const gal_prior *p, const double **args)
{
    *args = p->arg;
    return p->narg;
}

size_t gal_prior_nodes(const gal_prior *p, const double **x, const double **lnp)
{
    *x = p->table.x;
    *lnp = p->table.given;
    return p->table.n;
}

/* ------------------------------------------------------------------ densities */
static double logpdf(const gal_prior *p, double x)
{
    if (isnan(x))
        return x;
    return x < p->lo || x > p->hi ? -INFINITY : p->cls->logpdf(p, x);
}

static double quantile(const gal_prior *p, double u)
{
    if (!(u > 0 && u < 1))
        return u <= 0 ? p->lo : u >= 1 ? p->hi : NAN;
    double x = p->cls->quantile(p, u);
    return x < p->lo ? p->lo : x > p->hi ? p->hi : x;
}

double gal_prior_slope(const gal_prior *p, double x)
{
    return x > p->lo && x < p->hi ? p->cls->slope(p, x) : 0;
}

double gal_prior_quantile_slope(const gal_prior *p, double u)
{
    return exp(-logpdf(p, quantile(p, u)));
}

double gal_prior_cdf(const gal_prior *p, double x)
{
    if (isnan(x))
        return x;
    return x <= p->lo ? 0 : x >= p->hi ? 1 : p->cls->cdf(p, x);
}

double gal_prior_logpdf(const gal_prior *p, double x)
{
    return logpdf(p, x);
}

double gal_prior_logpdf_value(const gal_prior *p, double value)
{
    if (p->coord == GAL_COORD_LINEAR)
        return logpdf(p, value);
    return value > 0 ? logpdf(p, log10(value)) - log(value) - log(LN10) : -INFINITY;
}

double gal_prior_quantile(const gal_prior *p, double u)
{
    return quantile(p, u);
}

void gal_prior_add_logpdf(const gal_prior *p, size_t m, const double *x, size_t stride, double *lnp)
{
    for (size_t i = 0; i < m; i++)
        lnp[i] += logpdf(p, x[i * stride]);
}

void gal_prior_transform(const gal_prior *p, size_t m, const double *u, double *x, size_t stride)
{
    for (size_t i = 0; i < m; i++)
        x[i * stride] = quantile(p, u[i * stride]);
}

/* ------------------------------------------------------------------ inversion */
double prior_std_pdf(double t, const void *c)
{
    const gal_prior *p = c;
    return exp(logpdf(p, p->loc + p->scale * t)) * p->scale;
}

/* Halves a bracket; in decades when it spans many, so that quantiles near 0 are found to full relative precision. */
static double midpoint(double lo, double hi)
{
    if (lo == 0)
        return hi * 0.01;
    return lo > 0 && hi > 4 * lo ? sqrt(lo) * sqrt(hi) : lo + 0.5 * (hi - lo);
}

double prior_invert(prior_tail_fn tail, prior_tail_fn pdf, const void *ctx, bool upper, double target, double lo,
                    double hi, double guess)
{
    double x = guess > lo && guess < hi ? guess : lo + 0.5 * (hi - lo);
    for (int it = 0; it < 200; it++) {
        double f = tail(x, ctx) - target, df = pdf(x, ctx);
        if (f == 0)
            return x;
        bool right = upper ? f < 0 : f > 0; /* x lies right of the solution */
        *(right ? &hi : &lo) = x;
        double next = x - (upper ? -f : f) / df;
        if (!(next > lo && next < hi)) /* also NaN */
            next = midpoint(lo, hi);
        if (next == x || next == lo || next == hi || fabs(next - x) <= 1e-16 * fabs(x))
            return next;
        x = next;
    }
    return x;
}
