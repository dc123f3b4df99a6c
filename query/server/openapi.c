/* openapi.c - the description of the HTTP door.
 *
 * Paths and parameters come from route.c, statuses from http.c, codes of wrong queries from the language; only the
 * shape of answers is told here, as a table. So nothing can be asked that is not described.
 */
#include "query/server/openapi.h"

#include "query/answer/reply.h"
#include "query/language/syntax.h"
#include "query/server/http.h"
#include "query/server/route.h"

#include <stdio.h>

/* ---- building: NULL is a failed allocation, and what is made of it is NULL, too ---- */

static json_t *with(json_t *object, const char *name, json_t *value)
{
    if (object && json_object_set_new(object, name, value) == 0) return object;
    if (!object) json_decref(value);
    json_decref(object);
    return NULL;
}

static json_t *followed_by(json_t *array, json_t *value)
{
    if (array && json_array_append_new(array, value) == 0) return array;
    if (!array) json_decref(value);
    json_decref(array);
    return NULL;
}

/* ---- the shape of answers ---- */

typedef struct member {
    const char *schema;
    const char *name;
    const char
        *type; /* string, integer, number, boolean, marks, a schema; in brackets an array, in braces a map of it */
    bool always;
    const char *what;
} member;

static const member members[] = {
    {"Hits", "hits", "[Hit]", true, "the best, or the newest, first"},
    {"Hits", "total", "integer", true, "all articles that match"},
    {"Hits", "partial", "boolean", false, "time was up: every hit matches, better ones may be missing"},
    {"Hits", "offset", "integer", false, "of an answer to `after`: hits before the first one here"},
    {"Hits", "next", "string", false, "what to ask `after` for the hits that follow; absent at the end"},
    {"Hits", "took_us", "integer", true, "the time of the query in microseconds"},
    {"Hit", "id", "string", true, "of the article"},
    {"Hit", "score", "number", true, "0 when sorted by date"},
    {"Hit", "title", "string", true, "plain text"},
    {"Hit", "snippet", "string", false, "the passages that match, plain text"},
    {"Hit", "date", "string", true, "as it was written"},
    {"Hit", "source", "string", true, NULL},
    {"Hit", "section", "string", true, NULL},
    {"Hit", "author", "string", true, NULL},
    {"Hit", "lang", "string", true, "fr, ar, mixed, or as it was given"},
    {"Hit", "url", "string", true, NULL},
    {"Hit", "region", "string", true, NULL},
    {"Hit", "title_marks", "[marks]", true, "what matches in the title"},
    {"Hit", "snippet_marks", "[marks]", false, "what matches in the snippet"},
    {"Facets", "total", "integer", true, "all articles that match"},
    {"Facets", "partial", "boolean", false, "time was up: there are at least as many of each"},
    {"Facets", "facets", "{Facet}", true, "by the name of the field"},
    {"Facets", "took_us", "integer", true, "the time of the query in microseconds"},
    {"Facet", "values", "[FacetValue]", true, "the most frequent first"},
    {"Facet", "different", "integer", true, "values among the matches"},
    {"Facet", "without", "integer", true, "matches that have none"},
    {"FacetValue", "value", "string", true, "as it is most frequently written"},
    {"FacetValue", "count", "integer", true, NULL},
    {"Histogram", "total", "integer", true, "all articles that match"},
    {"Histogram", "partial", "boolean", false, "time was up: there are at least as many of each"},
    {"Histogram", "by", "string", true, "day, month or year"},
    {"Histogram", "bars", "[Bar]", true, "increasing; none is empty"},
    {"Histogram", "undated", "integer", true, "matches without a date as fine as the bars"},
    {"Histogram", "took_us", "integer", true, "the time of the query in microseconds"},
    {"Bar", "from", "string", true, "such as 2019-07"},
    {"Bar", "count", "integer", true, NULL},
    {"Explanation", "article", "string", true, "its id"},
    {"Explanation", "matches", "boolean", true, NULL},
    {"Explanation", "score", "number", true, "that of a search: all that is added, in single precision"},
    {"Explanation", "sorted_by", "string", true, "score; date where no word ranks"},
    {"Explanation", "plan", "string", true, "what the query became"},
    {"Explanation", "fails", "[Failing]", true, "what an article would need that does not match"},
    {"Explanation", "clauses", "Clause", true, "the plan, part by part"},
    {"Explanation", "ranking", "Ranking", true, "what is the same for every clause"},
    {"Explanation", "took_us", "integer", true, "the time of the query in microseconds"},
    {"Failing", "clause", "string", true, "as in `plan`"},
    {"Failing", "why", "string", true, "absent; filter; none (of several ways); excluded"},
    {"Clause", "kind", "string", true, "word, prefix, phrase, and, or, not, column, days, all"},
    {"Clause", "matches", "boolean", true, "by itself"},
    {"Clause", "counts", "boolean", true, "and so does all that it stands in"},
    {"Clause", "field", "string", false, "title; of a column source, section, region, author or lang"},
    {"Clause", "stems", "[string]", false, "of a word: any of them"},
    {"Clause", "form", "string", false, "of a word: as written, beside its stems or instead"},
    {"Clause", "prefix", "string", false, NULL},
    {"Clause", "slots", "[Slot]", false, "of a phrase"},
    {"Clause", "within", "integer", false, "of a phrase in any order: words more than it has"},
    {"Clause", "parts", "[Part]", false, "what a word, prefix or phrase adds"},
    {"Clause", "wanted", "string", false, "of a column, folded"},
    {"Clause", "has", "string", false, "of a column: what the article has"},
    {"Clause", "from", "integer", false, "of days, such as 20251231"},
    {"Clause", "to", "integer", false, "of days"},
    {"Clause", "day", "integer", false, "of days: that of the article; 0: none"},
    {"Clause", "clauses", "[Clause]", false, "of and, or, not"},
    {"Slot", "stems", "[string]", false, "any of them"},
    {"Slot", "form", "string", false, NULL},
    {"Slot", "at", "integer", false, "words behind the first one"},
    {"Slot", "df", "integer", true, "articles that have it"},
    {"Slot", "idf", "number", true, NULL},
    {"Part", "of", "string", true, "stem, form, prefix, phrase"},
    {"Part", "weight", "number", true, "boost, halved for stop words; of a form beside a stem its share of that"},
    {"Part", "df", "integer", false, "articles that have it; not of a phrase"},
    {"Part", "idf", "number", true, "of a phrase the sum of its slots'"},
    {"Part", "tf", "number", true, "how often it occurs, the title and the lead weighing more"},
    {"Part", "adds", "number", true, "to the score"},
    {"Ranking", "formula", "string", true, "of `adds`, and where it is from"},
    {"Ranking", "articles", "integer", true, "of the index, those deleted since the last merge included"},
    {"Ranking", "length", "integer", true, "of the article in words, as kept in one byte"},
    {"Ranking", "average_length", "number", true, NULL},
    {"Ranking", "k", "number", true, NULL},
    {"Ranking", "k1", "number", true, NULL},
    {"Ranking", "b", "number", true, NULL},
    {"Ranking", "title_weight", "number", true, "of an occurrence in the title"},
    {"Ranking", "lead_weight", "number", true, "of one in the first two sentences"},
    {"Article", "id", "string", true, NULL},
    {"Article", "url", "string", false, NULL},
    {"Article", "lang", "string", false, NULL},
    {"Article", "source", "string", false, NULL},
    {"Article", "section", "string", false, NULL},
    {"Article", "region", "string", false, NULL},
    {"Article", "author", "string", false, NULL},
    {"Article", "date", "string", false, "as it was written"},
    {"Article", "title", "string", false, NULL},
    {"Article", "abstract", "string", false, NULL},
    {"Article", "body", "string", false, NULL},
    {"Article", "tags", "[string]", false, NULL},
    {"Token", "original", "string", true, "as it stands in the text"},
    {"Token", "position", "integer", true, "from 0, in words"},
    {"Token", "begin", "integer", true, "first byte"},
    {"Token", "end", "integer", true, "the byte after the last"},
    {"Token", "exact", "string", true, "what `=mot` compares"},
    {"Token", "folded", "string", true, "without case and accents"},
    {"Token", "base", "string", false, "an Arabic word without its clitics"},
    {"Token", "stem", "string", true, "what a word without `=` compares"},
    {"Token", "kind", "string", true, "word, number, joined or date"},
    {"Token", "script", "string", true, "latin, arabic or other"},
    {"Token", "stop", "boolean", true, "so frequent that it says little"},
    {"Token", "variants", "[string]", true, "other stems that it matches"},
    {"Health", "status", "string", true, "ok, or draining once the server has been told to stop"},
    {"Health", "version", "string", true, NULL},
    {"Health", "generation", "integer", true, "grows with every commit of the indexer"},
    {"Health", "articles", "integer", true, NULL},
    {"Health", "workers", "integer", true, NULL},
    {"Health", "queue", "integer", true, "queries waiting for a worker"},
    {"Health", "connections", "integer", true, NULL},
    {"Health", "uptime_s", "integer", true, NULL},
    {"Ready", "status", "string", true, "ready"},
    {"Fault", "code", "string", true, "stable, for programs"},
    {"Fault", "message", "string", true, "for people"},
    {"Fault", "offset", "integer", true, "the place in the query, in bytes; 0 where no place is meant"},
    {"Fault", "offset_chars", "integer", true, "the same in characters"},
    {"Error", "error", "Fault", true, NULL},
};

