/* galua/spec.h - spectra as an instrument sees them: pixels, resolution, velocity dispersion, emission lines, calibration
 * polynomials, spectral indices.
 *
 * A model L_lambda, piecewise linear on its grid, is convolved with a Gaussian in wavelength and averaged over pixels. With the
 * slope changes m_j at the nodes w_j and C(x) the integral of the model up to x, the convolved integral is
 *     C_s(x) = C(x) + s^2 sum_j m_j D((x - w_j)/s),    D(u) = (1 + u^2) Phi(u)/2 + u phi(u)/2 - max(u, 0)^2/2,
 * exact for a constant s, and D is 0 far left and 1/2 far right of a node: only the nodes within 6 s count one by one. A pixel
 * holds C_s(hi) - C_s(lo) with s(x) at its edges, so the sum over contiguous pixels telescopes: flux is conserved to rounding,
 * and s = 0 is the plain mean over the pixel. (s varies slowly: it is the value at the edge, which moves features by s ds/dx, a
 * fraction 1/R of s.) Emission lines are Gaussians with s at the line, integrated over the pixels with erf: exact however narrow.
 *
 *     s(lambda)^2 = instrument^2 - library^2 + velocity^2    lines: instrument^2 + velocity^2
 *
 * Wavelengths here are vacuum A unless a name says air. Instruments are immutable and shared; a gal_spec_ws serves one thread. */
#ifndef GAL_SPEC_H
#define GAL_SPEC_H
#include "galua/base.h"
#include "galua/noise.h"
#include "galua/rng.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ air and vacuum */
typedef enum gal_air {
    GAL_AIR_CIDDOR, /* Ciddor 1996 (standard air, 15 C, 450 ppm CO2), as SDSS uses it now */
    GAL_AIR_MORTON, /* Morton 2000 eq. 8 (Birch & Downs 1994), as VALD uses it */
    GAL_AIR_N
} gal_air;
GAL_API gal_status gal_air_parse(gal_air *out, const char *name);
/* Refractive index at a vacuum wavelength [A]; 1 below 2000 A, where wavelengths are quoted in vacuum. */
GAL_API double gal_air_index(gal_air a, double vacuum);
GAL_API double gal_vac_to_air(gal_air a, double vacuum);
GAL_API double gal_air_to_vac(gal_air a, double air); /* inverse to 1e-13 */

/* ------------------------------------------------------------------ instruments */
typedef struct gal_spec_opts {
    size_t n;            /* pixels */
    const double *edges; /* [n+1] A, ascending; or */
    const double
        *wave; /* [n] centres, ascending: edges half-way; a gap is where a step exceeds 1.5 times its neighbours */
    bool air;  /* the wavelengths are air */
    gal_air formula;
    double R;           /* resolving power lambda/FWHM; 0 = pixels only; or */
    const double *res;  /* [n] R of each pixel, or */
    const double *fwhm; /* [n] A */
} gal_spec_opts;
typedef struct gal_spec gal_spec;
/* GAL_EINVAL names the first bad pixel: not ascending, resolution not positive, more than one resolution given. */
GAL_API gal_status gal_spec_create(gal_spec **out, const gal_spec_opts *o);
/* All numbers of an instrument, to the bit, and back: block[5 n] and its constant R (0: none). For results files. */
GAL_API const double *gal_spec_block(const gal_spec *s, double *R);
GAL_API gal_status gal_spec_restore(gal_spec **out, size_t n, const double *block, double R);
GAL_API gal_spec *gal_spec_ref(gal_spec *s);
GAL_API void gal_spec_unref(gal_spec *s);
GAL_API size_t gal_spec_n(const gal_spec *s);
GAL_API const double *gal_spec_lo(const gal_spec *s);   /* [n] vacuum A */
GAL_API const double *gal_spec_hi(const gal_spec *s);   /* [n] */
GAL_API const double *gal_spec_wave(const gal_spec *s); /* [n] centres as given (air when they were) */
GAL_API double gal_spec_sigma(const gal_spec *s,
                              double vacuum); /* standard deviation of the line spread [A]; 0 = none */
GAL_API gal_hash gal_spec_hash(const gal_spec *s);

/* A model grid seen by an instrument: wave[nwave] rest frame, copied. library_fwhm: the line spread that the model has already
 * [A, rest], per node, copied; NULL = none. finest: FWHM below which its features are not real [A, rest], per node, copied;
 * NULL = library_fwhm. */
typedef struct gal_spec_ws gal_spec_ws;
GAL_API gal_status gal_spec_ws_create(gal_spec_ws **out, gal_spec *s, const double *wave, size_t nwave,
                                      const double *library_fwhm, const double *finest);
GAL_API void gal_spec_ws_free(gal_spec_ws *w);
/* Redshift and velocity dispersion [km/s] of what follows. GAL_EDOMAIN when the pixels leave the grid (the first one is named) or
 * sigma_v is not in 0 .. 5000. shift [km/s] moves the spectrum on top of the redshift. */
