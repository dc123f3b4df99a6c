/* vfs_fault.h - a file table over another one that counts calls and goes wrong at the n-th.
 *
 * Every call of the table counts but unmap, which cannot fail. Use the table for one index at a time;
 * counters are atomics, so writers on several threads may share it.
 */
#ifndef TESTS_SUPPORT_VFS_FAULT_H
#define TESTS_SUPPORT_VFS_FAULT_H

#include "engine/base/vfs.h"

#include <stdatomic.h>

typedef enum vfs_fault_mode {
    VFS_FAULT_NONE = 0, /* count only */
    VFS_FAULT_ONCE,     /* the nth call answers FH_E_IO, a write having written half of its bytes */
    VFS_FAULT_FROM,     /* the same, and so does every later call that would make the disk fuller: a full disk */
    VFS_FAULT_GONE,     /* the same, and so does every later call: a disk pulled out */
    VFS_FAULT_KILL,     /* SIGKILL to the process before the nth call does anything */
    VFS_FAULT_KILL_TORN /* SIGKILL in the nth call, a write having written half of its bytes */
} vfs_fault_mode;

typedef struct vfs_fault {
    fhi_vfs table;        /* hand out &fault.table */
    const fhi_vfs *below; /* does the work */
    vfs_fault_mode mode;
    uint64_t nth;               /* counted from the last arm, from 1; 0 is never */
    _Atomic uint64_t calls;     /* since the last arm */
    _Atomic bool hit;           /* a call has gone wrong since the last arm */
    _Atomic(const char *) last; /* name of the call that went wrong, NULL when none has */
} vfs_fault;

/* below NULL: fhi_vfs_posix(). Starts as VFS_FAULT_NONE. The fault must not move while its table is in use. */
void vfs_fault_init(vfs_fault *fault, const fhi_vfs *below);

/* Starts counting from 0 and goes wrong at the nth call. */
void vfs_fault_arm(vfs_fault *fault, vfs_fault_mode mode, uint64_t nth);

/* Back to counting only; answers the number of calls since the last arm. */
uint64_t vfs_fault_disarm(vfs_fault *fault);

/* Runs job(context, the table) in a child process that dies at the nth call. Answers true when it was killed, false
 * when it ended by itself before that: the loop over n is then over. cmocka fails the test when the child ended with a
 * status other than FH_OK, or of another signal. */
bool vfs_fault_kill_in_child(vfs_fault_mode mode, uint64_t nth, fh_status (*job)(void *context, const fhi_vfs *vfs),
                             void *context);

#endif
