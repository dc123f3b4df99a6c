/* test_damage.c - every byte of a small index is changed, every file is cut: check finds it and names the place, a
 * search answers or fails, and nothing is read outside a file. Then damage with right checksums, as somebody would make
 * it on purpose: anything but a crash or a hang. */
#include "engine/segment/segment_internal.h"
#include "tests/support/repair.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"
#include "tests/support/small_index.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const files[] = {SMALL_INDEX_FOLDER "/MANIFEST", SMALL_INDEX_FOLDER "/0000000000000001.seg",
                                    SMALL_INDEX_FOLDER "/0000000000000002.seg",
                                    SMALL_INDEX_FOLDER "/0000000000000002-0000000000000003.del"};
enum { FILES = sizeof files / sizeof files[0] };

static int make_index(void **state)
{
    vfs_memory *memory = malloc(sizeof *memory);
    fh_err err = {0};
    *state = memory;
    if (!memory) return 1;
    vfs_memory_init(memory);
    return small_index_write(&memory->table, SMALL_INDEX_FOLDER, &err) != FH_OK;
}

static int drop_index(void **state)
{
    vfs_memory_fini(*state);
    free(*state);
    return 0;
}

static fh_status check(const vfs_memory *memory, fh_err *err)
{
    fhi_index *index;
    *err = (fh_err){0};
    fh_status status = fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, err);
    if (status == FH_OK) status = fhi_index_check(index, err);
    fhi_index_release(index);
    return status;
}

/* which: one of the searches; SMALL_INDEX_SEARCHES: all. */
static fh_status search(const vfs_memory *memory, unsigned which)
{
    fhi_index *index;
    fh_err err = {0};
    fh_status status = fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, &err);
    if (status == FH_OK && which < SMALL_INDEX_SEARCHES) status = small_index_search(index, which, &err);
    if (status == FH_OK && which == SMALL_INDEX_SEARCHES) status = small_index_search_all(index, &err);
    fhi_index_release(index);
    return status;
}

static bool is_answer(fh_status status)
{
    return status == FH_OK || status == FH_E_CORRUPT || status == FH_E_LIMIT;
}

static void whole_index_passes(void **state)
{
    vfs_memory *memory = *state;
    fh_err err;
    fhi_index *index;
    if (check(memory, &err) != FH_OK) fail_msg("check: %s: %s", err.file, err.text);
    assert_int_equal(search(memory, SMALL_INDEX_SEARCHES), FH_OK);
    assert_int_equal(fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, NULL), FH_OK);
    assert_int_equal(fhi_index_live_count(index), 1048);
    fhi_index_release(index);
}

typedef struct list_kinds {
    const fhi_segment *segment;
    bool tiny, flat, dense, wide;
} list_kinds;

/* What a list is, by its first bytes. */
static bool see_kind(void *argument, fh_str term, const fhi_term_info *info)
{
    list_kinds *kinds = argument;
    const uint8_t *list = kinds->segment->sections[FHI_SECTION_POSTINGS].data + info->offset;
    (void)term;
    if (info->df <= FHI_TINY_DF_MAX)
        kinds->tiny = true;
    else if (list[0] == FHI_LIST_FLAT)
        kinds->flat = true;
    else if (list[3 + 6] == 0)
        kinds->dense = true;
    else
        kinds->wide = true;
    return true;
}

static void small_index_holds_tiny_flat_dense_and_wide_lists(void **state)
{
    vfs_memory *memory = *state;
    fhi_index *index;
    assert_int_equal(fhi_index_open(&memory->table, SMALL_INDEX_FOLDER, &index, NULL), FH_OK);
    list_kinds kinds = {.segment = fhi_index_segment(index, 0)};
    assert_int_equal(fhi_terms_scan(kinds.segment, FH_STR(""), see_kind, &kinds), FH_OK);
    assert_true(kinds.tiny && kinds.flat && kinds.dense && kinds.wide);
    fhi_index_release(index);
}

/* A damage is found in the file it is in, at or before its place. */
static void must_find(const vfs_memory *memory, const char *path, size_t at)
{
    fh_err err;
    const fh_status status = check(memory, &err);
    if (status != FH_E_CORRUPT) fail_msg("%s, byte %zu changed: check answers %s", path, at, fh_status_name(status));
    if (strcmp(err.file, path) != 0 || err.text[0] == '\0')
        fail_msg("%s, byte %zu changed: check names %s: %s", path, at, err.file, err.text);
    if (err.offset >= vfs_memory_find((vfs_memory *)(uintptr_t)memory, path)->len)
        fail_msg("%s, byte %zu changed: check names offset %llu", path, at, (unsigned long long)err.offset);
}

