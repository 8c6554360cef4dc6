/* What all samplers share: making, running, stopping, states. See galua/sampler.h. What is decided here depends only on the steps made, so
 * that a run resumed from a state stops at the same step. */
#include "galua/sampler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "galua/transform.h"

#define MIN_DRAWS 100
#define MAX_DRAWS 20000
#define TWICE     1e-6   /* by which ln L may differ when asked again, relative */
#define FORBIDDEN -1e200 /* nested sampling keeps such points with a number far below */

gal_status gal_sampler_find(const gal_sampler_class **out, const char *name)
{
    const char *names[64];
    size_t n = 0;
    char hint[96];
    for (const gal_sampler_class *const *c = gal_sampler_classes(); *c; c++) {
        if (strcmp((*c)->name, name) == 0) {
            *out = *c;
            return GAL_OK;
        }
        if (n < sizeof names / sizeof *names)
            names[n++] = (*c)->name;
    }
    gal_did_you_mean(hint, sizeof hint, name, names, n);
    return gal_fail(GAL_ENOTFOUND, "there is no sampler '%s'%s", name, hint);
}

/* ------------------------------------------------------------------ making */
static gal_sampler *begin(const gal_sampler_class *cls, const gal_target *t)
{
    gal_sampler *s = gal_calloc(1, cls->size);
    if (s) {
        s->cls = cls;
        s->t = t;
        snprintf(s->why, sizeof s->why, "not started");
    }
    return s;
}

gal_status gal_sampler_create(gal_sampler **out, const gal_sampler_class *cls, const gal_target *t, const void *opt)
{
    if (t->ndim == 0)
        return gal_fail(GAL_EINVAL, "%s: the target has no free parameters", cls->name);
    gal_sampler *s = begin(cls, t);
    if (!s)
        return GAL_ENOMEM;
    s->d = t->ndim;
    s->nb = t->nblob;
    if (opt)
        memcpy((char *)s + cls->opt_at, opt, cls->opt_size);
    gal_status st = cls->open(s);
    if (st != GAL_OK)
        gal_sampler_free(s);
    else
        *out = s;
    return st;
}

void gal_sampler_free(void *obj)
{
    gal_sampler *s = obj;
    if (!s)
        return;
    s->cls->close(s);
    gal_space_free(s->space);
    gal_free(s);
}

/* ------------------------------------------------------------------ running */
gal_status gal_sampler_tick(void *obj)
{
    gal_sampler *s = obj;
    const gal_goal *g = s->goal;
    char text[240] = "";
    if (gal_interrupted())
        return gal_fail(GAL_EINTR, "interrupted");
    double now = g && g->progress && s->cls->report ? gal_clock() : 0;
    if (!(now - s->told >= 1) || now == 0)
        return GAL_OK;
    s->told = now;
    double fraction = s->cls->report(s, g, text, sizeof text);
    return g->progress(g->progress_ctx, fraction, text) ? gal_fail(GAL_EINTR, "interrupted") : GAL_OK;
}

static gal_status finish(gal_sampler *s)
{
    return s->cls->finish ? s->cls->finish(s) : GAL_OK;
}

static gal_status loop(gal_sampler *s, const gal_goal *g)
{
    gal_status st;
    size_t before = s->evaluations;
    for (bool done = false;;) {
        if ((st = gal_sampler_tick(s)) != GAL_OK || (st = s->cls->step(s, g, &done)) != GAL_OK)
            return st;
        if (done)
            return GAL_OK;
        if (s->evaluations != before)
            s->end = GAL_RUN_NOT_STARTED; /* under way: how an earlier run ended says nothing of this one */
        if (g->hook && gal_clock() - s->hooked >= g->hook_every) {
            if ((st = finish(s)) != GAL_OK || (st = g->hook(g->hook_ctx, s)) != GAL_OK)
                return st;
            s->hooked = gal_clock();
        }
    }
}

/* "interrupted after 12 steps", "failed after 12 steps: MESSAGE" */
static gal_status stopped(gal_sampler *s, gal_status code)
{
    char why[300], place[80] = "";
    snprintf(why, sizeof why, "%s", gal_error_message());
    if (s->cls->place)
        s->cls->place(s, place, sizeof place);
    bool user = code == GAL_EINTR;
    s->end = user ? GAL_RUN_INTERRUPTED : GAL_RUN_FAILED;
    snprintf(s->why, sizeof s->why, "%s%s%s%s%s", user ? "interrupted" : "failed", *place ? " " : "", place,
             user ? "" : ": ", user ? "" : why);
    gal_status st = finish(s);
    return st == GAL_OK ? gal_fail(code, "%s", why) : st;
}

