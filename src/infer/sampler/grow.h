/* GAL_GROW(array, n): room for n elements of the array that a pointer points to, what is in it kept; GAL_ENOMEM leaves it as it was. */
#ifndef GAL_INFER_GROW_H
#define GAL_INFER_GROW_H
#include <string.h>

#include "galua/base.h"

static inline gal_status grow_to(void *pointer, size_t size)
{
    void *p;
    memcpy(&p, pointer, sizeof p);
    if (!(p = gal_realloc(p, size)))
        return GAL_ENOMEM;
    memcpy(pointer, &p, sizeof p);
    return GAL_OK;
}
#define GAL_GROW(array, n) grow_to(&(array), (n) * sizeof *(array))
#endif
