/* sorter.c - external merge sort. Users: merge.c (forms by their terms), emit.c (forms by their names). */
#include "indexer/sorter.h"

#include <stdlib.h>

enum { OUT_BYTES = 64 * 1024 };

void fhi_sorter_init(fhi_sorter *sorter, const fhi_vfs *vfs, const char *base, const char *runs_name,
                     const char *sorted_name, uint32_t held_max)
{
    *sorter = (fhi_sorter){.held_max = held_max};
    fhi_side_init(&sorter->runs, vfs, base, runs_name, 0);
    fhi_side_init(&sorter->sorted, vfs, base, sorted_name, OUT_BYTES);
}

void fhi_sorter_fini(fhi_sorter *sorter)
{
    free(sorter->held);
    fhi_side_fini(&sorter->runs);
    fhi_side_fini(&sorter->sorted);
    *sorter = (fhi_sorter){0};
}

static int compare(const void *a, const void *b)
{
    const fhi_sort_record *x = a, *y = b;
    for (int i = 0; i < 4; i++)
        if (x->at[i] != y->at[i]) return x->at[i] < y->at[i] ? -1 : 1;
    return 0;
}

static void sort_held(fhi_sorter *sorter)
{
    if (sorter->held_count > 1) qsort(sorter->held, sorter->held_count, sizeof *sorter->held, compare);
}

static fh_status write_run(fhi_sorter *sorter, fh_err *err)
{
    sort_held(sorter);
    FH_TRY(fhi_side_put(&sorter->runs, sorter->held, sorter->held_count * sizeof *sorter->held, err));
    sorter->held_count = 0;
    return FH_OK;
}

fh_status fhi_sorter_put(fhi_sorter *sorter, fhi_sort_record record, fh_err *err)
{
    if (sorter->held_count == sorter->held_max) FH_TRY(write_run(sorter, err));
    if (sorter->held_count == sorter->held_capacity) {
        uint32_t capacity = sorter->held_capacity ? sorter->held_capacity * 2 : 1024;
        if (capacity > sorter->held_max) capacity = sorter->held_max;
        fhi_sort_record *held = realloc(sorter->held, capacity * sizeof *held);
        if (!held) return fhi_fail(err, FH_E_NOMEM, "out of memory");
        sorter->held = held;
        sorter->held_capacity = capacity;
    }
    sorter->held[sorter->held_count++] = record;
    sorter->count++;
    return FH_OK;
}

/* ---- merging runs -------------------------------------------------------------------------------------- */

/* What is left of a run. */
typedef struct run {
    const fhi_sort_record *next;
    const fhi_sort_record *end;
} run;

/* runs[at] may be too large for its place in the heap, whose least is runs[0]. */
static void sink(run *runs, size_t count, size_t at)
{
    const run moved = runs[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(runs[child + 1].next, runs[child].next) < 0) child++;
        if (compare(moved.next, runs[child].next) <= 0) break;
        runs[at] = runs[child];
    }
    runs[at] = moved;
}

static fh_status merge_runs(fhi_sorter *sorter, run *runs, size_t run_count, fh_err *err)
{
    for (size_t i = run_count / 2; i-- > 0;)
        sink(runs, run_count, i);
    while (run_count > 0) {
        FH_TRY(fhi_side_put(&sorter->sorted, runs[0].next, sizeof *runs[0].next, err));
        if (++runs[0].next == runs[0].end) runs[0] = runs[--run_count];
        sink(runs, run_count, 0);
    }
    return FH_OK;
}

static fh_status sort_runs(fhi_sorter *sorter, const uint8_t **data, size_t *len, fh_err *err)
{
    FH_TRY(write_run(sorter, err));
    free(sorter->held);
    sorter->held = NULL;
    sorter->held_capacity = 0;
    FH_TRY(fhi_side_read(&sorter->runs, data, len, err));
    const fhi_sort_record *records = (const fhi_sort_record *)(const void *)*data;
    const size_t run_count = (sorter->count + sorter->held_max - 1) / sorter->held_max;
    run *runs = calloc(run_count, sizeof *runs);
    if (!runs) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    for (size_t i = 0; i < run_count; i++) {
        const size_t left = sorter->count - i * sorter->held_max;
        runs[i].next = records + i * sorter->held_max;
        runs[i].end = runs[i].next + (left < sorter->held_max ? left : sorter->held_max);
    }
    const fh_status status = merge_runs(sorter, runs, run_count, err);
    free(runs);
    if (status != FH_OK) return status;
    fhi_side_fini(&sorter->runs);
    return fhi_side_read(&sorter->sorted, data, len, err);
}

fh_status fhi_sorter_read(fhi_sorter *sorter, const fhi_sort_record **records, size_t *count, fh_err *err)
{
    const uint8_t *data = (const uint8_t *)sorter->held;
    size_t len;
    *records = NULL;
    *count = 0;
    if (sorter->count <= sorter->held_max)
        sort_held(sorter);
    else
        FH_TRY(sort_runs(sorter, &data, &len, err));
    *records = (const fhi_sort_record *)(const void *)data;
    *count = sorter->count;
    return FH_OK;
}
