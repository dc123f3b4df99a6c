/* test_xap.c - the wrapper of libxapian: every function, every status, who owns what. */
#include "engine/base/base.h"
#include "engine/xap/xap.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"
#include "tests/support/xap_fixture.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SLOT_DAY = 0, SLOT_NAME = 3 };

/* ---- stemmer, numbers ---------------------------------------------------------------------------------- */

static void assert_stem(const char *language, const char *word, const char *expected)
{
    fhi_xap_stemmer *stemmer = NULL;
    char stem[64];
    size_t len = 0;
    fh_err err;
    XAP_OK(fhi_xap_stemmer_create(fhi_str(language), &stemmer, &err));
    XAP_OK(fhi_xap_stemmer_stem(stemmer, fhi_str(word), stem, sizeof stem, &len, &err));
    fhi_xap_stemmer_destroy(stemmer);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(stem, expected, len);
}

static void stemmer_stems_french_and_arabic(void **state)
{
    (void)state;
    assert_stem("french", "continuellement", "continuel");
    assert_stem("fr", "commune", "commun");
    assert_stem("arabic", "\xd8\xa7\xd9\x84\xd9\x85\xd8\xba\xd8\xb1\xd8\xa8", "\xd9\x85\xd8\xba\xd8\xb1\xd8\xa8");
    assert_stem("none", "commune", "commune");
    assert_stem("french", "", "");
}

