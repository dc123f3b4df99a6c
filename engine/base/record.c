/* record.c - a stored article as one byte string. The layout is told in include/fihrist/record.h. */
#include "engine/base/base.h"

#include <fihrist/record.h>

fh_status fh_record_decode(fh_str bytes, fh_record *out)
{
    *out = (fh_record){0};
    fhi_span span = fhi_span_of(bytes.ptr, bytes.len);
    for (int i = 0; i < FH_FIELD_COUNT; i++)
        out->fields[i] = fhi_span_get_str(&span);
    if (!span.failed && fhi_span_left(&span) == 0) return FH_OK;
    *out = (fh_record){0};
    return FH_E_CORRUPT;
}

static size_t varint_bytes(uint64_t value)
{
    size_t count = 1;
    while (value >= 0x80) {
        value >>= 7;
        count++;
    }
    return count;
}

size_t fh_record_bytes(const fh_record *record)
{
    size_t bytes = 0;
    for (int i = 0; i < FH_FIELD_COUNT; i++)
        bytes += varint_bytes(record->fields[i].len) + record->fields[i].len;
    return bytes;
}

void fh_record_encode(const fh_record *record, char *to)
{
    for (int i = 0; i < FH_FIELD_COUNT; i++) {
        const fh_str field = record->fields[i];
        uint64_t len = field.len;
        for (; len >= 0x80; len >>= 7)
            *to++ = (char)(len | 0x80);
        *to++ = (char)len;
        if (field.len) memcpy(to, field.ptr, field.len);
        to += field.len;
    }
}

const char *fh_field_name(fh_field field)
{
    static const char *const names[FH_FIELD_COUNT] = {
        "id", "url", "lang", "source", "section", "region", "author", "date", "title", "abstract", "body", "tags", NULL,
    };
    return (unsigned)field < FH_FIELD_COUNT ? names[field] : NULL;
}
