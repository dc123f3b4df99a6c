/* test_manifest.c - manifests and delete files come back as written, are refused when changed or cut anywhere, and the
 * sweep removes what no manifest names and nothing else. */
#include "engine/segment/index.h"
#include "engine/segment/layout.h"
#include "tests/support/repair.h"
#include "tests/support/rng.h"
#include "tests/support/vfs_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void draw_manifest(rng *random, fhi_manifest *made, uint32_t count)
{
    *made = (fhi_manifest){.generation = rng_skewed(random, 64), .next_segment_id = rng_skewed(random, 64)};
    if (rng_below(random, 2))
        fhi_settings_press(&made->settings, (uint32_t)rng_next(random));
    else
        fhi_settings_words(&made->settings, (uint32_t)rng_next(random));
    made->settings.k1 += (float)rng_unit(random);
    made->segment_count = count;
    made->segments = calloc(count + 1, sizeof *made->segments);
    assert_non_null(made->segments);
    for (uint32_t i = 0; i < count; i++)
        made->segments[i] = (fhi_segment_info){.id = rng_next(random),
                                               .file_bytes = rng_skewed(random, 64),
                                               .length_sum = rng_skewed(random, 64),
                                               .raw_bytes = rng_skewed(random, 64),
                                               .delete_id = rng_below(random, 2) ? 0 : rng_next(random),
                                               .doc_count = (uint32_t)rng_skewed(random, 32),
                                               .deleted_count = (uint32_t)rng_skewed(random, 32)};
}

static void check_same(const fhi_manifest *a, const fhi_manifest *b)
{
    assert_true(a->generation == b->generation && a->next_segment_id == b->next_segment_id);
    assert_memory_equal(&a->settings.k1, &b->settings.k1, sizeof(float));
    assert_memory_equal(&a->settings.b, &b->settings.b, sizeof(float));
    assert_memory_equal(&a->settings.exact_weight, &b->settings.exact_weight, sizeof(float));
    assert_int_equal(a->settings.title_weight, b->settings.title_weight);
    assert_int_equal(a->settings.lead_weight, b->settings.lead_weight);
    assert_int_equal(a->settings.body_weight, b->settings.body_weight);
    assert_int_equal(a->settings.analyzer_id, b->settings.analyzer_id);
    assert_string_equal(a->settings.analyzer, b->settings.analyzer);
    assert_int_equal(a->segment_count, b->segment_count);
    for (uint32_t i = 0; i < a->segment_count; i++) {
        const fhi_segment_info *x = &a->segments[i], *y = &b->segments[i];
        assert_true(x->id == y->id && x->file_bytes == y->file_bytes && x->length_sum == y->length_sum);
        assert_true(x->raw_bytes == y->raw_bytes && x->delete_id == y->delete_id);
        assert_true(x->doc_count == y->doc_count && x->deleted_count == y->deleted_count);
    }
}

static void manifests_come_back(void **state)
{
    (void)state;
    rng random;
    vfs_memory memory;
    fhi_manifest made, read;
    rng_init(&random, "manifests_come_back");
    vfs_memory_init(&memory);
    assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, NULL), FH_E_NOT_FOUND);
    for (int round = 0; round < 300; round++) {
        draw_manifest(&random, &made, (uint32_t)rng_skewed(&random, 10));
        assert_int_equal(fhi_manifest_write(&memory.table, "d", &made, NULL), FH_OK);
        assert_null(vfs_memory_find(&memory, "d/MANIFEST.tmp"));
        assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, NULL), FH_OK);
        check_same(&made, &read);
        fhi_manifest_fini(&made);
        fhi_manifest_fini(&read);
    }
    vfs_memory_fini(&memory);
}

