/* alphabet_writer.c - writes records in the symbols of an alphabet: the longest word that has one, else letters. */
#include "engine/segment/alphabet_token.h"

#include <stdlib.h>

enum { AHEAD = 16 }; /* words found, and their slots asked for, before the first of them is looked up */

typedef struct slot {
    uint16_t mark;   /* of the hash */
    uint16_t symbol; /* 0: free */
} slot;

typedef struct word { /* with the space before it; nothing at the end of a record */
    const uint8_t *from, *to;
    uint32_t hash;
} word;

struct fhi_speller {
    fhi_alphabet alphabet;
    slot *slots; /* of all symbols but letters */
    uint32_t mask;
    uint16_t letters[FHI_LETTER_COUNT]; /* the symbol of each; 0: none */
};

static uint16_t mark_of(uint32_t hash)
{
    return (uint16_t)(hash >> 16); /* the lower half says where */
}

static void add_symbol(fhi_speller *speller, uint32_t symbol)
{
    const fh_str text = fhi_alphabet_symbol(&speller->alphabet, symbol);
    const uint8_t *bytes = (const uint8_t *)text.ptr;
    size_t letter_bytes;
    const uint32_t letter = fhi_letter_at(bytes, bytes + text.len, &letter_bytes);
    if (letter < FHI_LETTER_COUNT && letter_bytes == text.len) {
        speller->letters[letter] = (uint16_t)symbol;
        return;
    }
    const uint32_t hash = fhi_token_hash(bytes, text.len);
    uint32_t at = hash & speller->mask;
    while (speller->slots[at].symbol)
        at = (at + 1) & speller->mask;
    speller->slots[at] = (slot){mark_of(hash), (uint16_t)symbol};
}

fh_status fhi_speller_create(fh_str alphabet, fhi_speller **out)
{
    *out = NULL;
    fhi_speller *speller = calloc(1, sizeof *speller);
    if (!speller) return FH_E_NOMEM;
    fh_status status = fhi_alphabet_init(&speller->alphabet, alphabet);
    uint32_t slot_count = 16;
    while (slot_count < 2 * speller->alphabet.count)
        slot_count *= 2;
    speller->mask = slot_count - 1;
    speller->slots = calloc(slot_count, sizeof *speller->slots);
    if (status == FH_OK && !speller->slots) status = FH_E_NOMEM;
    if (status != FH_OK) {
        fhi_speller_destroy(speller);
        return status;
    }
    for (uint32_t symbol = FHI_SYMBOL_ESCAPE + 1; symbol < speller->alphabet.count; symbol++)
        add_symbol(speller, symbol);
    *out = speller;
    return FH_OK;
}

void fhi_speller_destroy(fhi_speller *speller)
{
    if (!speller) return;
    fhi_alphabet_fini(&speller->alphabet);
    free(speller->slots);
    free(speller);
}

/* The symbol of exactly these bytes; 0: none. */
static uint32_t find(const fhi_speller *speller, const uint8_t *bytes, size_t len, uint32_t hash)
{
    const uint16_t mark = mark_of(hash);
    for (uint32_t at = hash & speller->mask; speller->slots[at].symbol; at = (at + 1) & speller->mask) {
        if (speller->slots[at].mark != mark) continue;
        const fh_str text = fhi_alphabet_symbol(&speller->alphabet, speller->slots[at].symbol);
        if (text.len == len && memcmp(text.ptr, bytes, len) == 0) return speller->slots[at].symbol;
    }
    return 0;
}

static uint8_t *put(const fhi_alphabet *alphabet, uint32_t symbol, uint8_t *to)
{
    const uint32_t pair = symbol - alphabet->singles;
    const bool single = symbol < alphabet->singles;
    to[0] = (uint8_t)(single ? symbol : alphabet->singles + pair / 256);
    to[1] = (uint8_t)pair;
    return to + 2 - single;
}

/* As many as the escape takes along. */
static size_t character_bytes(const uint8_t *from, const uint8_t *end)
{
    const size_t bytes = fhi_escaped_bytes(*from), left = (size_t)(end - from);
    return bytes < left ? bytes : left;
}

/* One character; answers how many bytes of the text it is. */
static size_t spell(const fhi_speller *speller, const uint8_t *from, const uint8_t *end, uint8_t **to)
{
    size_t bytes;
    const uint32_t letter = fhi_letter_at(from, end, &bytes);
    if (FHI_LIKELY(letter < FHI_LETTER_COUNT && speller->letters[letter])) {
        *to = put(&speller->alphabet, speller->letters[letter], *to);
        return bytes;
    }
    bytes = character_bytes(from, end);
    *(*to)++ = FHI_SYMBOL_ESCAPE;
    memcpy(*to, from, bytes);
    *to += bytes;
    return bytes;
}

static void spell_all(const fhi_speller *speller, const uint8_t *from, const uint8_t *end, uint8_t **to)
{
    while (from < end)
        from += spell(speller, from, end, to);
}

/* The next word and its slot, which is asked for. Answers where it ends. */
static const uint8_t *take_word(const fhi_speller *speller, const uint8_t *from, const uint8_t *end, word *next)
{
    size_t bytes = 0;
    while (from < end && (bytes = fhi_token_bytes(from, end)) == 0)
        from += character_bytes(from, end); /* as many as will be spelled at once */
    *next = (word){from, from + bytes, bytes ? fhi_token_hash(from, bytes) : 0};
    __builtin_prefetch(&speller->slots[next->hash & speller->mask]);
    return next->to;
}

/* One without a symbol may have one without its space. */
static void put_word(const fhi_speller *speller, const word *of, uint8_t **to)
{
    const uint8_t *from = of->from;
    size_t bytes = (size_t)(of->to - from);
    if (bytes == 0) return;
    uint32_t symbol = find(speller, from, bytes, of->hash);
    if (!symbol && *from == ' ') {
        from += spell(speller, from, of->to, to);
        bytes--;
        symbol = find(speller, from, bytes, fhi_token_hash(from, bytes));
    }
    if (symbol)
        *to = put(&speller->alphabet, symbol, *to);
    else
        spell_all(speller, from, of->to, to);
}

size_t fhi_speller_encode(const fhi_speller *speller, fh_str record, uint8_t *to)
{
    const uint8_t *from = (const uint8_t *)record.ptr, *done = from, *end = from + record.len;
    uint8_t *const start = to;
    if (speller->alphabet.count == 0) {
        if (record.len) memcpy(to, from, record.len);
        return record.len;
    }
    while (from < end) {
        word words[AHEAD];
        unsigned count = 0;
        while (count < AHEAD && from < end)
            from = take_word(speller, from, end, &words[count++]);
        for (unsigned i = 0; i < count; i++) {
            spell_all(speller, done, words[i].from, &to);
            put_word(speller, &words[i], &to);
            done = words[i].to;
        }
    }
    return (size_t)(to - start);
}
