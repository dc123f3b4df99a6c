/* store.c - stored articles: coded in the alphabet of their script, then one zstd frame each, compressed with a
 * dictionary trained on articles in the same code.
 *
 * A frame is complete in itself, so a merge copies it as it is and one article is read without its neighbours.
 */
#define ZDICT_STATIC_LINKING_ONLY /* ZDICT_trainFromBuffer_fastCover */
#define ZSTD_STATIC_LINKING_ONLY  /* frames without magic, parameters of a dictionary */
#include "engine/segment/store.h"

#include "engine/segment/layout.h"

#include <pthread.h>
#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

/* Measured on 97,106 articles in two languages: METHOD.md, "Stored articles". One pass of cover training over segments
 * of 100 bytes gives 8 % fewer bytes than zstd's own search for parameters, in a quarter of its time. */
enum {
    STORE_LEVEL = 5,
    TABLE_BITS_MAX = 18, /* enough for a dictionary; the level's own table of 2 MiB does not fit a cache */
    DICTIONARY_BYTES_MAX = 256 * 1024,
    DICTIONARY_SHARE = 4, /* at most this part of what it is trained on: a small index pays for it too */
    DICTIONARY_BYTES_MIN = 4 * 1024,
    TRAIN_RECORDS_MIN = 64, /* fewer make a dictionary that costs more than it saves */
    COVER_SEGMENT_BYTES = 100,
    COVER_MATCH_BYTES = 8,
    COVER_TABLE_BITS = 20
};

/* ---- training -------------------------------------------------------------------------------------------- */

typedef struct samples {
    fh_str *records; /* of one code */
    size_t count;
    fhi_buf coded; /* one after the other */
    size_t *sizes;
} samples;

static fh_status encode_samples(samples *of, fh_str alphabet)
{
    fhi_speller *speller;
    FH_TRY(fhi_speller_create(alphabet, &speller));
    for (size_t i = 0; i < of->count; i++) {
        if (!fhi_buf_reserve(&of->coded, fhi_coded_bytes_max(of->records[i].len) + 1)) break;
        of->sizes[i] = fhi_speller_encode(speller, of->records[i], of->coded.data + of->coded.len);
        of->coded.len += of->sizes[i];
    }
    fhi_speller_destroy(speller);
    return of->coded.status;
}

/* A dictionary from the samples; nothing where there is too little. */
static fh_status train(const samples *from, fhi_buf *dictionary)
{
    size_t capacity = from->coded.len / DICTIONARY_SHARE;
    if (capacity < DICTIONARY_BYTES_MIN) return FH_OK;
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

/* What is learned for one code. */
typedef struct training {
    fhi_store_code code;
    const uint8_t *records; /* of all codes */
    const size_t *record_bytes;
    size_t record_count;
    fhi_buf alphabet, dictionary;
    fh_status status;
} training;

/* The records of the code; nothing of them where they are few. */
static void gather(const training *of, samples *to)
{
    const uint8_t *at = of->records;
    for (size_t i = 0; i < of->record_count; at += of->record_bytes[i++]) {
        const fh_str record = {(const char *)at, of->record_bytes[i]};
        if (fhi_store_choose_code(record) == of->code) to->records[to->count++] = record;
    }
    if (to->count < TRAIN_RECORDS_MIN || to->count > UINT32_MAX) to->count = 0;
}

static void *learn(void *argument)
{
    training *of = argument;
    samples from = {.records = malloc((of->record_count + 1) * sizeof *from.records),
                    .sizes = malloc((of->record_count + 1) * sizeof *from.sizes)};
    of->status = from.records && from.sizes ? FH_OK : FH_E_NOMEM;
    if (of->status == FH_OK) gather(of, &from);
    if (of->status == FH_OK && from.count > 0) {
        of->status = fhi_alphabet_learn(from.records, from.count, &of->alphabet);
        if (of->status == FH_OK) of->status = encode_samples(&from, fhi_buf_str(&of->alphabet));
        if (of->status == FH_OK) of->status = train(&from, &of->dictionary);
    }
    fhi_buf_fini(&from.coded);
    free(from.records);
    free(from.sizes);
    return NULL;
}

fh_status fhi_store_train(const uint8_t *records, const size_t *record_bytes, size_t record_count, fhi_buf *dictionary)
{
    training of[FHI_STORE_CODE_COUNT];
    pthread_t other;
    fh_status status = FH_OK;
    fhi_buf_clear(dictionary);
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++)
        of[code] = (training){(fhi_store_code)code, records, record_bytes, record_count, {0}, {0}, FH_OK};
    const bool beside = pthread_create(&other, NULL, learn, &of[FHI_STORE_LATIN]) == 0; /* it takes most of the time */
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++)
        if (!beside || code != FHI_STORE_LATIN) (void)learn(&of[code]);
    if (beside) (void)pthread_join(other, NULL);
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
        if (status == FH_OK) status = of[code].status;
        fhi_buf_put_str(dictionary, fhi_buf_str(&of[code].alphabet));
        fhi_buf_put_str(dictionary, fhi_buf_str(&of[code].dictionary));
        fhi_buf_fini(&of[code].alphabet);
        fhi_buf_fini(&of[code].dictionary);
    }
    if (dictionary->len == 2 * FHI_STORE_CODE_COUNT) dictionary->len = 0; /* nothing for any code */
    return status == FH_OK ? dictionary->status : status;
}

