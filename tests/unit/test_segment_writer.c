/* test_segment_writer.c - a segment written by hand reads back part by part; calls in a wrong order and arguments that
 * do not fit give FH_E_INVALID and leave no file behind. */
#include "engine/segment/segment.h"
#include "tests/support/vfs_memory.h"

#include <fihrist/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DOCS = 3 };

typedef struct bench {
    vfs_memory memory;
    fhi_settings settings;
    fhi_segment_writer *writer;
    fhi_buf frame;
    fh_err err;
} bench;

static fhi_doc plain_doc(const bench *at)
{
    return (fhi_doc){.id = FH_STR("id"),
                     .length = 12,
                     .title_end = 2,
                     .lead_end = 5,
                     .position_end = 20,
                     .frame = fhi_buf_str(&at->frame),
                     .record_bytes = 13};
}

static void start(bench *at)
{
    fhi_store_compressor *compressor;
    char bytes[32];
    fh_record record = {0};
    *at = (bench){0};
    record.fields[FH_FIELD_ID] = FH_STR("id");
    fh_record_encode(&record, bytes);
    assert_int_equal(fhi_store_compressor_create((fh_str){NULL, 0}, &compressor), FH_OK);
    assert_int_equal(fhi_store_compress(compressor, (fh_str){bytes, fh_record_bytes(&record)}, &at->frame), FH_OK);
    fhi_store_compressor_destroy(compressor);
    vfs_memory_init(&at->memory);
    fhi_settings_press(&at->settings, 7);
    assert_int_equal(fhi_segment_writer_create(&at->memory.table, "s", 1, &at->settings, &at->writer, NULL), FH_OK);
    assert_non_null(vfs_memory_find(&at->memory, "s/0000000000000001.seg.tmp"));
    for (int i = 0; i < DOCS; i++) {
        const fhi_doc doc = plain_doc(at);
        fhi_segment_writer_add_doc(at->writer, &doc);
    }
    assert_int_equal(fhi_segment_writer_doc_count(at->writer), DOCS);
}

static void stop(bench *at)
{
    fhi_segment_writer_destroy(at->writer);
    vfs_memory_fini(&at->memory);
    fhi_buf_fini(&at->frame);
}

/* The writer keeps `expected`, finish tells it, and no file is there. */
static void fails(bench *at, fh_status expected)
{
    fhi_segment_info info;
    assert_int_equal(fhi_segment_writer_status(at->writer), expected);
    assert_int_equal(fhi_segment_writer_finish(at->writer, &info, &at->err), expected);
    assert_int_equal(at->err.status, expected);
    assert_true(at->err.text[0] != '\0');
    fhi_segment_writer_destroy(at->writer);
    at->writer = NULL;
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        assert_string_equal(at->memory.files[i].path, "");
    stop(at);
}

static void add_term(bench *at, const char *term)
{
    static const uint32_t docs[] = {0, 2}, counts[] = {1, 2}, positions[] = {4, 0, 19}, forms[] = {1, 0, 1};
    const fhi_list list = {2, 3, docs, counts, positions, forms};
    fhi_segment_writer_add_term(at->writer, fhi_str(term), &list);
}

static void add_form(bench *at, const char *fold, const char *exact, uint32_t term, uint32_t ordinal)
{
    const fhi_form form = {fhi_str(fold), fhi_str(exact), term, ordinal, 1};
    fhi_segment_writer_add_form(at->writer, &form);
}

/* ---- what is right ---- */

typedef struct seen_forms {
    unsigned count, stop_after;
    char text[256];
} seen_forms;

static bool see_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    seen_forms *seen = argument;
    const size_t at = strlen(seen->text);
    (void)snprintf(seen->text + at, sizeof seen->text - at, "%.*s/%.*s:%u.%u ", (int)fold.len, fold.ptr, (int)exact.len,
                   exact.ptr, info->term_ordinal, info->form);
    return ++seen->count != seen->stop_after;
}

static bool see_term(void *argument, fh_str term, const fhi_term_info *info)
{
    seen_forms *seen = argument;
    const size_t at = strlen(seen->text);
    (void)snprintf(seen->text + at, sizeof seen->text - at, "%.*s:%u ", (int)term.len, term.ptr, info->ordinal);
    return ++seen->count != seen->stop_after;
}

static void scan_forms(const fhi_segment *segment, const char *prefix, unsigned stop_after, const char *expected)
{
    seen_forms seen = {.stop_after = stop_after};
    assert_int_equal(fhi_forms_scan(segment, fhi_str(prefix), see_form, &seen), FH_OK);
    assert_string_equal(seen.text, expected);
}

