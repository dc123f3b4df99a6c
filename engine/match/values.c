/* values.c - distinct values with their counts, grouped by folded key, the most frequent picked. */
#include "engine/match/facets.h"

#include <stdlib.h>

static fh_str name_of(const fhi_value_table *table, const fhi_column_value *value)
{
    return table->by_key ? value->key : value->value;
}

static uint32_t *find_slot(const fhi_value_table *table, fh_str name, uint32_t hash)
{
    const uint32_t last = table->capacity * 2 - 1;
    uint32_t at = hash & last;
    for (; table->slots[at]; at = (at + 1) & last) {
        const fhi_value_count *item = &table->items[table->slots[at] - 1];
        if (item->hash == hash && fhi_str_equal(name_of(table, &item->value), name)) break;
    }
    return &table->slots[at];
}

fh_status fhi_value_table_reserve(fhi_value_table *table, uint32_t more, fhi_arena *arena)
{
    fhi_value_table grown = {.count = table->count, .capacity = 64, .by_key = table->by_key};
    if (more <= table->capacity - table->count) return FH_OK;
    if (more > FHI_DOCS_MAX - table->count) return FH_E_LIMIT;
    while (grown.capacity < table->count + more)
        grown.capacity *= 2;
    grown.items = fhi_arena_alloc(arena, grown.capacity * sizeof *grown.items);
    grown.slots = fhi_arena_zalloc(arena, (size_t)grown.capacity * 2, sizeof *grown.slots);
    if (!grown.items || !grown.slots) return fhi_arena_failure(arena);
    if (table->count) memcpy(grown.items, table->items, table->count * sizeof *grown.items);
    for (uint32_t i = 0; i < grown.count; i++)
        *find_slot(&grown, name_of(&grown, &grown.items[i].value), grown.items[i].hash) = i + 1;
    *table = grown;
    return FH_OK;
}

void fhi_value_table_add(fhi_value_table *table, const fhi_column_value *value, uint64_t count)
{
    const fh_str name = name_of(table, value);
    const uint32_t hash = (uint32_t)fhi_hash64(name.ptr, name.len);
    uint32_t *slot = find_slot(table, name, hash);
    if (*slot == 0) {
        table->items[table->count++] = (fhi_value_count){.value = *value, .hash = hash, .count = count, .best = count};
        *slot = table->count;
        return;
    }
    fhi_value_count *item = &table->items[*slot - 1];
    item->count += count;
    if (count > item->best || (count == item->best && fhi_str_compare(value->value, item->value.value) < 0)) {
        item->best = count;
        item->value.value = value->value;
    }
}

/* ---- the most frequent ---- */

static bool is_before(const fhi_facet_value *a, const fhi_facet_value *b)
{
    if (a->count != b->count) return a->count > b->count;
    return fhi_str_compare(a->value, b->value) < 0;
}

static int compare_values(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

/* A heap with the last in order on top. */
static void sift_down(fhi_facet_value *heap, uint32_t count, uint32_t at)
{
    const fhi_facet_value moved = heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= count) break;
        if (child + 1 < count && is_before(&heap[child], &heap[child + 1])) child++;
        if (!is_before(&moved, &heap[child])) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static fh_status pick(const fhi_value_table *groups, uint32_t values_max, fhi_arena *arena, fhi_facet *out)
{
    const uint32_t kept = groups->count < values_max ? groups->count : values_max;
    fhi_facet_value *heap = fhi_arena_alloc(arena, ((size_t)kept + 1) * sizeof *heap);
    if (!heap) return fhi_arena_failure(arena);
    for (uint32_t i = 0; i < kept; i++)
        heap[i] = (fhi_facet_value){groups->items[i].value.value, groups->items[i].count};
    for (uint32_t i = kept / 2; i-- > 0;)
        sift_down(heap, kept, i);
    for (uint32_t i = kept; i < groups->count && kept > 0; i++) {
        const fhi_facet_value value = {groups->items[i].value.value, groups->items[i].count};
        if (!is_before(&value, &heap[0])) continue;
        heap[0] = value;
        sift_down(heap, kept, 0);
    }
    qsort(heap, kept, sizeof *heap, compare_values);
    out->values = heap;
    out->value_count = kept;
    out->different = groups->count;
    return FH_OK;
}

fh_status fhi_value_table_rank(const fhi_value_table *table, uint32_t values_max, fhi_arena *arena, fhi_facet *out)
{
    fhi_value_table groups = {.by_key = true};
    FH_TRY(fhi_value_table_reserve(&groups, table->count, arena));
    for (uint32_t i = 0; i < table->count; i++)
        fhi_value_table_add(&groups, &table->items[i].value, table->items[i].count);
    return pick(&groups, values_max, arena, out);
}
