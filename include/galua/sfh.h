/* galua/sfh.h - star formation histories psi(t) [Msun/yr], t = galaxy time [yr] since the onset of star formation.
 *
 * | model       | psi(t) before quenching                                             | parameters                |
 * | insitu      | psi_max [exp(-t/(s tau)) - exp(-gamma t/tau)], s = 3,               | psi_max, tau_star         |
 * |             | gamma = 0.55 + 3 psi_max^-0.3 (Lapi+18, 20; Pantoni+19)             |                           |
 * | constant    | psi                                                                 | psi                       |
 * | delayed     | norm (t/tau)^k exp(-t/tau)                                          | norm, tau, k              |
 * | lognormal   | norm / sqrt(2 pi sigma^2) exp(-ln^2(t/tau) / (2 sigma^2))           | norm, tau, sigma          |
 * | dpl         | norm / [(t/tau)^alpha + (t/tau)^-beta] (Carnall+18)                 | norm, tau, alpha, beta    |
 * | table       | scale x linear interpolation of a user table, 0 outside             | scale                     |
 * | exponential | norm exp(-t/tau); rising: norm exp((t - age)/tau)                   | norm, tau                 |
 * | periodic    | bursts norm f((t - j period)/tau), j = 0, 1, ...; f(y) = e^-y,      | norm, period, tau         |
 * |             | y e^(1-y), or 1 for y < 1 (Boquien+19)                              |                           |
 * | burst       | all stars at t = 0: one simple stellar population of the galaxy's age | mass                    |
 * | diffstar    | Diffstar in a Diffmah halo (galua/diffstar.h); t is cosmic time     | fb, logm0 ... lg_rejuv    |
 * | custom      | a function of the user's, tabulated at every evaluation             | its own                   |
 * With `by_mass` the normalisation (psi_max, psi, norm, scale; a factor for custom) is replaced by `mass`, what all stars formed until the
 * age or quenching, a burst on top included.
 * Constant rates in bins of lookback time (age - t), youngest first; `mass` is what all bins form, r_i = log10(psi_i / psi_i+1):
 * | continuity  | fixed bins (Leja+19a); r_i ~ Student t(2) x 0.3                     | mass, r1 .. r(n-1)        |
 * | flexible    | fixed youngest and oldest bin, between them bins of equal mass      | mass, r1 .. r(n-1)        |
 * |             | whose edges follow from the r_i (Leja+19a)                          |                           |
 * | psb         | the same with a free end of the youngest bin (tlast) and more old   | mass, tlast, r1 .. r(n-1) |
 * |             | ones behind tflex: post-starburst galaxies (Suess+22)               |                           |
 * | dirichlet   | fixed bins, shares of the mass (or rate) by stick breaking (Leja+17)| mass, z1 .. z(n-1)        |
 * | stochastic  | fixed bins, log psi a Gaussian process: extended regulator          | mass, x1 .. x(n-1)        |
 * |             | (Tacchella+20, Iyer+24, Wan+24), r = Cholesky(cov) x, x ~ N(0, 1)   |                           |
 * | sum         | of others, each with its own onset, parameters and metallicity      | NAME.age, NAME.tau ...    |
 * Every model can have a burst on top: f_burst = share of all stars formed that the burst formed, age_burst = lookback time of its
 * start; delta (1e4 yr), rectangle (duration tau_burst) or exponential (decay time tau_burst).
 * Every model has tau_quench: psi = 0 for t > tau_quench (half of it at t = tau_quench).
 *
 * The in-situ model carries its own gas, dust and metal evolution; the others have Mdust and a metallicity history, a part of its own:
 *     constant   Z
 *     evolving   Z_start + (Z - Z_start) M(t)/M(age): in proportion to the mass formed (ProSpect, Robotham+2020)
 *     linear     Z_start + (Z - Z_start) t/age
 *     mzr        the mass-metallicity relation of DSPS at the mass formed and the age (galua/mzr.h), at all times
 *     step       Z_start before t_step, Z after;   closed_box   Z_start - y ln(gas fraction), y the yield, Z at the age
 * Cumulative masses are closed forms (tables: exact for piecewise-linear psi): mass is conserved to rounding.
 *
 * A gal_sfh is the model and its choices, immutable; a gal_history is the model at given parameters and age: one per thread.
 *
 * To add a history: src/sfh/history_NAME.c with its class, and its line in src/sfh/histories.c; a metallicity: src/sfh/metals_NAME.c, and its
 * line in src/sfh/metallicities.c. Names, parameters, help, priors, fingerprints, results and the Lua face follow. */
