/* Lua: samplers, whatever their class: NAME(target, options), run, samples, summary, fields, lists. See sampler.h. */
#include "lua/bind/sampler.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "galua/result.h"
#include "lua/bind/l_classes.h"
#include "lua/kit/registry.h"

enum { MOST = 32, METHODS = 20, FIELDS = 48 };
typedef struct {
    gal_lua_class cls;
    const gal_sampler_class *sampler;
    const gal_lua_sampler *more;
    gal_lua_row method[METHODS];
    gal_lua_field field[FIELDS];
    char run_name[60];
} face;
static face faces[MOST]; /* filled alike by every state */

static face *face_of(const gal_sampler_class *c)
{
    face *f = faces;
    while (f < faces + MOST && f->sampler && f->sampler != c)
        f++;
    return f < faces + MOST ? f : NULL;
}

/* ------------------------------------------------------------------ handles */
void *gal_lua_test_sampler(lua_State *L, int idx, const char *name)
{
    void *obj;
    const gal_lua_class *cls = gal_lua_classof(L, idx, &obj);
    for (face *f = faces; cls && f < faces + MOST && f->sampler; f++)
        if (cls == &f->cls && obj && (!name || strcmp(f->sampler->name, name) == 0))
            return obj;
    return NULL;
}

gal_sampler *gal_lua_check_sampler(lua_State *L, int idx)
{
    gal_sampler *s = gal_lua_test_sampler(L, idx, NULL);
    if (!s)
        gal_lua_argerror(L, idx, "a sampler that has been started, such as an ensemble");
    return s;
}

void gal_lua_push_sampler(lua_State *L, gal_sampler *s, int target)
{
    gal_lua_push(L, &face_of(s->cls)->cls, s);
    gal_lua_keep(L, -1, target, "target");
}

void gal_lua_replace_sampler(lua_State *L, int idx, gal_sampler *s)
{
    gal_lua_replace(L, idx, &face_of(s->cls)->cls, s);
}

static void push_field(lua_State *L, const gal_sampler *s, const gal_field *f)
{
    double v = gal_sampler_value(s, f);
    if (f->type == GAL_F_FLAG || f->type == GAL_F_UNLESS)
        lua_pushboolean(L, v != 0);
    else if (f->type == GAL_F_CHOICE)
        lua_pushstring(L, f->choice[(int)v]);
    else if (f->type == GAL_F_TEXT || f->type == GAL_F_CHARS)
        lua_pushstring(L, f->text ? f->text(s) : (const char *)s + f->at);
    else
        lua_pushnumber(L, v);
}

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_sampler *s = obj;
    const gal_field *f = gal_sampler_field(s->cls, key, GAL_SHOWN);
    const gal_lua_sampler *more = face_of(s->cls)->more;
    if (f)
        push_field(L, s, f);
    else if (strcmp(key, "seconds") == 0)
        lua_pushnumber(L, s->seconds);
    else if (strcmp(key, "evaluations") == 0)
        lua_pushnumber(L, (double)s->evaluations);
    else if (strcmp(key, "state") == 0)
        lua_pushstring(L, gal_run_end_name(s->end));
    else if (strcmp(key, "state_text") == 0)
        lua_pushstring(L, s->why);
    else if (strcmp(key, "chains") == 0 || strcmp(key, "stored") == 0) {
        gal_draw_set w;
        if (gal_sampler_draws(s, &w) != GAL_OK)
            gal_error_clear();
        lua_pushnumber(L, (double)(*key == 'c' ? w.chains : w.n));
    } else if (strcmp(key, "settings") == 0) {
        lua_newtable(L);
        for (f = s->cls->field; f->type != GAL_F_END; f++)
            if (f->use & GAL_OPTION) {
                push_field(L, s, f);
                lua_setfield(L, -2, f->name);
            }
    } else
        return more && more->get ? more->get(L, obj, key) : 0;
    return 1;
}

static void tostring(lua_State *L, void *obj)
{
    const gal_sampler *s = obj;
    char text[300];
    int at = snprintf(text, sizeof text, "%s   %s", s->cls->name, gal_run_end_name(s->end));
    for (const gal_field *f = s->cls->field; f->type != GAL_F_END && at < (int)sizeof text; f++)
        if (f->use & GAL_SHOWN && (f->type == GAL_F_SIZE || f->type == GAL_F_U64 || f->type == GAL_F_REAL))
            at += snprintf(text + at, sizeof text - (size_t)at, "   %s %.6g", f->name, gal_sampler_value(s, f));
    lua_pushstring(L, text);
}

