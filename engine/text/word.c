/* word.c - the slow way of a piece, stage after stage: normalise, fold, stem, stop word, month, intern. */
#include "engine/text/text.h"

typedef struct stages {
    fhi_units written; /* the exact form in UTF-16 */
    fhi_term exact, folded, base, stem;
    bool stop;
} stages;

static fh_status run_latin(fh_analyzer *analyzer, stages *word)
{
    fhi_units folded;
    fhi_fold_latin(&analyzer->normalizer, &word->written, &folded);
    fhi_units_to_term(&folded, &word->folded);
    word->stop = fhi_wordmap_get(&analyzer->french.stop, fhi_term_str(&word->folded)) != NULL;
    return fhi_french_stem(&analyzer->french, &word->folded, &word->stem);
}

static fh_status run_arabic(const fh_analyzer *analyzer, stages *word)
{
    fhi_units folded, base, stem;
    fhi_fold_arabic(&word->written, &folded);
    fhi_units_to_term(&folded, &word->folded);
    word->stop = fhi_arabic_is_stop(&analyzer->arabic, &word->folded);
    fhi_arabic_stem(&analyzer->arabic, &word->written, &folded, &base, &stem);
    fhi_units_to_term(&base, &word->base);
    fhi_units_to_term(&stem, &word->stem);
    return FH_OK;
}

/* Value of up to four digits; FHI_NOT_SMALL for everything else. */
static uint16_t small_number(const fhi_term *term)
{
    unsigned value = 0;
    if (term->len == 0 || term->len > 4) return FHI_NOT_SMALL;
    for (uint32_t i = 0; i < term->len; i++) {
        if (term->text[i] < '0' || term->text[i] > '9') return FHI_NOT_SMALL;
        value = value * 10 + (unsigned)(term->text[i] - '0');
    }
    return (uint16_t)value;
}

static fh_status intern(fh_analyzer *analyzer, const stages *word, fh_token_kind kind, fh_script script,
                        const fhi_entry **out)
{
    fhi_entry *entry;
    bool made;
    FH_TRY(fhi_cache_intern(&analyzer->cache, fhi_term_str(&word->exact), fhi_term_str(&word->folded),
                            fhi_term_str(&word->stem), kind, &entry, &made));
    if (made) {
        entry->word.script = (uint8_t)script;
        entry->word.stop = word->stop;
        if (kind == FH_TOKEN_NUMBER) {
            entry->small = small_number(&word->stem);
            entry->digits = (uint8_t)(entry->small == FHI_NOT_SMALL ? 0 : word->stem.len);
        } else if (kind == FH_TOKEN_WORD && analyzer->press) {
            const fhi_wordmap_slot *month = fhi_wordmap_get(&analyzer->months.words, fhi_term_str(&word->folded));
            entry->month_word = (uint8_t)(month ? month->number : 0);
        }
    }
    *out = entry;
    return FH_OK;
}

static void cut_to_term(fh_str raw, fhi_term *out)
{
    size_t len = raw.len;
    if (len > FH_TERM_BYTES_MAX)
        for (len = FH_TERM_BYTES_MAX; len > 0 && ((uint8_t)raw.ptr[len] & 0xC0) == 0x80;)
            len--;
    memcpy(out->text, raw.ptr, len);
    out->len = (uint32_t)len;
}

/* Words of the analyzer `words`, numbers and dates come in final form. */
static fh_status make_verbatim(fh_analyzer *analyzer, fh_str raw, fh_token_kind kind, fh_script script,
                               const fhi_entry **out)
{
    stages word = {.stop = false};
    cut_to_term(raw, &word.exact);
    word.folded = word.stem = word.exact;
    return intern(analyzer, &word, kind, script, out);
}

/* `1er` is the number 1; its exact form stays as written. */
static bool is_premier(const fhi_term *folded)
{
    return fhi_str_equal(fhi_term_str(folded), FH_STR("1er"));
}

fh_status fhi_word_make(fh_analyzer *analyzer, fh_str raw, fh_token_kind kind, fh_script script, const fhi_entry **out)
{
    stages word = {.stop = false};
    if (!analyzer->press || kind == FH_TOKEN_NUMBER || kind == FH_TOKEN_DATE)
        return make_verbatim(analyzer, raw, kind, script, out);
    FH_TRY(fhi_normalize(&analyzer->normalizer, &analyzer->classes, raw, kind == FH_TOKEN_WORD, &word.written));
    fhi_units_to_term(&word.written, &word.exact);
    if (word.exact.len == 0) return make_verbatim(analyzer, raw, kind, script, out); /* no term is ever empty */
    if (script == FH_SCRIPT_LATIN) {
        FH_TRY(run_latin(analyzer, &word));
    } else if (script == FH_SCRIPT_ARABIC) {
        FH_TRY(run_arabic(analyzer, &word));
    } else {
        word.folded = word.stem = word.exact;
    }
    if (is_premier(&word.folded)) {
        kind = FH_TOKEN_NUMBER;
        word.stem = (fhi_term){1, "1"};
    }
    return intern(analyzer, &word, kind, script, out);
}

fh_status fhi_word_base(const fh_analyzer *analyzer, const fh_word *word, fhi_term *base)
{
    stages again = {.stop = false};
    base->len = 0;
    if (!analyzer->press || word->script != FH_SCRIPT_ARABIC) return FH_OK;
    FH_TRY(fhi_normalize(&analyzer->normalizer, &analyzer->classes, word->exact, true, &again.written));
    FH_TRY(run_arabic(analyzer, &again));
    *base = again.base;
    return FH_OK;
}
