/* Log: one line per message to a sink (stderr by default), filtered by level; safe from any thread. */
#include "galua/base.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int threshold = -1; /* -1: not read from the environment yet */
static gal_log_sink user_sink;
static void *user_ctx;

static int level_now(void)
{
    if (threshold < 0) {
        threshold = GAL_LOG_WARN;
        const char *e = getenv("GAL_LOG");
        for (int i = 0; e && i <= GAL_LOG_OFF; i++)
            if (strcasecmp(e, level_names[i]) == 0)
                threshold = i;
    }
    return threshold;
}

void gal_log_set_level(gal_log_level level)
{
    pthread_mutex_lock(&lock);
    threshold = (int)level;
    pthread_mutex_unlock(&lock);
}

void gal_log_set_sink(gal_log_sink sink, void *ctx)
{
    pthread_mutex_lock(&lock);
    user_sink = sink;
    user_ctx = ctx;
    pthread_mutex_unlock(&lock);
}

void gal_log(gal_log_level level, const char *module, const char *fmt, ...)
{
    pthread_mutex_lock(&lock);
    if ((int)level >= level_now()) {
        char text[1024];
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        if (user_sink) {
            user_sink(user_ctx, level, module, text);
        } else {
            time_t now = time(NULL);
            struct tm tm;
            localtime_r(&now, &tm);
            fprintf(stderr, "%02d:%02d:%02d %s %s: %s\n", tm.tm_hour, tm.tm_min, tm.tm_sec, level_names[level], module,
                    text);
        }
    }
    pthread_mutex_unlock(&lock);
}
