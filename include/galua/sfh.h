/* galua/sfh.h - star formation histories psi(t) [Msun/yr], t = galaxy time [yr] since the onset of star formation.
 *
 * | model     | psi(t) before quenching                                             | parameters               |
 * | insitu    | psi_max [exp(-t/(s tau)) - exp(-gamma t/tau)], s = 3,               | psi_max, tau_star        |
 * |           | gamma = 0.55 + 3 psi_max^-0.3 (Lapi+18, 20; Pantoni+19)             |                          |
 * | constant  | psi                                                                 | psi                      |
 * | delayed   | norm (t/tau)^k exp(-t/tau)                                          | norm, tau, k             |
 * | lognormal | norm / sqrt(2 pi sigma^2) exp(-ln^2(t/tau) / (2 sigma^2))           | norm, tau, sigma         |
 * | dpl       | norm / [(t/tau)^alpha + (t/tau)^-beta] (Carnall+18)                 | norm, tau, alpha, beta   |
 * | table     | scale x linear interpolation of a user table, 0 outside             | scale                    |
 * Every model has tau_quench: psi = 0 for t > tau_quench (half of it at t = tau_quench).
 * The in-situ model carries its own gas, dust and metal evolution; the others have Mdust and a metallicity: constant (Z), or
 * evolving (Z_start -> Z) in proportion to the mass formed, Z(t) = Z_start + (Z - Z_start) M(t)/M(age) (ProSpect's linear
 * mass-mapped enrichment, Robotham+2020).
 * Cumulative masses are closed forms (tables: exact for piecewise-linear psi): mass is conserved to rounding. */
#ifndef GAL_SFH_H
#define GAL_SFH_H
#include "galua/param.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef enum gal_sfh_kind {
    GAL_SFH_INSITU,
    GAL_SFH_CONSTANT,
    GAL_SFH_DELAYED,
    GAL_SFH_LOGNORMAL,
    GAL_SFH_DPL,
    GAL_SFH_TABLE,
    GAL_SFH_KINDS
} gal_sfh_kind;
GAL_API const char *gal_sfh_name(gal_sfh_kind k);                     /* "insitu", ... */
GAL_API gal_status gal_sfh_find(const char *name, gal_sfh_kind *out); /* did you mean */
GAL_API const char *gal_sfh_doc(gal_sfh_kind k);

enum { GAL_SFH_MAXPAR = 10 };
typedef struct gal_sfh {
    gal_sfh_kind kind;
    bool evolving_z; /* empirical models: metallicity grows with the mass formed */
    size_t npar;     /* including tau_quench, Mdust, Z (, Z_start) */
    gal_param par[GAL_SFH_MAXPAR];
    size_t ntable;         /* table model only */
    double *t, *psi, *cum; /* [ntable] yr, Msun/yr, Msun */
} gal_sfh;
/* Fills the parameter list. A table (copied; t ascending >= 0, psi >= 0, n >= 2) is given for GAL_SFH_TABLE, NULL else. */
GAL_API gal_status gal_sfh_init(gal_sfh *s, gal_sfh_kind kind, bool evolving_z, const double *t, const double *psi,
                                size_t n);
GAL_API void gal_sfh_clear(gal_sfh *s);

/* p[npar] are the parameter values in the order of s->par. All arrays [n]. Without quenching (the caller clips at tau_quench);
 * t <= 0 gives 0. */
GAL_API void gal_sfh_rate(const gal_sfh *s, const double *p, const double *t, size_t n, double *psi);
GAL_API void gal_sfh_mass(const gal_sfh *s, const double *p, const double *t, size_t n,
                          double *mass); /* formed in [0, t] */
/* Index of tau_quench in par. */
GAL_API size_t gal_sfh_quench_index(const gal_sfh *s);
static inline bool gal_sfh_is_insitu(const gal_sfh *s)
{
    return s->kind == GAL_SFH_INSITU;
}
/* Metallicity of the gas that stars form from at t (age = time of observation, sets the end of an evolving history). */
GAL_API void gal_sfh_zgas(const gal_sfh *s, const double *p, double age, const double *t, size_t n, double *z);
/* Mass-weighted mean metallicity of the stars formed until t (in-situ: closed form of Pantoni+19). */
GAL_API void gal_sfh_zstar(const gal_sfh *s, const double *p, double age, const double *t, size_t n, double *z);
typedef struct gal_sfh_content {
    double sfr;         /* psi(t) [Msun/yr], quenching applied */
    double mgas, mdust; /* Msun */
    double zgas, zstar;
} gal_sfh_content;
/* State of the galaxy at time t. dust_exponent: gas-to-dust ratio of the empirical models, Mgas = 100 Mdust (Z/0.0134)^e:
 * e = -0.85 (observed: dust-to-gas grows with Z) or +0.85 (parity, D12). After quenching the in-situ gas and dust vanish (D24). */
GAL_API void gal_sfh_content_at(const gal_sfh *s, const double *p, double t, double dust_exponent,
                                gal_sfh_content *out);
/* Surviving-mass integral of the reference code: n log-spaced points from 1 yr to age, return fraction
 * 0.05 ln(1 + a/0.4 Myr) (parity; the model's default takes the SSP's own mass table). */
GAL_API double gal_sfh_mstar_galapy(const gal_sfh *s, const double *p, double age, size_t n);
#ifdef __cplusplus
}
#endif
#endif
