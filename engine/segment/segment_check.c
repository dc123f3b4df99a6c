/* segment_check.c - the deep check of one segment: every byte's checksum, then the structure of every part. */
#include "engine/segment/postings_reader.h"

#include <stdlib.h>

/* Pages of 64 KiB, in order: the first that differs names the damage. */
static fh_status check_pages(const fhi_segment *segment, fh_err *err)
{
    const fhi_span *pages = &segment->sections[FHI_SECTION_PAGES];
    const uint64_t covered = segment->section_offsets[FHI_SECTION_PAGES];
    if (pages->len != (covered + FHI_PAGE_BYTES - 1) / FHI_PAGE_BYTES * 4)
        return fhi_segment_damaged(segment, FHI_SECTION_PAGES, 0, err, "page checksums do not cover the file");
    for (uint64_t start = 0, i = 0; start < covered; start += FHI_PAGE_BYTES, i++) {
        const size_t len = covered - start < FHI_PAGE_BYTES ? (size_t)(covered - start) : FHI_PAGE_BYTES;
        if (fhi_crc32c(0, segment->map.data + start, len) != fhi_load32(pages->data + i * 4))
            return fhi_fail_at(err, FH_E_CORRUPT, segment->path, start, "checksum of the 64 KiB page differs");
    }
    return FH_OK;
}

static fh_status check_sections(const fhi_segment *segment, fh_err *err)
{
    for (uint32_t i = 1; i < FHI_SECTION_COUNT; i++) {
        const fhi_span *section = &segment->sections[i];
        if (fhi_crc32c(0, section->data, section->len) != segment->section_crcs[i])
            return fhi_segment_damaged(segment, (fhi_section)i, 0, err, "checksum of the section differs");
    }
    return FH_OK;
}

/* ---- articles ---- */

