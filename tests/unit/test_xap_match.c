/* test_xap_match.c - queries, orders and weights of the wrapper of libxapian. */
#include "engine/base/base.h"
#include "engine/xap/xap.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"
#include "tests/support/xap_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SLOT_DAY = 0 };

/* 1 to 4; the words of a sentence stand at positions 1, 2, ... */
static fhi_xap_db *press_db(void)
{
    fhi_xap_db *db = xap_memory_db();
    xap_add_text(db, "le conseil de la ville de rabat");
    xap_add_text(db, "la ville du conseil");
    xap_add_text(db, "conseil municipal");
    xap_add_text(db, "rabat");
    return db;
}

/* ---- what matches -------------------------------------------------------------------------------------- */

static void operators_match_as_boolean_logic_says(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    xap_assert_matches(db, xap_term("conseil"), "1 2 3");
    xap_assert_matches(db, xap_term("absent"), "");
    xap_assert_matches(db, xap_words(FHI_XAP_AND, "conseil ville", 0), "1 2");
    xap_assert_matches(db, xap_words(FHI_XAP_OR, "municipal rabat absent", 0), "1 3 4");
    xap_assert_matches(db, xap_words(FHI_XAP_AND_NOT, "conseil rabat", 0), "2 3");
    xap_assert_matches(db, xap_words(FHI_XAP_AND_NOT, "conseil rabat municipal", 0), "2");
    xap_assert_matches(db, xap_words(FHI_XAP_AND_MAYBE, "rabat conseil", 0), "1 4");
    xap_assert_matches(db, xap_words(FHI_XAP_FILTER, "rabat conseil", 0), "1");
    xap_assert_matches(db, xap_words(FHI_XAP_OR, "rabat", 0), "1 4"); /* one operand */
    fhi_xap_query *nested = xap_both(FHI_XAP_AND_NOT, xap_words(FHI_XAP_OR, "municipal rabat", 0), xap_term("ville"));
    xap_assert_matches(db, nested, "3 4");
    fhi_xap_db_destroy(db);
}

static void all_and_nothing_match_so(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_query *all = NULL, *nothing = NULL;
    fh_err err;
    XAP_OK(fhi_xap_query_all(&all, &err));
    XAP_OK(fhi_xap_query_nothing(&nothing, &err));
    xap_assert_matches(db, xap_both(FHI_XAP_OR, nothing, xap_term("rabat")), "1 4");
    xap_assert_matches(db, xap_both(FHI_XAP_AND_NOT, all, xap_term("rabat")), "2 3");
    XAP_OK(fhi_xap_query_all(&all, &err));
    XAP_OK(fhi_xap_query_nothing(&nothing, &err));
    xap_assert_matches(db, xap_both(FHI_XAP_AND, nothing, all), "");
    XAP_OK(fhi_xap_query_all(&all, &err));
    xap_assert_matches(db, all, "1 2 3 4");
    fhi_xap_db_destroy(db);
}

static void phrase_wants_order_inside_its_window(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "la ville", 0), "1 2");
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "ville la", 0), "");
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "conseil ville", 0), "");
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "conseil ville", 3), ""); /* positions 2 and 5: four of them */
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "conseil ville", 4), "1");
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "de rabat", 2), "1"); /* the second `de` */
    xap_assert_matches(db, xap_words(FHI_XAP_PHRASE, "conseil de la ville", 0), "1");
    fhi_xap_db_destroy(db);
}

static void near_takes_any_order_inside_its_window(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    xap_assert_matches(db, xap_words(FHI_XAP_NEAR, "ville la", 0), "1 2");
    xap_assert_matches(db, xap_words(FHI_XAP_NEAR, "conseil ville", 2), "");
    xap_assert_matches(db, xap_words(FHI_XAP_NEAR, "conseil ville", 3), "2");
    xap_assert_matches(db, xap_words(FHI_XAP_NEAR, "conseil ville", 4), "1 2");
    fhi_xap_db_destroy(db);
}

