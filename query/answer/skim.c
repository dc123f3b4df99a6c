/* skim.c - which stretches of a text can match at all, told without analyzing them.
 *
 * A text is cut at ASCII white space into chunks. What the analyzer makes of a chunk's letters depends on nothing
 * around it: only numbers and dates reach across white space. So the sign of a chunk, a hash of the one stem in it, is
 * remembered by the hash of its bytes, and most chunks of an article cost one look-up; the analyzer then sees those
 * whose sign is one of the query's. Chunks of one phrase are analyzed together with what stands between them.
 *
 * A plan that looks for digits or for beginnings of words cannot be skimmed. A sign that two stems share costs some
 * time and changes nothing; that two chunks share 64 bits of a hash keyed at random is not reckoned with.
 */
#include "query/answer/snippet.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
    BUCKET_SLOTS = 4,
    BUCKETS = 1 << 17, /* of 32 bytes: 4 MiB */
    BATCH = 32,        /* chunks whose buckets are asked for ahead */
    SIGN_BITS = 16,
    SIGN_NONE = 0xFFFE,    /* no letters: matches nothing */
    SIGN_SEVERAL = 0xFFFF, /* more than one stem: may match anything */
    SIGNS = 0xFFFE
};

#define EACH(byte) (0x0101010101010101U * (byte))

typedef struct chunk {
    uint32_t begin; /* bytes of the text */
    uint32_t end;
    uint64_t hash;
} chunk;

/* A stretch that is to be analyzed: from the first of some chunks that can match to the last. */
typedef struct stretch {
    uint32_t begin;
    uint32_t end;  /* 0: none is open */
    uint32_t idle; /* chunks with letters since its end */
} stretch;

fh_status fhi_skim_init(fhi_skim *skim)
{
    *skim = (fhi_skim){.seed = (uint64_t)(uintptr_t)skim};
    (void)getrandom(&skim->seed, sizeof skim->seed, GRND_NONBLOCK); /* else the address has to do */
    skim->slots = calloc((size_t)BUCKETS * BUCKET_SLOTS, sizeof *skim->slots);
    skim->wanted = calloc(FHI_SKIM_SIGNS / 64, sizeof *skim->wanted);
    return skim->slots && skim->wanted ? FH_OK : FH_E_NOMEM;
}

void fhi_skim_fini(fhi_skim *skim)
{
    free(skim->slots);
    free(skim->wanted);
    *skim = (fhi_skim){.seed = 0};
}

/* ---- what is wanted -------------------------------------------------------------------------------------- */

static bool has_digit(fh_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9') return true;
    return false;
}

/* Stop words have signs of their own, since they are mostly not shown. */
static uint32_t sign_of(fh_str stem, bool stop)
{
    return (uint32_t)((fhi_hash64(stem.ptr, stem.len) + stop) % SIGNS);
}

static void want(fhi_skim *skim, uint32_t sign)
{
    skim->wanted[sign / 64] |= 1ULL << sign % 64;
}

static bool is_wanted(const fhi_skim *skim, uint32_t sign)
{
    return skim->wanted[sign / 64] >> sign % 64 & 1;
}

/* An exact form is one of the forms of its stem. stop: stop words of this stem count, too. */
static void want_word(fhi_skim *skim, const fhi_word_spec *word, bool stop)
{
    for (uint32_t i = 0; i < word->term_count; i++) {
        const fh_str stem = {word->terms[i].ptr + 1, word->terms[i].len - 1};
        if (has_digit(stem)) skim->possible = false;
        want(skim, sign_of(stem, false));
        if (stop) want(skim, sign_of(stem, true));
    }
}

/* Words that may stand between two neighbouring words of a phrase. */
static uint32_t gap_of(const fhi_node *phrase)
{
    uint32_t gap = 0;
    if (phrase->window) return phrase->window + phrase->slot_count - 1;
    for (uint32_t i = 1; i < phrase->slot_count; i++) {
        const uint32_t before = phrase->slots[i - 1].offset, at = phrase->slots[i].offset;
        if (at > before && at - before - 1 > gap) gap = at - before - 1;
    }
    return gap;
}

void fhi_skim_start(fhi_skim *skim, const fhi_highlight *highlight)
{
    memset(skim->wanted, 0, FHI_SKIM_SIGNS / 8);
    want(skim, SIGN_SEVERAL);
    skim->possible = highlight->prefix_units == 0;
    skim->gap = 0;
    for (uint32_t i = 0; i < highlight->unit_count; i++) {
        const fhi_node *node = highlight->units[i].node;
        if (node->kind == FHI_NODE_WORD) want_word(skim, &node->word, !highlight->content);
        for (uint32_t s = 0; s < node->slot_count; s++)
            want_word(skim, &node->slots[s].word, true);
        const uint32_t gap = node->kind == FHI_NODE_PHRASE ? gap_of(node) : 0;
        if (gap > skim->gap) skim->gap = gap;
    }
}

/* ---- chunks ---------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes at `at`; zeros behind the end of the text. */
static uint64_t load(fh_str text, uint32_t at)
{
    uint64_t bytes = 0;
    if (FHI_LIKELY(text.len - at >= sizeof bytes)) return fhi_load64(text.ptr + at);
    memcpy(&bytes, text.ptr + at, text.len - at);
    return bytes;
}

