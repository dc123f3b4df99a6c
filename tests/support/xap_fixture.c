/* xap_fixture.c - small databases and queries for tests, through engine/xap. */
#include "tests/support/xap_fixture.h"

#include "engine/base/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void xap_assert_ok(fh_status status, const fh_err *err)
{
    if (status != FH_OK) fail_msg("%s: %s (%s)", fh_status_name(status), err->text, err->file);
}

void xap_assert_failed(fh_status status, fh_status expected, const fh_err *err)
{
    assert_string_equal(fh_status_name(status), fh_status_name(expected));
    assert_int_equal(err->status, expected);
    assert_true(err->text[0] != '\0');
}

void xap_assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance)) fail_msg("%.12g instead of %.12g", found, expected);
}

fhi_xap_document *xap_document_of(const char *text)
{
    fhi_xap_document *document = NULL;
    fh_err err;
    XAP_OK(fhi_xap_document_create(&document, &err));
    uint32_t position = 1;
    for (const char *word = text; *word; position++) {
        const size_t len = strcspn(word, " ");
        XAP_OK(fhi_xap_document_add_posting(document, (fh_str){word, len}, position, 1, &err));
        word += len + (word[len] == ' ');
    }
    XAP_OK(fhi_xap_document_set_data(document, fhi_str(text), &err));
    return document;
}

uint32_t xap_add_text(fhi_xap_db *db, const char *text)
{
    fhi_xap_document *document = xap_document_of(text);
    uint32_t docid = 0;
    fh_err err;
    XAP_OK(fhi_xap_db_add(db, document, &docid, &err));
    fhi_xap_document_destroy(document);
    return docid;
}

fhi_xap_db *xap_memory_db(void)
{
    fhi_xap_db *db = NULL;
    fh_err err;
    XAP_OK(fhi_xap_db_open_memory(&db, &err));
    return db;
}

fhi_xap_db *xap_writable_db(const char *path, fhi_xap_mode mode)
{
    fhi_xap_db *db = NULL;
    fh_err err;
    XAP_OK(fhi_xap_db_open_writable(fhi_str(path), mode, &db, &err));
    return db;
}

fhi_xap_db *xap_reader_db(const char *path)
{
    fhi_xap_db *db = NULL;
    fh_err err;
    XAP_OK(fhi_xap_db_open(fhi_str(path), &db, &err));
    return db;
}

uint32_t xap_doc_count(fhi_xap_db *db)
{
    fhi_xap_stats stats;
    fh_err err;
    XAP_OK(fhi_xap_db_stats(db, &stats, &err));
    return stats.doc_count;
}

const char *xap_stored_text(fhi_xap_db *db, uint32_t docid, char out[XAP_TEXT_BYTES])
{
    fhi_xap_document *document = NULL;
    size_t len = 0;
    fh_err err;
    XAP_OK(fhi_xap_db_document(db, docid, &document, &err));
    XAP_OK(fhi_xap_document_data(document, out, XAP_TEXT_BYTES - 1, &len, &err));
    out[len] = '\0';
    fhi_xap_document_destroy(document);
    return out;
}

fhi_xap_query *xap_term(const char *word)
{
    fhi_xap_query *query = NULL;
    fh_err err;
    XAP_OK(fhi_xap_query_term(fhi_str(word), 1, &query, &err));
    return query;
}

fhi_xap_query *xap_both(fhi_xap_op op, fhi_xap_query *a, fhi_xap_query *b)
{
    fhi_xap_query *query = NULL;
    const fhi_xap_query *const parts[] = {a, b};
    fh_err err;
    XAP_OK(fhi_xap_query_combine(op, parts, 2, 0, &query, &err));
    fhi_xap_query_destroy(a);
    fhi_xap_query_destroy(b);
    return query;
}

fhi_xap_query *xap_words(fhi_xap_op op, const char *text, uint32_t window)
{
    fh_str terms[16];
    size_t count = 0;
    for (const char *word = text; *word && count < 16; count++) {
        terms[count] = (fh_str){word, strcspn(word, " ")};
        word += terms[count].len + (word[terms[count].len] == ' ');
    }
    fhi_xap_query *query = NULL;
    fh_err err;
    XAP_OK(fhi_xap_query_combine_terms(op, terms, count, window, &query, &err));
    return query;
}

fhi_xap_enquire *xap_enquire_of(fhi_xap_db *db, const fhi_xap_query *query)
{
    fhi_xap_enquire *enquire = NULL;
    fh_err err;
    XAP_OK(fhi_xap_enquire_create(db, &enquire, &err));
    XAP_OK(fhi_xap_enquire_set_query(enquire, query, &err));
    return enquire;
}

uint32_t xap_run(fhi_xap_enquire *enquire, uint32_t first, uint32_t count_max, fhi_xap_hit *out)
{
    fhi_xap_hits *hits = NULL;
    fhi_xap_totals totals;
    fh_err err;
    XAP_OK(fhi_xap_enquire_run(enquire, first, count_max, 0, &hits, &err));
    XAP_OK(fhi_xap_hits_totals(hits, &totals, &err));
    for (uint32_t i = 0; i < totals.hit_count; i++)
        XAP_OK(fhi_xap_hits_get(hits, i, &out[i], &err));
    fhi_xap_hits_destroy(hits);
    return totals.hit_count;
}

const char *xap_ranked(fhi_xap_enquire *enquire, char out[XAP_TEXT_BYTES])
{
    fhi_xap_hit hits[XAP_HITS_MAX];
    const uint32_t count = xap_run(enquire, 0, XAP_HITS_MAX, hits);
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, XAP_TEXT_BYTES - len, i ? " %u" : "%u", hits[i].docid);
    fhi_xap_enquire_destroy(enquire);
    return out;
}

void xap_assert_matches(fhi_xap_db *db, fhi_xap_query *query, const char *expected)
{
    fhi_xap_query *unweighted = NULL;
    char found[XAP_TEXT_BYTES];
    fh_err err;
    XAP_OK(fhi_xap_query_scale(query, 0, &unweighted, &err));
    assert_string_equal(xap_ranked(xap_enquire_of(db, unweighted), found), expected);
    fhi_xap_query_destroy(unweighted);
    fhi_xap_query_destroy(query);
}

double xap_weight_in(fhi_xap_db *db, fhi_xap_query *query, uint32_t docid, const fhi_xap_norm_bm25 *bm25)
{
    fhi_xap_enquire *enquire = xap_enquire_of(db, query);
    fhi_xap_hit hits[XAP_HITS_MAX];
    fh_err err;
    if (bm25) XAP_OK(fhi_xap_enquire_set_norm_bm25(enquire, bm25, &err));
    const uint32_t count = xap_run(enquire, 0, XAP_HITS_MAX, hits);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_query_destroy(query);
    for (uint32_t i = 0; i < count; i++)
        if (hits[i].docid == docid) return hits[i].weight;
    fail_msg("document %u does not match", docid);
    return 0;
}
