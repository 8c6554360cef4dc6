/* Population photometry, galaxies in SIMD lanes; float64 and float32 from one source (pop_block.h included twice).
 *
 * Layout. A vector V fills one register of the instruction set; a block is its L galaxies. Every array of the block's scratch is [row] of V.
 * Galaxies are ordered by metallicity within chunks of 1024, so that the lanes of a block need the same few rows of the SSP table: the
 * triweight distribution has compact support.
 *
 * Age weights (DSPS: log M linear in log t between the nodes). The plan fixes t_table, t_obs and the ages: every bin edge i has a fixed segment
 * k and a fixed fraction v_i = ln(t_k/tb_i)/ln(t_k/t_{k-1}), M_i = m_k exp(-v_i L_k), L_k = ln(m_k/m_{k-1}). M_i - M_{i+1} would cancel in
 * young bins; instead D_i = mass formed between edge i and t_obs = sum_{j>k} dm_j + m_k q_i, q_i = -expm1(-v_i L_k), d_a = D_{a+1} - D_a, with
 * the history truncated at t_obs (node K becomes (t_obs, M_obs)): young D are small numbers with all their digits. Only nodes 0 .. K are read.
 *
 * Photometry. F[z][b] = sum_a d_a P[z][a][b], six accumulators a group; flux_b = M_obs/(D_n - D_0) sum_z p_z F[z][b].
 * Reverse, block by block right after forward: gcol_a = sum_{z,b} (g_b p_z) P; then D -> q, L -> (m_k, m_{k-1}), the truncation, node masses ->
 * rates (suffix sums), and the logarithmic derivatives of Diffstar. Nothing is kept between galaxies.
 *
 * The vector exp and log rely on IEEE rounding (split ln 2, magic-number rounding): never -ffast-math. */
#include "pop/pop_kern.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __AVX512F__
#define VB 64
#include <immintrin.h>
#elif defined __AVX2__
#define VB 32
#include <immintrin.h>
#else
#define VB 16
#endif
#if defined __x86_64__
#include <emmintrin.h>
static inline void stream(double *o, double x)
{
    long long bits;
    memcpy(&bits, &x, sizeof bits);
    _mm_stream_si64((long long *)(void *)o, bits);
}
#if defined __AVX512F__
#define LINE(o, x) _mm512_stream_pd(o, _mm512_loadu_pd(x))
#elif defined __AVX2__
#define LINE(o, x) _mm256_stream_pd(o, _mm256_loadu_pd(x))
#else
#define LINE(o, x) _mm_stream_pd(o, _mm_loadu_pd(x))
#endif
#define STREAM stream
#define FENCE  _mm_sfence
#else
#define LINE(o, x)   memcpy(o, x, VB)
#define STREAM(o, x) (*(o) = (x))
#define FENCE()
#endif
#define INL static inline __attribute__((always_inline))

/* x[n] -> o[n] past the caches, where there are instructions for it: whole registers, but for what lies before the first whole one and after the last */
static void stream_row(double *o, const double *x, int n)
{
    enum { WHOLE = VB / sizeof(double) };
    int k = 0, head = (int)(-((uintptr_t)o / sizeof *o) % WHOLE);
    for (; k < head && k < n; k++)
        STREAM(o + k, x[k]);
    for (; k + WHOLE <= n; k += WHOLE)
        LINE(o + k, x + k);
    for (; k < n; k++)
        STREAM(o + k, x[k]);
}
#define LN10 2.302585092994046

#define R      double
#define IT     int64_t
#define UT     uint64_t
#define SUF    64
#define TABLES pop_f64
#define TAB(p) (&(p)->d)
#define DOUBLE 1
#include "pop/pop_lanes.h"
#include "pop/pop_block.h"
#include "pop/pop_own.h"
#include "pop/pop_burst.h"
#include "pop/pop_error.h"
#include "pop/pop_light.h"
#include "pop/pop_sed.h"
#include "pop/pop_run.h"
#undef R
#undef IT
#undef UT
#undef SUF
#undef TABLES
#undef TAB
#undef DOUBLE

#define R      float
#define IT     int32_t
#define UT     uint32_t
#define SUF    32
#define TABLES pop_f32
#define TAB(p) (&(p)->f)
#define DOUBLE 0
#include "pop/pop_lanes.h"
#include "pop/pop_block.h"
#include "pop/pop_own.h"
#include "pop/pop_burst.h"
#include "pop/pop_error.h"
#include "pop/pop_light.h"
#include "pop/pop_sed.h"
#include "pop/pop_run.h"

static size_t bytes(const pop_plan *p, const pop_job *job)
{
    return p->single ? bytes_32(p, job) : bytes_64(p, job);
}

static void run(const pop_plan *p, const pop_job *job, int piece, size_t i0, size_t i1, void *scratch)
{
    if (p->single)
        run_32(p, job, piece, i0, i1, scratch);
    else
        run_64(p, job, piece, i0, i1, scratch);
}

static int lanes(bool single)
{
    return VB / (single ? (int)sizeof(float) : (int)sizeof(double));
}

static int rates(const double *restrict row, size_t n)
{
    int64_t bad = 0, some = 0;
    for (size_t k = 0; k < n; k++) {
        bad |= row[k] >= 0 && row[k] <= DBL_MAX ? 0 : 1;
        some |= row[k] > 0 ? 1 : 0;
    }
    return bad ? 1 : some ? 0 : 2;
}

const struct pop_kern GAL_KERN(pop_kern) = {lanes, rates, bytes, run};
