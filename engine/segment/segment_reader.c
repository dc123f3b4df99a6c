/* segment_reader.c - opening a segment: map, verify header, footer and directories, hand out views.
 *
 * Verified at open: header, footer, and the checksums of every section but stored frames, postings and the blocks
 * of the two dictionaries; those carry checksums of their own (frames, dictionary blocks) or are verified by check
 * (postings), and are read through bounds-checked code only.
 */
#define ZSTD_STATIC_LINKING_ONLY /* dictionaries where they lie */
#include "engine/segment/segment_internal.h"

#include "engine/codec/bitpack.h"
#include "engine/segment/postings_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { FOOTER_TAIL_BYTES = 48, SECTION_ENTRY_BYTES = 24 };
enum { FOOTER_BYTES = (FHI_SECTION_COUNT - 1) * SECTION_ENTRY_BYTES + FOOTER_TAIL_BYTES };

static fh_status damaged(const fhi_segment *segment, uint64_t offset, fh_err *err, const char *what)
{
    return fhi_fail_at(err, FH_E_CORRUPT, segment->path, offset, "%s", what);
}

fh_status fhi_segment_damaged(const fhi_segment *segment, fhi_section section, uint64_t offset, fh_err *err,
                              const char *what)
{
    return damaged(segment, segment->section_offsets[section] + offset, err, what);
}

static fh_status open_header(fhi_segment *segment, const fhi_settings *settings, fh_err *err)
{
    const uint8_t *header = segment->map.data;
    if (segment->map.len < FHI_HEADER_BYTES + FOOTER_BYTES) return damaged(segment, 0, err, "too short for a segment");
    if (fhi_load64(header) != FHI_SEGMENT_MAGIC) return damaged(segment, 0, err, "not a segment");
    const uint32_t version = fhi_load32(header + 8);
    if (fhi_load32(header + 60) != fhi_crc32c(0, header, 60)) return damaged(segment, 60, err, "header is damaged");
    if (version > FHI_FORMAT_VERSION || fhi_load32(header + 12) != 0)
        return fhi_fail_at(err, FH_E_TOO_NEW, segment->path, 8, "segment format %u is newer than this program",
                           version);
    if (version < FHI_FORMAT_VERSION)
        return fhi_fail_at(err, FH_E_TOO_OLD, segment->path, 8, "segment format %u is no longer read", version);
    if (fhi_load32(header + 20) != settings->analyzer_id)
        return fhi_fail_at(err, FH_E_ANALYZER, segment->path, 20, "made by another analyzer than the index names");
    float k1, b;
    memcpy(&k1, header + 36, 4);
    memcpy(&b, header + 40, 4);
    if (header[32] != settings->title_weight || header[33] != settings->lead_weight ||
        header[34] != settings->body_weight || k1 != settings->k1 || b != settings->b)
        return damaged(segment, 32, err, "made with other ranking settings than the index names");
    if (fhi_load64(header + 24) != segment->id) return damaged(segment, 24, err, "holds another segment's number");
    return FH_OK;
}

static fh_status open_footer(fhi_segment *segment, fh_err *err)
{
    const uint64_t start = segment->map.len - FOOTER_BYTES;
    const uint8_t *footer = segment->map.data + start;
    const uint8_t *tail = footer + FOOTER_BYTES - FOOTER_TAIL_BYTES;
    if (fhi_load64(tail + 40) != ~FHI_SEGMENT_MAGIC) return damaged(segment, start, err, "cut short: no footer");
    if (fhi_load32(tail + 36) != fhi_crc32c(0, footer, FOOTER_BYTES - 12))
        return damaged(segment, start, err, "footer is damaged");
    if (fhi_load64(tail + 24) != segment->map.len)
        return damaged(segment, start, err, "has another length than written");
    segment->doc_count = fhi_load32(tail);
    segment->length_sum = fhi_load64(tail + 8);
    segment->raw_bytes = fhi_load64(tail + 16);
    if (fhi_load32(tail + 4) != FHI_SECTION_COUNT - 1 || segment->doc_count > FHI_DOCS_MAX)
        return damaged(segment, start, err, "footer is damaged");
    for (uint32_t i = 1; i < FHI_SECTION_COUNT; i++) {
        const uint8_t *entry = footer + (size_t)(i - 1) * SECTION_ENTRY_BYTES;
        const uint64_t offset = fhi_load64(entry + 8), bytes = fhi_load64(entry + 16);
        if (fhi_load32(entry) != i || offset > start || bytes > start - offset)
            return damaged(segment, start, err, "footer names a section outside the file");
        segment->sections[i] = fhi_span_of(segment->map.data + offset, (size_t)bytes);
        segment->section_offsets[i] = offset;
        segment->section_crcs[i] = fhi_load32(entry + 4);
    }
    return FH_OK;
}

