/* queries.c - `fihrist bench queries`: sets of queries from the titles of a corpus, the same for the same seed.
 *
 *     or, and                     2 to 5 different words of one title, none of the 50 most frequent words
 *     or_frequent, and_frequent   2 to 5 of one title, 1 or 2 of them of the 50 most frequent
 *     phrase                      2 to 4 words side by side in one title, whatever they are
 *     phrase_frequent             the same, at least one of them of the 50 most frequent
 *
 * What is frequent is counted over all words of --terms. The `words` analyzer numbers the words, so counting is an
 * array.
 */
#include "bench/bench.h"

#include <fihrist/analyzer.h>

#include <getopt.h>
#include <stdlib.h>

enum { FREQUENT_COUNT = 50, TITLE_WORDS_MAX = 64, TRIES_PER_QUERY = 1000 };

static const char usage[] =
    "usage: fihrist bench queries --terms FILE --titles FILE --out DIR [--count N] [--seed N]\n"
    "\n"
    "Writes the sets or, and, phrase, or_frequent, and_frequent, phrase_frequent to DIR/SET.tsv, N queries each\n"
    "(default 500), from the files of `fihrist bench terms` or `fihrist bench corpus`.\n";

typedef struct query_set {
    const char *name;
    const char *op;
    bool frequent; /* holds one or two of the frequent words, a phrase one at least; else none, a phrase any */
    bool adjacent;
} query_set;

static const query_set sets[] = {
    {"or", "OR", false, false},         {"and", "AND", false, false},         {"phrase", "PHRASE", false, true},
    {"or_frequent", "OR", true, false}, {"and_frequent", "AND", true, false}, {"phrase_frequent", "PHRASE", true, true},
};

typedef struct source {
    fh_analyzer *analyzer;
    uint64_t *counts; /* of each word, by its id */
    uint32_t word_count;
    uint32_t frequent[FREQUENT_COUNT]; /* ids */
    fhi_buf text;                      /* of all titles */
    fhi_buf ends;                      /* of each title in text, uint64_t */
    uint64_t random;
} source;

/* ---- reading --------------------------------------------------------------------------------------------- */

static fh_status count_words(source *s, const fh_token *tokens, size_t count, fh_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t id = tokens[i].word->id;
        if (id >= s->word_count) {
            const uint32_t more = s->word_count ? 2 * s->word_count : 1 << 16;
            const uint32_t room = more > id ? more : id + 1;
            uint64_t *counts = realloc(s->counts, room * sizeof *counts);
            if (!counts) return fhi_fail(err, FH_E_NOMEM, "not enough memory");
            memset(counts + s->word_count, 0, (room - s->word_count) * sizeof *counts);
            s->counts = counts;
            s->word_count = room;
        }
        s->counts[id]++;
    }
    return FH_OK;
}

static fh_status read_terms(source *s, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        const fh_token *tokens;
        size_t count = 0;
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status == FH_OK && more) status = fh_analyzer_run(s->analyzer, line, &tokens, &count, err);
        if (status == FH_OK && count) status = count_words(s, tokens, count, err);
    }
    fhi_bench_lines_close(&lines);
    return status;
}

static fh_status read_titles(source *s, const char *path, fh_err *err)
{
    fhi_bench_lines lines;
    fh_str line;
    bool more = true;
    fh_status status = fhi_bench_lines_open(&lines, path, err);
    while (status == FH_OK && more) {
        status = fhi_bench_lines_next(&lines, &line, &more, err);
        if (status != FH_OK || !more || line.len == 0) continue;
        fhi_buf_put(&s->text, line.ptr, line.len);
        fhi_buf_put64(&s->ends, s->text.len);
        if (s->text.status != FH_OK || s->ends.status != FH_OK) status = fhi_fail(err, FH_E_NOMEM, "not enough memory");
    }
    if (status == FH_OK && s->ends.len == 0) status = fhi_fail_at(err, FH_E_INVALID, path, 0, "no title in it");
    fhi_bench_lines_close(&lines);
    return status;
}

/* The 50 words with the highest counts; of equals the one seen first. */
static void find_frequent(source *s)
{
    uint32_t found = 0;
    for (uint32_t id = 0; id < s->word_count; id++) {
        uint32_t at = found < FREQUENT_COUNT ? found : FREQUENT_COUNT - 1;
        if (found == FREQUENT_COUNT && s->counts[id] <= s->counts[s->frequent[at]]) continue;
        for (; at > 0 && s->counts[s->frequent[at - 1]] < s->counts[id]; at--)
            s->frequent[at] = s->frequent[at - 1];
        s->frequent[at] = id;
        if (found < FREQUENT_COUNT) found++;
    }
}

/* ---- drawing --------------------------------------------------------------------------------------------- */

typedef struct pick {
    const fh_word *words[TITLE_WORDS_MAX];
    size_t count;
} pick;

static bool is_frequent(const source *s, const fh_word *word)
{
    for (uint32_t i = 0; i < FREQUENT_COUNT; i++)
        if (s->frequent[i] == word->id) return true;
    return false;
}

static fh_status draw_title(source *s, const fh_token **tokens, size_t *count, fh_err *err)
{
    const uint64_t *ends = (const uint64_t *)(const void *)s->ends.data;
    const uint64_t title = fhi_bench_below(&s->random, s->ends.len / sizeof *ends);
    const uint64_t start = title ? ends[title - 1] : 0;
    const fh_str text = {(const char *)s->text.data + start, ends[title] - start};
    FH_TRY(fh_analyzer_run(s->analyzer, text, tokens, count, err));
    if (*count > TITLE_WORDS_MAX) *count = TITLE_WORDS_MAX;
    return FH_OK;
}

