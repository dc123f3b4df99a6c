/* test_fault_xap.c - each allocation of libxapian and of its wrapper fails in turn: FH_E_NOMEM each time, nothing lost.
 *
 * C++ allocates through operator new, inside a shared library, where --wrap does not reach. The operators may be
 * replaced by the program, though, and are, under the names that the C++ ABI gives them.
 */
#include "engine/base/base.h"
#include "engine/xap/xap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define REPLACES_CXX __attribute__((visibility("default")))

static uint64_t nth;         /* the allocation to fail, counted from 1; 0 for none */
static uint64_t asked;       /* allocations since this was last set to 0 */
static uint64_t outstanding; /* allocations not given back */

void *_Znwm(size_t bytes) REPLACES_CXX;
void *_Znam(size_t bytes) REPLACES_CXX;
void *_ZnwmRKSt9nothrow_t(size_t bytes, const void *tag) REPLACES_CXX;
void _ZdlPv(void *memory) REPLACES_CXX;
void _ZdaPv(void *memory) REPLACES_CXX;
void _ZdlPvm(void *memory, size_t bytes) REPLACES_CXX;
void _ZdaPvm(void *memory, size_t bytes) REPLACES_CXX;
void _ZdlPvRKSt9nothrow_t(void *memory, const void *tag) REPLACES_CXX;
_Noreturn void _ZSt17__throw_bad_allocv(void); /* libstdc++: throws std::bad_alloc */

void *_ZnwmRKSt9nothrow_t(size_t bytes, const void *tag)
{
    (void)tag;
    void *memory = ++asked == nth ? NULL : malloc(bytes ? bytes : 1);
    if (memory) outstanding++;
    return memory;
}

void *_Znwm(size_t bytes)
{
    void *memory = _ZnwmRKSt9nothrow_t(bytes, NULL);
    if (!memory) _ZSt17__throw_bad_allocv();
    return memory;
}

void *_Znam(size_t bytes)
{
    return _Znwm(bytes);
}

void _ZdlPv(void *memory)
{
    if (memory) outstanding--;
    free(memory);
}

void _ZdaPv(void *memory)
{
    _ZdlPv(memory);
}

void _ZdlPvm(void *memory, size_t bytes)
{
    (void)bytes;
    _ZdlPv(memory);
}

void _ZdaPvm(void *memory, size_t bytes)
{
    (void)bytes;
    _ZdlPv(memory);
}

void _ZdlPvRKSt9nothrow_t(void *memory, const void *tag)
{
    (void)tag;
    _ZdlPv(memory);
}

/* ---- jobs: each answers FH_OK or the first failure, having given back what it made ------------------------ */

static fh_status stem_a_word(fh_err *err)
{
    fhi_xap_stemmer *stemmer = NULL;
    char stem[64];
    size_t len = 0;
    FH_TRY(fhi_xap_stemmer_create(FH_STR("french"), &stemmer, err));
    fh_status status = fhi_xap_stemmer_stem(stemmer, FH_STR("anticonstitutionnellement"), stem, sizeof stem, &len, err);
    fhi_xap_stemmer_destroy(stemmer);
    return status;
}

static fh_status add_a_document(fhi_xap_db *db, fh_err *err)
{
    fhi_xap_document *document = NULL;
    uint32_t docid = 0;
    FH_TRY(fhi_xap_document_create(&document, err));
    fh_status status = fhi_xap_document_add_posting(document, FH_STR("a word that is not short"), 1, 1, err);
    if (status == FH_OK) status = fhi_xap_document_add_term(document, FH_STR("other"), 1, err);
    if (status == FH_OK) status = fhi_xap_document_set_number(document, 0, 20250731, err);
    if (status == FH_OK) status = fhi_xap_document_set_data(document, FH_STR("data that is not so short"), err);
    if (status == FH_OK) status = fhi_xap_db_add(db, document, &docid, err);
    fhi_xap_document_destroy(document);
    return status;
}

static uint8_t norm_of_length(uint32_t length)
{
    return (uint8_t)length;
}

static fh_status prepare(fhi_xap_db *db, fhi_xap_enquire **enquire, fh_err *err)
{
    float lengths[256];
    for (int norm = 0; norm < 256; norm++)
        lengths[norm] = (float)norm;
    const fhi_xap_norm_bm25 bm25 = {0.9, 0.75, 1, 2, lengths, norm_of_length};
    const fh_str terms[] = {FH_STR("a word that is not short"), FH_STR("other")};
    fhi_xap_query *query = NULL, *scaled = NULL;
    fh_status status = fhi_xap_query_combine_terms(FHI_XAP_OR, terms, 2, 0, &query, err);
    if (status == FH_OK) status = fhi_xap_query_scale(query, 0.4, &scaled, err);
    if (status == FH_OK) status = fhi_xap_enquire_create(db, enquire, err);
    if (status == FH_OK) status = fhi_xap_enquire_set_norm_bm25(*enquire, &bm25, err);
    if (status == FH_OK) status = fhi_xap_enquire_set_query(*enquire, scaled, err);
    fhi_xap_query_destroy(scaled);
    fhi_xap_query_destroy(query);
    return status;
}

static fh_status use_a_database(bool run, fh_err *err)
{
    fhi_xap_db *db = NULL;
    fhi_xap_enquire *enquire = NULL;
    fhi_xap_hits *hits = NULL;
    fh_status status = fhi_xap_db_open_memory(&db, err);
    if (status == FH_OK) status = add_a_document(db, err);
    if (status == FH_OK) status = prepare(db, &enquire, err);
    if (status == FH_OK && run) status = fhi_xap_enquire_run(enquire, 0, 10, 0, &hits, err);
    fhi_xap_hits_destroy(hits);
    fhi_xap_enquire_destroy(enquire);
    fhi_xap_db_destroy(db);
    return status;
}

static fh_status fill_and_prepare(fh_err *err)
{
    return use_a_database(false, err);
}

static fh_status fill_and_search(fh_err *err)
{
    return use_a_database(true, err);
}

/* may_lose: libxapian's matcher does not give back everything when it is interrupted. */
static void each_allocation_fails(fh_status (*job)(fh_err *err), bool may_lose)
{
    fh_err err;
    assert_int_equal(job(&err), FH_OK); /* once, so that what libraries keep for good is there */
    asked = 0;
    assert_int_equal(job(&err), FH_OK);
    const uint64_t count = asked;
    assert_true(count > 2);
    for (uint64_t at = 1; at <= count; at++) {
        const uint64_t before = outstanding;
        asked = 0;
        nth = at;
        const fh_status status = job(&err);
        nth = 0;
        assert_int_equal(status, FH_E_NOMEM);
        if (!may_lose) assert_int_equal(outstanding, before);
    }
    assert_int_equal(job(&err), FH_OK);
}

static void stemmer_answers_nomem_and_loses_nothing(void **state)
{
    (void)state;
    each_allocation_fails(stem_a_word, false);
}

static void database_and_query_answer_nomem_and_lose_nothing(void **state)
{
    (void)state;
    each_allocation_fails(fill_and_prepare, false);
}

static void search_answers_nomem(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* the leak checker would report libxapian's matcher */
#endif
    each_allocation_fails(fill_and_search, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stemmer_answers_nomem_and_loses_nothing),
        cmocka_unit_test(database_and_query_answer_nomem_and_lose_nothing),
        cmocka_unit_test(search_answers_nomem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
