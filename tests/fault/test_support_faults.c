/* test_support_faults.c - the fault injectors do what the other fault tests count on. */
#include "engine/base/base.h"
#include "tests/support/fault.h"
#include "tests/support/scratch.h"
#include "tests/support/vfs_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Grows a buffer three times: three allocations in the library, one here. */
static fh_status fill_buffer(void *context)
{
    (void)context;
    char *own = malloc(16);
    if (!own) return FH_E_NOMEM;
    fhi_buf buf = {0};
    for (int i = 0; i < 160; i++)
        fhi_buf_put8(&buf, (uint8_t)i);
    const fh_status status = buf.status;
    fhi_buf_fini(&buf);
    free(own);
    return status;
}

static void allocation_fault_refuses_only_the_nth(void **state)
{
    (void)state;
    fault_arm(2);
    void *first = malloc(1);
    void *second = calloc(1, 1);
    void *third = malloc(1);
    assert_true(fault_hit());
    assert_int_equal(fault_disarm(), 3);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    free(first);
    free(second);
    free(third);
}

static void allocation_fault_from_n_refuses_all_later(void **state)
{
    (void)state;
    fault_arm_from(2);
    void *first = malloc(1);
    void *second = realloc(NULL, 1);
    void *third = malloc(1);
    assert_int_equal(fault_disarm(), 3);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    free(first);
    free(second);
    free(third);
}

static void each_allocation_of_the_library_is_reached(void **state)
{
    (void)state;
    assert_int_equal(fault_each_allocation(fill_buffer, NULL, 100), 4);
}

/* Three calls of the table: create, write, close. */
static fh_status write_file(void *context, const fhi_vfs *vfs)
{
    int fd = -1;
    FH_TRY(vfs->create(vfs->context, context, &fd, NULL));
    const fh_status written = vfs->write(vfs->context, fd, context, "0123456789", 10, NULL);
    const fh_status closed = vfs->close(vfs->context, fd, context, NULL);
    return written != FH_OK ? written : closed;
}

static void disk_fault_counts_and_fails_the_nth_call(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&folder);
    scratch_path(&folder, "file", path);
    vfs_fault fault;
    vfs_fault_init(&fault, NULL);
    assert_int_equal(write_file(path, &fault.table), FH_OK);
    assert_int_equal(vfs_fault_disarm(&fault), 3);
    for (uint64_t nth = 1; nth <= 3; nth++) {
        vfs_fault_arm(&fault, VFS_FAULT_ONCE, nth);
        assert_int_equal(write_file(path, &fault.table), FH_E_IO);
        assert_true(atomic_load(&fault.hit));
    }
    vfs_fault_arm(&fault, VFS_FAULT_ONCE, 4);
    assert_int_equal(write_file(path, &fault.table), FH_OK);
    assert_false(atomic_load(&fault.hit));
    scratch_fini(&folder);
}

static void full_disk_leaves_half_a_write(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&folder);
    scratch_path(&folder, "file", path);
    vfs_fault fault;
    vfs_fault_init(&fault, NULL);
    vfs_fault_arm(&fault, VFS_FAULT_FROM, 2);
    assert_int_equal(write_file(path, &fault.table), FH_E_IO);
    assert_int_equal(write_file(path, &fault.table), FH_E_IO);
    assert_string_equal(atomic_load(&fault.last), "create");
    size_t len = 0;
    char *content = scratch_read(path, &len);
    assert_int_equal(len, 5);
    free(content);
    scratch_fini(&folder);
}

static void killed_child_dies_before_or_inside_the_call(void **state)
{
    (void)state;
    static const struct {
        vfs_fault_mode mode;
        size_t len; /* of the file when the second call kills */
    } cases[] = {{VFS_FAULT_KILL, 0}, {VFS_FAULT_KILL_TORN, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        scratch folder;
        char path[SCRATCH_PATH_BYTES];
        scratch_init(&folder);
        scratch_path(&folder, "file", path);
        assert_true(vfs_fault_kill_in_child(cases[i].mode, 2, write_file, path));
        size_t len = 99;
        char *content = scratch_read(path, &len);
        assert_int_equal(len, cases[i].len);
        free(content);
        assert_false(vfs_fault_kill_in_child(cases[i].mode, 4, write_file, path));
        scratch_fini(&folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocation_fault_refuses_only_the_nth),
        cmocka_unit_test(allocation_fault_from_n_refuses_all_later),
        cmocka_unit_test(each_allocation_of_the_library_is_reached),
        cmocka_unit_test(disk_fault_counts_and_fails_the_nth_call),
        cmocka_unit_test(full_disk_leaves_half_a_write),
        cmocka_unit_test(killed_child_dies_before_or_inside_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
