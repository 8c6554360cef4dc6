/* Absorption by the intergalactic medium: the analytic model of Inoue et al. 2014 (MNRAS 442, 1805), eqs 20-22 and 25-29.
 *
 * T = exp(-tau), tau = sum over Lyman lines 2..40 and the Lyman continuum of two populations, the forest (LAF) and damped systems
 * (DLA), at observed wavelength l for a source at redshift z. Line j absorbs where l_j < l < l_j (1+z), q = l/l_j:
 *     LAF: A1 q^1.2 (q < 2.2), A2 q^3.7 (2.2 <= q < 5.7), A3 q^5.5 above;   DLA: B1 q^2 (q < 3), B2 q^3 above
 * and the continuum for r = l/l_L between 1 and 1+z as coded below.
 *
 * At r < 1, which the paper leaves out, all absorbers between here and z lie on the long side of their edges. The forest's depth then
 * falls as r^2.1. For the damped systems, of columns distributed as N^-0.9 exp(-N/Nc), Nc = 1e21 cm-2 (the paper's), it is
 *     int_0^z K(z') {1 - [1 + Nc s (r/(1+z'))^3]^-0.1} dz',  s = 6.3e-18 cm2,  K ~ (1+z') below z' = 2, (1+z')^2 above,
 * scaled to join at r = 1: flat through the ultraviolet, gone in X-rays. The reference code has the DLA break at z = 2.2, l_L = 912 A
 * and no absorption at r < 1: choice igm_breaks (D14). `factor` scales tau: 1 is the mean of all lines of sight.
 *
 * Powers of the wavelength and sums over lines are tabulated: l^p = lambda^p (1+z)^p, and the lines active at l are neighbours in the
 * list, split at the wavelengths of the breaks. */
#include "component/igm.h"
#include "component/component_kern.h"
#include "galua/const.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

