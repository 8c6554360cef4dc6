/* Rotation of coefficients: a'_lm = sum over m' of exp(-i m alpha) d^l_(m m')(beta) exp(-i m' gamma) a_lm' for R = Rz(alpha) Ry(beta)
 * Rz(gamma) (Varshalovich et al. 1988, 4.1, 4.8). The same for T, E and B. Eight m at a time; threads share the blocks of m, so the bits
 * do not depend on their number. Memory: one copy of the coefficients, sorted by l. */
#include "galua/alm.h"
#include "sky/alm_rotate_kern.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { LANES = GAL_ROTATE_LANES };

/* A positive number beyond the range of double: mantissa 2^exponent, 0.5 <= mantissa < 1. */
typedef struct wide {
    double x;
    int e;
} wide;

static wide wide_times(wide a, double f)
{
    int e;
    a.x = frexp(a.x * f, &e);
    a.e += e;
    return a;
}

static double wide_as(wide a, int e) /* a 2^-e */
{
    int n = a.e - e;
    return n < -1070 ? 0 : ldexp(a.x, n < 1000 ? n : 1000);
}

static int exponent_for(int e) /* the multiple of STEP at which 2^e is nearest to 1 */
{
    return e > -GAL_ROTATE_STEP / 2 ? 0 : -GAL_ROTATE_STEP * ((-e + GAL_ROTATE_STEP / 2) / GAL_ROTATE_STEP);
}

typedef struct angles {
    double alpha, beta, gamma, c, s; /* c, s = cos, sin(beta/2), at least 1e-18 */
} angles;

/* Block of eight m: S_l(k) = sqrt(C(2l, l+k)) c^(l+k) s^(l-k) for k = m and k = -m, from l = m on. d^l_(m,l) = S_l(m),
 * d^l_(m,-l) = (-1)^(l+m) S_l(-m), d^l_(l,k) = (-1)^(l-k) S_l(k). */
typedef struct block {
    const gal_alm *a;
    const angles *g;
    int m0;
    gal_rotate_column *c; /* [lmax + 1] */
    double *root, *inverse;
    wide edge[2][LANES];
    const wide *cc, *ss; /* c^2m, s^2m, [lmax + 1] */
} block;

/* Lane i enters at l = m: all columns |m'| <= l. */
static void enter_lane(block *b, int l, int i)
{
    wide s = b->cc[l];
    double tan = b->g->s / b->g->c;
    b->edge[0][i] = b->cc[l];
    b->edge[1][i] = b->ss[l];
    for (int k = l; k >= -l; k--) {
        int sign = k < 0, at = k < 0 ? -k : k;
        gal_rotate_column *c = &b->c[at];
        if (i == 0) /* the first lane of the block sets the exponents */
            c->e[sign] = exponent_for(s.e);
        double v = ((l - k) % 2 ? -1 : 1) * wide_as(s, c->e[sign]);
        c->now[sign][i] = v;
        c->before[sign][i] = 0;
        if (k == 0) {
            c->e[1] = c->e[0];
            c->now[1][i] = v;
            c->before[1][i] = 0;
        }
        if (k > -l)
            s = wide_times(s, sqrt((double)(l + k) / (l - k + 1)) * tan);
    }
}

/* Column m' = l enters for the lanes that are there; edge has been brought to l. */
static void enter_column(block *b, int l)
{
    gal_rotate_column *c = &b->c[l];
    memset(c, 0, sizeof *c);
    for (int sign = 0; sign < 2; sign++) {
        int most = INT_MIN;
        for (int i = 0; i < LANES && b->m0 + i < l; i++)
            most = b->edge[sign][i].e > most ? b->edge[sign][i].e : most;
        if (b->m0 < l)
            c->e[sign] = exponent_for(most);
        for (int i = 0; i < LANES && b->m0 + i < l; i++)
            c->now[sign][i] = (sign && (l + b->m0 + i) % 2 ? -1 : 1) * wide_as(b->edge[sign][i], c->e[sign]);
    }
}

