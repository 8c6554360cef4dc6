/* The moves of ensembles, one line each, and what they share. A proposal leaves the target invariant when it is accepted with
 * ln U < ln p(y) - ln p(x) + q. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ensemble_int.h"
#include "galua/num.h"

/* in the order of saved states: new ones go to the end */
/* clang-format off */
#define MOVES(X)      \
    X(stretch)        \
    X(de)             \
    X(snooker)        \
    X(walk)           \
    X(kde)            \
    X(gaussian)       \
    X(slice)          \
    X(slice_gaussian) \
    X(custom)         \
    X(mixture)
/* clang-format on */
#define DECLARE(name) extern const gal_move_class gal_##name##_move;
#define LIST(name)    &gal_##name##_move,
MOVES(DECLARE)
static const gal_move_class *const CLASSES[] = {MOVES(LIST) NULL};
enum { COUNT = sizeof CLASSES / sizeof *CLASSES - 1 };

const gal_move_class *const *gal_move_classes(void)
{
    return CLASSES;
}

int move_number(const gal_move_class *c)
{
    int k = 0;
    while (CLASSES[k] && CLASSES[k] != c)
        k++;
    return k;
}

/* "a, b, c" and the nearest to a wrong name */
static gal_status unknown(const char *name, bool presets)
{
    const char *names[COUNT + 1];
    char hint[96], known[400] = "";
    size_t n = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (!presets || CLASSES[i]->propose || CLASSES[i]->half != ensemble_propose) /* a custom move has no preset */
            names[n++] = CLASSES[i]->name;
    if (presets)
        names[n++] = "mix";
    for (size_t i = 0, at = 0; i < n && at < sizeof known; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", names[i]);
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "unknown move '%s'%s (known: %s)", name, hint, known);
}

gal_status gal_move_named(gal_move *out, const char *name)
{
    for (const gal_move_class *const *c = CLASSES; *c; c++)
        if (strcmp((*c)->name, name) == 0) {
            *out = (gal_move){.cls = *c, .weight = 1};
            for (const gal_move_par *p = (*c)->par; p && p->name; p++) {
                char *at = (char *)out + p->at;
                if (p->type == GAL_MOVE_NUMBER)
                    *(double *)at = p->def;
                else if (p->type == GAL_MOVE_FLAG)
                    *(bool *)at = p->def != 0;
            }
            return GAL_OK;
        }
    return unknown(name, false);
}

gal_status gal_moves_preset(const char *name, gal_move *moves, size_t *n)
{
    gal_status st = GAL_OK;
    if (strcmp(name, "mix") == 0) {
        *n = 0;
        for (const gal_move_class *const *c = CLASSES; *c && st == GAL_OK; c++)
            if ((*c)->mix > 0) {
                st = gal_move_named(&moves[*n], (*c)->name);
                moves[(*n)++].weight = (*c)->mix;
            }
        return st;
    }
    *n = 1;
    if (gal_move_named(moves, name) == GAL_OK && moves->cls->half != ensemble_propose)
        return GAL_OK;
    return unknown(name, true);
}

/* ------------------------------------------------------------------ checks */
gal_status move_check_gamma(const gal_move *m)
{
    return isfinite(m->gamma) && m->gamma > 0
               ? GAL_OK
               : gal_fail(GAL_EINVAL, "move %s: gamma = %g must be positive", m->cls->name, m->gamma);
}

gal_status move_check(const gal_move *m, size_t d)
{
    if (!m->cls)
        return gal_fail(GAL_EINVAL, "move: it has no class: begin with gal_move_named");
    if (!(isfinite(m->weight) && m->weight > 0))
        return gal_fail(GAL_EINVAL, "move %s: weight %g must be positive", m->cls->name, m->weight);
    return m->cls->check ? m->cls->check(m, d) : GAL_OK;
}

gal_status move_adopt(gal_ensemble *e, size_t i)
{
    gal_move *m = &e->moves[i];
    size_t d = e->d;
    if (!m->cov || m->ncov == 0) {
        m->cov = NULL;
        m->ncov = 0;
        return GAL_OK;
    }
    double *own = GAL_NEWN(double, m->ncov);
    if (!own)
        return GAL_ENOMEM;
    memcpy(own, m->cov, m->ncov * sizeof *own);
    m->cov = own;
    if (m->ncov == 1 || m->ncov == d)
        return GAL_OK;
    if (!(e->chol[i] = GAL_NEWN(double, d *d)))
        return GAL_ENOMEM;
    memcpy(e->chol[i], own, d * d * sizeof *own);
    gal_status st = gal_cholesky(e->chol[i], d);
    return st == GAL_OK ? st : gal_fail_prefix(st, "move gaussian: cov");
}

/* ------------------------------------------------------------------ shared by proposals */
/* first k of pick become distinct members of c[nc], for few of many: redraw until distinct */
void move_choose(gal_rng *r, const size_t *c, size_t nc, size_t k, size_t *pick)
{
    for (size_t i = 0; i < k; i++) {
        bool again;
        do {
            pick[i] = c[gal_rng_below(r, nc)];
            again = false;
            for (size_t j = 0; j < i; j++)
                again |= pick[j] == pick[i];
        } while (again);
    }
}

void move_spread(gal_rng *r, size_t d, double scale, const double *pos, const size_t *s, size_t ns, double *y,
                 double *mean)
{
    double f = scale / sqrt((double)(ns - 1));
    memset(mean, 0, d * sizeof *mean);
    for (size_t j = 0; j < ns; j++)
        for (size_t k = 0; k < d; k++)
            mean[k] += pos[s[j] * d + k] / (double)ns;
    for (size_t j = 0; j < ns; j++) {
        double xi = f * gal_rng_normal(r);
        for (size_t k = 0; k < d; k++)
            y[k] += xi * (pos[s[j] * d + k] - mean[k]);
    }
}
