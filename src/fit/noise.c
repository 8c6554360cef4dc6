/* The parameters of the noise. See galua/like.h. Thread-safe. */
#include "galua/like.h"

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
