/* test_usual.c - whatever usual.c takes of a line, jansson takes too, field by field; of usual articles it takes all.
 *
 * Real and made-up lines, whole and mutilated. A line with a space before it is always left to jansson.
 */
#include "indexer/article.h"
#include "indexer/reader.h"
#include "tests/support/rng.h"
#include "tests/support/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct both {
    fhi_usual usual;
    fhi_article article;
    fhi_buf spaced;
    uint64_t lines, taken;
} both;

static void both_fini(both *self)
{
    fhi_usual_fini(&self->usual);
    fhi_article_fini(&self->article);
    fhi_buf_fini(&self->spaced);
}

static bool compare(both *self, fh_str line)
{
    fh_record taken;
    fh_err err = {0};
    self->lines++;
    if (!fhi_usual_read(&self->usual, line, &taken)) return false;
    self->taken++;
    fhi_buf_clear(&self->spaced);
    fhi_buf_put8(&self->spaced, ' ');
    fhi_buf_put(&self->spaced, line.ptr, line.len);
    const fh_status status = fhi_article_from_json(&self->article, fhi_buf_str(&self->spaced), FH_STR("f:1"), &err);
    if (status == FH_E_INVALID && strstr(err.text, "neither title nor body")) return true; /* looked at later */
    if (status != FH_OK) fail_msg("%.*s: %s", (int)line.len, line.ptr, err.text);
    for (int i = 0; i < FH_FIELD_COUNT; i++) {
        const fh_field field = (fh_field)i;
        const bool by_default = field == FH_FIELD_ID && taken.fields[i].len == 0;
        if (by_default || (field == FH_FIELD_DATE && self->article.date_refused)) continue;
        if (!fhi_str_equal(taken.fields[i], self->article.record.fields[i])) fail_msg("%.*s", (int)line.len, line.ptr);
    }
    return true;
}

/* ---- made-up lines ---------------------------------------------------------------------------------------- */

static const char *const values[] = {"\"a\"",
                                     "\"\"",
                                     "null",
                                     "\"\\u00e9\\n\"",
                                     "\"\\/\\\\\"",
                                     "\"\\ud83d\\ude00\"",
                                     "\"\\ud83d\"",
                                     "\"\\u0000\"",
                                     "\"\xC3\xA9\"",
                                     "\"\xED\xA0\x80\"",
                                     "1",
                                     "true",
                                     "[]",
                                     "[\"x\"]",
                                     "[\"\",\"y\\nz\",\"\\u0627\"]",
                                     "[null]",
                                     "[[\"x\"]]",
                                     "{\"a\":1}",
                                     "\"\x7F\"",
                                     "\"\\b\\f\\r\\t\"",
                                     "\"\xC0\x80\"",
                                     "\"\xF4\x90\x80\x80\"",
                                     "\"\\\\u0000\"",
                                     "\"\\uFFFF\"",
                                     "\"\\uDFFF\""};
static const char *const names[] = {"id",   "url",      "lang", "source", "section",     "region", "author", "date",
                                    "body", "abstract", "tags", "title",  "\\u0074itle", "other",  "",       "bod"};

static void draw_line(rng *random, fhi_buf *line)
{
    fhi_buf_clear(line);
    fhi_buf_printf(line, "{");
    for (uint64_t left = rng_below(random, 6), first = 1; left > 0; left--, first = 0) {
        /* mostly what is usual, or hardly a line would be */
        const uint64_t name = rng_below(random, rng_below(random, 8) ? 12 : sizeof names / sizeof names[0]);
        const uint64_t value = rng_below(random, rng_below(random, 3) ? 5 : sizeof values / sizeof values[0]);
        const bool tags = strcmp(names[name], "tags") == 0 && rng_below(random, 2);
        fhi_buf_printf(line, "%s\"%s\"%s:%s%s", first ? "" : ",", names[name], rng_below(random, 9) ? "" : " \t\r",
                       rng_below(random, 5) ? "" : " ", tags ? "[\"one\", \"t\\u0077o\"]" : values[value]);
    }
    fhi_buf_printf(line, "}");
}

