/* test_indexer_writer.c - what went in is what is there: replaced, merged, flushed early or late, by any workers.
 *
 * An index is compared as text: every living document, and every occurrence of every term with its exact form.
 */
#include "engine/segment/index.h"
#include "indexer/pipeline.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- an index as text ---------------------------------------------------------------------------------- */

typedef struct dump {
    const fhi_index *index;
    uint32_t at; /* segment */
    char **lines;
    size_t count;
    size_t capacity;
    fhi_list_scratch scratch;
} dump;

static void add_line(dump *to, const fhi_buf *text)
{
    if (to->count == to->capacity) {
        to->capacity = to->capacity ? to->capacity * 2 : 1024;
        to->lines = realloc(to->lines, to->capacity * sizeof *to->lines);
        assert_non_null(to->lines);
    }
    char *line = malloc(text->len + 1);
    assert_non_null(line);
    memcpy(line, text->data, text->len);
    line[text->len] = '\0';
    to->lines[to->count++] = line;
}

static bool is_live(const dump *to, uint32_t doc)
{
    const uint64_t *live = fhi_index_live_bits(to->index, to->at);
    return !live || (live[doc / 64] >> (doc % 64) & 1);
}

typedef struct form_text {
    uint32_t term;
    uint32_t form;
    char exact[256];
} form_text;

typedef struct form_list {
    form_text *items;
    size_t count;
    size_t capacity;
} form_list;

static bool see_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    form_list *list = argument;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 256;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        assert_non_null(list->items);
    }
    form_text *to = &list->items[list->count++];
    to->term = info->term_ordinal;
    to->form = info->form;
    (void)snprintf(to->exact, sizeof to->exact, "%.*s/%.*s", (int)fold.len, fold.ptr, (int)exact.len, exact.ptr);
    return true;
}

static int by_form(const void *a, const void *b)
{
    const form_text *x = a, *y = b;
    if (x->term != y->term) return x->term < y->term ? -1 : 1;
    return (x->form > y->form) - (x->form < y->form);
}

static const char *form_at(const form_list *list, uint32_t term, uint32_t form)
{
    const form_text wanted = {.term = term, .form = form};
    const form_text *found = list->count ? bsearch(&wanted, list->items, list->count, sizeof wanted, by_form) : NULL;
    return found ? found->exact : "";
}

typedef struct term_dump {
    dump *to;
    form_list *forms;
} term_dump;

static bool see_term(void *argument, fh_str term, const fhi_term_info *info)
{
    const term_dump *job = argument;
    dump *to = job->to;
    const fhi_segment *segment = fhi_index_segment(to->index, to->at);
    fhi_list list;
    fhi_buf id = {0}, line = {0};
    assert_int_equal(fhi_list_decode(segment, info, &to->scratch, &list), FH_OK);
    assert_int_equal(list.doc_count, info->df);
    size_t at = 0;
    for (uint32_t i = 0; i < list.doc_count; at += list.counts[i++]) {
        if (!is_live(to, list.docs[i])) continue;
        assert_int_equal(fhi_segment_doc_id(segment, list.docs[i], &id, NULL), FH_OK);
        fhi_buf_clear(&line);
        fhi_buf_printf(&line, "term %.*s in %.*s:", (int)term.len, term.ptr, (int)id.len, (const char *)id.data);
        for (size_t p = at; p < at + list.counts[i]; p++)
            fhi_buf_printf(&line, " %u(%s)", list.positions[p],
                           form_at(job->forms, info->ordinal, list.forms ? list.forms[p] : 0));
        add_line(to, &line);
    }
    fhi_buf_fini(&id);
    fhi_buf_fini(&line);
    return true;
}