static fh_status verify_small_sections(fhi_segment *segment, fh_err *err)
{
    for (uint32_t i = 1; i < FHI_SECTION_COUNT; i++) {
        if (i == FHI_SECTION_STORE || i == FHI_SECTION_POSTINGS || i == FHI_SECTION_TERMS || i == FHI_SECTION_FORMS)
            continue;
        const fhi_span *section = &segment->sections[i];
        if (fhi_crc32c(0, section->data, section->len) != segment->section_crcs[i])
            return fhi_segment_damaged(segment, (fhi_section)i, 0, err, "a directory is damaged");
    }
    return FH_OK;
}

static fh_status open_dictionary(fhi_store_dictionary *dictionary)
{
    fhi_store_part parts[FHI_STORE_CODE_COUNT];
    if (!fhi_store_dictionary_split(dictionary->bytes, parts)) return FH_E_CORRUPT;
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
        const fh_str trained = parts[code].dictionary;
        FH_TRY(fhi_alphabet_init(&dictionary->alphabets[code], parts[code].alphabet));
        if (trained.len == 0) continue;
        dictionary->by_code[code] = ZSTD_createDDict_byReference(trained.ptr, trained.len);
        if (!dictionary->by_code[code]) return FH_E_NOMEM;
    }
    return FH_OK;
}

static fh_status open_store(fhi_segment *segment)
{
    fhi_span span = segment->sections[FHI_SECTION_STORE_DICTS];
    const uint32_t count = fhi_span_get32(&span);
    if (span.failed || count > (uint64_t)segment->doc_count + 1) return FH_E_CORRUPT;
    segment->store_dictionaries = calloc(count ? count : 1, sizeof *segment->store_dictionaries);
    if (!segment->store_dictionaries) return FH_E_NOMEM;
    segment->store_dictionary_count = count;
    for (uint32_t i = 0; i < count; i++) {
        fhi_store_dictionary *dictionary = &segment->store_dictionaries[i];
        dictionary->first_doc = fhi_span_get32(&span);
        const uint32_t bytes = fhi_span_get32(&span);
        const uint8_t *data = fhi_span_take(&span, bytes);
        if (!data || (i > 0 && dictionary->first_doc <= dictionary[-1].first_doc)) return FH_E_CORRUPT;
        dictionary->bytes = (fh_str){(const char *)data, bytes};
        FH_TRY(open_dictionary(dictionary));
    }
    return fhi_span_left(&span) == 0 ? FH_OK : FH_E_CORRUPT;
}