enum { LINES = 39 };
// clang-format off
static const struct { double wave, a1, a2, a3, b1, b2; } line[LINES] = {
    {1215.670, 1.690e-02, 2.354e-03, 1.026e-04, 1.617e-04, 5.390e-05}, {1025.720, 4.692e-03, 6.536e-04, 2.849e-05, 1.545e-04, 5.151e-05},
    { 972.537, 2.239e-03, 3.119e-04, 1.360e-05, 1.498e-04, 4.992e-05}, { 949.743, 1.319e-03, 1.837e-04, 8.010e-06, 1.460e-04, 4.868e-05},
    { 937.803, 8.707e-04, 1.213e-04, 5.287e-06, 1.429e-04, 4.763e-05}, { 930.748, 6.178e-04, 8.606e-05, 3.752e-06, 1.402e-04, 4.672e-05},
    { 926.226, 4.609e-04, 6.421e-05, 2.799e-06, 1.377e-04, 4.590e-05}, { 923.150, 3.569e-04, 4.971e-05, 2.167e-06, 1.355e-04, 4.516e-05},
    { 920.963, 2.843e-04, 3.960e-05, 1.726e-06, 1.335e-04, 4.448e-05}, { 919.352, 2.318e-04, 3.229e-05, 1.407e-06, 1.316e-04, 4.385e-05},
    { 918.129, 1.923e-04, 2.679e-05, 1.168e-06, 1.298e-04, 4.326e-05}, { 917.181, 1.622e-04, 2.259e-05, 9.847e-07, 1.281e-04, 4.271e-05},
    { 916.429, 1.385e-04, 1.929e-05, 8.410e-07, 1.265e-04, 4.218e-05}, { 915.824, 1.196e-04, 1.666e-05, 7.263e-07, 1.250e-04, 4.168e-05},
    { 915.329, 1.043e-04, 1.453e-05, 6.334e-07, 1.236e-04, 4.120e-05}, { 914.919, 9.174e-05, 1.278e-05, 5.571e-07, 1.222e-04, 4.075e-05},
    { 914.576, 8.128e-05, 1.132e-05, 4.936e-07, 1.209e-04, 4.031e-05}, { 914.286, 7.251e-05, 1.010e-05, 4.403e-07, 1.197e-04, 3.989e-05},
    { 914.039, 6.505e-05, 9.062e-06, 3.950e-07, 1.185e-04, 3.949e-05}, { 913.826, 5.868e-05, 8.174e-06, 3.563e-07, 1.173e-04, 3.910e-05},
    { 913.641, 5.319e-05, 7.409e-06, 3.230e-07, 1.162e-04, 3.872e-05}, { 913.480, 4.843e-05, 6.746e-06, 2.941e-07, 1.151e-04, 3.836e-05},
    { 913.339, 4.427e-05, 6.167e-06, 2.689e-07, 1.140e-04, 3.800e-05}, { 913.215, 4.063e-05, 5.660e-06, 2.467e-07, 1.130e-04, 3.766e-05},
    { 913.104, 3.738e-05, 5.207e-06, 2.270e-07, 1.120e-04, 3.732e-05}, { 913.006, 3.454e-05, 4.811e-06, 2.097e-07, 1.110e-04, 3.700e-05},
    { 912.918, 3.199e-05, 4.456e-06, 1.943e-07, 1.101e-04, 3.668e-05}, { 912.839, 2.971e-05, 4.139e-06, 1.804e-07, 1.091e-04, 3.637e-05},
    { 912.768, 2.766e-05, 3.853e-06, 1.680e-07, 1.082e-04, 3.607e-05}, { 912.703, 2.582e-05, 3.596e-06, 1.568e-07, 1.073e-04, 3.578e-05},
    { 912.645, 2.415e-05, 3.364e-06, 1.466e-07, 1.065e-04, 3.549e-05}, { 912.592, 2.263e-05, 3.153e-06, 1.375e-07, 1.056e-04, 3.521e-05},
    { 912.543, 2.126e-05, 2.961e-06, 1.291e-07, 1.048e-04, 3.493e-05}, { 912.499, 2.000e-05, 2.785e-06, 1.214e-07, 1.040e-04, 3.466e-05},
    { 912.458, 1.885e-05, 2.625e-06, 1.145e-07, 1.032e-04, 3.440e-05}, { 912.420, 1.779e-05, 2.479e-06, 1.080e-07, 1.024e-04, 3.414e-05},
    { 912.385, 1.682e-05, 2.343e-06, 1.022e-07, 1.017e-04, 3.389e-05}, { 912.353, 1.593e-05, 2.219e-06, 9.673e-08, 1.009e-04, 3.364e-05},
    { 912.324, 1.510e-05, 2.103e-06, 9.169e-08, 1.002e-04, 3.339e-05}};
// clang-format on

enum { P12, P21, P37, P55, P20, P30, PM03, NPOWER };
static const double power[NPOWER] = {1.2, 2.1, 3.7, 5.5, 2, 3, -0.3};
enum { DEEP = 25 }; /* nodes in ln r below the limit */

typedef struct table {
    size_t n;                 /* nodes below Lyman alpha */
    double *pow;              /* [NPOWER][n] (lambda/l_L)^p */
    int *first;               /* [n] lines 0 .. first-1 lie redward of the node */
    double sum[5][LINES + 1]; /* of A1, A2, A3, B1, B2 (w/l_L)^-p over the lines before */
} table;

static void teardown(void *p)
{
    table *t = p;
    gal_free(t->pow);
    gal_free(t->first);
    gal_free(t);
}

static double limit_of(const gal_wavegrid *g)
{
    return g->compat.igm_breaks ? 912 : GAL_LYMAN_AA;
}

