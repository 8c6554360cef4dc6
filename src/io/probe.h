/* src/io/probe.h - files from outside meet libhdf5 and cfitsio in a child process first.
 *
 * Both libraries crash, loop or take any memory over damaged files. Before a file is opened here, a forked process opens it and reads all
 * that could be asked of it, with limits on memory and time; when that process dies, the file is refused in one line and this one has not
 * touched it. A file is tried once (device, inode, size and times are remembered); files in the program's own data folders are not. One
 * thread. */
#ifndef GAL_IO_PROBE_H
#define GAL_IO_PROBE_H
#include "galua/base.h"
/* read(path) runs in the child; what it returns does not matter, whether it comes back does. GAL_EFORMAT "PATH: damaged: LIBRARY ..." */
gal_status io_probe(const char *path, const char *library, void (*read)(const char *path));
#endif
