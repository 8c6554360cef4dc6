/* Two-phase dust: extinction curves, attenuation, energy balance, grey bodies, PAH template. See galua/galaxy.h. */
#ifndef GAL_DUST_H
#define GAL_DUST_H
#include "galua/component.h"

/* Physical constants used by the emission (the parity mode has those of 1973). cgs. */
typedef struct gal_dust_const {
    double h, kb;
} gal_dust_const;
extern const gal_dust_const gal_dust_modern, gal_dust_galapy;

enum { GAL_DUST_PACKED = 256 /* most nodes of the power integral that are packed */, GAL_DUST_STEPS = 70 };

/* Static tables of a wavelength grid; shared by threads. */
typedef struct gal_dust_grid {
    size_t n;
    const double *wave; /* [n] A, borrowed */
    const double *tw;   /* [n] trapezoid weights, borrowed */
    double *lnx;        /* [n] ln(lambda/5500 A) */
    double *b5;         /* [n] 2 h c^2 / lambda^5 [erg/s/cm2/A/sr]: B = b5 / (e^x - 1) */
    double *hck;        /* [n] h c / (k lambda) [K] */
    double *pah;        /* [n] template [1/A], sum tw pah = 1 */
    double *warm;       /* [n] warm dust of clouds [1/A], sum tw warm = 1 */
    gal_dust_const k;
    size_t np; /* a plan's grid: the nodes with tw != 0; 0: not packed */
    uint32_t *p_at;
    double *p_tw, *p_b5, *p_hck; /* [np] */
    float *p_planck;             /* [GAL_DUST_STEPS][np] tw b5/(e^x - 1) at temperatures of a ladder (dust.c) */
} gal_dust_grid;
gal_status gal_dust_grid_init(gal_dust_grid *g, const double *wave, const double *tw, size_t n, gal_dust_const k,
                              const double *pah_wave, const double *pah, size_t npah);
/* The same on a component's grid: on a plan's nodes the template keeps the normalisation of the whole grid. The grid must outlive it. */
gal_status gal_dust_grid_on(gal_dust_grid *g, const gal_wavegrid *w, gal_dust_const k, const double *pah_wave,
                            const double *pah, size_t npah);
void gal_dust_grid_clear(gal_dust_grid *g);

/* A(lambda)/A_V: (lambda/5500)^-low up to 100 micron, slope upp beyond, continuous. */
void gal_dust_curve(const gal_dust_grid *g, double low, double upp, double *curve);
double gal_dust_curve_at(double wave, double low, double upp);
/* att = 10^(-0.4 A_V curve), absorbed fraction = 1 - att (no cancellation); either may be NULL */
void gal_dust_attenuation(const gal_dust_grid *g, double av, const double *curve, double *att, double *absorbed);
/* Changes of curve with low and upp, and of att, absorbed with A_V and the curve. */
void gal_dust_curve_jvp(const gal_dust_grid *g, const double *curve, double dlow, double dupp, double *dcurve);
void gal_dust_screen_jvp(size_t n, double av, double dav, const double *curve, const double *dcurve, const double *att,
                         double *datt, double *dabsorbed);
/* Backward: from those with respect to att and absorbed the derivative with respect to A_V is returned, those to the curve go to gcurve;
 * from the curve to low and upp, added. */
double gal_dust_screen_vjp(size_t n, double av, const double *curve, const double *att, const double *gatt,
                           const double *gabsorbed, double *gcurve);
void gal_dust_curve_vjp(const gal_dust_grid *g, const double *curve, const double *gcurve, double *glow, double *gupp);
/* V-band extinction [mag] of clouds and diffuse dust; Mgas, Mdust [Msun], R [pc]. */
double gal_dust_av_mc(double norm, double zgas, double f_mc, double mgas, double n_mc, double r_mc, bool galapy);
double gal_dust_av_dd(double norm, double f_mc, double mdust, double r_dust);
/* Extinction of Milky Way dust (Draine 2003, R_V = 3.1), A(lambda)/A_V; and A_V of 1 Msun of it in a uniform sphere of 1 pc, 1.0857 3 kappa_V M/(4 pi R^2). */
void gal_dust_draine03(const gal_dust_grid *g, double *curve);
double gal_dust_draine03_av(void);
/* Surface factor N = 16 pi^2/3 R^2 count * 1e-8... in units such that N (1-att) B_lambda is erg/s/A; R [pc]. */
double gal_dust_surface(double r_pc, double count);
/* int N absorbed B(T) dlambda [erg/s] by the trapezoid weights; *slope = d ln / d ln T when not NULL. */
double gal_dust_power(const gal_dust_grid *g, double surface, const double *absorbed, double t, double *slope);
/* The microwave background that dust is seen against, 2.7255 K (1 + z): dust takes it in as it takes starlight, and what is observed of a grey body is
 * B(T) - B(t0) (da Cunha et al. 2013, ApJ 766, 13). 0 in the functions below: there is none. Of a galaxy: 0 at z = 0 and in the parity mode. */
double gal_dust_background(const gal_view *v);
/* Temperature at which the power over that of t0 equals e [erg/s] > 0: Newton in (ln T, ln power), relative 1e-10. GAL_EMATH outside 1e-3..1e5 K. */
gal_status gal_dust_temperature(const gal_dust_grid *g, double surface, const double *absorbed, double e, double t0,
                                double *t);
/* A phase that radiates next to nothing beside what it exchanges with the background is kept 1e-5 above it, where what it radiates is known to many digits, and
 * its light is scaled down to e: 1 for all others. */
double gal_dust_dimmed(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0, double e);
/* d ln T of that temperature, from the change of surface (relative), absorbed, e (relative) and ln t0: the power is e whatever changes. */
double gal_dust_temperature_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                                double dsurface, const double *dabsorbed, double de, double dlnt0);
/* dlum[k] += the change of a grey body's lum with surface (relative), absorbed, ln T and ln t0 */
void gal_dust_greybody_jvp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                           double dsurface, const double *dabsorbed, double dlnt, double dlnt0, double *dlum);
/* A grey body at the temperature at which it radiates e [erg/s]: from the derivatives with respect to its lum and t those to ln surface, returned,
 * to absorbed, added, to ln e, and to ln t0, added. */
double gal_dust_balance_vjp(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                            double e, const double *glum, double gt, double *gabsorbed, double *ge, double *glnt0);
/* The reference code's estimate (D3): 200 log nodes 1..1e10 A, right-endpoint rule, linear interpolation between 200 trial
 * temperatures 0.1..1e4 K. */
double gal_dust_temperature_galapy(gal_dust_const k, double surface, double av, double low, double upp, double e);
/* lum[k] += surface absorbed (B(T) - B(t0)) / Lsun [Lsun/A] */
void gal_dust_greybody(const gal_dust_grid *g, double surface, const double *absorbed, double t, double t0,
                       double *lum);
/* The parity mode's PAH template: wavelengths [A] and values [1/A], unit integral. */
enum { GAL_PAH_GALAPY_N = 344 };
void gal_pah_galapy(double wave[GAL_PAH_GALAPY_N], double p[GAL_PAH_GALAPY_N]);
/* The default PAH spectrum on any grid [1/A], not normalised: Drude profiles. */
void gal_pah_drude(const double *wave, size_t n, double *p);
#endif
