/* Nested sampling: its state (settings, counters, scale, bound: the points are in the record, which the results file holds anyway), results:
 * all points in group nested; the class. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "nested_int.h"
#include "infer/result/result_int.h"

/* with and without a coordinate that is integrated out */
static const char *const DEAD[2][2] = {{"dead", "coordinate"}, {"dead", "sampled"}};
static const char *const DERIVED[2][2] = {{"dead", "derived"}, {"dead", "beside"}};

gal_status gal_nested_get_record(const gal_nested *cs, const gal_nested_record **r)
{
    gal_nested *s = (gal_nested *)cs; /* only what it remembers changes */
    gal_status st = GAL_OK;
    *r = &s->rec;
    if (!s->have) {
        gal_nested_record *c = &s->rec;
        gal_nested_record_free(c);
        gal_draws_clear(&s->whole);
        st = record_make(s, c);
        if (st == GAL_OK && s->part.marginal && (st = gal_draws_alloc(&s->whole, c->n, s->d, s->nb)) == GAL_OK)
            reduced_back(&s->part, c->n, c->x, c->lnprior, c->lnl, c->blob, &s->whole);
        s->have = st == GAL_OK;
    }
    return st;
}

static gal_status draws(const void *s, gal_draw_set *out)
{
    const gal_nested_record *r;
    gal_status st = gal_nested_get_record(s, &r);
    const gal_draws *w = &((const gal_nested *)s)->whole;
    if (st == GAL_OK && w->n > 0)
        *out = (gal_draw_set){r->n, 1, w->theta, w->lnprior, w->lnlike, w->blob, r->lnw, r->worth};
    else if (st == GAL_OK)
        *out = (gal_draw_set){r->n, 1, r->x, r->lnprior, r->lnl, r->blob, r->lnw, r->worth};
    return st;
}

static gal_status pick(const void *s, size_t *n, size_t **row)
{
    const gal_nested_record *r;
    gal_status st = gal_nested_get_record(s, &r);
    *n = 0;
    return st == GAL_OK ? gal_nested_resample(r, ((const gal_nested *)s)->o.seed, n, row) : st;
}

/* ------------------------------------------------------------------ points */
static gal_status put(gal_result *r, const void *obj, const gal_result_map *map)
{
    const gal_nested *s = obj;
    const gal_nested_record *c;
    gal_status st = gal_nested_get_record(s, &c);
    (void)map;
    if (st != GAL_OK)
        return st;
    result_drop_group(r, "nested");
    size_t n = c->n, size[] = {n, c->d}, bsize[] = {n, c->nb};
    bool part = s->part.marginal != NULL;
    double *lnl = GAL_NEWN(double, n);
    int64_t *live = GAL_NEWN(int64_t, n);
    if (!lnl || !live)
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++) {
        lnl[i] = c->lnl[i] > NESTED_FLOOR ? c->lnl[i] : -INFINITY;
        live[i] = (int64_t)c->nlive[i];
    }
    GAL_TRY(gal_result_put(r, "nested", "theta", GAL_VAR_F64, 2, DEAD[part], size, c->x, NULL, "sampled coordinates"));
    GAL_TRY(gal_result_put(r, "nested", "u", GAL_VAR_F64, 2, DEAD[part], size, c->u, NULL, "unit cube of the prior"));
    struct {
        const char *name, *about;
        const double *data;
    } one[] = {{"logl", "ln likelihood", lnl},
               {"logl_birth", "likelihood above which the point was drawn; -inf: from the whole prior", c->birth},
               {"log_weight", "ln share of the evidence", c->lnw},
               {"logvol", "ln prior volume left", c->lnx},
               {"log_prior", "ln prior density", c->lnprior}};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        GAL_TRY(gal_result_put(r, "nested", one[i].name, GAL_VAR_F64, 1, DEAD[0], &n, one[i].data, NULL, one[i].about));
    GAL_TRY(gal_result_put(r, "nested", "n_live", GAL_VAR_I64, 1, DEAD[0], &n, live, NULL, "live points at the death"));
    GAL_TRY(gal_result_put(r, "nested", "strand", GAL_VAR_I64, 1, DEAD[0], &n, c->strand, NULL, "line of descent"));
    GAL_TRY(gal_result_put(r, "nested", "order", GAL_VAR_I64, 1, DEAD[0], &n, c->order, NULL,
                           "order of the deaths; the last n_last are still live"));
    if (c->nb > 0) {
        GAL_TRY(gal_result_put(r, "nested", "derived_values", GAL_VAR_F64, 2, DERIVED[part], bsize, c->blob, NULL,
                               "derived quantities"));
        GAL_TRY(gal_result_coord_text(r, DERIVED[part][1], c->nb, s->part.work->blob_names));
    }
    if (part && s->part.work->names)
        GAL_TRY(gal_result_coord_text(r, DEAD[part][1], c->d, s->part.work->names));
    GAL_TRY(gal_result_attr(r, "nested", "log_evidence", c->lnz));
    GAL_TRY(gal_result_attr(r, "nested", "log_evidence_err", c->lnz_err));
    GAL_TRY(gal_result_attr(r, "nested", "information", c->information));
