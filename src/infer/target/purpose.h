/* What random numbers of the samplers are for: the second key of gal_rng_init. One number per use, never reused. */
#ifndef GAL_INFER_PURPOSE_H
#define GAL_INFER_PURPOSE_H
enum {
    RNG_ENSEMBLE_START = 0x656e0001, /* (source, attempt, walker): point of the unit cube */
    RNG_ENSEMBLE_STEP = 0x656e0002,  /* (source, step, 0): which move, which halves */
    RNG_ENSEMBLE_MOVE = 0x656e0003,  /* (source, step, walker): proposal, then acceptance */
    RNG_SPACE_START = 0x73700001,    /* (source, attempt, point): point of the standard normal prior */
    RNG_MARGINAL = 0x6d670001,       /* (hash of the point): the coordinate that was integrated out */
    RNG_NUTS_ITER = 0x6e750001,      /* (source, iteration, chain): momentum, directions, choices of one trajectory */
    RNG_NUTS_STEP = 0x6e750002,      /* (source, iteration, chain): momenta of the search for a step size */
    RNG_GMIX_DRAW = 0x676d0001,      /* (source, purpose of the caller, draw): component, then normal deviates */
    RNG_GMIX_RESAMPLE = 0x676d0002,  /* (source, purpose of the caller, 0): offset of systematic resampling */
    RNG_GMIX_KMEANS = 0x676d0003,    /* (source, purpose of the caller, components): centres */
    RNG_PATH_ELBO = 0x70610001,      /* (source, path, iterate): normal deviates */
    RNG_AIS_PRIOR = 0x61690001,      /* (source, 0, draw): point of the standard normal prior */
    RNG_AIS_CHECK = 0x61690003,      /* (source, stage << 32 | step, chain): proposal, then acceptance */
    RNG_AIS_RESAMPLE = 0x61690002,   /* (source, stage, 0): draws to which the next mixture is fitted */
    RNG_SMC_PRIOR = 0x736d0001,      /* (source, attempt, particle): point of the standard normal prior */
    RNG_SMC_RESAMPLE = 0x736d0002,   /* (source, level, 0): ancestors */
    RNG_SMC_MOVE = 0x736d0003,       /* (source, level << 32 | step, particle): proposal, then acceptance */
    RNG_SMC_BOOTSTRAP = 0x736d0004,  /* (source, replicate, 0): weights of the families */
    RNG_SMC_CHECK =
        0x736d0005, /* (source, levels, 0): particles that a mixture is fitted to; of that mixture: its number */
    RNG_NESTED_START = 0x6e730001,  /* (source, attempt, point): point of the unit cube */
    RNG_NESTED_UNIF = 0x6e730002,   /* (source, iteration, chunk): uniform draws from the cube or the bound */
    RNG_NESTED_CHAIN = 0x6e730003,  /* (source, iteration, chain): start and moves of a chain */
    RNG_NESTED_TURN = 0x6e730009,   /* (source, iteration, sweep): rotation of the axes that all chains share */
    RNG_NESTED_BOUND = 0x6e730004,  /* (source, update, resampling): bootstrap of the bound */
    RNG_NESTED_RANK = 0x6e730005,   /* (source, iteration, 0): ties of the insertion ranks */
    RNG_NESTED_BATCH = 0x6e730006,  /* (source, batch, 0): which points a batch starts from */
    RNG_NESTED_DRAWS = 0x6e730007,  /* (0, 0, 0): equally weighted draws */
    RNG_NESTED_ERRORS = 0x6e730008, /* (realisation, 0, 0): jitter and bootstrap */
};
#endif
