/* test_reopen.c - a reader opens the index while a writer commits, merges and removes old segments: it never fails, and
 * what it sees is whole. */
#include "engine/segment/index.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each commit adds one article of its own and replaces "always": after n commits n + 1 live. */
static fh_status commit(const char *directory, unsigned number)
{
    fh_writer *writer = NULL;
    fh_record record = {0};
    char id[32];
    const fh_writer_options options = {.analyzer = "words"};
    (void)snprintf(id, sizeof id, "%u", number);
    fh_status status = fh_writer_open(directory, &options, &writer, NULL);
    record.fields[FH_FIELD_TITLE] = FH_STR("a title");
    record.fields[FH_FIELD_BODY] = FH_STR("some words of a body");
    record.fields[FH_FIELD_ID] = fhi_str(id);
    if (status == FH_OK) status = fh_writer_add(writer, &record, NULL);
    record.fields[FH_FIELD_ID] = FH_STR("always");
    if (status == FH_OK) status = fh_writer_add(writer, &record, NULL);
    if (status == FH_OK) status = fh_writer_commit(writer, NULL);
    fh_writer_close(writer);
    return status;
}

/* Opens, and answers the generation; what is there must be whole and of that generation. */
static uint64_t open_and_check(const fhi_vfs *vfs, const char *directory)
{
    fhi_index *index;
    fh_err err = {0};
    uint32_t segment, doc;
    if (fhi_index_open(vfs, directory, &index, &err) != FH_OK) fail_msg("opening: %s: %s", err.file, err.text);
    const uint64_t generation = fhi_index_generation(index);
    assert_int_equal(fhi_index_live_count(index), generation + 1);
    if (fhi_index_find_id(index, FH_STR("always"), &segment, &doc, &err) != FH_OK) fail_msg("find: %s", err.text);
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("check: %s: %s", err.file, err.text);
    fhi_index_release(index);
    return generation;
}

static void reader_never_fails_while_a_writer_commits(void **state)
{
    (void)state;
    const unsigned commits = (unsigned)rng_rounds(60);
    scratch folder;
    scratch_init(&folder);
    assert_int_equal(commit(folder.path, 1), FH_OK);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fh_status status = FH_OK;
        for (unsigned i = 2; i <= commits && status == FH_OK; i++)
            status = commit(folder.path, i);
        _exit((int)status);
    }
    uint64_t last = 0, opened = 0, seen = 0;
    int ended = 0;
    for (bool over = false; !over; opened++) {
        over = waitpid(child, &ended, WNOHANG) == child; /* then once more */
        const uint64_t generation = open_and_check(fhi_vfs_posix(), folder.path);
        assert_true(generation >= last);
        seen += generation > last;
        last = generation;
    }
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), FH_OK);
    assert_int_equal(last, commits > 1 ? commits : 1);
    print_message("# opened %llu times, %llu of %u generations seen\n", (unsigned long long)opened,
                  (unsigned long long)seen, commits);
    scratch_fini(&folder);
}

/* ---- the worst moment, each time ---- */

/* A file table in which a commit happens between reading the manifest and mapping a segment. */
typedef struct late_vfs {
    fhi_vfs table;
    const char *directory;
    unsigned number; /* of the next commit */
    unsigned left;   /* commits still to happen so */
} late_vfs;

static fh_status late_map(void *context, const char *path, fhi_map *out, fh_err *err)
{
    late_vfs *late = context;
    if (late->left > 0 && strstr(path, ".seg")) {
        late->left--;
        assert_int_equal(commit(late->directory, late->number++), FH_OK);
    }
    return fhi_vfs_posix()->map(NULL, path, out, err);
}

static void reader_tries_again_when_a_commit_comes_between(void **state)
{
    (void)state;
    scratch folder;
    scratch_init(&folder);
    late_vfs late = {.table = *fhi_vfs_posix(), .directory = folder.path, .number = 2};
    late.table.context = &late;
    late.table.map = late_map;
    assert_int_equal(commit(folder.path, 1), FH_OK);
    for (unsigned between = 0; between < 12; between++) {
        late.left = between;
        (void)open_and_check(&late.table, folder.path);
        late.left = 0;
        assert_int_equal(open_and_check(&late.table, folder.path), late.number - 1);
    }
    scratch_fini(&folder);
}

/* A damage that stays is told at once, not tried for ever. */
static void damage_is_told_although_a_writer_might_be_at_work(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_index *index;
    fhi_manifest manifest;
    char name[FHI_SEGMENT_NAME_BYTES];
    scratch_init(&folder);
    assert_int_equal(commit(folder.path, 1), FH_OK);
    assert_int_equal(fhi_manifest_read(fhi_vfs_posix(), folder.path, &manifest, NULL), FH_OK);
    fhi_segment_name(manifest.segments[0].id, name);
    fhi_manifest_fini(&manifest);
    scratch_remove(scratch_path(&folder, name, path));
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), folder.path, &index, NULL), FH_E_CORRUPT);
    assert_null(index);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_never_fails_while_a_writer_commits),
        cmocka_unit_test(reader_tries_again_when_a_commit_comes_between),
        cmocka_unit_test(damage_is_told_although_a_writer_might_be_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
