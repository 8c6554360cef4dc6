/* What happens to the galaxies of population{}: errors of the spectra (ssp_error), satellites that merge and are quenched before (merging), bulges and
 * knots (parts). */
#include "galua/num.h"
#include "galua/rng.h"
#include "lua/bind/population.h"

#include <math.h>
#include <string.h>

enum { P, T_INFALL, M_SATELLITE, M_HOST, WEIGHTS };
static const char *const names[] = {"p", "t_infall", "logm_infall", "loghost_infall", "weights"};

/* those of `table` that the options have */
static void parameters(gal_lua_opts *o, const gal_soft_param *table, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = gal_lua_opt_num(o, table[i].name, x[i]);
}

const gal_soft_param gal_lua_pop_split[GAL_POP_SPLIT_N] = {{.name = "tcrit", .def = 8},
                                                           {.name = "early", .def = 0.5},
                                                           {.name = "late", .def = 0.1},
                                                           {.name = "knots", .def = 0.1}};

static void read_parts(lua_State *L, gal_lua_opts *o, pop_handle *h, pop_fate *f)
{
    gal_lua_opts in;
    const bool given = gal_lua_opt_push(o, "parts");
    if (given)
        gal_lua_opts_begin(L, &in, lua_gettop(L), "population: parts");
    for (int i = 0; i < GAL_POP_SPLIT_N; i++) {
        const gal_soft_param *p = gal_lua_pop_split + i;
        f->split[i] = given ? gal_lua_pop_numbers(&in, p->name, p->def, f->nsplit + i, &h->n) : &p->def;
        f->nsplit[i] = given ? f->nsplit[i] : 1;
    }
    if (given)
        gal_lua_opts_end(&in);
}

static bool is_true(lua_State *L)
{
    return lua_type(L, -1) == LUA_TBOOLEAN && lua_toboolean(L, -1);
}

static void read_error(lua_State *L, gal_lua_opts *o, pop_handle *h, pop_fate *f)
{
    for (int i = 0; i < GAL_SSP_ERROR_N; i++)
        h->error[i] = gal_ssp_error_params()[i].def;
    if (!gal_lua_opt_push(o, "ssp_error") || (lua_type(L, -1) == LUA_TBOOLEAN && !lua_toboolean(L, -1)))
        return;
    h->erring = true;
    if (is_true(L))
        return;
    gal_lua_opts in;
    gal_lua_opts_begin(L, &in, lua_gettop(L), "population: ssp_error");
    f->scatter = gal_lua_opt_range(&in, "scatter", 0, 0, 10);
    f->seed = gal_lua_opt_int(&in, "seed", 1, 0, 2147483647);
    parameters(&in, gal_ssp_error_params(), GAL_SSP_ERROR_N, h->error);
    gal_lua_opts_end(&in);
}

void gal_lua_pop_fate(lua_State *L, gal_lua_opts *o, pop_handle *h, pop_fate *f)
{
    *f = (pop_fate){.scatter = 0};
    read_error(L, o, h, f);
    read_parts(L, o, h, f);
    for (int i = 0; i < GAL_MERGE_N; i++)
        h->infall[i] = gal_merge_params()[i].def;
    if (!gal_lua_opt_push(o, "merging"))
        return;
    gal_lua_opts in;
    gal_lua_opts_begin(L, &in, lua_gettop(L), "population: merging");
    f->host = gal_lua_opt_vec(&in, "host", &f->nhost);
    h->merges = true;
    h->infalls = gal_lua_opt_given(&in, names[T_INFALL]);
    h->quenches = gal_lua_opt_bool(&in, "rapid_quenching", false);
    for (int i = 0; i < 5; i++) {
        const bool of_infall = i >= T_INFALL && i <= M_HOST, needed = i != WEIGHTS && of_infall == h->infalls;
        if (!needed && i != WEIGHTS && !gal_lua_opt_given(&in, names[i]))
            continue;
        if (!needed && i != WEIGHTS)
            gal_lua_error(L, GAL_EINVAL,
                          "population: merging: p is given, or follows from t_infall, logm_infall and "
                          "loghost_infall: leave one of them out");
        if (needed && !gal_lua_opt_given(&in, names[i]))
            gal_lua_error(L, GAL_EINVAL, "population: merging: %s, a number or one for each galaxy, is needed",
                          names[i]);
        f->x[i] = gal_lua_pop_numbers(&in, names[i], 1, f->len + i, &h->n);
    }
    parameters(&in, gal_merge_params(), GAL_MERGE_N, h->infall);
    gal_lua_opts_end(&in);
    if (!f->host || f->nhost != h->n)
        gal_lua_error(L, GAL_EINVAL,
                      "population: merging: host, the number of its host for each of %d galaxies (0: none), is needed, "
                      "got %d numbers",
                      (int)h->n, (int)f->nhost);
    for (size_t i = 0; i < f->nhost; i++)
        if (!(f->host[i] >= 0 && f->host[i] <= (double)h->n && f->host[i] == floor(f->host[i])))
            gal_lua_error(L, GAL_EDOMAIN, "population: merging: host %g of galaxy %d must be a number of 0 .. %d",
                          f->host[i], (int)i + 1, (int)h->n);
}