GAL_API gal_status gal_spec_ws_set(gal_spec_ws *w, double z, double sigma_v, double shift);
GAL_API double gal_spec_ws_opz(const gal_spec_ws *w); /* (1 + z)(1 + shift/c) as set */
/* Share of pixels whose instrument is sharper than the model's own resolution by more than 5 per cent: there the result is too broad. */
GAL_API double gal_spec_ws_coarse(const gal_spec_ws *w);
/* Mean L_lambda [as lum, per A rest frame] of each pixel. trans[nwave] multiplies lum; NULL = 1. out[n]. */
GAL_API void gal_spec_continuum(gal_spec_ws *w, const double *lum, const double *trans, double *out);
/* Its transpose at the last setting: gy[nwave] = derivatives by lum times trans at the nodes, from gout[n]. */
GAL_API void gal_spec_continuum_back(gal_spec_ws *w, const double *gout, double *gy);
/* ... of gal_spec_lines: glum[nl] from gout[n] */
GAL_API void gal_spec_lines_back(const gal_spec_ws *w, const double *wave, size_t nl, double sigma_v,
                                 const double *gout, double *glum);
/* Adds lines of rest wavelength wave[nl] and luminosity lum[nl] with dispersion sigma_v [km/s] to out[n] (same units, per A). */
GAL_API void gal_spec_lines(const gal_spec_ws *w, const double *wave, const double *lum, size_t nl, double sigma_v,
                            double *out);
/* A Gaussian of dispersion sigma [A] at `line` projected on the hat functions of a grid: the trapezoid rule returns 1 and the
 * centroid. weight[cap] for nodes *first ..; returns how many, 0 when outside the grid or cap is too small. */
GAL_API size_t gal_spec_line_on_grid(const double *wave, size_t n, double line, double sigma, size_t *first,
                                     double *weight, size_t cap);
/* The model convolved at its own nodes: out[n] = lum[n] broadened by sigma[n] [A] at each node. */
GAL_API void gal_spec_smooth(const double *wave, const double *lum, size_t n, const double *sigma, double *out);

/* ------------------------------------------------------------------ calibration and linear amplitudes
 * Data y = m (1 + sum_k c_k P_k) + sum_l a_l t_l + e, e the noise (below); P_k Legendre or Chebyshev polynomials
 * of x in -1 .. 1 linear in wavelength over the pixels (x[n]), k = first .. order. */
typedef enum gal_poly { GAL_POLY_LEGENDRE, GAL_POLY_CHEBYSHEV } gal_poly;
typedef enum gal_calib_mode {
    GAL_CALIB_NONE,
    GAL_CALIB_SAMPLED, /* c given in each call */
    GAL_CALIB_PROFILED, /* the best c of each call (weighted least squares): a conditional posterior, not for evidences */
    GAL_CALIB_MARGINALISED /* c_k ~ N(0, sd_k^2) integrated out: covariance K = diag(s^2) + D S D', Woodbury, with |K| */
} gal_calib_mode;
GAL_API const char *gal_calib_name(gal_calib_mode m); /* "none", "sampled", "profiled", "marginalised" */
GAL_API gal_status gal_calib_parse(gal_calib_mode *out, const char *name);
enum { GAL_POLY_MAX = 30, GAL_LINEAR_MAX = 64 }; /* orders; columns in all */
typedef struct gal_calib {
    gal_calib_mode mode;
    gal_poly poly;
    int first, order;            /* k = first .. order; first = 1 keeps the level of the model */
    double sd[GAL_POLY_MAX + 1]; /* [order+1] marginalised: standard deviation of c_k */
} gal_calib;
GAL_API double gal_poly_value(gal_poly p, int k, double x);

/* Noise of the pixels: the terms of galua/noise.h, m the model through the instrument, without calibration. s_i^2 = (err_i e^lnscale)^2 +
 * (f_cal m_i)^2 + ...; correlated noise is added to the covariance diag(s^2); outliers are a product over pixels: no correlation and no
 * linear columns (marginalised, profiled, lines), with them the result is NaN. Every density is normalised in y. */
enum { GAL_SPEC_DENSE_MAX = 1500 }; /* pixels of a kernel that is not matern32: its matrix is factorised in each call */

typedef struct gal_spec_like { /* borrowed arrays over the n pixels that are used; lnwave ascending */
    union {
        gal_noise_data data; /* the same: what the terms of noise are told */
        struct {
            GAL_NOISE_DATA
        };
    };
    const double *x; /* in -1 .. 1 */
    gal_calib calib;
    size_t nline;
    const double *profile; /* [nline][n] t_l, or NULL */
    const double *mean,
        *sd; /* [nline] prior of a_l; sd infinite: flat, the evidence is then defined up to a constant */
} gal_spec_like;
GAL_API size_t gal_spec_like_work(const gal_spec_like *l); /* doubles of scratch; depends on the kernel */
/* ln L. c[order+1] are the coefficients (SAMPLED), and receive the best ones (PROFILED: the estimate;
 * MARGINALISED: the mean given the model); amp[nline] likewise. Either may be NULL. NaN where the model is NaN or a
 * matrix is singular. fitted[n]: the model with calibration and lines, or NULL. O(n (order + lines)^2), matern32 included. */