static void changed_or_cut_manifests_are_refused(void **state)
{
    (void)state;
    rng random;
    vfs_memory memory;
    fhi_manifest made, read;
    fh_err err;
    rng_init(&random, "changed_or_cut_manifests_are_refused");
    vfs_memory_init(&memory);
    draw_manifest(&random, &made, 3);
    assert_int_equal(fhi_manifest_write(&memory.table, "d", &made, NULL), FH_OK);
    fhi_manifest_fini(&made);
    const memory_file *file = vfs_memory_find(&memory, "d/MANIFEST");
    const size_t len = file->len;
    uint8_t *whole = malloc(len);
    assert_non_null(whole);
    memcpy(whole, file->data, len);
    for (size_t at = 0; at < len; at++) {
        uint8_t *data = vfs_memory_find(&memory, "d/MANIFEST")->data;
        err = (fh_err){0};
        data[at] ^= (uint8_t)(1 + rng_below(&random, 255));
        assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, &err), FH_E_CORRUPT);
        assert_string_equal(err.file, "d/MANIFEST");
        assert_null(read.segments);
        data[at] = whole[at];
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_true(vfs_memory_put(&memory, "d/MANIFEST", whole, cut));
        assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, &err), FH_E_CORRUPT);
        if (cut >= 4) repair_tail(vfs_memory_find(&memory, "d/MANIFEST")->data, cut); /* as if written so */
        assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, &err), FH_E_CORRUPT);
    }
    free(whole);
    vfs_memory_fini(&memory);
}

static void manifests_of_other_formats_are_told_from_damage(void **state)
{
    (void)state;
    rng random;
    vfs_memory memory;
    fhi_manifest made, read;
    rng_init(&random, "manifests_of_other_formats_are_told_from_damage");
    vfs_memory_init(&memory);
    draw_manifest(&random, &made, 1);
    assert_int_equal(fhi_manifest_write(&memory.table, "d", &made, NULL), FH_OK);
    fhi_manifest_fini(&made);
    memory_file *file = vfs_memory_find(&memory, "d/MANIFEST");
    fhi_store32(file->data + 8, FHI_FORMAT_VERSION + 1);
    repair_tail(file->data, file->len);
    assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, NULL), FH_E_TOO_NEW);
    fhi_store32(file->data + 8, FHI_FORMAT_VERSION - 1);
    repair_tail(file->data, file->len);
    assert_int_equal(fhi_manifest_read(&memory.table, "d", &read, NULL), FH_E_TOO_OLD);
    vfs_memory_fini(&memory);
}

/* ---- deletes ---- */

static void check_live(const uint64_t *live, const uint64_t *deleted, uint32_t doc_count)
{
    const uint32_t padded = (doc_count + 255) / 256 * 256;
    for (uint32_t doc = 0; doc < padded; doc++) {
        const uint64_t is_live = live[doc / 64] >> doc % 64 & 1;
        if (doc < doc_count)
            assert_int_equal(is_live, !(deleted[doc / 64] >> doc % 64 & 1));
        else
            assert_int_equal(is_live, 0); /* what is no document is not alive */
    }
}

static void deletes_come_back_as_live_bits(void **state)
{
    (void)state;
    enum { WORDS = 100 };
    rng random;
    vfs_memory memory;
    uint64_t deleted[WORDS], *live;
    rng_init(&random, "deletes_come_back_as_live_bits");
    vfs_memory_init(&memory);
    for (int round = 0; round < 300; round++) {
        const uint32_t count = (uint32_t)rng_range(&random, 1, WORDS * 64);
        const fhi_segment_info info = {.id = rng_next(&random), .delete_id = rng_next(&random), .doc_count = count};
        memset(deleted, 0, sizeof deleted);
        for (uint32_t doc = 0; doc < count; doc++)
            if (rng_below(&random, 3) == 0) deleted[doc / 64] |= UINT64_C(1) << doc % 64;
        assert_int_equal(fhi_deletes_write(&memory.table, "d", info.id, info.delete_id, deleted, count, NULL), FH_OK);
        assert_int_equal(fhi_deletes_read(&memory.table, "d", &info, &live, NULL), FH_OK);
        check_live(live, deleted, count);
        free(live);
        vfs_memory_fini(&memory);
    }
}

