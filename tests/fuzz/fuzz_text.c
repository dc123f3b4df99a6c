/* fuzz_text.c - any bytes through both analyzers: refused at the right place, or tokens that keep their promises.
 *
 * Analyzers are made once, since making or resetting one costs a hundred times what an input does, and live as those of
 * a server do: with the words of earlier inputs, up to a bound.
 */
#include "engine/base/base.h"

#include <fihrist/analyzer.h>

#include <stdlib.h>

enum { CACHE_BYTES_MAX = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
    if (!holds) abort();
}

static void check_form(fh_str form)
{
    require(form.len > 0 && form.len <= FH_TERM_BYTES_MAX);
    require(fhi_utf8_check(form.ptr, form.len) == form.len);
}

static void check_tokens(fh_analyzer *analyzer, size_t len, const fh_token *tokens, size_t count)
{
    uint32_t position = 0;
    for (size_t i = 0; i < count; i++) {
        fh_str variants[FH_VARIANTS_MAX];
        size_t variant_count;
        require(tokens[i].begin < tokens[i].end && tokens[i].end <= len);
        require(tokens[i].position >= position);
        position = tokens[i].position;
        check_form(tokens[i].word->exact);
        check_form(tokens[i].word->fold);
        check_form(tokens[i].word->stem);
        require(fh_analyzer_variants(analyzer, tokens[i].word, variants, &variant_count) == FH_OK);
        for (size_t v = 0; v < variant_count; v++)
            check_form(variants[v]);
    }
}

static void check_analyzer(fh_analyzer *analyzer, fh_str text, size_t bad)
{
    fh_err err;
    const fh_token *tokens;
    size_t count;
    fh_str key;
    uint32_t lead;
    if (fh_analyzer_cache_bytes(analyzer) > CACHE_BYTES_MAX) fh_analyzer_reset(analyzer);
    const fh_status status = fh_analyzer_run(analyzer, text, &tokens, &count, &err);
    require(status == (bad == text.len ? FH_OK : FH_E_UTF8));
    if (status == FH_OK) {
        check_tokens(analyzer, text.len, tokens, count);
        require(fh_analyzer_fold(analyzer, text, &key, &err) == FH_OK);
    } else {
        require(err.offset == bad);
    }
    require(fh_analyzer_lead_end(analyzer, text, &lead) == FH_OK && lead <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static fh_analyzer *press, *words;
    const fh_str text = {(const char *)data, len};
    const size_t bad = fhi_utf8_check(data, len);
    if (!press) require(fh_analyzer_create("press", &press, NULL) == FH_OK);
    if (!words) require(fh_analyzer_create("words", &words, NULL) == FH_OK);
    check_analyzer(press, text, bad);
    check_analyzer(words, text, bad);
    return 0;
}
