/* page_html.h - HTML made with libxml2: a tree of elements, written by its serializer, which does all escaping.
 *
 * A builder is sticky: after a failed allocation every call is a no-op, NULL stands for the element that could not be
 * made and may be passed on, and status is looked at once, by fhi_html_write.
 */
#ifndef FHI_PAGE_HTML_H
#define FHI_PAGE_HTML_H

#include "engine/base/base.h"

#include <libxml/tree.h>

typedef struct fhi_html {
    xmlDoc *doc;
    xmlNode *root; /* <html> */
    bool is_xml;
    fh_status status; /* a failed allocation of libxml2 on this thread is noted here, from init to fini */
    fhi_buf scratch;  /* a text on its way into the tree */
} fhi_html;

/* Names, classes and values of attributes that are char * are plain text; an fh_str may hold anything. */
void fhi_html_init(fhi_html *html);
/* The same for XML of another kind. */
void fhi_xml_init(fhi_html *html, const char *root);
void fhi_html_fini(fhi_html *html);
/* A new last child of parent. css_class: NULL for none. */
xmlNode *fhi_html_add(fhi_html *html, xmlNode *parent, const char *name, const char *css_class);
/* The same with a text in it. */
xmlNode *fhi_html_add_text(fhi_html *html, xmlNode *parent, const char *name, const char *css_class, fh_str text);
void fhi_html_text(fhi_html *html, xmlNode *parent, fh_str text);
void fhi_html_set(fhi_html *html, xmlNode *element, const char *name, const char *value);
void fhi_html_set_str(fhi_html *html, xmlNode *element, const char *name, fh_str value);
void fhi_html_set_number(fhi_html *html, xmlNode *element, const char *name, uint64_t value);
/* An attribute that is there or not, such as `hidden`. */
void fhi_html_flag(fhi_html *html, xmlNode *element, const char *name);
/* Text with marks: [begin, end) pairs of code points, in order. *next_id: number of the next mark, which gets the id
 * m1, m2 and so on; NULL: marks have none. */
void fhi_html_marked(fhi_html *html, xmlNode *parent, fh_str text, const uint32_t *marks, uint32_t mark_count,
                     uint32_t *next_id);

/* Appends the document. Codes: FH_E_NOMEM. */
fh_status fhi_html_write(fhi_html *html, fhi_buf *out);

/* The text with what neither HTML nor XML can hold replaced by U+FFFD, and a NUL behind it, in *scratch; NULL: no
 * memory. The text is UTF-8. */
const char *fhi_xml_clean(fh_str text, fhi_buf *scratch);

#endif
