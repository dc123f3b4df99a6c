/* store.h - what the writer and the reader of stored articles share: codes of records, and what a store dictionary
 * holds. FORMAT.md, section 4.
 *
 * Each script has a code: an alphabet (alphabet.h), in which records of that script are written, and a dictionary by
 * which they are compressed then. Both are learned from a sample.
 */
#ifndef FHI_STORE_H
#define FHI_STORE_H

#include "engine/segment/alphabet.h"

typedef enum fhi_store_code { /* by the script most of a record is in */
                              FHI_STORE_OTHER,
                              FHI_STORE_LATIN,
                              FHI_STORE_ARABIC,
                              FHI_STORE_CODE_COUNT
} fhi_store_code;

enum { FHI_STORE_CODE_BITS = 2, FHI_RECORD_BYTES_MAX = 256 * 1024 * 1024 };

/* The code that suits these bytes. */
fhi_store_code fhi_store_choose_code(fh_str record);

/* What a store dictionary holds for a code; either may be empty. */
typedef struct fhi_store_part {
    fh_str alphabet;
    fh_str dictionary; /* of zstd */
} fhi_store_part;

/* Empty bytes: nothing for any code. False: damaged. */
bool fhi_store_dictionary_split(fh_str dictionary, fhi_store_part parts[FHI_STORE_CODE_COUNT]);

#endif
