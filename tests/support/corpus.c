/* corpus.c - see corpus.h. */
#include "tests/support/corpus.h"

#include <fihrist/record.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void corpus_term(uint32_t term, char name[16])
{
    (void)snprintf(name, 16, "s%05u", term);
}

void corpus_form(uint32_t term, uint32_t form, char fold[16], char exact[16])
{
    (void)snprintf(fold, 16, "%05u%u", term % 100000, form / 2 % 10);
    (void)snprintf(exact, 16, "%05u%u%s", term % 100000, form / 2 % 10, form % 2 ? "'" : "");
}

static uint32_t forms_of(const corpus *made, uint32_t term)
{
    return made->forms_told ? 1 + term % made->forms_max : 1;
}

/* Terms are skewed: low numbers are frequent, as words are. */
static uint32_t draw_term(const corpus *made, rng *random)
{
    const double unit = rng_unit(random);
    const uint32_t term = (uint32_t)((double)made->term_count * unit * unit * unit);
    return term < made->term_count ? term : made->term_count - 1;
}

static uint32_t weight_of(const corpus *made, const corpus_doc *doc, uint32_t position)
{
    if (position < doc->title_end) return made->settings.title_weight;
    return position < doc->lead_end ? made->settings.lead_weight : made->settings.body_weight;
}

static void make_doc(corpus *made, rng *random, corpus_doc *doc)
{
    const uint32_t count = (uint32_t)(rng_below(random, 20) == 0 ? rng_below(random, 2000) : rng_below(random, 40));
    const uint32_t favourite = draw_term(made, random); /* burstiness */
    doc->occurrences = calloc(count + 1, sizeof *doc->occurrences);
    assert(doc->occurrences);
    doc->occurrence_count = count;
    const uint32_t title = (uint32_t)rng_below(random, count / 3 + 1);
    doc->title_end = title;
    uint32_t position = 0, weight = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == title) position += made->forms_told ? FHI_FIELD_GAP : 0;
        corpus_occurrence *occurrence = &doc->occurrences[i];
        occurrence->term = rng_below(random, 4) == 0 ? favourite : draw_term(made, random);
        occurrence->form = (uint32_t)rng_below(random, forms_of(made, occurrence->term));
        occurrence->position = position++;
    }
    doc->position_end = position;
    doc->lead_end = title + (uint32_t)rng_below(random, position + 1);
    if (!made->forms_told) doc->title_end = doc->lead_end = 0;
    for (uint32_t i = 0; i < count; i++)
        weight += weight_of(made, doc, doc->occurrences[i].position);
    doc->length = (weight + made->settings.body_weight / 2) / made->settings.body_weight;
    doc->day = rng_below(random, 10) == 0 ? 0 : 20200100 + (uint32_t)rng_below(random, 31) + 1;
    doc->source = (uint32_t)rng_below(random, 5);
}

void corpus_make(corpus *made, rng *random, bool forms_told, uint32_t segments, uint32_t docs_max, uint32_t term_count)
{
    *made = (corpus){.forms_told = forms_told, .term_count = term_count, .forms_max = 5, .segment_count = segments};
    if (forms_told)
        fhi_settings_press(&made->settings, 7);
    else
        fhi_settings_words(&made->settings, 7);
    if (rng_below(random, 2)) made->frequent_count = (uint32_t)rng_below(random, term_count < 6 ? term_count : 6);
    made->segment_docs = calloc(segments + 1, sizeof *made->segment_docs);
    assert(made->segment_docs);
    for (uint32_t i = 0; i < segments; i++) {
        made->segment_docs[i] = (uint32_t)rng_below(random, docs_max + 1);
        made->doc_count += made->segment_docs[i];
    }
    made->docs = calloc(made->doc_count + 1, sizeof *made->docs);
    assert(made->docs);
    for (uint32_t i = 0; i < made->doc_count; i++)
        make_doc(made, random, &made->docs[i]);
}

void corpus_delete_some(corpus *made, rng *random, uint32_t percent)
{
    for (uint32_t i = 0; i < made->doc_count; i++)
        made->docs[i].deleted = rng_below(random, 100) < percent;
}

void corpus_fini(corpus *made)
{
    for (uint32_t i = 0; i < made->doc_count; i++)
        free(made->docs[i].occurrences);
    free(made->docs);
    free(made->segment_docs);
    *made = (corpus){0};
}

/* ---- writing ---- */

