/* What a fit is made of: free parameters, bands, noise terms, names, fingerprint. See galua/fit.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/fit_int.h"
#include "galua/spectrum.h"

size_t fit_spectral_base(const gal_fit *f)
{
    size_t n;
    gal_noise_params(&n);
    return f->npar + n;
}

/* "sigma_v" of all spectra, "NAME.sigma_v" of one */
static gal_status find_spectral(const gal_fit *f, const char *name, size_t *index)
{
    size_t n, at = 0, block = 0, count = 0;
    const gal_param *par = gal_spectral_params(&n);
    const char *names[64], *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;
    char hint[96], of[64];
    if (dot) {
        snprintf(of, sizeof of, "%.*s", (int)(dot - name), name);
        for (size_t i = 0; i < f->obs->nspectrum && !block; i++) {
            const char *known = f->obs->spectrum[i]->name;
            block = strcmp(known, of) == 0 ? i + 1 : 0;
            if (count < 64)
                names[count++] = known;
        }
        if (!block) {
            gal_did_you_mean(hint, sizeof hint, of, names, count);
            return gal_fail(GAL_ENOTFOUND, "fit: free: spec.%s: there is no spectrum '%s'%s", name, of, hint);
        }
    }
    for (at = 0; at < n && strcmp(last, par[at].name) != 0; at++)
        names[at < 64 ? at : 63] = par[at].name;
    *index = fit_spectral_base(f) + block * n + at;
    if (at < n)
        return GAL_OK;
    gal_did_you_mean(hint, sizeof hint, last, names, n < 64 ? n : 64);
    return gal_fail(GAL_ENOTFOUND, "fit: free: a spectrum has no parameter '%s'%s", last, hint);
}

static gal_status find_noise(const gal_fit *f, const char *name, size_t *index)
{
    size_t n;
    const gal_param *par = gal_noise_params(&n);
    const char *names[32];
    char hint[96];
    for (size_t k = 0; k < n; k++) {
        if (strcmp(name, par[k].name) == 0) {
            *index = f->npar + k;
            return GAL_OK;
        }
        names[k] = par[k].name;
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "fit: free: the noise has no parameter '%s'%s", name, hint);
}

const gal_param *fit_param(const gal_fit *f, size_t index)
{
    size_t n;
    if (index >= fit_spectral_base(f)) {
        const gal_param *p = gal_spectral_params(&n);
        return &p[(index - fit_spectral_base(f)) % n];
    }
    return index < f->npar ? gal_galaxy_par(f->galaxy, index) : &gal_noise_params(&n)[index - f->npar];
}

/* A bounded prior outside the parameter's range promises points that can have no probability. */
static gal_status check_range(const gal_prior *prior, const char *name, const gal_param *p)
{
    double lo, hi;
    gal_prior_value_bounds(prior, &lo, &hi);
    double slack = 1e-12 * (fabs(p->lo) + fabs(p->hi)); /* the ends of a loguniform go through log10 */
    if ((isfinite(lo) && lo < p->lo - slack && !gal_prior_class_of(prior)->tail_to_zero) ||
        (isfinite(hi) && hi > p->hi + slack))
        return gal_fail(
            GAL_EDOMAIN,
            "fit: the prior of '%s' spans %g .. %g but the parameter must lie in %g .. %g%s%s: narrow the prior", name,
            lo, hi, p->lo, p->hi, *p->unit ? " " : "", p->unit);
    return GAL_OK;
}

gal_status fit_take_free(gal_fit *f, const gal_fit_opts *o)
{
    for (size_t i = 0; i < o->nfree; i++) {
        const char *name = o->free[i].name;
        gal_status st;
        if (strncmp(name, "noise.", 6) == 0) {
            st = find_noise(f, name + 6, &f->index[i]);
            if (st != GAL_OK)
                return st;
        } else if (strncmp(name, "spec.", 5) == 0) {
            st = find_spectral(f, name + 5, &f->index[i]);
            if (st != GAL_OK)
                return st;
        } else {
            st = gal_galaxy_find(f->galaxy, name, &f->index[i]);
            if (st != GAL_OK)
                return gal_fail_prefix(st, "fit: free");
        }
        for (size_t k = 0; k < i; k++)
            if (f->index[k] == f->index[i])
                return gal_fail(GAL_EINVAL, "fit: parameter '%s' is given twice", name);
        f->prior[i] = gal_prior_ref(o->free[i].prior);
        if (!(f->names[i] = gal_strdup(name)))
            return GAL_ENOMEM;
        if ((st = check_range(f->prior[i], name, fit_param(f, f->index[i]))) != GAL_OK)
            return st;
    }
    return GAL_OK;
}

