/* eval.h - a plan resolved against one segment: the tree that answers range by range.
 *
 * resolve.c builds it, bounds.c tells what a chunk may hold and score, eval.c and phrase.c give the documents of a
 * range, score.c their scores, run.c walks. Nothing outside engine/match includes this.
 */
#ifndef FHI_EVAL_H
#define FHI_EVAL_H

#include "engine/match/match.h"
#include "engine/segment/postings_reader.h"

/* ---- statistics over all segments, gathered once per run ---- */

/* Where one term (or the forms of one prefix) stands in one segment. */
typedef struct fhi_found {
    fhi_term_info info; /* df 0: absent */
    fhi_form_set forms; /* forms to tell apart; count 0: none asked for */
} fhi_found;

typedef struct fhi_class_stats {
    uint32_t list_count; /* per segment: see lists */
    fhi_found *lists;
} fhi_class_stats;

/* One word, prefix or phrase slot over all segments. */
typedef struct fhi_word_stats {
    fhi_class_stats *segments; /* one per segment */
    uint64_t df;               /* of the class */
    uint64_t exact_df;         /* of the exact form; 0 when not asked for or absent */
} fhi_word_stats;

typedef struct fhi_plan {
    const fhi_index *index;
    const fhi_match_options *options;
    fhi_arena *arena;
    fh_err *err;
    float average_length;
    const float *k_of_norm; /* at the average of the whole index */
    const float *shares;    /* tf / (tf + K), by frequency below FHI_SHARE_FREQS and length byte */
    float unit;             /* weight of one occurrence in the body */
    uint32_t leaf_count;
} fhi_plan;

/* ---- one segment ---- */

typedef enum fhi_eval_kind {
    FHI_EVAL_NONE,
    FHI_EVAL_ALL,
    FHI_EVAL_WORD, /* lists united; one list is read lazily */
    FHI_EVAL_PHRASE,
    FHI_EVAL_AND,
    FHI_EVAL_OR,
    FHI_EVAL_NOT,
    FHI_EVAL_COLUMN,
    FHI_EVAL_DAYS
} fhi_eval_kind;

/* Lists that count as one word. */
typedef struct fhi_group {
    fhi_cursor *cursors;
    fhi_block *blocks; /* one per cursor, or one shared when `gathered` */
    uint32_t count;
    bool by_form;     /* only postings with a wanted form match */
    uint64_t mask[4]; /* of the range in view */
    uint32_t *freqs;  /* gathered: per document of the range */
    uint32_t *exact_freqs;
    uint32_t df;         /* smallest first in phrases */
    uint32_t offset;     /* in a phrase */
    uint32_t *positions; /* of one document */
    uint32_t position_count, position_room;
} fhi_group;

typedef struct fhi_eval fhi_eval;
struct fhi_eval {
    fhi_eval_kind kind;
    uint32_t df;  /* documents it may match, roughly: orders the children of an AND */
    uint8_t cost; /* cheap children of an AND are asked first */
    bool title_only;
    bool gathered; /* WORD of several lists: frequencies are summed while matching */
    uint32_t child_count;
    fhi_eval **children; /* in the order of the plan: scores are summed in it */
    fhi_eval **cheapest; /* AND: the same, cheapest first */
    float weight;        /* (k1 + 1) * idf * weight of the node */
    float exact_weight;  /* the same of the exact form beside the stem; 0: none */
    float bound_weight;  /* what a stored bound of 1/255 is worth at most; rounded up to cover sums of floats */
    fhi_group *groups;   /* WORD: one; PHRASE: the slots, rarest first */
    uint32_t group_count;
    uint32_t window;
    uint32_t *phrase_freqs; /* per document of the range in view */
    uint8_t *accepted;      /* COLUMN: one byte per ordinal */
    fhi_column column;
    uint32_t day_first, day_last;
    uint64_t mask[4];     /* documents of the range in view */
    uint64_t possible[4]; /* ranges of the chunk in view that may hold a match */
    /* not cleared when made: */
    uint8_t quarters[FHI_CHUNK_RANGES]; /* the same by quarter of each range, one bit each */
    float bounds[FHI_CHUNK_RANGES];
};

typedef struct fhi_walk {
    const fhi_plan *plan;
    const fhi_segment *segment;
    uint32_t chunk, range;
    uint64_t need[4]; /* documents of the range that may still matter */
    float least;      /* what a document must score to matter; 0: all do */
    const fhi_eval *root;
    float scores[FHI_RANGE_DOCS];
} fhi_walk;

/* Statistics of a whole tree: one fhi_word_stats a word, in preorder. */
fh_status fhi_plan_gather(fhi_plan *plan, const fhi_node *root, fhi_word_stats **stats);
fh_status fhi_plan_resolve(fhi_plan *plan, const fhi_node *root, const fhi_word_stats *stats, uint32_t segment,
                           fhi_eval **out);

/* What a chunk may score at most without looking into it; below 0 when it cannot match. */
float fhi_eval_chunk_bound(const fhi_eval *eval, uint32_t chunk);
/* Brings a chunk into view: possible and quarters. */
void fhi_eval_enter(fhi_eval *eval, uint32_t chunk);
/* Bounds of the given ranges. */
void fhi_eval_bound(fhi_eval *eval, const uint64_t ranges[4]);
/* Bounds of the quarters of a range, at least where `quarters` has a bit. After bound() of it. */
void fhi_eval_bound_quarters(const fhi_eval *eval, uint32_t range, float bounds[4]);
/* Asks ahead for what a range will want, under the top of a plan. */
void fhi_eval_prefetch(const fhi_eval *eval, uint32_t range);
/* Documents of the range under an OR at the top of a plan that may reach walk->least: eval->mask. */
void fhi_eval_match_best(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4]);
/* Documents of the range among `need`: eval->mask. */
void fhi_eval_match(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4]);
void fhi_phrase_match(fhi_walk *walk, fhi_eval *eval, const uint64_t need[4]);
/* Adds the scores of the documents of mask. */
void fhi_eval_score(fhi_walk *walk, fhi_eval *eval, const uint64_t mask[4]);
/* First failure of any cursor below. */
fh_status fhi_eval_status(const fhi_eval *eval);

/* Loads the range for every list of the group: group->mask. */
void fhi_group_load(fhi_walk *walk, fhi_group *group);
/* Positions of one document of the range into group->positions; only below `end`. */
bool fhi_group_positions(fhi_walk *walk, fhi_group *group, uint32_t doc, uint32_t end);

static inline bool fhi_mask_any(const uint64_t mask[4])
{
    return (mask[0] | mask[1] | mask[2] | mask[3]) != 0;
}

static inline bool fhi_mask_has(const uint64_t mask[4], uint32_t i)
{
    return mask[i / 64] >> (i % 64) & 1;
}

#endif
