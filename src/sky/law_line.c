/* law_line.c - spectra that are known at single frequencies: an emission line, and the maps that are interpolated between. */
#include "sky/law.h"

#include <math.h>

static gal_status create_line(void **out, const double *opt, const gal_sky_table *table)
{
    (void)table;
    double *nu = GAL_NEW(double);
    *out = nu;
    if (!nu)
        return GAL_ENOMEM;
    *nu = opt[0];
    return GAL_OK;
}

/* The template is K_CMB times 1 GHz of a line: a band of width w sees 1/w of it (upstream's convention) */
static gal_status line(const void *self, int which, const gal_band *band, double *out)
{
    double nu = *(const double *)self;
    (void)which;
    *out = gal_band_at(band, nu) * gal_sky_g_cmb(nu) / gal_sky_g_rj(nu);
    return GAL_OK;
}

static const gal_sky_input line_opt[] = {{"nu", "GHz", "frequency of the line", NAN, 1e-3, 1e6}};
const gal_sky_law gal_law_line = {
    .name = "line",
    .unit = "uK_CMB",
    .doc = "emission line: a template in uK_CMB GHz, seen by bands that contain its frequency",
    .opt = line_opt,
    .nopt = 1,
    .create = create_line,
    .destroy = gal_free,
    .band = line,
};

typedef struct node {
    double before, at, after, lo, hi;
} node;

static gal_status create_node(void **out, const double *opt, const gal_sky_table *table)
{
    (void)table;
    node *s = GAL_NEW(node);
    *out = s;
    if (!s)
        return GAL_ENOMEM;
    *s = (node){opt[0], opt[1], opt[2], opt[3], opt[4]};
    return GAL_OK;
}

static gal_status hat(const void *self, void *local, int which, double nu, size_t n, const double *const *par,
                      double *out)
{
    const node *s = self;
    (void)local, (void)which, (void)par;
    double eps = 1e-8 + 1e-5 * nu; /* a node's own frequency, however it was rounded in a file name */
    if (nu < s->lo - eps || nu > s->hi + eps)
        return gal_fail(GAL_EDOMAIN, "%g GHz is outside the maps of this component, %g .. %g GHz", nu, s->lo, s->hi);
    double x = nu < s->lo ? s->lo : nu > s->hi ? s->hi : nu;
    double v = x == s->at  ? 1
               : x < s->at ? (s->before < s->at ? (x - s->before) / (s->at - s->before) : 0)
                           : (s->after > s->at ? (s->after - x) / (s->after - s->at) : 0);
    v = v > 0 ? v : 0;
    for (size_t k = 0; k < n; k++)
        out[k] = v;
    return GAL_OK;
}

static const gal_sky_input node_opt[] = {
    {"before", "GHz", "frequency of the map before (its own for the first)", NAN, 0, 1e6},
    {"at", "GHz", "frequency of this map", NAN, 0, 1e6},
    {"after", "GHz", "frequency of the next map (its own for the last)", NAN, 0, 1e6},
    {"first", "GHz", "lowest frequency of all maps", NAN, 0, 1e6},
    {"last", "GHz", "highest frequency of all maps", NAN, 0, 1e6},
};
const gal_sky_law gal_law_node = {
    .name = "node",
    .doc = "one of several maps in uK_RJ between which brightness temperature is linear in frequency",
    .opt = node_opt,
    .nopt = 5,
    .create = create_node,
    .destroy = gal_free,
    .shape = hat,
};
