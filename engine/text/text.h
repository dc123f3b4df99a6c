/* text.h - what the files of this room share: one struct per stage, one file per stage.
 *
 *     classes.c    code point -> class; tables built once out of ICU's properties
 *     scan.c       bytes -> pieces: where words, numbers, compounds begin and end in the original
 *     elision.c    what an apostrophe does          number.c, dates.c   joined digits, calendar days
 *     cache.c      raw piece -> fh_word, so that each spelling takes the slow way below only once
 *     word.c       the slow way: normalize.c, then french.c or arabic.c, then stop words
 *     analyzer.c   the public face
 *
 * Positions and offsets are decided in the scan on original bytes; the slow way never moves them.
 */
#ifndef FHI_TEXT_H
#define FHI_TEXT_H

#include "engine/base/base.h"
#include <fihrist/analyzer.h>

#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

/* ---- classes ------------------------------------------------------------------------------------------- */

typedef enum fhi_class {
    FHI_CLASS_OTHER = 0, /* punctuation, symbols, controls: ends a word */
    FHI_CLASS_SPACE,     /* Zs: may join the groups of a number */
    FHI_CLASS_BREAK,     /* other white space: line ends, tabs */
    FHI_CLASS_LATIN,
    FHI_CLASS_ARABIC,
    FHI_CLASS_LETTER,     /* of any other script */
    FHI_CLASS_DIGIT,      /* decimal digits, and numbers that normalise to digits */
    FHI_CLASS_MARK,       /* combining: belongs to what precedes */
    FHI_CLASS_IGNORED,    /* format characters, soft hyphen, tatweel: deleted */
    FHI_CLASS_APOSTROPHE, /* ' and what is written for it */
    FHI_CLASS_HYPHEN,
    FHI_CLASS_DOT,
    FHI_CLASS_COMMA, /* decimal comma, Arabic decimal separator */
    FHI_CLASS_GROUP, /* Arabic thousands separator */
    FHI_CLASS_SLASH,
    FHI_CLASS_EXPANDS, /* one character that normalises to several words: a token place of its own */
    FHI_CLASS_INVALID  /* not UTF-8 */
} fhi_class;

#define FHI_BIT(class_name) (1u << (FHI_CLASS_##class_name))
#define FHI_BITS_LETTER (FHI_BIT(LATIN) | FHI_BIT(ARABIC) | FHI_BIT(LETTER))
#define FHI_BITS_START (FHI_BITS_LETTER | FHI_BIT(DIGIT))  /* what a word can begin with */
#define FHI_BITS_INSIDE (FHI_BIT(MARK) | FHI_BIT(IGNORED)) /* what never ends a word */
#define FHI_BITS_WHITE (FHI_BIT(SPACE) | FHI_BIT(BREAK))

enum { FHI_CLASS_LOW = 0x800, FHI_CLASS_PUNCTUATION = 0x2000, FHI_CLASS_PUNCTUATION_END = 0x2080 };

typedef struct fhi_classes {
    const UNormalizer2 *nfkc;
    uint8_t low[FHI_CLASS_LOW]; /* all of one and two bytes in UTF-8 */
    uint8_t punctuation[FHI_CLASS_PUNCTUATION_END - FHI_CLASS_PUNCTUATION];
} fhi_classes;

fh_status fhi_classes_init(fhi_classes *classes);
fhi_class fhi_class_of(const fhi_classes *classes, int32_t code_point);

/* Class of the character at text[at], at < len; *next is set just past it. Three bytes and more, and bad bytes. */
unsigned fhi_class_at_slow(const fhi_classes *classes, const uint8_t *text, size_t at, size_t len, size_t *next);

static inline unsigned fhi_class_at(const fhi_classes *classes, const uint8_t *text, size_t at, size_t len,
                                    size_t *next)
{
    const uint8_t lead = text[at];
    if (lead < 0x80) {
        *next = at + 1;
        return classes->low[lead];
    }
    if (lead >= 0xC2 && lead < 0xE0 && at + 1 < len && (text[at + 1] & 0xC0) == 0x80) {
        *next = at + 2;
        return classes->low[(lead & 0x1F) << 6 | (text[at + 1] & 0x3F)];
    }
    return fhi_class_at_slow(classes, text, at, len, next);
}

/* ---- UTF-16 and UTF-8, without the sign conversions of ICU's macros ---------------------------------------- */

