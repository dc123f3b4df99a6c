/* explain.h - one document under a plan: what of it matches, and how its score comes about. */
#ifndef FHI_EXPLAIN_H
#define FHI_EXPLAIN_H

#include "engine/match/match.h"

/* What a word, prefix or phrase adds to the score: by itself, and by its exact form beside the stem. */
typedef struct fhi_explained_part {
    bool told;   /* there is such a part; false: the rest is 0 */
    uint64_t df; /* articles of the index that have it; of a phrase 0: its slots have their own */
    double idf;
    double tf;  /* weighted frequency here, in occurrences of the body */
    float adds; /* to the score */
} fhi_explained_part;

typedef struct fhi_explained fhi_explained;
struct fhi_explained {
    const fhi_node *node;
    bool matches; /* by itself, whatever stands around it */
    bool counts;  /* it matches, and so does all that it stands in; it is not excluded */
    fhi_explained_part whole, exact;
    const fhi_explained_part *slots; /* PHRASE: df and idf of each */
    fhi_explained *children;         /* as many as the node has, in its order */
};

typedef struct fhi_explanation {
    fhi_explained root;
    float score;     /* the sum of all that is added, in the order of the plan, in single precision: that of a run */
    uint32_t length; /* of the document in words, as kept in one byte */
    float average_length;
    float k; /* K = k1 * (1 - b + b * length / average length): tf / (tf + K) is a word's share */
} fhi_explanation;

/* Memory, codes and threads as of fhi_match_run. The document is taken as it is, deleted or not. */
fh_status fhi_match_explain(const fhi_index *index, const fhi_node *root, fhi_document document, uint64_t deadline_ns,
                            fhi_arena *arena, fhi_explanation *out, fh_err *err);

#endif
