/* The statistical line law on a wavelength grid: linear in ln lambda between the sampled wavelengths; no lines outside. */
#include "stars/blanketing.h"

#include "galua/const.h"
#include "stars/blanketing_table.h"

#include <math.h>

enum { NROW = sizeof blanketing_table / sizeof *blanketing_table };

/* Probabilists' Gauss-Hermite, 5 points: weights 8/15, (7 +- 2 sqrt 10)/60; nodes sqrt(5 -+ sqrt 10). */
static const double blank_node[GAL_BLANK_NQ] = {-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659,
                                                2.8569700138728056};
const double gal_blank_weight[GAL_BLANK_NQ] = {0.011257411327720689, 0.22207592200561266, 0.53333333333333333,
                                               0.22207592200561266, 0.011257411327720689};

void gal_blanketing_tables(gal_opgrid *g)
{
    size_t k = 0;
    for (size_t i = 0; i < g->n; i++) {
        double l = g->wave[i], v[11];
        bool inside = l >= blanketing_table[0][0] && l <= blanketing_table[NROW - 1][0];
        while (k + 2 < NROW && blanketing_table[k + 1][0] <= l)
            k++;
        const float *p = blanketing_table[k], *q = blanketing_table[k + 1];
        double w = log(l / p[0]) / log(q[0] / p[0]);
        w = fmin(fmax(w, 0.0), 1.0);
        for (int j = 1; j < 11; j++)
            v[j] = p[j] + w * ((double)q[j] - p[j]);
        for (int j = 0; j < 3; j++) {
            g->a[j][i] = inside ? (float)v[1 + j] : -60;
            g->e[j][i] = (float)(v[5 + j] / GAL_KB_EV); /* K */
            g->mol[j][i] = inside ? (float)exp(v[8 + j]) : 0;
        }
        for (int j = 0; j < GAL_BLANK_NQ; j++)
            g->spread[j][i] = (float)exp(v[4] * blank_node[j]);
    }
}

double gal_blanketing_step(double wave)
{
    size_t k = 0;
    if (wave < blanketing_table[0][0] || wave >= blanketing_table[NROW - 1][0])
        return 0;
    while (blanketing_table[k + 1][0] <= wave)
        k++;
    return (double)blanketing_table[k + 1][0] - (double)blanketing_table[k][0];
}

gal_hash gal_blanketing_hash(void)
{
    return gal_hash_bytes(blanketing_table, sizeof blanketing_table);
}
