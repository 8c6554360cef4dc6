/* Proposals of the ensemble sampler. Each leaves the target invariant when accepted with ln U < ln p(y) - ln p(x) + q.
 *
 * Stretch, DE and walk use only differences and affine combinations of walkers, so that sampling A x + b with the same random
 * numbers gives A chain + b: the walk move is therefore written with the walkers themselves, not with a Cholesky factor. */
#include <math.h>
#include <string.h>

#include "ensemble_int.h"
#include "galua/num.h"

static const char *const NAME[GAL_MOVE_NKINDS] = {"stretch",  "de",    "snooker",        "walk",  "kde",
                                                  "gaussian", "slice", "slice_gaussian", "custom"};

gal_move gal_move_default(gal_move_kind kind)
{
    gal_move m = {.kind = kind, .weight = 1};
    switch (kind) {
    case GAL_MOVE_STRETCH:
        m.a = 2;
        break;
    case GAL_MOVE_DE:
        m.sigma = 1e-5;
        m.jump = 0.1;
        break;
    case GAL_MOVE_SNOOKER:
        m.gamma = 1.7;
        break;
    case GAL_MOVE_SLICE:
    case GAL_MOVE_SLICE_GAUSSIAN:
        m.mu = 1;
        m.tune = true;
        break;
    default:
        m.gamma = 1;
    }
    return m;
}

const char *gal_move_name(gal_move_kind kind)
{
    return kind >= 0 && kind < GAL_MOVE_NKINDS ? NAME[kind] : "?";
}

gal_status gal_moves_preset(const char *name, gal_move *moves, size_t *n)
{
    const char *names[GAL_MOVE_NKINDS];
    memcpy(names, NAME, sizeof NAME);
    names[GAL_MOVE_CUSTOM] = "mix"; /* a custom move has no preset */
    for (int i = 0; i < GAL_MOVE_CUSTOM; i++)
        if (strcmp(name, NAME[i]) == 0) {
            moves[0] = gal_move_default((gal_move_kind)i);
            *n = 1;
            return GAL_OK;
        }
    if (strcmp(name, "mix") == 0) {
        moves[0] = gal_move_default(GAL_MOVE_DE);
        moves[0].weight = 0.8;
        moves[1] = gal_move_default(GAL_MOVE_SNOOKER);
        moves[1].weight = 0.2;
        *n = 2;
        return GAL_OK;
    }
    char hint[96];
    gal_did_you_mean(hint, sizeof hint, name, names, GAL_MOVE_NKINDS);
    return gal_fail(
        GAL_ENOTFOUND,
        "unknown move '%s'%s (known: stretch, de, snooker, walk, kde, gaussian, slice, slice_gaussian, mix)", name,
        hint);
}

static gal_status check_gaussian(const gal_move *m, size_t d)
{
    if (!(m->factor == 0 || (isfinite(m->factor) && m->factor >= 1)))
        return gal_fail(GAL_EINVAL, "move gaussian: factor = %g must be at least 1, or 0 for none", m->factor);
    if (!(m->mode >= GAL_MODE_VECTOR && m->mode <= GAL_MODE_SEQUENTIAL))
        return gal_fail(GAL_EINVAL, "move gaussian: mode %d is not in 0..%d", (int)m->mode, GAL_MODE_SEQUENTIAL);
    if (!m->cov)
        return GAL_OK;
    if (m->ncov != 1 && m->ncov != d && m->ncov != d * d)
        return gal_fail(GAL_EINVAL,
                        "move gaussian: cov has %zu numbers, expected 1, %zu variances or a %zu x %zu matrix", m->ncov,
                        d, d, d);
    if (m->ncov > d && m->mode != GAL_MODE_VECTOR)
        return gal_fail(GAL_EINVAL,
                        "move gaussian: a full matrix moves all coordinates at once: mode must be 'vector'");
    for (size_t i = 0; i < m->ncov; i++) {
        bool diagonal = m->ncov <= d || i % (d + 1) == 0;
        if (!isfinite(m->cov[i]) || (diagonal && !(m->cov[i] > 0)))
            return gal_fail(GAL_EINVAL, "move gaussian: cov[%zu] = %g must be %s", i + 1, m->cov[i],
                            diagonal ? "positive" : "finite");
    }
    return GAL_OK;
}

