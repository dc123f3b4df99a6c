/* test_query_cases.c - pairs of spellings through the whole chain: indexed by one, asked by the other, both ways. */
#include "query/answer/request.h"
#include "tests/support/scratch.h"

#include <fihrist/search.h>
#include <fihrist/writer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct pair {
    const char *query;
    const char *text;
    bool one_way; /* only the query finds the text */
} pair;

static void add_text(fh_writer *writer, unsigned number, const char *text)
{
    char id[16];
    fh_record record = {0};
    (void)snprintf(id, sizeof id, "%u", number);
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_BODY] = fhi_str(text);
    assert_int_equal(fh_writer_add(writer, &record, NULL), FH_OK);
}

/* Whether the query finds the text with this number. */
static bool finds(fh_search *search, const char *query, unsigned number)
{
    char id[16];
    fh_search_hits hits;
    const fh_search_request request = {.query = fhi_str(query), .top = 1000};
    (void)snprintf(id, sizeof id, "%u", number);
    if (fh_search_run(search, &request, &hits, NULL) != FH_OK) fail_msg("%s: %s", query, fh_search_error_code(search));
    for (uint32_t i = 0; i < hits.hit_count; i++)
        if (fhi_str_equal(hits.hits[i].id, fhi_str(id))) return true;
    return false;
}

/* Text 2i is what pair i asks with, text 2i + 1 what it should find. */
static void check_pairs(const pair *pairs, unsigned count, bool expected)
{
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    fh_search *search;
    scratch_init(&folder);
    assert_int_equal(fh_writer_open(scratch_path(&folder, "index", path), NULL, &writer, NULL), FH_OK);
    for (unsigned i = 0; i < count; i++) {
        add_text(writer, 2 * i, pairs[i].query);
        add_text(writer, 2 * i + 1, pairs[i].text);
    }
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fh_search_open(path, &search, NULL), FH_OK);
    for (unsigned i = 0; i < count; i++) {
        if (finds(search, pairs[i].query, 2 * i + 1) != expected)
            fail_msg("%s %s %s", pairs[i].query, expected ? "does not find" : "finds", pairs[i].text);
        if (!pairs[i].one_way && expected && !finds(search, pairs[i].text, 2 * i))
            fail_msg("%s does not find %s", pairs[i].text, pairs[i].query);
    }
    fh_search_close(search);
    scratch_fini(&folder);
}

#define COUNT(pairs) ((unsigned)(sizeof(pairs) / sizeof((pairs)[0])))

static void spellings_find_each_other(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"الانتخابات", "انتخابات", false},
        {"الانتخابات", "والانتخابات", false},
        {"الانتخابات", "للانتخابات", false},
        {"المغربية", "والمغربية", false},
        {"المغربية", "مغربيين", false},
        {"وزير", "والوزير", false},
        {"للجنة", "اللجنة", false},
        {"الله", "لله", false},
        {"مُحَمَّد", "محمد", false},
        {"المـــغرب", "المغرب", false},
        {"أكادير", "اکادیر", false},
        {"ڭلميم", "كلميم", false},
        {"مدرسة", "مدرستهم", false},
        {"٢٠٢٥", "۲۰۲۵", false},
        {"٢٠٢٥", "2025", false},
        {"٣٫٥", "3,5", false},
        {"«المغرب»،", "المغرب", false},
        {"20 غشت 2025", "20 أغسطس 2025", false},
        {"20 غشت 2025", "20 أوت 2025", false},
        {"L’économie", "economie", false},
        {"ELECTIONS", "élections", false},
        {"généraux", "générale", false},
        {"vice-président", "\"vice président\"", false},
        {"M’diq", "Mdiq", false},
        {"O.N.U.", "ONU", false},
        {"O.N.U.", "L’O.N.U.", false},
        {"1\xC2\xA0"
         "300\xE2\x80\xAF"
         "000",
         "1.300.000", false},
        {"20/11/2025", "20 novembre 2025", false},
        {"cœur", "COEUR", false},
        {"travail", "travaux", false},
        {"e\xCC\x81"
         "conomie",
         "économie", false},
        {"écono\xC2\xADmie", "économie", false},
        {"#المغرب", "المغرب", false},
        {"20 نونبر 2025", "20 novembre 2025", false},
        {"30.000 درهم", "30 000 درهم", false},
        {"\"الرئيس Macron\"", "الرئيس Macron يصل", true},
        {"\"وزير الداخلية\"", "والوزير الداخلية", true},
        {"\"chef gouvernement\"", "les chefs gouvernements", true},
        {"\"économie maroc\"", "l'économie, Maroc", true},
        {"وب 20", "وبـ20", false},
        {"aujourd’hui", "aujourd'hui", false},
        {"écon*", "l'économie", true},
        {"تعلي*", "التعليم", true},
        {"تعلي*", "والتعليمات", true},
        {"تعلي*", "للتعليم", true},
        {"تعلي*", "بتعليمه", true},
        {"أكاد*", "بالأكاديمية", true},
        {"التعلي*", "التعليمي", true},
    };
    check_pairs(pairs, COUNT(pairs), true);
}

static void other_words_are_not_found(void **state)
{
    (void)state;
    static const pair pairs[] = {
        {"وزير", "زير", false},
        {"للجنة", "جنة", false},
        {"بطاقة", "طاقة", false},
        {"1,3", "13", false},
        {"communiqué", "commune", false},
        {"\"وزير الداخلية\"", "الداخلية وزير", false},
        {"\"Macron الرئيس\"", "الرئيس Macron", false},
        {"=sûr", "sur", false},
        {"التعلي*", "تعليم", false},
        {"تعلي*", "متعلم", false},
        {"=\"chef du parti\"", "chefs du parti", false},
    };
    check_pairs(pairs, COUNT(pairs), false);
}

static void the_exact_form_ranks_first(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    fh_writer *writer;
    fh_search *search;
    fh_search_hits hits;
    scratch_init(&folder);
    assert_int_equal(fh_writer_open(scratch_path(&folder, "index", path), NULL, &writer, NULL), FH_OK);
    add_text(writer, 0, "un mot sur ici");
    add_text(writer, 1, "un mot sûr ici");
    add_text(writer, 2, "un mot sur ici");
    assert_int_equal(fh_writer_commit(writer, NULL), FH_OK);
    fh_writer_close(writer);
    assert_int_equal(fh_search_open(path, &search, NULL), FH_OK);
    const fh_search_request request = {.query = FH_STR("sûr")};
    assert_int_equal(fh_search_run(search, &request, &hits, NULL), FH_OK);
    assert_int_equal(hits.hit_count, 3);
    assert_true(fhi_str_equal(hits.hits[0].id, FH_STR("1")));
    fh_search_close(search);
    scratch_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_find_each_other),
        cmocka_unit_test(other_words_are_not_found),
        cmocka_unit_test(the_exact_form_ranks_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
