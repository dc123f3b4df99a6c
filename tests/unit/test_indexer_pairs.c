/* test_indexer_pairs.c - in whatever document two frequent words stand side by side, and only there, is their pair: in
 * every segment, however it came to be; but not of words that seldom meet. */
#include "engine/segment/index.h"
#include "tests/support/articles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct place {
    uint32_t doc, position;
} place;

typedef struct places {
    place *items;
    size_t count;
} places;

static int by_place(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->doc != y->doc) return x->doc < y->doc ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

/* Where a term stands; nowhere when it is not there. */
static places places_of(const fhi_segment *segment, fh_str term)
{
    fhi_term_info info;
    fhi_list list = {0};
    fhi_list_scratch words = {0};
    if (fhi_terms_find(segment, term, &info) == FH_OK)
        assert_int_equal(fhi_list_decode(segment, &info, &words, &list), FH_OK);
    places found = {calloc(list.position_count + 1, sizeof *found.items), 0};
    assert_non_null(found.items);
    uint32_t at = 0;
    for (uint32_t i = 0; i < list.doc_count; i++)
        for (uint32_t j = 0; j < list.counts[i]; j++, at++)
            found.items[found.count++] = (place){list.docs[i], list.positions[at]};
    fhi_list_scratch_fini(&words);
    return found;
}

static places places_of_word(const fhi_segment *segment, fh_str word)
{
    char term[FHI_FREQUENT_BYTES_MAX + 1] = {FHI_NS_STEM};
    memcpy(term + 1, word.ptr, word.len);
    return places_of(segment, (fh_str){term, word.len + 1});
}

/* Keeps the places of the first from which the second is one further. */
static void keep_neighbours(places *first, const places *second)
{
    size_t kept = 0;
    for (size_t i = 0; i < first->count; i++) {
        const place next = {first->items[i].doc, first->items[i].position + 1}, here = first->items[i];
        const bool again = kept > 0 && by_place(&first->items[kept - 1], &here) == 0;
        if (!again && bsearch(&next, second->items, second->count, sizeof next, by_place)) first->items[kept++] = here;
    }
    first->count = kept;
}

static bool count_pair(void *argument, fh_str term, const fhi_term_info *info)
{
    uint32_t *count = argument;
    (void)info;
    *count += term.ptr[0] == FHI_NS_PAIR;
    return true;
}

/* As many as the places say, document by document. */
static uint32_t check_pair(const fhi_segment *segment, const fhi_frequent *frequent, uint32_t a, uint32_t b)
{
    char term[FHI_PAIR_TERM_BYTES_MAX];
    fhi_term_info info;
    fhi_list list = {0};
    fhi_list_scratch words = {0};
    places first = places_of_word(segment, frequent->words[a]);
    places second = places_of_word(segment, frequent->words[b]);
    keep_neighbours(&first, &second);
    if (!fhi_frequent_joined(frequent, a, b)) first.count = 0;
    const fh_str pair = fhi_pair_term(frequent->words[a], frequent->words[b], term);
    if (fhi_terms_find(segment, pair, &info) == FH_OK)
        assert_int_equal(fhi_list_decode(segment, &info, &words, &list), FH_OK);
    assert_int_equal(list.position_count, 0);
    size_t at = 0;
    for (uint32_t i = 0; i < list.doc_count; i++)
        for (uint32_t j = 0; j < list.counts[i]; j++, at++) {
            assert_true(at < first.count);
            assert_int_equal(list.docs[i], first.items[at].doc);
        }
    assert_int_equal(at, first.count);
    fhi_list_scratch_fini(&words);
    free(first.items);
    free(second.items);
    return list.doc_count > 0;
}

static uint32_t check_segment(const fhi_segment *segment, const fhi_frequent *frequent)
{
    uint32_t expected = 0, found = 0;
    for (uint32_t a = 0; a < frequent->count; a++)
        for (uint32_t b = 0; b < frequent->count; b++)
            expected += check_pair(segment, frequent, a, b);
    assert_int_equal(fhi_terms_scan(segment, FH_STR(""), count_pair, &found), FH_OK);
    assert_int_equal(found, expected);
    return found;
}

