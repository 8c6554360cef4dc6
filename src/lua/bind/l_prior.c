/* Lua: priors. prior.NAME(arguments) -> handle; the arguments are those of the C constructors, in their order. */
#include "galua/prior.h"
#include "lua/bind/l_classes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void prior_free(void *obj)
{
    gal_prior_unref(obj);
}

static const gal_prior *self(lua_State *L)
{
    return gal_lua_check(L, 1, &gal_lua_prior);
}

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_prior *p = obj;
    double lo, hi;
    gal_prior_value_bounds(p, &lo, &hi);
    if (strcmp(key, "kind") == 0)
        return lua_pushstring(L, gal_prior_class_of(p)->name), 1;
    if (strcmp(key, "text") == 0)
        return lua_pushstring(L, gal_prior_text(p)), 1;
    if (strcmp(key, "lo") == 0)
        return lua_pushnumber(L, lo), 1;
    if (strcmp(key, "hi") == 0)
        return lua_pushnumber(L, hi), 1;
    if (strcmp(key, "log") == 0)
        return lua_pushboolean(L, gal_prior_coord(p) == GAL_COORD_LOG10), 1;
    return 0;
}

static const gal_lua_field fields[] = {
    {"kind", "uniform, loguniform, ..."}, {"text", "what a script would write"}, {"lo", "lower bound of the value"},
    {"hi", "upper bound of the value"},   {"log", "sampled in log10"},           {NULL, NULL},
};

static int logpdf(lua_State *L)
{
    lua_pushnumber(L, gal_prior_logpdf_value(self(L), gal_lua_checknum(L, 2)));
    return 1;
}

static int quantile(lua_State *L)
{
    const gal_prior *p = self(L);
    double u = gal_lua_checknum(L, 2);
    if (!(u >= 0 && u <= 1))
        return gal_lua_error(L, GAL_EDOMAIN, "prior:quantile: %g is not in 0 .. 1", u);
    lua_pushnumber(L, gal_prior_value(p, gal_prior_quantile(p, u)));
    return 1;
}

static int slope(lua_State *L)
{
    const gal_prior *p = self(L);
    lua_pushnumber(L, gal_prior_slope(p, gal_prior_x(p, gal_lua_checknum(L, 2))));
    return 1;
}

static int cdf(lua_State *L)
{
    const gal_prior *p = self(L);
    lua_pushnumber(L, gal_prior_cdf(p, gal_prior_x(p, gal_lua_checknum(L, 2))));
    return 1;
}

static int arguments(lua_State *L)
{
    const double *args;
    size_t n = gal_prior_args(self(L), &args);
    gal_lua_pushvec_copy(L, args, n);
    return 1;
}

static int nodes(lua_State *L)
{
    const double *x, *lnp;
    size_t n = gal_prior_nodes(self(L), &x, &lnp);
    gal_lua_pushvec_copy(L, x, n);
    gal_lua_pushvec_copy(L, lnp, n);
    return 2;
}

static const gal_lua_row methods[] = {
    {"arguments", arguments, "arguments() -> vec\nThe numbers it was made with."},
    {"nodes", nodes, "nodes() -> vec, vec\nPositions and ln density of a tabulated prior."},
    {"logpdf", logpdf, "logpdf(value) -> number\nln of the normalised density of the value."},
    {"quantile", quantile, "quantile(u) -> number\nValue below which a fraction u of the prior lies."},
    {"slope", slope,
     "slope(value) -> number\nDerivative of ln density by the sampled coordinate; 0 outside the support."},
    {"cdf", cdf, "cdf(value) -> number\nFraction of the prior below the value."},
    {NULL, NULL, NULL},
};

static void tostring(lua_State *L, void *obj)
{
    const double *args;
    size_t n = gal_prior_args(obj, &args);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    luaL_addstring(&b, "prior.");
    if (n == 0) { /* a table */
        luaL_addstring(&b, gal_prior_text(obj));
        luaL_pushresult(&b);
        return;
    }
    luaL_addstring(&b, gal_prior_class_of(obj)->name);
    for (size_t i = 0; i < n; i++) {
        luaL_addstring(&b, i ? ", " : "(");
        gal_lua_add_number(&b, args[i]); /* an infinite one as Lua writes it */
    }
    luaL_addchar(&b, ')');
    luaL_pushresult(&b);
}

