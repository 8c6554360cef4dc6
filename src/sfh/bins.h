/* Histories that are constant in bins of lookback time: what their classes share. Bin 0 is the youngest; edges e[0 .. n], lookback times,
 * ascending, e[n] = age; ls[n] log10 of the rates relative to one another; r[n - 1] log10 ratios of a bin's rate and the next older one's. */
#ifndef GAL_BINS_H
#define GAL_BINS_H
#include "sfh/sfh_int.h"

#define GAL_BINS_YOUNG 3e7 /* yr */

typedef struct gal_bins { /* choices, gal_sfh.self; what a class does not have is as results files have it */
    size_t nbin, nold, nedge;
    double tflex, alpha;
    bool of_rate;
    double sigma_reg, tau_eq, tau_in, sigma_dyn, tau_dyn;
    double *edge; /* [nedge] inner ones; NULL: 0, 30, 100 Myr, log-spaced to 0.85 age, age */
} gal_bins;

/* s->self from the options "n" and "edges". nold: number of old bins that do not move where others do; 0 = none moves. */
gal_status gal_bins_create(gal_sfh *s, size_t nold, size_t standard);
void gal_bins_destroy(void *self);
/* Parameters: `mass` with name NULL, else n - 1 with the names given. */
void gal_bins_add(gal_sfh *s, const char *const *name, const gal_param *like);
gal_hash gal_bins_hash(const gal_sfh *s);

void gal_bins_fixed_edges(const gal_bins *b, double age, double *e);
void gal_bins_moving_edges(const gal_bins *b, double age, double t1, double t2, const double *r, double *e, double *ls);
void gal_bins_from_ratios(const double *r, size_t n, double *ls);
void gal_bins_scale(gal_history *h, double mass, const double *e,
                    const double *ls); /* nbin, t, psi, cum of the history */

/* The same with changes: of e[n + 1] with that of the age; of e and ls; of the history's t, psi, cum. e and ls are made, too. */
void gal_bins_fixed_diff(const gal_bins *b, double age, double dage, double *e, double *de);
void gal_bins_moving_diff(const gal_bins *b, double age, const double t[2], const double dt[2], double dage,
                          const double *r, const double *dr, double *e, double *de, double *ls, double *dls);
void gal_bins_scale_diff(gal_history_diff *d, double dmass, const double *e, const double *de, const double *ls,
                         const double *dls);
void gal_bins_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass);
void gal_bins_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt);
void gal_bins_vjp_set(gal_history_diff *g); /* the class's jvp_set, one parameter after the other */
void gal_bins_jvp_breaks(const gal_history_diff *d, double *dt);
void gal_bins_vjp_breaks(gal_history_diff *g, const double *gt);
size_t gal_bins_at(const gal_history *h, double t); /* the bin that holds t > 0 */

/* rate, mass, breaks of all of them */
void gal_bins_rate(const gal_history *h, const double *t, size_t n, double *psi);
void gal_bins_mass(const gal_history *h, const double *t, size_t n, double *mass);
size_t gal_bins_nbreak(const gal_sfh *s);
size_t gal_bins_breaks(const gal_history *h, double *t);
const char *gal_bins_student(const gal_sfh *s, size_t i, char *buf, size_t size); /* prior of ratios */

extern const gal_param gal_bins_ratio;
extern const char *const gal_bins_ratio_name[GAL_SFH_MAXBIN - 1];
#define GAL_BINS_N(standard)                                                                                           \
    {                                                                                                                  \
        "n", "", "number of bins, 2 .. 32", GAL_OPTION_NUMBER, NULL, standard, NULL                                    \
    }
#define GAL_BINS_EDGES                                                                                                 \
    {                                                                                                                  \
        "edges", "yr", "inner edges of the bins, lookback time; default: 30 Myr, 100 Myr, log-spaced to 0.85 age",     \
            GAL_OPTION_VECTOR, NULL, 0, NULL                                                                           \
    }
#define GAL_BINS_CLASS                                                                                                 \
    .is = GAL_SFH_HAS_MASS, .destroy = gal_bins_destroy, .hash = gal_bins_hash, .rate = gal_bins_rate,                 \
    .mass = gal_bins_mass, .nbreak = gal_bins_nbreak, .breaks = gal_bins_breaks, .jvp = gal_bins_jvp,                  \
    .vjp = gal_bins_vjp, .vjp_set = gal_bins_vjp_set, .jvp_breaks = gal_bins_jvp_breaks,                               \
    .vjp_breaks = gal_bins_vjp_breaks
#endif
