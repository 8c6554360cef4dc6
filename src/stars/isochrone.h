/* isochrone.h - grids of stellar tracks, initial mass functions as tables, and isochrones. Internal to src/stars. */
#ifndef GAL_STARS_ISOCHRONE_H
#define GAL_STARS_ISOCHRONE_H
#include "galua/stars.h"
#include "stars/sse.h"

/* ---- tracks of all masses at the metallicities of a synthesis (tracks.c) */
#define GAL_TRACK_NTAU 64 /* nodes of fractional phase time: tau = 1 - (1 - x)^3, x uniform */
typedef struct gal_track_node {
    double logl, logte, m, mc;
} gal_track_node;
typedef struct gal_track_grid {
    double z, m_fgb;       /* metallicity; smallest mass without a giant branch [Msun] */
    double *lnm;           /* [nm] ln of the initial masses, which correspond between metallicities (tracks.c) */
    double *start;         /* [GAL_SSE_NPHASE][nm] ln of the age [yr] at which a phase starts; INFINITY = never */
    gal_track_node **node; /* [GAL_SSE_HEGB + 1][nm] -> [GAL_TRACK_NTAU], NULL where the star skips the phase */
    gal_track_node *store; /* owns the nodes */
    double *m_rem, *l_tip; /* [nm] remnant mass [Msun]; AGB tip [Lsun], 0 without */
    gal_remnant *kind;     /* [nm] */
} gal_track_grid;
struct gal_tracks {
    size_t nz, nm;
    gal_track_grid *grid;
};

/* ---- initial mass function as a table, normalised to one solar mass formed (imf.c) */
typedef struct gal_imf_table {
    size_t n;
    double *m, *phi, *cn, *cm; /* nodes, dN/dm there, cumulative number and mass below */
    double *slope;             /* d ln phi/d ln m from each node to the next */
    double per_ln;             /* nodes per unit of ln m */
} gal_imf_table;
/* Tabulates phi on the calling thread (a user's phi may be Lua); afterwards any thread may integrate. GAL_EDOMAIN: limits
 * outside 0.08..100 Msun; GAL_EMATH: phi negative or not finite, or no mass at all. */
GAL_API gal_status gal_imf_table_create(gal_imf_table **out, const gal_imf *imf);
GAL_API void gal_imf_table_free(gal_imf_table *t);
/* Number of stars with a < m < b per Msun formed, and their initial mass. */
GAL_API void gal_imf_integrate(const gal_imf_table *t, double a, double b, double *number, double *mass);

/* ---- isochrones (isochrone.c) */
typedef struct gal_iso_star {
    double w;                   /* stars per Msun formed */
    double mini, mnow;          /* initial and present mass [Msun] */
    double logl, logteff, logg; /* Lsun, K, cgs; logl = -INFINITY for dark remnants */
    double lum;                 /* 10^logl */
    int phase;                  /* gal_sse_phase */
} gal_iso_star;
#define GAL_ISO_MAX 2400 /* 16 intervals in every phase, 12 bins each, 40 for white dwarfs: 2368 */
typedef struct gal_iso {
    size_t n;
    gal_iso_star star[GAL_ISO_MAX];
    double mass;          /* surviving mass with remnants, per Msun formed */
    double mass_remnants; /* of it in white dwarfs, neutron stars, black holes */
    double lbol;          /* sum of w L [Lsun] */
    double rate_cc;       /* core collapses per yr per Msun formed */
} gal_iso;
/* Stars of one age [yr] (1e3 .. 2e10) at metallicity number iz of the tracks. */
GAL_API void gal_isochrone(gal_iso *iso, const gal_tracks *t, size_t iz, double age, const gal_imf_table *imf,
                           bool postagb);
/* Type Ia rate per yr per Msun formed: t^-1.1 from 40 Myr on, 1.3e-3 per Msun in 13.7 Gyr for Kroupa's IMF (Maoz & Graur
 * 2017), scaled to other IMFs by their number of 3..8 Msun stars. */
GAL_API double gal_ia_rate(double age, const gal_imf_table *imf);
/* One star at an age: state interpolated in the track grid. */
GAL_API void gal_track_star(gal_iso_star *s, const gal_tracks *t, size_t iz, double mini, double age, bool postagb);
#endif
