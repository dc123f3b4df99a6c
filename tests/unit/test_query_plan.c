/* test_query_plan.c - what the planner makes of a query, through both analyzers. */
#include "query/language/plan.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARENA_BYTES = 16 * 1024 * 1024 };

typedef struct fixture {
    fh_analyzer *analyzer;
    fhi_settings settings;
    fhi_arena arena;
    fhi_buf text;
    fhi_plan plan;
    fhi_query_error error;
} fixture;

static void fixture_init(fixture *f, const char *analyzer)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(fh_analyzer_create(analyzer, &f->analyzer, NULL), FH_OK);
    (void)snprintf(f->settings.analyzer, sizeof f->settings.analyzer, "%s", analyzer);
    f->settings.exact_weight = 0.25F;
    fhi_arena_init(&f->arena, ARENA_BYTES);
    fhi_buf_init(&f->text);
}

static void fixture_fini(fixture *f)
{
    fhi_buf_fini(&f->text);
    fhi_arena_fini(&f->arena);
    fh_analyzer_destroy(f->analyzer);
}

/* ---- plans as text: words by their exact form, so that the stemmer does not matter -------------------------
 * Stop words ask for no exact form and dates have none: they show as their term, namespace byte first. */

static void dump(const fhi_node *node, fhi_buf *to);

static void dump_spec(const fhi_word_spec *word, fhi_buf *to)
{
    const bool plain = word->exact.len == 0;
    const fh_str name = plain ? word->terms[0] : word->exact;
    fhi_buf_printf(to, "%s%.*s", word->exact_only ? "=" : "", (int)name.len, name.ptr);
}

static void dump_phrase(const fhi_node *node, fhi_buf *to)
{
    fhi_buf_printf(to, "\"");
    for (uint32_t i = 0; i < node->slot_count; i++) {
        if (i) fhi_buf_printf(to, " ");
        dump_spec(&node->slots[i].word, to);
        if (node->slots[i].offset != i) fhi_buf_printf(to, "@%u", node->slots[i].offset);
    }
    fhi_buf_printf(to, "\"");
    if (node->window) fhi_buf_printf(to, "~%u", node->window);
}

static void dump_leaf(const fhi_node *node, fhi_buf *to)
{
    static const char *const columns[] = {"source", "section", "region", "author", "lang"};
    if (node->title_only) fhi_buf_printf(to, "title:");
    switch (node->kind) {
    case FHI_NODE_WORD: dump_spec(&node->word, to); break;
    case FHI_NODE_PREFIX: fhi_buf_printf(to, "%.*s*", (int)node->prefix.len, node->prefix.ptr); break;
    case FHI_NODE_PHRASE: dump_phrase(node, to); break;
    case FHI_NODE_COLUMN: fhi_buf_printf(to, "%s", columns[node->column]); return;
    case FHI_NODE_DAYS: fhi_buf_printf(to, "%u..%u", node->day_first, node->day_last); return;
    default: fhi_buf_printf(to, "everything"); return;
    }
    if (node->weight < 1 || node->weight > 1) fhi_buf_printf(to, "^%g", (double)node->weight);
}

static void dump(const fhi_node *node, fhi_buf *to)
{
    static const char *const names[] = {[FHI_NODE_AND] = "and", [FHI_NODE_OR] = "or", [FHI_NODE_NOT] = "not"};
    if (node->child_count == 0) {
        dump_leaf(node, to);
        return;
    }
    fhi_buf_printf(to, "(%s", names[node->kind]);
    for (uint32_t i = 0; i < node->child_count; i++) {
        fhi_buf_printf(to, " ");
        dump(node->children[i], to);
    }
    fhi_buf_printf(to, ")");
}

static const char *plan_of(fixture *f, fh_str query, fhi_op op)
{
    const fhi_parse_options options = {.any_word = strcmp(f->settings.analyzer, "words") == 0};
    const fhi_plan_input input = {f->analyzer, &f->settings, op, &f->arena, query};
    fhi_syntax *root;
    fh_err err;
    fhi_arena_reset(&f->arena);
    fhi_buf_clear(&f->text);
    fh_status status = fhi_parse(query, &options, &f->arena, &root, &f->error);
    if (status == FH_OK) status = fhi_plan_make(&input, root, &f->plan, &f->error, &err);
    if (status == FH_OK)
        dump(f->plan.root, &f->text);
    else
        fhi_buf_printf(&f->text, "%s@%u", fhi_query_code_name(f->error.code), f->error.offset);
    fhi_buf_put8(&f->text, 0);
    return (const char *)f->text.data;
}

typedef struct example {
    const char *query;
    const char *expected;
} example;

