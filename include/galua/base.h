/* galua/base.h - ground floor: status and errors, memory, log, clock, interrupt, names, paths, hashing.
 *
 * Every fallible function returns gal_status and writes its results through out-parameters. On failure the thread-local
 * message (gal_error_message) holds ONE line that names what, where and the fix. Nothing in the library prints to stdout,
 * calls exit() or aborts. Thread safety: all functions here may be called from any thread; the error message is per thread. */
#ifndef GAL_BASE_H
#define GAL_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAL_API          __attribute__((visibility("default")))
#define GAL_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* ------------------------------------------------------------------ status */
typedef enum gal_status {
    GAL_OK = 0,
    GAL_EINVAL = -1,    /* argument outside its contract */
    GAL_ENOMEM = -2,    /* allocation failed */
    GAL_EIO = -3,       /* file cannot be opened, read or written */
    GAL_EINTR = -4,     /* stopped by the user */
    GAL_EFORMAT = -5,   /* file content is not what it should be */
    GAL_EDOMAIN = -6,   /* value outside its physical or tabulated range */
    GAL_ENOTFOUND = -7, /* name or file not found */
    GAL_EUSER = -8,     /* user code (Lua) failed */
    GAL_EUNSUP = -9,    /* not supported by this build */
    GAL_EMATH = -10,    /* numerical method did not converge or produced NaN */
    GAL_EBUG = -99      /* internal inconsistency */
} gal_status;

/* Set the thread-local error and return `code`. One line, no trailing period or newline, no "Error:" prefix. */
GAL_API gal_status gal_fail_at(const char *file, int line, gal_status code, const char *fmt, ...) GAL_PRINTF(4, 5);
#define gal_fail(code, ...) gal_fail_at(__FILE__, __LINE__, (code), __VA_ARGS__)
/* Put "text: " in front of the current message (file name, object) and return `code` unchanged. */
GAL_API gal_status gal_fail_prefix(gal_status code, const char *fmt, ...) GAL_PRINTF(2, 3);
GAL_API const char *gal_error_message(void); /* "" when there is none; valid until the next failure on this thread */
GAL_API const char *gal_error_where(void);   /* "file:line" of the failing call */
GAL_API gal_status gal_error_code(void);
GAL_API void gal_error_clear(void);
/* Text of n bytes from a file or anybody, made fit for a terminal: control codes other than newline and tab become '?'. Messages of gal_fail
 * are; whatever else prints foreign text calls it. */
GAL_API void gal_printable(char *s, size_t n);
GAL_API const char *gal_status_name(gal_status code); /* "GAL_EIO" */

/* Single-exit error flow: the function declares `gal_status st = GAL_OK;` and has a label `out:`. */
#define GAL_TRY(expr)                                                                                                  \
    do {                                                                                                               \
        if ((st = (expr)) != GAL_OK)                                                                                   \
            goto out;                                                                                                  \
    } while (0)
#define GAL_THROW(...)                                                                                                 \
    do {                                                                                                               \
        st = gal_fail(__VA_ARGS__);                                                                                    \
        goto out;                                                                                                      \
    } while (0)

/* ------------------------------------------------------------------ memory */
/* 64-byte aligned, accounted. gal_alloc(0) is legal. Return NULL and set the error on failure. */
GAL_API void *gal_alloc(size_t bytes);
GAL_API void *gal_calloc(size_t n, size_t size); /* zeroed; checks n*size overflow */
GAL_API void *gal_realloc(void *p, size_t bytes);
GAL_API void gal_free(void *p); /* NULL is fine */
GAL_API char *gal_strdup(const char *s);
GAL_API char *gal_asprintf(const char *fmt, ...) GAL_PRINTF(1, 2);
GAL_API size_t gal_mem_live(void); /* bytes now allocated through gal_alloc */
/* In a process that was forked: large blocks, as many as fit in `most` bytes, get pages of their own. Processes that read the same pages slow
 * each other down (measured: 3-6 % on two cores), as caches of their own would not. Returns the bytes. No other thread may write. */
GAL_API size_t gal_mem_own(size_t most);
/* For a process that is one of many: what is free goes back to the system now, and large blocks do when they are freed, instead of waiting for the
 * next. Costs a page fault per 4 kB of them; does nothing where the C library cannot. Not while other threads allocate. */
GAL_API void gal_mem_lean(void);
GAL_API void gal_mem_fail_after(long n); /* tests: the n-th allocation from now fails; < 0 switches off */
#define GAL_NEW(type)     ((type *)gal_calloc(1, sizeof(type)))
#define GAL_NEWN(type, n) ((type *)gal_calloc((n), sizeof(type)))

/* ------------------------------------------------------------------ log */
typedef enum gal_log_level { GAL_LOG_DEBUG, GAL_LOG_INFO, GAL_LOG_WARN, GAL_LOG_ERROR, GAL_LOG_OFF } gal_log_level;
/* Default sink: stderr, level WARN, overridden by the environment variable GAL_LOG=debug|info|warn|error|off. */
GAL_API void gal_log(gal_log_level level, const char *module, const char *fmt, ...) GAL_PRINTF(3, 4);
GAL_API void gal_log_set_level(gal_log_level level);
typedef void (*gal_log_sink)(void *ctx, gal_log_level level, const char *module, const char *text);
GAL_API void gal_log_set_sink(gal_log_sink sink, void *ctx); /* NULL restores stderr */

/* Progress: long jobs call it at most about once a second from one thread. fraction in [0,1] or < 0 when unknown.
 * A non-zero return asks the job to stop (it then returns GAL_EINTR with a usable partial state). */
typedef int (*gal_progress_fn)(void *ctx, double fraction, const char *text);

