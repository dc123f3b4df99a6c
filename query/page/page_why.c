/* page_why.c - why an article matches a search or not: every word and filter of it in a table, with what each adds. */
#include "query/page/page_impl.h"

#include "query/language/plan.h"

/* The text of a clause on its way into the table. */
static void put(fhi_buf *text, fh_str part)
{
    fhi_buf_put(text, part.ptr, part.len);
}

/* As it was written where that is known, else its stem. */
static void put_word(fhi_buf *text, const fhi_word_spec *word)
{
    if (word->exact_only) fhi_buf_put8(text, '=');
    if (word->exact.len)
        put(text, word->exact);
    else if (word->term_count && word->terms[0].len)
        put(text, (fh_str){word->terms[0].ptr + 1, word->terms[0].len - 1}); /* behind the namespace */
}

static void put_phrase(fhi_buf *text, const fhi_node *node)
{
    fhi_buf_put8(text, '"');
    for (uint32_t i = 0; i < node->slot_count; i++) {
        if (i) fhi_buf_put8(text, ' ');
        put_word(text, &node->slots[i].word);
    }
    fhi_buf_put8(text, '"');
    if (node->window) fhi_buf_printf(text, "~%u", node->window);
}

/* A bound of a filter as people write it: 20250000 is the year, 20250700 the month. */
static void put_day(fhi_buf *text, uint32_t day)
{
    const unsigned month = day / 100 % 100, of_month = day % 100;
    if (day == 0 || day / 10000 >= 9999) return;
    fhi_buf_printf(text, "%04u", day / 10000);
    if (month) fhi_buf_printf(text, "-%02u", month);
    if (month && of_month) fhi_buf_printf(text, "-%02u", of_month);
}

static void put_clause(fhi_buf *text, const fhi_node *node)
{
    if (node->title_only) put(text, FH_STR("title:"));
    switch (node->kind) {
    case FHI_NODE_WORD: put_word(text, &node->word); break;
    case FHI_NODE_PHRASE: put_phrase(text, node); break;
    case FHI_NODE_PREFIX:
        put(text, node->prefix);
        fhi_buf_put8(text, '*');
        break;
    case FHI_NODE_COLUMN:
        fhi_buf_printf(text, "%s:", fhi_page_filter_name((fhi_page_filter)node->column));
        put(text, fhi_plan_filter_key(node));
        break;
    default:
        put(text, FH_STR("date:"));
        put_day(text, node->day_first);
        put(text, FH_STR(".."));
        put_day(text, node->day_last);
        break;
    }
}

/* What the article has where a filter looks. */
static void put_value(const fhi_explanation_view *view, const fhi_node *node, fhi_buf *text)
{
    const fhi_segment *segment = fhi_index_segment(view->index, view->document.segment);
    if (node->kind == FHI_NODE_DAYS) {
        put_day(text, fhi_segment_day(segment, view->document.doc));
    } else {
        const uint32_t ordinal = fhi_segment_column_ordinal(segment, node->column, view->document.doc);
        put(text, fhi_segment_column_value(segment, node->column, ordinal).value);
    }
    if (text->len == 0) put(text, FH_STR("–"));
}

/* A cell whose text is made in *text. */
static xmlNode *add_cell(fhi_page_work *work, xmlNode *row, const char *name, const fhi_buf *text)
{
    xmlNode *cell = fhi_html_add(&work->html, row, name, NULL);
    if (text->status != FH_OK) work->html.status = FH_E_NOMEM;
    if (text->status == FH_OK) fhi_html_add_text(&work->html, cell, "bdi", NULL, fhi_buf_str(text));
    return cell;
}

