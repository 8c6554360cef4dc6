/* Emission lines and equivalent widths of a population and their gradients: pop:lines, pop:ew. Plans whose bands are sums over rest-frame
 * spectra, made for each call: they cost next to nothing. */
#include "galua/num.h"
#include "lua/bind/population.h"

#include <math.h>
#include <string.h>

typedef struct want {
    size_t n;            /* of what is wanted */
    size_t *line;        /* [n] of the table, or NULL: */
    gal_ew_windows *win; /* [n] */
    double *wave;        /* [n] A */
    gal_pop *plan;
} want;

static gal_status cells(const gal_pop_light *l, void *self, double *cell)
{
    const want *w = self;
    return w->line ? gal_pop_line_cells(l, w->n, w->line, cell) : gal_pop_ew_cells(l, w->n, w->win, cell);
}

/* ------------------------------------------------------------------ what is wanted */
static size_t line_named(lua_State *L, const gal_ssp *s, const char *name)
{
    const char *near = NULL;
    for (size_t i = 0; i < s->nline; i++)
        if (strcmp(s->line_name[i], name) == 0)
            return i;
    near = s->nline ? gal_nearest(name, (const char *const *)s->line_name, s->nline) : NULL;
    gal_lua_error(L, GAL_ENOTFOUND, "population.lines: the SSP table %s has %s '%s'%s%s%s", s->name,
                  s->nline ? "no line" : "no emission lines, such as", name, near ? ", did you mean '" : "",
                  near ? near : "", near ? "'?" : "");
    return 0;
}

static void read_lines(lua_State *L, const pop_handle *p, want *w)
{
    w->line = lua_newuserdata(L, w->n * sizeof *w->line);
    for (size_t i = 0; i < w->n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        w->line[i] = line_named(L, p->ssp, gal_lua_checkstr(L, lua_gettop(L)));
        w->wave[i] = p->ssp->line_wave[w->line[i]];
        lua_pop(L, 1);
    }
    for (size_t k = 1; k < p->ntable; k++) {
        const gal_ssp *s = p->table[k];
        if (s->nline != p->ssp->nline || memcmp(s->line_wave, p->ssp->line_wave, s->nline * sizeof *s->line_wave) != 0)
            gal_lua_error(L, GAL_EINVAL, "population.lines: table %d of ssp has other lines than the first",
                          (int)k + 1);
    }
}

static void read_windows(lua_State *L, want *w)
{
    w->win = lua_newuserdata(L, w->n * sizeof *w->win);
    for (size_t i = 0; i < w->n; i++) {
        gal_lua_opts o;
        lua_rawgeti(L, 2, (int)i + 1);
        gal_lua_opts_begin(L, &o, lua_gettop(L), "population.ew: feature");
        double c = gal_lua_req_num(&o, "wave"), half = gal_lua_opt_range(&o, "half", 15, 0.01, 1e4),
               near = gal_lua_opt_range(&o, "near", 50, 0.01, 1e4), far = gal_lua_opt_range(&o, "far", 100, 0.01, 1e5);
        gal_lua_opts_end(&o);
        if (!(far > near) || !(c > far))
            gal_lua_error(L, GAL_EDOMAIN,
                          "population.ew: feature %d at %g A: its continuum from %g to %g A on both sides must ascend "
                          "and lie above 0",
                          (int)i + 1, c, near, far);
        w->win[i] = (gal_ew_windows){c - half, c + half, c, c - far, c - near, c + near, c + far};
        w->wave[i] = c;
        lua_pop(L, 1);
    }
}

/* ------------------------------------------------------------------ plans */
static gal_status make(pop_handle *p, want *w, double z, double tobs)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = p->ssp;
    const bool own = p->z || p->dust;
    const size_t nb = w->line ? w->n : 2 * w->n, per = nb * s->nz * s->nage;
    const double none = 0;
    double *cell = gal_alloc(per * s->nu * p->ntable * sizeof *cell),
           *axes = gal_alloc((s->nage + s->nz + nb) * sizeof *axes);
    gal_lua_pop_forget(p);
    p->at_z = z, p->tobs = tobs;
    if (!cell || !axes)
        GAL_TRY(GAL_ENOMEM);
    if (own)
        GAL_TRY(gal_lua_pop_places(p));
    gal_pop_spec spec;
    GAL_TRY(gal_lua_pop_spec(p, axes, &spec));
    double *wave = axes + s->nage + s->nz;
    for (size_t b = 0; b < nb; b++)
        wave[b] = 1e-4 * w->wave[w->line ? b : b / 2];
    GAL_TRY(gal_lua_pop_blocks(p, (gal_pop_light){.z = 0}, per, cells, w, cell));
    spec.nb = nb, spec.cell = cell, spec.sums = true, spec.rest = true;
    spec.nred = own, spec.red = &none, spec.wave = p->dust ? wave : NULL;
    GAL_TRY(gal_pop_create(&w->plan, &spec));
    st = gal_lua_pop_relate(p, w->plan);
out:
    gal_free(cell);
    gal_free(axes);
    return st;
}

