/* export.c - articles as lines of JSON and records of CSV.
 *
 * CSV is that of RFC 4180: CRLF, a header, cells in quotes where they must be. A spreadsheet would run a cell that
 * begins with = + - @ as a formula, so such a cell has an apostrophe before it, as a person would type it to have it
 * taken as text.
 */
#include "query/answer/export.h"

#include "query/answer/find.h"
#include "query/answer/json_out.h"
#include "query/answer/reply.h"

#include <stdlib.h>

static const uint8_t csv_fields[] = {FH_FIELD_ID,      FH_FIELD_URL,      FH_FIELD_LANG,   FH_FIELD_SOURCE,
                                     FH_FIELD_SECTION, FH_FIELD_REGION,   FH_FIELD_AUTHOR, FH_FIELD_DATE,
                                     FH_FIELD_TITLE,   FH_FIELD_ABSTRACT, FH_FIELD_BODY,   FH_FIELD_TAGS};

typedef struct exporter {
    const fhi_export_options *options;
    fhi_export_state *state;
    bool from_line;
    json_t *line_id;
    fhi_buf *out;
    size_t begin; /* of this piece in out */
} exporter;

/* ---- fields ---- */

static bool take_name(fh_str *list, fh_str *name)
{
    if (!list->ptr) return false;
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
    *name = (fh_str){list->ptr, comma ? (size_t)(comma - list->ptr) : list->len};
    *list = comma ? (fh_str){comma + 1, list->len - name->len - 1} : (fh_str){NULL, 0};
    return true;
}

static fh_status find_field(fh_str name, uint8_t *out, fh_err *err)
{
    for (int field = 0; field < FH_FIELD_EXTRA; field++) {
        *out = (uint8_t)field;
        if (fhi_str_equal(name, fhi_str(fh_field_name((fh_field)field)))) return FH_OK;
    }
    return fhi_fail(err, FH_E_INVALID, "`fields`: there is no field `%.*s`", fhi_quotable(name), name.ptr);
}

fh_status fhi_export_set_fields(fhi_export_options *options, fh_str list, fh_err *err)
{
    fh_str name;
    uint8_t field;
    options->field_count = 0;
    while (take_name(&list, &name)) {
        FH_TRY(find_field(name, &field, err));
        if (options->field_count && memchr(options->fields, field, options->field_count))
            return fhi_fail(err, FH_E_INVALID, "`fields`: `%s` is named twice", fh_field_name((fh_field)field));
        options->fields[options->field_count++] = field;
    }
    return FH_OK;
}

/* ---- CSV ---- */

static bool is_formula(fh_str text)
{
    return text.len && strchr("=+-@\t\r", text.ptr[0]) && text.ptr[0];
}

/* A space at either end is lost on readers that trim what is not quoted. */
static bool needs_quotes(fh_str text)
{
    if (text.len == 0) return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '"' || text.ptr[i] == ',' || (unsigned char)text.ptr[i] < ' ') return true;
    return text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ';
}

void fhi_csv_put_cell(fhi_buf *out, fh_str text)
{
    const bool formula = is_formula(text);
    if (!formula && !needs_quotes(text)) {
        fhi_buf_put(out, text.ptr, text.len);
        return;
    }
    fhi_buf_put8(out, '"');
    if (formula) fhi_buf_put8(out, '\'');
    while (text.len) {
        const char *quote = memchr(text.ptr, '"', text.len);
        const size_t len = quote ? (size_t)(quote - text.ptr) + 1 : text.len;
        fhi_buf_put(out, text.ptr, len);
        if (quote) fhi_buf_put8(out, '"');
        text = (fh_str){text.ptr + len, text.len - len};
    }
    fhi_buf_put8(out, '"');
}

static void put_csv_head(const uint8_t *fields, uint32_t count, fhi_buf *out)
{
    for (uint32_t i = 0; i < count; i++)
        fhi_buf_printf(out, "%s%s", i ? "," : "", fh_field_name((fh_field)fields[i]));
    fhi_buf_put(out, "\r\n", 2);
}

static fh_status put_csv(const exporter *self, const fh_record *record)
{
    const uint32_t count = self->options->field_count ? self->options->field_count : sizeof csv_fields;
    const uint8_t *fields = self->options->field_count ? self->options->fields : csv_fields;
    if (!self->state->begun) put_csv_head(fields, count, self->out);
    self->state->begun = true;
    for (uint32_t i = 0; record && i < count; i++) {
        if (i) fhi_buf_put8(self->out, ',');
        fhi_csv_put_cell(self->out, record->fields[fields[i]]);
    }
    if (record) fhi_buf_put(self->out, "\r\n", 2);
    return self->out->status;
}

/* ---- JSON Lines ---- */

/* Tags are stored one a line. */
static fh_status put_tags(fh_str tags, fhi_buf *out)
{
    fhi_buf_put8(out, '[');
    for (bool first = true; tags.len; first = false) {
        const char *end = memchr(tags.ptr, '\n', tags.len);
        const size_t len = end ? (size_t)(end - tags.ptr) : tags.len;
        if (!first) fhi_buf_put8(out, ',');
        FH_TRY(fhi_json_put_text(out, (fh_str){tags.ptr, len}));
        tags = (fh_str){tags.ptr + len + (end ? 1 : 0), tags.len - len - (end ? 1 : 0)};
    }
    fhi_buf_put8(out, ']');
    return out->status;
}

/* Fields that were asked for are always there, even where the article has none. */
static fh_status put_some(const fhi_export_options *options, const fh_record *record, fhi_buf *out)
{
    for (uint32_t i = 0; i < options->field_count; i++) {
        const fh_field field = (fh_field)options->fields[i];
        const fh_str text = record->fields[field];
        fhi_buf_printf(out, "%c\"%s\":", i ? ',' : '{', fh_field_name(field));
        FH_TRY(field == FH_FIELD_TAGS ? put_tags(text, out) : fhi_json_put_text(out, text.ptr ? text : FH_STR("")));
    }
    fhi_buf_put8(out, '}');
    return out->status;
}

