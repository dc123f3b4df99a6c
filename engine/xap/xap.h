/* xap.h - libxapian for C: the only door to it in the whole project.
 *
 * It supplies the stemmers, a second backend, the oracle of the differential tests (fhi_xap_norm_bm25 is the
 * engine's own formula, run by libxapian's matcher) and a yardstick for the benchmark. Behind it: xap.cc.
 *
 * Rules that hold for every function here
 * - A call answers FH_OK, or a status with *err filled (err may be NULL). No exception leaves it. What libxapian
 *   throws becomes a status in one place; the table is at the end of this file. FH_E_NOMEM and FH_E_XAPIAN are
 *   possible everywhere and not repeated below; so is FH_E_INVALID for a handle that is NULL, and, for every
 *   call that touches a database, FH_E_CLOSED, FH_E_CORRUPT, FH_E_IO and FH_E_MODIFIED (a reader's snapshot was
 *   overwritten: call fhi_xap_db_reopen and start again).
 * - Out parameters must not be NULL. They are set before anything can fail: handles to NULL, numbers to 0.
 * - Bytes go in as fh_str and are copied. Bytes come out into the caller's buffer: *len is the length of the
 *   whole value, also when it does not fit; then nothing is written and the answer is FH_E_LIMIT. (NULL, 0) asks
 *   for the length. Nothing is terminated by NUL.
 * - Whoever calls X_create or X_open owns the handle and calls X_destroy once; NULL is allowed. Handles may be
 *   destroyed in any order.
 * - Threads: libxapian counts references without atomics. A handle, and with it all handles made from it
 *   (documents, enquiries and hits of a database, queries built from queries), belongs to one thread at a time.
 *   Handles without common ancestors share nothing. Two threads open the same path twice.
 */
#ifndef FHI_XAP_H
#define FHI_XAP_H

#include <fihrist/status.h>

#include <stdbool.h>