const gal_lua_class gal_lua_prior = {
    .name = "prior",
    .doc = "A normalised prior density of one parameter.",
    .methods = methods,
    .fields = fields,
    .free = prior_free,
    .get = get,
    .tostring = tostring,
};

/* upvalue 1: the class */
static int make(lua_State *L)
{
    const gal_prior_class *c = lua_touserdata(L, lua_upvalueindex(1));
    double args[8];
    int n = lua_gettop(L);
    if (n > 8)
        n = 8;
    for (int i = 0; i < n; i++)
        args[i] = gal_lua_checknum(L, i + 1);
    gal_prior *p;
    gal_lua_checkstatus(L, gal_prior_make(&p, c->name, args, (size_t)n));
    gal_lua_push(L, &gal_lua_prior, p);
    return 1;
}

/* prior.table(x, lnp[, "log10"]) */
static int prior_table(lua_State *L)
{
    size_t n, m;
    const char *coord = lua_isnoneornil(L, 3) ? "linear" : gal_lua_checkstr(L, 3);
    const double *x = gal_lua_checkvec(L, 1, &n), *lnp = gal_lua_checkvec(L, 2, &m);
    if (n != m)
        return gal_lua_error(L, GAL_EINVAL, "prior.table: %d positions but %d densities", (int)n, (int)m);
    if (strcmp(coord, "linear") != 0 && strcmp(coord, "log10") != 0)
        return gal_lua_error(L, GAL_EINVAL, "prior.table: the coordinate is 'linear' or 'log10', not '%s'", coord);
    gal_prior *p;
    gal_lua_checkstatus(
        L, gal_prior_table(&p, strcmp(coord, "log10") == 0 ? GAL_COORD_LOG10 : GAL_COORD_LINEAR, x, lnp, n));
    gal_lua_push(L, &gal_lua_prior, p);
    return 1;
}

/* Counts over bins as a table: constant inside a bin, a step of 1e-9 of its width at the edges. */
static int prior_histogram(lua_State *L)
{
    size_t ne, n;
    const double *edge = gal_lua_checkvec(L, 1, &ne), *count = gal_lua_checkvec(L, 2, &n);
    double *x = gal_lua_scratch(L, 2 * n + 1), *lnp = gal_lua_scratch(L, 2 * n + 1);
    if (ne != n + 1)
        return gal_lua_error(L, GAL_EINVAL, "prior.histogram: %d counts need %d edges, got %d", (int)n, (int)n + 1,
                             (int)ne);
    for (size_t i = 0; i < n; i++) {
        double width = edge[i + 1] - edge[i];
        if (!(count[i] >= 0 && count[i] < INFINITY))
            return gal_lua_error(L, GAL_EINVAL, "prior.histogram: count %d is %g: it must be 0 or more", (int)i + 1,
                                 count[i]);
        if (!(width > 0))
            return gal_lua_error(L, GAL_EINVAL, "prior.histogram: edges must ascend: %g after %g", edge[i + 1],
                                 edge[i]);
        x[2 * i] = i == 0 ? edge[0] : edge[i] + 1e-9 * width;
        x[2 * i + 1] = i + 1 == n ? edge[n] : edge[i + 1] - 1e-9 * width;
        lnp[2 * i] = lnp[2 * i + 1] = log(count[i] / width);
    }
    gal_prior *p;
    gal_lua_checkstatus(L, gal_prior_table(&p, GAL_COORD_LINEAR, x, lnp, 2 * n));
    gal_lua_push(L, &gal_lua_prior, p);
    return 1;
}

/* ------------------------------------------------------------------ joint priors: Dirichlet */
static void joint_free(void *obj)
{
    gal_joint_unref(obj);
}

static const gal_lua_class joint_class;

static const gal_joint *joint(lua_State *L)
{
    return gal_lua_check(L, 1, &joint_class);
}

static const double *joint_arg(lua_State *L, size_t want, const char *what)
{
    size_t n;
    const double *x = gal_lua_checkvec(L, 2, &n);
    if (n != want)
        gal_lua_error(L, GAL_EINVAL, "joint prior: got %d %s, expected %d", (int)n, what, (int)want);
    return x;
}

