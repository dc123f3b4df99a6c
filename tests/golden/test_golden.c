/* test_golden.c - indexes of format version 3, as they were written when it was fixed, lie beside this file: they must
 * open, pass the check and answer as recorded for as long as version 3 is read; and the same input must give the same
 * bytes today.
 *
 * words-3/ was made by the writer, from the articles below; words-3.answers is what queries found in it. press-3/ is
 * the index of tests/support/small_index.h, its larger segment compressed by zstd.
 *
 * When a test fails:
 * - The old index no longer opens, or answers otherwise: existing indexes have become unreadable. If that is not
 *   wanted, it is a bug. If it is, the format needs a new version (engine/FORMAT.md, section 10): these folders go, or
 *   stay beside new ones for as long as version 3 is still read.
 * - Only the bytes differ: a writer chooses differently (which lists are dense, when segments merge), or has begun to
 *   break the format. When the choice is meant, and the tests that read the old bytes still pass, record anew:
 *   FH_GOLDEN_WRITE=1 build/release/tests/golden/test_golden
 *   and commit what changed with the reason.
 */
#include "query/answer/request.h"
#include "tests/support/scratch.h"
#include "tests/support/small_index.h"

#include <fihrist/writer.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <jansson.h>
#include <zstd.h>

#define GOLDEN "tests/golden"
#define WORDS GOLDEN "/words-3"
#define PRESS GOLDEN "/press-3"

enum { ZSTD_OF_THE_BYTES = 10504, ANSWERS_MAX = 64, LINE_BYTES = 1024 }; /* other versions compress otherwise */

/* ---- the articles ---- */

typedef struct article {
    const char *id, *date, *source, *title, *body;
} article;

static const article first_articles[] = {
    {"bridge", "2025-01-12", "Le Pont", "The old bridge opens again",
     "The old bridge of the town is open again since Sunday ."},
    {"bakery", "2025-02", "Le Pont", "A bakery for the station",
     "The bakery moves to the station . The old oven stays ."},
    {"dam", "2025-03-30", "Rivière", "Water behind the dam",
     "After the rain the dam is full . The bridge below is closed ."},
    {"school", "", "Rivière", "The school asks for a bus", "No bus passes the school . The town says it will ask ."},
    {"pain", "2025-04-01", "Le Pont", "Le prix du pain",
     "Le prix du pain ne change pas , dit la boulangerie de la gare ."},
    {"eau", "2025-04-02", "Rivière", "L'eau du barrage", "Après la pluie le barrage est plein , le pont est fermé ."},
    {"jisr", "2025-04-03", "الجسر", "الجسر القديم", "فتح الجسر القديم يوم الأحد بعد أشغال دامت سنة ."},
    {"khubz", "2025-04-04", "الجسر", "ثمن الخبز", "لم يتغير ثمن الخبز في المدينة ."},
    {"long", "2025-05-05", "Rivière", "bridge", "bridge bridge bridge town bridge river bridge bridge"},
    {"empty-body", "2024", "", "bus bus bus", ""},
};

static const article second_articles[] = {
    {"school", "2025-06-01", "Rivière", "The school has its bus", "Since Monday a bus passes the school ."},
    {"bridge", "2025-06-02", "Le Pont", "The old bridge closes",
     "The old bridge of the town is closed for the winter ."},
    {"late", "2025-06-03", "Le Pont", "A late word", "A word that came late , after the bridge , after the bus ."},
};

static const char *const queries[] = {
    "bridge",
    "old bridge",
    "\"old bridge\"",
    "bridge OR bus",
    "bridge -dam",
    "bus school",
    "title:bus",
    "br*",
    "\"bridge town\"~4",
    "source:\"le pont\" bridge",
    "date:2025-04",
    "pain du",
    "الجسر",
    "\"الجسر القديم\"",
    "late^3 OR bakery",
    "absent",
};

static fh_status add_articles(fh_writer *writer, const article *articles, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fh_record record = {0};
        record.fields[FH_FIELD_ID] = fhi_str(articles[i].id);
        record.fields[FH_FIELD_DATE] = fhi_str(articles[i].date);
        record.fields[FH_FIELD_SOURCE] = fhi_str(articles[i].source);
        record.fields[FH_FIELD_TITLE] = fhi_str(articles[i].title);
        record.fields[FH_FIELD_BODY] = fhi_str(articles[i].body);
        FH_TRY(fh_writer_add(writer, &record, NULL));
    }
    return fh_writer_commit(writer, NULL);
}