static bool open_documents(fhi_segment *segment)
{
    const size_t padded = ((size_t)segment->doc_count + FHI_RANGE_DOCS - 1) / FHI_RANGE_DOCS * FHI_RANGE_DOCS;
    fhi_span norms = segment->sections[FHI_SECTION_NORMS], widths = segment->sections[FHI_SECTION_WIDTHS];
    fhi_span zones = segment->sections[FHI_SECTION_ZONES], days = segment->sections[FHI_SECTION_DAYS];
    fhi_span columns = segment->sections[FHI_SECTION_COLUMNS];
    if (norms.len != padded || widths.len != padded) return false;
    segment->norms = norms.data;
    segment->widths = widths.data;
    for (size_t i = 0; i < padded; i++)
        if (widths.data[i] > 28) return false;
    segment->title_ends = fhi_packed_open(&zones, segment->doc_count);
    segment->lead_ends = fhi_packed_open(&zones, segment->doc_count);
    segment->days = fhi_packed_open(&days, segment->doc_count);
    segment->minutes = fhi_packed_open(&days, segment->doc_count);
    for (int i = 0; i < FHI_COLUMN_COUNT; i++)
        if (!fhi_column_open(&segment->columns[i], &columns, segment->doc_count)) return false;
    const size_t groups = (segment->doc_count + 63) / 64;
    if (segment->sections[FHI_SECTION_STORE_INDEX].len < groups * 16) return false;
    fhi_span ids = segment->sections[FHI_SECTION_IDS];
    segment->id_hashes = fhi_packed_open(&ids, segment->doc_count);
    segment->id_docs = fhi_packed_open(&ids, segment->doc_count);
    return !zones.failed && !days.failed && !ids.failed && fhi_span_left(&ids) == 0;
}

uint8_t fhi_segment_compute_bound(const fhi_segment *segment, uint32_t freq, uint8_t norm)
{
    const float tf = (float)freq / (float)segment->settings.body_weight;
    const float scaled = tf / (tf + segment->k_of_norm[norm]) * (255.0f * 1.00001f) + 1.0f;
    return scaled >= 255.0f ? 255 : (uint8_t)scaled;
}

static fh_status open_content(fhi_segment *segment, fh_err *err)
{
    const fhi_settings *settings = &segment->settings;
    segment->plain_weights =
        settings->title_weight == settings->body_weight && settings->lead_weight == settings->body_weight;
    segment->average_length = segment->doc_count ? (float)segment->length_sum / (float)segment->doc_count : 0.0f;
    fhi_length_table(settings, segment->average_length, segment->k_of_norm);
    for (uint32_t freq = 0; freq < FHI_BOUND_FREQS; freq++)
        for (unsigned norm = 0; norm < 256; norm++)
            segment->bounds[freq][norm] = fhi_segment_compute_bound(segment, freq, (uint8_t)norm);
    if (!open_documents(segment)) return damaged(segment, 0, err, "the document tables do not fit each other");
    fh_status status = open_store(segment);
    if (status != FH_OK)
        return fhi_fail_at(err, status, segment->path, segment->section_offsets[FHI_SECTION_STORE_DICTS],
                           "cannot open the dictionary of stored articles: %s", fh_status_text(status));
    status = fhi_dictionary_open(&segment->terms, FHI_DICTIONARY_TERMS, segment->sections[FHI_SECTION_TERMS],
                                 segment->sections[FHI_SECTION_TERMS_INDEX]);
    if (status != FH_OK)
        return fhi_segment_damaged(segment, FHI_SECTION_TERMS_INDEX, 0, err, "the index of terms is damaged");
    status = fhi_dictionary_open(&segment->forms, FHI_DICTIONARY_FORMS, segment->sections[FHI_SECTION_FORMS],
                                 segment->sections[FHI_SECTION_FORMS_INDEX]);
    if (status != FH_OK)
        return fhi_segment_damaged(segment, FHI_SECTION_FORMS_INDEX, 0, err, "the index of forms is damaged");
    return FH_OK;
}

