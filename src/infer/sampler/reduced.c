/* The target as it is sampled, with one coordinate less where it integrates that itself. See reduced.h. */
#include "reduced.h"

#include <math.h>
#include <string.h>

gal_status reduced_open(reduced *r, const gal_target *t, bool known, bool whole, bool blobs)
{
    gal_status st = GAL_OK;
    r->t = t;
    if (known ? r->which < t->ndim : !whole)
        st = gal_marginal_create(&r->marginal, t, known ? r->which : SIZE_MAX, blobs);
    r->work = r->marginal ? gal_marginal_target(r->marginal) : t;
    r->which = r->marginal ? gal_marginal_which(r->marginal) : t->ndim;
    r->dim = r->work->ndim;
    r->next = r->work->nblob;
    return st;
}

void reduced_close(reduced *r)
{
    gal_marginal_free(r->marginal);
    r->marginal = NULL;
}

void reduced_back(const reduced *r, size_t n, const double *theta, const double *lnprior, const double *lnlike,
                  const double *blob, gal_draws *w)
{
    size_t d = r->t->ndim, nb = r->t->nblob, skip = r->marginal ? MARGINAL_NBLOB : 0;
    for (size_t i = 0; i < n; i++) {
        const double *b = blob + i * r->next;
        w->lnprior[i] = lnprior[i] + (r->marginal ? b[MARGINAL_DENSITY] : 0);
        w->lnlike[i] = r->marginal ? b[MARGINAL_JOINT] : lnlike[i];
        if (r->marginal)
            gal_marginal_whole(r->marginal, 1, theta + i * r->dim, b + MARGINAL_DRAWN, w->theta + i * d);
        else
            memcpy(w->theta + i * d, theta + i * d, d * sizeof *theta);
        if (nb > 0 && r->next == skip + nb)
            memcpy(w->blob + i * nb, b + skip, nb * sizeof *b);
    }
}

gal_status reduced_compare(const reduced *r, size_t n, const double *theta, const double *lnlike, double *off)
{
    gal_status st = GAL_OK;
    double lnprior, found;
    *off = 0;
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        if (!(lnlike[i] > -INFINITY))
            continue;
        st = gal_target_eval(r->t, 1, theta + i * r->t->ndim, &lnprior, &found, NULL);
        *off = fmax(*off, fabs(found - lnlike[i]) / (1 + fabs(lnlike[i])));
    }
    return st;
}

const char *reduced_name(const reduced *r)
{
    return r->marginal && r->t->names ? r->t->names[r->which] : "";
}
