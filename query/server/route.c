/* route.c - the table of what can be asked. */
#include "query/server/route.h"

#include "query/answer/cursor.h"
#include "query/language/syntax.h"
#include "query/server/server_ask.h"

/* ---- parameters ---- */

static fh_status set_request(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    return fhi_request_set(&ask->request, name, value, err);
}

/* The text of a query is judged where it is parsed, so that every door gives the same error. */
static fh_status set_query(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    (void)name;
    (void)err;
    ask->request.query = value;
    return FH_OK;
}

static fh_status set_subject(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    (void)name;
    (void)err;
    ask->subject = value;
    return FH_OK;
}

static fh_status set_page(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    return fhi_page_set(&ask->page, &ask->request, name, value, err);
}

static const fhi_param q = {.name = "q",
                            .type = FHI_PARAM_TEXT,
                            .required = true,
                            .most = FHI_QUERY_BYTES_MAX,
                            .what = "the query, in the language of LANGUAGE.md",
                            .set = set_query};
static const fhi_param top = {.name = "top",
                              .type = FHI_PARAM_NUMBER,
                              .least = 1,
                              .most = FHI_TOP_MAX,
                              .usual = "10",
                              .what = "how many hits",
                              .set = set_request};
static const fhi_param offset = {.name = "offset",
                                 .type = FHI_PARAM_NUMBER,
                                 .most = FHI_TOP_MAX - 1,
                                 .usual = "0",
                                 .what = "hits to pass over; `offset` and `top` together reach at most 10000",
                                 .set = set_request};
static const fhi_param after = {.name = "after",
                                .type = FHI_PARAM_TEXT,
                                .most = FHI_CURSOR_BYTES,
                                .what = "the `next` of an answer to the same question: the hits that follow it",
                                .set = set_request};
static const fhi_param op = {.name = "op",
                             .type = FHI_PARAM_CHOICE,
                             .choices = {"and", "or"},
                             .usual = "and",
                             .what = "what joins words without an operator",
                             .set = set_request};
static const fhi_param sort = {.name = "sort",
                               .type = FHI_PARAM_CHOICE,
                               .choices = {"score", "date"},
                               .usual = "score",
                               .what = "the best first, or the newest",
                               .set = set_request};
static const fhi_param snippets = {.name = "snippets",
                                   .type = FHI_PARAM_NUMBER,
                                   .most = 1,
                                   .usual = "1",
                                   .what = "0: hits without passages of their texts, which is faster",
                                   .set = set_request};
static const fhi_param partial = {.name = "partial",
                                  .type = FHI_PARAM_NUMBER,
                                  .most = 1,
                                  .usual = "0",
                                  .what = "1: when time is up, what has been found, instead of an error",
                                  .set = set_request};
static const fhi_param lang = {.name = "lang",
                               .type = FHI_PARAM_CHOICE,
                               .choices = {"en", "fr", "ar"},
                               .usual = "en",
                               .what = "the language of messages about the query",
                               .set = set_request};
static const fhi_param id = {.name = "id",
                             .type = FHI_PARAM_PATH,
                             .required = true,
                             .what = "the id of an article; it may hold slashes",
                             .set = set_subject};

static const fhi_param explained = {.name = "id",
                                    .type = FHI_PARAM_TEXT,
                                    .required = true,
                                    .subject = true,
                                    .what = "the id of the article to be explained",
                                    .set = set_request};

static const fhi_param fields = {.name = "fields",
                                 .type = FHI_PARAM_LIST,
                                 .choices = {"source", "section", "region", "author", "lang", "year"},
                                 .usual = "source,section,region,author,lang,year",
                                 .what = "what to count by",
                                 .set = set_request};
static const fhi_param values = {.name = "values",
                                 .type = FHI_PARAM_NUMBER,
                                 .least = 1,
                                 .most = FHI_FACET_VALUES_MAX,
                                 .usual = "20",
                                 .what = "how many values of each field, the most frequent first",
                                 .set = set_request};
static const fhi_param by = {.name = "by",
                             .type = FHI_PARAM_CHOICE,
                             .choices = {"day", "month", "year"},
                             .what = "how much time a bar stands for; without it, what fits",
                             .set = set_request};
static const fhi_param text = {
    .name = "text", .type = FHI_PARAM_TEXT, .required = true, .what = "what is to be taken apart", .set = set_subject};

static fh_status set_format(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    (void)name;
    ask->export.format = fhi_str_equal(value, FH_STR("csv")) ? FHI_EXPORT_CSV : FHI_EXPORT_JSONL;
    if (ask->export.format == FHI_EXPORT_CSV || fhi_str_equal(value, FH_STR("jsonl"))) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`format` takes `jsonl` or `csv`");
}

static fh_status set_columns(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    (void)name;
    return fhi_export_set_fields(&ask->export, value, err);
}

static const fhi_param format = {.name = "format",
                                 .type = FHI_PARAM_CHOICE,
                                 .choices = {"jsonl", "csv"},
                                 .usual = "jsonl",
                                 .what = "JSON Lines, or comma-separated values; on the socket only the first",
                                 .set = set_format};