static void changed_cut_and_mistaken_deletes_are_refused(void **state)
{
    (void)state;
    static const uint64_t deleted[3] = {1, 2, 3};
    rng random;
    vfs_memory memory;
    fhi_segment_info info = {.id = 5, .delete_id = 6, .doc_count = 150};
    uint64_t *live;
    fh_err err;
    rng_init(&random, "changed_cut_and_mistaken_deletes_are_refused");
    vfs_memory_init(&memory);
    assert_int_equal(fhi_deletes_read(&memory.table, "d", &info, &live, &err), FH_E_CORRUPT); /* missing */
    assert_int_equal(fhi_deletes_write(&memory.table, "d", 5, 6, deleted, 150, NULL), FH_OK);
    memory_file *file = NULL;
    for (int i = 0; i < MEMORY_FILES_MAX; i++)
        if (memory.files[i].path[0]) file = &memory.files[i];
    assert_non_null(file);
    for (size_t at = 0; at < file->len; at++) {
        const uint8_t was = file->data[at];
        file->data[at] ^= (uint8_t)(1 + rng_below(&random, 255));
        err = (fh_err){0};
        assert_int_equal(fhi_deletes_read(&memory.table, "d", &info, &live, &err), FH_E_CORRUPT);
        assert_string_equal(err.file, file->path);
        assert_null(live);
        file->data[at] = was;
    }
    for (info.doc_count = 0; info.doc_count < 300; info.doc_count++) { /* another segment's, by its size */
        const fh_status status = fhi_deletes_read(&memory.table, "d", &info, &live, &err);
        assert_int_equal(status, info.doc_count == 150 ? FH_OK : FH_E_CORRUPT);
        free(live);
    }
    vfs_memory_fini(&memory);
}

/* ---- sweep ---- */

static void sweep_removes_what_is_not_named_and_nothing_else(void **state)
{
    (void)state;
    static const char *const kept[] = {"d/0000000000000001.seg",
                                       "d/0000000000000002.seg",
                                       "d/0000000000000002-0000000000000009.del",
                                       "d/MANIFEST",
                                       "d/LOCK",
                                       "d/rejects.jsonl",
                                       "d/notes.txt",
                                       "d/notes.seg",
                                       "d/x.del.tmp",
                                       "d/other.tmp",
                                       "d/000000000000000A.seg",
                                       "d/000000000000003.seg",
                                       "d/00000000000000003.seg",
                                       "d/0000000000000003.seg.old",
                                       "d/0000000000000003-.del",
                                       "d/0000000000000003.del",
                                       "d/0000000000000003-0000000000000004.seg"};
    static const char *const removed[] = {"d/0000000000000003.seg",
                                          "d/0000000000000001.seg.tmp",
                                          "d/MANIFEST.tmp",
                                          "d/0000000000000002-0000000000000008.del",
                                          "d/0000000000000001-000000000000000a.del.tmp",
                                          "d/0000000000000001-0000000000000000.del"};
    fhi_segment_info segments[2] = {{.id = 1}, {.id = 2, .delete_id = 9}};
    const fhi_manifest manifest = {.segment_count = 2, .segments = segments};
    vfs_memory memory;
    vfs_memory_init(&memory);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_true(vfs_memory_put(&memory, kept[i], "x", 1));
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        assert_true(vfs_memory_put(&memory, removed[i], "x", 1));
    assert_int_equal(fhi_manifest_sweep(&memory.table, "d", &manifest, 0, NULL), FH_OK);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (!vfs_memory_find(&memory, kept[i])) fail_msg("%s is gone", kept[i]);
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        if (vfs_memory_find(&memory, removed[i])) fail_msg("%s is still there", removed[i]);
    vfs_memory_fini(&memory);
}

static void sweep_leaves_older_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {"d/0000000000000001-0000000000000007.del", "d/0000000000000007.seg",
                                        "d/0000000000000001-0000000000000008.del", "d/0000000000000008.seg"};
    const fhi_manifest manifest = {.generation = 1};
    fhi_survey found;
    vfs_memory memory;
    vfs_memory_init(&memory);
    assert_int_equal(fhi_manifest_survey(&memory.table, "d", &found, NULL), FH_OK);
    assert_true(found.id_max == 0 && !found.has_segments);
    for (size_t i = 0; i < 4; i++)
        assert_true(vfs_memory_put(&memory, names[i], "x", 1));
    assert_int_equal(fhi_manifest_survey(&memory.table, "d", &found, NULL), FH_OK);
    assert_true(found.id_max == 8 && found.has_segments);
    assert_int_equal(fhi_manifest_sweep(&memory.table, "d", &manifest, 8, NULL), FH_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(vfs_memory_find(&memory, names[i]) != NULL, i < 2);
    vfs_memory_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifests_come_back),
        cmocka_unit_test(changed_or_cut_manifests_are_refused),
        cmocka_unit_test(manifests_of_other_formats_are_told_from_damage),
        cmocka_unit_test(deletes_come_back_as_live_bits),
        cmocka_unit_test(changed_cut_and_mistaken_deletes_are_refused),
        cmocka_unit_test(sweep_removes_what_is_not_named_and_nothing_else),
        cmocka_unit_test(sweep_leaves_older_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
