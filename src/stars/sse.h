/* sse.h - single-star evolution in closed form, after Hurley, Pols & Tout 2000 (MNRAS 315, 543: "HPT00") and
 * Tout et al. 1996 (MNRAS 281, 257: zero-age main sequence). Internal to src/stars.
 *
 * Layers: sse_coef.c  published numbers -> a_n(Z), b_n(Z)
 *         sse_fits.c  one function per fitted quantity
 *         sse_star.c  time scales and landmarks of a star; L, R, core mass at an age within a phase
 *         sse_track.c winds and the march through the phases: one track per (Z, mass)
 *         remnant.c   white dwarfs, neutron stars, black holes
 * Units inside SSE: Msun, Rsun, Lsun, Myr; mass loss Msun/yr. All functions are pure: thread safe. */
#ifndef GAL_STARS_SSE_H
#define GAL_STARS_SSE_H
#include "galua/base.h"

/* Phases, in the order in which a star can meet them (some are skipped). */
typedef enum gal_sse_phase {
    GAL_SSE_MS,    /* main sequence */
    GAL_SSE_HG,    /* Hertzsprung gap */
    GAL_SSE_GB,    /* first giant branch */
    GAL_SSE_CHEB,  /* core helium burning */
    GAL_SSE_EAGB,  /* early asymptotic giant branch */
    GAL_SSE_TPAGB, /* thermally pulsing AGB */
    GAL_SSE_HEMS,  /* naked helium main sequence */
    GAL_SSE_HEGB,  /* naked helium Hertzsprung gap and giant branch */
    GAL_SSE_WD,    /* white dwarf */
    GAL_SSE_NSBH,  /* neutron star, black hole or nothing left */
    GAL_SSE_NPHASE
} gal_sse_phase;
GAL_API const char *gal_sse_phase_name(int phase);

/* All fit constants at one metallicity. a[n], b[n]: numbering of HPT00 Appendix A. */
typedef struct gal_sse_coef {
    double z, zeta;  /* metal mass fraction (clamped to 1e-4..0.03) and log10(z/0.02) */
    double zams[16]; /* Tout et al. 1996: alpha beta gamma delta epsilon zeta eta | theta iota ... pi */
    double a[82], b[58];
    double c_rtms;                 /* c1 of the R_TMS fit */
    double c2_bgb, c3_bgb;         /* fixed exponents of the L_BGB fit */
    double c1_mc, c2_mc;           /* core mass at He ignition */
    double m_hook, m_hef, m_fgb;   /* smallest mass with a hook, with quiet He ignition, without a giant branch */
    double x_tms;                  /* t_MS >= x t_BGB */
    double log_d0;                 /* log D of the core mass - luminosity relation of degenerate cores */
    double mc4_bgb, mc4_hei;       /* constants C of eq. 44: core mass^4 offsets at BGB and He ignition */
    double alpha1, alpha3, alpha4; /* continuity of L_HeI, L_BAGB, t_He at m_hef */
    double lhe_hef;                /* minimum He-burning luminosity at m_hef */
    double mc_hef; /* core mass at He ignition at m_hef = limit between helium white dwarfs and helium stars */
    double bl_alpha, bl_f, bl_pow; /* blue loop: alpha_bl of eq. 58, (1 - b47)/f(M_FGB) */
    double lm_rmin;                /* R_min/R_GB of the ZAHB at m_hef (eq. 55) */
    double zwd;                    /* Z^0.4 of the white-dwarf cooling law */
    double hydrogen;               /* X = 0.76 - 3 Z */
} gal_sse_coef;
/* Any z > 0; outside 1e-4..0.03 it is clamped (extrapolation to 0.05 is done on tracks, see tracks.c). */
GAL_API void gal_sse_coef_init(gal_sse_coef *c, double z);

