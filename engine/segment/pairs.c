/* pairs.c - the frequent words of an index; see pairs.h. */
#include "engine/segment/pairs.h"

#include "engine/segment/segment.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    const fhi_frequent_word *x = a, *y = b;
    const int order = fhi_str_compare(x->stem, y->stem);
    return order ? order : (y->share > x->share) - (y->share < x->share);
}

static int by_share(const void *a, const void *b)
{
    const fhi_frequent_word *x = *(const fhi_frequent_word *const *)a, *y = *(const fhi_frequent_word *const *)b;
    if (x->share != y->share) return x->share > y->share ? -1 : 1;
    return x < y ? -1 : x > y;
}

uint32_t fhi_partner_share_min(uint32_t share)
{
    const uint64_t of_all = (uint64_t)FHI_SHARE_ALL * FHI_SHARE_ALL, by = (uint64_t)share * FHI_PAIR_SHARE;
    return share ? (uint32_t)((of_all + by - 1) / by) : FHI_SHARE_ALL + 1;
}

/* Partners of a word are those of the largest shares. */
static void number_pairs(fhi_frequent *frequent)
{
    const fhi_frequent_word *order[FHI_FREQUENT_MAX];
    const uint32_t count = frequent->count;
    for (uint32_t i = 0; i < count; i++)
        order[i] = &frequent->words[i];
    if (count > 1) qsort(order, count, sizeof *order, by_share);
    for (uint32_t rank = 0; rank < count; rank++)
        frequent->ranks[order[rank] - frequent->words] = (uint16_t)rank;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t least = fhi_partner_share_min(frequent->words[i].share);
        uint32_t partners = 0;
        while (partners < count && order[partners]->share >= least)
            partners++;
        frequent->partners[i] = (uint16_t)partners;
        frequent->first_pairs[i] = frequent->pair_count;
        frequent->pair_count += partners;
    }
}

fh_status fhi_frequent_init(fhi_frequent *frequent, const fhi_frequent_word *words, uint32_t count)
{
    size_t bytes = 1;
    *frequent = (fhi_frequent){0};
    for (uint32_t i = 0; i < count; i++)
        bytes += words[i].stem.len;
    char *to = frequent->bytes = malloc(bytes);
    if (!to) return FH_E_NOMEM;
    for (uint32_t i = 0; i < count && frequent->count < FHI_FREQUENT_MAX; i++) {
        const fh_str stem = words[i].stem;
        if (stem.len == 0 || stem.len > FHI_FREQUENT_BYTES_MAX || memchr(stem.ptr, 0, stem.len)) continue;
        memcpy(to, stem.ptr, stem.len);
        frequent->words[frequent->count++] = (fhi_frequent_word){{to, stem.len}, words[i].share};
        to += stem.len;
    }
    qsort(frequent->words, frequent->count, sizeof *frequent->words, by_bytes);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < frequent->count; i++)
        if (i == 0 || !fhi_str_equal(frequent->words[i].stem, frequent->words[kept - 1].stem))
            frequent->words[kept++] = frequent->words[i];
    frequent->count = kept;
    number_pairs(frequent);
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
        const int order = fhi_str_compare(frequent->words[middle].stem, word);
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
