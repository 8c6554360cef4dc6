/* Vector arithmetic of pop_kern.c for one precision (no include guard: included once for each). R scalar, V a register of R, N(name) adds the
 * precision to a name. Domains: exp clips its argument to where 2^n is normal; log takes normal positive numbers. */
#define N(name) GAL_PASTE(name, SUF)
#define V       N(vec)
#define VI      N(veci)
#define VU      N(vecu)
#define L       N(lanes)
typedef R V __attribute__((vector_size(VB)));
typedef IT VI __attribute__((vector_size(VB)));
typedef UT VU __attribute__((vector_size(VB)));
enum { L = VB / sizeof(R) };

INL V N(sel)(VI m, V a, V b)
{
    return (V)((m & (VI)a) | (~m & (VI)b));
}

/* the compiler does not see max and min in generic vectors */
#if defined __AVX512F__ && DOUBLE
INL V N(vmax)(V a, V b)
{
    return (V)_mm512_max_pd((__m512d)a, (__m512d)b);
}
INL V N(vmin)(V a, V b)
{
    return (V)_mm512_min_pd((__m512d)a, (__m512d)b);
}
#elif defined __AVX512F__
INL V N(vmax)(V a, V b)
{
    return (V)_mm512_max_ps((__m512)a, (__m512)b);
}
INL V N(vmin)(V a, V b)
{
    return (V)_mm512_min_ps((__m512)a, (__m512)b);
}
#elif defined __AVX2__ && DOUBLE
INL V N(vmax)(V a, V b)
{
    return (V)_mm256_max_pd((__m256d)a, (__m256d)b);
}
INL V N(vmin)(V a, V b)
{
    return (V)_mm256_min_pd((__m256d)a, (__m256d)b);
}
#elif defined __AVX2__
INL V N(vmax)(V a, V b)
{
    return (V)_mm256_max_ps((__m256)a, (__m256)b);
}
INL V N(vmin)(V a, V b)
{
    return (V)_mm256_min_ps((__m256)a, (__m256)b);
}
#else
INL V N(vmax)(V a, V b)
{
    return N(sel)((VI)(a > b), a, b);
}
INL V N(vmin)(V a, V b)
{
    return N(sel)((VI)(a < b), a, b);
}
#endif

INL V N(set1)(R x)
{
    return x - (V){0};
}

#undef MAGIC
#undef MANT
#undef LN2H
#undef LN2L
#undef XCLIP
#undef ONEB
#undef SQH
#if DOUBLE
#define MAGIC 0x1.8p52
#define MANT  52
#define LN2H  0x1.62e42fefa38p-1
#define LN2L  0x1.ef35793c7673p-45
#define XCLIP 700
#define ONEB  0x3ff0000000000000
#define SQH   0x3fe6a09e667f3bcd /* sqrt(1/2) */
/* e^r - 1 on |r| <= ln2/2: Taylor to r^13, pairs of Estrin's scheme */
INL V N(pexp)(V r)
{
    V a = r * r, b = a * a;
    V p0 = r * (1 / 6.) + .5, p1 = r * (1 / 120.) + 1 / 24., p2 = r * (1 / 5040.) + 1 / 720.;
    V p3 = r * (1 / 362880.) + 1 / 40320., p4 = r * (1 / 39916800.) + 1 / 3628800.;
    V lo = p1 * a + p0, mi = p3 * a + p2, hi = (r * (1 / 6227020800.) + 1 / 479001600.) * a + p4;
    return (hi * b + mi) * b * a + lo * a + r;
}
/* 2 artanh s - 2 s, |s| < 0.172 */
INL V N(plog)(V s)
{
    V t = s * s, p = 2 / 21. + 0 * t;
    p = p * t + 2 / 19.;
    p = p * t + 2 / 17.;
    p = p * t + 2 / 15.;
    p = p * t + 2 / 13.;
    p = p * t + 2 / 11.;
    p = p * t + 2 / 9.;
    p = p * t + 2 / 7.;
    p = p * t + 2 / 5.;
    p = p * t + 2 / 3.;
    return p * t * s;
}
#else
#define MAGIC 0x1.8p23f
#define MANT  23
#define LN2H  0x1.62e4p-1f
#define LN2L  0x1.7f7d1cp-20f
#define XCLIP 87
#define ONEB  0x3f800000
#define SQH   0x3f3504f3
INL V N(pexp)(V r)
{
    V p = 1 / 5040.f + 0 * r;
    p = p * r + 1 / 720.f;
    p = p * r + 1 / 120.f;
    p = p * r + 1 / 24.f;
    p = p * r + 1 / 6.f;
    p = p * r + .5f;
    return p * r * r + r;
}
INL V N(plog)(V s)
{
    V t = s * s, p = 2 / 9.f + 0 * t;
    p = p * t + 2 / 7.f;
    p = p * t + 2 / 5.f;
    p = p * t + 2 / 3.f;
    return p * t * s;
}
#endif

/* e^x = s (1 + p) */
INL void N(split_exp)(V x, V *s, V *p)
{
    V k = x * (R)1.4426950408889634 + (R)MAGIC, n = k - (R)MAGIC, r = (x - n * (R)LN2H) - n * (R)LN2L;
    *p = N(pexp)(r);
    *s = (V)(((VU)k << MANT) + (UT)ONEB);
}
INL V N(vexpm1)(V x) /* x <= 0 or moderate: only underflow is clipped */
{
    V s, p;
    N(split_exp)(N(vmax)(x, N(set1)(-XCLIP)), &s, &p);
    return s * p + (s - 1);
}
INL V N(vexp)(V x)
{
    V s, p;
    N(split_exp)(N(vmin)(N(vmax)(x, N(set1)(-XCLIP)), N(set1)(XCLIP)), &s, &p);
    return s * p + s;
}
INL V N(log_of)(V s, VI e) /* e ln 2 + 2 artanh s */
{
    V n = __builtin_convertvector(e, V);
    return n * (R)LN2H + (2 * s + (N(plog)(s) + n * (R)LN2L));
}
INL V N(vlog)(V u)
{
    VI e = ((VI)u - (IT)SQH) >> MANT;
    V m = (V)((VU)u - ((VU)e << MANT)), f = m - 1;
    return N(log_of)(f / (2 + f), e);
}
INL V N(vlogr)(V m, V d) /* ln((m + d)/m): one division, small d/m with all its digits */
{
    V u = m + d;
    VI e = ((VI)u - (VI)m + ((IT)1 << (MANT - 1))) >> MANT;
    V a = (V)((VU)m + ((VU)e << MANT));
    V s = N(sel)((VI)(e == 0), d, u - a) / (u + a);
    return N(log_of)(s, e);
}
INL V N(clip3)(V z)
{
    return N(vmin)(N(vmax)(z, N(set1)(-3)), N(set1)(3));
}
INL V N(twF)(V z) /* clipped z */
{
    V t = z * z;
    return (R).5 + z * ((R)(35 / 96.) + t * ((R)(-35 / 864.) + t * ((R)(7 / 2592.) - t * (R)(5 / 69984.))));
}
INL V N(twf)(V z)
{
    V u = 1 - z * z * (R)(1 / 9.);
    return (R)(35 / 96.) * u * u * u;
}