/* Does the likelihood give again what it gave? A few of the draws are asked once more; a run that converged on another answer has not. */
static gal_status repeats(gal_sampler *s)
{
    enum { ASKED = 3 };
    gal_draw_set w;
    double lnprior, lnlike;
    gal_status st = gal_sampler_draws(s, &w);
    size_t n = w.n * w.chains;
    for (size_t i = 0; st == GAL_OK && n > 0 && i < ASKED; i++) {
        size_t k = i * (n - 1) / (ASKED - 1);
        const double *x = w.theta + k * s->d;
        if (!(w.lnlike[k] > FORBIDDEN) || !isfinite(x[0]))
            continue;
        st = gal_target_eval(s->t, 1, x, &lnprior, &lnlike, NULL);
        s->evaluations++;
        if (st == GAL_OK && !(fabs(lnlike - w.lnlike[k]) <= TWICE * (1 + fabs(w.lnlike[k])))) {
            s->end = GAL_RUN_LIMIT;
            snprintf(s->why, sizeof s->why,
                     "not converged: the likelihood is not deterministic: ln L of one point was %.9g and is %.9g",
                     w.lnlike[k], lnlike);
            break;
        }
    }
    return st;
}

gal_status gal_sampler_run(void *obj, const void *goal)
{
    static const union {
        gal_goal g;
        double room[64];
    } none;
    gal_sampler *s = obj;
    gal_status st;
    bool there = s->end == GAL_RUN_CONVERGED;
    goal = goal ? goal : &none;
    s->t0 = s->told = s->hooked = gal_clock();
    if (s->cls->begin && (st = s->cls->begin(s, goal)) != GAL_OK)
        return st;
    s->goal = goal;
    size_t before = s->evaluations;
    st = loop(s, goal);
    s->goal = NULL;
    s->seconds += gal_clock() - s->t0;
    if (st != GAL_OK)
        return stopped(s, st);
    /* a run that was there already was asked when it came there: going on with its file changes nothing; one that was killed on its
     * last steps was not, even when nothing is left to evaluate */
    there = there && s->evaluations == before;
    return (st = finish(s)) == GAL_OK && s->end == GAL_RUN_CONVERGED && !there ? repeats(s) : st;
}

/* ------------------------------------------------------------------ draws */
gal_status gal_sampler_draws(const void *obj, gal_draw_set *out)
{
    const gal_sampler *s = obj;
    *out = (gal_draw_set){0};
    return s->cls->draws(s, out);
}

static gal_status pick(const gal_sampler *s, const gal_draw_set *w, size_t *n, size_t **row)
{
    if (s->cls->pick)
        return s->cls->pick(s, n, row);
    *n = w->n == 0 ? 0 : (size_t)fmin(fmax(w->ess, MIN_DRAWS), MAX_DRAWS);
    if (!(*row = GAL_NEWN(size_t, *n + 1)))
        return GAL_ENOMEM;
    gal_draws_pick(&(gal_draws){.n = w->n, .lnw = (double *)w->lnw}, 0.5, *n, *row);
    return GAL_OK;
}

gal_status gal_sampler_equal(const void *obj, gal_draws *out)
{
    const gal_sampler *s = obj;
    gal_status st = GAL_OK;
    size_t d = s->d, nb = s->nb, *row = NULL;
    gal_draw_set w;
    GAL_TRY(gal_sampler_draws(s, &w));
    size_t n = w.n * w.chains;
    if (w.lnw)
        GAL_TRY(pick(s, &w, &n, &row));
    GAL_TRY(gal_draws_alloc(out, n, d, nb));
    for (size_t i = 0; i < n; i++) {
        size_t k = row ? row[i] : i;
        memcpy(out->theta + i * d, w.theta + k * d, d * sizeof(double));
        if (nb > 0)
            memcpy(out->blob + i * nb, w.blob + k * nb, nb * sizeof(double));
        out->lnprior[i] = w.lnprior[k];
        out->lnlike[i] = w.lnlike[k];
    }
out:
    gal_free(row);
    return st;
}

