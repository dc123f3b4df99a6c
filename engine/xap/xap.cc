/* xap.cc - libxapian behind xap.h; the one C++ file of the project.
 *
 * Every function is extern "C" and noexcept and has its body inside guard(), which alone turns exceptions into
 * statuses. Handles are plain structs around libxapian's reference-counted values, so they outlive one another in
 * any order. Caller's mistakes that libxapian would take for something else (an empty term is "all documents" to it,
 * a NUL cuts a path, a negative k1 becomes 0) are refused here.
 */
#include "engine/xap/xap.h"

#include <xapian.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

static_assert(sizeof(Xapian::docid) == 4 && sizeof(Xapian::termcount) == 4, "xap.h promises 32-bit ids and counts");

struct fhi_xap_stemmer {
    Xapian::Stem stem;
};
struct fhi_xap_document {
    Xapian::Document document;
};
struct fhi_xap_hits {
    Xapian::MSet mset;
};

struct fhi_xap_terms {
    Xapian::Document document; /* keeps alive what the iterators walk */
    Xapian::TermIterator at, end;
    bool started;
    std::string text; /* of the current term, lent to the caller */
};

struct fhi_xap_db {
    std::unique_ptr<Xapian::Database> database; /* null once closed */
    Xapian::WritableDatabase *writable;         /* the same object, or null when open for reading */
};

struct fhi_xap_query {
    Xapian::Query query;
    unsigned depth; /* 0 for a leaf */
};

struct fhi_xap_enquire {
    Xapian::Enquire enquire;
};