/* ---- fits (sse_fits.c); m = mass that determines the fit */
GAL_API double gal_sse_lzams(const gal_sse_coef *c, double m);
GAL_API double gal_sse_rzams(const gal_sse_coef *c, double m);
GAL_API double gal_sse_tbgb(const gal_sse_coef *c, double m);       /* time to the base of the giant branch [Myr] */
GAL_API double gal_sse_thook_frac(const gal_sse_coef *c, double m); /* t_hook/t_BGB */
double gal_sse_ltms(const gal_sse_coef *c, double m);
double gal_sse_rtms(const gal_sse_coef *c, double m);
double gal_sse_lalpha(const gal_sse_coef *c, double m);
double gal_sse_lbeta(const gal_sse_coef *c, double m);
double gal_sse_leta(const gal_sse_coef *c, double m);
double gal_sse_lhook(const gal_sse_coef *c, double m);
double gal_sse_ralpha(const gal_sse_coef *c, double m);
double gal_sse_rbeta(const gal_sse_coef *c, double m);
double gal_sse_rgamma(const gal_sse_coef *c, double m);
double gal_sse_rhook(const gal_sse_coef *c, double m);
double gal_sse_lbgb(const gal_sse_coef *c, double m);
double gal_sse_lbagb(const gal_sse_coef *c, double m);
double gal_sse_lhei(const gal_sse_coef *c, double m);
double gal_sse_lhemin_ratio(const gal_sse_coef *c, double m); /* L_He,min/L_HeI, intermediate and high mass */
double gal_sse_rmin(const gal_sse_coef *c, double m);
double gal_sse_rgb(const gal_sse_coef *c, double m, double lum);
double gal_sse_ragb(const gal_sse_coef *c, double m, double lum);
double gal_sse_mcbagb(const gal_sse_coef *c, double m);
double gal_sse_mchei(const gal_sse_coef *c, double m, double c4); /* c4 = mc4_bgb or mc4_hei */
double gal_sse_the(const gal_sse_coef *c, double m, double mc);   /* core He burning [Myr] */
double gal_sse_tbl(const gal_sse_coef *c, double m);              /* blue fraction of core He burning */
double gal_sse_lzahb(const gal_sse_coef *c, double m, double mc);
double gal_sse_rzahb(const gal_sse_coef *c, double m, double mc);
GAL_API double gal_sse_lzhe(double m); /* naked helium stars */
GAL_API double gal_sse_rzhe(double m);
GAL_API double gal_sse_themsf(double m); /* [Myr] */

/* ---- landmarks (sse_star.c) */
#define GAL_SSE_RATE_AGB 1.27e-5 /* A_H,He: core growth per luminosity when both shells burn [Msun/Lsun/Myr], eq. 71 */
#define GAL_SSE_RATE_HE  8.0e-5  /* A_He: helium shell alone */
typedef struct gal_sse_branch {
    double tinf1, tinf2, tx;
} gal_sse_branch;           /* eqs. 40-42 for one burning rate */
typedef struct gal_sse_ms { /* what L and R on the main sequence are made of, eqs. 12 and 13: functions of m0 alone */
    double l_alpha, l_beta, l_eta, l_hook, l_rise;   /* l_rise = log10(L_TMS/L_ZAMS) */
    double r_alpha, r_beta, r_gamma, r_hook, r_rise; /* r_rise = log10(R_TMS/R_ZAMS) */
    double r_zams, t_hook;                           /* [Rsun]; [Myr] */
} gal_sse_ms;
typedef struct gal_sse_marks {
    bool helium; /* naked helium star: only t_ms, l_zams, l_tms, gb, mc_max0 are meaningful */
    double m0;
    gal_sse_ms ms;
    double t_ms, t_bgb, t_hei, t_he, t_bagb, t_tp; /* [Myr]; t_he is a duration */
    double l_zams, l_tms, l_bgb, l_hei, l_he, l_x, l_bagb, l_tp;
    double r_tms;
    double ah, b, d, p, q, mx; /* L = min(B Mc^q, D Mc^p), crossing at mx */
    gal_sse_branch gb, eagb, tpagb;
    double mc_bgb, mc_hei, mc_bagb, mc_tp, mcco_bagb;
    double mc_sn; /* core mass at which the star explodes, eq. 75 */
} gal_sse_marks;
GAL_API void gal_sse_marks_init(gal_sse_marks *k, const gal_sse_coef *c, double m0);
/* The part of them that the main sequence needs: m0, ms, t_ms, t_bgb, l_zams, l_tms, r_tms; the rest is 0. */
void gal_sse_marks_ms(gal_sse_marks *k, const gal_sse_coef *c, double m0);
GAL_API void gal_sse_marks_helium(gal_sse_marks *k, double m0);

