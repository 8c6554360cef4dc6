/* Chains in emcee's HDF5 layout, both ways. See galua/export.h. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"
#include "galua/export.h"
#include "io/h5.h"

static gal_status write_all(gal_h5 *h, const gal_ensemble *e, const char *group, double *lnp, double *acc)
{
    gal_status st = GAL_OK;
    const gal_target *t = e->t;
    size_t n = e->nstored, W = e->W, d = t->ndim, dims[3] = {n, W, d};
    int64_t number[4] = {(int64_t)W, (int64_t)d, t->nblob > 0, (int64_t)n};
    static const char *const key[4] = {"nwalkers", "ndim", "has_blobs", "iteration"};
    const gal_h5_opt grow = {.extendible = true};
    char *name = NULL;
#define IN_GROUP(what) (gal_free(name), name = gal_asprintf("%s/%s", group, what))
    GAL_TRY(gal_h5_make_group(h, group));
    GAL_TRY(gal_h5_attr_set_string(h, group, "version", "galua " GAL_VERSION));
    for (int i = 0; i < 4; i++)
        GAL_TRY(gal_h5_attr_set_i64(h, group, key[i], &number[i], 1));
    if (t->names)
        GAL_TRY(gal_h5_attr_set_strings(h, group, "names", t->names, d));
    if (t->nblob > 0 && t->blob_names)
        GAL_TRY(gal_h5_attr_set_strings(h, group, "blob_names", t->blob_names, t->nblob));
    if (!IN_GROUP("accepted"))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_write(h, name, GAL_H5_F64, 1, &W, acc, NULL));
    if (!IN_GROUP("chain"))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_write(h, name, GAL_H5_F64, 3, dims, e->c_x, &grow));
    if (!IN_GROUP("log_prob"))
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_write(h, name, GAL_H5_F64, 2, dims, lnp, &grow));
    if (!IN_GROUP("blobs"))
        GAL_TRY(GAL_ENOMEM);
    if (t->nblob > 0)
        GAL_TRY(gal_h5_write_vectors(h, name, 2, dims, t->nblob, e->c_blob));
#undef IN_GROUP
out:
    gal_free(name);
    return st;
}

gal_status gal_emcee_write(const gal_ensemble *e, const char *path, const char *group)
{
    gal_h5 *h = NULL;
    size_t n = e->nstored, W = e->W;
    if (n == 0)
        return gal_fail(GAL_EINVAL, "%s: the ensemble has no samples yet: run it first", path);
    double *lnp = GAL_NEWN(double, n *W), *acc = GAL_NEWN(double, W);
    gal_status st = lnp && acc ? gal_h5_create(&h, path) : GAL_ENOMEM;
    if (st == GAL_OK) {
        for (size_t i = 0; i < n * W; i++)
            lnp[i] = e->c_lnprior[i] + e->c_lnlike[i];
        gal_ensemble_acceptance(e, acc);
        for (size_t i = 0; i < W; i++) /* emcee: accepted/iteration is the fraction */
            acc[i] *= (double)n;
        st = write_all(h, e, group ? group : "mcmc", lnp, acc);
        if (st == GAL_OK)
            st = gal_h5_close(h);
        else
            gal_h5_abandon(h);
    }
    gal_free(lnp);
    gal_free(acc);
    return st;
}