static void scan_terms(const fhi_segment *segment, const char *prefix, unsigned stop_after, const char *expected)
{
    seen_forms seen = {.stop_after = stop_after};
    assert_int_equal(fhi_terms_scan(segment, fhi_str(prefix), see_term, &seen), FH_OK);
    assert_string_equal(seen.text, expected);
}

static void check_words(const fhi_segment *segment)
{
    fhi_term_info term;
    fhi_form_info form;
    assert_int_equal(fhi_terms_count(segment), 3);
    assert_int_equal(fhi_forms_count(segment), 4);
    assert_int_equal(fhi_terms_find(segment, FH_STR("sb"), &term), FH_OK);
    assert_int_equal(term.ordinal, 1);
    assert_int_equal(term.df, 2);
    assert_int_equal(term.form_count, 2);
    assert_int_equal(fhi_terms_find(segment, FH_STR("sab"), &term), FH_E_NOT_FOUND);
    assert_int_equal(fhi_terms_at(segment, 2, &term), FH_OK);
    assert_int_equal(fhi_terms_at(segment, 3, &term), FH_E_NOT_FOUND);
    scan_terms(segment, "", 0, "sa:0 sb:1 sbc:2 ");
    scan_terms(segment, "sb", 0, "sb:1 sbc:2 ");
    scan_terms(segment, "s", 2, "sa:0 sb:1 ");
    scan_terms(segment, "sd", 0, "");
    scan_forms(segment, "", 0, "ete/ete:0.0 ete/\xC3\xA9t\xC3\xA9:0.1 etes/\xC3\xA9t\xC3\xA9s:1.1 on/on:1.0 ");
    scan_forms(segment, "ete", 2, "ete/ete:0.0 ete/\xC3\xA9t\xC3\xA9:0.1 ");
    scan_forms(segment, "etes", 0, "etes/\xC3\xA9t\xC3\xA9s:1.1 ");
    assert_int_equal(fhi_forms_find(segment, FH_STR("ete"), FH_STR("\xC3\xA9t\xC3\xA9"), &form), FH_OK);
    assert_int_equal(form.form, 1);
    assert_int_equal(fhi_forms_find(segment, FH_STR("ete"), FH_STR("ete"), &form), FH_OK);
    assert_int_equal(form.form, 0);
    assert_int_equal(fhi_forms_find(segment, FH_STR("ete"), FH_STR("Ete"), &form), FH_E_NOT_FOUND);
    assert_int_equal(fhi_forms_find(segment, FH_STR("et"), FH_STR("et"), &form), FH_E_NOT_FOUND);
}

static void segment_written_by_hand_reads_back(void **state)
{
    (void)state;
    bench at;
    fhi_segment_info info;
    fhi_segment *segment;
    start(&at);
    add_term(&at, "sa");
    add_term(&at, "sb");
    add_term(&at, "sbc");
    add_form(&at, "ete", "ete", 0, 0);
    add_form(&at, "ete", "\xC3\xA9t\xC3\xA9", 0, 1);
    add_form(&at, "etes", "\xC3\xA9t\xC3\xA9s", 1, 1);
    add_form(&at, "on", "on", 1, 0);
    assert_int_equal(fhi_segment_writer_finish(at.writer, &info, &at.err), FH_OK);
    assert_int_equal(info.id, 1);
    assert_int_equal(info.doc_count, DOCS);
    assert_int_equal(info.length_sum, DOCS * 12);
    assert_int_equal(fhi_segment_writer_finish(at.writer, &info, &at.err), FH_E_CLOSED);
    assert_int_equal(fhi_segment_open(&at.memory.table, "s", 1, &at.settings, &segment, &at.err), FH_OK);
    assert_string_equal(fhi_segment_path(segment), "s/0000000000000001.seg");
    check_words(segment);
    assert_int_equal(fhi_segment_title_end(segment, 2), 2);
    assert_int_equal(fhi_segment_lead_end(segment, 2), 5);
    assert_int_equal(fhi_segment_position_end(segment, 2), 32);
    assert_int_equal(fhi_segment_norms(segment)[2], 12);
    uint64_t total = 0, bytes;
    const char *name;
    unsigned parts = 0;
    for (; fhi_segment_part(segment, parts, &name, &bytes); parts++)
        total += bytes;
    assert_true(parts > 10 && total < vfs_memory_find(&at.memory, "s/0000000000000001.seg")->len);
    assert_int_equal(fhi_segment_check(segment, &at.err), FH_OK);
    fhi_segment_close(segment);
    stop(&at);
}

