/* page_state.c - the state of a page: parameters of its address, the query they make, addresses of other states.
 *
 * Filters are clauses of the query language, put behind the words as typed: `(words) source:("A" | "B") date:2019`.
 * The words are parsed alone first, so that a parenthesis in them can never reach into the filters.
 */
#include "query/page/page_impl.h"

#include <libxml/uri.h>

static const char *const filter_names[FHI_PAGE_FILTER_COUNT] = {"source", "section", "region",
                                                                "author", "lang",    "year"};

const char *fhi_page_filter_name(fhi_page_filter filter)
{
    return filter_names[filter];
}

/* The quotation marks that a value can stand in, or NULL: it has some of both kinds. */
static const char *const *quotes_for(fh_str value)
{
    static const char *const plain[] = {"\"", "\""}, *const angular[] = {"«", "»"};
    static const char *const spoil_plain[] = {"\"", "“", "”", "„"}, *const spoil_angular[] = {"«", "»"};
    bool plain_fits = true, angular_fits = true;
    for (size_t i = 0; i < 4; i++)
        plain_fits = plain_fits && !memmem(value.ptr, value.len, spoil_plain[i], strlen(spoil_plain[i]));
    for (size_t i = 0; i < 2; i++)
        angular_fits = angular_fits && !memmem(value.ptr, value.len, spoil_angular[i], strlen(spoil_angular[i]));
    return plain_fits ? plain : angular_fits ? angular : NULL;
}

static fh_status add_value(fhi_page_state *state, fhi_page_filter filter, fh_str value, fh_err *err)
{
    uint8_t *count = &state->value_counts[filter];
    if (value.len == 0) return FH_OK; /* an empty field of a form */
    if (*count == FHI_PAGE_VALUES_MAX)
        return fhi_fail(err, FH_E_INVALID, "`%s` is given more than %d times", filter_names[filter],
                        FHI_PAGE_VALUES_MAX);
    if (!quotes_for(value))
        return fhi_fail(err, FH_E_INVALID, "`%s` has quotation marks of every kind", filter_names[filter]);
    state->values[filter][(*count)++] = value;
    return FH_OK;
}

fh_status fhi_page_set(fhi_page_state *state, fhi_request *request, fh_str name, fh_str value, fh_err *err)
{
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        if (fhi_str_equal(name, fhi_str(filter_names[filter])))
            return add_value(state, (fhi_page_filter)filter, value, err);
    if (fhi_str_equal(name, FH_STR("from")))
        state->from = value;
    else if (fhi_str_equal(name, FH_STR("to")))
        state->to = value;
    else if (fhi_str_equal(name, FH_STR("names")))
        state->names = value;
    else if (fhi_str_equal(name, FH_STR("ui"))) {
        FH_TRY(fhi_request_set(request, FH_STR("lang"), value, err));
        state->lang_given = true;
    } else
        return fhi_fail(err, FH_E_INVALID, "unknown parameter of a page");
    return FH_OK;
}

fhi_request fhi_page_first(const fhi_page_work *work)
{
    fhi_request request = work->question->request;
    request.offset = 0;
    request.after = FH_STR("");
    return request;
}

bool fhi_page_is_filtered(const fhi_page_state *state)
{
    bool filtered = state->from.len || state->to.len;
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        filtered = filtered || state->value_counts[filter] > 0;
    return filtered;
}

bool fhi_page_asks(const fhi_page_work *work)
{
    return work->question->request.query.len > 0 || fhi_page_is_filtered(work->question->state);
}

/* ---- query ----------------------------------------------------------------------------------------------- */

static void put(fhi_buf *buf, fh_str text)
{
    fhi_buf_put(buf, text.ptr, text.len);
}

static void put_clause(fhi_buf *query, const fhi_page_state *state, fhi_page_filter filter)
{
    const unsigned count = state->value_counts[filter];
    const bool is_year = filter == FHI_PAGE_YEAR;
    if (count == 0) return;
    fhi_buf_printf(query, "%s%s:%s", query->len ? " " : "", is_year ? "date" : filter_names[filter],
                   count > 1 ? "(" : "");
    for (unsigned i = 0; i < count; i++) {
        const fh_str value = state->values[filter][i];
        const char *const *quotes = quotes_for(value);
        if (i) fhi_buf_printf(query, " | ");
        if (!is_year) put(query, fhi_str(quotes[0]));
        put(query, value);
        if (!is_year) put(query, fhi_str(quotes[1]));
    }
    if (count > 1) fhi_buf_put8(query, ')');
}

static void put_days(fhi_buf *query, const fhi_page_state *state)
{
    if (!state->from.len && !state->to.len) return;
    fhi_buf_printf(query, "%sdate:", query->len ? " " : "");
    put(query, state->from);
    if (fhi_str_equal(state->from, state->to)) return;
    put(query, FH_STR(".."));
    put(query, state->to);
}

static bool is_blank(fh_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n", text.ptr[i])) return false;
    return true;
}