static int joint_logpdf(lua_State *L)
{
    const gal_joint *j = joint(L);
    lua_pushnumber(L, gal_joint_logpdf_values(j, joint_arg(L, gal_joint_nvalues(j), "values")));
    return 1;
}

static int joint_values(lua_State *L)
{
    const gal_joint *j = joint(L);
    const double *x = joint_arg(L, gal_joint_ndim(j), "coordinates");
    gal_joint_values(j, x, gal_lua_pushvec(L, gal_joint_nvalues(j)));
    return 1;
}

static int joint_coordinates(lua_State *L)
{
    const gal_joint *j = joint(L);
    const double *f = joint_arg(L, gal_joint_nvalues(j), "values");
    gal_joint_x(j, f, gal_lua_pushvec(L, gal_joint_ndim(j)));
    return 1;
}

static int joint_quantile(lua_State *L)
{
    const gal_joint *j = joint(L);
    size_t n = gal_joint_ndim(j);
    const double *u = joint_arg(L, n, "numbers of the unit cube");
    double *x = gal_lua_scratch(L, n);
    gal_joint_transform(j, 1, u, x, n);
    gal_joint_values(j, x, gal_lua_pushvec(L, gal_joint_nvalues(j)));
    return 1;
}

static const gal_lua_row joint_methods[] = {
    {"logpdf", joint_logpdf, "logpdf(values) -> number\nln density of fractions that sum to 1."},
    {"values", joint_values, "values(x) -> vec\nFractions of sampled coordinates (stick fractions, one fewer)."},
    {"coordinates", joint_coordinates, "coordinates(values) -> vec\nSampled coordinates of fractions."},
    {"quantile", joint_quantile, "quantile(u) -> vec\nFractions for a point of the unit cube: a draw, for uniform u."},
    {NULL, NULL, NULL},
};

static void joint_tostring(lua_State *L, void *obj)
{
    lua_pushfstring(L, "prior.%s", gal_joint_text(obj));
}

static const gal_lua_class joint_class = {
    .name = "joint prior",
    .doc = "A prior of several fractions that sum to 1.",
    .methods = joint_methods,
    .free = joint_free,
    .tostring = joint_tostring,
};

static int prior_dirichlet(lua_State *L)
{
    double alpha[64];
    int n = lua_gettop(L);
    if (n > 64)
        return gal_lua_error(L, GAL_EINVAL, "prior.dirichlet: at most 64 numbers, got %d", n);
    for (int i = 0; i < n; i++)
        alpha[i] = gal_lua_checknum(L, i + 1);
    gal_joint *j;
    gal_lua_checkstatus(L, gal_joint_dirichlet(&j, alpha, (size_t)n));
    gal_lua_push(L, &joint_class, j);
    return 1;
}

void gal_luaopen_prior(lua_State *L);
void gal_luaopen_prior(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"dirichlet", prior_dirichlet,
         "prior.dirichlet(alpha1, alpha2, ...) -> joint prior\nFractions that sum to 1, such as the mass formed in age "
         "bins."},
        {"histogram", prior_histogram,
         "prior.histogram(edges, counts) -> prior\nProbability in proportion to counts[i] between edges[i] and "
         "edges[i+1], "
         "such as the\nphotometric redshifts of a catalogue.\n@param edges ascending, one more than counts\n"
         "@param counts 0 or more"},
        {"table", prior_table,
         "prior.table(x, lnp[, 'log10']) -> prior\nln density up to a constant at ascending positions, in the value or "
         "its log10."},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_prior);
    gal_lua_class_register(L, &joint_class);
    gal_lua_module(
        L, "prior", rows,
        "Prior densities of parameters.\n"
        "In fit{ free = {...} } a Lua function of the sampled coordinate (log10 of the value for parameters that span\n"
        "decades) that returns ln p is a prior too: it is tabulated once over the parameter's usual range.");
    for (const gal_prior_class *const *c = gal_prior_classes(); *c; c++) {
        if (!(*c)->make)
            continue;
        lua_pushlightuserdata(L, (void *)*c);
        lua_pushcclosure(L, make, 1);
        const char *help = lua_pushfstring(L, "prior.%s(%s) -> prior\n%s", (*c)->name, (*c)->args, (*c)->doc);
        lua_insert(L, -2);
        gal_lua_module_add(L, "prior", (*c)->name, help);
        lua_pop(L, 1);
    }
}
