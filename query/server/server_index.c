/* server_index.c - the service of the real thing: an index directory, asked through fhi_searcher.
 *
 * A worker object is a searcher and the analyzer it was made for: an index made anew may use another one, so each
 * question checks.
 */
#include "query/server/server.h"
#include "query/server/server_ask.h"

#include <stdlib.h>

typedef struct index_worker {
    fhi_searcher *searcher;
    fhi_page *page;
    char analyzer[sizeof((fhi_settings *)0)->analyzer];
} index_worker;

static fh_status snapshot_open(void *context, void **snapshot, fh_err *err)
{
    const fhi_index_service *self = context;
    fhi_index *index = NULL;
    const fh_status status = fhi_index_open(self->vfs, self->directory, &index, err);
    *snapshot = index;
    return status;
}

static void *snapshot_retain(void *snapshot)
{
    return fhi_index_retain(snapshot);
}

static void snapshot_release(void *snapshot)
{
    fhi_index_release(snapshot);
}

static void snapshot_describe(void *snapshot, fhi_snapshot_facts *facts)
{
    facts->generation = fhi_index_generation(snapshot);
    facts->article_count = fhi_index_live_count(snapshot);
    facts->identity = fhi_index_identity(snapshot);
}

/* Makes sure the searcher reads as the index was written. */
static fh_status fit(index_worker *worker, const fhi_index *index, fh_err *err)
{
    const char *analyzer = fhi_index_settings(index)->analyzer;
    if (worker->searcher && strcmp(worker->analyzer, analyzer) == 0) return FH_OK;
    fhi_searcher_destroy(worker->searcher);
    worker->searcher = NULL;
    FH_TRY(fhi_searcher_create(analyzer, &worker->searcher, err));
    memcpy(worker->analyzer, analyzer, sizeof worker->analyzer);
    return FH_OK;
}

static void worker_destroy(void *object)
{
    index_worker *worker = object;
    if (!worker) return;
    fhi_searcher_destroy(worker->searcher);
    fhi_page_destroy(worker->page);
    free(worker);
}

static fh_status worker_create(void *context, void *snapshot, void **out, fh_err *err)
{
    (void)context;
    *out = NULL;
    index_worker *worker = calloc(1, sizeof *worker);
    if (!worker) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    fh_status status = fit(worker, snapshot, err);
    if (status == FH_OK) status = fhi_page_create(&worker->page, err);
    if (status != FH_OK)
        worker_destroy(worker);
    else
        *out = worker;
    return status;
}

/* A search, or counts. */
static fh_status run(fhi_searcher *searcher, fhi_index *index, const fhi_ask *ask, fhi_request_kind kind, fhi_buf *json)
{
    fhi_request request = ask->request;
    request.kind = kind;
    return fhi_searcher_run(searcher, index, &request, ask->id, json);
}

static fh_status answer_page(const index_worker *worker, const fhi_index *index, const fhi_ask *ask, fhi_page_kind kind,
                             fhi_buf *out)
{
    const fhi_page_question question = {
        .kind = kind, .request = ask->request, .state = &ask->page, .article = ask->subject};
    return fhi_page_answer(worker->page, worker->searcher, index, &question, out);
}

static fh_status answer_file(fh_str name, fhi_buf *out)
{
    fhi_page_file file;
    if (fhi_page_file_find(name, &file)) {
        fhi_buf_put(out, file.bytes.ptr, file.bytes.len);
        return FH_OK;
    }
    (void)fhi_error_json("not_found", "there is no such file", NULL, out);
    return FH_E_NOT_FOUND;
}

static fh_status answer(void *object, void *snapshot, const fhi_ask *ask, fhi_buf *json)
{
    index_worker *worker = object;
    fh_err err = {0};
    fh_status status = fit(worker, snapshot, &err);
    if (status == FH_OK) {
        switch (ask->route->kind) {
        case FHI_ASK_SEARCH: return run(worker->searcher, snapshot, ask, FHI_REQUEST_HITS, json);
        case FHI_ASK_FACETS: return run(worker->searcher, snapshot, ask, FHI_REQUEST_FACETS, json);
        case FHI_ASK_HISTOGRAM: return run(worker->searcher, snapshot, ask, FHI_REQUEST_HISTOGRAM, json);
        case FHI_ASK_EXPLAIN: return run(worker->searcher, snapshot, ask, FHI_REQUEST_EXPLAIN, json);
        case FHI_ASK_ARTICLE: return fhi_searcher_article(worker->searcher, snapshot, ask->subject, json);
        case FHI_ASK_ANALYZE: return fhi_searcher_analyze(worker->searcher, ask->subject, json);
        case FHI_ASK_PAGE: return answer_page(worker, snapshot, ask, FHI_PAGE_SEARCH, json);
        case FHI_ASK_READ: return answer_page(worker, snapshot, ask, FHI_PAGE_READ, json);
        case FHI_ASK_WHY: return answer_page(worker, snapshot, ask, FHI_PAGE_WHY, json);
        case FHI_ASK_LIST: return answer_page(worker, snapshot, ask, FHI_PAGE_LIST, json);
        case FHI_ASK_FEED: return answer_page(worker, snapshot, ask, FHI_PAGE_ATOM, json);
        case FHI_ASK_FILE: return answer_file(ask->subject, json);
        default: status = FH_E_INTERNAL; /* the server answers the others itself */
        }
    }
    (void)fhi_error_json("internal", err.text, ask->route->wrapped ? NULL : ask->id, json);
    return status;
}

static fh_status piece(void *object, void *snapshot, const fhi_ask *ask, fhi_export_state *state, fhi_buf *out)
{
    index_worker *worker = object;
    fh_err err = {0};
    const fh_status status = fit(worker, snapshot, &err);
    if (status == FH_OK)
        return fhi_export_piece(worker->searcher, snapshot, &ask->request, &ask->export, ask->root != NULL, ask->id,
                                state, out);
    (void)fhi_error_json("internal", err.text, ask->id, out);
    return status;
}

void fhi_index_service_init(fhi_index_service *self, const fhi_vfs *vfs, const char *directory)
{
    self->vfs = vfs;
    self->directory = directory;
    self->service = (fhi_service){
        .context = self,
        .snapshot_open = snapshot_open,
        .snapshot_retain = snapshot_retain,
        .snapshot_release = snapshot_release,
        .snapshot_describe = snapshot_describe,
        .worker_create = worker_create,
        .worker_destroy = worker_destroy,
        .answer = answer,
        .piece = piece,
    };
}
