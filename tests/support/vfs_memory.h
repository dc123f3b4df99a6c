/* vfs_memory.h - files in memory behind the file table, for tests that write or read an index thousands of times.
 *
 * A file is one heap block of exactly its length, so that a sanitizer sees a read past its end; map hands out that
 * block itself, and a test that changes a byte of it changes the file. Folders are not kept: a path is a name.
 * Belongs to one thread. A failing allocation answers FH_E_NOMEM.
 */
#ifndef TESTS_SUPPORT_VFS_MEMORY_H
#define TESTS_SUPPORT_VFS_MEMORY_H

#include "engine/base/vfs.h"

enum { MEMORY_FILES_MAX = 64, MEMORY_PATH_BYTES = 128 };

typedef struct memory_file {
    char path[MEMORY_PATH_BYTES]; /* "" when free */
    uint8_t *data;                /* exactly len bytes; NULL when len is 0 */
    size_t len;
} memory_file;

typedef struct vfs_memory {
    fhi_vfs table; /* hand out &memory.table */
    memory_file files[MEMORY_FILES_MAX];
} vfs_memory;

void vfs_memory_init(vfs_memory *memory); /* must not move while its table is in use */
void vfs_memory_fini(vfs_memory *memory);

memory_file *vfs_memory_find(vfs_memory *memory, const char *path); /* NULL when absent */
/* Replaces the content of a file, made if absent; data is copied. false: out of memory or out of files. */
bool vfs_memory_put(vfs_memory *memory, const char *path, const void *data, size_t len);
/* Makes to hold copies of the files of from, and only those. */
bool vfs_memory_copy(vfs_memory *to, const vfs_memory *from);

#endif
