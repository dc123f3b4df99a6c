/* buf.c - the growing byte buffer and its mirror, the bounds-checked span. */
#include "engine/base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fhi_buf_init(fhi_buf *buf)
{
    *buf = (fhi_buf){0};
}

void fhi_buf_fini(fhi_buf *buf)
{
    free(buf->data);
    *buf = (fhi_buf){0};
}

void fhi_buf_clear(fhi_buf *buf)
{
    buf->len = 0;
    buf->status = FH_OK;
}

bool fhi_buf_reserve(fhi_buf *buf, size_t more)
{
    if (buf->status != FH_OK) return false;
    if (buf->data && buf->capacity - buf->len >= more) return true;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    if (more > SIZE_MAX / 4 - buf->len) {
        buf->status = FH_E_NOMEM;
        return false;
    }
    while (capacity < buf->len + more)
        capacity += capacity / 2 + 32;
    uint8_t *data = realloc(buf->data, capacity);
    if (!data) {
        buf->status = FH_E_NOMEM;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

uint8_t *fhi_buf_extend(fhi_buf *buf, size_t count)
{
    if (!fhi_buf_reserve(buf, count)) return NULL;
    uint8_t *start = buf->data + buf->len;
    buf->len += count;
    return start;
}

void fhi_buf_put(fhi_buf *buf, const void *data, size_t count)
{
    if (count == 0) return;
    uint8_t *to = fhi_buf_extend(buf, count);
    if (to) memcpy(to, data, count);
}

void fhi_buf_put16(fhi_buf *buf, uint16_t value)
{
    fhi_buf_put(buf, &value, sizeof value);
}

void fhi_buf_put32(fhi_buf *buf, uint32_t value)
{
    fhi_buf_put(buf, &value, sizeof value);
}

void fhi_buf_put64(fhi_buf *buf, uint64_t value)
{
    fhi_buf_put(buf, &value, sizeof value);
}

void fhi_buf_put_varint(fhi_buf *buf, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;
    while (value >= 0x80) {
        bytes[count++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[count++] = (uint8_t)value;
    fhi_buf_put(buf, bytes, count);
}

void fhi_buf_put_str(fhi_buf *buf, fh_str text)
{
    fhi_buf_put_varint(buf, text.len);
    fhi_buf_put(buf, text.ptr, text.len);
}

void fhi_buf_printf(fhi_buf *buf, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length > 0 && fhi_buf_reserve(buf, (size_t)length + 1)) {
        (void)vsnprintf((char *)buf->data + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length;
    }
    va_end(again);
}

const uint8_t *fhi_span_take(fhi_span *span, size_t count)
{
    if (span->failed || count > span->len - span->at) {
        span->failed = true;
        return NULL;
    }
    const uint8_t *start = span->data + span->at;
    span->at += count;
    return start;
}

uint8_t fhi_span_get8(fhi_span *span)
{
    const uint8_t *from = fhi_span_take(span, 1);
    return from ? *from : 0;
}

uint16_t fhi_span_get16(fhi_span *span)
{
    const uint8_t *from = fhi_span_take(span, 2);
    return from ? fhi_load16(from) : 0;
}

uint32_t fhi_span_get32(fhi_span *span)
{
    const uint8_t *from = fhi_span_take(span, 4);
    return from ? fhi_load32(from) : 0;
}

uint64_t fhi_span_get64(fhi_span *span)
{
    const uint8_t *from = fhi_span_take(span, 8);
    return from ? fhi_load64(from) : 0;
}

uint64_t fhi_span_get_long_varint(fhi_span *span)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = fhi_span_get8(span);
        if (span->failed) return 0;
        if (shift == 63 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
    }
    span->failed = true;
    return 0;
}

fh_str fhi_span_get_str(fhi_span *span)
{
    const uint64_t len = fhi_span_get_varint(span);
    if (len > fhi_span_left(span)) span->failed = true;
    const uint8_t *from = fhi_span_take(span, (size_t)len);
    return from ? (fh_str){(const char *)from, (size_t)len} : (fh_str){NULL, 0};
}
