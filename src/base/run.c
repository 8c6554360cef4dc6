/* What a running job needs: the interrupt flag, the monotonic clock, timestamps, the number of threads. */
#include "galua/base.h"

#include <omp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static volatile sig_atomic_t interrupt_level;
static volatile sig_atomic_t ending;
static atomic_int threads;

void gal_interrupt_set(int level)
{
    interrupt_level = level;
}

int gal_interrupted(void)
{
    return interrupt_level;
}

void gal_terminate_set(int sig)
{
    ending = sig;
}

int gal_terminated(void)
{
    return ending;
}

double gal_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void gal_timestamp(char *buf, size_t n)
{
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(buf, n, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int gal_threads(void)
{
    int n = atomic_load(&threads);
    return n > 0 ? n : omp_get_max_threads();
}

gal_status gal_threads_set(int n)
{
    if (n < 1 || n > 1024)
        return gal_fail(GAL_EINVAL, "threads: %d is not in 1..1024", n);
    atomic_store(&threads, n);
    return GAL_OK;
}