static void check_examples(const char *analyzer, fhi_op op, const example *examples, size_t count)
{
    fixture f;
    fixture_init(&f, analyzer);
    for (size_t i = 0; i < count; i++) {
        const char *found = plan_of(&f, fhi_str(examples[i].query), op);
        if (strcmp(found, examples[i].expected) != 0)
            fail_msg("%s\n  gives    %s\n  expected %s", examples[i].query, found, examples[i].expected);
    }
    fixture_fini(&f);
}

#define CHECK(analyzer, op, examples) check_examples(analyzer, op, examples, sizeof(examples) / sizeof((examples)[0]))

/* ---- groups ---------------------------------------------------------------------------------------------- */

static void words_are_all_needed_by_default(void **state)
{
    (void)state;
    static const example examples[] = {
        {"maroc", "maroc"},
        {"maroc roi", "(and maroc roi)"},
        {"+maroc roi -france", "(not (and maroc roi) france)"},
        {"maroc | roi reine", "(or maroc (and roi reine))"},
        {"maroc OR (roi -reine)", "(or maroc (not roi reine))"},
        {"maroc (roi NOT reine)", "(and maroc (not roi reine))"},
        {"NOT (NOT maroc)", "(not everything (not everything maroc))"},
        {"(maroc roi)^3 reine^2", "(and maroc^3 roi^3 reine^2)"},
        {"maroc date:2025 source:x", "(and 20250000..20251231 source maroc)"},
        {"المغرب الجزائر", "(and المغرب الجزائر)"},
        {"maroc ...", "maroc"},
        {"maroc ـــ", "maroc"},
    };
    CHECK("press", FHI_OP_AND, examples);
}

static void any_word_is_enough_under_or(void **state)
{
    (void)state;
    static const example examples[] = {
        {"maroc roi", "(or maroc roi)"},
        {"maroc roi -france", "(not (or maroc roi) france)"},
        {"+maroc roi", "(and maroc (or roi everything))"},
        {"+maroc +roi", "(and maroc roi)"},
        {"maroc roi source:x", "(and source (or maroc roi))"},
        {"maroc AND roi reine", "(or (and maroc roi) reine)"},
        {"source:x date:2025", "(and source 20250000..20251231)"},
        {"vice-président", "(or vice président viceprésident^0.4)"},
        {"vice-président AND roi", "(and (or \"vice président\" viceprésident) roi)"},
        {"élection elections", "(or élection =elections^0.25)"},
        {"élection elections élection elections", "(or élection =elections^0.25)"},
        {"élection élection^2", "élection^2"},
        {"maroc (-roi -reine)", "only_not@6"},
    };
    CHECK("press", FHI_OP_OR, examples);
}

/* ---- words ----------------------------------------------------------------------------------------------- */

static void compounds_are_phrases_or_their_joined_form(void **state)
{
    (void)state;
    static const example examples[] = {
        {"vice-président", "(or \"vice président\" viceprésident)"},
        {"roi vice-président", "(and roi (or \"vice président\" viceprésident))"},
        {"=vice-président", "\"=vice =président\""},
        {"Rabat,Fès", "(and rabat fès)"},
        {"http://hespress.com/a.html", "\"http hespress com a html\""},
        {"l'économie", "économie"},
        {"1 300 000 dirhams", "(and 1300000 dirhams)"},
        {"وبـ20", "\"وب 20\""},
    };
    CHECK("press", FHI_OP_AND, examples);
}

static void dates_are_one_word(void **state)
{
    (void)state;
    static const example examples[] = {
        {"20/11/2025", "d20251120"},
        {"20 novembre 2025", "d20251120"},
        {"Rabat le 20 novembre 2025 roi", "(and rabat sle^0.5 d20251120 roi)"},
        {"20 نونبر 2025", "d20251120"},
        {"\"20 novembre 2025\"", "d20251120"},
        {"\"à Rabat 20 novembre 2025 roi\"", "\"à rabat d20251120 roi@5\""},
        {"=\"20 novembre 2025\"", "\"=20 =novembre =2025\""},
        {"20 novembre^2 2025", "(and 20 novembre^2 2025)"},
    };
    CHECK("press", FHI_OP_AND, examples);
}

static void stop_words_weigh_half(void **state)
{
    (void)state;
    static const example examples[] = {{"le maroc", "(and sle^0.5 maroc)"}, {"le^4", "sle^2"}};
    CHECK("press", FHI_OP_AND, examples);
}

static void identical_words_count_once(void **state)
{
    (void)state;
    static const example examples[] = {
        {"maroc Maroc MAROC", "maroc"},
        {"maroc roi maroc^2", "(and maroc^2 roi)"},
        {"maroc OR maroc", "maroc"},
        {"maroc =maroc", "(and maroc =maroc)"},
        {"maroc title:maroc", "(and maroc title:maroc)"},
    };
    CHECK("press", FHI_OP_AND, examples);
}

