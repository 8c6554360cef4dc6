/* DiffstarPop: means, widths and quenched fraction of the galaxies of a halo, draws, and the reverse. Formulas: galua/diffstarpop.h. */
#include "galua/diffstarpop.h"
#include "galua/rng.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1024, MEAN = 16, DELTA = 74, SAT = 79 };
#define X0 12.5

// clang-format off
#define ROW(name, def, lo, hi) {name, "of DiffstarPop", def, lo, hi, (lo + hi) / 2., 0.1, -1, -1, 0, false}
static const gal_soft_param table[GAL_DSPOP_N] = {
    ROW("frac_quench_cen_x0_tpeak", 9.731, 1, 14),
    ROW("frac_quench_cen_k_tpeak", 9.989, 0.01, 10),
    ROW("frac_quench_cen_x0_ylotpeak", 13.998, 11, 14),
    ROW("frac_quench_cen_x0_yhitpeak", 13.654, 11, 14),
    ROW("frac_quench_cen_ylo_ylotpeak", 0.999, 0, 1),
    ROW("frac_quench_cen_ylo_yhitpeak", 0.302, 0, 1),
    ROW("frac_quench_cen_k", 2.169, 0.01, 5),
    ROW("frac_quench_cen_yhi", 0.999, 0, 1),
    ROW("frac_quench_sat_x0_tpeak", 9.464, 1, 14),
    ROW("frac_quench_sat_k_tpeak", 0.587, 0.01, 10),
    ROW("frac_quench_sat_x0_ylotpeak", 11.097, 11, 14),
    ROW("frac_quench_sat_x0_yhitpeak", 13.986, 11, 14),
    ROW("frac_quench_sat_ylo_ylotpeak", 0.501, 0, 1),
    ROW("frac_quench_sat_ylo_yhitpeak", 0.001, 0, 1),
    ROW("frac_quench_sat_k", 4.995, 0.01, 5),
    ROW("frac_quench_sat_yhi", 0.999, 0, 1),
    ROW("mean_ulgm_mseq_xtp", 12.9, 11, 14),
    ROW("mean_ulgm_mseq_ytp", 12.526, 11, 14),
    ROW("mean_ulgm_mseq_lo", 0.745, -1, 5),
    ROW("mean_ulgm_mseq_hi", -0.061, -5, 1),
    ROW("mean_ulgy_mseq_xtp", 11.885, 11, 14),
    ROW("mean_ulgy_mseq_ytp", -10.536, -13, -8),
    ROW("mean_ulgy_mseq_lo", 1.644, -1, 5),
    ROW("mean_ulgy_mseq_hi", 0.461, -5, 1),
    ROW("mean_ul_mseq_int", -2.806, -3, 5),
    ROW("mean_ul_mseq_slp", -0.321, -20, 20),
    ROW("mean_uh_mseq_int", -4.995, -5, 3),
    ROW("mean_uh_mseq_slp", 1.479, -20, 20),
    ROW("mean_ulgm_qseq_xtp", 13.349, 11, 14),
    ROW("mean_ulgm_qseq_ytp", 12.24, 11, 14),
    ROW("mean_ulgm_qseq_lo", 0.345, -1, 5),
    ROW("mean_ulgm_qseq_hi", -0.122, -5, 1),
    ROW("mean_ulgy_qseq_xtp", 11.938, 11, 14),
    ROW("mean_ulgy_qseq_ytp", -9.896, -13, -8),
    ROW("mean_ulgy_qseq_lo", 0.922, -1, 5),
    ROW("mean_ulgy_qseq_hi", 0.45, -5, 1),
    ROW("mean_ul_qseq_int", -0.597, -3, 5),
    ROW("mean_ul_qseq_slp", 0.255, -20, 20),
    ROW("mean_uh_qseq_int", -1.44, -5, 3),
    ROW("mean_uh_qseq_slp", -0.799, -20, 20),
    ROW("mean_uqt_xtp", 11.305, 11, 14),
    ROW("mean_uqt_ytp", 1.181, 0, 2),
    ROW("mean_uqt_lo", -0.001, -1, 0),
    ROW("mean_uqt_hi", -0.445, -1, 0),
    ROW("mean_uqs_int", 0.665, -5, 2),
    ROW("mean_uqs_slp", 0.073, -20, 20),
    ROW("mean_udrop_int", -2.997, -3, 2),
    ROW("mean_udrop_slp", 0.96, -20, 20),
    ROW("mean_urej_int", -4.668, -10, 2),
    ROW("mean_urej_slp", 2.971, -20, 20),
    ROW("std_ulgm_mseq_int", 0.063, 0.01, 1),
    ROW("std_ulgm_mseq_slp", -0.058, -1, 1),
    ROW("std_ulgy_mseq_int", 0.057, 0.01, 1),
    ROW("std_ulgy_mseq_slp", 0.246, -1, 1),
    ROW("std_ul_mseq_int", 0.871, 0.01, 3),
    ROW("std_ul_mseq_slp", -0.999, -1, 1),
    ROW("std_uh_mseq_int", 0.011, 0.01, 3),
    ROW("std_uh_mseq_slp", 0.014, -1, 1),
    ROW("std_ulgm_qseq_int", 0.44, 0.01, 1),
    ROW("std_ulgm_qseq_slp", -0.309, -1, 1),
    ROW("std_ulgy_qseq_int", 0.045, 0.01, 1),
    ROW("std_ulgy_qseq_slp", 0.119, -1, 1),
    ROW("std_ul_qseq_int", 0.762, 0.01, 3),
    ROW("std_ul_qseq_slp", 0.636, -1, 1),
    ROW("std_uh_qseq_int", 0.011, 0.01, 3),
    ROW("std_uh_qseq_slp", 0.001, -1, 1),
    ROW("std_uqt_int", 0.054, 0.01, 0.5),
    ROW("std_uqt_slp", 0.021, -1, 1),
    ROW("std_uqs_int", 0.077, 0.01, 1),
    ROW("std_uqs_slp", 0.074, -1, 1),
    ROW("std_udrop_int", 0.288, 0.01, 2),
    ROW("std_udrop_slp", -0.999, -1, 1),
    ROW("std_urej_int", 0.965, 0.01, 2),
    ROW("std_urej_slp", -0.998, -1, 1),
    ROW("delta_uqt_x0", 1.001, 1, 14),
    ROW("delta_uqt_k", 0.578, 0.01, 5),
    ROW("delta_uqt_ylo", -0.569, -1, 1),
    ROW("delta_uqt_yhi", 0.309, -1, 1),
    ROW("delta_uqt_slope", 0.098, -0.1, 0.1),
    ROW("qp_lgmh_crit", 13, 11, 15),
    ROW("td_lgmhc", 13, 11, 15),
    ROW("td_mlo", 2, -5, 10),
    ROW("td_mhi", -0.5, -5, 10),
    ROW("qphi_lgmu_crit", -1.5, -4, -0.1),
    ROW("lgmu_lo_mh_lo", 0.1, 0, 1),
    ROW("lgmu_hi_mh_lo", 0.5, 0, 1),
    ROW("lgmu_lo_mh_hi", 0.5, 0, 1),
    ROW("lgmu_hi_mh_hi", 0.9, 0, 1),
};
// clang-format on