namespace {

using query_type = Xapian::Query;

/* ---- the guard ----------------------------------------------------------------------------------------- */

/* What the wrapper itself refuses. text is a literal. */
struct refusal {
    fh_status status;
    const char *text;
};

/* What a test throws to stand for a class that a later libxapian may add. */
struct unknown_xapian_error : Xapian::RuntimeError {
    unknown_xapian_error(const std::string &message, int system_error)
        : Xapian::RuntimeError(message, std::string(), "2UnknownError", system_error)
    {
    }
};

/* A failure is never FH_OK, whoever says so. */
fh_status note(fh_err *err, fh_status status, const char *what, const char *why = "", const char *reason = "") noexcept
{
    if (status == FH_OK) status = FH_E_INTERNAL;
    if (!err) return status;
    err->status = status;
    err->offset = 0;
    err->file[0] = '\0';
    (void)std::snprintf(err->text, sizeof err->text, "%s%s%s%s%s", what, *why ? ": " : "", why, *reason ? ": " : "",
                        reason);
    return status;
}

/* The text of the errno an exception carries, or null. libxapian may allocate for it, inside a handler. */
const char *system_reason(const Xapian::Error &error) noexcept
{
    try {
        return error.get_error_string();
    } catch (...) {
        return nullptr;
    }
}

fh_status note_xapian(fh_err *err, const Xapian::Error &error, fh_status status, fh_status status_os) noexcept
{
    const char *reason = system_reason(error);
    return note(err, reason ? status_os : status, error.get_type(), error.get_msg().c_str(), reason ? reason : "");
}

/* The only translation: call it inside a handler. From the specific to `...`; libxapian's classes are a family of their
 * own beside the standard ones. */
fh_status translate(fh_err *err) noexcept
{
    try {
        throw;
    } catch (const refusal &refused) {
        return note(err, refused.status, refused.text);
    } catch (const std::bad_alloc &) {
        return note(err, FH_E_NOMEM, "out of memory in libxapian");
    } catch (const std::length_error &) {
        return note(err, FH_E_LIMIT, "a string over the limit of its type");
    } catch (const std::exception &error) {
        return note(err, FH_E_INTERNAL, "unexpected C++ exception", error.what());
    }
#define FHI_XAP_CATCH(class_name, status, status_os)                                                                   \
    catch (const Xapian::class_name &error)                                                                            \
    {                                                                                                                  \
        return note_xapian(err, error, status, status_os);                                                             \
    }
    FHI_XAP_ERROR_LIST(FHI_XAP_CATCH)
    FHI_XAP_CATCH(Error, FH_E_XAPIAN, FH_E_XAPIAN)
#undef FHI_XAP_CATCH
    catch (...)
    {
        return note(err, FH_E_INTERNAL, "unexpected C++ exception of no known class");
    }
}

template <typename Body> fh_status guard(fh_err *err, Body &&body) noexcept
{
    try {
        body();
        return FH_OK;
    } catch (...) {
        return translate(err);
    }
}

/* For functions with one output, a handle or a value: it is null or zero until body() has answered. */
template <typename Out, typename Body> fh_status guard_out(fh_err *err, Out *out, Body &&body) noexcept
{
    *out = Out{};
    return guard(err, [&] { *out = body(); });
}

/* For functions that answer nothing: a destructor's failure has nobody to go to. */
template <typename Handle> void destroy(Handle *handle) noexcept
{
    (void)guard(nullptr, [&] { delete handle; });
}

/* ---- arguments in, bytes out --------------------------------------------------------------------------- */

void require(bool condition, const char *text)
{
    if (!condition) throw refusal{FH_E_INVALID, text};
}

template <typename Handle> Handle &checked(Handle *handle)
{
    require(handle != nullptr, "a handle or argument is NULL");
    return *handle;
}

template <typename Handle, typename... Parts> Handle *made(Parts &&...parts)
{
    return new Handle{std::forward<Parts>(parts)...};
}

std::string bytes_of(fh_str text)
{
    require(text.ptr || text.len == 0, "a string without bytes has a length");
    return text.len ? std::string(text.ptr, text.len) : std::string();
}

/* For what has no meaning when empty: a language, a term, a path, a bound. */
std::string nonempty(fh_str text)
{
    require(text.ptr && text.len != 0, "an empty string where none may be");
    return std::string(text.ptr, text.len);
}

std::string term_of(fh_str term)
{
    if (term.len > FHI_XAP_TERM_BYTES_MAX) throw refusal{FH_E_LIMIT, "a term is over 245 bytes"};
    return nonempty(term);
}

std::string path_of(fh_str path)
{
    std::string whole = nonempty(path);
    require(whole.find('\0') == std::string::npos, "a path holds a NUL byte");
    return whole;
}

bool is_finite_from(double number, double low)
{
    return std::isfinite(number) && number >= low;
}

/* For functions that answer bytes: body() gives them as a std::string. */
template <typename Body>
fh_status guard_bytes(fh_err *err, char *buffer, size_t capacity, size_t *len, Body &&body) noexcept
{
    *len = 0;
    return guard(err, [&] {
        const std::string bytes = body();
        *len = bytes.size();
        if (bytes.size() > capacity) throw refusal{FH_E_LIMIT, "the caller's buffer is too small"};
        require(buffer || bytes.empty(), "the caller's buffer is NULL");
        bytes.copy(buffer, bytes.size());
    });
}

std::string encode_number(double number)
{
    require(std::isfinite(number), "a number is not finite");
    return Xapian::sortable_serialise(number);
}

/* libxapian decodes any bytes to something; only what encode_number writes is taken. */
double decode_number(const std::string &bytes)
{
    require(!bytes.empty() && bytes.size() <= FHI_XAP_NUMBER_BYTES_MAX, "a value is no number");
    const double number = Xapian::sortable_unserialise(bytes);
    require(std::isfinite(number) && Xapian::sortable_serialise(number) == bytes, "a value is no number");
    return number;
}

/* ---- databases and queries ----------------------------------------------------------------------------- */

fh_status name_file(fh_err *err, fh_str path, fh_status status) noexcept
{
    if (status == FH_OK || !err || !path.ptr) return status;
    const size_t room = sizeof err->file - 1;
    const size_t len = path.len < room ? path.len : room;
    std::memcpy(err->file, path.ptr, len);
    err->file[len] = '\0';
    return status;
}

int open_flags(fhi_xap_mode mode)
{
    static constexpr int actions[] = {Xapian::DB_OPEN, Xapian::DB_CREATE, Xapian::DB_CREATE_OR_OPEN,
                                      Xapian::DB_CREATE_OR_OVERWRITE};
    require(mode < std::size(actions), "an unknown way to open a database");
    return actions[mode] | Xapian::DB_BACKEND_GLASS;
}

fhi_xap_db *new_writable(const std::string &path, int flags)
{
    auto writable = std::make_unique<Xapian::WritableDatabase>(path, flags);
    Xapian::WritableDatabase *same = writable.get();
    return made<fhi_xap_db>(std::move(writable), same);
}

Xapian::Database &database_of(fhi_xap_db *db)
{
    if (!checked(db).database) throw refusal{FH_E_CLOSED, "the database is closed"};
    return *db->database;
}

Xapian::WritableDatabase &writable_of(fhi_xap_db *db)
{
    (void)database_of(db);
    require(db->writable != nullptr, "the database is open for reading only");
    return *db->writable;
}

query_type::op query_op(fhi_xap_op op)
{
    static constexpr query_type::op ops[] = {query_type::OP_AND,       query_type::OP_OR,     query_type::OP_AND_NOT,
                                             query_type::OP_AND_MAYBE, query_type::OP_FILTER, query_type::OP_NEAR,
                                             query_type::OP_PHRASE};
    require(op < std::size(ops), "an unknown query operator");
    return ops[op];
}

fhi_xap_query *new_query(const query_type &query, unsigned depth = 0)
{
    if (depth > FHI_XAP_QUERY_DEPTH_MAX) throw refusal{FH_E_LIMIT, "a query is nested too deep"};
    return made<fhi_xap_query>(query, depth);
}

fhi_xap_query *new_combined(fhi_xap_op op, const std::vector<query_type> &parts, uint32_t window, unsigned depth)
{
    const query_type::op xapian_op = query_op(op);
    const bool positional = op == FHI_XAP_NEAR || op == FHI_XAP_PHRASE;
    require(positional || window == 0, "a window where the operator has none");
    require(window == 0 || window >= parts.size(), "a window smaller than the number of its operands");
    return new_query(query_type(xapian_op, parts.begin(), parts.end(), window), depth);
}

/* ---- the engine's formula ------------------------------------------------------------------------------ */

/* What all terms of a query share. */
struct norm_bm25_shared {
    double k1;
    std::array<double, 256> length_part; /* k1*(1 - b + b*len/length_average) of each norm, in wdf */
    uint8_t (*norm_of_length)(uint32_t length);
};

std::shared_ptr<const norm_bm25_shared> share_norm_bm25(const fhi_xap_norm_bm25 &bm25)
{
    require(is_finite_from(bm25.k1, 0) && is_finite_from(bm25.b, 0) && bm25.b <= 1, "k1 or b of BM25 is out of range");
    require(is_finite_from(bm25.tf_of_wdf, 0) && bm25.tf_of_wdf > 0, "tf_of_wdf is not above 0");
    require(is_finite_from(bm25.length_average, 0) && bm25.length_average > 0, "length_average is not above 0");
    require(bm25.length_of_norm && bm25.norm_of_length, "the table or the function of norms is NULL");
    auto shared = std::make_shared<norm_bm25_shared>();
    shared->k1 = bm25.k1;
    shared->norm_of_length = bm25.norm_of_length;
    for (size_t norm = 0; norm < shared->length_part.size(); norm++) {
        const double length = static_cast<double>(bm25.length_of_norm[norm]);
        const double shorter = norm == 0 ? 0 : static_cast<double>(bm25.length_of_norm[norm - 1]);
        shared->length_part[norm] = bm25.k1 * (1 - bm25.b + bm25.b * length / bm25.length_average) / bm25.tf_of_wdf;
        require(is_finite_from(length, shorter) && std::isfinite(shared->length_part[norm]),
                "the table of lengths decreases or is not finite");
    }
    return shared;
}

class norm_bm25_weight : public Xapian::Weight {
  public:
    explicit norm_bm25_weight(std::shared_ptr<const norm_bm25_shared> shared) : shared_(std::move(shared))
    {
        for (stat_flags stat : {COLLECTION_SIZE, TERMFREQ, WQF, WDF, WDF_MAX, DOC_LENGTH, DOC_LENGTH_MIN})
            need_stat(stat);
    }

