/* page.c - from a question to a page: what all pages share. */
#include "query/page/page_impl.h"

#include <libxml/parser.h>
#include <stdlib.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>

enum { ARENA_BYTES_MAX = 16 * 1024 * 1024, LANGS_HEADER_BYTES_MAX = 200 };

static const char *const lang_names[FHI_PAGE_LANGS] = {"en", "fr", "ar"};

const char *fhi_page_lang_name(fhi_message_lang lang)
{
    return lang_names[lang];
}

fh_status fhi_page_create(fhi_page **out, fh_err *err)
{
    fhi_page *page = calloc(1, sizeof *page);
    *out = page;
    if (!page) return fhi_fail(err, FH_E_NOMEM, "no memory for pages");
    xmlInitParser(); /* once for all threads; later calls find it done */
    fhi_arena_init(&page->arena, ARENA_BYTES_MAX);
    return FH_OK;
}

void fhi_page_destroy(fhi_page *page)
{
    if (!page) return;
    for (int i = 0; i < FHI_PAGE_LANGS; i++)
        fhi_page_formats_fini(&page->formats[i]);
    fhi_arena_fini(&page->arena);
    free(page);
}

/* ---- language of the page -------------------------------------------------------------------------------- */

fhi_message_lang fhi_page_accepted_lang(fh_str header)
{
    static const char *const offered[] = {"fr", "ar", "en"};
    char text[LANGS_HEADER_BYTES_MAX + 1], best[ULOC_FULLNAME_CAPACITY] = "fr";
    UErrorCode code = U_ZERO_ERROR;
    UAcceptResult result = ULOC_ACCEPT_FAILED;
    if (header.len == 0 || header.len > LANGS_HEADER_BYTES_MAX) return FHI_LANG_FR;
    memcpy(text, header.ptr, header.len);
    text[header.len] = '\0';
    UEnumeration *available = uenum_openCharStringsEnumeration(offered, FHI_PAGE_LANGS, &code);
    (void)uloc_acceptLanguageFromHTTP(best, sizeof best, &result, text, available, &code);
    if (available) uenum_close(available);
    if (U_FAILURE(code) || result == ULOC_ACCEPT_FAILED) return FHI_LANG_FR;
    for (int i = 0; i < FHI_PAGE_LANGS; i++)
        if (strncmp(best, lang_names[i], 2) == 0) return (fhi_message_lang)i;
    return FHI_LANG_FR;
}

/* ---- small parts ----------------------------------------------------------------------------------------- */

xmlNode *fhi_page_add(fhi_page_work *work, xmlNode *parent, const char *name, const char *css_class, fhi_page_word word)
{
    return fhi_html_add_text(&work->html, parent, name, css_class, fhi_page_say(work, word));
}

xmlNode *fhi_page_link(fhi_page_work *work, xmlNode *parent, const char *css_class, fh_str address)
{
    xmlNode *link = fhi_html_add(&work->html, parent, "a", css_class);
    fhi_html_set_str(&work->html, link, "href", address);
    return link;
}

bool fhi_page_is_tag(fh_str lang)
{
    bool good = lang.len == 2 || lang.len == 3;
    for (size_t i = 0; i < lang.len; i++)
        good = good && lang.ptr[i] >= 'a' && lang.ptr[i] <= 'z';
    return good;
}

void fhi_page_set_lang(fhi_page_work *work, xmlNode *element, fh_str lang)
{
    const bool known = fhi_str_equal(lang, FH_STR("fr")) || fhi_str_equal(lang, FH_STR("en"));
    if (fhi_page_is_tag(lang)) fhi_html_set_str(&work->html, element, "lang", lang);
    fhi_html_set(&work->html, element, "dir", known ? "ltr" : fhi_str_equal(lang, FH_STR("ar")) ? "rtl" : "auto");
}

fh_str fhi_page_host_of(fh_str url)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (int i = 0; i < 2; i++) {
        const fh_str scheme = fhi_str(schemes[i]);
        if (!fhi_str_starts(url, scheme)) continue;
        fh_str host = {url.ptr + scheme.len, 0};
        while (scheme.len + host.len < url.len && !strchr("/?#", host.ptr[host.len]))
            host.len++;
        return host;
    }
    return FH_STR("");
}

