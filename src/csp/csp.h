/* Composite stellar populations: masses per (metallicity, age) node and their sum over an SSP table. See galua/galaxy.h. */
#ifndef GAL_CSP_H
#define GAL_CSP_H
#include "galua/sfh.h"
#include "galua/ssp.h"

/* Folded weights and what the same pass over the history yields. */
typedef struct gal_csp {
    const gal_ssp *ssp;
    size_t iu;               /* logU node used */
    double frac_u;           /* weight of node iu + 1 */
    bool sharp;              /* stars leave clouds all at tau_esc, not from it to 2 tau_esc */
    double *w0, *w1;         /* [nz][nage] Msun formed; all, and inside clouds (times eta) */
    double formed;           /* Msun, sum of w0 */
    double age_mass;         /* int a dm [yr Msun] */
    double z_mass;           /* int Z dm [Msun] */
    double returned;         /* int 0.05 ln(1 + a/0.4 Myr) dm [Msun], used when the table has no surviving mass */
    uint32_t *first, *last;  /* [nz] weights of metallicity iz are at ages first .. last - 1 and 0 elsewhere */
    uint32_t *had;           /* [2][nz] the same of the populations before, where there are several */
    double *lnage, *inv_dln; /* [nage] of the table */
    double *inv_dz;          /* [nz] */
    double *cell_a, *cell_f; /* [3][nage] points of whole cells of the table, and their hats */
    size_t cap,
        nbrk; /* breakpoints that fit, and there are (0: the reference code's quadrature, several populations) */
    double *brk, *mass;     /* [cap] ages ascending; mass formed before age - brk */
    uint32_t *cell, *loose; /* [cap] cell of a piece; pieces that are only part of one */
    double *kink;           /* [nbreak + ..] ages where the history has a kink, and other cuts */
    double *a, *fa, *t, *psi, *z,
        *m;          /* [3][cap] points of the pieces: age, hat of the older node, time, rate, metallicity, mass */
    double *iz, *fz; /* [3][cap] node of the metallicity below, share of the next; only [0] when one_z */
    bool one_z;
    double *fold;      /* [4][cap] mass of a piece to its four nodes */
    const float **col; /* [2 nz nage] columns of the current sum */
    double *colw;
} gal_csp;
gal_status gal_csp_init(gal_csp *c, const gal_ssp *ssp, double logu, size_t nbreak); /* gal_sfh_max_breaks */
void gal_csp_clear(gal_csp *c);
/* Exact weights of the history at its age; tau_esc <= 0 switches clouds off (w1 = 0).
 * at_zstar: metallicity of new stars = mean stellar one (D10). Metallicities outside the table are clamped to it. */
void gal_csp_weights(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar);
/* The reference code's quadrature (D1): 1e5 yr steps, first bin dropped, young-edge spectra, linear extrapolation in Z.
 * dm[nage], when not NULL, receives the cumulative masses; the return value is the index of the first node at or above age. */
size_t gal_csp_weights_galapy(gal_csp *c, const gal_history *h, double tau_esc, double *dm);
/* s0[nwave] = sum w0 L, s1[nwave] = sum w1 L [Lsun/A], double accumulation of float32 columns. */
void gal_csp_sum(gal_csp *c, double *s0, double *s1);
/* sum_ij w0 table[iz][ia] for the optional tables (surviving mass, ...) */
double gal_csp_table_sum(const gal_csp *c, const float *table);
double gal_csp_cloud_sum(const gal_csp *c, const float *table); /* the same of w1 */
/* The age [yr] of the stars when `share` of the mass had formed: the others are younger. By the breakpoints' exact masses and the rate
 * at three points between; 0 when nothing formed. */
double gal_csp_age_of_share(const gal_csp *c, const gal_history *h, double share);

/* Core-collapse supernovae [1/yr/Msun formed] of stars of age [yr] and metallicity z; see ccsn.c. */
double gal_csp_ccsn_rate(double age, double z, bool no_cut);

double gal_escape(double age, double tau_esc, bool sharp); /* eta(a): fraction of light still inside its birth cloud */
#endif
