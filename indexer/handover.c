/* handover.c - two batches: one is filled while the other is written. User: emit.c. */
#include "indexer/handover.h"

#include <stdlib.h>

enum {
    BATCH_POSITIONS = 64 * 1024,  /* or postings: then a batch is handed over */
    COPIED_POSITIONS = 512 * 1024 /* longer lists are written by the caller: they are not held twice */
};

typedef struct term_head {
    uint32_t text_len;
    uint32_t doc_count;
    uint32_t position_count;
    uint32_t told_apart; /* forms are given */
} term_head;

void fhi_list_build_fini(fhi_list_build *list)
{
    free(list->docs);
    free(list->counts);
    free(list->positions);
    free(list->forms);
    *list = (fhi_list_build){0};
}

static fh_status grow(uint32_t **array, size_t capacity)
{
    uint32_t *grown = realloc(*array, capacity * sizeof *grown);
    if (!grown) return FH_E_NOMEM;
    *array = grown;
    return FH_OK;
}

fh_status fhi_list_build_reserve(fhi_list_build *list, size_t postings_more, size_t positions_more)
{
    const size_t postings = list->doc_count + postings_more, positions = list->position_count + positions_more;
    if (postings > list->posting_capacity) {
        const size_t capacity = postings + postings / 2 + 64;
        FH_TRY(grow(&list->docs, capacity));
        FH_TRY(grow(&list->counts, capacity));
        list->posting_capacity = capacity;
    }
    if (positions > list->position_capacity) {
        const size_t capacity = positions + positions / 2 + 64;
        FH_TRY(grow(&list->positions, capacity));
        FH_TRY(grow(&list->forms, capacity));
        list->position_capacity = capacity;
    }
    return FH_OK;
}

/* ---- batches ------------------------------------------------------------------------------------------- */

static void batch_fini(fhi_term_batch *batch)
{
    fhi_buf_fini(&batch->heads);
    fhi_buf_fini(&batch->texts);
    fhi_list_build_fini(&batch->lists);
}

static fh_status batch_add(fhi_term_batch *batch, fh_str term, const fhi_list *list)
{
    fhi_list_build *to = &batch->lists;
    const term_head head = {(uint32_t)term.len, list->doc_count, list->position_count, list->forms != NULL};
    FH_TRY(fhi_list_build_reserve(to, list->doc_count, list->position_count));
    fhi_buf_put(&batch->heads, &head, sizeof head);
    fhi_buf_put(&batch->texts, term.ptr, term.len);
    if (batch->heads.status != FH_OK || batch->texts.status != FH_OK) return FH_E_NOMEM;
    memcpy(to->docs + to->doc_count, list->docs, list->doc_count * sizeof *to->docs);
    memcpy(to->counts + to->doc_count, list->counts, list->doc_count * sizeof *to->counts);
    const size_t positions = list->position_count; /* a pair has none */
    if (positions) memcpy(to->positions + to->position_count, list->positions, positions * sizeof *to->positions);
    if (list->forms) memcpy(to->forms + to->position_count, list->forms, positions * sizeof *to->forms);
    to->doc_count += list->doc_count;
    to->position_count += list->position_count;
    return FH_OK;
}

