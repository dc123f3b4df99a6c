/* page_search.c - the page of results: the count, what can be done with the search, the hits, the pages before and
 * after; without a query, how to ask.
 */
#include "query/page/page_impl.h"

enum { LATEST = 6 };

typedef struct hit_list {
    fhi_page_work *work;
    xmlNode *list;
    const char *heading; /* "h2", "h3" */
    uint32_t count;
} hit_list;

/* An address of this search with changes made by the caller to copies of its parts. */
static fh_str address_of(fhi_page_work *work, const fhi_request *request, const fhi_page_state *state)
{
    return fhi_page_address_text(work, &(fhi_page_address){"/", FH_STR(""), request, state});
}

/* ---- hits ------------------------------------------------------------------------------------------------ */

static fh_status add_hit(void *argument, const fh_record *record, float score, const fhi_shown *title,
                         const fhi_shown *snippet)
{
    hit_list *hits = argument;
    fhi_page_work *work = hits->work;
    fhi_html *html = &work->html;
    (void)score;
    hits->count++;
    xmlNode *item = fhi_html_add(html, hits->list, "li", "hit");
    fhi_page_set_lang(work, item, record->fields[FH_FIELD_LANG]);
    const fhi_page_address read = {"/read/", record->fields[FH_FIELD_ID], &work->question->request,
                                   work->question->state};
    xmlNode *heading = fhi_html_add(html, item, hits->heading, NULL);
    xmlNode *link = fhi_page_link(work, heading, NULL, fhi_page_address_text(work, &read));
    if (title->text.len)
        fhi_html_marked(html, link, title->text, title->marks, title->mark_count, NULL);
    else
        fhi_html_text(html, link, fhi_page_say(work, FHI_SAY_UNTITLED));
    xmlNode *line = fhi_page_byline(work, item, record);
    if (line && fhi_page_asks(work)) fhi_html_text(html, line, FH_STR(" · "));
    fhi_page_ask_why(work, line ? line : item, record->fields[FH_FIELD_ID]);
    xmlNode *text = snippet ? fhi_html_add(html, item, "p", "snippet") : NULL;
    if (text) fhi_html_marked(html, text, snippet->text, snippet->marks, snippet->mark_count, NULL);
    return html->status;
}

/* ---- what can be done with a search ---------------------------------------------------------------------- */

/* Two ways, of which one is taken. */
static void add_choice(fhi_page_work *work, xmlNode *parent, fhi_page_word label, const fhi_page_word words[2],
                       const fhi_request requests[2], int chosen)
{
    xmlNode *group = fhi_html_add(&work->html, parent, "div", "choice");
    fhi_html_set(&work->html, group, "role", "group");
    fhi_html_set_str(&work->html, group, "aria-label", fhi_page_say(work, label));
    fhi_html_set(&work->html, fhi_page_add(work, group, "span", NULL, label), "aria-hidden", "true");
    for (int i = 0; i < 2; i++) {
        xmlNode *link = fhi_page_link(work, group, NULL, address_of(work, &requests[i], work->question->state));
        if (i == chosen) fhi_html_set(&work->html, link, "aria-current", "true");
        fhi_html_text(&work->html, link, fhi_page_say(work, words[i]));
    }
}

static void add_choices(fhi_page_work *work, xmlNode *parent)
{
    static const fhi_page_word sorts[] = {FHI_SAY_BEST, FHI_SAY_NEWEST}, ops[] = {FHI_SAY_ALL_WORDS, FHI_SAY_ANY_WORD};
    fhi_request by_sort[2] = {fhi_page_first(work), fhi_page_first(work)};
    fhi_request by_op[2] = {by_sort[0], by_sort[0]};
    by_sort[0].sort = FHI_SORT_SCORE;
    by_sort[1].sort = FHI_SORT_DATE;
    by_op[0].op = FHI_OP_AND;
    by_op[1].op = FHI_OP_OR;
    add_choice(work, parent, FHI_SAY_SORT, sorts, by_sort, work->request.sort == FHI_SORT_DATE);
    add_choice(work, parent, FHI_SAY_OP, ops, by_op, work->request.op == FHI_OP_OR);
}

/* All articles of the search, filters and all, in its order, as a file. */
static void add_export(fhi_page_work *work, xmlNode *nav, const char *path, const char *name)
{
    const fhi_request request = {.query = work->request.query, .op = work->request.op, .sort = work->request.sort};
    const fhi_page_state none = {.lang_given = false};
    const fhi_page_address file = {path, FH_STR(""), &request, &none};
    xmlNode *link = fhi_page_link(work, nav, "export", fhi_page_address_text(work, &file));
    fhi_html_flag(&work->html, link, "download");
    fhi_html_text(&work->html, link, fhi_page_say(work, FHI_SAY_EXPORT));
    fhi_html_text(&work->html, link, fhi_str(name));
}