gal_status move_check(const gal_move *m, size_t d)
{
    if (!(m->kind >= 0 && m->kind < GAL_MOVE_NKINDS))
        return gal_fail(GAL_EINVAL, "move: kind %d is not in 0..%d", (int)m->kind, GAL_MOVE_NKINDS - 1);
    const char *name = NAME[m->kind];
    if (!(isfinite(m->weight) && m->weight > 0))
        return gal_fail(GAL_EINVAL, "move %s: weight %g must be positive", name, m->weight);
    if (m->kind == GAL_MOVE_CUSTOM)
        return m->custom.propose ? GAL_OK : gal_fail(GAL_EINVAL, "move custom: no function that proposes");
    if (m->kind == GAL_MOVE_STRETCH && !(isfinite(m->a) && m->a > 1))
        return gal_fail(GAL_EINVAL, "move stretch: a = %g must exceed 1 (usual: 2)", m->a);
    if (m->kind == GAL_MOVE_DE && !(isfinite(m->sigma) && m->sigma >= 0 && m->jump >= 0 && m->jump <= 1))
        return gal_fail(GAL_EINVAL, "move de: sigma = %g must not be negative and jump = %g must be in 0..1", m->sigma,
                        m->jump);
    if (move_is_slice(m))
        return isfinite(m->mu) && m->mu > 0 ? GAL_OK
                                            : gal_fail(GAL_EINVAL, "move %s: mu = %g must be positive", name, m->mu);
    if (m->kind == GAL_MOVE_KDE)
        return isfinite(m->bandwidth) && m->bandwidth >= 0
                   ? GAL_OK
                   : gal_fail(GAL_EINVAL, "move kde: bandwidth = %g must be positive, or 0 for Scott's rule",
                              m->bandwidth);
    if (m->kind != GAL_MOVE_STRETCH &&
        !(isfinite(m->gamma) && (m->gamma > 0 || (m->kind == GAL_MOVE_DE && m->gamma == 0))))
        return gal_fail(GAL_EINVAL, "move %s: gamma = %g must be positive", name, m->gamma);
    if (m->kind == GAL_MOVE_WALK && m->subset == 1)
        return gal_fail(GAL_EINVAL, "move walk: a subset of 1 walker has no spread, expected 0 (all) or at least 2");
    return m->kind == GAL_MOVE_GAUSSIAN ? check_gaussian(m, d) : GAL_OK;
}

size_t move_walkers_needed(gal_move_kind kind, size_t d)
{
    static const size_t N[GAL_MOVE_NKINDS] = {1, 2, 3, 2, 0, 1, 2, 2, 1};
    return kind == GAL_MOVE_KDE ? d + 2 : N[kind];
}

