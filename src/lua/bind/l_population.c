/* Lua: population{...}: many galaxies, histories as Diffmah and Diffstar parameters or as tables of rates; magnitudes and reverse gradients. */
#include "galua/population.h"
#include "galua/cosmo.h"
#include "galua/num.h"
#include "lua/bind/l_classes.h"
#include "lua/bind/l_diffstar.h"

#include <math.h>
#include <string.h>

typedef struct pop_handle {
    size_t n, nt;
    double *t, *par, *sfr, *lgmet, *scatter; /* [nt]; [GAL_HISTORY_N][n] or [n][nt]; [n] twice */
    double t0, fb;
    bool single, dsps, dusty;
    gal_dust_par dust;
    gal_dust_curve curve;
    gal_ssp *ssp;
    gal_cosmo *cosmo;
    /* of the last photometry: kept, as a gradient at the same place needs them */
    gal_pop *plan;
    gal_filter **filter; /* [nb] */
    size_t nb;
    double z, tobs, *flux; /* [nb][n] in units of AB zero at 10 pc */
} pop_handle;

static void forget(pop_handle *p)
{
    for (size_t b = 0; b < p->nb; b++)
        gal_filter_unref(p->filter[b]);
    gal_free(p->filter);
    gal_free(p->flux);
    gal_pop_free(p->plan);
    p->filter = NULL, p->flux = NULL, p->plan = NULL, p->nb = 0;
}

static void pop_free(void *obj)
{
    pop_handle *p = obj;
    forget(p);
    gal_free(p->t);
    gal_free(p->par);
    gal_free(p->sfr);
    gal_free(p->lgmet);
    gal_free(p->scatter);
    gal_ssp_unref(p->ssp);
    gal_cosmo_unref(p->cosmo);
    gal_free(p);
}

static const char *param_name(int i)
{
    return i < GAL_DIFFMAH_N ? gal_diffmah_params()[i].name : gal_diffstar_params()[i - GAL_DIFFMAH_N].name;
}

/* ------------------------------------------------------------------ plans */
/* cells of the filters at z and the plan, replacing the last one */
static gal_status make_plan(pop_handle *p, gal_filter **f, size_t nb, double z, double tobs)
{
    gal_status st = GAL_OK;
    const gal_ssp *s = p->ssp;
    double *cell = NULL, *axes = NULL;
    forget(p);
    if (!(p->filter = GAL_NEWN(gal_filter *, nb)))
        return GAL_ENOMEM;
    for (size_t b = 0; b < nb; b++)
        p->filter[b] = gal_filter_ref(f[b]);
    p->nb = nb, p->z = z, p->tobs = tobs;
    p->flux = gal_alloc(nb * p->n * sizeof *p->flux);
    cell = gal_alloc(nb * s->nz * s->nage * sizeof *cell);
    axes = gal_alloc((s->nage + s->nz) * sizeof *axes);
    if (!p->flux || !cell || !axes) {
        st = GAL_ENOMEM;
        goto out;
    }
    GAL_TRY(gal_pop_axes(s, axes, axes + s->nage));
    gal_pop_light light = {.ssp = s,
                           .filters = p->filter,
                           .nb = nb,
                           .z = z,
                           .dsps = p->dsps,
                           .dust = p->dusty ? &p->dust : NULL,
                           .curve = p->curve};
    GAL_TRY(gal_pop_cells(&light, cell));
    gal_pop_spec spec = {.nt = p->nt,
                         .na = s->nage,
                         .nz = s->nz,
                         .nb = nb,
                         .t = p->t,
                         .lgage = axes,
                         .lgmet = axes + s->nage,
                         .cell = cell,
                         .tobs = tobs,
                         .lt0 = log10(p->t0),
                         .fb = p->fb,
                         .single = p->single};
    GAL_TRY(gal_pop_create(&p->plan, &spec));
out:
    gal_free(cell);
    gal_free(axes);
    if (st != GAL_OK)
        forget(p);
    return st;
}

static gal_pop_galaxies galaxies(const pop_handle *p)
{
    return (gal_pop_galaxies){.n = p->n, .sfr = p->sfr, .par = p->par, .lgmet = p->lgmet, .scatter = p->scatter};
}

