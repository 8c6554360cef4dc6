/* Logs of job queues: every record is looked at, whatever the file holds. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "galua/queue.h"

static gal_status each(void *ctx, size_t job, bool failed, const unsigned char *data, size_t n)
{
    (void)job, (void)failed;
    for (size_t i = 0; i < n; i++)
        *(unsigned char *)ctx ^= data[i];
    return GAL_OK;
}

static void queue(const char *path, const uint8_t *data, size_t n)
{
    static char folder[300], log[400];
    gal_queue *q = NULL;
    (void)path;
    if (!*folder) {
        snprintf(folder, sizeof folder, "/tmp/galua_fuzz_queue_%ld", (long)getpid());
        snprintf(log, sizeof log, "%s/a.log", folder);
    }
    gal_hash h = {1, 2};
    if (gal_queue_open(&q, folder, 8, h, 0) != GAL_OK)
        abort();
    gal_queue_close(q);
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    close(fd);
    if (gal_queue_open(&q, folder, 8, h, 0) == GAL_OK) {
        size_t job, left;
        unsigned char sum = 0;
        gal_queue_each(q, each, &sum);
        gal_queue_claim(q, &job, &left);
        gal_queue_close(q);
    }
    gal_queue_remove(folder);
}

FUZZ_TARGET(queue, NULL, queue)