static void release(void *s)
{
    gal_sampler_free(s);
}

/* ------------------------------------------------------------------ options */
static void read_option(lua_State *L, gal_lua_opts *o, const gal_field *f, char *at)
{
    size_t n = 0;
    (void)L;
    switch (f->type) {
    case GAL_F_SIZE:
    case GAL_F_COUNT:
        if (f->hi <= INT_MAX)
            *(size_t *)at = (size_t)gal_lua_opt_int(o, f->name, (int)f->def, (int)f->lo, (int)f->hi);
        else
            *(size_t *)at = (size_t)gal_lua_opt_range(o, f->name, f->def, f->lo, f->hi);
        if (f->type == GAL_F_COUNT && *(size_t *)at == 0)
            *(size_t *)at = SIZE_MAX;
        break;
    case GAL_F_U64:
        *(uint64_t *)at = strcmp(f->name, "seed") == 0 ? gal_lua_opt_seed(o, f->name)
                                                       : (uint64_t)gal_lua_opt_range(o, f->name, f->def, f->lo, f->hi);
        break;
    case GAL_F_INT:
        *(int *)at = gal_lua_opt_int(o, f->name, (int)f->def, (int)f->lo, (int)f->hi);
        break;
    case GAL_F_REAL:
        *(double *)at =
            isinf(f->hi) ? gal_lua_opt_num(o, f->name, f->def) : gal_lua_opt_range(o, f->name, f->def, f->lo, f->hi);
        break;
    case GAL_F_FLAG:
    case GAL_F_UNLESS:
        *(bool *)at = gal_lua_opt_bool(o, f->name, f->def != 0) != (f->type == GAL_F_UNLESS);
        break;
    case GAL_F_CHOICE:
        while (f->choice[n])
            n++;
        *(int *)at = gal_lua_opt_choice(o, f->name, f->choice, n, (int)f->def);
        break;
    default:
        break;
    }
}

/* upvalue 1: the class */
static int create(lua_State *L)
{
    const gal_sampler_class *c = lua_touserdata(L, lua_upvalueindex(1));
    const gal_lua_sampler *more = face_of(c)->more;
    const gal_target *t = gal_lua_check_target(L, 1, NULL);
    gal_lua_opts o;
    gal_sampler *s;
    if (lua_type(L, 2) == LUA_TNUMBER) { /* ensemble(target, 64): the first option */
        const gal_field *first = c->field;
        while (!(first->use & GAL_OPTION))
            first++;
        lua_createtable(L, 0, 1);
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, first->name);
        lua_replace(L, 2);
    }
    gal_lua_opts_begin(L, &o, 2, c->name);
    char *opt = lua_newuserdata(L, c->opt_size + 8);
    memset(opt, 0, c->opt_size);
    for (const gal_field *f = c->field; f->type != GAL_F_END; f++)
        if (f->use & GAL_OPTION)
            read_option(L, &o, f, opt + f->at - c->opt_at);
    int keep = more && more->read ? more->read(L, &o, t, opt) : 0;
    gal_lua_opts_end(&o);
    gal_lua_checkstatus(L, gal_sampler_create(&s, c, t, opt));
    gal_lua_push_sampler(L, s, 1);
    if (keep)
        gal_lua_keep(L, -1, keep, "kept");
    return 1;
}

/* ------------------------------------------------------------------ running */
static gal_status on_hook(void *ctx, const gal_sampler *s)
{
    (void)s;
    return gal_lua_hooks_checkpoint(ctx);
}

void gal_lua_run_begin(lua_State *L, gal_lua_run *r)
{
    memset(&r->goal, 0, sizeof r->goal);
    r->s = gal_lua_check_sampler(L, 1);
    gal_lua_opts_begin(L, &r->o, 2, face_of(r->s->cls)->run_name);
}

void gal_lua_run_read(lua_State *L, gal_lua_run *r)
{
    for (const gal_field *f = r->s->cls->field; f->type != GAL_F_END; f++)
        if (f->use & GAL_GOAL && gal_lua_opt_given(&r->o, f->name))
            read_option(L, &r->o, f, (char *)&r->goal + f->at);
    gal_lua_hooks_read(&r->o, &r->h);
    gal_lua_opts_end(&r->o);
}