static void phrases_and_prefixes_take_the_forms_of_the_analyzer(void **state)
{
    (void)state;
    static const example examples[] = {
        {"\"vice président\"", "\"vice président\""},
        {"\"le vice-président du conseil\"", "\"le vice président du conseil\""},
        {"\"Maroc\"", "maroc"},
        {"\"Maroc\"~3", "bad_proximity@7"},
        {"\"l'économie !\"~0 roi", "bad_proximity@15"},
        {"\"maroc roi\"~3 ", "\"maroc roi\"~3"},
        {"=\"l'économie\"", "=économie"},
        {"Écon*", "econ*"},
        {"l'écon*", "econ*"},
        {"vice-prés*", "vicepres*"},
        {"أكاد*^2", "(or اكاد*^2 الاكاد*^2 واكاد*^2 والاكاد*^2 باكاد*^2 بالاكاد*^2 فاكاد*^2 فالاكاد*^2 لاكاد*^2 "
                    "للاكاد*^2 كاكاد*^2 كالاكاد*^2)"},
        {"التعلي*", "التعلي*"},
        {"title:Écon* title:\"maroc roi\"", "(and title:econ* title:\"maroc roi\")"},
    };
    CHECK("press", FHI_OP_AND, examples);
}

static void nothing_left_or_only_exclusion_is_an_error(void **state)
{
    (void)state;
    static const example examples[] = {
        {"-maroc", "only_not@0"},           {"NOT (maroc OR roi)", "only_not@0"}, {"NOT a NOT b", "only_not@0"},
        {"(NOT a) AND -b", "only_not@0"},   {"-source:x", "only_not@0"},          {"ـــ", "empty@0"},
        {"maroc OR NOT roi", "only_not@9"}, {"(a | -b) c", "only_not@5"},
    };
    CHECK("press", FHI_OP_AND, examples);
    CHECK("press", FHI_OP_OR, examples);
}

static void too_many_words_after_analysis_is_an_error(void **state)
{
    (void)state;
    fixture f;
    fhi_buf query;
    fixture_init(&f, "press");
    fhi_buf_init(&query);
    for (int i = 0; i < 300; i++)
        fhi_buf_printf(&query, "a%d,", i);
    assert_string_equal(plan_of(&f, fhi_buf_str(&query), FHI_OP_AND), "too_many_clauses@1170");
    fhi_buf_clear(&query);
    fhi_buf_printf(&query, "x \"");
    for (int i = 0; i < 65; i++)
        fhi_buf_printf(&query, "a%d ", i);
    fhi_buf_printf(&query, "\"");
    assert_string_equal(plan_of(&f, fhi_buf_str(&query), FHI_OP_AND), "too_many_clauses@3");
    fhi_buf_fini(&query);
    fixture_fini(&f);
}

/* What the matcher looks up for a clause has a limit of its own, named as clearly. */
static void arabic_prefixes_count_as_written(void **state)
{
    (void)state;
    fixture f;
    fhi_buf query;
    fixture_init(&f, "press");
    fhi_buf_init(&query);
    for (int i = 0; i < 80; i++)
        fhi_buf_printf(&query, "تع* ");
    assert_null(strchr(plan_of(&f, fhi_buf_str(&query), FHI_OP_AND), '@'));
    fhi_buf_clear(&query);
    for (int i = 0; i < FHI_PLAN_LEAVES_MAX / 12 + 1; i++)
        fhi_buf_printf(&query, "تع* ");
    assert_string_equal(plan_of(&f, fhi_buf_str(&query), FHI_OP_AND), "too_many_clauses@510");
    fhi_buf_clear(&query);
    for (int i = 0; i < 35; i++)
        fhi_buf_printf(&query, "\"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d\" ");
    assert_string_equal(plan_of(&f, fhi_buf_str(&query), FHI_OP_AND), "too_many_clauses@2109");
    fhi_buf_fini(&query);
    fixture_fini(&f);
}

static void a_plan_without_ranked_words_is_not_scored(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, "press");
    (void)plan_of(&f, FH_STR("date:2025 -source:x"), FHI_OP_AND);
    assert_false(f.plan.scored);
    (void)plan_of(&f, FH_STR("date:2025 -maroc"), FHI_OP_AND);
    assert_false(f.plan.scored);
    (void)plan_of(&f, FH_STR("date:2025 maroc"), FHI_OP_AND);
    assert_true(f.plan.scored);
    fixture_fini(&f);
}

