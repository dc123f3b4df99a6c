/* analyzer.c - the public face of the room: life of an analyzer, runs, query-side helpers. */
#include "engine/text/text.h"

#include <stdlib.h>
#include <sys/random.h>

/* Raised by whoever changes a rule of this room; lists are part of the id by their content. */
enum { RULES_VERSION = 1 };

static const size_t tables_bytes_cap = (size_t)64 << 20;

static uint32_t checksum_list(uint32_t crc, const char *const *lines)
{
    for (; *lines; lines++)
        crc = fhi_crc32c(crc, *lines, strlen(*lines) + 1);
    return crc;
}

/* What decides terms and comes from this project. ICU's and Snowball's data are stable for what the press writes. */
static uint32_t make_id(const char *name)
{
    const char version = RULES_VERSION;
    uint32_t crc = fhi_crc32c(0, name, strlen(name));
    crc = fhi_crc32c(crc, &version, sizeof version);
    if (strcmp(name, "press") != 0) return crc;
    const char *const *const lists[] = {fhi_stop_fr,        fhi_stop_ar,      fhi_irregular_fr,   fhi_plural_fr,
                                        fhi_singular_fr,    fhi_masculine_fr, fhi_waw_initial_ar, fhi_waw_whole_ar,
                                        fhi_lam_initial_ar, fhi_al_initial_ar};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        crc = checksum_list(crc, lists[i]);
    return crc;
}

static fh_status init_languages(fh_analyzer *analyzer)
{
    const fhi_folder folder = {&analyzer->normalizer, &analyzer->classes, &analyzer->tables};
    FH_TRY(fhi_french_init(&analyzer->french, &folder));
    FH_TRY(fhi_arabic_init(&analyzer->arabic, &folder));
    return fhi_months_init(&analyzer->months, &folder);
}

/* Not known to who writes articles: of the system, else of where memory happens to lie. */
static uint64_t secret_seed(const void *somewhere)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) return seed;
    return (uint64_t)(uintptr_t)somewhere;
}

static fh_status init(fh_analyzer *analyzer, const char *name)
{
    analyzer->press = strcmp(name, "press") == 0;
    analyzer->id = make_id(name);
    fhi_arena_init(&analyzer->tables, tables_bytes_cap);
    FH_TRY(fhi_cache_init(&analyzer->cache, secret_seed(analyzer)));
    FH_TRY(fhi_classes_init(&analyzer->classes));
    FH_TRY(fhi_normalizer_init(&analyzer->normalizer));
    return analyzer->press ? init_languages(analyzer) : FH_OK;
}

fh_status fh_analyzer_create(const char *name, fh_analyzer **out, fh_err *err)
{
    *out = NULL;
    if (!name || (strcmp(name, "press") != 0 && strcmp(name, "words") != 0))
        return fhi_fail(err, FH_E_INVALID, "unknown analyzer `%s`: press and words exist", name ? name : "");
    fh_analyzer *analyzer = calloc(1, sizeof *analyzer);
    const fh_status status = analyzer ? init(analyzer, name) : FH_E_NOMEM;
    if (status != FH_OK) {
        fh_analyzer_destroy(analyzer);
        return fhi_fail(err, status, "analyzer `%s` cannot be made: %s", name, fh_status_text(status));
    }
    *out = analyzer;
    return FH_OK;
}

void fh_analyzer_destroy(fh_analyzer *analyzer)
{
    if (!analyzer) return;
    if (analyzer->sentences) ubrk_close(analyzer->sentences);
    fhi_french_fini(&analyzer->french);
    fhi_cache_fini(&analyzer->cache);
    fhi_arena_fini(&analyzer->tables);
    fhi_buf_fini(&analyzer->key);
    free(analyzer->tokens);
    free(analyzer);
}

uint32_t fh_analyzer_id(const fh_analyzer *analyzer)
{
    return analyzer->id;
}

fh_status fh_analyzer_run(fh_analyzer *analyzer, fh_str text, const fh_token **tokens, size_t *token_count, fh_err *err)
{
    *tokens = NULL;
    *token_count = 0;
    analyzer->token_count = 0;
    if (text.len > FH_TEXT_BYTES_MAX)
        return fhi_fail(err, FH_E_LIMIT, "text of %zu bytes is over the limit of %d", text.len, FH_TEXT_BYTES_MAX);
    FH_TRY((analyzer->press ? fhi_scan_press : fhi_scan_words)(analyzer, text, err));
    *tokens = analyzer->tokens;
    *token_count = analyzer->token_count;
    return FH_OK;
}

size_t fh_analyzer_cache_bytes(const fh_analyzer *analyzer)
{
    return fhi_cache_bytes(&analyzer->cache);
}

void fh_analyzer_reset(fh_analyzer *analyzer)
{
    fhi_cache_reset(&analyzer->cache);
    analyzer->token_count = 0;
}

/* Step 5 of the Arabic chain: one-letter clitics that the stem keeps, because only the dictionary knows. */
fh_status fh_analyzer_variants(fh_analyzer *analyzer, const fh_word *word, fh_str variants[FH_VARIANTS_MAX],
                               size_t *variant_count)
{
    static const char *const clitics[] = {"ب", "ل", "ك", "ف", "وب", "ول"};
    enum { CLITIC_COUNT = sizeof clitics / sizeof clitics[0] };
    *variant_count = 0;
    const bool applies = analyzer->press && word->script == FH_SCRIPT_ARABIC && !word->stop;
    if (!applies || (word->kind != FH_TOKEN_WORD && word->kind != FH_TOKEN_JOINED)) return FH_OK;
    for (int i = 0; i < CLITIC_COUNT; i++) {
        const size_t clitic_len = strlen(clitics[i]);
        if (clitic_len + word->stem.len > FH_TERM_BYTES_MAX) continue;
        char *variant = analyzer->variants[*variant_count];
        memcpy(variant, clitics[i], clitic_len);
        memcpy(variant + clitic_len, word->stem.ptr, word->stem.len);
        variants[(*variant_count)++] = (fh_str){variant, clitic_len + word->stem.len};
    }
    return FH_OK;
}

fh_status fh_analyzer_fold(fh_analyzer *analyzer, fh_str value, fh_str *key, fh_err *err)
{
    *key = (fh_str){NULL, 0};
    const size_t bad = fhi_utf8_check(value.ptr, value.len);
    if (bad < value.len) return fhi_fail_at(err, FH_E_UTF8, NULL, bad, "not valid UTF-8 at byte %zu", bad);
    const fh_status status = fhi_fold_key(&analyzer->normalizer, value, &analyzer->key);
    if (status != FH_OK) return fhi_fail(err, status, "a value cannot be folded: %s", fh_status_text(status));
    *key = fhi_buf_str(&analyzer->key);
    return FH_OK;
}
