/* pairs.h - the most frequent words of an index, and the terms that stand for two of them side by side.
 *
 * "de la" is in almost every article, and so is each of its words: to find the phrase by its words, positions of nearly
 * all articles would be compared. So two words that meet in many articles are a term of their own where they stand
 * side by side, a pair: which articles, and how often in each; where, the words themselves tell. Which words they are
 * is decided when an index begins and kept in its manifest: a pair of them is told completely in every segment, or does
 * not occur there. (Common grams; Williams, Zobel and Bahle, 2004, "Fast phrase querying with combined indexes".)
 */
#ifndef FHI_PAIRS_H
#define FHI_PAIRS_H

#include "engine/base/base.h"

enum {
    FHI_FREQUENT_MAX = 1024,
    FHI_FREQUENT_BYTES_MAX = 255,
    FHI_JOINS_MAX = 32768, /* partners, each two words counted once */
    FHI_NO_PAIR = -1
};

/* Being partners goes both ways; a word may be its own. */
typedef struct fhi_frequent {
    uint32_t count;
    fh_str words[FHI_FREQUENT_MAX]; /* increasing by bytes; 1 to 255 bytes, none of them 0 */
    char *bytes;                    /* owned: theirs */
    uint32_t row_words;             /* of a word: a bit for each of its partners, in so many 64-bit words */
    uint64_t *partners;             /* owned: a row for each word */
    uint32_t *numbers;              /* owned: pairs before each 64 bits of a row */
    uint32_t pair_count;            /* possible ones: those of two different words count in both orders */
} fhi_frequent;

/* Copies the words; none has a partner yet. Codes: FH_E_NOMEM, FH_E_INVALID (they are not as said above). */
fh_status fhi_frequent_init(fhi_frequent *frequent, const fh_str *words, uint32_t count);
void fhi_frequent_join(fhi_frequent *frequent, uint32_t a, uint32_t b);
void fhi_frequent_number(fhi_frequent *frequent); /* after the last join, before anything below */
void fhi_frequent_fini(fhi_frequent *frequent);

/* Its place among them, or FHI_FREQUENT_MAX. */
uint32_t fhi_frequent_find(const fhi_frequent *frequent, fh_str word);

static inline bool fhi_frequent_joined(const fhi_frequent *frequent, uint32_t a, uint32_t b)
{
    return frequent->partners[(size_t)a * frequent->row_words + b / 64] >> (b % 64) & 1;
}

/* The number of a pair, below pair_count, or FHI_NO_PAIR: none is kept of these two. */
static inline int32_t fhi_frequent_pair(const fhi_frequent *frequent, uint32_t first, uint32_t second)
{
    const size_t at = (size_t)first * frequent->row_words + second / 64;
    const uint64_t row = frequent->partners[at], bit = UINT64_C(1) << (second % 64);
    return row & bit ? (int32_t)(frequent->numbers[at] + fhi_popcount64(row & (bit - 1))) : FHI_NO_PAIR;
}

/* The term of a pair: namespace, first word, a zero byte, second word. */
enum { FHI_PAIR_TERM_BYTES_MAX = 2 * FHI_FREQUENT_BYTES_MAX + 2 };
fh_str fhi_pair_term(fh_str first, fh_str second, char term[FHI_PAIR_TERM_BYTES_MAX]);

#endif
