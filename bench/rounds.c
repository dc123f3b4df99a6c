/* rounds.c - the timed loop, and its answers as JSON lines. See rounds.h. */
#include "bench/rounds.h"

#include <stdlib.h>

fh_status fhi_bench_side_init(fhi_bench_side *side, const fhi_bench_engine *engine, const char *path,
                              const fhi_bench_plan *plan, fh_err *err)
{
    *side = (fhi_bench_side){.engine = engine};
    return engine->open(path, plan->exhaustive, &side->state, err);
}

void fhi_bench_side_fini(fhi_bench_side *side, size_t query_count)
{
    for (size_t i = 0; side->answers && i < query_count; i++)
        free(side->answers[i].hits);
    free(side->answers);
    if (side->engine) side->engine->close(side->state);
    *side = (fhi_bench_side){0};
}

/* ---- measuring ------------------------------------------------------------------------------------------- */

fh_status fhi_bench_round(const fhi_bench_engine *engine, void *state, const fhi_bench_set *set, uint32_t top,
                          fhi_bench_hit *hits, uint64_t *ns, size_t *failed, fh_err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        uint32_t hit_count;
        uint64_t count;
        *failed = i;
        const uint64_t start_ns = fhi_bench_now_ns();
        const fh_status status = top ? engine->search(state, &set->items[i], top, hits, &hit_count, err)
                                     : engine->count(state, &set->items[i], &count, err);
        ns[i] = fhi_bench_now_ns() - start_ns;
        if (status != FH_OK) return status;
    }
    return FH_OK;
}

/* Hits and counts, outside the timer. */
static fh_status keep_answers(fhi_bench_side *side, const fhi_bench_set *set, uint32_t top, fhi_bench_hit *hits,
                              size_t *failed, fh_err *err)
{
    const fhi_bench_engine *engine = side->engine;
    for (size_t i = 0; i < set->count; i++) {
        fhi_bench_found *answer = &side->answers[i];
        *failed = i;
        FH_TRY(engine->count(side->state, &set->items[i], &answer->count, err));
        FH_TRY(engine->search(side->state, &set->items[i], top, hits, &answer->hit_count, err));
        answer->hits = malloc((answer->hit_count + 1) * sizeof *hits);
        if (!answer->hits) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
        memcpy(answer->hits, hits, answer->hit_count * sizeof *hits);
    }
    return FH_OK;
}

static fh_status repeat_rounds(fhi_bench_side *side, const fhi_bench_set *set, const fhi_bench_plan *plan,
                               fhi_bench_hit *hits, uint64_t *ns, size_t *failed, fh_err *err)
{
    for (uint32_t round = 0; round < plan->repeat; round++) {
        FH_TRY(fhi_bench_round(side->engine, side->state, set, plan->top, hits, ns, failed, err));
        for (size_t i = 0; i < set->count; i++)
            if (round == 0 || ns[i] < side->answers[i].ns_min) side->answers[i].ns_min = ns[i];
    }
    return keep_answers(side, set, plan->top, hits, failed, err);
}

fh_status fhi_bench_measure(fhi_bench_side *side, const fhi_bench_set *set, const fhi_bench_plan *plan, size_t *failed,
                            fh_err *err)
{
    fhi_bench_hit *hits = malloc(plan->top * sizeof *hits);
    uint64_t *ns = calloc(set->count, sizeof *ns);
    *failed = 0;
    side->answers = calloc(set->count, sizeof *side->answers);
    const fh_status status = hits && ns && side->answers ? repeat_rounds(side, set, plan, hits, ns, failed, err)
                                                         : fhi_fail(err, FH_E_NOMEM, "not enough memory");
    free(ns);
    free(hits);
    return status;
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static json_t *hit_json(const fhi_bench_side *side, const fhi_bench_hit *hit, fhi_buf *id, fh_status *status,
                        fh_err *err)
{
    *status = side->engine->id(side->state, hit, id, err);
    return *status == FH_OK ? json_pack("[s%f]", id->data, id->len, hit->score) : NULL;
}

static fh_status fill_top(const fhi_bench_side *side, const fhi_bench_found *answer, json_t *top, fh_err *err)
{
    fhi_buf id;
    fh_status status = FH_OK;
    fhi_buf_init(&id);
    for (uint32_t i = 0; i < answer->hit_count && status == FH_OK; i++) {
        json_t *hit = hit_json(side, &answer->hits[i], &id, &status, err);
        if (status == FH_OK && json_array_append_new(top, hit) != 0)
            status = fhi_fail(err, FH_E_NOMEM, "an id is not UTF-8, or memory is short");
    }
    fhi_buf_fini(&id);
    return status;
}

static fh_status print_line(FILE *to, const fhi_bench_side *side, const fhi_bench_item *item,
                            const fhi_bench_found *answer, fh_err *err)
{
    json_t *line = json_object(), *top = json_array();
    fh_status status = line && top ? fill_top(side, answer, top, err) : FH_E_NOMEM;
    json_object_set_new(line, "op", json_string(fhi_bench_op_name(item->op)));
    json_object_set_new(line, "q", json_stringn(item->text.ptr, item->text.len));
    json_object_set_new(line, "count", json_integer((json_int_t)answer->count));
    json_object_set_new(line, "min_us", json_real((double)answer->ns_min / 1e3));
    if (json_object_set(line, "top", top) != 0 && status == FH_OK) status = FH_E_NOMEM;
    json_decref(top);
    if (status == FH_OK) return fhi_bench_put_json(to, line, err);
    json_decref(line);
    return status;
}

fh_status fhi_bench_print(FILE *to, const fhi_bench_side *side, const fhi_bench_set *set, fh_err *err)
{
    for (size_t i = 0; i < set->count; i++)
        FH_TRY(print_line(to, side, &set->items[i], &side->answers[i], err));
    return FH_OK;
}