/* Reads every article; gathers what the table of ids should hold. */
static fh_status check_articles(const fhi_segment *segment, uint64_t *ids, fh_err *err)
{
    const char *store = (const char *)segment->sections[FHI_SECTION_STORE].data, *end = store;
    fhi_buf id = {0};
    fhi_store_decompressor *decompressor;
    fh_status status = fhi_store_decompressor_create(&decompressor);
    if (status != FH_OK) return fhi_fail(err, status, "cannot check the articles: out of memory");
    for (uint32_t doc = 0; doc < segment->doc_count; doc++) {
        fh_str frame, dictionary;
        uint32_t bytes;
        status = fhi_segment_frame(segment, doc, &frame, &bytes, &dictionary, err);
        if (status == FH_OK && frame.ptr != end)
            status =
                fhi_segment_damaged(segment, FHI_SECTION_STORE_INDEX, 0, err, "a stored article is not in its place");
        if (status == FH_OK) status = fhi_segment_doc_id_with(segment, doc, decompressor, &id, err);
        if (status != FH_OK) break;
        ids[doc] = fhi_hash64(id.data, id.len) >> 32 << 32 | doc;
        end = frame.ptr + frame.len;
    }
    fhi_store_decompressor_destroy(decompressor);
    fhi_buf_fini(&id);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static fh_status check_documents(const fhi_segment *segment, fh_err *err)
{
    uint64_t *ids = malloc(((size_t)segment->doc_count + 1) * sizeof *ids);
    if (!ids) return fhi_fail(err, FH_E_NOMEM, "cannot check the articles: out of memory");
    fh_status status = check_articles(segment, ids, err);
    if (status == FH_OK && segment->doc_count) {
        const unsigned shift = fhi_id_hash_shift(segment->doc_count);
        bool same = true;
        for (uint32_t i = 0; i < segment->doc_count; i++)
            ids[i] = ids[i] >> 32 >> shift << 32 | (uint32_t)ids[i];
        qsort(ids, segment->doc_count, sizeof *ids, compare_ids);
        for (uint32_t i = 0; i < segment->doc_count; i++)
            same = same && ids[i] >> 32 == fhi_packed_get(&segment->id_hashes, i) &&
                   (uint32_t)ids[i] == fhi_packed_get(&segment->id_docs, i);
        if (!same)
            status = fhi_segment_damaged(segment, FHI_SECTION_IDS, 0, err, "the table of ids names other articles");
    }
    free(ids);
    return status;
}

/* ---- terms and forms ---- */

typedef struct word_check {
    const fhi_segment *segment;
    fhi_list_scratch scratch;
    uint64_t lists_end;    /* where the next list must begin */
    uint32_t *form_counts; /* by term */
    fh_err *err;
} word_check;

/* One list after the other, without gaps: each decodes, and adds up to what the dictionary says of it. */
static fh_status check_term(word_check *check, const fhi_dictionary_entry *entry)
{
    fhi_list list;
    fhi_term_info info;
    fh_status status = fhi_segment_term(check->segment, entry, &info);
    if (status == FH_OK && info.offset != check->lists_end) status = FH_E_CORRUPT;
    if (status == FH_OK) status = fhi_list_decode(check->segment, &info, &check->scratch, &list);
    if (status == FH_E_NOMEM) return fhi_fail(check->err, status, "cannot check a posting list: out of memory");
    if (status != FH_OK)
        return fhi_segment_damaged(check->segment, FHI_SECTION_POSTINGS, check->lists_end, check->err,
                                   "a posting list is damaged");
    check->lists_end += info.bytes;
    check->form_counts[info.ordinal] = info.form_count;
    return FH_OK;
}

/* A form is one of a term that is there. */
static fh_status check_form(word_check *check, const fhi_dictionary_entry *entry)
{
    const fhi_segment *segment = check->segment;
    char room[FHI_KEY_BYTES_MAX];
    fh_str fold, exact;
    fhi_form_info info;
    if (entry->values[0] < segment->terms.entry_count && entry->values[1] < check->form_counts[entry->values[0]] &&
        entry->values[2] <= segment->doc_count && fhi_segment_form(entry, room, &fold, &exact, &info) == FH_OK)
        return FH_OK;
    return fhi_segment_damaged(segment, FHI_SECTION_FORMS, 0, check->err, "the dictionary of forms is damaged");
}

/* Keys increase, blocks are full and start as the index says, and there are as many entries as it says. */
static fh_status walk_dictionary(word_check *check, const fhi_dictionary *dictionary, fhi_section section,
                                 fh_status (*check_entry)(word_check *, const fhi_dictionary_entry *))
{
    fhi_dictionary_cursor cursor;
    char last[FHI_KEY_BYTES_MAX];
    fh_str before = {last, 0};
    uint32_t seen = 0;
    fh_status status = dictionary->entry_count ? fhi_dictionary_at(dictionary, 0, &cursor) : FH_E_NOT_FOUND;
    for (; status == FH_OK; status = fhi_dictionary_next(&cursor), seen++) {
        const fh_str key = cursor.entry.key;
        if (cursor.entry.ordinal != seen || (seen > 0 && fhi_str_compare(before, key) >= 0))
            break; /* a block not full */
        if (seen % fhi_block_entries(dictionary->kind) == 0 &&
            fhi_key_head(key) != fhi_dictionary_head(dictionary, cursor.block))
            break;
        FH_TRY(check_entry(check, &cursor.entry));
        if (key.len) memcpy(last, key.ptr, key.len);
        before.len = key.len;
    }
    if (status == FH_E_NOT_FOUND && seen == dictionary->entry_count) return FH_OK;
    return fhi_segment_damaged(check->segment, section, 0, check->err, "a dictionary is damaged");
}

static fh_status check_words(const fhi_segment *segment, fh_err *err)
{
    word_check check = {.segment = segment, .err = err};
    check.form_counts = calloc((size_t)segment->terms.entry_count + 1, sizeof *check.form_counts);
    if (!check.form_counts) return fhi_fail(err, FH_E_NOMEM, "cannot check the terms: out of memory");
    fh_status status = walk_dictionary(&check, &segment->terms, FHI_SECTION_TERMS, check_term);
    if (status == FH_OK && check.lists_end != segment->sections[FHI_SECTION_POSTINGS].len)
        status = fhi_segment_damaged(segment, FHI_SECTION_POSTINGS, check.lists_end, err, "more than the terms name");
    if (status == FH_OK) status = walk_dictionary(&check, &segment->forms, FHI_SECTION_FORMS, check_form);
    fhi_list_scratch_fini(&check.scratch);
    free(check.form_counts);
    return status;
}

fh_status fhi_segment_check(const fhi_segment *segment, fh_err *err)
{
    FH_TRY(check_pages(segment, err));
    FH_TRY(check_sections(segment, err));
    FH_TRY(check_documents(segment, err));
    return check_words(segment, err);
}