/* Arguments 2 and 3, filters and redshift, and the table of options at `at`; the fluxes and, when mass is given, masses are up to date then. */
static pop_handle *observe(lua_State *L, int at, double *mass)
{
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    if (!lua_istable(L, 2) || lua_objlen(L, 2) == 0)
        gal_lua_argerror(L, 2, "a list of filters, such as filters(\"LSST\")");
    size_t nb = lua_objlen(L, 2);
    gal_filter **f = lua_newuserdata(L, nb * sizeof *f);
    for (size_t b = 0; b < nb; b++) {
        lua_rawgeti(L, 2, (int)b + 1);
        f[b] = gal_lua_check(L, -1, &gal_lua_filter);
        lua_pop(L, 1); /* the list keeps it alive */
    }
    double z = gal_lua_checknum(L, 3);
    if (!(z >= 0))
        gal_lua_error(L, GAL_EDOMAIN, "population: redshift %g must be >= 0", z);
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, at, "population.photometry");
    double tobs = gal_lua_opt_num(&o, "t_obs", gal_cosmo_age(p->cosmo, z) * 1e-9);
    gal_lua_opts_end(&o);
    bool same = p->plan && p->nb == nb && p->z == z && p->tobs == tobs && memcmp(p->filter, f, nb * sizeof *f) == 0;
    if (same && !mass)
        return p;
    gal_status st = same ? GAL_OK : make_plan(p, f, nb, z, tobs);
    gal_pop_galaxies g = galaxies(p);
    if (st == GAL_OK)
        st = gal_pop_flux(p->plan, &g, p->flux, mass);
    if (st != GAL_OK) {
        forget(p);
        gal_lua_fail(L);
    }
    return p;
}

static int photometry(lua_State *L)
{
    lua_settop(L, 4);
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    double *mass = gal_lua_pushvec(L, p->n);
    int vec = lua_gettop(L);
    p = observe(L, 4, mass);
    double dim = p->z > 0 ? 5 * log10(1e5 * gal_cosmo_luminosity_distance(p->cosmo, p->z)) - 2.5 * log10(1 + p->z) : 0;
    double *m = gal_lua_pushmat(L, p->nb, p->n);
    for (size_t i = 0; i < p->nb * p->n; i++)
        m[i] = dim - 2.5 * log10(p->flux[i]);
    lua_pushvalue(L, vec);
    return 2;
}

static int gradient(lua_State *L)
{
    lua_settop(L, 5);
    size_t rows, cols;
    const double *g = gal_lua_checkmat(L, 4, &rows, &cols);
    pop_handle *p = observe(L, 5, NULL);
    if (rows != p->nb || cols != p->n)
        return gal_lua_error(L, GAL_EINVAL,
                             "population: the loss needs a derivative for each of %d bands x %d galaxies, got %d x %d",
                             (int)p->nb, (int)p->n, (int)rows, (int)cols);
    double *gf = gal_lua_scratch(L, p->nb * p->n), *gpar = p->par ? gal_lua_scratch(L, GAL_HISTORY_N * p->n) : NULL;
    for (size_t i = 0; i < p->nb * p->n; i++)
        gf[i] = g[i] != 0 ? g[i] * (-2.5 / 2.302585092994046) / p->flux[i] : 0;
    lua_newtable(L);
    int out = lua_gettop(L);
    double *gx = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "lgmet");
    double *gs = gal_lua_pushvec(L, p->n);
    lua_setfield(L, out, "scatter");
    double *gsfr = NULL;
    if (p->sfr) {
        gsfr = gal_lua_pushmat(L, p->n, p->nt);
        lua_setfield(L, out, "sfr");
    }
    gal_pop_galaxies all = galaxies(p);
    gal_lua_checkstatus(L, gal_pop_vjp(p->plan, &all, gf, NULL, gsfr, gpar, gx, gs));
    for (int i = 0; gpar && i < GAL_HISTORY_N; i++) {
        gal_lua_pushvec_copy(L, gpar + (size_t)i * p->n, p->n);
        lua_setfield(L, out, param_name(i));
    }
    lua_settop(L, out);
    return 1;
}

static const gal_lua_row methods[] = {
    {"photometry", photometry,
     "photometry(filters, z[, { t_obs = }]) -> matrix, vec\nAB magnitudes, a row for each band and a column for each "
     "galaxy: absolute at z = 0, else as observed "
     "at\nredshift z. The second value is the mass formed by then [Msun].\n@param t_obs [Gyr] (the age of the Universe "
     "at z) time of observation\n"
     "@example population{ logm0 = linspace(11, 14, 100) }:photometry(filters(\"LSST\"), 0.1)"},
    {"gradient", gradient,
     "gradient(filters, z, g[, { t_obs = }]) -> table\nExact derivatives of a loss of the magnitudes by everything of "
     "each galaxy, by reverse accumulation. "
     "g: its\nderivatives by the magnitudes, shaped as photometry gives them. Fields of the table: the 13 parameters "
     "of the history (or\nsfr, a "
     "matrix), lgmet, scatter, each with a value for each galaxy.\n@param t_obs [Gyr] (the age of the Universe at z) "
     "time of observation"},
    {NULL, NULL, NULL},
};
static const gal_lua_field fields[] = {{"n", "galaxies"},
                                       {"t", "[Gyr] times of the histories"},
                                       {"lgmet", "mean log10 Z"},
                                       {"scatter", "[dex] of log10 Z"},
                                       {NULL, NULL}};

