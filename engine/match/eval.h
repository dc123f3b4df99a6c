/* eval.h - a plan resolved against one segment: the tree that answers quarter by quarter, 64 documents at a time.
 *
 * resolve.c builds it, bounds.c tells what a chunk may hold and score, eval.c, group.c and phrase.c give the documents
 * of a quarter, score.c their scores, run.c walks. Nothing outside engine/match includes this.
 *
 * Bounds are kept twice: as floats by chunk, and by quarter as whole numbers, scaled so that the bounds of all words
 * together stay below 65,536. Both are never below the score they bound.
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
    const float *k_of_norm; /* unit * K at the average of the whole index */
    uint32_t leaf_count;
    bool docs_only; /* which documents match is all that is asked: no bound, no score */
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

/* The lists of a group that are decoded whole, summed by document of the chunk in view. */
typedef struct fhi_union {
    uint64_t held[FHI_QUARTER_WORDS]; /* quarters that hold documents; of others masks and bounds are 0 */
    uint64_t masks[FHI_CHUNK_QUARTERS];
    uint32_t ranks[FHI_CHUNK_QUARTERS]; /* index below of the first document of a quarter that is held */
    uint32_t *freqs, *exact_freqs;
    uint32_t room;
    uint8_t bounds[FHI_CHUNK_QUARTERS];
    uint64_t unsure; /* documents of the quarter in view for which a lane is not exact */
    /* by form: what the dense lists hold of a range */
    uint32_t range; /* UINT32_MAX: none */
    uint64_t range_masks[FHI_RANGE_QUARTERS];
    uint32_t range_freqs[FHI_RANGE_DOCS], range_exact_freqs[FHI_RANGE_DOCS];
} fhi_union;

/* Lists that count as one word. */
typedef struct fhi_group {
    fhi_cursor *cursors;
    uint32_t count;
    bool by_form;    /* only postings with a wanted form match */
    bool pair;       /* what tells where two slots may stand side by side: no positions */
    uint32_t df;     /* smallest first in phrases */
    uint32_t offset; /* in a phrase */
    /* the quarter in view */
    uint64_t mask;
    uint32_t first;      /* one list: for its lanes */
    uint32_t *positions; /* of one document */
    uint32_t position_count, position_room;
} fhi_group;

typedef struct fhi_eval fhi_eval;
struct fhi_eval {
    fhi_eval_kind kind;
    uint32_t df;  /* documents it may match, roughly: orders the children of an AND */
    uint8_t cost; /* cheap children of an AND are asked first */
    bool title_only;
    bool plain; /* WORD of one list, wherever it stands: the most common leaf, matched without a detour */
    uint32_t child_count;
    fhi_eval **children;  /* in the order of the plan: scores are summed in it */
    fhi_eval **cheapest;  /* AND: the same, cheapest first */
    float weight;         /* (k1 + 1) * idf * weight of the node */
    float exact_weight;   /* the same of the exact form beside the stem; 0: none */
    float bound_weight;   /* what a stored bound of 1/255 is worth at most; rounded up to cover sums of floats */
    uint16_t bound_units; /* 256 times that, scaled */
    fhi_group *groups;    /* WORD: one; PHRASE: those that decide, rarest first, then the words that pairs imply */
    uint32_t group_count;
    uint32_t deciding_count; /* which documents may match, the first so many groups tell */
    fhi_group **slots;       /* PHRASE: the words, whose positions are compared, rarest first */
    uint32_t slot_count;
    fhi_union *united; /* WORD of several lists, or by form */
    uint32_t window;
    uint32_t *phrase_freqs; /* per document of the quarter in view */
    uint8_t *accepted;      /* COLUMN: one byte per ordinal */
    fhi_column column;
    uint32_t day_first, day_last;
    uint64_t possible[FHI_QUARTER_WORDS]; /* quarters of the chunk in view that may hold a match */
    uint64_t mask;                        /* documents of the quarter in view */
    /* not cleared when made: */
    uint16_t sums[FHI_CHUNK_QUARTERS]; /* bounds, scaled; 0 where possible has no bit */
    uint8_t lanes[FHI_QUARTER_DOCS], exact_lanes[FHI_QUARTER_DOCS];
};

typedef struct fhi_walk {
    const fhi_plan *plan;
    const fhi_segment *segment;
    const fhi_kernels *kernels;
    float units; /* bounds by quarter are so many times the score */
    uint32_t chunk, quarter;
    uint32_t base; /* first document of the quarter */
    float least;   /* what a document must score to matter; 0: all do */
    uint32_t least_units;
    const fhi_eval *root;
    /* what the words of the plan add to the scores of the quarter in view, in its order */
    fhi_addend *addends;
    uint32_t addend_count;
    uint64_t unsure;      /* documents for which an addend is only a bound */
    uint32_t until_clock; /* steps before the clock is looked at again */
    bool late;            /* the deadline is over */
} fhi_walk;

enum { FHI_BATCH_QUARTERS = FHI_MASKS_MAX, FHI_BATCH_CHILDREN = 24 };

/* Some quarters of the chunk in view, in the order of a visit, and the documents of each that are still in question. */
typedef struct fhi_batch {
    uint32_t count;
    uint16_t quarters[FHI_BATCH_QUARTERS];
    uint64_t needs[FHI_BATCH_QUARTERS];
    bool all_match;                     /* what is left matches */
    bool told;                          /* masks are known: what the children of an OR hold */
    uint8_t places[FHI_BATCH_QUARTERS]; /* which column of masks a quarter has */
    uint64_t masks[FHI_BATCH_CHILDREN][FHI_BATCH_QUARTERS];
} fhi_batch;

