/* server_ask.c - an HTTP request or a line of JSON into one fhi_ask, by the table of route.c.
 *
 * Both doors are strict in the same way: an unknown name, a name given twice or a value of another type is refused
 * by name, so that a misspelt parameter never passes for a default.
 */
#include "query/server/server_ask.h"
#include "engine/base/json.h"

#include <stdio.h>

void fhi_ask_init(fhi_ask *ask)
{
    *ask = (fhi_ask){.route = NULL};
    fhi_request_defaults(&ask->request);
}

void fhi_ask_fini(fhi_ask *ask)
{
    json_decref(ask->root);
    fhi_buf_fini(&ask->text);
    *ask = (fhi_ask){.route = NULL};
}

/* ---- parameters ---- */

/* Which parameters of a route have been given: one bit each, in its order. */
typedef struct given {
    const fhi_route *route;
    unsigned seen;
} given;

static fh_status find_parameter(given *names, fh_str name, const fhi_param **out, fh_err *err)
{
    *out = NULL;
    for (unsigned i = 0; i < FHI_PARAMS_MAX && names->route->params[i]; i++) {
        const fhi_param *param = names->route->params[i];
        if (param->type == FHI_PARAM_PATH || !fhi_str_equal(name, fhi_str(param->name))) continue;
        if (names->seen & (1U << i) && !param->repeated)
            return fhi_fail(err, FH_E_INVALID, "parameter `%s` is given twice", param->name);
        names->seen |= 1U << i;
        *out = param;
        return FH_OK;
    }
    return fhi_fail(err, FH_E_INVALID, "unknown parameter `%.*s`", fhi_quotable(name), name.ptr);
}

static fh_status check_whole(const fhi_ask *ask, const given *names, fh_err *err)
{
    for (unsigned i = 0; i < FHI_PARAMS_MAX && names->route->params[i]; i++) {
        const fhi_param *param = names->route->params[i];
        const bool by_verb = param->subject && ask->root; /* else the line would be another question */
        if (param->required && param->type != FHI_PARAM_PATH && !by_verb && !(names->seen & (1U << i)))
            return fhi_fail(err, FH_E_INVALID, "parameter `%s` is missing", param->name);
    }
    return names->route->check ? names->route->check(ask, err) : FH_OK;
}

/* What a route is about: the parameter that is the rest of a path, or else the value of a verb; NULL: there is none. */
static const fhi_param *subject_of(const fhi_route *route)
{
    for (unsigned i = 0; i < FHI_PARAMS_MAX && route->params[i]; i++)
        if (route->params[i]->type == FHI_PARAM_PATH || route->params[i]->subject) return route->params[i];
    return NULL;
}

/* ---- HTTP ---- */

static fh_status read_parameters(fhi_ask *ask, fh_str query, fh_err *err)
{
    given names = {.route = ask->route};
    const fhi_param *param;
    fh_str raw_name, raw_value, name, value;
    while (fhi_http_param_next(&query, &raw_name, &raw_value)) {
        FH_TRY(fhi_http_percent_decode(raw_name, true, &ask->text, &name, err));
        FH_TRY(fhi_http_percent_decode(raw_value, true, &ask->text, &value, err));
        FH_TRY(find_parameter(&names, name, &param, err));
        FH_TRY(param->set(ask, name, value, err));
    }
    return check_whole(ask, &names, err);
}

static fh_status refuse_method(const fhi_ask *ask, const fhi_http_parser *http, int *http_status, fh_err *err)
{
    *http_status = 405;
    return fhi_fail(err, FH_E_INVALID, "%s is not allowed; only %s answered", http->method,
                    ask->route && ask->route->posted ? "POST is" : "GET and HEAD are");
}