/* Answers how many pairs there are in all segments. */
static uint32_t check_index(const char *directory)
{
    fhi_index *index;
    fh_err err = {0};
    uint32_t found = 0;
    if (fhi_index_open(fhi_vfs_posix(), directory, &index, &err) != FH_OK) fail_msg("%s", err.text);
    for (uint32_t i = 0; i < fhi_index_segment_count(index); i++)
        found += check_segment(fhi_index_segment(index, i), fhi_index_frequent(index));
    if (fhi_index_check(index, &err) != FH_OK) fail_msg("%s", err.text);
    fhi_index_release(index);
    return found;
}

static void pairs_stand_where_frequent_words_are_neighbours(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "pairs_stand_where_frequent_words_are_neighbours");
    for (int i = 0; i < rng_rounds(4); i++) {
        scratch folder, whole, parts, piped;
        char path[SCRATCH_PATH_BYTES];
        scratch_init(&folder);
        scratch_init(&whole);
        scratch_init(&parts);
        scratch_init(&piped);
        article_corpus_write(&random, scratch_path(&folder, "a.jsonl", path), 100 + (uint32_t)rng_below(&random, 500));
        article_corpus_add(whole.path, path, 0);
        article_corpus_add(parts.path, path, 20 + (uint32_t)rng_below(&random, 40));
        article_corpus_run(piped.path, path, 2, 0);
        article_corpus_run(piped.path, path, 1, 0); /* again, into the same index: its words stay */
        assert_true(check_index(whole.path) > 0);
        assert_true(check_index(parts.path) > 0);
        assert_true(check_index(piped.path) > 0);
        scratch_fini(&folder);
        scratch_fini(&whole);
        scratch_fini(&parts);
        scratch_fini(&piped);
    }
}

static void words_that_cannot_be_in_a_pair_are_refused(void **state)
{
    (void)state;
    static char long_word[FHI_FREQUENT_BYTES_MAX + 1];
    static fh_str many[FHI_FREQUENT_MAX + 1];
    fhi_frequent frequent;
    memset(long_word, 'a', sizeof long_word);
    const fh_str lists[][2] = {{FH_STR("le"), FH_STR("de")},
                               {FH_STR("de"), FH_STR("de")},
                               {FH_STR(""), FH_STR("de")},
                               {FH_STR("de"), FH_STR("de\0la")},
                               {{long_word, sizeof long_word}, FH_STR("de")}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        assert_int_equal(fhi_frequent_init(&frequent, lists[i], 2), FH_E_INVALID);
    assert_int_equal(fhi_frequent_init(&frequent, many, FHI_FREQUENT_MAX + 1), FH_E_INVALID);
    const fh_str words[] = {{long_word, FHI_FREQUENT_BYTES_MAX}, FH_STR("de")};
    assert_int_equal(fhi_frequent_init(&frequent, words, 2), FH_OK);
    fhi_frequent_fini(&frequent);
}

/* More words than fit 64 bits, so that rows and numbers go on over several. */
static void pairs_are_numbered_without_gaps(void **state)
{
    (void)state;
    enum { WORDS = 200 };
    static char names[WORDS][4];
    static fh_str words[WORDS];
    static bool joined[WORDS][WORDS], met[WORDS * WORDS];
    fhi_frequent frequent;
    rng random;
    uint32_t pair_count = 0;
    rng_init(&random, "pairs_are_numbered_without_gaps");
    for (int i = 0; i < WORDS; i++)
        words[i] = (fh_str){names[i], (size_t)snprintf(names[i], sizeof names[i], "%03d", i)};
    assert_int_equal(fhi_frequent_init(&frequent, words, WORDS), FH_OK);
    for (int i = 0; i < 3000; i++) {
        const uint32_t a = (uint32_t)rng_below(&random, WORDS), b = (uint32_t)rng_below(&random, WORDS);
        fhi_frequent_join(&frequent, a, b);
        joined[a][b] = joined[b][a] = true;
    }
    fhi_frequent_number(&frequent);
    for (uint32_t a = 0; a < WORDS; a++) {
        assert_int_equal(fhi_frequent_find(&frequent, words[a]), a);
        for (uint32_t b = 0; b < WORDS; b++) {
            const int32_t pair = fhi_frequent_pair(&frequent, a, b);
            assert_int_equal(pair != FHI_NO_PAIR, joined[a][b]);
            if (pair == FHI_NO_PAIR) continue;
            assert_true(pair >= 0 && (uint32_t)pair < frequent.pair_count && !met[pair]);
            met[pair] = true;
            pair_count++;
        }
    }
    assert_int_equal(pair_count, frequent.pair_count);
    assert_int_equal(fhi_frequent_find(&frequent, FH_STR("00")), FHI_FREQUENT_MAX);
    fhi_frequent_fini(&frequent);
}

/* Words meet where they are in one article, not where they are neighbours. */
static void words_that_meet_often_become_partners(void **state)
{
    (void)state;
    scratch folder;
    fhi_index *index;
    fh_err err = {0};
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, "words", 0);
    for (int i = 0; i < 400; i++) {
        char id[16], body[64];
        (void)snprintf(id, sizeof id, "%d", i);
        /* "a" in all, "b" in 200, "c" in 10 with "a" and "b", "d" in 7 with "a" only */
        (void)snprintf(body, sizeof body, "a x%d%s%s%s", i, i % 2 ? " b" : "", i % 40 == 1 ? " c" : "",
                       i % 40 == 2 && i > 90 ? " d" : "");
        fh_record record = {0};
        record.fields[FH_FIELD_ID] = fhi_str(id);
        record.fields[FH_FIELD_BODY] = fhi_str(body);
        if (fh_writer_add(writer, &record, &err) != FH_OK) fail_msg("%s", err.text);
    }
    article_commit(writer);
    fh_writer_close(writer);
    if (fhi_index_open(fhi_vfs_posix(), folder.path, &index, &err) != FH_OK) fail_msg("%s", err.text);
    const fhi_frequent *frequent = fhi_index_frequent(index);
    assert_int_equal(frequent->count, 3);
    assert_true(fhi_frequent_joined(frequent, 0, 1));
    assert_true(fhi_frequent_joined(frequent, 0, 2));
    assert_true(fhi_frequent_joined(frequent, 1, 2));
    assert_int_equal(fhi_frequent_find(frequent, FH_STR("d")), FHI_FREQUENT_MAX);
    fhi_index_release(index);
    scratch_fini(&folder);
}

