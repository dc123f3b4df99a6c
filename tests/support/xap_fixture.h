/* xap_fixture.h - small databases and queries for tests, through engine/xap. What fails, fails the cmocka test. */
#ifndef TESTS_SUPPORT_XAP_FIXTURE_H
#define TESTS_SUPPORT_XAP_FIXTURE_H

#include "engine/xap/xap.h"

enum { XAP_TEXT_BYTES = 256, XAP_HITS_MAX = 64 };

/* The call must answer FH_OK; `err` is a local fh_err, given to the call. */
#define XAP_OK(call) xap_assert_ok((call), &err)

/* The call must answer `expected`, and say why. */
#define XAP_FAILS(call, expected)                                                                                      \
    do {                                                                                                               \
        err.text[0] = '\0';                                                                                            \
        const fh_status xap_status = (call);                                                                           \
        xap_assert_failed(xap_status, (expected), &err);                                                               \
    } while (0)

void xap_assert_ok(fh_status status, const fh_err *err);
void xap_assert_failed(fh_status status, fh_status expected, const fh_err *err);

void xap_assert_near(double found, double expected, double tolerance);

fhi_xap_db *xap_memory_db(void);
fhi_xap_db *xap_writable_db(const char *path, fhi_xap_mode mode);
fhi_xap_db *xap_reader_db(const char *path);
uint32_t xap_doc_count(fhi_xap_db *db);

/* A document whose words, separated by one space, stand at positions 1, 2, ...; its data is the text. */
fhi_xap_document *xap_document_of(const char *text);
uint32_t xap_add_text(fhi_xap_db *db, const char *text); /* answers its docid */

/* The data of a stored document, shorter than XAP_TEXT_BYTES, in the room the caller lends. */
const char *xap_stored_text(fhi_xap_db *db, uint32_t docid, char out[XAP_TEXT_BYTES]);

fhi_xap_query *xap_term(const char *word);

/* Combines two queries and destroys them. */
fhi_xap_query *xap_both(fhi_xap_op op, fhi_xap_query *a, fhi_xap_query *b);

/* At most 16 words, separated by one space, combined. */
fhi_xap_query *xap_words(fhi_xap_op op, const char *text, uint32_t window);

fhi_xap_enquire *xap_enquire_of(fhi_xap_db *db, const fhi_xap_query *query);

/* Runs and copies the hits, answering how many there are. out: count_max of them. */
uint32_t xap_run(fhi_xap_enquire *enquire, uint32_t first, uint32_t count_max, fhi_xap_hit *out);

/* The first XAP_HITS_MAX matches in order as "3 1 2"; destroys the enquiry. */
const char *xap_ranked(fhi_xap_enquire *enquire, char out[XAP_TEXT_BYTES]);

/* The matches of a query in order of docid, written as above, must be those expected; destroys the query. */
void xap_assert_matches(fhi_xap_db *db, fhi_xap_query *query, const char *expected);

/* The weight of a query, which is destroyed, in one document, which must match. bm25 NULL: libxapian's own. */
double xap_weight_in(fhi_xap_db *db, fhi_xap_query *query, uint32_t docid, const fhi_xap_norm_bm25 *bm25);

#endif
