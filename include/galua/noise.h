/* galua/noise.h - terms of noise: what errors of data are made of beside those quoted, the same for bands and for pixels.
 *
 * A term is one class in src/noise/noise_NAME.c and one line in noises.c. It says one or more of
 *     scale        a parameter that is ln of a factor on all quoted errors
 *     variance     what is added to the variance of a datum of model m
 *     covariance   of two data, in units of their model fluxes: K_ij = c_ij m_i m_j
 *     share, width parameters: (1 - share) N(r; s^2) + share N(r; (width s)^2) instead of N(r; s^2)
 * each with its derivatives. Names, help, noise.NAME{}, priors, fits of bands and of pixels, gradients, Fisher information, simulated data and
 * results files follow. Parameters are called "noise.NAME" of bands and "spec.NAME" of pixels. Pure functions, thread-safe. */
#ifndef GAL_NOISE_H
#define GAL_NOISE_H
#include "galua/base.h"
#include "galua/gp.h"
#include "galua/param.h"
#ifdef __cplusplus
extern "C" {
#endif
enum {
    GAL_NOISE_NPAR = 24,
    GAL_NOISE_COLUMNS = 12,
    GAL_NOISE_CHOICES = 6,
    GAL_NOISE_TERMS = 16
}; /* room for all terms */
#define GAL_NOISE_NOUT 50.0
/* Values of the parameters, in the order of gal_noise_params; those of the built-in terms by name. All 0: the quoted errors. */
typedef struct gal_noise {
    union {
        double par[GAL_NOISE_NPAR];
        struct {
            double f_cal;          /* fraction of the model flux */
            double lnscale;        /* ln of a factor on the quoted errors */
            double jitter;         /* flux unit */
            double f_out;          /* share of outliers, 0 .. 0.5 */
            double n_out;          /* their error in units of s; 0 = GAL_NOISE_NOUT */
            double gp_amp, gp_len; /* correlated noise: fraction of the model flux, and length in ln(wavelength) */
        };
    };
    union { /* of columns (below) that have no array: the number of all data */
        double whole[GAL_NOISE_COLUMNS];
        struct {
            double floor; /* fraction of the observed flux */
        };
    };
} gal_noise;
/* What a term is told of the data: arrays [n], borrowed, and settings that are no parameters: one number a datum in a column, or a choice.
 * lnwave: ln of the wavelength, with a kernel. Columns that are NULL: gal_noise.whole. offset: standard deviation of a calibration error that
 * data of one group share, fraction of the model; group: its number, negative: none. kernel: of correlated noise. */
#define GAL_NOISE_DATA                                                                                                 \
    size_t n;                                                                                                          \
    const double *flux, *err, *lnwave;                                                                                 \
    union {                                                                                                            \
        const double *column[GAL_NOISE_COLUMNS];                                                                       \
        struct {                                                                                                       \
            const double *floor, *offset, *group;                                                                      \
        };                                                                                                             \
    };                                                                                                                 \
    union {                                                                                                            \
        int choice[GAL_NOISE_CHOICES];                                                                                 \
        gal_kernel kernel;                                                                                             \
    };
typedef struct gal_noise_data {
    GAL_NOISE_DATA
} gal_noise_data;
typedef struct gal_noise_class gal_noise_class;
typedef struct gal_noise_at { /* a term at work */
    const gal_noise_class *term;
    const gal_noise_data *data;
    const double *par;           /* its parameters; */
    const double *const *column; /* its columns, */
    const double *whole;         /* and where those are NULL */
    int choice;
    size_t first; /* of its parameters among all */
} gal_noise_at;
typedef struct gal_noise_column {
    const char *name, *doc;
    double hi;   /* 0 .. hi */
    bool shared; /* the next column is the number of the key of a table { key = number } that gave it */
} gal_noise_column;
struct gal_noise_class {
    const char *name, *doc;
    const gal_param *par, *pixel; /* [npar]; of pixels, NULL: the same */
    size_t npar;
    unsigned open; /* bit k: noise.NAME{} frees parameter k, with its usual prior, where it is not given */
    const gal_noise_column *column; /* [ncolumn] */
    size_t ncolumn;
    const char *setting, *setting_doc; /* of the choice, NULL: none */
    const char *const *choice;         /* "none" first, NULL last; what noise.NAME{} takes is the last */
    int scale, share, width;           /* 1 + number of the parameter; 0: none */
    double (*variance)(const gal_noise_at *a, size_t i, double m, double v); /* v and what it adds */
    /* g times the derivatives, added to *gm and gpar[npar] */
    void (*variance_slopes)(const gal_noise_at *a, size_t i, double m, double g, double *gm, double *gpar);
    /* Is it on; or can it be, `ever`, whatever the parameters? */
    bool (*correlated)(const gal_noise_at *a, bool ever);
    double (*covariance)(const gal_noise_at *a, size_t i, size_t j, double mi, double mj); /* c_ij m_i m_j */
    void (*covariance_slopes)(const gal_noise_at *a, size_t i, size_t j, double g,
                              double *gpar); /* g c_ij by par, added */
    /* Matern 3/2 over lnwave: amplitude and length; false: it is something else. O(n) then. NULL: never */
    bool (*markov)(const gal_noise_at *a, double *amp, double *len);
};
GAL_API const gal_noise_class *const *gal_noise_classes(void); /* NULL last */
/* Parameters of all terms that a fit can vary, of bands and of pixels, with unit, range, default and usual prior range. */
GAL_API const gal_param *gal_noise_params(size_t *n);
GAL_API const gal_param *gal_noise_pixel_params(size_t *n);
GAL_API void gal_noise_set(gal_noise *z, size_t i, double value); /* parameter i of that list */
GAL_API double gal_noise_get(const gal_noise *z, size_t i);
/* The class of parameter i of all, and which of its own it is. */
GAL_API const gal_noise_class *gal_noise_of(size_t i, size_t *k);
/* Where the parameters, columns and the choice of a class begin among all. */
GAL_API void gal_noise_first(const gal_noise_class *c, size_t *par, size_t *column, size_t *choice);

/* ------------------------------------------------------------------ terms of a set of data at given values */
typedef struct gal_noise_terms {
    size_t nvar, ncov, noff;
    gal_noise_at var[GAL_NOISE_TERMS], cov[GAL_NOISE_TERMS]; /* those that are on */
    gal_noise_at off[GAL_NOISE_TERMS];    /* of variances that are not: their derivatives at 0 need not be */
    size_t scale_at, share_at, width_at;  /* of the parameters; GAL_NOISE_NPAR: no class has one */
    double lnscale, scale2, share, width; /* scale2 = exp(2 lnscale) */
} gal_noise_terms;
GAL_API void gal_noise_begin(gal_noise_terms *t, const gal_noise_data *d, const gal_noise *z);
/* Can data of these settings be correlated, whatever the parameters; by nothing but a Markov process? */
GAL_API bool gal_noise_correlated(const gal_noise_data *d, bool *markov);
/* s^2 of datum i, without its correlated part; or what is added to the quoted variance. */
GAL_API double gal_noise_variance(const gal_noise_terms *t, const gal_noise_data *d, size_t i, double m);
GAL_API double gal_noise_more(const gal_noise_terms *t, size_t i, double m);
/* g times the derivatives of gal_noise_variance, added to *gm and gnoise[GAL_NOISE_NPAR] */
GAL_API void gal_noise_variance_slopes(const gal_noise_terms *t, const gal_noise_data *d, size_t i, double m, double g,
                                       double *gm, double *gnoise);
/* Correlated part of K_ij; with m = 1 in units of the model fluxes. */
GAL_API double gal_noise_covariance(const gal_noise_terms *t, size_t i, size_t j, double mi, double mj);
GAL_API void gal_noise_covariance_slopes(const gal_noise_terms *t, size_t i, size_t j, double g, double *gnoise);
GAL_API bool gal_noise_markov(const gal_noise_terms *t, double *amp, double *len); /* the only correlation is that */
#ifdef __cplusplus
}
#endif
#endif
