/* Lua: what the table of nested sampling cannot say: periodic parameters, points, runs merged, errors of ln Z. */
#include "galua/nested.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lua/bind/sampler.h"

/* a record that stays until the collector takes it */
static void drop(void *obj)
{
    gal_nested_record_free(obj);
    gal_free(obj);
}
static const gal_lua_class record_class = {
    .name = "nested_record",
    .doc = "Merged runs of nested sampling: what was drawn, where it was born, and the evidence.",
    .free = drop};

static const gal_nested_record *record(lua_State *L, int idx)
{
    const gal_nested *s = gal_lua_test_sampler(L, idx, "nested");
    const gal_nested_record *r;
    if (!s)
        gal_lua_argerror(L, idx, "a nested sampler");
    if (gal_nested_get_record(s, &r) != GAL_OK)
        gal_lua_fail(L);
    return r;
}

/* samples{ n = } -> x, lnprior, lnlike, blobs */
static int n_samples(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "nested:samples");
    size_t m = (size_t)gal_lua_opt_int(&o, "n", 0, 0, 100000000), *index;
    gal_lua_opts_end(&o);
    const gal_nested_record *r = record(L, 1);
    gal_lua_checkstatus(
        L, gal_nested_resample(r, (uint64_t)gal_sampler_number(gal_lua_check_sampler(L, 1), "seed"), &m, &index));
    /* sizes are known: allocate, copy, free the index before anything can raise again */
    size_t *keep = lua_newuserdata(L, (m + 1) * sizeof *keep);
    memcpy(keep, index, m * sizeof *keep);
    gal_free(index);
    const gal_sampler *s = gal_lua_check_sampler(L, 1);
    gal_draw_set w;
    gal_lua_checkstatus(L, gal_sampler_draws(s, &w));
    size_t d = s->d, nb = s->nb;
    double *x = gal_lua_pushmat(L, m, d), *lp = gal_lua_pushvec(L, m), *ll = gal_lua_pushvec(L, m),
           *b = gal_lua_pushmat(L, m, nb);
    for (size_t i = 0; i < m; i++) {
        size_t k = keep[i];
        memcpy(x + i * d, w.theta + k * d, d * sizeof *x);
        if (nb > 0)
            memcpy(b + i * nb, w.blob + k * nb, nb * sizeof *b);
        lp[i] = w.lnprior[k];
        ll[i] = w.lnlike[k];
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
    push_record(L, record(L, 1));
    return 1;
}

/* merge(other, ...) -> table like points() */
static int n_merge(lua_State *L)
{
    int n = lua_gettop(L);
    const gal_nested_record **list = lua_newuserdata(L, (size_t)n * sizeof *list);
    for (int i = 0; i < n; i++)
        list[i] = record(L, i + 1);
    gal_nested_record *all = GAL_NEW(gal_nested_record); /* a handle, so that nothing leaks when pushing raises */
    if (!all)
        return gal_lua_fail(L);
    gal_lua_push(L, &record_class, all);
    gal_lua_checkstatus(L, gal_nested_record_merge(all, list, (size_t)n));
    push_record(L, all);
    return 1;
}

/* errors{ n = 100, by = "jitter" } -> vec of realisations of ln Z */
static int n_errors(lua_State *L)
{
    static const char *const BY[] = {"jitter", "bootstrap"};
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 2, "nested:errors");
    size_t n = (size_t)gal_lua_opt_int(&o, "n", 100, 2, 1000000);
    unsigned how = gal_lua_opt_choice(&o, "by", BY, 2, 0) ? GAL_NESTED_BOOTSTRAP : GAL_NESTED_JITTER;
    uint64_t seed = (uint64_t)gal_lua_opt_range(&o, "seed", 1, 0, 9007199254740992.);
    gal_lua_opts_end(&o);
    const gal_nested_record *r = record(L, 1);
    gal_lua_checkstatus(L, gal_nested_realisations(r, how, seed, n, gal_lua_pushvec(L, n)));
    return 1;
}

static const gal_lua_row n_methods[] = {
    {"samples", n_samples,
     "samples{ n = } -> x, lnprior, lnlike, blobs\nEqually weighted draws (systematic resampling) as matrices and "
     "vectors.\n@param n (the effective number of samples, at least 1000) how many"},
    {"points", n_points,
     "points() -> table\nAll points by rising likelihood, as they were sampled (without a parameter that was "
     "integrated out): x, u, "
     "lnprior, lnlike, birth, live, lnvol, lnweight; and "
     "lnz, "
     "lnz_err,\ninformation, ess, n."},
    {"merge", n_merge, "merge(other, ...) -> table\nSeveral runs on the same target as one, in the form of points()."},
    {"errors", n_errors,
     "errors{ n =, by = } -> vec\nRealisations of ln Z; their spread is its error.\n@param n (100) how many\n"
     "@param by (jitter) draw the shrinkage of the volume at every point; 'bootstrap': resample the lines of descent\n"
     "@param seed (1) seed"},
    {NULL, NULL, NULL},
};

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

static int read(lua_State *L, gal_lua_opts *o, const gal_target *t, void *opt)
{
    gal_nested_opt *to = opt;
    unsigned char *wrap = lua_newuserdata(L, t->ndim + 1);
    bool any = false;
    memset(wrap, 0, t->ndim + 1);
    take_wrap(L, o, "periodic", t, GAL_WRAP_PERIODIC, wrap, &any);
    take_wrap(L, o, "reflective", t, GAL_WRAP_REFLECTIVE, wrap, &any);
    to->wrap = any ? wrap : NULL;
    if (to->posterior == 0)
        to->posterior = -1; /* 0 is "default" in C */
    return 0;
}

void gal_luaopen_nested(lua_State *L);
void gal_luaopen_nested(lua_State *L)
{
    static const gal_lua_sampler face = {
        .name = "nested",
        .methods = n_methods,
        .options = "@param periodic names of parameters that go round: their ends are the same point\n"
                   "@param reflective names of parameters that fold back at their ends",
        .read = read};
    gal_lua_class_register(L, &record_class);
    gal_lua_sampler_register(L, &face);
}