static void mutilate(rng *random, fhi_buf *line)
{
    static const char pool[] = "\"\"\\\\{}[],:u0dD8ft/ \v\f\t\n\x01\x80\xBF\xC3\xE2\xED\xF0\xFF";
    for (uint64_t left = 1 + rng_below(random, 3); left > 0 && line->len > 1; left--) {
        const size_t at = rng_below(random, line->len);
        const uint8_t with = (uint8_t)pool[rng_below(random, sizeof pool)]; /* its NUL, too */
        switch (rng_below(random, 4)) {
        case 0: line->data[at] = with; break;
        case 1: line->len = at + 1; break;
        case 2:
            memmove(line->data + at, line->data + at + 1, line->len - at - 1);
            line->len--;
            break;
        default:
            fhi_buf_put8(line, 0);
            memmove(line->data + at + 1, line->data + at, line->len - at - 1);
            line->data[at] = with;
        }
    }
}

static void random_lines_are_read_alike_or_left(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, __func__);
    both self = {0};
    fhi_buf line = {0};
    for (int round = rng_rounds(300000); round > 0; round--) {
        draw_line(&random, &line);
        if (rng_below(&random, 2)) mutilate(&random, &line);
        char *exact = malloc(line.len); /* so that a sanitizer sees what is read past the end */
        assert_non_null(exact);
        memcpy(exact, line.data, line.len);
        (void)compare(&self, (fh_str){exact, line.len});
        free(exact);
    }
    print_message("# %llu of %llu lines taken\n", (unsigned long long)self.taken, (unsigned long long)self.lines);
    assert_true(self.taken > self.lines / 10 && self.taken < self.lines);
    fhi_buf_fini(&line);
    both_fini(&self);
}

static void what_could_be_read_in_two_ways_is_left(void **state)
{
    (void)state;
    static const char *const left[] = {"{\"title\":\"a\",\"title\":\"b\"}",
                                       "{\"title\":\"\\u0000\"}",
                                       "{\"title\":\"\\ud83dx\"}",
                                       "{\"title\":\"a\"}\v",
                                       "{\"title\":\f\"a\"}",
                                       "{\"title\":\"a\"} x",
                                       "{\"title\":\"a\"}\"",
                                       "{\"title\":\"a\"}t",
                                       "{\"title\":\"a\",\"more\":1}",
                                       "{\"title\":\"\xED\xA0\x80\"}",
                                       "{\"title\":1}",
                                       "{\"title\":\"a\"",
                                       "{\"title\":\"a",
                                       "[\"a\"]",
                                       "{\"tags\":[null]}",
                                       "{\"body\":[\"a\"]}",
                                       "{\"title\":{}}",
                                       "\xEF\xBB\xBF{\"title\":\"a\"}",
                                       "{/**/\"title\":\"a\"}",
                                       ""};
    both self = {0};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        if (compare(&self, fhi_str(left[i]))) fail_msg("%s", left[i]);
    both_fini(&self);
}

/* ---- real ones -------------------------------------------------------------------------------------------- */

static void note_fault(void *argument, const fh_err *err)
{
    (void)argument;
    fail_msg("%s", err->text);
}

/* A file of the news, and the same mutilated. */
static void news_is_taken_and_read_alike(void **state)
{
    (void)state;
    char folder[SHARED_PATH_BYTES], path[SHARED_PATH_BYTES + 64];
    if (!shared_path("data/news", folder)) skip();
    (void)snprintf(path, sizeof path, "%s/maroc_presse_fr_2018_2019.jsonl.zst", folder);
    rng random;
    rng_init(&random, __func__);
    both self = {0};
    fhi_source source = {.path = path, .format = FHI_FORMAT_JSONL};
    fhi_sources sources = {.items = &source, .count = 1, .note = note_fault};
    fhi_reader reader;
    fhi_chunk chunk = {0};
    fhi_buf line = {0};
    fhi_reader_init(&reader, &sources, -1);
    while (assert_int_equal(fhi_reader_next(&reader, &chunk, NULL), FH_OK), chunk.count > 0) {
        for (size_t i = 0; i < chunk.count; i++) {
            const fh_str text = {(const char *)chunk.text.data + chunk.items[i].begin,
                                 chunk.items[i].end - chunk.items[i].begin};
            assert_true(compare(&self, text));
            fhi_buf_clear(&line);
            fhi_buf_put(&line, text.ptr, text.len);
            mutilate(&random, &line);
            (void)compare(&self, fhi_buf_str(&line));
        }
    }
    fhi_buf_fini(&line);
    fhi_chunk_fini(&chunk);
    fhi_reader_fini(&reader);
    both_fini(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lines_are_read_alike_or_left),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_left),
        cmocka_unit_test(news_is_taken_and_read_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
