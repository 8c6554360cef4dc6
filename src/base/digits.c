/* Numbers as text: those of a comparison with as many digits as tell them apart, so that no message says "x = 1 is not in 0 .. 1"; and with as
 * few as read back to the same bits. */
#include "galua/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

void gal_shortest_text(char *buf, size_t size, double v)
{
    for (int prec = 1; prec <= 17; prec++) {
        snprintf(buf, size, "%.*g", prec, v);
        if (!isfinite(v) || strtod(buf, NULL) == v)
            break;
    }
    /* %g turns to exponents as soon as they exceed the digits: 100 came out as 1e+02 */
    if (isfinite(v) && v != 0 && fabs(v) >= 1e-4 && fabs(v) < 1e6) {
        char plain[40];
        for (int dec = 0; dec <= 20; dec++) {
            snprintf(plain, sizeof plain, "%.*f", dec, v);
            if (strtod(plain, NULL) == v) {
                snprintf(buf, size, "%s", plain);
                return;
            }
        }
    }
    char *e = strchr(buf, 'e');
    if (!e)
        return;
    char *from = e + 1, *to = e + 1;
    if (*from == '-')
        to++, from++;
    else if (*from == '+')
        from++;
    while (*from == '0')
        from++;
    memmove(to, from, strlen(from) + 1);
}
