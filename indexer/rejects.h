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
    char *path;      /* owned; what a link leads to */
    char *temporary; /* owned; where the list is written; NULL: appended to path itself */
    int fd;          /* -1: not open */
    uint64_t bytes;  /* written */
} fhi_rejects;

/* The list is written beside path and takes its place when published, so that the list of the last run stays until
 * there is a new one. A pipe, a device and what standard output or error goes to are appended to. Codes: FH_E_IO,
 * FH_E_NOMEM. locked: nobody else writes there, so what a killed run left beside is written over. */
fh_status fhi_rejects_open(fhi_rejects *rejects, const fhi_vfs *vfs, const char *path, bool locked, fh_err *err);
fh_status fhi_rejects_write(fhi_rejects *rejects, const fhi_buf *lines, fh_err *err);
fh_status fhi_rejects_publish(fhi_rejects *rejects, fh_err *err);
/* Drops what was not published; also when open has failed, or was not called. */
void fhi_rejects_close(fhi_rejects *rejects);

/* Appends one line to a buffer; file may be any bytes. */
fh_status fhi_reject_format(fhi_buf *to, const char *file, uint64_t line, bool warning, const char *reason);

#endif
