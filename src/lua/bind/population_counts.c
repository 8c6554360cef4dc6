/* Soft counts of a population in bins of magnitudes and colours, and their gradient: pop:counts, pop:counts_gradient. */
#include "lua/bind/population.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

typedef struct request {
    gal_pop_axis axis[GAL_SOFT_MAXAXIS];
    gal_pop_cut cut[GAL_SOFT_MAXAXIS];
    gal_pop_count_spec spec;
    double tobs;
    size_t size;
} request;

/* coefficients of options band and minus, kept on the stack */
static const double *combination(gal_lua_opts *o, size_t nb)
{
    double *c = gal_lua_scratch(o->L, nb);
    memset(c, 0, nb * sizeof *c);
    int band = gal_lua_opt_int(o, "band", 0, 0, (int)nb), minus = gal_lua_opt_int(o, "minus", 0, 0, (int)nb);
    if (band < 1)
        gal_lua_error(o->L, GAL_EINVAL, "%s: band, the number of a filter in the list, is needed", o->fn);
    c[band - 1] = 1;
    if (minus)
        c[minus - 1] -= 1;
    return c;
}

static void read_axis(lua_State *L, size_t nb, gal_pop_axis *a)
{
    gal_lua_opts o;
    size_t n;
    gal_lua_opts_begin(L, &o, lua_gettop(L), "population: axis");
    a->bins.edge = gal_lua_opt_vec(&o, "edges", &n);
    if (!a->bins.edge || n < 2)
        gal_lua_error(L, GAL_EINVAL, "population: axis: at least two edges are needed");
    a->bins.nbin = n - 1;
    a->bins.width = gal_lua_req_num(&o, "width");
    a->coef = combination(&o, nb);
    gal_lua_opts_end(&o);
}

static void read_cuts(lua_State *L, size_t nb, request *r)
{
    int list = lua_gettop(L);
    if (!lua_istable(L, list))
        gal_lua_error(L, GAL_EINVAL, "population: cuts must be a list of tables { band =, at =, width = }");
    r->spec.ncut = lua_objlen(L, list);
    if (r->spec.ncut > GAL_SOFT_MAXAXIS)
        gal_lua_error(L, GAL_EINVAL, "population: %d cuts, at most %d are possible", (int)r->spec.ncut,
                      GAL_SOFT_MAXAXIS);
    for (size_t k = 0; k < r->spec.ncut; k++) {
        gal_lua_opts o;
        lua_rawgeti(L, list, (int)k + 1);
        gal_lua_opts_begin(L, &o, lua_gettop(L), "population: cut");
        r->cut[k] = (gal_pop_cut){.at = gal_lua_req_num(&o, "at"),
                                  .width = gal_lua_req_num(&o, "width"),
                                  .below = gal_lua_opt_bool(&o, "below", false)};
        r->cut[k].coef = combination(&o, nb);
        gal_lua_opts_end(&o);
    }
}

/* the table at place 4; what it holds stays on the stack */
static void read(lua_State *L, request *r)
{
    const pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    gal_lua_checktype(L, 2, LUA_TTABLE);
    gal_lua_checktype(L, 4, LUA_TTABLE);
    luaL_checkstack(L, 100, "population");
    size_t nb = lua_objlen(L, 2), nw = 0;
    gal_lua_opts o;
    *r = (request){.size = 1};
    gal_lua_opts_begin(L, &o, 4, "population.counts");
    r->tobs = gal_lua_opt_num(&o, "t_obs", NAN);
    const double *w = gal_lua_opt_vec(&o, "weights", &nw);
    if (w && nw != p->n)
        gal_lua_error(L, GAL_EINVAL, "population: %d weights for %d galaxies", (int)nw, (int)p->n);
    size_t n = 0;
    while (n < GAL_SOFT_MAXAXIS && gal_lua_opt_pushpos(&o, (int)n + 1)) {
        read_axis(L, nb, r->axis + n);
        r->size *= r->axis[n++].bins.nbin;
    }
    if (n == 0 || lua_objlen(L, 4) > n)
        gal_lua_error(L, GAL_EINVAL, "population: counts need 1 .. %d axes { band =, edges =, width = }",
                      GAL_SOFT_MAXAXIS);
    if (gal_lua_opt_push(&o, "cuts"))
        read_cuts(L, nb, r);
    gal_lua_opts_end(&o);
    r->spec.axis = r->axis, r->spec.naxis = n, r->spec.cut = r->cut, r->spec.weight = w;
}

/* magnitudes that distances add */
static const double *dimming(lua_State *L, const pop_handle *p)
{
    if (p->dim || !(p->at_z > 0))
        return p->dim;
    double dim = gal_lua_pop_dimming(p, p->at_z), *x = gal_lua_scratch(L, p->n);
    for (size_t i = 0; i < p->n; i++)
        x[i] = dim;
    return x;
}

int gal_lua_pop_counts(lua_State *L)
{
    request r;
    lua_settop(L, 4);
    read(L, &r);
    pop_handle *p = gal_lua_pop_plan(L, r.tobs);
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    r.spec.dim = dimming(L, p);
    double *c =
        r.spec.naxis == 2 ? gal_lua_pushmat(L, r.axis[0].bins.nbin, r.axis[1].bins.nbin) : gal_lua_pushvec(L, r.size);
    gal_lua_checkstatus(L, gal_pop_count(p->plan, &g, &r.spec, c));
    return 1;
}

int gal_lua_pop_counts_gradient(lua_State *L)
{
    request r;
    size_t rows, cols = 1;
    lua_settop(L, 5);
    read(L, &r);
    const double *gc = r.spec.naxis == 2 ? gal_lua_checkmat(L, 5, &rows, &cols) : gal_lua_checkvec(L, 5, &rows);
    if (rows * cols != r.size || (r.spec.naxis == 2 && rows != r.axis[0].bins.nbin))
        return gal_lua_error(L, GAL_EINVAL, "population: the loss needs a derivative for each of %d counts, got %d",
                             (int)r.size, (int)(rows * cols));
    pop_handle *p = gal_lua_pop_plan(L, r.tobs);
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    gal_pop_adjoint by;
    r.spec.dim = dimming(L, p);
    double *gdim = gal_lua_scratch(L, p->n), *gw = gal_lua_scratch(L, p->n);
    gal_lua_pop_adjoint(L, p, &by);
    gal_lua_checkstatus(L, gal_pop_count_vjp(p->plan, &g, &r.spec, gc, &by, gw, gdim));
    int out = lua_gettop(L);
    gal_lua_pushvec_copy(L, gw, p->n);
    lua_setfield(L, out, "weights");
    return gal_lua_pop_named(L, p, p->plan, &by, gdim);
}
