/* Numbers of a comparison as text: with as many digits as tell them apart, so that no message says "x = 1 is not in 0 .. 1". */
#include "galua/base.h"

#include <stdio.h>
#include <string.h>

void gal_digits_of(gal_digits *d, double v, double lo, double hi)
{
    for (int p = 6; p <= 17; p++) {
        snprintf(d->v, sizeof d->v, "%.*g", p, v);
        snprintf(d->lo, sizeof d->lo, "%.*g", p, lo);
        snprintf(d->hi, sizeof d->hi, "%.*g", p, hi);
        if ((v == lo || strcmp(d->v, d->lo) != 0) && (v == hi || strcmp(d->v, d->hi) != 0))
            break;
    }
}