fh_status fhi_segment_open(const fhi_vfs *vfs, const char *directory, uint64_t segment_id, const fhi_settings *settings,
                           fhi_segment **out, fh_err *err)
{
    *out = NULL;
    char name[FHI_SEGMENT_NAME_BYTES];
    fhi_segment_name(segment_id, name);
    fhi_segment *segment = calloc(1, sizeof *segment);
    if (!segment) return fhi_fail(err, FH_E_NOMEM, "cannot open a segment: out of memory");
    segment->vfs = vfs;
    segment->id = segment_id;
    segment->settings = *settings;
    const size_t path_bytes = strlen(directory) + sizeof name + 2;
    segment->path = malloc(path_bytes);
    fh_status status = FH_E_NOMEM;
    if (!segment->path) {
        (void)fhi_fail(err, status, "cannot open a segment: out of memory");
        goto failed;
    }
    (void)snprintf(segment->path, path_bytes, "%s/%s", directory, name);
    status = vfs->map(vfs->context, segment->path, &segment->map, err);
    if (status == FH_E_NOT_FOUND) status = fhi_fail_at(err, FH_E_CORRUPT, segment->path, 0, "segment is missing");
    if (status == FH_OK) status = fhi_kernels_pick(&segment->kernels, err);
    if (status == FH_OK) status = open_header(segment, settings, err);
    if (status == FH_OK) status = open_footer(segment, err);
    if (status == FH_OK) status = verify_small_sections(segment, err);
    if (status == FH_OK) status = open_content(segment, err);
    if (status != FH_OK) goto failed;
    *out = segment;
    return FH_OK;
failed:
    fhi_segment_close(segment);
    return status;
}

void fhi_segment_close(fhi_segment *segment)
{
    if (!segment) return;
    for (uint32_t i = 0; i < segment->store_dictionary_count; i++) {
        for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
            fhi_alphabet_fini(&segment->store_dictionaries[i].alphabets[code]);
            (void)ZSTD_freeDDict(segment->store_dictionaries[i].by_code[code]);
        }
    }
    free(segment->store_dictionaries);
    segment->vfs->unmap(segment->vfs->context, &segment->map);
    free(segment->path);
    free(segment);
}

/* ---- views ---- */

uint64_t fhi_segment_digest(const fhi_segment *segment)
{
    return fhi_hash64(segment->section_crcs, sizeof segment->section_crcs);
}

uint32_t fhi_segment_doc_count(const fhi_segment *segment)
{
    return segment->doc_count;
}

const char *fhi_segment_kernels(const fhi_segment *segment)
{
    return segment->kernels->name;
}

const char *fhi_segment_path(const fhi_segment *segment)
{
    return segment->path;
}

bool fhi_segment_part(const fhi_segment *segment, unsigned i, const char **name, uint64_t *bytes)
{
    static const char *const names[FHI_SECTION_COUNT] = {"",
                                                         "stored articles",
                                                         "store index",
                                                         "store dictionaries",
                                                         "lengths",
                                                         "position widths",
                                                         "zones",
                                                         "days",
                                                         "columns",
                                                         "ids",
                                                         "postings",
                                                         "terms",
                                                         "terms index",
                                                         "forms",
                                                         "forms index",
                                                         "page checksums"};
    if (i + 1 >= FHI_SECTION_COUNT) return false;
    *name = names[i + 1];
    *bytes = segment->sections[i + 1].len;
    return true;
}

uint32_t fhi_segment_day(const fhi_segment *segment, uint32_t doc)
{
    return fhi_packed_get(&segment->days, doc);
}

uint16_t fhi_segment_minute(const fhi_segment *segment, uint32_t doc)
{
    return (uint16_t)fhi_packed_get(&segment->minutes, doc);
}

uint32_t fhi_segment_title_end(const fhi_segment *segment, uint32_t doc)
{
    return fhi_packed_get(&segment->title_ends, doc);
}

uint32_t fhi_segment_lead_end(const fhi_segment *segment, uint32_t doc)
{
    return fhi_packed_get(&segment->lead_ends, doc);
}

uint32_t fhi_segment_position_end(const fhi_segment *segment, uint32_t doc)
{
    return UINT32_C(1) << segment->widths[doc];
}

const uint8_t *fhi_segment_norms(const fhi_segment *segment)
{
    return segment->norms;
}

uint32_t fhi_segment_column_value_count(const fhi_segment *segment, fhi_column column)
{
    return segment->columns[column].value_count;
}

uint32_t fhi_segment_column_ordinal(const fhi_segment *segment, fhi_column column, uint32_t doc)
{
    const fhi_column_reader *reader = &segment->columns[column];
    const uint32_t ordinal = fhi_packed_get(&reader->ordinals, doc);
    return ordinal < reader->value_count ? ordinal : reader->value_count - 1;
}

