/* source.c - from PATH arguments to a list of streams. */
#include "indexer/source.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_suffix(fh_str name, const char *suffix)
{
    const size_t len = strlen(suffix);
    return name.len > len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

fhi_format fhi_format_of_name(const char *name)
{
    static const struct {
        const char *suffix;
        fhi_format format;
    } known[] = {
        {".jsonl", FHI_FORMAT_JSONL}, {".ndjson", FHI_FORMAT_JSONL}, {".json", FHI_FORMAT_JSONL},
        {".txt", FHI_FORMAT_TEXT},    {".text", FHI_FORMAT_TEXT},    {".md", FHI_FORMAT_TEXT},
    };
    fh_str bare = fhi_str(name);
    if (has_suffix(bare, ".gz")) bare.len -= strlen(".gz");
    if (has_suffix(bare, ".zst")) bare.len -= strlen(".zst");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (has_suffix(bare, known[i].suffix)) return known[i].format;
    return FHI_FORMAT_AUTO;
}

void fhi_sources_fini(fhi_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        fhi_input_close(sources->items[i].input);
        free(sources->items[i].path);
    }
    free(sources->items);
    sources->items = NULL;
    sources->count = sources->capacity = 0;
}

bool fhi_sources_have(const fhi_sources *sources, const char *path)
{
    struct stat wanted, entry;
    if (stat(path, &wanted) != 0 || !S_ISREG(wanted.st_mode)) return false;
    for (size_t i = 0; i < sources->count; i++) {
        const char *source = sources->items[i].path;
        const int failed = strcmp(source, "-") == 0 ? fstat(STDIN_FILENO, &entry) : stat(source, &entry);
        if (failed == 0 && entry.st_dev == wanted.st_dev && entry.st_ino == wanted.st_ino) return true;
    }
    return false;
}

static fh_status no_memory(fh_err *err)
{
    return fhi_fail(err, FH_E_NOMEM, "out of memory");
}

static void note_failure(fhi_sources *sources, const char *path, const char *what, int reason)
{
    fh_err err;
    (void)fhi_fail_at(&err, FH_E_IO, path, 0, "%s%s%s", what, reason ? ": " : "", reason ? fhi_errno_text(reason) : "");
    sources->failed++;
    sources->note(sources->note_argument, &err);
}

/* Takes path over, also on failure. */
static fh_status add_source(fhi_sources *sources, char *path, size_t name_at, fhi_format format,
                            const struct stat *entry, fh_err *err)
{
    if (sources->count == sources->capacity) {
        const size_t capacity = sources->capacity ? sources->capacity * 2 : 16;
        fhi_source *items = realloc(sources->items, capacity * sizeof *items);
        if (!items) {
            free(path);
            return no_memory(err);
        }
        sources->items = items;
        sources->capacity = capacity;
    }
    const bool regular = S_ISREG(entry->st_mode);
    const uint64_t bytes = regular ? (uint64_t)entry->st_size : 0;
    sources->items[sources->count++] =
        (fhi_source){.path = path, .name = path + name_at, .format = format, .regular = regular, .bytes = bytes};
    sources->bytes += bytes;
    return FH_OK;
}

/* ---- folders ------------------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static fh_status walk(fhi_sources *sources, const char *folder, size_t name_at, unsigned depth, fh_err *err);

static bool is_avoided(const fhi_sources *sources, const struct stat *entry)
{
    struct stat avoid;
    return sources->avoid && stat(sources->avoid, &avoid) == 0 && avoid.st_dev == entry->st_dev &&
           avoid.st_ino == entry->st_ino;
}

/* A link to a file counts as the file; a link to a folder is left aside, so that no walk goes in circles. */
static fh_status walk_entry(fhi_sources *sources, char *path, const char *name, size_t name_at, unsigned depth,
                            fh_err *err)
{
    struct stat entry;
    bool link = false;
    fh_status status = FH_OK;
    if (name[0] == '.') {
        sources->skipped[FHI_SKIP_HIDDEN]++;
        goto done;
    }
    if (lstat(path, &entry) == 0 && S_ISLNK(entry.st_mode)) link = true;
    if (stat(path, &entry) != 0) {
        note_failure(sources, path, "cannot open", errno);
        goto done;
    }
    if (S_ISDIR(entry.st_mode) && !link && !is_avoided(sources, &entry)) {
        status = walk(sources, path, name_at, depth + 1, err);
        goto done;
    }
    const fhi_format format = sources->format == FHI_FORMAT_AUTO ? fhi_format_of_name(name) : sources->format;
    if (S_ISREG(entry.st_mode) && format != FHI_FORMAT_AUTO)
        return add_source(sources, path, name_at, format, &entry, err);
    const fhi_skip why = S_ISDIR(entry.st_mode)    ? FHI_SKIP_FOLDER
                         : !S_ISREG(entry.st_mode) ? FHI_SKIP_SPECIAL
                                                   : FHI_SKIP_NAME;
    sources->skipped[why]++;
done:
    free(path);
    return status;
}

/* folder: names at and after name_at are relative to the PATH that was given. */
static fh_status walk(fhi_sources *sources, const char *folder, size_t name_at, unsigned depth, fh_err *err)
{
    if (depth > FHI_FOLDER_DEPTH_MAX) {
        note_failure(sources, folder, "folders are nested too deeply", 0);
        return FH_OK;
    }
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, NULL, by_name);
    if (count < 0) {
        note_failure(sources, folder, "cannot open", errno);
        return FH_OK;
    }
    fh_status status = FH_OK;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (status == FH_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            char *path = NULL;
            if (asprintf(&path, "%s%s%s", folder, slash, name) < 0)
                status = no_memory(err);
            else
                status = walk_entry(sources, path, name, name_at, depth, err);
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* ---- one argument -------------------------------------------------------------------------------------- */

static size_t base_name_at(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

fh_status fhi_sources_add(fhi_sources *sources, const char *path, fh_err *err)
{
    const bool standard = strcmp(path, "-") == 0;
    struct stat entry = {0};
    if (!standard && stat(path, &entry) != 0) {
        note_failure(sources, path, "cannot open", errno);
        return FH_OK;
    }
    if (S_ISDIR(entry.st_mode)) {
        const size_t len = strlen(path);
        return walk(sources, path, path[len - 1] == '/' ? len : len + 1, 0, err);
    }
    fhi_format format = sources->format;
    if (format == FHI_FORMAT_AUTO) format = standard ? FHI_FORMAT_JSONL : fhi_format_of_name(path);
    if (format == FHI_FORMAT_AUTO) {
        note_failure(sources, path, "the name does not tell the format; say --format jsonl, text or lines", 0);
        return FH_OK;
    }
    char *copy = strdup(path);
    if (!copy) return no_memory(err);
    return add_source(sources, copy, base_name_at(path), format, &entry, err);
}
