/* alphabet.h - strings that stand in stored articles for one byte or two each. FORMAT.md, section 4.
 *
 * Compressors work on bytes; but most letters of the press take two of them, of which the first says little, and most
 * of a text is words that come again and again. So the words that articles of a script use most are learned from a
 * sample, and a record is written with their numbers before it is compressed: fewer bytes, and less to compress.
 * An alphabet without symbols leaves text as it is.
 */
#ifndef FHI_ALPHABET_H
#define FHI_ALPHABET_H

#include "engine/base/base.h"

enum {
    FHI_SYMBOL_ESCAPE = 0,     /* before a character that has no symbol */
    FHI_SYMBOL_BYTES_MAX = 32, /* of text */
    FHI_SYMBOL_PLACE_BITS = 6  /* hold that many */
};

typedef struct fhi_alphabet {
    uint32_t count;   /* of symbols; 0: text is coded as it is */
    uint32_t singles; /* a byte below this is a symbol; any other is the first of two */
    uint32_t *places; /* of each symbol: where its text begins, then FHI_SYMBOL_PLACE_BITS of its length; owned */
    uint8_t *text;    /* FHI_SYMBOL_BYTES_MAX more than there are; owned */
} fhi_alphabet;

static inline fh_str fhi_alphabet_symbol(const fhi_alphabet *alphabet, uint32_t symbol)
{
    const uint32_t place = alphabet->places[symbol];
    return (fh_str){(const char *)alphabet->text + (place >> FHI_SYMBOL_PLACE_BITS),
                    place & ((1u << FHI_SYMBOL_PLACE_BITS) - 1)};
}

/* How many bytes an escaped character has, by its first; 1 for what begins none. */
static inline size_t fhi_escaped_bytes(uint8_t lead)
{
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

/* ---- reading ---- */

/* Copies what it keeps. Codes: FH_E_CORRUPT, FH_E_NOMEM; *alphabet is then empty. */
fh_status fhi_alphabet_init(fhi_alphabet *alphabet, fh_str bytes);
void fhi_alphabet_fini(fhi_alphabet *alphabet);

/* False when `coded` is not exactly record_bytes. Up to FHI_DECODE_SLACK more bytes at `to` are written over. */
enum { FHI_DECODE_SLACK = FHI_SYMBOL_BYTES_MAX };
bool fhi_alphabet_decode(const fhi_alphabet *alphabet, fh_str coded, uint8_t *to, size_t record_bytes);

/* ---- writing ---- */

/* Learns an alphabet from these records, one after the other, and appends it to `bytes`. Codes: FH_E_NOMEM. */
fh_status fhi_alphabet_learn(const fh_str *records, size_t record_count, fhi_buf *bytes);

typedef struct fhi_speller fhi_speller; /* may be shared by threads */
/* Codes: those of fhi_alphabet_init. */
fh_status fhi_speller_create(fh_str alphabet, fhi_speller **out);
void fhi_speller_destroy(fhi_speller *speller); /* NULL is allowed */

/* Bytes that any record of so many may take. */
static inline size_t fhi_coded_bytes_max(size_t record_bytes)
{
    return 2 * record_bytes;
}

/* to: fhi_coded_bytes_max of record.len, and one more byte, which means nothing. Answers the bytes written. Any bytes
 * are coded, UTF-8 or not. */
size_t fhi_speller_encode(const fhi_speller *speller, fh_str record, uint8_t *to);

#endif