static inline int32_t fhi_unit_next(const UChar *text, int32_t *at, int32_t len)
{
    const UChar unit = text[(*at)++];
    if (!U16_IS_LEAD(unit) || *at >= len || !U16_IS_TRAIL(text[*at])) return unit;
    return (int32_t)U16_GET_SUPPLEMENTARY(unit, text[(*at)++]);
}

/* text has room for two units. */
static inline void fhi_unit_append(UChar *text, int32_t *len, int32_t point)
{
    if (point > 0xFFFF) {
        text[(*len)++] = (UChar)U16_LEAD(point);
        text[(*len)++] = (UChar)U16_TRAIL(point);
    } else {
        text[(*len)++] = (UChar)point;
    }
}

/* Answers how many bytes were written; 0 for a surrogate, which has none. */
static inline size_t fhi_point_to_utf8(int32_t point, char out[4])
{
    const uint32_t p = (uint32_t)point;
    if (p < 0x80) {
        out[0] = (char)p;
        return 1;
    }
    if (p >= 0xD800 && p < 0xE000) return 0;
    const size_t len = p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[len] | p >> (6 * (len - 1)));
    for (size_t i = 1; i < len; i++)
        out[i] = (char)(0x80 | (p >> (6 * (len - 1 - i)) & 0x3F));
    return len;
}

/* ---- a word on the slow way ------------------------------------------------------------------------------ */

enum {
    FHI_RAW_BYTES_MAX = 512, /* of a piece that are looked at; far more than FH_TERM_BYTES_MAX leaves over */
    FHI_UNITS_MAX = 256      /* UTF-16 units of a word after the cut to FH_TERM_BYTES_MAX */
};

typedef struct fhi_units {
    int32_t len;
    UChar text[FHI_UNITS_MAX];
} fhi_units;

typedef struct fhi_term {
    uint32_t len; /* <= FH_TERM_BYTES_MAX */
    char text[FH_TERM_BYTES_MAX];
} fhi_term;

static inline fh_str fhi_term_str(const fhi_term *term)
{
    return (fh_str){term->text, term->len};
}

typedef struct fhi_normalizer {
    const UNormalizer2 *nfkc_casefold;
    const UNormalizer2 *nfd;
} fhi_normalizer;

fh_status fhi_normalizer_init(fhi_normalizer *normalizer);

/* Stage 1: NFKC case fold of `raw` (valid UTF-8, the first FHI_RAW_BYTES_MAX bytes count); keeps letters, marks and
 * digits, digits as 0-9, apostrophes as ' if wanted; Arabic harakat go. Cut to FH_TERM_BYTES_MAX bytes of UTF-8. */
fh_status fhi_normalize(const fhi_normalizer *normalizer, const fhi_classes *classes, fh_str raw, bool keep_apostrophes,
                        fhi_units *out);

/* NFKC case fold of one character that expands to several words: at most `capacity` bytes of UTF-8. */
fh_status fhi_normalize_expand(const fhi_normalizer *normalizer, fh_str raw, char *out, size_t capacity, size_t *len);

/* UTF-16 to UTF-8, cut at a character boundary. */
void fhi_units_to_term(const fhi_units *units, fhi_term *out);

/* Stage 2, Latin: accents and apostrophes off, œ to oe. Arabic: letters that are spelled in several ways become one. */
void fhi_fold_latin(const fhi_normalizer *normalizer, const fhi_units *in, fhi_units *out);
void fhi_fold_arabic(const fhi_units *in, fhi_units *out);
UChar fhi_fold_arabic_letter(UChar letter);
bool fhi_is_haraka(int32_t code_point);

/* Any text to a comparison key; see fh_analyzer_fold. */
fh_status fhi_fold_key(const fhi_normalizer *normalizer, fh_str value, fhi_buf *key);

/* ---- word lists -------------------------------------------------------------------------------------------
 * A map from folded words to small numbers or to other words, built when the analyzer is created. */
typedef struct fhi_wordmap_slot {
    fh_str key;
    fh_str value;
    uint32_t number;
} fhi_wordmap_slot;

typedef struct fhi_wordmap {
    fhi_wordmap_slot *slots;
    uint32_t mask; /* slot count - 1 */
    uint32_t count;
} fhi_wordmap;

fh_status fhi_wordmap_init(fhi_wordmap *map, fhi_arena *arena, uint32_t capacity);
fh_status fhi_wordmap_put(fhi_wordmap *map, fhi_arena *arena, fh_str key, fh_str value, uint32_t number);
const fhi_wordmap_slot *fhi_wordmap_get(const fhi_wordmap *map, fh_str key);

