/* Equation of state: given T and P, number densities of electrons, ions, atoms and the most stable molecules.
 *
 * Saha:  n_{j+1} n_e / n_j = 2 U_{j+1}/U_j (2 pi m_e k T/h^2)^{3/2} exp(-I/kT), constant partition functions U.
 * Charge balance is one equation in ln n_e: ln q(n_e) - ln n_e is decreasing, solved by bracketed secant steps.
 * H2: Gray 2005 (The Observation and Analysis of Stellar Photospheres), log10 Kp(theta), dyn/cm2.
 * CO, TiO, CH, H2O: equilibrium constants of statistical mechanics (rigid rotator, harmonic oscillator), after the charge
 * balance: CO takes carbon and oxygen first.
 * Abundances: Asplund et al. 2009; He/H = 0.085 by number. Ionisation energies: NIST. All cgs. Thread-safe. */
#include "stars/eos.h"

#include "galua/const.h"

#include <math.h>

typedef struct element {
    double abundance; /* log10 number per 1e12 H */
    double mass;      /* amu */
    double ip[2];     /* eV */
    double u[3];      /* partition functions */
} element;

// clang-format off
static const element elements[GAL_NEL] = {
    [GAL_EL_C]  = {8.43, 12.01, {11.26, 24.38},  {9.3, 5.9, 1}},
    [GAL_EL_N]  = {7.83, 14.0,  {14.53, 29.6},   {8.9, 8.9, 5.9}},
    [GAL_EL_O]  = {8.69, 16.0,  {13.62, 35.1},   {8.7, 4.0, 8.9}},
    [GAL_EL_NA] = {6.24, 23.0,  {5.139, 47.3},   {2.2, 1, 6}},
    [GAL_EL_MG] = {7.60, 24.3,  {7.646, 15.04},  {1.1, 2.0, 1}},
    [GAL_EL_AL] = {6.45, 27.0,  {5.986, 18.83},  {5.9, 1.0, 2}},
    [GAL_EL_SI] = {7.51, 28.1,  {8.152, 16.35},  {9.5, 5.8, 1}},
    [GAL_EL_S]  = {7.12, 32.1,  {10.36, 23.3},   {8.1, 4.1, 8}},
    [GAL_EL_K]  = {5.03, 39.1,  {4.341, 31.6},   {2.3, 1, 5}},
    [GAL_EL_CA] = {6.34, 40.1,  {6.113, 11.87},  {1.4, 2.2, 1}},
    [GAL_EL_FE] = {7.50, 55.8,  {7.902, 16.19},  {30, 43, 25}},
    [GAL_EL_NI] = {6.22, 58.7,  {7.64, 18.2},    {30, 11, 20}},
    [GAL_EL_TI] = {4.95, 47.9,  {6.83, 13.58},   {30, 56, 20}},
    [GAL_EL_CR] = {5.64, 52.0,  {6.77, 16.5},    {10.5, 7.2, 20}},
};
// clang-format on

static const double he_per_h = 0.085;

double gal_eos_partition(int e, int stage)
{
    return elements[e].u[stage];
}

double gal_eos_saha(double t, double ip_ev, double u_up, double u_low)
{
    double kt = GAL_KB_CGS * t;
    double lambda2 = GAL_H_CGS * GAL_H_CGS / (2 * M_PI * GAL_ME_CGS * kt); /* thermal wavelength squared */
    return 2 * u_up / u_low / (lambda2 * sqrt(lambda2)) * exp(-ip_ev * GAL_EV_ERG / kt);
}

typedef struct balance {
    double n, kt, atot, kp; /* particles per cm3; nuclei per H; H2 dissociation constant [dyn/cm2] */
    double kh, khe, khe2;   /* Saha right-hand sides */
    double a[GAL_NEL], k1[GAL_NEL], k2[GAL_NEL];
    double nh, hi, h2, f1, f2; /* results of the last evaluation: H nuclei, H I, H2, He II and He III fractions */
} balance;

/* Charge density [cm-3] produced when the electron density is ne. */
static double charge(balance *b, double ne)
{
    /* n_H = n(HI) (1 + r) + 2 n(H2), n(H2) = n(HI)^2 kT/Kp, and n_H atot - n(H2) = n - n_e: quadratic in n(HI) */
    double rh = b->kh / ne, k = b->kt / b->kp, lin = b->atot * (1 + rh), free = b->n - ne;
    double hi = 2 * free / (lin + sqrt(lin * lin + 4 * k * (2 * b->atot - 1) * free)), h2 = hi * hi * k;
    double nh = hi * (1 + rh) + 2 * h2;
    double r1 = b->khe / ne, r2 = r1 * b->khe2 / ne, d = 1 + r1 + r2;
    b->f1 = r1 / d;
    b->f2 = r2 / d;
    double q = hi * rh + nh * he_per_h * (b->f1 + 2 * b->f2);
    for (int e = 0; e < GAL_NEL; e++) {
        double s1 = b->k1[e] / ne, s2 = s1 * b->k2[e] / ne;
        q += nh * b->a[e] * (s1 + 2 * s2) / (1 + s1 + s2);
    }
    b->nh = nh;
    b->hi = hi;
    b->h2 = h2;
    return q;
}