/* The different words of a title that are frequent, or those that are not. */
static pick words_of(const source *s, const fh_token *tokens, size_t count, bool frequent)
{
    pick made = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        bool wanted = is_frequent(s, tokens[i].word) == frequent;
        for (size_t j = 0; j < made.count && wanted; j++)
            wanted = made.words[j] != tokens[i].word;
        if (wanted) made.words[made.count++] = tokens[i].word;
    }
    return made;
}

/* Leaves `wanted` of them, each with the same chance, in their order. */
static void thin(source *s, pick *made, size_t wanted)
{
    while (made->count > wanted) {
        const size_t out = fhi_bench_below(&s->random, made->count);
        made->count--;
        memmove(&made->words[out], &made->words[out + 1], (made->count - out) * sizeof made->words[0]);
    }
}

static pick draw_words(source *s, const query_set *set, const fh_token *tokens, size_t count)
{
    const size_t wanted = 2 + fhi_bench_below(&s->random, 4);
    pick made = {.count = 0};
    if (set->frequent) {
        made = words_of(s, tokens, count, true);
        if (made.count == 0) return made;
        thin(s, &made, 1 + fhi_bench_below(&s->random, 2));
    }
    pick others = words_of(s, tokens, count, false);
    thin(s, &others, wanted - made.count);
    memcpy(made.words + made.count, others.words, others.count * sizeof others.words[0]);
    made.count += others.count;
    return made;
}

static pick draw_phrase(source *s, const fh_token *tokens, size_t count)
{
    pick made = {.count = 0};
    const size_t wanted = 2 + fhi_bench_below(&s->random, 3);
    if (count < wanted) return made;
    const size_t start = fhi_bench_below(&s->random, count - wanted + 1);
    for (size_t i = 0; i < wanted; i++)
        made.words[made.count++] = tokens[start + i].word;
    return made;
}

static bool has_frequent(const source *s, const pick *made)
{
    for (size_t i = 0; i < made->count; i++)
        if (is_frequent(s, made->words[i])) return true;
    return false;
}

static void put_query(const query_set *set, const pick *made, FILE *to)
{
    (void)fputs(set->op, to);
    for (size_t i = 0; i < made->count; i++) {
        (void)fputc(i == 0 ? '\t' : ' ', to);
        (void)fwrite(made->words[i]->stem.ptr, 1, made->words[i]->stem.len, to);
    }
    (void)fputc('\n', to);
}

static fh_status draw_set(source *s, const query_set *set, uint64_t wanted, FILE *to, fh_err *err)
{
    uint64_t drawn = 0;
    for (uint64_t tries = 0; drawn < wanted && tries < wanted * TRIES_PER_QUERY; tries++) {
        const fh_token *tokens;
        size_t count;
        FH_TRY(draw_title(s, &tokens, &count, err));
        const pick made = set->adjacent ? draw_phrase(s, tokens, count) : draw_words(s, set, tokens, count);
        if (made.count < 2 || (set->adjacent && set->frequent && !has_frequent(s, &made))) continue;
        put_query(set, &made, to);
        drawn++;
    }
    return drawn == wanted ? FH_OK : fhi_fail(err, FH_E_INVALID, "titles too short for the set %s", set->name);
}

/* ---- the tool -------------------------------------------------------------------------------------------- */

static int write_sets(source *s, const char *directory, uint64_t count)
{
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        char path[4096];
        fh_err err = {.text = ""};
        if (snprintf(path, sizeof path, "%s/%s.tsv", directory, sets[i].name) >= (int)sizeof path)
            return fhi_bench_complain(directory, "too long a name");
        FILE *to = fhi_bench_create(path);
        if (!to) return 1;
        const fh_status status = draw_set(s, &sets[i], count, to, &err);
        if (!fhi_bench_close(to, path)) return 1;
        if (status != FH_OK) return fhi_bench_complain_err(path, status, &err);
    }
    return 0;
}

static int run(source *s, const char *terms, const char *titles, const char *directory, uint64_t count)
{
    fh_err err = {.text = ""};
    fh_status status = fh_analyzer_create("words", &s->analyzer, &err);
    if (status == FH_OK) status = read_terms(s, terms, &err);
    if (status != FH_OK) return fhi_bench_complain_err(terms, status, &err);
    status = read_titles(s, titles, &err);
    if (status != FH_OK) return fhi_bench_complain_err(titles, status, &err);
    find_frequent(s);
    return write_sets(s, directory, count);
}

int fhi_bench_queries(int argc, char **argv)
{
    static const struct option known[] = {
        {"terms", required_argument, NULL, 'e'},
        {"titles", required_argument, NULL, 'i'},
        {"out", required_argument, NULL, 'o'},
        {"count", required_argument, NULL, 'c'},
        {"seed", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *terms = NULL, *titles = NULL, *directory = NULL;
    uint64_t count = 500;
    source s = {.random = 1};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        bool good = true;
        switch (option) {
        case 'e': terms = optarg; break;
        case 'i': titles = optarg; break;
        case 'o': directory = optarg; break;
        case 'c': good = fhi_bench_number(optarg, 1, 1000000, &count); break;
        case 's': good = fhi_bench_number(optarg, 0, UINT64_MAX, &s.random); break;
        default: return fhi_bench_usage(usage, option == 'h');
        }
        if (!good) return fhi_bench_usage(usage, false);
    }
    if (!terms || !titles || !directory || optind != argc) return fhi_bench_usage(usage, false);
    const int code = run(&s, terms, titles, directory, count);
    fh_analyzer_destroy(s.analyzer);
    fhi_buf_fini(&s.text);
    fhi_buf_fini(&s.ends);
    free(s.counts);
    return code;
}
