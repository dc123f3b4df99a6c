/* vfs.h - the calls by which anything reaches a disk, as a table, so that tests can fail the n-th one.
 *
 * All index files go through a table; fhi_vfs_posix() is the real one. Paths are NUL-terminated. Two threads may
 * write two files at the same time. A failing call fills err with the path and the system's reason and answers
 * FH_E_IO, FH_E_NOT_FOUND or FH_E_BUSY.
 */
#ifndef FHI_VFS_H
#define FHI_VFS_H

#include "engine/base/base.h"

typedef struct fhi_map {
    const uint8_t *data; /* read-only; NULL when len is 0 */
    size_t len;
} fhi_map;

typedef struct fhi_vfs fhi_vfs;
struct fhi_vfs {
    void *context;                                                              /* passed back to every call */
    fh_status (*create)(void *context, const char *path, int *fd, fh_err *err); /* truncates; mode 0644 less umask */
    fh_status (*write)(void *context, int fd, const char *path, const void *data, size_t len, fh_err *err); /* all */
    fh_status (*sync)(void *context, int fd, const char *path, fh_err *err);
    fh_status (*close)(void *context, int fd, const char *path, fh_err *err);
    fh_status (*rename)(void *context, const char *from, const char *to, fh_err *err);
    fh_status (*remove)(void *context, const char *path, fh_err *err); /* absent: FH_E_NOT_FOUND */
    fh_status (*sync_dir)(void *context, const char *path, fh_err *err);
    fh_status (*make_dir)(void *context, const char *path, fh_err *err); /* present: FH_OK */
    fh_status (*map)(void *context, const char *path, fhi_map *out, fh_err *err);
    void (*unmap)(void *context, fhi_map *map);
    /* Takes an exclusive advisory lock on path (created if absent), or FH_E_BUSY. Released by close, or by death. */
    fh_status (*lock)(void *context, const char *path, int *fd, fh_err *err);
    /* Calls seen(argument, name) for each entry but "." and ".."; stops at the first status that is not FH_OK. */
    fh_status (*list)(void *context, const char *path, fh_status (*seen)(void *argument, const char *name),
                      void *argument, fh_err *err);
};

const fhi_vfs *fhi_vfs_posix(void);

#endif
