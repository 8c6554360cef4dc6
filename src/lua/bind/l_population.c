/* Lua: population{...}: many galaxies, histories as Diffmah and Diffstar parameters or as tables of rates; methods in population_methods.c. */
#include "lua/bind/population.h"
#include "galua/num.h"

#include <math.h>
#include <string.h>

static void pop_free(void *obj)
{
    pop_handle *p = obj;
    gal_lua_pop_forget(p);
    gal_free(p->t);
    gal_free(p->par);
    gal_free(p->sfr);
    gal_free(p->lgmet);
    gal_free(p->scatter);
    gal_free(p->z);
    gal_free(p->dust);
    gal_free(p->axis);
    gal_free(p->burst);
    gal_free(p->young);
    gal_lua_pop_free_fate(p);
    for (size_t i = 0; i < p->ntable; i++)
        gal_ssp_unref(p->table[i]);
    gal_free(p->table);
    gal_free(p->slopes);
    gal_component_unref(p->igm);
    gal_component_unref(p->emission);
    gal_free(p->igm_par);
    gal_free(p->emission_par);
    gal_cosmo_unref(p->cosmo);
    gal_free(p);
}

static const gal_lua_field fields[] = {{"n", "galaxies"},
                                       {"z", "redshifts, where each galaxy has its own"},
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
    if (strcmp(key, "z") == 0 && p->z)
        return gal_lua_pushvec_copy(L, p->z, p->n), 1;
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
    .methods = gal_lua_pop_methods,
    .fields = fields,
    .free = pop_free,
    .get = get,
    .tostring = tostring,
};

/* ------------------------------------------------------------------ creation */
const double *gal_lua_pop_numbers(gal_lua_opts *o, const char *name, double def, size_t *len, size_t *n)
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

double *gal_lua_pop_spread(const double *x, size_t len, double *out, size_t n)
{
    for (size_t i = 0; out && i < n; i++)
        out[i] = x[len == 1 ? 0 : i];
    return out;
}

typedef struct dust_given { /* values and their numbers, of the options of dust = {} */
    const double *x[GAL_POP_DUST_N];
    size_t len[GAL_POP_DUST_N];
    bool each; /* one of them differs by galaxy or by age */
} dust_given;

static const char *const dust_names[GAL_POP_DUST_N] = {"av", "delta", "bump", "funo", "av_young", "delta_young"};
static const char *const dust_curves[] = {"calzetti00", "leitherer02", "base", "noll09", "salim18", "triweight"};

