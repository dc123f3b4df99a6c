/* match.h - a plan in, the exact best documents out.
 *
 * A plan is a tree of fhi_node in the caller's arena, independent of segments: it names terms by their bytes.
 * fhi_match_run resolves it against every segment of a snapshot and walks the documents in ranges of 256,
 * each node answering a 256-bit map; ranges whose score bound cannot reach the k-th best score are skipped.
 * Pruning never changes a result: order is score descending (bit-exact), then segment and document ascending.
 *
 * Score of a document: sum over the scored leaves that match it, in the order of the tree, of
 *   weight * idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average length)),
 *   idf = ln(1 + (N - df + 0.5) / (df + 0.5))           (Robertson and Zaragoza 2009, with Lucene's idf)
 * tf = weighted frequency / body_weight; length as kept in one byte; N, df and the average over all segments.
 * A leaf under an AND, phrase or NOT contributes only where that node matches; what is excluded never scores.
 */
#ifndef FHI_MATCH_H
#define FHI_MATCH_H

#include "engine/segment/index.h"

enum {
    FHI_TOP_MAX = 10000,      /* hits one run may ask for */
    FHI_EXPANSION_MAX = 4096, /* forms one prefix may expand to in one segment */
    FHI_PHRASE_SLOTS_MAX = 64,
    FHI_WINDOW_MAX = 1000, /* of a proximity phrase */
    FHI_CLASS_TERMS_MAX = 16,
    FHI_PLAN_LEAVES_MAX = 1024,
    FHI_PLAN_DEPTH_MAX = 128
};

typedef enum fhi_node_kind {
    FHI_NODE_WORD,   /* a class of terms that count as one word, with its exact form beside or instead */
    FHI_NODE_PREFIX, /* all forms whose fold starts so, as one class */
    FHI_NODE_PHRASE, /* slots at given distances, or near each other */
    FHI_NODE_AND,    /* all children */
    FHI_NODE_OR,     /* any child */
    FHI_NODE_NOT,    /* first child without any of the others */
    FHI_NODE_COLUMN, /* documents whose column value is accepted; never scores */
    FHI_NODE_DAYS,   /* documents with day in [day_first, day_last]; never scores */
    FHI_NODE_ALL     /* every document; never scores */
} fhi_node_kind;

/* A word: terms (with namespace byte) that match alike; frequencies are summed, df is the largest of them.
 * exact.len > 0 names an exact form of terms[0]: beside the stem (exact_only false: adds exact_weight * B(exact)
 * where it occurs, with its own df) or instead of it (exact_only true: only that form matches, scored as a word). */
typedef struct fhi_word_spec {
    const fh_str *terms;
    uint32_t term_count;
    fh_str exact;
    fh_str fold; /* of the exact form */
    bool exact_only;
} fhi_word_spec;

typedef struct fhi_slot {
    fhi_word_spec word;
    uint32_t offset; /* distance from the first slot's position, for ordered phrases */
} fhi_slot;

typedef struct fhi_node fhi_node;
struct fhi_node {
    fhi_node_kind kind;
    float weight;    /* leaves: multiplies the score; 0 = matches without scoring */
    bool title_only; /* WORD, PREFIX, PHRASE: only positions of the title count as a match */
    uint32_t child_count;
    fhi_node **children;
    fhi_word_spec word;  /* WORD */
    fh_str prefix;       /* PREFIX: folded; in a `words` index bytes of the term without namespace */
    uint32_t slot_count; /* PHRASE: scored like one word: idf = sum of the slots', tf = how often it occurs */
    const fhi_slot *slots;
    uint32_t window;   /* PHRASE: 0 = ordered, at the slots' offsets; n = all slots, any order, spanning <= n more
                          positions than the slots themselves need */
    fhi_column column; /* COLUMN: accept is called once for each distinct value of a segment */
    bool (*accept)(void *argument, fh_str folded_value);
    void *accept_argument;
    uint32_t day_first; /* DAYS: YYYYMMDD bounds, inclusive */
    uint32_t day_last;
};

typedef enum fhi_sort { FHI_SORT_SCORE, FHI_SORT_DATE } fhi_sort; /* DATE: newest first, then document order */

/* Where a document stands in the order of a sort, of one question and one snapshot. */
typedef struct fhi_place {
    uint64_t key; /* larger is first: order-preserving bits of the score, or day and minute; then segment, then doc */
    uint32_t segment;
    uint32_t doc;
} fhi_place;

typedef struct fhi_match_options {
    uint32_t top; /* hits wanted, at most FHI_TOP_MAX */
    fhi_sort sort;
    bool exhaustive;        /* no pruning: for tests and the bench */
    bool count;             /* also the true total, whatever `after` says */
    const fhi_place *after; /* only hits that stand after this one; NULL: from the first */
    uint64_t deadline_ns;   /* CLOCK_MONOTONIC; 0 = none; checked every few ranges */
    bool partial;           /* at the deadline hand over what has been found, instead of FH_E_DEADLINE */
} fhi_match_options;

typedef struct fhi_hit {
    uint64_t key; /* as in fhi_place */
    uint32_t segment;
    uint32_t doc;
    float score; /* 0 when sorted by date */
    uint32_t day;
} fhi_hit;

typedef struct fhi_hits {
    fhi_hit *hits; /* best first, in the arena */
    uint32_t hit_count;
    uint64_t total; /* matching live documents when counted, else 0; of a partial answer, at least these */
    bool partial;   /* the deadline came first: every hit matches, but better ones may be missing */
} fhi_hits;

/* All memory from the arena. Codes: FH_E_LIMIT (expansion, leaves, arena cap; err says which), FH_E_DEADLINE,
 * FH_E_CORRUPT, FH_E_NOMEM, FH_E_INVALID (a malformed plan). Safe to call from many threads on one snapshot. */
fh_status fhi_match_run(const fhi_index *index, const fhi_node *root, const fhi_match_options *options,
                        fhi_arena *arena, fhi_hits *out, fh_err *err);

/* A document, in the order of a walk. */
typedef struct fhi_document {
    uint32_t segment;
    uint32_t doc;
} fhi_document;

/* Tells of every match, in document order, without scoring: the documents first + i of the segment where docs has
 * bit i; first is a multiple of 64. A status other than FH_OK ends the walk with it. */
typedef fh_status (*fhi_quarter_seen)(void *argument, uint32_t segment, uint32_t first, uint64_t docs);
/* Memory, codes and threads as above. */
fh_status fhi_match_each(const fhi_index *index, const fhi_node *root, uint64_t deadline_ns, fhi_quarter_seen seen,
                         void *argument, fhi_arena *arena, fh_err *err);
/* The same from a place on, of whose quarter all matches are told. */
fh_status fhi_match_each_from(const fhi_index *index, const fhi_node *root, fhi_document from, uint64_t deadline_ns,
                              fhi_quarter_seen seen, void *argument, fhi_arena *arena, fh_err *err);

#endif