/* A year or a date that would be more than one word of the query language. */
static bool is_one_word(fh_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (strchr(" \t\r\n()|\"", value.ptr[i]) || (unsigned char)value.ptr[i] >= 0x80) return false;
    return true;
}

static fh_status check_dates(const fhi_page_state *state, fhi_failure *failure)
{
    bool good = is_one_word(state->from) && is_one_word(state->to);
    for (unsigned i = 0; i < state->value_counts[FHI_PAGE_YEAR]; i++)
        good = good && is_one_word(state->values[FHI_PAGE_YEAR][i]);
    return good ? FH_OK : fhi_fail(&failure->err, FH_E_INVALID, "a date of the address");
}

static fh_status compose(fhi_page_work *work, fhi_page_filter without, fhi_buf *query)
{
    const fhi_page_state *state = work->question->state;
    const fh_str words = work->question->request.query;
    const fhi_parse_options options = {.any_word = strcmp(fhi_index_settings(work->index)->analyzer, "words") == 0};
    fhi_syntax *root;
    FH_TRY(check_dates(state, &work->failure));
    if (!is_blank(words)) {
        FH_TRY(fhi_parse(words, &options, &work->page->arena, &root, &work->failure.query));
        fhi_buf_put8(query, '(');
        put(query, words);
        fhi_buf_put8(query, ')');
        work->query_shift = 1;
    }
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        if (filter != (int)without) put_clause(query, state, (fhi_page_filter)filter);
    put_days(query, state);
    if (query->status != FH_OK) return query->status;
    work->request.query = fhi_arena_copy(&work->page->arena, fhi_buf_str(query));
    return work->request.query.ptr ? FH_OK : fhi_arena_failure(&work->page->arena);
}

fh_status fhi_page_compose(fhi_page_work *work, fhi_page_filter without)
{
    fhi_buf query;
    work->query_shift = 0;
    work->request.query = work->question->request.query;
    if (!fhi_page_is_filtered(work->question->state)) return FH_OK;
    fhi_buf_init(&query);
    const fh_status status = compose(work, without, &query);
    fhi_buf_fini(&query);
    return status;
}

/* ---- addresses ------------------------------------------------------------------------------------------- */

static void put_encoded(fhi_buf *out, fh_str value, const char *kept)
{
    fhi_buf scratch;
    fhi_buf_init(&scratch);
    fhi_buf_put(&scratch, value.ptr, value.len);
    fhi_buf_put8(&scratch, '\0');
    xmlChar *encoded = scratch.status == FH_OK ? xmlURIEscapeStr(scratch.data, (const xmlChar *)kept) : NULL;
    if (encoded)
        fhi_buf_put(out, encoded, strlen((const char *)encoded));
    else
        out->status = FH_E_NOMEM;
    xmlFree(encoded);
    fhi_buf_fini(&scratch);
}

/* *any: whether a parameter stands before. */
static void put_param(fhi_buf *out, bool *any, const char *name, fh_str value)
{
    fhi_buf_printf(out, "%s%s=", *any ? "&" : "?", name);
    put_encoded(out, value, ":/,*");
    *any = true;
}

static void put_state(fhi_buf *out, const fhi_request *request, const fhi_page_state *state)
{
    static const char *const langs[] = {"en", "fr", "ar"};
    bool any = out->len && memchr(out->data, '?', out->len); /* the path may bring a parameter of its own */
    char digits[16];
    if (request->query.len) put_param(out, &any, "q", request->query);
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        for (unsigned i = 0; i < state->value_counts[filter]; i++)
            put_param(out, &any, filter_names[filter], state->values[filter][i]);
    if (state->from.len) put_param(out, &any, "from", state->from);
    if (state->to.len) put_param(out, &any, "to", state->to);
    if (request->op == FHI_OP_OR) put_param(out, &any, "op", FH_STR("or"));
    if (request->sort == FHI_SORT_DATE) put_param(out, &any, "sort", FH_STR("date"));
    if (request->offset) {
        (void)snprintf(digits, sizeof digits, "%u", request->offset);
        put_param(out, &any, "offset", fhi_str(digits));
    }
    if (request->after.len) put_param(out, &any, "after", request->after);
    if (state->names.len) put_param(out, &any, "names", state->names);
    if (state->lang_given) put_param(out, &any, "ui", fhi_str(langs[request->lang]));
}

fh_str fhi_page_address_text(fhi_page_work *work, const fhi_page_address *address)
{
    fhi_buf out;
    fhi_buf_init(&out);
    fhi_buf_put(&out, address->path, strlen(address->path));
    /* Browsers take `/../` out of a path, but leave what is encoded. */
    const fh_str article = address->article;
    if (article.len) put_encoded(&out, article, memmem(article.ptr, article.len, "/.", 2) ? ":" : "/:");
    if (address->state) put_state(&out, address->request, address->state);
    fh_str text = FH_STR("");
    if (out.status == FH_OK) text = fhi_arena_copy(&work->page->arena, fhi_buf_str(&out));
    if (!text.ptr || out.status != FH_OK) {
        work->html.status = FH_E_NOMEM;
        text = FH_STR("");
    }
    fhi_buf_fini(&out);
    return text;
}
