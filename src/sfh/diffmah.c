/* Diffmah: halo mass, growth rate and their derivatives. Formulas: galua/diffmah.h. */
#include "galua/diffmah.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046
#define K    3.5 /* steepness of the change of the index, per dex of time */

const gal_soft_param *gal_diffmah_params(void)
{
    static const gal_soft_param table[GAL_DIFFMAH_N] = {
        {"logm0", "[log10 Msun] halo mass carried on to the present", 12.0, 0, 17, 8.5, 0.1, -1, -1, 0, false},
        {"logtc", "[log10 Gyr] when growth turns from early to late", 0.05, -1, 1, 0, 0.1, -1, -1, 0, false},
        {"early_index", "power of growth at early times", 2.6137643, 0.1, 10, 0, 0.1, GAL_MAH_LATE, -1, 0, false},
        {"late_index", "power of growth at late times", 0.12692805, 0.1, 5, 2.55, 0.1, -1, -1, 0, false},
        {"t_peak", "[Gyr] end of growth", 14.0, 0.05, 20, 10.025, 0.1, -1, -1, 0, false},
    };
    return table;
}

gal_status gal_diffmah_check(const double *p)
{
    double u[GAL_DIFFMAH_N];
    return gal_soft_unbounded("diffmah", gal_diffmah_params(), GAL_DIFFMAH_N, p, u);
}

/* The power a of growth at log10 time lt, with D = lt - lt0, and what its derivatives need */
typedef struct growth {
    double s, D, a, a1, a2, b; /* sigmoid; index and its slopes by lt; b = a + a' D = dX/dlt */
} growth;

static growth grow(const double *p, double lt0, double lt)
{
    growth g = {.s = gal_logistic(K * (lt - p[GAL_MAH_LOGTC])), .D = lt - lt0};
    double step = p[GAL_MAH_LATE] - p[GAL_MAH_EARLY];
    g.a = p[GAL_MAH_EARLY] + step * g.s;
    g.a1 = K * step * g.s * (1 - g.s);
    g.a2 = K * g.a1 * (1 - 2 * g.s);
    g.b = g.a + g.a1 * g.D;
    return g;
}

/* dX by the first four parameters */
static void mass_slopes(const growth *g, double *d)
{
    d[GAL_MAH_LOGM0] = 1;
    d[GAL_MAH_LOGTC] = -g->a1 * g->D;
    d[GAL_MAH_EARLY] = (1 - g->s) * g->D;
    d[GAL_MAH_LATE] = g->s * g->D;
    d[GAL_MAH_TPEAK] = 0;
}

void gal_diffmah(const double *p, double lt0, size_t nt, const double *t, double *logm, double *rate, double *dlogm,
                 double *drate)
{
    double tp = p[GAL_MAH_TPEAK];
    growth last = grow(p, lt0, log10(tp));
    for (size_t k = 0; k < nt; k++) {
        growth g = grow(p, lt0, log10(t[k]));
        const growth *m = t[k] < tp ? &g : &last;
        if (logm)
            logm[k] = p[GAL_MAH_LOGM0] + m->a * m->D;
        if (dlogm) {
            mass_slopes(m, dlogm + k * GAL_DIFFMAH_N);
            if (m == &last)
                dlogm[k * GAL_DIFFMAH_N + GAL_MAH_TPEAK] = last.b / (tp * LN10);
        }
        double unit = t[k] <= tp ? 1e-9 * pow(10, p[GAL_MAH_LOGM0] + g.a * g.D) / t[k] : 0;
        if (rate)
            rate[k] = unit * g.b;
        if (drate) { /* d(M b) = M (ln 10 dX b + db) */
            double *d = drate + k * GAL_DIFFMAH_N, q = K * g.s * (1 - g.s) * g.D;
            mass_slopes(&g, d);
            for (int i = 0; i < GAL_DIFFMAH_N; i++)
                d[i] *= LN10 * g.b;
            d[GAL_MAH_EARLY] += 1 - g.s - q;
            d[GAL_MAH_LATE] += g.s + q;
            d[GAL_MAH_LOGTC] -= g.a1 + g.a2 * g.D;
            for (int i = 0; i < GAL_DIFFMAH_N; i++)
                d[i] *= unit;
        }
    }
}

double gal_diffmah_rate_slope(const double *p, double lt0, double t)
{
    if (t > p[GAL_MAH_TPEAK])
        return 0;
    growth g = grow(p, lt0, log10(t));
    return 1e-9 * pow(10, p[GAL_MAH_LOGM0] + g.a * g.D) / (t * t) * (g.b * (g.b - 1) + (2 * g.a1 + g.a2 * g.D) / LN10);
}