static void stemmer_of_unknown_language_is_refused(void **state)
{
    (void)state;
    fhi_xap_stemmer *stemmer = (fhi_xap_stemmer *)&stemmer;
    fh_err err;
    XAP_FAILS(fhi_xap_stemmer_create(FH_STR("klingon"), &stemmer, &err), FH_E_INVALID);
    assert_null(stemmer);
    XAP_FAILS(fhi_xap_stemmer_create(FH_STR(""), &stemmer, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_stemmer_create((fh_str){NULL, 3}, &stemmer, &err), FH_E_INVALID);
}

static void bytes_that_do_not_fit_tell_their_length_and_write_nothing(void **state)
{
    (void)state;
    fhi_xap_stemmer *stemmer = NULL;
    char stem[8] = "#######";
    size_t len = 0;
    fh_err err;
    XAP_OK(fhi_xap_stemmer_create(FH_STR("french"), &stemmer, &err));
    XAP_FAILS(fhi_xap_stemmer_stem(stemmer, FH_STR("commune"), stem, 5, &len, &err), FH_E_LIMIT);
    assert_int_equal(len, 6);
    assert_string_equal(stem, "#######");
    XAP_FAILS(fhi_xap_stemmer_stem(stemmer, FH_STR("commune"), NULL, 0, &len, &err), FH_E_LIMIT);
    assert_int_equal(len, 6);
    XAP_FAILS(fhi_xap_stemmer_stem(stemmer, FH_STR("commune"), NULL, 6, &len, &err), FH_E_INVALID);
    XAP_OK(fhi_xap_stemmer_stem(stemmer, FH_STR("commune"), stem, 6, &len, &err));
    assert_string_equal(stem, "commun#");
    XAP_OK(fhi_xap_stemmer_stem(stemmer, FH_STR(""), NULL, 0, &len, &err));
    assert_int_equal(len, 0);
    fhi_xap_stemmer_destroy(stemmer);
}

static void stemmer_lists_its_languages(void **state)
{
    (void)state;
    char list[1024];
    size_t len = 0;
    fh_err err;
    XAP_OK(fhi_xap_stemmer_languages(list, sizeof list - 1, &len, &err));
    list[len] = '\0';
    assert_non_null(strstr(list, "arabic "));
    assert_non_null(strstr(list, " french "));
    XAP_FAILS(fhi_xap_stemmer_languages(NULL, 0, &len, &err), FH_E_LIMIT);
    assert_int_equal(len, strlen(list));
}

static void numbers_keep_their_order_as_bytes(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, __func__);
    for (int i = 0; i < 2000; i++) {
        char bytes[2][FHI_XAP_NUMBER_BYTES_MAX];
        size_t len[2];
        double number[2], back[2];
        fh_err err;
        for (int j = 0; j < 2; j++) {
            number[j] = ldexp(rng_unit(&random) - 0.5, (int)rng_below(&random, 80) - 20);
            XAP_OK(fhi_xap_number_encode(number[j], bytes[j], sizeof bytes[j], &len[j], &err));
            XAP_OK(fhi_xap_number_decode((fh_str){bytes[j], len[j]}, &back[j], &err));
            assert_true(back[j] == number[j]);
        }
        const int order = fhi_str_compare((fh_str){bytes[0], len[0]}, (fh_str){bytes[1], len[1]});
        assert_int_equal((order > 0) - (order < 0), (number[0] > number[1]) - (number[0] < number[1]));
    }
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    char bytes[FHI_XAP_NUMBER_BYTES_MAX];
    size_t len = 0;
    double number = 1;
    fh_err err;
    XAP_FAILS(fhi_xap_number_encode(NAN, bytes, sizeof bytes, &len, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_number_encode(-INFINITY, bytes, sizeof bytes, &len, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_number_encode(20250731, bytes, 1, &len, &err), FH_E_LIMIT);
    XAP_FAILS(fhi_xap_number_decode(FH_STR(""), &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_number_decode(FH_STR("not a number at all"), &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_number_decode(FH_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), &number, &err), FH_E_INVALID);
    assert_true(number == 0);
}

/* ---- documents ----------------------------------------------------------------------------------------- */

static void document_gives_back_data_and_values(void **state)
{
    (void)state;
    fhi_xap_document *document = NULL;
    char bytes[64];
    size_t len = 0;
    double number = 0;
    fh_err err;
    XAP_OK(fhi_xap_document_create(&document, &err));
    XAP_OK(fhi_xap_document_set_data(document, FH_STR("a\0b\xff"), &err));
    XAP_OK(fhi_xap_document_data(document, bytes, sizeof bytes, &len, &err));
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "a\0b\xff", 4);
    XAP_OK(fhi_xap_document_set_value(document, SLOT_NAME, FH_STR("Rabat"), &err));
    XAP_OK(fhi_xap_document_value(document, SLOT_NAME, bytes, sizeof bytes, &len, &err));
    assert_memory_equal(bytes, "Rabat", 5);
    XAP_FAILS(fhi_xap_document_value(document, SLOT_NAME, bytes, 4, &len, &err), FH_E_LIMIT);
    XAP_FAILS(fhi_xap_document_number(document, SLOT_NAME, &number, &err), FH_E_INVALID);
    XAP_OK(fhi_xap_document_value(document, 77, bytes, sizeof bytes, &len, &err));
    assert_int_equal(len, 0);
    XAP_FAILS(fhi_xap_document_number(document, SLOT_DAY, &number, &err), FH_E_NOT_FOUND);
    XAP_OK(fhi_xap_document_set_number(document, SLOT_DAY, -12.5, &err));
    XAP_OK(fhi_xap_document_number(document, SLOT_DAY, &number, &err));
    assert_true(number == -12.5);
    XAP_FAILS(fhi_xap_document_set_number(document, SLOT_DAY, NAN, &err), FH_E_INVALID);
    fhi_xap_document_destroy(document);
}

static void terms_are_walked_in_byte_order_with_their_wdf(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_document *document = xap_document_of("b a b");
    fhi_xap_terms *terms = NULL;
    fhi_xap_term found;
    uint32_t docid = 0, length = 0;
    bool more = false;
    fh_err err;
    XAP_OK(fhi_xap_document_add_term(document, FH_STR("c"), 5, &err));
    XAP_OK(fhi_xap_document_add_term(document, FH_STR("d"), 0, &err));
    XAP_OK(fhi_xap_db_add(db, document, &docid, &err));
    fhi_xap_document_destroy(document);
    XAP_OK(fhi_xap_db_doc_length(db, docid, &length, &err));
    assert_int_equal(length, 8);
    XAP_OK(fhi_xap_db_document(db, docid, &document, &err));
    XAP_OK(fhi_xap_terms_create(document, &terms, &err));
    fhi_xap_document_destroy(document); /* the walk stands without it */
    const fhi_xap_term expected[] = {{FH_STR("a"), 1}, {FH_STR("b"), 2}, {FH_STR("c"), 5}, {FH_STR("d"), 0}};
    for (size_t i = 0; i < 4; i++) {
        XAP_OK(fhi_xap_terms_next(terms, &found, &more, &err));
        assert_true(more && fhi_str_equal(found.text, expected[i].text));
        assert_int_equal(found.wdf, expected[i].wdf);
    }
    for (int i = 0; i < 2; i++) {
        XAP_OK(fhi_xap_terms_next(terms, &found, &more, &err));
        assert_true(!more && found.text.len == 0);
    }
    fhi_xap_terms_destroy(terms);
    fhi_xap_db_destroy(db);
}

static void terms_empty_or_too_long_are_refused(void **state)
{
    (void)state;
    char word[FHI_XAP_TERM_BYTES_MAX + 1];
    memset(word, 'x', sizeof word);
    const fh_str longest = {word, FHI_XAP_TERM_BYTES_MAX}, too_long = {word, sizeof word};
    fhi_xap_document *document = xap_document_of("a");
    fhi_xap_query *query = NULL;
    fh_err err;
    XAP_OK(fhi_xap_document_add_term(document, longest, 1, &err));
    XAP_FAILS(fhi_xap_document_add_term(document, too_long, 1, &err), FH_E_LIMIT);
    XAP_FAILS(fhi_xap_document_add_posting(document, too_long, 1, 1, &err), FH_E_LIMIT);
    XAP_FAILS(fhi_xap_document_add_term(document, FH_STR(""), 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_term(FH_STR(""), 1, &query, &err), FH_E_INVALID); /* not "all documents" */
    XAP_FAILS(fhi_xap_query_term(too_long, 1, &query, &err), FH_E_LIMIT);
    fhi_xap_document_destroy(document);
}

/* ---- databases ----------------------------------------------------------------------------------------- */

static void documents_are_added_replaced_and_deleted(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    char text[XAP_TEXT_BYTES];
    fh_err err;
    assert_int_equal(xap_add_text(db, "one"), 1);
    assert_int_equal(xap_add_text(db, "two"), 2);
    fhi_xap_document *document = xap_document_of("three");
    XAP_OK(fhi_xap_db_replace(db, 1, document, &err));
    assert_string_equal(xap_stored_text(db, 1, text), "three");
    XAP_OK(fhi_xap_db_replace(db, 9, document, &err)); /* an id that was free */
    fhi_xap_document_destroy(document);
    assert_int_equal(xap_doc_count(db), 3);
    XAP_OK(fhi_xap_db_delete(db, 2, &err));
    XAP_FAILS(fhi_xap_db_delete(db, 2, &err), FH_E_NOT_FOUND);
    XAP_FAILS(fhi_xap_db_delete(db, 0, &err), FH_E_INVALID);
    uint32_t length = 1;
    XAP_FAILS(fhi_xap_db_doc_length(db, 2, &length, &err), FH_E_NOT_FOUND);
    assert_int_equal(length, 0);
    XAP_FAILS(fhi_xap_db_document(db, 2, &document, &err), FH_E_NOT_FOUND);
    assert_null(document);
    XAP_OK(fhi_xap_db_delete_by_term(db, FH_STR("three"), &err));
    XAP_OK(fhi_xap_db_delete_by_term(db, FH_STR("three"), &err)); /* none is left, which is fine */
    XAP_FAILS(fhi_xap_db_delete_by_term(db, FH_STR(""), &err), FH_E_INVALID);
    assert_int_equal(xap_doc_count(db), 0);
    fhi_xap_db_destroy(db);
}

static void documents_are_replaced_by_a_unique_term(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_document *document = xap_document_of("Qurl new");
    uint32_t docid = 0;
    char text[XAP_TEXT_BYTES];
    fh_err err;
    xap_add_text(db, "other");
    xap_add_text(db, "Qurl old");
    xap_add_text(db, "Qurl older");
    XAP_OK(fhi_xap_db_replace_by_term(db, FH_STR("Qurl"), document, &docid, &err));
    assert_int_equal(docid, 2);
    assert_int_equal(xap_doc_count(db), 2);
    assert_string_equal(xap_stored_text(db, 2, text), "Qurl new");
    XAP_OK(fhi_xap_db_replace_by_term(db, FH_STR("Qnone"), document, &docid, &err));
    assert_int_equal(docid, 4);
    XAP_FAILS(fhi_xap_db_replace_by_term(db, FH_STR(""), document, &docid, &err), FH_E_INVALID);
    assert_int_equal(docid, 0);
    fhi_xap_document_destroy(document);
    fhi_xap_db_destroy(db);
}

static void database_counts_documents_terms_and_lengths(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_stats stats;
    uint32_t count = 9;
    uint64_t total = 9;
    fh_err err;
    XAP_OK(fhi_xap_db_stats(db, &stats, &err));
    assert_true(stats.doc_count == 0 && stats.docid_max == 0 && stats.length_total == 0 && stats.length_average == 0);
    xap_add_text(db, "a a b");
    xap_add_text(db, "a c");
    XAP_OK(fhi_xap_db_stats(db, &stats, &err));
    assert_int_equal(stats.doc_count, 2);
    assert_int_equal(stats.docid_max, 2);
    assert_int_equal(stats.length_total, 5);
    assert_true(stats.length_average == 2.5);
    XAP_OK(fhi_xap_db_term_stats(db, FH_STR("a"), &count, &total, &err));
    assert_true(count == 2 && total == 3);
    XAP_OK(fhi_xap_db_term_stats(db, FH_STR("zz"), &count, &total, &err));
    assert_true(count == 0 && total == 0);
    XAP_FAILS(fhi_xap_db_term_stats(db, FH_STR(""), &count, &total, &err), FH_E_INVALID);
    fhi_xap_db_destroy(db);
}

static void opening_answers_for_what_is_there(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], below[SCRATCH_PATH_BYTES];
    fhi_xap_db *db = NULL, *second = NULL;
    fh_err err;
    scratch_init(&folder);
    const fh_str place = fhi_str(scratch_path(&folder, "db", path));
    XAP_FAILS(fhi_xap_db_open(place, &db, &err), FH_E_NOT_FOUND);
    assert_string_equal(err.file, path);
    XAP_FAILS(fhi_xap_db_open(fhi_str(folder.path), &db, &err), FH_E_NOT_FOUND); /* a folder, but no database */
    XAP_FAILS(fhi_xap_db_open_writable(place, FHI_XAP_OPEN, &db, &err), FH_E_NOT_FOUND);
    XAP_OK(fhi_xap_db_open_writable(place, FHI_XAP_CREATE, &db, &err));
    XAP_FAILS(fhi_xap_db_open_writable(place, FHI_XAP_OPEN, &second, &err), FH_E_BUSY);
    assert_null(second);
    xap_add_text(db, "kept");
    fhi_xap_db_destroy(db); /* commits, gives back the lock */
    XAP_FAILS(fhi_xap_db_open_writable(place, FHI_XAP_CREATE, &db, &err), FH_E_INVALID);
    db = xap_writable_db(path, FHI_XAP_OPEN_OR_CREATE);
    assert_int_equal(xap_doc_count(db), 1);
    fhi_xap_db_destroy(db);
    db = xap_writable_db(path, FHI_XAP_OVERWRITE);
    assert_int_equal(xap_doc_count(db), 0);
    fhi_xap_db_destroy(db);
    scratch_path(&folder, "absent/db", below);
    XAP_FAILS(fhi_xap_db_open_writable(fhi_str(below), FHI_XAP_CREATE, &db, &err), FH_E_IO);
    XAP_FAILS(fhi_xap_db_open_writable(place, (fhi_xap_mode)4, &db, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_open(FH_STR(""), &db, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_open(FH_STR("a\0b"), &db, &err), FH_E_INVALID);
    scratch_fini(&folder);
}

static void damaged_and_stub_databases_are_refused(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], file[SCRATCH_PATH_BYTES];
    fhi_xap_db *db = NULL;
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db_destroy(xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE));
    scratch_write_text(scratch_path(&folder, "db/iamglass", file), "x");
    XAP_FAILS(fhi_xap_db_open(fhi_str(path), &db, &err), FH_E_CORRUPT);
    assert_string_equal(err.file, path);
    scratch_write_text(scratch_path(&folder, "stub", file), "inmemory\n"); /* could as well name a program to run */
    XAP_FAILS(fhi_xap_db_open(fhi_str(file), &db, &err), FH_E_NOT_FOUND);
    scratch_fini(&folder);
}

static void reader_sees_a_commit_after_reopen(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], text[XAP_TEXT_BYTES];
    bool changed = true;
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db *writer = xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE);
    xap_add_text(writer, "one");
    XAP_OK(fhi_xap_db_commit(writer, &err));
    fhi_xap_db *reader = xap_reader_db(path);
    XAP_OK(fhi_xap_db_reopen(reader, &changed, &err));
    assert_false(changed);
    xap_add_text(writer, "two");
    XAP_OK(fhi_xap_db_reopen(reader, &changed, &err));
    assert_false(changed); /* not committed */
    XAP_OK(fhi_xap_db_commit(writer, &err));
    assert_int_equal(xap_doc_count(reader), 1);
    XAP_OK(fhi_xap_db_reopen(reader, &changed, &err));
    assert_true(changed);
    assert_int_equal(xap_doc_count(reader), 2);
    assert_string_equal(xap_stored_text(reader, 2, text), "two");
    XAP_OK(fhi_xap_db_reopen(writer, &changed, &err));
    assert_false(changed);
    fhi_xap_db_destroy(reader);
    fhi_xap_db_destroy(writer);
    scratch_fini(&folder);
}

