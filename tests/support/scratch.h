/* scratch.h - a temporary folder for a test, and whole files in one call. A failing call fails the cmocka test. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

enum { SCRATCH_PATH_BYTES = 512 };

typedef struct scratch {
    char path[SCRATCH_PATH_BYTES / 2]; /* the folder, without a final slash */
} scratch;

/* A new empty folder under TMPDIR, or /tmp. */
void scratch_init(scratch *folder);

/* Removes it with all it holds. */
void scratch_fini(scratch *folder);

/* Fills out with folder/name and answers it. */
char *scratch_path(const scratch *folder, const char *name, char out[SCRATCH_PATH_BYTES]);

/* Writes a whole file, made or replaced. */
void scratch_write(const char *path, const void *data, size_t len);
void scratch_write_text(const char *path, const char *text);

/* Reads a whole file into malloc'd memory with a NUL after it; the caller frees it. len may be NULL. */
char *scratch_read(const char *path, size_t *len);

/* Removes a file, or a folder with all it holds; nothing happens when it is absent. */
void scratch_remove(const char *path);

/* Copies a folder of plain files (an index) to a new folder. */
void scratch_copy_dir(const char *from, const char *to);

#endif
