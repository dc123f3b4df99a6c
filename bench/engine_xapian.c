/* engine_xapian.c - libxapian under the bench, through engine/xap. Documents are numbered by line, docid = line + 1. */
#include "bench/engine.h"

#include "engine/xap/xap.h"

#include <stdlib.h>

typedef struct engine {
    fhi_xap_db *db;
} engine;

static void engine_close(void *state)
{
    engine *e = state;
    if (!e) return;
    fhi_xap_db_destroy(e->db);
    free(e);
}

static fh_status engine_open(const char *path, bool exhaustive, void **state, fh_err *err)
{
    engine *e = calloc(1, sizeof *e);
    *state = e;
    if (!e) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
    if (exhaustive) return fhi_fail(err, FH_E_INVALID, "pruning cannot be turned off here");
    return fhi_xap_db_open(fhi_str(path), &e->db, err);
}

/* An enquiry with the weights of a `words` index of ours: k1 1.2, b 0.75, no bound on the length. */
static fh_status enquire(engine *e, const fhi_bench_item *item, fhi_xap_enquire **out, fh_err *err)
{
    static const fhi_xap_op ops[] = {FHI_XAP_AND, FHI_XAP_OR, FHI_XAP_PHRASE};
    static const fhi_xap_bm25 weights = {.k1 = 1.2, .k2 = 0, .k3 = 1, .b = 0.75, .min_normlen = 0};
    fhi_xap_query *query;
    *out = NULL;
    FH_TRY(fhi_xap_query_combine_terms(ops[item->op], item->terms, item->term_count, 0, &query, err));
    fh_status status = fhi_xap_enquire_create(e->db, out, err);
    if (status == FH_OK) status = fhi_xap_enquire_set_bm25(*out, &weights, err);
    if (status == FH_OK) status = fhi_xap_enquire_set_query(*out, query, err);
    fhi_xap_query_destroy(query);
    return status;
}

static fh_status engine_search(void *state, const fhi_bench_item *item, uint32_t top, fhi_bench_hit *hits,
                               uint32_t *hit_count, fh_err *err)
{
    fhi_xap_enquire *enquiry = NULL;
    fhi_xap_hits *found = NULL;
    fhi_xap_totals totals = {0};
    *hit_count = 0;
    fh_status status = enquire(state, item, &enquiry, err);
    if (status == FH_OK) status = fhi_xap_enquire_run(enquiry, 0, top, 0, &found, err);
    if (status == FH_OK) status = fhi_xap_hits_totals(found, &totals, err);
    for (uint32_t i = 0; i < totals.hit_count && status == FH_OK; i++) {
        fhi_xap_hit hit;
        status = fhi_xap_hits_get(found, i, &hit, err);
        hits[i] = (fhi_bench_hit){0, hit.docid, hit.weight};
    }
    if (status == FH_OK) *hit_count = totals.hit_count;
    fhi_xap_hits_destroy(found);
    fhi_xap_enquire_destroy(enquiry);
    return status;
}

static fh_status engine_count(void *state, const fhi_bench_item *item, uint64_t *count, fh_err *err)
{
    fhi_xap_enquire *enquiry = NULL;
    uint32_t matches = 0;
    fh_status status = enquire(state, item, &enquiry, err);
    if (status == FH_OK) status = fhi_xap_enquire_count(enquiry, &matches, err);
    fhi_xap_enquire_destroy(enquiry);
    *count = matches;
    return status;
}

static fh_status engine_id(void *state, const fhi_bench_hit *hit, fhi_buf *id, fh_err *err)
{
    (void)state;
    fhi_buf_clear(id);
    fhi_buf_printf(id, "%u", hit->doc - 1);
    return id->status == FH_OK ? FH_OK : fhi_fail(err, id->status, "not enough memory");
}

const fhi_bench_engine *fhi_bench_engine_xapian(void)
{
    static const fhi_bench_engine table = {"libxapian",   engine_open,  engine_close,
                                           engine_search, engine_count, engine_id};
    return &table;
}
