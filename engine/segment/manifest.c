/* manifest.c - the file that names the live segments, and the small delete files; see FORMAT.md, sections 7 and 8.
 *
 * The first manifest grows out of a mark, FIRST, that a writer sets before the first segment of a new index: renaming
 * it takes the mark away in the instant in which the index begins to exist. So where the mark is and no manifest, there
 * never was one, and what lies there may go.
 *
 * The manifest is written beside the old one and synced, the directory with the new segments' names too; then it is
 * renamed over the old one and the directory synced again. At every instant a reader finds one that is whole.
 */
#include "engine/codec/bitpack.h"
#include "engine/segment/index.h"
#include "engine/segment/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 4096, MANIFEST_ENTRY_BYTES = 48, DELETES_HEAD_BYTES = 32 };

#define FIRST "MANIFEST.first.tmp"

static fh_status join(char path[PATH_BYTES], const char *directory, const char *name, fh_err *err)
{
    const int length = snprintf(path, PATH_BYTES, "%s/%s", directory, name);
    if (length > 0 && length < PATH_BYTES) return FH_OK;
    return fhi_fail(err, FH_E_LIMIT, "the path of the index is too long");
}

/* Creates, writes, syncs and closes; the file is removed again when any of it fails. */
static fh_status write_file(const fhi_vfs *vfs, const char *path, const fhi_buf *content, fh_err *err)
{
    int fd = -1;
    if (content->status != FH_OK) return fhi_fail(err, content->status, "cannot write %s: out of memory", path);
    FH_TRY(vfs->create(vfs->context, path, &fd, err));
    fh_status status = vfs->write(vfs->context, fd, path, content->data, content->len, err);
    if (status == FH_OK) status = vfs->sync(vfs->context, fd, path, err);
    const fh_status closed = vfs->close(vfs->context, fd, path, status == FH_OK ? err : NULL);
    if (status == FH_OK) status = closed;
    if (status != FH_OK) (void)vfs->remove(vfs->context, path, NULL);
    return status;
}

/* Gives a file its name, once those given before in `directory` have reached the disk (NULL: there are none that
 * matter); it is removed when that fails. */
static fh_status name_file(const fhi_vfs *vfs, const char *directory, const char *temporary, const char *path,
                           fh_err *err)
{
    fh_status status = directory ? vfs->sync_dir(vfs->context, directory, err) : FH_OK;
    if (status == FH_OK) status = vfs->rename(vfs->context, temporary, path, err);
    if (status != FH_OK) (void)vfs->remove(vfs->context, temporary, NULL);
    return status;
}

/* ---- manifest ---- */

static void put_settings(fhi_buf *to, const fhi_settings *settings)
{
    uint32_t bits[3];
    memcpy(&bits[0], &settings->k1, 4);
    memcpy(&bits[1], &settings->b, 4);
    memcpy(&bits[2], &settings->exact_weight, 4);
    for (int i = 0; i < 3; i++)
        fhi_buf_put32(to, bits[i]);
    fhi_buf_put8(to, settings->title_weight);
    fhi_buf_put8(to, settings->lead_weight);
    fhi_buf_put8(to, settings->body_weight);
    fhi_buf_put8(to, 0);
    fhi_buf_put32(to, settings->analyzer_id);
    fhi_buf_put(to, settings->analyzer, sizeof settings->analyzer);
}

static void get_settings(fhi_span *span, fhi_settings *settings)
{
    uint32_t bits[3];
    for (int i = 0; i < 3; i++)
        bits[i] = fhi_span_get32(span);
    memcpy(&settings->k1, &bits[0], 4);
    memcpy(&settings->b, &bits[1], 4);
    memcpy(&settings->exact_weight, &bits[2], 4);
    settings->title_weight = fhi_span_get8(span);
    settings->lead_weight = fhi_span_get8(span);
    settings->body_weight = fhi_span_get8(span);
    (void)fhi_span_get8(span);
    settings->analyzer_id = fhi_span_get32(span);
    const uint8_t *name = fhi_span_take(span, sizeof settings->analyzer);
    if (name) memcpy(settings->analyzer, name, sizeof settings->analyzer);
}

