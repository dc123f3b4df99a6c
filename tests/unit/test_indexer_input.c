/* test_indexer_input.c - streams unpacked, cut and damaged ones told; chunks of whole lines; folders walked. */
#include "indexer/reader.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

/* ---- packing ---- */

static size_t pack_gzip(const char *text, size_t len, uint8_t *to, size_t capacity)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    stream.next_out = to;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static size_t pack_zstd(const char *text, size_t len, uint8_t *to, size_t capacity)
{
    const size_t bytes = ZSTD_compress(to, capacity, text, len, 3);
    assert_false(ZSTD_isError(bytes));
    return bytes;
}

/* Everything the stream gives, read in odd pieces; *last is the status at its end. */
static fhi_buf read_all(const char *path, size_t peek_bytes, fh_status *last, fh_err *err)
{
    fhi_buf all = {0};
    fhi_input *input;
    fh_str head;
    size_t count;
    assert_int_equal(fhi_input_open(path, -1, &input, NULL), FH_OK);
    if (peek_bytes) assert_int_equal(fhi_input_peek(input, peek_bytes, &head), FH_OK);
    do {
        uint8_t *to = fhi_buf_extend(&all, 1237);
        assert_non_null(to);
        *last = fhi_input_read(input, to, 1237, &count, err);
        all.len -= 1237 - count;
    } while (*last == FH_OK && count > 0);
    fhi_input_close(input);
    return all;
}

enum { SAMPLE_BYTES = 300000 };

typedef struct sample {
    scratch folder;
    char text[SAMPLE_BYTES];
    uint8_t packed[SAMPLE_BYTES * 2];
    char path[SCRATCH_PATH_BYTES];
} sample;

static sample *sample_make(const char *test)
{
    sample *made = calloc(1, sizeof *made);
    assert_non_null(made);
    rng random;
    rng_init(&random, test);
    for (size_t i = 0; i < SAMPLE_BYTES; i++)
        made->text[i] = (char)('a' + rng_below(&random, 20));
    scratch_init(&made->folder);
    return made;
}

static void sample_free(sample *made)
{
    scratch_fini(&made->folder);
    free(made);
}

static void check_whole(sample *made, const char *name, size_t packed_bytes, const void *bytes)
{
    fh_status last;
    fh_err err;
    scratch_path(&made->folder, name, made->path);
    scratch_write(made->path, bytes, packed_bytes);
    for (size_t peek = 0; peek <= SAMPLE_BYTES; peek += 100001) {
        fhi_buf all = read_all(made->path, peek, &last, &err);
        assert_int_equal(last, FH_OK);
        assert_int_equal(all.len, SAMPLE_BYTES);
        assert_memory_equal(all.data, made->text, SAMPLE_BYTES);
        fhi_buf_fini(&all);
    }
}

static void input_unpacks_gzip_and_zstd_whatever_the_name(void **state)
{
    (void)state;
    sample *made = sample_make("input_unpacks_gzip_and_zstd_whatever_the_name");
    check_whole(made, "plain.jsonl", SAMPLE_BYTES, made->text);
    size_t bytes = pack_gzip(made->text, SAMPLE_BYTES, made->packed, sizeof made->packed);
    check_whole(made, "a.jsonl.gz", bytes, made->packed);
    check_whole(made, "a.jsonl", bytes, made->packed);
    bytes = pack_gzip(made->text, 1000, made->packed, sizeof made->packed);
    bytes += pack_gzip(made->text + 1000, SAMPLE_BYTES - 1000, made->packed + bytes, sizeof made->packed - bytes);
    check_whole(made, "members.gz", bytes, made->packed);
    bytes = pack_zstd(made->text, 70000, made->packed, sizeof made->packed);
    bytes += pack_zstd(made->text + 70000, SAMPLE_BYTES - 70000, made->packed + bytes, sizeof made->packed - bytes);
    check_whole(made, "frames.zst", bytes, made->packed);
    sample_free(made);
}

/* What comes before the cut is given out, then the damage is told. */
static void check_cut(sample *made, const char *name, size_t packed_bytes)
{
    fh_status last;
    scratch_path(&made->folder, name, made->path);
    for (size_t cut = packed_bytes - 1; cut > packed_bytes / 3; cut -= packed_bytes / 7) {
        fh_err err = {0};
        scratch_write(made->path, made->packed, cut);
        fhi_buf all = read_all(made->path, 0, &last, &err);
        assert_int_equal(last, FH_E_CORRUPT);
        assert_non_null(strstr(err.text, "it is cut short"));
        assert_true(all.len <= SAMPLE_BYTES);
        if (cut == packed_bytes - 1) assert_true(all.len > SAMPLE_BYTES / 2);
        assert_memory_equal(all.data, made->text, all.len);
        fhi_buf_fini(&all);
    }
}

