/* pow() of the program and of the libraries in it. LuaJIT's compiler makes x^2 a product, its interpreter calls pow(), which in the C
 * library is now and then off by the last bit: what a script got would depend on when a loop was compiled. Here the square is the product. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdatomic.h>

__attribute__((visibility("default"))) double pow(double x, double y);

__attribute__((visibility("default"))) double pow(double x, double y)
{
    static _Atomic(void *) found;
    if (y == 2)
        return x * x;
    void *p = atomic_load_explicit(&found, memory_order_relaxed);
    if (!p) {
        p = dlsym(RTLD_NEXT, "pow");
        atomic_store_explicit(&found, p, memory_order_relaxed);
    }
    double (*libm)(double, double);
    *(void **)&libm = p;
    return libm(x, y);
}