gal_status move_adopt(gal_ensemble *e, size_t i)
{
    gal_move *m = &e->moves[i];
    size_t d = e->d;
    if (!m->cov || m->kind != GAL_MOVE_GAUSSIAN) {
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

/* the first k of pick[nc] become distinct random members of c */
static void choose(gal_rng *r, const size_t *c, size_t nc, size_t k, size_t *pick)
{
    memcpy(pick, c, nc * sizeof *c);
    for (size_t i = 0; i < k; i++) {
        size_t j = i + (size_t)gal_rng_below(r, nc - i), t = pick[i];
        pick[i] = pick[j];
        pick[j] = t;
    }
}

/* as choose for few of many: redraw until distinct */
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

static double stretch(const gal_move *m, gal_rng *r, size_t d, const double *x, const double *xj, double *y)
{
    double s = (m->a - 1) * gal_rng_uniform(r) + 1, z = s * s / m->a;
    for (size_t k = 0; k < d; k++)
        y[k] = xj[k] + z * (x[k] - xj[k]);
    return (double)(d - 1) * log(z);
}

static double snooker(const gal_move *m, size_t d, const double *x, const double *z, const double *z1, const double *z2,
                      double *y)
{
    double rx = 0, along = 0, ry = 0;
    for (size_t k = 0; k < d; k++) {
        rx += (x[k] - z[k]) * (x[k] - z[k]);
        along += (x[k] - z[k]) * (z1[k] - z2[k]);
    }
    if (!(rx > 0)) { /* no direction: stay, and be accepted without effect */
        memcpy(y, x, d * sizeof *y);
        return 0;
    }
    for (size_t k = 0; k < d; k++) {
        y[k] = x[k] + m->gamma * (x[k] - z[k]) * (along / rx);
        ry += (y[k] - z[k]) * (y[k] - z[k]);
    }
    return d == 1 ? 0 : 0.5 * (double)(d - 1) * (log(ry) - log(rx));
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

/* ln of the kernel density at x, up to a constant: sum_j exp(-|L^-1 (x - x_j)|^2/(2 h^2)); z[d] is scratch */
static double kde_log(size_t d, const double *x, const double *pos, const size_t *c, size_t nc, const double *chol,
                      double h, double *z)
{
    double top = -INFINITY, sum = 0;
    for (size_t j = 0; j < nc; j++) {
        double r2 = 0, l;
        for (size_t k = 0; k < d; k++) {
            z[k] = x[k] - pos[c[j] * d + k];
            for (size_t i = 0; i < k; i++)
                z[k] -= chol[k * d + i] * z[i];
            z[k] /= chol[k * d + k];
            r2 += z[k] * z[k];
        }
        l = -0.5 * r2 / (h * h);
        if (l > top) {
            sum = sum * exp(top - l) + 1;
            top = l;
        } else {
            sum += exp(l - top);
        }
    }
    return sum > 0 ? top + log(sum) : top;
}

static double kde(const gal_move *m, gal_rng *r, size_t d, const double *x, const double *pos, const size_t *c,
                  size_t nc, double *y, double *scratch)
{
    double *mean = scratch, *z = mean + d, *cov = z + d, h = m->bandwidth;
    if (h == 0)
        h = pow((double)nc, -1 / ((double)d + 4));
    memcpy(y, pos + c[gal_rng_below(r, nc)] * d, d * sizeof *y);
    move_spread(r, d, h, pos, c, nc, y, mean);
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = 0;
            for (size_t k = 0; k < nc; k++)
                s += (pos[c[k] * d + i] - mean[i]) * (pos[c[k] * d + j] - mean[j]);
            cov[i * d + j] = cov[j * d + i] = s / (double)(nc - 1);
        }
    if (gal_cholesky(cov, d) != GAL_OK) { /* walkers in a plane: no density; stay */
        memcpy(y, x, d * sizeof *y);
        return 0;
    }
    return kde_log(d, x, pos, c, nc, cov, h, z) - kde_log(d, y, pos, c, nc, cov, h, z);
}

static void metropolis(const gal_move *m, const double *chol, size_t step, gal_rng *r, size_t d, const double *x,
                       double *y, double *z)
{
    double f = m->gamma;
    if (m->factor >= 1)
        f *= exp((2 * gal_rng_uniform(r) - 1) * log(m->factor));
    memcpy(y, x, d * sizeof *y);
    if (m->mode != GAL_MODE_VECTOR) {
        size_t k = m->mode == GAL_MODE_RANDOM ? (size_t)gal_rng_below(r, d) : step % d;
        y[k] += f * gal_rng_normal(r) * (m->cov ? sqrt(m->cov[m->ncov == 1 ? 0 : k]) : 1);
        return;
    }
    for (size_t k = 0; k < d; k++)
        z[k] = gal_rng_normal(r);
    for (size_t k = 0; k < d; k++) {
        double v = chol ? 0 : z[k] * (m->cov ? sqrt(m->cov[m->ncov == 1 ? 0 : k]) : 1);
        for (size_t j = 0; chol && j <= k; j++)
            v += chol[k * d + j] * z[j];
        y[k] += f * v;
    }
}

double move_propose(const gal_move *m, const double *chol, size_t step, gal_rng *r, size_t d, const double *x,
                    const double *pos, const size_t *c, size_t nc, double *y, double *scratch, size_t *pick)
{
    switch (m->kind) {
    case GAL_MOVE_STRETCH:
        move_choose(r, c, nc, 1, pick);
        return stretch(m, r, d, x, pos + pick[0] * d, y);
    case GAL_MOVE_DE: {
        move_choose(r, c, nc, 2, pick);
        double g = m->gamma > 0 ? m->gamma : 2.38 / sqrt(2. * (double)d);
        if (gal_rng_uniform(r) < m->jump)
            g = 1;
        g *= 1 + m->sigma * gal_rng_normal(r);
        for (size_t k = 0; k < d; k++)
            y[k] = x[k] + g * (pos[pick[0] * d + k] - pos[pick[1] * d + k]);
        return 0;
    }
    case GAL_MOVE_SNOOKER:
        move_choose(r, c, nc, 3, pick);
        return snooker(m, d, x, pos + pick[0] * d, pos + pick[1] * d, pos + pick[2] * d, y);
    case GAL_MOVE_KDE:
        return kde(m, r, d, x, pos, c, nc, y, scratch);
    case GAL_MOVE_GAUSSIAN:
        metropolis(m, chol, step, r, d, x, y, scratch);
        return 0;
    default: {
        size_t s = m->subset == 0 || m->subset > nc ? nc : m->subset;
        if (s < nc)
            choose(r, c, nc, s, pick);
        memcpy(y, x, d * sizeof *y);
        move_spread(r, d, m->gamma, pos, s < nc ? pick : c, s, y, scratch);
        return 0;
    }
    }
}
