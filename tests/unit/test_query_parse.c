/* test_query_parse.c - the query language: every form and the tree it gives, every error and its place. */
#include "query/language/syntax.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARENA_BYTES = 16 * 1024 * 1024 };

/* ---- trees as text --------------------------------------------------------------------------------------- */

static void dump(const fhi_syntax *node, fhi_buf *to);

static void dump_children(const char *name, const fhi_syntax *node, fhi_buf *to)
{
    fhi_buf_printf(to, "(%s", name);
    for (const fhi_syntax *child = node->first; child; child = child->next) {
        fhi_buf_printf(to, " ");
        dump(child, to);
    }
    fhi_buf_printf(to, ")");
}

static void dump_leaf(const fhi_syntax *node, fhi_buf *to)
{
    static const char *const fields[] = {"", "title:", "source:", "section:", "region:", "author:", "lang:", "date:"};
    fhi_buf_printf(to, "%s%s", fields[node->field], node->exact ? "=" : "");
    if (node->kind == FHI_SYNTAX_DAYS) {
        fhi_buf_printf(to, "%u..%u", node->day_first, node->day_last);
        return;
    }
    const char *quote = node->kind == FHI_SYNTAX_PHRASE ? "\"" : "";
    fhi_buf_printf(to, "%s%.*s%s%s", quote, (int)node->text.len, node->text.ptr, quote,
                   node->kind == FHI_SYNTAX_PREFIX ? "*" : "");
    if (node->near != FHI_NEAR_NONE) fhi_buf_printf(to, "~%u", node->near);
}

static void dump(const fhi_syntax *node, fhi_buf *to)
{
    if (node->required) fhi_buf_printf(to, "+");
    switch (node->kind) {
    case FHI_SYNTAX_SEQUENCE: dump_children("all", node, to); break;
    case FHI_SYNTAX_AND: dump_children("and", node, to); break;
    case FHI_SYNTAX_OR: dump_children("or", node, to); break;
    case FHI_SYNTAX_NOT: dump_children("not", node, to); break;
    default: dump_leaf(node, to); break;
    }
    if (node->boost < 1 || node->boost > 1) fhi_buf_printf(to, "^%g", (double)node->boost);
}

typedef struct outcome {
    fhi_arena arena;
    fhi_buf text; /* the tree, or "code@offset" */
    fhi_query_error error;
    fh_status status;
} outcome;

static const char *outcome_of(outcome *o, fh_str query, bool any_word)
{
    const fhi_parse_options options = {.any_word = any_word};
    fhi_syntax *root;
    fhi_arena_init(&o->arena, ARENA_BYTES);
    fhi_buf_init(&o->text);
    o->status = fhi_parse(query, &options, &o->arena, &root, &o->error);
    if (o->status == FH_OK)
        dump(root, &o->text);
    else
        fhi_buf_printf(&o->text, "%s@%u", fhi_query_code_name(o->error.code), o->error.offset);
    fhi_buf_put8(&o->text, 0);
    return (const char *)o->text.data;
}

static void outcome_fini(outcome *o)
{
    fhi_buf_fini(&o->text);
    fhi_arena_fini(&o->arena);
}

typedef struct example {
    const char *query;
    const char *expected;
} example;

static void check_examples(const example *examples, size_t count, bool any_word)
{
    for (size_t i = 0; i < count; i++) {
        outcome o;
        const char *found = outcome_of(&o, fhi_str(examples[i].query), any_word);
        if (strcmp(found, examples[i].expected) != 0)
            fail_msg("%s\n  gives    %s\n  expected %s", examples[i].query, found, examples[i].expected);
        outcome_fini(&o);
    }
}

#define CHECK(examples) check_examples(examples, sizeof(examples) / sizeof((examples)[0]), false)

/* ---- what is understood ---------------------------------------------------------------------------------- */

static void words_side_by_side_are_one_sequence(void **state)
{
    (void)state;
    static const example examples[] = {
        {"maroc", "maroc"},
        {"  maroc\t roi\n", "(all maroc roi)"},
        {"الملك محمد السادس", "(all الملك محمد السادس)"},
        {"20\xC2\xA0novembre 2025", "(all 20 novembre 2025)"},
        {"l'économie d’aujourd'hui", "(all l'économie d’aujourd'hui)"},
    };
    CHECK(examples);
}