fhi_column_value fhi_segment_column_value(const fhi_segment *segment, fhi_column column, uint32_t ordinal)
{
    return fhi_column_reader_value(&segment->columns[column], ordinal);
}

void fhi_segment_column_count(const fhi_segment *segment, fhi_column column, uint32_t first, uint64_t docs,
                              uint32_t *counts)
{
    const fhi_column_reader *reader = &segment->columns[column];
    const fhi_packed ordinals = reader->ordinals; /* a copy, which counts cannot be taken to change */
    const uint32_t last = reader->value_count - 1;
    if (last == 0) {
        counts[0] += fhi_popcount64(docs);
        return;
    }
    for (; docs; docs &= docs - 1) {
        const uint32_t ordinal = fhi_packed_get(&ordinals, first + (uint32_t)__builtin_ctzll(docs));
        counts[ordinal < last ? ordinal : last]++;
    }
}

uint32_t fhi_segment_days(const fhi_segment *segment, uint32_t first, uint64_t docs, uint32_t days[64])
{
    uint32_t count = 0;
    for (; docs; docs &= docs - 1)
        days[count++] = fhi_packed_get(&segment->days, first + (uint32_t)__builtin_ctzll(docs));
    return count;
}

/* ---- terms and forms ---- */

/* What a dictionary says of a term is believed only where it fits the segment. */
fh_status fhi_segment_term(const fhi_segment *segment, const fhi_dictionary_entry *entry, fhi_term_info *info)
{
    const uint64_t postings = segment->sections[FHI_SECTION_POSTINGS].len;
    *info = (fhi_term_info){0};
    if (entry->values[0] == 0 || entry->values[0] > segment->doc_count || entry->offset > postings ||
        entry->values[2] > postings - entry->offset)
        return FH_E_CORRUPT;
    const fhi_term_info found = {.ordinal = entry->ordinal,
                                 .df = (uint32_t)entry->values[0],
                                 .form_count = (uint32_t)entry->values[1],
                                 .offset = entry->offset,
                                 .bytes = entry->values[2]};
    if ((entry->values[1] == 0) != fhi_term_is_pair(entry->key) || entry->values[1] > UINT32_MAX ||
        found.form_count > fhi_term_occurrences_max(&found))
        return FH_E_CORRUPT;
    *info = found;
    return FH_OK;
}

fh_status fhi_terms_find(const fhi_segment *segment, fh_str term, fhi_term_info *info)
{
    fhi_dictionary_entry entry;
    *info = (fhi_term_info){0};
    FH_TRY(fhi_dictionary_find(&segment->terms, term, &entry));
    return fhi_segment_term(segment, &entry, info);
}

fh_status fhi_terms_at(const fhi_segment *segment, uint32_t ordinal, fhi_term_info *info)
{
    fhi_dictionary_cursor cursor;
    *info = (fhi_term_info){0};
    FH_TRY(fhi_dictionary_at(&segment->terms, ordinal, &cursor));
    return fhi_segment_term(segment, &cursor.entry, info);
}

uint32_t fhi_terms_count(const fhi_segment *segment)
{
    return segment->terms.entry_count;
}

fh_status fhi_terms_scan(const fhi_segment *segment, fh_str prefix, fhi_term_seen seen, void *argument)
{
    fhi_dictionary_cursor cursor;
    fh_status status = fhi_dictionary_seek(&segment->terms, prefix, &cursor);
    for (; status == FH_OK; status = fhi_dictionary_next(&cursor)) {
        fhi_term_info info;
        if (!fhi_str_starts(cursor.entry.key, prefix)) return FH_OK;
        FH_TRY(fhi_segment_term(segment, &cursor.entry, &info));
        if (!seen(argument, cursor.entry.key, &info)) return FH_OK;
    }
    return status == FH_E_NOT_FOUND ? FH_OK : status;
}
