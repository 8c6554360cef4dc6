/* Lua: nested sampling of a target. */
#include "galua/nested.h"
#include "galua/result.h"
#include "lua/engine.h"
#include "lua/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    gal_nested *s;
    gal_nested_record rec; /* of the last time it was asked for */
    bool have;
} nested;

static const gal_lua_class gal_lua_nested_record;

static void nested_free(void *obj)
{
    nested *e = obj;
    gal_nested_record_free(&e->rec);
    gal_nested_free(e->s);
    gal_free(e);
}

static nested *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_nested);
}

static gal_status fresh(nested *e)
{
    gal_status st = GAL_OK;
    if (!e->have) {
        gal_nested_record_free(&e->rec);
        st = gal_nested_record_make(e->s, &e->rec);
        e->have = st == GAL_OK;
    }
    return st;
}

static const gal_nested_record *record(lua_State *L, nested *e)
{
    if (fresh(e) != GAL_OK)
        gal_lua_fail(L);
    return &e->rec;
}

/* ------------------------------------------------------------------ fields */
static void push_settings(lua_State *L, const gal_nested_opt *o)
{
    const gal_lua_number num[] = {
        {"live", (double)o->live},   {"replace", (double)o->replace}, {"dlogz", o->dlogz},
        {"walks", (double)o->walks}, {"slices", (double)o->slices},   {"accept", o->accept},
        {"enlarge", o->enlarge},     {"bootstrap", o->bootstrap},     {"batch", (double)o->batch},
        {"posterior", o->posterior}, {"maxfrac", o->maxfrac},         {"ess", o->ess},
        {"lnz_err", o->lnz_err},     {"seed", (double)o->seed}};
    lua_newtable(L);
    gal_lua_set_list(L, num, sizeof num / sizeof *num);
    gal_lua_set_text(L, "sample", gal_nested_sample_name(o->sample));
    gal_lua_set_text(L, "bound", gal_nested_bound_name(o->bound));
    gal_lua_set_text(L, "directions", gal_nested_dirs_name(o->dirs));
    gal_lua_set_flag(L, "dynamic", o->dynamic);
}

static int n_get(lua_State *L, void *obj, const char *key)
{
    nested *e = obj;
    const gal_nested *s = e->s;
    gal_nested_opt o = gal_nested_options(s);
    const gal_lua_number num[] = {{"seconds", gal_nested_seconds(s)},
                                  {"evaluations", (double)gal_nested_calls(s)},
                                  {"iterations", (double)gal_nested_iterations(s)},
                                  {"batches", (double)gal_nested_batches(s)},
                                  {"insertion_z", gal_nested_insertion_z(s)},
                                  {"inserted", (double)gal_nested_inserted(s)},
                                  {"memory", gal_nested_memory(s)},
                                  {"stuck", gal_nested_stuck(s)}};
    for (size_t i = 0; i < sizeof num / sizeof *num; i++)
        if (strcmp(key, num[i].key) == 0)
            return lua_pushnumber(L, num[i].v), 1;
    if (strcmp(key, "state") == 0)
        return lua_pushstring(L, gal_run_end_name(gal_nested_end(s))), 1;
    if (strcmp(key, "state_text") == 0)
        return lua_pushstring(L, gal_nested_end_text(s)), 1;
    if (strcmp(key, "method") == 0)
        return lua_pushstring(L, gal_nested_auto_text(s)), 1;
    if (strcmp(key, "plateau") == 0)
        return lua_pushboolean(L, gal_nested_plateau(s)), 1;
    if (strcmp(key, "settings") == 0)
        return push_settings(L, &o), 1;
    static const char *const REC[] = {"lnz", "lnz_err", "information", "ess", "stored"};
    for (int i = 0; i < 5; i++)
        if (strcmp(key, REC[i]) == 0) {
            bool have = fresh(e) == GAL_OK;
            const double v[] = {e->rec.lnz, e->rec.lnz_err, e->rec.information, e->rec.ess, (double)e->rec.n};
            if (!have) /* not started */
                gal_error_clear();
            return lua_pushnumber(L, have ? v[i] : i == 4 ? 0 : NAN), 1;
        }
    return 0;
}

