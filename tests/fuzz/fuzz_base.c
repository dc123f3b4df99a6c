/* fuzz_base.c - the span reader and the UTF-8 check on any bytes. */
#include "engine/base/base.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (fhi_utf8_check(data, len) > len) abort();
    fhi_span span = fhi_span_of(data, len);
    while (!span.failed && fhi_span_left(&span)) {
        switch (fhi_span_get8(&span) % 6) {
        case 0: (void)fhi_span_get16(&span); break;
        case 1: (void)fhi_span_get32(&span); break;
        case 2: (void)fhi_span_get64(&span); break;
        case 3: (void)fhi_span_get_varint(&span); break;
        case 4: {
            const fh_str text = fhi_span_get_str(&span);
            (void)fhi_utf8_check(text.ptr, text.len);
            break;
        }
        default: (void)fhi_span_take(&span, fhi_span_get8(&span)); break;
        }
        if (span.at > span.len) abort();
    }
    return 0;
}