static int get(lua_State *L, void *obj, const char *key)
{
    const pop_handle *p = obj;
    if (strcmp(key, "n") == 0)
        return lua_pushnumber(L, (double)p->n), 1;
    if (strcmp(key, "t") == 0)
        return gal_lua_pushvec_copy(L, p->t, p->nt), 1;
    if (strcmp(key, "lgmet") == 0)
        return gal_lua_pushvec_copy(L, p->lgmet, p->n), 1;
    if (strcmp(key, "scatter") == 0)
        return gal_lua_pushvec_copy(L, p->scatter, p->n), 1;
    return 0;
}

static void tostring(lua_State *L, void *obj)
{
    const pop_handle *p = obj;
    lua_pushfstring(L, "population   %d galaxies   %s   %d times   %s", (int)p->n,
                    p->sfr ? "tabulated histories" : "Diffmah and Diffstar", (int)p->nt,
                    p->single ? "float32" : "float64");
}

const gal_lua_class gal_lua_population = {
    .name = "population",
    .doc = "Many galaxies and their histories: magnitudes at once, and gradients.",
    .methods = methods,
    .fields = fields,
    .free = pop_free,
    .get = get,
    .tostring = tostring,
};

/* ------------------------------------------------------------------ creation */
/* option `name`, a number or one for each galaxy: kept on the Lua stack; *n grows from 1 to the number of galaxies */
static const double *numbers(gal_lua_opts *o, const char *name, double def, size_t *len, size_t *n)
{
    lua_State *L = o->L;
    *len = 1;
    const double *x;
    if (!gal_lua_opt_push(o, name) || lua_type(L, -1) == LUA_TNUMBER) {
        double v = gal_lua_opt_num(o, name, def), *one = gal_lua_scratch(L, 1);
        *one = v;
        return one;
    }
    lua_pop(L, 1);
    x = gal_lua_opt_vec(o, name, len);
    if (*len == 0 || (*n > 1 && *len != *n && *len != 1))
        gal_lua_error(L, GAL_EINVAL,
                      "population: %s has %d values, other options have %d: one number, or one for each galaxy", name,
                      (int)*len, (int)*n);
    *n = *len > *n ? *len : *n;
    return x;
}

static double *spread(const double *x, size_t len, double *out, size_t n)
{
    for (size_t i = 0; out && i < n; i++)
        out[i] = x[len == 1 ? 0 : i];
    return out;
}

static void read_dust(lua_State *L, gal_lua_opts *o, pop_handle *h)
{
    static const char *const curves[] = {"calzetti00", "leitherer02", "base", "noll09", "salim18", "triweight"};
    if (!gal_lua_opt_push(o, "dust"))
        return;
    gal_lua_opts d;
    gal_lua_opts_begin(L, &d, lua_gettop(L), "population: dust");
    h->dusty = true;
    h->curve = (gal_dust_curve)gal_lua_opt_choice(&d, "curve", curves, 6, GAL_DUST_SALIM18);
    h->dust.av = gal_lua_opt_range(&d, "av", 0.5, 0, 1e3);
    h->dust.delta = gal_lua_opt_range(&d, "delta", 0, -10, 10);
    h->dust.bump = gal_lua_opt_range(&d, "bump", gal_dust_bump_of_slope(h->dust.delta), -100, 100);
    h->dust.funo = gal_lua_opt_range(&d, "funo", 0, 0, 1);
    h->dust.x0 = gal_lua_opt_range(&d, "x0", 0.2175, 1e-3, 10);
    h->dust.width = gal_lua_opt_range(&d, "width", 0.035, 1e-4, 10);
    gal_lua_opts_end(&d);
}

/* what a table of rates needs; *rates is [n][nt] */
static const double *read_rates(gal_lua_opts *o, size_t nt, size_t *n)
{
    lua_State *L = o->L;
    size_t cols;
    if (!gal_lua_opt_push(o, "sfr"))
        return NULL;
    const double *x = gal_lua_checkmat(L, lua_gettop(L), n, &cols);
    if (cols != nt)
        gal_lua_error(L, GAL_EINVAL, "population: sfr has %d columns for %d times", (int)cols, (int)nt);
    return x;
}

