/* X-ray spectra; see xray.h. */
#include "component/xray.h"
#include "galua/num.h"

#include <math.h>

#define KEV_A   12.398516685506
#define LONGEST 50.

static double form(double wave, double gamma, double e_cut)
{
    double e = KEV_A / wave;
    return wave > LONGEST ? 0 : pow(e, 3 - gamma) * exp(-e / e_cut);
}

void gal_xray_shape(const gal_wavegrid *g, double gamma, double e_cut, double *f)
{
    if (g->compat.xray_energy) {
        enum { N = 256 };
        double l[N], y[N], sum = 0;
        gal_logspace(g->wave[0], g->wave[g->n - 1], N, l);
        for (int i = 0; i < N; i++)
            y[i] = form(l[i], gamma, e_cut);
        for (int i = 0; i + 1 < N; i++) {
            double e0 = KEV_A / l[i], e1 = KEV_A / l[i + 1];
            if (e0 <= 10 && e1 >= 2)
                sum += 0.5 * (y[i] + y[i + 1]) * (e0 - e1);
        }
        for (size_t k = 0; k < g->n; k++) /* 0 where the grid begins beyond 2 keV: it would be 0/0 in the reference */
            f[k] = sum > 0 ? gal_interp(l, y, N, g->wave[k], GAL_ZERO) / sum : 0;
        return;
    }
    double lo = log(KEV_A / 10), hi = log(KEV_A / 2), sum = 0;
    enum { M = 512 }; /* Simpson in ln lambda */
    for (int i = 0; i <= M; i++) {
        double w = exp(lo + (hi - lo) * i / M);
        sum += (i == 0 || i == M ? 1 : i % 2 ? 4 : 2) * w * form(w, gamma, e_cut);
    }
    sum *= (hi - lo) / M / 3;
    for (size_t k = 0; k < g->n; k++)
        f[k] = form(g->wave[k], gamma, e_cut) / sum;
}
