/* reply.c - hits, articles and errors as JSON.
 *
 * Keys keep the order they are set in; programs read them by name, people read them from left to right.
 */
#include "query/answer/reply.h"
#include "engine/base/json.h"
#include "query/answer/json_out.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- hits ------------------------------------------------------------------------------------------------ */

/* ,"key":"text" */
static fh_status put_member(fhi_buf *json, const char *key, fh_str text)
{
    fhi_buf_put(json, ",\"", 2);
    fhi_buf_put(json, key, strlen(key));
    fhi_buf_put(json, "\":", 2);
    return fhi_json_put_text(json, text);
}

/* ,"key":[[begin,end],...] */
static void put_marks(fhi_buf *json, const char *key, const fhi_shown *shown)
{
    fhi_buf_put(json, ",\"", 2);
    fhi_buf_put(json, key, strlen(key));
    fhi_buf_put(json, "\":[", 3);
    for (uint32_t i = 0; i < shown->mark_count; i++) {
        fhi_buf_put(json, i ? ",[" : "[", i ? 2 : 1);
        fhi_json_put_number(json, shown->marks[2 * i]);
        fhi_buf_put8(json, ',');
        fhi_json_put_number(json, shown->marks[2 * i + 1]);
        fhi_buf_put8(json, ']');
    }
    fhi_buf_put8(json, ']');
}

fh_status fhi_reply_hit(const fh_record *record, float score, const fhi_shown *title, const fhi_shown *snippet,
                        fhi_buf *json)
{
    static const fh_field after[] = {FH_FIELD_DATE, FH_FIELD_SOURCE, FH_FIELD_SECTION, FH_FIELD_AUTHOR,
                                     FH_FIELD_LANG, FH_FIELD_URL,    FH_FIELD_REGION};
    fhi_buf_put(json, "{\"id\":", 6);
    FH_TRY(fhi_json_put_text(json, record->fields[FH_FIELD_ID]));
    fhi_buf_put(json, ",\"score\":", 9);
    FH_TRY(fhi_json_put_score(json, score));
    FH_TRY(put_member(json, "title", title->text));
    if (snippet) FH_TRY(put_member(json, "snippet", snippet->text));
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
        FH_TRY(put_member(json, fh_field_name(after[i]), record->fields[after[i]]));
    put_marks(json, "title_marks", title);
    if (snippet) put_marks(json, "snippet_marks", snippet);
    fhi_buf_put8(json, '}');
    return json->status;
}

/* ---- articles -------------------------------------------------------------------------------------------- */

/* jansson takes no text that is not UTF-8: such a record is damaged. */
static fh_status set_text(json_t *object, const char *key, fh_str text)
{
    json_t *value = json_stringn(text.ptr ? text.ptr : "", text.len);
    if (!value) return fhi_utf8_check(text.ptr, text.len) < text.len ? FH_E_CORRUPT : FH_E_NOMEM;
    return json_object_set_new(object, key, value) == 0 ? FH_OK : FH_E_NOMEM;
}

/* Tags are stored one a line. */
static fh_status set_tags(json_t *article, fh_str tags)
{
    json_t *list = json_array();
    if (json_object_set_new(article, "tags", list) != 0) return FH_E_NOMEM;
    while (tags.len) {
        const char *line = memchr(tags.ptr, '\n', tags.len);
        const size_t len = line ? (size_t)(line - tags.ptr) : tags.len;
        if (json_array_append_new(list, json_stringn(tags.ptr, len)) != 0)
            return fhi_utf8_check(tags.ptr, len) < len ? FH_E_CORRUPT : FH_E_NOMEM;
        const size_t step = len + (line ? 1 : 0);
        tags = (fh_str){tags.ptr + step, tags.len - step};
    }
    return FH_OK;
}

/* Unknown fields come after the known ones. */
static fh_status set_extra(json_t *article, fh_str extra)
{
    if (extra.len == 0) return FH_OK;
    json_t *object;
    json_error_t error;
    const fh_status read = fhi_json_load(extra, JSON_REJECT_DUPLICATES, &object, &error);
    if (read != FH_OK) return read == FH_E_SYNTAX ? FH_E_CORRUPT : read;
    const int failed = json_is_object(object) ? json_object_update_missing(article, object) : 0;
    const bool is_object = json_is_object(object);
    json_decref(object);
    if (!is_object) return FH_E_CORRUPT;
    return failed ? FH_E_NOMEM : FH_OK;
}

static fh_status fill_article(json_t *article, const fh_record *record)
{
    for (int field = 0; field < FH_FIELD_EXTRA; field++) {
        const fh_str text = record->fields[field];
        if (field == FH_FIELD_TAGS && text.len)
            FH_TRY(set_tags(article, text));
        else if (text.len || field == FH_FIELD_ID)
            FH_TRY(set_text(article, fh_field_name((fh_field)field), text));
    }
    return set_extra(article, record->fields[FH_FIELD_EXTRA]);
}

fh_status fhi_reply_article(const fh_record *record, json_t **out)
{
    *out = json_object();
    if (!*out) return FH_E_NOMEM;
    const fh_status status = fill_article(*out, record);
    if (status == FH_OK) return FH_OK;
    json_decref(*out);
    *out = NULL;
    return status;
}