static int create(lua_State *L)
{
    static const char *const precisions[] = {"float64", "float32"}, *const rules[] = {"exact", "dsps"};
    gal_lua_opts o;
    pop_handle h = {0};
    luaL_checkstack(L, 60, "population");
    gal_lua_opts_begin(L, &o, 1, "population");
    const double *t = gal_lua_opt_vec(&o, "t", &h.nt);
    if (!t) {
        double *even = gal_lua_scratch(L, h.nt = 100);
        gal_linspace(0.05, 13.8, h.nt, even);
        t = even;
    }
    h.n = 1;
    size_t len[GAL_HISTORY_N], lm, ls;
    const double *rates = read_rates(&o, h.nt, &h.n), *x[GAL_HISTORY_N];
    for (int i = 0; !rates && i < GAL_HISTORY_N; i++)
        x[i] = numbers(&o, param_name(i),
                       i < GAL_DIFFMAH_N ? gal_diffmah_params()[i].def : gal_diffstar_params()[i - GAL_DIFFMAH_N].def,
                       len + i, &h.n);
    const double *lgmet = numbers(&o, "lgmet", -2, &lm, &h.n), *scatter = numbers(&o, "scatter", 0.2, &ls, &h.n);
    h.t0 = gal_lua_opt_range(&o, "t0", GAL_DIFFSTAR_T0, 0.1, 100);
    h.fb = gal_lua_opt_range(&o, "fb", GAL_DIFFSTAR_FB, 0, 1);
    h.single = gal_lua_opt_choice(&o, "precision", precisions, 2, 0) == 1;
    h.dsps = gal_lua_opt_choice(&o, "rule", rules, 2, 0) == 1;
    read_dust(L, &o, &h);
    gal_ssp *table = gal_lua_opt_obj(&o, "ssp", &gal_lua_ssp);
    gal_cosmo *cosmo = gal_lua_opt_obj(&o, "cosmology", &gal_lua_cosmo);
    gal_lua_opts_end(&o);
    pop_handle *p = GAL_NEW(pop_handle);
    if (!p)
        return gal_lua_fail(L);
    *p = h;
    gal_lua_push(L, &gal_lua_population, p); /* freed with the handle from here on */
    p->t = spread(t, h.nt, gal_alloc(h.nt * sizeof(double)), h.nt);
    p->lgmet = spread(lgmet, lm, gal_alloc(h.n * sizeof(double)), h.n);
    p->scatter = spread(scatter, ls, gal_alloc(h.n * sizeof(double)), h.n);
    double *history = gal_alloc((rates ? h.nt : GAL_HISTORY_N) * h.n * sizeof(double));
    if (rates)
        p->sfr = spread(rates, h.n * h.nt, history, h.n * h.nt);
    else
        p->par = history;
    for (size_t i = 0; history && !rates && i < GAL_HISTORY_N; i++)
        spread(x[i], len[i], history + i * h.n, h.n);
    if (!p->t || !p->lgmet || !p->scatter || !history)
        return gal_lua_fail(L);
    if (table)
        p->ssp = gal_ssp_ref(table);
    else
        gal_lua_checkstatus(L, gal_ssp_shared(&p->ssp));
    if (cosmo)
        p->cosmo = gal_cosmo_ref(cosmo);
    else
        gal_lua_checkstatus(L, gal_cosmo_named(&p->cosmo, "Planck18"));
    return 1;
}

void gal_luaopen_population(lua_State *L);
void gal_luaopen_population(lua_State *L)
{
    static const gal_lua_row rows[] = {
        {"population", create,
         "population{...} -> population\nMany galaxies at once: their magnitudes and the exact gradient of any loss of "
         "them (docs/populations.md). A history is a "
         "row of\nrates or the parameters of diffmah{} and diffstar{}, by name; each option is one number for all "
         "galaxies or a vec with one for each.\n"
         "@param t [Gyr] (100 times, 0.05 .. 13.8) times of the histories\n@param sfr [Msun/yr] matrix, a row of rates "
         "for each galaxy, instead of parameters\n"
         "@param logm0, logtc, early_index, late_index, t_peak of the halo, as in diffmah\n"
         "@param lgmcrit, lgy_at_mcrit, indx_lo, indx_hi, lg_qt, qlglgdt, lg_drop, lg_rejuv of the stars, as in "
         "diffstar\n"
         "@param lgmet (-2) mean log10 of the absolute metal mass fraction\n@param scatter [dex] (0.2) of log10 Z\n"
         "@param dust (none) { av =, delta =, bump =, funo =, curve = \"salim18\" }: one screen for all\n"
         "@param ssp (the default table) stellar populations\n@param cosmology (Planck18) distances and ages\n"
         "@param t0 [Gyr] (13.8) age of the Universe that logm0 refers to\n@param fb (0.156) baryon fraction\n"
         "@param precision (float64) or float32: of the arithmetic\n@param rule (exact) of the photometry, or dsps: "
         "the trapezoid over the filter's nodes\n"
         "@example p = population{ logm0 = linspace(11, 14, 1000), lgmet = -2.2 }; "
         "print(p:photometry(filters(\"LSST\"), 0.1):row(1))"},
        {NULL, NULL, NULL},
    };
    gal_lua_class_register(L, &gal_lua_population);
    gal_lua_module(L, NULL, rows, NULL);
}
