/* pairs.h - the most frequent words of an index, and the terms that stand for two of them side by side.
 *
 * "de la" is in almost every article, and so is each of its words: to find the phrase by its words, positions of nearly
 * all articles would be compared. So where two words stand side by side that would meet in many articles by chance
 * alone, the pair is a term of its own: which documents, and how often in each; where, the words themselves tell. Which
 * words are frequent, and in what share of the articles, is decided when an index begins and kept in its manifest: a
 * pair of them is told completely in every segment, or does not occur there. (Common grams; Williams, Zobel and Bahle,
 * 2004, "Fast phrase querying with combined indexes".)
 */
#ifndef FHI_PAIRS_H
#define FHI_PAIRS_H

#include "engine/base/base.h"

enum {
    FHI_FREQUENT_MAX = 1024,
    FHI_FREQUENT_BYTES_MAX = 255,
    FHI_SHARE_ALL = 65535, /* of all documents */
    FHI_PAIR_SHARE = 96,   /* a pair is kept of words that would meet in one document of so many by chance; readers rely
                              on it, so another number is another version of the format */
    FHI_NO_PAIR = -1
};

typedef struct fhi_frequent_word {
    fh_str stem;
    uint16_t share; /* of the documents that hold it, in 1/65,535 */
} fhi_frequent_word;

typedef struct fhi_frequent {
    uint32_t count;
    fhi_frequent_word words[FHI_FREQUENT_MAX]; /* increasing by bytes; 1 to 255 bytes, none of them 0 */
    char *bytes;                               /* owned: theirs */
    uint16_t ranks[FHI_FREQUENT_MAX];          /* by share, the largest first */
    uint16_t partners[FHI_FREQUENT_MAX];       /* a word makes pairs with the first so many by rank */
    uint32_t pair_count;                       /* possible ones */
    uint32_t first_pairs[FHI_FREQUENT_MAX];    /* number of a word's pair with rank 0 */
} fhi_frequent;

/* Copies and sorts. Words that break the rules or come twice are left out. Codes: FH_E_NOMEM. */
fh_status fhi_frequent_init(fhi_frequent *frequent, const fhi_frequent_word *words, uint32_t count);
void fhi_frequent_fini(fhi_frequent *frequent);

/* Its place among them, or FHI_FREQUENT_MAX. */
uint32_t fhi_frequent_find(const fhi_frequent *frequent, fh_str word);

/* The number of a pair, below pair_count, or FHI_NO_PAIR: none is kept of these two. */
static inline int32_t fhi_frequent_pair(const fhi_frequent *frequent, uint32_t first, uint32_t second)
{
    const uint32_t rank = frequent->ranks[second];
    return rank < frequent->partners[first] ? (int32_t)(frequent->first_pairs[first] + rank) : FHI_NO_PAIR;
}

/* The least share of a word that makes a pair with a word of this share, in 1/65,535. */
uint32_t fhi_partner_share_min(uint32_t share);

/* The term of a pair: namespace, first word, a zero byte, second word. */
enum { FHI_PAIR_TERM_BYTES_MAX = 2 * FHI_FREQUENT_BYTES_MAX + 2 };
fh_str fhi_pair_term(fh_str first, fh_str second, char term[FHI_PAIR_TERM_BYTES_MAX]);

#endif
