/* server_ask.c - an HTTP request or a line of JSON into one fhi_ask.
 *
 * Both doors are strict in the same way: an unknown name, a name given twice or a value of another type is refused
 * by name, so that a misspelt parameter never passes for a default. Names and bounds of search parameters are
 * fhi_request_set's.
 */
#include "query/server_ask.h"
#include "engine/base/json.h"

#include <stdio.h>

enum { SHOWN_BYTES_MAX = 80 }; /* of a client's text inside a message */

void fhi_ask_init(fhi_ask *ask)
{
    *ask = (fhi_ask){.kind = FHI_ASK_HELLO};
    fhi_request_defaults(&ask->request);
}

void fhi_ask_fini(fhi_ask *ask)
{
    json_decref(ask->root);
    fhi_buf_fini(&ask->text);
    *ask = (fhi_ask){.kind = FHI_ASK_HELLO};
}

/* The beginning of a text, cut between characters, ready for "%.*s". */
static int shown(fh_str text)
{
    size_t len = text.len < SHOWN_BYTES_MAX ? text.len : SHOWN_BYTES_MAX;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    return (int)len;
}

/* ---- HTTP ---- */

/* Names seen so far, as bits in the order of this table. */
static const char *const search_names[] = {"q", "top", "offset", "op", "sort", "lang"};
enum { SEARCH_NAMES = sizeof search_names / sizeof search_names[0] };

static fh_status see_name(fh_str name, unsigned *seen, fh_err *err)
{
    for (unsigned i = 0; i < SEARCH_NAMES; i++) {
        if (!fhi_str_equal(name, fhi_str(search_names[i]))) continue;
        if (*seen & (1U << i)) return fhi_fail(err, FH_E_INVALID, "parameter `%s` is given twice", search_names[i]);
        *seen |= 1U << i;
        return FH_OK;
    }
    return fhi_fail(err, FH_E_INVALID, "unknown parameter `%.*s`", shown(name), name.ptr);
}

static fh_status set_parameter(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    /* The text of the query is judged where it is parsed, so that every door gives the same error. */
    if (fhi_str_equal(name, FH_STR("q"))) {
        ask->request.query = value;
        return FH_OK;
    }
    return fhi_request_set(&ask->request, name, value, err);
}

static fh_status check_reach(const fhi_request *request, fh_err *err)
{
    if (request->offset <= FHI_TOP_MAX - request->top) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`offset` and `top` together reach at most %d", FHI_TOP_MAX);
}

static fh_status read_parameters(fhi_ask *ask, fh_str query, fh_err *err)
{
    unsigned seen = 0;
    fh_str raw_name, raw_value, name, value;
    while (fhi_http_param_next(&query, &raw_name, &raw_value)) {
        FH_TRY(fhi_http_percent_decode(raw_name, true, &ask->text, &name, err));
        FH_TRY(fhi_http_percent_decode(raw_value, true, &ask->text, &value, err));
        FH_TRY(see_name(name, &seen, err));
        FH_TRY(set_parameter(ask, name, value, err));
    }
    if (!(seen & 1U)) return fhi_fail(err, FH_E_INVALID, "parameter `q` is missing");
    return check_reach(&ask->request, err);
}

static fh_status no_parameters(fhi_ask *ask, fh_str query, fh_err *err)
{
    fh_str raw_name, raw_value, name;
    if (!fhi_http_param_next(&query, &raw_name, &raw_value)) return FH_OK;
    FH_TRY(fhi_http_percent_decode(raw_name, true, &ask->text, &name, err));
    return fhi_fail(err, FH_E_INVALID, "unknown parameter `%.*s`", shown(name), name.ptr);
}