static void add_actions(fhi_page_work *work, xmlNode *parent)
{
    fhi_request request = fhi_page_first(work);
    xmlNode *nav = fhi_html_add(&work->html, parent, "nav", "actions");
    fhi_html_set_str(&work->html, nav, "aria-label", fhi_page_say(work, FHI_SAY_ACTIONS));
    fhi_html_set(&work->html, fhi_page_add(work, nav, "a", "to-filters", FHI_SAY_FILTERS), "href", "#filters");
    const fhi_page_address feed = {"/search.atom", FH_STR(""), &request, work->question->state};
    xmlNode *link = fhi_page_link(work, nav, "feed", fhi_page_address_text(work, &feed));
    fhi_html_set(&work->html, link, "type", "application/atom+xml");
    fhi_html_text(&work->html, link, fhi_page_say(work, FHI_SAY_FEED));
    const bool by_date = work->request.sort == FHI_SORT_DATE; /* which the address says by itself */
    add_export(work, nav, by_date ? "/export?format=csv" : "/export?format=csv&sort=score", " CSV");
    add_export(work, nav, by_date ? "/export?format=jsonl" : "/export?format=jsonl&sort=score", " JSON");
}

/* ---- pages ----------------------------------------------------------------------------------------------- */

static void add_page_link(fhi_page_work *work, xmlNode *nav, fhi_page_word word, const char *rel, uint32_t offset,
                          const char *after)
{
    fhi_request request = work->question->request;
    request.offset = offset;
    request.after = fhi_str(after);
    xmlNode *link = fhi_page_link(work, nav, rel, address_of(work, &request, work->question->state));
    fhi_html_set(&work->html, link, "rel", rel);
    fhi_html_text(&work->html, link, fhi_page_say(work, word));
}

/* Addresses count from the first hit as far as a search can be asked so: they hold when articles are added. Further on
 * they are cursors, which know no end, but are of one generation of the index. */
static void add_pages(fhi_page_work *work, xmlNode *parent, const fhi_found *found, uint32_t shown)
{
    const uint32_t top = work->request.top;
    const uint64_t first = found->before;
    if (first == 0 && !found->next[0]) return;
    xmlNode *nav = fhi_html_add(&work->html, parent, "nav", "pages");
    fhi_html_set_str(&work->html, nav, "aria-label", fhi_page_say(work, FHI_SAY_PAGES));
    if (first > 0 && first - (first < top ? first : top) <= FHI_TOP_MAX - top)
        add_page_link(work, nav, FHI_SAY_PREVIOUS, "prev", (uint32_t)(first > top ? first - top : 0), "");
    xmlNode *place = fhi_html_add(&work->html, nav, "span", NULL);
    fhi_html_set(&work->html, place, "dir", "ltr");
    fhi_html_text(&work->html, place, fhi_page_number(work, first + 1));
    fhi_html_text(&work->html, place, FH_STR("–"));
    fhi_html_text(&work->html, place, fhi_page_number(work, first + shown));
    fhi_html_text(&work->html, place, FH_STR(" / "));
    fhi_html_text(&work->html, place, fhi_page_number(work, found->total));
    if (!found->next[0]) return;
    const bool counted = first + 2 * (uint64_t)top <= FHI_TOP_MAX;
    add_page_link(work, nav, FHI_SAY_NEXT, "next", counted ? (uint32_t)first + top : 0, counted ? "" : found->next);
}

/* ---- help ------------------------------------------------------------------------------------------------ */

static void add_example(fhi_page_work *work, xmlNode *table, const char *example, fhi_page_word meaning)
{
    const fhi_request request = {.query = fhi_str(example), .lang = work->lang};
    const fhi_page_state state = {.lang_given = work->question->state->lang_given};
    xmlNode *row = fhi_html_add(&work->html, table, "tr", NULL);
    xmlNode *cell = fhi_html_add(&work->html, row, "td", NULL);
    xmlNode *link = fhi_page_link(work, cell, NULL, address_of(work, &request, &state));
    xmlNode *code = fhi_html_add_text(&work->html, link, "code", NULL, fhi_str(example));
    fhi_html_set(&work->html, code, "dir", "auto");
    fhi_page_add(work, row, "td", NULL, meaning);
}

static void add_keys(fhi_page_work *work, xmlNode *parent)
{
    static const struct {
        const char *key;
        fhi_page_word meaning;
    } keys[] = {{"/", FHI_SAY_KEY_SEARCH},
                {"j", FHI_SAY_KEY_NEXT},
                {"k", FHI_SAY_KEY_PREVIOUS},
                {"⏎", FHI_SAY_KEY_OPEN},
                {"?", FHI_SAY_KEY_HELP}};
    xmlNode *list = fhi_html_add(&work->html, parent, "dl", "keys");
    fhi_html_set_str(&work->html, list, "aria-label", fhi_page_say(work, FHI_SAY_HELP_KEYS));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        xmlNode *pair = fhi_html_add(&work->html, list, "div", NULL);
        xmlNode *term = fhi_html_add(&work->html, pair, "dt", NULL);
        fhi_html_add_text(&work->html, term, "kbd", NULL, fhi_str(keys[i].key));
        fhi_page_add(work, pair, "dd", NULL, keys[i].meaning);
    }
}