static const gal_lua_field n_fields[] = {
    {"lnz", "ln of the evidence so far, the live points included"},
    {"lnz_err", "its standard deviation"},
    {"information", "[nat] of the posterior relative to the prior"},
    {"ess", "effective number of samples (Kish)"},
    {"stored", "points, the live ones included"},
    {"insertion_z", "insertion-order test: N(0,1) when new points are proper draws; beyond 3 is a warning"},
    {"inserted", "number of points in that test"},
    {"memory", "how much new points remember where their chains began: 0 nothing, 1 all: ln Z tends to be too high"},
    {"stuck", "share of chains that never moved"},
    {"plateau", "whether points of equal likelihood, or forbidden ones, were met"},
    {"iterations", "iterations made"},
    {"batches", "batches of a dynamic run"},
    {"evaluations", "likelihoods evaluated"},
    {"seconds", "[s] time spent"},
    {"method", "what was chosen, and why"},
    {"settings", "table of all settings"},
    {"state", "how the last run ended: converged, limit, interrupted, failed"},
    {"state_text", "the same in a sentence"},
    {NULL, NULL},
};

/* ------------------------------------------------------------------ running */
struct hook {
    gal_lua_hooks h;
    nested *e;
};

static int on_progress(void *ctx, double fraction, const char *text)
{
    struct hook *h = ctx;
    return gal_lua_hooks_progress(&h->h)(&h->h, fraction, text);
}

static gal_status on_hook(void *ctx, const gal_nested *s)
{
    struct hook *h = ctx;
    (void)s;
    h->e->have = false;
    return gal_lua_hooks_checkpoint(&h->h);
}

static int n_run(lua_State *L)
{
    nested *e = self(L);
    gal_lua_opts o;
    struct hook hook = {.e = e};
    gal_nested_goal goal = {0};
    gal_lua_opts_begin(L, &o, 2, "nested:run");
    goal.max_calls = (uint64_t)gal_lua_opt_range(&o, "max_calls", 0, 0, 1e15);
    goal.max_iterations = (uint64_t)gal_lua_opt_range(&o, "max_iterations", 0, 0, 1e15);
    gal_lua_hooks_read(&o, &hook.h);
    gal_lua_opts_end(&o);
    goal.progress = hook.h.progress ? on_progress : NULL;
    goal.hook = hook.h.checkpoint ? on_hook : NULL;
    goal.progress_ctx = goal.hook_ctx = &hook;
    goal.hook_every = hook.h.every;
    e->have = false;
    gal_status st = gal_nested_run(e->s, &goal);
    e->have = false;
    return gal_lua_run_ended(L, &hook.h, st, gal_nested_end(e->s));
}

/* ------------------------------------------------------------------ results */
/* samples{ n = } -> x, lnprior, lnlike, blobs */
static int n_samples(lua_State *L)
{
    nested *e = self(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "nested:samples");
    size_t m = (size_t)gal_lua_opt_int(&o, "n", 0, 0, 100000000), *index;
    gal_lua_opts_end(&o);
    const gal_nested_record *r = record(L, e);
    gal_lua_checkstatus(L, gal_nested_resample(r, gal_nested_options(e->s).seed, &m, &index));
    /* sizes are known: allocate, copy, free the index before anything can raise again */
    size_t *keep = lua_newuserdata(L, (m + 1) * sizeof *keep);
    memcpy(keep, index, m * sizeof *keep);
    gal_free(index);
    double *x = gal_lua_pushmat(L, m, r->d), *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m),
           *b = gal_lua_pushmat(L, m, r->nb);
    for (size_t i = 0; i < m; i++) {
        size_t k = keep[i];
        memcpy(x + i * r->d, r->x + k * r->d, r->d * sizeof *x);
        if (r->nb > 0)
            memcpy(b + i * r->nb, r->blob + k * r->nb, r->nb * sizeof *b);
        lp[i] = r->lnprior[k];
        ll[i] = r->lnl[k];
    }
    return 4;
}

