/* Lua: g:band_flux(filters), g:photometry(filters). The weights of the last few lists of filters are kept with the galaxy, so that a loop costs
 * what a fit's evaluation does, and a microsecond or two for the list and what is given. */
#include "lua/bind/l_classes.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS = 4, FEW = 64 };

/* A list of filters, counted by the block around it: those whose weights are kept, and those of what photometry() gave. */
typedef struct band_list {
    gal_buf *block;
    size_t n;
    const void **handle; /* [n] the Lua values, which the galaxy's handle keeps alive: an address is one filter */
    gal_filter *filter[];
} band_list;

typedef struct slot {
    band_list *list;
    gal_phot *phot;
    unsigned closed; /* gal_lua_closed() when the handles were seen to be open */
} slot;

struct gal_lua_bands {
    slot slot[SLOTS];
    size_t next; /* to be given up */
};

/* What photometry() gives: rows are made when they are looked at. The layout is that of lua/galua/band_fluxes.lua. */
typedef struct band_fluxes {
    gal_buf *block; /* of its list of filters */
    int32_t n, pad;
    double flux[];
} band_fluxes;

static void list_free(void *obj)
{
    band_list *b = obj;
    for (size_t i = 0; i < b->n; i++)
        gal_filter_unref(b->filter[i]);
    gal_free(b->handle);
    gal_free(b);
}

static void clear(slot *s)
{
    gal_phot_free(s->phot);
    if (s->list)
        gal_buf_unref(s->list->block);
    *s = (slot){0};
}

void gal_lua_bands_free(struct gal_lua_bands *b)
{
    for (int i = 0; b && i < SLOTS; i++)
        clear(&b->slot[i]);
    gal_free(b);
}

static band_list *list_create(gal_filter *const *f, size_t n)
{
    band_list *b = gal_calloc(1, sizeof *b + n * sizeof *f);
    if (!b)
        return NULL;
    if (!(b->handle = GAL_NEWN(const void *, n)) || !(b->block = gal_buf_wrap(list_free, b))) {
        gal_free(b->handle);
        gal_free(b);
        return NULL;
    }
    b->n = n;
    for (size_t i = 0; i < n; i++)
        b->filter[i] = gal_filter_ref(f[i]);
    return b;
}

/* The slot whose handles are those of the list at stack place 2, or NULL. Nothing of the handles themselves is read: twenty of them would be
 * fetched from memory, where the model has displaced them. */
static slot *known(lua_State *L, const gal_lua_galaxy *m, size_t n)
{
    unsigned closed = gal_lua_closed();
    int top = lua_gettop(L);
    if (!m->bands || n == 0 || n > FEW || !lua_checkstack(L, FEW))
        return NULL;
    const void *handle[FEW];
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        handle[i] = lua_touserdata(L, -1);
    }
    lua_settop(L, top);
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &m->bands->slot[i];
        if (s->list && s->closed == closed && s->list->n == n &&
            memcmp(s->list->handle, handle, n * sizeof *handle) == 0)
            return s;
    }
    return NULL;
}

/* A slot for the list at stack place 2, checked: the oldest is given up for it. The list is copied: its handles stay alive with the galaxy's. */
static slot *add_slot(lua_State *L, gal_lua_galaxy *m, size_t n)
{
    gal_filter **f = lua_newuserdata(L, (n + 1) * sizeof *f);
    gal_lua_check_list(L, 2, &gal_lua_filter, (void **)f, n);
    unsigned closed = gal_lua_closed();
    if (!m->bands && !(m->bands = GAL_NEW(struct gal_lua_bands)))
        gal_lua_fail(L);
    size_t at = m->bands->next;
    slot *s = &m->bands->slot[at];
    m->bands->next = (at + 1) % SLOTS;
    clear(s);
    char name[16];
    snprintf(name, sizeof name, "bands%d", (int)at);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        lua_rawseti(L, -2, (int)i + 1);
    }
    gal_lua_keep(L, 1, lua_gettop(L), name);
    gal_status st = gal_galaxy_phot_create(&s->phot, m->g, f, n);
    if (st != GAL_OK || !(s->list = list_create(f, n))) {
        clear(s);
        gal_lua_fail(L);
    }
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        s->list->handle[i] = lua_touserdata(L, -1);
        lua_pop(L, 1);
    }
    s->closed = closed;
    return s;
}