typedef struct gal_sse_state {
    double lum, rad; /* as seen (with the small-envelope correction of HPT00 6.3) */
    double mc;       /* core mass bounding the envelope: He core up to EAGB, CO core after */
    double mcco;     /* carbon-oxygen core where it is the one that decides (EAGB and later), else 0 */
    double lcore;    /* luminosity before that correction: what the burning shells yield */
    double mu;       /* relative envelope mass of eq. 97 (>= 1: normal giant) */
} gal_sse_state;
/* State at `age` [Myr] (SSE's own age, which mass loss rescales) in `phase`, current mass mt. */
GAL_API void gal_sse_state_at(gal_sse_state *s, const gal_sse_coef *c, const gal_sse_marks *k, gal_sse_phase phase,
                              double mt, double age);
/* Age at which phase ends by nuclear burning alone, given the current mass. */
double gal_sse_phase_end(const gal_sse_marks *k, gal_sse_phase phase, double mt);
double gal_sse_hems_min(const gal_sse_coef *c); /* lightest helium star that burns */
double gal_sse_age_of_core(const gal_sse_branch *br, const gal_sse_marks *k, double rate, double mc);

/* ---- remnants (remnant.c) */
typedef enum gal_remnant {
    GAL_REM_HEWD,
    GAL_REM_COWD,
    GAL_REM_ONEWD,
    GAL_REM_NS,
    GAL_REM_BH,
    GAL_REM_NONE
} gal_remnant;
#define GAL_MCH 1.44 /* Chandrasekhar mass used by HPT00 [Msun] */
/* Cooling white dwarf: mass, composition, metallicity factor Z^0.4, cooling age [Myr]. */
GAL_API void gal_wd_state(double m, gal_remnant kind, double zwd, double t, double *lum, double *rad);
GAL_API double gal_wd_radius(double m);
/* Remnant of a core collapse: CO core mass and total mass before. Belczynski, Kalogera & Bulik 2002 (ApJ 572, 407). */
GAL_API double gal_collapse_mass(double mcco, double mt, gal_remnant *kind);

/* ---- tracks (sse_track.c) */
typedef struct gal_sse_point {
    double t, m, mc;    /* Myr since birth, current mass, core mass */
    double logl, logte; /* log10 Lsun, log10 K */
    int phase;
} gal_sse_point;
typedef struct gal_sse_track {
    double m; /* initial mass */
    size_t n, cap;
    gal_sse_point *pt; /* time ascending; each phase starts and ends with its own point */
    bool complete;     /* reached a remnant (false: stopped at t > t_stop at a phase boundary) */
    double t_end;      /* birth of the remnant [Myr] */
    gal_remnant kind;
    double m_rem, l_tip; /* remnant mass; luminosity at the tip of the AGB (0 without) */
} gal_sse_track;
/* Follows one star to its remnant. Stops at the first phase boundary after t_stop [Myr]. pt grows; free with gal_free. */
GAL_API gal_status gal_sse_evolve(gal_sse_track *tr, const gal_sse_coef *c, double m, double t_stop);
double gal_sse_logteff(double lum, double rad);
double gal_sse_metal_ramp(double z); /* 0 at Z <= 0.002, 1 at Z >= 0.008: where winds strip supergiants */
#endif
