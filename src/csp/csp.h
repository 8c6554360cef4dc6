/* Composite stellar populations: masses per (metallicity, age) node and their sum over an SSP table. See galua/galaxy.h. */
#ifndef GAL_CSP_H
#define GAL_CSP_H
#include "galua/sfh.h"
#include "galua/ssp.h"

enum { GAL_CSP_POINTS = 3, GAL_CSP_PAIR = 2, GAL_CSP_SMOOTH = 32 };
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
    size_t inside;           /* weights of ages before it are those in clouds, all of them */
    uint32_t *had;           /* [2][nz] the same of the populations before, where there are several */
    double *lnage, *inv_dln; /* [nage] of the table */
    double *inv_dz;          /* [nz] */
    double *cell_a, *cell_f; /* [3][nage] points of whole cells of the table, and their hats */
    size_t cap,
        nbrk; /* breakpoints that fit, and there are (0: the reference code's quadrature, several populations) */
    double *brk, *mass; /* [cap] ages ascending; mass formed before age - brk */
    uint32_t *cell, *loose,
        *side; /* [cap] cell of a piece; pieces that are only part of one; cells of pieces of gal_csp_weights_smooth */
    double *kink; /* [nbreak + ..] ages where the history has a kink, and other cuts */
    double *a, *fa, *t, *psi, *z,
        *m;          /* [3][cap] points of the pieces: age, hat of the older node, time, rate, metallicity, mass */
    double *iz, *fz; /* [3][cap] node of the metallicity below, share of the next; only [0] when one_z */
    bool one_z;
    double *smooth; /* [GAL_CSP_SMOOTH][cap] of gal_csp_weights_smooth */
    double *pair_a, *pair_f, *width, *bend,
        *whole; /* of it: [2][nage] points of whole cells and their hats; [nage]: width; what the square of the mass over a cell adds to
                          its older node, of (m1 - m0)(f1 - f0) at both points; 1: taken whole */
    double *fold;      /* [4][cap] mass of a piece to its four nodes */
    const float **col; /* [2 nz nage] columns of the current sum */
    double *colw;
    uint32_t *row; /* [2 nz nage + 8] the same for few columns */
    float *roww;
} gal_csp;
gal_status gal_csp_init(gal_csp *c, const gal_ssp *ssp, double logu, size_t nbreak); /* gal_sfh_max_breaks */
void gal_csp_clear(gal_csp *c);
/* Exact weights of the history at its age; tau_esc <= 0 switches clouds off (w1 = 0).
 * at_zstar: metallicity of new stars = mean stellar one (D10). Metallicities outside the table are clamped to it. */
void gal_csp_weights(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar);
/* The same with an error of about 1e-7 in what the weights are for, at half the price: for plans. */
void gal_csp_weights_smooth(gal_csp *c, const gal_history *h, double tau_esc);
/* Pieces, their points, hats and masses of one population, before they are added up: sums over m, m a, m z. For derivatives. */
void csp_place(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar, double sums[3]);
enum { GAL_CSP_TEN = 12 };
extern const double gal_csp_ten[GAL_CSP_TEN]; /* cuts at these shares of the time since the onset */

/* Changes of what gal_csp_weights makes, or derivatives of a function with respect to it: the names are those of gal_csp. */
typedef struct gal_csp_diff {
    double *w0, *w1; /* [nz][nage] */
    double formed, age_mass, z_mass;
    double *work;       /* of the two functions below */
    const bool *wanted; /* backward: parameters of the history that derivatives are asked of; NULL: all */
} gal_csp_diff;
gal_status gal_csp_diff_init(gal_csp_diff *d, const gal_csp *c);
void gal_csp_diff_clear(gal_csp_diff *d);
/* Derivatives of exact weights (at_zstar false) at a set history, of the numbers as they are computed: points of the quadrature move with
 * the parameters. Clamped metallicities do not change. Forward: d from the changes p[npar], age, tau_esc. Backward: g as given, to p[npar],
 * *age, *tau, added. Both use c for points of their own: gal_csp_weights is to be called again before its results are read (its weights
 * stay). GAL_EINVAL names a history or metallicity without derivatives. */
gal_status gal_csp_weights_jvp(gal_csp *c, const gal_history *h, double tau_esc, const double *p, double age,
                               double tau, gal_csp_diff *d);
gal_status gal_csp_weights_vjp(gal_csp *c, const gal_history *h, double tau_esc, gal_csp_diff *g, double *p,
                               double *age, double *tau);
/* The reference code's quadrature (D1): 1e5 yr steps, first bin dropped, young-edge spectra, linear extrapolation in Z.
 * dm[nage], when not NULL, receives the cumulative masses; the return value is the index of the first node at or above age. */
size_t gal_csp_weights_galapy(gal_csp *c, const gal_history *h, double tau_esc, double *dm);
/* s0[nwave] = sum w0 L, s1[nwave] = sum w1 L [Lsun/A], double accumulation of float32 columns. */
void gal_csp_sum(gal_csp *c, double *s0, double *s1);
/* The same for a plan's table of few columns, a multiple of 16: columns in groups of eight add in single precision. */
void gal_csp_sum_few(gal_csp *c, double *s0, double *s1);
/* ... of another table of the same cells, [nz nage][stride] */
void gal_csp_sum_few_of(gal_csp *c, const float *table, size_t stride, double *s0, double *s1);
/* sum_ij w0 table[iz][ia] for the optional tables (surviving mass, ...) */
double gal_csp_table_sum(const gal_csp *c, const float *table);
double gal_csp_cloud_sum(const gal_csp *c, const float *table); /* the same of w1 */
/* The age [yr] of the stars when `share` of the mass had formed: the others are younger. By the breakpoints' exact masses and the rate
 * at three points between; 0 when nothing formed. */
double gal_csp_age_of_share(const gal_csp *c, const gal_history *h, double share);

/* What both kinds of weights share (weights.c). */
size_t csp_cuts(gal_csp *c, const gal_history *h, double lo, double tau_esc);
/* The weights of one population added to those there are; of every population of a history. */
typedef void csp_population_fn(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar);
void csp_add_population(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar);
void csp_populations(gal_csp *c, const gal_history *h, double tau_esc, bool at_zstar, csp_population_fn *add);
/* b[4] to nodes (iz, ia), (iz, ia + 1), (iz + 1, ia), (iz + 1, ia + 1); ages ascend from call to call. */
static inline void csp_add(gal_csp *c, double *w, size_t iz, size_t ia, double b00, double b01, double b10, double b11)
{
    size_t nage = c->ssp->nage, ra = nage > 1 ? 1 : 0;
    double *at = w + iz * nage + ia;
    at[0] += b00;
    at[ra] += b01;
    if (c->last[iz] == 0)
        c->first[iz] = (uint32_t)ia;
    c->last[iz] = (uint32_t)(ia + 1 + ra);
    if (b10 == 0 && b11 == 0)
        return;
    at[nage] += b10;
    at[nage + ra] += b11;
    if (c->last[iz + 1] == 0)
        c->first[iz + 1] = (uint32_t)ia;
    c->last[iz + 1] = (uint32_t)(ia + 1 + ra);
}

/* Core-collapse supernovae [1/yr/Msun formed] of stars of age [yr] and metallicity z; see ccsn.c. */
double gal_csp_ccsn_rate(double age, double z, bool no_cut);

double gal_escape(double age, double tau_esc, bool sharp); /* eta(a): fraction of light still inside its birth cloud */
#endif
