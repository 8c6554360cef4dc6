# The structures of galua/population.h, for the scripts beside this one.
import ctypes as C

P = C.POINTER(C.c_double)


class TableAxis(C.Structure):
    _fields_ = [("n", C.c_size_t), ("node", P), ("width", C.c_double)]


class Spec(C.Structure):
    _fields_ = [(k, C.c_size_t) for k in ("nt", "na", "nz", "nb")] + [(k, P) for k in ("t", "lgage", "lgmet", "cell")] + \
               [(k, C.c_double) for k in ("tobs", "lt0", "fb")] + [("single", C.c_bool), ("nred", C.c_size_t), ("red", P), ("wave", P),
                ("curve", C.c_int), ("axis", TableAxis * 2), ("rest", C.c_bool), ("sums", C.c_bool), ("z", C.c_double)]


class Galaxies(C.Structure):
    _fields_ = [("n", C.c_size_t)] + [(k, P) for k in ("sfr", "par", "lgmet", "scatter", "z", "tobs", "dust")] + [("aged", C.c_bool)] + \
               [(k, P) for k in ("axis", "burst", "young", "bymass", "bytime", "quench", "error", "offset")] + [("merging", C.c_void_p), ("emission", C.c_void_p)]


class Adjoint(C.Structure):
    _fields_ = [(k, P) for k in ("sfr", "par", "lgmet", "scatter", "z", "tobs", "dust", "axis", "burst", "young", "quench", "node", "merge")]


def q(x):
    return None if x is None else x.ctypes.data_as(P)


class Axis(C.Structure):
    _fields_ = [("coef", P), ("nbin", C.c_size_t), ("edge", P), ("width", C.c_double)]


class Cut(C.Structure):
    _fields_ = [("coef", P), ("at", C.c_double), ("width", C.c_double), ("below", C.c_bool)]


class Count(C.Structure):
    _fields_ = [("axis", C.POINTER(Axis)), ("naxis", C.c_size_t), ("cut", C.POINTER(Cut)), ("ncut", C.c_size_t), ("weight", P), ("dim", P)]


class Halos(C.Structure):
    _fields_ = [("n", C.c_size_t)] + [(k, P) for k in ("logmp", "tpeak", "lgmu", "logmhost", "since")]