static void segment_of_nothing_reads_back(void **state)
{
    (void)state;
    vfs_memory memory;
    fhi_settings settings;
    fhi_segment_writer *writer;
    fhi_segment_info info;
    fhi_segment *segment;
    fhi_term_info term;
    uint32_t doc;
    fhi_settings_words(&settings, 3);
    vfs_memory_init(&memory);
    assert_int_equal(fhi_segment_writer_create(&memory.table, "s", UINT64_MAX, &settings, &writer, NULL), FH_OK);
    assert_int_equal(fhi_segment_writer_finish(writer, &info, NULL), FH_OK);
    fhi_segment_writer_destroy(writer);
    assert_int_equal(fhi_segment_open(&memory.table, "s", UINT64_MAX, &settings, &segment, NULL), FH_OK);
    assert_int_equal(fhi_segment_check(segment, NULL), FH_OK);
    assert_int_equal(fhi_terms_find(segment, FH_STR("sa"), &term), FH_E_NOT_FOUND);
    assert_int_equal(fhi_segment_find_id(segment, FH_STR("a"), &doc, NULL), FH_E_NOT_FOUND);
    scan_terms(segment, "", 0, "");
    scan_forms(segment, "", 0, "");
    fhi_segment_close(segment);
    vfs_memory_fini(&memory);
}

static void segment_refuses_other_settings_than_its_own(void **state)
{
    (void)state;
    bench at;
    fhi_segment_info info;
    fhi_segment *segment;
    start(&at);
    assert_int_equal(fhi_segment_writer_finish(at.writer, &info, NULL), FH_OK);
    fhi_settings other = at.settings;
    other.analyzer_id++;
    assert_int_equal(fhi_segment_open(&at.memory.table, "s", 1, &other, &segment, &at.err), FH_E_ANALYZER);
    assert_string_equal(at.err.file, "s/0000000000000001.seg");
    other = at.settings;
    other.k1 += 0.5F;
    assert_int_equal(fhi_segment_open(&at.memory.table, "s", 1, &other, &segment, &at.err), FH_E_CORRUPT);
    assert_int_equal(fhi_segment_open(&at.memory.table, "s", 2, &at.settings, &segment, &at.err), FH_E_CORRUPT);
    assert_null(segment);
    const memory_file *file = vfs_memory_find(&at.memory, "s/0000000000000001.seg");
    assert_true(vfs_memory_put(&at.memory, "s/0000000000000002.seg", file->data, file->len)); /* under another name */
    assert_int_equal(fhi_segment_open(&at.memory.table, "s", 2, &at.settings, &segment, &at.err), FH_E_CORRUPT);
    stop(&at);
}

/* ---- wrong order ---- */

static void document_after_a_term_is_refused(void **state)
{
    (void)state;
    bench at;
    start(&at);
    add_term(&at, "sa");
    const fhi_doc doc = plain_doc(&at);
    fhi_segment_writer_add_doc(at.writer, &doc);
    add_term(&at, "sb"); /* what follows changes nothing */
    fails(&at, FH_E_INVALID);
}

static void terms_out_of_order_are_refused(void **state)
{
    (void)state;
    static const char *const second[] = {"sb", "sa", "s", ""};
    for (size_t i = 0; i < sizeof second / sizeof second[0]; i++) {
        bench at;
        start(&at);
        add_term(&at, "sb");
        add_term(&at, second[i]);
        fails(&at, FH_E_INVALID);
    }
}

static void term_after_a_form_is_refused(void **state)
{
    (void)state;
    bench at;
    start(&at);
    add_term(&at, "sa");
    add_form(&at, "a", "a", 0, 0);
    add_term(&at, "sb");
    fails(&at, FH_E_INVALID);
}

static void dictionary_after_a_term_is_refused(void **state)
{
    (void)state;
    bench at;
    start(&at);
    add_term(&at, "sa");
    fhi_segment_writer_store_dictionary(at.writer, FH_STR("d"));
    fails(&at, FH_E_INVALID);
}

/* ---- forms ---- */

