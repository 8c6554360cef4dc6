/* What random points of a box leave out. Dust is coldest, hottest, thinnest and thickest where several parameters are near their ends
 * together, which few of 500 points are. Optical depths and temperatures tell how near: a plan that is good elsewhere gives them at the price of
 * a plan's evaluation, for many points; those whose values training points hardly have become training points, others there check points. */
#include "model/plan_int.h"

#include <math.h>
#include <string.h>

enum { POOL = 12000, TRAINED = 3, CHECKED = 6 };

static const double width[PLAN_STATES] = {0.3, 0.3, 0.1, 0.1}; /* dex: depths of both phases, temperatures */

void plan_state(const gal_galaxy_ws *w, int bin[PLAN_STATES])
{
    const double x[PLAN_STATES] = {w->screen.av_mc, w->screen.av_dd, w->emission.t_mc, w->emission.t_dd};
    for (int i = 0; i < PLAN_STATES; i++) {
        double b = x[i] > 0 ? floor(log10(x[i]) / width[i]) + PLAN_BINS / 2 : -1;
        bin[i] = b < 0 ? -1 : b < PLAN_BINS ? (int)b : PLAN_BINS - 1;
    }
}

/* Points of the rarest of them so far. */
static unsigned rarest(unsigned (*seen)[PLAN_BINS], const int bin[PLAN_STATES])
{
    unsigned least = CHECKED;
    for (int i = 0; i < PLAN_STATES; i++)
        if (bin[i] >= 0 && seen[i][bin[i]] < least)
            least = seen[i][bin[i]];
    return least;
}

gal_status plan_cover(const gal_plan *p, plan_training *t, plan_checks *c, const gal_plan_opts *o)
{
    gal_status st = GAL_OK;
    gal_galaxy_ws *w = NULL;
    unsigned seen[PLAN_STATES][PLAN_BINS];
    size_t place = 0, most = t->cap - t->cap / 4; /* check points that fail are to be learnt from */
    int bin[PLAN_STATES];
    memcpy(seen, t->seen, sizeof seen);
    GAL_TRY(gal_galaxy_ws_create(&w, p->reduced));
    for (size_t i = 0; i < POOL && t->nd < most; i++) {
        GAL_TRY(plan_point(p, o->seed, PLAN_POOL, 3 * i + (i % 3 != 0), t->theta)); /* corners, some edges */
        if (gal_galaxy_eval(p->reduced, w, t->theta) != GAL_OK)
            continue;
        plan_state(w, bin);
        unsigned least = rarest(seen, bin);
        if (least >= CHECKED)
            continue;
        st = plan_see(t, p, t->theta);
        if (st == GAL_EMATH || st == GAL_EDOMAIN)
            continue; /* no model there */
        GAL_TRY(st);
        for (int k = 0; k < PLAN_STATES; k++)
            if (bin[k] >= 0)
                seen[k][bin[k]]++;
        if (least < TRAINED)
            plan_learn(t, p);
        else if (place < c->n / 4)
            plan_check_put(c, place++, t);
    }
    st = GAL_OK;
out:
    gal_galaxy_ws_free(w);
    return st;
}
