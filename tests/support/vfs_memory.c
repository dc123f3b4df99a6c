/* vfs_memory.c - see vfs_memory.h. A descriptor is the number of its file. */
#include "tests/support/vfs_memory.h"

#include <stdio.h>
#include <stdlib.h>

static fh_status absent(const char *path, fh_err *err)
{
    return fhi_fail_at(err, FH_E_NOT_FOUND, path, 0, "no such file in memory");
}

memory_file *vfs_memory_find(vfs_memory *memory, const char *path)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        if (memory->files[i].path[0] && strcmp(memory->files[i].path, path) == 0) return &memory->files[i];
    return NULL;
}

static void forget(memory_file *file)
{
    free(file->data);
    *file = (memory_file){0};
}

/* The file of this name, empty. */
static memory_file *renew(vfs_memory *memory, const char *path)
{
    memory_file *file = vfs_memory_find(memory, path);
    for (int i = 0; !file && i < MEMORY_FILES_MAX; i++)
        if (!memory->files[i].path[0]) file = &memory->files[i];
    if (!file || strlen(path) >= sizeof file->path) return NULL;
    forget(file);
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

bool vfs_memory_put(vfs_memory *memory, const char *path, const void *data, size_t len)
{
    uint8_t *copy = len ? malloc(len) : NULL;
    memory_file *file = len && !copy ? NULL : renew(memory, path);
    if (!file) {
        free(copy);
        return false;
    }
    if (len) memcpy(copy, data, len);
    file->data = copy;
    file->len = len;
    return true;
}

bool vfs_memory_copy(vfs_memory *to, const vfs_memory *from)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        forget(&to->files[i]);
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        const memory_file *file = &from->files[i];
        if (file->path[0] && !vfs_memory_put(to, file->path, file->data, file->len)) return false;
    }
    return true;
}

/* ---- the table ---- */

static fh_status memory_create(void *context, const char *path, int *fd, fh_err *err)
{
    vfs_memory *memory = context;
    const memory_file *file = renew(memory, path);
    *fd = file ? (int)(file - memory->files) : -1;
    return file ? FH_OK : fhi_fail_at(err, FH_E_IO, path, 0, "no room for another file in memory");
}

static fh_status memory_write(void *context, int fd, const char *path, const void *data, size_t len, fh_err *err)
{
    memory_file *file = &((vfs_memory *)context)->files[fd];
    if (len == 0) return FH_OK;
    uint8_t *grown = realloc(file->data, file->len + len);
    if (!grown) return fhi_fail_at(err, FH_E_NOMEM, path, file->len, "out of memory");
    memcpy(grown + file->len, data, len);
    file->data = grown;
    file->len += len;
    return FH_OK;
}

static fh_status memory_sync(void *context, int fd, const char *path, fh_err *err)
{
    (void)context, (void)fd, (void)path, (void)err;
    return FH_OK;
}

static fh_status memory_rename(void *context, const char *from, const char *to, fh_err *err)
{
    vfs_memory *memory = context;
    memory_file *file = vfs_memory_find(memory, from), *old = vfs_memory_find(memory, to);
    if (!file) return absent(from, err);
    if (old && old != file) forget(old);
    (void)snprintf(file->path, sizeof file->path, "%s", to);
    return FH_OK;
}

static fh_status memory_remove(void *context, const char *path, fh_err *err)
{
    memory_file *file = vfs_memory_find(context, path);
    if (!file) return absent(path, err);
    forget(file);
    return FH_OK;
}

static fh_status memory_folder(void *context, const char *path, fh_err *err)
{
    (void)context, (void)path, (void)err;
    return FH_OK;
}

static fh_status memory_map(void *context, const char *path, fhi_map *out, fh_err *err)
{
    const memory_file *file = vfs_memory_find(context, path);
    *out = (fhi_map){0};
    if (!file) return absent(path, err);
    *out = (fhi_map){file->data, file->len};
    return FH_OK;
}

static void memory_unmap(void *context, fhi_map *map)
{
    (void)context;
    *map = (fhi_map){0};
}

static fh_status memory_lock(void *context, const char *path, int *fd, fh_err *err)
{
    return memory_create(context, path, fd, err);
}

static fh_status memory_list(void *context, const char *path, fh_status (*seen)(void *argument, const char *name),
                             void *argument, fh_err *err)
{
    const vfs_memory *memory = context;
    const size_t head = strlen(path);
    fh_status status = FH_OK;
    (void)err;
    for (int i = 0; i < MEMORY_FILES_MAX && status == FH_OK; i++) {
        char name[MEMORY_PATH_BYTES];
        const char *full = memory->files[i].path;
        if (strncmp(full, path, head) != 0 || full[head] != '/') continue;
        (void)snprintf(name, sizeof name, "%s", full + head + 1); /* the file may be removed while it is seen */
        status = seen(argument, name);
    }
    return status;
}

void vfs_memory_init(vfs_memory *memory)
{
    *memory = (vfs_memory){.table = {.context = memory,
                                     .create = memory_create,
                                     .write = memory_write,
                                     .sync = memory_sync,
                                     .close = memory_sync,
                                     .rename = memory_rename,
                                     .remove = memory_remove,
                                     .sync_dir = memory_folder,
                                     .make_dir = memory_folder,
                                     .map = memory_map,
                                     .unmap = memory_unmap,
                                     .lock = memory_lock,
                                     .list = memory_list}};
}

void vfs_memory_fini(vfs_memory *memory)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        forget(&memory->files[i]);
}