/* Columns of class `class` for band i of the observation, the k-th in use */
static gal_status take_columns(gal_fit *f, const gal_fit_opts *opt, const gal_noise_class *class, size_t i, size_t k)
{
    size_t par, first, choice;
    gal_noise_first(class, &par, &first, &choice);
    for (size_t j = 0; j < class->ncolumn; j++) {
        const gal_noise_column *c = &class->column[j];
        const double *given = opt->of.column[first + j], *group = c->shared ? opt->of.column[first + j + 1] : NULL;
        double *to = f->column[first + j];
        to[k] = c->shared && !group ? 0 : given ? given[i] : opt->noise.whole[first + j];
        if (!(to[k] >= 0 && to[k] <= c->hi))
            return gal_fail(GAL_EDOMAIN, "fit: band '%s': %s = %g must lie in 0 .. %g", f->obs->filter[i]->name,
                            c->name, to[k], c->hi);
        if (to[k] > 0 || (given && !c->shared))
            f->like.column[first + j] = to;
        if (!c->shared)
            continue;
        to = f->column[first + ++j]; /* the number of the key that gave it */
        to[k] = f->column[first + j - 1][k] > 0 ? group[i] : -1;
        if (f->like.column[first + j - 1])
            f->like.column[first + j] = to;
    }
    return GAL_OK;
}

gal_status fit_take_bands(gal_fit *f, const gal_fit_opts *opt)
{
    const gal_obs *o = f->obs;
    f->like = (gal_like){.flux = f->y, .err = f->err, .kind = f->kind, .limits = opt->limits, .lnwave = f->lnwave};
    memcpy(f->like.choice, opt->of.choice, sizeof f->like.choice);
    for (size_t i = 0; i < o->n; i++) {
        if (o->kind[i] == GAL_OBS_IGNORED)
            continue;
        size_t k = f->nused++;
        f->band[k] = i;
        f->y[k] = o->flux[i];
        f->err[k] = o->err[i];
        f->kind[k] = o->kind[i] == GAL_OBS_LIMIT ? GAL_DATUM_LIMIT : GAL_DATUM_DETECTION;
        f->lnwave[k] = log(o->filter[i]->pivot);
        for (const gal_noise_class *const *c = gal_noise_classes(); *c; c++) {
            gal_status st = take_columns(f, opt, *c, i, k);
            if (st != GAL_OK)
                return st;
        }
    }
    f->like.n = f->nused;
    const char **names = GAL_NEWN(const char *, f->nused + 1);
    if (!names)
        return GAL_ENOMEM;
    for (size_t k = 0; k < f->nused; k++)
        names[k] = o->filter[f->band[k]]->name;
    gal_status st = gal_like_check(f->nused, names, f->y, f->err, f->kind, opt->limits);
    gal_free(names);
    return st == GAL_OK ? st : gal_fail_prefix(st, "fit: observation '%s'", o->name);
}

/* Does parameter k of the noise, at some value, make the density of a datum anything but a normal one whose variance the data alone give? */
static bool beyond_amplitude(size_t k, double value)
{
    static const double one = 1;
    const gal_noise_data d = {.n = 1, .flux = &one, .err = &one};
    gal_noise z = {0};
    gal_noise_terms t;
    size_t own;
    const gal_noise_class *c = gal_noise_of(k, &own);
    z.par[k] = value;
    gal_noise_begin(&t, &d, &z);
    return c->covariance_slopes || t.share > 0 || gal_noise_more(&t, 0, 1) != gal_noise_more(&t, 0, 0);
}

bool fit_not_gaussian(const gal_fit *f, char *what, size_t size)
{
    size_t n;
    bool chain;
    const gal_param *p = gal_noise_params(&n);
    for (size_t k = 0; k < n; k++) {
        double value = gal_noise_get(&f->noise, k);
        for (size_t j = 0; j < f->ndim; j++)
            value = f->index[j] == f->npar + k ? p[k].phi : value;
        if (value != 0 && beyond_amplitude(k, value))
            return snprintf(what, size, "noise.%s", p[k].name), true;
    }
    for (size_t k = 0; k < f->nused; k++)
        if (f->kind[k] == GAL_DATUM_LIMIT && f->like.limits != GAL_LIMITS_MEASURED)
            return snprintf(what, size, "limits (or use limits = 'measured')"), true;
    return gal_noise_correlated(&f->like.data, &chain) && snprintf(what, size, "the noise that bands share") > 0;
}

