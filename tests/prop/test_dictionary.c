/* test_dictionary.c - random sorted keys come back by walking, by key, by rank and by prefix, whatever the number of
 * blocks; the two kinds keep their values. */
#include "engine/segment/segment_internal.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEYS_MAX = 5000 };

typedef struct made_keys {
    fhi_dictionary_kind kind;
    uint32_t count;
    fh_str *keys; /* sorted, different */
    uint64_t (*values)[FHI_ENTRY_VALUES];
    uint64_t *offsets; /* of the postings: sums of values[2] */
    fhi_arena arena;
    fhi_dictionary_writer writer;
    uint8_t *blocks, *index; /* exactly what was written */
    fhi_dictionary dictionary;
} made_keys;

/* Few letters, so that keys share long prefixes and some are prefixes of others; now and then a very long one. */
static fh_str draw_key(rng *random, fhi_arena *arena, const fh_str *before)
{
    char bytes[FHI_KEY_BYTES_MAX];
    const size_t most = rng_below(random, 50) == 0 ? FHI_KEY_BYTES_MAX - 1 : 12;
    size_t len = (size_t)rng_below(random, most + 1), kept = 0;
    if (before && rng_below(random, 2)) {
        kept = (size_t)rng_below(random, before->len + 1);
        if (kept > len) kept = len;
        memcpy(bytes, before->ptr, kept);
    }
    for (size_t i = kept; i < len; i++)
        bytes[i] = (char)(rng_below(random, 20) ? 'a' + (int)rng_below(random, 3) : (int)rng_below(random, 256));
    const fh_str key = fhi_arena_copy(arena, (fh_str){bytes, len});
    assert_non_null(key.ptr);
    return key;
}

static int compare_keys(const void *a, const void *b)
{
    return fhi_str_compare(*(const fh_str *)a, *(const fh_str *)b);
}

static void draw_values(rng *random, made_keys *made)
{
    uint64_t offset = 0;
    for (uint32_t i = 0; i < made->count; i++) {
        uint64_t *values = made->values[i];
        made->offsets[i] = offset;
        if (made->kind == FHI_DICTIONARY_TERMS) {
            values[0] = 1 + rng_skewed(random, 32);
            values[1] = rng_below(random, 2) ? 1 : 1 + rng_skewed(random, 32);
        } else {
            values[0] = (uint32_t)rng_skewed(random, 32);
            values[1] = rng_below(random, 2) ? 0 : (uint32_t)rng_skewed(random, 32);
        }
        values[2] = rng_skewed(random, 32);
        offset += values[2];
    }
}

static uint8_t *exact_copy(const fhi_buf *buf)
{
    uint8_t *copy = malloc(buf->len ? buf->len : 1);
    assert_non_null(copy);
    if (buf->len) memcpy(copy, buf->data, buf->len);
    return copy;
}

static void make(made_keys *made, rng *random, fhi_dictionary_kind kind, uint32_t wanted)
{
    *made = (made_keys){.kind = kind};
    fhi_arena_init(&made->arena, 64 << 20);
    made->keys = calloc(wanted + 1, sizeof *made->keys);
    made->values = calloc(wanted + 1, sizeof *made->values);
    made->offsets = calloc(wanted + 1, sizeof *made->offsets);
    assert_true(made->keys && made->values && made->offsets);
    for (uint32_t i = 0; i < wanted; i++)
        made->keys[i] = draw_key(random, &made->arena, i ? &made->keys[i - 1] : NULL);
    qsort(made->keys, wanted, sizeof *made->keys, compare_keys);
    for (uint32_t i = 0; i < wanted; i++)
        if (made->count == 0 || !fhi_str_equal(made->keys[i], made->keys[made->count - 1]))
            made->keys[made->count++] = made->keys[i];
    draw_values(random, made);
    fhi_dictionary_writer_init(&made->writer, kind);
    for (uint32_t i = 0; i < made->count; i++)
        assert_int_equal(fhi_dictionary_writer_add(&made->writer, made->keys[i], made->values[i]), FH_OK);
    assert_int_equal(fhi_dictionary_writer_finish(&made->writer), FH_OK);
    made->blocks = exact_copy(&made->writer.blocks);
    made->index = exact_copy(&made->writer.index);
    const fhi_span blocks = fhi_span_of(made->blocks, made->writer.blocks.len);
    const fhi_span index = fhi_span_of(made->index, made->writer.index.len);
    assert_int_equal(fhi_dictionary_open(&made->dictionary, kind, blocks, index), FH_OK);
    assert_int_equal(made->dictionary.entry_count, made->count);
}

static void unmake(made_keys *made)
{
    fhi_dictionary_writer_fini(&made->writer);
    fhi_arena_fini(&made->arena);
    free(made->keys);
    free(made->values);
    free(made->offsets);
    free(made->blocks);
    free(made->index);
}