    norm_bm25_weight *clone() const override
    {
        return new norm_bm25_weight(shared_);
    }

    void init(double factor) override
    {
        const double doc_count = get_collection_size();
        const double term_count = get_termfreq();
        const double idf = std::log(1 + (doc_count - term_count + 0.5) / (term_count + 0.5));
        weight_max_ = factor * get_wqf() * idf * (shared_->k1 + 1);
    }

    double get_sumpart(Xapian::termcount wdf, Xapian::termcount length, Xapian::termcount) const override
    {
        if (wdf == 0) return 0;
        /* tf/(tf + x), in a form that rounding, too, never decreases as tf grows: the bound below stays one. */
        return weight_max_ / (1 + shared_->length_part[shared_->norm_of_length(length)] / wdf);
    }

    double get_maxpart() const override
    {
        return get_sumpart(get_wdf_upper_bound(), get_doclength_lower_bound(), 0);
    }

    double get_sumextra(Xapian::termcount, Xapian::termcount) const override
    {
        return 0;
    }
    double get_maxextra() const override
    {
        return 0;
    }

  private:
    std::shared_ptr<const norm_bm25_shared> shared_;
    double weight_max_ = 0; /* what tf without end would reach */
};

} // namespace

/* ---- stemmer, numbers ---------------------------------------------------------------------------------- */

