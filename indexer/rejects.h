/* rejects.h - the list of what was set aside: one JSON object a line, {"file","line","reason"}.
 *
 * A reason that starts with "warning: " is about an article that went in all the same.
 */
#ifndef FHI_REJECTS_H
#define FHI_REJECTS_H

#include "engine/base/vfs.h"

#define FHI_REJECTS_NAME "rejects.jsonl"

typedef struct fhi_rejects {
    const fhi_vfs *vfs;
    char *path; /* owned */
    int fd;     /* -1: not open */
} fhi_rejects;

/* Makes the file anew. Codes: FH_E_IO, FH_E_NOMEM. */
fh_status fhi_rejects_open(fhi_rejects *rejects, const fhi_vfs *vfs, const char *path, fh_err *err);
fh_status fhi_rejects_write(fhi_rejects *rejects, const fhi_buf *lines, fh_err *err);
fh_status fhi_rejects_close(fhi_rejects *rejects, fh_err *err); /* also when open has failed, or was not called */

/* Appends one line to a buffer; file may be any bytes. */
fh_status fhi_reject_format(fhi_buf *to, const char *file, uint64_t line, bool warning, const char *reason);

#endif
