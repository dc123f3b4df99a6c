/* page_words.c - what the page says, by word and language. */
#include "query/page/page_impl.h"

static const char *const said[FHI_SAY_WORD_COUNT][FHI_PAGE_LANGS] = {
#define WORD(name, en, fr, ar) [FHI_SAY_##name] = {en, fr, ar},
#include "query/page/page_words.inc"
#undef WORD
};

fh_str fhi_page_say(const fhi_page_work *work, fhi_page_word word)
{
    return fhi_str(said[word][work->lang]);
}
