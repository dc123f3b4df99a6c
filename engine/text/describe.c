/* describe.c - one token with its original, its forms and what a query would match besides its stem. */
#include "engine/text/describe.h"
#include "engine/text/text.h"

#include <jansson.h>

const char *fhi_kind_name(const fh_word *word)
{
    static const char *const names[] = {"word", "number", "joined", "date"};
    return names[word->kind];
}

const char *fhi_script_name(const fh_word *word)
{
    static const char *const names[] = {"other", "latin", "arabic"};
    return names[word->script];
}

fh_status fhi_describe(fh_analyzer *analyzer, fh_str text, const fh_token *token, fhi_described *out)
{
    *out = (fhi_described){.token = *token};
    out->original = (fh_str){text.ptr + token->begin, token->end - token->begin};
    fhi_term base;
    FH_TRY(fhi_word_base(analyzer, token->word, &base));
    const fh_str bytes = fhi_term_str(&base);
    if (bytes.len) memcpy(out->base_bytes, bytes.ptr, bytes.len);
    out->base = (fh_str){out->base_bytes, bytes.len};
    return fh_analyzer_variants(analyzer, token->word, out->variants, &out->variant_count);
}

static json_t *json_str(fh_str text)
{
    return json_stringn(text.ptr ? text.ptr : "", text.len);
}

json_t *fhi_described_json(const fhi_described *from)
{
    const fh_word *word = from->token.word;
    json_t *variants = json_array();
    for (size_t i = 0; i < from->variant_count && variants; i++)
        (void)json_array_append_new(variants, json_str(from->variants[i]));
    return json_pack("{s:o*, s:I, s:I, s:I, s:o*, s:o*, s:o*, s:o*, s:s, s:s, s:b, s:o*}", "original",
                     json_str(from->original), "position", (json_int_t)from->token.position, "begin",
                     (json_int_t)from->token.begin, "end", (json_int_t)from->token.end, "exact", json_str(word->exact),
                     "folded", json_str(word->fold), "base", from->base.len ? json_str(from->base) : NULL, "stem",
                     json_str(word->stem), "kind", fhi_kind_name(word), "script", fhi_script_name(word), "stop",
                     (int)word->stop, "variants", variants);
}
