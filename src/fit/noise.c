/* The parameters of the noise and the kernels of correlated noise. See galua/like.h. Thread-safe. */
#include "galua/like.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const gal_param PAR[] = {
    {"f_cal", "", "error of the model as a fraction of its flux, independent in each band", 0, 0, 10, 1e-3, 0.3, true,
     false},
    {"ln_scale", "", "ln of a factor on all quoted errors", 0, -10, 10, -1, 1, false, false},
    {"jitter", "mJy", "error added in quadrature to every band", 0, 0, 1e12, 1e-4, 1e2, true, false},
    {"f_out", "", "share of data that are outliers (Hogg et al. 2010)", 0, 0, 0.5, 0, 0.5, false, false},
    {"n_out", "", "error of outliers in units of the error of good data", GAL_NOISE_NOUT, 1, 1e6, 5, 100, true, false},
    {"gp_amplitude", "", "correlated noise: standard deviation as a fraction of the model flux", 0, 0, 10, 1e-3, 0.3,
     true, false},
    {"gp_length", "", "correlated noise: length in ln(wavelength)", 0.3, 1e-6, 100, 0.02, 2, true, false},
};
static const size_t AT[] = {offsetof(gal_noise, f_model), offsetof(gal_noise, lnscale), offsetof(gal_noise, jitter),
                            offsetof(gal_noise, f_out),   offsetof(gal_noise, n_out),   offsetof(gal_noise, gp_amp),
                            offsetof(gal_noise, gp_len)};

const gal_param *gal_noise_params(size_t *n)
{
    *n = sizeof PAR / sizeof *PAR;
    return PAR;
}

void gal_noise_set(gal_noise *z, size_t i, double value)
{
    memcpy((char *)z + AT[i], &value, sizeof value);
}

double gal_noise_get(const gal_noise *z, size_t i)
{
    double value;
    memcpy(&value, (const char *)z + AT[i], sizeof value);
    return value;
}

static const char *const KERNEL[GAL_KERNEL_N] = {"none", "sqexp", "matern32"};

const char *gal_kernel_name(gal_kernel k)
{
    return k >= 0 && k < GAL_KERNEL_N ? KERNEL[k] : "?";
}

gal_status gal_kernel_parse(gal_kernel *out, const char *name)
{
    char hint[96];
    for (int i = 0; i < GAL_KERNEL_N; i++)
        if (strcmp(name, KERNEL[i]) == 0) {
            *out = (gal_kernel)i;
            return GAL_OK;
        }
    gal_did_you_mean(hint, sizeof hint, name, KERNEL, GAL_KERNEL_N);
    return gal_fail(GAL_ENOTFOUND, "unknown kernel '%s'%s (known: sqexp, matern32)", name, hint);
}

double gal_kernel_value(gal_kernel k, double d)
{
    double a = fabs(d), b = sqrt(3) * a;
    return k == GAL_KERNEL_SQEXP ? exp(-0.5 * a * a) : k == GAL_KERNEL_MATERN32 ? (1 + b) * exp(-b) : 0;
}
