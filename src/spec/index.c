/* Spectral indices: definitions and measurement. See galua/spec.h. Thread-safe.
 *
 * Lick/IDS bands: Worthey et al. 1994 and Trager et al. 1998 (table 1), Balmer indices of Worthey & Ottaviani 1997; D4000: Bruzual
 * 1983; Dn4000: Balogh et al. 1999; UV slope: windows of Calzetti, Kinney & Storchi-Bergmann 1994, table 2. */
#include <math.h>
#include <string.h>

#include "galua/num.h"
#include "galua/spec.h"

static const double CALZETTI[10][2] = {{1268, 1284}, {1309, 1316}, {1342, 1371}, {1407, 1515}, {1562, 1583},
                                       {1677, 1740}, {1760, 1833}, {1866, 1890}, {1930, 1950}, {2400, 2580}};

// clang-format off
#define LICK(name, kind, b0, b1, l0, l1, r0, r1) \
    {name, GAL_INDEX_##kind == GAL_INDEX_MAG ? "mag" : "A", "Lick/IDS index", GAL_INDEX_##kind, true, {b0, b1}, {l0, l1}, {r0, r1}, NULL, 0}
static const gal_index LIST[] = {
    LICK("CN_1",     MAG,   4142.125, 4177.125, 4080.125, 4117.625, 4244.125, 4284.125),
    LICK("CN_2",     MAG,   4142.125, 4177.125, 4083.875, 4096.375, 4244.125, 4284.125),
    LICK("Ca4227",   WIDTH, 4222.250, 4234.750, 4211.000, 4219.750, 4241.000, 4251.000),
    LICK("G4300",    WIDTH, 4281.375, 4316.375, 4266.375, 4282.625, 4317.625, 4335.125),
    LICK("Fe4383",   WIDTH, 4369.125, 4420.375, 4359.125, 4370.375, 4442.875, 4455.375),
    LICK("Ca4455",   WIDTH, 4452.125, 4474.625, 4445.875, 4454.625, 4477.125, 4492.125),
    LICK("Fe4531",   WIDTH, 4514.250, 4559.250, 4504.250, 4514.250, 4560.500, 4579.250),
    LICK("C4668",    WIDTH, 4634.000, 4720.250, 4611.500, 4630.250, 4742.750, 4756.500),
    LICK("Hbeta",    WIDTH, 4847.875, 4876.625, 4827.875, 4847.875, 4876.625, 4891.625),
    LICK("Fe5015",   WIDTH, 4977.750, 5054.000, 4946.500, 4977.750, 5054.000, 5065.250),
    LICK("Mg_1",     MAG,   5069.125, 5134.125, 4895.125, 4957.625, 5301.125, 5366.125),
    LICK("Mg_2",     MAG,   5154.125, 5196.625, 4895.125, 4957.625, 5301.125, 5366.125),
    LICK("Mgb",      WIDTH, 5160.125, 5192.625, 5117.625, 5142.625, 5191.375, 5206.375),
    LICK("Fe5270",   WIDTH, 5245.650, 5285.650, 5233.150, 5248.150, 5285.650, 5318.150),
    LICK("Fe5335",   WIDTH, 5312.125, 5352.125, 5304.625, 5317.250, 5353.375, 5363.375),
    LICK("Fe5406",   WIDTH, 5387.500, 5415.000, 5376.250, 5387.500, 5415.000, 5425.000),
    LICK("Fe5709",   WIDTH, 5696.625, 5720.375, 5672.875, 5696.625, 5722.875, 5736.625),
    LICK("Fe5782",   WIDTH, 5776.625, 5796.625, 5765.375, 5775.375, 5797.875, 5811.625),
    LICK("NaD",      WIDTH, 5876.875, 5909.375, 5860.625, 5875.675, 5922.125, 5948.125),
    LICK("TiO_1",    MAG,   5936.625, 5994.125, 5816.625, 5849.125, 6038.625, 6103.625),
    LICK("TiO_2",    MAG,   6189.625, 6272.125, 6066.625, 6141.625, 6372.625, 6415.125),
    LICK("Hdelta_A", WIDTH, 4083.500, 4122.250, 4041.600, 4081.500, 4128.500, 4161.000),
    LICK("Hgamma_A", WIDTH, 4319.750, 4363.500, 4283.500, 4319.750, 4367.250, 4419.750),
    LICK("Hdelta_F", WIDTH, 4091.000, 4112.250, 4057.250, 4088.500, 4114.750, 4137.250),
    LICK("Hgamma_F", WIDTH, 4331.250, 4352.250, 4283.500, 4319.750, 4354.750, 4384.750),
    {"D4000", "", "4000 A break, Bruzual 1983", GAL_INDEX_BREAK, true, {0, 0}, {3750, 3950}, {4050, 4250}, NULL, 0},
    {"Dn4000", "", "4000 A break, narrow bands of Balogh et al. 1999", GAL_INDEX_BREAK, true, {0, 0}, {3850, 3950}, {4000, 4100}, NULL, 0},
    {"beta", "", "slope of the ultraviolet continuum, windows of Calzetti et al. 1994", GAL_INDEX_SLOPE, false, {0, 0}, {0, 0}, {0, 0}, CALZETTI, 10},
};
// clang-format on
enum { NINDEX = sizeof LIST / sizeof LIST[0] };

const gal_index *gal_indices(size_t *n)
{
    *n = NINDEX;
    return LIST;
}

gal_status gal_index_find(const gal_index **out, const char *name)
{
    const char *names[NINDEX];
    char hint[96];
    for (int i = 0; i < NINDEX; i++) {
        names[i] = LIST[i].name;
        if (strcmp(name, LIST[i].name) == 0) {
            *out = &LIST[i];
            return GAL_OK;
        }
    }
    gal_did_you_mean(hint, sizeof hint, name, names, NINDEX);
    return gal_fail(GAL_ENOTFOUND, "no spectral index '%s'%s", name, hint);
}

static bool a_band(const double b[2])
{
    return b[0] > 0 && b[1] > b[0] && b[1] < 1e12;
}

gal_status gal_index_check(const gal_index *i)
{
    bool line = i->kind < GAL_INDEX_BREAK;
    const double *bad = !a_band(i->blue)           ? i->blue
                        : !a_band(i->red)          ? i->red
                        : line && !a_band(i->band) ? i->band
                                                   : NULL;
    if (i->kind == GAL_INDEX_SLOPE)
        return GAL_OK;
    if (bad)
        return gal_fail(GAL_EINVAL, "index '%s': %s = {%g, %g} A is no band: give {lo, hi}, lo < hi", i->name,
                        bad == i->blue  ? "blue"
                        : bad == i->red ? "red"
                                        : "line",
                        bad[0], bad[1]);
    if (i->blue[0] + i->blue[1] >= i->red[0] + i->red[1])
        return gal_fail(GAL_EINVAL, "index '%s': band blue lies at longer wavelengths than band red", i->name);
    return GAL_OK;
}

double gal_lick_fwhm(double wave)
{
    static const double at[] = {4000, 4400, 4900, 5400, 6000}, fwhm[] = {11.5, 9.2, 8.4, 8.4, 9.8};
    return gal_interp(at, fwhm, 5, wave, GAL_CLAMP);
}

static double vacuum(const gal_index *i, double w)
{
    return i->air ? gal_air_to_vac(GAL_AIR_CIDDOR, w) : w;
}

void gal_index_range(const gal_index *i, double *lo, double *hi)
{
    double a = i->kind == GAL_INDEX_SLOPE ? i->window[0][0] : i->blue[0];
    double b = i->kind == GAL_INDEX_SLOPE ? i->window[i->nwindow - 1][1] : i->red[1];
    *lo = vacuum(i, i->kind < GAL_INDEX_BREAK ? fmin(a, i->band[0]) : a);
    *hi = vacuum(i, i->kind < GAL_INDEX_BREAK ? fmax(b, i->band[1]) : b);
}

/* int F(w) g(w) dw over a..b; g = 1, w^2 or 1/(c0 + c1 (w - a)): four Gauss nodes between the nodes of the spectrum */
typedef enum { ONE, SQUARE, OVER } weight_kind;
static double integral(const double *w, const double *f, size_t n, double a, double b, weight_kind kind, double c0,
                       double c1)
{
    if (n < 2 || !(a < b) || a < w[0] || b > w[n - 1])
        return NAN;
    const double *gw, *gx = gal_gauss_nodes(4, &gw);
    double sum = 0, from = a;
    for (size_t k = gal_search(w, n, a); from < b; k++) {
        double to = k + 2 < n ? fmin(w[k + 1], b) : b, half = 0.5 * (to - from), mid = 0.5 * (to + from);
        double slope = (f[k + 1] - f[k]) / (w[k + 1] - w[k]);
        for (int g = 0; g < 4; g++) {
            double x = mid + half * gx[g], v = f[k] + slope * (x - w[k]);
            sum += half * gw[g] * v * (kind == ONE ? 1 : kind == SQUARE ? x * x : 1 / (c0 + c1 * (x - a)));
        }
        from = to;
    }
    return sum;
}

double gal_band_integral(const double *wave, const double *flux, size_t n, double a, double b)
{
    return integral(wave, flux, n, a, b, ONE, 0, 0);
}

static double side(const gal_index *i, const double b[2], const double *w, const double *f, size_t n, double *mid)
{
    double lo = vacuum(i, b[0]), hi = vacuum(i, b[1]);
    *mid = 0.5 * (lo + hi);
    return integral(w, f, n, lo, hi, ONE, 0, 0) / (hi - lo);
}

static double line_index(const gal_index *i, const double *w, const double *f, size_t n)
{
    double xb, xr, fb = side(i, i->blue, w, f, n, &xb), fr = side(i, i->red, w, f, n, &xr);
    double a = vacuum(i, i->band[0]), b = vacuum(i, i->band[1]), c1 = (fr - fb) / (xr - xb), c0 = fb + c1 * (a - xb);
    if (i->kind == GAL_INDEX_EXCESS)
        return integral(w, f, n, a, b, ONE, 0, 0) - (b - a) * (c0 + 0.5 * c1 * (b - a));
    if (!(c0 > 0) || !(c0 + c1 * (b - a) > 0))
        return NAN;
    double ratio = integral(w, f, n, a, b, OVER, c0, c1);
    return i->kind == GAL_INDEX_MAG  ? -2.5 * log10(ratio / (b - a))
           : i->kind == GAL_INDEX_EW ? ratio - (b - a)
                                     : (b - a) - ratio;
}

/* mean F_nu = int F w^2 dw / c over the width in wavelength, as the definitions have it */
static double break_index(const gal_index *i, const double *w, const double *f, size_t n)
{
    double b0 = vacuum(i, i->blue[0]), b1 = vacuum(i, i->blue[1]), r0 = vacuum(i, i->red[0]), r1 = vacuum(i, i->red[1]);
    double blue = integral(w, f, n, b0, b1, SQUARE, 0, 0) / (b1 - b0);
    double red = integral(w, f, n, r0, r1, SQUARE, 0, 0) / (r1 - r0);
    return blue > 0 ? red / blue : NAN;
}

static double slope_index(const gal_index *i, const double *w, const double *f, size_t n)
{
    double sx = 0, sy = 0, sxx = 0, sxy = 0, m = (double)i->nwindow;
    for (size_t k = 0; k < i->nwindow; k++) {
        double a = i->window[k][0], b = i->window[k][1];
        double x = 0.5 * log(a * b), y = log(integral(w, f, n, a, b, ONE, 0, 0) / (b - a));
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    return (m * sxy - sx * sy) / (m * sxx - sx * sx);
}

double gal_index_value(const gal_index *i, const double *wave, const double *flux, size_t n)
{
    return i->kind == GAL_INDEX_BREAK   ? break_index(i, wave, flux, n)
           : i->kind == GAL_INDEX_SLOPE ? slope_index(i, wave, flux, n)
                                        : line_index(i, wave, flux, n);
}