/* ---- compression ----------------------------------------------------------------------------------------- */

struct fhi_store_compressor {
    ZSTD_CCtx *context;
    fhi_speller *spellers[FHI_STORE_CODE_COUNT];
    ZSTD_CDict *dictionaries[FHI_STORE_CODE_COUNT]; /* NULL where there is none */
    fhi_buf coded;
};

/* A frame says neither how it begins nor how long it is: what precedes it does. */
static bool set_up(ZSTD_CCtx *context)
{
    return context && !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_format, ZSTD_f_zstd1_magicless)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, STORE_LEVEL));
}

static fh_status prepare(fhi_store_compressor *compressor, fhi_store_code code, const fhi_store_part *part)
{
    const fh_str dictionary = part->dictionary;
    FH_TRY(fhi_speller_create(part->alphabet, &compressor->spellers[code]));
    if (dictionary.len == 0) return FH_OK;
    ZSTD_compressionParameters parameters = ZSTD_getCParams(STORE_LEVEL, 0, dictionary.len);
    if (parameters.hashLog > TABLE_BITS_MAX) parameters.hashLog = TABLE_BITS_MAX;
    compressor->dictionaries[code] = ZSTD_createCDict_advanced(dictionary.ptr, dictionary.len, ZSTD_dlm_byRef,
                                                               ZSTD_dct_auto, parameters, ZSTD_defaultCMem);
    return compressor->dictionaries[code] ? FH_OK : FH_E_NOMEM;
}

fh_status fhi_store_compressor_create(fh_str dictionary, fhi_store_compressor **out)
{
    fhi_store_part parts[FHI_STORE_CODE_COUNT];
    *out = NULL;
    if (!fhi_store_dictionary_split(dictionary, parts)) return FH_E_CORRUPT;
    fhi_store_compressor *compressor = calloc(1, sizeof *compressor);
    if (!compressor) return FH_E_NOMEM;
    compressor->context = ZSTD_createCCtx();
    fh_status status = set_up(compressor->context) ? FH_OK : FH_E_NOMEM;
    for (int code = 0; code < FHI_STORE_CODE_COUNT && status == FH_OK; code++)
        status = prepare(compressor, (fhi_store_code)code, &parts[code]);
    if (status != FH_OK) {
        fhi_store_compressor_destroy(compressor);
        return status;
    }
    *out = compressor;
    return FH_OK;
}

void fhi_store_compressor_destroy(fhi_store_compressor *compressor)
{
    if (!compressor) return;
    (void)ZSTD_freeCCtx(compressor->context);
    for (int code = 0; code < FHI_STORE_CODE_COUNT; code++) {
        fhi_speller_destroy(compressor->spellers[code]);
        (void)ZSTD_freeCDict(compressor->dictionaries[code]);
    }
    fhi_buf_fini(&compressor->coded);
    free(compressor);
}

fh_status fhi_store_compress(fhi_store_compressor *compressor, fh_str record, fhi_buf *frame)
{
    const fhi_store_code code = fhi_store_choose_code(record);
    fhi_buf *coded = &compressor->coded;
    fhi_buf_clear(coded);
    if (!fhi_buf_reserve(coded, fhi_coded_bytes_max(record.len) + 1)) return FH_E_NOMEM;
    coded->len = fhi_speller_encode(compressor->spellers[code], record, coded->data);
    fhi_buf_put_varint(frame, (uint64_t)record.len << FHI_STORE_CODE_BITS | (uint64_t)code);
    const size_t bound = ZSTD_compressBound(coded->len);
    if (!fhi_buf_reserve(frame, bound)) return FH_E_NOMEM;
    if (ZSTD_isError(ZSTD_CCtx_refCDict(compressor->context, compressor->dictionaries[code]))) return FH_E_NOMEM;
    const size_t bytes = ZSTD_compress2(compressor->context, frame->data + frame->len, bound, coded->data, coded->len);
    if (ZSTD_isError(bytes)) return FH_E_NOMEM;
    frame->len += bytes;
    return FH_OK;
}
