/* Hot loops of the rotation of coefficients; formulas in alm_rotate_kern.h. */
#include "sky/alm_rotate_kern.h"

#include <math.h>

enum { LANES = GAL_ROTATE_LANES };

/* A column of which some lane has grown out of its exponent is brought nearer to it. */
static void raise_exponent(gal_rotate_column *c, int sign)
{
    double most = 0;
    for (int i = 0; i < LANES; i++)
        most = fmax(most, fabs(c->now[sign][i]));
    if (most < 0x1p200)
        return;
    for (int i = 0; i < LANES; i++) {
        c->now[sign][i] *= 0x1p-400;
        c->before[sign][i] *= 0x1p-400;
    }
    c->e[sign] += GAL_ROTATE_STEP;
}

static void advance(int l, int m0, double cosb, const double *restrict root, const double *restrict inverse,
                    gal_rotate_column *restrict c)
{
    double m[LANES], up[LANES], down[LANES]; /* (2l+1)/(l s_(l+1)(m)), (l+1) s_l(m)/(l s_(l+1)(m)) */
    double x = l, turn = x * (x + 1) * cosb;
    for (int i = 0; i < LANES; i++) {
        m[i] = m0 + i;
        double s = (x - m[i]) * (x + m[i]), t = (x + 1 - m[i]) * (x + 1 + m[i]);
        t = t > 0 ? 1 / (x * sqrt(t)) : 0;
        up[i] = (2 * x + 1) * t;
        down[i] = s > 0 ? (x + 1) * sqrt(s) * t : 0;
    }
    for (int k = 0; k <= l; k++) {
        gal_rotate_column *o = &c[k];
        double f = inverse[k], g = f * root[k];
        for (int i = 0; i < LANES; i++) {
            double mm = m[i] * k, p = o->now[0][i], q = o->now[1][i];
            double a = up[i] * f * (turn - mm) * p - down[i] * g * o->before[0][i];
            double b = up[i] * f * (turn + mm) * q - down[i] * g * o->before[1][i];
            o->before[0][i] = p;
            o->before[1][i] = q;
            o->now[0][i] = a;
            o->now[1][i] = b;
        }
        if (o->e[0] < 0)
            raise_exponent(o, 0);
        if (o->e[1] < 0)
            raise_exponent(o, 1);
    }
}

static inline void apply_n(int l, int n, const gal_rotate_column *restrict c, const double *const *b,
                           double sum[][2][LANES])
{
    double acc[3][2][LANES] = {{{0}}};
    for (int k = 0; k <= l; k++) {
        const gal_rotate_column *o = &c[k];
        double plus = o->e[0] == 0, minus = k > 0 && o->e[1] == 0 ? (k % 2 ? -1 : 1) : 0;
        if (plus == 0 && minus == 0)
            continue;
        for (int i = 0; i < LANES; i++) {
            double d = plus * o->now[0][i], s = minus * o->now[1][i], re = d + s, im = d - s;
            for (int j = 0; j < n; j++) {
                acc[j][0][i] += re * b[j][2 * k];
                acc[j][1][i] += im * b[j][2 * k + 1];
            }
        }
    }
    for (int j = 0; j < n; j++)
        for (int i = 0; i < LANES; i++) {
            sum[j][0][i] += acc[j][0][i];
            sum[j][1][i] += acc[j][1][i];
        }
}

static void apply(int l, int ncomp, const gal_rotate_column *c, const double *const *b, double sum[][2][LANES])
{
    if (ncomp == 3)
        apply_n(l, 3, c, b, sum);
    else
        apply_n(l, 1, c, b, sum);
}

const struct alm_rotate_kern GAL_KERN(alm_rotate_kern) = {advance, apply};
