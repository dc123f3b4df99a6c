/* side.h - bytes put aside until their place comes: in the heap while they are few, else in a temporary file.
 *
 * For what must be gathered while something else is written. The file is mapped to be read back, so that it takes
 * the system's memory and not ours. It lives from the first byte that does not fit to fini.
 */
#ifndef FHI_SIDE_H
#define FHI_SIDE_H

#include "engine/base/vfs.h"

typedef struct fhi_side {
    const fhi_vfs *vfs;
    const char *base; /* the file is BASE.NAME.tmp; both belong to the owner */
    const char *name;
    size_t heap_bytes_max;
    fhi_buf path;
    fhi_buf held; /* not in the file yet */
    size_t bytes; /* in all */
    int fd;       /* -1: not open */
    bool made;    /* there is a file */
    fhi_map map;
} fhi_side;

void fhi_side_init(fhi_side *side, const fhi_vfs *vfs, const char *base, const char *name, size_t heap_bytes_max);
void fhi_side_fini(fhi_side *side); /* removes the file; zero-initialised is allowed */

/* Codes: FH_E_NOMEM, FH_E_IO. After a failure only fini is left. */
fh_status fhi_side_put(fhi_side *side, const void *data, size_t len, fh_err *err);

/* All that was put; it stays until fini, and nothing more can be put. Codes: FH_E_NOMEM, FH_E_IO. */
fh_status fhi_side_read(fhi_side *side, const uint8_t **data, size_t *len, fh_err *err);

#endif
