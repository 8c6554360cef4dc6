/* Opacity of Milky Way dust: the model of Draine (2003, ARA&A 41, 241; ApJ 598, 1017) for R_V = 3.1, extinction per mass of dust, log-log between nodes and beyond
 * the ends. Beyond a few micron nothing is scattered: it is what dust emits with, 0.38 cm2/g at 850 micron. */
#include "dust/dust.h"
#include "dust/draine03_table.h"
#include "galua/const.h"

#include <math.h>

enum { ROWS = sizeof draine03 / sizeof *draine03 };

/* cm2 per g of dust; wave [A] */
static double opacity(double wave)
{
    size_t lo = 0, hi = ROWS - 1;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (draine03[mid][0] <= wave)
            lo = mid;
        else
            hi = mid;
    }
    const double *a = draine03[lo], *b = draine03[hi];
    return a[1] * pow(b[1] / a[1], log(wave / a[0]) / log(b[0] / a[0]));
}

void gal_dust_draine03(const gal_dust_grid *g, double *curve)
{
    double v = opacity(5500);
    for (size_t k = 0; k < g->n; k++)
        curve[k] = opacity(g->wave[k]) / v;
}

double gal_dust_draine03_av(void)
{
    return 2.5 / M_LN10 * 3 * opacity(5500) * GAL_MSUN / (4 * M_PI * GAL_PC_CM * GAL_PC_CM);
}
