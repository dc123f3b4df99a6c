/* test_writer_faults.c - memory and disk fail at every point of a run: the old index or the new one is there, whole. */
#include "engine/segment/index.h"
#include "indexer/pipeline.h"
#include "indexer/writer.h"
#include "tests/support/fault.h"
#include "tests/support/scratch.h"
#include "tests/support/vfs_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { BASE_COMMITS = 8, OLD_LIVE = 2 * BASE_COMMITS, NEW_LIVE = OLD_LIVE + 2, RUNS_MAX = 20000 };

typedef struct place {
    scratch base; /* an index of OLD_LIVE articles in several segments */
    scratch folder;
    char path[SCRATCH_PATH_BYTES]; /* where the run goes */
} place;

static fh_status add(fh_writer *writer, const char *id, const char *body, fh_err *err)
{
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_TITLE] = FH_STR("Rabat : السوق");
    record.fields[FH_FIELD_BODY] = fhi_str(body);
    record.fields[FH_FIELD_SOURCE] = FH_STR("L'Écho");
    record.fields[FH_FIELD_DATE] = FH_STR("4 نونبر 2019"); /* reading it takes an analyzer */
    return fh_writer_add(writer, &record, err);
}

/* Two commits: one replaces an article and marks the old one deleted, one adds to so many segments that some merge. */
static fh_status run(const char *directory, const fhi_vfs *vfs)
{
    const fh_writer_options options = {.vfs = vfs};
    fh_writer *writer = NULL;
    fh_err err = {0};
    fh_status status = fh_writer_open(directory, &options, &writer, &err);
    if (status == FH_OK) status = add(writer, "b0", "Une élection, des élections au Maroc.", &err);
    if (status == FH_OK) status = fh_writer_commit(writer, &err);
    if (status == FH_OK) status = add(writer, "n1", "وزير الداخلية في الرباط", &err);
    if (status == FH_OK) status = add(writer, "n2", "le 20 novembre 2025, vice-président", &err);
    if (status == FH_OK) status = add(writer, "n1", "الوزير", &err);
    if (status == FH_OK) status = fh_writer_commit(writer, &err);
    fh_writer_close(writer);
    return status;
}

static void make_base(place *at)
{
    scratch_init(&at->base);
    scratch_init(&at->folder);
    (void)scratch_path(&at->folder, "index", at->path);
    for (int i = 0; i < BASE_COMMITS; i++) {
        fh_writer *writer;
        char id[8], other[8];
        (void)snprintf(id, sizeof id, "b%d", i);
        (void)snprintf(other, sizeof other, "c%d", i);
        assert_int_equal(fh_writer_open(at->base.path, NULL, &writer, NULL), FH_OK);
        assert_int_equal(add(writer, id, "premier texte", NULL), FH_OK);
        assert_int_equal(add(writer, other, "deuxième texte", NULL), FH_OK);
        assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
        fh_writer_close(writer);
    }
}

static void remove_base(place *at)
{
    scratch_fini(&at->base);
    scratch_fini(&at->folder);
}

static void renew(place *at)
{
    scratch_remove(at->path);
    scratch_copy_dir(at->base.path, at->path);
}