gal_status gal_lua_pop_own_fate(pop_handle *p, const pop_fate *f)
{
    const size_t n = p->n;
    if (!(p->split = gal_alloc(GAL_POP_SPLIT_N * n * sizeof(double))))
        return GAL_ENOMEM;
    for (size_t i = 0; i < GAL_POP_SPLIT_N; i++)
        gal_lua_pop_spread(f->split[i], f->nsplit[i], p->split + i * n, n);
    if (p->erring && f->scatter > 0) {
        if (!(p->offset = gal_alloc(GAL_SSP_ERROR_NODES * n * sizeof(double))))
            return GAL_ENOMEM;
        for (size_t i = 0; i < n; i++) {
            gal_rng r;
            gal_rng_init(&r, (uint64_t)f->seed, 0x73737065, i, 0, 0);
            for (size_t k = 0; k < GAL_SSP_ERROR_NODES; k++)
                p->offset[k * n + i] = f->scatter * gal_rng_normal(&r);
        }
    }
    if (!p->merges)
        return GAL_OK;
    p->share = gal_lua_pop_spread(f->x[WEIGHTS], f->len[WEIGHTS], gal_alloc(n * sizeof(double)), n);
    p->host = gal_alloc(n * sizeof *p->host);
    p->prob = gal_alloc(n * sizeof(double));
    p->cut = gal_alloc(n * sizeof(double));
    p->quiet = p->burst ? gal_alloc(3 * n * sizeof(double)) : NULL;
    p->fell = p->infalls ? gal_alloc(3 * n * sizeof(double)) : NULL;
    if (!p->share || !p->host || !p->prob || !p->cut || (p->burst && !p->quiet) || (p->infalls && !p->fell))
        return GAL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        p->host[i] = f->host[i] > 0 ? (size_t)f->host[i] - 1 : i;
    if (p->infalls) {
        gal_lua_pop_spread(f->x[M_SATELLITE], f->len[M_SATELLITE], p->fell, n);
        gal_lua_pop_spread(f->x[M_HOST], f->len[M_HOST], p->fell + n, n);
        gal_lua_pop_spread(f->x[T_INFALL], f->len[T_INFALL], p->fell + 2 * n, n);
    } else {
        gal_lua_pop_spread(f->x[P], f->len[P], p->prob, n);
    }
    p->merging = (gal_pop_merging){p->prob, p->host, p->share};
    return GAL_OK;
}

void gal_lua_pop_set_fate(gal_lua_opts *o, pop_handle *p)
{
    gal_lua_opts in;
    if (p->erring && gal_lua_opt_push(o, "ssp_error")) {
        gal_lua_opts_begin(o->L, &in, lua_gettop(o->L), "population: ssp_error");
        parameters(&in, gal_ssp_error_params(), GAL_SSP_ERROR_N, p->error);
        gal_lua_opts_end(&in);
    }
    if (gal_lua_opt_push(o, "parts")) {
        size_t len, n = p->n;
        gal_lua_opts_begin(o->L, &in, lua_gettop(o->L), "population: parts");
        for (size_t i = 0; i < GAL_POP_SPLIT_N; i++)
            if (gal_lua_opt_given(&in, gal_lua_pop_split[i].name)) {
                const double *x = gal_lua_pop_numbers(&in, gal_lua_pop_split[i].name, 0, &len, &n);
                if (len != 1 && len != p->n)
                    gal_lua_error(o->L, GAL_EINVAL, "population: %s has %d values for %d galaxies",
                                  gal_lua_pop_split[i].name, (int)len, (int)p->n);
                gal_lua_pop_spread(x, len, p->split + i * p->n, p->n);
            }
        gal_lua_opts_end(&in);
    }
    if (p->infalls && gal_lua_opt_push(o, "merging")) {
        gal_lua_opts_begin(o->L, &in, lua_gettop(o->L), "population: merging");
        parameters(&in, gal_merge_params(), GAL_MERGE_N, p->infall);
        gal_lua_opts_end(&in);
    }
}