static void push_record(lua_State *L, const gal_nested_record *r)
{
    const struct {
        const char *key;
        const double *v;
    } one[] = {{"lnprior", r->lnprior}, {"lnlike", r->lnl}, {"birth", r->birth},
               {"live", r->nlive},      {"lnvol", r->lnx},  {"lnweight", r->lnw}};
    const gal_lua_number num[] = {{"lnz", r->lnz},
                                  {"lnz_err", r->lnz_err},
                                  {"information", r->information},
                                  {"ess", r->ess},
                                  {"n", (double)r->n}};
    lua_newtable(L);
    memcpy(gal_lua_pushmat(L, r->n, r->d), r->x, r->n * r->d * sizeof *r->x);
    lua_setfield(L, -2, "x");
    memcpy(gal_lua_pushmat(L, r->n, r->d), r->u, r->n * r->d * sizeof *r->u);
    lua_setfield(L, -2, "u");
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        gal_lua_pushvec_copy(L, one[i].v, r->n);
        lua_setfield(L, -2, one[i].key);
    }
    gal_lua_set_list(L, num, sizeof num / sizeof *num);
}

static int n_points(lua_State *L)
{
    push_record(L, record(L, self(L)));
    return 1;
}

/* merge(other, ...) -> table like points() */
static int n_merge(lua_State *L)
{
    int n = lua_gettop(L);
    const gal_nested_record **list = lua_newuserdata(L, (size_t)n * sizeof *list);
    for (int i = 0; i < n; i++)
        list[i] = record(L, gal_lua_check(L, i + 1, &gal_lua_nested));
    nested *all = GAL_NEW(nested); /* a handle, so that nothing leaks when pushing raises */
    if (!all)
        return gal_lua_fail(L);
    gal_lua_push(L, &gal_lua_nested_record, all);
    gal_lua_checkstatus(L, gal_nested_record_merge(&all->rec, list, (size_t)n));
    push_record(L, &all->rec);
    return 1;
}

/* errors{ n = 100, by = "jitter" } -> vec of realisations of ln Z */
static int n_errors(lua_State *L)
{
    static const char *const BY[] = {"jitter", "bootstrap"};
    nested *e = self(L);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "nested:errors");
    size_t n = (size_t)gal_lua_opt_int(&o, "n", 100, 2, 1000000);
    unsigned how = gal_lua_opt_choice(&o, "by", BY, 2, 0) ? GAL_NESTED_BOOTSTRAP : GAL_NESTED_JITTER;
    uint64_t seed = (uint64_t)gal_lua_opt_range(&o, "seed", 1, 0, 9007199254740992.);
    gal_lua_opts_end(&o);
    const gal_nested_record *r = record(L, e);
    gal_lua_checkstatus(L, gal_nested_realisations(r, how, seed, n, gal_lua_pushvec(L, n)));
    return 1;
}

static int n_summary(lua_State *L)
{
    const gal_nested_record *r = record(L, self(L));
    double *w = gal_lua_scratch(L, r->n);
    for (size_t i = 0; i < r->n; i++)
        w[i] = exp(r->lnw[i]);
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_target_summary(L, lua_gettop(L), GAL_DRAWS_WEIGHTED, r->n, 1, r->x, r->blob, w, 1);
}

static const gal_lua_row n_methods[] = {
    {"run", n_run,
     "run{ max_calls =, max_iterations = } -> state\nGoes on until the targets given to nested() are met; Ctrl-C stops "
     "between batches and keeps everything.\n"
     "@param max_calls stop after so many likelihoods in all\n@param max_iterations stop after so many iterations in "
     "all\n@param progress function(fraction, text); a true result stops\n@param checkpoint function() called now and "
     "then\n@param checkpoint_every [s] (30) how often"},
    {"samples", n_samples,
     "samples{ n = } -> x, lnprior, lnlike, blobs\nEqually weighted draws (systematic resampling) as matrices and "
     "vectors.\n@param n (the effective number of samples, at least 1000) how many"},
    {"points", n_points,
     "points() -> table\nAll points by rising likelihood: x, u, lnprior, lnlike, birth, live, lnvol, lnweight; and "
     "lnz, "
     "lnz_err,\ninformation, ess, n."},
    {"merge", n_merge, "merge(other, ...) -> table\nSeveral runs on the same target as one, in the form of points()."},
    {"errors", n_errors,
     "errors{ n =, by = } -> vec\nRealisations of ln Z; their spread is its error.\n@param n (100) how many\n"
     "@param by (jitter) draw the shrinkage of the volume at every point; 'bootstrap': resample the lines of descent\n"
     "@param seed (1) seed"},
    {"summary", n_summary,
     "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective sample size and prior edge of each parameter and "
     "blob, from all points with\ntheir weights."},
    {NULL, NULL, NULL},
};