/* Fixed values in range; terms that exclude one another. */
gal_status fit_check_noise(const gal_fit *f)
{
    size_t n;
    const gal_param *p = gal_noise_params(&n);
    bool vary[GAL_NOISE_NPAR] = {false};
    for (size_t i = 0; i < f->ndim; i++)
        if (f->index[i] >= f->npar && f->index[i] < fit_spectral_base(f))
            vary[f->index[i] - f->npar] = true;
    for (size_t k = 0; k < n; k++) {
        double v = gal_noise_get(&f->noise, k);
        size_t own, par, column, choice;
        const gal_noise_class *c = gal_noise_of(k, &own);
        gal_noise_first(c, &par, &column, &choice);
        if (!vary[k] && !(v >= p[k].lo && v <= p[k].hi) && v != 0)
            return gal_fail(GAL_EDOMAIN, "fit: noise.%s = %g must lie in %g .. %g", p[k].name, v, p[k].lo, p[k].hi);
        if (vary[k] && c->choice && f->like.choice[choice] == 0) {
            size_t last = 0;
            while (c->choice[last + 1])
                last++;
            return gal_fail(GAL_EINVAL, "fit: noise.%s is free but there is no %s: add noise.%s{ %s = '%s' }",
                            p[k].name, c->setting, c->name, c->setting, c->choice[last]);
        }
    }
    char term[64];
    if (f->amplitude && fit_not_gaussian(f, term, sizeof term))
        return gal_fail(
            GAL_EINVAL,
            "fit: an amplitude is marginalised for Gaussian errors of the data only: leave out %s, or the amplitude",
            term);
    if (f->amplitude && f->custom.lnlike)
        return gal_fail(GAL_EINVAL, "fit: a custom likelihood cannot marginalise an amplitude: leave one of them out");
    return GAL_OK;
}

gal_status fit_name_blobs(gal_fit *f)
{
    enum { LEN = 72 };
    f->nderived = gal_galaxy_nderived(f->galaxy);
    f->nblob = f->nderived + f->nband + (f->amplitude ? 1 : 0);
    f->blob_names = GAL_NEWN(const char *, f->nblob);
    f->band_names = GAL_NEWN(char, LEN * f->nband + 1);
    if (!f->blob_names || !f->band_names)
        return GAL_ENOMEM;
    for (size_t i = 0; i < f->nderived; i++)
        f->blob_names[i] = gal_galaxy_derived_info(f->galaxy, i)->name;
    for (size_t i = 0; i < f->nband; i++) {
        size_t again = 1; /* a band measured more than once: flux.SDSS.g, flux.SDSS.g#2 */
        for (size_t k = 0; k < i; k++)
            again += strcmp(f->obs->filter[k]->name, f->obs->filter[i]->name) == 0;
        int n = snprintf(f->band_names + LEN * i, LEN, "flux.%.55s", f->obs->filter[i]->name);
        if (again > 1)
            snprintf(f->band_names + LEN * i + n, LEN - (size_t)n, "#%zu", again);
        f->blob_names[f->nderived + i] = f->band_names + LEN * i;
    }
    if (f->amplitude)
        f->blob_names[f->nblob - 1] = "amplitude";
    return GAL_OK;
}

