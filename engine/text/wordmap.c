/* wordmap.c - the small read-only maps of word lists: open addressing in an arena, at most half full. */
#include "engine/text/text.h"

fh_status fhi_wordmap_init(fhi_wordmap *map, fhi_arena *arena, uint32_t capacity)
{
    uint32_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    *map = (fhi_wordmap){.mask = slots - 1};
    map->slots = fhi_arena_zalloc(arena, slots, sizeof *map->slots);
    return map->slots ? FH_OK : FH_E_NOMEM;
}

static fhi_wordmap_slot *find(const fhi_wordmap *map, fh_str key)
{
    uint32_t at = (uint32_t)fhi_hash64(key.ptr, key.len) & map->mask;
    while (map->slots[at].key.ptr && !fhi_str_equal(map->slots[at].key, key))
        at = (at + 1) & map->mask;
    return &map->slots[at];
}

/* The first value of a key stays. */
fh_status fhi_wordmap_put(fhi_wordmap *map, fhi_arena *arena, fh_str key, fh_str value, uint32_t number)
{
    fhi_wordmap_slot *slot = find(map, key);
    if (slot->key.ptr) return FH_OK;
    if (map->count * 2 >= map->mask) return FH_E_INTERNAL; /* the capacity asked for was too small */
    const fh_str key_copy = fhi_arena_copy(arena, key);
    const fh_str value_copy = fhi_arena_copy(arena, value);
    if (!key_copy.ptr || !value_copy.ptr) return FH_E_NOMEM;
    *slot = (fhi_wordmap_slot){key_copy, value_copy, number};
    map->count++;
    return FH_OK;
}

const fhi_wordmap_slot *fhi_wordmap_get(const fhi_wordmap *map, fh_str key)
{
    const fhi_wordmap_slot *slot = find(map, key);
    return slot->key.ptr ? slot : NULL;
}

fh_str fhi_line_word(const char **line)
{
    const char *from = *line + strspn(*line, " ");
    const size_t len = strcspn(from, " ");
    *line = from + len;
    return (fh_str){from, len};
}

uint32_t fhi_line_count(const char *const *lines)
{
    uint32_t count = 0;
    for (; *lines; lines++)
        for (const char *line = *lines; fhi_line_word(&line).len;)
            count++;
    return count;
}

fh_status fhi_wordmap_load(fhi_wordmap *map, const fhi_folder *folder, const char *const *lines, fhi_fold_word fold)
{
    FH_TRY(fhi_wordmap_init(map, folder->arena, fhi_line_count(lines)));
    for (; *lines; lines++) {
        const char *line = *lines;
        for (fh_str word = fhi_line_word(&line); word.len; word = fhi_line_word(&line)) {
            fhi_term key;
            FH_TRY(fold(folder, word, &key));
            FH_TRY(fhi_wordmap_put(map, folder->arena, fhi_term_str(&key), (fh_str){NULL, 0}, 1));
        }
    }
    return FH_OK;
}