void gal_lua_pop_free_fate(pop_handle *p)
{
    gal_free(p->split);
    gal_free(p->offset);
    gal_free(p->fell);
    gal_free(p->share);
    gal_free(p->prob);
    gal_free(p->cut);
    gal_free(p->quiet);
    gal_free(p->host);
}

/* probability of galaxy i from its infall, and what gal_merge_infall says of it */
static double probability(const pop_handle *p, size_t i, double *d, double *dt)
{
    return gal_merge_infall(p->infall, p->fell[i], p->fell[p->n + i], p->z || p->dust ? p->tobss[i] : p->tobs,
                            p->fell[2 * p->n + i], d, dt);
}

static double youngest(const pop_handle *p)
{
    return log10(p->ssp->age[0]);
}

gal_status gal_lua_pop_befall(pop_handle *p)
{
    const size_t n = p->n;
    if (!p->merges || p->fated)
        return GAL_OK;
    for (size_t i = 0; i < n; i++) {
        const bool central = p->host[i] == i;
        if (p->infalls)
            p->prob[i] = central ? 0 : probability(p, i, NULL, NULL);
        if (!(p->prob[i] >= 0 && p->prob[i] <= 1))
            return gal_fail(GAL_EDOMAIN, "population: merging: galaxy %zu: probability %g must lie between 0 and 1",
                            i + 1, p->prob[i]);
        p->cut[i] = gal_quench_cut(central ? 0 : p->prob[i], youngest(p), NULL);
    }
    for (size_t i = 0; p->burst && i < 3 * n; i++)
        p->quiet[i] = i < n && p->quenches ? gal_quench_burst(p->host[i] == i ? 0 : p->prob[i], p->burst[i], NULL, NULL)
                                           : p->burst[i];
    p->fated = true;
    return GAL_OK;
}

static void push_sums(lua_State *L, int out, const char *name, const gal_soft_param *table, size_t n, const double *x)
{
    lua_newtable(L);
    for (size_t i = 0; i < n; i++)
        gal_lua_set_num(L, table[i].name, x[i]);
    lua_setfield(L, out, name);
}

/* adjoints of probabilities: what quenching and bursts add, what infall and t_obs get */
static void back(const pop_handle *p, const gal_pop_adjoint *by, double *sums)
{
    memset(sums, 0, GAL_MERGE_N * sizeof *sums);
    for (size_t i = 0; i < p->n; i++) {
        double d, df, dq[GAL_MERGE_N], dt;
        const bool central = p->host[i] == i;
        if (p->quenches) {
            gal_quench_cut(central ? 0 : p->prob[i], youngest(p), &d);
            by->merge[i] += central ? 0 : by->quench[i] * d;
        }
        if (p->quenches && p->burst) {
            gal_quench_burst(central ? 0 : p->prob[i], p->burst[i], &d, &df);
            by->merge[i] += central ? 0 : by->burst[i] * d;
            by->burst[i] *= df;
        }
        if (!p->infalls || central)
            continue;
        probability(p, i, dq, &dt);
        for (size_t k = 0; k < GAL_MERGE_N; k++)
            sums[k] += by->merge[i] * dq[k];
        if (by->tobs)
            by->tobs[i] += by->merge[i] * dt;
    }
}

void gal_lua_pop_named_fate(lua_State *L, const pop_handle *p, const gal_pop *plan, const gal_pop_adjoint *by)
{
    int out = lua_gettop(L);
    if (by->node) {
        double gp[GAL_SSP_ERROR_N];
        gal_pop_galaxies g = gal_lua_pop_galaxies(p);
        if (gal_pop_error_vjp(plan, &g, by->node, gp) != GAL_OK)
            gal_lua_fail(L);
        push_sums(L, out, "ssp_error", gal_ssp_error_params(), GAL_SSP_ERROR_N, gp);
    }
    if (by->merge) {
        double sums[GAL_MERGE_N];
        back(p, by, sums);
        gal_lua_pushvec_copy(L, by->merge, p->n);
        lua_setfield(L, out, "p_merge");
        if (p->infalls)
            push_sums(L, out, "merging", gal_merge_params(), GAL_MERGE_N, sums);
    }
}
