/* test_text_stages.c - each stage of a word alone: classes, normalisation, folding, elision, stems, keys, variants. */
#include "engine/text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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

static void expect_text(fh_str found, const char *wanted)
{
    if (!fhi_str_equal(found, fhi_str(wanted)))
        fail_msg("found `%.*s`, wanted `%s`", (int)found.len, found.ptr, wanted);
}

static void classes_follow_the_rules(void **state)
{
    const fh_analyzer *analyzer = *state;
    const struct {
        int32_t point;
        fhi_class wanted;
    } cases[] = {{'a', FHI_CLASS_LATIN},         {0xE9, FHI_CLASS_LATIN},
                 {0x645, FHI_CLASS_ARABIC},      {0xFEE1, FHI_CLASS_ARABIC},
                 {0x3B1, FHI_CLASS_LETTER},      {'7', FHI_CLASS_DIGIT},
                 {0x667, FHI_CLASS_DIGIT},       {0xB2, FHI_CLASS_DIGIT},
                 {0xBD, FHI_CLASS_EXPANDS},      {0xFDFA, FHI_CLASS_EXPANDS},
                 {0x2122, FHI_CLASS_EXPANDS},    {0x640, FHI_CLASS_IGNORED},
                 {0xAD, FHI_CLASS_IGNORED},      {0x200F, FHI_CLASS_IGNORED},
                 {0x64E, FHI_CLASS_MARK},        {0x301, FHI_CLASS_MARK},
                 {0x2019, FHI_CLASS_APOSTROPHE}, {0x2BC, FHI_CLASS_APOSTROPHE},
                 {0xB4, FHI_CLASS_APOSTROPHE},   {0xFF07, FHI_CLASS_APOSTROPHE},
                 {0x2011, FHI_CLASS_HYPHEN},     {0xA0, FHI_CLASS_SPACE},
                 {0x202F, FHI_CLASS_SPACE},      {'\n', FHI_CLASS_BREAK},
                 {0x66B, FHI_CLASS_COMMA},       {0x66C, FHI_CLASS_GROUP},
                 {0xAB, FHI_CLASS_OTHER},        {0x60C, FHI_CLASS_OTHER},
                 {0x1F600, FHI_CLASS_OTHER},     {0x153, FHI_CLASS_LATIN},
                 {0xFB01, FHI_CLASS_LATIN},      {0, FHI_CLASS_OTHER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (fhi_class_of(&analyzer->classes, cases[i].point) != cases[i].wanted)
            fail_msg("U+%04X has class %d", (unsigned)cases[i].point, fhi_class_of(&analyzer->classes, cases[i].point));
}

static void class_tables_agree_with_properties(void **state)
{
    const fh_analyzer *analyzer = *state;
    for (int32_t point = 0; point < 0x30000; point++) {
        char bytes[4];
        size_t next;
        const size_t len = fhi_point_to_utf8(point, bytes);
        if (len == 0) continue;
        const unsigned found = fhi_class_at(&analyzer->classes, (const uint8_t *)bytes, 0, len, &next);
        assert_int_equal(found, fhi_class_of(&analyzer->classes, point));
        assert_int_equal(next, len);
    }
}

static void normalisation_gives_the_exact_form(void **state)
{
    const fh_analyzer *analyzer = *state;
    const char *const cases[][2] = {{"ÉCONOMIE", "économie"},
                                    {"e\u0301", "é"},
                                    {"écono\u00ADmie", "économie"},
                                    {"ﬁn", "fin"},
                                    {"ＡＢ", "ab"},
                                    {"مُحَمَّد", "محمد"},
                                    {"المـــغرب", "المغرب"},
                                    {"ا\u0654كل", "أكل"},
                                    {"٢٠٢٥", "2025"},
                                    {"۲۰", "20"},
                                    {"ﻻ", "لا"},
                                    {"M\u2019diq", "m'diq"},
                                    {"m\u00B4diq", "m'diq"},
                                    {"cœur", "cœur"},
                                    {"25\u200F", "25"},
                                    {"می\u200Cخواهم", "میخواهم"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fhi_units units;
        fhi_term term;
        assert_int_equal(fhi_normalize(&analyzer->normalizer, &analyzer->classes, fhi_str(cases[i][0]), true, &units),
                         FH_OK);
        fhi_units_to_term(&units, &term);
        expect_text(fhi_term_str(&term), cases[i][1]);
    }
}

static void folding_takes_what_readers_do_not_tell_apart(void **state)
{
    const fh_analyzer *analyzer = *state;
    const fhi_folder folder = {&analyzer->normalizer, &analyzer->classes, NULL};
    const char *const latin[][2] = {{"Économie", "economie"}, {"cœur", "coeur"}, {"æquo", "aequo"},
                                    {"Søren", "soren"},       {"ça", "ca"},      {"aujourd'hui", "aujourdhui"},
                                    {"Straße", "strasse"},    {"naïf", "naif"}};
    const char *const arabic[][2] = {{"أكادير", "اكادير"}, {"اکادیر", "اكادير"}, {"مدرسة", "مدرسه"},
                                     {"مستشفى", "مستشفي"}, {"ڭلميم", "كلميم"},   {"ڤيديو", "فيديو"},
                                     {"مسؤول", "مسؤول"},   {"قائد", "قائد"},     {"پاريس", "باريس"},
                                     {"ڨفصة", "قفصه"},     {"ٱلله", "الله"}};
    fhi_term term;
    for (size_t i = 0; i < sizeof latin / sizeof latin[0]; i++) {
        assert_int_equal(fhi_fold_word_latin(&folder, fhi_str(latin[i][0]), &term), FH_OK);
        expect_text(fhi_term_str(&term), latin[i][1]);
    }
    for (size_t i = 0; i < sizeof arabic / sizeof arabic[0]; i++) {
        assert_int_equal(fhi_fold_word_arabic(&folder, fhi_str(arabic[i][0]), &term), FH_OK);
        expect_text(fhi_term_str(&term), arabic[i][1]);
    }
}

static void apostrophes_elide_join_or_part(void **state)
{
    (void)state;
    const struct {
        const char *before, *after;
        fhi_apostrophe wanted;
    } cases[] = {{"l", "économie", FHI_APOSTROPHE_ELIDES},    {"D", "Alembert", FHI_APOSTROPHE_ELIDES},
                 {"QU", "il", FHI_APOSTROPHE_ELIDES},         {"puisqu", "on", FHI_APOSTROPHE_ELIDES},
                 {"j", "suis", FHI_APOSTROPHE_ELIDES},        {"l", "11", FHI_APOSTROPHE_ELIDES},
                 {"m", "appelle", FHI_APOSTROPHE_ELIDES},     {"n", "hésite", FHI_APOSTROPHE_ELIDES},
                 {"M", "diq", FHI_APOSTROPHE_INSIDE},         {"N", "Djamena", FHI_APOSTROPHE_INSIDE},
                 {"M", "Hamed", FHI_APOSTROPHE_INSIDE},       {"aujourd", "hui", FHI_APOSTROPHE_INSIDE},
                 {"presqu", "île", FHI_APOSTROPHE_INSIDE},    {"presqu", "un", FHI_APOSTROPHE_SPLITS},
                 {"prud", "homal", FHI_APOSTROPHE_INSIDE},    {"quelqu", "une", FHI_APOSTROPHE_INSIDE},
                 {"entr", "acte", FHI_APOSTROPHE_INSIDE},     {"Sana", "a", FHI_APOSTROPHE_SPLITS},
                 {"gouvernement", "s", FHI_APOSTROPHE_SPLITS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (fhi_apostrophe_rule(fhi_str(cases[i].before), fhi_str(cases[i].after)) != cases[i].wanted)
            fail_msg("%s'%s", cases[i].before, cases[i].after);
}

static fh_str stem_of(fh_analyzer *analyzer, const char *word)
{
    const fh_token *tokens;
    size_t count;
    assert_int_equal(fh_analyzer_run(analyzer, fhi_str(word), &tokens, &count, NULL), FH_OK);
    assert_int_equal(count, 1);
    return tokens[0].word->stem;
}

static void arabic_stems_step_by_step(void **state)
{
    const char *const cases[][2] = {
        {"الله", "الله"},     {"ولله", "الله"},        {"وزير", "وزير"},    {"والوزير", "وزير"},  {"ووزير", "وزير"},
        {"وزرائها", "وزرائ"}, {"والوكالات", "وكال"},   {"للجنة", "لجن"},    {"وللجان", "لجان"},   {"للمغرب", "مغرب"},
        {"وبالمغرب", "مغرب"}, {"والمغربية", "مغرب"},   {"مغربيين", "مغرب"}, {"مدرستهم", "مدرس"},  {"وقال", "قال"},
        {"وقد", "وقد"},       {"كتابهما", "كتاب"},     {"ألبوم", "البوم"},  {"الألبوم", "البوم"}, {"والده", "والد"},
        {"واشنطن", "واشنطن"}, {"وبواشنطن", "بواشنطن"}, {"وجدة", "وجد"},     {"الولايات", "ولا"},  {"ولاية", "ولا"},
        {"بنا", "بنا"},       {"والتي", "تي"},         {"والي", "وال"},     {"والى", "الي"},      {"للغاية", "غاي"},
        {"للأزمة", "ازم"},    {"للقمة", "قمه"},        {"للحياة", "حيا"},   {"للاعبين", "لاعب"},  {"وأدى", "ادي"},
        {"ولديهم", "لدي"},    {"وهران", "وهر"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const fh_str stem = stem_of(*state, cases[i][0]);
        if (!fhi_str_equal(stem, fhi_str(cases[i][1])))
            fail_msg("`%s` gives `%.*s`, wanted `%s`", cases[i][0], (int)stem.len, stem.ptr, cases[i][1]);
    }
}

static void french_stems_fold_first(void **state)
{
    const char *const pairs[][2] = {{"généraux", "generaux"},
                                    {"réfugiés", "refugies"},
                                    {"élection", "election"},
                                    {"télévisées", "televisee"},
                                    {"Sénégalaise", "senegalais"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char first[FH_TERM_BYTES_MAX + 1] = "";
        const fh_str stem = stem_of(*state, pairs[i][0]);
        memcpy(first, stem.ptr, stem.len);
        expect_text(stem_of(*state, pairs[i][1]), first);
    }
}

static void variants_are_one_letter_clitics_of_arabic_stems(void **state)
{
    fh_analyzer *analyzer = *state;
    const fh_token *tokens;
    size_t count, variant_count;
    fh_str variants[FH_VARIANTS_MAX];
    assert_int_equal(fh_analyzer_run(analyzer, FH_STR("المغرب Rabat في"), &tokens, &count, NULL), FH_OK);
    assert_int_equal(count, 3);
    assert_int_equal(fh_analyzer_variants(analyzer, tokens[0].word, variants, &variant_count), FH_OK);
    assert_int_equal(variant_count, 6);
    expect_text(variants[0], "بمغرب");
    expect_text(variants[5], "ولمغرب");
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(fh_analyzer_variants(analyzer, tokens[i].word, variants, &variant_count), FH_OK);
        assert_int_equal(variant_count, 0);
    }
}

static void keys_of_values_ignore_case_accents_and_spacing(void **state)
{
    const char *const cases[][2] = {{"  Le  Matin\t", "le matin"},
                                    {"Hespress", "hespress"},
                                    {"Économie", "economie"},
                                    {"Fès-Meknès", "fes-meknes"},
                                    {"أكادير", "اكادير"},
                                    {"الدّار البَيضاء", "الدار البيضاء"},
                                    {"L’Opinion", "l'opinion"},
                                    {"Œuvre", "oeuvre"},
                                    {"", ""},
                                    {"العيون ـ الساقية", "العيون الساقيه"},
                                    {"n° ٢", "n° 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fh_str key;
        assert_int_equal(fh_analyzer_fold(*state, fhi_str(cases[i][0]), &key, NULL), FH_OK);
        expect_text(key, cases[i][1]);
    }
    fh_err err;
    fh_str key;
    assert_int_equal(fh_analyzer_fold(*state, FH_STR("ab\xC3"), &key, &err), FH_E_UTF8);
    assert_int_equal(err.offset, 2);
}

static void lead_is_two_sentences(void **state)
{
    const struct {
        const char *text, *lead;
    } cases[] = {{"Un. Deux trois. Quatre.", "Un. Deux trois. "},
                 {"Il a vu M. Dupont hier. Puis il est parti. Fin.", "Il a vu M. Dupont hier. Puis il est parti. "},
                 {"هل جاء؟ نعم. ذهب.", "هل جاء؟ نعم. "},
                 {"Titre\n\nTexte ici\nSuite", "Titre\n\nTexte ici\n"},
                 {"Une seule phrase", "Une seule phrase"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t end;
        assert_int_equal(fh_analyzer_lead_end(*state, fhi_str(cases[i].text), &end), FH_OK);
        expect_text((fh_str){cases[i].text, end}, cases[i].lead);
    }
}

static void words_analyzer_takes_words_as_they_are(void **state)
{
    (void)state;
    fh_analyzer *words;
    const fh_token *tokens;
    size_t count;
    assert_int_equal(fh_analyzer_create("words", &words, NULL), FH_OK);
    assert_int_equal(fh_analyzer_run(words, FH_STR(" L'Économie\t1,3\n«المغرب»\u00A0x "), &tokens, &count, NULL),
                     FH_OK);
    assert_int_equal(count, 4);
    const char *const wanted[] = {"L'Économie", "1,3", "«المغرب»", "x"};
    for (uint32_t i = 0; i < count; i++) {
        expect_text(tokens[i].word->exact, wanted[i]);
        expect_text(tokens[i].word->fold, wanted[i]);
        expect_text(tokens[i].word->stem, wanted[i]);
        assert_int_equal(tokens[i].position, i);
        assert_int_equal(tokens[i].word->kind, FH_TOKEN_WORD);
        assert_int_equal(tokens[i].word->stop, 0);
    }
    assert_int_not_equal(fh_analyzer_id(words), fh_analyzer_id(*state));
    fh_analyzer_destroy(words);
}

static void unknown_analyzer_is_refused(void **state)
{
    (void)state;
    fh_err err;
    fh_analyzer *analyzer;
    assert_int_equal(fh_analyzer_create("presse", &analyzer, &err), FH_E_INVALID);
    assert_null(analyzer);
    assert_int_equal(fh_analyzer_create(NULL, &analyzer, &err), FH_E_INVALID);
    fh_analyzer_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_follow_the_rules),
        cmocka_unit_test(class_tables_agree_with_properties),
        cmocka_unit_test(normalisation_gives_the_exact_form),
        cmocka_unit_test(folding_takes_what_readers_do_not_tell_apart),
        cmocka_unit_test(apostrophes_elide_join_or_part),
        cmocka_unit_test(arabic_stems_step_by_step),
        cmocka_unit_test(french_stems_fold_first),
        cmocka_unit_test(variants_are_one_letter_clitics_of_arabic_stems),
        cmocka_unit_test(keys_of_values_ignore_case_accents_and_spacing),
        cmocka_unit_test(lead_is_two_sentences),
        cmocka_unit_test(words_analyzer_takes_words_as_they_are),
        cmocka_unit_test(unknown_analyzer_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