static void input_tells_a_cut_stream_after_what_was_readable(void **state)
{
    (void)state;
    sample *made = sample_make("input_tells_a_cut_stream_after_what_was_readable");
    check_cut(made, "cut.gz", pack_gzip(made->text, SAMPLE_BYTES, made->packed, sizeof made->packed));
    check_cut(made, "cut.zst", pack_zstd(made->text, SAMPLE_BYTES, made->packed, sizeof made->packed));
    sample_free(made);
}

static void input_tells_damage_and_wrong_names(void **state)
{
    (void)state;
    sample *made = sample_make("input_tells_damage_and_wrong_names");
    fh_status last;
    fh_err err = {0};
    const size_t bytes = pack_gzip(made->text, SAMPLE_BYTES, made->packed, sizeof made->packed);
    made->packed[bytes / 2] ^= 0x55;
    made->packed[bytes / 2 + 1] ^= 0x55;
    scratch_path(&made->folder, "bad.gz", made->path);
    scratch_write(made->path, made->packed, bytes);
    fhi_buf all = read_all(made->path, 0, &last, &err);
    assert_int_equal(last, FH_E_CORRUPT);
    fhi_buf_fini(&all);
    scratch_path(&made->folder, "empty.zst", made->path);
    scratch_write(made->path, "", 0);
    all = read_all(made->path, 0, &last, &err);
    assert_int_equal(last, FH_E_CORRUPT);
    assert_string_equal(err.text, "does not start like a zstd file");
    fhi_buf_fini(&all);
    fhi_input *input;
    assert_int_equal(fhi_input_open("/nowhere/at/all", -1, &input, &err), FH_E_NOT_FOUND);
    assert_int_equal(fhi_input_open(made->folder.path, -1, &input, &err), FH_E_IO);
    sample_free(made);
}

/* ---- reader ---- */

static void note_nothing(void *argument, const fh_err *err)
{
    (void)err;
    ++*(uint32_t *)argument;
}

typedef struct seen {
    char lines[64][32];
    uint64_t numbers[64];
    uint64_t ordinals[64];
    size_t count;
} seen;

static void read_items(fhi_sources *sources, seen *into)
{
    fhi_reader reader;
    fhi_chunk chunk = {0};
    fhi_reader_init(&reader, sources, -1);
    into->count = 0;
    for (;;) {
        assert_int_equal(fhi_reader_next(&reader, &chunk, NULL), FH_OK);
        if (chunk.count == 0) break;
        for (size_t i = 0; i < chunk.count; i++, into->count++) {
            const fhi_item *item = &chunk.items[i];
            assert_true(into->count < 64);
            (void)snprintf(into->lines[into->count], 32, "%.*s", (int)(item->end - item->begin),
                           (const char *)chunk.text.data + item->begin);
            into->numbers[into->count] = item->line;
            into->ordinals[into->count] = item->ordinal;
        }
    }
    fhi_chunk_fini(&chunk);
    fhi_reader_fini(&reader);
}

static void reader_counts_blank_lines_and_strips_line_ends(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES];
    uint32_t notes = 0;
    fhi_sources sources = {.format = FHI_FORMAT_LINES, .note = note_nothing, .note_argument = &notes};
    seen items = {0};
    scratch_write_text(scratch_path(&folder, "a", path), "\xEF\xBB\xBFone\r\n\n \t\r\ntwo\nthree");
    assert_int_equal(fhi_sources_add(&sources, path, NULL), FH_OK);
    scratch_write_text(scratch_path(&folder, "b", path), "four\n");
    assert_int_equal(fhi_sources_add(&sources, path, NULL), FH_OK);
    read_items(&sources, &items);
    static const char *const lines[] = {"one", "two", "three", "four"};
    static const uint64_t numbers[] = {1, 4, 5, 1}, ordinals[] = {0, 3, 4, 5};
    assert_int_equal(items.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(items.lines[i], lines[i]);
        assert_int_equal(items.numbers[i], numbers[i]);
        assert_int_equal(items.ordinals[i], ordinals[i]);
    }
    assert_int_equal(notes, 0);
    fhi_sources_fini(&sources);
    scratch_fini(&folder);
}

static void reader_passes_over_a_line_that_is_too_long(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES];
    uint32_t notes = 0;
    const size_t len = (size_t)FHI_LINE_BYTES_MAX + 300000;
    char *text = malloc(len + 16);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text + len, "\nshort\n", 8);
    scratch_write(scratch_path(&folder, "a", path), text, len + 7);
    free(text);
    fhi_sources sources = {.format = FHI_FORMAT_LINES, .note = note_nothing, .note_argument = &notes};
    assert_int_equal(fhi_sources_add(&sources, path, NULL), FH_OK);
    fhi_reader reader;
    fhi_chunk chunk = {0};
    fhi_reader_init(&reader, &sources, -1);
    assert_int_equal(fhi_reader_next(&reader, &chunk, NULL), FH_OK);
    assert_int_equal(chunk.count, 2);
    assert_true(chunk.items[0].too_long);
    assert_int_equal(chunk.items[0].end, chunk.items[0].begin);
    assert_false(chunk.items[1].too_long);
    assert_int_equal(chunk.items[1].end - chunk.items[1].begin, 5);
    assert_int_equal(chunk.items[1].line, 2);
    assert_int_equal(reader.read_bytes, len + 7);
    fhi_chunk_fini(&chunk);
    fhi_reader_fini(&reader);
    fhi_sources_fini(&sources);
    scratch_fini(&folder);
}

