/* PAH emission as a sum of Drude profiles. Central wavelengths and fractional widths: Draine & Li 2007 (ApJ 657, 810) table 1 and
 * Smith et al. 2007 (ApJ 656, 770) table 3. Strengths (fractions of the total PAH power): our non-negative least-squares fit to the
 * Draine & Li 2007 spectrum of q_PAH = 4.58 %, U = 1 (scripts/dev/fit_pah.py).
 *
 * Power per unit frequency P_nu ~ gamma^2 / [(l/l0 - l0/l)^2 + gamma^2], so per unit wavelength P_nu / l^2. The Lorentzian wings
 * would shine in the optical: a factor exp(-(2 micron / l)^4) ends them. */
#include "dust/dust.h"

#include <math.h>

// clang-format off
static const struct { double micron, width, strength; } line[] = {
    {3.300, 0.012, 0.05241}, {5.270, 0.034, 0.00579}, {5.700, 0.035, 0.01093}, {6.220, 0.030, 0.11386},
    {6.690, 0.070, 0.03302}, {7.420, 0.126, 0.11086}, {7.600, 0.044, 0.12388}, {7.850, 0.053, 0.17602},
    {8.330, 0.052, 0.01905}, {8.610, 0.039, 0.06648}, {11.23, 0.012, 0.02949}, {11.33, 0.032, 0.08260},
    {11.99, 0.045, 0.04051}, {12.62, 0.042, 0.06550}, {12.69, 0.013, 0.00078}, {13.48, 0.040, 0.01789},
    {14.19, 0.025, 0.00450}, {15.90, 0.020, 0.00097}, {16.45, 0.014, 0.00606}, {17.04, 0.065, 0.03011},
    {17.375, 0.012, 0.00162}, {17.87, 0.016, 0.00114}, {18.92, 0.100, 0.00653}};
// clang-format on

void gal_pah_drude(const double *wave, size_t n, double *p)
{
    for (size_t k = 0; k < n; k++) {
        double cut = exp(-pow(2e4 / wave[k], 4));
        p[k] = 0;
        for (size_t i = 0; cut > 0 && i < sizeof line / sizeof *line; i++) {
            double l0 = line[i].micron * 1e4, g = line[i].width, d = wave[k] / l0 - l0 / wave[k];
            p[k] += cut * line[i].strength * (2 / M_PI) * g * l0 / (d * d + g * g) / (wave[k] * wave[k]);
        }
    }
}