static json_t *type_schema(const char *type)
{
    char inner[32];
    if (type[0] == '[' || type[0] == '{') {
        (void)snprintf(inner, sizeof inner, "%.*s", (int)strlen(type) - 2, type + 1);
        if (type[0] == '[') return json_pack("{s:s,s:o}", "type", "array", "items", type_schema(inner));
        return json_pack("{s:s,s:o}", "type", "object", "additionalProperties", type_schema(inner));
    }
    if (strcmp(type, "marks") == 0)
        return json_pack("{s:s,s:s,s:{s:s},s:i,s:i}", "type", "array", "description", "[begin, end) in code points",
                         "items", "type", "integer", "minItems", 2, "maxItems", 2);
    if (type[0] < 'A' || type[0] > 'Z') return json_pack("{s:s}", "type", type);
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", type));
}

/* The schema of the members from *at on, which is moved past them. */
static json_t *object_schema(size_t *at)
{
    const char *name = members[*at].schema;
    json_t *properties = json_object(), *required = json_array();
    for (; *at < sizeof members / sizeof members[0] && strcmp(members[*at].schema, name) == 0; ++*at) {
        const member *one = &members[*at];
        json_t *schema = type_schema(one->type);
        if (one->what) schema = with(schema, "description", json_string(one->what));
        properties = with(properties, one->name, schema);
        if (one->always) required = followed_by(required, json_string(one->name));
    }
    return json_pack("{s:s,s:o,s:o}", "type", "object", "properties", properties, "required", required);
}