static gal_status setup(void **out, const void *self, const gal_wavegrid *g)
{
    (void)self;
    double limit = limit_of(g);
    table *t = GAL_NEW(table);
    if (!t)
        return GAL_ENOMEM;
    while (t->n < g->n && g->wave[t->n] < line[0].wave)
        t->n++;
    t->pow = GAL_NEWN(double, NPOWER * t->n + 1);
    t->first = GAL_NEWN(int, t->n + 1);
    if (!t->pow || !t->first) {
        teardown(t);
        return GAL_ENOMEM;
    }
    for (size_t k = 0; k < t->n; k++) {
        for (int i = 0; i < NPOWER; i++)
            t->pow[(size_t)i * t->n + k] = pow(g->wave[k] / limit, power[i]);
        while (t->first[k] < LINES && line[t->first[k]].wave > g->wave[k])
            t->first[k]++;
    }
    static const int exponent[5] = {P12, P37, P55, P20, P30};
    for (int j = 0; j < LINES; j++) {
        double a[5] = {line[j].a1, line[j].a2, line[j].a3, line[j].b1, line[j].b2};
        for (int i = 0; i < 5; i++)
            t->sum[i][j + 1] = t->sum[i][j] + a[i] * pow(line[j].wave / limit, -power[exponent[i]]);
    }
    *out = t;
    return GAL_OK;
}

/* Lyman continuum at r = l/l_L, 1 <= r < 1+z, given powers of r; x = 1+z */
static double forest_continuum(const double r[NPOWER], double z, double x16, double x34, double xm09)
{
    if (z < 1.2)
        return 0.325 * (r[P12] - xm09 * r[P21]);
    if (z < 4.7) {
        double c = 2.55e-2 * x16 * r[P21];
        return r[P30] < 2.2 * 2.2 * 2.2 ? c + 0.325 * r[P12] - 0.250 * r[P21] : c - 2.55e-2 * r[P37];
    }
    double c = 5.22e-4 * x34 * r[P21];
    if (r[P30] < 2.2 * 2.2 * 2.2)
        return c + 0.325 * r[P12] - 3.14e-2 * r[P21];
    return r[P30] < 5.7 * 5.7 * 5.7 ? c + 0.218 * r[P21] - 2.55e-2 * r[P37] : c - 5.22e-4 * r[P55];
}

static double damped_continuum(const double r[NPOWER], double x, double x23, double x33, bool low)
{
    if (low)
        return 0.211 * x * x - 7.66e-2 * x23 * r[PM03] - 0.135 * r[P20];
    double c = 4.7e-2 * x * x * x - 1.78e-2 * x33 * r[PM03];
    return r[P30] < 27 ? 0.634 + c - 0.135 * r[P20] - 0.291 * r[PM03] : c - 2.92e-2 * r[P30];
}

/* Their derivatives with ln x at a fixed wavelength at rest: every power by its exponent. */
static double forest_slope(const double r[NPOWER], double z, double x16, double x34, double xm09)
{
    if (z < 1.2)
        return 1.2 * 0.325 * (r[P12] - xm09 * r[P21]);
    if (z < 4.7) {
        double c = 3.7 * 2.55e-2 * x16 * r[P21];
        return r[P30] < 2.2 * 2.2 * 2.2 ? c + 1.2 * 0.325 * r[P12] - 2.1 * 0.250 * r[P21] : c - 3.7 * 2.55e-2 * r[P37];
    }
    double c = 5.5 * 5.22e-4 * x34 * r[P21];
    if (r[P30] < 2.2 * 2.2 * 2.2)
        return c + 1.2 * 0.325 * r[P12] - 2.1 * 3.14e-2 * r[P21];
    return r[P30] < 5.7 * 5.7 * 5.7 ? c + 2.1 * 0.218 * r[P21] - 3.7 * 2.55e-2 * r[P37] : c - 5.5 * 5.22e-4 * r[P55];
}

static double damped_slope(const double r[NPOWER], double x, double x23, double x33, bool low)
{
    if (low)
        return 2 * 0.211 * x * x - 2 * 7.66e-2 * x23 * r[PM03] - 2 * 0.135 * r[P20];
    double c = 3 * 4.7e-2 * x * x * x - 3 * 1.78e-2 * x33 * r[PM03];
    return r[P30] < 27 ? c - 2 * 0.135 * r[P20] + 0.3 * 0.291 * r[PM03] : c - 3 * 2.92e-2 * r[P30];
}

/* The same at r = 1, which stays: of powers of x alone. */
static double forest_edge_slope(double z, double x16, double x34, double xm09)
{
    return z < 1.2 ? 0.9 * 0.325 * xm09 : z < 4.7 ? 1.6 * 2.55e-2 * x16 : 3.4 * 5.22e-4 * x34;
}

