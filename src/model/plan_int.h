/* A plan from the inside; see galua/plan.h. plan.c: the object; plan_draws.c: points of the box; plan_cover.c: rare ones; plan_nodes.c: which nodes;
 * plan_grid.c: the reduced galaxy on them; plan_span.c, plan_panel.c: plans over redshifts; plan_cache.c: plans on disk. */
#ifndef GAL_PLAN_INT_H
#define GAL_PLAN_INT_H
#include "galua/plan.h"
#include "galua/rng.h"
#include "model/tangent_int.h"
#include "num/eim.h"

#include <math.h>

/* sum over few nodes of the reduced grid */
typedef struct plan_sum {
    size_t n;
    uint32_t *node;
    double *weight;
} plan_sum;

typedef enum plan_kind { NODE_STAR, NODE_POWER_STAR, NODE_REST, NODE_SOURCE, NODE_DUST, NODE_MIX } plan_kind;
/* NODE_MIX: light of stars in a band, of a plan over redshifts: columns are shared by the nodes of a band */
typedef struct plan_node {
    plan_kind kind;
    uint32_t k;        /* in the whole grid */
    size_t band;       /* NODE_STAR, NODE_REST, NODE_MIX */
    uint32_t q, entry; /* which of its band's; its place on the reduced grid (plan_reduce) */
    double weight;     /* of kinds without a column */
    size_t first, count;
    double *column; /* [count] weights over the whole grid from `first`: the column is their sum with the SSP spectra */
} plan_node;
static inline bool plan_has_column(const plan_node *n)
{
    return n->kind == NODE_STAR || n->kind == NODE_POWER_STAR;
}
typedef struct plan_nodes {
    plan_node *node;
    size_t n, cap,
        mixed; /* mixed: columns of the table, where nodes have none for themselves; columns of powers are in common */
} plan_nodes;

struct gal_plan_ws {
    gal_galaxy_ws *ws;
    gal_tangent *tangent; /* NULL until a gradient is asked for */
    double *weight;       /* of a panel: weights of `rest` at the redshift, and their derivatives */
    gal_plan_ws **panel;  /* [npanel] NULL until a point is there */
    size_t npanel;
};

struct gal_plan {
    gal_galaxy *whole, *reduced;
    gal_filter **filter;
    size_t nfilter;
    double *lo, *hi, *error;
    plan_sum *star, *rest; /* [nfilter] */
    /* Over redshifts: panels of one width in ln(1 + z) from x0 on, each a plan of its own; NULL: the whole grid is evaluated there. */
    bool span;
    gal_plan **panel;
    size_t npanel;
    double x0, width;
    float *common; /* [cells][common_stride] columns of all panels, owned by the plan over redshifts */
    size_t common_stride;
    /* Of a panel: splines of the weights of `rest` of all bands, [knot][nrest]; see gal_mix. */
    double *rest_factor, knot0, knot_inv;
    size_t nknot, nrest;
    plan_nodes nodes; /* of a panel, without columns */
    gal_plan_info info;
    int refs;
};

/* ---- points of the box (plan_draws.c) */
enum { PLAN_TRAIN = 0x706c0001, PLAN_CHECK = 0x706c0002, PLAN_POOL = 0x706c0003 };
/* A point that the model accepts; a third of the points lie on faces and edges of the box, a third in or near corners. GAL_EDOMAIN after many tries. */
gal_status plan_point(const gal_plan *p, uint64_t seed, uint64_t purpose, size_t i, double *theta);

/* Optical depths and temperatures of both dust phases, in bins of their logarithms; -1: none. */
enum { PLAN_STATES = 4, PLAN_BINS = 128 };
void plan_state(const gal_galaxy_ws *w, int bin[PLAN_STATES]);

/* What is seen on the whole grid at training points. */
enum {
    SEEN_DD,
    SEEN_BOTH,
    LOST_MC,
    LOST_DD,
    LOST_BOTH,
    NCURVE
}; /* att_dd, att_dd att_mc; abs_mc, abs_dd, abs_dd att_mc */
typedef struct plan_training {
    size_t n, nb, nd, cap, ncomp, nsource, nint;
    double *curve; /* [nd][NCURVE][n] */
    double *rest;  /* [nd][ncomp][n] spectra besides the stars', as they arrive */
    double *
        lost; /* [nd][nsource][2][n] what clouds and diffuse dust take from the spectra of sources, per power taken from them */
    double *integrand; /* [nd][nint][n] what dust integrates over the nodes */
    double *light;     /* [n] largest share of the light that a stellar population sends out at a node, per A */
    double *bare_lum,
        *total;       /* over redshifts: [nd][n] stars before dust, all that leaves; `curve` and `rest` as they leave */
    double *thetas;   /* [nd][npar] */
    double *scale;    /* [nd][nb] what the error of a band is measured against, per flux factor */
    double *relative; /* [nd][nb] the same per light of the stars without dust */
    const double **w; /* [nb] weights of the band on its window */
    size_t *first, *count; /* [nb] the window */
    gal_phot *phot;
    gal_galaxy_ws *ws;
    double *theta, *flux, *measure, *bare; /* [npar], [nb] mJy, what its error is measured against, without dust */
    double factor;                         /* of the point seen last */
    unsigned seen[PLAN_STATES][PLAN_BINS]; /* training points by what dust is like there */
} plan_training;
gal_status plan_train(plan_training *t, const gal_plan *p, const gal_plan_opts *o);
gal_status plan_see(plan_training *t, const gal_plan *p,
                    const double *theta); /* the whole galaxy there; errors of the model */
void plan_learn(plan_training *t,
                const gal_plan *p); /* the point seen last becomes a training point, if there is room */
void plan_training_clear(plan_training *t);

