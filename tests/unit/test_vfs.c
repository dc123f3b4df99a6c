/* test_vfs.c - the real file table and the one in memory behave alike: what they answer, and what a failure names. */
#include "engine/base/vfs.h"
#include "tests/support/scratch.h"
#include "tests/support/vfs_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct seen_names {
    unsigned count;
    unsigned stop_after;
    bool found;
} seen_names;

static fh_status see(void *argument, const char *name)
{
    seen_names *seen = argument;
    seen->count++;
    if (strcmp(name, "b") == 0) seen->found = true;
    return seen->count == seen->stop_after ? FH_E_CANCELLED : FH_OK;
}

static void write_in_two(const fhi_vfs *vfs, const char *path)
{
    int fd = -1;
    assert_int_equal(vfs->create(vfs->context, path, &fd, NULL), FH_OK);
    assert_int_equal(vfs->write(vfs->context, fd, path, "one ", 4, NULL), FH_OK);
    assert_int_equal(vfs->write(vfs->context, fd, path, NULL, 0, NULL), FH_OK);
    assert_int_equal(vfs->write(vfs->context, fd, path, "two", 3, NULL), FH_OK);
    assert_int_equal(vfs->sync(vfs->context, fd, path, NULL), FH_OK);
    assert_int_equal(vfs->close(vfs->context, fd, path, NULL), FH_OK);
}

static void check_content(const fhi_vfs *vfs, const char *path, const char *expected)
{
    fhi_map map;
    assert_int_equal(vfs->map(vfs->context, path, &map, NULL), FH_OK);
    assert_int_equal(map.len, strlen(expected));
    if (map.len) assert_memory_equal(map.data, expected, map.len);
    vfs->unmap(vfs->context, &map);
    assert_null(map.data);
}

static void check_absent(fh_status status, const fh_err *err, const char *path)
{
    assert_int_equal(status, FH_E_NOT_FOUND);
    assert_int_equal(err->status, FH_E_NOT_FOUND);
    assert_string_equal(err->file, path);
}

static void check_table(const fhi_vfs *vfs, const char *folder)
{
    char a[SCRATCH_PATH_BYTES], b[SCRATCH_PATH_BYTES];
    fh_err err = {0};
    fhi_map map;
    int fd = -1;
    (void)snprintf(a, sizeof a, "%s/a", folder);
    (void)snprintf(b, sizeof b, "%s/b", folder);
    assert_int_equal(vfs->make_dir(vfs->context, folder, NULL), FH_OK);
    assert_int_equal(vfs->make_dir(vfs->context, folder, NULL), FH_OK);
    check_absent(vfs->map(vfs->context, a, &map, &err), &err, a);
    check_absent(vfs->remove(vfs->context, a, &err), &err, a);
    check_absent(vfs->rename(vfs->context, a, b, &err), &err, a);
    write_in_two(vfs, a);
    check_content(vfs, a, "one two");
    assert_int_equal(vfs->create(vfs->context, b, &fd, NULL), FH_OK);
    assert_int_equal(vfs->close(vfs->context, fd, b, NULL), FH_OK);
    check_content(vfs, b, "");
    assert_int_equal(vfs->rename(vfs->context, a, b, NULL), FH_OK);
    check_content(vfs, b, "one two");
    assert_int_equal(vfs->sync_dir(vfs->context, folder, NULL), FH_OK);
    write_in_two(vfs, a);
    seen_names seen = {0};
    assert_int_equal(vfs->list(vfs->context, folder, see, &seen, NULL), FH_OK);
    assert_int_equal(seen.count, 2);
    assert_true(seen.found);
    seen = (seen_names){.stop_after = 1};
    assert_int_equal(vfs->list(vfs->context, folder, see, &seen, NULL), FH_E_CANCELLED);
    assert_int_equal(seen.count, 1);
    assert_int_equal(vfs->remove(vfs->context, a, NULL), FH_OK);
    check_absent(vfs->map(vfs->context, a, &map, &err), &err, a);
}

static void disk_answers_as_the_table_says(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&folder);
    check_table(fhi_vfs_posix(), scratch_path(&folder, "index", path));
    scratch_fini(&folder);
}

static void memory_answers_like_the_disk(void **state)
{
    (void)state;
    vfs_memory memory;
    vfs_memory_init(&memory);
    check_table(&memory.table, "index");
    vfs_memory_fini(&memory);
}

static void lock_is_held_by_one_and_given_back_by_close(void **state)
{
    (void)state;
    const fhi_vfs *vfs = fhi_vfs_posix();
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_err err = {0};
    int first, second;
    scratch_init(&folder);
    (void)scratch_path(&folder, "LOCK", path);
    assert_int_equal(vfs->lock(vfs->context, path, &first, NULL), FH_OK);
    assert_int_equal(vfs->lock(vfs->context, path, &second, &err), FH_E_BUSY);
    assert_int_equal(second, -1);
    assert_string_equal(err.file, path);
    assert_int_equal(vfs->close(vfs->context, first, path, NULL), FH_OK);
    assert_int_equal(vfs->lock(vfs->context, path, &second, NULL), FH_OK);
    assert_int_equal(vfs->close(vfs->context, second, path, NULL), FH_OK);
    scratch_fini(&folder);
}

static void disk_refuses_what_is_no_file(void **state)
{
    (void)state;
    const fhi_vfs *vfs = fhi_vfs_posix();
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_err err = {0};
    fhi_map map;
    int fd;
    scratch_init(&folder);
    assert_int_equal(vfs->map(vfs->context, folder.path, &map, &err), FH_E_IO);
    assert_string_equal(err.file, folder.path);
    assert_int_equal(vfs->create(vfs->context, folder.path, &fd, &err), FH_E_IO);
    assert_int_equal(vfs->create(vfs->context, scratch_path(&folder, "no/file", path), &fd, &err), FH_E_NOT_FOUND);
    scratch_write_text(scratch_path(&folder, "file", path), "x");
    assert_int_equal(vfs->make_dir(vfs->context, path, &err), FH_E_IO);
    assert_int_equal(vfs->list(vfs->context, path, see, NULL, &err), FH_E_IO);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disk_answers_as_the_table_says),
        cmocka_unit_test(memory_answers_like_the_disk),
        cmocka_unit_test(lock_is_held_by_one_and_given_back_by_close),
        cmocka_unit_test(disk_refuses_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
