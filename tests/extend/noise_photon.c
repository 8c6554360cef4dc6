/* A term of noise as one file: photons counted, s^2 = ... + photon m for a model of flux m > 0, where `photon` is the flux of one of them. In
 * src/noise it would be noise_photon.c, and its line in noises.c `X(photon)`: noise.photon{}, "noise.photon" of bands and "spec.photon" of pixels,
 * help, priors, derivatives, simulated data and results files follow. */
#include "galua/noise.h"

static double photon_variance(const gal_noise_at *a, size_t i, double m, double v)
{
    (void)i;
    return m > 0 ? v + a->par[0] * m : v;
}

static void photon_slopes(const gal_noise_at *a, size_t i, double m, double g, double *gm, double *gpar)
{
    (void)i;
    if (m > 0) {
        *gm += g * a->par[0];
        gpar[0] += g * m;
    }
}

static const gal_param photon_par[] = {{"photon", "mJy",
                                        "flux of one photon: the variance grows with the flux of the model", 0, 0, 1e12,
                                        1e-6, 1e2, true, false}};

static const gal_noise_class photon = {
    .name = "photon",
    .doc = "Photons counted: s^2 grows by photon times the flux of the model.",
    .par = photon_par,
    .npar = 1,
    .open = 1,
    .variance = photon_variance,
    .variance_slopes = photon_slopes,
};