/* How a listed word becomes a key: normalised and folded as the text will be. */
typedef struct fhi_folder {
    const fhi_normalizer *normalizer;
    const fhi_classes *classes;
    fhi_arena *arena;
} fhi_folder;
typedef fh_status (*fhi_fold_word)(const fhi_folder *folder, fh_str word, fhi_term *out);

fh_status fhi_fold_word_latin(const fhi_folder *folder, fh_str word, fhi_term *out);
fh_status fhi_fold_word_arabic(const fhi_folder *folder, fh_str word, fhi_term *out);
fh_status fhi_fold_word_arabic_stem(const fhi_folder *folder, fh_str word, fhi_term *out); /* and suffixes off */

/* Next word of a line of words separated by spaces; len 0 at its end. */
fh_str fhi_line_word(const char **line);
uint32_t fhi_line_count(const char *const *lines); /* words in all lines */
fh_status fhi_wordmap_load(fhi_wordmap *map, const fhi_folder *folder, const char *const *lines, fhi_fold_word fold);

/* The lists themselves (tables_fr.c, tables_ar.c): words separated by spaces, ended by NULL. */
extern const char *const fhi_stop_fr[];
extern const char *const fhi_stop_ar[];
extern const char *const fhi_irregular_fr[];   /* "stem word word ..." */
extern const char *const fhi_plural_fr[];      /* lose their last letter before Snowball */
extern const char *const fhi_singular_fr[];    /* get an s before Snowball */
extern const char *const fhi_masculine_fr[];   /* get an e before Snowball */
extern const char *const fhi_waw_initial_ar[]; /* nouns and verbs whose first letter is waw */
extern const char *const fhi_waw_whole_ar[];   /* the same, in this very form only */
extern const char *const fhi_lam_initial_ar[];
extern const char *const fhi_al_initial_ar[]; /* words whose alef-lam is not the article */

/* ---- languages ------------------------------------------------------------------------------------------- */

typedef struct fhi_stemmer_fr fhi_stemmer_fr; /* stem_fr.c: Snowball French through engine/xap */
fh_status fhi_stemmer_fr_create(fhi_stemmer_fr **out);
void fhi_stemmer_fr_destroy(fhi_stemmer_fr *stemmer);
fh_status fhi_stemmer_fr_run(fhi_stemmer_fr *stemmer, fh_str word, fhi_term *out);

typedef struct fhi_french {
    fhi_stemmer_fr *snowball;
    fhi_wordmap irregular; /* folded word -> stem */
    fhi_wordmap stop;      /* folded words */
} fhi_french;

typedef struct fhi_arabic {
    fhi_wordmap waw, al;    /* folded words without their suffixes */
    fhi_wordmap whole, lam; /* folded words as they stand: with waw, with lam in front */
    fhi_wordmap stop;       /* folded words */
} fhi_arabic;

fh_status fhi_french_init(fhi_french *french, const fhi_folder *folder);
void fhi_french_fini(fhi_french *french);
fh_status fhi_french_stem(fhi_french *french, const fhi_term *folded, fhi_term *stem);

fh_status fhi_arabic_init(fhi_arabic *arabic, const fhi_folder *folder);
bool fhi_arabic_is_stop(const fhi_arabic *arabic, const fhi_term *folded);
/* Steps 1 to 4. written: with the letters as they were; folded: of the same length. base: without leading clitics. */
void fhi_arabic_stem(const fhi_arabic *arabic, const fhi_units *written, const fhi_units *folded, fhi_units *base,
                     fhi_units *stem);
/* Step 4 alone, in place. */
void fhi_arabic_strip_suffixes(fhi_units *word);

/* ---- months ---------------------------------------------------------------------------------------------- */

enum { FHI_MONTH_NAMES_MAX = 400, FHI_MONTH_WORDS_MAX = 2 };

typedef struct fhi_month_name {
    uint8_t words[FHI_MONTH_WORDS_MAX]; /* numbers of month words; 0 where the name has one word */
    uint8_t month;                      /* 1 to 12 */
} fhi_month_name;

typedef struct fhi_months {
    fhi_wordmap words; /* folded word -> number from 1 */
    uint32_t name_count;
    fhi_month_name names[FHI_MONTH_NAMES_MAX];
} fhi_months;

fh_status fhi_months_init(fhi_months *months, const fhi_folder *folder);

/* ---- cache ----------------------------------------------------------------------------------------------- */

enum { FHI_NOT_SMALL = 0xFFFF };

