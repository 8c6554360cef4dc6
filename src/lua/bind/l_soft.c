/* Lua: soft_histogram, counts that change smoothly with every point, and the reverse. */
#include "galua/num.h"
#include "galua/soft.h"
#include "lua/kit/util.h"

/* x, edges, width, weights (or NULL) of the options at place 1 */
typedef struct request {
    const double *x, *edge, *w;
    size_t n, nbin;
    double width;
} request;

static request read(lua_State *L, gal_lua_opts *o)
{
    request r = {0};
    size_t ne, nw;
    r.x = gal_lua_opt_vec(o, "x", &r.n);
    r.edge = gal_lua_opt_vec(o, "edges", &ne);
    r.width = gal_lua_req_num(o, "width");
    r.w = gal_lua_opt_vec(o, "weights", &nw);
    if (!r.x || !r.edge || ne < 2)
        gal_lua_error(L, GAL_EINVAL, "soft_histogram: x and at least two edges are needed");
    if (r.w && nw != r.n)
        gal_lua_error(L, GAL_EINVAL, "soft_histogram: %d weights for %d points", (int)nw, (int)r.n);
    if (gal_check_ascending("soft_histogram: edges", r.edge, ne) != GAL_OK ||
        gal_check_finite("soft_histogram: x", r.x, r.n) != GAL_OK ||
        (r.w && gal_check_finite("soft_histogram: weights", r.w, r.n) != GAL_OK))
        gal_lua_fail(L);
    r.nbin = ne - 1;
    return r;
}

static int histogram(lua_State *L)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, 1, "soft_histogram");
    request r = read(L, &o);
    size_t ng;
    const double *g = gal_lua_opt_vec(&o, "g", &ng);
    gal_lua_opts_end(&o);
    if (g && ng != r.nbin)
        return gal_lua_error(L, GAL_EINVAL, "soft_histogram: g has %d values for %d bins", (int)ng, (int)r.nbin);
    double *count = gal_lua_pushvec(L, r.nbin), gs;
    int at = lua_gettop(L);
    gal_lua_checkstatus(L, gal_soft_histogram(r.n, r.x, r.w, r.width, r.nbin, r.edge, count));
    if (!g)
        return 1;
    lua_newtable(L);
    double *gx = gal_lua_pushvec(L, r.n);
    lua_setfield(L, at + 1, "x");
    double *gw = gal_lua_pushvec(L, r.n);
    lua_setfield(L, at + 1, "weights");
    gal_lua_checkstatus(L, gal_soft_histogram_vjp(r.n, r.x, r.w, r.width, r.nbin, r.edge, g, gx, gw, &gs));
    gal_lua_set_num(L, "width", gs);
    return 2;
}

void gal_luaopen_soft(lua_State *L);
void gal_luaopen_soft(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"soft_histogram", histogram,
         "soft_histogram{ x =, edges =, width =, ... } -> vec[, table]\nCounts in bins where each point is a triweight "
         "kernel: they change smoothly with the points. With g, the derivatives of a "
         "loss\nby the counts, the second value holds those by x, weights and width.\n"
         "@param x points, such as a row of magnitudes\n@param edges ascending edges of the bins\n@param width "
         "standard deviation of the kernel, in the unit of x\n"
         "@param weights (1) of the points, such as a soft selection\n@param g derivatives of a loss by the counts\n"
         "@example print(soft_histogram{ x = { -21, -21.3 }, edges = { -23, -22, -21, -20 }, width = 0.2 })"},
        {NULL, NULL, NULL},
    };
    gal_lua_module(L, NULL, rows, NULL);
}