static void operators_bind_not_then_and_then_neighbours_then_or(void **state)
{
    (void)state;
    static const example examples[] = {
        {"a AND b", "(and a b)"},
        {"a ET b", "(and a b)"},
        {"a OR b", "(or a b)"},
        {"a OU b", "(or a b)"},
        {"a|b || c", "(or a b c)"},
        {"a NOT b", "(all a (not b))"},
        {"a SAUF b", "(all a (not b))"},
        {"a AND NOT b", "(and a (not b))"},
        {"a NOT NOT b", "(all a b)"},
        {"a b OR c d", "(or (all a b) (all c d))"},
        {"a AND b OR c", "(or (and a b) c)"},
        {"a OR b AND c", "(or a (and b c))"},
        {"a b AND c", "(all a (and b c))"},
        {"NOT a b", "(all (not a) b)"},
        {"(a OR b) c", "(all (or a b) c)"},
        {"((a))", "a"},
        {"(a b) | -(c d)", "(or (all a b) (not (all c d)))"},
        {"وزير OU ملك", "(or وزير ملك)"},
        {"and or not et ou sauf", "(all and or not et ou sauf)"},
        {"ANDORRE OUI ETAT", "(all ANDORRE OUI ETAT)"},
        {"\"AND\" =OR title:=NOT title:\"ET\"", "(all \"AND\" =OR title:=NOT title:\"ET\")"},
    };
    CHECK(examples);
}

/* They come with text pasted from pages that are written from right to left. */
static void invisible_marks_hide_nothing(void **state)
{
    (void)state;
    static const example examples[] = {
        {"\u200Fa -\u200Fb", "(all a (not b))"},
        {"a \u200F-b", "(all a (not b))"},
        {"a AND\u200F \u200Fb", "(and a b)"},
        {"a\u200E OR\u200E b", "(or a\u200E b)"},
        {"\u200Ftitle:\u200Fa", "title:a"},
        {"\u202B\"a b\"\u202C~2\u200F^2", "\"a b\"~2^2"},
        {"(a b)\u200F^2", "(all a b)^2"},
        {"a*\u200F b", "(all a* b)"},
        {"date:\u200F2025-07..\u200F2025-08\u200F", "date:20250700..20250831"},
        {"a\u00ADb", "a\u00ADb"},
    };
    static const example errors[] = {
        {"\u200F", "empty@0"},
        {"\u200Ffoo:x", "unknown_field@3"},
        {"title:\u200F a", "missing_value@0"},
        {"a OR\u200F", "missing_operand@2"},
        {"a \u200F~2", "bad_proximity@5"},
    };
    CHECK(examples);
    CHECK(errors);
}

static void signs_require_and_exclude(void **state)
{
    (void)state;
    static const example examples[] = {
        {"+a -b c", "(all +a (not b) c)"},
        {"+\"a b\" -(c d)", "(all +\"a b\" (not (all c d)))"},
        {"-title:x a", "(all (not title:x) a)"},
        {"a -=b", "(all a (not =b))"},
        {"vice-président c++ l'après-midi", "(all vice-président c++ l'après-midi)"},
        {"Rabat - Casablanca", "(all Rabat Casablanca)"},
        {"- Rabat + Fès", "(all Rabat Fès)"},
        {"a -> b -- c +/- d", "(all a b c d)"},
        {"Rabat – Fès — Tanger", "(all Rabat Fès Tanger)"},
        {"-المغرب الجزائر", "(all (not المغرب) الجزائر)"},
    };
    CHECK(examples);
}

