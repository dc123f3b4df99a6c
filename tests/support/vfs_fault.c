/* vfs_fault.c - see vfs_fault.h. Each call asks `trip` first, then goes to the table below. */
#include "tests/support/vfs_fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool dies(vfs_fault_mode mode)
{
    return mode == VFS_FAULT_KILL || mode == VFS_FAULT_KILL_TORN;
}

/* Whether this call goes wrong. fills: it takes room on the disk. */
static bool trip(vfs_fault *fault, const char *call, bool fills)
{
    const uint64_t number = atomic_fetch_add(&fault->calls, 1) + 1;
    if (fault->mode == VFS_FAULT_NONE || fault->nth == 0 || number < fault->nth) return false;
    if (number > fault->nth) {
        const bool still = fault->mode == VFS_FAULT_GONE || (fault->mode == VFS_FAULT_FROM && fills);
        if (!still) return false;
    }
    atomic_store(&fault->hit, true);
    atomic_store(&fault->last, call);
    if (fault->mode == VFS_FAULT_KILL) (void)kill(getpid(), SIGKILL);
    return true;
}

/* The end of a call that goes wrong. */
static fh_status fault_status(const vfs_fault *fault, const char *call, const char *path, fh_err *err)
{
    if (dies(fault->mode)) (void)kill(getpid(), SIGKILL);
    return fhi_fail_at(err, FH_E_IO, path, 0, "cannot %s: made to fail by the test", call);
}

static fh_status fault_create(void *context, const char *path, int *fd, fh_err *err)
{
    vfs_fault *fault = context;
    *fd = -1;
    if (trip(fault, "create", true)) return fault_status(fault, "create", path, err);
    return fault->below->create(fault->below->context, path, fd, err);
}

static fh_status fault_write(void *context, int fd, const char *path, const void *data, size_t len, fh_err *err)
{
    vfs_fault *fault = context;
    const fhi_vfs *below = fault->below;
    if (!trip(fault, "write", true)) return below->write(below->context, fd, path, data, len, err);
    if (len > 1) (void)below->write(below->context, fd, path, data, len / 2, NULL);
    return fault_status(fault, "write", path, err);
}

static fh_status fault_sync(void *context, int fd, const char *path, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "sync", true)) return fault_status(fault, "sync", path, err);
    return fault->below->sync(fault->below->context, fd, path, err);
}

/* Like the system's, a close that fails has closed all the same. */
static fh_status fault_close(void *context, int fd, const char *path, fh_err *err)
{
    vfs_fault *fault = context;
    const bool bad = trip(fault, "close", false);
    const fh_status status = fault->below->close(fault->below->context, fd, path, err);
    return bad ? fault_status(fault, "close", path, err) : status;
}

static fh_status fault_rename(void *context, const char *from, const char *to, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "rename", false)) return fault_status(fault, "rename", from, err);
    return fault->below->rename(fault->below->context, from, to, err);
}

static fh_status fault_remove(void *context, const char *path, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "remove", false)) return fault_status(fault, "remove", path, err);
    return fault->below->remove(fault->below->context, path, err);
}

static fh_status fault_sync_dir(void *context, const char *path, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "sync directory", true)) return fault_status(fault, "sync directory", path, err);
    return fault->below->sync_dir(fault->below->context, path, err);
}

static fh_status fault_make_dir(void *context, const char *path, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "make directory", true)) return fault_status(fault, "make directory", path, err);
    return fault->below->make_dir(fault->below->context, path, err);
}

static fh_status fault_map(void *context, const char *path, fhi_map *out, fh_err *err)
{
    vfs_fault *fault = context;
    *out = (fhi_map){0};
    if (trip(fault, "map", false)) return fault_status(fault, "map", path, err);
    return fault->below->map(fault->below->context, path, out, err);
}

static void fault_unmap(void *context, fhi_map *map)
{
    const vfs_fault *fault = context;
    fault->below->unmap(fault->below->context, map);
}

static fh_status fault_lock(void *context, const char *path, int *fd, fh_err *err)
{
    vfs_fault *fault = context;
    *fd = -1;
    if (trip(fault, "lock", false)) return fault_status(fault, "lock", path, err);
    return fault->below->lock(fault->below->context, path, fd, err);
}

static fh_status fault_list(void *context, const char *path, fh_status (*seen)(void *argument, const char *name),
                            void *argument, fh_err *err)
{
    vfs_fault *fault = context;
    if (trip(fault, "list", false)) return fault_status(fault, "list", path, err);
    return fault->below->list(fault->below->context, path, seen, argument, err);
}

void vfs_fault_init(vfs_fault *fault, const fhi_vfs *below)
{
    fault->table = (fhi_vfs){
        .context = fault,
        .create = fault_create,
        .write = fault_write,
        .sync = fault_sync,
        .close = fault_close,
        .rename = fault_rename,
        .remove = fault_remove,
        .sync_dir = fault_sync_dir,
        .make_dir = fault_make_dir,
        .map = fault_map,
        .unmap = fault_unmap,
        .lock = fault_lock,
        .list = fault_list,
    };
    fault->below = below ? below : fhi_vfs_posix();
    vfs_fault_arm(fault, VFS_FAULT_NONE, 0);
}

void vfs_fault_arm(vfs_fault *fault, vfs_fault_mode mode, uint64_t nth)
{
    fault->mode = mode;
    fault->nth = nth;
    atomic_store(&fault->calls, 0);
    atomic_store(&fault->hit, false);
    atomic_store(&fault->last, NULL);
}

uint64_t vfs_fault_disarm(vfs_fault *fault)
{
    fault->mode = VFS_FAULT_NONE;
    return atomic_load(&fault->calls);
}

bool vfs_fault_kill_in_child(vfs_fault_mode mode, uint64_t nth, fh_status (*job)(void *context, const fhi_vfs *vfs),
                             void *context)
{
    const pid_t child = fork();
    if (child < 0) fail_msg("cannot fork");
    if (child == 0) {
        vfs_fault fault;
        vfs_fault_init(&fault, NULL);
        vfs_fault_arm(&fault, mode, nth);
        _exit((int)job(context, &fault.table));
    }
    int ended = 0;
    if (waitpid(child, &ended, 0) != child) fail_msg("cannot wait for the child");
    if (WIFSIGNALED(ended)) {
        if (WTERMSIG(ended) != SIGKILL) fail_msg("the child died of signal %d", WTERMSIG(ended));
        return true;
    }
    if (WEXITSTATUS(ended) != FH_OK) fail_msg("the child answers %s", fh_status_name((fh_status)WEXITSTATUS(ended)));
    return false;
}