/* ------------------------------------------------------------------ fields */
const gal_field *gal_sampler_field(const gal_sampler_class *cls, const char *name, unsigned use)
{
    for (const gal_field *f = cls->field; f->type != GAL_F_END; f++)
        if (f->use & use && f->name && strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

double gal_sampler_number(const void *s, const char *name)
{
    const gal_sampler_class *c = ((const gal_sampler *)s)->cls;
    const gal_field *f = gal_sampler_field(c, name, GAL_SHOWN | GAL_FILE);
    f = f ? f : gal_sampler_field(c, name, GAL_OPTION);
    return f ? gal_sampler_value(s, f) : NAN;
}

double gal_sampler_value(const void *s, const gal_field *f)
{
    const char *at = (const char *)s + f->at;
    if (f->value)
        return f->value(s);
    switch (f->type) {
    case GAL_F_SIZE:
        return (double)*(const size_t *)at;
    case GAL_F_COUNT:
        return *(const size_t *)at == SIZE_MAX ? 0 : (double)*(const size_t *)at;
    case GAL_F_U64:
        return (double)*(const uint64_t *)at;
    case GAL_F_INT:
    case GAL_F_CHOICE:
        return *(const int *)at;
    case GAL_F_REAL:
        return *(const double *)at;
    case GAL_F_FLAG:
        return *(const bool *)at;
    case GAL_F_UNLESS:
        return !*(const bool *)at;
    default:
        return NAN;
    }
}

/* ------------------------------------------------------------------ state */
static gal_status ready(gal_sampler *s)
{
    const gal_target *t = s->t;
    if (s->d != t->ndim || s->nb != t->nblob)
        return gal_fail(GAL_EFORMAT,
                        "state of %s: it has %zu parameters and %zu derived quantities, this model %zu and %zu; it "
                        "belongs to another fit",
                        s->cls->title, s->d, s->nb, t->ndim, t->nblob);
    return s->cls->open(s);
}

static void walk_words(bytes *b, const gal_field *f, char *s)
{
    size_t n = f->n ? f->n : 1;
    for (int k = 0; k < 3 && f->dim[k]; k++)
        n *= *(const size_t *)(s + f->dim[k]);
    if (n > 0)
        bytes_words(b, *(void **)(s + f->at), n);
}

static void walk(bytes *b, void *obj)
{
    gal_sampler *s = obj;
    for (const gal_field *f = s->cls->field; f->type != GAL_F_END && b->st == GAL_OK; f++) {
        char *at = (char *)s + f->at;
        if (!(f->use & GAL_STATE))
            continue;
        switch (f->type) {
        case GAL_F_SIZE:
            bytes_size(b, (size_t *)at);
            break;
        case GAL_F_U64:
            bytes_u64(b, (uint64_t *)at);
            break;
        case GAL_F_INT:
        case GAL_F_CHOICE:
            bytes_int(b, (int *)at);
            break;
        case GAL_F_REAL:
            bytes_f64(b, (double *)(void *)at);
            break;
        case GAL_F_FLAG:
        case GAL_F_UNLESS:
            bytes_flag(b, (bool *)at);
            break;
        case GAL_F_CHARS:
            bytes_words(b, at, f->n / 8);
            break;
        case GAL_F_WORDS:
            walk_words(b, f, (char *)s);
            break;
        case GAL_F_READY:
            if (b->reading)
                b->st = ready(s);
            break;
        default:
            f->walk(b, s);
        }
    }
}

const char *field_space(const void *s)
{
    const gal_sampler *b = s;
    return b->space ? gal_space_text(b->space) : "";
}

void keep_draws(bytes *b, gal_draws *w, size_t d, size_t nb, size_t most)
{
    size_t n = w->n;
    bytes_size(b, &n);
    if (b->reading && n > 0 && n <= most)
        b->st = gal_draws_alloc(w, n, d, nb);
    if (b->st == GAL_OK && w->n == n)
        bytes_words(b, w->theta, n * (d + nb + 3));
}

gal_status gal_sampler_state(const void *s, unsigned char **out, size_t *n)
{
    return bytes_write(((const gal_sampler *)s)->cls->magic, walk, (void *)s, out, n); /* writing only reads it */
}

static bool keeps_why(const gal_sampler_class *cls)
{
    for (const gal_field *f = cls->field; f->type != GAL_F_END; f++)
        if (f->use & GAL_STATE && f->type == GAL_F_CHARS && f->at == offsetof(gal_sampler, why))
            return true;
    return false;
}

gal_status gal_sampler_restore(gal_sampler **out, const gal_sampler_class *cls, const gal_target *t,
                               const unsigned char *in, size_t n, const struct gal_result *r)
{
    gal_status st = GAL_OK;
    gal_sampler *s = NULL;
    char place[80] = "";
    bytes b;
    GAL_TRY(bytes_open(&b, cls->magic, cls->title, in, n));
    if (!(s = begin(cls, t)))
        GAL_TRY(GAL_ENOMEM);
    s->restored = true;
    walk(&b, s);
    GAL_TRY(bytes_close(&b, cls->title));
    if (cls->get)
        GAL_TRY(cls->get(s, r));
    if (cls->finish)
        GAL_TRY(cls->finish(s));
    if (cls->place && !keeps_why(cls)) {
        cls->place(s, place, sizeof place);
        snprintf(s->why, sizeof s->why, "restored %s (%s)", place, gal_run_end_name(s->end));
    }
    *out = s;
    s = NULL;
out:
    gal_sampler_free(s);
    return st;
}
