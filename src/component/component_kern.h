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
    /* What its derivatives are made of: sums over the arrays, see AGN_*; last: a black body whose weight changes, or NULL. g NULL: those of tw
     * alone. */
    void (*nucleus_sums)(size_t n, const double p[4], const double *g, const double *tw, const double *disc,
                         const double *torus, const double *polar, const double *sil, const double *black,
                         const double *body, const double *last, double *sum);
};
enum {               /* t = e^-tau torus, s = e^-ebv polar, w = black e^(depth sil), e = last e^(depth sil) */
       AGN_TAKEN_T,  /* tw disc torus t: derivative of lost[0] with tau */
       AGN_TAKEN_S,  /* tw disc polar s: of lost[1] with ebv */
       AGN_WARM,     /* tw w sil: of lost[2] with depth */
       AGN_LAST,     /* tw e: with the weight of `last` */
       AGN_G_T,      /* g disc torus t */
       AGN_G_S,      /* g disc polar s */
       AGN_G_OPEN,   /* g disc (t - s) */
       AGN_G_DIRECT, /* g disc [hidden t + (1 - hidden) s] */
       AGN_G_W,      /* g w */
       AGN_G_WARM,   /* g w sil */
       AGN_G_LAST,   /* g e */
       AGN_G_BODY,   /* g body */
       AGN_SUMS
};
GAL_KERN_DECLARE(component_kern);
#endif