/* A part of a byline, with a dot between it and the one before. NULL where it is empty. */
static xmlNode *add_part(fhi_page_work *work, xmlNode *line, const char *element, const char *css_class, fh_str text)
{
    if (text.len == 0) return NULL;
    if (line && line->children) fhi_html_text(&work->html, line, FH_STR(" · "));
    return fhi_html_add_text(&work->html, line, element, css_class, text);
}

static void add_link_out(fhi_page_work *work, xmlNode *line, fh_str url)
{
    xmlNode *out = add_part(work, line, "a", "out", fhi_page_host_of(url));
    if (!out) return;
    fhi_html_set_str(&work->html, out, "href", url);
    fhi_html_set(&work->html, out, "rel", "noopener noreferrer external");
    fhi_html_set(&work->html, out, "dir", "ltr");
    fhi_html_set_str(&work->html, out, "title", fhi_page_say(work, FHI_SAY_ORIGINAL));
}

xmlNode *fhi_page_byline(fhi_page_work *work, xmlNode *parent, const fh_record *record)
{
    xmlNode *line = fhi_html_add(&work->html, parent, "p", "by");
    fh_str iso;
    (void)add_part(work, line, "bdi", "source", record->fields[FH_FIELD_SOURCE]);
    (void)add_part(work, line, "bdi", NULL, record->fields[FH_FIELD_SECTION]);
    (void)add_part(work, line, "bdi", NULL, record->fields[FH_FIELD_REGION]);
    xmlNode *time = add_part(work, line, "time", NULL, fhi_page_date(work, record->fields[FH_FIELD_DATE], &iso));
    if (time) fhi_html_set(&work->html, time, "dir", "auto");
    if (time && iso.len) fhi_html_set_str(&work->html, time, "datetime", iso);
    (void)add_part(work, line, "bdi", NULL, record->fields[FH_FIELD_AUTHOR]);
    add_link_out(work, line, record->fields[FH_FIELD_URL]);
    if (!line || line->children) return line;
    xmlUnlinkNode(line);
    xmlFreeNode(line);
    return NULL;
}

void fhi_page_failed(fhi_page_work *work, xmlNode *parent)
{
    fhi_buf text;
    fhi_buf_init(&text);
    fhi_failure_message(&work->failure, work->lang, &text);
    xmlNode *box = fhi_html_add(&work->html, parent, "section", "wrong");
    fhi_html_set(&work->html, box, "role", "alert");
    fhi_page_add(work, box, "h1", NULL, FHI_SAY_FAILED);
    if (text.status == FH_OK) fhi_html_add_text(&work->html, box, "p", NULL, fhi_buf_str(&text));
    fhi_buf_fini(&text);
}

/* ---- frame ----------------------------------------------------------------------------------------------- */

static void add_meta(fhi_page_work *work, xmlNode *head, const char *name, const char *content)
{
    xmlNode *meta = fhi_html_add(&work->html, head, "meta", NULL);
    fhi_html_set(&work->html, meta, "name", name);
    fhi_html_set(&work->html, meta, "content", content);
}

static xmlNode *add_head_link(fhi_page_work *work, xmlNode *head, const char *rel, fh_str address)
{
    xmlNode *link = fhi_html_add(&work->html, head, "link", NULL);
    fhi_html_set(&work->html, link, "rel", rel);
    fhi_html_set_str(&work->html, link, "href", address);
    return link;
}

static void add_head(fhi_page_work *work)
{
    fhi_html *html = &work->html;
    const fh_str words = work->question->request.query;
    xmlNode *head = fhi_html_add(html, html->root, "head", NULL);
    xmlNode *title = fhi_html_add_text(html, head, "title", NULL, words);
    fhi_html_text(html, title, words.len ? FH_STR(" · Fihrist") : FH_STR("Fihrist"));
    add_meta(work, head, "viewport", "width=device-width, initial-scale=1");
    add_meta(work, head, "color-scheme", "light dark");
    add_meta(work, head, "robots", "noindex");
    (void)add_head_link(work, head, "icon", FH_STR("/static/icon.svg"));
    fhi_page_file font;
    if (fhi_page_file_find(FH_STR("font.css"), &font))
        (void)add_head_link(work, head, "stylesheet", FH_STR("/static/font.css"));
    (void)add_head_link(work, head, "stylesheet", FH_STR("/static/page.css"));
    if (fhi_page_asks(work)) {
        const fhi_request request = fhi_page_first(work);
        const fhi_page_address feed = {"/search.atom", FH_STR(""), &request, work->question->state};
        xmlNode *link = add_head_link(work, head, "alternate", fhi_page_address_text(work, &feed));
        fhi_html_set(html, link, "type", "application/atom+xml");
    }
    xmlNode *script = fhi_html_add(html, head, "script", NULL);
    fhi_html_set(html, script, "type", "module");
    fhi_html_set(html, script, "src", "/static/app.js");
}

