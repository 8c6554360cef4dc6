/* What the files of the galaxy model share; see galua/galaxy.h. */
#ifndef GAL_MODEL_INT_H
#define GAL_MODEL_INT_H
#include "csp/csp.h"
#include "galua/galaxy.h"

enum { P_AGE = GAL_P_AGE, P_REDSHIFT = GAL_P_REDSHIFT, P_DISTANCE = GAL_P_DISTANCE, P_SFH = GAL_P_SFH };
enum { MAXPAR = 256, MAXCOMP = 32, MAXLUM = 4 };

/* Tables that a component keeps on a grid, shared by the galaxies that use both. */
typedef struct gal_model_table {
    gal_component *component;
    void *table;
    int refs;
    struct gal_model_table *next;
} gal_model_table;

/* sum w[k] L[first + k] = int L dlambda over a range, L linear between nodes. count = 0: the range is not on the grid. */
typedef struct gal_range {
    size_t first, count;
    double *w;
} gal_range;
#define GAL_CELL_PHOTONS 1e40
enum { NBETA = 10 }; /* windows of the ultraviolet slope */

/* Of a plan over redshifts: the light of stars at a node is a sum over columns of the table with factors that are cubic splines in ln(1 + z);
 * nodes of one band share their columns. Knot i is at x0 + (i - 1)/inv. */
typedef struct gal_mix_band {
    uint32_t column, ncol; /* of the table */
    uint32_t first, n;     /* its nodes are entry[first .. first + n - 1] */
    size_t at;             /* of its factors [n][ncol] among those of a knot */
} gal_mix_band;
typedef struct gal_mix {
    size_t nband, nknot, size; /* size: factors of a knot */
    gal_mix_band *band;
    uint32_t *entry;
    double x0, inv;
    float *factor; /* [nknot][size] coefficients of B-splines */
} gal_mix;
void gal_mix_free(gal_mix *m); /* NULL is fine */
/* Values b[4] at z of the B-splines of knots *at .. *at + 3 and, where db is not NULL, their derivatives with respect to z. */
void gal_mix_splines(double x0, double inv, size_t nknot, double z, size_t *at, double b[4], double *db);
/* Coefficients of the cubic spline through y[n], in place, in `stride`; its second derivative is 0 at the ends. work[n] */
void gal_mix_fit(double *y, size_t n, size_t stride, double *work);
void gal_mix_stars(const gal_mix *m, double z, const double *t0, const double *t1, double *s0, double *s1);
/* From derivatives with respect to the nodes, g0, g1: added to those with respect to the columns; and with respect to z. */
void gal_mix_back(const gal_mix *m, double z, const double *g0, const double *g1, double *gt0, double *gt1);
double gal_mix_slope(const gal_mix *m, double z, const double *t0, const double *t1, const double *g0,
                     const double *g1);

/* What depends on the SSP's wavelengths only: shared by all galaxies on the same table, counted (src/model/grid.c). */
typedef struct gal_model_grid {
    gal_hash ssp;
    int refs;
    struct gal_model_grid *next;
    /* L(k) = ga[k] S[gj[k]] + gb[k] S[gj[k]+1] */
    size_t n;
    double *wave, *tw, *ga, *gb;
    uint32_t *gj; /* of a plan's grid: [ncol] the node that a column of its table is for; S is 0 at the others */
    size_t ncol;
    bool same;                /* the grid is the SSP's own */
    size_t i_v, i_nuv, i_fuv; /* nodes at or below 5500, 2300, 1500 A */
    size_t i_radio;           /* ... at or below the wavelength of 1.4 GHz */
    size_t n_lyman;           /* nodes that ionise hydrogen: wave <= 911.75 A */
    double *photons;          /* [n_lyman] ionising photons [1/s] per L [Lsun/A] at the node */
    double *photons_he;       /* ... of helium: wave <= 504.26 A */
    size_t n_photons, n_photons_he;
    gal_range ir, beta[NBETA]; /* 8-1000 micron; windows, means instead of integrals */
    double beta_lnwave[NBETA];
    /* of the SSP's ages and metallicities: [nz][nage] core-collapse rate per mass; [nu][nz][nage] mean L_lambda in 5000-6000 A, the same
     * times age, times Z */
    float *sn, *light, *light_age, *light_z;
    gal_wavegrid view; /* as components see it */
    gal_model_table *tables;
    /* Weights of the power that dust takes from the stars and from other sources: tw, in a plan those of its own nodes. */
    const double *tw_stars, *tw_sources;
    /* A plan's grid: [nz][nage] bolometric luminosity, ionising photons of hydrogen and helium in 1e40/s, and luminosity of the Lyman
     * continuum, per mass; NULL: sums over the nodes. */
    float *cell_bol, *cell_qh, *cell_qhei, *cell_lyman;
    uint32_t *at; /* [n] nodes of the whole grid; owned */
    /* Of a plan over redshifts: the mix, owned, or NULL; columns that grids have in common, [nz nage][common_stride], borrowed. Sums over
     * the table are followed by those over the latter, whose nodes are gj[ncol]. */
    gal_mix *mix;
    const float *common;
    size_t common_stride;
    struct gal_model_grid *whole;
} gal_model_grid;
gal_status gal_model_grid_get(gal_model_grid **out, const gal_galaxy_opts *o);
void gal_model_grid_drop(gal_model_grid *g); /* NULL is fine */
/* The component's tables on the grid, made at the first call. */
gal_status gal_model_table_get(const gal_model_table **out, gal_model_grid *g, gal_component *c);
void gal_model_table_drop(gal_model_grid *g, const gal_model_table *t);

