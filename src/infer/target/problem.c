/* Targets of known evidence. See galua/problem.h. Thread-safe: a target is read only. */
#include "galua/problem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LN_2PI 1.8378770664093454836

typedef struct problem problem;
typedef double (*lnlike_fn)(const problem *p, const double *x);
struct problem {
    gal_target t;
    lnlike_fn lnlike;
    double *lo, *hi;
    char **names;
};

static double lnadd(double a, double b)
{
    double top = fmax(a, b);
    return top == -INFINITY ? top : top + log(exp(a - top) + exp(b - top));
}

static double ln_normal(double x, double mean, double sd)
{
    double z = (x - mean) / sd;
    return -0.5 * (z * z + LN_2PI) - log(sd);
}

/* ------------------------------------------------------------------ likelihoods */
static double gauss(const problem *p, const double *x)
{
    double s = 0;
    for (size_t i = 0; i < p->t.ndim; i++)
        s += x[i] * x[i];
    return -0.5 * (s + (double)p->t.ndim * LN_2PI);
}

/* S = (1 - r) I + r J: S^-1 and |S| in closed form */
static double correlated(const problem *p, const double *x)
{
    double r = 0.95, n = (double)p->t.ndim, s2 = 0, s1 = 0;
    for (size_t i = 0; i < p->t.ndim; i++) {
        s1 += x[i];
        s2 += x[i] * x[i];
    }
    double chi2 = (s2 - r * s1 * s1 / (1 + (n - 1) * r)) / (1 - r);
    double lndet = (n - 1) * log(1 - r) + log(1 + (n - 1) * r);
    return -0.5 * (chi2 + lndet + n * LN_2PI);
}

static double scales(const problem *p, const double *x)
{
    double s = 0;
    for (size_t i = 0; i < p->t.ndim; i++)
        s += ln_normal(x[i], 0, pow(10, -(double)i));
    return s;
}

static double eggbox(const problem *p, const double *x)
{
    (void)p;
    return pow(2 + cos(0.5 * x[0]) * cos(0.5 * x[1]), 5);
}

static double shells(const problem *p, const double *x)
{
    double rest = 0, l[2];
    for (size_t i = 1; i < p->t.ndim; i++)
        rest += x[i] * x[i];
    for (int k = 0; k < 2; k++) {
        double a = x[0] - (k ? 3.5 : -3.5);
        l[k] = ln_normal(sqrt(a * a + rest), 2, 0.1);
    }
    return lnadd(l[0], l[1]);
}

static double rosenbrock(const problem *p, const double *x)
{
    double s = 0;
    for (size_t i = 0; i + 1 < p->t.ndim; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        s += 100 * a * a + b * b;
    }
    return -s;
}

static double ln_loggamma(double x, double at)
{
    double s = 1 / 30., z = (x - at) / s;
    return z - exp(z) - log(s);
}

static double loggamma(const problem *p, const double *x)
{
    double s = 1 / 30., third = 1 / 3.;
    double l = lnadd(ln_loggamma(x[0], third), ln_loggamma(x[0], 2 * third)) - M_LN2;
    l += lnadd(ln_normal(x[1], third, s), ln_normal(x[1], 2 * third, s)) - M_LN2;
    for (size_t i = 2; i < p->t.ndim; i++)
        l += i < (p->t.ndim + 2) / 2 ? ln_loggamma(x[i], 2 * third) : ln_normal(x[i], 2 * third, s);
    return l;
}

static double funnel(const problem *p, const double *x)
{
    double l = ln_normal(x[0], 0, 3), sd = exp(0.5 * x[0]);
    for (size_t i = 1; i < p->t.ndim; i++)
        l += ln_normal(x[i], 0, sd);
    return l;
}

static double spike(const problem *p, const double *x)
{
    double a = log(100), b = 0;
    for (size_t i = 0; i < p->t.ndim; i++) {
        a += ln_normal(x[i], 0, 0.01);
        b += ln_normal(x[i], 0, 0.1);
    }
    return lnadd(a, b);
}

static double half(const problem *p, const double *x)
{
    (void)p;
    return x[0] < 0.5 ? 0 : -INFINITY;
}

