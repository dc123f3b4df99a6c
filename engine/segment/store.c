/* store.c - stored articles: coded (store_code.c), then one zstd frame each, compressed with a dictionary trained on
 * articles in the same code.
 *
 * A frame is complete in itself, so a merge copies it as it is and one article is read without its neighbours.
 */
#define ZDICT_STATIC_LINKING_ONLY /* ZDICT_trainFromBuffer_fastCover */
#define ZSTD_STATIC_LINKING_ONLY  /* frames without magic */
#include "engine/segment/store.h"

#include "engine/segment/layout.h"

#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

/* Measured on 97,106 articles in two languages: METHOD.md, "Stored articles". One pass of cover training over segments
 * of 100 bytes gives 8 % fewer bytes than zstd's own search for parameters, in a quarter of its time. */
enum {
    STORE_LEVEL = 3,
    DICTIONARY_BYTES_MAX = 256 * 1024,
    DICTIONARY_SHARE = 8, /* at most this part of what it is trained on: a small index pays for it too */
    DICTIONARY_BYTES_MIN = 4 * 1024,
    TRAIN_RECORDS_MIN = 64, /* fewer make a dictionary that costs more than it saves */
    COVER_SEGMENT_BYTES = 100,
    COVER_MATCH_BYTES = 8,
    COVER_TABLE_BITS = 20
};

/* ---- training -------------------------------------------------------------------------------------------- */

typedef struct samples {
    fhi_buf coded; /* one after the other */
    size_t *sizes;
    size_t count;
} samples;

static fh_status add_sample(samples *to, fhi_store_code code, fh_str record)
{
    if (!fhi_buf_reserve(&to->coded, fhi_store_coded_bytes_max(record.len))) return FH_E_NOMEM;
    to->sizes[to->count] = fhi_store_encode(code, record, to->coded.data + to->coded.len);
    to->coded.len += to->sizes[to->count++];
    return FH_OK;
}

/* Trains on one code's samples; nothing where there is too little. */
static fh_status train(const samples *from, fhi_buf *dictionary)
{
    size_t capacity = from->coded.len / DICTIONARY_SHARE;
    if (from->count < TRAIN_RECORDS_MIN || from->count > UINT32_MAX || capacity < DICTIONARY_BYTES_MIN) return FH_OK;
    if (capacity > DICTIONARY_BYTES_MAX) capacity = DICTIONARY_BYTES_MAX;
    uint8_t *to = fhi_buf_extend(dictionary, capacity);
    if (!to) return FH_E_NOMEM;
    const ZDICT_fastCover_params_t parameters = {.k = COVER_SEGMENT_BYTES,
                                                 .d = COVER_MATCH_BYTES,
                                                 .f = COVER_TABLE_BITS,
                                                 .accel = 1,
                                                 .zParams = {.compressionLevel = STORE_LEVEL}};
    const size_t bytes =
        ZDICT_trainFromBuffer_fastCover(to, capacity, from->coded.data, from->sizes, (unsigned)from->count, parameters);
    dictionary->len = ZDICT_isError(bytes) ? 0 : bytes; /* too little or too uniform input: do without */
    return FH_OK;
}

static fh_status train_code(fhi_store_code code, const uint8_t *records, const size_t *record_bytes,
                            size_t record_count, fhi_buf *dictionary)
{
    samples of = {.sizes = malloc((record_count + 1) * sizeof *of.sizes)};
    fh_status status = of.sizes ? FH_OK : FH_E_NOMEM;
    for (size_t i = 0; i < record_count && status == FH_OK; records += record_bytes[i++]) {
        const fh_str record = {(const char *)records, record_bytes[i]};
        if (fhi_store_choose_code(record) == code) status = add_sample(&of, code, record);
    }
    if (status == FH_OK) status = train(&of, dictionary);
    fhi_buf_fini(&of.coded);
    free(of.sizes);
    return status;
}

fh_status fhi_store_train(const uint8_t *records, const size_t *record_bytes, size_t record_count, fhi_buf *dictionary)
{
    bool any = false;
    fhi_buf_clear(dictionary);
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
        fhi_buf one = {0};
        const fh_status status = train_code((fhi_store_code)code, records, record_bytes, record_count, &one);
        any = any || one.len > 0;
        if (status == FH_OK) fhi_buf_put_str(dictionary, fhi_buf_str(&one));
        fhi_buf_fini(&one);
        FH_TRY(status);
    }
    if (!any) dictionary->len = 0;
    return dictionary->status;
}

/* ---- compression ----------------------------------------------------------------------------------------- */

struct fhi_store_compressor {
    ZSTD_CCtx *context;
    ZSTD_CDict *dictionaries[FHI_STORE_CODE_COUNT]; /* NULL where there is none */
    fhi_buf coded;
};

/* A frame says neither how it begins nor how long it is: what precedes it does. */
static bool set_up(fhi_store_compressor *compressor, const fh_str dictionaries[FHI_STORE_CODE_COUNT])
{
    ZSTD_CCtx *context = compressor->context = ZSTD_createCCtx();
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
        if (dictionaries[code].len == 0) continue;
        compressor->dictionaries[code] =
            ZSTD_createCDict_byReference(dictionaries[code].ptr, dictionaries[code].len, STORE_LEVEL);
        if (!compressor->dictionaries[code]) return false;
    }
    return context && !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_format, ZSTD_f_zstd1_magicless)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, STORE_LEVEL));
}

fh_status fhi_store_compressor_create(fh_str dictionary, fhi_store_compressor **out)
{
    fh_str parts[FHI_STORE_CODE_COUNT];
    *out = NULL;
    if (!fhi_store_dictionary_split(dictionary, parts)) return FH_E_CORRUPT;
    fhi_store_compressor *compressor = calloc(1, sizeof *compressor);
    if (!compressor) return FH_E_NOMEM;
    if (!set_up(compressor, parts)) {
        fhi_store_compressor_destroy(compressor);
        return FH_E_NOMEM;
    }
    *out = compressor;
    return FH_OK;
}

void fhi_store_compressor_destroy(fhi_store_compressor *compressor)
{
    if (!compressor) return;
    (void)ZSTD_freeCCtx(compressor->context);
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++)
        (void)ZSTD_freeCDict(compressor->dictionaries[code]);
    fhi_buf_fini(&compressor->coded);
    free(compressor);
}

fh_status fhi_store_compress(fhi_store_compressor *compressor, fh_str record, fhi_buf *frame)
{
    const fhi_store_code code = fhi_store_choose_code(record);
    fhi_buf *coded = &compressor->coded;
    fhi_buf_clear(coded);
    if (!fhi_buf_reserve(coded, fhi_store_coded_bytes_max(record.len))) return FH_E_NOMEM;
    coded->len = fhi_store_encode(code, record, coded->data);
    fhi_buf_put_varint(frame, (uint64_t)record.len << FHI_STORE_CODE_BITS | (uint64_t)code);
    const size_t bound = ZSTD_compressBound(coded->len);
    if (!fhi_buf_reserve(frame, bound)) return FH_E_NOMEM;
    if (ZSTD_isError(ZSTD_CCtx_refCDict(compressor->context, compressor->dictionaries[code]))) return FH_E_NOMEM;
    const size_t bytes = ZSTD_compress2(compressor->context, frame->data + frame->len, bound, coded->data, coded->len);
    if (ZSTD_isError(bytes)) return FH_E_NOMEM;
    frame->len += bytes;
    return FH_OK;
}
