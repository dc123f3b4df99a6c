/* store_reader.c - stored articles of an open segment, and finding a document by its id. */
#define ZSTD_STATIC_LINKING_ONLY /* frames without magic */
#include "engine/segment/segment_internal.h"

#include <fihrist/record.h>

#include <stdlib.h>

enum { FRAME_GROUP = 64 };

/* The group of 64 frames a document belongs to: offset of its first frame, then packed lengths. */
static fh_status find_frame(const fhi_segment *segment, uint32_t doc, fh_str *frame)
{
    const fhi_span *index = &segment->sections[FHI_SECTION_STORE_INDEX];
    const fhi_span *store = &segment->sections[FHI_SECTION_STORE];
    const size_t groups_bytes = ((size_t)segment->doc_count + FRAME_GROUP - 1) / FRAME_GROUP * 16;
    const uint32_t first = doc / FRAME_GROUP * FRAME_GROUP;
    const uint32_t count = segment->doc_count - first < FRAME_GROUP ? segment->doc_count - first : FRAME_GROUP;
    const uint8_t *entry = index->data + (size_t)(doc / FRAME_GROUP) * 16;
    const uint64_t place = fhi_load64(entry + 8);
    if (place > index->len - groups_bytes) return FH_E_CORRUPT;
    fhi_span span = fhi_span_of(index->data + groups_bytes + place, index->len - groups_bytes - (size_t)place);
    const fhi_packed lengths = fhi_packed_open(&span, count);
    if (span.failed) return FH_E_CORRUPT;
    uint64_t offset = fhi_load64(entry);
    for (uint32_t i = first; i < doc; i++)
        offset += fhi_packed_get(&lengths, i - first);
    const uint32_t bytes = fhi_packed_get(&lengths, doc - first);
    if (offset > store->len || bytes > store->len - offset) return FH_E_CORRUPT;
    *frame = (fh_str){(const char *)store->data + offset, bytes};
    return FH_OK;
}

static const fhi_store_dictionary *dictionary_of(const fhi_segment *segment, uint32_t doc)
{
    const fhi_store_dictionary *found = NULL;
    for (uint32_t i = 0; i < segment->store_dictionary_count; i++)
        if (segment->store_dictionaries[i].first_doc <= doc) found = &segment->store_dictionaries[i];
    return found;
}

static fh_status frame_damaged(const fhi_segment *segment, fh_str frame, fh_err *err)
{
    const uint8_t *start = segment->sections[FHI_SECTION_STORE].data;
    const uint64_t offset = frame.ptr ? (uint64_t)((const uint8_t *)frame.ptr - start) : 0;
    return fhi_segment_damaged(segment, FHI_SECTION_STORE, offset, err, "a stored article is damaged");
}

/* What precedes the frame proper. Whether there is such a code the reader of the record looks at. */
static bool take_head(fh_str *frame, uint32_t *record_bytes, unsigned *code)
{
    fhi_span span = fhi_span_of(frame->ptr, frame->len);
    const uint64_t head = fhi_span_get_varint(&span);
    *code = head & ((1u << FHI_STORE_CODE_BITS) - 1);
    if (span.failed || head >> FHI_STORE_CODE_BITS > FHI_RECORD_BYTES_MAX) return false;
    *record_bytes = (uint32_t)(head >> FHI_STORE_CODE_BITS);
    *frame = (fh_str){frame->ptr + span.at, frame->len - span.at};
    return true;
}

fh_status fhi_segment_frame(const fhi_segment *segment, uint32_t doc, fh_str *frame, uint32_t *record_bytes,
                            fh_str *dictionary, fh_err *err)
{
    unsigned code;
    *frame = *dictionary = (fh_str){NULL, 0};
    *record_bytes = 0;
    if (find_frame(segment, doc, frame) != FH_OK)
        return fhi_segment_damaged(segment, FHI_SECTION_STORE_INDEX, 0, err, "the index of stored articles is damaged");
    fh_str inner = *frame;
    if (!take_head(&inner, record_bytes, &code)) return frame_damaged(segment, *frame, err);
    const fhi_store_dictionary *found = dictionary_of(segment, doc);
    if (found) *dictionary = found->bytes;
    return FH_OK;
}

struct fhi_store_decompressor {
    ZSTD_DCtx *context;
    fhi_buf coded;
};

fh_status fhi_store_decompressor_create(fhi_store_decompressor **out)
{
    fhi_store_decompressor *decompressor = calloc(1, sizeof *decompressor);
    *out = decompressor;
    if (!decompressor) return FH_E_NOMEM;
    decompressor->context = ZSTD_createDCtx();
    if (decompressor->context &&
        !ZSTD_isError(ZSTD_DCtx_setParameter(decompressor->context, ZSTD_d_format, ZSTD_f_zstd1_magicless)))
        return FH_OK;
    fhi_store_decompressor_destroy(decompressor);
    *out = NULL;
    return FH_E_NOMEM;
}

void fhi_store_decompressor_destroy(fhi_store_decompressor *decompressor)
{
    if (!decompressor) return;
    (void)ZSTD_freeDCtx(decompressor->context);
    fhi_buf_fini(&decompressor->coded);
    free(decompressor);
}