/* What stored files hold: the numbers of the first terms and columns in the order of those days. A later one counts where it is not 0. */
static gal_hash hash_noise(const gal_fit *f)
{
    enum { PARS = 7, COLUMNS = 3 };
    const gal_noise *z = &f->noise;
    const double kind[2] = {(double)f->like.limits, (double)f->like.kernel};
    const double noise[] = {z->lnscale, z->jitter, z->f_cal, z->floor, z->f_out, z->n_out, z->gp_amp, z->gp_len};
    gal_hash h = gal_hash_combine(gal_hash_bytes(kind, sizeof kind), gal_hash_bytes(noise, sizeof noise));
    h = gal_hash_combine(h, gal_hash_bytes(f->column[0], f->nused * sizeof(double)));
    h = gal_hash_combine(h, gal_hash_bytes(f->column[1], f->nused * sizeof(double)));
    int *group = GAL_NEWN(int, f->nused + 1);
    for (size_t k = 0; group && k < f->nused; k++)
        group[k] = (int)f->column[2][k];
    h = gal_hash_combine(h, gal_hash_bytes(group, group ? f->nused * sizeof *group : 0));
    gal_free(group);
    for (size_t k = PARS; k < GAL_NOISE_NPAR; k++)
        if (z->par[k] != 0) {
            const double later[2] = {(double)k, z->par[k]};
            h = gal_hash_combine(h, gal_hash_bytes(later, sizeof later));
        }
    for (size_t c = COLUMNS; c < GAL_NOISE_COLUMNS; c++)
        if (f->like.column[c])
            h = gal_hash_combine(h, gal_hash_bytes(f->column[c], f->nused * sizeof(double)));
    for (size_t c = 1; c < GAL_NOISE_CHOICES; c++)
        if (f->like.choice[c]) {
            const double later[2] = {(double)c, (double)f->like.choice[c]};
            h = gal_hash_combine(h, gal_hash_bytes(later, sizeof later));
        }
    return h;
}

static gal_hash hash_like(const gal_fit *f)
{
    gal_hash h = hash_noise(f);
    if (f->amplitude)
        h = gal_hash_combine(h, gal_prior_hash(f->amplitude));
    h = fit_sets_hash(f, h);
    if (f->tie.apply)
        h = gal_hash_combine(h, f->tie.hash);
    if (f->plan || f->plan_pending)
        h = gal_hash_combine(h, gal_hash_bytes(&f->plan_tolerance, sizeof f->plan_tolerance));
    return f->custom.lnlike ? gal_hash_combine(h, f->custom.hash) : h;
}

void gal_fit_fingerprint(const gal_fit *f, const char *names[GAL_FIT_NFINGER], gal_hash hashes[GAL_FIT_NFINGER])
{
    static const char *const labels[GAL_FIT_NFINGER] = {"data", "ssp", "model", "priors", "fixed values", "likelihood"};
    const gal_galaxy_opts *o = gal_galaxy_options(f->galaxy);
    const gal_cosmo_params *cp = gal_cosmo_get(o->cosmo);
    for (int i = 0; i < GAL_FIT_NFINGER; i++)
        names[i] = labels[i];
    hashes[0] = gal_obs_hash(f->obs);
    hashes[1] = o->ssp->hash;
    char text[400];
    /* the text that begins it was a version once, and stays: the hashes of stored files hold it */
    int n = snprintf(text, sizeof text, "0.1.0 %d %.17g %.17g %.17g", o->clamp, o->logu, cp->h0, cp->om0);
    hashes[2] = gal_hash_combine(gal_hash_bytes(text, (size_t)n), gal_compat_hash(&o->compat));
    if (o->onset != GAL_ONSET_AGE) {
        const char *name = gal_onset_param(o->onset)->name;
        hashes[2] = gal_hash_combine(hashes[2], gal_hash_bytes(name, strlen(name)));
    }
    hashes[2] = gal_hash_combine(hashes[2], gal_sfh_hash(gal_galaxy_sfh(f->galaxy)));
    for (size_t i = 0; i < gal_galaxy_ncomponent(f->galaxy); i++)
        hashes[2] = gal_hash_combine(hashes[2], gal_component_hash(gal_galaxy_component(f->galaxy, i)));
    hashes[3] = hashes[4] = gal_hash_bytes("", 0);
    for (size_t i = 0; i < f->ndim; i++) {
        hashes[3] = gal_hash_combine(hashes[3], gal_hash_bytes(f->names[i], strlen(f->names[i])));
        hashes[3] = gal_hash_combine(hashes[3], gal_prior_hash(f->prior[i]));
    }
    for (size_t k = 0; k < f->npar; k++) {
        bool is_free = false;
        for (size_t i = 0; i < f->ndim; i++)
            is_free |= f->index[i] == k;
        if (!is_free && !gal_galaxy_param_absent(f->galaxy, k, f->theta[k]))
            hashes[4] = gal_hash_combine(hashes[4], gal_hash_bytes(&f->theta[k], sizeof f->theta[k]));
    }
    hashes[5] = hash_like(f);
}