const gal_soft_param *gal_diffstarpop_params(void)
{
    return table;
}

/* Laws of one number each: the value, and where gp is there, g times the derivatives added to gp. */
static double turn(const double *p, double x, double g, double *gp)
{
    double d[7], y = gal_sigslope(x, p[0], p[1], p[0], 3, p[2], p[3], d);
    if (gp)
        gp[0] += g * (d[1] + d[3]), gp[1] += g * d[2], gp[2] += g * d[5], gp[3] += g * d[6];
    return y;
}

/* a line y0 + m (x - 12.5) clipped within 1 % of lo .. hi */
static double line(const double *p, double x, double lo, double hi, double g, double *gp)
{
    double y0 = p[0], m = fabs(p[1]) > 1e-12 ? p[1] : 1e-12, da[5], db[5];
    double el = (y0 - lo) / (100 * m), eh = (hi - y0) / (100 * m), k = 20 / el, cl = X0 - 99 * el, ch = X0 + 99 * eh;
    double a = gal_sigmoid(x, cl, k, y0 - 0.99 * (y0 - lo), y0 + m * (x - X0), da);
    double y = gal_sigmoid(x, ch, k, a, y0 + 0.99 * (hi - y0), db);
    if (!gp)
        return y;
    double el0 = 1 / (100 * m), elm = -el / m, eh0 = -el0, ehm = -eh / m, kl = -k / el;
    double a0 = da[1] * -99 * el0 + da[2] * kl * el0 + da[3] * 0.01 + da[4];
    double am = da[1] * -99 * elm + da[2] * kl * elm + da[4] * (x - X0);
    gp[0] += g * (db[1] * 99 * eh0 + db[2] * kl * el0 + db[3] * a0 + db[4] * 0.01);
    gp[1] += g * (db[1] * 99 * ehm + db[2] * kl * elm + db[3] * am);
    return y;
}