static void reader_of_an_overwritten_snapshot_answers_modified(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_xap_document *document = NULL;
    bool changed = false;
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db *writer = xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE);
    for (int i = 0; i < 500; i++)
        xap_add_text(writer, "some words of a document to fill more than one block");
    XAP_OK(fhi_xap_db_commit(writer, &err));
    fhi_xap_db *reader = xap_reader_db(path);
    for (int round = 0; round < 4; round++) {
        for (uint32_t docid = 1; docid <= 500; docid++) {
            document = xap_document_of("other words of a document to fill more than one block");
            XAP_OK(fhi_xap_db_replace(writer, docid, document, &err));
            fhi_xap_document_destroy(document);
        }
        XAP_OK(fhi_xap_db_commit(writer, &err));
    }
    char text[XAP_TEXT_BYTES];
    size_t len = 0;
    XAP_OK(fhi_xap_db_document(reader, 250, &document, &err)); /* reads nothing yet */
    XAP_FAILS(fhi_xap_document_data(document, text, sizeof text, &len, &err), FH_E_MODIFIED);
    fhi_xap_document_destroy(document);
    XAP_OK(fhi_xap_db_reopen(reader, &changed, &err));
    assert_true(changed);
    xap_assert_matches(reader, xap_words(FHI_XAP_AND, "some other", 0), "");
    fhi_xap_db_destroy(reader);
    fhi_xap_db_destroy(writer);
    scratch_fini(&folder);
}