out:
    gal_free(lnl);
    gal_free(live);
    return st;
}

/* ------------------------------------------------------------------ back */
/* Points go where they were: deaths in their order, live ones in their slots. */
static gal_status take_points(gal_nested *e, const gal_nested_record *r, size_t dead, size_t live)
{
    gal_status st;
    points from = {r->n, r->n, r->u, r->x, r->lnprior, r->lnl, r->birth, r->blob, r->strand};
    if (r->n != dead + live || r->d != e->part.dim || r->nb != e->part.next)
        return gal_fail(GAL_EFORMAT,
                        "state of the nested sampler: %zu points are stored, %zu expected; the file is damaged", r->n,
                        dead + live);
    if ((st = points_room(&e->dead, e->part.dim, e->part.next, dead)) != GAL_OK ||
        (st = nested_live_room(e, live)) != GAL_OK)
        return st;
    bool *seen = GAL_NEWN(bool, r->n);
    if (!seen)
        return GAL_ENOMEM;
    for (size_t i = 0; st == GAL_OK && i < r->n; i++) {
        size_t at = (size_t)r->order[i];
        if (r->order[i] < 0 || at >= r->n || seen[at])
            st = gal_fail(GAL_EFORMAT, "state of the nested sampler: the order of its points is damaged");
        else
            points_copy(at < dead ? &e->dead : &e->live, at < dead ? at : at - dead, &from, i, e->part.dim,
                        e->part.next);
        if (st == GAL_OK)
            seen[at] = true;
    }
    gal_free(seen);
    e->dead.n = dead;
    e->live.n = live;
    return st;
}

static gal_status get(void *obj, const gal_result *r)
{
    static const char *const REAL[] = {"logl", "logl_birth", "log_prior"}, *const WHOLE[] = {"strand", "order"};
    gal_nested *s = obj;
    gal_status st = GAL_OK;
    const gal_var *x, *u, *blob = NULL, *v;
    double *lnl = NULL, *real[3];
    int64_t *whole[2];
    if (!r)
        return gal_fail(GAL_EINVAL, "state of the nested sampler: its points are in the results file");
    GAL_TRY(gal_result_get(r, "nested", "theta", GAL_VAR_F64, 2, &x));
    GAL_TRY(gal_result_get(r, "nested", "u", GAL_VAR_F64, 2, &u));
    size_t n = x->size[0];
    if (s->part.next > 0)
        GAL_TRY(gal_result_get(r, "nested", "derived_values", GAL_VAR_F64, 2, &blob));
    if (x->size[1] != s->part.dim || u->size[1] != s->part.dim || (blob && blob->size[1] != s->part.next))
        GAL_THROW(GAL_EFORMAT, "result: points of %zu parameters and %zu derived quantities, expected %zu and %zu",
                  x->size[1], blob ? blob->size[1] : 0, s->part.dim, s->part.next);
    for (int i = 0; i < 3; i++) {
        GAL_TRY(gal_result_get(r, "nested", REAL[i], GAL_VAR_F64, 1, &v));
        real[i] = v->data;
    }
    for (int i = 0; i < 2; i++) {
        GAL_TRY(gal_result_get(r, "nested", WHOLE[i], GAL_VAR_I64, 1, &v));
        whole[i] = v->data;
    }
    if (!(lnl = GAL_NEWN(double, n)))
        GAL_TRY(GAL_ENOMEM);
    for (size_t i = 0; i < n; i++)
        lnl[i] = fmax(real[0][i], NESTED_FLOOR);
    gal_nested_record c = {.n = n,
                           .d = s->part.dim,
                           .nb = s->part.next,
                           .u = u->data,
                           .x = x->data,
                           .lnprior = real[2],
                           .lnl = lnl,
                           .birth = real[1],
                           .blob = blob ? blob->data : lnl,
                           .strand = whole[0],
                           .order = whole[1]};
    GAL_TRY(take_points(s, &c, s->kept[0], s->kept[1]));
    nested_sort(s);
out:
    gal_free(lnl);
    return st;
}

