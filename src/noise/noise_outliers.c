/* Outliers: (1 - f_out) N(y; m, s^2) + f_out N(y; m, (n_out s)^2) (Hogg, Bovy & Lang 2010, arXiv:1008.4686). */
#include "galua/noise.h"

static const gal_param PAR[] = {
    {"f_out", "", "share of data that are outliers (Hogg et al. 2010)", 0, 0, 0.5, 0, 0.5, false, false},
    {"n_out", "", "error of outliers in units of the error of good data", GAL_NOISE_NOUT, 1, 1e6, 5, 100, true, false}};
static const gal_param PIXEL[] = {
    {"f_out", "", "pixels: share of outliers (Hogg et al. 2010)", 0, 0, 0.5, 0, 0.5, false, false},
    {"n_out", "", "pixels: error of outliers in units of the error of good data", GAL_NOISE_NOUT, 1, 1e6, 5, 100, true,
     false}};

const gal_noise_class gal_outliers_noise = {
    .name = "outliers",
    .doc = "Some data may be wrong: each is an outlier with probability f_out, its error then n_out times larger "
           "(Hogg, Bovy & Lang "
           "2010).\nfit:residuals() gives each band's probability to be one. With few bands this weakens every "
           "constraint.",
    .par = PAR,
    .pixel = PIXEL,
    .npar = 2,
    .open = 1,
    .share = 1,
    .width = 2,
};
