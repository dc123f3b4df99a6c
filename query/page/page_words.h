/* page_words.h - names of what the page says. */
#ifndef FHI_PAGE_WORDS_H
#define FHI_PAGE_WORDS_H

typedef enum fhi_page_word {
#define WORD(name, en, fr, ar) FHI_SAY_##name,
#include "query/page/page_words.inc"
#undef WORD
    FHI_SAY_WORD_COUNT
} fhi_page_word;

#endif
