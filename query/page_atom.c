/* page_atom.c - a search as an Atom feed (RFC 4287): its newest articles, so that a reader sees what comes.
 *
 * Written by the text writer of libxml2, which does the escaping. Addresses of this server are relative: readers
 * resolve them against the address of the feed. A failure is a feed without entries whose subtitle says why.
 */
#include "query/page_impl.h"

#include <libxml/xmlwriter.h>

enum { ENTRIES = 30, TIME_BYTES = 32 };

typedef struct feed {
    fhi_page_work *work;
    xmlTextWriter *writer;
    fhi_buf scratch;
    bool failed;  /* the writer, which then says nothing more */
    bool updated; /* the time of the feed has been written: that of its first entry, the newest */
} feed;

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

static void note(feed *to, int written)
{
    if (written < 0) to->failed = true;
}

static void begin(feed *to, const char *name)
{
    note(to, xmlTextWriterStartElement(to->writer, chars(name)));
}

static void end(feed *to)
{
    note(to, xmlTextWriterEndElement(to->writer));
}

static void put(feed *to, const char *name, fh_str text)
{
    const char *clean = fhi_xml_clean(text, &to->scratch);
    note(to, clean ? xmlTextWriterWriteElement(to->writer, chars(name), chars(clean)) : -1);
}

static void set(feed *to, const char *name, fh_str value)
{
    const char *clean = fhi_xml_clean(value, &to->scratch);
    note(to, clean ? xmlTextWriterWriteAttribute(to->writer, chars(name), chars(clean)) : -1);
}

static void put_link(feed *to, const char *rel, fh_str address, const char *type)
{
    begin(to, "link");
    set(to, "rel", fhi_str(rel));
    set(to, "href", address);
    if (type) set(to, "type", fhi_str(type));
    end(to);
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

static fh_str urn(feed *to, const char *path, fh_str name)
{
    return fhi_page_address_text(to->work, &(fhi_page_address){.path = path, .article = name});
}

static fh_status put_entry(void *argument, const fh_record *record, float score, const fhi_shown *title,
                           const fhi_shown *snippet)
{
    feed *to = argument;
    fhi_page_work *work = to->work;
    char time[TIME_BYTES];
    const fh_str url = record->fields[FH_FIELD_URL];
    const fhi_page_address read = {"/read/", record->fields[FH_FIELD_ID], &work->question->request,
                                   work->question->state};
    (void)score;
    time_of(record->fields[FH_FIELD_DATE], time);
    if (!to->updated) put(to, "updated", fhi_str(time));
    to->updated = true;
    begin(to, "entry");
    if (fhi_page_is_tag(record->fields[FH_FIELD_LANG])) set(to, "xml:lang", record->fields[FH_FIELD_LANG]);
    put(to, "id", urn(to, "urn:fihrist:article:", record->fields[FH_FIELD_ID]));
    put(to, "title", title->text.len ? title->text : fhi_page_say(work, FHI_SAY_UNTITLED));
    put(to, "updated", fhi_str(time));
    put_link(to, "alternate", fhi_page_host_of(url).len ? url : fhi_page_address_text(work, &read), "text/html");
    begin(to, "author");
    put(to, "name", record->fields[record->fields[FH_FIELD_AUTHOR].len ? FH_FIELD_AUTHOR : FH_FIELD_SOURCE]);
    end(to);
    if (record->fields[FH_FIELD_SECTION].len) {
        begin(to, "category");
        set(to, "term", record->fields[FH_FIELD_SECTION]);
        end(to);
    }
    if (snippet) put(to, "summary", snippet->text);
    end(to);
    return to->failed ? FH_E_NOMEM : FH_OK;
}

static void put_head(feed *to)
{
    fhi_page_work *work = to->work;
    const fh_str words = work->question->request.query;
    fhi_buf title;
    fhi_buf_init(&title);
    fhi_buf_printf(&title, "Fihrist%s%.*s", words.len ? " · " : "", (int)words.len, words.ptr);
    if (title.status != FH_OK) to->failed = true;
    begin(to, "feed");
    set(to, "xmlns", FH_STR("http://www.w3.org/2005/Atom"));
    put(to, "id", urn(to, "urn:fihrist:search:", work->request.query));
    if (title.status == FH_OK) put(to, "title", fhi_buf_str(&title));
    const fhi_page_address here = {"/search.atom", FH_STR(""), &work->question->request, work->question->state};
    const fhi_page_address page = {"/", FH_STR(""), &work->question->request, work->question->state};
    put_link(to, "self", fhi_page_address_text(work, &here), "application/atom+xml");
    put_link(to, "alternate", fhi_page_address_text(work, &page), "text/html");
    fhi_buf_fini(&title);
}

static void put_failure(feed *to)
{
    fhi_buf text;
    fhi_buf_init(&text);
    fhi_failure_message(&to->work->failure, to->work->lang, &text);
    if (text.status == FH_OK) put(to, "subtitle", fhi_buf_str(&text));
    fhi_buf_fini(&text);
}

static void put_feed(feed *to)
{
    fhi_page_work *work = to->work;
    fhi_found found;
    fh_status status = fhi_page_compose(work, FHI_PAGE_FILTER_COUNT);
    work->failure.status = status;
    work->request.sort = FHI_SORT_DATE;
    work->request.top = ENTRIES;
    note(to, xmlTextWriterStartDocument(to->writer, NULL, "UTF-8", NULL));
    put_head(to);
    if (status == FH_OK)
        status = fhi_searcher_find(work->searcher, work->index, &work->request, put_entry, to, &found, &work->failure);
    if (status != FH_OK) put_failure(to);
    if (!to->updated) put(to, "updated", FH_STR("1970-01-01T00:00:00Z"));
    end(to);
    note(to, xmlTextWriterEndDocument(to->writer));
}

fh_status fhi_page_atom(fhi_page_work *work, fhi_buf *out)
{
    fh_status status = FH_OK;
    feed to = {.work = work};
    fhi_xml_watch(&status);
    xmlOutputBuffer *output = fhi_xml_output(out);
    to.writer = output ? xmlNewTextWriter(output) : NULL;
    if (!to.writer) {
        if (output) (void)xmlOutputBufferClose(output);
        fhi_xml_watch(NULL);
        return FH_E_NOMEM;
    }
    put_feed(&to);
    xmlFreeTextWriter(to.writer); /* closes the output with it */
    fhi_xml_watch(NULL);
    fhi_buf_fini(&to.scratch);
    if (to.failed || out->status != FH_OK || work->html.status != FH_OK) status = FH_E_NOMEM;
    return status;
}