/* Root of ln q - ln ne in [1e-9, 0.55] of all particles (clamped there); regula falsi with the Illinois rule. */
static double electron_density(balance *b)
{
    // cppcheck-suppress ctuuninitvar ; every field is set by the caller
    double x0 = log(b->n * 1e-9), x1 = log(b->n * 0.55);
    double f0 = log(charge(b, exp(x0))) - x0, f1 = log(charge(b, exp(x1))) - x1;
    if (f0 <= 0)
        return exp(x0);
    if (f1 >= 0)
        return exp(x1);
    int side = 0;
    for (int it = 0; it < 80 && x1 - x0 > 1e-11; it++) {
        double x = (x0 * f1 - x1 * f0) / (f1 - f0);
        if (!(x > x0 && x < x1))
            x = 0.5 * (x0 + x1);
        double f = log(charge(b, exp(x))) - x;
        if (fabs(f) < 1e-11)
            return exp(x);
        if (f > 0) {
            x0 = x;
            f0 = f;
            if (side > 0)
                f1 *= 0.5;
            side = 1;
        } else {
            x1 = x;
            f1 = f;
            if (side < 0)
                f0 *= 0.5;
            side = -1;
        }
    }
    return exp(0.5 * (x0 + x1));
}

void gal_eos(double t, double p, double zrel, gal_gas *g)
{
    balance b;
    b.kt = GAL_KB_CGS * t;
    b.n = p / b.kt;
    double th = 5039.77 / t;
    double logk = 12.533505 + th * (-4.9251644 + th * (0.056191273 - th * 0.0032687661));
    b.kp = pow(10.0, fmin(fmax(logk, -30.0), 60.0));
    b.kh = gal_eos_saha(t, 13.598, 1, 2);
    b.khe = gal_eos_saha(t, 24.587, 2, 1);
    b.khe2 = gal_eos_saha(t, 54.418, 1, 2);
    b.atot = 1 + he_per_h;
    double mass = 1.008 + 4 * he_per_h;
    for (int e = 0; e < GAL_NEL; e++) {
        const element *el = &elements[e];
        b.a[e] = pow(10.0, el->abundance - 12) * zrel;
        b.k1[e] = gal_eos_saha(t, el->ip[0], el->u[1], el->u[0]);
        b.k2[e] = gal_eos_saha(t, el->ip[1], el->u[2], el->u[1]);
        b.atot += b.a[e];
        mass += el->mass * b.a[e];
    }
    double ne = electron_density(&b);
    charge(&b, ne);
    g->t = t;
    g->p = p;
    g->ne = ne;
    g->rho = b.nh * GAL_AMU_CGS * mass;
    g->h1 = b.hi;
    g->hp = b.hi * b.kh / ne;
    g->h2 = b.h2;
    double nhe = b.nh * he_per_h;
    double r1 = b.khe / ne, d = 1 + r1 + r1 * b.khe2 / ne;
    g->he1 = nhe / d; /* no cancellation when helium is fully ionised */
    g->he2 = nhe * b.f1;
    g->he3 = nhe * b.f2;
    for (int e = 0; e < GAL_NEL; e++) {
        double s1 = b.k1[e] / ne, s2 = s1 * b.k2[e] / ne, n0 = b.nh * b.a[e] / (1 + s1 + s2);
        g->el[e][0] = n0;
        g->el[e][1] = n0 * s1;
        g->el[e][2] = n0 * s2;
    }
}

/* n_AB/(n_A n_B) [cm3] of a diatomic molecule: dissociation energy d0 [eV], rotational constant rot and vibration vib
 * [cm-1], electronic weight g, partition functions qa, qb of the atoms, reduced mass mu [amu]. */
static double diatomic(double t, double d0, double rot, double vib, double g, double qa, double qb, double mu)
{
    double kt = GAL_KB_CGS * t;
    double q = 0.695035 * t / rot / (1 - exp(-1.4388 * vib / t)) * g;
    double l2 = GAL_H_CGS * GAL_H_CGS / (2 * M_PI * mu * GAL_AMU_CGS * kt);
    return l2 * sqrt(l2) * q / (qa * qb) * exp(fmin(d0 * GAL_EV_ERG / kt, 300.0));
}

void gal_eos_absorbers(const gal_gas *g, double n[GAL_NABSORBER])
{
    double t = g->t, kt = GAL_KB_CGS * t, nc = g->el[GAL_EL_C][0], no = g->el[GAL_EL_O][0], nti = g->el[GAL_EL_TI][0];
    double k = diatomic(t, 11.09, 1.931, 2170, 1, 9.3, 8.7, 6.86);
    double b = nc + no + 1 / k; /* CO: (nC - x)(nO - x) k = x; the stable form of the smaller root */
    double x = 2 * nc * no / (b + sqrt(fmax(b * b - 4 * nc * no, 0.0)));
    double fc = fmax(nc - x, 1e-8 * nc), fo = fmax(no - x, 1e-8 * no);
    double tio = fmin(nti * fo * diatomic(t, 6.87, 0.5355, 1009, 6, 30.0, 8.7, 12.0), nti);
    double ch = fc * g->h1 * diatomic(t, 3.465, 14.46, 2858, 4, 9.3, 2.0, 0.93);
    double l2 = GAL_H_CGS * GAL_H_CGS / (2 * M_PI * 0.9 * GAL_AMU_CGS * kt);
    double h2o = g->h1 * g->h1 * fo * (l2 * l2 * l2) * pow(t / 15.0, 1.5) * 0.5 / (4 * 8.7) *
                 exp(fmin(9.51 * GAL_EV_ERG / kt, 300.0));
    h2o = fmin(h2o, fo);
    n[0] = g->el[GAL_EL_FE][0] / elements[GAL_EL_FE].u[0];
    n[1] = g->el[GAL_EL_FE][1] / elements[GAL_EL_FE].u[1];
    n[2] = g->el[GAL_EL_FE][2] / elements[GAL_EL_FE].u[2];
    n[3] = tio / (t / 0.77);
    n[4] = ch / (t / 10.0);
    n[5] = h2o / pow(t / 15.0, 1.5);
}
