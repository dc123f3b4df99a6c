/* store_code.c - records in the code of their script. Users: store.c writes, store_reader.c reads. */
#include "engine/segment/store.h"

enum { ESCAPE = 1 }; /* before a character that has no byte of its own; before this byte itself */

/* First byte of UTF-8 of the first half of the 128 characters; that of the others is one more. */
enum { LEAD_LATIN = 0xC2, LEAD_ARABIC = 0xD8 };

static uint8_t lead_of(fhi_store_code code)
{
    return code == FHI_STORE_ARABIC ? LEAD_ARABIC : LEAD_LATIN;
}

/* Counts what each code would gain: a byte for each of its characters. In bytes first, which compilers make short work
 * of. */
fhi_store_code fhi_store_choose_code(fh_str record)
{
    const uint8_t *from = (const uint8_t *)record.ptr;
    size_t latin = 0, arabic = 0, leads = 0;
    for (size_t done = 0; done < record.len;) {
        const size_t end = record.len - done < UINT8_MAX ? record.len : done + UINT8_MAX;
        uint8_t some_latin = 0, some_arabic = 0, some_leads = 0;
        for (; done < end; done++) {
            some_latin = (uint8_t)(some_latin + ((from[done] & 0xFE) == LEAD_LATIN));
            some_arabic = (uint8_t)(some_arabic + ((from[done] & 0xFE) == LEAD_ARABIC));
            some_leads = (uint8_t)(some_leads + (from[done] >= 0xC0));
        }
        latin += some_latin;
        arabic += some_arabic;
        leads += some_leads;
    }
    const fhi_store_code code = arabic > latin ? FHI_STORE_ARABIC : FHI_STORE_LATIN;
    const size_t gain = arabic > latin ? arabic : latin;
    return leads - gain > gain ? FHI_STORE_PLAIN : code; /* another script */
}

/* How many bytes an escaped character has, by its first; 1 for what begins none. */
static size_t bytes_of(uint8_t lead)
{
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

size_t fhi_store_encode(fhi_store_code code, fh_str record, uint8_t *to)
{
    const uint8_t *from = (const uint8_t *)record.ptr, *end = from + record.len;
    const uint8_t *const start = to;
    const uint8_t lead = lead_of(code);
    if (code == FHI_STORE_PLAIN) {
        if (record.len) memcpy(to, from, record.len);
        return record.len;
    }
    while (from < end) {
        const uint8_t byte = *from;
        const uint8_t next = end - from > 1 ? from[1] : 0;
        const bool pair = (byte & 0xFE) == lead && (next & 0xC0) == 0x80;
        if (FHI_LIKELY(pair || (byte < 0x80 && byte != ESCAPE))) {
            *to++ = pair ? (uint8_t)(0x80 | (byte & 1) << 6 | (next & 0x3F)) : byte;
            from += pair ? 2 : 1;
            continue;
        }
        size_t count = bytes_of(byte);
        if (count > (size_t)(end - from)) count = (size_t)(end - from);
        *to++ = ESCAPE;
        for (; count > 0; count--)
            *to++ = *from++;
    }
    return (size_t)(to - start);
}

bool fhi_store_decode(fhi_store_code code, fh_str coded, uint8_t *to, size_t record_bytes)
{
    const uint8_t *from = (const uint8_t *)coded.ptr, *end = from + coded.len;
    const uint8_t *const stop = to + record_bytes;
    const uint8_t lead = lead_of(code);
    if (code == FHI_STORE_PLAIN) {
        if (coded.len != record_bytes) return false;
        if (coded.len) memcpy(to, from, coded.len);
        return true;
    }
    while (from < end && to < stop) {
        const uint8_t byte = *from++;
        if (FHI_LIKELY(byte != ESCAPE)) {
            const bool pair = byte >= 0x80;
            to[0] = pair ? (uint8_t)(lead | (byte >> 6 & 1)) : byte;
            to[1] = 0x80 | (byte & 0x3F);
            to += pair ? 2 : 1;
            continue;
        }
        size_t count = from < end ? bytes_of(*from) : 0;
        if (count > (size_t)(end - from)) count = (size_t)(end - from);
        for (; count > 0; count--)
            *to++ = *from++;
    }
    return from == end && to == stop;
}

bool fhi_store_dictionary_split(fh_str dictionary, fh_str parts[FHI_STORE_CODE_COUNT])
{
    fhi_span span = fhi_span_of(dictionary.ptr, dictionary.len);
    for (int i = 0; i < FHI_STORE_CODE_COUNT; i++)
        parts[i] = dictionary.len ? fhi_span_get_str(&span) : (fh_str){0};
    return !span.failed && fhi_span_left(&span) == 0;
}