static void quotes_of_both_scripts_make_phrases(void **state)
{
    (void)state;
    static const example examples[] = {
        {"\"conseil de gouvernement\"", "\"conseil de gouvernement\""},
        {"“a b” „c d“ ”e f”", "(all \"a b\" \"c d\" \"e f\")"},
        {"«a b» « c d »", "(all \"a b\" \" c d \")"},
        {"«وزير الداخلية»", "\"وزير الداخلية\""},
        {"=\"a b\" =« c »", "(all =\"a b\" =\" c \")"},
        {"\"a b\"~4 \"c d\"~٤ \"e f\"~0", "(all \"a b\"~4 \"c d\"~4 \"e f\"~0)"},
        {"\"a b\"~4^2", "\"a b\"~4^2"},
        {"a\"b c\"d", "(all a \"b c\" d)"},
        {"\"a (b OR c) -d: e\"", "\"a (b OR c) -d: e\""},
        {"\"\" a \"...\"", "a"},
        {"“a b\" \"c d” „e\" f", "(all \"a b\" \"c d\" \"e\" f)"},
        {"\"a “b c” d\" “a \"b c\" d” e", "(all \"a “b c” d\" \"a \"b c\" d\" e)"},
        {"\"M*A*S*H\"", "\"M*A*S*H\""},
    };
    CHECK(examples);
}

static void prefixes_exact_forms_and_boosts_attach_to_words(void **state)
{
    (void)state;
    static const example examples[] = {
        {"minist* انتخاب*", "(all minist* انتخاب*)"},
        {"l'écon*", "l'écon*"},
        {"=sûr =مدرسة", "(all =sûr =مدرسة)"},
        {"a^2 b^0.5 c^1,5 d^٣", "(all a^2 b^0.5 c^1.5 d^3)"},
        {"(a OR b)^2 c", "(all (or a b)^2 c)"},
        {"((a)^2)^3", "a^6"},
        {"min*^2 \"a b\"^3 =c^4", "(all min*^2 \"a b\"^3 =c^4)"},
        {"a^2, b", "(all a^2 b)"},
        {"a=b", "a=b"},
    };
    CHECK(examples);
}

static void fields_take_words_phrases_and_groups(void **state)
{
    (void)state;
    static const example examples[] = {
        {"title:roi", "title:roi"},
        {"TITLE:roi Title:\"a b\"", "(all title:roi title:\"a b\")"},
        {"title:(a OR \"b c\" -d)", "(or title:a (all title:\"b c\" (not title:d)))"},
        {"title:min*^2 title:=x title:=\"x y\"", "(all title:min*^2 title:=x title:=\"x y\")"},
        {"source:Hespress section:\"À la une\" region:الرباط",
         "(all source:Hespress section:\"À la une\" region:الرباط)"},
        {"source:(Hespress | \"Le Monde\") roi", "(all (or source:Hespress source:\"Le Monde\") roi)"},
        {"author:lahlou lang:fr", "(all author:lahlou lang:fr)"},
        {"title:http://x.ma/a:b", "title:http://x.ma/a:b"},
    };
    CHECK(examples);
}

static void dates_are_days_months_years_and_ranges(void **state)
{
    (void)state;
    static const example examples[] = {
        {"date:2025", "date:20250000..20251231"},
        {"date:2025-07", "date:20250700..20250731"},
        {"date:2024-02", "date:20240200..20240229"},
        {"date:2025-07-01", "date:20250701..20250701"},
        {"date:2025-07-01..2025-07-15", "date:20250701..20250715"},
        {"date:2024..2025-03", "date:20240000..20250331"},
        {"date:2025-07-01..", "date:20250701..99991231"},
        {"date:..2025", "date:1..20251231"},
        {"date:٢٠٢٥-٠٧", "date:20250700..20250731"},
        {"date:\"2025-07\"", "date:20250700..20250731"},
        {"date:2018.. roi", "(all date:20180000..99991231 roi)"},
        {"date:(2018 -2018-05)", "(all date:20180000..20181231 (not date:20180500..20180531))"},
        {"date:(2019 OR 2021) a", "(all (or date:20190000..20191231 date:20210000..20211231) a)"},
        {"-date:2025 a", "(all (not date:20250000..20251231) a)"},
    };
    CHECK(examples);
}

static void addresses_and_punctuation_are_words(void **state)
{
    (void)state;
    static const example examples[] = {
        {"http://www.hespress.com/a?b=(c)&d=*~^x|y", "(or http://www.hespress.com/a?b=(c)&d=*~^x y)"},
        {"(https://x.ma)", "https://x.ma"},
        {"14:30 3:2", "(all 14:30 3:2)"},
        {"Maroc: le roi : ici", "(all Maroc: le roi ici)"},
        {"الرباط:هنا", "الرباط:هنا"},
        {"où? ici! ، ؟ قال؛ & … /", "(all où? ici! قال؛)"},
        {"100% #المغرب @map C:", "(all 100% #المغرب @map C:)"},
    };
    CHECK(examples);
}