static bool settings_are_sane(const fhi_settings *settings)
{
    return settings->k1 > 0.0f && settings->k1 < 100.0f && settings->b >= 0.0f && settings->b <= 1.0f &&
           settings->exact_weight >= 0.0f && settings->exact_weight <= 100.0f && settings->body_weight > 0 &&
           settings->title_weight >= settings->body_weight && settings->lead_weight >= settings->body_weight &&
           memchr(settings->analyzer, 0, sizeof settings->analyzer) != NULL;
}

/* Partners of a word are told by the word that is not behind them. */
static void put_partners(fhi_buf *to, const fhi_frequent *frequent, uint32_t word)
{
    uint32_t count = 0, before = word;
    for (uint32_t i = word; i < frequent->count; i++)
        count += fhi_frequent_joined(frequent, word, i);
    fhi_buf_put_varint(to, count);
    for (uint32_t i = word; i < frequent->count; i++) {
        if (!fhi_frequent_joined(frequent, word, i)) continue;
        fhi_buf_put_varint(to, i - before);
        before = i + 1;
    }
}

static void put_frequent(fhi_buf *to, const fhi_frequent *frequent)
{
    fhi_buf_put_varint(to, frequent->count);
    for (uint32_t i = 0; i < frequent->count; i++)
        fhi_buf_put_str(to, frequent->words[i]);
    for (uint32_t i = 0; i < frequent->count; i++)
        put_partners(to, frequent, i);
}

fh_status fhi_manifest_write(const fhi_vfs *vfs, const char *directory, const fhi_manifest *manifest, fh_err *err)
{
    char path[PATH_BYTES], temporary[PATH_BYTES];
    FH_TRY(join(path, directory, "MANIFEST", err));
    FH_TRY(join(temporary, directory, manifest->generation == 1 ? FIRST : "MANIFEST.tmp", err));
    fhi_buf content = {0};
    fhi_buf_put64(&content, FHI_MANIFEST_MAGIC);
    fhi_buf_put32(&content, FHI_FORMAT_VERSION);
    fhi_buf_put32(&content, manifest->segment_count);
    fhi_buf_put64(&content, manifest->generation);
    fhi_buf_put64(&content, manifest->next_segment_id);
    put_settings(&content, &manifest->settings);
    for (uint32_t i = 0; i < manifest->segment_count; i++) {
        const fhi_segment_info *info = &manifest->segments[i];
        const uint64_t values[] = {info->id, info->file_bytes, info->length_sum, info->raw_bytes, info->delete_id};
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            fhi_buf_put64(&content, values[j]);
        fhi_buf_put32(&content, info->doc_count);
        fhi_buf_put32(&content, info->deleted_count);
    }
    put_frequent(&content, &manifest->frequent);
    if (content.status == FH_OK) fhi_buf_put32(&content, fhi_crc32c(0, content.data, content.len));
    fh_status status = write_file(vfs, temporary, &content, err);
    /* the names of the segments reach the disk before the manifest that names them */
    if (status == FH_OK) status = name_file(vfs, directory, temporary, path, err);
    if (status == FH_OK) status = vfs->sync_dir(vfs->context, directory, err);
    fhi_buf_fini(&content);
    return status;
}

fh_status fhi_manifest_mark_first(const fhi_vfs *vfs, const char *directory, fh_err *err)
{
    char path[PATH_BYTES];
    FH_TRY(join(path, directory, FIRST, err));
    const fhi_buf nothing = {0};
    FH_TRY(write_file(vfs, path, &nothing, err));
    return vfs->sync_dir(vfs->context, directory, err);
}

/* False when they are damaged; *left: how many there may be at most. */
static bool get_partners(fhi_span *span, fhi_frequent *frequent, uint32_t word, uint64_t *left)
{
    const uint64_t count = fhi_span_get_varint(span);
    uint64_t next = word;
    if (span->failed || count > *left) return false;
    *left -= count;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t gap = fhi_span_get_varint(span);
        if (span->failed || gap >= frequent->count - next) return false;
        fhi_frequent_join(frequent, word, (uint32_t)(next + gap));
        next += gap + 1;
    }
    return true;
}

