/* Noise correlated over ln(wavelength), a fraction of the model flux: covariance amplitude^2 m_i m_j k(|ln l_i/l_j|/length). Kernels: galua/gp.h. */
#include <math.h>

#include "galua/noise.h"

static bool correlated(const gal_noise_at *a, bool ever)
{
    return a->choice != GAL_KERNEL_NONE && (ever || a->par[0] > 0);
}

static double apart(const gal_noise_at *a, size_t i, size_t j)
{
    return (a->data->lnwave[i] - a->data->lnwave[j]) / a->par[1];
}

static double covariance(const gal_noise_at *a, size_t i, size_t j, double mi, double mj)
{
    return a->par[0] * a->par[0] * mi * mj * gal_kernel_value((gal_kernel)a->choice, apart(a, i, j));
}

static void covariance_slopes(const gal_noise_at *a, size_t i, size_t j, double g, double *gpar)
{
    double d = fabs(apart(a, i, j)), amp = a->par[0];
    gpar[0] += g * 2 * amp * gal_kernel_value((gal_kernel)a->choice, d);
    gpar[1] -= g * amp * amp * gal_kernel_slope((gal_kernel)a->choice, d) * d / a->par[1];
}

static bool markov(const gal_noise_at *a, double *amp, double *len)
{
    *amp = a->par[0];
    *len = a->par[1];
    return a->choice == GAL_KERNEL_MATERN32;
}

static const gal_param PAR[] = {
    {"gp_amplitude", "", "correlated noise: standard deviation as a fraction of the model flux", 0, 0, 10, 1e-3, 0.3,
     true, false},
    {"gp_length", "", "correlated noise: length in ln(wavelength)", 0.3, 1e-6, 100, 0.02, 2, true, false}};
static const gal_param PIXEL[] = {
    {"gp_amplitude", "", "pixels, correlated noise: standard deviation as a fraction of the model flux", 0, 0, 10, 1e-3,
     0.3, true, false},
    {"gp_length", "", "pixels, correlated noise: length in ln(wavelength)", 0.01, 1e-6, 100, 1e-3, 0.3, true, false}};
static const char *const KERNEL[] = {"none", "sqexp", "matern32", NULL};

const gal_noise_class gal_gp_noise = {
    .name = "gp",
    .doc = "Noise correlated over ln(wavelength), a fraction of the model flux: amplitude^2 m_i m_j k(|ln "
           "l_i/l_j|/length).",
    .par = PAR,
    .pixel = PIXEL,
    .npar = 2,
    .open = 3,
    .setting = "kernel",
    .setting_doc = "matern32: (1 + sqrt(3) d) exp(-sqrt(3) d); sqexp: exp(-d^2/2)",
    .choice = KERNEL,
    .correlated = correlated,
    .covariance = covariance,
    .covariance_slopes = covariance_slopes,
    .markov = markov,
};
