/* page_refusal.c - what the server refuses before any page is made, told to a browser in the look of all pages.
 *
 * Made where the refusal is, on any thread, with nothing of the index.
 */
#include "query/page/page_impl.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };

typedef struct refusal_words {
    int status;
    fhi_page_word heading, advice; /* FHI_SAY_WORD_COUNT: no advice */
    fhi_page_word again;           /* of a link to the same address; FHI_SAY_WORD_COUNT: there is none */
} refusal_words;

/* The last one stands for every other status. */
static const refusal_words words[] = {
    {400, FHI_SAY_REFUSED_ADDRESS, FHI_SAY_WORD_COUNT, FHI_SAY_WORD_COUNT},
    {401, FHI_SAY_REFUSED_UNKNOWN, FHI_SAY_REFUSED_TOKEN, FHI_SAY_SIGN_IN},
    {403, FHI_SAY_REFUSED_FORBIDDEN, FHI_SAY_WORD_COUNT, FHI_SAY_WORD_COUNT},
    {404, FHI_SAY_REFUSED_NOTHING, FHI_SAY_WORD_COUNT, FHI_SAY_WORD_COUNT},
    {414, FHI_SAY_REFUSED_LONG, FHI_SAY_REFUSED_LESS, FHI_SAY_WORD_COUNT},
    {429, FHI_SAY_REFUSED_OFTEN, FHI_SAY_REFUSED_WAIT, FHI_SAY_TRY_AGAIN},
    {503, FHI_SAY_REFUSED_BUSY, FHI_SAY_REFUSED_WAIT, FHI_SAY_TRY_AGAIN},
    {504, FHI_SAY_REFUSED_SLOW, FHI_SAY_REFUSED_WAIT, FHI_SAY_TRY_AGAIN},
    {0, FHI_SAY_FAILED, FHI_SAY_WORD_COUNT, FHI_SAY_WORD_COUNT},
};

static const refusal_words *words_of(int status)
{
    const refusal_words *found = words;
    while (found->status && found->status != status)
        found++;
    return found;
}

/* The reason names parameters and the like, in English; where there is advice it would say the same. */
static void add_box(fhi_page_work *work, const fhi_page_refusal *refusal)
{
    fhi_html *html = &work->html;
    const refusal_words *said = words_of(refusal->status);
    xmlNode *box = fhi_html_add(html, work->main, "section", "wrong");
    fhi_html_set(html, box, "role", "alert");
    fhi_page_add(work, box, "h1", NULL, said->heading);
    if (said->advice != FHI_SAY_WORD_COUNT) {
        fhi_page_add(work, box, "p", NULL, said->advice);
    } else {
        xmlNode *reason = fhi_html_add_text(html, box, "p", "why", refusal->reason);
        fhi_html_set(html, reason, "lang", "en");
        fhi_html_set(html, reason, "dir", "ltr");
    }
    if (said->again == FHI_SAY_WORD_COUNT) return;
    xmlNode *line = fhi_html_add(html, box, "p", NULL);
    xmlNode *link = fhi_html_add(html, line, "a", NULL);
    fhi_html_set(html, link, "href", "");
    fhi_html_text(html, link, fhi_page_say(work, said->again));
}

fhi_message_lang fhi_page_refusal_lang(const fhi_page_refusal *refusal)
{
    return refusal->lang_given ? refusal->lang : fhi_page_accepted_lang(refusal->accepted_langs);
}

fh_status fhi_page_refuse(const fhi_page_refusal *refusal, fhi_buf *out)
{
    fhi_page page = {.arena.status = FH_OK};
    const fhi_page_state state = {.lang_given = refusal->lang_given, .accepted_langs = refusal->accepted_langs};
    fhi_page_question question = {.kind = FHI_PAGE_SEARCH, .state = &state};
    fhi_request_defaults(&question.request);
    question.request.query = refusal->query;
    question.request.lang = refusal->lang;
    fhi_arena_init(&page.arena, ARENA_BYTES_MAX);
    fhi_page_work work = {.page = &page, .question = &question, .request = question.request};
    work.lang = work.request.lang = fhi_page_refusal_lang(refusal);
    fhi_html_init(&work.html);
    fhi_page_begin(&work);
    add_box(&work, refusal);
    const fh_status status = fhi_html_write(&work.html, out);
    fhi_html_fini(&work.html);
    fhi_page_formats_fini(&page.formats[work.lang]);
    fhi_arena_fini(&page.arena);
    return status;
}
