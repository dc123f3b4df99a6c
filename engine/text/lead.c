/* lead.c - where the second sentence of an article ends: ICU's sentence break, French abbreviations known.
 *
 * Only the first few KiB are looked at, so that a text without full stops costs no more than others.
 */
#include "engine/text/text.h"

#include <unicode/utext.h>

enum { LEAD_BYTES_MAX = 4096, LEAD_SENTENCES = 2 };

/* A sentence without a letter or digit (an empty line, a row of stars) does not count. */
static bool has_word(const fhi_classes *classes, fh_str text, size_t at, size_t end)
{
    for (size_t next; at < end; at = next)
        if (FHI_BITS_START >> fhi_class_at(classes, (const uint8_t *)text.ptr, at, end, &next) & 1) return true;
    return false;
}

static fh_str first_bytes(fh_str text)
{
    if (text.len <= LEAD_BYTES_MAX) return text;
    for (text.len = LEAD_BYTES_MAX; text.len > 0 && ((uint8_t)text.ptr[text.len] & 0xC0) == 0x80;)
        text.len--;
    return text;
}

static fh_status status_of(UErrorCode code)
{
    if (U_SUCCESS(code)) return FH_OK;
    return code == U_MEMORY_ALLOCATION_ERROR ? FH_E_NOMEM : FH_E_INTERNAL;
}

fh_status fh_analyzer_lead_end(fh_analyzer *analyzer, fh_str text, uint32_t *end)
{
    UErrorCode code = U_ZERO_ERROR;
    UText units = UTEXT_INITIALIZER;
    const fh_str window = first_bytes(text);
    *end = (uint32_t)window.len;
    if (window.len == 0) return FH_OK;
    if (!analyzer->sentences) analyzer->sentences = ubrk_open(UBRK_SENTENCE, "fr@ss=standard", NULL, 0, &code);
    utext_openUTF8(&units, window.ptr, (int64_t)window.len, &code);
    ubrk_setUText(analyzer->sentences, &units, &code);
    if (U_SUCCESS(code)) {
        int32_t begin = ubrk_first(analyzer->sentences);
        for (int count = 0; count < LEAD_SENTENCES;) {
            const int32_t next = ubrk_next(analyzer->sentences);
            if (next == UBRK_DONE) break;
            count += has_word(&analyzer->classes, window, (size_t)begin, (size_t)next);
            *end = (uint32_t)next;
            begin = next;
        }
    }
    utext_close(&units);
    return status_of(code);
}