static void every_changed_byte_is_found_and_survived(void **state)
{
    vfs_memory *memory = *state;
    rng random;
    rng_init(&random, "every_changed_byte_is_found_and_survived");
    const size_t step = (size_t)(100 / rng_rounds(100)); /* all of them, unless told to do less */
    for (size_t f = 0; f < FILES; f++) {
        memory_file *file = vfs_memory_find(memory, files[f]);
        assert_non_null(file);
        for (size_t at = (size_t)rng_below(&random, step ? step : 1); at < file->len; at += step ? step : 1) {
            const uint8_t was = file->data[at];
            file->data[at] = (uint8_t)~was;
            must_find(memory, files[f], at);
            const unsigned which = (unsigned)rng_below(&random, 6 * SMALL_INDEX_SEARCHES);
            const fh_status status = which < SMALL_INDEX_SEARCHES ? search(memory, which) : FH_OK;
            if (!is_answer(status)) fail_msg("%s, byte %zu: search answers %s", files[f], at, fh_status_name(status));
            file->data[at] = was ^ (uint8_t)(1U << rng_below(&random, 8));
            must_find(memory, files[f], at);
            file->data[at] = was;
        }
    }
    fh_err err;
    assert_int_equal(check(memory, &err), FH_OK);
}

static void every_cut_file_is_found_and_survived(void **state)
{
    vfs_memory *memory = *state;
    rng random;
    rng_init(&random, "every_cut_file_is_found_and_survived");
    for (size_t f = 0; f < FILES; f++) {
        const memory_file *file = vfs_memory_find(memory, files[f]);
        const size_t len = file->len;
        uint8_t *whole = malloc(len);
        assert_non_null(whole);
        memcpy(whole, file->data, len);
        for (size_t cut = 0; cut < len; cut += 1 + (size_t)rng_below(&random, len < 3000 ? 4 : len / 200)) {
            fh_err err;
            assert_true(vfs_memory_put(memory, files[f], whole, cut));
            assert_int_equal(check(memory, &err), FH_E_CORRUPT);
            assert_string_equal(err.file, files[f]);
            assert_int_equal(search(memory, 0), FH_E_CORRUPT);
        }
        assert_true(vfs_memory_put(memory, files[f], whole, len));
        free(whole);
    }
}

static void missing_files_are_named(void **state)
{
    vfs_memory *memory = *state;
    for (size_t f = 1; f < FILES; f++) {
        vfs_memory less;
        fh_err err;
        vfs_memory_init(&less);
        assert_true(vfs_memory_copy(&less, memory));
        assert_int_equal(less.table.remove(less.table.context, files[f], NULL), FH_OK);
        assert_int_equal(check(&less, &err), FH_E_CORRUPT);
        assert_string_equal(err.file, files[f]);
        vfs_memory_fini(&less);
    }
}

/* ---- right checksums ---- */

static void repair(const char *path, memory_file *file)
{
    if (strstr(path, ".seg"))
        repair_segment(file->data, file->len);
    else
        repair_tail(file->data, file->len);
}

/* Anywhere, or near an end of a section, where directories and counts are. */
static size_t draw_place(rng *random, const memory_file *file)
{
    if (!strstr(file->path, ".seg") || rng_below(random, 2)) return (size_t)rng_below(random, file->len);
    const uint32_t where = (uint32_t)rng_below(random, 64) | (uint32_t)rng_below(random, 16) << 24;
    return repair_place(file->data, file->len, rng_below(random, 2) ? where : where | UINT32_C(1) << 31);
}

static void change(rng *random, memory_file *file)
{
    static const uint8_t telling[] = {0, 1, 0x7F, 0x80, 0xFF};
    const size_t at = draw_place(random, file), left = file->len - at;
    const size_t count = 1 + (size_t)rng_below(random, left < 8 ? left : 8);
    switch (rng_below(random, 5)) {
    case 0: file->data[at] = (uint8_t)rng_next(random); break;
    case 1: file->data[at] ^= (uint8_t)(1U << rng_below(random, 8)); break;
    case 2: file->data[at] = telling[rng_below(random, sizeof telling)]; break;
    case 3: memset(file->data + at, telling[rng_below(random, sizeof telling)], count); break;
    default: memmove(file->data + at, file->data + rng_below(random, file->len - count + 1), count);
    }
}

static void damage_with_right_checksums_is_survived(void **state)
{
    vfs_memory *memory = *state;
    vfs_memory hurt;
    rng random;
    int passed = 0;
    const int rounds = rng_rounds(4000);
    rng_init(&random, "damage_with_right_checksums_is_survived");
    vfs_memory_init(&hurt);
    for (int round = 0; round < rounds; round++) {
        fh_err err;
        assert_true(vfs_memory_copy(&hurt, memory));
        const char *path = files[rng_below(&random, FILES)];
        memory_file *file = vfs_memory_find(&hurt, path);
        for (uint64_t left = 1 + rng_below(&random, 6); left > 0; left--)
            change(&random, file);
        repair(path, file);
        const fh_status checked = check(&hurt, &err),
                        searched = search(&hurt, (unsigned)rng_below(&random, SMALL_INDEX_SEARCHES));
        passed += checked == FH_OK;
        if (checked == FH_E_NOMEM || searched == FH_E_NOMEM) fail_msg("%s: asks for too much memory", path);
        if (!is_answer(searched) && searched != FH_E_TOO_NEW && searched != FH_E_TOO_OLD && searched != FH_E_ANALYZER)
            fail_msg("%s: search answers %s", path, fh_status_name(searched));
    }
    vfs_memory_fini(&hurt);
    print_message("# %d of %d pass the check: they say something else, but rightly\n", passed, rounds);
}