/* Many lines of random length: the chunks together are the file, whatever the chunk borders. */
static void reader_chunks_join_to_the_file(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "reader_chunks_join_to_the_file");
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES];
    fhi_buf text = {0}, joined = {0};
    while (text.len < 3 * FHI_CHUNK_BYTES) {
        for (uint64_t left = 1 + rng_skewed(&random, 18); left > 0; left--)
            fhi_buf_put8(&text, 'y');
        fhi_buf_put8(&text, '\n');
    }
    scratch_write(scratch_path(&folder, "a", path), text.data, text.len);
    uint32_t notes = 0;
    fhi_sources sources = {.format = FHI_FORMAT_LINES, .note = note_nothing, .note_argument = &notes};
    assert_int_equal(fhi_sources_add(&sources, path, NULL), FH_OK);
    fhi_reader reader;
    fhi_chunk chunk = {0};
    fhi_reader_init(&reader, &sources, -1);
    do {
        assert_int_equal(fhi_reader_next(&reader, &chunk, NULL), FH_OK);
        for (size_t i = 0; i < chunk.count; i++) {
            fhi_buf_put(&joined, chunk.text.data + chunk.items[i].begin, chunk.items[i].end - chunk.items[i].begin);
            fhi_buf_put8(&joined, '\n');
        }
    } while (chunk.count > 0);
    assert_int_equal(joined.len, text.len);
    assert_memory_equal(joined.data, text.data, text.len);
    fhi_buf_fini(&text);
    fhi_buf_fini(&joined);
    fhi_chunk_fini(&chunk);
    fhi_reader_fini(&reader);
    fhi_sources_fini(&sources);
    scratch_fini(&folder);
}

/* ---- folders ---- */

static void sources_walk_folders_in_order_and_leave_the_rest(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES], link[SCRATCH_PATH_BYTES];
    static const char *const files[] = {"b.txt",       "a.jsonl.gz", "note.pdf",
                                        ".hidden.txt", "sub/c.md",   "sub/deep/d.ndjson"};
    assert_int_equal(mkdir(scratch_path(&folder, "sub", path), 0755), 0);
    assert_int_equal(mkdir(scratch_path(&folder, "sub/deep", path), 0755), 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_write_text(scratch_path(&folder, files[i], path), "x");
    assert_int_equal(symlink(folder.path, scratch_path(&folder, "sub/loop", link)), 0);
    uint32_t notes = 0;
    fhi_sources sources = {.note = note_nothing, .note_argument = &notes};
    assert_int_equal(fhi_sources_add(&sources, folder.path, NULL), FH_OK);
    static const char *const names[] = {"a.jsonl.gz", "b.txt", "sub/c.md", "sub/deep/d.ndjson"};
    static const fhi_format formats[] = {FHI_FORMAT_JSONL, FHI_FORMAT_TEXT, FHI_FORMAT_TEXT, FHI_FORMAT_JSONL};
    assert_int_equal(sources.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(sources.items[i].name, names[i]);
        assert_int_equal(sources.items[i].format, formats[i]);
    }
    assert_int_equal(sources.skipped[FHI_SKIP_HIDDEN], 1);
    assert_int_equal(sources.skipped[FHI_SKIP_FOLDER], 1);
    assert_int_equal(sources.skipped[FHI_SKIP_SPECIAL], 0);
    assert_int_equal(sources.skipped[FHI_SKIP_NAME], 1);
    assert_int_equal(notes, 0);
    assert_int_equal(fhi_sources_add(&sources, "/nowhere/at/all", NULL), FH_OK);
    assert_int_equal(fhi_sources_add(&sources, scratch_path(&folder, "note.pdf", path), NULL), FH_OK);
    assert_int_equal(sources.failed, 2);
    assert_int_equal(notes, 2);
    assert_int_equal(fhi_sources_add(&sources, scratch_path(&folder, "sub/c.md", path), NULL), FH_OK);
    assert_string_equal(sources.items[4].name, "c.md");
    fhi_sources_fini(&sources);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_unpacks_gzip_and_zstd_whatever_the_name),
        cmocka_unit_test(input_tells_a_cut_stream_after_what_was_readable),
        cmocka_unit_test(input_tells_damage_and_wrong_names),
        cmocka_unit_test(reader_counts_blank_lines_and_strips_line_ends),
        cmocka_unit_test(reader_passes_over_a_line_that_is_too_long),
        cmocka_unit_test(reader_chunks_join_to_the_file),
        cmocka_unit_test(sources_walk_folders_in_order_and_leave_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