GAL_API double gal_spec_like_eval(const gal_spec_like *l, const double *model, const gal_noise *z, double *c,
                                  double *amp, double *fitted, double *work);
/* The same, and c and amp drawn from what the data leave of them given the model: u[lines + coefficients] standard normal
 * deviates (sampled and profiled coefficients stay what they are). */
GAL_API double gal_spec_like_draw(const gal_spec_like *l, const double *model, const gal_noise *z, const double *u,
                                  double *c, double *amp, double *work);
/* Derivatives, all written, arrays of the caller's. */
typedef struct gal_spec_slopes {
    double *model;   /* [n] */
    double *profile; /* [nline][n] of the free lines */
    double *noise;   /* [GAL_NOISE_NPAR] */
    double *coef;    /* [GAL_POLY_MAX + 1] of a sampled polynomial */
} gal_spec_slopes;
/* ln L as gal_spec_like_eval (c as of a sampled polynomial, else NULL), and its derivatives: exact, of independent pixels only
 * (gal_spec_like_exact). work[gal_spec_gradient_work]. O(n (order + lines)^2). */
GAL_API bool gal_spec_like_exact(const gal_spec_like *l);
GAL_API size_t gal_spec_gradient_work(const gal_spec_like *l);
GAL_API double gal_spec_like_gradient(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c,
                                      const gal_spec_slopes *g, double *work);
/* Every pixel against the others, [n] each, NULL where not wanted; c as above (SAMPLED). With u = K^-1 r and K the covariance of
 * all that is integrated out, p(y_i | the other pixels) is normal with mean y_i - u_i/(K^-1)_ii and variance 1/(K^-1)_ii
 * (Sundararajan & Keerthi 2001); K^-1 is never formed: O(n) by the smoothing recursion of de Jong (1989) for matern32. */
typedef struct gal_spec_points {
    double *
        term; /* ln p(y_i | the others); NaN: a profiled polynomial is no density, or a flat line has that pixel alone */
    double *cdf;   /* P(y_i' < y_i | the others); NaN likewise */
    double *p_out; /* probability to be an outlier */
    double *gp;    /* mean of the correlated noise given all pixels [unit of the flux] */
} gal_spec_points;
/* NaN, in all of them, where gal_spec_like_eval is NaN. */
GAL_API void gal_spec_like_pointwise(const gal_spec_like *l, const double *model, const gal_noise *z, const double *c,
                                     const gal_spec_points *out, double *work);
/* The independent errors s[n] of each pixel, good data's. */
GAL_API void gal_spec_like_sigma(const gal_spec_like *l, const double *model, const gal_noise *z, double *s);
/* Noise drawn from its density, outliers and correlations included: e[n]. NaN where the matrix is singular. */
GAL_API void gal_spec_like_noise(const gal_spec_like *l, const double *model, const gal_noise *z, gal_rng *rng,
                                 double *e, double *work);

/* ------------------------------------------------------------------ indices
 * Of a spectrum F_lambda, piecewise linear on wave[n] (vacuum, rest frame); integrals are over the nodes and the band edges.
 *     width  int (1 - F/C) dlambda [A]                      C: straight line through the means of the two side bands
 *     mag    -2.5 lg (int F/C dlambda / width of the band)
 *     break  ratio of the mean F_nu in red and blue band
 *     slope  exponent beta of F_lambda ~ lambda^beta, least squares over windows
 * Absorption is positive in width and mag. */
typedef enum gal_index_kind {
    GAL_INDEX_WIDTH,
    GAL_INDEX_MAG,
    GAL_INDEX_EW,     /* -width: an equivalent width, positive in emission */
    GAL_INDEX_EXCESS, /* int (F - C) dlambda: flux of a line, in units of F times A */
    GAL_INDEX_BREAK,
    GAL_INDEX_SLOPE
} gal_index_kind;
typedef struct gal_index {
    const char *name, *unit, *doc;
    gal_index_kind kind;
    bool air; /* bands are air wavelengths, as the Lick ones are */
    double band[2], blue[2], red[2];
    const double (*window)[2]; /* SLOPE */
    size_t nwindow;
} gal_index;
GAL_API const gal_index *gal_indices(size_t *n); /* the 25 Lick indices, D4000, Dn4000, beta */
GAL_API gal_status gal_index_find(const gal_index **out, const char *name); /* did you mean */
/* Resolution of the Lick system [A, FWHM] at a wavelength (Worthey & Ottaviani 1997, table 8). */
GAL_API double gal_lick_fwhm(double wave);
/* Bands that are no bands: GAL_EINVAL. For indices of one's own. */
GAL_API gal_status gal_index_check(const gal_index *i);
/* NaN outside the spectrum or when a continuum is not positive. */
GAL_API double gal_index_value(const gal_index *i, const double *wave, const double *flux, size_t n);
/* The vacuum wavelengths that the index needs. */
GAL_API void gal_index_range(const gal_index *i, double *lo, double *hi);
/* Integral of F over a..b, exact for the piecewise-linear spectrum; NaN outside it. */
GAL_API double gal_band_integral(const double *wave, const double *flux, size_t n, double a, double b);
#ifdef __cplusplus
}
#endif
#endif
