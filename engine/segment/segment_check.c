/* segment_check.c - the deep check of one segment: every byte's checksum, then the structure of every part. */
#include "engine/segment/postings_reader.h"

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

static fh_status check_articles(const fhi_segment *segment, fh_err *err)
{
    fhi_buf id = {0};
    fh_status status = FH_OK;
    for (uint32_t doc = 0; doc < segment->doc_count && status == FH_OK; doc++)
        status = fhi_segment_doc_id(segment, doc, &id, err);
    fhi_buf_fini(&id);
    return status;
}

/* Every list decodes, and adds up to what the dictionary says of it. */
static fh_status check_terms(const fhi_segment *segment, fh_err *err)
{
    fhi_dictionary_cursor cursor;
    fhi_list_scratch scratch = {0};
    uint32_t seen = 0;
    fh_status status = segment->terms.entry_count ? fhi_dictionary_at(&segment->terms, 0, &cursor) : FH_E_NOT_FOUND;
    for (; status == FH_OK; status = fhi_dictionary_next(&cursor), seen++) {
        fhi_list list;
        const fhi_term_info info = {.ordinal = cursor.entry.ordinal,
                                    .df = (uint32_t)cursor.entry.values[0],
                                    .form_count = (uint32_t)cursor.entry.values[1],
                                    .offset = cursor.entry.offset,
                                    .bytes = cursor.entry.values[2]};
        status = fhi_list_decode(segment, &info, &scratch, &list);
        if (status == FH_OK) continue;
        (void)fhi_segment_damaged(segment, FHI_SECTION_POSTINGS, info.offset, err, "a posting list is damaged");
        goto done;
    }
    if (status == FH_E_NOT_FOUND && seen == segment->terms.entry_count) status = FH_OK;
    if (status != FH_OK)
        (void)fhi_segment_damaged(segment, FHI_SECTION_TERMS, 0, err, "the term dictionary is damaged");
done:
    fhi_list_scratch_fini(&scratch);
    return status == FH_E_NOT_FOUND ? FH_E_CORRUPT : status;
}

static fh_status check_forms(const fhi_segment *segment, fh_err *err)
{
    fhi_dictionary_cursor cursor;
    uint32_t seen = 0;
    fh_status status = segment->forms.entry_count ? fhi_dictionary_at(&segment->forms, 0, &cursor) : FH_E_NOT_FOUND;
    for (; status == FH_OK; status = fhi_dictionary_next(&cursor), seen++)
        if (cursor.entry.values[0] >= segment->terms.entry_count) break;
    if (status == FH_E_NOT_FOUND && seen == segment->forms.entry_count) return FH_OK;
    return fhi_segment_damaged(segment, FHI_SECTION_FORMS, 0, err, "the dictionary of forms is damaged");
}

fh_status fhi_segment_check(const fhi_segment *segment, fh_err *err)
{
    FH_TRY(check_pages(segment, err));
    FH_TRY(check_sections(segment, err));
    FH_TRY(check_articles(segment, err));
    FH_TRY(check_terms(segment, err));
    return check_forms(segment, err);
}