static const fhi_param columns = {.name = "fields",
                                  .type = FHI_PARAM_LIST,
                                  .choices = {"id", "url", "lang", "source", "section", "region", "author", "date",
                                              "title", "abstract", "body", "tags"},
                                  .what = "what of each article, in this order; without it, all",
                                  .set = set_columns};

static fh_status set_arrangement(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    ask->export.sorted = !fhi_str_equal(value, FH_STR("index"));
    if (!ask->export.sorted) return FH_OK;
    if (fhi_request_set(&ask->request, name, value, NULL) == FH_OK) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`sort` takes `index`, `score` or `date`");
}

static const fhi_param arrangement = {.name = "sort",
                                      .type = FHI_PARAM_CHOICE,
                                      .choices = {"index", "score", "date"},
                                      .usual = "index",
                                      .what = "in the order of the index, which is the fastest, or in that of a search",
                                      .set = set_arrangement};

static fh_status set_order(fhi_ask *ask, fh_str name, fh_str value, fh_err *err)
{
    (void)name;
    ask->unordered = fhi_str_equal(value, FH_STR("any"));
    if (ask->unordered || fhi_str_equal(value, FH_STR("asked"))) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`order` takes `asked` or `any`");
}

static const fhi_param order = {.name = "order",
                                .type = FHI_PARAM_CHOICE,
                                .choices = {"asked", "any"},
                                .usual = "asked",
                                .what = "whether answers come as the lines were asked, or as they are ready",
                                .set = set_order};

static fh_status check_format(const fhi_ask *ask, fh_err *err)
{
    if (!ask->root || ask->export.format == FHI_EXPORT_JSONL) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`format`: lines of the socket are JSON");
}

/* ---- parameters of pages ---- */

static const fhi_param words = {.name = "q",
                                .type = FHI_PARAM_TEXT,
                                .most = FHI_QUERY_BYTES_MAX,
                                .what = "the query as typed; without it and without filters, how to ask",
                                .set = set_query};
#define FILTER(variable, parameter, text)                                                                              \
    static const fhi_param variable = {                                                                                \
        .name = parameter, .type = FHI_PARAM_TEXT, .repeated = true, .what = text, .set = set_page}
FILTER(by_source, "source", "only articles of this source, or of any that is given");
FILTER(by_section, "section", "only of this section");
FILTER(by_region, "region", "only of this region");
FILTER(by_author, "author", "only by this author");
FILTER(by_lang, "lang", "only in this language");
FILTER(by_year, "year", "only of this year");
#undef FILTER
static const fhi_param from = {
    .name = "from", .type = FHI_PARAM_TEXT, .what = "not before this day, month or year", .set = set_page};
static const fhi_param to = {
    .name = "to", .type = FHI_PARAM_TEXT, .what = "not after this day, month or year", .set = set_page};
static const fhi_param pass = {.name = "offset",
                               .type = FHI_PARAM_NUMBER,
                               .most = FHI_TOP_MAX - FHI_PAGE_TOP,
                               .usual = "0",
                               .what = "hits before those of this page",
                               .set = set_request};
static const fhi_param ui = {.name = "ui",
                             .type = FHI_PARAM_CHOICE,
                             .choices = {"en", "fr", "ar"},
                             .what = "the language of the page; without it, what the browser likes best",
                             .set = set_page};
static const fhi_param names = {.name = "names", .type = FHI_PARAM_TEXT, .what = "names, one a line", .set = set_page};
static const fhi_param file = {
    .name = "name", .type = FHI_PARAM_PATH, .required = true, .what = "the name of a file", .set = set_subject};

#define FILTERS &by_source, &by_section, &by_region, &by_author, &by_lang, &by_year, &from, &to
#define HTML "text/html; charset=utf-8"

static fh_status check_reach(const fhi_ask *ask, fh_err *err)
{
    if (ask->request.after.len && ask->request.offset)
        return fhi_fail(err, FH_E_INVALID, "`offset` and `after` exclude each other");
    if (ask->request.offset <= FHI_TOP_MAX - ask->request.top) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "`offset` and `top` together reach at most %d", FHI_TOP_MAX);
}

/* ---- routes ---- */

