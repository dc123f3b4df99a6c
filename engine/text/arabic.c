/* arabic.c - the light stem of an Arabic word: known wholes, leading clitics, suffixes.
 *
 * All letters here are folded (fold.c). Lists of words say where a first waw, lam or alef-lam belongs to the word;
 * they are compared without suffixes, so that وزير covers وزيرها and وزارة covers وزارات.
 */
#include "engine/text/text.h"

#include <unicode/ustring.h>

enum {
    ALEF = 0x627,
    ALEF_WASLA = 0x671,
    ALEF_MAKSURA = 0x649,
    LAM = 0x644,
    WAW = 0x648,
    REST_MIN = 2,
    REST_AFTER_WAW_MIN = 3,
    STEM_MIN = 3
};

/* Longest first; compared from the start of the word. */
static const UChar *const prefixes[] = {
    u"وبال", u"وكال", u"فبال", u"فكال", u"ولال", u"ولل", u"فلل", u"لال", u"وال", u"بال", u"كال", u"فال", u"ال", u"لل",
};
static const UChar *const suffixes_first[] = {
    u"هما", u"كما", u"تها", u"تهم", u"ها", u"هم", u"هن", u"كم", u"نا",
    u"ان",  u"ات",  u"ون",  u"ين",  u"وا", u"يه", u"ه",  u"ي",
};
static const UChar *const suffixes_second[] = {u"ات", u"ان", u"ون", u"ين", u"يه", u"ه", u"ي", u"ت"};
static const UChar *const allah[] = {u"الله", u"والله", u"بالله", u"لله", u"ولله"};

#define COUNT(array) ((int32_t)(sizeof(array) / sizeof(array)[0]))

static bool starts_with(const fhi_units *word, const UChar *prefix, int32_t prefix_len)
{
    return word->len >= prefix_len && u_memcmp(word->text, prefix, prefix_len) == 0;
}

static bool strip_one_suffix(fhi_units *word, const UChar *const *suffixes, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t len = u_strlen(suffixes[i]);
        if (word->len - len < STEM_MIN || u_memcmp(word->text + word->len - len, suffixes[i], len) != 0) continue;
        word->len -= len;
        return true;
    }
    return false;
}

void fhi_arabic_strip_suffixes(fhi_units *word)
{
    (void)strip_one_suffix(word, suffixes_first, COUNT(suffixes_first));
    (void)strip_one_suffix(word, suffixes_second, COUNT(suffixes_second));
}

static void cut_front(fhi_units *word, int32_t count)
{
    word->len -= count;
    u_memmove(word->text, word->text + count, word->len);
}

/* Is the word from unit `from` on, without suffixes, in the list? */
static bool listed(const fhi_wordmap *list, const fhi_units *word, int32_t from)
{
    fhi_units rest = *word;
    fhi_term key;
    if (from >= word->len) return false;
    cut_front(&rest, from);
    fhi_arabic_strip_suffixes(&rest);
    fhi_units_to_term(&rest, &key);
    if (fhi_wordmap_get(list, fhi_term_str(&key))) return true;
    if (rest.len <= STEM_MIN || rest.text[rest.len - 1] != ALEF) return false;
    key.len -= 2; /* the alef of an accusative, two bytes of UTF-8 */
    return fhi_wordmap_get(list, fhi_term_str(&key)) != NULL;
}

fh_status fhi_fold_word_arabic(const fhi_folder *folder, fh_str word, fhi_term *out)
{
    fhi_units written, folded;
    out->len = 0;
    FH_TRY(fhi_normalize(folder->normalizer, folder->classes, word, false, &written));
    fhi_fold_arabic(&written, &folded);
    fhi_units_to_term(&folded, out);
    return FH_OK;
}

fh_status fhi_fold_word_arabic_stem(const fhi_folder *folder, fh_str word, fhi_term *out)
{
    fhi_units written, folded;
    out->len = 0;
    FH_TRY(fhi_normalize(folder->normalizer, folder->classes, word, false, &written));
    fhi_fold_arabic(&written, &folded);
    fhi_arabic_strip_suffixes(&folded);
    fhi_units_to_term(&folded, out);
    return FH_OK;
}

