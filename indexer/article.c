/* article.c - parsing and checking of articles. Above jansson and usual.c, below the inverter. */
#include "indexer/article.h"

#include "engine/base/json.h"
#include "engine/text/day.h"

enum { WORD_CACHE_BYTES_MAX = 1 << 20 }; /* of the analyzer of dates */

void fhi_article_fini(fhi_article *article)
{
    json_decref(article->json);
    fhi_usual_fini(&article->usual);
    fhi_buf_fini(&article->scratch);
    fh_analyzer_destroy(article->dates);
    *article = (fhi_article){0};
}

static void clear(fhi_article *article)
{
    json_decref(article->json);
    article->json = NULL;
    article->record = (fh_record){0};
    article->day = 0;
    article->minute = 0;
    article->date_refused = false;
    fhi_buf_clear(&article->scratch);
}

static bool is_blank(fh_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n", text.ptr[i]) || text.ptr[i] == '\0') return false;
    return true;
}

static fh_status check_lengths(const fh_record *record, fh_err *err)
{
    for (int i = 0; i < FH_FIELD_EXTRA; i++) {
        const fh_field field = (fh_field)i;
        const size_t len = record->fields[i].len;
        const bool text =
            field == FH_FIELD_TITLE || field == FH_FIELD_ABSTRACT || field == FH_FIELD_BODY || field == FH_FIELD_TAGS;
        if (field == FH_FIELD_ID && len > FHI_ID_BYTES_MAX)
            return fhi_fail(err, FH_E_LIMIT, "id over %d bytes", FHI_ID_BYTES_MAX);
        if (text && len > FH_TEXT_BYTES_MAX) return fhi_fail(err, FH_E_LIMIT, "%s over 16 MiB", fh_field_name(field));
        if (!text && len > FHI_VALUE_BYTES_MAX)
            return fhi_fail(err, FH_E_LIMIT, "field %s over 64 KiB", fh_field_name(field));
    }
    return FH_OK;
}

/* A date written out, by the analyzer that knows the months; it is made when the first such date comes, whatever
 * analyzer the index has. */
static fh_status read_written_date(fhi_article *article, fhi_day *day, fh_err *err)
{
    if (!article->dates) FH_TRY(fh_analyzer_create("press", &article->dates, err));
    if (fh_analyzer_cache_bytes(article->dates) > WORD_CACHE_BYTES_MAX) fh_analyzer_reset(article->dates);
    return fhi_day_written(article->dates, article->record.fields[FH_FIELD_DATE], day, err);
}

static fh_status read_date(fhi_article *article, fh_err *err)
{
    fh_str *date = &article->record.fields[FH_FIELD_DATE];
    fhi_day day = {0};
    if (date->len == 0) return FH_OK;
    fh_status status = fhi_day_parse(*date, &day, NULL);
    if (status != FH_OK) status = read_written_date(article, &day, err);
    if (status == FH_E_NOMEM) return status;
    article->date_refused = status != FH_OK;
    if (article->date_refused) *date = (fh_str){0};
    article->day = day.day;
    article->minute = day.minute;
    return FH_OK;
}

/* What holds for every article, wherever it comes from; reads the date. */
static fh_status finish(fhi_article *article, fh_err *err)
{
    fh_str *fields = article->record.fields;
    if (is_blank(fields[FH_FIELD_TITLE]) && is_blank(fields[FH_FIELD_BODY]))
        return fhi_fail(err, FH_E_INVALID, "neither title nor body");
    const fh_str id = fields[FH_FIELD_ID];
    if (id.len == 0) return fhi_fail(err, FH_E_INVALID, "empty id");
    if (fhi_utf8_check(id.ptr, id.len) < id.len) /* what else stands in the article has been checked as text */
        return fhi_fail(err, FH_E_UTF8, "the name of the file is not UTF-8, and the article has no other id");
    FH_TRY(check_lengths(&article->record, err));
    return read_date(article, err);
}

static fh_status check_text(fh_str text, fh_err *err)
{
    const size_t bad = fhi_utf8_check(text.ptr, text.len);
    if (bad < text.len) return fhi_fail(err, FH_E_UTF8, "not UTF-8 at byte %zu", bad);
    const char *zero = text.len ? memchr(text.ptr, '\0', text.len) : NULL;
    if (zero) return fhi_fail(err, FH_E_INVALID, "NUL at byte %zu", (size_t)(zero - text.ptr));
    return FH_OK;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

/* jansson checks UTF-8 itself; only after a failure is the place looked for. */
static fh_status refuse_json(fh_str line, const json_error_t *error, fh_err *err)
{
    const enum json_error_code code = json_error_code(error);
    const size_t bad = fhi_utf8_check(line.ptr, line.len);
    if (bad < line.len) return fhi_fail(err, FH_E_UTF8, "not UTF-8 at byte %zu", bad);
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return fhi_fail(err, FH_E_SYNTAX, "escaped NUL at column %d", error->column);
    if (code == json_error_numeric_overflow)
        return fhi_fail(err, FH_E_SYNTAX, "a number beyond 64 bits at column %d", error->column);
    if (strncmp(error->text, "invalid Unicode", strlen("invalid Unicode")) == 0)
        return fhi_fail(err, FH_E_SYNTAX, "escaped lone surrogate at column %d", error->column);
    return fhi_fail(err, FH_E_SYNTAX, "not JSON: %s at column %d", error->text, error->column);
}

static fh_status join_tags(fhi_article *article, const json_t *tags, fh_err *err)
{
    fhi_buf *scratch = &article->scratch;
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const json_t *tag = json_array_get(tags, i);
        if (!json_is_string(tag)) return fhi_fail(err, FH_E_INVALID, "field tags is not an array of strings");
        if (i) fhi_buf_put8(scratch, '\n');
        const size_t start = scratch->len;
        fhi_buf_put(scratch, json_string_value(tag), json_string_length(tag));
        for (size_t at = start; at < scratch->len; at++)
            if (scratch->data[at] == '\n') scratch->data[at] = ' ';
    }
    return scratch->status;
}