/* Statistics of a whole tree: one fhi_word_stats a word, in preorder. */
fh_status fhi_plan_gather(fhi_plan *plan, const fhi_node *root, fhi_word_stats **stats);
double fhi_plan_idf(const fhi_plan *plan, uint64_t df);
/* *units: the scale of the bounds by quarter. */
fh_status fhi_plan_resolve(fhi_plan *plan, const fhi_node *root, const fhi_word_stats *stats, uint32_t segment,
                           fhi_eval **out, float *units);

/* What a chunk may score at most without looking into it; below 0 when it cannot match. */
float fhi_eval_chunk_bound(const fhi_eval *eval, uint32_t chunk);
/* Brings a chunk into view: possible. among, unless NULL, says which quarters matter at most. */
void fhi_eval_enter(fhi_walk *walk, fhi_eval *eval, const uint64_t *among);
/* Bounds of the quarters among, of the chunk in view: sums. */
void fhi_eval_bound(fhi_walk *walk, fhi_eval *eval, const uint64_t among[FHI_QUARTER_WORDS]);
/* Asks ahead for what entering a chunk will want. */
void fhi_eval_prefetch_chunk(const fhi_eval *eval, uint32_t chunk);
/* Asks ahead for what quarters of the chunk in view will want, under the top of a plan. */
void fhi_eval_prefetch(const fhi_eval *eval, const uint16_t *quarters, uint32_t count);
/* Narrows what is needed of some quarters to what the plain words at the top of a plan hold, and may reach walk->least;
 * quarters of which nothing is left are dropped. */
void fhi_eval_sieve(const fhi_walk *walk, const fhi_eval *eval, fhi_batch *batch);
/* Documents of quarter i of a batch that was sieved: eval->mask. */
void fhi_eval_match_sieved(fhi_walk *walk, fhi_eval *eval, const fhi_batch *batch, uint32_t i);
/* Documents of the quarter among `need`: eval->mask. */
void fhi_eval_match(fhi_walk *walk, fhi_eval *eval, uint64_t need);
void fhi_phrase_match(fhi_walk *walk, fhi_eval *eval, uint64_t need);
/* Appends the addends of the documents of mask. */
void fhi_eval_collect(fhi_walk *walk, fhi_eval *eval, uint64_t mask);
/* What a word or phrase adds to the score of a document that it matches: by itself, and by its exact form beside. */
enum { FHI_SHARES = 2 };
typedef struct fhi_share {
    uint64_t freq; /* weighted */
    float adds;    /* 0 where freq is */
} fhi_share;
void fhi_eval_shares(const fhi_walk *walk, const fhi_eval *leaf, uint32_t doc, fhi_share shares[FHI_SHARES]);
/* Adds the exact score of one document, in the same order. */
float fhi_eval_score(fhi_walk *walk, const fhi_eval *eval, uint32_t doc, float score);
/* Whether the deadline of the query is over; looks at the clock only now and then. Charges `steps` of work, each of
 * some nanoseconds. */
bool fhi_walk_is_late(fhi_walk *walk, uint32_t steps);
/* Asks the clock; never over where it is 0. */
bool fhi_deadline_is_over(uint64_t deadline_ns);
/* First failure of any cursor below. */
fh_status fhi_eval_status(const fhi_eval *eval);

/* Brings the chunk into view of every list; possible is what any of them holds. False when there is none. */
bool fhi_group_enter(fhi_group *group, uint32_t chunk, const uint64_t *among, uint64_t possible[FHI_QUARTER_WORDS]);
/* Sums of the lists' bounds, at most 255: x / (x + K) grows slower than x. */
void fhi_group_bound(fhi_group *group, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS]);
/* Documents of the quarter in view that any list holds. */
uint64_t fhi_group_mask(fhi_walk *walk, fhi_group *group);
/* Frequencies of the quarter whose mask() was asked last, at most 255; 0 of other documents. */
void fhi_group_lanes(const fhi_walk *walk, fhi_group *group, uint8_t lanes[FHI_QUARTER_DOCS]);
/* Positions of one document of the quarter into group->positions; only below `end`. False: no memory, or too late. */
bool fhi_group_positions(fhi_walk *walk, fhi_group *group, uint32_t doc, uint32_t end);
/* The same of a spot that is known. */
bool fhi_group_unpack(fhi_walk *walk, fhi_group *group, const fhi_spot *spot, uint32_t end);

/* The same of a word of several lists, whose frequencies are summed. */
bool fhi_union_enter(fhi_walk *walk, fhi_eval *eval, uint64_t possible[FHI_QUARTER_WORDS]);
void fhi_union_bound(fhi_eval *eval, const uint64_t among[FHI_QUARTER_WORDS], uint8_t bounds[FHI_CHUNK_QUARTERS]);
uint64_t fhi_union_mask(fhi_walk *walk, fhi_eval *eval); /* fills lanes, too */
void fhi_union_freqs(const fhi_walk *walk, const fhi_eval *eval, uint32_t doc, uint32_t *freq, uint32_t *exact_freq);

/* Documents of the quarter under a plain word. */
static inline uint64_t fhi_plain_mask(const fhi_walk *walk, fhi_eval *eval)
{
    fhi_group *group = eval->groups;
    group->mask = fhi_cursor_mask(&group->cursors[0], walk->quarter, &group->first);
    return group->mask;
}

static inline bool fhi_bitmap_any(const uint64_t bitmap[FHI_QUARTER_WORDS])
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < FHI_QUARTER_WORDS; i++)
        any |= bitmap[i];
    return any != 0;
}

static inline bool fhi_bitmap_has(const uint64_t *bitmap, uint32_t i)
{
    return bitmap[i / 64] >> (i % 64) & 1;
}

#endif