int gal_lua_run_go(lua_State *L, gal_lua_run *r)
{
    gal_goal *g = &r->goal.hooks;
    g->progress = gal_lua_hooks_progress(&r->h);
    g->progress_ctx = g->hook_ctx = &r->h;
    g->hook = r->h.checkpoint ? on_hook : NULL;
    g->hook_every = r->h.every;
    gal_status st = gal_sampler_run(r->s, &r->goal);
    return gal_lua_run_ended(L, &r->h, st, r->s->end);
}

static int run(lua_State *L)
{
    gal_lua_run r;
    gal_lua_run_begin(L, &r);
    gal_lua_run_read(L, &r);
    return gal_lua_run_go(L, &r);
}

/* ------------------------------------------------------------------ draws */
static int samples(lua_State *L)
{
    const gal_sampler *s = gal_lua_check_sampler(L, 1);
    gal_draws w = {0};
    gal_lua_checkstatus(L, gal_sampler_equal(s, &w));
    gal_draws *hold = gal_lua_hold_draws(L, &w); /* pushing may raise */
    return gal_lua_push_draws(L, s->t, hold->n, hold->theta, hold->lnprior, hold->lnlike, hold->blob);
}

static int summary(lua_State *L)
{
    const gal_sampler *s = gal_lua_check_sampler(L, 1);
    gal_draw_set w;
    gal_lua_checkstatus(L, gal_sampler_draws(s, &w));
    if (w.n < 4)
        return gal_lua_error(L, GAL_EINVAL, "%s:summary: %d draws are too few: %s", s->cls->name, (int)w.n, s->why);
    double *weight = w.lnw ? gal_lua_scratch(L, w.n) : NULL;
    for (size_t i = 0; weight && i < w.n; i++)
        weight[i] = exp(w.lnw[i]);
    gal_lua_kept(L, 1, "target");
    return gal_lua_push_target_summary(L, lua_gettop(L), s->cls->kind, w.n, w.chains, w.theta, w.blob, weight, 1);
}