/* An fh_word and what dates need to know about it. The public pointer is the pointer to the first member. */
typedef struct fhi_entry {
    fh_word word;
    uint16_t small;     /* value of a number of at most four digits, else FHI_NOT_SMALL */
    uint8_t digits;     /* how many digits it is written with */
    uint8_t month_word; /* number in fhi_months.words, 0 for none */
} fhi_entry;

/* One spelling. Up to eight bytes stand in head, up to sixteen in head and tail (overlapping), so that a look-up
 * touches one place in memory; longer ones keep a hash in head and their bytes in the arena. */
typedef struct fhi_form {
    uint64_t head;
    union {
        uint64_t tail;
        const char *bytes;
    } rest;
    const fhi_entry *entry; /* NULL: free slot */
    uint32_t len;
    uint32_t kind;
} fhi_form;

enum { FHI_FORM_INLINE_MAX = 16 };

typedef struct fhi_entry_slot {
    uint64_t hash;
    fhi_entry *entry;
} fhi_entry_slot;

typedef struct fhi_cache {
    fhi_arena arena; /* forms, entries and their bytes */
    fhi_form *forms;
    fhi_entry_slot *entries;
    uint64_t seed;
    uint32_t form_mask, form_count;
    uint32_t entry_mask, entry_count;
} fhi_cache;

fh_status fhi_cache_init(fhi_cache *cache, uint64_t seed);
void fhi_cache_fini(fhi_cache *cache);
void fhi_cache_reset(fhi_cache *cache);
size_t fhi_cache_bytes(const fhi_cache *cache);
fh_status fhi_cache_add_form(fhi_cache *cache, const fhi_form *key, fh_str raw, const fhi_entry *entry);
/* Finds or makes the entry of (exact, stem, kind); *made tells which. */
fh_status fhi_cache_intern(fhi_cache *cache, fh_str exact, fh_str fold, fh_str stem, fh_token_kind kind,
                           fhi_entry **out, bool *made);

static inline uint64_t fhi_cache_mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of any bytes under a secret seed, so that no article can be written to collide. */
uint64_t fhi_cache_hash(uint64_t seed, fh_str bytes);

/* Key of a spelling; room: readable bytes from raw.ptr, so that most words cost one or two loads. */
static inline void fhi_cache_key(const fhi_cache *cache, fh_str raw, size_t room, fh_token_kind kind, fhi_form *key)
{
    *key = (fhi_form){.len = (uint32_t)raw.len, .kind = (uint32_t)kind};
    if (FHI_LIKELY(raw.len <= 8 && raw.len > 0 && room >= 8)) {
        key->head = fhi_load64(raw.ptr) & (~(uint64_t)0 >> (64 - 8 * raw.len));
    } else if (raw.len > 8 && raw.len <= FHI_FORM_INLINE_MAX) {
        key->head = fhi_load64(raw.ptr);
        key->rest.tail = fhi_load64(raw.ptr + raw.len - 8);
    } else if (raw.len <= 8) {
        memcpy(&key->head, raw.ptr, raw.len);
    } else {
        key->head = fhi_cache_hash(cache->seed, raw);
        key->rest.bytes = raw.ptr;
    }
}

static inline uint32_t fhi_cache_place(const fhi_cache *cache, const fhi_form *key)
{
    const uint64_t tail = key->len <= FHI_FORM_INLINE_MAX ? key->rest.tail : 0;
    const uint64_t salt = (uint64_t)key->kind << 32 | key->len;
    return (uint32_t)fhi_cache_mix(key->head ^ cache->seed, (tail ^ salt) * 0x9E3779B97F4A7C15u ^ cache->seed >> 1);
}

/* place: fhi_cache_place of the key. */
static inline const fhi_entry *fhi_cache_find(const fhi_cache *cache, const fhi_form *key, uint32_t place)
{
    for (uint32_t at = place & cache->form_mask;; at = (at + 1) & cache->form_mask) {
        const fhi_form *form = &cache->forms[at];
        if (!form->entry) return NULL;
        if (form->head != key->head || form->len != key->len || form->kind != key->kind) continue;
        if (key->len <= FHI_FORM_INLINE_MAX ? form->rest.tail == key->rest.tail
                                            : memcmp(form->rest.bytes, key->rest.bytes, key->len) == 0)
            return form->entry;
    }
}

/* ---- the analyzer ---------------------------------------------------------------------------------------- */

