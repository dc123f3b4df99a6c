/* request.c - one search from its text to its answer: parse, plan, match, show. */
#include "query/answer/request.h"

#include "engine/text/describe.h"
#include "query/answer/facets.h"
#include "query/answer/json_out.h"
#include "query/answer/reply.h"
#include "query/answer/snippet.h"
#include "query/answer/stored.h"
#include "query/language/plan.h"
#include "query/language/plan_print.h"

#include <stdlib.h>
#include <time.h>

enum {
    TOP_DEFAULT = 10,
    VALUES_DEFAULT = 20,
    ARENA_BYTES_MAX = 64 * 1024 * 1024,      /* of one request */
    SHOW_BYTES_MAX = 64 * 1024 * 1024,       /* of one hit being shown */
    WORD_CACHE_BYTES_MAX = 32 * 1024 * 1024, /* of the analyzer; dropped between requests */
    NUMBER_DIGITS_MAX = 9,
    EXPLAIN_DIGITS = 9 /* tell every float */
};

struct fhi_searcher {
    fh_analyzer *analyzer;
    fhi_snippeter *snippeter;
    bool any_word;   /* the analyzer is `words` */
    fhi_arena arena; /* syntax, plan, hits */
    fhi_arena show;  /* one hit */
    fhi_stored *stored;
    fhi_buf record; /* of an article asked for by its id */
};

/* ---- parameters ------------------------------------------------------------------------------------------ */

void fhi_request_defaults(fhi_request *request)
{
    *request = (fhi_request){.query = {"", 0}, .top = TOP_DEFAULT, .values = VALUES_DEFAULT, .fields = FHI_FIELDS_ALL};
}

/* Plain ASCII digits: no sign, no space. */
static fh_status set_number(fh_str name, fh_str value, uint32_t least, uint32_t most, uint32_t *out, fh_err *err)
{
    uint32_t number = 0;
    bool digits = value.len > 0 && value.len <= NUMBER_DIGITS_MAX;
    for (size_t i = 0; digits && i < value.len; i++) {
        digits = value.ptr[i] >= '0' && value.ptr[i] <= '9';
        number = number * 10 + (uint32_t)(value.ptr[i] - '0');
    }
    if (!digits || number < least || number > most)
        return fhi_fail(err, FH_E_INVALID, "`%.*s` takes a whole number from %u to %u", (int)name.len, name.ptr, least,
                        most);
    *out = number;
    return FH_OK;
}

/* *out is the number of the choice that `value` is. */
static fh_status set_choice(fh_str name, fh_str value, const char *const *choices, unsigned count, unsigned *out,
                            fh_err *err)
{
    for (unsigned i = 0; i < count; i++)
        if (fhi_str_equal(value, fhi_str(choices[i]))) {
            *out = i;
            return FH_OK;
        }
    if (count == 2)
        return fhi_fail(err, FH_E_INVALID, "`%.*s` takes `%s` or `%s`", (int)name.len, name.ptr, choices[0],
                        choices[1]);
    return fhi_fail(err, FH_E_INVALID, "`%.*s` takes `%s`, `%s` or `%s`", (int)name.len, name.ptr, choices[0],
                    choices[1], choices[2]);
}

bool fhi_request_takes(fhi_request_kind kind, fh_str name)
{
    static const char *const common[] = {"q", "op", "lang", NULL};
    static const char *const special[][7] = {
        [FHI_REQUEST_HITS] = {"top", "offset", "after", "sort", "snippets", "partial"},
        [FHI_REQUEST_FACETS] = {"fields", "values", "partial"},
        [FHI_REQUEST_HISTOGRAM] = {"by", "partial"},
        [FHI_REQUEST_EXPLAIN] = {"id"}};
    for (const char *const *known = common; *known; known++)
        if (fhi_str_equal(name, fhi_str(*known))) return true;
    for (const char *const *known = special[kind]; *known; known++)
        if (fhi_str_equal(name, fhi_str(*known))) return true;
    return false;
}