fh_status fhi_xap_stemmer_create(fh_str language, fhi_xap_stemmer **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return made<fhi_xap_stemmer>(Xapian::Stem(nonempty(language))); });
}

void fhi_xap_stemmer_destroy(fhi_xap_stemmer *stemmer) noexcept
{
    destroy(stemmer);
}

fh_status fhi_xap_stemmer_stem(fhi_xap_stemmer *stemmer, fh_str word, char *buffer, size_t capacity, size_t *len,
                               fh_err *err) noexcept
{
    return guard_bytes(err, buffer, capacity, len, [&] { return checked(stemmer).stem(bytes_of(word)); });
}

fh_status fhi_xap_stemmer_languages(char *buffer, size_t capacity, size_t *len, fh_err *err) noexcept
{
    return guard_bytes(err, buffer, capacity, len, [&] { return Xapian::Stem::get_available_languages(); });
}

fh_status fhi_xap_number_encode(double number, char *buffer, size_t capacity, size_t *len, fh_err *err) noexcept
{
    return guard_bytes(err, buffer, capacity, len, [&] { return encode_number(number); });
}

fh_status fhi_xap_number_decode(fh_str bytes, double *number, fh_err *err) noexcept
{
    return guard_out(err, number, [&] { return decode_number(bytes_of(bytes)); });
}

/* ---- documents ----------------------------------------------------------------------------------------- */

fh_status fhi_xap_document_create(fhi_xap_document **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return made<fhi_xap_document>(Xapian::Document()); });
}

void fhi_xap_document_destroy(fhi_xap_document *document) noexcept
{
    destroy(document);
}

fh_status fhi_xap_document_add_term(fhi_xap_document *document, fh_str term, uint32_t wdf, fh_err *err) noexcept
{
    return guard(err, [&] { checked(document).document.add_term(term_of(term), wdf); });
}

fh_status fhi_xap_document_add_posting(fhi_xap_document *document, fh_str term, uint32_t position, uint32_t wdf,
                                       fh_err *err) noexcept
{
    return guard(err, [&] { checked(document).document.add_posting(term_of(term), position, wdf); });
}

fh_status fhi_xap_document_set_value(fhi_xap_document *document, uint32_t slot, fh_str value, fh_err *err) noexcept
{
    return guard(err, [&] { checked(document).document.add_value(slot, bytes_of(value)); });
}

fh_status fhi_xap_document_set_number(fhi_xap_document *document, uint32_t slot, double number, fh_err *err) noexcept
{
    return guard(err, [&] { checked(document).document.add_value(slot, encode_number(number)); });
}

fh_status fhi_xap_document_set_data(fhi_xap_document *document, fh_str data, fh_err *err) noexcept
{
    return guard(err, [&] { checked(document).document.set_data(bytes_of(data)); });
}

fh_status fhi_xap_document_value(fhi_xap_document *document, uint32_t slot, char *buffer, size_t capacity, size_t *len,
                                 fh_err *err) noexcept
{
    return guard_bytes(err, buffer, capacity, len, [&] { return checked(document).document.get_value(slot); });
}

fh_status fhi_xap_document_data(fhi_xap_document *document, char *buffer, size_t capacity, size_t *len,
                                fh_err *err) noexcept
{
    return guard_bytes(err, buffer, capacity, len, [&] { return checked(document).document.get_data(); });
}

fh_status fhi_xap_document_number(fhi_xap_document *document, uint32_t slot, double *number, fh_err *err) noexcept
{
    return guard_out(err, number, [&] {
        const std::string value = checked(document).document.get_value(slot);
        if (value.empty()) throw refusal{FH_E_NOT_FOUND, "the document has no value in this slot"};
        return decode_number(value);
    });
}

