/* Which instruction set the hot kernels run on. */
#include "num/isa.h"
#include "galua/base.h"

#include <stdlib.h>
#include <string.h>

static int detect(void)
{
    int best = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        best = 1;
    if (best == 1 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        best = 2;
#endif
    const char *e = getenv("GALUA_ISA");
    int asked = !e ? 2 : strcmp(e, "base") == 0 ? 0 : strcmp(e, "v3") == 0 ? 1 : 2;
    if (e && *e && asked == 2 && strcmp(e, "v4") != 0)
        gal_log(GAL_LOG_WARN, "isa", "GALUA_ISA='%s' is none of base, v3, v4: ignored", e);
    return asked < best ? asked : best;
}

int gal_isa(void)
{
    static int isa = -1; /* the race is benign: every thread computes the same value */
    int v = __atomic_load_n(&isa, __ATOMIC_RELAXED);
    if (v < 0) {
        v = detect();
        __atomic_store_n(&isa, v, __ATOMIC_RELAXED);
    }
    return v;
}

const char *gal_isa_name(void)
{
#if defined(__x86_64__)
    static const char *const names[] = {"x86-64 baseline", "AVX2", "AVX-512"};
    return names[gal_isa()];
#else
    return "portable";
#endif
}
