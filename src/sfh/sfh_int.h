/* What the files of this folder share: see galua/sfh.h. Times in yr, rates in Msun/yr, masses in Msun. */
#ifndef GAL_SFH_INT_H
#define GAL_SFH_INT_H
#include "galua/sfh.h"

/* sfh.c: what a class's create and hash need */
void gal_sfh_add(gal_sfh *s, const gal_param *p, size_t n);                   /* parameters, at the end */
const gal_option_value *gal_sfh_option(const gal_sfh *s, const char *name);   /* NULL: the class has no such option */
gal_status gal_sfh_positive(const gal_sfh *s, const char *name, double *out); /* an option that is a number above 0 */
#define GAL_SFH_NO_CHOICES "0 0 0 0 0 0 0 0 0 0 0 0"
/* Of "NAME metallicity burst tail" and `mass`. Results files hold it: the tail of what has no options is GAL_SFH_NO_CHOICES. */
gal_hash gal_sfh_hash_of(const gal_sfh *s, const char *tail);
extern const gal_param gal_sfh_dust;   /* Mdust */
extern const gal_param gal_sfh_formed; /* mass, of histories that a burst may be on top of */

/* Names "r1", "r2", ... of numbered parameters: initialiser of a const char *const[GAL_SFH_MAXBIN - 1] */
// clang-format off
#define GAL_NUMBERED(x) {x "1", x "2", x "3", x "4", x "5", x "6", x "7", x "8", x "9", x "10", x "11", x "12", x "13", x "14", x "15", \
    x "16", x "17", x "18", x "19", x "20", x "21", x "22", x "23", x "24", x "25", x "26", x "27", x "28", x "29", x "30", x "31"}
// clang-format on

/* bursts.c: one burst of a given mass on top */
size_t gal_burst_npar(gal_sfh_burst b);
const gal_param *gal_burst_par(void);
void gal_burst_set(gal_history *h); /* burst_t, burst_span, burst_mass; the rest of the history is ready */
double gal_burst_rate(const gal_history *h, double t);
double gal_burst_mass(const gal_history *h, double t);
enum { GAL_BURST_BREAKS = 8 };
size_t gal_burst_breaks(const gal_history *h, double *t);

/* nodes.c: histories that are linear between nodes, h->tab_* */
void gal_nodes_rate(const gal_history *h, double scale, const double *t, size_t n, double *psi);
void gal_nodes_slopes(const gal_history *h, double scale, double t, double *ps, double *ms); /* p[0] = scale */
void gal_nodes_mass(const gal_history *h, double scale, const double *t, size_t n, double *mass);

/* slopes.c: jvp and vjp of a law whose derivatives are written for one time. f fills ps[npar + 2], ms[npar + 2]: those of rate and mass with
 * respect to its parameters, age, time t > 0; both are 0 before. */
typedef void (*gal_slopes_fn)(const gal_history *h, double t, double *ps, double *ms);
enum { GAL_SLOPES = 20 };
void gal_slopes_jvp(gal_slopes_fn f, const gal_history_diff *d, const double *t, const double *dt, size_t n,
                    double *dpsi, double *dmass);
void gal_slopes_vjp(gal_slopes_fn f, gal_history_diff *g, const double *t, size_t n, const double *gpsi,
                    const double *gmass, double *gt);
#define GAL_SLOPES_OF(f)                                                                                               \
    static void jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi,              \
                    double *dmass)                                                                                     \
    {                                                                                                                  \
        gal_slopes_jvp(f, d, t, dt, n, dpsi, dmass);                                                                   \
    }                                                                                                                  \
    static void vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass,           \
                    double *gt)                                                                                        \
    {                                                                                                                  \
        gal_slopes_vjp(f, g, t, n, gpsi, gmass, gt);                                                                   \
    }
/* Of psi = p[0] u(t/p[1]) with mass p[0] U: u, du/dt, U give the derivatives with respect to p[0], p[1], age and t. npar of the class. */
void gal_slopes_scaled(const gal_history *h, double t, double u, double u_t, double mass, double *ps, double *ms);

/* bursts.c */
void gal_burst_jvp_begin(gal_history_diff *d, double base,
                         double dbase); /* base: mass formed without it until the end, and its change */
void gal_burst_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass);
void gal_burst_jvp_breaks(const gal_history_diff *d, double *dt);
void gal_burst_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt);
void gal_burst_vjp_breaks(gal_history_diff *g, const double *gt);
double gal_burst_vjp_end(gal_history_diff *g, double base); /* the derivative with respect to base */
#endif