/* ln I0(50) = 50 - ln sqrt(2 pi 50) + ln(1 + 1/400 + 9/2/400^2 + 225/6/400^3 + ...) */
static double vonmises(const problem *p, const double *x)
{
    double k = 50, a = 1 / (8 * k), l = 0;
    double lni0 = k - 0.5 * (LN_2PI + log(k)) + log(1 + a * (1 + a * (4.5 + a * (37.5 + a * 459.375))));
    for (size_t i = 0; i < p->t.ndim; i++)
        l += k * cos(2 * M_PI * x[i]) - lni0;
    return l;
}

static double cake(const problem *p, const double *x)
{
    double far = 0;
    for (size_t i = 0; i < p->t.ndim; i++)
        far = fmax(far, fabs(x[i] - 0.5));
    return -fmin(floor(20 * far), 9);
}

/* ------------------------------------------------------------------ evidences */
typedef struct {
    size_t d;
    double lnz;
} known;

static double look_up(const known *k, size_t d)
{
    for (; k->d > 0; k++)
        if (k->d == d)
            return k->lnz;
    return NAN;
}

static double evidence(const char *name, size_t d)
{
    static const known SHELLS[] = {
        {2, -1.745642},    {5, -5.673601}, {10, -14.590491}, {20, -36.086548}, {30, -60.127767},
        {50, -112.415120}, {0, 0}};
    static const known ROSE[] = {{2, -5.804132},   {3, -10.477029},   {4, -15.101691},
                                 {5, -19.732429},  {8, -33.721616},   {10, -43.108355},
                                 {20, -90.265468}, {30, -137.487488}, {0, 0}};
    static const known ROSE10[] = {{2, -7.150436},   {3, -12.538986},   {5, -23.188535},
                                   {10, -50.033009}, {30, -158.275579}, {0, 0}};
    static const known FUNNEL[] = {{2, -8.295723}, {5, -24.192204}, {10, -50.685103}, {20, -103.669596}, {0, 0}};
    static const known SPIKE[] = {{20, 4.615120}, {0, 0}};
    double n = (double)d;
    if (strcmp(name, "gauss") == 0)
        return n * (log(erf(5 / M_SQRT2)) - log(10));
    if (strcmp(name, "correlated") == 0)
        return -n * log(16);
    if (strcmp(name, "scales") == 0)
        return -n * log(10) - 5.7e-7;
    if (strcmp(name, "eggbox") == 0)
        return 235.855940;
    if (strcmp(name, "shells") == 0)
        return look_up(SHELLS, d);
    if (strcmp(name, "rosenbrock") == 0)
        return look_up(ROSE, d);
    if (strcmp(name, "rosenbrock10") == 0)
        return look_up(ROSE10, d);
    if (strcmp(name, "loggamma") == 0)
        return -2.27e-5;
    if (strcmp(name, "funnel") == 0)
        return look_up(FUNNEL, d);
    if (strcmp(name, "spike") == 0)
        return look_up(SPIKE, d);
    if (strcmp(name, "half") == 0)
        return -M_LN2;
    if (strcmp(name, "vonmises") == 0)
        return 0;
    double z = 0; /* cake: the shell k has volume ((k+1)^d - k^d)/10^d */
    for (int k = 0; k < 10; k++)
        z += exp(-k) * (pow((k + 1) / 10., n) - pow(k / 10., n));
    return log(z);
}

/* ------------------------------------------------------------------ the target */
static const struct {
    const char *name;
    lnlike_fn lnlike;
    double lo, hi;
    size_t dmin, dmax;
} PROBLEM[] = {
    {"gauss", gauss, -5, 5, 1, 1000},
    {"correlated", correlated, -8, 8, 1, 1000},
    {"scales", scales, -5, 5, 1, 8},
    {"eggbox", eggbox, 0, 10 * M_PI, 2, 2},
    {"shells", shells, -6, 6, 2, 1000},
    {"rosenbrock", rosenbrock, -5, 5, 2, 1000},
    {"rosenbrock10", rosenbrock, -10, 10, 2, 1000},
    {"loggamma", loggamma, 0, 1, 2, 1000},
    {"funnel", funnel, -100, 100, 2, 1000},
    {"spike", spike, -0.5, 0.5, 1, 1000},
    {"half", half, 0, 1, 1, 1000},
    {"vonmises", vonmises, 0, 1, 1, 1000},
    {"cake", cake, 0, 1, 1, 1000},
};
enum { NPROBLEM = sizeof PROBLEM / sizeof *PROBLEM };