static void advance_edges(block *b, int l) /* S_l -> S_(l+1) at k = +-m */
{
    double cs = b->g->c * b->g->s;
    for (int i = 0; i < LANES && b->m0 + i <= l; i++) {
        double m = b->m0 + i, f = sqrt((2. * l + 2) * (2. * l + 1) / ((l + 1 + m) * (l + 1 - m))) * cs;
        b->edge[0][i] = wide_times(b->edge[0][i], f);
        b->edge[1][i] = wide_times(b->edge[1][i], f);
    }
}

static void store(const block *b, int l, int comp, double sum[2][LANES])
{
    for (int i = 0; i < LANES && b->m0 + i <= l; i++) {
        int m = b->m0 + i;
        double co = cos(m * b->g->alpha), si = -sin(m * b->g->alpha);
        double *x = b->a->a[comp] + 2 * gal_alm_index(b->a->lmax, l, m);
        x[0] = co * sum[0][i] - si * sum[1][i];
        x[1] = m ? co * sum[1][i] + si * sum[0][i] : 0;
    }
}

/* One block of m through all l. sorted[comp]: input by l, (re, im) of m' = 0 .. l at l(l+1). */
static void run_block(block *b, const struct alm_rotate_kern *kern, int comp, int n, double *const *sorted)
{
    int lmax = b->a->lmax;
    double cosb = (b->g->c - b->g->s) * (b->g->c + b->g->s);
    for (int l = b->m0; l <= lmax; l++) {
        if (l > b->m0) { /* columns 0 .. l-1 and lanes below l come from l - 1 */
            advance_edges(b, l - 1);
            if (l == 1) { /* the recursion has no l = 0: d^1_00 */
                b->c[0].before[0][0] = b->c[0].before[1][0] = 1;
                b->c[0].now[0][0] = b->c[0].now[1][0] = cosb;
            } else {
                for (int k = 0; k < l; k++) {
                    double x = l - 1, y = k;
                    b->root[k] = sqrt((x - y) * (x + y));
                    b->inverse[k] = 1 / sqrt((x + 1 - y) * (x + 1 + y));
                }
                kern->advance(l - 1, b->m0, cosb, b->root, b->inverse, b->c);
            }
            enter_column(b, l);
        }
        if (l < b->m0 + LANES)
            enter_lane(b, l, l - b->m0);
        double sum[3][2][LANES] = {{{0}}};
        const double *in[3];
        for (int k = 0; k < n; k++)
            in[k] = sorted[comp + k] + (size_t)l * (size_t)(l + 1);
        kern->apply(l, n, b->c, in, sum);
        for (int k = 0; k < n; k++)
            store(b, l, comp + k, sum[k]);
    }
}

/* (re, im) of exp(-i m' gamma) a_lm' by l. */
static void sort_by_l(const gal_alm *a, int comp, double gamma, double *out)
{
    int lmax = a->lmax;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (int m = 0; m <= lmax; m++) {
        double co = cos(m * gamma), si = -sin(m * gamma);
        for (int l = m; l <= lmax; l++) {
            const double *x = a->a[comp] + 2 * gal_alm_index(lmax, l, m);
            double *y = out + (size_t)l * (size_t)(l + 1) + 2 * (size_t)m;
            y[0] = co * x[0] - si * (m ? x[1] : 0);
            y[1] = m ? co * x[1] + si * x[0] : 0;
        }
    }
}

static gal_status rotate(gal_alm *a, const angles *g, double *const *sorted)
{
    int lmax = a->lmax, nblock = lmax / LANES + 1, lost = 0;
    const struct alm_rotate_kern *kern = GAL_KERN_PICK(alm_rotate_kern);
    wide *cc = GAL_NEWN(wide, (size_t)lmax + 1), *ss = GAL_NEWN(wide, (size_t)lmax + 1);
    if (!cc || !ss) {
        gal_free(cc);
        gal_free(ss);
        return GAL_ENOMEM;
    }
    cc[0] = ss[0] = (wide){0.5, 1};
    for (int m = 1; m <= lmax; m++) {
        cc[m] = wide_times(cc[m - 1], g->c * g->c);
        ss[m] = wide_times(ss[m - 1], g->s * g->s);
    }
#pragma omp parallel num_threads(gal_threads()) reduction(+ : lost)
    {
        gal_rotate_column *c = GAL_NEWN(gal_rotate_column, (size_t)lmax + 1);
        double *root = GAL_NEWN(double, (size_t)lmax + 1), *inverse = GAL_NEWN(double, (size_t)lmax + 1);
#pragma omp for schedule(dynamic)
        for (int k = 0; k < nblock; k++) {
            if (!c || !root || !inverse) {
                lost++;
                continue;
            }
            for (int comp = 0; comp < a->ncomp;) {
                int n = a->ncomp - comp >= 3 ? 3 : 1;
                block b = {
                    .a = a, .g = g, .m0 = k * LANES, .c = c, .root = root, .inverse = inverse, .cc = cc, .ss = ss};
                memset(c, 0, ((size_t)lmax + 1) * sizeof *c);
                run_block(&b, kern, comp, n, sorted);
                comp += n;
            }
        }
        gal_free(c);
        gal_free(root);
        gal_free(inverse);
    }
    gal_free(cc);
    gal_free(ss);
    return lost ? gal_fail(GAL_ENOMEM, "rotation to lmax = %d: out of memory", lmax) : GAL_OK;
}