static void n_tostring(lua_State *L, void *obj)
{
    nested *e = obj;
    bool have = fresh(e) == GAL_OK;
    if (!have)
        gal_error_clear();
    char text[200];
    snprintf(text, sizeof text, "nested   ln Z = %.3f +- %.3f   ESS %.0f   %llu likelihoods   %s",
             have ? e->rec.lnz : NAN, have ? e->rec.lnz_err : NAN, have ? e->rec.ess : 0,
             (unsigned long long)gal_nested_calls(e->s), gal_run_end_name(gal_nested_end(e->s)));
    lua_pushstring(L, text);
}

const gal_lua_class gal_lua_nested = {
    .name = "nested",
    .doc = "Nested sampling of a target: evidence and posterior.",
    .methods = n_methods,
    .fields = n_fields,
    .free = nested_free,
    .get = n_get,
    .tostring = n_tostring,
};
static const gal_lua_class gal_lua_nested_record = {
    .name = "nested_record", .doc = "Merged runs.", .free = nested_free};

/* ------------------------------------------------------------------ results files */
static gal_status engine_put(gal_result *r, const void *engine, const gal_result_map *map)
{
    return gal_result_put_nested(r, ((const nested *)engine)->s, map);
}

static gal_status engine_restore(void **out, const gal_result *r, const gal_target *t)
{
    nested *e = GAL_NEW(nested);
    if (!e)
        return GAL_ENOMEM;
    gal_status st = gal_result_restore_nested(&e->s, r, t);
    if (st != GAL_OK) {
        gal_free(e);
        e = NULL;
    }
    *out = e;
    return st;
}

const gal_lua_engine gal_lua_engine_nested = {"nested", &gal_lua_nested, engine_put, engine_restore};

