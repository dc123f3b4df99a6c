/* scratch.c - temporary folders and whole files for tests. */
#include "tests/support/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static _Noreturn void fail_on(const char *what, const char *path)
{
    fail_msg("cannot %s %s: errno %d", what, path, errno);
    abort(); /* not reached; cmocka.h does not say so to gcc */
}

void scratch_init(scratch *folder)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    const int length = snprintf(folder->path, sizeof folder->path, "%s/fihrist-test-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof folder->path) fail_msg("TMPDIR is too long");
    if (!mkdtemp(folder->path)) fail_on("make", folder->path);
}

void scratch_fini(scratch *folder)
{
    if (folder->path[0]) scratch_remove(folder->path);
    folder->path[0] = '\0';
}

char *scratch_path(const scratch *folder, const char *name, char out[SCRATCH_PATH_BYTES])
{
    const int length = snprintf(out, SCRATCH_PATH_BYTES, "%s/%s", folder->path, name);
    if (length < 0 || length >= SCRATCH_PATH_BYTES) fail_msg("name is too long: %s", name);
    return out;
}

void scratch_write(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (!file) fail_on("create", path);
    if (len && fwrite(data, 1, len, file) != len) fail_on("write", path);
    if (fclose(file) != 0) fail_on("close", path);
}

void scratch_write_text(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

char *scratch_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file) fail_on("open", path);
    struct stat entry;
    if (fstat(fileno(file), &entry) != 0) fail_on("stat", path);
    const size_t size = (size_t)entry.st_size;
    char *data = malloc(size + 1);
    if (!data || fread(data, 1, size, file) != size) fail_on("read", path);
    data[size] = '\0';
    (void)fclose(file);
    if (len) *len = size;
    return data;
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *place)
{
    (void)entry, (void)kind, (void)place;
    return remove(path);
}

void scratch_remove(const char *path)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) fail_on("remove", path);
}

static void copy_file(const char *from, const char *to)
{
    size_t len = 0;
    char *data = scratch_read(from, &len);
    scratch_write(to, data, len);
    free(data);
}

void scratch_copy_dir(const char *from, const char *to)
{
    if (mkdir(to, 0755) != 0) fail_on("make", to);
    DIR *directory = opendir(from);
    if (!directory) fail_on("open", from);
    const struct dirent *entry;
    while ((entry = readdir(directory))) {
        char source[SCRATCH_PATH_BYTES], target[SCRATCH_PATH_BYTES];
        struct stat info;
        if (snprintf(source, sizeof source, "%s/%s", from, entry->d_name) >= (int)sizeof source ||
            snprintf(target, sizeof target, "%s/%s", to, entry->d_name) >= (int)sizeof target)
            fail_msg("name is too long: %s", entry->d_name);
        if (stat(source, &info) != 0) fail_on("stat", source);
        if (S_ISREG(info.st_mode)) copy_file(source, target);
    }
    (void)closedir(directory);
}