#ifdef __cplusplus
#define FHI_XAP_NOEXCEPT noexcept
#define FHI_XAP_UNSIGNED : unsigned /* else C++ may not even look at a number that a C caller made up */
extern "C" {
#else
#define FHI_XAP_NOEXCEPT
#define FHI_XAP_UNSIGNED
#endif

enum {
    FHI_XAP_TERM_BYTES_MAX = 245, /* of the format on disk, held in memory too; there a 0 byte counts twice */
    FHI_XAP_NUMBER_BYTES_MAX = 9, /* of an encoded number */
    FHI_XAP_QUERY_DEPTH_MAX = 256 /* libxapian walks queries by recursion */
};

/* ---- stemmer ------------------------------------------------------------------------------------------- */

typedef struct fhi_xap_stemmer fhi_xap_stemmer;

/* language: an English name ("french") or an ISO 639 code ("fr"); "none" leaves words as they are.
 * Codes: FH_E_INVALID (unknown or empty). */
fh_status fhi_xap_stemmer_create(fh_str language, fhi_xap_stemmer **out, fh_err *err) FHI_XAP_NOEXCEPT;
void fhi_xap_stemmer_destroy(fhi_xap_stemmer *stemmer) FHI_XAP_NOEXCEPT;

/* word: UTF-8, already folded to lower case. Codes: FH_E_LIMIT (buffer). */
fh_status fhi_xap_stemmer_stem(fhi_xap_stemmer *stemmer, fh_str word, char *buffer, size_t capacity, size_t *len,
                               fh_err *err) FHI_XAP_NOEXCEPT;

/* English names of all languages, separated by one space. Codes: FH_E_LIMIT (buffer). */
fh_status fhi_xap_stemmer_languages(char *buffer, size_t capacity, size_t *len, fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- numbers as values --------------------------------------------------------------------------------- */

/* Writes a finite number as bytes whose memcmp order is the numbers' order. Codes: FH_E_INVALID (NaN, infinite),
 * FH_E_LIMIT (buffer; FHI_XAP_NUMBER_BYTES_MAX always fits). */
fh_status fhi_xap_number_encode(double number, char *buffer, size_t capacity, size_t *len,
                                fh_err *err) FHI_XAP_NOEXCEPT;

/* The reverse. Codes: FH_E_INVALID (bytes that fhi_xap_number_encode never writes). */
fh_status fhi_xap_number_decode(fh_str bytes, double *number, fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- documents ----------------------------------------------------------------------------------------- */

typedef struct fhi_xap_document fhi_xap_document;

/* An empty document, to be filled and added. Adding it copies it. */
fh_status fhi_xap_document_create(fhi_xap_document **out, fh_err *err) FHI_XAP_NOEXCEPT;
void fhi_xap_document_destroy(fhi_xap_document *document) FHI_XAP_NOEXCEPT;

/* Adds wdf to the term's frequency inside the document (wdf); the length of a document is the sum over its terms.
 * wdf 0 makes a term that filters without weight. The sums are 32-bit. add_posting notes a position as well.
 * Codes: FH_E_INVALID (empty term), FH_E_LIMIT (term too long). */
fh_status fhi_xap_document_add_term(fhi_xap_document *document, fh_str term, uint32_t wdf,
                                    fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_document_add_posting(fhi_xap_document *document, fh_str term, uint32_t position, uint32_t wdf,
                                       fh_err *err) FHI_XAP_NOEXCEPT;

/* Values sort, filter and group; an empty value is no value. Data is opaque bytes given back as they came.
 * Codes: FH_E_INVALID (a number that is not finite). */
fh_status fhi_xap_document_set_value(fhi_xap_document *document, uint32_t slot, fh_str value,
                                     fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_document_set_number(fhi_xap_document *document, uint32_t slot, double number,
                                      fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_document_set_data(fhi_xap_document *document, fh_str data, fh_err *err) FHI_XAP_NOEXCEPT;

/* Codes: FH_E_LIMIT (buffer). A slot without value gives length 0. */
fh_status fhi_xap_document_value(fhi_xap_document *document, uint32_t slot, char *buffer, size_t capacity, size_t *len,
                                 fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_document_data(fhi_xap_document *document, char *buffer, size_t capacity, size_t *len,
                                fh_err *err) FHI_XAP_NOEXCEPT;

/* Codes: FH_E_NOT_FOUND (no value in the slot), FH_E_INVALID (the value is no number). */
fh_status fhi_xap_document_number(fhi_xap_document *document, uint32_t slot, double *number,
                                  fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- the terms of a document --------------------------------------------------------------------------- */

typedef struct fhi_xap_terms fhi_xap_terms;

typedef struct fhi_xap_term {
    fh_str text; /* owned by the iterator, valid until the next call on it */
    uint32_t wdf;
} fhi_xap_term;

/* Walks the terms in byte order, starting before the first. The document must not change meanwhile. */
fh_status fhi_xap_terms_create(fhi_xap_document *document, fhi_xap_terms **out, fh_err *err) FHI_XAP_NOEXCEPT;
void fhi_xap_terms_destroy(fhi_xap_terms *terms) FHI_XAP_NOEXCEPT;

/* *more tells whether *term holds the next term; after the last one it stays false. */
fh_status fhi_xap_terms_next(fhi_xap_terms *terms, fhi_xap_term *term, bool *more, fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- databases ----------------------------------------------------------------------------------------- */

typedef struct fhi_xap_db fhi_xap_db;

typedef enum fhi_xap_mode FHI_XAP_UNSIGNED {
    FHI_XAP_OPEN = 0,   /* must be there: FH_E_NOT_FOUND */
    FHI_XAP_CREATE = 1, /* must not be there: FH_E_INVALID */
    FHI_XAP_OPEN_OR_CREATE = 2,
    FHI_XAP_OVERWRITE = 3 /* whatever was there is emptied */
} fhi_xap_mode;

/* Open a directory of libxapian's `glass` format, for reading or for reading and writing. Stub files are not
 * followed. One writer at a time; any number of readers beside it, each on the snapshot of its open or reopen.
 * On failure err->file is the path. Codes: FH_E_NOT_FOUND, FH_E_INVALID (empty path or a NUL in it, unknown mode,
 * present with FHI_XAP_CREATE), FH_E_BUSY (another writer holds the lock), FH_E_IO, FH_E_CORRUPT. */
fh_status fhi_xap_db_open(fh_str path, fhi_xap_db **out, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_db_open_writable(fh_str path, fhi_xap_mode mode, fhi_xap_db **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* A new, empty, writable database in memory. It has no transactions (FH_E_XAPIAN). */
fh_status fhi_xap_db_open_memory(fhi_xap_db **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* Commits what is pending (a running transaction is cancelled instead), gives back files and lock, also where it fails.
 * The handle stays and answers FH_E_CLOSED, and so do handles made from it where they need the database: hits stand
 * alone, documents and enquiries do not. Closing twice is fine. */
fh_status fhi_xap_db_close(fhi_xap_db *db, fh_err *err) FHI_XAP_NOEXCEPT;

/* Closes as above, failures going unseen, and frees. */
void fhi_xap_db_destroy(fhi_xap_db *db) FHI_XAP_NOEXCEPT;

/* Takes a reader to the newest commit. *changed tells whether there was a newer one; false for a writer. */
fh_status fhi_xap_db_reopen(fhi_xap_db *db, bool *changed, fh_err *err) FHI_XAP_NOEXCEPT;

/* Changing. A database opened for reading answers FH_E_INVALID. Document ids start at 1 and are not used again. */
fh_status fhi_xap_db_add(fhi_xap_db *db, const fhi_xap_document *document, uint32_t *docid,
                         fh_err *err) FHI_XAP_NOEXCEPT;

/* Puts the document at docid, used or not. Codes: FH_E_INVALID (docid 0). */
fh_status fhi_xap_db_replace(fhi_xap_db *db, uint32_t docid, const fhi_xap_document *document,
                             fh_err *err) FHI_XAP_NOEXCEPT;

/* Replaces all documents that have the term by this one, or adds it when there is none. *docid is where it went:
 * the lowest id replaced, or a new one. The document itself should have the term. Codes: FH_E_INVALID (empty). */
fh_status fhi_xap_db_replace_by_term(fhi_xap_db *db, fh_str term, const fhi_xap_document *document, uint32_t *docid,
                                     fh_err *err) FHI_XAP_NOEXCEPT;

/* Codes: FH_E_NOT_FOUND; FH_E_INVALID (docid 0). */
fh_status fhi_xap_db_delete(fhi_xap_db *db, uint32_t docid, fh_err *err) FHI_XAP_NOEXCEPT;

/* Deletes all documents that have the term; none is fine. Codes: FH_E_INVALID (empty). */
fh_status fhi_xap_db_delete_by_term(fhi_xap_db *db, fh_str term, fh_err *err) FHI_XAP_NOEXCEPT;

/* Makes all changes so far durable and visible to reopening readers. Codes: FH_E_INVALID (inside a transaction). */
fh_status fhi_xap_db_commit(fhi_xap_db *db, fh_err *err) FHI_XAP_NOEXCEPT;

/* A transaction is committed whole or not at all; begin commits what is pending.
 * Codes: FH_E_INVALID (begin inside one, commit or cancel outside). */
fh_status fhi_xap_db_transaction_begin(fhi_xap_db *db, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_db_transaction_commit(fhi_xap_db *db, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_db_transaction_cancel(fhi_xap_db *db, fh_err *err) FHI_XAP_NOEXCEPT;

typedef struct fhi_xap_stats {
    uint32_t doc_count;
    uint32_t docid_max;    /* highest id ever used */
    uint64_t length_total; /* sum of document lengths, in wdf */
    double length_average; /* 0 when empty */
} fhi_xap_stats;

fh_status fhi_xap_db_stats(fhi_xap_db *db, fhi_xap_stats *out, fh_err *err) FHI_XAP_NOEXCEPT;

/* How many documents have the term, and the sum of its wdf over them; 0 for an unknown term.
 * Codes: FH_E_INVALID (empty term). */
fh_status fhi_xap_db_term_stats(fhi_xap_db *db, fh_str term, uint32_t *doc_count, uint64_t *wdf_total,
                                fh_err *err) FHI_XAP_NOEXCEPT;

/* Sum of the document's wdf. Codes: FH_E_NOT_FOUND; FH_E_INVALID (docid 0). */
fh_status fhi_xap_db_doc_length(fhi_xap_db *db, uint32_t docid, uint32_t *length, fh_err *err) FHI_XAP_NOEXCEPT;

/* The stored document, to read its data, values and terms. Codes: FH_E_NOT_FOUND; FH_E_INVALID (docid 0). */
fh_status fhi_xap_db_document(fhi_xap_db *db, uint32_t docid, fhi_xap_document **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- queries ------------------------------------------------------------------------------------------- */

typedef struct fhi_xap_query fhi_xap_query;

typedef enum fhi_xap_op FHI_XAP_UNSIGNED {
    FHI_XAP_AND = 0, /* weights are summed here and in OR, NEAR, PHRASE */
    FHI_XAP_OR = 1,
    FHI_XAP_AND_NOT = 2,   /* the first and none of the others */
    FHI_XAP_AND_MAYBE = 3, /* the first; the others only add weight */
    FHI_XAP_FILTER = 4,    /* all; weight of the first only */
    FHI_XAP_NEAR = 5,      /* all within `window` positions, any order; operands: terms, or OR of terms */
    FHI_XAP_PHRASE = 6     /* all within `window` positions, in order; operands as above */
} fhi_xap_op;

/* Queries are values: combining keeps copies, the parts may be destroyed at once. */
void fhi_xap_query_destroy(fhi_xap_query *query) FHI_XAP_NOEXCEPT;

/* wqf: how often the query asks for the term, 1 as a rule. Codes: FH_E_INVALID (empty), FH_E_LIMIT (too long). */
fh_status fhi_xap_query_term(fh_str term, uint32_t wqf, fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_query_all(fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_query_nothing(fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* Combines count >= 1 parts. window: for NEAR and PHRASE, in positions, 0 for count; 0 for the other operators.
 * A phrase of n words side by side has window n. Other operands of NEAR and PHRASE than those named above answer
 * FH_E_XAPIAN. Codes: FH_E_INVALID (no part, a NULL part, unknown operator, 0 < window < count, a window
 * where none belongs), FH_E_LIMIT (nested deeper than FHI_XAP_QUERY_DEPTH_MAX). */
fh_status fhi_xap_query_combine(fhi_xap_op op, const fhi_xap_query *const *parts, size_t count, uint32_t window,
                                fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* The same for plain terms, each with wqf 1. Codes: those of query_term and query_combine. */
fh_status fhi_xap_query_combine_terms(fhi_xap_op op, const fh_str *terms, size_t count, uint32_t window,
                                      fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* Documents whose value lies in [low, high], at or above low, at or below high, in byte order; no weight. Documents
 * without value never match, nor does a low above high. Codes: FH_E_INVALID (an empty bound). */
fh_status fhi_xap_query_value_range(uint32_t slot, fh_str low, fh_str high, fhi_xap_query **out,
                                    fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_query_value_ge(uint32_t slot, fh_str low, fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_query_value_le(uint32_t slot, fh_str high, fhi_xap_query **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* Multiplies the weight of query. Codes: FH_E_INVALID (factor negative or not finite), FH_E_LIMIT (depth). */
fh_status fhi_xap_query_scale(const fhi_xap_query *query, double factor, fhi_xap_query **out,
                              fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- enquiries ----------------------------------------------------------------------------------------- */

typedef struct fhi_xap_enquire fhi_xap_enquire;

/* Begins with libxapian's own BM25 and defaults, ordered by weight. Without a query it matches nothing. */
fh_status fhi_xap_enquire_create(fhi_xap_db *db, fhi_xap_enquire **out, fh_err *err) FHI_XAP_NOEXCEPT;
void fhi_xap_enquire_destroy(fhi_xap_enquire *enquire) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_enquire_set_query(fhi_xap_enquire *enquire, const fhi_xap_query *query, fh_err *err) FHI_XAP_NOEXCEPT;

/* libxapian's BM25, as documented for its BM25Weight; the defaults are 1, 0, 1, 0.5, 0.5. */
typedef struct fhi_xap_bm25 {
    double k1, k2, k3;  /* >= 0 */
    double b;           /* 0 to 1 */
    double min_normlen; /* >= 0; shorter documents count as this share of the average length */
} fhi_xap_bm25;

/* Codes: FH_E_INVALID (out of the ranges above, not finite). */
fh_status fhi_xap_enquire_set_bm25(fhi_xap_enquire *enquire, const fhi_xap_bm25 *bm25, fh_err *err) FHI_XAP_NOEXCEPT;

/* The engine's own formula (BM25 of Robertson and Zaragoza 2009 with the idf and the one-byte lengths of Lucene):
 *
 *     weight = wqf * idf * tf*(k1+1) / (tf + k1*(1 - b + b*len/length_average))
 *     idf    = ln(1 + (N - df + 0.5) / (df + 0.5))       N documents, df of them with the term
 *     tf     = wdf * tf_of_wdf
 *     len    = length_of_norm[norm_of_length(length of the document in wdf)]
 *
 * len and length_average share one unit, whichever the caller chose for the table. Neither the table nor
 * norm_of_length may decrease; the second cannot be checked, and pruning relies on it. The table is copied;
 * norm_of_length is called while searching, must depend on its argument only and must not throw. */
typedef struct fhi_xap_norm_bm25 {
    double k1;                   /* >= 0 */
    double b;                    /* 0 to 1 */
    double tf_of_wdf;            /* > 0; 1, or 0.5 where wdf counts half-units */
    double length_average;       /* > 0 */
    const float *length_of_norm; /* 256 lengths, >= 0, one for each norm */
    uint8_t (*norm_of_length)(uint32_t length);
} fhi_xap_norm_bm25;

/* Codes: FH_E_INVALID (out of the ranges above, not finite, a NULL, a table that decreases). */
fh_status fhi_xap_enquire_set_norm_bm25(fhi_xap_enquire *enquire, const fhi_xap_norm_bm25 *bm25,
                                        fh_err *err) FHI_XAP_NOEXCEPT;

/* Order of the hits: by weight, or by the bytes of a value, documents without value being the lowest. Ties go by
 * ascending docid. Weights are computed either way. */
fh_status fhi_xap_enquire_sort_by_weight(fhi_xap_enquire *enquire, fh_err *err) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_enquire_sort_by_value(fhi_xap_enquire *enquire, uint32_t slot, bool descending,
                                        fh_err *err) FHI_XAP_NOEXCEPT;

typedef struct fhi_xap_hits fhi_xap_hits;

typedef struct fhi_xap_hit {
    uint32_t docid;
    double weight;
} fhi_xap_hit;

typedef struct fhi_xap_totals {
    uint32_t hit_count;       /* hits held here, <= hit_count_max of the call */
    uint32_t match_count_min; /* all matches of the query: at least, at most, and a guess between */
    uint32_t match_count_max;
    uint32_t match_count_estimate;
    bool exact;        /* the three agree */
    double weight_max; /* of the best match seen, 0 without any */
} fhi_xap_totals;

/* Runs the query and keeps the hits from rank `first`, at most hit_count_max. Totals are estimates unless
 * check_at_least reaches the number of matches.
 *
 * An oracle passes UINT32_MAX as check_at_least: it turns pruning off. While it prunes, libxapian 1.4.22 now and then
 * loses a hit among the last documents, where some posting lists have ended and others go on: measured with its own
 * BM25, 15 of 24,000 random OR queries over 3,000 documents, and none once the last document held every term. */
fh_status fhi_xap_enquire_run(fhi_xap_enquire *enquire, uint32_t first, uint32_t hit_count_max, uint32_t check_at_least,
                              fhi_xap_hits **out, fh_err *err) FHI_XAP_NOEXCEPT;

/* The exact number of matches, by visiting them all. */
fh_status fhi_xap_enquire_count(fhi_xap_enquire *enquire, uint32_t *match_count, fh_err *err) FHI_XAP_NOEXCEPT;

void fhi_xap_hits_destroy(fhi_xap_hits *hits) FHI_XAP_NOEXCEPT;
fh_status fhi_xap_hits_totals(const fhi_xap_hits *hits, fhi_xap_totals *out, fh_err *err) FHI_XAP_NOEXCEPT;

/* Hit `index` from 0, in order. Codes: FH_E_NOT_FOUND (index >= hit_count). */
fh_status fhi_xap_hits_get(const fhi_xap_hits *hits, uint32_t index, fhi_xap_hit *out, fh_err *err) FHI_XAP_NOEXCEPT;

/* ---- the translation of exceptions, and how it is tested ------------------------------------------------ */

/* X(class, status, status_os): every class libxapian throws, a class before its bases, and what it becomes; status_os
 * where the exception carries an errno. DatabaseCreateError without one says that a database is there already;
 * DatabaseVersionError does not say whether it is too old or too new. */
#define FHI_XAP_ERROR_LIST(X)                                                                                          \
    X(AssertionError, FH_E_XAPIAN, FH_E_XAPIAN)                                                                        \
    X(InvalidArgumentError, FH_E_INVALID, FH_E_INVALID)                                                                \
    X(InvalidOperationError, FH_E_INVALID, FH_E_INVALID)                                                               \
    X(UnimplementedError, FH_E_XAPIAN, FH_E_XAPIAN)                                                                    \
    X(DatabaseCorruptError, FH_E_CORRUPT, FH_E_CORRUPT)                                                                \
    X(DatabaseCreateError, FH_E_INVALID, FH_E_IO)                                                                      \
    X(DatabaseLockError, FH_E_BUSY, FH_E_BUSY)                                                                         \
    X(DatabaseModifiedError, FH_E_MODIFIED, FH_E_MODIFIED)                                                             \
    X(DatabaseNotFoundError, FH_E_NOT_FOUND, FH_E_NOT_FOUND)                                                           \
    X(DatabaseVersionError, FH_E_XAPIAN, FH_E_XAPIAN)                                                                  \
    X(DatabaseOpeningError, FH_E_XAPIAN, FH_E_IO)                                                                      \
    X(DatabaseClosedError, FH_E_CLOSED, FH_E_CLOSED)                                                                   \
    X(DatabaseError, FH_E_XAPIAN, FH_E_IO)                                                                             \
    X(DocNotFoundError, FH_E_NOT_FOUND, FH_E_NOT_FOUND)                                                                \
    X(FeatureUnavailableError, FH_E_XAPIAN, FH_E_XAPIAN)                                                               \
    X(InternalError, FH_E_XAPIAN, FH_E_XAPIAN)                                                                         \
    X(NetworkTimeoutError, FH_E_DEADLINE, FH_E_DEADLINE)                                                               \
    X(NetworkError, FH_E_NETWORK, FH_E_NETWORK)                                                                        \
    X(QueryParserError, FH_E_SYNTAX, FH_E_SYNTAX)                                                                      \
    X(SerialisationError, FH_E_CORRUPT, FH_E_CORRUPT)                                                                  \
    X(WildcardError, FH_E_LIMIT, FH_E_LIMIT)                                                                           \
    X(RangeError, FH_E_LIMIT, FH_E_LIMIT)

/* For tests only: what fhi_xap_test_throw can throw. */
typedef enum fhi_xap_test_kind FHI_XAP_UNSIGNED {
#define FHI_XAP_TEST_ENUM(class_name, status, status_os) FHI_XAP_THROW_##class_name,
    FHI_XAP_ERROR_LIST(FHI_XAP_TEST_ENUM)
#undef FHI_XAP_TEST_ENUM
        FHI_XAP_THROW_UNKNOWN_XAPIAN, /* a class of libxapian's family made later: FH_E_XAPIAN */
    FHI_XAP_THROW_BAD_ALLOC,          /* std::bad_alloc: FH_E_NOMEM */
    FHI_XAP_THROW_LENGTH_ERROR,       /* std::length_error, a string over its limit: FH_E_LIMIT */
    FHI_XAP_THROW_STD_EXCEPTION,      /* any other std::exception: FH_E_INTERNAL */
    FHI_XAP_THROW_INT,                /* what is no exception class at all: FH_E_INTERNAL */
    FHI_XAP_THROW_OK,                 /* a refusal of the wrapper itself that carries FH_OK by mistake: FH_E_INTERNAL */
    FHI_XAP_THROW_NOTHING,            /* FH_OK */
    FHI_XAP_THROW_COUNT
} fhi_xap_test_kind;

/* For tests only: throws inside the guard that all functions share and answers what came of it. system_error, if
 * not 0, is an errno that libxapian's classes carry along. An unknown kind answers FH_E_INVALID. */
fh_status fhi_xap_test_throw(fhi_xap_test_kind kind, int system_error, fh_err *err) FHI_XAP_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