static fh_status get_frequent(fhi_span *span, fhi_frequent *frequent)
{
    fh_str words[FHI_FREQUENT_MAX];
    uint64_t left = FHI_JOINS_MAX;
    const uint64_t count = fhi_span_get_varint(span);
    if (span->failed || count > FHI_FREQUENT_MAX) return FH_E_CORRUPT;
    for (uint64_t i = 0; i < count; i++)
        words[i] = fhi_span_get_str(span);
    if (span->failed) return FH_E_CORRUPT;
    const fh_status status = fhi_frequent_init(frequent, words, (uint32_t)count);
    if (status != FH_OK) return status == FH_E_INVALID ? FH_E_CORRUPT : status;
    for (uint32_t i = 0; i < count; i++)
        if (!get_partners(span, frequent, i, &left)) return FH_E_CORRUPT;
    fhi_frequent_number(frequent);
    return fhi_span_left(span) == 0 ? FH_OK : FH_E_CORRUPT;
}

static fh_status parse_manifest(const char *path, const fhi_map *map, fhi_manifest *out, fh_err *err)
{
    if (map->len < 16 || fhi_load64(map->data) != FHI_MANIFEST_MAGIC)
        return fhi_fail_at(err, FH_E_CORRUPT, path, 0, "not a manifest");
    const uint32_t version = fhi_load32(map->data + 8);
    const size_t body = map->len - 4;
    if (fhi_crc32c(0, map->data, body) != fhi_load32(map->data + body))
        return fhi_fail_at(err, FH_E_CORRUPT, path, body, "checksum of the manifest differs");
    if (version != FHI_FORMAT_VERSION)
        return fhi_fail_at(err, version > FHI_FORMAT_VERSION ? FH_E_TOO_NEW : FH_E_TOO_OLD, path, 8,
                           "the index is of format %u, this program reads format %d: index again", version,
                           FHI_FORMAT_VERSION);
    fhi_span span = fhi_span_of(map->data, body);
    (void)fhi_span_take(&span, 12);
    const uint32_t count = fhi_span_get32(&span);
    out->generation = fhi_span_get64(&span);
    out->next_segment_id = fhi_span_get64(&span);
    get_settings(&span, &out->settings);
    if (span.failed || count > FHI_SEGMENTS_MAX || fhi_span_left(&span) < (size_t)count * MANIFEST_ENTRY_BYTES ||
        !settings_are_sane(&out->settings))
        return fhi_fail_at(err, FH_E_CORRUPT, path, span.at, "the manifest is damaged");
    out->segments = calloc(count ? count : 1, sizeof *out->segments);
    if (!out->segments) return fhi_fail(err, FH_E_NOMEM, "cannot read the manifest: out of memory");
    out->segment_count = count;
    for (uint32_t i = 0; i < count; i++) {
        fhi_segment_info *info = &out->segments[i];
        uint64_t *const values[] = {&info->id, &info->file_bytes, &info->length_sum, &info->raw_bytes,
                                    &info->delete_id};
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++)
            *values[j] = fhi_span_get64(&span);
        info->doc_count = fhi_span_get32(&span);
        info->deleted_count = fhi_span_get32(&span);
    }
    const fh_status status = get_frequent(&span, &out->frequent);
    if (status == FH_E_CORRUPT) return fhi_fail_at(err, status, path, span.at, "the manifest is damaged");
    return status == FH_OK ? FH_OK : fhi_fail(err, status, "cannot read the manifest: out of memory");
}

fh_status fhi_manifest_read(const fhi_vfs *vfs, const char *directory, fhi_manifest *out, fh_err *err)
{
    char path[PATH_BYTES];
    fhi_map map;
    *out = (fhi_manifest){0};
    FH_TRY(join(path, directory, "MANIFEST", err));
    fh_status status = vfs->map(vfs->context, path, &map, err);
    if (status == FH_E_NOT_FOUND) return fhi_fail_at(err, FH_E_NOT_FOUND, directory, 0, "no index there");
    if (status != FH_OK) return status;
    status = parse_manifest(path, &map, out, err);
    vfs->unmap(vfs->context, &map);
    if (status != FH_OK) fhi_manifest_fini(out);
    return status;
}

