/* page_html.c - elements, attributes and texts into a tree of libxml2, and the tree into bytes.
 *
 * libxml2 2.9 tells of a failed allocation by NULL, but while it writes only to a handler of the thread: the one here
 * makes it the status of what is being made, and prints nothing. Attributes are set with xmlNewProp, which takes them
 * as text, not as markup.
 */
#include "query/page/page_html.h"

#include <libxml/HTMLtree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlsave.h>
#include <stdio.h>

static void note_error(void *context, xmlErrorPtr error)
{
    if (error->code == XML_ERR_NO_MEMORY) *(fh_status *)context = FH_E_NOMEM;
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

/* NULL is a failed allocation. */
static void *check(fhi_html *html, void *made)
{
    if (!made) html->status = FH_E_NOMEM;
    return made;
}

static void watch(fh_status *status)
{
    xmlSetStructuredErrorFunc(status, status ? note_error : NULL);
}

static void add_root(fhi_html *html, const char *name)
{
    html->root = check(html, xmlNewDocNode(html->doc, NULL, chars(name), NULL));
    if (html->root) (void)xmlDocSetRootElement(html->doc, html->root);
}

void fhi_xml_init(fhi_html *html, const char *root)
{
    *html = (fhi_html){.is_xml = true};
    watch(&html->status);
    html->doc = check(html, xmlNewDoc(chars("1.0")));
    if (html->doc) add_root(html, root);
}

void fhi_html_init(fhi_html *html)
{
    *html = (fhi_html){.status = FH_OK};
    watch(&html->status);
    html->doc = check(html, htmlNewDocNoDtD(NULL, NULL));
    if (!html->doc) return;
    check(html, xmlCreateIntSubset(html->doc, chars("html"), NULL, NULL));
    add_root(html, "html");
}

void fhi_html_fini(fhi_html *html)
{
    watch(NULL);
    xmlFreeDoc(html->doc);
    fhi_buf_fini(&html->scratch);
}

/* Whether a byte of ASCII may stand in a document. */
static bool is_allowed(char byte)
{
    return (unsigned char)byte >= 0x20 ? byte != 0x7F : byte == '\t' || byte == '\n' || byte == '\r';
}

const char *fhi_xml_clean(fh_str text, fhi_buf *scratch)
{
    static const char replacement[] = "\xEF\xBF\xBD", *const none[] = {"\xEF\xBF\xBE", "\xEF\xBF\xBF"};
    fhi_buf_clear(scratch);
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        const fh_str rest = {text.ptr + i, text.len - i};
        const bool none_here =
            rest.len && (fhi_str_starts(rest, fhi_str(none[0])) || fhi_str_starts(rest, fhi_str(none[1])));
        if (i < text.len && is_allowed(text.ptr[i]) && !none_here) continue;
        if (i > from) fhi_buf_put(scratch, text.ptr + from, i - from);
        if (i < text.len) fhi_buf_put(scratch, replacement, sizeof replacement - 1);
        if (none_here) i += 2;
        from = i + 1;
    }
    fhi_buf_put8(scratch, '\0');
    return scratch->status == FH_OK ? (const char *)scratch->data : NULL;
}

xmlNode *fhi_html_add(fhi_html *html, xmlNode *parent, const char *name, const char *css_class)
{
    if (!parent || html->status != FH_OK) return NULL;
    xmlNode *element = check(html, xmlNewDocNode(html->doc, NULL, chars(name), NULL));
    if (!element) return NULL;
    (void)xmlAddChild(parent, element);
    if (css_class) fhi_html_set(html, element, "class", css_class);
    return element;
}

xmlNode *fhi_html_add_text(fhi_html *html, xmlNode *parent, const char *name, const char *css_class, fh_str text)
{
    xmlNode *element = fhi_html_add(html, parent, name, css_class);
    fhi_html_text(html, element, text);
    return element;
}

void fhi_html_text(fhi_html *html, xmlNode *parent, fh_str text)
{
    if (!parent || html->status != FH_OK || text.len == 0) return;
    const char *clean = check(html, (void *)fhi_xml_clean(text, &html->scratch));
    xmlNode *node = clean ? check(html, xmlNewDocText(html->doc, chars(clean))) : NULL;
    if (node) (void)xmlAddChild(parent, node); /* it may be joined to the text before it, and is then gone */
}

void fhi_html_set(fhi_html *html, xmlNode *element, const char *name, const char *value)
{
    if (!element || html->status != FH_OK) return;
    check(html, xmlNewProp(element, chars(name), chars(value)));
}

void fhi_html_set_str(fhi_html *html, xmlNode *element, const char *name, fh_str value)
{
    if (!element || html->status != FH_OK) return;
    const char *clean = check(html, (void *)fhi_xml_clean(value, &html->scratch));
    if (clean) fhi_html_set(html, element, name, clean);
}

void fhi_html_set_number(fhi_html *html, xmlNode *element, const char *name, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    fhi_html_set(html, element, name, text);
}

void fhi_html_flag(fhi_html *html, xmlNode *element, const char *name)
{
    if (!element || html->status != FH_OK) return;
    check(html, xmlNewProp(element, chars(name), NULL));
}

/* Bytes of the first `count` code points. */
static size_t bytes_of(fh_str text, uint32_t count)
{
    size_t at = 0;
    for (; at < text.len && count; count--)
        for (at++; at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;)
            at++;
    return at;
}

void fhi_html_marked(fhi_html *html, xmlNode *parent, fh_str text, const uint32_t *marks, uint32_t mark_count,
                     uint32_t *next_id)
{
    char id[16];
    uint32_t done = 0; /* code points */
    for (uint32_t i = 0; i < mark_count; i++) {
        const size_t before = bytes_of(text, marks[2 * i] - done);
        fhi_html_text(html, parent, (fh_str){text.ptr, before});
        text = (fh_str){text.ptr + before, text.len - before};
        const size_t inside = bytes_of(text, marks[2 * i + 1] - marks[2 * i]);
        xmlNode *mark = fhi_html_add_text(html, parent, "mark", NULL, (fh_str){text.ptr, inside});
        (void)snprintf(id, sizeof id, "m%u", next_id ? (*next_id)++ : 0);
        if (next_id) fhi_html_set(html, mark, "id", id);
        text = (fh_str){text.ptr + inside, text.len - inside};
        done = marks[2 * i + 1];
    }
    fhi_html_text(html, parent, text);
}

static int append(void *context, const char *bytes, int len)
{
    fhi_buf *out = context;
    fhi_buf_put(out, bytes, (size_t)len);
    return out->status == FH_OK ? len : -1;
}

fh_status fhi_html_write(fhi_html *html, fhi_buf *out)
{
    if (html->status != FH_OK) return html->status;
    xmlOutputBuffer *output = xmlOutputBufferCreateIO(append, NULL, out, NULL);
    if (!output) return FH_E_NOMEM;
    int written;
    if (html->is_xml) {
        written = xmlSaveFileTo(output, html->doc, "UTF-8"); /* closes it */
    } else {
        htmlDocContentDumpFormatOutput(output, html->doc, "UTF-8", 0);
        written = xmlOutputBufferClose(output);
    }
    if (written < 0) html->status = FH_E_NOMEM;
    return html->status != FH_OK ? html->status : out->status;
}
