/* galua/const.h - constants: CODATA 2018 (exact where the SI defines them) and IAU 2015 nominal values. cgs unless named. */
#ifndef GAL_CONST_H
#define GAL_CONST_H
#define GAL_C_CGS    2.99792458e10         /* speed of light [cm/s], exact */
#define GAL_C_AA     2.99792458e18         /* speed of light [A/s] */
#define GAL_H_CGS    6.62607015e-27        /* Planck [erg s], exact */
#define GAL_KB_CGS   1.380649e-16          /* Boltzmann [erg/K], exact */
#define GAL_KB_EV    8.617333262145179e-5  /* Boltzmann [eV/K] */
#define GAL_EV_ERG   1.602176634e-12       /* electron volt [erg], exact */
#define GAL_SIGMA_SB 5.670374419e-5        /* Stefan-Boltzmann [erg/s/cm2/K4] */
#define GAL_ME_CGS   9.1093837015e-28      /* electron mass [g] */
#define GAL_MP_CGS   1.67262192369e-24     /* proton mass [g] */
#define GAL_AMU_CGS  1.66053906660e-24     /* atomic mass unit [g] */
#define GAL_SIGMA_T  6.6524587321e-25      /* Thomson cross-section [cm2] */
#define GAL_G_CGS    6.67430e-8            /* gravitational constant [cm3/g/s2] */
#define GAL_LSUN     3.828e33              /* nominal solar luminosity [erg/s], IAU 2015 B3, exact */
#define GAL_RSUN     6.957e10              /* nominal solar radius [cm], IAU 2015 B3, exact */
#define GAL_GMSUN    1.3271244e26          /* nominal solar mass parameter [cm3/s2], IAU 2015 B3, exact */
#define GAL_MSUN     1.988409870698051e33  /* GMsun/G [g] */
#define GAL_PC_CM    3.0856775814913673e18 /* parsec [cm], IAU 2015 B2 */
#define GAL_MPC_CM   3.0856775814913673e24 /* [cm] */
#define GAL_YR_S     3.15576e7             /* Julian year [s] */
#define GAL_HC_EV_AA 12398.419843320026    /* h c [eV A] */
#define GAL_LYMAN_AA 911.75                /* Lyman limit: what ionises hydrogen is shorter [A] */
#define GAL_HEI_AA   504.26                /* the same of neutral helium [A] */
#define GAL_HEII_AA  227.84                /* and of its ion [A] */
#define GAL_AB_JY    3630.7805477010137    /* AB zero point [Jy], 10^(-48.6/2.5) erg/s/cm2/Hz */
#define GAL_ZSUN     0.0134                /* Asplund et al. 2009, used in dust scalings */
#define GAL_TCMB     2.7255                /* microwave background today [K], Fixsen 2009 */
#endif