/* Points at which plans are compared with the whole grid, whose fluxes are kept for the next round. A point that a plan has learnt from
 * is replaced by one that nobody has seen. */
typedef struct plan_checks {
    size_t n, nb, npar, last; /* last: points drawn so far */
    uint64_t seed;
    double *theta, *flux, *measure; /* [n][npar], [n][nb] mJy, [n][nb] */
    double *worst;                  /* [n] largest error over the bands */
} plan_checks;
gal_status plan_checks_make(plan_checks *c, const gal_plan *p, const gal_plan_opts *o);
gal_status plan_check_renew(plan_checks *c, size_t i, plan_training *t,
                            const gal_plan *p);                        /* another point at place i */
void plan_check_put(plan_checks *c, size_t i, const plan_training *t); /* the point seen last, at place i */
void plan_checks_clear(plan_checks *c);
/* With a first plan: training and check points where there are few of them. */
gal_status plan_cover(const gal_plan *p, plan_training *t, plan_checks *c, const gal_plan_opts *o);

/* ---- nodes (plan_nodes.c) */
gal_status plan_put(plan_nodes *l, plan_node node);
gal_status plan_choose(plan_nodes *out, const gal_plan *p, const plan_training *t, double tolerance);
void plan_nodes_clear(plan_nodes *l);

/* ---- the reduced galaxy (plan_grid.c): p->reduced, star, rest */
/* Sums of the SSP spectra, as single precision holds them. */
typedef struct plan_columns {
    size_t cells, stride; /* nz nage; columns and padding */
    float
        *cell; /* [4][cells] bolometric, ionising photons of hydrogen and helium, Lyman continuum: see gal_model_grid */
    float *lum; /* [cells][stride] the reduced table */
} plan_columns;
size_t plan_stride(size_t ncol);
/* One spectrum of the SSP table on the whole grid, lum[n]. */
void plan_cell_spectrum(const gal_galaxy *g, const gal_csp *c, size_t cell, double *lum);
gal_status plan_make_columns(const plan_columns *to, const gal_galaxy *g, const plan_nodes *l);
/* Sorts the nodes. Their columns are made, or those `made` taken (NULL: made). */
gal_status plan_reduce(gal_plan *p, plan_nodes *l, const plan_columns *made);
void plan_reduced_clear(gal_plan *p);

/* ---- plans over redshifts: what panels share (plan_span.c), and one of them (plan_panel.c) */
typedef struct plan_shared {
    const plan_training *train;
    plan_nodes power;    /* nodes of powers, the same at all redshifts; sorted */
    plan_columns column; /* sums over cells; of the stars' power, p->common */
    float *spectrum;     /* [cells][n] the SSP table on the whole grid */
    uint32_t *sample;    /* [nsample] cells that factors are fitted to */
    size_t nsample;
    double *trans; /* [ntrans][n] transmissions to the observer in the panel; none: ntrans = 0 */
    size_t ntrans;
} plan_shared;
gal_status plan_span_make(gal_plan *p, const gal_plan_opts *o);
/* The panel of ln(1 + z) = x .. x + width; tolerance[nfilter]. GAL_EDOMAIN: a band is not covered there. */
gal_status plan_panel_make(gal_plan **out, const gal_plan *p, const plan_shared *s, double x, const double *tolerance);
static inline size_t plan_panel_index(const gal_plan *p, double z)
{
    double i = floor((log1p(z) - p->x0) / p->width);
    return i < 0 ? 0 : i < (double)p->npanel ? (size_t)i : p->npanel - 1;
}
gal_status plan_panel_ws(const gal_plan *p, gal_plan_ws *w, double z, gal_plan **panel, gal_plan_ws **ws);
/* Weights [nrest] of `rest` at z, band after band, and their derivatives, or NULL. */
void plan_rest_weights(const gal_plan *p, double z, double *weight, double *slope);
/* Points that failed, or nearly, become training points, and others take their places. */
gal_status plan_learn_checks(gal_plan *p, plan_training *t, plan_checks *c);
/* The places of factors in a panel that has been reduced, none filled; nodes[nfilter], columns[nfilter] of each band. */
gal_status plan_mix_place(gal_plan *p, double x, const uint32_t *nodes, const uint32_t *columns);
/* Panels: how many there are, and room for them. */
gal_status plan_span_open(gal_plan *p);
void plan_span_clear(gal_plan *p);                                            /* without panels again */
void plan_span_sum(gal_plan *p);                                              /* numbers of the panels together */
gal_status plan_empty(gal_plan **out, gal_galaxy *g, const gal_plan_opts *o); /* without nodes */
gal_status plan_measure(gal_plan *p, plan_checks *c,
                        double *panel); /* panel[npanel][nfilter]: largest errors, or NULL */

/* ---- plans on disk (plan_cache.c) */
/* *found: there is one of this key, and it holds at check points; a file that is damaged or does not is logged in one line and not taken.
 * GAL_ENOMEM, GAL_EINTR. */
gal_status plan_cache_get(gal_plan *p, const gal_plan_opts *o, bool *found);
void plan_cache_put(const gal_plan *p, const gal_plan_opts *o, const plan_nodes *l); /* trouble is logged */
/* A plan over redshifts as bytes (plan_cache_span.c): to fd, or from text[n]; GAL_EFORMAT. */
gal_status plan_span_write(const gal_plan *p, int fd);
gal_status plan_span_read(gal_plan *p, const char *text, size_t n);
gal_status plan_put_bytes(int fd, const void *data, size_t n);
/* Plans over redshifts that this process has: one with the same key, or NULL; the last four that are kept stay for the next fits. */
gal_plan *plan_living(const gal_plan *like, const gal_plan_opts *o);
void plan_keep(gal_plan *p, const gal_plan_opts *o);
#endif