/* the share that quenches, of centrals or of satellites at the same mass */
static double quenched(const double *p, double x, double tp, double g, double *gp)
{
    double dx[5], dy[5], d[5], x0 = gal_sigmoid(tp, p[0], p[1], p[2], p[3], dx),
                               lo = gal_sigmoid(tp, p[0], p[1], p[4], p[5], dy);
    double f = gal_sigmoid(x, x0, p[6], lo, p[7], d);
    if (gp) {
        double gx = g * d[1], gl = g * d[3];
        gp[0] += gx * dx[1] + gl * dy[1];
        gp[1] += gx * dx[2] + gl * dy[2];
        gp[2] += gx * dx[3], gp[3] += gx * dx[4];
        gp[4] += gl * dy[3], gp[5] += gl * dy[4];
        gp[6] += g * d[2], gp[7] += g * d[4];
    }
    return f;
}

/* of the others, the share that has quenched as a satellite */
static double stripped(const double *p, double lgmu, double mhost, double since, double g, double *gp)
{
    double da[5], db[5], dq[5], dt[5], d[5];
    double a = gal_sigmoid(lgmu, p[4], 2, p[5], p[6], da), b = gal_sigmoid(lgmu, p[4], 2, p[7], p[8], db);
    double most = gal_sigmoid(mhost, p[0], 5, a, b, dq), delay = gal_sigmoid(mhost, p[1], 5, p[2], p[3], dt);
    double f = gal_sigmoid(since, delay, 5, 0, most, d);
    if (gp) {
        double gq = g * d[4], gd = g * d[1];
        gp[0] += gq * dq[1];
        gp[1] += gd * dt[1], gp[2] += gd * dt[3], gp[3] += gd * dt[4];
        gp[4] += gq * (dq[3] * da[1] + dq[4] * db[1]);
        gp[5] += gq * dq[3] * da[3], gp[6] += gq * dq[3] * da[4];
        gp[7] += gq * dq[4] * db[3], gp[8] += gq * dq[4] * db[4];
    }
    return f;
}

