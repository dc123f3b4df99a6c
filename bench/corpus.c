/* corpus.c - `fihrist bench corpus`: documents that nobody wrote, for machines without the real ones, or for more of
 * them than there are (--like, splice.c).
 *
 * Without --like a word is drawn in one of three ways: again from those the document has already (burstiness: a word
 * that occurs once occurs again), from the words of the document's topic, or from the whole vocabulary by Zipf's law
 * with exponent 1. Lengths are exponential above a floor. Shares and sizes are set once, below, to look like news:
 * about 200 words a document, of them about 60 % distinct. The same seed gives the same bytes.
 */
#include "bench/corpus.h"

#include <getopt.h>
#include <math.h>

enum {
    VOCABULARY = 500000,
    TOPICS = 300,
    TOPIC_WORDS = 3000,
    LENGTH_LEAST = 40,
    LENGTH_MORE = 160, /* mean of what comes on top */
    LENGTH_MOST = 4000,
    TITLE_LEAST = 5,
    TITLE_MORE = 7,
    REPEATED_PERCENT = 20,
    TOPIC_PERCENT = 35
};

static const char usage[] =
    "usage: fihrist bench corpus --docs N --terms FILE --titles FILE [--like FILE] [--seed N]\n"
    "\n"
    "Writes N made-up documents, one line of words each, and their titles, which are their first words; with --like\n"
    "out of runs of words of real documents, one a line, as `fihrist bench terms` writes them.\n";

/* Ranks fall off as 1/rank: the share of words of rank <= r is ln(r) / ln(VOCABULARY). */
static uint32_t rank_of(double unit)
{
    const uint32_t rank = (uint32_t)exp(unit * log(VOCABULARY + 1.0));
    return rank < VOCABULARY ? rank : VOCABULARY;
}

static uint32_t topic_word(uint64_t *random, uint32_t topic)
{
    const double rank = exp(fhi_bench_unit(random) * log(TOPIC_WORDS + 1.0));
    uint64_t key = (uint64_t)topic << 32 | (uint32_t)rank; /* the topic's own shuffle of the vocabulary */
    return rank_of(fhi_bench_unit(&key));
}

/* The word of a rank: its number in syllables, so that words look and sort like words. */
static size_t spell(uint32_t rank, char word[24])
{
    static const char consonants[] = "bcdfgjklmnprstvz", vowels[] = "aeiou";
    size_t len = 0;
    for (uint32_t rest = rank; rest > 0; rest /= 80) {
        word[len++] = consonants[rest % 80 / 5];
        word[len++] = vowels[rest % 5];
    }
    return len;
}

static void put_words(const uint32_t *words, uint32_t count, FILE *to)
{
    for (uint32_t i = 0; i < count; i++) {
        char word[24];
        const size_t len = spell(words[i], word);
        if (i > 0) (void)fputc(' ', to);
        (void)fwrite(word, 1, len, to);
    }
    (void)fputc('\n', to);
}

static void put_document(uint64_t *random, uint32_t title_count, FILE *terms, FILE *titles)
{
    uint32_t words[LENGTH_MOST] = {0};
    const double more = -log(1.0 - fhi_bench_unit(random)) * LENGTH_MORE;
    const uint32_t count = more < LENGTH_MOST - LENGTH_LEAST ? LENGTH_LEAST + (uint32_t)more : LENGTH_MOST;
    const uint32_t topic = (uint32_t)fhi_bench_below(random, TOPICS);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t way = fhi_bench_below(random, 100);
        if (i > 0 && way < REPEATED_PERCENT)
            words[i] = words[fhi_bench_below(random, i)];
        else if (way < REPEATED_PERCENT + TOPIC_PERCENT)
            words[i] = topic_word(random, topic);
        else
            words[i] = rank_of(fhi_bench_unit(random));
    }
    put_words(words, count, terms);
    put_words(words, title_count, titles);
}

/* The documents; splice may be NULL. */
static void put_documents(uint64_t docs, uint64_t random, fhi_bench_splice *splice, FILE *terms, FILE *titles)
{
    for (uint64_t i = 0; i < docs && !ferror(terms) && !ferror(titles); i++) {
        const uint32_t title_count = TITLE_LEAST + (uint32_t)fhi_bench_below(&random, TITLE_MORE);
        if (splice)
            fhi_bench_splice_put(splice, &random, title_count, terms, titles);
        else
            put_document(&random, title_count, terms, titles);
    }
}

int fhi_bench_corpus(int argc, char **argv)
{
    static const struct option known[] = {
        {"docs", required_argument, NULL, 'd'},
        {"terms", required_argument, NULL, 'e'},
        {"titles", required_argument, NULL, 'i'},
        {"seed", required_argument, NULL, 's'},
        {"like", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *terms = NULL, *titles = NULL, *like = NULL;
    uint64_t docs = 0, random = 1;
    fhi_bench_splice *splice = NULL;
    fh_err err = {.text = ""};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        bool good = true;
        switch (option) {
        case 'd': good = fhi_bench_number(optarg, 1, UINT32_MAX, &docs); break;
        case 's': good = fhi_bench_number(optarg, 0, UINT64_MAX, &random); break;
        case 'e': terms = optarg; break;
        case 'i': titles = optarg; break;
        case 'l': like = optarg; break;
        default: return fhi_bench_usage(usage, option == 'h');
        }
        if (!good) return fhi_bench_usage(usage, false);
    }
    if (!docs || !terms || !titles || optind != argc) return fhi_bench_usage(usage, false);
    const fh_status status = like ? fhi_bench_splice_create(like, &splice, &err) : FH_OK;
    if (status != FH_OK) {
        fhi_bench_splice_destroy(splice);
        return fhi_bench_complain_err(like, status, &err);
    }
    FILE *to_terms = fhi_bench_create(terms);
    FILE *to_titles = to_terms ? fhi_bench_create(titles) : NULL;
    if (to_titles) put_documents(docs, random, splice, to_terms, to_titles);
    fhi_bench_splice_destroy(splice);
    const bool closed = fhi_bench_close(to_terms, terms);
    return fhi_bench_close(to_titles, titles) && closed && to_titles ? 0 : 1;
}