static fh_status take_field(fhi_article *article, fh_field field, const json_t *value, bool *tags_joined, fh_err *err)
{
    if (json_is_null(value)) return FH_OK; /* feeds write null for what they do not know */
    if (json_is_string(value)) {
        article->record.fields[field] = (fh_str){json_string_value(value), json_string_length(value)};
        return FH_OK;
    }
    if (field == FH_FIELD_TAGS && json_is_array(value)) {
        *tags_joined = true;
        return join_tags(article, value, err);
    }
    return fhi_fail(err, FH_E_INVALID, "field %s is not a string%s", fh_field_name(field),
                    field == FH_FIELD_TAGS ? " or an array of strings" : "");
}

static fh_field field_of_name(const char *name)
{
    for (int i = 0; i < FH_FIELD_EXTRA; i++)
        if (strcmp(fh_field_name((fh_field)i), name) == 0) return (fh_field)i;
    return FH_FIELD_EXTRA;
}

static int put_json(const char *data, size_t len, void *to)
{
    fhi_buf_put(to, data, len);
    return ((fhi_buf *)to)->status == FH_OK ? 0 : -1;
}

/* Views into scratch are taken last, for it may move as it grows. */
static fh_status take_fields(fhi_article *article, json_t *extra, fh_err *err)
{
    const char *name;
    json_t *value;
    bool tags_joined = false;
    json_object_foreach(article->json, name, value)
    {
        const fh_field field = field_of_name(name);
        if (field != FH_FIELD_EXTRA) {
            FH_TRY(take_field(article, field, value, &tags_joined, err));
        } else if (json_object_set_nocheck(extra, name, value) != 0) {
            return fhi_fail(err, FH_E_NOMEM, "out of memory");
        }
    }
    fhi_buf *scratch = &article->scratch;
    const size_t tag_bytes = scratch->len;
    if (json_object_size(extra) > 0 && json_dump_callback(extra, put_json, scratch, JSON_COMPACT) != 0)
        return fhi_fail(err, FH_E_NOMEM, "out of memory");
    const char *start = (const char *)scratch->data;
    if (tags_joined) article->record.fields[FH_FIELD_TAGS] = (fh_str){start, tag_bytes};
    if (scratch->len > tag_bytes)
        article->record.fields[FH_FIELD_EXTRA] = (fh_str){start + tag_bytes, scratch->len - tag_bytes};
    return FH_OK;
}

/* Any line at all: the slow way, which decides what is an article. */
static fh_status read_json(fhi_article *article, fh_str line, fh_err *err)
{
    json_error_t error;
    const fh_status read = fhi_json_load(line, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &article->json, &error);
    if (read == FH_E_NOMEM) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    if (read != FH_OK) return refuse_json(line, &error, err);
    if (!json_is_object(article->json)) return fhi_fail(err, FH_E_INVALID, "not a JSON object");
    json_t *extra = json_object();
    if (!extra) return fhi_fail(err, FH_E_NOMEM, "out of memory");
    const fh_status status = take_fields(article, extra, err);
    json_decref(extra);
    return status;
}

fh_status fhi_article_from_json(fhi_article *article, fh_str line, fh_str default_id, fh_err *err)
{
    clear(article);
    if (!fhi_usual_read(&article->usual, line, &article->record)) FH_TRY(read_json(article, line, err));
    fh_str *fields = article->record.fields;
    if (fields[FH_FIELD_ID].len == 0)
        fields[FH_FIELD_ID] = fields[FH_FIELD_URL].len ? fields[FH_FIELD_URL] : default_id;
    return finish(article, err);
}

/* ---- plain text ---------------------------------------------------------------------------------------- */

/* Cuts one line off the front of *rest, without its end. */
static fh_str cut_line(fh_str *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    fh_str line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    const size_t taken = line.len + (end ? 1 : 0);
    rest->ptr += taken;
    rest->len -= taken;
    if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
    return line;
}

fh_status fhi_article_from_text(fhi_article *article, fh_str text, fh_str id, fh_err *err)
{
    clear(article);
    FH_TRY(check_text(text, err));
    fh_str title = {0};
    while (text.len && is_blank(title))
        title = cut_line(&text);
    for (fh_str rest = text, line = {0}; text.len && is_blank(line); text = is_blank(line) ? rest : text)
        line = cut_line(&rest); /* what parts the title from the body is of neither */
    article->record.fields[FH_FIELD_ID] = id;
    article->record.fields[FH_FIELD_TITLE] = title;
    article->record.fields[FH_FIELD_BODY] = is_blank(text) ? (fh_str){0} : text;
    return finish(article, err);
}

fh_status fhi_article_from_line(fhi_article *article, fh_str line, fh_str id, fh_err *err)
{
    clear(article);
    FH_TRY(check_text(line, err));
    article->record.fields[FH_FIELD_ID] = id;
    article->record.fields[FH_FIELD_BODY] = line;
    return finish(article, err);
}

fh_status fhi_article_from_record(fhi_article *article, const fh_record *record, fh_err *err)
{
    clear(article);
    for (int i = 0; i < FH_FIELD_COUNT; i++) {
        if (check_text(record->fields[i], err) != FH_OK) {
            const char *name = fh_field_name((fh_field)i);
            return fhi_fail(err, FH_E_UTF8, "field %s is not text: bad UTF-8 or NUL", name ? name : "extra");
        }
    }
    article->record = *record;
    return finish(article, err);
}