/* Arguments 2, 3 and the table at `at`; the plan, which gal_pop_free drops; nothing may raise before that */
static pop_handle *begin(lua_State *L, int at, bool lines, want *w)
{
    gal_lua_opts o;
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    *w = (want){.n = 0};
    if (!lua_istable(L, 2) || !(w->n = lua_objlen(L, 2)))
        gal_lua_argerror(L, 2, lines ? "a list of names of lines" : "a list of { wave = }");
    luaL_checkstack(L, 60, "population");
    gal_lua_opts_begin(L, &o, at, lines ? "population.lines" : "population.ew");
    double tobs = gal_lua_opt_num(&o, "t_obs", NAN), z = 0;
    gal_lua_opts_end(&o);
    if (p->z && (!lua_isnoneornil(L, 3) || !isnan(tobs)))
        gal_lua_error(
            L, GAL_EINVAL,
            "population: each galaxy has its own redshift and time of observation: leave those of the call out");
    if (!p->z) {
        z = gal_lua_checknum(L, 3);
        if (!(z >= 0))
            gal_lua_error(L, GAL_EDOMAIN, "population: redshift %g must be >= 0", z);
        tobs = isnan(tobs) ? gal_cosmo_age(p->cosmo, z) * 1e-9 : tobs;
    }
    w->wave = gal_lua_scratch(L, w->n);
    if (lines)
        read_lines(L, p, w);
    else
        read_windows(L, w);
    if (make(p, w, z, tobs) != GAL_OK) {
        gal_lua_pop_forget(p);
        gal_lua_fail(L);
    }
    return p;
}

/* flux[nb][n] of the plan -> what is wanted [n of want][n] */
static void values(const want *w, const pop_handle *p, const double *flux, double *out)
{
    for (size_t k = 0; k < w->n; k++)
        for (size_t i = 0; i < p->n; i++) {
            size_t at = w->line ? k : 2 * k;
            double x = flux[at * p->n + i];
            out[k * p->n + i] = w->line ? x : x / flux[(at + 1) * p->n + i];
        }
}

static int measure(lua_State *L, bool lines)
{
    want w;
    lua_settop(L, 4);
    pop_handle *p = begin(L, 4, lines, &w);
    gal_pop_galaxies g = gal_lua_pop_galaxies(p);
    g.error = g.offset = NULL; /* of bands alone */
    double *flux = gal_alloc((lines ? 1 : 2) * w.n * p->n * sizeof *flux);
    gal_status st = flux ? gal_pop_flux(w.plan, &g, flux, NULL) : GAL_ENOMEM;
    gal_pop_free(w.plan);
    gal_lua_pop_forget(p);
    if (st != GAL_OK) {
        gal_free(flux);
        return gal_lua_fail(L);
    }
    values(&w, p, flux, gal_lua_pushmat(L, w.n, p->n));
    gal_free(flux);
    return 1;
}

static int gradient(lua_State *L, bool lines)
{
    want w;
    size_t rows, cols;
    lua_settop(L, 5);
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    const double *g = gal_lua_checkmat(L, 4, &rows, &cols);
    if (rows != (lua_istable(L, 2) ? lua_objlen(L, 2) : 0) || cols != p->n)
        return gal_lua_error(L, GAL_EINVAL,
                             "population: the loss needs a derivative for each of %d rows x %d galaxies, got %d x %d",
                             lua_istable(L, 2) ? (int)lua_objlen(L, 2) : 0, (int)p->n, (int)rows, (int)cols);
    const size_t nb = (lines ? 1 : 2) * rows;
    double *flux = gal_lua_scratch(L, nb * p->n), *gf = gal_lua_scratch(L, nb * p->n), *gdim = gal_lua_scratch(L, p->n);
    memset(gdim, 0, p->n * sizeof *gdim); /* nothing here has a distance */
    begin(L, 5, lines, &w);
    gal_pop_galaxies all = gal_lua_pop_galaxies(p);
    all.error = all.offset = NULL;
    gal_pop_adjoint by;
    gal_status st = gal_pop_flux(w.plan, &all, flux, NULL);
    if (st != GAL_OK) {
        gal_pop_free(w.plan);
        return gal_lua_fail(L);
    }
    for (size_t k = 0; k < w.n; k++)
        for (size_t i = 0; i < p->n; i++) {
            size_t at = (lines ? k : 2 * k) * p->n + i;
            double x = g[k * p->n + i];
            gf[at] = lines ? x : x / flux[at + p->n];
            if (!lines)
                gf[at + p->n] = -x * flux[at] / (flux[at + p->n] * flux[at + p->n]);
        }
    gal_lua_pop_adjoint(L, p, &by);
    by.node = NULL;
    st = gal_pop_vjp(w.plan, &all, gf, NULL, NULL, &by);
    if (st == GAL_OK)
        gal_lua_pop_named(L, p, w.plan, &by, gdim);
    gal_pop_free(w.plan);
    gal_lua_pop_forget(p);
    return st == GAL_OK ? 1 : gal_lua_fail(L);
}

int gal_lua_pop_lines(lua_State *L)
{
    return measure(L, true);
}

int gal_lua_pop_ew(lua_State *L)
{
    return measure(L, false);
}

int gal_lua_pop_lines_gradient(lua_State *L)
{
    return gradient(L, true);
}

int gal_lua_pop_ew_gradient(lua_State *L)
{
    return gradient(L, false);
}