static void word_indexes_keep_punctuation(void **state)
{
    (void)state;
    static const example examples[] = {{"a . ; b", "(all a . ; b)"}, {"a -> b", "(all a -> b)"}, {"!", "!"}};
    check_examples(examples, sizeof examples / sizeof examples[0], true);
}

/* ---- what is wrong, and where ---------------------------------------------------------------------------- */

/* long: one case a line */
static void errors_name_their_place(void **state)
{
    (void)state;
    static const example examples[] = {
        {"", "empty@0"},
        {"  ", "empty@0"},
        {"… ، !", "empty@0"},
        {"-", "missing_operand@0"},
        {"+", "missing_operand@0"},
        {"(-)", "missing_operand@1"},
        {"()", "empty@0"},
        {"a ()", "empty@2"},
        {"a \"b c", "open_quote@2"},
        {"é «b c", "open_quote@3"},
        {"=\"b", "open_quote@1"},
        {"«b”", "open_quote@0"},
        {"\"b»", "open_quote@0"},
        {"café ”", "close_quote@6"},
        {"a b»", "close_quote@3"},
        {"(a", "open_parenthesis@0"},
        {"é (a (b)", "open_parenthesis@3"},
        {"(", "open_parenthesis@0"},
        {"a)", "close_parenthesis@1"},
        {"(a))", "close_parenthesis@3"},
        {")", "close_parenthesis@0"},
        {"AND a", "missing_operand@0"},
        {"a AND", "missing_operand@2"},
        {"a AND OR b", "missing_operand@2"},
        {"a | ", "missing_operand@2"},
        {"| a", "missing_operand@0"},
        {"a NOT", "missing_operand@2"},
        {"a -", "missing_operand@2"},
        {"a +", "missing_operand@2"},
        {"(a OU) b", "missing_operand@3"},
        {"ملك ET", "missing_operand@7"},
        {"a ET …", "missing_operand@2"},
        {"a -(", "open_parenthesis@3"},
        {"title:", "missing_value@0"},
        {"a title: b", "missing_value@2"},
        {"title:! b", "missing_value@0"},
        {"date:)", "missing_value@0"},
        {"foo:bar", "unknown_field@0"},
        {"a foo:\"b\"", "unknown_field@2"},
        {"title:-roi", "missing_value@0"},
        {"a title:+roi", "missing_value@2"},
        {"title:- a", "missing_value@0"},
        {"title:(source:x)", "field_in_field@7"},
        {"title:date:2018", "field_in_field@6"},
        {"title:title:roi", "field_in_field@6"},
        {"author:date:2018", "field_in_field@7"},
        {"title:foo:bar", "unknown_field@6"},
        {"title:NOT roi", "missing_operand@6"},
        {"title:OR x", "missing_operand@6"},
        {"title:AND", "missing_operand@6"},
        {"a title:ET", "missing_operand@8"},
        {"date:2018 ..2019", "bad_date@5"},
        {"date:2018..  2019", "bad_date@5"},
        {"date:2018 .. 2019", "bad_date@5"},
        {"date:2018 …2019", "bad_date@5"},
        {"date:(2018 2019)", "bad_date@6"},
        {"date:-2018", "bad_date@5"},
        {"date:hier", "bad_date@5"},
        {"date:..", "bad_date@5"},
        {"date:2025-13", "bad_date@5"},
        {"date:2025-02-30", "bad_date@5"},
        {"date:2025-01-01..x", "bad_date@17"},
        {"date:\"x\"", "bad_date@6"},
        {"date:2025-07-01T10:00", "bad_date@5"},
        {"date:2025..2024", "range_backwards@5"},
        {"date:2025-07-15..2025-07-01", "range_backwards@5"},
        {"*", "bad_prefix@0"},
        {"a *", "bad_prefix@2"},
        {"*a", "bad_prefix@0"},
        {"a*b", "bad_prefix@1"},
        {"a**", "bad_prefix@1"},
        {"AND*", "bad_prefix@3"},
        {"a OU* b", "bad_prefix@4"},
        {"=a*", "bad_prefix@2"},
        {"\"a b*\"", "bad_prefix@4"},
        {"\"a\"*", "bad_prefix@3"},
        {"source:hes*", "bad_prefix@10"},
        {"^2", "bad_boost@0"},
        {"a^", "bad_boost@1"},
        {"a^x", "bad_boost@1"},
        {"a^0", "bad_boost@1"},
        {"a^-1", "bad_boost@1"},
        {"a^1001", "bad_boost@1"},
        {"a^99999999999", "bad_boost@1"},
        {"a^2b", "bad_boost@1"},
        {"a^1e9", "bad_boost@1"},
        {"(a)^", "bad_boost@3"},
        {"a ^ 2", "bad_boost@2"},
        {"source:x^2", "bad_boost@8"},
        {"source:\"x^y\"^2", "bad_boost@12"},
        {"date:2025^2", "bad_boost@9"},
        {"source:(x)^2", "bad_boost@10"},
        {"source:x*^2", "bad_prefix@8"},
        {"~4", "bad_proximity@0"},
        {"a~1", "bad_proximity@1"},
        {"\"a b\"~", "bad_proximity@5"},
        {"\"a b\"~x", "bad_proximity@5"},
        {"\"a b\"~1.5", "bad_proximity@5"},
        {"\"a b\"~5000", "bad_proximity@5"},
        {"\"a b\" ~4", "bad_proximity@6"},
        {"source:\"a b\"~4", "bad_proximity@12"},
        {"=(a b)", "bad_exact@0"},
        {"==a", "bad_exact@0"},
        {"a =", "bad_exact@2"},
        {"= a", "bad_exact@0"},
        {"a = b", "bad_exact@2"},
        {"=-a", "bad_exact@0"},
        {"=+a", "bad_exact@0"},
        {"(a =)", "bad_exact@3"},
        {"=\"\" a", "bad_exact@0"},
        {"=date:2018", "bad_exact@0"},
        {"a =title:roi", "bad_exact@2"},
        {"source:=x", "bad_exact@7"},
        {"a\xFF", "not_utf8@1"},
        {"\xD9", "not_utf8@0"},
    };
    CHECK(examples);
}

