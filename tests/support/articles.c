/* articles.c - see articles.h. */
#include "tests/support/articles.h"

#include "indexer/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

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
    if (term.ptr[0] == FHI_NS_PAIR) return true; /* which are kept depends on the first articles of an index */
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
char *article_index_text(const char *directory)
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

void article_index_same(const char *directory, const char *other)
{
    char *a = article_index_text(directory), *b = article_index_text(other);
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    if (a[at] || b[at]) fail_msg("differ at byte %zu: ...%.80s... and ...%.80s...", at, a + at, b + at);
    free(a);
    free(b);
}

uint32_t article_index_segments(const char *directory)
{
    fhi_index *index;
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), directory, &index, NULL), FH_OK);
    const uint32_t count = fhi_index_segment_count(index);
    fhi_index_release(index);
    return count;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

fh_writer *article_writer_open(const char *directory, const char *analyzer, size_t memory_bytes)
{
    const fh_writer_options options = {.analyzer = analyzer, .memory_bytes = memory_bytes};
    fh_writer *writer;
    fh_err err = {0};
    if (fh_writer_open(directory, &options, &writer, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    return writer;
}

void article_add(fh_writer *writer, const char *id, const char *title, const char *body)
{
    fh_record record = {0};
    fh_err err = {0};
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = fhi_str(title);
    record.fields[FH_FIELD_BODY] = fhi_str(body);
    if (fh_writer_add(writer, &record, &err) != FH_OK) fail_msg("%s", err.text);
}

void article_commit(fh_writer *writer)
{
    fh_err err = {0};
    if (fh_writer_commit(writer, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
}

void article_words(rng *random, fhi_buf *to, uint64_t count)
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
void article_corpus_write(rng *random, const char *path, uint32_t count)
{
    fhi_buf text = {0};
    for (uint32_t i = 0; i < count; i++) {
        fhi_buf_printf(&text, "{\"id\":\"d%llu\",\"source\":\"s%llu\",\"date\":\"2025-01-%02llu\",\"title\":\"",
                       (unsigned long long)(rng_below(random, 10) == 0 ? rng_below(random, count) : i),
                       (unsigned long long)rng_below(random, 5), (unsigned long long)rng_range(random, 1, 31));
        article_words(random, &text, rng_below(random, 8) + 1);
        fhi_buf_printf(&text, "\",\"body\":\"");
        article_words(random, &text, rng_skewed(random, 8));
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
void article_corpus_run(const char *directory, const char *path, uint32_t workers, size_t memory_bytes)
{
    fh_writer *writer = article_writer_open(directory, NULL, memory_bytes);
    fhi_sources sources = {.format = FHI_FORMAT_JSONL, .note = note_fails};
    fhi_rejects rejects;
    fhi_run_stats stats;
    fh_err err = {0};
    assert_int_equal(fhi_rejects_open(&rejects, fhi_vfs_posix(), "/dev/null", false, &err), FH_OK);
    assert_int_equal(fhi_sources_add(&sources, path, &err), FH_OK);
    const fhi_run_options options = {
        .sources = &sources, .writer = writer, .rejects = &rejects, .workers = workers, .cancel_fd = -1};
    assert_int_equal(fhi_sample_train(&sources, writer, -1, &err), FH_OK);
    if (fhi_pipeline_run(&options, &stats, &err) != FH_OK) fail_msg("%s", err.text);
    assert_int_equal(stats.rejected, 0);
    article_commit(writer);
    assert_int_equal(fhi_rejects_publish(&rejects, &err), FH_OK);
    fhi_rejects_close(&rejects);
    fhi_sources_fini(&sources);
    fh_writer_close(writer);
}

/* The same records, all at once or with a flush after every few. */
void article_corpus_add(const char *directory, const char *path, uint32_t flush_every)
{
    const fh_str frequent[] = {FH_STR("elect"), FH_STR("maroc"), FH_STR("مغرب"), FH_STR("وزير")};
    fh_writer *writer = article_writer_open(directory, NULL, 0);
    char *text = scratch_read(path, NULL), *line = text;
    fhi_frequent_fini(&writer->frequent); /* the same whatever the first batch is */
    assert_int_equal(fhi_frequent_init(&writer->frequent, frequent, sizeof frequent / sizeof *frequent), FH_OK);
    fhi_frequent_join(&writer->frequent, 0, 0);
    fhi_frequent_join(&writer->frequent, 0, 1);
    fhi_frequent_join(&writer->frequent, 2, 3);
    fhi_frequent_join(&writer->frequent, 0, 3);
    fhi_frequent_number(&writer->frequent);
    fhi_article article = {0};
    fh_err err = {0};
    for (uint32_t i = 1; *line; i++) {
        char *end = strchr(line, '\n');
        assert_int_equal(fhi_article_from_json(&article, (fh_str){line, (size_t)(end - line)}, FH_STR("x"), &err),
                         FH_OK);
        assert_int_equal(fh_writer_add(writer, &article.record, &err), FH_OK);
        line = end + 1;
        if (flush_every == 0 || i % flush_every != 0) continue;
        writer->dictionary_ready = true; /* an empty one in a new index */
        fhi_store_compressor *compressor;
        assert_int_equal(fhi_store_compressor_create(fhi_buf_str(&writer->dictionary), &compressor), FH_OK);
        assert_int_equal(fhi_inverter_seal(&writer->inverter, compressor, &err), FH_OK);
        assert_int_equal(fhi_writer_append(writer, &writer->inverter, &err), FH_OK);
        assert_int_equal(fhi_writer_flush(writer, &err), FH_OK);
        fhi_store_compressor_destroy(compressor);
    }
    article_commit(writer);
    fh_writer_close(writer);
    fhi_article_fini(&article);
    free(text);
}
