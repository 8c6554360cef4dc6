/* Published attenuation curves; see laws.h. */
#include "astro/laws.h"
#include "galua/num.h"

#include <math.h>

#define IR_SLOPE 1.7

double gal_law_calzetti_k(double wave)
{
    double um = wave * 1e-4, x = 1 / um;
    if (um > 2.2) /* the polynomial turns negative soon after its range */
        return (2.659 * (-1.857 + 1.040 / 2.2) + 4.05) * pow(um / 2.2, -IR_SLOPE);
    if (um >= 0.63)
        return 2.659 * (-1.857 + 1.040 * x) + 4.05;
    if (um >= 0.15)
        return 2.659 * (-2.156 + x * (1.509 + x * (-0.198 + 0.011 * x))) + 4.05;
    double join = 2.659 * (-2.156 + (1.509 + (-0.198 + 0.011 / 0.15) / 0.15) / 0.15) + 4.05;
    double at = 5.472 + 0.671 / 0.15 - 9.218e-3 / (0.15 * 0.15) + 2.620e-3 / (0.15 * 0.15 * 0.15);
    um = um < 0.097 ? 0.097 : um;
    return join / at * (5.472 + 0.671 / um - 9.218e-3 / (um * um) + 2.620e-3 / (um * um * um));
}

static double polynomial(const double *c, int n, double y)
{
    double s = 0;
    for (int i = n - 1; i >= 0; i--)
        s = s * y + c[i];
    return s;
}

void gal_law_cardelli_ab(double wave, double *a, double *b)
{
    static const double ao[9] = {1, 0.104, -0.609, 0.701, 1.137, -1.718, -0.827, 1.647, -0.505};
    static const double bo[9] = {0, 1.952, 2.908, -3.989, -7.985, 11.102, 5.491, -10.805, 3.347};
    static const double af[4] = {-1.073, -0.628, 0.137, -0.070}, bf[4] = {13.670, 4.257, -0.420, 0.374};
    double x = 1e4 / wave;
    x = x > 10 ? 10 : x;
    if (x < 0.3) {
        double s = pow(x / 0.3, IR_SLOPE);
        *a = 0.574 * pow(0.3, 1.61) * s;
        *b = -0.527 * pow(0.3, 1.61) * s;
    } else if (x < 1.1) {
        *a = 0.574 * pow(x, 1.61);
        *b = -0.527 * pow(x, 1.61);
    } else if (x < 3.3) {
        *a = polynomial(ao, 9, x - 1.82);
        *b = polynomial(bo, 9, x - 1.82);
    } else if (x < 8) {
        double y = x - 5.9, fa = x > 5.9 ? y * y * (-0.04473 - 0.009779 * y) : 0;
        double fb = x > 5.9 ? y * y * (0.2130 + 0.1207 * y) : 0;
        *a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) * (x - 4.67) + 0.341) + fa;
        *b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) * (x - 4.62) + 0.263) + fb;
    } else {
        *a = polynomial(af, 4, x - 8);
        *b = polynomial(bf, 4, x - 8);
    }
}

// clang-format off
static const struct fm { double c1, c2, c3, c4, x0, gamma, rv; } fm[3] = {
    {-4.959, 2.264, 0.389, 0.461, 4.600, 1.000, 2.74},
    {-0.890, 0.998, 2.719, 0.400, 4.579, 0.934, 3.41},
    {-1.475, 1.132, 1.463, 0.294, 4.558, 0.945, 2.76}};
/* K, H, J, I, R, V, B, U: inverse micron, A/A_V; the Large Cloud has no I and R */
static const double smc_x[8] = {0.455, 0.606, 0.800, 1.235, 1.538, 1.818, 2.273, 2.703};
static const double smc_a[8] = {0.110, 0.169, 0.250, 0.567, 0.801, 1.000, 1.374, 1.672};
static const double lmc_x[6] = {0.455, 0.606, 0.800, 1.818, 2.273, 2.703};
static const double lmc_a[2][6] = {{0.100, 0.186, 0.257, 1.000, 1.293, 1.518}, {0.101, 0.150, 0.299, 1.000, 1.349, 1.665}};
// clang-format on

static double fitzpatrick_massa(const struct fm *f, double x)
{
    double d = x * x - f->x0 * f->x0, bump = x * x / (d * d + f->gamma * f->gamma * x * x), y = x - 5.9;
    double far = x > 5.9 ? y * y * (0.5392 + 0.05644 * y) : 0;
    return 1 + (f->c1 + f->c2 * x + f->c3 * bump + f->c4 * far) / f->rv;
}

double gal_law_gordon03(gal_law_cloud cloud, double wave)
{
    enum { UV = 33 }; /* tenths of an inverse micron: the form holds from here */
    const struct fm *f = &fm[cloud];
    const double *px = cloud == GAL_LAW_SMC_BAR ? smc_x : lmc_x;
    const double *pa = cloud == GAL_LAW_SMC_BAR ? smc_a : lmc_a[cloud - GAL_LAW_LMC];
    size_t n = cloud == GAL_LAW_SMC_BAR ? 8 : 6;
    double x = 1e4 / wave;
    x = x > 10 ? 10 : x;
    if (x < px[0])
        return pa[0] * pow(x / px[0], IR_SLOPE);
    if (x >= UV / 10.)
        return fitzpatrick_massa(f, x);
    double xs[9], as[9]; /* the optical points and the first of the form, joined linearly in x */
    for (size_t i = 0; i < n; i++) {
        xs[i] = px[i];
        as[i] = pa[i];
    }
    xs[n] = UV / 10.;
    as[n] = fitzpatrick_massa(f, xs[n]);
    return gal_interp(xs, as, n + 1, x, GAL_CLAMP);
}

double gal_law_bump(double wave)
{
    double w = wave * 350, d = wave * wave - 2175. * 2175;
    return w * w / (d * d + w * w);
}