static void wrong_forms_are_refused(void **state)
{
    (void)state;
    const struct {
        fh_str fold, exact;
        uint32_t term;
    } wrong[] = {
        {FH_STR("b"), FH_STR("b"), 0},    /* the same again */
        {FH_STR("a"), FH_STR("a"), 0},    /* out of order */
        {FH_STR("b\0c"), FH_STR("b"), 0}, /* a zero byte in the fold */
        {FH_STR("c"), FH_STR(""), 0},     /* no exact form */
        {FH_STR("c"), FH_STR("c"), 1},    /* of a term that was not added */
        {FH_STR("c"), FH_STR("c"), UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bench at;
        start(&at);
        add_term(&at, "sa");
        add_form(&at, "b", "b", 0, 0);
        const fhi_form form = {wrong[i].fold, wrong[i].exact, wrong[i].term, 0, 1};
        fhi_segment_writer_add_form(at.writer, &form);
        fails(&at, FH_E_INVALID);
    }
}

/* ---- documents and lists ---- */

static void wrong_documents_are_refused(void **state)
{
    (void)state;
    bench at;
    start(&at);
    fhi_doc doc = plain_doc(&at);
    doc.position_end = FHI_POSITION_MAX + 2U;
    fhi_segment_writer_add_doc(at.writer, &doc);
    fails(&at, FH_E_INVALID);
}

typedef struct wrong_list {
    uint32_t doc_count, position_count;
    uint32_t docs[4], counts[4], positions[4], forms[4];
} wrong_list;

static void wrong_lists_are_refused(void **state)
{
    (void)state;
    static const wrong_list wrong[] = {
        {0, 0, {0}, {0}, {0}, {0}},                   /* empty */
        {1, 1, {DOCS}, {1}, {0}, {0}},                /* no such document */
        {2, 2, {1, 1}, {1, 1}, {0, 0}, {0}},          /* twice the same */
        {2, 2, {2, 1}, {1, 1}, {0, 0}, {0}},          /* out of order */
        {1, 0, {0}, {0}, {0}, {0}},                   /* no occurrence */
        {1, 1, {0}, {2}, {0}, {0}},                   /* fewer positions than counted */
        {1, 2, {0}, {1}, {0, 1}, {0}},                /* more positions than counted */
        {2, 2, {0, 1}, {UINT32_MAX, 3}, {0, 1}, {0}}, /* counts that overflow together */
        {1, 2, {0}, {2}, {5, 4}, {0}},                /* positions going back */
        {1, 1, {0}, {1}, {32}, {0}},                  /* past the document's last position */
        {1, 1, {0}, {1}, {UINT32_MAX}, {0}},          /* far past it */
        {1, 2, {0}, {2}, {4, 5}, {0, UINT32_MAX}},    /* a form that cannot be numbered */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bench at;
        start(&at);
        const wrong_list *made = &wrong[i];
        const fhi_list list = {made->doc_count, made->position_count, made->docs,
                               made->counts,    made->positions,      made->forms};
        fhi_segment_writer_add_term(at.writer, FH_STR("sa"), &list);
        fails(&at, FH_E_INVALID);
    }
}

static void keys_over_the_limit_are_refused(void **state)
{
    (void)state;
    static char key[2000];
    memset(key, 'k', sizeof key - 1);
    bench at;
    start(&at);
    add_term(&at, key);
    fails(&at, FH_E_LIMIT);
    start(&at);
    add_term(&at, "sa");
    add_form(&at, "a", key, 0, 0);
    fails(&at, FH_E_LIMIT);
}

static void destroy_before_finish_leaves_nothing(void **state)
{
    (void)state;
    bench at;
    start(&at);
    add_term(&at, "sa");
    fhi_segment_writer_destroy(at.writer);
    at.writer = NULL;
    assert_null(vfs_memory_find(&at.memory, "s/0000000000000001.seg.tmp"));
    assert_null(vfs_memory_find(&at.memory, "s/0000000000000001.seg"));
    fhi_segment_writer_destroy(NULL);
    stop(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segment_written_by_hand_reads_back),
        cmocka_unit_test(segment_of_nothing_reads_back),
        cmocka_unit_test(segment_refuses_other_settings_than_its_own),
        cmocka_unit_test(document_after_a_term_is_refused),
        cmocka_unit_test(terms_out_of_order_are_refused),
        cmocka_unit_test(term_after_a_form_is_refused),
        cmocka_unit_test(dictionary_after_a_term_is_refused),
        cmocka_unit_test(wrong_forms_are_refused),
        cmocka_unit_test(wrong_documents_are_refused),
        cmocka_unit_test(wrong_lists_are_refused),
        cmocka_unit_test(keys_over_the_limit_are_refused),
        cmocka_unit_test(destroy_before_finish_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
