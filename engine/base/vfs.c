/* vfs.c - the POSIX table: plain calls, EINTR retried, every failure named. */
#include "engine/base/vfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static fh_status system_error(fh_err *err, const char *what, const char *path)
{
    const int reason = errno;
    const fh_status status = reason == ENOENT                            ? FH_E_NOT_FOUND
                             : reason == EWOULDBLOCK || reason == EAGAIN ? FH_E_BUSY
                             : reason == ENOMEM                          ? FH_E_NOMEM
                                                                         : FH_E_IO;
    return fhi_fail_at(err, status, path, 0, "cannot %s: %s", what, fhi_errno_text(reason));
}

static fh_status posix_create(void *context, const char *path, int *fd, fh_err *err)
{
    (void)context;
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return *fd < 0 ? system_error(err, "create", path) : FH_OK;
}

static fh_status posix_write(void *context, int fd, const char *path, const void *data, size_t len, fh_err *err)
{
    (void)context;
    const uint8_t *from = data;
    while (len > 0) {
        const ssize_t written = write(fd, from, len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error(err, "write", path);
        from += written;
        len -= (size_t)written;
    }
    return FH_OK;
}

static fh_status posix_sync(void *context, int fd, const char *path, fh_err *err)
{
    (void)context;
    return fdatasync(fd) != 0 ? system_error(err, "sync", path) : FH_OK;
}

static fh_status posix_close(void *context, int fd, const char *path, fh_err *err)
{
    (void)context;
    return close(fd) != 0 && errno != EINTR ? system_error(err, "close", path) : FH_OK;
}

static fh_status posix_rename(void *context, const char *from, const char *to, fh_err *err)
{
    (void)context;
    return rename(from, to) != 0 ? system_error(err, "rename", from) : FH_OK;
}

static fh_status posix_remove(void *context, const char *path, fh_err *err)
{
    (void)context;
    return unlink(path) != 0 ? system_error(err, "remove", path) : FH_OK;
}

static fh_status posix_sync_dir(void *context, const char *path, fh_err *err)
{
    (void)context;
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return system_error(err, "open", path);
    const fh_status status = fsync(fd) != 0 ? system_error(err, "sync", path) : FH_OK;
    (void)close(fd);
    return status;
}

static fh_status posix_make_dir(void *context, const char *path, fh_err *err)
{
    (void)context;
    if (mkdir(path, 0755) == 0) return FH_OK;
    struct stat entry;
    const int reason = errno;
    if (reason == EEXIST && stat(path, &entry) == 0 && S_ISDIR(entry.st_mode)) return FH_OK;
    errno = reason;
    return system_error(err, "make directory", path);
}

static fh_status posix_map(void *context, const char *path, fhi_map *out, fh_err *err)
{
    (void)context;
    *out = (fhi_map){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return system_error(err, "open", path);
    struct stat entry;
    fh_status status = FH_OK;
    if (fstat(fd, &entry) != 0) {
        status = system_error(err, "stat", path);
    } else if (!S_ISREG(entry.st_mode)) {
        status = fhi_fail_at(err, FH_E_IO, path, 0, "not a regular file");
    } else if (entry.st_size > 0) {
        void *data = mmap(NULL, (size_t)entry.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED)
            status = system_error(err, "map", path);
        else
            *out = (fhi_map){data, (size_t)entry.st_size};
    }
    (void)close(fd);
    return status;
}

static void posix_unmap(void *context, fhi_map *map)
{
    (void)context;
    if (map->data) (void)munmap((void *)(uintptr_t)map->data, map->len);
    *map = (fhi_map){0};
}

static fh_status posix_lock(void *context, const char *path, int *fd, fh_err *err)
{
    (void)context;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*fd < 0) return system_error(err, "open", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return FH_OK;
    const fh_status status = errno == EWOULDBLOCK
                                 ? fhi_fail_at(err, FH_E_BUSY, path, 0, "another process is writing this index")
                                 : system_error(err, "lock", path);
    (void)close(*fd);
    *fd = -1;
    return status;
}

static fh_status posix_list(void *context, const char *path, fh_status (*seen)(void *argument, const char *name),
                            void *argument, fh_err *err)
{
    (void)context;
    DIR *directory = opendir(path);
    if (!directory) return system_error(err, "open", path);
    fh_status status = FH_OK;
    const struct dirent *entry;
    while (status == FH_OK && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) status = seen(argument, entry->d_name);
    (void)closedir(directory);
    return status;
}

const fhi_vfs *fhi_vfs_posix(void)
{
    static const fhi_vfs table = {
        .create = posix_create,
        .write = posix_write,
        .sync = posix_sync,
        .close = posix_close,
        .rename = posix_rename,
        .remove = posix_remove,
        .sync_dir = posix_sync_dir,
        .make_dir = posix_make_dir,
        .map = posix_map,
        .unmap = posix_unmap,
        .lock = posix_lock,
        .list = posix_list,
    };
    return &table;
}