/* The same page in the other languages. */
static void add_langs(fhi_page_work *work, xmlNode *parent)
{
    static const char *const shown[] = {"English", "Français", "العربية"};
    static const fhi_message_lang order[] = {FHI_LANG_FR, FHI_LANG_AR, FHI_LANG_EN};
    static const char *const paths[] = {
        [FHI_PAGE_SEARCH] = "/", [FHI_PAGE_READ] = "/read/", [FHI_PAGE_WHY] = "/why/", [FHI_PAGE_LIST] = "/list"};
    const fhi_page_question *question = work->question;
    xmlNode *nav = fhi_html_add(&work->html, parent, "nav", "langs");
    fhi_html_set_str(&work->html, nav, "aria-label", fhi_page_say(work, FHI_SAY_INTERFACE));
    for (int i = 0; i < FHI_PAGE_LANGS; i++) {
        fhi_request request = question->request;
        fhi_page_state state = *question->state;
        const char *name = lang_names[order[i]];
        request.lang = order[i];
        state.lang_given = true;
        const fhi_page_address address = {paths[question->kind], question->article, &request, &state};
        xmlNode *link = fhi_page_link(work, nav, NULL, fhi_page_address_text(work, &address));
        fhi_html_set(&work->html, link, "lang", name);
        fhi_html_set(&work->html, link, "hreflang", name);
        if (order[i] == work->lang) fhi_html_set(&work->html, link, "aria-current", "true");
        fhi_html_text(&work->html, link, fhi_str(shown[order[i]]));
    }
}

/* An address with nothing but the language, where one was chosen. */
static fh_str bare_address(fhi_page_work *work, const char *path)
{
    const fhi_request request = {.query = {"", 0}, .lang = work->lang};
    const fhi_page_state state = {.lang_given = work->question->state->lang_given};
    return fhi_page_address_text(work, &(fhi_page_address){path, FH_STR(""), &request, &state});
}

void fhi_page_hidden(fhi_page_work *work, xmlNode *form, const char *name, fh_str value)
{
    xmlNode *input = fhi_html_add(&work->html, form, "input", NULL);
    fhi_html_set(&work->html, input, "type", "hidden");
    fhi_html_set(&work->html, input, "name", name);
    fhi_html_set_str(&work->html, input, "value", value);
}

void fhi_page_keep_state(fhi_page_work *work, xmlNode *form, const fhi_page_state *state)
{
    for (int filter = 0; filter < FHI_PAGE_FILTER_COUNT; filter++)
        for (unsigned i = 0; i < state->value_counts[filter]; i++)
            fhi_page_hidden(work, form, fhi_page_filter_name((fhi_page_filter)filter), state->values[filter][i]);
    if (state->from.len) fhi_page_hidden(work, form, "from", state->from);
    if (state->to.len) fhi_page_hidden(work, form, "to", state->to);
    if (work->question->request.op == FHI_OP_OR) fhi_page_hidden(work, form, "op", FH_STR("or"));
    if (work->question->request.sort == FHI_SORT_DATE) fhi_page_hidden(work, form, "sort", FH_STR("date"));
    if (state->lang_given) fhi_page_hidden(work, form, "ui", fhi_str(lang_names[work->lang]));
}

static void add_form(fhi_page_work *work, xmlNode *parent)
{
    fhi_html *html = &work->html;
    xmlNode *form = fhi_html_add(html, parent, "form", "ask");
    fhi_html_set(html, form, "action", "/");
    fhi_html_set(html, form, "role", "search");
    xmlNode *label = fhi_page_add(work, form, "label", "unseen", FHI_SAY_QUERY);
    fhi_html_set(html, label, "for", "q");
    xmlNode *box = fhi_html_add(html, form, "div", "box");
    xmlNode *input = fhi_html_add(html, box, "input", NULL);
    fhi_html_set(html, input, "id", "q");
    fhi_html_set(html, input, "name", "q");
    fhi_html_set(html, input, "type", "search");
    fhi_html_set(html, input, "dir", "auto");
    fhi_html_set(html, input, "autocomplete", "off");
    fhi_html_set(html, input, "autocapitalize", "none");
    fhi_html_set(html, input, "spellcheck", "false");
    fhi_html_set(html, input, "enterkeyhint", "search");
    fhi_html_set_str(html, input, "placeholder", fhi_page_say(work, FHI_SAY_QUERY));
    fhi_html_set_str(html, input, "value", work->question->request.query);
    fhi_page_add(work, box, "button", NULL, FHI_SAY_SEARCH);
    fhi_page_keep_state(work, form, work->question->state);
}