/* By example, in the language of the page. */
xmlNode *fhi_page_help(fhi_page_work *work, xmlNode *parent)
{
    static const struct {
        const char *example[2]; /* French, Arabic */
        fhi_page_word meaning;
    } rows[] = {{{"budget parlement", "ميزانية البرلمان"}, FHI_SAY_HELP_WORDS},
                {{"\"chef du gouvernement\"", "\"رئيس الحكومة\""}, FHI_SAY_HELP_PHRASE},
                {{"safran OR barrage", "الزعفران OR السد"}, FHI_SAY_HELP_OR},
                {{"maroc -football", "المغرب -كرة"}, FHI_SAY_HELP_NOT},
                {{"\"roi discours\"~4", "\"الملك خطاب\"~4"}, FHI_SAY_HELP_NEAR},
                {{"minist*", "تعلي*"}, FHI_SAY_HELP_PREFIX},
                {{"=sûr", "=مدرسة"}, FHI_SAY_HELP_EXACT},
                {{"title:barrage", "title:سد"}, FHI_SAY_HELP_TITLE},
                {{"source:Hespress", "source:هسبريس"}, FHI_SAY_HELP_FIELD},
                {{"date:2025-07..2025-09", "date:2025-07..2025-09"}, FHI_SAY_HELP_DATE}};
    xmlNode *help = fhi_html_add(&work->html, parent, "details", "help");
    fhi_html_set(&work->html, help, "id", "help");
    fhi_page_add(work, help, "summary", NULL, FHI_SAY_HELP);
    xmlNode *table = fhi_html_add(&work->html, help, "table", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_example(work, table, rows[i].example[work->lang == FHI_LANG_AR], rows[i].meaning);
    add_keys(work, help);
    return help;
}

/* ---- the page -------------------------------------------------------------------------------------------- */

/* Whatever came last, in either language. */
static void add_latest(fhi_page_work *work, xmlNode *parent)
{
    fhi_found found;
    fhi_failure failure;
    fhi_request request = work->request;
    request.query = FH_STR("lang:(fr | ar | mixed | en)");
    request.sort = FHI_SORT_DATE;
    request.top = LATEST;
    request.no_snippets = true;
    xmlNode *section = fhi_html_add(&work->html, parent, "section", NULL);
    fhi_page_add(work, section, "h2", NULL, FHI_SAY_LATEST);
    hit_list hits = {.work = work, .list = fhi_html_add(&work->html, section, "ol", "hits"), .heading = "h3"};
    (void)fhi_searcher_find(work->searcher, work->index, &request, add_hit, &hits, &found, &failure);
}

static void add_welcome(fhi_page_work *work)
{
    xmlNode *welcome = fhi_html_add(&work->html, work->main, "div", "welcome");
    xmlNode *title = fhi_html_add(&work->html, welcome, "div", "title");
    fhi_page_add(work, title, "h1", NULL, FHI_SAY_TAGLINE);
    const fh_str count = fhi_page_count(work, fhi_index_live_count(work->index));
    xmlNode *facts = fhi_html_add_text(&work->html, title, "p", NULL, count);
    fhi_html_text(&work->html, facts, FH_STR(" "));
    fhi_html_text(&work->html, facts, fhi_page_say(work, FHI_SAY_CONTENTS));
    add_latest(work, welcome);
    xmlNode *beside = fhi_html_add(&work->html, welcome, "div", NULL);
    fhi_html_flag(&work->html, fhi_page_help(work, beside), "open");
}

static void add_results(fhi_page_work *work)
{
    fhi_html *html = &work->html;
    fhi_found found;
    xmlNode *results = fhi_html_add(html, work->main, "section", "results");
    xmlNode *head = fhi_html_add(html, results, "div", "head");
    xmlNode *count = fhi_html_add(html, head, "h1", NULL);
    fhi_html_set(html, count, "id", "count");
    xmlNode *list = fhi_html_add(html, results, "ol", "hits");
    fhi_html_set_str(html, list, "aria-label", fhi_page_say(work, FHI_SAY_RESULTS));
    hit_list hits = {.work = work, .list = list, .heading = "h2"};
    if (fhi_searcher_find(work->searcher, work->index, &work->request, add_hit, &hits, &found, &work->failure) !=
        FH_OK) {
        xmlUnlinkNode(results);
        xmlFreeNode(results);
        fhi_page_error(work, work->main);
        return;
    }
    fhi_html_text(html, count, fhi_page_count(work, found.total));
    add_choices(work, head);
    add_actions(work, head);
    fhi_page_chips(work, head);
    if (found.total == 0) fhi_page_add(work, results, "p", "nothing", FHI_SAY_NOTHING);
    add_pages(work, results, &found, hits.count);
    fhi_page_help(work, results);
    xmlNode *side = fhi_html_add(html, work->main, "div", "beside");
    if (found.total) fhi_page_timeline(work, side);
    if (work->failure.status == FH_OK) fhi_page_side(work, side);
}

void fhi_page_search(fhi_page_work *work)
{
    if (!fhi_page_asks(work)) {
        add_welcome(work);
        return;
    }
    work->failure.status = fhi_page_compose(work, FHI_PAGE_FILTER_COUNT);
    if (work->failure.status != FH_OK)
        fhi_page_error(work, work->main);
    else
        add_results(work);
}
