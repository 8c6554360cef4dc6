/* Logs of job queues: every record is looked at, whatever the file holds. What looks like a record gets a right checksum, as a hostile
 * writer would give it. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "galua/base.h"
#include "galua/queue.h"

static gal_status each(void *ctx, size_t job, bool failed, const unsigned char *data, size_t n)
{
    (void)job, (void)failed;
    for (size_t i = 0; i < n; i++)
        *(unsigned char *)ctx ^= data[i];
    return GAL_OK;
}

/* head of a record (src/run/queue_log.c): "GJR1" or "GJB1", failed, job, length; then the data and the checksum of both */
enum { HEAD = 24, SUM = sizeof(gal_hash) };
static void seal(uint8_t *text, size_t n)
{
    uint64_t length;
    for (size_t at = 0; at + HEAD + SUM <= n; at++) {
        if (memcmp(text + at, "GJR1", 4) != 0 && memcmp(text + at, "GJB1", 4) != 0)
            continue;
        memcpy(&length, text + at + 16, 8);
        if (length > n - at - HEAD - SUM)
            continue;
        gal_hash h =
            gal_hash_combine(gal_hash_bytes(text + at, HEAD), gal_hash_bytes(text + at + HEAD, (size_t)length));
        memcpy(text + at + HEAD + length, &h, SUM);
        at += HEAD + SUM + (size_t)length - 1;
    }
}

static void queue(const char *path, const uint8_t *data, size_t n)
{
    char folder[300], log[400];
    gal_queue *q = NULL;
    gal_hash h = {1, 2};
    const gal_queue_options whole = {.part = 1, .parts = 1}; /* shared would fork to try the locks */
    snprintf(folder, sizeof folder, "%s.queue", path);
    snprintf(log, sizeof log, "%s/a.log", folder);
    if (gal_queue_open(&q, folder, 8, h, &whole) != GAL_OK)
        abort();
    gal_queue_close(q);
    uint8_t *text = malloc(n + 1);
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!text || fd < 0)
        abort();
    memcpy(text, data, n);
    seal(text, n);
    if (write(fd, text, n) != (ssize_t)n)
        abort();
    free(text);
    close(fd);
    if (gal_queue_open(&q, folder, 8, h, &whole) == GAL_OK) {
        size_t job, left;
        unsigned char sum = 0;
        gal_queue_each(q, each, &sum);
        gal_queue_claim(q, &job, &left);
        gal_queue_close(q);
    }
    gal_queue_remove(folder);
}

FUZZ_TARGET(queue, "log", queue)