/* A component in a galaxy. */
typedef struct gal_part {
    gal_component *c;
    const gal_component_class *class;
    const gal_model_table *table;
    size_t par, npar; /* its parameters in theta */
    size_t lum, nlum; /* its spectra among the galaxy's */
    size_t derived;   /* its quantities among the galaxy's */
    size_t line;      /* its lines among the galaxy's */
    bool reemit;      /* its `reemit` is the galaxy's dust emission */
    bool picked;      /* a plan's galaxy, the part lives on the whole grid */
} gal_part;

struct gal_galaxy {
    gal_galaxy_opts o;
    gal_sfh sfh;
    size_t npar, npart, nlum, nderived, nlines;
    size_t cosmo_par, ncosmo; /* parameters of the cosmology, the last ones; ncosmo 0: it is fixed */
    gal_param *par;
    gal_part part[MAXCOMP];
    const char **lum_name;
    gal_quantity *quantity;
    const gal_line **lines;
    size_t line_quantity; /* index of the first line luminosity among the quantities */
    char *line_names;     /* storage of "L_..." */
    char *names;          /* storage of the dotted names */
    gal_model_grid *grid;
    bool shines; /* has it components that read numbers of the stars: emission of their own, functions in Lua */
    const gal_part *screen; /* the component with the dust screens, or NULL */
    struct {                /* where a line is on the grid: between nodes k and k + 1 */
        size_t k;
        double f;
    } * line_at;                          /* [nlines] */
    size_t radio_quantity, xray_quantity; /* indices of L_1400MHz, L_X; 0 = no component makes such light */
    char radio_doc[160];
    size_t
        onset_quantity; /* of the age, where it is not a parameter, and of the onset in the way that is none either; 0 = none */
    double mpc_cm;
    int refs;
};

/* A galaxy on a grid of the caller's, a plan's; owns it from success on. NULL: the grid of o->ssp. */
gal_status gal_galaxy_create_on(gal_galaxy **out, const gal_galaxy_opts *o, gal_model_grid *grid);

/* State of one component in a workspace. */
typedef struct gal_part_ws {
    void *local;
    double *scratch;
    double *raw[MAXLUM];   /* source: spectra before dust */
    double *whole[MAXLUM]; /* of a picked part, on the whole grid */
    gal_source source;
    size_t count[4];
} gal_part_ws;

struct gal_galaxy_ws {
    const gal_galaxy *g;
    gal_csp csp;
    double *block;   /* one allocation for the arrays below */
    double *t0, *t1; /* sums on the SSP's own grid */
    double *s0, *s1; /* on the model grid: all stars, those in clouds */
    gal_screen screen;
    double *trans; /* transmission to the observer, or NULL */
    double *flux;  /* total times it */
    double **lum;  /* [nlum] */
    double *derived, *line, *seen;
    double *last; /* [npar] parameters of the last evaluation */
    gal_view view, whole_view;
    gal_emission emission;
    gal_history history; /* of the last evaluation */
    gal_sfh_content content;
    gal_part_ws part[MAXCOMP];
    bool valid, filled; /* parameters of `last` evaluated; their derived quantities made too */
    size_t n_weights, n_sums, n_att;
};

/* onset.c: changes of the age by parameter 0 and by the redshift; GAL_EDOMAIN where there is no such age */
void gal_model_age_slopes(const gal_galaxy *g, const double *theta, double *by_own, double *by_redshift,
                          double by_cosmo[GAL_COSMO_FREE]);
/* distance.c: the cosmology at theta, where it has parameters; age of the Universe [yr] and luminosity distance [Mpc] at z. */
extern const gal_param gal_cosmo_par[GAL_COSMO_FREE];
void gal_model_cosmo(const gal_galaxy *g, const double *theta, double z, gal_cosmo_point *out);
double gal_model_universe(const gal_galaxy *g, const double *theta, double z);
double gal_model_redshift_at(const gal_galaxy *g, const double *theta, double age); /* at which it is that old */
gal_status gal_model_check_age(const gal_galaxy *g, const double *theta);
double gal_galaxy_lbol(const gal_galaxy *g, const gal_galaxy_ws *w); /* Lsun, all that leaves the galaxy */
void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
extern const gal_quantity gal_derived_radio, gal_derived_xray; /* of galaxies that make such light */
/* Stages, in the order of evaluation; `changed` collects GAL_NEED_* bits of what is new. */
void gal_stage_stars(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
gal_status gal_stage_components(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned changed);
gal_stage gal_stage_of(const gal_galaxy *g, gal_galaxy_ws *w, size_t i, const double *theta); /* arguments of part i */
double gal_galaxy_mstar(const gal_galaxy *g, const gal_galaxy_ws *w);
#endif