/* The parameters of counts and explanations. */
static fh_status set_other_parameter(fhi_request *request, fh_str name, fh_str value, fh_err *err)
{
    static const char *const units[] = {"day", "month", "year"};
    unsigned choice = 0;
    if (fhi_str_equal(name, FH_STR("fields"))) return fhi_fields_parse(value, &request->fields, err);
    if (fhi_str_equal(name, FH_STR("values")))
        return set_number(name, value, 1, FHI_FACET_VALUES_MAX, &request->values, err);
    if (fhi_str_equal(name, FH_STR("by"))) {
        FH_TRY(set_choice(name, value, units, 3, &choice, err));
        request->by = (fhi_period)(FHI_PERIOD_DAY + choice);
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("id"))) {
        request->article = value;
        return FH_OK;
    }
    return fhi_fail(err, FH_E_NOT_FOUND, "there is no parameter `%.*s`", fhi_quotable(name), name.ptr);
}

fh_status fhi_request_set(fhi_request *request, fh_str name, fh_str value, fh_err *err)
{
    static const char *const ops[] = {"and", "or"}, *const sorts[] = {"score", "date"},
                             *const langs[] = {"en", "fr", "ar"};
    unsigned choice = 0;
    if (fhi_str_equal(name, FH_STR("q"))) {
        if (value.len > FHI_QUERY_BYTES_MAX)
            return fhi_fail(err, FH_E_LIMIT, "a query has at most %d bytes", FHI_QUERY_BYTES_MAX);
        request->query = value;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("top"))) return set_number(name, value, 1, FHI_TOP_MAX, &request->top, err);
    if (fhi_str_equal(name, FH_STR("offset")))
        return set_number(name, value, 0, FHI_TOP_MAX - 1, &request->offset, err);
    if (fhi_str_equal(name, FH_STR("snippets"))) {
        FH_TRY(set_number(name, value, 0, 1, &choice, err));
        request->no_snippets = !choice;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("partial"))) {
        FH_TRY(set_number(name, value, 0, 1, &choice, err));
        request->partial = choice != 0;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("after"))) {
        if (value.len == 0) return fhi_fail(err, FH_E_INVALID, "`after` takes the `next` of an answer");
        request->after = value;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("op"))) {
        FH_TRY(set_choice(name, value, ops, 2, &choice, err));
        request->op = choice ? FHI_OP_OR : FHI_OP_AND;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("sort"))) {
        FH_TRY(set_choice(name, value, sorts, 2, &choice, err));
        request->sort = choice ? FHI_SORT_DATE : FHI_SORT_SCORE;
        return FH_OK;
    }
    if (fhi_str_equal(name, FH_STR("lang"))) {
        FH_TRY(set_choice(name, value, langs, 3, &choice, err));
        request->lang = (fhi_message_lang)choice;
        return FH_OK;
    }
    return set_other_parameter(request, name, value, err);
}

/* ---- searcher -------------------------------------------------------------------------------------------- */

fh_status fhi_searcher_create(const char *analyzer, fhi_searcher **out, fh_err *err)
{
    *out = NULL;
    fhi_searcher *s = calloc(1, sizeof *s);
    if (!s) return fhi_fail(err, FH_E_NOMEM, "no memory for a searcher");
    fhi_arena_init(&s->arena, ARENA_BYTES_MAX);
    fhi_arena_init(&s->show, SHOW_BYTES_MAX);
    s->any_word = strcmp(analyzer, "words") == 0;
    fh_status status = fh_analyzer_create(analyzer, &s->analyzer, err);
    if (status == FH_OK) status = fhi_snippeter_create(s->analyzer, &s->snippeter, err);
    if (status == FH_OK && fhi_stored_create(&s->stored) != FH_OK)
        status = fhi_fail(err, FH_E_NOMEM, "no memory for a searcher");
    if (status != FH_OK) {
        fhi_searcher_destroy(s);
        return status;
    }
    *out = s;
    return FH_OK;
}