static void dump_docs(dump *to)
{
    const fhi_segment *segment = fhi_index_segment(to->index, to->at);
    fhi_buf record = {0}, line = {0};
    for (uint32_t doc = 0; doc < fhi_segment_doc_count(segment); doc++) {
        if (!is_live(to, doc)) continue;
        fh_record fields;
        assert_int_equal(fhi_segment_record(segment, doc, &record, NULL), FH_OK);
        assert_int_equal(fh_record_decode(fhi_buf_str(&record), &fields), FH_OK);
        fhi_buf_clear(&line);
        fhi_buf_printf(&line, "doc %.*s", (int)fields.fields[FH_FIELD_ID].len, fields.fields[FH_FIELD_ID].ptr);
        for (int i = 0; i < FH_FIELD_COUNT; i++)
            fhi_buf_printf(&line, "|%.*s", (int)fields.fields[i].len, fields.fields[i].ptr);
        fhi_buf_printf(&line, "|%u %u %u %u norm %u", fhi_segment_day(segment, doc), fhi_segment_minute(segment, doc),
                       fhi_segment_title_end(segment, doc), fhi_segment_lead_end(segment, doc),
                       fhi_segment_norms(segment)[doc]);
        for (unsigned c = 0; c < FHI_COLUMN_COUNT; c++) {
            const uint32_t ordinal = fhi_segment_column_ordinal(segment, (fhi_column)c, doc);
            const fhi_column_value value = fhi_segment_column_value(segment, (fhi_column)c, ordinal);
            fhi_buf_printf(&line, "|%.*s=%.*s", (int)value.key.len, value.key.ptr, (int)value.value.len,
                           value.value.ptr);
        }
        add_line(to, &line);
    }
    fhi_buf_fini(&record);
    fhi_buf_fini(&line);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted lines joined; the caller frees. Also checks every byte of the index. */
static char *index_text(const char *directory)
{
    fhi_index *index;
    fh_err err = {0};
    if (fhi_index_open(fhi_vfs_posix(), directory, &index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    dump to = {.index = index};
    for (to.at = 0; to.at < fhi_index_segment_count(index); to.at++) {
        form_list forms = {0};
        term_dump job = {&to, &forms};
        const fhi_segment *segment = fhi_index_segment(index, to.at);
        dump_docs(&to);
        assert_int_equal(fhi_forms_scan(segment, FH_STR(""), see_form, &forms), FH_OK);
        if (forms.count) qsort(forms.items, forms.count, sizeof *forms.items, by_form);
        assert_int_equal(fhi_terms_scan(segment, FH_STR(""), see_term, &job), FH_OK);
        free(forms.items);
    }
    if (to.count) qsort(to.lines, to.count, sizeof *to.lines, by_text);
    fhi_buf all = {0};
    for (size_t i = 0; i < to.count; i++) {
        fhi_buf_printf(&all, "%s\n", to.lines[i]);
        free(to.lines[i]);
    }
    fhi_buf_put8(&all, 0);
    assert_int_equal(all.status, FH_OK);
    free(to.lines);
    fhi_list_scratch_fini(&to.scratch);
    fhi_index_release(index);
    return (char *)all.data;
}

static void check_same(const char *directory, const char *other)
{
    char *a = index_text(directory), *b = index_text(other);
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    if (a[at] || b[at]) fail_msg("differ at byte %zu: ...%.80s... and ...%.80s...", at, a + at, b + at);
    free(a);
    free(b);
}

static uint32_t segment_count(const char *directory)
{
    fhi_index *index;
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), directory, &index, NULL), FH_OK);
    const uint32_t count = fhi_index_segment_count(index);
    fhi_index_release(index);
    return count;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static fh_writer *open_writer(const char *directory, const char *analyzer, size_t memory_bytes)
{
    const fh_writer_options options = {.analyzer = analyzer, .memory_bytes = memory_bytes};
    fh_writer *writer;
    fh_err err = {0};
    if (fh_writer_open(directory, &options, &writer, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    return writer;
}

static void add(fh_writer *writer, const char *id, const char *title, const char *body)
{
    fh_record record = {0};
    fh_err err = {0};
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = fhi_str(title);
    record.fields[FH_FIELD_BODY] = fhi_str(body);
    if (fh_writer_add(writer, &record, &err) != FH_OK) fail_msg("%s", err.text);
}

static void commit(fh_writer *writer)
{
    fh_err err = {0};
    if (fh_writer_commit(writer, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
}

static void check_lacks(const char *text, const char *what)
{
    if (strstr(text, what)) fail_msg("should not be there: %s", what);
}

static void check_holds(const char *text, const char *what)
{
    if (!strstr(text, what)) fail_msg("should be there: %s", what);
}

static void positions_zones_and_forms_are_as_specified(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("a");
    record.fields[FH_FIELD_TITLE] = FH_STR("Élections générales");
    record.fields[FH_FIELD_BODY] = FH_STR("Rabat vote. Fès attend. Une élection au Maroc.");
    record.fields[FH_FIELD_TAGS] = FH_STR("vote");
    record.fields[FH_FIELD_SOURCE] = FH_STR("L'Écho");
    record.fields[FH_FIELD_DATE] = FH_STR("2025-11-20T10:30:00Z");
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
    commit(writer);
    fh_writer_close(writer);
    char *text = index_text(folder.path);
    check_holds(text, "|20251120 630 2 106 norm "); /* two title words; a gap of 100; four words in two sentences */
    check_holds(text, "fr=fr");
    check_holds(text, "=L'Écho");
    check_holds(text, "in a: 0(elections/élections) 107(election/élection)");
    check_holds(text, "in a: 103(vote/vote) 210(vote/vote)");
    free(text);
    scratch_fini(&folder);
}

static void later_article_replaces_the_one_with_its_id(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, "words", 0);
    add(writer, "a", "one", "alpha");
    add(writer, "b", "two", "beta");
    add(writer, "a", "three", "gamma"); /* in the same run */
    commit(writer);
    fh_writer_stats stats = fh_writer_get_stats(writer);
    assert_int_equal(stats.indexed, 3);
    assert_int_equal(stats.replaced, 1);
    char *text = index_text(folder.path);
    check_lacks(text, "alpha");
    check_holds(text, "term sgamma in a:");
    free(text);
    add(writer, "b", "four", "delta"); /* in a later commit of the same writer */
    commit(writer);
    fh_writer_close(writer);
    writer = open_writer(folder.path, NULL, 0); /* and of another */
    add(writer, "a", "five", "epsilon");
    commit(writer);
    assert_int_equal(fh_writer_get_stats(writer).replaced, 1);
    fh_writer_close(writer);
    text = index_text(folder.path);
    check_lacks(text, "beta");
    check_lacks(text, "gamma");
    check_holds(text, "term sdelta in b:");
    check_holds(text, "term sepsilon in a:");
    free(text);
    scratch_fini(&folder);
}

static void uncommitted_articles_leave_no_trace(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    commit(writer);
    char *before = index_text(folder.path);
    add(writer, "b", "second", "");
    fh_err err;
    assert_int_equal(fhi_writer_flush(writer, &err), FH_OK); /* a segment lies there, unnamed */
    fh_writer_close(writer);
    char *after = index_text(folder.path);
    assert_string_equal(before, after);
    assert_int_not_equal(access(scratch_path(&folder, "0000000000000002.seg", path), F_OK), 0);
    free(before);
    free(after);
    scratch_fini(&folder);
}

/* A first run was killed after it had written segments: they were never part of an index. */
static void leftovers_of_a_killed_first_run_are_taken_away(void **state)
{
    (void)state;
    scratch folder, killed;
    scratch_init(&folder);
    scratch_init(&killed);
    char copy[SCRATCH_PATH_BYTES], path[SCRATCH_PATH_BYTES];
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
    assert_int_equal(access(scratch_path(&folder, "MANIFEST.first.tmp", path), F_OK), 0);
    scratch_copy_dir(folder.path, scratch_path(&killed, "index", copy)); /* as a kill would leave it */
    commit(writer);
    fh_writer_close(writer);
    assert_int_not_equal(access(path, F_OK), 0); /* the commit has taken the mark */
    for (int i = 0; i < 2; i++) {                /* the second run ends without a commit, the third goes through */
        writer = open_writer(copy, NULL, 0);
        scratch_path(&killed, "index/0000000000000001.seg", path);
        assert_int_not_equal(access(path, F_OK), 0);
        add(writer, "b", "second", "");
        assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
        if (i == 1) commit(writer);
        fh_writer_close(writer);
    }
    char *text = index_text(copy);
    check_holds(text, "doc b|");
    check_lacks(text, "premier");
    free(text);
    scratch_fini(&folder);
    scratch_fini(&killed);
}

static void segments_without_manifest_are_refused_and_stay(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char path[SCRATCH_PATH_BYTES], segment[SCRATCH_PATH_BYTES];
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    commit(writer);
    fh_writer_close(writer);
    size_t before_len, after_len;
    char *before = scratch_read(scratch_path(&folder, "0000000000000001.seg", segment), &before_len);
    scratch_remove(scratch_path(&folder, "MANIFEST", path));
    fh_err err;
    assert_int_equal(fh_writer_open(folder.path, NULL, &writer, &err), FH_E_CORRUPT);
    check_holds(err.text, "no MANIFEST");
    char *after = scratch_read(segment, &after_len);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, before_len);
    free(before);
    free(after);
    scratch_fini(&folder);
}

/* Leftovers of a killed run keep their names until a commit; no new segment takes one of them. */
static void leftovers_stay_until_a_commit(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    char left[SCRATCH_PATH_BYTES], foreign[SCRATCH_PATH_BYTES], path[SCRATCH_PATH_BYTES];
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    commit(writer);
    fh_writer_close(writer);
    scratch_write_text(scratch_path(&folder, "0000000000000005.seg", left), "left over");
    scratch_write_text(scratch_path(&folder, "notes.seg", foreign), "mine");
    writer = open_writer(folder.path, NULL, 0);
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(access(left, F_OK), 0); /* nothing went in: nothing has changed */
    writer = open_writer(folder.path, NULL, 0);
    add(writer, "b", "second", "");
    assert_int_equal(fhi_writer_flush(writer, NULL), FH_OK);
    fh_writer_close(writer); /* not committed */
    assert_int_equal(access(left, F_OK), 0);
    writer = open_writer(folder.path, NULL, 0);
    add(writer, "b", "second", "");
    commit(writer);
    fh_writer_close(writer);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(access(scratch_path(&folder, "0000000000000006.seg", path), F_OK), 0);
    assert_int_equal(access(foreign, F_OK), 0);
    scratch_fini(&folder);
}

static void manifest_of_other_counts_is_refused(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    commit(writer);
    fh_writer_close(writer);
    fhi_manifest manifest;
    assert_int_equal(fhi_manifest_read(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    manifest.segments[0].doc_count = 7;
    assert_int_equal(fhi_manifest_write(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    fhi_manifest_fini(&manifest);
    fh_err err;
    assert_int_equal(fh_writer_open(folder.path, NULL, &writer, &err), FH_E_CORRUPT);
    check_holds(err.text, "tells of another segment");
    scratch_fini(&folder);
}

static void second_writer_is_told_that_the_index_is_busy(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, NULL, 0), *other;
    assert_int_equal(fh_writer_open(folder.path, NULL, &other, NULL), FH_E_BUSY);
    assert_null(other);
    fh_writer_close(writer);
    writer = open_writer(folder.path, NULL, 0);
    fh_writer_close(writer);
    scratch_fini(&folder);
}

static void other_analyzer_is_refused(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, "words", 0), *other;
    add(writer, "a", "x", "");
    commit(writer);
    fh_writer_close(writer);
    const fh_writer_options press = {.analyzer = "press"}, none = {.analyzer = "nothing"};
    fh_err err = {0};
    assert_int_equal(fh_writer_open(folder.path, &press, &other, &err), FH_E_ANALYZER);
    assert_non_null(strstr(err.text, "words"));
    scratch_fini(&folder);
    scratch_init(&folder);
    assert_int_equal(fh_writer_open(folder.path, &none, &other, &err), FH_E_INVALID);
    scratch_fini(&folder);
}

static void refused_record_leaves_the_writer_usable(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = FH_STR("a");
    fh_err err = {0};
    assert_int_equal(fh_writer_add(writer, &record, &err), FH_E_INVALID);
    record.fields[FH_FIELD_TITLE] = FH_STR("bad \xC3( text");
    assert_int_equal(fh_writer_add(writer, &record, &err), FH_E_UTF8);
    add(writer, "b", "good", "");
    commit(writer);
    assert_int_equal(fh_writer_get_stats(writer).indexed, 1);
    fh_writer_close(writer);
    scratch_fini(&folder);
}

/* ---- random corpora ------------------------------------------------------------------------------------ */

static void put_random_words(rng *random, fhi_buf *to, uint64_t count)
{
    static const char *const words[] = {"élection", "elections",      "Élections", "maroc",    "Maroc",  "l'économie",
                                        "المغرب",   "والمغرب",        "مغرب",      "وزير",     "الوزير", "20/11/2025",
                                        "O.N.U.",   "vice-président", "1 300 000", "Covid-19", "G20",    "été"};
    for (uint64_t i = 0; i < count; i++) {
        if (rng_below(random, 3) == 0)
            fhi_buf_printf(to, "mot%llu", (unsigned long long)rng_skewed(random, 12));
        else
            fhi_buf_printf(to, "%s", words[rng_below(random, sizeof words / sizeof words[0])]);
        fhi_buf_printf(to, "%s", rng_below(random, 9) == 0 ? ". " : " ");
    }
}

/* JSON Lines with some ids that come again. */
static void write_corpus(rng *random, const char *path, uint32_t count)
{
    fhi_buf text = {0};
    for (uint32_t i = 0; i < count; i++) {
        fhi_buf_printf(&text, "{\"id\":\"d%llu\",\"source\":\"s%llu\",\"date\":\"2025-01-%02llu\",\"title\":\"",
                       (unsigned long long)(rng_below(random, 10) == 0 ? rng_below(random, count) : i),
                       (unsigned long long)rng_below(random, 5), (unsigned long long)rng_range(random, 1, 31));
        put_random_words(random, &text, rng_below(random, 8) + 1);
        fhi_buf_printf(&text, "\",\"body\":\"");
        put_random_words(random, &text, rng_skewed(random, 8));
        fhi_buf_printf(&text, "\"}\n");
    }
    scratch_write(path, text.data, text.len);
    fhi_buf_fini(&text);
}

static void note_fails(void *argument, const fh_err *err)
{
    (void)argument;
    fail_msg("%s: %s", err->file, err->text);
}

/* One run over a file. */
static void run_index(const char *directory, const char *path, uint32_t workers, size_t memory_bytes)
{
    fh_writer *writer = open_writer(directory, NULL, memory_bytes);
    fhi_sources sources = {.format = FHI_FORMAT_JSONL, .note = note_fails};
    fhi_rejects rejects;
    fhi_run_stats stats;
    fh_err err = {0};
    assert_int_equal(fhi_rejects_open(&rejects, fhi_vfs_posix(), "/dev/null", &err), FH_OK);
    assert_int_equal(fhi_sources_add(&sources, path, &err), FH_OK);
    const fhi_run_options options = {
        .sources = &sources, .writer = writer, .rejects = &rejects, .workers = workers, .cancel_fd = -1};
    assert_int_equal(fhi_sample_train(&sources, writer, -1, &err), FH_OK);
    if (fhi_pipeline_run(&options, &stats, &err) != FH_OK) fail_msg("%s", err.text);
    assert_int_equal(stats.rejected, 0);
    commit(writer);
    assert_int_equal(fhi_rejects_publish(&rejects, &err), FH_OK);
    fhi_rejects_close(&rejects);
    fhi_sources_fini(&sources);
    fh_writer_close(writer);
}

static void same_input_gives_the_same_index_whatever_the_workers(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "same_input_gives_the_same_index_whatever_the_workers");
    scratch folder, one, four;
    scratch_init(&folder);
    scratch_init(&one);
    scratch_init(&four);
    char path[SCRATCH_PATH_BYTES], a[SCRATCH_PATH_BYTES], b[SCRATCH_PATH_BYTES];
    write_corpus(&random, scratch_path(&folder, "a.jsonl", path), 4000);
    run_index(one.path, path, 1, 0);
    run_index(four.path, path, 4, 0);
    size_t len_a, len_b;
    char *bytes_a = scratch_read(scratch_path(&one, "0000000000000001.seg", a), &len_a);
    char *bytes_b = scratch_read(scratch_path(&four, "0000000000000001.seg", b), &len_b);
    assert_int_equal(len_a, len_b);
    assert_memory_equal(bytes_a, bytes_b, len_a);
    free(bytes_a);
    free(bytes_b);
    scratch_fini(&folder);
    scratch_fini(&one);
    scratch_fini(&four);
}

/* The same records, all at once or with a flush after every few. */
static void add_corpus(const char *directory, const char *path, uint32_t flush_every)
{
    fh_writer *writer = open_writer(directory, NULL, 0);
    char *text = scratch_read(path, NULL), *line = text;
    fhi_article article = {0};
    fh_err err = {0};
    for (uint32_t i = 1; *line; i++) {
        char *end = strchr(line, '\n');
        assert_int_equal(fhi_article_from_json(&article, (fh_str){line, (size_t)(end - line)}, FH_STR("x"), &err),
                         FH_OK);
        assert_int_equal(fh_writer_add(writer, &article.record, &err), FH_OK);
        line = end + 1;
        if (flush_every == 0 || i % flush_every != 0) continue;
        writer->dictionary_ready = true; /* an empty one */
        fhi_store_compressor *compressor;
        assert_int_equal(fhi_store_compressor_create((fh_str){0}, &compressor), FH_OK);
        assert_int_equal(fhi_inverter_seal(&writer->inverter, compressor, &err), FH_OK);
        assert_int_equal(fhi_writer_append(writer, &writer->inverter, &err), FH_OK);
        assert_int_equal(fhi_writer_flush(writer, &err), FH_OK);
        fhi_store_compressor_destroy(compressor);
    }
    commit(writer);
    fh_writer_close(writer);
    fhi_article_fini(&article);
    free(text);
}

static void merged_segments_hold_what_one_flush_holds(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "merged_segments_hold_what_one_flush_holds");
    scratch folder, whole, parts;
    scratch_init(&folder);
    scratch_init(&whole);
    scratch_init(&parts);
    char path[SCRATCH_PATH_BYTES];
    write_corpus(&random, scratch_path(&folder, "a.jsonl", path), 600);
    add_corpus(whole.path, path, 0);
    add_corpus(parts.path, path, 37);
    assert_int_equal(segment_count(parts.path), 1);
    check_same(whole.path, parts.path);
    scratch_fini(&folder);
    scratch_fini(&whole);
    scratch_fini(&parts);
}

/* All but the header, which holds the number of the segment. */
static void merged_segments_are_byte_for_byte_what_one_flush_writes(void **state)
{
    (void)state;
    enum { ARTICLES = 500, HEADER_BYTES = 64 };
    rng random;
    rng_init(&random, "merged_segments_are_byte_for_byte_what_one_flush_writes");
    scratch folder, whole, parts;
    scratch_init(&folder);
    scratch_init(&whole);
    scratch_init(&parts);
    char path[SCRATCH_PATH_BYTES];
    fhi_buf text = {0};
    for (int i = 0; i < ARTICLES; i++) { /* each id once */
        fhi_buf_printf(&text, "{\"id\":\"d%d\",\"title\":\"", i);
        put_random_words(&random, &text, rng_below(&random, 8) + 1);
        fhi_buf_printf(&text, "\",\"body\":\"");
        put_random_words(&random, &text, rng_skewed(&random, 8));
        fhi_buf_printf(&text, "\"}\n");
    }
    scratch_write(scratch_path(&folder, "a.jsonl", path), text.data, text.len);
    add_corpus(whole.path, path, ARTICLES);
    add_corpus(parts.path, path, 9); /* 56 segments: one pass */
    char name[SCRATCH_PATH_BYTES];
    size_t len, other_len;
    char *bytes = scratch_read(scratch_path(&whole, "0000000000000001.seg", name), &len);
    char *other = scratch_read(scratch_path(&parts, "0000000000000039.seg", name), &other_len);
    assert_int_equal(len, other_len);
    assert_memory_equal(bytes + HEADER_BYTES, other + HEADER_BYTES, len - HEADER_BYTES);
    free(bytes);
    free(other);
    fhi_buf_fini(&text);
    scratch_fini(&folder);
    scratch_fini(&whole);
    scratch_fini(&parts);
}

static void memory_budget_flushes_and_changes_nothing(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "memory_budget_flushes_and_changes_nothing");
    scratch folder, large, small;
    scratch_init(&folder);
    scratch_init(&large);
    scratch_init(&small);
    char path[SCRATCH_PATH_BYTES], seg[SCRATCH_PATH_BYTES];
    write_corpus(&random, scratch_path(&folder, "a.jsonl", path), 12000);
    run_index(large.path, path, 2, 0);
    run_index(small.path, path, 2, 1); /* raised to the least there is */
    assert_int_equal(segment_count(small.path), 1);
    /* Segment 1 was a flush of its own, merged away. */
    assert_int_not_equal(access(scratch_path(&small, "0000000000000001.seg", seg), F_OK), 0);
    check_same(large.path, small.path);
    scratch_fini(&folder);
    scratch_fini(&large);
    scratch_fini(&small);
}

static void many_commits_keep_few_segments_and_all_articles(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "many_commits_keep_few_segments_and_all_articles");
    scratch folder, whole;
    scratch_init(&folder);
    scratch_init(&whole);
    fh_writer *all = open_writer(whole.path, NULL, 0);
    for (int i = 0; i < 60; i++) {
        fh_writer *writer = open_writer(folder.path, NULL, 0);
        for (uint64_t left = rng_below(&random, 12) + 1; left > 0; left--) {
            char id[32];
            fhi_buf body = {0};
            (void)snprintf(id, sizeof id, "d%llu", (unsigned long long)rng_below(&random, 150));
            put_random_words(&random, &body, 20);
            fhi_buf_put8(&body, 0);
            add(writer, id, "titre", (const char *)body.data);
            add(all, id, "titre", (const char *)body.data);
            fhi_buf_fini(&body);
        }
        commit(writer);
        fh_writer_close(writer);
        assert_true(segment_count(folder.path) <= FHI_SEGMENTS_KEPT_MAX);
    }
    commit(all);
    fh_writer_close(all);
    check_same(folder.path, whole.path);
    scratch_fini(&folder);
    scratch_fini(&whole);
}

static bool always(void *argument)
{
    (void)argument;
    return true;
}

static void cancelled_commit_leaves_the_old_index(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    fh_writer *writer = open_writer(folder.path, NULL, 0);
    add(writer, "a", "premier", "");
    commit(writer);
    fh_writer_close(writer);
    char *before = index_text(folder.path);
    const fh_writer_options options = {.cancelled = always};
    assert_int_equal(fh_writer_open(folder.path, &options, &writer, NULL), FH_OK);
    add(writer, "a", "second", "");
    fh_err err = {0};
    assert_int_equal(fh_writer_commit(writer, &err), FH_E_CANCELLED);
    assert_int_equal(fh_writer_commit(writer, &err), FH_E_CLOSED);
    fh_writer_close(writer);
    char *after = index_text(folder.path);
    assert_string_equal(before, after);
    free(before);
    free(after);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_zones_and_forms_are_as_specified),
        cmocka_unit_test(later_article_replaces_the_one_with_its_id),
        cmocka_unit_test(uncommitted_articles_leave_no_trace),
        cmocka_unit_test(leftovers_of_a_killed_first_run_are_taken_away),
        cmocka_unit_test(segments_without_manifest_are_refused_and_stay),
        cmocka_unit_test(leftovers_stay_until_a_commit),
        cmocka_unit_test(manifest_of_other_counts_is_refused),
        cmocka_unit_test(second_writer_is_told_that_the_index_is_busy),
        cmocka_unit_test(other_analyzer_is_refused),
        cmocka_unit_test(refused_record_leaves_the_writer_usable),
        cmocka_unit_test(same_input_gives_the_same_index_whatever_the_workers),
        cmocka_unit_test(merged_segments_hold_what_one_flush_holds),
        cmocka_unit_test(merged_segments_are_byte_for_byte_what_one_flush_writes),
        cmocka_unit_test(memory_budget_flushes_and_changes_nothing),
        cmocka_unit_test(many_commits_keep_few_segments_and_all_articles),
        cmocka_unit_test(cancelled_commit_leaves_the_old_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
