/* alphabet_reader.c - from symbols back to text. Users: store_reader.c; alphabet_writer.c, which spells by the same
 * table. */
#include "engine/segment/alphabet.h"

#include <stdlib.h>

enum { COPIED_BYTES = 16 }; /* of a symbol at once; most are shorter */

/* Lengths of all symbols: places. False where a symbol is nothing or too much, or the text is not exactly theirs. */
static bool lay_out(fhi_alphabet *alphabet, const uint8_t *lengths, size_t text_bytes)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < alphabet->count; i++) {
        if (lengths[i] > FHI_SYMBOL_BYTES_MAX || (lengths[i] == 0) != (i == FHI_SYMBOL_ESCAPE)) return false;
        alphabet->places[i] = at << FHI_SYMBOL_PLACE_BITS | lengths[i];
        at += lengths[i];
    }
    return at == text_bytes;
}

fh_status fhi_alphabet_init(fhi_alphabet *alphabet, fh_str bytes)
{
    *alphabet = (fhi_alphabet){0};
    if (bytes.len == 0) return FH_OK;
    fhi_span span = fhi_span_of(bytes.ptr, bytes.len);
    const uint32_t leads = fhi_span_get8(&span);
    const uint32_t count = fhi_span_get16(&span);
    const uint8_t *lengths = fhi_span_take(&span, count);
    if (span.failed || count == 0 || count > 256 - leads + leads * 256) return FH_E_CORRUPT;
    const size_t left = fhi_span_left(&span);
    *alphabet = (fhi_alphabet){.count = count, .singles = 256 - leads};
    alphabet->places = malloc(count * sizeof *alphabet->places);
    alphabet->text = malloc(left + FHI_SYMBOL_BYTES_MAX);
    fh_status status = alphabet->places && alphabet->text ? FH_OK : FH_E_NOMEM;
    if (status == FH_OK && !lay_out(alphabet, lengths, left)) status = FH_E_CORRUPT;
    if (status != FH_OK) {
        fhi_alphabet_fini(alphabet);
        return status;
    }
    if (left) memcpy(alphabet->text, span.data + span.at, left);
    memset(alphabet->text + left, 0, FHI_SYMBOL_BYTES_MAX);
    return FH_OK;
}

void fhi_alphabet_fini(fhi_alphabet *alphabet)
{
    free(alphabet->places);
    free(alphabet->text);
    *alphabet = (fhi_alphabet){0};
}

static bool copy(fh_str coded, uint8_t *to, size_t record_bytes)
{
    if (coded.len != record_bytes) return false;
    if (coded.len) memcpy(to, coded.ptr, coded.len);
    return true;
}

bool fhi_alphabet_decode(const fhi_alphabet *alphabet, fh_str coded, uint8_t *to, size_t record_bytes)
{
    if (alphabet->count == 0) return copy(coded, to, record_bytes);
    const uint8_t *from = (const uint8_t *)coded.ptr, *end = from + coded.len;
    const uint8_t *const stop = to + record_bytes;
    const uint32_t singles = alphabet->singles;
    while (from < end && to < stop) {
        uint32_t symbol = *from++;
        if (symbol >= singles) {
            if (from == end) return false;
            symbol += (symbol - singles) * 255 + *from++;
        }
        if (symbol >= alphabet->count) return false;
        if (FHI_UNLIKELY(symbol == FHI_SYMBOL_ESCAPE)) {
            size_t count = from < end ? fhi_escaped_bytes(*from) : 0;
            if (count > (size_t)(end - from)) count = (size_t)(end - from);
            for (; count > 0; count--)
                *to++ = *from++;
            continue;
        }
        const fh_str text = fhi_alphabet_symbol(alphabet, symbol);
        memcpy(to, text.ptr, COPIED_BYTES);
        if (text.len > COPIED_BYTES) memcpy(to + COPIED_BYTES, text.ptr + COPIED_BYTES, COPIED_BYTES);
        to += text.len;
    }
    return from == end && to == stop;
}