/* the list of the class */
static int list(lua_State *L)
{
    const gal_sampler *s = gal_lua_check_sampler(L, 1);
    size_t n;
    const char *row = s->cls->list->rows(s, &n);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++, row += s->cls->list->row) {
        lua_newtable(L);
        for (const gal_item *c = s->cls->list->column; c->type != GAL_C_END; c++) {
            const char *at = row + c->at;
            if (c->type == GAL_C_REAL)
                lua_pushnumber(L, *(const double *)at);
            else if (c->type == GAL_C_SIZE)
                lua_pushnumber(L, (double)*(const size_t *)at);
            else if (c->type == GAL_C_FLAG)
                lua_pushboolean(L, *(const bool *)at);
            else if (c->type == GAL_C_TEXT)
                lua_pushstring(L, *(const char *const *)at);
            else if (c->type == GAL_C_VECTOR)
                gal_lua_pushvec_copy(L, *(double *const *)at, s->d);
            else
                memcpy(gal_lua_pushmat(L, s->d, s->d), *(double *const *)at, s->d * s->d * sizeof(double));
            lua_setfield(L, -2, c->name);
        }
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* ------------------------------------------------------------------ classes */
static int result(lua_State *L);
/* "\n@param name text" of the rows used so */
static void add_params(luaL_Buffer *b, const gal_sampler_class *c, unsigned use)
{
    for (const gal_field *f = c->field; f->type != GAL_F_END; f++)
        if (f->use & use) {
            luaL_addstring(b, "\n@param ");
            luaL_addstring(b, f->name);
            luaL_addstring(b, " ");
            luaL_addstring(b, f->doc);
        }
}

/* Pushes the help of the function that makes one, or of run. */
static const char *push_help(lua_State *L, const face *f, bool of_run)
{
    const gal_sampler_class *c = f->sampler;
    const char *further = f->more ? of_run ? f->more->run_options : f->more->options : NULL, *sep = "run{ ";
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    if (of_run) {
        for (const gal_field *g = c->field; g->type != GAL_F_END; g++)
            if (g->use & GAL_GOAL) {
                luaL_addstring(&b, sep);
                luaL_addstring(&b, g->name);
                luaL_addstring(&b, " =");
                sep = ", ";
            }
        luaL_addstring(&b, *sep == ',' ? " } -> state\n" : "run{ progress = } -> state\n");
    } else {
        lua_pushfstring(L, "%s(target, options) -> %s\n", c->name, c->name);
        luaL_addvalue(&b);
    }
    luaL_addstring(&b, of_run ? c->run_doc : c->make);
    add_params(&b, c, of_run ? GAL_GOAL : GAL_OPTION);
    if (further) {
        luaL_addstring(&b, "\n");
        luaL_addstring(&b, further);
    }
    if (of_run)
        luaL_addstring(&b,
                       "\n@param progress function(fraction, text); a true result stops\n"
                       "@param checkpoint function() called now and then\n@param checkpoint_every [s] (30) how often");
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

static void add_method(face *f, const char *name, lua_CFunction fn, const char *doc)
{
    for (size_t i = 0; i < METHODS - 1; i++)
        if (!f->method[i].name || strcmp(f->method[i].name, name) == 0) {
            f->method[i] = (gal_lua_row){name, fn, doc};
            return;
        }
}

static void add_fields(face *f)
{
    static const gal_lua_field common[] = {
        {"seconds", "[s] time spent"},
        {"evaluations", "likelihoods evaluated"},
        {"state", "how the last run ended: done, converged, limit, interrupted, failed"},
        {"state_text", "the same in a sentence"},
        {"settings", "table of all its options as they are"},
        {"chains", "chains, or walkers, of its draws"},
        {"stored", "draws kept of each"},
    };
    size_t n = 0;
    for (const gal_field *g = f->sampler->field; g->type != GAL_F_END && n < FIELDS - 1; g++)
        if (g->use & GAL_SHOWN) { /* without the default of an option */
            const char *text = g->use & GAL_OPTION && g->doc[0] == '(' ? strstr(g->doc, ") ") : NULL;
            f->field[n++] = (gal_lua_field){g->name, text ? text + 2 : g->doc};
        }
    for (const gal_lua_field *m = f->more ? f->more->fields : NULL; m && m->name && n < FIELDS - 1; m++)
        f->field[n++] = *m;
    for (size_t i = 0; i < sizeof common / sizeof *common && n < FIELDS - 1; i++)
        f->field[n++] = common[i];
}

static void open_class(lua_State *L, const gal_sampler_class *c, const gal_lua_sampler *more)
{
    int top = lua_gettop(L);
    face *f = face_of(c);
    if (!f)
        luaL_error(L, "more samplers than %d", MOST);
    f->sampler = c;
    f->more = more ? more : f->more;
    memset(f->method, 0, sizeof f->method);
    memset(f->field, 0, sizeof f->field);
    snprintf(f->run_name, sizeof f->run_name, "%s:run", c->name);
    add_method(f, "run", run, push_help(L, f, true));
    add_method(f, "samples", samples,
               c->kind == GAL_DRAWS_WEIGHTED
                   ? "samples() -> x, lnprior, lnlike, blobs\nThe weighted draws, resampled to "
                     "equal weights: as many as they are worth."
                   : "samples() -> x, lnprior, lnlike, blobs\nDraws; chains one after another "
                     "inside a draw.");
    add_method(
        f, "summary", summary,
        "summary() -> rows, rows\nMedian, 16-84 %, mean, sd, effective size, prior edge of each parameter and blob, "
        "from all draws with their weights; R-hat of chains.");
    add_method(
        f, "result", result,
        "result{ discard = } -> table\nThe draws, equally weighted, and their summary, what a strategy returns: n, x, "
        "lnprior, lnlike, blobs, parameters, derived.\n@param discard (what the sampler leaves out itself) steps of "
        "an ensemble left out, and all that other moves drew");
    if (c->list) {
        lua_pushfstring(L, "%s() -> list\n%s", c->list->name, c->list->doc);
        add_method(f, c->list->name, list, lua_tostring(L, -1));
    }
    for (const gal_lua_row *m = f->more ? f->more->methods : NULL; m && m->name; m++)
        add_method(f, m->name, m->fn, strcmp(m->name, "run") == 0 ? f->method[0].doc : m->doc);
    add_fields(f);
    f->cls = (gal_lua_class){.name = c->name,
                             .doc = c->doc,
                             .methods = f->method,
                             .fields = f->field,
                             .free = release,
                             .get = get,
                             .tostring = tostring};
    gal_lua_class_register(L, &f->cls);
    lua_pushlightuserdata(L, (void *)c);
    lua_pushcclosure(L, create, 1);
    const char *help = push_help(L, f, false);
    lua_insert(L, -2);
    gal_lua_module_add(L, NULL, c->name, help);
    lua_settop(L, top);
}

void gal_lua_sampler_register(lua_State *L, const gal_lua_sampler *more)
{
    const gal_sampler_class *c;
    if (gal_sampler_find(&c, more->name) != GAL_OK)
        gal_lua_fail(L);
    open_class(L, c, more);
}

static void push_row(lua_State *L, const gal_field *f)
{
    bool flag = f->type == GAL_F_FLAG || f->type == GAL_F_UNLESS;
    lua_newtable(L);
    gal_lua_set_text(L, "name", f->name);
    gal_lua_set_text(L, "doc", f->doc);
    gal_lua_set_text(L, "kind",
                     flag                      ? "flag"
                     : f->type == GAL_F_CHOICE ? "choice"
                     : f->type == GAL_F_REAL   ? "real"
                                               : "whole");
    gal_lua_set_num(L, "lo", f->lo);
    gal_lua_set_num(L, "hi", f->hi);
    if (flag)
        gal_lua_set_flag(L, "default", f->def != 0);
    else if (f->type == GAL_F_CHOICE)
        gal_lua_set_text(L, "default", f->choice[(int)f->def]);
    else
        gal_lua_set_num(L, "default", f->def);
    lua_newtable(L);
    for (int i = 0; f->choice && f->choice[i]; i++) {
        lua_pushstring(L, f->choice[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "choice");
}

/* engines.list() -> { { name =, doc =, make =, counts =, weighted =, evidence =, options = { row, ... }, goals = { row, ... } } }, row = { name =,
 * kind = "flag", "choice", "real" or "whole", default =, lo =, hi =, choice =, doc = } */
static int engines_list(lua_State *L)
{
    static const struct {
        const char *key;
        unsigned use;
    } ROWS[] = {{"options", GAL_OPTION}, {"goals", GAL_GOAL}};
    int n = 0;
    lua_newtable(L);
    for (const gal_sampler_class *const *c = gal_sampler_classes(); *c; c++) {
        lua_newtable(L);
        gal_lua_set_text(L, "name", (*c)->name);
        gal_lua_set_text(L, "doc", (*c)->doc);
        gal_lua_set_text(L, "make", (*c)->make);
        gal_lua_set_flag(L, "weighted", (*c)->kind == GAL_DRAWS_WEIGHTED);
        gal_lua_set_flag(L, "evidence", gal_sampler_field(*c, "lnz", GAL_SHOWN) != NULL);
        gal_lua_set_flag(L, "khat", gal_sampler_field(*c, "khat", GAL_SHOWN) != NULL);
        gal_lua_set_text(L, "chains", (*c)->chains ? (*c)->chains : "chains");
        if ((*c)->counts)
            gal_lua_set_text(L, "counts", (*c)->counts);
        for (size_t i = 0; i < 2; i++) {
            int k = 0;
            lua_newtable(L);
            for (const gal_field *f = (*c)->field; f->type != GAL_F_END; f++)
                if (f->use & ROWS[i].use) {
                    push_row(L, f);
                    lua_rawseti(L, -2, ++k);
                }
            lua_setfield(L, -2, ROWS[i].key);
        }
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* result(...): written in Lua, part.lua */
static int result(lua_State *L)
{
    int n = lua_gettop(L);
    gal_lua_check_sampler(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "galua.part");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "result");
    lua_replace(L, -2);
    lua_insert(L, 1);
    lua_call(L, n, 1);
    return 1;
}

void gal_luaopen_sampler(lua_State *L);
void gal_luaopen_sampler(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"list", engines_list, "list() -> list\nInternal: the samplers of the library and their options."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_draws);
    for (const gal_sampler_class *const *c = gal_sampler_classes(); *c; c++)
        open_class(L, *c, NULL);
    gal_lua_module(L, "engines", rows, "Samplers at work, whatever their class: see sampler.strategy.");
}