static double damped_edge_slope(double x, double x23, double x33, bool low)
{
    return low ? 2 * 0.211 * x * x - 2.3 * 7.66e-2 * x23 : 3 * 4.7e-2 * x * x * x - 3.3 * 1.78e-2 * x33;
}

/* Damped systems at r <= 1, relative to r = 1, on nodes equally spaced in ln r from ln_lo to 0; slope: with ln(1 + z), ln_lo moving with it, or
 * NULL. */
static void damped_tail(double z, double ln_lo, double *out, double *slope)
{
    enum { NG = 5 };
    const double *weight, *node = gal_gauss_nodes(NG, &weight);
    double edge[3] = {0, fmin(z, 2), z}, moves[3] = {0, z < 2 ? 1 + z : 0, 1 + z};
    double w[2 * NG] = {0}, s[2 * NG] = {0}, dw[2 * NG] = {0}, ds[2 * NG] = {0};
    int n = 0;
    for (int piece = 0; piece < 2; piece++)
        for (int i = 0; i < NG && edge[piece + 1] > edge[piece]; i++) {
            double half = 0.5 * (edge[piece + 1] - edge[piece]), x = 1 + edge[piece] + half * (1 + node[i]);
            double dhalf = 0.5 * (moves[piece + 1] - moves[piece]), dx = moves[piece] + dhalf * (1 + node[i]);
            w[n] = half * weight[i] * (piece ? 0.141 * x * x : 0.422 * x);
            dw[n] = weight[i] * (piece ? 0.141 * x * (dhalf * x + half * 2 * dx) : 0.422 * (dhalf * x + half * dx));
            s[n] = 6300 / (x * x * x);
            ds[n] = -3 * dx / x;
            n++;
        }
    for (int d = DEEP - 1; d >= 0; d--) {
        double part = 1 - (double)d / (DEEP - 1), r = exp(ln_lo * part), sum = 0, dsum = 0;
        for (int i = 0; i < n; i++) {
            sum += w[i] * -expm1(-0.1 * log1p(s[i] * r * r * r));
            if (!slope)
                continue;
            double u = s[i] * r * r * r, ln = log1p(u);
            dsum += dw[i] * -expm1(-0.1 * ln) + w[i] * 0.1 * exp(-0.1 * ln) * u / (1 + u) * (ds[i] + 3 * part);
        }
        out[d] = sum;
        if (slope)
            slope[d] = dsum;
    }
    for (int d = 0; slope && d < DEEP; d++) {
        double all = out[DEEP - 1], dall = slope[DEEP - 1];
        if (d < DEEP - 1)
            slope[d] = (slope[d] - out[d] * dall / all) / all;
    }
    if (slope)
        slope[DEEP - 1] = 0;
    for (int d = 0; d < DEEP; d++)
        out[d] /= out[DEEP - 1];
}

static double through(const double *q, double a)
{
    double b = a - 1, c = a - 2, d = a - 3;
    return -b * c * d / 6 * q[0] + a * c * d / 2 * q[1] - a * b * d / 2 * q[2] + a * b * c / 6 * q[3];
}

/* Cubic through four neighbours on equally spaced nodes; x in units of the step. */
static double cubic(const double *y, double x)
{
    int i = (int)x - 1;
    i = i < 0 ? 0 : i > DEEP - 4 ? DEEP - 4 : i;
    return fmax(through(y + i, x - i), 0);
}

/* Its derivative where its nodes change by dy and x by dx */
static double cubic_slope(const double *y, const double *dy, double x, double dx)
{
    int i = (int)x - 1;
    i = i < 0 ? 0 : i > DEEP - 4 ? DEEP - 4 : i;
    double a = x - i, b = a - 1, c = a - 2, d = a - 3;
    const double *q = y + i;
    double along = -(b * c + b * d + c * d) / 6 * q[0] + (a * c + a * d + c * d) / 2 * q[1] -
                   (a * b + a * d + b * d) / 2 * q[2] + (a * b + a * c + b * c) / 6 * q[3];
    return through(q, a) > 0 ? through(dy + i, a) + along * dx : 0;
}

