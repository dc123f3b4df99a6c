/* page_list.c - a list of names, one a line, and how many articles have each. */
#include "query/page/page_impl.h"

/* The next line that is not blank, without white space around it. False at the end. */
static bool next_name(fh_str *rest, fh_str *name)
{
    while (rest->len) {
        const char *end = memchr(rest->ptr, '\n', rest->len);
        const size_t len = end ? (size_t)(end - rest->ptr) : rest->len, taken = len + (end ? 1 : 0);
        *name = (fh_str){rest->ptr, len};
        *rest = (fh_str){rest->ptr + taken, rest->len - taken};
        while (name->len && strchr(" \t\r", name->ptr[name->len - 1]))
            name->len--;
        while (name->len && strchr(" \t\r", name->ptr[0]))
            *name = (fh_str){name->ptr + 1, name->len - 1};
        if (name->len) return true;
    }
    return false;
}

/* The name as a phrase: quotation marks in it are words' neighbours to the analyzer, and are left out. */
static fh_str phrase_of(fhi_page_work *work, fh_str name)
{
    static const char *const marks[] = {"\"", "“", "”", "„", "«", "»"};
    fhi_buf phrase;
    fhi_buf_init(&phrase);
    fhi_buf_put8(&phrase, '"');
    for (size_t at = 0; at < name.len;) {
        const fh_str here = {name.ptr + at, name.len - at};
        size_t mark_len = 0;
        for (size_t i = 0; i < sizeof marks / sizeof marks[0] && !mark_len; i++)
            if (fhi_str_starts(here, fhi_str(marks[i]))) mark_len = strlen(marks[i]);
        fhi_buf_put8(&phrase, mark_len ? ' ' : (uint8_t)here.ptr[0]);
        at += mark_len ? mark_len : 1;
    }
    fhi_buf_put8(&phrase, '"');
    fh_str kept = FH_STR("");
    if (phrase.status == FH_OK) kept = fhi_arena_copy(&work->page->arena, fhi_buf_str(&phrase));
    if (phrase.status != FH_OK || !kept.ptr) work->html.status = FH_E_NOMEM;
    fhi_buf_fini(&phrase);
    return kept;
}

static fh_status pass_over(void *argument, const fh_record *record, float score, const fhi_shown *title,
                           const fhi_shown *snippet)
{
    (void)argument;
    (void)record;
    (void)score;
    (void)title;
    (void)snippet;
    return FH_OK;
}

static void add_row(fhi_page_work *work, xmlNode *body, fh_str name)
{
    fhi_html *html = &work->html;
    const fhi_page_state state = {.lang_given = work->question->state->lang_given};
    fhi_found found;
    fhi_request request = work->request;
    request.query = phrase_of(work, name);
    request.top = 1;
    request.no_snippets = true;
    const fh_status status =
        fhi_searcher_find(work->searcher, work->index, &request, pass_over, NULL, &found, &work->failure);
    xmlNode *row = fhi_html_add(html, body, "tr", NULL);
    xmlNode *head = fhi_html_add(html, row, "th", NULL);
    fhi_html_set(html, head, "scope", "row");
    const fhi_page_address address = {"/", FH_STR(""), &request, &state};
    xmlNode *link = fhi_page_link(work, head, NULL, fhi_page_address_text(work, &address));
    fhi_html_set(html, link, "dir", "auto");
    fhi_html_text(html, link, name);
    xmlNode *cell = fhi_html_add(html, row, "td", NULL);
    if (status == FH_OK) {
        fhi_html_set_number(html, cell, "data-count", found.total);
        fhi_html_text(html, cell, fhi_page_number(work, found.total));
        return;
    }
    fhi_buf text; /* the row says why */
    fhi_buf_init(&text);
    fhi_failure_message(&work->failure, work->lang, &text);
    if (text.status == FH_OK) fhi_html_text(html, cell, fhi_buf_str(&text));
    fhi_buf_fini(&text);
}

static void add_table(fhi_page_work *work)
{
    fhi_html *html = &work->html;
    fh_str rest = work->question->state->names, name;
    xmlNode *table = fhi_html_add(html, work->main, "table", "counts");
    xmlNode *row = fhi_html_add(html, fhi_html_add(html, table, "thead", NULL), "tr", NULL);
    fhi_html_set(html, fhi_page_add(work, row, "th", NULL, FHI_SAY_NAME), "scope", "col");
    fhi_html_set(html, fhi_page_add(work, row, "th", NULL, FHI_SAY_ARTICLES), "scope", "col");
    xmlNode *body = fhi_html_add(html, table, "tbody", NULL);
    uint32_t count = 0;
    bool more;
    while ((more = next_name(&rest, &name)) && count < FHI_PAGE_NAMES_MAX) {
        add_row(work, body, name);
        count++;
    }
    if (more) fhi_page_add(work, work->main, "p", "nothing", FHI_SAY_LIST_MORE);
}

void fhi_page_list(fhi_page_work *work)
{
    fhi_html *html = &work->html;
    const fhi_page_state *state = work->question->state;
    fhi_page_add(work, work->main, "h1", NULL, FHI_SAY_LIST);
    xmlNode *form = fhi_html_add(html, work->main, "form", "names");
    fhi_html_set(html, form, "action", "/list");
    xmlNode *label = fhi_page_add(work, form, "label", NULL, FHI_SAY_LIST_HOW);
    fhi_html_set(html, label, "for", "names");
    xmlNode *area = fhi_html_add_text(html, form, "textarea", NULL, state->names);
    fhi_html_set(html, area, "id", "names");
    fhi_html_set(html, area, "name", "names");
    fhi_html_set(html, area, "rows", "10");
    fhi_html_set(html, area, "dir", "auto");
    fhi_html_set(html, area, "spellcheck", "false");
    if (state->lang_given) {
        xmlNode *lang = fhi_html_add(html, form, "input", NULL);
        fhi_html_set(html, lang, "type", "hidden");
        fhi_html_set(html, lang, "name", "ui");
        fhi_html_set(html, lang, "value", fhi_page_lang_name(work->lang));
    }
    fhi_page_add(work, form, "button", NULL, FHI_SAY_COUNT);
    if (state->names.len) add_table(work);
    work->failure = (fhi_failure){.status = FH_OK}; /* each row says its own */
}
