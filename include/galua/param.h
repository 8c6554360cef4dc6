/* galua/param.h - the registry entry of one model parameter: it feeds set/get, help, docs, default priors, ranges, completion. */
#ifndef GAL_PARAM_H
#define GAL_PARAM_H
#include "galua/base.h"
typedef struct gal_param {
    const char *name; /* within its component: "psi_max"; the galaxy's own list is dotted: "sfh.psi_max" */
    const char *unit; /* "" = dimensionless */
    const char *doc;  /* one line */
    double value;     /* default */
    double lo, hi;    /* allowed range; outside is GAL_EDOMAIN */
    double plo, phi;  /* usual prior range */
    bool log;         /* sampled in log10 by default */
    bool free;        /* free in a fit by default */
} gal_param;
#endif