fh_status fhi_arabic_init(fhi_arabic *arabic, const fhi_folder *folder)
{
    *arabic = (fhi_arabic){0};
    FH_TRY(fhi_wordmap_load(&arabic->waw, folder, fhi_waw_initial_ar, fhi_fold_word_arabic_stem));
    FH_TRY(fhi_wordmap_load(&arabic->lam, folder, fhi_lam_initial_ar, fhi_fold_word_arabic));
    FH_TRY(fhi_wordmap_load(&arabic->al, folder, fhi_al_initial_ar, fhi_fold_word_arabic_stem));
    FH_TRY(fhi_wordmap_load(&arabic->whole, folder, fhi_waw_whole_ar, fhi_fold_word_arabic));
    return fhi_wordmap_load(&arabic->stop, folder, fhi_stop_ar, fhi_fold_word_arabic);
}

/* A function word stays one behind "and" or "so": وفي, فإن. */
bool fhi_arabic_is_stop(const fhi_arabic *arabic, const fhi_term *folded)
{
    const fh_str word = fhi_term_str(folded);
    if (fhi_wordmap_get(&arabic->stop, word)) return true;
    const bool clitic = fhi_str_starts(word, FH_STR("و")) || fhi_str_starts(word, FH_STR("ف"));
    return clitic && word.len > 4 && fhi_wordmap_get(&arabic->stop, (fh_str){word.ptr + 2, word.len - 2});
}

static bool is_allah(const fhi_units *word)
{
    for (int32_t i = 0; i < COUNT(allah); i++)
        if (word->len == u_strlen(allah[i]) && starts_with(word, allah[i], word->len)) return true;
    return false;
}

/* The alef of an article was written as a plain alef: ألبوم is not ال+بوم. */
static bool alef_is_plain(const fhi_units *written, const UChar *prefix, int32_t prefix_len)
{
    for (int32_t i = 0; i < prefix_len; i++)
        if (prefix[i] == ALEF && written->text[i] != ALEF && written->text[i] != ALEF_WASLA) return false;
    return true;
}

/* Is the word from unit `from` on in the list as it stands? */
static bool listed_whole(const fhi_wordmap *list, const fhi_units *word, int32_t from)
{
    fhi_units rest = *word;
    fhi_term key;
    cut_front(&rest, from);
    fhi_units_to_term(&rest, &key);
    return fhi_wordmap_get(list, fhi_term_str(&key)) != NULL;
}

/* A hamza on the second letter, which folding hid: the first is a clitic (وأدى is not وادي, للأزمة not لازمة). */
static bool hides_hamza(const fhi_units *written, const fhi_units *word, int32_t first)
{
    return word->len > first + 1 && word->text[first + 1] == ALEF && written->text[first + 1] != ALEF;
}

static bool keeps_waw(const fhi_arabic *arabic, const fhi_units *written, const fhi_units *word)
{
    if (hides_hamza(written, word, 0)) return false;
    if (listed(&arabic->waw, word, 0)) return true;
    return listed_whole(&arabic->whole, word, 0) && written->text[written->len - 1] != ALEF_MAKSURA; /* والى */
}

static bool keeps_lam(const fhi_arabic *arabic, const fhi_units *written, const fhi_units *word, int32_t lam)
{
    return !hides_hamza(written, word, lam) && listed_whole(&arabic->lam, word, lam);
}

/* How many letters go in front. `word` is folded, `written` has the same length. */
static int32_t clitic_length(const fhi_arabic *arabic, const fhi_units *written, const fhi_units *word)
{
    const bool waw = word->text[0] == WAW;
    if (waw && keeps_waw(arabic, written, word)) return 0;
    if (listed(&arabic->al, word, 0)) return 0;
    if (waw && listed(&arabic->al, word, 1)) return 1;
    for (int32_t i = 0; i < COUNT(prefixes); i++) {
        const int32_t len = u_strlen(prefixes[i]);
        if (word->len - len < REST_MIN || !starts_with(word, prefixes[i], len)) continue;
        if (!alef_is_plain(written, prefixes[i], len)) continue;
        const bool double_lam = prefixes[i][len - 1] == LAM && prefixes[i][len - 2] == LAM;
        return double_lam && keeps_lam(arabic, written, word, len - 1) ? len - 1 : len;
    }
    return waw && word->len - 1 >= REST_AFTER_WAW_MIN ? 1 : 0;
}

void fhi_arabic_stem(const fhi_arabic *arabic, const fhi_units *written, const fhi_units *folded, fhi_units *base,
                     fhi_units *stem)
{
    *base = *folded;
    if (base->len && is_allah(base)) {
        base->len = u_strlen(allah[0]);
        u_memcpy(base->text, allah[0], base->len);
        *stem = *base;
        return;
    }
    if (base->len) cut_front(base, clitic_length(arabic, written, base));
    *stem = *base;
    fhi_arabic_strip_suffixes(stem);
}