/* ------------------------------------------------------------------ making one */
/* names of the list at option `name` get `value` in wrap */
static void take_wrap(lua_State *L, gal_lua_opts *o, const char *name, const gal_target *t, unsigned char value,
                      unsigned char *wrap, bool *any)
{
    if (!gal_lua_opt_push(o, name))
        return;
    if (!lua_istable(L, -1))
        gal_lua_opt_typeerror(o, name, "a list of parameter names", -1);
    int list = lua_gettop(L);
    for (size_t i = 1; i <= lua_objlen(L, list); i++) {
        lua_rawgeti(L, list, (int)i);
        const char *want = lua_tostring(L, -1);
        size_t k = 0;
        while (want && k < t->ndim && strcmp(t->names[k], want) != 0)
            k++;
        if (!want || k == t->ndim) {
            char hint[120];
            gal_did_you_mean(hint, sizeof hint, want ? want : "?", t->names, t->ndim);
            gal_lua_error(L, GAL_ENOTFOUND, "nested: %s: no free parameter '%s'%s", name, want ? want : "?", hint);
        }
        if (wrap[k] != GAL_WRAP_NONE)
            gal_lua_error(L, GAL_EINVAL, "nested: parameter '%s' is named twice in periodic and reflective", want);
        wrap[k] = value;
        *any = true;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int nested_create(lua_State *L)
{
    static const char *const SAMPLE[] = {"auto", "unif", "rwalk", "slice", "rslice"};
    static const char *const BOUND[] = {"auto", "none", "single", "multi"};
    static const char *const DIRS[] = {"auto", "bound", "live", "mix"};
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "nested");
    unsigned char *wrap = lua_newuserdata(L, t->ndim + 1);
    bool any = false;
    memset(wrap, 0, t->ndim + 1);
    gal_nested_opt no = {0};
    no.live = (size_t)gal_lua_opt_int(&o, "live", 0, 0, 10000000);
    no.replace = (size_t)gal_lua_opt_int(&o, "replace", 0, 0, 10000000);
    no.dlogz = gal_lua_opt_range(&o, "dlogz", 0, 0, 1e6);
    no.sample = (gal_nested_sample)gal_lua_opt_choice(&o, "sample", SAMPLE, 5, 0);
    no.bound = (gal_nested_bound)gal_lua_opt_choice(&o, "bound", BOUND, 4, 0);
    no.dirs = (gal_nested_dirs)gal_lua_opt_choice(&o, "directions", DIRS, 4, 0);
    no.walks = (size_t)gal_lua_opt_int(&o, "walks", 0, 0, 1000000);
    no.accept = gal_lua_opt_range(&o, "accept", 0, 0, 1);
    no.slices = (size_t)gal_lua_opt_int(&o, "slices", 0, 0, 1000000);
    no.enlarge = gal_lua_opt_range(&o, "enlarge", 0, 0, 1e6);
    no.bootstrap = gal_lua_opt_int(&o, "bootstrap", 0, -1, 1000);
    no.dynamic = gal_lua_opt_bool(&o, "dynamic", false);
    no.batch = (size_t)gal_lua_opt_int(&o, "batch", 0, 0, 10000000);
    no.posterior = gal_lua_opt_range(&o, "posterior", 0.8, 0, 1);
    if (no.posterior == 0)
        no.posterior = -1; /* 0 is "default" in C */
    no.maxfrac = gal_lua_opt_range(&o, "maxfrac", 0, 0, 1);
    no.ess = gal_lua_opt_range(&o, "ess", 0, 0, 1e12);
    no.lnz_err = gal_lua_opt_range(&o, "lnz_err", 0, 0, 1e6);
    no.seed = gal_lua_opt_given(&o, "seed") ? (uint64_t)gal_lua_opt_range(&o, "seed", 1, 0, 9007199254740992.)
                                            : gal_lua_seed(L);
    no.source = (uint64_t)gal_lua_opt_range(&o, "source", 0, 0, 9007199254740992.);
    take_wrap(L, &o, "periodic", t, GAL_WRAP_PERIODIC, wrap, &any);
    take_wrap(L, &o, "reflective", t, GAL_WRAP_REFLECTIVE, wrap, &any);
    no.wrap = any ? wrap : NULL;
    gal_lua_opts_end(&o);
    nested *e = GAL_NEW(nested);
    if (!e)
        return gal_lua_fail(L);
    if (gal_nested_create(&e->s, t, &no) != GAL_OK) {
        gal_free(e);
        return gal_lua_fail(L);
    }
    gal_lua_push(L, &gal_lua_nested, e);
    gal_lua_keep(L, -1, 1, "target");
    return 1;
}

void gal_luaopen_nested(lua_State *L);
void gal_luaopen_nested(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"nested", nested_create,
         "nested(target, options) -> nested\nNested sampling of a target (Skilling 2006); options as for "
         "sampler.nested.\n"
         "@param live (500) live points\n@param replace (live/20, at most 64) points replaced in one iteration\n"
         "@param dlogz stop when the live points can add less to ln Z\n@param sample (auto) unif, rwalk, slice, "
         "rslice\n"
         "@param bound (multi) none, single, multi\n@param directions of rwalk (live) and rslice (mix): live, bound, "
         "mix\n"
         "@param walks steps of rwalk\n@param accept fraction rwalk aims at\n@param slices slices of rslice, passes of "
         "slice\n@param enlarge volume factor of the bound\n@param bootstrap resamplings that widen the bound\n"
         "@param periodic names of parameters that go round\n@param reflective names of parameters that fold back\n"
         "@param dynamic (false) add batches where they help\n@param batch (live) live points of a batch\n"
         "@param posterior (0.8) share of the posterior in what helps\n@param maxfrac (0.8) importance that bounds a "
         "batch\n@param ess (10000) dynamic: effective sample size wanted\n@param lnz_err dynamic: error of ln Z "
         "wanted\n@param seed (session) seed\n@param source (0) further key of the random numbers"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_nested);
    gal_lua_class_register(L, &gal_lua_nested_record);
    gal_lua_module(L, NULL, rows, NULL);
}
