/* find.h - the hits of a request one by one, or its counts, for those who show them in their own way. */
#ifndef FHI_FIND_H
#define FHI_FIND_H

#include "query/answer/cursor.h"
#include "query/answer/explain.h"
#include "query/answer/facets.h"
#include "query/answer/request.h"
#include "query/answer/snippet.h"

/* Why a request failed: a wrong query (query.code is not NONE), or anything else (err). */
typedef struct fhi_failure {
    fh_status status;
    fhi_query_error query;
    fh_err err;
} fhi_failure;

typedef struct fhi_found {
    uint64_t total;                  /* articles that match; at least, when partial */
    bool partial;                    /* the deadline came first; `next` is empty */
    uint64_t before;                 /* hits before those shown */
    char next[FHI_CURSOR_BYTES + 1]; /* what to ask after; "" when none follows */
} fhi_found;

/* Called for every hit from request->offset on, best first; what it is given lives during the call. snippet is
 * NULL where none were asked for. A status other than FH_OK ends the search with it. */
typedef fh_status (*fhi_hit_seen)(void *argument, const fh_record *record, float score, const fhi_shown *title,
                                  const fhi_shown *snippet);

/* *failure is filled when the answer is not FH_OK. */
fh_status fhi_searcher_find(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            fhi_hit_seen seen, void *argument, fhi_found *found, fhi_failure *failure);

/* Called for every match; the record lives during the call. */
typedef fh_status (*fhi_record_seen)(void *argument, const fh_record *record);

/* Every match from *place on, in the order of the index; *place is moved behind each that was seen. A status of `seen`
 * other than FH_OK ends it with that, and *place stays at the one it was answered for. *failure as above. */
fh_status fhi_searcher_each(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            fhi_document *place, fhi_record_seen seen, void *argument, fhi_failure *failure);

/* At most `top` hits in the order of the request that stand behind *after (NULL: the first ones), uncounted. They live
 * until the next request of the searcher. *failure as above. */
fh_status fhi_searcher_hits(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            const fhi_place *after, uint32_t top, fhi_hits *hits, fhi_failure *failure);
/* The stored article of a document, read for once; it lives until the next call that reads one. Codes: FH_E_DEADLINE
 * (looked at before; 0: there is none), FH_E_CORRUPT, FH_E_NOMEM. */
fh_status fhi_searcher_document(fhi_searcher *searcher, const fhi_index *index, fhi_document document,
                                uint64_t deadline_ns, fh_record *record, fh_err *err);

/* The counts of a request, whatever its kind; they live until the next request of the searcher. */
fh_status fhi_searcher_facets(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                              fhi_facets *facets, fhi_failure *failure);
fh_status fhi_searcher_histogram(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                                 fhi_histogram *histogram, fhi_failure *failure);

/* One article under a request, whether it matches or not. FH_E_NOT_FOUND: there is none with this id. */
fh_status fhi_searcher_explain(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                               fhi_explanation_view *out, fhi_failure *failure);

/* One stored article, which lives until the next call that reads one. Codes: FH_E_NOT_FOUND, FH_E_CORRUPT, FH_E_NOMEM.
 */
fh_status fhi_searcher_record(fhi_searcher *searcher, const fhi_index *index, fh_str id, fh_record *record,
                              fh_err *err);
/* Gets ready to mark what a request looks for; NULL: nothing. *failure is filled when the answer is not FH_OK, and
 * nothing is marked then. */
fh_status fhi_searcher_look_for(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                                fhi_failure *failure);
/* A whole text of an article with the matches in it; title: of its title. It lives until the next call. Codes:
 * FH_E_DEADLINE (looked at before), FH_E_NOMEM. */
fh_status fhi_searcher_mark(fhi_searcher *searcher, fh_str text, bool title, uint64_t deadline_ns, fhi_shown *out);

/* Stable code and sentence of a failure. */
const char *fhi_failure_code(const fhi_failure *failure);
void fhi_failure_message(const fhi_failure *failure, fhi_message_lang lang, fhi_buf *text);

#endif
