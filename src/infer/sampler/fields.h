/* Rows of the tables of fields of the samplers (galua/sampler.h), written shortly. The file that includes this defines S, the struct. */
#ifndef GAL_INFER_FIELDS_H
#define GAL_INFER_FIELDS_H
#include <math.h>
#include <stddef.h>

#include "bytes.h"
#include "galua/sampler.h"

#define AT(m) offsetof(S, m)
/* part of the state alone */
#define KEEP(kind, m)                                                                                                  \
    {                                                                                                                  \
        .type = GAL_F_##kind, .use = GAL_STATE, .at = AT(m)                                                            \
    }
#define KEEP_WORDS(m, ...)                                                                                             \
    {                                                                                                                  \
        .type = GAL_F_WORDS, .use = GAL_STATE, .at = AT(m), .dim = { __VA_ARGS__ }                                     \
    }
#define KEEP_CHARS(m)                                                                                                  \
    {                                                                                                                  \
        .type = GAL_F_CHARS, .use = GAL_STATE, .at = AT(m), .n = sizeof((S *)0)->m                                     \
    }
#define KEEP_BY(function)                                                                                              \
    {                                                                                                                  \
        .type = GAL_F_WALK, .use = GAL_STATE, .walk = function                                                         \
    }
#define READY                                                                                                          \
    {                                                                                                                  \
        .type = GAL_F_READY, .use = GAL_STATE                                                                          \
    }
#define MOST_DRAWS 1e9 /* effective draws that a run can be asked for: more cannot be kept */
/* options: also_use is GAL_STATE, GAL_SHOWN, GAL_FILE or 0 */
#define OPTION(kind, also_use, called, m, default_, low, high, text)                                                   \
    {                                                                                                                  \
        .type = GAL_F_##kind, .use = GAL_OPTION | (also_use), .name = called, .at = AT(m), .def = default_, .lo = low, \
        .hi = high, .doc = text                                                                                        \
    }
#define OPTION_SEED(also_use, m) OPTION(U64, also_use, "seed", m, 1, 0, 9007199254740992., "(session) random numbers")
#define OPTION_SOURCE(also_use, m)                                                                                     \
    OPTION(U64, also_use, "source", m, 0, 0, 9007199254740992., "(0) further key of the random numbers")
#define GOAL(kind, type_, called, m, low, high, text)                                                                  \
    {                                                                                                                  \
        .type = GAL_F_##kind, .use = GAL_GOAL, .name = called, .at = offsetof(type_, m), .lo = low, .hi = high,        \
        .doc = text                                                                                                    \
    }
/* fields of the Lua object, values in the file */
#define SHOW(kind, use_, called, in_file, m, text)                                                                     \
    {                                                                                                                  \
        .type = GAL_F_##kind, .use = use_, .name = called, .file = in_file, .at = AT(m), .doc = text                   \
    }
#define SHOW_BY(kind, use_, called, in_file, function, text)                                                           \
    {                                                                                                                  \
        .type = GAL_F_##kind, .use = use_, .name = called, .file = in_file, .value = function, .doc = text             \
    }
/* of an importance-sampled posterior: gal_importance imp, gal_draws draws */
#define SHOW_EVIDENCE(use_)                                                                                            \
    SHOW(REAL, use_, "lnz", "log_evidence", imp.lnz, "ln evidence by importance sampling; NaN: not yet"),              \
        SHOW(REAL, use_, "lnz_err", "log_evidence_err", imp.lnz_err, "its standard error"),                            \
        SHOW(REAL, use_, "ess", NULL, imp.ess, "effective number of draws"),                                           \
        SHOW(SIZE, GAL_SHOWN, "stored", NULL, draws.n, "weighted draws")
/* and its Pareto k, where draws are independent */
#define SHOW_IMPORTANCE(use_)                                                                                          \
    SHOW(REAL, use_, "khat", "pareto_k", imp.khat, "Pareto k of the weights: below 0.7 the draws can be used"),        \
        SHOW_EVIDENCE(use_)
#define SHOW_SPACE                                                                                                     \
    {                                                                                                                  \
        .type = GAL_F_TEXT, .use = SHOW_ALL, .name = "space", .text = field_space,                                     \
        .doc = "coordinates and gradients in use"                                                                      \
    }
#define SHOW_ALL (GAL_SHOWN | GAL_FILE)

const char *field_space(const void *s);
/* At most `most` weighted draws of a state; memory for them is made when they are read. */
void keep_draws(bytes *b, gal_draws *w, size_t d, size_t nb, size_t most);
#endif
