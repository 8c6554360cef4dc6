/* A target with one coordinate integrated out; see marginal.h. One thread at a time. */
#include "marginal.h"

#include <math.h>
#include <string.h>

#include "galua/rng.h"
#include "purpose.h"

struct gal_marginal {
    gal_target target;
    const gal_target *t;
    size_t which;
    const char **names, **blob_names;
    size_t inner; /* blobs of t that points bring */
    double *room; /* of a batch */
    size_t size;
};

static const char *const NAME[MARGINAL_NBLOB] = {"drawn", "density", "joint"};

static gal_status batch(gal_marginal *m, size_t n)
{
    size_t need = n * (2 * m->t->ndim + 6 + m->inner);
    if (need <= m->size)
        return GAL_OK;
    double *p = gal_realloc(m->room, need * sizeof *p);
    if (!p)
        return GAL_ENOMEM;
    m->room = p;
    m->size = need;
    return GAL_OK;
}

void gal_marginal_whole(const gal_marginal *m, size_t n, const double *theta, const double *drawn, double *whole)
{
    size_t d = m->t->ndim, w = m->which;
    for (size_t i = 0; i < n; i++) {
        const double *x = theta + i * (d - 1);
        double *y = whole + i * d;
        memcpy(y, x, w * sizeof *y);
        y[w] = drawn ? drawn[i] : 0;
        memcpy(y + w + 1, x + w, (d - 1 - w) * sizeof *y);
    }
}

/* One uniform number of a point */
static double uniform_of(const double *x, size_t d)
{
    gal_hash h = gal_hash_bytes(x, d * sizeof *x);
    uint64_t key[2];
    gal_rng r;
    memcpy(key, &h, sizeof key);
    gal_rng_init(&r, key[0], RNG_MARGINAL, key[1], 0, 0);
    return gal_rng_uniform(&r);
}

static gal_status eval(const gal_target *t, size_t n, const double *theta, double *lnprior, double *lnlike,
                       double *blob)
{
    gal_marginal *m = t->self;
    size_t d = m->t->ndim;
    gal_status st = batch(m, n);
    if (st != GAL_OK)
        return st;
    double *whole = m->room, *u = whole + n * d, *drawn = u + n, *density = drawn + n, *joint = density + n,
           *more = joint + n;
    size_t nb = MARGINAL_NBLOB + m->inner;
    gal_marginal_whole(m, n, theta, NULL, whole);
    for (size_t i = 0; i < n; i++)
        u[i] = uniform_of(theta + i * (d - 1), d - 1);
    st = m->t->eval_marginal(m->t, m->which, n, whole, u, lnprior, lnlike, drawn, density, joint);
    if (st == GAL_OK && blob && m->inner > 0) {
        gal_marginal_whole(m, n, theta, drawn, whole);
        st = m->t->eval(m->t, n, whole, u, more, more + n);
    }
    for (size_t i = 0; st == GAL_OK && blob && i < n; i++) {
        blob[i * nb + MARGINAL_DRAWN] = drawn[i];
        blob[i * nb + MARGINAL_DENSITY] = density[i];
        blob[i * nb + MARGINAL_JOINT] = joint[i];
        if (m->inner > 0)
            memcpy(blob + i * nb + MARGINAL_NBLOB, more + n + i * m->inner, m->inner * sizeof *blob);
    }
    return st;
}

static gal_status transform(const gal_target *t, size_t n, const double *u, double *theta)
{
    gal_marginal *m = t->self;
    size_t d = m->t->ndim, w = m->which;
    gal_status st = batch(m, n);
    if (st != GAL_OK)
        return st;
    double *in = m->room, *out = in + n * d;
    gal_marginal_whole(m, n, u, NULL, in);
    for (size_t i = 0; i < n; i++)
        in[i * d + w] = 0.5;
    st = m->t->prior_transform(m->t, n, in, out);
    for (size_t i = 0; st == GAL_OK && i < n; i++) {
        memcpy(theta + i * (d - 1), out + i * d, w * sizeof *out);
        memcpy(theta + i * (d - 1) + w, out + i * d + w + 1, (d - 1 - w) * sizeof *out);
    }
    return st;
}

gal_status gal_marginal_create(gal_marginal **out, const gal_target *t, size_t which, bool blobs)
{
    gal_status st = GAL_OK;
    gal_marginal *m = NULL;
    *out = NULL;
    if (!t->marginal || !t->prior_transform || t->ndim < 2)
        return GAL_OK;
    if (which == SIZE_MAX)
        GAL_TRY(t->marginal(t, &which));
    if (which >= t->ndim)
        return GAL_OK;
    if (!(m = GAL_NEW(gal_marginal)) || !(m->names = GAL_NEWN(const char *, t->ndim)) ||
        !(m->blob_names = GAL_NEWN(const char *, t->nblob + MARGINAL_NBLOB)))
        GAL_TRY(GAL_ENOMEM);
    m->t = t;
    m->which = which;
    m->inner = blobs ? t->nblob : 0;
    for (size_t i = 0; i < MARGINAL_NBLOB + m->inner; i++)
        m->blob_names[i] = i < MARGINAL_NBLOB ? NAME[i] : t->blob_names ? t->blob_names[i - MARGINAL_NBLOB] : "";
    for (size_t i = 0; t->names && i + 1 < t->ndim; i++)
        m->names[i] = t->names[i + (i >= which)];
    m->target = (gal_target){.ndim = t->ndim - 1,
                             .nblob = MARGINAL_NBLOB + m->inner,
                             .blob_names = m->blob_names,
                             .names = t->names ? m->names : NULL,
                             .eval = eval,
                             .prior_transform = transform,
                             .self = m};
    *out = m;
    m = NULL;
out:
    gal_marginal_free(m);
    return st;
}

void gal_marginal_free(gal_marginal *m)
{
    if (!m)
        return;
    gal_free(m->names);
    gal_free(m->blob_names);
    gal_free(m->room);
    gal_free(m);
}

const gal_target *gal_marginal_target(const gal_marginal *m)
{
    return &m->target;
}

size_t gal_marginal_which(const gal_marginal *m)
{
    return m->which;
}
