/* tests/fuzz/fuzz.h - what a fuzz target is. A file tests/fuzz/fuzz_*.c with one line FUZZ_TARGET(...) is one: nothing else lists it.
 *
 * `make fuzz` runs every target for its share of TIME with libFuzzer and ASan (docs/developer.md). Seeds: tests/fuzz/seeds/NAME/. */
#ifndef GAL_FUZZ_H
#define GAL_FUZZ_H
#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_target {
    const char *name;
    const char *file; /* name of the file that the input is written to; NULL: none is written */
    void (*run)(const char *path, const uint8_t *data, size_t n); /* must free what it makes; errors are fine */
    struct fuzz_target *next;
} fuzz_target;
void fuzz_register(fuzz_target *t);

#define FUZZ_TARGET(id, file, run)                                                                                     \
    static fuzz_target target_##id = {#id, file, run, NULL};                                                           \
    __attribute__((constructor)) static void register_##id(void)                                                       \
    {                                                                                                                  \
        fuzz_register(&target_##id);                                                                                   \
    }
#endif