#ifndef GAL_SFH_H
#define GAL_SFH_H
#include "galua/option.h"
#include "galua/param.h"
#ifdef __cplusplus
extern "C" {
#endif
typedef struct gal_sfh gal_sfh;
typedef struct gal_history gal_history;
typedef struct gal_sfh_opts gal_sfh_opts;
typedef struct gal_history_diff gal_history_diff;
enum {
    GAL_SFH_MAXBIN = 32,
    GAL_SFH_MAXPAR =
        96, /* of a history alone at most MAXBIN + 8: mass, tlast, n - 1, burst 3, tau_quench, Mdust, Z, Z_start, t_step */
    GAL_SFH_NTAB = 385 /* nodes of a custom history */
};
typedef struct gal_sfh_content {
    double sfr;         /* psi(age) [Msun/yr], quenching applied */
    double mgas, mdust; /* Msun */
    double zgas, zstar;
} gal_sfh_content;

/* ------------------------------------------------------------------ classes
 * Functions of time take arrays [n]; times beyond the age may be asked for, times <= 0 give 0. m: the class's own parameters of a
 * metallicity. No allocation, no locks: they run in many threads at once. */
typedef struct gal_metals_class {
    const char *name; /* metallicity = "linear" */
    const char *doc;  /* shown by help() */
    const gal_param *par;
    size_t npar;
    size_t
        now; /* 1 + index of the parameter that is the metallicity now: it must be inside the stellar table; 0 = none */
    bool one;      /* the same at all times, that of par[now - 1] */
    size_t nbreak; /* most times that breaks gives */
    void (*zgas)(const gal_history *h, const double *m, const double *t, size_t n, double *z);
    void (*zstar)(const gal_history *h, const double *m, const double *t, size_t n, double *z);
    size_t (*breaks)(const gal_history *h, const double *m, double *t); /* NULL: none; else par[now_break - 1] */
    size_t now_break; /* 1 + index of the parameter that is the break; 0 = none */
    /* Derivatives of zgas, see gal_sfh_class: dm, gm of the class's own parameters. */
    void (*jvp)(const gal_history_diff *d, const double *dm, const double *t, const double *dt, size_t n, double *dz);
    void (*vjp)(gal_history_diff *g, double *gm, const double *t, size_t n, const double *gz, double *gt);
} gal_metals_class;

enum {                        /* properties of a history */
       GAL_SFH_AT_ONCE = 1,   /* all stars form at t = 0 */
       GAL_SFH_HAS_MASS = 2,  /* its first parameter is the mass formed already */
       GAL_SFH_ADDS_MASS = 4, /* `mass` is a parameter behind its own instead of its first one */
       GAL_SFH_GIVEN = 8,     /* made from what a caller gives besides options: a function */
       GAL_SFH_COMPOSED = 16  /* of others, each with its own burst, tau_quench, metallicity */
};
/* Cells of the age axis, k < n, of width[k]: what formed in them, mass[k], and rates and metallicities, [q stride + k], at two ages of each,
 * a[q step + k], q = 0, 1, as far from its middle on both sides. Cells lie between the ages 0 and the history's; n is a multiple of 8, and what is
 * filled in for cells outside is anything. */
typedef struct gal_history_cells {
    size_t n, step, stride;
    const double *a, *width;
    double *psi, *z, *mass;
} gal_history_cells;
typedef struct gal_sfh_class {
    const char *name; /* "delayed": the Lua constructor is sfh.delayed{...} */
    const char *args; /* "norm =, tau =, k =": in its signature */
    const char *doc;  /* the first line says what it is; equations, source: shown by help() */
    const gal_param
        *par; /* its own, the first one a factor on the rate where nothing else is said; NULL: create adds them */
    size_t npar;
    const gal_option *option;
    size_t noption;
    unsigned is;                    /* GAL_SFH_* */
    const gal_metals_class *metals; /* its own metal and dust evolution; NULL: chosen, with Mdust */
    /* s->option holds the values; checks them, adds parameters, sets s->self. NULL: nothing to do */
    gal_status (*create)(gal_sfh *s, const gal_sfh_opts *o);
    void (*destroy)(void *self);
    /* What tells choices apart: from the text "NAME metallicity burst" and what is common (gal_sfh_hash_of). NULL: the options given. */
    gal_hash (*hash)(const gal_sfh *s);
    const char *(*prior)(const gal_sfh *s, size_t i, char *buf, size_t size); /* see gal_sfh_prior; NULL: flat */
    gal_status (*open)(gal_history *h); /* memory and state of one thread; NULL: none */
    void (*close)(gal_history *h);
    gal_status (*set)(gal_history *h); /* p and age are there; NULL: nothing to do. No allocation */
    /* Makes `mass` form until t = end (a burst on top not counted); NULL: a factor on p[0]. */
    void (*normalise)(gal_history *h, double end, double mass);
    void (*rate)(const gal_history *h, const double *t, size_t n, double *psi);
    void (*mass)(const gal_history *h, const double *t, size_t n, double *mass); /* formed in [0, t] */
    /* All that cells ask for at once, where a history with metals of its own has a faster way; rates of 0, and some mass, where a cell is too
     * wide for it. NULL: by the functions above and the metals'. */
    void (*cells)(const gal_history *h, const gal_history_cells *c);
    size_t (*nbreak)(const gal_sfh *s); /* NULL: no kinks */
    size_t (*breaks)(const gal_history *h, double *t);
    /* Composed histories: see gal_sfh_metallicities, gal_history_parts. NULL: it is one */
    size_t (*metallicities)(const gal_sfh *s, size_t *index, size_t most);
    const gal_history *(*parts)(const gal_history *h, size_t *n);
    /* Derivatives. jvp: the change of rate and mass at t with that of p, age (and nbin's t, psi, cum) in d, of t in dt. vjp: its transpose;
     * adds to g and gt. Either output or input may be NULL. At a kink: those of the side that the value is of. NULL: there are none.
     * jvp_set, vjp_set: from p and age to t, psi, cum and back, where `set` makes them. */
    void (*jvp)(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi, double *dmass);
    void (*vjp)(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass, double *gt);
    void (*jvp_set)(gal_history_diff *d);
    void (*vjp_set)(gal_history_diff *g);
    void (*jvp_breaks)(const gal_history_diff *d, double *dt); /* of `breaks`, in its order; NULL: they do not move */
    void (*vjp_breaks)(gal_history_diff *g, const double *gt);
    /* Composed histories: changes of parameters p and age of the whole to those of part k, and back (added). */
    void (*split)(const gal_history *h, size_t k, const double *p, double age, double *own, double *own_age);
    void (*join)(const gal_history *h, size_t k, const double *own, double own_age, double *p, double *age);
    /* Gas and dust at the age; the rest of out is filled. open: 1, after quenching 0. NULL: from Mdust and the metallicity. */
    void (*gas)(const gal_history *h, double open, double dust_exponent, gal_sfh_content *out);
    /* Backward, from derivatives with respect to mgas, mdust of c, to g: as vjp at the age, *gt with respect to time there.
     * NULL: differences of the content are taken. */
    void (*gas_vjp)(gal_history_diff *g, double open, const gal_sfh_content *c, const gal_sfh_content *gc, double *gt);
} gal_sfh_class;
/* NULL-terminated lists; by name: GAL_ENOTFOUND with the near names. */
GAL_API const gal_sfh_class *const *gal_sfh_classes(void);
GAL_API gal_status gal_sfh_find(const char *name, const gal_sfh_class **out);
GAL_API const gal_metals_class *const *gal_metals_classes(void);
GAL_API gal_status gal_metals_find(const char *name, const gal_metals_class **out);

/* A burst on top of any history: f_burst = its share of all stars; see bursts.c. */
typedef enum gal_sfh_burst {
    GAL_BURST_NONE,
    GAL_BURST_DELTA,
    GAL_BURST_RECTANGLE,
    GAL_BURST_EXPONENTIAL,
    GAL_BURSTS
} gal_sfh_burst;
GAL_API const char *const *gal_sfh_bursts(void); /* [GAL_BURSTS] their names */

/* A history made by the caller, class "custom". The functions may fail; `rate` is called with t[n] ascending, t[0] = 0, and must fill
 * psi[n] >= 0 (checked). open/close make and drop what one thread needs; ref/unref count owners of self. */
typedef struct gal_sfh_custom {
    void *self;
    const gal_param *par; /* [npar], lives as long as self */
    size_t npar;
    gal_hash hash;
    void (*ref)(void *self);
    void (*unref)(void *self);
    gal_status (*open)(void **local, const void *self);
    void (*close)(void *local);
    gal_status (*rate)(void *local, const double *p, const double *t, size_t n, double *psi);
} gal_sfh_custom;

/* A history in a sum, class "sum". */
typedef struct gal_sfh_part {
    const char *name; /* "old" */
    const gal_sfh_opts *choices;
} gal_sfh_part;

/* The choices of a model. Zero = the default of everything. */
struct gal_sfh_opts {
    const gal_sfh_class *class;     /* NULL: the first of the list */
    const gal_option_value *option; /* [class->noption]; NULL: the defaults */
    const gal_metals_class *metals; /* NULL: the first of the list, or the class's own */
    gal_sfh_burst burst;
    bool by_mass; /* `mass` in place of the normalisation; histories that have it have it anyway */
    const gal_sfh_custom *custom;
    const gal_sfh_part *part; /* [npart] */
    size_t npart;
};

struct gal_sfh {
    gal_sfh_opts o; /* defaults filled in; what it points to is kept below */
    const gal_sfh_class *class;
    const gal_metals_class *metals;
    gal_option_value *option; /* [class->noption] */
    void *self;               /* of the class */
    size_t npar;              /* own, burst, tau_quench, Mdust, those of the metallicity */
    gal_param par[GAL_SFH_MAXPAR];
    size_t nown;    /* the model's own: par[0 .. nown-1]; those of a burst follow */
    size_t iquench; /* of tau_quench */
    size_t imetals; /* of the first parameter of the metallicity; Mdust is before it */
};
/* Checks the choices and fills the parameter list; arrays are copied, a custom history is referenced. */
GAL_API gal_status gal_sfh_init(gal_sfh *s, const gal_sfh_opts *o);
GAL_API void gal_sfh_clear(gal_sfh *s);
GAL_API gal_hash gal_sfh_hash(const gal_sfh *s); /* of all choices */
/* Index of tau_quench in par. */
GAL_API size_t gal_sfh_quench_index(const gal_sfh *s);
/* The usual prior of parameter i where it is not flat (in log) over plo .. phi, as a script writes it behind "prior.":
 * "student(0, 0.3, 2, -10, 10)"; "" else. Returns buf. */
GAL_API const char *gal_sfh_prior(const gal_sfh *s, size_t i, char *buf, size_t size);
/* The parameters that are metallicities now and must be inside the stellar table: indices into par, at most most; their number. */
GAL_API size_t gal_sfh_metallicities(const gal_sfh *s, size_t *index, size_t most);
GAL_API size_t gal_sfh_max_breaks(const gal_sfh *s);

/* ------------------------------------------------------------------ the model at given parameters */
struct gal_history {
    const gal_sfh *sfh;
    double age, quench; /* yr */
    double p[GAL_SFH_MAXPAR];
    size_t nbin; /* histories constant in bins, in galaxy time: psi[k] in t[k] .. t[k+1] */
    double t[GAL_SFH_MAXBIN + 1], psi[GAL_SFH_MAXBIN], cum[GAL_SFH_MAXBIN + 1];
    double burst_t, burst_span, burst_mass; /* start [yr], duration or decay time [yr], Msun formed until age */
    double formed;                          /* Msun, until min(age, tau_quench) */
    size_t ntab;                            /* histories linear between nodes */
    const double *tab_t, *tab_psi, *tab_cum;
    double kept[2]; /* of the class: numbers that follow from p */
    void *local;    /* of the class */
};
/* Changes of what a history has, or of a function's derivatives with respect to it: the names are those of gal_history. */
struct gal_history_diff {
    const gal_history *h; /* set */
    double age, quench;
    double p[GAL_SFH_MAXPAR];
    double t[GAL_SFH_MAXBIN + 1], psi[GAL_SFH_MAXBIN], cum[GAL_SFH_MAXBIN + 1];
    double burst_t, burst_span, burst_mass, formed;
    unsigned
        skip; /* backward: bit i, the derivative with respect to parameter i is not asked for and may be left out */
};
/* Forward: p[npar], age are the changes of the parameters and the age of a set history that is not composed (its parts one by one); then
 * those of rate, mass formed (either may be NULL), metallicity of the gas at t[n], which changes by dt[n], and of the n gal_history_breaks. */
GAL_API void gal_history_jvp_begin(gal_history_diff *d, const gal_history *h, const double *p, double age);
GAL_API void gal_history_jvp(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dpsi,
                             double *dmass);
GAL_API void gal_history_jvp_zgas(const gal_history_diff *d, const double *t, const double *dt, size_t n, double *dz);
GAL_API void gal_history_jvp_breaks(const gal_history_diff *d, double *dt, size_t n);
/* Backward, in any order between begin and end: derivatives with respect to rate, mass (either may be NULL), metallicity, breaks, added to g
 * and gt[n]; end adds those with respect to parameters and age to p[npar] and *age. */
GAL_API void gal_history_vjp_begin(gal_history_diff *g, const gal_history *h);
GAL_API void gal_history_vjp(gal_history_diff *g, const double *t, size_t n, const double *gpsi, const double *gmass,
                             double *gt);
GAL_API void gal_history_vjp_zgas(gal_history_diff *g, const double *t, size_t n, const double *gz, double *gt);
GAL_API void gal_history_vjp_breaks(gal_history_diff *g, const double *gt, size_t n);
GAL_API void gal_history_vjp_end(gal_history_diff *g, double *p, double *age);
/* Backward from gal_history_content: adds to p[npar] and *age from derivatives gc with respect to sfr, mgas, mdust and zgas of c. At quenching
 * the rate is taken to stay as open as it is. False, and nothing done, for histories that have no such derivatives. */
GAL_API bool gal_history_content_vjp(const gal_history *h, double dust_exponent, const gal_sfh_content *c,
                                     const gal_sfh_content *gc, double *p, double *age);
/* NULL, or what has no derivatives: "sfh.custom". */
GAL_API const char *gal_sfh_lacks_slopes(const gal_sfh *s, char *buf, size_t size);
/* Opens (memory and state only for custom histories). s must outlive h. */
GAL_API gal_status gal_history_init(gal_history *h, const gal_sfh *s);
GAL_API void gal_history_clear(gal_history *h);
/* p[npar] in the order of s->par; age > 0 [yr]. Fails only for custom histories. No allocation. */
GAL_API gal_status gal_history_set(gal_history *h, const double *p, double age);

/* Arrays [n]. Without quenching (the caller clips at h->quench); t <= 0 gives 0. t may be beyond the age. */
GAL_API void gal_history_rate(const gal_history *h, const double *t, size_t n, double *psi);
GAL_API void gal_history_mass(const gal_history *h, const double *t, size_t n, double *mass); /* formed in [0, t] */
/* Metallicity of the gas that stars form from at t. */
GAL_API void gal_history_zgas(const gal_history *h, const double *t, size_t n, double *z);
/* Cells at once: false, and nothing done, where the history has no way of its own for them or a burst on top. */
GAL_API bool gal_history_in_cells(const gal_history *h, const gal_history_cells *c);
/* Do all stars form at t = 0? */
GAL_API bool gal_history_at_once(const gal_history *h);
/* The populations of which the stars are: the history itself, or those it is composed of, each at its own age. Borrowed. */
GAL_API const gal_history *gal_history_parts(const gal_history *h, size_t *n);
/* Is it the same at all times, and of the stars too? Then *z is it. */
GAL_API bool gal_history_one_z(const gal_history *h, double *z);
/* Mass-weighted mean metallicity of the stars formed until t (in-situ: closed form of Pantoni+19; linear metals: quadrature). */
GAL_API void gal_history_zstar(const gal_history *h, const double *t, size_t n, double *z);
/* Times where the rate or metallicity has a kink or a jump: at most gal_sfh_max_breaks, any order, may be outside 0 .. age. */
GAL_API size_t gal_history_breaks(const gal_history *h, double *t);
/* State of the galaxy at its age. dust_exponent: gas-to-dust ratio of the empirical models, Mgas = 100 Mdust (Z/0.0134)^e:
 * e = -0.85 (observed: dust-to-gas grows with Z) or +0.85 (parity, D12). After quenching the in-situ gas and dust vanish (D24). */
GAL_API void gal_history_content(const gal_history *h, double dust_exponent, gal_sfh_content *out);
/* Surviving-mass integral of the reference code: n log-spaced points from 1 yr to age, return fraction
 * 0.05 ln(1 + a/0.4 Myr) (parity; the model's default takes the SSP's own mass table). */
GAL_API double gal_history_mstar_galapy(const gal_history *h, size_t n);
#ifdef __cplusplus
}
#endif
#endif
