/* store.h - what the writer and the reader of stored articles share: how a record is written before it is compressed,
 * and what a store dictionary holds. FORMAT.md, section 4.
 *
 * Compressors work on bytes, and most letters of the press take two: the first says little and costs much. So a record
 * is written in the code of its script, where such a letter is one byte.
 */
#ifndef FHI_STORE_H
#define FHI_STORE_H

#include "engine/base/base.h"

typedef enum fhi_store_code {
    FHI_STORE_PLAIN,  /* the record as it is */
    FHI_STORE_LATIN,  /* U+0080 to U+00FF in one byte */
    FHI_STORE_ARABIC, /* U+0600 to U+067F in one byte */
    FHI_STORE_CODE_COUNT
} fhi_store_code;

enum { FHI_STORE_CODE_BITS = 2, FHI_RECORD_BYTES_MAX = 256 * 1024 * 1024 };

/* The code that suits these bytes. */
fhi_store_code fhi_store_choose_code(fh_str record);

/* Bytes that any record of so many may take in any code. */
static inline size_t fhi_store_coded_bytes_max(size_t record_bytes)
{
    return 2 * record_bytes;
}

/* to: fhi_store_coded_bytes_max of record.len. Answers the bytes written. Any bytes are coded, UTF-8 or not. */
size_t fhi_store_encode(fhi_store_code code, fh_str record, uint8_t *to);

/* The other way; false when it does not give exactly record_bytes. Up to FHI_STORE_DECODE_SLACK more bytes at `to` are
 * written over. */
enum { FHI_STORE_DECODE_SLACK = 3 };
bool fhi_store_decode(fhi_store_code code, fh_str coded, uint8_t *to, size_t record_bytes);

/* A store dictionary is one zstd dictionary for each code. Empty bytes: none for any. False: damaged. */
bool fhi_store_dictionary_split(fh_str dictionary, fh_str parts[FHI_STORE_CODE_COUNT]);

#endif
