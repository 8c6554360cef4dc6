/* CLOSE(value, reference, relative tolerance): prints both sides when it fails. Include after cmocka.h. */
#ifndef TEST_CLOSE_H
#define TEST_CLOSE_H
#include <math.h>
#include <stdio.h>
static inline int close_enough(double a, double b, double rel, const char *what, const char *file, int line)
{
    if (fabs(a - b) <= rel * fabs(b))
        return 1;
    printf("%s:%d: %s = %.12g, want %.12g (off by %.3g relative, allowed %.3g)\n", file, line, what, a, b,
           fabs(a / b - 1), rel);
    return 0;
}
#define CLOSE(a, b, rel) assert_true(close_enough((a), (b), (rel), #a, __FILE__, __LINE__))
#endif