struct fh_analyzer {
    bool press; /* else "words" */
    uint32_t id;
    fh_token *tokens; /* of the last run */
    size_t token_count, token_capacity;
    fhi_cache cache;
    fhi_classes classes;
    fhi_normalizer normalizer;
    fhi_french french;
    fhi_arabic arabic;
    fhi_months months;
    fhi_arena tables;          /* lists, for the life of the analyzer */
    UBreakIterator *sentences; /* opened at the first lead */
    fhi_buf key;               /* result of fh_analyzer_fold */
    char variants[FH_VARIANTS_MAX][FH_TERM_BYTES_MAX + 8];
};

/* word.c: the slow way, from raw bytes to an interned word. */
fh_status fhi_word_make(fh_analyzer *analyzer, fh_str raw, fh_token_kind kind, fh_script script, const fhi_entry **out);
/* An Arabic word without its leading clitics, before suffixes go (for `fihrist analyze`); empty for others. */
fh_status fhi_word_base(const fh_analyzer *analyzer, const fh_word *word, fhi_term *base);

/* ---- scan ------------------------------------------------------------------------------------------------ */

typedef struct fhi_piece {
    size_t begin, end; /* end: without trailing format characters */
    size_t next;       /* where the scan goes on */
    uint32_t bits;     /* classes seen */
} fhi_piece;

/* One text being scanned. */
/* A word whose look-up has been begun: its slot is asked for some words ahead, since it is seldom in a cache. */
typedef struct fhi_waiting {
    fhi_form key;
    fh_str raw;
    size_t begin, end;
    uint32_t position;
    uint32_t place; /* of the key */
    fh_token_kind kind;
    fh_script script;
} fhi_waiting;

enum { FHI_WAITING_MAX = 8 };

typedef struct fhi_scan {
    fh_analyzer *analyzer;
    const uint8_t *text;
    size_t len;
    size_t at;
    uint32_t position; /* of the next part */
    bool pinned;       /* inside an expanded character: offsets and position stand still */
    uint32_t pin_begin, pin_end;
    uint32_t waiting_first, waiting_count;
    fhi_waiting waiting[FHI_WAITING_MAX]; /* a ring; behind the tokens there are */
} fhi_scan;

fh_status fhi_scan_press(fh_analyzer *analyzer, fh_str text, fh_err *err);
fh_status fhi_scan_words(fh_analyzer *analyzer, fh_str text, fh_err *err);

/* The piece that starts at `at`, where a character of FHI_BITS_START stands. */
void fhi_piece_at(const fhi_scan *scan, size_t at, fhi_piece *piece);
/* Class at `at`, FHI_CLASS_OTHER at the end of the text. */
static inline unsigned fhi_scan_class(const fhi_scan *scan, size_t at, size_t *next)
{
    *next = at;
    return at < scan->len ? fhi_class_at(&scan->analyzer->classes, scan->text, at, scan->len, next)
                          : (unsigned)FHI_CLASS_OTHER;
}

static inline bool fhi_bits_digits_only(uint32_t bits)
{
    return (bits & FHI_BIT(DIGIT)) && !(bits & FHI_BITS_LETTER);
}

/* Word for raw bytes, through the cache. room: readable bytes from raw.ptr. */
fh_status fhi_scan_lookup(fh_analyzer *analyzer, fh_str raw, size_t room, fh_token_kind kind, fh_script script,
                          const fhi_entry **out);
/* Appends a token at the scan's position (not advanced). */
fh_status fhi_scan_emit(fhi_scan *scan, const fhi_entry *entry, size_t begin, size_t end);
fh_status fhi_scan_insert(fhi_scan *scan, size_t index, fh_token token);

/* elision.c */
typedef enum fhi_apostrophe { FHI_APOSTROPHE_ELIDES, FHI_APOSTROPHE_INSIDE, FHI_APOSTROPHE_SPLITS } fhi_apostrophe;
/* What the apostrophe after `before` does, `after` being the text from the character that follows it. */
fhi_apostrophe fhi_apostrophe_rule(fh_str before, fh_str after);

/* number.c: a piece of digits and what follows it, from scan->at; moves scan->at past it. */
fh_status fhi_scan_number(fhi_scan *scan, const fhi_piece *piece);

/* dates.c: looks back from the last token, a year, for `20 novembre`; inserts the date token. */
fh_status fhi_scan_written_date(fhi_scan *scan);
fh_status fhi_scan_date_token(fhi_scan *scan, size_t index, uint32_t day, uint32_t position, size_t begin, size_t end);

#endif