/* out of one halo; where gp is there, out holds derivatives of a loss, which go to gp */
static void laws(const double *p, const gal_dspop_halos *h, size_t i, double *out, double *gp)
{
    static const double mean[8][2] = {{0}, {0}, {-3, 5}, {-5, 3}, {0}, {-5, 2}, {-3, 2}, {-10, 2}},
                        width[8][2] = {{.01, 1}, {.01, 1}, {.01, 3}, {.01, 3}, {.01, .5}, {.01, 1}, {.01, 2}, {.01, 2}};
    static const int at[12] = {16, 20, 24, 26, 28, 32,
                               36, 38, 40, 44, 46, 48}; /* the main sequence's, then the others */
    double x = h->logmp[i], tp = h->tpeak[i], v;
    if (!gp)
        memset(out, 0, GAL_DSPOP_OUT * sizeof *out);
#define PUT(k, call)                                                                                                   \
    do {                                                                                                               \
        v = call;                                                                                                      \
        if (!gp)                                                                                                       \
            out[k] = v;                                                                                                \
    } while (0)
#define BACK(j) out[k], (gp ? gp + (j) : NULL)
    for (int k = 0; k < 12; k++) {
        int q = k < 4 ? k : k - 4;
        if (q < 2 || q == 4)
            PUT(k, turn(p + at[k], x, BACK(at[k])));
        else
            PUT(k, line(p + at[k], x, mean[q][0], mean[q][1], BACK(at[k])));
    }
    double d[5], shift = gal_sigmoid(tp, p[DELTA], p[DELTA + 1], p[DELTA + 2], p[DELTA + 3], d);
    if (gp) {
        for (int j = 0; j < 4; j++)
            gp[DELTA + j] += out[8] * d[1 + j];
        gp[DELTA + 4] += out[8] * (x - X0);
    } else {
        out[8] += shift + (x - X0) * p[DELTA + 4];
    }
    for (int k = 12; k < 24; k++) {
        int q = k < 16 ? k - 12 : k - 16, j = 50 + 2 * (k - 12);
        PUT(k, line(p + j, x, width[q][0], width[q][1], BACK(j)));
    }
    bool central = !h->since || h->since[i] < 0;
    if (central) {
        const int k = 24;
        PUT(k, quenched(p, x, tp, BACK(0)));
        return;
    }
    double f = quenched(p + 8, x, tp, 0, NULL), s = stripped(p + SAT, h->lgmu[i], h->logmhost[i], h->since[i], 0, NULL);
    if (gp) {
        quenched(p + 8, x, tp, out[24] * (1 - s), gp + 8);
        stripped(p + SAT, h->lgmu[i], h->logmhost[i], h->since[i], out[24] * (1 - f), gp + SAT);
    } else {
        out[24] = f + s * (1 - f);
    }
#undef PUT
#undef BACK
}

void gal_diffstarpop(const double *p, const gal_dspop_halos *h, double *out)
{
    for (size_t i = 0; i < h->n; i++)
        laws(p, h, i, out + i * GAL_DSPOP_OUT, NULL);
}

static gal_status check(const double *p, const gal_dspop_halos *h)
{
    double u[GAL_DSPOP_N];
    gal_status st = gal_soft_unbounded("diffstarpop", table, GAL_DSPOP_N, p, u);
    if (st != GAL_OK)
        return st;
    if (!h->logmp || !h->tpeak || (h->since && (!h->lgmu || !h->logmhost)))
        return gal_fail(
            GAL_EINVAL,
            "diffstarpop: halos need mass and t_peak, and satellites lgmu, logmhost and the time since infall");
    for (size_t i = 0; i < h->n; i++)
        if (!isfinite(h->logmp[i]) || !(h->tpeak[i] > 0) ||
            (h->since && !(isfinite(h->lgmu[i]) && isfinite(h->logmhost[i]))))
            return gal_fail(GAL_EDOMAIN,
                            "diffstarpop: halo %zu: log10 mass %g and t_peak %g must be finite, t_peak > 0", i + 1,
                            h->logmp[i], h->tpeak[i]);
    return GAL_OK;
}

/* unbounded parameters of halo i: of the main sequence u[0], quenched u[1] */
static void unbounded(const double *out, const double *eps, size_t n, size_t i, double u[2][GAL_DIFFSTAR_N])
{
    for (int k = 0; k < 4; k++) {
        u[0][k] = out[k] + out[12 + k] * eps[(size_t)k * n + i];
        u[0][4 + k] = 5;
    }
    for (int k = 0; k < 8; k++)
        u[1][k] = out[4 + k] + out[16 + k] * eps[(size_t)(4 + k) * n + i];
}