static void add_doc(const corpus_doc *doc, uint32_t number, fhi_store_compressor *compressor,
                    fhi_segment_writer *writer)
{
    char id[16], source[16], bytes[256];
    fhi_buf frame = {0};
    (void)snprintf(id, sizeof id, "doc%u", number);
    (void)snprintf(source, sizeof source, "source%u", doc->source);
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = FH_STR("a title");
    fh_record_encode(&record, bytes);
    (void)fhi_store_compress(compressor, (fh_str){bytes, fh_record_bytes(&record)}, &frame);
    fhi_doc added = {.id = fhi_str(id),
                     .day = doc->day,
                     .length = doc->length,
                     .title_end = doc->title_end,
                     .lead_end = doc->lead_end,
                     .position_end = doc->position_end,
                     .frame = fhi_buf_str(&frame),
                     .record_bytes = (uint32_t)fh_record_bytes(&record)};
    added.columns[FHI_COLUMN_SOURCE] = (fhi_column_value){fhi_str(source), fhi_str(source)};
    if (frame.len) fhi_segment_writer_add_doc(writer, &added);
    fhi_buf_fini(&frame);
}

/* Forms of a term in a segment are numbered densely: how many of lower number are there. */
static uint32_t form_ordinal(const uint32_t form_dfs[8], uint32_t form)
{
    uint32_t ordinal = 0;
    for (uint32_t i = 0; i < form; i++)
        ordinal += form_dfs[i] != 0;
    return ordinal;
}

/* The postings of one term in documents [first, first + count), gathered by brute force. */
static void add_term(const corpus *made, uint32_t first, uint32_t count, uint32_t term, fhi_segment_writer *writer,
                     uint32_t form_dfs[8])
{
    fhi_buf docs = {0}, counts = {0}, positions = {0}, forms = {0};
    char name[16];
    memset(form_dfs, 0, 8 * sizeof *form_dfs);
    for (uint32_t i = 0; i < count; i++) {
        const corpus_doc *doc = &made->docs[first + i];
        uint32_t occurrences = 0, seen = 0;
        for (uint32_t j = 0; j < doc->occurrence_count; j++) {
            if (doc->occurrences[j].term != term) continue;
            fhi_buf_put32(&positions, doc->occurrences[j].position);
            fhi_buf_put32(&forms, doc->occurrences[j].form);
            seen |= 1u << doc->occurrences[j].form;
            occurrences++;
        }
        if (occurrences == 0) continue;
        fhi_buf_put32(&docs, i);
        fhi_buf_put32(&counts, occurrences);
        for (uint32_t form = 0; form < 8; form++)
            form_dfs[form] += seen >> form & 1;
    }
    for (size_t i = 0; i < forms.len; i += 4)
        fhi_store32(forms.data + i, form_ordinal(form_dfs, fhi_load32(forms.data + i)));
    corpus_term(term, name);
    const fhi_list list = {(uint32_t)(docs.len / 4),
                           (uint32_t)(positions.len / 4),
                           (const uint32_t *)(const void *)docs.data,
                           (const uint32_t *)(const void *)counts.data,
                           (const uint32_t *)(const void *)positions.data,
                           made->forms_told ? (const uint32_t *)(const void *)forms.data : NULL};
    if (list.doc_count && docs.status == FH_OK && counts.status == FH_OK && positions.status == FH_OK &&
        forms.status == FH_OK)
        fhi_segment_writer_add_term(writer, fhi_str(name), &list);
    fhi_buf_fini(&docs);
    fhi_buf_fini(&counts);
    fhi_buf_fini(&positions);
    fhi_buf_fini(&forms);
}

static bool occurs_at(const corpus_doc *doc, uint32_t term, uint32_t position)
{
    for (uint32_t j = 0; j < doc->occurrence_count; j++)
        if (doc->occurrences[j].term == term && doc->occurrences[j].position == position) return true;
    return false;
}

/* Whether two frequent words are partners: about half of them are. */
static bool is_kept(uint32_t a, uint32_t b)
{
    return (a + b + a * b) % 4 < 2;
}

/* Two frequent words side by side, by brute force; false when they never are. */
static bool add_pair(const corpus *made, uint32_t first, uint32_t count, uint32_t a, uint32_t b,
                     fhi_segment_writer *writer)
{
    fhi_buf docs = {0}, counts = {0};
    char name_a[16], name_b[16], term[FHI_PAIR_TERM_BYTES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const corpus_doc *doc = &made->docs[first + i];
        uint32_t occurrences = 0;
        for (uint32_t j = 0, last = UINT32_MAX; j < doc->occurrence_count; j++) {
            const uint32_t position = doc->occurrences[j].position;
            if (doc->occurrences[j].term != a || position == last || !occurs_at(doc, b, position + 1)) continue;
            last = position;
            occurrences++;
        }
        if (occurrences == 0) continue;
        fhi_buf_put32(&docs, i);
        fhi_buf_put32(&counts, occurrences);
    }
    corpus_term(a, name_a);
    corpus_term(b, name_b);
    const fhi_list list = {.doc_count = (uint32_t)(docs.len / 4),
                           .docs = (const uint32_t *)(const void *)docs.data,
                           .counts = (const uint32_t *)(const void *)counts.data};
    assert(docs.status == FH_OK && counts.status == FH_OK);
    if (list.doc_count)
        fhi_segment_writer_add_term(writer, fhi_pair_term(fhi_str(name_a + 1), fhi_str(name_b + 1), term), &list);
    fhi_buf_fini(&docs);
    fhi_buf_fini(&counts);
    return list.doc_count > 0;
}

