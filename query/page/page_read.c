/* page_read.c - one article, with what the query matches in it marked, and the way to each mark. */
#include "query/page/page_impl.h"

enum {
    LINKED_MATCHES_MAX = 40, /* that have a link of their own; scripts step through all of them */
    PARAGRAPHS_MAX = 4000,   /* of a text; what follows is one more, with its line ends */
    MARKS_MAX = 10000        /* of an article */
};

/* A text of the article, marked. */
static void add_marked(fhi_page_work *work, xmlNode *parent, fh_str text, bool title, uint32_t *next_mark)
{
    fhi_shown shown;
    if (work->failure.status != FH_OK) return;
    work->failure.status = fhi_searcher_mark(work->searcher, text, title, work->request.deadline_ns, &shown);
    if (work->failure.status != FH_OK) return;
    const uint32_t room = *next_mark < MARKS_MAX ? MARKS_MAX - *next_mark : 0;
    const uint32_t count = shown.mark_count < room ? shown.mark_count : room;
    fhi_html_marked(&work->html, parent, shown.text, shown.marks, count, next_mark);
}

/* Paragraphs are lines. */
static void add_paragraphs(fhi_page_work *work, xmlNode *parent, const char *css_class, fh_str text,
                           uint32_t *next_mark)
{
    for (int count = 0; text.len && work->failure.status == FH_OK; count++) {
        const bool last = count == PARAGRAPHS_MAX;
        const char *end = last ? NULL : memchr(text.ptr, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) : text.len;
        if (len && !(len == 1 && text.ptr[0] == '\r')) {
            xmlNode *paragraph = fhi_html_add(&work->html, parent, "p", last ? "rest" : css_class);
            fhi_html_set(&work->html, paragraph, "dir", "auto");
            add_marked(work, paragraph, (fh_str){text.ptr, len}, false, next_mark);
        }
        text = (fh_str){text.ptr + len + (end ? 1 : 0), text.len - len - (end ? 1 : 0)};
    }
}

static void add_tags(fhi_page_work *work, xmlNode *parent, fh_str tags)
{
    if (tags.len == 0) return;
    xmlNode *list = fhi_html_add(&work->html, parent, "ul", "tags");
    while (tags.len) {
        const char *end = memchr(tags.ptr, '\n', tags.len);
        const size_t len = end ? (size_t)(end - tags.ptr) : tags.len;
        if (len)
            fhi_html_set(&work->html, fhi_html_add_text(&work->html, list, "li", NULL, (fh_str){tags.ptr, len}), "dir",
                         "auto");
        tags = (fh_str){tags.ptr + len + (end ? 1 : 0), tags.len - len - (end ? 1 : 0)};
    }
}

/* Links to the marks, for those without scripts; scripts put two buttons in their place. */
static void add_steps(fhi_page_work *work, xmlNode *bar, uint32_t mark_count)
{
    xmlNode *nav = fhi_html_add(&work->html, bar, "nav", "steps");
    fhi_html_set_str(&work->html, nav, "aria-label", fhi_page_say(work, FHI_SAY_MATCHES));
    fhi_html_set_number(&work->html, nav, "data-count", mark_count);
    fhi_page_add(work, nav, "span", "label", FHI_SAY_MATCHES);
    for (uint32_t i = 1; i <= mark_count && i <= LINKED_MATCHES_MAX; i++) {
        char place[16];
        (void)snprintf(place, sizeof place, "#m%u", i);
        xmlNode *link = fhi_html_add(&work->html, nav, "a", NULL);
        fhi_html_set(&work->html, link, "href", place);
        fhi_html_text(&work->html, link, fhi_page_number(work, i));
    }
}

static void add_article(fhi_page_work *work, xmlNode *bar, const fh_record *record)
{
    fhi_html *html = &work->html;
    const fh_str abstract = record->fields[FH_FIELD_ABSTRACT], body = record->fields[FH_FIELD_BODY];
    uint32_t next_mark = 1;
    xmlNode *article = fhi_html_add(html, work->main, "article", NULL);
    fhi_page_set_lang(work, article, record->fields[FH_FIELD_LANG]);
    xmlNode *heading = fhi_html_add(html, article, "h1", NULL);
    if (record->fields[FH_FIELD_TITLE].len)
        add_marked(work, heading, record->fields[FH_FIELD_TITLE], true, &next_mark);
    else
        fhi_html_text(html, heading, fhi_page_say(work, FHI_SAY_UNTITLED));
    (void)fhi_page_byline(work, article, record);
    if (!fhi_str_starts(body, abstract)) add_paragraphs(work, article, "lead", abstract, &next_mark);
    add_paragraphs(work, article, NULL, body, &next_mark);
    add_tags(work, article, record->fields[FH_FIELD_TAGS]);
    if (work->failure.status != FH_OK) fhi_page_failed(work, article);
    if (next_mark > 1) add_steps(work, bar, next_mark - 1);
}

void fhi_page_back(fhi_page_work *work, xmlNode *bar)
{
    const fhi_page_address results = {"/", FH_STR(""), &work->question->request, work->question->state};
    if (!fhi_page_asks(work)) return;
    xmlNode *back = fhi_page_link(work, bar, "back", fhi_page_address_text(work, &results));
    fhi_html_text(&work->html, back, fhi_page_say(work, FHI_SAY_BACK));
}

void fhi_page_read(fhi_page_work *work)
{
    fh_record record;
    fhi_failure ignored;
    xmlNode *bar = fhi_html_add(&work->html, work->main, "div", "bar");
    fhi_page_back(work, bar);
    /* A query that cannot be read marks nothing; the article is there all the same. */
    const bool asks = work->question->request.query.len && fhi_page_compose(work, FHI_PAGE_FILTER_COUNT) == FH_OK;
    (void)fhi_searcher_look_for(work->searcher, work->index, asks ? &work->request : NULL, &ignored);
    work->failure = (fhi_failure){.status = FH_OK};
    work->failure.status =
        fhi_searcher_record(work->searcher, work->index, work->question->article, &record, &work->failure.err);
    if (work->failure.status == FH_OK) {
        fhi_page_ask_why(work, bar, work->question->article);
        add_article(work, bar, &record);
        return;
    }
    if (work->failure.status == FH_E_NOT_FOUND)
        fhi_page_add(work, work->main, "h1", "absent", FHI_SAY_ABSENT);
    else
        fhi_page_failed(work, work->main);
}
