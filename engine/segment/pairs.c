/* pairs.c - the frequent words of an index; see pairs.h. */
#include "engine/segment/pairs.h"

#include "engine/segment/segment.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    return fhi_str_compare(*(const fh_str *)a, *(const fh_str *)b);
}

fh_status fhi_frequent_init(fhi_frequent *frequent, const fh_str *words, uint32_t count)
{
    size_t bytes = 1;
    *frequent = (fhi_frequent){0};
    for (uint32_t i = 0; i < count; i++)
        bytes += words[i].len;
    char *to = frequent->bytes = malloc(bytes);
    if (!to) return FH_E_NOMEM;
    for (uint32_t i = 0; i < count && frequent->count < FHI_FREQUENT_MAX; i++) {
        const fh_str word = words[i];
        if (word.len == 0 || word.len > FHI_FREQUENT_BYTES_MAX || memchr(word.ptr, 0, word.len)) continue;
        memcpy(to, word.ptr, word.len);
        frequent->words[frequent->count++] = (fh_str){to, word.len};
        to += word.len;
    }
    qsort(frequent->words, frequent->count, sizeof *frequent->words, by_bytes);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < frequent->count; i++)
        if (i == 0 || !fhi_str_equal(frequent->words[i], frequent->words[kept - 1]))
            frequent->words[kept++] = frequent->words[i];
    frequent->count = kept;
    return FH_OK;
}

void fhi_frequent_fini(fhi_frequent *frequent)
{
    free(frequent->bytes);
    *frequent = (fhi_frequent){0};
}

uint32_t fhi_frequent_find(const fhi_frequent *frequent, fh_str word)
{
    uint32_t low = 0, high = frequent->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = fhi_str_compare(frequent->words[middle], word);
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return FHI_FREQUENT_MAX;
}

fh_str fhi_pair_term(fh_str first, fh_str second, char term[FHI_PAIR_TERM_BYTES_MAX])
{
    term[0] = FHI_NS_PAIR;
    memcpy(term + 1, first.ptr, first.len);
    term[1 + first.len] = 0;
    memcpy(term + 2 + first.len, second.ptr, second.len);
    return (fh_str){term, first.len + second.len + 2};
}