/* ------------------------------------------------------------------ state */
static void keep_sizes(bytes *b, void *obj)
{
    gal_nested *s = obj;
    size_t now[] = {s->dead.n, s->live.n, s->b.n,
                    (s->wrap ? NESTED_KEPT_WRAP : 0) + (s->o.whole ? NESTED_KEPT_WHOLE : 0) +
                        (s->part.marginal ? NESTED_KEPT_WHICH * (1 + s->part.which) : 0)};
    if (!b->reading)
        memcpy(s->kept, now, sizeof now);
    bytes_words(b, s->kept, 4);
}

static void keep_wrap(bytes *b, void *obj)
{
    gal_nested *s = obj;
    for (size_t i = 0; s->wrap && i < s->part.dim; i++) {
        int w = s->wrap[i];
        bytes_int(b, &w);
        s->wrap[i] = (unsigned char)w;
    }
}

static void keep_bound(bytes *b, void *obj)
{
    gal_nested *s = obj;
    size_t d = s->part.dim, live = s->kept[1], n = s->kept[2];
    if (b->reading && (b->st = bound_room(&s->b, d, n)) == GAL_OK)
        b->st = nested_live_room(s, live);
    if (b->st != GAL_OK)
        return;
    s->b.n = n;
    bytes_words(b, s->shift, d);
    bytes_words(b, s->label, live);
    bytes_words(b, s->b.c, n * d);
    bytes_words(b, s->b.axis, n * d * d);
    bytes_words(b, s->b.inv, n * d * d);
    bytes_words(b, s->b.len, n * d);
    bytes_words(b, s->b.lnvol, n);
    bytes_words(b, s->b.cum, n);
    bytes_f64(b, &s->b.lntotal);
}

/* Files of before end here: their chains keep their length. */
static void keep_stretch(bytes *b, void *obj)
{
    gal_nested *s = obj;
    if (b->reading && b->at >= b->size)
        return;
    bytes_f64(b, &s->stretch);
    bytes_f64(b, &s->recent);
    bytes_f64(b, &s->peak);
    bytes_u64(b, &s->looks);
}

/* ------------------------------------------------------------------ the class */
static double of_record(const void *s, size_t at)
{
    const gal_nested_record *r;
    if (gal_nested_get_record(s, &r) == GAL_OK)
        return *(const double *)((const char *)r + at);
    gal_error_clear(); /* not started */
    return NAN;
}
static double lnz(const void *s)
{
    return of_record(s, offsetof(gal_nested_record, lnz));
}
static double lnz_err(const void *s)
{
    return of_record(s, offsetof(gal_nested_record, lnz_err));
}
static double information(const void *s)
{
    return of_record(s, offsetof(gal_nested_record, information));
}
static double ess(const void *s)
{
    return of_record(s, offsetof(gal_nested_record, worth));
}
static double stored(const void *obj)
{
    const gal_nested *s = obj;
    return (double)(s->dead.n + s->live.n);
}
static double n_last(const void *s)
{
    return (double)((const gal_nested *)s)->live.n;
}
double nested_insertion_z(const void *obj)
{
    const gal_nested *s = obj;
    return s->ranked < 10 ? NAN : s->rank_sum / sqrt((double)s->ranked / 12);
}
static double memory(const void *obj)
{
    const gal_nested *s = obj;
    return s->chains > 0 ? 1 - s->jumps / (double)s->chains : NAN;
}
static double stuck(const void *obj)
{
    const gal_nested *s = obj;
    return s->chains > 0 ? (double)s->chains_stuck / (double)s->chains : 0;
}

static const char *integrated(const void *s)
{
    return reduced_name(&((const gal_nested *)s)->part);
}

static void place(const void *obj, char *text, size_t size)
{
    snprintf(text, size, "after %llu iterations", (unsigned long long)((const gal_nested *)obj)->iterations);
}