static void a_nul_is_no_white_space(void **state)
{
    (void)state;
    outcome o;
    assert_string_equal(outcome_of(&o, (fh_str){"roi\0maroc", 9}, false), "bad_character@3");
    outcome_fini(&o);
}

static void offsets_count_bytes_and_characters(void **state)
{
    (void)state;
    const char *query = "é قال \"x";
    outcome o;
    assert_string_equal(outcome_of(&o, fhi_str(query), false), "open_quote@10");
    assert_int_equal(fhi_query_chars_before(fhi_str(query), o.error.offset), 6);
    outcome_fini(&o);
}

static void repeat(fhi_buf *query, const char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fhi_buf_put(query, text, strlen(text));
}

static void check_limit(const char *left, const char *middle, const char *right, unsigned count, const char *expected)
{
    fhi_buf query;
    outcome o;
    fhi_buf_init(&query);
    repeat(&query, left, count);
    repeat(&query, middle, 1);
    repeat(&query, right, count);
    const char *found = outcome_of(&o, fhi_buf_str(&query), false);
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_int_equal(o.status, FH_OK);
    outcome_fini(&o);
    fhi_buf_fini(&query);
}

static void limits_hold_at_their_edges(void **state)
{
    (void)state;
    check_limit("(", "a", ")", 64, NULL);
    check_limit("(", "a", ")", 65, "too_deep@64");
    check_limit("-(", "a", ")", 65, "too_deep@129");
    check_limit("a ", "", "", 256, NULL);
    check_limit("a ", "", "", 257, "too_many_clauses@512");
    check_limit("NOT ", "a", "", 1000, NULL);
    check_limit("", "", "a", 4096, NULL);
    check_limit("", "", "a", 4097, "too_long@4096");
}

