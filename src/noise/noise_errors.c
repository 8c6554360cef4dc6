/* Quoted errors that are too small or too large: s^2 = (err e^ln_scale)^2 + jitter^2. */
#include "galua/noise.h"

static double variance(const gal_noise_at *a, size_t i, double m, double v)
{
    (void)i, (void)m;
    return v + a->par[1] * a->par[1];
}

static void variance_slopes(const gal_noise_at *a, size_t i, double m, double g, double *gm, double *gpar)
{
    (void)i, (void)m, (void)gm;
    gpar[1] += g * 2 * a->par[1];
}

static const gal_param PAR[] = {
    {"ln_scale", "", "ln of a factor on all quoted errors", 0, -10, 10, -1, 1, false, false},
    {"jitter", "mJy", "error added in quadrature to every band", 0, 0, 1e12, 1e-4, 1e2, true, false}};
static const gal_param PIXEL[] = {
    {"ln_scale", "", "ln of a factor on the errors of all pixels", 0, -10, 10, -1, 1, false, false},
    {"jitter", "mJy", "error added in quadrature to every pixel", 0, 0, 1e12, 1e-4, 1e2, true, false}};

const gal_noise_class gal_errors_noise = {
    .name = "errors",
    .doc = "Quoted errors that are too small or too large: s^2 = (err e^ln_scale)^2 + jitter^2.",
    .par = PAR,
    .pixel = PIXEL,
    .npar = 2,
    .scale = 1,
    .variance = variance,
    .variance_slopes = variance_slopes,
};
