/* Absorption by the intergalactic medium: two models beside igm.c, at observed wavelength l for a source at redshift z. Lines
 * l_n = l_L n^2/(n^2 - 1), l_L = 911.75 A, absorb where l_n < l < l_n (1+z), q = l/l_n; r = l/l_L, x = 1+z.
 *
 * Madau 1995 (ApJ 441, 18), eqs 12, 13, 15 and the approximation to eq. 16 in its footnote:
 *     lines:     A_n q^3.46, n = 2..5;  metals 0.0017 q_2^1.68 where Lyman alpha absorbs
 *     continuum: 0.25 r^3 (x^0.46 - r^0.46) + 9.4 r^1.5 (x^0.18 - r^0.18) - 0.7 r^3 (r^-1.32 - x^-1.32) - 0.023 (x^1.68 - r^1.68)
 *
 * Meiksin 2006 (MNRAS 365, 807), eqs 2-7 and table 1:
 *     Lyman alpha: 0.00211 q^3.7 (q < 5), 0.00058 q^4.5 above
 *     n = 3..9:    f_n tau_alpha(q) (q/4)^(1/3), exponent 1/6 for n <= 5 and q > 4;  n = 10..31: that of n = 9 times 720/[n (n^2 - 1)]
 *     forest:      0.805 r^3 (1/r - 1/x)
 *     Lyman limit systems, N(tau, z) = 0.25 (0.5) tau^-1.5 (1+z)^1.5 for tau > 1: int dz' int_1^inf dtau N {1 - exp[-tau (r/(1+z'))^3]}.
 *       The inner integral is sqrt(pi u) + sum_{m>=1} (-1)^m u^m/[m! (2m - 1)], u = (r/(1+z'))^3 <= 1; the outer one is term by term.
 *
 * At r < 1 the same integrals from z' = 0. `factor` scales tau. */
#include "component/igm.h"
#include "component/component_kern.h"
#include "galua/const.h"

#include <math.h>

enum { TOP = 31, NPOWER = 6 };

/* The wavelengths below Lyman alpha and their powers, (lambda/l_L)^p. */
typedef struct table {
    size_t n;
    double *pow;              /* [NPOWER][n] */
    double ratio[TOP + 1];    /* l_n/l_L */
    double coef[NPOWER][TOP]; /* of line n: power by power, (l_L/l_n)^p included */
} table;

/* What tells the models apart: the powers, the coefficients of the lines, tau to s->scratch with dtau: madau_depth. */
typedef struct law {
    const double *power;
    void (*lines)(table *t);
    void (*depth)(const gal_stage *s, double *dtau);
} law;

static double line_ratio(int n) /* l_n/l_L */
{
    return (double)(n * n) / (n * n - 1);
}

static const double madau_power[NPOWER] = {3.46, 1.68, 3, 1.5, 0, 0};
/* Lyman alpha, and with (q/4)^(1/3), (q/4)^(1/6): below and above q = 5 */
static const double meiksin_power[NPOWER] = {3.7, 3.7 + 1. / 3, 3.7 + 1. / 6, 4.5, 4.5 + 1. / 3, 4.5 + 1. / 6};

static void teardown(void *p)
{
    table *t = p;
    gal_free(t->pow);
    gal_free(t);
}

static gal_status make(table **out, const gal_wavegrid *g, const double *power)
{
    table *t = GAL_NEW(table);
    *out = NULL;
    if (!t)
        return GAL_ENOMEM;
    while (t->n < g->n && g->wave[t->n] < GAL_LYMAN_AA * line_ratio(2))
        t->n++;
    if (!(t->pow = GAL_NEWN(double, NPOWER * t->n + 1))) {
        gal_free(t);
        return GAL_ENOMEM;
    }
    for (int n = 2; n <= TOP; n++)
        t->ratio[n] = line_ratio(n);
    for (int i = 0; i < NPOWER; i++)
        for (size_t k = 0; k < t->n; k++)
            t->pow[(size_t)i * t->n + k] = pow(g->wave[k] / GAL_LYMAN_AA, power[i]);
    *out = t;
    return GAL_OK;
}

/* ------------------------------------------------------------------ Madau 1995 */
static void madau_lines(table *t)
{
    static const double a[4] = {0.0036, 0.0017, 0.0012, 0.00093};
    for (int n = 2; n <= 5; n++)
        t->coef[0][n - 2] = a[n - 2] * pow(line_ratio(n), -madau_power[0]);
    t->coef[1][0] = 0.0017 * pow(line_ratio(2), -madau_power[1]);
}

