/* Hot loops of the components. All arrays [n], contiguous, not overlapping. */
#ifndef GAL_COMPONENT_KERN_H
#define GAL_COMPONENT_KERN_H
#include "num/isa.h"
#include <stddef.h>
struct component_kern {
    /* out = exp(-factor tau), 0 <= factor tau */
    void (*decay)(size_t n, double factor, const double *tau, double *out);
    /* lum = seen norm ln(c power + e) e^-x slope, x = hnuk/T; seen = attenuated/stars, 1 where there are no stars; 0 for x >= 700 */
    void (*freefree)(size_t n, double norm, double c, double inv_t, const double *power, const double *hnuk,
                     const double *slope, const double *stars, const double *attenuated, double *lum);
    /* Disc and torus of an active nucleus: direct = disc [hidden e^-tau torus + (1 - hidden) e^-ebv polar],
     * warm = black e^(depth sil); lost[0], lost[1] = sums of tw disc (1 - e^..) of torus and polar dust, lost[2] of tw warm. */
    void (*nucleus)(size_t n, const double p[4], const double *tw, const double *disc, const double *torus,
                    const double *polar, const double *sil, const double *black, double *direct, double *warm,
                    double lost[3]); /* p = tau, ebv, hidden, depth */
};
GAL_KERN_DECLARE(component_kern);
#endif
