/* test_segment_faults.c - memory and disk fail at every point of writing, opening, checking and searching an index that
 * holds every structure: an error or a right answer, nothing half written under a final name, nothing leaked. */
#include "tests/support/fault.h"
#include "tests/support/small_index.h"
#include "tests/support/vfs_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RUNS_MAX = 20000 };

static void must_be_whole(const vfs_memory *memory)
{
    fhi_index *index;
    fh_err err = {0};
    fh_status status = fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, &err);
    if (status == FH_OK) status = fhi_index_check(index, &err);
    fhi_index_release(index);
    if (status != FH_OK) fail_msg("%s: %s", err.file, err.text);
}

static bool is_temporary(const char *path)
{
    const size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".tmp") == 0;
}

/* What was written is all there or not named by anything, and temporary files are gone. */
static void check_written(vfs_memory *memory, fh_status status, bool may_leave)
{
    if (status == FH_OK) assert_non_null(vfs_memory_find(memory, SMALL_INDEX_FOLDER "/MANIFEST"));
    if (vfs_memory_find(memory, SMALL_INDEX_FOLDER "/MANIFEST")) must_be_whole(memory);
    for (int i = 0; i < MEMORY_FILES_MAX && !may_leave; i++)
        if (is_temporary(memory->files[i].path)) fail_msg("%s is left", memory->files[i].path);
}

static void must_say_why(fh_status status, const fh_err *err)
{
    if (status == FH_OK) return;
    assert_int_equal(err->status, status);
    assert_true(err->text[0] != '\0');
}

/* ---- memory ---- */

static fh_status write_index(void *context)
{
    vfs_memory *memory = context;
    vfs_memory_fini(memory);
    return small_index_write(&memory->table, SMALL_INDEX_FOLDER, NULL);
}

static void writing_survives_every_refused_allocation(void **state)
{
    (void)state;
    vfs_memory memory;
    vfs_memory_init(&memory);
    for (int from = 0; from < 2; from++) {
        bool hit = true;
        for (uint64_t nth = 1; hit; nth += from ? 5 : 1) {
            assert_true(nth < RUNS_MAX);
            if (from)
                fault_arm_from(nth);
            else
                fault_arm(nth);
            const fh_status status = write_index(&memory);
            hit = fault_hit();
            (void)fault_disarm();
            if (status != FH_OK && status != FH_E_NOMEM)
                fail_msg("allocation %d: %s", (int)nth, fh_status_name(status));
            if (!hit) assert_int_equal(status, FH_OK);
            check_written(&memory, status, false);
        }
    }
    vfs_memory_fini(&memory);
}

static fh_status open_index(void *context)
{
    const vfs_memory *memory = context;
    fhi_index *index;
    const fh_status status = fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, NULL);
    fhi_index_release(index);
    return status;
}

static fh_status check_index(void *index)
{
    return fhi_index_check(index, NULL);
}

static fh_status search_index(void *index)
{
    return small_index_search_all(index, NULL);
}

static void reading_survives_every_refused_allocation(void **state)
{
    (void)state;
    vfs_memory memory;
    fhi_index *index;
    vfs_memory_init(&memory);
    assert_int_equal(small_index_write(&memory.table, SMALL_INDEX_FOLDER, NULL), FH_OK);
    assert_true(fault_each_allocation(open_index, &memory, RUNS_MAX) > 5);
    assert_int_equal(fhi_index_open(&memory.table, SMALL_INDEX_FOLDER, &index, NULL), FH_OK);
    assert_true(fault_each_allocation(search_index, index, RUNS_MAX) > 10);
    assert_true(fault_each_allocation(check_index, index, RUNS_MAX) > 10);
    fhi_index_release(index);
    vfs_memory_fini(&memory);
}

/* ---- disk ---- */

static void writing_survives_every_refused_file_call(void **state)
{
    (void)state;
    static const vfs_fault_mode modes[] = {VFS_FAULT_ONCE, VFS_FAULT_FROM, VFS_FAULT_GONE};
    for (size_t mode = 0; mode < sizeof modes / sizeof modes[0]; mode++) {
        bool hit = true;
        for (uint64_t nth = 1; hit; nth++) {
            vfs_memory memory;
            vfs_fault fault;
            fh_err err = {0};
            assert_true(nth < RUNS_MAX);
            vfs_memory_init(&memory);
            vfs_fault_init(&fault, &memory.table);
            vfs_fault_arm(&fault, modes[mode], nth);
            const fh_status status = small_index_write(&fault.table, SMALL_INDEX_FOLDER, &err);
            hit = atomic_load(&fault.hit);
            if (status != FH_OK && status != FH_E_IO)
                fail_msg("call %d (%s): %s", (int)nth, atomic_load(&fault.last), fh_status_name(status));
            if (!hit) assert_int_equal(status, FH_OK);
            must_say_why(status, &err);
            check_written(&memory, status, modes[mode] == VFS_FAULT_GONE);
            vfs_memory_fini(&memory);
        }
    }
}

static void opening_survives_every_refused_file_call(void **state)
{
    (void)state;
    vfs_memory memory;
    vfs_memory_init(&memory);
    assert_int_equal(small_index_write(&memory.table, SMALL_INDEX_FOLDER, NULL), FH_OK);
    bool hit = true;
    for (uint64_t nth = 1; hit; nth++) {
        vfs_fault fault;
        fhi_index *index;
        fh_err err = {0};
        vfs_fault_init(&fault, &memory.table);
        vfs_fault_arm(&fault, VFS_FAULT_ONCE, nth);
        const fh_status status = fhi_index_open(&fault.table, SMALL_INDEX_FOLDER, &index, &err);
        hit = atomic_load(&fault.hit);
        assert_int_equal(status, hit ? FH_E_IO : FH_OK);
        must_say_why(status, &err);
        fhi_index_release(index);
    }
    vfs_memory_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_survives_every_refused_allocation),
        cmocka_unit_test(reading_survives_every_refused_allocation),
        cmocka_unit_test(writing_survives_every_refused_file_call),
        cmocka_unit_test(opening_survives_every_refused_file_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