static void transactions_commit_or_cancel_whole(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db *db = xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE);
    XAP_FAILS(fhi_xap_db_transaction_commit(db, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_transaction_cancel(db, &err), FH_E_INVALID);
    XAP_OK(fhi_xap_db_transaction_begin(db, &err));
    XAP_FAILS(fhi_xap_db_transaction_begin(db, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_commit(db, &err), FH_E_INVALID);
    xap_add_text(db, "one");
    XAP_OK(fhi_xap_db_transaction_commit(db, &err));
    fhi_xap_db *reader = xap_reader_db(path);
    assert_int_equal(xap_doc_count(reader), 1);
    fhi_xap_db_destroy(reader);
    XAP_OK(fhi_xap_db_transaction_begin(db, &err));
    xap_add_text(db, "two");
    XAP_OK(fhi_xap_db_transaction_cancel(db, &err));
    assert_int_equal(xap_doc_count(db), 1);
    XAP_OK(fhi_xap_db_transaction_begin(db, &err));
    xap_add_text(db, "three");
    fhi_xap_db_destroy(db); /* cancels */
    reader = xap_reader_db(path);
    assert_int_equal(xap_doc_count(reader), 1);
    fhi_xap_db_destroy(reader);
    scratch_fini(&folder);
    db = xap_memory_db();
    XAP_FAILS(fhi_xap_db_transaction_begin(db, &err), FH_E_XAPIAN);
    fhi_xap_db_destroy(db);
}

static void readers_do_not_write(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_xap_document *document = xap_document_of("a");
    uint32_t docid = 1;
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db_destroy(xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE));
    fhi_xap_db *db = xap_reader_db(path);
    XAP_FAILS(fhi_xap_db_add(db, document, &docid, &err), FH_E_INVALID);
    assert_int_equal(docid, 0);
    XAP_FAILS(fhi_xap_db_replace(db, 1, document, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_replace_by_term(db, FH_STR("a"), document, &docid, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_delete(db, 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_delete_by_term(db, FH_STR("a"), &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_commit(db, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_transaction_begin(db, &err), FH_E_INVALID);
    fhi_xap_db_destroy(db);
    fhi_xap_document_destroy(document);
    scratch_fini(&folder);
}

static void closed_databases_answer_closed(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fhi_xap_document *document = NULL;
    fhi_xap_hits *hits = NULL;
    fhi_xap_stats stats;
    fh_err err;
    scratch_init(&folder);
    fhi_xap_db *on_disk = xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE);
    fhi_xap_db *const each[] = {on_disk, xap_memory_db()};
    for (int i = 0; i < 2; i++) {
        xap_add_text(each[i], "a");
        fhi_xap_query *query = xap_term("a");
        fhi_xap_enquire *enquire = xap_enquire_of(each[i], query);
        XAP_OK(fhi_xap_db_close(each[i], &err));
        XAP_OK(fhi_xap_db_close(each[i], &err));
        XAP_FAILS(fhi_xap_db_stats(each[i], &stats, &err), FH_E_CLOSED);
        XAP_FAILS(fhi_xap_db_document(each[i], 1, &document, &err), FH_E_CLOSED);
        fhi_xap_db_destroy(each[i]);
        XAP_FAILS(fhi_xap_enquire_run(enquire, 0, 1, 0, &hits, &err), FH_E_CLOSED); /* the enquiry outlives it */
        assert_null(hits);
        fhi_xap_enquire_destroy(enquire);
        fhi_xap_query_destroy(query);
    }
    fhi_xap_db *db = xap_reader_db(path);
    assert_int_equal(xap_doc_count(db), 1); /* close had committed */
    fhi_xap_db_destroy(db);
    scratch_fini(&folder);
}

/* ---- exceptions ---------------------------------------------------------------------------------------- */

/* What each class must become, without and with an errno of the system. Written out once more, not taken from
 * FHI_XAP_ERROR_LIST: the list is what is tested. */
static const struct {
    fhi_xap_test_kind kind;
    fh_status status, status_os;
    const char *name; /* must be found in the text */
} translations[] = {
    {FHI_XAP_THROW_AssertionError, FH_E_XAPIAN, FH_E_XAPIAN, "AssertionError"},
    {FHI_XAP_THROW_InvalidArgumentError, FH_E_INVALID, FH_E_INVALID, "InvalidArgumentError"},
    {FHI_XAP_THROW_InvalidOperationError, FH_E_INVALID, FH_E_INVALID, "InvalidOperationError"},
    {FHI_XAP_THROW_UnimplementedError, FH_E_XAPIAN, FH_E_XAPIAN, "UnimplementedError"},
    {FHI_XAP_THROW_DatabaseCorruptError, FH_E_CORRUPT, FH_E_CORRUPT, "DatabaseCorruptError"},
    {FHI_XAP_THROW_DatabaseCreateError, FH_E_INVALID, FH_E_IO, "DatabaseCreateError"},
    {FHI_XAP_THROW_DatabaseLockError, FH_E_BUSY, FH_E_BUSY, "DatabaseLockError"},
    {FHI_XAP_THROW_DatabaseModifiedError, FH_E_MODIFIED, FH_E_MODIFIED, "DatabaseModifiedError"},
    {FHI_XAP_THROW_DatabaseNotFoundError, FH_E_NOT_FOUND, FH_E_NOT_FOUND, "DatabaseNotFoundError"},
    {FHI_XAP_THROW_DatabaseVersionError, FH_E_XAPIAN, FH_E_XAPIAN, "DatabaseVersionError"},
    {FHI_XAP_THROW_DatabaseOpeningError, FH_E_XAPIAN, FH_E_IO, "DatabaseOpeningError"},
    {FHI_XAP_THROW_DatabaseClosedError, FH_E_CLOSED, FH_E_CLOSED, "DatabaseClosedError"},
    {FHI_XAP_THROW_DatabaseError, FH_E_XAPIAN, FH_E_IO, "DatabaseError"},
    {FHI_XAP_THROW_DocNotFoundError, FH_E_NOT_FOUND, FH_E_NOT_FOUND, "DocNotFoundError"},
    {FHI_XAP_THROW_FeatureUnavailableError, FH_E_XAPIAN, FH_E_XAPIAN, "FeatureUnavailableError"},
    {FHI_XAP_THROW_InternalError, FH_E_XAPIAN, FH_E_XAPIAN, "InternalError"},
    {FHI_XAP_THROW_NetworkTimeoutError, FH_E_DEADLINE, FH_E_DEADLINE, "NetworkTimeoutError"},
    {FHI_XAP_THROW_NetworkError, FH_E_NETWORK, FH_E_NETWORK, "NetworkError"},
    {FHI_XAP_THROW_QueryParserError, FH_E_SYNTAX, FH_E_SYNTAX, "QueryParserError"},
    {FHI_XAP_THROW_SerialisationError, FH_E_CORRUPT, FH_E_CORRUPT, "SerialisationError"},
    {FHI_XAP_THROW_WildcardError, FH_E_LIMIT, FH_E_LIMIT, "WildcardError"},
    {FHI_XAP_THROW_RangeError, FH_E_LIMIT, FH_E_LIMIT, "RangeError"},
    {FHI_XAP_THROW_UNKNOWN_XAPIAN, FH_E_XAPIAN, FH_E_XAPIAN, "UnknownError"},
    {FHI_XAP_THROW_BAD_ALLOC, FH_E_NOMEM, FH_E_NOMEM, "memory"},
    {FHI_XAP_THROW_LENGTH_ERROR, FH_E_LIMIT, FH_E_LIMIT, "limit"},
    {FHI_XAP_THROW_STD_EXCEPTION, FH_E_INTERNAL, FH_E_INTERNAL, "thrown by a test"},
    {FHI_XAP_THROW_INT, FH_E_INTERNAL, FH_E_INTERNAL, "no known class"},
    {FHI_XAP_THROW_OK, FH_E_INTERNAL, FH_E_INTERNAL, "thrown by a test"},
};

static void each_exception_becomes_its_status(void **state)
{
    (void)state;
    fh_err err;
    assert_int_equal(sizeof translations / sizeof translations[0], FHI_XAP_THROW_NOTHING); /* none is forgotten */
    for (size_t i = 0; i < sizeof translations / sizeof translations[0]; i++) {
        memset(&err, 0x55, sizeof err);
        XAP_FAILS(fhi_xap_test_throw(translations[i].kind, 0, &err), translations[i].status);
        assert_non_null(strstr(err.text, translations[i].name));
        assert_true(err.file[0] == '\0' && err.offset == 0);
        XAP_FAILS(fhi_xap_test_throw(translations[i].kind, ENOSPC, &err), translations[i].status_os);
        assert_int_equal(fhi_xap_test_throw(translations[i].kind, 0, NULL), translations[i].status);
    }
    XAP_OK(fhi_xap_test_throw(FHI_XAP_THROW_NOTHING, 0, &err));
    XAP_FAILS(fhi_xap_test_throw(FHI_XAP_THROW_COUNT, 0, &err), FH_E_INVALID);
}

static void reason_of_the_system_is_told(void **state)
{
    (void)state;
    fh_err err;
    XAP_FAILS(fhi_xap_test_throw(FHI_XAP_THROW_DatabaseError, ENOSPC, &err), FH_E_IO);
    assert_string_equal(err.text, "DatabaseError: thrown by a test: No space left on device");
}

/* ---- NULL ---------------------------------------------------------------------------------------------- */

static void destroying_nothing_is_fine(void **state)
{
    (void)state;
    fhi_xap_stemmer_destroy(NULL);
    fhi_xap_document_destroy(NULL);
    fhi_xap_terms_destroy(NULL);
    fhi_xap_db_destroy(NULL);
    fhi_xap_query_destroy(NULL);
    fhi_xap_enquire_destroy(NULL);
    fhi_xap_hits_destroy(NULL);
}

static void null_documents_and_stemmers_are_refused(void **state)
{
    (void)state;
    char buffer[8];
    size_t len;
    double number;
    bool more;
    fhi_xap_terms *terms;
    fhi_xap_term found;
    fh_err err;
    const fh_str a = FH_STR("a");
    XAP_FAILS(fhi_xap_stemmer_stem(NULL, a, buffer, 8, &len, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_add_term(NULL, a, 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_add_posting(NULL, a, 1, 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_set_value(NULL, 0, a, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_set_number(NULL, 0, 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_set_data(NULL, a, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_value(NULL, 0, buffer, 8, &len, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_number(NULL, 0, &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_document_data(NULL, buffer, 8, &len, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_terms_create(NULL, &terms, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_terms_next(NULL, &found, &more, &err), FH_E_INVALID);
    assert_int_equal(fhi_xap_terms_next(NULL, &found, &more, NULL), FH_E_INVALID); /* nor is err needed */
}

static void null_databases_are_refused(void **state)
{
    (void)state;
    uint32_t number;
    uint64_t total;
    bool changed;
    fhi_xap_stats stats;
    fhi_xap_document *stored;
    fhi_xap_enquire *enquire;
    fh_err err;
    fhi_xap_document *document = xap_document_of("a");
    const fh_str a = FH_STR("a");
    XAP_FAILS(fhi_xap_db_close(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_reopen(NULL, &changed, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_add(NULL, document, &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_replace(NULL, 1, document, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_replace_by_term(NULL, a, document, &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_delete(NULL, 1, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_delete_by_term(NULL, a, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_commit(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_transaction_begin(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_transaction_commit(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_transaction_cancel(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_stats(NULL, &stats, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_term_stats(NULL, a, &number, &total, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_doc_length(NULL, 1, &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_document(NULL, 1, &stored, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_create(NULL, &enquire, &err), FH_E_INVALID);
    fhi_xap_document_destroy(document);
    fhi_xap_db *db = xap_memory_db();
    XAP_FAILS(fhi_xap_db_add(db, NULL, &number, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_replace(db, 1, NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_db_replace_by_term(db, a, NULL, &number, &err), FH_E_INVALID);
    fhi_xap_db_destroy(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stemmer_stems_french_and_arabic),
        cmocka_unit_test(stemmer_of_unknown_language_is_refused),
        cmocka_unit_test(bytes_that_do_not_fit_tell_their_length_and_write_nothing),
        cmocka_unit_test(stemmer_lists_its_languages),
        cmocka_unit_test(numbers_keep_their_order_as_bytes),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(document_gives_back_data_and_values),
        cmocka_unit_test(terms_are_walked_in_byte_order_with_their_wdf),
        cmocka_unit_test(terms_empty_or_too_long_are_refused),
        cmocka_unit_test(documents_are_added_replaced_and_deleted),
        cmocka_unit_test(documents_are_replaced_by_a_unique_term),
        cmocka_unit_test(database_counts_documents_terms_and_lengths),
        cmocka_unit_test(opening_answers_for_what_is_there),
        cmocka_unit_test(damaged_and_stub_databases_are_refused),
        cmocka_unit_test(reader_sees_a_commit_after_reopen),
        cmocka_unit_test(reader_of_an_overwritten_snapshot_answers_modified),
        cmocka_unit_test(transactions_commit_or_cancel_whole),
        cmocka_unit_test(readers_do_not_write),
        cmocka_unit_test(closed_databases_answer_closed),
        cmocka_unit_test(each_exception_becomes_its_status),
        cmocka_unit_test(reason_of_the_system_is_told),
        cmocka_unit_test(destroying_nothing_is_fine),
        cmocka_unit_test(null_documents_and_stemmers_are_refused),
        cmocka_unit_test(null_databases_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