static fh_status route(fhi_ask *ask, const fhi_http_parser *http, int *http_status, fh_err *err)
{
    const fh_str target = fhi_http_target(http), langs = fhi_http_header_value(http, "accept-language");
    fh_str path, query, rest;
    const fh_status split = fhi_http_target_split(target, &path, &query, err);
    if (split != FH_OK && !http->is_get && !http->is_post) return refuse_method(ask, http, http_status, err);
    if (split != FH_OK) return split;
    /* Decoding never grows a text: with this, pointers into ask->text stay good. */
    if (!fhi_buf_reserve(&ask->text, target.len + langs.len)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    FH_TRY(fhi_http_percent_decode(path, false, &ask->text, &path, err));
    ask->route = fhi_route_of_path(path, &rest);
    if (!ask->route) {
        *http_status = 404;
        return fhi_fail(err, FH_E_NOT_FOUND, "no such path: %.*s", fhi_quotable(path), path.ptr);
    }
    if (ask->route->posted ? !http->is_post : !http->is_get) return refuse_method(ask, http, http_status, err);
    if (ask->route->page && langs.len) {
        ask->page.accepted_langs = (fh_str){(const char *)ask->text.data + ask->text.len, langs.len};
        fhi_buf_put(&ask->text, langs.ptr, langs.len);
    }
    const fhi_param *subject = subject_of(ask->route);
    if (subject && subject->type == FHI_PARAM_PATH) FH_TRY(subject->set(ask, fhi_str(subject->name), rest, err));
    return read_parameters(ask, query, err);
}

fh_status fhi_ask_from_http(fhi_ask *ask, const fhi_http_parser *http, int *http_status, fh_err *err)
{
    *http_status = 400;
    const fh_status status = route(ask, http, http_status, err);
    if (status == FH_E_NOMEM) *http_status = 500;
    return status;
}

/* ---- lines ---- */

/* An array of strings, joined by commas as HTTP has them; *out points into ask->text. */
static fh_status join_list(fhi_ask *ask, const char *name, const json_t *list, fh_str *out, fh_err *err)
{
    size_t i;
    const json_t *item;
    const size_t begin = ask->text.len;
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item)) return fhi_fail(err, FH_E_INVALID, "`%s` wants an array of strings", name);
        if (memchr(json_string_value(item), ',', json_string_length(item)))
            return fhi_fail(err, FH_E_INVALID, "`%s` wants one name in each string", name);
        if (i) fhi_buf_put8(&ask->text, ',');
        fhi_buf_put(&ask->text, json_string_value(item), json_string_length(item));
    }
    if (ask->text.status != FH_OK) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    *out = ask->text.len > begin ? (fh_str){(const char *)ask->text.data + begin, ask->text.len - begin} : FH_STR("");
    return FH_OK;
}

static fh_status set_member(fhi_ask *ask, const fhi_param *param, const char *name, const json_t *value, fh_err *err)
{
    char digits[24];
    fh_str text = {json_string_value(value), json_string_length(value)};
    if (param->type == FHI_PARAM_NUMBER) {
        if (!json_is_integer(value)) return fhi_fail(err, FH_E_INVALID, "`%s` wants a whole number", name);
        (void)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = fhi_str(digits);
    } else if (param->type == FHI_PARAM_LIST) {
        if (!json_is_array(value)) return fhi_fail(err, FH_E_INVALID, "`%s` wants an array of strings", name);
        FH_TRY(join_list(ask, name, value, &text, err));
    } else if (!json_is_string(value)) {
        return fhi_fail(err, FH_E_INVALID, "`%s` wants a string", name);
    }
    return param->set(ask, fhi_str(param->name), text, err);
}

/* The route of a line is named by a member; one without any such is a search. */
static const fhi_route *route_of_line(const json_t *root)
{
    for (size_t i = 0; i < fhi_route_count; i++)
        if (fhi_routes[i].verb && json_object_get(root, fhi_routes[i].verb)) return &fhi_routes[i];
    return fhi_route_of_kind(FHI_ASK_SEARCH);
}

/* The member that names the route: true, or what HTTP has in the path. */
static fh_status read_verb(fhi_ask *ask, const json_t *value, fh_err *err)
{
    const fhi_param *subject = subject_of(ask->route);
    if (subject) return set_member(ask, subject, ask->route->verb, value, err);
    return json_is_true(value) ? FH_OK : fhi_fail(err, FH_E_INVALID, "`%s` wants true", ask->route->verb);
}

static fh_status read_members(fhi_ask *ask, fh_err *err)
{
    const char *name;
    json_t *value;
    given names = {.route = ask->route};
    const fhi_param *param;
    json_object_foreach(ask->root, name, value)
    {
        if (strcmp(name, "id") == 0 || strcmp(name, "order") == 0) continue;
        if (ask->route->verb && strcmp(name, ask->route->verb) == 0) {
            FH_TRY(read_verb(ask, value, err));
            continue;
        }
        FH_TRY(find_parameter(&names, fhi_str(name), &param, err));
        FH_TRY(set_member(ask, param, name, value, err));
    }
    return check_whole(ask, &names, err);
}

/* "order":"any" beside any question. */
static fh_status read_order(fhi_ask *ask, fh_err *err)
{
    const json_t *order = json_object_get(ask->root, "order");
    const char *text = json_string_value(order);
    if (!order) return FH_OK;
    if (!text || (strcmp(text, "any") != 0 && strcmp(text, "asked") != 0))
        return fhi_fail(err, FH_E_INVALID, "`order` takes `asked` or `any`");
    ask->unordered = strcmp(text, "any") == 0;
    if (ask->unordered && !ask->id) return fhi_fail(err, FH_E_INVALID, "`order` `any` wants an `id`");
    return FH_OK;
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
    /* Lists are joined there, which never makes them longer than the line: pointers into it stay good. */
    if (!fhi_buf_reserve(&ask->text, line.len)) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    FH_TRY(read_order(ask, err));
    ask->route = route_of_line(ask->root);
    return read_members(ask, err);
}