/* Fluxes of the list of filters at stack place 2, not empty, into flux[n]; the slot of their weights */
static slot *fluxes(lua_State *L, gal_lua_galaxy *m, size_t n, double *flux)
{
    int top = lua_gettop(L);
    slot *s = known(L, m, n);
    if (!s)
        s = add_slot(L, m, n);
    lua_settop(L, top);
    gal_lua_galaxy_ready(L, m);
    gal_status st = gal_galaxy_photometry(m->g, m->ws, s->phot, m->theta, flux);
    for (size_t i = 0; st == GAL_OK && i < n; i++)
        if (!gal_phot_covered(s->phot)[i])
            st = gal_galaxy_check_band(m->g, s->phot, i, m->theta[GAL_P_REDSHIFT]);
    if (st != GAL_OK)
        gal_lua_fail(L);
    return s;
}

/* array of filter handles -> vec of band fluxes [mJy]; a band that is not covered is an error naming it */
int gal_lua_galaxy_band_flux(lua_State *L)
{
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    if (!lua_istable(L, 2))
        return gal_lua_argerror(L, 2, "a list of filters");
    size_t n = lua_objlen(L, 2);
    double *out = gal_lua_pushvec(L, n);
    if (n > 0)
        fluxes(L, m, n, out);
    else
        gal_lua_galaxy_evaluate(L, m);
    return 1;
}

/* filters, or the name of some -> their fluxes, of which lua/galua/band_fluxes.lua makes rows when they are looked at */
int gal_lua_galaxy_photometry(lua_State *L)
{
    static const char key;
    gal_lua_galaxy *m = gal_lua_check(L, 1, &gal_lua_galaxy_class);
    size_t n = lua_istable(L, 2) ? lua_objlen(L, 2) : 0;
    if (n == 0 || n > 1000000) { /* a name; or what is wrong is said */
        gal_lua_push_hook(L, "band_list", "galua.band_fluxes");
        lua_pushvalue(L, 2);
        lua_call(L, 1, 1);
        lua_replace(L, 2);
        n = lua_objlen(L, 2);
    }
    lua_settop(L, 2);
    band_fluxes *out = gal_lua_new_struct(L, &key, "band_fluxes", "galua.band_fluxes", (int)n);
    if (!out)
        return gal_lua_fail(L);
    const slot *s = fluxes(L, m, n, out->flux);
    out->block = gal_buf_ref(s->list->block);
    out->n = (int32_t)n;
    return 1;
}

void gal_lua_band_fluxes_release(void *p)
{
    gal_buf_unref(((band_fluxes *)p)->block);
    ((band_fluxes *)p)->block = NULL;
}

/* (what photometry gave, i from 0, in range) -> the filter. For lua/galua/band_fluxes.lua alone, which checks both. */
int gal_lua_band_filter(lua_State *L)
{
    const band_fluxes *p = lua_topointer(L, 1);
    const band_list *list = gal_buf_owner(p->block);
    gal_lua_push(L, &gal_lua_filter, gal_filter_ref(list->filter[(size_t)lua_tonumber(L, 2)]));
    return 1;
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
    double *grad = lua_newuserdata(L, (npar + nb) * sizeof *grad);
    if (!m->tangent)
        gal_lua_checkstatus(L, gal_tangent_create(&m->tangent, m->g));
    memset(grad, 0, npar * sizeof *grad);
    if (nb > 0) {
        const slot *s = fluxes(L, m, nb, grad + npar); /* checks the filters and evaluates */
        gal_lua_checkstatus(L, gal_tangent_gradient(m->tangent, m->ws, s->phot, m->theta, weight, grad));
    } else {
        gal_lua_galaxy_evaluate(L, m);
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
    double *work = lua_newuserdata(L, (npar + nb) * sizeof *work), *column = work + npar;
    double *out = gal_lua_pushmat(L, nb, np);
    if (!m->tangent)
        gal_lua_checkstatus(L, gal_tangent_create(&m->tangent, m->g));
    gal_status st = GAL_OK;
    const slot *s = NULL;
    if (nb > 0)
        s = fluxes(L, m, nb, column); /* checks the filters and evaluates */
    else
        gal_lua_galaxy_evaluate(L, m);
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
        st = gal_tangent_photometry(m->tangent, m->ws, s->phot, m->theta, work, column);
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
    GAL_LUA_TEXTS(L, i, gal_tangent_differences(m->tangent), gal_tangent_difference(m->tangent, i));
    return 1;
}
