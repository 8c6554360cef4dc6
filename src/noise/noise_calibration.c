/* Errors of calibration: independent ones, a fraction of the observed flux (floor) or of the model (f_cal), and one factor that all data of an
 * instrument share, marginalised over N(1, offset^2): covariance offset_i offset_j m_i m_j. The floor is a property of the data; the
 * model-anchored f_cal pulls models low, the floor does not. */
#include "galua/noise.h"

enum { FLOOR, OFFSET, GROUP };

static double floor_of(const gal_noise_at *a, size_t i)
{
    return a->column[FLOOR] ? a->column[FLOOR][i] : a->whole[FLOOR];
}

static double variance(const gal_noise_at *a, size_t i, double m, double v)
{
    double fm = a->par[0] * m, fd = floor_of(a, i) * a->data->flux[i];
    return v + fm * fm + fd * fd;
}

static void variance_slopes(const gal_noise_at *a, size_t i, double m, double g, double *gm, double *gpar)
{
    (void)i;
    *gm += g * 2 * a->par[0] * a->par[0] * m;
    gpar[0] += g * 2 * a->par[0] * m * m;
}

static bool correlated(const gal_noise_at *a, bool ever)
{
    (void)ever;
    return a->column[OFFSET] != NULL;
}

static double covariance(const gal_noise_at *a, size_t i, size_t j, double mi, double mj)
{
    const double *group = a->column[GROUP], *offset = a->column[OFFSET];
    return group[i] >= 0 && !(group[i] < group[j] || group[i] > group[j]) ? offset[i] * offset[j] * mi * mj : 0;
}

static const gal_param PAR[] = {{"f_cal", "", "error of the model as a fraction of its flux, independent in each band",
                                 0, 0, 10, 1e-3, 0.3, true, false}};
static const gal_param PIXEL[] = {{"f_cal", "",
                                   "pixels: error of the model as a fraction of its flux, independent in each", 0, 0,
                                   10, 1e-3, 0.3, true, false}};
static const gal_noise_column COLUMN[] = {
    {"floor", "fraction of the observed flux, added in quadrature to each error", 10, false},
    {"offset", "error of a calibration factor that all bands of an instrument share, marginalised", 10, true},
    {"group", NULL, 0, false}};

const gal_noise_class gal_calibration_noise = {
    .name = "calibration",
    .doc = "Errors of calibration.",
    .par = PAR,
    .pixel = PIXEL,
    .npar = 1,
    .column = COLUMN,
    .ncolumn = 3,
    .variance = variance,
    .variance_slopes = variance_slopes,
    .correlated = correlated,
    .covariance = covariance,
};
