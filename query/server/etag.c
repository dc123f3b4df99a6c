/* etag.c - makes entity tags, and reads If-None-Match. */
#include "query/server/etag.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t fhi_etag_hash(uint64_t snapshot_identity, uint64_t question_hash)
{
    static const char version[] = FH_VERSION;
    const uint64_t parts[] = {snapshot_identity, question_hash, fhi_hash64(version, sizeof version - 1)};
    return fhi_hash64(parts, sizeof parts);
}

void fhi_etag_text(uint64_t hash, bool weak, fhi_coding coding, char out[FHI_ETAG_BYTES])
{
    const char *name = fhi_coding_name(coding);
    (void)snprintf(out, FHI_ETAG_BYTES, "%s\"%016" PRIx64 "%s%s\"", weak ? "W/" : "", hash, *name ? "-" : "", name);
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

/* The next tag with its quotes, but without W/; ptr NULL where there is none. */
static fh_str next_tag(fhi_span *list)
{
    do
        skip_space(list);
    while (skip_byte(list, ','));
    if (skip_byte(list, 'W') && !skip_byte(list, '/')) return (fh_str){NULL, 0};
    const char *begin = (const char *)list->data + list->at;
    if (!skip_byte(list, '"')) return (fh_str){NULL, 0};
    const char *end = list->at < list->len ? memchr(begin + 1, '"', list->len - list->at) : NULL;
    if (!end) return (fh_str){NULL, 0};
    const fh_str tag = {begin, (size_t)(end - begin) + 1};
    list->at += tag.len - 1;
    return tag;
}

fhi_etag_match fhi_etag_find(fh_str if_none_match, uint64_t hash, fhi_coding *coding)
{
    char texts[FHI_CODINGS][FHI_ETAG_BYTES];
    fhi_span list = fhi_span_of(if_none_match.ptr, if_none_match.len);
    *coding = FHI_CODING_IDENTITY;
    skip_space(&list);
    if (skip_byte(&list, '*')) return FHI_ETAG_ANY;
    if (list.at == list.len) return FHI_ETAG_OTHER;
    for (int i = 0; i < FHI_CODINGS; i++)
        fhi_etag_text(hash, false, (fhi_coding)i, texts[i]);
    for (fh_str tag; (tag = next_tag(&list)).ptr;) {
        for (int i = 0; i < FHI_CODINGS; i++) {
            if (!fhi_str_equal(tag, fhi_str(texts[i]))) continue;
            *coding = (fhi_coding)i;
            return FHI_ETAG_SAME;
        }
    }
    return FHI_ETAG_OTHER;
}