void fhi_manifest_fini(fhi_manifest *manifest)
{
    free(manifest->segments);
    fhi_frequent_fini(&manifest->frequent);
    *manifest = (fhi_manifest){0};
}

/* ---- leftovers ---- */

typedef struct sweep {
    const fhi_vfs *vfs;
    const char *directory;
    const fhi_manifest *manifest;
    uint64_t id_min;
    fh_err *err;
} sweep;

static void deletes_name(uint64_t segment_id, uint64_t delete_id, char name[FHI_SEGMENT_NAME_BYTES])
{
    (void)snprintf(name, FHI_SEGMENT_NAME_BYTES, "%016" PRIx64 "-%016" PRIx64 ".del", segment_id, delete_id);
}

/* A number as names hold it: 16 lower-case hexadecimal digits. */
static bool take_number(const char **name, uint64_t *number)
{
    *number = 0;
    for (int i = 0; i < 16; i++, ++*name) {
        const char digit = **name;
        if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f')) return false;
        *number = *number << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return true;
}

/* Whether a writer gives such a name; then its numbers. A segment has no second one, a temporary file is not whole. */
static bool parse_name(const char *name, uint64_t *segment_id, uint64_t *delete_id, bool *whole)
{
    *delete_id = 0;
    if (!take_number(&name, segment_id)) return false;
    const char *ending = ".seg";
    if (*name == '-') {
        name++;
        if (!take_number(&name, delete_id)) return false;
        ending = ".del";
    }
    if (strncmp(name, ending, strlen(ending)) != 0) return false;
    name += strlen(ending);
    *whole = *name == '\0';
    const size_t left = strlen(name);
    return *whole || (*name == '.' && left >= 4 && strcmp(name + left - 4, ".tmp") == 0);
}

static fh_status survey_entry(void *argument, const char *name)
{
    fhi_survey *found = argument;
    uint64_t segment_id, delete_id;
    bool whole;
    found->never_committed = found->never_committed || strcmp(name, FIRST) == 0;
    found->committed = found->committed || strcmp(name, "MANIFEST") == 0;
    if (!parse_name(name, &segment_id, &delete_id, &whole)) return FH_OK;
    if (found->id_max < segment_id) found->id_max = segment_id;
    if (found->id_max < delete_id) found->id_max = delete_id;
    found->has_segments = found->has_segments || whole;
    return FH_OK;
}

fh_status fhi_manifest_survey(const fhi_vfs *vfs, const char *directory, fhi_survey *out, fh_err *err)
{
    *out = (fhi_survey){0};
    FH_TRY(vfs->list(vfs->context, directory, survey_entry, out, err));
    out->never_committed = out->never_committed && !out->committed;
    return FH_OK;
}

static bool is_named(const fhi_manifest *manifest, const char *name)
{
    char wanted[FHI_SEGMENT_NAME_BYTES];
    for (uint32_t i = 0; i < manifest->segment_count; i++) {
        const fhi_segment_info *info = &manifest->segments[i];
        fhi_segment_name(info->id, wanted);
        if (strcmp(name, wanted) == 0) return true;
        deletes_name(info->id, info->delete_id, wanted);
        if (info->delete_id && strcmp(name, wanted) == 0) return true;
    }
    return false;
}

static fh_status sweep_entry(void *argument, const char *name)
{
    const sweep *job = argument;
    char path[PATH_BYTES];
    uint64_t segment_id, delete_id;
    bool whole;
    if (strcmp(name, "MANIFEST.tmp") != 0) {
        if (!parse_name(name, &segment_id, &delete_id, &whole) || is_named(job->manifest, name)) return FH_OK;
        if ((delete_id ? delete_id : segment_id) < job->id_min) return FH_OK;
    }
    FH_TRY(join(path, job->directory, name, job->err));
    const fh_status status = job->vfs->remove(job->vfs->context, path, job->err);
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}

fh_status fhi_manifest_sweep(const fhi_vfs *vfs, const char *directory, const fhi_manifest *manifest, uint64_t id_min,
                             fh_err *err)
{
    sweep job = {vfs, directory, manifest, id_min, err};
    char first[PATH_BYTES];
    FH_TRY(vfs->list(vfs->context, directory, sweep_entry, &job, err));
    FH_TRY(join(first, directory, FIRST, err));
    const fh_status status = vfs->remove(vfs->context, first, err);
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}

/* ---- deletes ---- */

fh_status fhi_deletes_write(const fhi_vfs *vfs, const char *directory, uint64_t segment_id, uint64_t delete_id,
                            const uint64_t *deleted_bits, uint32_t doc_count, fh_err *err)
{
    char name[FHI_SEGMENT_NAME_BYTES], path[PATH_BYTES], temporary[PATH_BYTES];
    deletes_name(segment_id, delete_id, name);
    FH_TRY(join(path, directory, name, err));
    (void)snprintf(name + strlen(name), sizeof name - strlen(name), ".tmp");
    FH_TRY(join(temporary, directory, name, err));
    fhi_buf content = {0};
    fhi_buf_put64(&content, FHI_DELETES_MAGIC);
    fhi_buf_put32(&content, FHI_FORMAT_VERSION);
    fhi_buf_put32(&content, doc_count);
    fhi_buf_put64(&content, segment_id);
    fhi_buf_put64(&content, delete_id);
    fhi_buf_put(&content, deleted_bits, ((size_t)doc_count + 63) / 64 * 8);
    if (content.status == FH_OK) fhi_buf_put32(&content, fhi_crc32c(0, content.data, content.len));
    fh_status status = write_file(vfs, temporary, &content, err);
    if (status == FH_OK) status = name_file(vfs, NULL, temporary, path, err);
    fhi_buf_fini(&content);
    return status;
}

fh_status fhi_deletes_read(const fhi_vfs *vfs, const char *directory, const fhi_segment_info *info,
                           uint64_t **live_bits, fh_err *err)
{
    char name[FHI_SEGMENT_NAME_BYTES], path[PATH_BYTES];
    fhi_map map;
    *live_bits = NULL;
    deletes_name(info->id, info->delete_id, name);
    FH_TRY(join(path, directory, name, err));
    fh_status status = vfs->map(vfs->context, path, &map, err);
    if (status == FH_E_NOT_FOUND) return fhi_fail_at(err, FH_E_CORRUPT, path, 0, "the delete file is missing");
    if (status != FH_OK) return status;
    const size_t words = ((size_t)info->doc_count + 63) / 64, body = DELETES_HEAD_BYTES + words * 8;
    const size_t padded = ((size_t)info->doc_count + FHI_RANGE_DOCS - 1) / FHI_RANGE_DOCS * (FHI_RANGE_DOCS / 64);
    if (map.len != body + 4 || fhi_load64(map.data) != FHI_DELETES_MAGIC ||
        fhi_load32(map.data + 8) != FHI_FORMAT_VERSION || fhi_load32(map.data + 12) != info->doc_count ||
        fhi_load64(map.data + 16) != info->id || fhi_load64(map.data + 24) != info->delete_id ||
        fhi_crc32c(0, map.data, body) != fhi_load32(map.data + body)) {
        status = fhi_fail_at(err, FH_E_CORRUPT, path, 0, "the delete file is damaged");
    } else {
        *live_bits = calloc(padded ? padded : 1, sizeof **live_bits);
        if (!*live_bits) status = fhi_fail(err, FH_E_NOMEM, "cannot read the deletes: out of memory");
        for (size_t i = 0; *live_bits && i < words; i++)
            (*live_bits)[i] = ~fhi_load64(map.data + DELETES_HEAD_BYTES + i * 8);
        if (*live_bits && info->doc_count % 64) (*live_bits)[words - 1] &= (UINT64_C(1) << info->doc_count % 64) - 1;
    }
    vfs->unmap(vfs->context, &map);
    return status;
}
