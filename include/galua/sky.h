/* galua/sky.h - emission of the microwave sky: parts (templates and an emission law) through bandpasses, pixel by pixel.
 *
 * A field gives the values of pixels: a number, memory, a column of a FITS file read in blocks, or a formula of other fields. A part is an
 * emission law over fields: templates I, Q, U and the law's parameters, each a number or a map. A sky is a list of parts at one nside, RING
 * order. A plan binds a sky to bands; running it sweeps the pixels once for all bands: blocks of pixels over threads, frequencies inside.
 * Nothing of the size of the sky is allocated here beyond what fields in memory hold; outputs belong to the caller.
 *
 * Components are summed in uK_RJ and multiplied by the band's factor to the unit asked for (Zonca et al. 2021; galua/band.h).
 * Pixels that are NaN or UNSEEN (-1.6375e30) in an amplitude or a parameter are UNSEEN in the result.
 * Plans are immutable and may run in several threads; the sky must not change while plans of it live. */
#ifndef GAL_SKY_H
#define GAL_SKY_H
#include "galua/band.h"
#ifdef __cplusplus
extern "C" {
#endif
#define GAL_SKY_UNSEEN (-1.6375e30)
#define GAL_SKY_MAXPAR 4

/* ------------------------------------------------------------------ fields: counted, immutable, readable from several threads */
typedef struct gal_field gal_field;
GAL_API gal_status gal_field_number(gal_field **out, double value);
/* npix values in memory, borrowed until release(owner) is called (NULL: never). Values are multiplied by `scale`. */
GAL_API gal_status gal_field_f32(gal_field **out, size_t npix, const float *x, double scale, void (*release)(void *),
                                 void *owner);
GAL_API gal_status gal_field_f64(gal_field **out, size_t npix, const double *x, double scale, void (*release)(void *),
                                 void *owner);
/* Column `column` (from 0) of the first table of an uncompressed FITS file of float or double, RING order, whole sky of this nside: read in
 * blocks, never held. GAL_EUNSUP when the file is of another kind (compressed, NESTED, another nside, partial): read it as a map then. */
GAL_API gal_status gal_field_file(gal_field **out, const char *path, size_t column, size_t npix, double scale);
/* Formulas, computed as they are read. Children are counted. */
typedef enum gal_field_formula {
    GAL_FIELD_SUM,      /* c0 f0 + c1 f1 + ... */
    GAL_FIELD_PRODUCT,  /* c0 f0 f1 ... */
    GAL_FIELD_COS_ATAN, /* c0 f0 cos(atan2(f2, f1)): Q of polarisation along the angle of (f1, f2) = (Q, U) */
    GAL_FIELD_SIN_ATAN, /* c0 f0 sin(atan2(f2, f1)): U */
    GAL_FIELD_COS_2PSI, /* c0 f0 f1 cos(2 f2): f2 a polarisation angle [rad] */
    GAL_FIELD_SIN_2PSI, /* c0 f0 f1 sin(2 f2) */
    GAL_FIELD_BLEND     /* f0 f1 + f2 (1 - f1): f1 a mask, 1 keeps f0 */
} gal_field_formula;
GAL_API gal_status gal_field_make(gal_field **out, gal_field_formula f, size_t nchild, gal_field *const *child,
                                  const double *c);
/* Any function of pixels: f(ctx, first, n, out[n]), called from several threads; destroy(ctx) at the end */
typedef gal_status (*gal_field_fn)(void *ctx, size_t first, size_t n, double *out);
GAL_API gal_status gal_field_function(gal_field **out, size_t npix, gal_field_fn f, void *ctx, void (*destroy)(void *));
GAL_API gal_field *gal_field_ref(gal_field *f);
GAL_API void gal_field_unref(gal_field *f);
GAL_API bool gal_field_is_number(const gal_field *f, double *value);
GAL_API size_t gal_field_size(const gal_field *f);   /* pixels; 0: a number, fits every size */
GAL_API size_t gal_field_memory(const gal_field *f); /* bytes that it holds or borrows */
/* Values of pixels first .. first + n - 1 as doubles; UNSEEN becomes NaN. */
GAL_API gal_status gal_field_read(const gal_field *f, size_t first, size_t n, double *out);
/* Smallest and largest finite value over the sky (read once, kept). */
GAL_API gal_status gal_field_range(const gal_field *f, double *lo, double *hi);

/* ------------------------------------------------------------------ laws */
typedef struct gal_sky_input {
    const char *name, *unit, *doc;
    double value, lo, hi; /* default (NAN: must be given; +INFINITY: that of the input before), range */
} gal_sky_input;
typedef struct gal_sky_table {
    const double *x;
    size_t rows, cols; /* row-major */
} gal_sky_table;
typedef struct gal_sky_law gal_sky_law;                        /* src/sky/law.h */
GAL_API const gal_sky_law *const *gal_sky_laws(void);          /* NULL-ended */
GAL_API const gal_sky_law *gal_sky_law_find(const char *name); /* NULL and GAL_ENOTFOUND with the nearest name */
GAL_API const char *gal_sky_law_name(const gal_sky_law *law);
GAL_API const char *gal_sky_law_doc(const gal_sky_law *law);
GAL_API bool gal_sky_law_joint(const gal_sky_law *law);       /* a channel depends on the other channels of its plan */
GAL_API const char *gal_sky_law_unit(const gal_sky_law *law); /* of its amplitude */
GAL_API size_t gal_sky_law_parameters(const gal_sky_law *law, const gal_sky_input **list); /* a number or a map each */
GAL_API size_t gal_sky_law_options(const gal_sky_law *law, const gal_sky_input **list);    /* numbers */
GAL_API size_t gal_sky_law_tables(const gal_sky_law *law, const char *const **list);       /* arrays it needs */

/* ------------------------------------------------------------------ parts */
typedef struct gal_sky_part gal_sky_part;
typedef struct gal_sky_part_args {
    const char *name; /* for messages */
    const gal_sky_law *law;
    gal_field *amplitude[3];        /* I, Q, U in the law's unit (uK_RJ unless its doc says otherwise); NULL: none */
    gal_field *par[GAL_SKY_MAXPAR]; /* in the order of the law; NULL: its default */
    const double *opt;              /* [options of the law]; NAN: its default */
    const gal_sky_table *table;     /* [tables of the law] */
} gal_sky_part_args;
/* Fields are counted. GAL_EDOMAIN when a parameter leaves its range anywhere. */
GAL_API gal_status gal_sky_part_create(gal_sky_part **out, const gal_sky_part_args *a);
GAL_API gal_sky_part *gal_sky_part_ref(gal_sky_part *p);
GAL_API void gal_sky_part_unref(gal_sky_part *p);
GAL_API const char *gal_sky_part_name(const gal_sky_part *p);
/* Emission at one frequency of values given here: amplitude 1 in `which` (0 I, 1 Q and U), par[npar]: <T> of galua/band.h. For tests and plots. */
GAL_API gal_status gal_sky_part_scale(const gal_sky_part *p, int which, const gal_band *band, const double *par,
                                      double *out);

/* Point sources: n of them, directions theta, phi [rad] sorted into pixels by the caller: entry k adds flux share[k] of source[k] to
 * pixel pixel[k] (ascending). Flux [Jy] = max(0, sum_j c[j] (ln nu)^(ncoef-1-j)), highest power first; the same for polarised flux (NULL: none)
 * with angle[n]. `compat`: band fluxes weighted by nu^2 as upstream does; else by the response to intensity. */
typedef struct gal_sky_sources {
    size_t n, ncoef, nentry, npix;
    const double *flux, *polflux; /* [ncoef][n] */
    const double *angle;          /* [n] rad */
    const size_t *pixel;          /* [nentry] ascending */
    const uint32_t *source;       /* [nentry] */
    const double *share;          /* [nentry], sums to 1 over a source */
    bool compat;
} gal_sky_sources;
GAL_API gal_status gal_sky_part_sources(gal_sky_part **out, const char *name, const gal_sky_sources *s); /* copies */

/* ------------------------------------------------------------------ plans */
typedef struct gal_sky_plan gal_sky_plan;
typedef struct gal_sky_channel {
    const gal_band *band;
    gal_sky_unit unit;
} gal_sky_channel;
typedef struct gal_sky_plan_args {
    size_t npix, nparts, nchannels;
    gal_sky_part *const *parts;
    const gal_sky_channel *channels;
    double
        tolerance; /* > 0: band integrals by polynomials whose certified relative error is below it; 0: exact sums over frequencies */
    double
        rank_tolerance; /* > 0: channels that are sums of others to this part of the rms are computed from them; 0: each for itself */
} gal_sky_plan_args;
GAL_API gal_status gal_sky_plan_create(gal_sky_plan **out, const gal_sky_plan_args *a);
GAL_API void gal_sky_plan_free(gal_sky_plan *p);
/* One line a part and channel: how it is evaluated and its error; caller frees */
GAL_API char *gal_sky_plan_describe(const gal_sky_plan *p);
GAL_API double
gal_sky_plan_error(const gal_sky_plan *p); /* largest certified relative error of a part's band integral; 0: exact */
GAL_API size_t gal_sky_plan_basis(const gal_sky_plan *p); /* channels that are computed; the others are sums of them */
/* coefficient of basis channel k in channel c; *which_basis: which channel basis k is */
GAL_API double gal_sky_plan_coefficient(const gal_sky_plan *p, size_t c, size_t k, size_t *which_basis);

typedef struct gal_sky_output {
    void *x[3]; /* I, Q, U of pixels first .. first + n - 1; NULL: not wanted */
    bool f32;   /* float, else double */
} gal_sky_output;
typedef struct gal_sky_run_args {
    size_t first, n;           /* pixels */
    const gal_sky_output *out; /* [nchannels], or [basis] with only_basis */
    bool only_basis;           /* only the channels that others are sums of */
    int threads;               /* 0: all */
    gal_progress_fn progress;  /* may be NULL */
    void *progress_ctx;
    size_t *unseen; /* may be NULL: how many values of all outputs are UNSEEN, because a template has none there */
} gal_sky_run_args;
GAL_API gal_status gal_sky_plan_run(const gal_sky_plan *p, const gal_sky_run_args *a);
#ifdef __cplusplus
}
#endif
#endif
