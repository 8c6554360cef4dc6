/* The fuzzer: runs the target named by GALUA_FUZZ, or replays one input file with any build: fuzz NAME FILE... (tests/fuzz/replay.c). */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "galua/base.h"

static fuzz_target *list, *now;
static char folder[64], path[200];
static int fd = -1;

void fuzz_register(fuzz_target *t)
{
    t->next = list;
    list = t;
}

static void quiet(void *ctx, gal_log_level level, const char *module, const char *text)
{
    (void)ctx, (void)level;
    if (strcmp(module, "probe") == 0)
        fprintf(stderr, "galua: reader died: %s\n", text);
}

static void leave(void)
{
    if (fd >= 0)
        unlink(path);
    rmdir(folder);
}

static void choose(const char *name)
{
    if (name && strcmp(name, "list") == 0) {
        for (fuzz_target *t = list; t; t = t->next)
            puts(t->name);
        exit(0);
    }
    for (now = list; now && !(name && strcmp(now->name, name) == 0); now = now->next)
        ;
    if (!now) {
        fprintf(stderr, "GALUA_FUZZ must name a target (GALUA_FUZZ=list shows them)\n");
        exit(2);
    }
    gal_log_set_sink(quiet, NULL);
    gal_log_set_level(GAL_LOG_DEBUG);
    snprintf(folder, sizeof folder, "%s/galua_fuzz_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        exit(2);
    atexit(leave);
    if (now->file) {
        snprintf(path, sizeof path, "%s/%s", folder, now->file);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    choose(getenv("GALUA_FUZZ"));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (fd >= 0 && (pwrite(fd, data, n, 0) != (ssize_t)n || ftruncate(fd, (off_t)n) != 0))
        return 0;
    size_t live = gal_mem_live();
    now->run(path, data, n);
    if (strcmp(now->name, "description") != 0 &&
        gal_mem_live() > live + (1 << 24)) { /* caches of the library are smaller */
        fprintf(stderr, "%s: %zu bytes are left behind\n", now->name, gal_mem_live() - live);
        abort();
    }
    return 0;
}
