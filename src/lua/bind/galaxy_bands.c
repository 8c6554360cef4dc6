/* Lua: g:band_flux(filters). The weights of the last few lists of filters are kept with the galaxy, so that a loop costs what a fit's
 * evaluation does, and a microsecond or two for the list and the vector. */
#include "lua/bind/l_classes.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum { SLOTS = 4, FEW = 64 };

typedef struct band_list {
    size_t n;
    gal_filter **filter; /* [n], kept alive by phot */
    gal_phot *phot;
} band_list;

struct gal_lua_bands {
    band_list slot[SLOTS];
    size_t next; /* to be given up */
};

static void clear(band_list *b)
{
    gal_phot_free(b->phot);
    gal_free(b->filter);
    *b = (band_list){0};
}

void gal_lua_bands_free(struct gal_lua_bands *b)
{
    for (int i = 0; b && i < SLOTS; i++)
        clear(&b->slot[i]);
    gal_free(b);
}

/* Weights of these filters: those kept, or new ones in place of the oldest. */
static gal_status bands_of(gal_lua_galaxy *m, gal_filter *const *f, size_t n, gal_phot **out)
{
    if (!m->bands && !(m->bands = GAL_NEW(struct gal_lua_bands)))
        return GAL_ENOMEM;
    for (int i = 0; i < SLOTS; i++) {
        const band_list *b = &m->bands->slot[i];
        if (b->n == n && memcmp(b->filter, f, n * sizeof *f) == 0) {
            *out = b->phot;
            return GAL_OK;
        }
    }
    band_list *b = &m->bands->slot[m->bands->next];
    m->bands->next = (m->bands->next + 1) % SLOTS;
    clear(b);
    if (!(b->filter = GAL_NEWN(gal_filter *, n)))
        return GAL_ENOMEM;
    gal_status st = gal_galaxy_phot_create(&b->phot, m->g, f, n);
    if (st != GAL_OK) {
        clear(b);
        return st;
    }
    memcpy(b->filter, f, n * sizeof *f);
    b->n = n;
    *out = b->phot;
    return GAL_OK;
}

/* Fluxes of the list of filters at stack place 2 into *flux: few[FEW] of the caller, or a block of Lua's. Returns how many. */
static size_t fluxes(lua_State *L, gal_lua_galaxy *m, double *few, double **flux)
{
    size_t nb = lua_objlen(L, 2);
    gal_filter *some[FEW], **f = nb <= FEW ? some : lua_newuserdata(L, nb * sizeof *f);
    *flux = nb <= FEW ? few : lua_newuserdata(L, nb * sizeof **flux);
    gal_lua_check_list(L, 2, &gal_lua_filter, (void **)f, nb);
    gal_lua_galaxy_evaluate(L, m);
    gal_phot *p = NULL;
    gal_status st = nb > 0 ? bands_of(m, f, nb, &p) : GAL_OK;
    if (p && st == GAL_OK)
        st = gal_galaxy_photometry(m->g, m->ws, p, m->theta, *flux);
    for (size_t i = 0; st == GAL_OK && i < nb; i++)
        if (!gal_phot_covered(p)[i])
            st = gal_galaxy_check_band(m->g, p, i, m->theta[1]);
    gal_lua_checkstatus(L, st);
    return nb;
}

/* array of filter handles -> vec of band fluxes [mJy]; a band that is not covered is an error naming it */
int gal_lua_galaxy_band_flux(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    double few[FEW], *flux;
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of filters");
    size_t nb = fluxes(L, m, few, &flux);
    gal_lua_pushvec_copy(L, flux, nb);
    return 1;
}

/* array of filter handles, metatable -> array of rows { flux, filter } with that metatable: what else a row shows is found when it is
 * looked at (lua/galua/class/galaxy.lua) */