/* As /article answers it: what is there, and what is not known of it. */
static fh_status put_whole(const fh_record *record, fhi_buf *out)
{
    json_t *article;
    if (record->fields[FH_FIELD_EXTRA].len == 0) {
        fhi_export_options there = {.format = FHI_EXPORT_JSONL};
        for (int field = 0; field < FH_FIELD_EXTRA; field++)
            if (record->fields[field].len || field == FH_FIELD_ID) there.fields[there.field_count++] = (uint8_t)field;
        return put_some(&there, record, out);
    }
    FH_TRY(fhi_reply_article(record, &article));
    return fhi_reply_write(article, NULL, fhi_reply_digits(article), out);
}

static fh_status put_jsonl(const exporter *self, const fh_record *record)
{
    fhi_buf *out = self->out;
    if (!record) return out->status;
    if (self->from_line) {
        FH_TRY(fhi_reply_begin(self->line_id, out));
        fhi_buf_printf(out, "%s\"article\":", self->line_id ? "," : "");
    }
    FH_TRY(self->options->field_count ? put_some(self->options, record, out) : put_whole(record, out));
    if (self->from_line) fhi_buf_put8(out, '}');
    fhi_buf_put8(out, '\n');
    return out->status;
}

/* ---- pieces ---- */

/* record NULL: what stands before the first. */
static fh_status put_record(const exporter *self, const fh_record *record)
{
    return (self->options->format == FHI_EXPORT_CSV ? put_csv : put_jsonl)(self, record);
}

static fh_status see_record(void *argument, const fh_record *record)
{
    const exporter *self = argument;
    if (self->out->len - self->begin >= FHI_EXPORT_PIECE_BYTES) return FH_E_CANCELLED; /* the piece is full */
    const size_t before = self->out->len;
    const fh_status status = put_record(self, record);
    if (status != FH_OK)
        self->out->len = before;
    else
        self->state->article_count++;
    return status;
}

/* ---- in the order of a search ---- */

void fhi_export_state_fini(fhi_export_state *state)
{
    free(state->ahead);
    state->ahead = NULL;
}

/* The places of the hits behind the last one found. */
static fh_status find_ahead(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            fhi_export_state *state, fhi_failure *failure)
{
    fhi_hits hits;
    const fhi_place *last = state->ahead_count ? &state->ahead[state->ahead_count - 1] : NULL;
    if (!state->ahead) state->ahead = malloc(FHI_EXPORT_AHEAD * sizeof *state->ahead);
    if (!state->ahead) return fhi_fail(&failure->err, FH_E_NOMEM, "no memory to sort the export");
    FH_TRY(fhi_searcher_hits(searcher, index, request, last, FHI_EXPORT_AHEAD, &hits, failure));
    for (uint32_t i = 0; i < hits.hit_count; i++)
        state->ahead[i] = (fhi_place){hits.hits[i].key, hits.hits[i].segment, hits.hits[i].doc};
    state->ahead_at = 0;
    state->ahead_count = hits.hit_count;
    state->all_found = hits.hit_count < FHI_EXPORT_AHEAD;
    return FH_OK;
}

/* As fhi_searcher_each, in the order of the request. */
static fh_status each_sorted(const exporter *self, fhi_searcher *searcher, const fhi_index *index,
                             const fhi_request *request, fhi_failure *failure)
{
    fhi_export_state *state = self->state;
    fh_record record;
    *failure = (fhi_failure){.status = FH_OK};
    for (;;) {
        if (state->ahead_at == state->ahead_count) {
            if (state->all_found) return FH_OK;
            FH_TRY(find_ahead(searcher, index, request, state, failure));
            continue;
        }
        const fhi_place *place = &state->ahead[state->ahead_at];
        FH_TRY(fhi_searcher_document(searcher, index, (fhi_document){place->segment, place->doc}, request->deadline_ns,
                                     &record, &failure->err));
        FH_TRY(see_record((void *)self, &record));
        state->ahead_at++;
    }
}

static fh_status put_end(const exporter *self)
{
    self->state->ended = true;
    if (!self->from_line) return FH_OK;
    FH_TRY(fhi_reply_begin(self->line_id, self->out));
    fhi_buf_printf(self->out, "%s\"exported\":", self->line_id ? "," : "");
    fhi_json_put_number(self->out, self->state->article_count);
    fhi_buf_put8(self->out, '}');
    return self->out->status;
}

fh_status fhi_export_piece(fhi_searcher *searcher, fhi_index *index, const fhi_request *request,
                           const fhi_export_options *options, bool from_line, struct json_t *line_id,
                           fhi_export_state *state, fhi_buf *out)
{
    exporter self = {options, state, from_line, line_id, out, out->len};
    const uint64_t count_before = state->article_count;
    fhi_failure failure;
    fh_status status = options->sorted
                           ? each_sorted(&self, searcher, index, request, &failure)
                           : fhi_searcher_each(searcher, index, request, &state->place, see_record, &self, &failure);
    if (status == FH_E_CANCELLED || (status == FH_E_DEADLINE && state->article_count > count_before)) return FH_OK;
    if (status == FH_OK) status = put_record(&self, NULL);
    if (status == FH_OK) status = put_end(&self);
    if (status == FH_OK) return FH_OK;
    failure.status = status;
    out->len = self.begin;
    state->ended = true;
    (void)fhi_reply_write(fhi_reply_failure(&failure, request->query, request->lang), line_id, 0, out);
    return status;
}
