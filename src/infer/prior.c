/* Priors of single parameters: construction, validation, text, coordinates and the public densities.
 *
 * Normal and Student priors may be truncated. Their mass between the bounds is a difference of tail probabilities, taken from
 * the side where it does not cancel: lower tails P when the support begins below the centre, upper tails Q otherwise, so that
 * normal(0,1) on [30, 31] is still normalised. Immutable after construction: safe to share between threads. */
#include "prior_int.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LN_SQRT_2PI 0.91893853320467274178
#define LN10        2.30258509299404568402

/* clang-format off */
static const struct {
    const char *name, *args;
    size_t nmin, nmax;
} KIND[GAL_PRIOR_NKINDS] = {
    {"uniform", "lower, upper", 2, 2},
    {"loguniform", "lower, upper", 2, 2},
    {"normal", "mean, sd", 2, 2},
    {"truncnormal", "mean, sd, lower, upper", 4, 4},
    {"lognormal", "median, dex", 2, 2},
    {"student", "location, scale, dof [, lower, upper]", 3, 5},
    {"beta", "a, b, lower, upper", 2, 4},
    {"gamma", "shape, scale", 2, 2},
    {"table", "x, lnp", 0, 0},
};
/* clang-format on */

/* ------------------------------------------------------------------ text */
void prior_number(char *buf, size_t size, double v)
{
    for (int prec = 1; prec <= 17; prec++) {
        snprintf(buf, size, "%.*g", prec, v);
        if (!isfinite(v) || strtod(buf, NULL) == v)
            break;
    }
    /* %g turns to exponents as soon as they exceed the digits: 100 came out as 1e+02 */
    if (isfinite(v) && v != 0 && fabs(v) >= 1e-4 && fabs(v) < 1e6) {
        char plain[40];
        for (int dec = 0; dec <= 20; dec++) {
            snprintf(plain, sizeof plain, "%.*f", dec, v);
            if (strtod(plain, NULL) == v) {
                snprintf(buf, size, "%s", plain);
                return;
            }
        }
    }
    char *e = strchr(buf, 'e');
    if (!e)
        return;
    char *from = e + 1, *to = e + 1;
    if (*from == '-')
        to++, from++;
    else if (*from == '+')
        from++;
    while (*from == '0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

void prior_make_text(gal_prior *p, char *buf, size_t size)
{
    size_t at = (size_t)snprintf(buf, size, "%s(", KIND[p->kind].name);
    for (size_t i = 0; i < p->narg && at < size; i++) {
        char num[48];
        prior_number(num, sizeof num, p->arg[i]);
        at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? ", " : "", num);
    }
    if (p->kind == GAL_PRIOR_TABLE && at < size) {
        char a[48], b[48];
        prior_number(a, sizeof a, p->lo);
        prior_number(b, sizeof b, p->hi);
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

static gal_prior *begin(gal_prior_kind kind, gal_coord coord, const double *arg, size_t narg)
{
    gal_prior *p = GAL_NEW(gal_prior);
    if (!p)
        return NULL;
    atomic_init(&p->refs, 1);
    p->kind = kind;
    p->coord = coord;
    p->narg = narg;
    if (narg > 0)
        memcpy(p->arg, arg, narg * sizeof *arg);
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

/* "prior normal(0, -1): " followed by what is wrong */
static gal_status bad(gal_prior_kind kind, const double *arg, size_t narg, const char *what)
{
    gal_prior p = {.kind = kind, .narg = narg};
    char buf[400];
    memcpy(p.arg, arg, narg * sizeof *arg);
    prior_make_text(&p, buf, sizeof buf);
    return gal_fail(GAL_EINVAL, "prior %s: %s", buf, what);
}

static const char *check_range(double lo, double hi)
{
    if (isnan(lo) || isnan(hi))
        return "a bound is NaN";
    if (!(lo < hi))
        return lo > hi ? "the lower bound exceeds the upper one; swap them"
                       : "the bounds are equal; fix the parameter instead";
    return NULL;
}

gal_status gal_prior_uniform(gal_prior **out, double lo, double hi)
{
    double arg[] = {lo, hi};
    const char *why = check_range(lo, hi);
    if (!why && (!isfinite(lo) || !isfinite(hi) || !isfinite(hi - lo)))
        why = "bounds must be finite";
    if (why)
        return bad(GAL_PRIOR_UNIFORM, arg, 2, why);
    gal_prior *p = begin(GAL_PRIOR_UNIFORM, GAL_COORD_LINEAR, arg, 2);
    if (!p)
        return GAL_ENOMEM;
    p->lo = lo;
    p->hi = hi;
    p->lnnorm = -log(hi - lo);
    return finish(p, out);
}

gal_status gal_prior_loguniform(gal_prior **out, double lo, double hi)
{
    double arg[] = {lo, hi};
    const char *why = check_range(lo, hi);
    if (!why && !(lo > 0))
        why = "the lower bound must be positive; use uniform for a range that includes 0";
    if (!why && !isfinite(hi))
        why = "bounds must be finite";
    if (why)
        return bad(GAL_PRIOR_LOGUNIFORM, arg, 2, why);
    gal_prior *p = begin(GAL_PRIOR_LOGUNIFORM, GAL_COORD_LOG10, arg, 2);
    if (!p)
        return GAL_ENOMEM;
    p->lo = log10(lo);
    p->hi = log10(hi);
    p->lnnorm = -log(p->hi - p->lo);
    return finish(p, out);
}

/* Tail probabilities at the bounds of a symmetric distribution, ln of the mass between them; NULL or what is wrong. */
static const char *truncate_at(gal_prior *p, double (*tail_p)(double, double), double (*tail_q)(double, double),
                               double par)
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

static gal_status make_normal(gal_prior **out, gal_prior_kind kind, gal_coord coord, const double *arg, size_t narg,
                              double loc, double scale, double lo, double hi)
{
    gal_prior *p = begin(kind, coord, arg, narg);
    if (!p)
        return GAL_ENOMEM;
    p->loc = loc;
    p->scale = scale;
    p->lo = lo;
    p->hi = hi;
    p->lnnorm = -LN_SQRT_2PI - log(scale);
    const char *why = truncate_at(p, prior_normal_p, prior_normal_q, 0);
    if (why) {
        destroy(p);
        return bad(kind, arg, narg, why);
    }
    return finish(p, out);
}

static const char *check_scale(double loc, double scale, const char *loc_text, const char *scale_text)
{
    if (!isfinite(loc))
        return loc_text;
    return isfinite(scale) && scale > 0 ? NULL : scale_text;
}

gal_status gal_prior_normal(gal_prior **out, double mean, double sd)
{
    double arg[] = {mean, sd};
    const char *why =
        check_scale(mean, sd, "the mean must be finite", "the standard deviation must be positive and finite");
    if (why)
        return bad(GAL_PRIOR_NORMAL, arg, 2, why);
    return make_normal(out, GAL_PRIOR_NORMAL, GAL_COORD_LINEAR, arg, 2, mean, sd, -INFINITY, INFINITY);
}

gal_status gal_prior_truncnormal(gal_prior **out, double mean, double sd, double lo, double hi)
{
    double arg[] = {mean, sd, lo, hi};
    const char *why =
        check_scale(mean, sd, "the mean must be finite", "the standard deviation must be positive and finite");
    if (!why)
        why = check_range(lo, hi);
    if (why)
        return bad(GAL_PRIOR_TRUNCNORMAL, arg, 4, why);
    return make_normal(out, GAL_PRIOR_TRUNCNORMAL, GAL_COORD_LINEAR, arg, 4, mean, sd, lo, hi);
}

gal_status gal_prior_lognormal(gal_prior **out, double median, double dex)
{
    double arg[] = {median, dex};
    const char *why = check_scale(median, dex, "the median must be positive and finite",
                                  "the scatter (dex) must be positive and finite");
    if (!why && !(median > 0))
        why = "the median must be positive and finite";
    if (why)
        return bad(GAL_PRIOR_LOGNORMAL, arg, 2, why);
    return make_normal(out, GAL_PRIOR_LOGNORMAL, GAL_COORD_LOG10, arg, 2, log10(median), dex, -INFINITY, INFINITY);
}

gal_status gal_prior_student(gal_prior **out, double location, double scale, double dof, double lo, double hi)
{
    double arg[] = {location, scale, dof, lo, hi};
    size_t narg = lo == -INFINITY && hi == INFINITY ? 3 : 5;
    const char *why =
        check_scale(location, scale, "the location must be finite", "the scale must be positive and finite");
    if (!why && !(isfinite(dof) && dof > 0))
        why = "the degrees of freedom must be positive and finite; use normal for infinitely many";
    if (!why)
        why = check_range(lo, hi);
    if (why)
        return bad(GAL_PRIOR_STUDENT, arg, narg, why);
    gal_prior *p = begin(GAL_PRIOR_STUDENT, GAL_COORD_LINEAR, arg, narg);
    if (!p)
        return GAL_ENOMEM;
    p->loc = location;
    p->scale = scale;
    p->lo = lo;
    p->hi = hi;
    p->shape[0] = dof;
    p->lnnorm = lgamma((dof + 1) / 2) - lgamma(dof / 2) - 0.5 * log(dof * M_PI) - log(scale);
    why = truncate_at(p, prior_student_p, prior_student_q, dof);
    if (why) {
        destroy(p);
        return bad(GAL_PRIOR_STUDENT, arg, narg, why);
    }
    return finish(p, out);
}

gal_status gal_prior_beta(gal_prior **out, double a, double b, double lo, double hi)
{
    double arg[] = {a, b, lo, hi};
    const char *why =
        isfinite(a) && a > 0 && isfinite(b) && b > 0 ? check_range(lo, hi) : "a and b must be positive and finite";
    if (!why && (!isfinite(lo) || !isfinite(hi)))
        why = "bounds must be finite";
    if (why)
        return bad(GAL_PRIOR_BETA, arg, 4, why);
    gal_prior *p = begin(GAL_PRIOR_BETA, GAL_COORD_LINEAR, arg, 4);
    if (!p)
        return GAL_ENOMEM;
    p->lo = p->loc = lo;
    p->hi = hi;
    p->scale = hi - lo;
    p->shape[0] = a;
    p->shape[1] = b;
    p->lnnorm = -gsl_sf_lnbeta(a, b) - log(p->scale);
    return finish(p, out);
}

gal_status gal_prior_gamma(gal_prior **out, double shape, double scale)
{
    double arg[] = {shape, scale};
    if (!(isfinite(shape) && shape > 0 && isfinite(scale) && scale > 0))
        return bad(GAL_PRIOR_GAMMA, arg, 2, "shape and scale must be positive and finite");
    gal_prior *p = begin(GAL_PRIOR_GAMMA, GAL_COORD_LINEAR, arg, 2);
    if (!p)
        return GAL_ENOMEM;
    p->lo = 0;
    p->scale = scale;
    p->shape[0] = shape;
    p->lnnorm = -lgamma(shape) - log(scale);
    return finish(p, out);
}

gal_status gal_prior_table(gal_prior **out, gal_coord coord, const double *x, const double *lnp, size_t n)
{
    gal_prior *p = begin(GAL_PRIOR_TABLE, coord, NULL, 0);
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

gal_status gal_prior_make(gal_prior **out, const char *kind, const double *a, size_t n)
{
    const char *names[GAL_PRIOR_NKINDS];
    int k;
    for (int i = 0; i < GAL_PRIOR_NKINDS; i++)
        names[i] = KIND[i].name;
    for (k = 0; k < GAL_PRIOR_TABLE && strcmp(kind, names[k]) != 0; k++)
        ;
    if (k == GAL_PRIOR_TABLE) {
        if (strcmp(kind, "table") == 0)
            return gal_fail(GAL_EINVAL, "prior table: needs arrays of x and lnp, not %zu numbers", n);
        char hint[96];
        gal_did_you_mean(hint, sizeof hint, kind, names, GAL_PRIOR_NKINDS);
        return gal_fail(GAL_ENOTFOUND, "prior '%s' is unknown%s", kind, hint);
    }
    if (n < KIND[k].nmin || n > KIND[k].nmax || (k == GAL_PRIOR_STUDENT && n == 4) || (k == GAL_PRIOR_BETA && n == 3))
        return gal_fail(GAL_EINVAL, "prior %s: %zu arguments given, expected %s(%s)", kind, n, kind, KIND[k].args);
    switch ((gal_prior_kind)k) {
    case GAL_PRIOR_UNIFORM:
        return gal_prior_uniform(out, a[0], a[1]);
    case GAL_PRIOR_LOGUNIFORM:
        return gal_prior_loguniform(out, a[0], a[1]);
    case GAL_PRIOR_NORMAL:
        return gal_prior_normal(out, a[0], a[1]);
    case GAL_PRIOR_TRUNCNORMAL:
        return gal_prior_truncnormal(out, a[0], a[1], a[2], a[3]);
    case GAL_PRIOR_LOGNORMAL:
        return gal_prior_lognormal(out, a[0], a[1]);
    case GAL_PRIOR_STUDENT:
        return gal_prior_student(out, a[0], a[1], a[2], n == 5 ? a[3] : -INFINITY, n == 5 ? a[4] : INFINITY);
    case GAL_PRIOR_BETA:
        return gal_prior_beta(out, a[0], a[1], n == 4 ? a[2] : 0, n == 4 ? a[3] : 1);
    default:
        return gal_prior_gamma(out, a[0], a[1]);
    }
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
gal_prior_kind gal_prior_get_kind(const gal_prior *p)
{
    return p->kind;
}
const char *gal_prior_kind_name(gal_prior_kind kind)
{
    return kind >= 0 && kind < GAL_PRIOR_NKINDS ? KIND[kind].name : "?";
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
    if (p->kind == GAL_PRIOR_TABLE) {
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
    if (p->kind == GAL_PRIOR_LOGUNIFORM) { /* exactly as given */
        *lo = p->arg[0];
        *hi = p->arg[1];
        return;
    }
    *lo = gal_prior_value(p, p->lo);
    *hi = gal_prior_value(p, p->hi);
}

double gal_prior_value(const gal_prior *p, double x)
{
    return p->coord == GAL_COORD_LOG10 ? pow(10, x) : x;
}

double gal_prior_x(const gal_prior *p, double value)
{
    return p->coord == GAL_COORD_LOG10 ? log10(value) : value;
}

size_t gal_prior_args(const gal_prior *p, const double **args)
{
    *args = p->arg;
    return p->kind == GAL_PRIOR_TABLE ? 0 : p->narg;
}

size_t gal_prior_nodes(const gal_prior *p, const double **x, const double **lnp)
{
    *x = p->table.x;
    *lnp = p->table.given;
    return p->table.n;
}
