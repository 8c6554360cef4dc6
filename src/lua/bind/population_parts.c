/* Bulges, discs and knots of a population and their gradient: pop:parts, pop:parts_gradient. */
#include "galua/num.h"
#include "lua/bind/population.h"

#include <math.h>
#include <string.h>

#define LN10 2.302585092994046
static const char *const part_names[GAL_POP_PARTS] = {"bulge", "disc", "knots"};

static double option_tobs(lua_State *L, int at, const char *name)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, at, name);
    double tobs = gal_lua_opt_num(&o, "t_obs", NAN);
    gal_lua_opts_end(&o);
    return tobs;
}

/* of galaxies themselves */
static gal_pop_galaxies alone(const pop_handle *p)
{
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    g.merging = NULL;
    return g;
}

int gal_lua_pop_parts(lua_State *L)
{
    lua_settop(L, 4);
    pop_handle *p = gal_lua_pop_plan(L, option_tobs(L, 4, "population.parts"));
    const size_t each = p->nb * p->n;
    gal_pop_galaxies g = alone(p);
    double *flux = gal_lua_scratch(L, GAL_POP_PARTS * each), dim = gal_lua_pop_dimming(p, p->at_z);
    lua_newtable(L);
    int out = lua_gettop(L);
    double *mass = gal_lua_pushmat(L, GAL_POP_PARTS, p->n);
    lua_setfield(L, out, "mass");
    gal_lua_checkstatus(L, gal_pop_parts(p->plan, &g, p->split, flux, mass));
    for (size_t k = 0; k < GAL_POP_PARTS; k++) {
        double *m = gal_lua_pushmat(L, p->nb, p->n);
        for (size_t i = 0; i < each; i++)
            m[i] = (p->dim ? p->dim[i % p->n] : dim) - 2.5 * log10(flux[k * each + i]);
        lua_setfield(L, out, part_names[k]);
    }
    return 1;
}

/* field `name` of the table at 4, [rows][n], or NULL; it stays on the stack */
static const double *field(lua_State *L, gal_lua_opts *o, const char *name, size_t rows, size_t n)
{
    size_t r, c;
    if (!gal_lua_opt_push(o, name))
        return NULL;
    const double *x = gal_lua_checkmat(L, lua_gettop(L), &r, &c);
    if (r != rows || c != n)
        gal_lua_error(L, GAL_EINVAL,
                      "population.parts_gradient: %s needs a derivative for each of %d x %d, got %d x %d", name,
                      (int)rows, (int)n, (int)r, (int)c);
    return x;
}

int gal_lua_pop_parts_gradient(lua_State *L)
{
    gal_lua_opts o;
    lua_settop(L, 5);
    gal_lua_checktype(L, 4, LUA_TTABLE);
    pop_handle *p = gal_lua_pop_plan(L, option_tobs(L, 5, "population.parts_gradient"));
    luaL_checkstack(L, 60, "population");
    const size_t n = p->n, each = p->nb * n;
    gal_pop_galaxies g = alone(p);
    gal_lua_opts_begin(L, &o, 4, "population.parts_gradient");
    const double *gmag[GAL_POP_PARTS], *gmass = field(L, &o, "mass", GAL_POP_PARTS, n);
    for (size_t k = 0; k < GAL_POP_PARTS; k++)
        gmag[k] = field(L, &o, part_names[k], p->nb, n);
    gal_lua_opts_end(&o);
    double *flux = gal_lua_scratch(L, 2 * GAL_POP_PARTS * each), *gf = flux + GAL_POP_PARTS * each,
           *gdim = gal_lua_scratch(L, n), *gsplit = gal_lua_scratch(L, GAL_POP_SPLIT_N * n);
    gal_lua_checkstatus(L, gal_pop_parts(p->plan, &g, p->split, flux, NULL));
    memset(gdim, 0, n * sizeof *gdim);
    for (size_t k = 0; k < GAL_POP_PARTS; k++)
        for (size_t i = 0; i < each; i++) {
            double x = gmag[k] ? gmag[k][i] : 0;
            gf[k * each + i] = x != 0 ? x * (-2.5 / LN10) / flux[k * each + i] : 0;
            gdim[i % n] += x;
        }
    gal_pop_adjoint by;
    gal_lua_pop_adjoint(L, p, &by);
    double *merge = by.merge;
    by.merge = by.node = NULL;
    gal_lua_checkstatus(L, gal_pop_parts_vjp(p->plan, &g, p->split, gf, gmass, &by, gsplit));
    if (merge) /* what rapid quenching passes on */
        memset(merge, 0, n * sizeof *merge);
    by.merge = merge;
    int out = lua_gettop(L);
    for (size_t k = 0; k < GAL_POP_SPLIT_N; k++) {
        gal_lua_pushvec_copy(L, gsplit + k * n, n);
        lua_setfield(L, out, gal_lua_pop_split[k].name);
    }
    return gal_lua_pop_named(L, p, p->plan, &by, gdim);
}