/* Optical depth to s->scratch; dtau: with ln x at a fixed wavelength at rest, between the redshifts at which a line sets in there; or NULL */
static void madau_depth(const gal_stage *s, double *dtau)
{
    const table *t = s->table;
    const double *wave = s->view->grid->wave;
    double x = 1 + s->view->redshift, *tau = s->scratch, scale[NPOWER];
    double x046 = pow(x, 0.46), x018 = pow(x, 0.18), xm132 = pow(x, -1.32), x168 = pow(x, 1.68);
    for (int i = 0; i < NPOWER; i++)
        scale[i] = pow(x, madau_power[i]);
    for (size_t k = 0; k < t->n; k++) {
        double lam = wave[k] / GAL_LYMAN_AA, r = lam * x, p[4], depth = 0, metals = 0, slope = 0;
        for (int i = 0; i < 4; i++)
            p[i] = t->pow[(size_t)i * t->n + k] * scale[i];
        for (int n = 2; n <= 5; n++) {
            double w = t->ratio[n];
            depth += lam < w && r > w ? t->coef[0][n - 2] * p[0] : 0;
        }
        slope = 3.46 * depth;
        if (r > t->ratio[2])
            metals = t->coef[1][0] * p[1];
        depth += metals;
        slope += 1.68 * metals;
        if (lam < 1) {
            double lo = r > 1 ? log(r) : 0; /* nearest absorber that matters */
            double y046 = exp(0.46 * lo), y018 = exp(0.18 * lo), ym132 = exp(-1.32 * lo), y168 = exp(1.68 * lo);
            double c = 0.25 * p[2] * (x046 - y046) + 9.4 * p[3] * (x018 - y018) - 0.7 * p[2] * (ym132 - xm132) -
                       0.023 * (x168 - y168);
            double on = r > 1 ? 1 : 0; /* does that one move? */
            depth += c > 0 ? c : 0;
            if (c > 0)
                slope += 0.25 * p[2] * (3.46 * x046 - (3 + 0.46 * on) * y046) +
                         9.4 * p[3] * (1.68 * x018 - (1.5 + 0.18 * on) * y018) -
                         0.7 * p[2] * ((3 - 1.32 * on) * ym132 - 1.68 * xm132) - 0.023 * 1.68 * (x168 - on * y168);
        }
        tau[k] = depth;
        if (dtau)
            dtau[k] = slope;
    }
}

/* ------------------------------------------------------------------ Meiksin 2006 */
static void meiksin_lines(table *t)
{
    static const double f[10] = {0, 0, 1, 0.348, 0.179, 0.109, 0.0722, 0.0508, 0.0373, 0.0283};
    for (int n = 2; n <= TOP; n++) {
        double ratio = n < 10 ? f[n] : f[9] * 720 / (n * (n * n - 1.));
        for (int i = 0; i < NPOWER; i++) {
            double extra = meiksin_power[i] - meiksin_power[i / 3 * 3], alpha = i < 3 ? 0.00211 : 0.00058;
            t->coef[i][n - 2] = ratio * alpha * pow(4, -extra) * pow(line_ratio(n), -meiksin_power[i]);
        }
    }
}

/* slope: with ln x, added */
static double meiksin_line(const table *t, const double *p, int n, double q, double *slope)
{
    int extra = n == 2 ? 0 : n <= 5 && q > 4 ? 2 : 1, i = extra + (q < 5 ? 0 : 3);
    double depth = t->coef[i][n - 2] * p[i];
    *slope += meiksin_power[i] * depth;
    return depth;
}

static double limit_systems(double r, double x, double *slope)
{
    double on = r > 1 ? 1 : 0, dsum;
    double lo = r > 1 ? r : 1, u = r * r * r / (x * x * x), v = r * r * r / (lo * lo * lo);
    double a = x * x * sqrt(x), b = lo * lo * sqrt(lo), pu = 1, pv = 1, factorial = 1;
    double sum = sqrt(M_PI) * r * sqrt(r) * (x - lo);
    dsum = sqrt(M_PI) * r * sqrt(r) * (2.5 * x - (1.5 + on) * lo);
    for (int m = 1; m <= 14; m++) {
        pu *= u;
        pv *= v;
        factorial *= m;
        sum += (m % 2 ? -1 : 1) / (factorial * (2 * m - 1)) * (a * pu - b * pv) / (2.5 - 3 * m);
        dsum += (m % 2 ? -1 : 1) / (factorial * (2 * m - 1)) * (2.5 * a * pu - (on > 0 ? 2.5 : 3 * m) * b * pv) /
                (2.5 - 3 * m); /* u is a ratio at rest */
    }
    *slope += 0.25 * dsum;
    return 0.25 * sum;
}