/* ------------------------------------------------------------------ interrupt, clock, threads */
GAL_API void gal_interrupt_set(int level); /* async-signal-safe; the signal handler of the program calls it */
GAL_API int gal_interrupted(void);         /* polled by kernels once per object or batch */
GAL_API void
gal_terminate_set(int sig);       /* beside it, where the process shall also end: SIGTERM, SIGHUP; async-signal-safe */
GAL_API int gal_terminated(void); /* that signal, 0 when there was none */
GAL_API double gal_clock(void);   /* monotonic seconds */
GAL_API void gal_timestamp(char *buf, size_t n); /* ISO 8601 UTC */
GAL_API int gal_threads(void);                   /* threads used by parallel regions (default: processors available) */
GAL_API gal_status gal_threads_set(int n);       /* 1..1024 */

/* ------------------------------------------------------------------ names */
/* Nearest of `n` names to `name` (Damerau-Levenshtein, case-insensitive, at most a third of its length away); NULL if none. */
GAL_API const char *gal_nearest(const char *name, const char *const *names, size_t n);
/* A number and the limits it is compared with, as messages print them: 6 digits (%g), or as many as tell v from each limit. */
typedef struct gal_digits {
    char v[32], lo[32], hi[32];
} gal_digits;
GAL_API void gal_digits_of(gal_digits *d, double v, double lo, double hi);
/* The shortest text that reads back to the same bits, as a person would write it: 0.25, 1e10, inf; 40 bytes are enough. */
GAL_API void gal_shortest_text(char *buf, size_t size, double v);
/* Writes "" or ", did you mean 'x'?" */
GAL_API void gal_did_you_mean(char *buf, size_t size, const char *name, const char *const *names, size_t n);

/* ------------------------------------------------------------------ files and data */
GAL_API bool gal_file_exists(const char *path);
/* Whether the environment variable `var` names a folder in which (or in whose `folder`, unless NULL) the file `path` is, which is relative and not here;
 * its name -> buf[n] */
GAL_API bool gal_env_file(const char *var, const char *folder, const char *path, char *buf, size_t n);
GAL_API gal_status gal_exe_dir(char *buf, size_t n); /* directory of the running program */
GAL_API gal_status gal_lib_dir(char *buf,
                               size_t n); /* ... of the library, links followed; of a static one the program's */
/* Data locator: first hit of  $GALUA_DATA (colon list), $XDG_DATA_HOME/galua (or ~/.local/share/galua), EXE/../data (build
 * tree), EXE/data, EXE/../share/galua/data (installed), the build-time prefix. GAL_ENOTFOUND lists the places searched. */
GAL_API gal_status gal_data_path(const char *name, char *buf, size_t n);
GAL_API gal_status gal_data_dir(int i, char *buf, size_t n); /* i-th place of the search, GAL_ENOTFOUND past the end */
/* Whole regular file in memory, NUL-terminated (not counted in *n); devices and pipes are refused. Caller frees with gal_free. */
GAL_API gal_status gal_read_file(const char *path, char **text, size_t *n);
/* How every file is written: begin makes a temporary file beside PATH (a random name that did not exist, no link followed; *fd is open for
 * reading and writing, the caller closes it), commit syncs it and renames it to what PATH names behind its links, abandon removes it.
 * GAL_EIO when PATH is a folder, device, pipe or socket: only regular files are replaced. Files that killed processes left so
 * (an hour old or more) are removed. */
typedef struct gal_replace gal_replace;
GAL_API gal_status gal_replace_begin(gal_replace **out, const char *path, int *fd);
GAL_API const char *gal_replace_name(const gal_replace *r); /* of the temporary file */
GAL_API gal_status gal_replace_commit(gal_replace *r);      /* r is gone either way */
GAL_API void gal_replace_abandon(gal_replace *r);           /* NULL is fine */
/* Write via temporary file, fsync, rename: the old content survives any failure. */
GAL_API gal_status gal_write_file(const char *path, const void *data, size_t n);

GAL_API gal_status gal_mkdirs(const char *path); /* a folder and its parents; fine when it is there */

/* ------------------------------------------------------------------ what can be made again (src/base/cache.c)
 * Folder KIND of $GALUA_CACHE (a folder; "off": nothing is kept), $XDG_CACHE_HOME/galua or ~/.cache/galua; it need not exist.
 * GAL_ENOTFOUND: nothing is to be kept. Files are named by the hash of what they follow from, 32 hexadecimal digits and a suffix. */
GAL_API gal_status gal_cache_dir(const char *kind, char *buf, size_t n);
GAL_API void gal_cache_used(const char *path); /* the newest from now on */
/* Files so named go, the longest unused first, until the rest take at most `most` bytes. Others stay. */
GAL_API void gal_cache_trim(const char *folder, const char *suffix, uint64_t most);

/* ------------------------------------------------------------------ hashing (XXH3 128 bit, libxxhash) for provenance */
typedef struct gal_hash {
    uint64_t lo, hi;
} gal_hash;
GAL_API gal_hash gal_hash_bytes(const void *data, size_t n);
GAL_API gal_hash gal_hash_combine(gal_hash a, gal_hash b);
GAL_API void gal_hash_hex(gal_hash h, char out[33]);
GAL_API gal_status gal_hash_file(const char *path, gal_hash *out);
/* Of the program or library that holds this function: another build has another hash. Read once. */
GAL_API gal_status gal_code_hash(gal_hash *out);
/* Of the first n bytes of an open file, read in blocks from its start; the file offset stays. `path` names it in errors. */
GAL_API gal_status gal_hash_descriptor(int fd, const char *path, uint64_t n, gal_hash *out);

#ifdef __cplusplus
}
#endif
#endif