int gal_lua_galaxy_band_rows(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    double few[FEW], *flux;
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of filters");
    gal_lua_checktype(L, 3, LUA_TTABLE);
    size_t nb = fluxes(L, m, few, &flux);
    lua_createtable(L, (int)nb, 0);
    for (size_t i = 0; i < nb; i++) {
        lua_createtable(L, 2, 0);
        lua_pushnumber(L, flux[i]);
        lua_rawseti(L, -2, 1);
        lua_rawgeti(L, 2, (int)i + 1);
        lua_rawseti(L, -2, 2);
        lua_pushvalue(L, 3);
        lua_setmetatable(L, -2);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* The filters of the list at stack place 2 */
static gal_filter **filters_of(lua_State *L, size_t nb)
{
    gal_filter **f = lua_newuserdata(L, (nb + 1) * sizeof *f);
    gal_lua_check_list(L, 2, &gal_lua_filter, (void **)f, nb);
    return f;
}

/* g:gradient(filters, weights): derivatives of sum weight flux with respect to every parameter */
int gal_lua_galaxy_gradient(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of filters");
    size_t nb = lua_objlen(L, 2), nw, npar = gal_galaxy_npar(m->g);
    const double *weight = gal_lua_checkvec(L, 3, &nw);
    if (nw != nb)
        return gal_lua_error(L, GAL_EINVAL, "galaxy:gradient: %zu filters, but %zu weights", nb, nw);
    double few[FEW], *flux;
    fluxes(L, m, few, &flux); /* checks the filters and evaluates */
    gal_filter **f = filters_of(L, nb);
    double *grad = lua_newuserdata(L, npar * sizeof *grad);
    if (!m->tangent)
        gal_lua_checkstatus(L, gal_tangent_create(&m->tangent, m->g));
    gal_phot *p;
    memset(grad, 0, npar * sizeof *grad);
    if (nb > 0) {
        gal_lua_checkstatus(L, bands_of(m, f, nb, &p));
        gal_lua_checkstatus(L, gal_tangent_gradient(m->tangent, m->ws, p, m->theta, weight, grad));
    }
    lua_createtable(L, 0, (int)npar);
    for (size_t i = 0; i < npar; i++)
        gal_lua_set_num(L, gal_galaxy_par(m->g, i)->name, grad[i]);
    return 1;
}

/* g:jacobian(filters, names): derivatives of band fluxes, a row a filter, a column a name */
int gal_lua_galaxy_jacobian(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    if (!lua_istable(L, 2) || !lua_istable(L, 3))
        return gal_lua_argerror(L, lua_istable(L, 2) ? 3 : 2,
                                lua_istable(L, 2) ? "a list of names" : "a list of filters");
    size_t np = lua_objlen(L, 3), npar = gal_galaxy_npar(m->g), nb = lua_objlen(L, 2);
    double few[FEW], *flux;
    fluxes(L, m, few, &flux); /* checks the filters and evaluates */
    gal_filter **f = filters_of(L, nb);
    double *work = lua_newuserdata(L, (npar + nb) * sizeof *work), *column = work + npar;
    double *out = gal_lua_pushmat(L, nb, np);
    if (!m->tangent)
        gal_lua_checkstatus(L, gal_tangent_create(&m->tangent, m->g));
    gal_phot *p;
    gal_status st = nb > 0 ? bands_of(m, f, nb, &p) : GAL_OK;
    for (size_t k = 0; k < np && nb > 0 && st == GAL_OK; k++) {
        size_t i;
        lua_rawgeti(L, 3, (int)k + 1);
        const char *name = gal_lua_checkstr(L, -1);
        if ((st = gal_galaxy_find(m->g, name, &i)) != GAL_OK)
            break;
        const gal_param *par = gal_galaxy_par(m->g, i);
        double v = fabs(m->theta[i]), range = par->phi - par->plo;
        double scale = v > 0 && (par->log || !(0.1 * range > v)) ? v : isfinite(range) && range > 0 ? 0.1 * range : 1;
        memset(work, 0, npar * sizeof *work);
        work[i] = scale; /* of the size of the parameter: the step of what is differenced */
        st = gal_tangent_photometry(m->tangent, m->ws, p, m->theta, work, column);
        for (size_t b = 0; b < nb; b++)
            out[b * np + k] = column[b] / scale;
        lua_pop(L, 1);
    }
    gal_lua_checkstatus(L, st);
    return 1;
}

/* g:differences() -> list of the components whose derivatives are differences */
int gal_lua_galaxy_differences(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    if (!m->tangent)
        gal_lua_checkstatus(L, gal_tangent_create(&m->tangent, m->g));
    lua_newtable(L);
    for (size_t i = 0; i < gal_tangent_differences(m->tangent); i++) {
        lua_pushstring(L, gal_tangent_difference(m->tangent, i));
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}
