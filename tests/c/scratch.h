/* A folder of the test's own, and messages without its name. SCRATCH is defined before, a name for the folder; include after the C library. */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "galua/base.h"

static char dir[] = "/tmp/galua_test_" SCRATCH "_XXXXXX";

/* Path of a file in the folder; the last eight stay. */
static inline const char *at(const char *name)
{
    static char path[8][300];
    static int k;
    k = (k + 1) % 8;
    snprintf(path[k], sizeof path[k], "%s/%s", dir, name);
    return path[k];
}

static inline int setup(void **state)
{
    (void)state;
    gal_log_set_level(GAL_LOG_OFF);
    return mkdtemp(dir) ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    char cmd[300];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        if ((expr) != GAL_OK)                                                                                          \
            fail_msg("%s", gal_error_message());                                                                       \
    } while (0)

/* The message with every mention of the folder taken out. */
static inline const char *message(void)
{
    static char text[2000];
    const char *m = gal_error_message();
    size_t d = strlen(dir), n = 0;
    while (*m && n + 1 < sizeof text)
        if (strncmp(m, dir, d) == 0 && m[d] == '/')
            m += d + 1;
        else
            text[n++] = *m++;
    text[n] = '\0';
    return text;
}

#define FAILS(expr, code, text)                                                                                        \
    do {                                                                                                               \
        assert_int_equal((expr), (code));                                                                              \
        assert_string_equal(message(), (text));                                                                        \
        assert_null(strchr(gal_error_message(), '\n'));                                                                \
    } while (0)
#endif
