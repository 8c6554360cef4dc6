/* Lua: what the table of the no-U-turn sampler cannot say: its start, report, statistics and metrics. */
#include <math.h>
#include <string.h>

#include "galua/pathfinder.h"
#include "infer/sampler/nuts_int.h"
#include "lua/bind/sampler.h"

static gal_nuts *nuts(lua_State *L)
{
    return (gal_nuts *)gal_lua_check_sampler(L, 1);
}

static int push_report(lua_State *L, const gal_nuts *n)
{
    gal_nuts_report r;
    gal_lua_checkstatus(L, gal_nuts_diagnose(n, &r));
    const gal_lua_number num[] = {{"divergent", (double)r.divergent},
                                  {"deepest", (double)r.deepest},
                                  {"accept", r.accept},
                                  {"leapfrogs", r.leapfrogs},
                                  {"ebfmi", r.ebfmi},
                                  {"rhat", r.rhat},
                                  {"ess_bulk", r.ess_bulk},
                                  {"ess_tail", r.ess_tail}};
    lua_newtable(L);
    gal_lua_set_list(L, num, sizeof num / sizeof *num);
    gal_lua_set_text(L, "warning", r.warning);
    return 1;
}

static int n_start(lua_State *L)
{
    gal_nuts *n = nuts(L);
    size_t d = n->t->ndim;
    gal_pathfinder *p = lua_isnoneornil(L, 2) ? NULL : gal_lua_test_sampler(L, 2, "pathfinder");
    if (p) {
        gal_lua_checkstatus(L, gal_nuts_start_pathfinder(n, p));
    } else if (lua_isnoneornil(L, 2)) {
        gal_lua_checkstatus(L, gal_nuts_start_prior(n));
    } else {
        size_t rows, cols;
        const double *x = gal_lua_checkmat(L, 2, &rows, &cols);
        if (rows != n->C || cols != d)
            return gal_lua_error(L, GAL_EINVAL, "nuts:start: got %d x %d positions, expected %d chains x %d", (int)rows,
                                 (int)cols, (int)n->C, (int)d);
        gal_lua_checkstatus(L, gal_nuts_start(n, x));
    }
    lua_settop(L, 1);
    return 1;
}

static int n_report(lua_State *L)
{
    return push_report(L, nuts(L));
}

static int n_stats(lua_State *L)
{
    static const char *const NAME[GAL_NUTS_NSTATS] = {"acceptance_rate", "step_size", "tree_depth", "n_steps",
                                                      "diverging",       "energy",    "lp"};
    const gal_nuts *n = nuts(L);
    size_t rows = n->ndraws * n->C;
    lua_newtable(L);
    for (int k = 0; k < GAL_NUTS_NSTATS; k++) {
        double *v = gal_lua_pushvec(L, rows);
        for (size_t i = 0; i < rows; i++)
            v[i] = n->stat[i * GAL_NUTS_NSTATS + (size_t)k];
        lua_setfield(L, -2, NAME[k]);
    }
    return 1;
}

static int n_metric(lua_State *L)
{
    const gal_nuts *n = nuts(L);
    int c = gal_lua_checkint(L, 2, 1, (int)n->C);
    size_t d = n->t->ndim;
    gal_nuts_inverse_metric(n, (size_t)c - 1, gal_lua_pushmat(L, d, d));
    return 1;
}

static const gal_lua_row n_methods[] = {
    {"start", n_start,
     "start([positions | pathfinder]) -> nuts\nStart from draws of the prior, from chains x ndim positions, or from a "
     "pathfinder that "
     "has been run: its draws, and the covariance of its best Gaussian as the first metric."},
    {"report", n_report,
     "report() -> table\ndivergent, deepest (stopped by max_depth), accept, leapfrogs, ebfmi, rhat, ess_bulk, "
     "ess_tail, warning (one "
     "line, or empty)."},
    {"stats", n_stats,
     "stats() -> table of vec\nPer draw: acceptance_rate, step_size, tree_depth, n_steps, diverging, energy, lp."},
    {"inverse_metric", n_metric, "inverse_metric(chain) -> matrix\nOf one chain, in the unconstrained coordinates."},
    {NULL, NULL, NULL},
};

static const gal_lua_field n_fields[] = {{"step_size", "step size of each chain"}, {NULL, NULL}};

static int get(lua_State *L, void *obj, const char *key)
{
    const gal_nuts *n = obj;
    if (strcmp(key, "step_size") != 0)
        return 0;
    double *v = gal_lua_pushvec(L, n->C);
    for (size_t i = 0; i < n->C; i++)
        v[i] = n->chain[i].step;
    return 1;
}

void gal_luaopen_nuts(lua_State *L);
void gal_luaopen_nuts(lua_State *L)
{
    static const gal_lua_sampler face = {.name = "nuts", .methods = n_methods, .fields = n_fields, .get = get};
    gal_lua_sampler_register(L, &face);
}