/* Two runs, as two days would make them: the second replaces two articles. */
static void write_words(const char *directory)
{
    const fh_writer_options options = {.analyzer = "words"};
    for (int run = 0; run < 2; run++) {
        fh_writer *writer;
        assert_int_equal(fh_writer_open(directory, &options, &writer, NULL), FH_OK);
        assert_int_equal(run ? add_articles(writer, second_articles, sizeof second_articles / sizeof *second_articles)
                             : add_articles(writer, first_articles, sizeof first_articles / sizeof *first_articles),
                         FH_OK);
        fh_writer_close(writer);
    }
}

/* ---- reading what was recorded ---- */

static fhi_index *open_whole(const fhi_vfs *vfs, const char *directory)
{
    fhi_index *index;
    fh_err err = {0};
    if (fhi_index_open(vfs, directory, &index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    return index;
}

static void words_of_version_3_open_and_pass(void **state)
{
    (void)state;
    fhi_index *index = open_whole(fhi_vfs_posix(), WORDS);
    assert_int_equal(fhi_index_generation(index), 2);
    assert_int_equal(fhi_index_live_count(index), 11);
    assert_string_equal(fhi_index_settings(index)->analyzer, "words");
    fhi_index_release(index);
}

/* `query TAB total`, then a line ` id TAB score` for each hit. */
static void print_answer(fhi_searcher *searcher, fhi_index *index, const char *query, FILE *to)
{
    fhi_request request;
    fhi_buf json = {0};
    size_t i;
    json_t *hit;
    fhi_request_defaults(&request);
    request.query = fhi_str(query);
    assert_int_equal(fhi_searcher_run(searcher, index, &request, NULL, &json), FH_OK);
    json_t *answer = json_loadb((const char *)json.data, json.len, 0, NULL);
    assert_non_null(answer);
    (void)fprintf(to, "%s\t%d\n", query, (int)json_integer_value(json_object_get(answer, "total")));
    json_array_foreach(json_object_get(answer, "hits"), i, hit)(void)
        fprintf(to, " %s\t%.6f\n", json_string_value(json_object_get(hit, "id")),
                json_number_value(json_object_get(hit, "score")));
    json_decref(answer);
    fhi_buf_fini(&json);
}

static void print_answers(const char *directory, const char *path)
{
    fhi_searcher *searcher;
    fhi_index *index = open_whole(fhi_vfs_posix(), directory);
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    assert_int_equal(fhi_searcher_create("words", &searcher, NULL), FH_OK);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        print_answer(searcher, index, queries[i], to);
    fhi_searcher_destroy(searcher);
    fhi_index_release(index);
    assert_int_equal(fclose(to), 0);
}

/* Scores to five digits: a logarithm may differ in the last one between C libraries. */
static void compare_lines(const char *now, const char *recorded)
{
    const char *tab = strchr(now, '\t'), *recorded_tab = strchr(recorded, '\t');
    assert_true(tab && recorded_tab);
    if (tab - now != recorded_tab - recorded || strncmp(now, recorded, (size_t)(tab - now)) != 0 ||
        fabs(strtod(tab + 1, NULL) - strtod(recorded_tab + 1, NULL)) > 2e-5)
        fail_msg("recorded: %s now: %s", recorded, now);
}

static void words_of_version_3_answer_as_recorded(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], now[LINE_BYTES], recorded[LINE_BYTES];
    unsigned lines = 0;
    scratch_init(&folder);
    print_answers(WORDS, scratch_path(&folder, "answers", path));
    FILE *a = fopen(path, "r"), *b = fopen(WORDS ".answers", "r");
    assert_true(a && b);
    while (fgets(now, sizeof now, a) && fgets(recorded, sizeof recorded, b)) {
        compare_lines(now, recorded);
        lines++;
    }
    assert_true(lines > 40 && feof(a) && !fgets(recorded, sizeof recorded, b));
    (void)fclose(a);
    (void)fclose(b);
    scratch_fini(&folder);
}

/* ---- press ---- */

/* The recorded index, in memory. */
static void load_press(vfs_memory *memory)
{
    static const char *const names[] = {"MANIFEST", "0000000000000002.seg", "0000000000000002-0000000000000003.del"};
    char path[SCRATCH_PATH_BYTES];
    size_t len;
    vfs_memory_init(memory);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, PRESS "/%s", names[i]);
        char *data = scratch_read(path, &len);
        (void)snprintf(path, sizeof path, SMALL_INDEX_FOLDER "/%s", names[i]);
        assert_true(vfs_memory_put(memory, path, data, len));
        free(data);
    }
    char *packed = scratch_read(PRESS "/0000000000000001.seg.zst", &len);
    const size_t bytes = (size_t)ZSTD_getFrameContentSize(packed, len);
    assert_true(bytes < 1 << 20);
    void *data = malloc(bytes);
    assert_non_null(data);
    assert_true(ZSTD_decompress(data, bytes, packed, len) == bytes);
    assert_true(vfs_memory_put(memory, SMALL_INDEX_FOLDER "/0000000000000001.seg", data, bytes));
    free(data);
    free(packed);
}

