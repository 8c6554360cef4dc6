/* Datasets whose items are vectors (HDF5 array types), as NumPy's subarray types are stored. See h5.h. */
#include "h5_int.h"

gal_status gal_h5_write_vectors(gal_h5 *h, const char *name, int rank, const size_t *dims, size_t width,
                                const double *data)
{
    hsize_t now[GAL_H5_MAXRANK], max[GAL_H5_MAXRANK], chunk[GAL_H5_MAXRANK], w = width;
    size_t bytes = width * sizeof(double);
    gal_status st = h5_parents(h, name);
    if (st != GAL_OK)
        return st;
    h5_quiet();
    for (int i = rank - 1; i >= 0; i--) {
        size_t room = ((size_t)1 << 20) / bytes;
        now[i] = max[i] = dims[i];
        chunk[i] = dims[i] < room ? dims[i] : room;
        chunk[i] = chunk[i] > 0 ? chunk[i] : 1;
        bytes *= chunk[i];
    }
    max[0] = H5S_UNLIMITED;
    hid_t type = H5Tarray_create2(H5T_IEEE_F64LE, 1, &w), mem = H5Tarray_create2(H5T_NATIVE_DOUBLE, 1, &w);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, now, max);
    H5Pset_obj_track_times(plist, false);
    H5Pset_chunk(plist, rank, chunk);
    hid_t dset = H5Dcreate2(h->file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    if (dset < 0)
        st = h5_write_failed(h, name, "cannot create");
    else if (H5Dwrite(dset, mem, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        st = h5_write_failed(h, name, "cannot write");
    else
        st = h5_settle(h, name, dset);
    if (dset >= 0)
        H5Dclose(dset);
    H5Sclose(space);
    H5Pclose(plist);
    H5Tclose(mem);
    H5Tclose(type);
    return st;
}