static void phrase_takes_alternatives_but_no_conjunction(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fh_err err;
    fhi_xap_query *query = xap_both(FHI_XAP_PHRASE, xap_words(FHI_XAP_OR, "la conseil", 0), xap_term("municipal"));
    xap_assert_matches(db, query, "3");
    fhi_xap_query *conjunction = xap_words(FHI_XAP_AND, "la conseil", 0), *term = xap_term("ville");
    const fhi_xap_query *const parts[] = {conjunction, term};
    XAP_FAILS(fhi_xap_query_combine(FHI_XAP_PHRASE, parts, 2, 0, &query, &err), FH_E_XAPIAN);
    assert_null(query);
    fhi_xap_query_destroy(conjunction);
    fhi_xap_query_destroy(term);
    fhi_xap_db_destroy(db);
}

static void add_day(fhi_xap_db *db, const char *text, double day)
{
    fhi_xap_document *document = xap_document_of(text);
    uint32_t docid = 0;
    fh_err err;
    if (day != 0) XAP_OK(fhi_xap_document_set_number(document, SLOT_DAY, day, &err));
    XAP_OK(fhi_xap_db_add(db, document, &docid, &err));
    fhi_xap_document_destroy(document);
}

static fhi_xap_db *dated_db(void)
{
    fhi_xap_db *db = xap_memory_db();
    add_day(db, "a", 20250715);
    add_day(db, "a", 20250801);
    add_day(db, "a", 0); /* no date */
    add_day(db, "a", 20241231);
    add_day(db, "a", 20250801);
    return db;
}

typedef struct number_key {
    char bytes[FHI_XAP_NUMBER_BYTES_MAX];
    size_t len;
} number_key;

static fh_str key_of(double number, number_key *key)
{
    fh_err err;
    XAP_OK(fhi_xap_number_encode(number, key->bytes, sizeof key->bytes, &key->len, &err));
    return (fh_str){key->bytes, key->len};
}

