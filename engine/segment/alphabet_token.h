/* alphabet_token.h - what may be a symbol: where alphabet_learn.c and alphabet_writer.c see words begin and end.
 *
 * Only the size of an index hangs on these rules, so they are simple: runs of ASCII letters and digits and of
 * characters of two bytes, with the space before them; any longer character alone.
 */
#ifndef FHI_ALPHABET_TOKEN_H
#define FHI_ALPHABET_TOKEN_H

#include "engine/segment/alphabet.h"

enum { FHI_LETTER_COUNT = 0x800 }; /* characters of one byte or two, by code point */

/* Bytes of the letter that begins here; 0 where none does. Punctuation of Latin-1 and of Arabic is none. */
static inline size_t fhi_letter_bytes(const uint8_t *at, const uint8_t *end)
{
    const uint8_t byte = *at;
    if (byte < 0x80) return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
    if (byte < 0xC3 || byte >= 0xE0 || end - at < 2) return 0;
    return byte == 0xD8 && at[1] < 0xA1 ? 0 : 2;
}

/* Bytes of what may be one symbol from here; 0 where only a character of one byte or two may. */
static inline size_t fhi_token_bytes(const uint8_t *from, const uint8_t *end)
{
    const size_t left = (size_t)(end - from);
    if (*from >= 0xE0) return left < fhi_escaped_bytes(*from) ? left : fhi_escaped_bytes(*from);
    const uint8_t *const stop = left < FHI_SYMBOL_BYTES_MAX ? end : from + FHI_SYMBOL_BYTES_MAX;
    const uint8_t *const start = from + (*from == ' '), *at = start;
    for (size_t bytes; at < stop && (bytes = fhi_letter_bytes(at, stop)) > 0;)
        at += bytes;
    return at > start ? (size_t)(at - from) : 0;
}

/* The code point of a character of one byte or two and how many; FHI_LETTER_COUNT for anything else. */
static inline uint32_t fhi_letter_at(const uint8_t *from, const uint8_t *end, size_t *bytes)
{
    *bytes = 1;
    if (*from < 0x80) return *from;
    if (*from < 0xC2 || *from >= 0xE0 || end - from < 2 || (from[1] & 0xC0) != 0x80) return FHI_LETTER_COUNT;
    *bytes = 2;
    return (uint32_t)(*from & 0x1F) << 6 | (from[1] & 0x3F);
}

/* In tables of tokens, which are short. */
static inline uint32_t fhi_token_hash(const uint8_t *from, size_t bytes)
{
    const uint64_t k = 0x9E3779B97F4A7C15; /* the golden ratio */
    uint64_t hash = bytes * k;
    const uint8_t *const end = from + bytes;
    for (; end - from > 8; from += 8)
        hash = (hash ^ fhi_load64(from)) * k ^ hash >> 29;
    uint64_t last = 0; /* up to 8 bytes, some of them twice */
    if (bytes >= 8)
        last = fhi_load64(end - 8);
    else if (bytes >= 4)
        last = (uint64_t)fhi_load32(from) << 32 | fhi_load32(end - 4);
    else
        last = (uint64_t)from[0] << 16 | (uint64_t)from[bytes / 2] << 8 | end[-1];
    hash = (hash ^ last) * k;
    return (uint32_t)(hash >> 32);
}

#endif
