/* Run-time choice of instruction set for hot kernels.
 *
 * A file x_kern.c is compiled once per instruction set with -DGAL_ISA=base|v3|v4. It defines its functions static and ends with
 *     const struct x_kern GAL_KERN(x_kern) = {fun1, fun2};
 * The header beside it declares struct x_kern and GAL_KERN_DECLARE(x_kern); users call
 *     const struct x_kern *k = GAL_KERN_PICK(x_kern);
 * v3 = AVX2 + FMA, v4 = AVX-512. GALUA_ISA=base|v3|v4 in the environment lowers the choice (tests compare the paths). */
#ifndef GAL_NUM_ISA_H
#define GAL_NUM_ISA_H
#include "galua/base.h"
#define GAL_PASTE2(a, b) a##_##b
#define GAL_PASTE(a, b)  GAL_PASTE2(a, b)
#define GAL_KERN(name)   GAL_PASTE(name, GAL_ISA)
#if defined(__x86_64__)
#define GAL_KERN_DECLARE(name) extern const struct name name##_base, name##_v3, name##_v4
#define GAL_KERN_PICK(name)    (gal_isa() == 2 ? &name##_v4 : gal_isa() == 1 ? &name##_v3 : &name##_base)
#else
#define GAL_KERN_DECLARE(name) extern const struct name name##_base
#define GAL_KERN_PICK(name)    (&name##_base)
#endif
GAL_API int gal_isa(void); /* 0 base, 1 v3, 2 v4 */
GAL_API const char *gal_isa_name(void);
#endif
