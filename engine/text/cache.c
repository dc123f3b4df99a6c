/* cache.c - two hash tables: raw piece -> word, and (exact, stem, kind) -> word.
 *
 * (The folded form follows from the exact one.) The first is hit for every token, so its slots hold the whole hash and
 * its look-up lives in text.h. Slots double when three quarters are taken; nothing is ever removed but by a reset. The
 * seed differs from run to run so that no article can be written to collide; ids come from the order of first sight and
 * do not depend on it.
 */
#include "engine/text/text.h"

#include <stdlib.h>

enum { CACHE_SLOTS_FIRST = 4096, CACHE_LINE_BYTES = 64 };

#define FRACTION_OF_PI 0x243F6A8885A308D3u /* spreads the few unknown bits of an address */

static const size_t cache_bytes_cap = (size_t)1 << 40; /* the owner bounds it, by asking and resetting */

/* Zeroed, and aligned so that no form lies across two cache lines. */
static fhi_form *make_forms(size_t count)
{
    fhi_form *forms = aligned_alloc(CACHE_LINE_BYTES, count * sizeof *forms);
    if (forms) memset(forms, 0, count * sizeof *forms);
    return forms;
}

fh_status fhi_cache_init(fhi_cache *cache, uint64_t seed)
{
    *cache = (fhi_cache){.seed = fhi_cache_mix(seed, FRACTION_OF_PI) | 1};
    fhi_arena_init(&cache->arena, cache_bytes_cap);
    cache->forms = make_forms(CACHE_SLOTS_FIRST);
    cache->entries = calloc(CACHE_SLOTS_FIRST, sizeof *cache->entries);
    cache->form_mask = cache->entry_mask = CACHE_SLOTS_FIRST - 1;
    return cache->forms && cache->entries ? FH_OK : FH_E_NOMEM;
}

void fhi_cache_fini(fhi_cache *cache)
{
    free(cache->forms);
    free(cache->entries);
    fhi_arena_fini(&cache->arena);
    *cache = (fhi_cache){0};
}

uint64_t fhi_cache_hash(uint64_t seed, fh_str bytes)
{
    uint64_t hash = seed ^ bytes.len;
    for (; bytes.len >= 8; bytes.ptr += 8, bytes.len -= 8)
        hash = fhi_cache_mix(hash ^ fhi_load64(bytes.ptr), seed | 1);
    uint64_t tail = 0;
    if (bytes.len) memcpy(&tail, bytes.ptr, bytes.len);
    return fhi_cache_mix(hash ^ tail, seed | 1);
}

/* Gives memory back, so that the owner's bound on fhi_cache_bytes holds again; keeps it only when no smaller table can
 * be had. */
void fhi_cache_reset(fhi_cache *cache)
{
    fhi_form *forms = make_forms(CACHE_SLOTS_FIRST);
    fhi_entry_slot *entries = calloc(CACHE_SLOTS_FIRST, sizeof *entries);
    if (forms && entries) {
        free(cache->forms);
        free(cache->entries);
        cache->forms = forms;
        cache->entries = entries;
        cache->form_mask = cache->entry_mask = CACHE_SLOTS_FIRST - 1;
    } else {
        free(forms);
        free(entries);
        memset(cache->forms, 0, ((size_t)cache->form_mask + 1) * sizeof *cache->forms);
        memset(cache->entries, 0, ((size_t)cache->entry_mask + 1) * sizeof *cache->entries);
    }
    cache->form_count = cache->entry_count = 0;
    fhi_arena_fini(&cache->arena);
    fhi_arena_init(&cache->arena, cache_bytes_cap);
}

size_t fhi_cache_bytes(const fhi_cache *cache)
{
    return cache->arena.used_bytes + ((size_t)cache->form_mask + 1) * sizeof *cache->forms +
           ((size_t)cache->entry_mask + 1) * sizeof *cache->entries;
}

/* A failed allocation must not stick: the caller may reset, or free memory elsewhere, and go on. */
static void *take(fhi_arena *arena, size_t bytes)
{
    void *start = fhi_arena_alloc(arena, bytes);
    if (!start) arena->status = FH_OK;
    return start;
}

static void put_form(const fhi_cache *cache, fhi_form *forms, uint32_t mask, const fhi_form *form)
{
    uint32_t at = fhi_cache_place(cache, form) & mask;
    while (forms[at].entry)
        at = (at + 1) & mask;
    forms[at] = *form;
}