static void add_terms(const corpus *made, uint32_t first, uint32_t count, fhi_segment_writer *writer)
{
    uint32_t(*dfs)[8] = calloc(made->term_count + 1, sizeof *dfs);
    assert(dfs);
    uint32_t ordinal = 0;
    for (uint32_t a = 0; a < made->frequent_count; a++)
        for (uint32_t b = 0; b < made->frequent_count; b++)
            if (is_kept(a, b)) ordinal += add_pair(made, first, count, a, b, writer);
    for (uint32_t term = 0; term < made->term_count; term++)
        add_term(made, first, count, term, writer, dfs[term]);
    for (uint32_t term = 0; made->forms_told && term < made->term_count; term++) {
        bool present = false;
        for (uint32_t form = 0; form < 8; form++) {
            char fold[16], exact[16];
            if (dfs[term][form] == 0) continue;
            present = true;
            corpus_form(term, form, fold, exact);
            const fhi_form added = {fhi_str(fold), fhi_str(exact), ordinal, form_ordinal(dfs[term], form),
                                    dfs[term][form]};
            fhi_segment_writer_add_form(writer, &added);
        }
        ordinal += present;
    }
    free(dfs);
}

static fh_status write_segment(const corpus *made, const fhi_vfs *vfs, const char *directory, uint32_t number,
                               uint32_t first, fhi_segment_info *info, fh_err *err)
{
    fhi_segment_writer *writer;
    fhi_store_compressor *compressor;
    const uint32_t count = made->segment_docs[number];
    FH_TRY(fhi_segment_writer_create(vfs, directory, number + 1, &made->settings, &writer, err));
    fh_status status = fhi_store_compressor_create((fh_str){NULL, 0}, &compressor);
    for (uint32_t i = 0; i < count && status == FH_OK; i++)
        add_doc(&made->docs[first + i], first + i, compressor, writer);
    if (status == FH_OK) add_terms(made, first, count, writer);
    if (status == FH_OK) status = fhi_segment_writer_finish(writer, info, err);
    fhi_segment_writer_destroy(writer);
    fhi_store_compressor_destroy(compressor);
    return status;
}

static fh_status write_deletes(const corpus *made, const fhi_vfs *vfs, const char *directory, uint32_t first,
                               fhi_segment_info *info, fh_err *err)
{
    uint64_t *bits = calloc(info->doc_count / 64 + 1, sizeof *bits);
    if (!bits) return FH_E_NOMEM;
    for (uint32_t i = 0; i < info->doc_count; i++) {
        if (!made->docs[first + i].deleted) continue;
        bits[i / 64] |= UINT64_C(1) << (i % 64);
        info->deleted_count++;
    }
    fh_status status = FH_OK;
    if (info->deleted_count) {
        info->delete_id = 1000 + info->id;
        status = fhi_deletes_write(vfs, directory, info->id, info->delete_id, bits, info->doc_count, err);
    }
    free(bits);
    return status;
}

fh_status corpus_write(const corpus *made, const fhi_vfs *vfs, const char *directory, fh_err *err)
{
    fhi_segment_info *infos = calloc(made->segment_count + 1, sizeof *infos);
    fh_status status = infos ? vfs->make_dir(vfs->context, directory, err) : FH_E_NOMEM;
    uint32_t first = 0;
    for (uint32_t i = 0; i < made->segment_count && status == FH_OK; i++) {
        status = write_segment(made, vfs, directory, i, first, &infos[i], err);
        if (status == FH_OK) status = write_deletes(made, vfs, directory, first, &infos[i], err);
        first += made->segment_docs[i];
    }
    char names[8][16];
    fh_str words[8];
    fhi_frequent frequent = {0};
    for (uint32_t i = 0; i < made->frequent_count; i++) {
        corpus_term(i, names[i]);
        words[i] = fhi_str(names[i] + 1);
    }
    if (status == FH_OK) status = fhi_frequent_init(&frequent, words, made->frequent_count);
    for (uint32_t i = 0; i < made->frequent_count && status == FH_OK; i++)
        for (uint32_t j = 0; j <= i; j++)
            if (is_kept(i, j)) fhi_frequent_join(&frequent, i, j);
    if (status == FH_OK) fhi_frequent_number(&frequent);
    const fhi_manifest manifest = {.settings = made->settings,
                                   .frequent = frequent,
                                   .generation = 1,
                                   .next_segment_id = 5000,
                                   .segment_count = made->segment_count,
                                   .segments = infos};
    if (status == FH_OK) status = fhi_manifest_write(vfs, directory, &manifest, err);
    fhi_frequent_fini(&frequent);
    free(infos);
    return status;
}