/* Unpacks a frame proper into decompressor->coded, of at most `most` bytes. */
static bool unpack(fhi_store_decompressor *decompressor, const ZSTD_DDict *dictionary, fh_str frame, size_t most)
{
    fhi_buf *coded = &decompressor->coded;
    if (ZSTD_isError(ZSTD_DCtx_refDDict(decompressor->context, dictionary))) return false;
    const size_t got = ZSTD_decompressDCtx(decompressor->context, coded->data, most, frame.ptr, frame.len);
    coded->len = ZSTD_isError(got) ? 0 : got;
    return !ZSTD_isError(got);
}

fh_status fhi_segment_record_with(const fhi_segment *segment, uint32_t doc, fhi_store_decompressor *decompressor,
                                  fhi_buf *record, fh_err *err)
{
    fh_str frame, dictionary;
    uint32_t bytes;
    unsigned code;
    fhi_buf_clear(record);
    fhi_buf_clear(&decompressor->coded);
    FH_TRY(fhi_segment_frame(segment, doc, &frame, &bytes, &dictionary, err));
    fh_str inner = frame;
    if (!take_head(&inner, &bytes, &code) || code >= FHI_STORE_CODE_COUNT) return frame_damaged(segment, frame, err);
    const size_t most = fhi_coded_bytes_max(bytes);
    if (!fhi_buf_reserve(&decompressor->coded, most + 1) || !fhi_buf_reserve(record, bytes + FHI_DECODE_SLACK))
        return fhi_fail(err, FH_E_NOMEM, "cannot read a stored article: out of memory");
    const fhi_store_dictionary *found = dictionary_of(segment, doc);
    if (!unpack(decompressor, found ? found->by_code[code] : NULL, inner, most))
        return frame_damaged(segment, frame, err);
    const fhi_alphabet none = {0};
    if (!fhi_alphabet_decode(found ? &found->alphabets[code] : &none, fhi_buf_str(&decompressor->coded), record->data,
                             bytes))
        return frame_damaged(segment, frame, err);
    record->len = bytes;
    return FH_OK;
}

fh_status fhi_segment_record(const fhi_segment *segment, uint32_t doc, fhi_buf *record, fh_err *err)
{
    fhi_store_decompressor *decompressor;
    fhi_buf_clear(record);
    if (fhi_store_decompressor_create(&decompressor) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "cannot read a stored article: out of memory");
    const fh_status status = fhi_segment_record_with(segment, doc, decompressor, record, err);
    fhi_store_decompressor_destroy(decompressor);
    return status;
}

fh_status fhi_segment_doc_id(const fhi_segment *segment, uint32_t doc, fhi_buf *id, fh_err *err)
{
    fhi_store_decompressor *decompressor;
    fhi_buf_clear(id);
    if (fhi_store_decompressor_create(&decompressor) != FH_OK)
        return fhi_fail(err, FH_E_NOMEM, "cannot read a stored article: out of memory");
    const fh_status status = fhi_segment_doc_id_with(segment, doc, decompressor, id, err);
    fhi_store_decompressor_destroy(decompressor);
    return status;
}

fh_status fhi_segment_doc_id_with(const fhi_segment *segment, uint32_t doc, fhi_store_decompressor *decompressor,
                                  fhi_buf *id, fh_err *err)
{
    FH_TRY(fhi_segment_record_with(segment, doc, decompressor, id, err));
    fh_record record;
    if (fh_record_decode(fhi_buf_str(id), &record) != FH_OK)
        return fhi_segment_damaged(segment, FHI_SECTION_STORE, 0, err, "a stored article is damaged");
    const fh_str found = record.fields[FH_FIELD_ID];
    if (found.len) memmove(id->data, found.ptr, found.len);
    id->len = found.len;
    return FH_OK;
}

fh_status fhi_segment_find_id(const fhi_segment *segment, fh_str id, uint32_t *doc, fh_err *err)
{
    const fhi_packed *hashes = &segment->id_hashes;
    const uint32_t hash = (uint32_t)(fhi_hash64(id.ptr, id.len) >> 32) >> fhi_id_hash_shift(segment->doc_count);
    uint32_t low = 0, high = segment->doc_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (fhi_packed_get(hashes, middle) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    fh_status status = FH_E_NOT_FOUND;
    fhi_buf found = {0};
    for (; low < segment->doc_count && status == FH_E_NOT_FOUND; low++) {
        if (fhi_packed_get(hashes, low) != hash) break;
        const uint32_t candidate = fhi_packed_get(&segment->id_docs, low);
        if (candidate >= segment->doc_count) {
            status = fhi_segment_damaged(segment, FHI_SECTION_IDS, 0, err, "the table of ids is damaged");
            break;
        }
        const fh_status read = fhi_segment_doc_id(segment, candidate, &found, err);
        if (read != FH_OK) status = read;
        if (read == FH_OK && fhi_str_equal(fhi_buf_str(&found), id)) {
            *doc = candidate;
            status = FH_OK;
        }
    }
    fhi_buf_fini(&found);
    return status;
}
