/* What random numbers of the samplers are for: the second key of gal_rng_init. One number per use, never reused. */
#ifndef GAL_INFER_PURPOSE_H
#define GAL_INFER_PURPOSE_H
enum {
    RNG_ENSEMBLE_START = 0x656e0001, /* (source, attempt, walker): point of the unit cube */
    RNG_ENSEMBLE_STEP = 0x656e0002,  /* (source, step, 0): which move, which halves */
    RNG_ENSEMBLE_MOVE = 0x656e0003,  /* (source, step, walker): proposal, then acceptance */
};
#endif