/* So many words that always meet would be more partners than a manifest may tell: then only those that meet more often
 * are. */
static void no_more_words_become_partners_than_a_manifest_tells(void **state)
{
    (void)state;
    enum { WORDS = 300 };
    char body[8 * WORDS];
    scratch folder;
    fhi_index *index;
    fh_err err = {0};
    size_t len = 0;
    for (int i = 0; i < WORDS; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, " w%03d", i);
    scratch_init(&folder);
    fh_writer *writer = article_writer_open(folder.path, "words", 0);
    for (int i = 0; i < 40; i++) {
        char id[16], text[sizeof body + 16];
        (void)snprintf(id, sizeof id, "%d", i);
        (void)snprintf(text, sizeof text, "a b%s", i % 2 ? body : "");
        article_add(writer, id, "", text);
    }
    article_commit(writer);
    fh_writer_close(writer);
    if (fhi_index_open(fhi_vfs_posix(), folder.path, &index, &err) != FH_OK) fail_msg("%s", err.text);
    const fhi_frequent *frequent = fhi_index_frequent(index);
    const uint32_t a = fhi_frequent_find(frequent, FH_STR("a")), b = fhi_frequent_find(frequent, FH_STR("b"));
    assert_true(fhi_frequent_joined(frequent, a, b));
    assert_int_equal(frequent->pair_count, 4);
    fhi_index_release(index);
    assert_int_equal(check_index(folder.path), 1);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_stand_where_frequent_words_are_neighbours),
        cmocka_unit_test(words_that_cannot_be_in_a_pair_are_refused),
        cmocka_unit_test(pairs_are_numbered_without_gaps),
        cmocka_unit_test(words_that_meet_often_become_partners),
        cmocka_unit_test(no_more_words_become_partners_than_a_manifest_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