fh_status fhi_xap_terms_create(fhi_xap_document *document, fhi_xap_terms **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        const Xapian::Document &from = checked(document).document;
        return made<fhi_xap_terms>(from, from.termlist_begin(), from.termlist_end(), false, std::string());
    });
}

void fhi_xap_terms_destroy(fhi_xap_terms *terms) noexcept
{
    destroy(terms);
}

fh_status fhi_xap_terms_next(fhi_xap_terms *terms, fhi_xap_term *term, bool *more, fh_err *err) noexcept
{
    *term = fhi_xap_term{};
    *more = false;
    return guard(err, [&] {
        fhi_xap_terms &walk = checked(terms);
        if (walk.started && walk.at != walk.end) ++walk.at;
        walk.started = true;
        if (walk.at == walk.end) return;
        walk.text = *walk.at;
        *term = fhi_xap_term{{walk.text.data(), walk.text.size()}, walk.at.get_wdf()};
        *more = true;
    });
}

/* ---- databases ----------------------------------------------------------------------------------------- */

fh_status fhi_xap_db_open(fh_str path, fhi_xap_db **out, fh_err *err) noexcept
{
    const fh_status status = guard_out(err, out, [&] {
        return made<fhi_xap_db>(std::make_unique<Xapian::Database>(path_of(path), Xapian::DB_BACKEND_GLASS), nullptr);
    });
    return name_file(err, path, status);
}

fh_status fhi_xap_db_open_writable(fh_str path, fhi_xap_mode mode, fhi_xap_db **out, fh_err *err) noexcept
{
    return name_file(err, path, guard_out(err, out, [&] { return new_writable(path_of(path), open_flags(mode)); }));
}

fh_status fhi_xap_db_open_memory(fhi_xap_db **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return new_writable(std::string(), Xapian::DB_BACKEND_INMEMORY); });
}

fh_status fhi_xap_db_close(fhi_xap_db *db, fh_err *err) noexcept
{
    return guard(err, [&] {
        const std::unique_ptr<Xapian::Database> closing = std::move(checked(db).database);
        if (closing) closing->close();
    });
}

void fhi_xap_db_destroy(fhi_xap_db *db) noexcept
{
    if (db) (void)fhi_xap_db_close(db, nullptr);
    destroy(db);
}

fh_status fhi_xap_db_reopen(fhi_xap_db *db, bool *changed, fh_err *err) noexcept
{
    return guard_out(err, changed, [&] { return database_of(db).reopen(); });
}

fh_status fhi_xap_db_add(fhi_xap_db *db, const fhi_xap_document *document, uint32_t *docid, fh_err *err) noexcept
{
    return guard_out(err, docid, [&] { return writable_of(db).add_document(checked(document).document); });
}

fh_status fhi_xap_db_replace(fhi_xap_db *db, uint32_t docid, const fhi_xap_document *document, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).replace_document(docid, checked(document).document); });
}

fh_status fhi_xap_db_replace_by_term(fhi_xap_db *db, fh_str term, const fhi_xap_document *document, uint32_t *docid,
                                     fh_err *err) noexcept
{
    return guard_out(err, docid,
                     [&] { return writable_of(db).replace_document(term_of(term), checked(document).document); });
}

fh_status fhi_xap_db_delete(fhi_xap_db *db, uint32_t docid, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).delete_document(docid); });
}

fh_status fhi_xap_db_delete_by_term(fhi_xap_db *db, fh_str term, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).delete_document(term_of(term)); });
}

fh_status fhi_xap_db_commit(fhi_xap_db *db, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).commit(); });
}

fh_status fhi_xap_db_transaction_begin(fhi_xap_db *db, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).begin_transaction(); });
}

fh_status fhi_xap_db_transaction_commit(fhi_xap_db *db, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).commit_transaction(); });
}

fh_status fhi_xap_db_transaction_cancel(fhi_xap_db *db, fh_err *err) noexcept
{
    return guard(err, [&] { writable_of(db).cancel_transaction(); });
}

fh_status fhi_xap_db_stats(fhi_xap_db *db, fhi_xap_stats *out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        const Xapian::Database &database = database_of(db);
        return fhi_xap_stats{database.get_doccount(), database.get_lastdocid(), database.get_total_length(),
                             database.get_average_length()};
    });
}

