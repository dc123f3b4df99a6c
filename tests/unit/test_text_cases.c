/* test_text_cases.c - which query finds which text: the cases that the chains were designed for.
 *
 * `finds(a, b)`: every word of the query a, or a variant of it, is a term of the text b; a compound or a date of a may
 * stand for its parts. Phrases also ask for the order.
 */
#include <fihrist/analyzer.h>

#include "engine/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORDS_MAX = 64, TERM_BYTES = 256 };

typedef struct term {
    char stem[TERM_BYTES], exact[TERM_BYTES];
    char variants[FH_VARIANTS_MAX][TERM_BYTES];
    size_t variant_count;
    uint32_t position, begin, end;
    uint8_t kind, stop, script;
} term;

typedef struct terms {
    size_t count;
    term all[WORDS_MAX];
} terms;

static int setup(void **state)
{
    fh_err err;
    fh_analyzer *analyzer = NULL;
    if (fh_analyzer_create("press", &analyzer, &err) != FH_OK) return -1;
    *state = analyzer;
    return 0;
}

static int teardown(void **state)
{
    fh_analyzer_destroy(*state);
    return 0;
}

static void copy(char to[TERM_BYTES], fh_str text)
{
    assert_true(text.len < TERM_BYTES);
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

static terms analyze(fh_analyzer *analyzer, const char *text)
{
    const fh_token *tokens;
    fh_err err;
    terms found = {.count = 0};
    assert_int_equal(fh_analyzer_run(analyzer, fhi_str(text), &tokens, &found.count, &err), FH_OK);
    assert_true(found.count <= WORDS_MAX);
    for (size_t i = 0; i < found.count; i++) {
        term *to = &found.all[i];
        fh_str variants[FH_VARIANTS_MAX];
        copy(to->stem, tokens[i].word->stem);
        copy(to->exact, tokens[i].word->exact);
        to->position = tokens[i].position;
        to->begin = tokens[i].begin;
        to->end = tokens[i].end;
        to->kind = tokens[i].word->kind;
        to->stop = tokens[i].word->stop;
        to->script = tokens[i].word->script;
        assert_int_equal(fh_analyzer_variants(analyzer, tokens[i].word, variants, &to->variant_count), FH_OK);
        for (size_t v = 0; v < to->variant_count; v++)
            copy(to->variants[v], variants[v]);
    }
    return found;
}

static bool same_term(const term *query, const term *text)
{
    if ((query->kind == FH_TOKEN_DATE) != (text->kind == FH_TOKEN_DATE)) return false;
    if (strcmp(query->stem, text->stem) == 0) return true;
    for (size_t v = 0; v < query->variant_count; v++)
        if (strcmp(query->variants[v], text->stem) == 0) return true;
    return false;
}

static bool has(const terms *text, const term *query)
{
    for (size_t i = 0; i < text->count; i++)
        if (same_term(query, &text->all[i])) return true;
    return false;
}

static bool is_wide(const term *one)
{
    return one->kind == FH_TOKEN_JOINED || one->kind == FH_TOKEN_DATE;
}

/* Is the word part of a compound or date of its query that the text has? */
static bool covered(const terms *query, const term *word, const terms *text)
{
    for (size_t i = 0; i < query->count; i++) {
        const term *wide = &query->all[i];
        if (is_wide(wide) && wide->begin <= word->begin && word->end <= wide->end && has(text, wide)) return true;
    }
    return false;
}

static bool finds(fh_analyzer *analyzer, const char *query_text, const char *text_text)
{
    const terms query = analyze(analyzer, query_text), text = analyze(analyzer, text_text);
    for (size_t i = 0; i < query.count; i++) {
        const term *word = &query.all[i];
        if (!is_wide(word) && !has(&text, word) && !covered(&query, word, &text)) return false;
    }
    return query.count > 0;
}

/* All words of the query in a row. */
static bool finds_phrase(fh_analyzer *analyzer, const char *query_text, const char *text_text)
{
    const terms query = analyze(analyzer, query_text), text = analyze(analyzer, text_text);
    for (uint32_t start = 0; start < WORDS_MAX; start++) {
        bool all = true;
        for (size_t i = 0; i < query.count && all; i++) {
            bool here = is_wide(&query.all[i]);
            for (size_t j = 0; j < text.count; j++)
                here = here || (text.all[j].position == start + query.all[i].position &&
                                same_term(&query.all[i], &text.all[j]));
            all = here;
        }
        if (all) return true;
    }
    return false;
}

static void meet(void **state, const char *a, const char *b)
{
    if (!finds(*state, a, b)) fail_msg("`%s` does not find `%s`", a, b);
    if (!finds(*state, b, a)) fail_msg("`%s` does not find `%s`", b, a);
}

static void part(void **state, const char *a, const char *b)
{
    if (finds(*state, a, b)) fail_msg("`%s` finds `%s`", a, b);
}

/* ---- Arabic ---------------------------------------------------------------------------------------------- */

static void arabic_clitics_and_suffixes_meet(void **state)
{
    meet(state, "الانتخابات", "انتخابات");
    meet(state, "الانتخابات", "والانتخابات");
    meet(state, "الانتخابات", "للانتخابات");
    meet(state, "المغربية", "والمغربية");
    meet(state, "المغربية", "مغربيين");
    meet(state, "مدرسة", "مدرستهم");
    meet(state, "ولاية", "الولايات");
    meet(state, "وكالة", "والوكالة");
    meet(state, "الكتروني", "الإلكترونية");
    meet(state, "التزام", "الالتزام");
}

static void arabic_first_letters_of_nouns_stay(void **state)
{
    meet(state, "وزير", "والوزير");
    meet(state, "وزيرا", "وزيرا");
    part(state, "وزير", "زير");
    meet(state, "للجنة", "اللجنة");
    meet(state, "وللجنة", "لجنة");
    part(state, "للجنة", "جنة");
    part(state, "بطاقة", "طاقة");
    part(state, "وجدة", "جدة");
    meet(state, "الوالد", "والده");
}

static void arabic_allah_is_one_word(void **state)
{
    meet(state, "الله", "لله");
    meet(state, "الله", "والله");
    meet(state, "بالله", "ولله");
    assert_string_equal(analyze(*state, "لله").all[0].stem, "الله");
}

static void arabic_spellings_meet(void **state)
{
    meet(state, "مُحَمَّد", "محمد");
    meet(state, "المـــغرب", "المغرب");
    meet(state, "أكادير", "اکادیر");
    meet(state, "ڭلميم", "كلميم");
    meet(state, "«المغرب»،", "المغرب");
    meet(state, "#المغرب", "المغرب");
    assert_int_equal(analyze(*state, "«المغرب»،").count, 1);
    part(state, "ألبوم", "بوم");
}

static void arabic_letters_and_digits_part(void **state)
{
    const terms found = analyze(*state, "وبـ20");
    assert_int_equal(found.count, 2);
    assert_string_equal(found.all[0].exact, "وب");
    assert_string_equal(found.all[1].exact, "20");
    assert_int_equal(found.all[1].position, 1);
}

static void arabic_phrase_keeps_its_order(void **state)
{
    assert_true(finds_phrase(*state, "وزير الداخلية", "قال وزير الداخلية اليوم"));
    assert_false(finds_phrase(*state, "وزير الداخلية", "الداخلية وزير"));
}

/* ---- French ---------------------------------------------------------------------------------------------- */

static void french_elision_leaves_the_word(void **state)
{
    meet(state, "L’économie", "economie");
    meet(state, "lʼ´économie", "l économie");
    meet(state, "qu’il", "il");
    const terms found = analyze(*state, "L’économie");
    assert_int_equal(found.count, 1);
    assert_int_equal(found.all[0].position, 0);
    assert_int_equal(found.all[0].begin, 4);
    assert_int_equal(found.all[0].end, 13);
}

static void french_words_with_an_apostrophe_are_one(void **state)
{
    const char *const words[] = {"aujourd’hui",  "d’aujourd'hui", "presqu'île", "prud'hommes",       "quelqu'un",
                                 "s'entr'aider", "M’diq",         "N'Djamena",  "jusqu'aujourd'hui", "M'hamed"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (analyze(*state, words[i]).count != 1) fail_msg("`%s` is not one word", words[i]);
    meet(state, "M’diq", "Mdiq");
    meet(state, "d’aujourd'hui", "aujourd’hui");
    meet(state, "Sana'a", "Sanaa");
}

static void french_inflections_meet(void **state)
{
    meet(state, "ELECTIONS", "élections");
    meet(state, "généraux", "générale");
    meet(state, "cœur", "COEUR");
    meet(state, "travail", "travaux");
    meet(state, "œil", "yeux");
    meet(state, "loi", "lois");
    meet(state, "jeu", "jeux");
    meet(state, "élu", "élues");
    meet(state, "crédit", "crédits");
    meet(state, "publiées", "publié");
    meet(state, "français", "françaises");
    meet(state, "passager", "passagères");
    part(state, "communiqué", "commune");
    part(state, "université", "univers");
}

static void french_compounds_give_parts_and_whole(void **state)
{
    meet(state, "vice-président", "vice président");
    meet(state, "vice-président", "viceprésident");
    const terms found = analyze(*state, "vice-président");
    assert_int_equal(found.count, 3);
    assert_int_equal(found.all[1].kind, FH_TOKEN_JOINED);
    assert_int_equal(found.all[1].position, 0);
    assert_int_equal(found.all[2].position, 1);
    assert_true(finds_phrase(*state, "vice président", "le vice-président du conseil"));
}

static void french_dotted_capitals_join(void **state)
{
    meet(state, "O.N.U.", "ONU");
    meet(state, "O.N.U.", "L’O.N.U.");
    meet(state, "L’O.N.U", "ONU");
    meet(state, "U.E.,", "UE");
    meet(state, "S.M. le Roi", "SM le roi");
    assert_int_equal(analyze(*state, "O.N.U.").count, 1);
    assert_int_equal(analyze(*state, "A. Dupont").count, 2);
}

static void french_hidden_characters_do_not_part(void **state)
{
    meet(state, "e\u0301te\u0301", "été");
    meet(state, "écono\u00ADmie", "économie");
    meet(state, "ﬁnance", "finance");
    meet(state, "ＭＡＲＯＣ", "maroc");
    assert_string_equal(analyze(*state, "e\u0301te\u0301").all[0].exact, "été");
}

static void exact_forms_tell_accents_apart(void **state)
{
    const terms with = analyze(*state, "sûr"), without = analyze(*state, "sur");
    assert_string_equal(with.all[0].stem, without.all[0].stem);
    assert_string_not_equal(with.all[0].exact, without.all[0].exact);
    assert_string_equal(with.all[0].exact, analyze(*state, "SÛR").all[0].exact);
}

/* ---- numbers and dates ----------------------------------------------------------------------------------- */

static void numbers_meet_across_digits_and_separators(void **state)
{
    meet(state, "٢٠٢٥", "2025");
    meet(state, "۲۰۲۵", "2025");
    meet(state, "٣٫٥", "3,5");
    meet(state, "1\u00A0300\u202F000", "1.300.000");
    meet(state, "1 300 000", "1300000");
    meet(state, "1,3", "1.3");
    meet(state, "30.000 درهم", "30 000 درهم");
    meet(state, "١٬٣٠٠", "1 300");
    meet(state, "1er", "1");
    meet(state, "1,300,000", "1300000");
    part(state, "1,3", "13");
    part(state, "13", "1,3");
}

static void numbers_side_by_side_stay_apart(void **state)
{
    const struct {
        const char *text;
        size_t count;
    } cases[] = {{"2025 300", 2},        {"1 300 000", 1}, {"25 30", 2},    {"1 3000", 2}, {"1  300", 2},
                 {"192.168.1.1", 2},     {"G20 300", 2},   {"1\n300", 2},   {"0.500", 1},  {"1.300,50", 1},
                 {"1 300 personnes", 2}, {"20 300km", 2},  {"1.300 200", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (analyze(*state, cases[i].text).count != cases[i].count)
            fail_msg("`%s` is not %zu numbers", cases[i].text, cases[i].count);
    assert_string_equal(analyze(*state, "1.300,50").all[0].stem, "1300.50");
    assert_string_equal(analyze(*state, "0.500").all[0].stem, "0.500");
}

static void letters_with_digits_stay_whole(void **state)
{
    assert_string_equal(analyze(*state, "G20").all[0].stem, "g20");
    assert_string_equal(analyze(*state, "M6").all[0].stem, "m6");
    assert_string_equal(analyze(*state, "14h30").all[0].stem, "14h30");
    const terms covid = analyze(*state, "Covid-19's");
    assert_string_equal(covid.all[0].exact, "covid");
    assert_string_equal(covid.all[1].exact, "covid19");
    assert_string_equal(covid.all[2].exact, "19");
}

static void dates_meet_in_all_spellings(void **state)
{
    meet(state, "20/11/2025", "20 novembre 2025");
    meet(state, "20.11.2025", "2025-11-20");
    meet(state, "20 نونبر 2025", "20 novembre 2025");
    meet(state, "20 نوفمبر 2025", "20 نونبر 2025");
    meet(state, "20 تشرين الثاني 2025", "20 نوفمبر 2025");
    meet(state, "20 تشرين الثاني/نوفمبر 2025", "20/11/2025");
    meet(state, "1 غشت 2025", "1 أغسطس 2025");
    meet(state, "1er août 2025", "1 أوت 2025");
    meet(state, "٢٠ نونبر ٢٠٢٥", "20 nov. 2025");
    meet(state, "20 من نونبر 2025", "20-11-2025");
    meet(state, "15 جانفي 2024", "15 janvier 2024");
    meet(state, "15 دجنبر 2024", "15 كانون الأول 2024");
}

static void dates_stand_beside_their_parts(void **state)
{
    const terms found = analyze(*state, "le 20 novembre 2025.");
    assert_int_equal(found.count, 5);
    assert_int_equal(found.all[2].kind, FH_TOKEN_DATE);
    assert_string_equal(found.all[2].stem, "20251120");
    assert_string_equal(found.all[2].exact, "20251120");
    assert_int_equal(found.all[2].position, 1);
    assert_int_equal(found.all[2].begin, 3);
    assert_int_equal(found.all[2].end, 19);
    assert_int_equal(found.all[4].position, 3);
}

static void impossible_days_give_no_date(void **state)
{
    const char *const texts[] = {"30 février 2025", "31/04/2025",      "2025-13-01",  "29.02.2023",
                                 "0 mai 2025",      "20 mai, 30 mars", "12/2025",     "1.2.2025.3",
                                 "20 bidon 2025",   "mai 2025",        "20. mai 2025"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const terms found = analyze(*state, texts[i]);
        for (size_t t = 0; t < found.count; t++)
            if (found.all[t].kind == FH_TOKEN_DATE) fail_msg("`%s` gives the date %s", texts[i], found.all[t].stem);
    }
    assert_int_equal(analyze(*state, "29/02/2024").all[1].kind, FH_TOKEN_DATE);
}

/* ---- mixed ----------------------------------------------------------------------------------------------- */

static void scripts_mix_in_order(void **state)
{
    const terms found = analyze(*state, "الرئيس Macron");
    assert_int_equal(found.count, 2);
    assert_int_equal(found.all[0].script, FH_SCRIPT_ARABIC);
    assert_int_equal(found.all[1].script, FH_SCRIPT_LATIN);
    assert_true(finds_phrase(*state, "الرئيس Macron", "قال الرئيس Macron"));
    assert_int_equal(analyze(*state, "Macronالرئيس").count, 2);
    assert_int_equal(analyze(*state, "l'المغرب").count, 1);
}

static void expansions_keep_one_position(void **state)
{
    const terms prayer = analyze(*state, "محمد ﷺ رسول");
    assert_int_equal(prayer.count, 6);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(prayer.all[i].position, 1);
        assert_int_equal(prayer.all[i].end - prayer.all[i].begin, 3);
    }
    assert_int_equal(prayer.all[5].position, 2);
    const terms half = analyze(*state, "2½ heures");
    assert_int_equal(half.count, 4);
    assert_int_equal(half.all[3].position, 2);
    meet(state, "ﷲ", "الله");
}

static void stop_and_question_words_are_marked(void **state)
{
    const terms found = analyze(*state, "Où est la maison ? متى وفي المدينة");
    const int stop[] = {1, 1, 1, 0, 1, 1, 0};
    assert_int_equal(found.count, 7);
    for (size_t i = 0; i < found.count; i++)
        if (found.all[i].stop != stop[i]) fail_msg("`%s`: stop is %d", found.all[i].exact, found.all[i].stop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arabic_clitics_and_suffixes_meet), cmocka_unit_test(arabic_first_letters_of_nouns_stay),
        cmocka_unit_test(arabic_allah_is_one_word),         cmocka_unit_test(arabic_spellings_meet),
        cmocka_unit_test(arabic_letters_and_digits_part),   cmocka_unit_test(arabic_phrase_keeps_its_order),
        cmocka_unit_test(french_elision_leaves_the_word),   cmocka_unit_test(french_words_with_an_apostrophe_are_one),
        cmocka_unit_test(french_inflections_meet),          cmocka_unit_test(french_compounds_give_parts_and_whole),
        cmocka_unit_test(french_dotted_capitals_join),      cmocka_unit_test(french_hidden_characters_do_not_part),
        cmocka_unit_test(exact_forms_tell_accents_apart),   cmocka_unit_test(numbers_meet_across_digits_and_separators),
        cmocka_unit_test(numbers_side_by_side_stay_apart),  cmocka_unit_test(letters_with_digits_stay_whole),
        cmocka_unit_test(dates_meet_in_all_spellings),      cmocka_unit_test(dates_stand_beside_their_parts),
        cmocka_unit_test(impossible_days_give_no_date),     cmocka_unit_test(scripts_mix_in_order),
        cmocka_unit_test(expansions_keep_one_position),     cmocka_unit_test(stop_and_question_words_are_marked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