static void add_figures(fhi_page_work *work, xmlNode *row, const fhi_explained *leaf, const fhi_explained_part *part)
{
    fhi_html *html = &work->html;
    const fh_str here = leaf->matches ? fhi_page_decimal(work, part->tf, 1) : fhi_page_say(work, FHI_SAY_WHY_ABSENT);
    fhi_html_add_text(html, row, "td", NULL, here);
    fhi_html_add_text(html, row, "td", NULL, part->df ? fhi_page_number(work, part->df) : FH_STR("–"));
    fhi_html_add_text(html, row, "td", NULL, fhi_page_decimal(work, (double)part->adds, 3));
}

/* How a clause stands to the search. */
typedef struct stand {
    bool excluded;
    bool lost; /* all that it stands in fails, so that it may be why */
} stand;

static xmlNode *add_row(fhi_page_work *work, xmlNode *body, const fhi_explained *leaf, stand how)
{
    fhi_buf text;
    fhi_buf_init(&text);
    const bool spoils = how.excluded ? leaf->matches : !leaf->matches;
    xmlNode *row = fhi_html_add(&work->html, body, "tr", !spoils ? NULL : how.lost ? "fails" : "off");
    put_clause(&text, leaf->node);
    xmlNode *head = add_cell(work, row, "th", &text);
    fhi_html_set(&work->html, head, "scope", "row");
    if (how.excluded) {
        fhi_html_text(&work->html, head, FH_STR(" "));
        fhi_page_add(work, head, "small", NULL, FHI_SAY_WHY_EXCLUDED);
    }
    fhi_buf_fini(&text);
    return row;
}

static void add_filter(fhi_page_work *work, const fhi_explanation_view *view, xmlNode *row, const fhi_node *node)
{
    fhi_buf text;
    fhi_buf_init(&text);
    put_value(view, node, &text);
    fhi_html_set(&work->html, add_cell(work, row, "td", &text), "colspan", "3");
    fhi_buf_fini(&text);
}

/* The leaves of the plan in its order; as deep as a plan. */
static void add_rows(fhi_page_work *work, const fhi_explanation_view *view, xmlNode *body,
                     const fhi_explained *explained, stand how)
{
    const fhi_node *node = explained->node;
    for (uint32_t i = 0; i < node->child_count; i++) {
        stand below = {.excluded = how.excluded != (node->kind == FHI_NODE_NOT && i > 0)};
        below.lost = how.lost && explained->matches == how.excluded;
        add_rows(work, view, body, &explained->children[i], below);
    }
    if (node->child_count || node->kind == FHI_NODE_ALL) return;
    xmlNode *row = add_row(work, body, explained, how);
    if (node->kind > FHI_NODE_PHRASE) {
        add_filter(work, view, row, node);
        return;
    }
    add_figures(work, row, explained, &explained->whole);
    if (!explained->exact.told || how.excluded || explained->exact.tf <= 0.0) return;
    row = fhi_html_add(&work->html, body, "tr", "again");
    fhi_html_set(&work->html, fhi_page_add(work, row, "th", NULL, FHI_SAY_WHY_WRITTEN), "scope", "row");
    add_figures(work, row, explained, &explained->exact);
}

static void add_table(fhi_page_work *work, xmlNode *parent, const fhi_explanation_view *view)
{
    static const fhi_page_word columns[] = {FHI_SAY_WHY_ASKED, FHI_SAY_WHY_HERE, FHI_SAY_WHY_ARTICLES,
                                            FHI_SAY_WHY_ADDS};
    fhi_html *html = &work->html;
    xmlNode *table = fhi_html_add(html, parent, "table", "counts why");
    xmlNode *row = fhi_html_add(html, fhi_html_add(html, table, "thead", NULL), "tr", NULL);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        fhi_html_set(html, fhi_page_add(work, row, "th", NULL, columns[i]), "scope", "col");
    add_rows(work, view, fhi_html_add(html, table, "tbody", NULL), &view->explanation.root,
             (stand){.lost = !view->explanation.root.matches});
    row = fhi_html_add(html, fhi_html_add(html, table, "tfoot", NULL), "tr", NULL);
    xmlNode *head = fhi_page_add(work, row, "th", NULL, FHI_SAY_WHY_SCORE);
    fhi_html_set(html, head, "scope", "row");
    fhi_html_set(html, head, "colspan", "3");
    fhi_html_add_text(html, row, "td", NULL, fhi_page_decimal(work, (double)view->explanation.score, 3));
}