static void check_entry(const made_keys *made, const fhi_dictionary_cursor *cursor, uint32_t i)
{
    assert_int_equal(cursor->entry.ordinal, i);
    assert_true(fhi_str_equal(cursor->entry.key, made->keys[i]));
    assert_memory_equal(cursor->entry.values, made->values[i], sizeof made->values[i]);
    if (made->kind == FHI_DICTIONARY_TERMS) assert_true(cursor->entry.offset == made->offsets[i]);
}

static uint32_t first_from(const made_keys *made, fh_str key)
{
    uint32_t i = 0;
    while (i < made->count && fhi_str_compare(made->keys[i], key) < 0)
        i++;
    return i;
}

static void check_seek(const made_keys *made, fh_str key)
{
    static fhi_dictionary_cursor cursor;
    const uint32_t expected = first_from(made, key);
    const bool present = expected < made->count && fhi_str_equal(made->keys[expected], key);
    assert_int_equal(fhi_dictionary_find(&made->dictionary, key, &cursor.entry), present ? FH_OK : FH_E_NOT_FOUND);
    if (present) check_entry(made, &cursor, expected);
    const fh_status status = fhi_dictionary_seek(&made->dictionary, key, &cursor);
    assert_int_equal(status, expected < made->count ? FH_OK : FH_E_NOT_FOUND);
    for (uint32_t i = expected; i < made->count && i < expected + 40; i++) {
        check_entry(made, &cursor, i);
        assert_int_equal(fhi_dictionary_next(&cursor), i + 1 < made->count ? FH_OK : FH_E_NOT_FOUND);
    }
}

static void check_all(const made_keys *made, rng *random)
{
    static fhi_dictionary_cursor cursor;
    fhi_arena arena;
    fhi_arena_init(&arena, 1 << 20);
    fh_status status = fhi_dictionary_at(&made->dictionary, 0, &cursor);
    for (uint32_t i = 0; i < made->count; i++) {
        assert_int_equal(status, FH_OK);
        check_entry(made, &cursor, i);
        status = fhi_dictionary_next(&cursor);
    }
    assert_int_equal(status, FH_E_NOT_FOUND);
    assert_int_equal(fhi_dictionary_at(&made->dictionary, made->count, &cursor), FH_E_NOT_FOUND);
    check_seek(made, FH_STR(""));
    for (int tries = 0; tries < 60; tries++) {
        const uint32_t i = (uint32_t)rng_below(random, made->count);
        check_seek(made, draw_key(random, &arena, made->count ? &made->keys[i] : NULL));
        if (made->count == 0) continue;
        check_seek(made, made->keys[i]);
        assert_int_equal(fhi_dictionary_at(&made->dictionary, i, &cursor), FH_OK);
        check_entry(made, &cursor, i);
    }
    fhi_arena_fini(&arena);
}

static void keys_come_back_in_order_by_key_and_by_rank(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, 500, KEYS_MAX};
    rng random;
    made_keys made;
    rng_init(&random, "keys_come_back_in_order_by_key_and_by_rank");
    for (int round = 0; round < 6; round++)
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            for (int kind = 0; kind < 2; kind++) {
                make(&made, &random, kind ? FHI_DICTIONARY_FORMS : FHI_DICTIONARY_TERMS, counts[i]);
                check_all(&made, &random);
                unmake(&made);
            }
}

static void writer_refuses_keys_out_of_order_and_too_long(void **state)
{
    (void)state;
    static const uint64_t values[FHI_ENTRY_VALUES] = {1, 1, 1};
    char key[FHI_KEY_BYTES_MAX];
    fhi_dictionary_writer writer;
    memset(key, 'k', sizeof key);
    fhi_dictionary_writer_init(&writer, FHI_DICTIONARY_TERMS);
    assert_int_equal(fhi_dictionary_writer_add(&writer, FH_STR("b"), values), FH_OK);
    assert_int_equal(fhi_dictionary_writer_add(&writer, FH_STR("b"), values), FH_E_INVALID);
    assert_int_equal(fhi_dictionary_writer_add(&writer, FH_STR("a"), values), FH_E_INVALID);
    assert_int_equal(fhi_dictionary_writer_add(&writer, FH_STR(""), values), FH_E_INVALID);
    assert_int_equal(fhi_dictionary_writer_add(&writer, (fh_str){key, sizeof key}, values), FH_E_LIMIT);
    assert_int_equal(fhi_dictionary_writer_add(&writer, (fh_str){key, sizeof key - 1}, values), FH_OK);
    fhi_dictionary_writer_fini(&writer);
}

