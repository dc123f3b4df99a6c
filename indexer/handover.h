/* handover.h - terms go to a segment writer on a thread of its own, so that the next ones are put together meanwhile.
 *
 * Between the first put and end the writer belongs to that thread. Few terms, and lists too large to be copied, go
 * there directly. The order is that of the puts.
 */
#ifndef FHI_HANDOVER_H
#define FHI_HANDOVER_H

#include "engine/segment/segment.h"

#include <pthread.h>

/* A list under construction, or several one after the other. */
typedef struct fhi_list_build {
    uint32_t *docs;
    uint32_t *counts;
    uint32_t *positions;
    uint32_t *forms;
    size_t posting_capacity;
    size_t position_capacity;
    uint32_t doc_count;
    uint32_t position_count;
} fhi_list_build;

void fhi_list_build_fini(fhi_list_build *list);
fh_status fhi_list_build_reserve(fhi_list_build *list, size_t postings_more, size_t positions_more);

typedef struct fhi_term_batch {
    fhi_buf heads; /* one for each term, see handover.c */
    fhi_buf texts;
    fhi_list_build lists;
} fhi_term_batch;

typedef struct fhi_handover {
    fhi_segment_writer *writer;
    fhi_term_batch filling; /* the caller's */
    fhi_term_batch writing; /* the thread's while busy */
    bool started;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows; there once started */
    pthread_cond_t changed;
    bool busy;
    bool stop;
} fhi_handover;

void fhi_handover_init(fhi_handover *handover, fhi_segment_writer *writer);
void fhi_handover_fini(fhi_handover *handover); /* what is not written yet is dropped; zero-initialised is allowed */

/* fhi_segment_writer_add_term, some time. Codes: FH_E_NOMEM; what the writer has met so far. */
fh_status fhi_handover_put(fhi_handover *handover, fh_str term, const fhi_list *list);

/* All is with the writer, which is the caller's again. Codes: what the writer has met. */
fh_status fhi_handover_end(fhi_handover *handover);

#endif