/* How the score comes about, and all of it for programs. */
static void add_notes(fhi_page_work *work, xmlNode *parent, const fhi_explanation_view *view)
{
    fhi_html *html = &work->html;
    const fhi_request request = {.query = work->request.query, .op = work->request.op};
    const fhi_page_state none = {.lang_given = false};
    const fhi_page_address json = {"/explain?id=", work->question->article, &request, &none};
    xmlNode *notes = fhi_html_add(html, parent, "div", "notes");
    fhi_page_add(work, notes, "p", NULL, view->scored ? FHI_SAY_WHY_HOW : FHI_SAY_WHY_BY_DATE);
    xmlNode *line = fhi_html_add(html, notes, "p", NULL);
    fhi_html_text(html, fhi_page_link(work, line, NULL, fhi_page_address_text(work, &json)), FH_STR("JSON"));
}

void fhi_page_ask_why(fhi_page_work *work, xmlNode *parent, fh_str article)
{
    const fhi_page_address why = {"/why/", article, &work->question->request, work->question->state};
    if (!fhi_page_asks(work)) return;
    xmlNode *link = fhi_page_link(work, parent, "why", fhi_page_address_text(work, &why));
    fhi_html_set(&work->html, link, "lang", fhi_page_lang_name(work->lang));
    fhi_html_set(&work->html, link, "dir", work->lang == FHI_LANG_AR ? "rtl" : "ltr");
    fhi_html_text(&work->html, link, fhi_page_say(work, FHI_SAY_WHY));
}

static void add_title(fhi_page_work *work, xmlNode *parent, const fh_record *record)
{
    fhi_html *html = &work->html;
    const fhi_page_address read = {"/read/", work->question->article, &work->question->request, work->question->state};
    const fh_str title = record->fields[FH_FIELD_TITLE];
    xmlNode *article = fhi_html_add(html, parent, "div", "hit");
    fhi_page_set_lang(work, article, record->fields[FH_FIELD_LANG]);
    xmlNode *link =
        fhi_page_link(work, fhi_html_add(html, article, "h2", NULL), NULL, fhi_page_address_text(work, &read));
    fhi_html_text(html, link, title.len ? title : fhi_page_say(work, FHI_SAY_UNTITLED));
    (void)fhi_page_byline(work, article, record);
}

void fhi_page_why(fhi_page_work *work)
{
    fh_record record;
    fhi_explanation_view view;
    work->request.article = work->question->article;
    fhi_page_back(work, fhi_html_add(&work->html, work->main, "div", "bar"));
    work->failure.status = fhi_page_compose(work, FHI_PAGE_FILTER_COUNT);
    if (work->failure.status == FH_OK)
        (void)fhi_searcher_explain(work->searcher, work->index, &work->request, &view, &work->failure);
    if (work->failure.status == FH_OK)
        work->failure.status =
            fhi_searcher_record(work->searcher, work->index, work->request.article, &record, &work->failure.err);
    if (work->failure.status == FH_E_NOT_FOUND) {
        fhi_page_add(work, work->main, "h1", "absent", FHI_SAY_ABSENT);
    } else if (work->failure.status != FH_OK) {
        fhi_page_error(work, work->main);
    } else {
        const bool matches = view.explanation.root.matches;
        xmlNode *section = fhi_html_add(&work->html, work->main, "section", NULL);
        fhi_page_add(work, section, "h1", NULL, matches ? FHI_SAY_WHY_MATCHES : FHI_SAY_WHY_FAILS);
        add_title(work, section, &record);
        add_table(work, section, &view);
        add_notes(work, section, &view);
    }
}