/* ---- filters --------------------------------------------------------------------------------------------- */

static bool accepts(fixture *f, const char *query, const char *value)
{
    fh_str key;
    (void)plan_of(f, fhi_str(query), FHI_OP_AND);
    assert_int_equal(f->plan.root->kind, FHI_NODE_COLUMN);
    assert_int_equal(fh_analyzer_fold(f->analyzer, fhi_str(value), &key, NULL), FH_OK);
    return f->plan.root->accept(f->plan.root->accept_argument, key);
}

static void columns_compare_whole_values_without_case_and_accents(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, "press");
    assert_true(accepts(&f, "source:hespress", "Hespress"));
    assert_false(accepts(&f, "source:hespress", "Hespress FR"));
    assert_true(accepts(&f, "source:\"le monde\"", "Le Monde"));
    assert_true(accepts(&f, "source:(le monde)", "Le Monde"));
    assert_true(accepts(&f, "source:« le monde »", "Le Monde"));
    assert_true(accepts(&f, "section:\"a la une\"", "À la une"));
    assert_true(accepts(&f, "region:اكادير", "أكادير"));
    assert_false(accepts(&f, "lang:fr", ""));
    fixture_fini(&f);
}

static void authors_compare_by_words(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, "press");
    assert_true(accepts(&f, "author:lahlou", "Hamza Lahlou"));
    assert_false(accepts(&f, "author:lahl", "Hamza Lahlou"));
    assert_true(accepts(&f, "author:(lahlou hamza)", "Hamza Lahlou"));
    assert_true(accepts(&f, "author:\"hamza lahlou\"", "Par Hamza Lahlou, à Rabat"));
    assert_false(accepts(&f, "author:\"lahlou hamza\"", "Hamza Lahlou"));
    assert_true(accepts(&f, "author:\"b\"", "A B"));
    assert_true(accepts(&f, "author:أحمد", "احمد بن علي"));
    fixture_fini(&f);
}

/* ---- the `words` analyzer -------------------------------------------------------------------------------- */

static void words_of_a_words_index_come_back_as_they_are(void **state)
{
    (void)state;
    static const example examples[] = {
        {"Foo foo vice-président ,", "(and sFoo sfoo svice-président s,)"},
        {"=Foo Foo", "sFoo"},
        {"\"a b a\"", "\"sa sb sa\""},
        {"Fo*", "Fo*"},
        {"20/11/2025", "s20/11/2025"},
    };
    CHECK("words", FHI_OP_AND, examples);
}

static void random_words_round_trip_through_a_words_plan(void **state)
{
    (void)state;
    rng random;
    fixture f;
    rng_init(&random, "words round trip");
    fixture_init(&f, "words");
    for (int run = 0; run < 2000; run++) {
        fhi_buf query, expected;
        fhi_buf_init(&query);
        fhi_buf_init(&expected);
        const uint64_t count = rng_range(&random, 2, 12);
        for (uint64_t i = 0; i < count; i++) {
            const unsigned word = (unsigned)rng_below(&random, 1000);
            fhi_buf_printf(&query, "%u-w%llu ", word, (unsigned long long)i);
            fhi_buf_printf(&expected, " s%u-w%llu", word, (unsigned long long)i);
        }
        fhi_buf_printf(&expected, ")");
        fhi_buf_put8(&expected, 0);
        const char *found = plan_of(&f, fhi_buf_str(&query), rng_below(&random, 2) ? FHI_OP_AND : FHI_OP_OR);
        assert_string_equal(strchr(found, ' '), (const char *)expected.data);
        fhi_buf_fini(&expected);
        fhi_buf_fini(&query);
    }
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_all_needed_by_default),
        cmocka_unit_test(any_word_is_enough_under_or),
        cmocka_unit_test(compounds_are_phrases_or_their_joined_form),
        cmocka_unit_test(dates_are_one_word),
        cmocka_unit_test(stop_words_weigh_half),
        cmocka_unit_test(identical_words_count_once),
        cmocka_unit_test(phrases_and_prefixes_take_the_forms_of_the_analyzer),
        cmocka_unit_test(nothing_left_or_only_exclusion_is_an_error),
        cmocka_unit_test(too_many_words_after_analysis_is_an_error),
        cmocka_unit_test(arabic_prefixes_count_as_written),
        cmocka_unit_test(a_plan_without_ranked_words_is_not_scored),
        cmocka_unit_test(columns_compare_whole_values_without_case_and_accents),
        cmocka_unit_test(authors_compare_by_words),
        cmocka_unit_test(words_of_a_words_index_come_back_as_they_are),
        cmocka_unit_test(random_words_round_trip_through_a_words_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