fh_status fhi_xap_db_term_stats(fhi_xap_db *db, fh_str term, uint32_t *doc_count, uint64_t *wdf_total,
                                fh_err *err) noexcept
{
    *doc_count = 0;
    *wdf_total = 0;
    return guard(err, [&] {
        const std::string name = term_of(term);
        *doc_count = database_of(db).get_termfreq(name);
        *wdf_total = database_of(db).get_collection_freq(name);
    });
}

fh_status fhi_xap_db_doc_length(fhi_xap_db *db, uint32_t docid, uint32_t *length, fh_err *err) noexcept
{
    return guard_out(err, length, [&] { return database_of(db).get_doclength(docid); });
}

fh_status fhi_xap_db_document(fhi_xap_db *db, uint32_t docid, fhi_xap_document **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return made<fhi_xap_document>(database_of(db).get_document(docid)); });
}

/* ---- queries ------------------------------------------------------------------------------------------- */

void fhi_xap_query_destroy(fhi_xap_query *query) noexcept
{
    destroy(query);
}

fh_status fhi_xap_query_term(fh_str term, uint32_t wqf, fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return new_query(query_type(term_of(term), wqf)); });
}

fh_status fhi_xap_query_all(fhi_xap_query **out, fh_err *err) noexcept
{
    /* Not Xapian::Query::MatchAll: its reference count is shared by all threads. */
    return guard_out(err, out, [&] { return new_query(query_type(std::string())); });
}

fh_status fhi_xap_query_nothing(fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return new_query(query_type()); });
}

fh_status fhi_xap_query_combine(fhi_xap_op op, const fhi_xap_query *const *parts, size_t count, uint32_t window,
                                fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        require(parts && count != 0, "an operator without operands");
        std::vector<query_type> queries;
        unsigned depth = 0;
        queries.reserve(count);
        for (size_t i = 0; i < count; i++) {
            queries.push_back(checked(parts[i]).query);
            if (parts[i]->depth > depth) depth = parts[i]->depth;
        }
        return new_combined(op, queries, window, depth + 1);
    });
}

fh_status fhi_xap_query_combine_terms(fhi_xap_op op, const fh_str *terms, size_t count, uint32_t window,
                                      fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        require(terms && count != 0, "an operator without operands");
        std::vector<query_type> queries;
        queries.reserve(count);
        for (size_t i = 0; i < count; i++)
            queries.emplace_back(term_of(terms[i]));
        return new_combined(op, queries, window, 1);
    });
}

fh_status fhi_xap_query_value_range(uint32_t slot, fh_str low, fh_str high, fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        return new_query(query_type(query_type::OP_VALUE_RANGE, slot, nonempty(low), nonempty(high)));
    });
}

fh_status fhi_xap_query_value_ge(uint32_t slot, fh_str low, fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return new_query(query_type(query_type::OP_VALUE_GE, slot, nonempty(low))); });
}

fh_status fhi_xap_query_value_le(uint32_t slot, fh_str high, fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return new_query(query_type(query_type::OP_VALUE_LE, slot, nonempty(high))); });
}

fh_status fhi_xap_query_scale(const fhi_xap_query *query, double factor, fhi_xap_query **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        const fhi_xap_query &inner = checked(query);
        require(is_finite_from(factor, 0), "a weight is scaled by a negative or infinite factor");
        return new_query(query_type(factor, inner.query), inner.depth + 1);
    });
}

/* ---- enquiries ----------------------------------------------------------------------------------------- */

fh_status fhi_xap_enquire_create(fhi_xap_db *db, fhi_xap_enquire **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] { return made<fhi_xap_enquire>(Xapian::Enquire(database_of(db))); });
}

void fhi_xap_enquire_destroy(fhi_xap_enquire *enquire) noexcept
{
    destroy(enquire);
}

fh_status fhi_xap_enquire_set_query(fhi_xap_enquire *enquire, const fhi_xap_query *query, fh_err *err) noexcept
{
    return guard(err, [&] { checked(enquire).enquire.set_query(checked(query).query); });
}