/* Number of lines longward of w, found from the number at a smaller w. */
static int longward(double w, int n)
{
    while (n > 0 && line[n - 1].wave <= w)
        n--;
    return n;
}

/* dtau: with ln(1 + z) at a fixed wavelength at rest, between the redshifts at which a line sets in there; or NULL */
static void optical_depth(const table *t, const gal_wavegrid *g, double z, double *tau, double *dtau)
{
    bool breaks = g->compat.igm_breaks;
    double first = g->whole ? g->whole->wave[0] : g->wave[0], limit = limit_of(g), x = 1 + z, scale[NPOWER], deep[DEEP],
           ddeep[DEEP], forest1 = 0, damped1 = 0, dforest1 = 0, ddamped1 = 0, ln_lo = -1;
    double x16 = pow(x, 1.6), x34 = pow(x, 3.4), xm09 = pow(x, -0.9), x23 = pow(x, 2.3), x33 = pow(x, 3.3);
    bool low = z < (breaks ? 2.2 : 2.0);
    for (int i = 0; i < NPOWER; i++)
        scale[i] = pow(x, power[i]);
    if (!breaks && t->n > 0 && first * x < limit) {
        static const double one[NPOWER] = {1, 1, 1, 1, 1, 1, 1};
        ln_lo = log(first * x / limit);
        damped_tail(z, ln_lo, deep, dtau ? ddeep : NULL);
        forest1 = fmax(forest_continuum(one, z, x16, x34, xm09), 0);
        damped1 = fmax(damped_continuum(one, x, x23, x33, low), 0);
        dforest1 = forest1 > 0 ? forest_edge_slope(z, x16, x34, xm09) : 0;
        ddamped1 = damped1 > 0 ? damped_edge_slope(x, x23, x33, low) : 0;
    }
    int lit = LINES, at22 = LINES, at57 = LINES, at3 = LINES;
    for (size_t k = 0; k < t->n; k++) {
        double l = g->wave[k] * x, r[NPOWER];
        if (l <= limit) { /* behind every edge: see above */
            double r21 = t->pow[P21 * t->n + k] * scale[P21], step = 1 - log(l / limit) / ln_lo;
            tau[k] = breaks ? 0 : forest1 * r21 + damped1 * cubic(deep, step * (DEEP - 1));
            if (dtau)
                dtau[k] = breaks
                              ? 0
                              : (dforest1 + 2.1 * forest1) * r21 + ddamped1 * cubic(deep, step * (DEEP - 1)) +
                                    damped1 * cubic_slope(deep, ddeep, step * (DEEP - 1), -step / ln_lo * (DEEP - 1));
            continue;
        }
        for (int i = 0; i < NPOWER; i++)
            r[i] = t->pow[(size_t)i * t->n + k] * scale[i];
        /* lines lit .. last-1 absorb; those before a mark are below its break */
        int last = t->first[k];
        lit = longward(l * (1 - 1e-15), lit);
        at22 = longward(l / 2.2, at22);
        at57 = longward(l / 5.7, at57);
        at3 = longward(l / 3, at3);
        double depth = 0, slope = 0;
        if (last > lit) {
            int c = at22 < lit ? lit : at22 > last ? last : at22, d = at57 < c ? c : at57 > last ? last : at57;
            int e = at3 < lit ? lit : at3 > last ? last : at3;
            depth = r[P12] * (t->sum[0][c] - t->sum[0][lit]) + r[P37] * (t->sum[1][d] - t->sum[1][c]) +
                    r[P55] * (t->sum[2][last] - t->sum[2][d]) + r[P20] * (t->sum[3][e] - t->sum[3][lit]) +
                    r[P30] * (t->sum[4][last] - t->sum[4][e]);
            if (dtau)
                slope = 1.2 * r[P12] * (t->sum[0][c] - t->sum[0][lit]) + 3.7 * r[P37] * (t->sum[1][d] - t->sum[1][c]) +
                        5.5 * r[P55] * (t->sum[2][last] - t->sum[2][d]) + 2 * r[P20] * (t->sum[3][e] - t->sum[3][lit]) +
                        3 * r[P30] * (t->sum[4][last] - t->sum[4][e]);
        }
        if (l < limit * x) {
            double lyc = forest_continuum(r, z, x16, x34, xm09) + damped_continuum(r, x, x23, x33, low);
            depth += breaks ? lyc : fmax(lyc, 0);
            if (dtau && (breaks || lyc > 0))
                slope += forest_slope(r, z, x16, x34, xm09) + damped_slope(r, x, x23, x33, low);
        }
        tau[k] = depth;
        if (dtau)
            dtau[k] = slope;
    }
}

