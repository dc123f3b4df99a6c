/* union.c - walks side by side; the least key is found by looking at all, of which there are few. */
#include "indexer/union.h"

#include <stdlib.h>

static fh_status advance(fhi_union_source *source)
{
    uint8_t head[sizeof source->head] = {0};
    source->holds = false;
    const fh_status status = fhi_walk_next(source->walk, &source->key);
    source->ended = status != FH_OK;
    if (status != FH_OK) return status == FH_E_NOT_FOUND ? FH_OK : status;
    if (source->key.len) memcpy(head, source->key.ptr, source->key.len < sizeof head ? source->key.len : sizeof head);
    source->head = __builtin_bswap64(fhi_load64(head));
    return FH_OK;
}

fh_status fhi_union_init(fhi_union *keys, const fhi_segment *const *segments, uint32_t count, fhi_walk_opener open)
{
    *keys = (fhi_union){0};
    keys->sources = calloc(count ? count : 1, sizeof *keys->sources);
    if (!keys->sources) return FH_E_NOMEM;
    for (; keys->count < count; keys->count++) {
        FH_TRY(open(segments[keys->count], &keys->sources[keys->count].walk));
        keys->sources[keys->count].holds = true; /* what the first call moves on from */
    }
    return FH_OK;
}

void fhi_union_fini(fhi_union *keys)
{
    for (uint32_t i = 0; i < keys->count; i++)
        fhi_walk_destroy(keys->sources[i].walk);
    free(keys->sources);
    *keys = (fhi_union){0};
}

static int compare(const fhi_union_source *a, const fhi_union_source *b)
{
    if (a->head != b->head) return a->head < b->head ? -1 : 1;
    return fhi_str_compare(a->key, b->key);
}

fh_status fhi_union_next(fhi_union *keys, fh_str *key)
{
    const fhi_union_source *least = NULL;
    *key = (fh_str){0};
    for (uint32_t i = 0; i < keys->count; i++) {
        fhi_union_source *source = &keys->sources[i];
        if (source->holds) FH_TRY(advance(source));
        if (!source->ended && (!least || compare(source, least) < 0)) least = source;
    }
    if (!least) return FH_E_NOT_FOUND;
    for (uint32_t i = 0; i < keys->count; i++) {
        fhi_union_source *source = &keys->sources[i];
        source->holds = !source->ended && compare(source, least) == 0;
    }
    *key = least->key;
    return FH_OK;
}