fh_status fhi_xap_enquire_set_bm25(fhi_xap_enquire *enquire, const fhi_xap_bm25 *bm25, fh_err *err) noexcept
{
    return guard(err, [&] {
        const fhi_xap_bm25 &with = checked(bm25);
        require(is_finite_from(with.k1, 0) && is_finite_from(with.k2, 0) && is_finite_from(with.k3, 0) &&
                    is_finite_from(with.min_normlen, 0) && is_finite_from(with.b, 0) && with.b <= 1,
                "a parameter of BM25 is out of range");
        const Xapian::BM25Weight weight(with.k1, with.k2, with.k3, with.b, with.min_normlen);
        checked(enquire).enquire.set_weighting_scheme(weight);
    });
}

fh_status fhi_xap_enquire_set_norm_bm25(fhi_xap_enquire *enquire, const fhi_xap_norm_bm25 *bm25, fh_err *err) noexcept
{
    return guard(
        err, [&] { checked(enquire).enquire.set_weighting_scheme(norm_bm25_weight(share_norm_bm25(checked(bm25)))); });
}

fh_status fhi_xap_enquire_sort_by_weight(fhi_xap_enquire *enquire, fh_err *err) noexcept
{
    return guard(err, [&] { checked(enquire).enquire.set_sort_by_relevance(); });
}

fh_status fhi_xap_enquire_sort_by_value(fhi_xap_enquire *enquire, uint32_t slot, bool descending, fh_err *err) noexcept
{
    return guard(err, [&] { checked(enquire).enquire.set_sort_by_value(slot, descending); });
}

fh_status fhi_xap_enquire_run(fhi_xap_enquire *enquire, uint32_t first, uint32_t hit_count_max, uint32_t check_at_least,
                              fhi_xap_hits **out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        return made<fhi_xap_hits>(checked(enquire).enquire.get_mset(first, hit_count_max, check_at_least));
    });
}

fh_status fhi_xap_enquire_count(fhi_xap_enquire *enquire, uint32_t *match_count, fh_err *err) noexcept
{
    return guard_out(err, match_count,
                     [&] { return checked(enquire).enquire.get_mset(0, 0, UINT32_MAX).get_matches_lower_bound(); });
}

void fhi_xap_hits_destroy(fhi_xap_hits *hits) noexcept
{
    destroy(hits);
}

fh_status fhi_xap_hits_totals(const fhi_xap_hits *hits, fhi_xap_totals *out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        const Xapian::MSet &mset = checked(hits).mset;
        const uint32_t least = mset.get_matches_lower_bound();
        const uint32_t most = mset.get_matches_upper_bound();
        return fhi_xap_totals{
            mset.size(), least, most, mset.get_matches_estimated(), least == most, mset.get_max_attained()};
    });
}

fh_status fhi_xap_hits_get(const fhi_xap_hits *hits, uint32_t index, fhi_xap_hit *out, fh_err *err) noexcept
{
    return guard_out(err, out, [&] {
        const Xapian::MSet &mset = checked(hits).mset;
        if (index >= mset.size()) throw refusal{FH_E_NOT_FOUND, "there is no hit of this index"};
        const Xapian::MSetIterator hit = mset[index];
        return fhi_xap_hit{*hit, hit.get_weight()};
    });
}

/* ---- for tests ----------------------------------------------------------------------------------------- */

fh_status fhi_xap_test_throw(fhi_xap_test_kind kind, int system_error, fh_err *err) noexcept
{
    return guard(err, [&] {
        switch (kind) {
#define FHI_XAP_THROW(class_name, status, status_os)                                                                   \
    case FHI_XAP_THROW_##class_name:                                                                                   \
        throw Xapian::class_name("thrown by a test", std::string(), system_error);
            FHI_XAP_ERROR_LIST(FHI_XAP_THROW)
#undef FHI_XAP_THROW
        case FHI_XAP_THROW_UNKNOWN_XAPIAN: throw unknown_xapian_error("thrown by a test", system_error);
        case FHI_XAP_THROW_BAD_ALLOC: throw std::bad_alloc();
        case FHI_XAP_THROW_LENGTH_ERROR: throw std::length_error("thrown by a test");
        case FHI_XAP_THROW_STD_EXCEPTION: throw std::runtime_error("thrown by a test");
        case FHI_XAP_THROW_INT: throw 42;
        case FHI_XAP_THROW_OK: throw refusal{FH_OK, "thrown by a test"};
        case FHI_XAP_THROW_NOTHING: return;
        case FHI_XAP_THROW_COUNT: break;
        }
        throw refusal{FH_E_INVALID, "an unknown kind of exception"};
    });
}
