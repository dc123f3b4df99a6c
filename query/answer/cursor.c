/* cursor.c - writes and reads cursors: 40 bytes in hexadecimal, the last four a checksum over the others. */
#include "query/answer/cursor.h"

enum {
    IDENTITY_AT = 0,
    QUESTION_AT = 8,
    KEY_AT = 16,
    SEGMENT_AT = 24,
    DOC_AT = 28,
    PASSED_AT = 32,
    SUM_AT = 36,
    END = 40
};
_Static_assert(END * 2 == FHI_CURSOR_BYTES, "two digits a byte");

uint64_t fhi_request_hash(const fhi_request *request)
{
    const uint64_t parts[] = {fhi_hash64(request->query.ptr, request->query.len), (uint64_t)request->op,
                              (uint64_t)request->sort};
    return fhi_hash64(parts, sizeof parts);
}

/* An index has no more than 2^32 - 1 articles, so `passed` fits 32 bits. */
void fhi_cursor_write(const fhi_question *question, const fhi_place *place, uint64_t passed,
                      char text[FHI_CURSOR_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[END];
    fhi_store64(bytes + IDENTITY_AT, question->identity);
    fhi_store64(bytes + QUESTION_AT, question->hash);
    fhi_store64(bytes + KEY_AT, place->key);
    fhi_store32(bytes + SEGMENT_AT, place->segment);
    fhi_store32(bytes + DOC_AT, place->doc);
    fhi_store32(bytes + PASSED_AT, (uint32_t)passed);
    fhi_store32(bytes + SUM_AT, fhi_crc32c(0, bytes, SUM_AT));
    for (int i = 0; i < END; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[FHI_CURSOR_BYTES] = '\0';
}

/* The value of a digit as it is written here; 16 for anything else. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

static bool read_bytes(fh_str text, uint8_t bytes[END])
{
    if (text.len != FHI_CURSOR_BYTES) return false;
    for (int i = 0; i < END; i++) {
        const unsigned high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);
        if (high > 15 || low > 15) return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return fhi_load32(bytes + SUM_AT) == fhi_crc32c(0, bytes, SUM_AT);
}

fh_status fhi_cursor_read(fh_str text, const fhi_question *question, fhi_place *place, uint64_t *passed, fh_err *err)
{
    uint8_t bytes[END];
    *place = (fhi_place){0};
    *passed = 0;
    if (!read_bytes(text, bytes)) return fhi_fail(err, FH_E_CURSOR, "it was cut or changed");
    if (fhi_load64(bytes + QUESTION_AT) != question->hash)
        return fhi_fail(err, FH_E_CURSOR, "query, op or sort differ");
    if (fhi_load64(bytes + IDENTITY_AT) != question->identity) return fhi_fail(err, FH_E_GONE, "%s", "");
    *place = (fhi_place){fhi_load64(bytes + KEY_AT), fhi_load32(bytes + SEGMENT_AT), fhi_load32(bytes + DOC_AT)};
    *passed = fhi_load32(bytes + PASSED_AT);
    return FH_OK;
}
