/* test_sorter.c - bytes put aside and records sorted come back whole from heap or file, and no file is left. */
#include "indexer/sorter.h"
#include "tests/support/rng.h"
#include "tests/support/vfs_fault.h"
#include "tests/support/vfs_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RECORDS_MAX = 2000 };

static int files_in(const vfs_memory *memory)
{
    int count = 0;
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        count += memory->files[i].path[0] != '\0';
    return count;
}

static void bytes_put_aside_come_back(void **state)
{
    (void)state;
    vfs_memory memory;
    rng random;
    vfs_memory_init(&memory);
    rng_init(&random, "bytes_put_aside_come_back");
    for (int round = rng_rounds(300); round > 0; round--) {
        uint8_t expected[4096];
        const uint8_t *data;
        size_t len, put = 0;
        fhi_side side;
        const size_t limit = (size_t)rng_skewed(&random, 12);
        rng_bytes(&random, expected, sizeof expected);
        fhi_side_init(&side, &memory.table, "d/7.seg", "side", limit);
        while (put < sizeof expected && rng_below(&random, 12) > 0) {
            size_t part = (size_t)rng_skewed(&random, 10);
            if (part > sizeof expected - put) part = sizeof expected - put;
            assert_int_equal(fhi_side_put(&side, expected + put, part, NULL), FH_OK);
            put += part;
        }
        assert_int_equal(files_in(&memory), put > limit);
        if (put > limit) assert_non_null(vfs_memory_find(&memory, "d/7.seg.side.tmp"));
        assert_int_equal(fhi_side_read(&side, &data, &len, NULL), FH_OK);
        assert_int_equal(len, put);
        if (len) assert_memory_equal(data, expected, len);
        fhi_side_fini(&side);
        assert_int_equal(files_in(&memory), 0);
    }
    vfs_memory_fini(&memory);
}

static int compare(const void *a, const void *b)
{
    const fhi_sort_record *x = a, *y = b;
    for (int i = 0; i < 4; i++)
        if (x->at[i] != y->at[i]) return x->at[i] < y->at[i] ? -1 : 1;
    return 0;
}

/* Sorts count records with room for held_max in the heap; on FH_OK checks what comes. */
static fh_status sort(const fhi_vfs *vfs, fhi_sort_record *input, uint32_t count, uint32_t held_max, fh_err *err)
{
    fhi_sorter sorter;
    const fhi_sort_record *records;
    size_t found;
    fh_status status = FH_OK;
    fhi_sorter_init(&sorter, vfs, "d/7.seg", "runs", "sorted", held_max);
    for (uint32_t i = 0; i < count && status == FH_OK; i++)
        status = fhi_sorter_put(&sorter, input[i], err);
    if (status == FH_OK) status = fhi_sorter_read(&sorter, &records, &found, err);
    if (status == FH_OK) {
        qsort(input, count, sizeof *input, compare);
        assert_int_equal(found, count);
        if (count) assert_memory_equal(records, input, count * sizeof *input);
    }
    fhi_sorter_fini(&sorter);
    return status;
}

static void draw(rng *random, fhi_sort_record *records, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (int j = 0; j < 4; j++)
            records[i].at[j] = (uint32_t)rng_skewed(random, j == 3 ? 32 : 3);
}

static void records_come_back_in_order(void **state)
{
    (void)state;
    static fhi_sort_record records[RECORDS_MAX];
    vfs_memory memory;
    rng random;
    vfs_memory_init(&memory);
    rng_init(&random, "records_come_back_in_order");
    for (int round = rng_rounds(200); round > 0; round--) {
        const uint32_t held_max = 1 + (uint32_t)rng_skewed(&random, 8);
        const uint32_t whole = held_max * (uint32_t)rng_below(&random, 5); /* ends with a full run */
        uint32_t count = round % 3 == 0 ? whole : (uint32_t)rng_skewed(&random, 10);
        if (count > RECORDS_MAX) count = RECORDS_MAX;
        draw(&random, records, count);
        assert_int_equal(sort(&memory.table, records, count, held_max, NULL), FH_OK);
        assert_int_equal(files_in(&memory), 0);
    }
    vfs_memory_fini(&memory);
}

static void refused_file_calls_are_told_and_leave_nothing(void **state)
{
    (void)state;
    static fhi_sort_record records[RECORDS_MAX];
    rng random;
    rng_init(&random, "refused_file_calls_are_told_and_leave_nothing");
    draw(&random, records, RECORDS_MAX);
    fh_status status = FH_E_IO;
    for (uint64_t nth = 1; status != FH_OK || nth < 5; nth++) {
        vfs_memory memory;
        vfs_fault fault;
        fh_err err = {0};
        vfs_memory_init(&memory);
        vfs_fault_init(&fault, &memory.table);
        vfs_fault_arm(&fault, VFS_FAULT_FROM, nth);
        status = sort(&fault.table, records, 1000, 300, &err);
        if (status != FH_OK) { /* else it was a removal that failed */
            assert_int_equal(err.status, FH_E_IO);
            assert_int_equal(files_in(&memory), 0);
        }
        vfs_memory_fini(&memory);
        assert_true(nth < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_put_aside_come_back),
        cmocka_unit_test(records_come_back_in_order),
        cmocka_unit_test(refused_file_calls_are_told_and_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