static fh_status route(fhi_ask *ask, fh_str target, int *http_status, fh_err *err)
{
    static const char articles[] = "/article/";
    fh_str path, query;
    FH_TRY(fhi_http_target_split(target, &path, &query, err));
    /* Decoding never grows a text: with this, pointers into ask->text stay good. */
    if (!fhi_buf_reserve(&ask->text, target.len)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    FH_TRY(fhi_http_percent_decode(path, false, &ask->text, &path, err));
    if (fhi_str_equal(path, FH_STR("/search"))) {
        ask->kind = FHI_ASK_SEARCH;
        return read_parameters(ask, query, err);
    }
    if (fhi_str_starts(path, FH_STR(articles))) {
        ask->kind = FHI_ASK_ARTICLE;
        ask->article = (fh_str){path.ptr + sizeof articles - 1, path.len - (sizeof articles - 1)};
        return no_parameters(ask, query, err);
    }
    if (fhi_str_equal(path, FH_STR("/health")))
        ask->kind = FHI_ASK_HEALTH;
    else if (fhi_str_equal(path, FH_STR("/")))
        ask->kind = FHI_ASK_HELLO;
    else {
        *http_status = 404;
        return fhi_fail(err, FH_E_NOT_FOUND, "no such path: %.*s", shown(path), path.ptr);
    }
    return no_parameters(ask, query, err);
}

fh_status fhi_ask_from_http(fhi_ask *ask, const fhi_http_parser *http, int *http_status, fh_err *err)
{
    *http_status = 400;
    if (!http->is_get) {
        *http_status = 405;
        return fhi_fail(err, FH_E_INVALID, "%s is not allowed; only GET and HEAD are answered", http->method);
    }
    const fh_status status = route(ask, fhi_http_target(http), http_status, err);
    if (status == FH_E_NOMEM) *http_status = 500;
    return status;
}

/* ---- lines ---- */

static fh_status set_member(fhi_ask *ask, const char *name, const json_t *value, fh_err *err)
{
    const bool counts = strcmp(name, "top") == 0 || strcmp(name, "offset") == 0;
    unsigned seen = 0; /* jansson has refused a name given twice */
    FH_TRY(see_name(fhi_str(name), &seen, err));
    if (counts ? !json_is_integer(value) : !json_is_string(value))
        return fhi_fail(err, FH_E_INVALID, "`%s` wants %s", name, counts ? "a whole number" : "a string");
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    const fh_str text = {json_string_value(value), json_string_length(value)};
    return set_parameter(ask, fhi_str(name), counts ? fhi_str(digits) : text, err);
}

static fh_status read_search(fhi_ask *ask, fh_err *err)
{
    const char *name;
    json_t *value;
    ask->kind = FHI_ASK_SEARCH;
    json_object_foreach(ask->root, name, value) if (strcmp(name, "id") != 0) FH_TRY(set_member(ask, name, value, err));
    return FH_OK;
}

/* A line that is not a search holds its one name, and perhaps an id. */
static fh_status read_single(fhi_ask *ask, const char *only, fh_err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(ask->root, name, value) if (strcmp(name, only) != 0 && strcmp(name, "id") != 0) return fhi_fail(
        err, FH_E_INVALID, "unknown name `%.*s` beside `%s`", shown(fhi_str(name)), name, only);
    return FH_OK;
}

static fh_status read_members(fhi_ask *ask, fh_err *err)
{
    const json_t *article = json_object_get(ask->root, "article");
    const json_t *health = json_object_get(ask->root, "health");
    if (article) {
        FH_TRY(read_single(ask, "article", err));
        if (!json_is_string(article)) return fhi_fail(err, FH_E_INVALID, "`article` wants a string");
        ask->kind = FHI_ASK_ARTICLE;
        ask->article = (fh_str){json_string_value(article), json_string_length(article)};
        return FH_OK;
    }
    if (health) {
        FH_TRY(read_single(ask, "health", err));
        if (!json_is_true(health)) return fhi_fail(err, FH_E_INVALID, "`health` wants true");
        ask->kind = FHI_ASK_HEALTH;
        return FH_OK;
    }
    FH_TRY(read_search(ask, err));
    if (!json_object_get(ask->root, "q")) return fhi_fail(err, FH_E_INVALID, "`q` is missing");
    return check_reach(&ask->request, err);
}

fh_status fhi_ask_from_line(fhi_ask *ask, fh_str line, fh_err *err)
{
    const size_t bad = line.len ? fhi_utf8_check(line.ptr, line.len) : 0;
    if (bad != line.len) return fhi_fail(err, FH_E_UTF8, "byte %zu of the line is not UTF-8", bad);
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
    const fh_status read = fhi_json_load(line, flags, &ask->root, &error);
    if (read == FH_E_NOMEM) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (read != FH_OK && json_error_code(&error) == json_error_numeric_overflow)
        return fhi_fail(err, FH_E_INVALID, "a number beyond 64 bits: %s", error.text);
    if (read != FH_OK) return fhi_fail(err, FH_E_INVALID, "the line is not JSON: %s", error.text);
    if (!json_is_object(ask->root)) return fhi_fail(err, FH_E_INVALID, "the line is not a JSON object");
    ask->id = json_object_get(ask->root, "id");
    return read_members(ask, err);
}