/* About z alone: a_lm exp(-i m alpha). */
static void turn(gal_alm *a, double alpha)
{
    for (int k = 0; k < a->ncomp; k++)
        for (int m = 1; m <= a->lmax; m++) {
            double co = cos(m * alpha), si = -sin(m * alpha), *x = a->a[k] + 2 * gal_alm_index(a->lmax, m, m);
            for (int l = m; l <= a->lmax; l++, x += 2) {
                double re = x[0];
                x[0] = co * re - si * x[1];
                x[1] = co * x[1] + si * re;
            }
        }
}

static gal_status rotate_by(gal_alm *a, const double R[9])
{
    gal_status st = GAL_OK;
    double *sorted[GAL_SKYMAP_MAX] = {NULL};
    /* z of the new frame: R e_z = (sin beta cos alpha, sin beta sin alpha, cos beta) */
    double beta = atan2(hypot(R[2], R[5]), R[8]);
    angles g = {.alpha = atan2(R[5], R[2]),
                .beta = beta,
                .gamma = atan2(R[7], -R[6]),
                .c = fmax(cos(beta / 2), 1e-18),
                .s = fmax(sin(beta / 2), 1e-18)};
    for (int k = 0; k < a->ncomp; k++)
        if (!(sorted[k] = gal_alloc(2 * gal_alm_size(a->lmax) * sizeof(double))))
            GAL_TRY(GAL_ENOMEM);
    for (int k = 0; k < a->ncomp; k++)
        sort_by_l(a, k, g.gamma, sorted[k]);
    st = rotate(a, &g, sorted);
out:
    for (int k = 0; k < a->ncomp; k++)
        gal_free(sorted[k]);
    return st;
}

gal_status gal_alm_rotate(gal_alm *a, const double R[9])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double dot = R[i] * R[j] + R[3 + i] * R[3 + j] + R[6 + i] * R[6 + j];
            if (!(fabs(dot - (i == j)) < 1e-6))
                return gal_fail(GAL_EINVAL, "rotation: the matrix is not orthonormal (columns %d and %d: %g)", i + 1,
                                j + 1, dot);
        }
    double det =
        R[0] * (R[4] * R[8] - R[5] * R[7]) - R[1] * (R[3] * R[8] - R[5] * R[6]) + R[2] * (R[3] * R[7] - R[4] * R[6]);
    if (det < 0)
        return gal_fail(GAL_EINVAL, "rotation: the matrix mirrors (determinant %g)", det);
    double sb = hypot(R[2], R[5]);
    if (sb < 1e-15 && R[8] > 0) {
        turn(a, atan2(R[3], R[0]));
        return GAL_OK;
    }
    if (sb >= 0.2)
        return rotate_by(a, R);
    /* Rounding errors of the recursion grow as l^2 until l beta > 1: small angles (and those near pi) go by way of one radian. */
    double c = cos(1.), s = sin(1.), out[9] = {c, 0, s, 0, 1, 0, -s, 0, c}, rest[9];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            rest[3 * i + j] = R[3 * i] * out[3 * j] + R[3 * i + 1] * out[3 * j + 1] + R[3 * i + 2] * out[3 * j + 2];
    gal_status st = rotate_by(a, out);
    return st == GAL_OK ? rotate_by(a, rest) : st;
}