/* The codes that `error.code` may have besides those of the statuses. */
static json_t *query_codes(void)
{
    json_t *codes = json_array();
    for (int code = FHI_QUERY_NONE + 1; code < FHI_QUERY_CODE_COUNT; code++)
        codes = followed_by(codes, json_string(fhi_query_code_name((fhi_query_code)code)));
    return json_pack("{s:s,s:o}", "type", "string", "enum", codes);
}

static json_t *schemas(void)
{
    json_t *all = with(json_object(), "QueryErrorCode", query_codes());
    for (size_t at = 0; at < sizeof members / sizeof members[0];) {
        const char *name = members[at].schema;
        all = with(all, name, object_schema(&at));
    }
    return all;
}

/* ---- parameters ---- */

static json_t *choices_schema(const fhi_param *param)
{
    json_t *choices = json_array();
    for (int i = 0; i < FHI_CHOICES_MAX && param->choices[i]; i++)
        choices = followed_by(choices, json_string(param->choices[i]));
    return json_pack("{s:s,s:o}", "type", "string", "enum", choices);
}

static json_t *parameter_schema(const fhi_param *param)
{
    switch (param->type) {
    case FHI_PARAM_NUMBER:
        return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum", (json_int_t)param->least, "maximum",
                         (json_int_t)param->most);
    case FHI_PARAM_CHOICE: return choices_schema(param);
    case FHI_PARAM_LIST: return json_pack("{s:s,s:o}", "type", "array", "items", choices_schema(param));
    default: return json_pack("{s:s}", "type", "string");
    }
}

static json_t *default_value(const fhi_param *param)
{
    if (param->type == FHI_PARAM_NUMBER) return json_integer(strtoll(param->usual, NULL, 10));
    return json_string(param->usual);
}

/* One value, or an array of them that is written as the parameter given again and again. */
static json_t *whole_schema(const fhi_param *param)
{
    json_t *schema = parameter_schema(param);
    return param->repeated ? json_pack("{s:s,s:o}", "type", "array", "items", schema) : schema;
}

static json_t *parameter(const fhi_param *param)
{
    const bool in_path = param->type == FHI_PARAM_PATH;
    json_t *schema = whole_schema(param);
    if (param->usual && param->type != FHI_PARAM_LIST) schema = with(schema, "default", default_value(param));
    json_t *told = json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", param->name, "in", in_path ? "path" : "query",
                             "description", param->what, "required", (int)param->required, "schema", schema);
    if (param->type == FHI_PARAM_LIST) told = with(told, "explode", json_false());
    return told;
}

static json_t *parameters(const fhi_route *route)
{
    json_t *all = json_array();
    for (int i = 0; i < FHI_PARAMS_MAX && route->params[i]; i++)
        all = followed_by(all, parameter(route->params[i]));
    return all;
}

/* ---- routes ---- */

static json_t *good_answer(const fhi_route *route)
{
    json_t *schema = route->schema ? type_schema(route->schema) : json_object();
    const char *type = route->content_type ? route->content_type : "application/json";
    return json_pack("{s:s,s:{s:{s:o}}}", "description", route->what, "content", type, "schema", schema);
}

