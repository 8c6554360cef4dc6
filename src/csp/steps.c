/* The reference code's mass steps (parity, D1): psi sampled every 1e5 yr from each SSP age towards the next; the spectrum of bin i
 * is that of its young edge T_i, its metallicity that of the overshot old edge; the first bin is not counted. */
#include "csp/csp.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

#define STEP 1e5 /* yr */

size_t gal_csp_weights_galapy(gal_csp *c, const gal_history *h, double tau_esc, double *dm)
{
    const gal_ssp *ssp = c->ssp;
    const size_t nage = ssp->nage, nz = ssp->nz;
    double tq = h->quench, age = h->age, total = 0, before = 0, time = age - ssp->age[0];
    size_t i = 0;
    c->nbrk = 0;
    memset(c->w0, 0, nz * nage * sizeof *c->w0);
    memset(c->w1, 0, nz * nage * sizeof *c->w1);
    c->formed = c->age_mass = c->z_mass = c->returned = 0;
    for (size_t iz = 0; iz < nz; iz++) {
        c->first[iz] = 0;
        c->last[iz] = (uint32_t)nage;
    }
    while (time > 0 && i + 1 < nage) {
        double next = age - ssp->age[i + 1], z;
        while (time > next) {
            double psi = 0;
            if (time > 0)
                gal_history_rate(h, &time, 1, &psi);
            total += psi * (time < tq ? 1 : time == tq ? 0.5 : 0) * STEP;
            time -= STEP;
        }
        gal_history_zstar(h, &time, 1, &z);
        if (dm)
            dm[i] = total;
        double w = i > 0 ? total - before : 0, a = ssp->age[i];
        size_t iz = nz > 1 ? gal_search(ssp->z, nz, z) : 0;
        double f = nz > 1 ? (z - ssp->z[iz]) / (ssp->z[iz + 1] - ssp->z[iz]) : 0,
               eta = tau_esc > 0 ? gal_escape(a, tau_esc, c->sharp) : 0;
        c->w0[iz * nage + i] += w * (1 - f);
        c->w1[iz * nage + i] += w * (1 - f) * eta;
        if (nz > 1) {
            c->w0[(iz + 1) * nage + i] += w * f;
            c->w1[(iz + 1) * nage + i] += w * f * eta;
        }
        c->formed += w;
        c->age_mass += w * a;
        c->z_mass += w * z;
        c->returned += w * 0.05 * log1p(2.5e-6 * a);
        before = total;
        i++;
        time = next;
    }
    return i;
}