/* What both analyzers part words at; of other control characters `words` makes letters. */
static bool is_white(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The first chunk at or after `at`; begin == end when there is none before `end`. */
static chunk next_chunk(const fhi_skim *skim, fh_str text, uint32_t at, uint32_t end)
{
    while (at < end && is_white(text.ptr[at]))
        at++;
    chunk c = {at, at, skim->seed};
    for (bool more = true; more && c.end < end;) {
        uint64_t word = load(text, c.end);
        const uint64_t low = (word - EACH(' ' + 1)) & ~word & EACH(0x80); /* the first bit is right */
        uint32_t bytes = low ? (uint32_t)__builtin_ctzll(low) / 8 : 8;
        if (bytes >= end - c.end) {
            bytes = end - c.end;
            more = false;
        } else if (low && is_white(text.ptr[c.end + bytes])) {
            more = false;
        } else if (low) {
            bytes++;
        }
        if (bytes == 0) break;
        if (bytes < 8) word &= (1ULL << 8 * bytes) - 1;
        c.hash = mix(c.hash ^ word, 0x9E3779B97F4A7C15U ^ bytes);
        c.end += bytes;
    }
    return c;
}

static uint64_t *bucket_of(const fhi_skim *skim, uint64_t hash)
{
    return skim->slots + (hash & (BUCKETS - 1)) * BUCKET_SLOTS;
}

/* What the analyzer finds in a chunk alone. */
static fh_status analyze_chunk(fh_analyzer *analyzer, fh_str bytes, uint32_t *sign)
{
    const fh_token *tokens;
    size_t count;
    *sign = SIGN_NONE;
    FH_TRY(fh_analyzer_run(analyzer, bytes, &tokens, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        const fh_word *word = tokens[i].word;
        if (has_digit(word->stem)) continue;
        const uint32_t own = sign_of(word->stem, word->stop);
        if (*sign == SIGN_NONE)
            *sign = own;
        else if (*sign != own)
            *sign = SIGN_SEVERAL;
    }
    return FH_OK;
}

static fh_status find_sign(const fhi_skim *skim, fh_analyzer *analyzer, fh_str text, const chunk *c, uint32_t *sign)
{
    uint64_t *bucket = bucket_of(skim, c->hash);
    size_t free_slot = c->hash >> SIGN_BITS & (BUCKET_SLOTS - 1); /* taken from another chunk where all are full */
    for (size_t i = 0; i < BUCKET_SLOTS; i++) {
        if ((bucket[i] ^ c->hash) >> SIGN_BITS == 0) {
            *sign = bucket[i] & ((1U << SIGN_BITS) - 1);
            return FH_OK;
        }
        if (bucket[i] == 0) free_slot = i;
    }
    FH_TRY(analyze_chunk(analyzer, (fh_str){text.ptr + c->begin, c->end - c->begin}, sign));
    bucket[free_slot] = (c->hash >> SIGN_BITS << SIGN_BITS) | *sign;
    return FH_OK;
}

/* ---- stretches ------------------------------------------------------------------------------------------- */

typedef struct skimming {
    const fhi_skim *skim;
    fh_analyzer *analyzer;
    fhi_highlight *highlight;
    fh_str text;
    uint64_t units;
    fhi_match_list *out;
    stretch open;
} skimming;

static fh_status close_stretch(skimming *s)
{
    const fh_token *tokens;
    size_t count;
    const uint32_t begin = s->open.begin, end = s->open.end;
    s->open.end = 0;
    if (end == 0) return FH_OK;
    FH_TRY(fh_analyzer_run(s->analyzer, (fh_str){s->text.ptr + begin, end - begin}, &tokens, &count, NULL));
    return fhi_highlight_find(s->highlight, tokens, count, begin, s->units, s->out);
}

static fh_status see_chunk(skimming *s, const chunk *c)
{
    uint32_t sign;
    FH_TRY(find_sign(s->skim, s->analyzer, s->text, c, &sign));
    if (FHI_LIKELY(!is_wanted(s->skim, sign))) {
        s->open.idle += sign != SIGN_NONE;
        return FH_OK;
    }
    if (s->open.end && s->open.idle > s->skim->gap) FH_TRY(close_stretch(s));
    if (s->open.end == 0) s->open.begin = c->begin;
    s->open.end = c->end;
    s->open.idle = 0;
    return FH_OK;
}

fh_status fhi_skim_find(const fhi_skim *skim, fh_analyzer *analyzer, fhi_highlight *highlight, fh_str text,
                        uint32_t begin, uint32_t end, uint64_t units, fhi_match_list *out)
{
    skimming s = {skim, analyzer, highlight, text, units, out, {0}};
    chunk chunks[BATCH];
    for (uint32_t at = begin, count = BATCH; count == BATCH;) {
        for (count = 0; count < BATCH; count++) {
            chunks[count] = next_chunk(skim, text, at, end);
            at = chunks[count].end;
            if (chunks[count].begin == at) break;
            __builtin_prefetch(bucket_of(skim, chunks[count].hash));
        }
        for (uint32_t i = 0; i < count; i++)
            FH_TRY(see_chunk(&s, &chunks[i]));
    }
    return close_stretch(&s);
}