void fhi_searcher_destroy(fhi_searcher *searcher)
{
    if (!searcher) return;
    fhi_snippeter_destroy(searcher->snippeter);
    fh_analyzer_destroy(searcher->analyzer);
    fhi_stored_destroy(searcher->stored);
    fhi_arena_fini(&searcher->arena);
    fhi_arena_fini(&searcher->show);
    fhi_buf_fini(&searcher->record);
    free(searcher);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static fh_status find_article(const fhi_index *index, fh_str id, fhi_document *out, fh_err *err)
{
    const fh_status found = fhi_index_find_id(index, id, &out->segment, &out->doc, err);
    if (found == FH_E_NOT_FOUND && err) err->text[0] = '\0';
    return found;
}

/* ---- search ---------------------------------------------------------------------------------------------- */

/* Words that begin as a prefix does, counted up to one more than may be. */
typedef struct width {
    uint32_t count;
    uint32_t most;
} width;

static bool count_form(void *argument, fh_str fold, fh_str exact, const fhi_form_info *info)
{
    width *wide = argument;
    (void)fold;
    (void)exact;
    (void)info;
    return ++wide->count <= wide->most;
}

static bool count_term(void *argument, fh_str term, const fhi_term_info *info)
{
    width *wide = argument;
    (void)term;
    (void)info;
    return ++wide->count <= wide->most;
}

/* Adds the words of a segment that begin so; stops beyond the limit. A damaged segment is the matcher's to report. */
static void count_expansion(const fhi_searcher *s, const fhi_segment *segment, fh_str prefix, width *wide)
{
    char term[FH_TERM_BYTES_MAX + 1] = {FHI_NS_STEM};
    if (prefix.len > FH_TERM_BYTES_MAX) return; /* no word is as long */
    if (prefix.len) memcpy(term + 1, prefix.ptr, prefix.len);
    if (s->any_word)
        (void)fhi_terms_scan(segment, (fh_str){term, prefix.len + 1}, count_term, wide);
    else
        (void)fhi_forms_scan(segment, prefix, count_form, wide);
}

/* Prefixes made of one written prefix follow each other; all of them together are within the limit, or not. */
static bool is_too_wide(const fhi_searcher *s, const fhi_index *index, const fhi_plan_prefix *first, uint32_t most)
{
    for (uint32_t i = 0; i < fhi_index_segment_count(index); i++) {
        width wide = {.most = most};
        for (const fhi_plan_prefix *prefix = first; prefix && prefix->text.ptr == first->text.ptr && wide.count <= most;
             prefix = prefix->next)
            count_expansion(s, fhi_index_segment(index, i), prefix->node->prefix, &wide);
        if (wide.count > most) return true;
    }
    return false;
}

static fh_status check_prefixes(const fhi_searcher *s, const fhi_index *index, const fhi_request *request,
                                const fhi_plan *plan, fhi_query_error *error)
{
    const fhi_plan_prefix *widest = NULL;
    const char *seen = NULL;
    const uint32_t limit = request->limits.expansion_max, most = limit ? limit : FHI_EXPANSION_MAX;
    for (const fhi_plan_prefix *prefix = plan->prefixes; prefix; seen = prefix->text.ptr, prefix = prefix->next)
        if (prefix->text.ptr != seen && is_too_wide(s, index, prefix, most))
            widest = prefix; /* the first written is last */
    if (!widest) return FH_OK;
    return fhi_query_fail(error, FHI_QUERY_EXPANSION_LIMIT, (size_t)(widest->text.ptr - request->query.ptr),
                          widest->text);
}

/* Everything that can be wrong with a request is found here, before any posting is read. */
static fh_status make_plan(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_plan *plan,
                           fhi_failure *failure)
{
    const fhi_parse_options options = {.any_word = s->any_word, .clauses_max = request->limits.clauses_max};
    const fhi_plan_input input = {s->analyzer, fhi_index_settings(index), request->op, &s->arena, request->query};
    fhi_syntax *root;
    if (fhi_index_settings(index)->analyzer_id != fh_analyzer_id(s->analyzer))
        return fhi_fail(&failure->err, FH_E_ANALYZER, "index the articles again; made with `%s` %08x, not %08x",
                        fhi_index_settings(index)->analyzer, fhi_index_settings(index)->analyzer_id,
                        fh_analyzer_id(s->analyzer));
    if (request->top == 0 || request->top > FHI_TOP_MAX || request->offset > FHI_TOP_MAX - request->top)
        return fhi_fail(&failure->err, FH_E_INVALID, "offset and top together reach at most %d", FHI_TOP_MAX);
    if (request->after.len && request->offset)
        return fhi_fail(&failure->err, FH_E_INVALID, "offset and after exclude each other");
    FH_TRY(fhi_parse(request->query, &options, &s->arena, &root, &failure->query));
    FH_TRY(fhi_plan_make(&input, root, plan, &failure->query, &failure->err));
    return check_prefixes(s, index, request, plan, &failure->query);
}

static void bound_words(fhi_searcher *s)
{
    if (fh_analyzer_cache_bytes(s->analyzer) > WORD_CACHE_BYTES_MAX) fh_analyzer_reset(s->analyzer);
}

/* A new request: what the last one left is dropped. */
static fh_status start(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_plan *plan,
                       fhi_failure *failure)
{
    *failure = (fhi_failure){.status = FH_OK};
    fhi_arena_reset(&s->arena);
    s->arena.cap_bytes = request->limits.memory_bytes_max ? request->limits.memory_bytes_max : ARENA_BYTES_MAX;
    bound_words(s);
    return make_plan(s, index, request, plan, failure);
}

/* Of a partial answer a quarter of the time is left for showing what was found. */
static uint64_t matching_deadline(const fhi_request *request)
{
    const uint64_t now = request->partial ? now_ns() : 0;
    if (!request->partial || request->deadline_ns <= now) return request->deadline_ns;
    return request->deadline_ns - (request->deadline_ns - now) / 4;
}

static fh_status match(fhi_searcher *s, const fhi_index *index, const fhi_request *request, const fhi_plan *plan,
                       fhi_hits *hits, fhi_found *found, fhi_failure *failure)
{
    const fhi_question question = {fhi_index_identity(index), fhi_request_hash(request)};
    fhi_place place;
    fhi_match_options options = {.top = request->offset + request->top,
                                 .sort = plan->scored ? request->sort : FHI_SORT_DATE,
                                 .count = true,
                                 .partial = request->partial,
                                 .deadline_ns = matching_deadline(request)};
    found->before = request->offset;
    if (request->after.len) {
        FH_TRY(fhi_cursor_read(request->after, &question, &place, &found->before, &failure->err));
        options.after = &place;
    }
    FH_TRY(fhi_match_run(index, plan->root, &options, &s->arena, hits, &failure->err));
    found->total = hits->total;
    found->partial = hits->partial;
    if (hits->hit_count <= request->offset) return FH_OK;
    const uint64_t passed = found->before + hits->hit_count - request->offset;
    const fhi_hit *last = &hits->hits[hits->hit_count - 1];
    place = (fhi_place){last->key, last->segment, last->doc};
    if (passed < found->total && !found->partial) fhi_cursor_write(&question, &place, passed, found->next);
    return FH_OK;
}

static fh_status show_hit(fhi_searcher *s, const fhi_index *index, const fhi_hit *hit, const fhi_request *request,
                          fhi_hit_seen seen, void *argument, fh_err *err)
{
    fh_record record;
    fhi_shown title, snippet;
    fhi_arena_reset(&s->show);
    if (request->deadline_ns && now_ns() > request->deadline_ns)
        return fhi_fail(err, FH_E_DEADLINE, "while showing the hits");
    FH_TRY(fhi_stored_read(s->stored, fhi_index_segment(index, hit->segment), hit->doc, request->no_snippets, &record,
                           err));
    FH_TRY(fhi_snippet_title(s->snippeter, record.fields[FH_FIELD_TITLE], &s->show, &title));
    if (request->no_snippets) return seen(argument, &record, hit->score, &title, NULL);
    FH_TRY(fhi_snippet_make(s->snippeter, &record, &s->show, &snippet));
    return seen(argument, &record, hit->score, &title, &snippet);
}

static void take_notes(fhi_request_notes *notes, const fhi_plan *plan, uint64_t begin_ns, uint64_t matched_ns)
{
    const uint64_t end_ns = now_ns();
    notes->search_ns = matched_ns - begin_ns;
    notes->show_ns = end_ns - matched_ns;
    if (notes->slow_ns && end_ns - begin_ns >= notes->slow_ns && plan->root) fhi_plan_print(plan->root, &notes->plan);
}

fh_status fhi_searcher_find(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            fhi_hit_seen seen, void *argument, fhi_found *found, fhi_failure *failure)
{
    fhi_plan plan = {.root = NULL};
    fhi_hits hits;
    const uint64_t begin_ns = request->notes ? now_ns() : 0;
    *found = (fhi_found){.total = 0};
    fh_status status = start(searcher, index, request, &plan, failure);
    if (status == FH_OK) status = fhi_snippeter_start(searcher->snippeter, &plan, &searcher->arena);
    if (status == FH_OK) status = match(searcher, index, request, &plan, &hits, found, failure);
    const uint64_t matched_ns = request->notes ? now_ns() : 0;
    for (uint32_t i = request->offset; status == FH_OK && i < hits.hit_count; i++)
        status = show_hit(searcher, index, &hits.hits[i], request, seen, argument, &failure->err);
    if (status == FH_E_DEADLINE && request->partial) {
        status = FH_OK;
        found->partial = true;
        found->next[0] = '\0';
    }
    if (request->notes) request->notes->partial = found->partial;
    if (status != FH_OK) *found = (fhi_found){.total = 0};
    if (request->notes) take_notes(request->notes, &plan, begin_ns, matched_ns);
    failure->status = status;
    return status;
}

fh_status fhi_searcher_hits(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            const fhi_place *after, uint32_t top, fhi_hits *hits, fhi_failure *failure)
{
    fhi_plan plan = {.root = NULL};
    fh_status status = start(searcher, index, request, &plan, failure);
    const fhi_match_options options = {.top = top,
                                       .sort = plan.scored ? request->sort : FHI_SORT_DATE,
                                       .after = after,
                                       .deadline_ns = request->deadline_ns};
    if (status == FH_OK) status = fhi_match_run(index, plan.root, &options, &searcher->arena, hits, &failure->err);
    failure->status = status;
    return status;
}

fh_status fhi_searcher_document(fhi_searcher *searcher, const fhi_index *index, fhi_document document,
                                uint64_t deadline_ns, fh_record *record, fh_err *err)
{
    if (deadline_ns && now_ns() > deadline_ns) return fhi_fail(err, FH_E_DEADLINE, "while reading articles");
    return fhi_stored_read_once(searcher->stored, fhi_index_segment(index, document.segment), document.doc, record,
                                err);
}

typedef struct each {
    fhi_searcher *searcher;
    const fhi_index *index;
    fhi_document *place;
    fhi_record_seen seen;
    void *argument;
    fh_err *err;
} each;

static fh_status see_record(const each *walk, uint32_t segment, uint32_t doc)
{
    fh_record record;
    FH_TRY(fhi_searcher_document(walk->searcher, walk->index, (fhi_document){segment, doc}, 0, &record, walk->err));
    FH_TRY(walk->seen(walk->argument, &record));
    *walk->place = (fhi_document){segment, doc + 1};
    return FH_OK;
}

static fh_status see_quarter(void *argument, uint32_t segment, uint32_t first, uint64_t docs)
{
    const each *walk = argument;
    for (; docs; docs &= docs - 1) {
        const uint32_t doc = first + (uint32_t)__builtin_ctzll(docs);
        if (segment == walk->place->segment && doc < walk->place->doc) continue;
        FH_TRY(see_record(walk, segment, doc));
    }
    return FH_OK;
}

fh_status fhi_searcher_each(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                            fhi_document *place, fhi_record_seen seen, void *argument, fhi_failure *failure)
{
    each walk = {searcher, index, place, seen, argument, &failure->err};
    fhi_plan plan;
    fh_status status = start(searcher, index, request, &plan, failure);
    if (status == FH_OK)
        status = fhi_match_each_from(index, plan.root, *place, request->deadline_ns, see_quarter, &walk,
                                     &searcher->arena, &failure->err);
    failure->status = status;
    return status;
}

fh_status fhi_searcher_facets(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                              fhi_facets *facets, fhi_failure *failure)
{
    const fhi_facet_options options = {request->fields, request->values, matching_deadline(request), request->partial};
    const uint64_t begin_ns = request->notes ? now_ns() : 0;
    fhi_plan plan = {.root = NULL};
    *facets = (fhi_facets){0};
    failure->status = start(searcher, index, request, &plan, failure);
    if (failure->status == FH_OK)
        failure->status = fhi_match_facets(index, plan.root, &options, &searcher->arena, facets, &failure->err);
    if (request->notes) request->notes->partial = facets->partial;
    if (request->notes) take_notes(request->notes, &plan, begin_ns, now_ns());
    return failure->status;
}

fh_status fhi_searcher_histogram(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                                 fhi_histogram *histogram, fhi_failure *failure)
{
    const uint64_t begin_ns = request->notes ? now_ns() : 0;
    fhi_day_counts days;
    fhi_plan plan = {.root = NULL};
    *histogram = (fhi_histogram){0};
    fh_status status = start(searcher, index, request, &plan, failure);
    if (status == FH_OK)
        status = fhi_match_days(index, plan.root, matching_deadline(request), request->partial, &searcher->arena, &days,
                                &failure->err);
    if (status == FH_OK) status = fhi_histogram_make(&days, request->by, &searcher->arena, histogram);
    if (request->notes) request->notes->partial = histogram->partial;
    if (request->notes) take_notes(request->notes, &plan, begin_ns, now_ns());
    failure->status = status;
    return status;
}

fh_status fhi_searcher_explain(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                               fhi_explanation_view *out, fhi_failure *failure)
{
    const uint64_t begin_ns = request->notes ? now_ns() : 0;
    fhi_plan plan = {.root = NULL};
    *out = (fhi_explanation_view){.index = index};
    fh_status status = start(searcher, index, request, &plan, failure);
    if (status == FH_OK) status = find_article(index, request->article, &out->document, &failure->err);
    if (status == FH_OK)
        status = fhi_match_explain(index, plan.root, out->document, request->deadline_ns, &searcher->arena,
                                   &out->explanation, &failure->err);
    out->scored = plan.scored;
    if (request->notes) take_notes(request->notes, &plan, begin_ns, now_ns());
    failure->status = status;
    return status;
}

/* ---- answers --------------------------------------------------------------------------------------------- */

/* argument: the answer so far, which ends with the array of hits. */
static fh_status append_hit(void *argument, const fh_record *record, float score, const fhi_shown *title,
                            const fhi_shown *snippet)
{
    fhi_buf *json = argument;
    if (json->data[json->len - 1] != '[') fhi_buf_put8(json, ',');
    return fhi_reply_hit(record, score, title, snippet, json);
}

static void put_count(fhi_buf *json, const char *before, uint64_t count)
{
    fhi_buf_put(json, before, strlen(before));
    fhi_json_put_number(json, count);
}

static fh_status put_hits(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_buf *json,
                          fhi_failure *failure)
{
    fhi_found found;
    fhi_buf_printf(json, "\"hits\":[");
    if (json->status != FH_OK) return json->status;
    FH_TRY(fhi_searcher_find(s, index, request, append_hit, json, &found, failure));
    put_count(json, "],\"total\":", found.total);
    if (found.partial) fhi_buf_printf(json, ",\"partial\":true");
    if (request->after.len) put_count(json, ",\"offset\":", found.before);
    if (found.next[0]) fhi_buf_printf(json, ",\"next\":\"%s\"", found.next);
    return json->status;
}

static fh_status put_facets(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_buf *json,
                            fhi_failure *failure)
{
    fhi_facets facets;
    FH_TRY(fhi_searcher_facets(s, index, request, &facets, failure));
    return fhi_reply_facets(&facets, request->fields, json);
}

static fh_status put_histogram(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_buf *json,
                               fhi_failure *failure)
{
    fhi_histogram histogram;
    FH_TRY(fhi_searcher_histogram(s, index, request, &histogram, failure));
    return fhi_reply_histogram(&histogram, json);
}

static fh_status put_explanation(fhi_searcher *s, const fhi_index *index, const fhi_request *request, fhi_buf *json,
                                 fhi_failure *failure)
{
    fhi_explanation_view view;
    FH_TRY(fhi_searcher_explain(s, index, request, &view, failure));
    return fhi_reply_members(fhi_reply_explanation(&view, request->article), EXPLAIN_DIGITS, json);
}

static fh_status search(fhi_searcher *s, const fhi_index *index, const fhi_request *request, json_t *id_json,
                        fhi_buf *json, fhi_failure *failure)
{
    const uint64_t start_ns = now_ns();
    FH_TRY(fhi_reply_begin(id_json, json));
    if (id_json) fhi_buf_put8(json, ',');
    switch (request->kind) {
    case FHI_REQUEST_FACETS: FH_TRY(put_facets(s, index, request, json, failure)); break;
    case FHI_REQUEST_HISTOGRAM: FH_TRY(put_histogram(s, index, request, json, failure)); break;
    case FHI_REQUEST_EXPLAIN: FH_TRY(put_explanation(s, index, request, json, failure)); break;
    default: FH_TRY(put_hits(s, index, request, json, failure)); break;
    }
    put_count(json, ",\"took_us\":", (now_ns() - start_ns) / 1000);
    fhi_buf_put8(json, '}');
    return json->status;
}

/* The answer, or the error object in its place; the status stays that of the request. */
static fh_status answer(fhi_failure *failure, fh_status status, json_t *body, int digits, const fhi_request *request,
                        json_t *id_json, fhi_buf *json)
{
    if (status != FH_OK) {
        json_decref(body);
        failure->status = status;
        body = fhi_reply_failure(failure, request->query, request->lang);
    }
    const fh_status written = fhi_reply_write(body, id_json, digits, json);
    return status != FH_OK ? status : written;
}

fh_status fhi_searcher_run(fhi_searcher *searcher, fhi_index *index, const fhi_request *request, struct json_t *id_json,
                           fhi_buf *json)
{
    fhi_failure failure = {.status = FH_OK};
    const size_t before = json->len;
    const fh_status status = search(searcher, index, request, id_json, json, &failure);
    if (status == FH_OK) return FH_OK;
    json->len = before;
    return answer(&failure, status, NULL, 0, request, id_json, json);
}

fh_status fhi_searcher_record(fhi_searcher *searcher, const fhi_index *index, fh_str id, fh_record *record, fh_err *err)
{
    fhi_document at;
    *record = (fh_record){0};
    FH_TRY(find_article(index, id, &at, err));
    FH_TRY(fhi_segment_record(fhi_index_segment(index, at.segment), at.doc, &searcher->record, err));
    return fh_record_decode(fhi_buf_str(&searcher->record), record);
}

fh_status fhi_searcher_article(fhi_searcher *searcher, fhi_index *index, fh_str id, fhi_buf *json)
{
    const fhi_request nothing = {.query = {"", 0}};
    fhi_failure failure = {.status = FH_OK};
    fh_record record;
    json_t *body = NULL;
    fh_status status = fhi_searcher_record(searcher, index, id, &record, &failure.err);
    if (status == FH_OK) status = fhi_reply_article(&record, &body);
    return answer(&failure, status, body, fhi_reply_digits(body), &nothing, NULL, json);
}

static fh_status analyze(fhi_searcher *s, fh_str text, json_t *tokens, fh_err *err)
{
    const fh_token *found;
    size_t count;
    bound_words(s);
    FH_TRY(fh_analyzer_run(s->analyzer, text, &found, &count, err));
    for (size_t i = 0; i < count; i++) {
        fhi_described described;
        FH_TRY(fhi_describe(s->analyzer, text, &found[i], &described));
        if (json_array_append_new(tokens, fhi_described_json(&described)) != 0) return FH_E_NOMEM;
    }
    return FH_OK;
}

fh_status fhi_searcher_analyze(fhi_searcher *searcher, fh_str text, fhi_buf *json)
{
    const fhi_request nothing = {.query = {"", 0}};
    fhi_failure failure = {.status = FH_OK};
    json_t *body = json_array();
    const fh_status status = body ? analyze(searcher, text, body, &failure.err) : FH_E_NOMEM;
    return answer(&failure, status, body, 0, &nothing, NULL, json);
}

fh_status fhi_searcher_look_for(fhi_searcher *searcher, const fhi_index *index, const fhi_request *request,
                                fhi_failure *failure)
{
    fhi_plan plan;
    *failure = (fhi_failure){.status = FH_OK};
    (void)fhi_snippeter_start(searcher->snippeter, NULL, &searcher->arena);
    if (!request) return FH_OK;
    failure->status = start(searcher, index, request, &plan, failure);
    if (failure->status == FH_OK) failure->status = fhi_snippeter_start(searcher->snippeter, &plan, &searcher->arena);
    return failure->status;
}

fh_status fhi_searcher_mark(fhi_searcher *searcher, fh_str text, bool title, uint64_t deadline_ns, fhi_shown *out)
{
    *out = (fhi_shown){0};
    if (deadline_ns && now_ns() > deadline_ns) return FH_E_DEADLINE;
    fhi_arena_reset(&searcher->show);
    return fhi_snippet_whole(searcher->snippeter, text, title, &searcher->show, out);
}