/* What only the deep check can see: sums are right, and each part by itself could be true. */
static void check_finds_parts_that_do_not_fit_each_other(void **state)
{
    static const struct {
        uint32_t section, at;
        uint8_t with;
    } lies[] = {
        {FHI_SECTION_IDS, 0, 1},               /* the first id is another document's */
        {FHI_SECTION_IDS, 4, 1},               /* no article has that hash */
        {FHI_SECTION_STORE_INDEX, 1, 1},       /* the first frame begins elsewhere */
        {FHI_SECTION_STORE_INDEX, 17 * 16, 1}, /* frames have other lengths */
        {FHI_SECTION_TERMS, 9, 2},             /* "schose" is in another number of documents */
        {FHI_SECTION_TERMS, 3, 1},             /* "schose" begins with another letter: keys out of order */
        {FHI_SECTION_FORMS, 8, 0x7C},          /* "chose" is a form of a term that is not there */
        {FHI_SECTION_FORMS, 2, 0x10},          /* "chose" begins with another letter */
        {FHI_SECTION_TERMS_INDEX, 17, 1},      /* another number of terms */
        {FHI_SECTION_WIDTHS, 0, 8},            /* positions of the first document take more bits */
    };
    vfs_memory *memory = *state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        vfs_memory hurt;
        fh_err err;
        vfs_memory_init(&hurt);
        assert_true(vfs_memory_copy(&hurt, memory));
        memory_file *file = vfs_memory_find(&hurt, files[1]);
        file->data[repair_place(file->data, file->len, lies[i].section << 24 | lies[i].at)] ^= lies[i].with;
        repair_segment(file->data, file->len);
        if (check(&hurt, &err) != FH_E_CORRUPT) fail_msg("section %u, byte %u", lies[i].section, lies[i].at);
        assert_string_equal(err.file, files[1]);
        vfs_memory_fini(&hurt);
    }
}

/* ---- the program ---- */

static int run_check(const char *directory, char *said, size_t said_bytes)
{
    const char *program = getenv("FIHRIST");
    int to[2], ended = 0;
    size_t len = 0;
    ssize_t got;
    assert_int_equal(pipe(to), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(to[1], STDERR_FILENO);
        (void)close(STDOUT_FILENO); /* it speaks TAP */
        (void)open("/dev/null", O_WRONLY);
        (void)execl(program, program, "check", "--index", directory, (char *)NULL);
        _exit(127);
    }
    (void)close(to[1]);
    while (len + 1 < said_bytes && (got = read(to[0], said + len, said_bytes - len - 1)) > 0)
        len += (size_t)got;
    said[len] = '\0';
    (void)close(to[0]);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

static void program_names_file_and_offset(void **state)
{
    (void)state;
    scratch folder;
    fh_err err = {0};
    char index[SCRATCH_PATH_BYTES], path[SCRATCH_PATH_BYTES], said[2048];
    if (!getenv("FIHRIST")) skip(); /* the runner sets it to the program */
    scratch_init(&folder);
    assert_int_equal(small_index_write(fhi_vfs_posix(), scratch_path(&folder, SMALL_INDEX_FOLDER, index), &err), FH_OK);
    assert_int_equal(run_check(index, said, sizeof said), 0);
    for (size_t f = 0; f < FILES; f++) {
        size_t len;
        char *data = scratch_read(scratch_path(&folder, files[f], path), &len);
        for (size_t at = 0; at < len; at += 1 + len / 3) {
            data[at] = (char)~data[at];
            scratch_write(path, data, len);
            assert_int_equal(run_check(index, said, sizeof said), 1);
            assert_non_null(strstr(said, "fihrist check: "));
            assert_non_null(strstr(said, path));
            assert_non_null(strstr(said, ": offset "));
            data[at] = (char)~data[at];
        }
        scratch_write(path, data, len);
        free(data);
    }
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_index_passes),
        cmocka_unit_test(small_index_holds_tiny_flat_dense_and_wide_lists),
        cmocka_unit_test(every_changed_byte_is_found_and_survived),
        cmocka_unit_test(every_cut_file_is_found_and_survived),
        cmocka_unit_test(missing_files_are_named),
        cmocka_unit_test(damage_with_right_checksums_is_survived),
        cmocka_unit_test(check_finds_parts_that_do_not_fit_each_other),
        cmocka_unit_test(program_names_file_and_offset),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