static void every_error_speaks_three_languages(void **state)
{
    (void)state;
    for (int code = FHI_QUERY_EMPTY; code < FHI_QUERY_CODE_COUNT; code++)
        for (int lang = FHI_LANG_EN; lang <= FHI_LANG_AR; lang++) {
            const fhi_query_error error = {.code = (fhi_query_code)code, .detail = FH_STR("détail")};
            fhi_buf text;
            fhi_buf_init(&text);
            fhi_query_message(&error, (fhi_message_lang)lang, &text);
            assert_true(text.len > 10);
            assert_null(memmem(text.data, text.len, "{}", 2));
            assert_int_equal(fhi_utf8_check(text.data, text.len), text.len);
            fhi_buf_fini(&text);
        }
}

/* ---- any soup of tokens parses or says where it does not ------------------------------------------------- */

static void check_tree(const fhi_syntax *node, uint32_t len, unsigned depth)
{
    assert_true(depth < 4 * FHI_QUERY_DEPTH_MAX + 8);
    assert_true(node->begin < node->end && node->end <= len);
    assert_true(node->boost > 0);
    const bool leaf = node->kind <= FHI_SYNTAX_DAYS;
    assert_int_equal(node->first == NULL, leaf);
    if (node->kind == FHI_SYNTAX_NOT) assert_null(node->first->next);
    for (const fhi_syntax *child = node->first; child; child = child->next)
        check_tree(child, len, depth + 1);
}

static void token_soup_parses_or_names_a_place(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "a", "maroc",  "المغرب", " ",       "  ",   "(",  ")",       "\"", "«",   "»",    "“",          "”",
        "+", "-",      "|",      "*",       "^",    "^2", "~",       "~3", "=",   "AND",  "OU",         "NOT",
        ":", "title:", "date:",  "source:", "2025", "..", "2025-07", "x:", "://", "http", "é",          "\xCC\x81",
        "،", "؟",      "😀",      "\xFF",    "1,3",  "٢٠", "…",       "'",  "l’",  "\t",   "20/11/2025", "\xC2\xA0"};
    rng random;
    rng_init(&random, "token soup");
    for (int run = 0; run < 20000; run++) {
        fhi_buf query;
        outcome o;
        fhi_buf_init(&query);
        for (uint64_t i = 0, count = rng_below(&random, 24); i < count; i++) {
            const char *token = tokens[rng_below(&random, sizeof tokens / sizeof tokens[0])];
            fhi_buf_put(&query, token, strlen(token));
        }
        const fh_str text = fhi_buf_str(&query);
        const fhi_parse_options options = {.any_word = rng_below(&random, 2) == 0};
        fhi_syntax *root;
        fhi_arena_init(&o.arena, ARENA_BYTES);
        const fh_status status = fhi_parse(text, &options, &o.arena, &root, &o.error);
        if (status == FH_OK) {
            check_tree(root, (uint32_t)text.len, 0);
        } else {
            assert_true(o.error.code != FHI_QUERY_NONE);
            assert_true(o.error.offset <= text.len);
            assert_null(root);
        }
        fhi_arena_fini(&o.arena);
        fhi_buf_fini(&query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_side_by_side_are_one_sequence),
        cmocka_unit_test(operators_bind_not_then_and_then_neighbours_then_or),
        cmocka_unit_test(invisible_marks_hide_nothing),
        cmocka_unit_test(signs_require_and_exclude),
        cmocka_unit_test(quotes_of_both_scripts_make_phrases),
        cmocka_unit_test(prefixes_exact_forms_and_boosts_attach_to_words),
        cmocka_unit_test(fields_take_words_phrases_and_groups),
        cmocka_unit_test(dates_are_days_months_years_and_ranges),
        cmocka_unit_test(addresses_and_punctuation_are_words),
        cmocka_unit_test(word_indexes_keep_punctuation),
        cmocka_unit_test(errors_name_their_place),
        cmocka_unit_test(a_nul_is_no_white_space),
        cmocka_unit_test(offsets_count_bytes_and_characters),
        cmocka_unit_test(limits_hold_at_their_edges),
        cmocka_unit_test(every_error_speaks_three_languages),
        cmocka_unit_test(token_soup_parses_or_names_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