static void compare_lists(const fhi_segment *old, const fhi_segment *new, uint32_t ordinal)
{
    fhi_term_info old_info, new_info;
    fhi_list_scratch old_scratch = {0}, new_scratch = {0};
    fhi_list a, b;
    assert_int_equal(fhi_terms_at(old, ordinal, &old_info), FH_OK);
    assert_int_equal(fhi_terms_at(new, ordinal, &new_info), FH_OK);
    assert_int_equal(fhi_list_decode(old, &old_info, &old_scratch, &a), FH_OK);
    assert_int_equal(fhi_list_decode(new, &new_info, &new_scratch, &b), FH_OK);
    assert_int_equal(a.doc_count, b.doc_count);
    assert_int_equal(a.position_count, b.position_count);
    assert_memory_equal(a.docs, b.docs, a.doc_count * sizeof *a.docs);
    assert_memory_equal(a.counts, b.counts, a.doc_count * sizeof *a.counts);
    assert_memory_equal(a.positions, b.positions, a.position_count * sizeof *a.positions);
    assert_memory_equal(a.forms, b.forms, a.position_count * sizeof *a.forms);
    fhi_list_scratch_fini(&old_scratch);
    fhi_list_scratch_fini(&new_scratch);
}

static void compare_articles(const fhi_segment *old, const fhi_segment *new, uint32_t doc)
{
    fhi_buf a = {0}, b = {0};
    assert_int_equal(fhi_segment_record(old, doc, &a, NULL), FH_OK);
    assert_int_equal(fhi_segment_record(new, doc, &b, NULL), FH_OK);
    assert_true(fhi_str_equal(fhi_buf_str(&a), fhi_buf_str(&b)));
    assert_int_equal(fhi_segment_day(old, doc), fhi_segment_day(new, doc));
    assert_int_equal(fhi_segment_minute(old, doc), fhi_segment_minute(new, doc));
    assert_int_equal(fhi_segment_lead_end(old, doc), fhi_segment_lead_end(new, doc));
    assert_int_equal(fhi_segment_norms(old)[doc], fhi_segment_norms(new)[doc]);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++) {
        const fhi_column c = (fhi_column)i;
        const fhi_column_value x = fhi_segment_column_value(old, c, fhi_segment_column_ordinal(old, c, doc));
        const fhi_column_value y = fhi_segment_column_value(new, c, fhi_segment_column_ordinal(new, c, doc));
        assert_true(fhi_str_equal(x.value, y.value) && fhi_str_equal(x.key, y.key));
    }
    fhi_buf_fini(&a);
    fhi_buf_fini(&b);
}

static void press_of_version_3_reads_as_it_was_written(void **state)
{
    (void)state;
    vfs_memory recorded, fresh;
    fh_err err = {0};
    load_press(&recorded);
    vfs_memory_init(&fresh);
    assert_int_equal(small_index_write(&fresh.table, SMALL_INDEX_FOLDER, NULL), FH_OK);
    fhi_index *old = open_whole(&recorded.table, SMALL_INDEX_FOLDER);
    fhi_index *new = open_whole(&fresh.table, SMALL_INDEX_FOLDER);
    if (small_index_search_all(old, &err) != FH_OK) fail_msg("search: %s", err.text);
    assert_int_equal(fhi_index_live_count(old), fhi_index_live_count(new));
    assert_int_equal(fhi_index_segment_count(old), 2);
    for (uint32_t i = 0; i < 2; i++) {
        const fhi_segment *a = fhi_index_segment(old, i), *b = fhi_index_segment(new, i);
        assert_int_equal(fhi_terms_count(a), fhi_terms_count(b));
        assert_int_equal(fhi_forms_count(a), fhi_forms_count(b));
        for (uint32_t ordinal = 0; ordinal < fhi_terms_count(a); ordinal++)
            compare_lists(a, b, ordinal);
        for (uint32_t doc = 0; doc < fhi_segment_doc_count(a); doc++)
            compare_articles(a, b, doc);
    }
    fhi_index_release(old);
    fhi_index_release(new);
    vfs_memory_fini(&recorded);
    vfs_memory_fini(&fresh);
}