/* ---- errors ---------------------------------------------------------------------------------------------- */

static json_t *error_object(const char *code, fh_str message, uint32_t offset, uint32_t offset_chars)
{
    return json_pack("{s:{s:s, s:s%, s:I, s:I}}", "error", "code", code, "message", message.ptr, message.len, "offset",
                     (json_int_t)offset, "offset_chars", (json_int_t)offset_chars);
}

const char *fhi_failure_code(const fhi_failure *failure)
{
    if (failure->query.code != FHI_QUERY_NONE) return fhi_query_code_name(failure->query.code);
    return fhi_status_code(failure->status);
}

void fhi_failure_message(const fhi_failure *failure, fhi_message_lang lang, fhi_buf *text)
{
    if (failure->query.code != FHI_QUERY_NONE)
        fhi_query_message(&failure->query, lang, text);
    else
        fhi_status_message(failure->status, failure->err.text, lang, text);
}

json_t *fhi_reply_failure(const fhi_failure *failure, fh_str query, fhi_message_lang lang)
{
    const uint32_t offset = failure->query.code != FHI_QUERY_NONE ? failure->query.offset : 0;
    json_t *object = NULL;
    fhi_buf text;
    fhi_buf_init(&text);
    fhi_failure_message(failure, lang, &text);
    if (text.status == FH_OK)
        object =
            error_object(fhi_failure_code(failure), fhi_buf_str(&text), offset, fhi_query_chars_before(query, offset));
    fhi_buf_fini(&text);
    return object;
}

fh_status fhi_error_json(const char *code, const char *message, struct json_t *id_json, fhi_buf *json)
{
    fh_str text = fhi_str(message);
    if (fhi_utf8_check(text.ptr, text.len) < text.len) text = FH_STR("the request is not valid UTF-8");
    return fhi_reply_write(error_object(code, text, 0, 0), id_json, 0, json);
}

fh_status fhi_failure_json(fh_status status, const char *detail, fhi_message_lang lang, fhi_buf *json)
{
    fhi_failure failure = {.status = status};
    (void)fhi_fail(&failure.err, status, "%s", detail);
    return fhi_reply_write(fhi_reply_failure(&failure, (fh_str){"", 0}, lang), NULL, 0, json);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static int put_bytes(const char *bytes, size_t len, void *buf)
{
    fhi_buf_put(buf, bytes, len);
    return ((fhi_buf *)buf)->status == FH_OK ? 0 : -1;
}

/* The members of an object without its braces. */
static bool put_members(const json_t *object, int digits, fhi_buf *json)
{
    const size_t flags = JSON_COMPACT | JSON_EMBED | JSON_REAL_PRECISION((size_t)digits);
    return json_dump_callback(object, put_bytes, json, flags) == 0;
}

fh_status fhi_reply_members(json_t *body, int digits, fhi_buf *json)
{
    const bool written = body && put_members(body, digits, json);
    json_decref(body);
    return written ? json->status : FH_E_NOMEM;
}

/* From DBL_DIG, which keeps what people write, to what keeps every double. */
static int digits_of_real(double real)
{
    char text[32];
    int digits = DBL_DIG;
    for (; digits < DBL_DECIMAL_DIG; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, real);
        const double again = strtod(text, NULL);
        if (!(again < real) && !(again > real)) break;
    }
    return digits;
}

/* Values are no deeper than jansson reads them. */
int fhi_reply_digits(const json_t *value)
{
    int digits = json_is_real(value) ? digits_of_real(json_real_value(value)) : 0;
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item)
    {
        const int inside = fhi_reply_digits(item);
        if (inside > digits) digits = inside;
    }
    for (void *at = json_object_iter((json_t *)value); at; at = json_object_iter_next((json_t *)value, at)) {
        const int inside = fhi_reply_digits(json_object_iter_value(at));
        if (inside > digits) digits = inside;
    }
    return digits;
}

fh_status fhi_reply_begin(json_t *id_json, fhi_buf *json)
{
    fhi_buf_put8(json, '{');
    if (!id_json) return json->status;
    json_t *id = json_pack("{s:O}", "id", id_json);
    const bool written = id && put_members(id, fhi_reply_digits(id_json), json);
    json_decref(id);
    return written ? json->status : FH_E_NOMEM;
}

static bool put_reply(const json_t *body, json_t *id_json, int digits, fhi_buf *json)
{
    if (json_is_array(body)) return json_dump_callback(body, put_bytes, json, JSON_COMPACT) == 0;
    if (fhi_reply_begin(id_json, json) != FH_OK) return false;
    if (id_json && json_object_size(body)) fhi_buf_put8(json, ',');
    const bool written = put_members(body, digits, json);
    fhi_buf_put8(json, '}');
    return written && json->status == FH_OK;
}

fh_status fhi_reply_write(json_t *body, json_t *id_json, int digits, fhi_buf *json)
{
    const size_t before = json->len;
    const bool written = body && put_reply(body, id_json, digits, json);
    json_decref(body);
    if (!written) json->len = before;
    return written ? FH_OK : FH_E_NOMEM;
}
