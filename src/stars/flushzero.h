/* Flush denormal numbers to zero while hot loops run: fluxes 38 decades below the peak are zero here, and denormal arithmetic
 * is a hundred times slower. Elsewhere than on x86 the loops are right without it. */
#ifndef GAL_STARS_FLUSHZERO_H
#define GAL_STARS_FLUSHZERO_H
#if defined(__SSE2__)
#include <xmmintrin.h>
static inline unsigned flush_zero_begin(void)
{
    unsigned old = _mm_getcsr();
    _mm_setcsr(old | 0x8040); /* FTZ, DAZ */
    return old;
}
static inline void flush_zero_end(unsigned old)
{
    _mm_setcsr(old);
}
#else
static inline unsigned flush_zero_begin(void)
{
    return 0;
}
static inline void flush_zero_end(unsigned old)
{
    (void)old;
}
#endif
#endif
