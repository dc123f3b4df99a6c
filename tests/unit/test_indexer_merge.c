/* test_indexer_merge.c - a merge takes a bounded heap, whatever the number of words and of segments, and what it
 * writes is right also when its temporary files are needed.
 *
 * Segments are made by hand: every one has words of its own and words of all, each with two exact forms.
 */
#include "indexer/merge.h"
#include "tests/support/scratch.h"

#include <fihrist/record.h>

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEGMENTS_MAX = 8, DOCS = 4, WORD_BYTES = 24 };

typedef struct fixture {
    scratch folder;
    fhi_settings settings;
    fhi_segment *segments[SEGMENTS_MAX];
    fhi_segment_info infos[SEGMENTS_MAX];
    size_t heap_max; /* seen during a merge */
} fixture;

static void add_docs(fhi_segment_writer *writer)
{
    fhi_store_compressor *compressor;
    fhi_buf frame = {0};
    char bytes[32];
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("id");
    fh_record_encode(&record, bytes);
    const size_t len = fh_record_bytes(&record);
    assert_int_equal(fhi_store_compressor_create((fh_str){NULL, 0}, &compressor), FH_OK);
    assert_int_equal(fhi_store_compress(compressor, (fh_str){bytes, len}, &frame), FH_OK);
    for (int i = 0; i < DOCS; i++) {
        const fhi_doc doc = {.id = FH_STR("id"),
                             .length = 12,
                             .title_end = 2,
                             .lead_end = 110,
                             .position_end = 200,
                             .frame = fhi_buf_str(&frame),
                             .record_bytes = (uint32_t)len};
        fhi_segment_writer_add_doc(writer, &doc);
    }
    fhi_store_compressor_destroy(compressor);
    fhi_buf_fini(&frame);
}

/* Word i of segment `number`: every other one is of all segments. Increases with i. */
static void word(char *to, uint32_t i, uint32_t number)
{
    (void)snprintf(to, WORD_BYTES, "%08u%c", i, i % 2 ? 'z' : (char)('a' + number));
}

static void write_segment(fixture *at, uint32_t number, uint32_t words)
{
    static const uint32_t docs[] = {1, 3}, counts[] = {2, 1}, positions[] = {0, 120, 5}, forms[] = {0, 1, 0};
    static const fhi_list list = {2, 3, docs, counts, positions, forms};
    fhi_segment_writer *writer;
    char text[32] = "s", exact[40];
    assert_int_equal(
        fhi_segment_writer_create(fhi_vfs_posix(), at->folder.path, number + 1, &at->settings, &writer, NULL), FH_OK);
    fhi_segment_writer_store_dictionary(writer, FH_STR(""));
    add_docs(writer);
    for (uint32_t i = 0; i < words; i++) {
        word(text + 1, i, number);
        fhi_segment_writer_add_term(writer, fhi_str(text), &list);
    }
    for (uint32_t i = 0; i < words; i++) {
        word(text, i, number);
        (void)snprintf(exact, sizeof exact, "%sx", text);
        fhi_form form = {.fold = fhi_str(text), .exact = fhi_str(text), .term_ordinal = i, .df = 2};
        fhi_segment_writer_add_form(writer, &form);
        form.exact = fhi_str(exact);
        form.ordinal = form.df = 1;
        fhi_segment_writer_add_form(writer, &form);
    }
    assert_int_equal(fhi_segment_writer_finish(writer, &at->infos[number], NULL), FH_OK);
    fhi_segment_writer_destroy(writer);
    assert_int_equal(
        fhi_segment_open(fhi_vfs_posix(), at->folder.path, number + 1, &at->settings, &at->segments[number], NULL),
        FH_OK);
}

static size_t heap_bytes(void)
{
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Asked now and then by a merge. */
static bool look_at_heap(void *argument)
{
    fixture *at = argument;
    const size_t bytes = heap_bytes();
    if (bytes > at->heap_max) at->heap_max = bytes;
    return false;
}

static fh_status not_temporary(void *argument, const char *name)
{
    (void)argument;
    if (strstr(name, ".tmp")) fail_msg("%s is left", name);
    return FH_OK;
}

/* Answers the heap that merging takes beside what was there. */
static size_t merge(uint32_t segments, uint32_t words)
{
    fixture at = {0};
    fhi_merge_input inputs[SEGMENTS_MAX];
    fhi_segment_writer *writer;
    fhi_segment_info info;
    fhi_segment *merged;
    const fhi_merge_options options = {.told_apart = true, .cancelled = look_at_heap, .argument = &at};
    fh_err err;
    scratch_init(&at.folder);
    fhi_settings_press(&at.settings, 7);
    for (uint32_t i = 0; i < segments; i++) {
        write_segment(&at, i, words);
        inputs[i] = (fhi_merge_input){.segment = at.segments[i], .length_sum = at.infos[i].length_sum};
    }
    (void)look_at_heap(&at);
    const size_t before = at.heap_max;
    assert_int_equal(fhi_segment_writer_create(fhi_vfs_posix(), at.folder.path, 100, &at.settings, &writer, NULL),
                     FH_OK);
    if (fhi_merge(inputs, segments, &options, writer, &err) != FH_OK) fail_msg("%s", err.text);
    assert_int_equal(fhi_segment_writer_finish(writer, &info, NULL), FH_OK);
    fhi_segment_writer_destroy(writer);
    assert_int_equal(fhi_vfs_posix()->list(NULL, at.folder.path, not_temporary, NULL, NULL), FH_OK);
    assert_int_equal(fhi_segment_open(fhi_vfs_posix(), at.folder.path, 100, &at.settings, &merged, NULL), FH_OK);
    assert_int_equal(fhi_terms_count(merged), words / 2 * (segments + 1));
    assert_int_equal(fhi_forms_count(merged), 2 * fhi_terms_count(merged));
    fhi_form_info form;
    assert_int_equal(fhi_forms_find(merged, FH_STR("00000001z"), FH_STR("00000001zx"), &form), FH_OK);
    assert_int_equal(form.form, 1);
    assert_int_equal(form.df, segments);
    if (fhi_segment_check(merged, &err) != FH_OK) fail_msg("%s", err.text);
    fhi_segment_close(merged);
    for (uint32_t i = 0; i < segments; i++)
        fhi_segment_close(at.segments[i]);
    scratch_fini(&at.folder);
    return at.heap_max - before;
}

static void heap_does_not_grow_with_words_or_segments(void **state)
{
    (void)state;
    const size_t few = merge(2, 80000), more = merge(2, 160000), wide = merge(8, 80000);
    print_message("# heap of a merge: %zu KiB for 2 x 80,000 words, %zu for 2 x 160,000, %zu for 8 x 80,000\n",
                  few / 1024, more / 1024, wide / 1024);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* they have a heap of their own */
#endif
    assert_in_range(few, 1, 16 << 20);
    assert_true(more < few + (1 << 20)); /* the indexes of dictionaries: half a byte a word */
    assert_true(wide < few + (2 << 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(heap_does_not_grow_with_words_or_segments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