const char *const *gal_problem_names(size_t *n)
{
    static const char *names[NPROBLEM];
    for (size_t i = 0; i < NPROBLEM; i++)
        names[i] = PROBLEM[i].name;
    *n = NPROBLEM;
    return names;
}

static gal_status transform(const gal_target *t, size_t m, const double *u, double *theta)
{
    const problem *p = t->self;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < t->ndim; k++)
            theta[i * t->ndim + k] = p->lo[k] + u[i * t->ndim + k] * (p->hi[k] - p->lo[k]);
    return GAL_OK;
}

static gal_status eval(const gal_target *t, size_t m, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    const problem *p = t->self;
    (void)blob;
    double box = 0;
    for (size_t k = 0; k < t->ndim; k++)
        box -= log(p->hi[k] - p->lo[k]);
    for (size_t i = 0; i < m; i++) {
        const double *x = theta + i * t->ndim;
        lnprior[i] = box;
        for (size_t k = 0; k < t->ndim; k++)
            if (!(x[k] >= p->lo[k] && x[k] <= p->hi[k]))
                lnprior[i] = -INFINITY;
        lnlike[i] = lnprior[i] > -INFINITY ? p->lnlike(p, x) : -INFINITY;
    }
    return GAL_OK;
}

void gal_problem_free(gal_target *t)
{
    if (!t)
        return;
    problem *p = t->self;
    for (size_t k = 0; p->names && k < t->ndim; k++)
        gal_free(p->names[k]);
    gal_free(p->names);
    gal_free(p->lo);
    gal_free(p->hi);
    gal_free(p);
}

gal_status gal_problem_create(gal_target **out, const char *name, size_t d, double *lnz)
{
    size_t n, i = 0;
    const char *const *names = gal_problem_names(&n);
    while (i < n && strcmp(PROBLEM[i].name, name) != 0)
        i++;
    if (i == n) {
        char hint[80];
        gal_did_you_mean(hint, sizeof hint, name, names, n);
        return gal_fail(GAL_ENOTFOUND, "no problem '%s'%s", name, hint);
    }
    if (d < PROBLEM[i].dmin || d > PROBLEM[i].dmax)
        return gal_fail(GAL_EINVAL, "problem '%s' has %zu to %zu dimensions, got %zu", name, PROBLEM[i].dmin,
                        PROBLEM[i].dmax, d);
    gal_status st = GAL_OK;
    problem *p = GAL_NEW(problem);
    if (!p)
        return GAL_ENOMEM;
    p->t = (gal_target){.ndim = d, .eval = eval, .prior_transform = transform, .destroy = gal_problem_free, .self = p};
    p->lnlike = PROBLEM[i].lnlike;
    p->lo = GAL_NEWN(double, d);
    p->hi = GAL_NEWN(double, d);
    p->names = GAL_NEWN(char *, d);
    bool ok = p->lo && p->hi && p->names;
    for (size_t k = 0; ok && k < d; k++) {
        p->lo[k] = PROBLEM[i].lo;
        p->hi[k] = PROBLEM[i].hi;
        ok = (p->names[k] = gal_asprintf("x%zu", k + 1)) != NULL;
    }
    if (!ok) {
        st = GAL_ENOMEM;
        goto out;
    }
    if (strcmp(name, "funnel") == 0) {
        p->lo[0] = -10;
        p->hi[0] = 10;
    }
    p->t.names = (const char *const *)p->names;
    if (lnz)
        *lnz = evidence(name, d);
    *out = &p->t;
    p = NULL;
out:
    if (p)
        gal_problem_free(&p->t);
    return st;
}