static void value_ranges_include_both_ends(void **state)
{
    (void)state;
    fhi_xap_db *db = dated_db();
    fhi_xap_query *query = NULL;
    number_key low, high;
    fh_err err;
    XAP_OK(fhi_xap_query_value_range(SLOT_DAY, key_of(20241231, &low), key_of(20250715, &high), &query, &err));
    xap_assert_matches(db, query, "1 4");
    XAP_OK(fhi_xap_query_value_range(SLOT_DAY, key_of(20250716, &low), key_of(20250715, &high), &query, &err));
    xap_assert_matches(db, query, "");
    XAP_OK(fhi_xap_query_value_ge(SLOT_DAY, key_of(20250715, &low), &query, &err));
    xap_assert_matches(db, query, "1 2 5");
    XAP_OK(fhi_xap_query_value_le(SLOT_DAY, key_of(20250715, &high), &query, &err));
    xap_assert_matches(db, query, "1 4"); /* not 3, which has no value */
    XAP_OK(fhi_xap_query_value_ge(7, key_of(0, &low), &query, &err));
    xap_assert_matches(db, query, "");
    XAP_FAILS(fhi_xap_query_value_ge(SLOT_DAY, FH_STR(""), &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_value_le(SLOT_DAY, FH_STR(""), &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_value_range(SLOT_DAY, FH_STR(""), FH_STR("a"), &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_value_range(SLOT_DAY, FH_STR("a"), FH_STR(""), &query, &err), FH_E_INVALID);
    assert_null(query);
    fhi_xap_db_destroy(db);
}

static void queries_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const fh_str terms[] = {FH_STR("a"), FH_STR("b"), FH_STR("")};
    fhi_xap_query *a = xap_term("a"), *query = NULL;
    const fhi_xap_query *const parts[] = {a, NULL};
    fh_err err;
    XAP_FAILS(fhi_xap_query_combine(FHI_XAP_AND, parts, 0, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine(FHI_XAP_AND, NULL, 1, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine(FHI_XAP_AND, parts, 2, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine((fhi_xap_op)7, parts, 1, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine_terms(FHI_XAP_AND, NULL, 1, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine_terms(FHI_XAP_AND, terms, 0, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine_terms(FHI_XAP_AND, terms, 3, 0, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_combine_terms(FHI_XAP_AND, terms, 2, 2, &query, &err), FH_E_INVALID); /* has no window */
    XAP_FAILS(fhi_xap_query_combine_terms(FHI_XAP_PHRASE, terms, 2, 1, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_scale(NULL, 1, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_scale(a, -1, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_scale(a, INFINITY, &query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_query_scale(a, NAN, &query, &err), FH_E_INVALID);
    assert_null(query);
    fhi_xap_query_destroy(a);
}

static void queries_nest_to_a_limit(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_query *query = xap_term("rabat");
    fh_err err;
    for (int depth = 1; depth <= FHI_XAP_QUERY_DEPTH_MAX; depth++)
        query = xap_both(depth % 2 ? FHI_XAP_OR : FHI_XAP_AND, query, xap_term(depth % 2 ? "absent" : "rabat"));
    char found[XAP_TEXT_BYTES];
    assert_string_equal(xap_ranked(xap_enquire_of(db, query), found), "4 1");
    const fhi_xap_query *const parts[] = {query};
    fhi_xap_query *deeper = NULL;
    XAP_FAILS(fhi_xap_query_combine(FHI_XAP_OR, parts, 1, 0, &deeper, &err), FH_E_LIMIT);
    XAP_FAILS(fhi_xap_query_scale(query, 2, &deeper, &err), FH_E_LIMIT);
    assert_null(deeper);
    fhi_xap_query_destroy(query);
    fhi_xap_db_destroy(db);
}

/* ---- hits ---------------------------------------------------------------------------------------------- */

static void hits_are_a_page_of_the_ranking(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_query *query = xap_term("x");
    fhi_xap_hit page[4], past;
    fhi_xap_hits *hits = NULL;
    fhi_xap_totals totals;
    fh_err err;
    const char *const texts[] = {"x y y y y", "x y y y", "x y y", "x y", "x", "z"};
    for (size_t i = 0; i < 6; i++)
        xap_add_text(db, texts[i]);
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    assert_int_equal(xap_run(enquire, 1, 3, page), 3);
    assert_true(page[0].docid == 4 && page[1].docid == 3 && page[2].docid == 2);
    assert_true(page[0].weight > page[1].weight && page[1].weight > page[2].weight && page[2].weight > 0);
    assert_int_equal(xap_run(enquire, 4, 4, page), 1);
    assert_int_equal(xap_run(enquire, 5, 4, page), 0);
    XAP_OK(fhi_xap_enquire_run(enquire, 0, 2, 6, &hits, &err));
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
    fhi_xap_db_destroy(db); /* hits stand alone */
    XAP_OK(fhi_xap_hits_totals(hits, &totals, &err));
    assert_true(totals.hit_count == 2 && totals.exact && totals.match_count_min == 5 && totals.match_count_max == 5);
    assert_int_equal(totals.match_count_estimate, 5);
    XAP_OK(fhi_xap_hits_get(hits, 0, &page[0], &err));
    assert_true(page[0].docid == 5 && page[0].weight == totals.weight_max);
    XAP_FAILS(fhi_xap_hits_get(hits, 2, &past, &err), FH_E_NOT_FOUND);
    assert_int_equal(past.docid, 0);
    fhi_xap_hits_destroy(hits);
}

static void counts_are_exact_where_asked(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_hits *hits = NULL;
    fhi_xap_totals totals;
    uint32_t count = 0;
    fh_err err;
    for (int i = 0; i < 300; i++)
        xap_add_text(db, i % 3 == 0 ? "a b" : i % 3 == 1 ? "a" : "b c c c");
    fhi_xap_query *query = xap_words(FHI_XAP_AND, "a b", 0);
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    XAP_OK(fhi_xap_enquire_count(enquire, &count, &err));
    assert_int_equal(count, 100);
    XAP_OK(fhi_xap_enquire_run(enquire, 0, 1, 0, &hits, &err));
    XAP_OK(fhi_xap_hits_totals(hits, &totals, &err));
    assert_true(totals.match_count_min <= 100 && totals.match_count_max >= 100);
    assert_true(totals.exact == (totals.match_count_min == totals.match_count_max));
    fhi_xap_hits_destroy(hits);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
    fhi_xap_db_destroy(db);
}

static void enquiry_without_query_matches_nothing(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_enquire *enquire = NULL;
    char found[XAP_TEXT_BYTES];
    uint32_t count = 1;
    fh_err err;
    XAP_OK(fhi_xap_enquire_create(db, &enquire, &err));
    XAP_OK(fhi_xap_enquire_count(enquire, &count, &err));
    assert_int_equal(count, 0);
    assert_string_equal(xap_ranked(enquire, found), "");
    fhi_xap_db_destroy(db);
}

static void hits_are_ordered_by_weight_or_by_value(void **state)
{
    (void)state;
    fhi_xap_db *db = dated_db();
    fhi_xap_query *query = xap_term("a");
    char found[XAP_TEXT_BYTES];
    fhi_xap_hit hits[8];
    fh_err err;
    for (int descending = 0; descending < 2; descending++) {
        fhi_xap_enquire *enquire = xap_enquire_of(db, query);
        XAP_OK(fhi_xap_enquire_sort_by_value(enquire, SLOT_DAY, descending, &err));
        assert_int_equal(xap_run(enquire, 0, 8, hits), 5);
        assert_true(hits[0].weight > 0);
        assert_string_equal(xap_ranked(enquire, found), descending ? "2 5 1 4 3" : "3 4 1 2 5");
    }
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    XAP_OK(fhi_xap_enquire_sort_by_value(enquire, SLOT_DAY, true, &err));
    XAP_OK(fhi_xap_enquire_sort_by_weight(enquire, &err));
    assert_string_equal(xap_ranked(enquire, found), "1 2 3 4 5"); /* all weigh the same */
    fhi_xap_query_destroy(query);
    fhi_xap_db_destroy(db);
}

/* ---- weights ------------------------------------------------------------------------------------------- */

static double bm25_weight(fhi_xap_db *db, uint32_t docid, fhi_xap_bm25 bm25)
{
    fhi_xap_query *query = xap_term("x");
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    fhi_xap_hit hits[8];
    fh_err err;
    XAP_OK(fhi_xap_enquire_set_bm25(enquire, &bm25, &err));
    const uint32_t count = xap_run(enquire, 0, 8, hits);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
    for (uint32_t i = 0; i < count; i++)
        if (hits[i].docid == docid) return hits[i].weight;
    return -1;
}

static void bm25_obeys_its_parameters(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    xap_add_text(db, "x x x y y y"); /* longer, with more x */
    xap_add_text(db, "x y");
    xap_add_text(db, "x");
    xap_add_text(db, "z z z z z");
    const fhi_xap_bm25 plain = {1, 0, 1, 0.5, 0.5};
    fhi_xap_bm25 flat = plain, deaf = plain, unlimited = plain;
    flat.b = 0;
    deaf.k1 = 0;
    unlimited.min_normlen = 0;
    assert_true(bm25_weight(db, 1, plain) > bm25_weight(db, 2, plain));
    assert_true(bm25_weight(db, 3, unlimited) > bm25_weight(db, 3, plain));
    assert_true(bm25_weight(db, 2, flat) == bm25_weight(db, 3, flat));
    assert_true(bm25_weight(db, 2, unlimited) < bm25_weight(db, 3, unlimited));
    assert_true(bm25_weight(db, 1, deaf) == bm25_weight(db, 3, deaf));
    /* tf*(k1+1)/(tf + k1) is 1 for tf 1 and 6/4 for tf 3, k1 being 1. */
    xap_assert_near(bm25_weight(db, 1, flat), bm25_weight(db, 3, flat) * 1.5, 1e-12);
    fhi_xap_db_destroy(db);
}

static void bm25_out_of_range_is_refused(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_enquire *enquire = NULL;
    fh_err err;
    const fhi_xap_bm25 wrong[] = {{-1, 0, 1, 0.5, 0.5}, {1, -1, 1, 0.5, 0.5}, {1, 0, -1, 0.5, 0.5}, {1, 0, 1, 1.5, 0.5},
                                  {1, 0, 1, -0.5, 0.5}, {1, 0, 1, 0.5, -1},   {NAN, 0, 1, 0.5, 0.5}};
    XAP_OK(fhi_xap_enquire_create(db, &enquire, &err));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        XAP_FAILS(fhi_xap_enquire_set_bm25(enquire, &wrong[i], &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_set_bm25(enquire, NULL, &err), FH_E_INVALID);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_db_destroy(db);
}

/* Lengths in steps of four, to see that the table is used and not the length itself. */
static uint8_t norm_of_length(uint32_t length)
{
    return length / 4 > 255 ? 255 : (uint8_t)(length / 4);
}

static void length_table(float lengths[256])
{
    for (int norm = 0; norm < 256; norm++)
        lengths[norm] = (float)(norm * 4 + 1);
}

static double by_hand(double tf, double len, double average, double doc_total, double df, double k1, double b)
{
    const double idf = log(1 + (doc_total - df + 0.5) / (df + 0.5));
    return idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / average));
}

static void norm_bm25_is_the_formula(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    float lengths[256];
    length_table(lengths);
    const fhi_xap_norm_bm25 bm25 = {0.9, 0.75, 1, 3.25, lengths, norm_of_length};
    fhi_xap_norm_bm25 halves = bm25;
    halves.tf_of_wdf = 0.5;
    xap_add_text(db, "x");
    xap_add_text(db, "y");
    xap_add_text(db, "x x x y y z z z z"); /* length 9: norm 2, which stands for 9 */
    /* idf = ln(1 + (3-2+.5)/(2+.5)) = ln 1.6; weight = ln 1.6 * 3*1.9/(3 + 0.9*(0.25 + 0.75*9/3.25)) */
    xap_assert_near(xap_weight_in(db, xap_term("x"), 3, &bm25), 0.5258931, 1e-6);
    xap_assert_near(xap_weight_in(db, xap_term("x"), 3, &bm25), by_hand(3, 9, 3.25, 3, 2, 0.9, 0.75), 1e-9);
    xap_assert_near(xap_weight_in(db, xap_term("x"), 1, &bm25), by_hand(1, 1, 3.25, 3, 2, 0.9, 0.75), 1e-9);
    xap_assert_near(xap_weight_in(db, xap_term("x"), 3, &halves), by_hand(1.5, 9, 3.25, 3, 2, 0.9, 0.75), 1e-9);
    const double x = by_hand(3, 9, 3.25, 3, 2, 0.9, 0.75), z = by_hand(4, 9, 3.25, 3, 1, 0.9, 0.75);
    xap_assert_near(xap_weight_in(db, xap_words(FHI_XAP_AND, "x z", 0), 3, &bm25), x + z, 1e-9);
    xap_assert_near(xap_weight_in(db, xap_words(FHI_XAP_AND_MAYBE, "x z", 0), 3, &bm25), x + z, 1e-9);
    xap_assert_near(xap_weight_in(db, xap_words(FHI_XAP_FILTER, "x z", 0), 3, &bm25), x, 1e-9);
    xap_assert_near(xap_weight_in(db, xap_words(FHI_XAP_PHRASE, "y z", 0), 3, &bm25),
                    z + by_hand(2, 9, 3.25, 3, 2, 0.9, 0.75), 1e-9);
    fhi_xap_query *query = NULL;
    fh_err err;
    XAP_OK(fhi_xap_query_term(FH_STR("x"), 2, &query, &err));
    xap_assert_near(xap_weight_in(db, query, 3, &bm25), 2 * x, 1e-9);
    fhi_xap_db_destroy(db);
}

static void scaling_multiplies_the_weight(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_query *query = xap_words(FHI_XAP_OR, "rabat conseil", 0), *scaled = NULL;
    fh_err err;
    XAP_OK(fhi_xap_query_scale(query, 0.4, &scaled, &err));
    const double plain = xap_weight_in(db, query, 1, NULL);
    assert_true(plain > 0);
    xap_assert_near(xap_weight_in(db, scaled, 1, NULL), 0.4 * plain, 1e-9);
    fhi_xap_db_destroy(db);
}

static void terms_without_wdf_weigh_nothing(void **state)
{
    (void)state;
    fhi_xap_db *db = xap_memory_db();
    fhi_xap_document *document = xap_document_of("x");
    float lengths[256] = {0}; /* all lengths 0: nothing is divided by it */
    const fhi_xap_norm_bm25 bm25 = {0.9, 1, 1, 1, lengths, norm_of_length};
    uint32_t docid = 0;
    fh_err err;
    XAP_OK(fhi_xap_document_add_term(document, FH_STR("Lfr"), 0, &err));
    XAP_OK(fhi_xap_db_add(db, document, &docid, &err));
    fhi_xap_document_destroy(document);
    assert_true(xap_weight_in(db, xap_term("Lfr"), docid, &bm25) == 0);
    xap_assert_near(xap_weight_in(db, xap_words(FHI_XAP_AND, "x Lfr", 0), docid, &bm25), log(1 + 0.5 / 1.5) * 1.9,
                    1e-9);
    fhi_xap_db_destroy(db);
}

static void norm_bm25_out_of_range_is_refused(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_enquire *enquire = NULL;
    float lengths[256], falling[256], endless[256];
    fh_err err;
    length_table(lengths);
    memcpy(falling, lengths, sizeof falling);
    memcpy(endless, lengths, sizeof endless);
    falling[200] = falling[199] - 1;
    endless[255] = INFINITY;
    const fhi_xap_norm_bm25 wrong[] = {
        {-1, 0.75, 1, 5, lengths, norm_of_length},  {0.9, 1.1, 1, 5, lengths, norm_of_length},
        {0.9, NAN, 1, 5, lengths, norm_of_length},  {0.9, 0.75, 0, 5, lengths, norm_of_length},
        {0.9, 0.75, 1, 0, lengths, norm_of_length}, {0.9, 0.75, 1, INFINITY, lengths, norm_of_length},
        {0.9, 0.75, 1, 5, NULL, norm_of_length},    {0.9, 0.75, 1, 5, lengths, NULL},
        {0.9, 0.75, 1, 5, falling, norm_of_length}, {0.9, 0.75, 1, 5, endless, norm_of_length},
    };
    XAP_OK(fhi_xap_enquire_create(db, &enquire, &err));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        XAP_FAILS(fhi_xap_enquire_set_norm_bm25(enquire, &wrong[i], &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_set_norm_bm25(enquire, NULL, &err), FH_E_INVALID);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_db_destroy(db);
}

/* ---- the formula against an exhaustive computation ----------------------------------------------------- */

enum { DOCS = 3000, WORDS = 8, TOP = 10, QUERIES = 60 };

typedef struct corpus {
    uint32_t tf[DOCS][WORDS]; /* 0 where the document lacks the word */
    uint32_t length[DOCS];
    uint32_t df[WORDS];
    double average;
} corpus;

/* One document: words "a" to "h", rarer and rarer, or all of them once, and filler that makes lengths differ. */
static void add_random(corpus *made, size_t doc, bool all, fhi_xap_db *db, rng *random)
{
    fhi_xap_document *document = NULL;
    uint32_t docid = 0;
    fh_err err;
    XAP_OK(fhi_xap_document_create(&document, &err));
    for (size_t word = 0; word < WORDS; word++) {
        const char name = (char)('a' + (int)word);
        if (!all && rng_below(random, word + 2) != 0) continue;
        made->tf[doc][word] = all ? 1 : 1 + (uint32_t)rng_skewed(random, 4);
        made->length[doc] += made->tf[doc][word];
        made->df[word]++;
        XAP_OK(fhi_xap_document_add_term(document, (fh_str){&name, 1}, made->tf[doc][word], &err));
    }
    const uint32_t filler = all ? 10000 : 1 + (uint32_t)rng_skewed(random, 9);
    made->length[doc] += filler;
    XAP_OK(fhi_xap_document_add_term(document, FH_STR("filler"), filler, &err));
    XAP_OK(fhi_xap_db_add(db, document, &docid, &err));
    assert_int_equal(docid, doc + 1);
    fhi_xap_document_destroy(document);
}

/* closed: the last document, which never ranks high, has all words; xap.h says why at fhi_xap_enquire_run. */
static corpus *random_corpus(bool closed, fhi_xap_db *db, rng *random)
{
    corpus *made = calloc(1, sizeof *made);
    assert_non_null(made);
    uint64_t total = 0;
    for (size_t doc = 0; doc < DOCS; doc++) {
        add_random(made, doc, closed && doc == DOCS - 1, db, random);
        total += made->length[doc];
    }
    made->average = (double)total / DOCS;
    return made;
}

/* Scores of OR over the words of the mask for every document, and the best of them, falling. */
static void exhaustive(const corpus *from, const fhi_xap_norm_bm25 *bm25, unsigned mask, double scores[DOCS],
                       double best[TOP + 1])
{
    memset(best, 0, (TOP + 1) * sizeof *best);
    for (size_t doc = 0; doc < DOCS; doc++) {
        const double len = (double)bm25->length_of_norm[norm_of_length(from->length[doc])];
        scores[doc] = 0;
        for (size_t word = 0; word < WORDS; word++)
            if (mask >> word & 1 && from->tf[doc][word])
                scores[doc] +=
                    by_hand(from->tf[doc][word], len, bm25->length_average, DOCS, from->df[word], bm25->k1, bm25->b);
        best[TOP] = scores[doc];
        for (size_t at = TOP; at > 0 && best[at] > best[at - 1]; at--) {
            const double higher = best[at];
            best[at] = best[at - 1];
            best[at - 1] = higher;
        }
    }
}

static fhi_xap_query *or_of_mask(unsigned mask)
{
    static const char names[] = "abcdefgh";
    fh_str terms[WORDS];
    size_t count = 0;
    fhi_xap_query *query = NULL;
    fh_err err;
    for (size_t word = 0; word < WORDS; word++)
        if (mask >> word & 1) terms[count++] = (fh_str){names + word, 1};
    XAP_OK(fhi_xap_query_combine_terms(FHI_XAP_OR, terms, count, 0, &query, &err));
    return query;
}

static void assert_top_is_exhaustive(fhi_xap_db *db, const corpus *from, unsigned mask, uint32_t check_at_least)
{
    float lengths[256];
    length_table(lengths);
    const fhi_xap_norm_bm25 bm25 = {1.2, 0.75, 1, from->average, lengths, norm_of_length};
    double scores[DOCS], best[TOP + 1];
    fhi_xap_query *query = or_of_mask(mask);
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    fhi_xap_hits *hits = NULL;
    fh_err err;
    exhaustive(from, &bm25, mask, scores, best);
    XAP_OK(fhi_xap_enquire_set_norm_bm25(enquire, &bm25, &err));
    XAP_OK(fhi_xap_enquire_run(enquire, 0, TOP, check_at_least, &hits, &err));
    for (uint32_t rank = 0; rank < TOP; rank++) {
        fhi_xap_hit hit;
        XAP_OK(fhi_xap_hits_get(hits, rank, &hit, &err));
        xap_assert_near(hit.weight, best[rank], 1e-9);
        xap_assert_near(hit.weight, scores[hit.docid - 1], 1e-9);
    }
    fhi_xap_hits_destroy(hits);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
}

static void assert_tops_are_exhaustive(const char *name, bool closed, uint32_t check_at_least)
{
    rng random;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_err err;
    rng_init(&random, name);
    scratch_init(&folder);
    fhi_xap_db *db = xap_writable_db(scratch_path(&folder, "db", path), FHI_XAP_CREATE);
    corpus *made = random_corpus(closed, db, &random);
    XAP_OK(fhi_xap_db_commit(db, &err));
    for (int i = 0; i < QUERIES; i++)
        assert_top_is_exhaustive(db, made, 1 + (unsigned)rng_below(&random, (1 << WORDS) - 1), check_at_least);
    fhi_xap_db_destroy(db);
    scratch_fini(&folder);
    free(made);
}

static void norm_bm25_top_equals_an_exhaustive_one(void **state)
{
    (void)state;
    assert_tops_are_exhaustive(__func__, false, UINT32_MAX);
}

static void norm_bm25_bounds_lose_no_hit_when_pruning(void **state)
{
    (void)state;
    assert_tops_are_exhaustive(__func__, true, 0);
}

/* ---- NULL ---------------------------------------------------------------------------------------------- */

static void null_enquiries_are_refused(void **state)
{
    (void)state;
    fhi_xap_db *db = press_db();
    fhi_xap_query *query = xap_term("rabat");
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    const fhi_xap_bm25 bm25 = {1, 0, 1, 0.5, 0.5};
    fhi_xap_hits *hits = NULL;
    fhi_xap_totals totals;
    fhi_xap_hit hit;
    uint32_t count = 0;
    fh_err err;
    XAP_FAILS(fhi_xap_enquire_set_query(NULL, query, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_set_query(enquire, NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_set_bm25(NULL, &bm25, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_sort_by_weight(NULL, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_sort_by_value(NULL, 0, true, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_run(NULL, 0, 1, 0, &hits, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_enquire_count(NULL, &count, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_hits_totals(NULL, &totals, &err), FH_E_INVALID);
    XAP_FAILS(fhi_xap_hits_get(NULL, 0, &hit, &err), FH_E_INVALID);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
    fhi_xap_db_destroy(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_match_as_boolean_logic_says),
        cmocka_unit_test(all_and_nothing_match_so),
        cmocka_unit_test(phrase_wants_order_inside_its_window),
        cmocka_unit_test(near_takes_any_order_inside_its_window),
        cmocka_unit_test(phrase_takes_alternatives_but_no_conjunction),
        cmocka_unit_test(value_ranges_include_both_ends),
        cmocka_unit_test(queries_that_make_no_sense_are_refused),
        cmocka_unit_test(queries_nest_to_a_limit),
        cmocka_unit_test(hits_are_a_page_of_the_ranking),
        cmocka_unit_test(counts_are_exact_where_asked),
        cmocka_unit_test(enquiry_without_query_matches_nothing),
        cmocka_unit_test(hits_are_ordered_by_weight_or_by_value),
        cmocka_unit_test(bm25_obeys_its_parameters),
        cmocka_unit_test(bm25_out_of_range_is_refused),
        cmocka_unit_test(norm_bm25_is_the_formula),
        cmocka_unit_test(scaling_multiplies_the_weight),
        cmocka_unit_test(terms_without_wdf_weigh_nothing),
        cmocka_unit_test(norm_bm25_out_of_range_is_refused),
        cmocka_unit_test(norm_bm25_top_equals_an_exhaustive_one),
        cmocka_unit_test(norm_bm25_bounds_lose_no_hit_when_pruning),
        cmocka_unit_test(null_enquiries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