/* The run makes two commits, so three states are right; which one, its live count and generation tell. */
static void check_whole(const place *at, bool complete)
{
    fhi_index *index;
    fh_err err = {0};
    if (fhi_index_open(fhi_vfs_posix(), at->path, &index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    const uint64_t commits = fhi_index_generation(index) - BASE_COMMITS;
    const uint32_t live = fhi_index_live_count(index);
    fhi_index_release(index);
    assert_true(commits <= 2);
    assert_int_equal(live, commits == 2 ? NEW_LIVE : OLD_LIVE);
    if (complete) assert_int_equal(commits, 2);
}

/* After a failure the next run goes through and leaves nothing over. */
static void check_recovers(place *at)
{
    assert_int_equal(run(at->path, fhi_vfs_posix()), FH_OK);
    fhi_index *index;
    assert_int_equal(fhi_index_open(fhi_vfs_posix(), at->path, &index, NULL), FH_OK);
    assert_int_equal(fhi_index_live_count(index), NEW_LIVE);
    fhi_index_release(index);
}

static void run_survives_every_refused_allocation(void **state)
{
    (void)state;
    place at;
    make_base(&at);
    for (int from = 0; from < 2; from++) {
        uint64_t nth = 1;
        for (bool hit = true; hit; nth++) {
            assert_true(nth < RUNS_MAX);
            renew(&at);
            if (from)
                fault_arm_from(nth);
            else
                fault_arm(nth);
            const fh_status status = run(at.path, fhi_vfs_posix());
            hit = fault_hit();
            (void)fault_disarm();
            if (status != FH_OK && status != FH_E_NOMEM) fail_msg("allocation %d: status %d", (int)nth, (int)status);
            if (!hit) assert_int_equal(status, FH_OK);
            check_whole(&at, status == FH_OK);
        }
        print_message("# %d allocations refused in turn\n", (int)nth - 1);
    }
    remove_base(&at);
}

/* ---- the pipeline: threads, a sample, a list of rejects ---- */

static void note_nothing(void *argument, const fh_err *err)
{
    (void)argument;
    (void)err;
}

static fh_status run_pipeline(void *context)
{
    const place *at = context;
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer = NULL;
    fh_err err = {0};
    fhi_sources sources = {.format = FHI_FORMAT_JSONL, .note = note_nothing};
    fhi_rejects rejects = {.fd = -1};
    fhi_run_stats stats;
    scratch_remove(at->path);
    fh_status status = fh_writer_open(at->path, NULL, &writer, &err);
    if (status == FH_OK) status = fhi_rejects_open(&rejects, fhi_vfs_posix(), "/dev/null", false, &err);
    if (status == FH_OK) status = fhi_sources_add(&sources, scratch_path(&at->folder, "in.jsonl", path), &err);
    if (status == FH_OK) status = fhi_sample_train(&sources, writer, -1, &err);
    const fhi_run_options options = {
        .sources = &sources, .writer = writer, .rejects = &rejects, .workers = 2, .cancel_fd = -1};
    if (status == FH_OK) status = fhi_pipeline_run(&options, &stats, &err);
    if (status == FH_OK && stats.rejected != 1) status = FH_E_INTERNAL;
    if (status == FH_OK) status = fh_writer_commit(writer, &err);
    fhi_rejects_close(&rejects);
    fhi_sources_fini(&sources);
    fh_writer_close(writer);
    return status;
}

static void pipeline_survives_every_refused_allocation(void **state)
{
    (void)state;
    place at;
    char path[SCRATCH_PATH_BYTES];
    scratch_init(&at.folder);
    (void)scratch_path(&at.folder, "index", at.path);
    fhi_buf text = {0};
    for (int i = 0; i < 70; i++) /* enough for a dictionary */
        fhi_buf_printf(&text, "{\"id\":\"%d\",\"title\":\"Rabat %d\",\"tags\":[\"a\"],\"x\":1}\n", i, i);
    fhi_buf_printf(&text, "{\"no\":\"article\"}\n");
    scratch_write(scratch_path(&at.folder, "in.jsonl", path), text.data, text.len);
    fhi_buf_fini(&text);
    (void)fault_each_allocation(run_pipeline, &at, RUNS_MAX);
    scratch_fini(&at.folder);
}

static void run_survives_every_refused_file_call(void **state)
{
    (void)state;
    static const vfs_fault_mode modes[] = {VFS_FAULT_ONCE, VFS_FAULT_FROM, VFS_FAULT_GONE};
    place at;
    make_base(&at);
    for (size_t mode = 0; mode < sizeof modes / sizeof modes[0]; mode++) {
        bool hit = true;
        for (uint64_t nth = 1; hit; nth++) {
            vfs_fault fault;
            assert_true(nth < RUNS_MAX);
            renew(&at);
            vfs_fault_init(&fault, NULL);
            vfs_fault_arm(&fault, modes[mode], nth);
            const fh_status status = run(at.path, &fault.table);
            hit = atomic_load(&fault.hit);
            if (!hit) assert_int_equal(status, FH_OK);
            check_whole(&at, status == FH_OK);
            check_recovers(&at);
        }
    }
    remove_base(&at);
}

static fh_status run_with(void *context, const fhi_vfs *vfs)
{
    return run(((const place *)context)->path, vfs);
}

static void run_killed_at_every_file_call_leaves_a_whole_index(void **state)
{
    (void)state;
    place at;
    make_base(&at);
    for (int torn = 0; torn < 2; torn++) {
        bool killed = true;
        for (uint64_t nth = 1; killed; nth++) {
            renew(&at);
            killed = vfs_fault_kill_in_child(torn ? VFS_FAULT_KILL_TORN : VFS_FAULT_KILL, nth, run_with, &at);
            check_whole(&at, !killed);
            check_recovers(&at);
        }
    }
    remove_base(&at);
}

/* All segments become one, in another order. */
static fh_status merge_all(void *context, const fhi_vfs *vfs)
{
    const fh_writer_options options = {.vfs = vfs};
    const fhi_merge_all_options work = {.reorder = true, .threads = 1};
    fh_writer *writer = NULL;
    fh_status status = fh_writer_open(((const place *)context)->path, &options, &writer, NULL);
    if (status == FH_OK) status = fhi_writer_merge_all(writer, &work, NULL);
    fh_writer_close(writer);
    return status;
}

static void check_merged(const place *at, bool complete)
{
    fhi_index *index;
    fh_err err = {0};
    if (fhi_index_open(fhi_vfs_posix(), at->path, &index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("%s: %s", err.file, err.text);
    assert_int_equal(fhi_index_live_count(index), OLD_LIVE);
    if (complete) assert_int_equal(fhi_index_segment_count(index), 1);
    fhi_index_release(index);
}

static void merging_all_survives_every_refusal(void **state)
{
    (void)state;
    place at;
    make_base(&at);
    bool hit = true;
    for (uint64_t nth = 1; hit; nth++) {
        assert_true(nth < RUNS_MAX);
        renew(&at);
        fault_arm(nth);
        const fh_status status = merge_all(&at, fhi_vfs_posix());
        hit = fault_hit();
        (void)fault_disarm();
        if (status != FH_OK && status != FH_E_NOMEM) fail_msg("allocation %d: status %d", (int)nth, (int)status);
        check_merged(&at, status == FH_OK);
    }
    hit = true;
    for (uint64_t nth = 1; hit; nth++) {
        vfs_fault fault;
        renew(&at);
        vfs_fault_init(&fault, NULL);
        vfs_fault_arm(&fault, VFS_FAULT_FROM, nth);
        const fh_status status = merge_all(&at, &fault.table);
        hit = atomic_load(&fault.hit);
        if (!hit) assert_int_equal(status, FH_OK);
        check_merged(&at, status == FH_OK);
    }
    for (uint64_t nth = 1, killed = true; killed; nth++) {
        renew(&at);
        killed = vfs_fault_kill_in_child(VFS_FAULT_KILL, nth, merge_all, &at);
        check_merged(&at, !killed);
        assert_int_equal(merge_all(&at, fhi_vfs_posix()), FH_OK);
        check_merged(&at, true);
    }
    remove_base(&at);
}

static fh_status run_twice(void *context, const fhi_vfs *vfs)
{
    const char *path = ((const place *)context)->path;
    const fh_writer_options options = {.vfs = vfs};
    fh_writer *writer = NULL;
    fh_status status = fh_writer_open(path, &options, &writer, NULL);
    if (status == FH_OK) status = add(writer, "b0", "Une élection, des élections au Maroc.", NULL);
    if (status == FH_OK) status = fhi_writer_flush(writer, NULL);
    if (status == FH_OK) status = add(writer, "b1", "وزير الداخلية في الرباط", NULL);
    if (status == FH_OK) status = fh_writer_commit(writer, NULL);
    fh_writer_close(writer);
    return status;
}

/* Whatever a first run leaves, the next one goes through. */
static void first_run_killed_at_every_file_call_is_no_obstacle(void **state)
{
    (void)state;
    place at;
    scratch_init(&at.folder);
    (void)scratch_path(&at.folder, "index", at.path);
    for (int torn = 0; torn < 2; torn++) {
        bool killed = true;
        for (uint64_t nth = 1; killed; nth++) {
            scratch_remove(at.path);
            killed = vfs_fault_kill_in_child(torn ? VFS_FAULT_KILL_TORN : VFS_FAULT_KILL, nth, run_twice, &at);
            assert_int_equal(run_twice(&at, fhi_vfs_posix()), FH_OK);
            fhi_index *index;
            assert_int_equal(fhi_index_open(fhi_vfs_posix(), at.path, &index, NULL), FH_OK);
            assert_int_equal(fhi_index_live_count(index), 2);
            fhi_index_release(index);
        }
    }
    scratch_fini(&at.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_survives_every_refused_allocation),
        cmocka_unit_test(pipeline_survives_every_refused_allocation),
        cmocka_unit_test(run_survives_every_refused_file_call),
        cmocka_unit_test(run_killed_at_every_file_call_leaves_a_whole_index),
        cmocka_unit_test(merging_all_survives_every_refusal),
        cmocka_unit_test(first_run_killed_at_every_file_call_is_no_obstacle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