#define S   struct gal_nested
#define BIG 1e7
#define CHOICE(called, m, names, text)                                                                                 \
    {                                                                                                                  \
        .type = GAL_F_CHOICE, .use = GAL_OPTION | GAL_STATE, .name = called, .at = AT(m), .choice = names, .doc = text \
    }
/* clang-format off */
static const gal_field FIELD[] = {
    GAL_STATE_D, GAL_STATE_NB, KEEP(SIZE, o.live), KEEP(SIZE, o.batch), KEEP_BY(keep_sizes), READY,
    OPTION(SIZE, GAL_STATE | GAL_FILE, "live", o.live, 0, 0, BIG, "(500) live points: the error of ln Z is about sqrt(information/live)"),
    OPTION(SIZE, GAL_STATE, "replace", o.replace, 0, 0, BIG,
           "(live/20, at most 64) points replaced in one iteration: evaluated together, by all threads"),
    OPTION(REAL, GAL_STATE, "dlogz", o.dlogz, 0, 0, 1e6,
           "(1e-3 (live-1) + 0.01; dynamic 0.01) stop when the live points can add less to ln Z"),
    CHOICE("sample", o.sample, NESTED_SAMPLE, "(auto) how new points are drawn: 'unif' from the bound, chains 'rwalk', 'slice', 'rslice'"),
    CHOICE("bound", o.bound, NESTED_BOUND, "(multi) ellipsoids around the live points: 'none', 'single', 'multi'"),
    CHOICE("directions", o.dirs, NESTED_DIRS, "of rwalk and rslice: 'live' (rwalk) = differences of live points, 'bound' = axes of an "
           "ellipsoid, 'mix' (rslice) = both and the axes of the cube in turn"),
    OPTION(SIZE, GAL_STATE, "walks", o.walks, 0, 0, 1e6, "(ndim + 20) steps of rwalk"),
    OPTION(REAL, GAL_STATE, "accept", o.accept, 0, 0, 1, "(0.35 live, 0.5 bound) accepted fraction rwalk aims at"),
    OPTION(SIZE, GAL_STATE, "slices", o.slices, 0, 0, 1e6, "(3 ndim, 4 ndim below 4, 2 ndim for 4 and 5; 'slice' 3) slices "
           "of rslice, passes over the axes of slice"),
    OPTION(REAL, GAL_STATE, "enlarge", o.enlarge, 0, 0, 1e6, "(1.25) factor on the volume of the bound"),
    OPTION(INT, GAL_STATE, "bootstrap", o.bootstrap, 0, -1, 1000,
           "(unif 20, else none: -1) resamplings that decide how far the bound is widened, instead of enlarge"),
    OPTION_SEED(GAL_STATE, o.seed), OPTION_SOURCE(GAL_STATE, o.source),
    OPTION(FLAG, GAL_STATE, "dynamic", o.dynamic, 0, 0, 1, "(false) after the first run add batches of live points where they help most"),
    OPTION(SIZE, GAL_STATE, "batch", o.batch, 0, 0, BIG, "(live) live points of a batch"),
    OPTION(REAL, GAL_STATE, "posterior", o.posterior, 0.8, 0, 1,
           "(0.8) dynamic: share of the posterior, against the evidence, in what helps"),
    OPTION(REAL, GAL_STATE, "maxfrac", o.maxfrac, 0, 0, 1,
           "(0.8) dynamic: a batch covers points of at least this share of the largest importance"),
    OPTION(REAL, GAL_STATE, "ess", o.ess, 0, 0, MOST_DRAWS, "(10000) dynamic: effective sample size wanted"),
    OPTION(REAL, GAL_STATE, "lnz_err", o.lnz_err, 0, 0, 1e6, "(0.1 when posterior = 0) dynamic: error of ln Z wanted"),
    OPTION(UNLESS, 0, "marginalise", o.whole, 1, 0, 1, "(true) integrate the parameter that all light is proportional to, where that is exact; draws have it as ever"),
    {.type = GAL_F_TEXT, .use = SHOW_ALL, .name = "integrated", .text = integrated, .doc = "the parameter that was integrated out, and drawn given the others; empty: none"},
    KEEP(FLAG, auto_sample),
    {.type = GAL_F_CHARS, .use = GAL_STATE | SHOW_ALL, .name = "method", .at = AT(auto_text), .n = sizeof((S *)0)->auto_text,
     .doc = "what was chosen, and why"},
    KEEP_CHARS(why), KEEP_BY(keep_wrap),
    KEEP(INT, end), KEEP(REAL, seconds), KEEP(INT, phase), KEEP(SIZE, evaluations),
    SHOW(U64, GAL_STATE | SHOW_ALL, "iterations", NULL, iterations, "iterations made"),
    SHOW(U64, GAL_STATE | GAL_SHOWN, "batches", NULL, batches, "batches of a dynamic run"),
    KEEP(SIZE, want), KEEP(REAL, lnx), KEEP(REAL, lnz), KEEP(REAL, last), KEEP(REAL, mean), KEEP(REAL, range[0]), KEEP(REAL, range[1]),
    KEEP(REAL, lnz_total), KEEP(U64, strands),
    SHOW(FLAG, GAL_STATE | GAL_SHOWN, "plateau", NULL, plateau, "whether points of equal likelihood, or forbidden ones, were met"),
    KEEP(FLAG, in_cube), KEEP(REAL, efficiency), KEEP(REAL, scale), KEEP(FLAG, bounded), KEEP(U64, updates), KEEP(U64, update_calls),
    KEEP(REAL, rank_sum), SHOW(U64, GAL_STATE | GAL_SHOWN, "inserted", NULL, ranked, "number of points in that test"),
    KEEP(U64, chains), KEEP(U64, chains_stuck), KEEP(REAL, jumps), KEEP(FLAG, warned), KEEP_BY(keep_bound), KEEP_BY(keep_stretch),
    SHOW_BY(REAL, SHOW_ALL, "lnz", "log_evidence", lnz, "ln of the evidence so far, the live points included"),
    SHOW_BY(REAL, SHOW_ALL, "lnz_err", "log_evidence_err", lnz_err, "its standard deviation"),
    SHOW_BY(REAL, SHOW_ALL, "information", NULL, information, "[nat] of the posterior relative to the prior"),
    SHOW_BY(REAL, SHOW_ALL, "ess", NULL, ess, "independent draws that the points are worth (from lines of descent)"),
    SHOW_BY(SIZE, GAL_SHOWN, "stored", NULL, stored, "points, the live ones included"),
    SHOW_BY(SIZE, GAL_FILE, "n_last", NULL, n_last, NULL),
    SHOW_BY(REAL, SHOW_ALL, "insertion_z", NULL, nested_insertion_z,
            "insertion-order test: N(0,1) when new points are proper draws; beyond 3 is a warning"),
    SHOW_BY(REAL, GAL_SHOWN, "memory", NULL, memory,
            "how much new points remember where their chains began: 0 nothing, 1 all: ln Z tends to be too high"),
    SHOW(REAL, GAL_SHOWN, "lengthened", NULL, stretch, "factor on the length of the chains, which grows while they remember more than 0.5; 0: length as asked for"),
    SHOW_BY(REAL, GAL_SHOWN, "stuck", NULL, stuck, "share of chains that never moved"),
    GOAL(U64, gal_nested_goal, "max_calls", max_calls, 0, 1e15, "stop after so many likelihoods in all"),
    GOAL(U64, gal_nested_goal, "max_iterations", max_iterations, 0, 1e15, "stop after so many iterations in all"),
    {0},
};
/* clang-format on */

const gal_sampler_class gal_nested_class = {
    .name = "nested",
    .title = "the nested sampler",
    .doc = "Nested sampling of a target: evidence and posterior.",
    .make = "Nested sampling of a target (Skilling 2006); options as for sampler.nested.",
    .run_doc =
        "Goes on until the targets given to nested() are met; Ctrl-C stops between batches and keeps everything.",
    .magic = 0x3253454e5f4c4147ull, /* "GAL_NES2" */
    .field = FIELD,
    .size = sizeof(struct gal_nested),
    .opt_at = AT(o),
    .opt_size = sizeof(gal_nested_opt),
    .goal_size = sizeof(gal_nested_goal),
    .kind = GAL_DRAWS_WEIGHTED,
    .open = nested_open,
    .close = nested_close,
    .step = nested_step,
    .report = nested_report,
    .place = place,
    .draws = draws,
    .pick = pick,
    .put = put,
    .get = get,
};