size_t igm_scratch(const void *self, const gal_wavegrid *g)
{
    (void)self;
    return 2 * g->n;
}

void igm_change(const gal_stage *s, const gal_stage *d, size_t n, double *change)
{
    const double *tau = s->scratch, *dtau = tau + n;
    double factor = s->p[0], by_factor = d->p[0], by_tau = factor * d->view->redshift / (1 + s->view->redshift);
    memset(change, 0, s->view->grid->n * sizeof *change);
    GAL_KERN_PICK(component_kern)->decay(n, factor, tau, change);
    for (size_t k = 0; k < n; k++)
        change[k] *= -(by_factor * tau[k] + by_tau * dtau[k]);
}

void igm_back(const gal_stage *s, size_t n, const double *t, const double *gt, double *gp, gal_view *gv)
{
    const double *tau = s->scratch, *dtau = tau + n;
    double by_factor = 0, by_tau = 0;
    for (size_t k = 0; k < n; k++) {
        by_factor -= gt[k] * t[k] * tau[k];
        by_tau -= gt[k] * t[k] * dtau[k];
    }
    gp[0] += by_factor;
    gv->redshift += s->p[0] * by_tau / (1 + s->view->redshift);
}

static gal_status transmit(const gal_stage *s, double *out)
{
    const struct component_kern *kern = GAL_KERN_PICK(component_kern);
    const gal_wavegrid *g = s->view->grid;
    const table *t = s->table;
    double z = s->view->redshift;
    for (size_t k = z > 0 ? t->n : 0; k < g->n; k++)
        out[k] = 1;
    if (z > 0) {
        optical_depth(t, g, z, s->scratch, NULL);
        kern->decay(t->n, s->p[0], s->scratch, out);
    }
    return GAL_OK;
}

static gal_status transmit_jvp(const gal_stage *s, const gal_stage *d, double *change)
{
    const table *t = s->table;
    size_t n = s->view->redshift > 0 ? t->n : 0;
    if (n)
        optical_depth(t, s->view->grid, s->view->redshift, s->scratch, s->scratch + n);
    igm_change(s, d, n, change);
    return GAL_OK;
}

static gal_status transmit_vjp(const gal_stage *s, const double *value, const double *gt, double *gp, gal_view *gv)
{
    const table *t = s->table;
    size_t n = s->view->redshift > 0 ? t->n : 0;
    if (n)
        optical_depth(t, s->view->grid, s->view->redshift, s->scratch, s->scratch + n);
    igm_back(s, n, value, gt, gp, gv);
    return GAL_OK;
}

static const gal_param par[] = {{"factor", "", "factor on the mean optical depth", 1, 0, 10, 0, 2, false, false}};

const gal_component_class gal_igm_inoue14 = {
    .group = "igm",
    .kind = "inoue14",
    .about = "Absorption by the intergalactic medium.",
    .doc = "Mean absorption by the Lyman forest and damped systems (Inoue et al. 2014, MNRAS 442, 1805): lines 2..40 "
           "and continuum.",
    .par = par,
    .npar = 1,
    .needs = GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .setup = setup,
    .teardown = teardown,
    .scratch = igm_scratch,
    .transmit = transmit,
    .transmit_jvp = transmit_jvp,
    .transmit_vjp = transmit_vjp,
};