static void read_dust(lua_State *L, gal_lua_opts *o, pop_handle *h, dust_given *d)
{
    const char *const *names = dust_names;
    *d = (dust_given){.each = false};
    if (!gal_lua_opt_push(o, "dust"))
        return;
    gal_lua_opts in;
    gal_lua_opts_begin(L, &in, lua_gettop(L), "population: dust");
    h->dusty = true;
    h->curve = (gal_dust_curve)gal_lua_opt_choice(&in, "curve", dust_curves, 6, GAL_DUST_SALIM18);
    bool bump = gal_lua_opt_given(&in, "bump");
    h->aged = gal_lua_opt_given(&in, "av_young") || gal_lua_opt_given(&in, "delta_young");
    for (int i = 0; i < GAL_POP_DUST_N; i++) {
        bool young = i >= GAL_POP_AV_YOUNG;
        if (young && !gal_lua_opt_given(&in, names[i])) {
            d->x[i] = d->x[i - GAL_POP_AV_YOUNG], d->len[i] = d->len[i - GAL_POP_AV_YOUNG];
            continue;
        }
        d->x[i] = gal_lua_pop_numbers(&in, names[i], i == GAL_POP_AV ? 0.5 : 0, d->len + i, &h->n);
        d->each = d->each || d->len[i] > 1;
    }
    if (!bump) { /* Kriek & Conroy 2013 */
        size_t n = d->len[GAL_POP_BUMP] = d->len[GAL_POP_DELTA];
        double *x = gal_lua_scratch(L, n);
        for (size_t i = 0; i < n; i++)
            x[i] = gal_dust_bump_of_slope(d->x[GAL_POP_DELTA][i]);
        d->x[GAL_POP_BUMP] = x;
    }
    d->each = d->each || h->aged || (h->z && !gal_lua_opt_given(o, "emission"));
    if (d->each)
        h->dusty = false; /* not in the cells */
    h->screen = (gal_dust_par){d->x[0][0], d->x[1][0], d->x[2][0], d->x[3][0], 0.2175, 0.035};
    bool shape = gal_lua_opt_given(&in, "x0") || gal_lua_opt_given(&in, "width");
    h->screen.x0 = gal_lua_opt_range(&in, "x0", 0.2175, 1e-3, 10);
    h->screen.width = gal_lua_opt_range(&in, "width", 0.035, 1e-4, 10);
    if (d->each && shape)
        gal_lua_error(
            L, GAL_EINVAL,
            "population: dust by galaxy or age has the bump at 0.2175 micron, 0.035 wide: leave x0 and width out");
    gal_lua_opts_end(&in);
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

/* option `name` into out[n], where it is given */
static void change(gal_lua_opts *o, const char *name, double *out, size_t n)
{
    size_t len, most = n;
    if (!gal_lua_opt_given(o, name))
        return;
    const double *x = gal_lua_pop_numbers(o, name, 0, &len, &most);
    if (len != 1 && len != n)
        gal_lua_error(o->L, GAL_EINVAL, "population: %s has %d values for %d galaxies", name, (int)len, (int)n);
    gal_lua_pop_spread(x, len, out, n);
}

/* parameters of the relation from the table on top; others stay */
static void read_relation(lua_State *L, pop_handle *h)
{
    gal_lua_opts o;
    gal_lua_opts_begin(L, &o, lua_gettop(L), "population: relation");
    for (int i = 0; i < GAL_MZR_N; i++)
        h->relation[i] = gal_lua_opt_num(&o, gal_mzr_params()[i].name, h->relation[i]);
    gal_lua_opts_end(&o);
}

int gal_lua_pop_set(lua_State *L)
{
    gal_lua_opts o;
    lua_settop(L, 2);
    pop_handle *p = gal_lua_check(L, 1, &gal_lua_population);
    luaL_checkstack(L, 60, "population");
    gal_lua_opts_begin(L, &o, 2, "population.set");
    for (int i = 0; p->par && i < GAL_HISTORY_N; i++)
        change(&o, gal_lua_pop_param(i), p->par + (size_t)i * p->n, p->n);
    change(&o, "lgmet", p->lgmet, p->n);
    change(&o, "scatter", p->scatter, p->n);
    if (p->young)
        change(&o, "lgmet_young", p->young, p->n);
    for (int i = 0; p->dust && i < (p->aged ? GAL_POP_DUST_N : GAL_POP_AV_YOUNG); i++)
        change(&o, dust_names[i], p->dust + (size_t)i * p->n, p->n);
    for (int i = 0; p->axis && i < GAL_POP_AXES; i++)
        if (i == 0 ? p->ssp->nu > 1 : p->ntable > 1)
            change(&o, gal_lua_pop_axis_names[i], p->axis + (size_t)i * p->n, p->n);
    for (int i = 0; p->burst && i < 3; i++)
        change(&o, gal_burst_params()[i].name, p->burst + (size_t)i * p->n, p->n);
    if (p->rule && gal_lua_opt_push(&o, "relation"))
        read_relation(L, p);
    gal_lua_pop_set_fate(&o, p);
    gal_lua_opts_end(&o);
    p->fluxed = p->related = p->fated = false;
    lua_settop(L, 1);
    return 1;
}

typedef struct places_given { /* values and their numbers: of the axes, of bursts */
    const double *axis[GAL_POP_AXES], *burst[3], *young;
    size_t nyoung;
    size_t naxis[GAL_POP_AXES], nburst[3];
    bool bursts;
} places_given;

static void read_places(lua_State *L, gal_lua_opts *o, pop_handle *h, places_given *g)
{
    static const char *const relations[] = {"mzr", "umzr"};
    *g = (places_given){.bursts = false};
    if (gal_lua_opt_given(o, "lgmet_young"))
        g->young = gal_lua_pop_numbers(o, "lgmet_young", -2, &g->nyoung, &h->n);
    if (h->ssp && h->ssp->nu > 1)
        g->axis[0] = gal_lua_pop_numbers(o, "logu", -2.5, g->naxis, &h->n);
    if (h->ntable > 1)
        g->axis[1] = gal_lua_pop_numbers(o, "slope", h->slopes[0], g->naxis + 1, &h->n);
    for (int i = 0; i < 3; i++)
        g->bursts = g->bursts || gal_lua_opt_given(o, gal_burst_params()[i].name);
    for (int i = 0; g->bursts && i < 3; i++)
        g->burst[i] =
            gal_lua_pop_numbers(o, gal_burst_params()[i].name, gal_burst_params()[i].def, g->nburst + i, &h->n);
    for (int i = 0; i < GAL_MZR_N; i++)
        h->relation[i] = gal_mzr_params()[i].def;
    h->rule = gal_lua_opt_given(o, "metallicity");
    if (!h->rule)
        return;
    h->fixed = gal_lua_opt_choice(o, "metallicity", relations, 2, 0) == 1;
    if (gal_lua_opt_given(o, "lgmet"))
        gal_lua_error(L, GAL_EINVAL, "population: lgmet follows from metallicity = \"mzr\": leave one of them out");
    if (gal_lua_opt_push(o, "relation"))
        read_relation(L, h);
}

static bool own_places(pop_handle *p, const places_given *g)
{
    if (g->young && !(p->young = gal_lua_pop_spread(g->young, g->nyoung, gal_alloc(p->n * sizeof(double)), p->n)))
        return false;
    if (g->axis[0] || g->axis[1]) {
        if (!(p->axis = GAL_NEWN(double, GAL_POP_AXES * p->n)))
            return false;
        for (size_t i = 0; i < GAL_POP_AXES; i++)
            if (g->axis[i])
                gal_lua_pop_spread(g->axis[i], g->naxis[i], p->axis + i * p->n, p->n);
    }
    if (g->bursts) {
        if (!(p->burst = gal_alloc(3 * p->n * sizeof(double))))
            return false;
        for (size_t i = 0; i < 3; i++)
            gal_lua_pop_spread(g->burst[i], g->nburst[i], p->burst + i * p->n, p->n);
    }
    return true;
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
        x[i] = gal_lua_pop_numbers(&o, gal_lua_pop_param(i),
                                   i < GAL_DIFFMAH_N ? gal_diffmah_params()[i].def
                                                     : gal_diffstar_params()[i - GAL_DIFFMAH_N].def,
                                   len + i, &h.n);
    const double *lgmet = gal_lua_pop_numbers(&o, "lgmet", -2, &lm, &h.n),
                 *scatter = gal_lua_pop_numbers(&o, "scatter", 0.2, &ls, &h.n);
    h.t0 = gal_lua_opt_range(&o, "t0", GAL_DIFFSTAR_T0, 0.1, 100);
    h.fb = gal_lua_opt_range(&o, "fb", GAL_DIFFSTAR_FB, 0, 1);
    h.single = gal_lua_opt_choice(&o, "precision", precisions, 2, 0) == 1;
    h.dsps = gal_lua_opt_choice(&o, "rule", rules, 2, 0) == 1;
    size_t lz = 1;
    const double *zs = gal_lua_opt_given(&o, "z") ? gal_lua_pop_numbers(&o, "z", 0, &lz, &h.n) : NULL;
    dust_given dust;
    h.z = (double *)zs; /* for read_dust: it is there */
    read_dust(L, &o, &h, &dust);
    h.z = NULL;
    places_given places;
    gal_lua_pop_light(L, &o, &h);
    if (h.emission && !h.dusty && !dust.each)
        gal_lua_error(L, GAL_EINVAL, "population: emission needs dust that absorbs: dust = { av = }");
    read_places(L, &o, &h, &places);
    pop_fate fate;
    gal_lua_pop_fate(L, &o, &h, &fate);
    gal_cosmo *cosmo = gal_lua_opt_obj(&o, "cosmology", &gal_lua_cosmo);
    gal_lua_opts_end(&o);
    pop_handle *p = GAL_NEW(pop_handle);
    if (!p)
        return gal_lua_fail(L);
    *p = h;
    p->ssp = NULL, p->table = NULL, p->slopes = p->igm_par = p->emission_par = NULL, p->igm = p->emission = NULL,
    p->ntable = 0;
    gal_lua_push(L, &gal_lua_population, p); /* freed with the handle from here on */
    p->t = gal_lua_pop_spread(t, h.nt, gal_alloc(h.nt * sizeof(double)), h.nt);
    p->lgmet = gal_lua_pop_spread(lgmet, lm, gal_alloc(h.n * sizeof(double)), h.n);
    p->scatter = gal_lua_pop_spread(scatter, ls, gal_alloc(h.n * sizeof(double)), h.n);
    double *history = gal_alloc((rates ? h.nt : GAL_HISTORY_N) * h.n * sizeof(double));
    if (rates)
        p->sfr = gal_lua_pop_spread(rates, h.n * h.nt, history, h.n * h.nt);
    else
        p->par = history;
    for (size_t i = 0; history && !rates && i < GAL_HISTORY_N; i++)
        gal_lua_pop_spread(x[i], len[i], history + i * h.n, h.n);
    if (zs)
        p->z = gal_lua_pop_spread(zs, lz, gal_alloc(h.n * sizeof(double)), h.n);
    if (dust.each) {
        p->dust = gal_alloc(GAL_POP_DUST_N * h.n * sizeof(double));
        for (size_t i = 0; p->dust && i < GAL_POP_DUST_N; i++)
            gal_lua_pop_spread(dust.x[i], dust.len[i], p->dust + i * h.n, h.n);
    }
    if (!p->t || !p->lgmet || !p->scatter || !history || (zs && !p->z) || (dust.each && !p->dust))
        return gal_lua_fail(L);
    if (!own_places(p, &places))
        return gal_lua_fail(L);
    gal_lua_checkstatus(L, gal_lua_pop_own_fate(p, &fate));
    gal_lua_checkstatus(L, gal_lua_pop_own(p, &h));
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
         "@param lgmet_young (lgmet) that of young stars: lgmet is then that of old ones, and ages about 1e8 yr lie "
         "between\\n"
         "@param metallicity (none) mzr or umzr: lgmet by the mass formed and the time\n@param relation (those of "
         "DSPS) its parameters, as { y0 =, "
         "x0 =, k =, slope_lo =, slope_hi =, c0_y =, c1_y =, c0_s =, c1_s =, tlook_c = }\n"
         "@param lgfburst, lgyr_peak, lgyr_max (none) a burst: log10 of its share of the mass, of the age [yr] of most "
         "of it, of its oldest\n"
         "@param z (of the call) redshift of each galaxy; it is observed at that age of the Universe\n"
         "@param dust (none) { av =, delta =, bump =, funo =, curve = \"salim18\" }: one screen for all; with values "
         "for each galaxy, or with "
         "av_young, delta_young\nfor young stars, or with z, it acts on a band at its effective wavelength\n"
         "@param ssp (the default table) stellar populations, or a list of them, one for each of slopes\n"
         "@param slopes of a list of tables: numbers, of the initial mass function, say, between which light is "
         "linear\n@param slope (the first) of each "
         "galaxy\n@param logu (-2.5) ionisation parameter, where the table has an axis of it\n@param logu_scatter (0: "
         "linear between its nodes) width of a triweight "
         "distribution of it\n"
         "@param igm (none) igm.inoue14{} or another medium: what it lets through\n@param emission (none) "
         "dust.greybody{} or other dust that emits what dust "
         "absorbs, one screen or that of each galaxy\n@param ssp_error (none) true or { scatter =, seed =, z0p0_dr_ylo "
         "=, ... }: spectra are wrong by a "
         "smooth change of "
         "magnitude with wavelength, mass and redshift,\nthat of diffsky unless parameters are given, and by N(0, "
         "scatter) mag "
         "at its nodes for each galaxy\n"
         "@param merging (none) { host =, p = } or { host =, t_infall =, logm_infall =, loghost_infall =, p_max =, ... "
         "}: "
         "satellites give weights (1) p of their light and mass\nto galaxy number host (0: a galaxy has none); p is a "
         "probability, or "
         "follows from the time [Gyr] and masses [log10 Msun] of satellite and host at infall\nand 12 parameters; "
         "rapid_quenching = "
         "true: satellites that are about to merge lose their young stars\n"
         "@param parts ({ tcrit = 8, early = 0.5, late = 0.1, knots = 0.1 }) of pop:parts: of the stars, the share "
         "that goes to the "
         "bulge, from early to late\nabout tcrit [Gyr], and of the disc's mass, that of knots\n"
         "@param cosmology (Planck18) distances and ages\n"
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
