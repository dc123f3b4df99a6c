/* page_atom.c - a search as an Atom feed (RFC 4287): its newest articles, so that a reader sees what comes.
 *
 * Addresses of this server are relative: readers resolve them against the address of the feed. A failure is a feed
 * without entries whose subtitle says why.
 */
#include "query/page/page_impl.h"

enum { ENTRIES = 30, TIME_BYTES = 32 };

typedef struct feed {
    fhi_page_work *work;
    fhi_html *xml;
    bool updated; /* the time of the feed has been written: that of its first entry, the newest */
} feed;

static void put(const feed *to, xmlNode *parent, const char *name, fh_str text)
{
    fhi_html_add_text(to->xml, parent, name, NULL, text);
}

static void put_link(const feed *to, xmlNode *parent, const char *rel, fh_str address, const char *type)
{
    xmlNode *link = fhi_html_add(to->xml, parent, "link", NULL);
    fhi_html_set(to->xml, link, "rel", rel);
    fhi_html_set_str(to->xml, link, "href", address);
    fhi_html_set(to->xml, link, "type", type);
}

/* Text in `shape`: 0 stands for a digit. */
static bool has_shape(fh_str text, const char *shape)
{
    if (text.len != strlen(shape)) return false;
    for (size_t i = 0; i < text.len; i++) {
        const bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (shape[i] == '0' ? !digit : text.ptr[i] != shape[i]) return false;
    }
    return true;
}

/* The date of an article as RFC 3339 wants it. What it does not tell is the earliest there is. */
static void time_of(fh_str date, char text[TIME_BYTES])
{
    static const char *const whole[] = {"0000-00-00T00:00:00Z", "0000-00-00T00:00:00+00:00",
                                        "0000-00-00T00:00:00-00:00"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (has_shape(date, whole[i])) {
            (void)snprintf(text, TIME_BYTES, "%.*s", (int)date.len, date.ptr);
            return;
        }
    const bool day = date.len >= 10 && has_shape((fh_str){date.ptr, 10}, "0000-00-00");
    const bool month = !day && has_shape(date, "0000-00"), year = !day && has_shape(date, "0000");
    (void)snprintf(text, TIME_BYTES, "%.*s%sT00:00:00Z",
                   day     ? 10
                   : month ? 7
                   : year  ? 4
                           : 0,
                   date.ptr,
                   day     ? ""
                   : month ? "-01"
                   : year  ? "-01-01"
                           : "1970-01-01");
}

static fh_str urn(const feed *to, const char *path, fh_str name)
{
    return fhi_page_address_text(to->work, &(fhi_page_address){.path = path, .article = name});
}

static fh_status put_entry(void *argument, const fh_record *record, float score, const fhi_shown *title,
                           const fhi_shown *snippet)
{
    feed *to = argument;
    fhi_page_work *work = to->work;
    char time[TIME_BYTES];
    const fh_str *fields = record->fields, url = fields[FH_FIELD_URL];
    const fhi_page_address read = {"/read/", fields[FH_FIELD_ID], &work->question->request, work->question->state};
    (void)score;
    time_of(fields[FH_FIELD_DATE], time);
    if (!to->updated) put(to, to->xml->root, "updated", fhi_str(time));
    to->updated = true;
    xmlNode *entry = fhi_html_add(to->xml, to->xml->root, "entry", NULL);
    if (fhi_page_is_tag(fields[FH_FIELD_LANG])) fhi_html_set_str(to->xml, entry, "xml:lang", fields[FH_FIELD_LANG]);
    put(to, entry, "id", urn(to, "urn:fihrist:article:", fields[FH_FIELD_ID]));
    put(to, entry, "title", title->text.len ? title->text : fhi_page_say(work, FHI_SAY_UNTITLED));
    put(to, entry, "updated", fhi_str(time));
    put_link(to, entry, "alternate", fhi_page_host_of(url).len ? url : fhi_page_address_text(work, &read), "text/html");
    put(to, fhi_html_add(to->xml, entry, "author", NULL), "name",
        fields[fields[FH_FIELD_AUTHOR].len ? FH_FIELD_AUTHOR : FH_FIELD_SOURCE]);
    if (fields[FH_FIELD_SECTION].len)
        fhi_html_set_str(to->xml, fhi_html_add(to->xml, entry, "category", NULL), "term", fields[FH_FIELD_SECTION]);
    if (snippet) put(to, entry, "summary", snippet->text);
    return to->xml->status;
}

static void put_head(const feed *to)
{
    fhi_page_work *work = to->work;
    const fh_str words = work->question->request.query;
    xmlNode *root = to->xml->root;
    fhi_html_set(to->xml, root, "xmlns", "http://www.w3.org/2005/Atom");
    put(to, root, "id", urn(to, "urn:fihrist:search:", work->request.query));
    xmlNode *title = fhi_html_add_text(to->xml, root, "title", NULL, FH_STR("Fihrist"));
    if (words.len) fhi_html_text(to->xml, title, FH_STR(" · "));
    fhi_html_text(to->xml, title, words);
    const fhi_page_address here = {"/search.atom", FH_STR(""), &work->question->request, work->question->state};
    const fhi_page_address page = {"/", FH_STR(""), &work->question->request, work->question->state};
    put_link(to, root, "self", fhi_page_address_text(work, &here), "application/atom+xml");
    put_link(to, root, "alternate", fhi_page_address_text(work, &page), "text/html");
}

static void put_failure(const feed *to)
{
    fhi_buf text;
    fhi_buf_init(&text);
    fhi_failure_message(&to->work->failure, to->work->lang, &text);
    if (text.status == FH_OK) put(to, to->xml->root, "subtitle", fhi_buf_str(&text));
    fhi_buf_fini(&text);
}

void fhi_page_atom(fhi_page_work *work)
{
    feed to = {.work = work, .xml = &work->html};
    fhi_found found;
    work->failure.status = fhi_page_compose(work, FHI_PAGE_FILTER_COUNT);
    work->request.sort = FHI_SORT_DATE;
    work->request.top = ENTRIES;
    put_head(&to);
    if (work->failure.status == FH_OK)
        (void)fhi_searcher_find(work->searcher, work->index, &work->request, put_entry, &to, &found, &work->failure);
    if (work->failure.status != FH_OK) put_failure(&to);
    if (!to.updated) put(&to, to.xml->root, "updated", FH_STR("1970-01-01T00:00:00Z"));
}
