/* A measured number as one file: the ratio of two fluxes of emission lines, as a Balmer decrement or [OIII]/Hbeta, which no calibration of fluxes
 * touches. In src/fit it would be measure_ratio.c, and its line in measures.c `X(ratio)`: o:measure("ratio", { over =, under =, value =, err = }), help,
 * ln L, residuals, predictive checks and results files follow. */
#include "galua/measure.h"

enum { OVER, UNDER, BLEND = 8 };
typedef struct ratio_lines {
    size_t list[2][BLEND], n[2];
} ratio_lines;

static gal_status ratio_check(const gal_measure *m)
{
    return m->option[OVER].text && m->option[UNDER].text
               ? GAL_OK
               : gal_fail(GAL_EINVAL, "measure ratio: give over and under, names of lines");
}

static gal_status ratio_open(void **local, const gal_measure *m, const gal_galaxy *g)
{
    ratio_lines *l = GAL_NEW(ratio_lines);
    gal_status st = l ? GAL_OK : GAL_ENOMEM;
    *local = l;
    for (int i = 0; st == GAL_OK && i < 2; i++)
        st = gal_galaxy_find_lines(g, m->option[i].text, l->list[i], BLEND, &l->n[i]);
    return st;
}

static gal_status ratio_number(void *local, const gal_measure *m, const gal_measure_at *at, double *out)
{
    const ratio_lines *l = local;
    double flux[2] = {0, 0};
    gal_status st = GAL_OK;
    (void)m;
    for (int i = 0; st == GAL_OK && i < 2; i++)
        st = gal_galaxy_line_flux(at->g, at->ws, at->theta, l->list[i], l->n[i], &flux[i]);
    *out = flux[0] / flux[1];
    return st == GAL_OK && !(flux[1] > 0) ? GAL_EMATH : st;
}

static const gal_option ratio_option[] = {{"over", "", "name of a line or a blend", GAL_OPTION_STRING, NULL, 0, NULL},
                                          {"under", "", "the one it is divided by", GAL_OPTION_STRING, NULL, 0, NULL}};

static const gal_measure_class ratio = {
    .name = "ratio",
    .unit = "",
    .doc = "The ratio of two fluxes of lines.",
    .option = ratio_option,
    .noption = 2,
    .check = ratio_check,
    .open = ratio_open,
    .close = gal_free,
    .number = ratio_number,
};