static gal_status read_all(gal_emcee *f, gal_h5 *h, const char *path, const char *group)
{
    gal_status st = GAL_OK;
    int64_t number[3];
    static const char *const key[3] = {"nwalkers", "ndim", "iteration"};
    gal_h5_info info;
    char *chain = gal_asprintf("%s/chain", group), *lnp = gal_asprintf("%s/log_prob", group),
         *acc = gal_asprintf("%s/accepted", group);
    if (!chain || !lnp || !acc)
        GAL_TRY(GAL_ENOMEM);
    if (!gal_h5_has(h, group))
        GAL_THROW(GAL_EFORMAT, "%s: not a file of emcee: no group '%s'", path, group);
    for (int i = 0; i < 3; i++) {
        if (!gal_h5_attr_has(h, group, key[i]))
            GAL_THROW(GAL_EFORMAT, "%s: not a file of emcee: group '%s' has no attribute '%s'", path, group, key[i]);
        GAL_TRY(gal_h5_attr_get_i64(h, group, key[i], &number[i], 1));
        if (number[i] < 1)
            GAL_THROW(GAL_EFORMAT, "%s: %s is %lld%s", path, key[i], (long long)number[i],
                      i == 2 ? ": the chain has no samples" : "");
    }
    f->nwalkers = (size_t)number[0];
    f->ndim = (size_t)number[1];
    f->n = (size_t)number[2];
    GAL_TRY(gal_h5_describe(h, chain, &info));
    if (info.rank != 3 || info.dims[0] < f->n || info.dims[1] != f->nwalkers || info.dims[2] != f->ndim)
        GAL_THROW(GAL_EFORMAT, "%s: the chain does not hold %zu samples of %zu walkers and %zu parameters", path, f->n,
                  f->nwalkers, f->ndim);
    GAL_TRY(gal_h5_describe(h, lnp, &info));
    if (info.rank != 2 || info.dims[0] < f->n || info.dims[1] != f->nwalkers)
        GAL_THROW(GAL_EFORMAT, "%s: log_prob does not hold %zu samples of %zu walkers", path, f->n, f->nwalkers);
    f->chain = GAL_NEWN(double, f->n * f->nwalkers * f->ndim);
    f->log_prob = GAL_NEWN(double, f->n * f->nwalkers);
    f->accepted = GAL_NEWN(double, f->nwalkers);
    if (!f->chain || !f->log_prob || !f->accepted)
        GAL_TRY(GAL_ENOMEM);
    GAL_TRY(gal_h5_read_rows(h, chain, GAL_H5_F64, 0, f->n, f->chain));
    GAL_TRY(gal_h5_read_rows(h, lnp, GAL_H5_F64, 0, f->n, f->log_prob));
    GAL_TRY(gal_h5_read(h, acc, GAL_H5_F64, 1, &f->nwalkers, f->accepted));
out:
    gal_free(chain);
    gal_free(lnp);
    gal_free(acc);
    return st;
}

gal_status gal_emcee_read(gal_emcee *out, const char *path, const char *group)
{
    gal_h5 *h;
    *out = (gal_emcee){0};
    gal_status st = gal_h5_open(&h, path);
    if (st != GAL_OK)
        return st;
    st = read_all(out, h, path, group ? group : "mcmc");
    gal_h5_abandon(h);
    if (st != GAL_OK)
        gal_emcee_free(out);
    return st;
}

void gal_emcee_free(gal_emcee *f)
{
    gal_free(f->chain);
    gal_free(f->log_prob);
    gal_free(f->accepted);
    *f = (gal_emcee){0};
}

gal_status gal_emcee_start(gal_ensemble *e, const gal_emcee *f, const char *path)
{
    const gal_target *t = e->t;
    size_t W = e->W;
    if (f->nwalkers != W || f->ndim != t->ndim)
        return gal_fail(GAL_EINVAL, "%s: %zu walkers in %zu parameters, this ensemble has %zu in %zu", path,
                        f->nwalkers, f->ndim, W, t->ndim);
    gal_status st = gal_ensemble_start(e, f->chain + (f->n - 1) * W * f->ndim);
    if (st != GAL_OK)
        return gal_fail_prefix(st, "%s", path);
    for (size_t i = 0; i < W; i++) {
        double there = f->log_prob[(f->n - 1) * W + i];
        double here = e->lnprior[i] + e->lnlike[i];
        if (here != there && !(fabs(here - there) <= 1e-8 * (1 + fabs(there))))
            return gal_fail(GAL_EINVAL,
                            "%s: walker %zu has ln p = %.10g there and %.10g here: the file belongs to another problem",
                            path, i + 1, there, here);
    }
    return GAL_OK;
}
