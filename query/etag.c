/* etag.c - makes entity tags, and reads If-None-Match. */
#include "query/etag.h"

#include <inttypes.h>
#include <stdio.h>

enum { HASH_DIGITS = 16 };

uint64_t fhi_etag_hash(uint64_t snapshot_identity, uint64_t question_hash)
{
    static const char version[] = FH_VERSION;
    const uint64_t parts[] = {snapshot_identity, question_hash, fhi_hash64(version, sizeof version - 1)};
    return fhi_hash64(parts, sizeof parts);
}

void fhi_etag_text(uint64_t hash, bool weak, const char *encoding, char out[FHI_ETAG_BYTES])
{
    (void)snprintf(out, FHI_ETAG_BYTES, "%s\"%016" PRIx64 "%s%s\"", weak ? "W/" : "", hash, *encoding ? "-" : "",
                   encoding);
}

static void skip_space(fhi_span *list)
{
    while (list->at < list->len && (list->data[list->at] == ' ' || list->data[list->at] == '\t'))
        list->at++;
}

static bool skip_byte(fhi_span *list, char byte)
{
    if (list->at == list->len || list->data[list->at] != (uint8_t)byte) return false;
    list->at++;
    return true;
}

/* The opaque part of the next tag; ptr NULL where there is none. */
static fh_str next_tag(fhi_span *list)
{
    do
        skip_space(list);
    while (skip_byte(list, ','));
    if (skip_byte(list, 'W') && !skip_byte(list, '/')) return (fh_str){NULL, 0};
    if (!skip_byte(list, '"')) return (fh_str){NULL, 0};
    const char *begin = (const char *)list->data + list->at;
    const char *end = memchr(begin, '"', list->len - list->at);
    if (!end) return (fh_str){NULL, 0};
    list->at += (size_t)(end - begin) + 1;
    return (fh_str){begin, (size_t)(end - begin)};
}

fhi_etag_match fhi_etag_find(fh_str if_none_match, uint64_t hash)
{
    char digits[HASH_DIGITS + 1];
    fhi_span list = fhi_span_of(if_none_match.ptr, if_none_match.len);
    (void)snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    skip_space(&list);
    if (skip_byte(&list, '*')) return FHI_ETAG_ANY;
    /* The encodings of one answer are fresh together. */
    for (fh_str tag; (tag = next_tag(&list)).ptr;)
        if (fhi_str_starts(tag, (fh_str){digits, HASH_DIGITS}) &&
            (tag.len == HASH_DIGITS || tag.ptr[HASH_DIGITS] == '-'))
            return FHI_ETAG_SAME;
    return FHI_ETAG_OTHER;
}
