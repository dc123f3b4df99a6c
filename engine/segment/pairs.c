/* pairs.c - the frequent words of an index; see pairs.h. */
#include "engine/segment/pairs.h"

#include "engine/segment/segment.h"

#include <stdlib.h>

static bool are_sane(const fh_str *words, uint32_t count)
{
    if (count > FHI_FREQUENT_MAX) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (words[i].len == 0 || words[i].len > FHI_FREQUENT_BYTES_MAX || memchr(words[i].ptr, 0, words[i].len))
            return false;
        if (i > 0 && fhi_str_compare(words[i - 1], words[i]) >= 0) return false;
    }
    return true;
}

fh_status fhi_frequent_init(fhi_frequent *frequent, const fh_str *words, uint32_t count)
{
    size_t bytes = 1;
    *frequent = (fhi_frequent){0};
    if (!are_sane(words, count)) return FH_E_INVALID;
    for (uint32_t i = 0; i < count; i++)
        bytes += words[i].len;
    const uint32_t row_words = (count + 63) / 64;
    const size_t row_count = (size_t)count * row_words;
    char *to = frequent->bytes = malloc(bytes);
    frequent->partners = calloc(row_count + 1, sizeof *frequent->partners);
    frequent->numbers = calloc(row_count + 1, sizeof *frequent->numbers);
    if (!frequent->bytes || !frequent->partners || !frequent->numbers) {
        fhi_frequent_fini(frequent);
        return FH_E_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(to, words[i].ptr, words[i].len);
        frequent->words[i] = (fh_str){to, words[i].len};
        to += words[i].len;
    }
    frequent->count = count;
    frequent->row_words = row_words;
    return FH_OK;
}

static void mark(fhi_frequent *frequent, uint32_t first, uint32_t second)
{
    frequent->partners[(size_t)first * frequent->row_words + second / 64] |= UINT64_C(1) << (second % 64);
}

void fhi_frequent_join(fhi_frequent *frequent, uint32_t a, uint32_t b)
{
    mark(frequent, a, b);
    mark(frequent, b, a);
}

void fhi_frequent_number(fhi_frequent *frequent)
{
    const size_t row_count = (size_t)frequent->count * frequent->row_words;
    frequent->pair_count = 0;
    for (size_t i = 0; i < row_count; i++) {
        frequent->numbers[i] = frequent->pair_count;
        frequent->pair_count += fhi_popcount64(frequent->partners[i]);
    }
}

void fhi_frequent_fini(fhi_frequent *frequent)
{
    free(frequent->bytes);
    free(frequent->partners);
    free(frequent->numbers);
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