static fh_status grow_forms(fhi_cache *cache)
{
    const uint32_t mask = cache->form_mask * 2 + 1;
    fhi_form *forms = make_forms((size_t)mask + 1);
    if (!forms) return FH_E_NOMEM;
    for (size_t i = 0; i <= cache->form_mask; i++)
        if (cache->forms[i].entry) put_form(cache, forms, mask, &cache->forms[i]);
    free(cache->forms);
    cache->forms = forms;
    cache->form_mask = mask;
    return FH_OK;
}

static fh_status grow_entries(fhi_cache *cache)
{
    const uint32_t mask = cache->entry_mask * 2 + 1;
    fhi_entry_slot *slots = calloc((size_t)mask + 1, sizeof *slots);
    if (!slots) return FH_E_NOMEM;
    for (size_t i = 0; i <= cache->entry_mask; i++) {
        if (!cache->entries[i].entry) continue;
        uint32_t at = (uint32_t)cache->entries[i].hash & mask;
        while (slots[at].entry)
            at = (at + 1) & mask;
        slots[at] = cache->entries[i];
    }
    free(cache->entries);
    cache->entries = slots;
    cache->entry_mask = mask;
    return FH_OK;
}

fh_status fhi_cache_add_form(fhi_cache *cache, const fhi_form *key, fh_str raw, const fhi_entry *entry)
{
    if (cache->form_count >= cache->form_mask / 4 * 3) FH_TRY(grow_forms(cache));
    fhi_form form = *key;
    form.entry = entry;
    if (raw.len > FHI_FORM_INLINE_MAX) {
        char *bytes = take(&cache->arena, raw.len);
        if (!bytes) return FH_E_NOMEM;
        memcpy(bytes, raw.ptr, raw.len);
        form.rest.bytes = bytes;
    }
    put_form(cache, cache->forms, cache->form_mask, &form);
    cache->form_count++;
    return FH_OK;
}

static bool is_entry(const fhi_entry *entry, fh_str exact, fh_str stem, fh_token_kind kind)
{
    return entry->word.kind == kind && fhi_str_equal(entry->word.exact, exact) && fhi_str_equal(entry->word.stem, stem);
}

/* Copies behind `*end`, unless an earlier form has the same bytes. */
static fh_str place(char **end, fh_str text, fh_str earlier)
{
    if (fhi_str_equal(text, earlier)) return earlier;
    char *start = *end;
    if (text.len) memcpy(start, text.ptr, text.len);
    *end += text.len;
    return (fh_str){start, text.len};
}

static fhi_entry *make_entry(fhi_cache *cache, fh_str exact, fh_str fold, fh_str stem, fh_token_kind kind)
{
    const size_t fold_bytes = fhi_str_equal(fold, exact) ? 0 : fold.len;
    const size_t stem_bytes = fhi_str_equal(stem, fold) ? 0 : stem.len;
    fhi_entry *entry = take(&cache->arena, sizeof *entry + exact.len + fold_bytes + stem_bytes);
    if (!entry) return NULL;
    char *end = (char *)(entry + 1);
    *entry = (fhi_entry){.small = FHI_NOT_SMALL};
    entry->word.exact = (fh_str){end, exact.len};
    if (exact.len) memcpy(end, exact.ptr, exact.len);
    end += exact.len;
    entry->word.fold = place(&end, fold, entry->word.exact);
    entry->word.stem = place(&end, stem, entry->word.fold);
    entry->word.kind = (uint8_t)kind;
    entry->word.id = cache->entry_count;
    return entry;
}

fh_status fhi_cache_intern(fhi_cache *cache, fh_str exact, fh_str fold, fh_str stem, fh_token_kind kind,
                           fhi_entry **out, bool *made)
{
    *out = NULL;
    *made = false;
    if (cache->entry_count >= cache->entry_mask / 4 * 3) FH_TRY(grow_entries(cache));
    const uint64_t hash =
        fhi_cache_mix(fhi_cache_hash(cache->seed, exact), fhi_cache_hash(cache->seed + (uint64_t)kind, stem) | 1);
    uint32_t at = (uint32_t)hash & cache->entry_mask;
    for (; cache->entries[at].entry; at = (at + 1) & cache->entry_mask) {
        if (cache->entries[at].hash == hash && is_entry(cache->entries[at].entry, exact, stem, kind)) {
            *out = cache->entries[at].entry;
            return FH_OK;
        }
    }
    fhi_entry *entry = make_entry(cache, exact, fold, stem, kind);
    if (!entry) return FH_E_NOMEM;
    cache->entries[at] = (fhi_entry_slot){hash, entry};
    cache->entry_count++;
    *out = entry;
    *made = true;
    return FH_OK;
}
