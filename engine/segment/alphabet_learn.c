/* alphabet_learn.c - which words and letters get a symbol: those that save the most bytes in a sample.
 *
 * A word of a symbol takes two bytes, so it saves what it has more, each time. The symbols that come most often take
 * one byte. The same sample gives the same alphabet: ties go by the bytes of the text.
 */
#include "engine/segment/alphabet_token.h"

#include <stdlib.h>

enum {
    WORD_BYTES_MIN = 3,
    COUNT_MIN = 4,            /* rarer ones cost about what they save */
    SYMBOL_COUNT_MAX = 16384, /* more gain little: their numbers are no shorter than what they stand for */
    TABLE_SLOTS = 1 << 15     /* at first */
};

typedef struct token {
    const uint8_t *text;
    uint32_t bytes; /* 0: a free slot */
    uint32_t hash;
    uint64_t count;
} token;

typedef struct census {
    token *tokens; /* hashed */
    size_t slot_count, token_count;
    uint64_t letters[FHI_LETTER_COUNT];
    uint8_t letter_text[FHI_LETTER_COUNT][2];
} census;

static token *find_slot(token *tokens, size_t slot_count, const uint8_t *text, size_t bytes, uint32_t hash)
{
    for (size_t at = hash & (slot_count - 1);; at = (at + 1) & (slot_count - 1)) {
        token *here = &tokens[at];
        if (here->bytes == 0) return here;
        if (here->hash == hash && here->bytes == bytes && memcmp(here->text, text, bytes) == 0) return here;
    }
}

static fh_status grow(census *of)
{
    const size_t slot_count = of->slot_count * 2;
    token *tokens = calloc(slot_count, sizeof *tokens);
    if (!tokens) return FH_E_NOMEM;
    for (size_t i = 0; i < of->slot_count; i++) {
        const token *old = &of->tokens[i];
        if (old->bytes) *find_slot(tokens, slot_count, old->text, old->bytes, old->hash) = *old;
    }
    free(of->tokens);
    of->tokens = tokens;
    of->slot_count = slot_count;
    return FH_OK;
}

static fh_status count_token(census *of, const uint8_t *text, size_t bytes)
{
    const uint32_t hash = fhi_token_hash(text, bytes);
    token *found = find_slot(of->tokens, of->slot_count, text, bytes, hash);
    if (found->bytes == 0) {
        *found = (token){.text = text, .bytes = (uint32_t)bytes, .hash = hash};
        of->token_count++;
    }
    found->count++;
    return of->token_count * 2 > of->slot_count ? grow(of) : FH_OK;
}

/* One character of one byte or two, so many times; answers its bytes. */
static size_t count_letter(census *of, const uint8_t *from, const uint8_t *end, uint64_t times)
{
    size_t bytes;
    const uint32_t letter = fhi_letter_at(from, end, &bytes);
    if (letter < FHI_LETTER_COUNT) {
        of->letters[letter] += times;
        memcpy(of->letter_text[letter], from, bytes);
    }
    return bytes;
}

static fh_status count_record(census *of, fh_str record)
{
    const uint8_t *from = (const uint8_t *)record.ptr, *end = from + record.len;
    while (from < end) {
        const size_t bytes = fhi_token_bytes(from, end);
        if (bytes) FH_TRY(count_token(of, from, bytes));
        from += bytes ? bytes : count_letter(of, from, end, 1);
    }
    return FH_OK;
}

static uint64_t gain_of(const token *of)
{
    return of->count < COUNT_MIN || of->bytes < WORD_BYTES_MIN ? 0 : of->count * (of->bytes - 2);
}

static int compare_text(const token *a, const token *b)
{
    return fhi_str_compare((fh_str){(const char *)a->text, a->bytes}, (fh_str){(const char *)b->text, b->bytes});
}

static int compare_gains(const void *a, const void *b)
{
    const uint64_t x = gain_of(a), y = gain_of(b);
    return x != y ? (x < y) - (x > y) : compare_text(a, b);
}

static int compare_counts(const void *a, const void *b)
{
    const uint64_t x = ((const token *)a)->count, y = ((const token *)b)->count;
    return x != y ? (x < y) - (x > y) : compare_text(a, b);
}

/* Brings the words that get a symbol to the front of the table, which is one no longer, and counts the letters of the
 * others. */
static size_t choose_words(census *of)
{
    size_t kept = 0;
    for (size_t i = 0; i < of->slot_count; i++) {
        if (gain_of(&of->tokens[i]) == 0) continue;
        const token word = of->tokens[i];
        of->tokens[i] = of->tokens[kept];
        of->tokens[kept++] = word;
    }
    qsort(of->tokens, kept, sizeof *of->tokens, compare_gains);
    if (kept > SYMBOL_COUNT_MAX) kept = SYMBOL_COUNT_MAX;
    for (size_t i = kept; i < of->slot_count; i++) {
        const token *other = &of->tokens[i];
        for (size_t at = 0; at < other->bytes;)
            at += count_letter(of, other->text + at, other->text + other->bytes, other->count);
    }
    return kept;
}

static void put_alphabet(const token *symbols, size_t count, fhi_buf *to)
{
    size_t leads = 0; /* first bytes of two that are needed: the escape is a symbol too */
    while (256 - leads + leads * 256 < count + 1)
        leads++;
    fhi_buf_put8(to, (uint8_t)leads);
    fhi_buf_put16(to, (uint16_t)(count + 1));
    fhi_buf_put8(to, 0);
    for (size_t i = 0; i < count; i++)
        fhi_buf_put8(to, (uint8_t)symbols[i].bytes);
    for (size_t i = 0; i < count; i++)
        fhi_buf_put(to, symbols[i].text, symbols[i].bytes);
}

/* All that has been counted becomes an alphabet. */
static fh_status choose(census *of, fhi_buf *bytes)
{
    const size_t word_count = choose_words(of);
    token *symbols = malloc((word_count + FHI_LETTER_COUNT) * sizeof *symbols);
    if (!symbols) return FH_E_NOMEM;
    if (word_count) memcpy(symbols, of->tokens, word_count * sizeof *symbols);
    size_t count = word_count;
    for (uint32_t letter = 0; letter < FHI_LETTER_COUNT; letter++)
        if (of->letters[letter] >= COUNT_MIN)
            symbols[count++] =
                (token){.text = of->letter_text[letter], .bytes = letter < 0x80 ? 1 : 2, .count = of->letters[letter]};
    qsort(symbols, count, sizeof *symbols, compare_counts);
    put_alphabet(symbols, count, bytes);
    free(symbols);
    return bytes->status;
}

fh_status fhi_alphabet_learn(const fh_str *records, size_t record_count, fhi_buf *bytes)
{
    census *of = calloc(1, sizeof *of);
    if (!of) return FH_E_NOMEM;
    of->slot_count = TABLE_SLOTS;
    of->tokens = calloc(of->slot_count, sizeof *of->tokens);
    fh_status status = of->tokens ? FH_OK : FH_E_NOMEM;
    for (size_t i = 0; i < record_count && status == FH_OK; i++)
        status = count_record(of, records[i]);
    if (status == FH_OK) status = choose(of, bytes);
    free(of->tokens);
    free(of);
    return status;
}