/* ---- the same bytes ---- */

static void compare_files(const char *path, const void *data, size_t len, const char *recorded_path)
{
    size_t recorded_len;
    char *recorded = scratch_read(recorded_path, &recorded_len);
    size_t at = 0;
    while (at < len && at < recorded_len && ((const char *)data)[at] == recorded[at])
        at++;
    if (at < len || at < recorded_len) fail_msg("%s differs from %s at byte %zu", path, recorded_path, at);
    free(recorded);
}

static void compare_if_kept(const char *directory, const char *name)
{
    char path[SCRATCH_PATH_BYTES], recorded_path[SCRATCH_PATH_BYTES];
    size_t len;
    if (strcmp(name, "LOCK") == 0) return;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    (void)snprintf(recorded_path, sizeof recorded_path, WORDS "/%s", name);
    char *data = scratch_read(path, &len);
    compare_files(path, data, len, recorded_path);
    free(data);
}

static fh_status compare_entry(void *directory, const char *name)
{
    compare_if_kept(directory, name);
    return FH_OK;
}

static void words_written_today_are_the_same_bytes(void **state)
{
    (void)state;
    scratch folder;
    if (ZSTD_versionNumber() != ZSTD_OF_THE_BYTES) skip();
    scratch_init(&folder);
    write_words(folder.path);
    assert_int_equal(fhi_vfs_posix()->list(NULL, folder.path, compare_entry, folder.path, NULL), FH_OK);
    scratch_fini(&folder);
}

static void press_written_today_is_the_same_bytes(void **state)
{
    (void)state;
    vfs_memory recorded, fresh;
    if (ZSTD_versionNumber() != ZSTD_OF_THE_BYTES) skip();
    load_press(&recorded);
    vfs_memory_init(&fresh);
    assert_int_equal(small_index_write(&fresh.table, SMALL_INDEX_FOLDER, NULL), FH_OK);
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        const memory_file *file = &fresh.files[i], *old = vfs_memory_find(&recorded, file->path);
        if (!file->path[0]) continue;
        assert_non_null(old);
        if (file->len != old->len || memcmp(file->data, old->data, file->len) != 0)
            fail_msg("%s differs from what was recorded", file->path);
    }
    vfs_memory_fini(&recorded);
    vfs_memory_fini(&fresh);
}

/* ---- recording ---- */

static int record(void **state)
{
    (void)state;
    if (!getenv("FH_GOLDEN_WRITE")) return 0;
    scratch_remove(WORDS);
    scratch_remove(PRESS);
    write_words(WORDS);
    scratch_remove(WORDS "/LOCK");
    print_answers(WORDS, WORDS ".answers");
    if (small_index_write(fhi_vfs_posix(), PRESS, NULL) != FH_OK) return 1;
    size_t len;
    char *data = scratch_read(PRESS "/0000000000000001.seg", &len);
    const size_t room = ZSTD_compressBound(len);
    char *packed = malloc(room);
    if (!packed) return 1;
    const size_t bytes = ZSTD_compress(packed, room, data, len, ZSTD_maxCLevel());
    scratch_write(PRESS "/0000000000000001.seg.zst", packed, bytes);
    scratch_remove(PRESS "/0000000000000001.seg");
    free(packed);
    free(data);
    return ZSTD_isError(bytes) ? 1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_version_3_open_and_pass),
        cmocka_unit_test(words_of_version_3_answer_as_recorded),
        cmocka_unit_test(press_of_version_3_reads_as_it_was_written),
        cmocka_unit_test(words_written_today_are_the_same_bytes),
        cmocka_unit_test(press_written_today_is_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, record, NULL);
}