/* What scripts say. */
static void add_script_words(fhi_page_work *work, xmlNode *body)
{
    static const struct {
        const char *name;
        fhi_page_word word;
    } words[] = {
        {"data-copy", FHI_SAY_COPY},       {"data-copied", FHI_SAY_COPIED}, {"data-save", FHI_SAY_SAVE},
        {"data-kept", FHI_SAY_KEPT},       {"data-saved", FHI_SAY_SAVED},   {"data-remove", FHI_SAY_REMOVE},
        {"data-next", FHI_SAY_MATCH_NEXT}, {"data-drag", FHI_SAY_DRAG},     {"data-previous", FHI_SAY_MATCH_PREVIOUS}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        fhi_html_set_str(&work->html, body, words[i].name, fhi_page_say(work, words[i].word));
}

void fhi_page_begin(fhi_page_work *work)
{
    fhi_html *html = &work->html;
    fhi_html_set(html, html->root, "lang", lang_names[work->lang]);
    fhi_html_set(html, html->root, "dir", work->lang == FHI_LANG_AR ? "rtl" : "ltr");
    add_head(work);
    xmlNode *body = fhi_html_add(html, html->root, "body", NULL);
    add_script_words(work, body);
    fhi_html_set(html, fhi_page_add(work, body, "a", "skip", FHI_SAY_SKIP), "href", "#main");
    xmlNode *header = fhi_html_add(html, body, "header", "top");
    xmlNode *brand = fhi_page_link(work, header, "brand", bare_address(work, "/"));
    fhi_html_add_text(html, brand, "span", NULL, FH_STR("Fihrist"));
    xmlNode *arabic = fhi_html_add_text(html, brand, "span", NULL, FH_STR("فهرس"));
    fhi_html_set(html, arabic, "lang", "ar");
    fhi_html_set(html, arabic, "aria-hidden", "true");
    add_form(work, header);
    xmlNode *tools = fhi_html_add(html, header, "div", "tools");
    xmlNode *list = fhi_page_link(work, tools, NULL, bare_address(work, "/list"));
    fhi_html_text(html, list, fhi_page_say(work, FHI_SAY_LIST));
    add_langs(work, tools);
    work->main = fhi_html_add(html, body, "main", NULL);
    fhi_html_set(html, work->main, "id", "main");
    fhi_html_set(html, work->main, "tabindex", "-1");
}

/* ---- answers --------------------------------------------------------------------------------------------- */

static void make(fhi_page_work *work)
{
    if (work->question->kind == FHI_PAGE_ATOM) {
        fhi_xml_init(&work->html, "feed");
        fhi_page_atom(work);
        return;
    }
    fhi_html_init(&work->html);
    fhi_page_begin(work);
    switch (work->question->kind) {
    case FHI_PAGE_READ: fhi_page_read(work); break;
    case FHI_PAGE_WHY: fhi_page_why(work); break;
    case FHI_PAGE_LIST: fhi_page_list(work); break;
    default: fhi_page_search(work); break;
    }
}

fh_status fhi_page_answer(fhi_page *page, fhi_searcher *searcher, const fhi_index *index,
                          const fhi_page_question *question, fhi_buf *out)
{
    fhi_page_work work = {.page = page,
                          .searcher = searcher,
                          .index = index,
                          .question = question,
                          .request = question->request,
                          .failure = {.status = FH_OK}};
    const fhi_page_state *state = question->state;
    work.lang = state->lang_given ? question->request.lang : fhi_page_accepted_lang(state->accepted_langs);
    work.request.lang = work.lang;
    work.request.top = FHI_PAGE_TOP;
    fhi_arena_reset(&page->arena);
    make(&work);
    const fh_status status = fhi_html_write(&work.html, out);
    fhi_html_fini(&work.html);
    return status != FH_OK ? status : work.failure.status;
}
