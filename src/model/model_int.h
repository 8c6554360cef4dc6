/* What the files of the galaxy model share; see galua/galaxy.h. */
#ifndef GAL_MODEL_INTERNAL_H
#define GAL_MODEL_INTERNAL_H
#include "csp/csp.h"
#include "galua/galaxy.h"

enum { /* order of the parameters: these, then sfh.*, then those of the components */
       P_AGE,
       P_REDSHIFT,
       P_DISTANCE,
       P_SFH
};
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

double gal_galaxy_lbol(const gal_galaxy *g, const gal_galaxy_ws *w); /* Lsun, all that leaves the galaxy */
void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
extern const gal_quantity gal_derived_radio, gal_derived_xray; /* of galaxies that make such light */
/* Stages, in the order of evaluation; `changed` collects GAL_NEED_* bits of what is new. */
void gal_stage_stars(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
gal_status gal_stage_components(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta, unsigned changed);
gal_stage gal_stage_of(const gal_galaxy *g, gal_galaxy_ws *w, size_t i, const double *theta); /* arguments of part i */
double gal_galaxy_mstar(const gal_galaxy *g, const gal_galaxy_ws *w);
#endif