const fhi_route fhi_routes[] = {
    {.kind = FHI_ASK_SEARCH,
     .path = "/search",
     .what = "The articles that match, best first, with the passages that do.",
     .schema = "Hits",
     .cached = true,
     .weak = true,
     .params = {&q, &top, &offset, &after, &op, &sort, &snippets, &partial, &lang},
     .check = check_reach},
    {.kind = FHI_ASK_FACETS,
     .path = "/facets",
     .verb = "facets",
     .what = "How many articles match by source, section, region, author, language and year.",
     .schema = "Facets",
     .cached = true,
     .weak = true,
     .params = {&q, &fields, &values, &op, &partial, &lang}},
    {.kind = FHI_ASK_HISTOGRAM,
     .path = "/histogram",
     .verb = "histogram",
     .what = "How many articles match by day, month or year.",
     .schema = "Histogram",
     .cached = true,
     .weak = true,
     .params = {&q, &by, &op, &partial, &lang}},
    {.kind = FHI_ASK_EXPLAIN,
     .path = "/explain",
     .verb = "explain",
     .what = "Why one article matches, or does not, and what its score is made of.",
     .schema = "Explanation",
     .cached = true,
     .weak = true,
     .params = {&q, &explained, &op, &lang}},
    {.kind = FHI_ASK_EXPORT,
     .path = "/export",
     .verb = "export",
     .what = "All articles that match, as JSON Lines or CSV.",
     .content_type = "application/x-ndjson",
     .cached = true,
     .weak = true,
     .streamed = true,
     .params = {&q, &format, &columns, &op, &arrangement, &lang},
     .check = check_format},
    {.kind = FHI_ASK_BATCH,
     .path = "/batch",
     .what = "Many questions: lines of JSON as the Unix socket takes them, and one line back for each.",
     .content_type = "application/x-ndjson",
     .posted = true,
     .params = {&order}},
    {.kind = FHI_ASK_ARTICLE,
     .path = "/article/{id}",
     .verb = "article",
     .what = "One article as it was stored.",
     .schema = "Article",
     .cached = true,
     .wrapped = true,
     .params = {&id}},
    {.kind = FHI_ASK_ANALYZE,
     .path = "/analyze",
     .verb = "analyze",
     .what = "What becomes of a text: its tokens with their form at each stage.",
     .schema = "[Token]",
     .cached = true,
     .wrapped = true,
     .params = {&text}},
    {.kind = FHI_ASK_HEALTH,
     .path = "/health",
     .verb = "health",
     .what = "The state of the server.",
     .schema = "Health",
     .wrapped = true},
    {.kind = FHI_ASK_READY,
     .path = "/ready",
     .verb = "ready",
     .what = "Whether to send questions here: 503 once the server is stopping.",
     .schema = "Ready",
     .open = true,
     .wrapped = true},
    {.kind = FHI_ASK_METRICS,
     .path = "/metrics",
     .verb = "metrics",
     .what = "What the server has counted, in the text format of Prometheus.",
     .content_type = "text/plain; version=0.0.4; charset=utf-8",
     .admin = true,
     .wrapped = true},
    {.kind = FHI_ASK_OPENAPI, .path = "/openapi.json", .what = "This description, in OpenAPI 3.1.", .cached = true},
    {.kind = FHI_ASK_HELLO,
     .path = "/help.txt",
     .what = "What can be asked, as plain text.",
     .content_type = "text/plain; charset=utf-8"},
    {.kind = FHI_ASK_PAGE,
     .path = "/",
     .what = "The search page.",
     .content_type = HTML,
     .cached = true,
     .page = true,
     .params = {&words, FILTERS, &op, &sort, &pass, &after, &ui},
     .check = check_reach},
    {.kind = FHI_ASK_READ,
     .path = "/read/{id}",
     .what = "The page of one article, with the matches of a search marked.",
     .content_type = HTML,
     .cached = true,
     .page = true,
     .params = {&id, &words, FILTERS, &op, &sort, &pass, &after, &ui},
     .check = check_reach},
    {.kind = FHI_ASK_WHY,
     .path = "/why/{id}",
     .what = "The page that tells why one article matches a search or not.",
     .content_type = HTML,
     .cached = true,
     .page = true,
     .params = {&id, &words, FILTERS, &op, &sort, &pass, &after, &ui},
     .check = check_reach},
    {.kind = FHI_ASK_LIST,
     .path = "/list",
     .what = "The page that counts the articles of many names.",
     .content_type = HTML,
     .cached = true,
     .page = true,
     .params = {&names, &ui}},
    {.kind = FHI_ASK_FEED,
     .path = "/search.atom",
     .what = "The newest articles of a search as an Atom feed.",
     .content_type = "application/atom+xml; charset=utf-8",
     .cached = true,
     .page = true,
     .params = {&words, FILTERS, &op, &sort, &ui}},
    {.kind = FHI_ASK_FILE,
     .path = "/static/{name}",
     .what = "A file of the page.",
     .content_type = "*/*", /* its own */
     .open = true,          /* a refusal is a page, too */
     .cached = true,
     .params = {&file}},
};

const size_t fhi_route_count = sizeof fhi_routes / sizeof fhi_routes[0];

const fhi_route *fhi_route_of_path(fh_str path, fh_str *rest)
{
    *rest = (fh_str){NULL, 0};
    for (size_t i = 0; i < fhi_route_count; i++) {
        const char *brace = strchr(fhi_routes[i].path, '{');
        const fh_str whole = fhi_str(fhi_routes[i].path);
        const fh_str fixed = {whole.ptr, brace ? (size_t)(brace - whole.ptr) : whole.len};
        if (brace ? !fhi_str_starts(path, fixed) : !fhi_str_equal(path, fixed)) continue;
        *rest = (fh_str){path.ptr + fixed.len, path.len - fixed.len};
        return &fhi_routes[i];
    }
    return NULL;
}

const fhi_route *fhi_route_of_kind(fhi_ask_kind kind)
{
    for (size_t i = 0; i < fhi_route_count; i++)
        if (fhi_routes[i].kind == kind) return &fhi_routes[i];
    return NULL;
}