static void meiksin_depth(const gal_stage *s, double *dtau)
{
    const table *t = s->table;
    const double *wave = s->view->grid->wave;
    double x = 1 + s->view->redshift, *tau = s->scratch, scale[NPOWER];
    for (int i = 0; i < NPOWER; i++)
        scale[i] = pow(x, meiksin_power[i]);
    for (size_t k = 0; k < t->n; k++) {
        double lam = wave[k] / GAL_LYMAN_AA, r = lam * x, p[NPOWER], depth = 0, slope = 0;
        for (int i = 0; i < NPOWER; i++)
            p[i] = t->pow[(size_t)i * t->n + k] * scale[i];
        for (int n = 2; n <= TOP && r > 1; n++) {
            double w = t->ratio[n];
            if (lam < w && r > w)
                depth += meiksin_line(t, p, n, r / w, &slope);
        }
        if (lam < 1) {
            double lo = r > 1 ? r : 1;
            slope += 0.805 * r * r * r * ((r > 1 ? 2 : 3) / lo - 2 / x);
            depth += 0.805 * r * r * r * (1 / lo - 1 / x) + limit_systems(r, x, &slope);
        }
        tau[k] = depth > 0 ? depth : 0;
        if (dtau)
            dtau[k] = depth > 0 ? slope : 0;
    }
}

/* ------------------------------------------------------------------ both */
static const law madau = {madau_power, madau_lines, madau_depth},
                 meiksin = {meiksin_power, meiksin_lines, meiksin_depth};

static gal_status setup(void **out, const void *self, const gal_wavegrid *g)
{
    const law *l = self;
    table *t;
    gal_status st = make(&t, g, l->power);
    if (t)
        l->lines(t);
    *out = t;
    return st;
}

/* out = exp(-factor tau) below Lyman alpha, 1 from there on */
static gal_status transmit(const gal_stage *s, double *out)
{
    const table *t = s->table;
    ((const law *)s->self)->depth(s, NULL);
    for (size_t k = t->n; k < s->view->grid->n; k++)
        out[k] = 1;
    GAL_KERN_PICK(component_kern)->decay(t->n, s->p[0], s->scratch, out);
    return GAL_OK;
}

static gal_status transmit_jvp(const gal_stage *s, const gal_stage *d, double *change)
{
    const table *t = s->table;
    ((const law *)s->self)->depth(s, s->scratch + t->n);
    igm_change(s, d, t->n, change);
    return GAL_OK;
}

static gal_status transmit_vjp(const gal_stage *s, const double *value, const double *gt, double *gp, gal_view *gv)
{
    const table *t = s->table;
    ((const law *)s->self)->depth(s, s->scratch + t->n);
    igm_back(s, t->n, value, gt, gp, gv);
    return GAL_OK;
}

static const gal_param par[] = {{"factor", "", "factor on the mean optical depth", 1, 0, 10, 0, 2, false, false}};

const gal_component_class gal_igm_madau95 = {
    .group = "igm",
    .kind = "madau95",
    .doc = "Mean absorption by the Lyman forest, metals and Lyman limit systems (Madau 1995, ApJ 441, 18): lines 2..5 "
           "and continuum.",
    .par = par,
    .npar = 1,
    .needs = GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .law = &madau,
    .setup = setup,
    .teardown = teardown,
    .scratch = igm_scratch,
    .transmit = transmit,
    .transmit_jvp = transmit_jvp,
    .transmit_vjp = transmit_vjp,
};

const gal_component_class gal_igm_meiksin06 = {
    .group = "igm",
    .kind = "meiksin06",
    .doc = "Mean absorption by the Lyman forest and Lyman limit systems (Meiksin 2006, MNRAS 365, 807): lines 2..31 "
           "and continuum.",
    .par = par,
    .npar = 1,
    .needs = GAL_NEED_REDSHIFT,
    .on_nodes = GAL_NODES_ANYWHERE,
    .law = &meiksin,
    .setup = setup,
    .teardown = teardown,
    .scratch = igm_scratch,
    .transmit = transmit,
    .transmit_jvp = transmit_jvp,
    .transmit_vjp = transmit_vjp,
};