/* A block is summed: whichever byte changes, walking says so, unless it is one of the index, which the section sums. */
static void every_changed_byte_of_a_block_is_noticed(void **state)
{
    (void)state;
    rng random;
    made_keys made;
    rng_init(&random, "every_changed_byte_of_a_block_is_noticed");
    make(&made, &random, FHI_DICTIONARY_TERMS, 80);
    for (size_t at = 0; at < made.writer.blocks.len; at++) {
        static fhi_dictionary_cursor cursor;
        made.blocks[at] ^= (uint8_t)(1U << rng_below(&random, 8));
        fh_status status = fhi_dictionary_at(&made.dictionary, 0, &cursor);
        while (status == FH_OK)
            status = fhi_dictionary_next(&cursor);
        assert_int_equal(status, FH_E_CORRUPT);
        made.blocks[at] = made.writer.blocks.data[at];
    }
    unmake(&made);
}

/* An index that claims fewer entries than its last block holds: no entry past the last is handed out. */
static void entries_beyond_the_count_are_refused(void **state)
{
    (void)state;
    static fhi_dictionary_cursor cursor;
    rng random;
    made_keys made;
    rng_init(&random, "entries_beyond_the_count_are_refused");
    make(&made, &random, FHI_DICTIONARY_TERMS, 60);
    while (made.count % FHI_TERM_BLOCK_TERMS < 2) { /* the last block must hold two */
        unmake(&made);
        make(&made, &random, FHI_DICTIONARY_TERMS, 60);
    }
    const uint32_t whole = made.count, claimed = whole / FHI_TERM_BLOCK_TERMS * FHI_TERM_BLOCK_TERMS + 1;
    fhi_store64(made.index + made.writer.index.len - 8, claimed);
    const fhi_span blocks = fhi_span_of(made.blocks, made.writer.blocks.len);
    const fhi_span index = fhi_span_of(made.index, made.writer.index.len);
    assert_int_equal(fhi_dictionary_open(&made.dictionary, FHI_DICTIONARY_TERMS, blocks, index), FH_OK);
    fh_status status = fhi_dictionary_at(&made.dictionary, 0, &cursor);
    for (uint32_t i = 0; i < claimed; i++) {
        assert_int_equal(status, FH_OK);
        assert_int_equal(cursor.entry.ordinal, i);
        status = fhi_dictionary_next(&cursor);
    }
    assert_int_equal(status, FH_E_CORRUPT);
    assert_int_equal(fhi_dictionary_find(&made.dictionary, made.keys[whole - 1], &cursor.entry), FH_E_CORRUPT);
    unmake(&made);
}

/* ---- forms ---- */

/* Few letters, so that forms are often alike; sometimes as long as can be. */
static size_t draw_form(rng *random, char to[FHI_KEY_BYTES_MAX])
{
    static const char letters[] = "aab\xC3\xA9";
    const size_t len = rng_below(random, rng_below(random, 20) ? 8 : FHI_KEY_BYTES_MAX);
    for (size_t i = 0; i < len; i++)
        to[i] = letters[rng_below(random, sizeof letters - 1)];
    return len;
}

static void forms_come_back_from_their_keys(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, __func__);
    for (int round = rng_rounds(200000); round > 0; round--) {
        char folds[FHI_KEY_BYTES_MAX], exacts[FHI_KEY_BYTES_MAX], keys[FHI_KEY_BYTES_MAX], room[FHI_KEY_BYTES_MAX];
        const fh_str fold = {folds, draw_form(&random, folds)}, exact = {exacts, draw_form(&random, exacts)};
        fh_str fold_back, exact_back;
        fhi_form_info info;
        fhi_dictionary_entry entry = {.key = fhi_form_key(fold, exact, keys)};
        if (fold.len + exact.len + 6 < FHI_KEY_BYTES_MAX) assert_non_null(entry.key.ptr);
        if (!entry.key.ptr || fold.len + exact.len == 0) continue;
        assert_int_equal(fhi_segment_form(&entry, room, &fold_back, &exact_back, &info), FH_OK);
        assert_true(fhi_str_equal(fold, fold_back) && fhi_str_equal(exact, exact_back));
        if (fhi_str_equal(fold, exact)) continue;
        const size_t at = fold.len + 1 + rng_below(&random, entry.key.len - fold.len - 1); /* one key only */
        keys[at] = (char)(keys[at] + 1 + (int)rng_below(&random, 255));
        if (fhi_segment_form(&entry, room, &fold_back, &exact_back, &info) != FH_OK) continue;
        char again[FHI_KEY_BYTES_MAX];
        assert_true(fhi_str_equal(entry.key, fhi_form_key(fold_back, exact_back, again)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_come_back_from_their_keys),
        cmocka_unit_test(keys_come_back_in_order_by_key_and_by_rank),
        cmocka_unit_test(writer_refuses_keys_out_of_order_and_too_long),
        cmocka_unit_test(every_changed_byte_of_a_block_is_noticed),
        cmocka_unit_test(entries_beyond_the_count_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
