/* pairs.h - the most frequent words of an index, and the terms that stand for two of them side by side.
 *
 * "de la" is in almost every article, and so is each of its words: to find the phrase by its words, positions of nearly
 * all articles would be compared. So where two frequent words stand side by side, the pair is a term of its own, at the
 * position of the first. Which words are frequent is decided when an index begins and kept in its manifest: a pair of
 * them is told completely in every segment, or does not occur there. (Common grams; Williams, Zobel and Bahle, 2004,
 * "Fast phrase querying with combined indexes".)
 */
#ifndef FHI_PAIRS_H
#define FHI_PAIRS_H

#include "engine/base/base.h"

enum { FHI_FREQUENT_MAX = 64, FHI_FREQUENT_BYTES_MAX = 255 };

typedef struct fhi_frequent {
    uint32_t count;
    fh_str words[FHI_FREQUENT_MAX]; /* stems, increasing by bytes; 1 to 255 bytes, none of them 0 */
    char *bytes;                    /* owned: theirs */
} fhi_frequent;

/* Copies and sorts. Words that break the rules or come twice are left out. Codes: FH_E_NOMEM. */
fh_status fhi_frequent_init(fhi_frequent *frequent, const fh_str *words, uint32_t count);
void fhi_frequent_fini(fhi_frequent *frequent);

/* Its place among them, or FHI_FREQUENT_MAX. */
uint32_t fhi_frequent_find(const fhi_frequent *frequent, fh_str word);

/* The term of a pair: namespace, first word, a zero byte, second word. */
enum { FHI_PAIR_TERM_BYTES_MAX = 2 * FHI_FREQUENT_BYTES_MAX + 2 };
fh_str fhi_pair_term(fh_str first, fh_str second, char term[FHI_PAIR_TERM_BYTES_MAX]);

#endif
