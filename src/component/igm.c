/* Absorption by the intergalactic medium: the analytic model of Inoue et al. 2014 (MNRAS 442, 1805), eqs 20-22 and 25-29.
 *
 * T = exp(-tau), tau = sum over Lyman lines 2..40 and the Lyman continuum of two populations, the forest (LAF) and damped systems
 * (DLA), at observed wavelength l for a source at redshift z. Line j absorbs where l_j < l < l_j (1+z), q = l/l_j:
 *     LAF: A1 q^1.2 (q < 2.2), A2 q^3.7 (2.2 <= q < 5.7), A3 q^5.5 above;   DLA: B1 q^2 (q < 3), B2 q^3 above
 * and the continuum for r = l/l_L between 1 and 1+z as coded below. At r < 1, which the paper leaves out, the absorbers between here
 * and z all lie on the long side of their edges: the forest's depth falls as its cross section, r^2.1, that of the (thick) damped
 * systems stays. The reference code has the DLA break at z = 2.2, l_L = 912 A and no absorption at r < 1: choice igm_breaks (D14).
 * `factor` scales tau: 1 is the mean of all lines of sight. */
#include "galua/component.h"

#include <math.h>

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

/* Line terms with the line's own wavelength folded in: A l_j^-p, so that a node needs five powers, not five per line. */
typedef struct lines {
    double a1[LINES], a2[LINES], a3[LINES], b1[LINES], b2[LINES];
} lines;

static gal_status setup(void **table, const void *self, const gal_wavegrid *g)
{
    (void)self;
    (void)g;
    lines *t = GAL_NEW(lines);
    if (!t)
        return GAL_ENOMEM;
    for (int j = 0; j < LINES; j++) {
        double w = line[j].wave;
        t->a1[j] = line[j].a1 * pow(w, -1.2);
        t->a2[j] = line[j].a2 * pow(w, -3.7);
        t->a3[j] = line[j].a3 * pow(w, -5.5);
        t->b1[j] = line[j].b1 * pow(w, -2);
        t->b2[j] = line[j].b2 * pow(w, -3);
    }
    *table = t;
    return GAL_OK;
}

static double series(const lines *t, double l, double z)
{
    double p12 = pow(l, 1.2), p37 = pow(l, 3.7), p55 = pow(l, 5.5), p2 = l * l, p3 = p2 * l, tau = 0;
    for (int j = 0; j < LINES; j++) {
        double w = line[j].wave;
        if (!(l > w && l < w * (1 + z)))
            continue;
        tau += l < 2.2 * w ? t->a1[j] * p12 : l < 5.7 * w ? t->a2[j] * p37 : t->a3[j] * p55;
        tau += l < 3 * w ? t->b1[j] * p2 : t->b2[j] * p3;
    }
    return tau;
}

/* Lyman continuum at r = l/l_L, 1 <= r < 1+z */
static double forest_continuum(double r, double z)
{
    double r12 = pow(r, 1.2), r21 = pow(r, 2.1), x = 1 + z;
    if (z < 1.2)
        return 0.325 * (r12 - pow(x, -0.9) * r21);
    if (z < 4.7) {
        double c = 2.55e-2 * pow(x, 1.6) * r21;
        return r < 2.2 ? c + 0.325 * r12 - 0.250 * r21 : c - 2.55e-2 * pow(r, 3.7);
    }
    double c = 5.22e-4 * pow(x, 3.4) * r21;
    if (r < 2.2)
        return c + 0.325 * r12 - 3.14e-2 * r21;
    return r < 5.7 ? c + 0.218 * r21 - 2.55e-2 * pow(r, 3.7) : c - 5.22e-4 * pow(r, 5.5);
}

static double damped_continuum(double r, double z, double z_break)
{
    double x = 1 + z, ri = pow(r, -0.3);
    if (z < z_break)
        return 0.211 * x * x - 7.66e-2 * pow(x, 2.3) * ri - 0.135 * r * r;
    double c = 4.7e-2 * x * x * x - 1.78e-2 * pow(x, 3.3) * ri;
    return r < 3 ? 0.634 + c - 0.135 * r * r - 0.291 * ri : c - 2.92e-2 * r * r * r;
}

static double optical_depth(const lines *t, double l, double z, bool breaks)
{
    double limit = breaks ? 912 : 911.75, r = l / limit, z_break = breaks ? 2.2 : 2.0;
    if (r <= 1) { /* behind every edge: see above */
        if (breaks)
            return 0;
        return fmax(forest_continuum(1, z), 0) * pow(r, 2.1) + fmax(damped_continuum(1, z, z_break), 0);
    }
    double tau = series(t, l, z);
    if (r < 1 + z)
        tau += fmax(forest_continuum(r, z) + damped_continuum(r, z, z_break), breaks ? -INFINITY : 0);
    return tau;
}

static gal_status transmit(const gal_stage *s, double *out)
{
    const gal_wavegrid *g = s->view->grid;
    double z = s->view->redshift;
    for (size_t k = 0; k < g->n; k++)
        out[k] = g->wave[k] >= 1215.670 || !(z > 0)
                     ? 1
                     : exp(-s->p[0] * optical_depth(s->table, g->wave[k] * (1 + z), z, g->compat.igm_breaks));
    return GAL_OK;
}

static const gal_param par[] = {{"factor", "", "factor on the mean optical depth", 1, 0, 10, 0, 2, false, false}};

const gal_component_class gal_igm_inoue14 = {
    .group = "igm",
    .kind = "inoue14",
    .doc = "Mean absorption by the Lyman forest and damped systems (Inoue et al. 2014, MNRAS 442, 1805): lines 2..40 "
           "and continuum.",
    .par = par,
    .npar = 1,
    .needs = GAL_NEED_REDSHIFT,
    .setup = setup,
    .teardown = gal_free,
    .transmit = transmit,
};
