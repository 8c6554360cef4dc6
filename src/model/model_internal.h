/* What the files of the galaxy model share; see galua/galaxy.h. */
#ifndef GAL_MODEL_INTERNAL_H
#define GAL_MODEL_INTERNAL_H
#include "csp/csp.h"
#include "dust/dust.h"
#include "galua/galaxy.h"

enum { /* order of the parameters: these, then sfh.*, then ism.* */
       P_AGE,
       P_REDSHIFT,
       P_DISTANCE,
       P_SFH
};
enum { /* offsets of the ism parameters from gal_galaxy.ism */
       I_F_MC,
       I_NORM_MC,
       I_N_MC,
       I_R_MC,
       I_TAU_ESC,
       I_DMC_LOW,
       I_DMC_UPP,
       I_NORM_DD,
       I_R_DUST,
       I_F_PAH,
       I_DDD_LOW,
       I_DDD_UPP,
       I_COUNT
};
enum { MAXPAR = P_SFH + GAL_SFH_MAXPAR + I_COUNT };

/* What depends on the SSP's wavelengths only: shared by all galaxies on the same table, counted (src/model/grid.c). */
typedef struct gal_model_grid {
    gal_hash ssp;
    bool ssp_nodes, old_constants, shared;
    int refs;
    struct gal_model_grid *next;
    /* L(k) = ga[k] S[gj[k]] + gb[k] S[gj[k]+1] */
    size_t n;
    double *wave, *tw, *ga, *gb;
    uint32_t *gj;
    bool same;                  /* the grid is the SSP's own */
    size_t i_v, i_fuv, i_lyman; /* nodes at or below 5500, 1500, 911.75 A */
    gal_dust_grid dust;
} gal_model_grid;
/* pah as in gal_galaxy_opts; a grid with a template of the caller's is not shared. */
gal_status gal_model_grid_get(gal_model_grid **out, const gal_galaxy_opts *o);
void gal_model_grid_drop(gal_model_grid *g); /* NULL is fine */

struct gal_galaxy {
    gal_galaxy_opts o;
    gal_sfh sfh;
    size_t npar, ism; /* ism = index of the first ism parameter */
    gal_param par[MAXPAR];
    char *names; /* storage of the dotted names */
    gal_model_grid *grid;
    double mpc_cm;
    int refs;
};

struct gal_galaxy_ws {
    const gal_galaxy *g;
    gal_csp csp;
    double *block;   /* one allocation for everything below */
    double *t0, *t1; /* sums on the SSP's own grid */
    double *s0, *s1; /* on the model grid */
    double *curve_mc, *curve_dd;
    double *att_mc, *abs_mc, *att_dd, *abs_dd;
    double *lum[GAL_COMPS];
    double derived[GAL_NDERIVED];
    double bol;                                  /* Lsun, stars before dust */
    double e_mc, e_dd, t_mc, t_dd, av_mc, av_dd; /* Lsun, K, mag */
    gal_sfh_content content;
    double slopes[4]; /* of the curves now in curve_mc, curve_dd */
    double last[MAXPAR];
    bool valid, have_curves;
    size_t n_weights, n_sums, n_dust;
};

void gal_galaxy_fill_derived(const gal_galaxy *g, gal_galaxy_ws *w, const double *theta);
#endif