/* Gives the writer all terms of a batch, and empties it. */
static void batch_write(fhi_term_batch *batch, fhi_segment_writer *writer)
{
    fhi_list_build *from = &batch->lists;
    size_t text = 0, doc = 0, position = 0;
    for (size_t at = 0; at < batch->heads.len; at += sizeof(term_head)) {
        term_head head;
        memcpy(&head, batch->heads.data + at, sizeof head);
        const fh_str term = {(const char *)batch->texts.data + text, head.text_len};
        const fhi_list list = {
            head.doc_count,     head.position_count,        from->docs + doc,
            from->counts + doc, from->positions + position, head.told_apart ? from->forms + position : NULL};
        fhi_segment_writer_add_term(writer, term, &list);
        text += head.text_len;
        doc += head.doc_count;
        position += head.position_count;
    }
    fhi_buf_clear(&batch->heads);
    fhi_buf_clear(&batch->texts);
    from->doc_count = from->position_count = 0;
}

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void *work(void *argument)
{
    fhi_handover *handover = argument;
    (void)pthread_mutex_lock(&handover->mutex);
    for (;;) {
        while (!handover->busy && !handover->stop)
            (void)pthread_cond_wait(&handover->changed, &handover->mutex);
        if (handover->stop) break;
        (void)pthread_mutex_unlock(&handover->mutex);
        batch_write(&handover->writing, handover->writer);
        (void)pthread_mutex_lock(&handover->mutex);
        handover->busy = false;
        (void)pthread_cond_signal(&handover->changed);
    }
    (void)pthread_mutex_unlock(&handover->mutex);
    return NULL;
}

/* Without a thread the caller does all. */
static bool start(fhi_handover *handover)
{
    if (handover->started) return true;
    if (pthread_mutex_init(&handover->mutex, NULL) != 0) return false;
    (void)pthread_cond_init(&handover->changed, NULL); /* cannot fail on Linux */
    handover->started = pthread_create(&handover->thread, NULL, work, handover) == 0;
    if (!handover->started) {
        (void)pthread_cond_destroy(&handover->changed);
        (void)pthread_mutex_destroy(&handover->mutex);
    }
    return handover->started;
}

/* Returns with the mutex held and the thread idle. */
static void wait_idle(fhi_handover *handover)
{
    (void)pthread_mutex_lock(&handover->mutex);
    while (handover->busy)
        (void)pthread_cond_wait(&handover->changed, &handover->mutex);
}

static fh_status pass_on(fhi_handover *handover)
{
    if (!start(handover)) {
        batch_write(&handover->filling, handover->writer);
        return fhi_segment_writer_status(handover->writer);
    }
    wait_idle(handover);
    const fh_status status = fhi_segment_writer_status(handover->writer);
    const fhi_term_batch filled = handover->filling;
    handover->filling = handover->writing;
    handover->writing = filled;
    handover->busy = true;
    (void)pthread_cond_signal(&handover->changed);
    (void)pthread_mutex_unlock(&handover->mutex);
    return status;
}

/* ---- the caller ---------------------------------------------------------------------------------------- */

void fhi_handover_init(fhi_handover *handover, fhi_segment_writer *writer)
{
    *handover = (fhi_handover){.writer = writer};
}

void fhi_handover_fini(fhi_handover *handover)
{
    if (handover->started) {
        wait_idle(handover);
        handover->stop = true;
        (void)pthread_cond_signal(&handover->changed);
        (void)pthread_mutex_unlock(&handover->mutex);
        (void)pthread_join(handover->thread, NULL);
        (void)pthread_cond_destroy(&handover->changed);
        (void)pthread_mutex_destroy(&handover->mutex);
    }
    batch_fini(&handover->filling);
    batch_fini(&handover->writing);
    *handover = (fhi_handover){0};
}

fh_status fhi_handover_put(fhi_handover *handover, fh_str term, const fhi_list *list)
{
    if (list->position_count > COPIED_POSITIONS) {
        FH_TRY(fhi_handover_end(handover));
        fhi_segment_writer_add_term(handover->writer, term, list);
        return fhi_segment_writer_status(handover->writer);
    }
    FH_TRY(batch_add(&handover->filling, term, list));
    const fhi_list_build *filled = &handover->filling.lists;
    const bool more = filled->position_count < BATCH_POSITIONS && filled->doc_count < BATCH_POSITIONS;
    return more ? FH_OK : pass_on(handover);
}

fh_status fhi_handover_end(fhi_handover *handover)
{
    if (handover->started) {
        wait_idle(handover);
        (void)pthread_mutex_unlock(&handover->mutex);
    }
    batch_write(&handover->filling, handover->writer);
    return fhi_segment_writer_status(handover->writer);
}