static json_t *responses(const fhi_route *route)
{
    char number[8];
    json_t *all = json_pack("{s:o}", "200", good_answer(route));
    if (route->cached) all = with(all, "304", json_pack("{s:s}", "$ref", "#/components/responses/NotModified"));
    for (const fhi_http_fault *fault = fhi_http_faults; fault->status; fault++) {
        (void)snprintf(number, sizeof number, "%d", fault->status);
        all = with(all, number, json_pack("{s:o}", "$ref", json_sprintf("#/components/responses/%s", number)));
    }
    return all;
}

static json_t *operation(const fhi_route *route, const char *method)
{
    const size_t skipped = route->path[1] ? 1 : 0;
    const int len = (int)strcspn(route->path + skipped, "/{.");
    json_t *id = json_sprintf("%s_%.*s", method, len ? len : 5, len ? route->path + skipped : "index");
    json_t *told = json_pack("{s:o,s:s,s:o,s:o}", "operationId", id, "summary", route->what, "parameters",
                             parameters(route), "responses", responses(route));
    return route->open ? with(told, "security", json_array()) : told;
}

/* Lines of the socket are specified in PROTOCOL.md. */
static json_t *request_body(void)
{
    return json_pack("{s:b,s:{s:{s:{s:s}}}}", "required", 1, "content", "application/x-ndjson", "schema", "type",
                     "string");
}

static json_t *methods_of(const fhi_route *route)
{
    if (route->posted) return json_pack("{s:o}", "post", with(operation(route, "post"), "requestBody", request_body()));
    return json_pack("{s:o,s:o}", "get", operation(route, "get"), "head", operation(route, "head"));
}

static json_t *paths(void)
{
    json_t *all = json_object();
    for (size_t i = 0; i < fhi_route_count; i++)
        all = with(all, fhi_routes[i].path, methods_of(&fhi_routes[i]));
    return all;
}

static json_t *fault_answers(void)
{
    char number[8];
    json_t *all = json_pack("{s:{s:s}}", "NotModified", "description", "The client has this answer already.");
    for (const fhi_http_fault *fault = fhi_http_faults; fault->status; fault++) {
        (void)snprintf(number, sizeof number, "%d", fault->status);
        all = with(all, number,
                   json_pack("{s:o,s:{s:{s:{s:s}}}}", "description", json_sprintf("`%s`: %s", fault->code, fault->what),
                             "content", "application/json", "schema", "$ref", "#/components/schemas/Error"));
    }
    return all;
}

static json_t *description(void)
{
    json_t *info = json_pack("{s:s,s:s,s:s,s:{s:s,s:s}}", "title", "Fihrist", "version", FH_VERSION, "description",
                             "Full-text search for the French and Arabic press.", "license", "name", "GPL-2.0-or-later",
                             "identifier", "GPL-2.0-or-later");
    json_t *bearer = json_pack("{s:s,s:s}", "type", "http", "scheme", "bearer");
    return json_pack("{s:s,s:o,s:[{s:s}],s:[{},{s:[]}],s:o,s:{s:o,s:o,s:{s:o}}}", "openapi", "3.1.0", "info", info,
                     "servers", "url", "/", "security", "token", "paths", paths(), "components", "schemas", schemas(),
                     "responses", fault_answers(), "securitySchemes", "token", bearer);
}

fh_status fhi_openapi_write(fhi_buf *json)
{
    return fhi_reply_write(description(), NULL, 0, json);
}

/* ---- for people ---- */

static void write_parameter(const fhi_param *param, bool first, fhi_buf *text)
{
    fhi_buf_printf(text, "%c%s=", first ? '?' : '&', param->name);
    for (int i = 0; i < FHI_CHOICES_MAX && param->choices[i]; i++)
        fhi_buf_printf(text, "%s%s", i ? (param->type == FHI_PARAM_LIST ? "," : "|") : "", param->choices[i]);
    if (param->choices[0]) return;
    fhi_buf_printf(text, "%s", param->usual ? param->usual : "...");
}

fh_status fhi_routes_write(fhi_buf *text)
{
    fhi_buf_printf(text, "Fihrist %s: full-text search for the French and Arabic press.\n", FH_VERSION);
    for (size_t i = 0; i < fhi_route_count; i++) {
        bool first = true;
        fhi_buf_printf(text, "\n%s %s", fhi_routes[i].posted ? "POST" : "GET", fhi_routes[i].path);
        for (int p = 0; p < FHI_PARAMS_MAX && fhi_routes[i].params[p]; p++) {
            if (fhi_routes[i].params[p]->type == FHI_PARAM_PATH) continue;
            write_parameter(fhi_routes[i].params[p], first, text);
            first = false;
        }
        fhi_buf_printf(text, "\n    %s\n", fhi_routes[i].what);
    }
    return text->status;
}