gal_status gal_diffstarpop_draw(const double *p, const gal_dspop_halos *h, const double *eps, double *ms, double *q,
                                double *f)
{
    const size_t n = h->n;
    gal_status st = check(p, h);
    if (st != GAL_OK)
        return st;
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t i = 0; i < n; i++) {
        double out[GAL_DSPOP_OUT], u[2][GAL_DIFFSTAR_N], a[2][GAL_DIFFSTAR_N];
        laws(p, h, i, out, NULL);
        unbounded(out, eps, n, i, u);
        for (int s = 0; s < 2; s++)
            gal_soft_bounded(gal_diffstar_params(), GAL_DIFFSTAR_N, u[s], a[s], NULL);
        for (size_t k = 0; k < GAL_DIFFSTAR_N; k++) {
            ms[k * n + i] = a[0][k];
            q[k * n + i] = a[1][k];
        }
        f[i] = out[24];
    }
    return GAL_OK;
}

/* adjoint gu of unbounded parameters from that of bounded ones, column i of g */
static void unbind(const double *u, const double *g, size_t n, size_t i, double *gu)
{
    double a[GAL_DIFFSTAR_N], jac[GAL_DIFFSTAR_N * GAL_DIFFSTAR_N];
    gal_soft_bounded(gal_diffstar_params(), GAL_DIFFSTAR_N, u, a, jac);
    for (int k = 0; k < GAL_DIFFSTAR_N; k++) {
        gu[k] = 0;
        for (int j = 0; j < GAL_DIFFSTAR_N; j++)
            gu[k] += g[(size_t)j * n + i] * jac[j * GAL_DIFFSTAR_N + k];
    }
}

gal_status gal_diffstarpop_draw_vjp(const double *p, const gal_dspop_halos *h, const double *eps, const double *gms,
                                    const double *gq, const double *gf, double *gp)
{
    const size_t n = h->n, pieces = (n + PIECE - 1) / PIECE;
    gal_status st = check(p, h);
    if (st != GAL_OK)
        return st;
    double *sum = GAL_NEWN(double, pieces *GAL_DSPOP_N);
    if (!sum)
        return GAL_ENOMEM;
#pragma omp parallel for schedule(dynamic) num_threads(gal_threads())
    for (size_t c = 0; c < pieces; c++)
        for (size_t i = c * PIECE; i < n && i < (c + 1) * PIECE; i++) {
            double out[GAL_DSPOP_OUT], g[GAL_DSPOP_OUT], u[2][GAL_DIFFSTAR_N], gu[2][GAL_DIFFSTAR_N];
            laws(p, h, i, out, NULL);
            unbounded(out, eps, n, i, u);
            unbind(u[0], gms, n, i, gu[0]);
            unbind(u[1], gq, n, i, gu[1]);
            for (int k = 0; k < 4; k++)
                g[k] = gu[0][k], g[12 + k] = gu[0][k] * eps[(size_t)k * n + i];
            for (int k = 0; k < 8; k++)
                g[4 + k] = gu[1][k], g[16 + k] = gu[1][k] * eps[(size_t)(4 + k) * n + i];
            g[24] = gf[i];
            laws(p, h, i, g, sum + c * GAL_DSPOP_N);
        }
    memset(gp, 0, GAL_DSPOP_N * sizeof *gp);
    for (size_t c = 0; c < pieces; c++)
        for (size_t k = 0; k < GAL_DSPOP_N; k++)
            gp[k] += sum[c * GAL_DSPOP_N + k];
    gal_free(sum);
    return GAL_OK;
}

void gal_diffstarpop_normals(uint64_t seed, size_t n, double *eps)
{
#pragma omp parallel for schedule(static) num_threads(gal_threads())
    for (size_t i = 0; i < n; i++) {
        gal_rng r;
        gal_rng_init(&r, seed, 0x64737066, i, 0, 0);
        for (size_t k = 0; k < GAL_DSPOP_EPS; k++)
            eps[k * n + i] = gal_rng_normal(&r);
    }
}
