/* galua/sampler.h - a sampler is one class: what it is called, a table of its fields, and how to make a step. Running, progress,
 * interrupts, checkpoints, states to resume from, results files and the Lua face are written once, here and in src/lua.
 *
 * A sampler's struct begins with a gal_sampler. Its table of fields says for each what it is: an option, a goal of a run, part of the state,
 * a value in the results file, a field of the Lua object, or several of these. The state is the fields marked GAL_STATE, in the order of the
 * table, as words of 8 bytes: a new field goes to the end of a table, or the magic number changes.
 *
 * To add one: src/infer/sampler/NAME.c with its class, and its line in src/infer/sampler/samplers.c. docs/developer.md has an example. One thread per
 * sampler; the target's batches may use threads. */
#ifndef GAL_SAMPLER_H
#define GAL_SAMPLER_H
#include "galua/base.h"
#include "galua/diag.h"
#include "galua/draws.h"
#include "galua/target.h"
#ifdef __cplusplus
extern "C" {
#endif
struct bytes;
struct gal_result;
struct gal_result_map;
struct gal_space;
typedef struct gal_sampler gal_sampler;

/* ------------------------------------------------------------------ fields */
typedef enum gal_field_type {
    GAL_F_END,    /* of the table */
    GAL_F_SIZE,   /* size_t */
    GAL_F_COUNT,  /* size_t, as an option: 0 is kept as SIZE_MAX, because 0 is what was left out */
    GAL_F_U64,    /* uint64_t */
    GAL_F_INT,    /* int, or an enum without names */
    GAL_F_REAL,   /* double */
    GAL_F_FLAG,   /* bool */
    GAL_F_UNLESS, /* bool that holds the opposite: the option `laplace` is kept as no_laplace */
    GAL_F_CHOICE, /* enum, counted from 0, named by `choice` */
    GAL_F_CHARS,  /* char[n], n a multiple of 8 */
    GAL_F_TEXT,   /* a text that text() gives */
    GAL_F_WORDS,  /* pointer to n x dim[0] x dim[1] x dim[2] double, uint64_t or size_t */
    GAL_F_WALK,   /* what else belongs to the state: walk() reads or writes it */
    GAL_F_READY /* in the state: what comes before is enough to make memory: open() is called here when a state is read */
} gal_field_type;
enum {
    GAL_STATE = 1,  /* part of the state */
    GAL_OPTION = 2, /* set when it is made; `at` lies in the options of the sampler */
    GAL_GOAL = 4,   /* set when it is run; `at` counts from the beginning of the goal */
    GAL_SHOWN = 8,  /* field of the Lua object */
    GAL_FILE = 16   /* a value of group galua of the results file */
};
typedef struct gal_field {
    gal_field_type type;
    unsigned use;
    const char *name;
    const char *doc; /* "[unit] (default) text" */
    size_t at;       /* offsetof */
    size_t n;        /* GAL_F_CHARS, GAL_F_WORDS */
    size_t dim[3];   /* GAL_F_WORDS: offsets of size_t fields, ended by 0 */
    double def, lo, hi;
    const char *const *choice;      /* ended by NULL */
    const char *file;               /* in the results file; NULL: its name */
    double (*value)(const void *s); /* a number that is computed, instead of `at` */
    const char *(*text)(const void *s);
    void (*walk)(struct bytes *b, void *s);
} gal_field;

/* A list of things of one kind that a sampler holds, such as levels or modes: a method of the Lua object and a group of the results file. */
typedef enum gal_item_type {
    GAL_C_END,
    GAL_C_REAL,
    GAL_C_SIZE,
    GAL_C_FLAG,
    GAL_C_TEXT,   /* const char * */
    GAL_C_VECTOR, /* double *, [d] */
    GAL_C_MATRIX  /* double *, [d][d] */
} gal_item_type;
typedef struct gal_item {
    gal_item_type type;
    size_t at;         /* offsetof in a row */
    const char *name;  /* in Lua */
    const char *file;  /* variable of the group, of numbers; NULL: not there */
    const char *about; /* of the variable; NULL: nothing */
} gal_item;
typedef struct gal_item_list {
    const char *name, *doc;  /* of the method: "levels" */
    const char *group, *dim; /* in the results file: "levels", "level" */
    size_t row;              /* bytes */
    const gal_item *column;
    const void *(*rows)(const void *s, size_t *n);
} gal_item_list;

/* ------------------------------------------------------------------ running */
typedef gal_status (*gal_sampler_hook)(void *ctx, const gal_sampler *s);
/* The first members of every goal: progress at most once a second, checkpoints at most every hook_every seconds, between steps; an error of
 * the hook stops the run, as does a result of the progress function. */
#define GAL_GOAL_FIELDS                                                                                                \
    gal_progress_fn progress;                                                                                          \
    void *progress_ctx;                                                                                                \
    gal_sampler_hook hook;                                                                                             \
    void *hook_ctx;                                                                                                    \
    double hook_every
typedef struct gal_goal {
    GAL_GOAL_FIELDS;
} gal_goal;
/* First member of the struct of a goal; its fields are those of the struct, too. */
#define GAL_IS_GOAL                                                                                                    \
    union {                                                                                                            \
        gal_goal hooks;                                                                                                \
        struct {                                                                                                       \
            GAL_GOAL_FIELDS;                                                                                           \
        };                                                                                                             \
    }

/* What every sampler has in the end: `chains` chains of n draws, [n][chains][...]; borrowed until the next run. */
typedef struct gal_draw_set {
    size_t n, chains;
    const double *theta, *lnprior, *lnlike, *blob;
    const double *lnw; /* NULL: equal weights; else [n], normalised, one chain, and as many draws as they are worth: */
    double ess;
} gal_draw_set;

typedef struct gal_sampler_class {
    const char *name;  /* galua/sampler in results files, the Lua class, sampler.NAME{} */
    const char *title; /* in messages: "the ensemble" */
    const char *doc,
        *make; /* of the Lua class, and of the function that makes it: one line or more, without the options */
    const char *run_doc;         /* of its method run, without the goals */
    const gal_field *field;      /* ended by GAL_F_END */
    size_t size;                 /* of the struct */
    size_t opt_at, opt_size;     /* its options, in the struct */
    size_t goal_size;            /* of its goal */
    uint64_t magic;              /* of the state */
    gal_draws_kind kind;         /* how draws are judged */
    const gal_item_list *list;   /* NULL: none */
    const char *chains;          /* what its chains are called: "walkers"; NULL: "chains" */
    const char *counts;          /* the shown field that `more` and `until` of a run count; NULL: none */
    gal_status (*open)(void *s); /* options are set, or read from a state: what was left out is chosen, memory made */
    void (*close)(void *s);      /* after open() failed, too */
    gal_status (*begin)(
        void *s, const void *goal); /* refuses a goal; an error leaves the sampler as it was. NULL: nothing to do */
    /* One batch, all or nothing. *done: the goal or a limit is reached, `end` and `why` are set. */
    gal_status (*step)(void *s, const void *goal, bool *done);
    double (*report)(void *s, const void *goal, char *text,
                     size_t size);                         /* one line; the fraction done, < 0: unknown */
    void (*place)(const void *s, char *text, size_t size); /* "after 12 steps": where a run was stopped */
    gal_status (*finish)(void *s); /* before checkpoints and at the end: evidence, weights. NULL: nothing to do */
    gal_status (*draws)(const void *s, gal_draw_set *out);
    gal_status (*pick)(const void *s, size_t *n, size_t **row); /* equally weighted draws; NULL: systematically */
    gal_status (*put)(struct gal_result *r, const void *s,
                      const struct gal_result_map *map); /* what else; may be NULL */
    gal_status (*get)(
        void *s, const struct gal_result *r); /* after the state: what is not in it; r NULL: without. May be NULL */
    gal_status (*adopt)(void *s,
                        const void *from); /* functions of another sampler of this class that a state cannot hold */
} gal_sampler_class;

#define GAL_SAMPLER_FIELDS                                                                                             \
    const gal_sampler_class *cls;                                                                                      \
    const gal_target *t;     /* borrowed */                                                                            \
    struct gal_space *space; /* made by open(), freed with the sampler; NULL: none */                                  \
    size_t d, nb;            /* parameters, derived quantities */                                                      \
    size_t evaluations;      /* of the likelihood */                                                                   \
    gal_run_end end;                                                                                                   \
    char why[400]; /* one line: how the last run ended */                                                              \
    double seconds;                                                                                                    \
    bool restored;        /* open() is called for a state that is read: options are what they were */                  \
    const gal_goal *goal; /* of the run at work; NULL: none */                                                         \
    double t0, told, hooked
struct gal_sampler {
    GAL_SAMPLER_FIELDS;
};
/* First member of the struct of a sampler; its fields are those of the struct, too. */
#define GAL_IS_SAMPLER                                                                                                 \
    union {                                                                                                            \
        gal_sampler base;                                                                                              \
        struct {                                                                                                       \
            GAL_SAMPLER_FIELDS;                                                                                        \
        };                                                                                                             \
    }
/* Rows of every table: the beginning of a state, and what comes from outside */
#define GAL_STATE_D                                                                                                    \
    {                                                                                                                  \
        .type = GAL_F_SIZE, .use = GAL_STATE, .at = offsetof(gal_sampler, d)                                           \
    }
#define GAL_STATE_NB                                                                                                   \
    {                                                                                                                  \
        .type = GAL_F_SIZE, .use = GAL_STATE, .at = offsetof(gal_sampler, nb)                                          \
    }

/* All classes, ended by NULL; and one of them, GAL_ENOTFOUND with the nearest name. */
GAL_API const gal_sampler_class *const *gal_sampler_classes(void);
/* One of a program's own, at its start, before others run. */
GAL_API gal_status gal_sampler_register(const gal_sampler_class *c);
GAL_API gal_status gal_sampler_find(const gal_sampler_class **out, const char *name);
/* opt: the options of the class, copied; NULL: the defaults. */
GAL_API gal_status gal_sampler_create(gal_sampler **out, const gal_sampler_class *cls, const gal_target *t,
                                      const void *opt);
GAL_API void gal_sampler_free(void *s); /* NULL is fine */
/* goal: of the class; NULL: none. GAL_OK: the goal or a limit is reached (s->end tells which); GAL_EINTR: stopped by the user; an error
 * otherwise. In each case all whole steps before are kept and a later call goes on from there. */
GAL_API gal_status gal_sampler_run(void *s, const void *goal);
/* Inside of a step: GAL_EINTR when the user stops it; shows progress when it is time. */
GAL_API gal_status gal_sampler_tick(void *s);
/* Draws as they are; and equally weighted ones, in one chain: as many as weighted ones are worth (100 .. 20000, or as the class picks). */
GAL_API gal_status gal_sampler_draws(const void *s, gal_draw_set *out);
GAL_API gal_status gal_sampler_equal(const void *s, gal_draws *out);

/* ------------------------------------------------------------------ states and results */
/* The state, closed by a checksum; the caller frees it with gal_free. */
GAL_API gal_status gal_sampler_state(const void *s, unsigned char **bytes, size_t *n);
/* A sampler on the same target from its state and, where the class keeps more there, from a result (NULL: without that). GAL_EFORMAT when the
 * bytes are damaged or belong to another target. */
GAL_API gal_status gal_sampler_restore(gal_sampler **out, const gal_sampler_class *cls, const gal_target *t,
                                       const unsigned char *bytes, size_t n, const struct gal_result *r);
/* Into a result, replacing what an earlier call put; and back, as it was when it was put: it goes on bit for bit. map may be NULL. */
GAL_API gal_status gal_sampler_put(struct gal_result *r, const void *s, const struct gal_result_map *map);
GAL_API gal_status gal_sampler_get(gal_sampler **out, const struct gal_result *r, const gal_target *t);
/* The field of that name that is used as one of `use`; NULL: none. The value of a numeric one that is shown, in the file or an option (in this
 * order); NaN when there is none. */
GAL_API const gal_field *gal_sampler_field(const gal_sampler_class *cls, const char *name, unsigned use);
GAL_API double gal_sampler_value(const void *s, const gal_field *f);
GAL_API double gal_sampler_number(const void *s, const char *name);

#ifdef __cplusplus
}
#endif
#endif
