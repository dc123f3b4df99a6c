/* explain.h - why an article matches, or does not, and what its score is made of. */
#ifndef FHI_ANSWER_EXPLAIN_H
#define FHI_ANSWER_EXPLAIN_H

#include "engine/match/explain.h"

#include <jansson.h>

/* Lives until the next request of the searcher. */
typedef struct fhi_explanation_view {
    const fhi_index *index;
    fhi_document document;
    fhi_explanation explanation;
    bool scored; /* some word ranks; false: the newest come first, and every score is 0 */
} fhi_explanation_view;

/* {"article","matches","score","sorted_by","plan","fails":[{"clause","why"}],"clauses":{...},"ranking":{...}}; NULL:
 * no memory. Reals are to be written with nine digits. */
json_t *fhi_reply_explanation(const fhi_explanation_view *view, fh_str id);

#endif
